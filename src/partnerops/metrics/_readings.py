"""How records are read that a programme's KPIs and one partner's signals both rest on: approvals, answers, help."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from partnerops.entities import DealRegistration, PartnerInvolvement, SurveyResponse

UNAIDED: Final = frozenset({"none"})
"""Values of `PartnerInvolvement.assistance` that mean the partner sold on its own."""


def approved_at(registration: DealRegistration) -> datetime | None:
    """When a registration was approved; None if it never was."""
    # Only an approval gives protection; a withdrawal afterwards does not undo what the partner achieved.
    return None if registration.protected_until is None else registration.decided_at


def latest_answers(answers: Iterable[SurveyResponse]) -> list[SurveyResponse]:
    """The last answer of each customer to one question, by customer; answers that name no customer are left out."""
    last: dict[str, SurveyResponse] = {}
    # Oldest first, so that the latest answer of a customer is the one that stays: whoever is asked often counts once.
    for one in sorted(answers, key=lambda answer: (answer.at, answer.id)):
        if one.account_id is not None:
            last[one.account_id] = one
    return [last[id] for id in sorted(last)]


def sides(answers: Iterable[SurveyResponse]) -> tuple[int, int]:
    """Promoters (9 and 10) and detractors (0 to 6) among NPS answers; 7 and 8 are neither."""
    scores = [one.score for one in answers]
    return sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)


def won_alone(parts: Iterable[PartnerInvolvement], unaided: Collection[str] = UNAIDED) -> dict[str, bool]:
    """Deal -> whether it took no help of the vendor, for the deals of which the help is on record."""
    told: dict[str, bool] = {}
    for one in parts:
        if one.assistance is not None:
            # One part that needed help is help enough.
            told[one.opportunity_id] = told.get(one.opportunity_id, True) and one.assistance in unaided
    return told
