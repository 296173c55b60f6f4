"""
The partner journey: in which of four stages each partner is, why, and what comes next.

`classify` places one partner, `classify_all` every partner of a dataset, `replay` walks along dates. Policies are
frozen values; yours needs one method, see `StagePolicy`.

One level down: `criteria` to write policies of one's own, `signals` one by one, `movement` and `cohorts` for a
programme over time, `attention` for the partners that need somebody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "ActivityStatus",
    "ByType",
    "CompiledJourney",
    "CriterionResult",
    "Dormancy",
    "HeldBy",
    "Hysteresis",
    "JourneyPolicy",
    "JourneyStage",
    "NextAction",
    "Outcome",
    "Pulse",
    "StageApproval",
    "StageDecision",
    "StagePolicy",
    "Timeline",
    "attention",
    "classify",
    "classify_all",
    "cohorts",
    "criteria",
    "movement",
    "replay",
    "replay_all",
    "signals",
]

if TYPE_CHECKING:
    from partnerops.journey import (
        attention as attention,
        cohorts as cohorts,
        criteria as criteria,
        movement as movement,
        signals as signals,
    )
    from partnerops.journey._approvals import StageApproval as StageApproval
    from partnerops.journey._entities import StageDecision as StageDecision, Timeline as Timeline
    from partnerops.journey._functions import (
        classify as classify,
        classify_all as classify_all,
        replay as replay,
        replay_all as replay_all,
    )
    from partnerops.journey._policies import ByType as ByType, JourneyPolicy as JourneyPolicy
    from partnerops.journey._protocol import StagePolicy as StagePolicy
    from partnerops.journey._results import CriterionResult as CriterionResult, NextAction as NextAction, Pulse as Pulse
    from partnerops.journey._rules import CompiledJourney as CompiledJourney
    from partnerops.journey._settings import Dormancy as Dormancy, Hysteresis as Hysteresis
    from partnerops.journey._stages import (
        ActivityStatus as ActivityStatus,
        HeldBy as HeldBy,
        JourneyStage as JourneyStage,
        Outcome as Outcome,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_approvals": ["StageApproval"],
        "_entities": ["StageDecision", "Timeline"],
        "_functions": ["classify", "classify_all", "replay", "replay_all"],
        "_policies": ["ByType", "JourneyPolicy"],
        "_protocol": ["StagePolicy"],
        "_results": ["CriterionResult", "NextAction", "Pulse"],
        "_rules": ["CompiledJourney"],
        "_settings": ["Dormancy", "Hysteresis"],
        "_stages": ["ActivityStatus", "HeldBy", "JourneyStage", "Outcome"],
    }
    _MODULES = ["attention", "cohorts", "criteria", "movement", "signals"]
    # Nouns of policies of one's own live one level down; whoever looks for them here is told so.
    _BELOW = ["AllOf", "AnyOf", "AtLeast", "Criterion", "Gate", "Not", "OnUnknown", "StageRules"]
    __getattr__, __dir__ = lazy(
        __name__,
        {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
        | {name: f"{__name__}.{name}" for name in _MODULES},
        elsewhere=dict.fromkeys(_BELOW, f"{__name__}.criteria"),
    )
