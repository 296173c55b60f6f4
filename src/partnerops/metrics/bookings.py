"""
What kind of revenue was sold: recurring or one-off, new business or more of it.

These measures read the lines of the deals won in a period, by close date. A deal without lines cannot be told apart
and is left out, counted in the reason. Annual recurring revenue and one-off revenue are never added up silently.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from fractions import Fraction

from partnerops.dataset import Dataset
from partnerops.entities import Motion, Opportunity, OpportunityLine, RevenueKind
from partnerops.exceptions import UnknownName
from partnerops.metrics._deals import When, amounts, unfinished, won_in
from partnerops.metrics._measure import MetricValue, flagged, left_out, money, noted, share, total, total_in
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period

__all__ = [
    "arr_booked",
    "motion_revenue",
    "one_off_booked",
    "recurring_share",
    "total_contract_value",
]


def arr_booked(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    motion: Motion | str | None = None,
) -> MetricValue:
    """
    Annual recurring revenue of the lines sold in the period: amount / term x 12, half-even per line (K3).

    Of all motions or of one, such as `new`. A line of 3 months counts as a year of it, as the name says.

    Raises:
        CurrencyMismatch: Lines in two currencies.
        UnknownName: A motion that does not exist.
    """
    return _sum("arr_booked", data, (period, as_of, calendar), _annual, _is_kind(RevenueKind.RECURRING, motion))


def one_off_booked(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    motion: Motion | str | None = None,
) -> MetricValue:
    """
    The amount of the one-off lines sold in the period (K3), of all motions or of one.

    Raises:
        CurrencyMismatch: Lines in two currencies.
        UnknownName: A motion that does not exist.
    """
    return _sum("one_off_booked", data, (period, as_of, calendar), _whole, _is_kind(RevenueKind.ONE_OFF, motion))


def total_contract_value(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    One-off amounts plus recurring ones over their whole term, of the lines sold in the period (K3, TCV).

    It equals `won_revenue` where every deal has lines.

    Raises:
        CurrencyMismatch: Lines in two currencies.
    """
    return _sum("total_contract_value", data, (period, as_of, calendar), _whole, lambda _: True)


def motion_revenue(
    data: Dataset,
    period: Period,
    motion: Motion | str,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
) -> MetricValue:
    """
    The contract value of the lines of one motion sold in the period: new, expansion, cross-sell or renewal.

    Raises:
        CurrencyMismatch: Lines in two currencies.
        UnknownName: A motion that does not exist.
    """
    wanted = _motion(motion)
    return _sum("motion_revenue", data, (period, as_of, calendar), _whole, lambda line: line.motion is wanted)


def recurring_share(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Recurring over recurring plus one-off revenue of the lines sold in the period, each as its first twelve months.

    A recurring line counts amount x min(12, term) / term, so that a long term does not look like more of it (K3).

    Raises:
        CurrencyMismatch: Lines in two currencies.
    """
    deals = won_in(data, period, as_of, calendar)
    lines = [line for deal in deals for line in deal.lines]
    values = [(line, _first_year(line)) for line in lines]
    # First twelve months on both sides: a year of one against five of the other compares nothing.
    whole = total(value for _, value in values)
    part = None
    if whole is not None:
        recurring = (value for line, value in values if line.revenue is RevenueKind.RECURRING)
        part = Money.total(recurring, whole.currency)
    measured = share("recurring_share", part, whole, n=len(lines), ids=[deal.id for deal in deals if deal.lines])
    return _told(measured, deals, unfinished(period, as_of, calendar))


# --- shared -----------------------------------------------------------------------------------------------------------


def _motion(motion: Motion | str | None) -> Motion | None:
    # None is all motions, which is why no motion has that name.
    if motion is None:
        return None
    try:
        return Motion(motion)
    except ValueError:
        raise UnknownName("motion", motion, tuple(one.value for one in Motion)) from None


def _is_kind(kind: RevenueKind, motion: Motion | str | None) -> Callable[[OpportunityLine], bool]:
    wanted = _motion(motion)
    return lambda line: line.revenue is kind and wanted in (None, line.motion)


def _over(line: OpportunityLine, months: int) -> Money:
    """What a recurring line brings in so many months."""
    return Money.from_minor(round(Fraction(line.amount.minor * months, line.term_months or 1)), line.amount.currency)


def _whole(line: OpportunityLine) -> Money:
    return line.amount


def _annual(line: OpportunityLine) -> Money:
    return _over(line, 12)


def _first_year(line: OpportunityLine) -> Money:
    return line.amount if line.term_months is None else _over(line, min(12, line.term_months))


def _sum(
    metric: str,
    data: Dataset,
    when: When,
    value: Callable[[OpportunityLine], Money],
    belongs: Callable[[OpportunityLine], bool],
) -> MetricValue:
    """The sum of what the lines are worth that belong, of the deals won in the period."""
    period, as_of, calendar = when
    deals = won_in(data, *when)
    lines = [line for deal in deals for line in deal.lines]
    own = [value(line) for line in lines if belongs(line)]
    # Lines of other kinds say in which currency nothing of this kind was sold, as do other deals where none was won;
    # of deals that were won without lines nobody knows what they sold.
    told = (line.amount for line in lines) if deals else amounts(data, as_of, calendar)
    # Deals, not lines, are what a reader can look up.
    ids = [deal.id for deal in deals if any(belongs(line) for line in deal.lines)]
    reason = "no deal has lines" if deals and not lines else ""
    measured = money(metric, total_in(own, told), n=len(own), ids=ids, reason=reason)
    return _told(measured, deals, unfinished(period, as_of, calendar))


def _told(measure: MetricValue, deals: Sequence[Opportunity], note: str) -> MetricValue:
    bare = sum(not deal.lines for deal in deals)
    return flagged(noted(measure, left_out(bare, "deals without lines")), note)
