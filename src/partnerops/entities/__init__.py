"""
The nouns: what happened in a partner programme.

Every noun is a frozen value; relations go by id, and a `Dataset` holds them together. `replace(field=...)` gives a
changed copy, checked again. `as_of` gives the record as it was known at a moment, or None before it existed; a dataset
asks it for all of its records. The commoner nouns are also at the root.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Account",
    "Activity",
    "Adjustment",
    "Agreement",
    "Certification",
    "Commitment",
    "Credit",
    "DealRegistration",
    "Dispute",
    "DisputeStatus",
    "Entity",
    "JointPlan",
    "Lead",
    "LeadAssignment",
    "LeadStatus",
    "Motion",
    "Opportunity",
    "OpportunityLine",
    "OpportunityStatus",
    "Partner",
    "PartnerContact",
    "PartnerInvolvement",
    "PartnerStatus",
    "Payment",
    "Payout",
    "PayoutStatus",
    "PeriodClose",
    "PolicyException",
    "ProgramCost",
    "RegistrationStatus",
    "RevenueKind",
    "Reversal",
    "ReversalKind",
    "Side",
    "SourceRef",
    "StageChange",
    "SurveyKind",
    "SurveyResponse",
    "Target",
    "TierMembership",
    "Touchpoint",
    "UNKNOWN_STAGE",
    "Withholding",
]

if TYPE_CHECKING:
    from partnerops.entities._agreements import (
        Agreement as Agreement,
        PolicyException as PolicyException,
        TierMembership as TierMembership,
    )
    from partnerops.entities._credit import Credit as Credit
    from partnerops.entities._disputes import Dispute as Dispute, DisputeStatus as DisputeStatus
    from partnerops.entities._engagement import (
        Activity as Activity,
        Certification as Certification,
        Commitment as Commitment,
        JointPlan as JointPlan,
        PartnerInvolvement as PartnerInvolvement,
        SurveyKind as SurveyKind,
        SurveyResponse as SurveyResponse,
    )
    from partnerops.entities._facts import Entity as Entity, SourceRef as SourceRef
    from partnerops.entities._goals import ProgramCost as ProgramCost, Target as Target
    from partnerops.entities._leads import Lead as Lead, LeadAssignment as LeadAssignment, LeadStatus as LeadStatus
    from partnerops.entities._lines import (
        Motion as Motion,
        OpportunityLine as OpportunityLine,
        RevenueKind as RevenueKind,
    )
    from partnerops.entities._parties import (
        Account as Account,
        Partner as Partner,
        PartnerContact as PartnerContact,
        PartnerStatus as PartnerStatus,
        Side as Side,
    )
    from partnerops.entities._payouts import (
        Adjustment as Adjustment,
        Payout as Payout,
        PayoutStatus as PayoutStatus,
        PeriodClose as PeriodClose,
        Withholding as Withholding,
    )
    from partnerops.entities._pipeline import (
        UNKNOWN_STAGE as UNKNOWN_STAGE,
        Opportunity as Opportunity,
        OpportunityStatus as OpportunityStatus,
        StageChange as StageChange,
    )
    from partnerops.entities._revenue import (
        Payment as Payment,
        Reversal as Reversal,
        ReversalKind as ReversalKind,
    )
    from partnerops.entities._touches import (
        DealRegistration as DealRegistration,
        RegistrationStatus as RegistrationStatus,
        Touchpoint as Touchpoint,
    )
else:
    from partnerops._lazy import lazy

    _SUBJECTS = {
        "_agreements": ["Agreement", "PolicyException", "TierMembership"],
        "_engagement": [
            "Activity",
            "Certification",
            "Commitment",
            "JointPlan",
            "PartnerInvolvement",
            "SurveyKind",
            "SurveyResponse",
        ],
        "_facts": ["Entity", "SourceRef"],
        "_goals": ["ProgramCost", "Target"],
        "_leads": ["Lead", "LeadAssignment", "LeadStatus"],
        "_lines": ["Motion", "OpportunityLine", "RevenueKind"],
        "_parties": ["Account", "Partner", "PartnerContact", "PartnerStatus", "Side"],
        "_payouts": ["Adjustment", "Payout", "PayoutStatus", "PeriodClose", "Withholding"],
        "_pipeline": [
            "Opportunity",
            "OpportunityStatus",
            "StageChange",
            "UNKNOWN_STAGE",
        ],
        "_credit": ["Credit"],
        "_disputes": ["Dispute", "DisputeStatus"],
        "_revenue": ["Payment", "Reversal", "ReversalKind"],
        "_touches": ["DealRegistration", "RegistrationStatus", "Touchpoint"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{subject}" for subject, names in _SUBJECTS.items() for name in names}
    )
