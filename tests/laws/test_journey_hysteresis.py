"""Laws of moving slowly: confirmation never adds a move, minimum stay and grace are kept, calendars are obeyed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given, strategies as st

from partnerops.journey import HeldBy, Hysteresis, JourneyStage
from partnerops.journey._hysteresis import Before, Now, review_between, step
from partnerops.periods import add_months

from .journeys import hystereses

pytestmark = pytest.mark.laws
STAGES = tuple(JourneyStage)
candidates = st.lists(st.sampled_from(STAGES), min_size=1, max_size=24)
START = date(2025, 1, 31)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def walk(rules: Hysteresis, seen, *, months: int = 1, approved=None):
    """Standings along monthly evaluations whose criteria point to each of *seen* in turn."""
    before, found = None, []
    for index, candidate in enumerate(seen):
        day = add_months(START, index * months)
        standing = step(rules, before, Now(at(day), day, candidate, approved))
        before = Before(
            standing.stage, candidate, standing.since, standing.since_on, day, standing.streak,
            standing.pending_since, standing.pending_on,
        )  # fmt: skip
        found.append((day, candidate, standing))
    return found


def moves(walked) -> int:
    return sum(one[2].stage is not after[2].stage for one, after in pairwise(walked))


@pytest.mark.parametrize("confirm", [2, 3])
@pytest.mark.parametrize("way", ["one_down", "recompute"])
def test_confirmation_never_adds_moves(confirm, way):
    """Every sequence of six evaluations over four stages: asking for confirmation never makes a partner move more."""
    loose = Hysteresis(demote_after=1, min_stay_months=0, grace_months=0, demotion_step=way)
    strict = loose.replace(promote_after=confirm, demote_after=confirm)
    for seen in product(STAGES, repeat=6):
        assert moves(walk(strict, seen)) <= moves(walk(loose, seen)), seen


@given(hystereses, candidates)
def test_each_move_keeps_its_conditions(rules, seen):
    """Whatever moved had the evaluations in a row, the stay, the grace and the review date that the policy asks for."""
    walked = walk(rules, seen)
    stages = [standing.stage for _, _, standing in walked]
    for index in range(1, len(walked)):
        day, candidate, standing = walked[index]
        if stages[index] is stages[index - 1]:
            continue
        up = stages[index] > stages[index - 1]
        needed = rules.promote_after if up else rules.demote_after
        run = [
            (one > stages[index - 1]) if up else (one < stages[index - 1])
            for _, one, _ in walked[max(index - needed + 1, 0) : index + 1]
        ]
        assert all(run)
        assert len(run) == needed
        assert candidate >= stages[index] if up else candidate <= stages[index] or rules.floor is not None
        assert review_between(rules.promote_on if up else rules.demote_on, walked[index - 1][0], day)
        if not up:
            assert add_months(walked[index - 1][2].since.date(), rules.min_stay_months) <= day
            assert rules.floor is None or stages[index] >= rules.floor
        assert standing.since == at(day)


@given(hystereses, candidates)
def test_the_grace_period_runs_in_full(rules, seen):
    """From the first evaluation at risk to the fall, no evaluation in between without risk."""
    walked = walk(rules, seen)
    risk_since = None
    for (_, _, before), (day, candidate, standing) in pairwise(walked):
        if candidate < before.stage:
            risk_since = risk_since or day
            if standing.stage < before.stage:
                assert add_months(risk_since, rules.grace_months) <= day
        if candidate >= before.stage or standing.stage is not before.stage:
            risk_since = None


@given(hystereses, candidates)
def test_a_standing_says_what_holds_it(rules, seen):
    """Held exactly where stage and candidate differ and nothing moved, always with words and a count."""
    before = None
    for _, candidate, standing in walk(rules, seen):
        moved = before is not None and before is not standing.stage
        assert (standing.held_by is not None) == (candidate is not standing.stage and not moved)
        assert bool(standing.because) == (standing.held_by is not None)
        assert (standing.streak > 0) == (standing.held_by is not None)
        before = standing.stage


@given(candidates, st.sampled_from([None, *STAGES]))
def test_nobody_rises_above_an_approval(seen, approved):
    """With manual approval a partner rises as far as was approved, and no further."""
    walked = walk(Hysteresis(approval="manual"), seen, approved=approved)
    for (_, _, before), (_, candidate, standing) in pairwise(walked):
        if standing.stage > before.stage:
            assert approved is not None
            assert standing.stage is min(candidate, approved)
        elif candidate > before.stage:
            assert standing.held_by is HeldBy.APPROVAL
            assert approved is None or approved <= before.stage


days_of_year = st.sampled_from(["01-01", "01-15", "02-28", "07-15", "12-31"])


@given(
    st.lists(days_of_year, min_size=1, max_size=3), st.dates(date(2023, 1, 1), date(2026, 1, 1)), st.integers(0, 800)
)
def test_review_dates_are_found_day_by_day(days, last, length):
    """The same as looking at every day in (last, today]."""
    today = last + timedelta(days=length)
    every = [last + timedelta(days=n) for n in range(1, length + 1)]
    assert review_between(tuple(days), last, today) == any(f"{day:%m-%d}" in days for day in every)
    assert review_between((), last, today)
