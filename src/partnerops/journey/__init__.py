"""
The partner journey: in which of four stages each partner is, why, and what comes next.

`classify` places one partner, `classify_all` every partner of a dataset, `replay` walks along dates. Policies are
frozen values; yours needs one method, see `StagePolicy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "ActivityStatus",
    "AllOf",
    "AnyOf",
    "AtLeast",
    "ByType",
    "CompiledJourney",
    "Criterion",
    "CriterionResult",
    "Dormancy",
    "Gate",
    "HeldBy",
    "Hysteresis",
    "JourneyPolicy",
    "JourneyStage",
    "NextAction",
    "Not",
    "OnUnknown",
    "Outcome",
    "Pulse",
    "StageDecision",
    "StagePolicy",
    "StageRules",
    "Timeline",
    "classify",
    "classify_all",
    "replay",
    "replay_all",
    "signals",
]

if TYPE_CHECKING:
    from partnerops.journey import signals as signals
    from partnerops.journey._criteria import (
        AllOf as AllOf,
        AnyOf as AnyOf,
        AtLeast as AtLeast,
        Criterion as Criterion,
        Not as Not,
    )
    from partnerops.journey._entities import StageDecision as StageDecision, Timeline as Timeline
    from partnerops.journey._functions import (
        classify as classify,
        classify_all as classify_all,
        replay as replay,
        replay_all as replay_all,
    )
    from partnerops.journey._policies import ByType as ByType, JourneyPolicy as JourneyPolicy
    from partnerops.journey._protocol import StagePolicy as StagePolicy
    from partnerops.journey._results import (
        CriterionResult as CriterionResult,
        NextAction as NextAction,
        Pulse as Pulse,
    )
    from partnerops.journey._rules import CompiledJourney as CompiledJourney, Gate as Gate, StageRules as StageRules
    from partnerops.journey._settings import Dormancy as Dormancy, Hysteresis as Hysteresis
    from partnerops.journey._stages import (
        ActivityStatus as ActivityStatus,
        HeldBy as HeldBy,
        JourneyStage as JourneyStage,
        OnUnknown as OnUnknown,
        Outcome as Outcome,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_criteria": ["AllOf", "AnyOf", "AtLeast", "Criterion", "Not"],
        "_entities": ["StageDecision", "Timeline"],
        "_functions": ["classify", "classify_all", "replay", "replay_all"],
        "_policies": ["ByType", "JourneyPolicy"],
        "_protocol": ["StagePolicy"],
        "_results": ["CriterionResult", "NextAction", "Pulse"],
        "_rules": ["CompiledJourney", "Gate", "StageRules"],
        "_settings": ["Dormancy", "Hysteresis"],
        "_stages": ["ActivityStatus", "HeldBy", "JourneyStage", "OnUnknown", "Outcome"],
    }
    __getattr__, __dir__ = lazy(
        __name__,
        {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
        | {name: f"{__name__}.{name}" for name in ("signals",)},
    )
