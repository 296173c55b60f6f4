"""Laws of a programme over time: rows sum to one, stays fill the time, what is censored is not thrown away."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from partnerops.journey import replay_all
from partnerops.journey._durations import survival
from partnerops.journey.cohorts import activation, cohort_funnel
from partnerops.journey.movement import flapping, stage_mix, time_in_stage, transitions

from .journeys import DATES, histories, policies

pytestmark = pytest.mark.laws
FROM = ("new", "start", "traction", "acceleration", "maturity")
TO = (*FROM[1:], "ended")


@given(histories(), policies())
def test_each_row_of_rates_sums_to_one(data, policy):
    """Or has no value, where nobody was."""
    matrix = transitions(replay_all(data, policy=policy, dates=DATES[::2]))
    for begin in FROM:
        rates = [matrix.rate(begin, end).value for end in TO]
        assert rates == [None] * len(TO) or sum(rates) == 1
    assert matrix.to_mermaid().startswith("stateDiagram-v2")


@given(histories(), policies())
def test_stays_fill_the_time(data, policy):
    """Every partner's days from its first to its last evaluation, up to its end, are in one stay or left out as cut."""
    timelines = [one for one in replay_all(data, policy=policy, dates=DATES[::2]) if len(one)]
    found = time_in_stage(timelines)
    for timeline in timelines:
        own = [spell for spell in found.spells if spell.partner_id == timeline[0].partner_id]
        assert all(one.end == after.start for one, after in pairwise(own) if one.over)
        assert all(spell.days > 0 or not spell.over for spell in own)
        assert sum(not spell.over for spell in own) <= 1
    assert len(found.spells) == sum(one.over + one.going_on for one in found.stages)


lengths = st.lists(st.tuples(st.integers(1, 400), st.booleans()), max_size=30)


@given(lengths)
def test_survival_falls_from_one(stays):
    """Steps never rise, and never below 0; what goes on only ever lifts them."""
    curve = survival(stays)
    shares = [Fraction(1), *(share for _, share in curve)]
    assert all(after <= before for before, after in pairwise(shares))
    assert all(0 <= share <= 1 for share in shares)
    ended = survival([(days, True) for days, _ in stays])
    for days, share in ended:
        lasting = next((other for length, other in reversed(curve) if length <= days), Fraction(1))
        assert lasting >= share


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30), st.integers(0, 400))
def test_without_censoring_survival_is_the_share_that_lasts_longer(days, limit):
    """The estimator is the plain share then."""
    curve = survival([(length, True) for length in days])
    lasting = next((share for length, share in reversed(curve) if length <= limit), Fraction(1))
    assert lasting == Fraction(sum(length > limit for length in days), len(days))


@given(histories(), policies())
def test_changes_are_counted_once(data, policy):
    """The flip rate and the transition matrix tell of the same moves."""
    timelines = [one for one in replay_all(data, policy=policy, dates=DATES[::2]) if len(one)]
    restless = flapping(timelines)
    assert restless.rate.numerator == sum(len(one.changes) for one in timelines)
    assert 0 <= restless.turns <= max(restless.rate.numerator - 1, 0)
    mix = stage_mix(timeline[-1] for timeline in timelines)
    assert mix.total == sum(count for *_, count in mix.by_type) == len(timelines)


@given(histories(), st.sampled_from(DATES))
def test_more_days_never_reach_less(data, on):
    """Shares rise with the days given, up to ever; mature cohorts add up to the total."""
    funnel = cohort_funnel(data, as_of=on)
    for cohort in (*funnel.cohorts, funnel.total):
        for reach in cohort.reached:
            counts = [ratio.numerator for _, ratio in reach.within]
            assert counts == sorted(counts)
            assert not counts or counts[-1] <= reach.ever.numerator <= cohort.partners
    assert funnel.total.partners == sum(one.partners for one in funnel.cohorts if one.mature)
    found = activation(data, as_of=on)
    assert found.rate.denominator + found.waiting == sum(one.partners for one in funnel.cohorts)
