"""Rules of the reference that a usual reading gets wrong, each by figures worked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from partnerops import Calendar, Dataset, Money, Opportunity, Period, Ratio, StageChange
from partnerops.exceptions import InvalidValue
from partnerops.forecast import StageWeighted, interval, project
from partnerops.forecast.fitting import fit_shrunk_win_rate, fit_win_rate
from partnerops.forecast.pipeline import slippage
from partnerops.forecast.planning import against_quota
from partnerops.forecast.scoring import Correction, Finished, fit_correction
from partnerops.forecast.wrappers import Overridden, ProbabilityOverride

NOW = datetime(2026, 4, 15, tzinfo=UTC)
Q2 = Period.quarter(2026, 2)
TABLE = StageWeighted({"proposal": "0.5"})


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


CLOSED = at(4, 7)


def deal(id: str = "D-1", **changes: object) -> Opportunity:
    values = {
        "id": id, "amount": brl("1000.00"), "stage": "proposal", "created_at": at(1, 5),
        "expected_close": date(2026, 5, 30),
    }  # fmt: skip
    return Opportunity(**(values | changes))


def won(id: str, closed_at: datetime = CLOSED, **changes: object) -> Opportunity:
    return deal(id, stage="won", status="won", closed_at=closed_at, **changes)


def ask(*deals: Opportunity, **options: object):
    return project(deals, **({"outlook": TABLE, "period": Q2, "as_of": NOW} | options))


def finished(*actual: str, naive: str | None = None, expected: str = "100.00") -> list[Finished]:
    """Forecasts of so much for the months from January on, and what came."""
    return [
        Finished(
            period=Period.month(2024 + month // 12, 1 + month % 12), closed=brl("0"), expected=brl(expected),
            actual=brl(came), naive=None if naive is None else brl(naive),
        )
        for month, came in enumerate(actual)
    ]  # fmt: skip


class TestQuota:
    """F18: coverage = open due / (quota - closed); where quota - forecast <= 0 there is none, and the quota is met."""

    def test_a_forecast_that_reaches_the_quota_meets_it(self):
        """1000 closed and half of 1000 expected: 1500 is met by the forecast, though not by what is closed."""
        view = against_quota(ask(won("W"), deal()), brl("1500.00"))
        assert (view.gap, view.met, view.coverage.value) == (brl("0.00"), True, None)
        assert view.attainment.decimal(2) == Decimal("0.67")

    def test_a_cent_more_is_a_gap_and_has_a_coverage(self):
        view = against_quota(ask(won("W"), deal()), brl("1500.01"))
        assert (view.gap, view.met) == (brl("0.01"), False)
        assert view.coverage.numerator == brl("1000.00")
        assert view.coverage.denominator == brl("500.01")

    def test_closed_above_the_quota_has_no_coverage_even_with_a_gap(self):
        """A credit expected later can take a quota back that is reached today; nothing is lacking to be covered."""
        view = against_quota(ask(won("W"), deal(amount=brl("-400.00"))), brl("1000.00"))
        assert (view.gap, view.met, view.coverage.value) == (brl("200.00"), False, None)

    @pytest.mark.parametrize(("quota", "met"), [(None, False), (brl("0.00"), True)])
    def test_no_quota_and_a_quota_of_nothing_have_no_ratios(self, quota, met):
        view = against_quota(ask(won("W"), deal()), quota)
        assert [one.value for one in (view.attainment, view.projected_attainment, view.coverage)] == [None] * 3
        assert view.met is met

    def test_the_day_is_that_of_the_forecasts_calendar(self):
        """14 April in Sao Paulo is 15 April in UTC for its last three hours: a deal due on the 14th is still due."""
        sao_paulo = Calendar("America/Sao_Paulo")
        result = ask(deal(expected_close=date(2026, 4, 14)), as_of=date(2026, 4, 14), calendar=sao_paulo)
        assert [line.opportunity_id for line in result.lines] == ["D-1"]
        assert against_quota(result, brl("5000")).due == brl("1000.00")
        assert against_quota(result, brl("5000"), calendar=Calendar("UTC")).due == brl("0.00")
        assert all(against_quota(part, None).due == brl("1000.00") for part in result.by("origin").values())


class TestBlend:
    """F30: weight and ratio from past origins only, and from two on; fewer teach nothing."""

    @pytest.mark.parametrize("past", [[], finished("80.00", naive="90.00")])
    def test_fewer_than_two_finished_forecasts_correct_nothing(self, past):
        correction = fit_correction(past)
        assert (correction.ratio, correction.weight, correction.n) == (1, 1, len(past))
        raw = ask(deal())
        assert correction.apply(raw, naive=brl("9000.00")).expected == raw.expected
        assert str(correction).endswith("2 are needed")

    def test_two_teach(self):
        """Naive is right, ours 20 too high before the ratio and right after it: neither gains on the other."""
        correction = fit_correction(finished("80.00", "80.00", naive="80.00"))
        assert (correction.ratio, correction.weight) == (Decimal("0.8"), Decimal("0.5"))

    def test_a_weight_needs_two_naive_forecasts_too(self):
        past = [*finished("80.00", naive="90.00"), *finished("80.00", "80.00")[1:]]
        assert fit_correction(past).weight == 1

    def test_another_start_can_be_asked_for(self):
        """The plain mean of both, until there is something to learn from."""
        correction = fit_correction([], start="0.5")
        assert correction.weight == Decimal("0.5")
        assert str(correction).startswith("x 1, then 50.0 % of it and the rest seasonal naive, from 0 finished")
        with pytest.raises(InvalidValue, match="0.35 means 35 %"):
            fit_correction([], start=50)

    def test_no_correction_says_so(self):
        assert str(Correction(n=5)) == "no correction, from 5 finished forecasts"


class TestIntervalLevels:
    """Split conformal: the ceil(level (m + 1))-th of m misses exists from level / (1 - level) misses on."""

    @pytest.mark.parametrize(
        ("level", "needed"), [("0.5", 4), ("0.8", 4), ("0.81", 5), ("0.9", 9), ("0.95", 19), ("0.99", 99)]
    )
    def test_enough_depends_on_the_level(self, level, needed):
        came = [str(100 + n) for n in range(needed)]
        short, enough = (interval(ask(deal()), level=level, past=finished(*came[:n])) for n in (needed - 1, needed))
        assert (short.calibrated, enough.calibrated) == (False, True)
        assert short.needed == enough.needed == needed
        assert f"{needed - 1} of {needed} past forecasts" in short.because
        assert "uncalibrated" in str(short)

    def test_the_rank_by_hand(self):
        """95 % of 19 is the 19th, the largest: misses 1 % to 19 % of 500 expected give 95 either way."""
        span = interval(ask(deal()), level="0.95", past=finished(*(str(100 + n) for n in range(1, 20))))
        assert (span.low, span.median, span.high) == (brl("405.00"), brl("500.00"), brl("595.00"))

    def test_a_line_that_somebody_made_without_an_amount_scatters_nothing(self):
        """`project` makes none; what its expected amount would do is not known."""
        result = ask(deal())
        line = result.lines[0].replace(opportunity=deal(amount=None))
        span = interval(result.replace(lines=(line,)))
        assert span.low == span.high == brl("0.00")


class TestSlippage:
    """F24: due in the period when it began, open after it."""

    APRIL = Period.month(2026, 4)

    def told(self, closed: datetime, recorded: datetime | None = None) -> Opportunity:
        history = [
            StageChange(stage="proposal", at=at(1, 5), expected_close=date(2026, 4, 20)),
            StageChange(stage="won", status="won", at=closed, recorded_at=recorded),
        ]
        return won("D-1", closed, expected_close=date(2026, 4, 20), history=history)

    def test_a_period_that_is_not_over_has_no_slippage(self):
        """Every deal due would still be open, and all of them called slipped."""
        data = Dataset(opportunities=[deal(expected_close=date(2026, 4, 20))])
        with pytest.raises(InvalidValue, match="over by as_of"):
            slippage(data, self.APRIL, as_of=NOW)
        assert slippage(data, self.APRIL, as_of=date(2026, 4, 30)).slipped == ("D-1",)
        assert slippage(data, self.APRIL).slipped == ("D-1",)

    def test_a_win_that_was_booked_late_slips_until_it_is_known(self):
        data = Dataset(opportunities=[self.told(at(4, 28), recorded=at(5, 2))])
        assert slippage(data, self.APRIL).slipped == ("D-1",)
        assert slippage(data, self.APRIL, as_of=at(5, 1)).slipped == ("D-1",)
        assert slippage(data, self.APRIL, as_of=at(5, 2)).slipped == ()

    def test_a_win_after_the_period_slipped_whenever_one_looks(self):
        data = Dataset(opportunities=[self.told(at(5, 2))])
        assert [slippage(data, self.APRIL, as_of=moment).slipped for moment in (at(5, 1), at(6, 1))] == [("D-1",)] * 2
        bare = Dataset(opportunities=[won("D-1", at(5, 2), expected_close=date(2026, 4, 20))])
        # how it stood in April nobody knows
        assert slippage(bare, self.APRIL, as_of=at(6, 1)).by_count.denominator == 0

    def test_pushes_after_the_period_are_not_its_own(self):
        history = [
            StageChange(stage="proposal", at=at(1, 5), expected_close=date(2026, 4, 20)),
            StageChange(stage="proposal", at=at(4, 19), expected_close=date(2026, 5, 20)),
            StageChange(stage="proposal", at=at(5, 19), expected_close=date(2026, 6, 20)),
        ]
        data = Dataset(opportunities=[deal(history=history, expected_close=date(2026, 6, 20))])
        assert dict(slippage(data, self.APRIL, as_of=at(6, 1)).pushed) == {"D-1": 1}

    def test_a_reopening_after_the_period_does_not_undo_its_close(self):
        history = [
            StageChange(stage="proposal", at=at(1, 5), expected_close=date(2026, 4, 20)),
            StageChange(stage="lost", status="lost", at=at(4, 10)),
            StageChange(stage="proposal", at=at(5, 10)),
        ]
        data = Dataset(opportunities=[deal(history=history, expected_close=date(2026, 4, 20))])
        assert slippage(data, self.APRIL, as_of=at(6, 1)).slipped == ()


class TestRateIntervals:
    """C10: each rate has an interval, Wilson's where it is raw, of the posterior where it was drawn."""

    def data(self) -> Dataset:
        counts = {"a": (8, 10), "b": (1, 40)}
        return Dataset(
            opportunities=[
                won(f"{origin}{n}", at(2, 1), origin=origin)
                if n < wins
                else deal(f"{origin}{n}", stage="lost", status="lost", closed_at=at(2, 1), origin=origin)
                for origin, (wins, cases) in counts.items()
                for n in range(cases)
            ]
        )

    def test_raw_rates_have_wilsons(self):
        raw = fit_win_rate(self.data(), as_of=NOW, by=("origin",))
        counted = [Ratio(wins, n).wilson() for wins, n in ((9, 50), (8, 10), (1, 40))]
        assert [raw.interval(cell) for cell in raw.cells] == counted
        assert raw.to_dicts()[1]["low"] == Ratio(8, 10).wilson()[0]
        assert "49.0 % to 94.3 %" in str(raw)

    def test_no_case_and_amounts_have_none(self):
        nothing = fit_win_rate(Dataset(), as_of=NOW)
        assert nothing.interval(nothing.cells[0]) is None
        amounts = fit_win_rate(self.data(), as_of=NOW, by=("origin",), measure="amount")
        assert {amounts.interval(cell) for cell in amounts.cells} == {None}

    def test_drawn_rates_have_the_posteriors(self):
        """8 of 10 drawn to 18 % by 30: Beta(13.4, 26.6) has a mean of 33.5 % and a deviation of 7.37 %."""
        drawn = fit_shrunk_win_rate(self.data(), as_of=NOW, by=("origin",), strength=30)
        low, high = drawn.interval(drawn.cells[1])
        assert drawn.cells[1].value == Decimal("0.335")
        assert (round(low, 3), round(high, 3)) == (Decimal("0.199"), Decimal("0.486"))
        assert drawn.interval(drawn.cells[0]) == Ratio(9, 50).wilson()

    def test_with_a_prior_all_cells_have_it(self):
        """No win in no case, by Jeffreys: the arcsine distribution, whose quantile at q is sin(pi q / 2) squared."""
        prior = fit_shrunk_win_rate(Dataset(), as_of=NOW, by=("origin",))
        assert prior.interval(prior.cells[0]) == (Decimal("0.001541333"), Decimal("0.998458667"))


def test_overrides_of_one_instant_do_not_depend_on_their_order():
    """As with adjustments: the author decides, then the value."""
    said = [
        ProbabilityOverride(
            opportunity_id="D-1", value=value, author=author, at=NOW - timedelta(days=1),
            expires_on=date(2026, 6, 1), reason="call",
        )
        for author, value in (("ana", "0.9"), ("bia", "0.2"), ("bia", "0.3"))
    ]  # fmt: skip
    answers = {ask(deal(), outlook=Overridden(TABLE, order)).pipeline for order in permutations(said)}
    assert answers == {brl("300.00")}
