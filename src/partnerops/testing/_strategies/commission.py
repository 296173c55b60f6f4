"""Strategies for schedules, clawbacks, plans, and ledgers that come of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from partnerops.commission import (
    Attainment,
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
    Recovery,
    Statement,
    Steps,
    Tier,
    VolumeTiers,
    settle,
)
from partnerops.commission.details import AtQuota, CompiledSchedule
from partnerops.commission.modifiers import BestOf, Cap, Floor, Modifier, Uplift, UplineOverride, Where
from partnerops.entities import Credit, Reversal, ReversalKind
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.testing._strategies import kernel

_DAWN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_DUSK: Final = datetime(2028, 1, 1, tzinfo=UTC)


def rates() -> st.SearchStrategy[Decimal]:
    """Commission rates of four decimals, none and all of it included."""
    return st.integers(0, 10_000).map(lambda parts: Decimal(parts) / 10_000)


def amounts() -> st.SearchStrategy[Decimal]:
    """Thresholds and flat amounts, in currency units."""
    return st.integers(0, 200_000).map(lambda minor: Decimal(minor) / 100)


@st.composite
def _rungs(draw: st.DrawFn, *, rising: bool) -> list[Tier]:
    """One to four tiers by rising threshold; *rising* keeps rates and flat amounts from falling."""
    # The first tier begins at 0, so that no attainment falls below all of them; the others are distinct by being a
    # set.
    starts = [Decimal(0), *sorted(draw(st.sets(amounts().filter(bool), max_size=3)))]
    given_rates, flats = ([draw(of) for _ in starts] for of in (rates(), st.just(Decimal(0)) | amounts()))
    # Sorted rather than filtered: four rising rates are one draw in twenty-four.
    if rising:
        given_rates, flats = sorted(given_rates), sorted(flats)
    return [Tier(start, rate, flat=flat) for start, rate, flat in zip(starts, given_rates, flats, strict=True)]


@st.composite
def graduated(draw: st.DrawFn) -> GraduatedTiers:
    """Any marginal rates."""
    return GraduatedTiers(draw(_rungs(rising=False)), boundary=draw(st.sampled_from(["lower", "upper"])))


@st.composite
def volume(draw: st.DrawFn) -> VolumeTiers:
    """Retroactive rates that never fall."""
    return VolumeTiers(draw(_rungs(rising=True)), boundary=draw(st.sampled_from(["lower", "upper"])))


@st.composite
def mixed(draw: st.DrawFn) -> MixedTiers:
    """Tiers that reach back at some of their thresholds."""
    tiers = [tier.replace(retroactive=draw(st.booleans())) for tier in draw(_rungs(rising=True))]
    # Marginal tiers over a retroactive one earn at least what it would, so nothing falls while rates rise.
    return MixedTiers(tiers, boundary=draw(st.sampled_from(["lower", "upper"])))


@st.composite
def interpolated(draw: st.DrawFn) -> Interpolated:
    """One to three points, rising."""
    starts = sorted(draw(st.sets(amounts().filter(bool), min_size=1, max_size=3)))
    worth = sorted(draw(amounts()) for _ in starts)
    return Interpolated(list(zip(starts, worth, strict=True)), beyond=draw(rates()))


@st.composite
def at_quota(draw: st.DrawFn) -> AtQuota:
    """Any tiers at any quota."""
    return AtQuota(draw(graduated() | volume()), draw(amounts().filter(bool)))


@st.composite
def on_quota(draw: st.DrawFn) -> OnQuota:
    """Any tiers at a quota of their own."""
    return OnQuota(draw(graduated() | volume()), quota=draw(amounts().filter(bool)))


def schedules() -> st.SearchStrategy[Any]:
    """Every schedule that the library brings."""
    plain = rates().map(FlatRate) | amounts().map(FixedAmount)
    return graduated() | volume() | mixed() | interpolated() | on_quota() | plain


@st.composite
def uplifts(draw: st.DrawFn) -> Uplift:
    """On every sale, or on registered ones."""
    where = draw(st.sampled_from([Where(), Where(registered=True)]))
    return Uplift(draw(rates()), draw(st.sampled_from(["multiplicative", "additive"])), where=where)


@st.composite
def best_of(draw: st.DrawFn) -> BestOf:
    """One to three uplifts."""
    return BestOf(draw(st.lists(uplifts(), min_size=1, max_size=3)))


@st.composite
def upline(draw: st.DrawFn) -> UplineOverride:
    """One to three levels."""
    return UplineOverride(draw(st.lists(rates(), min_size=1, max_size=3)))


@st.composite
def _caps(draw: st.DrawFn) -> Cap:
    return Cap(draw(amounts()), per=draw(st.sampled_from(["sale", "customer", "quarter"])))


def modifiers() -> st.SearchStrategy[Any]:
    """Every modifier that the library brings."""
    return uplifts() | best_of() | _caps() | amounts().map(Floor)


def steps() -> st.SearchStrategy[Steps]:
    """Shares by windows of age."""
    ends = st.sets(st.integers(1, 36), min_size=1, max_size=3).map(sorted)
    return ends.flatmap(lambda months: st.tuples(*[st.tuples(st.just(end), kernel.shares()) for end in months])).map(
        Steps
    )


def clawback_schedules() -> st.SearchStrategy[Any]:
    """Every clawback schedule that the library brings."""
    return st.just(Full()) | kernel.shares().map(Percent) | st.integers(1, 36).map(_pro_rata) | steps()


def _pro_rata(months: int) -> ProRata:
    return ProRata(months=months)


@st.composite
def clawbacks(draw: st.DrawFn) -> Clawback:
    """Any window, schedule, triggers and effect on tiers."""
    return Clawback(
        within_months=draw(st.none() | st.integers(0, 24)),
        schedule=draw(clawback_schedules()),
        tier_effect=draw(st.sampled_from(["recompute", "booked_rate"])),
        # A clawback that nothing triggers takes nothing back, and would try nothing.
        triggers=draw(st.sets(st.sampled_from(ReversalKind), min_size=1)),
        recovery=Recovery(max_share=draw(kernel.shares())),
    )


@st.composite
def plans(draw: st.DrawFn) -> CommissionPlan:
    """Plans over all of these, in the time of any odd zone."""
    return CommissionPlan(
        id=draw(kernel.ids()),
        schedule=draw(schedules()),
        attainment=draw(st.sampled_from(Attainment)),
        # None, a day, and the usual month.
        hold_days=draw(st.sampled_from([0, 1, 30])),
        clawback=draw(st.none() | clawbacks()),
        calendar=draw(kernel.calendars()),
    )


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """A few sales of two partners, some of them taken back, settled under any plan."""
    credits = [
        Credit(
            id=f"C{number}",
            opportunity_id=f"D{number}",
            partner_id=draw(st.sampled_from(["acme", "birch"])),
            amount=Money.from_minor(draw(st.integers(1, 10**6)), "BRL"),
            at=_DAWN + timedelta(days=draw(st.integers(0, 300))),
        )
        for number in range(draw(st.integers(1, 4)))
    ]
    reversals = [
        Reversal(
            id=f"X{credit.id}",
            opportunity_id=credit.opportunity_id,
            kind=draw(st.sampled_from(ReversalKind)),
            amount=Money.from_minor(draw(st.integers(1, credit.amount.minor)), "BRL"),
            at=credit.at + timedelta(days=draw(st.integers(0, 200))),
        )
        for credit in credits
        if draw(st.booleans())
    ]
    # Two years on: everything has happened, been held and been released.
    return settle(credits, plan=draw(plans()), reversals=reversals, as_of=_DUSK)


@st.composite
def _postings(draw: st.DrawFn) -> Posting:
    return draw(st.sampled_from(draw(ledgers().filter(lambda ledger: bool(ledger.postings))).postings))


@st.composite
def _statements(draw: st.DrawFn) -> Statement:
    ledger = draw(ledgers())
    month = Period.month(2026, draw(st.integers(1, 12)))
    return ledger.statement(draw(st.sampled_from(["acme", "birch"])), month, currency="BRL")


@st.composite
def _balances(draw: st.DrawFn) -> Balance:
    return draw(ledgers()).balance(draw(st.sampled_from(["acme", "birch"])), currency="BRL")


@st.composite
def _compiled(draw: st.DrawFn) -> CompiledSchedule:
    plan: CompiledSchedule = draw(schedules()).compiled()
    return plan


@st.composite
def _tiers(draw: st.DrawFn) -> Tier:
    return Tier(draw(amounts()), draw(rates()), flat=draw(amounts()), retroactive=draw(st.booleans()))


TABLE: Final[dict[Any, Callable[[], st.SearchStrategy[Any]]]] = {
    AtQuota: at_quota,
    Balance: _balances,
    BestOf: best_of,
    Clawback: clawbacks,
    ClawbackSchedule: clawback_schedules,
    CommissionPlan: plans,
    CompiledSchedule: _compiled,
    FixedAmount: lambda: amounts().map(FixedAmount),
    FlatRate: lambda: rates().map(FlatRate),
    GraduatedTiers: graduated,
    Interpolated: interpolated,
    Ledger: ledgers,
    MixedTiers: mixed,
    Modifier: modifiers,
    OnQuota: on_quota,
    Percent: lambda: kernel.shares().map(Percent),
    Posting: _postings,
    ProRata: lambda: st.integers(1, 36).map(_pro_rata),
    RateSchedule: schedules,
    Recovery: lambda: st.builds(Recovery, max_share=kernel.shares()),
    Statement: _statements,
    Steps: steps,
    Tier: _tiers,
    Uplift: uplifts,
    UplineOverride: upline,
    VolumeTiers: volume,
}
"""Type -> its strategy."""
FAMILY: Final = schedules
"""What `policies("commission")` gives."""
