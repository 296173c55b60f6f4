"""The verbs: place one partner or all of them, at one moment or along a row of dates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from itertools import pairwise

from partnerops.dataset import Dataset
from partnerops.entities import Partner
from partnerops.exceptions import InvalidValue, PolicyBrokeContract
from partnerops.journey._approvals import StageApproval, approvals_by_partner, approved_stage, held_stage
from partnerops.journey._criteria import Key
from partnerops.journey._decide import decide
from partnerops.journey._entities import StageDecision, Timeline
from partnerops.journey._given import check_data, decisions_of, listed
from partnerops.journey._measures import measure
from partnerops.journey._policies import check_policy
from partnerops.journey._protocol import StagePolicy
from partnerops.journey._pulse import pulse
from partnerops.journey._rules import StageRules
from partnerops.journey._signal import Measure
from partnerops.journey._track import Source, Track
from partnerops.journey._view import Moment, View
from partnerops.money import ExchangeRates
from partnerops.periods import UTC_CALENDAR, Calendar
from partnerops.typing import PartnerId


def classify(
    data: Dataset,
    partner_id: PartnerId,
    *,
    policy: StagePolicy,
    as_of: datetime | date,
    previous: StageDecision | None = None,
    calendar: Calendar = UTC_CALENDAR,
    rates: ExchangeRates | None = None,
    approvals: Iterable[StageApproval] = (),
) -> StageDecision:
    """
    Where a partner stands, why, and what is missing to move on.

    Only facts known at *as_of* count; a date means its last instant in *calendar*'s zone. Without *previous* the
    partner is placed by what it takes to enter each stage; with it, hysteresis says how far it may move. Give
    *rates* where credits are in several currencies, *approvals* where the policy asks somebody before a promotion.

    Raises:
        UnknownName: There is no such partner; the message names near misses.
        InvalidValue: *previous* is of another partner or not earlier, or the partner's parents run in a circle.
        CurrencyMismatch: Credits in another currency than the policy's, and no *rates*.
        PolicyBrokeContract: The policy does not answer with `StageRules`.

    >>> from partnerops import Money
    >>> from partnerops.journey import JourneyPolicy
    >>> data = Dataset(partners=[Partner(id="acme", name="Acme", type="reseller", signed_on=date(2026, 1, 10))])
    >>> policy = JourneyPolicy(first_wave_revenue=Money("50000", "BRL"), mature_revenue=Money("400000", "BRL"))
    >>> found = classify(data, "acme", policy=policy, as_of=date(2026, 2, 1))
    >>> found.stage, [one.id for one in found.blockers][:2]
    (JourneyStage.START, ['onboarding', 'accepted_registrations'])
    """
    check_policy("classify(policy=...)", policy)
    moment = Moment(as_of, calendar)
    check_previous(previous, partner_id, moment)
    seer = _Seer(data, policy, calendar, rates, approvals)
    return seer.decision(seer.track(data.get(Partner, partner_id), moment), moment, previous)


def classify_all(
    data: Dataset,
    *,
    policy: StagePolicy,
    as_of: datetime | date,
    previous: Iterable[StageDecision] = (),
    calendar: Calendar = UTC_CALENDAR,
    rates: ExchangeRates | None = None,
    approvals: Iterable[StageApproval] = (),
) -> tuple[StageDecision, ...]:
    """
    Where every partner of a dataset stands, in the dataset's order.

    *previous* holds earlier decisions in any order, at most one a partner; partners without one are placed freely, and
    decisions about partners that are not in the dataset are passed over.

    Raises:
        InvalidValue: Two previous decisions of one partner; and as `classify`.

    >>> from partnerops import Money
    >>> from partnerops.journey import JourneyPolicy
    >>> policy = JourneyPolicy(first_wave_revenue=Money("50000", "BRL"), mature_revenue=Money("400000", "BRL"))
    >>> classify_all(Dataset(), policy=policy, as_of=date(2026, 2, 1))
    ()
    """
    check_policy("classify_all(policy=...)", policy)
    moment = Moment(as_of, calendar)
    # Checked before anything is worked out, so that a slip costs nothing.
    before: dict[str, StageDecision] = {}
    for one in decisions_of("previous", previous):
        if one.partner_id in before:
            raise InvalidValue("classify_all(previous=...)", "at most one decision a partner", one.partner_id)
        before[one.partner_id] = one
    seer = _Seer(data, policy, calendar, rates, approvals)
    found: list[StageDecision] = []
    for partner in data.partners:
        last = before.get(partner.id)
        check_previous(last, partner.id, moment)
        found.append(seer.decision(seer.track(partner, moment), moment, last))
    return tuple(found)


def replay(
    data: Dataset,
    partner_id: PartnerId,
    *,
    policy: StagePolicy,
    dates: Iterable[datetime | date],
    calendar: Calendar = UTC_CALENDAR,
    rates: ExchangeRates | None = None,
    approvals: Iterable[StageApproval] = (),
) -> Timeline:
    """
    Where a partner stood at each of a row of dates, each decision knowing the one before.

    Every decision sees only what was known at its date, so facts recorded later change no earlier answer.

    Raises:
        InvalidValue: The dates do not rise; and as `classify`.

    >>> from partnerops import Money
    >>> from partnerops.journey import JourneyPolicy
    >>> data = Dataset(partners=[Partner(id="acme", name="Acme", type="reseller", signed_on=date(2026, 1, 10))])
    >>> policy = JourneyPolicy(first_wave_revenue=Money("50000", "BRL"), mature_revenue=Money("400000", "BRL"))
    >>> replay(data, "acme", policy=policy, dates=[date(2026, 2, 1), date(2026, 3, 1)]).stages
    (JourneyStage.START, JourneyStage.START)
    """
    check_policy("replay(policy=...)", policy)
    moments = rising(dates, calendar)
    seer = _Seer(data, policy, calendar, rates, approvals)
    return seer.timeline(data.get(Partner, partner_id), moments)


def replay_all(
    data: Dataset,
    *,
    policy: StagePolicy,
    dates: Iterable[datetime | date],
    calendar: Calendar = UTC_CALENDAR,
    rates: ExchangeRates | None = None,
    approvals: Iterable[StageApproval] = (),
) -> tuple[Timeline, ...]:
    """
    The timeline of every partner of a dataset, in the dataset's order; each begins where the partner is first known.

    A partner is known from its first date on: recruited, signed or, where neither is recorded, from the first date
    asked about.

    Raises:
        InvalidValue: As `replay`.

    >>> from partnerops import Money
    >>> from partnerops.journey import JourneyPolicy
    >>> policy = JourneyPolicy(first_wave_revenue=Money("50000", "BRL"), mature_revenue=Money("400000", "BRL"))
    >>> replay_all(Dataset(), policy=policy, dates=[date(2026, 2, 1)])
    ()
    """
    check_policy("replay_all(policy=...)", policy)
    moments = rising(dates, calendar)
    seer = _Seer(data, policy, calendar, rates, approvals)
    # Each from where it is met: a stage before that would be counted as a stay that nobody had.
    return tuple(seer.timeline(partner, [one for one in moments if _met(partner, one)]) for partner in data.partners)


def rising(dates: Iterable[datetime | date], calendar: Calendar) -> list[Moment]:
    """The dates as moments; refuses dates that do not rise."""
    moments = [Moment(one, calendar) for one in listed("dates", dates, "a list of dates")]
    for index, (one, after) in enumerate(pairwise(moments)):
        # Two evaluations of one moment would count twice towards a confirmation.
        if after.instant <= one.instant:
            raise InvalidValue(f"dates[{index + 1}]", f"later than the date before ({one.instant})", after.instant)
    return moments


def check_previous(previous: StageDecision | None, partner_id: PartnerId, moment: Moment) -> None:
    """Refuse a decision that cannot have gone before this one."""
    if previous is None:
        return
    if not isinstance(previous, StageDecision):
        raise InvalidValue("previous", "a StageDecision, as classify returned it", previous)
    if previous.partner_id != partner_id:
        rule = f"a decision about {partner_id!r}; pass that partner's own last decision, or None"
        raise InvalidValue("previous", rule, previous.partner_id)
    # A decision made later knows what this one must not know.
    if previous.as_of >= moment.instant:
        rule = f"earlier than as_of ({moment.instant}); pass the decision before it, or None"
        raise InvalidValue("previous", rule, previous.as_of)


def rules_of(policy: StagePolicy, partner: Partner) -> StageRules:
    """What a policy answers; refuses anything but rules."""
    rules = policy.rules(partner)
    if not isinstance(rules, StageRules):
        name = type(policy).__qualname__
        raise PolicyBrokeContract(name, "answer rules(partner) with StageRules", type(rules).__name__)
    return rules


def _met(partner: Partner, moment: Moment) -> bool:
    days = [day for day in (partner.recruited_on, partner.signed_on) if day is not None]
    # Nobody can be placed before anybody had met it; without any date it has always been there.
    return not days or min(days) <= moment.today


class _Seer:
    """What the decisions of one call share: where facts come from, and rules that were asked for before."""

    def __init__(
        self,
        data: Dataset,
        policy: StagePolicy,
        calendar: Calendar,
        rates: ExchangeRates | None,
        approvals: Iterable[StageApproval],
    ) -> None:
        check_data(data)
        self._data, self._policy, self._calendar, self._rates = data, policy, calendar, rates
        self._approvals = approvals_by_partner(listed("approvals", approvals, "a list of StageApproval"))
        self._sources: dict[int, tuple[StageRules, Source]] = {}

    def rules(self, partner: Partner) -> StageRules:
        """What the policy says for a partner."""
        return rules_of(self._policy, partner)

    def track(self, partner: Partner, moment: Moment) -> tuple[Track, StageRules]:
        """A partner's facts, read as its rules say."""
        rules = self.rules(partner.as_of(moment.instant, moment.today))
        return Track(partner, self._source(rules)), rules

    def _source(self, rules: StageRules) -> Source:
        known = self._sources.get(id(rules))
        if known is None or known[0] is not rules:
            source = Source(self._data, rules.signals, rules.currency, self._calendar, self._rates)
            # By identity, and kept with the rules: an id may come again once its owner is gone.
            self._sources[id(rules)] = known = (rules, source)
        return known[1]

    def decision(
        self, tracked: tuple[Track, StageRules], moment: Moment, previous: StageDecision | None
    ) -> StageDecision:
        """One decision."""
        track, rules = tracked
        view = View(track, moment)
        partner = track.partner.as_of(moment.instant, moment.today)
        # Few partners wait for an approval, and the others need no look at the list.
        given = self._approvals.get(partner.id, ())
        return decide(
            rules,
            partner,
            moment,
            ask=asking(view),
            pulse=pulse(view, rules.dormancy),
            previous=previous,
            # An exception is looked up by the partner as it was known, like every other fact.
            hold=held_stage(self._data, partner, moment),
            approved=approved_stage(given, previous, moment) if given else None,
        )

    def timeline(self, partner: Partner, moments: list[Moment]) -> Timeline:
        """The decisions of one partner along some moments."""
        found: list[StageDecision] = []
        tracked: tuple[Track, StageRules] | None = None
        for moment in moments:
            rules = self.rules(partner.as_of(moment.instant, moment.today))
            # Rules depend on the partner alone: its facts are sorted once, unless it was another one before.
            if tracked is None or (rules is not tracked[1] and rules != tracked[1]):
                tracked = self.track(partner, moment)
            found.append(self.decision(tracked, moment, found[-1] if found else None))
        return Timeline(tuple(found))


class _Known(dict[Key, Measure]):
    """The signals of a view, each measured when first asked for."""

    def __init__(self, view: View) -> None:
        self._view = view

    def __missing__(self, key: Key) -> Measure:
        signal, months, days = key
        found = self[key] = measure(self._view, signal, (months, days))
        return found


def asking(view: View) -> Callable[[Key], Measure]:
    """The signals of a view, each measured once."""
    return _Known(view).__getitem__
