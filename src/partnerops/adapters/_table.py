"""One table: from its rows to values of fields, every row accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, cast

from attrs import define, field

from partnerops.adapters._cells import numbers
from partnerops.adapters._columns import Columns, Joined, Row, is_whole
from partnerops.adapters._compile import FieldReader, Note, condition, field_reader, looks_at_fields
from partnerops.adapters._fault import Unreadable
from partnerops.adapters._field import Condition
from partnerops.adapters._joins import Index, index
from partnerops.adapters._mapping import Check, ImportMapping, TableMapping
from partnerops.adapters._results import ImportIssue, Severity, TableCount
from partnerops.adapters._sources import Sources
from partnerops.adapters._targets import Target
from partnerops.entities import SourceRef
from partnerops.exceptions import InvalidValue, PartnerOpsError, near_misses
from partnerops.periods import Period

Values = dict[str, Any]
"""Field -> value, ready for the noun."""


class Read(NamedTuple):
    """A row that was read: its values, and where it stood."""

    values: Values
    """Field -> value."""
    number: int
    """Row in its file."""


@define(kw_only=True)
class Table:
    """One table of a mapping while it is read: its compiled readers, its issues, its counts."""

    name: str
    """Name in the mapping."""
    spec: TableMapping
    """What the mapping says."""
    target: Target
    """What its rows become."""
    system: str
    """Name of the system, for `SourceRef`s."""
    columns: Columns
    """Its columns."""
    readers: list[FieldReader]
    """A reader per field."""
    own_id: FieldReader | None
    """The reader of the record's id; None where there is none."""
    tells_source: bool
    """Whether its nouns say where they came from."""
    unmapped: list[str]
    """Fields that every noun needs and no column gives."""
    joins: list[Index]
    """Other files."""
    skips: list[tuple[Condition, Callable[[Row, Joined], bool]]]
    """Rules for leaving rows out."""
    checks: list[Callable[[Row, Joined, list[Note]], None]]
    """Columns looked at without becoming a field."""
    issues: list[ImportIssue] = field(factory=list[ImportIssue])
    """What there is to say."""
    rows: int = 0
    """Rows in."""
    used: int = 0
    """Rows that became something."""
    fates: dict[Severity, int] = field(factory=dict[Severity, int])
    """Rows that did not."""
    left_out: set[str] = field(factory=set[str])
    """Ids of the records left out on purpose."""

    def count(self) -> TableCount:
        """The rows, and what became of them."""
        return TableCount(
            table=self.name, file=self.spec.file, rows=self.rows, used=self.used,
            skipped=self.fates.get(Severity.SKIPPED, 0), dropped=self.fates.get(Severity.DROPPED, 0),
        )  # fmt: skip

    def drop(self, number: int, note: Note, severity: Severity = Severity.DROPPED) -> None:
        """Count a row as not used, and say why."""
        self.fates[severity] = self.fates.get(severity, 0) + 1
        self.note(number, note, severity)

    def note(self, number: int, note: Note, severity: Severity = Severity.KEPT) -> None:
        """Say something about a row."""
        name, code, value, problem, remedy = note
        self.issues.append(
            ImportIssue(
                file=self.spec.file, table=self.name, row=number, field=name, code=code, value=value,
                problem=problem, remedy=remedy, severity=severity,
            )
        )  # fmt: skip

    # --- reading

    def read(self, rows: Iterable[Any]) -> Iterable[Read]:
        """The values of every row that can be used; the others are counted and named."""
        for number, row in enumerate(rows, 1):
            self.rows = number
            if not is_whole(row):
                self.drop(number, _broken(row))
                continue
            # Only while a column is still missing: no cost for tables that have all of theirs.
            if self.columns.late:
                self.columns.late.difference_update(row)
            notes: list[Note] = []
            values = self._values(number, row, notes)
            for note in notes:
                self.note(number, note)
            if values is not None:
                yield Read(values, number)
        self.issues += [*dict.fromkeys(self.columns.issues), *self.columns.missing()]

    def _values(self, number: int, row: Row, notes: list[Note]) -> Values | None:
        joined: list[Row | None] = []
        try:
            for join in self.joins:
                joined.append(join.find(row, joined, notes))
            for check in self.checks:
                check(row, joined, notes)
            for rule, holds in self.skips:
                if holds(row, joined):
                    # Oddities of the row stay worth knowing, keys without a partner do not.
                    notes[:] = [note for note in notes if note[1] != "unknown"]
                    self._skip(number, rule, row, joined)
                    return None
        except Unreadable as fault:
            self.drop(number, ("", fault.code, None, f"a cell {fault.problem}", fault.remedy))
            return None
        return self._fields(number, row, joined, notes)

    def _skip(self, number: int, rule: Condition, row: Row, joined: Joined) -> None:
        id = self._id(row, joined)
        if id:
            self.left_out.add(id)
        because = rule.because or "left out by the mapping"
        self.drop(number, (rule.column, "skipped", id, because, ""), Severity.SKIPPED)

    def _id(self, row: Row, joined: Joined) -> str | None:
        """The id of a row that is left out; an odd one that would be kept is kept here too."""
        try:
            return None if self.own_id is None else self.own_id.value(row, joined, [])
        except Unreadable as fault:
            if fault.instead is None:
                raise
            return str(fault.instead)

    def _fields(self, number: int, row: Row, joined: Joined, notes: list[Note]) -> Values | None:
        values: Values = {}
        inner: dict[str, Values] = {}
        # The mapping was told once; every row still has to say what became of it.
        for name in self.unmapped:
            self.drop(number, (name, "missing", None, _missing(self.spec, name), "map it to a column"))
            return None
        for reader in self.readers:
            try:
                # As `reader.value`, spared a call: this is the loop that an import spends its time in.
                read = reader.read
                value = (reader.text(row, joined) or None) if read is None else read(row, joined, notes)
            except Unreadable as fault:
                text = fault.text or _shown(reader, row, joined)
                note = (reader.name, fault.code, text, fault.problem, fault.remedy)
                if fault.instead is None and reader.drops:
                    self.drop(number, note)
                    return None
                notes.append(note)
                value = fault.instead
            if value is not None:
                if reader.place is None:
                    values[reader.name] = value
                else:
                    inner.setdefault(reader.place[0], {})[reader.place[1]] = value
            elif reader.required:
                self.drop(number, (reader.name, "missing", None, _missing(self.spec, reader.name), _FILL))
                return None
        if inner:
            try:
                values |= _whole(inner)
            except PartnerOpsError as error:
                self.drop(number, ("period", "invalid", None, str(error), "mend the dates"))
                return None
        return self._sourced(number, values, row, joined)

    def _sourced(self, number: int, values: Values, row: Row, joined: Joined) -> Values | None:
        """Values with the source named, where the noun can say it."""
        own = self.own_id
        # The id as the file has it leads back to the row, also where the noun's own id was completed.
        if self.tells_source and own is not None and "id" in values:
            key = values["id"] if own.read is None else own.text(row, joined) or values["id"]
            try:
                values["source"] = SourceRef(system=self.system, table=self.spec.file, id=key)
            except InvalidValue as error:
                self.drop(number, ("id", "invalid", key, f"must be {error.rule}", "mend the row"))
                return None
        return values


_FILL = "fill it in, or give the field a `default`"


def _missing(spec: TableMapping, name: str) -> str:
    source = spec.fields.get(name)
    where = f" (column {source.column})" if source is not None and source.column else ""
    return f"has no value{where}, and the record needs one"


def _shown(reader: FieldReader, row: Row, joined: Joined) -> str | None:
    try:
        return reader.text(row, joined)
    except Unreadable:
        return None


def _broken(row: Any) -> Note:
    if not isinstance(row, Mapping):
        return ("", "broken_row", None, f"is a {type(row).__name__}, not a row of named cells", "give it as a mapping")
    # What a reader of files says under None: the reason, with a remedy where it has one of its own.
    told = cast("Any", row)[None]
    if isinstance(told, tuple):
        problem, remedy = cast("tuple[str, str]", told)
        return ("", "broken_row", None, problem, remedy)
    problem = told if isinstance(told, str) else "has more cells than the header has columns"
    return ("", "broken_row", None, problem, "look for a delimiter or a quote within a cell")


def _whole(inner: Mapping[str, Values]) -> Values:
    """Fields by what stands inside them; raises where a period runs backwards."""
    return {
        name: Period(**parts) if name == "period" and parts.keys() == {"start", "end"} else parts
        for name, parts in inner.items()
    }


# --- compiling --------------------------------------------------------------------------------------------------------


def compile_table(name: str, spec: TableMapping, target: Target, mapping: ImportMapping, sources: Sources) -> Table:
    """A table ready to be read, with what is wrong with its names already among its issues."""
    columns = Columns(file=spec.file, first=sources.firsts.get(spec.file))
    issues: list[ImportIssue] = []
    joins: list[Index] = []
    for place, join in enumerate(spec.joins):
        cells = [columns.cell(own) for own in join.on]
        rows = sources.joined(join.file)
        holds = condition(join.where, Columns(file=join.file, first=None)) if join.where else None
        made, found = index(join, cells, rows, holds)
        columns.joins[join.alias] = (place, join.file, rows)
        joins.append(made)
        issues += found
    readers: list[FieldReader] = []
    # Fields that ask others are compiled after them; Python's sorting keeps all else in order.
    for field_name, source in sorted(spec.fields.items(), key=lambda pair: looks_at_fields(pair[1])):
        known = target.field(field_name)
        if known is None:
            issues.append(_unknown_field(name, field_name, target))
        else:
            readers.append(field_reader(field_name, source, known, mapping, columns))
    unmapped = _missing_fields(spec, target)
    issues += [_unmapped(name, spec, one) for one in unmapped]
    table = Table(
        name=name, spec=spec, target=target, system=mapping.system, columns=columns, readers=readers,
        own_id=next((reader for reader in readers if reader.name == "id"), None),
        tells_source="source" in target.noun.__slots__, unmapped=unmapped, joins=joins,
        skips=[(rule, condition(rule, columns)) for rule in spec.skip],
        checks=[_check(one, columns, mapping) for one in spec.checks],
    )  # fmt: skip
    table.issues += issues
    return table


def _missing_fields(spec: TableMapping, target: Target) -> list[str]:
    """Fields that every noun of the kind needs and the mapping does not name."""
    heads = {name.partition(".")[0] for name in spec.fields}
    return [name for name, one in target.fields.items() if one.required and "." not in name and name not in heads]


def _unmapped(table: str, spec: TableMapping, name: str) -> ImportIssue:
    return ImportIssue(
        file="mapping", field=f"$.{table}.fields", code="unmapped_field", value=name, severity=Severity.KEPT,
        problem=f"is a field that every record of {spec.into} needs, and no column is mapped to it",
        remedy=f'add {name} = "<column>" to $.{table}.fields',
    )  # fmt: skip


def _unknown_field(table: str, name: str, target: Target) -> ImportIssue:
    known = [one.rstrip(".") for one in target.fields]
    return ImportIssue(
        file="mapping", field=f"$.{table}.fields.{name}", code="unknown_field", value=name, severity=Severity.KEPT,
        problem=f"is no field of {target.collection}{near_misses(name, known)}",
        remedy="mend the name, or map the column to custom.<name>",
    )  # fmt: skip


def _check(spec: Check, columns: Columns, mapping: ImportMapping) -> Callable[[Row, Joined, list[Note]], None]:
    cell = columns.cell(spec.column)
    number = numbers(mapping.decimal, mapping.thousands, ())
    sentinels, low, high = frozenset(spec.sentinels), spec.low, spec.high
    because = f": {spec.because}" if spec.because else ""

    def check(row: Row, joined: Joined, notes: list[Note]) -> None:
        text = cell(row, joined)
        if text in sentinels:
            notes.append((spec.column, "sentinel", text, f"stands for no value{because}", ""))
        elif text and (low is not None or high is not None):
            problem = _outside(text, number, low, high)
            if problem:
                notes.append((spec.column, "out_of_range", text, problem + because, "mend it in the system"))

    return check


def _outside(text: str, number: Callable[[str], str], low: Any, high: Any) -> str:
    """What is wrong with a number that has bounds; empty when nothing is."""
    try:
        value = Decimal(number(text))
    except Unreadable as fault:
        return fault.problem
    if (low is None or low <= value) and (high is None or value <= high):
        return ""
    return f"lies outside {'' if low is None else low} to {'' if high is None else high}"
