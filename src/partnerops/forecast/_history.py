"""What fits read of the past: the deals as known at a moment, their stages and closes in seconds, cycles and counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from partnerops._zones import local_clock
from partnerops.dataset import Dataset
from partnerops.entities import UNKNOWN_STAGE, Opportunity, OpportunityStatus
from partnerops.exceptions import InvalidValue
from partnerops.forecast._keys import stage_of
from partnerops.metrics._deals import known
from partnerops.periods import UTC_CALENDAR, Calendar

DAY: Final = 86_400.0
"""Seconds of a day."""
Step = tuple[float, str, OpportunityStatus]
"""From when on (seconds), in which stage, and whether open, won or lost."""


class Past(NamedTuple):
    """The past of a programme as known at a moment; what every fit starts from."""

    now: datetime
    """The moment on the calendar's clock."""
    today: date
    """Its business date."""
    seconds: float
    """The same in seconds."""
    start: float | None
    """First instant whose closes were recorded, in seconds; None when all were."""
    deals: tuple[Opportunity, ...]
    """Every deal known by then, as it stood."""
    calendar: Calendar
    """What turns instants into dates."""


def past(data: Dataset, as_of: datetime | date, calendar: Calendar | None, history_start: date | None) -> Past:
    """The dataset's deals as known at *as_of*, each once, by id."""
    if not isinstance(data, Dataset):
        raise InvalidValue("data", "a Dataset", data)
    if calendar is not None and not isinstance(calendar, Calendar):
        raise InvalidValue("calendar", "a Calendar, or None for UTC", calendar)
    calendar = calendar or UTC_CALENDAR
    moment = calendar.instant(as_of)
    now = local_clock(moment, calendar.zone)
    today = now.date()
    # Two fits of one dataset start from the same views, and so do its KPIs.
    views = {deal.id: deal for deal in known(data, Opportunity, moment, calendar)}
    start = None if history_start is None else calendar.start_of(history_start).timestamp()
    return Past(now, today, moment.timestamp(), start, tuple(views[id] for id in sorted(views)), calendar)


def steps(deal: Opportunity) -> list[Step]:
    """
    The deal's path, oldest first: stages while open, then perhaps a close, and stages again after a reopening.

    Before its history begins, or without one, the stage is `UNKNOWN_STAGE`.
    """
    created = deal.created_at.timestamp()
    path: list[Step] = [
        (max(change.at.timestamp(), created), stage_of(deal, change.stage), change.status) for change in deal.history
    ]
    # A history that starts late leaves a gap: the first stage it tells must not be stretched back over it.
    if not path or path[0][0] > created:
        path.insert(0, (created, UNKNOWN_STAGE, OpportunityStatus.OPEN))
    if deal.closed_at is not None:
        last = (deal.closed_at.timestamp(), stage_of(deal), deal.status)
        if path[-1][2] is OpportunityStatus.OPEN:
            path.append(last)
        else:
            path[-1] = last  # the record's own close, which may differ from the change that logged it
    return path


def stages_reached(deal: Opportunity) -> list[str]:
    """The open stages that a deal ever was in, in order, each once; an open deal without history has its own stage."""
    if not deal.history:
        return [stage_of(deal)] if deal.is_open and deal.stage != UNKNOWN_STAGE else []
    found = dict.fromkeys([change.stage for change in deal.history if change.status is OpportunityStatus.OPEN])
    return [*found] if deal.pipeline == "default" else [stage_of(deal, stage) for stage in found]


def closed_deals(known: Past) -> Iterator[Opportunity]:
    """Deals decided by then, whose close was recorded."""
    for deal in known.deals:
        if deal.closed_at is not None and (known.start is None or deal.closed_at.timestamp() >= known.start):
            yield deal


def cycle_days(deal: Opportunity, calendar: Calendar) -> int | None:
    """Days from the deal's creation to its close, as a difference of dates: 0 on the same day. None while open."""
    if deal.closed_at is None:
        return None
    return (calendar.date_of(deal.closed_at) - calendar.date_of(deal.created_at)).days


def median(values: Sequence[int]) -> int | None:
    """The lower middle value, so that whole days stay whole; None of nothing."""
    # the mean of the two middle ones would be a day on which nothing happened
    return sorted(values)[(len(values) - 1) // 2] if values else None
