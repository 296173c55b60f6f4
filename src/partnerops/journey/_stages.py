"""The closed sets of the journey: stages, activity, outcomes, and what may hold a partner where it is."""

from __future__ import annotations

from typing import Final

from partnerops._attrs import to_member
from partnerops._closed import ClosedSet
from partnerops.exceptions import InvalidValue, UnknownName


class JourneyStage(ClosedSet):
    """
    Where a partner is on its way; stages compare by their order, not by their letters.

    Source: the framework "Jornada do Parceiro", four stages.

    >>> JourneyStage.START < JourneyStage.TRACTION < "acceleration", JourneyStage.MATURITY.original
    (True, 'Maturação')
    """

    START = "start"
    """Attracted and signed, not yet able to sell (O início)."""
    TRACTION = "traction"
    """Able to sell, the first wave of revenue not yet complete (Ganho de relevância)."""
    ACCELERATION = "acceleration"
    """Brings revenue: the vendor invests in those that want to grow (Aceleração)."""
    MATURITY = "maturity"
    """Brings revenue steadily and on its own: performance is tuned, duties are handed over (Maturação)."""

    @property
    def rank(self) -> int:
        """Its place on the way, 1 to 4."""
        return RANK[self]

    @property
    def original(self) -> str:
        """Its name in the source framework, in Portuguese."""
        return _ORIGINAL[self]

    @classmethod
    def named(cls, name: str) -> JourneyStage:
        """
        The stage that a rung of another ladder belongs to: recruit, onboard, enable, grow, retain and the like.

        >>> JourneyStage.named("Onboarding"), JourneyStage.named("Aceleração")
        (JourneyStage.START, JourneyStage.ACCELERATION)

        Raises:
            UnknownName: No ladder known here has such a rung.

        Source: the ladders of five to nine rungs that partner-lifecycle guides publish.
        """
        if not isinstance(name, str):
            raise UnknownName("journey stage or rung", name, tuple(_RUNGS))
        # Ladders come as headings, codes and slugs: capitals, dashes and underscores mean nothing.
        key = name.strip().lower().replace("-", " ").replace("_", " ")
        if key not in _RUNGS:
            raise UnknownName("journey stage or rung", name, tuple(_RUNGS))
        return _RUNGS[key]

    # A stage is its string, and strings would put acceleration before start.
    def __lt__(self, other: str) -> bool:
        return RANK[self] < _rank(other)

    def __le__(self, other: str) -> bool:
        return RANK[self] <= _rank(other)

    def __gt__(self, other: str) -> bool:
        return RANK[self] > _rank(other)

    def __ge__(self, other: str) -> bool:
        return RANK[self] >= _rank(other)


STAGES: Final = tuple(JourneyStage)
"""The four stages in order."""
RANK: Final[dict[str, int]] = {stage: place for place, stage in enumerate(STAGES, 1)}
_ORIGINAL: Final = dict(zip(STAGES, ("O início", "Ganho de relevância", "Aceleração", "Maturação"), strict=True))
_RUNGS: Final[dict[str, JourneyStage]] = {
    **{stage.value: stage for stage in STAGES},
    **{name.lower(): stage for stage, name in _ORIGINAL.items()},
    **dict.fromkeys(["prospect", "recruit", "recruitment", "recruiting", "attract"], JourneyStage.START),
    **dict.fromkeys(["sign", "signed", "onboard", "onboarding"], JourneyStage.START),
    # Enabled is not yet producing: those rungs end with the first wave of revenue, as traction does.
    **dict.fromkeys(["enable", "enabled", "enablement", "activate", "activation"], JourneyStage.TRACTION),
    **dict.fromkeys(["engage", "engagement", "grow", "growth", "scale"], JourneyStage.ACCELERATION),
    **dict.fromkeys(["optimise", "optimize", "optimisation", "optimization"], JourneyStage.MATURITY),
    **dict.fromkeys(["retain", "retention", "mature", "advocate"], JourneyStage.MATURITY),
}


def _rank(stage: str) -> int:
    # Plain strings find their stage too: they are equal to it, and hash alike.
    if not isinstance(stage, str) or stage not in RANK:
        raise InvalidValue("the stage to compare with", f"one of {', '.join(STAGES)}", stage)
    return RANK[stage]


def to_stage(value: str) -> JourneyStage:
    """The member with this value; anything else is left to the validator."""
    return to_member(JourneyStage, value)


def to_optional_stage(value: str | None) -> JourneyStage | None:
    """Like `to_stage`, and None stays None."""
    return None if value is None else to_member(JourneyStage, value)


class ActivityStatus(ClosedSet):
    """How alive the relation is: a flag on any stage, never a stage of its own."""

    ONBOARDING = "onboarding"
    """New: within its onboarding window, where silence means nothing yet."""
    ACTIVE = "active"
    """Heard of lately."""
    COOLING = "cooling"
    """Quiet for longer than usual."""
    DORMANT = "dormant"
    """Quiet for so long that somebody has to call."""
    LOST = "lost"
    """Quiet for so long that it is over in all but name."""
    ENDED = "ended"
    """The agreement has ended."""


class Outcome(ClosedSet):
    """What a criterion says; what is not known is neither passed nor failed."""

    PASSED = "passed"
    """The threshold is met."""
    FAILED = "failed"
    """It is not."""
    UNKNOWN = "unknown"
    """The signal has no value: too few answers, too small a base, nothing recorded."""


class OnUnknown(ClosedSet):
    """What a criterion says when its signal is unknown."""

    HOLD = "hold"
    """It stays unknown: no promotion by it, and no demotion either."""
    PASS = "pass"  # noqa: S105 - an outcome, no secret
    """It counts as passed: for what not every partner has."""
    FAIL = "fail"
    """It counts as failed: allowed only where a stage is entered, since missing data never demotes."""
    REFUSE = "refuse"
    """An error as soon as somebody's stage hangs on it: for what must always be known."""


def to_on_unknown(value: str) -> OnUnknown:
    """The member with this value; anything else is left to the validator."""
    return to_member(OnUnknown, value)


class Comparison(ClosedSet):
    """How the observed value is held against the threshold."""

    AT_LEAST = ">="
    """At or above it."""
    ABOVE = ">"
    """Above it."""
    AT_MOST = "<="
    """At or below it."""
    BELOW = "<"
    """Below it."""


def to_comparison(value: str) -> Comparison:
    """The member with this value; anything else is left to the validator."""
    return to_member(Comparison, value)


class Use(ClosedSet):
    """What a criterion was asked for."""

    ENTER = "enter"
    """To enter its stage."""
    STAY = "stay"
    """To stay in it."""
    WATCH = "watch"
    """To know where to invest: it decides nothing."""


class HeldBy(ClosedSet):
    """Why a partner stays where it is although its criteria point elsewhere."""

    CONFIRMATION = "confirmation"
    """The criteria have to say so at more evaluations in a row."""
    MIN_STAY = "min_stay"
    """It has not been in the stage for long enough to leave it downwards."""
    GRACE = "grace"
    """The grace period runs: at risk, and still there."""
    CALENDAR = "calendar"
    """No review date has come since the last evaluation."""
    FLOOR = "floor"
    """The policy lets nobody fall below this stage."""
    MANUAL = "manual"
    """A recorded exception holds it until a date."""
    APPROVAL = "approval"
    """A promotion waits for somebody's approval."""
