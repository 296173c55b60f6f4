"""Which deals a KPI looks at: known at `as_of`, closed, created or open in a period."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TypeVar

from partnerops.dataset import Dataset
from partnerops.entities import Opportunity
from partnerops.entities._facts import Entity
from partnerops.periods import Calendar, Period

E = TypeVar("E", bound=Entity)


def known(data: Dataset, kind: type[E], as_of: date | datetime, calendar: Calendar) -> Iterator[E]:
    """The records of a kind as they stood at *as_of*; one that nothing changed since is passed on as it is."""
    moment = calendar.instant(as_of)
    today = calendar.date_of(moment)
    for record in data.all(kind):
        view = record.as_of(moment, today)
        if view is not None:
            yield view


def closed_in(
    data: Dataset,
    period: Period,
    as_of: date | datetime,
    calendar: Calendar,
    keep: Callable[[Opportunity], bool] = lambda deal: not deal.is_open,
) -> list[Opportunity]:
    """The deals that closed in *period*, by the date of the close, and pass *keep*: by default won or lost."""
    return [
        deal
        for deal in known(data, Opportunity, as_of, calendar)
        if deal.closed_at is not None and keep(deal) and calendar.contains(period, deal.closed_at)
    ]


def won_in(data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar) -> list[Opportunity]:
    """The deals won in *period*, by the date of the close."""
    return closed_in(data, period, as_of, calendar, lambda deal: deal.is_won)


def created_in(data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar) -> list[Opportunity]:
    """The deals created in *period*, whatever became of them."""
    deals = known(data, Opportunity, as_of, calendar)
    return [deal for deal in deals if calendar.contains(period, deal.created_at)]


def is_over(period: Period, as_of: date | datetime, calendar: Calendar) -> bool:
    """Whether every instant of *period* lies at or before *as_of*."""
    return calendar.instant(as_of) >= calendar.instant(period.last)


def unfinished(period: Period, as_of: date | datetime, calendar: Calendar) -> str:
    """Why figures of *period* still move; empty once it is over."""
    return "" if is_over(period, as_of, calendar) else f"{period} is not over"
