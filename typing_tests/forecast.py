"""Forecast as type checkers see it: what a user's outlook needs, and what is refused before it runs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, assert_type

from attrs import frozen

from partnerops import Dataset, Money, Opportunity, Period
from partnerops.forecast import (
    Forecast,
    ForecastLine,
    NewBusinessLine,
    NewBusinessPolicy,
    Outlook,
    Probability,
    StageWeighted,
    project,
)


@frozen
class EvenChance:
    """An outlook without base class, under another name for its argument."""

    def probability(self, deal: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        return Probability("0.5", because=deal.id)


@frozen
class Bare:
    """An outlook that answers with a number."""

    def probability(self, deal: Opportunity, /, *, as_of: datetime, period: Period) -> Decimal:
        return Decimal("0.5")


@frozen
class AsAlways:
    """New business, given."""

    def estimate(self, *, as_of: datetime, period: Period) -> list[NewBusinessLine]:
        return []


outlooks: list[Outlook] = [EvenChance(), StageWeighted({"proposal": "0.35", "verbal": Decimal("0.8"), "sure": 1})]
new_business: NewBusinessPolicy = AsAlways()
wrong: Outlook = Bare()  # type: ignore[assignment]
a_class: Outlook = StageWeighted  # type: ignore[assignment]
StageWeighted({"proposal": 0.35})  # type: ignore[dict-item]
Probability(0.5)  # type: ignore[arg-type]


def use(data: Dataset, deals: list[Opportunity], period: Period) -> None:
    """What the verb returns."""
    result = project(data, outlook=EvenChance(), period=period, as_of=date(2026, 3, 31), new_business=AsAlways())
    assert_type(result, Forecast)
    assert_type(result.expected, Money)
    assert_type(result.lines, tuple[ForecastLine, ...])
    assert_type(result.lines[0].probability.value, Decimal)
    assert_type(result.by("origin"), dict[Any, Forecast])
    assert_type(result.by(lambda deal: len(deal.id)), dict[int | None, Forecast])
    project(deals, outlook=EvenChance(), period=period)  # type: ignore[call-arg]
