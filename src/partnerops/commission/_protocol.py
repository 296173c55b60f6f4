"""What a schedule and a clawback schedule must do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol, TypeAlias

Exact: TypeAlias = int | Fraction | Decimal
"""An exact number; never a float."""


class RateSchedule(Protocol):
    """
    What sales up to an attainment are worth: a cumulative function F.

    You implement `cumulative`: the commission on an attainment as a whole, both in units of the currency (not cents).
    The engine pays one sale F(attained + x) - F(attained), rounds F once, and takes back by the same rule, so lines
    sum to the whole in any order and a cancelled sale cancels exactly.

    You may rely on: the attainment is a `Fraction`, never negative. Negative totals are mirrored by the engine,
    F(-v) = -F(v).

    You may add `compiled() -> CompiledSchedule`: then lines show their tier slices, and tables can evaluate it.

    Laws: F(0) is 0; F never falls; the answer is exact (int, Fraction, Decimal) and depends on the attainment alone.
    `partnerops.testing.check_rate_schedule` tries them on yours.

    >>> from attrs import frozen
    >>> @frozen
    ... class HalfPercentOfThousands:
    ...     def cumulative(self, attained, /):
    ...         return attained // 1000 * 5
    """

    def cumulative(self, attained: Fraction, /) -> Exact:
        """The commission on *attained* as a whole, in currency units."""
        ...


class ClawbackSchedule(Protocol):
    """
    How much of a commission can still be taken back: a share by age.

    You implement `clawable`: the share, from 0 to 1, of what was earned on one date that a reversal on another takes
    back. The engine never takes more than was earned, and asks nothing outside the plan's window.

    You may rely on: the sale is not later than its reversal.

    Laws: the answer is exact and between 0 and 1, and it depends on the two dates alone.
    """

    def clawable(self, earned_on: date, reversed_on: date, /) -> Exact:
        """The share that a reversal on *reversed_on* takes back of what was earned on *earned_on*."""
        ...
