"""Values that change on a date."""

from __future__ import annotations

import pickle
import typing
from datetime import UTC, date, datetime
from typing import Any

import pytest

from partnerops.dated import Dated, Version
from partnerops.exceptions import InvalidValue, NoVersion, UnknownName
from partnerops.periods import Period

JAN, APR, JUL, OCT = (date(2026, month, 1) for month in (1, 4, 7, 10))
WITH_GAP = Dated([Version("new", JUL, OCT), Version("old", JAN, APR, "contract 12")])


class TestVersion:
    def test_reads_well(self) -> None:
        """Span, str and repr, with and without end."""
        assert str(Version("x", JAN, APR, "clause 4")) == "2026-01-01/2026-04-01: x (clause 4)"
        assert str(Version("x", JAN)) == "2026-01-01/..: x"
        assert repr(Version(1, JAN)) == "Version(value=1, start=datetime.date(2026, 1, 1), end=None, reference='')"

    def test_is_half_open(self) -> None:
        """In force on its start, not on its end; without end for ever."""
        version = Version("x", JAN, APR)
        assert JAN in version
        assert date(2026, 3, 31) in version
        assert APR not in version
        assert date(2025, 12, 31) not in version
        assert date.max in Version("x", JAN)

    @pytest.mark.parametrize("end", [JAN, date(2025, 12, 31)])
    def test_is_not_empty(self, end: date) -> None:
        """The end is the first day no longer in force, so it comes after the start."""
        with pytest.raises(InvalidValue, match=r"Version.end must be after start \(2026-01-01\)"):
            Version("x", JAN, end)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((1, "2026-01-01"), "Version.start must be a date"),
            ((1, datetime(2026, 1, 1, tzinfo=UTC)), "Version.start must be a date"),
            ((1, JAN, "2026"), "Version.end must be a date"),
            ((1, JAN, None, None), "Version.reference must be a string"),
        ],
    )
    def test_fields_are_checked(self, arguments: Any, message: str) -> None:
        """Dates are dates, the reference is text."""
        with pytest.raises(InvalidValue, match=message):
            Version(*arguments)


class TestDated:
    def test_gives_the_value_in_force(self) -> None:
        """First and last day of each version, in whatever order they came."""
        assert [WITH_GAP.at(day) for day in (JAN, date(2026, 3, 31), JUL, date(2026, 9, 30))] == [
            "old",
            "old",
            "new",
            "new",
        ]
        assert WITH_GAP.version_at(JAN).reference == "contract 12"

    @pytest.mark.parametrize(
        ("on", "known"),
        [
            (date(2025, 12, 31), "the versions cover 2026-01-01/2026-10-01$"),
            (APR, "the versions cover 2026-01-01/2026-10-01 with a gap 2026-04-01/2026-07-01$"),
            (OCT, "the versions cover 2026-01-01/2026-10-01$"),
        ],
    )
    def test_no_version_says_when_there_is_one(self, on: date, known: str) -> None:
        """Before, between and after: the message shows the span and the gap."""
        with pytest.raises(NoVersion, match=f"no version in force on {on}; {known}") as caught:
            WITH_GAP.at(on)
        assert caught.value.on == on

    def test_open_ended_spans_are_shown_so(self) -> None:
        """A history without end is open in the message too."""
        with pytest.raises(NoVersion, match=r"cover 2026-04-01/\.\.$"):
            Dated.since(APR, 1).version_at(JAN)

    def test_an_empty_history_is_one(self) -> None:
        """Nothing was ever in force."""
        nothing: Dated[int] = Dated(())
        assert (len(nothing), str(nothing), nothing.gaps(), nothing.changes) == (0, "no versions", (), ())
        with pytest.raises(NoVersion, match="there are no versions"):
            nothing.at(JAN)
        assert nothing.starting(JAN, 3).at(APR) == 3

    def test_get_has_a_default(self) -> None:
        """None, or what was asked for."""
        assert WITH_GAP.get(JAN) == "old"
        assert WITH_GAP.get(APR) is None
        assert WITH_GAP.get(APR, 0) == 0

    @pytest.mark.parametrize("bad", [datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01", None])
    def test_only_dates_are_asked(self, bad: Any) -> None:
        """An instant needs a calendar first."""
        for ask in (WITH_GAP.at, WITH_GAP.get, WITH_GAP.version_at, WITH_GAP.ending, Dated(()).get):
            with pytest.raises(InvalidValue, match="on must be a date without a time"):
                ask(bad)

    @pytest.mark.parametrize("end", [None, date(2026, 4, 2)])
    def test_overlaps_are_refused(self, end: date | None) -> None:
        """Both versions and the remedy are named."""
        spans = f"end the one of 2026-01-01/{end or r'..'} by 2026-04-01, where the one of 2026-04-01/.. starts"
        with pytest.raises(InvalidValue) as caught:
            Dated([Version("b", APR), Version("a", JAN, end)])
        assert spans in str(caught.value)
        with pytest.raises(InvalidValue, match="apart"):
            Dated([Version("a", JAN), Version("b", JAN)])

    @pytest.mark.parametrize(
        ("bad", "message"),
        [
            ("abc", "Dated.versions must be a list of Versions"),
            (5, "Dated.versions must be a list of Versions"),
            ([Version(1, JAN), 2], r"Dated.versions\[1\] must be a Version"),
        ],
    )
    def test_only_versions_make_a_history(self, bad: Any, message: str) -> None:
        """Anything else is refused with its place."""
        with pytest.raises(InvalidValue, match=message):
            Dated(bad)

    def test_gaps_and_changes_are_visible(self) -> None:
        """Spring is a gap; every start and end is a change, once."""
        assert WITH_GAP.gaps() == (Period.quarter(2026, 2),)
        assert WITH_GAP.changes == (JAN, APR, JUL, OCT)
        joined = Dated([Version(1, JAN, APR), Version(2, APR)])
        assert (joined.gaps(), joined.changes) == ((), (JAN, APR))

    def test_is_a_value(self) -> None:
        """Iterates over versions, equals by content, hashes even with lists inside, and pickles."""
        lists = Dated.since(JAN, [1, 2], reference="r")
        assert list(lists) == [Version([1, 2], JAN, None, "r")]
        assert lists == Dated(iter([Version([1, 2], JAN, None, "r")]))
        assert lists != Dated.since(JAN, [1], reference="r")
        assert hash(lists) == hash(Dated.since(JAN, [1, 2], reference="r"))
        assert pickle.loads(pickle.dumps(lists)) == lists

    def test_starting_ends_the_version_in_force(self) -> None:
        """The old history stays as it was; the new one goes on without a gap."""
        first = Dated.since(JAN, "a", "r1")
        second = first.starting(APR, "b", reference="r2")
        assert first.at(APR) == "a"
        assert list(second) == [Version("a", JAN, APR, "r1"), Version("b", APR, None, "r2")]

    def test_starting_cuts_a_version_short_or_leaves_a_gap(self) -> None:
        """An end that was planned later is moved, one that has passed stays."""
        assert WITH_GAP.starting(date(2026, 8, 1), "c").version_at(JUL).end == date(2026, 8, 1)
        assert WITH_GAP.starting(OCT, "c").gaps() == (Period.quarter(2026, 2),)
        assert WITH_GAP.starting(date(2026, 11, 1), "c").gaps() == (Period.quarter(2026, 2), Period.month(2026, 10))

    @pytest.mark.parametrize("on", [JUL, APR, JAN, date(2025, 1, 1)])
    def test_starting_rewrites_nothing(self, on: date) -> None:
        """Neither on the start of the last version nor before it."""
        with pytest.raises(InvalidValue, match="after 2026-07-01, where the last version starts: history is appended"):
            WITH_GAP.starting(on, "c")

    def test_starting_takes_dates(self) -> None:
        """An instant is refused before anything is compared."""
        for history in (WITH_GAP, Dated(())):
            with pytest.raises(InvalidValue, match="Version.start must be a date"):
                history.starting(datetime(2027, 1, 1, tzinfo=UTC), "c")

    def test_ending_leaves_nothing_in_force(self) -> None:
        """A contract that ended."""
        ended = Dated.since(JAN, "a").ending(APR)
        assert list(ended) == [Version("a", JAN, APR)]
        assert ended.ending(APR) == ended

    def test_ending_ends_the_last_of_many(self) -> None:
        """Those before it stay as they were."""
        ended = WITH_GAP.ending(date(2026, 8, 1))
        assert list(ended) == [Version("old", JAN, APR, "contract 12"), Version("new", JUL, date(2026, 8, 1))]

    @pytest.mark.parametrize(("history", "on"), [(WITH_GAP, date(2026, 12, 1)), (Dated(()), JAN)])
    def test_ending_needs_something_in_force(self, history: Dated[str], on: date) -> None:
        """What ended before cannot end again, nor can nothing."""
        with pytest.raises(InvalidValue, match="on must be a day before which a version is in force"):
            history.ending(on)

    def test_replace_knows_its_fields(self) -> None:
        """A wrong name is refused with the right one."""
        with pytest.raises(UnknownName, match="did you mean 'versions'"):
            WITH_GAP.replace(version=())

    def test_types_resolve_at_run_time(self) -> None:
        """Annotations name types that exist, as serialisers need."""
        assert set(typing.get_type_hints(Version)) == {"value", "start", "end", "reference"}
        assert set(typing.get_type_hints(Dated)) == {"versions"}
