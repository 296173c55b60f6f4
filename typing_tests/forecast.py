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
    InPeriodRate,
    Interval,
    Mixture,
    NewBusinessLine,
    NewBusinessPolicy,
    Outlook,
    Probability,
    StageWeighted,
    interval,
    project,
)
from partnerops.forecast.fitting import (
    fit_in_period,
    fit_markov_chain,
    fit_naive_bayes,
    fit_new_business,
    fit_shrunk_win_rate,
    fit_time_to_close,
)
from partnerops.forecast.planning import QuotaView, against_quota, margins
from partnerops.forecast.scoring import Backtest, backtest


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


def ours(data: Dataset, /, *, as_of: datetime, period: Period) -> Forecast:
    """A method of a backtest is any function of this form."""
    return project(data, outlook=fit_in_period(data, as_of=as_of), period=period, as_of=as_of)


def calibrate(data: Dataset, months: list[Period], today: date) -> Interval:
    """Fits are outlooks; what one step gives is what the next one takes."""
    fits: list[Outlook] = [
        fit_markov_chain(data, as_of=today),
        fit_naive_bayes(data, as_of=today),
        fit_time_to_close(data, as_of=today),
        fit_shrunk_win_rate(data, as_of=today, by=["origin"], strength="moments", prior=("0.5", 1)),
    ]
    assert_type(fit_in_period(data, as_of=today), InPeriodRate)
    past = backtest(data, ours, periods=months, as_of=today)
    assert_type(past, Backtest)
    extra: NewBusinessPolicy = fit_new_business(data, as_of=today)
    outlook = Mixture(fits[0], fits[1])
    result = project(data, outlook=outlook, period=months[0], as_of=today, new_business=extra)
    assert_type(against_quota(result, None), QuotaView)
    margins(result, commission=lambda _: Decimal(1))  # type: ignore[arg-type, return-value]
    backtest(data, project, periods=months, as_of=today)  # type: ignore[arg-type]
    return interval(result, past=past.finished)
