"""Commission at its edges: what plans refuse, how they read, and events that meet in unusual ways."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from partnerops import Credit, Dataset, ExchangeRates, Money, Opportunity, Payment, Period, Reversal, Target
from partnerops.commission import (
    Basis,
    Clawback,
    CommissionPlan,
    FixedAmount,
    FlatRate,
    Full,
    GraduatedTiers,
    Incentive,
    Interpolated,
    MixedTiers,
    OnQuota,
    Percent,
    PostingKind,
    ProRata,
    Recovery,
    Steps,
    Tier,
    VolumeTiers,
    settle,
)
from partnerops.commission.details import AtQuota
from partnerops.commission.modifiers import BestOf, Cap, Split, Uplift, UplineOverride, Where
from partnerops.entities import Payout, PeriodClose
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PolicyBrokeContract
from partnerops.money import ExchangeRate

EVER = Period.parse("2020-01-01/2040-01-01")
TIERS = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sale(id: str, amount: str, when: datetime, partner: str = "acme", **more) -> Credit:
    return Credit(
        id=id, opportunity_id=more.pop("deal", f"D-{id}"), partner_id=partner, amount=brl(amount), at=when, **more
    )


def back(id: str, deal: str, amount: str, when: datetime, kind: str = "refund", **more) -> Reversal:
    return Reversal(id=id, opportunity_id=deal, kind=kind, amount=brl(amount), at=when, **more)


def plan(schedule=None, **more) -> CommissionPlan:
    more.setdefault("clawback", Clawback())
    return CommissionPlan(id="p", schedule=schedule or FlatRate("0.10"), **more)


def amounts(ledger, partner="acme"):
    return [str(line.amount.amount) for line in ledger.statement(partner, EVER, currency="BRL").lines]


class TestWords:
    """Plans and their parts read aloud."""

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (TIERS, "10 % and 20 % above 1,000"),
            (VolumeTiers([Tier(0, "0.05"), Tier(10, "0.075")], boundary="lower"), "5 % and 7.5 % above 10 on all"),
            (
                MixedTiers([Tier(0, 0), Tier(9, "0.1", retroactive=True), Tier(99, "0.2", flat=5)], boundary="upper"),
                "0 %, 10 % above 9 on all and 20 % above 99 and 5 once",
            ),
            (Interpolated([(10, 1)], beyond="0.1"), "1 at 10, interpolated, then 10 %"),
            (FixedAmount("12.50"), "12.5 a sale"),
            (Full(), "in full"),
            (Percent("1/3"), "33.3 %"),
            (ProRata(12), "pro rata over 12 months"),
            (Steps([(3, 1), (6, "0.5")]), "100.0 % in the first 3 months and 50.0 % in the first 6 months"),
            (Basis(), "gross"),
            (
                Basis(of="net", deduct="0.1", exclude=Where(products=["box"])),
                "net of 10.0 % deducted, without product box",
            ),
            (Where(registered=False, registered_days=3), "deal not registered, registered 3 days before the booking"),
            (Where(), "every sale"),
            (Incentive(id="x", schedule=FlatRate("0.01"), points=True), "x: 1 % points where every sale"),
            (Uplift("0.1", where=Where()), "uplift of 10 %"),
            (plan(attainment="lifetime"), "p version 1: 10 %, all sales of a partner"),
            (plan().ref.replace(digest="abc", clause="4"), "p version 1 (abc), clause 4"),
        ],
        ids=str,
    )
    def test_each(self, value, text):
        """In one phrase."""
        assert str(value) == text


class TestRefused:
    """With the place, the rule and the remedy."""

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: plan(modifiers=Cap(5)), r"CommissionPlan\.modifiers must be a list of modifiers"),
            (lambda: BestOf([]), r"BestOf\.uplifts must be a list of at least one Uplift"),
            (lambda: UplineOverride([]), r"UplineOverride\.rates must be a list of at least one rate"),
            (lambda: UplineOverride("0.1"), r"UplineOverride\.rates must be a list"),
            (lambda: Split({"birch": "0.7", "cedar": "0.4"}), r"Split\.shares must be shares that sum to at most 1"),
            (lambda: Clawback(schedule=Full), r"Clawback\.schedule must be a clawback schedule"),
            (lambda: Recovery(max_amount=brl("-1.00")), r"Recovery\.max_amount must be at least 0"),
            (lambda: Steps("ab"), r"Steps\.steps must be a list"),
            (lambda: Interpolated([5]), r"Interpolated\.points\[0\] must be a pair"),
            (lambda: AtQuota(TIERS, 0), r"AtQuota\.quota must be above 0"),
            (lambda: Tier(above=-1, rate=0), r"Tier\.above must be at least 0"),
            (lambda: plan(currency="XAU"), r"CommissionPlan\.currency"),
            (lambda: plan(attainment="decade"), r"CommissionPlan\.attainment must be one of line, month"),
            (lambda: GraduatedTiers(5), r"GraduatedTiers\.tiers must be a list"),
        ],
    )
    def test_values(self, make, message):
        """Before anything is settled."""
        with pytest.raises(InvalidValue, match=message):
            make()

    def test_two_currencies_in_one_commission(self):
        """An amount and an attainment."""
        with pytest.raises(CurrencyMismatch, match="add an amount to an attainment"):
            TIERS.commission(brl("1.00"), attained=Money("1.00", "USD"))
        payment = Payment(id="P", opportunity_id="D-C", amount=Money("1.00", "USD"), at=at(3, 2))
        waits = plan(basis=Basis(on="payment"))
        with pytest.raises(CurrencyMismatch, match="pay deal D-C"):
            settle([sale("C", "1.00", at(3, 1))], plan=waits, payments=[payment], as_of=at(4, 1))

    def test_broken_answers_of_users(self):
        """A number that is none, integers that are none."""

        class NaN:
            def cumulative(self, _attained, /):
                return Decimal("NaN")

        class Shadow:
            def cumulative(self, attained, /):
                return attained

            def compiled(self):
                return "soon"

        for schedule, message in ((NaN(), "answer with a finite"), (Shadow(), "return a CompiledSchedule")):
            with pytest.raises(PolicyBrokeContract, match=message):
                settle([sale("C", "1.00", at(3, 1))], plan=plan(schedule), as_of=at(4, 1))

    def test_decimals_are_exact_answers_too(self):
        """Of a user's schedule and clawback schedule."""

        class Tenth:
            def cumulative(self, attained, /):
                return Decimal(int(attained)) / 10

            def clawable(self, _earned_on, _reversed_on, /):
                return Decimal("0.5")

        half = plan(Tenth(), clawback=Clawback(schedule=Tenth()))
        ledger = settle(
            [sale("C", "10.00", at(3, 1))], plan=half, reversals=[back("X", "D-C", "10.00", at(3, 2))], as_of=at(4, 1)
        )
        assert amounts(ledger)[0] == "1.00"

    def test_a_quota_in_another_currency(self):
        """Or in none."""
        quota = Target(id="Q", owner_id="acme", metric="won_revenue", period=Period.year(2026), value=Money("5", "USD"))
        plan_on_quota = plan(OnQuota(TIERS), attainment="year")
        with pytest.raises(InvalidValue, match=r"Target 'Q'\.value must be an amount in BRL"):
            settle([sale("C", "1.00", at(3, 1))], plan=plan_on_quota, data=Dataset(targets=[quota]), as_of=at(4, 1))


class TestMeetings:
    """Events that meet in unusual ways."""

    def test_a_quota_for_sales_that_stand_alone(self):
        """The target whose period holds the date."""
        quota = Target(id="Q", owner_id="acme", metric="won_revenue", period=Period.year(2026), value=brl("1000.00"))
        each = plan(OnQuota(GraduatedTiers([Tier(0, "0.10"), Tier(1, "0.20")])))
        credits = [sale("C1", "1500.00", at(3, 1)), sale("C2", "1500.00", at(3, 2))]
        ledger = settle(credits, plan=each, data=Dataset(targets=[quota]), as_of=at(4, 1))
        assert amounts(ledger) == ["200.00", "200.00"]

    def test_a_superseded_credit_that_was_reversed_in_part(self):
        """What is left of it goes; what was reversed of the deal is taken from the new credit."""
        old = sale("C1", "1000.00", at(3, 1), deal="D")
        new = sale("C2", "800.00", at(3, 1), deal="D", supersedes="C1", recorded_at=at(3, 20))
        for effect in ("recompute", "booked_rate"):
            tiered = plan(TIERS, attainment="month", clawback=Clawback(tier_effect=effect))
            ledger = settle([old, new], plan=tiered, reversals=[back("X", "D", "400.00", at(3, 9))], as_of=at(4, 1))
            assert amounts(ledger) == ["100.00", "-40.00", "-60.00", "80.00", "-40.00"]

    def test_superseding_bounties_points_and_cascades(self):
        """Sales that stand alone, points, and a sale that moves others down."""
        club = Incentive(id="club", schedule=FlatRate("0.01"), points=True)
        first, other = sale("C1", "1000.00", at(3, 1)), sale("C2", "1000.00", at(3, 2))
        new = sale("C3", "500.00", at(3, 1), deal="D-C1", supersedes="C1", recorded_at=at(3, 9))
        bounty = settle([first, other, new], plan=plan(FixedAmount(50), incentives=[club]), as_of=at(4, 1))
        assert (amounts(bounty), bounty.points_of("acme")) == (["50.00", "50.00", "-50.00", "50.00"], 15)
        tiered = settle([first, other, new], plan=plan(TIERS, attainment="month"), as_of=at(4, 1))
        # Without C1 the month is worth 100: it loses 100 of its own, and C2 100; then C3 brings 100 at 20 %.
        assert amounts(tiered) == ["100.00", "200.00", "-100.00", "-100.00", "100.00"]

    def test_a_superseding_credit_of_an_unknown_one(self):
        """The earlier one never earns, whenever it turns up."""
        new = sale("C2", "800.00", at(3, 1), deal="D", supersedes="C1")
        late = sale("C1", "1000.00", at(3, 1), deal="D", recorded_at=at(3, 9))
        assert amounts(settle([new, late], plan=plan(), as_of=at(4, 1))) == ["80.00"]

    def test_shares_that_exceed_the_deal_are_taken_by_amount(self):
        """Two credits that both claim all of a deal share its refund by what they got."""
        two = [sale("C1", "600.00", at(3, 1), deal="D"), sale("C2", "200.00", at(3, 1), "birch", deal="D")]
        ledger = settle(two, plan=plan(), reversals=[back("X", "D", "400.00", at(3, 9))], as_of=at(4, 1))
        assert (amounts(ledger)[-1], amounts(ledger, "birch")[-1]) == ("-30.00", "-10.00")

    def test_a_partial_share_of_a_deal(self):
        """Its part of a refund; one beyond any deal of that share is refused; the record tells the deal's amount."""
        third = sale("C", "33.34", at(3, 1), deal="D", share="1/3")
        half = [back("X", "D", "50.00", at(3, 9))]
        assert amounts(settle([third], plan=plan(FlatRate(1)), reversals=half, as_of=at(4, 1)))[-1] == "-16.67"
        with pytest.raises(InvalidValue, match=r"'X'\.amount must be at most the amount of deal D;"):
            settle([third], plan=plan(), reversals=[back("X", "D", "103.03", at(3, 9))], as_of=at(4, 1))
        deal = Opportunity(
            id="D", stage="won", status="won", amount=brl("100.00"), created_at=at(1, 1), closed_at=at(3, 1)
        )
        data, whole = Dataset(opportunities=[deal]), [back("X", "D", "100.00", at(3, 9))]
        told = settle([third], plan=plan(FlatRate(1)), reversals=whole, data=data, as_of=at(4, 1))
        assert amounts(told)[-1] == "-33.34"
        with pytest.raises(InvalidValue, match=r"deal D, 100\.00 BRL"):
            settle([third], plan=plan(), reversals=[back("X", "D", "100.01", at(3, 9))], data=data, as_of=at(4, 1))

    def test_negative_credits_have_nothing_to_reverse(self):
        """Only what was sold can be taken back."""
        pair = [sale("C1", "100.00", at(3, 1), deal="D"), sale("C2", "-40.00", at(3, 2), deal="D")]
        ledger = settle(pair, plan=plan(), reversals=[back("X", "D", "60.00", at(3, 9))], as_of=at(4, 1))
        # 60 of the 100 that were sold: the other 40 went with the credit note.
        assert amounts(ledger) == ["10.00", "-4.00", "-6.00"]
        assert ledger.balance("acme").net == brl("0.00")

    def test_negative_sales_are_held_and_corrected_like_others(self):
        """The amounts go the other way through the same accounts."""
        minus = sale("C1", "-100.00", at(3, 1), deal="D")
        nothing = sale("C2", "0.00", at(3, 1), deal="D", supersedes="C1", recorded_at=at(3, 20))
        held = settle([minus], plan=plan(hold_days=10), as_of=at(3, 5))
        assert held.balance("acme").held == brl("-10.00")
        assert settle([minus], plan=plan(hold_days=10), as_of=at(3, 15)).balance("acme").due == brl("-10.00")
        assert settle([minus, nothing], plan=plan(), as_of=at(4, 1)).balance("acme").due == brl("0.00")

    def test_a_fixed_amount_is_earned_by_the_first_payment(self):
        """The bounty, and a SPIF on top."""
        spif = Incentive(id="s", schedule=FixedAmount(7), where=Where(since=date(2026, 1, 1)))
        waits = plan(FixedAmount(50), basis=Basis(on="payment"), incentives=[spif])
        payments = [Payment(id=f"P{n}", opportunity_id="D-C", amount=brl("50.00"), at=at(3, n)) for n in (2, 3)]
        assert amounts(settle([sale("C", "100.00", at(3, 1))], plan=waits, payments=payments, as_of=at(4, 1))) == [
            "50.00",
            "7.00",
        ]

    def test_a_modified_fixed_amount_goes_back_in_proportion(self):
        """A bounty with an uplift, half refunded."""
        lifted = plan(FixedAmount(50), modifiers=[Uplift("0.2", where=Where())])
        half = [back("X", "D-C", "50.00", at(3, 9))]
        assert amounts(settle([sale("C", "100.00", at(3, 1))], plan=lifted, reversals=half, as_of=at(4, 1))) == [
            "60.00",
            "-30.00",
        ]

    def test_incentives_need_a_line_that_matches(self):
        """Without lines nothing is known of products."""
        spif = Incentive(id="s", schedule=FixedAmount(7), where=Where(products=["erp"]))
        assert amounts(settle([sale("C", "100.00", at(3, 1))], plan=plan(incentives=[spif]), as_of=at(4, 1))) == [
            "10.00"
        ]

    def test_a_cap_that_does_not_apply(self):
        """Neither does a customer's cap where the customer is unknown."""
        for cap in (Cap(5, where=Where(since=date(2026, 4, 1))), Cap(5, per="customer")):
            assert amounts(settle([sale("C", "100.00", at(3, 1))], plan=plan(modifiers=[cap]), as_of=at(4, 1))) == [
                "10.00"
            ]

    def test_schedules_answer_fractions_too(self):
        """F itself, without an engine around it."""
        assert Interpolated([(10, 1)]).cumulative(Fraction(5)) == Fraction(1, 2)
        assert OnQuota(TIERS, quota=1).cumulative(Fraction(500)) == 50
        assert MixedTiers([Tier(0, "0.1")], boundary="lower").cumulative(Fraction(1, 3)) == Fraction(1, 30)
        assert Steps([(3, 1)]).compiled().at(3) == 0

    def test_a_split_that_does_not_apply(self):
        """The next one decides, or nobody shares."""
        late = Split({"birch": "0.5"}, where=Where(since=date(2026, 4, 1)))
        assert amounts(settle([sale("C", "100.00", at(3, 1))], plan=plan(splits=[late]), as_of=at(4, 1))) == ["10.00"]

    def test_a_payout_from_two_accounts_is_refused(self):
        """Which currency it should draw on is not for the library to guess."""
        rates = ExchangeRates(
            [ExchangeRate("USD", "BRL", date(2026, 3, 1), 5), ExchangeRate("EUR", "BRL", date(2026, 3, 1), 6)], 60
        )
        credits = [
            Credit(id=code, opportunity_id=code, partner_id="acme", amount=Money("100.00", code), at=at(3, 1))
            for code in ("USD", "EUR")
        ]
        payout = Payout(id="O", partner_id="acme", gross=brl("1.00"), at=at(3, 2))
        with pytest.raises(InvalidValue, match=r"at most what was payable to acme by then, 0\.00 BRL"):
            settle(credits, plan=plan(currency="BRL"), rates=rates, payouts=[payout], as_of=at(4, 1))

    def test_a_payout_in_another_currency_with_withholdings_comes_back(self):
        """Every leg is undone."""
        rates = ExchangeRates([ExchangeRate("USD", "BRL", date(2026, 3, 1), 5)], 60)
        dollars = Credit(id="U", opportunity_id="D", partner_id="acme", amount=Money("100.00", "USD"), at=at(3, 1))
        payout = Payout(
            id="O", partner_id="acme", gross=brl("50.00"), at=at(3, 2), status="failed", settled_at=at(3, 3)
        )
        ledger = settle([dollars], plan=plan(currency="USD"), rates=rates, payouts=[payout], as_of=at(4, 1))
        assert ledger.balance("acme", currency="USD").due == Money("10.00", "USD")
        assert ledger.postings[-1].because == "payout O could not be sent"

    def test_closes_that_touch(self):
        """What belongs to either is posted after both; a day between two closed months stays open."""
        months = [PeriodClose(id=f"K{m}", period=Period.month(2026, m), at=at(6, 1)) for m in (1, 3, 4)]
        late = [sale(f"C{m}", "10.00", at(m, 10), recorded_at=at(6, 2)) for m in (1, 2, 3, 4)]
        ledger = settle(late, plan=plan(), closes=months, as_of=at(6, 3))
        assert [one.posted_on for one in ledger.postings] == [
            date(2026, 6, 2), date(2026, 2, 10), date(2026, 6, 2), date(2026, 6, 2),
        ]  # fmt: skip
        ahead = PeriodClose(id="K", period=Period.parse("2026-06-01/2026-07-01"), at=at(6, 1))
        early = settle([sale("C", "10.00", at(6, 2))], plan=plan(), closes=[ahead], as_of=at(6, 3))
        assert early.postings[0].posted_on == date(2026, 7, 1)

    def test_one_reversal_that_reaches_a_line_twice(self):
        """By moving its period, and by itself: two postings with two keys."""
        deal = [
            sale("C1", "1000.00", at(3, 1), deal="D", share="1/2"),
            sale("C2", "1000.00", at(3, 2), deal="D", share="1/2"),
        ]
        ledger = settle(
            deal, plan=plan(TIERS, attainment="month"), reversals=[back("X", "D", "2000.00", at(3, 9))], as_of=at(4, 1)
        )
        keys = [one.key for one in ledger.postings if one.kind is PostingKind.CANCELLED]
        assert len(set(keys)) == len(keys) == 3
        assert ledger.balance("acme").net == brl("0.00")

    def test_nothing_attained_has_no_reason_to_give(self):
        """A sale of nothing is a line in the books' memory, and no posting."""
        held = settle([sale("C", "0.00", at(3, 1))], plan=plan(hold_days=5), currency="BRL", as_of=at(4, 1))
        assert (held.postings, held.holds) == ((), ())

    def test_points_are_given_back_under_the_clawbacks_share(self):
        """And kept where nothing is clawed back."""
        club = Incentive(id="club", schedule=FlatRate(1), attainment="year", points=True)
        for claw, left in ((Clawback(schedule=Percent("0.5")), 75), (None, 100), (Clawback(within_months=0), 100)):
            ledger = settle(
                [sale("C", "100.00", at(3, 1))], plan=plan(incentives=[club], clawback=claw),
                reversals=[back("X", "D-C", "50.00", at(3, 9))], as_of=at(4, 1),
            )  # fmt: skip
            assert ledger.points_of("acme") == left

    def test_a_percent_of_a_sale_leaves_a_fraction_attained(self):
        """A third of a sale stays in the attainment, exactly."""
        third = plan(TIERS, attainment="month", clawback=Clawback(schedule=Percent("2/3")))
        credits = [sale("C1", "1000.00", at(3, 1)), sale("C2", "1000.00", at(3, 20))]
        ledger = settle(credits, plan=third, reversals=[back("X", "D-C1", "1000.00", at(3, 9))], as_of=at(4, 1))
        lines = ledger.statement("acme", EVER).lines
        assert [str(line.amount.amount) for line in lines] == ["100.00", "-66.67", "133.34"]
        assert ledger.postings[2].working.before == Fraction(100000, 3)
        assert lines[2].attained_before == brl("333.33")
