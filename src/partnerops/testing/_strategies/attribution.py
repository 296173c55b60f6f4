"""Strategies for attribution policies, plain and wrapped, and for what they answer."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from hypothesis import strategies as st

from partnerops.attribution import (
    Attribution,
    AttributionPolicy,
    Award,
    Case,
    CompiledAttribution,
    CreditLine,
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
)
from partnerops.attribution.options import Label, Milestone, MissingMilestone, NoMiddle, Repeats, Which
from partnerops.attribution.tables import FixedSplit, LabelWeighted, ShareTable
from partnerops.attribution.wrappers import CollapseRepeats, OncePerParty, PerCycle
from partnerops.testing._strategies import kernel
from partnerops.testing._strategies.cases import KINDS, PARTIES, ROLES, STAGES, ask, awards, cases

Strategy = st.SearchStrategy[Any]

_HALF_LIVES: Final[tuple[int | Fraction, ...]] = (1, 7, 30, Fraction(1, 24), Fraction(5, 2))
_LABELS: Final = {
    "role": tuple(role for role in ROLES if role),
    "stage": STAGES,
    "kind": KINDS,
    "party": PARTIES,
}


@st.composite
def _parts(draw: st.DrawFn, count: int) -> list[Fraction]:
    """So many shares that sum to 1."""
    raw = draw(st.lists(st.integers(0, 6), min_size=count, max_size=count).filter(any))
    return [Fraction(part, sum(raw)) for part in raw]


@st.composite
def positions(draw: st.DrawFn) -> PositionBased:
    """Position-based policies with any legal ends."""
    first, last, _ = draw(_parts(3).filter(lambda parts: bool(parts[0] or parts[1])))
    return PositionBased(first, last, two_touches=draw(st.sampled_from(NoMiddle)))


@st.composite
def decays(draw: st.DrawFn) -> TimeDecay:
    """Half-lives of an hour to a month."""
    return TimeDecay(half_life_days=draw(st.sampled_from(_HALF_LIVES)))


@st.composite
def milestones(draw: st.DrawFn) -> MilestoneBased:
    """Any milestones, with and without a rest for the middle."""
    names = draw(st.lists(st.sampled_from(Milestone), min_size=1, max_size=5, unique=True))
    *parts, _rest = draw(_parts(len(names) + 1).filter(lambda parts: all(parts[:-1])))
    return MilestoneBased(
        {name.value: part for name, part in zip(names, parts, strict=True)},
        missing=draw(st.sampled_from(MissingMilestone)),
        no_middle=draw(st.sampled_from(NoMiddle)),
    )


@st.composite
def _tables(draw: st.DrawFn, label: str) -> dict[str, Any]:
    """The settings of a policy by label: shares of one or two labels, of all others, and of none."""
    names = draw(st.lists(st.sampled_from(_LABELS[label]), min_size=1, max_size=2, unique=True))
    *parts, other, missing = draw(_parts(len(names) + 2))
    return {
        "shares": dict(zip(names, parts, strict=True)),
        "other": other,
        "missing": missing,
        "repeats": draw(st.sampled_from(Repeats)),
    }


@st.composite
def by_labels(draw: st.DrawFn) -> LabelWeighted:
    """Shares by kind of touch or by party."""
    label = draw(st.sampled_from(["kind", "party", "role"]))
    return LabelWeighted(Label(label), **draw(_tables(label)))


@st.composite
def by_roles(draw: st.DrawFn) -> RoleWeighted:
    """Shares by the part that a party played."""
    return RoleWeighted(**draw(_tables("role")))


@st.composite
def by_stages(draw: st.DrawFn) -> StageOfInvolvement:
    """Shares by the stage that the deal was in."""
    return StageOfInvolvement(**draw(_tables("stage")))


@st.composite
def share_tables(draw: st.DrawFn) -> ShareTable:
    """Shares by place, from either end."""
    return ShareTable(draw(_parts(draw(st.integers(1, 4)))), count_from=draw(st.sampled_from(Which)))


@st.composite
def splits(draw: st.DrawFn) -> FixedSplit:
    """The same for some parties in every deal, all of it or less."""
    shares = draw(kernel.share_maps(st.sampled_from(PARTIES)).filter(lambda found: any(found.values())))
    return FixedSplit(shares, because=draw(kernel.texts()))


def _plain() -> Strategy:
    known = [FirstTouch(), LastTouch(), LastNonDirect(), LeadOrigin(), Linear(), PositionBased()]
    shaped = positions() | decays() | milestones() | share_tables() | splits()
    return st.sampled_from(known) | shaped | by_labels() | by_roles() | by_stages()


# --- wrappers ---------------------------------------------------------------------------------------------------------


@st.composite
def lookbacks(draw: st.DrawFn, inner: Strategy) -> Lookback:
    """Windows whose edges the cases like to touch."""
    return Lookback(draw(inner), days=draw(st.sampled_from([1, 30, 365])))


@st.composite
def _chosen(draw: st.DrawFn, inner: Strategy, wrapper: Callable[..., Any]) -> Any:
    some = st.lists(st.sampled_from(PARTIES), min_size=1, max_size=2, unique=True)
    return wrapper(draw(inner), parties=draw(some), kinds=draw(st.lists(st.sampled_from(KINDS), max_size=2)))


@st.composite
def _kept(draw: st.DrawFn, inner: Strategy, wrapper: Callable[..., Any]) -> Any:
    return wrapper(draw(inner), keep=draw(st.sampled_from(Which)))


@st.composite
def _or_else(draw: st.DrawFn, inner: Strategy) -> OrElse:
    return OrElse(draw(inner), draw(inner))


_WRAPPERS: Final[dict[Any, Callable[[Strategy], Strategy]]] = {
    CollapseRepeats: lambda inner: _kept(inner, CollapseRepeats),
    DisputeFirst: lambda inner: inner.map(DisputeFirst),
    Except: lambda inner: _chosen(inner, Except),
    Lookback: lookbacks,
    OncePerParty: lambda inner: _kept(inner, OncePerParty),
    Only: lambda inner: _chosen(inner, Only),
    OrElse: _or_else,
    PerCycle: lambda inner: inner.map(PerCycle),
    RegistrationFirst: lambda inner: inner.map(RegistrationFirst),
}


def attribution_policies() -> Strategy:
    """Every policy that the library brings, some wrapped once or twice."""
    return st.recursive(
        _plain(), lambda inner: st.one_of([wrapped(inner) for wrapped in _WRAPPERS.values()]), max_leaves=3
    )


# --- answers ----------------------------------------------------------------------------------------------------------


@st.composite
def attributions(draw: st.DrawFn) -> Attribution:
    """What the library's policies say of any case."""
    return ask(draw(cases()), draw(attribution_policies()))


@st.composite
def _lines(draw: st.DrawFn) -> CreditLine:
    return draw(st.sampled_from(draw(attributions().filter(lambda found: bool(found.lines))).lines))


@st.composite
def _compiled(draw: st.DrawFn) -> CompiledAttribution:
    shaped = positions() | decays() | milestones() | share_tables() | by_roles()
    plan: CompiledAttribution = draw(lookbacks(shaped) | shaped.map(RegistrationFirst)).compiled()
    return plan


def _wrapping(wrapped: Callable[[Strategy], Strategy]) -> Callable[[], Strategy]:
    return lambda: wrapped(_plain())


TABLE: Final[dict[Any, Callable[[], Strategy]]] = {
    Attribution: attributions,
    AttributionPolicy: attribution_policies,
    Award: awards,
    Case: cases,
    CompiledAttribution: _compiled,
    CreditLine: _lines,
    FixedSplit: splits,
    LabelWeighted: by_labels,
    MilestoneBased: milestones,
    PositionBased: positions,
    RoleWeighted: by_roles,
    ShareTable: share_tables,
    StageOfInvolvement: by_stages,
    TimeDecay: decays,
    **{wrapper: _wrapping(wrapped) for wrapper, wrapped in _WRAPPERS.items()},
}
"""Type -> its strategy."""
FAMILY: Final = attribution_policies
"""What `policies("attribution")` gives."""
