"""The parts of a decision: criteria with their gaps, the pulse, what to do next."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import cast

from attrs import field, frozen

from partnerops._attrs import Value
from partnerops.journey._criteria import Criterion, in_words
from partnerops.journey._signal import SPECS, Measure, Signal, SignalValue, shown
from partnerops.journey._stages import ActivityStatus, JourneyStage, Outcome, Use
from partnerops.money import Money


@frozen
class CriterionResult(Value):
    """One criterion as it stood: what was observed, what was needed, and how much is missing."""

    criterion: Criterion
    """The condition."""
    stage: JourneyStage
    """The stage it belongs to."""
    use: Use
    """Whether it was asked to enter the stage, to stay in it, or only to watch."""
    measure: Measure
    """What the signal was, with its evidence."""
    outcome: Outcome
    """What it says; under a `Not`, already turned round."""
    blocking: bool
    """Whether it is one of those that keep the whole from passing."""
    group: str = ""
    """Name of the alternative it is part of: one of them is enough."""
    negated: bool = False
    """Whether it stands under a `Not`: it must not hold."""

    @property
    def id(self) -> str:
        """Signal and window: `won_revenue_12m`."""
        return self.criterion.id

    @property
    def signal(self) -> Signal:
        """What was observed."""
        return self.criterion.signal

    @property
    def observed(self) -> SignalValue | None:
        """Its value; None is unknown."""
        return self.measure.value

    @property
    def threshold(self) -> SignalValue:
        """What it was held against."""
        return self.criterion.threshold

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the records it rests on."""
        return self.measure.evidence

    @property
    def gap(self) -> SignalValue | None:
        """By how much it misses; 0 when it does not, None when unknown or when it must not hold."""
        # Under a Not nothing is missing: there is too much of it, and by how much says little.
        return None if self.negated else self.criterion.gap(self.measure.value)

    @property
    def because(self) -> str:
        """The condition, what was observed and what is missing, as a partner could read it."""
        unit = SPECS[self.signal].unit
        what = f"{'not: ' if self.negated else ''}{in_words(self.criterion)}"
        seen = shown(unit, self.observed)
        missing = ""
        # Of a flag the gap is always 1, and "1 missing" says nothing that "no" did not.
        if self.outcome is Outcome.FAILED and self.gap and unit.value != "flag":
            missing = f", {shown(unit, self.gap)} missing"
        note = f" ({self.measure.note})" if self.measure.note else ""
        return f"{what}: {seen}{note}{missing}"


@frozen
class Pulse(Value):
    """How alive the relation is."""

    status: ActivityStatus
    """Onboarding, active, cooling, dormant, lost or ended."""
    since: date | None = None
    """First day with this status; None when no date is known."""
    last_at: datetime | None = None
    """When the partner was last heard of; None if never."""
    last_id: str | None = None
    """Record that says so."""
    because: str = field(default="", kw_only=True)
    """Why, in words."""
    expected_by: date | None = field(default=None, kw_only=True)
    """Last day on which a sign of life comes in time; past where it did not come, None where none is expected."""


@frozen
class NextAction(Value):
    """What to do next, and which criteria it closes."""

    id: str
    """Name of the action in the playbook; the criterion's id for one that a policy words itself."""
    text: str
    """What to do."""
    closes: tuple[str, ...]
    """Ids of the criteria that it works on."""
    source: str = ""
    """Stage and question of the source framework."""


def fails(result: CriterionResult) -> bool:
    """Whether a criterion is known not to hold."""
    return result.outcome is Outcome.FAILED


def missing_words(result: CriterionResult) -> str:
    """How much is missing, in words: of what must not hold there is too much, and by how much says little."""
    return "too much" if result.negated and result.measure.is_known else shown(SPECS[result.signal].unit, result.gap)


def progress(result: CriterionResult) -> int:
    """How much of the threshold is reached, in whole percent from 0 to 100."""
    observed, goal = result.observed, result.threshold
    # Unknown is no progress: a bar that is half full would be a guess.
    if observed is None:
        return 0
    if result.outcome is Outcome.PASSED:
        return 100
    if isinstance(observed, Money) and isinstance(goal, Money):
        observed, goal = observed.minor, goal.minor
    part, whole = cast("Fraction", observed), cast("Fraction", goal)
    # Never 100 while it fails: a bar that is full says done.
    return min(max(int(100 * part / whole), 0), 99) if whole > 0 else 0
