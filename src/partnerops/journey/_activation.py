"""How many partners become active after signing, how engaged they are, and what their peers bring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Final

from attrs import frozen

from partnerops._arguments import check_int
from partnerops._attrs import Value
from partnerops._render import Printable
from partnerops.dataset import Dataset
from partnerops.entities import PartnerStatus
from partnerops.exceptions import UnknownName
from partnerops.journey._cohorts import check_asked, days_until
from partnerops.journey._settings import EVENTS, SignalRules
from partnerops.journey._signal import Unit, shown
from partnerops.journey._track import Source, Track
from partnerops.journey._view import Moment, View
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period
from partnerops.ratio import Ratio


@frozen(kw_only=True)
class Activation(Value, Printable):
    """How many partners became active soon after signing."""

    milestone: str
    """What makes a partner active."""
    within_days: int
    """Days after signing in which it has to happen."""
    rate: Ratio
    """Partners that reached it in time, of those whose days have passed."""
    waiting: int
    """Partners signed so lately that their days have not passed: left out of the rate."""
    by_type: tuple[tuple[str, Ratio], ...]
    """The same rate by partner type."""

    def _rates(self) -> tuple[tuple[str, Ratio], ...]:
        return (*self.by_type, ("all", self.rate))

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per partner type, and one for all."""
        return [
            {"type": type, "signed": rate.denominator, "active": rate.numerator, "rate": rate.value}
            for type, rate in self._rates()
        ]

    def _rows(self) -> list[dict[str, object]]:
        return [{**row, "rate": rate.percent()} for row, (_, rate) in zip(self.to_dicts(), self._rates(), strict=True)]

    def _headline(self) -> str:
        return (
            f"{self.milestone} within {self.within_days} days of signing: {self.rate}; {self.waiting} too new to tell"
        )


def activation(
    data: Dataset,
    *,
    as_of: datetime | date,
    period: Period | None = None,
    milestone: str = "won",
    within_days: int = 90,
    signals: SignalRules | None = None,
    calendar: Calendar = UTC_CALENDAR,
) -> Activation:
    """
    The share of partners that reached a milestone within some days of signing, by default the first win within 90.

    Not `metrics.partners.partner_activation`: that KPI counts a partner's own events from recruitment, a won deal with
    or without a credit; this rate counts from signing to a milestone that the stages know, a win being a credited one.

    The day of signing is the first of those days. *period* keeps the partners signed in it. Partners whose days have
    not passed are left out and counted apart.

    Raises:
        UnknownName: Another milestone.

    Source: partner-programme glossaries put activation at about 90 days after signing.

    >>> activation(Dataset(), as_of=date(2026, 3, 31)).rate.value is None
    True
    """
    check_asked("signed", [milestone], [within_days])
    moment, source = Moment(as_of, calendar), Source(data, signals or SignalRules(), None, calendar)
    tallies: dict[str, Ratio] = {}
    waiting = 0
    for partner in data.partners:
        signed = partner.signed_on
        if signed is None or signed > moment.today or (period is not None and signed not in period):
            continue
        if (moment.today - signed).days < within_days:
            waiting += 1
            continue
        view = View(Track(partner, source), moment)
        taken = days_until(view, milestone, signed)
        # Reached later is not in time: the rate tells how fast partners start, not whether they ever do.
        hit = taken is not None and taken < within_days
        tallies[partner.type] = tallies.get(partner.type, Ratio(0, 0)) + Ratio(int(hit), 1)
    return Activation(
        milestone=milestone,
        within_days=within_days,
        rate=Ratio.total(tallies.values()),
        waiting=waiting,
        by_type=tuple(sorted(tallies.items(), key=lambda pair: pair[0])),
    )


# --- engagement


@frozen
class EngagementLine(Value):
    """How engaged one partner is."""

    partner_id: str
    """Who."""
    events: int
    """Events in the window."""
    score: Fraction
    """Their weights, each less the older the event is."""


@frozen(kw_only=True)
class Engagement(Value, Printable):
    """How engaged the partners of a programme are."""

    days: int
    """Length of the window that ends at the moment."""
    active: Ratio
    """Partners with an event in the window, of all that were signed and had not ended."""
    lines: tuple[EngagementLine, ...]
    """Those partners, the most engaged first."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per partner."""
        return [{"partner_id": one.partner_id, "events": one.events, "score": one.score} for one in self.lines]

    def _headline(self) -> str:
        return f"active in the last {self.days} days: {self.active}"

    def _rows(self) -> list[dict[str, object]]:
        return [
            {"partner": one.partner_id, "events": one.events, "score": shown(Unit.SCORE, one.score)}
            for one in self.lines
        ]


_EVEN: Final[Mapping[str, int]] = {str(kind): 1 for kind in EVENTS}


def engagement(
    data: Dataset,
    *,
    as_of: datetime | date,
    days: int = 90,
    weights: Mapping[str, int] | None = None,
    signals: SignalRules | None = None,
    calendar: Calendar = UTC_CALENDAR,
) -> Engagement:
    """
    How engaged each partner is: the sum of weight x (1 - age / days) over the events of the last *days*.

    An event of today counts its weight in full, one that is *days* old nothing any more. *weights* go by kind of
    event, by default 1 for each; a kind that is not named counts nothing.

    Raises:
        UnknownName: A kind of event that does not exist.
        InvalidValue: A weight that is negative or no whole number.

    >>> engagement(Dataset(), as_of=date(2026, 3, 31)).active.value is None
    True
    """
    check_int("days", days, 1, 3660)
    for kind, weight in (weights or {}).items():
        if kind not in EVENTS:
            raise UnknownName("kind of event", kind, EVENTS)
        check_int(f"weights[{kind!r}]", weight, 0)
    moment, source = Moment(as_of, calendar), Source(data, signals or SignalRules(), None, calendar)
    lines: list[EngagementLine] = []
    for partner in data.partners:
        # Prospects owe no activity yet, and what has ended owes none any more.
        if partner.status(moment.today) in (PartnerStatus.SIGNED, PartnerStatus.SUSPENDED):
            view = View(Track(partner, source), moment)
            lines.append(_engaged(view, days, weights or _EVEN))
    ranked = sorted(lines, key=lambda one: (-one.score, -one.events, one.partner_id))
    return Engagement(days=days, active=Ratio(sum(one.events > 0 for one in ranked), len(ranked)), lines=tuple(ranked))


def _engaged(view: View, days: int, weights: Mapping[str, int]) -> EngagementLine:
    after, events, score = view.moment.after(None, days), 0, 0
    for kind, weight in weights.items():
        for at, _ in view.track.events((kind,)).known(view.moment.instant, after):
            # A kind that weighs nothing is no sign of engagement either.
            events += weight > 0
            score += weight * (days - (view.today - view.date_of(at)).days)
    return EngagementLine(view.track.partner.id, events, Fraction(score, days))


# --- peers


def peer_revenue(
    data: Dataset,
    *,
    as_of: datetime | date,
    currency: str,
    percentile: int = 67,
    months: int = 12,
    partner_type: str | None = None,
    signals: SignalRules | None = None,
    calendar: Calendar = UTC_CALENDAR,
) -> Money:
    """
    The revenue that *percentile* percent of partners with revenue do not exceed: a threshold taken from peers.

    The nearest rank, so it is some partner's own revenue; nothing where no partner has any. A policy with a threshold
    from peers is one for a moment: a partner's stage then depends on the others, so fix the amount for a year and put
    it into a new version of the policy.

    Raises:
        InvalidValue: A percentile outside 1 to 100.

    >>> peer_revenue(Dataset(), as_of=date(2026, 3, 31), currency="BRL")
    Money('0.00', 'BRL')
    """
    check_int("percentile", percentile, 1, 100)
    moment, source = Moment(as_of, calendar), Source(data, signals or SignalRules(), currency, calendar)
    amounts: list[int] = []
    for partner in data.partners:
        if partner_type in (None, partner.type):
            view = View(Track(partner, source), moment)
            amounts.append(sum(entry.minor for entry in view.revenue(moment.after(months))))
    # Partners without revenue would drag the threshold down to nothing in most programmes.
    ranked = sorted(one for one in amounts if one > 0)
    if not ranked:
        return Money.zero(currency)
    # Nearest rank, rounded up: at least so many percent are at or below it.
    place = -(-len(ranked) * percentile // 100)
    return Money.from_minor(ranked[place - 1], currency)
