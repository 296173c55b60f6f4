"""The smallest legal record of every noun, which tests change one field at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from partnerops import entities as e
from partnerops.money import Money
from partnerops.periods import Period

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""When everything happens unless a test says otherwise."""
TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
BRL = Money("10.00", "BRL")

SMALLEST: dict[type[Any], dict[str, Any]] = {
    e.Partner: {"name": "Acme", "type": "reseller"},
    e.PartnerContact: {"partner_id": "acme", "side": "vendor", "role": "sales"},
    e.Account: {"name": "Padaria Sol"},
    e.Lead: {"created_at": NOON},
    e.Opportunity: {"stage": "demo", "created_at": NOON},
    e.LeadAssignment: {"partner_id": "acme", "at": NOON, "lead_id": "L"},
    e.Touchpoint: {"partner_id": "acme", "at": NOON, "kind": "demo", "opportunity_id": "D"},
    e.DealRegistration: {"partner_id": "acme", "submitted_at": NOON, "opportunity_id": "D"},
    e.PartnerInvolvement: {"partner_id": "acme", "opportunity_id": "D", "role": "resold", "at": NOON},
    e.Activity: {"partner_id": "acme", "at": NOON, "kind": "training"},
    e.Certification: {"partner_id": "acme", "code": "sales-101", "valid_from": TODAY},
    e.SurveyResponse: {"kind": "csat", "score": 4, "at": NOON, "account_id": "A"},
    e.JointPlan: {"partner_id": "acme", "period": Period.year(2026)},
    e.Credit: {"opportunity_id": "D", "partner_id": "acme", "amount": BRL, "at": NOON},
    e.Payment: {"opportunity_id": "D", "amount": BRL, "at": NOON},
    e.Reversal: {"opportunity_id": "D", "kind": "refund", "amount": BRL, "at": NOON},
    e.Adjustment: {"partner_id": "acme", "amount": BRL, "at": NOON, "reason": "typo"},
    e.Payout: {"partner_id": "acme", "gross": BRL, "at": NOON},
    e.PeriodClose: {"period": Period.month(2026, 2), "at": NOON},
    e.ProgramCost: {"amount": BRL, "incurred_on": TODAY, "category": "mdf"},
    e.Target: {"owner_id": "acme", "metric": "won_revenue", "period": Period.year(2026), "value": BRL},
    e.Agreement: {"partner_id": "acme", "plan_id": "gold", "effective_from": TODAY},
    e.PolicyException: {
        "scope": "acme",
        "parameter": "rate",
        "old": "0.10",
        "new": "0.12",
        "reason": "launch",
        "requested_by": "ana",
        "approved_by": "rui",
        "effective_from": TODAY,
        "effective_to": TODAY + 30 * DAY,
    },
    e.Dispute: {"opportunity_id": "D", "at": NOON, "parties": ["acme"], "claim": "we were first"},
    e.TierMembership: {"partner_id": "acme", "tier": "gold", "effective_from": TODAY},
}
"""Every noun that a dataset holds, without its id."""

PARTS: dict[type[Any], dict[str, Any]] = {
    e.Commitment: {"side": "vendor", "text": "two trainings", "due_on": TODAY},
    e.OpportunityLine: {"product": "erp", "amount": BRL},
    e.SourceRef: {"system": "crm", "table": "deal", "id": "7"},
    e.StageChange: {"stage": "demo", "at": NOON},
    e.Withholding: {"kind": "ISS", "amount": BRL},
}
"""Values that nouns are made of; they have no id of their own."""


def make(kind: type[Any], /, **changes: Any) -> Any:
    """The smallest record of a kind, changed."""
    given = PARTS[kind] if kind in PARTS else {"id": "X"} | SMALLEST[kind]
    return kind(**given | changes)
