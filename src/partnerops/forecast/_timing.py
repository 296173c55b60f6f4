"""When deals close: time to a win with losses as a competing risk, by age."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple, cast

import attrs
from attrs import field, frozen

from partnerops._arguments import check_int
from partnerops._attrs import FrozenMap, Value, above, is_a, is_aware, place, to_strings, to_tuple, tuple_of
from partnerops._render import Printable, percent
from partnerops.dataset import Dataset
from partnerops.entities import UNKNOWN_STAGE, Opportunity, OpportunityStatus
from partnerops.exceptions import InvalidValue
from partnerops.forecast._history import DAY, Past, past, steps
from partnerops.forecast._keys import Key, Reader, Tables, are_tables, check_names, is_key, partner_tables, say
from partnerops.forecast._probability import Probability, fitted, is_tally
from partnerops.periods import Calendar, Period

Event = tuple[int, int, int, int]
"""Age in days, deals still open at it, wins and losses at it."""
_METHOD: Final = "time to close"


def _to_events(values: Iterable[Event]) -> tuple[Event, ...]:
    return to_tuple(values)


def _are_events(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    events = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (None,)
    if not all(_is_event(event) for event in events):
        rule = "a list of (age in days, deals open at it, won, lost), all whole numbers"
        raise InvalidValue(place(instance, attribute), rule, cast("object", value))


def _is_event(value: object) -> bool:
    parts = cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
    return len(parts) == len(("age", "open", "won", "lost")) and all(isinstance(part, int) for part in parts)


@frozen(kw_only=True)
class TimingCurve(Value):
    """
    The closes of one group of deals by age: the counts from which its curve follows.

    >>> TimingCurve(key=(), n=3, events=[(0, 3, 0, 0), (5, 3, 1, 0), (6, 2, 0, 0), (9, 2, 0, 1)]).events[1]
    (5, 3, 1, 0)
    """

    key: tuple[str, ...] = field(converter=to_strings, validator=is_key)
    """Values of the names in `TimeToClose.by`, from the first on; `()` is all deals."""
    n: int = field(validator=is_tally)
    """Deals of the group, open ones too."""
    events: tuple[Event, ...] = field(converter=_to_events, validator=_are_events, repr=False)
    """Age in days, deals still open at it, wins and losses at it; an entry for every age at which that changes."""


class _Curve(NamedTuple):
    """Cumulative incidence of wins, and the share still open, after each of some ages."""

    ages: Sequence[int]
    won: Sequence[float]
    still_open: Sequence[float]
    n: int

    def at(self, age: int) -> tuple[float, float]:
        place = bisect_right(self.ages, age)
        # Before the first event nothing has happened: none won, all open.
        return (self.won[place - 1], self.still_open[place - 1]) if place else (0.0, 1.0)


def _to_curves(values: Iterable[TimingCurve]) -> tuple[TimingCurve, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class TimeToClose(Value, Printable):
    """
    The chance of a win within a period by the age of the deal alone, with losses as a competing risk.

    With F(a) the share of deals won by age a and S(a) the share still open after it (both of Aalen and Johansen), an
    open deal of age g is won within the next h days with chance `(F(g + h) - F(g)) / S(g)`. A win and a loss compete: a
    curve that treats losses as if they had merely not been watched long enough overstates wins.

    A group has its own curve, each of its hazards drawn to that of its parent by `strength` deals. No deal ever stayed
    open that long: chance 0, n = 0.

    Source: O. O. Aalen, S. Johansen, An empirical transition matrix for non-homogeneous Markov chains based on censored
    observations, Scandinavian Journal of Statistics 5 (1978).
    """

    by: tuple[str, ...] = field(default=(), converter=to_strings, validator=is_key)
    """Names that make the groups, coarse to fine."""
    curves: tuple[TimingCurve, ...] = field(converter=_to_curves, validator=tuple_of(TimingCurve), repr=False)
    """The counts of each group; the first is all deals."""
    strength: int = field(default=30, validator=[is_a(int), above(0)])
    """How many open deals of its own make a group's hazard as heavy as its parent's."""
    tables: Tables = field(default=FrozenMap[FrozenMap[str]](), validator=are_tables, repr=False)
    """What was known of the partners: name -> partner id -> value."""
    as_of: datetime = field(validator=is_aware)
    """The moment of the fit."""
    _found: Mapping[Key, _Curve] = field(init=False, eq=False, repr=False)
    _read: Reader = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        found: dict[Key, _Curve] = {}
        hazards: dict[Key, dict[int, tuple[float, float]]] = {}
        for curve in sorted(self.curves, key=lambda one: len(one.key)):
            parent = hazards.get(curve.key[:-1], {}) if curve.key else {}
            # All deals together are drawn to nothing; a group to its parent, which is why parents come first.
            hazards[curve.key] = _hazards(curve.events, parent, self.strength if curve.key else 0)
            found[curve.key] = _accumulated(hazards[curve.key], curve.n)
        object.__setattr__(self, "_found", found)
        object.__setattr__(self, "_read", Reader(self.by, self.tables))

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance of a win in what is left of *period*, whatever the expected close says."""
        age, today = (as_of - opportunity.created_at).days, as_of.date()
        # A period that ends today still has this day's rest, which counts as a day.
        first, last = max(0, (period.start - today).days - 1), (period.end - today).days - 1
        chance, n = self.won_between(opportunity, age, age + first, age + max(last, 1))
        because = f"{percent(fitted(chance))} of deals open at {age} days are won by then" if n else _NEVER
        return Probability(fitted(chance), n=n, method=_METHOD, because=because)

    def won_between(self, opportunity: Opportunity, age: int, start: int, end: int) -> tuple[float, int]:
        """The chance that a deal open at *age* days is won after age *start* and by age *end*; and deals behind it."""
        curve = self._curve(self._read(opportunity))
        by_start, _ = curve.at(start)
        by_end, _ = curve.at(end)
        _, still_open = curve.at(age)
        # Nobody was open at that age, so nothing is known: not a chance of 0 that was measured (F12).
        return ((by_end - by_start) / still_open, curve.n) if still_open > 0 else (0.0, 0)

    def ever(self, opportunity: Opportunity, age: int) -> float:
        """The chance that a deal open at *age* days is ever won, as far as the history reaches."""
        return self.won_between(opportunity, age, age, 10**6)[0]

    def _curve(self, key: Key) -> _Curve:
        while key not in self._found:
            if not key:
                raise InvalidValue("TimeToClose.curves", "curves, the first of all deals, with key ()", self.curves)
            key = key[:-1]
        return self._found[key]

    def median_days(self, opportunity: Opportunity, /) -> int | None:
        """Age by which half of the deals like it that are ever won are won; None where none was."""
        curve = self._curve(self._read(opportunity))
        # Half of those won, not of all: most deals are never won, and the median would not be reached.
        half = curve.won[-1] / 2 if curve.won else 0.0
        return next((age for age, won in zip(curve.ages, curve.won, strict=True) if won >= half > 0), None)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each group and some ages: share won, lost and still open by then."""
        rows: list[dict[str, object]] = []
        for key, curve in self._found.items():
            for age in (7, 14, 30, 60, 90, 180, 365):
                won, still_open = curve.at(age)
                shares = {
                    "won": fitted(won),
                    "open": fitted(still_open),
                    "lost": fitted(max(0.0, 1 - won - still_open)),
                }
                rows.append({"group": say(self.by, key), "by days": age, **shares, "deals": curve.n})
        return rows

    def _rows(self) -> list[dict[str, object]]:
        return [
            {name: percent(value) if name in {"won", "open", "lost"} else value for name, value in row.items()}  # type: ignore[arg-type]  # shares are decimals
            for row in self.to_dicts()
        ]

    def _headline(self) -> str:
        return f"time to close by age of {self.curves[0].n:,} deals as of {self.as_of:%Y-%m-%d}"


_NEVER: Final = "no deal ever stayed open that long"


def _hazards(
    events: Sequence[Event], parent: Mapping[int, tuple[float, float]], strength: float
) -> dict[int, tuple[float, float]]:
    """Age -> hazards of a win and of a loss, each drawn to the parent's."""
    own = {age: (at_risk, wins, losses) for age, at_risk, wins, losses in events}
    found: dict[int, tuple[float, float]] = {}
    at_risk = 0
    for age in sorted(set(own) | set(parent)):
        # between two entries nobody comes or goes
        at_risk, wins, losses = own.get(age, (at_risk, 0, 0))
        of_win, of_loss = parent.get(age, (0.0, 0.0))
        cases = at_risk + strength
        if cases and (wins or losses or of_win or of_loss):
            found[age] = ((wins + strength * of_win) / cases, (losses + strength * of_loss) / cases)
    return found


def _accumulated(hazards: Mapping[int, tuple[float, float]], n: int) -> _Curve:
    won, still_open = list[float](), list[float]()
    by_then, left = 0.0, 1.0
    for of_win, of_loss in hazards.values():
        by_then += left * of_win
        # Aalen-Johansen: what is lost leaves the risk set as a loss, not as if it had merely not been watched.
        left *= max(0.0, 1.0 - of_win - of_loss)
        won.append(by_then)
        still_open.append(left)
    return _Curve(list(hazards), won, still_open, n)


def fit_time_to_close(
    data: Dataset,
    *,
    as_of: datetime | date,
    by: Iterable[str] = (),
    strength: int = 30,
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> TimeToClose:
    """
    The curves of `TimeToClose` from history: open deals count as far as they have come.

    *by* names what makes the groups, such as `origin`. With `stage` among them a deal counts in every open stage that
    it ever reached, from the age at which it got there: before, it was not at risk. With *history_start*, the first day
    whose closes were recorded, a deal counts only from the age that it had then: what closed before was never seen.

    Raises:
        UnknownName: A name in *by* that tells nothing about a deal.

    >>> fit_time_to_close(Dataset(), as_of=date(2026, 3, 31)).curves[0].n
    0
    """
    check_int("fit_time_to_close(strength=...)", strength, 1)
    known = past(data, as_of, calendar, history_start)
    names = check_names("fit_time_to_close(by=...)", by)
    tables = partner_tables(data, names, known.today)
    read = Reader(names, tables)
    groups: dict[Key, _Group] = {(): _Group()}
    place = names.index("stage") if "stage" in names else len(names)
    for deal in known.deals:
        key = read(deal)
        _count(groups, [key[:depth] for depth in range(min(place, len(key)) + 1)], _span(deal, known))
        if place < len(key):
            for stage, since in _entries(deal).items():
                full = (*key[:place], stage, *key[place + 1 :])
                keys = [full[:depth] for depth in range(place + 1, len(key) + 1)]
                _count(groups, keys, _span(deal, known, since))
    return TimeToClose(
        by=names,
        curves=[group.curve(key) for key, group in sorted(groups.items(), key=lambda item: (len(item[0]), item[0]))],
        strength=strength,
        tables=tables,
        as_of=known.now,
    )


Span = tuple[int, int, str]
"""Ages at which a deal came into sight and left it, and how."""


def _count(groups: dict[Key, _Group], keys: Iterable[Key], span: Span | None) -> None:
    if span is not None:
        for key in keys:
            groups.setdefault(key, _Group()).add(*span)


def _entries(deal: Opportunity) -> Mapping[str, float]:
    """Each open stage that the deal reached and its first moment there, in seconds."""
    found: dict[str, float] = {}
    for at, stage, status in steps(deal):
        if status is OpportunityStatus.OPEN and stage != UNKNOWN_STAGE:
            found.setdefault(stage, at)
    return found


def _span(deal: Opportunity, known: Past, since: float | None = None) -> Span | None:
    """The span from the creation or *since* a moment; None if the deal left before it could be seen."""
    created = deal.created_at.timestamp()
    end = known.seconds if deal.closed_at is None else deal.closed_at.timestamp()
    begin = max(created if since is None else since, created if known.start is None else known.start)
    # It left before it could be seen, and says nothing about those that stayed (left truncation).
    return None if end < begin else (int((begin - created) // DAY), int((end - created) // DAY), deal.status.value)


class _Group:
    """Counts of one group by age."""

    def __init__(self) -> None:
        self.n = 0
        self.moves: Counter[int] = Counter()
        self.closes: dict[str, Counter[int]] = {"open": Counter(), "won": Counter(), "lost": Counter()}

    def add(self, entry: int, leave: int, status: str) -> None:
        self.n += 1
        self.moves[entry] += 1
        self.moves[leave + 1] -= 1  # at risk on the very day of the close, or its hazard could exceed 1
        self.closes[status][leave] += 1

    def curve(self, key: Key) -> TimingCurve:
        won, lost = self.closes["won"], self.closes["lost"]
        at_risk, events = 0, list[Event]()
        for age in sorted({*self.moves, *won, *lost}):
            at_risk += self.moves[age]
            events.append((age, at_risk, won[age], lost[age]))
        return TimingCurve(key=key, n=self.n, events=events)
