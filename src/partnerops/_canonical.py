"""
One form for every value: the same value gives the same bytes on every platform and in every process.

| value | form |
|---|---|
| None, bool, str, int | itself |
| Decimal | plain digits without trailing zeros, as a string: 0.10 is `"0.1"` |
| Fraction | `"n/d"`, or `"n"` when whole |
| aware datetime | UTC, `"2026-03-31T00:00:00Z"`; microseconds only when there are some |
| date | `"2026-03-31"` |
| timedelta | seconds as an ISO 8601 duration, `"PT3600S"`, `"PT0.5S"` |
| StrEnum | its value |
| tuple, list | list |
| set, frozenset | list, sorted by the bytes of its members |
| mapping with string keys | object |
| attrs value | object of all its init fields; all but kernel nouns also have `kind`, the class in snake case |
| anything with `__canonical__()` | what that returns |

Bytes are JSON in UTF-8 with sorted keys and no blanks. There is no float anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, Final, TypeAlias, cast

import attrs

from partnerops._attrs import MAX_DIGITS, Noun, is_encodable, is_readable, normal
from partnerops.exceptions import InexactNumber, InvalidValue, NaiveDatetime

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"

DEPTH: Final = 200
"""Values nest no deeper than this; a deeper one is a mistake, and Python's own limit would be a crash."""

_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """
    A class name as a kind: words in lower case, joined by underscores; a run of capitals is one word.

    >>> [snake_case(name) for name in ("GraduatedTiers", "WShaped", "HTTPTiers")]
    ['graduated_tiers', 'w_shaped', 'http_tiers']
    """
    return _WORD.sub("_", name).lower()


def canonical(value: object) -> JsonValue:
    """
    A value in its one form, as plain Python: what JSON can hold, without floats.

    Raises:
        InexactNumber: A float, with its path.
        NaiveDatetime: An instant without a zone, with its path.
        InvalidValue: A class that has no form, a key that is not a string, or values nested too deep.
    """
    return _form(value, "$", 0)


def canonical_bytes(value: object) -> bytes:
    """A value's one form as JSON: UTF-8, keys sorted, no blanks."""
    import json  # noqa: PLC0415 - only who asks for bytes needs it

    return json.dumps(canonical(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(value: object) -> str:
    """SHA-256 of the canonical bytes, as 64 hexadecimal digits."""
    from hashlib import sha256  # noqa: PLC0415 - as json

    return sha256(canonical_bytes(value)).hexdigest()


def short_digest(value: object) -> str:
    """The first 12 digits of the digest: enough to tell policies apart in a report."""
    return digest(value)[:12]


def _form(value: object, path: str, depth: int) -> JsonValue:
    if depth > DEPTH:
        raise InvalidValue(path[:60], f"nested at most {DEPTH} deep", "...")
    own = getattr(value, "__canonical__", None)
    # A class has the method too, but only its instances can answer.
    if own is not None and not isinstance(value, type):
        return _form(own(), path, depth + 1)
    if attrs.has(type(value)):
        return _attrs_form(cast("Any", value), path, depth)
    if isinstance(value, Mapping):
        return _mapping_form(cast("Mapping[object, object]", value), path, depth)
    if isinstance(value, tuple | list):
        members = cast("list[object]", value)
        return [_form(member, f"{path}[{index}]", depth + 1) for index, member in enumerate(members)]
    if isinstance(value, set | frozenset):
        forms = [_form(member, f"{path}[]", depth + 1) for member in cast("set[object]", value)]
        # By bytes, since members may be of kinds that Python cannot compare.
        return sorted(forms, key=canonical_bytes)
    return _scalar(value, path)


def _scalar(value: object, path: str) -> JsonValue:
    match value:
        case Enum():
            return _scalar(value.value, path)
        case str():
            return _text(value, path)
        case None | int():
            return _whole(value, path)
        case float():
            raise InexactNumber(path, "an exact number", value)
        case Decimal():
            return _plain(value, path)
        case Fraction():
            return str(value)
        case datetime():
            return _instant(value, path)
        case date():
            return value.isoformat()
        case timedelta():
            return _duration(value)
        case _:
            rule = f"an attrs value or something with __canonical__(); {type(value).__qualname__} is neither"
            raise InvalidValue(path, rule, value)


def _text(value: str, path: str) -> str:
    # Python has strings that UTF-8 has no bytes for; found here, before a file or a digest trips over them.
    if not is_encodable(value):
        raise InvalidValue(path, "text without lone surrogates", value)
    return value


def _whole(value: int | None, path: str) -> int | None:
    # Python itself refuses to write out a number of more than 4,300 digits.
    if value and not isinstance(value, bool) and not is_readable(value):
        raise InvalidValue(path, f"a whole number of at most {MAX_DIGITS:,} digits", value)
    return value


def _instant(value: datetime, path: str) -> str:
    if value.utcoffset() is None:
        raise NaiveDatetime(path, "an aware datetime", value)
    # One moment, one text: whoever wrote it in another zone gets the same digest.
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _duration(span: timedelta) -> str:
    seconds, rest = divmod(abs(span) // timedelta.resolution, 1_000_000)
    sign = "-" if span < timedelta(0) else ""
    return f"PT{sign}{seconds}{f'.{rest:06d}'.rstrip('0') if rest else ''}S"


def _plain(number: Decimal, path: str) -> str:
    if not number.is_finite():
        raise InvalidValue(path, "a finite number", number)
    return f"{normal(number):f}"


def _mapping_form(items: Mapping[object, object], path: str, depth: int) -> dict[str, JsonValue]:
    for key in items:
        if not isinstance(key, str):
            raise InvalidValue(path, "a mapping with string keys", key)
        _text(key, path)
    named = cast("Mapping[str, object]", items)
    return {key: _form(named[key], f"{path}.{key}", depth + 1) for key in sorted(named)}


def _attrs_form(value: Any, path: str, depth: int) -> dict[str, JsonValue]:
    kind: type[Any] = value.__class__
    # What equality leaves out is a cache: two equal values must have one digest.
    fields = [(a.alias or a.name, getattr(value, a.name)) for a in attrs.fields(kind) if a.init and a.eq]
    form = {name: _form(member, f"{path}.{name}", depth + 1) for name, member in fields}
    if not isinstance(value, Noun):
        if "kind" in form:
            rule = f"named otherwise: {type(value).__qualname__} is stored with its class name under this key"
            raise InvalidValue(f"{path}.kind", rule, form["kind"])
        form["kind"] = snake_case(type(value).__name__)
    return form
