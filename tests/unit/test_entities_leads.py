"""Leads and assignments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from partnerops.entities import Lead, LeadAssignment, LeadStatus
from partnerops.exceptions import InvalidValue
from tests.unit.nouns import DAY, NOON, TODAY, make

TICK = timedelta(microseconds=1)
CONVERTED = {"accepted_at": NOON + DAY, "converted_at": NOON + 2 * DAY, "opportunity_id": "D"}
REJECTED = {"accepted_at": NOON + DAY, "rejected_at": NOON + 2 * DAY, "reject_reason": "no budget"}


class TestLead:
    @pytest.mark.parametrize(
        ("given", "status"),
        [
            ({}, "open"),
            ({"accepted_at": NOON}, "accepted"),
            (CONVERTED, "converted"),
            (REJECTED, "rejected"),
            ({"converted_at": NOON, "opportunity_id": "D"}, "converted"),
        ],
    )
    def test_status_follows_from_the_dates(self, given: dict[str, Any], status: str) -> None:
        """Nobody stores it twice."""
        assert make(Lead, **given).status is LeadStatus(status)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"converted_at": NOON}, "Lead.opportunity_id must be given together with converted_at (got None)"),
            ({"opportunity_id": "D"}, "Lead.opportunity_id must be given together with converted_at (got 'D')"),
            ({"rejected_at": NOON}, "Lead.reject_reason must be given together with rejected_at (got None)"),
            ({"reject_reason": "spam"}, "Lead.reject_reason must be given together with rejected_at (got 'spam')"),
            (CONVERTED | REJECTED, "Lead.rejected_at must be None for a converted lead"),
            ({"accepted_at": NOON - TICK}, "Lead.accepted_at must be at or after created_at"),
            (CONVERTED | {"converted_at": NOON}, "Lead.converted_at must be at or after accepted_at"),
            (REJECTED | {"rejected_at": NOON - DAY}, "Lead.rejected_at must be at or after created_at"),
        ],
    )
    def test_refusals(self, given: dict[str, Any], said: str) -> None:
        """Half of an answer, two answers, and time running backwards."""
        with pytest.raises(InvalidValue) as caught:
            make(Lead, **given)
        assert str(caught.value).startswith(said)

    @pytest.mark.parametrize("outcome", [CONVERTED, REJECTED])
    def test_as_of_undoes_what_came_later(self, outcome: dict[str, Any]) -> None:
        """Step by step, each from its own instant on."""
        lead = make(Lead, **outcome)
        assert lead.as_of(NOON + 2 * DAY, TODAY) is lead
        assert lead.as_of(NOON + 2 * DAY - TICK, TODAY) == make(Lead, accepted_at=NOON + DAY)
        assert lead.as_of(NOON + DAY - TICK, TODAY) == make(Lead)


class TestAssignment:
    def test_is_of_a_lead_or_a_deal(self) -> None:
        """Exactly one of them."""
        assert make(LeadAssignment, lead_id=None, opportunity_id="D").lead_id is None
        for both in ({"lead_id": None}, {"opportunity_id": "D"}):
            with pytest.raises(InvalidValue, match=r"LeadAssignment.lead_id must be given, or else opportunity_id"):
                make(LeadAssignment, **both)

    @pytest.mark.parametrize("name", ["accepted_at", "declined_at"])
    def test_answers_come_after_the_question(self, name: str) -> None:
        """The same instant is fine."""
        assert make(LeadAssignment, **{name: NOON})
        with pytest.raises(InvalidValue, match=rf"LeadAssignment.{name} must be at or after at"):
            make(LeadAssignment, **{name: NOON - TICK})

    def test_as_of_undoes_later_answers(self) -> None:
        """A lead taken back was accepted before; the reason belongs to the decline."""
        given = make(LeadAssignment, accepted_at=NOON + DAY, declined_at=NOON + 2 * DAY, reason="too far")
        assert given.as_of(NOON + 2 * DAY, TODAY) is given
        assert given.as_of(NOON + DAY, TODAY) == make(LeadAssignment, accepted_at=NOON + DAY)
        assert given.as_of(NOON, TODAY) == make(LeadAssignment)
