"""Policies around policies that are needed less often: repeats, cycles, blends, bounds, withheld shares, versions."""

from __future__ import annotations

from partnerops.attribution._repeats import (
    CollapseRepeats as CollapseRepeats,
    OncePerParty as OncePerParty,
    PerCycle as PerCycle,
)

__all__ = ["CollapseRepeats", "OncePerParty", "PerCycle"]
