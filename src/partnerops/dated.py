"""Values that change on a date, with all their versions: plans, rates, tiers, programme terms."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise
from typing import Generic, TypeVar, overload

from attrs import field, frozen
from attrs.validators import optional

from partnerops._arguments import check_date
from partnerops._attrs import Noun, is_date, is_str, to_tuple
from partnerops.exceptions import InvalidValue, NoVersion
from partnerops.periods import Period

__all__ = ["Dated", "Version"]

T = TypeVar("T")
V = TypeVar("V")
U = TypeVar("U")


@frozen
class Version(Noun, Generic[T]):
    """
    One value and the days on which it is in force: [start, end), or from start on.

    Raises:
        InvalidValue: An end on or before the start.
    """

    # The value may be a list or a dict, which have no hash; dates and reference are hash enough.
    value: T = field(hash=False)
    """What is in force."""
    start: date = field(validator=is_date)
    """First day in force."""
    end: date | None = field(default=None, validator=optional(is_date))
    """First day no longer in force; None while no end is known."""
    reference: str = field(default="", validator=is_str)
    """Where the value comes from: a document, a decision, a clause."""

    def __attrs_post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            rule = f"after start ({self.start}): it is the first day no longer in force"
            raise InvalidValue("Version.end", rule, self.end)

    @property
    def span(self) -> str:
        """Its days as text: `2026-01-01/2026-04-01`, or `2026-01-01/..` without an end (ISO 8601-2)."""
        return f"{self.start}/{self.end or '..'}"

    def __contains__(self, on: date) -> bool:
        return self.start <= check_date("on", on) and (self.end is None or on < self.end)

    def __str__(self) -> str:
        return f"{self.span}: {self.value}{f' ({self.reference})' if self.reference else ''}"


def _sorted(versions: Iterable[Version[T]]) -> tuple[Version[T], ...]:
    """By start; what is no list of versions is left to the validator."""
    found = to_tuple(versions)
    if not isinstance(found, tuple) or not all(isinstance(version, Version) for version in found):
        return found
    return tuple(sorted(found, key=_start))


def _start(version: Version[T]) -> date:
    return version.start


@frozen
class Dated(Noun, Generic[T]):
    """
    A value by date: the versions that were, are and will be in force, sorted, never two on one day.

    Days without a version (gaps) are allowed and visible: `at` refuses them, `gaps` lists them. Nothing is edited:
    `starting` and `ending` give a new history. Equal means the same versions.

    Raises:
        InvalidValue: Two versions in force on one day.

    >>> rate = Dated.since(date(2025, 1, 1), "0.10").starting(date(2026, 4, 1), "0.12", reference="board 2026-03")
    >>> rate.at(date(2026, 3, 31)), rate.at(date(2026, 4, 1)), rate.get(date(2024, 12, 31))
    ('0.10', '0.12', None)
    >>> print(rate)
    2025-01-01/2026-04-01: 0.10
    2026-04-01/..: 0.12 (board 2026-03)
    """

    versions: tuple[Version[T], ...] = field(converter=_sorted)
    """The versions, by start."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.versions, tuple):
            raise InvalidValue("Dated.versions", "a list of Versions", self.versions)
        for index, version in enumerate(self.versions):
            if not isinstance(version, Version):
                raise InvalidValue(f"Dated.versions[{index}]", "a Version", version)
        for earlier, later in pairwise(self.versions):
            if earlier.end is None or earlier.end > later.start:
                rule = f"apart: end the one of {earlier.span} by {later.start}, where the one of {later.span} starts"
                raise InvalidValue("Dated.versions", rule, (earlier, later))

    @staticmethod
    def since(start: date, value: V, reference: str = "") -> Dated[V]:
        """The history of one value, in force from *start* on."""
        # Static with a variable of its own: through a bare `Dated`, checkers would not know the value's type.
        return Dated((Version(value, start, reference=reference),))

    # --- asking

    def at(self, on: date) -> T:
        """
        The value in force on *on*.

        Raises:
            NoVersion: Nothing was in force that day; the message says when something was.
        """
        return self.version_at(on).value

    def version_at(self, on: date) -> Version[T]:
        """The version in force on *on*, with its days and its reference; refuses like `at`."""
        version = self._find(on)
        if version is None:
            raise NoVersion(on, self._known(on))
        return version

    @overload
    def get(self, on: date) -> T | None: ...
    @overload
    def get(self, on: date, default: U) -> T | U: ...
    def get(self, on: date, default: object = None) -> object:
        """The value in force on *on*, or *default*."""
        version = self._find(on)
        return default if version is None else version.value

    def __iter__(self) -> Iterator[Version[T]]:
        return iter(self.versions)

    def __len__(self) -> int:
        return len(self.versions)

    def __str__(self) -> str:
        return "\n".join(map(str, self.versions)) or "no versions"

    def gaps(self) -> tuple[Period, ...]:
        """The spans between versions in which nothing is in force."""
        pairs = pairwise(self.versions)
        return tuple(Period(a.end, b.start) for a, b in pairs if a.end is not None and a.end < b.start)

    @property
    def changes(self) -> tuple[date, ...]:
        """The days on which what is in force changes, in order: every start, and every end."""
        # A set, since most versions end on the day on which the next one starts.
        ends = {version.end for version in self.versions if version.end is not None}
        return tuple(sorted(ends | {version.start for version in self.versions}))

    # --- adding

    def starting(self, on: date, value: T, reference: str = "") -> Dated[T]:
        """
        The history with a new version from *on* on; the one in force then ends there.

        Raises:
            InvalidValue: A version starts on *on* or later: history is appended, never rewritten.
        """
        added = Version(value, on, reference=reference)
        return Dated((*self._until(on), added))

    def ending(self, on: date) -> Dated[T]:
        """
        The history with nothing in force from *on* on.

        Raises:
            InvalidValue: No version is in force on the day before, or one starts on *on* or later.
        """
        versions = self._until(check_date("on", on))
        if not versions or versions[-1].end != on:
            raise InvalidValue("on", "a day before which a version is in force", on)
        return Dated(versions)

    def _until(self, on: date) -> tuple[Version[T], ...]:
        """The versions, the last one ended on *on* unless it ended before."""
        if not self.versions:
            return ()
        last = self.versions[-1]
        if on <= last.start:
            rule = f"after {last.start}, where the last version starts: history is appended, never rewritten"
            raise InvalidValue("on", rule, on)
        # An end that has passed is history; only one that was still to come is moved.
        if last.end is not None and last.end <= on:
            return self.versions
        return (*self.versions[:-1], last.replace(end=on))

    def _find(self, on: date) -> Version[T] | None:
        # The last version that starts by that day is the only one that can hold it: versions never overlap.
        index = bisect_right(self.versions, check_date("on", on), key=_start)
        return self.versions[index - 1] if index and on in self.versions[index - 1] else None

    def _known(self, on: date) -> str:
        if not self.versions:
            return "there are no versions"
        covered = f"the versions cover {self.versions[0].start}/{self.versions[-1].end or '..'}"
        gap = next((gap for gap in self.gaps() if on in gap), None)
        return covered if gap is None else f"{covered} with a gap {gap.start}/{gap.end}"
