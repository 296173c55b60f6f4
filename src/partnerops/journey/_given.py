"""What the verbs are given: refused with what to give instead, before anything is worked out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, cast

from partnerops.dataset import Dataset
from partnerops.exceptions import InvalidValue
from partnerops.journey._entities import StageDecision, Timeline

T = TypeVar("T")


def check_data(data: Dataset) -> None:
    """Refuse anything but a dataset."""
    if not isinstance(data, Dataset):
        raise InvalidValue("data", "a Dataset", data)


def listed(place: str, values: Iterable[T], rule: str) -> list[T]:
    """The values as a list; one value alone in place of a list is the usual slip."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidValue(place, rule, values)
    # Read once: a generator would be empty for whoever looks second.
    return list(values)


def decisions_of(place: str, values: Iterable[StageDecision]) -> list[StageDecision]:
    """Decisions, as `classify_all` returns them; a timeline is a row of decisions too."""
    return _all_of(StageDecision, place, values, "classify_all")


def timelines_of(values: Iterable[Timeline]) -> list[Timeline]:
    """Timelines, as `replay_all` returns them."""
    # A timeline reads like a tuple of decisions, so one alone gets as far as its first member.
    return _all_of(Timeline, "timelines", values, "replay_all")


def _all_of(kind: type[T], place: str, values: Iterable[T], verb: str) -> list[T]:
    found = listed(place, values, f"a list of {kind.__name__}, as {verb} returns them")
    for index, one in enumerate(cast("list[object]", found)):
        if not isinstance(one, kind):
            raise InvalidValue(f"{place}[{index}]", f"a {kind.__name__}; pass what {verb} returned", one)
    return found
