"""From signals to a decision: the gates are judged, hysteresis moves the partner, the results are put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from partnerops.entities import Partner
from partnerops.exceptions import InvalidValue
from partnerops.journey._criteria import AnyOf, AtLeast, Criterion, CriterionTree, Key, Not
from partnerops.journey._entities import StageDecision
from partnerops.journey._hysteresis import Before, Now, Standing, step
from partnerops.journey._results import CriterionResult, Pulse
from partnerops.journey._rules import Gate, StageRules
from partnerops.journey._signal import Measure
from partnerops.journey._stages import STAGES, HeldBy, JourneyStage, OnUnknown, Outcome, Use
from partnerops.journey._view import Moment

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN
_ON_UNKNOWN = {OnUnknown.HOLD: UNKNOWN, OnUnknown.PASS: PASSED, OnUnknown.FAIL: FAILED}
_TURNED = {PASSED: FAILED, FAILED: PASSED, UNKNOWN: UNKNOWN}

Ask: TypeAlias = Callable[[Key], Measure]
"""What a signal is over a window."""


class Hold(NamedTuple):
    """A recorded exception that keeps a partner in a stage."""

    stage: JourneyStage
    because: str


class _Found(NamedTuple):
    """A criterion as it was judged."""

    criterion: Criterion
    measure: Measure
    outcome: Outcome
    group: str
    turned: bool


class Judge:
    """One partner's criteria, each rule judged once."""

    def __init__(self, partner: Partner, ask: Ask) -> None:
        self.partner = partner
        self._ask = ask
        self._done: dict[tuple[JourneyStage, Use], tuple[Outcome, list[_Found], list[bool]]] = {}

    def enters(self, gate: Gate) -> bool:
        """Whether a gate lets the partner in: both of its rules pass."""
        return self._judged(gate, Use.ENTER)[0] is PASSED and self._judged(gate, Use.STAY)[0] is PASSED

    def leaves(self, gate: Gate) -> bool:
        """Whether the partner no longer meets what it takes to stay; unknown does not say so."""
        return self._judged(gate, Use.STAY)[0] is FAILED

    def results(self, gate: Gate, use: Use) -> list[CriterionResult]:
        """Every criterion of one of a gate's rules, as it stood."""
        _, found, blocks = self._judged(gate, use)
        return [
            CriterionResult(one.criterion, gate.stage, use, one.measure, one.outcome, blocking, one.group, one.turned)
            for one, blocking in zip(found, blocks, strict=True)
        ]

    def _judged(self, gate: Gate, use: Use) -> tuple[Outcome, list[_Found], list[bool]]:
        key = (gate.stage, use)
        if key not in self._done:
            found: list[_Found] = []
            blocks: list[bool] = []
            outcome = PASSED
            if use is Use.WATCH:
                for one in gate.watch:
                    self._leaf(one, found, "", turned=False)
                blocks = [False] * len(found)
            elif (rule := gate.enter if use is Use.ENTER else gate.stay) is not None:
                outcome = self._rule(rule, found, blocks)
            self._done[key] = (outcome, found, blocks)
        return self._done[key]

    def _rule(
        self, rule: CriterionTree, found: list[_Found], blocks: list[bool], group: str = "", *, turned: bool = False
    ) -> Outcome:
        """Three-valued logic; criteria in a part that passes as a whole block nothing."""
        if isinstance(rule, Criterion):
            outcome = self._leaf(rule, found, group, turned=turned)
            blocks.append(outcome is not PASSED)
            return outcome
        if isinstance(rule, Not):
            return self._rule(rule.member, found, blocks, group, turned=not turned)
        start = len(blocks)
        # Under a Not the numbers change places: not all of n is one of n turned round, none of n is all of them.
        needed = 1 if isinstance(rule, AnyOf) else rule.count if isinstance(rule, AtLeast) else len(rule.members)
        if turned:
            needed = len(rule.members) - needed + 1
        if needed < len(rule.members):
            group = rule.name or (f"any {needed}" if needed > 1 else "alternatives")
        outcomes = [self._rule(one, found, blocks, group, turned=turned) for one in rule.members]
        passed = outcomes.count(PASSED)
        if passed >= needed:
            blocks[start:] = [False] * (len(blocks) - start)
            return PASSED
        return UNKNOWN if passed + outcomes.count(UNKNOWN) >= needed else FAILED

    def _leaf(self, one: Criterion, found: list[_Found], group: str, *, turned: bool) -> Outcome:
        seen = self._ask(one.key)
        outcome = one.judge(seen.value)
        if outcome is UNKNOWN:
            if one.on_unknown is OnUnknown.REFUSE:
                note = seen.note or "nothing is recorded"
                rule = f"known for {self.partner.id} ({note}); record it, or change on_unknown"
                raise InvalidValue(f"signal {one.id}", rule, None)
            outcome = _ON_UNKNOWN[one.on_unknown]
        elif turned:
            outcome = _TURNED[outcome]
        found.append(_Found(one, seen, outcome, group, turned))
        return outcome


def decide(
    rules: StageRules,
    partner: Partner,
    moment: Moment,
    *,
    ask: Ask,
    pulse: Pulse,
    previous: StageDecision | None = None,
    hold: Hold | None = None,
    approved: JourneyStage | None = None,
) -> StageDecision:
    """The decision about one partner from its signals, its pulse and the decision before."""
    judge = Judge(partner, ask)
    candidate = _candidate(rules, judge, None if previous is None else previous.stage)
    before = None if previous is None else _before(previous, moment)
    if hold is None:
        standing = step(rules.hysteresis, before, Now(moment.instant, moment.today, candidate, approved))
    else:
        since = before.since if before is not None and before.stage is hold.stage else moment.instant
        held_by = None if candidate is hold.stage else HeldBy.MANUAL
        standing = Standing(hold.stage, since, held_by=held_by, because=hold.because if held_by else "")
    return StageDecision(
        partner=partner,
        as_of=moment.instant,
        stage=standing.stage,
        candidate=candidate,
        previous_stage=None if previous is None else previous.stage,
        since=standing.since,
        pulse=pulse,
        criteria=_criteria(rules, judge, standing, None if previous is None else previous.stage),
        held_by=standing.held_by,
        held_because=standing.because,
        streak=standing.streak,
        pending_since=standing.pending_since,
        policy_version=rules.version,
        policy_digest=rules.digest,
    )


def _candidate(rules: StageRules, judge: Judge, stage: JourneyStage | None) -> JourneyStage:
    """Where the criteria alone put a partner that stands in *stage*; None is one that stands nowhere yet."""
    reached = stage or JourneyStage.START
    if reached is not JourneyStage.START and judge.leaves(rules.gate(reached)):
        lower = STAGES[1 : reached.rank - 1]
        return next((one for one in reversed(lower) if not judge.leaves(rules.gate(one))), JourneyStage.START)
    for gate in rules.gates[reached.rank - 1 :]:
        if not judge.enters(gate):
            break
        reached = gate.stage
    return reached


def _before(previous: StageDecision, moment: Moment) -> Before:
    day = moment.calendar.date_of
    pending = previous.pending_since
    return Before(
        previous.stage,
        previous.candidate,
        previous.since,
        day(previous.since),
        day(previous.as_of),
        previous.streak,
        pending,
        None if pending is None else day(pending),
    )


def _criteria(
    rules: StageRules, judge: Judge, standing: Standing, before: JourneyStage | None
) -> tuple[CriterionResult, ...]:
    """What put the partner where it is, what it takes to go on, and what to watch meanwhile."""
    found: list[CriterionResult] = []
    watched: list[CriterionResult] = []
    fell = before is not None and before > standing.stage
    if before is not None and fell:
        found += judge.results(rules.gate(before), Use.STAY)
    if standing.stage is not JourneyStage.START:
        gate = rules.gate(standing.stage)
        if standing.held_by is None and before is not standing.stage and not fell:
            found += judge.results(gate, Use.ENTER)
        found += judge.results(gate, Use.STAY)
        watched = judge.results(gate, Use.WATCH)
    if standing.stage is not JourneyStage.MATURITY:
        gate = rules.gates[standing.stage.rank - 1]
        entry = judge.results(gate, Use.ENTER)
        found += entry
        # The same signal at a lower threshold tells nothing new while the higher one is missing.
        missing = {one.criterion.key for one in entry if one.blocking}
        if not (fell and gate.stage is before):
            found += [one for one in judge.results(gate, Use.STAY) if one.criterion.key not in missing]
    return (*found, *watched)
