"""What a ledger is made of below its postings, and the integers behind plans: for explanations, tables and audits."""

from __future__ import annotations

from partnerops.commission._audit import Explanation as Explanation
from partnerops.commission._clawback import (
    CompiledClawback as CompiledClawback,
    RecoveryMode as RecoveryMode,
    TierEffect as TierEffect,
)
from partnerops.commission._compiled import CompiledSchedule as CompiledSchedule
from partnerops.commission._explain import TierSlice as TierSlice
from partnerops.commission._grace import Eased as Eased
from partnerops.commission._holdings import Hold as Hold, Payable as Payable, Withheld as Withheld
from partnerops.commission._plan import CompiledPlan as CompiledPlan, PlanRef as PlanRef
from partnerops.commission._points import PointsEntry as PointsEntry
from partnerops.commission._postings import (
    ModifierStep as ModifierStep,
    Rules as Rules,
    Special as Special,
    Unearned as Unearned,
    Working as Working,
)
from partnerops.commission._quota import AtQuota as AtQuota
from partnerops.commission._tiers import Boundary as Boundary

__all__ = [
    "AtQuota",
    "Boundary",
    "CompiledClawback",
    "CompiledPlan",
    "CompiledSchedule",
    "Eased",
    "Explanation",
    "Hold",
    "ModifierStep",
    "Payable",
    "PlanRef",
    "PointsEntry",
    "RecoveryMode",
    "Rules",
    "Special",
    "TierEffect",
    "TierSlice",
    "Unearned",
    "Withheld",
    "Working",
]
