"""A rate with its counts: exact, honest about a zero denominator, and added up the right way."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import isqrt
from typing import Any, Protocol, TypeGuard, cast

import attrs
from attrs import field, frozen

from partnerops._arguments import check_exact, check_int
from partnerops._attrs import Noun, place
from partnerops.exceptions import CurrencyMismatch, InexactNumber, InvalidValue
from partnerops.typing import ExactLike

__all__ = ["Amount", "Ratio"]


class Amount(Protocol):
    """What a ratio needs of an amount of money; `partnerops.money.Money` has it."""

    @property
    def minor(self) -> int:
        """Minor units of the currency."""
        ...

    @property
    def currency(self) -> str:
        """Code of the currency."""
        ...

    def __add__(self, other: Any, /) -> Any:
        """The sum; two currencies are refused."""
        ...


def _is_amount(value: object) -> TypeGuard[Amount]:
    return isinstance(getattr(value, "minor", None), int) and isinstance(getattr(value, "currency", None), str)


def _to_part(value: ExactLike | Amount) -> int | Fraction | Amount:
    """An int where that is exact, so that counts stay counts; what is no number is left to the validator."""
    if _is_amount(value):
        return value
    try:
        number = check_exact("a part", cast("ExactLike", value))
    except InvalidValue:
        return cast("Fraction", value)
    return number.numerator if number.denominator == 1 else number


def _is_part(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if isinstance(value, float):
        raise InexactNumber(place(instance, attribute), "an exact number", value)
    if isinstance(value, bool) or not (isinstance(value, int | Fraction) or _is_amount(value)):
        raise InvalidValue(place(instance, attribute), "an exact number or a Money", value)


@frozen(repr=False)
class Ratio(Noun):
    """
    A numerator over a denominator, kept apart: two exact numbers, or two amounts of one currency.

    Adding two ratios adds numerators and denominators, so an aggregate is the ratio of sums, never a mean of ratios.
    With a denominator of 0 there is no value: `value` is None and `reason` says why. Refunds may push a ratio below 0
    or above 1. Equal means the same two parts: 1/2 and 2/4 have one value, but weigh differently in a sum.

    Raises:
        InexactNumber: A float.
        InvalidValue: A part that is no number, or a number over an amount.
        CurrencyMismatch: Amounts of two currencies.

    >>> spring, summer = Ratio(1, 2), Ratio(5, 6)
    >>> print(spring + summer, Ratio(0, 0), sep="; ")
    6 / 8 = 75.0 %; 0 / 0 = n/a
    >>> (spring + summer).value, Ratio(3, 0).value, Ratio(3, 0).reason
    (Fraction(3, 4), None, 'denominator is 0')
    """

    numerator: int | Fraction | Amount = field(converter=_to_part, validator=_is_part)
    """The part: a count, an exact number or an amount."""
    denominator: int | Fraction | Amount = field(converter=_to_part, validator=_is_part)
    """The whole, of the same kind."""

    def __attrs_post_init__(self) -> None:
        part, whole = self.numerator, self.denominator
        # Money over a count is a mean, which needs a rounding that nobody named.
        if _is_amount(part) != _is_amount(whole):
            raise InvalidValue("Ratio.denominator", f"of the same kind as the numerator ({part})", whole)
        if _is_amount(part) and _is_amount(whole) and part.currency != whole.currency:
            raise CurrencyMismatch("divide", part.currency, whole.currency)

    @classmethod
    def total(cls, ratios: Iterable[Ratio]) -> Ratio:
        """The ratio of the sums, in one pass; of nothing it is `Ratio(0, 0)`."""
        result = cls(0, 0)
        for ratio in ratios:
            result = result + ratio
        return result

    def __add__(self, other: Ratio) -> Ratio:
        if not isinstance(other, Ratio):
            return NotImplemented
        # Nothing at all fits every kind, so that a sum of amounts can start from it.
        if self._is_nothing:
            return other
        if other._is_nothing:
            return self
        if _is_amount(self.numerator) != _is_amount(other.numerator):
            raise InvalidValue("the ratio to add", f"of the same kind as {self}", str(other))
        return Ratio(_sum(self.numerator, other.numerator), _sum(self.denominator, other.denominator))

    # --- its value

    @property
    def value(self) -> Fraction | None:
        """Numerator over denominator, exactly; None if the denominator is 0."""
        part, whole = _number(self.numerator), _number(self.denominator)
        return None if whole == 0 else Fraction(part) / whole

    @property
    def reason(self) -> str:
        """Why there is no value; empty if there is one."""
        return "" if _number(self.denominator) else "denominator is 0"

    def decimal(self, places: int = 4) -> Decimal | None:
        """The value rounded half-even to that many decimals, or None."""
        check_int("places", places, 0, 100)
        value = self.value
        return None if value is None else _rounded(value, places)

    def percent(self, places: int = 1) -> str:
        """
        The value as a reader sees it: `63.2 %`, or `n/a` where there is none.

        >>> Ratio(12, 19).percent(), Ratio(12, 19).percent(0), Ratio(0, 0).percent()
        ('63.2 %', '63 %', 'n/a')
        """
        check_int("places", places, 0, 100)
        value = self.value
        return "n/a" if value is None else f"{_rounded(value * 100, places):f} %"

    def wilson(self, z: ExactLike = "1.96") -> tuple[Decimal, Decimal] | None:
        """
        The interval that a rate of counts is compatible with, to 9 decimals; None where nothing was counted.

        For k of n the ends are `(2k + z^2 -+ z * sqrt(z^2 + 4k(n - k) / n)) / (2(n + z^2))`. *z* is the normal
        quantile: 1.96 covers about 95 %, 1.645 about 90 %. Exact integers and one integer square root: no float, no
        decimal context.

        >>> Ratio(1, 2).wilson()
        (Decimal('0.094528655'), Decimal('0.905471345'))

        Raises:
            InvalidValue: The ratio is not k of n things, 0 <= k <= n.

        Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
        """
        k, n = self.numerator, self.denominator
        # Wilson counts trials: of amounts, or of a part above the whole, it says nothing.
        if not isinstance(k, int) or not isinstance(n, int) or not 0 <= k <= n:
            raise InvalidValue("a ratio with an interval", "k of n whole things, 0 <= k <= n", str(self))
        square = _quantile(z) ** 2
        if n == 0:
            return None
        # The root is cut off at 1e-30, far below the 9 decimals kept.
        scale = 10**30
        root = Fraction(isqrt(int(square * (square + Fraction(4 * k * (n - k), n)) * scale**2)), scale)
        middle, width = 2 * k + square, 2 * (n + square)
        return _rounded((middle - root) / width, 9), _rounded((middle + root) / width, 9)

    def __str__(self) -> str:
        return f"{self.numerator} / {self.denominator} = {self.percent()}"

    def __repr__(self) -> str:
        return f"Ratio({_shown(self.numerator)}, {_shown(self.denominator)})"

    @property
    def _is_nothing(self) -> bool:
        return self.numerator == 0 and self.denominator == 0 and not _is_amount(self.numerator)


def _number(part: int | Fraction | Amount) -> int | Fraction:
    # Of one currency, so the minor units divide as the amounts do.
    return part.minor if _is_amount(part) else cast("int | Fraction", part)


def _sum(left: Any, right: Any) -> ExactLike | Amount:
    """Two numbers or two amounts; the amounts themselves refuse to mix currencies."""
    return cast("ExactLike | Amount", left + right)


def _quantile(z: ExactLike) -> Fraction:
    rule = 'an exact number above 0, such as "1.96"'
    number = check_exact("z", z, rule)
    if number <= 0:
        raise InvalidValue("z", rule, z)
    return number


def _rounded(value: Fraction, places: int) -> Decimal:
    """*value* half-even to *places* decimals, whatever the ambient context's precision."""
    units = round(value * 10**places)
    return Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -places))


def _shown(part: int | Fraction | Amount) -> str:
    """As Python reads it back; a fraction as the text of one."""
    return repr(str(part)) if isinstance(part, Fraction) else repr(part)
