"""What partners did and when: the events that make a partner count as activated or active."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Final

from partnerops.dataset import Dataset
from partnerops.entities import Activity, DealRegistration, Lead, Opportunity, Partner
from partnerops.exceptions import InvalidValue
from partnerops.metrics._deals import known
from partnerops.metrics._readings import approved_at
from partnerops.periods import Calendar
from partnerops.typing import DIRECT

EVENTS: Final = ("lead", "registration", "win")
"""Events from deals; every other name is a kind of `Activity`, such as `training`."""

ACTIVATION: Final = ("registration", "win")
"""What activates a partner unless the caller says otherwise: an accepted registration or a won deal."""


def events(
    data: Dataset, names: Collection[str], as_of: date | datetime, calendar: Calendar
) -> dict[str, list[datetime]]:
    """
    Partner -> when it did one of these things, oldest first.

    A lead counts when it came in, a registration when it was approved, a win when the deal closed.

    Raises:
        InvalidValue: No event, or one string instead of a collection.
    """
    if isinstance(names, str) or not names:
        rule = f"a collection of {', '.join(EVENTS)} or kinds of activity"
        raise InvalidValue("events", rule, names)
    found: dict[str, list[datetime]] = {}
    for partner_id, at in _all(data, set(names), as_of, calendar):
        found.setdefault(partner_id, []).append(at)
    return {partner_id: sorted(times) for partner_id, times in found.items()}


def _all(data: Dataset, names: set[str], as_of: date | datetime, calendar: Calendar) -> Iterator[tuple[str, datetime]]:
    pairs: list[tuple[str | None, datetime | None]] = []
    if "lead" in names:
        # The lead itself, whatever became of it: bringing one is the partner's act.
        pairs += [(lead.partner_id, lead.created_at) for lead in known(data, Lead, as_of, calendar)]
    if "registration" in names:
        filed = known(data, DealRegistration, as_of, calendar)
        pairs += [(registration.partner_id, approved_at(registration)) for registration in filed]
    if "win" in names:
        won = (deal for deal in known(data, Opportunity, as_of, calendar) if deal.is_won)
        pairs += [(deal.partner_id, deal.closed_at) for deal in won]
    for partner_id, at in pairs:
        # The own team is a party to deals, and no partner that could be activated.
        if partner_id is not None and partner_id != DIRECT and at is not None:
            yield partner_id, at
    # Activities are by far the most numerous, and most questions need none.
    if names - set(EVENTS):
        for activity in known(data, Activity, as_of, calendar):
            if activity.kind in names:
                yield activity.partner_id, activity.at


def signed_on(data: Dataset, on: date, as_of: date | datetime, calendar: Calendar) -> list[Partner]:
    """Partners with an agreement on the evening of a date, suspended ones too."""
    return [
        partner
        for partner in known(data, Partner, as_of, calendar)
        if partner.signed_on is not None
        and partner.signed_on <= on
        and (partner.ended_on is None or partner.ended_on > on)
    ]
