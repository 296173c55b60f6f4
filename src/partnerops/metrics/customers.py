"""
Customers won, what each of them cost, and how they judge.

A customer is an account with a won deal. It is new in the period in which its first won deal closed, whatever the
record's own date says, and belongs to its origin at acquisition for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import isqrt
from typing import Final, cast

from partnerops._arguments import check_exact, check_int
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, RevenueKind, SurveyKind, SurveyResponse
from partnerops.exceptions import InvalidValue
from partnerops.metrics._costs import Commission, spent
from partnerops.metrics._deals import known, unfinished, within
from partnerops.metrics._measure import (
    Interval,
    MetricValue,
    flagged,
    left_out,
    mean,
    money,
    noted,
    number,
    rounded,
    total,
)
from partnerops.metrics._readings import latest_answers, sides
from partnerops.metrics._subscriptions import monthly_of
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period
from partnerops.ratio import Ratio
from partnerops.typing import ExactLike

__all__ = [
    "acquisition_cost",
    "acquisition_payback",
    "customer_satisfaction",
    "net_promoter_score",
    "new_customers",
]


def new_customers(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Accounts whose first won deal closed in the period; won deals without an account are counted in the reason.

    >>> new_customers(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).value
    0
    """
    ids, nameless = _new(data, period, as_of, calendar)
    counted = number("new_customers", len(ids), n=len(ids), ids=ids)
    missing = left_out(nameless, "won deals without an account")
    return flagged(noted(counted, missing), unfinished(period, as_of, calendar))


def acquisition_cost(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    categories: Collection[str] | None = None,
    commission: Commission = None,
    lag_months: int = 0,
) -> MetricValue:
    """
    What a new customer cost: costs and commission of the period over its new customers, half-even (K12, CAC).

    Per channel with `breakdown(..., by="origin")`. *categories* limits the costs. With a lag, the costs are those of so
    many months earlier: what wins a customer is spent before. Without a new customer there is no value, and the reason
    names what was spent.

    Raises:
        CurrencyMismatch: Costs or commission in two currencies.
    """
    ids, _ = _new(data, period, as_of, calendar)
    paid_in = _lagged(period, lag_months)
    cost = spent(data, paid_in, as_of, calendar, categories=categories, commission=commission)
    return flagged(per_head("acquisition_cost", cost, ids, "new customer"), unfinished(period, as_of, calendar))


def acquisition_payback(
    data: Dataset,
    period: Period,
    *,
    margin: ExactLike,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    categories: Collection[str] | None = None,
    commission: Commission = None,
    lag_months: int = 0,
) -> MetricValue:
    """
    Months until new customers have earned what they cost: CAC / (MRR per new customer x gross margin) (K12b).

    MRR is that of the recurring lines which the new customers of the period bought in it. *margin* is a fraction; the
    other options say which costs count, as in `acquisition_cost`. Unknown without costs, or where they bring no margin.

    Raises:
        CurrencyMismatch: Costs, commission or lines in two currencies.
        InvalidValue: A margin above 1.
    """
    ids, _ = _new(data, period, as_of, calendar)
    share, new = gross_margin(margin), set(ids)
    cost = spent(data, _lagged(period, lag_months), as_of, calendar, categories=categories, commission=commission)
    inside = within(period, calendar)
    bought = [
        line
        for deal in known(data, Opportunity, as_of, calendar)
        if deal.is_won and deal.account_id in new and deal.closed_at is not None and inside(deal.closed_at)
        for line in deal.lines
        if line.revenue is RevenueKind.RECURRING
    ]
    monthly = total(monthly_of(line) for line in bought)
    months: Fraction | None = None
    reason = "no costs" if cost is None else "new customers bring no recurring margin"
    if cost is not None and monthly is not None and monthly.minor * share > 0:
        # Ratio refuses costs in another currency than the revenue.
        months, reason = cast("Fraction", Ratio(cost, monthly).value) / share, ""
    measured = number("acquisition_payback", months, n=len(ids), unit="months", reason=reason, ids=ids)
    return flagged(measured, unfinished(period, as_of, calendar))


def net_promoter_score(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    100 x (promoters - detractors) / answers, of each customer's latest answer in the period (K16); -100 to 100.

    Promoters give 9 or 10, detractors 0 to 6. By `breakdown(..., by="origin")` it is that of the channel which brought
    the customer, not of the one which serves it. The interval is the adjusted Wald one, cut at the ends of the scale
    and widened where it would not hold the score.

    >>> net_promoter_score(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).value is None
    True

    Source: B. Rocks, Interval estimation for the Net Promoter Score, The American Statistician 70 (2016).
    """
    scores = _latest(data, SurveyKind.NPS, period, as_of, calendar)
    up, down = sides(scores)
    value = Fraction(100 * (up - down), len(scores)) if scores else None
    measured = number("net_promoter_score", value, n=len(scores), ids=[one.id for one in scores])
    measured = measured.replace(interval=_spread(up, down, len(scores)))
    return flagged(measured, unfinished(period, as_of, calendar))


def customer_satisfaction(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """The mean of each customer's latest CSAT answer in the period, 1 to 5."""
    scores = _latest(data, SurveyKind.CSAT, period, as_of, calendar)
    measured = number(
        "customer_satisfaction", mean([one.score for one in scores]), n=len(scores), ids=[one.id for one in scores]
    )
    return flagged(measured, unfinished(period, as_of, calendar))


# --- shared -----------------------------------------------------------------------------------------------------------


def _new(data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar) -> tuple[list[str], int]:
    """The customers that are new in a period, and how many won deals of it name no customer."""
    inside = within(period, calendar)
    first: dict[str, datetime] = {}
    nameless = 0
    # All wins are looked at, not only those of the period: new is who never bought before.
    for deal in known(data, Opportunity, as_of, calendar):
        if not deal.is_won or deal.closed_at is None:
            continue
        # Without a name nobody can tell a new customer from an old one: said, not guessed.
        if deal.account_id is None:
            nameless += inside(deal.closed_at)
        else:
            first[deal.account_id] = min(deal.closed_at, first.get(deal.account_id, deal.closed_at))
    return sorted(id for id, at in first.items() if inside(at)), nameless


def _lagged(period: Period, months: int) -> Period:
    """The period so many months earlier, moved from where it stands, so that a quarter stays a quarter."""
    lag = check_int("lag_months", months, 0)
    return period.shift(months=-lag) if lag else period


def per_head(metric: str, cost: Money | None, ids: Collection[str], whom: str) -> MetricValue:
    """A cost over heads, half-even; without a head, unknown, naming what was spent."""
    if cost is None:
        return money(metric, None, n=len(ids), reason="no costs", ids=ids)
    if not ids:
        # The cost must stay visible: spent for nothing is the news.
        return money(metric, None, n=0, reason=f"{cost:,} spent, no {whom}")
    return money(metric, rounded(Fraction(cost.minor, len(ids)), cost.currency), n=len(ids), ids=ids)


def gross_margin(margin: ExactLike) -> Fraction:
    """A gross margin as a fraction, at most 1."""
    share = check_exact("margin", margin, 'a fraction such as "0.7"')
    # Somebody wrote percent: 70 would make every customer pay back a hundred times sooner.
    if share > 1:
        raise InvalidValue("margin", 'a fraction of at most 1: write 70 % as "0.7"', margin)
    return share


def _latest(
    data: Dataset, kind: SurveyKind, period: Period, as_of: date | datetime, calendar: Calendar
) -> list[SurveyResponse]:
    """The last answer of each customer in a period, by customer."""
    inside = within(period, calendar)
    return latest_answers(
        one for one in known(data, SurveyResponse, as_of, calendar) if one.kind is kind and inside(one.at)
    )


_PSEUDO: Final = Fraction(3, 2)
"""Promoters and detractors among the three answers that the interval of a net score adds."""


def _spread(up: int, down: int, n: int) -> Interval | None:
    """About 95 % around a net score, in points: 1.96 standard errors around that of three more answers."""
    if n == 0:
        return None
    # Three quarters of an answer to either side, and half the three to neither: without them two answers of one mind
    # would look as certain as two thousand.
    weight = n + 3
    net = Fraction(up - down, weight)
    variance = ((Fraction(up + down) + _PSEUDO) / weight - net**2) / weight
    # The root of a fraction in whole steps of 1e-9: exact integers, the same on every machine.
    step = 10**9
    error = Fraction(isqrt(int(variance * step**2)), step) * Fraction(196, 100)
    # The middle lies nearer to 0 than the score, which must stay inside all the same.
    score = Fraction(up - down, n)
    ends: Iterable[Fraction] = (max(min(net - error, score), Fraction(-1)), min(max(net + error, score), Fraction(1)))
    low, high = (Decimal(round(end * 10**6)).scaleb(-4) for end in ends)
    return low, high
