"""
What a customer is worth over its life, in the four common ways, each under its own name.

All of them start from the customers at the start of a period: their mean revenue in it, and the share of them that it
lost. Revenue and churn are of the same period, so a yearly churn meets yearly revenue. By origin with
`breakdown(..., by="origin")`. *margin* is the gross margin as a fraction. A period must be whole months.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from fractions import Fraction

from attrs import frozen

from partnerops._arguments import check_exact, check_int
from partnerops._attrs import Value
from partnerops.dataset import Dataset
from partnerops.exceptions import InvalidValue
from partnerops.metrics._costs import Commission
from partnerops.metrics._deals import unfinished
from partnerops.metrics._measure import MetricValue, flagged, money, rounded, share
from partnerops.metrics._standing import standing
from partnerops.metrics.customers import acquisition_cost, gross_margin
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period, add_months, months_between
from partnerops.typing import ExactLike

__all__ = [
    "discounted_lifetime_value",
    "finite_lifetime_value",
    "lifetime_value",
    "lifetime_value_to_cost",
]


def lifetime_value(
    data: Dataset,
    period: Period,
    *,
    margin: ExactLike,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    cap_months: int | None = None,
) -> MetricValue:
    """
    Mean revenue of a customer x margin / churn, all of the period; half-even (K15).

    Where nobody left there is no value, since nobody knows how long customers stay; with *cap_months* no life counts
    for more than so many months, and without churn it is that long.

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
        InvalidValue: A margin above 1, a cap below 1, or a period that is not whole months.
    """
    base = _base(data, period, margin, as_of, calendar)
    if cap_months is not None:
        check_int("cap_months", cap_months, 1)
    life = 1 / base.churn if base.churn else None
    # A cap bounds every life, not only an endless one: else losing one customer of many would raise the value.
    if cap_months is not None and base.churn is not None:
        longest = Fraction(cap_months, base.months)
        life = longest if life is None else min(life, longest)
    return base.worth("lifetime_value", life)


def discounted_lifetime_value(
    data: Dataset,
    period: Period,
    *,
    margin: ExactLike,
    discount: ExactLike,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    start_of_period: bool = False,
) -> MetricValue:
    """
    M x r / (1 + d - r): margin m a period, retention r, discount rate d a period (K15b).

    The first margin comes one period ahead; with *start_of_period* margins come at the start of each, the first at
    once: m x (1 + d) / (1 + d - r). Unknown where 1 + d - r is not above 0, since the sum has no end.

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
        InvalidValue: A margin above 1, a discount of -1 or below, or a period that is not whole months.
    """
    base, rate = _base(data, period, margin, as_of, calendar), _discount(discount)
    life: Fraction | None = None
    # 1 + d - r is d + churn: at 0 or below, later margins never become worth less and the sum has no end.
    if base.churn is not None and rate + base.churn > 0:
        life = ((1 + rate) if start_of_period else (1 - base.churn)) / (rate + base.churn)
    return base.worth("discounted_lifetime_value", life)


def finite_lifetime_value(
    data: Dataset,
    period: Period,
    *,
    margin: ExactLike,
    discount: ExactLike,
    periods: int,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
) -> MetricValue:
    """
    The sum of m x r^k / (1 + d)^k for k = 1 to *periods*: margin m, retention r, discount rate d a period (K15c).

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
        InvalidValue: A margin above 1, a discount of -1 or below, periods below 1 or above 1,200, or a period that is
            not whole months.
    """
    check_int("periods", periods, 1, 1_200)
    base, rate = _base(data, period, margin, as_of, calendar), _discount(discount)
    life: Fraction | None = None
    if base.churn is not None:
        # The closed form of the geometric sum: adding up a thousand powers would only be slower.
        factor = (1 - base.churn) / (1 + rate)
        life = Fraction(periods) if factor == 1 else factor * (1 - factor**periods) / (1 - factor)
    return base.worth("finite_lifetime_value", life)


def lifetime_value_to_cost(
    data: Dataset,
    period: Period,
    *,
    margin: ExactLike,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    cap_months: int | None = None,
    categories: Collection[str] | None = None,
    commission: Commission = None,
    lag_months: int = 0,
) -> MetricValue:
    """
    `lifetime_value` over `acquisition_cost` of the same records and period (K15d); three times is a common wish.

    *categories*, *commission* and *lag_months* say which costs count, as in `acquisition_cost`.

    Raises:
        CurrencyMismatch: Lines and costs in two currencies.
        InvalidValue: As `lifetime_value`.
    """
    worth = lifetime_value(data, period, margin=margin, as_of=as_of, calendar=calendar, cap_months=cap_months)
    cost = acquisition_cost(
        data,
        period,
        as_of=as_of,
        calendar=calendar,
        categories=categories,
        commission=commission,
        lag_months=lag_months,
    )
    if not isinstance(worth.value, Money) or not isinstance(cost.value, Money):
        reason = "; ".join(one.reason for one in (worth, cost) if not one.known)
        immature = worth.immature or cost.immature
        return MetricValue(metric="lifetime_value_to_cost", value=None, n=worth.n, immature=immature, reason=reason)
    measured = share("lifetime_value_to_cost", worth.value, cost.value, n=worth.n, ids=worth.ids)
    # A value of several times the cost is what everybody hopes for: no sign of amounts taken back.
    note = unfinished(period, as_of, calendar)
    return flagged(measured.replace(reason="") if measured.known else measured, note)


# --- shared -----------------------------------------------------------------------------------------------------------


@frozen
class _Base(Value):
    """What all lifetime values start from."""

    margin: Fraction | None
    churn: Fraction | None
    months: int
    currency: str
    ids: tuple[str, ...]
    note: str

    def worth(self, metric: str, life: Fraction | None) -> MetricValue:
        """The margin of a period over a life of so many periods."""
        if self.margin is None:
            return flagged(money(metric, None, n=0, reason="no customer at the start"), self.note)
        value = None if life is None else rounded(self.margin * life, self.currency)
        reason = "" if value is not None else "no customer left, so a life has no end"
        return flagged(money(metric, value, n=len(self.ids), ids=self.ids, reason=reason), self.note)


def _base(data: Dataset, period: Period, margin: ExactLike, as_of: date | datetime, calendar: Calendar) -> _Base:
    months = months_between(period.start, period.end)
    # A week's churn against a month's revenue would be wrong by a factor of four.
    if months < 1 or add_months(period.start, months) != period.end:
        raise InvalidValue("period", "whole months: churn and revenue are of the same months", str(period))
    rate, seen = gross_margin(margin), standing(data, period, as_of, calendar)
    if seen.currency is None or not seen.before:
        return _Base(None, None, months, "", (), seen.note)
    # Of the customers at the start only: newcomers have had less time to leave.
    gone = len(seen.before.keys() - seen.after.keys())
    monthly = Fraction(sum(seen.before.values()), len(seen.before))
    return _Base(
        margin=monthly * months * rate,
        churn=Fraction(gone, len(seen.before)),
        months=months,
        currency=seen.currency,
        ids=tuple(sorted(seen.before)),
        note=seen.note,
    )


def _discount(discount: ExactLike) -> Fraction:
    rate = check_exact("discount", discount, 'a rate a period, such as "0.01"')
    # At -1 a margin of next period is worth endlessly much today.
    if rate <= -1:
        raise InvalidValue("discount", "above -1", discount)
    return rate
