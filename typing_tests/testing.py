"""The testing kit as type checkers see it: what strategies draw, and what a law suite takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import assert_type

from attrs import frozen
from hypothesis.strategies import SearchStrategy

from partnerops import Dataset, Money, Opportunity, Partner, Period
from partnerops.attribution import Case, Linear
from partnerops.forecast import Probability
from partnerops.testing import (
    DealTruth,
    Programme,
    cases,
    check_attribution_policy,
    check_outlook,
    check_rate_schedule,
    datasets,
    moneys,
    nouns,
    periods,
    simulate,
)


@frozen
class Even:
    def weigh(self, case: Case, /) -> Sequence[int]:
        return [1] * len(case.touches)


@frozen
class Words:
    def weigh(self, case: Case, /) -> Sequence[str]:
        return ["one"] * len(case.touches)


@frozen
class Coin:
    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        return Probability("0.5", because="a coin")


@frozen
class Tenth:
    def cumulative(self, attained: Fraction, /) -> Fraction:
        return attained / 10


def simulated() -> None:
    programme = simulate(7, 20, 12)
    assert_type(programme, Programme)
    assert_type(programme.dataset, Dataset)
    assert_type(programme.truth.deals["D001-001"], DealTruth)
    assert_type(programme.truth.partners["p001"].stages, tuple[str, ...])
    assert_type(programme.truth.deals["D001-001"].win_probability, Fraction)
    simulate("seven", 20, 12)  # type: ignore[arg-type]


def strategies() -> None:
    assert_type(nouns(Partner), SearchStrategy[Partner])
    assert_type(moneys("BRL"), SearchStrategy[Money])
    assert_type(periods(), SearchStrategy[Period])
    assert_type(cases(), SearchStrategy[Case])
    assert_type(datasets(max_records=2), SearchStrategy[Dataset])


def suites() -> None:
    check_attribution_policy(Linear())
    check_attribution_policy(Even(), cases=cases(max_touches=2), skip={"scale"})
    check_attribution_policy(Words())  # type: ignore[arg-type]
    check_outlook(Coin())
    check_outlook(Even())  # type: ignore[arg-type]
    check_rate_schedule(Tenth())
