"""
House helpers for attrs classes: converters that keep what they cannot read, validators that say where and why.

A converter has no idea which field it serves, so it passes a hopeless value through untouched and the validator of that
field refuses it, naming class and field. Together they give one readable message per fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, Generic, Self, TypeVar, cast

import attrs

from partnerops._exact import (
    MAX_DIGITS as MAX_DIGITS,
    is_readable as is_readable,
    normal as normal,
    to_decimal as to_decimal,
    to_fraction as to_fraction,
)
from partnerops.exceptions import InexactNumber, InvalidValue, NaiveDatetime, UnknownName, near_misses
from partnerops.typing import DIRECT, UNATTRIBUTED

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
V_co = TypeVar("V_co", covariant=True)

RESERVED_IDS: Final = frozenset({DIRECT, UNATTRIBUTED})
"""Parties that the library names itself; no partner may take their ids."""


class Value:
    """What every attrs class of the library can do beside attrs' own: make a changed copy."""

    __slots__ = ()

    def replace(self, **changes: object) -> Self:
        """
        A copy with some fields changed and checked again.

        Raises:
            UnknownName: A name that is not a field, with near misses.
        """
        known = [a.alias or a.name for a in attrs.fields(type(self)) if a.init]  # type: ignore[arg-type]
        for name in changes:
            if name not in known:
                raise UnknownName(f"field of {type(self).__name__}", name, tuple(known))
        return attrs.evolve(self, **changes)  # type: ignore[misc]


class Noun(Value):
    """
    A value of the kernel's own: money, periods, records.

    Nouns are stored without a tag, since a field says which noun it holds. Every other attrs value is tagged with its
    kind, since a field may hold any policy.
    """

    __slots__ = ()


class FrozenMap(Mapping[str, V_co], Generic[V_co]):
    """
    A mapping that hashes, copies and pickles: pairs sorted by key, read like any mapping.

    >>> FrozenMap({"b": 2, "a": 1})
    FrozenMap({'a': 1, 'b': 2})
    """

    __slots__ = ("_dict", "_pairs")

    def __init__(self, items: Mapping[str, V_co] | Iterable[tuple[str, V_co]] = ()) -> None:
        self._dict: dict[str, V_co] = dict(items)
        self._pairs: tuple[tuple[str, V_co], ...] = tuple(sorted(self._dict.items(), key=lambda pair: pair[0]))

    def __getitem__(self, key: str) -> V_co:
        return self._dict[key]

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return f"FrozenMap({dict(self._pairs)!r})"

    def __reduce__(self) -> tuple[type[FrozenMap[V_co]], tuple[tuple[tuple[str, V_co], ...]]]:
        return FrozenMap, (self._pairs,)


# --- converters -------------------------------------------------------------------------------------------------------


def to_tuple(values: Iterable[T]) -> tuple[T, ...]:
    """A tuple of anything iterable, except of a string, which is one value and not a list of letters."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        return cast("tuple[T, ...]", values)
    return tuple(values)


def to_strings(values: Iterable[str]) -> tuple[str, ...]:
    """A tuple of strings; one string alone is left to the validator."""
    return to_tuple(values)


def to_custom(items: Mapping[str, str | int | bool | None]) -> FrozenMap[str | int | bool | None]:
    """Fields of the embedder's own, as a mapping that hashes."""
    return to_map(items)


def to_map(items: Mapping[str, T]) -> FrozenMap[T]:
    """A mapping that hashes; non-string keys are left to the validator."""
    if not isinstance(items, FrozenMap) and isinstance(items, Mapping) and all(isinstance(key, str) for key in items):
        return FrozenMap(items)
    return cast("FrozenMap[T]", items)


def to_member(kind: type[E], value: str) -> E:
    """The member of a closed set that has this value; anything else is left to the validator."""
    if isinstance(value, kind):
        return value
    # Members are their strings; what is no string may not even hash.
    members: Any = kind._value2member_map_
    found: E = members.get(value, value) if isinstance(value, str) else value
    return found


def to_instant(value: datetime) -> datetime:
    """
    The same moment in UTC.

    Two datetimes that share a zone compare by their clocks, which is wrong when the clocks go back; in UTC they cannot.
    """
    if not isinstance(value, datetime) or value.tzinfo is UTC or value.utcoffset() is None:
        return value
    return value.astimezone(UTC)


def to_optional_instant(value: datetime | None) -> datetime | None:
    """Like `to_instant`, and None stays None."""
    return None if value is None else to_instant(value)


def to_shares(shares: Mapping[str, int | str | Decimal | Fraction]) -> FrozenMap[Fraction]:
    """A mapping of parties to exact fractions."""
    if not isinstance(shares, Mapping):
        return cast("FrozenMap[Fraction]", shares)
    return to_map({party: to_fraction(share) for party, share in shares.items()})


# --- validators -------------------------------------------------------------------------------------------------------


def place(instance: object, attribute: attrs.Attribute[Any]) -> str:
    """`Class.field`, as messages name it."""
    return f"{type(instance).__name__}.{attribute.alias or attribute.name}"


def is_encodable(text: str) -> bool:
    """Whether UTF-8 can write it: half of a surrogate pair is a string for Python, and no text anywhere else."""
    return text.isascii() or re.search("[\ud800-\udfff]", text) is None


def is_text(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a non-empty string of whole characters without blanks around it."""
    if not isinstance(value, str) or not value or value[0].isspace() or value[-1].isspace():
        raise InvalidValue(place(instance, attribute), "a non-empty string without blanks around it", value)
    if not is_encodable(value):
        raise InvalidValue(place(instance, attribute), "text without lone surrogates", value)


is_id = is_text
"""Ids are opaque: the same rule as for any name."""


def is_partner_id(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse ids that the library keeps for itself."""
    is_text(instance, attribute, value)
    if value in RESERVED_IDS:
        raise InvalidValue(place(instance, attribute), "an id that the library does not reserve", value)


def is_str(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a string; it may be empty."""
    if not isinstance(value, str):
        raise InvalidValue(place(instance, attribute), "a string", value)


def is_aware(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but an instant with a time zone."""
    if not isinstance(value, datetime):
        raise InvalidValue(place(instance, attribute), "an aware datetime", value)
    if value.tzinfo is None or value.utcoffset() is None:
        raise NaiveDatetime(place(instance, attribute), "an aware datetime", value)


def is_date(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a business date; a datetime is not one, though Python says so."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidValue(place(instance, attribute), "a date without a time", value)


def _one(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def is_a(kind: type[Any], name: str | None = None) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    """A validator for instances of *kind*; for an enum the message lists its members and near misses."""
    if issubclass(kind, StrEnum):
        known = [member.value for member in kind]
        rule = f"one of {', '.join(known)}"
    else:
        known = []
        rule = _one(name or kind.__name__)

    def validate(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        # bool is an int for Python and a mistake for everybody else
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            hint = near_misses(value, known) if known and isinstance(value, str) else ""
            raise InvalidValue(place(instance, attribute), rule + hint, value)

    return validate


def tuple_of(kind: type[Any]) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    """A validator for tuples whose members are all of *kind*; a string member must not be empty."""

    def validate(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, tuple):
            raise InvalidValue(place(instance, attribute), f"a list or tuple of {kind.__name__}", value)
        for index, member in enumerate(cast("tuple[object, ...]", value)):
            if not isinstance(member, kind) or (kind is str and not member):
                rule = "a non-empty string" if kind is str else _one(kind.__name__)
                raise InvalidValue(f"{place(instance, attribute)}[{index}]", rule, member)

    return validate


def is_custom(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a mapping of strings to JSON scalars without floats."""
    if not isinstance(value, FrozenMap):
        raise InvalidValue(place(instance, attribute), "a mapping with string keys", value)
    for key, member in cast("FrozenMap[object]", value).items():
        if member is not None and not isinstance(member, str | int | bool):
            raise InvalidValue(f"{place(instance, attribute)}[{key!r}]", "a string, integer, boolean or None", member)


_DECIMALS: Final = ("Decimal", "Decimal | None", "Decimal'>")
"""How the type of a field of decimals ends, as text or as the class."""


def is_exact(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but an exact finite number."""
    if isinstance(value, float):
        raise InexactNumber(place(instance, attribute), "an exact number", value)
    # A NaN passes as a Decimal and then cannot even be compared: every bound checked later would raise in its stead.
    unusable = isinstance(value, Decimal) and not value.is_finite()
    # A field of decimals is stored as one: a third would be written out, and no reader would take it back.
    if isinstance(value, Fraction) and str(attribute.type).endswith(_DECIMALS):
        raise InvalidValue(
            place(instance, attribute), 'a decimal such as "0.333333333", since this fraction is none', value
        )
    if unusable or isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction):
        raise InvalidValue(place(instance, attribute), 'an exact number such as "0.10"', value)


def is_share(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Refuse anything but an exact fraction from 0 to 1."""
    is_exact(instance, attribute, value)
    if not 0 <= value <= 1:
        raise InvalidValue(place(instance, attribute), "a fraction from 0 to 1 (0.10 means 10 %)", str(value))


def is_shares(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Refuse anything but a mapping of parties to exact fractions that sum to at most 1."""
    where = place(instance, attribute)
    if not isinstance(value, FrozenMap) or "" in value:
        raise InvalidValue(where, "a mapping of party ids to fractions", cast("object", value))
    shares = cast("FrozenMap[Fraction | float]", value)
    for party, share in shares.items():
        if isinstance(share, float):
            raise InexactNumber(f"{where}[{party!r}]", "an exact fraction from 0 to 1", share)
        if not isinstance(share, Fraction) or not 0 <= share <= 1:
            raise InvalidValue(f"{where}[{party!r}]", "a fraction from 0 to 1 (0.10 means 10 %)", str(share))
    if (total := sum(cast("FrozenMap[Fraction]", value).values(), Fraction(0))) > 1:
        raise InvalidValue(where, "shares that sum to at most 1", str(total))


def above(bound: int) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    """A validator for numbers above *bound*."""

    def validate(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        is_exact(instance, attribute, value)
        if value <= bound:
            raise InvalidValue(place(instance, attribute), f"above {bound}", value)

    return validate


def in_order(instance: object, *names: str) -> None:
    """Refuse dates or instants of *instance* that run backwards; those that are None are passed over."""
    last_name, last = "", None
    for name in names:
        value = getattr(instance, name)
        if value is None:
            continue
        if last is not None and value < last:
            raise InvalidValue(f"{type(instance).__name__}.{name}", f"at or after {last_name} ({last})", value)
        last_name, last = name, value
