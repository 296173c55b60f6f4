"""Strategies for partners with a history: ties in time, late records, refunds, odd amounts, every kind of event."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from partnerops import (
    Account,
    Activity,
    Certification,
    Credit,
    Dataset,
    DealRegistration,
    Lead,
    Money,
    Opportunity,
    OpportunityLine,
    Partner,
    Reversal,
)
from partnerops.entities import Commitment, JointPlan, PartnerInvolvement, PolicyException, SurveyResponse
from partnerops.journey import Dormancy, Hysteresis, JourneyPolicy
from partnerops.periods import Period

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
DATES = tuple(date(2025 + month // 12, month % 12 + 1, 1) for month in range(24))
"""Monthly evaluations over the time in which facts fall."""
PARTNERS = ("acme", "birch")
STAGES = ("start", "traction", "acceleration", "maturity")

# Whole days make ties with evaluations and window edges likely; the odd microsecond lands just beside them.
instants = st.one_of(
    st.integers(0, 720).map(lambda days: FIRST + timedelta(days=days)),
    st.sampled_from([datetime(2025, month, 1, tzinfo=UTC) for month in (2, 5, 8, 11)]),
    st.integers(0, 720).map(lambda days: FIRST + timedelta(days=days, microseconds=1)),
)
days = st.integers(0, 720).map(lambda count: FIRST.date() + timedelta(days=count))
lateness = st.one_of(st.none(), st.none(), st.integers(0, 200).map(lambda count: timedelta(days=count)))
amounts = st.integers(1, 300_000_00).map(lambda minor: Money.from_minor(minor, "BRL"))
parties = st.sampled_from(PARTNERS)


def _recorded(draw: st.DrawFn, at: datetime) -> datetime | None:
    late = draw(lateness)
    return None if late is None else at + late


@st.composite
def wins(draw: st.DrawFn, id: str, roles: tuple[str, ...] = ("sourced", "sourced", "influenced")) -> Credit:
    """A win, now and then recorded late or influenced only."""
    at = draw(instants)
    return Credit(
        id=id,
        opportunity_id=f"D-{id}",
        partner_id=draw(parties),
        amount=draw(amounts),
        at=at,
        share=draw(st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(1, 3)])),
        role=draw(st.sampled_from(roles)),
        recorded_at=_recorded(draw, at),
    )


@st.composite
def histories(draw: st.DrawFn) -> Dataset:
    """Two partners with up to a few facts of each kind."""
    won = [draw(wins(f"C{n}")) for n in range(draw(st.integers(0, 8)))]
    taken = [
        Reversal(
            id=f"X-{credit.id}",
            opportunity_id=credit.opportunity_id,
            kind=draw(st.sampled_from(["refund", "churn"])),
            amount=Money.from_minor(max(credit.amount.minor // draw(st.sampled_from([1, 2, 3])), 1), "BRL"),
            at=max(draw(instants), credit.at),
        )
        for credit in won
        if draw(st.integers(0, 3)) == 0
    ]
    return Dataset(
        partners=draw(partners()),
        accounts=[Account(id="A-1", name="Padaria Sol")],
        opportunities=_deals(draw, won),
        credits=won,
        reversals=taken,
        leads=_leads(draw),
        registrations=_registrations(draw),
        involvements=[_helped(draw, credit) for credit in won if draw(st.booleans())],
        activities=_activities(draw),
        certifications=_certificates(draw),
        surveys=_answers(draw),
        joint_plans=_plans(draw),
        exceptions=_exceptions(draw),
    )


@st.composite
def partners(draw: st.DrawFn) -> list[Partner]:
    """Signed early, late or never, of types with and without certificates; now and then ended."""
    found = []
    for id in PARTNERS:
        signed = draw(st.one_of(st.just(date(2025, 1, 1)), days, st.none()))
        ends = draw(st.sampled_from([None, None, None, 300])) if signed else None
        found.append(
            Partner(
                id=id,
                name=id.title(),
                type=draw(st.sampled_from(["reseller", "affiliate", "influencer"])),
                signed_on=signed,
                ended_on=signed + timedelta(days=ends) if signed and ends else None,
            )
        )
    return found


def _deals(draw: st.DrawFn, won: list[Credit]) -> list[Opportunity]:
    return [
        Opportunity(
            id=credit.opportunity_id,
            account_id="A-1",
            partner_id=credit.partner_id,
            amount=credit.amount,
            stage="won",
            status="won",
            created_at=credit.at - timedelta(days=draw(st.integers(0, 60))),
            closed_at=credit.at,
            lines=_lines(draw, credit.amount),
            recorded_at=_recorded(draw, credit.at),
        )
        for credit in won
        if draw(st.booleans())
    ]


def _lines(draw: st.DrawFn, amount: Money) -> list[OpportunityLine]:
    terms = draw(st.sampled_from([None, "one_off", 1, 3, 12]))
    if terms is None:
        return []
    recurring = isinstance(terms, int)
    kind, term = ("recurring", terms) if recurring else (terms, None)
    return [OpportunityLine(product="erp", amount=amount, revenue=kind, term_months=term)]


def _leads(draw: st.DrawFn) -> list[Lead]:
    found = []
    for n in range(draw(st.integers(0, 2))):
        at = draw(instants)
        taken = draw(st.sampled_from([None, timedelta(days=3)]))
        found.append(
            Lead(id=f"L{n}", partner_id=draw(parties), created_at=at, accepted_at=None if taken is None else at + taken)
        )
    return found


def _registrations(draw: st.DrawFn) -> list[DealRegistration]:
    found = []
    for n in range(draw(st.integers(0, 3))):
        at = draw(instants)
        status = draw(st.sampled_from(["submitted", "approved", "rejected"]))
        decided = None if status == "submitted" else at + timedelta(days=draw(st.integers(0, 20)))
        found.append(
            DealRegistration(
                id=f"R{n}",
                partner_id=draw(parties),
                opportunity_id=f"D-{n}",
                submitted_at=at,
                status=status,
                decided_at=decided,
                protected_until=decided + timedelta(days=90) if decided and status == "approved" else None,
            )
        )
    return found


def _helped(draw: st.DrawFn, credit: Credit) -> PartnerInvolvement:
    return PartnerInvolvement(
        id=f"I-{credit.id}",
        opportunity_id=credit.opportunity_id,
        partner_id=credit.partner_id,
        role="sourced",
        at=credit.at,
        assistance=draw(st.sampled_from([None, "none", "light"])),
    )


def _activities(draw: st.DrawFn) -> list[Activity]:
    found = []
    for n in range(draw(st.integers(0, 6))):
        at = draw(instants)
        kind = draw(st.sampled_from(["onboarding", "training", "login", "meeting"]))
        found.append(Activity(id=f"V{n}", partner_id=draw(parties), kind=kind, at=at, recorded_at=_recorded(draw, at)))
    return found


def _certificates(draw: st.DrawFn) -> list[Certification]:
    found = []
    for n in range(draw(st.integers(0, 2))):
        start = draw(days)
        end = draw(st.sampled_from([None, 90, 365]))
        found.append(
            Certification(
                id=f"F{n}",
                partner_id=draw(parties),
                code="sales",
                valid_from=start,
                valid_to=None if end is None else start + timedelta(days=end),
            )
        )
    return found


def _answers(draw: st.DrawFn) -> list[SurveyResponse]:
    return [
        SurveyResponse(
            id=f"Y{n}",
            kind=kind,
            score=draw(st.integers(1, 5)),
            account_id=f"A-{draw(st.integers(1, 7))}",
            partner_id=draw(parties),
            at=draw(instants),
        )
        for kind in [draw(st.sampled_from(["csat", "nps"]))]
        for n in range(draw(st.sampled_from([0, 0, 9])))
    ]


def _plans(draw: st.DrawFn) -> list[JointPlan]:
    if draw(st.booleans()):
        return []
    signed = draw(days)
    promises = [
        Commitment(
            side=side, text="x", due_on=signed + timedelta(days=30), done_on=draw(st.sampled_from([None, signed]))
        )
        for side in ("vendor", "partner")
    ]
    plan = JointPlan(
        id="J-1", partner_id=draw(parties), period=Period.days_from(signed, 365), commitments=promises, signed_on=signed
    )
    return [plan]


def _exceptions(draw: st.DrawFn) -> list[PolicyException]:
    if draw(st.integers(0, 5)):
        return []
    start = draw(days)
    return [
        PolicyException(
            id="E-1",
            scope=draw(parties),
            parameter="journey_stage",
            old="start",
            new=draw(st.sampled_from(STAGES)),
            reason="key account",
            requested_by="ana",
            approved_by="rui",
            effective_from=start,
            effective_to=start + timedelta(days=draw(st.integers(1, 200))),
        )
    ]


reviews = st.sampled_from([(), (), ("01-15", "07-15"), ("01-01", "04-01", "07-01", "10-01")])
hystereses = st.builds(
    Hysteresis,
    promote_after=st.integers(1, 3),
    demote_after=st.integers(1, 3),
    min_stay_months=st.integers(0, 6),
    grace_months=st.integers(0, 6),
    demotion_step=st.sampled_from(["one_down", "recompute"]),
    promote_on=reviews,
    demote_on=reviews,
    floor=st.sampled_from([None, None, *STAGES]),
)
freely = Hysteresis(demote_after=1, min_stay_months=0, grace_months=0, demotion_step="recompute")
"""No hysteresis at all."""


@st.composite
def policies(draw: st.DrawFn, *, ratios: bool = True) -> JourneyPolicy:
    """The default policy with thresholds low enough to be met, and any hysteresis."""
    first = draw(st.integers(1, 100_000_00))
    return JourneyPolicy(
        first_wave_revenue=Money.from_minor(first, "BRL"),
        mature_revenue=Money.from_minor(first * draw(st.integers(1, 6)), "BRL"),
        first_wave_wins=draw(st.integers(1, 3)),
        first_wave_months=1,
        mature_after_months=draw(st.sampled_from([0, 3, 12])),
        mature_quarters=draw(st.integers(2, 4)),
        keep_quarters=draw(st.integers(0, 2)),
        self_sufficiency=draw(st.sampled_from([None, Fraction(1, 2)])) if ratios else None,
        certifications=draw(st.integers(0, 1)),
        csat_floor=draw(st.sampled_from([None, Fraction(7, 2)])) if ratios else None,
        hysteresis=draw(hystereses),
        dormancy=draw(st.sampled_from([Dormancy(), Dormancy(baseline="own")])),
    )


slow_policies = policies()
