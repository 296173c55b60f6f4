"""Amounts of money; the public home is `partnerops.money`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from operator import index
from typing import Any, Final, NoReturn, SupportsIndex, final

from attrs import frozen

from partnerops._arguments import check_exact
from partnerops._attrs import MAX_DIGITS, is_readable
from partnerops._currency import EXPONENTS, decimals
from partnerops._rounding import Rounding, round_quotient
from partnerops.exceptions import CurrencyMismatch, InexactNumber, InvalidValue
from partnerops.typing import ExactLike

_PLAIN: Final = re.compile(r"([+-]?)([0-9]{0,1000})(?:\.([0-9]{0,1000}))?")
_SPEC: Final = re.compile(r"(?:(.)?([<>^]))?([0-9]{1,3})?(,)?(?:\.([0-9]{1,2})f)?")
_AMOUNT: Final = 'an exact number such as "1234.50", without blanks, exponent or thousands separators'


@final
@frozen(init=False, repr=False, match_args=False, weakref_slot=False)
class Money:
    """
    An amount of one currency, exact: a whole number of minor units, never a float.

    `Money("10.50", "BRL")` is 1050 centavos. An amount with more decimals than the currency has is refused, unless they
    are zeros; so is a currency without a minor unit.

    - Amounts of one currency add, subtract and compare. Across currencies only `==` answers, with False; all else is
      refused.
    - `* n` takes whole numbers. A rate goes through `times`, which rounds once.
    - There is no `/`: `Ratio(a, b)` divides two amounts, `apportion` splits one.
    - `sum` works, since 0 + money is money; `Money.total` works for an empty list too.

    >>> price = Money("1000.00", "BRL")
    >>> price * 2 - Money("0.01", "BRL"), price.times("0.125")
    (Money('1999.99', 'BRL'), Money('125.00', 'BRL'))
    >>> print(price, f"{price:,}", Money(500, "JPY"), price.minor)
    1000.00 BRL 1,000.00 BRL 500 JPY 100000

    Raises:
        InexactNumber: A float.
        InvalidValue: Not a number, too many decimals, or a currency without a minor unit.
        UnknownCurrency: Not a code of ISO 4217.
    """

    minor: int
    """The amount in minor units (centavos, cents, yen), negative for what is taken back."""
    currency: str
    """Code of ISO 4217, as in `BRL`."""

    def __init__(self, amount: ExactLike, currency: str) -> None:
        places = decimals("Money.currency", currency)
        _set_minor(self, _to_minor(amount, currency, places))
        _set_currency(self, str.__str__(currency))

    # --- other ways to make one

    @staticmethod
    def from_minor(minor: int, currency: str) -> Money:
        """
        The amount of so many minor units: the fast way in.

        >>> Money.from_minor(1050, "BRL"), Money.from_minor(1050, "KWD"), Money.from_minor(1050, "JPY")
        (Money('10.50', 'BRL'), Money('1.050', 'KWD'), Money('1050', 'JPY'))
        """
        if type(minor) is not int or type(currency) is not str or currency not in EXPONENTS:
            decimals("Money.currency", currency)
            return _make(_whole(minor), str.__str__(currency))
        money = _new(Money)
        _set_minor(money, minor)
        _set_currency(money, currency)
        return money

    @staticmethod
    def zero(currency: str) -> Money:
        """Nothing, in that currency."""
        return Money.from_minor(0, currency)

    @staticmethod
    def total(moneys: Iterable[Money], currency: str | None = None) -> Money:
        """
        The sum; with *currency* also of nothing, and then every amount must be in it.

        Raises:
            InvalidValue: Nothing to add and no currency to add it in.
            CurrencyMismatch: Two currencies.
        """
        minor = 0
        for position, money in enumerate(moneys):
            if type(money) is not Money:  # no call per amount: this loop adds up whole ledgers
                raise InvalidValue(f"moneys[{position}]", "a Money", money)
            if currency is None:
                currency = money.currency
            elif money.currency != currency:
                raise CurrencyMismatch("add", currency, money.currency)
            minor += money.minor
        if currency is None:
            raise InvalidValue("moneys", "at least one Money, or say the currency of nothing: total((), 'BRL')", ())
        return Money.from_minor(minor, currency)

    # --- reading

    @property
    def amount(self) -> Decimal:
        """In whole units, with the decimals of the currency: `Decimal('10.50')`."""
        return Decimal(_text(self.minor, EXPONENTS[self.currency]))

    def __bool__(self) -> bool:
        return self.minor != 0

    def __repr__(self) -> str:
        return f"Money({_text(self.minor, EXPONENTS[self.currency])!r}, {self.currency!r})"

    def __str__(self) -> str:
        return f"{_text(self.minor, EXPONENTS[self.currency])} {self.currency}"

    def __format__(self, spec: str) -> str:
        """
        As `str`, with `,` for thousands, `.2f` for other decimals (rounded half-even, for show only), and a width.

        >>> f"{Money('1234.56', 'BRL'):,}", f"{Money('1234.56', 'BRL'):>15,.0f}"
        ('1,234.56 BRL', '      1,235 BRL')
        """
        found = _SPEC.fullmatch(spec)
        if found is None:
            raise InvalidValue("the format of a Money", "like ',' or ',.2f' or '>15,'", spec)
        fill, align, width, comma, shown = found.groups()
        minor, places = self.minor, EXPONENTS[self.currency]
        if shown is not None:
            minor, places = round_quotient(minor * 10 ** int(shown), 10**places), int(shown)
        text = f"{_text(minor, places, comma or '')} {self.currency}"
        return f"{text:{fill or ' '}{align or '>'}{width}}" if width else text

    # --- adding

    def __add__(self, other: Money) -> Money:
        if type(other) is not Money:
            return NotImplemented
        if other.currency != self.currency:
            raise CurrencyMismatch("add", self.currency, other.currency)
        return _make(self.minor + other.minor, self.currency)

    def __radd__(self, other: int) -> Money:
        # sum() starts at the number 0, the one number that needs no currency; its stub asks for any int
        return self if type(other) is int and other == 0 else NotImplemented

    def __sub__(self, other: Money) -> Money:
        if type(other) is not Money:
            return NotImplemented
        if other.currency != self.currency:
            raise CurrencyMismatch("subtract", self.currency, other.currency)
        return _make(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return _make(-self.minor, self.currency)

    def __pos__(self) -> Money:
        return self

    def __abs__(self) -> Money:
        return _make(abs(self.minor), self.currency)

    # --- multiplying

    def __mul__(self, factor: int) -> Money:
        if type(factor) is int:
            return _make(self.minor * factor, self.currency)
        if isinstance(factor, bool | float | Decimal | Fraction):
            _refuse_factor(factor)
        return NotImplemented

    __rmul__ = __mul__

    def times(self, rate: ExactLike, rounding: Rounding | str = Rounding.HALF_EVEN) -> Money:
        """
        The amount at an exact rate, rounded once to minor units: the one place where money meets a rate.

        >>> Money("0.25", "BRL").times("0.10"), Money("0.25", "BRL").times("0.10", "half_up")
        (Money('0.02', 'BRL'), Money('0.03', 'BRL'))

        Raises:
            InexactNumber: A float.
            InvalidValue: Not an exact number.
            UnknownName: No rounding of that name.
        """
        exact = check_exact("rate", rate)
        return _make(round_quotient(self.minor * exact.numerator, exact.denominator, rounding), self.currency)

    # --- comparing: attrs gives == and hash

    def __lt__(self, other: Money) -> bool:
        return self.minor < other.minor if self._meets(other) else NotImplemented

    def __le__(self, other: Money) -> bool:
        return self.minor <= other.minor if self._meets(other) else NotImplemented

    def __gt__(self, other: Money) -> bool:
        return self.minor > other.minor if self._meets(other) else NotImplemented

    def __ge__(self, other: Money) -> bool:
        return self.minor >= other.minor if self._meets(other) else NotImplemented

    def _meets(self, other: object) -> bool:
        """Whether *other* is money at all; of another currency it is refused."""
        if type(other) is not Money:
            return False
        if other.currency != self.currency:
            raise CurrencyMismatch("compare", self.currency, other.currency)
        return True

    # --- copying: a value never changes, so it is its own copy

    def __copy__(self) -> Money:
        return self

    def __deepcopy__(self, memo: object) -> Money:
        return self

    def __canonical__(self) -> dict[str, str]:
        """The stored form: the amount as people write it, and the code."""
        return {"amount": str(self.amount), "currency": self.currency}

    def __reduce__(self) -> tuple[Any, tuple[int, str]]:
        return Money.from_minor, (self.minor, self.currency)


# The slots' own setters: the quickest way past the freeze, used only while an amount is being made.
_new: Final = object.__new__
_set_minor: Final = vars(Money)["minor"].__set__
_set_currency: Final = vars(Money)["currency"].__set__


def _make(minor: int, currency: str) -> Money:
    """An amount whose parts are known to be right."""
    money = _new(Money)
    _set_minor(money, minor)
    _set_currency(money, currency)
    return money


def check_money(name: str, value: object) -> Money:
    """*value*, if it is money."""
    if type(value) is not Money:
        raise InvalidValue(name, "a Money", value)
    return value


def _whole(minor: object) -> int:
    """*minor* as an int; numpy's and other exact integers are welcome."""
    if isinstance(minor, float):
        raise InexactNumber("Money.minor", "a whole number of minor units", minor)
    if isinstance(minor, bool) or not isinstance(minor, SupportsIndex):
        raise InvalidValue("Money.minor", 'a whole number of minor units; for "10.50" use Money("10.50", ...)', minor)
    return index(minor)


# --- reading amounts: every kind is a ratio of two integers, and nothing may be left over in minor units


def _to_minor(amount: object, currency: str, places: int) -> int:
    numerator, denominator = _ratio(amount)
    scale: int = 10**places
    minor, rest = divmod(numerator * scale, denominator)
    if rest:
        rule = f"in whole minor units ({currency} has {places} decimals): round it first, or use times() for a rate"
        raise InvalidValue("Money.amount", rule, str(amount))
    return minor


def _ratio(amount: object) -> tuple[int, int]:
    if isinstance(amount, str):
        # Plain notation only: what a thousands separator or an exponent once meant is not for us to guess.
        found = _PLAIN.fullmatch(amount)
        if found and (found[2] or found[3]):
            part = found[3] or ""
            return int(found[1] + found[2] + part), 10 ** len(part)
    elif isinstance(amount, Decimal):
        if is_readable(amount):
            return amount.as_integer_ratio()
        raise InvalidValue("Money.amount", f"a number of at most {MAX_DIGITS} digits", amount)
    elif isinstance(amount, float):
        raise InexactNumber("Money.amount", "an exact number", amount)
    elif isinstance(amount, int | Fraction) and not isinstance(amount, bool):
        return amount.as_integer_ratio()
    elif isinstance(amount, SupportsIndex) and not isinstance(amount, bool):
        return index(amount), 1
    raise InvalidValue("Money.amount", _AMOUNT, amount)


def _text(minor: int, places: int, comma: str = "") -> str:
    """Digits with the point where the currency has it, without a Decimal and so without its context."""
    whole, part = divmod(abs(minor), 10**places)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole:{comma}}.{part:0{places}d}" if places else f"{sign}{whole:{comma}}"


def _refuse_factor(factor: object) -> NoReturn:
    kind = InexactNumber if isinstance(factor, float) else InvalidValue
    raise kind("the factor of a Money", "a whole number; a rate goes through money.times(rate), which rounds", factor)
