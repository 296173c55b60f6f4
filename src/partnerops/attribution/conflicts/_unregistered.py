"""Deals that partners work on and nobody registered: a programme without a parallel market of leads has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from attrs import frozen

from partnerops._arguments import check_a, check_moment
from partnerops._attrs import Value
from partnerops._render import Printable, plural
from partnerops.attribution._amounts import in_words
from partnerops.attribution._cases import registrations_of, touches_of, touches_of_accounts
from partnerops.dataset import Dataset
from partnerops.entities import DealRegistration, Lead, Opportunity, Touchpoint
from partnerops.entities._facts import known
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar
from partnerops.typing import DIRECT, OpportunityId, PartnerId


@frozen(kw_only=True)
class UnregisteredDeal(Value):
    """One deal that a partner works on without a registration that stands."""

    opportunity_id: OpportunityId
    """The deal."""
    status: str
    """Open or won."""
    partners: tuple[PartnerId, ...]
    """The partners that take part, by id."""
    amount: Money | None
    """Its amount; None while that is unknown."""
    because: str
    """Why no registration stands: none was filed, or what became of those that were."""


@frozen(kw_only=True)
class UnregisteredReport(Value, Printable):
    """The unregistered deals of a programme, in its order."""

    deals: tuple[UnregisteredDeal, ...]
    """The deals."""
    looked_at: int
    """How many deals have a partner in them at all."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per deal."""
        return [
            {
                "opportunity_id": one.opportunity_id,
                "status": one.status,
                "partners": ", ".join(one.partners),
                "amount": one.amount,
                "because": one.because,
            }
            for one in self.deals
        ]

    def _headline(self) -> str:
        total = in_words(one.amount for one in self.deals if one.amount is not None)
        looked_at = plural(self.looked_at, "deal with partners", "deals with partners")
        return f"{len(self.deals)} of {looked_at} not registered, {total}"


def unregistered(data: Dataset, /, *, as_of: datetime | date, calendar: Calendar = UTC_CALENDAR) -> UnregisteredReport:
    """
    The open and won deals that partners take part in and no registration covers.

    A partner takes part by a touch, by having brought the lead, or by being the partner on the deal. A deal is covered
    while a registration waits for its decision, or protects it at *as_of*, or protected it when it was won. Lost deals
    are left out. A date means its last instant in the calendar's zone.

    >>> print(unregistered(Dataset(), as_of=date(2026, 3, 31)))
    0 of 0 deals with partners not registered, nothing
    (none)
    """
    moment = check_moment("unregistered(as_of=...)", as_of, calendar)
    today = calendar.date_of(moment)
    found: list[UnregisteredDeal] = []
    looked_at = 0
    of_accounts = touches_of_accounts(check_a("unregistered(data)", data, Dataset))
    for deal in data.opportunities:
        view = deal.as_of(moment, today)
        if view is None or view.status == "lost":
            continue
        partners = sorted(set(_partners(data, view, moment, of_accounts)))
        if not partners:
            continue
        looked_at += 1
        filed = [one for each in registrations_of(data, view) if (one := each.as_of(moment, today)) is not None]
        # A won deal is judged by what protected it when it was won, not by what has run out since.
        at = min(view.closed_at or moment, moment)
        # One that waits for its decision covers the deal: the partner did its part, the vendor is late.
        if not any(one.status == "submitted" or one.protects(at) for one in filed):
            found.append(
                UnregisteredDeal(
                    opportunity_id=view.id,
                    status=view.status.value,
                    partners=tuple(partners),
                    amount=view.amount,
                    because=_because(filed),
                )
            )
    return UnregisteredReport(deals=tuple(found), looked_at=looked_at)


def _partners(
    data: Dataset, deal: Opportunity, moment: datetime, of_accounts: Mapping[str, Sequence[Touchpoint]]
) -> Iterator[str]:
    of_deal = data.related(Lead, opportunity_id=deal.id)
    leads = [lead for lead in of_deal if known(lead.created_at, lead.recorded_at, moment)]
    touching = [
        touch.partner_id
        for touch in touches_of(data, deal, leads, of_accounts)
        if known(touch.at, touch.recorded_at, moment)
    ]
    for party in (*touching, *(lead.partner_id for lead in leads), deal.partner_id):
        # The vendor needs no registration with itself.
        if party is not None and party != DIRECT:
            yield party


def _because(filed: Sequence[DealRegistration]) -> str:
    if not filed:
        return "nobody filed a registration"
    return "; ".join(f"registration {one.id} of {one.partner_id} is {_state(one)}" for one in filed)


def _state(one: DealRegistration) -> str:
    # What is approved and covers nothing has run out, whatever its record says.
    return "run out" if one.status in ("approved", "expired", "converted") else one.status.value
