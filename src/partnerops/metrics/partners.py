"""
Partners: how fast they become productive, how many take part, and how many leave.

An event is a `lead`, an accepted `registration`, a `win`, or a kind of `Activity` such as `training`; the caller says
which count. Cohorts go by the date of recruitment, `recruited_on`, or where that is unknown `signed_on`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from fractions import Fraction

from partnerops._arguments import check_int
from partnerops.dataset import Dataset
from partnerops.entities import Certification, Partner, PartnerInvolvement
from partnerops.metrics._deals import check_period, eve, known, last_evening, last_past, unfinished, within, won_in
from partnerops.metrics._measure import MetricValue, flagged, lacking, number, quantile, rate
from partnerops.metrics._partnering import ACTIVATION, events as _events, signed_on
from partnerops.metrics._readings import won_alone
from partnerops.periods import UTC_CALENDAR, Calendar, Period, add_months

__all__ = [
    "active_partners",
    "certified_partners",
    "events_per_active_partner",
    "partner_activation",
    "partner_churn",
    "partner_year_two_retention",
    "partners_activated",
    "partners_recruited",
    "self_sufficiency",
    "time_to_first_deal",
]


def partners_recruited(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """How many partners were recruited in the period, by date of recruitment."""
    ids = sorted(_recruited(data, period, as_of, calendar))
    return flagged(number("partners_recruited", len(ids), n=len(ids), ids=ids), unfinished(period, as_of, calendar))


def partners_activated(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    events: Collection[str] = ACTIVATION,
) -> MetricValue:
    """
    How many partners had their first event ever in the period, whenever they were recruited.

    Raises:
        InvalidValue: No event.
    """
    inside = within(period, calendar)
    found = _events(data, events, as_of, calendar)
    ids = sorted(id for id, times in found.items() if inside(times[0]))
    return flagged(number("partners_activated", len(ids), n=len(ids), ids=ids), unfinished(period, as_of, calendar))


def partner_activation(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    within_days: int = 90,
    events: Collection[str] = ACTIVATION,
) -> MetricValue:
    """
    Of the partners recruited in the period, the share with a first event within so many days (K13).

    The day of recruitment is day 0, so a partner recruited on the 1st has until the 31st of a 30-day window. Until the
    last of them has had its days the rate can only grow, and is flagged immature. An event before the recruitment
    counts as on day 0.

    Not `journey.cohorts.activation`: this KPI counts a partner's own events from recruitment, a won deal with or
    without a credit; that rate counts from signing to a milestone that the stages know, a win being a credited one.

    Raises:
        InvalidValue: Fewer than 1 day, or no event.
    """
    span = timedelta(days=check_int("within_days", within_days, 1))
    cohort = _recruited(data, period, as_of, calendar)
    found = _events(data, events, as_of, calendar)
    # Whole days on the calendar: an event on the last evening is in time.
    done = sum(id in found and calendar.date_of(found[id][0]) <= start + span for id, start in cohort.items())
    measured = rate("partner_activation", done, len(cohort), ids=sorted(cohort))
    # The last partner recruited in the period waits longest, so its days decide for all.
    still = (
        "" if period.last + span <= last_past(as_of, calendar) else f"the {within_days} days of {period} are not over"
    )
    return flagged(measured, still)


def active_partners(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    events: Collection[str] = ("lead", "registration", "win"),
) -> MetricValue:
    """
    Of the partners with an agreement from the start to the end of the period, the share with an event in it (K13b).

    Raises:
        InvalidValue: No event.
    """
    enrolled, busy = _engaged(data, period, events, as_of, calendar)
    measured = rate("active_partners", len(busy), len(enrolled), ids=enrolled)
    return flagged(measured, unfinished(period, as_of, calendar))


def events_per_active_partner(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    events: Collection[str] = ("lead", "registration", "win"),
) -> MetricValue:
    """
    The median number of events in the period over the partners that had one: how deep engagement goes (K13b).

    Raises:
        InvalidValue: No event.
    """
    _, busy = _engaged(data, period, events, as_of, calendar)
    middle = quantile(sorted(busy.values()), Fraction(1, 2))
    measured = number("events_per_active_partner", middle, n=len(busy), ids=sorted(busy))
    return flagged(measured, unfinished(period, as_of, calendar))


def time_to_first_deal(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Median days from recruitment to the first won deal, of the partners recruited in the period (K13c).

    Those without a won deal yet are left out, counted in the reason, and make it immature: the slow ones are missing.
    """
    cohort = _recruited(data, period, as_of, calendar)
    wins = _events(data, ["win"], as_of, calendar)
    # A win before the recruitment was on file took no time, not a negative one.
    days = {id: max(0, (calendar.date_of(wins[id][0]) - start).days) for id, start in cohort.items() if id in wins}
    middle = quantile(sorted(days.values()), Fraction(1, 2))
    measured = number("time_to_first_deal", middle, n=len(days), unit="days", ids=sorted(days))
    waiting = lacking(len(cohort) - len(days), f"of {len(cohort):,} partners without a won deal yet")
    return flagged(measured, waiting or unfinished(period, as_of, calendar))


def partner_churn(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    silent_months: int = 12,
    events: Collection[str] = ("lead", "registration", "win"),
) -> MetricValue:
    """
    Of the partners with an agreement at the start of the period, the share that left or fell silent (K14c).

    Silent is who had no event in the *silent_months* up to the end of the period, or `as_of` while it runs, and had
    signed before them.

    Raises:
        InvalidValue: Fewer than 1 month, or no event.
    """
    check_int("silent_months", silent_months, 1)
    end = last_evening(period, as_of, calendar)
    # Back from the end, so that a quiet year is a year wherever the period starts.
    since = add_months(end, -silent_months)
    start = signed_on(data, eve(period.start), as_of, calendar)
    staying = {partner.id for partner in signed_on(data, end, as_of, calendar)}
    found = _events(data, events, as_of, calendar)
    heard = {id for id, times in found.items() if any(since < calendar.date_of(at) <= end for at in times)}
    # A partner of three months cannot have been silent for twelve.
    lost = [
        one.id for one in start
        if one.id not in staying or (one.id not in heard and one.signed_on is not None and one.signed_on <= since)
    ]  # fmt: skip
    measured = rate("partner_churn", len(lost), len(start), ids=sorted(one.id for one in start))
    return flagged(measured, unfinished(period, as_of, calendar))


def partner_year_two_retention(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Of the partners who signed in the period, the share still with an agreement twelve months later (D12, partners).

    Partners without an anniversary by `as_of` are left out of both sides, and make it immature.
    """
    check_period(period)
    signed = {one.id: one for one in known(data, Partner, as_of, calendar) if one.signed_on and one.signed_on in period}
    turns = {id: add_months(one.signed_on, 12) for id, one in signed.items() if one.signed_on is not None}
    over = last_past(as_of, calendar)
    due = sorted(id for id, turn in turns.items() if turn <= over)
    # Who leaves on the very day was there a year, and did not stay into the second.
    stayed = sum((signed[id].ended_on or date.max) > turns[id] for id in due)
    young = lacking(len(signed) - len(due), f"of {len(signed):,} partners have no anniversary yet")
    measured = rate("partner_year_two_retention", stayed, len(due), ids=due)
    return flagged(measured, young or unfinished(period, as_of, calendar))


def certified_partners(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    code: str | None = None,
) -> MetricValue:
    """
    Of the partners with an agreement at the end of the period, the share with a valid certificate then (C33).

    Any certificate, or the one of a *code*. While the period runs, its end is `as_of`.
    """
    end = last_evening(period, as_of, calendar)
    holders = {
        one.partner_id
        for one in known(data, Certification, as_of, calendar)
        if one.is_valid(end) and code in (None, one.code)
    }
    enrolled = sorted(one.id for one in signed_on(data, end, as_of, calendar))
    measured = rate("certified_partners", sum(id in holders for id in enrolled), len(enrolled), ids=enrolled)
    return flagged(measured, unfinished(period, as_of, calendar))


def self_sufficiency(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Of the deals won in the period whose need of the vendor is on record, the share won without its help (C35).

    The record is `PartnerInvolvement.assistance`: a deal counts as unassisted where every part on record says `none`.
    """
    deals = {deal.id for deal in won_in(data, period, as_of, calendar)}
    parts = known(data, PartnerInvolvement, as_of, calendar)
    told = won_alone(one for one in parts if one.opportunity_id in deals)
    measured = rate("self_sufficiency", sum(told.values()), len(told), ids=sorted(told))
    return flagged(measured, unfinished(period, as_of, calendar))


# --- shared -----------------------------------------------------------------------------------------------------------


def _recruited(data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar) -> dict[str, date]:
    """Partner -> date of recruitment, for those recruited in a period."""
    check_period(period)
    # Many programmes record the signature only: later than the truth, better than nothing.
    starts = {one.id: one.recruited_on or one.signed_on for one in known(data, Partner, as_of, calendar)}
    return {id: start for id, start in starts.items() if start is not None and start in period}


def _engaged(
    data: Dataset, period: Period, names: Collection[str], as_of: date | datetime, calendar: Calendar
) -> tuple[list[str], dict[str, int]]:
    """Partners enrolled throughout a period, and of these the number of events of each that had one."""
    inside = within(period, calendar)
    end = last_evening(period, as_of, calendar)
    staying = {one.id for one in signed_on(data, end, as_of, calendar)}
    enrolled = sorted(one.id for one in signed_on(data, eve(period.start), as_of, calendar) if one.id in staying)
    found = _events(data, names, as_of, calendar)
    # Who came or left within the period had less time to do anything, and is in neither side.
    counts = {id: sum(map(inside, found.get(id, ()))) for id in enrolled}
    return enrolled, {id: count for id, count in counts.items() if count}
