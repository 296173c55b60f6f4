"""Strategies for deals with touches and registrations: ties in time, equal ids across parties, odd amounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from attrs import frozen
from hypothesis import strategies as st

from partnerops import DIRECT, DealRegistration, Money, Opportunity, Touchpoint
from partnerops.attribution import (
    Case,
    FirstTouch,
    LastTouch,
    Linear,
    Lookback,
    PositionBased,
    RegistrationFirst,
    TimeDecay,
)

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
    """A won deal in reais."""
    return Opportunity(
        id=draw(st.sampled_from(["D-1", "D:1", "d%1"])),
        amount=Money.from_minor(draw(minor), "BRL"),
        stage="won",
        status="won",
        created_at=OPENED,
        closed_at=CLOSE,
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
        )
        for id in ids
    ]


@st.composite
def registrations_of(draw: st.DrawFn, deal_id: str, max_size: int = 4) -> list[DealRegistration]:
    """Registrations of a deal in every state, some protecting it at the close to the instant."""
    found = []
    for index in range(draw(st.integers(0, max_size))):
        status = draw(st.sampled_from(["submitted", "approved", "rejected", "expired", "converted", "withdrawn"]))
        submitted = CLOSE - draw(st.integers(0, 100).map(lambda days: timedelta(days=days)))
        decided = submitted + timedelta(days=draw(st.integers(0, 3)))
        until = draw(
            st.sampled_from(
                [CLOSE, CLOSE + timedelta(microseconds=1), CLOSE + timedelta(days=40), decided + timedelta(days=1)]
            )
        )
        protected = status in ("approved", "expired", "converted")
        found.append(
            DealRegistration(
                id=f"R{index}",
                opportunity_id=deal_id,
                partner_id=draw(st.sampled_from(PARTIES[:4])),
                submitted_at=submitted,
                status=status,
                decided_at=decided if protected or status == "rejected" else None,
                protected_until=max(until, decided + timedelta(microseconds=1)) if protected else None,
                ended_at=decided if status in ("converted", "withdrawn") else None,
            )
        )
    return found


shares = st.fractions(0, 1, max_denominator=20)


@st.composite
def positions(draw: st.DrawFn) -> PositionBased:
    """Position-based policies with any legal ends."""
    first = draw(shares)
    last = draw(shares.filter(lambda share: 0 < first + share <= 1))
    return PositionBased(first, last, two_touches=draw(st.sampled_from(["renormalise", "split_middle"])))


leaves = st.one_of(
    st.sampled_from([FirstTouch(), LastTouch(), Linear(), PositionBased()]),
    positions(),
    st.sampled_from([1, 7, 30, Fraction(1, 24), Fraction(5, 2)]).map(lambda days: TimeDecay(half_life_days=days)),
)
policies = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(RegistrationFirst),
        st.tuples(inner, st.sampled_from([1, 30, 365])).map(lambda p: Lookback(p[0], days=p[1])),
    ),
    max_leaves=3,
)


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
