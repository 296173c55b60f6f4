"""From signals to a decision: the gates are judged, hysteresis moves the partner, the results are put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from partnerops.entities import Partner
from partnerops.exceptions import InvalidValue
from partnerops.journey._criteria import AllOf, AnyOf, AtLeast, Criterion, CriterionTree, Key, Not
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


# A plain tuple: a dozen of them are made for every decision, and each lives until its result is made of it.
_Found: TypeAlias = tuple[Criterion, Measure, Outcome, str, bool]
"""A criterion as it was judged: what was seen, what that says, the group it is part of, whether it is turned round."""


class Judge:
    """One partner's criteria, each rule judged once."""

    def __init__(self, partner: Partner, ask: Ask) -> None:
        self.partner = partner
        self._ask = ask
        self._done: dict[tuple[JourneyStage, Use], tuple[Outcome, list[_Found], list[bool]]] = {}

    def enters(self, gate: Gate, *, in_full: bool = False) -> bool:
        """Whether a gate lets the partner in: both of its rules pass."""
        if in_full:
            return self._judged(gate, Use.ENTER)[0] is PASSED and self._judged(gate, Use.STAY)[0] is PASSED
        return self._passes(gate.enter) and (gate.stay is None or self._passes(gate.stay))

    def leaves(self, gate: Gate) -> bool:
        """Whether the partner no longer meets what it takes to stay; unknown does not say so."""
        return self._judged(gate, Use.STAY)[0] is FAILED

    def results(self, gate: Gate, use: Use) -> list[CriterionResult]:
        """Every criterion of one of a gate's rules, as it stood."""
        _, found, blocks = self._judged(gate, use)
        return [
            CriterionResult(criterion, gate.stage, use, seen, outcome, blocking, group, turned)
            for (criterion, seen, outcome, group, turned), blocking in zip(found, blocks, strict=True)
        ]

    def _judged(self, gate: Gate, use: Use) -> tuple[Outcome, list[_Found], list[bool]]:
        # A gate is asked about more than once: to place the partner, and to show why.
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

    def _passes(self, rule: CriterionTree, *, turned: bool = False) -> bool:
        """Whether a rule passes, asking no more than it takes; what a reader is shown is judged in full."""
        if isinstance(rule, Criterion):
            return self._outcome(rule, self._ask(rule.key), turned=turned) is PASSED
        if isinstance(rule, Not):
            return self._passes(rule.member, turned=not turned)
        missing = _needed(rule, turned=turned)
        spare = len(rule.members) - missing
        # The order means nothing. From the end, since what is listed last is often the plainest fact, such as a win.
        for member in reversed(rule.members):
            if self._passes(member, turned=turned):
                missing -= 1
            else:
                spare -= 1
            if not missing or spare < 0:
                break
        return not missing

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
        needed = _needed(rule, turned=turned)
        if needed < len(rule.members):
            # Where not all members are needed the reader has to know that one of them will do.
            group = rule.name or (f"any {needed}" if needed > 1 else "alternatives")
        outcomes = [self._rule(one, found, blocks, group, turned=turned) for one in rule.members]
        passed = outcomes.count(PASSED)
        # What failed or is unknown inside a part that passes keeps nobody back, and is not shown as if it did.
        if passed >= needed:
            blocks[start:] = [False] * (len(blocks) - start)
            return PASSED
        # Could the unknown ones still decide it? Then nothing is known; else it fails whatever they are.
        return UNKNOWN if passed + outcomes.count(UNKNOWN) >= needed else FAILED

    def _leaf(self, one: Criterion, found: list[_Found], group: str, *, turned: bool) -> Outcome:
        seen = self._ask(one.key)
        outcome = self._outcome(one, seen, turned=turned)
        found.append((one, seen, outcome, group, turned))
        return outcome

    def _outcome(self, one: Criterion, seen: Measure, *, turned: bool) -> Outcome:
        outcome = one.judge(seen.value)
        if outcome is UNKNOWN:
            if one.on_unknown is OnUnknown.REFUSE:
                note = seen.note or "nothing is recorded"
                rule = f"known for {self.partner.id} ({note}); record it, or change on_unknown"
                raise InvalidValue(f"signal {one.id}", rule, None)
            return _ON_UNKNOWN[one.on_unknown]
        return _TURNED[outcome] if turned else outcome


def _needed(rule: AllOf | AnyOf | AtLeast, *, turned: bool) -> int:
    """How many members have to pass."""
    needed = 1 if isinstance(rule, AnyOf) else rule.count if isinstance(rule, AtLeast) else len(rule.members)
    # Under a Not the numbers change places: not all of n is one of n turned round, none of n is all of them.
    return len(rule.members) - needed + 1 if turned else needed


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
    before = None if previous is None else _before(previous)
    if hold is None:
        standing = step(rules.hysteresis, before, Now(moment.instant, moment.today, candidate, approved))
    else:
        standing = _held(hold, before, moment, candidate)
    return StageDecision(
        partner=partner,
        as_of=moment.instant,
        on=moment.today,
        stage=standing.stage,
        candidate=candidate,
        previous_stage=None if previous is None else previous.stage,
        since=standing.since,
        since_on=standing.since_on,
        pulse=pulse,
        criteria=_criteria(rules, judge, standing, None if previous is None else previous.stage),
        held_by=standing.held_by,
        held_because=standing.because,
        streak=standing.streak,
        pending_since=standing.pending_since,
        pending_on=standing.pending_on,
        policy_version=rules.version,
        policy_digest=rules.digest,
    )


def _held(hold: Hold, before: Before | None, moment: Moment, candidate: JourneyStage) -> Standing:
    """Where an exception holds a partner; it holds nothing where the criteria say the same."""
    same = before is not None and before.stage is hold.stage
    since, on = (before.since, before.since_on) if before is not None and same else (moment.instant, moment.today)
    # An exception that agrees with the criteria holds nothing, and is not shown as if it did.
    if candidate is hold.stage:
        return Standing(hold.stage, since, on)
    return Standing(hold.stage, since, on, held_by=HeldBy.MANUAL, because=hold.because)


def _candidate(rules: StageRules, judge: Judge, stage: JourneyStage | None) -> JourneyStage:
    """Where the criteria alone put a partner that stands in *stage*; None is one that stands nowhere yet."""
    reached = stage or JourneyStage.START
    # Who stands somewhere is asked whether it leaves before it is asked whether it rises: both at once cannot be.
    if reached is not JourneyStage.START and judge.leaves(rules.gate(reached)):
        lower = STAGES[1 : reached.rank - 1]
        return next((one for one in reversed(lower) if not judge.leaves(rules.gate(one))), JourneyStage.START)
    for gate in rules.gates[reached.rank - 1 :]:
        # Of a partner that stands somewhere the next gate is shown, so it is judged in full at once.
        if not judge.enters(gate, in_full=stage is not None):
            break
        reached = gate.stage
    return reached


def _before(previous: StageDecision) -> Before:
    return Before(
        previous.stage,
        previous.candidate,
        previous.since,
        previous.since_on,
        previous.on,
        previous.streak,
        previous.pending_since,
        previous.pending_on,
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
        # What put it there belongs to the answer only when it has just come in from below.
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
