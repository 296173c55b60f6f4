"""The columns that tables must have, and what is refused before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import narwhals as nw
from attrs import frozen

from partnerops.attribution._compiled import CompiledAttribution, Outright, compile_policy
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import check_policy
from partnerops.attribution.options import Label, Milestone, MissingMilestone
from partnerops.attribution.rules import ByLabel, ByMilestone
from partnerops.attribution.steps import Cycle, Selection
from partnerops.entities import RegistrationStatus
from partnerops.exceptions import InvalidTable, near_misses
from partnerops.frames._narwhals import (
    INTEGERS,
    NEVER,
    Frame,
    Table,
    has_no_values,
    is_view,
    microseconds,
    native,
    without_arrow,
)

Contract: TypeAlias = Mapping[str, str]
"""Column -> what it holds: text, integer or instant; a trailing `?` allows nulls, `??` that there is no such column."""

TOUCHES: Final[Contract] = {"touch_id": "text", "opportunity_id": "text", "partner_id": "text", "at": "instant"}
OPPORTUNITIES: Final[Contract] = {
    "opportunity_id": "text",
    "amount_minor": "integer",
    "currency": "text",
    "closed_at": "instant",
}
REGISTRATIONS: Final[Contract] = {
    "registration_id": "text",
    "opportunity_id": "text",
    "partner_id": "text",
    "submitted_at": "instant",
    "status": "text",
    "decided_at": "instant?",
    "protected_until": "instant?",
    "ended_at": "instant??",
}
STATUSES: Final = tuple(status.value for status in RegistrationStatus)
APPROVED: Final = ("approved", "expired", "converted")
"""The statuses of a registration that was approved, and has what that brings."""
_NOTHING: Final = {"text": nw.lit(None, dtype=nw.String), "integer": nw.lit(0), "instant": nw.lit(NEVER)}
"""What stands in a column of the type of nulls, by what it should hold; an integer may be null nowhere."""
KEYS: Final = {"touches": "touch_id", "opportunities": "opportunity_id", "registrations": "registration_id"}


@frozen
class Needed:
    """The columns that a policy asks for beyond those that every policy needs."""

    touches: Contract
    """Of touches."""
    deals: Contract
    """Of opportunities."""
    labels: Mapping[Label, str]
    """What rules group touches by, and the column that holds it."""


def columns_of(plan: CompiledAttribution) -> Needed:
    """What a compiled policy, and those it falls back on, need of the tables."""
    touches: dict[str, str] = {}
    deals: dict[str, str] = {}
    labels: dict[Label, str] = {}
    if any(isinstance(step, Selection) and step.kinds for step in plan.steps):
        touches["kind"] = "text"
    if any(isinstance(step, Cycle) for step in plan.steps):
        deals["previous_close"] = "instant?"
    if Outright.ORIGIN in plan.outright:
        deals["origin_partner_id"] = "text?"
    if isinstance(plan.rule, ByMilestone):
        deals |= _milestones(plan.rule)
    if isinstance(plan.rule, ByLabel):
        label = plan.rule.label
        labels[label] = column = "partner_id" if label is Label.PARTY else label.value
        touches[column] = "text" if column in ("partner_id", "kind") else "text?"
    if plan.otherwise is None:
        return Needed(touches, deals, labels)
    # Asked of every policy of a chain: which one decides is known only while it runs.
    other = columns_of(plan.otherwise)
    return Needed({**touches, **other.touches}, {**deals, **other.deals}, {**labels, **other.labels})


def _milestones(rule: ByMilestone) -> Contract:
    found: dict[str, str] = {}
    if Milestone.LEAD_CREATED in rule.milestones:
        found["lead_created_at"] = "instant?"
    # A lead that nobody knows is inferred from the opening of the deal.
    if Milestone.DEAL_CREATED in rule.milestones or (found and rule.missing is MissingMilestone.INFER):
        found["created_at"] = "instant"
    return found


def contracts_of(needed: Needed) -> dict[str, Contract]:
    """Table -> its whole contract under a policy."""
    return {
        "touches": {**TOUCHES, **needed.touches},
        "opportunities": {**OPPORTUNITIES, **needed.deals},
        "registrations": REGISTRATIONS,
    }


def check(
    touches: Any, opportunities: Any, registrations: Any = None, *, policy: AttributionPolicy | None = None
) -> None:
    """
    Nothing when the tables keep their contract; runs on any engine.

    It looks at columns, types, nulls, repeated ids, and the statuses of registrations. `frames.attribute` looks at
    columns and types itself, and in eager tables at all of that but repeated touches. Call this first where tables are
    lazy, or where touch ids may repeat. With a *policy* the columns that it asks for are checked too.

    Raises:
        InvalidTable: Every fault at once, each with table, column and remedy.
        NotCompilable: The policy has no `compiled()`.

    >>> import polars as pl
    >>> check(pl.DataFrame({"touch_id": ["T-1"]}), pl.DataFrame())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    partnerops.exceptions.InvalidTable: touches has no column 'opportunity_id'...
    """
    if policy is not None:
        check_policy("frames.check(policy=...)", policy)
    contracts = contracts_of(Needed({}, {}, {}) if policy is None else columns_of(compile_policy(policy)))
    tables = {"touches": touches, "opportunities": opportunities}
    if registrations is not None:
        tables["registrations"] = registrations
    faults: list[str] = []
    for name, table in tables.items():
        given, contract = native(table, name), contracts[name]
        wrong = list(schema_faults(given, name, contract))
        # A column that is missing or of another type cannot be looked at further.
        faults += wrong or [*_null_faults(given.lazy(), name, contract), *_row_faults(given, name, contract)]
    if faults:
        raise InvalidTable(tuple(faults))


def faults_at_hand(table: Table, name: str, contract: Contract) -> Iterator[str]:
    """What can be seen without running a lazy table, and in an eager one at little cost."""
    wrong = list(schema_faults(table, name, contract))
    if not wrong and isinstance(table, nw.DataFrame):
        wrong = list(_null_faults_now(table, name, contract))
        # Touches are too many to be grouped by their ids each time.
        if not wrong and name != "touches":
            wrong = list(_row_faults(table, name, contract))
    yield from wrong


def schema_faults(table: Table, name: str, contract: Contract) -> Iterator[str]:
    """Missing columns and wrong types: known without running anything."""
    schema = table.collect_schema()
    for column, content in contract.items():
        if column not in schema:
            if content.endswith("??"):
                continue
            yield f"{name} has no column {column!r}{near_misses(column, schema.names())}"
        elif remedy := _wrong_type(schema[column], content.rstrip("?")):
            # A column of nulls where none may be is refused by its rows, if they are at hand: an empty table has none.
            may_be_null = content.endswith("?") or isinstance(table, nw.DataFrame)
            if not (may_be_null and has_no_values(table, column)):
                yield f"{name}.{column} is {schema[column]}; {remedy}"


def _wrong_type(dtype: Any, content: str) -> str:
    if content == "text":
        return "" if dtype in (nw.String, nw.Categorical, nw.Enum) else "give ids and codes as strings"
    if content == "integer":
        return "" if dtype in INTEGERS else "give money as whole minor units (int64): 10.50 BRL is 1050"
    if dtype in INTEGERS:
        return ""
    if not isinstance(dtype, nw.Datetime) and dtype != nw.Datetime:
        return "give instants as naive UTC timestamps, or int64 microseconds since 1970"
    # The parts of a zoned column are read in its own zone by some engines and in the session's by others.
    zone = getattr(dtype, "time_zone", None)
    return f"its zone is {zone}: convert to UTC and drop the zone" if zone is not None else ""


def plain(table: Table, contract: Contract) -> Table:
    """
    A table with its columns in the types that all engines share.

    Categories become plain strings: they join with other tables, take new parties and sort by text. A column of the
    type of nulls gets the type that it should have.
    """
    schema = table.collect_schema()
    contents = {name: content.rstrip("?") for name, content in contract.items() if name in schema}
    # A wrong type that was let through is that of a column without values.
    empty = [name for name, content in contents.items() if _wrong_type(schema[name], content)]
    texts = [name for name, content in contents.items() if content == "text" and name not in empty]
    table = without_arrow(table, {name: content for name, content in contents.items() if name not in empty})
    schema = table.collect_schema()
    changed = [_NOTHING[contents[name]].alias(name) for name in empty]
    changed += [nw.col(name).cast(nw.String) for name in texts if schema[name] != nw.String or is_view(table, name)]
    return table.with_columns(*changed) if changed else table


def _null_faults(frame: Frame, name: str, contract: Contract) -> Iterator[str]:
    # A null amount or party would vanish in a join or a sum, and money with it.
    columns = [column for column, content in contract.items() if not content.endswith("?")]
    counts = _row(frame.select(*(nw.col(column).is_null().sum().alias(column) for column in columns)))
    for column, count in counts.items():
        if count:
            yield f"{name}.{column} has {count} null{'s' if count != 1 else ''}; fill or drop these rows"


def _row_faults(table: Table, name: str, contract: Contract) -> Iterator[str]:
    """What is wrong with the values of a table whose columns are right."""
    frame = plain(table, contract).lazy()
    yield from _repeat_faults(frame, name)
    if name == "registrations":
        yield from _status_faults(frame)


def _repeat_faults(frame: Frame, name: str) -> Iterator[str]:
    """Keys that occur in more than one row."""
    key = KEYS[name]
    # Ones and sums instead of counts, since `len` of a group is not there on every engine.
    ones = frame.select(nw.col(key), nw.lit(1).alias("one")).group_by(key).agg(nw.col("one").sum())
    found = _counted(ones.filter(nw.col("one") > 1), key)
    if found["rows"]:
        yield f"{name}.{key} repeats for {found['rows']} ids, such as {found['example']!r}; keep one row each"


def _status_faults(frame: Frame) -> Iterator[str]:
    """Statuses that say nothing, and those without the facts that they stand for: the same that objects refuse."""
    # Nulls have a line of their own.
    strange = ~nw.col("status").is_in(STATUSES) & ~nw.col("status").is_null()
    unknown = _counted(frame.filter(strange), "status")
    if unknown["rows"]:
        value, known = unknown["example"], ", ".join(STATUSES[:-1])
        rule = f"use {known} or {STATUSES[-1]}{near_misses(value, STATUSES)}"
        yield f"registrations.status is unknown in {_rows(unknown)}, such as {value!r}; {rule}"
    bare = _counted(frame.filter(without_facts(frame)), "registration_id")
    if bare["rows"]:
        which = f"{_rows(bare)} of status {', '.join(APPROVED[:-1])} or {APPROVED[-1]}, such as {bare['example']!r}"
        yield f"registrations.decided_at or protected_until is null in {which}; fill them in"


def without_facts(registrations: Frame) -> nw.Expr:
    """Whether a registration was approved, by its status, and lacks the instants that would say from when till when."""
    missing = (microseconds(registrations, name) == NEVER for name in ("decided_at", "protected_until"))
    return nw.col("status").is_in(APPROVED) & nw.any_horizontal(*missing, ignore_nulls=False)


def _counted(frame: Frame, column: str) -> dict[str, Any]:
    return _row(frame.select(nw.len().alias("rows"), nw.col(column).min().alias("example")))


def _rows(found: Mapping[str, Any]) -> str:
    return f"{found['rows']} row{'s' if found['rows'] != 1 else ''}"


def _null_faults_now(table: Any, name: str, contract: Contract) -> Iterator[str]:
    """Nulls of an eager table, where counting them costs next to nothing."""
    for column, content in contract.items():
        if not content.endswith("?") and (count := table[column].null_count()):
            yield f"{name}.{column} has {count} null{'s' if count != 1 else ''}; fill or drop these rows"


def _row(frame: Frame) -> dict[str, Any]:
    """The only row of a small result, whichever engine computes it."""
    # Not `columns`: older narwhals asks Polars for it in a way that Polars warns about.
    names = frame.collect_schema().names()
    # narwhals collects DuckDB through PyArrow, which nothing here needs otherwise.
    row = frame.to_native().fetchall()[0] if frame.implementation.is_duckdb() else frame.collect().row(0)
    return dict(zip(names, row, strict=True))
