"""The law suite for schedules finds what is wrong, and says nothing where nothing is."""

from __future__ import annotations

from fractions import Fraction

import pytest
from attrs import frozen
from hypothesis import strategies as st

from partnerops.commission import FixedAmount, FlatRate, GraduatedTiers, MixedTiers, Tier, VolumeTiers
from partnerops.commission.details import CompiledSchedule
from partnerops.exceptions import InvalidValue, PolicyBrokeLaws
from partnerops.testing import check_rate_schedule

TIERS = [Tier(0, "0.05"), Tier(1000, "0.08"), Tier(5000, "0.10", flat=100)]


@pytest.mark.parametrize(
    "schedule",
    [
        FlatRate("0.1"),
        FixedAmount(50),
        GraduatedTiers(TIERS),
        VolumeTiers(TIERS, boundary="upper"),
        MixedTiers(TIERS, boundary="lower"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_the_librarys_own_keep_their_laws(schedule):
    """All of them."""
    check_rate_schedule(schedule, examples=60)


@frozen
class Staircase:
    """A user's schedule that keeps the laws."""

    each: int = 5

    def cumulative(self, attained, /):
        """So much a thousand."""
        return attained // 1000 * self.each


def broken_by(answer, **members):
    """The laws that a schedule with this F breaks."""
    schedule = frozen(type("Broken", (), {"cumulative": lambda _, attained: answer(attained), **members}))()
    with pytest.raises(PolicyBrokeLaws) as caught:
        check_rate_schedule(schedule, examples=40)
    return {one.name for one in caught.value.broken}


def test_a_users_schedule():
    """Also where it is asked about its own thresholds."""
    check_rate_schedule(Staircase(), examples=40)
    check_rate_schedule(Staircase(), examples=40, attainments=st.sampled_from([Fraction(999), Fraction(1000)]))


def test_what_is_wrong_is_named():
    """Each fault under its own law."""
    seen = []
    ten = CompiledSchedule(starts=[0], bases=[0], slopes=[1], scale=1, unit=10)
    assert broken_by(float) == {"contract"}
    assert broken_by(lambda v: v - 5) == {"contract"}
    assert broken_by(lambda v: v / 10 if v else 1 / v) == {"contract"}
    assert broken_by(lambda v: v + 1) == {"zero"}
    assert broken_by(lambda v: v % 100) == {"rising"}
    assert "determinism" in broken_by(lambda v: seen.append(v) or (len(seen) if v else 0))
    assert broken_by(lambda v: v / 5, compiled=lambda _: ten) == {"compiled"}
    assert broken_by(lambda v: v / 5, compiled=lambda _: 7) == {"compiled"}
    assert broken_by(lambda v: 1 / (v - v)) == {"contract"}
    assert broken_by(lambda v: v / 5, __hash__=None) == {"value"}


@pytest.mark.parametrize("threshold", ["0.70", "1500", "250000", "98000000"])
def test_a_fall_between_two_cents_is_found(threshold):
    """At a threshold, or just above it: two attainments drawn apart hardly ever lie on both sides."""
    at = Fraction(threshold)
    assert broken_by(lambda v: v / 10 if v < at else at / 10 - Fraction(1, 500) + (v - at) / 5) == {"rising"}
    assert broken_by(lambda v: v / 10 if v <= at else at / 10 - Fraction(1, 500) + (v - at) / 10) == {"rising"}


def test_a_law_may_be_left_out():
    """By name; and what is no schedule is refused."""

    @frozen
    class Wavy:
        def cumulative(self, attained, /):
            return attained % 100

    check_rate_schedule(Wavy(), examples=40, skip=["rising"])
    with pytest.raises(InvalidValue, match=r"check_rate_schedule\(schedule\) must be a schedule"):
        check_rate_schedule(FlatRate)
