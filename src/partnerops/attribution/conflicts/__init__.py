"""
Who argues about what: conflicts, revenue counted once, quota apart from commission, corrections that keep a trail.

All verbs read attributions, as `attribute_all` gives them, and decide nothing: the policy did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Claim",
    "Conflict",
    "ConflictKind",
    "ConflictReport",
    "CreditChange",
    "CreditedReport",
    "CreditedRow",
    "PartyRevenue",
    "QuotaCredit",
    "QuotaReport",
    "QuotaRule",
    "QuotaTeam",
    "Reattribution",
    "RevenueReport",
    "UnregisteredDeal",
    "UnregisteredReport",
    "credited",
    "find_conflicts",
    "in_force",
    "influenced",
    "quota_credits",
    "sourced_and_influenced",
    "supersede",
    "unregistered",
]

if TYPE_CHECKING:
    from partnerops.attribution.conflicts._claims import (
        Claim as Claim,
        Conflict as Conflict,
        ConflictKind as ConflictKind,
        ConflictReport as ConflictReport,
        find_conflicts as find_conflicts,
    )
    from partnerops.attribution.conflicts._credited import (
        CreditedReport as CreditedReport,
        CreditedRow as CreditedRow,
        credited as credited,
    )
    from partnerops.attribution.conflicts._quota import (
        QuotaCredit as QuotaCredit,
        QuotaReport as QuotaReport,
        QuotaRule as QuotaRule,
        QuotaTeam as QuotaTeam,
        quota_credits as quota_credits,
    )
    from partnerops.attribution.conflicts._revenue import (
        PartyRevenue as PartyRevenue,
        RevenueReport as RevenueReport,
        influenced as influenced,
        sourced_and_influenced as sourced_and_influenced,
    )
    from partnerops.attribution.conflicts._supersede import (
        CreditChange as CreditChange,
        Reattribution as Reattribution,
        in_force as in_force,
        supersede as supersede,
    )
    from partnerops.attribution.conflicts._unregistered import (
        UnregisteredDeal as UnregisteredDeal,
        UnregisteredReport as UnregisteredReport,
        unregistered as unregistered,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_claims": ["Claim", "Conflict", "ConflictKind", "ConflictReport", "find_conflicts"],
        "_credited": ["CreditedReport", "CreditedRow", "credited"],
        "_quota": ["QuotaCredit", "QuotaReport", "QuotaRule", "QuotaTeam", "quota_credits"],
        "_revenue": ["PartyRevenue", "RevenueReport", "influenced", "sourced_and_influenced"],
        "_supersede": ["CreditChange", "Reattribution", "in_force", "supersede"],
        "_unregistered": ["UnregisteredDeal", "UnregisteredReport", "unregistered"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
