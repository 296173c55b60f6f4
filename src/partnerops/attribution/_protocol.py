"""The contract between a policy and the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from partnerops.attribution._case import Award, Case, Weight


class AttributionPolicy(Protocol):
    """
    Decides how much each touch of a won deal weighs, or who earns the deal outright.

    You implement `weigh`: one weight per touch of `case.touches`, in their order, or an `Award`. Weights need not sum
    to anything; the engine normalises, sums them per party, apportions the money and rounds. All zeros, or `()` when
    there is no touch, leave the deal unattributed.

    You may rely on: the deal is won; touches are sorted by time, then id, and none is later than the close.

    You may add `explain(case, /) -> Sequence[str]`: one reason per touch, shown in `Attribution.lines`; and
    `compiled() -> CompiledAttribution`, which lets tables evaluate the policy (`partnerops.frames`).

    Laws: weights are exact (int, Fraction, Decimal) and not negative; the same case gives the same answer; a wrapper
    gives the policy inside a case with fewer touches, and weight 0 to those it left out.

    >>> from attrs import frozen
    >>> @frozen
    ... class DemosOnly:
    ...     def weigh(self, case, /):
    ...         return [int(touch.kind == "demo") for touch in case.touches]
    """

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """One weight per touch of *case*, or an award of shares to parties."""
        ...
