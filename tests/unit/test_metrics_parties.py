"""The metrics of customers, partners and goals as their users meet them: figures that a reader can check by hand."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from partnerops import Account, Calendar, Dataset, Money, Opportunity, OpportunityLine, Partner, Period, Ratio
from partnerops.entities import (
    Activity,
    Certification,
    Credit,
    DealRegistration,
    Lead,
    PartnerInvolvement,
    Payment,
    ProgramCost,
    Reversal,
    StageChange,
    SurveyResponse,
    Target,
    Touchpoint,
)
from partnerops.exceptions import CurrencyMismatch, InvalidValue, UnknownName
from partnerops.metrics import breakdown, definition, scorecard
from partnerops.metrics.cascades import cascade
from partnerops.metrics.channel import (
    cost_per_activated_partner,
    cost_per_recruited_partner,
    influenced_return,
    partner_concentration,
    partner_return,
    peer_percentiles,
    top_partner_share,
)
from partnerops.metrics.customers import (
    acquisition_cost,
    acquisition_payback,
    customer_satisfaction,
    net_promoter_score,
    new_customers,
)
from partnerops.metrics.lifetime import (
    discounted_lifetime_value,
    finite_lifetime_value,
    lifetime_value,
    lifetime_value_to_cost,
)
from partnerops.metrics.partners import (
    active_partners,
    certified_partners,
    events_per_active_partner,
    partner_activation,
    partner_churn,
    partner_year_two_retention,
    partners_activated,
    partners_recruited,
    self_sufficiency,
    time_to_first_deal,
)
from partnerops.metrics.recurring import (
    active_customers,
    arr,
    customer_churn,
    early_churn,
    expansion_rate,
    gross_revenue_churn,
    mrr,
    net_revenue_retention,
    year_two_retention,
)
from partnerops.metrics.revenue import average_deal, deals_won, reversed_revenue, won_revenue
from partnerops.metrics.targets import attainments, mean_attainment, target_hit_rate
from partnerops.metrics.timelines import account_timeline, partner_milestones

MARCH = Period.month(2026, 3)
APRIL_1 = date(2026, 4, 1)
LATER = date(2027, 12, 31)


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sold(id: str, on: datetime, amount: str = "1200.00", months: int = 12, **changes: Any) -> Opportunity:
    """A won deal of one recurring line; its customer is named after it unless told otherwise."""
    line = OpportunityLine(
        product="erp", amount=brl(amount), revenue="recurring", term_months=months, motion=changes.pop("motion", "new")
    )
    values = {"account_id": f"A-{id}", "created_at": on} | changes
    return Opportunity(id=id, stage="won", status="won", closed_at=on, amount=brl(amount), lines=[line], **values)


MARCH_20 = at(2026, 3, 20)


def won(id: str, amount: str = "100.00", on: datetime = MARCH_20, **changes: Any) -> Opportunity:
    return Opportunity(
        id=id, stage="won", status="won", created_at=at(2026, 3, 1), closed_at=on, amount=brl(amount), **changes
    )


def back(id: str, deal: str, kind: str, on: datetime, amount: str = "1.00") -> Reversal:
    return Reversal(id=id, opportunity_id=deal, kind=kind, amount=brl(amount), at=on)


def of(*deals: Opportunity, **others: Any) -> Dataset:
    return Dataset(opportunities=deals, **others)


class TestRecurring:
    """MRR, active customers, churn: K14, K14b, D12."""

    def test_a_line_runs_from_its_close_for_its_term(self) -> None:
        data = of(sold("1", at(2026, 1, 15)))
        for month, amount in ((12, "100.00"), (1, "0.00")):
            period = Period.month(2026 if month == 12 else 2027, month)
            assert mrr(data, period, as_of=LATER).value == brl(amount)
        assert arr(data, MARCH, as_of=LATER).value == brl("1200.00")
        assert active_customers(data, MARCH, as_of=LATER).ids == ("A-1",)
        # On the evening before it begins, and while its month still runs, it stands for what it is then.
        assert mrr(data, Period.month(2026, 1), as_of=date(2026, 1, 20)).value == brl("100.00")
        assert mrr(data, Period.month(2026, 1), as_of=date(2026, 1, 20)).immature

    def test_an_early_renewal_is_not_paid_twice(self) -> None:
        first, second = sold("1", at(2025, 3, 10)), sold("2", at(2026, 2, 1), account_id="A-1", motion="renewal")
        data = of(first, second)
        assert mrr(data, Period.month(2026, 2), as_of=LATER).value == brl("100.00")
        assert mrr(data, Period.month(2027, 2), as_of=LATER).value == brl("100.00")
        assert mrr(data, Period.month(2027, 3), as_of=LATER).value == brl("0.00")
        assert customer_churn(data, MARCH, as_of=LATER).number == 0

    def test_a_late_renewal_leaves_a_gap(self) -> None:
        data = of(sold("1", at(2025, 3, 10)), sold("2", at(2026, 4, 5), account_id="A-1", motion="renewal"))
        assert customer_churn(data, MARCH, as_of=LATER).number == 1
        assert mrr(data, Period.month(2026, 4), as_of=LATER).value == brl("100.00")

    def test_a_term_that_was_stopped_delays_no_renewal(self) -> None:
        data = of(
            sold("1", at(2025, 6, 10)),
            sold("2", at(2026, 2, 1), account_id="A-1", motion="renewal"),
            reversals=[back("X", "1", "churn", at(2026, 1, 10))],
        )
        assert mrr(data, Period.month(2026, 2), as_of=LATER).value == brl("100.00")

    @pytest.mark.parametrize(
        ("kind", "left"),
        [("churn", "0.00"), ("cancellation", "0.00"), ("fraud", "0.00"), ("non_payment", "0.00"),
         ("refund", "100.00"), ("chargeback", "100.00"), ("downgrade", "50.00")],
    )  # fmt: skip
    def test_what_each_reversal_does(self, kind: str, left: str) -> None:
        """Half of what was still to come over the ten months from 15 March, the begun one included."""
        data = of(sold("1", at(2026, 1, 15)), reversals=[back("X", "1", kind, at(2026, 3, 15), "500.00")])
        assert mrr(data, Period.month(2026, 2), as_of=LATER).value == brl("100.00")
        assert mrr(data, MARCH, as_of=LATER).value == brl(left)

    def test_a_downgrade_never_takes_more_than_all_and_nothing_of_what_is_over(self) -> None:
        data = of(sold("1", at(2026, 1, 15)), reversals=[back("X", "1", "downgrade", at(2026, 3, 15), "1200.00")])
        assert mrr(data, MARCH, as_of=LATER).value == brl("0.00")
        assert active_customers(data, MARCH, as_of=LATER).value == 0
        over = of(sold("1", at(2026, 1, 15)), reversals=[back("X", "1", "downgrade", at(2027, 3, 15), "1200.00")])
        assert mrr(over, MARCH, as_of=LATER).value == brl("100.00")

    def test_a_downgrade_lowers_the_lines_that_still_run(self) -> None:
        """In proportion to what is to come: of 900 and 300, a half of each; the short line is over."""
        lines = [
            OpportunityLine(product=product, amount=brl(amount), revenue="recurring", term_months=months)
            for product, amount, months in (("erp", "1080.00", 12), ("bank", "360.00", 12), ("pos", "10.00", 1))
        ]
        one = sold("1", at(2026, 1, 15)).replace(amount=brl("1450.00"), lines=lines)
        data = of(one, reversals=[back("X", "1", "downgrade", at(2026, 3, 15), "600.00")])
        assert mrr(data, Period.month(2026, 1), as_of=LATER).value == brl("130.00")
        assert mrr(data, MARCH, as_of=LATER).value == brl("60.00")

    def test_rates_of_a_month(self) -> None:
        data = of(
            sold("1", at(2026, 1, 10)),
            sold("2", at(2026, 1, 10), "2400.00"),
            sold("3", at(2026, 1, 10), "3600.00"),
            sold("4", at(2026, 3, 10), "6000.00"),  # new in March: in no rate of March
            sold("5", at(2026, 3, 12), "600.00", account_id="A-3", motion="expansion"),
            sold("6", at(2026, 1, 10), "12.00", account_id=None),
            reversals=[
                back("X-1", "1", "churn", at(2026, 3, 5)),
                back("X-2", "2", "downgrade", at(2026, 3, 10), "1000.00"),
            ],
        )
        found = customer_churn(data, MARCH, as_of=LATER)
        assert found.value == Ratio(1, 3)
        assert found.reason == "left out recurring deals without an account: 1"
        # 600 at the start; 100 left, 200 fell to 100, 300 rose by 50
        assert gross_revenue_churn(data, MARCH, as_of=LATER).value == Ratio(brl("200.00"), brl("600.00"))
        assert expansion_rate(data, MARCH, as_of=LATER).value == Ratio(brl("50.00"), brl("600.00"))
        assert net_revenue_retention(data, MARCH, as_of=LATER).number == Fraction(450, 600)

    def test_growth_is_nothing_odd(self) -> None:
        data = of(sold("1", at(2026, 1, 10)), sold("2", at(2026, 3, 10), account_id="A-1", motion="expansion"))
        found = net_revenue_retention(data, MARCH, as_of=LATER)
        assert found.number == 2
        assert found.reason == ""

    def test_cohorts_wait_for_their_anniversary(self) -> None:
        kept, gone = sold("1", at(2025, 3, 10)), sold("2", at(2025, 3, 10))
        data = of(kept, gone, sold("3", at(2026, 3, 1), account_id="A-1", motion="renewal"), sold("4", at(2025, 3, 30)))
        cohort = Period.month(2025, 3)
        found = year_two_retention(data, cohort, as_of=date(2026, 3, 20))
        assert found.value == Ratio(1, 2)
        assert found.immature
        assert found.reason == "1 of 3 customers are too young"
        assert year_two_retention(data, cohort, as_of=LATER).value == Ratio(1, 3)
        assert early_churn(data, cohort, as_of=LATER).value == Ratio(0, 3)
        quick = data.replace(reversals=[back("X", "2", "churn", at(2025, 4, 1))])
        assert early_churn(quick, cohort, within_days=30, as_of=LATER).value == Ratio(1, 3)

    def test_two_currencies_are_refused(self) -> None:
        line = OpportunityLine(product="erp", amount=Money("12", "USD"), revenue="recurring", term_months=12)
        other = sold("2", at(2026, 1, 1)).replace(amount=Money("12", "USD"), lines=[line])
        with pytest.raises(CurrencyMismatch, match="recurring revenue"):
            mrr(of(sold("1", at(2026, 1, 1)), other), MARCH, as_of=LATER)


def cost(id: str, amount: str, category: str = "marketing", on: date = date(2026, 3, 5), **more: Any) -> ProgramCost:
    return ProgramCost(id=id, amount=brl(amount), category=category, incurred_on=on, **more)


class TestCustomers:
    """K12, K12b, K16."""

    DATA = of(
        sold("1", at(2026, 3, 10), origin="partner"),
        sold("2", at(2026, 3, 11), "2400.00", origin="direct"),
        sold("3", at(2026, 1, 10), account_id="A-9"),
        sold("4", at(2026, 3, 12), account_id="A-9", motion="renewal"),
        won("5"),
        costs=[
            cost("G-1", "300.00", origin="partner"),
            cost("G-2", "100.00", "mdf", origin="direct"),
            cost("G-3", "700.00", on=date(2026, 2, 5)),
        ],
    )

    def test_figures(self) -> None:
        found = new_customers(self.DATA, MARCH, as_of=APRIL_1)
        assert found.ids == ("A-1", "A-2")
        assert found.reason == "left out won deals without an account: 1"
        assert acquisition_cost(self.DATA, MARCH, as_of=APRIL_1).value == brl("200.00")
        assert acquisition_cost(self.DATA, MARCH, as_of=APRIL_1, categories=["mdf"]).value == brl("50.00")
        assert acquisition_cost(self.DATA, MARCH, as_of=APRIL_1, lag_months=1).value == brl("350.00")
        assert acquisition_cost(self.DATA, MARCH, as_of=APRIL_1, commission=brl("200.00")).value == brl("300.00")
        # 400 over (100 + 200) a month x 0.8
        payback = acquisition_payback(self.DATA, MARCH, margin="0.8", as_of=APRIL_1)
        assert payback.value == Fraction(400, 240)
        assert payback.shown == "1.67 months"

    def test_commission_by_group_is_a_function(self) -> None:
        def commission(data: Dataset, _: Period) -> Money | None:
            return brl("60.00") if any(deal.origin == "partner" for deal in data.opportunities) else None

        cut = breakdown(acquisition_cost, self.DATA, MARCH, by="origin", as_of=APRIL_1, commission=commission)
        assert (cut["partner"].value, cut["direct"].value) == (brl("360.00"), brl("100.00"))
        with pytest.raises(InvalidValue, match="would count in every group"):
            breakdown(acquisition_cost, self.DATA, MARCH, by="origin", as_of=APRIL_1, commission=brl("60.00"))

    def test_what_cannot_be_divided_is_unknown_with_a_reason(self) -> None:
        assert acquisition_cost(of(costs=self.DATA.costs), MARCH, as_of=APRIL_1).reason == (
            "400.00 BRL spent, no new customer"
        )
        assert acquisition_cost(self.DATA.replace(costs=()), MARCH, as_of=APRIL_1).reason == "no costs"
        assert acquisition_payback(self.DATA.replace(costs=()), MARCH, margin=1, as_of=APRIL_1).reason == "no costs"
        assert acquisition_payback(self.DATA, MARCH, margin=0, as_of=APRIL_1).reason == (
            "new customers bring no recurring margin"
        )
        with pytest.raises(InvalidValue, match='write 70 % as "0.7"'):
            acquisition_payback(self.DATA, MARCH, margin=70, as_of=APRIL_1)
        with pytest.raises(InvalidValue, match="a collection"):
            acquisition_cost(self.DATA, MARCH, as_of=APRIL_1, categories="mdf")

    def answers(self, *scores: int, kind: str = "nps") -> Dataset:
        return Dataset(
            surveys=[
                SurveyResponse(id=f"Y-{n}", kind=kind, score=score, account_id=f"A-{n}", at=at(2026, 3, n + 1))
                for n, score in enumerate(scores)
            ]
        )

    def test_net_promoter_score(self) -> None:
        found = net_promoter_score(self.answers(10, 9, 8, 6), MARCH, as_of=APRIL_1)
        assert found.value == 25  # two up, one down, of four
        # With three answers more, 0.75 either way: 14.2857 less and more 1.96 x sqrt((4.5 / 7 - 1 / 49) / 7)
        assert found.interval == (Decimal("-44.1608"), Decimal("72.7323"))
        assert "95 % from -44.2 to 72.7" in str(found)

    def test_few_answers_of_one_mind_are_not_certain(self) -> None:
        for score, value in ((10, 100), (0, -100)):
            few, more = (net_promoter_score(self.answers(*[score] * n), MARCH, as_of=APRIL_1) for n in (2, 20))
            assert few.value == more.value == value
            widths = [max(one.interval) - min(one.interval) for one in (few, more)]
            assert widths[0] > widths[1] > 10
            assert value in few.interval

    def test_the_latest_answer_of_a_customer_counts(self) -> None:
        data = self.answers(0)
        again = data.surveys[0].replace(id="Z", score=10, at=at(2026, 3, 20))
        assert net_promoter_score(data.replace(surveys=[again, *data.surveys]), MARCH, as_of=APRIL_1).value == 100
        assert customer_satisfaction(self.answers(4, 5, kind="csat"), MARCH, as_of=APRIL_1).value == Fraction(9, 2)

    def test_it_is_that_of_the_channel_which_brought_the_customer(self) -> None:
        data = self.answers(10, 0).replace(
            accounts=[Account(id="A-0", name="A", origin="partner"), Account(id="A-1", name="B", origin="direct")]
        )
        cut = breakdown(net_promoter_score, data, MARCH, by="origin", as_of=APRIL_1)
        assert (cut["partner"].value, cut["direct"].value) == (100, -100)


class TestLifetime:
    """K15 a to d."""

    # Four customers at 100 a month, one of which leaves within the quarter.
    DATA = of(
        *(sold(str(n), at(2025, 12, 10)) for n in range(4)),
        sold("9", at(2026, 2, 1)),
        reversals=[back("X", "0", "churn", at(2026, 2, 10))],
        costs=[cost("G", "150.00")],
    )
    Q1 = Period.quarter(2026, 1)

    def test_figures(self) -> None:
        base: dict[str, Any] = {"margin": "0.5", "as_of": LATER}
        # 300 a quarter x 0.5 / 0.25
        assert lifetime_value(self.DATA, self.Q1, **base).value == brl("600.00")
        assert lifetime_value(self.DATA, self.Q1, cap_months=6, **base).value == brl("300.00")
        # 150 x 0.75 / (1 + 0.05 - 0.75), and 150 x 1.05 / 0.3 from the start
        discounted = partial(discounted_lifetime_value, self.DATA, self.Q1, discount="0.05", **base)
        assert discounted().value == brl("375.00")
        assert discounted(start_of_period=True).value == brl("525.00")
        # 150 x (0.75 + 0.5625) without a discount
        finite = partial(finite_lifetime_value, self.DATA, self.Q1, periods=2, **base)
        assert finite(discount=0).value == brl("196.88")
        assert finite(discount="-0.25").value == brl("300.00")  # a factor of 1: so many margins
        assert lifetime_value_to_cost(self.DATA, self.Q1, **base).number == 4  # 600 over the 150 of one new customer

    def test_who_never_leaves_has_no_end(self) -> None:
        stay = self.DATA.replace(reversals=())
        found = lifetime_value(stay, self.Q1, margin="0.5", as_of=LATER)
        assert found.value is None
        assert found.reason == "no customer left, so a life has no end"
        assert lifetime_value(stay, self.Q1, margin="0.5", cap_months=60, as_of=LATER).value == brl("3000.00")
        assert discounted_lifetime_value(stay, self.Q1, margin=1, discount=0, as_of=LATER).value is None
        assert lifetime_value_to_cost(stay, self.Q1, margin=1, as_of=LATER).reason == found.reason

    def test_it_wants_whole_months_and_sound_rates(self) -> None:
        with pytest.raises(InvalidValue, match="whole months"):
            lifetime_value(self.DATA, Period.week(2026, 10), margin=1, as_of=LATER)
        with pytest.raises(InvalidValue, match="above -1"):
            discounted_lifetime_value(self.DATA, self.Q1, margin=1, discount=-1, as_of=LATER)
        with pytest.raises(InvalidValue, match="periods"):
            finite_lifetime_value(self.DATA, self.Q1, margin=1, discount=0, periods=0, as_of=LATER)


def partner(id: str, **dates: Any) -> Partner:
    return Partner(id=id, name=id, type=dates.pop("type", "reseller"), **dates)


class TestPartners:
    """K13, K13b, K13c, K14c, C35, D12."""

    DATA = of(
        won("1", partner_id="acme", on=at(2026, 3, 31)),
        won("2", partner_id="birch", on=at(2026, 5, 20)),
        won("3", partner_id="direct"),
        partners=[
            partner("acme", recruited_on=date(2026, 3, 1), signed_on=date(2026, 3, 2)),
            partner("birch", signed_on=date(2026, 3, 20)),
            partner("cedar", recruited_on=date(2026, 3, 5)),
        ],
        registrations=[
            DealRegistration(
                id="R-1", partner_id="cedar", opportunity_id="2", submitted_at=at(2026, 3, 6), status="rejected",
                decided_at=at(2026, 3, 7),
            ),
            DealRegistration(
                id="R-2", partner_id="birch", opportunity_id="2", submitted_at=at(2026, 4, 6), status="approved",
                decided_at=at(2026, 4, 7), protected_until=at(2026, 9, 1),
            ),
        ],
        costs=[cost("G-1", "90.00", "recruitment"), cost("G-2", "60.00", "onboarding"), cost("G-3", "1.00", "mdf")],
    )  # fmt: skip

    def test_activation(self) -> None:
        assert partners_recruited(self.DATA, MARCH, as_of=LATER).ids == ("acme", "birch", "cedar")
        assert partners_activated(self.DATA, MARCH, as_of=LATER).ids == ("acme",)
        assert partner_activation(self.DATA, MARCH, as_of=LATER).value == Ratio(2, 3)
        # The win of acme is on day 30; birch registered on day 18.
        assert partner_activation(self.DATA, MARCH, within_days=30, as_of=LATER).value == Ratio(2, 3)
        assert partner_activation(self.DATA, MARCH, within_days=29, as_of=LATER).value == Ratio(1, 3)
        assert partner_activation(self.DATA, MARCH, events=["win"], as_of=LATER).value == Ratio(2, 3)
        young = partner_activation(self.DATA, MARCH, within_days=30, as_of=date(2026, 4, 29))
        assert young.immature
        assert not partner_activation(self.DATA, MARCH, within_days=30, as_of=date(2026, 4, 30)).immature

    def test_time_to_first_deal(self) -> None:
        found = time_to_first_deal(self.DATA, MARCH, as_of=LATER)
        assert found.value == Fraction(91, 2)  # 30 and 61 days
        assert found.reason == "1 of 3 partners without a won deal yet"

    def test_costs_per_partner(self) -> None:
        assert cost_per_activated_partner(self.DATA, MARCH, as_of=LATER).value == brl("150.00")
        assert cost_per_recruited_partner(self.DATA, MARCH, as_of=LATER).value == brl("50.00")
        none = cost_per_activated_partner(self.DATA.replace(opportunities=()), MARCH, as_of=LATER)
        assert none.reason == "150.00 BRL spent, no activated partner"

    def test_engagement(self) -> None:
        data = Dataset(
            partners=[partner(id, signed_on=date(2026, 1, 1)) for id in ("acme", "birch", "cedar")]
            + [partner("gone", signed_on=date(2026, 1, 1), ended_on=date(2026, 3, 9)),
               partner("new", signed_on=date(2026, 3, 9))],
            leads=[Lead(id=f"L-{n}", created_at=at(2026, 3, n), partner_id="acme") for n in (1, 2, 3)]
            + [Lead(id="L-9", created_at=at(2026, 3, 4), partner_id="gone")],
            activities=[
                Activity(id="V-1", partner_id="birch", kind="training", at=at(2026, 3, 3)),
                Activity(id="V-2", partner_id="cedar", kind="login", at=at(2026, 3, 3)),
            ],
        )  # fmt: skip
        assert active_partners(data, MARCH, as_of=LATER).value == Ratio(1, 3)
        assert active_partners(data, MARCH, events=["lead", "training"], as_of=LATER).value == Ratio(2, 3)
        assert events_per_active_partner(data, MARCH, events=["lead", "training"], as_of=LATER).value == 2
        with pytest.raises(InvalidValue, match="a collection of lead, registration, win"):
            active_partners(data, MARCH, events="lead", as_of=LATER)

    def test_churn_counts_leavers_and_the_silent(self) -> None:
        data = Dataset(
            partners=[
                partner("left", signed_on=date(2024, 1, 1), ended_on=date(2026, 3, 9)),
                partner("silent", signed_on=date(2024, 1, 1)),
                partner("young", signed_on=date(2025, 12, 1)),
                partner("busy", signed_on=date(2024, 1, 1)),
            ],
            leads=[
                Lead(id="L-1", created_at=at(2025, 3, 20), partner_id="silent"),
                Lead(id="L-2", created_at=at(2025, 4, 1), partner_id="busy"),
            ],
        )
        assert partner_churn(data, MARCH, as_of=LATER).value == Ratio(2, 4)
        assert partner_churn(data, MARCH, silent_months=24, as_of=LATER).value == Ratio(1, 4)
        cohort = Period.month(2024, 1)
        assert partner_year_two_retention(data, cohort, as_of=LATER).value == Ratio(3, 3)
        quick = data.replace(partners=[partner("q", signed_on=date(2024, 1, 5), ended_on=date(2025, 1, 5))])
        assert partner_year_two_retention(quick, cohort, as_of=LATER).value == Ratio(0, 1)
        assert partner_year_two_retention(quick, cohort, as_of=date(2024, 6, 1)).immature

    def test_a_certificate_counts_while_it_is_valid(self) -> None:
        def held(id: str, who: str, code: str, until: date | None = None) -> Certification:
            return Certification(id=id, partner_id=who, code=code, valid_from=date(2026, 1, 1), valid_to=until)

        data = Dataset(
            partners=[partner(id, signed_on=date(2026, 1, 1)) for id in ("acme", "birch", "cedar")],
            certifications=[
                held("F-1", "acme", "sales"),
                held("F-2", "birch", "sales", date(2026, 3, 31)),
                held("F-3", "cedar", "technical"),
            ],
        )
        assert certified_partners(data, MARCH, as_of=LATER).value == Ratio(2, 3)
        assert certified_partners(data, MARCH, as_of=date(2026, 3, 30)).value == Ratio(3, 3)
        assert certified_partners(data, MARCH, code="sales", as_of=LATER).value == Ratio(1, 3)

    def test_self_sufficiency_asks_every_part(self) -> None:
        parts = [("1", "none"), ("1", "none"), ("2", "none"), ("2", "full"), ("3", None)]
        data = of(
            won("1"), won("2"), won("3"),
            involvements=[
                PartnerInvolvement(id=f"I-{n}", opportunity_id=deal, partner_id="acme", role="sourced",
                                   at=at(2026, 3, 2), assistance=help)
                for n, (deal, help) in enumerate(parts)
            ],
        )  # fmt: skip
        assert self_sufficiency(data, MARCH, as_of=LATER).value == Ratio(1, 2)


class TestChannel:
    """K18, K19, C34."""

    DATA = of(
        won("1", "600.00", partner_id="acme"),
        won("2", "300.00", partner_id="birch"),
        won("3", "100.00", partner_id="cedar"),
        won("4", "900.00", partner_id="direct"),
        partners=[partner("acme"), partner("birch"), partner("cedar"), partner("dora", type="referral")],
        costs=[cost("G", "400.00")],
        credits=[Credit(id="C", opportunity_id="1", partner_id="acme", amount=brl("600.00"), at=at(2026, 3, 20))],
        involvements=[
            PartnerInvolvement(id="I", opportunity_id="4", partner_id="acme", role="influenced", at=at(2026, 3, 2))
        ],
    )

    def test_concentration(self) -> None:
        assert partner_concentration(self.DATA, MARCH, as_of=LATER).value == Fraction(46, 100)
        assert top_partner_share(self.DATA, MARCH, as_of=LATER).number == Fraction(6, 10)
        assert top_partner_share(self.DATA, MARCH, top=2, as_of=LATER).number == Fraction(9, 10)
        assert partner_concentration(of(won("1")), MARCH, as_of=LATER).reason == "partners won nothing"
        taken = of(won("1", "9.00", partner_id="a"), won("2", "-1.00", partner_id="b"))
        assert partner_concentration(taken, MARCH, as_of=LATER).reason == "a partner's revenue is below zero"
        zero = of(won("1", "0.00", partner_id="a"))
        assert not top_partner_share(zero, MARCH, as_of=LATER).known

    def test_return(self) -> None:
        assert partner_return(self.DATA, MARCH, as_of=LATER).number == Fraction(200, 400)
        assert partner_return(self.DATA, MARCH, commission=brl("600.00"), as_of=LATER).number == Fraction(-400, 1000)
        assert influenced_return(self.DATA, MARCH, as_of=LATER).number == Fraction(500, 400)
        assert partner_return(self.DATA.replace(costs=()), MARCH, as_of=LATER).reason == "no costs"
        assert not partner_return(self.DATA.replace(credits=()), MARCH, as_of=LATER).known

    def test_peers(self) -> None:
        found = peer_percentiles(won_revenue, self.DATA, MARCH, as_of=LATER)
        assert found["acme"].percentile.value == Fraction(5, 6)
        assert found["cedar"].percentile.value == Fraction(1, 6)
        assert found["dora"].percentile.value is None  # one referral partner has no peers
        assert str(found).splitlines()[0] == "won_revenue among peers: 4 partners"
        assert found.to_dicts()[0]["peers"] == "referral"
        with pytest.raises(UnknownName, match="cedar"):
            found["cedr"]


class TestTargets:
    """K17, B2, B9, B10."""

    def goal(self, id: str, owner: str, value: Any, metric: str = "won_revenue", **changes: Any) -> Target:
        return Target(id=id, owner_id=owner, metric=metric, value=value, **{"period": MARCH} | changes)

    def data(self, *goals: Target) -> Dataset:
        return of(
            won("1", "600.00", partner_id="acme", owner_id="ana"),
            won("2", "300.00", partner_id="direct", owner_id="rui"),
            partners=[partner("acme"), partner("birch")],
            targets=goals,
        )

    def test_owners(self) -> None:
        goals = [self.goal(f"Q-{owner}", owner, brl("500.00"))
                 for owner in ("acme", "ana", "direct", "programme", "field", "birch", "nobody")]  # fmt: skip
        found = {
            one.target.owner_id: one
            for one in attainments(
                self.data(*goals), MARCH, as_of=APRIL_1, teams={"field": ["ana", "acme", "rui", "unheard-of"]}
            )
        }
        assert {owner: one.attained.percent(0) for owner, one in found.items()} == {
            "acme": "120 %", "ana": "120 %", "direct": "60 %", "programme": "180 %", "field": "180 %", "birch": "0 %",
            "nobody": "n/a",
        }  # fmt: skip
        assert found["birch"].actual.value == brl("0.00")
        assert found["nobody"].actual.reason == "nobody knows owner 'nobody': name its members in teams="
        assert (found["acme"].met, found["direct"].met, found["nobody"].met) == (True, False, None)

    def test_pace_sets_amounts_against_the_days_that_are_over(self) -> None:
        (one,) = attainments(self.data(self.goal("Q", "acme", brl("1240.00"))), MARCH, as_of=date(2026, 3, 25))
        assert one.attained.value == Fraction(600, 1240)
        assert one.pace.value == Fraction(600, 1000)  # 25 of 31 days
        (rate,) = attainments(self.data(self.goal("Q", "acme", "0.5", "win_rate")), MARCH, as_of=date(2026, 3, 25))
        assert rate.pace.value == rate.attained.value == 2
        assert "50.0 %" in str(rate)

    def test_less_may_be_better(self) -> None:
        (one,) = attainments(self.data(self.goal("Q", "acme", 20, "sales_cycle")), MARCH, as_of=APRIL_1)
        assert one.actual.value == 19
        assert one.met
        assert one.to_dicts()[0]["goal"] == 20
        assert "sales_cycle" in str(one)

    def test_a_metric_of_ones_own(self) -> None:
        goals = (self.goal("Q-1", "acme", 1, "logos"), self.goal("Q-2", "acme", brl("1"), "lifetime_value"))
        unknown = attainments(self.data(*goals), MARCH, as_of=APRIL_1)
        assert [one.actual.reason for one in unknown] == [
            "nobody knows metric 'lifetime_value': give it in measures=",
            "nobody knows metric 'logos': give it in measures=",
        ]
        _, known = attainments(self.data(*goals), MARCH, as_of=APRIL_1, measures={"logos": deals_won})
        assert known.met

    def test_of_a_mean_nothing_is_unknown(self) -> None:
        (one,) = attainments(self.data(self.goal("Q", "birch", brl("5.00"), "average_deal")), MARCH, as_of=APRIL_1)
        assert one.actual.value is None
        assert average_deal(Dataset(), MARCH, as_of=APRIL_1).value is None

    def test_units_must_agree(self) -> None:
        with pytest.raises(InvalidValue, match="in the unit of won_revenue"):
            attainments(self.data(self.goal("Q", "acme", 500)), MARCH, as_of=APRIL_1)

    def test_history(self) -> None:
        months = [Period.month(2026, month) for month in (2, 3, 4)]
        goals = [self.goal(f"Q-{n}", "acme", brl("400.00"), period=one) for n, one in enumerate(months)]
        whose: dict[str, Any] = {"owner": "acme", "metric": "won_revenue"}
        data, year = self.data(*goals), Period.year(2026)
        assert target_hit_rate(data, year, as_of=APRIL_1, **whose).value == Ratio(1, 2)  # April is not over
        assert mean_attainment(data, year, as_of=APRIL_1, **whose).value == Fraction(3, 4)
        lost = self.data(*(one.replace(owner_id="nobody") for one in goals))
        found = target_hit_rate(lost, year, owner="nobody", metric="won_revenue", as_of=APRIL_1)
        assert found.reason == "denominator is 0; left out unknown: 2"

    def test_a_cascade_shows_where_parts_do_not_sum(self) -> None:
        data = Dataset(
            targets=[
                self.goal("top", "programme", brl("100.00")),
                self.goal("a", "acme", brl("60.00"), parent_id="top"),
                self.goal("b", "birch", brl("30.00"), parent_id="top"),
                self.goal("a1", "ana", brl("60.00"), parent_id="a"),
            ]
        )
        found = cascade(data, "top", as_of=APRIL_1)
        assert [(line.target.id, line.depth, line.gap) for line in found.lines] == [
            ("top", 0, brl("10.00")), ("a", 1, brl("0.00")), ("a1", 2, None), ("b", 1, None),
        ]  # fmt: skip
        assert not found.ok
        assert "parts do not sum to the whole" in str(found)
        assert cascade(data, "a", as_of=APRIL_1).ok

    def test_parts_that_cannot_sum_are_refused(self) -> None:
        top = self.goal("top", "programme", 10, "deals_won")
        counts = Dataset(targets=[top, self.goal("a", "acme", 4, "deals_won", parent_id="top")])
        assert cascade(counts, "top", as_of=APRIL_1).lines[0].gap == 6
        for odd, message in (
            (self.goal("a", "acme", brl("1"), parent_id="top"), "deals_won within"),
            (self.goal("a", "acme", 1, "deals_won", parent_id="top", period=Period.year(2026)), "deals_won within"),
            (self.goal("a", "acme", brl("1"), "deals_won", parent_id="top"), "a number"),
        ):
            with pytest.raises(InvalidValue, match=message):
                cascade(Dataset(targets=[top, odd]), "top", as_of=APRIL_1)
        money = self.goal("m", "programme", brl("1"))
        with pytest.raises(InvalidValue, match="money"):
            cascade(Dataset(targets=[money, self.goal("a", "acme", 1, parent_id="m")]), "m", as_of=APRIL_1)
        circle = [self.goal("x", "a", brl("1"), parent_id="y"), self.goal("y", "b", brl("1"), parent_id="x")]
        with pytest.raises(InvalidValue, match="no part of this one"):
            cascade(Dataset(targets=circle), "x", as_of=APRIL_1)


class TestTimelines:
    """What happened, in order."""

    DATA = of(
        won(
            "D-1", "600.00", account_id="A", partner_id="acme",
            history=[StageChange(stage="demo", at=at(2026, 3, 2)),
                     StageChange(stage="won", status="won", at=at(2026, 3, 20), amount=brl("600.00"))],
        ),
        won("D-2", account_id="A", partner_id="acme", on=at(2026, 3, 25)),
        Opportunity(id="D-3", stage="demo", created_at=at(2026, 4, 4), account_id="A"),
        accounts=[Account(id="A", name="A")],
        partners=[partner("acme", recruited_on=date(2026, 2, 1), signed_on=date(2026, 2, 9))],
        leads=[Lead(id="L", created_at=at(2026, 2, 20), account_id="A", partner_id="acme", channel="event")],
        touchpoints=[
            Touchpoint(id="T-1", partner_id="acme", kind="click", at=at(2026, 2, 19), lead_id="L"),
            Touchpoint(id="T-2", partner_id="acme", kind="demo", at=at(2026, 3, 2), opportunity_id="D-1",
                       account_id="A"),
        ],
        payments=[Payment(id="P", opportunity_id="D-1", amount=brl("600.00"), at=at(2026, 4, 2))],
        reversals=[back("X", "D-1", "refund", at(2026, 4, 9))],
        surveys=[SurveyResponse(id="Y", kind="nps", score=9, account_id="A", at=at(2026, 4, 5))],
        certifications=[Certification(id="F", partner_id="acme", code="sales-101", valid_from=date(2026, 2, 12))],
        registrations=[
            DealRegistration(id="R", partner_id="acme", opportunity_id="D-1", submitted_at=at(2026, 3, 2),
                             status="approved", decided_at=at(2026, 3, 3), protected_until=at(2026, 6, 1)),
        ],
    )  # fmt: skip

    def test_account(self) -> None:
        found = account_timeline(self.DATA, "A", as_of=date(2026, 4, 6))
        assert [step.kind for step in found.steps] == [
            "touch", "lead", "created", "created", "stage", "touch", "won", "won", "payment",
            "created", "survey",
        ]  # fmt: skip
        assert "A: 11 steps" in str(found)
        assert found.to_dicts()[0]["text"] == "click by acme"
        assert account_timeline(self.DATA, "A", as_of=date(2026, 4, 9)).steps[-1].text == "refund 1.00 BRL"
        with pytest.raises(UnknownName):
            account_timeline(self.DATA, "B", as_of=APRIL_1)

    def test_partner(self) -> None:
        found = partner_milestones(self.DATA, "acme", as_of=LATER, wins=[1, 2, 10])
        assert [(str(step.on), step.kind) for step in found.steps] == [
            ("2026-02-01", "recruited"), ("2026-02-09", "signed"), ("2026-02-12", "first certificate"),
            ("2026-02-20", "first lead"), ("2026-03-03", "first registration approved"), ("2026-03-20", "win 1"),
            ("2026-03-25", "win 2"),
        ]  # fmt: skip
        assert len(partner_milestones(self.DATA, "acme", as_of=date(2026, 2, 10)).steps) == 2


class TestScorecard:
    """One screen for a weekly meeting."""

    DATA = of(
        won("1", "600.00", partner_id="acme", owner_id="ana", origin="partner", account_id="A"),
        won("2", "300.00", partner_id="direct", owner_id="rui", origin="direct", account_id="B"),
        won("3", "450.00", owner_id="rui"),
        partners=[partner("acme", signed_on=date(2026, 1, 1))],
        leads=[Lead(id="L", created_at=at(2026, 3, 2), owner_id="bea", origin="partner")],
        targets=[
            Target(id="Q-1", owner_id="acme", metric="won_revenue", period=MARCH, value=brl("500"), parent_id="Q"),
            Target(id="Q", owner_id="programme", metric="won_revenue", period=MARCH, value=brl("1000")),
        ],
    )  # fmt: skip

    def test_it_fits_a_screen_and_says_what_moves(self) -> None:
        card = scorecard(self.DATA, MARCH, as_of=date(2026, 3, 30))
        lines = str(card).splitlines()
        assert len(lines) <= 48
        assert max(map(len, lines)) <= 120
        assert lines[0] == "scorecard of 2026-03 against 2026-02, as of 2026-03-30 23:59 UTC"
        assert lines[-1] == "* will still move"
        over = scorecard(self.DATA.replace(leads=()), MARCH, as_of=LATER)  # the lead is never decided
        assert "* will still move" not in str(over)
        html = card._repr_html_()
        assert html.count("<table") == 3
        assert "by team" in html
        assert "* will still move" in html

    def test_the_two_meanings_of_direct_are_told_apart(self) -> None:
        """A route goes by origin, a goal by who sold."""
        mine = Target(id="Q-0", owner_id="direct", metric="won_revenue", period=MARCH, value=brl("500"))
        shown = str(scorecard(self.DATA.replace(targets=[mine]), MARCH, as_of=LATER))
        assert re.search(r"change +no origin +direct origin +indirect origin", shown)
        assert re.search(r"^direct \(own team\) +won_revenue", shown, re.MULTILINE)

    def test_lines_teams_and_goals(self) -> None:
        card = scorecard(self.DATA, MARCH, as_of=LATER)
        assert card["won_revenue"].by_route["indirect"].value == brl("600.00")
        assert [line.team for line in card.teams] == ["rui", "ana", "bea"]
        assert [goal.target.id for goal in card.targets] == ["Q", "Q-1"]
        row = next(row for row in card.to_dicts() if row["metric"] == "won_revenue")
        assert row["direct"] == brl("300.00")
        with pytest.raises(UnknownName, match="win_rate"):
            card["win_rat"]

    def test_teams_may_be_named(self) -> None:
        card = scorecard(self.DATA, MARCH, as_of=LATER, teams={"field": ["ana", "bea"], "house": ["direct"]})
        assert {line.team: str(line.measures["won_revenue"].number) for line in card.teams} == {
            "field": "600.00 BRL", "house": "300.00 BRL", "(none)": "450.00 BRL",
        }  # fmt: skip
        assert card.teams[0].measures["leads_received"].value == 1

    def test_many_teams_are_counted(self) -> None:
        data = of(*(won(f"D-{n}", owner_id=f"exec-{n}") for n in range(10)))
        assert "... and 2 more" in str(scorecard(data, MARCH, as_of=LATER))
        assert "and 2 more" in scorecard(data, MARCH, as_of=LATER)._repr_html_()

    def test_recurring_revenue_of_old_customers_stays_with_their_route(self) -> None:
        """Nothing new on it, or nothing recurring ever sold."""
        data = of(sold("1", at(2025, 6, 1), origin="partner"), won("2", origin="direct", account_id="A-2"))
        line = scorecard(data, MARCH, as_of=LATER)["mrr"]
        assert {name: one.value for name, one in line.by_route.items()} == {
            "indirect": brl("100.00"),
            "direct": brl("0.00"),
        }
        assert line.by_route == breakdown(mrr, data, MARCH, by="route", as_of=LATER).groups

    def test_commission_counts_towards_what_customers_cost(self) -> None:
        data = self.DATA.replace(costs=[cost("G", "100.00")])
        line = scorecard(data, MARCH, as_of=LATER, commission=brl("100.00"))["acquisition_cost"]
        assert line.value.value == brl("100.00")
        # One amount says nothing of the month before, nor of a route.
        assert not line.previous.known
        assert not any(value.known for value in line.by_route.values())
        assert "one amount" in line.previous.reason

    def test_of_nothing(self) -> None:
        card = scorecard(Dataset(), MARCH, as_of=LATER, calendar=Calendar("America/Sao_Paulo"))
        assert not card["won_revenue"].value.known
        assert "Deals won" in str(card)


def test_a_definition_knows_when_to_look() -> None:
    """The last period of its cadence that is over."""
    assert str(definition("customer_churn").latest(date(2026, 4, 1))) == "2026-03"
    assert str(definition("lifetime_value").latest(date(2026, 4, 1))) == "2026-Q1"
    with pytest.raises(InvalidValue):
        definition("mrr").replace(unit="")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"teams": ["exec-01"]}, "teams must be a mapping"),
        ({"teams": {"north": "exec-01"}}, r"teams\['north'\] must be a collection, such as \['exec-01'\]"),
        ({"commission": 5}, "commission must be a Money, or a function"),
        ({"measures": ["mrr"]}, "measures must be a mapping"),
    ],
)
def test_what_a_scorecard_is_told_by_is_named(options: dict[str, Any], words: str) -> None:
    """Also where no record would have been looked at with it."""
    with pytest.raises(InvalidValue, match=words):
        scorecard(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1), **options)


def test_a_breakdown_takes_the_function_of_a_kpi() -> None:
    """Its id is what goals take."""
    with pytest.raises(InvalidValue, match="metric must be a function, such as won_revenue"):
        breakdown("won_revenue", Dataset(), Period.month(2026, 3), by="route", as_of=date(2026, 4, 1))  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="kinds must be a collection"):
        reversed_revenue(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1), kinds=5)  # type: ignore[arg-type]
