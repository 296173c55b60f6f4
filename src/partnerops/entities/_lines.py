"""What a deal consists of: its products, each with its kind of revenue and motion."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import Noun, is_a, is_text, to_member
from partnerops._closed import ClosedSet
from partnerops.entities._facts import is_money
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import Money


class RevenueKind(ClosedSet):
    """How a line brings revenue."""

    ONE_OFF = "one_off"
    """Once."""
    RECURRING = "recurring"
    """Every month of its term."""


def to_revenue_kind(value: str) -> RevenueKind:
    """The member with this value; anything else is left to the validator."""
    return to_member(RevenueKind, value)


class Motion(ClosedSet):
    """What a line does to the customer's business with the vendor."""

    NEW = "new"
    """First purchase."""
    EXPANSION = "expansion"
    """More of what the customer has."""
    CROSS_SELL = "cross_sell"
    """Another product."""
    RENEWAL = "renewal"
    """The same for a further term."""


def to_motion(value: str) -> Motion:
    """The member with this value; anything else is left to the validator."""
    return to_member(Motion, value)


@frozen(kw_only=True)
class OpportunityLine(Noun):
    """
    One product within a deal.

    `amount` is the line's whole value: for a recurring line, over all `term_months`; a month of it is amount / term.

    Raises:
        InvalidValue: A recurring line without a term of at least one month, or a one-off line with a term.
        CurrencyMismatch: A cost in another currency than the amount.

    >>> OpportunityLine(product="erp", amount=Money("1200.00", "BRL"), revenue="recurring", term_months=12).motion
    Motion.NEW
    """

    product: str = field(validator=is_text)
    """Product code."""
    # The whole term, as the contract has it: a month follows from it, the other way would lose cents.
    amount: Money = field(validator=is_money)
    """Value of the line, over the whole term."""
    revenue: RevenueKind = field(default=RevenueKind.ONE_OFF, converter=to_revenue_kind, validator=is_a(RevenueKind))
    """One-off or recurring."""
    term_months: int | None = field(default=None, validator=optional(is_a(int)))
    """Months that a recurring line runs; None for a one-off line."""
    motion: Motion = field(default=Motion.NEW, converter=to_motion, validator=is_a(Motion))
    """New, expansion, cross-sell or renewal."""
    category: str | None = field(default=None, validator=optional(is_text))
    """Product family; plans may rate by it."""
    cost: Money | None = field(default=None, validator=optional(is_money))
    """Vendor's cost of the line, for margin."""

    def __attrs_post_init__(self) -> None:
        # Without a term nobody can say what a month is worth.
        if self.revenue is RevenueKind.RECURRING and (self.term_months is None or self.term_months < 1):
            raise InvalidValue("OpportunityLine.term_months", "at least 1 for a recurring line", self.term_months)
        # A one-off line with a term is a recurring one that somebody typed wrong.
        if self.revenue is RevenueKind.ONE_OFF and self.term_months is not None:
            raise InvalidValue("OpportunityLine.term_months", "None for a one-off line", self.term_months)
        if self.cost is not None and self.cost.currency != self.amount.currency:
            raise CurrencyMismatch("relate a line's amount to its cost in", self.amount.currency, self.cost.currency)
