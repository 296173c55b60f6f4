"""Won deals with touches and registrations, made to trip attribution policies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from hypothesis import strategies as st

from partnerops.attribution import Attribution, AttributionPolicy, Award, Case, attribute
from partnerops.entities import DealRegistration, Dispute, Entity, Lead, Opportunity, StageChange, Touchpoint
from partnerops.testing._strategies import kernel
from partnerops.typing import DIRECT

R = TypeVar("R", bound=Entity)

# A quarter's last midnight in UTC: another day, month and quarter west of Greenwich.
CLOSE: Final = datetime(2026, 3, 31, tzinfo=UTC)
# Three partners and the vendor: enough for remainders of thirds, few enough for parties to repeat.
PARTIES: Final = ("acme", "birch", "cedar", DIRECT)
KINDS: Final = ("demo", "call", "referral", "campaign")
# None as well: many systems never say who played which part.
ROLES: Final = (None, "sourcer", "closer", "guest")
STAGES: Final = ("discovery", "proposal")
_TICK: Final = timedelta(microseconds=1)
_MONTH: Final = timedelta(days=30)


def ask(case: Case, policy: AttributionPolicy) -> Attribution:
    """What the engine makes of a policy's answer to a case."""
    return attribute(
        case.opportunity,
        case.touches,
        policy=policy,
        registrations=case.registrations,
        leads=case.leads,
        disputes=case.disputes,
        previous_close=case.previous_close,
    )


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
    same instant, all by the close; registrations in every state; leads, a stage history, a dispute and an earlier
    purchase, or none; amounts of zero, a cent and below zero.

    All records are sorted, and stand as known at the close, as the engine shows them.
    """
    deal = draw(_deal())
    touches = [draw(_touch(deal.id, id)) for id in draw(_ids("T", max_touches))]
    filed = [draw(_registration(deal.id, id)) for id in draw(_ids("R", 3))]
    leads = [draw(_lead(deal.id, id)) for id in draw(_ids("L", 2))]
    disputes = [draw(_dispute(deal.id, id)) for id in draw(_ids("W", 1))]
    return Case(
        opportunity=deal,
        touches=tuple(sorted(touches, key=lambda touch: (touch.at, touch.id))),
        registrations=tuple(sorted(_seen(filed), key=lambda one: (one.submitted_at, one.id))),
        leads=tuple(sorted(_seen(leads), key=lambda lead: (lead.created_at, lead.id))),
        disputes=tuple(sorted(_seen(disputes), key=lambda one: (one.at, one.id))),
        previous_close=draw(st.none() | st.integers(1, 60).map(lambda days: CLOSE - timedelta(days=days))),
    )


def _seen(records: list[R]) -> list[R]:
    """The records as they were known at the close: a later decision is none yet."""
    today = CLOSE.date()
    return [view for record in records if (view := record.as_of(CLOSE, today)) is not None]


@st.composite
def _deal(draw: st.DrawFn) -> Opportunity:
    """Opened long ago or between its touches, with or without a history."""
    # Older than every window, as old as the usual one, younger than most touches.
    opened = CLOSE - draw(st.sampled_from([timedelta(days=800), _MONTH, timedelta(days=3)]))
    history = [
        StageChange(stage=STAGES[0], at=opened),
        StageChange(stage=STAGES[1], at=opened + draw(st.integers(0, 40).map(lambda hours: timedelta(hours=hours)))),
        StageChange(stage="won", status="won", at=CLOSE),
    ]
    return Opportunity(
        id=draw(st.sampled_from(["D-1", "D:1", "d%1"])),
        amount=draw(kernel.moneys("BRL")),
        stage="won",
        status="won",
        created_at=opened,
        closed_at=CLOSE,
        account_id="A-1",
        origin=draw(st.sampled_from([None, "direct", "partner"])),
        partner_id=draw(st.sampled_from([None, "acme", DIRECT])),
        history=history if draw(st.booleans()) else (),
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
        partner_id=draw(st.sampled_from(PARTIES)),
        at=CLOSE - draw(ages()),
        kind=draw(st.sampled_from(KINDS)),
        role=draw(st.sampled_from(ROLES)),
        team=draw(st.sampled_from([None, "marketing", "sales", "partner"])),
    )


@st.composite
def _registration(draw: st.DrawFn, deal_id: str, id: str) -> DealRegistration:
    """In any state, filed by the close; some protect the deal up to the close, to the instant."""
    status = draw(st.sampled_from(["submitted", "approved", "rejected", "expired", "converted", "withdrawn"]))
    submitted = CLOSE - draw(ages())
    decided = submitted + timedelta(days=draw(st.integers(0, 3)))
    # Half-open: protection that ends at the instant of the close is over by a tick.
    edge = draw(st.sampled_from([CLOSE, CLOSE + _TICK, CLOSE + _MONTH, decided + _MONTH]))
    # As ended records stand: also what was converted or has run out was protected once.
    protects = status in ("approved", "expired", "converted")
    return DealRegistration(
        id=id,
        opportunity_id=deal_id,
        partner_id=draw(st.sampled_from(PARTIES[:3])),
        submitted_at=submitted,
        status=status,
        decided_at=decided if protects or status == "rejected" else None,
        protected_until=max(edge, decided + _TICK) if protects else None,
        ended_at=decided if status in ("converted", "withdrawn") else None,
        reject_reason="late" if status == "rejected" else None,
    )


@st.composite
def _lead(draw: st.DrawFn, deal_id: str, id: str) -> Lead:
    """Of any origin, brought by somebody or nobody, some later than every touch."""
    at = CLOSE - draw(ages())
    return Lead(
        id=id,
        created_at=at,
        origin=draw(st.sampled_from([None, "direct", "partner"])),
        partner_id=draw(st.sampled_from([None, "acme", "cedar", DIRECT])),
        converted_at=at,
        opportunity_id=deal_id,
    )


@st.composite
def _dispute(draw: st.DrawFn, deal_id: str, id: str) -> Dispute:
    """Open or resolved, for all of the deal or less."""
    at = CLOSE - draw(ages())
    parties = ("acme", "birch")
    bare = Dispute(id=id, opportunity_id=deal_id, at=at, parties=parties, claim="both")
    if draw(st.booleans()):
        return bare
    shares = draw(kernel.share_maps(st.sampled_from(parties)))
    return bare.replace(status="resolved", decided_at=at, decided_by="committee", shares=shares, reason="heard")


@st.composite
def awards(draw: st.DrawFn) -> Award:
    """Shares given outright, all of the deal or less."""
    shares = draw(kernel.share_maps(st.sampled_from(PARTIES)))
    return Award(shares, because=draw(kernel.texts()))
