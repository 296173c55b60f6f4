"""The kernel as type checkers see it: constructors check their arguments, look-ups know their kind."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import assert_type

from partnerops import (
    Dataset,
    Dated,
    Money,
    Opportunity,
    OpportunityLine,
    Partner,
    Period,
    Ratio,
    Touchpoint,
    apportion,
)
from partnerops.entities import Dispute, OpportunityStatus

price = Money("10.50", "BRL")
assert_type(price + price, Money)
assert_type(apportion(price, [1, "0.5", Fraction(1, 3)]), tuple[Money, ...])
assert_type(sum([price, price], Money.zero("BRL")), Money)
Money(10.5, "BRL")  # type: ignore[arg-type]
price * 0.5  # type: ignore[operator]
price / 2  # type: ignore[operator]

assert_type(Period.month(2026, 3).split("week"), tuple[Period, ...])
assert_type(Ratio(1, 3).value, Fraction | None)
rates = Dated.since(date(2026, 1, 1), "0.10")
assert_type(rates.at(date(2026, 3, 1)), str)

at = datetime(2026, 3, 1, tzinfo=UTC)
deal = Opportunity(
    id="D-1", stage="won", status="won", amount=price, created_at=at, closed_at=at,
    lines=[OpportunityLine(product="erp", amount=price)], custom={"cnpj": "00"},
)  # fmt: skip
assert_type(deal.status, OpportunityStatus)
assert_type(deal.lines, tuple[OpportunityLine, ...])
Opportunity(id="D-1", stage="new")  # type: ignore[call-arg]
Opportunity(id="D-1", stage="new", created_at=at, lines=["erp"])  # type: ignore[list-item]
deal.stage = "lost"  # type: ignore[misc]
Dispute(id="W", opportunity_id="D-1", at=at, parties=["acme"], claim="both", shares={"acme": "0.5"})

data = Dataset(partners=[Partner(id="acme", name="Acme", type="reseller")], opportunities=(deal,))
assert_type(data.get(Partner, "acme"), Partner)
assert_type(data.related(Touchpoint, opportunity_id="D-1"), tuple[Touchpoint, ...])
Dataset(partners=[deal])  # type: ignore[list-item]
