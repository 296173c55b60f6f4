"""The integers that a built-in outlook comes down to: what every evaluator reads."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from partnerops._attrs import Value, to_tuple


def _to_weights(values: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class CompiledOutlook(Value):
    """
    An outlook as integers: hashable, serialisable, the same for objects and tables.

    >>> CompiledOutlook(unit=100, stages=[("proposal", 35)]).stages
    (('proposal', 35),)
    """

    unit: int
    """What a probability of 1 is in these integers."""
    stages: tuple[tuple[str, int], ...] = field(converter=_to_weights)
    """Stage and its weight, sorted by stage."""
    due_in_period: bool = True
    """Whether only deals count whose expected close lies within the period and has not passed."""
