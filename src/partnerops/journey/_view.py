"""A partner as seen from one moment: what had happened by then, and was known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from operator import attrgetter
from typing import Any, TypeVar

from partnerops.entities import Opportunity
from partnerops.entities._facts import Entity
from partnerops.journey._settings import SignalRules
from partnerops.journey._track import Entry, Track
from partnerops.metrics._deals import moment
from partnerops.money import Money
from partnerops.periods import Calendar

N = TypeVar("N", bound=Entity)


class Moment:
    """A point in time with the starts of its windows, worked out once for all partners."""

    __slots__ = ("_quarters", "_starts", "calendar", "instant", "today")

    def __init__(self, as_of: datetime | date, calendar: Calendar) -> None:
        self.instant = moment(as_of, calendar)
        self.calendar = calendar
        self.today = calendar.date_of(self.instant)
        self._starts: dict[tuple[int | None, int | None], datetime | None] = {(None, None): None}
        self._quarters: dict[int, list[datetime]] = {}

    def after(self, months: int | None, days: int | None = None) -> datetime | None:
        """The last instant before a window that ends here; None for all time."""
        key = (months, days)
        if key not in self._starts:
            self._starts[key] = self.calendar.window(self.instant, months=months, days=days).after
        return self._starts[key]

    def quarters(self, months: int) -> list[datetime]:
        """The starts of the quarters of a window, counted back from the moment, the earliest first."""
        if months not in self._quarters:
            # Months are counted from the moment, each on its own: chained ones would drift at month ends.
            starts = [self.after(back) for back in range(months, 0, -3)]
            self._quarters[months] = [start for start in starts if start is not None]
        return self._quarters[months]


class View:
    """What a track shows from a moment; each thing is looked up once."""

    def __init__(self, track: Track, moment: Moment) -> None:
        self.track = track
        self.moment = moment
        self.today = moment.today
        self._seen: dict[type[Any], list[Any]] = {}
        self.signed_on: date | None = track.signed_on(moment.today)
        """First day of the relation."""
        now = moment.instant
        # Known is never before at, so what is known has happened.
        self.entries = [
            one for one in track.entries if one.known_at <= now and (one.gone_at is None or one.gone_at > now)
        ]
        """Wins, corrections and what was taken back, by time."""
        self.wins = self._wins()
        """Wins by time; one that was taken back whole counts no more."""
        self._unattributed: tuple[str, ...] | None = None

    @property
    def unattributed(self) -> tuple[str, ...]:
        """The partner's own won deals, where nobody had any credit yet; with the first credit there are none."""
        if self._unattributed is None:
            first = self.track.source.first_credit_at
            blind = not self.entries and (first is None or first > self.moment.instant)
            self._unattributed = tuple(deal.id for deal in self.seen(Opportunity) if deal.is_won) if blind else ()
        return self._unattributed

    @property
    def signals(self) -> SignalRules:
        """What the signals mean."""
        return self.track.source.signals

    def date_of(self, at: datetime) -> date:
        """The business date of an instant."""
        return self.track.source.date_of(at)

    def seen(self, kind: type[Any]) -> list[Any]:
        """The partner's records of a kind as they were known, by id."""
        found = self._seen.get(kind)
        if found is None:
            records = self.track.related(kind)
            found = self._seen[kind] = sorted(self.known(records), key=_id) if records else []
        return found

    def known(self, records: Iterable[N]) -> list[N]:
        """Records as they were known at the moment, in their order."""
        instant, today = self.moment.instant, self.today
        views = [one.as_of(instant, today) for one in records]
        # None is a record that nobody had yet at the moment.
        return [one for one in views if one is not None]

    # --- wins and revenue

    def _wins(self) -> list[Entry]:
        # A win is gone once all of it was taken back: a refund in part leaves a customer, and a win.
        gone: dict[str, int] = {}
        won: list[Entry] = []
        for entry in self.entries:
            if entry.minor > 0:
                won.append(entry)
            else:
                gone[entry.credit_id] = gone.get(entry.credit_id, 0) - entry.minor
        return [win for win in won if win.minor > gone.get(win.id, 0)] if gone else won

    def wins_after(self, after: datetime | None) -> list[Entry]:
        """The wins in (after, moment]."""
        return self.wins if after is None else [win for win in self.wins if win.at > after]

    def revenue(self, after: datetime | None = None, until: datetime | None = None) -> list[Entry]:
        """What revenue is made of within (after, until]."""
        return [
            entry
            for entry in self.entries
            if (after is None or entry.at > after) and (until is None or entry.at <= until)
        ]

    def money(self, minor: int) -> Money | None:
        """An amount in the track's currency; None where nothing says which that is."""
        currency = self.track.currency
        return None if currency is None else Money.from_minor(minor, currency)

    def last_event(self, kinds: tuple[str, ...]) -> tuple[datetime, str] | None:
        """When the partner was last heard of, and the record that says so."""
        return self.track.last_event(kinds, self.moment.instant)


_id = attrgetter("id")
