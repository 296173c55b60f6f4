"""Fitted outlooks against numbers worked out by hand, and the evidence and wrappers around them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from partnerops import Calendar, Dataset, Money, Opportunity, Partner, Period, StageChange, Target
from partnerops.entities import TierMembership
from partnerops.exceptions import CurrencyMismatch, InvalidValue, UnknownName
from partnerops.forecast import (
    EvidenceBased,
    EvidenceBounds,
    EvidenceRule,
    Mixture,
    NewBusinessRate,
    StageWeighted,
    Stale,
    project,
)
from partnerops.forecast.fitting import (
    CalendarCycle,
    RateMeasure,
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
from partnerops.forecast.pipeline import snapshot
from partnerops.forecast.wrappers import (
    ChannelAdjusted,
    CustomIs,
    HasDocument,
    MovedWithin,
    Overridden,
    ProbabilityOverride,
    Spread,
    TypicalClose,
    Without,
)

START = datetime(2026, 1, 5, tzinfo=UTC)
Q2 = Period.quarter(2026, 2)


def day(number: int) -> datetime:
    """Noon of the so-manieth day."""
    return START + timedelta(days=number, hours=12)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def deal(id: str, created: int = 0, path: str = "", closed: int | None = None, **changes: object) -> Opportunity:
    """
    A deal told by a path such as `lead 0, proposal 7, won 20`; without one, open or closed without history.
    """
    steps = [step.split() for step in path.split(", ") if step]
    history = [
        StageChange(stage=stage, at=day(int(at)), status=stage if stage in ("won", "lost") else "open")
        for stage, at in steps
    ]
    status = str(history[-1].status) if history else "open" if closed is None else "won"
    end = history[-1].at if history and status != "open" else None if closed is None else day(closed)
    values = {
        "id": id, "created_at": day(created), "stage": history[-1].stage if history else "lead", "status": status,
        "closed_at": end, "amount": brl("100.00"), "history": history,
    }  # fmt: skip
    return Opportunity(**(values | changes))


def rate_of(fitted, *key: str) -> tuple[Decimal, int, int]:
    (cell,) = [cell for cell in fitted.cells if cell.key == key]
    return cell.value, cell.wins, cell.n


class TestWinRate:
    DEALS = (
        deal("D-1", 0, "lead 0, proposal 7, won 20", origin="partner"),
        deal("D-2", 0, "lead 0, proposal 9, lost 20", origin="partner", amount=brl("300.00")),
        deal("D-3", 0, "lead 0, lost 5", origin="direct", amount=brl("200.00")),
        deal("D-4", 0, "lead 0", origin="direct"),
        deal("D-5", 0, closed=10, stage="won", origin="direct"),
    )
    DATA = Dataset(opportunities=DEALS)
    NOW = date(2026, 3, 31)

    def test_a_deal_counts_in_every_stage_that_it_reached(self):
        fitted = fit_win_rate(self.DATA, as_of=self.NOW)
        assert rate_of(fitted) == (Decimal("0.5"), 2, 4)
        assert rate_of(fitted, "lead") == (Decimal("0.333333333"), 1, 3)
        assert rate_of(fitted, "proposal") == (Decimal("0.5"), 1, 2)

    def test_by_amount_is_another_number_under_another_name(self):
        fitted = fit_win_rate(self.DATA, as_of=self.NOW, by=(), measure="amount")
        assert rate_of(fitted) == (Decimal("0.285714286"), 2, 4)  # 200 of 700
        assert fitted.measure is RateMeasure.AMOUNT

    def test_stale_deals_can_count_as_not_won(self):
        assert rate_of(fit_win_rate(self.DATA, as_of=self.NOW, by=(), stale_days=60)) == (Decimal("0.4"), 2, 5)
        assert rate_of(fit_win_rate(self.DATA, as_of=self.NOW, by=(), stale_days=90)) == (Decimal("0.5"), 2, 4)

    def test_within_days_asks_about_all_deals_old_enough(self):
        fitted = fit_win_rate(self.DATA, as_of=self.NOW, by=("origin",), within_days=15)
        assert rate_of(fitted) == (Decimal("0.2"), 1, 5)
        assert rate_of(fitted, "direct") == (Decimal("0.333333333"), 1, 3)
        assert rate_of(fit_win_rate(self.DATA, as_of=day(14), by=(), within_days=15)) == (Decimal("0.5"), 0, 0)

    def test_history_start_leaves_out_what_closed_before(self):
        later = fit_win_rate(self.DATA, as_of=self.NOW, by=(), history_start=date(2026, 1, 20))
        assert rate_of(later) == (Decimal("0.5"), 1, 2)

    def test_an_unseen_cell_has_the_rate_of_its_parent(self):
        fitted = fit_win_rate(self.DATA, as_of=self.NOW, by=("origin", "partner_id"))
        assert fitted.rate(deal("D-9", origin="partner", partner_id="acme")).value == Decimal("0.5")
        assert fitted.rate(deal("D-9", origin="affiliate")).n == 4

    def test_as_an_outlook_it_wants_the_deal_due(self):
        fitted = fit_win_rate(self.DATA, as_of=self.NOW)
        open_deals = [deal("D-6", 60, "lead 60", expected_close=date(2026, 5, 1)), deal("D-7", 60, "lead 60")]
        result = project(open_deals, outlook=fitted, period=Q2, as_of=self.NOW)
        assert [(line.opportunity_id, str(line.expected)) for line in result.lines] == [("D-6", "33.33 BRL")]
        assert [line.bucket for line in result.outside] == ["unscheduled"]
        assert result.lines[0].because == "stage lead: 1 of 3 deals won"

    def test_shrinkage_by_hand(self):
        """Two cells of one rate: the pull is as strong as the grid goes; at the floor it is 30 cases."""
        wins = [deal(f"W{n}", 0, "lead 0, won 5", origin="a") for n in range(8)]
        losses = [deal(f"L{n}", 0, "lead 0, lost 5", origin="b") for n in range(8)]
        fitted = fit_shrunk_win_rate(Dataset(opportunities=wins + losses), as_of=self.NOW, by=("origin",))
        assert fitted.strengths == (Decimal(30),)
        assert rate_of(fitted, "a") == (Decimal("0.605263158"), 8, 8)  # (8 + 30 x 0.5) / 38
        nothing = fit_shrunk_win_rate(Dataset(opportunities=wins), as_of=self.NOW, by=())
        assert rate_of(nothing) == (Decimal("0.944444444"), 8, 8)  # Jeffreys: 8.5 / 9

    def sides(self, *counts: tuple[str, int, int]) -> Dataset:
        """So many won of so many, by origin."""
        return Dataset(opportunities=[
            deal(f"{origin}-{n}", 0, "lead 0, won 9" if n < wins else "lead 0, lost 9", origin=origin)
            for origin, wins, cases in counts for n in range(cases)
        ])  # fmt: skip

    def test_where_nothing_teaches_a_parent_the_prior_is_added_and_said(self):
        """One cell, all won, none won: (w + 1/2) / (n + 1), and a flag."""
        for counts, value in (
            ([("a", 3, 4)], "0.7"), ([("a", 4, 4), ("b", 3, 3)], "0.9"), ([("a", 0, 4), ("b", 0, 1)], "0.1"),
        ):  # fmt: skip
            fitted = fit_shrunk_win_rate(self.sides(*counts), as_of=self.NOW, by=("origin",))
            assert rate_of(fitted, "a")[0] == Decimal(value)
            assert fitted.prior == (Decimal("0.5"), Decimal("0.5"))
            assert "by prior" in fitted.rate(deal("D", origin="a")).because
        ours = fit_shrunk_win_rate(self.sides(("a", 3, 4)), as_of=self.NOW, by=("origin",), prior=(1, 3))
        assert rate_of(ours, "a")[0] == Decimal("0.5")
        assert fit_shrunk_win_rate(self.sides(("a", 3, 4), ("b", 1, 2)), as_of=self.NOW, by=("origin",)).prior is None

    def test_the_strength_can_be_given_or_found_by_moments(self):
        """k = 2, N = 200, m = 0.4: S = 8, r = (8 - 0.24) / (0.24 x 99); M = (1 - r) / r."""
        data = self.sides(("a", 20, 100), ("b", 60, 100))
        given = fit_shrunk_win_rate(data, as_of=self.NOW, by=("origin",), strength=100)
        assert (rate_of(given, "a")[0], given.strengths) == (Decimal("0.3"), (Decimal(100),))
        moments = fit_shrunk_win_rate(data, as_of=self.NOW, by=("origin",), strength="moments", floor=0)
        assert float(moments.strengths[0]) == pytest.approx((0.24 * 99 - 7.76) / 7.76, abs=1e-3)
        likely = fit_shrunk_win_rate(data, as_of=self.NOW, by=("origin",), strength="likelihood", floor=0)
        assert 0 < likely.strengths[0] < 30
        for bad in ({"strength": 0}, {"strength": "most"}, {"prior": (0, 1)}, {"prior": "Jeffreys"}):
            with pytest.raises(InvalidValue):
                fit_shrunk_win_rate(data, as_of=self.NOW, by=("origin",), **bad)

    def test_partner_attributes_make_cells(self):
        partners = [Partner(id="acme", name="Acme", type="reseller", region="south")]
        tiers = [TierMembership(id="N", partner_id="acme", tier="gold", effective_from=date(2026, 1, 1))]
        deals = [
            deal("D-1", 0, "lead 0, won 5", partner_id="acme", custom={"size": 3}),
            deal("D-2", 0, "lead 0, lost 5"),
        ]
        data = Dataset(opportunities=deals, partners=partners, tiers=tiers)
        names = ("partner.type", "partner.region", "partner.tier", "custom.size")
        fitted = fit_win_rate(data, as_of=self.NOW, by=names)
        assert rate_of(fitted, "reseller", "south", "gold", "3") == (Decimal(1), 1, 1)
        assert rate_of(fitted, "") == (Decimal(0), 0, 1)
        assert [row["partner.type"] for row in fitted.to_dicts()][:3] == [None, "", "reseller"]

    def test_refusals(self):
        with pytest.raises(UnknownName, match=r"did you mean 'partner.type'"):
            fit_win_rate(self.DATA, as_of=self.NOW, by=("partner.typ",))
        with pytest.raises(UnknownName, match=r"'custom\.'"):
            fit_win_rate(self.DATA, as_of=self.NOW, by=("custom.",))
        with pytest.raises(InvalidValue, match="a list of names"):
            fit_win_rate(self.DATA, as_of=self.NOW, by="stage")
        with pytest.raises(InvalidValue, match="count or amount"):
            fit_win_rate(self.DATA, as_of=self.NOW, measure="money")
        with pytest.raises(InvalidValue, match="within_days"):
            fit_win_rate(self.DATA, as_of=self.NOW, within_days=0)
        with pytest.raises(InvalidValue, match="a Dataset"):
            fit_win_rate([], as_of=self.NOW)
        mixed = Dataset(opportunities=[*self.DEALS, deal("D-6", closed=3, stage="won", amount=Money("1", "USD"))])
        with pytest.raises(CurrencyMismatch):
            fit_win_rate(mixed, as_of=self.NOW, measure="amount")


class TestNaiveBayes:
    """Six won and four lost; four won and one lost came by a partner, all reached lead, five won the proposal."""

    DEALS = (
        *(deal(f"W{n}", 0, f"lead 0, {'proposal 5, ' if n < 5 else ''}won 9", origin="partner" if n < 4 else "direct")
          for n in range(6)),
        *(deal(f"L{n}", 0, "lead 0, lost 9", origin="partner" if n < 1 else "direct") for n in range(4)),
    )  # fmt: skip
    NOW = date(2026, 3, 31)

    def test_the_odds_by_hand(self):
        """Origin: (4.1 / 6.2) against (1.1 / 4.2); proposal: (5.1 / 6.1) against (0.1 / 4.1)."""
        fitted = fit_naive_bayes(Dataset(opportunities=self.DEALS), as_of=self.NOW, by=("origin",))
        answer = fitted.rate(deal("D", 0, "lead 0", origin="partner"))
        won, lost = 6 * 4.1 / 6.2, 4 * 1.1 / 4.2
        assert float(answer.value) == pytest.approx(won / (won + lost), abs=1e-9)
        assert (answer.n, answer.because) == (10, "6 won and 4 lost, by origin partner: 79.1 %")
        staged = fit_naive_bayes(Dataset(opportunities=self.DEALS), as_of=self.NOW, by=("stage", "origin"))
        won, lost = won * 5.1 / 6.1, lost * 0.1 / 4.1
        at_proposal = deal("D", 0, "lead 0, proposal 3", origin="partner")
        assert float(staged.rate(at_proposal).value) == pytest.approx(won / (won + lost), abs=1e-9)

    def test_what_is_missing_or_rare_is_passed_over(self):
        fitted = fit_naive_bayes(Dataset(opportunities=self.DEALS), as_of=self.NOW, by=("origin",), min_outcomes=6)
        for origin in (None, "affiliate", "partner"):
            assert fitted.rate(deal("D", origin=origin)).value == Decimal("0.6")

    def test_nothing_to_compare_is_no_chance(self):
        fitted = fit_naive_bayes(Dataset(opportunities=self.DEALS[:6]), as_of=self.NOW)
        assert (fitted.rate(self.DEALS[0]).value, fitted.rate(self.DEALS[0]).n) == (0, 0)
        assert "none lost" in fitted.rate(self.DEALS[0]).because

    def test_chances_stay_off_the_ends(self):
        deals = [deal(f"{n}", 0, "lead 0, won 9", custom={"a": 1, "b": 1}) for n in range(500)]
        deals += [deal(f"L{n}", 0, "lead 0, lost 9", custom={"a": 2, "b": 2}) for n in range(500)]
        fitted = fit_naive_bayes(Dataset(opportunities=deals), as_of=self.NOW, by=("custom.a", "custom.b"))
        assert fitted.rate(deals[0]).value == Decimal("0.9999")
        assert fitted.rate(deals[-1]).value == Decimal("0.0001")


class TestTimeToClose:
    def test_competing_risks_by_hand(self):
        """Four deals: won at 5, lost at 10, won at 10, open at 20."""
        deals = [
            deal("D-1", 0, "lead 0, won 5"), deal("D-2", 0, "lead 0, lost 10"), deal("D-3", 0, "lead 0, won 10"),
            deal("D-4", 0, "lead 0"),
        ]  # fmt: skip
        fitted = fit_time_to_close(Dataset(opportunities=deals), as_of=day(20))
        assert fitted.curves[0].events == ((0, 4, 0, 0), (5, 4, 1, 0), (6, 3, 0, 0), (10, 3, 1, 1), (11, 1, 0, 0),
                                           (21, 0, 0, 0))  # fmt: skip
        new = deal("D-9", 20, "lead 20")
        assert fitted.won_between(new, 0, 0, 5) == (0.25, 4)
        assert fitted.won_between(new, 0, 0, 10)[0] == pytest.approx(0.25 + 0.75 / 3)
        assert fitted.won_between(new, 7, 7, 10)[0] == pytest.approx(1 / 3)
        assert fitted.ever(new, 0) == pytest.approx(0.5)
        assert fitted.median_days(new) == 5

    def test_left_truncation_counts_a_deal_from_the_age_it_had(self):
        """D-1 closed before the recording began: never seen. D-2 was ten days old when it did."""
        deals = [deal("D-1", 0, "lead 0, won 5"), deal("D-2", 0, "lead 0, won 15")]
        fitted = fit_time_to_close(
            Dataset(opportunities=deals), as_of=day(20), history_start=date(2026, 1, 15), strength=1
        )
        assert fitted.curves[0].events == ((9, 1, 0, 0), (15, 1, 1, 0), (16, 0, 0, 0))

    def test_nobody_ever_stayed_open_that_long(self):
        fitted = fit_time_to_close(Dataset(opportunities=[deal("D-1", 0, "lead 0, won 5")]), as_of=day(20))
        old = deal("D-2", 0, "lead 0")
        answer = fitted.probability(old, as_of=day(90), period=Q2)
        assert (answer.value, answer.n) == (0, 0)
        assert "ever stayed open" in answer.because

    def test_a_group_is_drawn_to_all(self):
        deals = [deal(f"A{n}", 0, "lead 0, won 5", origin="a") for n in range(10)]
        deals += [deal(f"B{n}", 0, "lead 0, lost 5", origin="b") for n in range(10)]
        fitted = fit_time_to_close(Dataset(opportunities=deals), as_of=day(20), by=("origin",), strength=10)
        assert fitted.won_between(deal("D", origin="a"), 0, 0, 9) == (0.75, 10)  # (10 + 10 x 0.5) / 20
        assert fitted.won_between(deal("D", origin="c"), 0, 0, 9) == (0.5, 20)

    def test_by_stage_a_deal_counts_from_the_age_at_which_it_got_there(self):
        """Two of three leads reach the proposal after a week; one of them is won two weeks later."""
        deals = [
            deal("D-1", 0, "lead 0, proposal 7, won 21"), deal("D-2", 0, "lead 0, proposal 7, lost 30"),
            deal("D-3", 0, "lead 0, lost 5"),
        ]  # fmt: skip
        fitted = fit_time_to_close(Dataset(opportunities=deals), as_of=day(40), by=("stage",), strength=1)
        events = {curve.key: curve.events for curve in fitted.curves}
        assert events["proposal",] == ((7, 2, 0, 0), (21, 2, 1, 0), (22, 1, 0, 0), (30, 1, 0, 1), (31, 0, 0, 0))
        assert events[()][0] == (0, 3, 0, 0)
        assert fitted.median_days(deal("D", 30, "lead 30, proposal 35")) == 21


class TestMarkovChain:
    DEALS = (
        deal("D-1", 0, "lead 0, proposal 7, won 14"),
        deal("D-2", 0, "lead 0, proposal 7, lost 14"),
        deal("D-3", 0, "lead 0, lost 7"),
        deal("D-4", 0, "lead 0"),
    )

    def test_moves_and_powers_by_hand(self):
        """Lead: 2 of 6 to proposal, 1 lost, 3 stay (D-4). Proposal: 1 of 2 won."""
        fitted = fit_markov_chain(Dataset(opportunities=self.DEALS), as_of=day(21))
        counts = {(one.stage, one.to): one.count for one in fitted.transitions}
        assert counts == {
            ("lead", "lead"): 3, ("lead", "proposal"): 2, ("lead", "lost"): 1, ("proposal", "won"): 1,
            ("proposal", "lost"): 1,
        }  # fmt: skip
        assert fitted.won_within("proposal", 7) == 0.5
        assert fitted.won_within("lead", 7) == 0
        assert fitted.won_within("lead", 14) == pytest.approx(2 / 6 * 0.5)
        assert fitted.won_within("lead", 21) == pytest.approx(2 / 6 * 0.5 + 3 / 6 * 2 / 6 * 0.5)
        assert fitted.won_within("lead", 10) == pytest.approx(2 / 6 * 0.5 * 3 / 7)
        assert fitted.ever("lead") == pytest.approx(1 / 3)
        assert fitted.ever("never seen") == 0

    def test_a_stage_that_nobody_left_keeps_its_deals(self):
        fitted = fit_markov_chain(Dataset(opportunities=[self.DEALS[3]]), as_of=day(21))
        assert fitted.probability(self.DEALS[3], as_of=day(21), period=Q2).value == 0

    def test_a_period_ahead_has_its_own_share(self):
        fitted = fit_markov_chain(Dataset(opportunities=self.DEALS), as_of=day(21))
        now = deal("D-5", 20, "lead 20")
        near, far = Period(date(2026, 1, 27), date(2026, 2, 10)), Period(date(2026, 2, 10), date(2026, 2, 24))
        both = Period(near.start, far.end)
        chances = [fitted.probability(now, as_of=day(21), period=period).value for period in (near, far, both)]
        assert chances[0] + chances[1] == pytest.approx(chances[2], abs=Decimal("1e-8"))


class TestInPeriodRate:
    def test_one_cell_is_a_constant_rate(self):
        """A tenth of the open deals is won each week: the chance over two weeks is 1 - 0.9 squared."""
        deals = [deal(f"D{n}", 0, "lead 0, won 5") for n in range(10)]
        deals += [deal(f"E{n}", 0, "lead 0") for n in range(90)]
        fitted = fit_in_period(Dataset(opportunities=deals), as_of=day(7), cycle="none")
        assert fitted.won == Decimal("0.1")
        assert fitted.n == 100
        young = deal("D", 7, "lead 7")
        two_weeks = Period(date(2026, 1, 13), date(2026, 1, 27))
        answer = fitted.probability(young, as_of=Calendar().instant(date(2026, 1, 12)), period=two_weeks)
        assert float(answer.value) == pytest.approx(0.19, abs=1e-6)

    def test_phases_tell_the_end_of_a_quarter(self):
        """Wins fall in March, June and September only; the rate of a win in April is far below that in June."""
        deals = [
            deal(f"{month}-{n}", 10 + 30 * month, f"lead {10 + 30 * month}" + (
                f", won {month * 30 + 20}" if month % 3 == 2 and n < 15 else ""
            ))
            for month in range(12) for n in range(20)
        ]  # fmt: skip
        fitted = fit_in_period(Dataset(opportunities=deals), as_of=day(365))
        phases = {one.key: one.won for one in fitted.factors if one.level == "phase"}
        assert phases["2",] > 2 * phases["0",]
        assert fitted.cycle is CalendarCycle.MONTH_OF_QUARTER
        words = str(fitted)
        assert words.index("from 70 days") < words.index("from 98 days") < words.index("from 112 days")
        assert "month of quarter 3" in words
        assert "2 steps ahead" in words

    def test_the_fiscal_year_moves_the_quarters(self):
        assert [CalendarCycle.MONTH_OF_QUARTER.phase(month, 2) for month in (1, 2, 3, 4)] == ["2", "0", "1", "2"]
        assert CalendarCycle.MONTH_OF_YEAR.phase(3, 4) == "11"
        assert CalendarCycle.NONE.phase(7, 1) == "0"

    def test_names_have_factors_of_their_own(self):
        deals = [deal(f"A{n}", 0, "lead 0, won 9", origin="a") for n in range(40)]
        deals += [deal(f"B{n}", 0, "lead 0" + (", won 9" if n < 4 else ""), origin="b") for n in range(40)]
        fitted = fit_in_period(Dataset(opportunities=deals), as_of=day(15), by=("origin",), cycle="none")
        ask = {"as_of": day(15), "period": Period(date(2026, 1, 21), date(2026, 2, 4))}
        assert (
            fitted.probability(deal("D", 10, "lead 10", origin="a"), **ask).value
            > 2 * fitted.probability(deal("D", 10, "lead 10", origin="b"), **ask).value
        )

    def test_an_unseen_stage_falls_back_on_all(self):
        deals = [deal(f"D{n}", 0, "lead 0" + (", won 9" if n % 2 else "")) for n in range(20)]
        fitted = fit_in_period(Dataset(opportunities=deals), as_of=day(30))
        unseen = deal("D", 25, "demo 25")
        answer = fitted.probability(unseen, as_of=day(30), period=Q2)
        assert answer.n == 0
        assert answer.value > 0

    def test_a_reopened_deal_is_a_case_again(self):
        """Lost in the first week, back in the second, won in the third."""
        fitted = fit_in_period(
            Dataset(opportunities=[deal("D-1", 0, "lead 0, lost 3, lead 8, won 16")]), as_of=day(21), cycle="none"
        )
        assert (fitted.won, fitted.lost) == (Decimal("0.5"), Decimal("0.5"))  # two open weeks, one win, one loss

    def test_a_rate_that_rises_with_time_is_not_forecast_low(self):
        """
        Two deals begin each day, go on after ten and twenty days, and one of the two is won after thirty.

        Whoever is asked about the four weeks ahead of three hundred days knows some thirty wins of deals open by then.
        """
        deals = [
            deal(
                f"D{n}", n // 2, f"lead {n // 2}" + (f", demo {n // 2 + 10}, offer {n // 2 + 20}, won {n // 2 + 30}"
                if n % 2 else f", demo {n // 2 + 10}, lost {n // 2 + 15}"),
            )
            for n in range(800)
        ]  # fmt: skip
        weeks = Period.days_from(day(301).date(), 28)
        fitted = fit_in_period(Dataset(opportunities=deals), as_of=day(300), cycle="none")
        opened = [one for one in snapshot(Dataset(opportunities=deals), day(300)) if one.is_open]
        expected = sum(float(fitted.probability(one, as_of=day(300), period=weeks).value) for one in opened)
        later = {one.id: one for one in deals}
        actual = sum(later[one.id].is_won and later[one.id].closed_at < day(329) for one in opened)
        assert actual == 28
        assert expected == pytest.approx(actual, rel=0.08)

    def test_it_remembers_no_more_than_a_few_moments(self):
        """A long backtest asks one outlook about many periods; what it holds stays small and changes nothing."""
        fitted = fit_in_period(Dataset(opportunities=[deal("D", 0, "lead 0")]), as_of=day(30))
        first = fitted.probability(deal("N", 25, "lead 25"), as_of=day(30), period=Q2)
        for month in range(1, 13):
            fitted.probability(deal("N", 25, "lead 25"), as_of=day(30), period=Period.month(2027, month))
        assert fitted.probability(deal("N", 25, "lead 25"), as_of=day(30), period=Q2) == first
        assert repr(fitted.cycle) == "CalendarCycle.MONTH_OF_QUARTER"

    def test_refusals(self):
        for bad in ({"cycle": "weekly"}, {"step_days": 0}):
            with pytest.raises(InvalidValue):
                fit_in_period(Dataset(), as_of=day(1), **bad)
        # a closed deal's stage is its outcome: as a name it would tell the answer
        with pytest.raises(InvalidValue, match="free of stage"):
            fit_in_period(Dataset(), as_of=day(1), by=("stage",))
        with pytest.raises(InvalidValue, match="free of stage"):
            fit_channel_performance(Dataset(), as_of=day(1), by="stage")


class TestNewBusiness:
    def test_the_mean_of_windows_by_hand(self):
        """Ten wins at age 2 in 100 days: a window of three days expects those of its third day alone."""
        deals = [deal(f"D{n}", n * 10, closed=n * 10 + 2, stage="won", origin="partner") for n in range(10)]
        fitted = fit_new_business(Dataset(opportunities=deals), as_of=day(99), cycle="none")
        assert dict(fitted.days) == {"0": 100}
        today = date(2026, 4, 14)
        for days, expected in ((2, ["0.00 BRL"]), (3, ["10.00 BRL"]), (10, ["80.00 BRL"])):
            lines = fitted.estimate(
                as_of=Calendar().instant(today), period=Period.days_from(today + timedelta(1), days)
            )
            assert [str(line.amount) for line in lines] == expected
        assert lines[0].origin == "partner"
        assert lines[0].n == 10
        assert lines[0].variance == Decimal(800 * 10)  # 0.8 deals of 100 reais

    def test_a_period_ahead_leaves_out_the_days_before_it(self):
        deals = [deal(f"D{n}", n, closed=n, stage="won") for n in range(10)]
        fitted = fit_new_business(Dataset(opportunities=deals), as_of=day(9), cycle="none")
        ahead = Period.days_from(date(2026, 2, 1), 5)
        (line,) = fitted.estimate(as_of=day(9), period=ahead)
        assert line.amount == brl("500.00")

    def test_nothing_won_is_nothing_expected(self):
        fitted = fit_new_business(Dataset(opportunities=[deal("D-1")]), as_of=day(9))
        (line,) = fitted.estimate(as_of=day(9), period=Q2)
        assert (line.amount, line.n) == (brl("0.00"), 0)
        assert line.because.startswith("no deal of 10 days was created and won within")
        assert NewBusinessRate(as_of=day(9)).estimate(as_of=day(9), period=Q2) == ()
        result = project(
            [deal("D-1")], outlook=StageWeighted({"lead": 1}), period=Q2, as_of=day(9), new_business=fitted
        )
        assert result.new_business == brl("0.00")

    def test_seasons_and_shows(self):
        deals = [deal(f"D{n}", n, closed=n, stage="won") for n in range(60, 85)]  # all of them in March
        fitted = fit_new_business(Dataset(opportunities=deals), as_of=day(150))
        quarter_end = fitted.estimate(as_of=day(150), period=Period.month(2026, 6))
        assert quarter_end[0].amount > fitted.estimate(as_of=day(150), period=Period.month(2026, 7))[0].amount
        assert "new business of" in str(fitted)
        assert fitted.to_dicts()[0]["won"] == 25

    def test_refusals(self):
        mixed = [deal("D-1", closed=3, stage="won"), deal("D-2", closed=3, stage="won", amount=Money("1", "USD"))]
        with pytest.raises(CurrencyMismatch):
            fit_new_business(Dataset(opportunities=mixed), as_of=day(9))
        with pytest.raises(InvalidValue, match="cycle"):
            fit_new_business(Dataset(), as_of=day(9), cycle="weeks")


class TestEvidence:
    NOW = datetime(2026, 4, 15, tzinfo=UTC)

    def chance(self, outlook, **changes: object):
        values = {"expected_close": date(2026, 5, 1)} | changes
        return outlook.probability(deal("D-1", 0, "lead 0", **values), as_of=self.NOW, period=Q2)

    def test_the_first_rule_that_holds_gives_the_chance(self):
        outlook = EvidenceBased([
            EvidenceRule([HasDocument("signed_contract"), CustomIs("value_confirmed", value=True)], chance="0.95"),
            EvidenceRule(HasDocument("signed_contract"), chance="0.8"),
        ])  # fmt: skip
        assert self.chance(outlook, documents=["signed_contract"]).value == Decimal("0.8")
        sure = self.chance(outlook, documents=["signed_contract"], custom={"value_confirmed": True})
        assert sure.because == "signed_contract on file and value_confirmed is True: 95.0 %"
        assert self.chance(outlook).because == "no evidence rule holds"
        assert self.chance(outlook, documents=["signed_contract"], expected_close=None).value == 0

    def test_floor_and_cap_name_the_rule(self):
        table = StageWeighted({"lead": "0.5"})
        rules = [
            EvidenceRule(HasDocument("signed_contract"), floor="0.9"),
            EvidenceRule(Without(MovedWithin(60)), cap="0.2"),
            EvidenceRule(HasDocument("nothing"), category="commit"),
        ]
        outlook = EvidenceBounds(table, rules)
        stale = self.chance(outlook)
        assert (stale.value, stale.because) == (
            Decimal("0.2"), "stage lead: 50.0 %; without moved within 60 days: at most 20.0 %",
        )  # fmt: skip
        assert self.chance(EvidenceBounds(table, rules[:1]), documents=["signed_contract"]).value == Decimal("0.9")
        later = {"documents": ["signed_contract"], "expected_close": date(2026, 9, 1)}
        assert self.chance(EvidenceBounds(table, rules[:1]), **later).value == 0
        with pytest.raises(InvalidValue, match="free of contradiction for D-1"):
            self.chance(outlook, documents=["signed_contract"])

    def test_refusals(self):
        with pytest.raises(InvalidValue, match="gives a chance"):
            EvidenceRule(HasDocument("x"))
        with pytest.raises(InvalidValue, match=r"at most cap \(0.2\)"):
            EvidenceRule(HasDocument("x"), floor="0.5", cap="0.2")
        with pytest.raises(InvalidValue, match="35 %"):
            EvidenceRule(HasDocument("x"), floor=35)
        for facts in ([], "signed", HasDocument, [HasDocument]):
            with pytest.raises(InvalidValue, match="facts"):
                EvidenceRule(facts, cap="0.2")
        with pytest.raises(InvalidValue, match="EvidenceRule"):
            EvidenceBased(["rule"])


class TestWrappers:
    NOW = datetime(2026, 4, 15, tzinfo=UTC)
    TABLE = StageWeighted({"lead": "0.5", "proposal": "0.8"})

    def chance(self, outlook, one: Opportunity | None = None, **changes: object):
        values = {"expected_close": date(2026, 5, 1)} | changes
        return outlook.probability(one or deal("D-1", 0, "lead 0", **values), as_of=self.NOW, period=Q2)

    def test_days_in_a_stage_count_from_its_last_entry(self):
        changed = StageChange(stage="lead", at=day(80), amount=brl("5.00"))
        one = deal("D-1", 0, "proposal 0, lead 40", expected_close=date(2026, 5, 1))
        one = one.replace(history=[*one.history, changed])
        stale = self.chance(Stale(self.TABLE, limits={"lead": 58}), one)
        assert (stale.value, stale.because) == (
            Decimal("0.25"), "stage lead: 50.0 %; x 0.5: 59 days in its stage, stale after 58",
        )  # fmt: skip
        assert self.chance(Stale(self.TABLE, limits={"lead": 59}), one).value == Decimal("0.5")

    def test_limits_of_staleness_come_from_closed_deals(self):
        deals = [deal(f"D{n}", 0, f"lead 0, proposal {n}, won 60") for n in range(1, 31)]
        deals += [deal(f"E{n}", 0, "lead 0") for n in range(30)]
        limits = fit_stale_limits(Dataset(opportunities=deals), as_of=day(90))
        assert dict(limits) == {"lead": 27, "proposal": 56}
        assert dict(fit_stale_limits(Dataset(opportunities=deals), as_of=day(90), min_visits=31)) == {}
        with pytest.raises(InvalidValue, match="between 0 and 1"):
            fit_stale_limits(Dataset(), as_of=day(90), quantile=1)

    def test_an_override_has_an_author_and_an_end(self):
        first = ProbabilityOverride(
            opportunity_id="D-1", value="0.9", author="ana", at=day(50), expires_on=date(2026, 4, 16), reason="PO"
        )
        second = first.replace(value="0.7", author="bia", at=day(60), expires_on=date(2026, 4, 15))
        later = first.replace(value="0.1", at=day(200), expires_on=date(2027, 1, 1))
        outlook = Overridden(self.TABLE, [later, second, first])
        answer = self.chance(outlook)
        assert (answer.value, answer.because) == (Decimal("0.9"), "set by ana on 2026-02-24 until 2026-04-16: PO")
        assert outlook.probability(deal("D-1", 0, "lead 0", expected_close=date(2026, 5, 1)),
                                   as_of=self.NOW + timedelta(days=1), period=Q2).value == Decimal("0.5")  # fmt: skip
        assert self.chance(outlook, expected_close=None).value == 0

    def test_typical_and_spread_closes(self):
        deals = [deal(f"D{n}", 0, "lead 0, won 20") for n in range(10)] + [deal("L", 0, "lead 0, lost 90")]
        timing = fit_time_to_close(Dataset(opportunities=deals), as_of=day(99))
        young = deal("N", 95, "lead 95")
        typical = self.chance(TypicalClose(self.TABLE, timing), young)
        assert (typical.value, "2026-04-30" in typical.because) == (Decimal("0.5"), True)
        stated = deal("N", 95, "lead 95", expected_close=date(2026, 8, 1))
        assert self.chance(TypicalClose(self.TABLE, timing), stated).value == 0
        assert self.chance(TypicalClose(self.TABLE, timing, always=True), stated).value == Decimal("0.5")
        assert self.chance(Spread(self.TABLE, timing), young).value == Decimal("0.5")
        nobody = fit_time_to_close(Dataset(), as_of=day(99))
        assert self.chance(TypicalClose(self.TABLE, nobody), young).value == 0
        assert self.chance(Spread(self.TABLE, nobody), young).value == 0

    def test_wrappers_say_what_they_are(self):
        nobody = fit_time_to_close(Dataset(), as_of=day(99))
        words = "stage weights (lead 50 %, proposal 80 %)"
        assert str(Mixture(self.TABLE, self.TABLE)) == f"50 % {words}, the rest {words}"
        assert str(TypicalClose(self.TABLE, nobody)) == f"{words}, by the typical close"
        assert str(Spread(self.TABLE, nobody)) == f"{words}, spread by time to close"
        found = fit_channel_performance(Dataset(), as_of=day(99), by="origin")
        assert str(ChannelAdjusted(self.TABLE, found)) == f"{words}, adjusted by origin"
        with pytest.raises(InvalidValue, match="at least 0"):
            Stale(self.TABLE, limits={}, factor="-1")
        with pytest.raises(InvalidValue, match="an outlook"):
            Stale("table", limits={})

    def test_channel_performance_and_odds(self):
        deals = [deal(f"A{n}", 0, f"lead 0, won {n + 1}", partner_id="acme") for n in range(30)]
        deals += [deal(f"B{n}", 0, "lead 0, lost 5", partner_id="birch") for n in range(30)]
        targets = [
            Target(id=f"Q{n}", owner_id="acme", metric="won_revenue", period=Period.month(2026, month), value=brl(goal))
            for n, (month, goal) in enumerate([(1, "2000.00"), (2, "900.00"), (5, "1.00")])
        ]
        data = Dataset(opportunities=deals, targets=targets)
        found = fit_channel_performance(data, as_of=day(99))
        acme, birch = found.rows
        assert (acme.conversion, acme.cycle_days, acme.met, acme.targets) == (Decimal("0.75"), 15, 1, 2)
        assert birch.conversion == Decimal("0.25")
        assert (birch.cycle_days, birch.typical_days, birch.attainment) == (None, Decimal(15), Decimal("0.5"))
        adjusted = self.chance(ChannelAdjusted(self.TABLE, found), partner_id="acme")
        assert adjusted.value == Decimal("0.75")  # odds 1 x 3
        assert self.chance(ChannelAdjusted(self.TABLE, found), partner_id="cedar").value == Decimal("0.5")
        assert [row["partner_id"] for row in found.to_dicts()] == ["acme", "birch", "all"]
        assert "75.0 %" in str(found)
        assert Fraction(acme.attainment) == Fraction(3, 6)
