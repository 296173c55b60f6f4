"""Strategies for whole programmes: records that happened, were recorded, decided and ended at close-by moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from partnerops import DIRECT, Dataset, Money
from partnerops.entities import (
    Account,
    Activity,
    Adjustment,
    Agreement,
    Certification,
    Commitment,
    Credit,
    DealRegistration,
    Dispute,
    JointPlan,
    Lead,
    LeadAssignment,
    Opportunity,
    OpportunityLine,
    Partner,
    PartnerContact,
    PartnerInvolvement,
    Payment,
    Payout,
    PeriodClose,
    PolicyException,
    ProgramCost,
    Reversal,
    StageChange,
    SurveyResponse,
    Target,
    TierMembership,
    Touchpoint,
)
from partnerops.periods import Period

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
LAST = datetime(2099, 1, 1, tzinfo=UTC)
"""After everything."""
FIXED = Money("3.00", "BRL")
PARTNERS = ("acme", "birch")
DEALS = ("D-1", "D-2")
ACCOUNTS = ("A-1",)
LEADS = ("L-1",)

# Ten days by half days, so that moments meet; a microsecond off, so that they just miss.
moments = st.sampled_from(
    [FIRST + timedelta(hours=12 * half, microseconds=off) for off in (0, 0, 0, 1, -1) for half in range(20)]
)
days = st.integers(0, 10).map(lambda n: date(2026, 3, 1) + timedelta(days=n))
amounts = st.sampled_from([1, 500, 1000]).map(lambda minor: Money.from_minor(minor, "BRL"))
partner_ids = st.sampled_from(PARTNERS)
parties = st.sampled_from((*PARTNERS, DIRECT))
deal_ids = st.sampled_from(DEALS)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Unknown, or one of these."""
    return st.none() | strategy


def run(draw: st.DrawFn, count: int, of: st.SearchStrategy[Any] = moments) -> list[Any]:
    """So many moments that run forwards."""
    return sorted(draw(st.lists(of, min_size=count, max_size=count)))


def span(draw: st.DrawFn) -> dict[str, Any]:
    """An effective window, closed or open."""
    start, end = run(draw, 2, days)
    return {"effective_from": start, "effective_to": draw(st.sampled_from([None, end + timedelta(days=1)]))}


@st.composite
def partners(draw: st.DrawFn, id: str) -> Partner:
    """With some of its dates."""
    names = ("recruited_on", "signed_on", "suspended_on", "ended_on")
    known = {name: day for name, day in zip(names, run(draw, 4, days), strict=True) if draw(st.booleans())}
    return Partner(id=id, name=id, type="reseller", **known)


@st.composite
def leads(draw: st.DrawFn, id: str) -> Lead:
    """Open, accepted, converted or rejected."""
    created, accepted, decided = run(draw, 3)
    given: dict[str, Any] = {"accepted_at": draw(st.sampled_from([None, accepted]))}
    outcome = draw(st.sampled_from(["open", "converted", "rejected"]))
    if outcome == "converted":
        given |= {"converted_at": decided, "opportunity_id": draw(deal_ids)}
    if outcome == "rejected":
        given |= {"rejected_at": decided, "reject_reason": "no budget"}
    return Lead(id=id, created_at=created, recorded_at=draw(maybe(moments)), partner_id=draw(maybe(parties)), **given)


@st.composite
def histories(draw: st.DrawFn, opened: datetime) -> list[StageChange]:
    """Changes from the opening on: closes and reopenings, values told or not, some recorded late."""
    times = run(draw, draw(st.integers(0, 5)), moments.map(lambda at: max(at, opened)))
    return [
        StageChange(
            stage=draw(st.sampled_from(["lead", "demo", "offer"])),
            at=at,
            status=draw(st.sampled_from(["open", "open", "won", "lost"])),
            amount=draw(maybe(amounts)),
            expected_close=draw(maybe(days)),
            recorded_at=draw(maybe(moments)),
        )
        for at in times
    ]


@st.composite
def opportunities(draw: st.DrawFn, id: str) -> Opportunity:
    """Open and closed, with and without history, lines and cost."""
    opened, closed = run(draw, 2)
    history = draw(histories(opened))
    stage, status = (
        (history[-1].stage, history[-1].status) if history else ("demo", draw(st.sampled_from(["open", "won", "lost"])))
    )
    amount = draw(amounts if status == "won" else maybe(amounts))
    lines: list[OpportunityLine] = []
    if amount is not None and draw(st.booleans()):
        lines = [OpportunityLine(product="erp", amount=amount)]
    return Opportunity(
        id=id,
        stage=stage,
        status=status,
        created_at=opened,
        closed_at=None if status == "open" else closed,
        amount=amount,
        lines=lines,
        cost=None if amount is None else draw(maybe(amounts)),
        expected_close=draw(maybe(days)),
        history=history,
        documents=draw(st.sampled_from([(), ("contract",)])),
        lost_reason="price" if status == "lost" and draw(st.booleans()) else None,
        recorded_at=draw(maybe(moments)),
        partner_id=draw(maybe(parties)),
        account_id=draw(maybe(st.sampled_from(ACCOUNTS))),
    )


@st.composite
def registrations(draw: st.DrawFn, id: str) -> DealRegistration:
    """In every state."""
    submitted, decided, ended = run(draw, 3)
    status = draw(st.sampled_from(["submitted", "approved", "rejected", "expired", "converted", "withdrawn"]))
    given: dict[str, Any] = {}
    if status in ("approved", "expired", "converted") or (status == "withdrawn" and draw(st.booleans())):
        length = timedelta(days=draw(st.integers(1, 9)))
        given = {"decided_at": decided, "protected_until": decided + length}
    if status == "rejected":
        given = {"decided_at": decided, "reject_reason": draw(st.sampled_from([None, "too late"]))}
    if status in ("converted", "withdrawn"):
        given["ended_at"] = ended
    return DealRegistration(
        id=id,
        partner_id=draw(partner_ids),
        submitted_at=submitted,
        status=status,
        recorded_at=draw(maybe(moments)),
        opportunity_id=draw(deal_ids),
        **given,
    )


@st.composite
def disputes(draw: st.DrawFn, id: str) -> Dispute:
    """Undecided, decided, or closed without a decision."""
    filed, decided = run(draw, 2)
    status = draw(st.sampled_from(["submitted", "in_review", "pending_info", "resolved", "closed"]))
    given: dict[str, Any] = {}
    if status in ("resolved", "closed"):
        given = {"decided_at": decided, "decided_by": "committee", "reason": "the demo decided it"}
    if status == "resolved":
        given["shares"] = {draw(parties): "0.5"}
    return Dispute(
        id=id, opportunity_id=draw(deal_ids), at=filed, parties=[draw(parties)], claim="we were first", status=status,
        recorded_at=draw(maybe(moments)), **given,
    )  # fmt: skip


@st.composite
def assignments(draw: st.DrawFn, id: str) -> LeadAssignment:
    """Answered or not."""
    at, accepted, declined = run(draw, 3)
    declines = draw(st.booleans())
    return LeadAssignment(
        id=id, partner_id=draw(partner_ids), at=at, lead_id=draw(st.sampled_from(LEADS)),
        accepted_at=draw(st.sampled_from([None, accepted])),
        declined_at=declined if declines else None, reason="too far" if declines else None,
        recorded_at=draw(maybe(moments)),
    )  # fmt: skip


@st.composite
def payouts(draw: st.DrawFn, id: str) -> Payout:
    """Paid, failed or returned."""
    at, settled = run(draw, 2)
    status = draw(st.sampled_from(["paid", "failed", "returned"]))
    return Payout(
        id=id, partner_id=draw(partner_ids), gross=draw(amounts), at=at, status=status,
        settled_at=None if status == "paid" else settled, recorded_at=draw(maybe(moments)),
    )  # fmt: skip


@st.composite
def certifications(draw: st.DrawFn, id: str) -> Certification:
    """With or without an end."""
    valid_from, valid_to = run(draw, 2, days)
    return Certification(
        id=id, partner_id=draw(partner_ids), code="sales-101", valid_from=valid_from,
        valid_to=draw(st.sampled_from([None, valid_to + timedelta(days=1)])),
    )  # fmt: skip


@st.composite
def involvements(draw: st.DrawFn, id: str) -> PartnerInvolvement:
    """Some have ended."""
    at, ended = run(draw, 2)
    return PartnerInvolvement(
        id=id, opportunity_id=draw(deal_ids), partner_id=draw(partner_ids), role="resold", at=at,
        primary=draw(st.booleans()),
        ended_at=draw(st.sampled_from([None, ended])), recorded_at=draw(maybe(moments)),
    )  # fmt: skip


@st.composite
def joint_plans(draw: st.DrawFn, id: str) -> JointPlan:
    """Drafts and signed ones, promises kept and open."""
    promises = [
        Commitment(side="vendor", text=f"promise {n}", due_on=draw(days), done_on=draw(maybe(days)))
        for n in range(draw(st.integers(0, 2)))
    ]
    return JointPlan(
        id=id, partner_id=draw(partner_ids), period=Period.month(2026, 3), commitments=promises,
        signed_on=draw(maybe(days)),
    )  # fmt: skip


@st.composite
def agreements(draw: st.DrawFn, id: str) -> Agreement:
    """Signed or not."""
    return Agreement(
        id=id, partner_id=draw(partner_ids), plan_id=draw(st.sampled_from(["gold", "referral"])),
        signed_on=draw(maybe(days)), **span(draw),
    )  # fmt: skip


@st.composite
def exceptions(draw: st.DrawFn, id: str) -> PolicyException:
    """Approved at a known instant or not."""
    given = span(draw)
    return PolicyException(
        id=id, scope=draw(partner_ids), parameter="rate", old="0.10", new="0.12", reason="launch", requested_by="ana",
        approved_by="rui", effective_from=given["effective_from"],
        effective_to=given["effective_to"] or date(2027, 1, 1), approved_at=draw(maybe(moments)),
    )  # fmt: skip


@st.composite
def tiers(draw: st.DrawFn, id: str) -> TierMembership:
    """Any window."""
    return TierMembership(
        id=id, partner_id=draw(partner_ids), tier=draw(st.sampled_from(["gold", "silver"])), **span(draw)
    )


def fact(kind: type[Any], /, **fields: st.SearchStrategy[Any]) -> Any:
    """Records of a kind that just happened and were recorded, now or later."""
    return lambda key: st.builds(kind, id=st.just(key), at=moments, recorded_at=maybe(moments), **fields)


KINDS: dict[str, Any] = {
    "partners": partners,
    "accounts": lambda key: st.builds(
        Account, id=st.just(key), name=st.just(key), created_at=maybe(moments), originated_by=maybe(parties)
    ),
    "leads": leads,
    "opportunities": opportunities,
    "contacts": lambda key: st.builds(
        PartnerContact, id=st.just(key), partner_id=partner_ids, side=st.just("partner"), role=st.just("sales")
    ),
    "assignments": assignments,
    "touchpoints": fact(Touchpoint, partner_id=parties, kind=st.just("demo"), opportunity_id=deal_ids),
    "registrations": registrations,
    "involvements": involvements,
    "activities": fact(Activity, partner_id=partner_ids, kind=st.just("training")),
    "certifications": certifications,
    "surveys": fact(SurveyResponse, kind=st.just("nps"), score=st.integers(0, 10), partner_id=partner_ids),
    "joint_plans": joint_plans,
    "credits": fact(Credit, opportunity_id=deal_ids, partner_id=parties, amount=amounts),
    "payments": fact(Payment, opportunity_id=deal_ids, amount=amounts),
    "reversals": fact(Reversal, opportunity_id=deal_ids, amount=amounts, kind=st.just("refund")),
    "adjustments": fact(Adjustment, partner_id=partner_ids, amount=amounts, reason=st.just("typo")),
    "payouts": payouts,
    "closes": fact(PeriodClose, period=st.just(Period.month(2026, 2))),
    "costs": lambda key: st.builds(
        ProgramCost, id=st.just(key), amount=amounts, incurred_on=days, category=st.just("mdf")
    ),
    "targets": lambda key: st.builds(
        Target, id=st.just(key), owner_id=partner_ids, metric=st.just("won_revenue"),
        period=st.just(Period.year(2026)), value=amounts, recorded_at=maybe(moments),
    ),
    "agreements": agreements,
    "exceptions": exceptions,
    "disputes": disputes,
    "tiers": tiers,
}  # fmt: skip
"""Collection -> a strategy for its records, given their id."""

NAMED = {"partners": PARTNERS, "accounts": ACCOUNTS, "leads": LEADS, "opportunities": DEALS}
"""Ids that records of the other kinds refer to."""

records = opportunities("X") | st.sampled_from(list(KINDS.values())).flatmap(lambda kind: kind("X"))
"""A record of any kind, half of them deals, which have the longest past."""


@st.composite
def programmes(draw: st.DrawFn, most: int = 3) -> Dataset:
    """A dataset with unique ids and every reference answered; windows may overlap and sums may exceed."""
    chosen = draw(st.sets(st.sampled_from([name for name in KINDS if name not in NAMED]), min_size=1, max_size=3))
    ids = NAMED | {name: [f"{name}-{n}" for n in range(draw(st.integers(1, most)))] for name in chosen}
    return Dataset(**{name: [draw(KINDS[name](one)) for one in some] for name, some in ids.items()})
