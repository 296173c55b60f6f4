"""
How long deals take: sales cycles, time in a stage, pipeline velocity.

A cycle is the number of days between the date of creation and the date of the close; the same day is 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from attrs import frozen

from partnerops._attrs import Value
from partnerops._render import Printable
from partnerops.dataset import Dataset
from partnerops.entities import Lead, Opportunity, OpportunityStatus, Touchpoint
from partnerops.metrics._deals import closed_in, created_in, known, length, today, unfinished, visits, within, won_in
from partnerops.metrics._measure import MetricValue, flagged, mean, number, quantile, total
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period

__all__ = [
    "Durations",
    "first_touch_cycle",
    "lost_cycle",
    "open_cycle",
    "pipeline_velocity",
    "sales_cycle",
    "sales_cycle_durations",
    "stage_dwell",
]


@frozen(kw_only=True)
class Durations(Value, Printable):
    """
    How long something took, in days.

    Quantiles interpolate between order statistics. Without any record all of them are None.

    >>> print(Durations.of("sales_cycle", [3, 5, 10]))
    sales_cycle: median 5 days, mean 6, quartiles 4 to 7.5, n = 3
    """

    metric: str
    """Id in the catalogue."""
    n: int
    """Finished records."""
    median: Fraction | None
    """Half took at most so many days: the headline, since a few long cycles move the mean."""
    mean: Fraction | None
    """The arithmetic mean."""
    q25: Fraction | None
    """Lower quartile."""
    q75: Fraction | None
    """Upper quartile."""
    p90: Fraction | None
    """Nine in ten took at most so many days."""
    unfinished: int = 0
    """Records that are not over, and are in none of the figures."""

    @classmethod
    def of(cls, metric: str, days: Sequence[int | Fraction], unfinished: int = 0) -> Durations:
        """From the lengths, in any order."""
        # Once, for all five quantiles.
        found = sorted(days)
        return cls(
            metric=metric,
            n=len(found),
            median=quantile(found, Fraction(1, 2)),
            mean=mean(found),
            q25=quantile(found, Fraction(1, 4)),
            q75=quantile(found, Fraction(3, 4)),
            p90=quantile(found, Fraction(9, 10)),
            unfinished=unfinished,
        )

    def to_dicts(self) -> list[dict[str, object]]:
        """One row."""
        return [
            {
                "metric": self.metric, "n": self.n, "median": self.median, "mean": self.mean, "q25": self.q25,
                "q75": self.q75, "p90": self.p90, "unfinished": self.unfinished,
            }
        ]  # fmt: skip

    def _headline(self) -> str:
        if self.median is None:
            return f"{self.metric}: n/a, n = 0"
        shown = [_days(one) for one in (self.median, self.mean, self.q25, self.q75)]
        return "{}: median {} days, mean {}, quartiles {} to {}, n = {}".format(self.metric, *shown, self.n)

    def __str__(self) -> str:
        return self._headline()


def _days(value: Fraction | None) -> str:
    tenths = round((value or Fraction(0)) * 10)
    return f"{tenths // 10}{f'.{tenths % 10}' if tenths % 10 else ''}"


def sales_cycle(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Median days from creation to close of the deals won in the period, by close date (K6).

    >>> sales_cycle(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).reason
    'nothing to measure'
    """
    deals = won_in(data, period, as_of, calendar)
    days = [_cycle(deal, calendar) for deal in deals]
    return _median("sales_cycle", days, deals, unfinished(period, as_of, calendar))


def sales_cycle_durations(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> Durations:
    """Median, mean and quartiles of the sales cycle of the deals won in the period (K6)."""
    return Durations.of("sales_cycle", [_cycle(deal, calendar) for deal in won_in(data, period, as_of, calendar)])


def lost_cycle(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """Median days from creation to close of the deals lost in the period, by close date (K6, lost apart)."""
    deals = closed_in(data, period, as_of, calendar, OpportunityStatus.LOST)
    days = [_cycle(deal, calendar) for deal in deals]
    return _median("lost_cycle", days, deals, unfinished(period, as_of, calendar))


def open_cycle(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Median days from creation to winning of the deals created in the period, open and lost ones counted too (K6b).

    The share won within d days is estimated by competing risks: losing a deal ends it, an open deal is censored at
    *as_of*. The median is the first d at which the share reaches one half; None where it never does, as when most
    deals are lost.

    Source: Aalen and Johansen, An empirical transition matrix for non-homogeneous Markov chains (1978).
    """
    deals, evening = created_in(data, period, as_of, calendar), today(as_of, calendar)
    ends = Counter((_age(deal, evening, calendar), deal.status) for deal in deals)
    reached, surviving, at_risk = Fraction(0), Fraction(1), len(deals)
    found: int | None = None
    for day in sorted({days for days, _ in ends}):
        won, lost = ends[day, OpportunityStatus.WON], ends[day, OpportunityStatus.LOST]
        # Winning and losing compete: censoring lost deals, as Kaplan-Meier would, overstates the wins.
        reached += surviving * Fraction(won, at_risk)
        surviving *= 1 - Fraction(won + lost, at_risk)
        at_risk -= won + lost + ends[day, OpportunityStatus.OPEN]
        if reached >= _HALF:
            found = day
        # Exact fractions grow with every day, so the search ends as soon as it is decided.
        if found is not None or reached + surviving < _HALF:
            break
    reason = "" if found is not None else "fewer than half are won so far" if deals else "nothing to measure"
    ids = [deal.id for deal in deals]
    measured = number("open_cycle", found, n=len(deals), unit="days", reason=reason, ids=ids)
    return flagged(measured, unfinished(period, as_of, calendar))


def first_touch_cycle(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Median days from the first contact to the close of the deals won in the period, by close date (K6, first contact).

    The first contact is the earliest touch of the deal or of its lead, the lead itself, or the deal's creation,
    whichever comes first.
    """
    deals = won_in(data, period, as_of, calendar)
    first = {deal.id: deal.created_at for deal in deals}
    became: dict[str, str] = {}
    for lead in known(data, Lead, as_of, calendar):
        if lead.opportunity_id in first:
            became[lead.id] = lead.opportunity_id
            first[lead.opportunity_id] = min(first[lead.opportunity_id], lead.created_at)
    for touch in known(data, Touchpoint, as_of, calendar):
        id = touch.opportunity_id if touch.opportunity_id is not None else became.get(touch.lead_id or "")
        if id in first:
            first[id] = min(first[id], touch.at)
    # A touch recorded after the creation of its deal may still have happened before it.
    days = [_between(first[deal.id], deal.closed_at or deal.created_at, calendar) for deal in deals]
    return _median("first_touch_cycle", days, deals, unfinished(period, as_of, calendar))


def stage_dwell(
    data: Dataset, period: Period, *, stage: str, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> Durations:
    """
    Days that visits to a stage took, for visits that ended in the period, by exit date (K7).

    `unfinished` counts the deals that are in the stage at *as_of*. Parts of a day count: a visit of 36 hours is 1.5.
    """
    lengths: list[Fraction] = []
    waiting = 0
    inside = within(period, calendar)
    for deal in known(data, Opportunity, as_of, calendar):
        # Visits that last would be cut short today, and pull the mean down: they are counted apart.
        waiting += deal.is_open and deal.stage == stage
        stays = [visit for visit in visits(deal) if visit.stage == stage and visit.left is not None]
        lengths += [length(visit) for visit in stays if visit.left is not None and inside(visit.left.at)]
    return Durations.of("stage_dwell", lengths, waiting)


def pipeline_velocity(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    qualified: Sequence[str] | None = None,
) -> MetricValue:
    """
    N x W x V / L: an index of what the pipeline brings a day, never a forecast (K8).

    N is the number of deals open at *as_of*, in one of the *qualified* stages where these are given; W the win rate, V
    the mean amount won and L the mean sales cycle in days, all of *period*, the look-back, commonly the 91 days before
    *as_of*. Rounded half-even to the minor unit. Unknown where one of them is, or where won deals took no time at all.

    Raises:
        CurrencyMismatch: Won deals in two currencies.

    Source: the formula is common to CRM vendors; L is the mean here, since N x W x V is a sum over deals.
    """
    deals = list(known(data, Opportunity, as_of, calendar))
    count = sum(deal.is_open and (qualified is None or deal.stage in qualified) for deal in deals)
    closed = closed_in(data, period, as_of, calendar)
    won = [deal for deal in closed if deal.is_won]
    amount = total(deal.amount for deal in won if deal.amount is not None)
    days = sum(_cycle(deal, calendar) for deal in won)
    if amount is None or not days:
        reason = "no deal won in the look-back" if amount is None else "won deals took no time"
        unknown = MetricValue(metric="pipeline_velocity", value=None, n=count, unit="a day", reason=reason)
        return flagged(unknown, unfinished(period, as_of, calendar))
    # (won / closed) x (amount / won) / (days / won), and the whole times the open deals
    # L is the mean: the median cycle does not go with sums of amounts and counts.
    minor = Fraction(count * amount.minor * len(won), len(closed) * days)
    value = Money.from_minor(round(minor), amount.currency)
    measured = MetricValue(metric="pipeline_velocity", value=value, n=count, unit="a day")
    return flagged(measured, unfinished(period, as_of, calendar))


# --- shared -----------------------------------------------------------------------------------------------------------


_HALF = Fraction(1, 2)


def _between(start: datetime, end: datetime, calendar: Calendar) -> int:
    return (calendar.date_of(end) - calendar.date_of(start)).days


# Dates, not hours: the same day is 0, whatever the clock said.
def _cycle(deal: Opportunity, calendar: Calendar) -> int:
    return _between(deal.created_at, deal.closed_at or deal.created_at, calendar)


def _age(deal: Opportunity, evening: date, calendar: Calendar) -> int:
    # An open deal has lived until today, and may still be won.
    end = evening if deal.closed_at is None else calendar.date_of(deal.closed_at)
    return (end - calendar.date_of(deal.created_at)).days


def _median(metric: str, days: Sequence[int], deals: Sequence[Opportunity], note: str) -> MetricValue:
    middle = quantile(sorted(days), _HALF)
    return flagged(number(metric, middle, n=len(deals), unit="days", ids=[deal.id for deal in deals]), note)
