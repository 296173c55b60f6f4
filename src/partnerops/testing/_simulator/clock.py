"""The simulated calendar: it starts in January 2024 and keeps the time of Brasilia, three hours behind UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from partnerops.testing._simulator.source import Source

# A leap year: 29 February is lived through, and annual windows that begin on it are met.
START: Final = date(2024, 1, 1)
"""First day of every simulated programme."""
_OFFSET: Final = timedelta(hours=3)
"""Brasilia has kept UTC-3 all year since 2019; written out, so that no zone database has a say."""
_TICK: Final = timedelta(microseconds=1)


def month_start(month: int) -> date:
    """The first day of the month so many months after the start."""
    years, months = divmod(month, 12)
    return date(START.year + years, months + 1, 1)


def month_of(day: date) -> int:
    """How many months after the start a day lies."""
    return (day.year - START.year) * 12 + day.month - 1


def days_after(day: date, days: int) -> date:
    """So many days later."""
    return day + timedelta(days=days)


def moment(day: date, source: Source, first: int = 9, last: int = 17) -> datetime:
    """An instant on *day* between two hours of the local clock."""
    # Minutes are drawn too: on full hours alone, ties between touches would be the rule.
    return local(day, source.between(first, last), source.below(60))


def local(day: date, hour: int, minute: int = 0) -> datetime:
    """What the local clock shows, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour, minutes=minute) + _OFFSET


def day_of(instant: datetime) -> date:
    """The local date of an instant."""
    return (instant - _OFFSET).date()


def last_instant(day: date) -> datetime:
    """The last microsecond before *day* begins."""
    return local(day, 0) - _TICK


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month if it has no such day."""
    # Always counted from the day itself: 31 January plus two months is 31 March, whatever February had.
    first = month_start(month_of(day) + months)
    after = month_start(month_of(day) + months + 1)
    return min(days_after(first, day.day - 1), days_after(after, -1))
