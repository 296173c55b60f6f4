"""Laws of months, periods, calendars and business time."""

from __future__ import annotations

import functools
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given, strategies as st

from partnerops.periods import BusinessCalendar, Calendar, Period, add_months, add_months_at, months_between
from tests.laws.strategies import (
    awkward_dates,
    business_calendars,
    busy_instants,
    calendars,
    dates,
    instants,
    pauses,
    periods,
)

pytestmark = pytest.mark.laws

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
every_zone = st.sampled_from(sorted(zone for zone in available_timezones() if zone not in {"localtime", "Factory"}))


class TestMonths:
    @given(awkward_dates, st.integers(-600, 600))
    def test_the_day_is_the_anchors_or_the_last_of_the_month(self, anchor: date, months: int) -> None:
        """Every month reached keeps the anchor's day as far as the month has it: nothing is lost on the way."""
        result = add_months(anchor, months)
        year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
        assert result == date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))

    @given(awkward_dates, st.integers(0, 300), st.integers(0, 300))
    def test_more_months_are_never_earlier(self, anchor: date, months: int, more: int) -> None:
        """Counting months is monotone."""
        assert add_months(anchor, months) <= add_months(anchor, months + more)

    @given(awkward_dates, awkward_dates)
    def test_completed_months_are_the_most_that_fit(self, one: date, two: date) -> None:
        """months_between is the largest n with add_months(start, n) <= end."""
        start, end = sorted((one, two))
        months = months_between(start, end)
        assert add_months(start, months) <= end < add_months(start, months + 1)

    @given(awkward_dates, st.integers(0, 600))
    def test_months_between_inverts_add_months(self, anchor: date, months: int) -> None:
        """As many months as were added are completed."""
        assert months_between(anchor, add_months(anchor, months)) == months

    @given(instants, st.integers(-300, 300), calendars())
    def test_instants_move_like_their_dates(self, instant: datetime, months: int, calendar: Calendar) -> None:
        """The clock keeps its time of day, unless the zone skips that time: then it is at most a day off."""
        moved = add_months_at(instant, months, calendar)
        zone = ZoneInfo(calendar.zone)
        wanted = datetime.combine(
            add_months(calendar.date_of(instant), months), instant.astimezone(zone).time(), tzinfo=UTC
        )
        shown = moved.astimezone(zone).replace(tzinfo=UTC)
        assert timedelta() <= shown - wanted <= DAY
        existed = wanted.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=UTC) == wanted
        assert (shown == wanted) is existed

    @given(instants, calendars())
    def test_no_months_are_no_move(self, instant: datetime, calendar: Calendar) -> None:
        """Zero months give the very same moment, also within an hour that the clocks repeat."""
        assert add_months_at(instant, 0, calendar) == instant


class TestPeriods:
    @given(periods())
    def test_a_label_reads_back(self, period: Period) -> None:
        """Label, str and repr all give the period back."""
        assert Period.parse(period.label) == Period.parse(str(period)) == eval(repr(period)) == period  # noqa: S307

    @given(periods(), st.sampled_from(["day", "week", "month", "quarter", "year"]), calendars())
    def test_a_split_covers_exactly(self, period: Period, frequency: str, calendar: Calendar) -> None:
        """The pieces join up from start to end, and each lies within one regular period."""
        for pieces in (period.split(frequency), calendar.split(period, frequency)):
            assert pieces[0].start == period.start
            assert pieces[-1].end == period.end
            assert all(a.end == b.start for a, b in pairwise(pieces))
            assert sum(piece.days for piece in pieces) == period.days
        for piece in calendar.split(period, frequency):
            whole = calendar.period(frequency, piece.start)
            assert whole.contains_period(piece)
            assert piece.end in {whole.end, period.end}

    @given(periods())
    def test_neighbours_invert_each_other_and_touch(self, period: Period) -> None:
        """Next and previous are inverse; neighbours share a border and no day."""
        assert period.next().previous() == period == period.previous().next()
        assert period.previous().end == period.start
        assert period.next().start == period.end
        assert not period.overlaps(period.next())

    @given(dates, calendars(), st.sampled_from(["day", "week", "month", "quarter", "year", "fiscal_year"]))
    def test_neighbours_are_regular_periods(self, on: date, calendar: Calendar, frequency: str) -> None:
        """The neighbour of a regular period is the calendar's own next or previous one."""
        period = calendar.period(frequency, on)
        assert on in period
        assert period.next() == calendar.period(frequency, period.end)
        assert period.previous() == calendar.period(frequency, period.start - DAY)

    @given(periods(), periods())
    def test_an_intersection_holds_what_both_hold(self, one: Period, two: Period) -> None:
        """Intersection agrees with membership at every border, and with overlaps."""
        both = one.intersection(two)
        assert (both is not None) is one.overlaps(two) is two.overlaps(one)
        for day in (one.start, one.last, two.start, two.last, one.end, two.end):
            assert (day in one and day in two) is (both is not None and day in both)

    @given(periods(), st.integers(-120, 120))
    def test_a_shift_keeps_whole_months_whole(self, period: Period, months: int) -> None:
        """A shifted month is the month so many further; any shift keeps at least one day."""
        month = Period.month(period.start.year, period.start.month)
        expected = month
        for _ in range(abs(months)):
            expected = expected.next() if months > 0 else expected.previous()
        assert month.shift(months=months) == expected
        assert period.shift(months=months).start == add_months(period.start, months)

    @given(periods(), dates)
    def test_elapsed_counts_days(self, period: Period, on: date) -> None:
        """The elapsed share is the number of days up to and with the date, over all days."""
        over = sum(1 for piece in period.split("day") if piece.start <= on)
        assert period.elapsed(on) * period.days == over

    @given(st.lists(periods(), max_size=6))
    def test_periods_sort_by_their_ends(self, several: list[Period]) -> None:
        """The order is that of (start, end)."""
        assert sorted(several) == sorted(several, key=lambda period: (period.start, period.end))


class TestCalendar:
    @given(every_zone, dates)
    def test_a_day_starts_on_its_date(self, zone: str, day: date) -> None:
        """The start of a day has its date, and the tick before has not; only a skipped day is empty."""
        calendar = Calendar(zone)
        start, end = calendar.start_of(day), calendar.end_of(day)
        assert calendar.date_of(start - TICK) < day
        if start == end:
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
            assert noon.astimezone(UTC).astimezone(noon.tzinfo).date() != day
            return
        assert start < end
        assert calendar.date_of(start) == day

    @given(every_zone, dates)
    def test_a_date_as_instant_is_the_last_of_its_day(self, zone: str, day: date) -> None:
        """It is in the day, and the next microsecond is in a later one."""
        calendar = Calendar(zone)
        assume(calendar.start_of(day) != calendar.end_of(day))
        instant = calendar.instant(day)
        assert calendar.date_of(instant) == day
        assert calendar.date_of(instant + TICK) > day
        assert calendar.contains(Period.days_from(day, 1), instant)

    @given(calendars(), instants)
    def test_instants_pass(self, calendar: Calendar, instant: datetime) -> None:
        """An aware datetime is the moment that it is."""
        assert calendar.instant(instant) == instant

    @given(calendars(), dates, st.integers(1, 400), st.integers(1, 400))
    def test_windows_of_dates_tile(self, calendar: Calendar, on: date, days: int, more: int) -> None:
        """Two windows that follow each other are one, and the dates inside are as many as days were asked for."""
        near = calendar.window(on, days=days)
        far = calendar.window(on - timedelta(days=days), days=more)
        assert far.until == near.after
        assert calendar.window(on, days=days + more).after == far.after
        assert calendar.instant(on) in near
        assert near.after not in near
        assert calendar.instant(on - timedelta(days=days)) not in near
        assert calendar.horizon(on - timedelta(days=days), days=days) == near

    @given(calendars(), dates)
    def test_a_fiscal_year_is_named_after_its_end(self, calendar: Calendar, on: date) -> None:
        """The name is the year of the last day of the fiscal year."""
        assert calendar.fiscal_year(on) == calendar.period("fiscal_year", on).last.year


class TestBusinessTime:
    @given(business_calendars(), st.lists(busy_instants, min_size=3, max_size=3), pauses())
    def test_it_adds_up(
        self, office: BusinessCalendar, moments: list[datetime], stops: list[tuple[datetime, datetime]]
    ) -> None:
        """Open time from a to c is that from a to b and from b to c; it is never negative nor longer than the span."""
        a, b, c = sorted(moments)
        whole = office.business_time(a, c, stops)
        assert whole == office.business_time(a, b, stops) + office.business_time(b, c, stops)
        assert timedelta() <= whole <= office.business_time(a, c) <= c - a

    @given(business_calendars(), busy_instants, st.timedeltas(timedelta(), timedelta(hours=30)), pauses())
    def test_due_is_its_inverse(
        self,
        office: BusinessCalendar,
        start: datetime,
        open_time: timedelta,
        stops: list[tuple[datetime, datetime]],
    ) -> None:
        """At the due instant exactly that much open time has passed, and a moment before it had not."""
        # A calendar that opens for minutes a week needs years: keep the search short.
        assume(office.closes >= "12:00" > office.opens)
        due = office.due(start, open_time, stops)
        assert due >= start
        assert office.business_time(start, due, stops) == open_time
        if due > start:
            assert office.business_time(start, due - TICK, stops) == open_time - TICK

    @given(business_calendars(), busy_instants, busy_instants, pauses())
    def test_it_agrees_with_counting_minutes(
        self, office: BusinessCalendar, one: datetime, two: datetime, stops: list[tuple[datetime, datetime]]
    ) -> None:
        """Over a day and a half, asking the clock on the wall at every minute gives the same sum."""
        zone = ZoneInfo(office.zone)
        start = min(one, two).replace(second=0, microsecond=0)
        end = start + timedelta(hours=36)
        stops = [(b.replace(second=0, microsecond=0), e.replace(second=0, microsecond=0)) for b, e in stops]
        # Open hours that begin or end while clocks change are for the unit tests: here the wall must be unambiguous.
        offsets = {(start + timedelta(hours=h)).astimezone(zone).utcoffset() for h in range(-24, 61)}
        assume(len(offsets) == 1)
        minutes = 0
        for minute in range(36 * 60):
            at = start + timedelta(minutes=minute)
            wall = at.astimezone(zone)
            is_open = office.opens <= wall.strftime("%H:%M") < office.closes and office.is_open(wall.date())
            minutes += is_open and not any(begin <= at < stop for begin, stop in stops)
        assert office.business_time(start, end, stops) == timedelta(minutes=minutes)

    @given(business_calendars(), dates, st.integers(1, 40))
    def test_business_days_count_what_was_added(self, office: BusinessCalendar, on: date, days: int) -> None:
        """From an open day, n business days ahead lie n open days, and n back is the day itself."""
        day = office.next_open(on)
        later = office.add_business_days(day, days)
        assert office.is_open(later)
        assert office.business_days(Period(day, later)) == days
        assert office.add_business_days(later, -days) == day

    @given(business_calendars(), dates)
    def test_the_open_days_around_a_date_are_the_nearest(self, office: BusinessCalendar, on: date) -> None:
        """Between the previous and the next open day everything is closed."""
        before, after = office.previous_open(on), office.next_open(on)
        assert before <= on <= after
        assert (before == after) is office.is_open(on)
        if before < after:
            assert office.business_days(Period(before, after)) == 1

    @given(business_calendars(), st.lists(dates, min_size=2, max_size=2))
    def test_hours_make_up_business_time(self, office: BusinessCalendar, ends: list[date]) -> None:
        """The open time of whole days is the sum of their hours."""
        first, last = min(ends), min(min(ends) + timedelta(days=40), max(ends))
        assume(first < last)
        calendar = Calendar(office.zone)
        spans = [office.hours(piece.start) for piece in Period(first, last).split("day")]
        hours = [closing - opening for opening, closing in filter(None, spans)]
        total = functools.reduce(lambda a, b: a + b, hours, timedelta())
        assert office.business_time(calendar.start_of(first), calendar.start_of(last)) == total
