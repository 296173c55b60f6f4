"""
How often deals go on: win rates and stage conversion, each variant under its own name.

`win_rate` looks at deals that closed in the period, `cohort_win_rate` at deals created in it: where stale deals stay
open the first is far above the second, and says nothing about an open pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, OpportunityStatus, StageChange
from partnerops.exceptions import InvalidValue
from partnerops.metrics._deals import closed_in, created_in, known, unfinished
from partnerops.metrics._measure import MetricValue, flagged, quantile, rate, share, total
from partnerops.periods import UTC_CALENDAR, Calendar, Period

__all__ = [
    "cohort_win_rate",
    "stage_conversion",
    "stage_conversion_in_period",
    "win_rate",
    "win_rate_by_amount",
]

_DAY = timedelta(days=1)


def win_rate(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Deals won over deals closed in the period, by close date and count (K5).

    >>> win_rate(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).reason
    'denominator is 0'
    """
    deals = closed_in(data, period, as_of, calendar)
    note = unfinished(period, as_of, calendar)
    won = sum(deal.is_won for deal in deals)
    measured = rate("win_rate", won, len(deals), ids=[deal.id for deal in deals])
    return flagged(measured, immature=bool(note), reason=note)


def win_rate_by_amount(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    The amount won over the amount closed in the period, by close date (K5b); lost deals at their last known amount.

    Lost deals without an amount are left out of both sides, and counted in the reason.

    Raises:
        CurrencyMismatch: Deals in two currencies.
    """
    closed = closed_in(data, period, as_of, calendar)
    deals = [deal for deal in closed if deal.amount is not None]
    whole = total(deal.amount for deal in deals if deal.amount is not None)
    won = [deal.amount for deal in deals if deal.is_won and deal.amount is not None]
    part = None if whole is None else type(whole).total(won, whole.currency)
    measured = share("win_rate_by_amount", part, whole, n=len(deals), ids=[deal.id for deal in deals])
    # A deal lost before anybody knew its value says nothing about amounts, and must not vanish unsaid.
    missing = len(closed) - len(deals)
    if missing:
        reason = "; ".join(filter(None, [measured.reason, f"{missing} lost without an amount left out"]))
        measured = measured.replace(reason=reason)
    note = unfinished(period, as_of, calendar)
    return flagged(measured, immature=bool(note), reason=note)


def cohort_win_rate(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Deals won by *as_of* over all deals created in the period, open ones too, by creation date (K5c).

    While deals of the cohort are open the rate can only grow, and is flagged immature.
    """
    deals = created_in(data, period, as_of, calendar)
    # Open deals stay in the denominator: leaving them out is what flatters a win rate.
    still_open = sum(deal.is_open for deal in deals)
    note = unfinished(period, as_of, calendar) or (f"{still_open} of {len(deals)} still open" if still_open else "")
    won = sum(deal.is_won for deal in deals)
    measured = rate("cohort_win_rate", won, len(deals), ids=[deal.id for deal in deals])
    return flagged(measured, immature=bool(note), reason=note)


def stage_conversion(
    data: Dataset,
    period: Period,
    *,
    stage: str,
    order: Sequence[str],
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
) -> MetricValue:
    """
    Of the deals that entered a stage in the period, the share that reached a later one or was won (K4, by cohort).

    *order* names the open stages from first to last; a stage that was skipped counts as reached, and only the first
    entry of a deal counts. Entries younger than the 95 % quantile of the time that finished visits took make the
    measure immature. Only deals with a stage history can be counted.

    Raises:
        InvalidValue: *stage* is not in *order*.
    """
    rank = _ranks(order, stage)
    deals = [deal for deal in known(data, Opportunity, as_of, calendar) if deal.history]
    entered: list[tuple[Opportunity, datetime]] = []
    for deal in deals:
        first = next((change.at for change in deal.history if change.stage == stage), None)
        if first is not None and calendar.contains(period, first):
            entered.append((deal, first))
    reached = sum(_went_on(deal.history, rank, rank[stage]) for deal, _ in entered)
    measured = rate("stage_conversion", reached, len(entered), ids=[deal.id for deal, _ in entered])
    moment = calendar.instant(as_of)
    # Entries younger than nearly every finished visit have not had their chance yet.
    patience = quantile(sorted(_visits(deals, stage)), Fraction(95, 100))
    young = sum(
        patience is not None and _is_in(deal, stage) and Fraction((moment - at) / timedelta(microseconds=1)) < patience
        for deal, at in entered
    )
    note = unfinished(period, as_of, calendar) or (f"{young} of {len(entered)} entries are recent" if young else "")
    return flagged(measured, immature=bool(note), reason=note)


def stage_conversion_in_period(
    data: Dataset,
    period: Period,
    *,
    stage: str,
    order: Sequence[str],
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
) -> MetricValue:
    """
    Of the moves out of a stage in the period, the share that went forward or were won (K4b, by exit date).

    Moves back to an earlier stage are neither forward nor lost, and are left out.

    Raises:
        InvalidValue: *stage* is not in *order*.
    """
    rank = _ranks(order, stage)
    forward = lost = 0
    ids: list[str] = []
    for deal in known(data, Opportunity, as_of, calendar):
        for before, after in zip(deal.history, deal.history[1:], strict=False):
            if before.stage != stage or after.stage == stage or not calendar.contains(period, after.at):
                continue
            ahead = after.status is OpportunityStatus.WON or rank.get(after.stage, -1) > rank[stage]
            gone = after.status is OpportunityStatus.LOST
            forward, lost = forward + (ahead and not gone), lost + gone
            ids += [deal.id] * (ahead or gone)
    measured = rate("stage_conversion_in_period", forward, forward + lost, ids=ids)
    note = unfinished(period, as_of, calendar)
    return flagged(measured, immature=bool(note), reason=note)


# --- shared -----------------------------------------------------------------------------------------------------------


def _ranks(order: Sequence[str], stage: str) -> Mapping[str, int]:
    if isinstance(order, str) or stage not in order:
        raise InvalidValue("stage", f"one of the stages in order: {', '.join(order)}", stage)
    return {name: place for place, name in enumerate(order)}


def _went_on(history: Sequence[StageChange], rank: Mapping[str, int], place: int) -> bool:
    return any(
        change.status is OpportunityStatus.WON
        or (change.status is OpportunityStatus.OPEN and rank.get(change.stage, -1) > place)
        for change in history
    )


def _is_in(deal: Opportunity, stage: str) -> bool:
    return deal.is_open and deal.stage == stage


def _visits(deals: Sequence[Opportunity], stage: str) -> list[int]:
    """Length of every finished visit to a stage, in microseconds."""
    return [
        (after.at - before.at) // timedelta(microseconds=1)
        for deal in deals
        for before, after in zip(deal.history, deal.history[1:], strict=False)
        if before.stage == stage and after.stage != stage
    ]
