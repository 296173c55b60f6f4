"""The rows of an import's files: kept where they are needed twice, passed through where not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from attrs import define

from partnerops.adapters._columns import Row, is_whole
from partnerops.adapters._mapping import ImportMapping
from partnerops.adapters._results import ImportIssue, Severity
from partnerops.exceptions import near_misses


@define
class Sources:
    """The files of a mapping, as far as they are there."""

    tables: dict[str, Iterable[Any]]
    """File -> rows: a list where it is read more than once."""
    firsts: dict[str, Row | None]
    """File -> first whole row, which knows the columns; None where it has none."""

    def rows(self, file: str) -> Iterable[Any]:
        """The rows of a file; none where it is not there."""
        return self.tables.get(file, ())

    def joined(self, file: str) -> list[Row]:
        """The rows of a file that joins look things up in; the place of one that is no whole row stays empty."""
        return [row if is_whole(row) else {} for row in self.rows(file)]


def gather(tables: Mapping[str, Iterable[Any]], mapping: ImportMapping) -> tuple[Sources, list[ImportIssue]]:
    """The files that a mapping reads, and an issue for each that is not there."""
    uses = Counter(name for _, table in mapping.tables for name in (table.file, *(one.file for one in table.joins)))
    found: dict[str, Iterable[Any]] = {}
    firsts: dict[str, Row | None] = {}
    issues: list[ImportIssue] = []
    for file, count in uses.items():
        if file not in tables:
            issues.append(_missing_file(file, tables))
            continue
        # What two tables or a join need is kept; a file that one table reads passes through.
        rows = list(tables[file]) if count > 1 else iter(tables[file])
        # Look at the rows up to the first whole one, and hand them on.
        ahead: list[Any] = []
        for row in rows:
            ahead.append(row)
            if is_whole(row):
                break
        firsts[file] = ahead[-1] if ahead and is_whole(ahead[-1]) else None
        found[file] = rows if isinstance(rows, list) else chain(ahead, rows)
    return Sources(found, firsts), issues


def _missing_file(file: str, tables: Mapping[str, Iterable[Row]]) -> ImportIssue:
    return ImportIssue(
        file=file, code="missing_file", severity=Severity.KEPT,
        problem=f"is not there{near_misses(file, tables)}",
        remedy="export it, or mend the name in the mapping",
    )  # fmt: skip
