"""Commission as type checkers see it: what a user's schedule needs, and what is refused before it runs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import assert_type

from attrs import frozen

from partnerops import Agreement, Credit, Dataset, Dated, Money, Period, Reversal
from partnerops.commission import (
    Balance,
    Clawback,
    ClawbackSchedule,
    CommissionPlan,
    FixedAmount,
    FlatRate,
    Full,
    GraduatedTiers,
    Interpolated,
    Ledger,
    MixedTiers,
    OnQuota,
    Percent,
    Posting,
    ProRata,
    RateSchedule,
    Statement,
    StatementLine,
    Steps,
    Tier,
    VolumeTiers,
    settle,
    settle_all,
)
from partnerops.commission.details import Explanation, Payable, TierSlice, Unearned
from partnerops.commission.modifiers import BestOf, Cap, Floor, Guarantee, Modifier, Sale, Split, Uplift, UplineOverride
from partnerops.commission.reports import (
    AccrualReport,
    Amortisation,
    AmortisationMonth,
    LedgerDiff,
    accruals,
    amortise,
    capitalise,
    compare_ledgers,
    what_if,
)
from partnerops.entities import Adjustment


@frozen
class Staircase:
    """A schedule without base class, under another name for its argument."""

    def cumulative(self, volume: Fraction, /) -> int:
        return volume // 1000 * 5


@frozen
class Decimals:
    """Decimals are exact too."""

    def cumulative(self, attained: Fraction, /) -> Decimal:
        return Decimal(int(attained)) / 10

    def clawable(self, earned_on: date, reversed_on: date, /) -> Fraction:
        return Fraction((reversed_on - earned_on).days, 100)


@frozen
class Floats:
    """An inexact one."""

    def cumulative(self, attained: Fraction, /) -> float:
        return float(attained) * 0.1


@frozen
class Halved:
    """A modifier of a user's own."""

    def scope(self, sale: Sale, /) -> Hashable | None:
        return ("mine", sale.partner_id)

    def modified(self, total: Fraction, sale: Sale, /) -> Fraction:
        return total / 2


tiers = [Tier(above=0, rate="0.10"), Tier(10000, "0.15", flat=250)]
schedules: list[RateSchedule] = [
    Staircase(),
    Decimals(),
    FlatRate("0.10"),
    FixedAmount(50),
    GraduatedTiers(tiers),
    VolumeTiers(tiers, boundary="lower"),
    MixedTiers(tiers, boundary="upper"),
    Interpolated([(10, 1), ("20", "2.5")]),
    OnQuota(GraduatedTiers(tiers), quota=100),
]
shares: list[ClawbackSchedule] = [Decimals(), Full(), Percent("1/3"), ProRata(months=12), Steps([(3, 1), (6, "0.5")])]
modifiers: list[Modifier] = [
    Halved(),
    Uplift("0.2", "additive"),
    BestOf([Uplift("0.1")]),
    Cap(5000, per="quarter"),
    Floor(1),
]
inexact: RateSchedule = Floats()  # type: ignore[assignment]
a_class: RateSchedule = FlatRate  # type: ignore[assignment]
FlatRate(0.1)  # type: ignore[arg-type]
VolumeTiers(tiers)  # type: ignore[call-arg]

plan = CommissionPlan(
    id="gold-2026",
    schedule=Staircase(),
    attainment="quarter",
    hold_days=30,
    clawback=Clawback(within_months=12, schedule=ProRata(12), tier_effect="booked_rate", triggers=["refund", "fraud"]),
    modifiers=modifiers,
    splits=[Split({"birch": "0.3"})],
    overrides=UplineOverride(["0.03", "0.01"]),
    guarantee=Guarantee(amount=2000, every="month", recoverable=True),
    rounding="half_up",
)


def use(credits: Sequence[Credit], reversals: list[Reversal], signed: list[Agreement], at: datetime) -> None:
    """What the verb returns."""
    ledger = settle(credits, plan=plan, reversals=reversals, as_of=at)
    assert_type(ledger, Ledger)
    assert_type(ledger.balance("acme"), Balance)
    assert_type(ledger.balance("acme").clawed_back, Money)
    assert_type(ledger.statement("acme", Period.month(2026, 3)), Statement)
    assert_type(ledger.statement("acme", Period.month(2026, 3)).lines, tuple[StatementLine, ...])
    assert_type(ledger.statement("acme", Period.month(2026, 3)).lines[0].slices, tuple[TierSlice, ...])
    assert_type(ledger.postings, tuple[Posting, ...])
    assert_type(ledger.payable("acme"), Payable)
    assert_type(ledger.explain("C-1"), Explanation)
    assert_type(ledger.digest, str)
    assert_type(ledger.unearned, tuple[Unearned, ...])
    assert_type(ledger.reverse("earned:C-1:C-1", at=at, reason="booked twice"), Adjustment)
    assert_type(amortise(Money("5000", "BRL"), months=36, start=date(2026, 1, 15)), Amortisation)
    assert_type(capitalise(ledger, months=36, currency="BRL").months, tuple[AmortisationMonth, ...])
    assert_type(
        settle(credits, plan=Dated.since(date(2026, 1, 1), plan), agreements=signed, plans=[plan], as_of=at), Ledger
    )
    assert_type(FlatRate("0.1").commission(Money("1.00", "BRL")), Money)
    assert_type(plan.replace(clawback=None), CommissionPlan)
    settle(credits, plan=plan)  # type: ignore[call-arg]


def whole(data: Dataset, before: Ledger, after: Ledger) -> None:
    """Reports and the batch twin."""
    assert_type(settle_all(data, plan=plan, as_of=date(2026, 3, 31)), Ledger)
    assert_type(accruals(after, Period.month(2026, 3)), AccrualReport)
    assert_type(compare_ledgers(before, after), LedgerDiff)
    assert_type(what_if(data, plan=plan, instead=plan, as_of=date(2026, 3, 31)), LedgerDiff)
