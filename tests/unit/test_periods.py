"""Periods, months, calendars and windows."""

from __future__ import annotations

import pickle
import subprocess
import sys
import typing
import zoneinfo
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pytest

from partnerops import periods
from partnerops.exceptions import InvalidValue, NaiveDatetime, UnknownName
from partnerops.periods import (
    UTC_CALENDAR,
    Calendar,
    Frequency,
    Period,
    Window,
    add_months,
    add_months_at,
    months_between,
)

MARCH = Period.month(2026, 3)
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant from ISO text with an offset."""
    return datetime.fromisoformat(text)


class TestFrequency:
    def test_repr_is_python(self) -> None:
        """The repr evaluates to the member, and the member is its plain string."""
        assert [eval(repr(member)) for member in Frequency] == list(Frequency)  # noqa: S307
        assert {str(member): member for member in Frequency}["fiscal_year"] is Frequency.FISCAL_YEAR

    def test_unknown_names_are_refused_with_near_misses(self) -> None:
        """A wrong frequency names the one that was probably meant."""
        with pytest.raises(UnknownName, match="no frequency 'months'; did you mean 'month'"):
            MARCH.split("months")
        with pytest.raises(UnknownName, match="known: day, fiscal_quarter"):
            UTC_CALENDAR.period(3, date(2026, 3, 1))  # type: ignore[arg-type]


class TestAddMonths:
    @pytest.mark.parametrize(
        ("anchor", "months", "expected"),
        [
            (date(2026, 1, 31), 1, date(2026, 2, 28)),
            (date(2026, 1, 31), 2, date(2026, 3, 31)),
            (date(2024, 2, 29), 12, date(2025, 2, 28)),
            (date(2024, 2, 29), 48, date(2028, 2, 29)),
            (date(2026, 3, 31), -1, date(2026, 2, 28)),
            (date(2026, 3, 31), 0, date(2026, 3, 31)),
            (date(2026, 12, 1), 1, date(2027, 1, 1)),
            (date(9999, 11, 30), 1, date(9999, 12, 30)),
        ],
    )
    def test_counts_from_the_anchor(self, anchor: date, months: int, expected: date) -> None:
        """The day of the anchor comes back whenever the month has it."""
        assert add_months(anchor, months) == expected

    @pytest.mark.parametrize("months", [-30_000, 95_700, 10**15, -(10**15)])
    def test_the_end_of_dates_is_an_error_of_ours(self, months: int) -> None:
        """Leaving the years that Python knows is refused, not overflowed."""
        with pytest.raises(InvalidValue, match="keeps 2026-03-31 within the years 1 to 9999"):
            add_months(date(2026, 3, 31), months)

    @pytest.mark.parametrize("anchor", [NOON, "2026-03-31", None, 20260331])
    def test_only_dates_are_anchors(self, anchor: Any) -> None:
        """Neither an instant nor text is a date."""
        with pytest.raises(InvalidValue, match="anchor must be a date without a time"):
            add_months(anchor, 1)

    @pytest.mark.parametrize("months", [1.0, "1", True, None])
    def test_only_whole_months_count(self, months: Any) -> None:
        """A float, text or bool is no number of months."""
        with pytest.raises(InvalidValue, match="months must be a whole number"):
            add_months(date(2026, 3, 31), months)


class TestMonthsBetween:
    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            (date(2026, 1, 31), date(2026, 1, 31), 0),
            (date(2026, 1, 31), date(2026, 2, 27), 0),
            (date(2026, 1, 31), date(2026, 2, 28), 1),
            (date(2026, 1, 31), date(2026, 3, 30), 1),
            (date(2026, 1, 31), date(2026, 3, 31), 2),
            (date(2024, 2, 29), date(2025, 2, 28), 12),
            (date(2024, 2, 29), date(2028, 2, 28), 47),
            (date(2025, 12, 15), date(2026, 1, 14), 0),
        ],
    )
    def test_counts_completed_months(self, start: date, end: date, expected: int) -> None:
        """A month counts once add_months reaches it."""
        assert months_between(start, end) == expected

    def test_backwards_is_refused(self) -> None:
        """An end before the start is a mistake in the data, not minus one month."""
        with pytest.raises(InvalidValue, match=r"end must be on or after start \(2026-02-01\)"):
            months_between(date(2026, 2, 1), date(2026, 1, 31))

    def test_only_dates_are_measured(self) -> None:
        """Either argument is checked by name."""
        with pytest.raises(InvalidValue, match="start must be a date"):
            months_between(NOON, date(2026, 4, 1))
        with pytest.raises(InvalidValue, match="end must be a date"):
            months_between(date(2026, 3, 1), NOON)


class TestPeriod:
    def test_the_named_ones_have_their_borders(self) -> None:
        """Month, quarter, year, ISO week and days start and end where the calendar says."""
        assert Period(date(2026, 3, 1), date(2026, 4, 1)) == MARCH
        assert Period.month(2026, 12).end == date(2027, 1, 1)
        assert Period.quarter(2026, 4) == Period(date(2026, 10, 1), date(2027, 1, 1))
        assert Period.year(2026) == Period(date(2026, 1, 1), date(2027, 1, 1))
        assert Period.week(2026, 1) == Period(date(2025, 12, 29), date(2026, 1, 5))
        assert Period.week(2026, 53).last == date(2027, 1, 3)
        assert Period.days_from(date(2026, 2, 27), 3) == Period(date(2026, 2, 27), date(2026, 3, 2))

    def test_reads_well(self) -> None:
        """Days, last day, str and repr of a month."""
        assert (MARCH.days, MARCH.last, str(MARCH), repr(MARCH)) == (
            31,
            date(2026, 3, 31),
            "2026-03",
            "Period.parse('2026-03')",
        )

    @pytest.mark.parametrize(
        ("text", "label"),
        [
            ("2026", "2026"),
            ("0033", "0033"),
            ("2026-Q2", "2026-Q2"),
            ("2026-03", "2026-03"),
            ("2026-W14", "2026-W14"),
            ("2026-03-31", "2026-03-31"),
            ("2026-01-01/2026-04-01", "2026-Q1"),
            ("2026-01-01/2026-01-02", "2026-01-01"),
            ("2026-02-01/2026-05-01", "2026-02-01/2026-05-01"),
            ("2025-04-01/2026-04-01", "2025-04-01/2026-04-01"),
            ("2026-03-03/2026-03-10", "2026-03-03/2026-03-10"),
            # from a Monday, but no week
            ("2026-03-30", "2026-03-30"),
            ("2026-03-30/2026-04-05", "2026-03-30/2026-04-05"),
            ("2026-03-30/2026-04-13", "2026-03-30/2026-04-13"),
            ("2026-03-30/2026-04-06", "2026-W14"),
            ("2026-01-15/2026-02-15", "2026-01-15/2026-02-15"),
        ],
    )
    def test_text_reads_back_as_its_shortest_label(self, text: str, label: str) -> None:
        """Parse takes every label, and a long form comes back short."""
        assert Period.parse(text).label == label
        assert Period.parse(label) == Period.parse(text)

    @pytest.mark.parametrize(
        "text", ["", "march", "2026-3", "26", "2026-q2", " 2026", "2026\n", "٢٠٢٦", None, 2026, "2026-01-01/"]
    )
    def test_other_text_is_refused_with_examples(self, text: Any) -> None:
        """The message shows every shape that is read."""
        with pytest.raises(InvalidValue, match='period must be written like "2026", "2026-Q2"'):
            Period.parse(text)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("2026-13", "month must be a whole number from 1 to 12"),
            ("2026-00", "month must be a whole number from 1 to 12"),
            ("2026-Q5", "quarter must be a whole number from 1 to 4"),
            ("2025-W53", "week must be from 1 to 52, since 2025 has no week 53"),
            ("2026-W54", "week must be a whole number from 1 to 53"),
            ("0000", "year must be a whole number from 1 to 9999"),
            ("2026-02-30", "period must be made of dates that exist"),
            ("2026-01-01/2026-02-30", "period must be made of dates that exist"),
            ("9999", "a period must be within the years 1 to 9999, its end included"),
            ("9999-12", "a period must be within the years 1 to 9999"),
            ("9999-12-31", "within the years 1 to 9999"),
        ],
    )
    def test_text_without_a_period_is_refused(self, text: str, message: str) -> None:
        """The message names the part that is wrong."""
        with pytest.raises(InvalidValue, match=message):
            Period.parse(text)

    @pytest.mark.parametrize("end", [date(2026, 3, 1), date(2026, 2, 28)])
    def test_empty_and_reversed_are_refused_with_a_remedy(self, end: date) -> None:
        """Who gives the last day as end is told to give the day after."""
        with pytest.raises(InvalidValue, match=r"after start \(2026-03-01\).*give the day after its last day"):
            Period(date(2026, 3, 1), end)

    @pytest.mark.parametrize("bad", [NOON, "2026-03-01", None, 5])
    def test_only_dates_are_borders(self, bad: Any) -> None:
        """Start and end are checked by name."""
        with pytest.raises(InvalidValue, match="Period.start must be a date"):
            Period(bad, date(2026, 4, 1))
        with pytest.raises(InvalidValue, match="Period.end must be a date"):
            Period(date(2026, 3, 1), bad)

    @pytest.mark.parametrize("bad", [0, 13, 3.0, "3", True])
    def test_only_months_are_months(self, bad: Any) -> None:
        """A number outside the year, a float, text and a bool are refused."""
        bad = bad if bad is not True else False
        with pytest.raises(InvalidValue, match="month must be a whole number from 1 to 12"):
            Period.month(2026, bad)

    @pytest.mark.parametrize("bad", [0, 10_000, -1, 2026.0, "2026", True, None])
    def test_only_years_are_years(self, bad: Any) -> None:
        """Every period that is named by its year refuses in the same words."""
        for make in (lambda: Period.month(bad, 1), lambda: Period.quarter(bad, 1), lambda: Period.week(bad, 1)):
            with pytest.raises(InvalidValue, match="year must be a whole number from 1 to 9999"):
                make()
        with pytest.raises(InvalidValue, match="year must be a whole number from 1 to 9999"):
            Period.year(bad)

    def test_the_first_and_the_last_years_have_periods(self) -> None:
        """As long as the day after the last one exists."""
        assert {Period.month(1, 1).start, Period.quarter(1, 1).start, Period.week(1, 1).start} == {date.min}
        assert Period.month(9999, 11).end == date(9999, 12, 1)
        assert Period.quarter(9999, 3).end == date(9999, 10, 1)
        assert Period.week(9999, 1).end == date(9999, 1, 11)
        assert Period.year(9998).end == date(9999, 1, 1)

    @pytest.mark.parametrize("bad", [NOON, "2026-03-01", None])
    def test_days_are_counted_from_a_date(self, bad: Any) -> None:
        """The argument is named, not the field that it would become."""
        with pytest.raises(InvalidValue, match="^start must be a date without a time"):
            Period.days_from(bad, 3)

    def test_days_from_takes_at_least_one(self) -> None:
        """No days make no period."""
        with pytest.raises(InvalidValue, match="days must be a whole number from 1"):
            Period.days_from(date(2026, 3, 1), 0)

    def test_is_a_value(self) -> None:
        """Equal periods hash alike, sort by start and end, pickle, and change by replace only."""
        assert {MARCH, Period.parse("2026-03")} == {MARCH}
        assert pickle.loads(pickle.dumps(MARCH)) == MARCH
        assert Period.month(2026, 2) < MARCH < Period.quarter(2026, 2) < Period.year(2027)
        assert MARCH.replace(end=date(2026, 3, 2)).days == 1
        with pytest.raises(AttributeError):
            MARCH.start = date(2026, 1, 1)  # type: ignore[misc]
        with pytest.raises(TypeError):
            assert date(2026, 4, 1) > MARCH  # type: ignore[operator]

    def test_holds_its_dates_half_open(self) -> None:
        """The first and the last day are inside, the end is not."""
        assert [date(2026, 2, 28) in MARCH, MARCH.start in MARCH, MARCH.last in MARCH, MARCH.end in MARCH] == [
            False,
            True,
            True,
            False,
        ]

    def test_an_instant_is_no_member(self) -> None:
        """Python calls a datetime a date; here it needs a calendar first."""
        with pytest.raises(InvalidValue, match=r"calendar.contains\(period, instant\)"):
            assert NOON in MARCH
        with pytest.raises(InvalidValue, match="a date without a time"):
            assert "2026-03-02" in MARCH  # type: ignore[operator]

    def test_meets_other_periods(self) -> None:
        """Touching periods do not overlap; a part is contained and is the intersection."""
        april, first = Period.month(2026, 4), Period.quarter(2026, 1)
        assert not MARCH.overlaps(april)
        assert MARCH.intersection(april) is None
        assert first.intersection(MARCH) == MARCH
        assert first.intersection(Period.parse("2026-03-15/2026-05-01")) == Period.parse("2026-03-15/2026-04-01")
        assert first.contains_period(MARCH)
        assert MARCH.contains_period(MARCH)
        assert not MARCH.contains_period(first)
        assert not Period.month(2026, 2).contains_period(MARCH)

    def test_only_periods_are_met(self) -> None:
        """Anything else is refused by name."""
        for method in (MARCH.overlaps, MARCH.intersection, MARCH.contains_period):
            with pytest.raises(InvalidValue, match="other must be a Period"):
                method("2026-03")  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("period", "before"),
        [
            ("2026-03", "2026-02"),
            ("2026-01", "2025-12"),
            ("2026-Q2", "2026-Q1"),
            ("2026", "2025"),
            ("2026-07-01/2027-07-01", "2025-07-01/2026-07-01"),
            ("2026-W01", "2025-W52"),
            ("2026-03-01", "2026-02-28"),
            ("2026-03-10/2026-03-20", "2026-02-28/2026-03-10"),
        ],
    )
    def test_previous_is_the_calendars(self, period: str, before: str) -> None:
        """KPI K21: the previous period is calendar-equivalent; spans that are no months go by days."""
        assert Period.parse(period).previous() == Period.parse(before)
        assert Period.parse(before).next() == Period.parse(period)

    @pytest.mark.parametrize(
        ("period", "earlier"),
        [
            ("2026-02", "2025-02"),
            ("2024-02", "2023-02"),
            ("2026-Q2", "2025-Q2"),
            ("2024-02-29", "2023-02-28"),
            ("2024-02-28", "2023-02-28"),
            ("2026-W14", "2025-W14"),
            ("2026-01-15/2026-02-15", "2025-01-15/2025-02-15"),
        ],
    )
    def test_year_before_is_the_same_part_of_the_year(self, period: str, earlier: str) -> None:
        """Months and quarters keep their names, weeks their weekdays, and no day vanishes."""
        assert Period.parse(period).year_before() == Period.parse(earlier)

    def test_shift_moves_both_ends_by_months(self) -> None:
        """Whole months stay whole; other spans keep their days of the month."""
        assert Period.month(2026, 1).shift(months=1) == Period.month(2026, 2)
        assert Period.parse("2026-01-15/2026-02-15").shift(months=-1) == Period.parse("2025-12-15/2026-01-15")

    def test_the_ends_of_time_are_errors_of_ours(self) -> None:
        """Moving past what Python can date is refused, not overflowed."""
        for move in (Period.year(1).previous, Period.days_from(date(1, 1, 1), 7).previous):
            with pytest.raises(InvalidValue, match="within the years 1 to 9999"):
                move()

    def test_split_cuts_at_the_borders(self) -> None:
        """The first and the last piece are what is left of a month or a week."""
        period = Period.parse("2026-01-15/2026-03-10")
        assert [str(piece) for piece in period.split("month")] == [
            "2026-01-15/2026-02-01",
            "2026-02",
            "2026-03-01/2026-03-10",
        ]
        assert [str(piece) for piece in Period.quarter(2026, 2).split(Frequency.MONTH)] == [
            "2026-04",
            "2026-05",
            "2026-06",
        ]
        assert [piece.days for piece in Period.month(2026, 2).split("week")] == [1, 7, 7, 7, 6]
        assert len(Period.year(2024).split("day")) == 366
        assert MARCH.split("year") == (MARCH,)

    def test_split_has_no_fiscal_year(self) -> None:
        """A period does not know when a fiscal year starts; the message says who does."""
        with pytest.raises(InvalidValue, match=r"Calendar.split\(period, Frequency.FISCAL_YEAR\)"):
            MARCH.split("fiscal_year")

    @pytest.mark.parametrize(
        ("on", "share"),
        [
            (date(2026, 5, 31), 0),
            (date(2026, 6, 1), Fraction(1, 30)),
            (date(2026, 6, 15), Fraction(1, 2)),
            (date(2026, 6, 30), 1),
            (date(2027, 1, 1), 1),
        ],
    )
    def test_elapsed_counts_the_day_as_over(self, on: date, share: Fraction) -> None:
        """A date means its end: on the last day everything has elapsed."""
        assert Period.month(2026, 6).elapsed(on) == share

    def test_elapsed_takes_dates(self) -> None:
        """An instant is refused."""
        with pytest.raises(InvalidValue, match="on must be a date"):
            MARCH.elapsed(NOON)


class TestCalendar:
    def test_the_default_is_utc(self) -> None:
        """The shared constant is an ordinary calendar."""
        assert Calendar("UTC", fiscal_year_start=1, week_start=0) == UTC_CALENDAR
        assert repr(UTC_CALENDAR) == "Calendar(zone='UTC', fiscal_year_start=1, week_start=0)"

    @pytest.mark.parametrize(
        "zone", ["America/Sao_Paolo", "america/sao_paulo!", "America", "../UTC", "/etc/passwd", "a\0b"]
    )
    def test_unknown_zones_are_refused(self, zone: str) -> None:
        """What is no zone of the database is an error, also a folder or a path."""
        with pytest.raises(UnknownName, match="no IANA time zone"):
            Calendar(zone)

    def test_near_misses_are_named(self) -> None:
        """A typing error gets the right spelling."""
        with pytest.raises(UnknownName, match="did you mean 'America/Sao_Paulo'"):
            Calendar("America/Sao_Paolo")

    @pytest.mark.parametrize("zone", ["localtime", "right/UTC", "posix/UTC", "Factory"])
    def test_zones_of_the_machine_are_refused(self, zone: str) -> None:
        """A name that means something else on another machine is no zone."""
        with pytest.raises(UnknownName, match="no IANA time zone"):
            Calendar(zone)

    def test_without_a_database_the_message_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A system without time zones (Windows) gets a remedy instead of near misses."""
        monkeypatch.setattr(zoneinfo, "available_timezones", set)
        with pytest.raises(UnknownName, match="pip install tzdata"):
            Calendar("Nowhere/Land")

    @pytest.mark.parametrize("zone", ["", None, 3, " UTC", UTC])
    def test_a_zone_is_a_name(self, zone: Any) -> None:
        """Zone objects and blanks are refused."""
        with pytest.raises(InvalidValue, match="Calendar.zone must be a non-empty string"):
            Calendar(zone)

    @pytest.mark.parametrize(
        ("field", "bad"), [("fiscal_year_start", 0), ("fiscal_year_start", 13), ("week_start", 7), ("week_start", True)]
    )
    def test_settings_are_checked(self, field: str, bad: Any) -> None:
        """Months are 1 to 12, weekdays 0 to 6."""
        with pytest.raises(InvalidValue, match=f"Calendar.{field} must be a whole number from"):
            UTC_CALENDAR.replace(**{field: bad})

    def test_an_instant_has_the_date_of_the_zone(self) -> None:
        """The same moment is the last of March in São Paulo and April in UTC and Tokyo."""
        instant = at("2026-04-01T02:59:59+00:00")
        assert Calendar("America/Sao_Paulo").date_of(instant) == date(2026, 3, 31)
        assert UTC_CALENDAR.date_of(instant) == Calendar("Asia/Tokyo").date_of(instant) == date(2026, 4, 1)
        assert UTC_CALENDAR.date_of(datetime(2026, 4, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == date(2026, 3, 31)

    def test_naive_datetimes_are_refused(self) -> None:
        """Nobody can say which date a naive datetime is."""
        with pytest.raises(NaiveDatetime, match="add a zone"):
            UTC_CALENDAR.date_of(datetime(2026, 4, 1))
        with pytest.raises(InvalidValue, match="instant must be an aware datetime"):
            UTC_CALENDAR.date_of(date(2026, 4, 1))  # type: ignore[arg-type]
        with pytest.raises(NaiveDatetime):
            UTC_CALENDAR.instant(datetime(2026, 4, 1))

    @pytest.mark.parametrize(
        ("zone", "day", "start"),
        [
            ("UTC", date(2026, 3, 1), "2026-03-01T00:00+00:00"),
            ("America/Sao_Paulo", date(2026, 3, 1), "2026-03-01T03:00+00:00"),
            # clocks go from 00:00 to 01:00
            ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00+00:00"),
            # 23:00 of the day before is shown twice
            ("America/Sao_Paulo", date(2018, 2, 18), "2018-02-18T03:00+00:00"),
            # 00:00 is shown twice: the first one counts
            ("America/Havana", date(2025, 11, 2), "2025-11-02T04:00+00:00"),
            # from 23:30 to 00:30: midnight is skipped, but the day starts with the jump
            ("America/Toronto", date(1919, 3, 31), "1919-03-31T04:30+00:00"),
            # Samoa skipped the 30th
            ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00+00:00"),
            ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00+00:00"),
        ],
    )
    def test_days_start_at_their_first_instant(self, zone: str, day: date, start: str) -> None:
        """Skipped and repeated midnights included."""
        assert Calendar(zone).start_of(day) == at(start)
        assert Calendar(zone).start_of(day).tzinfo is UTC

    def test_a_day_ends_where_the_next_begins(self) -> None:
        """The day on which summer time began in São Paulo had 23 hours."""
        calendar = Calendar("America/Sao_Paulo")
        day = date(2018, 11, 4)
        assert calendar.end_of(day) - calendar.start_of(day) == timedelta(hours=23)

    def test_a_date_as_instant_is_its_last_microsecond(self) -> None:
        """An aware datetime passes and comes back in UTC."""
        calendar = Calendar("America/Sao_Paulo")
        assert calendar.instant(date(2026, 3, 31)) == at("2026-03-31T23:59:59.999999-03:00")
        assert calendar.instant(at("2026-03-31T12:00-03:00")) == at("2026-03-31T15:00+00:00")
        assert calendar.instant(at("2026-03-31T12:00-03:00")).tzinfo is UTC

    def test_a_period_contains_instants_by_their_date(self) -> None:
        """The zone decides on which side of the month's end a moment lies."""
        instant = at("2026-04-01T02:59+00:00")
        assert Calendar("America/Sao_Paulo").contains(MARCH, instant)
        assert not UTC_CALENDAR.contains(MARCH, instant)

    @pytest.mark.parametrize(
        ("frequency", "label"),
        [
            ("day", "2026-03-31"),
            ("week", "2026-03-29/2026-04-05"),
            ("month", "2026-03"),
            ("quarter", "2026-Q1"),
            ("year", "2026"),
            ("fiscal_quarter", "2026-02-01/2026-05-01"),
            ("fiscal_year", "2025-08-01/2026-08-01"),
        ],
    )
    def test_finds_the_period_of_a_date(self, frequency: str, label: str) -> None:
        """Weeks from Sunday and a fiscal year from August."""
        calendar = Calendar(fiscal_year_start=8, week_start=6)
        assert calendar.period(frequency, date(2026, 3, 31)) == Period.parse(label)

    def test_finds_the_period_of_an_instant(self) -> None:
        """An instant goes through the zone first."""
        assert Calendar("America/Sao_Paulo").period("month", at("2026-04-01T01:00+00:00")) == MARCH
        with pytest.raises(InvalidValue, match="on must be a date"):
            UTC_CALENDAR.period("month", "2026-03")  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("start", "on", "name"),
        [
            (1, date(2026, 12, 31), 2026),
            (7, date(2026, 6, 30), 2026),
            (7, date(2026, 7, 1), 2027),
            (12, date(2026, 11, 30), 2026),
            (12, date(2026, 12, 1), 2027),
        ],
    )
    def test_fiscal_years_are_named_after_their_end(self, start: int, on: date, name: int) -> None:
        """With a January start the name is the calendar year."""
        assert Calendar(fiscal_year_start=start).fiscal_year(on) == name

    def test_split_knows_the_fiscal_year(self) -> None:
        """A calendar year is cut where its fiscal quarters begin."""
        pieces = Calendar(fiscal_year_start=2).split(Period.year(2026), "fiscal_quarter")
        assert [piece.start.month for piece in pieces] == [1, 2, 5, 8, 11]

    def test_windows_end_with_the_date(self) -> None:
        """30 days up to 31 March are 2 to 31 March; a month up to it is March."""
        days, month = UTC_CALENDAR.window(MARCH.last, days=30), UTC_CALENDAR.window(MARCH.last, months=1)
        assert days == Window(at("2026-03-01T23:59:59.999999+00:00"), at("2026-03-31T23:59:59.999999+00:00"))
        assert month.after == at("2026-02-28T23:59:59.999999+00:00")

    def test_windows_of_instants_keep_the_time_of_day(self) -> None:
        """Seven days across the start of summer time are 167 hours long."""
        window = Calendar("Europe/Berlin").window(at("2026-04-01T10:00+00:00"), days=7)
        assert window == Window(at("2026-03-25T11:00+00:00"), at("2026-04-01T10:00+00:00"))
        assert UTC_CALENDAR.window(NOON, months=1).after == at("2026-02-28T12:00+00:00")

    def test_horizons_lie_ahead(self) -> None:
        """The next 30 days after 31 March are 1 to 30 April."""
        window = UTC_CALENDAR.horizon(MARCH.last, days=30)
        assert window == UTC_CALENDAR.window(date(2026, 4, 30), days=30)
        assert UTC_CALENDAR.horizon(NOON, months=1).until == at("2026-04-30T12:00+00:00")

    @pytest.mark.parametrize("lengths", [{}, {"days": 1, "months": 1}])
    def test_a_window_has_one_length(self, lengths: dict[str, int]) -> None:
        """Neither none nor two."""
        with pytest.raises(InvalidValue, match="given once, as days= or as months="):
            UTC_CALENDAR.window(NOON, **lengths)

    @pytest.mark.parametrize("lengths", [{"days": 0}, {"months": -1}, {"days": 1.5}])
    def test_a_length_is_a_whole_number(self, lengths: Any) -> None:
        """At least one day or month."""
        with pytest.raises(InvalidValue, match="must be a whole number, at least 1"):
            UTC_CALENDAR.horizon(NOON, **lengths)

    def test_the_ends_of_time_are_errors_of_ours(self) -> None:
        """Dates and instants that the zone cannot show are refused."""
        with pytest.raises(InvalidValue, match="within the years 1 to 9999"):
            UTC_CALENDAR.instant(date.max)
        with pytest.raises(InvalidValue, match="within the years 1 to 9999 in Asia/Tokyo"):
            Calendar("Asia/Tokyo").date_of(datetime.max.replace(tzinfo=UTC))
        with pytest.raises(InvalidValue, match="within the years 1 to 9999 in UTC"):
            Calendar("Asia/Tokyo").start_of(date.min)

    def test_start_of_takes_dates(self) -> None:
        """An instant has no start of day without its zone's date."""
        with pytest.raises(InvalidValue, match="day must be a date"):
            UTC_CALENDAR.start_of(NOON)
        with pytest.raises(InvalidValue, match="day must be a date"):
            UTC_CALENDAR.end_of(NOON)


class TestWindow:
    def test_is_open_at_its_start_and_closed_at_its_end(self) -> None:
        """The moment of the question is inside, the one before the window is not."""
        window = Window(at("2026-03-01T00:00-03:00"), NOON)
        assert NOON in window
        assert window.after not in window
        assert window.after + timedelta(microseconds=1) in window
        assert window.after.tzinfo is UTC

    def test_refuses_what_is_not_an_instant(self) -> None:
        """Neither borders nor members may be naive or dates."""
        with pytest.raises(NaiveDatetime, match="Window.after"):
            Window(datetime(2026, 3, 1), NOON)
        with pytest.raises(InvalidValue, match="Window.until must be an aware datetime"):
            Window(NOON, date(2026, 4, 1))  # type: ignore[arg-type]
        with pytest.raises(NaiveDatetime):
            assert datetime(2026, 3, 1) in Window(NOON - timedelta(days=1), NOON)

    def test_an_empty_one_is_refused(self) -> None:
        """It must end after it starts."""
        with pytest.raises(InvalidValue, match="Window.until must be later than after"):
            Window(NOON, NOON)


class TestAddMonthsAt:
    def test_keeps_the_time_of_day_of_the_zone(self) -> None:
        """Noon in Berlin stays noon over the change of the clocks."""
        berlin = Calendar("Europe/Berlin")
        assert add_months_at(at("2026-03-15T12:00+01:00"), 1, berlin) == at("2026-04-15T12:00+02:00")
        assert add_months_at(at("2026-01-31T12:00+00:00"), 1) == at("2026-02-28T12:00+00:00")

    def test_the_local_date_counts(self) -> None:
        """1 April 01:00 UTC is 31 March in São Paulo, and one month later is 30 April there."""
        assert add_months_at(at("2026-04-01T01:00+00:00"), 1, Calendar("America/Sao_Paulo")) == at(
            "2026-04-30T22:00-03:00"
        )

    def test_a_skipped_time_moves_on_and_a_repeated_one_is_the_first(self) -> None:
        """02:30 does not exist in Berlin on 29 March 2026 and exists twice on 25 October 2026."""
        berlin = Calendar("Europe/Berlin")
        assert add_months_at(at("2026-01-29T02:30+01:00"), 2, berlin) == at("2026-03-29T03:30+02:00")
        assert add_months_at(at("2026-09-25T02:30+02:00"), 1, berlin) == at("2026-10-25T02:30+02:00")

    def test_a_second_of_two_equal_hours_lands_on_the_clock(self) -> None:
        """From the repeated hour, one month later is the same time of day, and no month the same moment."""
        berlin, second = Calendar("Europe/Berlin"), at("2026-10-25T02:30+01:00")
        assert add_months_at(second, 0, berlin) == second
        assert add_months_at(second, 1, berlin) == at("2026-11-25T02:30+01:00")
        assert add_months_at(second, 5, berlin) == at("2027-03-25T02:30+01:00")
        assert add_months_at(at("2025-10-26T02:30+01:00"), -7, berlin) == at("2025-03-26T02:30+01:00")

    def test_refuses_dates_and_naive_datetimes(self) -> None:
        """A date has add_months."""
        with pytest.raises(InvalidValue, match="instant must be an aware datetime"):
            add_months_at(date(2026, 3, 1), 1)  # type: ignore[arg-type]
        with pytest.raises(NaiveDatetime):
            add_months_at(datetime(2026, 3, 1), 1)


class TestModule:
    def test_types_resolve_at_run_time(self) -> None:
        """Annotations of every public class name types that exist, as serialisers need."""
        for name in ("Period", "Calendar", "Window", "BusinessCalendar"):
            assert typing.get_type_hints(getattr(periods, name))

    def test_importing_it_is_light(self) -> None:
        """Neither dateutil nor zoneinfo is loaded before it is needed."""
        script = "import sys, partnerops.periods; print([m for m in ('dateutil', 'zoneinfo') if m in sys.modules])"
        out = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)  # noqa: S603
        assert out.stdout.strip() == "[]"
