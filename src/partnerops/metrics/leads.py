"""
Leads: how many came, how many sales took on or refused and why, how many became deals and customers.

Two kinds of rate, never mixed: of the leads that came in during a period (a cohort, by creation date), or of the
decisions taken in it (by date of the decision). By source with `breakdown(..., by="channel")`, by partner with
`by="partner"`.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

from partnerops._attrs import FrozenMap
from partnerops.dataset import Dataset
from partnerops.entities import Lead, LeadStatus, Opportunity
from partnerops.metrics._deals import known, unfinished, within
from partnerops.metrics._measure import Breakdown, MetricValue, flagged, lacking, number, rate
from partnerops.periods import UTC_CALENDAR, Calendar, Period

__all__ = [
    "lead_acceptance",
    "lead_conversion",
    "lead_conversion_in_period",
    "lead_rejection",
    "leads_accepted",
    "leads_received",
    "leads_to_customers",
    "rejection_reasons",
]


def leads_received(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    How many leads came in during the period, by creation date.

    >>> leads_received(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).value
    0
    """
    ids = [lead.id for lead in _received(data, period, as_of, calendar)]
    return flagged(number("leads_received", len(ids), n=len(ids), ids=ids), unfinished(period, as_of, calendar))


def leads_accepted(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """How many leads sales took on during the period, by date of acceptance or, without one, of conversion."""
    inside = within(period, calendar)
    times = {lead.id: lead.accepted_at or lead.converted_at for lead in known(data, Lead, as_of, calendar)}
    ids = [id for id, at in times.items() if at is not None and inside(at)]
    return flagged(number("leads_accepted", len(ids), n=len(ids), ids=ids), unfinished(period, as_of, calendar))


def lead_acceptance(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Of the leads of the period, the share that sales took on, whatever followed (by creation date).

    Immature while some are undecided: they are in the denominator.
    """
    leads = _received(data, period, as_of, calendar)
    return _cohort("lead_acceptance", leads, sum(map(is_accepted, leads)), _undecided(leads, period, as_of, calendar))


def lead_rejection(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    reason: str | None = None,
) -> MetricValue:
    """Of the leads of the period, the share refused, for any reason or for one (by creation date)."""
    leads = _received(data, period, as_of, calendar)
    # The reason as typed: two spellings are two reasons, and show where to tidy up.
    refused = [lead for lead in leads if lead.status is LeadStatus.REJECTED and reason in (None, lead.reject_reason)]
    return _cohort("lead_rejection", leads, len(refused), _undecided(leads, period, as_of, calendar))


def rejection_reasons(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> Breakdown:
    """
    Each reason's share of the refusals of the period, by date of refusal; the total is the refusals of all decisions.

    >>> len(rejection_reasons(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)))
    0
    """
    accepted, refused = _decided(data, period, as_of, calendar)
    # By date of the refusal: the reasons of today, also of leads that came in long ago.
    counts = Counter(lead.reject_reason or "" for lead in refused)
    groups = {
        reason: rate(
            "rejection_reasons", count, len(refused), ids=[one.id for one in refused if one.reject_reason == reason]
        )
        for reason, count in counts.items()
    }
    whole = rate("rejection_reasons", len(refused), len(accepted) + len(refused), ids=[lead.id for lead in refused])
    note = unfinished(period, as_of, calendar)
    flags = {reason: flagged(measure, note) for reason, measure in groups.items()}
    return Breakdown(metric="rejection_reasons", by="reason", groups=FrozenMap(flags), total=flagged(whole, note))


def lead_conversion(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Of the leads of the period, the share that became an opportunity (by creation date).

    Immature while some are open or accepted only: they are in the denominator.
    """
    leads = _received(data, period, as_of, calendar)
    became = sum(lead.status is LeadStatus.CONVERTED for lead in leads)
    # Accepted is on the way: the rate can still grow.
    waiting = sum(lead.status in (LeadStatus.OPEN, LeadStatus.ACCEPTED) for lead in leads)
    note = unfinished(period, as_of, calendar) or lacking(waiting, f"of {len(leads):,} leads not decided yet")
    return _cohort("lead_conversion", leads, became, note)


def lead_conversion_in_period(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """Of the leads that became an opportunity or were refused in the period, the former (by date of the decision)."""
    converted, refused = _decided(data, period, as_of, calendar)
    measured = rate(
        "lead_conversion_in_period",
        len(converted),
        len(converted) + len(refused),
        ids=[lead.id for lead in [*converted, *refused]],
    )
    return flagged(measured, unfinished(period, as_of, calendar))


def leads_to_customers(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Of the leads of the period, the share whose opportunity was won (D3, by creation date).

    Immature while a lead or its opportunity is undecided. A converted lead whose opportunity is not on file counts as
    undecided.
    """
    leads = _received(data, period, as_of, calendar)
    wanted = {lead.opportunity_id for lead in leads if lead.opportunity_id is not None}
    deals = {deal.id: deal for deal in known(data, Opportunity, as_of, calendar) if deal.id in wanted}
    # A lead that became no opportunity yet has no end, like one whose opportunity nobody filed.
    ends = [deals.get(lead.opportunity_id or "") for lead in leads if lead.status is not LeadStatus.REJECTED]
    won = sum(deal is not None and deal.is_won for deal in ends)
    waiting = sum(deal is None or deal.is_open for deal in ends)
    note = unfinished(period, as_of, calendar) or lacking(waiting, f"of {len(leads):,} leads not decided yet")
    return _cohort("leads_to_customers", leads, won, note)


# --- shared -----------------------------------------------------------------------------------------------------------


def _received(data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar) -> list[Lead]:
    inside = within(period, calendar)
    return [lead for lead in known(data, Lead, as_of, calendar) if inside(lead.created_at)]


def is_accepted(lead: Lead) -> bool:
    """Whether sales took a lead on."""
    # A converted lead was taken on, whether or not somebody noted the acceptance.
    return lead.accepted_at is not None or lead.status is LeadStatus.CONVERTED


def _undecided(leads: list[Lead], period: Period, as_of: date | datetime, calendar: Calendar) -> str:
    # Silence is no refusal; it is an answer that is due.
    waiting = sum(lead.status is LeadStatus.OPEN for lead in leads)
    return unfinished(period, as_of, calendar) or lacking(waiting, f"of {len(leads):,} leads not decided yet")


def _decided(
    data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar
) -> tuple[list[Lead], list[Lead]]:
    """The leads that became an opportunity in a period, and those refused in it."""
    inside = within(period, calendar)
    leads = list(known(data, Lead, as_of, calendar))
    converted = [lead for lead in leads if lead.converted_at is not None and inside(lead.converted_at)]
    return converted, [lead for lead in leads if lead.rejected_at is not None and inside(lead.rejected_at)]


def _cohort(metric: str, leads: list[Lead], part: int, note: str) -> MetricValue:
    return flagged(rate(metric, part, len(leads), ids=[lead.id for lead in leads]), note)
