"""
Commission: what each partner earned, what was taken back, and what is due.

`settle` folds every fact of a programme into a ledger under a `CommissionPlan`. Schedules and clawback schedules are
frozen values; yours needs one method, see `RateSchedule` and `ClawbackSchedule`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "LedgerAccount",
    "Attainment",
    "Balance",
    "Clawback",
    "ClawbackSchedule",
    "CommissionPlan",
    "CompiledSchedule",
    "FixedAmount",
    "FlatRate",
    "Full",
    "GraduatedTiers",
    "Ledger",
    "Percent",
    "PlanRef",
    "Posting",
    "PostingKind",
    "ProRata",
    "RateSchedule",
    "Recovery",
    "Statement",
    "StatementLine",
    "Steps",
    "Tier",
    "TierSlice",
    "VolumeTiers",
    "settle",
]

if TYPE_CHECKING:
    from partnerops.commission._balance import Balance as Balance
    from partnerops.commission._clawback import (
        Clawback as Clawback,
        Full as Full,
        Percent as Percent,
        ProRata as ProRata,
        Recovery as Recovery,
        Steps as Steps,
    )
    from partnerops.commission._compiled import CompiledSchedule as CompiledSchedule
    from partnerops.commission._explain import TierSlice as TierSlice
    from partnerops.commission._functions import settle as settle
    from partnerops.commission._parts import Attainment as Attainment
    from partnerops.commission._plan import CommissionPlan as CommissionPlan, PlanRef as PlanRef
    from partnerops.commission._postings import (
        LedgerAccount as LedgerAccount,
        Posting as Posting,
        PostingKind as PostingKind,
    )
    from partnerops.commission._protocol import ClawbackSchedule as ClawbackSchedule, RateSchedule as RateSchedule
    from partnerops.commission._results import Ledger as Ledger
    from partnerops.commission._schedules import FixedAmount as FixedAmount, FlatRate as FlatRate
    from partnerops.commission._statement import Statement as Statement, StatementLine as StatementLine
    from partnerops.commission._tiers import (
        GraduatedTiers as GraduatedTiers,
        Tier as Tier,
        VolumeTiers as VolumeTiers,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_balance": ["Balance"],
        "_clawback": ["Clawback", "Full", "Percent", "ProRata", "Recovery", "Steps"],
        "_compiled": ["CompiledSchedule"],
        "_explain": ["TierSlice"],
        "_functions": ["settle"],
        "_parts": ["Attainment"],
        "_plan": ["CommissionPlan", "PlanRef"],
        "_postings": ["LedgerAccount", "Posting", "PostingKind"],
        "_protocol": ["ClawbackSchedule", "RateSchedule"],
        "_results": ["Ledger"],
        "_schedules": ["FixedAmount", "FlatRate"],
        "_statement": ["Statement", "StatementLine"],
        "_tiers": ["GraduatedTiers", "Tier", "VolumeTiers"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
