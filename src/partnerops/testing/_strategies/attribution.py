"""Strategies for the wider attribution models: tables of shares that sum to 1, milestones, bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

from hypothesis import strategies as st

from partnerops.attribution import (
    AttributionPolicy,
    Except,
    LastNonDirect,
    LeadOrigin,
    Linear,
    MilestoneBased,
    Only,
    OrElse,
    RoleWeighted,
    StageOfInvolvement,
)
from partnerops.attribution.options import Label, Milestone, MissingMilestone, NoMiddle, Repeats, Which
from partnerops.attribution.tables import LabelWeighted, ShareTable
from partnerops.attribution.wrappers import CollapseRepeats, OncePerParty, PerCycle

Policies = st.SearchStrategy[AttributionPolicy]


@st.composite
def wholes(draw: st.DrawFn, count: int) -> list[Fraction]:
    """So many shares that sum to 1; some may be 0."""
    parts = draw(st.lists(st.integers(0, 6), min_size=count, max_size=count).filter(any))
    return [Fraction(part, sum(parts)) for part in parts]


@st.composite
def milestones(draw: st.DrawFn) -> MilestoneBased:
    """Any milestones, with and without a rest for the middle, and every rule for what is missing."""
    names: Sequence[Milestone] = draw(st.lists(st.sampled_from(list(Milestone)), min_size=1, unique=True))
    parts = draw(st.lists(st.integers(1, 9), min_size=len(names), max_size=len(names)))
    total = sum(parts) + draw(st.integers(0, 5))
    return MilestoneBased(
        {name: Fraction(part, total) for name, part in zip(names, parts, strict=True)},
        missing=draw(st.sampled_from(list(MissingMilestone))),
        no_middle=draw(st.sampled_from(list(NoMiddle))),
    )


@st.composite
def roles(draw: st.DrawFn) -> RoleWeighted:
    """Shares of the roles that touches have, of any other and of none."""
    sourcer, closer, other, missing = draw(wholes(4))
    table = {"sourcer": sourcer, "closer": closer}
    return RoleWeighted(table, other=other, missing=missing, repeats=draw(st.sampled_from(list(Repeats))))


@st.composite
def stages(draw: st.DrawFn) -> StageOfInvolvement:
    """Shares of some stages, of any other, and of the time before the first."""
    one, two, other, missing = draw(wholes(4))
    table = {"discovery": one, "proposal": two}
    return StageOfInvolvement(table, other=other, missing=missing, repeats=draw(st.sampled_from(list(Repeats))))


@st.composite
def labelled(draw: st.DrawFn) -> LabelWeighted:
    """Shares of the kinds or teams that touches have."""
    label, names = draw(st.sampled_from([(Label.KIND, ("demo", "call")), (Label.TEAM, ("marketing", "sales"))]))
    one, two, other, missing = draw(wholes(4))
    table = dict(zip(names, (one, two), strict=True))
    repeats = draw(st.sampled_from(list(Repeats)))
    return LabelWeighted(label, table, other=other, missing=missing, repeats=repeats)


@st.composite
def tables(draw: st.DrawFn) -> ShareTable:
    """Shares by place, counted from either end."""
    return ShareTable(draw(wholes(draw(st.integers(1, 4)))), count_from=draw(st.sampled_from(list(Which))))


def plain() -> Policies:
    """The models that `policies` draws beside the oldest ones."""
    single: Policies = st.sampled_from([LastNonDirect(), LeadOrigin(), Linear()])
    return single | milestones() | roles() | stages() | labelled() | tables()


def wrapped(inner: Policies) -> Policies:
    """Each model in one of the wrappers that leave out touches, or with another one to fall back on."""
    which = st.sampled_from(list(Which))
    return (
        st.builds(Only, inner, kinds=st.just(["demo", "call"]))
        | st.builds(Except, inner, parties=st.just(["acme"]))
        | st.builds(OncePerParty, inner, keep=which)
        | st.builds(CollapseRepeats, inner, keep=which)
        | st.builds(PerCycle, inner)
        | st.builds(OrElse, inner, inner)
    )


TABLE: Final[dict[Any, Callable[[], st.SearchStrategy[Any]]]] = {
    MilestoneBased: milestones,
    RoleWeighted: roles,
    StageOfInvolvement: stages,
    LabelWeighted: labelled,
    ShareTable: tables,
}
"""Types of `partnerops.attribution` that only hang together when drawn on purpose."""
