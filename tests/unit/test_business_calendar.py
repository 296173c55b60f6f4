"""Open days and open hours."""

from __future__ import annotations

import pickle
from collections import UserDict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from partnerops.exceptions import InvalidValue, NaiveDatetime, UnknownName
from partnerops.periods import BusinessCalendar, Period

GOOD_FRIDAY = date(2026, 4, 3)
OFFICE = BusinessCalendar("America/Sao_Paulo", holidays=[GOOD_FRIDAY], source="Good Friday")
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    """An instant from ISO text; São Paulo's offset where it has none."""
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else datetime.fromisoformat(f"{text}-03:00")


class Holidays(UserDict[date, str]):
    """Like a calendar of the holidays package: empty until it is asked, and a mapping."""

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and (day.month, day.day) in {(12, 25), (1, 1)}


class TestFields:
    def test_the_defaults_are_office_hours(self) -> None:
        """Monday to Friday, nine to six, UTC."""
        assert repr(BusinessCalendar()) == (
            "BusinessCalendar(zone='UTC', opens='09:00', closes='18:00', workdays=(0, 1, 2, 3, 4), "
            "holidays=(), covers=None, source='')"
        )

    def test_is_a_value(self) -> None:
        """Days come sorted without repeats; equal calendars hash alike and pickle."""
        days = [date(2026, 12, 25), GOOD_FRIDAY, GOOD_FRIDAY]
        one = BusinessCalendar(holidays=days, workdays=[4, 0, 0], opens=time(9), closes="24:00")
        two = BusinessCalendar(holidays=set(days), workdays={0, 4}, opens="09:00", closes="24:00")
        assert one == two
        assert hash(one) == hash(two)
        assert one.holidays == (GOOD_FRIDAY, date(2026, 12, 25))
        assert pickle.loads(pickle.dumps(one)) == one

    @pytest.mark.parametrize(
        "bad", ["9:00", "25:00", "24:01", "09:60", "", None, 9, time(9, 0, 1), time(9, tzinfo=UTC)]
    )
    def test_a_time_of_day_has_hours_and_minutes(self, bad: Any) -> None:
        """Seconds, zones and other shapes are refused."""
        with pytest.raises(InvalidValue, match='BusinessCalendar.opens must be a time of day from "00:00"'):
            BusinessCalendar(opens=bad)

    @pytest.mark.parametrize("closes", ["09:00", "08:59", "00:00"])
    def test_hours_do_not_run_past_midnight(self, closes: str) -> None:
        """Closing before opening is refused with a remedy."""
        with pytest.raises(
            InvalidValue, match=r"later than opens \(09:00\): hours that run past midnight end at 24:00"
        ):
            BusinessCalendar(closes=closes)

    @pytest.mark.parametrize("bad", [(), [], "01234", 5, None])
    def test_there_is_a_workday(self, bad: Any) -> None:
        """Without one nothing would ever be due."""
        with pytest.raises(InvalidValue, match="BusinessCalendar.workdays must be a list of at least one weekday"):
            BusinessCalendar(workdays=bad)

    @pytest.mark.parametrize("bad", [7, -1, "0", True, 1.0])
    def test_workdays_are_numbers_from_monday(self, bad: Any) -> None:
        """The message names the place of the wrong one."""
        with pytest.raises(InvalidValue, match=r"BusinessCalendar.workdays\[\d\] must be a whole number from 0 to 6"):
            BusinessCalendar(workdays=[bad, 8])

    @pytest.mark.parametrize("bad", [Holidays(), {GOOD_FRIDAY: "x"}, "2026-04-03", None, 5])
    def test_holidays_are_a_list(self, bad: Any) -> None:
        """A holiday calendar, empty until asked, must not pass for "no holidays"."""
        with pytest.raises(InvalidValue, match=r"goes through BusinessCalendar.from_holidays\(days, years=...\)"):
            BusinessCalendar(holidays=bad)

    @pytest.mark.parametrize("bad", ["2026-04-03", datetime(2026, 4, 3), None])
    def test_holidays_are_dates(self, bad: Any) -> None:
        """The message names the place of the wrong one."""
        with pytest.raises(InvalidValue, match=r"BusinessCalendar.holidays\[1\] must be a date without a time"):
            BusinessCalendar(holidays=[GOOD_FRIDAY, bad])

    def test_the_rest_is_checked_too(self) -> None:
        """Zone, coverage and source."""
        with pytest.raises(UnknownName, match="did you mean 'Europe/Berlin'"):
            BusinessCalendar("Europe/Berln")
        with pytest.raises(InvalidValue, match="BusinessCalendar.covers must be a Period"):
            BusinessCalendar(covers="2026")  # type: ignore[arg-type]
        with pytest.raises(InvalidValue, match="BusinessCalendar.source must be a string"):
            BusinessCalendar(source=None)  # type: ignore[arg-type]


class TestFromHolidays:
    def test_freezes_the_years_asked_for(self) -> None:
        """From the first to the last year, gaps between them filled."""
        office = BusinessCalendar.from_holidays(Holidays(), years=(2027, 2025), zone="Europe/Berlin", source="test")
        assert office.holidays == tuple(date(y, m, d) for y in (2025, 2026, 2027) for m, d in ((1, 1), (12, 25)))
        assert office.covers == Period(date(2025, 1, 1), date(2028, 1, 1))
        assert (office.zone, office.source, office.closes) == ("Europe/Berlin", "test", "18:00")

    def test_other_years_are_refused(self) -> None:
        """A year without known holidays is not a year without holidays."""
        office = BusinessCalendar.from_holidays({GOOD_FRIDAY}, years=[2026])
        assert office.add_business_days(date(2026, 12, 30), 1) == date(2026, 12, 31)
        with pytest.raises(InvalidValue, match="on must be within 2026, for which the holidays are known"):
            office.add_business_days(date(2026, 12, 30), 2)
        with pytest.raises(InvalidValue, match="make the calendar with more years"):
            office.due(at("2026-12-31T12:00+00:00"), 10 * HOUR)

    def test_the_edges_of_the_years_can_be_measured(self) -> None:
        """Time up to the very end of the coverage needs no day beyond it."""
        office = BusinessCalendar.from_holidays((), years=[2026], closes="24:00", workdays=range(7))
        start, end = at("2026-01-01T00:00+00:00"), at("2027-01-01T00:00+00:00")
        assert office.business_time(start, end) == 365 * 15 * HOUR
        assert office.due(start, 365 * 15 * HOUR) == end

    @pytest.mark.parametrize(
        ("years", "message"), [((), "years must be at least one year"), (["2026"], "years must be a whole number")]
    )
    def test_years_are_given(self, years: Any, message: str) -> None:
        """At least one, as a number."""
        with pytest.raises(InvalidValue, match=message):
            BusinessCalendar.from_holidays(Holidays(), years=years)


class TestDays:
    def test_open_is_a_workday_without_holiday(self) -> None:
        """Thursday, Good Friday, Saturday."""
        assert [OFFICE.is_open(date(2026, 4, day)) for day in (2, 3, 4)] == [True, False, False]

    def test_the_nearest_open_day(self) -> None:
        """An open day is its own; over Easter the way is Thursday or Monday."""
        assert OFFICE.next_open(GOOD_FRIDAY) == date(2026, 4, 6)
        assert OFFICE.previous_open(date(2026, 4, 5)) == date(2026, 4, 2)
        assert OFFICE.next_open(date(2026, 4, 2)) == OFFICE.previous_open(date(2026, 4, 2)) == date(2026, 4, 2)

    @pytest.mark.parametrize(
        ("on", "days", "expected"),
        [
            (date(2026, 4, 2), 1, date(2026, 4, 6)),
            (date(2026, 4, 2), 0, date(2026, 4, 2)),
            (date(2026, 4, 4), 0, date(2026, 4, 6)),
            (date(2026, 4, 4), 1, date(2026, 4, 6)),
            (date(2026, 4, 6), -1, date(2026, 4, 2)),
            (date(2026, 4, 5), -1, date(2026, 4, 2)),
            (date(2026, 4, 6), 5, date(2026, 4, 13)),
        ],
    )
    def test_business_days_are_the_days_after(self, on: date, days: int, expected: date) -> None:
        """The date itself never counts; zero goes to the next open day."""
        assert OFFICE.add_business_days(on, days) == expected

    def test_counts_open_days(self) -> None:
        """April 2026 has 22 weekdays, one of them Good Friday."""
        assert OFFICE.business_days(Period.month(2026, 4)) == 21
        assert OFFICE.business_days(Period.days_from(GOOD_FRIDAY, 3)) == 0

    def test_hours_are_instants(self) -> None:
        """An open day has two, a closed one none."""
        assert OFFICE.hours(date(2026, 4, 2)) == (at("2026-04-02T09:00"), at("2026-04-02T18:00"))
        assert OFFICE.hours(GOOD_FRIDAY) is None

    @pytest.mark.parametrize("method", ["is_open", "next_open", "previous_open", "hours"])
    @pytest.mark.parametrize("bad", [datetime(2026, 4, 2, tzinfo=UTC), "2026-04-02", None])
    def test_only_dates_are_days(self, method: str, bad: Any) -> None:
        """An instant is no day of the office before its zone says which."""
        with pytest.raises(InvalidValue, match="on must be a date without a time"):
            getattr(OFFICE, method)(bad)

    def test_only_whole_days_are_added(self) -> None:
        """Both arguments are checked."""
        with pytest.raises(InvalidValue, match="days must be a whole number"):
            OFFICE.add_business_days(GOOD_FRIDAY, 1.5)  # type: ignore[arg-type]
        with pytest.raises(InvalidValue, match="on must be a date"):
            OFFICE.add_business_days("2026-04-03", 1)  # type: ignore[arg-type]

    def test_the_end_of_time_is_an_error_of_ours(self) -> None:
        """Looking for an open day past the last date is refused."""
        with pytest.raises(InvalidValue, match="within the years 1 to 9999"):
            BusinessCalendar(workdays=[0]).next_open(date.max)


class TestBusinessTime:
    @pytest.mark.parametrize(
        ("start", "end", "hours"),
        [
            ("2026-04-02T10:00", "2026-04-02T12:00", 2),
            ("2026-04-02T10:00", "2026-04-02T10:00", 0),
            ("2026-04-02T07:00", "2026-04-02T20:00", 9),
            ("2026-04-02T17:00", "2026-04-06T10:00", 2),
            ("2026-04-03T09:00", "2026-04-06T09:00", 0),
            ("2026-04-06T00:00", "2026-04-13T00:00", 45),
        ],
    )
    def test_counts_open_hours_only(self, start: str, end: str, hours: int) -> None:
        """Nights, the weekend and Good Friday are left out."""
        assert OFFICE.business_time(at(start), at(end)) == hours * HOUR

    def test_the_zone_decides_and_not_the_offset_given(self) -> None:
        """The same two moments, written in UTC."""
        assert OFFICE.business_time(at("2026-04-02T13:00+00:00"), at("2026-04-02T23:00+00:00")) == 8 * HOUR

    def test_pauses_are_left_out_once(self) -> None:
        """Overlapping, touching, contained and outside ones, in any order."""
        pauses = [
            (at("2026-04-02T13:00"), at("2026-04-02T15:00")),
            (at("2026-04-02T12:00"), at("2026-04-02T14:00")),
            (at("2026-04-02T12:30"), at("2026-04-02T12:40")),
            (at("2026-04-02T15:00"), at("2026-04-02T15:30")),
            (at("2026-04-02T16:00"), at("2026-04-02T16:00")),
            (at("2026-04-02T17:30"), at("2026-04-06T09:30")),
            (at("2026-04-01T17:30"), at("2026-04-02T09:30")),
        ]
        start, end = at("2026-04-02T09:00"), at("2026-04-06T10:00")
        # Thursday 09:30-12:00 and 15:30-17:30, Monday 09:30-10:00
        assert OFFICE.business_time(start, end, pauses) == 5 * HOUR
        assert OFFICE.business_time(start, end, [(start, end)]) == timedelta()
        assert OFFICE.business_time(start, end, iter(pauses)) == 5 * HOUR

    def test_a_day_of_24_hours_follows_the_clock(self) -> None:
        """In Berlin the last Sunday of March has 23 hours, that of October 25."""
        always = BusinessCalendar("Europe/Berlin", opens="00:00", closes="24:00", workdays=range(7))
        for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)):
            begin, end = always.hours(day) or (None, None)
            assert begin is not None
            assert end is not None
            assert end - begin == hours * HOUR
            assert always.business_time(begin - 5 * HOUR, end + 5 * HOUR) == (hours + 10) * HOUR

    def test_hours_that_the_clock_skips_or_repeats(self) -> None:
        """Opening at a skipped time is at the jump; a repeated time of closing is the first."""
        night = BusinessCalendar("Europe/Berlin", opens="02:30", closes="04:00", workdays=range(7))
        assert night.hours(date(2026, 3, 29)) == (at("2026-03-29T03:00+02:00"), at("2026-03-29T04:00+02:00"))
        late = BusinessCalendar("Europe/Berlin", opens="01:00", closes="02:30", workdays=range(7))
        assert late.hours(date(2026, 10, 25)) == (at("2026-10-25T01:00+02:00"), at("2026-10-25T02:30+02:00"))
        gone = BusinessCalendar("Europe/Berlin", opens="02:00", closes="03:00", workdays=range(7))
        start, end = at("2026-03-28T12:00+01:00"), at("2026-03-30T12:00+02:00")
        assert gone.business_time(start, end) == HOUR

    def test_dates_that_come_twice_are_counted_whole(self) -> None:
        """In St John's, on 7 November 2010, clocks went from 00:01 back to 23:01: no hour is lost or counted twice."""
        always = BusinessCalendar("America/St_Johns", opens="00:00", closes="24:00", workdays=range(7))
        start = at("2010-11-07T02:20+00:00")
        assert always.business_time(start, start + 3 * HOUR) == 3 * HOUR
        assert always.due(start, 3 * HOUR) == start + 3 * HOUR

    def test_backwards_is_refused(self) -> None:
        """An end before its start is a mistake in the data."""
        with pytest.raises(InvalidValue, match="end must be at or after start"):
            OFFICE.business_time(at("2026-04-02T10:00"), at("2026-04-02T09:59"))

    def test_only_instants_are_measured(self) -> None:
        """Naive datetimes and dates are refused by name."""
        with pytest.raises(NaiveDatetime, match="start must be an aware datetime"):
            OFFICE.business_time(datetime(2026, 4, 2), at("2026-04-02T10:00"))
        with pytest.raises(InvalidValue, match="end must be an aware datetime"):
            OFFICE.business_time(at("2026-04-02T10:00"), date(2026, 4, 3))  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("pause", "message"),
        [
            (at("2026-04-02T10:00"), r"pauses\[0\] must be a pair of instants"),
            ((at("2026-04-02T10:00"),), r"pauses\[0\] must be a pair of instants"),
            ((at("2026-04-02T10:00"), datetime(2026, 4, 2, 11)), r"pauses\[0\]\[1\] must be an aware datetime"),
            ((None, at("2026-04-02T10:00")), r"pauses\[0\]\[0\] must be an aware datetime"),
            (
                (at("2026-04-02T10:00"), at("2026-04-02T09:00")),
                r"pauses\[0\]\[1\] must be at or after pauses\[0\]\[0\]",
            ),
        ],
    )
    def test_pauses_are_pairs_of_instants(self, pause: Any, message: str) -> None:
        """The message says which pause and which end."""
        with pytest.raises(InvalidValue, match=message):
            OFFICE.business_time(at("2026-04-02T09:00"), at("2026-04-02T18:00"), [pause])


class TestDue:
    @pytest.mark.parametrize(
        ("start", "hours", "due"),
        [
            ("2026-04-02T10:00", 2, "2026-04-02T12:00"),
            ("2026-04-02T09:00", 9, "2026-04-02T18:00"),
            ("2026-04-02T17:00", 2, "2026-04-06T10:00"),
            ("2026-04-03T12:00", 1, "2026-04-06T10:00"),
            ("2026-04-03T12:00", 0, "2026-04-03T12:00"),
            ("2026-04-02T09:00", 48, "2026-04-10T12:00"),
        ],
    )
    def test_is_when_that_much_open_time_has_passed(self, start: str, hours: int, due: str) -> None:
        """A full day ends at its close; no time ends where it began."""
        result = OFFICE.due(at(start), hours * HOUR)
        assert result == at(due)
        assert result.tzinfo is UTC

    def test_pauses_put_it_off(self) -> None:
        """Three hours from 09:00 with two hours of waiting for the partner end at 14:00."""
        pause = (at("2026-04-02T10:00"), at("2026-04-02T12:00"))
        assert OFFICE.due(at("2026-04-02T09:00"), 3 * HOUR, [pause]) == at("2026-04-02T14:00")
        assert OFFICE.due(at("2026-04-02T09:00"), HOUR, [pause]) == at("2026-04-02T10:00")

    @pytest.mark.parametrize("bad", [timedelta(seconds=-1), 3, "PT3H", None])
    def test_open_time_is_a_duration(self, bad: Any) -> None:
        """Negative time and bare numbers are refused."""
        with pytest.raises(InvalidValue, match="open_time must be a timedelta that is not negative"):
            OFFICE.due(at("2026-04-02T09:00"), bad)

    def test_in_business_days_is_the_close_of_a_later_day(self) -> None:
        """Received on Thursday before Easter, early or late: three business days end on Wednesday at 18:00."""
        for received in ("2026-04-02T00:30", "2026-04-02T23:30"):
            assert OFFICE.due_in_business_days(at(received), 3) == at("2026-04-08T18:00")

    def test_in_business_days_counts_from_the_local_date(self) -> None:
        """01:00 UTC on Friday is still Thursday in São Paulo."""
        assert OFFICE.due_in_business_days(at("2026-04-10T01:00+00:00"), 1) == at("2026-04-10T18:00")

    @pytest.mark.parametrize("days", [0, -1, 1.0])
    def test_at_least_one_business_day(self, days: Any) -> None:
        """The close of the same day might be over already."""
        with pytest.raises(InvalidValue, match="days must be a whole number, at least 1"):
            OFFICE.due_in_business_days(at("2026-04-02T09:00"), days)
