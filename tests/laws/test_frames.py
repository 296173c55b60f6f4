"""The differential law: tables give the same cents as objects, on every engine."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, strategies as st

from partnerops import frames
from partnerops.attribution import attribute

from ..unit.engines import ENGINES, from_engine, to_engine
from .cases import CLOSE, deals, policies, registrations_of, touches_of

pytestmark = pytest.mark.laws

Rows = list[dict[str, object]]


def naive(at):
    return None if at is None else at.replace(tzinfo=None)


def micros(at):
    return None if at is None else (at - CLOSE) // timedelta(microseconds=1) + 10**15


@st.composite
def programmes(draw):
    """Deals with their touches and registrations; amounts up to 2^50, close instants that differ."""
    minor = st.one_of(st.sampled_from([0, 1, -1, 3, 2**50 - 1, -(2**49)]), st.integers(-(10**6), 10**6))
    won, touches, filed = [], [], []
    for index in range(draw(st.integers(0, 4))):
        deal = draw(deals(minor)).replace(id=f"D-{index}", closed_at=CLOSE - timedelta(hours=7 * index))
        won.append(deal)
        touches += [t.replace(id=f"{index}-{t.id}") for t in draw(touches_of(deal.id))]
        filed += [r.replace(id=f"{index}-{r.id}") for r in draw(registrations_of(deal.id))]
    # A touch of a deal that is not in the table belongs to nobody here.
    if touches and draw(st.booleans()):
        touches.append(touches[0].replace(id="stray", opportunity_id="elsewhere"))
    return won, draw(st.permutations(touches)), draw(st.permutations(filed))


def tables(won, touches, filed, instant):
    """The three tables of a programme, as Polars frames."""
    kind = pl.Int64 if instant is micros else pl.Datetime("us")
    deals_table = pl.DataFrame(
        [(d.id, d.amount.minor, "BRL", instant(d.closed_at)) for d in won],
        schema={"opportunity_id": pl.String, "amount_minor": pl.Int64, "currency": pl.String, "closed_at": kind},
        orient="row",
    )
    touches_table = pl.DataFrame(
        [(t.id, t.opportunity_id, t.partner_id, instant(t.at)) for t in touches],
        schema={"touch_id": pl.String, "opportunity_id": pl.String, "partner_id": pl.String, "at": kind},
        orient="row",
    )
    columns = ("submitted_at", "decided_at", "protected_until")
    registrations_table = pl.DataFrame(
        [
            (r.id, r.opportunity_id, r.partner_id, str(r.status), *(instant(getattr(r, c)) for c in columns))
            for r in filed
        ],
        schema={"registration_id": pl.String, "opportunity_id": pl.String, "partner_id": pl.String, "status": pl.String}
        | dict.fromkeys(columns, kind),
        orient="row",
    )
    return touches_table, deals_table, registrations_table


def wanted(won, touches, filed, policy) -> Rows:
    rows = []
    for deal in won:
        mine = [t for t in touches if t.opportunity_id == deal.id]
        result = attribute(deal, mine, policy=policy, registrations=[r for r in filed if r.opportunity_id == deal.id])
        parts = [(c.partner_id, c.amount.minor, c.share) for c in result.credits] or [
            ("unattributed", deal.amount.minor, 0)
        ]
        rows += [{"opportunity_id": deal.id, "partner_id": p, "amount_minor": m, "share": s} for p, m, s in parts]
    return sorted(rows, key=lambda row: (row["opportunity_id"], row["partner_id"]))


def got(rows: Rows) -> Rows:
    from fractions import Fraction

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
@given(programme=programmes(), policy=policies, instant=st.sampled_from([naive, micros]))
def test_no_cent_differs_between_tables_and_objects(engine, programme, policy, instant):
    """Ties, window edges, zero and negative amounts, registrations to the instant: the same credits."""
    won, touches, filed = programme
    mine, deals_table, registered = (to_engine(engine, table) for table in tables(won, touches, filed, instant))
    result = frames.attribute(mine, deals_table, policy=policy, registrations=registered)
    assert type(result) is type(deals_table)
    assert got(from_engine(engine, result)) == wanted(won, touches, filed, policy)
