"""Commission plans beyond a schedule: rates, modifiers, sharing, basis, agreements, exceptions, currencies."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from attrs import frozen

from partnerops import (
    Agreement,
    Credit,
    Dataset,
    Dated,
    DealRegistration,
    ExchangeRates,
    Money,
    Opportunity,
    OpportunityLine,
    Partner,
    Payment,
    Period,
    Reversal,
    Target,
)
from partnerops.commission import (
    Basis,
    Clawback,
    CommissionPlan,
    FixedAmount,
    FlatRate,
    GraduatedTiers,
    Incentive,
    Interpolated,
    MixedTiers,
    OnQuota,
    RateRule,
    Steps,
    Tier,
    VolumeTiers,
    settle,
    settle_all,
)
from partnerops.commission.details import AtQuota
from partnerops.commission.modifiers import BestOf, Cap, Floor, Guarantee, Split, Uplift, UplineOverride, Where
from partnerops.entities import Dispute, Payout, PolicyException, TierMembership
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PolicyBrokeContract, UnknownName
from partnerops.money import ExchangeRate

TEN = FlatRate("0.10")
CLAW = Clawback()


def at(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sale(id: str, amount: str, when: datetime, partner: str = "acme", **more) -> Credit:
    return Credit(
        id=id, opportunity_id=more.pop("deal", f"D-{id}"), partner_id=partner, amount=brl(amount), at=when, **more
    )


def refund(id: str, deal: str, amount: str, when: datetime, **more) -> Reversal:
    return Reversal(id=id, opportunity_id=deal, kind=more.pop("kind", "refund"), amount=brl(amount), at=when, **more)


def paid(id: str, deal: str, amount: str, when: datetime) -> Payment:
    return Payment(id=id, opportunity_id=deal, amount=brl(amount), at=when)


def deal(id: str, amount: str, when: datetime, **more) -> Opportunity:
    return Opportunity(
        id=id, stage="won", status="won", amount=brl(amount), created_at=at(1, 1, 2025), closed_at=when, **more
    )


def plan(schedule=TEN, **more) -> CommissionPlan:
    return CommissionPlan(id=more.pop("id", "p"), schedule=schedule, **more)


def earned(ledger, partner="acme") -> str:
    return str(ledger.balance(partner, currency="BRL").net.amount)


def lines(ledger, partner="acme"):
    return ledger.statement(partner, Period.parse("2025-01-01/2030-01-01"), currency="BRL").lines


class TestSchedules:
    """The other cumulative functions."""

    def test_retroactive_at_one_threshold_marginal_at_another(self):
        """Half of the quota pays back to the first sale, all of it only above."""
        mixed = MixedTiers(
            [Tier(0, "0.05"), Tier(500, "0.08", retroactive=True), Tier(1000, "0.10", flat=7)], boundary="upper"
        )
        want = {"499.99": "25.00", "500.00": "40.00", "999.99": "80.00", "1000.00": "87.00", "2000.00": "187.00"}
        assert {amount: str(mixed.commission(brl(amount)).amount) for amount in want} == want
        with pytest.raises(InvalidValue, match=r"MixedTiers\.tiers\[1\] must be worth at least 25"):
            MixedTiers([Tier(0, "0.05"), Tier(500, "0.04", retroactive=True)], boundary="lower")

    def test_amounts_on_straight_lines(self):
        """Between points, and at a rate beyond the last."""
        table = Interpolated([(10000, 500), (20000, 2000)], beyond="0.2")
        want = {"5000.00": "250.00", "10000.00": "500.00", "15000.00": "1250.00", "21000.00": "2200.00"}
        assert {amount: str(table.commission(brl(amount)).amount) for amount in want} == want

    @pytest.mark.parametrize(
        ("points", "message"),
        [
            ([], "points must be a list of"),
            (5, "points must be a list of"),
            ([(0, 1)], r"points\[0\]\[0\] must be above the attainment before it \(0\)"),
            ([(1, 5), (1, 6)], r"points\[1\]\[0\] must be above the attainment before it \(1\)"),
            ([(1, 5), (2, 4)], r"points\[1\]\[1\] must be at least the commission before it \(5\)"),
            ([(1.0, 2)], r"points\[0\] must be a pair of exact numbers"),
            ([("NaN", 2)], r"points\[0\] must be a pair of exact numbers"),
            ([(1, "Infinity")], r"points\[0\] must be a pair of exact numbers"),
        ],
    )
    def test_points_are_checked(self, points, message):
        """Sales rise, and commission never falls; the place is named."""
        with pytest.raises(InvalidValue, match=message):
            Interpolated(points)

    def test_points_may_be_low_and_level(self):
        """Nothing up to the first unit of sales, and no more beyond the second point than at it."""
        table = Interpolated([(1, 0), (3, 10), (4, 10)])
        want = {"1.00": "0.00", "2.00": "5.00", "3.00": "10.00", "3.50": "10.00", "9.00": "10.00"}
        assert {amount: str(table.commission(brl(amount)).amount) for amount in want} == want

    def test_points_may_be_shares_of_a_quota(self):
        """500 at half of 50,000 and 2,000 at all of it: half way between them 1,250."""
        table = OnQuota(Interpolated([("0.5", 500), (1, 2000)]), quota=50_000)
        assert table.commission(brl("37500.00")) == brl("1250.00")
        assert table.commission(brl("12500.00")) == brl("250.00")
        with pytest.raises(InvalidValue, match=r"OnQuota\.schedule must be a schedule with thresholds"):
            OnQuota(Interpolated)
        with pytest.raises(InvalidValue, match=r"AtQuota\.schedule must be a schedule with thresholds"):
            AtQuota(Interpolated, 50_000)

    def test_accelerators_on_a_partners_own_target(self):
        """The quota of the quarter comes from the target; none is refused by name."""
        schedule = OnQuota(GraduatedTiers([Tier(0, "0.08"), Tier(1, "0.12"), Tier("1.5", "0.05")]))
        quarter = plan(schedule, attainment="quarter", clawback=CLAW)
        quota = Target(
            id="Q", owner_id="acme", metric="won_revenue", period=Period.quarter(2026, 1), value=brl("10000.00")
        )
        credits = [sale("C1", "9000.00", at(2, 1)), sale("C2", "7000.00", at(3, 1))]
        data = Dataset(targets=[quota])
        ledger = settle(credits, plan=quarter, data=data, as_of=at(4, 1))
        assert [line.amount for line in lines(ledger)] == [
            brl("720.00"),
            brl("730.00"),
        ]  # 80 + 5000 at 12 % + 1000 at 5 %
        back = settle(
            credits, plan=quarter, data=data, reversals=[refund("X", "D-C1", "9000.00", at(3, 9))], as_of=at(4, 1)
        )
        assert earned(back) == "560.00"
        with pytest.raises(InvalidValue, match=r"a Target must be set for acme in 2026-Q2 \(metric 'won_revenue'\)"):
            settle([sale("C3", "1.00", at(4, 1))], plan=quarter, data=data, as_of=at(4, 1))
        with pytest.raises(InvalidValue, match=r"OnQuota\.quota must be given, or set as a Target"):
            schedule.commission(brl("1.00"))
        assert OnQuota(schedule.schedule, quota=10000).commission(brl("16000.00")) == brl("1450.00")

    def test_only_thresholds_can_be_on_quota(self):
        """A flat rate has none."""
        with pytest.raises(InvalidValue, match=r"OnQuota\.schedule must be a schedule with thresholds"):
            OnQuota(TEN)


class TestRates:
    """Other rates for some sales."""

    LINES = (
        OpportunityLine(product="erp", amount=brl("600.00"), category="software"),
        OpportunityLine(product="care", amount=brl("300.00"), revenue="recurring", term_months=12, motion="renewal"),
        OpportunityLine(product="box", amount=brl("100.00")),
    )

    def test_by_product_and_revenue_kind(self):
        """Lines of one deal fall under the first rule that matches; the rest under the plan's own schedule."""
        rules = [
            RateRule(Where(products=["erp"]), FlatRate("0.20")),
            RateRule(Where(revenue=["recurring"]), FlatRate("0.05")),
        ]
        data = Dataset(opportunities=[deal("D-C", "1000.00", at(3, 1), lines=self.LINES)])
        ledger = settle(
            [sale("C", "1000.00", at(3, 1))], plan=plan(rates=rules, clawback=CLAW), data=data, as_of=at(4, 1)
        )
        assert [(line.line_id, line.amount) for line in lines(ledger)] == [
            ("C#0", brl("15.00")), ("C#1", brl("120.00")), ("C#2", brl("10.00")),
        ]  # fmt: skip
        assert lines(ledger)[1].because == "20 % on 600.00 BRL: a sale of 600.00 BRL; rate for product erp"
        half = settle(
            [sale("C", "1000.00", at(3, 1))], plan=plan(rates=rules, clawback=CLAW), data=data, as_of=at(4, 1),
            reversals=[refund("X", "D-C", "500.00", at(3, 2))],
        )  # fmt: skip
        assert earned(half) == "72.50"

    def test_by_programme_tier_on_the_date_of_the_sale(self):
        """A promotion changes later sales only."""
        gold = TierMembership(id="N", partner_id="acme", tier="gold", effective_from=date(2026, 3, 10))
        rules = [RateRule(Where(tiers=["gold"]), FlatRate("0.20"))]
        credits = [sale("C1", "100.00", at(3, 9)), sale("C2", "100.00", at(3, 10))]
        ledger = settle(credits, plan=plan(rates=rules), data=Dataset(tiers=[gold]), as_of=at(4, 1))
        assert [line.amount for line in lines(ledger)] == [brl("10.00"), brl("20.00")]

    def test_conditions(self):
        """Every field that is given must hold; where nothing is known, none does."""
        rules = [
            RateRule(Where(motions=["renewal"], categories=["software"]), FlatRate("0.9")),
            RateRule(Where(partners=["acme"], since=date(2026, 3, 2), until=date(2026, 3, 3)), FlatRate("0.3")),
        ]
        credits = [sale(f"C{day}", "100.00", at(3, day)) for day in (1, 2, 3)]
        ledger = settle(credits, plan=plan(rates=rules), as_of=at(4, 1))
        assert [line.amount for line in lines(ledger)] == [brl("10.00"), brl("30.00"), brl("10.00")]
        assert str(rules[1].where) == "partner acme, sold 2026-03-02/2026-03-03"
        with pytest.raises(InvalidValue, match=r"Where\.until must be after since"):
            Where(since=date(2026, 3, 2), until=date(2026, 3, 2))


def registered(when: datetime, until: datetime, **more) -> DealRegistration:
    return DealRegistration(
        id=more.pop("id", "R"), partner_id="acme", opportunity_id=more.pop("deal", "D-C"), submitted_at=when,
        decided_at=when, protected_until=until, status="approved", **more,
    )  # fmt: skip


class TestModifiers:
    """Uplift, cap, floor; each a cumulative function of the commission so far."""

    @pytest.mark.parametrize(
        ("modifiers", "amount", "because"),
        [
            ([Uplift("0.2")], "120.00", "uplift of 20 % where deal registered: 100.00 BRL became 120.00 BRL"),
            ([Uplift("0.02", "additive")], "120.00", "uplift of 2 % of the sale"),
            ([Uplift("0.2"), Uplift("0.02", "additive")], "140.00", "uplift"),
            ([Uplift("0.02", "additive"), Uplift("0.2")], "144.00", "uplift"),
            ([BestOf([Uplift("0.2"), Uplift("0.03", "additive")])], "130.00", "the best of"),
            ([Uplift("0.5", where=Where(registered=False))], "100.00", "a sale of 1,000.00 BRL"),
            ([Uplift("0.2"), Cap(110)], "110.00", "at most 110 a sale: 120.00 BRL became 110.00 BRL"),
            ([Floor(250)], "250.00", "at least 250 a sale: 100.00 BRL became 250.00 BRL"),
            ([Cap(50), Floor(60)], "60.00", "at most 50 a sale: 100.00 BRL became 50.00 BRL; at least 60 a sale"),
        ],
    )
    def test_in_their_order(self, modifiers, amount, because):
        """Each says what it made of the amount before it."""
        data = Dataset(registrations=[registered(at(2, 1), at(4, 1))])
        ledger = settle([sale("C", "1000.00", at(3, 1))], plan=plan(modifiers=modifiers), data=data, as_of=at(4, 1))
        (line,) = lines(ledger)
        assert line.amount == brl(amount)
        assert because in line.because

    @pytest.mark.parametrize(
        ("until", "amount"), [(at(3, 1), "100.00"), (at(3, 1) + timedelta(microseconds=1), "120.00")]
    )
    def test_an_uplift_needs_protection_at_the_booking(self, until, amount):
        """The window is half-open; a registration that ran out before the close earns nothing more."""
        data = Dataset(registrations=[registered(at(2, 1), until)])
        ledger = settle(
            [sale("C", "1000.00", at(3, 1))], plan=plan(modifiers=[Uplift("0.2")]), data=data, as_of=at(4, 1)
        )
        assert earned(ledger) == amount

    def test_a_period_cap_withholds_in_sight_and_is_freed_by_a_clawback(self):
        """What was withheld comes forward when a sale goes."""
        capped = plan(attainment="quarter", modifiers=[Cap(150, per="quarter")], clawback=CLAW)
        credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(2, 1)), sale("C3", "1000.00", at(4, 1))]
        ledger = settle(credits, plan=capped, as_of=at(5, 1))
        assert [line.amount for line in lines(ledger)] == [brl("100.00"), brl("50.00"), brl("100.00")]
        (kept,) = ledger.withheld
        assert (kept.cap, kept.amount) == ("at most 150 a quarter, 2026-Q1", brl("50.00"))
        back = settle(credits, plan=capped, reversals=[refund("X", "D-C1", "1000.00", at(3, 1))], as_of=at(5, 1))
        assert (earned(back), back.withheld) == ("200.00", ())

    def test_caps_per_sale_and_customer(self):
        """A customer's sales add up, whatever their period."""
        data = Dataset(opportunities=[deal(f"D-C{n}", "1000.00", at(3, n), account_id="A") for n in (1, 2)])
        credits = [sale(f"C{n}", "1000.00", at(3, n)) for n in (1, 2, 3)]
        ledger = settle(credits, plan=plan(modifiers=[Cap(160, per="customer")]), data=data, as_of=at(4, 1))
        assert [line.amount for line in lines(ledger)] == [brl("100.00"), brl("60.00"), brl("100.00")]
        single = settle(credits, plan=plan(modifiers=[Cap(80)]), as_of=at(4, 1))
        assert [(one.cap, one.amount) for one in single.withheld] == [("at most 80 a sale", brl("60.00"))]

    def test_recompute_goes_through_the_modifiers(self):
        """A refund takes back what the period is then worth less, uplift included."""
        tiers = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
        lifted = plan(tiers, attainment="quarter", modifiers=[Uplift("0.5", where=Where())], clawback=CLAW)
        credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(2, 1))]
        back = [refund("X", "D-C1", "1000.00", at(3, 1))]
        ledger = settle(credits, plan=lifted, reversals=back, as_of=at(4, 1))
        assert [line.amount for line in lines(ledger)] == [brl("150.00"), brl("300.00"), brl("-150.00"), brl("-150.00")]
        assert "moved this sale down a tier" in lines(ledger)[3].because

    def test_the_latest_others_bear_no_more_than_the_fall(self):
        """100, 120 and 80 before the uplift, 100 without the first: the others bear 100, 80 and then 20 of 120."""
        tiers = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
        lifted = plan(tiers, attainment="quarter", modifiers=[Uplift("0.5", where=Where())], clawback=CLAW)
        credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "600.00", at(2, 1)), sale("C3", "400.00", at(2, 2))]
        ledger = settle(credits, plan=lifted, reversals=[refund("X", "D-C1", "1000.00", at(3, 1))], as_of=at(4, 1))
        assert {id: str(ledger.explain(id).net) for id in ("C1", "C2", "C3")} == {
            "C1": "0.00 BRL", "C2": "150.00 BRL", "C3": "0.00 BRL",
        }  # fmt: skip
        # 100 less 200 of them falls on the latest alone, where it is enough.
        credits[1:] = [sale("C2", "500.00", at(2, 1)), sale("C3", "500.00", at(2, 2))]
        ledger = settle(credits, plan=lifted, reversals=[refund("X", "D-C1", "1000.00", at(3, 1))], as_of=at(4, 1))
        assert {id: str(ledger.explain(id).net) for id in ("C1", "C2", "C3")} == {
            "C1": "0.00 BRL", "C2": "150.00 BRL", "C3": "0.00 BRL",
        }  # fmt: skip

    def test_a_condition_on_products_tells_lines_apart(self):
        """An uplift for one product raises that part of the deal alone; a split on products asks all of its lines."""
        lines_of = [OpportunityLine(product=name, amount=brl("500.00")) for name in ("erp", "box")]
        data = Dataset(opportunities=[deal("D-C", "1000.00", at(3, 1), lines=lines_of)])
        erp, both = Where(products=["erp"]), Where(products=["erp", "box"])
        for modifier in (Uplift("0.2", where=erp), BestOf([Uplift("0.2", where=erp)]), Floor(60, where=erp)):
            ledger = settle(
                [sale("C", "1000.00", at(3, 1))], plan=plan(modifiers=[modifier]), data=data, as_of=at(4, 1)
            )
            assert sorted(line.amount for line in lines(ledger)) == [brl("50.00"), brl("60.00")]
        for where, amount in ((erp, "100.00"), (both, "50.00")):
            shared = plan(splits=[Split({"birch": "0.5"}, where=where)])
            assert earned(settle([sale("C", "1000.00", at(3, 1))], plan=shared, data=data, as_of=at(4, 1))) == amount

    def test_a_users_modifier(self):
        """Two methods, exact answers."""

        @frozen
        class Halved:
            """Half of what is above a hundred."""

            def scope(self, sale, /):
                return ("mine", sale.credit.partner_id)

            def modified(self, total, _sale, /):
                return total if total <= 100 else 100 + (total - 100) / 2

        credits = [sale("C1", "1500.00", at(3, 1)), sale("C2", "100.00", at(3, 2))]
        ledger = settle(credits, plan=plan(modifiers=[Halved()]), as_of=at(4, 1))
        assert [line.amount for line in lines(ledger)] == [brl("125.00"), brl("5.00")]

        @frozen
        class Floats:
            def scope(self, _sale, /):
                return "sale"

            def modified(self, total, _sale, /):
                return float(total)

        with pytest.raises(PolicyBrokeContract, match="Floats"):
            settle(credits, plan=plan(modifiers=[Floats()]), as_of=at(4, 1))

    def test_what_is_refused(self):
        """A wrong order, a class, an unknown period."""
        with pytest.raises(
            InvalidValue, match=r"modifiers\[1\] must be before caps and floors: uplift, then cap, then floor"
        ):
            plan(modifiers=[Cap(5), Uplift("0.1")])
        with pytest.raises(InvalidValue, match=r"modifiers\[0\] must be a modifier"):
            plan(modifiers=[Cap])
        with pytest.raises(InvalidValue, match=r"Cap\.per must be one of sale, customer"):
            Cap(5, per="decade")


class TestIncentives:
    """On top of the commission."""

    def test_a_spif(self):
        """A fixed amount for each matching sale within its dates, once however often the facts are given."""
        spif = Incentive(
            id="spif", schedule=FixedAmount(200), where=Where(since=date(2026, 3, 1), until=date(2026, 4, 1))
        )
        credits = [sale("C1", "1000.00", at(3, 5)), sale("C2", "1000.00", at(4, 1))]
        ledger = settle(credits * 2, plan=plan(incentives=[spif], clawback=CLAW), as_of=at(4, 1))
        assert [(line.line_id, line.amount) for line in lines(ledger)] == [
            ("C1", brl("100.00")), ("C1+spif", brl("200.00")), ("C2", brl("100.00")),
        ]  # fmt: skip
        half = [refund("X", "D-C1", "500.00", at(4, 1))]
        assert (
            earned(settle(credits, plan=plan(incentives=[spif], clawback=CLAW), reversals=half, as_of=at(4, 1)))
            == "250.00"
        )

    def test_a_milestone_is_paid_once_a_period_and_given_back_below(self):
        """Flat amounts of tiers."""
        bonus = Incentive(
            id="goal",
            schedule=GraduatedTiers([Tier(0, 0), Tier(1500, 0, flat=500)], boundary="upper"),
            attainment="quarter",
        )
        credits = [sale(f"C{n}", "1000.00", at(1, n)) for n in (1, 2, 3)]
        milestone = plan(incentives=[bonus], clawback=CLAW)
        assert earned(settle(credits, plan=milestone, as_of=at(4, 1))) == "800.00"
        one = settle(credits, plan=milestone, reversals=[refund("X", "D-C1", "1000.00", at(2, 1))], as_of=at(4, 1))
        two = settle(
            credits, plan=milestone, as_of=at(4, 1),
            reversals=[refund("X", "D-C1", "1000.00", at(2, 1)), refund("Y", "D-C2", "1000.00", at(2, 2))],
        )  # fmt: skip
        assert (earned(one), earned(two)) == ("700.00", "100.00")

    def test_early_registration(self):
        """Filed long enough before the booking."""
        early = Incentive(id="early", schedule=FlatRate("0.01"), where=Where(registered_days=30))
        for filed, amount in ((at(1, 30), "110.00"), (at(1, 31), "100.00")):
            data = Dataset(registrations=[registered(filed, at(6, 1))])
            ledger = settle([sale("C", "1000.00", at(3, 1))], plan=plan(incentives=[early]), data=data, as_of=at(4, 1))
            assert earned(ledger) == amount

    def test_points(self):
        """Whole points beside the money, given back with the sale."""
        points = Incentive(id="club", schedule=FlatRate("0.01"), attainment="lifetime", points=True)
        credits = [sale("C1", "150.00", at(3, 1)), sale("C2", "150.00", at(3, 2))]
        ledger = settle(credits, plan=plan(incentives=[points], clawback=CLAW), as_of=at(4, 1))
        assert [(one.source_id, one.points) for one in ledger.points] == [("C1", 1), ("C2", 2)]
        assert (ledger.points_of("acme"), ledger.points_of("birch"), earned(ledger)) == (3, 0, "30.00")
        back = settle(
            credits, plan=plan(incentives=[points], clawback=CLAW), as_of=at(4, 1),
            reversals=[refund("X", "D-C1", "150.00", at(3, 9))],
        )  # fmt: skip
        assert back.points_of("acme") == 1

    def test_ids_stand_once(self):
        """Lines are named after them."""
        with pytest.raises(InvalidValue, match="each id stands once"):
            plan(incentives=[Incentive(id="x", schedule=TEN), Incentive(id="x", schedule=TEN)])


class TestSharing:
    """Splits and overrides."""

    def test_a_split_of_the_sale(self):
        """Each earns on its own part, to the cent, and gives back its own part."""
        shared = plan(splits=[Split({"birch": "1/3"})], clawback=CLAW)
        back = [refund("X", "D-C", "50.00", at(3, 2))]
        ledger = settle([sale("C", "100.00", at(3, 1))], plan=shared, reversals=back, as_of=at(4, 1))
        assert [(one.partner_id, str(one.earnings.amount)) for one in ledger.postings] == [
            ("acme", "6.67"), ("birch", "3.33"), ("acme", "-3.34"), ("birch", "-1.66"),
        ]  # fmt: skip

    def test_the_whole_sale_may_attain_for_all(self):
        """Each one's tiers see all of it, and each is paid its share."""
        tiers = GraduatedTiers([Tier(0, "0.10"), Tier(100, "0.20")])
        shared = plan(tiers, attainment="year", splits=[Split({"birch": "0.25"}, whole_attains=True)], clawback=CLAW)
        credits = [sale("C1", "100.00", at(3, 1)), sale("C2", "100.00", at(3, 2))]
        ledger = settle(credits, plan=shared, as_of=at(4, 1))
        assert (earned(ledger), earned(ledger, "birch")) == ("22.50", "7.50")
        gone = settle(credits, plan=shared, reversals=[refund("X", "D-C2", "100.00", at(3, 9))], as_of=at(4, 1))
        assert (earned(gone), earned(gone, "birch")) == ("7.50", "2.50")

    PEOPLE = (
        Partner(id="acme", name="Acme", type="reseller", parent_id="birch"),
        Partner(id="birch", name="Birch", type="distributor", parent_id="cedar"),
        Partner(id="cedar", name="Cedar", type="distributor"),
    )

    @pytest.mark.parametrize(
        ("override", "birch", "cedar"),
        [
            (UplineOverride(["0.10", "0.10"]), "10.00", "10.00"),
            (UplineOverride(["0.10", "0.10"], reduce_base=True), "9.00", "8.10"),
            (UplineOverride(["0.10", "0.50"], of="commission"), "1.00", "0.50"),
            (UplineOverride(["0.10"]), "10.00", "0.00"),
        ],
    )
    def test_overrides_by_level(self, override, birch, cedar):
        """On 100 sold at 10 %: the whole base, a reduced base (100, 90, 81), or the commission below."""
        data = Dataset(partners=self.PEOPLE)
        both = plan(overrides=override, clawback=CLAW)
        ledger = settle([sale("C", "100.00", at(3, 1))], plan=both, data=data, as_of=at(4, 1))
        assert (earned(ledger), earned(ledger, "birch"), earned(ledger, "cedar")) == ("10.00", birch, cedar)
        half = settle(
            [sale("C", "100.00", at(3, 1))], plan=both, data=data, reversals=[refund("X", "D-C", "50.00", at(3, 2))],
            as_of=at(4, 1),
        )  # fmt: skip
        assert Decimal(earned(half, "birch")) == Decimal(birch) / 2

    def test_refused(self):
        """A reduced base of commissions, no level."""
        with pytest.raises(InvalidValue, match=r"UplineOverride\.reduce_base"):
            UplineOverride(["0.1"], of="commission", reduce_base=True)
        with pytest.raises(InvalidValue, match=r"UplineOverride\.rates\[0\]"):
            UplineOverride([10])


class TestGuarantees:
    """Worked rows of Siebel and Oracle."""

    def months(self, amounts, **more):
        credits = [sale(f"C{n}", amount, at(n, 15)) for n, amount in enumerate(amounts, 1) if amount != "0"]
        guaranteed = plan(FlatRate(1), guarantee=Guarantee(amount=more.pop("least"), **more))
        found = []
        for month in range(1, len(amounts) + 1):
            ledger = settle(credits, plan=guaranteed, as_of=at(month + 1, 1))
            found.append(ledger.balance("acme"))
        due = [Decimal(0), *(balance.due.amount for balance in found)]
        return [str(after - before) for before, after in pairwise(due)], found

    def test_a_draw_is_paid_back_out_of_what_exceeds_it(self):
        """Siebel: 2750, 3000, 1500, 2375, 3000, 2750 with a draw of 2000."""
        due, found = self.months(
            ["2750.00", "3000.00", "1500.00", "2375.00", "3000.00", "2750.00"], least=2000, recoverable=True
        )
        assert due == ["2750.00", "3000.00", "2000.00", "2000.00", "2875.00", "2750.00"]
        assert found[-1].earned == found[-1].due  # nothing is open any more

    def test_a_minimum_is_not_paid_back(self):
        """It is the vendor's expense."""
        due, found = self.months(["500.00", "3000.00", "1.00"], least=1000)
        assert due == ["1000.00", "3000.00", "1000.00"]
        assert str(found[-1].earned.amount) == "5000.00"

    def test_an_open_draw_may_be_forgiven(self):
        """At the end of the quarter."""
        due, found = self.months(
            ["500.00", "700.00", "400.00", "5000.00"], least=1000, recoverable=True, forgive_every="quarter"
        )
        assert due == ["1000.00", "1000.00", "1000.00", "5000.00"]
        assert str(found[2].earned.amount) == "3000.00"

    def test_also_without_a_sale(self):
        """For partners that the plan names, from the first fact on."""
        named = plan(guarantee=Guarantee(amount=10, partners=["birch"]), currency="BRL")
        ledger = settle([sale("C", "10.00", at(3, 1))], plan=named, as_of=at(5, 1))
        assert str(ledger.balance("birch").due.amount) == "20.00"
        with pytest.raises(InvalidValue, match=r"CommissionPlan\.currency"):
            plan(guarantee=Guarantee(amount=10, partners=["birch"]))

    def test_what_comes_late_corrects_it(self):
        """A sale of an ended period, and a refund of one."""
        credits = [sale("C1", "60.00", at(1, 15)), sale("C2", "30.00", at(1, 20), recorded_at=at(2, 5))]
        minimum = plan(FlatRate(1), guarantee=Guarantee(amount=100), clawback=CLAW)
        back = [refund("X", "D-C1", "60.00", at(2, 9))]
        for day, made_up in ((1, "40.00"), (6, "10.00"), (10, "70.00")):
            ledger = settle(credits, plan=minimum, reversals=back, as_of=at(2, day))
            assert str(ledger.balance("acme").net.amount) == "100.00"
            total = sum(one.earnings.minor for one in ledger.postings if one.kind == "guaranteed")
            assert Money.from_minor(total, "BRL") == brl(made_up)


class TestBasis:
    """What counts, and when."""

    def test_payments_earn_their_part(self):
        """Two halves make the whole, to the cent; what is overpaid earns nothing."""
        waits = plan(FlatRate("0.333"), basis=Basis(on="payment"), clawback=CLAW)
        payments = [paid("P1", "D-C", "50.00", at(4, 1)), paid("P2", "D-C", "70.00", at(5, 1))]
        ledger = settle([sale("C", "100.00", at(3, 1))], plan=waits, payments=payments, as_of=at(5, 2))
        assert [(line.source_id, line.line_id, line.amount) for line in lines(ledger)] == [
            ("P1", "C@P1", brl("16.65")), ("P2", "C@P2", brl("16.65")),
        ]  # fmt: skip
        assert settle([sale("C", "100.00", at(3, 1))], plan=waits, currency="BRL", as_of=at(5, 2)).postings == ()

    @pytest.mark.parametrize(
        ("kind", "amounts"),
        [("refund", ["5.00", "-5.00", "5.00"]), ("non_payment", ["5.00"]), ("cancellation", ["5.00"])],
    )
    def test_what_is_taken_back_of_a_half_paid_deal(self, kind, amounts):
        """A refund takes what was paid, and what is paid later earns; a cancellation takes what was not paid yet."""
        waits = plan(basis=Basis(on="payment"), clawback=CLAW)
        ledger = settle(
            [sale("C", "100.00", at(3, 1))], plan=waits, as_of=at(5, 2),
            payments=[paid("P1", "D-C", "50.00", at(4, 1)), paid("P2", "D-C", "50.00", at(5, 1))],
            reversals=[refund("X", "D-C", "50.00", at(4, 15), kind=kind)],
        )  # fmt: skip
        assert [str(line.amount.amount) for line in lines(ledger)] == amounts

    def test_payment_before_its_credit(self):
        """It waits for the credit, as a reversal does."""
        waits = plan(basis=Basis(on="payment"))
        late = sale("C", "100.00", at(3, 1), recorded_at=at(5, 1))
        ledger = settle([late], plan=waits, payments=[paid("P", "D-C", "100.00", at(4, 1))], as_of=at(5, 1))
        assert earned(ledger) == "10.00"

    def test_months_from_the_first_commission(self):
        """Half-open: the thirteenth monthly payment earns nothing."""
        limited = plan(basis=Basis(on="payment", recurring_months=12))
        payments = [
            paid(f"P{n}", "D-C", "10.00", at(1 + n % 12, 31 if n % 12 == 0 else 28, 2026 + n // 12)) for n in range(14)
        ]
        ledger = settle([sale("C", "140.00", at(1, 1))], plan=limited, payments=payments, as_of=at(6, 1, 2027))
        assert (len(lines(ledger)), earned(ledger)) == (12, "12.00")

    def test_recurring_lines_of_a_booking(self):
        """Only so many months of their term count."""
        term = OpportunityLine(product="care", amount=brl("240.00"), revenue="recurring", term_months=24)
        once = OpportunityLine(product="box", amount=brl("100.00"))
        data = Dataset(opportunities=[deal("D-C", "340.00", at(3, 1), lines=[term, once])])
        limited = plan(basis=Basis(recurring_months=12))
        assert earned(settle([sale("C", "340.00", at(3, 1))], plan=limited, data=data, as_of=at(4, 1))) == "22.00"

    def test_net_and_margin(self):
        """Less a deduction, or less the cost."""
        net = plan(basis=Basis(of="net", deduct="0.0925"))
        assert earned(settle([sale("C", "1000.00", at(3, 1))], plan=net, as_of=at(4, 1))) == "90.75"
        margin = plan(basis=Basis(of="margin"))
        data = Dataset(opportunities=[deal("D-C", "1000.00", at(3, 1), cost=brl("400.00"))])
        assert (
            earned(settle([sale("C", "500.00", at(3, 1), share="1/2")], plan=margin, data=data, as_of=at(4, 1)))
            == "30.00"
        )
        with pytest.raises(InvalidValue, match=r"the cost of deal D-C must be known: plan p pays on margin"):
            settle([sale("C", "1000.00", at(3, 1))], plan=margin, as_of=at(4, 1))
        with pytest.raises(InvalidValue, match=r"Basis\.deduct must be 0"):
            Basis(deduct="0.1")

    def test_exclusions_may_still_attain(self):
        """Excluded lines earn nothing; whether they count towards tiers is the plan's choice."""
        tiers = GraduatedTiers([Tier(0, "0.10"), Tier(200, "0.20")])
        two = [
            OpportunityLine(product="box", amount=brl("100.00")),
            OpportunityLine(product="erp", amount=brl("100.00")),
        ]
        data = Dataset(opportunities=[deal("D-C", "200.00", at(3, 1), lines=two)])
        for attains, second in ((False, "10.00"), (True, "20.00")):
            basis = Basis(exclude=Where(products=["box"]), excluded_attain=attains)
            some = plan(tiers, attainment="month", basis=basis)
            credits = [sale("C", "200.00", at(3, 1)), sale("C2", "100.00", at(3, 2))]
            ledger = settle(credits, plan=some, data=data, as_of=at(4, 1))
            assert [str(line.amount.amount) for line in lines(ledger)] == ["10.00", second]


class TestHolds:
    """Time, documents, disputes."""

    def test_documents(self):
        """Held with the reason until they are on file."""
        strict = plan(documents=["contract", "order"], hold_days=5)
        for papers, due, why in ((["order"], "0.00", "waiting for contract"), (["order", "contract"], "10.00", None)):
            data = Dataset(opportunities=[deal("D-C", "100.00", at(3, 1), documents=papers)])
            ledger = settle([sale("C", "100.00", at(3, 1))], plan=strict, data=data, as_of=at(4, 1))
            assert str(ledger.balance("acme").due.amount) == due
            assert [one.because for one in ledger.holds] == ([why] if why else [])
        early = settle([sale("C", "100.00", at(3, 1))], plan=plan(hold_days=5), as_of=at(3, 2))
        assert [(one.until, one.because) for one in early.holds] == [(date(2026, 3, 6), "the holding period")]

    def test_documents_that_come_later(self):
        """They count when they are known, and an earlier ledger is still the beginning of a later one."""
        strict = plan(documents=["contract"], hold_days=5)
        late = deal("D-C", "100.00", at(3, 1), documents=["contract"], recorded_at=at(3, 20))
        found = [
            settle([sale("C", "100.00", at(3, 1))], plan=strict, data=Dataset(opportunities=[late]), as_of=at(3, day))
            for day in (10, 20, 30)
        ]
        assert [str(ledger.balance("acme").due.amount) for ledger in found] == ["0.00", "10.00", "10.00"]
        assert found[0].holds[0].because == "waiting for contract"
        assert found[2].continues(found[1])
        assert found[1].continues(found[0])
        assert found[1].postings[-1].effective_on == date(2026, 3, 20)

    def test_a_dispute_holds_its_deal_alone(self):
        """Until it is decided."""
        dispute = Dispute(
            id="W", opportunity_id="D-C1", at=at(3, 2), parties=["acme", "birch"], claim="both", status="resolved",
            decided_at=at(3, 20), decided_by="committee", shares={"acme": 1},
        )  # fmt: skip
        data = Dataset(disputes=[dispute])
        credits = [sale("C1", "100.00", at(3, 1)), sale("C2", "100.00", at(3, 1))]
        held = settle(credits, plan=plan(hold_days=5), data=data, as_of=at(3, 10))
        assert [(one.line_id, one.because) for one in held.holds] == [("C1", "in dispute W")]
        freed = settle(credits, plan=plan(hold_days=5), data=data, as_of=at(3, 20))
        assert freed.holds == ()
        assert freed.postings[-1].effective_on == date(2026, 3, 20)


class TestWhichPlan:
    """Agreements over the default, versions by date, exceptions first."""

    GOLD = plan(FlatRate("0.20"), id="gold", clause="7")

    def agreement(self, start: date, end: date | None = None, **more) -> Agreement:
        return Agreement(
            id=more.pop("id", "B"), partner_id="acme", plan_id=more.pop("plan_id", "gold"), effective_from=start,
            effective_to=end, **more,
        )  # fmt: skip

    def test_an_agreement_over_the_default(self):
        """While it is in force, with its clause."""
        signed = self.agreement(date(2026, 3, 2), date(2026, 3, 3), clause="4.2")
        credits = [sale(f"C{day}", "100.00", at(3, day)) for day in (1, 2, 3)]
        ledger = settle(credits, plan=plan(), agreements=[signed], plans=[self.GOLD], as_of=at(4, 1))
        assert [(str(line.amount.amount), line.policy.id, line.policy.clause) for line in lines(ledger)] == [
            ("10.00", "p", ""), ("20.00", "gold", "4.2"), ("10.00", "p", ""),
        ]  # fmt: skip

    def test_versions_by_date(self):
        """The version of the day of the sale, whatever came later; tiers go on where the schedule did not change."""
        tiers = GraduatedTiers([Tier(0, "0.10"), Tier(100, "0.20")])
        first, second = plan(tiers, attainment="year"), plan(tiers, attainment="year", version="2", hold_days=10)
        versions = Dated.since(date(2026, 1, 1), first).starting(date(2026, 3, 2), second)
        credits = [sale(f"C{day}", "100.00", at(3, day)) for day in (1, 2)]
        ledger = settle(credits, plan=versions, as_of=at(3, 3))
        assert [(str(line.amount.amount), line.policy.version) for line in lines(ledger)] == [
            ("10.00", "1"),
            ("20.00", "2"),
        ]
        assert str(ledger.balance("acme").held.amount) == "20.00"
        with pytest.raises(InvalidValue, match="a commission plan must be in force for acme on 2025-12-31"):
            settle([sale("C", "1.00", at(12, 31, 2025))], plan=versions, as_of=at(1, 1))

    def test_refused(self):
        """Overlapping agreements, a plan nobody gave, two plans of one id, no plan at all."""
        day = date(2026, 1, 1)
        with pytest.raises(InvalidValue, match=r"settle\(agreements\) 'B2' must be apart from B of acme"):
            settle(
                [],
                plan=plan(),
                agreements=[self.agreement(day), self.agreement(date(2026, 2, 1), id="B2")],
                as_of=at(4, 1),
            )
        with pytest.raises(UnknownName, match="no plan of agreement B 'godl'; did you mean 'gold'"):
            settle(
                [sale("C", "1.00", at(3, 1))], plan=plan(), plans=[self.GOLD],
                agreements=[self.agreement(day, plan_id="godl")], as_of=at(4, 1),
            )  # fmt: skip
        with pytest.raises(InvalidValue, match="two plans called 'p'; give the versions of one plan as Dated"):
            settle([], plan=plan(), plans=[plan(FlatRate("0.2"))], as_of=at(4, 1))
        with pytest.raises(InvalidValue, match=r"settle\(plan=\.\.\.\) must be a CommissionPlan, or plans="):
            settle([], as_of=at(4, 1))
        with pytest.raises(InvalidValue, match=r"settle\(agreements\) must be a list of Agreements"):
            settle([], plan=plan(), agreements=[sale("C", "1.00", at(3, 1))], as_of=at(4, 1))

    @pytest.mark.parametrize(
        ("scope", "parameter", "new", "amount", "held"),
        [
            ("acme", "rate", "0.15", "15.00", "0.00"),
            ("D-C", "rate", "0.15", "15.00", "0.00"),
            ("p", "hold_days", "90", "10.00", "10.00"),
            ("birch", "rate", "0.15", "10.00", "0.00"),
            ("acme", "within_months", "0", "10.00", "0.00"),
        ],
    )
    def test_exceptions(self, scope, parameter, new, amount, held):
        """Resolved first, for the partner, the deal or the plan, and shown on the line."""
        granted = PolicyException(
            id="E", scope=scope, parameter=parameter, old="0.10", new=new, reason="launch", requested_by="ana",
            approved_by="rui", effective_from=date(2026, 3, 1), effective_to=date(2026, 4, 1),
        )  # fmt: skip
        data = Dataset(exceptions=[granted])
        ledger = settle([sale("C", "100.00", at(3, 1))], plan=plan(clawback=CLAW), data=data, as_of=at(4, 2))
        assert (earned(ledger), str(ledger.balance("acme").held.amount)) == (amount, held)
        shown = "exception E" in lines(ledger)[0].because
        assert shown is (scope != "birch")
        after = settle([sale("C", "100.00", at(4, 1))], plan=plan(), data=data, as_of=at(4, 2))
        assert earned(after) == "10.00"  # it expired

    def test_a_window_by_exception(self):
        """Nothing is clawed back where the exception set the window to nothing."""
        granted = PolicyException(
            id="E", scope="acme", parameter="within_months", old="12", new="0", reason="launch", requested_by="ana",
            approved_by="rui", effective_from=date(2026, 3, 1), effective_to=date(2026, 4, 1),
        )  # fmt: skip
        back = [refund("X", "D-C", "100.00", at(3, 9))]
        claws = plan(clawback=Clawback(within_months=12))
        data = Dataset(exceptions=[granted])
        assert (
            earned(settle([sale("C", "100.00", at(3, 1))], plan=claws, reversals=back, data=data, as_of=at(4, 1)))
            == "10.00"
        )
        wrong = Dataset(exceptions=[granted.replace(new="never")])
        with pytest.raises(InvalidValue, match=r"PolicyException 'E'\.new must be a whole number"):
            settle([sale("C", "100.00", at(3, 1))], plan=claws, data=wrong, as_of=at(4, 1))

    @pytest.mark.parametrize(
        ("rated_on", "amount"), [("booking", "10.00"), ("payment", "20.00"), ("registration", "5.00")]
    )
    def test_the_date_that_decides(self, rated_on, amount):
        """About the version of the plan."""
        basis = Basis(on="payment", rated_on=rated_on)
        versions = (
            Dated.since(date(2026, 1, 1), plan(FlatRate("0.05"), basis=basis))
            .starting(date(2026, 3, 1), plan(FlatRate("0.10"), basis=basis, version="2"))
            .starting(date(2026, 4, 1), plan(FlatRate("0.20"), basis=basis, version="3"))
        )
        data = Dataset(registrations=[registered(at(2, 1), at(6, 1))])
        payments = [paid("P", "D-C", "100.00", at(4, 9))]
        ledger = settle([sale("C", "100.00", at(3, 9))], plan=versions, payments=payments, data=data, as_of=at(5, 1))
        assert earned(ledger) == amount


class TestCurrencies:
    """Attainment in the plan's currency, payment in the sale's."""

    RATES = ExchangeRates(
        [ExchangeRate("USD", "BRL", date(2026, 3, 1), "5"), ExchangeRate("USD", "BRL", date(2026, 4, 1), "6")], 60
    )

    def dollars(self, id: str, amount: str, when: datetime) -> Credit:
        return Credit(id=id, opportunity_id=f"D-{id}", partner_id="acme", amount=Money(amount, "USD"), at=when)

    def test_tiers_see_one_currency_and_pay_another(self):
        """At the rate of the earning date, which the line keeps; a refund uses it too."""
        tiers = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
        both = plan(tiers, attainment="year", currency="BRL", clawback=CLAW)
        credits = [sale("C1", "1000.00", at(3, 1)), self.dollars("C2", "100.00", at(3, 2))]
        back = Reversal(id="X", opportunity_id="D-C2", kind="refund", amount=Money("50.00", "USD"), at=at(4, 2))
        ledger = settle(credits, plan=both, rates=self.RATES, reversals=[back], as_of=at(4, 3))
        line = ledger.statement("acme", Period.month(2026, 3), currency="USD").lines[0]
        assert line.amount == Money("20.00", "USD")  # 500 BRL at 20 % is 100 BRL
        assert "1 USD = 5 BRL on 2026-03-01" in line.because
        assert (line.attained_before, line.attained_after) == (brl("1000.00"), brl("1500.00"))
        assert ledger.balance("acme", currency="USD").net == Money("10.00", "USD")
        with pytest.raises(InvalidValue, match="named for acme, as there are BRL, USD"):
            ledger.balance("acme")

    def test_a_payout_in_another_currency(self):
        """Each posting balances in its own currency; the exchange account holds both sides."""
        both = plan(currency="USD")
        payout = Payout(id="O", partner_id="acme", gross=brl("60.00"), at=at(4, 2))
        ledger = settle(
            [self.dollars("C", "100.00", at(3, 2))], plan=both, rates=self.RATES, payouts=[payout], as_of=at(4, 3)
        )
        assert ledger.balance("acme", currency="USD").due == Money("0.00", "USD")
        assert ledger.balance("acme", currency="BRL").paid == brl("60.00")
        # What left the one currency came into the other; the balance says so in its text, and only then.
        assert [ledger.balance("acme", currency=code).exchanged for code in ("USD", "BRL")] == [
            Money("10.00", "USD"), brl("-60.00"),
        ]  # fmt: skip
        assert "exchanged" in str(ledger.balance("acme", currency="USD"))
        assert [(one.kind.value, str(one.amount)) for one in ledger.postings[1:]] == [
            ("exchanged", "10.00 USD"), ("paid", "60.00 BRL"),
        ]  # fmt: skip
        back = payout.replace(status="returned", settled_at=at(4, 3))
        undone = settle(
            [self.dollars("C", "100.00", at(3, 2))], plan=both, rates=self.RATES, payouts=[back], as_of=at(4, 3)
        )
        assert undone.balance("acme", currency="USD").due == Money("10.00", "USD")
        assert undone.balance("acme", currency="BRL").paid == brl("0.00")

    def test_a_payout_in_another_currency_is_of_its_own_partner(self):
        """Though another one is due dollars too, and comes first by name."""
        both = [
            self.dollars(id, "100.00", at(3, 2)).replace(partner_id=who)
            for id, who in (("C1", "acme"), ("C2", "zinnia"))
        ]
        payout = Payout(id="O", partner_id="zinnia", gross=brl("60.00"), at=at(4, 2))
        ledger = settle(both, plan=plan(currency="USD"), rates=self.RATES, payouts=[payout], as_of=at(4, 3))
        assert [ledger.balance(name, currency="USD").due for name in ("acme", "zinnia")] == [
            Money("10.00", "USD"), Money("0.00", "USD"),
        ]  # fmt: skip
        assert ledger.balance("zinnia", currency="BRL").paid == brl("60.00")

    def test_what_converting_leaves_goes_to_rounding(self):
        """A cent of the account, so that it is settled whole."""
        thirds = ExchangeRates([ExchangeRate("USD", "BRL", date(2026, 3, 1), "3")], 60)
        payout = Payout(id="O", partner_id="acme", gross=brl("30.02"), at=at(4, 2))
        ledger = settle(
            [self.dollars("C", "100.00", at(3, 2))],
            plan=plan(currency="USD"),
            rates=thirds,
            payouts=[payout],
            as_of=at(4, 3),
        )
        assert ledger.balance("acme", currency="USD").due == Money("0.00", "USD")
        assert [(one.debit.value, one.credit.value, str(one.amount)) for one in ledger.postings[1:3]] == [
            ("due", "exchange", "10.01 USD"), ("rounding", "due", "0.01 USD"),
        ]  # fmt: skip

    def test_without_rates(self):
        """Two currencies are refused."""
        with pytest.raises(CurrencyMismatch, match="settle credit C under plan p in BRL and USD"):
            settle([self.dollars("C", "1.00", at(3, 2))], plan=plan(currency="BRL"), as_of=at(4, 1))


class TestPayables:
    """What could be paid, and why not more."""

    def test_minimum_and_offset(self):
        """Inclusive; below it everything is carried over."""
        for least, amount, why in (
            ("10.00", "10.00", "all that is due"),
            ("10.01", "0.00", "below the minimum payout of 10.01 BRL"),
        ):
            ledger = settle([sale("C", "100.00", at(3, 1))], plan=plan(minimum_payout=brl(least)), as_of=at(4, 1))
            one = ledger.payable("acme")
            assert (str(one.amount.amount), one.because.startswith(why)) == (amount, True)
        assert ledger.payable("nobody").because == "nothing was settled"

    def test_a_debt_is_kept_back(self):
        """And said so."""
        ledger = settle(
            [sale("C1", "100.00", at(3, 1)), sale("C2", "150.00", at(3, 20))], plan=plan(clawback=CLAW), as_of=at(4, 1),
            payouts=[Payout(id="O", partner_id="acme", gross=brl("10.00"), at=at(3, 2))],
            reversals=[refund("X", "D-C1", "100.00", at(3, 9))],
        )  # fmt: skip
        one = ledger.payable("acme")
        assert (one.due, one.kept_back, one.amount) == (brl("15.00"), brl("10.00"), brl("5.00"))
        assert one.because == "10.00 BRL kept back against what the partner owes"


def test_a_whole_dataset():
    """`settle_all` reads every fact from one value."""
    data = Dataset(
        credits=[sale("C", "100.00", at(3, 1))], reversals=[refund("X", "D-C", "50.00", at(3, 9))],
        agreements=[Agreement(id="B", partner_id="acme", plan_id="gold", effective_from=date(2026, 1, 1))],
        opportunities=[deal("D-C", "100.00", at(3, 1))],
    )  # fmt: skip
    gold = plan(VolumeTiers([Tier(0, "0.2")], boundary="lower"), id="gold", clawback=CLAW)
    assert earned(settle_all(data, plans=[gold], as_of=date(2026, 4, 1))) == "10.00"


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: Steps([(3, 1), 6]), r"Steps\.steps\[1\] must be"),
        (lambda: Steps([(3, 1), (6,)]), r"Steps\.steps\[1\] must be"),
        (lambda: Interpolated([(1, 2), 5]), r"Interpolated\.points\[1\] must be"),
        (lambda: Interpolated([(1, 2), (3, 4, 5)]), r"Interpolated\.points\[1\] must be"),
        (lambda: Interpolated([(1, 2), ()]), r"Interpolated\.points\[1\] must be"),
    ],
)
def test_the_broken_pair_is_blamed(make, where):
    """Not the correct one before it."""
    with pytest.raises(InvalidValue, match=where):
        make()
