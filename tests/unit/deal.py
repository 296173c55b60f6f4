"""One deal of March 2026 and short ways to write its records: what the tests of attribution have in common."""

from __future__ import annotations

from datetime import UTC, datetime

from partnerops import DealRegistration, Lead, Money, Opportunity, Touchpoint
from partnerops.attribution import Attribution, attribute
from partnerops.entities import Dispute


def at(day: int, hour: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def deal(amount: str | Money | None = "1000.00", **changes: object) -> Opportunity:
    value = Money(amount, "BRL") if isinstance(amount, str) else amount
    values = {
        "id": "D-17", "amount": value, "stage": "won", "status": "won",
        "created_at": at(10), "closed_at": at(31),
    }  # fmt: skip
    return Opportunity(**(values | changes))


def touch(id: str, party: str, when: datetime, **changes: object) -> Touchpoint:
    return Touchpoint(
        **({"id": id, "opportunity_id": "D-17", "partner_id": party, "at": when, "kind": "demo"} | changes)
    )


def lead(id: str, when: datetime, **changes: object) -> Lead:
    return Lead(**({"id": id, "created_at": when, "opportunity_id": "D-17", "converted_at": when} | changes))


def registration(id: str, party: str, **changes: object) -> DealRegistration:
    values = {
        "id": id, "opportunity_id": "D-17", "partner_id": party, "submitted_at": at(3), "decided_at": at(4),
        "status": "approved", "protected_until": datetime(2026, 6, 1, tzinfo=UTC),
    }  # fmt: skip
    return DealRegistration(**(values | changes))


def dispute(id: str, **changes: object) -> Dispute:
    values = {
        "id": id, "opportunity_id": "D-17", "at": at(12), "parties": ["acme", "birch"], "claim": "both brought it",
        "status": "resolved", "decided_at": at(20), "decided_by": "committee", "shares": {"acme": "0.7"},
    }  # fmt: skip
    return Dispute(**(values | changes))


def asked(policy, touches=(), amount: str = "1000.00", **options: object) -> Attribution:
    changes = {
        name: options.pop(name)
        for name in list(options)
        if name in ("history", "lines", "created_at", "origin", "partner_id", "account_id")
    }
    return attribute(deal(amount, **changes), touches, policy=policy, **options)


def amounts(policy, touches=(), amount: str = "1000.00", **options: object) -> dict[str, str]:
    result = asked(policy, touches, amount, **options)
    return {credit.partner_id: str(credit.amount.amount) for credit in result.credits}
