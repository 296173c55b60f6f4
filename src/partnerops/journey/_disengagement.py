"""Why a partner that did well fell silent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from attrs import field, frozen

from partnerops._arguments import check_int
from partnerops._attrs import Noun, Value, is_aware, is_id, is_partner_id, is_str, is_text, to_instant
from partnerops._render import Printable
from partnerops.dataset import Dataset
from partnerops.entities import DealRegistration, Partner, Payout, PayoutStatus, RegistrationStatus
from partnerops.exceptions import InvalidValue
from partnerops.journey._decide import Judge
from partnerops.journey._functions import asking, rules_of
from partnerops.journey._given import check_data, listed
from partnerops.journey._policies import check_policy
from partnerops.journey._protocol import StagePolicy
from partnerops.journey._pulse import pulse
from partnerops.journey._results import CriterionResult, Pulse
from partnerops.journey._rules import StageRules
from partnerops.journey._settings import EVENTS
from partnerops.journey._signal import Unit, shown
from partnerops.journey._stages import Outcome, Use
from partnerops.journey._track import Source, Track
from partnerops.journey._view import Moment, View
from partnerops.money import ExchangeRates
from partnerops.periods import UTC_CALENDAR, Calendar
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class VendorFailure(Noun):
    """
    Something that the vendor did not do as promised, given as a fact: a late payout, a breached SLA.

    >>> from datetime import UTC
    >>> VendorFailure(id="S-1", partner_id="acme", kind="late_payout", at=datetime(2026, 3, 2, tzinfo=UTC)).kind
    'late_payout'
    """

    id: str = field(validator=is_id)
    """Id of the record."""
    partner_id: PartnerId = field(validator=is_partner_id)
    """Whom it was owed to."""
    kind: str = field(validator=is_text)
    """Open set: late_payout, sla_breach, rejected_registration, failed_payout, ..."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When."""
    note: str = field(default="", validator=is_str)
    """What happened, in words."""


@frozen
class ActivityDrop(Noun):
    """How much less of one kind of event there is than the partner's own past had."""

    kind: str
    """Kind of event, or `all`."""
    last_on: date | None
    """Day of the last one; None if there never was one."""
    recent: int
    """Events in the recent window."""
    usual: Fraction
    """Events that a window of that length held before, on average over the four windows before it."""

    @property
    def drop(self) -> Fraction | None:
        """Share that fell away, below 0 for more than usual; None where nothing was usual."""
        # From nothing to nothing is no drop, and no percentage of anything.
        return None if not self.usual else 1 - self.recent / self.usual


@frozen(kw_only=True)
class Disengagement(Value, Printable):
    """What fell away at a partner, and what the vendor had to do with it."""

    partner: Partner = field(repr=False)
    """The partner."""
    as_of: datetime
    """The moment."""
    pulse: Pulse
    """How alive the relation is."""
    days: int
    """Length of the recent window."""
    drops: tuple[ActivityDrop, ...]
    """All events together, then each kind that there ever was."""
    lost: tuple[CriterionResult, ...]
    """Criteria that passed a year before and are known to fail now, as they stand now."""
    failures: tuple[VendorFailure, ...]
    """The vendor's own failures in the year before, oldest first."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per finding."""
        rows = [_row(self, "activity", one.kind, one.last_on, _words(one)) for one in self.drops]
        rows += [_row(self, "criterion lost", one.id, None, one.because) for one in self.lost]
        return rows + [_row(self, "vendor failure", one.kind, one.at, one.note or one.id) for one in self.failures]

    def _headline(self) -> str:
        return f"{self.partner.name} ({self.partner.id}): {self.pulse.status}, {self.pulse.because}"

    def _rows(self) -> list[dict[str, object]]:
        return [{key: row[key] for key in ("finding", "what", "on", "because")} for row in self.to_dicts()]


def _row(report: Disengagement, finding: str, what: str, on: date | None, because: str) -> dict[str, object]:
    return {"partner_id": report.partner.id, "finding": finding, "what": what, "on": on, "because": because}


def _words(one: ActivityDrop) -> str:
    usual = shown(Unit.SCORE, one.usual)
    return f"{one.recent} lately, {usual} usual" + (f", last on {one.last_on}" if one.last_on else "")


def disengagement(
    data: Dataset,
    partner_id: PartnerId,
    *,
    policy: StagePolicy,
    as_of: datetime | date,
    failures: Iterable[VendorFailure] = (),
    days: int = 90,
    calendar: Calendar = UTC_CALENDAR,
    rates: ExchangeRates | None = None,
) -> Disengagement:
    """
    Why a partner disengaged: last activity by kind, drop against its own past, criteria lost, the vendor's failures.

    The recent window is the last *days*; the partner's own past are the four windows of that length before it.
    Registrations refused and payouts that did not arrive are found in the dataset; give late payouts and breached
    SLAs as *failures*.

    Raises:
        UnknownName: There is no such partner.
        InvalidValue: A failure of another kind of record, or *days* out of range.
    Source: "Jornada do Parceiro", stage 4: why did partners that performed at the start disengage?
    """
    check_data(data)
    check_policy("disengagement(policy=...)", policy)
    check_int("days", days, 1, 3660)
    moment = Moment(as_of, calendar)
    given = [_checked(index, one) for index, one in enumerate(listed("failures", failures, "a list of VendorFailure"))]
    partner = data.get(Partner, partner_id)
    rules = rules_of(policy, partner.as_of(moment.instant, moment.today))
    track = Track(partner, Source(data, rules.signals, rules.currency, calendar, rates))
    view = View(track, moment)
    # A year back: the same season, and long enough for what is called "used to".
    start = moment.after(12) or moment.instant
    # Facts given for other partners are passed over, so that one list may serve a whole programme.
    own = [one for one in given if one.partner_id == partner_id and one.at <= moment.instant]
    # A failure that is both in the dataset and given counts once; what was given says more, so it goes last.
    found = {one.id: one for one in (*_failures(view), *own) if one.at > start}
    return Disengagement(
        partner=partner.as_of(moment.instant, moment.today),
        as_of=moment.instant,
        pulse=pulse(view, rules.dormancy),
        days=days,
        drops=_drops(view, days),
        lost=_lost(rules, view, View(track, Moment(start, calendar))),
        failures=tuple(sorted(found.values(), key=lambda one: (one.at, one.id))),
    )


def _checked(index: int, failure: Any) -> VendorFailure:
    if not isinstance(failure, VendorFailure):
        raise InvalidValue(f"failures[{index}]", "a VendorFailure", failure)
    return failure


def _drops(view: View, days: int) -> tuple[ActivityDrop, ...]:
    # Plain days, not calendar months: the five windows have to be equally long to be compared.
    now = view.moment.instant
    start, before = now - timedelta(days=days), now - timedelta(days=5 * days)
    found: list[ActivityDrop] = []
    for kind in ("all", *EVENTS):
        line = view.track.events(EVENTS if kind == "all" else (kind,))
        last = line.last(now)
        # A kind that never happened did not fall away.
        if last is not None or kind == "all":
            recent, past = len(line.known(now, start)), len(line.known(now, before))
            on = None if last is None else view.date_of(last[0])
            found.append(ActivityDrop(kind, on, recent, Fraction(past - recent, 4)))
    return tuple(found)


def _lost(rules: StageRules, now: View, then: View) -> tuple[CriterionResult, ...]:
    """Criteria of any gate that passed then and fail now; of one signal and window the one asked for last."""
    # Whole gates, not only those around the stage: a criterion of an earlier gate may be the one that fell away.
    judges = [Judge(view.track.partner, asking(view)) for view in (then, now)]
    lost: dict[str, CriterionResult] = {}
    for gate in rules.gates:
        for use in (Use.ENTER, Use.STAY):
            before, after = (judge.results(gate, use) for judge in judges)
            for one, other in zip(before, after, strict=True):
                if one.outcome is Outcome.PASSED and other.outcome is Outcome.FAILED:
                    lost.setdefault(other.id, other)
    return tuple(lost.values())


def _failures(view: View) -> list[VendorFailure]:
    """Registrations refused and payouts that did not arrive, as known at the moment."""
    filed: list[DealRegistration] = view.seen(DealRegistration)
    payouts: list[Payout] = view.seen(Payout)
    found = [
        VendorFailure(
            id=one.id,
            partner_id=one.partner_id,
            kind="rejected_registration",
            at=one.decided_at or one.submitted_at,
            note=one.reject_reason or "",
        )
        for one in filed
        if one.status is RegistrationStatus.REJECTED
    ]
    return found + [
        VendorFailure(
            id=one.id, partner_id=one.partner_id, kind="failed_payout", at=one.settled_at or one.at, note=f"{one.net}"
        )
        for one in payouts
        if one.status is not PayoutStatus.PAID
    ]
