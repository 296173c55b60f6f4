"""Parts in deals, activities, certificates, surveys, joint plans."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from partnerops.entities import Activity, Certification, Commitment, JointPlan, PartnerInvolvement, SurveyResponse
from partnerops.exceptions import InvalidValue
from tests.unit.nouns import DAY, NOON, TODAY, make

TICK = timedelta(microseconds=1)


class TestInvolvement:
    def test_share_is_exact_or_unknown(self) -> None:
        """Read from text, never from a float."""
        assert make(PartnerInvolvement, share="0.3").share == Fraction(3, 10)
        assert make(PartnerInvolvement).share is None

    @pytest.mark.parametrize("share", ["1.01", "-0.1", 30])
    def test_share_is_from_0_to_1(self, share: Any) -> None:
        """30 is no 30 %."""
        with pytest.raises(InvalidValue, match=r"PartnerInvolvement.share must be a fraction from 0 to 1"):
            make(PartnerInvolvement, share=share)

    def test_a_later_end_is_undone(self) -> None:
        """And comes after the beginning."""
        part = make(PartnerInvolvement, ended_at=NOON + DAY)
        assert part.as_of(NOON + DAY, TODAY) is part
        assert part.as_of(NOON + DAY - TICK, TODAY) == make(PartnerInvolvement)
        with pytest.raises(InvalidValue, match=r"PartnerInvolvement.ended_at must be at or after at"):
            make(PartnerInvolvement, ended_at=NOON - TICK)


class TestActivity:
    def test_units_are_exact(self) -> None:
        """One, unless told; 0.10 is 0.1."""
        assert make(Activity).units == 1
        assert str(make(Activity, units=Decimal("1.50")).units) == "1.5"


class TestCertification:
    def test_is_valid_from_its_first_day_to_the_day_before_its_end(self) -> None:
        """Without an end, for ever."""
        one = make(Certification, valid_to=TODAY + DAY)
        assert [one.is_valid(TODAY + n * DAY) for n in (-1, 0, 1)] == [False, True, False]
        assert make(Certification).is_valid(TODAY + 9999 * DAY)

    @pytest.mark.parametrize("days", [0, -1])
    def test_is_not_empty(self, days: int) -> None:
        """The refusal names the beginning."""
        with pytest.raises(InvalidValue, match=r"Certification.valid_to must be after valid_from \(2026-03-10\)"):
            make(Certification, valid_to=TODAY + days * DAY)


class TestSurvey:
    @pytest.mark.parametrize(("kind", "low", "high"), [("nps", 0, 10), ("csat", 1, 5)])
    def test_scale_follows_from_the_question(self, kind: str, low: int, high: int) -> None:
        """Its ends are answers; beyond them the scale is named."""
        for score in (low, high):
            assert make(SurveyResponse, kind=kind, score=score).score == score
        for score in (low - 1, high + 1):
            with pytest.raises(InvalidValue, match=f"SurveyResponse.score must be from {low} to {high} for {kind}"):
                make(SurveyResponse, kind=kind, score=score)

    def test_somebody_answered(self) -> None:
        """An account, a partner, or an account about a partner."""
        assert make(SurveyResponse, account_id=None, partner_id="acme")
        with pytest.raises(InvalidValue, match=r"SurveyResponse.account_id must be given, or else partner_id"):
            make(SurveyResponse, account_id=None)


class TestJointPlan:
    def test_as_of_shows_later_kept_promises_open(self) -> None:
        """Kept that day is kept."""
        plan = make(
            JointPlan, signed_on=TODAY - DAY, commitments=[make(Commitment, done_on=TODAY), make(Commitment, text="b")]
        )
        assert plan.as_of(NOON, TODAY) is plan
        before = plan.as_of(NOON, TODAY - DAY)
        assert [one.done_on for one in before.commitments] == [None, None]
        assert before.replace(commitments=plan.commitments) == plan

    def test_counts_once_agreed(self) -> None:
        """A draft counts from its first day."""
        assert make(JointPlan, signed_on=TODAY).as_of(NOON, TODAY - DAY) is None
        draft = make(JointPlan)
        assert draft.as_of(NOON, draft.period.start) is draft
        assert draft.as_of(NOON, draft.period.start - DAY) is None
