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
from partnerops.exceptions import InvalidTable, near_misses
from partnerops.frames._narwhals import INTEGERS, Frame, native

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
    Nothing when the tables keep their contract, column types, nulls and unique keys included; runs on any engine.

    `frames.attribute` looks at columns and types itself, and in eager tables at nulls and repeated deals too. Call this
    first where tables are lazy, or where touch ids may repeat. With a *policy* the columns that it asks for are checked
    too.

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
        frame, contract = native(table, name).lazy(), contracts[name]
        wrong = list(schema_faults(frame, name, contract))
        # A column that is missing or of another type cannot be looked at further.
        faults += wrong or [*_null_faults(frame, name, contract), *repeat_faults(frame, name)]
    if faults:
        raise InvalidTable(tuple(faults))


def schema_faults(frame: Frame, name: str, contract: Contract) -> Iterator[str]:
    """Missing columns and wrong types: known without running anything."""
    schema = frame.collect_schema()
    for column, content in contract.items():
        if column not in schema:
            if content.endswith("??"):
                continue
            yield f"{name} has no column {column!r}{near_misses(column, schema.names())}"
        elif remedy := _wrong_type(schema[column], content.rstrip("?")):
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


def plain_text(frame: Frame, contract: Contract) -> Frame:
    """A table with its categories as plain strings: they join with other tables, take new parties and sort by text."""
    schema = frame.collect_schema()
    texts = [name for name, content in contract.items() if content.rstrip("?") == "text" and schema[name] != nw.String]
    return frame.with_columns(nw.col(*texts).cast(nw.String)) if texts else frame


def _null_faults(frame: Frame, name: str, contract: Contract) -> Iterator[str]:
    # A null amount or party would vanish in a join or a sum, and money with it.
    columns = [column for column, content in contract.items() if not content.endswith("?")]
    counts = _row(frame.select(*(nw.col(column).is_null().sum().alias(column) for column in columns)))
    for column, count in counts.items():
        if count:
            yield f"{name}.{column} has {count} null{'s' if count != 1 else ''}; fill or drop these rows"


def repeat_faults(frame: Frame, name: str) -> Iterator[str]:
    """Keys that occur in more than one row."""
    key = KEYS[name]
    # Ones and sums instead of counts, since `len` of a group is not there on every engine.
    ones = frame.select(nw.col(key), nw.lit(1).alias("one")).group_by(key).agg(nw.col("one").sum())
    repeated = ones.filter(nw.col("one") > 1).select(nw.len().alias("repeats"), nw.col(key).min().alias("example"))
    found = _row(repeated)
    if found["repeats"]:
        yield f"{name}.{key} repeats for {found['repeats']} ids, such as {found['example']!r}; keep one row each"


def null_faults_now(table: Any, name: str, contract: Contract) -> Iterator[str]:
    """Nulls of an eager table, where counting them costs next to nothing."""
    for column, content in contract.items():
        if not content.endswith("?") and (count := table[column].null_count()):
            yield f"{name}.{column} has {count} null{'s' if count != 1 else ''}; fill or drop these rows"


def _row(frame: Frame) -> dict[str, Any]:
    """The only row of a small result, whichever engine computes it."""
    if frame.implementation.is_duckdb():
        # narwhals collects DuckDB through PyArrow, which nothing here needs otherwise.
        return dict(zip(frame.columns, frame.to_native().fetchall()[0], strict=True))
    return dict(zip(frame.columns, frame.collect().row(0), strict=True))
