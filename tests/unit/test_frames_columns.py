"""Columns as engines have them: of every type that means a text, a number or an instant, and of none at all."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from partnerops import frames
from partnerops.attribution import FirstTouch, LeadOrigin, Linear, OrElse, RegistrationFirst, RoleWeighted
from partnerops.exceptions import InvalidTable

from .engines import ENGINES, from_engine, to_engine
from .test_frames import CLOSE, deals, touches

POLICY = OrElse(RegistrationFirst(OrElse(LeadOrigin(), RoleWeighted({"sourcer": 1}))), Linear())
TEXTS = (
    "touch_id",
    "opportunity_id",
    "partner_id",
    "role",
    "currency",
    "origin_partner_id",
    "registration_id",
    "status",
)
INSTANTS = ("at", "closed_at", "submitted_at", "decided_at", "protected_until", "ended_at")


def filed(**changes: object) -> pl.DataFrame:
    """A registration that protects D-2 at its close."""
    values = {
        "registration_id": ["R-1"],
        "opportunity_id": ["D-2"],
        "partner_id": ["dogwood"],
        "submitted_at": [datetime(2026, 3, 1)],
        "status": ["approved"],
        "decided_at": [datetime(2026, 3, 2)],
        "protected_until": [datetime(2026, 6, 1)],
    }
    return pl.DataFrame(values | changes)


def typed() -> list[pl.DataFrame]:
    """All three tables, with what may be null null in some rows, in the types of Polars."""
    return [
        touches(role=[None, "sourcer", None]),
        deals().with_columns(origin_partner_id=pl.lit(None, dtype=pl.String)),
        filed().with_columns(ended_at=pl.lit(None, dtype=pl.Datetime("us"))),
    ]


LAZY = ("polars-lazy", "duckdb")
WANT = [("D-1", "acme", -1001, "BRL", 1, 1), ("D-2", "dogwood", 1001, "BRL", 1, 1)]
"""The second touch of D-1 was a sourcer's, and D-2 was registered."""
WITHOUT = [
    ("D-1", "acme", -500, "BRL", 1, 2),
    ("D-1", "birch", -501, "BRL", 1, 2),
    ("D-2", "dogwood", 1001, "BRL", 1, 1),
]
"""Without any role."""


def rows_of(engine: str, tables: list[object]) -> list[tuple[object, ...]]:
    """What the policy gives, from tables that also pass the check."""
    mine, theirs, registered = tables
    assert frames.check(mine, theirs, registered, policy=POLICY) is None
    result = frames.attribute(mine, theirs, policy=POLICY, registrations=registered)
    return sorted(tuple(row.values()) for row in from_engine(engine, result))


def cast_all(tables: list[pl.DataFrame], kinds: dict[str, object]) -> list[pl.DataFrame]:
    return [
        table.with_columns(*(pl.col(name).cast(kinds[name]) for name in table.columns if name in kinds))
        for table in tables
    ]


class TestNullColumns:
    """Where a column may be null, all of it may: nobody ever withdrew, nobody has a role."""

    @pytest.mark.parametrize("engine", ["polars", "polars-lazy"])
    def test_polars_columns_of_type_null(self, engine):
        """`None` in every row gives a column that has no other type."""
        tables = [touches(role=[None] * 3), deals(origin_partner_id=[None] * 2), filed(ended_at=[None])]
        assert tables[2].schema["ended_at"] == tables[0].schema["role"] == pl.Null
        assert rows_of(engine, [to_engine(engine, table) for table in tables]) == WITHOUT

    def test_duckdb_columns_of_type_null(self):
        """`null as role` in a query."""
        mine, theirs, registered = (to_engine("duckdb", table) for table in (touches(), deals(), filed()))
        tables = [
            mine.project("*, null as role"),
            theirs.project("*, null as origin_partner_id"),
            registered.project("*, null as ended_at"),
        ]
        assert rows_of("duckdb", tables) == WITHOUT

    def test_pyarrow_columns_of_type_null(self):
        """As `pyarrow.table` makes them of `None`."""
        pytest.importorskip("pyarrow")
        tables = [touches(role=[None] * 3), deals(origin_partner_id=[None] * 2), filed(ended_at=[None])]
        assert rows_of("pyarrow", [table.to_arrow() for table in tables]) == WITHOUT

    @pytest.mark.parametrize("nothing", [None, float("nan")])
    def test_pandas_columns_without_a_value(self, nothing):
        """pandas has no type of nulls: a list of `None` is of objects, and an empty field of a CSV file a float."""
        pd = pytest.importorskip("pandas")
        tables = [touches(role=[nothing] * 3), deals(origin_partner_id=[nothing] * 2), filed(ended_at=[nothing])]
        given = [pd.DataFrame(table.to_dict(as_series=False)) for table in tables]
        assert rows_of("pandas", given) == WITHOUT

    @pytest.mark.parametrize("engine", ["polars", "polars-lazy"])
    def test_where_a_null_is_not_legal_it_is_refused(self, engine):
        """By its rows where they are at hand, by its type where they are not."""
        tables = [to_engine("polars", table) for table in (touches(at=[None] * 3), deals())]
        if engine == "polars-lazy":
            tables = [table.lazy() for table in tables]
        for refuse in (frames.attribute, frames.check):
            with pytest.raises(InvalidTable, match=r"^touches\.at has 3 nulls|^touches\.at is Unknown; give instants"):
                refuse(*tables, policy=Linear())

    @pytest.mark.parametrize("engine", [*ENGINES])
    def test_a_column_of_another_type_is_still_refused(self, engine):
        """A column of numbers that has values is no text, wherever nulls are legal."""
        mine = touches().with_columns(role=pl.Series([1, None, 2], dtype=pl.Int64))
        tables = [to_engine(engine, table) for table in (mine, deals())]
        with pytest.raises(InvalidTable, match=r"touches\.role is Int64; give ids and codes as strings"):
            frames.attribute(*tables, policy=RoleWeighted({"sourcer": 1}))

    def test_an_empty_table_of_no_types_is_an_empty_table(self):
        """Nobody touched anything, nobody registered anything."""
        nobody = {name: [] for name in ("touch_id", "opportunity_id", "partner_id", "at")}
        nothing = filed().clear().select(pl.all().cast(pl.Null))
        policy = RegistrationFirst(Linear())
        result = frames.attribute(pl.DataFrame(nobody), deals(), policy=policy, registrations=nothing)
        assert result["partner_id"].to_list() == ["unattributed"] * 2


@pytest.mark.parametrize("engine", ENGINES)
class TestBounds:
    """What 64 bits cannot hold is told on every engine; it spoils neither the query nor the other deals."""

    @pytest.mark.parametrize("amount", [2**50, -(2**50), 2**63 - 1, -(2**63)])
    def test_amounts(self, engine, amount):
        """Also the least integer, which has no positive mirror."""
        tables = [to_engine(engine, table) for table in (touches(), deals(amount_minor=[amount, 3]))]
        if engine not in LAZY:
            with pytest.raises(InvalidTable, match=r"below 2\^50 minor units .*; see D-2$"):
                frames.attribute(*tables, policy=Linear())
            return
        found = from_engine(engine, frames.attribute(*tables, policy=Linear()))
        assert {(row["opportunity_id"], row["amount_minor"]) for row in found} == {
            ("D-1", 1), ("D-1", 2), ("D-2", None),
        }  # fmt: skip

    def test_weights(self, engine):
        """Many touches under fine shares need parts whose products not even DuckDB would hold."""
        few, roles = touches(role=["sourcer", "closer", None]), ["sourcer", "closer", "other"] * 20
        many = pl.DataFrame({"touch_id": [f"t{n}" for n in range(60)], "role": roles}).with_columns(
            opportunity_id=pl.lit("D-2"), partner_id=pl.col("role"), at=pl.lit(CLOSE)
        )
        given = pl.concat([few, many.select(few.columns)])
        tables = [to_engine(engine, table) for table in (given, deals(amount_minor=[2**50 - 1, 3]))]
        policy = RoleWeighted({"sourcer": "0.700001", "closer": "0.099999", "other": "0.2"})
        if engine not in LAZY:
            with pytest.raises(InvalidTable, match=r"weights of a deal below 2\^31; see D-2$"):
                frames.attribute(*tables, policy=policy)
            return
        found = from_engine(engine, frames.attribute(*tables, policy=policy))
        assert {(row["opportunity_id"], row["amount_minor"]) for row in found} == {
            ("D-1", 3), ("D-1", 0), ("D-2", None),
        }  # fmt: skip


class TestTypes:
    """Types that engines have beside the plain ones."""

    @pytest.mark.parametrize("engine", ["polars", "polars-lazy"])
    @pytest.mark.parametrize(
        "kinds",
        [
            dict.fromkeys(TEXTS, pl.Categorical),
            dict.fromkeys(INSTANTS, pl.Datetime("ms")),
            dict.fromkeys(INSTANTS, pl.Datetime("ns")),
            {"amount_minor": pl.Int32},
        ],
    )
    def test_polars(self, engine, kinds):
        """Categories, instants of other units, smaller numbers."""
        assert rows_of(engine, [to_engine(engine, table) for table in cast_all(typed(), kinds)]) == WANT

    @pytest.mark.parametrize("unit", ["timestamp_s", "timestamp_ms", "timestamp_ns"])
    def test_duckdb(self, unit):
        """Instants of other units."""
        tables = []
        for table in typed():
            columns = [f'"{name}"::{unit} as "{name}"' if name in INSTANTS else f'"{name}"' for name in table.columns]
            tables.append(to_engine("duckdb", table).project(", ".join(columns)))
        assert rows_of("duckdb", tables) == WANT

    @pytest.mark.parametrize(
        ("text", "unit"), [("string", "us"), ("large_string", "s"), ("string_view", "ms"), ("dictionary", "ns")]
    )
    def test_pyarrow(self, text, unit):
        """Texts and instants in every form that Arrow has."""
        pa = pytest.importorskip("pyarrow")
        texts = pa.dictionary(pa.int32(), pa.string()) if text == "dictionary" else getattr(pa, text)()
        kinds = dict.fromkeys(TEXTS, texts) | dict.fromkeys(INSTANTS, pa.timestamp(unit))
        tables = []
        for table in typed():
            values = table.to_dict(as_series=False)
            tables.append(pa.table({name: pa.array(values[name], kinds.get(name)) for name in values}))
        assert rows_of("pyarrow", tables) == WANT

    @pytest.mark.parametrize(
        ("text", "unit", "number"),
        [
            ("string", "us", "int64"),
            ("large_string", "s", "int32"),
            ("dictionary", "ms", "int64"),
            ("string", "ns", "uint16"),
        ],
    )
    def test_pandas_columns_of_arrow(self, text, unit, number):
        """As `read_parquet(dtype_backend="pyarrow")` gives them: pandas itself does not know all they need."""
        pd, pa = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
        texts = pa.dictionary(pa.int32(), pa.string()) if text == "dictionary" else getattr(pa, text)()
        kinds = dict.fromkeys(TEXTS, texts) | dict.fromkeys(INSTANTS, pa.timestamp(unit))
        tables = []
        given = typed()
        if number.startswith("u"):
            given[1] = given[1].with_columns(pl.col("amount_minor").abs())
        for table in given:
            values = {
                name: pa.array(column, kinds.get(name, getattr(pa, number)()))
                for name, column in table.to_dict(as_series=False).items()
            }
            tables.append(pd.DataFrame({n: pd.Series(v, dtype=pd.ArrowDtype(v.type)) for n, v in values.items()}))
        want = [(*row[:2], abs(row[2]), *row[3:]) for row in WANT] if number.startswith("u") else WANT
        assert rows_of("pandas", tables) == want

    @pytest.mark.parametrize(
        "kinds",
        [
            dict.fromkeys(TEXTS, "category"),
            dict.fromkeys(TEXTS, "string"),
            dict.fromkeys(TEXTS, object),
            dict.fromkeys(INSTANTS, "datetime64[s]"),
            dict.fromkeys(INSTANTS, "datetime64[ns]"),
            {"amount_minor": "Int64"},
            {"amount_minor": "int32"},
        ],
    )
    def test_pandas(self, kinds):
        """Categories, the nullable types and the old ones."""
        pytest.importorskip("pandas")
        tables = [to_engine("pandas", table) for table in typed()]
        given = [
            table.astype({name: kind for name, kind in kinds.items() if name in table.columns}) for table in tables
        ]
        assert rows_of("pandas", given) == WANT

    def test_pandas_columns_of_arrow_with_microseconds_and_nulls(self):
        """A null beside large integers must not send them through a double."""
        pd, pa = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
        close = (CLOSE - datetime(1970, 1, 1)) // (datetime(1970, 1, 1, 0, 0, 0, 1) - datetime(1970, 1, 1))
        values = filed().to_dict(as_series=False) | {"registration_id": ["R-1", "R-2"], "ended_at": [None, close + 1]}
        values |= {name: values[name] * 2 for name in ("opportunity_id", "partner_id")}
        # The first one ran out at the close to the microsecond, the second was withdrawn just after it.
        values |= {
            "status": ["approved", "withdrawn"],
            "submitted_at": [close - 9, close - 8],
            "decided_at": [close - 7, close],
            "protected_until": [close, close + 1],
            "partner_id": ["dogwood", "elm"],
        }
        table = pd.DataFrame({n: pd.Series(v, dtype=pd.ArrowDtype(pa.array(v).type)) for n, v in values.items()})
        result = frames.attribute(
            to_engine("pandas", touches()),
            to_engine("pandas", deals()),
            policy=RegistrationFirst(FirstTouch()),
            registrations=table,
        )
        assert result["partner_id"].tolist() == ["birch", "elm"]

    @pytest.mark.parametrize(
        ("kind", "message"),
        [
            (pl.Int128, "amount_minor is Int128; give money as whole minor units (int64): 10.50 BRL is 1050"),
            (pl.Decimal(20, 2), "give money as whole minor units (int64): 10.50 BRL is 1050"),
            (pl.Date, "closed_at is Date; give instants as naive UTC timestamps"),
            (pl.Datetime("us", "America/Sao_Paulo"), "its zone is America/Sao_Paulo: convert to UTC and drop the zone"),
        ],
    )
    def test_what_would_have_to_be_guessed_is_refused(self, kind, message):
        """Wide and decimal amounts, days, and instants of a zone."""
        if kind == pl.Int128 or isinstance(kind, pl.Decimal):
            column = pl.col("amount_minor").cast(kind)
        elif kind == pl.Date:
            column = pl.col("closed_at").cast(kind)
        else:
            column = pl.col("closed_at").dt.replace_time_zone(kind.time_zone)
        with pytest.raises(InvalidTable) as raised:
            frames.attribute(touches(), deals().with_columns(column), policy=Linear())
        assert message in str(raised.value)


STATUSES = "submitted, approved, rejected, expired, converted or withdrawn"
APPROVED = "approved, expired or converted"


class TestStatuses:
    """A registration whose status says nothing may not decide who is paid, one way or the other."""

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            (
                {"status": ["Approved"]},
                f"registrations.status is unknown in 1 row, such as 'Approved'; use {STATUSES}; did you mean 'approved",
            ),
            (
                {"protected_until": [None]},
                f"registrations.decided_at or protected_until is null in 1 row of status {APPROVED}, such as 'R-1'",
            ),
            ({"status": ["converted"], "decided_at": [None]}, f"null in 1 row of status {APPROVED}"),
        ],
    )
    def test_refused_by_name_and_never_guessed(self, engine, changes, message):
        """By the check everywhere; by the verb in eager tables, and by a null amount in lazy ones."""
        kinds = {"decided_at": pl.Datetime("us"), "protected_until": pl.Datetime("us")}
        (registered,) = cast_all([filed(**changes)], kinds)
        tables = [to_engine(engine, table) for table in (touches(), deals(), registered)]
        with pytest.raises(InvalidTable) as raised:
            frames.check(*tables)
        assert message in str(raised.value)
        policy = RegistrationFirst(Linear())
        if engine not in LAZY:
            with pytest.raises(InvalidTable) as raised:
                frames.attribute(*tables[:2], policy=policy, registrations=tables[2])
            assert message in str(raised.value)
            return
        result = frames.attribute(*tables[:2], policy=policy, registrations=tables[2])
        found = {(row["opportunity_id"], row["amount_minor"]) for row in from_engine(engine, result)}
        assert found == {("D-1", -500), ("D-1", -501), ("D-2", None)}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_status_that_is_null_is_a_null(self, engine):
        """One fault has one line."""
        registered = pl.concat([filed(), filed(registration_id=["R-2"]).with_columns(status=pl.lit(None, pl.String))])
        with pytest.raises(InvalidTable) as raised:
            frames.check(*(to_engine(engine, table) for table in (touches(), deals(), registered)))
        assert raised.value.faults == ("registrations.status has 1 null; fill or drop these rows",)

    @pytest.mark.parametrize("status", ["submitted", "rejected", "withdrawn"])
    def test_what_was_never_approved_needs_no_window(self, status):
        """A null there is a fact."""
        (waiting,) = cast_all([filed(status=[status], protected_until=[None])], {"protected_until": pl.Datetime("us")})
        assert frames.check(touches(), deals(), waiting) is None
        result = frames.attribute(touches(), deals(), policy=RegistrationFirst(Linear()), registrations=waiting)
        assert result.equals(frames.attribute(touches(), deals(), policy=Linear()))

    def test_registrations_that_repeat_are_refused(self):
        """Of one id there is one record."""
        twice = pl.concat([filed(), filed()])
        with pytest.raises(InvalidTable, match=r"registrations\.registration_id repeats for 1 ids, such as 'R-1'"):
            frames.attribute(touches(), deals(), policy=Linear(), registrations=twice)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_nobody_is_no_party(self, engine):
        """Objects refuse such a touch; a table that has one would count its credit as not earned."""
        mine = touches(partner_id=["unattributed", "acme", "acme"])
        tables = [to_engine(engine, table) for table in (mine, deals())]
        if engine not in LAZY:
            with pytest.raises(InvalidTable) as raised:
                frames.attribute(*tables, policy=Linear())
            assert str(raised.value) == (
                "partner_id 'unattributed' is the name of what nobody earned; name the party of D-1"
            )
            return
        found = from_engine(engine, frames.attribute(*tables, policy=Linear()))
        parts = {(row["opportunity_id"], row["partner_id"], row["amount_minor"], row["weight"]) for row in found}
        assert parts == {("D-1", "acme", -500, 1), ("D-1", "unattributed", None, 1), ("D-2", "unattributed", 1001, 0)}
