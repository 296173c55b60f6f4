"""
Outlooks around an outlook, and the facts and rules that evidence consists of.

Each wrapper is itself an outlook, so they nest: `EvidenceBounds(Stale(table, limits), rules)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "ChannelAdjusted",
    "CustomIs",
    "Fact",
    "HasDocument",
    "InStage",
    "MovedWithin",
    "Overridden",
    "ProbabilityOverride",
    "RatioCorrected",
    "Spread",
    "TypicalClose",
    "Without",
]

if TYPE_CHECKING:
    from partnerops.forecast._evidence import (
        CustomIs as CustomIs,
        Fact as Fact,
        HasDocument as HasDocument,
        InStage as InStage,
        MovedWithin as MovedWithin,
        Without as Without,
    )
    from partnerops.forecast._performance import ChannelAdjusted as ChannelAdjusted
    from partnerops.forecast._wrappers import (
        Overridden as Overridden,
        ProbabilityOverride as ProbabilityOverride,
        RatioCorrected as RatioCorrected,
        Spread as Spread,
        TypicalClose as TypicalClose,
    )
else:
    from partnerops._lazy import lazy

    # Evidence is of use without the wrappers that read the past, and loaded without them.
    _HOMES = {
        "_evidence": ["CustomIs", "Fact", "HasDocument", "InStage", "MovedWithin", "Without"],
        "_performance": ["ChannelAdjusted"],
        "_wrappers": ["Overridden", "ProbabilityOverride", "RatioCorrected", "Spread", "TypicalClose"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"partnerops.forecast.{home}" for home, names in _HOMES.items() for name in names}
    )
