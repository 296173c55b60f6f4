"""Partners, facts and policies that the unit tests of the journey share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

from partnerops import Activity, Credit, Dataset, Money, Opportunity, Partner
from partnerops.journey import JourneyPolicy

SIGNED = date(2025, 1, 10)
POLICY = JourneyPolicy(first_wave_revenue=Money("50000", "BRL"), mature_revenue=Money("400000", "BRL"))


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def partner(**changes: object) -> Partner:
    return Partner(**({"id": "acme", "name": "Acme", "type": "reseller", "signed_on": SIGNED} | changes))


def win(id: str, when: datetime, amount: str = "9000", **changes: object) -> Credit:
    values = {"id": id, "opportunity_id": f"D-{id}", "partner_id": "acme", "amount": brl(amount), "at": when}
    return Credit(**(values | changes))


def deal(id: str, when: datetime, **changes: object) -> Opportunity:
    values = {
        "id": f"D-{id}", "partner_id": "acme", "account_id": f"A-{id}", "amount": brl("9000"), "stage": "won",
        "status": "won", "created_at": when, "closed_at": when,
    }  # fmt: skip
    return Opportunity(**(values | changes))


def act(id: str, when: datetime, kind: str = "onboarding", **changes: object) -> Activity:
    return Activity(**({"id": id, "partner_id": "acme", "kind": kind, "at": when} | changes))


def data(**facts: object) -> Dataset:
    return Dataset(**({"partners": [partner()]} | facts))


def steady(months: int = 18, amount: str = "40000") -> list[Credit]:
    """One win a month from February 2025 on."""
    return [win(f"C{n:02d}", at(2025 + (n + 1) // 12, (n + 1) % 12 + 1, 5), amount) for n in range(months)]


HALF = Fraction(1, 2)
