"""From where the criteria point to where the partner stands: confirmation, minimum stay, grace, calendars, floor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from partnerops.journey._settings import Approving, DemotionStep, Hysteresis
from partnerops.journey._stages import STAGES, HeldBy, JourneyStage
from partnerops.periods import add_months


class Standing(NamedTuple):
    """Where a partner stands, since when, and what holds it there."""

    stage: JourneyStage
    since: datetime
    since_on: date
    streak: int = 0
    pending_since: datetime | None = None
    pending_on: date | None = None
    held_by: HeldBy | None = None
    because: str = ""


class Before(NamedTuple):
    """What the evaluation before left behind, with business dates for its instants."""

    stage: JourneyStage
    candidate: JourneyStage
    since: datetime
    since_on: date
    on: date
    streak: int = 0
    pending_since: datetime | None = None
    pending_on: date | None = None


class Now(NamedTuple):
    """The evaluation at hand."""

    instant: datetime
    today: date
    candidate: JourneyStage
    approved: JourneyStage | None = None


def step(rules: Hysteresis, before: Before | None, now: Now) -> Standing:
    """The new standing; the first evaluation places a partner freely."""
    # Nothing to hold on to yet: a partner that is met for the first time is put where it belongs.
    if before is None:
        return Standing(now.candidate, now.instant, now.today)
    # Back where it stands: whatever was pending is forgotten, a new doubt starts its count anew.
    if now.candidate is before.stage:
        return Standing(before.stage, before.since, before.since_on)
    up = now.candidate > before.stage
    same_way = before.streak > 0 and before.candidate is not before.stage and (before.candidate > before.stage) == up
    # Only evaluations in a row that point the same way add up; a change of direction starts again.
    streak = before.streak + 1 if same_way else 1
    pending = (before.pending_since, before.pending_on) if same_way else (now.instant, now.today)
    target = _upper(rules, before, now) if up else _lower(rules, before.stage, now.candidate)
    if up:
        held = _holds_up(rules, before, now, streak)
    else:
        held = _holds_down(rules, before, now, streak, pending[1] or now.today)
    # All conditions are met, and still there is nowhere to go: the floor, or nobody who approved.
    if held is None and target is before.stage:
        by = (HeldBy.APPROVAL, f"approval: somebody has to approve {now.candidate}")
        held = by if up else (HeldBy.FLOOR, f"the floor: nobody falls below {target}")
    if held is None:
        return Standing(target, now.instant, now.today)
    return Standing(before.stage, before.since, before.since_on, streak, *pending, *held)


def _upper(rules: Hysteresis, before: Before, now: Now) -> JourneyStage:
    """Where a promotion leads: to where the criteria point or, where somebody has to approve, as far as that goes."""
    if rules.approval is Approving.AUTO:
        return now.candidate
    return before.stage if now.approved is None else max(min(now.candidate, now.approved), before.stage)


def _lower(rules: Hysteresis, stage: JourneyStage, candidate: JourneyStage) -> JourneyStage:
    """Where a demotion leads: one step or all the way, and never below the floor."""
    # Ranks count from 1, so the stage before has its own rank less 2 as its place.
    target = STAGES[stage.rank - 2] if rules.demotion_step is DemotionStep.ONE_DOWN else candidate
    return target if rules.floor is None or target >= rules.floor else min(rules.floor, stage)


def _holds_up(rules: Hysteresis, before: Before, now: Now, streak: int) -> tuple[HeldBy, str] | None:
    if streak < rules.promote_after:
        return HeldBy.CONFIRMATION, f"confirmation ({streak} of {rules.promote_after} evaluations)"
    if not review_between(rules.promote_on, before.on, now.today):
        return HeldBy.CALENDAR, f"the calendar: promotions are on {', '.join(rules.promote_on)}"
    return None


def _holds_down(
    rules: Hysteresis, before: Before, now: Now, streak: int, pending_on: date
) -> tuple[HeldBy, str] | None:
    if streak < rules.demote_after:
        return HeldBy.CONFIRMATION, f"confirmation ({streak} of {rules.demote_after} evaluations)"
    if rules.min_stay_months and (until := add_months(before.since_on, rules.min_stay_months)) > now.today:
        return HeldBy.MIN_STAY, f"the minimum stay until {until}"
    if rules.grace_months and (until := add_months(pending_on, rules.grace_months)) > now.today:
        return HeldBy.GRACE, f"the grace period until {until}"
    if not review_between(rules.demote_on, before.on, now.today):
        return HeldBy.CALENDAR, f"the calendar: demotions are on {', '.join(rules.demote_on)}"
    return None


def review_between(days: Sequence[str], last: date, today: date) -> bool:
    """Whether one of the review dates (MM-DD) lies in (last, today]; without review dates every day is one."""
    if not days:
        return True
    # A few years at most lie between two evaluations; looking at each keeps leap years out of it.
    return any(
        last < date(year, int(day[:2]), int(day[3:])) <= today
        for year in range(last.year, today.year + 1)
        for day in days
    )
