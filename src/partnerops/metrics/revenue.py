"""
What was won: revenue, the channel's share of it, average deals, and what parties were credited with.

Won revenue belongs to the day of the close; an influenced credit is never added to a sourced one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from fractions import Fraction

from partnerops.dataset import Dataset
from partnerops.entities import Credit, Opportunity, PartnerInvolvement, Reversal, ReversalKind
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.metrics._cut import INDIRECT, route_of
from partnerops.metrics._deals import When, amounts, is_partner, known, unfinished, within, won_in
from partnerops.metrics._measure import MetricValue, flagged, money, number, quantile, rounded, share, total, total_in
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period

__all__ = [
    "average_deal",
    "channel_share",
    "credited_revenue",
    "deals_won",
    "influenced_revenue",
    "median_deal",
    "net_revenue",
    "origin_share",
    "partner_sourced_revenue",
    "reversed_revenue",
    "won_revenue",
]


def won_revenue(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    The amount of all deals won in the period, by close date (K1).

    Refunds and other reversals are not taken off; a negative booking counts as it is. Without a won deal it is 0 in the
    currency of the deals on record; where they name none or several, there is no currency to say 0 in.

    Raises:
        CurrencyMismatch: Deals in two currencies; convert them first.

    >>> won_revenue(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).reason
    'no amount, so no currency either'
    """
    deals = won_in(data, period, as_of, calendar)
    amount = total_in(_told(deals), amounts(data, as_of, calendar))
    return _of_deals("won_revenue", amount, deals, unfinished(period, as_of, calendar))


def reversed_revenue(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    kinds: Collection[ReversalKind | str] | None = None,
) -> MetricValue:
    """
    The amount of deals taken back in the period, by date of the reversal: refunds, cancellations, churn and the like.

    Of all *kinds* or of some, whenever their deals were won. By product, a reversal is shared in proportion to the
    lines.

    Raises:
        CurrencyMismatch: Reversals in two currencies.
        UnknownName: A kind that does not exist.
    """
    wanted = _kinds(kinds)
    found = [one for one in _reversals(data, period, as_of, calendar) if wanted is None or one.kind in wanted]
    amount = total_in((one.amount for one in found), _on_record(data, as_of, calendar))
    measured = money("reversed_revenue", amount, n=len(found), ids=_ids(found))
    return flagged(measured, unfinished(period, as_of, calendar))


def net_revenue(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    `won_revenue` less `reversed_revenue`: what was won in the period, less what was taken back in it.

    Each by its own date, so that a refund of an old deal lowers the period in which it happened, and periods that are
    over stay as they were. Below zero where more was taken back than won.

    Raises:
        CurrencyMismatch: Deals or reversals in two currencies.
    """
    # Each by its own date: taking a refund off the month of its deal would change a month that is over.
    won = won_in(data, period, as_of, calendar)
    back = _reversals(data, period, as_of, calendar)
    moved = [*_told(won), *(-one.amount for one in back)]
    amount = total_in(moved, _on_record(data, as_of, calendar))
    measured = money("net_revenue", amount, n=len(won) + len(back), ids=[*_ids(won), *_ids(back)])
    return flagged(measured, unfinished(period, as_of, calendar))


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
    # The direct team is a party like any other, so that all credits together are the deals.
    return _of_credits("credited_revenue", data, (period, as_of, calendar), lambda party: partner_id in (None, party))


def partner_sourced_revenue(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    The sum of sourced credits of partners, that is of every party but `DIRECT`, by the date they were earned.

    Raises:
        CurrencyMismatch: Credits in two currencies.
    """
    return _of_credits("partner_sourced_revenue", data, (period, as_of, calendar), is_partner)


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
    # Where nobody ever noted influence, nothing says that there was none.
    others = amounts(data, as_of, calendar) if moved else ()
    amount = total_in(_told(deals), others)
    return _of_deals("influenced_revenue", amount, deals, unfinished(period, as_of, calendar))


def average_deal(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Won revenue over deals won in the period, rounded half-even to the minor unit (K9); unknown without a won deal.

    Raises:
        CurrencyMismatch: Deals in two currencies.
    """
    deals = won_in(data, period, as_of, calendar)
    whole = total(_told(deals))
    # The one rounding: a mean of cents is rarely a cent.
    mean = None if whole is None else rounded(Fraction(whole.minor, len(deals)), whole.currency)
    note = unfinished(period, as_of, calendar)
    return _of_deals("average_deal", mean, deals, note, reason="" if deals else "no deal won")


def median_deal(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    The median amount of deals won in the period, rounded half-even to the minor unit (K9, median).

    Raises:
        CurrencyMismatch: Deals in two currencies.
    """
    deals = won_in(data, period, as_of, calendar)
    whole = total(_told(deals))
    # Minor units keep the order of amounts, and cost no object per comparison.
    middle = quantile(sorted(amount.minor for amount in _told(deals)), Fraction(1, 2))
    median = None if whole is None or middle is None else rounded(middle, whole.currency)
    note = unfinished(period, as_of, calendar)
    return _of_deals("median_deal", median, deals, note, reason="" if deals else "no deal won")


# --- shared -----------------------------------------------------------------------------------------------------------


def _told(deals: Iterable[Opportunity]) -> Iterator[Money]:
    return (deal.amount for deal in deals if deal.amount is not None)


def _reversals(data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar) -> list[Reversal]:
    inside = within(period, calendar)
    return [one for one in known(data, Reversal, as_of, calendar) if inside(one.at)]


def _on_record(data: Dataset, as_of: date | datetime, calendar: Calendar) -> Iterator[Money]:
    # A reversal may name a deal that is not on file, and still says the currency.
    yield from amounts(data, as_of, calendar)
    yield from (one.amount for one in known(data, Reversal, as_of, calendar))


def _kinds(kinds: Collection[ReversalKind | str] | None) -> frozenset[ReversalKind] | None:
    # A text is a collection of letters, none of which is a kind.
    if kinds is not None and (isinstance(kinds, str) or not isinstance(kinds, Iterable)):
        raise InvalidValue("kinds", f"a collection, such as {[kinds]}", kinds)
    for kind in kinds or ():
        if kind not in tuple(ReversalKind):
            raise UnknownName("reversal kind", kind, tuple(one.value for one in ReversalKind))
    return None if kinds is None else frozenset(map(ReversalKind, kinds))


def _ids(records: Sequence[Opportunity] | Sequence[Credit] | Sequence[Reversal]) -> tuple[str, ...]:
    return tuple(record.id for record in records)


def _of_deals(
    metric: str, amount: Money | None, deals: Sequence[Opportunity], note: str, *, reason: str = ""
) -> MetricValue:
    return flagged(money(metric, amount, n=len(deals), ids=_ids(deals), reason=reason), note)


def _share_of(
    metric: str, deals: Sequence[Opportunity], belongs: Callable[[Opportunity], bool], note: str
) -> MetricValue:
    whole = total(_told(deals))
    own = _told(deal for deal in deals if belongs(deal))
    # Nothing of the part is 0 here, since the whole tells the currency.
    part = None if whole is None else Money.total(own, whole.currency)
    return flagged(share(metric, part, whole, n=len(deals), ids=_ids(deals)), note)


def _of_credits(metric: str, data: Dataset, when: When, belongs: Callable[[str], bool]) -> MetricValue:
    """The sourced credits of the period that are in force, of the parties that belong."""
    period, as_of, calendar = when
    seen, inside = list(known(data, Credit, as_of, calendar)), within(period, calendar)
    # A re-attributed deal keeps its old credits on file; only the latest count.
    replaced = {credit.supersedes for credit in seen if credit.supersedes is not None}
    own = [
        credit
        for credit in seen
        if credit.id not in replaced
        and credit.role != "influenced"
        and inside(credit.at)
        and belongs(credit.partner_id)
    ]
    # Only credits may say what currency nothing is in: without any, nobody attributed anything yet.
    amount = total_in((credit.amount for credit in own), (credit.amount for credit in seen))
    return flagged(money(metric, amount, n=len(own), ids=_ids(own)), unfinished(period, as_of, calendar))
