"""Capitalised commission, postings undone by hand, and draws that come back in instalments."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from partnerops import Credit, Money, Payment, Reversal
from partnerops.commission import Basis, Clawback, CommissionPlan, FlatRate, PostingKind, settle
from partnerops.commission.modifiers import Guarantee
from partnerops.commission.reports import amortise, capitalise, compare_ledgers
from partnerops.entities import Adjustment, Payout
from partnerops.exceptions import CurrencyMismatch, InvalidValue, UnknownName


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sale(id: str, amount: str, when: datetime) -> Credit:
    return Credit(id=id, opportunity_id=f"D-{id}", partner_id="acme", amount=brl(amount), at=when)


def back(id: str, deal: str, amount: str, when: datetime) -> Reversal:
    return Reversal(id=id, opportunity_id=deal, kind="refund", amount=brl(amount), at=when)


PLAN = CommissionPlan(id="p", schedule=FlatRate("0.10"), clawback=Clawback())


class TestAmortise:
    """Equal parts, to the cent."""

    def test_five_thousand_over_three_years(self):
        """138.89 the first month, and the sum exact: 36 times 138.89 would be 4 cents too much."""
        months = amortise(brl("5000.00"), months=36, start=date(2026, 1, 31)).months
        assert months[0].amortised == brl("138.89")
        assert Money.total([one.amortised for one in months], "BRL") == brl("5000.00")
        assert (months[-1].period.start, months[-1].closing) == (date(2028, 12, 1), brl("0.00"))

    def test_an_impairment_leaves_less_to_spread(self):
        """1,200 over a year, 600 taken back in the fourth month: 900 less 600 over nine months."""
        schedule = amortise(
            brl("1200.00"), months=12, start=date(2026, 1, 5), impairments=[(date(2026, 4, 2), brl("600.00"))]
        )
        march, april = schedule.months[2:4]
        assert (march.amortised, march.closing) == (brl("100.00"), brl("900.00"))
        assert (april.impaired, april.amortised, april.closing) == (brl("600.00"), brl("33.33"), brl("266.67"))
        assert schedule.carried(date(2026, 12, 31)) == brl("0.00")
        assert schedule.carried(date(2027, 1, 1)) == brl("0.00")

    def test_no_more_than_is_carried(self):
        """What exceeds it was amortised already; nothing is left to spread."""
        late = amortise(
            brl("1200.00"), months=12, start=date(2026, 1, 5), impairments=[(date(2026, 11, 2), brl("600.00"))]
        )
        assert [str(one.impaired.amount) for one in late.months[9:]] == ["0.00", "200.00", "0.00"]
        assert [str(one.amortised.amount) for one in late.months[9:]] == ["100.00", "0.00", "0.00"]

    @pytest.mark.parametrize(
        ("cost", "arguments", "error", "message"),
        [
            (brl("1.00"), {"months": 0}, InvalidValue, "months must be a whole number from 1 to 1200"),
            (5, {}, InvalidValue, "cost must be a Money"),
            (brl("1.00"), {"start": "2026"}, InvalidValue, "start must be a date"),
            (brl("1.00"), {"impairments": [(date(2026, 2, 1), Money("1", "USD"))]}, CurrencyMismatch, "impair"),
            (brl("1.00"), {"impairments": [(date(2025, 12, 31), brl("1.00"))]}, InvalidValue, r"impairments\[0\]"),
            (brl("1.00"), {"impairments": [(date(2026, 2, 1), brl("-1.00"))]}, InvalidValue, r"impairments\[0\]"),
        ],
    )
    def test_refused(self, cost, arguments, error, message):
        """With its place."""
        with pytest.raises(error, match=message):
            amortise(cost, **{"months": 12, "start": date(2026, 1, 5), **arguments})


class TestCapitalise:
    """A whole ledger as an asset."""

    def test_earnings_clawbacks_and_credit_notes(self):
        """Two sales and a negative one; entries by hand are no asset."""
        by_hand = Adjustment(id="M", partner_id="acme", amount=brl("7.00"), at=at(1, 9), reason="goodwill")
        credits = [sale("C1", "12000.00", at(1, 5)), sale("C2", "6000.00", at(3, 5)), sale("C3", "-100.00", at(3, 6))]
        ledger = settle(
            credits,
            plan=PLAN,
            reversals=[back("X", "D-C1", "6000.00", at(4, 1))],
            adjustments=[by_hand],
            as_of=at(5, 1),
        )
        schedule = capitalise(ledger, months=12, currency="BRL")
        rows = {
            str(one.period): tuple(
                str(money.amount) for money in (one.capitalised, one.impaired, one.amortised, one.closing)
            )
            for one in schedule.months
        }
        assert rows["2026-01"] == ("1200.00", "0.00", "100.00", "1100.00")
        assert rows["2026-03"] == ("590.00", "0.00", "149.17", "1440.83")
        assert rows["2026-04"] == ("0.00", "600.00", "82.49", "758.34")
        assert schedule.months[-1].closing == brl("0.00")
        assert str(schedule).startswith("1,790.00 BRL capitalised over 2026-01 to 2027-02, 600.00 BRL impaired")
        assert "<svg" in schedule._repr_html_()
        assert capitalise(ledger, months=12, currency="USD").months == ()

    def test_a_superseded_credit_note_leaves_nothing_below_zero(self):
        """It was no asset after all."""
        wrong = sale("C1", "-120.00", at(1, 5))
        right = sale("C2", "-60.00", at(1, 5)).replace(opportunity_id="D-C1", supersedes="C1", recorded_at=at(2, 1))
        schedule = capitalise(settle([wrong, right], plan=PLAN, as_of=at(3, 1)), months=1, currency="BRL")
        (january,) = schedule.months
        assert (january.capitalised, january.impaired, january.amortised) == (
            brl("-18.00"),
            brl("-12.00"),
            brl("-6.00"),
        )

    def test_months_without_commission_are_there(self):
        """And a refund that is dated before its sale impairs it on its first day."""
        credits = [sale("C1", "100.00", at(1, 5)), sale("C2", "100.00", at(6, 5))]
        early = back("X", "D-C2", "50.00", at(5, 1)).replace(recorded_at=at(6, 9))
        ledger = settle(credits, plan=PLAN, reversals=[early], as_of=at(7, 1))
        schedule = capitalise(ledger, months=2, currency="BRL")
        assert [str(one.closing.amount) for one in schedule.months] == ["5.00", *["0.00"] * 4, "2.50", "0.00"]


class TestReverse:
    """One posting undone: exactly minus what is stored, as a fact of its own."""

    def test_and_undone_again(self):
        """Earned, clawed back and adjusted amounts alike."""
        credits, taken = [sale("C", "1000.00", at(1, 5))], [back("X", "D-C", "400.00", at(2, 1))]
        facts = {"plan": PLAN, "reversals": taken, "as_of": at(4, 1)}
        ledger = settle(credits, **facts)
        for key, net in (("earned:C:C", "-40.00"), ("cancelled:X:C:due", "100.00")):
            undo = ledger.reverse(key, at=at(3, 1), reason="booked twice", approved_by="rui")
            once = settle(credits, adjustments=[undo, undo], **facts)
            assert once.balance("acme").net == brl(net)
            again = once.reverse(f"adjusted:{undo.id}:{undo.credit_id or ''}", at=at(3, 2), reason="it was not")
            twice = settle(credits, adjustments=[undo, again], **facts)
            assert twice.balance("acme").net == ledger.balance("acme").net
        assert [one.source_id for one in once.explain("C").postings] == ["C", "X"]

    def test_it_names_the_sale_where_there_is_one(self):
        """So that the earning explains it; a part of a sale has no credit of its own."""
        ledger = settle([sale("C", "1000.00", at(1, 5))], plan=PLAN, as_of=at(2, 1))
        assert ledger.reverse("earned:C:C", at=at(2, 1), reason="r").credit_id == "C"
        paid = Payment(id="P", opportunity_id="D-C", amount=brl("1000.00"), at=at(1, 6))
        waiting = settle(
            [sale("C", "1000.00", at(1, 5))],
            plan=PLAN.replace(basis=Basis(on="payment")),
            payments=[paid],
            as_of=at(2, 1),
        )
        undo = waiting.reverse("earned:P:C@P", at=at(2, 1), reason="r")
        assert (undo.credit_id, undo.amount, undo.reason) == (None, brl("-100.00"), "r (reverses earned:P:C@P)")

    def test_refused(self):
        """What moves no earnings, and what is not there."""
        out = Payout(id="O", partner_id="acme", gross=brl("100.00"), at=at(1, 9))
        ledger = settle([sale("C", "1000.00", at(1, 5))], plan=PLAN, payouts=[out], as_of=at(2, 1))
        with pytest.raises(InvalidValue, match=r"reverse\(key\) must be a posting that earned"):
            ledger.reverse("paid:O:", at=at(2, 1), reason="r")
        with pytest.raises(UnknownName, match="no posting 'earned:C:D'; did you mean 'earned:C:C'"):
            ledger.reverse("earned:C:D", at=at(2, 1), reason="r")


def test_entries_by_hand_are_flagged_where_their_base_changed():
    """A rerun keeps them; the difference says which earnings they stand on."""
    by_hand = Adjustment(id="M", partner_id="acme", amount=brl("7.00"), at=at(1, 9), reason="goodwill", credit_id="C1")
    credits = [sale("C1", "1000.00", at(1, 5)), sale("C2", "1000.00", at(1, 6))]
    before, after = (
        settle(credits, plan=PLAN.replace(schedule=FlatRate(rate)), adjustments=[by_hand], as_of=at(2, 1))
        for rate in ("0.10", "0.12")
    )
    found = compare_ledgers(before, after)
    assert [(one.line_id, one.by_hand) for one in found.changes] == [("C1", ("M",)), ("C2", ())]
    assert str(found.to_dicts()[0]["cause"]).endswith("; corrected by hand in M")


class TestRecoveryOfDraws:
    """A draw comes back out of what exceeds it, within limits."""

    @pytest.mark.parametrize(
        ("limits", "repaid", "left"),
        [
            ({}, ["500.00"], "0.00"),
            ({"recover_share": "0.25"}, ["250.00", "250.00"], "0.00"),
            ({"recover_amount": 200}, ["200.00", "200.00"], "100.00"),
            ({"recover_share": "0.10", "recover_amount": 200}, ["100.00", "100.00"], "300.00"),
        ],
    )
    def test_limits(self, limits, repaid, left):
        """500 drawn in January; February and March earn 1,000 above the draw."""
        drawn = CommissionPlan(
            id="p", schedule=FlatRate(1), currency="BRL", guarantee=Guarantee(amount=2000, recoverable=True, **limits)
        )
        credits = [sale("C1", "1500.00", at(1, 5)), sale("C2", "3000.00", at(2, 5)), sale("C3", "3000.00", at(3, 5))]
        ledger = settle(credits, plan=drawn, as_of=date(2026, 4, 1))
        assert [str(one.amount.amount) for one in ledger.postings if one.kind is PostingKind.REPAID] == repaid
        assert ledger.balance("acme").advanced == brl(left)

    def test_siebels_six_months(self):
        """2750, 3000, 1500, 2375, 3000, 2750 against a draw of 2,000 pay 2750, 3000, 2000, 2000, 2875, 2750."""
        drawn = CommissionPlan(
            id="p", schedule=FlatRate(1), currency="BRL", guarantee=Guarantee(amount=2000, recoverable=True)
        )
        sums = ["2750.00", "3000.00", "1500.00", "2375.00", "3000.00", "2750.00"]
        credits = [sale(f"C{n}", amount, at(n, 10)) for n, amount in enumerate(sums, 1)]
        reached = [settle(credits, plan=drawn, as_of=date(2026, n, 1)).balance("acme").due for n in range(2, 8)]
        paid = [after - before for before, after in zip([brl("0.00"), *reached], reached, strict=False)]
        assert [int(one.amount) for one in paid] == [2750, 3000, 2000, 2000, 2875, 2750]

    def test_oracles_three_months(self):
        """500, 700 and 400 against 1,000 leave 500, 800 and 1,400 to be recovered."""
        drawn = CommissionPlan(
            id="p", schedule=FlatRate(1), currency="BRL", guarantee=Guarantee(amount=1000, recoverable=True)
        )
        credits = [sale(f"C{n}", amount, at(n, 10)) for n, amount in enumerate(["500.00", "700.00", "400.00"], 1)]
        found = [settle(credits, plan=drawn, as_of=date(2026, n, 1)).balance("acme").advanced for n in (2, 3, 4)]
        assert [int(one.amount) for one in found] == [500, 800, 1400]

    def test_a_minimum_is_never_recovered(self):
        """So there is nothing to limit."""
        with pytest.raises(InvalidValue, match=r"Guarantee\.recoverable must be True"):
            Guarantee(amount=5, recover_amount=1)
