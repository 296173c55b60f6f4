"""
What was won: revenue, the channel's share of it, average deals, and what parties were credited with.

Won revenue belongs to the day of the close; an influenced credit is never added to a sourced one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from fractions import Fraction

from partnerops.dataset import Dataset
from partnerops.entities import Credit, Opportunity, PartnerInvolvement
from partnerops.metrics._cut import INDIRECT, route_of
from partnerops.metrics._deals import known, unfinished, within, won_in
from partnerops.metrics._measure import MetricValue, flagged, money, number, quantile, share, total
from partnerops.money import Money, Rounding, round_quotient
from partnerops.periods import UTC_CALENDAR, Calendar, Period
from partnerops.typing import DIRECT

__all__ = [
    "average_deal",
    "channel_share",
    "credited_revenue",
    "deals_won",
    "influenced_revenue",
    "median_deal",
    "origin_share",
    "partner_sourced_revenue",
    "won_revenue",
]


def won_revenue(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    The amount of all deals won in the period, by close date (K1).

    Refunds and other reversals are not taken off. Without any won deal there is no amount, and no currency to say zero
    in; a negative booking counts as it is.

    Raises:
        CurrencyMismatch: Deals in two currencies; convert them first.

    >>> won_revenue(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).reason
    'no amount, so no currency either'
    """
    deals = won_in(data, period, as_of, calendar)
    return _of_deals("won_revenue", _amounts(deals), deals, unfinished(period, as_of, calendar))


def deals_won(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    How many deals were won in the period, by close date.

    >>> deals_won(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).value
    0
    """
    deals = won_in(data, period, as_of, calendar)
    note = unfinished(period, as_of, calendar)
    counted = number("deals_won", len(deals), n=len(deals), ids=_ids(deals))
    return flagged(counted, note)


def channel_share(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Indirect revenue over all revenue won in the period, by close date (K2).

    Indirect is every origin but `direct`; deals whose origin is unknown count in the whole and not in the part. A share
    outside 0 to 1 is possible where amounts were taken back, and is flagged.

    Raises:
        CurrencyMismatch: Deals in two currencies.
    """
    # Unknown origins stay in the whole: leaving them out would make the channel look larger than anybody can show.
    deals, note = won_in(data, period, as_of, calendar), unfinished(period, as_of, calendar)
    return _share_of("channel_share", deals, lambda deal: route_of(deal.origin) == INDIRECT, note)


def origin_share(
    data: Dataset, period: Period, origin: str, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    One origin's revenue over all revenue won in the period, by close date (K2, each origin).

    Raises:
        CurrencyMismatch: Deals in two currencies.
    """
    deals, note = won_in(data, period, as_of, calendar), unfinished(period, as_of, calendar)
    return _share_of("origin_share", deals, lambda deal: deal.origin == origin, note)


def credited_revenue(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    partner_id: str | None = None,
) -> MetricValue:
    """
    The sum of sourced credits of the period, by the date they were earned (K1, weighted by credit).

    All parties, `DIRECT` too, or one. Superseded credits are left out; influenced ones have a measure of their own.

    Raises:
        CurrencyMismatch: Credits in two currencies.
    """
    found = _credits(data, period, as_of, calendar, influenced=False)
    # The direct team is a party like any other, so that all credits together are the deals.
    own = [credit for credit in found if partner_id is None or credit.partner_id == partner_id]
    note = unfinished(period, as_of, calendar)
    summed = money("credited_revenue", total(credit.amount for credit in own), n=len(own), ids=_ids(own))
    return flagged(summed, note)


def partner_sourced_revenue(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    The sum of sourced credits of partners, that is of every party but `DIRECT`, by the date they were earned.

    Raises:
        CurrencyMismatch: Credits in two currencies.
    """
    found = _credits(data, period, as_of, calendar, influenced=False)
    own = [credit for credit in found if credit.partner_id != DIRECT]
    note = unfinished(period, as_of, calendar)
    summed = money("partner_sourced_revenue", total(credit.amount for credit in own), n=len(own), ids=_ids(own))
    return flagged(summed, note)


def influenced_revenue(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    The amount of the deals won in the period that at least one partner influenced: each deal once, whoever shares it.

    It overlaps with sourced revenue and is never added to it. A deal counts where it has an influenced credit, or an
    involvement of a partner in the role `influenced`.

    Raises:
        CurrencyMismatch: Deals in two currencies.
    """
    moved = {one.opportunity_id for one in known(data, Credit, as_of, calendar) if one.role == "influenced"}
    parts = known(data, PartnerInvolvement, as_of, calendar)
    moved |= {one.opportunity_id for one in parts if one.role == "influenced"}
    deals = [deal for deal in won_in(data, period, as_of, calendar) if deal.id in moved]
    return _of_deals("influenced_revenue", _amounts(deals), deals, unfinished(period, as_of, calendar))


def average_deal(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Won revenue over deals won in the period, rounded half-even to the minor unit (K9); unknown without a won deal.

    Raises:
        CurrencyMismatch: Deals in two currencies.
    """
    deals = won_in(data, period, as_of, calendar)
    amount = _amounts(deals)
    if amount is None:
        return money("average_deal", None, n=0)
    # The one rounding: a mean of cents is rarely a cent.
    minor = round_quotient(amount.minor, len(deals), Rounding.HALF_EVEN)
    return _of_deals(
        "average_deal", Money.from_minor(minor, amount.currency), deals, unfinished(period, as_of, calendar)
    )


def median_deal(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    The median amount of deals won in the period, rounded half-even to the minor unit (K9, median).

    Raises:
        CurrencyMismatch: Deals in two currencies.
    """
    deals = won_in(data, period, as_of, calendar)
    amount = _amounts(deals)
    if amount is None:
        return money("median_deal", None, n=0)
    # Minor units keep the order of amounts, and cost no object per comparison.
    middle = quantile(sorted(deal.amount.minor for deal in deals if deal.amount is not None), Fraction(1, 2))
    median = Money.from_minor(round(middle or 0), amount.currency)
    return _of_deals("median_deal", median, deals, unfinished(period, as_of, calendar))


# --- shared -----------------------------------------------------------------------------------------------------------


def _amounts(deals: Sequence[Opportunity]) -> Money | None:
    return total(deal.amount for deal in deals if deal.amount is not None)


def _ids(records: Sequence[Opportunity] | Sequence[Credit]) -> tuple[str, ...]:
    return tuple(record.id for record in records)


def _of_deals(metric: str, amount: Money | None, deals: Sequence[Opportunity], note: str) -> MetricValue:
    return flagged(money(metric, amount, n=len(deals), ids=_ids(deals)), note)


def _share_of(
    metric: str, deals: Sequence[Opportunity], belongs: Callable[[Opportunity], bool], note: str
) -> MetricValue:
    whole = _amounts(deals)
    if whole is None:
        return share(metric, None, None, n=0)
    # Nothing of the part is 0 here, since the whole tells the currency.
    part = Money.total((deal.amount for deal in deals if deal.amount is not None and belongs(deal)), whole.currency)
    return flagged(share(metric, part, whole, n=len(deals), ids=_ids(deals)), note)


def _credits(
    data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar, *, influenced: bool
) -> list[Credit]:
    """The credits in force of the period: those that a later credit replaces are left out."""
    seen = list(known(data, Credit, as_of, calendar))
    inside = within(period, calendar)
    # A re-attributed deal keeps its old credits on file; only the latest count.
    replaced = {credit.supersedes for credit in seen if credit.supersedes is not None}
    return [
        credit
        for credit in seen
        if credit.id not in replaced and (credit.role == "influenced") is influenced and inside(credit.at)
    ]
