"""Laws of the forecast: parts sum, no deal vanishes, order means nothing, and nothing is seen before its time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings, strategies as st

from partnerops import Dataset, Money, Period
from partnerops._canonical import canonical_bytes
from partnerops.forecast import Bucket, Forecast, NewBusinessLine, StageWeighted, project

from .pipelines import AS_OF, QUARTER, STAGES, Always, any_outlook, deals, outlooks, pipelines

pytestmark = pytest.mark.laws


class Guess:
    """New business by two origins."""

    def estimate(self, *, as_of, period):
        return [
            NewBusinessLine(amount=Money.from_minor(minor, "BRL"), origin=origin, because="a guess")
            for minor, origin in ((101, "partner"), (57, "direct"))
        ]


def ask(found, outlook, **options) -> Forecast:
    values = {"period": QUARTER, "as_of": AS_OF, "currency": "BRL"} | options
    return project(found, outlook=outlook, **values)


class TestConservation:
    """Nothing is invented and nothing disappears."""

    @settings(max_examples=25)
    @given(pipelines(9), any_outlook)
    def test_every_deal_known_by_then_stands_in_exactly_one_place(self, found, outlook):
        """Closed, line or outside; and no other deal stands anywhere."""
        result = ask(found, outlook)
        places = [line.opportunity_id for line in (*result.closed_lines, *result.lines, *result.outside)]
        seen = [deal.id for deal in found if deal.as_of(AS_OF, AS_OF.date()) is not None]
        assert sorted(places) == sorted(seen)

    @settings(max_examples=25)
    @given(pipelines(9), any_outlook)
    def test_the_total_is_rounded_once_and_the_lines_share_it(self, found, outlook):
        """Half-even over the exact sum, and each line within a minor unit of its own product."""
        result = ask(found, outlook)
        exact = [line.amount.minor * Fraction(line.probability.value) for line in result.lines]
        assert result.pipeline.minor == round(sum(exact, Fraction(0)))
        assert all(abs(line.expected.minor - product) < 1 for line, product in zip(result.lines, exact, strict=True))
        assert all(0 <= line.probability.value <= 1 and line.because for line in result.lines)

    @settings(max_examples=25)
    @given(pipelines(9), any_outlook, st.sampled_from(["origin", "partner_id", "stage", lambda deal: deal.id[-1]]))
    def test_the_parts_along_any_dimension_sum_to_the_whole(self, found, outlook, dimension):
        """Closed, pipeline, new business and what stands outside, each exactly."""
        result = ask(found, outlook, new_business=Guess())
        assert result.expected == result.closed + result.pipeline + result.new_business
        parts = result.by(dimension).values()
        for name in ("closed", "pipeline", "new_business", "expected"):
            assert sum((getattr(part, name).minor for part in parts), 0) == getattr(result, name).minor
        assert sum(len(part.outside) for part in parts) == len(result.outside)
        assert sum(row["expected"].minor for row in result.to_dicts()) == result.expected.minor

    @settings(max_examples=25)
    @given(pipelines(9), any_outlook)
    def test_buckets_say_what_is_true_of_the_deal(self, found, outlook):
        """Each bucket has its condition, and every open deal with a chance is a line."""
        today = AS_OF.date()
        conditions = {
            Bucket.OVERDUE: lambda deal: deal.is_open and deal.expected_close < today,
            Bucket.UNSCHEDULED: lambda deal: deal.is_open and deal.expected_close is None,
            Bucket.OUTSIDE_PERIOD: lambda deal: deal.is_open and deal.expected_close not in QUARTER,
            Bucket.NO_CHANCE: lambda deal: deal.is_open and deal.expected_close in QUARTER,
            Bucket.NO_AMOUNT: lambda deal: deal.is_open and deal.amount is None,
            Bucket.UNKNOWN_STATE: lambda deal: deal.is_open and deal.stage == "unknown",
            Bucket.WON_OUTSIDE_PERIOD: lambda deal: deal.is_won and deal.closed_at.date() not in QUARTER,
            Bucket.LOST: lambda deal: deal.status == "lost",
        }
        result = ask(found, outlook)
        assert all(conditions[line.bucket](line.opportunity) and line.because for line in result.outside)
        assert all(line.opportunity.is_open and line.probability.value > 0 for line in result.lines)
        assert all(line.opportunity.closed_at.date() in QUARTER for line in result.closed_lines)


class TestOrder:
    """Deals are a set."""

    @settings(max_examples=25)
    @given(pipelines(9), any_outlook, st.randoms(use_true_random=False))
    def test_shuffled_and_repeated_deals_give_the_same_bytes(self, found, outlook, random):
        """To the last cent of every line."""
        before = ask(found, outlook)
        again = [*found, *found]
        random.shuffle(again)
        assert ask(again, outlook) == before
        assert ask(Dataset(opportunities=again), outlook) == before


class TestTime:
    """What is not yet known is not seen."""

    @settings(max_examples=25)
    @given(pipelines(9), outlooks)
    def test_deleting_what_was_recorded_later_changes_no_byte(self, found, outlook):
        """The forecast from the whole record is the forecast from the record as it was."""
        data = Dataset(opportunities=found)
        now = ask(data, outlook)
        then = ask(data.as_of(AS_OF), outlook)
        assert canonical_bytes(now) == canonical_bytes(then)

    @settings(max_examples=25)
    @given(pipelines(9), any_outlook, deals("late"), st.integers(1, 10**6))
    def test_a_deal_that_is_recorded_later_is_no_part_of_the_answer(self, found, outlook, late, micros):
        """Even if it was created before."""
        before = ask(found, outlook)
        unknown = late.replace(recorded_at=AS_OF + timedelta(microseconds=micros))
        assert ask([*found, unknown], outlook) == before

    @settings(max_examples=25)
    @given(pipelines(9), any_outlook, st.integers(0, 400))
    def test_a_period_that_is_over_has_no_pipeline(self, found, outlook, days):
        """Only what was won in it counts, whatever the outlook says."""
        over = ask(found, outlook, as_of=QUARTER.last + timedelta(days=days), new_business=Guess())
        assert over.lines == over.new_business_lines == ()
        assert over.expected == over.closed

    @settings(max_examples=25)
    @given(pipelines(9), outlooks)
    def test_a_longer_period_never_expects_less_of_a_deal(self, found, outlook):
        """Monotone in the end of the period."""
        shorter = {line.opportunity_id: line.probability.value for line in ask(found, outlook).lines}
        longer_period = Period(QUARTER.start, QUARTER.end + timedelta(days=60))
        longer = ask(found, outlook, period=longer_period).lines
        chances = {line.opportunity_id: line.probability.value for line in longer}
        assert all(chances[id] >= chance for id, chance in shorter.items())


class TestSignAndScale:
    """Money enters only through amount x probability."""

    @settings(max_examples=25)
    @given(pipelines(9), any_outlook)
    def test_minus_mirrors_plus(self, found, outlook):
        """The lines of -x are minus the lines of x."""
        minus = [negated(deal) for deal in found]
        plus = ask(found, outlook)
        assert [-line.expected for line in plus.lines] == [line.expected for line in ask(minus, outlook).lines]

    @settings(max_examples=25)
    @given(pipelines(9), any_outlook, st.integers(2, 1000))
    def test_a_multiple_of_every_amount_multiplies_the_forecast(self, found, outlook, factor):
        """Up to the one rounding of the total; exactly where nothing is rounded."""
        one, more = ask(found, outlook), ask([multiplied(deal, factor) for deal in found], outlook)
        assert more.closed == one.closed * factor
        assert abs(more.pipeline.minor - one.pipeline.minor * factor) <= Fraction(factor, 2) + Fraction(1, 2)
        sure = ask(found, Always(Decimal(1)))
        assert ask([multiplied(deal, factor) for deal in found], Always(Decimal(1))).expected == sure.expected * factor

    @settings(max_examples=25)
    @given(pipelines(9))
    def test_a_probability_of_one_is_the_amount_and_of_zero_is_nothing(self, found):
        """Both ends are exact."""
        sure, never = ask(found, Always(Decimal(1))), ask(found, Always(Decimal(0)))
        assert all(line.expected == line.amount for line in sure.lines)
        assert never.lines == ()
        assert {line.opportunity_id for line in sure.lines} <= {line.opportunity_id for line in never.outside}


@given(outlooks)
def test_the_compiled_outlook_holds_the_table_exactly(outlook: StageWeighted):
    """Integers over one unit, nothing lost."""
    compiled = outlook.compiled()
    assert {stage: Fraction(part, compiled.unit) for stage, part in compiled.stages} == {
        stage: Fraction(outlook.table[stage]) for stage in STAGES
    }


def multiplied(deal, factor):
    """The deal with all its amounts times a factor."""
    amount = None if deal.amount is None else deal.amount * factor
    changes = [c.replace(amount=None if c.amount is None else c.amount * factor) for c in deal.history]
    return deal.replace(amount=amount, history=changes)


def negated(deal):
    """The deal with all its amounts negated."""
    return multiplied(deal, -1)
