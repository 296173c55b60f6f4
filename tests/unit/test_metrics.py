"""The metrics of deals and leads as their users meet them: figures that a reader can check by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from partnerops import Account, Calendar, Dataset, Lead, Money, Opportunity, OpportunityLine, Partner, Period, Ratio
from partnerops.entities import (
    Credit,
    PartnerInvolvement,
    ProgramCost,
    Reversal,
    StageChange,
    TierMembership,
    Touchpoint,
)
from partnerops.exceptions import CurrencyMismatch, InvalidValue, NaiveDatetime, UnknownName
from partnerops.metrics import MetricValue, breakdown, definition, scorecard
from partnerops.metrics.bookings import (
    arr_booked,
    motion_revenue,
    one_off_booked,
    recurring_share,
    total_contract_value,
)
from partnerops.metrics.changes import before_after, change, series
from partnerops.metrics.conversion import (
    cohort_win_rate,
    funnel,
    stage_conversion,
    stage_conversion_in_period,
    win_rate,
    win_rate_by_amount,
)
from partnerops.metrics.customers import acquisition_cost, new_customers
from partnerops.metrics.cycles import (
    first_touch_cycle,
    lost_cycle,
    open_cycle,
    pipeline_velocity,
    sales_cycle,
    sales_cycle_durations,
    stage_dwell,
)
from partnerops.metrics.leads import (
    lead_acceptance,
    lead_conversion,
    lead_conversion_in_period,
    lead_rejection,
    leads_accepted,
    leads_received,
    leads_to_customers,
    rejection_reasons,
)
from partnerops.metrics.revenue import (
    average_deal,
    channel_share,
    credited_revenue,
    deals_won,
    influenced_revenue,
    median_deal,
    net_revenue,
    origin_share,
    partner_sourced_revenue,
    reversed_revenue,
    won_revenue,
)
from partnerops.metrics.targets import attainments

MARCH = Period.month(2026, 3)
APRIL_1 = date(2026, 4, 1)


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def deal(id: str, amount: str | None = "100.00", status: str = "won", **changes: Any) -> Opportunity:
    """Opened on 1 March; closed on the 20th unless it is open."""
    values: dict[str, Any] = {
        "id": id, "amount": None if amount is None else brl(amount), "status": status, "stage": status,
        "created_at": at(3, 1), "closed_at": None if status == "open" else at(3, 20),
    }  # fmt: skip
    return Opportunity(**values | changes)


def of(*deals: Opportunity, **others: Any) -> Dataset:
    return Dataset(opportunities=deals, **others)


SALES = of(
    deal("D-1", "300.00", origin="direct", partner_id="direct"),
    deal("D-2", "500.00", origin="partner", partner_id="acme"),
    deal("D-3", "200.00", origin="affiliate", partner_id="birch"),
    deal("D-4", "900.00", "lost", origin="partner", partner_id="acme"),
    deal("D-5", "700.00", "open", origin="partner", partner_id="acme"),
    deal("D-6", None, "lost", origin=None),
)


class TestRevenue:
    """K1, K2, K9."""

    def test_figures(self) -> None:
        assert won_revenue(SALES, MARCH, as_of=APRIL_1).value == brl("1000.00")
        assert deals_won(SALES, MARCH, as_of=APRIL_1).ids == ("D-1", "D-2", "D-3")
        assert channel_share(SALES, MARCH, as_of=APRIL_1).number == Fraction(7, 10)
        assert origin_share(SALES, MARCH, "affiliate", as_of=APRIL_1).number == Fraction(1, 5)
        assert average_deal(SALES, MARCH, as_of=APRIL_1).value == brl("333.33")
        assert median_deal(SALES, MARCH, as_of=APRIL_1).value == brl("300.00")

    def test_a_close_belongs_to_the_day_of_the_calendar(self) -> None:
        late = of(deal("D", closed_at=datetime(2026, 4, 1, 2, tzinfo=UTC)))
        brazil = Calendar("America/Sao_Paulo")
        assert deals_won(late, MARCH, as_of=date(2026, 4, 2), calendar=brazil).value == 1
        assert deals_won(late, MARCH, as_of=date(2026, 4, 2)).value == 0

    def test_a_period_that_runs_is_immature(self) -> None:
        found = won_revenue(SALES, MARCH, as_of=date(2026, 3, 30))
        assert found.immature
        assert found.reason == "2026-03 is not over"
        assert not won_revenue(SALES, MARCH, as_of=date(2026, 3, 31)).immature

    def test_refunds_push_a_share_out_of_bounds_with_a_word(self) -> None:
        odd = of(deal("D-1", "100.00", origin="partner"), deal("D-2", "-50.00", origin="direct"))
        found = channel_share(odd, MARCH, as_of=APRIL_1)
        assert found.number == 2
        assert found.reason == "outside 0 to 1, since amounts were taken back"

    def test_two_currencies_are_refused(self) -> None:
        mixed = of(deal("D-1"), usd("D-2"))
        for kpi in (won_revenue, channel_share, average_deal, median_deal, win_rate_by_amount):
            with pytest.raises(CurrencyMismatch):
                kpi(mixed, MARCH, as_of=APRIL_1)
        assert win_rate(mixed, MARCH, as_of=APRIL_1).number == 1  # counts have no currency

    def test_credits_in_force_count_and_influence_is_never_added(self) -> None:
        credits = [
            Credit(id="C-1", opportunity_id="D-2", partner_id="acme", amount=brl("500.00"), at=at(3, 20)),
            Credit(id="C-2", opportunity_id="D-2", partner_id="birch", amount=brl("500.00"), at=at(3, 20),
                   supersedes="C-1"),
            Credit(id="C-3", opportunity_id="D-1", partner_id="direct", amount=brl("300.00"), at=at(3, 20)),
            Credit(id="C-4", opportunity_id="D-1", partner_id="acme", amount=brl("300.00"), at=at(3, 20),
                   role="influenced"),
        ]  # fmt: skip
        part = PartnerInvolvement(id="I", opportunity_id="D-1", partner_id="cedar", role="influenced", at=at(3, 2))
        data = SALES.replace(credits=credits, involvements=[part])
        assert credited_revenue(data, MARCH, as_of=APRIL_1).value == brl("800.00")
        assert credited_revenue(data, MARCH, as_of=APRIL_1, partner_id="birch").value == brl("500.00")
        assert partner_sourced_revenue(data, MARCH, as_of=APRIL_1).value == brl("500.00")
        assert influenced_revenue(data, MARCH, as_of=APRIL_1).value == brl("300.00")  # D-1 once, not twice

    def test_what_was_taken_back_lowers_the_period_in_which_it_happened(self) -> None:
        back = [
            Reversal(id="X-1", opportunity_id="D-1", kind="refund", amount=brl("100.00"), at=at(4, 2)),
            Reversal(id="X-2", opportunity_id="D-2", kind="churn", amount=brl("450.00"), at=at(4, 9)),
        ]
        data, april = SALES.replace(reversals=back), Period.month(2026, 4)
        assert net_revenue(data, MARCH, as_of=date(2026, 5, 1)).value == brl("1000.00")
        assert net_revenue(data, april, as_of=date(2026, 5, 1)).value == brl("-550.00")
        assert reversed_revenue(data, april, as_of=date(2026, 5, 1), kinds=["refund"]).value == brl("100.00")
        assert reversed_revenue(data, april, as_of=at(4, 8)).ids == ("X-1",)
        with pytest.raises(UnknownName, match="'refund'"):
            reversed_revenue(data, april, as_of=APRIL_1, kinds=["refunds"])
        with pytest.raises(InvalidValue, match="a collection"):
            reversed_revenue(data, april, as_of=APRIL_1, kinds="refund")

    def test_a_naive_moment_and_a_wrong_period_are_refused(self) -> None:
        with pytest.raises(NaiveDatetime):
            won_revenue(SALES, MARCH, as_of=datetime(2026, 4, 1))
        with pytest.raises(InvalidValue, match=r"Period\.month"):
            won_revenue(SALES, "2026-03", as_of=APRIL_1)

    @pytest.mark.parametrize(
        ("name", "wrong", "remedy"),
        [
            ("data", [], "a Dataset"),
            ("period", "2026-03", "a Period"),
            ("as_of", "2026-03-31", "a date"),
            ("calendar", "UTC", "a Calendar"),
        ],
    )
    @pytest.mark.parametrize("ask", [won_revenue, partial(breakdown, won_revenue, by="route"), scorecard, attainments])
    def test_every_wrong_argument_is_named(self, ask: Any, name: str, wrong: Any, remedy: str) -> None:
        given: dict[str, Any] = {"data": Dataset(), "period": MARCH, "as_of": APRIL_1, "calendar": Calendar()}
        given[name] = wrong
        data, period = given.pop("data"), given.pop("period")
        with pytest.raises(InvalidValue, match=f"^{name} must be {remedy}"):
            ask(data, period, **given)


def usd(id: str) -> Opportunity:
    return deal(id).replace(amount=Money("1.00", "USD"))


class TestBookings:
    """K3."""

    LINES = (
        OpportunityLine(product="erp", amount=brl("1200.00"), revenue="recurring", term_months=12),
        OpportunityLine(product="bank", amount=brl("300.00"), revenue="recurring", term_months=3, motion="expansion"),
        OpportunityLine(product="setup", amount=brl("500.00"), motion="cross_sell"),
    )
    DATA = of(deal("D-1", "2000.00", lines=LINES), deal("D-2", "50.00"))

    def test_figures(self) -> None:
        assert arr_booked(self.DATA, MARCH, as_of=APRIL_1).value == brl("2400.00")
        assert arr_booked(self.DATA, MARCH, as_of=APRIL_1, motion="new").value == brl("1200.00")
        assert one_off_booked(self.DATA, MARCH, as_of=APRIL_1).value == brl("500.00")
        assert one_off_booked(self.DATA, MARCH, as_of=APRIL_1, motion="renewal").value == brl("0.00")
        assert total_contract_value(self.DATA, MARCH, as_of=APRIL_1).value == brl("2000.00")
        assert motion_revenue(self.DATA, MARCH, "expansion", as_of=APRIL_1).value == brl("300.00")
        # 1200 + 300 of the first twelve months, over these and the 500 once
        assert recurring_share(self.DATA, MARCH, as_of=APRIL_1).number == Fraction(3, 4)

    def test_a_long_term_does_not_look_like_more(self) -> None:
        line = OpportunityLine(product="erp", amount=brl("3600.00"), revenue="recurring", term_months=36)
        data = of(deal("D-1", "4800.00", lines=(line, OpportunityLine(product="setup", amount=brl("1200.00")))))
        assert recurring_share(data, MARCH, as_of=APRIL_1).number == Fraction(1, 2)

    def test_what_has_no_lines_is_counted(self) -> None:
        assert arr_booked(self.DATA, MARCH, as_of=APRIL_1).reason == "left out deals without lines: 1"
        assert not arr_booked(of(deal("D-2")), MARCH, as_of=APRIL_1).known

    def test_a_motion_that_does_not_exist_gets_near_misses(self) -> None:
        with pytest.raises(UnknownName, match="expansion"):
            motion_revenue(self.DATA, MARCH, "expansions", as_of=APRIL_1)

    @pytest.mark.parametrize(("kind", "parts"), [("refund", {"erp": 1, "pos": None}), ("churn", {"erp": 1, "pos": 1})])
    def test_by_product_a_token_amount_ends_every_line(self, kind: str, parts: dict[str, int | None]) -> None:
        """A cent of refund belongs to the larger line; a churn for a cent ends both."""
        lines = [
            OpportunityLine(product="erp", amount=brl("90.00"), revenue="recurring", term_months=12),
            OpportunityLine(product="pos", amount=brl("10.00"), revenue="recurring", term_months=12),
        ]
        back = Reversal(id="X", opportunity_id="D-1", kind=kind, amount=brl("0.01"), at=at(3, 25))
        cut = breakdown(
            reversed_revenue, of(deal("D-1", lines=lines), reversals=[back]), MARCH, by="product", as_of=APRIL_1
        )
        assert {name: one.value.minor or None for name, one in cut.items()} == parts

    def test_by_product_amounts_add_up(self) -> None:
        cut = breakdown(won_revenue, self.DATA, MARCH, by="product", as_of=APRIL_1)
        assert {name: str(one.value) for name, one in cut.items()} == {
            "erp": "1200.00 BRL", "bank": "300.00 BRL", "setup": "500.00 BRL", "(none)": "50.00 BRL",
        }  # fmt: skip
        assert breakdown(deals_won, self.DATA, MARCH, by="product", as_of=APRIL_1).total.value == 2


class TestConversion:
    """K4, K5."""

    def test_win_rates(self) -> None:
        assert win_rate(SALES, MARCH, as_of=APRIL_1).value == Ratio(3, 5)
        by_amount = win_rate_by_amount(SALES, MARCH, as_of=APRIL_1)
        assert by_amount.number == Fraction(1000, 1900)
        assert by_amount.reason == "left out lost without an amount: 1"
        cohort = cohort_win_rate(SALES, MARCH, as_of=APRIL_1)
        assert cohort.value == Ratio(3, 6)
        assert cohort.reason == "1 of 6 still open"

    def test_few_have_an_interval_and_many_do_not(self) -> None:
        assert win_rate(SALES, MARCH, as_of=APRIL_1).interval is not None
        assert "95 % from" in str(win_rate(SALES, MARCH, as_of=APRIL_1))
        many = of(*(deal(f"D-{n}") for n in range(30)))
        assert win_rate(many, MARCH, as_of=APRIL_1).interval is None

    ORDER = ("lead", "demo", "offer")

    def walked(self, id: str, *steps: tuple[str, int], status: str = "open") -> Opportunity:
        """A deal that entered these stages on these days of March."""
        closes = {"won": "won", "lost": "lost"}
        history = [
            StageChange(stage=stage, at=at(3, day), status=closes.get(stage, "open"), amount=brl("1"))
            for stage, day in steps
        ]
        closed = at(3, steps[-1][1]) if status != "open" else None
        return deal(id, "1.00", status, stage=steps[-1][0], history=history, closed_at=closed)

    def test_skips_count_as_reached_and_steps_back_do_not(self) -> None:
        data = of(
            self.walked("D-1", ("lead", 1), ("demo", 2), ("won", 3), status="won"),
            self.walked("D-2", ("lead", 1), ("offer", 2)),  # skipped the demo
            self.walked("D-3", ("lead", 1), ("lost", 5), status="lost"),
            # reached the offer before it ever entered the demo: that says nothing about the demo
            self.walked("D-4", ("offer", 1), ("demo", 2), ("lost", 3), status="lost"),
        )
        june = date(2026, 6, 1)
        assert stage_conversion(data, MARCH, stage="lead", order=self.ORDER, as_of=june).value == Ratio(2, 3)
        assert stage_conversion(data, MARCH, stage="demo", order=self.ORDER, as_of=june).value == Ratio(1, 2)
        period = stage_conversion_in_period(data, MARCH, stage="offer", order=self.ORDER, as_of=june)
        assert period.value == Ratio(0, 0)  # one move back, neither forward nor lost
        found = funnel(data, MARCH, order=self.ORDER, as_of=june)
        assert [step.visits for step in found.steps] == [3, 2, 2]
        assert found.bottleneck == "offer"
        assert "bottleneck: offer" in str(found)
        assert [row["stage"] for row in found.to_dicts()] == list(self.ORDER)

    def test_a_change_of_amount_is_no_exit(self) -> None:
        data = of(self.walked("D-1", ("lead", 1), ("lead", 9), ("demo", 11)))
        assert stage_dwell(data, MARCH, stage="lead", as_of=APRIL_1).median == 10
        assert stage_conversion_in_period(data, MARCH, stage="lead", order=self.ORDER, as_of=APRIL_1).value == Ratio(
            1, 1
        )

    def test_recent_entries_are_immature(self) -> None:
        data = of(self.walked("D-1", ("lead", 1), ("demo", 11)), self.walked("D-2", ("lead", 29)))
        found = stage_conversion(data, MARCH, stage="lead", order=self.ORDER, as_of=date(2026, 4, 2))
        assert found.value == Ratio(1, 2)
        assert found.reason == "1 of 2 entries are recent"
        assert not stage_conversion(data, MARCH, stage="lead", order=self.ORDER, as_of=date(2026, 5, 2)).immature

    def test_a_stage_outside_the_order_is_refused(self) -> None:
        for order in (self.ORDER, "demo"):
            with pytest.raises(InvalidValue, match="one of the stages in order"):
                stage_conversion(SALES, MARCH, stage="closing", order=order, as_of=APRIL_1)


class TestCycles:
    """K6, K7, K8."""

    def lasting(self, *days: int, status: str = "won") -> list[Opportunity]:
        return [
            deal(f"{status}-{n}", "100.00", status, closed_at=at(3, 1) + timedelta(days=length))
            for n, length in enumerate(days)
        ]

    def test_days_are_differences_of_dates(self) -> None:
        data = of(*self.lasting(0, 4, 10), *self.lasting(20, status="lost"))
        assert sales_cycle(data, MARCH, as_of=APRIL_1).value == 4
        assert lost_cycle(data, MARCH, as_of=APRIL_1).value == 20
        durations = sales_cycle_durations(data, MARCH, as_of=APRIL_1)
        assert (durations.mean, durations.q25, durations.q75) == (Fraction(14, 3), 2, 7)
        assert str(durations) == "sales_cycle: median 4 days, mean 4.7, quartiles 2 to 7, n = 3"
        assert durations.to_dicts()[0]["p90"] == Fraction(44, 5)
        assert str(sales_cycle_durations(Dataset(), MARCH, as_of=APRIL_1)) == "sales_cycle: n/a, n = 0"

    def test_the_first_contact_is_the_earliest_of_all(self) -> None:
        data = of(
            *self.lasting(10),
            leads=[Lead(id="L", created_at=at(2, 20), converted_at=at(3, 1), opportunity_id="won-0")],
            touchpoints=[
                Touchpoint(id="T-1", lead_id="L", partner_id="acme", kind="click", at=at(2, 9)),
                Touchpoint(id="T-2", opportunity_id="won-0", partner_id="acme", kind="demo", at=at(3, 2)),
            ],
        )
        assert first_touch_cycle(data, MARCH, as_of=APRIL_1).value == 30  # 9 February to 11 March

    def test_losing_ends_the_chance_and_open_deals_wait(self) -> None:
        # Day 2: 1 of 4 won. Day 3: 1 of 3 lost. Day 5: 1 of the last 2 wins: 1/4 + 2/4 x 1/2 = 1/2.
        data = of(*self.lasting(2, 5), *self.lasting(3, status="lost"), deal("D", status="open"))
        assert open_cycle(data, MARCH, as_of=APRIL_1).value == 5
        worse = of(*self.lasting(2), *self.lasting(3, 4, status="lost"), deal("D", status="open"))
        found = open_cycle(worse, MARCH, as_of=APRIL_1)
        assert found.value is None
        assert found.reason == "fewer than half are won so far"

    def test_velocity_is_n_w_v_over_l(self) -> None:
        data = of(*self.lasting(4, 6), *self.lasting(20, 20, status="lost"), deal("D-1", status="open"),
                  deal("D-2", status="open", stage="offer"))  # fmt: skip
        found = pipeline_velocity(data, MARCH, as_of=APRIL_1)
        assert found.value == brl("20.00")  # 2 x 1/2 x 100 / 5
        assert found.shown == "20.00 BRL a day"
        assert pipeline_velocity(data, MARCH, as_of=APRIL_1, qualified=["offer"]).value == brl("10.00")
        assert pipeline_velocity(of(*self.lasting(0)), MARCH, as_of=APRIL_1).reason == "won deals took no time"
        assert pipeline_velocity(of(), MARCH, as_of=APRIL_1).reason == "no deal won in the look-back"
        assert pipeline_velocity(data, MARCH, as_of=date(2026, 3, 30)).immature


class TestLeads:
    """B3, B4, D3."""

    DATA = of(
        deal("D-1"),
        deal("D-2", "1.00", "open"),
        leads=[
            Lead(id="L-1", created_at=at(3, 1), channel="event", converted_at=at(3, 5), opportunity_id="D-1"),
            Lead(id="L-2", created_at=at(3, 2), channel="event", accepted_at=at(3, 3), converted_at=at(3, 6),
                 opportunity_id="D-2"),
            Lead(id="L-3", created_at=at(3, 3), channel="search", rejected_at=at(3, 9), reject_reason="no budget"),
            Lead(id="L-4", created_at=at(3, 4), channel="search", rejected_at=at(3, 9), reject_reason="too small"),
            Lead(id="L-5", created_at=at(3, 5), accepted_at=at(3, 6)),
            Lead(id="L-6", created_at=at(3, 6)),
            Lead(id="L-7", created_at=at(2, 1), rejected_at=at(3, 9), reject_reason="no budget"),
        ],
    )  # fmt: skip

    def test_figures(self) -> None:
        when: dict[str, Any] = {"as_of": APRIL_1}
        assert leads_received(self.DATA, MARCH, **when).value == 6
        assert leads_accepted(self.DATA, MARCH, **when).ids == ("L-1", "L-2", "L-5")
        assert lead_acceptance(self.DATA, MARCH, **when).value == Ratio(3, 6)
        assert lead_acceptance(self.DATA, MARCH, **when).reason == "1 of 6 leads not decided yet"
        assert lead_rejection(self.DATA, MARCH, **when).value == Ratio(2, 6)
        assert lead_rejection(self.DATA, MARCH, reason="too small", **when).value == Ratio(1, 6)
        assert lead_conversion(self.DATA, MARCH, **when).value == Ratio(2, 6)
        assert lead_conversion_in_period(self.DATA, MARCH, **when).value == Ratio(2, 5)
        assert leads_to_customers(self.DATA, MARCH, **when).value == Ratio(1, 6)

    def test_reasons_share_the_refusals(self) -> None:
        reasons = rejection_reasons(self.DATA, MARCH, as_of=APRIL_1)
        assert reasons["no budget"].value == Ratio(2, 3)
        assert reasons.total.value == Ratio(3, 5)

    def test_by_source(self) -> None:
        cut = breakdown(lead_acceptance, self.DATA, MARCH, by="channel", as_of=APRIL_1)
        assert {name: str(one.value) for name, one in cut.items()} == {
            "event": "2 / 2 = 100.0 %", "search": "0 / 2 = 0.0 %", "(none)": "1 / 2 = 50.0 %",
        }  # fmt: skip
        # The customer that a lead became stays with the lead's source.
        assert breakdown(leads_to_customers, self.DATA, MARCH, by="channel", as_of=APRIL_1)["event"].value == Ratio(
            1, 2
        )


class TestGroups:
    """Who belongs where."""

    DATA = of(
        deal("D-1", "10.00", origin="partner", partner_id="acme", owner_id="ana"),
        deal("D-2", "20.00", origin="direct", partner_id="direct", closed_at=at(3, 21)),
        deal("D-3", "40.00"),
        partners=[Partner(id="acme", name="Acme", type="reseller", region="south")],
        tiers=[
            TierMembership(id="N-1", partner_id="acme", tier="silver", effective_from=date(2026, 1, 1),
                           effective_to=date(2026, 3, 21)),
            TierMembership(id="N-2", partner_id="acme", tier="gold", effective_from=date(2026, 3, 21)),
        ],
        costs=[
            ProgramCost(id="G-1", amount=brl("9.00"), incurred_on=date(2026, 3, 2), category="mdf", partner_id="acme"),
            ProgramCost(id="G-2", amount=brl("5.00"), incurred_on=date(2026, 3, 2), category="ads", origin="direct"),
        ],
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("by", "groups"),
        [
            ("route", {"indirect": 10, "direct": 20, "(none)": 40}),
            ("origin", {"partner": 10, "direct": 20, "(none)": 40}),
            ("partner", {"acme": 10, "direct": 20, "(none)": 40}),
            ("partner_type", {"reseller": 10, "(none)": 60}),
            ("region", {"south": 10, "(none)": 60}),
            ("tier", {"silver": 10, "(none)": 60, "gold": 0}),
            ("owner", {"ana": 10, "(none)": 60}),
            ("pipeline", {"default": 70, "(none)": 0}),
        ],
    )
    def test_every_deal_is_in_one(self, by: str, groups: dict[str, int]) -> None:
        """A tier is that of the day of the close; a partner of today's tier has no deal in it."""
        cut = breakdown(won_revenue, self.DATA, MARCH, by=by, as_of=APRIL_1)
        assert {name: one.value.minor // 100 for name, one in cut.items()} == groups

    def test_a_function_may_group_too(self) -> None:
        def size(deal: Opportunity) -> str:
            return "large" if deal.amount and deal.amount >= brl("20") else "small"

        cut = breakdown(deals_won, self.DATA, MARCH, by=size, as_of=APRIL_1)
        assert cut.by == "size"
        assert (cut["large"].value, cut["small"].value) == (2, 1)

    def test_a_customer_belongs_to_its_first_deal_for_ever(self) -> None:
        first = deal("D-1", origin="partner", account_id="A", closed_at=at(2, 9), created_at=at(2, 1))
        second = deal("D-2", origin="direct", account_id="A")
        data = of(first, second, accounts=[Account(id="A", name="A")], costs=self.DATA.costs)
        cost = breakdown(acquisition_cost, data, MARCH, by="route", as_of=APRIL_1)
        # The direct team sold to a customer of the channel: no new customer of its own.
        assert cost["direct"].reason == "5.00 BRL spent, no new customer"
        assert cost["indirect"].reason == "9.00 BRL spent, no new customer"

    def test_who_brought_a_customer_tells_its_route(self) -> None:
        """Also where nobody typed the origin, and the first deal came in directly."""
        accounts = [
            Account(id="A-1", name="A", originated_by="acme"),
            Account(id="A-2", name="B", originated_by="direct"),
        ]
        deals = [deal(f"D-{n}", account_id=f"A-{n}", origin="direct") for n in (1, 2)]
        cut = breakdown(new_customers, of(*deals, accounts=accounts), MARCH, by="route", as_of=APRIL_1)
        assert (cut["indirect"].ids, cut["direct"].ids) == (("A-1",), ("A-2",))

    def test_names_get_near_misses(self) -> None:
        with pytest.raises(UnknownName, match="did you mean 'partner_type'"):
            breakdown(won_revenue, self.DATA, MARCH, by="partner_typ", as_of=APRIL_1)
        with pytest.raises(UnknownName, match="customer"):
            breakdown(won_revenue, self.DATA, MARCH, by="route", as_of=APRIL_1, subject="customers")
        with pytest.raises(UnknownName, match="indirect"):
            breakdown(won_revenue, self.DATA, MARCH, by="route", as_of=APRIL_1)["indirekt"]
        with pytest.raises(UnknownName, match="won_revenue"):
            definition("won_revenues")

    def test_it_prints(self) -> None:
        cut = breakdown(won_revenue, self.DATA, MARCH, by="route", as_of=APRIL_1)
        assert len(cut) == 3
        assert str(cut).splitlines()[-1].split() == ["(all)", "70.00", "BRL", "3"]
        assert "<svg" in cut._repr_html_()
        assert cut.to_dicts()[-1]["route"] == "(all)"
        nothing = breakdown(won_revenue, Dataset(partners=self.DATA.partners), MARCH, by="route", as_of=APRIL_1)
        assert "<svg" not in nothing._repr_html_()


class TestChanges:
    """K21, D11."""

    DATA = of(
        deal("D-1", "100.00", closed_at=at(2, 9), created_at=at(2, 1)),
        deal("D-2", "150.00"),
        deal("D-3", "90.00", "lost"),
    )

    def test_a_change_is_relative(self) -> None:
        found = change(won_revenue, self.DATA, MARCH, as_of=APRIL_1)
        assert found.number == Fraction(1, 2)
        assert found.metric == "change of won_revenue"
        assert change(win_rate, self.DATA, MARCH, as_of=APRIL_1).number == Fraction(-1, 2)
        assert change(deals_won, self.DATA, MARCH, as_of=APRIL_1).number == 0
        assert change(won_revenue, self.DATA, MARCH, as_of=date(2026, 3, 25)).immature

    def test_unknown_before_is_unknown_now(self) -> None:
        found = change(average_deal, self.DATA, MARCH, as_of=APRIL_1, against=MARCH.year_before())
        assert found.value is None
        assert found.reason == "no deal won"
        nothing = change(won_revenue, self.DATA, MARCH, as_of=APRIL_1, against=MARCH.year_before())
        assert (nothing.number, nothing.reason) == (None, "denominator is 0")
        assert change(deals_won, self.DATA, MARCH, as_of=APRIL_1, against=MARCH.year_before()).number is None

    def test_a_series_follows_the_calendar(self) -> None:
        found = series(won_revenue, self.DATA, Period.quarter(2026, 1), "month", as_of=APRIL_1)
        assert {name: one.number for name, one in found.items()} == {
            "2026-01": brl("0.00"), "2026-02": brl("100.00"), "2026-03": brl("150.00"),
        }  # fmt: skip
        assert found.total.value == brl("250.00")
        with pytest.raises(UnknownName, match="month"):
            series(won_revenue, self.DATA, MARCH, "months", as_of=APRIL_1)

    def test_before_and_after_is_association_only(self) -> None:
        deals = [
            deal("D-1", "100.00", closed_at=at(2, 9), created_at=at(2, 1), pipeline="coached"),
            deal("D-2", "160.00", pipeline="coached"),
            deal("D-3", "100.00", closed_at=at(2, 9), created_at=at(2, 1)),
            deal("D-4", "110.00"),
            deal("D-5", "999.00", pipeline="other"),
        ]

        def coached(one: Opportunity) -> bool | None:
            return None if one.pipeline == "other" else one.pipeline == "coached"

        found = before_after(won_revenue, of(*deals), Period.month(2026, 2), MARCH, treated=coached, as_of=APRIL_1)
        assert found.difference == brl("50.00")
        assert "association only" in str(found)
        assert len(found.to_dicts()) == 4
        rates = before_after(win_rate, of(*deals), Period.month(2026, 2), MARCH, treated=coached, as_of=APRIL_1)
        assert "0.0 % points" in str(rates)

    def test_a_group_of_nothing_is_unknown(self) -> None:
        found = before_after(
            won_revenue, self.DATA, Period.month(2026, 2), MARCH, treated=lambda _: True, as_of=APRIL_1
        )
        assert found.difference is None
        assert "n/a" in str(found)
        with pytest.raises(InvalidValue, match="starts on or after"):
            before_after(won_revenue, self.DATA, MARCH, MARCH, treated=lambda _: True, as_of=APRIL_1)

    def test_units_must_agree(self) -> None:
        def odd(_: Dataset, period: Period, **__: Any) -> MetricValue:
            return MetricValue(metric="odd", value=1 if period == MARCH else brl("1"), n=1)

        with pytest.raises(InvalidValue, match="same unit"):
            change(odd, self.DATA, MARCH, as_of=APRIL_1)


def test_a_value_shows_itself() -> None:
    """Numbers with at most two decimals, the sign kept, and a row for tables."""
    shown = {Fraction(-1, 3): "-0.33 days", 1234: "1,234 days", Fraction(5, 2): "2.50 days"}
    for value, text in shown.items():
        assert MetricValue(metric="m", value=value, n=1, unit="days").shown == text
    value = MetricValue(metric="m", value=None, n=0, reason="no data", immature=True)
    assert str(value) == "m: n/a (n = 0; immature; no data)"
    assert value.to_dicts()[0]["value"] is None
    assert "no data" in value._repr_html_()
    assert eval(repr(win_rate(SALES, MARCH, as_of=APRIL_1)), {}, names()).value == Ratio(3, 5)  # noqa: S307 - our own text


def names() -> dict[str, Any]:
    from decimal import Decimal

    return {"MetricValue": MetricValue, "Ratio": Ratio, "Decimal": Decimal, "Fraction": Fraction}


class TestNothing:
    """Nothing won is 0 as soon as a record says the currency (K1), and unknown until then."""

    APRIL = Period.month(2026, 4)

    @pytest.mark.parametrize("kpi", [won_revenue, arr_booked, one_off_booked, total_contract_value])
    def test_other_deals_say_the_currency(self, kpi: Any) -> None:
        assert kpi(SALES, self.APRIL, as_of=date(2026, 5, 1)).value == brl("0.00")
        assert kpi(of(deal("D-1"), usd("D-2")), self.APRIL, as_of=date(2026, 5, 1)).value is None

    def test_a_deal_of_tomorrow_does_not(self) -> None:
        data = of(deal("D-1", created_at=at(3, 10), closed_at=at(3, 20)))
        assert won_revenue(data, MARCH, as_of=date(2026, 3, 5)).value is None
        assert won_revenue(data, MARCH, as_of=date(2026, 3, 20)).value == brl("100.00")

    def test_a_mean_of_nothing_stays_unknown(self) -> None:
        assert average_deal(SALES, self.APRIL, as_of=date(2026, 5, 1)).reason == "no deal won"

    def test_credits_speak_for_credits_and_lines_for_lines(self) -> None:
        """Where attribution never ran, or nobody entered lines, 0 would be a guess."""
        assert credited_revenue(SALES, MARCH, as_of=APRIL_1).value is None
        assert influenced_revenue(SALES, MARCH, as_of=APRIL_1).value is None
        assert arr_booked(SALES, MARCH, as_of=APRIL_1).reason.startswith("no deal has lines")
