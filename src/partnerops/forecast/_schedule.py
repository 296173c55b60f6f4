"""Whether a deal is due within a period: the question that every outlook with a lifetime chance asks first."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from partnerops.entities import Opportunity
from partnerops.forecast._probability import Probability
from partnerops.periods import Period

_METHOD: Final = "schedule"
# Made once: a forecast asks about every open deal, and most of them are due elsewhere.
_UNSCHEDULED: Final = Probability(0, method=_METHOD, because="no expected close")
_OVERDUE: Final = Probability(0, method=_METHOD, because="expected close has passed")
_ELSEWHERE: Final = Probability(0, method=_METHOD, because="expected close lies outside the period")


def not_due(opportunity: Opportunity, as_of: datetime, period: Period) -> Probability | None:
    """Chance 0 with the reason where the expected close is missing, has passed or lies elsewhere; None if it is due."""
    due = opportunity.expected_close
    if due is None:
        return _UNSCHEDULED
    # Never moved on silently: a date that has passed is a fact about the deal, shown in a bucket of its own (C9).
    if due < as_of.date():
        return _OVERDUE
    # Half-open, as all periods: a deal due on the first day of the next quarter is the next quarter's (C4).
    return None if period.start <= due < period.end else _ELSEWHERE
