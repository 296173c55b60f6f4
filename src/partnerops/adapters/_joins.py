"""Rows of other files, found by key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field

from partnerops.adapters._columns import Cell, Joined, Row, as_text, missing_column
from partnerops.adapters._compile import Note
from partnerops.adapters._fault import Unreadable
from partnerops.adapters._mapping import Join
from partnerops.adapters._results import ImportIssue, Severity
from partnerops.exceptions import near_misses

Key = tuple[str, ...]


@define
class Index:
    """The rows of the other file of a join, by key."""

    join: Join
    """What is joined."""
    cells: tuple[Cell, ...]
    """Readers of the key, off the row that looks for its partner."""
    rows: dict[Key, Row]
    """Key -> row."""
    quiet: bool
    """Whether a key that is not there goes without saying."""
    hints: dict[Key, str] = field(factory=dict[Key, str])
    """Near misses of keys that are not there."""

    def find(self, row: Row, joined: Joined, notes: list[Note]) -> Row | None:
        """The row's partner; None where it has none, with a note where that is worth reporting."""
        # Nearly every key is of one column, and a list is cheaper than a generator.
        cells = self.cells
        key = (cells[0](row, joined),) if len(cells) == 1 else tuple([cell(row, joined) for cell in cells])
        found = self.rows.get(key)
        if found is None and not self.quiet and all(key):
            # Looked for once a key, and not at all where that would take longer than everything else.
            if key not in self.hints:
                worth = len(self.rows) <= 1000 and len(self.hints) < 100
                self.hints[key] = near_misses(" ".join(key), [" ".join(one) for one in self.rows]) if worth else ""
            columns, theirs = ", ".join(self.join.on), ", ".join(self.join.on.values())
            problem = f"is no {theirs} of {self.join.file}{self.hints[key]}"
            notes.append((columns, "unknown", " ".join(key), problem, "add it there, or mend it here"))
        return found


def index(
    join: Join, cells: Sequence[Cell], table: Sequence[Row], holds: Callable[[Row, Joined], bool] | None
) -> tuple[Index, list[ImportIssue]]:
    """The rows of a join by key, and what was wrong with them; without rows, nothing will be found."""
    asked = join.where.column if join.where else None
    theirs = [*join.on.values(), *(name for name in (join.follow, asked) if name)]
    missing = [name for name in theirs if table and not any(name in row for row in table)]
    issues = [missing_column(join.file, name, {other for row in table for other in row}) for name in missing]
    # Keys are texts as they stand: a join is no place to make 7 and 07 equal.
    rows: dict[Key, Row] = {}
    for number, row in enumerate(table, 1):
        key = _key(row, join)
        if key is None or not all(key) or (holds is not None and not holds(row, ())):
            continue
        if rows.setdefault(key, row) is not row:
            issues.append(_repeated(join, number, key))
    if join.follow is not None:
        rows = _followed(rows, join.follow)
    return Index(join=join, cells=tuple(cells), rows=rows, quiet=not join.reported or not rows), issues


def _key(row: Row, join: Join) -> Key | None:
    try:
        return tuple(as_text(row.get(name)) for name in join.on.values())
    except Unreadable:
        return None


def _repeated(join: Join, number: int, key: Key) -> ImportIssue:
    return ImportIssue(
        file=join.file, row=number, field=", ".join(join.on.values()), code="repeated_key", value=" ".join(key),
        problem="occurs before; the first row counts", remedy="keep one of the rows", severity=Severity.KEPT,
    )  # fmt: skip


def _followed(rows: dict[Key, Row], follow: str) -> dict[Key, Row]:
    """The same keys, each with the last row that it leads to; a circle ends where it closes."""
    ends: dict[Key, Row] = {}
    for key, row in rows.items():
        seen, last = {key}, row
        onward = _onward(last, follow)
        while onward in rows and onward not in seen:
            seen.add(onward)
            last = rows[onward]
            onward = _onward(last, follow)
        ends[key] = last
    return ends


def _onward(row: Row, follow: str) -> Key:
    try:
        return (as_text(row.get(follow)),)
    except Unreadable:
        return ("",)
