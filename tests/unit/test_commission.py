"""Commission by example: the plan's fields, what is refused, and how results show themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from types import SimpleNamespace

import pytest

from partnerops import Credit, Money, Period, Reversal
from partnerops.commission import (
    Clawback,
    CommissionPlan,
    FixedAmount,
    FlatRate,
    Full,
    GraduatedTiers,
    Interpolated,
    Percent,
    ProRata,
    Recovery,
    Steps,
    Tier,
    VolumeTiers,
    settle,
)
from partnerops.entities import Adjustment, Payout, PeriodClose, Withholding
from partnerops.exceptions import (
    CurrencyMismatch,
    InexactNumber,
    InvalidValue,
    NotCompilable,
    PolicyBrokeContract,
)

TIERS = [Tier(above=0, rate="0.10"), Tier(above=10000, rate="0.15")]
TEN = CommissionPlan(id="ten", schedule=FlatRate("0.10"), clawback=Clawback())


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sale(id: str, amount: str, when: datetime, partner: str = "acme", **more) -> Credit:
    return Credit(
        id=id, opportunity_id=more.pop("deal", f"D-{id}"), partner_id=partner, amount=brl(amount), at=when, **more
    )


def refund(id: str, deal: str, amount: str, when: datetime, **more) -> Reversal:
    return Reversal(id=id, opportunity_id=deal, kind=more.pop("kind", "refund"), amount=brl(amount), at=when, **more)


def payout(id: str, amount: str, when: datetime, **more) -> Payout:
    return Payout(id=id, partner_id="acme", gross=brl(amount), at=when, **more)


class TestRounding:
    """Commission is rounded once, a half to the even cent, and minus mirrors plus."""

    @pytest.mark.parametrize(
        ("schedule", "want"),
        [
            # 5 % of so many cents: on either side of a half, and on it
            (FlatRate("0.05"), {9: 0, 10: 0, 11: 1, 29: 1, 30: 2, 31: 2, 49: 2, 50: 2, 51: 3, 70: 4, 20: 1, 0: 0}),
            # a third: two of them are the least that lies beyond a half
            (Interpolated([(3, 1)]), {1: 0, 2: 1, 3: 1, 4: 1, 5: 2, 299: 100, 298: 99, 301: 100}),
        ],
    )
    def test_halves_and_thirds_of_a_cent(self, schedule, want):
        """By the schedule itself, and settled."""
        plan = CommissionPlan(id="p", schedule=schedule, currency="BRL", attainment="line")
        for sold, earned in want.items():
            for sign in (1, -1):
                amount = Money.from_minor(sign * sold, "BRL")
                assert schedule.commission(amount).minor == sign * earned
                credit = Credit(id="C", opportunity_id="D", partner_id="acme", amount=amount, at=at(1, 5))
                assert settle([credit], plan=plan, as_of=at(2, 1)).balance("acme").net.minor == sign * earned

    @pytest.mark.parametrize(
        ("rounding", "want"),
        [
            ("half_even", [0, 2, 2, 1]),
            ("half_up", [1, 2, 3, 1]),
            ("half_down", [0, 1, 2, 1]),
            ("up", [1, 2, 3, 1]),
            ("down", [0, 1, 2, 0]),
        ],
    )
    def test_as_the_plan_says(self, rounding, want):
        """5 % of 10, 30, 50 and 11 cents."""
        plan = TEN.replace(schedule=FlatRate("0.05"), rounding=rounding)
        for sign in (1, -1):
            amounts = {n: str(Money.from_minor(sign * n, "BRL").amount) for n in (10, 30, 50, 11)}
            sold = [sale(f"C{n}", amount, at(1, 5), f"P{n}") for n, amount in amounts.items()]
            ledger = settle(sold, plan=plan, as_of=at(2, 1))
            assert [ledger.balance(f"P{n}").net.minor for n in amounts] == [sign * one for one in want]


class TestTiersAreChecked:
    """A plan that cannot be right says where and what to do."""

    @pytest.mark.parametrize(
        ("tiers", "where"),
        [
            ([], r"GraduatedTiers\.tiers must be at least one tier"),
            (
                [Tier(above=5, rate=0)],
                r"GraduatedTiers\.tiers\[0\]\.above must be 0 for the first tier; .*Tier\(above=0",
            ),
            ([TIERS[0], TIERS[1], TIERS[1]], r"tiers\[2\]\.above must be above the threshold before it \(10000\)"),
            ([TIERS[0], Tier(above=9, rate=1), Tier(above=3, rate=1)], r"tiers\[2\]\.above .*\(got '3'\)"),
            ([TIERS[0], Tier(above=9, rate=1, retroactive=True)], r"tiers\[1\]\.retroactive .*MixedTiers"),
        ],
    )
    def test_thresholds_rise_from_zero(self, tiers, where):
        """Unsorted, duplicate or missing thresholds are refused with their place."""
        with pytest.raises(InvalidValue, match=where):
            GraduatedTiers(tiers)

    @pytest.mark.parametrize("rate", [10, "1.01", "-0.1"])
    def test_a_rate_is_a_fraction(self, rate):
        """10 is not 10 %."""
        with pytest.raises(InvalidValue, match=r"Tier\.rate must be a fraction from 0 to 1 \(0\.10 means 10 %\)"):
            Tier(above=0, rate=rate)

    def test_a_float_is_refused(self):
        """With the remedy."""
        with pytest.raises(InexactNumber, match=r'Tier\.rate .*write "0\.1"'):
            Tier(above=0, rate=0.1)

    def test_volume_rates_never_fall(self):
        """Neither as a rate nor through flat amounts."""
        with pytest.raises(
            InvalidValue, match=r"VolumeTiers\.tiers\[1\]\.rate must be at least the rate below it \(0\.15\)"
        ):
            VolumeTiers([Tier(above=0, rate="0.15"), Tier(above=10, rate="0.10")], boundary="lower")
        with pytest.raises(InvalidValue, match=r"VolumeTiers\.tiers\[1\] must be worth at least 51"):
            VolumeTiers([Tier(above=0, rate="0.1", flat=50), Tier(above=10, rate="0.1")], boundary="lower")

    def test_the_boundary_is_a_required_choice(self):
        """There is no default to get wrong, and a slip gets near misses."""
        with pytest.raises(TypeError, match="boundary"):
            VolumeTiers(TIERS)
        with pytest.raises(InvalidValue, match="did you mean 'upper'"):
            VolumeTiers(TIERS, boundary="uper")


class TestBoundary:
    """Exactly on the threshold, and a cent to either side."""

    @pytest.mark.parametrize(
        ("boundary", "below", "on", "above"),
        [("lower", "1000.00", "1000.00", "1500.00"), ("upper", "1000.00", "1500.00", "1500.00")],
    )
    def test_volume(self, boundary, below, on, above):
        """The whole amount moves at once."""
        tiers = VolumeTiers(TIERS, boundary=boundary)
        got = [tiers.commission(brl(amount)) for amount in ("9999.99", "10000.00", "10000.01")]
        assert got == [brl(below), brl(on), brl(above)]

    def test_a_flat_amount_is_earned_once(self):
        """Above its threshold, or on it where the boundary is upper."""
        tiers = [TIERS[0], Tier(above=10000, rate="0.10", flat=250)]
        assert GraduatedTiers(tiers).commission(brl("10000.00")) == brl("1000.00")
        assert GraduatedTiers(tiers).commission(brl("10000.01")) == brl("1250.00")
        assert GraduatedTiers(tiers, boundary="upper").commission(brl("10000.00")) == brl("1250.00")
        assert GraduatedTiers(tiers).commission(brl("5000.00"), attained=brl("20000.00")) == brl("500.00")

    def test_zero_earns_nothing(self):
        """Not even the flat amount of the first tier."""
        first = [Tier(above=0, rate="0.10", flat=5)]
        for boundary in ("lower", "upper"):
            assert GraduatedTiers(first, boundary=boundary).commission(brl("0.00")) == brl("0.00")
            assert VolumeTiers(first, boundary=boundary).commission(brl("0.01")) == brl("5.00")


class TestUsersSchedules:
    """One method is enough, and what breaks its contract is named."""

    def test_a_staircase(self):
        """`cumulative` alone pays and takes back."""

        class PerThousand:
            def cumulative(self, attained, /):
                return attained // 1000 * 7

        plan = CommissionPlan(id="stairs", schedule=PerThousand(), attainment="month", clawback=Clawback())
        credits = [sale("C1", "800.00", at(3, 1)), sale("C2", "800.00", at(3, 2)), sale("C3", "900.00", at(3, 3))]
        ledger = settle(credits, plan=plan, as_of=at(4, 1))
        assert [one.earnings for one in ledger.postings] == [brl("7.00"), brl("7.00")]
        assert "PerThousand" in str(plan)
        undone = settle(credits, plan=plan, reversals=[refund("X", "D-C1", "800.00", at(3, 9))], as_of=at(4, 1))
        assert undone.balance("acme").net == brl("7.00")
        with pytest.raises(NotCompilable, match="PerThousand"):
            plan.compiled()

    @pytest.mark.parametrize(
        ("answer", "rule"),
        [
            (float, "answer with a finite int, Fraction or Decimal"),
            (lambda _: -1, "never answer below 0"),
            (lambda v: 100 - v, "never fall as attainment rises"),
            (lambda _: None, "answer with a finite int"),
        ],
    )
    def test_a_broken_contract_is_named(self, answer, rule):
        """Before anything is posted."""

        class Broken:
            def cumulative(self, attained, /):
                return answer(attained)

        plan = CommissionPlan(id="broken", schedule=Broken(), attainment="month")
        with pytest.raises(PolicyBrokeContract, match=rule):
            settle([sale("C1", "10.00", at(3, 1)), sale("C2", "20.00", at(3, 2))], plan=plan, as_of=at(4, 1))

    def test_a_class_is_not_a_schedule(self):
        """The usual slip."""
        with pytest.raises(InvalidValue, match=r"CommissionPlan\.schedule must be a schedule"):
            CommissionPlan(id="p", schedule=FlatRate)

    def test_a_clawback_share_outside_its_bounds(self):
        """A user's clawback schedule is held to its contract too."""

        class Twice:
            def clawable(self, _earned_on, _reversed_on, /):
                return 2

        plan = TEN.replace(clawback=Clawback(schedule=Twice()))
        with pytest.raises(PolicyBrokeContract, match="Twice"):
            settle(
                [sale("C1", "10.00", at(3, 1))], plan=plan, reversals=[refund("X", "D-C1", "1.00", at(3, 9))],
                as_of=at(4, 1),
            )  # fmt: skip


class TestClawbackSchedules:
    """Shares by age, from the original anchor."""

    def test_steps(self):
        """Each holds until its months are completed."""
        steps = Steps([(3, 1), (6, "0.5")])
        days = [date(2026, 4, 29), date(2026, 4, 30), date(2026, 7, 30), date(2026, 7, 31)]
        assert [steps.clawable(date(2026, 1, 31), on) for on in days] == [1, Fraction(1, 2), Fraction(1, 2), 0]

    def test_pro_rata_ends_at_zero(self):
        """And never goes below."""
        assert [ProRata(2).clawable(date(2026, 1, 31), date(2026, month, 28)) for month in (2, 3, 9)] == [
            Fraction(1, 2), Fraction(1, 2), 0,
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "schedule", [Full(), Percent("1/3"), Percent("2/3"), Percent(0), ProRata(5), Steps([(2, 1), (9, "0.25")])]
    )
    def test_the_integers_say_the_same(self, schedule):
        """For every age."""
        for month in range(1, 13):
            assert schedule.compiled().at(month - 1) == schedule.clawable(date(2026, 1, 15), date(2026, month, 15))

    @pytest.mark.parametrize(
        ("steps", "message"),
        [
            ([], r"^Steps\.steps must be a list of \(until months, share\)"),
            (5, r"^Steps\.steps must be a list of \(until months, share\)"),
            ([(3, 1), (3, 0)], r"^Steps\.steps\[1\]\[0\] must be a whole number from 4 to 1200"),
            ([(0, 1)], r"^Steps\.steps\[0\]\[0\] must be a whole number from 1 to 1200"),
            ([(1201, 1)], r"^Steps\.steps\[0\]\[0\] must be a whole number from 1 to 1200"),
            ([(3, "1.5")], r"^Steps\.steps\[0\]\[1\] must be an exact fraction from 0 to 1"),
            ([(3, "-0.5")], r"^Steps\.steps\[0\]\[1\] must be an exact fraction from 0 to 1"),
            ([(3, 0.5)], r"^Steps\.steps\[0\]\[1\] must be an exact"),
            (["ab"], r"^Steps\.steps\[0\] must be a pair"),
            ([(3, 1, 0)], r"^Steps\.steps\[0\] must be a pair"),
            ([(3,)], r"^Steps\.steps\[0\] must be a pair"),
        ],
    )
    def test_steps_are_checked(self, steps, message):
        """Pairs, months that rise, shares that are exact fractions; the place is named."""
        with pytest.raises(InvalidValue, match=message):
            Steps(steps)

    def test_steps_at_their_bounds(self):
        """From the first month to the last, one after another, and a share of nothing."""
        assert Steps([(1, 1), (2, "0.5"), (1200, 0)]).clawable(date(2026, 1, 1), date(2026, 2, 1)) == Fraction(1, 2)

    def test_the_window_is_half_open(self):
        """Twelve months from 29 February end on 28 February, that day excluded."""
        leap = datetime(2024, 2, 29, 12, tzinfo=UTC)
        plan = TEN.replace(clawback=Clawback(within_months=12))
        for when, taken in ((datetime(2025, 2, 27, tzinfo=UTC), "1.00"), (datetime(2025, 2, 28, tzinfo=UTC), "0.00")):
            ledger = settle(
                [sale("C", "10.00", leap)], plan=plan, reversals=[refund("X", "D-C", "10.00", when)], as_of=when
            )
            assert ledger.balance("acme").clawed_back == brl(taken)

    def test_triggers(self):
        """A kind that is no trigger changes nothing."""
        plan = TEN.replace(clawback=Clawback(triggers=["fraud", "refund"]))
        for kind, taken in (("refund", "1.00"), ("churn", "0.00")):
            back = [refund("X", "D-C", "10.00", at(4, 1), kind=kind)]
            ledger = settle([sale("C", "10.00", at(3, 1))], plan=plan, reversals=back, as_of=at(5, 1))
            assert ledger.balance("acme").clawed_back == brl(taken)
        with pytest.raises(InvalidValue, match=r"Clawback\.triggers"):
            Clawback(triggers=["refnd"])


class TestPaying:
    """Holds, payouts, what is kept back and what comes back."""

    def test_a_payout_with_withholdings(self):
        """Gross leaves what is due; net leaves in cash, the rest is withheld."""
        tax = [Withholding(kind="ISS", amount=brl("5.00"))]
        ledger = settle(
            [sale("C", "1000.00", at(3, 1))], plan=TEN, as_of=at(4, 1),
            payouts=[payout("O", "80.00", at(3, 15), withholdings=tax, document="NF-7")],
        )  # fmt: skip
        balance = ledger.balance("acme")
        assert (balance.due, balance.paid) == (brl("20.00"), brl("80.00"))
        assert [(one.credit.value, one.amount, one.because) for one in ledger.postings[1:]] == [
            ("cash", brl("75.00"), "payout O, document NF-7"),
            ("withheld", brl("5.00"), "ISS withheld from payout O"),
        ]

    def test_a_payout_above_what_is_payable_is_refused(self):
        """The message says how much was payable."""
        with pytest.raises(
            InvalidValue, match=r"'O'\.gross must be at most what was payable to acme by then, 100\.00 BRL"
        ):
            settle(
                [sale("C", "1000.00", at(3, 1))], plan=TEN, payouts=[payout("O", "100.01", at(3, 2))], as_of=at(4, 1)
            )

    def test_paid_and_unpaid_parts_of_one_line(self):
        """One refund cancels what was not paid and makes the rest recoverable."""
        ledger = settle(
            [sale("C", "1000.00", at(3, 1))], plan=TEN, payouts=[payout("O", "50.00", at(3, 2))],
            reversals=[refund("X", "D-C", "1000.00", at(3, 3))], as_of=at(4, 1),
        )  # fmt: skip
        balance = ledger.balance("acme")
        assert (balance.cancelled, balance.recoverable, balance.due) == (brl("50.00"), brl("50.00"), brl("0.00"))

    @pytest.mark.parametrize(
        ("recovery", "kept", "left"),
        [
            (Recovery(), "100.00", "0.00"),
            (Recovery(max_share="0.25"), "50.00", "50.00"),
            (Recovery(max_amount=brl("30.00")), "30.00", "70.00"),
            (Recovery(max_share="0.25", max_amount=brl("80.00")), "50.00", "50.00"),
            (Recovery(mode="none"), "0.00", "100.00"),
            (Recovery(mode="write_off"), "0.00", "0.00"),
        ],
    )
    def test_recovery(self, recovery, kept, left):
        """The next payout loses the smallest of what is owed, the share and the amount; the rest waits."""
        plan = TEN.replace(clawback=Clawback(recovery=recovery))
        ledger = settle(
            [sale("C1", "1000.00", at(3, 1)), sale("C2", "2000.00", at(4, 1))], plan=plan, as_of=at(5, 1),
            reversals=[refund("X", "D-C1", "1000.00", at(3, 20))],
            payouts=[payout("O1", "100.00", at(3, 2)), payout("O2", "1.00", at(4, 2))],
        )  # fmt: skip
        balance = ledger.balance("acme")
        assert (balance.recovered, balance.recoverable) == (brl(kept), brl(left))
        assert balance.due == brl("199.00") - brl(kept)

    def test_a_returned_payout_is_due_again(self):
        """From the moment it is known, withholdings too."""
        back = payout(
            "O", "80.00", at(3, 15), status="returned", settled_at=at(3, 20),
            withholdings=[Withholding(kind="ISS", amount=brl("5.00"))],
        )  # fmt: skip
        credits = [sale("C", "1000.00", at(3, 1))]
        assert settle(credits, plan=TEN, payouts=[back], as_of=at(3, 19)).balance("acme").paid == brl("80.00")
        after = settle(credits, plan=TEN, payouts=[back, payout("P", "100.00", at(3, 25))], as_of=at(3, 25))
        assert (after.balance("acme").paid, after.balance("acme").due) == (brl("100.00"), brl("0.00"))

    def test_held_until_the_day(self):
        """Due from the first instant of the day in the plan's zone."""
        plan = TEN.replace(hold_days=30)
        credits = [sale("C", "1000.00", at(3, 1))]
        assert settle(credits, plan=plan, as_of=date(2026, 3, 30)).balance("acme").held == brl("100.00")
        assert settle(credits, plan=plan, as_of=date(2026, 3, 31)).balance("acme").due == brl("100.00")


class TestBooks:
    """Closed periods, adjustments, superseded credits."""

    def test_what_is_late_is_posted_to_the_open_period(self):
        """It counts in the period it belongs to, and is booked in the one that is open."""
        plan = CommissionPlan(id="q", schedule=GraduatedTiers(TIERS), attainment="quarter")
        credits = [
            sale("C1", "9000.00", at(3, 1)),
            sale("C2", "2000.00", at(3, 20), recorded_at=at(4, 10)),
        ]
        close = PeriodClose(id="K", period=Period.month(2026, 3), at=at(4, 5))
        ledger = settle(credits, plan=plan, closes=[close], as_of=at(4, 30))
        assert ledger.statement("acme", Period.month(2026, 3)).total == brl("900.00")
        (line,) = ledger.statement("acme", Period.month(2026, 4)).lines
        assert (line.effective_on, line.posted_on) == (date(2026, 3, 20), date(2026, 4, 10))
        assert line.amount == brl("250.00")  # 1000 at 10 %, 1000 at 15 %

    def test_an_adjustment_by_hand(self):
        """Due at once, with its reason and who approved it."""
        by_hand = Adjustment(
            id="M", partner_id="acme", amount=brl("-5.00"), at=at(3, 2), reason="typo", approved_by="rui"
        )
        ledger = settle([], plan=TEN, adjustments=[by_hand], as_of=at(4, 1))
        assert ledger.balance("acme").due == brl("-5.00")
        assert ledger.statement("acme", Period.month(2026, 3)).lines[0].because == "typo, approved by rui"

    def test_a_superseding_credit_posts_a_linked_difference(self):
        """What the old one earned goes, what the new one earns comes; to another partner if need be."""
        old = sale("C1", "1000.00", at(3, 1), deal="D")
        new = sale("C2", "600.00", at(3, 1), deal="D", partner="birch", supersedes="C1", recorded_at=at(3, 9))
        before = settle([old, new], plan=TEN, as_of=at(3, 8))
        assert before.balance("acme").earned == brl("100.00")
        after = settle([old, new], plan=TEN, payouts=[payout("O", "30.00", at(3, 2))], as_of=at(3, 9))
        assert (after.balance("acme").net, after.balance("acme").due) == (brl("0.00"), brl("-30.00"))
        assert after.balance("birch").earned == brl("60.00")
        corrected = next(one for one in after.postings if one.kind == "corrected")
        assert (corrected.source_id, corrected.line_id, corrected.because) == ("C2", "C1", "superseded by C2")

    def test_a_reversal_before_its_sale_is_parked(self):
        """It waits in sight, and counts once the sale is known."""
        back = [refund("X", "D-C", "500.00", at(3, 1))]
        credits = [sale("C", "1000.00", at(3, 1), recorded_at=at(4, 1))]
        waiting = settle(credits, plan=TEN, reversals=back, currency="BRL", as_of=at(3, 9))
        assert [one.id for one in waiting.parked] == ["X"]
        assert "1 reversal waiting for a sale" in str(waiting)
        settled = settle(credits, plan=TEN, reversals=back, as_of=at(4, 1))
        assert (settled.parked, settled.balance("acme").clawed_back) == ((), brl("50.00"))

    def test_direct_and_influenced_credits_never_settle(self):
        """They are counted elsewhere."""
        credits = [sale("C1", "10.00", at(3, 1), partner="direct"), sale("C2", "10.00", at(3, 1), role="influenced")]
        assert settle(credits, plan=TEN, as_of=at(4, 1)).postings == ()


class TestRefusals:
    """Bad input stops everything: nothing is partly settled."""

    def test_a_reversal_larger_than_its_sale(self):
        """With the place and the amount."""
        with pytest.raises(
            InvalidValue, match=r"settle\(reversals\) 'X'\.amount must be at most the amount of deal D-C"
        ):
            settle(
                [sale("C", "10.00", at(3, 1))],
                plan=TEN,
                reversals=[refund("X", "D-C", "10.01", at(3, 2))],
                as_of=at(4, 1),
            )

    def test_two_facts_of_one_id(self):
        """The same one twice is fine."""
        with pytest.raises(InvalidValue, match=r"settle\(credits\) 'C' must be given once, or twice the same"):
            settle([sale("C", "10.00", at(3, 1)), sale("C", "11.00", at(3, 1))], plan=TEN, as_of=at(4, 1))

    def test_two_currencies(self):
        """They never mix."""
        dollars = Credit(id="U", opportunity_id="D-U", partner_id="acme", amount=Money("1.00", "USD"), at=at(3, 2))
        with pytest.raises(CurrencyMismatch, match=r"settle credit U under plan ten in BRL and USD"):
            settle([sale("C", "10.00", at(3, 1)), dollars], plan=TEN, as_of=at(4, 1))
        back = Reversal(id="X", opportunity_id="D-C", kind="refund", amount=Money("1.00", "USD"), at=at(3, 2))
        with pytest.raises(CurrencyMismatch, match="reverse deal D-C"):
            settle([sale("C", "10.00", at(3, 1))], plan=TEN, reversals=[back], as_of=at(4, 1))

    def test_other_things_in_the_lists(self):
        """A payment among the credits, a plan that is none."""
        with pytest.raises(InvalidValue, match=r"settle\(credits\) must be a list of Credits"):
            settle([refund("X", "D", "1.00", at(3, 1))], plan=TEN, as_of=at(4, 1))
        attributions = [SimpleNamespace(credits=[sale("C", "10.00", at(3, 1))])]
        with pytest.raises(
            InvalidValue, match=r"Credits: \[credit for one in attributions for credit in one.credits\]"
        ):
            settle(attributions, plan=TEN, as_of=at(4, 1))
        with pytest.raises(InvalidValue, match=r"settle\(plan=\.\.\.\) must be a CommissionPlan"):
            settle([], plan=FlatRate("0.1"), as_of=at(4, 1))

    def test_a_currency_that_nothing_tells(self):
        """An empty ledger needs one named."""
        with pytest.raises(InvalidValue, match="nothing was settled"):
            settle([], plan=TEN, as_of=at(4, 1)).balance("acme")
        assert settle([], plan=TEN, currency="BRL", as_of=at(4, 1)).balance("acme").due == brl("0.00")


class TestReasons:
    """Each line says why, to the cent."""

    def test_graduated(self):
        """One slice per tier that the sale passes through."""
        plan = CommissionPlan(id="q", schedule=GraduatedTiers(TIERS), attainment="quarter", clause="4.2")
        credits = [sale("C1", "8000.00", at(3, 4)), sale("C2", "6000.00", at(3, 20))]
        line = settle(credits, plan=plan, as_of=at(4, 1)).statement("acme", Period.month(2026, 3)).lines[1]
        assert [(one.lower, one.upper, one.rate, one.amount) for one in line.slices] == [
            (brl("8000.00"), brl("10000.00"), Fraction(1, 10), brl("200.00")),
            (brl("10000.00"), brl("14000.00"), Fraction(3, 20), brl("600.00")),
        ]
        assert line.because == (
            "10 % on 2,000.00 BRL and 15 % on 4,000.00 BRL: "
            "attainment from 8,000.00 BRL to 14,000.00 BRL in 2026-Q1"
        )  # fmt: skip
        assert line.policy.clause == "4.2"

    def test_volume_shows_what_reaches_back(self):
        """And negative sales the same the other way."""
        plan = CommissionPlan(id="q", schedule=VolumeTiers(TIERS, boundary="lower"), attainment="lifetime")
        credits = [
            sale("C1", "10000.00", at(3, 4)),
            sale("C2", "2000.00", at(3, 20)),
            sale("C3", "-2000.00", at(4, 20)),
        ]
        lines = settle(credits, plan=plan, as_of=at(5, 1)).statement("acme", Period.year(2026)).lines
        assert [line.amount for line in lines] == [brl("1000.00"), brl("800.00"), brl("-800.00")]
        assert [(one.retroactive, one.rate, one.amount) for one in lines[1].slices] == [
            (True, Fraction(1, 20), brl("500.00")),
            (False, Fraction(3, 20), brl("300.00")),
        ]
        assert [one.amount for one in lines[2].slices] == [brl("-500.00"), brl("-300.00")]
        assert "5 % more on 10,000.00 BRL" in lines[1].because

    def test_fixed_and_flat_amounts(self):
        """Amounts earned once say for what."""
        plan = CommissionPlan(id="b", schedule=FixedAmount(50))
        (line,) = (
            settle([sale("C", "10.00", at(3, 1))], plan=plan, as_of=at(4, 1)).statement("acme", Period.year(2026)).lines
        )
        assert line.because == "50 a sale: one of 10.00 BRL"

    def test_over_zero(self):
        """A negative sale that takes the period below zero is walked in both directions."""
        plan = CommissionPlan(id="q", schedule=GraduatedTiers(TIERS), attainment="lifetime")
        credits = [sale("C1", "1000.00", at(3, 4)), sale("C2", "-3000.00", at(3, 20)), sale("C3", "5000.00", at(3, 21))]
        lines = settle(credits, plan=plan, as_of=at(5, 1)).statement("acme", Period.year(2026)).lines
        assert [[str(one.amount.amount) for one in line.slices] for line in lines] == [
            ["100.00"], ["-200.00", "-100.00"], ["200.00", "300.00"],
        ]  # fmt: skip

    def test_printing(self):
        """One screen of text, and a page with a waterfall."""
        ledger = settle(
            [sale("C", "1000.00", at(3, 1))], plan=TEN.replace(hold_days=5), as_of=at(4, 1),
            reversals=[refund("X", "D-C", "100.00", at(3, 9))], payouts=[payout("O", "40.00", at(3, 20))],
        )  # fmt: skip
        assert str(ledger).splitlines()[0] == "ledger as of 2026-04-01T12:00:00+00:00: 4 postings, 1 partner"
        for result in (ledger, ledger.balance("acme"), ledger.statement("acme", Period.month(2026, 3))):
            assert "<svg" in result._repr_html_()
            assert len(str(result).splitlines()) < 40
            assert result.to_dicts()
        assert ledger.to_dicts()[0]["because"] == "10 % on 1,000.00 BRL: a sale of 1,000.00 BRL"
        assert repr(TEN.ref) == f"PlanRef(id='ten', version='1', digest='{TEN.ref.digest}', clause='')"
