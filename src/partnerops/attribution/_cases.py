"""From records to cases: what of a deal's facts a policy may look at, and at which moment."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar

from partnerops.attribution._case import Case
from partnerops.entities import DealRegistration, Dispute, Lead, Opportunity, Touchpoint
from partnerops.entities._facts import known
from partnerops.exceptions import InvalidValue

if TYPE_CHECKING:  # one deal needs no dataset, and its import is to stay light
    from partnerops.dataset import Dataset


class _Record(Protocol):
    @property
    def id(self) -> str: ...

    def as_of(self, moment: datetime, today: date, /) -> Self | None: ...


RecordT = TypeVar("RecordT", bound=_Record)
_NONE: Final[frozenset[str]] = frozenset()


def case_of(
    deal: Opportunity,
    touches: Iterable[Touchpoint],
    moment: datetime,
    *,
    close: datetime,
    registrations: Iterable[DealRegistration] = (),
    leads: Iterable[Lead] = (),
    disputes: Iterable[Dispute] = (),
    previous_close: datetime | None = None,
) -> Case:
    """The case of one deal as it was known at a moment; refuses records of another deal."""
    brought = tuple(leads)
    lead_ids = frozenset(lead.id for lead in brought) if brought else _NONE
    return Case(
        deal,
        # A touch of a lead counts by its own times, even where the lead itself was recorded late.
        _eligible(deal, touches, close, moment, lead_ids),
        _registrations(deal, registrations, moment) if registrations else (),
        _leads(deal, brought, moment) if brought else (),
        _disputes(deal, disputes, moment) if disputes else (),
        previous_close,
    )


def _eligible(
    deal: Opportunity, touches: Iterable[Touchpoint], close: datetime, moment: datetime, lead_ids: frozenset[str]
) -> tuple[Touchpoint, ...]:
    """The touches of the deal that happened by the close and were known by the moment, sorted by time then id."""
    kept: list[Touchpoint] = []
    for touch in touches:
        if touch.opportunity_id != deal.id and not _belongs(touch, deal, lead_ids):
            named = touch.opportunity_id or touch.lead_id or touch.account_id
            raise InvalidValue(f"attribute(touches) {touch.id!r}", f"a touch of {deal.id}", named)
        # Two clocks: what happened after the close is not of this deal, what was recorded after the moment is not known
        # yet.
        if touch.at <= close and known(touch.at, touch.recorded_at, moment):
            kept.append(touch)
    # Ids break ties of time, so that the order of rows in an export decides nothing.
    kept.sort(key=_by_time)
    if len({touch.id for touch in kept}) < len(kept):
        kept = _without_repeats(kept)
    return tuple(kept)


def _belongs(touch: Touchpoint, deal: Opportunity, lead_ids: frozenset[str]) -> bool:
    """Whether a touch that names no deal is the deal's, by its lead or else by its account."""
    if touch.opportunity_id is not None:
        return False
    # A touch of a lead belongs to what that lead became, even where it names the account as well.
    if touch.lead_id is not None:
        return touch.lead_id in lead_ids
    return deal.account_id is not None and touch.account_id == deal.account_id


def _by_time(touch: Touchpoint) -> tuple[datetime, str]:
    return touch.at, touch.id


def _without_repeats(touches: list[Touchpoint]) -> list[Touchpoint]:
    # Exports overlap, so the same touch may come twice; two different ones under one id are a fault in the data.
    seen: dict[str, Touchpoint] = {}
    for touch in touches:
        if seen.setdefault(touch.id, touch) != touch:
            raise InvalidValue(f"attribute(touches) {touch.id!r}", "given once, or twice the same", touch)
    return list(seen.values())


def _views(records: Iterable[RecordT], moment: datetime) -> list[RecordT]:
    """Each record as it was known at the moment, once."""
    views = [one.as_of(moment, moment.date()) for one in records]
    return list(dict.fromkeys(view for view in views if view is not None))


def _registrations(
    deal: Opportunity, registrations: Iterable[DealRegistration], moment: datetime
) -> tuple[DealRegistration, ...]:
    """The registrations of the deal as known at the moment, by filing time then id."""
    found = list(registrations)
    for one in found:
        by_account = one.opportunity_id is None and one.account_id == deal.account_id
        if one.opportunity_id != deal.id and not by_account:
            rule = f"a registration of {deal.id}"
            raise InvalidValue(f"attribute(registrations) {one.id!r}", rule, one.opportunity_id)
    # First to file comes first; whoever asks for the winner takes the first that qualifies.
    return tuple(sorted(_views(found, moment), key=lambda one: (one.submitted_at, one.id)))


def _leads(deal: Opportunity, leads: Sequence[Lead], moment: datetime) -> tuple[Lead, ...]:
    """The leads that became the deal, by creation then id."""
    for one in leads:
        if one.opportunity_id != deal.id:
            raise InvalidValue(f"attribute(leads) {one.id!r}", f"a lead that became {deal.id}", one.opportunity_id)
    return tuple(sorted(_views(leads, moment), key=lambda one: (one.created_at, one.id)))


def _disputes(deal: Opportunity, disputes: Iterable[Dispute], moment: datetime) -> tuple[Dispute, ...]:
    """The disputes over the deal as known at the moment, by filing time then id."""
    found = list(disputes)
    for one in found:
        if one.opportunity_id != deal.id:
            raise InvalidValue(f"attribute(disputes) {one.id!r}", f"a dispute over {deal.id}", one.opportunity_id)
    return tuple(sorted(_views(found, moment), key=lambda one: (one.at, one.id)))


# --- from a dataset ---------------------------------------------------------------------------------------------------


def cases_of(data: Dataset, moment: datetime, today: date) -> Iterable[Case]:
    """The case of each deal that was won by a moment, in the dataset's order."""
    won: list[tuple[Opportunity, datetime]] = []
    for deal in data.opportunities:
        view = deal.as_of(moment, today)
        if view is not None and view.is_won and view.closed_at is not None:
            won.append((view, view.closed_at))
    purchases = _purchases(won)
    of_accounts = touches_of_accounts(data)
    for deal, close in won:
        leads = data.related(Lead, opportunity_id=deal.id) if data.leads else ()
        yield case_of(
            deal,
            touches_of(data, deal, leads, of_accounts),
            moment,
            close=close,
            registrations=registrations_of(data, deal) if data.registrations else (),
            leads=leads,
            disputes=data.related(Dispute, opportunity_id=deal.id) if data.disputes else (),
            previous_close=_previous(purchases, deal.account_id, close),
        )


def _purchases(won: Iterable[tuple[Opportunity, datetime]]) -> dict[str, list[datetime]]:
    """Account -> the instants at which it bought, in order."""
    found: dict[str, list[datetime]] = {}
    # Sorted once for all accounts, so that a deal finds the purchase before it without a look at all the others.
    for deal, close in sorted(won, key=_close):
        if deal.account_id is not None:
            found.setdefault(deal.account_id, []).append(close)
    return found


def _close(one: tuple[Opportunity, datetime]) -> datetime:
    return one[1]


def _previous(purchases: dict[str, list[datetime]], account_id: str | None, close: datetime) -> datetime | None:
    if account_id is None:
        return None
    # Strictly earlier: of two deals won at one instant neither is the other's past.
    before = bisect_left(purchases[account_id], close)
    return purchases[account_id][before - 1] if before else None


def touches_of_accounts(data: Dataset) -> dict[str, list[Touchpoint]]:
    """Account -> the touches that name it, and neither a deal nor a lead: they count for all its deals."""
    # Picked out once: a deal that picked for itself would look at all touches of all other deals of its account.
    found: dict[str, list[Touchpoint]] = {}
    for one in data.touchpoints:
        if one.account_id is not None and one.opportunity_id is None and one.lead_id is None:
            found.setdefault(one.account_id, []).append(one)
    return found


def touches_of(
    data: Dataset, deal: Opportunity, leads: Sequence[Lead], of_accounts: Mapping[str, Sequence[Touchpoint]]
) -> Sequence[Touchpoint]:
    """The touches that name the deal; those that name only its lead; those that name only its account."""
    # The most specific name wins, so that a touch of one deal is never counted in its account's other deals.
    found = data.related(Touchpoint, opportunity_id=deal.id)
    for lead in leads:
        found += tuple(one for one in data.related(Touchpoint, lead_id=lead.id) if one.opportunity_id is None)
    loose = of_accounts.get(deal.account_id) if deal.account_id is not None else None
    return (*found, *loose) if loose else found


def registrations_of(data: Dataset, deal: Opportunity) -> Sequence[DealRegistration]:
    """The registrations that name the deal, or else only its account."""
    by_deal = data.related(DealRegistration, opportunity_id=deal.id)
    if deal.account_id is None:
        return by_deal
    of_account = data.related(DealRegistration, account_id=deal.account_id)
    return (*by_deal, *(one for one in of_account if one.opportunity_id is None))
