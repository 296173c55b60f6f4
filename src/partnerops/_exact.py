"""Exact numbers as they are given: what may be read at all, as a fraction, as a decimal."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Final, cast

MAX_DIGITS: Final = 1000
"""Longer numbers are refused unread: "1e999999999" is ten characters long and a billion digits."""
_NUMBER: Final = re.compile(
    r"[+-]?([0-9]{1,1000}(/[0-9]{1,1000}|\.[0-9]{0,1000})?|\.[0-9]{1,1000})([eE][+-]?[0-9]{1,3})?"
)


def is_readable(value: object) -> bool:
    """Whether it is an exact number of a length that may be written out: no blanks, no separators, no NaN."""
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    if isinstance(value, Decimal):
        return value.is_finite() and abs(value.adjusted()) <= MAX_DIGITS
    short = isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 4 * MAX_DIGITS
    return short or isinstance(value, Fraction)


def to_fraction(value: int | str | Decimal | Fraction) -> Fraction:
    """An exact number: `"0.1"`, `"1/3"`, 1, a Decimal or a Fraction."""
    if isinstance(value, Fraction):
        return value
    if not is_readable(value):
        return cast("Fraction", value)
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError):
        return cast("Fraction", value)  # "1/0", or a fraction with an exponent


def to_decimal(value: int | str | Decimal) -> Decimal:
    """A decimal without trailing zeros (0.10 is 0.1), whatever the ambient context's precision."""
    if isinstance(value, Fraction):
        return _terminated(value)
    if not is_readable(value):
        return cast("Decimal", value)
    try:
        return normal(Decimal(value))
    except ArithmeticError:
        return cast("Decimal", value)  # "1/3" is exact, and no decimal


def _terminated(number: Fraction) -> Decimal:
    """The decimal that is exactly *number*, so that one half is 0.5 however it was given; a third stays as it is."""
    # Only twos and fives divide a power of ten, and a denominator has never more of either than it has bits.
    places = number.denominator.bit_length()
    # Bounded before anything is raised to that power: longer numbers are not written out anywhere else either.
    if places > MAX_DIGITS or number.numerator.bit_length() > 4 * MAX_DIGITS:
        return cast("Decimal", number)
    units, rest = divmod(abs(number.numerator) * 10**places, number.denominator)
    if rest:
        return cast("Decimal", number)
    return normal(Decimal((int(number < 0), tuple(map(int, str(units))), -places)))


def normal(number: Decimal) -> Decimal:
    """*number* with trailing zeros dropped exactly: `Decimal.normalize` would round to the ambient precision."""
    sign, digits, exponent = number.as_tuple()
    if not any(digits):
        return Decimal(0)
    kept = list(digits)
    power = int(exponent)
    while kept[-1] == 0 and len(kept) > 1:
        kept.pop()
        power += 1
    if power > 0:  # keep integers readable: 100, not 1E+2
        kept.extend([0] * power)
        power = 0
    return Decimal((sign, tuple(kept), power))
