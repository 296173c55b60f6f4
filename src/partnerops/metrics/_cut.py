"""A dataset cut into groups, so that every KPI can be asked of each part."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, TypeAlias

from partnerops.dataset import Dataset
from partnerops.entities import (
    Account,
    Lead,
    Opportunity,
    OpportunityLine,
    Partner,
    ProgramCost,
    Reversal,
    TierMembership,
)
from partnerops.exceptions import UnknownName
from partnerops.metrics._deals import is_partner, moment
from partnerops.metrics._subscriptions import ENDING
from partnerops.money import Money, apportion
from partnerops.periods import UTC_CALENDAR, Calendar
from partnerops.typing import DIRECT

By: TypeAlias = str | Callable[[Opportunity], Hashable]
"""What to group by: a name of `GROUPS`, or a function of the opportunity."""

NOBODY: Final = "(none)"
"""Group of the records that have no value for the key."""

INDIRECT: Final = "indirect"
"""Route of everything that is not direct."""

GROUPS: Final = (
    "route", "origin", "partner", "partner_type", "region", "segment", "tier", "owner", "pipeline", "channel",
    "product",
)  # fmt: skip
"""Names that `by=` takes: `product` cuts deals into their lines, all others put a deal into one group."""

SUBJECTS: Final = ("deal", "customer", "partner", "lead")
"""What a KPI counts; the deals of a customer, partner or lead stay with it."""

_FOLLOWING: Final = (
    "touchpoints", "registrations", "involvements", "credits", "payments", "reversals", "surveys", "activities",
    "certifications", "tiers", "joint_plans", "contacts", "agreements", "assignments",
)  # fmt: skip
"""Collections that go with the deal, lead, customer or partner that a record names."""


_NEVER: Final = (datetime.max.replace(tzinfo=UTC), "")


def route_of(origin: str | None) -> str:
    """
    The route that an origin belongs to: `direct`, or `indirect` for all others; an unknown origin has none.

    >>> route_of("direct"), route_of("affiliate"), route_of(None)
    ('direct', 'indirect', '(none)')
    """
    # An unknown origin is no direct one: calling it direct would make the channel look small.
    if origin is None:
        return NOBODY
    return DIRECT if origin == DIRECT else INDIRECT


class _Keys:
    """The value of a record for each name of `GROUPS`, over one dataset at one moment."""

    __slots__ = ("calendar", "channels", "data", "partners", "today")

    def __init__(self, data: Dataset, calendar: Calendar, today: date) -> None:
        self.data = data
        self.calendar = calendar
        self.today = today
        self.partners: dict[str, Partner] = {partner.id: partner for partner in data.partners}
        # A deal has no channel of its own: it came through that of its lead.
        self.channels = {lead.opportunity_id: lead.channel for lead in data.leads if lead.opportunity_id is not None}

    def route(self, record: Any) -> str | None:
        if isinstance(record, Partner):
            return INDIRECT
        origin = self.origin(record)
        # Whom money was spent on, or who brought a customer, tells the route where nobody typed the origin. Of deals
        # and leads it does not: a partner may serve what came in directly.
        if origin is None and isinstance(record, ProgramCost | Account) and self.partner(record) is not None:
            return INDIRECT if is_partner(self.partner(record)) else DIRECT
        return None if origin is None else route_of(origin)

    def origin(self, record: Any) -> str | None:
        return getattr(record, "origin", None)

    def partner(self, record: Any) -> str | None:
        if isinstance(record, Partner):
            return record.id
        return record.originated_by if isinstance(record, Account) else getattr(record, "partner_id", None)

    def owner(self, record: Any) -> str | None:
        return getattr(record, "owner_id", None)

    def pipeline(self, record: Any) -> str | None:
        return getattr(record, "pipeline", None)

    def channel(self, record: Any) -> str | None:
        return self.channels.get(record.id) if isinstance(record, Opportunity) else getattr(record, "channel", None)

    def partner_type(self, record: Any) -> str | None:
        return self._of_partner(record, "type")

    def region(self, record: Any) -> str | None:
        return self._of_partner(record, "region")

    def segment(self, record: Any) -> str | None:
        return self._of_partner(record, "segment")

    def tier(self, record: Any) -> str | None:
        """The partner's tier: of a deal on the day of its close, of everything else today."""
        party = self.partner(record)
        # Nobody has no tier, whatever tiers there are.
        if party is None:
            return None
        closed = record.closed_at if isinstance(record, Opportunity) else None
        # A close that is still to come at the moment asked about must not choose the tier.
        on = self.today if closed is None else min(self.calendar.date_of(closed), self.today)
        tiers = self.data.related(TierMembership, partner_id=party)
        return next((one.tier for one in tiers if one.is_effective(on)), None)

    def _of_partner(self, record: Any, name: str) -> str | None:
        partner = self.partners.get(self.partner(record) or "")
        return None if partner is None else getattr(partner, name)


def label(key: Hashable) -> str:
    """A key as the name of its group."""
    return NOBODY if key is None else str(key)


def split(
    data: Dataset,
    by: By,
    *,
    as_of: date | datetime,
    subject: str = "deal",
    calendar: Calendar = UTC_CALENDAR,
    key: Callable[[Any], Hashable] | None = None,
) -> dict[str, Dataset]:
    """
    The dataset cut into one per group, sorted by name; every opportunity is in exactly one, or by product in one a
    line.

    What belongs to a deal goes with it. By *subject* `customer`, `partner` or `lead`, deals go with theirs: a
    customer's second deal must not look like the first deal of a new customer in another group. *key* overrides what
    *by* says of any record.

    Raises:
        UnknownName: A name that `by` or *subject* does not take.
    """
    return Cut(data, by, as_of=as_of, subject=subject, calendar=calendar, key=key).parts(data)


class Cut:
    """
    One cut: the group of every deal, customer, partner and lead, by which any of their records can be dealt out.

    Raises:
        UnknownName: A name that *by* or *subject* does not take.
    """

    __slots__ = ("accounts", "data", "deals", "key", "leads", "partners", "subject")

    def __init__(
        self,
        data: Dataset,
        by: By,
        *,
        as_of: date | datetime,
        subject: str,
        calendar: Calendar,
        key: Callable[[Any], Hashable] | None = None,
    ) -> None:
        if subject not in SUBJECTS:
            raise UnknownName("subject", subject, SUBJECTS)
        if not callable(by) and by not in GROUPS:
            raise UnknownName("group", by, GROUPS)
        instant = moment(as_of, calendar)
        if key is None and not callable(by) and by != "product":
            key = getattr(_Keys(data, calendar, calendar.date_of(instant)), by)
        self.data = data
        self.subject = subject
        # Without a key of their own, records other than deals go with their deal or to nobody.
        self.key: Callable[[Any], Hashable] = key or (lambda _: None)
        of_deal: Callable[[Opportunity], Hashable] = by if callable(by) else self.key
        self.deals: dict[str, tuple[str, ...]] = (
            {deal.id: _products(deal) for deal in data.opportunities}
            if by == "product"
            else {deal.id: (label(of_deal(deal)),) for deal in data.opportunities}
        )
        # Groups are tuples, since by product one deal is in several.
        self.partners = {partner.id: (label(self.key(partner)),) for partner in data.partners}
        self.accounts = self._accounts(instant)
        self.leads = {lead.id: (self._lead(lead),) for lead in data.leads}
        if by != "product":
            self._follow()

    def _accounts(self, instant: datetime) -> dict[str, tuple[str, ...]]:
        """The group of a customer: its own value at acquisition, or else that of its first won deal."""
        first: dict[str, tuple[datetime, str]] = {}
        for deal in self.data.opportunities:
            if deal.account_id is not None and deal.is_won and deal.closed_at is not None:
                order = (deal.closed_at, deal.id)
                if order[0] <= instant and order < first.get(deal.account_id, _NEVER):
                    first[deal.account_id] = order
        groups = {account: self.deals[id] for account, (_, id) in first.items()}
        for account in self.data.accounts:
            key = self.key(account)
            # The record's own word, since a first deal may have been served by somebody else.
            if key is not None:
                groups[account.id] = (label(key),)
        return groups

    def _lead(self, lead: Lead) -> str:
        # What a partner brought is its work, also where the deal went to another route.
        if self.subject == "partner" and lead.partner_id in self.partners:
            return self.partners[lead.partner_id][0]
        key = self.key(lead)
        return self.deals.get(lead.opportunity_id or "", (NOBODY,))[0] if key is None else label(key)

    def _follow(self) -> None:
        """Send deals after the subject they belong to; most cuts are by the deal itself."""
        if self.subject == "deal":
            return
        # By product a deal is in several groups already, and follows nobody.
        became = {lead.opportunity_id: self.leads[lead.id] for lead in self.data.leads if lead.opportunity_id}
        for deal in self.data.opportunities:
            own = self.deals[deal.id]
            if self.subject == "customer":
                own = self.accounts.get(deal.account_id or "", own)
            # A partner's rate is of all its deals, or its groups would share one partner.
            elif self.subject == "partner":
                own = self.partners.get(deal.partner_id or "", own)
            elif self.subject == "lead":
                own = became.get(deal.id, own)
            self.deals[deal.id] = own

    def parts(self, data: Dataset) -> dict[str, Dataset]:
        """
        Every group's part of *data*, which may be a selection of what was cut, in one pass over each collection.

        What belongs to no group stays whole in each.
        """
        found: dict[str, dict[str, list[Any]]] = {}

        def put(field: str, names: Callable[[Any], Sequence[str]]) -> None:
            for record in getattr(data, field):
                for name in names(record):
                    found.setdefault(name, {}).setdefault(field, []).append(record)

        for deal in data.opportunities:
            names = self.deals[deal.id]
            for name in names:
                own = deal if len(names) == 1 else _only(deal, name)
                found.setdefault(name, {}).setdefault("opportunities", []).append(own)
        # One pass a collection, whatever the number of groups: a dataset of a million rows has many partners.
        put("accounts", lambda one: self.accounts.get(one.id, (NOBODY,)))
        put("leads", lambda one: self.leads[one.id])
        put("partners", lambda one: self.partners[one.id])
        put("costs", lambda one: (label(self.key(one)),))
        for field in _FOLLOWING:
            if field != "reversals":
                put(field, self._home)
        for reversal in data.reversals:
            for name, part in self._taken(reversal):
                found.setdefault(name, {}).setdefault("reversals", []).append(part)
        fields = ("opportunities", "accounts", "leads", "partners", "costs", *_FOLLOWING)
        return {name: data.replace(**{field: found[name].get(field, ()) for field in fields}) for name in sorted(found)}

    def _taken(self, reversal: Reversal) -> Iterable[tuple[str, Reversal]]:
        """What a reversal takes from each group: by product, a part in proportion to the lines."""
        names = self._home(reversal)
        if len(names) == 1:
            return [(names[0], reversal)]
        deal = self.data.get(Opportunity, reversal.opportunity_id)
        sold = [abs(sum(line.amount.minor for line in deal.lines if line.product == name)) for name in names]
        parts = apportion(reversal.amount, sold if any(sold) else [1] * len(names))
        # A churn may be on file with a token amount: it ends every product all the same.
        if reversal.kind in ENDING and not all(parts):
            parts = (reversal.amount,) * len(names)
        return [(name, reversal.replace(amount=part)) for name, part in zip(names, parts, strict=True) if part]

    def _home(self, record: Any) -> tuple[str, ...]:
        """Where a record goes that names others: with its deal, lead, customer or partner, the first that is known."""
        named: list[tuple[str, Mapping[str, tuple[str, ...]]]] = [
            ("opportunity_id", self.deals), ("lead_id", self.leads), ("account_id", self.accounts),
            ("partner_id", self.partners),
        ]  # fmt: skip
        if self.subject == "partner":
            # What a partner did is its own, whatever became of the deal.
            named.reverse()
        for field, groups in named:
            found = groups.get(getattr(record, field, None) or "")
            if found is not None:
                return found
        return (label(self.key(record)),)


def _products(deal: Opportunity) -> tuple[str, ...]:
    # In the order of the lines, and a product sold twice once.
    return tuple(dict.fromkeys(line.product for line in deal.lines)) or (NOBODY,)


def _only(deal: Opportunity, product: str) -> Opportunity:
    """The part of a deal that is of one product; a history of amounts would speak of the whole."""
    lines: Iterable[OpportunityLine] = [line for line in deal.lines if line.product == product]
    history = tuple(change.replace(amount=None) for change in deal.history)
    amount = Money.total(line.amount for line in lines)
    return deal.replace(lines=lines, amount=amount, cost=None, history=history)
