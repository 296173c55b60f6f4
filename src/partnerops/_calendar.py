"""From instants to dates and back; the public home is `partnerops.periods`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import attrs
from attrs import field, frozen

from partnerops._arguments import check_date, check_instant, check_int
from partnerops._attrs import Noun, is_aware, place, to_instant
from partnerops._months import add_months
from partnerops._period import Frequency, Period, cut, period_of, to_frequency
from partnerops._zones import first_instant, from_clock, is_zone, local_clock, shifted
from partnerops.exceptions import InvalidValue

_TICK: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)


def within(low: int, high: int) -> Callable[[object, attrs.Attribute[Any], int], None]:
    """A validator for whole numbers from *low* to *high*."""

    def validate(instance: object, attribute: attrs.Attribute[Any], value: int) -> None:
        check_int(place(instance, attribute), value, low, high)

    return validate


@frozen
class Window(Noun):
    """
    A span of instants: (after, until], open at its start and closed at its end.

    So a fact at the very `as_of` is inside, and windows that follow one another share no instant.

    >>> from datetime import UTC
    >>> window = Calendar().window(date(2026, 3, 31), days=30)
    >>> datetime(2026, 3, 1, 23, 59, tzinfo=UTC) in window, datetime(2026, 3, 2, tzinfo=UTC) in window
    (False, True)
    """

    after: datetime = field(converter=to_instant, validator=is_aware)
    """The last instant before it."""
    until: datetime = field(converter=to_instant, validator=is_aware)
    """Its last instant."""

    def __attrs_post_init__(self) -> None:
        if self.until <= self.after:
            raise InvalidValue("Window.until", f"later than after ({self.after})", self.until)

    def __contains__(self, instant: datetime) -> bool:
        return self.after < check_instant("what a window may contain", instant) <= self.until


@frozen
class Calendar(Noun):
    """
    What turns instants into dates, and dates into periods: a time zone, a fiscal year and a first day of the week.

    A fiscal year is named after the calendar year in which it ends: with `fiscal_year_start=7`, fiscal year 2026 is
    [2025-07-01, 2026-07-01). A day lasts from the first instant at which the clocks of the zone show it (01:00 where
    they skip midnight) to the first instant of the next day; a day that the zone skipped (Samoa, 2011-12-30) is empty.

    Raises:
        UnknownName: A zone that the IANA database does not have.
        InvalidValue: A month outside 1 to 12, or a weekday outside 0 to 6.

    >>> brazil = Calendar("America/Sao_Paulo", fiscal_year_start=4)
    >>> brazil.date_of(datetime.fromisoformat("2026-04-01T01:30+00:00"))
    datetime.date(2026, 3, 31)
    >>> str(brazil.period("fiscal_quarter", date(2026, 3, 31))), brazil.fiscal_year(date(2026, 4, 1))
    ('2026-Q1', 2027)
    """

    zone: str = field(default="UTC", validator=is_zone)
    """Name of an IANA time zone."""
    fiscal_year_start: int = field(default=1, kw_only=True, validator=within(1, 12))
    """Month in which the fiscal year starts: 1 is January."""
    week_start: int = field(default=0, kw_only=True, validator=within(0, 6))
    """First day of the week: 0 is Monday, 6 is Sunday."""

    # --- instants and dates

    def date_of(self, instant: datetime) -> date:
        """
        The date that the zone's clocks show at *instant*.

        Raises:
            NaiveDatetime: *instant* has no time zone.
        """
        # The instants of all nouns are in UTC already: where the calendar is too, there is no clock to ask.
        if self.zone == "UTC" and isinstance(instant, datetime) and instant.tzinfo is UTC:
            return instant.date()
        return local_clock(check_instant("instant", instant), self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of *day*, in UTC."""
        return first_instant(datetime.combine(check_date("day", day), time()), self.zone)

    def end_of(self, day: date) -> datetime:
        """The first instant after *day*, in UTC: the start of the next day."""
        return self.start_of(shifted(check_date("day", day), _DAY))

    def instant(self, on: date | datetime) -> datetime:
        """
        A point in time, in UTC: an aware datetime is that moment, a date is its last microsecond.

        >>> str(Calendar().instant(date(2026, 3, 31)))
        '2026-03-31 23:59:59.999999+00:00'
        """
        return check_instant("on", on) if isinstance(on, datetime) else self.end_of(on) - _TICK

    def contains(self, period: Period, instant: datetime) -> bool:
        """Whether the date of *instant* lies in *period*."""
        return self.date_of(instant) in period

    # --- periods

    def period(self, frequency: Frequency | str, on: date | datetime) -> Period:
        """The day, week, month, quarter or year, calendar or fiscal, that holds *on*."""
        return period_of(to_frequency(frequency), self._date(on), self.fiscal_year_start, self.week_start)

    def fiscal_year(self, on: date | datetime) -> int:
        """The name of the fiscal year that holds *on*: the calendar year in which that fiscal year ends."""
        day = self._date(on)
        # A fiscal year that starts in January is the calendar year, and ends in it.
        return day.year + (1 < self.fiscal_year_start <= day.month)

    def split(self, period: Period, frequency: Frequency | str) -> tuple[Period, ...]:
        """The days of *period* cut at this calendar's borders; the first and the last piece may be partial."""
        kind = to_frequency(frequency)
        return cut(period, lambda on: self.period(kind, on))

    # --- windows

    def window(self, as_of: date | datetime, *, days: int | None = None, months: int | None = None) -> Window:
        """
        The time up to *as_of*: (as_of - length, as_of], the length being given in days or in months.

        Days and months are counted on the zone's clocks, so a date and 30 days mean 30 whole days.
        """
        return Window(self._moved(as_of, days, months, -1), self.instant(as_of))

    def horizon(self, as_of: date | datetime, *, days: int | None = None, months: int | None = None) -> Window:
        """The time from *as_of* on: (as_of, as_of + length], counted like `window`."""
        return Window(self.instant(as_of), self._moved(as_of, days, months, 1))

    def _date(self, on: date | datetime) -> date:
        return self.date_of(on) if isinstance(on, datetime) else check_date("on", on)

    def _moved(self, as_of: date | datetime, days: int | None, months: int | None, sign: int) -> datetime:
        """*as_of* as an instant, moved by one of the two lengths in the direction of *sign*."""
        # Thirty days and one month differ: the caller must say which.
        if (days is None) == (months is None):
            raise InvalidValue("the length", "given once, as days= or as months=", (days, months))
        name, length = ("months", months) if days is None else ("days", days)
        length = sign * check_int(name, length or 0, 1)

        def move(day: date) -> date:
            return shifted(day, length * _DAY) if name == "days" else add_months(day, length)

        return _on_clock(as_of, move, self) if isinstance(as_of, datetime) else self.instant(move(as_of))


UTC_CALENDAR: Final = Calendar()
"""Days of UTC, calendar fiscal years, weeks from Monday: the default wherever a `calendar=` is taken."""


def add_months_at(instant: datetime, months: int, calendar: Calendar = UTC_CALENDAR) -> datetime:
    """
    The instant that many months later at the same time of day on the calendar's clocks, in UTC.

    A time that the clocks skip that day is moved on by the length of the gap (02:30 becomes 03:30); of a time that
    they show twice it is the first. As in `add_months`, count from the original anchor.

    >>> berlin = Calendar("Europe/Berlin")
    >>> str(add_months_at(datetime.fromisoformat("2026-03-28T12:00+01:00"), 1, berlin))
    '2026-04-28 10:00:00+00:00'
    """
    return _on_clock(instant, lambda day: add_months(day, months), calendar)


def _on_clock(instant: datetime, move: Callable[[date], date], calendar: Calendar) -> datetime:
    at = check_instant("instant", instant)
    local = local_clock(at, calendar.zone)
    day = move(local.date())
    # Not moving at all must give the very same moment, also within the hour that the clocks show twice.
    return at if day == local.date() else from_clock(datetime.combine(day, local.time().replace(fold=0)), calendar.zone)
