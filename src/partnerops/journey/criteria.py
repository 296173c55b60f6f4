"""
What policies of one's own are made of: criteria as data, how they combine, gates between the stages.

A policy answers `rules(partner)` with `StageRules`: one `Gate` into each stage after the first, of criteria such as
`Criterion("won_revenue", ">=", Money("400000", "BRL"), months=12)`.
"""

from __future__ import annotations

from partnerops.journey._criteria import AllOf, AnyOf, AtLeast, Criterion, CriterionTree, Not
from partnerops.journey._rules import Gate, StageRules
from partnerops.journey._settings import Approving, Baseline, DemotionStep
from partnerops.journey._stages import Comparison, OnUnknown, Use

__all__ = [
    "AllOf",
    "AnyOf",
    "Approving",
    "AtLeast",
    "Baseline",
    "Comparison",
    "Criterion",
    "DemotionStep",
    "Gate",
    "Not",
    "OnUnknown",
    "CriterionTree",
    "StageRules",
    "Use",
]
