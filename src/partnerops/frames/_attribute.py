"""Attribution over tables: reads a policy's compiled integers and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeVar, cast

import narwhals as nw

from partnerops.attribution._compiled import CompiledAttribution, compile_policy
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import check_policy
from partnerops.exceptions import InvalidTable
from partnerops.frames._contract import (
    Needed,
    columns_of,
    contracts_of,
    faults_at_hand,
    plain,
)
from partnerops.frames._credits import PARTY, parties
from partnerops.frames._narwhals import Frame, evaluated, floor_divide, microseconds, native, running_count, total
from partnerops.frames._weights import DEAL, LIMIT, PLACE, WEIGHT, check_size, label_column
from partnerops.typing import UNATTRIBUTED

TableT = TypeVar("TableT")

AMOUNT: Final = "amount_minor"
AMOUNT_LIMIT: Final = 1 << 50
TOTAL: Final = "weight_total"
SAFE: Final = "safe"
"""Whether a row's amount is within what tables compute exactly, and its party is one."""


def attribute(
    touches: TableT, opportunities: TableT, *, policy: AttributionPolicy, registrations: TableT | None = None
) -> TableT:
    """
    The credits of all won deals in a table, to the same cent as `attribution.attribute`.

    The columns; more of them do no harm:

    - *touches*: `touch_id`, `opportunity_id`, `partner_id`, `at`
    - *opportunities*, one row per won deal: `opportunity_id`, `amount_minor`, `currency`, `closed_at`
    - *registrations*: `registration_id`, `opportunity_id`, `partner_id`, `submitted_at`, `status`, and `decided_at` and
      `protected_until`, which may be null; where a registration was withdrawn after the close, `ended_at` tells so, and
      without that column nothing withdrawn counts
    - the result: `opportunity_id`, `partner_id`, `amount_minor`, `currency`, `weight`, `weight_total`

    Some policies ask for more, and say so: `kind`, `role`, `channel`, `team`, `campaign` or `stage` of touches;
    `created_at`, `lead_created_at`, `previous_close` or `origin_partner_id` of deals.

    Money is whole minor units; instants are naive UTC timestamps or int64 microseconds since 1970. Touches of deals
    that are not in the table are passed over, and so are touches after the close. A registration in the table covers
    the whole deal. A party's exact share is `weight / weight_total`. A deal without credit keeps one row, of the party
    `unattributed`, with weights 0. Eager tables come back sorted by deal and party, lazy ones unsorted.

    Some rows are refused in eager tables and give a null amount in lazy ones, never a wrong one: an amount of 2^50
    minor units or more, a deal whose weights sum to 2^31 or more (2,896 touches under time decay), a credit to a party
    called `unattributed`, and a deal with a registration of unknown status, or approved without `decided_at` or
    `protected_until`, where the policy asks for registrations.

    Raises:
        InvalidTable: A missing column, a wrong type, a null, a deal or registration that occurs twice, a status that is
            none or lacks its instants, or tables of two engines.
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
    # Before anything is read: a policy that tables cannot evaluate should not cost a scan to find out.
    plan = compile_policy(policy)
    tables = {"touches": native(touches, "touches"), "opportunities": native(opportunities, "opportunities")}
    if registrations is not None:
        tables["registrations"] = native(registrations, "registrations")
    needed = columns_of(plan)
    _refuse(tables, needed)
    check_size(plan)
    contracts = contracts_of(needed)
    result = _credits({name: evaluated(plain(table, contracts[name])) for name, table in tables.items()}, plan, needed)
    given = tables["opportunities"]
    if isinstance(given, nw.LazyFrame):
        # A null only here: pandas, which is always eager, has no whole number that is null.
        honest = result.with_columns(nw.when(nw.col(SAFE)).then(nw.col(AMOUNT)).alias(AMOUNT)).drop(SAFE)
        return cast("TableT", honest.to_native())
    return cast("TableT", _collected(result, given.implementation).to_native())


def _refuse(tables: dict[str, Any], needed: Needed) -> None:
    contracts = contracts_of(needed)
    # Joins between engines would load one into the other unasked, and lazy with eager hides when work is done.
    engines = {(table.implementation, isinstance(table, nw.LazyFrame)) for table in tables.values()}
    if len(engines) > 1:
        raise InvalidTable((f"{' and '.join(tables)} are of different kinds; give all as one engine's tables",))
    # All faults of all tables at once: whoever loads a file wants to mend it in one go.
    faults: list[str] = []
    for name, table in tables.items():
        faults += faults_at_hand(table, name, contracts[name])
    if faults:
        raise InvalidTable(tuple(faults))


def _collected(result: Frame, engine: nw.Implementation) -> nw.DataFrame[Any]:
    table = (result.collect(backend="pyarrow") if engine.is_pyarrow() else result.collect()).sort(DEAL, PARTY)
    refused = table.filter(~nw.col(SAFE))
    if len(refused):
        raise InvalidTable(tuple(_beyond_tables(refused)))
    return table.drop(SAFE)


def _beyond_tables(refused: nw.DataFrame[Any]) -> Iterator[str]:
    """Why rows have no amount."""
    named = (nw.col(PARTY) == UNATTRIBUTED) & (nw.col(WEIGHT) > 0)
    if deals := _deals(refused.filter(named)):
        yield f"{PARTY} {UNATTRIBUTED!r} is the name of what nobody earned; name the party of {deals}"
    if deals := _deals(refused.filter(~named)):
        rule = "amounts must be below 2^50 minor units and weights of a deal below 2^31"
        yield f"opportunities.{AMOUNT}: {rule}; see {deals}"


def _deals(rows: nw.DataFrame[Any]) -> str:
    return ", ".join(list(dict.fromkeys(rows[DEAL].to_list()))[:3])


def _credits(tables: dict[str, Frame], plan: CompiledAttribution, needed: Needed) -> Frame:
    touches, deals = tables["touches"], tables["opportunities"]
    amount = nw.col(AMOUNT).cast(nw.Int64)
    # Asked of the amount and not of its size: the least integer has no positive mirror.
    small = (amount < AMOUNT_LIMIT) & (amount > -AMOUNT_LIMIT)
    size = nw.when(small).then(amount).otherwise(nw.lit(0)).cast(nw.Int64).abs()
    base = deals.select(DEAL, "currency", amount=amount, size=size, small=small)
    instants = {"created_at": "deal_us", "lead_created_at": "lead_us", "previous_close": "previous"}
    about = deals.select(
        DEAL,
        microseconds(deals, "closed_at").alias("close"),
        *(microseconds(deals, name).alias(short) for name, short in instants.items() if name in needed.deals),
        *([nw.col("origin_partner_id").alias("origin")] if "origin_partner_id" in needed.deals else []),
    )
    facts = touches.select(
        DEAL,
        PARTY,
        "touch_id",
        *(["kind"] if "kind" in needed.touches else []),
        *(nw.col(column).alias(label_column(label)) for label, column in needed.labels.items()),
        at_us=microseconds(touches, "at"),
        one=nw.lit(1),
    )
    earned = parties(facts, about, tables.get("registrations"), plan)
    return _apportioned(base.join(earned, on=DEAL, how="left"))


def _apportioned(rows: Frame) -> Frame:
    """Each deal's amount over its parties by largest remainder; ties to the earlier first earning touch."""
    # A deal without credit is given to nobody as one share of one, so its row takes the same path as all others.
    nobody_earned = nw.col(WEIGHT).is_null()
    weight = nw.when(nobody_earned).then(nw.lit(1)).otherwise(nw.col(WEIGHT)).cast(nw.Int64)
    filled = rows.with_columns(
        nw.coalesce(PARTY, nw.lit(UNATTRIBUTED)).alias("party"),
        weight.alias("share"),
        nw.when(nobody_earned).then(nw.lit(1)).otherwise(nw.col(PLACE)).cast(nw.Int64).alias(PLACE),
        one=nw.lit(1),
    )
    summed = filled.with_columns(whole=total("share", DEAL))
    # amount x weight may not fit 64 bits; amount = q x whole + r, and r x weight always does while whole < 2^31.
    # Beyond that 64 bits wrap without a word on some engines, and on others the whole query fails for one deal.
    held = nw.col("whole") < LIMIT
    left = nw.when(held).then(nw.col("size") % nw.col("whole")).otherwise(nw.lit(0)).cast(nw.Int64)
    parts = summed.with_columns(
        left=left, floor=floor_divide(summed, nw.col("size"), nw.col("whole")) * nw.col("share")
    ).with_columns(
        floor=nw.col("floor") + floor_divide(summed, nw.col("left") * nw.col("share"), nw.col("whole")),
        rank=0 - (nw.col("left") * nw.col("share")) % nw.col("whole"),
    )
    # Places differ within a deal, so they need no third key; a text in the sort would cost a tenth of the whole run.
    spare = parts.with_columns(spare=nw.col("size") - total("floor", DEAL), turn=running_count([DEAL], ["rank", PLACE]))
    part = nw.col("floor") + nw.when(nw.col("turn") <= nw.col("spare")).then(1).otherwise(0)
    # Apportioned by size, signed at the end: so -x splits as x does, ties included.
    signed = nw.when(nw.col("amount") < 0).then(0 - part).otherwise(part)
    # A party of that name would be taken for what nobody earned, in every report that follows.
    party = nobody_earned | (nw.col("party") != nw.lit(UNATTRIBUTED))
    return spare.select(
        DEAL,
        nw.col("party").alias(PARTY),
        signed.cast(nw.Int64).alias(AMOUNT),
        nw.col("currency"),
        nw.when(nobody_earned).then(nw.lit(0)).otherwise(nw.col("share")).cast(nw.Int64).alias(WEIGHT),
        nw.when(nobody_earned).then(nw.lit(0)).otherwise(nw.col("whole")).cast(nw.Int64).alias(TOTAL),
        (nw.col("small") & held & party).alias(SAFE),
    )
