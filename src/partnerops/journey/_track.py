"""A partner's facts, sorted once, so that every moment of its history can be asked cheaply."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple, TypeAlias, cast

from partnerops.dataset import COLLECTIONS, Dataset
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
from partnerops.journey._given import check_data
from partnerops.journey._settings import SignalRules
from partnerops.money import ExchangeRates, Money
from partnerops.periods import UTC_CALENDAR, Calendar


class Source:
    """Where facts come from, and how they are read: the same for all partners of one call under the same rules."""

    def __init__(
        self,
        data: Dataset,
        signals: SignalRules,
        currency: str | None = None,
        calendar: Calendar = UTC_CALENDAR,
        rates: ExchangeRates | None = None,
    ) -> None:
        check_data(data)
        if rates is not None and not isinstance(rates, ExchangeRates):
            raise InvalidValue("rates", "ExchangeRates, or None", rates)
        self.data, self.signals, self.currency, self.calendar, self.rates = data, signals, currency, calendar, rates
        # Kinds of which there is no record at all need no look-up for each partner.
        self.empty: dict[type[Any], tuple[Any, ...]] = {kind: () for kind in COLLECTIONS if not data.all(kind)}
        # Most datasets have no credit that replaces another, and need no look-up for each credit either.
        alone = data.related(Credit, supersedes=cast("str", None))
        self.replaces = len(alone) < len(data.credits)
        self._is_utc = calendar.zone == "UTC"

    @cached_property
    def first_credit_at(self) -> datetime | None:
        """When anybody's first credit was known; None where nothing was ever attributed."""
        # Read once for all partners, and only for one without revenue.
        return min((max(one.at, one.recorded_at or one.at) for one in self.data.credits), default=None)

    def date_of(self, at: datetime) -> date:
        """The business date of an instant, which is in UTC as all instants of records are."""
        return at.date() if self._is_utc else self.calendar.date_of(at)


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


Fact: TypeAlias = tuple[datetime, datetime | None, str]
"""When something happened, when it was recorded (None: at once), and the record's id."""
_TIME: Final = itemgetter(0)
_WHEN: Final = attrgetter("at", "id")


class Line:
    """
    Facts that can be asked from any moment.

    Sorted by time; the few that were recorded late stand apart.
    """

    __slots__ = ("_facts", "_late", "_times")

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = sorted(facts, key=_TIME)
        self._late = [(at, known, id) for at, known, id in self._facts if known is not None and known > at]
        if self._late:
            self._facts = [fact for fact in self._facts if fact[1] is None or fact[1] <= fact[0]]
        self._times = [fact[0] for fact in self._facts]

    def last(self, moment: datetime) -> tuple[datetime, str] | None:
        """The latest fact known at *moment*; of several at one instant the one with the greatest id."""
        place = bisect_right(self._times, moment)
        found = [(at, id) for at, known_at, id in self._late if known_at <= moment]
        if place:
            at = self._times[place - 1]
            while place and self._times[place - 1] == at:
                found.append((at, self._facts[place - 1][2]))
                place -= 1
        return max(found, default=None)

    def known(self, moment: datetime, after: datetime | None = None) -> list[tuple[datetime, str]]:
        """The facts in (after, moment] that are known by then, oldest first."""
        low = 0 if after is None else bisect_right(self._times, after)
        found = [(at, id) for at, _, id in self._facts[low : bisect_right(self._times, moment)]]
        late = [(at, id) for at, known_at, id in self._late if known_at <= moment and (after is None or at > after)]
        return sorted(found + late)


class Track:
    """Everything known of one partner, ever; each question names the moment from which it is asked."""

    def __init__(self, partner: Partner, source: Source) -> None:
        self.partner = partner
        self.source = source
        self.data = source.data
        # Asked for by several signals of each partner: looked up once.
        self._related = source.empty.copy()
        self._lines: dict[tuple[str, ...], Line] = {}
        self._asked: set[tuple[str, ...]] = set()
        self.ids: tuple[str, ...] = (partner.id,)
        # Walked also where only its own facts count: a circle of parents is a fault whoever asks.
        if partner.parent_id is not None or source.signals.family:
            self.ids = family(source.data, partner, below=source.signals.family)
        credits = self._credits()
        self.currency = source.currency or self._first_currency(credits)
        """The policy's currency or, where it names none, that of the partner's first credit."""
        self.wins = sorted([self._entry(one) for one in credits if one.amount.minor > 0])
        """Credited wins by time, those that were replaced later too."""
        self.entries = self._entries(credits)
        """Wins, corrections and what was taken back, by time."""

    def related(self, kind: type[Any]) -> Sequence[Any]:
        """The partner's records of a kind, with those of the partners below it where they count."""
        found = self._related.get(kind)
        if found is None:
            found = self.data.related(kind, partner_id=self.ids[0])
            for id in self.ids[1:]:
                found = (*found, *self.data.related(kind, partner_id=id))
            self._related[kind] = found
        return found

    # --- revenue

    def _credits(self) -> Collection[Credit]:
        """Those whose role counts, each id once."""
        roles = self.source.signals.credit_roles
        return {credit.id: credit for credit in self.related(Credit) if credit.role in roles}.values()

    @staticmethod
    def _first_currency(credits: Collection[Credit]) -> str | None:
        return min(credits, key=_WHEN).amount.currency if credits else None

    def _entry(self, credit: Credit) -> Entry:
        at, recorded, amount = credit.at, credit.recorded_at, credit.amount
        day = self.source.date_of(at)
        return Entry(
            at,
            credit.id,
            at if recorded is None or recorded < at else recorded,
            self._gone_at(credit.id) if self.source.replaces else None,
            amount.minor if amount.currency == self.currency else self.converted(amount, at),
            credit.id,
            credit.opportunity_id,
            day.year * 12 + day.month,
        )

    def _gone_at(self, credit_id: str) -> datetime | None:
        later = self.data.related(Credit, supersedes=credit_id)
        return min((one.recorded_at or one.at for one in later), default=None)

    def _entries(self, credits: Collection[Credit]) -> list[Entry]:
        # A correction lowers revenue; it is no win, and takes none away.
        minus = [self._entry(one) for one in credits if one.amount.minor < 0]
        taken = self._taken_back(credits) if self.data.reversals else []
        # Most partners have neither corrections nor refunds, and their wins are all there is.
        return sorted([*self.wins, *minus, *taken]) if minus or taken else self.wins

    def _taken_back(self, credits: Collection[Credit]) -> list[Entry]:
        """The partner's part in every reversal of a deal that it was credited for, negative."""
        found: dict[tuple[str, str], Entry] = {}
        for credit in credits:
            gone = self._gone_at(credit.id) if self.source.replaces else None
            for one in self.data.related(Reversal, opportunity_id=credit.opportunity_id):
                known = max(one.recorded_at or one.at, one.at, credit.recorded_at or credit.at, credit.at)
                minor = -self.converted(one.amount.times(credit.share), one.at)
                found[credit.id, one.id] = Entry(one.at, one.id, known, gone, minor, credit.id, one.opportunity_id, 0)
        return list(found.values())

    def converted(self, amount: Money, at: datetime, to: str | None = None) -> int:
        """Minor units of an amount in the track's currency, or in *to*, at the rate of its day."""
        to = to or self.currency or amount.currency
        if amount.currency == to:
            return amount.minor
        if self.source.rates is None:
            raise CurrencyMismatch(f"add up the amounts of {self.partner.id} without rates= in", to, amount.currency)
        return self.source.rates.convert(amount, to, self.source.date_of(at)).minor

    # --- events

    def events(self, kinds: tuple[str, ...]) -> Line:
        """Events of some kinds that break a silence."""
        if kinds not in self._lines:
            self._lines[kinds] = Line(chain.from_iterable(EVENTS_OF[kind](self) for kind in kinds))
        return self._lines[kinds]

    def last_event(self, kinds: tuple[str, ...], moment: datetime) -> tuple[datetime, str] | None:
        """
        When the partner was last heard of, and the record that says so.

        The first question looks for the newest record as it stands; whoever asks again pays for having them sorted.
        """
        if kinds in self._lines or kinds in self._asked:
            return self.events(kinds).last(moment)
        self._asked.add(kinds)
        found = [one for kind in kinds if (one := self._newest(kind, moment)) is not None]
        return max(found, default=None)

    def _newest(self, kind: str, moment: datetime) -> tuple[datetime, str] | None:
        """The latest event of one kind known at *moment*, of facts in no order."""
        if kind == "win":
            return next(((win.at, win.id) for win in reversed(self.wins) if win.known_at <= moment), None)
        if kind in _PLAIN:
            noun, time = _PLAIN[kind]
            records = self.related(noun)
            if not records:
                return None
            # Most questions are about now, when nothing lies ahead: then the newest record is the answer.
            times = list(map(time, records))
            newest = max(times)
            if newest <= moment and times.count(newest) == 1:
                last = records[times.index(newest)]
                if last.recorded_at is None or last.recorded_at <= moment:
                    return newest, last.id
        facts = EVENTS_OF[kind](self)
        return max(((at, id) for at, known, id in facts if max(at, known or at) <= moment), default=None)

    def activities(self, kind: str | None = None) -> Line:
        """Activities of one kind, or of all."""
        if kind is None:
            return self.events(("activity",))
        key = ("activity", kind)
        if key not in self._lines:
            self._lines[key] = Line([_AT(one) for one in self.related(Activity) if one.kind == kind])
        return self._lines[key]

    def signed_on(self, today: date) -> date | None:
        """First day of the relation as known on *today*; after a long gap between agreements, of the later one."""
        first = self.partner.signed_on
        told = first if first is not None and first <= today else None
        agreements = self.data.related(Agreement, partner_id=self.partner.id)
        # Asked at every moment of a replay, and most programmes keep the day of signing alone.
        if not agreements:
            return told
        spans = sorted(
            (one.effective_from, one.effective_to or date.max)
            for one in agreements
            if max(one.signed_on or one.effective_from, one.effective_from) <= today
        )
        if not spans:
            return told
        start, reach = spans[0]
        for begin, end in spans[1:]:
            # An open end reaches for ever, so only a known end leaves a gap.
            if (begin - reach).days > self.source.signals.restart_after_days:
                start, told = begin, None
            reach = max(reach, end)
        return told or start


# --- kinds of event

_PLAIN: Final[dict[str, tuple[type[Any], Callable[[Any], datetime]]]] = {
    "activity": (Activity, attrgetter("at")),
    "lead": (Lead, attrgetter("created_at")),
    "opportunity": (Opportunity, attrgetter("created_at")),
    "registration": (DealRegistration, attrgetter("submitted_at")),
    "touch": (Touchpoint, attrgetter("at")),
}
"""Kinds whose records simply have a time."""
_AT: Final = attrgetter("at", "recorded_at", "id")
_CREATED: Final = attrgetter("created_at", "recorded_at", "id")
_SUBMITTED: Final = attrgetter("submitted_at", "recorded_at", "id")
_ACCEPTED: Final = attrgetter("accepted_at", "recorded_at", "id")


def _by(kind: type[Any], fact: Callable[[Any], Fact]) -> Callable[[Track], Iterable[Fact]]:
    return lambda track: map(fact, track.related(kind))


def _accepted(track: Track) -> Iterable[Fact]:
    return [_ACCEPTED(one) for one in track.related(LeadAssignment) if one.accepted_at is not None]


def _certified(track: Track) -> Iterable[Fact]:
    start = track.source.calendar.start_of
    return [(start(one.valid_from), None, one.id) for one in track.related(Certification)]


EVENTS_OF: Final[dict[str, Callable[[Track], Iterable[Fact]]]] = {
    "activity": _by(Activity, _AT),
    "assignment": _accepted,
    "certification": _certified,
    "lead": _by(Lead, _CREATED),
    "opportunity": _by(Opportunity, _CREATED),
    "registration": _by(DealRegistration, _SUBMITTED),
    "touch": _by(Touchpoint, _AT),
    "win": lambda track: [(win.at, win.known_at, win.id) for win in track.wins],
}
"""What happened, by the kinds that `Dormancy.events` may name."""


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
