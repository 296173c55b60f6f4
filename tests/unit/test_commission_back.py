"""Giving back through whatever a plan says: caps and floors, bounties paid in parts, entries by hand, and the words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from partnerops import Credit, Dataset, Money, Opportunity, OpportunityLine, Payment, Period, Reversal
from partnerops.commission import (
    Basis,
    Clawback,
    CommissionPlan,
    FixedAmount,
    FlatRate,
    GraduatedTiers,
    Incentive,
    ProRata,
    RateRule,
    Tier,
    VolumeTiers,
    settle,
)
from partnerops.commission.modifiers import Cap, Floor, Uplift, Where
from partnerops.entities import Payout
from partnerops.exceptions import PolicyBrokeContract

EVER = Period.parse("2020-01-01/2040-01-01")
TIERS = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
BOOKED = Clawback(tier_effect="booked_rate")
PAID = Basis(on="payment")


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sale(id: str, amount: str, when: datetime, **more) -> Credit:
    deal = more.pop("deal", f"D-{id}")
    return Credit(id=id, opportunity_id=deal, partner_id="acme", amount=brl(amount), at=when, **more)


def back(id: str, deal: str, amount: str, when: datetime, kind: str = "refund") -> Reversal:
    return Reversal(id=id, opportunity_id=deal, kind=kind, amount=brl(amount), at=when)


def paid(id: str, amount: str, when: datetime) -> Payment:
    return Payment(id=id, opportunity_id="D-C", amount=brl(amount), at=when)


def plan(schedule=None, **more) -> CommissionPlan:
    more.setdefault("clawback", Clawback())
    return CommissionPlan(id="p", schedule=schedule or FlatRate("0.10"), **more)


def lines(ledger) -> list[tuple[str, str | None, str]]:
    found = ledger.statement("acme", EVER, currency="BRL").lines
    return [(one.source_id, one.line_id, str(one.amount.amount)) for one in found]


def deal(*lines: tuple[str, str]) -> Dataset:
    """One won deal D-C with these lines."""
    parts = [OpportunityLine(product=product, amount=brl(amount)) for product, amount in lines]
    amount = Money.total([one.amount for one in parts])
    won = Opportunity(
        id="D-C", stage="won", status="won", amount=amount, created_at=at(1, 1), closed_at=at(1, 1), lines=parts
    )
    return Dataset(opportunities=[won])


class TestAtTheRateBooked:
    """The sale gives back its own, and the room that it leaves is there for what comes later."""

    @pytest.mark.parametrize(
        ("chain", "first", "second"),
        [
            ([Cap(100)], "100.00", "100.00"),
            ([Cap(150)], "100.00", "100.00"),
            ([Floor(120)], "120.00", "120.00"),
            ([Uplift("0.02", "additive", where=Where())], "120.00", "120.00"),
            ([Uplift("0.02", "additive", where=Where()), Cap(110), Floor(30)], "110.00", "110.00"),
        ],
    )
    def test_a_later_payment_of_the_sale(self, chain, first, second):
        """1,000 of 2,000 are paid, refunded, and the other 1,000 paid: a sale of 1,000 each time."""
        ledger = settle(
            [sale("C", "2000.00", at(1, 1))], plan=plan(basis=PAID, modifiers=chain, clawback=BOOKED), as_of=at(4, 1),
            payments=[paid("P1", "1000.00", at(2, 1)), paid("P2", "1000.00", at(3, 1))],
            reversals=[back("X", "D-C", "1000.00", at(2, 9))],
        )  # fmt: skip
        assert lines(ledger) == [("P1", "C@P1", first), ("X", "C@P1", f"-{first}"), ("P2", "C@P2", second)]

    def test_half_a_refund_frees_half(self):
        """Of a cap of 100 that the first payment filled, half is free again; the rest of both payments stays above."""
        ledger = settle(
            [sale("C", "2000.00", at(1, 1))], plan=plan(basis=PAID, modifiers=[Cap(100)], clawback=BOOKED),
            payments=[paid("P1", "1000.00", at(2, 1)), paid("P2", "1000.00", at(3, 1))], as_of=at(4, 1),
            reversals=[back("X", "D-C", "500.00", at(2, 9))],
        )  # fmt: skip
        assert [amount for _, _, amount in lines(ledger)] == ["100.00", "-50.00", "50.00"]
        assert [one.amount for one in ledger.withheld] == [brl("50.00")]

    def test_a_sale_earns_no_more_than_its_own_out_of_the_room(self):
        """What the cap withheld from a second sale does not come forward on a third, and least on a sale of nothing."""
        capped = plan(modifiers=[Cap(100, per="year")], clawback=BOOKED)
        credits = [
            sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(1, 2)), sale("C3", "0.00", at(2, 1)),
            sale("C4", "600.00", at(2, 2)), sale("C5", "600.00", at(2, 3)),
        ]  # fmt: skip
        ledger = settle(credits, plan=capped, reversals=[back("X", "D-C1", "1000.00", at(1, 9))], as_of=at(3, 1))
        assert lines(ledger) == [
            ("C1", "C1", "100.00"), ("X", "C1", "-100.00"), ("C4", "C4", "60.00"), ("C5", "C5", "40.00"),
        ]  # fmt: skip
        assert [one.amount for one in ledger.withheld] == [brl("120.00")]

    def test_a_sale_that_earned_nothing_leaves_too(self):
        """What the cap withheld from it is withheld no more."""
        capped = plan(modifiers=[Cap(100, per="year")], clawback=BOOKED)
        credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(1, 2))]
        ledger = settle(credits, plan=capped, reversals=[back("X", "D-C2", "1000.00", at(1, 9))], as_of=at(3, 1))
        assert (lines(ledger), ledger.withheld) == ([("C1", "C1", "100.00")], ())

    def test_superseded_after_a_refund(self):
        """What was refunded is gone already; the rest goes, and the tier it had reached with it."""
        old, other = sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(1, 2))
        new = sale("C3", "400.00", at(1, 1), deal="D-C1", supersedes="C1", recorded_at=at(3, 1))
        lifted = plan(TIERS, attainment="month", modifiers=[Uplift("0.5", where=Where())], clawback=BOOKED)
        ledger = settle(
            [old, other, new], plan=lifted, reversals=[back("X", "D-C1", "400.00", at(2, 1))], as_of=at(4, 1)
        )
        # 150 and 300; 60 back; then 90 that are left of the first, and 150 that the second had for the higher tier.
        assert [amount for _, _, amount in lines(ledger)][:5] == ["150.00", "300.00", "-60.00", "-90.00", "-150.00"]
        # The new credit is 400 of the higher tier, all of them refunded.
        assert [amount for _, _, amount in lines(ledger)][5:] == ["120.00", "-120.00"]


class TestWhoseCapItIs:
    """A running cap knows whose each part of it is, so what follows it sees the right sale."""

    def test_a_floor_after_a_running_cap(self):
        """With both sales undone nothing is left of either; with the first undone the second is as if alone."""
        chain = [Cap(40, per="quarter"), Floor(50)]
        credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(1, 2))]
        refunds = [back("X", "D-C1", "1000.00", at(2, 1)), back("Y", "D-C2", "1000.00", at(2, 2))]
        whole = settle(credits, plan=plan(modifiers=chain), as_of=at(3, 1))
        assert lines(whole) == [("C1", "C1", "50.00")]
        for taken, left in ((refunds[:1], "50.00"), (refunds[1:], "50.00"), (refunds, "0.00")):
            ledger = settle(credits, plan=plan(modifiers=chain), reversals=taken, as_of=at(3, 1))
            assert str(ledger.balance("acme").net.amount) == left

    def test_a_sale_paid_over_two_quarters_keeps_its_cap(self):
        """The refund of another sale moves the first payment down a tier; its cap then lets more of the second in."""
        tiers = GraduatedTiers([Tier(0, "0.01"), Tier(1000, "0.02")])
        each = plan(
            tiers, attainment="quarter", basis=PAID, modifiers=[Uplift("0.001", "additive", where=Where()), Cap(15)]
        )
        credits = [sale("B", "1000.00", at(1, 1)), sale("C", "1000.00", at(1, 1)), sale("E", "1000.00", at(1, 1))]
        payments = [
            Payment(id="P1", opportunity_id="D-B", amount=brl("1000.00"), at=at(1, 9)),
            paid("P2", "500.00", at(2, 1)),
            paid("P3", "500.00", at(5, 1)),
            Payment(id="P4", opportunity_id="D-E", amount=brl("1000.00"), at=at(5, 2)),
        ]
        all_back = [back(f"X{n}", f"D-{n}", "1000.00", at(6, day)) for day, n in enumerate("BCE", 1)]
        before = settle(credits, plan=each, payments=payments, as_of=at(5, 9))
        # 11; then 10.50 and, of 5.50, the 4.50 that the cap leaves; 10 at 1 %, 10 at 2 % and 1 on top are capped at 15.
        assert [amount for _, _, amount in lines(before)] == ["11.00", "10.50", "4.50", "15.00"]
        for count, left in ((1, "26.00"), (2, "11.00"), (3, "0.00")):
            ledger = settle(credits, plan=each, payments=payments, reversals=all_back[:count], as_of=at(7, 1))
            assert str(ledger.balance("acme").net.amount) == left

    def test_one_cap_for_a_deal_of_two_products(self):
        """Parts under different rates are one sale: a cap of 80 leaves 80, a floor of 500 brings 500."""
        rates = [RateRule(Where(products=["erp"]), FlatRate("0.20"))]
        data = deal(("erp", "1000.00"), ("box", "1000.00"))
        for modifier, total in ((Cap(80), "80.00"), (Cap(250), "250.00"), (Floor(500), "500.00")):
            both = plan(rates=rates, modifiers=[modifier])
            ledger = settle([sale("C", "2000.00", at(1, 1))], plan=both, data=data, as_of=at(2, 1))
            assert str(ledger.balance("acme").earned.amount) == total
            undone = settle(
                [sale("C", "2000.00", at(1, 1))], plan=both, data=data, as_of=at(2, 1),
                reversals=[back("X", "D-C", "1500.00", at(1, 8)), back("Y", "D-C", "500.00", at(1, 9))],
            )  # fmt: skip
            assert (undone.balance("acme").net, undone.withheld) == (brl("0.00"), ())

    def test_a_cap_on_some_products_leaves_the_others(self):
        """And is one for all the parts that it names."""
        rates = [RateRule(Where(products=["erp"]), FlatRate("0.20"))]
        data = deal(("erp", "1000.00"), ("crm", "1000.00"), ("box", "1000.00"))
        some = plan(rates=rates, modifiers=[Cap(150, where=Where(products=["erp", "crm"]))])
        ledger = settle([sale("C", "3000.00", at(1, 1))], plan=some, data=data, as_of=at(2, 1))
        assert str(ledger.balance("acme").earned.amount) == "250.00"

    def test_rates_that_fall_move_the_other_sale_up(self):
        """100 and 50 under a cap of 60 each; without the first the second is worth 100, and is capped at 60."""
        falling = plan(
            GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.05")]), attainment="month", modifiers=[Cap(60)]
        )  # fmt: skip
        credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(1, 2))]
        refunds = [back("X", "D-C1", "1000.00", at(2, 1)), back("Y", "D-C2", "1000.00", at(2, 2))]
        left = []
        for taken in ([], refunds[:1], refunds[1:], refunds):
            ledger = settle(credits, plan=falling, reversals=taken, as_of=at(3, 1))
            left.append(str(ledger.balance("acme").net.amount))
        assert left == ["110.00", "60.00", "60.00", "0.00"]


class TestBounties:
    """A fixed amount is the sale's, however many payments it comes in."""

    @pytest.mark.parametrize("chain", [[], [Uplift("0.2", where=Where())]])
    @pytest.mark.parametrize("clawback", [Clawback(), BOOKED])
    @pytest.mark.parametrize(
        ("day", "shares"),
        [
            # Refunded after both payments, between them, and before either counts: half of the sale is kept.
            (at(3, 9), ["1", "-1/2"]),
            (at(2, 9), ["1", "-1", "1/2"]),
        ],
    )
    def test_half_a_refund_gives_back_half(self, chain, clawback, day, shares):
        """In the end it is what the booking of the sale would have left."""
        bounty = plan(FixedAmount(50), basis=PAID, modifiers=chain, clawback=clawback)
        facts = {"reversals": [back("X", "D-C", "1000.00", day)], "as_of": at(4, 1)}
        payments = [paid("P1", "1000.00", at(2, 1)), paid("P2", "1000.00", at(3, 1))]
        ledger = settle([sale("C", "2000.00", at(1, 1))], plan=bounty, payments=payments, **facts)
        unit = 60 if chain else 50
        want = {"1": f"{unit}.00", "-1": f"-{unit}.00", "1/2": f"{unit // 2}.00", "-1/2": f"-{unit // 2}.00"}
        assert [amount for _, _, amount in lines(ledger)] == [want[one] for one in shares]
        booked = settle([sale("C", "2000.00", at(1, 1))], plan=bounty.replace(basis=Basis()), **facts)
        assert ledger.balance("acme").net == booked.balance("acme").net

    def test_the_words(self):
        """Whose the amount was, and for what the rest is."""
        bounty = plan(FixedAmount(50), basis=PAID)
        payments = [paid(f"P{n}", "1000.00", at(n + 1, 1)) for n in (1, 2, 3)]
        ledger = settle(
            [sale("C", "3000.00", at(1, 1))], plan=bounty, payments=payments, as_of=at(5, 1),
            reversals=[back("X", "D-C", "1000.00", at(3, 9))],
        )  # fmt: skip
        _, refund, third = ledger.statement("acme", EVER).lines
        assert (str(refund.amount.amount), str(third.amount.amount)) == ("-25.00", "8.33")
        assert refund.because.startswith("refund X of 1,000.00 BRL: this payment earned it for the whole sale")
        assert third.because == "50 a sale: one of 1,000.00 BRL; for the part of the sale that was not taken back"

    def test_points_a_sale_go_back_with_it(self):
        """A hundred points a sale: half a refund leaves fifty, paid in parts or not."""
        club = Incentive(id="club", schedule=FixedAmount(100), points=True)
        for basis in (Basis(), PAID):
            ledger = settle(
                [sale("C", "2000.00", at(1, 1))], plan=plan(incentives=[club], basis=basis), as_of=at(4, 1),
                payments=[paid("P1", "1000.00", at(2, 1)), paid("P2", "1000.00", at(3, 1))],
                reversals=[back("X", "D-C", "1000.00", at(3, 9))],
            )  # fmt: skip
            assert ledger.points_of("acme") == 50


class TestByHand:
    """An earning that was reversed by hand is not taken back once more with its sale."""

    def undone(self, *, refund: str = "1000.00", **more):
        """A sale that earned 100, reversed by hand, then refunded."""
        facts = {"plan": plan(**more), "credits": [sale("C", "1000.00", at(1, 1))]}
        credits = facts.pop("credits")
        first = settle(credits, as_of=at(2, 1), **facts)
        entry = first.reverse("earned:C:C", at=at(2, 2), reason="booked twice")
        taken = [back("X", "D-C", refund, at(3, 1))]
        return settle(credits, adjustments=[entry], reversals=taken, as_of=at(4, 1), **facts)

    @pytest.mark.parametrize("refund", ["1000.00", "400.00"])
    @pytest.mark.parametrize("more", [{}, {"hold_days": 90}, {"clawback": BOOKED}, {"modifiers": [Cap(500)]}])
    def test_a_refund_finds_nothing_left(self, refund, more):
        """Whether the amount was due or held, and of all or a part of it."""
        ledger = self.undone(refund=refund, **more)
        assert [amount for _, _, amount in lines(ledger)] == ["100.00", "-100.00"]
        assert ledger.balance("acme").net == brl("0.00")

    def test_paid_before_it_was_reversed(self):
        """The entry is a debt already; the refund adds none."""
        credits = [sale("C", "1000.00", at(1, 1))]
        payouts = [Payout(id="O", partner_id="acme", gross=brl("100.00"), at=at(1, 9))]
        entry = settle(credits, plan=plan(), as_of=at(2, 1)).reverse("earned:C:C", at=at(2, 2), reason="r")
        ledger = settle(
            credits, plan=plan(), payouts=payouts, adjustments=[entry], as_of=at(4, 1),
            reversals=[back("X", "D-C", "1000.00", at(3, 1))],
        )  # fmt: skip
        assert (ledger.balance("acme").due, ledger.balance("acme").recoverable) == (brl("-100.00"), brl("0.00"))

    def test_the_rest_of_a_period_moves_all_the_same(self):
        """The refund lowers the tier of the other sale; the entry by hand had left attainment alone."""
        tiered = plan(TIERS, attainment="month")
        credits = [sale("C", "1000.00", at(1, 1)), sale("E", "1000.00", at(1, 2))]
        entry = settle(credits, plan=tiered, as_of=at(2, 1)).reverse("earned:C:C", at=at(2, 2), reason="r")
        refund = [back("X", "D-C", "1000.00", at(3, 1))]
        ledger = settle(credits, plan=tiered, adjustments=[entry], reversals=refund, as_of=at(4, 1))
        assert lines(ledger)[2:] == [("reverse:earned:C:C", "C", "-100.00"), ("X", "E", "-100.00")]

    def test_reversed_in_turn_it_counts_again(self):
        """So the refund takes what it would have taken."""
        credits = [sale("C", "1000.00", at(1, 1))]
        entry = settle(credits, plan=plan(), as_of=at(2, 1)).reverse("earned:C:C", at=at(2, 2), reason="r")
        again = settle(credits, plan=plan(), adjustments=[entry], as_of=at(2, 3)).reverse(
            "adjusted:reverse:earned:C:C:C", at=at(2, 4), reason="it was not"
        )
        ledger = settle(
            credits, plan=plan(), adjustments=[entry, again], as_of=at(4, 1),
            reversals=[back("X", "D-C", "1000.00", at(3, 1))],
        )  # fmt: skip
        assert [amount for _, _, amount in lines(ledger)] == ["100.00", "-100.00", "100.00", "-100.00"]

    def test_superseded_after_it(self):
        """The credit that takes its place earns, and the old one does not go twice."""
        old = sale("C", "1000.00", at(1, 1))
        new = sale("E", "800.00", at(1, 1), deal="D-C", supersedes="C", recorded_at=at(3, 1))
        entry = settle([old], plan=plan(), as_of=at(2, 1)).reverse("earned:C:C", at=at(2, 2), reason="r")
        ledger = settle([old, new], plan=plan(), adjustments=[entry], as_of=at(4, 1))
        assert [amount for _, _, amount in lines(ledger)] == ["100.00", "-100.00", "80.00"]

    def test_ids_with_colons(self):
        """Payments and credits may be called whatever their systems call them."""
        credits = [sale("a:b", "1000.00", at(1, 1), deal="D-C")]
        waits, payments = plan(basis=PAID), [paid("p:1", "1000.00", at(1, 5))]
        first = settle(credits, plan=waits, payments=payments, as_of=at(2, 1))
        entry = first.reverse("earned:p:1:a:b@p:1", at=at(2, 2), reason="r")
        ledger = settle(
            credits, plan=waits, payments=payments, adjustments=[entry], as_of=at(4, 1),
            reversals=[back("X", "D-C", "1000.00", at(3, 1))],
        )  # fmt: skip
        assert ledger.balance("acme").net == brl("0.00")

    def test_a_clawback_undone_by_hand_is_not_asked_for_again(self):
        """A decision for the partner: the next refund takes the rest of the sale alone."""
        credits, first = [sale("C", "1000.00", at(1, 1))], [back("X", "D-C", "400.00", at(2, 1))]
        early = settle(credits, plan=plan(), reversals=first, as_of=at(2, 2))
        entry = early.reverse(early.postings[-1].key, at=at(2, 3), reason="goodwill")
        second = [*first, back("Y", "D-C", "600.00", at(3, 1))]
        ledger = settle(credits, plan=plan(), reversals=second, adjustments=[entry], as_of=at(4, 1))
        assert [amount for _, _, amount in lines(ledger)] == ["100.00", "-40.00", "40.00", "-60.00"]


class TestWords:
    """A posting says what happened, and nothing else."""

    def test_a_cent_of_rounding_is_no_tier(self):
        """Under one rate the lines of a period are rounded on their running total."""
        credits = [sale(f"C{n}", "0.15", at(1, n)) for n in (1, 2, 3, 4)]
        ledger = settle(
            credits, plan=plan(attainment="month"), as_of=at(3, 1),
            reversals=[back("X", "D-C2", "0.15", at(2, 1))],
        )  # fmt: skip
        # F is 0.02, 0.03, 0.04 and 0.06: the second sale earned 0.01, and without it the month is worth 0.02 less.
        assert [amount for _, _, amount in lines(ledger)][4:] == ["-0.01", "-0.01"]
        words = [one.because for one in ledger.statement("acme", EVER).lines if one.amount.minor < 0]
        assert not any("tier" in one for one in words)
        assert any("evens out the rounding of its period" in one for one in words)

    def test_a_tier_still_is(self):
        """Where the other sale earned more for it."""
        credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(1, 2))]
        for chain in ([], [Cap(900)]):
            ledger = settle(
                credits, plan=plan(TIERS, attainment="month", modifiers=chain), as_of=at(3, 1),
                reversals=[back("X", "D-C1", "1000.00", at(2, 1))],
            )  # fmt: skip
            assert "moved this sale down a tier" in ledger.statement("acme", EVER).lines[-1].because


class Plain:
    """A user's schedule that can be compared and not hashed."""

    def __eq__(self, other):
        return isinstance(other, Plain)

    __hash__ = None

    def cumulative(self, attained, /):
        """A tenth."""
        return attained / 10


class TestUnhashable:
    """Policies of users need no hash."""

    @pytest.mark.parametrize("attainment", ["line", "month", "lifetime"])
    def test_a_schedule(self, attainment):
        """Two equal ones of two versions add up as one."""
        ledger = settle(
            [sale("C", "1000.00", at(1, 1))], plan=plan(Plain(), attainment=attainment), as_of=at(3, 1),
            reversals=[back("X", "D-C", "500.00", at(2, 1))],
        )  # fmt: skip
        assert [amount for _, _, amount in lines(ledger)] == ["100.00", "-50.00"]
        assert ledger.explain("C").to_dicts()
        assert len(ledger.digest) == 64

    def test_a_modifier_and_a_clawback_schedule(self):
        """They are asked, and never looked up."""

        class Halving(Plain):
            """Half of everything."""

            def scope(self, _sale, /):
                """All sales."""
                return "all"

            def modified(self, total, _sale, /):
                """Half."""
                return total / 2

            def clawable(self, earned_on, reversed_on, /):
                """As a year runs out."""
                return ProRata(12).clawable(earned_on, reversed_on)

        ledger = settle(
            [sale("C", "1000.00", at(1, 1))], as_of=at(5, 1),
            plan=plan(modifiers=[Halving()], clawback=Clawback(schedule=Halving())),
            reversals=[back("X", "D-C", "1000.00", at(4, 1))],
        )  # fmt: skip
        assert [amount for _, _, amount in lines(ledger)] == ["50.00", "-37.50"]

    def test_a_scope_has_to_be_a_key(self):
        """The modifier is named, and what to answer."""

        class Listed:
            """Answers a list."""

            def scope(self, _sale, /):
                """No key."""
                return ["mine"]

            def modified(self, total, _sale, /):
                """All."""
                return total

        with pytest.raises(PolicyBrokeContract, match=r"Listed must answer scope\(sale\) .* a tuple instead of a list"):
            settle([sale("C", "1.00", at(1, 1))], plan=plan(modifiers=[Listed()]), as_of=at(2, 1))


def test_a_volume_plan_through_a_cap_gives_all_back():
    """A tier that falls for all, and a cap that several months share."""
    volume = VolumeTiers([Tier(0, "0.05"), Tier(1000, "0.10")], boundary="upper")
    capped = plan(volume, attainment="month", modifiers=[Cap(120, per="quarter"), Floor(10)])
    credits = [sale(f"C{n}", "600.00", at(1 + n // 2, 1 + n)) for n in range(4)]
    refunds = [back(f"X{n}", f"D-C{n}", "600.00", at(4, 1 + n)) for n in range(4)]
    left = []
    for count in range(5):
        ledger = settle(credits, plan=capped, reversals=refunds[:count], as_of=at(5, 1))
        left.append(str(ledger.balance("acme").net.amount))
    # 120; then January is worth 30 and February 90 of 120; then February's 120, its second sale's 30, and nothing.
    assert left == ["120.00", "120.00", "120.00", "30.00", "0.00"]
