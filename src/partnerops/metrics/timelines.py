"""What happened with one customer or one partner, in order, each step with the record behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from attrs import frozen

from partnerops._attrs import Value
from partnerops._render import Printable, plural
from partnerops.dataset import Dataset
from partnerops.entities import (
    Account,
    Certification,
    DealRegistration,
    Lead,
    Opportunity,
    Partner,
    Payment,
    Reversal,
    SurveyResponse,
    Touchpoint,
)
from partnerops.metrics._deals import known, moment
from partnerops.metrics._readings import approved_at
from partnerops.periods import UTC_CALENDAR, Calendar

__all__ = ["TimelineStep", "EventTimeline", "account_timeline", "partner_milestones"]


@frozen(kw_only=True)
class TimelineStep(Value):
    """One thing that happened."""

    on: date
    """Business date."""
    at: datetime | None
    """The instant, where the record has one."""
    kind: str
    """What: `lead`, `touch`, `stage`, `won`, `lost`, `payment`, `reversal`, `survey`, or the name of a milestone."""
    text: str
    """In words."""
    id: str
    """The record behind it."""


@frozen(kw_only=True)
class EventTimeline(Value, Printable):
    """Steps of one customer or partner, oldest first."""

    of: str
    """Id of the customer or partner."""
    steps: tuple[TimelineStep, ...]
    """What happened."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per step."""
        return [{"on": one.on, "kind": one.kind, "text": one.text, "id": one.id} for one in self.steps]

    def _headline(self) -> str:
        return f"{self.of}: {plural(len(self.steps), 'step', 'steps')}"


def account_timeline(
    data: Dataset, account_id: str, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> EventTimeline:
    """
    Leads, touches, stages, closes, payments, reversals and survey answers of one customer, as known at *as_of*.

    Touches belong to it by account, lead or deal.

    Raises:
        UnknownName: No such account.
    """
    data.get(Account, account_id)
    seen = _Seen(data, as_of, calendar)
    leads = seen.of(Lead, "account_id", {account_id})
    deals = seen.of(Opportunity, "account_id", {account_id})
    ids = {"account_id": {account_id}, "lead_id": {one.id for one in leads},
           "opportunity_id": {one.id for one in deals}}  # fmt: skip
    # A touch may name the customer, its lead and its deal; it happened once.
    touches = {one.id: one for name, some in ids.items() for one in seen.of(Touchpoint, name, some)}
    steps = [_step(calendar, one.created_at, "lead", _lead(one), one.id) for one in leads]
    steps += [_step(calendar, one.at, "touch", f"{one.kind} by {one.partner_id}", one.id) for one in touches.values()]
    steps += [step for deal in deals for step in _of_deal(deal, calendar)]
    for kind, name in ((Payment, "payment"), (Reversal, "reversal")):
        steps += [
            _step(calendar, one.at, name, f"{getattr(one, 'kind', 'paid')} {one.amount:,}", one.id)
            for one in seen.of(kind, "opportunity_id", ids["opportunity_id"])
        ]
    answers = seen.of(SurveyResponse, "account_id", {account_id})
    steps += [_step(calendar, one.at, "survey", f"{one.kind} {one.score}", one.id) for one in answers]
    return _sorted(account_id, steps)


def partner_milestones(
    data: Dataset,
    partner_id: str,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    wins: Iterable[int] = (1, 10, 50, 100),
) -> EventTimeline:
    """
    The milestones that a partner has reached by *as_of*, each on the day it was first reached.

    Recruited, signed, first certificate, first lead, first registration approved, and the won deals numbered in *wins*.

    Raises:
        UnknownName: No such partner.
    """
    data.get(Partner, partner_id)
    seen = _Seen(data, as_of, calendar)
    mine = {partner_id}
    (partner,) = [one for one in known(data, Partner, as_of, calendar) if one.id == partner_id][:1]
    steps = [
        TimelineStep(on=day, at=None, kind=name, text=name, id=partner_id)
        for name, day in (("recruited", partner.recruited_on), ("signed", partner.signed_on))
        if day is not None
    ]
    certificates = sorted(seen.of(Certification, "partner_id", mine), key=lambda one: (one.valid_from, one.id))
    steps += [
        TimelineStep(on=one.valid_from, at=None, kind="first certificate", text=one.code, id=one.id)
        for one in certificates[:1]
    ]
    leads = [(one.created_at, one.id, _lead(one)) for one in seen.of(Lead, "partner_id", mine)]
    approved = [
        (at, one.id, one.opportunity_id or one.account_id or "")
        for one in seen.of(DealRegistration, "partner_id", mine)
        if (at := approved_at(one)) is not None
    ]
    for name, found in (("first lead", leads), ("first registration approved", approved)):
        steps += [_step(calendar, at, name, text, id) for at, id, text in sorted(found)[:1]]
    # By date of the close: the tenth win is the tenth in time, not in the table.
    won = sorted(
        (one.closed_at, one.id, f"{one.amount:,}")
        for one in seen.of(Opportunity, "partner_id", mine)
        if one.is_won and one.closed_at is not None
    )
    steps += [
        _step(calendar, *_place(won[number - 1], number)) for number in sorted(set(wins)) if 0 < number <= len(won)
    ]
    return _sorted(partner_id, steps)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# --- shared -----------------------------------------------------------------------------------------------------------


class _Seen:
    """Related records as they stood at one moment, found through the dataset's indexes."""

    __slots__ = ("data", "moment", "today")

    def __init__(self, data: Dataset, as_of: date | datetime, calendar: Calendar) -> None:
        self.data = data
        self.moment = moment(as_of, calendar)
        self.today = calendar.date_of(self.moment)

    def of(self, kind: type[Any], field: str, ids: Iterable[str]) -> list[Any]:
        records = (record for id in sorted(ids) for record in self.data.related(kind, **{field: id}))
        views = (record.as_of(self.moment, self.today) for record in records)
        return [view for view in views if view is not None]


def _step(calendar: Calendar, at: datetime, kind: str, text: str, id: str) -> TimelineStep:
    return TimelineStep(on=calendar.date_of(at), at=at, kind=kind, text=text, id=id)


def _place(won: tuple[datetime, str, str], number: int) -> tuple[datetime, str, str, str]:
    at, id, amount = won
    return at, f"win {number}", f"won {id}, {amount}", id


def _lead(lead: Lead) -> str:
    return f"lead from {lead.channel or lead.origin or 'an unknown source'}"


def _of_deal(deal: Opportunity, calendar: Calendar) -> Iterator[TimelineStep]:
    yield _step(calendar, deal.created_at, "created", f"{deal.id} opened", deal.id)
    # The close has a step of its own, at the date of the close rather than of its recording.
    for change in deal.history:
        if change.status == "open":
            yield _step(calendar, change.at, "stage", f"{deal.id} in {change.stage}", deal.id)
    # By its own date, which a late record of it is not.
    if deal.closed_at is not None:
        text = f"{deal.id} {deal.status}" + (f", {deal.amount:,}" if deal.amount is not None else "")
        yield _step(calendar, deal.closed_at, str(deal.status), text, deal.id)


def _sorted(of: str, steps: Iterable[TimelineStep]) -> EventTimeline:
    # Dates without a time come first in their day: an agreement is in force before what happens under it.
    def order(step: TimelineStep) -> tuple[date, bool, datetime, str, str]:
        return step.on, step.at is not None, step.at or _EPOCH, step.kind, step.id

    return EventTimeline(of=of, steps=tuple(sorted(steps, key=order)))
