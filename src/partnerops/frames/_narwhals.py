"""The few primitives that differ between engines, so that everything else is written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import Any, Final, TypeAlias

from partnerops.exceptions import InvalidTable, MissingExtra

try:
    import narwhals as nw
except ModuleNotFoundError as missing:  # pragma: no cover - the tests have it
    raise MissingExtra("narwhals", "frames") from missing

Frame: TypeAlias = nw.LazyFrame[Any]
Table: TypeAlias = nw.DataFrame[Any] | Frame

NEVER: Final = -(1 << 62)
"""Instead of an instant that is null: earlier than any that a table can hold."""
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - table timestamps are naive UTC by contract
INTEGERS = (nw.Int8, nw.Int16, nw.Int32, nw.Int64, nw.UInt8, nw.UInt16, nw.UInt32)
_EXACT_DIVISION = {nw.Implementation.POLARS, nw.Implementation.DUCKDB}


def native(table: object, name: str) -> Table:
    """
    A table as narwhals sees it.

    Raises:
        InvalidTable: It is no table that narwhals knows.
    """
    try:
        return nw.from_native(table)
    except TypeError as wrong:
        kind = type(table).__name__
        raise InvalidTable((f"{name} is a {kind}; give a Polars, DuckDB, pandas or PyArrow table",)) from wrong


def evaluated(table: Table) -> Frame:
    """
    A table as what will be computed: lazily, and for PyArrow, which knows no ordered windows, by Polars or DuckDB.

    Raises:
        InvalidTable: A PyArrow table, and neither is installed.
    """
    if isinstance(table, nw.LazyFrame) or not table.implementation.is_pyarrow():
        return table.lazy()
    for backend in ("polars", "duckdb"):
        if find_spec(backend) is not None:
            return table.lazy(backend=backend)
    raise InvalidTable(("PyArrow tables are computed by Polars or DuckDB; install one of them",))


def has_no_values(table: Table, column: str) -> bool:
    """Whether nothing but nulls can be in a column, whatever it should hold: a column of the type of nulls."""
    given, engine = table.to_native(), table.implementation
    # narwhals calls all types that it has no word for unknown, so the engine itself is asked.
    if engine.is_polars():
        return str(given.collect_schema()[column]) == "Null"
    if engine.is_duckdb():
        return str(given.types[given.columns.index(column)]).strip('"') == "NULL"
    if engine.is_pyarrow():
        return str(given.schema.field(column).type) == "null"
    if not engine.is_pandas():
        return False
    # pandas has no such type of its own: a list of None is of objects, an empty field of a CSV file a float.
    return str(given.dtypes[column]) in ("object", "float64", "null[pyarrow]") and bool(given[column].isna().all())


def is_view(table: Table, column: str) -> bool:
    """Whether a column of texts is of the form of Arrow that Arrow itself cannot group by."""
    return table.implementation.is_pyarrow() and str(table.to_native().schema.field(column).type) == "string_view"


def without_arrow(table: Table, contents: Mapping[str, str]) -> Table:
    """
    A pandas table without the columns that Arrow holds for it, in types of its own; any other table as it is.

    Arrow's integers have no remainder there, its categories no least one, and integers beside a null go through a
    double.
    """
    if not table.implementation.is_pandas():
        return table
    given = table.to_native()
    kinds: dict[str, str] = {}
    for column, content in contents.items():
        # Only the types of Arrow have this; asked in this way since PyArrow need not be there.
        if hasattr(given.dtypes[column], "pyarrow_dtype"):
            number = given.dtypes[column].kind in "iu"
            # Texts stay with Arrow, in the one form of it that pandas can group and sort.
            kinds[column] = "large_string[pyarrow]" if content == "text" else "Int64" if number else "datetime64[us]"
    return nw.from_native(given.astype(kinds)) if kinds else table


def microseconds(frame: Frame, column: str) -> nw.Expr:
    """
    An instant as integer microseconds since 1970, whether the column holds naive UTC timestamps or integers.

    A null becomes `NEVER`, an instant before all others: pandas has no integer that is null.
    """
    if frame.collect_schema()[column] in INTEGERS:
        return nw.col(column).fill_null(NEVER).cast(nw.Int64)
    # Subtracting the epoch is the one form that Polars, DuckDB and pandas all have.
    return (nw.col(column) - nw.lit(EPOCH)).dt.total_microseconds().fill_null(NEVER).cast(nw.Int64)


def floor_divide(frame: Frame, above: nw.Expr, below: nw.Expr) -> nw.Expr:
    """Exact integer quotient of non-negative integers."""
    if frame.implementation in _EXACT_DIVISION:
        return above // below
    # Elsewhere `//` may go through a double; a multiple divides exactly, and rounding removes the last error.
    return ((above - above % below) / below).round(0).cast(nw.Int64)


def running_count(partition: Sequence[str], order: Sequence[str], ones: str = "one") -> nw.Expr:
    """Row number within a partition from 1: a sum of ones, since `cum_count` and `rank` are wrong on some engines."""
    return nw.col(ones).cum_sum().over(*partition, order_by=list(order)).cast(nw.Int64)


def total(column: str, partition: str) -> nw.Expr:
    """Sum of a column within a partition; DuckDB widens sums, so it is cast back."""
    return nw.col(column).sum().over(partition).cast(nw.Int64)


def table_like(frame: Frame, columns: Mapping[str, Sequence[int]]) -> Frame:
    """
    A small table of integers on the same engine, and for DuckDB on the same connection, as *frame*.

    Raises:
        InvalidTable: The engine cannot be given one.
    """
    if frame.implementation.is_duckdb():
        rows = ", ".join(f"({', '.join(map(str, row))})" for row in zip(*columns.values(), strict=True))
        names = ", ".join(columns)
        typed = ", ".join(f"{name}::bigint as {name}" for name in columns)
        # Integers and fixed names only: nothing of the user's reaches this text.
        query = f"select {typed} from (values {rows}) as t({names})"  # noqa: S608
        small: Frame = nw.from_native(frame.to_native().query("partnerops_small_table", query))
        return small
    try:
        return nw.from_dict(dict(columns), backend=frame.implementation).lazy()
    except (ValueError, NotImplementedError) as wrong:
        engine = frame.implementation.name.lower()
        raise InvalidTable((f"{engine} cannot take a small table; use Polars or DuckDB for time decay",)) from wrong
