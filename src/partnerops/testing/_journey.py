"""The law suite for journey policies; see `check_journey_policy`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar

from hypothesis import strategies as st

from partnerops.dataset import Dataset
from partnerops.entities import Activity, Certification, Credit, DealRegistration, Partner, PartnerInvolvement
from partnerops.journey import JourneyStage, StageDecision, StagePolicy, Timeline, classify, replay
from partnerops.journey._criteria import Criterion, leaves
from partnerops.journey._policies import check_policy
from partnerops.journey._settings import DemotionStep
from partnerops.journey._signal import Signal
from partnerops.journey._stages import Comparison
from partnerops.journey.criteria import StageRules
from partnerops.money import Money
from partnerops.periods import add_months
from partnerops.testing._suite import Law, Refusal, Suite, ask, is_no_value

A = TypeVar("A")

# On the 28th, which every month has; eighteen, so that a year's window fills and then lets wins go again.
DATES: Final = tuple(date(2025 + month // 12, month % 12 + 1, 28) for month in range(18))
"""Evaluations along which partners are followed."""
FIRST: Final = datetime(2025, 1, 1, tzinfo=UTC)
# As long as the evaluations go on, so that facts lie on both sides of most of them.
DAYS: Final = 540
# Two that the default policy treats differently, and two of the usual rest.
TYPES: Final = ("reseller", "affiliate", "integrator", "distributor")


class History(NamedTuple):
    """What a policy is tried on: one partner with its facts."""

    data: Dataset
    """The partner and all that is known of it."""
    extra: Credit
    """One win more."""


def check_journey_policy(
    policy: StagePolicy,
    *,
    examples: int = 50,
    types: Sequence[str] = TYPES,
    skip: Collection[str] = (),
) -> None:
    """
    Nothing when a policy keeps the laws of `StagePolicy`; otherwise one error that names all it broke.

    | law | what has to hold |
    |---|---|
    | contract | it answers every partner with `StageRules` |
    | determinism | the same partner gives the same rules, from an equal policy too |
    | order | the order in which facts arrive means nothing |
    | future | facts recorded after the moment change nothing |
    | silence | other counts of silent days give the same stages |
    | monotony | one win more never lowers a stage; not asked of policies with ratios or upper bounds |
    | falls | at most one stage down at once where the policy says so, never below its floor, never before its time |
    | reasons | every criterion says why, and whoever is not at the top has something that keeps it there |
    | value | it hashes, and equals a copy of itself |

    Each is tried on *examples* partners with a year and a half of wins, activities, registrations, certificates and
    help, followed month by month. The same ones every time. *types* are the partner types that your policy knows,
    *skip* leaves out laws by name, where a policy means to break one.

    Raises:
        PolicyBrokeLaws: Every law broken, each with a smallest example; it is an `AssertionError` too.
        InvalidValue: Not a policy, or *examples* below 1.
        UnknownName: *skip* names no law.

    >>> from partnerops.journey import JourneyPolicy
    >>> policy = JourneyPolicy(first_wave_revenue=Money("50000", "BRL"), mature_revenue=Money("400000", "BRL"))
    >>> check_journey_policy(policy, examples=10)
    """
    check_policy("check_journey_policy(policy)", policy)
    _suite(policy, types).run(_name(policy), count=examples, skip=skip)


def _name(policy: object) -> str:
    return type(policy).__qualname__ if type(policy).__repr__ is object.__repr__ else repr(policy)


def _suite(policy: StagePolicy, types: Sequence[str]) -> Suite[History]:
    """The laws, each asking what is wrong with one history."""
    asked = _Asked(policy)
    return Suite(
        laws={
            "contract": Law("`StageRules` for every partner", asked.contract),
            "determinism": Law("the same partner gives the same rules, from an equal policy too", asked.determinism),
            "order": Law("the order in which facts arrive means nothing", asked.order),
            "future": Law("facts recorded after the moment change nothing", asked.future),
            "silence": Law("other counts of silent days give the same stages", asked.silence),
            "monotony": Law("one win more never lowers a stage", asked.monotony),
            "falls": Law("partners fall as slowly as the policy says", asked.falls),
            "reasons": Law("every criterion says why, and something keeps whoever is not at the top", asked.reasons),
            "value": Law("the policy hashes, and equals a copy of itself", once=lambda: is_no_value(policy)),
        },
        examples=_histories(policy, types),
        show=_describe,
    )


# --- what is asked ----------------------------------------------------------------------------------------------------

_RATIOS: Final = frozenset({
    Signal.GROWTH, Signal.REVENUE_VARIATION, Signal.TARGET_ATTAINMENT, Signal.SELF_SUFFICIENCY, Signal.CSAT, Signal.NPS,
})  # fmt: skip
"""Signals that one win more may lower."""
_UPPER: Final = frozenset({Comparison.AT_MOST, Comparison.BELOW})


class _Asked:
    """A policy with the questions put to it; what it answers nonsense to is told under `contract` alone."""

    def __init__(self, policy: StagePolicy) -> None:
        self._policy = policy

    def contract(self, history: History) -> str | None:
        rules = self._rules(history)
        if isinstance(rules, Refusal):
            return rules
        told = self._timeline(history.data)
        return told if isinstance(told, Refusal) else None

    def determinism(self, history: History) -> str | None:
        first, second = self._rules(history), self._rules(history)
        if isinstance(first, Refusal):
            return None
        if first != second:
            return "two answers to one question"
        # A policy that remembers whom it saw passes twice running and fails in a copy.
        other = self._rules(history, deepcopy(self._policy))
        return "another answer from a copy of the policy" if other != first else None

    def order(self, history: History) -> str | None:
        turned = Dataset(**{name: records[::-1] for name, records in _facts(history.data).items()})  # type: ignore[arg-type]
        return self._same(history.data, turned, "with the facts the other way round")

    def future(self, history: History) -> str | None:
        # Long after the last evaluation: happened in time, and known to nobody.
        late = history.extra.replace(id="late", recorded_at=FIRST + timedelta(days=10_000))
        more = history.data.replace(credits=(*history.data.credits, late))
        return self._same(history.data, more, "with a win that was recorded later")

    def silence(self, history: History) -> str | None:
        rules = self._rules(history)
        if isinstance(rules, Refusal):
            return None
        # Everybody is lost after three days of silence, and no stage may notice.
        dormancy = rules.dormancy.replace(cooling_after=1, dormant_after=2, lost_after=3)
        deaf = _Fixed(rules.replace(dormancy=dormancy))
        return self._same(history.data, history.data, "with other counts of silent days", deaf)

    def monotony(self, history: History) -> str | None:
        rules = self._rules(history)
        if isinstance(rules, Refusal) or not _is_monotone(rules):
            return None
        more = history.data.replace(credits=(*history.data.credits, history.extra))
        # Every third: each costs two classifications from nothing, and a win that lowers a stage does so for months.
        for on in DATES[::3]:
            before, after = self._decision(history.data, on), self._decision(more, on)
            if isinstance(before, Refusal) or isinstance(after, Refusal):
                return None
            if after.stage < before.stage:
                won = f"{history.extra.amount} on {history.extra.at:%Y-%m-%d}"
                return f"{before.stage} on {on}, and {after.stage} after one win more ({won})"
        return None

    def falls(self, history: History) -> str | None:
        rules, told = self._rules(history), self._timeline(history.data)
        if isinstance(rules, Refusal) or isinstance(told, Refusal):
            return None
        return next((wrong for pair in pairwise(told) if (wrong := _wrong_fall(rules, *pair))), None)

    def reasons(self, history: History) -> str | None:
        told = self._timeline(history.data)
        if isinstance(told, Refusal):
            return None
        for one in told:
            if not one.because.strip() or not all(result.because.strip() for result in one.criteria):
                return f"no reason for {one.stage} on {one.on}"
            # A partner that is held has its reason in what holds it.
            free = one.held_by is None and one.stage is one.candidate
            if free and one.stage is not JourneyStage.MATURITY and not one.blockers:
                return f"nothing keeps it in {one.stage} on {one.on}"
        return None

    def _rules(self, history: History, policy: StagePolicy | None = None) -> StageRules | Refusal:
        found: object = ask(lambda: (policy or self._policy).rules(history.data.partners[0]))
        if isinstance(found, StageRules | Refusal):
            return found
        return Refusal(f"must answer with StageRules, got a {type(found).__name__}")

    def _timeline(self, data: Dataset, policy: StagePolicy | None = None) -> Timeline | Refusal:
        return ask(lambda: replay(data, "p", policy=policy or self._policy, dates=DATES))

    def _decision(self, data: Dataset, on: date) -> StageDecision | Refusal:
        return ask(lambda: classify(data, "p", policy=self._policy, as_of=on))

    def _same(self, data: Dataset, other: Dataset, how: str, policy: StagePolicy | None = None) -> str | None:
        first, second = self._timeline(data), self._timeline(other, policy)
        if isinstance(first, Refusal):
            return None
        if isinstance(second, Refusal):
            return f"{second} {how}"
        for one, after in zip(first, second, strict=True):
            if one.stage is not after.stage:
                return f"{one.stage} on {one.on}, and {after.stage} {how}"
        return None


class _Fixed:
    """The same rules for everybody."""

    def __init__(self, rules: StageRules) -> None:
        self._rules = rules

    def rules(self, _: Partner, /) -> StageRules:
        return self._rules


def _is_monotone(rules: StageRules) -> bool:
    """Whether more wins can only help: no ratio, no upper bound, no Not on what decides."""
    deciding = [leaf for gate in rules.gates for rule in (gate.enter, gate.stay) for leaf in leaves(rule)]
    return not any(negated or _may_fall(one) for one, negated in deciding)


def _may_fall(one: Criterion) -> bool:
    return one.signal in _RATIOS or one.comparison in _UPPER


def _wrong_fall(rules: StageRules, before: StageDecision, after: StageDecision) -> str | None:
    """What is wrong with a fall, if it is one."""
    if after.stage >= before.stage:
        return None
    slow, fell = rules.hysteresis, f"from {before.stage} to {after.stage} on {after.on}"
    if slow.demotion_step is DemotionStep.ONE_DOWN and before.stage.rank - after.stage.rank > 1:
        return f"{fell}, more than one stage"
    if slow.floor is not None and after.stage < slow.floor:
        return f"{fell}, below the floor {slow.floor}"
    if add_months(before.since_on, slow.min_stay_months) > after.on:
        return f"{fell}, before the minimum stay since {before.since_on}"
    # Unknown never demotes: a fall without a criterion known to fail is one by a lack of data.
    return None if after.fell_by else f"{fell}, by no criterion"


# --- what it is asked about -------------------------------------------------------------------------------------------


def _facts(data: Dataset) -> dict[str, tuple[object, ...]]:
    return {
        "partners": data.partners,
        "credits": data.credits,
        "activities": data.activities,
        "registrations": data.registrations,
        "certifications": data.certifications,
        "involvements": data.involvements,
    }


_instants: Final = st.integers(0, DAYS).map(lambda days: FIRST + timedelta(days=days))


@st.composite
def _histories(draw: st.DrawFn, policy: StagePolicy, types: Sequence[str]) -> History:
    """A partner of some type, with facts in the policy's currency."""
    partner = Partner(
        id="p",
        name="P",
        type=draw(st.sampled_from(list(types))),
        signed_on=draw(st.sampled_from([date(2024, 6, 1), date(2025, 2, 1), None])),
    )
    # Asked before the facts are drawn: facts in another currency than the policy's would be refused, whatever the
    # law.
    rules = ask(lambda: policy.rules(partner))
    currency = (rules.currency if isinstance(rules, StageRules) else None) or "BRL"
    amounts = _amounts(rules).map(lambda minor: Money.from_minor(minor, currency))

    def some(build: Callable[[int, datetime], A], most: int) -> list[A]:
        return [build(n, at) for n, at in enumerate(draw(st.lists(_instants, max_size=most)))]

    def win(n: int, at: datetime) -> Credit:
        return Credit(id=f"C{n}", opportunity_id=f"D{n}", partner_id="p", amount=draw(amounts), at=at)

    # At most seven, so that partners with too little for each stage are as common as those with enough.
    won = some(win, 7)
    data = Dataset(
        partners=[partner],
        credits=won,
        activities=some(lambda n, at: _activity(n, at, draw(st.sampled_from(_KINDS))), 4),
        registrations=some(_registration, 2),
        certifications=some(lambda n, at: Certification(id=f"F{n}", partner_id="p", code="c", valid_from=at.date()), 1),
        # Of all deals or of none: with help unknown self-sufficiency is unknown, and that must not demote.
        involvements=[_alone(credit) for credit in won] if draw(st.booleans()) else [],
    )
    return History(data, win(99, draw(_instants)))


def _amounts(rules: StageRules | Refusal) -> st.SearchStrategy[int]:
    """Amounts around the thresholds, where they decide."""
    goals = [1_000_00]
    if isinstance(rules, StageRules):
        goals += [
            leaf.threshold.minor
            for gate in rules.gates
            for rule in (gate.enter, gate.stay)
            for leaf, _ in leaves(rule)
            if isinstance(leaf.threshold, Money) and leaf.threshold.minor > 0
        ]
    # The goal, and a cent more than a half and a fifth of it: one, two or five wins reach it, and not one less.
    return st.sampled_from(sorted({part for goal in goals for part in (goal, goal // 2 + 1, goal // 5 + 1)}))


_KINDS: Final = ("onboarding", "training", "login")


def _activity(n: int, at: datetime, kind: str) -> Activity:
    return Activity(id=f"V{n}", partner_id="p", kind=kind, at=at)


def _registration(n: int, at: datetime) -> DealRegistration:
    return DealRegistration(
        id=f"R{n}", partner_id="p", opportunity_id=f"D{n}", submitted_at=at, status="approved",
        # Ninety days from the answer on, as programmes publish.
        decided_at=at + timedelta(days=2), protected_until=at + timedelta(days=92),
    )  # fmt: skip


def _alone(credit: Credit) -> PartnerInvolvement:
    return PartnerInvolvement(
        id=f"I-{credit.id}", opportunity_id=credit.opportunity_id, partner_id="p", role="sourced", at=credit.at,
        assistance="none",
    )  # fmt: skip


def _describe(history: History) -> str:
    data = history.data
    (partner,) = data.partners
    signed = f"signed on {partner.signed_on}" if partner.signed_on else "not signed"
    won = ", ".join(f"{one.amount} on {one.at:%Y-%m-%d}" for one in sorted(data.credits, key=lambda one: one.at))
    others = len(data) - 1 - len(data.credits)
    return f"a {partner.type}, {signed}, wins: {won or 'none'}; {others} other facts"
