"""A grace band at cliffs: a threshold once reached gives way by an amount before the lower rate holds for all."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
from attrs import field, frozen

from partnerops._arguments import check_int
from partnerops._attrs import Value, place, to_decimal
from partnerops.commission._amounts import as_fraction, compiled_or_none, describe, exact_at
from partnerops.commission._compiled import CompiledSchedule, from_pieces
from partnerops.commission._parts import is_schedule
from partnerops.commission._protocol import RateSchedule
from partnerops.commission._tiers import is_from_zero

Piece = tuple[Fraction, Fraction, Fraction, bool]
"""Start, F just above it, rate above it, and whether that rate reaches back."""


def _is_position(instance: object, attribute: attrs.Attribute[Any], value: int) -> None:
    check_int(place(instance, attribute), value, -1)


@frozen
class Eased(Value):
    """
    A schedule whose reached cliffs lie lower by a grace: what a period goes by once it has reached one.

    >>> from partnerops.commission import Tier, VolumeTiers
    >>> volume = VolumeTiers([Tier(0, "0.05"), Tier(1000, "0.10")], boundary="upper")
    >>> eased = Eased(volume, 1, Decimal(10))
    >>> [int(eased.cumulative(Fraction(at)) * 100) for at in (1000, 995, 990, 989)]
    [10000, 9950, 9900, 4945]
    """

    schedule: RateSchedule = field(validator=is_schedule)
    """The plan's schedule."""
    top: int = field(validator=_is_position)
    """Position of the highest threshold reached whose rate reaches back."""
    grace: Decimal = field(converter=to_decimal, validator=is_from_zero)
    """How much lower it and those below it lie, in currency units."""
    _plan: CompiledSchedule | None = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        plan = compiled_or_none(self.schedule)
        object.__setattr__(self, "_plan", None if plan is None else _eased(plan, self.top, as_fraction(self.grace)))

    def cumulative(self, attained: Fraction, /) -> Fraction:
        """F at an attainment, exactly."""
        return exact_at(self.schedule, attained) if self._plan is None else self._plan.at(attained)

    def compiled(self) -> CompiledSchedule | None:
        """The schedule as integers."""
        return self._plan

    def __str__(self) -> str:
        return f"{describe(self.schedule)}, with a grace of {self.grace:,f}"


def _eased(plan: CompiledSchedule, top: int, grace: Fraction) -> CompiledSchedule:
    found: list[Piece] = []
    for index, (start, base, rate) in enumerate(plan.pieces):
        back = index in plan.retroactive
        if not back or index > top:
            found.append((start, base, rate, back))
            continue
        # A grace wider than the tier keeps the rate down to nothing, and not below it.
        lower = max(start - grace, Fraction(0))
        # The rate that reaches back goes on below its threshold, and swallows the thresholds that it passes.
        found = [piece for piece in found if piece[0] < lower]
        found.append((lower, base - rate * (start - lower), rate, True))
    reaching = [index for index, piece in enumerate(found) if piece[3] and index]
    return from_pieces([piece[:3] for piece in found], inclusive=plan.inclusive, retroactive=reaching)


def highest_kept(plan: CompiledSchedule, top: int, grace: Decimal, attained: Fraction) -> int:
    """
    Position of the highest threshold with a rate that reaches back which holds at an attainment; -1 where none does.

    One holds where the attainment is above it, or where it was reached before (*top* or below) and the attainment is
    within *grace* of it.
    """
    size = max(attained, Fraction(0))
    reached, eased = plan.tier(size), plan.tier(size + as_fraction(grace))
    # Nothing attained is in no tier, however wide the grace.
    kept = min(eased, top) if size else -1
    return max((index for index in plan.retroactive if index <= max(reached, kept)), default=-1)
