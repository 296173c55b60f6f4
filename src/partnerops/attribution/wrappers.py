"""Policies around policies that are needed less often: repeats, cycles, blends, bounds, withheld shares, versions."""

from __future__ import annotations

from partnerops.attribution._bounds import Bounded as Bounded, Withhold as Withhold
from partnerops.attribution._combined import Blend as Blend, Versioned as Versioned
from partnerops.attribution._repeats import (
    CollapseRepeats as CollapseRepeats,
    OncePerParty as OncePerParty,
    PerCycle as PerCycle,
)

__all__ = ["Blend", "Bounded", "CollapseRepeats", "OncePerParty", "PerCycle", "Versioned", "Withhold"]
