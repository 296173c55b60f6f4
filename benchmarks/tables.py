"""Tables against hand-written Polars and DuckDB of the same method, and against the object verb."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import objects
import polars as pl

from partnerops import frames
from partnerops.attribution import Linear, attribute_all

DAY = 86_400_000_000
CLOSE_US = 1_774_915_200_000_000
"""2026-03-31 in microseconds."""


def touches(count: int, deals: int) -> pl.DataFrame:
    """Touches over deals, partners and a year, by integer arithmetic alone."""
    n = pl.int_range(count, eager=True, dtype=pl.Int64).alias("n")
    return n.to_frame().select(
        touch_id="T" + pl.col("n").cast(pl.String),
        opportunity_id="D" + (pl.col("n") * 7_919 % deals).cast(pl.String),
        partner_id="P" + (pl.col("n") * 104_729 % 5_000).cast(pl.String),
        at=CLOSE_US - (pl.col("n") * 15_485_863 % (365 * DAY)),
    )


def opportunities(deals: int) -> pl.DataFrame:
    """Won deals, a few of them negative."""
    n = pl.int_range(deals, eager=True, dtype=pl.Int64).alias("n")
    return n.to_frame().select(
        opportunity_id="D" + pl.col("n").cast(pl.String),
        amount_minor=pl.col("n") * 7_907 % 10_000_019 - 50_000,
        currency=pl.lit("BRL"),
        closed_at=pl.lit(CLOSE_US, dtype=pl.Int64),
    )


def by_hand_polars(touch: pl.LazyFrame, deal: pl.LazyFrame) -> pl.LazyFrame:
    """The linear model as somebody who knows Polars well would write it, same method, nothing else in mind."""
    parties = (
        touch.select("opportunity_id", "partner_id", "touch_id", "at", one=pl.lit(1, dtype=pl.Int64))
        .join(deal.select("opportunity_id", "closed_at"), on="opportunity_id")
        .filter(pl.col("at") <= pl.col("closed_at"))
        .with_columns(place=pl.col("one").cum_sum().over("opportunity_id", order_by=["at", "touch_id"]))
        .group_by("opportunity_id", "partner_id")
        .agg(weight=pl.col("one").sum(), place=pl.col("place").min())
    )
    rows = deal.join(parties, on="opportunity_id", how="left").with_columns(
        party=pl.coalesce("partner_id", pl.lit("unattributed")),
        share=pl.col("weight").fill_null(1),
        place=pl.col("place").fill_null(1),
        size=pl.col("amount_minor").abs(),
        one=pl.lit(1, dtype=pl.Int64),
    )
    rows = rows.with_columns(whole=pl.col("share").sum().over("opportunity_id"))
    product = pl.col("size") * pl.col("share")
    rows = rows.with_columns(floor=product // pl.col("whole"), rank=-(product % pl.col("whole")))
    rows = rows.with_columns(
        spare=pl.col("size") - pl.col("floor").sum().over("opportunity_id"),
        turn=pl.col("one").cum_sum().over("opportunity_id", order_by=["rank", "place"]),
    )
    part = pl.col("floor") + (pl.col("turn") <= pl.col("spare")).cast(pl.Int64)
    return rows.select(
        "opportunity_id", partner_id="party",
        amount_minor=pl.when(pl.col("amount_minor") < 0).then(-part).otherwise(part),
        currency="currency", weight=pl.col("weight").fill_null(0), weight_total="whole",
    )  # fmt: skip


BY_HAND_SQL = """
with seen as (
  select t.opportunity_id, t.partner_id,
         row_number() over (partition by t.opportunity_id order by t."at", t.touch_id) as place
  from touches t join deals d using (opportunity_id) where t."at" <= d.closed_at),
parties as (select opportunity_id, partner_id, count(*) as weight, min(place) as place from seen group by all),
joined as (
  select d.opportunity_id, coalesce(p.partner_id, 'unattributed') as party, d.currency, d.amount_minor, p.weight,
         coalesce(p.weight, 1) as share, coalesce(p.place, 1) as place, abs(d.amount_minor) as size
  from deals d left join parties p using (opportunity_id)),
summed as (select *, (sum(share) over (partition by opportunity_id))::bigint as whole from joined),
floored as (select *, size * share // whole as floor, size * share % whole as rest from summed),
ranked as (
  select *, size - (sum(floor) over (partition by opportunity_id))::bigint as spare,
         row_number() over (partition by opportunity_id order by rest desc, place) as turn
  from floored)
select opportunity_id, party as partner_id,
       case when amount_minor < 0 then -1 else 1 end * (floor + (turn <= spare)::bigint) as amount_minor,
       currency, coalesce(weight, 0) as weight, whole as weight_total
from ranked
"""


def total_polars(result: pl.LazyFrame) -> list[tuple[Any, ...]]:
    """One row per partner: what a report asks for, and small enough that printing it costs nothing."""
    return result.group_by("partner_id").agg(pl.col("amount_minor").sum()).sort("partner_id").collect().rows()


def total_duckdb(result: duckdb.DuckDBPyRelation) -> list[tuple[Any, ...]]:
    """The same on DuckDB."""
    return result.aggregate("partner_id, sum(amount_minor)::bigint as s").order("partner_id").fetchall()


def engines(ratio: Callable[..., float], count: int, rounds: int) -> list[tuple[str, str, str]]:
    """Both engines against hand-written code at one size, from Parquet to partner sums."""
    with tempfile.TemporaryDirectory() as folder:
        touch_file, deal_file = Path(folder) / "touches.parquet", Path(folder) / "deals.parquet"
        touches(count, count // 5).write_parquet(touch_file)
        opportunities(count // 5).write_parquet(deal_file)

        def ours_polars() -> list[tuple[Any, ...]]:
            lazy = frames.attribute(pl.scan_parquet(touch_file), pl.scan_parquet(deal_file), policy=Linear())
            return total_polars(lazy)

        def hand_polars() -> list[tuple[Any, ...]]:
            return total_polars(by_hand_polars(pl.scan_parquet(touch_file), pl.scan_parquet(deal_file)))

        def ours_duckdb(con: Any = duckdb) -> list[tuple[Any, ...]]:
            return total_duckdb(
                frames.attribute(con.read_parquet(str(touch_file)), con.read_parquet(str(deal_file)), policy=Linear())
            )

        def hand_duckdb(con: Any = duckdb) -> list[tuple[Any, ...]]:
            sql = BY_HAND_SQL.replace("touches t", f"'{touch_file}' t").replace("deals d", f"'{deal_file}' d")
            return total_duckdb(con.sql(sql))

        answers = [ours_polars(), hand_polars(), ours_duckdb(), hand_duckdb()]
        if any(answer != answers[0] for answer in answers):
            raise SystemExit(f"the four results differ at {count:,} touches")
        found = [
            (
                f"frames: {count:,} touches, Polars / by hand",
                "<= 1.1",
                f"{ratio(ours_polars, hand_polars, rounds):.2f}",
            ),
            (
                f"frames: {count:,} touches, DuckDB / by hand",
                "<= 1.4",
                f"{ratio(ours_duckdb, hand_duckdb, rounds):.2f}",
            ),
        ]
        if count >= 30_000_000:
            limited = duckdb.connect(config={"memory_limit": "1GB", "temp_directory": folder})
            same = ours_duckdb(limited) == answers[0]
            found.append(
                (f"frames: {count:,} touches, DuckDB under 1 GB", "finishes, same cents", "yes" if same else "NO")
            )
        return found


def against_objects(ratio: Callable[..., float], deals: int = 200_000) -> list[tuple[str, str, str]]:
    """A million touches as objects and as a Polars table: time, and cents that differ."""
    data = objects.dataset(deals)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    touch = pl.DataFrame(
        {
            "touch_id": [t.id for t in data.touchpoints],
            "opportunity_id": [t.opportunity_id for t in data.touchpoints],
            "partner_id": [t.partner_id for t in data.touchpoints],
            "at": [(t.at - epoch) // tick for t in data.touchpoints],
        }
    )
    deal = pl.DataFrame(
        {
            "opportunity_id": [d.id for d in data.opportunities],
            "amount_minor": [d.amount.minor for d in data.opportunities],
            "currency": ["BRL"] * deals,
            "closed_at": [(objects.CLOSE - epoch) // tick] * deals,
        }
    )
    results = attribute_all(data, policy=Linear(), as_of=objects.CLOSE)
    want = {(c.opportunity_id, c.partner_id): c.amount.minor for one in results for c in one.credits}
    table = frames.attribute(touch, deal, policy=Linear())
    got = {(r[0], r[1]): r[2] for r in table.rows()}
    differing = sum(want.get(key) != got.get(key) for key in want.keys() | got.keys())
    del results
    faster = ratio(
        lambda: attribute_all(data.replace(), policy=Linear(), as_of=objects.CLOSE),
        lambda: frames.attribute(touch, deal, policy=Linear()),
        rounds=3,
    )
    return [
        (f"frames against objects at {5 * deals:,} touches", ">= 5 x faster", f"{faster:.1f} x"),
        ("differing cents in that run", "0", str(differing)),
    ]


def rows(ratio: Callable[..., float], *, full: bool) -> list[tuple[str, str, str]]:
    """The rows of this file."""
    found = against_objects(ratio)
    for count in (1_000_000, 10_000_000, 30_000_000) if full else (1_000_000,):
        found += engines(ratio, count, 5 if count < 10_000_000 else 3)
    return found
