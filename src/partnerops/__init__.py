"""
Partner-channel revenue operations, exact and explained.

Nouns (`Opportunity`, `Touchpoint`, `Credit`, ...) are frozen values, policies are frozen values with one method, verbs
are pure functions that live in the policy packages: `from partnerops.attribution import attribute, Linear`.
Importing this package loads none of them; each name is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from partnerops._version import __version__ as __version__

__all__ = [
    "Account",
    "Activity",
    "Agreement",
    "BusinessCalendar",
    "Calendar",
    "Certification",
    "Credit",
    "Currency",
    "DIRECT",
    "Dataset",
    "Dated",
    "DealRegistration",
    "ExchangeRates",
    "Lead",
    "Money",
    "Opportunity",
    "OpportunityLine",
    "Partner",
    "PartnerOpsError",
    "Payment",
    "Period",
    "Ratio",
    "Reversal",
    "StageChange",
    "Target",
    "Touchpoint",
    "UNATTRIBUTED",
    "apportion",
    "adapters",
    "attribution",
    "commission",
    "entities",
    "exceptions",
    "forecast",
    "frames",
    "journey",
    "metrics",
    "serde",
    "testing",
]

if TYPE_CHECKING:
    from partnerops import (
        adapters as adapters,
        attribution as attribution,
        commission as commission,
        entities as entities,
        exceptions as exceptions,
        forecast as forecast,
        frames as frames,
        journey as journey,
        metrics as metrics,
        serde as serde,
        testing as testing,
    )
    from partnerops.dataset import Dataset as Dataset
    from partnerops.dated import Dated as Dated
    from partnerops.entities import (
        Account as Account,
        Activity as Activity,
        Agreement as Agreement,
        Certification as Certification,
        Credit as Credit,
        DealRegistration as DealRegistration,
        Lead as Lead,
        Opportunity as Opportunity,
        OpportunityLine as OpportunityLine,
        Partner as Partner,
        Payment as Payment,
        Reversal as Reversal,
        StageChange as StageChange,
        Target as Target,
        Touchpoint as Touchpoint,
    )
    from partnerops.exceptions import PartnerOpsError as PartnerOpsError
    from partnerops.money import (
        Currency as Currency,
        ExchangeRates as ExchangeRates,
        Money as Money,
        apportion as apportion,
    )
    from partnerops.periods import BusinessCalendar as BusinessCalendar, Calendar as Calendar, Period as Period
    from partnerops.ratio import Ratio as Ratio
    from partnerops.typing import DIRECT as DIRECT, UNATTRIBUTED as UNATTRIBUTED
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "partnerops.dataset": ["Dataset"],
        "partnerops.dated": ["Dated"],
        "partnerops.entities": [
            "Account",
            "Activity",
            "Agreement",
            "Certification",
            "Credit",
            "DealRegistration",
            "Lead",
            "Opportunity",
            "OpportunityLine",
            "Partner",
            "Payment",
            "Reversal",
            "StageChange",
            "Target",
            "Touchpoint",
        ],
        "partnerops.exceptions": ["PartnerOpsError"],
        "partnerops.money": ["Currency", "ExchangeRates", "Money", "apportion"],
        "partnerops.periods": ["BusinessCalendar", "Calendar", "Period"],
        "partnerops.ratio": ["Ratio"],
        "partnerops.typing": ["DIRECT", "UNATTRIBUTED"],
    }
    _PACKAGES = [
        "adapters",
        "attribution",
        "commission",
        "entities",
        "exceptions",
        "forecast",
        "frames",
        "journey",
        "metrics",
        "serde",
        "testing",
    ]
    # Nouns that are rarer live one level down; whoever looks for them here is told so.
    _BELOW = [
        "Adjustment",
        "Commitment",
        "Dispute",
        "DisputeStatus",
        "Entity",
        "JointPlan",
        "LeadAssignment",
        "LeadStatus",
        "Motion",
        "OpportunityStatus",
        "PartnerContact",
        "PartnerInvolvement",
        "PartnerStatus",
        "Payout",
        "PayoutStatus",
        "PeriodClose",
        "PolicyException",
        "ProgramCost",
        "RegistrationStatus",
        "RevenueKind",
        "ReversalKind",
        "Side",
        "SourceRef",
        "SurveyKind",
        "SurveyResponse",
        "TierMembership",
        "UNKNOWN_STAGE",
        "Withholding",
    ]
    __getattr__, __dir__ = lazy(
        __name__,
        {name: home for home, names in _HOMES.items() for name in names}
        | {name: f"{__name__}.{name}" for name in _PACKAGES},
        elsewhere=dict.fromkeys(_BELOW, f"{__name__}.entities"),
    )
