"""
Recurring revenue and customers over time: MRR, active customers, churn and retention.

How they follow from `lines` and `Reversal`s, stated once:

- A recurring line of a won deal runs from the date of the close for `term_months` months, and brings amount / term a
  month, rounded half-even per line. A renewal that is signed early starts when the latest term of that customer and
  product ends, unless that was stopped before; one that is signed late leaves a gap, in which the customer is not
  active.
- A reversal of kind cancellation, churn, fraud or non-payment ends all lines of its deal on its date. A downgrade
  takes its amount off what is still to come, over the months that remain, the begun one included, in proportion to the
  lines. A refund or a chargeback gives money back and changes neither MRR nor customers.
- A customer is active on a date when its lines bring more than 0 on the evening of it. A deal without an account counts
  in MRR, but is no customer.
- A period starts with what stood on the evening before its first day and ends with the evening of its last day (of
  `as_of`, while it runs). Customers who came in between are in no rate of it. Periods that follow one another share no
  loss and miss none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from partnerops._arguments import check_int
from partnerops.dataset import Dataset
from partnerops.metrics._deals import check_period, last_past, today, unfinished
from partnerops.metrics._measure import MetricValue, flagged, lacking, rate
from partnerops.metrics._standing import active, added, kept, lost, remaining, revenue, standing, taken
from partnerops.metrics._subscriptions import spans
from partnerops.periods import UTC_CALENDAR, Calendar, Period, add_months

__all__ = [
    "active_customers",
    "arr",
    "customer_churn",
    "customer_retention",
    "early_churn",
    "expansion_rate",
    "gross_revenue_churn",
    "mrr",
    "net_revenue_retention",
    "year_two_retention",
]


def mrr(data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR) -> MetricValue:
    """
    Monthly recurring revenue on the evening of the period's last day, or of `as_of` while it runs.

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.

    >>> mrr(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).reason
    'no recurring line'
    """
    return revenue(standing(data, period, as_of, calendar), "mrr", 1)


def arr(data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR) -> MetricValue:
    """
    Annual recurring revenue: twelve times `mrr`.

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
    """
    return revenue(standing(data, period, as_of, calendar), "arr", 12)


def active_customers(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Customers with a recurring line that runs on the evening of the period's last day, or of `as_of` while it runs.

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
    """
    return active(standing(data, period, as_of, calendar))


def customer_churn(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Customers at the start of the period who are not active at its end, over customers at the start (K14, logo).

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
    """
    return lost(standing(data, period, as_of, calendar))


def customer_retention(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Customers at the start of the period who are active at its end, over customers at the start: 1 - churn.

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
    """
    return kept(standing(data, period, as_of, calendar))


def gross_revenue_churn(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    MRR lost by leaving and by shrinking over MRR at the start, of the customers at the start (K14b, gross).

    What one customer adds never makes up for what another takes away.

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
    """
    return taken(standing(data, period, as_of, calendar))


def net_revenue_retention(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    MRR at the end over MRR at the start, both of the customers at the start: expansion in, new customers out (K14b).

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
    """
    return remaining(standing(data, period, as_of, calendar))


def expansion_rate(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    MRR that customers at the start added over MRR at the start (K14b, its upward part).

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
    """
    return added(standing(data, period, as_of, calendar))


def year_two_retention(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Of the customers whose first recurring line began in the period, the share still active twelve months later (D12).

    Each is looked at on the evening of its own anniversary, so a term of twelve months must have been renewed by then.
    Customers without an anniversary by `as_of` are left out of both sides, and make it immature.
    """
    cohort, stayed, young = _cohort(data, period, lambda start: add_months(start, 12), as_of, calendar)
    measured = rate("year_two_retention", len(stayed), len(cohort), ids=sorted(cohort))
    return flagged(measured, young or unfinished(period, as_of, calendar))


def early_churn(
    data: Dataset,
    period: Period,
    *,
    within_days: int = 90,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
) -> MetricValue:
    """
    Of the customers whose first recurring line began in the period, the share gone so many days later.

    Promises that nobody can keep show here first. Customers who are not that old by `as_of` are left out of both sides,
    and make it immature.

    Raises:
        InvalidValue: Fewer than 1 day.
    """
    span = timedelta(days=check_int("within_days", within_days, 1))
    cohort, stayed, young = _cohort(data, period, lambda start: start + span, as_of, calendar)
    measured = rate("early_churn", len(cohort) - len(stayed), len(cohort), ids=sorted(cohort))
    return flagged(measured, young or unfinished(period, as_of, calendar))


# --- shared -----------------------------------------------------------------------------------------------------------


def _cohort(
    data: Dataset, period: Period, turn: Callable[[date], date], as_of: date | datetime, calendar: Calendar
) -> tuple[set[str], set[str], str]:
    """Customers who began in a period and have had their turn, those active on it, and a word on the others."""
    check_period(period)
    now, over = today(as_of, calendar), last_past(as_of, calendar)
    every = [span for span in spans(data, as_of, calendar) if span.monthly > 0]
    first: dict[str, date] = {}
    # The first line ever: a customer who comes back is not new again.
    for span in every:
        if span.account_id is not None:
            first[span.account_id] = min(span.start, first.get(span.account_id, span.start))
    # A line of a renewal to come has not begun yet, whatever it will bring.
    cohort = {id: turn(start) for id, start in first.items() if start in period and start <= now}
    due = {id: on for id, on in cohort.items() if on <= over}
    stayed = {span.account_id for span in every if span.account_id in due and span.runs(due[span.account_id])}
    young = lacking(len(cohort) - len(due), f"of {len(cohort):,} customers are too young")
    return set(due), {id for id in stayed if id is not None}, young
