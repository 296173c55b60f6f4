"""Twenty-eight cases in which commission engines disagree, one test each, and what this one does."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from partnerops import (
    Calendar,
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
)
from partnerops.commission import (
    Basis,
    Clawback,
    CommissionPlan,
    FixedAmount,
    FlatRate,
    GraduatedTiers,
    Ledger,
    ProRata,
    Recovery,
    Tier,
    VolumeTiers,
    settle,
)
from partnerops.commission.modifiers import BestOf, Cap, Floor, Split, Uplift, UplineOverride, Where
from partnerops.commission.reports import compare_ledgers
from partnerops.entities import Adjustment, Payout, PeriodClose, TierMembership
from partnerops.money import ExchangeRate

EVER = Period.parse("2020-01-01/2040-01-01")


def at(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


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


def amounts(ledger: Ledger, partner: str = "acme") -> list[str]:
    return [str(line.amount.amount) for line in ledger.statement(partner, EVER, currency="BRL").lines]


def because(ledger: Ledger) -> list[str]:
    return [line.because for line in ledger.statement("acme", EVER).lines]


TIERED = GraduatedTiers([Tier(0, "0.05"), Tier(450000, "0.10")])


@pytest.mark.parametrize(("effect", "taken"), [("recompute", ["-2500.00", "-500.00"]), ("booked_rate", ["-2500.00"])])
def test_01_a_cancellation_in_a_tiered_period(effect, taken):
    """460,000 to 410,000: the period is worth 3,000 less; at the rate booked the deal gives back its 2,500."""
    tiered = plan(TIERED, attainment="quarter", clawback=Clawback(tier_effect=effect))
    credits = [sale("C1", "50000.00", at(1, 5)), sale("C2", "410000.00", at(1, 6))]
    ledger = settle(credits, plan=tiered, reversals=[back("X", "D-C1", "50000.00", at(2, 1))], as_of=at(3, 1))
    assert amounts(ledger) == ["2500.00", "21000.00", *taken]


def test_02_a_small_refund_over_a_cliff():
    """A refund of 1.00 that falls below a retroactive threshold takes 5,000.05, and says so; recovery can be capped."""
    volume = VolumeTiers([Tier(0, "0.05"), Tier(100000, "0.10")], boundary="upper")
    capped = Clawback(recovery=Recovery(max_amount=brl("100.00")))
    credits = [sale("C1", "1.00", at(1, 5)), sale("C2", "99999.00", at(1, 6))]
    ledger = settle(
        credits, plan=plan(volume, attainment="year", clawback=capped), as_of=at(3, 1),
        reversals=[back("X", "D-C1", "1.00", at(2, 1))],
        payouts=[Payout(id="O", partner_id="acme", gross=brl("10000.00"), at=at(1, 9))],
    )  # fmt: skip
    assert ledger.balance("acme").clawed_back == brl("5000.05")
    assert "the period falls to 100,000.00 BRL or below, so a lower rate holds for all of it" in because(ledger)[-1]
    more = settle(
        [*credits, sale("C3", "5000.00", at(2, 20))], plan=plan(volume, attainment="year", clawback=capped),
        reversals=[back("X", "D-C1", "1.00", at(2, 1))], as_of=at(3, 1),
        payouts=[Payout(id="O", partner_id="acme", gross=brl("10000.00"), at=at(1, 9))],
    )  # fmt: skip
    assert more.payable("acme").kept_back == brl("100.00")


def test_03_other_deals_move_down_a_tier():
    """Linked adjustments on them, the latest first, naming the refund that caused it."""
    tiers = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
    credits = [sale(f"C{n}", "1000.00", at(1, n)) for n in (1, 2, 3)]
    ledger = settle(
        credits,
        plan=plan(tiers, attainment="month"),
        reversals=[back("X", "D-C1", "1000.00", at(1, 9))],
        as_of=at(2, 1),
    )
    found = [(line.source_id, line.line_id, str(line.amount.amount)) for line in ledger.statement("acme", EVER).lines]
    assert found[3:] == [("X", "C1", "-100.00"), ("X", "C3", "-100.00")]
    assert "moved this sale down a tier" in because(ledger)[-1]


def test_04_several_partial_refunds():
    """Cumulative targets: thirds of a refund take back exactly what was earned, never a cent more."""
    refunds = [back(f"X{n}", "D-C", "33.33" if n < 3 else "33.34", at(2, n)) for n in (1, 2, 3)]
    ledger = settle([sale("C", "100.00", at(1, 1))], plan=plan(FlatRate("0.79")), reversals=refunds, as_of=at(3, 1))
    assert amounts(ledger) == ["79.00", "-26.33", "-26.33", "-26.34"]


def test_05_a_refund_and_then_a_chargeback_of_the_same_sale():
    """Together they exceed the sale; it is taken back once: 70, then 30."""
    taken = [back("X", "D-C", "700.00", at(2, 1)), back("Y", "D-C", "1000.00", at(2, 2), "chargeback")]
    ledger = settle([sale("C", "1000.00", at(1, 1))], plan=plan(), reversals=taken, as_of=at(3, 1))
    assert amounts(ledger) == ["100.00", "-70.00", "-30.00"]


def test_06_before_and_after_the_payout_in_one_event():
    """500 paid and 500 not: one refund claws back 500 and cancels 500."""
    ledger = settle(
        [sale("C", "10000.00", at(1, 1))], plan=plan(), reversals=[back("X", "D-C", "10000.00", at(2, 1))],
        payouts=[Payout(id="O", partner_id="acme", gross=brl("500.00"), at=at(1, 9))], as_of=at(3, 1),
    )  # fmt: skip
    balance = ledger.balance("acme")
    assert (balance.cancelled, balance.recoverable) == (brl("500.00"), brl("500.00"))


def test_07_twice_and_out_of_order():
    """The same facts twice change nothing; a refund before its sale waits for it."""
    credits, taken = [sale("C", "1000.00", at(1, 1), recorded_at=at(2, 2))], [back("X", "D-C", "400.00", at(1, 9))]
    waiting = settle(credits * 2, plan=plan(), reversals=taken * 2, currency="BRL", as_of=at(2, 1))
    assert ([one.id for one in waiting.parked], waiting.postings) == (["X"], ())
    after = settle(credits * 2, plan=plan(), reversals=taken * 2, as_of=at(2, 2))
    assert (amounts(after), after.parked) == (["100.00", "-40.00"], ())


def test_08_the_rate_then_and_not_now():
    """A later version of the plan neither re-rates an old sale nor its clawback."""
    versions = Dated.since(date(2026, 1, 1), plan()).starting(date(2026, 2, 1), plan(FlatRate("0.50"), version="2"))
    ledger = settle(
        [sale("C", "1000.00", at(1, 1))],
        plan=versions,
        reversals=[back("X", "D-C", "500.00", at(2, 9))],
        as_of=at(3, 1),
    )
    assert amounts(ledger) == ["100.00", "-50.00"]
    assert {one.policy.version for one in ledger.postings} == {"1"}


def test_09_a_partner_that_changed_tier_and_left():
    """The tier of the earning date decides, and what is owed stays owed."""
    from partnerops.commission import RateRule

    gold = TierMembership(
        id="N", partner_id="acme", tier="gold", effective_from=date(2026, 1, 1), effective_to=date(2026, 2, 1)
    )
    left = Partner(id="acme", name="Acme", type="reseller", signed_on=date(2025, 1, 1), ended_on=date(2026, 2, 1))
    rated = plan(rates=[RateRule(Where(tiers=["gold"]), FlatRate("0.20"))])
    ledger = settle(
        [sale("C", "1000.00", at(1, 9))], plan=rated, data=Dataset(tiers=[gold], partners=[left]), as_of=at(4, 1),
        payouts=[Payout(id="O", partner_id="acme", gross=brl("200.00"), at=at(1, 20))],
        reversals=[back("X", "D-C", "1000.00", at(3, 1))],
    )  # fmt: skip
    assert ledger.balance("acme").recoverable == brl("200.00")


@pytest.mark.parametrize(("day", "taken"), [(30, "100.00"), (31, "0.00")])
def test_10_the_window_is_counted_in_months_from_the_sale(day, taken):
    """Six months from 31 January end on 31 July, which is outside; a count of 180 days would end on 30 July."""
    window = plan(clawback=Clawback(within_months=6))
    when = datetime(2026, 7, day, 12, tzinfo=UTC)
    ledger = settle(
        [sale("C", "1000.00", at(1, 31))], plan=window, reversals=[back("X", "D-C", "1000.00", when)], as_of=when
    )
    assert ledger.balance("acme").clawed_back == brl(taken)


def test_11_month_ends_never_drift():
    """Every completed month is counted from the sale of 31 January: 28 February, 31 March, 30 April, 31 May."""
    steady = plan(clawback=Clawback(schedule=ProRata(months=10)))
    days = [(2, 27), (2, 28), (3, 30), (3, 31), (4, 29), (4, 30), (5, 30), (5, 31)]
    left = []
    for month, day in days:
        ledger = settle(
            [sale("C", "100.00", at(1, 31))], plan=steady, as_of=at(6, 1),
            reversals=[back("X", "D-C", "100.00", at(month, day))],
        )  # fmt: skip
        left.append(str(ledger.balance("acme").clawed_back.amount))
    assert left == ["10.00", "9.00", "9.00", "8.00", "8.00", "7.00", "7.00", "6.00"]


def test_12_the_period_closes_on_the_plans_clocks():
    """01:30 UTC on 1 April is still March, and the first quarter, in São Paulo."""
    tiers = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
    late = datetime(2026, 4, 1, 1, 30, tzinfo=UTC)
    credits = [sale("C1", "1000.00", at(3, 1)), sale("C2", "1000.00", late)]
    for zone, amount in (("America/Sao_Paulo", "200.00"), ("UTC", "100.00")):
        zoned = plan(tiers, attainment="quarter", calendar=Calendar(zone))
        assert amounts(settle(credits, plan=zoned, as_of=at(5, 1)))[1] == amount


def test_13_a_late_event_of_a_closed_period():
    """It counts in its own period's attainment and is posted in the open one."""
    tiers = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
    credits = [sale("C1", "1000.00", at(3, 1)), sale("C2", "1000.00", at(3, 2), recorded_at=at(4, 9))]
    close = PeriodClose(id="K", period=Period.month(2026, 3), at=at(4, 5))
    ledger = settle(credits, plan=plan(tiers, attainment="month"), closes=[close], as_of=at(5, 1))
    (march,) = ledger.statement("acme", Period.month(2026, 3)).lines
    (april,) = ledger.statement("acme", Period.month(2026, 4)).lines
    assert (march.amount, april.amount) == (brl("100.00"), brl("200.00"))
    assert (april.effective_on, april.posted_on) == (date(2026, 3, 2), date(2026, 4, 9))


def test_14_negative_deals_and_downgrades():
    """A negative sale earns what its positive gives back; a downgrade is a clawback of the difference."""
    tiers = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
    credits = [sale("C1", "1500.00", at(1, 1)), sale("C2", "-700.00", at(1, 2))]
    assert amounts(settle(credits, plan=plan(tiers, attainment="month"), as_of=at(2, 1))) == ["200.00", "-120.00"]
    alone = settle([sale("C", "-1500.00", at(1, 1))], plan=plan(tiers, attainment="month"), as_of=at(2, 1))
    assert amounts(alone) == ["-200.00"]
    down = settle(
        [sale("C", "1000.00", at(1, 1))], plan=plan(), reversals=[back("X", "D-C", "300.00", at(1, 9), "downgrade")],
        as_of=at(2, 1),
    )  # fmt: skip
    assert amounts(down) == ["100.00", "-30.00"]


def test_15_a_sale_of_nothing():
    """No commission, no bonus, no posting."""
    first = GraduatedTiers([Tier(0, "0.10", flat=50)])
    assert settle([sale("C", "0.00", at(1, 1))], plan=plan(first), as_of=at(2, 1)).postings == ()


def test_16_the_residue_of_a_split():
    """Largest remainder, and the reversal undoes each part to the cent."""
    shared = plan(FlatRate(1), splits=[Split({"birch": "1/3", "cedar": "1/3"})])
    ledger = settle(
        [sale("C", "100.00", at(1, 1))], plan=shared, reversals=[back("X", "D-C", "100.00", at(1, 9))], as_of=at(2, 1)
    )
    assert [amounts(ledger, who) for who in ("acme", "birch", "cedar")] == [
        ["33.34", "-33.34"], ["33.33", "-33.33"], ["33.33", "-33.33"],
    ]  # fmt: skip


def test_17_a_split_under_tiers():
    """Each partner's share counts by default; the whole deal counts for each where the plan says so."""
    tiers = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
    for whole, amount in ((False, "100.00"), (True, "150.00")):
        shared = plan(tiers, attainment="month", splits=[Split({"birch": "0.5"}, whole_attains=whole)])
        assert amounts(settle([sale("C", "2000.00", at(1, 1))], plan=shared, as_of=at(2, 1)), "birch") == [amount]


def test_18_several_currencies():
    """Attainment in the plan's currency at the rate of the earning date, payment in the sale's; refunds reuse it."""
    rates = ExchangeRates(
        [ExchangeRate("USD", "BRL", date(2026, 1, 1), 5), ExchangeRate("USD", "BRL", date(2026, 2, 1), 8)], 60
    )
    dollars = Credit(id="U", opportunity_id="D-U", partner_id="acme", amount=Money("100.00", "USD"), at=at(1, 2))
    undone = Reversal(id="X", opportunity_id="D-U", kind="refund", amount=Money("100.00", "USD"), at=at(2, 2))
    tiers = GraduatedTiers([Tier(0, "0.10"), Tier(500, "0.20")])
    mixed = plan(tiers, attainment="year", currency="BRL")
    credits = [sale("C", "500.00", at(1, 1)), dollars]
    before = settle(credits, plan=mixed, rates=rates, as_of=at(3, 1))
    after = settle(credits, plan=mixed, rates=rates, reversals=[undone], as_of=at(3, 1))
    assert before.balance("acme", currency="USD").earned == Money("20.00", "USD")
    assert after.balance("acme", currency="USD").net == Money("0.00", "USD")
    assert after.balance("acme", currency="BRL").net == brl("50.00")


def test_19_a_cap_is_freed_by_a_clawback():
    """Consumption is net of clawbacks, and what was withheld comes forward."""
    capped = plan(modifiers=[Cap(150, per="year")])
    credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(1, 2))]
    ledger = settle(credits, plan=capped, reversals=[back("X", "D-C1", "1000.00", at(1, 9))], as_of=at(2, 1))
    assert (sum(map(float, amounts(ledger))), ledger.withheld) == (100.0, ())


def test_19_sales_that_share_a_cap_all_come_back():
    """Refunded one after the other: what the cap let the first keep for the second goes with the second."""
    capped = plan(modifiers=[Cap(150, per="year")])
    credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(1, 2))]
    both = [back("X", "D-C1", "1000.00", at(1, 9)), back("Y", "D-C2", "1000.00", at(1, 10))]
    ledger = settle(credits, plan=capped, reversals=both, as_of=at(2, 1))
    assert amounts(ledger) == ["100.00", "50.00", "-50.00", "-50.00", "-50.00"]
    assert "shares a cap with this sale" in because(ledger)[-1]


def test_19_a_cap_is_freed_at_the_rate_booked_too():
    """The refunded sale gives back its own; the room that it leaves is there for the next one."""
    capped = plan(modifiers=[Cap(100, per="year")], clawback=Clawback(tier_effect="booked_rate"))
    credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "600.00", at(2, 1))]
    ledger = settle(credits, plan=capped, reversals=[back("X", "D-C1", "1000.00", at(1, 9))], as_of=at(3, 1))
    assert amounts(ledger) == ["100.00", "-100.00", "60.00"]


def test_20_uplifts_stack_as_declared():
    """In order, or only the best; caps after uplifts, floors after caps, rounding last."""
    every = Where()
    steps = [Uplift("0.10", where=every), Uplift("0.01", "additive", where=every), Cap(115), Floor(20)]
    ledger = settle([sale("C", "1000.00", at(1, 1))], plan=plan(modifiers=steps), as_of=at(2, 1))
    assert amounts(ledger) == ["115.00"]
    (line,) = ledger.statement("acme", EVER).lines
    assert [str(step.after.amount) for step in line.modifiers] == ["110.00", "120.00", "115.00"]
    best = plan(modifiers=[BestOf(steps[:2])])
    assert amounts(settle([sale("C", "1000.00", at(1, 1))], plan=best, as_of=at(2, 1))) == ["110.00"]


def test_21_a_registration_that_ran_out():
    """The uplift needs protection when the deal is booked; the last instant of it is outside."""
    filed = DealRegistration(
        id="R", partner_id="acme", opportunity_id="D-C", submitted_at=at(1, 1), decided_at=at(1, 1),
        protected_until=at(3, 1), status="expired",
    )  # fmt: skip
    lifted = plan(modifiers=[Uplift("0.50")])
    for day, amount in ((at(2, 28), "150.00"), (at(3, 1), "100.00")):
        ledger = settle([sale("C", "1000.00", day)], plan=lifted, data=Dataset(registrations=[filed]), as_of=at(4, 1))
        assert amounts(ledger) == [amount]


def test_22_a_chain_of_overrides():
    """100, 90, 81 where the base is reduced, 100 each where it is not; a clawback goes up the chain."""
    people = [
        Partner(id="acme", name="A", type="reseller", parent_id="birch"),
        Partner(id="birch", name="B", type="distributor", parent_id="cedar"),
        Partner(id="cedar", name="C", type="distributor"),
    ]
    for reduced, above in ((True, ["9.00", "8.10"]), (False, ["10.00", "10.00"])):
        chain = plan(overrides=UplineOverride(["0.10", "0.10"], reduce_base=reduced))
        ledger = settle(
            [sale("C", "100.00", at(1, 1))], plan=chain, data=Dataset(partners=people), as_of=at(2, 1),
            reversals=[back("X", "D-C", "100.00", at(1, 9))],
        )  # fmt: skip
        assert [amounts(ledger, who) for who in ("birch", "cedar")] == [[one, f"-{one}"] for one in above]


def test_22_a_bounty_above_its_sale_leaves_no_base():
    """100 for a sale of 80 leaves the levels above a base of nothing, not of minus 20."""
    people = [
        Partner(id="acme", name="A", type="reseller", parent_id="birch"),
        Partner(id="birch", name="B", type="distributor"),
    ]
    chain = plan(FixedAmount(100), overrides=UplineOverride(["0.10"], reduce_base=True))
    ledger = settle([sale("C", "80.00", at(1, 1))], plan=chain, data=Dataset(partners=people), as_of=at(2, 1))
    assert (amounts(ledger), amounts(ledger, "birch")) == (["100.00"], [])


def test_23_the_thirteenth_payment():
    """Twelve months from the first commission, half-open; that the first was taken back stops nothing."""
    limited = plan(basis=Basis(on="payment", recurring_months=12))
    payments = [
        Payment(id=f"P{n:02}", opportunity_id="D-C", amount=brl("10.00"), at=at(1 + n % 12, 15, 2026 + n // 12))
        for n in range(14)
    ]
    ledger = settle(
        [sale("C", "140.00", at(1, 1))], plan=limited, payments=payments, as_of=at(6, 1, 2027),
        reversals=[back("X", "D-C", "10.00", at(1, 20), "fraud")],
    )  # fmt: skip
    assert amounts(ledger) == ["1.00", "-1.00", *["1.00"] * 11]


@pytest.mark.parametrize(("least", "amount"), [("10.00", "10.00"), ("10.01", "0.00")])
def test_24_a_minimum_payout(least, amount):
    """Inclusive; what is below is carried over, and a negative balance pays nothing."""
    ledger = settle([sale("C", "100.00", at(1, 1))], plan=plan(minimum_payout=brl(least)), as_of=at(2, 1))
    assert ledger.payable("acme").amount == brl(amount)
    owing = [Adjustment(id="M", partner_id="acme", amount=brl("-50.00"), at=at(1, 1), reason="correction")]
    negative = settle([sale("C", "100.00", at(1, 1))], plan=plan(), adjustments=owing, as_of=at(2, 1))
    assert (negative.payable("acme").amount, negative.payable("acme").due) == (brl("0.00"), brl("-40.00"))


def test_25_recovery_has_a_limit():
    """The smallest of what is owed, a share of what is due and an amount; the rest waits for the next payout."""
    slow = plan(clawback=Clawback(recovery=Recovery(max_share="0.5", max_amount=brl("60.00"))))
    ledger = settle(
        [sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(2, 1)), sale("C3", "2000.00", at(3, 1))],
        plan=slow, reversals=[back("X", "D-C1", "1000.00", at(1, 20))], as_of=at(4, 1),
        payouts=[
            Payout(id="O1", partner_id="acme", gross=brl("100.00"), at=at(1, 9)),
            Payout(id="O2", partner_id="acme", gross=brl("50.00"), at=at(2, 9)),
            Payout(id="O3", partner_id="acme", gross=brl("150.00"), at=at(3, 9)),
        ],
    )  # fmt: skip
    kept = [str(one.amount.amount) for one in ledger.postings if one.kind == "recovered"]
    assert kept == ["50.00", "50.00"]
    assert ledger.balance("acme").recoverable == brl("0.00")


def test_26_recalculation_after_the_close():
    """The closed statement stays; the difference is a list of before, after and cause, posted as entries by hand."""
    credits = [sale("C1", "1000.00", at(1, 5)), sale("C2", "500.00", at(1, 6))]
    close = PeriodClose(id="K", period=Period.month(2026, 1), at=at(2, 1))
    old, new = plan(), plan(FlatRate("0.12"), version="2")
    before = settle(credits, plan=old, closes=[close], as_of=at(3, 1))
    found = compare_ledgers(before, settle(credits, plan=new, closes=[close], as_of=at(3, 1)))
    assert [(one.line_id, str(one.difference.amount)) for one in found.changes] == [("C1", "20.00"), ("C2", "10.00")]
    assert "p version 1" in found.changes[0].cause
    assert "version 2" in found.changes[0].cause
    entries = found.adjustments(at=at(3, 2), reason="version 2", approved_by="rui")
    after = settle(credits, plan=old, closes=[close], adjustments=entries, as_of=at(3, 3))
    january, march = Period.month(2026, 1), Period.month(2026, 3)
    assert after.statement("acme", january).lines == before.statement("acme", january).lines
    assert after.statement("acme", march).total == brl("30.00")


def test_27_an_entry_by_hand_survives_a_rerun():
    """It is a fact like any other, linked to the earning that it corrects."""
    by_hand = Adjustment(id="M", partner_id="acme", amount=brl("7.00"), at=at(1, 9), reason="goodwill", credit_id="C")
    for rate, amount in (("0.10", "107.00"), ("0.20", "207.00")):
        ledger = settle(
            [sale("C", "1000.00", at(1, 1))], plan=plan(FlatRate(rate)), adjustments=[by_hand], as_of=at(2, 1)
        )
        assert str(ledger.balance("acme").earned.amount) == amount
        assert [one.source_id for one in ledger.explain("C").postings] == ["C", "M"]


def test_28_what_attains_need_not_pay():
    """Excluded sales may count towards tiers without earning."""
    tiers = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
    lines = [OpportunityLine(product="resale", amount=brl("1000.00"))]
    deal = Opportunity(
        id="D-C1",
        stage="won",
        status="won",
        amount=brl("1000.00"),
        created_at=at(1, 1),
        closed_at=at(1, 1),
        lines=lines,
    )
    credits = [sale("C1", "1000.00", at(1, 1)), sale("C2", "1000.00", at(1, 2))]
    for attains, amount in ((False, "100.00"), (True, "200.00")):
        basis = Basis(exclude=Where(products=["resale"]), excluded_attain=attains)
        ledger = settle(
            credits,
            plan=plan(tiers, attainment="month", basis=basis),
            data=Dataset(opportunities=[deal]),
            as_of=at(2, 1),
        )
        assert amounts(ledger) == [amount]


@pytest.mark.parametrize(
    ("refunded", "taken", "says"),
    [
        ("1.00", "0.10", "the period stays within the grace below 100,000.00 BRL, so its rate is kept"),
        ("500.00", "50.00", "the period stays within the grace below 100,000.00 BRL, so its rate is kept"),
        ("500.01", "5025.00", "the period falls to 100,000.00 BRL or below, so a lower rate holds for all of it"),
    ],
)
def test_02_with_a_grace_band(refunded, taken, says):
    """A threshold once reached gives way by 500 before its cliff: 10 % of the refund, and beyond it 5 % of all."""
    volume = VolumeTiers([Tier(0, "0.05"), Tier(100000, "0.10")], boundary="upper")
    easy = plan(volume, attainment="year", clawback=Clawback(grace=500))
    credits = [sale("C1", "600.00", at(1, 5)), sale("C2", "99400.00", at(1, 6))]
    ledger = settle(credits, plan=easy, reversals=[back("X", "D-C1", refunded, at(2, 1))], as_of=at(3, 1))
    assert ledger.balance("acme").clawed_back == brl(taken)
    assert says in because(ledger)[-1]


def test_02_a_tier_that_was_lost_has_to_be_reached_again():
    """Later sales within the grace count at the rate that was kept; once lost, they do not bring it back."""
    volume = VolumeTiers([Tier(0, "0.05"), Tier(1000, "0.10")], boundary="upper")
    easy = plan(volume, attainment="year", clawback=Clawback(grace=100))
    credits = [sale("C1", "1000.00", at(1, 5)), sale("C2", "50.00", at(3, 1))]
    for refunded, second in (("80.00", "5.00"), ("120.00", "2.50")):
        ledger = settle(credits, plan=easy, reversals=[back("X", "D-C1", refunded, at(2, 1))], as_of=at(4, 1))
        assert amounts(ledger)[-1] == second
