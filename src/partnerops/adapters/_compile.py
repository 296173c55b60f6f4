"""From a field's mapping to a function that reads it off a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from attrs import frozen

from partnerops._attrs import Value
from partnerops.adapters import _cells, _moments
from partnerops.adapters._columns import Cell, Columns, Joined, Row
from partnerops.adapters._fault import Unreadable
from partnerops.adapters._field import Condition, FieldMapping
from partnerops.adapters._mapping import ImportMapping
from partnerops.adapters._settings import OTHERWISE, PIECE
from partnerops.adapters._targets import TargetField
from partnerops.exceptions import near_misses

Note: TypeAlias = tuple[str, str, str | None, str, str]
"""Field, code, text, problem, remedy: an issue of the row in the making."""
Read: TypeAlias = Callable[[Row, Joined, list[Note]], Any]
"""A reader of one field: its value, None for a blank; it may add notes, or raise `Unreadable`."""
Convert: TypeAlias = Callable[[str, Row, Joined], Any]
"""The value of a text; it sees the row too, since an amount may have its currency in another column."""
_REMEMBERED: Final = 4096
"""Texts of one column whose values are kept: dates and prices recur, and one value can stand in many nouns."""


@frozen(kw_only=True)
class FieldReader(Value):
    """One field of a table, ready to be read."""

    name: str
    """Name of the field; with a point, of something inside it."""
    text: Cell
    """Its text, as far as it can be told without reading it."""
    read: Read | None
    """Its value; None where that is the text as it stands."""
    drops: bool
    """Whether an unreadable text drops the row."""
    required: bool
    """Whether a noun needs it."""
    place: tuple[str, str] | None
    """For a name like `custom.sector`, the field and the key within it."""

    def value(self, row: Row, joined: Joined, notes: list[Note]) -> Any:
        """Its value for a row, None for a blank."""
        return (self.text(row, joined) or None) if self.read is None else self.read(row, joined, notes)


def condition(spec: Condition, columns: Columns) -> Callable[[Row, Joined], bool]:
    """Whether the condition holds for a row."""
    cell = columns.cell(spec.column)
    one_of, not_in, blank = frozenset(spec.one_of), frozenset(spec.not_in), spec.blank

    def holds(row: Row, joined: Joined) -> bool:
        text = cell(row, joined)
        return (
            (not one_of or text in one_of)
            and (not not_in or text not in not_in)
            and (blank is None or blank is (text == ""))
        )

    return holds


def field_reader(
    name: str, spec: FieldMapping, field: TargetField, mapping: ImportMapping, columns: Columns
) -> FieldReader:
    """The reader of one field."""
    text = _text(spec, mapping, columns)
    # A required field cannot be left out, whatever the mapping would rather have.
    drops = field.required or (spec.unreadable or ("blank" if field.droppable else "drop")) == "drop"
    # Conditions of other fields see what this one will be made of, the default too.
    columns.fields[name] = _with_default(spec, text)
    read = _read(name, spec, text, field=field, mapping=mapping, columns=columns)
    head, point, rest = name.partition(".")
    place = (head, rest) if point else None
    return FieldReader(name=name, text=text, read=read, drops=drops, required=field.required, place=place)


def looks_at_fields(spec: FieldMapping) -> bool:
    """Whether it asks what another field says, which then has to be compiled and read before it."""
    own = spec.when is not None and spec.when.column.startswith("field.")
    return own or any(looks_at_fields(one) for one in spec.first)


def _read(
    name: str, spec: FieldMapping, text: Cell, *, field: TargetField, mapping: ImportMapping, columns: Columns
) -> Read | None:
    # A field with a decimal comma of its own cannot also have the comma of the mapping between thousands.
    decimal = spec.decimal or mapping.decimal
    number = _cells.numbers(decimal, spec.thousands or _thousands(decimal, mapping), spec.symbols)
    watched = spec.sentinels or spec.expected or spec.default is not None
    if field.kind in ("money", "goal"):
        amounts = _amounts(spec, field, number, columns, mapping.currency)
        return _watched(name, spec, text, amounts) if watched else _plain(text, amounts)
    convert = _scalar(spec, field.kind, mapping, number)
    if watched:
        return _watched(name, spec, text, lambda found, row, joined: convert(found))  # noqa: ARG005 - one signature
    return None if convert is str else _alone(text, convert)


def _alone(text: Cell, convert: Callable[[str], Any]) -> Read:
    def read(row: Row, joined: Joined, notes: list[Note]) -> Any:  # noqa: ARG001 - one signature for all fields
        found = text(row, joined)
        return convert(found) if found else None

    return read


def _plain(text: Cell, convert: Convert) -> Read:
    def read(row: Row, joined: Joined, notes: list[Note]) -> Any:  # noqa: ARG001 - one signature for all fields
        found = text(row, joined)
        return convert(found, row, joined) if found else None

    return read


def _watched(name: str, spec: FieldMapping, text: Cell, convert: Convert) -> Read:
    """A reader that tells of blanks and sentinels, and may put a default in their place."""
    sentinels, default = frozenset(spec.sentinels), spec.default
    instead = "" if default is None else f", taken as {default!r}"
    where = f" in column {spec.column}" if spec.column else ""

    def read(row: Row, joined: Joined, notes: list[Note]) -> Any:
        found = text(row, joined)
        if found in sentinels:
            notes.append((name, "sentinel", found, f"stands for no value{instead}", ""))
            found = ""
        elif not found and spec.expected:
            notes.append((name, "blank", None, f"blank{where}{instead}", "fill it in where it is known"))
        if not found and default is not None:
            found = default
        return convert(found, row, joined) if found else None

    return read


# --- the text of a field ----------------------------------------------------------------------------------------------


def _text(spec: FieldMapping, mapping: ImportMapping, columns: Columns) -> Cell:
    """The stages of a text, only those that the mapping asks for: source, blanks, when, values."""
    blanks = frozenset(mapping.blanks if spec.blanks is None else spec.blanks) - {""}
    text = _source(spec, mapping, columns, blanks)
    # What a constant says was written by whoever wrote the mapping, and is meant.
    if blanks and spec.constant is None:
        text = _blanking(text, blanks)
    if spec.when is not None:
        text = _conditional(text, condition(spec.when, columns))
    if spec.values:
        text = _translated(text, spec.values)
    return text


def _source(spec: FieldMapping, mapping: ImportMapping, columns: Columns, blanks: frozenset[str]) -> Cell:
    if spec.column is not None:
        return columns.cell(spec.column)
    if spec.constant is not None:
        constant = spec.constant.strip()
        return lambda row, joined: constant  # noqa: ARG005 - one signature for all cells
    if spec.template is not None:
        return _composed(spec.template, columns, blanks)
    return _first(_alternatives(spec.first, mapping, columns))


def _alternatives(specs: Sequence[FieldMapping], mapping: ImportMapping, columns: Columns) -> list[Cell]:
    """The sources to try in turn; where one of their columns is there, it is no fault that others are not."""
    late, issues = set(columns.late), len(columns.issues)
    texts: list[Cell] = []
    found = False
    for spec in specs:
        before = len(columns.issues)
        texts.append(_with_default(spec, _text(spec, mapping, columns)))
        found |= spec.column is not None and spec.column not in columns.late and len(columns.issues) == before
    if found:
        columns.late = late
        del columns.issues[issues:]
    return texts


def _with_default(spec: FieldMapping, text: Cell) -> Cell:
    if spec.default is None:
        return text
    default = spec.default
    return lambda row, joined: text(row, joined) or default


def _composed(template: str, columns: Columns, blanks: frozenset[str]) -> Cell:
    # Literal texts stand at even places, column names at odd ones.
    pieces = PIECE.split(template)
    template = "%s".join(literal.replace("%", "%%") for literal in pieces[::2])
    cells = [_blanking(columns.cell(name), blanks) for name in pieces[1::2]]

    def composed(row: Row, joined: Joined) -> str:
        found = [cell(row, joined) for cell in cells]
        return template % tuple(found) if all(found) else ""

    return composed


def _first(texts: list[Cell]) -> Cell:
    def first(row: Row, joined: Joined) -> str:
        for text in texts:
            found = text(row, joined)
            if found:
                return found
        return ""

    return first


def _blanking(text: Cell, blanks: frozenset[str]) -> Cell:
    def blanking(row: Row, joined: Joined) -> str:
        found = text(row, joined)
        return "" if found in blanks else found

    return blanking


def _conditional(text: Cell, holds: Callable[[Row, Joined], bool]) -> Cell:
    return lambda row, joined: text(row, joined) if holds(row, joined) else ""


def _translated(text: Cell, values: Mapping[str, str]) -> Cell:
    table = dict(values)
    other = table.pop(OTHERWISE, None)

    def translated(row: Row, joined: Joined) -> str:
        found = text(row, joined)
        known = table.get(found)
        if known is not None or not found:
            return known or ""
        if other is None:
            hint = near_misses(found, table)
            raise Unreadable(
                "unknown_value", f"is not among the values of the mapping{hint}", "add it to `values`", text=found
            )
        return found if other == OTHERWISE else other

    return translated


# --- the value of a text ----------------------------------------------------------------------------------------------


def _amounts(
    spec: FieldMapping, field: TargetField, number: Callable[[str], str], columns: Columns, fallback: str | None
) -> Convert:
    if field.kind == "money":
        return _amount(spec, number, columns, fallback)
    # A goal counts or is money: only a currency of its own makes it an amount.
    amount, count = _amount(spec, number, columns, None), _cells.decimal_number(number)
    cell = columns.cell(spec.currency_column) if spec.currency_column else None
    return lambda text, row, joined: (
        amount(text, row, joined) if spec.currency or (cell and cell(row, joined)) else count(text)
    )


def _thousands(decimal: str, mapping: ImportMapping) -> str | None:
    return None if mapping.thousands == decimal else mapping.thousands


def _amount(spec: FieldMapping, number: Callable[[str], str], columns: Columns, fallback: str | None) -> Convert:
    read = lru_cache(_REMEMBERED)(_cells.money(number, spec.rounding))
    constant = spec.currency or fallback
    cell = columns.cell(spec.currency_column) if spec.currency_column else None

    def amount(text: str, row: Row, joined: Joined) -> Any:
        currency = (cell(row, joined) if cell else "") or constant
        if not currency:
            raise Unreadable("no_currency", "has no currency", "name one in `currency` or `currency_column`")
        return read(text, currency)

    return amount


def _scalar(
    spec: FieldMapping, kind: str, mapping: ImportMapping, number: Callable[[str], str]
) -> Callable[[str], Any]:
    formats, zone = spec.formats or mapping.formats, spec.zone or mapping.zone
    if kind == "custom":
        kind = spec.type
    readers: dict[str, Callable[[], Callable[[str], Any]]] = {
        "instant": lambda: _moments.instants(formats, zone, spec.day),
        "date": lambda: _moments.days(formats, zone, spec.add_days),
        "decimal": lambda: _cells.decimal_number(number),
        "fraction": lambda: _cells.fraction(number, percent=spec.percent),
        "whole": lambda: _cells.whole,
        "flag": lambda: _cells.flag,
        "period": lambda: _cells.period,
        "texts": lambda: _cells.texts(spec.separator),
        "shares": lambda: _cells.shares(spec.separator, _cells.fraction(number, percent=spec.percent)),
    }
    if kind in readers:
        return lru_cache(_REMEMBERED)(readers[kind]())
    return _cells.salesforce_id if spec.id == "salesforce" else str
