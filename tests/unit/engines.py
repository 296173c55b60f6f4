"""The engines that tables are tested on: Polars and DuckDB, and others when the environment names them."""

from __future__ import annotations

import os

import duckdb
import polars as pl

ENGINES = ["polars", "polars-lazy", "duckdb", *filter(None, os.environ.get("PARTNEROPS_ENGINES", "").split(","))]


def to_engine(engine: str, table: pl.DataFrame):
    """A Polars table on another engine."""
    if engine == "polars":
        return table
    if engine == "polars-lazy":
        return table.lazy()
    if engine == "duckdb":
        return _duckdb(table)
    if engine == "pandas":
        import pandas as pd

        # Integers with nulls need the dtype that has them; an empty column has no type unless it is told one.
        kinds = {pl.String: "str", pl.Int64: "Int64", pl.Datetime("us"): "datetime64[us]"}
        types = {name: kinds[kind] for name, kind in table.schema.items()}
        plain = {
            name: "int64" for name, kind in table.schema.items() if kind == pl.Int64 and not table[name].null_count()
        }
        return pd.DataFrame(table.to_dict(as_series=False)).astype(types | plain)
    if engine == "pandas-arrow":
        import pandas as pd

        return table.to_arrow().to_pandas(types_mapper=pd.ArrowDtype)
    if engine == "pyarrow":
        return table.to_arrow()
    raise ValueError(engine)


def from_engine(engine: str, table) -> list[dict[str, object]]:
    """The rows of an engine's table."""
    if engine == "polars":
        return table.to_dicts()
    if engine == "polars-lazy":
        return table.collect().to_dicts()
    if engine == "duckdb":
        return [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
    if engine in ("pandas", "pandas-arrow"):
        return table.to_dict("records")
    return table.to_pylist()


CONNECTION = duckdb.connect()
"""Not the default one: joined tables must stay on the connection they came from."""
_TYPES = {pl.String: "varchar", pl.Int64: "bigint", pl.Datetime("us"): "timestamp"}


def _duckdb(table: pl.DataFrame):
    # By literal rows: nothing but DuckDB itself is needed to make a relation.
    columns = ", ".join(f'?::{_TYPES[kind]} as "{name}"' for name, kind in table.schema.items())
    names = ", ".join(f'null::{_TYPES[kind]} as "{name}"' for name, kind in table.schema.items())
    relation = CONNECTION.sql(f"select {names} where false")
    if not table.height:
        return relation
    query = " union all ".join([f"select {columns}"] * table.height)
    return CONNECTION.sql(query, params=[value for row in table.rows() for value in row])
