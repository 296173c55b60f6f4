"""The differential law: tables give the same cents as objects, on every engine."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, strategies as st

from partnerops import frames
from partnerops.attribution import Linear
from partnerops.attribution._single import origin_of
from partnerops.attribution.rules import stages_of

from ..unit.engines import ENGINES, from_engine, to_engine
from .cases import CLOSE, Facts, deals, leads_of, policies, registrations_of, touches_of

pytestmark = pytest.mark.laws

Rows = list[dict[str, object]]


def naive(at):
    return None if at is None else at.replace(tzinfo=None)


def micros(at):
    return None if at is None else (at - CLOSE) // timedelta(microseconds=1) + 10**15


@st.composite
def programmes(draw):
    """Deals with their records; amounts up to 2^50, close instants that differ, and a touch of no deal at all."""
    minor = st.one_of(st.sampled_from([0, 1, -1, 3, 2**50 - 1, -(2**49)]), st.integers(-(10**6), 10**6))
    found = []
    for index in range(draw(st.integers(0, 4))):
        deal = draw(deals(minor)).replace(id=f"D-{index}", closed_at=CLOSE - timedelta(hours=7 * index))
        touches = [t.replace(id=f"{index}-{t.id}") for t in draw(touches_of(deal.id))]
        filed = [r.replace(id=f"{index}-{r.id}") for r in draw(registrations_of(deal.id))]
        previous = draw(st.one_of(st.none(), st.integers(2, 60).map(lambda days: CLOSE - timedelta(days=days))))
        found.append(Facts(deal, touches, filed, draw(leads_of(deal.id)), previous))
    return found


def tables(programme, instant, shuffle):
    """The three tables of a programme, as Polars frames."""
    kind = pl.Int64 if instant is micros else pl.Datetime("us")
    cases = {one.deal.id: one.ask(Linear()).case for one in programme}
    deals_table = pl.DataFrame(
        [
            (
                one.deal.id, one.deal.amount.minor, "BRL", instant(one.deal.closed_at), instant(one.deal.created_at),
                instant(cases[one.deal.id].lead_created_at), instant(one.previous),
                origin_of(cases[one.deal.id])[0],
            )
            for one in programme
        ],
        schema={"opportunity_id": pl.String, "amount_minor": pl.Int64, "currency": pl.String}
        | dict.fromkeys(("closed_at", "created_at", "lead_created_at", "previous_close"), kind)
        | {"origin_partner_id": pl.String},
        orient="row",
    )  # fmt: skip
    touches = [
        (t.id, t.opportunity_id, t.partner_id, instant(t.at), t.kind, t.role, stage)
        for one in programme
        for t, stage in zip(one.touches, stages_of(cases[one.deal.id].with_touches(one.touches)), strict=True)
    ]
    # A touch of a deal that is not in the table belongs to nobody here.
    touches += [("stray", "elsewhere", *touches[0][2:])] if touches else []
    shuffle(touches)
    touches_table = pl.DataFrame(
        touches,
        schema={"touch_id": pl.String, "opportunity_id": pl.String, "partner_id": pl.String, "at": kind}
        | dict.fromkeys(("kind", "role", "stage"), pl.String),
        orient="row",
    )
    columns = ("submitted_at", "decided_at", "protected_until", "ended_at")
    registrations_table = pl.DataFrame(
        [
            (r.id, r.opportunity_id, r.partner_id, str(r.status), *(instant(getattr(r, c)) for c in columns))
            for one in programme
            for r in one.filed
        ],
        schema={"registration_id": pl.String, "opportunity_id": pl.String, "partner_id": pl.String, "status": pl.String}
        | dict.fromkeys(columns, kind),
        orient="row",
    )
    return touches_table, deals_table, registrations_table


def wanted(programme, policy) -> Rows:
    rows = []
    for one in programme:
        result = one.ask(policy)
        parts = [(c.partner_id, c.amount.minor, c.share) for c in result.credits] or [
            ("unattributed", one.deal.amount.minor, 0)
        ]
        rows += [{"opportunity_id": one.deal.id, "partner_id": p, "amount_minor": m, "share": s} for p, m, s in parts]
    return sorted(rows, key=lambda row: (row["opportunity_id"], row["partner_id"]))


def got(rows: Rows) -> Rows:
    found = [
        {
            "opportunity_id": row["opportunity_id"],
            "partner_id": row["partner_id"],
            "amount_minor": row["amount_minor"],
            "share": Fraction(row["weight"], row["weight_total"]) if row["weight_total"] else 0,
        }
        for row in rows
    ]
    return sorted(found, key=lambda row: (row["opportunity_id"], row["partner_id"]))


@pytest.mark.parametrize("engine", ENGINES)
@given(
    programme=programmes(),
    policy=policies,
    instant=st.sampled_from([naive, micros]),
    random=st.randoms(use_true_random=False),
)
def test_no_cent_differs_between_tables_and_objects(engine, programme, policy, instant, random):
    """Every policy that compiles: ties, window edges, missing milestones, zero and negative amounts, registrations."""
    given_tables = tables(programme, instant, random.shuffle)
    mine, deals_table, registered = (to_engine(engine, table) for table in given_tables)
    result = frames.attribute(mine, deals_table, policy=policy, registrations=registered)
    assert type(result) is type(deals_table)
    assert got(from_engine(engine, result)) == wanted(programme, policy)
