"""Sales that come and go in parts: payments, refunds, invoices never paid, superseded credits, returned payouts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from types import SimpleNamespace

import pytest

from partnerops import Credit, Dataset, Money, Opportunity, Partner, Payment, Period, Reversal
from partnerops.commission import (
    Basis,
    Clawback,
    CommissionPlan,
    FixedAmount,
    FlatRate,
    GraduatedTiers,
    Incentive,
    MixedTiers,
    Recovery,
    Tier,
    VolumeTiers,
    settle,
)
from partnerops.commission._compiled import rounded
from partnerops.commission.modifiers import BestOf, Cap, Floor, Guarantee, Split, Uplift, UplineOverride, Where
from partnerops.entities import Payout
from partnerops.exceptions import InexactNumber, InvalidValue, PolicyBrokeContract
from partnerops.money import Rounding
from partnerops.periods import Calendar

YEAR = Period.year(2026)
LATE = datetime(2026, 12, 31, tzinfo=UTC)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sale(id: str, amount: str, when: datetime, partner: str = "acme", **more) -> Credit:
    return Credit(id=id, opportunity_id=more.pop("deal", "D"), partner_id=partner, amount=brl(amount), at=when, **more)


def back(id: str, amount: str, when: datetime, kind: str = "refund", deal: str = "D") -> Reversal:
    return Reversal(id=id, opportunity_id=deal, kind=kind, amount=brl(amount), at=when)


def paid(id: str, amount: str, when: datetime) -> Payment:
    return Payment(id=id, opportunity_id="D", amount=brl(amount), at=when)


def plan(schedule=None, **more) -> CommissionPlan:
    return CommissionPlan(
        id="p", schedule=schedule or FlatRate("0.10"), clawback=more.pop("clawback", Clawback()), currency="BRL", **more
    )


def lines(ledger, partner: str = "acme") -> list[tuple[str, str]]:
    """What each statement line is about, and how much."""
    return [(line.source_id, str(line.amount.amount)) for line in ledger.statement(partner, YEAR).lines]


class TestPayments:
    """A plan that waits for the customer's money."""

    waits = plan(basis=Basis(on="payment"))
    sold = (sale("C", "1000.00", at(1, 5)),)

    @pytest.mark.parametrize("effect", ["recompute", "booked_rate"])
    def test_the_latest_payment_goes_back_first(self, effect):
        """700 of 400 + 600 take all of the second and 100 of the first; 300 more take the rest of the first."""
        ledger = settle(
            self.sold, plan=self.waits.replace(clawback=Clawback(tier_effect=effect)), as_of=LATE,
            payments=[paid("P1", "400.00", at(2, 1)), paid("P2", "600.00", at(3, 1))],
            reversals=[back("X1", "700.00", at(4, 1)), back("X2", "300.00", at(5, 1))],
        )  # fmt: skip
        assert lines(ledger) == [
            ("P1", "40.00"), ("P2", "60.00"), ("X1", "-60.00"), ("X1", "-10.00"), ("X2", "-30.00"),
        ]  # fmt: skip

    def test_what_was_never_paid_is_not_waited_for(self):
        """Of 600 open 400 are written off in two steps: the last payment earns on 200 only."""
        ledger = settle(
            self.sold, plan=self.waits, as_of=LATE,
            payments=[paid("P1", "400.00", at(2, 1)), paid("P2", "600.00", at(6, 1))],
            reversals=[
                back("X1", "200.00", at(3, 1), "non_payment"), back("X2", "200.00", at(4, 1), "non_payment"),
            ],
        )  # fmt: skip
        assert lines(ledger) == [("P1", "40.00"), ("P2", "20.00")]

    def test_more_written_off_than_was_open_takes_back(self):
        """200 and then 500 of 600 open: the last 100 were paid, so 10 come back and nothing is earned any more."""
        ledger = settle(
            self.sold, plan=self.waits, as_of=LATE,
            payments=[paid("P1", "400.00", at(2, 1)), paid("P2", "600.00", at(6, 1))],
            reversals=[
                back("X1", "200.00", at(3, 1), "non_payment"), back("X2", "500.00", at(4, 1), "non_payment"),
            ],
        )  # fmt: skip
        assert lines(ledger) == [("P1", "40.00"), ("X2", "-10.00")]

    def test_a_refund_of_more_than_was_paid_is_no_longer_waited_for(self):
        """500 of 1,000 when 400 were paid: all 400 go back, and of the 600 that come later 100 are refunded already."""
        ledger = settle(
            self.sold, plan=self.waits, as_of=LATE,
            payments=[paid("P1", "400.00", at(2, 1)), paid("P2", "600.00", at(6, 1))],
            reversals=[back("X", "500.00", at(3, 1))],
        )  # fmt: skip
        assert lines(ledger) == [("P1", "40.00"), ("X", "-40.00"), ("P2", "50.00")]

    def test_at_booking_nothing_is_waited_for(self):
        """A sale that was never paid gives back what it earned."""
        ledger = settle(self.sold, plan=plan(), reversals=[back("X", "300.00", at(3, 1), "non_payment")], as_of=LATE)
        assert lines(ledger) == [("C", "100.00"), ("X", "-30.00")]


class TestPartsOfADeal:
    """A reversal of a deal, seen by each of its credits."""

    def shared(self, *parts: tuple[str, str, str]) -> list[Credit]:
        return [sale(f"C-{who}", amount, at(1, 5), who, share=share) for who, amount, share in parts]

    def nets(self, credits, *reversals, data: Dataset | None = None) -> list[str]:
        ledger = settle(credits, plan=plan(), reversals=reversals, data=data, as_of=LATE)
        return [str(ledger.balance(one.partner_id, currency="BRL").net.amount) for one in credits]

    def test_each_bears_its_share(self):
        """600 and 400 of 1,000: of 500 they bear 300 and 200."""
        both = self.shared(("acme", "600.00", "0.6"), ("birch", "400.00", "0.4"))
        assert self.nets(both, back("X", "500.00", at(2, 1))) == ["30.00", "20.00"]
        assert self.nets(both, back("X", "1000.00", at(2, 1))) == ["0.00", "0.00"]

    def test_no_more_than_the_deal_is_taken_back(self):
        """Credits that make it whole tell its amount to the cent."""
        both = self.shared(("acme", "600.00", "0.6"), ("birch", "400.00", "0.4"))
        with pytest.raises(
            InvalidValue, match=r"at most the amount of deal D, 1000\.00 BRL; .* \(got '1000\.01 BRL'\)"
        ):
            self.nets(both, back("X", "1000.01", at(2, 1)))

    def test_a_part_alone_bounds_the_deal(self):
        """60 % that are 600.00: what comes to less than a cent more of the credit may be rounding."""
        part = self.shared(("acme", "600.00", "0.6"))
        assert self.nets(part, back("X", "500.00", at(2, 1))) == ["30.00"]
        assert self.nets(part, back("X", "1000.00", at(2, 1))) == ["0.00"]
        assert self.nets(part, back("X", "1000.01", at(2, 1))) == ["0.00"]
        with pytest.raises(InvalidValue, match="at most the amount of deal D; correct the reversal"):
            self.nets(part, back("X", "1000.02", at(2, 1)))

    def test_shares_that_exceed_the_whole_give_way_to_amounts(self):
        """Two that each say all of it: 600 and 400 bear 6:4."""
        both = self.shared(("acme", "600.00", "1"), ("birch", "400.00", "1"))
        assert self.nets(both, back("X", "500.00", at(2, 1))) == ["30.00", "20.00"]

    def test_the_record_of_the_deal_tells_what_it_was_worth(self):
        """As far as it is known, and won."""
        part = self.shared(("acme", "600.00", "0.6"))
        won = Opportunity(
            id="D", stage="won", status="won", amount=brl("990.00"), created_at=at(1, 1), closed_at=at(1, 5)
        )
        with pytest.raises(InvalidValue, match=r"at most the amount of deal D, 990\.00 BRL"):
            self.nets(part, back("X", "1000.00", at(2, 1)), data=Dataset(opportunities=[won]))
        assert self.nets(part, back("X", "990.00", at(2, 1)), data=Dataset(opportunities=[won])) == ["0.00"]
        lost = won.replace(status="lost", stage="lost")
        assert self.nets(part, back("X", "1000.00", at(2, 1)), data=Dataset(opportunities=[lost])) == ["0.00"]


class TestSuperseded:
    """A corrected credit takes out every line of the one before it."""

    def test_incentives_go_with_it(self):
        """Money and points; the new partner earns them instead."""
        both = plan(
            incentives=[
                Incentive(id="spif", schedule=FixedAmount(20)),
                Incentive(id="club", schedule=FlatRate("0.01"), points=True),
            ]
        )
        old = sale("C1", "1000.00", at(1, 5))
        new = sale("C2", "500.00", at(1, 5), "birch", supersedes="C1", recorded_at=at(2, 1))
        ledger = settle([old, new], plan=both, as_of=LATE)
        assert {name: ledger.balance(name).net for name in ("acme", "birch")} == {
            "acme": brl("0.00"), "birch": brl("70.00"),
        }  # fmt: skip
        assert {name: ledger.points_of(name) for name in ("acme", "birch")} == {"acme": 0, "birch": 5}

    def test_so_do_the_shares_of_others(self):
        """A third partner, whose part was split off, gives it back."""
        shared = plan(splits=[Split({"cedar": "0.3"})])
        old = sale("C1", "1000.00", at(1, 5))
        new = sale("C2", "500.00", at(1, 5), supersedes="C1", recorded_at=at(2, 1))
        ledger = settle([old, new], plan=shared, as_of=LATE)
        assert {name: ledger.balance(name).net for name in ("acme", "cedar")} == {
            "acme": brl("35.00"), "cedar": brl("15.00"),
        }  # fmt: skip


class TestPoints:
    """Whole points of what adds up, and back to none."""

    club = Incentive(id="club", schedule=FlatRate("0.01"), attainment="lifetime", points=True)

    def test_parts_taken_back_leave_what_the_rest_is_worth(self):
        """250 at 1 % are 2 points; 125 left are 1; a superseding credit takes only what is left of the sale."""
        half = [back("X", "125.00", at(2, 1))]
        ledger = settle([sale("C", "250.00", at(1, 5))], plan=plan(incentives=[self.club]), reversals=half, as_of=LATE)
        assert [(one.source_id, one.points) for one in ledger.points] == [("C", 2), ("X", -1)]
        assert [one.because for one in ledger.points] == ["1 % points: club", "X took back 1/2 of the sale"]
        new = sale("C2", "300.00", at(1, 5), supersedes="C", recorded_at=at(3, 1), deal="D2")
        ledger = settle(
            [sale("C", "250.00", at(1, 5)), new], plan=plan(incentives=[self.club]), reversals=half, as_of=LATE
        )
        assert ledger.points_of("acme") == 3

    def test_a_point_needs_the_whole_of_its_worth(self):
        """99.99 earn none; the next cent earns one."""
        for amounts, points in ((("99.99",), 0), (("100.00",), 1), (("99.99", "0.01"), 1), (("199.99",), 1)):
            sold = [sale(f"C{n}", amount, at(1, 5), deal=f"D{n}") for n, amount in enumerate(amounts)]
            assert settle(sold, plan=plan(incentives=[self.club]), as_of=LATE).points_of("acme") == points


class TestUpline:
    """Partners above earn on the sale, or on the commission below them."""

    data = Dataset(
        partners=[
            Partner(id="acme", name="A", type="reseller", parent_id="birch"),
            Partner(id="birch", name="B", type="distributor", parent_id="cedar"),
            Partner(id="cedar", name="C", type="distributor"),
        ]
    )

    @pytest.mark.parametrize(
        ("override", "want"),
        [
            (UplineOverride(["0.05", "0.02"]), ["100.00", "50.00", "20.00"]),
            # of what the level below left: 5 % of 1000 - 100, then 2 % of 900 - 45
            (UplineOverride(["0.05", "0.02"], reduce_base=True), ["100.00", "45.00", "17.10"]),
            (UplineOverride(["0.05", "0.02"], of="commission"), ["100.00", "5.00", "0.10"]),
            (UplineOverride(["0.05"]), ["100.00", "50.00", "0.00"]),
        ],
    )
    @pytest.mark.parametrize("sign", ["", "-"])
    def test_level_by_level(self, override, want, sign):
        """A credit note mirrors its sale."""
        credits = [sale("C", f"{sign}1000.00", at(1, 5))]
        ledger = settle(credits, plan=plan(overrides=override), data=self.data, as_of=LATE)
        found = [ledger.balance(name, currency="BRL").net for name in ("acme", "birch", "cedar")]
        assert found == [brl(f"{sign}{amount}") for amount in want]

    def test_a_bounty_above_its_sale_leaves_nothing_to_share(self):
        """And not less than nothing."""
        bounty = plan(FixedAmount(1500), overrides=UplineOverride(["0.05"], reduce_base=True))
        ledger = settle([sale("C", "1000.00", at(1, 5))], plan=bounty, data=self.data, as_of=LATE)
        assert ledger.balance("birch", currency="BRL").net == brl("0.00")


class TestPayouts:
    """What was paid is owed when its sale goes; what came back was not paid."""

    def test_a_payout_that_came_back_leaves_its_lines_unpaid(self):
        """The refund cancels what is due again; nothing is recoverable."""
        returned = Payout(
            id="O", partner_id="acme", gross=brl("100.00"), at=at(2, 1), status="returned", settled_at=at(2, 9)
        )
        for payouts, owed in (((), "0.00"), ((returned,), "0.00")):
            ledger = settle(
                [sale("C", "1000.00", at(1, 5))], plan=plan(), payouts=payouts,
                reversals=[back("X", "1000.00", at(3, 1))], as_of=LATE,
            )  # fmt: skip
            balance = ledger.balance("acme")
            assert (balance.net, balance.due, balance.recoverable) == (brl("0.00"), brl("0.00"), brl(owed))

    @pytest.mark.parametrize(
        ("recovery", "kept"),
        [
            (Recovery(), "100.00"),
            (Recovery(max_share="0.25"), "37.50"),
            (Recovery(max_share="1/7"), "21.42"),  # 150 / 7 is 21.428..., cut off
            (Recovery(max_amount=brl("30.00")), "30.00"),
            (Recovery(max_amount=brl("0.00")), "0.00"),
            (Recovery(max_share="0.25", max_amount=brl("40.00")), "37.50"),
            (Recovery(mode="none"), "0.00"),
        ],
    )
    def test_what_one_payout_keeps_back(self, recovery, kept):
        """The least of 100 owed, the share of 150 due and the amount that the plan allows."""
        ledger = settle(
            [sale("C1", "1000.00", at(1, 5)), sale("C2", "1500.00", at(4, 1), deal="D2")],
            plan=plan(clawback=Clawback(recovery=recovery)),
            payouts=[
                Payout(id="O1", partner_id="acme", gross=brl("100.00"), at=at(2, 1)),
                Payout(id="O2", partner_id="acme", gross=brl("150.00") - brl(kept), at=at(5, 1)),
            ],
            reversals=[back("X", "1000.00", at(3, 1))],
            as_of=LATE,
        )
        balance = ledger.balance("acme")
        assert (balance.recovered, balance.recoverable) == (brl(kept), brl("100.00") - brl(kept))
        assert (balance.due, balance.held, balance.cancelled) == (brl("0.00"), brl("0.00"), brl("0.00"))
        assert (balance.earned, balance.clawed_back, balance.net) == (brl("250.00"), brl("100.00"), brl("150.00"))
        assert balance.paid == brl("250.00") - brl(kept)

    def test_the_figure_goes_down_from_what_was_earned(self):
        """350 earned, 100 cancelled before and 100 recovered after they were paid, 150 paid: nothing is left."""
        ledger = settle(
            [
                sale(f"C{n}", amount, at(n, 1), deal=f"D{n}")
                for n, amount in ((1, "1000.00"), (3, "1000.00"), (4, "1500.00"))
            ],
            plan=plan(),
            payouts=[
                Payout(id="O1", partner_id="acme", gross=brl("100.00"), at=at(2, 1)),
                Payout(id="O2", partner_id="acme", gross=brl("50.00"), at=at(5, 1)),
            ],
            reversals=[back("X1", "1000.00", at(4, 2), deal="D1"), back("X2", "1000.00", at(4, 3), deal="D3")],
            as_of=LATE,
        )
        balance = ledger.balance("acme")
        figure = balance._repr_html_()
        for told in ("earned: 350.00 BRL", "cancelled: -100.00 BRL", "recovered: -100.00 BRL", "paid: -150.00 BRL"):
            assert told in figure
        assert "total: 0 BRL" in figure
        assert "advanced" not in figure
        assert "exchanged" not in str(balance)

    def test_the_oldest_lines_are_paid_first(self):
        """150 of 100 + 100: the second line was paid a half, so a half of it is owed and a half cancelled."""
        ledger = settle(
            [sale("C1", "1000.00", at(1, 5), deal="D1"), sale("C2", "1000.00", at(1, 6), deal="D2")],
            plan=plan(),
            payouts=[Payout(id="O", partner_id="acme", gross=brl("150.00"), at=at(2, 1))],
            reversals=[back("X", "1000.00", at(3, 1), deal="D2")],
            as_of=LATE,
        )
        balance = ledger.balance("acme")
        assert (balance.recoverable, balance.due, balance.net) == (brl("50.00"), brl("0.00"), brl("100.00"))

    @pytest.mark.parametrize(
        ("sold", "amount", "because"),
        [
            ("49.99", "0.00", "below the minimum payout of 5.00 BRL, carried over"),
            ("50.00", "5.00", "all that is due"),
            ("0.00", "0.00", "nothing is due"),
            ("-20.00", "0.00", "the partner owes more than is due"),
        ],
    )
    def test_what_could_be_paid_and_why_not_more(self, sold, amount, because):
        """At 10 %, with a minimum of 5."""
        cheap = plan(minimum_payout=brl("5.00"), rounding="down")
        (found,) = settle([sale("C", sold, at(1, 5))], plan=cheap, as_of=LATE).payables
        assert (found.amount, found.because) == (brl(amount), because)

    def test_more_than_is_payable_is_refused(self):
        """With what is kept back, where something is."""
        facts = {"plan": plan(), "as_of": LATE}
        sold = [sale("C1", "1000.00", at(1, 5)), sale("C2", "1500.00", at(4, 1), deal="D2")]
        first = Payout(id="O1", partner_id="acme", gross=brl("100.00"), at=at(2, 1))
        more = first.replace(gross=brl("100.01"))
        with pytest.raises(InvalidValue, match=r"at most what was payable to acme by then, 100\.00 BRL \("):
            settle(sold, payouts=[more], **facts)
        second = Payout(id="O2", partner_id="acme", gross=brl("50.01"), at=at(5, 1))
        with pytest.raises(InvalidValue, match=r"by then, 50\.00 BRL after 100\.00 BRL kept back \("):
            settle(sold, payouts=[first, second], reversals=[back("X", "1000.00", at(3, 1))], **facts)


class TestModifiers:
    """Of either sign, and only where there is something to modify."""

    @pytest.mark.parametrize(
        ("total", "sold", "want"),
        [
            (10, "100.00", 25), (30, "300.00", 30), (25, "250.00", 25), (Fraction(1, 2), "5.00", 25),
            (0, "100.00", 0), (0, "-100.00", 0),
            (-10, "-100.00", -25), (-30, "-300.00", -30), (Fraction(-1, 2), "-5.00", -25),
            # what a period's cap leaves of a sale that is no credit note stays a trifle
            (-1, "100.00", -1), (-1, "0.00", -1), (-1, "0.01", -1),
        ],
    )  # fmt: skip
    def test_a_floor_lifts_what_earns_anything(self, total, sold, want):
        """And lowers what gives back, by as much."""
        assert Floor(25).modified(Fraction(total), SimpleNamespace(amount=brl(sold))) == want

    @pytest.mark.parametrize(
        ("modifier", "want"),
        [
            (Floor(250), "250.00"),
            (Cap(60), "60.00"),
            (BestOf([Uplift("0.2", where=Where()), Uplift("0.01", "additive", where=Where())]), "120.00"),
            (BestOf([Uplift("0.2", where=Where()), Uplift("0.03", "additive", where=Where())]), "130.00"),
            (BestOf([Uplift("0.5", where=Where(registered=True)), Uplift("0.2", where=Where())]), "120.00"),
            (BestOf([Uplift("0.5", where=Where(registered=True))]), "100.00"),
        ],
    )
    @pytest.mark.parametrize("sign", ["", "-"])
    def test_a_credit_note_mirrors_its_sale(self, modifier, want, sign):
        """1,000 at 10 %, with an uplift whose condition does not hold as well."""
        ledger = settle([sale("C", f"{sign}1000.00", at(1, 5))], plan=plan(modifiers=[modifier]), as_of=LATE)
        assert ledger.balance("acme").net == brl(f"{sign}{want}")

    @pytest.mark.parametrize("uplifts", [[], [5], [Uplift("0.2"), 5], Uplift("0.2"), {"a": Uplift("0.2")}])
    def test_the_best_is_one_of_uplifts(self, uplifts):
        """Of all of them, at least one."""
        with pytest.raises(InvalidValue, match=r"^BestOf\.uplifts must be a list of at least one Uplift"):
            BestOf(uplifts)


class Own:
    """A schedule of one's own: a tenth, asked about more than nothing only."""

    def __init__(self, answer=None):
        self.answer = answer

    def cumulative(self, attained, /):
        assert attained > 0
        return attained / 10 if self.answer is None else self.answer


class TestUsersSchedules:
    """The engine asks for F above 0; below it mirrors, and at 0 it is 0."""

    @pytest.mark.parametrize(("sold", "want"), [("1000.00", "100.00"), ("-1000.00", "-100.00"), ("0.00", "0.00")])
    def test_one_that_knows_only_positive_sales(self, sold, want):
        """Whatever the sign of what is sold."""
        ledger = settle([sale("C", sold, at(1, 5))], plan=plan(Own()), as_of=LATE)
        assert ledger.balance("acme", currency="BRL").net == brl(want)

    def test_a_sale_and_its_credit_note_in_one_period(self):
        """Above zero, at zero, and below."""
        amounts = {"C5": "50.00", "C6": "-50.00", "C7": "-9.00"}
        sold = [sale(id, amount, at(1, 5), deal=f"D-{id}") for id, amount in amounts.items()]
        ledger = settle(sold, plan=plan(Own(), attainment="year"), as_of=LATE)
        assert lines(ledger) == [("C5", "5.00"), ("C6", "-5.00"), ("C7", "-0.90")]

    @pytest.mark.parametrize("answer", [True, 0.5, "5", object()])
    def test_an_answer_is_exact(self, answer):
        """Neither a bool, nor text, nor a float: the schedule is named."""
        with pytest.raises(PolicyBrokeContract, match="Own"):
            settle([sale("C", "10.00", at(1, 5))], plan=plan(Own(answer)), as_of=LATE)

    def test_a_bounty_is_per_sale_whatever_was_attained(self):
        """And a schedule is asked about money."""
        assert FixedAmount(50).commission(brl("100.00"), attained=brl("900.00")) == brl("50.00")
        assert FlatRate("0.1").commission(brl("100.00"), attained=brl("900.00")) == brl("10.00")
        with pytest.raises(InvalidValue, match="^amount must be a Money"):
            FlatRate("0.1").commission(100)
        with pytest.raises(InvalidValue, match=r"CommissionPlan\.schedule"):
            CommissionPlan(id="p", schedule=FlatRate)


class TestTwoClocks:
    """A fact counts once it has happened and is known."""

    @pytest.mark.parametrize(
        ("recorded", "as_of", "earned"),
        [
            (None, at(3, 10), "1.00"),
            (None, at(3, 9), "0.00"),
            (at(3, 1), at(3, 9), "0.00"),  # known ahead of time
            (at(3, 1), at(3, 10), "1.00"),
            (at(3, 20), at(3, 19), "0.00"),  # happened, but nobody knows
            (at(3, 20), at(3, 20), "1.00"),
        ],
    )
    def test_a_sale_of_the_tenth(self, recorded, as_of, earned):
        """Both borders are inside."""
        ledger = settle([sale("C", "10.00", at(3, 10), recorded_at=recorded)], plan=plan(), as_of=as_of)
        assert ledger.balance("acme", currency="BRL").earned == brl(earned)

    def test_dates_are_those_of_the_calendar(self):
        """01:00 UTC of 1 April is 31 March in Sao Paulo: for when it counts and for when it was posted."""
        night = datetime(2026, 4, 1, 1, tzinfo=UTC)
        for zone, day in (("UTC", date(2026, 4, 1)), ("America/Sao_Paulo", date(2026, 3, 31))):
            ledger = settle([sale("C", "10.00", night)], plan=plan(calendar=Calendar(zone)), as_of=LATE)
            posted = ledger.postings[0]
            assert (posted.effective_on, posted.posted_on) == (day, day)

    def test_the_same_fact_twice_is_one(self):
        """Equal copies of it too; two that differ are refused."""
        assert settle([sale("C", "10.00", at(3, 1)), sale("C", "10.00", at(3, 1))], plan=plan(), as_of=LATE).balance(
            "acme"
        ).net == brl("1.00")
        with pytest.raises(InvalidValue, match=r"settle\(credits\) 'C' must be given once, or twice the same"):
            settle([sale("C", "10.00", at(3, 1)), sale("C", "11.00", at(3, 1))], plan=plan(), as_of=LATE)


class TestRicherPlans:
    """Whatever else a plan has, its sales are explained, guaranteed and split like those of a plain one."""

    spif = Incentive(id="spif", schedule=FixedAmount(5), where=Where(partners=["zinnia"]))

    def test_a_sale_that_earns_nothing_is_explained(self):
        """Below the first tier that pays; and a sale of nothing."""
        tiers = GraduatedTiers([Tier(0, 0), Tier(1000, "0.10")])
        for rich in (plan(tiers), plan(tiers, incentives=[self.spif]), plan(tiers, modifiers=[Cap(500)])):
            for amount in ("500.00", "0.00"):
                ledger = settle([sale("C", amount, at(1, 5))], plan=rich, as_of=LATE)
                assert [(one.line_id, str(one.sale.amount)) for one in ledger.unearned] == [("C", amount)]

    @pytest.mark.parametrize(
        ("more", "earned"),
        [
            ({}, "200.00"),
            ({"incentives": [Incentive(id="all", schedule=FixedAmount(5))]}, "205.00"),
            ({"modifiers": [Uplift("0.5", where=Where())]}, "300.00"),
        ],
    )
    def test_a_minimum_counts_all_that_was_earned(self, more, earned):
        """January is made up to 1,000 when it ends."""
        made_up = plan(FlatRate(1), guarantee=Guarantee(amount=1000), **more)
        for on, due in ((at(1, 31), earned), (at(2, 1), "1000.00")):
            ledger = settle([sale("C", "200.00", at(1, 5))], plan=made_up, as_of=on)
            assert ledger.balance("acme").due == brl(due)

    def test_all_of_a_sale_may_be_split_off(self):
        """Then the credited partner has no line at all."""
        ledger = settle([sale("C", "100.00", at(1, 5))], plan=plan(splits=[Split({"birch": 1})]), as_of=LATE)
        assert {line.partner_id for line in ledger.holds} | {one.partner_id for one in ledger.payables} == {"birch"}
        assert ledger.balance("birch").net == brl("10.00")

    def test_without_a_registration_the_booking_decides(self):
        """Where the date of the registration would."""
        rated = plan(basis=Basis(rated_on="registration"))
        assert settle([sale("C", "100.00", at(1, 5))], plan=rated, as_of=LATE).balance("acme").net == brl("10.00")


class TestThresholds:
    """Thresholds between whole units of the currency."""

    def test_a_threshold_may_have_cents(self):
        """10 % up to 10.50 and 20 % above: 1.05 + 2.00."""
        tiers = GraduatedTiers([Tier(0, "0.10"), Tier("10.50", "0.20")])
        assert tiers.commission(brl("20.50")) == brl("3.05")
        assert tiers.commission(brl("10.50")) == brl("1.05")
        # 1.06 at 10.55, less the 1.045 at 10.45 that were rounded to 1.04
        assert tiers.commission(brl("0.10"), attained=brl("10.45")) == brl("0.02")

    def test_flats_below_a_rate_that_reaches_back_stay_earned(self):
        """5 % and 7 once at 100; from 500 on 8 % of all and 3 more; 10 above."""
        mixed = MixedTiers(
            [Tier(0, "0.05"), Tier(100, "0.05", flat=7), Tier(500, "0.08", retroactive=True, flat=3), Tier(900, 1)],
            boundary="upper",
        )
        want = {"99.00": "4.95", "100.00": "12.00", "499.00": "31.95", "500.00": "50.00", "600.00": "58.00"}
        assert {amount: str(mixed.commission(brl(amount)).amount) for amount in want} == want
        assert mixed.commission(brl("901.00")) == brl("83.00")  # 900 x 8 % + 10, and 1 at 100 %

    @pytest.mark.parametrize("boundary", ["lower", "upper"])
    def test_nothing_attained_is_in_no_tier(self, boundary):
        """Whatever the first one pays once."""
        for schedule in (
            VolumeTiers([Tier(0, "0.10", flat=5)], boundary=boundary),
            GraduatedTiers([Tier(0, "0.10", flat=5)], boundary=boundary),
            MixedTiers([Tier(0, "0.10", flat=5)], boundary=boundary),
        ):
            assert schedule.cumulative(Fraction(0)) == 0
            assert schedule.commission(brl("0.01")) == brl("5.00")

    @pytest.mark.parametrize(("attained", "worth"), [(Fraction(2099, 2), 105), (1050, 210), (Fraction(2101, 2), 210)])
    def test_half_a_cent_below_a_threshold_is_below_it(self, attained, worth):
        """10.495 at 10 %, 10.50 and 10.505 at 20 % of all."""
        volume = VolumeTiers([Tier(0, "0.10"), Tier("10.50", "0.20")], boundary="upper")
        assert rounded(volume.compiled(), 2, Rounding.HALF_EVEN)(attained) == worth

    @pytest.mark.parametrize("bad", [0.5, 500.0])
    def test_a_threshold_is_no_float(self, bad):
        """Nor is a flat amount."""
        with pytest.raises(InexactNumber, match=r"Tier\.above"):
            Tier(bad, "0.10")
        with pytest.raises(InexactNumber, match=r"Tier\.flat"):
            Tier(0, "0.10", flat=bad)
