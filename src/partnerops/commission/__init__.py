"""
Commission: what each partner earned, what was taken back, and what is due.

`settle` folds every fact of a programme into a ledger under a `CommissionPlan`. Schedules and clawback schedules are
frozen values; yours needs one method, see `RateSchedule` and `ClawbackSchedule`. Caps, uplifts, splits and guarantees
stand in `commission.modifiers`, reports over ledgers in `commission.reports`, what explains an amount in
`commission.details`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Attainment",
    "Balance",
    "Basis",
    "Clawback",
    "ClawbackSchedule",
    "CommissionPlan",
    "FixedAmount",
    "FlatRate",
    "Full",
    "GraduatedTiers",
    "Incentive",
    "Interpolated",
    "Ledger",
    "LedgerAccount",
    "MixedTiers",
    "OnQuota",
    "Percent",
    "Posting",
    "PostingKind",
    "ProRata",
    "RateRule",
    "RateSchedule",
    "Recovery",
    "Statement",
    "StatementLine",
    "Steps",
    "Tier",
    "VolumeTiers",
    "settle",
    "settle_all",
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
    from partnerops.commission._functions import (
        settle as settle,
        settle_all as settle_all,
    )
    from partnerops.commission._parts import (
        Attainment as Attainment,
        Basis as Basis,
        Incentive as Incentive,
        RateRule as RateRule,
    )
    from partnerops.commission._plan import CommissionPlan as CommissionPlan
    from partnerops.commission._postings import (
        LedgerAccount as LedgerAccount,
        Posting as Posting,
        PostingKind as PostingKind,
    )
    from partnerops.commission._protocol import (
        ClawbackSchedule as ClawbackSchedule,
        RateSchedule as RateSchedule,
    )
    from partnerops.commission._quota import (
        Interpolated as Interpolated,
        OnQuota as OnQuota,
    )
    from partnerops.commission._results import Ledger as Ledger
    from partnerops.commission._schedules import (
        FixedAmount as FixedAmount,
        FlatRate as FlatRate,
    )
    from partnerops.commission._statement import (
        Statement as Statement,
        StatementLine as StatementLine,
    )
    from partnerops.commission._tiers import (
        GraduatedTiers as GraduatedTiers,
        MixedTiers as MixedTiers,
        Tier as Tier,
        VolumeTiers as VolumeTiers,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_balance": ["Balance"],
        "_clawback": ["Clawback", "Full", "Percent", "ProRata", "Recovery", "Steps"],
        "_functions": ["settle", "settle_all"],
        "_parts": ["Attainment", "Basis", "Incentive", "RateRule"],
        "_plan": ["CommissionPlan"],
        "_postings": ["LedgerAccount", "Posting", "PostingKind"],
        "_protocol": ["ClawbackSchedule", "RateSchedule"],
        "_quota": ["Interpolated", "OnQuota"],
        "_results": ["Ledger"],
        "_schedules": ["FixedAmount", "FlatRate"],
        "_statement": ["Statement", "StatementLine"],
        "_tiers": ["GraduatedTiers", "MixedTiers", "Tier", "VolumeTiers"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
