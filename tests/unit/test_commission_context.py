"""What a plan looks up beside the sale: registrations, quotas, exceptions, the partners above, what was promised."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import permutations

import pytest

from partnerops import Credit, Dataset, Dated, DealRegistration, Money, Opportunity, Partner, Period, Reversal, Target
from partnerops.commission import Clawback, CommissionPlan, FlatRate, GraduatedTiers, Incentive, OnQuota, Tier, settle
from partnerops.commission.modifiers import Cap, Guarantee, Uplift, UplineOverride, Where
from partnerops.entities import Payout, PolicyException
from partnerops.exceptions import InvalidValue

LATE = datetime(2026, 12, 31, tzinfo=UTC)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sale(id: str, amount: str, when: datetime, partner: str = "acme") -> Credit:
    return Credit(id=id, opportunity_id=f"D-{id}", partner_id=partner, amount=brl(amount), at=when)


def plan(schedule=None, **more) -> CommissionPlan:
    return CommissionPlan(id="p", schedule=schedule or FlatRate("0.10"), currency="BRL", **more)


class TestRegistrations:
    """The partner's own, for the deal or else for its account, that protected the deal when it was booked."""

    deal = Opportunity(
        id="D-C", stage="won", status="won", amount=brl("1000.00"), created_at=at(1, 1), closed_at=at(3, 10),
        account_id="A",
    )  # fmt: skip

    def filed(self, id: str = "R", **changes) -> DealRegistration:
        values = {
            "id": id, "opportunity_id": None, "account_id": "A", "partner_id": "acme", "submitted_at": at(2, 1),
            "decided_at": at(2, 2), "status": "approved", "protected_until": at(6, 1),
        }  # fmt: skip
        return DealRegistration(**(values | changes))

    def earned(self, plan: CommissionPlan, *registrations: DealRegistration) -> str:
        data = Dataset(opportunities=[self.deal], registrations=registrations)
        ledger = settle([sale("C", "1000.00", at(3, 10))], plan=plan, data=data, as_of=LATE)
        return str(ledger.balance("acme").net.amount)

    @pytest.mark.parametrize(
        ("changes", "earned"),
        [
            ({}, "120.00"),
            ({"opportunity_id": "D-C"}, "120.00"),
            ({"opportunity_id": "D-C", "account_id": None}, "120.00"),
            ({"opportunity_id": "D-9"}, "100.00"),
            ({"account_id": "B"}, "100.00"),
            ({"partner_id": "birch"}, "100.00"),
            ({"protected_until": at(3, 10)}, "100.00"),
        ],
    )
    def test_one_lifts_the_deal_it_is_for(self, changes, earned):
        """One that names another deal of the account is for that deal alone."""
        assert self.earned(plan(modifiers=[Uplift("0.2")]), self.filed(**changes)) == earned

    def test_the_first_one_filed_is_the_one(self):
        """In whatever order they are given."""
        early = plan(incentives=[Incentive(id="early", schedule=FlatRate("0.01"), where=Where(registered_days=30))])
        both = self.filed("R-1", submitted_at=at(3, 5), decided_at=at(3, 6)), self.filed("R-2", submitted_at=at(1, 15))
        assert [self.earned(early, *order) for order in permutations(both)] == ["110.00", "110.00"]
        assert self.earned(early, both[0]) == "100.00"


class TestQuotas:
    """The partner's target of the metric and the period."""

    schedule = OnQuota(GraduatedTiers([Tier(0, "0.08"), Tier(1, "0.12")]))

    def target(self, id: str, value: Money | int, period: Period, **changes) -> Target:
        values = {"id": id, "owner_id": "acme", "metric": "won_revenue", "value": value, "period": period}
        return Target(**(values | changes))

    def earned(self, targets, attainment="quarter") -> str:
        ledger = settle(
            [sale("C", "3000.00", at(5, 10))], plan=plan(self.schedule, attainment=attainment),
            data=Dataset(targets=targets), as_of=LATE,
        )  # fmt: skip
        return str(ledger.balance("acme").net.amount)

    def test_the_right_one_among_others(self):
        """2,000 in the second quarter: 8 % of it, and 12 % of the 1,000 above."""
        second = self.target("T-4", brl("2000.00"), Period.quarter(2026, 2))
        others = [
            self.target("T-1", brl("100.00"), Period.quarter(2026, 1)),
            self.target("T-2", brl("100.00"), Period.quarter(2026, 2), metric="sourced_revenue"),
            self.target("T-3", brl("100.00"), Period.quarter(2026, 2), owner_id="birch"),
            self.target("T-5", brl("100.00"), Period.month(2026, 5)),
            self.target("T-6", brl("100.00"), Period.year(2026)),
        ]
        assert self.earned([*others, second]) == self.earned([second, *others]) == "280.00"
        with pytest.raises(InvalidValue, match=r"set for acme in 2026-Q2 \(metric 'won_revenue'\)"):
            self.earned(others)

    @pytest.mark.parametrize("value", [Money("2000.00", "USD"), 2000])
    def test_it_is_money_of_the_plan(self, value):
        """Neither another currency nor a bare number."""
        with pytest.raises(InvalidValue, match=r"Target 'T'\.value must be an amount in BRL"):
            self.earned([self.target("T", value, Period.quarter(2026, 2))])


class TestExceptions:
    """The narrowest has the last word, then the latest."""

    def granted(self, id: str, scope: str, new: str, since: date = date(2026, 1, 1), **changes) -> PolicyException:
        values = {
            "id": id, "scope": scope, "parameter": "rate", "old": "0.10", "new": new, "reason": "launch",
            "requested_by": "ana", "approved_by": "rui", "effective_from": since, "effective_to": date(2026, 7, 1),
        }  # fmt: skip
        return PolicyException(**(values | changes))

    def earned(self, exceptions) -> str:
        data = Dataset(exceptions=exceptions)
        ledger = settle([sale("C", "1000.00", at(3, 10))], plan=plan(), data=data, as_of=LATE)
        return str(ledger.balance("acme").net.amount)

    def test_a_deals_own_beats_the_partners_and_that_the_plans(self):
        """In whatever order they are given, and whichever is newer."""
        of_plan = self.granted("E-3", "p", "0.11", date(2026, 3, 1))
        of_partner = self.granted("E-2", "acme", "0.12", date(2026, 2, 1))
        of_deal = self.granted("E-1", "D-C", "0.13")
        for order in permutations([of_plan, of_partner, of_deal]):
            assert self.earned(order) == "130.00"
        for order in permutations([of_plan, of_partner]):
            assert self.earned(order) == "120.00"
        assert self.earned([of_plan]) == "110.00"

    def test_of_one_width_the_later_one_holds(self):
        """By its first day, then by its id."""
        for order in permutations(
            [self.granted("E-9", "acme", "0.11"), self.granted("E-1", "acme", "0.12", date(2026, 2, 1))]
        ):
            assert self.earned(order) == "120.00"
        for order in permutations([self.granted("E-1", "acme", "0.11"), self.granted("E-2", "acme", "0.12")]):
            assert self.earned(order) == "120.00"

    @pytest.mark.parametrize(
        "changes",
        [
            {"scope": "birch"},
            {"scope": "D-9"},
            {"parameter": "term"},
            {"effective_from": date(2026, 3, 11)},
            {"effective_to": date(2026, 3, 10)},
        ],
    )
    def test_others_change_nothing(self, changes):
        """Of somebody else, about something else, or not in force on the day."""
        assert self.earned([self.granted("E", "acme", "0.12").replace(**changes)]) == "100.00"


class TestAbove:
    """Partners above, as many levels as the plan pays."""

    @pytest.mark.parametrize(
        ("rates", "paid"), [(["0.05"], ["5", "0"]), (["0.05", "0.02"], ["5", "2"]), (["0.05"] * 5, ["5", "5"])]
    )
    def test_as_far_as_rates_and_partners_go(self, rates, paid):
        """Nobody is above cedar."""
        data = Dataset(
            partners=[
                Partner(id=id, name=id, type="reseller", parent_id=parent)
                for id, parent in (("acme", "birch"), ("birch", "cedar"), ("cedar", None))
            ]
        )
        above = plan(overrides=UplineOverride(rates))
        ledger = settle([sale("C", "100.00", at(3, 10))], plan=above, data=data, as_of=LATE)
        assert [ledger.balance(name, currency="BRL").net for name in ("birch", "cedar")] == [brl(one) for one in paid]

    def test_nobody_is_above_itself(self):
        """Two partners each above the other: the seller earns nothing more on its own sale."""
        data = Dataset(
            partners=[
                Partner(id=id, name=id, type="reseller", parent_id=parent)
                for id, parent in (("acme", "birch"), ("birch", "acme"))
            ]
        )
        ledger = settle(
            [sale("C", "100.00", at(3, 10))], plan=plan(overrides=UplineOverride(["0.05"] * 3)), data=data, as_of=LATE
        )
        assert [ledger.balance(name).net for name in ("acme", "birch")] == [brl("10.00"), brl("5.00")]


class TestSharedPeriods:
    """Versions and exceptions that leave the schedule as it is go on adding up, however their sales are earned."""

    @pytest.mark.parametrize("first", [{"modifiers": [Cap(50)]}, {"documents": ["order"]}])
    def test_a_plain_version_goes_on_where_another_stopped(self, first):
        """The second sale earns its own 10 %, not what the first one had as well."""
        old = plan(attainment="quarter", **first)
        versions = Dated.since(date(2026, 1, 1), old).starting(date(2026, 2, 1), plan(attainment="quarter"))
        sold = [sale("C1", "1000.00", at(1, 10)), sale("C2", "200.00", at(2, 10))]
        ledger = settle(sold, plan=versions, as_of=LATE)
        assert [one.earnings for one in ledger.postings if one.line_id == "C2" and one.earnings] == [brl("20.00")]

    def test_a_refund_under_the_earlier_version_is_not_the_later_ones_sale(self):
        """January's sale went back; March's earns its 10 %."""
        old = plan(attainment="quarter", modifiers=[Cap(5000)], clawback=Clawback())
        versions = Dated.since(date(2026, 1, 1), old).starting(date(2026, 2, 1), plan(attainment="quarter"))
        sold = [sale("C1", "1000.00", at(1, 10)), sale("C2", "200.00", at(3, 10))]
        gone = Reversal(id="X", opportunity_id="D-C1", kind="refund", amount=brl("1000.00"), at=at(2, 5))
        ledger = settle(sold, plan=versions, reversals=[gone], as_of=LATE)
        assert ledger.balance("acme").net == brl("20.00")


class TestPromises:
    """What a guarantee makes up is due like any commission, and what a draw pays back is not."""

    def test_a_draw_can_be_paid_out_and_is_paid_back(self):
        """200 made up to 1,000; then 500 of the 1,500 pay back a part of the 800."""
        drawn = plan(FlatRate(1), guarantee=Guarantee(amount=1000, recoverable=True))
        sold = [sale("C1", "200.00", at(1, 5)), sale("C2", "1500.00", at(2, 5))]
        for on, due, advanced in (
            (at(1, 31), "200.00", "0.00"),
            (at(2, 2), "1000.00", "800.00"),
            (at(3, 2), "2000.00", "300.00"),
        ):
            ledger = settle(sold, plan=drawn, as_of=on)
            (payable,) = ledger.payables
            assert (payable.amount, ledger.balance("acme").due) == (brl(due), brl(due))
            assert ledger.balance("acme").advanced == brl(advanced)
        paid = Payout(id="O", partner_id="acme", gross=brl("2000.00"), at=at(3, 2))
        assert settle(sold, plan=drawn, payouts=[paid], as_of=at(3, 2)).balance("acme").due == brl("0.00")
        with pytest.raises(InvalidValue, match=r"by then, 2000\.00 BRL"):
            settle(sold, plan=drawn, payouts=[paid.replace(gross=brl("2000.01"))], as_of=at(3, 2))

    def test_each_step_has_the_day_after_its_period(self):
        """Drawn for January, paid back in part out of February, and the rest forgiven when the quarter ends."""
        drawn = plan(FlatRate(1), guarantee=Guarantee(amount=1000, recoverable=True, forgive_every="quarter"))
        sold = [sale("C1", "200.00", at(1, 5)), sale("C2", "1500.00", at(2, 5)), sale("C3", "1000.00", at(3, 5))]
        ledger = settle(sold, plan=drawn, as_of=at(4, 30))
        steps = [one for one in ledger.postings if one.kind in ("drawn", "repaid", "forgiven")]
        assert [(one.kind.value, str(one.amount.amount), one.effective_on) for one in steps if one.amount] == [
            ("drawn", "800.00", date(2026, 2, 1)),
            ("repaid", "500.00", date(2026, 3, 1)),
            ("forgiven", "300.00", date(2026, 4, 1)),
        ]
        assert len({one.key for one in ledger.postings}) == len(ledger.postings)

    def test_partners_come_by_name(self):
        """Whoever sold first."""
        sold = [sale("C1", "10.00", at(1, 5), "zinnia"), sale("C2", "10.00", at(1, 6), "acme")]
        assert [one.partner_id for one in settle(sold, plan=plan(), as_of=LATE).payables] == ["acme", "zinnia"]
