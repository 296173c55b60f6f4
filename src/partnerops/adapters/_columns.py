"""Cells by column name: of the row itself, or of a joined row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    return isinstance(row, Mapping) and None not in row


@define
class Header:
    """The columns of a file: those of its first row, and any that another row has beside them."""

    rows: list[Row]
    """The rows looked at; rows of an API may leave out what they have no value for."""

    @staticmethod
    def of(rows: list[Any]) -> Header | None:
        """The columns of rows; None where there is no whole row."""
        whole = [row for row in rows if is_whole(row)]
        return Header(whole) if whole else None

    def __contains__(self, name: str) -> bool:
        return name in self.rows[0] or any(name in row for row in self.rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows[0])


@define
class Columns:
    """The columns that one table may name, and the names it got wrong."""

    file: str
    """File of the table."""
    header: Header | None
    """Columns of its rows; None while nobody knows, since there is no row."""
    joins: dict[str, tuple[int, str, Header | None]] = field(factory=dict[str, Any])
    """Alias -> place among the joins, file, columns."""
    issues: list[ImportIssue] = field(factory=list[ImportIssue])
    """Columns that are not there."""

    def cell(self, name: str) -> Cell:
        """A reader of the column of that name; of one that is not there, every cell is blank."""
        alias, point, rest = name.partition(".")
        if point and alias in self.joins and not (self.header and name in self.header):
            place, file, header = self.joins[alias]
            self._check(rest, file, header)
            return _of_join(place, rest)
        self._check(name, self.file, self.header)
        return _of_row(name)

    def _check(self, name: str, file: str, header: Header | None) -> None:
        if header is not None and name not in header:
            self.issues.append(missing_column(file, name, header))


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
