"""
The pipeline itself: all deals in one table, and how they move.

`unify` puts direct and partner deals in one table, with stages in common words, advance apart from chance, and
warnings. `snapshot` and `waterfall` tell what changed between two moments, `slippage` what did not come in time,
`bottlenecks` where deals get stuck, direct against indirect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Bottlenecks",
    "Hygiene",
    "Move",
    "PARTNER_STAGES",
    "Pipeline",
    "PipelineRow",
    "Slippage",
    "StageComparison",
    "StageDefinition",
    "StageFlow",
    "StageKind",
    "Stages",
    "Waterfall",
    "bottlenecks",
    "pushes",
    "slippage",
    "snapshot",
    "unify",
    "waterfall",
]

if TYPE_CHECKING:
    from partnerops.forecast._bottlenecks import (
        Bottlenecks as Bottlenecks,
        StageComparison as StageComparison,
        StageFlow as StageFlow,
        bottlenecks as bottlenecks,
    )
    from partnerops.forecast._movement import (
        Move as Move,
        Slippage as Slippage,
        Waterfall as Waterfall,
        pushes as pushes,
        slippage as slippage,
        snapshot as snapshot,
        waterfall as waterfall,
    )
    from partnerops.forecast._pipeline import (
        Hygiene as Hygiene,
        Pipeline as Pipeline,
        PipelineRow as PipelineRow,
    )
    from partnerops.forecast._stages import (
        PARTNER_STAGES as PARTNER_STAGES,
        StageDefinition as StageDefinition,
        StageKind as StageKind,
        Stages as Stages,
    )
    from partnerops.forecast._unify import unify as unify
else:
    from partnerops._lazy import lazy

    # Loaded when asked for: a waterfall needs neither the stages nor the table.
    _HOMES = {
        "_bottlenecks": ["Bottlenecks", "StageComparison", "StageFlow", "bottlenecks"],
        "_movement": ["Move", "Slippage", "Waterfall", "pushes", "slippage", "snapshot", "waterfall"],
        "_pipeline": ["Hygiene", "Pipeline", "PipelineRow"],
        "_stages": ["PARTNER_STAGES", "StageDefinition", "StageKind", "Stages"],
        "_unify": ["unify"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"partnerops.forecast.{home}" for home, names in _HOMES.items() for name in names}
    )
