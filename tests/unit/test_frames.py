"""Tables as their users meet them: what comes back, and refusals that name table, column and remedy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import narwhals as nw
import polars as pl
import pytest

from partnerops import frames
from partnerops.attribution import (
    FirstTouch,
    LeadOrigin,
    Linear,
    Lookback,
    MilestoneBased,
    Only,
    OrElse,
    PositionBased,
    RegistrationFirst,
    RoleWeighted,
    StageOfInvolvement,
    TimeDecay,
)
from partnerops.attribution.tables import LabelWeighted, ShareTable
from partnerops.attribution.wrappers import PerCycle
from partnerops.exceptions import InvalidTable, InvalidValue, NotCompilable
from partnerops.frames._narwhals import floor_divide, table_like

from .engines import ENGINES, from_engine, to_engine

CLOSE = datetime(2026, 3, 31)


def deals(**changes: object) -> pl.DataFrame:
    values = {
        "opportunity_id": ["D-2", "D-1"],
        "amount_minor": [1001, -1001],
        "currency": ["BRL", "BRL"],
        "closed_at": [CLOSE, CLOSE],
    }
    return pl.DataFrame(values | changes)


def touches(**changes: object) -> pl.DataFrame:
    values = {
        "touch_id": ["a", "b", "c"],
        "opportunity_id": ["D-1", "D-1", "D-9"],
        "partner_id": ["birch", "acme", "acme"],
        "at": [datetime(2026, 3, 2), datetime(2026, 3, 3), datetime(2026, 3, 3)],
    }
    return pl.DataFrame(values | changes)


@pytest.mark.parametrize("engine", ENGINES)
class TestResult:
    """What comes back, on every engine."""

    def test_the_columns_are_the_contract(self, engine):
        """Names in their order, and rows by deal and party."""
        result = frames.attribute(to_engine(engine, touches()), to_engine(engine, deals()), policy=Linear())
        assert sorted(from_engine(engine, result), key=lambda row: (row["opportunity_id"], row["partner_id"])) == [
            {
                "opportunity_id": "D-1", "partner_id": "acme", "amount_minor": -500,
                "currency": "BRL", "weight": 1, "weight_total": 2,
            },
            {
                "opportunity_id": "D-1", "partner_id": "birch", "amount_minor": -501,
                "currency": "BRL", "weight": 1, "weight_total": 2,
            },
            {
                "opportunity_id": "D-2", "partner_id": "unattributed", "amount_minor": 1001,
                "currency": "BRL", "weight": 0, "weight_total": 0,
            },
        ]  # fmt: skip

    def test_users_own_columns_do_no_harm(self, engine):
        """Even under names that the evaluator uses inside."""
        extra = dict.fromkeys(("one", "place", "rank", "winner", "amount", "hours", "weight"), 7)
        plain = frames.attribute(to_engine(engine, touches()), to_engine(engine, deals()), policy=TimeDecay())
        more = frames.attribute(
            to_engine(engine, touches().with_columns(**{k: pl.lit(v, dtype=pl.Int64) for k, v in extra.items()})),
            to_engine(engine, deals().with_columns(**{k: pl.lit(v, dtype=pl.Int64) for k, v in extra.items()})),
            policy=TimeDecay(),
        )
        assert sorted(map(str, from_engine(engine, more))) == sorted(map(str, from_engine(engine, plain)))

    def test_instants_may_be_microseconds_since_1970(self, engine):
        """Whole numbers mean the same moments as timestamps."""
        mine = touches().with_columns(pl.col("at").dt.epoch("us"))
        theirs = deals().with_columns(pl.col("closed_at").dt.epoch("us"))
        policy = Lookback(TimeDecay(), days=28)  # leaves out the touch of 2 March
        whole = frames.attribute(to_engine(engine, mine), to_engine(engine, theirs), policy=policy)
        stamped = frames.attribute(to_engine(engine, touches()), to_engine(engine, deals()), policy=policy)
        rows = sorted(map(str, from_engine(engine, whole)))
        assert rows == sorted(map(str, from_engine(engine, stamped)))
        assert len(rows) == 2

    def test_check_passes_good_tables(self, engine):
        """Nothing to say is nothing said."""
        assert frames.check(to_engine(engine, touches()), to_engine(engine, deals())) is None

    def test_check_reports_every_fault_at_once(self, engine):
        """Nulls, repeats and missing columns of all tables in one error."""
        bad_deals = deals(opportunity_id=["D-1", "D-1"])
        bad_touches = touches(partner_id=["acme", None, None])
        with pytest.raises(InvalidTable) as raised:
            frames.check(
                to_engine(engine, bad_touches),
                to_engine(engine, bad_deals),
                to_engine(engine, pl.DataFrame({"registration_id": ["R-1"]})),
            )
        text = str(raised.value)
        assert "touches.partner_id has 2 nulls; fill or drop these rows" in text
        assert "opportunities.opportunity_id repeats for 1 ids, such as 'D-1'; keep one row each" in text
        assert "registrations has no column 'opportunity_id'" in text


class TestPolars:
    """Eager tables come back eager and sorted."""

    def test_eager_results_are_sorted(self):
        """By deal, then party."""
        result = frames.attribute(touches(), deals(), policy=Linear())
        assert result.select("opportunity_id", "partner_id").rows() == [
            ("D-1", "acme"), ("D-1", "birch"), ("D-2", "unattributed"),
        ]  # fmt: skip

    def test_lazy_stays_lazy(self):
        """Nothing is computed before the user collects."""
        assert isinstance(frames.attribute(touches().lazy(), deals().lazy(), policy=Linear()), pl.LazyFrame)

    def test_millisecond_and_nanosecond_timestamps_are_understood(self):
        """The unit of a timestamp column does not matter."""
        for unit in ("ms", "ns"):
            mine = touches().with_columns(pl.col("at").cast(pl.Datetime(unit)))
            theirs = deals().with_columns(pl.col("closed_at").cast(pl.Datetime(unit)))
            assert frames.attribute(mine, theirs, policy=TimeDecay()).equals(
                frames.attribute(touches(), deals(), policy=TimeDecay())
            )

    def test_an_amount_beyond_the_bound_is_refused_never_wrong(self):
        """Eager tables raise; lazy ones show a null."""
        huge = deals(amount_minor=[1 << 50, 5])
        with pytest.raises(InvalidTable, match=r"below 2\^50 minor units .* see D-2"):
            frames.attribute(touches(), huge, policy=Linear())
        rows = frames.attribute(touches().lazy(), huge.lazy(), policy=Linear()).collect()
        assert rows.filter(pl.col("opportunity_id") == "D-2")["amount_minor"].to_list() == [None]

    def test_weights_beyond_the_bound_are_refused_never_wrong(self):
        """Three thousand touches of one deal under time decay sum to more than 2^31."""
        count = 3000
        many = pl.DataFrame(
            {
                "touch_id": [f"t{n}" for n in range(count)],
                "opportunity_id": ["D-1"] * count,
                "partner_id": ["acme"] * count,
                "at": [CLOSE] * count,
            }
        )
        with pytest.raises(InvalidTable, match=r"below 2\^31; see D-1"):
            frames.attribute(many, deals(), policy=TimeDecay())
        assert frames.attribute(many, deals(), policy=Linear()).height == 2

    def test_registrations_without_the_wrapper_change_nothing(self):
        """A registration is not a touch."""
        filed = pl.DataFrame(
            {
                "registration_id": ["R-1"], "opportunity_id": ["D-1"], "partner_id": ["dogwood"],
                "submitted_at": [CLOSE], "status": ["approved"], "decided_at": [CLOSE],
                "protected_until": [datetime(2026, 6, 1)],
            }
        )  # fmt: skip
        plain = frames.attribute(touches(), deals(), policy=Linear())
        assert frames.attribute(touches(), deals(), policy=Linear(), registrations=filed).equals(plain)
        first = frames.attribute(touches(), deals(), policy=RegistrationFirst(Linear()), registrations=filed)
        assert first.filter(pl.col("partner_id") == "dogwood")["amount_minor"].to_list() == [-1001]
        assert frames.attribute(touches(), deals(), policy=RegistrationFirst(Linear())).equals(plain)

    @pytest.mark.parametrize(
        ("ended_at", "party"),
        [
            (CLOSE + timedelta(microseconds=1), "dogwood"),
            (CLOSE, "birch"),
            (None, "birch"),
        ],
    )
    def test_what_was_withdrawn_after_the_close_still_protected_the_deal(self, ended_at, party):
        """The status is of today, the deal was won before; a table without that column cannot tell."""
        filed = pl.DataFrame(
            {
                "registration_id": ["R-1"], "opportunity_id": ["D-1"], "partner_id": ["dogwood"],
                "submitted_at": [datetime(2026, 3, 1)], "status": ["withdrawn"],
                "decided_at": [datetime(2026, 3, 2)], "protected_until": [datetime(2026, 6, 1)],
            }
        )  # fmt: skip
        policy = RegistrationFirst(FirstTouch())
        ended = filed.with_columns(ended_at=pl.lit(ended_at, dtype=pl.Datetime("us")))
        with_end = frames.attribute(touches(), deals(), policy=policy, registrations=ended)
        without = frames.attribute(touches(), deals(), policy=policy, registrations=filed)
        assert with_end["partner_id"].to_list() == [party, "unattributed"]
        assert without["partner_id"].to_list() == ["birch", "unattributed"]
        strange = filed.with_columns(ended_at=pl.lit("2026-04-01"))
        with pytest.raises(InvalidTable, match=r"registrations\.ended_at is String"):
            frames.attribute(touches(), deals(), policy=policy, registrations=strange)

    def test_empty_tables_give_an_empty_or_unattributed_result(self):
        """No deals, or no touches."""
        assert frames.attribute(touches(), deals().clear(), policy=PositionBased()).height == 0
        only = frames.attribute(touches().clear(), deals(), policy=PositionBased())
        assert only["partner_id"].to_list() == ["unattributed"] * 2

    @pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["D-1", "D-2", "D-9", "acme", "birch"])])
    @pytest.mark.parametrize("column", ["opportunity_id", "partner_id"])
    @pytest.mark.parametrize("policy", [Linear(), OrElse(LeadOrigin(), Linear())])
    def test_categories_are_texts_like_any_other(self, kind, column, policy):
        """They join with plain strings, and take parties that they do not list."""
        known = deals(origin_partner_id=["zinnia", None])
        plain = frames.attribute(touches(), known, policy=policy)
        given = frames.attribute(touches().with_columns(pl.col(column).cast(kind)), known, policy=policy)
        assert given.equals(plain)
        assert given.schema == plain.schema

    def test_the_least_integer_is_refused_and_does_not_wrap(self):
        """It has no positive mirror in 64 bits."""
        with pytest.raises(InvalidTable, match="below 2\\^50 minor units.*; see D-1$"):
            frames.attribute(touches(), deals(amount_minor=[1, -(2**63)]), policy=Linear())

    def test_checking_with_a_class_is_refused(self):
        """The usual slip: `Linear` for `Linear()`."""
        with pytest.raises(InvalidValue, match=r"frames.check\(policy=...\) must be a policy"):
            frames.check(touches(), deals(), policy=Linear)


class TestDuckDB:
    """Relations stay on their own connection."""

    def test_the_result_is_a_relation_of_the_same_connection(self):
        """Time decay joins a small table there as well."""
        result = frames.attribute(to_engine("duckdb", touches()), to_engine("duckdb", deals()), policy=TimeDecay())
        assert len(result.filter("amount_minor < 0").fetchall()) == 2


class TestRefusals:
    """Bad input names the table, the column and the remedy."""

    @pytest.mark.parametrize(
        ("mine", "theirs", "message"),
        [
            (touches().drop("at"), deals(), "touches has no column 'at'"),
            (touches().rename({"partner_id": "partner"}), deals(), "no column 'partner_id'; did you mean 'partner'"),
            (touches(), deals(amount_minor=[10.01, 5.0]), "amount_minor is Float64; give money as whole minor units"),
            (touches(touch_id=[1, 2, 3]), deals(), "touches.touch_id is Int64; give ids and codes as strings"),
            (touches(at=["2026-03-02"] * 3), deals(), "give instants as naive UTC timestamps"),
            (touches(), deals(closed_at=[CLOSE.replace(tzinfo=UTC)] * 2), "its zone is UTC: convert to UTC and drop"),
            (touches(), deals(amount_minor=[None, 5]), "opportunities.amount_minor has 1 null; fill or drop"),
            (touches(), deals(opportunity_id=["D-1", "D-1"]), "repeats for 1 ids, such as 'D-1'"),
            (touches().lazy(), deals(), "different kinds"),
            (touches().to_dict(as_series=False), deals(), "touches is a dict; give a Polars"),
        ],
    )
    def test_tables_that_break_the_contract(self, mine, theirs, message):
        """Before anything is computed."""
        with pytest.raises(InvalidTable) as raised:
            frames.attribute(mine, theirs, policy=Linear())
        assert message in str(raised.value)

    @pytest.mark.parametrize("engine", [nw.Implementation.POLARS, nw.Implementation.PANDAS])
    def test_quotients_are_whole_on_every_engine(self, engine):
        """Also where `//` may go through a double: as far as shares go, to 2^53."""
        pairs = [(0, 1), (1, 3), (2, 3), (3, 3), (10**9 + 7, 10**9), (2**53, 3), (2**53, 2**31 - 1), (2**53 - 1, 7)]
        table = nw.from_native(pl.DataFrame(pairs, schema=["a", "b"], orient="row"))
        quotient = floor_divide(SimpleNamespace(implementation=engine), nw.col("a"), nw.col("b"))
        assert table.select(quotient.alias("q")).get_column("q").to_list() == [a // b for a, b in pairs]

    def test_an_engine_that_cannot_be_given_a_table(self):
        """Says which one, and what to use instead."""
        frame = SimpleNamespace(implementation=nw.Implementation.IBIS)
        with pytest.raises(InvalidTable, match="ibis cannot take a small table; use Polars or DuckDB for time decay"):
            table_like(frame, {"age": [1]})

    def test_a_users_policy_is_told_where_it_can_run(self):
        """Tables evaluate integers, not code."""

        class Mine:
            def weigh(self, case, /):
                return [1] * len(case.touches)

        with pytest.raises(NotCompilable, match="use partnerops.attribution.attribute_all on objects"):
            frames.attribute(touches(), deals(), policy=Lookback(Mine(), days=3))

    def test_a_class_is_no_policy(self):
        """The same words as for objects."""
        with pytest.raises(InvalidValue, match=r"such as Linear\(\)"):
            frames.attribute(touches(), deals(), policy=FirstTouch)


class TestOtherEngines:
    """What an engine cannot do by itself."""

    def test_pyarrow_alone_cannot_evaluate_a_policy(self, monkeypatch):
        """It knows no ordered windows; the message says what helps."""
        pa = pytest.importorskip("pyarrow")
        from partnerops.frames import _narwhals

        tables = [pa.table(table.to_dict(as_series=False)) for table in (touches(), deals())]
        assert isinstance(frames.attribute(*tables, policy=Linear()), pa.Table)
        monkeypatch.setattr(_narwhals, "find_spec", lambda _name: None)
        with pytest.raises(InvalidTable, match="computed by Polars or DuckDB"):
            frames.attribute(*tables, policy=Linear())


class TestColumns:
    """Some policies ask for more columns, and say so."""

    @pytest.mark.parametrize(
        ("policy", "message"),
        [
            (RoleWeighted({"sourcer": 1}), "touches has no column 'role'"),
            (OrElse(RoleWeighted({"sourcer": 1}), Linear()), "touches has no column 'role'"),
            (StageOfInvolvement({"proposal": 1}), "touches has no column 'stage'"),
            (Only(Linear(), kinds=["demo"]), "touches has no column 'kind'"),
            (LeadOrigin(), "opportunities has no column 'origin_partner_id'"),
            (PerCycle(Linear()), "opportunities has no column 'previous_close'"),
            (MilestoneBased({"lead_created": 1}), "opportunities has no column 'lead_created_at'"),
            (MilestoneBased({"deal_created": 1}), "opportunities has no column 'created_at'"),
            (MilestoneBased({"lead_created": 1}, missing="infer"), "opportunities has no column 'created_at'"),
        ],
    )
    def test_a_missing_column_is_named(self, policy, message):
        """By the verb and by `check`, before anything is computed."""
        for refuse in (frames.attribute, frames.check):
            with pytest.raises(InvalidTable) as raised:
                refuse(touches(), deals(), policy=policy)
            assert message in str(raised.value)
        assert frames.check(touches(), deals()) is None

    def test_two_tables_of_labels_in_one_policy_keep_apart(self):
        """Roles first, and kinds for deals without a known role."""
        mine = touches(role=[None, None, "sourcer"], kind=["demo", "call", "demo"])
        policy = OrElse(RoleWeighted({"sourcer": 1}), LabelWeighted("kind", {"demo": "0.9", "call": "0.1"}))
        result = frames.attribute(mine, deals(), policy=policy)
        assert result.filter(pl.col("opportunity_id") == "D-1")["weight"].to_list() == [1, 9]

    def test_labels_shared_by_very_many_touches_are_refused_never_wrong(self):
        """Forty thousand touches in each of two roles need a larger common denominator than tables hold."""
        count = 80_000
        many = pl.DataFrame(
            {
                "touch_id": [f"t{n}" for n in range(count)],
                "opportunity_id": ["D-1"] * count,
                "partner_id": ["acme", "birch"] * (count // 2),
                "role": ["sourcer", "closer"] * (count // 2),
                "at": [CLOSE] * count,
            }
        )
        policy = RoleWeighted({"sourcer": "0.7", "closer": "0.3"})
        with pytest.raises(InvalidTable, match=r"below 2\^31; see D-1"):
            frames.attribute(many, deals(), policy=policy)
        few = frames.attribute(many.head(1000), deals(), policy=policy)
        assert few.filter(pl.col("opportunity_id") == "D-1")["amount_minor"].to_list() == [-701, -300]

    @pytest.mark.parametrize(
        "policy",
        [
            PositionBased("0.3333333333", "0.3333333333"),
            OrElse(Linear(), ShareTable(["0.3333333333", "0.6666666667"])),
            MilestoneBased({"first": "0.3333333333", "closed": "0.6666666667"}),
            RoleWeighted({"sourcer": "0.3333333333", "closer": "0.6666666667"}),
        ],
    )
    def test_shares_too_fine_for_tables_are_refused(self, policy):
        """Objects take them, tables say what to do."""
        more = deals(created_at=[CLOSE] * 2, lead_created_at=[CLOSE] * 2)
        with pytest.raises(InvalidTable, match="too fine for tables; round them"):
            frames.attribute(touches(role=["sourcer"] * 3), more, policy=policy)
