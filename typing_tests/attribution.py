"""Attribution as type checkers see it: what a user's policy needs, and what is refused before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_type

import polars as pl
from attrs import frozen

from partnerops import Credit, Dataset, DealRegistration, Money, Opportunity, Touchpoint, frames
from partnerops.attribution import (
    Attribution,
    AttributionPolicy,
    Award,
    Case,
    FirstTouch,
    Linear,
    Lookback,
    PositionBased,
    RegistrationFirst,
    TimeDecay,
    attribute,
    attribute_all,
)


@frozen
class DemosOnly:
    """A policy without base class."""

    def weigh(self, case: Case, /) -> list[Fraction]:
        return [Fraction(touch.kind == "demo") for touch in case.touches]


@frozen
class House:
    """A policy that gives credit outright, under another name for its argument."""

    def weigh(self, deal: Case, /) -> Award:
        return Award({deal.opportunity.owner_id or "acme": 1}, because="house account")


@frozen
class Floats:
    """A policy with inexact weights."""

    def weigh(self, case: Case, /) -> list[float]:
        return [0.5 for _ in case.touches]


policies: list[AttributionPolicy] = [
    DemosOnly(), House(), FirstTouch(), Linear(), PositionBased("0.3", 0), TimeDecay(half_life_days=7),
    Lookback(DemosOnly(), days=3), RegistrationFirst(Lookback(House(), days=30)),
]  # fmt: skip
wrong: AttributionPolicy = Floats()  # type: ignore[assignment]
a_class: AttributionPolicy = Linear  # type: ignore[assignment]
PositionBased(0.4)  # type: ignore[arg-type]
Lookback(Linear(), 90)  # type: ignore[call-arg]


def use(deal: Opportunity, touches: Sequence[Touchpoint], filed: list[DealRegistration], data: Dataset) -> None:
    """What the verbs return."""
    result = attribute(deal, touches, policy=DemosOnly(), registrations=filed)
    assert_type(result, Attribution)
    assert_type(result.credits, tuple[Credit, ...])
    assert_type(result.unattributed, Money)
    assert_type(attribute_all(data, policy=Linear(), as_of=deal.created_at), tuple[Attribution, ...])
    assert_type(PositionBased().replace(first="0.3"), PositionBased)
    assert_type(deal.replace(stage="won"), Opportunity)


def tables(touches: pl.DataFrame, deals: pl.DataFrame, lazy: pl.LazyFrame) -> None:
    """The type that was given comes back."""
    assert_type(frames.attribute(touches, deals, policy=Linear()), pl.DataFrame)
    assert_type(frames.attribute(lazy, lazy, policy=Linear()), pl.LazyFrame)
