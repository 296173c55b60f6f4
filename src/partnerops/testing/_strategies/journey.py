"""Strategies for criteria, gates and policies of the partner journey."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from hypothesis import strategies as st

from partnerops.journey import (
    ByType,
    CompiledJourney,
    Dormancy,
    Hysteresis,
    JourneyPolicy,
    JourneyStage,
    StagePolicy,
)
from partnerops.journey._signal import SPECS, Signal, Span, Unit
from partnerops.journey.criteria import AllOf, AnyOf, AtLeast, Criterion, Gate, Not, StageRules
from partnerops.money import Money
from partnerops.testing._strategies import kernel


@st.composite
def criteria(draw: st.DrawFn) -> Criterion:
    """Any signal against a threshold of its kind, over a window where it has one."""
    signal = draw(st.sampled_from(Signal))
    spec = SPECS[signal]
    threshold: Money | Fraction | int = draw(st.integers(0, 12))
    if spec.unit is Unit.MONEY:
        threshold = draw(kernel.moneys("BRL", low=0))
    elif spec.unit is Unit.SHARE:
        threshold = draw(kernel.shares())
    must = spec.span is Span.MONTHS
    # Multiples of three: quarters can be counted in every such window.
    months = None if spec.span is Span.NONE or not (must or draw(st.booleans())) else 3 * draw(st.integers(1, 8))
    comparison = draw(st.sampled_from([">=", ">", "<=", "<"]))
    return Criterion(signal, comparison, threshold, months=months, on_unknown=draw(st.sampled_from(["hold", "pass"])))


def rules() -> st.SearchStrategy[Any]:
    """Criteria, alone and combined."""
    return st.recursive(criteria(), lambda inner: _combined(inner) | inner.map(Not), max_leaves=4)


@st.composite
def _combined(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> AllOf | AnyOf | AtLeast:
    members = draw(st.lists(inner, min_size=1, max_size=3))
    shape = draw(st.sampled_from(["all", "any", "some"]))
    if shape == "some":
        return AtLeast(draw(st.integers(1, len(members))), members)
    return AllOf(members) if shape == "all" else AnyOf(members)


@st.composite
def gates(draw: st.DrawFn, stage: str | None = None) -> Gate:
    """Gates whose demand to stay, where there is one, is the demand to enter: never the stricter of the two."""
    enter = draw(rules())
    return Gate(
        stage=stage or draw(st.sampled_from([one.value for one in JourneyStage][1:])),
        enter=enter,
        # The same rule is never stricter than itself, which is what a gate refuses.
        stay=draw(st.sampled_from([None, enter])),
        watch=draw(st.lists(criteria(), max_size=1)),
    )


@st.composite
def stage_rules(draw: st.DrawFn) -> StageRules:
    """A gate into each stage after the first."""
    return StageRules(
        gates=[draw(gates(stage.value)) for stage in list(JourneyStage)[1:]],
        hysteresis=draw(hystereses()),
        dormancy=draw(dormancies()),
    )


@st.composite
def dormancies(draw: st.DrawFn) -> Dormancy:
    """Three counts of days that rise."""
    # A set, since the three counts have to differ.
    cooling, dormant, lost = sorted(draw(st.sets(st.integers(1, 500), min_size=3, max_size=3)))
    return Dormancy(
        cooling_after=cooling, dormant_after=dormant, lost_after=lost, baseline=draw(st.sampled_from(["fixed", "own"]))
    )


@st.composite
def hystereses(draw: st.DrawFn) -> Hysteresis:
    """Anything between moving at once and hardly ever."""
    return Hysteresis(
        promote_after=draw(st.integers(1, 3)),
        demote_after=draw(st.integers(1, 3)),
        min_stay_months=draw(st.integers(0, 6)),
        grace_months=draw(st.integers(0, 6)),
        demotion_step=draw(st.sampled_from(["one_down", "recompute"])),
        floor=draw(st.none() | st.sampled_from(JourneyStage)),
    )


@st.composite
def journey_policies(draw: st.DrawFn) -> JourneyPolicy:
    """The default policy with other thresholds."""
    # Sorted: maturity below the first wave is refused.
    first, mature = sorted(draw(st.integers(1, 10**8)) for _ in range(2))
    wins = draw(st.integers(1, 4))
    return JourneyPolicy(
        first_wave_revenue=Money.from_minor(first, "BRL"),
        mature_revenue=Money.from_minor(mature, "BRL"),
        first_wave_wins=wins,
        # A win lies in one month, so there are no more months than wins.
        first_wave_months=draw(st.integers(1, wins)),
        mature_after_months=draw(st.integers(0, 24)),
        certifications=draw(st.integers(0, 2)),
        hysteresis=draw(hystereses()),
        dormancy=draw(dormancies()),
    )


@st.composite
def by_types(draw: st.DrawFn) -> ByType:
    """A policy of its own for one type."""
    return ByType(draw(journey_policies()), {draw(kernel.texts()): draw(journey_policies())})


def stage_policies() -> st.SearchStrategy[Any]:
    """Every policy that the library brings."""
    return journey_policies() | by_types()


@st.composite
def _compiled(draw: st.DrawFn) -> CompiledJourney:
    return draw(journey_policies()).compiled()


TABLE: Final[dict[Any, Callable[[], st.SearchStrategy[Any]]]] = {
    AllOf: lambda: st.lists(rules(), min_size=1, max_size=3).map(AllOf),
    AnyOf: lambda: st.lists(rules(), min_size=1, max_size=3).map(AnyOf),
    AtLeast: lambda: st.lists(rules(), min_size=1, max_size=3).map(_one_of),
    ByType: by_types,
    CompiledJourney: _compiled,
    Criterion: criteria,
    Dormancy: dormancies,
    Gate: gates,
    Hysteresis: hystereses,
    JourneyPolicy: journey_policies,
    Not: lambda: rules().map(Not),
    StagePolicy: stage_policies,
    StageRules: stage_rules,
}
"""Type -> its strategy."""
FAMILY: Final = stage_policies
"""What `policies("journey")` gives."""


def _one_of(members: list[Any]) -> AtLeast:
    return AtLeast(1, members)
