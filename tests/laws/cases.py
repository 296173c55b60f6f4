"""Strategies for deals with all their records: ties in time, odd amounts, milestones that may be missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from attrs import evolve, field, frozen
from hypothesis import strategies as st

from partnerops import DIRECT, DealRegistration, Lead, Money, Opportunity, StageChange, Touchpoint
from partnerops.attribution import (
    Attribution,
    AttributionPolicy,
    Case,
    DisputeFirst,
    Except,
    FirstTouch,
    LastNonDirect,
    LastTouch,
    LeadOrigin,
    Linear,
    Lookback,
    MilestoneBased,
    Only,
    OrElse,
    PositionBased,
    RegistrationFirst,
    RoleWeighted,
    StageOfInvolvement,
    TimeDecay,
    attribute,
)
from partnerops.attribution.tables import FixedSplit, LabelWeighted, ShareTable
from partnerops.attribution.wrappers import Blended, Bounded, CollapseRepeats, OncePerParty, PerCycle, Withhold

CLOSE = datetime(2026, 3, 31, tzinfo=UTC)
OPENED = datetime(2024, 1, 1, tzinfo=UTC)
PARTIES = ("acme", "birch", "cedar", "dogwood", DIRECT)

minors = st.one_of(
    st.sampled_from([0, 1, -1, 2, 5, 99, -7, 100, 9_999, 2**40 + 1, -(2**41)]), st.integers(-(10**7), 10**7)
)
# Whole hours and days make ties and window edges likely; the odd microsecond lands just beside them.
ages = st.one_of(
    st.sampled_from(
        [
            timedelta(0),
            timedelta(days=30),
            timedelta(days=30, microseconds=1),
            timedelta(days=30) - timedelta(microseconds=1),
        ]
    ),
    st.integers(0, 80).map(lambda hours: timedelta(hours=hours)),
    st.integers(0, 400).map(lambda days: timedelta(days=days)),
    st.timedeltas(timedelta(days=-2), timedelta(days=400)),
)


@st.composite
def deals(draw: st.DrawFn, minor: st.SearchStrategy[int] = minors) -> Opportunity:
    """A won deal in reais, opened long ago or between its touches, with or without a history of stages."""
    opened = draw(st.sampled_from([OPENED, CLOSE - timedelta(days=30), CLOSE - timedelta(days=3)]))
    proposed = draw(st.one_of(st.none(), st.integers(0, 40).map(lambda hours: opened + timedelta(hours=hours))))
    history = () if proposed is None else (
        StageChange(stage="discovery", at=opened),
        StageChange(stage="proposal", at=proposed),
        StageChange(stage="won", status="won", at=CLOSE),
    )  # fmt: skip
    return Opportunity(
        id=draw(st.sampled_from(["D-1", "D:1", "d%1"])),
        amount=Money.from_minor(draw(minor), "BRL"),
        stage="won",
        status="won",
        created_at=opened,
        closed_at=CLOSE,
        origin=draw(st.sampled_from([None, "direct", "partner"])),
        partner_id=draw(st.sampled_from([None, "acme"])),
        history=history,
    )


@st.composite
def touches_of(draw: st.DrawFn, deal_id: str, max_size: int = 9) -> list[Touchpoint]:
    """Touches of a deal in no order, some of them after the close."""
    count = draw(st.integers(0, max_size))
    ids = draw(st.permutations([f"T{index}" for index in range(count)]))
    return [
        Touchpoint(
            id=id,
            opportunity_id=deal_id,
            partner_id=draw(st.sampled_from(PARTIES)),
            at=CLOSE - draw(ages),
            kind=draw(st.sampled_from(["demo", "call", "referral"])),
            role=draw(st.sampled_from([None, "sourcer", "closer", "guest"])),
        )
        for id in ids
    ]


@st.composite
def leads_of(draw: st.DrawFn, deal_id: str) -> list[Lead]:
    """The leads that became a deal: none, one or two, some of unknown origin, some later than every touch."""
    created = draw(st.lists(ages, max_size=2))
    return [
        Lead(
            id=f"L{index}",
            created_at=CLOSE - age,
            origin=draw(st.sampled_from([None, "direct", "partner"])),
            partner_id=draw(st.sampled_from([None, "acme", "cedar"])),
            opportunity_id=deal_id,
            converted_at=CLOSE - age,
        )
        for index, age in enumerate(created)
    ]


@st.composite
def registrations_of(draw: st.DrawFn, deal_id: str, max_size: int = 4) -> list[DealRegistration]:
    """Registrations of a deal in every state, some protecting it at the close to the instant."""
    found = []
    for index in range(draw(st.integers(0, max_size))):
        status = draw(st.sampled_from(["submitted", "approved", "rejected", "expired", "converted", "withdrawn"]))
        submitted = CLOSE - draw(st.integers(0, 100).map(lambda days: timedelta(days=days)))
        decided = submitted + timedelta(days=draw(st.integers(0, 3)))
        # Taken back before a decision, on the day of the close, or after it.
        withdrawn = draw(st.sampled_from([None, CLOSE, CLOSE + timedelta(days=1)])) if status == "withdrawn" else None
        until = draw(
            st.sampled_from(
                [CLOSE, CLOSE + timedelta(microseconds=1), CLOSE + timedelta(days=40), decided + timedelta(days=1)]
            )
        )
        protected = status in ("approved", "expired", "converted") or withdrawn is not None
        found.append(
            DealRegistration(
                id=f"R{index}",
                opportunity_id=deal_id,
                partner_id=draw(st.sampled_from(PARTIES[:4])),
                submitted_at=submitted,
                status=status,
                decided_at=decided if protected or status == "rejected" else None,
                protected_until=max(until, decided + timedelta(microseconds=1)) if protected else None,
                ended_at=max(decided, withdrawn or decided) if status in ("converted", "withdrawn") else None,
            )
        )
    return found


@frozen
class Facts:
    """A deal with all its records."""

    deal: Opportunity
    touches: list[Touchpoint]
    filed: list[DealRegistration] = field(factory=list)
    leads: list[Lead] = field(factory=list)
    previous: datetime | None = None

    def ask(self, policy: AttributionPolicy, **changes: object) -> Attribution:
        """What a policy gives, with some records changed."""
        one = evolve(self, **changes)
        return attribute(
            one.deal, one.touches, policy=policy, registrations=one.filed, leads=one.leads, previous_close=one.previous
        )


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """A deal, its touches, registrations and leads, and perhaps an earlier purchase."""
    deal = draw(deals())
    previous = draw(st.one_of(st.none(), st.integers(1, 60).map(lambda days: CLOSE - timedelta(days=days))))
    return Facts(deal, draw(touches_of(deal.id)), draw(registrations_of(deal.id)), draw(leads_of(deal.id)), previous)


shares = st.fractions(0, 1, max_denominator=20)
whiches = st.sampled_from(["first", "last"])


@st.composite
def positions(draw: st.DrawFn) -> PositionBased:
    """Position-based policies with any legal ends."""
    first = draw(shares)
    last = draw(shares.filter(lambda share: 0 < first + share <= 1))
    return PositionBased(first, last, two_touches=draw(st.sampled_from(["renormalise", "split_middle"])))


def normalised(parts: list[int]) -> list[Fraction]:
    """Shares that sum to 1."""
    return [Fraction(part, sum(parts)) for part in parts]


@st.composite
def milestones(draw: st.DrawFn) -> MilestoneBased:
    """Milestone-based policies with any milestones, with and without a rest for the middle."""
    names = draw(st.permutations(["first", "lead_created", "deal_created", "closed", "last"]))
    parts = draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    rest = draw(st.integers(0, 5))
    return MilestoneBased(
        dict(zip(names, normalised([*parts, rest])[: len(parts)], strict=False)),
        missing=draw(st.sampled_from(["renormalise", "infer", "to_middle"])),
        no_middle=draw(st.sampled_from(["renormalise", "split_middle"])),
    )


@st.composite
def labelled(draw: st.DrawFn) -> AttributionPolicy:
    """Policies with a table of shares by role, stage, kind or party."""
    kind, labels = draw(
        st.sampled_from(
            [
                ("role", ["sourcer", "closer"]),
                ("stage", ["discovery", "proposal"]),
                ("kind", ["demo", "call"]),
                ("party", ["acme", DIRECT]),
            ]
        )
    )
    one, two, other, missing = normalised(draw(st.lists(st.integers(0, 4), min_size=4, max_size=4).filter(any)))
    options = {"other": other, "missing": missing, "repeats": draw(st.sampled_from(["share", "count"]))}
    table = dict(zip(labels, [one, two], strict=True))
    if kind == "role":
        return RoleWeighted(table, **options)
    return StageOfInvolvement(table, **options) if kind == "stage" else LabelWeighted(kind, table, **options)


@st.composite
def share_tables(draw: st.DrawFn) -> ShareTable:
    """Tables of shares by place, from either end."""
    parts = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any))
    return ShareTable(normalised(parts), count_from=draw(whiches))


leaves = st.one_of(
    st.sampled_from([FirstTouch(), LastTouch(), LastNonDirect(), LeadOrigin(), Linear(), PositionBased()]),
    positions(),
    st.sampled_from([1, 7, 30, Fraction(1, 24), Fraction(5, 2)]).map(lambda days: TimeDecay(half_life_days=days)),
    milestones(),
    labelled(),
    share_tables(),
)


def _wrapped(inner: st.SearchStrategy[AttributionPolicy]) -> st.SearchStrategy[AttributionPolicy]:
    some_parties = st.lists(st.sampled_from(PARTIES), min_size=1, max_size=3, unique=True)
    some_kinds = st.lists(st.sampled_from(["demo", "call", "email"]), max_size=2, unique=True)
    return st.one_of(
        inner.map(RegistrationFirst),
        inner.map(PerCycle),
        st.builds(Lookback, inner, days=st.sampled_from([1, 30, 365])),
        st.builds(Only, inner, parties=some_parties, kinds=some_kinds),
        st.builds(Except, inner, parties=some_parties, kinds=some_kinds),
        st.builds(OncePerParty, inner, keep=whiches),
        st.builds(CollapseRepeats, inner, keep=whiches),
        st.builds(OrElse, inner, inner),
    )


policies = st.recursive(leaves, _wrapped, max_leaves=3)
"""Every policy that compiles, wrapped in every wrapper that does."""


bounds = st.sampled_from(["0", "0.1", "1/3", "0.5", "0.9", "1"])


@st.composite
def bounded(draw: st.DrawFn, inner: st.SearchStrategy[AttributionPolicy]) -> Bounded:
    """Floors and caps that leave room for each other."""
    floor, cap = sorted([draw(bounds), draw(bounds.filter(lambda bound: bound != "0"))], key=Fraction)
    return Bounded(
        draw(inner),
        floor=floor,
        cap=cap,
        below=draw(st.sampled_from(["raise", "drop"])),
        excess=draw(st.sampled_from(["spread", "unattributed"])),
    )


object_policies = st.one_of(
    st.builds(Blended, policies, policies, part=bounds),
    bounded(policies),
    st.builds(Withhold, policies, parties=st.just(["acme"]), kinds=st.just(["call"])),
    st.builds(FixedSplit, st.just({"acme": "0.5", "dogwood": "0.25"}), because=st.just("contract")),
    st.builds(DisputeFirst, policies),
    st.builds(Lookback, st.builds(Blended, policies, policies, part=bounds), days=st.just(30)),
)
"""Policies that tables cannot evaluate."""


@frozen
class Weighted:
    """A user's policy that weighs touches by a fixed cycle of fractions."""

    cycle: tuple[Fraction, ...]

    def weigh(self, case: Case, /) -> list[Fraction]:
        """The cycle, repeated over the touches."""
        return [self.cycle[index % len(self.cycle)] for index in range(len(case.touches))]


user_policies = st.lists(st.fractions(0, 9, max_denominator=12), min_size=1, max_size=4).map(
    lambda cycle: Weighted(tuple(cycle))
)
