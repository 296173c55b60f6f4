"""The verb: rows and a mapping in, a dataset and every issue out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from attrs import define, field

from partnerops.adapters._mapping import ImportMapping, TableMapping
from partnerops.adapters._parts import Parts, refusal
from partnerops.adapters._results import Import, ImportIssue, Severity
from partnerops.adapters._sources import gather
from partnerops.adapters._table import Read, Table, compile_table
from partnerops.adapters._targets import TARGETS, target
from partnerops.dataset import Dataset
from partnerops.exceptions import InvalidValue, PartnerOpsError, near_misses


def import_rows(
    tables: Mapping[str, Iterable[Mapping[str, Any]]], mapping: ImportMapping, *, strict: bool = False
) -> Import:
    r"""
    The nouns that rows become under a mapping, and an issue for every row that they do not become.

    *tables* maps the file names of the mapping to rows, each a mapping of column to text; numbers, booleans, dates and
    None of an API are taken as their text, floats are refused. Rows may come from any iterable and are read once.
    What the nouns refer to is checked across the tables, as `Dataset.check` does, and reported row by row.

    Raises:
        InvalidImport: With *strict*, when there is any issue beyond rows left out on purpose; it carries all of them.
        InvalidValue: No mapping, or rows that are none: a file's name, a single row, None.

    >>> from partnerops.adapters import parse_mapping
    >>> mapping = parse_mapping('''
    ... system = "crm"
    ... [accounts]
    ... file = "a.csv"
    ... fields = { id = "code", name = "company" }''')
    >>> result = import_rows({"a.csv": [{"code": "A-1", "company": "Sol"}, {"code": "", "company": "Lua"}]}, mapping)
    >>> print(result.dataset, *[(issue.row, issue.field, issue.code) for issue in result.dropped], sep="\n")
    dataset of 1 accounts
    (2, 'id', 'missing')
    """
    _check_arguments(tables, mapping)
    sources, missing = gather(tables, mapping)
    known: list[Table] = []
    unknown: list[ImportIssue] = []
    for name, spec in mapping.tables:
        found = target(spec.into)
        if found is None:
            unknown.append(_unknown_collection(name, spec))
        else:
            known.append(compile_table(name, spec, found, mapping, sources))
    run = _Run(known)
    # Parts first: a record is made with its history and its lines, which it checks itself.
    for table in sorted(known, key=lambda one: one.target.part is None):
        run.take(table, table.read(sources.rows(table.spec.file)))
    result = Import(
        system=mapping.system,
        dataset=run.finished(),
        issues=_in_order(unknown, missing, known),
        tables=[table.count() for table in known],
    )
    if strict:
        result.raise_for_issues()
    return result


def _check_arguments(tables: object, mapping: object) -> None:
    """Refuse slips of a program; what is wrong in the rows themselves becomes issues."""
    if not isinstance(mapping, ImportMapping):
        raise InvalidValue("import_rows(mapping)", "an ImportMapping, such as parse_mapping gives", mapping)
    if not isinstance(tables, Mapping):
        raise InvalidValue("import_rows(tables)", "a mapping of file names to rows", tables)
    for file, rows in cast("Mapping[object, object]", tables).items():
        if not _is_rows(rows):
            raise InvalidValue(f"import_rows(tables)[{file!r}]", "rows, each a mapping of column to text", rows)


def _is_rows(value: object) -> bool:
    # Text and a single row can be walked through too, letter by letter and column by column.
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def _in_order(unknown: list[ImportIssue], missing: list[ImportIssue], tables: list[Table]) -> Iterable[ImportIssue]:
    """Mapping and files first, each issue once however many tables found it; then table by table, row by row."""
    # Two tables of one file find the same missing column: one issue is enough.
    whole = [issue for table in tables for issue in table.issues if not issue.table]
    yield from dict.fromkeys([*unknown, *missing, *whole])
    for table in tables:
        yield from sorted((issue for issue in table.issues if issue.table), key=lambda issue: issue.row or 0)


def _unknown_collection(name: str, spec: TableMapping) -> ImportIssue:
    return ImportIssue(
        file="mapping", field=f"$.{name}.into", code="unknown_collection", value=spec.into, severity=Severity.KEPT,
        problem=f"is no collection of a dataset{near_misses(spec.into, TARGETS)}",
        remedy="name one of its collections in `into`",
    )  # fmt: skip


@define
class _Run:
    """What an import has made so far."""

    tables: list[Table]
    """The tables of the mapping, in its order."""
    parts: Parts = field(factory=Parts)
    """Parts of nouns that are still to come."""
    nouns: dict[str, list[Any]] = field(factory=dict[str, list[Any]])
    """Collection -> nouns."""
    origins: dict[str, list[tuple[Table, int]]] = field(factory=dict[str, list[tuple[Table, int]]])
    """Collection -> where each noun was read."""
    seen: dict[str, dict[str, tuple[Table, int]]] = field(factory=dict[str, dict[str, tuple[Table, int]]])
    """Collection -> id -> where it was read first."""

    def take(self, table: Table, reads: Iterable[Read]) -> None:
        """Make the nouns of one table, or keep them for the nouns that they are part of."""
        part = table.target.part
        if part is not None:
            for read in reads:
                self.parts.add(table, part, read)
            return
        into = table.target.collection
        nouns, origins = self.nouns.setdefault(into, []), self.origins.setdefault(into, [])
        seen = self.seen.setdefault(into, {})
        for read in reads:
            place = (table, read.number)
            id = read.values.get("id", "")
            # The first row of an id wins, so that a row added to a file never changes what was read before.
            if id in seen:
                table.drop(read.number, _duplicate(id, seen[id]))
                continue
            noun = self._made(table, read)
            if noun is not None:
                seen[id] = place
                nouns.append(noun)
                origins.append(place)
                table.used += 1

    def _made(self, table: Table, read: Read) -> Any:
        owner = table.target.collection
        if self.parts.of(owner):
            return self.parts.built(table, read)
        try:
            return table.target.noun(**read.values)
        except PartnerOpsError as error:
            table.drop(read.number, refusal(error))
            return None

    def finished(self) -> Dataset:
        """The dataset, with what is wrong across its records told to the tables they came from."""
        left_out: dict[str, set[str]] = {}
        for table in self.tables:
            left_out.setdefault(table.target.collection, set()).update(table.left_out)
        self.parts.drop_orphans(left_out)
        # A dataset names positions in its collections; people look for rows in their files.
        dataset = Dataset(**cast("dict[str, Any]", self.nouns))
        for fault in dataset.check().faults:
            # As in $.payments[3].amount: collection, position, field.
            collection, _, rest = fault.path.removeprefix("$.").partition("[")
            position, _, name = rest.partition("]")
            table, number = self.origins[collection][int(position)]
            table.note(number, (name.removeprefix("."), fault.code, None, fault.problem, fault.remedy))
        return dataset


def _duplicate(id: str, first: tuple[Table, int]) -> tuple[str, str, str | None, str, str]:
    table, number = first
    return ("id", "duplicate_id", id, f"was read before, from {table.spec.file} row {number}", "keep one of the rows")
