"""A deal of several lines: which of them a condition means, what of them counts, and how their parts are rounded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from partnerops import Credit, Dataset, DealRegistration, Money, Opportunity, OpportunityLine, Payment, Period
from partnerops.commission import Basis, CommissionPlan, FlatRate, Incentive, RateRule, settle
from partnerops.commission.modifiers import Uplift, Where
from partnerops.exceptions import InvalidValue

YEAR = Period.year(2026)
LATE = datetime(2026, 12, 31, tzinfo=UTC)


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


ERP = OpportunityLine(
    product="erp", category="suite", amount=brl("400.00"), revenue="recurring", term_months=36, cost=brl("100.00")
)
CRM = OpportunityLine(product="crm", category="apps", amount=brl("600.00"), motion="renewal", cost=brl("450.00"))
SALE = Credit(id="C", opportunity_id="D", partner_id="acme", amount=brl("1000.00"), at=at(3, 10))


def data(*lines: OpportunityLine, registrations=()) -> Dataset:
    deal = Opportunity(
        id="D", stage="won", status="won", amount=brl("1000.00"), created_at=at(1, 1), closed_at=at(3, 10),
        lines=lines, cost=brl("700.00"),
    )  # fmt: skip
    return Dataset(opportunities=[deal], registrations=registrations)


def plan(rate: str = "0.10", **more) -> CommissionPlan:
    return CommissionPlan(id="p", schedule=FlatRate(rate), currency="BRL", **more)


def amounts(ledger) -> list[str]:
    return [str(line.amount.amount) for line in ledger.statement("acme", YEAR).lines]


def net(plan: CommissionPlan, *lines: OpportunityLine, **more) -> str:
    """What a sale of a deal of these lines earns."""
    ledger = settle([SALE], plan=plan, data=data(*lines, **more), as_of=LATE)
    return str(ledger.balance("acme").net.amount)


class TestConditions:
    """Which lines, and which sales, a condition means."""

    @pytest.mark.parametrize(
        ("where", "means"),
        [
            (Where(products=["erp"]), {"erp"}),
            (Where(products=["erp", "bi"]), {"erp"}),
            (Where(categories=["apps"]), {"crm"}),
            (Where(revenue=["recurring"]), {"erp"}),
            (Where(motions=["renewal"]), {"crm"}),
            (Where(motions=["new", "renewal"]), {"erp", "crm"}),
            (Where(categories=["apps"], motions=["new"]), set()),
            (Where(products=["crm"], categories=["apps"], revenue=["one_off"], motions=["renewal"]), {"crm"}),
            (Where(products=["crm"], categories=["suite"]), set()),
            (Where(products=["crm"], revenue=["recurring"]), set()),
            (Where(), {"erp", "crm"}),
        ],
        # sorted: each process has its own order of a set, and all must collect the same tests
        ids=lambda value: str(value) if isinstance(value, Where) else "+".join(sorted(value)),
    )
    def test_every_field_given_must_hold(self, where, means):
        """As a rule for a rate of 20 % beside 10 %, as an exclusion, and asked of each line."""
        assert {line.product for line in (ERP, CRM) if where.of_line(line)} == means
        extra = {"erp": 40, "crm": 60}
        assert net(plan(rates=[RateRule(where, FlatRate("0.20"))]), ERP, CRM) == (
            f"{100 + sum(extra[name] for name in means)}.00"
        )
        assert net(plan(basis=Basis(exclude=where)), ERP, CRM) == f"{100 - sum(extra[name] for name in means)}.00"

    @pytest.mark.parametrize(
        ("where", "earned"),
        [
            (Where(partners=["acme"]), "0.00"),
            (Where(partners=["birch"]), "100.00"),
            (Where(partners=["acme"], products=["erp"]), "60.00"),
            (Where(partners=["birch"], products=["erp"]), "100.00"),
            (Where(since=date(2026, 3, 11)), "100.00"),
        ],
    )
    def test_what_is_left_out_is_asked_of_the_sale_too(self, where, earned):
        """Of its partner and date, beside the lines."""
        assert net(plan(basis=Basis(exclude=where)), ERP, CRM) == earned

    def test_without_lines_nothing_is_known_of_products(self):
        """A condition on the sale alone holds all the same."""
        assert net(plan(modifiers=[Uplift("0.5", where=Where(products=["erp"]))])) == "100.00"
        assert net(plan(modifiers=[Uplift("0.5", where=Where(partners=["acme"]))])) == "150.00"
        assert net(plan(modifiers=[Uplift("0.5", where=Where(partners=["birch"]))])) == "100.00"

    @pytest.mark.parametrize(
        ("since", "until", "holds"),
        [
            (date(2026, 3, 10), None, True),
            (date(2026, 3, 11), None, False),
            (None, date(2026, 3, 11), True),
            (None, date(2026, 3, 10), False),
            (date(2026, 3, 10), date(2026, 3, 11), True),
        ],
    )
    def test_dates_are_half_open(self, since, until, holds):
        """A sale of the tenth."""
        where = Where(since=since, until=until)
        assert net(plan(modifiers=[Uplift("0.5", where=where)])) == ("150.00" if holds else "100.00")

    def test_a_span_of_dates_is_not_empty(self):
        """One end alone is fine."""
        for until in (date(2026, 3, 10), date(2026, 3, 9)):
            with pytest.raises(InvalidValue, match=r"Where\.until must be after since \(2026-03-10\)"):
                Where(since=date(2026, 3, 10), until=until)
        assert Where(until=date(2026, 3, 10)).since is None

    @pytest.mark.parametrize(
        ("before", "holds"),
        [(timedelta(days=30), True), (timedelta(days=30) - timedelta(seconds=1), False), (timedelta(days=45), True)],
    )
    def test_days_of_a_registration_are_whole_ones(self, before, holds):
        """Filed thirty times 24 hours before the booking, or it was not early."""
        filed = DealRegistration(
            id="R", opportunity_id="D", partner_id="acme", submitted_at=at(3, 10) - before,
            decided_at=at(3, 9), status="approved", protected_until=at(6, 1),
        )  # fmt: skip
        early = plan(incentives=[Incentive(id="early", schedule=FlatRate("0.01"), where=Where(registered_days=30))])
        assert net(early, registrations=[filed]) == ("110.00" if holds else "100.00")
        assert net(early) == "100.00"

    @pytest.mark.parametrize("days", [-1, 3661, True, "30"])
    def test_days_have_bounds(self, days):
        """None to ten years."""
        assert [Where(registered_days=days).registered_days for days in (0, 3660)] == [0, 3660]
        with pytest.raises(InvalidValue, match=r"Where\.registered_days must be a whole number from 0 to 3660"):
            Where(registered_days=days)


class TestWhatCounts:
    """Gross, net, margin, and the months of a term."""

    @pytest.mark.parametrize(
        ("basis", "lines", "want"),
        [
            (Basis(), (ERP, CRM), "100.00"),
            (Basis(of="net", deduct="0.2"), (ERP, CRM), "80.00"),
            # 300 and 150 of the lines; 300 of the deal where it has no lines
            (Basis(of="margin"), (ERP, CRM), "45.00"),
            (Basis(of="margin"), (), "30.00"),
            # a year of the three that were booked, and all of what is paid once
            (Basis(recurring_months=12), (ERP, CRM), "73.33"),
            (Basis(recurring_months=48), (ERP, CRM), "100.00"),
            (Basis(recurring_months=12), (), "100.00"),
        ],
    )
    def test_ten_percent_of_it(self, basis, lines, want):
        """400 over 36 months and 600 at once."""
        assert net(plan(basis=basis), *lines) == want

    def test_a_margin_needs_every_cost(self):
        """The product is named."""
        with pytest.raises(InvalidValue, match="the cost of deal D, product erp must be known: plan p pays on margin"):
            net(plan(basis=Basis(of="margin")), ERP.replace(cost=None), CRM)

    def test_months_are_of_bookings(self):
        """Where payments earn, the months are counted by when they come: what is paid counts in full."""
        ledger = settle(
            [SALE],
            plan=plan(basis=Basis(on="payment", recurring_months=12)),
            payments=[Payment(id="P", opportunity_id="D", amount=brl("1000.00"), at=at(4, 1))],
            data=data(ERP, CRM),
            as_of=LATE,
        )
        assert str(ledger.balance("acme").net.amount) == "100.00"


class TestParts:
    """Lines at different rates, paid in parts: rounded on running totals in both directions."""

    def test_payments_of_lines_come_to_the_whole(self):
        """600 at 10 % and 400 at 20 %: of 333.33 they are 200.00 and 133.33, the rest is the rest."""
        rates = plan(basis=Basis(on="payment"), rates=[RateRule(Where(products=["erp"]), FlatRate("0.20"))])
        payments = [
            Payment(id=f"P{n}", opportunity_id="D", amount=brl(amount), at=at(4, n))
            for n, amount in ((1, "333.33"), (2, "666.67"))
        ]
        found = {
            count: amounts(settle([SALE], plan=rates, payments=payments[:count], data=data(CRM, ERP), as_of=LATE))
            for count in (1, 2)
        }
        assert found[1] == ["26.67", "20.00"]
        assert found[2] == ["26.67", "20.00", "53.33", "40.00"]
