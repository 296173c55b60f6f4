"""Open days and open hours; the public home is `partnerops.periods`."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final, cast

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._arguments import check_date, check_instant, check_int
from partnerops._attrs import Noun, is_a, is_str, place, to_tuple
from partnerops._period import Period
from partnerops._zones import first_instant, is_zone, local_clock, shifted
from partnerops.exceptions import InvalidValue

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_DAY: Final = timedelta(days=1)
_NONE: Final = timedelta()


def _to_clock(value: str | time) -> str:
    """`09:00` of a time of day; one with seconds is left to the validator."""
    if isinstance(value, time) and value == value.replace(second=0, microsecond=0, tzinfo=None):
        return value.strftime("%H:%M")
    return cast("str", value)


def _is_clock(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise InvalidValue(place(instance, attribute), 'a time of day from "00:00" to "24:00"', value)


def _to_days(values: Iterable[date]) -> tuple[date, ...]:
    """Sorted without repeats; what cannot be a list of dates is left to the validator."""
    if isinstance(values, Mapping):
        return cast("tuple[date, ...]", values)
    days = to_tuple(values)
    plain = isinstance(days, tuple) and all(isinstance(day, date) and not isinstance(day, datetime) for day in days)
    return tuple(sorted(set(days))) if plain else days


def _are_days(instance: object, attribute: attrs.Attribute[Any], value: tuple[date, ...]) -> None:
    if not isinstance(value, tuple):
        # A calendar of the holidays package is an empty dict until asked, so taking it would mean "no holidays".
        rule = "a list or set of dates; a holiday calendar goes through BusinessCalendar.from_holidays(days, years=...)"
        raise InvalidValue(place(instance, attribute), rule, value)
    for index, day in enumerate(value):
        check_date(f"{place(instance, attribute)}[{index}]", day)


def _to_weekdays(values: Iterable[int]) -> tuple[int, ...]:
    days = to_tuple(values)
    plain = isinstance(days, tuple) and all(isinstance(day, int) for day in days)
    return tuple(sorted(set(days))) if plain else days


def _are_weekdays(instance: object, attribute: attrs.Attribute[Any], value: tuple[int, ...]) -> None:
    if not isinstance(value, tuple) or not value:
        raise InvalidValue(
            place(instance, attribute), "a list of at least one weekday, 0 (Monday) to 6 (Sunday)", value
        )
    for index, day in enumerate(value):
        check_int(f"{place(instance, attribute)}[{index}]", day, 0, 6)


@frozen
class BusinessCalendar(Noun):
    """
    Open days and open hours in one time zone: the clock of service levels (SLAs).

    A day is open if it is a workday and no holiday; its hours are half-open, [opens, closes), on the zone's clocks.
    Durations are absolute time, so a day on which the clocks change within the hours is an hour shorter or longer.
    The holidays are part of the value: a later edit of some calendar elsewhere cannot change an earlier answer.

    Raises:
        InvalidValue: Hours that do not end after they start, no workday at all, or a holiday that is not a date.
        UnknownName: A zone that the IANA database does not have.

    >>> office = BusinessCalendar("America/Sao_Paulo", holidays=[date(2026, 4, 3)], source="Good Friday")
    >>> str(office.add_business_days(date(2026, 4, 2), 1))
    '2026-04-06'
    >>> friday = datetime.fromisoformat("2026-04-10T17:00-03:00")
    >>> str(office.due(friday, timedelta(hours=2)))
    '2026-04-13 13:00:00+00:00'
    """

    zone: str = field(default="UTC", validator=is_zone)
    """Name of an IANA time zone."""
    opens: str = field(default="09:00", kw_only=True, converter=_to_clock, validator=_is_clock)
    """Time of day at which an open day starts."""
    closes: str = field(default="18:00", kw_only=True, converter=_to_clock, validator=_is_clock)
    """Time of day at which it ends; "24:00" is midnight."""
    workdays: tuple[int, ...] = field(
        default=(0, 1, 2, 3, 4), kw_only=True, converter=_to_weekdays, validator=_are_weekdays
    )
    """Weekdays with open hours: 0 is Monday, 6 is Sunday."""
    holidays: tuple[date, ...] = field(default=(), kw_only=True, converter=_to_days, validator=_are_days)
    """Dates that are closed, sorted."""
    covers: Period | None = field(default=None, kw_only=True, validator=optional(is_a(Period)))
    """Days for which the holidays are known, asking about any other is an error; None means all days."""
    source: str = field(default="", kw_only=True, validator=is_str)
    """Where the holidays come from."""

    def __attrs_post_init__(self) -> None:
        if self.closes <= self.opens:  # "HH:MM" sorts as time does
            rule = f"later than opens ({self.opens}): hours that run past midnight end at 24:00"
            raise InvalidValue("BusinessCalendar.closes", rule, self.closes)

    @classmethod
    def from_holidays(
        cls,
        days: Container[date],
        *,
        years: Iterable[int],
        zone: str = "UTC",
        opens: str | time = "09:00",
        closes: str | time = "18:00",
        workdays: Iterable[int] = (0, 1, 2, 3, 4),
        source: str = "",
    ) -> BusinessCalendar:
        """
        A calendar with the holidays that *days* holds, from the first to the last of *years*, frozen.

        *days* is anything that answers `date in days`, such as `holidays.country_holidays("BR")`. The result knows
        which years it covers, and refuses to count in others as if they had no holidays.
        """
        # Not 9999: a period ends the day after its last day, and after that year there is none.
        known = sorted(check_int("years", year, 1, 9998) for year in to_tuple(years))
        if not known:
            raise InvalidValue("years", "at least one year, such as (2026, 2027)", known)
        covers = Period(date(known[0], 1, 1), date(known[-1] + 1, 1, 1))
        closed = [day for day in _days(covers) if day in days]
        return cls(zone, opens=opens, closes=closes, workdays=workdays, holidays=closed, covers=covers, source=source)

    # --- days

    def is_open(self, on: date) -> bool:
        """
        Whether *on* is a workday and no holiday.

        Raises:
            InvalidValue: *on* lies outside `covers`.
        """
        check_date("on", on)
        if self.covers is not None and on not in self.covers:
            rule = f"within {self.covers}, for which the holidays are known; make the calendar with more years"
            raise InvalidValue("on", rule, on)
        index = bisect_left(self.holidays, on)
        return on.weekday() in self.workdays and self.holidays[index : index + 1] != (on,)

    def next_open(self, on: date) -> date:
        """*on* itself if it is open, else the first open day after it."""
        return self._seek(check_date("on", on), 1)

    def previous_open(self, on: date) -> date:
        """*on* itself if it is open, else the last open day before it."""
        return self._seek(check_date("on", on), -1)

    def add_business_days(self, on: date, days: int) -> date:
        """
        The open day that many open days after *on*; before it, if *days* is negative.

        *on* itself is never counted, be it open or not: one business day after a Saturday is Monday, as it is after a
        Friday. 0 gives `next_open`.
        """
        step = -1 if check_int("days", days) < 0 else 1
        day = check_date("on", on) if days else self.next_open(on)
        for _ in range(abs(days)):
            day = self._seek(shifted(day, step * _DAY), step)
        return day

    def business_days(self, period: Period) -> int:
        """Number of open days in *period*."""
        return sum(1 for day in _days(period) if self.is_open(day))

    def hours(self, on: date) -> tuple[datetime, datetime] | None:
        """When *on* opens and when it closes, in UTC; None if it is closed."""
        # Open first: outside the known years a holiday must be refused, not taken for a workday.
        return self._hours(on) if self.is_open(on) else None

    # --- time

    def business_time(
        self, start: datetime, end: datetime, pauses: Iterable[tuple[datetime, datetime]] = ()
    ) -> timedelta:
        """
        Open time in [start, end), the pauses left out.

        Pauses are half-open pairs of instants, in any order; where they overlap, time is left out once.

        Raises:
            InvalidValue: *end* lies before *start*, or a pause ends before it begins.
        """
        start, end = check_instant("start", start), check_instant("end", end)
        if end < start:
            raise InvalidValue("end", f"at or after start ({start})", end)
        pieces = self._working(start, end, _merged(pauses))
        return sum((finish - begin for begin, finish in pieces), _NONE)

    def due(self, start: datetime, open_time: timedelta, pauses: Iterable[tuple[datetime, datetime]] = ()) -> datetime:
        """
        The first instant, in UTC, by which that much open time has passed since *start*: what `business_time` inverts.

        Nine hours from an opening at 09:00 end at the close at 18:00, not at the next opening; no time at all ends at
        *start*, even while closed.
        """
        if not isinstance(open_time, timedelta) or open_time < _NONE:
            raise InvalidValue("open_time", "a timedelta that is not negative", open_time)
        start = check_instant("start", start)
        if not open_time:
            return start
        pieces = self._working(start, None, _merged(pauses))
        begin, finish = next(pieces)
        # Less than, not at most: time that is used up exactly at a close ends there, not at the next opening.
        while finish - begin < open_time:
            open_time -= finish - begin
            begin, finish = next(pieces)
        return begin + open_time

    def due_in_business_days(self, start: datetime, days: int) -> datetime:
        """
        The close, in UTC, of the open day that many (at least 1) open days after the date of *start*.

        "Within 3 business days" of any time on a Monday, open hours or not, is the close of Thursday.
        """
        check_int("days", days, 1)
        day = local_clock(check_instant("start", start), self.zone).date()
        return self._hours(self.add_business_days(day, days))[1]

    def _seek(self, day: date, step: int) -> date:
        while not self.is_open(day):
            day = shifted(day, step * _DAY)
        return day

    def _hours(self, day: date) -> tuple[datetime, datetime]:
        midnight = datetime.combine(day, time())
        return self._at(midnight, self.opens), self._at(midnight, self.closes)

    def _at(self, midnight: datetime, clock: str) -> datetime:
        wall = shifted(midnight, timedelta(hours=int(clock[:2]), minutes=int(clock[3:])))
        return first_instant(wall, self.zone)

    def _working(
        self, start: datetime, end: datetime | None, pauses: list[tuple[datetime, datetime]]
    ) -> Iterator[tuple[datetime, datetime]]:
        """The open spans from *start* on without the pauses, in order; without an *end* there is always a next one."""
        # One day earlier, for where clocks go back over midnight an instant's date may lie before its open hours.
        day = shifted(local_clock(start, self.zone).date(), -_DAY)
        while True:
            opening, closing = self._hours(day)
            if end is not None and opening >= end:
                return
            # Only then ask whether it is open: days without time in the span may be unknown to the calendar.
            if closing > start and self.is_open(day):
                yield from _without(max(opening, start), closing if end is None else min(closing, end), pauses)
            day = shifted(day, _DAY)


def _days(period: Period) -> Iterator[date]:
    return (date.fromordinal(number) for number in range(period.start.toordinal(), period.end.toordinal()))


def _merged(pauses: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The pauses in order, those that touch or overlap as one."""
    spans = [_pause(f"pauses[{index}]", pause) for index, pause in enumerate(pauses)]
    merged: list[tuple[datetime, datetime]] = []
    # By their start, so that a pause can only meet the last one kept.
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _pause(name: str, pause: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    if not isinstance(pause, tuple | list) or len(pause) != 2:
        raise InvalidValue(name, "a pair of instants: when the clock stopped and when it went on", pause)
    begin, end = check_instant(f"{name}[0]", pause[0]), check_instant(f"{name}[1]", pause[1])
    if end < begin:
        raise InvalidValue(f"{name}[1]", f"at or after {name}[0] ({begin})", end)
    return begin, end


def _without(
    begin: datetime, end: datetime, pauses: list[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    """What is left of [begin, end) beside the pauses, which are in order and apart."""
    for stop, resume in pauses:
        if resume > begin and stop < end:
            if stop > begin:
                yield begin, stop
            begin = resume
    if begin < end:
        yield begin, end
