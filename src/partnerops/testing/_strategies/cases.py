"""Won deals with touches and registrations, made to trip attribution policies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from partnerops.attribution import Award, Case
from partnerops.entities import DealRegistration, Opportunity, Touchpoint
from partnerops.testing._strategies import kernel
from partnerops.typing import DIRECT

CLOSE: Final = datetime(2026, 3, 31, tzinfo=UTC)
_OPENED: Final = datetime(2024, 1, 1, tzinfo=UTC)
_PARTIES: Final = ("acme", "birch", "cedar", DIRECT)
_KINDS: Final = ("demo", "call", "referral", "campaign")
_TICK: Final = timedelta(microseconds=1)
_MONTH: Final = timedelta(days=30)


def ages() -> st.SearchStrategy[timedelta]:
    """Time before the close: whole hours and days make ties and edges of windows likely, a microsecond just misses."""
    return (
        st.sampled_from([timedelta(0), _MONTH, _MONTH + _TICK, _MONTH - _TICK])
        | st.integers(0, 80).map(lambda hours: timedelta(hours=hours))
        | st.integers(0, 400).map(lambda days: timedelta(days=days))
    )


@st.composite
def cases(draw: st.DrawFn, *, max_touches: int = 6) -> Case:
    """
    Won deals as a policy sees them: touches of several parties and of `DIRECT`, none, one, two or more, some at the
    same instant, all by the close; registrations in every state; amounts of zero, a cent and below zero.

    Touches and registrations are sorted as the engine sorts them.
    """
    deal = Opportunity(
        id=draw(st.sampled_from(["D-1", "D:1", "d%1"])),
        amount=draw(kernel.moneys("BRL")),
        stage="won",
        status="won",
        created_at=_OPENED,
        closed_at=CLOSE,
        account_id="A-1",
        partner_id=draw(st.sampled_from([None, "acme", DIRECT])),
    )
    touches = [draw(_touch(deal.id, id)) for id in draw(_ids("T", max_touches))]
    # A decision after the close is none yet: what the engine shows is the registration as it stood then.
    filed = [draw(_registration(deal.id, id)).as_of(CLOSE, CLOSE.date()) for id in draw(_ids("R", 3))]
    return Case(
        opportunity=deal,
        touches=tuple(sorted(touches, key=lambda touch: (touch.at, touch.id))),
        registrations=tuple(sorted(filter(None, filed), key=lambda one: (one.submitted_at, one.id))),
    )


@st.composite
def _ids(draw: st.DrawFn, letter: str, most: int) -> list[str]:
    """A few ids in no order, so that neither their order nor their number means anything."""
    count = draw(st.integers(0, most))
    return draw(st.permutations([f"{letter}{number}" for number in range(count)]))


@st.composite
def _touch(draw: st.DrawFn, deal_id: str, id: str) -> Touchpoint:
    return Touchpoint(
        id=id,
        opportunity_id=deal_id,
        account_id="A-1",
        partner_id=draw(st.sampled_from(_PARTIES)),
        at=CLOSE - draw(ages()),
        kind=draw(st.sampled_from(_KINDS)),
        role=draw(st.sampled_from([None, "sourcer", "closer"])),
        team=draw(st.sampled_from([None, "marketing", "sales", "partner"])),
    )


@st.composite
def _registration(draw: st.DrawFn, deal_id: str, id: str) -> DealRegistration:
    """In any state, filed by the close; some protect the deal up to the close, to the instant."""
    status = draw(st.sampled_from(["submitted", "approved", "rejected", "expired", "converted", "withdrawn"]))
    submitted = CLOSE - draw(ages())
    decided = submitted + timedelta(days=draw(st.integers(0, 3)))
    edge = draw(st.sampled_from([CLOSE, CLOSE + _TICK, CLOSE + _MONTH, decided + _MONTH]))
    protects = status in ("approved", "expired", "converted")
    return DealRegistration(
        id=id,
        opportunity_id=deal_id,
        partner_id=draw(st.sampled_from(_PARTIES[:3])),
        submitted_at=submitted,
        status=status,
        decided_at=decided if protects or status == "rejected" else None,
        protected_until=max(edge, decided + _TICK) if protects else None,
        ended_at=decided if status in ("converted", "withdrawn") else None,
        reject_reason="late" if status == "rejected" else None,
    )


def awards() -> st.SearchStrategy[Award]:
    """Shares given outright, all of the deal or less."""
    shares = kernel.share_maps(st.sampled_from(_PARTIES))
    return st.builds(Award, shares, because=kernel.texts())
