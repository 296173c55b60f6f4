"""Rounding of exact numbers to whole ones; the public home is `partnerops.money`."""

from __future__ import annotations

from partnerops._arguments import check_exact
from partnerops._closed import ClosedSet
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.typing import ExactLike


class Rounding(ClosedSet):
    """
    What becomes of the part of a minor unit; every API takes the plain string too.

    All but `floor` and `ceiling` are odd: rounding -x is minus rounding x, so a reversal cancels what it reverses.
    """

    HALF_EVEN = "half_even"
    """To the nearest; a half to the even neighbour, so that halves do not drift. The default everywhere."""
    HALF_UP = "half_up"
    """To the nearest; a half away from zero, as taught at school."""
    HALF_DOWN = "half_down"
    """To the nearest; a half towards zero."""
    UP = "up"
    """Away from zero."""
    DOWN = "down"
    """Towards zero: cut off."""
    CEILING = "ceiling"
    """To the larger number. Not odd: it mirrors `floor`."""
    FLOOR = "floor"
    """To the smaller number. Not odd: it mirrors `ceiling`."""


def to_rounding(value: Rounding | str) -> Rounding:
    """The member of that name, or an error that names near misses."""
    try:
        return Rounding(value)
    except ValueError:
        raise UnknownName("rounding", value, tuple(member.value for member in Rounding)) from None


def round_quotient(numerator: int, denominator: int, rounding: Rounding | str = Rounding.HALF_EVEN) -> int:
    """
    Numerator over denominator as a whole number, rounded once, in integers only.

    >>> [round_quotient(n, 2) for n in (1, 3, 5, -1, -3)]
    [0, 2, 2, 0, -2]

    Raises:
        InvalidValue: The denominator is not above 0.
        UnknownName: No rounding of that name.
    """
    if denominator <= 0:
        raise InvalidValue("denominator", "above 0", denominator)
    mode = rounding if type(rounding) is Rounding else to_rounding(rounding)
    # The magnitude, since floor division would round negative numbers the other way.
    quotient, rest = divmod(abs(numerator), denominator)
    # `rest` against half of the denominator, without a fraction
    if rest and _rounds_away(mode, quotient, 2 * rest - denominator, negative=numerator < 0):
        quotient += 1
    return -quotient if numerator < 0 else quotient


def _rounds_away(mode: Rounding, quotient: int, over_half: int, *, negative: bool) -> bool:
    """Whether the magnitude grows: *over_half* has the sign of what lies beyond the half."""
    match mode:
        case Rounding.HALF_EVEN:
            # Past the half always; on it only from an odd number.
            return over_half > 0 or (over_half == 0 and quotient % 2 == 1)
        case Rounding.HALF_UP:
            return over_half >= 0
        case Rounding.HALF_DOWN:
            return over_half > 0
        case Rounding.CEILING | Rounding.FLOOR:
            return negative is (mode is Rounding.FLOOR)
        case _:
            return mode is Rounding.UP


def round_fraction(value: ExactLike, rounding: Rounding | str = Rounding.HALF_EVEN) -> int:
    """
    An exact number as a whole one, rounded once.

    >>> round_fraction("2.5"), round_fraction("2.5", "half_up"), round_fraction("-2.5", "floor")
    (2, 3, -3)

    Raises:
        InvalidValue: Not an exact number.
        UnknownName: No rounding of that name.
    """
    number = check_exact("value", value)
    return round_quotient(number.numerator, number.denominator, rounding)
