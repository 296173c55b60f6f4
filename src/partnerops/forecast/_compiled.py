"""The integers that a built-in outlook comes down to: what every evaluator reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import attrs
from attrs import field, frozen

from partnerops._attrs import Value, above, is_a, place, to_tuple
from partnerops.exceptions import InvalidValue


def _to_weights(values: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return to_tuple(values)


def _are_weights(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    pairs = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (None,)
    if not all(_is_weight(pair) for pair in pairs):
        rule = 'a list of (stage, weight), weights being whole numbers, as in [("proposal", 35)]'
        raise InvalidValue(place(instance, attribute), rule, pairs)


def _is_weight(pair: object) -> bool:
    parts = list(cast("tuple[object, ...]", pair)) if isinstance(pair, tuple) else []
    # By type and not by isinstance: True is an int, and a weight of True a slip.
    return [type(part) for part in parts] == [str, int]


@frozen(kw_only=True)
class CompiledOutlook(Value):
    """
    An outlook as integers: hashable, serialisable, the same for objects and tables.

    >>> CompiledOutlook(unit=100, stages=[("proposal", 35)]).stages
    (('proposal', 35),)
    """

    # Integers, so that a table engine and Python cannot differ in the last cent.
    unit: int = field(validator=[is_a(int), above(0)])
    """What a probability of 1 is in these integers."""
    stages: tuple[tuple[str, int], ...] = field(converter=_to_weights, validator=_are_weights)
    """Stage and its weight, sorted by stage."""
    due_in_period: bool = field(default=True, validator=is_a(bool))
    """Whether only deals count whose expected close lies within the period and has not passed."""
