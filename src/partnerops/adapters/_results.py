"""What an import gives: a dataset, the issues, and a count per table that leaves no row out."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from attrs import field, frozen

from partnerops._attrs import Noun, Value, is_a, to_member, to_tuple, tuple_of
from partnerops._closed import ClosedSet
from partnerops._render import Printable, join_and, plural
from partnerops.dataset import Dataset
from partnerops.exceptions import InvalidImport


class Severity(ClosedSet):
    """What became of the row that an issue is about."""

    DROPPED = "dropped"
    """It could not be used."""
    SKIPPED = "skipped"
    """It was left out on purpose: a rule of the mapping, a merge, a change that changes nothing."""
    KEPT = "kept"
    """It was used, and something about it is worth knowing."""


def to_severity(value: str) -> Severity:
    """The member with this value; anything else is left to the validator."""
    return to_member(Severity, value)


@frozen(kw_only=True)
class ImportIssue(Noun):
    """
    One thing to know about one row, or about a whole file.

    >>> issue = ImportIssue(
    ...     file="deals.csv",
    ...     row=7,
    ...     field="amount",
    ...     code="not_a_number",
    ...     value="12,5",
    ...     problem="is not a number with decimal '.'",
    ...     remedy="say decimal = ','",
    ...     severity="dropped",
    ... )
    >>> print(issue)
    deals.csv row 7, amount: '12,5' is not a number with decimal '.'; dropped; say decimal = ','
    """

    file: str
    """File; `mapping` for a fault of the mapping itself."""
    table: str = ""
    """Table of the mapping that read the row; empty for what concerns a file or the mapping as a whole."""
    row: int | None = None
    """Row within the file, the first one after the header being 1; None for the file as a whole."""
    field: str = ""
    """Field of the noun, or column where none is meant; for the mapping, a path such as `$.accounts.fields.id`."""
    code: str
    """What kind, a word to count by: blank, missing, unknown, not_a_number, duplicate_id, ..."""
    value: str | None = None
    """The text in question; None where there is none."""
    problem: str
    """What is wrong."""
    remedy: str = ""
    """What to do about it."""
    severity: Severity = attrs.field(converter=to_severity, validator=is_a(Severity))
    """What became of the row."""

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.file + (f" row {self.row}" if self.row else ""), self.field) if part)
        value = "" if self.value is None else f"{self.value!r} "
        # A file or a mapping as a whole is not dropped or kept, only rows are.
        fate = f"; {self.severity}" if self.row else ""
        return f"{place}: {value}{self.problem}{fate}{'; ' if self.remedy else ''}{self.remedy}"


@frozen(kw_only=True)
class TableCount(Noun):
    """
    What became of the rows of one table: `rows = used + skipped + dropped`, always.

    >>> TableCount(table="accounts", file="accounts.csv", rows=3, used=2, dropped=1).skipped
    0
    """

    table: str
    """Name of the table in the mapping."""
    file: str
    """File that was read."""
    rows: int
    """Rows in."""
    used: int = 0
    """Rows that became a noun, or a part of one."""
    skipped: int = 0
    """Rows left out on purpose, each with an issue."""
    dropped: int = 0
    """Rows that could not be used, each with an issue."""


def _to_issues(values: Iterable[ImportIssue]) -> tuple[ImportIssue, ...]:
    return to_tuple(values)


def _to_counts(values: Iterable[TableCount]) -> tuple[TableCount, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Import(Value, Printable):
    """
    A dataset made of rows, and everything there is to know about the rows.

    No row is lost: in every table, `rows = used + skipped + dropped`, and each skipped or dropped row has exactly one
    issue of that severity. A used row may have issues too; they are `kept`.
    """

    system: str
    """Name of the system, as the mapping says."""
    dataset: Dataset = field(repr=False, validator=is_a(Dataset))
    """The nouns, in the order of their rows."""
    issues: tuple[ImportIssue, ...] = field(default=(), converter=_to_issues, validator=tuple_of(ImportIssue))
    """All issues: those of the mapping, then table by table in the order of the rows."""
    tables: tuple[TableCount, ...] = field(default=(), converter=_to_counts, validator=tuple_of(TableCount))
    """A count per table of the mapping."""

    @property
    def rows(self) -> int:
        """Rows read; a file that two tables read counts twice."""
        return sum(table.rows for table in self.tables)

    @property
    def used(self) -> int:
        """Rows that became a noun, or a part of one: 0 says that nothing could be used."""
        return sum(table.used for table in self.tables)

    @property
    def dropped(self) -> tuple[ImportIssue, ...]:
        """Rows that could not be used, one issue each."""
        return self._of(Severity.DROPPED)

    @property
    def skipped(self) -> tuple[ImportIssue, ...]:
        """Rows left out on purpose, one issue each."""
        return self._of(Severity.SKIPPED)

    @property
    def kept(self) -> tuple[ImportIssue, ...]:
        """What is worth knowing about used rows, and about files and the mapping as a whole."""
        return self._of(Severity.KEPT)

    def _of(self, severity: Severity) -> tuple[ImportIssue, ...]:
        return tuple(issue for issue in self.issues if issue.severity is severity)

    @property
    def ok(self) -> bool:
        """Whether there is nothing to report beyond rows left out on purpose."""
        # What the mapping's author wanted left out is no fault of the data.
        return all(issue.severity is Severity.SKIPPED for issue in self.issues)

    def raise_for_issues(self) -> None:
        """
        Nothing when all is well.

        Raises:
            InvalidImport: Carrying every issue, when there is one beyond rows left out on purpose.
        """
        if not self.ok:
            raise InvalidImport(self.issues)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per issue."""
        names = ("file", "table", "row", "field", "code", "value", "problem", "remedy", "severity")
        return [{name: getattr(issue, name) for name in names} for issue in self.issues]

    def _headline(self) -> str:
        counts = [plural(len(found), "row", "rows") + f" {word}" for word, found in (
            ("dropped", self.dropped), ("skipped", self.skipped)) if found]  # fmt: skip
        rest = f", {join_and(counts)}" if counts else ""
        return f"{self.system}: {self.used:,} of {plural(self.rows, 'row', 'rows')} used{rest}"

    def _rows(self) -> list[dict[str, object]]:
        """Issues of one kind on one line: with their number, and the first of them as an example."""
        # A thousand rows with one quirk are one thing to know; an example and a number say it.
        groups: dict[tuple[object, ...], list[ImportIssue]] = {}
        for issue in self.issues:
            groups.setdefault((issue.file, issue.table, issue.field, issue.code, issue.severity), []).append(issue)
        return [
            {
                "file": group[0].file,
                "table": group[0].table,
                "field": group[0].field,
                "issue": group[0].code,
                "rows": len(group) if group[0].row else None,
                "fate": str(group[0].severity) if group[0].row else "",
                "first": _example(group[0]),
                "remedy": group[0].remedy,
            }
            for group in groups.values()
        ]


def _example(issue: ImportIssue) -> str:
    row = f"row {issue.row}: " if issue.row else ""
    return row + (f"{issue.value!r} " if issue.value is not None else "") + issue.problem
