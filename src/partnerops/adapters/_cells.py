"""Texts that mean a number, an amount, a yes or no, a list or an id."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from partnerops._attrs import to_decimal
from partnerops._currency import decimals
from partnerops._rounding import Rounding, round_quotient
from partnerops.adapters._fault import Unreadable
from partnerops.exceptions import InvalidValue
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.typing import DIRECT

_PLAIN: Final = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})")
_YES: Final = frozenset({"true", "t", "yes", "y", "1"})
_NO: Final = frozenset({"false", "f", "no", "n", "0"})
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def numbers(decimal: str, thousands: str | None, symbols: Sequence[str]) -> Callable[[str], str]:
    """A reader of numbers as people write them, into plain digits with a point; groups must be of three."""
    grouped = None
    if thousands is not None:
        mark, point = re.escape(thousands), re.escape(decimal)
        grouped = re.compile(rf"[+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?:{point}[0-9]*)?")

    def plain(text: str) -> str:
        number = _without(text, symbols) if symbols else text
        # Groups of three or nothing: 1.23 with a point between thousands is a slip of the keyboard, not 123.
        if grouped is not None and thousands is not None and grouped.fullmatch(number):
            number = number.replace(thousands, "")
        if decimal != ".":
            # A point is no decimal point here: without this, 1.234 would turn from a thousand into one.
            number = number.replace(".", "!").replace(decimal, ".")
        if not _PLAIN.fullmatch(number):
            raise _no_number(decimal, thousands)
        return number

    return plain


def _without(text: str, symbols: Sequence[str]) -> str:
    for symbol in symbols:
        # -R$ 10 and R$ -10 are both written; the sign is kept, wherever the symbol stood.
        sign = text[:1] if text[:1] in "+-" else ""
        if text[len(sign) :].startswith(symbol):
            return sign + text[len(sign) + len(symbol) :].strip()
        if text.endswith(symbol):
            return text[: -len(symbol)].strip()
    return text


def _no_number(decimal: str, thousands: str | None) -> Unreadable:
    marks = f"decimal {decimal!r}" + (f" and thousands {thousands!r}" if thousands else "")
    return Unreadable(
        "not_a_number",
        f"is not a number with {marks}",
        "mend the number, or say how it is written in `decimal`, `thousands` and `symbols`",
    )


def money(number: Callable[[str], str], rounding: str | None) -> Callable[[str, str], Money]:
    """A reader of amounts, given the text and the currency."""

    def read(text: str, currency: str) -> Money:
        # Whole numbers in plain digits: most amounts of most exports.
        if len(text) < 16 and text.isascii() and text.isdigit():
            return Money.from_minor(int(text) * 10 ** _places(currency), currency)
        plain, places = number(text), _places(currency)
        if rounding is not None:
            exact = Fraction(plain) * 10**places
            return Money.from_minor(round_quotient(exact.numerator, exact.denominator, Rounding(rounding)), currency)
        try:
            return Money(plain, currency)
        except InvalidValue as error:
            raise Unreadable(
                "not_an_amount", f"is no amount in {currency}: it must be {error.rule}", "mend it, or give a `rounding`"
            ) from None

    return read


def _places(currency: str) -> int:
    try:
        return decimals("currency", currency)
    except InvalidValue as error:
        raise Unreadable(
            "unknown_currency", f"is in {currency!r}, which must be {error.rule}", "mend the currency code"
        ) from None


def decimal_number(number: Callable[[str], str]) -> Callable[[str], Decimal]:
    """A reader of exact decimals."""

    def read(text: str) -> Decimal:
        return to_decimal(number(text))

    return read


def fraction(number: Callable[[str], str], *, percent: bool) -> Callable[[str], Fraction]:
    """A reader of shares: 0.15, 3/20 or 15 %; with *percent* a bare 15 is a percentage too."""

    def read(text: str) -> Fraction:
        # The sign tells it even where the mapping does not.
        if text.endswith("%") or percent:
            return Fraction(number(text.removesuffix("%").rstrip())) / 100
        above, over, below = text.partition("/")
        if not over:
            return Fraction(number(text))
        if not below.isdigit() or not int(whole(below)):
            raise Unreadable("not_a_number", "is no fraction", "write it like 3/20")
        return Fraction(whole(above), whole(below))

    return read


def whole(text: str) -> int:
    """A whole number in plain digits."""
    if not re.fullmatch(r"[+-]?[0-9]{1,18}(?:\.0{1,9})?", text):
        raise Unreadable("not_a_number", "is not a whole number", "mend the number")
    return int(text.partition(".")[0])


def flag(text: str) -> bool:
    """Yes or no, as systems write them, in any case."""
    lower = text.lower()
    if lower in _YES:
        return True
    if lower in _NO:
        return False
    raise Unreadable("not_a_flag", "is neither true nor false", "map it in `values` to true or false")


def period(text: str) -> Period:
    """A period by its label, such as 2026-Q2."""
    try:
        return Period.parse(text)
    except InvalidValue as error:
        raise Unreadable(
            "not_a_period", f"must be {error.rule}", "mend it, or map period.start and period.end"
        ) from None


def texts(separator: str) -> Callable[[str], tuple[str, ...]]:
    """A reader of lists; empty members are left out."""

    def read(text: str) -> tuple[str, ...]:
        return tuple(member.strip() for member in text.split(separator) if member.strip())

    return read


def shares(separator: str, share: Callable[[str], Fraction]) -> Callable[[str], dict[str, Fraction]]:
    """A reader of shares in one cell: `acme=4/5; birch=20 %`, each a fraction, a number or a percentage."""

    def read(text: str) -> dict[str, Fraction]:
        found: dict[str, Fraction] = {}
        for member in texts(separator)(text):
            party, equals, number = (part.strip() for part in member.rpartition("="))
            if not equals or not party or party in found:
                raise Unreadable("not_shares", "is no list of party=share", "write it like acme=4/5; birch=1/5")
            found[party] = share(number)
        return found

    return read


def salesforce_id(text: str) -> str:
    """
    A Salesforce id in its 18 characters, which do not depend on upper and lower case.

    15 characters are completed. 18 characters carry the case of the first 15 in the last three, so one that a
    spreadsheet has turned to capitals is mended. Anything else is kept and reported.
    """
    if text == DIRECT:
        return text  # the vendor's own team has no id there
    if len(text) == 15 and text.isascii() and text.isalnum():
        return text + _suffix(text)
    if len(text) == 18 and text.isascii() and text.isalnum() and set(text[15:].upper()) <= set(_ALPHABET):
        mended = _with_case(text[:15], text[15:].upper())
        if mended[15:] == _suffix(mended[:15]):
            return mended
    raise Unreadable(
        "malformed_id", "is not a Salesforce id of 15 or 18 characters", "export the id itself", instead=text
    )


def _suffix(head: str) -> str:
    """Three characters, each telling which of five letters are capitals."""
    return "".join(
        _ALPHABET[sum(2**place for place, letter in enumerate(head[start : start + 5]) if letter.isupper())]
        for start in (0, 5, 10)
    )


def _with_case(head: str, suffix: str) -> str:
    # Five bits per character of the suffix: bit k says that letter k of its group is a capital.
    capitals = [_ALPHABET.index(letter) >> place & 1 for letter in suffix for place in range(5)]
    pairs = zip(head, capitals, strict=True)
    return "".join(letter.upper() if capital else letter.lower() for letter, capital in pairs) + suffix
