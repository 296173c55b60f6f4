"""A mapping as a value: which column of which file becomes which field of which noun."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeGuard, cast

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    FrozenMap,
    Value,
    is_a,
    is_str,
    is_text,
    place,
    to_decimal,
    to_map,
    to_strings,
    to_tuple,
    tuple_of,
)
from partnerops._currency import decimals
from partnerops._rounding import Rounding
from partnerops._zones import is_zone
from partnerops.adapters._moments import compile_format
from partnerops.exceptions import InvalidValue, UnknownName, near_misses

OTHERWISE: Final = "*"
"""Key of `values` that catches every other text; as a value, it leaves the text as it is."""


def _one_of(*known: str) -> Any:
    def validate(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value not in known:
            hint = near_misses(value, known)
            raise InvalidValue(place(instance, attribute), f"one of {', '.join(known)}{hint}", value)

    return validate


def _is_currency(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    decimals(place(instance, attribute), value)


def _is_formats(instance: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    tuple_of(str)(instance, attribute, value)
    for one in value:
        compile_format(place(instance, attribute), one)


def _members(kind: type[Any], value: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple) and all(isinstance(one, kind) for one in cast("Iterable[object]", value))


def _is_texts(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a tuple of strings; they may be empty, since an empty cell is a value too."""
    if not _members(str, value):
        raise InvalidValue(place(instance, attribute), "a list of strings", value)


def _is_map_of(kind: type[Any], instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    members: Iterable[object] = cast("Any", value).values() if isinstance(value, FrozenMap) else (None,)
    if not _members(kind, tuple(members)):
        rule = f"a mapping of strings to {kind.__name__}"
        raise InvalidValue(place(instance, attribute), rule, cast("Any", value))


def _is_text_map(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    _is_map_of(str, instance, attribute, value)


def _is_separator(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or len(value) != 1 or value.isalnum() or value in '+-"\r\n':
        raise InvalidValue(place(instance, attribute), "one character, but no letter, digit, sign or quote", value)


def _to_texts(items: Mapping[str, str]) -> FrozenMap[str]:
    return to_map(items)


def _to_bound(value: str | int | Decimal | None) -> Decimal | None:
    return None if value is None else to_decimal(value)


@frozen(kw_only=True)
class Condition(Value):
    """
    What a cell has to say; every part that is given must hold.

    >>> Condition(column="is_deleted", one_of=["true", "TRUE"]).column
    'is_deleted'
    """

    column: str = field(validator=is_text)
    """Column looked at, of the row or of a join."""
    one_of: tuple[str, ...] = field(default=(), converter=to_strings, validator=_is_texts)
    """Texts of which it must be one; `in` in a file."""
    not_in: tuple[str, ...] = field(default=(), converter=to_strings, validator=_is_texts)
    """Texts of which it must be none."""
    blank: bool | None = field(default=None, validator=optional(is_a(bool)))
    """Whether it must be blank, or must not; None does not ask."""
    because: str = field(default="", validator=is_str)
    """Why, in words: issues quote it."""

    def __attrs_post_init__(self) -> None:
        if not self.one_of and not self.not_in and self.blank is None:
            raise InvalidValue("Condition", "given at least one of in, not_in and blank", self.column)


def _to_first(values: Iterable[FieldMapping]) -> tuple[FieldMapping, ...]:
    return to_tuple(values)


def _is_first(instance: object, attribute: attrs.Attribute[Any], value: tuple[FieldMapping, ...]) -> None:
    tuple_of(FieldMapping)(instance, attribute, value)


@frozen(kw_only=True)
class FieldMapping(Value):
    """
    Where one field of a noun comes from, and how its text is read.

    The text comes from exactly one of `column`, `constant`, `template` and `first`. It is stripped, then `blanks`,
    `sentinels` and `when` may make it blank, `values` translates it, `default` stands in for a blank one, and last it
    is read as the type of its field.

    >>> FieldMapping(column="deal_stage", values={"Won": "won", "Lost": "lost", "*": "open"}).values["Won"]
    'won'
    """

    column: str | None = field(default=None, validator=optional(is_text))
    """Column, of the row or, as in `products.price`, of a join."""
    constant: str | None = field(default=None, validator=optional(is_str))
    """The same text for every row."""
    template: str | None = field(default=None, validator=optional(is_text))
    """Text composed of columns, as in `touch-{deal_id}`; blank when one of them is blank."""
    first: tuple[FieldMapping, ...] = field(default=(), converter=_to_first, validator=_is_first)
    """Sources tried in turn; the first text that is not blank counts."""
    values: FrozenMap[str] = field(factory=FrozenMap, converter=_to_texts, validator=_is_text_map)
    """Text in the file -> text of the field; `*` catches the others, `"*" = "*"` leaves them as they are."""
    when: Condition | None = field(default=None, validator=optional(is_a(Condition)))
    """Blank unless this holds."""
    blanks: tuple[str, ...] | None = field(default=None, validator=optional(_is_texts))
    """Texts that mean nothing was entered; None takes the mapping's."""
    sentinels: tuple[str, ...] = field(default=(), converter=to_strings, validator=_is_texts)
    """Texts that stand for no value, such as `2050-01-01`; blank too, and reported."""
    default: str | None = field(default=None, validator=optional(is_str))
    """Text taken for a blank one."""
    expected: bool = field(default=False, validator=is_a(bool))
    """Whether a blank is worth reporting; the row is kept."""
    unreadable: str | None = field(default=None, validator=optional(_one_of("drop", "blank")))
    """What a text that cannot be read does: drop the row, or leave the field blank; None goes by the field."""
    formats: tuple[str, ...] = field(default=(), converter=to_strings, validator=_is_formats)
    """How dates are written, tried in turn: `iso`, `epoch_s`, `epoch_ms`, or like `%d/%m/%Y %H:%M`."""
    zone: str | None = field(default=None, validator=optional(is_zone))
    """IANA zone of local times and dates; None takes the mapping's."""
    day: str = field(default="start", validator=_one_of("start", "end"))
    """Which instant of a bare date is meant: its first, or its last microsecond."""
    add_days: int = field(default=0, validator=is_a(int))
    """Days added to a date: 1 turns a last day into the first day after."""
    currency: str | None = field(default=None, validator=optional(_is_currency))
    """Currency of an amount, where no column says it; None takes the mapping's."""
    currency_column: str | None = field(default=None, validator=optional(is_text))
    """Column with the currency of an amount."""
    decimal: str | None = field(default=None, validator=optional(_is_separator))
    """Decimal separator; None takes the mapping's."""
    thousands: str | None = field(default=None, validator=optional(_is_separator))
    """Thousands separator; None takes the mapping's."""
    symbols: tuple[str, ...] = field(default=(), converter=to_strings, validator=tuple_of(str))
    """Signs around a number that are taken off, such as `R$`."""
    percent: bool = field(default=False, validator=is_a(bool))
    """Whether a share is written in percent: 15 is then 0.15."""
    rounding: str | None = field(default=None, validator=optional(_one_of(*Rounding)))
    """How an amount with more decimals than its currency is rounded; None refuses it."""
    separator: str = field(default=";", validator=is_text)
    """What stands between the members of a list."""
    type: str = field(default="text", validator=_one_of("text", "whole", "flag"))
    """How a `custom` value is kept."""
    id: str = field(default="plain", validator=_one_of("plain", "salesforce"))
    """How an id is made equal: `salesforce` completes 15 characters to 18 and mends the case."""

    def __attrs_post_init__(self) -> None:
        given = [name for name in ("column", "constant", "template", "first") if getattr(self, name) not in (None, ())]
        if len(given) != 1:
            raise InvalidValue(
                "FieldMapping", "given exactly one of column, constant, template and first", ", ".join(given)
            )
        if self.decimal is not None and self.decimal == self.thousands:
            raise InvalidValue("FieldMapping.thousands", "another character than decimal", self.thousands)


@frozen(kw_only=True)
class Join(Value):
    """
    Columns of another file, found by key: `products.price` once `alias` is `products`.

    At most one row of the other file belongs to a row; where a key repeats, its first row counts and that is reported.

    >>> Join(alias="products", file="products.csv", on={"product": "code"}).reported
    True
    """

    alias: str = field(validator=is_text)
    """Name before the point in column names."""
    file: str = field(validator=is_text)
    """The other file."""
    on: FrozenMap[str] = field(converter=_to_texts, validator=_is_text_map)
    """Column of the row -> column of the other file; all must be equal."""
    follow: str | None = field(default=None, validator=optional(is_text))
    """Column of the other file that leads on to another of its rows, until there is none: merges of merges."""
    reported: bool = field(default=True, validator=is_a(bool))
    """Whether a key without a row there is worth reporting; the row is kept."""

    def __attrs_post_init__(self) -> None:
        if not self.on or "" in self.on:
            raise InvalidValue("Join.on", "at least one pair of columns", dict(self.on))
        if self.follow is not None and len(self.on) != 1:
            raise InvalidValue("Join.follow", "used with exactly one pair of columns in on", self.follow)


@frozen(kw_only=True)
class Check(Value):
    """
    What a column that becomes no field has to say; a row that breaks it is reported and kept.

    >>> Check(column="probability", low=0, high=100).high
    Decimal('100')
    """

    column: str = field(validator=is_text)
    """Column looked at; a blank cell passes."""
    low: Decimal | None = field(default=None, converter=_to_bound, validator=optional(is_a(Decimal)))
    """Least number."""
    high: Decimal | None = field(default=None, converter=_to_bound, validator=optional(is_a(Decimal)))
    """Greatest number."""
    sentinels: tuple[str, ...] = field(default=(), converter=to_strings, validator=_is_texts)
    """Texts that stand for no value and are worth a line in the report."""
    because: str = field(default="", validator=is_str)
    """Why, in words: issues quote it."""


def _to_joins(values: Iterable[Join]) -> tuple[Join, ...]:
    return to_tuple(values)


def _to_conditions(values: Iterable[Condition]) -> tuple[Condition, ...]:
    return to_tuple(values)


def _to_checks(values: Iterable[Check]) -> tuple[Check, ...]:
    return to_tuple(values)


def _to_fields(items: Mapping[str, FieldMapping]) -> FrozenMap[FieldMapping]:
    return to_map(items)


def _is_fields(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    _is_map_of(FieldMapping, instance, attribute, value)


@frozen(kw_only=True)
class TableMapping(Value):
    """
    How the rows of one file become nouns of one collection.

    >>> TableMapping(file="a.csv", into="accounts", fields={"id": FieldMapping(column="account")}).skip
    ()
    """

    file: str = field(validator=is_text)
    """Name of the file, or of the table where rows come from elsewhere."""
    into: str = field(validator=is_text)
    """Collection of a `Dataset`, or `stage_changes`, `opportunity_lines`, `withholdings`, `commitments`."""
    fields: FrozenMap[FieldMapping] = field(converter=_to_fields, validator=_is_fields)
    """Field of the noun -> where it comes from; `custom.sector` and `period.start` reach inside a field."""
    joins: tuple[Join, ...] = field(default=(), converter=_to_joins, validator=tuple_of(Join))
    """Other files whose columns may be used."""
    skip: tuple[Condition, ...] = field(default=(), converter=_to_conditions, validator=tuple_of(Condition))
    """Rows left out on purpose: those for which one of these holds."""
    checks: tuple[Check, ...] = field(default=(), converter=_to_checks, validator=tuple_of(Check))
    """Columns looked at without becoming a field."""


def _to_tables(items: Mapping[str, TableMapping]) -> tuple[tuple[str, TableMapping], ...]:
    return tuple(items.items()) if isinstance(items, Mapping) else to_tuple(items)


def _is_tables(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    pairs: Any = value if _members(tuple, value) else (value,)
    for pair in pairs:
        if not _members(object, pair) or [type(one) for one in pair] != [str, TableMapping]:
            raise InvalidValue(place(instance, attribute), "a mapping of names to TableMapping", pair)


@frozen(kw_only=True)
class ImportMapping(Value):
    """
    How the files of one export become a `Dataset`.

    >>> accounts = TableMapping(file="a.csv", into="accounts", fields={"id": FieldMapping(column="account")})
    >>> ImportMapping(system="crm", tables={"accounts": accounts}).files
    ('a.csv',)
    """

    system: str = field(validator=is_text)
    """Name of the system that the rows come from; every noun's `source` says it."""
    tables: tuple[tuple[str, TableMapping], ...] = field(converter=_to_tables, validator=_is_tables)
    """Name -> table, in the order in which they are read; the names stand in paths of issues."""
    currency: str | None = field(default=None, validator=optional(_is_currency))
    """Currency of amounts that say none."""
    zone: str | None = field(default=None, validator=optional(is_zone))
    """IANA zone of times and dates that say none; without it they are refused."""
    formats: tuple[str, ...] = field(default=("iso",), converter=to_strings, validator=_is_formats)
    """How dates are written, tried in turn."""
    decimal: str = field(default=".", validator=_is_separator)
    """Decimal separator."""
    thousands: str | None = field(default=None, validator=optional(_is_separator))
    """Thousands separator; None refuses one."""
    blanks: tuple[str, ...] = field(default=(), converter=to_strings, validator=_is_texts)
    """Texts that mean nothing was entered, beside the empty one."""
    delimiter: str = field(default=",", validator=_is_separator)
    """What stands between the cells of a CSV file."""
    encoding: str = field(default="utf-8-sig", validator=is_text)
    """Encoding of the files."""

    def __attrs_post_init__(self) -> None:
        if self.decimal == self.thousands:
            raise InvalidValue("ImportMapping.thousands", "another character than decimal", self.thousands)
        try:
            "".encode(self.encoding)
        except (LookupError, ValueError):
            raise UnknownName("encoding", self.encoding, ("utf-8-sig", "utf-8", "cp1252", "latin-1")) from None

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that is read, each once, in the order of its first use."""
        names = [name for _, table in self.tables for name in (table.file, *(join.file for join in table.joins))]
        return tuple(dict.fromkeys(names))
