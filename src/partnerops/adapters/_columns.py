"""Cells by column name: of the row itself, or of a joined row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from attrs import define, field

from partnerops.adapters._fault import Unreadable
from partnerops.adapters._results import ImportIssue, Severity
from partnerops.exceptions import near_misses

Row: TypeAlias = Mapping[str, Any]
"""One row, by column: texts, or what a system's API gives."""
Joined: TypeAlias = Sequence[Row | None]
"""The row's partners in other files, one per join; None where there is none."""
Cell: TypeAlias = Callable[[Row, Joined], str]
"""A reader of one cell: its text without blanks around it, empty when blank."""


def as_text(value: object) -> str:
    """A cell that is no text yet, as text: an API's numbers, booleans, dates and nulls."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() < 1000:
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() and abs(value.adjusted()) < 400 else str(value)
    if isinstance(value, date):
        return value.isoformat()
    remedy = "parse numbers with parse_float=Decimal" if isinstance(value, float) else "give the cell as text"
    raise Unreadable("not_text", f"is a {type(value).__name__}, not a text", remedy)


def is_whole(row: Any) -> bool:
    """Whether it is a row of named cells; what a reader could not make one of stands under None."""
    # Asked of every row, and asking the abstract class is slow: most rows are plain dicts.
    return (row.__class__ is dict or isinstance(row, Mapping)) and None not in row


@define
class Columns:
    """The columns that one table may name, and the names that nobody has seen yet."""

    file: str
    """File of the table."""
    first: Row | None
    """Its first whole row; None where it has none."""
    joins: dict[str, tuple[int, str, Sequence[Row]]] = field(factory=dict[str, Any])
    """Alias -> place among the joins, file, rows."""
    fields: dict[str, Cell] = field(factory=dict[str, Cell])
    """Texts of fields that conditions may ask for as `field.<name>`: those that ask for none themselves."""
    issues: list[ImportIssue] = field(factory=list[ImportIssue])
    """Columns that joined files do not have."""
    late: set[str] = field(factory=set[str])
    """Columns that the first row does not have: rows of an API may leave out what they have no value for."""

    def cell(self, name: str) -> Cell:
        """A reader of the column of that name; of one that is not there, every cell is blank."""
        alias, point, rest = name.partition(".")
        # A column that is really called so comes first, points in its name or not.
        if self.first and name in self.first:
            return _of_row(name)
        if alias == "field" and rest in self.fields:
            return self.fields[rest]
        if point and alias in self.joins:
            place, file, rows = self.joins[alias]
            if rows and not any(rest in row for row in rows):
                self.issues.append(missing_column(file, rest, rows[0]))
            return _of_join(place, rest)
        if self.first is not None:
            self.late.add(name)
        return _of_row(name)

    def missing(self) -> list[ImportIssue]:
        """The columns that no row had, once all rows were seen."""
        return [missing_column(self.file, name, self.first or ()) for name in sorted(self.late)]


def missing_column(file: str, name: str, header: Iterable[str]) -> ImportIssue:
    """The issue of a column that a file does not have."""
    return ImportIssue(
        file=file, field=name, code="missing_column", value=name, severity=Severity.KEPT,
        problem=f"is no column of this file{near_misses(name, header)}",
        remedy="mend the name in the mapping, or export the column",
    )  # fmt: skip


def _of_row(name: str) -> Cell:
    def cell(row: Row, joined: Joined) -> str:  # noqa: ARG001 - one signature for all cells
        value: Any = row.get(name)
        return value.strip() if value.__class__ is str else as_text(value)

    return cell


def _of_join(place: int, name: str) -> Cell:
    def cell(row: Row, joined: Joined) -> str:  # noqa: ARG001 - one signature for all cells
        found = joined[place]
        return "" if found is None else as_text(found.get(name))

    return cell
