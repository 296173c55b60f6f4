"""Texts that mean a moment: ISO 8601 as systems really write it, other formats, epochs; and what zone they are in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, TypeAlias

from partnerops._calendar import Calendar
from partnerops._zones import first_instant
from partnerops.adapters._fault import Unreadable
from partnerops.exceptions import InvalidValue, PartnerOpsError, near_misses

Moment: TypeAlias = date | datetime
"""A date, a local time without zone, or an instant."""

_ISO: Final = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[T ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_DIRECTIVES: Final = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "d": r"(?P<d>[0-9]{1,2})",
    "b": r"(?P<b>[A-Za-z]{3})",
    "H": r"(?P<H>[0-9]{1,2})",
    "I": r"(?P<I>[0-9]{1,2})",
    "p": r"(?P<p>[AaPp][Mm])",
    "M": r"(?P<M>[0-9]{2})",
    "S": r"(?P<S>[0-9]{2})",
    "f": r"(?P<f>[0-9]{1,9})",
    "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
}
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCHS: Final = {"epoch_s": 1_000_000, "epoch_ms": 1_000}
"""Name of the format -> microseconds in its unit."""


def compile_format(where: str, form: str) -> re.Pattern[str] | None:
    """
    The pattern of a format such as `%d/%m/%Y %H:%M`; None for `iso` and the epochs, which have readers of their own.

    Raises:
        InvalidValue: No such format, a directive that is not known or stands twice, or no whole date.
    """
    if form == "iso" or form in _EPOCHS:
        return None
    pattern = ""
    seen: list[str] = []
    for piece in re.findall(r"%.?|\s+|[^%\s]+", form):
        if piece[0] != "%":
            pattern += r"\s+" if piece.isspace() else re.escape(piece)
        elif piece[1:] in _DIRECTIVES and piece[1:] not in seen:
            seen.append(piece[1:])
            pattern += _DIRECTIVES[piece[1:]]
        else:
            raise InvalidValue(where, f"a format with each of %{' %'.join(_DIRECTIVES)} at most once", form)
    if not {"Y", "y"} & set(seen) or not {"m", "b"} & set(seen) or "d" not in seen:
        hint = near_misses(form, ("iso", *_EPOCHS))
        raise InvalidValue(where, f"iso, epoch_s, epoch_ms, or a format with year, month and day{hint}", form)
    return re.compile(pattern)


def _by_iso(text: str) -> Moment | None:
    # The shapes of most cells, read by the interpreter itself.
    if len(text) == 10 and text[4] == text[7] == "-":  # else it would take week dates too
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        if hour is None:
            return date(int(year), int(month), int(day))
        # Nanoseconds are cut to microseconds, which is what Python has.
        micro = int((fraction or "0").ljust(6, "0")[:6])
        clock = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro)  # noqa: DTZ001 - its zone comes next
        return clock if zone is None else clock.replace(tzinfo=_offset(zone))
    except ValueError:
        return None


def _offset(text: str) -> timezone:
    if text in ("Z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "")
    # Python would take +05:99 as six hours and more.
    if int(digits[2:]) > 59:
        raise ValueError(text)
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-away if text[0] == "-" else away)


def _by_epoch(unit: int) -> Callable[[str], Moment | None]:
    def read(text: str) -> Moment | None:
        if not re.fullmatch(r"-?[0-9]{1,17}", text):
            return None
        try:
            return _EPOCH + timedelta(microseconds=int(text) * unit)
        except OverflowError:
            return None

    return read


def _by_pattern(pattern: re.Pattern[str]) -> Callable[[str], Moment | None]:
    has_time = {"H", "I"} & set(pattern.groupindex)

    def read(text: str) -> Moment | None:
        found = pattern.fullmatch(text)
        if found is None:
            return None
        try:
            return _assembled(found.groupdict(), bool(has_time))
        except ValueError:
            return None

    return read


def _assembled(parts: dict[str, str], has_time: bool) -> Moment:
    """Date or time of the parts that a pattern found; ValueError where they are none."""
    # Two digits mean 1969 to 2068, as in POSIX.
    year = int(parts["Y"]) if "Y" in parts else 2000 + int(parts["y"]) - 100 * (int(parts["y"]) > 68)
    month = int(parts["m"]) if "m" in parts else 1 + _MONTHS.index(parts["b"].lower())
    if not has_time:
        return date(year, month, int(parts["d"]))
    hour = int(parts["H"]) if "H" in parts else int(parts["I"])
    # On a twelve-hour clock 12 am is midnight and 12 pm is noon; 0 and 13 are no hours of it.
    if "H" not in parts and "p" in parts:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + 12 * (parts["p"].lower() == "pm")
    micro = int(parts.get("f", "0").ljust(6, "0")[:6])
    zone = _offset(parts["z"]) if "z" in parts else None
    minute, second = int(parts.get("M", 0)), int(parts.get("S", 0))
    return datetime(year, month, int(parts["d"]), hour, minute, second, micro, tzinfo=zone)


def moments(formats: Sequence[str]) -> Callable[[str], Moment]:
    """A reader of texts in any of the formats; a text in none of them is unreadable."""
    readers: list[Callable[[str], Moment | None]] = []
    for form in formats:
        pattern = compile_format("formats", form)
        readers.append(_by_pattern(pattern) if pattern else _by_epoch(_EPOCHS[form]) if form in _EPOCHS else _by_iso)
    shapes = " or ".join(formats)

    def read(text: str) -> Moment:
        for reader in readers:
            found = reader(text)
            if found is not None:
                return found
        raise Unreadable(
            "not_a_date", f"is not a date in the format {shapes}", "mend the date, or name its format in `formats`"
        )

    return read


def instants(formats: Sequence[str], zone: str | None, day: str) -> Callable[[str], datetime]:
    """A reader of instants; a local time is read on the clocks of *zone*, a bare date is its first or last instant."""
    read = moments(formats)
    calendar = None if zone is None else Calendar(zone)

    def instant(text: str) -> datetime:
        found = read(text)
        # What says its own offset needs no zone, and the mapping's zone must not move it.
        if isinstance(found, datetime) and found.tzinfo is not None:
            return _utc(found)
        if zone is None or calendar is None:
            raise Unreadable("no_zone", "has no time zone", "name the zone of local times in `zone`")
        # A time that the clocks skipped is the first instant after it, one that they show twice the first of the two.
        try:
            if isinstance(found, datetime):
                return first_instant(found, zone)
            return calendar.start_of(found) if day == "start" else calendar.instant(found)
        except PartnerOpsError:
            raise _out_of_range() from None

    return instant


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise _out_of_range() from None


def _out_of_range() -> Unreadable:
    return Unreadable(
        "not_a_date",
        "lies outside the years that can be counted",
        "mend it, or name it in `sentinels`",
    )


def days(formats: Sequence[str], zone: str | None, add_days: int) -> Callable[[str], date]:
    """A reader of business dates; an instant becomes the date that the clocks of *zone* show, a local time its date."""
    read = moments(formats)
    calendar = None if zone is None else Calendar(zone)

    def day(text: str) -> date:
        found = read(text)
        if isinstance(found, datetime):
            if found.tzinfo is None:
                found = found.date()
            elif calendar is None:
                raise Unreadable("no_zone", "is an instant, and no zone says its date", "name the zone in `zone`")
            else:
                found = _date_of(calendar, found)
        try:
            return found + timedelta(days=add_days) if add_days else found
        except OverflowError:
            raise _out_of_range() from None

    return day


def _date_of(calendar: Calendar, instant: datetime) -> date:
    try:
        return calendar.date_of(_utc(instant))
    except InvalidValue:
        raise _out_of_range() from None
