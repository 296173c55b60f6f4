"""One cohort of leads from visitor to promoter, on records that a reader can count."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from partnerops import Dataset, Lead, Money, Opportunity, OpportunityLine, Period, Ratio
from partnerops.entities import Reversal, SurveyResponse
from partnerops.exceptions import InvalidValue
from partnerops.metrics.lifecycle import lifecycle_funnel

MARCH = Period.month(2026, 3)
LATER = date(2026, 12, 31)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def lead(id: str, deal: str | None = None, **more: Any) -> Lead:
    values: dict[str, Any] = {"id": id, "created_at": at(3, 2)}
    if deal is not None:
        values |= {"opportunity_id": deal, "converted_at": at(3, 9)}
    return Lead(**values | more)


def won(id: str, account_id: str | None, *, months: int | None = 12) -> Opportunity:
    amount = Money("1200.00", "BRL")
    revenue = "one_off" if months is None else "recurring"
    line = OpportunityLine(product="erp", amount=amount, revenue=revenue, term_months=months)
    return Opportunity(
        id=id, stage="won", status="won", created_at=at(3, 9), closed_at=at(4, 1), amount=amount,
        account_id=account_id, lines=[line],
    )  # fmt: skip


DATA = Dataset(
    leads=[
        lead("L-1", "D-1"),
        lead("L-2", "D-2"),
        lead("L-3", "D-3"),
        lead("L-4", "D-4"),
        lead("L-5", accepted_at=at(3, 3)),
        lead("L-6", rejected_at=at(3, 4), reject_reason="no budget"),
        lead("L-7", "D-5", created_at=at(2, 27)),  # of another month
    ],
    opportunities=[
        won("D-1", "A-1"),
        won("D-2", "A-2"),
        won("D-3", "A-3", months=None),
        Opportunity(id="D-4", stage="offer", created_at=at(3, 9)),
        won("D-5", "A-5"),
    ],
    reversals=[
        Reversal(id="X", opportunity_id="D-2", kind="churn", amount=Money("600.00", "BRL"), at=at(10, 1)),
    ],
    surveys=[
        SurveyResponse(id="Y-1", kind="nps", score=10, account_id="A-1", at=at(5, 1)),
        SurveyResponse(id="Y-2", kind="nps", score=9, account_id="A-3", at=at(5, 1)),  # bought once: not asked here
    ],
)


def shares(data: Dataset, as_of: date, **more: Any) -> dict[str, Ratio]:
    return {step.stage: step.conversion.value for step in lifecycle_funnel(data, MARCH, as_of=as_of, **more).steps}


def test_each_stage_passes_on_its_share() -> None:
    assert shares(DATA, LATER, visitors=60) == {
        "visitor": Ratio(6, 60),
        "lead": Ratio(5, 6),
        "accepted": Ratio(4, 5),
        "opportunity": Ratio(3, 4),
        "customer": Ratio(1, 2),  # A-3 bought no recurring line
        "retained": Ratio(1, 1),
    }
    found = lifecycle_funnel(DATA, MARCH, as_of=LATER)
    assert [step.visits for step in found.steps] == [6, 5, 4, 3, 1]
    assert found.bottleneck == "customer"
    assert {step.stage for step in found.steps if step.conversion.immature} == {"accepted", "opportunity"}


def test_it_shows_the_moment() -> None:
    """Before the churn, before the answer, before the close, before the month is over."""
    assert shares(DATA, date(2026, 9, 30))["customer"] == Ratio(2, 2)
    assert shares(DATA, date(2026, 4, 30))["retained"] == Ratio(0, 0)
    assert shares(DATA, date(2026, 3, 31))["opportunity"] == Ratio(0, 4)
    assert all(step.conversion.immature for step in lifecycle_funnel(DATA, MARCH, as_of=date(2026, 3, 30)).steps)


def test_a_bottleneck_may_be_measured_against_another_funnel() -> None:
    """The smallest share of all is no news where it is as small everywhere."""
    now, before = (lifecycle_funnel(DATA, MARCH, as_of=day) for day in (LATER, date(2026, 9, 30)))
    assert now.bottleneck_against(before) == "customer"
    assert before.bottleneck_against(now) is None
    assert now.bottleneck_against(lifecycle_funnel(Dataset(), MARCH, as_of=LATER)) is None


def test_visitors_are_a_count() -> None:
    assert shares(DATA, LATER, visitors=0)["visitor"].value is None
    with pytest.raises(InvalidValue, match="visitors must be a whole number, at least 0"):
        lifecycle_funnel(DATA, MARCH, as_of=LATER, visitors=-1)
