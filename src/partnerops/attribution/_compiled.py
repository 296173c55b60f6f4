"""A policy as integers: what every evaluator reads."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from partnerops._attrs import Value, to_member, to_tuple, tuple_of
from partnerops._closed import ClosedSet
from partnerops.attribution.rules import Even, Rule
from partnerops.attribution.steps import TouchStep, Within
from partnerops.exceptions import NotCompilable


class Outright(ClosedSet):
    """Who may earn a deal outright, before touches are weighed."""

    REGISTRATION = "registration"
    """The party whose registration protects the deal at its close, the first to file of several."""
    ORIGIN = "origin"
    """The party that brought the lead."""


def _to_outright(values: Iterable[str]) -> tuple[Outright, ...]:
    return tuple(to_member(Outright, value) for value in to_tuple(values))


def _to_steps(values: Iterable[TouchStep]) -> tuple[TouchStep, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class CompiledAttribution(Value):
    """
    A policy as integers: hashable, serialisable, the same for objects and tables.

    A deal goes to the first party that earns it outright; else the steps leave out touches, one after another, and the
    rule weighs the rest; a deal that nobody earned so far goes to `otherwise`.

    >>> CompiledAttribution(rule=Even()).steps
    ()
    """

    rule: Rule = field(factory=Even)
    """How touches weigh; see `partnerops.attribution.rules`."""
    steps: tuple[TouchStep, ...] = field(default=(), converter=_to_steps)
    """Which touches count, outermost first; see `partnerops.attribution.steps`."""
    outright: tuple[Outright, ...] = field(default=(), converter=_to_outright, validator=tuple_of(Outright))
    """Who may earn the deal outright, in this order: registration, origin."""
    otherwise: CompiledAttribution | None = None
    """What decides about deals that nobody earned."""

    def with_step(self, step: TouchStep, /) -> CompiledAttribution:
        """The policy behind one more step; of two windows in a row the shorter one stays."""
        steps = (step, *self.steps)
        if isinstance(step, Within) and self.steps and isinstance(self.steps[0], Within):
            steps = (min(step, self.steps[0], key=lambda one: one.span_us), *self.steps[1:])
        # A wrapper around a fallback chain filters what every link of it sees.
        otherwise = None if self.otherwise is None else self.otherwise.with_step(step)
        return self.replace(steps=steps, otherwise=otherwise)

    def with_outright(self, claim: Outright, /) -> CompiledAttribution:
        """The policy with one more claim that goes before all others."""
        # The outer wrapper speaks first; the same claim further inside would only say the same again.
        return self.replace(outright=(claim, *(one for one in self.outright if one is not claim)))

    def or_else(self, other: CompiledAttribution, /) -> CompiledAttribution:
        """The policy with another one for deals that nobody earned."""
        # A chain is asked from left to right, so what comes last goes to its end.
        return self.replace(otherwise=other if self.otherwise is None else self.otherwise.or_else(other))


def compile_policy(policy: object) -> CompiledAttribution:
    """
    The integers of a policy.

    Raises:
        NotCompilable: It has none, since it is a user's own or wraps one.
    """
    compiled = getattr(policy, "compiled", None)
    if not callable(compiled):
        raise NotCompilable(type(policy).__name__, "partnerops.attribution.attribute_all")
    result = compiled()
    # A user's own `compiled` may mean something else entirely; tables must not guess.
    if not isinstance(result, CompiledAttribution):
        raise NotCompilable(type(policy).__name__, "partnerops.attribution.attribute_all")
    return result
