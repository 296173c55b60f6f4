"""What all wrappers that leave out touches have in common."""

from __future__ import annotations

from collections.abc import Sequence

from partnerops.attribution._answers import ask, widened
from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import LEFT_OUT, notes, reasons
from partnerops.attribution.steps import TouchStep


def weigh_kept(policy: AttributionPolicy, step: TouchStep, case: Case) -> Sequence[Weight] | Award:
    """The answer of the policy inside about the touches that a step keeps; 0 for the others."""
    kept = step.kept(case)
    # Nothing left out: the answer needs no fitting back, and the engine judges it under the policy's own name.
    if all(kept):
        return policy.weigh(case)
    return widened(ask(policy, _inside(case, kept)), kept)


def explain_kept(policy: AttributionPolicy, step: TouchStep, case: Case, why_not: str) -> Sequence[str]:
    """The reasons of the policy inside, and for the touches left out why they are."""
    kept = step.kept(case)
    told = iter(reasons(policy, _inside(case, kept)))
    return [next(told) if keep else f"{LEFT_OUT}{why_not}" for keep in kept]


def notes_kept(policy: AttributionPolicy, step: TouchStep, case: Case) -> Sequence[str]:
    """What the policy inside has to say about what is left of the case."""
    return notes(policy, _inside(case, step.kept(case)))


def _inside(case: Case, kept: Sequence[bool]) -> Case:
    if all(kept):
        return case
    return case.with_touches(touch for touch, keep in zip(case.touches, kept, strict=True) if keep)
