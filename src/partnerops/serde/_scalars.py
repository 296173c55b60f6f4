"""
How each scalar is read: strictly, since cattrs by default turns None into 'None', 'false' into True and 3.7 into 3.

A hook takes what JSON, TOML or Python can hold and gives the value, or raises `InvalidValue` saying what is due. The
place is empty: the reader that knows the path fills it in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, Final, NoReturn, TypeVar, cast

from partnerops._attrs import MAX_DIGITS, is_encodable, is_readable, normal, to_fraction
from partnerops.exceptions import InexactNumber, InvalidValue, NaiveDatetime, PartnerOpsError, near_misses
from partnerops.money import Money

T = TypeVar("T")

# Spelt out, since `fromisoformat` takes more from one version of Python to the next: week dates, 24:00, no dashes.
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DURATION: Final = re.compile(
    r"P(?P<sign>-?)(?:(?P<days>\d{1,9})D)?(?:T(?P<minus>-?)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,12})(?:\.(?P<micro>\d{1,6}))?S)?)?",
    re.ASCII,
)
_MONEY: Final = re.compile(r"(?P<amount>\S+) (?P<currency>[A-Z]{3})")


def read_str(value: object, _: object = str) -> str:
    """A string that UTF-8 can write."""
    # By type: a member of a closed set is a string too, and would come back as a plain one.
    if type(value) is not str:
        raise InvalidValue("", "a string", value)
    if not is_encodable(value):
        raise InvalidValue("", "text without lone surrogates", value)
    return value


def read_bool(value: object, _: object = bool) -> bool:
    """True or false; no word for them."""
    if not isinstance(value, bool):
        raise InvalidValue("", "true or false", value)
    return value


def read_int(value: object, _: object = int) -> int:
    """A whole number; neither a bool nor text."""
    # True is an int for Python and a mistake for everybody else.
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue("", "a whole number", value)
    if not is_readable(value):
        raise InvalidValue("", f"a whole number of at most {MAX_DIGITS:,} digits", value)
    return value


def read_decimal(value: object, _: object = Decimal) -> Decimal:
    """A finite decimal, from a number or its text."""
    if isinstance(value, str | int | Decimal) and is_readable(value):
        try:
            return normal(Decimal(value))
        except ArithmeticError:
            pass  # a fraction such as "1/3" is exact, and no decimal
    raise _inexact(value, 'a decimal such as "0.10"')


def read_fraction(value: object, _: object = Fraction) -> Fraction:
    """An exact number, from a number, its text or a fraction's text."""
    if isinstance(value, str | int | Decimal | Fraction) and isinstance(exact := to_fraction(value), Fraction):
        return exact
    raise _inexact(value, 'an exact number such as "0.10" or "1/3"')


def _inexact(value: object, rule: str) -> InvalidValue:
    return InexactNumber("", rule, value) if isinstance(value, float) else InvalidValue("", rule, value)


def read_instant(value: object, _: object = datetime) -> datetime:
    """An instant with a zone, in UTC."""
    given = value
    if isinstance(value, str):
        if _INSTANT.fullmatch(value) is None:
            raise InvalidValue("", 'an instant such as "2026-03-31T12:00:00Z"', value)
        value = _parsed(datetime.fromisoformat, value, "an instant")
    if not isinstance(value, datetime):
        raise InvalidValue("", 'an instant such as "2026-03-31T12:00:00Z"', value)
    if value.utcoffset() is None:
        raise NaiveDatetime("", 'an instant with a zone such as "2026-03-31T12:00:00Z"', given)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidValue("", "an instant between the years 1 and 9999 in UTC", value) from None


def read_date(value: object, _: object = date) -> date:
    """A business date."""
    if isinstance(value, str):
        if _DATE.fullmatch(value) is None:
            raise InvalidValue("", 'a date such as "2026-03-31"', value)
        return _parsed(date.fromisoformat, value, "a date")
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidValue("", 'a date such as "2026-03-31"', value)
    return value


def _parsed(parse: Callable[[str], T], text: str, what: str) -> T:
    try:
        return parse(text)
    except ValueError as wrong:
        raise InvalidValue("", f"{what} that the calendar has ({wrong})", text) from None


def read_duration(value: object, _: object = timedelta) -> timedelta:
    """A length of time: days, hours, minutes and seconds of ISO 8601, no months."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not any(match[name] for name in ("days", "hours", "minutes", "seconds")):
        raise InvalidValue("", 'a duration such as "PT3600S" or "P7D"', value)
    part = {name: int(match[name] or 0) for name in ("days", "hours", "minutes", "seconds")}
    try:
        span = timedelta(**part, microseconds=int((match["micro"] or "0").ljust(6, "0")))
    except OverflowError:
        raise InvalidValue("", "a duration that fits in 999,999,999 days", value) from None
    return -span if match["sign"] or match["minus"] else span


def read_money(value: object, _: object = Money) -> Money:
    """An amount: `{"amount": "10.50", "currency": "BRL"}`, or for people `"10.50 BRL"`."""
    if isinstance(value, Money):
        return value
    if isinstance(value, str) and (match := _MONEY.fullmatch(value)):
        amount, currency = match["amount"], match["currency"]
    elif isinstance(value, Mapping):
        named = cast("Mapping[str, Any]", value)
        if named.keys() != {"amount", "currency"}:
            raise InvalidValue("", "an object of exactly amount and currency", dict(named))
        amount, currency = named["amount"], read_str(named["currency"])
    else:
        raise InvalidValue("", 'an amount such as {"amount": "10.50", "currency": "BRL"} or "10.50 BRL"', value)
    if type(amount) is int:
        read_int(amount)
    try:
        return Money(amount, currency)
    except PartnerOpsError as wrong:
        if isinstance(wrong, InvalidValue):
            raise type(wrong)(wrong.place.removeprefix("Money"), wrong.rule, wrong.value) from None
        raise


def read_member(value: object, kind: type[Enum]) -> Enum:
    """The member of a closed set that has this value."""
    member = kind._value2member_map_.get(value) if isinstance(value, str | int) else None
    # By type as well: True finds the member of 1, since they are equal for Python.
    if member is not None and isinstance(value, bool) is isinstance(member.value, bool):
        return member
    known = [str(member.value) for member in kind]
    hint = near_misses(value, known) if isinstance(value, str) else ""
    raise InvalidValue("", f"one of {', '.join(known)}{hint}", value)


def read_none(value: object, _: object = None) -> None:
    """Nothing."""
    if value is not None:
        raise InvalidValue("", "null", value)


def refuse_inexact(value: object, kind: Any) -> NoReturn:
    """Floats and bytes have no stored form: `dumps` refuses them too, and the class has to change."""
    raise InvalidValue("", f"in a field declared as Decimal, Fraction or str: a {kind.__name__} is not stored", value)


SCALARS: Final[Mapping[Any, Callable[[object, Any], Any]]] = {
    str: read_str,
    bool: read_bool,
    int: read_int,
    Decimal: read_decimal,
    Fraction: read_fraction,
    datetime: read_instant,
    date: read_date,
    timedelta: read_duration,
    Money: read_money,
}
"""Type -> how it is read."""
