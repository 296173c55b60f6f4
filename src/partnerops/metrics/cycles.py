"""
How long deals take: sales cycles, time in a stage, pipeline velocity.

A cycle is the number of days between the date of creation and the date of the close; the same day is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

from attrs import frozen

from partnerops._attrs import Value
from partnerops._render import Printable
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, OpportunityStatus
from partnerops.metrics._deals import closed_in, known, unfinished, won_in
from partnerops.metrics._measure import MetricValue, mean, number, quantile, total
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period

__all__ = [
    "Durations",
    "lost_cycle",
    "open_cycle",
    "pipeline_velocity",
    "sales_cycle",
    "sales_cycle_durations",
    "stage_dwell",
]

_DAY = timedelta(days=1)


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
    return _median("sales_cycle", deals, period, as_of, calendar)


def sales_cycle_durations(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> Durations:
    """Median, mean and quartiles of the sales cycle of the deals won in the period (K6)."""
    return Durations.of("sales_cycle", [_cycle(deal, calendar) for deal in won_in(data, period, as_of, calendar)])


def lost_cycle(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """Median days from creation to close of the deals lost in the period, by close date (K6, lost apart)."""
    deals = closed_in(data, period, as_of, calendar, lambda deal: deal.status is OpportunityStatus.LOST)
    return _median("lost_cycle", deals, period, as_of, calendar)


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
    today = calendar.date_of(calendar.instant(as_of))
    deals = [deal for deal in known(data, Opportunity, as_of, calendar) if calendar.contains(period, deal.created_at)]
    ends = sorted((_age(deal, today, calendar), deal.status) for deal in deals)
    reached, surviving, at_risk = Fraction(0), Fraction(1), len(ends)
    found: int | None = None
    for day in sorted({days for days, _ in ends}):
        of_day = [status for days, status in ends if days == day]
        won, lost = of_day.count(OpportunityStatus.WON), of_day.count(OpportunityStatus.LOST)
        # Winning and losing compete: censoring lost deals, as Kaplan-Meier would, overstates the wins.
        reached += surviving * Fraction(won, at_risk)
        surviving *= 1 - Fraction(won + lost, at_risk)
        at_risk -= len(of_day)
        if found is None and reached >= Fraction(1, 2):
            found = day
    reason = "" if found is not None else "fewer than half are won so far" if deals else "nothing to measure"
    ids = [deal.id for deal in deals]
    return number("open_cycle", found, n=len(deals), unit="days", reason=reason, ids=ids)


def stage_dwell(
    data: Dataset, period: Period, *, stage: str, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> Durations:
    """
    Days that visits to a stage took, for visits that ended in the period, by exit date (K7).

    `unfinished` counts the deals that are in the stage at *as_of*. Parts of a day count: a visit of 36 hours is 1.5.
    """
    lengths: list[Fraction] = []
    waiting = 0
    for deal in known(data, Opportunity, as_of, calendar):
        waiting += deal.is_open and deal.stage == stage
        for before, after in zip(deal.history, deal.history[1:], strict=False):
            if before.stage == stage and after.stage != stage and calendar.contains(period, after.at):
                lengths.append(Fraction((after.at - before.at) // timedelta(microseconds=1), 86_400_000_000))
    return Durations.of("stage_dwell", lengths, waiting)


def pipeline_velocity(
    data: Dataset,
    look_back: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    qualified: Sequence[str] | None = None,
) -> MetricValue:
    """
    N x W x V / L: an index of what the pipeline brings a day, never a forecast (K8).

    N is the number of deals open at *as_of*, in one of the *qualified* stages where these are given; W the win rate, V
    the mean amount won and L the mean sales cycle in days, all of the look-back period. Rounded half-even to the minor
    unit. Unknown where one of them is, or where won deals took no time at all.

    Raises:
        CurrencyMismatch: Won deals in two currencies.

    Source: the formula is common to CRM vendors; L is the mean here, since N x W x V is a sum over deals.
    """
    deals = list(known(data, Opportunity, as_of, calendar))
    count = sum(deal.is_open and (qualified is None or deal.stage in qualified) for deal in deals)
    closed = closed_in(data, look_back, as_of, calendar)
    won = [deal for deal in closed if deal.is_won]
    amount = total(deal.amount for deal in won if deal.amount is not None)
    days = sum(_cycle(deal, calendar) for deal in won)
    if amount is None or not days:
        reason = "no deal won in the look-back" if amount is None else "won deals took no time"
        return MetricValue(metric="pipeline_velocity", value=None, n=count, unit="a day", reason=reason)
    # (won / closed) x (amount / won) / (days / won), and the whole times the open deals
    # L is the mean: the median cycle does not go with sums of amounts and counts.
    minor = Fraction(count * amount.minor * len(won), len(closed) * days)
    value = Money.from_minor(round(minor), amount.currency)
    reason = "; ".join(filter(None, ["a day", unfinished(look_back, as_of, calendar)]))
    return MetricValue(metric="pipeline_velocity", value=value, n=count, unit="a day", reason=reason)


# --- shared -----------------------------------------------------------------------------------------------------------


def _cycle(deal: Opportunity, calendar: Calendar) -> int:
    return 0 if deal.closed_at is None else (calendar.date_of(deal.closed_at) - calendar.date_of(deal.created_at)).days


def _age(deal: Opportunity, today: date, calendar: Calendar) -> int:
    end = today if deal.closed_at is None else calendar.date_of(deal.closed_at)
    return (end - calendar.date_of(deal.created_at)).days


def _median(
    metric: str, deals: Sequence[Opportunity], period: Period, as_of: date | datetime, calendar: Calendar
) -> MetricValue:
    middle = quantile(sorted(_cycle(deal, calendar) for deal in deals), Fraction(1, 2))
    measured = number(metric, middle, n=len(deals), unit="days", ids=[deal.id for deal in deals])
    note = unfinished(period, as_of, calendar)
    if not note:
        return measured
    return measured.replace(immature=True, reason="; ".join(filter(None, [measured.reason, note])))
