"""The channel as a whole: what it costs, what it returns, how much hangs on few partners, who stands where."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection
from datetime import date, datetime
from fractions import Fraction
from typing import Any, cast

from attrs import frozen

from partnerops._arguments import check_int
from partnerops._attrs import Value
from partnerops._render import Printable, plural
from partnerops.dataset import Dataset
from partnerops.entities import Partner
from partnerops.exceptions import UnknownName
from partnerops.metrics._costs import Commission, spent
from partnerops.metrics._deals import is_partner, known, unfinished, won_in
from partnerops.metrics._groups import breakdown
from partnerops.metrics._measure import MetricValue, flagged, number, share, total
from partnerops.metrics._partnering import ACTIVATION
from partnerops.metrics.customers import per_head
from partnerops.metrics.partners import partners_activated, partners_recruited
from partnerops.metrics.revenue import influenced_revenue, partner_sourced_revenue
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period
from partnerops.ratio import Ratio

__all__ = [
    "PeerLine",
    "Peers",
    "cost_per_activated_partner",
    "cost_per_recruited_partner",
    "influenced_return",
    "partner_concentration",
    "partner_return",
    "peer_percentiles",
    "top_partner_share",
]

RECRUITING = ("recruitment", "onboarding")


def cost_per_activated_partner(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    categories: Collection[str] = RECRUITING,
    events: Collection[str] = ACTIVATION,
) -> MetricValue:
    """
    Recruitment and onboarding costs of the period over the partners activated in it, half-even (K11, PAC).

    Without an activated partner there is no value, and the reason names what was spent.

    Raises:
        CurrencyMismatch: Costs in two currencies.
        InvalidValue: No event, or one string instead of categories.
    """
    heads = partners_activated(data, period, as_of=as_of, calendar=calendar, events=events).ids
    cost = spent(data, period, as_of, calendar, categories=categories)
    measured = per_head("cost_per_activated_partner", cost, heads, "activated partner")
    return flagged(measured, unfinished(period, as_of, calendar))


def cost_per_recruited_partner(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    categories: Collection[str] = RECRUITING,
) -> MetricValue:
    """
    Recruitment and onboarding costs of the period over the partners recruited in it, half-even (K11, recruited).

    Raises:
        CurrencyMismatch: Costs in two currencies.
        InvalidValue: One string instead of categories.
    """
    heads = partners_recruited(data, period, as_of=as_of, calendar=calendar).ids
    cost = spent(data, period, as_of, calendar, categories=categories)
    measured = per_head("cost_per_recruited_partner", cost, heads, "recruited partner")
    return flagged(measured, unfinished(period, as_of, calendar))


def partner_concentration(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    The sum of squared shares of the partners' won revenue, by close date: 1 for one partner, 1/n for n equal (K18).

    It is the Herfindahl-Hirschman index as a fraction; the partner is the one on the deal. Unknown where partners won
    nothing, or where corrections leave one below zero, since shares then mean nothing.

    Raises:
        CurrencyMismatch: Deals in two currencies.
    """
    won = _by_partner(data, period, as_of, calendar)
    whole = sum(amount.minor for amount in won.values())
    # A share of a negative whole, or a negative share, squares into nonsense.
    sound = whole > 0 and all(amount.minor >= 0 for amount in won.values())
    value = Fraction(sum(amount.minor**2 for amount in won.values()), whole**2) if sound else None
    reason = "" if sound else "partners won nothing" if whole <= 0 else "a partner's revenue is below zero"
    measured = number("partner_concentration", value, n=len(won), reason=reason, ids=sorted(won))
    return flagged(measured, unfinished(period, as_of, calendar))


def top_partner_share(
    data: Dataset,
    period: Period,
    *,
    top: int = 1,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
) -> MetricValue:
    """
    The share of the *top* partners in the partners' won revenue, by close date (K18, top 1 or top 5).

    Raises:
        CurrencyMismatch: Deals in two currencies.
        InvalidValue: A top below 1.
    """
    check_int("top", top, 1)
    won = _by_partner(data, period, as_of, calendar)
    # Equal revenues are ranked by id, so that the answer does not hang on the order of records.
    ranked = sorted(won.items(), key=lambda item: (-item[1].minor, item[0]))[:top]
    whole = total(won.values())
    sound = whole is not None and whole.minor > 0
    part = total(amount for _, amount in ranked)
    measured = share("top_partner_share", part if sound else None, whole, n=len(won), ids=[id for id, _ in ranked])
    return flagged(measured, unfinished(period, as_of, calendar))


def partner_return(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    categories: Collection[str] | None = None,
    commission: Commission = None,
) -> MetricValue:
    """
    (Revenue that partners sourced - costs) / costs of the period (K19, ROI); costs of all or some categories.

    Sourced revenue is the sum of partners' credits. Revenue is not margin: 0 means that revenue covered the costs.

    Raises:
        CurrencyMismatch: Credits and costs in two currencies.
    """
    earned = partner_sourced_revenue(data, period, as_of=as_of, calendar=calendar)
    cost = spent(data, period, as_of, calendar, categories=categories, commission=commission)
    return _return("partner_return", earned, cost)


def influenced_return(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    categories: Collection[str] | None = None,
    commission: Commission = None,
) -> MetricValue:
    """
    (Revenue that partners influenced - costs) / costs of the period (K19, influenced).

    It counts revenue that others sourced, so it is no part of `partner_return`.

    Raises:
        CurrencyMismatch: Deals and costs in two currencies.
    """
    earned = influenced_revenue(data, period, as_of=as_of, calendar=calendar)
    cost = spent(data, period, as_of, calendar, categories=categories, commission=commission)
    return _return("influenced_return", earned, cost)


@frozen(kw_only=True)
class PeerLine(Value):
    """Where one partner stands among its peers."""

    partner_id: str
    """The partner."""
    peers: str
    """Its peer group."""
    value: MetricValue
    """The KPI of the partner alone."""
    percentile: Ratio
    """Peers below, plus half of those level with it (itself included), over all of the group; n/a where few."""


@frozen(kw_only=True)
class Peers(Value, Printable):
    """A KPI of every partner with its percentile among its peers."""

    metric: str
    """Id in the catalogue."""
    lines: tuple[PeerLine, ...]
    """By group, the highest first."""

    def __getitem__(self, partner_id: str) -> PeerLine:
        for line in self.lines:
            if line.partner_id == partner_id:
                return line
        raise UnknownName("partner", partner_id, tuple(line.partner_id for line in self.lines))

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per partner."""
        return [
            {"partner": line.partner_id, "peers": line.peers, "percentile": line.percentile.value}
            | line.value.to_dicts()[0]
            for line in self.lines
        ]

    def _headline(self) -> str:
        return f"{self.metric} among peers: {plural(len(self.lines), 'partner', 'partners')}"

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "peers": line.peers, "partner": line.partner_id, self.metric: line.value.shown,
                "percentile": line.percentile.percent(0),
            }
            for line in self.lines
        ]  # fmt: skip


def peer_percentiles(
    metric: Callable[..., MetricValue],
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    peers: Callable[[Partner], str] = lambda partner: partner.type,
    fewest: int = 3,
    **options: Any,
) -> Peers:
    """
    A KPI of each partner against its peers (C34): by default, partners of its type.

    The percentile is the share of the group below plus half of those level, so ties share one and the middle is 50 %.
    Partners whose KPI is unknown have no percentile and count in no group; a group of fewer than *fewest* has none.

    Raises:
        CurrencyMismatch: Values in two currencies within a group.
        InvalidValue: A least number below 1.
    """
    check_int("fewest", fewest, 1)
    by_partner = breakdown(metric, data, period, by="partner", as_of=as_of, calendar=calendar, **options)
    groups: dict[str, list[tuple[str, MetricValue]]] = {}
    # From the partners, not from the groups: a partner without any record has a place too.
    for partner in known(data, Partner, as_of, calendar):
        groups.setdefault(str(peers(partner)), []).append((partner.id, by_partner[partner.id]))
    lines = [line for name in sorted(groups) for line in _ranked(name, groups[name], fewest)]
    return Peers(metric=by_partner.metric, lines=tuple(lines))


def _ranked(group: str, members: list[tuple[str, MetricValue]], fewest: int) -> list[PeerLine]:
    values: list[Any] = sorted(cast("Any", value.number) for _, value in members if value.known)
    lines: list[PeerLine] = []
    for id, value in members:
        # A percentile among two says who is first, and sounds like much more.
        few = len(values) < fewest or not value.known
        # Whole numbers on both sides, so that the counts stay readable: twice below plus level, of twice all.
        below = 0 if few else bisect_left(values, value.number) + bisect_right(values, value.number)
        ratio = Ratio(0, 0) if few else Ratio(below, 2 * len(values))
        lines.append(PeerLine(partner_id=id, peers=group, value=value, percentile=ratio))
    return sorted(lines, key=lambda line: (-(line.percentile.value or 0), line.partner_id))


# --- shared -----------------------------------------------------------------------------------------------------------


def _by_partner(data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar) -> dict[str, Money]:
    won: dict[str, list[Money]] = {}
    for deal in won_in(data, period, as_of, calendar):
        if deal.partner_id is not None and is_partner(deal.partner_id) and deal.amount is not None:
            won.setdefault(deal.partner_id, []).append(deal.amount)
    return {partner_id: Money.total(amounts) for partner_id, amounts in won.items()}


def _return(metric: str, earned: MetricValue, cost: Money | None) -> MetricValue:
    # Without costs a return would be endless, without credits unknown.
    if cost is None or not isinstance(earned.value, Money):
        reason = "; ".join(["no costs"] * (cost is None) + [earned.reason] * bool(earned.reason))
        return MetricValue(metric=metric, value=None, n=earned.n, immature=earned.immature, reason=reason)
    ratio = Ratio(earned.value - cost, cost)
    # Any return is possible, so nothing is odd about one above 100 %.
    reason = "; ".join(filter(None, [ratio.reason, earned.reason]))
    return MetricValue(metric=metric, value=ratio, n=earned.n, immature=earned.immature, reason=reason, ids=earned.ids)
