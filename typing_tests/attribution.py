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
    DisputeFirst,
    Except,
    FirstTouch,
    LastNonDirect,
    LeadOrigin,
    Linear,
    Lookback,
    MilestoneBased,
    ModelComparison,
    Only,
    OrElse,
    PositionBased,
    RegistrationFirst,
    RoleWeighted,
    StageOfInvolvement,
    TimeDecay,
    attribute,
    attribute_all,
    compare,
    presets,
)
from partnerops.attribution.conflicts import (
    ConflictReport,
    QuotaReport,
    QuotaRule,
    Reattribution,
    find_conflicts,
    in_force,
    influenced,
    quota_credits,
    supersede,
)
from partnerops.attribution.datadriven import Journey, MarkovRemoval, Shapley, journeys_of
from partnerops.attribution.tables import FixedSplit, LabelWeighted, ShareTable
from partnerops.attribution.wrappers import (
    Blended,
    Bounded,
    CollapseRepeats,
    OncePerParty,
    PerCycle,
    Versioned,
    Withhold,
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
policies += [
    LastNonDirect(), LeadOrigin(), MilestoneBased({"first": "0.4", "lead_created": "0.4"}, missing="infer"),
    StageOfInvolvement({"proposal": "0.5"}, other="0.5"), RoleWeighted({"sourcer": 1}, repeats="count"),
    ShareTable(["0.5", "0.5"], count_from="last"), LabelWeighted("kind", {"demo": 1}),
    FixedSplit({"acme": "0.5"}, because="contract"), Only(DemosOnly(), kinds=["demo"]), Except(House(), parties=("a",)),
    OrElse(LeadOrigin(), DemosOnly()), OncePerParty(Linear(), keep="last"), CollapseRepeats(Linear()),
    PerCycle(DemosOnly()), Blended(House(), Linear(), part="0.3"), Bounded(Linear(), floor="0.1", cap=1, below="drop"),
    Withhold(Linear(), kinds=["call"]), Versioned(Linear(), model="house", version="1"), DisputeFirst(DemosOnly()),
    MarkovRemoval({"acme": "0.5"}), Shapley(None, reason="no journeys"), presets.HUBSPOT_W_SHAPED,
]  # fmt: skip
wrong: AttributionPolicy = Floats()  # type: ignore[assignment]
a_class: AttributionPolicy = Linear  # type: ignore[assignment]
PositionBased(0.4)  # type: ignore[arg-type]
Lookback(Linear(), 90)  # type: ignore[call-arg]
Blended(Linear(), Linear(), part=0.5)  # type: ignore[arg-type]
MilestoneBased({"first": 0.4})  # type: ignore[dict-item]
Lookback(Linear, days=90)  # type: ignore[arg-type]


def use(deal: Opportunity, touches: Sequence[Touchpoint], filed: list[DealRegistration], data: Dataset) -> None:
    """What the verbs return."""
    result = attribute(deal, touches, policy=DemosOnly(), registrations=filed)
    assert_type(result, Attribution)
    assert_type(result.credits, tuple[Credit, ...])
    assert_type(result.unattributed, Money)
    assert_type(attribute_all(data, policy=Linear(), as_of=deal.created_at), tuple[Attribution, ...])
    assert_type(compare(data, policies={"a": Linear(), "b": House()}, as_of=deal.created_at), ModelComparison)
    assert_type(MarkovRemoval.fit(journeys_of(data, as_of=deal.created_at), order=2), MarkovRemoval)
    assert_type(Shapley.fit([Journey(["acme"], converted=1)], worth="rate").reason, str)
    assert_type(find_conflicts([result]), ConflictReport)
    assert_type(quota_credits([result], rule=QuotaRule(channel="0.5"), partners=data.partners), QuotaReport)
    assert_type(supersede(result.credits, [result], recorded_at=deal.created_at), Reattribution)
    assert_type(in_force(influenced([result])), tuple[Credit, ...])
    assert_type(PositionBased().replace(first="0.3"), PositionBased)
    assert_type(deal.replace(stage="won"), Opportunity)


def tables(touches: pl.DataFrame, deals: pl.DataFrame, lazy: pl.LazyFrame) -> None:
    """The type that was given comes back."""
    assert_type(frames.attribute(touches, deals, policy=Linear()), pl.DataFrame)
    assert_type(frames.attribute(lazy, lazy, policy=Linear()), pl.LazyFrame)
