"""The integers that a built-in policy comes down to, and the weights that they give: what every evaluator reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Context, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

from attrs import field, frozen

from partnerops._attrs import Value, is_a, to_member, to_tuple
from partnerops.entities import Touchpoint
from partnerops.exceptions import NotCompilable

DECAY_SCALE: Final = 1 << 20
"""Weight of the newest touch under time decay: fine enough for a millionth, small enough for 64-bit tables."""

HOUR: Final = timedelta(hours=1)


class Shape(StrEnum):
    """Which rule turns the position or age of a touch into a weight."""

    EVEN = "even"
    """Every touch weighs 1."""
    POSITION = "position"
    """First, middle and last touches weigh as `weights` says."""
    AGE = "age"
    """A touch weighs less the older it is than the newest one."""


def to_shape(value: str) -> Shape:
    """The member with this value; anything else is left to the validator."""
    return to_member(Shape, value)


def _to_weights(values: Iterable[int]) -> tuple[int, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class CompiledAttribution(Value):
    """
    A policy as integers: hashable, serialisable, the same for objects and tables.

    >>> CompiledAttribution(shape="even").lookback_us is None
    True
    """

    shape: Shape = field(converter=to_shape, validator=is_a(Shape))
    """Which rule applies."""
    weights: tuple[int, ...] = field(default=(), converter=_to_weights)
    """For `position`: first, middle, last, then first and last when there are only two touches. Else empty."""
    half_life_hours: int | None = None
    """For `age`: hours in which a weight halves. Else None."""
    lookback_us: int | None = None
    """Microseconds before the close within which a touch counts, close included, far end excluded; None is no limit."""
    registration_first: bool = False
    """Whether a registration that protects the deal at its close earns it outright."""


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
    if not isinstance(result, CompiledAttribution):
        raise NotCompilable(type(policy).__name__, "partnerops.attribution.attribute_all")
    return result


def shape_weights(plan: CompiledAttribution, touches: Sequence[Touchpoint]) -> Sequence[int]:
    """The weight of each touch under the shape alone; *touches* are those that count, oldest first."""
    count = len(touches)
    if plan.shape is Shape.EVEN or count == 1:
        return (1,) * count
    if plan.shape is Shape.POSITION:
        return position_weights(plan.weights, count)
    if plan.half_life_hours is None or not count:
        return ()
    table = decay_weights(plan.half_life_hours)
    newest, oldest_kept = touches[-1].at, len(table) - 1
    return [table[min((newest - touch.at) // HOUR, oldest_kept)] for touch in touches]


def position_weights(weights: tuple[int, ...], count: int) -> tuple[int, ...]:
    """
    Integer weights of *count* touches from (first, middle, last, pair first, pair last).

    The middle weight is one share for all middle touches together; scaling the ends by their number keeps integers.
    """
    first, middle, last, pair_first, pair_last = weights
    if count <= 2:
        return ((), (1,), (pair_first, pair_last))[count]
    between = count - 2
    return (first * between, *(middle,) * between, last * between)


@lru_cache(maxsize=64)
def decay_weights(half_life_hours: int) -> tuple[int, ...]:
    """
    Integer weights by age in whole hours: `2^20 x 2^(-age / half-life)`, rounded half-even, never below 1.

    The last entry is 1 and holds for every older touch, so no touch that counts vanishes. The table is computed in
    decimal arithmetic of 40 digits, the same on every platform; engines join it instead of computing powers.
    """
    context = Context(prec=40)
    scale, two = Decimal(DECAY_SCALE), Decimal(2)
    ages = range(20 * half_life_hours + 1)
    # One exact power per hour of a single half-life; a further half-life divides by two, which is exact as well.
    ends = [
        context.power(two, context.divide(Decimal(-hour), Decimal(half_life_hours))) for hour in ages[:half_life_hours]
    ]
    weights: list[int] = []
    for age in ages:
        halvings, hour = divmod(age, half_life_hours)
        weight = context.divide(context.multiply(scale, ends[hour]), Decimal(1 << halvings))
        weights.append(max(1, int(context.to_integral_value(weight))))
    return tuple(weights)
