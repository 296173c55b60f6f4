"""What a classification says: the decision about one partner, and decisions in a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from fractions import Fraction
from typing import cast, overload

from attrs import field, frozen

from partnerops._attrs import Value
from partnerops._canonical import short_digest
from partnerops._render import Printable, join_and
from partnerops.entities import Partner
from partnerops.journey._actions import REACTIVATE, advice
from partnerops.journey._results import CriterionResult, NextAction, Pulse, fails, missing_words, progress
from partnerops.journey._signal import SPECS, Signal, shown
from partnerops.journey._stages import STAGES, ActivityStatus, HeldBy, JourneyStage, Outcome, Use
from partnerops.ratio import Ratio
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class StageDecision(Value, Printable):
    """
    Where a partner stands at a moment, why, and what is missing to move on.

    `stage`, `activity` and programme tier are separate answers. Give the decision back as `previous=` next time: it
    carries all that hysteresis has to know.
    """

    partner: Partner = field(repr=False)
    """The partner, as known at the moment."""
    as_of: datetime
    """The moment."""
    on: date
    """Its business date."""
    stage: JourneyStage
    """Where it stands."""
    candidate: JourneyStage
    """Where its criteria alone would put it."""
    previous_stage: JourneyStage | None = None
    """Where it stood at the evaluation before; None at the first."""
    since: datetime
    """The evaluation that put it into the stage."""
    since_on: date
    """Its business date."""
    pulse: Pulse
    """How alive the relation is."""
    criteria: tuple[CriterionResult, ...] = field(repr=False)
    """Those of the stage it is in, then those of the next stage, then those only watched."""
    held_by: HeldBy | None = None
    """Why it is not where its criteria point; None when it is."""
    held_because: str = ""
    """The same in words."""
    streak: int = 0
    """Evaluations in a row, this one included, whose criteria pointed the same way out of the stage."""
    pending_since: datetime | None = None
    """The first of them."""
    pending_on: date | None = None
    """Its business date."""
    policy_version: str = ""
    """Version that the policy gives itself."""
    policy_digest: str
    """Twelve hexadecimal digits of the rules applied."""

    @property
    def partner_id(self) -> PartnerId:
        """Who."""
        return self.partner.id

    @property
    def activity(self) -> ActivityStatus:
        """How alive the relation is, in one word."""
        return self.pulse.status

    @property
    def changed(self) -> bool:
        """Whether this evaluation moved it."""
        return self.previous_stage is not None and self.previous_stage is not self.stage

    @property
    def next_stage(self) -> JourneyStage | None:
        """The stage after its own; None after maturity."""
        # Ranks count from 1 and places from 0, so a stage's own rank is the place of the next.
        return STAGES[self.stage.rank] if self.stage.rank < len(STAGES) else None

    @property
    def blockers(self) -> tuple[CriterionResult, ...]:
        """What keeps it from the next stage, each with its gap."""
        return tuple(one for one in self.criteria if one.blocking and one.stage is self.next_stage)

    @property
    def fell_by(self) -> tuple[CriterionResult, ...]:
        """What it no longer met, when this evaluation took it down; else nothing."""
        if not self.changed or self.previous_stage is None or self.previous_stage < self.stage:
            return ()
        own = [one for one in self.criteria if one.use is Use.STAY and one.stage is self.previous_stage]
        return tuple(one for one in own if one.blocking and fails(one))

    @property
    def at_risk(self) -> tuple[CriterionResult, ...]:
        """What it no longer meets to stay where it is; unknown is no risk."""
        own = [one for one in self.criteria if one.use is Use.STAY and one.stage is self.stage]
        return tuple(one for one in own if one.blocking and fails(one))

    @property
    def next_actions(self) -> tuple[NextAction, ...]:
        """What to do: against what is at risk, then the blockers, then where it pays to invest; nothing once ended."""
        # Nobody is asked to win back, by a list of chores, what a contract has ended.
        if self.activity is ActivityStatus.ENDED:
            return ()
        groups: dict[tuple[str, str, str], list[str]] = {}
        # Unknown is no reason to act on what is only watched; on a blocker it is, since somebody has to find out.
        watched = [one for one in self.criteria if one.use is Use.WATCH and fails(one)]
        # First what is about to be lost, then what opens the next stage, then what pays.
        for one in (*self.at_risk, *self.blockers, *watched):
            known = advice(self.stage, one.signal)
            own = one.criterion.action
            key = (one.id, own, "") if own else (known.id, known.text, known.source)
            groups.setdefault(key, []).append(one.id)
        # Last: silence is met in every stage, and what is missing is the better thing to call about.
        if self.activity in (ActivityStatus.COOLING, ActivityStatus.DORMANT, ActivityStatus.LOST):
            groups.setdefault((REACTIVATE.id, REACTIVATE.text, REACTIVATE.source), []).append(self.activity.value)
        return tuple(
            NextAction(id, text, tuple(dict.fromkeys(closes)), source) for (id, text, source), closes in groups.items()
        )

    @property
    def coverage(self) -> Ratio:
        """How many of its criteria could be told: known of all."""
        # Counted by signal, not by outcome: an unknown that a policy lets pass is still not known.
        return Ratio(sum(one.measure.is_known for one in self.criteria), len(self.criteria))

    @property
    def trend(self) -> str:
        """Where its revenue goes: `growing` from the growth watched on, `declining` from minus that on, else `flat`."""
        # The policy says which growth it watches; without one there is no trend to speak of.
        growth = next((one for one in self.criteria if one.use is Use.WATCH and one.signal is Signal.GROWTH), None)
        if growth is None or growth.observed is None:
            return "unknown"
        # What passes is what the policy calls growing; the same distance below zero is declining.
        if growth.outcome is Outcome.PASSED:
            return "growing"
        return "declining" if cast("Fraction", growth.observed) <= -cast("Fraction", growth.threshold) else "flat"

    @property
    def invest(self) -> str:
        """`high` when its revenue grows, `low` when it does not, `unknown` where that cannot be told."""
        return {"growing": "high", "unknown": "unknown"}.get(self.trend, "low")

    @property
    def because(self) -> str:
        """Why it stands there, in one sentence."""
        # What holds it comes first: the criteria alone would have said something else.
        if self.held_by is not None:
            return f"held in {self.stage} by {self.held_because}; the criteria alone say {self.candidate}"
        if self.fell_by:
            return f"fell from {self.previous_stage} to {self.stage}: {'; '.join(one.because for one in self.fell_by)}"
        own = [one for one in self.criteria if one.stage is self.stage and one.outcome is Outcome.PASSED]
        met = [one.because for one in own if one.use is not Use.WATCH]
        if self.stage is JourneyStage.START:
            return f"in start until: {'; '.join(one.because for one in self.blockers)}"
        return f"in {self.stage} with {join_and(met)}" if met else f"in {self.stage}: nothing says that it left"

    @property
    def input_digest(self) -> str:
        """Twelve hexadecimal digits of all that was looked at: moment, stage before, signals with their evidence."""
        # What was observed, not the raw records: two inputs that look the same to the rules give the same digest.
        seen = [[one.id, one.observed, one.evidence] for one in self.criteria]
        before = [self.previous_stage, self.since, self.streak, self.pending_since]
        return short_digest([self.partner, self.as_of, before, self.pulse, seen])

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per criterion."""
        return [
            {
                "partner_id": self.partner_id,
                "as_of": self.as_of,
                "stage": self.stage.value,
                "activity": self.activity.value,
                "criterion": one.id,
                "of_stage": one.stage.value,
                "use": one.use.value,
                "threshold": one.threshold,
                "observed": one.observed,
                "gap": one.gap,
                "outcome": one.outcome.value,
                "blocking": one.blocking,
                "because": one.because,
                "evidence": one.evidence,
            }
            for one in self.criteria
        ]

    def _headline(self) -> str:
        moved = f", from {self.previous_stage}" if self.changed else ""
        held = f", held by {self.held_because} (criteria say {self.candidate})" if self.held_by else ""
        return (
            f"{self.partner.name} ({self.partner_id}): {self.stage}{moved} since {self.since_on}, {self.activity}{held}"
        )

    def _rows(self) -> list[dict[str, object]]:
        """What is missing, by how much: blockers first."""
        # A stable sort: within blockers and the rest the order of the ladder stays.
        ordered = sorted(self.criteria, key=lambda one: not one.blocking)
        return [
            {
                "for": f"{one.use} {one.stage}",
                "criterion": f"{'not ' if one.negated else ''}{one.criterion.words}",
                "needed": one.criterion.needed,
                "observed": shown(SPECS[one.signal].unit, one.observed),
                "missing": shown(SPECS[one.signal].unit, one.gap) if one.gap else "",
                "outcome": one.outcome.value + (f" (one of: {one.group})" if one.group else ""),
            }
            for one in ordered
        ]

    def __str__(self) -> str:
        lines = [Printable.__str__(self)]
        lines += [f"next: {action.text} ({', '.join(action.closes)})" for action in self.next_actions]
        return "\n".join(lines)

    def _figure(self) -> str:
        from partnerops._svg import svg_stacked  # noqa: PLC0415 - a terminal draws no figure

        # Whoever is about to fall wants to know what keeps it; the way up is the next question, not this one.
        missing = self.at_risk or self.blockers
        if not missing:
            return ""
        parts = [(SPECS[one.signal].words, progress(one)) for one in missing]
        goal = f"to stay in {self.stage}" if self.at_risk else f"on the way to {self.next_stage}"
        return svg_stacked(
            [(words, [("reached", part), ("missing", 100 - part)]) for words, part in parts],
            title=f"{self.partner.name}: {goal}, and what is missing",
            unit="%",
            notes=[missing_words(one) for one in missing],
        )


@frozen
class Timeline(Value, Printable):
    """The decisions about one partner, oldest first; it reads like a tuple of them."""

    decisions: tuple[StageDecision, ...] = ()
    """One for each date asked about."""

    def __iter__(self) -> Iterator[StageDecision]:
        return iter(self.decisions)

    def __len__(self) -> int:
        return len(self.decisions)

    @overload
    def __getitem__(self, index: int) -> StageDecision: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[StageDecision, ...]: ...
    def __getitem__(self, index: int | slice) -> StageDecision | tuple[StageDecision, ...]:
        return self.decisions[index]

    @property
    def stages(self) -> tuple[JourneyStage, ...]:
        """The stage at each date."""
        return tuple(one.stage for one in self.decisions)

    @property
    def changes(self) -> tuple[StageDecision, ...]:
        """The decisions that moved the partner."""
        return tuple(one for one in self.decisions if one.changed)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per date."""
        return [
            {
                "partner_id": one.partner_id,
                "as_of": one.as_of,
                "on": one.on,
                "stage": one.stage.value,
                "candidate": one.candidate.value,
                "activity": one.activity.value,
                "held_by": one.held_by.value if one.held_by else None,
                "changed": one.changed,
                "because": one.because,
            }
            for one in self.decisions
        ]

    def _headline(self) -> str:
        if not self.decisions:
            return "an empty timeline"
        first, last = self.decisions[0], self.decisions[-1]
        return f"{last.partner.name} ({last.partner_id}): {first.stage} to {last.stage} in {len(self)} evaluations"

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "on": one.on,
                "stage": one.stage.value,
                "activity": one.activity.value,
                "held by": one.held_by.value if one.held_by else "",
                "because": one.because,
            }
            for one in self.decisions
        ]
