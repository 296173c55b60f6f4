"""What a settlement answers where there is nothing to pay, and what it says to arguments that cannot be right."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from partnerops import (
    Agreement,
    Calendar,
    Credit,
    Dataset,
    Money,
    Opportunity,
    OpportunityLine,
    Payment,
    Period,
    Reversal,
)
from partnerops.commission import (
    Basis,
    Clawback,
    CommissionPlan,
    FixedAmount,
    FlatRate,
    GraduatedTiers,
    Incentive,
    OnQuota,
    Tier,
    settle,
)
from partnerops.commission.details import Eased
from partnerops.commission.modifiers import Cap, Floor, Guarantee, Split, UplineOverride, Where
from partnerops.commission.reports import what_if
from partnerops.exceptions import InvalidValue, NaiveDatetime, NotCompilable, PartnerOpsError

EVER = Period.parse("2020-01-01/2040-01-01")
TIERS = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sale(id: str, amount: str, when: datetime, partner: str = "acme", **more) -> Credit:
    return Credit(id=id, opportunity_id=f"D-{id}", partner_id=partner, amount=brl(amount), at=when, **more)


def paid(id: str, amount: str, when: datetime) -> Payment:
    return Payment(id=id, opportunity_id="D-C", amount=brl(amount), at=when)


def plan(schedule=None, **more) -> CommissionPlan:
    return CommissionPlan(id=more.pop("id", "p"), schedule=schedule or FlatRate("0.10"), **more)


def lines(ledger, partner="acme"):
    return [(one.source_id, str(one.amount.amount)) for one in ledger.statement(partner, EVER, currency="BRL").lines]


class TestNothing:
    """A sale without commission has no posting and still an explanation."""

    def test_the_credits_tell_the_currency(self):
        """Of a sale of nothing, one that rounds to nothing, and one that is yet to come."""
        for amount, as_of in (("0.00", at(2, 1)), ("0.04", at(2, 1)), ("100.00", at(1, 1))):
            ledger = settle([sale("C", amount, at(1, 5))], plan=plan(), as_of=as_of)
            assert (ledger.postings, ledger.balance("acme").earned) == ((), brl("0.00"))

    def test_two_currencies_tell_none(self):
        """Then it has to be named."""
        dollars = Credit(id="U", opportunity_id="D-U", partner_id="acme", amount=Money("1.00", "USD"), at=at(3, 1))
        ledger = settle([sale("C", "1.00", at(3, 1)), dollars], plan=plan(), as_of=at(1, 1))
        with pytest.raises(InvalidValue, match="currency must be named"):
            ledger.balance("acme")

    @pytest.mark.parametrize(
        ("amount", "schedule", "because"),
        [
            ("0.00", FlatRate("0.10"), "a sale of nothing under 10 %"),
            ("0.04", FlatRate("0.10"), "10 % on 0.04 BRL: a sale of 0.04 BRL"),
            ("9.00", GraduatedTiers([Tier(0, 0), Tier(10, "0.1")]), "0 % on 9.00 BRL: a sale of 9.00 BRL"),
        ],
    )
    def test_why(self, amount, schedule, because):
        """The schedule says so."""
        ledger = settle([sale("C", amount, at(1, 5))], plan=plan(schedule), as_of=at(2, 1))
        (nothing,) = ledger.unearned
        assert (nothing.line_id, nothing.partner_id, nothing.because) == ("C", "acme", because)
        found = ledger.explain("C")
        assert (found.net, found.partner_id) == (brl("0.00"), "acme")
        assert found.to_dicts()[0]["because"] == because
        assert str(found).startswith("C of acme: earned nothing")

    def test_it_waits_for_its_customer(self):
        """Until the first payment, and no longer."""
        waiting = plan(basis=Basis(on="payment"))
        early, late = (
            settle([sale("C", "100.00", at(1, 5))], plan=waiting, payments=[paid("P", "50.00", at(2, 5))], as_of=as_of)
            for as_of in (at(2, 1), at(3, 1))
        )
        assert early.explain("C").to_dicts()[0]["because"] == "waiting for the customer's first payment"
        assert late.unearned == ()

    def test_its_months_are_over(self):
        """The payment after the last month is named."""
        limited = plan(basis=Basis(on="payment", recurring_months=2))
        payments = [paid("P1", "10.00", at(1, 31)), paid("P2", "10.00", at(3, 31))]
        ledger = settle([sale("C", "20.00", at(1, 5))], plan=limited, payments=payments, as_of=at(4, 1))
        (nothing,) = ledger.unearned
        assert (nothing.line_id, nothing.because) == ("C@P2", "2 months from the first commission are over")

    def test_the_plan_leaves_it_out(self):
        """A part of a deal, and the rule that does."""
        halves = [OpportunityLine(product=name, amount=brl("50.00")) for name in ("erp", "care")]
        deal = Opportunity(
            id="D-C", stage="won", status="won", amount=brl("100.00"), created_at=at(1, 1), closed_at=at(1, 5),
            lines=halves,
        )  # fmt: skip
        without = plan(basis=Basis(exclude=Where(products=["care"])))
        ledger = settle(
            [sale("C", "100.00", at(1, 5))], plan=without, data=Dataset(opportunities=[deal]), as_of=at(2, 1)
        )
        assert [one.because for one in ledger.unearned] == ["the plan leaves out product care"]
        assert lines(ledger) == [("C", "5.00")]

    def test_what_is_on_top_is_no_news(self):
        """A milestone that is not reached is not listed; a superseded credit no longer is."""
        goal = Incentive(id="goal", schedule=GraduatedTiers([Tier(0, 0), Tier(1000, 0, flat=9)]), attainment="year")
        ledger = settle([sale("C", "100.00", at(1, 5))], plan=plan(incentives=[goal]), as_of=at(2, 1))
        assert ledger.unearned == ()
        again = [sale("C", "0.00", at(1, 5)), sale("E", "100.00", at(1, 5), supersedes="C", recorded_at=at(1, 9))]
        assert settle(again, plan=plan(), as_of=at(2, 1)).unearned == ()


class TestPaidInParts:
    """Payments of one sale add up to it."""

    def test_tiers_caps_floors_and_bounties_see_one_sale(self):
        """Two payments of 1,000 are a sale of 2,000."""
        payments = [paid("P1", "1000.00", at(2, 1)), paid("P2", "1000.00", at(3, 1))]
        for changes, wanted in (
            ({"schedule": TIERS}, [("P1", "100.00"), ("P2", "200.00")]),
            ({"modifiers": [Cap(150)]}, [("P1", "100.00"), ("P2", "50.00")]),
            ({"modifiers": [Floor(120)]}, [("P1", "120.00"), ("P2", "80.00")]),
            ({"schedule": FixedAmount(70)}, [("P1", "70.00")]),
        ):
            parts = plan(basis=Basis(on="payment"), **changes)
            ledger = settle([sale("C", "2000.00", at(1, 5))], plan=parts, payments=payments, as_of=at(4, 1))
            assert lines(ledger) == wanted

    def test_thirds_lose_no_cent(self):
        """333.33, 333.33 and 333.34 of a sale of 1,000 earn its 100.00; the words name the sale."""
        payments = [paid(f"P{n}", "333.33" if n < 3 else "333.34", at(n, 1)) for n in (1, 2, 3)]
        credit = sale("C", "1000.00", at(1, 1))
        ledger = settle([credit], plan=plan(basis=Basis(on="payment")), payments=payments, as_of=at(4, 1))
        assert lines(ledger) == [("P1", "33.33"), ("P2", "33.34"), ("P3", "33.33")]
        assert "from 333.33 BRL to 666.66 BRL in payments of this sale" in ledger.explain("C@P2").lines[0].because

    def test_a_cap_is_withheld_once(self):
        """In sight, for the sale and not for each payment."""
        capped = plan(basis=Basis(on="payment"), modifiers=[Cap(50)])
        payments = [paid("P1", "1000.00", at(2, 1)), paid("P2", "1000.00", at(3, 1))]
        ledger = settle([sale("C", "2000.00", at(1, 5))], plan=capped, payments=payments, as_of=at(4, 1))
        assert [one.amount for one in ledger.withheld] == [brl("150.00")]


class TestZones:
    """Dates are those of the partner's own plan."""

    def test_a_window_ends_on_the_clocks_of_the_plan(self):
        """01:00 UTC on 15 February is the 14th in São Paulo, within a month of 15 January."""
        default = plan(clawback=Clawback(within_months=1))
        own = default.replace(id="own", calendar=Calendar("America/Sao_Paulo"))
        signed = Agreement(id="A", partner_id="acme", plan_id="own", effective_from=date(2026, 1, 1))
        undone = Reversal(id="X", opportunity_id="D-C", kind="refund", amount=brl("100.00"), at=at(2, 15, 1))
        facts = {"reversals": [undone], "as_of": at(3, 1)}
        assert lines(settle([sale("C", "100.00", at(1, 15))], plan=default, **facts)) == [("C", "10.00")]
        ledger = settle([sale("C", "100.00", at(1, 15))], plan=default, plans=[own], agreements=[signed], **facts)
        assert lines(ledger) == [("C", "10.00"), ("X", "-10.00")]
        assert ledger.postings[-1].effective_on == date(2026, 2, 14)


class TestArguments:
    """Each with its place and what to give instead."""

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"credits": None}, r"settle\(credits\) must be a list of Credits"),
            ({"credits": sale("C", "1.00", at(1, 1))}, r"settle\(credits\) must be a list of Credits"),
            ({"payments": "P-1"}, r"settle\(payments\) must be a list of Payments"),
            ({"agreements": 1}, r"settle\(agreements\) must be a list of Agreements"),
            ({"plans": plan()}, r"settle\(plans\) must be a list of CommissionPlans"),
            ({"data": {}}, r"settle\(data=...\) must be a Dataset"),
            ({"rates": {}}, r"settle\(rates=...\) must be ExchangeRates"),
            ({"currency": "XXZ"}, r"settle\(currency=...\)"),
            ({"as_of": "2026-01-01"}, "as_of must be a date"),
        ],
    )
    def test_of_settle(self, arguments, message):
        """Nothing is settled."""
        facts = {"credits": [], "plan": plan(), "as_of": at(2, 1), **arguments}
        with pytest.raises(PartnerOpsError, match=message):
            settle(facts.pop("credits"), **facts)

    def test_a_naive_as_of(self):
        """It is named as it was given."""
        with pytest.raises(NaiveDatetime, match="as_of must be an aware datetime"):
            settle([], plan=plan(), as_of=datetime(2026, 1, 1))

    def test_of_statement(self):
        """A period, not its name."""
        with pytest.raises(InvalidValue, match=r"statement\(period\) must be a Period"):
            settle([], plan=plan(), currency="BRL", as_of=at(2, 1)).statement("acme", "2026-01")

    def test_of_plans(self):
        """Amounts that make no sense."""
        with pytest.raises(InvalidValue, match="minimum_payout must be at least 0"):
            plan(minimum_payout=brl("-1.00"))
        with pytest.raises(InvalidValue, match=r"OnQuota\.quota must be above 0"):
            OnQuota(TIERS, quota=0)
        with pytest.raises(InvalidValue, match=r"Clawback\.grace must be at least 0"):
            Clawback(grace=-1)

    def test_a_schedule_with_grace_in_words(self):
        """As explanations of a user's own name it; its position is a whole number."""
        with pytest.raises(InvalidValue, match=r"Eased\.top must be a whole number, at least -1"):
            Eased(FlatRate("0.10"), -2, Decimal(500))
        assert str(Eased(FlatRate("0.10"), -1, Decimal(500))) == "10 %, with a grace of 500"


class TestCompiled:
    """Tables get a plan that is a schedule, and never one with something left out."""

    def test_a_schedule_with_its_period(self):
        """Clawback and minimum payout are not about what sales earn."""
        full = plan(TIERS, attainment="quarter", hold_days=30, clawback=Clawback(), minimum_payout=brl("5.00"))
        assert full.compiled().schedule == TIERS.compiled()

    @pytest.mark.parametrize(
        "changes",
        [
            {"modifiers": [Cap(5)]},
            {"basis": Basis(of="net", deduct="0.1")},
            {"incentives": [Incentive(id="i", schedule=FlatRate("0.1"))]},
            {"splits": [Split({"birch": "0.5"})]},
            {"overrides": UplineOverride(["0.1"])},
            {"guarantee": Guarantee(amount=5)},
            {"documents": ["contract"]},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_more_than_a_schedule_is_refused(self, changes):
        """By name."""
        with pytest.raises(NotCompilable, match=f"plan p with {next(iter(changes))} has no compiled"):
            plan(**changes).compiled()

    def test_a_quota_of_each_partners_own(self):
        """There is no table of it."""
        with pytest.raises(NotCompilable, match="OnQuota"):
            plan(OnQuota(TIERS)).compiled()


class TestWhatIf:
    """The same facts under another plan, agreements included."""

    def test_agreements_move_with_the_plan_they_name(self):
        """Another plan's partners stay where they are."""
        now, then, other = plan(), plan(FlatRate("0.12"), id="new"), plan(FlatRate("0.30"), id="other")
        signed = [
            Agreement(id="A", partner_id="acme", plan_id="p", effective_from=date(2026, 1, 1)),
            Agreement(id="B", partner_id="birch", plan_id="other", effective_from=date(2026, 1, 1)),
        ]
        credits = [sale("C1", "100.00", at(1, 5)), sale("C2", "100.00", at(1, 6), "birch")]
        data = Dataset(credits=credits, agreements=signed)
        found = what_if(data, plan=now, instead=then, plans=[other], as_of=at(2, 1))
        assert [(one.partner_id, str(one.difference)) for one in found.changes] == [("acme", "2.00 BRL")]
