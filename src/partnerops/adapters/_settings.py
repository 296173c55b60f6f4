"""What the settings of a mapping have in common: converters, and validators that name the setting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeGuard, cast

import attrs

from partnerops._attrs import FrozenMap, place, to_decimal, to_map, tuple_of
from partnerops._currency import decimals
from partnerops.adapters._moments import compile_format
from partnerops.exceptions import InvalidValue, near_misses

PIECE: Final = re.compile(r"\{([^{}]+)\}")
"""A column name within a template."""
OTHERWISE: Final = "*"
"""Key of `values` that catches every other text; as a value, it leaves the text as it is."""


def one_of(*known: str) -> Any:
    """A validator for one of these texts; the message names near misses."""

    def validate(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value not in known:
            hint = near_misses(value, known)
            raise InvalidValue(place(instance, attribute), f"one of {', '.join(known)}{hint}", value)

    return validate


def is_currency(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    """Refuse anything but a currency code."""
    decimals(place(instance, attribute), value)


def is_formats(instance: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    """Refuse anything but formats of dates that can be read."""
    tuple_of(str)(instance, attribute, value)
    for one in value:
        compile_format(place(instance, attribute), one)


def all_of(kind: type[Any], value: object) -> TypeGuard[tuple[Any, ...]]:
    """Whether it is a tuple whose members are all of *kind*."""
    return isinstance(value, tuple) and all(isinstance(one, kind) for one in cast("Iterable[object]", value))


def is_texts(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a tuple of strings; they may be empty, since an empty cell is a value too."""
    if not all_of(str, value):
        raise InvalidValue(place(instance, attribute), "a list of strings", value)


def is_map_of(kind: type[Any], instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a mapping of strings to members of *kind*."""
    # What `to_map` could not take is no mapping of strings, and has no values to look at.
    found: Iterable[object] = cast("Any", value).values() if isinstance(value, FrozenMap) else (None,)
    if not all_of(kind, tuple(found)):
        rule = f"a mapping of strings to {kind.__name__}"
        raise InvalidValue(place(instance, attribute), rule, cast("Any", value))


def is_text_map(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a mapping of strings to strings."""
    is_map_of(str, instance, attribute, value)


def is_separator(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but one character that can stand between digits or cells."""
    # A sign or a quote between digits would make one text two numbers.
    if not isinstance(value, str) or len(value) != 1 or value.isalnum() or value in '+-"\r\n':
        raise InvalidValue(place(instance, attribute), "one character, but no letter, digit, sign or quote", value)


def to_texts(items: Mapping[str, str]) -> FrozenMap[str]:
    """A mapping that hashes; anything else is left to the validator."""
    return to_map(items)


def to_bound(value: str | int | Decimal | None) -> Decimal | None:
    """An exact bound, None for none."""
    return None if value is None else to_decimal(value)
