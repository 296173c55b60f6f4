"""Attribution over tables: reads a policy's compiled integers and nothing else."""

from __future__ import annotations

from typing import Any, Final, TypeVar, cast

import narwhals as nw

from partnerops.attribution._compiled import CompiledAttribution, Shape, compile_policy, decay_weights
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import check_policy
from partnerops.exceptions import InvalidTable
from partnerops.frames._contract import (
    OPPORTUNITIES,
    REGISTRATIONS,
    TOUCHES,
    null_faults_now,
    repeat_faults,
    schema_faults,
)
from partnerops.frames._narwhals import Frame, floor_divide, microseconds, native, running_count, table_like, total
from partnerops.typing import UNATTRIBUTED

TableT = TypeVar("TableT")

HOUR_US: Final = 3_600_000_000
LIMIT: Final = 1 << 31
"""Total weights of a deal stay below this, so that a remainder times a weight fits 64 bits."""

# Internal columns; lower-case, since DuckDB and Spark fold case, and prefixed, so that they never meet the user's.
DEAL, PARTY, AMOUNT, WEIGHT, TOTAL = "opportunity_id", "partner_id", "amount_minor", "weight", "weight_total"


def attribute(
    touches: TableT, opportunities: TableT, *, policy: AttributionPolicy, registrations: TableT | None = None
) -> TableT:
    """
    The credits of all won deals in a table, to the same cent as `attribution.attribute`.

    The columns; more of them do no harm:

    - *touches*: `touch_id`, `opportunity_id`, `partner_id`, `at`
    - *opportunities*, one row per won deal: `opportunity_id`, `amount_minor`, `currency`, `closed_at`
    - *registrations*: `registration_id`, `opportunity_id`, `partner_id`, `submitted_at`, `status`, and `decided_at` and
      `protected_until`, which may be null
    - the result: `opportunity_id`, `partner_id`, `amount_minor`, `currency`, `weight`, `weight_total`

    Money is whole minor units; instants are naive UTC timestamps or int64 microseconds since 1970. Touches of deals
    that are not in the table are passed over, and so are touches after the close. A party's exact share is
    `weight / weight_total`. A deal without credit keeps one row, of the party `unattributed`, with weights 0. Eager
    tables come back sorted by deal and party, lazy ones unsorted.

    An amount of 2^50 minor units or more, or a deal whose weights sum to 2^31 or more (2,896 touches under time decay),
    is refused in eager tables and gives a null amount in lazy ones, never a wrong one.

    Raises:
        InvalidTable: A missing column, a wrong type, a null, a deal that occurs twice, or tables of two engines.
        NotCompilable: The policy has no `compiled()`.

    >>> import polars as pl
    >>> from partnerops.attribution import Linear
    >>> deals = pl.DataFrame({"opportunity_id": "D-1", "amount_minor": 100, "currency": "BRL", "closed_at": 9})
    >>> touches = pl.DataFrame({"touch_id": ["a", "b"], "partner_id": ["acme", "birch"], "at": [1, 2]})
    >>> touches = touches.with_columns(opportunity_id=pl.lit("D-1"))
    >>> attribute(touches, deals, policy=Linear())["amount_minor"].to_list()
    [50, 50]
    """
    check_policy("frames.attribute(policy=...)", policy)
    plan = compile_policy(policy)
    tables = {"touches": native(touches, "touches"), "opportunities": native(opportunities, "opportunities")}
    if registrations is not None:
        tables["registrations"] = native(registrations, "registrations")
    _refuse(tables)
    frames = {name: table.lazy() for name, table in tables.items()}
    result = _credits(frames["touches"], frames["opportunities"], frames.get("registrations"), plan)
    if isinstance(tables["opportunities"], nw.LazyFrame):
        return cast("TableT", result.to_native())
    return cast("TableT", _collected(result).to_native())


def _refuse(tables: dict[str, Any]) -> None:
    contracts = {"touches": TOUCHES, "opportunities": OPPORTUNITIES, "registrations": REGISTRATIONS}
    engines = {(table.implementation, isinstance(table, nw.LazyFrame)) for table in tables.values()}
    if len(engines) > 1:
        raise InvalidTable((f"{' and '.join(tables)} are of different kinds; give all as one engine's tables",))
    faults: list[str] = []
    for name, table in tables.items():
        frame = table.lazy()
        wrong = list(schema_faults(frame, name, contracts[name]))
        if not wrong and isinstance(table, nw.DataFrame):
            wrong = list(null_faults_now(table, name, contracts[name]))
            if not wrong and name == "opportunities":
                wrong = list(repeat_faults(frame, name))
        faults += wrong
    if faults:
        raise InvalidTable(tuple(faults))


def _collected(result: Frame) -> nw.DataFrame[Any]:
    table = result.collect().sort(DEAL, PARTY)
    if table[AMOUNT].null_count():
        bad = table.filter(nw.col(AMOUNT).is_null())[DEAL].to_list()[:3]
        rule = f"amounts must be below 2^50 minor units and weights of a deal below 2^31; see {', '.join(bad)}"
        raise InvalidTable((f"opportunities.{AMOUNT}: {rule}",))
    return table


def _credits(touches: Frame, deals: Frame, registrations: Frame | None, plan: CompiledAttribution) -> Frame:
    base = deals.select(DEAL, "currency", amount=nw.col(AMOUNT).cast(nw.Int64), close=microseconds(deals, "closed_at"))
    if plan.registration_first and registrations is not None:
        base = base.join(_winners(registrations, base), on=DEAL, how="left")
        open_deals = base.filter(nw.col("winner").is_null()).select(DEAL, "close")
    else:
        open_deals = base.select(DEAL, "close")
    parties = _parties(touches, open_deals, plan)
    return _apportioned(base.join(parties, on=DEAL, how="left"))


def _winners(registrations: Frame, deals: Frame) -> Frame:
    """Deal -> the partner whose registration protects it at its close, the first to file where several do."""
    filed = registrations.select(
        DEAL,
        nw.col("registration_id"),
        nw.col("status"),
        winner=nw.col(PARTY),
        one=nw.lit(1),
        submitted=microseconds(registrations, "submitted_at"),
        decided=microseconds(registrations, "decided_at"),
        protected=microseconds(registrations, "protected_until"),
    ).join(deals.select(DEAL, "close"), on=DEAL, how="inner")
    protecting = filed.filter(
        nw.col("status").is_in(["approved", "expired", "converted"]),
        nw.col("decided") <= nw.col("close"),
        nw.col("close") < nw.col("protected"),
    )
    ranked = protecting.with_columns(place=running_count([DEAL], ["submitted", "registration_id"]))
    return ranked.filter(nw.col("place") == 1).select(DEAL, "winner")


def _parties(touches: Frame, deals: Frame, plan: CompiledAttribution) -> Frame:
    """Deal and party -> summed weight, and the position of the party's first touch that earned."""
    age = nw.col("close") - nw.col("at_us")
    seen = (
        touches.select(DEAL, PARTY, "touch_id", at_us=microseconds(touches, "at"), one=nw.lit(1))
        .join(deals, on=DEAL, how="inner")
        .filter(age >= 0 if plan.lookback_us is None else (age >= 0) & (age < plan.lookback_us))
    )
    weighed = _weighed(seen.with_columns(place=running_count([DEAL], ["at_us", "touch_id"])), plan)
    return (
        weighed.filter(nw.col(WEIGHT) > 0)
        .group_by(DEAL, PARTY)
        .agg(nw.col(WEIGHT).sum().cast(nw.Int64), nw.col("place").min())
    )


def _weighed(seen: Frame, plan: CompiledAttribution) -> Frame:
    if plan.shape is Shape.EVEN:
        return seen.with_columns(nw.lit(1).cast(nw.Int64).alias(WEIGHT))
    if plan.shape is Shape.AGE:
        return _decayed(seen, cast("int", plan.half_life_hours))
    first, middle, last, pair_first, pair_last = plan.weights
    counted = seen.with_columns(count=nw.len().over(DEAL).cast(nw.Int64))
    place, count = nw.col("place"), nw.col("count")
    weight = (
        nw.when(count == 1)
        .then(1)
        .otherwise(
            nw.when(count == 2)
            .then(nw.when(place == 1).then(pair_first).otherwise(pair_last))
            .otherwise(
                nw.when(place == 1)
                .then(first * (count - 2))
                .otherwise(nw.when(place == count).then(last * (count - 2)).otherwise(middle))
            )
        )
    )
    return counted.with_columns(weight.cast(nw.Int64).alias(WEIGHT))


def _decayed(seen: Frame, half_life_hours: int) -> Frame:
    """Weights by age in whole hours from the newest touch that counts, joined from the table that objects use too."""
    table = decay_weights(half_life_hours)
    newest = seen.with_columns(newest=nw.col("at_us").max().over(DEAL))
    age = floor_divide(seen, nw.col("newest") - nw.col("at_us"), nw.lit(HOUR_US))
    aged = newest.with_columns(hours=nw.min_horizontal(age, nw.lit(len(table) - 1)).cast(nw.Int64))
    return aged.join(table_like(seen, {"hours": range(len(table)), WEIGHT: table}), on="hours", how="inner")


def _apportioned(rows: Frame) -> Frame:
    """Each deal's amount over its parties by largest remainder; ties to the earlier first earning touch."""
    has_winner = "winner" in rows.collect_schema()
    party = (
        nw.coalesce("winner", PARTY, nw.lit(UNATTRIBUTED)) if has_winner else nw.coalesce(PARTY, nw.lit(UNATTRIBUTED))
    )
    known = nw.col(WEIGHT).is_null()
    weight = nw.when(known).then(nw.lit(1)).otherwise(nw.col(WEIGHT)).cast(nw.Int64)
    filled = rows.with_columns(
        party.alias("party"),
        weight.alias("share"),
        nw.when(known).then(nw.lit(1)).otherwise(nw.col("place")).cast(nw.Int64).alias("place"),
        size=nw.col("amount").abs(),
        one=nw.lit(1),
    )
    summed = filled.with_columns(whole=total("share", DEAL))
    # amount x weight may not fit 64 bits; amount = q x whole + r, and r x weight always does while whole < 2^31.
    left = nw.col("size") % nw.col("whole")
    parts = summed.with_columns(
        left=left, floor=floor_divide(summed, nw.col("size"), nw.col("whole")) * nw.col("share")
    ).with_columns(
        floor=nw.col("floor") + floor_divide(summed, nw.col("left") * nw.col("share"), nw.col("whole")),
        rank=0 - (nw.col("left") * nw.col("share")) % nw.col("whole"),
    )
    spare = parts.with_columns(
        spare=nw.col("size") - total("floor", DEAL), turn=running_count([DEAL], ["rank", "place", "party"])
    )
    part = nw.col("floor") + nw.when(nw.col("turn") <= nw.col("spare")).then(1).otherwise(0)
    signed = nw.when(nw.col("amount") < 0).then(0 - part).otherwise(part)
    safe = (nw.col("whole") < LIMIT) & (nw.col("size") < (1 << 50))
    nobody = nw.col("party") == nw.lit(UNATTRIBUTED)
    return spare.select(
        DEAL,
        nw.col("party").alias(PARTY),
        nw.when(safe).then(signed).cast(nw.Int64).alias(AMOUNT),
        nw.col("currency"),
        nw.when(nobody).then(nw.lit(0)).otherwise(nw.col("share")).cast(nw.Int64).alias(WEIGHT),
        nw.when(nobody).then(nw.lit(0)).otherwise(nw.col("whole")).cast(nw.Int64).alias(TOTAL),
    )
