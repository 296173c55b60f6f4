"""Laws of the journey: pure, blind to the future, deaf to the order of facts, never worse off for a win."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import attrs
import pytest
from hypothesis import given, strategies as st

from partnerops import Dataset, Money
from partnerops.journey import (
    ActivityStatus,
    HeldBy,
    JourneyStage,
    Outcome,
    classify,
    classify_all,
    replay,
    replay_all,
)

from .journeys import DATES, PARTNERS, freely, histories, policies, wins

pytestmark = pytest.mark.laws
moments = st.sampled_from(DATES)


def shuffled(data: Dataset, random) -> Dataset:
    """The same facts in another order."""
    changes = {}
    for name, records in data._collections():
        mixed = list(records)
        random.shuffle(mixed)
        changes[name] = mixed
    return Dataset(**changes)


def end_of(day) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


class TestPurity:
    """The same facts, policy and previous decision give the same answer."""

    @given(histories(), policies(), moments, st.randoms(use_true_random=False))
    def test_the_order_of_facts_means_nothing(self, data, policy, on, random):
        """Shuffled collections give equal decisions, evidence included."""
        mixed = shuffled(data, random)
        for id in PARTNERS:
            one = classify(data, id, policy=policy, as_of=on)
            assert classify(mixed, id, policy=policy, as_of=on) == one
            assert classify(data, id, policy=policy, as_of=on).input_digest == one.input_digest

    @given(histories(), policies(), moments)
    def test_facts_given_twice_count_once(self, data, policy, on):
        """A load that ran twice changes nothing."""
        twice = Dataset(**{
            name: records if name == "partners" else records * 2 for name, records in data._collections()
        })  # fmt: skip
        for id in PARTNERS:
            once = classify(data, id, policy=policy, as_of=on)
            again = classify(twice, id, policy=policy, as_of=on)
            assert (again.stage, again.activity) == (once.stage, once.activity)

    @given(histories(), policies(), st.lists(moments, unique=True, max_size=6).map(sorted))
    def test_batch_verbs_are_the_single_ones(self, data, policy, dates):
        """One partner at a time, or all at once; step by step, or along dates."""
        timelines = replay_all(data, policy=policy, dates=dates)
        for id, timeline in zip(PARTNERS, timelines, strict=True):
            met = [one.as_of for one in timeline]
            assert replay(data, id, policy=policy, dates=met) == timeline
            last = None
            for one in timeline:
                last = classify(data, id, policy=policy, as_of=one.as_of, previous=last)
                assert last == one
        if dates:
            alone = tuple(classify(data, id, policy=policy, as_of=dates[0]) for id in PARTNERS)
            assert classify_all(data, policy=policy, as_of=dates[0]) == alone


class TestTime:
    """What is not yet known is not seen."""

    @given(histories(), policies(), moments)
    def test_nothing_after_as_of_is_seen(self, data, policy, on):
        """The dataset as it was known gives the same answer as the whole one."""
        known = data.as_of(on)
        for id in PARTNERS:
            now, then = (classify(one, id, policy=policy, as_of=on) for one in (data, known))
            assert (now.stage, now.activity, now.pulse, now.criteria) == (
                then.stage, then.activity, then.pulse, then.criteria,
            )  # fmt: skip

    @given(histories(), policies(), moments, st.data())
    def test_later_facts_change_no_earlier_answer(self, data, policy, on, draw):
        """A win that lies or was recorded later."""
        late = draw.draw(wins("late")).replace(recorded_at=end_of(on), supersedes=None)
        more = data.replace(credits=(*data.credits, late))
        for id in PARTNERS:
            assert classify(more, id, policy=policy, as_of=on) == classify(data, id, policy=policy, as_of=on)

    @given(histories(), policies())
    def test_a_longer_replay_begins_with_the_shorter_one(self, data, policy):
        """The timeline at t1 is a prefix of the timeline at t2."""
        for id in PARTNERS:
            longer = replay(data, id, policy=policy, dates=DATES[:12])
            assert longer[:5] == replay(data, id, policy=policy, dates=DATES[:5]).decisions


class TestMonotony:
    """More is never worse."""

    @given(histories(), policies(ratios=False), moments, st.data())
    def test_a_win_more_never_lowers_the_stage(self, data, policy, on, draw):
        """For a policy without ratios, placed freely or from the same decision before."""
        extra = draw.draw(wins("extra", roles=("sourced",)))
        more = data.replace(credits=(*data.credits, extra))
        id = extra.partner_id
        assert classify(data, id, policy=policy, as_of=on).stage <= classify(more, id, policy=policy, as_of=on).stage
        before = classify(data, id, policy=policy, as_of=DATES[0] - timedelta(days=1))
        without = classify(data, id, policy=policy, as_of=on, previous=before)
        assert without.stage <= classify(more, id, policy=policy, as_of=on, previous=before).stage

    @given(histories(), policies(), moments)
    def test_higher_thresholds_never_raise_the_stage(self, data, policy, on):
        """Asking for more revenue lets no more partners in."""
        higher = policy.replace(mature_revenue=policy.mature_revenue * 2)
        for id in PARTNERS:
            asked = classify(data, id, policy=policy, as_of=on)
            assert classify(data, id, policy=higher, as_of=on).stage <= asked.stage


class TestSilence:
    """Silence is a flag, and what is unknown costs nobody a stage."""

    @given(histories(), policies(), moments)
    def test_activity_never_decides_a_stage(self, data, policy, on):
        """Other counts of silent days give the same stage."""
        deaf = policy.replace(dormancy=policy.dormancy.replace(cooling_after=1, dormant_after=2, lost_after=3))
        for id in PARTNERS:
            assert classify(data, id, policy=policy, as_of=on).stage is classify(data, id, policy=deaf, as_of=on).stage

    @given(histories(), policies())
    def test_unknown_never_demotes(self, data, policy):
        """A partner falls only by a criterion that is known not to hold, or to the stage of an exception."""
        free = policy.replace(hysteresis=freely)
        for id in PARTNERS:
            for one in replay(data.replace(exceptions=()), id, policy=free, dates=DATES):
                if one.changed and one.stage < one.previous_stage:
                    assert one.fell_by
                    assert all(reason.outcome is Outcome.FAILED for reason in one.fell_by)


class TestDecision:
    """What a decision says holds together."""

    @given(histories(), policies())
    def test_each_decision_explains_itself(self, data, policy):
        """Blockers are of the next stage, every line says why, gaps are what is missing."""
        for id in PARTNERS:
            for one in replay(data, id, policy=policy, dates=DATES[::3]):
                assert one.because
                assert all(result.because for result in one.criteria)
                assert all(result.stage is one.next_stage for result in one.blockers)
                if one.held_by is None and one.stage is not JourneyStage.MATURITY:
                    assert one.blockers
                    # With a partner that has ended there is nothing left to do.
                    assert bool(one.next_actions) == (one.activity is not ActivityStatus.ENDED)
                for result in one.criteria:
                    assert (result.gap is None) == (result.observed is None)
                    if result.outcome is Outcome.FAILED:
                        gap = result.gap.minor if isinstance(result.gap, Money) else result.gap
                        assert gap > 0
                assert 0 <= one.coverage.value <= 1

    @given(histories(), policies())
    def test_a_partner_is_silent_once_the_day_has_passed_by_which_it_was_expected(self, data, policy):
        """Cooling, dormant and lost from the day after on; onboarding and active until then."""
        silent = {ActivityStatus.COOLING, ActivityStatus.DORMANT, ActivityStatus.LOST}
        for id in PARTNERS:
            for one in replay(data, id, policy=policy, dates=DATES[::3]):
                if one.pulse.expected_by is not None:
                    assert (one.on > one.pulse.expected_by) == (one.activity in silent)

    @given(histories(), policies())
    def test_held_means_away_from_the_candidate(self, data, policy):
        """A partner is where its criteria point, or something says why not."""
        for id in PARTNERS:
            for one in replay(data, id, policy=policy, dates=DATES):
                if one.held_by is None and not one.changed:
                    assert one.stage is one.candidate
                if one.held_by is not None:
                    assert one.stage is not one.candidate
                    assert one.held_because

    @given(histories(), policies())
    def test_a_decision_is_a_value(self, data, policy):
        """It compares, hashes and carries what the next evaluation needs."""
        for one in classify_all(data, policy=policy, as_of=DATES[8]):
            assert hash(one) == hash(attrs.evolve(one))
            assert one.held_by is None or one.held_by is HeldBy.MANUAL
            assert str(one)
            assert one.to_dicts() or one.criteria == ()


@given(histories(), policies())
def test_a_fall_is_one_step_where_the_policy_says_so(data, policy):
    """At most one stage down per evaluation; never below the floor, unless an exception says so."""
    rules = policy.hysteresis.replace(demotion_step="one_down")
    for id in PARTNERS:
        timeline = replay(data.replace(exceptions=()), id, policy=policy.replace(hysteresis=rules), dates=DATES)
        for before, after in pairwise(timeline):
            assert before.stage.rank - after.stage.rank <= 1
            if after.stage < before.stage and rules.floor is not None:
                assert after.stage >= rules.floor
