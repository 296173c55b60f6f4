"""Laws of values that change on a date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from partnerops.dated import Dated, Version
from partnerops.exceptions import NoVersion
from tests.laws.strategies import histories

pytestmark = pytest.mark.laws

some_day = st.dates(date(2024, 12, 25), date(2027, 1, 5))


def scan(history: Dated[int], on: date) -> Version[int] | None:
    """The version in force, found the slow way."""
    found = [v for v in history.versions if v.start <= on and (v.end is None or on < v.end)]
    assert len(found) <= 1
    return found[0] if found else None


@given(histories(), some_day)
def test_at_agrees_with_a_scan(history: Dated[int], on: date) -> None:
    """Looking up by date finds what reading every version finds, or refuses."""
    version = scan(history, on)
    if version is None:
        assert history.get(on) is None
        with pytest.raises(NoVersion, match=str(on)):
            history.at(on)
    else:
        assert history.version_at(on) is version
        assert history.at(on) == history.get(on) == version.value


@given(histories())
def test_order_of_versions_does_not_matter(history: Dated[int]) -> None:
    """A history is its versions, however they come."""
    again = Dated(reversed(history.versions))
    assert again == history
    assert hash(again) == hash(history)
    assert eval(repr(history), {"Dated": Dated, "Version": Version, "datetime": __import__("datetime")}) == history  # noqa: S307


@given(histories())
def test_gaps_and_versions_share_out_the_days(history: Dated[int]) -> None:
    """Between the first start and the last border every day lies in one version or in one gap."""
    borders = history.changes
    for day in (borders[0] + timedelta(days=n) for n in range((borders[-1] - borders[0]).days if borders else 0)):
        assert (scan(history, day) is not None) + sum(day in gap for gap in history.gaps()) == 1


@given(histories(), some_day)
def test_starting_never_changes_an_earlier_answer(history: Dated[int], on: date) -> None:
    """A new version leaves every day before it as it was, and holds from its day on."""
    if history.versions and on <= history.versions[-1].start:
        with pytest.raises(ValueError, match="never rewritten"):
            history.starting(on, 99)
        return
    later = history.starting(on, 99)
    for day in (on - timedelta(days=n) for n in range(1, 400)):
        assert later.get(day) == history.get(day)
    assert later.at(on) == later.at(date(2100, 1, 1)) == 99


@given(histories(), some_day)
def test_ending_takes_away_what_follows_and_nothing_else(history: Dated[int], on: date) -> None:
    """Every day before keeps its answer, from the day on nothing is in force; refused where nothing was."""
    if history.get(on - timedelta(days=1)) is None or on <= history.versions[-1].start:
        with pytest.raises(ValueError, match=r"never rewritten|before which a version is in force"):
            history.ending(on)
        return
    ended = history.ending(on)
    for day in (on - timedelta(days=n) for n in range(1, 400)):
        assert ended.get(day) == history.get(day)
    assert ended.get(on) is ended.get(date(2100, 1, 1)) is None


@given(histories())
def test_changes_are_where_the_answer_changes(history: Dated[int]) -> None:
    """Between two changes the same version is in force; at each of them another one, or none."""
    for day in (date(2024, 12, 30) + timedelta(days=n) for n in range(740)):
        before = history.get(day - timedelta(days=1))
        assert (history.get(day) != before) is (day in history.changes)
