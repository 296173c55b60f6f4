"""What a ledger says beside its postings: what can be paid, what is held, what caps keep back."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from partnerops._attrs import Value
from partnerops.money import Money
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class Payable(Value):
    """What could be paid to a partner in one currency, and why not more."""

    partner_id: PartnerId
    """Who."""
    due: Money
    """Due before anything is kept back; below zero where corrections exceed earnings."""
    kept_back: Money
    """Kept back by this payout against what the partner owes."""
    amount: Money
    """The largest gross amount of a payout; zero below the plan's minimum."""
    because: str
    """Why, in words that a partner could read."""


@frozen(kw_only=True)
class Hold(Value):
    """Commission that is earned and not due yet."""

    line_id: str
    """The earning."""
    partner_id: PartnerId
    """Whose."""
    amount: Money
    """How much."""
    until: date | None
    """When the holding period ends; None where something else is missing."""
    because: str
    """What it waits for."""


@frozen(kw_only=True)
class Withheld(Value):
    """What a cap keeps back from a partner for now."""

    partner_id: PartnerId
    """Whose."""
    cap: str
    """Which cap, and for which period or customer."""
    amount: Money
    """How much; a clawback of other sales brings it forward."""
