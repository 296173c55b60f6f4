"""Laws of intervals, scores, corrections and backtests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from attrs import frozen
from hypothesis import given, settings, strategies as st

from partnerops import Dataset, Money, Opportunity, Period
from partnerops._canonical import canonical_bytes
from partnerops.forecast import NewBusinessLine, Probability, StageWeighted, interval, project
from partnerops.forecast._quantiles import cumulants, normal_cdf, normal_quantile, quantiles
from partnerops.forecast.fitting import fit_in_period, fit_new_business
from partnerops.forecast.scoring import (
    Correction,
    Finished,
    accuracy,
    backtest,
    bias,
    brier,
    brier_parts,
    coverage,
    ece,
    fit_correction,
    log_loss,
    mape,
    mase,
    pinball,
    skill,
    wape,
)

from .pipelines import AS_OF, QUARTER, Always, any_outlook, deals, pipelines

pytestmark = pytest.mark.laws

amounts = st.integers(0, 10**6)
series = st.lists(st.tuples(amounts, amounts), min_size=1, max_size=8)
outcomes = st.lists(st.tuples(st.decimals(0, 1, places=2), st.booleans()), min_size=1, max_size=30)
levels = st.sampled_from(["0.5", "0.8", "0.95"])


def brl(minor: int) -> Money:
    return Money.from_minor(minor, "BRL")


@st.composite
def finished(draw: st.DrawFn, max_size: int = 9) -> list[Finished]:
    """Forecasts of the past with what came."""
    count = draw(st.integers(0, max_size))
    found = []
    for month in range(count):
        closed, more, actual = draw(amounts), draw(amounts), draw(amounts)
        naive = draw(st.none() | amounts)
        found.append(
            Finished(
                period=Period.month(2025, month + 1),
                closed=brl(closed),
                expected=brl(closed + more),
                actual=brl(actual),
                naive=None if naive is None else brl(naive),
            )
        )
    return found


def forecast(found, outlook, **options):
    return project(found, outlook=outlook, period=QUARTER, as_of=AS_OF, currency="BRL", **options)


class Guess:
    """New business that scatters."""

    def estimate(self, *, as_of, period):
        return [NewBusinessLine(amount=brl(5000), variance=Decimal("400.25"), because="a guess")]


ANSWERS = {value: Probability(value) for value in ("0.000000001", "0.3", "0.5", "1")}


@frozen(kw_only=True)
class Said:
    """The chance that the stage spells out: one answer for all deals of a stage, or one for each deal."""

    anew: bool

    def probability(self, opportunity, /, *, as_of, period):
        return Probability(opportunity.stage) if self.anew else ANSWERS[opportunity.stage]


class TestIntervals:
    """Low, middle and high."""

    @settings(max_examples=25)
    @given(pipelines(), any_outlook, levels, finished(), st.booleans())
    def test_ends_are_in_order_and_never_below_what_is_closed(self, found, outlook, level, past, new):
        """Calibrated or not."""
        positive = [deal for deal in found if not deal.history and (deal.amount is None or deal.amount.minor >= 0)]
        result = forecast(positive, outlook, new_business=Guess() if new else None)
        span = interval(result, level=level, past=past)
        assert result.closed <= span.low <= span.median <= span.high
        assert span.calibrated is (sum(one.miss is not None for one in past) >= span.needed)
        assert span.because

    @settings(max_examples=25)
    @given(st.sampled_from(["0.5", "0.75", "0.8", "0.9"]), st.lists(st.integers(0, 30_000), min_size=10, max_size=12))
    def test_calibrated_on_all_others_it_holds_its_share_of_any_periods(self, level, came):
        """Split conformal prediction, counted out: of m + 1 periods at least ceil(level (m + 1)) lie within."""
        deal = Opportunity(id="D", amount=brl(20_000), stage="s", created_at=AS_OF, expected_close=QUARTER.last)
        result = project([deal], outlook=StageWeighted({"s": "0.5"}), period=QUARTER, as_of=AS_OF)
        rows = [Finished(period=QUARTER, closed=brl(0), expected=brl(10_000), actual=brl(minor)) for minor in came]
        spans = [interval(result, level=level, past=[*rows[:at], *rows[at + 1 :]]) for at in range(len(rows))]
        assert all(span.calibrated for span in spans)
        held = sum(span.low <= row.actual <= span.high for span, row in zip(spans, rows, strict=True))
        assert held >= Fraction(level) * len(rows)

    @settings(max_examples=15)
    @given(pipelines(), any_outlook, finished())
    def test_a_higher_level_is_never_narrower(self, found, outlook, past):
        """Nested intervals."""
        result = forecast(found, outlook)
        widths = [
            span.high.minor - span.low.minor
            for span in (interval(result, level=level, past=past) for level in ("0.5", "0.8", "0.95"))
        ]
        assert widths == sorted(widths)

    @settings(max_examples=25)
    @given(pipelines(), finished())
    def test_nothing_open_has_three_equal_values(self, found, past):
        """What is sure does not scatter."""
        sure = forecast(found, Always(Decimal(1)))
        span = interval(sure)
        assert span.low == span.median == span.high == sure.expected

    @given(
        st.lists(st.tuples(st.integers(1, 1000), st.floats(0.01, 0.99)), min_size=1, max_size=8),
        st.sampled_from([0.1, 0.5, 0.9]),
    )
    def test_few_deals_agree_with_every_outcome_counted(self, found, level):
        """Within one cell of the grid of the true quantile, or at a level that two outcomes share."""
        exact = sorted(
            (
                sum(amount for (amount, _), won in zip(found, wins, strict=True) if won),
                _weight(found, wins),
            )
            for wins in product([0, 1], repeat=len(found))
        )
        cell = sum(amount for amount, _ in found) / 2000 * (len(found) + 1)
        (value,), _ = quantiles([(chance, [float(amount)]) for amount, chance in found], [level])
        below = sum(weight for total, weight in exact if total < value - cell)
        upto = sum(weight for total, weight in exact if total <= value + cell)
        assert below <= level + 1e-9
        assert upto >= level - 1e-9

    @settings(max_examples=25)
    @given(st.lists(st.tuples(st.floats(0.01, 0.99), st.integers(1, 20)), min_size=1, max_size=4), st.integers(0, 1000))
    def test_deals_of_one_chance_add_up_as_they_do_one_by_one(self, sizes, seed):
        """A chance that many deals share is read once, and the sum is the same."""
        shared = [(chance, [float((seed + 7919 * n) % 1000 - 100 or 1) for n in range(size)]) for chance, size in sizes]
        chances = [chance for chance, amounts in shared for _ in amounts]
        alone = [(chances, [amount for _, amounts in shared for amount in amounts])]
        # sums of terms of both signs: what they miss is small against the terms, not against the sum
        assert cumulants(shared) == pytest.approx(cumulants(alone), rel=1e-9, abs=1e-3)

    @settings(max_examples=25)
    @given(
        st.lists(st.tuples(st.integers(-50, 900), st.sampled_from([*ANSWERS])), max_size=40),
        st.sampled_from([1, 60]),
    )
    def test_it_does_not_matter_whether_answers_are_shared(self, found, times):
        """A probability given once for many deals, or made anew for each; certain, worthless and negative deals too."""
        deals = [
            Opportunity(id=f"D-{n}", amount=brl(minor), stage=chance, created_at=AS_OF, expected_close=QUARTER.last)
            for n, (minor, chance) in enumerate(found * times)
        ]
        shared, alone = (
            interval(project(deals, outlook=Said(anew=anew), period=QUARTER, as_of=AS_OF, currency="BRL"))
            for anew in (False, True)
        )
        for one, other in ((shared.low, alone.low), (shared.median, alone.median), (shared.high, alone.high)):
            assert abs(one.minor - other.minor) <= 1 + abs(other.minor) // 10**6

    @given(st.floats(0.001, 0.999))
    def test_the_normal_quantile_inverts_the_distribution(self, level):
        """Both ways."""
        assert normal_cdf(normal_quantile(level)) == pytest.approx(level, abs=1e-9)

    @settings(max_examples=10)
    @given(st.integers(0, 10**6), st.sampled_from([60, 101, 400, 2100]), st.booleans())
    def test_every_method_has_half_of_the_normal_sum_below_its_median(self, seed, count, lump):
        """Deals of a congruential sequence: mean and quantiles fit together, whatever the method."""
        found = [((seed + 7919 * n) % 1000 + 1.0, ((seed + 104729 * n) % 97 + 1) / 99) for n in range(count)]
        if lump:
            found[0] = (sum(amount for amount, _ in found), 0.3)
        groups = [(chance, [amount]) for amount, chance in found]
        (low, middle, high), _ = quantiles(groups, [0.1, 0.5, 0.9], sure=10.0, extra=(5.0, 100.0))
        mean = 15.0 + sum(amount * chance for amount, chance in found)
        deviation = (100.0 + sum(a * a * p * (1 - p) for a, p in found)) ** 0.5
        assert low < middle < high
        assert abs(middle - mean) <= deviation  # a median lies within one deviation of the mean
        assert 0.1 * deviation < high - low < 20**0.5 * deviation  # Chebyshev


class TestScores:
    """Measures of amounts and of chances."""

    @given(series, st.integers(1, 1000))
    def test_wape_is_scale_free_and_bounds_the_bias(self, pairs, factor):
        """A perfect forecast misses nothing."""
        actual, said = [one for one, _ in pairs], [other for _, other in pairs]
        scaled = wape([one * factor for one in actual], [other * factor for other in said])
        assert scaled.value == wape(actual, said).value
        assert wape([brl(one) for one in actual], [brl(other) for other in said]).value == wape(actual, said).value
        value = wape(actual, said).value
        assert wape(actual, actual).value == (0 if any(actual) else None)
        if value is not None:
            assert abs(bias(actual, said).value) <= value
            assert accuracy(actual, said) == 1 - value
            assert skill(value, value) == (0 if value else None)

    @given(series)
    def test_pinball_at_the_middle_is_half_the_mean_miss(self, pairs):
        """And MAPE and MASE have no value where they cannot."""
        actual, said = [one for one, _ in pairs], [other for _, other in pairs]
        misses = sum(abs(one - other) for one, other in pairs)
        assert pinball(actual, said, quantile="0.5") == Fraction(misses, 2 * len(pairs))
        value, skipped = mape(actual, said)
        assert (value is None) is (skipped == len(pairs))
        assert mase(actual, said, training=[5, 5, 5]) is None
        assert mase(actual, said, training=[5, 6]) == Fraction(misses, len(pairs))
        assert coverage(actual, said, said).numerator == sum(one == other for one, other in pairs)

    @given(outcomes, st.integers(1, 12), st.randoms(use_true_random=False))
    def test_brier_is_made_of_its_parts_whatever_the_order(self, pairs, bins, random):
        """Exactly, and each part has its sign."""
        parts = brier_parts(pairs, bins=bins)
        assert round(parts.score, 9) == Fraction(brier(pairs))
        assert 0 <= parts.uncertainty <= Fraction(1, 4)
        assert parts.resolution >= 0
        assert parts.reliability >= 0
        again = list(pairs)
        random.shuffle(again)
        assert brier_parts(again, bins=bins) == parts
        assert (ece(again, bins=bins), log_loss(again)) == (ece(pairs, bins=bins), log_loss(pairs))
        assert (ece(pairs, bins=bins) is None) is (len(pairs) < bins)

    @given(
        st.fractions(0, 1, max_denominator=100), st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 12)
    )
    def test_cases_of_one_chance_stand_for_each_other(self, chance, came, bins):
        """Always saying one number is off by its distance to the rate, in however many bins, and resolves nothing."""
        pairs = [(chance, one) for one in came]
        rate = Fraction(sum(came), len(came))
        parts = brier_parts(pairs, bins=bins)
        assert (parts.resolution, parts.reliability, parts.within) == (0, (chance - rate) ** 2, 0)
        if len(came) >= bins:
            assert abs(Fraction(ece(pairs, bins=bins)) - abs(chance - rate)) <= Fraction(1, 10**9)

    @given(st.lists(st.booleans(), min_size=1, max_size=20))
    def test_sure_and_right_is_perfect(self, came):
        """Sure and wrong is the worst."""
        right = [(Decimal(one), one) for one in came]
        assert brier(right) == 0
        assert log_loss(right) <= Decimal("0.000001001")
        assert brier([(1 - chance, one) for chance, one in right]) == 1

    def test_nothing_has_no_value(self):
        """Never 0, never an error."""
        assert brier([]) is log_loss([]) is brier_parts([]) is ece([]) is None
        assert wape([], []).value is bias([], []).value is accuracy([], []) is None
        assert pinball([], [], quantile="0.1") is mase([], [], training=[1, 2]) is skill(None, 1) is None
        assert coverage([], [], []).value is None


class TestCorrections:
    """Ratio and mixture."""

    @settings(max_examples=25)
    @given(pipelines(), any_outlook, finished(), st.none() | amounts)
    def test_closed_stays_and_parts_sum(self, found, outlook, past, naive):
        """Along any dimension; and the raw forecast is kept."""
        raw = forecast(found, outlook)
        corrected = fit_correction(past).apply(raw, naive=None if naive is None else brl(naive))
        assert corrected.expected >= raw.closed
        assert sum(amount.minor for amount in corrected.by("origin").values()) == corrected.expected.minor
        assert corrected.change == corrected.expected - raw.expected
        if raw.expected >= raw.closed:
            assert Correction().apply(raw).expected == raw.expected

    @given(finished())
    def test_weights_lie_between_once_there_is_something_to_learn(self, past):
        """A weight moves towards the better one, never all the way; before two finished forecasts nothing moves."""
        correction = fit_correction(past)
        assert correction.ratio >= 0
        if sum(one.naive is not None for one in past) < 2:
            assert correction.weight == 1
        else:
            assert 0 < correction.weight < 1
        if len(past) < 2:
            assert correction.ratio == 1


def method(data, /, *, as_of, period):
    """The default way to forecast."""
    outlook, new = fit_in_period(data, as_of=as_of), fit_new_business(data, as_of=as_of)
    return project(data, outlook=outlook, period=period, as_of=as_of, new_business=new, currency="BRL")


class TestBacktest:
    """Rolling origins."""

    PERIODS = (Period.month(2026, 2), Period.month(2026, 3), Period.month(2026, 4))
    END = datetime(2026, 5, 10, tzinfo=UTC)

    @settings(max_examples=8)
    @given(pipelines(8), deals("late"))
    def test_what_is_recorded_after_an_origin_changes_no_byte_of_its_forecast(self, found, late):
        """The law of F29: the backtest's forecast is the one that would have been made then."""
        data = Dataset(opportunities=[*found, late.replace(recorded_at=self.END)])
        result = backtest(data, method, periods=self.PERIODS, as_of=self.END, min_decided=0)
        for row in result.rows:
            then = row.period.start - timedelta(days=1)
            alone = method(Dataset(opportunities=found).as_of(then), as_of=row.forecast.as_of, period=row.period)
            assert canonical_bytes(row.forecast) == canonical_bytes(alone)
            assert len(row.outcomes) <= len(found)

    @settings(max_examples=8)
    @given(pipelines(8))
    def test_every_wanted_period_has_a_row_or_is_named(self, found):
        """And the callback hears of each."""
        heard = []
        data = Dataset(opportunities=found)
        result = backtest(
            data, method, periods=self.PERIODS, as_of=self.END, min_decided=2,
            progress=lambda done, total: heard.append((done, total)),
        )  # fmt: skip
        assert sorted([*(row.period for row in result.rows), *result.skipped]) == list(self.PERIODS)
        assert heard == [(1, 3), (2, 3), (3, 3)]
        assert len(result.scores) == 6
        assert str(result)
        assert result._repr_html_().count("<svg") == 1

    def test_naive_forecasts_by_hand(self):
        """One win of n reais on the tenth of month n, known at once."""
        wins = [next_win(f"W{month}", datetime(2026, month, 10, tzinfo=UTC), month * 100) for month in range(1, 5)]
        table = StageWeighted({"lead": 1})
        result = backtest(
            Dataset(opportunities=wins),
            lambda data, /, *, as_of, period: project(data, outlook=table, period=period, as_of=as_of, currency="BRL"),
            periods=[Period.month(2026, 4)], as_of=date(2026, 4, 30), season=3, history_start=date(2026, 1, 1),
        )  # fmt: skip
        (row,) = result.rows
        assert (row.last, row.mean, row.seasonal, row.actual) == (brl(300), brl(200), brl(100), brl(400))
        assert (row.forecast.expected, row.base_rate, row.outcomes) == (brl(0), None, ())
        assert [score.wape.percent() for score in result.scores[2:5]] == ["25.0 %", "50.0 %", "75.0 %"]


def next_win(id: str, at: datetime, minor: int):
    """A deal created and won in the same instant."""
    from partnerops import Opportunity

    return Opportunity(id=id, stage="won", status="won", created_at=at, closed_at=at, amount=brl(minor))


def _weight(found, wins) -> float:
    weight = 1.0
    for (_, chance), won in zip(found, wins, strict=True):
        weight *= chance if won else 1 - chance
    return weight
