"""Laws of the dataset: the past stays as it was, and what is wrong does not depend on the order of the records."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from partnerops import Dataset
from partnerops.dataset import COLLECTIONS
from partnerops.entities import UNKNOWN_STAGE, Opportunity, StageChange
from tests.laws import programmes as p

pytestmark = pytest.mark.laws


def collections(data: Dataset) -> dict[str, tuple[Any, ...]]:
    """Every collection that holds anything, by its name."""
    return {name: records for name in COLLECTIONS.values() if (records := getattr(data, name))}


def view(record: Any, moment: datetime) -> Any:
    """The record at a moment, as a dataset would show it."""
    return record.as_of(moment, moment.date())


@given(p.records, p.moments)
def test_looking_twice_shows_the_same(record: Any, moment: datetime) -> None:
    """The view at a moment has nothing later left to hide."""
    seen = view(record, moment)
    assert seen is None or view(seen, moment) == seen


@given(p.records, p.moments, p.moments)
def test_the_past_of_a_view_is_the_past(record: Any, one: datetime, other: datetime) -> None:
    """What was known at t1 can be told from what was known at a later t2."""
    earlier, later = sorted((one, other))
    seen = view(record, later)
    assert (seen and view(seen, earlier)) == view(record, earlier)


@given(p.opportunities("D"), p.moments)
def test_a_view_names_no_later_instant(deal: Opportunity, moment: datetime) -> None:
    """Neither its close nor any of its changes."""
    seen = view(deal, moment)
    if seen is not None:
        assert seen.closed_at is None or seen.closed_at <= moment
        assert all(change.at <= moment and (change.recorded_at or moment) <= moment for change in seen.history)


@given(p.opportunities("D"), p.moments)
def test_later_changes_change_no_earlier_view(deal: Opportunity, moment: datetime) -> None:
    """A deal that was open then is open in the view from after its win, in the stage of that moment."""
    seen = view(deal, moment)
    if seen is not None and seen.is_open:
        later = StageChange(stage="won", status="won", amount=p.FIXED, at=p.LAST)
        won = seen.replace(
            stage="won", status="won", amount=p.FIXED, closed_at=p.LAST, history=(*seen.history, later), lines=()
        )
        again = view(won, moment)
        assert (again.stage, again.status, again.closed_at) == (
            seen.stage if seen.history else UNKNOWN_STAGE, seen.status, None,
        )  # fmt: skip


@given(p.programmes(), p.moments, st.sampled_from([timedelta(), timedelta(microseconds=1)]))
def test_later_facts_change_no_earlier_view(data: Dataset, moment: datetime, step: timedelta) -> None:
    """Records that happened or were recorded after a moment may as well not be there."""
    limit = moment + step

    def later(record: Any) -> bool:
        times = (getattr(record, name, None) for name in ("at", "created_at", "submitted_at", "recorded_at"))
        return any(time is not None and time > limit for time in times)

    cut = {name: [one for one in records if not later(one)] for name, records in collections(data).items()}
    assert Dataset(**cut).as_of(moment) == data.as_of(moment)


@given(p.records)
def test_in_the_end_everything_is_known(record: Any) -> None:
    """The view after the last fact is the record itself."""
    assert view(record, p.LAST) is record


@given(p.programmes(), p.moments)
def test_a_dataset_shows_what_its_records_show(data: Dataset, moment: datetime) -> None:
    """In their order, without those that were not known."""
    for name, records in collections(data).items():
        views = [view(record, moment) for record in records]
        assert getattr(data.as_of(moment), name) == tuple(one for one in views if one is not None)


@given(p.programmes(), st.data())
def test_order_does_not_matter_to_the_check(data: Dataset, drawn: st.DataObject) -> None:
    """Shuffled records have the same faults, under the paths of their new places."""
    shuffled = Dataset(**{name: drawn.draw(st.permutations(records)) for name, records in collections(data).items()})

    def found(of: Dataset) -> list[tuple[str, str, str, str]]:
        return sorted((_id_at(of, fault.path), fault.code, fault.problem, fault.remedy) for fault in of.check().faults)

    assert found(shuffled) == found(data)


def _id_at(data: Dataset, path: str) -> str:
    """A path with the record's id instead of its position."""
    _, place, *rest = path.split(".")
    name, _, index = place.partition("[")
    return ".".join([name, getattr(data, name)[int(index.rstrip("]"))].id, *rest])


@given(p.programmes(), st.data())
def test_building_never_judges(data: Dataset, drawn: st.DataObject) -> None:
    """Any part of a programme, and any of it twice, is a dataset: dangling and doubled ids are for `check()` to say."""
    some = {name: drawn.draw(st.lists(st.sampled_from(rs), max_size=4)) for name, rs in collections(data).items()}
    part = Dataset(**some)
    codes = {fault.code for fault in part.check().faults}
    ids = {name: [one.id for one in records] for name, records in some.items()}
    assert ("duplicate_id" in codes) == any(len(set(one)) < len(one) for one in ids.values())
    assert len(part) == sum(map(len, some.values()))


@given(p.programmes())
def test_the_view_of_a_programme_has_no_doubled_ids_or_circles(data: Dataset) -> None:
    """Nor does the check find a reference that nothing answers: only windows, sums and dates can be wrong here."""
    assert {fault.code for fault in data.check().faults} <= {"overlap", "excess", "order"}


@given(p.programmes())
def test_what_is_right_has_no_faults(data: Dataset) -> None:
    """Without the records that may overlap, exceed or come too early, nothing is wrong."""
    calm = dict.fromkeys(("tiers", "agreements", "registrations", "payments", "reversals", "involvements"), ())
    assert data.replace(**calm).check().ok
