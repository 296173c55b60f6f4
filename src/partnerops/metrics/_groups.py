"""Groups of records: a dataset cut by route, partner, product, ..., so that every KPI can be asked of each part."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeAlias, cast

from partnerops._attrs import FrozenMap
from partnerops.dataset import Dataset
from partnerops.entities import Account, Opportunity, OpportunityLine, Partner, TierMembership
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.metrics._measure import Breakdown, MetricValue
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period
from partnerops.typing import DIRECT

By: TypeAlias = str | Callable[[Opportunity], Hashable]
"""What to group by: a name of `GROUPS`, or a function of the opportunity."""

NOBODY: Final = "(none)"
"""Group of the records that have no value for the key."""

INDIRECT: Final = "indirect"
"""Route of everything that is not direct."""


def route_of(origin: str | None) -> str:
    """
    The route that an origin belongs to: `direct`, or `indirect` for all others; an unknown origin has none.

    >>> route_of("direct"), route_of("affiliate"), route_of(None)
    ('direct', 'indirect', '(none)')
    """
    if origin is None:
        return NOBODY
    return DIRECT if origin == DIRECT else INDIRECT


class _Keys:
    """The keys of opportunities by name, over one dataset."""

    __slots__ = ("calendar", "data", "partners")

    def __init__(self, data: Dataset, calendar: Calendar) -> None:
        self.data = data
        self.calendar = calendar
        self.partners = {partner.id: partner for partner in data.partners}

    def route(self, deal: Opportunity) -> str | None:
        return route_of(deal.origin)

    def origin(self, deal: Opportunity) -> str | None:
        return deal.origin

    def partner(self, deal: Opportunity) -> str | None:
        return deal.partner_id

    def owner(self, deal: Opportunity) -> str | None:
        return deal.owner_id

    def pipeline(self, deal: Opportunity) -> str | None:
        return deal.pipeline

    def partner_type(self, deal: Opportunity) -> str | None:
        return self._of_partner(deal, "type")

    def region(self, deal: Opportunity) -> str | None:
        return self._of_partner(deal, "region")

    def segment(self, deal: Opportunity) -> str | None:
        return self._of_partner(deal, "segment")

    def tier(self, deal: Opportunity) -> str | None:
        """The partner's tier on the day of the close, or of the creation for a deal that is open."""
        if deal.partner_id is None:
            return None
        on = self.calendar.date_of(deal.closed_at or deal.created_at)
        tiers = self.data.related(TierMembership, partner_id=deal.partner_id)
        return next((one.tier for one in tiers if one.is_effective(on)), None)

    def _of_partner(self, deal: Opportunity, name: str) -> str | None:
        partner: Partner | None = self.partners.get(deal.partner_id or "")
        return None if partner is None else getattr(partner, name)


GROUPS: Final = (
    "route", "origin", "partner", "partner_type", "region", "segment", "tier", "owner", "pipeline", "product",
)  # fmt: skip
"""Names that `by=` takes: `product` cuts deals into their lines, all others put a deal into one group."""


def breakdown(
    metric: Callable[..., MetricValue],
    data: Dataset,
    period: Period | None = None,
    /,
    *,
    by: By,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    **options: Any,
) -> Breakdown:
    """
    A KPI by group: any function of this package, asked of each part of the dataset and of the whole.

    *by* is a name (`route`, `origin`, `partner`, `partner_type`, `region`, `segment`, `tier`, `owner`, `pipeline`,
    `product`) or a function of the opportunity. Leads, accounts, touches, payments, reversals, surveys and costs go
    with the group of their deal, origin or partner. Records without the key are the group `(none)`, never lost.

    By `product` a deal is cut into its lines: amounts add up over products, counts of deals do not.

    Raises:
        UnknownName: A name that is not one of these.

    >>> from partnerops.metrics.revenue import won_revenue
    >>> breakdown(won_revenue, Dataset(), Period.month(2026, 3), by="route", as_of=date(2026, 4, 1)).total.known
    False
    """
    arguments = () if period is None else (period,)
    every = split(data, by, calendar=calendar)
    groups = {name: metric(part, *arguments, as_of=as_of, calendar=calendar, **options) for name, part in every.items()}
    # Measured, not added up: counts overlap by product, and a ratio of sums is no sum of ratios.
    whole = metric(data, *arguments, as_of=as_of, calendar=calendar, **options)
    return Breakdown(metric=whole.metric, by=_name(by), groups=FrozenMap(groups), total=whole)


def _name(by: By) -> str:
    return by if isinstance(by, str) else getattr(by, "__name__", "group")


def split(data: Dataset, by: By, *, calendar: Calendar = UTC_CALENDAR) -> dict[str, Dataset]:
    """
    The dataset cut into one per group, sorted by name; every opportunity is in exactly one, or by product in one a
    line.

    Raises:
        UnknownName: A name that `by` does not take.
    """
    if by == "product":
        return _by_product(data)
    key = _key(data, by, calendar)
    names = {deal.id: _label(key(deal)) for deal in data.opportunities}
    return _cut_up(data, [(names[deal.id], deal) for deal in data.opportunities], _other_key(by))


def _key(data: Dataset, by: By, calendar: Calendar) -> Callable[[Opportunity], Hashable]:
    if callable(by):
        return by
    if by not in GROUPS:
        raise UnknownName("group", by, GROUPS)
    return cast("Callable[[Opportunity], Hashable]", getattr(_Keys(data, calendar), by))


def _label(key: Hashable) -> str:
    return NOBODY if key is None else str(key)


def _other_key(by: By) -> Callable[[Any], Hashable] | None:
    """The key of records that name an origin or a partner themselves; None where only deals have one."""
    if by == "route":
        return lambda record: route_of(getattr(record, "origin", None))
    if by == "origin":
        return lambda record: getattr(record, "origin", None)
    if by == "partner":
        return lambda record: getattr(record, "originated_by", None) or getattr(record, "partner_id", None)
    return None


_OF_DEAL: Final = ("touchpoints", "registrations", "involvements", "credits", "payments", "reversals")


def _cut_up(
    data: Dataset, deals: Sequence[tuple[str, Opportunity]], key: Callable[[Any], Hashable] | None
) -> dict[str, Dataset]:
    """
    Each group's part, in one pass over every collection.

    What belongs to a deal goes with it; leads, customers and costs go by their own key or, without one, stay whole.
    """
    parts: dict[str, dict[str, list[Any]]] = {}
    homes: dict[str, list[str]] = {}
    customers: dict[str, list[str]] = {}
    for name, deal in deals:
        _into(parts, name, "opportunities", deal)
        homes.setdefault(deal.id, []).append(name)
        if deal.account_id is not None and name not in customers.setdefault(deal.account_id, []):
            customers[deal.account_id].append(name)
    for field in _OF_DEAL:
        _spread(parts, field, getattr(data, field), lambda record: homes.get(record.opportunity_id, ()))
    own: tuple[str, ...] = ()
    if key is not None:
        own = ("leads", "costs")
        # The origin of a customer is that of the first deal for ever, whoever sold later ones.
        customers = {account.id: [_label(key(account))] for account in data.accounts}
        for field in own:
            _spread(parts, field, getattr(data, field), lambda record: (_label(key(record)),))
    _spread(parts, "accounts", data.accounts, lambda record: customers.get(record.id, ()))
    _spread(parts, "surveys", data.surveys, lambda record: customers.get(record.account_id, ()))
    fields = ("opportunities", *_OF_DEAL, "accounts", "surveys", *own)
    return {name: data.replace(**{field: parts[name].get(field, []) for field in fields}) for name in sorted(parts)}


def _spread(
    parts: dict[str, dict[str, list[Any]]],
    field: str,
    records: Sequence[Any],
    names: Callable[[Any], Sequence[str]],
) -> None:
    for record in records:
        for name in names(record):
            _into(parts, name, field, record)


def _into(parts: dict[str, dict[str, list[Any]]], name: str, field: str, record: Any) -> None:
    parts.setdefault(name, {}).setdefault(field, []).append(record)


def _by_product(data: Dataset) -> dict[str, Dataset]:
    cut: list[tuple[str, Opportunity]] = []
    for deal in data.opportunities:
        lines: dict[str, list[OpportunityLine]] = {}
        for line in deal.lines:
            lines.setdefault(line.product, []).append(line)
        cut += [(product, _only(deal, own)) for product, own in lines.items()] or [(NOBODY, deal)]
    return _cut_up(data, cut, None)


def _only(deal: Opportunity, lines: Sequence[OpportunityLine]) -> Opportunity:
    """The part of a deal that is of one product; a history of amounts would speak of the whole."""
    history = tuple(change.replace(amount=None) for change in deal.history)
    amount = Money.total(line.amount for line in lines)
    return deal.replace(lines=lines, amount=amount, cost=None, history=history)


def account_of(data: Dataset, deal: Opportunity) -> Account | None:
    """The customer of a deal, if it is on file."""
    if deal.account_id is None:
        return None
    try:
        return data.get(Account, deal.account_id)
    except UnknownName:
        return None


def check_period(period: Period) -> Period:
    """*period*, if it is one."""
    if not isinstance(period, Period):
        raise InvalidValue("period", "a Period, such as Period.month(2026, 3)", period)
    return period
