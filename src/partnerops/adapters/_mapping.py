"""A mapping as a value: which column of which file becomes which field of which noun."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Self

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
    to_map,
    to_strings,
    to_tuple,
    tuple_of,
)
from partnerops._zones import is_zone
from partnerops.adapters._field import Condition, FieldMapping
from partnerops.adapters._settings import (
    all_of,
    is_currency,
    is_formats,
    is_map_of,
    is_separator,
    is_text_map,
    is_texts,
    to_bound,
    to_texts,
)
from partnerops.exceptions import InvalidValue, UnknownName


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
    on: FrozenMap[str] = field(converter=to_texts, validator=is_text_map)
    """Column of the row -> column of the other file; all must be equal."""
    follow: str | None = field(default=None, validator=optional(is_text))
    """Column of the other file that leads on to another of its rows, until there is none: merges of merges."""
    where: Condition | None = field(default=None, validator=optional(is_a(Condition)))
    """Which rows of the other file count; None counts all."""
    reported: bool = field(default=True, validator=is_a(bool))
    """Whether a key without a row there is worth reporting; the row is kept."""

    def __attrs_post_init__(self) -> None:
        if not self.on or "" in self.on:
            raise InvalidValue("Join.on", "at least one pair of columns", dict(self.on))
        # The value that leads on is one key; a key of two columns could not be followed with it.
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
    low: Decimal | None = field(default=None, converter=to_bound, validator=optional(is_a(Decimal)))
    """Least number."""
    high: Decimal | None = field(default=None, converter=to_bound, validator=optional(is_a(Decimal)))
    """Greatest number."""
    sentinels: tuple[str, ...] = field(default=(), converter=to_strings, validator=is_texts)
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
    is_map_of(FieldMapping, instance, attribute, value)


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

    def __attrs_post_init__(self) -> None:
        # `field.` is taken: conditions ask with it for what another field will be made of.
        aliases = ["field", *(join.alias for join in self.joins)]
        for alias in aliases:
            if aliases.count(alias) > 1:
                raise InvalidValue("TableMapping.joins", "joins of different aliases, none of them `field`", alias)


def _to_tables(items: Mapping[str, TableMapping]) -> tuple[tuple[str, TableMapping], ...]:
    return tuple(items.items()) if isinstance(items, Mapping) else to_tuple(items)


def _is_tables(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    # Pairs and not a mapping: the order of the tables is that of reading, and of the report.
    pairs: Any = value if all_of(tuple, value) else (value,)
    for pair in pairs:
        if not all_of(object, pair) or [type(one) for one in pair] != [str, TableMapping]:
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
    currency: str | None = field(default=None, validator=optional(is_currency))
    """Currency of amounts that say none."""
    zone: str | None = field(default=None, validator=optional(is_zone))
    """IANA zone of times and dates that say none; without it they are refused."""
    formats: tuple[str, ...] = field(default=("iso",), converter=to_strings, validator=is_formats)
    """How dates are written, tried in turn."""
    decimal: str = field(default=".", validator=is_separator)
    """Decimal separator."""
    thousands: str | None = field(default=None, validator=optional(is_separator))
    """Thousands separator; None refuses one."""
    blanks: tuple[str, ...] = field(default=(), converter=to_strings, validator=is_texts)
    """Texts that mean nothing was entered, beside the empty one."""
    delimiter: str = field(default=",", validator=is_separator)
    """What stands between the cells of a CSV file."""
    encoding: str = field(default="utf-8-sig", validator=is_text)
    """Encoding of the files."""

    def __attrs_post_init__(self) -> None:
        if self.decimal == self.thousands:
            raise InvalidValue("ImportMapping.thousands", "another character than decimal", self.thousands)
        # Only here is it known what a field inherits: 1.234 would be a thousand, and 1.23 less than two.
        for name, table in self.tables:
            for field_name, one in table.fields.items():
                if one.thousands is not None and one.thousands == (one.decimal or self.decimal):
                    where = f"ImportMapping.{name}.fields.{field_name}.thousands"
                    raise InvalidValue(where, "another character than the mapping's decimal", one.thousands)
        # Asked now: an encoding that is not there would else look like a file that cannot be read.
        try:
            "".encode(self.encoding)
        except (LookupError, ValueError):
            raise UnknownName("encoding", self.encoding, ("utf-8-sig", "utf-8", "cp1252", "latin-1")) from None

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that is read, each once, in the order of its first use."""
        names = [name for _, table in self.tables for name in (table.file, *(join.file for join in table.joins))]
        return tuple(dict.fromkeys(names))

    def table(self, name: str) -> TableMapping:
        """
        The table of that name.

        Raises:
            UnknownName: There is none; the message names near misses.
        """
        tables = dict(self.tables)
        if name not in tables:
            raise UnknownName("table of the mapping", name, tuple(tables))
        return tables[name]

    def only(self, *names: str) -> Self:
        """
        The mapping of these tables alone, in their own order: for an export that holds no others.

        Raises:
            UnknownName: No table has one of the names.
        """
        for name in names:
            self.table(name)
        return self.replace(tables=[(name, table) for name, table in self.tables if name in names])

    def changed(self, **tables: TableMapping) -> Self:
        """The mapping with these tables in place of those of their names, or after all others."""
        return self.replace(tables={**dict(self.tables), **tables})

    def renamed(self, *, files: Callable[[str], str] = str, columns: Callable[[str, str], str] | None = None) -> Self:
        """
        The same mapping for files and columns of other names.

        *files* gives the new name of a file, *columns* that of a column of a file, both from the names used here.
        """
        from partnerops.adapters._renaming import renamed  # noqa: PLC0415 - it reads this module

        new = columns or _same
        return self.replace(tables=[(name, renamed(table, files, new)) for name, table in self.tables])


def _same(file: str, column: str) -> str:  # noqa: ARG001 - one signature for all renaming
    return column
