"""Sales that come and go in parts: partial refunds through modifiers, credit notes, versions between payments."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from partnerops import Credit, Dataset, Dated, Money, Payment, Reversal
from partnerops.commission import Basis, Clawback, CommissionPlan, FlatRate, Tier, VolumeTiers, settle
from partnerops.commission.modifiers import Cap, Guarantee, Split
from partnerops.commission.reports import what_if

EVER = date(2026, 12, 31)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sale(id: str, amount: str, when: datetime, deal: str = "", **more) -> Credit:
    return Credit(id=id, opportunity_id=deal or f"D-{id}", partner_id="acme", amount=brl(amount), at=when, **more)


def back(id: str, deal: str, amount: str, when: datetime) -> Reversal:
    return Reversal(id=id, opportunity_id=deal, kind="refund", amount=brl(amount), at=when)


def paid(id: str, amount: str, when: datetime) -> Payment:
    return Payment(id=id, opportunity_id="D-C", amount=brl(amount), at=when)


PLAN = CommissionPlan(id="p", schedule=FlatRate("0.10"), clawback=Clawback(), currency="BRL")
VOLUME = VolumeTiers([Tier(0, "0.05"), Tier(1000, "0.10")], boundary="upper")


class TestPartialRefunds:
    """A sale that falls below its own threshold loses the rate, also through modifiers."""

    @pytest.mark.parametrize("modifiers", [(), (Cap(5000),), (Cap(5000, per="month"),)])
    def test_two_refunds_take_what_one_takes(self, modifiers):
        """1,500 at 10 % is 150; 700 of it at 5 % is 35; and nothing of it is nothing."""
        plan = PLAN.replace(schedule=VOLUME, modifiers=modifiers)
        refunds = [back("X1", "D-C", "800.00", at(2, 1)), back("X2", "D-C", "700.00", at(3, 1))]
        nets = [
            settle([sale("C", "1500.00", at(1, 5))], plan=plan, reversals=refunds, as_of=on).balance("acme").net
            for on in (at(2, 2), at(3, 2))
        ]
        assert nets == [brl("35.00"), brl("0.00")]

    @pytest.mark.parametrize("modifiers", [(), (Cap(5000),), (Cap(5000, per="month"),)])
    def test_who_was_paid_a_half_loses_a_half(self, modifiers):
        """Half of 150, then half of the 35 that 700 are worth."""
        plan = PLAN.replace(schedule=VOLUME, modifiers=modifiers, splits=[Split({"birch": "0.5"}, whole_attains=True)])
        facts = {"plan": plan, "reversals": [back("X", "D-C", "800.00", at(2, 1))]}
        for on, net in ((at(1, 31), "75.00"), (at(2, 2), "17.50")):
            ledger = settle([sale("C", "1500.00", at(1, 5))], as_of=on, **facts)
            assert {name: ledger.balance(name).net for name in ("acme", "birch")} == {
                "acme": brl(net),
                "birch": brl(net),
            }

    def test_its_own_fall_stays_with_it(self):
        """And does not reach the sale that shares its cap."""
        plan = PLAN.replace(schedule=VOLUME, modifiers=[Cap(5000, per="month")])
        credits = [sale("C", "1500.00", at(1, 5)), sale("B", "1500.00", at(1, 6))]
        ledger = settle(credits, plan=plan, reversals=[back("X", "D-C", "800.00", at(2, 1))], as_of=EVER)
        assert (ledger.explain("C").net, ledger.explain("B").net) == (brl("35.00"), brl("150.00"))


def test_at_the_rate_booked_what_a_cap_withheld_goes_with_its_sale():
    """A sale of 600 is refunded, and 10 of its 60 were withheld: the next sale of 400 earns 40 and not 50."""
    plan = PLAN.replace(clawback=Clawback(tier_effect="booked_rate"), modifiers=[Cap(50, per="quarter")])
    facts = {"plan": plan, "reversals": [back("X", "D-A", "600.00", at(2, 1))], "as_of": EVER}
    assert settle([sale("A", "600.00", at(1, 5))], **facts).withheld == ()
    both = settle([sale("A", "600.00", at(1, 5)), sale("B", "400.00", at(3, 1))], **facts)
    assert both.balance("acme").net == brl("40.00")


class TestCreditNotes:
    """What a credit note took back is no part of what a refund can still take."""

    def test_the_rest_refunded(self):
        """1,000 less 100, and 900 refunded: nothing is left, and nothing is owed."""
        credits = [sale("C", "1000.00", at(1, 5)), sale("N", "-100.00", at(1, 6), "D-C")]
        ledger = settle(credits, plan=PLAN, reversals=[back("X", "D-C", "900.00", at(2, 1))], as_of=EVER)
        assert ledger.balance("acme").net == brl("0.00")

    def test_the_rest_paid(self):
        """A customer that pays 900 has not paid 1,000."""
        credits = [sale("C", "1000.00", at(1, 5)), sale("N", "-100.00", at(1, 6), "D-C")]
        plan = PLAN.replace(basis=Basis(on="payment"))
        payments = [paid("P1", "450.00", at(2, 1)), paid("P2", "450.00", at(3, 1))]
        found = [
            settle(credits, plan=plan, payments=payments, as_of=on).balance("acme").net for on in (at(2, 2), at(3, 2))
        ]
        assert found == [brl("45.00"), brl("90.00")]


@pytest.mark.parametrize(
    ("terms", "net"), [({"modifiers": [Cap(50)]}, "50.00"), ({"schedule": VOLUME}, "100.00")]
)  # fmt: skip
def test_a_version_that_holds_longer_begins_no_sale_anew(terms, net):
    """Payments before and after it share the tiers and the cap of their sale."""
    first = PLAN.replace(basis=Basis(on="payment", rated_on="payment"), **terms)
    versions = Dated.since(date(2026, 1, 1), first).starting(
        date(2026, 3, 1), first.replace(version="2", hold_days=10)
    )  # fmt: skip
    payments = [paid("P1", "600.00", at(2, 1)), paid("P2", "400.00", at(4, 1))]
    ledger = settle([sale("C", "1000.00", at(1, 5))], plan=versions, payments=payments, as_of=EVER)
    assert ledger.balance("acme").net == brl(net)


def test_a_draw_that_was_paid_back_is_not_given_twice():
    """A late sale makes January's draw too much after it was paid back; superseding that sale leaves all as it was."""
    plan = PLAN.replace(guarantee=Guarantee(amount=1000, recoverable=True))
    credits = [sale("C1", "5000.00", at(1, 10)), sale("C2", "30000.00", at(2, 10))]
    late = [
        sale("C3", "4000.00", at(1, 20), recorded_at=at(3, 10)),
        sale("C4", "0.00", at(1, 20), "D-C3", recorded_at=at(3, 11), supersedes="C3"),
    ]
    before, after = (
        settle(found, plan=plan, as_of=date(2026, 3, 20)).balance("acme") for found in (credits, credits + late)
    )
    assert after == before


def test_undoing_an_undo_shows_on_the_sale():
    """What is left of it is what it was."""
    credits = [sale("C", "1000.00", at(1, 5))]
    ledger = settle(credits, plan=PLAN, as_of=EVER)
    undo = ledger.reverse("earned:C:C", at=at(2, 1), reason="twice")
    once = settle(credits, plan=PLAN, adjustments=[undo], as_of=EVER)
    again = once.reverse(once.postings[-1].key, at=at(3, 1), reason="it was not")
    twice = settle(credits, plan=PLAN, adjustments=[undo, again], as_of=EVER)
    assert [ledger.explain("C").net for ledger in (ledger, once, twice)] == [brl("100.00"), brl("0.00"), brl("100.00")]


def test_what_if_among_all_plans():
    """The plan in force may stand among them."""
    found = what_if(
        Dataset(credits=[sale("C", "1000.00", at(1, 5))]),
        plan=PLAN,
        instead=PLAN.replace(version="2", schedule=FlatRate("0.20")),
        plans=[PLAN],
        as_of=EVER,
    )
    assert found.total("acme", "BRL") == brl("100.00")
