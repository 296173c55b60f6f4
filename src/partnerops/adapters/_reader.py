"""Mapping files: TOML text into a mapping, every fault at once and each with its path."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, Final, TypeGuard, cast

import attrs
from attrs import define, field

from partnerops.adapters._field import Condition, FieldMapping
from partnerops.adapters._mapping import Check, ImportMapping, Join, TableMapping
from partnerops.dataset import Fault
from partnerops.exceptions import InvalidMapping, InvalidValue, PartnerOpsError, UnknownName, near_misses

SCHEMA_VERSION: Final = 1
"""Version of the mapping's own format."""
_LARGEST: Final = 1_000_000
"""Characters of the largest mapping that is read."""
_INSIDE: Final = ("shares", "period")
"""Fields that a mapping may reach into, beside `custom`, into which it always does."""
_SOURCES: Final = frozenset({"column", "constant", "template", "first"})
"""Settings of which a field has one."""


def read_mapping(path: str | Path) -> ImportMapping:
    """
    The mapping of a TOML file; see `parse_mapping`.

    Raises:
        InvalidMapping: The file cannot be read, or holds no mapping.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InvalidMapping((_fault("$", "unreadable", f"{path}: {error}", "name a TOML file in UTF-8"),)) from None
    return parse_mapping(text)


def parse_mapping(text: str) -> ImportMapping:
    """
    The mapping that TOML text describes.

    At the top stand the settings of an `ImportMapping`; every table beside them is a `TableMapping`, whose collection
    is its own name unless `into` says otherwise. A field is a column name, or a table with the settings of a
    `FieldMapping`; `in` stands for `one_of`. Field and column names are checked when rows are read, not here.

    Raises:
        InvalidMapping: Carrying every fault of the text, each with its path.

    >>> mapping = parse_mapping('''
    ... system = "crm"
    ... currency = "BRL"
    ... [accounts]
    ... file = "contas.csv"
    ... fields = { id = "codigo", name = "nome", "custom.sector" = { column = "setor", values = { TI = "it" } } }
    ... ''')
    >>> dict(mapping.tables)["accounts"].fields["name"].column
    'nome'
    """
    if not isinstance(text, str) or len(text) > _LARGEST:
        raise InvalidMapping((_fault("$", "unreadable", "this is no text of at most 1 MB", "give a mapping"),))
    try:
        # Numbers stay as they were written: a constant 0.10 is a text for its field to read.
        document = tomllib.loads(text, parse_float=str)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise InvalidMapping((_fault("$", "syntax", f"this is no TOML: {error}", "mend the line"),)) from None
    except RecursionError:
        raise InvalidMapping((_fault("$", "syntax", "the tables are nested too deep", "flatten them"),)) from None
    reading = _Reading()
    mapping = reading.mapping(document)
    if reading.faults or mapping is None:
        raise InvalidMapping(tuple(reading.faults))
    return mapping


def _fault(path: str, code: str, problem: str, remedy: str) -> Fault:
    return Fault(path=path, code=code, problem=problem, remedy=remedy)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_table(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


_RENAMED: Final[Mapping[str, str]] = {"in": "one_of"}
"""Key in a file -> name in Python, where the key is no name there."""


@define
class _Reading:
    """One document being read: what was wrong so far."""

    faults: list[Fault] = field(factory=list[Fault])
    """Every fault, in the order of the document."""

    def mapping(self, document: dict[str, Any]) -> ImportMapping | None:
        # A table may have any name but that of a setting: `currency = "BRL"` must never pass for an empty table.
        settings = {a.name for a in attrs.fields(ImportMapping)} - {"tables"}
        tables = {name: value for name, value in document.items() if name not in settings and _is_table(value)}
        rest = {name: value for name, value in document.items() if name not in tables}
        version = rest.pop("schema_version", SCHEMA_VERSION)
        if version != SCHEMA_VERSION or isinstance(version, bool):
            self._say("$.schema_version", "version", f"{version!r} is no version this release reads", "write 1")
        if not tables:
            self._say("$", "missing", "there is no table that names a file", "add one, such as [accounts]")
        made = {name: self._table(name, value) for name, value in tables.items()}
        known = [(name, table) for name, table in made.items() if table is not None]
        return cast("ImportMapping | None", self._make(ImportMapping, "$", rest, {"tables": known}))

    def _table(self, name: str, table: dict[str, Any]) -> TableMapping | None:
        path = f"$.{name}"
        fields = table.get("fields", {})
        lists: dict[str, type[Any]] = {"joins": Join, "skip": Condition, "checks": Check}
        made: dict[str, Any] = {
            key: self._list(kind, f"{path}.{key}", table[key]) for key, kind in lists.items() if key in table
        }
        made["fields"] = self._fields(f"{path}.fields", fields)
        # The name of a table is its collection unless it says otherwise: most exports have one file of each kind.
        rest = {key: value for key, value in table.items() if key not in made}
        rest.setdefault("into", name)
        return cast("TableMapping | None", self._make(TableMapping, path, rest, made))

    def _fields(self, path: str, fields: object) -> dict[str, FieldMapping]:
        if not _is_table(fields) or not fields:
            self._say(path, "missing", "there are no fields", 'add some, such as id = "<column>"')
            return {}
        made: dict[str, FieldMapping] = {}
        for name, spec in fields.items():
            # `custom` holds fields; others do so unless the table says where the field as a whole comes from.
            if _is_table(spec) and (name == "custom" or (name in _INSIDE and not _SOURCES & set(spec))):
                found = {f"{name}.{key}": self._field(f"{path}.{name}.{key}", one) for key, one in spec.items()}
            else:
                found = {name: self._field(f"{path}.{name}", spec)}
            made |= {key: one for key, one in found.items() if one is not None}
        return made

    def _field(self, path: str, spec: object) -> FieldMapping | None:
        # The short form: nearly every field is a column as it stands.
        if isinstance(spec, str):
            spec = {"column": spec}
        if not _is_table(spec):
            self._say(path, "type", f"{spec!r} is neither a column name nor a table", 'write "<column>"')
            return None
        made: dict[str, Any] = {}
        if "first" in spec:
            first: object = spec["first"]
            given = first if _is_list(first) else [first]  # one alternative, written without the brackets
            found = [self._field(f"{path}.first[{n}]", one) for n, one in enumerate(given)]
            made["first"] = [one for one in found if one is not None]
        if "when" in spec:
            made["when"] = self._one(Condition, f"{path}.when", spec["when"])
        rest = {key: value for key, value in spec.items() if key not in made}
        return cast("FieldMapping | None", self._make(FieldMapping, path, rest, made))

    def _list(self, kind: type[Any], path: str, value: object) -> list[Any]:
        if not _is_list(value):
            self._say(path, "type", "is not a list of tables", "write [[...]] or [{...}]")
            return []
        found = [self._one(kind, f"{path}[{n}]", one) for n, one in enumerate(value)]
        return [one for one in found if one is not None]

    def _one(self, kind: type[Any], path: str, value: object) -> Any:
        if not _is_table(value):
            self._say(path, "type", f"{value!r} is not a table", "write { column = ... }")
            return None
        made: dict[str, Any] = {}
        if kind is Join and "where" in value:
            made["where"] = self._one(Condition, f"{path}.where", value["where"])
        return self._make(kind, path, {key: one for key, one in value.items() if key not in made}, made)

    def _make(self, kind: type[Any], path: str, plain: dict[str, Any], made: dict[str, Any]) -> Any:
        """A value of the house from the plain settings of one table, or None with every fault of it said."""
        known = {a.name: a for a in attrs.fields(kind)}
        values: dict[str, Any] = dict(made)
        before = len(self.faults)
        for key, value in plain.items():
            name = _RENAMED.get(key, key)
            if name not in known or name in made:
                # Near misses as the file would write them: `in`, not `one_of`.
                names = [one for one in known if one not in _RENAMED.values()] + [
                    short for short, long in _RENAMED.items() if long in known
                ]
                self._say(
                    f"{path}.{key}", "unknown_key", f"there is no such setting{near_misses(key, names)}", "mend it"
                )
                continue
            values[name] = value if name in _TYPED and isinstance(value, int) else _plain(value)
        for name, attribute in known.items():
            if attribute.default is attrs.NOTHING and name not in values:
                self._say(f"{path}.{name}", "missing", "is missing", f'add {name} = "..."')
        # With a part missing the value would only repeat, less clearly, what has been said.
        if len(self.faults) > before:
            return None
        try:
            return kind(**values)
        except PartnerOpsError as error:
            self._refused(path, error)
            return None

    def _refused(self, path: str, error: PartnerOpsError) -> None:
        if isinstance(error, InvalidValue):
            name = error.place.partition(".")[2]
            where = f"{path}.{name}" if name else path
            self._say(where, "invalid", f"{error.value!r} must be {error.rule}", "mend it")
        else:
            self._say(path, "invalid", str(error), "mend it" if isinstance(error, UnknownName) else "")

    def _say(self, path: str, code: str, problem: str, remedy: str) -> None:
        self.faults.append(_fault(path, code, problem, remedy))


_TYPED: Final = frozenset({"add_days", "blank", "expected", "percent", "reported"})
"""Settings that are numbers, or true and false; all others are text, lists and tables of text."""


def _plain(value: object) -> Any:
    """A setting as its value takes it: numbers and dates as text, lists as tuples, all the way down."""
    if _is_list(value):
        return tuple(_plain(one) for one in value)
    if _is_table(value):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date | time) else str(value)
