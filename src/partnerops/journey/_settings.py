"""What a policy may set beside its criteria: how signals are read, when silence counts, how slowly a partner moves."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final, cast

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._arguments import check_int
from partnerops._attrs import Value, is_a, is_exact, place, to_fraction, to_member, to_strings, tuple_of
from partnerops._closed import ClosedSet
from partnerops.exceptions import InvalidValue
from partnerops.journey._stages import JourneyStage, to_optional_stage
from partnerops.money import Money


def whole(low: int, high: int = 36_600) -> Callable[[object, attrs.Attribute[Any], int], None]:
    """A validator for whole numbers from *low* to *high*."""

    def validate(instance: object, attribute: attrs.Attribute[Any], value: int) -> None:
        check_int(place(instance, attribute), value, low, high)

    return validate


# --- how signals are read


@frozen(kw_only=True)
class SignalRules(Value):
    """
    What the signals mean in this programme.

    >>> SignalRules(onboarding_steps=["kick_off", "training"]).minimum_answers
    5
    """

    credit_roles: tuple[str, ...] = field(default=("sourced",), converter=to_strings, validator=tuple_of(str))
    """Credits of these roles are wins; influenced credit overlaps, so it is left out by default."""
    onboarding_steps: tuple[str, ...] = field(default=("onboarding",), converter=to_strings, validator=tuple_of(str))
    """Kinds of activity each of which has to happen once; with the partner's promises due in that time."""
    onboarding_days: int = field(default=90, validator=whole(1))
    """Days from signing in which onboarding has to be done."""
    restart_after_days: int = field(default=365, validator=whole(1))
    """A gap between agreements longer than this starts the relation anew."""
    qualified_stages: tuple[str, ...] = field(default=("qualified",), converter=to_strings, validator=tuple_of(str))
    """Pipeline stages that make a referral a qualified one."""
    unaided: tuple[str, ...] = field(default=("none",), converter=to_strings, validator=tuple_of(str))
    """Values of `PartnerInvolvement.assistance` that mean the partner sold on its own."""
    minimum_answers: int = field(default=5, validator=whole(1))
    """With answers of fewer customers satisfaction is unknown."""
    growth_floor: Money | None = field(default=None, validator=optional(is_a(Money)))
    """A base below this leaves growth unknown; None asks only for a base above 0."""
    growth_cap: Fraction = field(default=Fraction(10), converter=to_fraction, validator=is_exact)
    """Growth above this counts as this: 10 is eleven times the base."""
    one_per_person: bool = field(default=False, validator=is_a(bool))
    """Whether a person counts once however many certificates it holds."""
    customer_months: int = field(default=12, validator=whole(1, 1200))
    """Months for which a one-off purchase keeps a customer active."""
    family: bool = field(default=False, validator=is_a(bool))
    """Whether the facts of the partners below it count for a partner too."""


# --- when silence counts


class Baseline(ClosedSet):
    """What silence is measured against."""

    FIXED = "fixed"
    """The same days for every partner."""
    OWN = "own"
    """The partner's own rhythm, where there are enough events to see one."""


def _to_baseline(value: str) -> Baseline:
    return to_member(Baseline, value)


EVENTS: Final = ("activity", "assignment", "certification", "lead", "opportunity", "registration", "touch", "win")
"""Kinds of event that break a silence."""


def _are_events(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    tuple_of(str)(instance, attribute, value)
    events = cast("tuple[str, ...]", value)
    # Without any event everybody would be silent, which is never what a policy means.
    if not events or set(events) - set(EVENTS):
        raise InvalidValue(place(instance, attribute), f"some of {', '.join(EVENTS)}", value)


@frozen(kw_only=True)
class Dormancy(Value):
    """
    When silence makes a partner cooling, dormant or lost.

    Days are counted from the date of the last event, or from signing where there is none; the day on which a count is
    reached already has the new status. With `baseline="own"` and at least `least_events` days with an event, the first
    two counts become g x m and g x m x dormant / cooling, with g = `gaps` and m the median number of
    days between the partner's own event days.

    Raises:
        InvalidValue: Counts that do not rise, or an unknown kind of event.

    Source: partner-programme glossaries call 60 to 90 days without leads, registrations or logins inactive.

    >>> Dormancy(cooling_after=30, dormant_after=60).lost_after
    365
    """

    cooling_after: int = field(default=60, validator=whole(1))
    """Days of silence after which a partner is cooling."""
    dormant_after: int = field(default=90, validator=whole(1))
    """Days after which it is dormant."""
    lost_after: int = field(default=365, validator=whole(1))
    """Days after which it is lost."""
    baseline: Baseline = field(default=Baseline.FIXED, converter=_to_baseline, validator=is_a(Baseline))
    """Whether the first two counts are fixed or follow the partner's own rhythm."""
    gaps: int = field(default=3, validator=whole(1, 1000))
    """For the own rhythm: how many median gaps of silence make a partner cooling."""
    least_events: int = field(default=4, validator=whole(3, 1000))
    """For the own rhythm: days with an event needed to see one."""
    events: tuple[str, ...] = field(default=EVENTS, converter=to_strings, validator=_are_events)
    """Kinds of event that break a silence."""

    def __attrs_post_init__(self) -> None:
        # One silence has one name at a time, so each count has to lie beyond the one before.
        if not self.cooling_after < self.dormant_after < self.lost_after:
            given = (self.cooling_after, self.dormant_after, self.lost_after)
            raise InvalidValue("Dormancy.lost_after", "in the order cooling < dormant < lost", given)


# --- how slowly a partner moves


class DemotionStep(ClosedSet):
    """How far a partner falls at once."""

    ONE_DOWN = "one_down"
    """One stage."""
    RECOMPUTE = "recompute"
    """To the highest stage below whose conditions to stay it still meets."""


def _to_step(value: str) -> DemotionStep:
    return to_member(DemotionStep, value)


class Approving(ClosedSet):
    """Who lets a partner rise."""

    AUTO = "auto"
    """The criteria alone."""
    MANUAL = "manual"
    """A person: until then the decision shows who is due."""


def _to_approving(value: str) -> Approving:
    return to_member(Approving, value)


# 29 February is no review date: three years in four would skip it without a word.
_MONTH_DAY: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31")


def _are_days(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    tuple_of(str)(instance, attribute, value)
    for day in cast("tuple[str, ...]", value):
        if not _MONTH_DAY.fullmatch(day):
            raise InvalidValue(place(instance, attribute), 'days of every year, as in "01-15"', day)


@frozen(kw_only=True)
class Hysteresis(Value):
    """
    How slowly a partner moves: promoted at once, demoted only after confirmation, a minimum stay and a grace period.

    A change needs all of its conditions at the same evaluation. The first evaluation of a partner places it freely.
    A calendar of review dates lets a change happen only at the first evaluation on or after one of them. A recorded
    exception to `journey_stage` (see `PolicyException`) holds a partner's stage until it expires, whatever else says.

    Raises:
        InvalidValue: A count or date out of range.

    Source: HubSpot's technology-partner programme promotes each quarter and demotes twice a year; loyalty engines
    (Talon.One, Brevo) offer one step down or a recomputed level.

    >>> Hysteresis(promote_on=["01-15", "04-15", "07-15", "10-15"], demote_on=["01-15", "07-15"]).demote_after
    2
    """

    promote_after: int = field(default=1, validator=whole(1, 1000))
    """Evaluations in a row that have to say so before a promotion."""
    demote_after: int = field(default=2, validator=whole(1, 1000))
    """Evaluations in a row that have to say so before a demotion."""
    min_stay_months: int = field(default=3, validator=whole(0, 1200))
    """Months in a stage before it can be left downwards."""
    grace_months: int = field(default=3, validator=whole(0, 1200))
    """Months from the first evaluation at risk to a demotion."""
    demotion_step: DemotionStep = field(default=DemotionStep.ONE_DOWN, converter=_to_step, validator=is_a(DemotionStep))
    """How far a partner falls at once."""
    promote_on: tuple[str, ...] = field(default=(), converter=to_strings, validator=_are_days)
    """Review dates of promotions as `MM-DD`; `()` is any evaluation."""
    demote_on: tuple[str, ...] = field(default=(), converter=to_strings, validator=_are_days)
    """Review dates of demotions as `MM-DD`; `()` is any evaluation."""
    floor: JourneyStage | None = field(
        default=None, converter=to_optional_stage, validator=optional(is_a(JourneyStage))
    )
    """The lowest stage that a demotion may lead to."""
    approval: Approving = field(default=Approving.AUTO, converter=_to_approving, validator=is_a(Approving))
    """Whether a promotion waits for a `StageApproval`."""
