"""Checks of arguments: what the validators of `_attrs` refuse in a field, functions refuse in the same words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from partnerops._attrs import to_fraction, to_instant
from partnerops.exceptions import InexactNumber, InvalidValue, NaiveDatetime
from partnerops.typing import ExactLike

if TYPE_CHECKING:  # calendars check their own arguments here
    from partnerops.periods import Calendar

T = TypeVar("T")


def check_all(name: str, values: Iterable[T], kind: type[T]) -> tuple[T, ...]:
    """*values* as a tuple, if they are a list of one kind."""
    try:
        found = tuple(values)
    except TypeError:
        raise InvalidValue(name, f"a list of {kind.__name__} values", values) from None
    for index, value in enumerate(found):
        if not isinstance(value, kind):
            raise InvalidValue(f"{name}[{index}]", f"a value of type {kind.__name__}", value)
    return found


def check_a(name: str, value: T, kind: type[T]) -> T:
    """*value*, if it is of a kind."""
    if not isinstance(value, kind):
        raise InvalidValue(name, f"a value of type {kind.__name__}", value)
    return value


def check_moment(name: str, value: date | datetime, calendar: Calendar) -> datetime:
    """The instant that *value* means: an aware datetime is that moment, a date its last instant in a calendar."""
    # An instant first: to Python every datetime is a date as well.
    if isinstance(value, datetime):
        return check_instant(name, value)
    if not isinstance(value, date):
        raise InvalidValue(name, "a date, or an aware datetime", value)
    return calendar.instant(value)


def check_date(name: str, value: date) -> date:
    """*value*, if it is a business date and not an instant."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidValue(name, "a date without a time", value)
    return value


def check_instant(name: str, value: datetime) -> datetime:
    """*value* in UTC, if it is an instant with a time zone."""
    if not isinstance(value, datetime):
        raise InvalidValue(name, "an aware datetime", value)
    # A zone may be there and not know its offset: that instant is as unplaced as a naive one.
    if value.tzinfo is None or value.utcoffset() is None:
        raise NaiveDatetime(name, "an aware datetime", value)
    return to_instant(value)


def check_int(name: str, value: int, low: int | None = None, high: int | None = None) -> int:
    """*value*, if it is a whole number within the bounds; a bool is not one."""
    if (
        # True counts as 1 to Python, and would pass for a day or a month.
        isinstance(value, bool)
        or not isinstance(value, int)
        or (low is not None and value < low)
        or (high is not None and value > high)
    ):
        bounds = f" from {low} to {high}" if high is not None else f", at least {low}" if low is not None else ""
        raise InvalidValue(name, f"a whole number{bounds}", value)
    return value


def check_exact(name: str, value: ExactLike, rule: str = 'an exact number such as "0.10" or "1/3"') -> Fraction:
    """*value* as a fraction, if it is an exact finite number of a readable length."""
    if isinstance(value, float):
        raise InexactNumber(name, rule, value)
    number = to_fraction(value)
    if not isinstance(number, Fraction):
        raise InvalidValue(name, rule, value)
    return number
