"""Whether calling a silent partner brings it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from attrs import field, frozen

from partnerops._arguments import check_int
from partnerops._attrs import Noun, Value, is_aware, is_id, is_partner_id, is_text, to_instant
from partnerops._render import Printable, plural
from partnerops.dataset import Dataset
from partnerops.entities import Partner
from partnerops.journey._pulse import pulse
from partnerops.journey._settings import Dormancy, SignalRules
from partnerops.journey._stages import ActivityStatus
from partnerops.journey._track import Source, Track
from partnerops.journey._view import Moment, View
from partnerops.periods import UTC_CALENDAR, Calendar
from partnerops.ratio import Ratio
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class Outreach(Noun):
    """
    The vendor's call, message or visit to a partner.

    >>> from datetime import UTC
    >>> Outreach(id="K-1", partner_id="acme", at=datetime(2026, 3, 2, tzinfo=UTC)).kind
    'call'
    """

    id: str = field(validator=is_id)
    """Id of the record."""
    partner_id: PartnerId = field(validator=is_partner_id)
    """Who was contacted."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When."""
    kind: str = field(default="call", validator=is_text)
    """Open set: call, visit, survey, email, ..."""


@frozen(kw_only=True)
class Reactivation(Value, Printable):
    """How many silent partners were heard of again after they were contacted; it shows what followed, not a cause."""

    within_days: int
    """Days after the contact in which an event counts."""
    returned: Ratio
    """Partners heard of again, of those contacted while silent whose days have passed."""
    waiting: int
    """Partners contacted so lately that their days have not passed yet: left out of the rate."""
    not_silent: int
    """Partners contacted that were not silent: left out as well."""
    by_kind: tuple[tuple[str, Ratio], ...]
    """The same rate by kind of contact."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per kind of contact, and one for all."""
        return [
            {"kind": kind, "contacted": rate.denominator, "returned": rate.numerator, "rate": rate.value}
            for kind, rate in (*self.by_kind, ("all", self.returned))
        ]

    def _headline(self) -> str:
        return (
            f"reactivated within {plural(self.within_days, 'day', 'days')}: {self.returned}; "
            f"{self.waiting} waiting, {self.not_silent} not silent"
        )

    def _rows(self) -> list[dict[str, object]]:
        pairs = (*self.by_kind, ("all", self.returned))
        return [
            {"kind": kind, "contacted": rate.denominator, "returned": rate.numerator, "rate": rate.percent()}
            for kind, rate in pairs
        ]


_SILENT = (ActivityStatus.COOLING, ActivityStatus.DORMANT, ActivityStatus.LOST)


def reactivation(
    data: Dataset,
    outreach: Iterable[Outreach],
    *,
    as_of: datetime | date,
    within_days: int = 30,
    dormancy: Dormancy | None = None,
    signals: SignalRules | None = None,
    calendar: Calendar = UTC_CALENDAR,
) -> Reactivation:
    """
    How many silent partners were heard of again within *within_days* of being contacted.

    Only the first contact of a partner in a silence counts, so calling twice does not count it twice. Contacts whose
    days have not passed at *as_of* are left out: a late cohort would always look worse than it is.

    Raises:
        UnknownName: A contact with a partner that is not there.

    >>> reactivation(Dataset(), [], as_of=date(2026, 3, 31)).returned.value is None
    True
    """
    check_int("within_days", within_days, 1, 3660)
    rules, now = dormancy or Dormancy(), Moment(as_of, calendar)
    source = Source(data, signals or SignalRules(), None, calendar, None)
    tracks: dict[str, Track] = {}
    seen: set[tuple[str, datetime | None]] = set()
    tallies: dict[str, Ratio] = {}
    waiting = awake = 0
    for one in sorted(outreach, key=lambda contact: (contact.at, contact.id)):
        # A call planned for later is none yet.
        if one.at > now.instant:
            continue
        track = tracks.setdefault(one.partner_id, Track(data.get(Partner, one.partner_id), source))
        before = pulse(View(track, Moment(one.at, calendar)), rules)
        # Who was not silent cannot be brought back, and would flatter the rate.
        if before.status not in _SILENT:
            awake += 1
            continue
        # The same last event is the same silence: the second call of it is no second chance.
        if (one.partner_id, before.last_at) in seen:
            continue
        seen.add((one.partner_id, before.last_at))
        until = one.at + timedelta(days=within_days)
        # Its days have not passed: neither a success nor a failure yet.
        if until > now.instant:
            waiting += 1
            continue
        # Heard of after the call and within its days; the call itself is the vendor's event, not the partner's.
        back = bool(track.events(rules.events).known(until, one.at))
        tallies[one.kind] = tallies.get(one.kind, Ratio(0, 0)) + Ratio(int(back), 1)
    return Reactivation(
        within_days=within_days,
        returned=Ratio.total(tallies.values()),
        waiting=waiting,
        not_silent=awake,
        by_kind=tuple(sorted(tallies.items(), key=lambda pair: pair[0])),
    )
