"""Periods of dates; the public home is `partnerops.periods`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final

from attrs import field, frozen

from partnerops._arguments import check_date, check_int
from partnerops._attrs import Noun, is_date
from partnerops._closed import ClosedSet
from partnerops._months import add_months, month_number
from partnerops._zones import shifted
from partnerops.exceptions import InvalidValue, UnknownName


class Frequency(ClosedSet):
    """How long the regular periods of a calendar are; every API takes the plain string too."""

    DAY = "day"
    """One date."""
    WEEK = "week"
    """Seven days, from the calendar's first day of the week."""
    MONTH = "month"
    """A calendar month."""
    QUARTER = "quarter"
    """Three months from January, April, July or October."""
    YEAR = "year"
    """A calendar year."""
    FISCAL_QUARTER = "fiscal_quarter"
    """Three months counted from the start of the fiscal year."""
    FISCAL_YEAR = "fiscal_year"
    """Twelve months from the start of the fiscal year."""


_MONTHS: Final = {
    Frequency.MONTH: 1,
    Frequency.QUARTER: 3,
    Frequency.YEAR: 12,
    Frequency.FISCAL_QUARTER: 3,
    Frequency.FISCAL_YEAR: 12,
}
_FISCAL: Final = frozenset({Frequency.FISCAL_QUARTER, Frequency.FISCAL_YEAR})
_DAY: Final = timedelta(days=1)
# Shapes only: whether the month or week exists is asked afterwards, with an error of its own.
_LABEL: Final = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})|-Q(?P<quarter>[0-9])|-W(?P<week>[0-9]{2}))?"
    r"|(?P<start>[0-9]{4}-[0-9]{2}-[0-9]{2})(/(?P<end>[0-9]{4}-[0-9]{2}-[0-9]{2}))?"
)


def to_frequency(value: Frequency | str) -> Frequency:
    """The member of that name, or an error that names near misses."""
    try:
        return Frequency(value)
    except ValueError:
        raise UnknownName("frequency", value, tuple(member.value for member in Frequency)) from None


@frozen(order=True, repr=False)
class Period(Noun):
    """
    A half-open span of dates: [start, end), the end being the first day after it.

    Periods sort by start, then by end. One that starts and ends on the first of a month is a whole number of months,
    and moves by months; any other moves by days. Dates run from year 1 to 9999-12-31, which no period can hold.

    Raises:
        InvalidValue: An end on or before the start.

    >>> march = Period.month(2026, 3)
    >>> march.end, march.days, date(2026, 3, 31) in march, str(march.previous())
    (datetime.date(2026, 4, 1), 31, True, '2026-02')
    >>> Period.parse("2026-01-01/2026-04-01") == Period.quarter(2026, 1)
    True
    """

    start: date = field(validator=is_date)
    """First day inside."""
    end: date = field(validator=is_date)
    """First day after."""

    def __attrs_post_init__(self) -> None:
        # An empty period has no days to divide by, and no neighbour to be compared with.
        if self.end <= self.start:
            rule = f"after start ({self.start}): a period is [start, end), so give the day after its last day"
            raise InvalidValue("Period.end", rule, self.end)

    # --- making one

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """A calendar month, 1 to 12."""
        check_int("year", year, 1, 9999)
        return _months_from(year * 12 + check_int("month", month, 1, 12) - 1, 1)

    @classmethod
    def quarter(cls, year: int, quarter: int) -> Period:
        """A calendar quarter, 1 to 4; for fiscal quarters see `Calendar.period`."""
        check_int("year", year, 1, 9999)
        return _months_from(year * 12 + check_int("quarter", quarter, 1, 4) * 3 - 3, 3)

    @classmethod
    def year(cls, year: int) -> Period:
        """A calendar year; for fiscal years see `Calendar.period`."""
        return _months_from(check_int("year", year, 1, 9999) * 12, 12)

    @classmethod
    def week(cls, year: int, week: int) -> Period:
        """A week of ISO 8601: it starts on Monday, and week 1 is the one that holds 4 January."""
        check_int("year", year, 1, 9999)
        check_int("week", week, 1, 53)
        try:
            start = date.fromisocalendar(year, week, 1)
        except ValueError:
            raise InvalidValue("week", f"from 1 to 52, since {year} has no week 53", week) from None
        return cls.days_from(start, 7)

    @classmethod
    def days_from(cls, start: date, days: int) -> Period:
        """That many days (at least 1) from *start* on."""
        check_date("start", start)
        return cls(start, shifted(start, timedelta(days=check_int("days", days, 1, date.max.toordinal()))))

    @classmethod
    def parse(cls, text: str) -> Period:
        """
        The period that a label names: the inverse of `label`.

        >>> [Period.parse(text).days for text in ("2026", "2026-Q2", "2026-03", "2026-W14", "2026-03-31")]
        [365, 91, 31, 7, 1]
        """
        found = _LABEL.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            shapes = '"2026", "2026-Q2", "2026-03", "2026-W14", "2026-03-31" or "2026-01-01/2026-04-01"'
            raise InvalidValue("period", f"written like {shapes}, where the end is the first day after", text)
        # Days first: a label with a day is never that of a month.
        if found["start"]:
            start = _iso(found["start"])
            return cls(start, _iso(found["end"])) if found["end"] else cls.days_from(start, 1)
        year = int(found["year"])
        if found["month"]:
            return cls.month(year, int(found["month"]))
        if found["quarter"]:
            return cls.quarter(year, int(found["quarter"]))
        return cls.week(year, int(found["week"])) if found["week"] else cls.year(year)

    # --- reading it

    @property
    def days(self) -> int:
        """Number of days inside, at least 1."""
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """Last day inside."""
        return self.end - _DAY

    @property
    def label(self) -> str:
        """The shortest ISO 8601 text that `parse` reads back, `2026-Q2` for a quarter; `str` gives the same."""
        start, months, year = self.start, self._months, f"{self.start.year:04d}"
        # The longest regular name wins: 2026 rather than twelve months of it.
        if months == 12 and start.month == 1:
            return year
        if months == 3 and start.month % 3 == 1:
            return f"{year}-Q{start.month // 3 + 1}"
        if months == 1:
            return f"{year}-{start.month:02d}"
        # The year of an ISO week is that of its Thursday, which need not be that of its Monday.
        if self.days == 7 and start.weekday() == 0:
            iso_year, iso_week, _ = start.isocalendar()
            return f"{iso_year:04d}-W{iso_week:02d}"
        return start.isoformat() if self.days == 1 else f"{start.isoformat()}/{self.end.isoformat()}"

    def __str__(self) -> str:
        return self.label

    def __repr__(self) -> str:
        return f"Period.parse({self.label!r})"

    def __contains__(self, on: date) -> bool:
        # A datetime is a date to Python: silently it would be placed by its own clock, not the calendar's.
        if isinstance(on, datetime):
            rule = "a date: an instant becomes one through a Calendar, as in calendar.contains(period, instant)"
            raise InvalidValue("what a period may contain", rule, on)
        return self.start <= check_date("what a period may contain", on) < self.end

    def elapsed(self, on: date) -> Fraction:
        """
        Share of its days that are over at the end of *on*, from 0 (before it) to 1 (from its last day on).

        >>> Period.month(2026, 6).elapsed(date(2026, 6, 15))
        Fraction(1, 2)
        """
        # The day itself counts as over: a date means the last instant of it.
        over = (check_date("on", on) - self.start).days + 1
        return Fraction(min(max(over, 0), self.days), self.days)

    # --- setting it against another

    def overlaps(self, other: Period) -> bool:
        """Whether at least one day lies in both."""
        return self.start < _period(other).end and other.start < self.end

    def intersection(self, other: Period) -> Period | None:
        """The days that lie in both, or None if there are none."""
        return Period(max(self.start, other.start), min(self.end, other.end)) if self.overlaps(other) else None

    def contains_period(self, other: Period) -> bool:
        """Whether every day of *other* lies in this one."""
        return self.start <= _period(other).start and other.end <= self.end

    # --- moving and cutting it

    def next(self) -> Period:
        """The period of the same kind that starts where this one ends: March, then April; other spans by days."""
        return self._neighbour(1)

    def previous(self) -> Period:
        """The period of the same kind that ends where this one starts: what a change is measured against."""
        return self._neighbour(-1)

    def shift(self, *, months: int) -> Period:
        """
        Start and end moved by months, each from where it stands; never less than one day.

        Neighbours stay neighbours. A day that the target month lacks becomes its last day.
        """
        # Both ends from where they stand, so that neighbours shifted alike still touch.
        start, end = add_months(self.start, months), add_months(self.end, months)
        return Period(start, max(end, shifted(start, _DAY)))

    def year_before(self) -> Period:
        """The same period one year earlier; seven days move by 52 weeks, so that weekdays still match."""
        # A year back a week starts on another weekday; 52 weeks keep Mondays with Mondays.
        if self.days == 7:
            return Period.days_from(shifted(self.start, timedelta(weeks=-52)), 7)
        return self.shift(months=-12)

    def split(self, frequency: Frequency | str) -> tuple[Period, ...]:
        """
        Its days cut at the borders of days, weeks (from Monday), months, quarters or years, in order.

        The first and the last piece may be partial. For fiscal years or other weeks see `Calendar.split`.

        >>> [str(piece) for piece in Period.parse("2026-01-15/2026-03-01").split("month")]
        ['2026-01-15/2026-02-01', '2026-02']
        """
        kind = to_frequency(frequency)
        if kind in _FISCAL:
            raise InvalidValue(
                "frequency", f"one that needs no fiscal year; use Calendar.split(period, {kind!r})", kind
            )
        return cut(self, lambda on: period_of(kind, on))

    @property
    def _months(self) -> int | None:
        """Its length in months if it holds whole calendar months only."""
        # From the 15th to the 15th is no month: months of unequal length would be compared.
        if self.start.day != 1 or self.end.day != 1:
            return None
        return month_number(self.end) - month_number(self.start)

    def _neighbour(self, step: int) -> Period:
        if (months := self._months) is not None:
            return _months_from(month_number(self.start) + step * months, months)
        span = timedelta(days=step * self.days)
        return Period(shifted(self.start, span), shifted(self.end, span))


def period_of(frequency: Frequency, on: date, fiscal_year_start: int = 1, week_start: int = 0) -> Period:
    """The regular period that holds *on*."""
    if frequency is Frequency.DAY:
        return Period.days_from(on, 1)
    if frequency is Frequency.WEEK:
        return Period.days_from(shifted(on, timedelta(days=-((on.weekday() - week_start) % 7))), 7)
    # Months are counted without end, so that a fiscal year may start in any of them.
    length = _MONTHS[frequency]
    offset = fiscal_year_start - 1 if frequency in _FISCAL else 0
    number = month_number(on)
    return _months_from(number - (number - offset) % length, length)


def cut(period: Period, locate: Callable[[date], Period]) -> tuple[Period, ...]:
    """*period* in pieces, each within one of the periods that *locate* finds."""
    pieces: list[Period] = []
    start = period.start
    while start < period.end:
        end = min(locate(start).end, period.end)
        pieces.append(Period(start, end))
        start = end
    return tuple(pieces)


def _months_from(number: int, months: int) -> Period:
    """The whole months from month *number*, as `month_number` counts; first days need no relativedelta."""
    (first_year, first), (end_year, end) = divmod(number, 12), divmod(number + months, 12)
    if first_year < 1 or end_year > 9999:
        raise InvalidValue("a period", "within the years 1 to 9999, its end included", (first_year, end_year))
    return Period(date(first_year, first + 1, 1), date(end_year, end + 1, 1))


def _iso(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidValue("period", "made of dates that exist", text) from None


def _period(other: Period) -> Period:
    if not isinstance(other, Period):
        raise InvalidValue("other", "a Period", other)
    return other
