"""The rows of an import's files: kept where they are needed twice, passed through where not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any

from attrs import define

from partnerops.adapters._columns import Header, Row
from partnerops.adapters._mapping import ImportMapping
from partnerops.adapters._results import ImportIssue, Severity
from partnerops.exceptions import near_misses


@define
class Sources:
    """The files of a mapping, as far as they are there."""

    tables: dict[str, Iterable[Any]]
    """File -> rows: a list where it is read more than once."""
    headers: dict[str, Header | None]
    """File -> columns; None where it has no row."""

    def header(self, file: str) -> Header | None:
        """The columns of a file; None where nobody can tell."""
        return self.headers.get(file)

    def table(self, file: str) -> Any:
        """The rows of a file; None where it is not there."""
        return self.tables.get(file)


def gather(tables: Mapping[str, Iterable[Any]], mapping: ImportMapping) -> tuple[Sources, list[ImportIssue]]:
    """The files that a mapping reads, and an issue for each that is not there."""
    uses = Counter(name for _, table in mapping.tables for name in (table.file, *(one.file for one in table.joins)))
    joined = {join.file for _, table in mapping.tables for join in table.joins}
    found: dict[str, Iterable[Any]] = {}
    headers: dict[str, Header | None] = {}
    issues: list[ImportIssue] = []
    for file, count in uses.items():
        if file not in tables:
            issues.append(_missing_file(file, tables))
            continue
        rows: Iterable[Any] = tables[file]
        if count > 1 or file in joined or isinstance(rows, list | tuple):
            rows = list(rows)
            headers[file] = Header.of(rows)
        else:
            # Rows of one reader: look at the first one for the columns, and hand it on.
            stream = iter(rows)
            ahead = list(islice(stream, 1))
            headers[file] = Header.of(ahead)
            rows = chain(ahead, stream)
        found[file] = rows
    return Sources(found, headers), issues


def _missing_file(file: str, tables: Mapping[str, Iterable[Row]]) -> ImportIssue:
    return ImportIssue(
        file=file, code="missing_file", severity=Severity.KEPT,
        problem=f"is not there{near_misses(file, tables)}",
        remedy="export it, or mend the name in the mapping",
    )  # fmt: skip
