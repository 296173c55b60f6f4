"""How long deals stay in a stage: visits, their lengths, and the length that is unusual."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from partnerops._arguments import check_exact, check_int
from partnerops._attrs import FrozenMap
from partnerops.dataset import Dataset
from partnerops.entities import UNKNOWN_STAGE, Opportunity, OpportunityStatus
from partnerops.exceptions import InvalidValue
from partnerops.forecast._history import DAY, past, steps
from partnerops.periods import Calendar
from partnerops.typing import ExactLike


class Visit(NamedTuple):
    """One stay of a deal in an open stage."""

    deal: Opportunity
    """The deal."""
    stage: str
    """The stage."""
    days: int
    """Whole days of it, so far or in all."""
    to: str | None
    """Next stage, `won`, `lost`, or None while it lasts."""


def visits(deal: Opportunity, seconds: float) -> Iterator[Visit]:
    """The stays of a deal in open stages that are known, up to an instant, oldest first."""
    path = steps(deal)
    # A stage may be told several times in a row, for an amount or a date that changed: its visit began with the first.
    start: float | None = None
    for index, (at, stage, status) in enumerate(path):
        if status is not OpportunityStatus.OPEN or stage == UNKNOWN_STAGE:
            continue
        start = at if start is None else start
        after = path[index + 1] if index + 1 < len(path) else None
        if after is not None and after[2] is OpportunityStatus.OPEN and after[1] == stage:
            continue  # an amount or a date changed, the stage did not
        end = seconds if after is None else after[0]
        to = None if after is None else after[1] if after[2] is OpportunityStatus.OPEN else after[2].value
        yield Visit(deal, stage, int((end - start) // DAY), to)
        start = None


def nearest_rank(values: Sequence[int], quantile: Fraction) -> int:
    """The smallest value that at least that share of the values does not exceed."""
    # A value that occurred: between two of them lies a number of days that no deal ever took.
    return sorted(values)[max(0, ceil(len(values) * quantile) - 1)]


def fit_stale_limits(
    data: Dataset,
    *,
    as_of: datetime | date,
    quantile: ExactLike = "0.9",
    min_visits: int = 20,
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> FrozenMap[int]:
    """
    For each stage the days within which nine in ten of the closed deals left it: the limits of `Stale`.

    Visits of deals that are still open do not count: they are what is to be judged. A stage with fewer than
    *min_visits* has no limit.

    Raises:
        InvalidValue: A quantile that is not between 0 and 1.

    >>> fit_stale_limits(Dataset(), as_of=date(2026, 3, 31))
    FrozenMap({})
    """
    share = check_exact("fit_stale_limits(quantile=...)", quantile)
    if not 0 < share < 1:
        raise InvalidValue("fit_stale_limits(quantile=...)", "between 0 and 1", str(quantile))
    check_int("fit_stale_limits(min_visits=...)", min_visits, 1)
    known = past(data, as_of, calendar, history_start)
    lengths: dict[str, list[int]] = {}
    for deal in known.deals:
        if deal.closed_at is not None and (known.start is None or deal.closed_at.timestamp() >= known.start):
            # Of deals closed either way: lost ones waited as well, and waiting is what is judged.
            for visit in visits(deal, known.seconds):
                lengths.setdefault(visit.stage, []).append(visit.days)
    return FrozenMap({stage: nearest_rank(days, share) for stage, days in lengths.items() if len(days) >= min_visits})
