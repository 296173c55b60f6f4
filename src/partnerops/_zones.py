"""Local clocks and absolute time: the one place where a wall-clock time becomes an instant."""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final, TypeVar

import attrs

from partnerops._attrs import is_text
from partnerops.exceptions import InvalidValue, UnknownName

D = TypeVar("D", bound=date)

_LOCAL_NAMES: Final = re.compile(r"localtime|posixrules|Factory|(right|posix)/.*")


def shifted(moment: D, delta: timedelta) -> D:
    """*moment* + *delta*, with an error of this library where Python's dates end."""
    try:
        return moment + delta
    except OverflowError:
        raise InvalidValue("a date", f"within the years 1 to 9999, also {delta} away", moment) from None


def zone_info(name: str) -> tzinfo:
    """The zone of that name; zoneinfo is loaded only where a zone other than UTC is used."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - UTC needs none of it

    return ZoneInfo(name)


def is_zone(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    """Refuse anything but the name of an IANA zone that means the same on every machine."""
    is_text(instance, attribute, value)
    try:
        # `localtime` and its like are files of the database directory, and differ between machines
        if not _LOCAL_NAMES.fullmatch(value):
            zone_info(value)
            return
    except (LookupError, ValueError, OSError):
        pass
    raise UnknownName("IANA time zone", value, _known_zones())


def _known_zones() -> tuple[str, ...]:
    """Every zone of the database, or a piece of advice where there is no database (Windows without tzdata)."""
    from zoneinfo import available_timezones  # noqa: PLC0415 - only an error needs it

    return tuple(sorted(available_timezones())) or ("UTC, until you pip install tzdata",)


def local_clock(instant: datetime, zone: str) -> datetime:
    """What a clock on the wall of *zone* shows at *instant*."""
    try:
        return instant.astimezone(zone_info(zone))
    except OverflowError:
        raise InvalidValue("an instant", f"within the years 1 to 9999 in {zone}", instant) from None


def from_clock(wall: datetime, zone: str) -> datetime:
    """The instant, in UTC, at which a clock in *zone* shows *wall*; its `fold` chooses between two."""
    try:
        return wall.replace(tzinfo=zone_info(zone)).astimezone(UTC)
    except OverflowError:
        raise InvalidValue("a local time", "within the years 1 to 9999 in UTC", wall) from None


def first_instant(wall: datetime, zone: str) -> datetime:
    """
    The first instant, in UTC, at which a clock in *zone* shows *wall* or, where it skips *wall*, something later.

    A later *wall* never gives an earlier instant, so spans made of two such instants never overlap.
    """
    if zone == "UTC":
        return wall.replace(tzinfo=UTC)
    high = from_clock(wall.replace(fold=0), zone)
    if _shows(high, zone) == wall:
        return high
    # The clock jumps over `wall`. With the offset after the jump it is too early, with the offset before it too late
    # or just right; clocks change on whole seconds, so the first second that shows `wall` or later is the jump.
    low = from_clock(wall.replace(fold=1), zone)
    seconds = range((high - low) // timedelta(seconds=1))
    jump = bisect_left(seconds, True, key=lambda second: _shows(low + timedelta(seconds=second), zone) >= wall)
    return low + timedelta(seconds=jump)


def _shows(instant: datetime, zone: str) -> datetime:
    return local_clock(instant, zone).replace(tzinfo=None, fold=0)
