"""A partner's facts, sorted once, so that every moment of its history can be asked cheaply."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, NamedTuple, Protocol

from partnerops._months import month_number
from partnerops.dataset import Dataset
from partnerops.entities import (
    Activity,
    Agreement,
    Certification,
    Credit,
    DealRegistration,
    Lead,
    LeadAssignment,
    Opportunity,
    Partner,
    Reversal,
    Touchpoint,
)
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.journey._settings import SignalRules
from partnerops.money import ExchangeRates, Money
from partnerops.periods import Calendar


class Source(NamedTuple):
    """Where facts come from, and how they are read."""

    data: Dataset
    signals: SignalRules
    currency: str | None
    calendar: Calendar
    rates: ExchangeRates | None


class Entry(NamedTuple):
    """Revenue at a moment: a win, or what was taken back of one (negative)."""

    at: datetime
    id: str
    known_at: datetime
    gone_at: datetime | None
    minor: int
    credit_id: str
    opportunity_id: str
    month: int

    def counts(self, moment: datetime) -> bool:
        """Whether it has happened, is known, and has not been replaced by *moment*."""
        return self.at <= moment and self.known_at <= moment and (self.gone_at is None or self.gone_at > moment)


class Happened(Protocol):
    """A record of something that happened."""

    @property
    def id(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def recorded_at(self) -> datetime | None: ...


class Line:
    """Facts of one kind in the order of their time; the few that were recorded late stand apart."""

    __slots__ = ("_ids", "_late", "_times")

    def __init__(self, facts: Iterable[tuple[datetime, datetime | None, str]]) -> None:
        on_time: list[tuple[datetime, str]] = []
        self._late: list[tuple[datetime, datetime, str]] = []
        for at, recorded_at, id in facts:
            if recorded_at is None or recorded_at <= at:
                on_time.append((at, id))
            else:
                self._late.append((recorded_at, at, id))
        on_time.sort()
        self._times = [at for at, _ in on_time]
        self._ids = [id for _, id in on_time]

    def last(self, moment: datetime) -> tuple[datetime, str] | None:
        """The latest fact known at *moment*; of two at one instant the one with the greater id."""
        place = bisect_right(self._times, moment)
        found = (self._times[place - 1], self._ids[place - 1]) if place else None
        if self._late:
            late = [(at, id) for known_at, at, id in self._late if known_at <= moment]
            found = max([*late, found] if found else late, default=None)
        return found

    def known(self, moment: datetime, after: datetime | None = None) -> list[tuple[datetime, str]]:
        """The facts in (after, moment] that are known by then, oldest first."""
        low = 0 if after is None else bisect_right(self._times, after)
        high = bisect_right(self._times, moment)
        found = list(zip(self._times[low:high], self._ids[low:high], strict=True))
        late = [(at, id) for known_at, at, id in self._late if known_at <= moment and (after is None or at > after)]
        return sorted(found + late) if late else found


_AT: Final = attrgetter("at", "recorded_at", "id")


def line_of(records: Iterable[Happened]) -> Line:
    """The line of records that carry `at` and `recorded_at`."""
    return Line(map(_AT, records))


class Track:
    """Everything known of one partner, ever; each question names the moment from which it is asked."""

    def __init__(self, partner: Partner, source: Source) -> None:
        self.partner = partner
        self.source = source
        self.data = source.data
        self.ids: tuple[str, ...] = (partner.id,)
        if partner.parent_id is not None or source.signals.family:
            self.ids = family(source.data, partner, below=source.signals.family)

    def related(self, kind: type[Any]) -> Sequence[Any]:
        """The partner's records of a kind, each id once, with those of the partners below it where they count."""
        if len(self.ids) == 1:
            return self.data.related(kind, partner_id=self.ids[0])
        return [record for id in self.ids for record in self.data.related(kind, partner_id=id)]

    # --- revenue

    @cached_property
    def wins(self) -> list[Entry]:
        """Credited wins by time, each id once, those that were replaced later too."""
        roles = self.source.signals.credit_roles
        found: dict[str, Entry] = {}
        for credit in self.related(Credit):
            if credit.role in roles and credit.amount.minor > 0:
                found[credit.id] = self._entry(credit)
        return sorted(found.values())

    def _entry(self, credit: Credit) -> Entry:
        at, recorded = credit.at, credit.recorded_at
        known = at if recorded is None or recorded < at else recorded
        minor, month = self.converted(credit.amount, at), month_number(self.source.calendar.date_of(at))
        return Entry(at, credit.id, known, self._gone_at(credit.id), minor, credit.id, credit.opportunity_id, month)

    def _gone_at(self, credit_id: str) -> datetime | None:
        later = self.data.related(Credit, supersedes=credit_id)
        return min((one.recorded_at or one.at for one in later), default=None)

    @cached_property
    def entries(self) -> list[Entry]:
        """Wins, corrections and what was taken back, by time."""
        roles = self.source.signals.credit_roles
        credits = {credit.id: credit for credit in self.related(Credit) if credit.role in roles}
        minus = [self._entry(credit) for credit in credits.values() if credit.amount.minor < 0]
        taken = self.taken_back
        return sorted([*self.wins, *minus, *taken]) if minus or taken else self.wins

    @cached_property
    def taken_back(self) -> list[Entry]:
        """The partner's part in every reversal of a deal that it was credited for, negative."""
        if not self.data.reversals:
            return []
        roles = self.source.signals.credit_roles
        found: dict[tuple[str, str], Entry] = {}
        for credit in self.related(Credit):
            if credit.role not in roles:
                continue
            for one in self.data.related(Reversal, opportunity_id=credit.opportunity_id):
                known = max(one.recorded_at or one.at, one.at, credit.recorded_at or credit.at, credit.at)
                gone, part = self._gone_at(credit.id), self.converted(one.amount.times(credit.share), one.at)
                found[credit.id, one.id] = Entry(one.at, one.id, known, gone, -part, credit.id, one.opportunity_id, 0)
        return list(found.values())

    @cached_property
    def currency(self) -> str | None:
        """The policy's currency or, where it names none, that of the partner's first credit."""
        if self.source.currency is not None:
            return self.source.currency
        credits: Sequence[Credit] = self.related(Credit)
        return min(credits, key=attrgetter("at", "id")).amount.currency if credits else None

    def converted(self, amount: Money, at: datetime) -> int:
        """Minor units of an amount in the track's currency, at the rate of its day."""
        to = self.currency or amount.currency
        if amount.currency == to:
            return amount.minor
        if self.source.rates is None:
            raise CurrencyMismatch("add the revenue of one partner in", to, amount.currency)
        return self.source.rates.convert(amount, to, self.source.calendar.date_of(at)).minor

    # --- events

    @cached_property
    def activities(self) -> Line:
        """Activities of every kind."""
        return line_of(self.related(Activity))

    def activities_of(self, kind: str) -> Line:
        """Activities of one kind."""
        if ("activity", kind) not in self._lines:
            found = (one for one in self.related(Activity) if one.kind == kind)
            self._lines["activity", kind] = line_of(found)
        return self._lines["activity", kind]

    def events(self, kind: str) -> Line:
        """The line of one kind of event that breaks a silence."""
        if (kind, "") not in self._lines:
            self._lines[kind, ""] = self.activities if kind == "activity" else _EVENTS[kind](self)
        return self._lines[kind, ""]

    @cached_property
    def _lines(self) -> dict[tuple[str, str], Line]:
        return {}

    def signed_on(self, today: date) -> date | None:
        """First day of the relation as known on *today*; after a long gap between agreements, of the later one."""
        first = self.partner.signed_on
        spans = sorted(
            (one.effective_from, one.effective_to or date.max)
            for one in self.data.related(Agreement, partner_id=self.partner.id)
            if max(one.signed_on or one.effective_from, one.effective_from) <= today
        )
        told = first if first is not None and first <= today else None
        if not spans:
            return told
        start, reach = spans[0]
        for begin, end in spans[1:]:
            if (begin - reach).days > self.source.signals.restart_after_days:
                start, told = begin, None
            reach = max(reach, end)
        return told or start


def _wins(track: Track) -> Line:
    return Line((win.at, win.known_at, win.id) for win in track.wins)


def _registered(track: Track) -> Line:
    return Line((one.submitted_at, one.recorded_at, one.id) for one in track.related(DealRegistration))


def _created(kind: type[Any]) -> Callable[[Track], Line]:
    return lambda track: Line((one.created_at, one.recorded_at, one.id) for one in track.related(kind))


def _accepted(track: Track) -> Line:
    taken = [one for one in track.related(LeadAssignment) if one.accepted_at is not None]
    return Line((one.accepted_at, one.recorded_at, one.id) for one in taken)


def _certified(track: Track) -> Line:
    calendar = track.source.calendar
    return Line((calendar.start_of(one.valid_from), None, one.id) for one in track.related(Certification))


_EVENTS: Final[dict[str, Callable[[Track], Line]]] = {
    "assignment": _accepted,
    "certification": _certified,
    "lead": _created(Lead),
    "opportunity": _created(Opportunity),
    "registration": _registered,
    "touch": lambda track: line_of(track.related(Touchpoint)),
    "win": _wins,
}


def family(data: Dataset, partner: Partner, *, below: bool) -> tuple[str, ...]:
    """
    The partner's id and, where asked, those of all partners below it.

    Raises:
        InvalidValue: Its parents, or the partners below it, run in a circle.
    """
    above = [partner.id]
    parent = partner.parent_id
    while parent is not None:
        if parent in above:
            path = " -> ".join([*above, parent])
            raise InvalidValue("Partner.parent_id", f"free of circles ({path}); clear one of these", parent)
        above.append(parent)
        records = data.related(Partner, id=parent)
        parent = records[0].parent_id if records else None
    if not below:
        return (partner.id,)
    ids = [partner.id]
    for id in ids:  # the list grows while it is read; an id that repeats is not read twice
        ids.extend(child.id for child in data.related(Partner, parent_id=id) if child.id not in ids)
    return tuple(ids)
