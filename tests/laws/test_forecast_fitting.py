"""Laws of fitted outlooks: nothing later is seen, order means nothing, small cells are drawn to their parents."""

from __future__ import annotations

import pickle
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings, strategies as st

from partnerops import Dataset, Partner, Period
from partnerops._canonical import canonical_bytes
from partnerops.forecast import EvidenceBounds, EvidenceRule, Mixture, Probability, Stale, project
from partnerops.forecast._shrink import beta_quantile, beta_strength, gamma_strength, moments_strength
from partnerops.forecast.fitting import (
    fit_channel_performance,
    fit_in_period,
    fit_markov_chain,
    fit_naive_bayes,
    fit_new_business,
    fit_shrunk_win_rate,
    fit_stale_limits,
    fit_time_to_close,
    fit_win_rate,
)
from partnerops.forecast.wrappers import (
    ChannelAdjusted,
    HasDocument,
    InStage,
    MovedWithin,
    RatioCorrected,
    Spread,
    TypicalClose,
)

from .pipelines import AS_OF, QUARTER, STAGES, Always, any_outlook, deals, outlooks, pipelines

pytestmark = pytest.mark.laws

OUTLOOK_FITS = {
    "win rate": fit_win_rate,
    "by amount": lambda data, **options: fit_win_rate(data, measure="amount", by=("origin",), **options),
    "within days": lambda data, **options: fit_win_rate(data, within_days=60, by=("partner_id",), **options),
    "stale as lost": lambda data, **options: fit_win_rate(data, stale_days=90, **options),
    "shrunk": lambda data, **options: fit_shrunk_win_rate(data, floor=2, **options),
    "in period": lambda data, **options: fit_in_period(data, by=("origin", "partner.type"), **options),
    "markov": fit_markov_chain,
    "naive Bayes": fit_naive_bayes,
    "time to close": lambda data, **options: fit_time_to_close(data, by=("origin",), **options),
}
FITS = OUTLOOK_FITS | {
    "new business": fit_new_business,
    "performance": fit_channel_performance,
    "stale limits": lambda data, **options: fit_stale_limits(data, min_visits=1, **options),
}
PARTNERS = [Partner(id="acme", name="Acme", type="reseller"), Partner(id="birch", name="Birch", type="referral")]
starts = st.none() | st.dates(QUARTER.start - timedelta(days=200), AS_OF.date())


def dataset(found) -> Dataset:
    """The deals with their partners."""
    return Dataset(opportunities=found, partners=PARTNERS)


@pytest.mark.parametrize("name", FITS)
class TestEveryFit:
    """A pure function of the dataset as it was known."""

    @settings(max_examples=12)
    @given(found=pipelines(7), start=starts)
    def test_deleting_what_was_recorded_later_changes_no_byte(self, name, found, start):
        """Neither later closes nor later corrections nor later deals are seen."""
        data = dataset(found)
        now = FITS[name](data, as_of=AS_OF, history_start=start)
        then = FITS[name](data.as_of(AS_OF), as_of=AS_OF, history_start=start)
        assert canonical_bytes(now) == canonical_bytes(then)

    @settings(max_examples=8)
    @given(found=pipelines(7), random=st.randoms(use_true_random=False))
    def test_order_and_repeats_mean_nothing(self, name, found, random):
        """Shuffled and loaded twice: the same value, also through a pickle."""
        before = FITS[name](dataset(found), as_of=AS_OF)
        again = [*found, *found]
        random.shuffle(again)
        after = FITS[name](dataset(again), as_of=AS_OF)
        assert after == before
        assert pickle.loads(pickle.dumps(before)) == before
        assert hash(after) == hash(before)


@pytest.mark.parametrize("name", OUTLOOK_FITS)
class TestFittedOutlooks:
    """What a fitted outlook answers."""

    @settings(max_examples=12)
    @given(past=pipelines(7), now=deals("new"), days=st.integers(1, 200))
    def test_a_longer_period_never_has_a_smaller_chance(self, name, past, now, days):
        """And every chance is one, with its reason and its cases."""
        outlook = OUTLOOK_FITS[name](dataset(past), as_of=AS_OF)
        longer = Period(QUARTER.start, QUARTER.end + timedelta(days=days))
        for deal in (one.as_of(AS_OF, AS_OF.date()) for one in [*past, now]):
            if deal is not None and deal.is_open:
                short = outlook.probability(deal, as_of=AS_OF, period=QUARTER)
                long = outlook.probability(deal, as_of=AS_OF, period=longer)
                # two roundings to nine decimals may differ by one of them
                assert 0 <= short.value <= long.value + Decimal("1e-9") <= 1 + Decimal("1e-9")
                assert short.because
                assert short.n >= 0

    @settings(max_examples=5)
    @given(found=pipelines(7))
    def test_it_shows_itself(self, name, found):
        """In text, HTML and rows."""
        outlook = OUTLOOK_FITS[name](dataset(found), as_of=AS_OF)
        assert "2026-04-15" in str(outlook).splitlines()[0]
        assert "<table" in outlook._repr_html_() or not outlook.to_dicts()


class TestShrinkage:
    """Empirical Bayes."""

    @given(found=pipelines(7), floor=st.integers(1, 50))
    def test_a_cell_lies_between_its_own_rate_and_its_parent(self, found, floor):
        """Never beyond either, and never 0 or 1."""
        names = ("origin", "partner_id")
        fitted = fit_shrunk_win_rate(dataset(found), as_of=AS_OF, by=names, floor=floor)
        cells = {cell.key: cell for cell in fitted.cells}
        for key, cell in cells.items():
            assert 0 < cell.value < 1
            if key:
                parent = cells[key[:-1]]
                # where all or none were won, or all cells are one, there is nothing to learn from but Jeffreys' prior
                towards = Fraction(parent.value) if fitted.prior is None else Fraction(1, 2)
                ends = sorted([Fraction(cell.wins, cell.n), towards])
                assert ends[0] - Fraction(1, 10**9) <= Fraction(cell.value) <= ends[1] + Fraction(1, 10**9)
                assert cell.n <= parent.n

    @given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=8))
    def test_strengths_are_at_least_the_floor(self, cells):
        """And cells of one rate are pulled harder than cells that differ."""
        triples = [(min(pair), max(pair), 0.4) for pair in cells]
        assert beta_strength(triples, 30) >= 30
        assert moments_strength(triples, 30) >= 30
        assert gamma_strength([(own, max(own, other) + 0.5) for own, other in cells], 2) >= 2

    def test_cells_that_differ_are_pulled_less(self):
        """The likelihood tells them apart."""
        same = beta_strength([(40, 100, 0.4)] * 6, 1)
        apart = beta_strength([(10, 100, 0.4), (70, 100, 0.4), (40, 100, 0.4)], 1)
        assert same > 1000
        assert apart < 50
        assert moments_strength([(40, 100, 0.4)] * 6, 1) > 1000
        assert moments_strength([(10, 100, 0.4), (70, 100, 0.4), (40, 100, 0.4)], 1) < 50


class TestWrappers:
    """Around any outlook."""

    @settings(max_examples=20)
    @given(pipelines(8), any_outlook, any_outlook)
    def test_a_blend_lies_between_its_outlooks(self, found, first, second):
        """With weight 1 it is the first."""
        blend = values(found, Mixture(first, second, weight="0.3"))
        pairs = zip(values(found, first), values(found, second), strict=True)
        assert all(min(a, b) <= value <= max(a, b) for value, (a, b) in zip(blend, pairs, strict=True))
        assert values(found, Mixture(first, second, weight=1)) == values(found, first)

    @settings(max_examples=20)
    @given(pipelines(8), any_outlook, st.decimals(0, 3, places=3))
    def test_a_factor_scales_every_chance_and_stops_at_one(self, found, outlook, factor):
        """Stale deals alone, or all of them."""
        inner = values(found, outlook)
        exact = [min(Fraction(1), Fraction(value) * Fraction(factor)) for value in inner]
        for value, product in zip(values(found, RatioCorrected(outlook, factor)), exact, strict=True):
            assert abs(Fraction(value) - product) <= Fraction(1, 2 * 10**9)
        stale = values(found, Stale(outlook, limits=dict.fromkeys(STAGES, 10), factor=factor))
        assert all(value in (old, new) for value, old, new in zip(stale, inner, rounded(exact), strict=True))
        assert values(found, Stale(outlook, limits={}, factor=factor)) == inner

    @settings(max_examples=20)
    @given(pipelines(8), any_outlook, st.decimals(0, 1, places=2), st.decimals(0, 1, places=2))
    def test_evidence_keeps_the_chance_between_floor_and_cap(self, found, outlook, low, high):
        """Where the rule holds; elsewhere nothing changes."""
        rule = EvidenceRule(InStage(STAGES[:2]), floor=min(low, high), cap=max(low, high))
        idle = EvidenceRule(HasDocument("never"), floor=1)
        for deal in opened(found):
            inner = outlook.probability(deal, as_of=AS_OF, period=QUARTER).value
            bounded = EvidenceBounds(outlook, [rule, idle]).probability(deal, as_of=AS_OF, period=QUARTER).value
            if deal.stage in STAGES[:2]:
                due = deal.expected_close is not None and deal.expected_close >= AS_OF.date()
                assert bounded <= max(low, high)
                assert bounded >= min(low, high) or not (due and deal.expected_close in QUARTER)
            else:
                assert bounded == inner

    @settings(max_examples=12)
    @given(pipelines(7), pipelines(7), outlooks)
    def test_typical_and_spread_closes_lose_no_deal(self, past, found, outlook):
        """Every open deal has a chance or a bucket, and a spread chance is at most the lifetime one."""
        timing = fit_time_to_close(dataset(past), as_of=AS_OF)
        adjusted = ChannelAdjusted(outlook, fit_channel_performance(dataset(past), as_of=AS_OF))
        lifetime = Always(max(outlook.table.values()))
        for wrapper in (TypicalClose(outlook, timing), TypicalClose(outlook, timing, always=True), adjusted):
            result = project(found, outlook=wrapper, period=QUARTER, as_of=AS_OF, currency="BRL")
            plain = project(found, outlook=lifetime, period=QUARTER, as_of=AS_OF, currency="BRL")
            assert len(result.lines) + len(result.outside) == len(plain.lines) + len(plain.outside)
        spread = Spread(lifetime, timing)
        assert all(value <= lifetime.chance for value in values(found, spread))

    @settings(max_examples=20)
    @given(pipelines(8), st.integers(1, 400))
    def test_moved_within_agrees_with_the_history(self, found, days):
        """The last change, or the creation."""
        for deal in opened(found):
            last = max([deal.created_at, *(change.at for change in deal.history)])
            assert MovedWithin(days).holds(deal, as_of=AS_OF) is (AS_OF - last <= timedelta(days=days))


def opened(found):
    """The open deals as known, with an amount and a stage."""
    views = (deal.as_of(AS_OF, AS_OF.date()) for deal in found)
    return [view for view in views if view and view.is_open and view.amount is not None and view.stage in STAGES]


def values(found, outlook) -> list[Decimal]:
    """The chances of the open deals."""
    answers: list[Probability] = [outlook.probability(deal, as_of=AS_OF, period=QUARTER) for deal in opened(found)]
    return [answer.value for answer in answers]


def rounded(exact: list[Fraction]) -> list[Decimal]:
    """Half-even to nine decimals."""
    return [Decimal(round(value * 10**9)) / 10**9 for value in exact]


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from([0.025, 0.5, 0.975]))
def test_a_beta_quantile_is_where_a_binomial_tail_reaches_its_level(a, b, level):
    """The classic identity, for whole numbers: the share below x is the chance of at least a of a + b - 1 at x."""
    x = beta_quantile(level, a, b)
    n = a + b - 1
    assert sum(comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(a, n + 1)) == pytest.approx(level, abs=1e-9)


@settings(max_examples=25)
@given(pipelines(), st.booleans())
def test_every_counted_rate_has_an_interval_around_it(found, shrunk):
    """Rates of no case have none where nothing was drawn."""
    fitted = (fit_shrunk_win_rate if shrunk else fit_win_rate)(Dataset(opportunities=found), as_of=AS_OF)
    for cell in fitted.cells:
        ends = fitted.interval(cell)
        assert ends is not None or not cell.n
        assert ends is None or 0 <= ends[0] <= cell.value <= ends[1] <= 1
