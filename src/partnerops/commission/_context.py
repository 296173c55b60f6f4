"""What is known around the sales at a moment: deals, registrations, tiers, quotas, exceptions, disputes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from partnerops.entities import (
    Agreement,
    Credit,
    DealRegistration,
    Dispute,
    DisputeStatus,
    Opportunity,
    PolicyException,
    Target,
    TierMembership,
)
from partnerops.exceptions import InvalidValue
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period
from partnerops.typing import PartnerId

if TYPE_CHECKING:
    from partnerops.commission._quota import OnQuota
    from partnerops.dataset import Dataset

PARAMETERS = ("rate", "hold_days", "within_months")
"""Parameters of a plan that an exception can change."""

Known: TypeAlias = tuple[Opportunity | None, str | None, DealRegistration | None]
"""What rules ask about a sale: the deal, the partner's tier, the registration that protected it."""
T = TypeVar("T", DealRegistration, TierMembership, Target, Dispute)


class Context:
    """The nouns of a dataset as they were known when a fact came in."""

    def __init__(self, data: Dataset | None, calendar: Calendar = UTC_CALENDAR) -> None:
        self.calendar = calendar
        self.moment = datetime.max.replace(tzinfo=UTC)
        self.today = date.max
        self.deals: dict[str, Opportunity] = {one.id: one for one in data.opportunities} if data else {}
        self.parents = {one.id: one.parent_id for one in data.partners} if data else {}
        self.exceptions = tuple(one for one in data.exceptions if one.parameter in PARAMETERS) if data else ()
        self._by_deal = _group(data.registrations, "opportunity_id") if data else {}
        self._by_account = _group(data.registrations, "account_id") if data else {}
        self._tiers = _group(data.tiers, "partner_id") if data else {}
        self._targets = _group(data.targets, "owner_id") if data else {}
        self._disputes = _group(data.disputes, "opportunity_id") if data else {}
        self._last: tuple[tuple[object, ...], Known] | None = None

    def known(self, partner_id: PartnerId, credit: Credit, on: date) -> Known:
        """The deal of a credit, the partner's tier on a date and its registration of the deal, as known now."""
        # Rules, splits and modifiers ask about the same sale one after the other: the last answer serves them all.
        key = (partner_id, credit.id, on, self.moment)
        if self._last is None or self._last[0] != key:
            deal = self.deal(credit)
            known = (deal, self.tier(partner_id, on), self.registration(partner_id, credit, deal))
            self._last = (key, known)
        return self._last[1]

    def knows(self, one: Agreement) -> bool:
        """Whether an agreement was signed, or without signature in force, by now."""
        return one.as_of(self.moment, self.today) is not None

    def deal(self, credit: Credit, moment: datetime | None = None) -> Opportunity | None:
        """The deal of a credit, as known now or at another moment."""
        found = self.deals.get(credit.opportunity_id)
        return None if found is None else found.as_of(moment or self.moment, self.today)

    def worth(self, opportunity_id: str) -> int | None:
        """What a deal was won for, in minor units, as far as its record is known."""
        record = self.deals.get(opportunity_id)
        view = None if record is None else record.as_of(self.moment, self.today)
        return view.amount.minor if view is not None and view.is_won and view.amount is not None else None

    def later(self, credit: Credit, moment: datetime) -> datetime | None:
        """When the record of a deal says more than at a moment; None if it never will."""
        record = self.deals.get(credit.opportunity_id)
        times = () if record is None else (record.recorded_at, record.closed_at)
        return min((time for time in times if time is not None and time > moment), default=None)

    def registration(self, partner_id: PartnerId, credit: Credit, deal: Opportunity | None) -> DealRegistration | None:
        """The partner's registration that protected the deal when it was booked, the first one filed."""
        filed = list(self._by_deal.get(credit.opportunity_id, ()))
        if deal is not None and deal.account_id is not None:
            filed += [one for one in self._by_account.get(deal.account_id, ()) if one.opportunity_id is None]
        views = [
            view
            for one in filed
            if one.partner_id == partner_id and (view := one.as_of(self.moment, self.today)) is not None
        ]
        # Protection is judged when the deal was booked, not when it was registered or paid.
        valid = [view for view in views if view.protects(credit.at)]
        return min(valid, key=lambda one: (one.submitted_at, one.id), default=None)

    def tier(self, partner_id: PartnerId, on: date) -> str | None:
        """The partner's tier in the programme on a date."""
        for one in self._tiers.get(partner_id, ()):
            if one.is_effective(on):
                return one.tier
        return None

    def quota(
        self, schedule: OnQuota, partner_id: PartnerId, period: Period | None, on: date, currency: str
    ) -> Decimal:
        """
        The partner's target for an attainment period: the quota.

        Raises:
            InvalidValue: There is none, or it is not money of the plan's currency.
        """
        for one in self._targets.get(partner_id, ()):
            fits = one.period == period if period is not None else on in one.period
            if one.metric == schedule.metric and fits and one.as_of(self.moment, self.today) is not None:
                # A quota of deals or of another currency would scale thresholds by a number that means something else.
                if isinstance(one.value, Money) and one.value.currency == currency:
                    return one.value.amount
                raise InvalidValue(f"Target {one.id!r}.value", f"an amount in {currency}", str(one.value))
        rule = f"set for {partner_id} in {period or on} (metric {schedule.metric!r}): the plan pays on quota"
        raise InvalidValue("a Target", rule, None)

    def granted(self, partner_id: PartnerId, deal_id: str, plan_id: str, on: date) -> tuple[PolicyException, ...]:
        """Exceptions in force for a sale, the widest first, so that the narrowest has the last word."""
        # A deal's own exception beats the partner's, and that the plan's, as a contract's rider beats its terms.
        width = {plan_id: 0, partner_id: 1, deal_id: 2}
        found = [
            one
            for one in self.exceptions
            if one.scope in width and one.is_effective(on) and one.as_of(self.moment, self.today) is not None
        ]
        return tuple(sorted(found, key=lambda one: (width[one.scope], one.effective_from, one.id)))

    def is_disputed(self, credit: Credit) -> bool:
        """Whether anybody ever disputed the deal."""
        return credit.opportunity_id in self._disputes

    def disputed(self, credit: Credit, partner_id: PartnerId, moment: datetime) -> Dispute | None:
        """A dispute over the deal that is open at a moment and has the partner as a party."""
        for one in self._disputes.get(credit.opportunity_id, ()):
            # As known at the release: a later decision must not have freed it earlier.
            view = one.as_of(moment, self.today)
            done = (DisputeStatus.RESOLVED, DisputeStatus.CLOSED)
            if view is not None and view.status not in done and partner_id in view.parties:
                return one
        return None

    def above(self, partner_id: PartnerId, levels: int) -> list[PartnerId]:
        """The partners above one, nearest first; a circle ends where it closes."""
        # With the seller itself: partners above one another are a mistake in the data, and nobody is above itself.
        chain = [partner_id]
        while len(chain) <= levels and (parent := self.parents.get(chain[-1])) and parent not in chain:
            chain.append(parent)
        return chain[1:]


def _group(records: Iterable[T], name: str) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for record in records:
        key = getattr(record, name)
        if key is not None:
            groups.setdefault(key, []).append(record)
    return groups
