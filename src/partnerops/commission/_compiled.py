"""The integers that schedules come down to, and their value at an attainment: what every evaluator reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import TypeAlias

from attrs import field, frozen

from partnerops._attrs import Value, to_tuple
from partnerops.money import Rounding, round_quotient


def _to_ints(values: Iterable[int]) -> tuple[int, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class CompiledSchedule(Value):
    r"""
    A schedule as integers: hashable, serialisable, the same for objects and tables.

    F is linear between thresholds and may jump at them: above threshold i, at an attainment of v currency units,
    F(v) = base / (scale x unit) + slope / unit x (v - start / scale), of the tier that v is in, and F(0) is
    0. Negative attainments mirror positive ones.

    >>> ten_percent = CompiledSchedule(starts=[0], bases=[0], slopes=[1], scale=1, unit=10)
    >>> ten_percent.at(Fraction(250))
    Fraction(25, 1)
    """

    starts: tuple[int, ...] = field(converter=_to_ints)
    """Thresholds in 1/scale of a currency unit, rising from 0."""
    bases: tuple[int, ...] = field(converter=_to_ints)
    """What F is just above each threshold, in 1/(scale x unit) of a currency unit."""
    slopes: tuple[int, ...] = field(converter=_to_ints)
    """Rate above each threshold, in 1/unit."""
    scale: int
    """Parts of a currency unit in which thresholds are whole."""
    unit: int
    """Parts of 1 in which rates are whole."""
    retroactive: tuple[int, ...] = field(default=(), converter=_to_ints)
    """Positions of the thresholds whose rate reaches back to 0, which only explanations need."""
    inclusive: bool = False
    """Whether an attainment exactly on a threshold is in the tier above it."""
    per_sale: bool = False
    """Whether each sale is a step of its own, whatever was attained before."""

    @property
    def pieces(self) -> list[tuple[Fraction, Fraction, Fraction]]:
        """(start, F just above it, rate above it) of each tier, in currency units."""
        return [
            (Fraction(start, self.scale), Fraction(base, self.scale * self.unit), Fraction(slope, self.unit))
            for start, base, slope in zip(self.starts, self.bases, self.slopes, strict=True)
        ]

    def at(self, attained: Fraction) -> Fraction:
        """F, exactly, in currency units."""
        if attained < 0:
            return -self.at(-attained)
        index = self.tier(attained)
        if index < 0:
            return Fraction(0)
        above = attained - Fraction(self.starts[index], self.scale)
        return Fraction(self.bases[index], self.scale * self.unit) + above * self.slopes[index] / self.unit

    def tier(self, attained: Fraction) -> int:
        """Position of the tier that an attainment of at least 0 is in; -1 at 0, where nothing is attained."""
        reached = attained * self.scale
        # Nothing attained is in no tier, whatever the boundary says.
        if not self.inclusive or not reached:
            return bisect_left(self.starts, reached) - 1
        return sum(start <= reached for start in self.starts) - 1


def from_pieces(
    pieces: list[tuple[Fraction, Fraction, Fraction]],
    *,
    inclusive: bool = False,
    retroactive: Iterable[int] = (),
) -> CompiledSchedule:
    """The integers of (start, F just above it, rate above it), given by rising start."""
    scale = lcm(*(start.denominator for start, _, _ in pieces))
    unit = lcm(*(rate.denominator for _, _, rate in pieces), *((base * scale).denominator for _, base, _ in pieces))
    return CompiledSchedule(
        starts=[int(start * scale) for start, _, _ in pieces],
        bases=[int(base * scale * unit) for _, base, _ in pieces],
        slopes=[int(rate * unit) for _, _, rate in pieces],
        scale=scale,
        unit=unit,
        retroactive=retroactive,
        inclusive=inclusive,
    )


Rounded: TypeAlias = Callable[[int | Fraction], int]
"""F over minor units, rounded once; a fraction of one is fine."""


@lru_cache(maxsize=256)
def exactly(plan: CompiledSchedule, exponent: int) -> Callable[[int], Fraction]:
    """
    F from minor units to currency units, exactly, with one fraction made.

    >>> exactly(CompiledSchedule(starts=[0], bases=[0], slopes=[1], scale=1, unit=10), 2)(125)
    Fraction(1, 8)
    """
    minor = 10**exponent
    whole, factors, offsets, cuts = _integers(plan, minor)

    def value(attained: int) -> Fraction:
        size = attained if attained >= 0 else -attained
        index = bisect_left(cuts, size) - 1
        if index < 0:
            return Fraction(0)
        numerator = offsets[index] + factors[index] * size
        return Fraction(numerator if attained >= 0 else -numerator, whole * minor)

    return value


@lru_cache(maxsize=256)
def rounded(plan: CompiledSchedule, exponent: int, rounding: Rounding) -> Rounded:
    """
    F from minor units to minor units, rounded once, on integers alone.

    >>> rounded(CompiledSchedule(starts=[0], bases=[0], slopes=[1], scale=1, unit=10), 2, Rounding.HALF_EVEN)(125)
    12
    """
    minor = 10**exponent
    whole, factors, offsets, cuts = _integers(plan, minor)
    half_even = rounding is Rounding.HALF_EVEN

    def value(attained: int | Fraction) -> int:
        if not isinstance(attained, int):
            exact = plan.at(attained / minor) * minor
            return round_quotient(exact.numerator, exact.denominator, rounding)
        size = attained if attained >= 0 else -attained
        index = bisect_left(cuts, size) - 1
        if index < 0:
            return 0
        numerator = offsets[index] + factors[index] * size
        # Written out for the default: a call per sale would cost as much as everything else here.
        if not half_even:
            return round_quotient(numerator if attained >= 0 else -numerator, whole, rounding)
        quotient, rest = divmod(numerator, whole)
        if rest:
            over = 2 * rest - whole
            quotient += over > 0 or (over == 0 and quotient % 2 == 1)
        return quotient if attained >= 0 else -quotient

    return value


def _integers(plan: CompiledSchedule, minor: int) -> tuple[int, list[int], list[int], list[int]]:
    """What F is made of: above each cut it is (offset + factor x v) / whole, v an integer of minor units."""
    factors = [slope * plan.scale for slope in plan.slopes]
    offsets = [
        (base - slope * start) * minor
        for base, slope, start in zip(plan.bases, plan.slopes, plan.starts, strict=True)
    ]  # fmt: skip
    # Whole minor units below each threshold, so that a bisection of integers finds the tier without a fraction.
    return plan.scale * plan.unit, factors, offsets, _cuts(plan, minor)


def _cuts(plan: CompiledSchedule, minor: int) -> list[int]:
    """For each tier the largest whole number of minor units that is not yet in it."""
    if plan.inclusive:
        cuts = [-(-start * minor // plan.scale) - 1 for start in plan.starts]
    else:
        cuts = [start * minor // plan.scale for start in plan.starts]
    return [0, *cuts[1:]]  # nothing attained earns nothing, whatever the boundary
