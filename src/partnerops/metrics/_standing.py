"""What customers pay at the start and at the end of a period, and the measures that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from attrs import frozen

from partnerops._attrs import Value
from partnerops.dataset import Dataset
from partnerops.exceptions import CurrencyMismatch
from partnerops.metrics._deals import eve, last_evening, unfinished
from partnerops.metrics._measure import MetricValue, flagged, left_out, money, noted, number, rate, share
from partnerops.metrics._subscriptions import Span, spans
from partnerops.money import Money
from partnerops.periods import Calendar, Period


@frozen
class Standing(Value):
    """Customers and recurring revenue on the first and on the last evening of a period."""

    before: Mapping[str, int]
    """Customer -> minor units a month at the start."""
    after: Mapping[str, int]
    """Customer -> minor units a month at the end."""
    monthly: int
    """Minor units a month at the end, of deals without a customer too."""
    running: tuple[str, ...]
    """Deals that run at the end."""
    currency: str | None
    """None where nothing recurring was ever sold."""
    missing: int
    """Deals that run at either end and name no customer."""
    note: str
    """Why the figures still move."""

    def told(self, measure: MetricValue) -> MetricValue:
        """A measure of customers with what was left out, and flagged while the period runs."""
        return flagged(noted(measure, left_out(self.missing, "recurring deals without an account")), self.note)

    def of_start(self, metric: str, part: int) -> MetricValue:
        """A share of the recurring revenue at the start."""
        ids = sorted(self.before)
        if self.currency is None:
            return self.told(share(metric, None, None, n=0))
        whole = Money.from_minor(sum(self.before.values()), self.currency)
        measured = share(metric, Money.from_minor(part, self.currency), whole, n=len(ids), ids=ids)
        # Growth above the start is what these measures are for, no sign of amounts taken back.
        return self.told(measured.replace(reason="") if measured.known else measured)


def standing(data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar) -> Standing:
    """
    The standing of a period.

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
    """
    return standing_of(spans(data, as_of, calendar), period, as_of, calendar)


def standing_of(every: Sequence[Span], period: Period, as_of: date | datetime, calendar: Calendar) -> Standing:
    """The standing of a period, of spans that are known already."""
    end, start = last_evening(period, as_of, calendar), eve(period.start)
    running = [span for span in every if span.runs(end)]
    # MRR counts deals without a customer, rates of customers cannot: the difference must be said.
    nameless = {one.deal_id for one in every if one.account_id is None and (one.runs(start) or one.runs(end))}
    return Standing(
        before=by_customer(every, start),
        after=by_customer(every, end),
        monthly=sum(span.monthly for span in running),
        running=tuple(sorted({span.deal_id for span in running})),
        currency=_currency(every),
        missing=len(nameless),
        note=unfinished(period, as_of, calendar),
    )


def by_customer(every: Iterable[Span], on: date) -> dict[str, int]:
    """Customer -> minor units a month on the evening of a date; those who pay nothing are not in it."""
    paid: dict[str, int] = {}
    for span in every:
        if span.account_id is not None and span.runs(on):
            paid[span.account_id] = paid.get(span.account_id, 0) + span.monthly
    # A customer that pays nothing is none, even while a line of it runs.
    return {id: monthly for id, monthly in paid.items() if monthly > 0}


def _currency(every: Sequence[Span]) -> str | None:
    codes = sorted({span.currency for span in every})
    # Sums over currencies need a rate and its date, which nobody gave.
    if len(codes) > 1:
        raise CurrencyMismatch("add up recurring revenue in", codes[0], codes[1])
    return codes[0] if codes else None


# --- measures ---------------------------------------------------------------------------------------------------------


def revenue(seen: Standing, metric: str, months: int) -> MetricValue:
    """What so many months of the lines bring that run at the end."""
    amount = None if seen.currency is None else Money.from_minor(months * seen.monthly, seen.currency)
    reason = "" if amount is not None else "no recurring line"
    return flagged(money(metric, amount, n=len(seen.running), ids=seen.running, reason=reason), seen.note)


def active(seen: Standing) -> MetricValue:
    """Customers at the end."""
    # Ids, not only a count: churn disputes start with "which ones".
    return seen.told(number("active_customers", len(seen.after), n=len(seen.after), ids=sorted(seen.after)))


def lost(seen: Standing) -> MetricValue:
    """Customers of the start who are gone at the end."""
    # Two evenings, nothing between: who left and came back within the period was not lost in it.
    gone = seen.before.keys() - seen.after.keys()
    return seen.told(rate("customer_churn", len(gone), len(seen.before), ids=sorted(seen.before)))


def kept(seen: Standing) -> MetricValue:
    """Customers of the start who are there at the end."""
    there = seen.before.keys() & seen.after.keys()
    return seen.told(rate("customer_retention", len(there), len(seen.before), ids=sorted(seen.before)))


def taken(seen: Standing) -> MetricValue:
    """Recurring revenue that customers of the start took away; what one adds never makes up for another's."""
    parts = (max(0, paid - seen.after.get(id, 0)) for id, paid in seen.before.items())
    return seen.of_start("gross_revenue_churn", sum(parts))


def added(seen: Standing) -> MetricValue:
    """Recurring revenue that customers of the start added."""
    parts = (max(0, seen.after.get(id, 0) - paid) for id, paid in seen.before.items())
    return seen.of_start("expansion_rate", sum(parts))


def remaining(seen: Standing) -> MetricValue:
    """Recurring revenue at the end of the customers of the start."""
    return seen.of_start("net_revenue_retention", sum(seen.after.get(id, 0) for id in seen.before))
