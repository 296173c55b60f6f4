"""One sale as rules see it, and conditions on sales."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._arguments import check_int
from partnerops._attrs import Value, is_a, is_date, place, to_member, to_strings, to_tuple, tuple_of
from partnerops.entities import Credit, DealRegistration, Motion, Opportunity, OpportunityLine, RevenueKind
from partnerops.exceptions import InvalidValue
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class Sale(Value):
    """
    One sale with everything that a rate rule, a modifier or an incentive may look at.

    The engine builds it. What the facts do not tell is None or empty.
    """

    partner_id: PartnerId
    """Whose commission."""
    credit: Credit
    """The credit behind it."""
    amount: Money
    """What counts of it under the plan, in the plan's currency, less what was taken back."""
    on: date
    """Date on which it was earned."""
    period: Period | None
    """Span over which sales add up."""
    opportunity: Opportunity | None = None
    """The deal."""
    lines: tuple[OpportunityLine, ...] = ()
    """Lines of the deal that this part of the sale is made of."""
    tier: str | None = None
    """The partner's tier in the programme on that date."""
    registration: DealRegistration | None = None
    """The partner's registration that protected the deal when it was booked."""

    @property
    def customer(self) -> str | None:
        """The customer's account."""
        # Unknown is None and not "": customers without an account must not share one cap.
        return self.opportunity.account_id if self.opportunity is not None else None


def _to_revenue(values: Iterable[RevenueKind | str]) -> tuple[RevenueKind, ...]:
    return tuple(to_member(RevenueKind, value) for value in to_tuple(values))


def _to_motions(values: Iterable[Motion | str]) -> tuple[Motion, ...]:
    return tuple(to_member(Motion, value) for value in to_tuple(values))


def days_of(low: int) -> Any:
    """A validator for a whole number of days of at least *low*."""

    def validate(instance: object, attribute: attrs.Attribute[Any], value: int) -> None:
        check_int(place(instance, attribute), value, low, 3660)

    return validate


@frozen(kw_only=True)
class Where(Value):
    """
    A condition on sales: every field that is given must hold, within a field any one value is enough.

    Products, categories, revenue kinds and motions are asked of each line of the deal, the rest of the sale. Where the
    facts do not tell, a condition does not hold.

    >>> print(Where(products=["erp", "crm"], registered=True))
    product erp or crm, deal registered
    """

    products: tuple[str, ...] = field(default=(), converter=to_strings, validator=tuple_of(str))
    """Product codes."""
    categories: tuple[str, ...] = field(default=(), converter=to_strings, validator=tuple_of(str))
    """Product families."""
    revenue: tuple[RevenueKind, ...] = field(default=(), converter=_to_revenue, validator=tuple_of(RevenueKind))
    """One-off or recurring."""
    motions: tuple[Motion, ...] = field(default=(), converter=_to_motions, validator=tuple_of(Motion))
    """New, expansion, cross-sell or renewal."""
    tiers: tuple[str, ...] = field(default=(), converter=to_strings, validator=tuple_of(str))
    """Programme tiers of the partner on the date of the sale."""
    partners: tuple[PartnerId, ...] = field(default=(), converter=to_strings, validator=tuple_of(str))
    """Partners."""
    registered: bool | None = field(default=None, validator=optional(is_a(bool)))
    """Whether the partner's registration protected the deal when it was booked."""
    registered_days: int | None = field(default=None, validator=optional(days_of(0)))
    """Days before the booking by which the registration must have been filed."""
    since: date | None = field(default=None, validator=optional(is_date))
    """First date of sale."""
    until: date | None = field(default=None, validator=optional(is_date))
    """First date of sale that is too late."""

    def __attrs_post_init__(self) -> None:
        # An empty window would switch a campaign off without a word.
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise InvalidValue("Where.until", f"after since ({self.since})", self.until)

    @property
    def asks_lines(self) -> bool:
        """Whether it can tell lines of one deal apart."""
        return bool(self.products or self.categories or self.revenue or self.motions)

    def of_line(self, line: OpportunityLine | None) -> bool:
        """Whether a line of a deal meets it; without a line nothing is known of products."""
        if not self.asks_lines:
            return True
        return (
            line is not None
            and (not self.products or line.product in self.products)
            and (not self.categories or line.category in self.categories)
            and (not self.revenue or line.revenue in self.revenue)
            and (not self.motions or line.motion in self.motions)
        )

    def of_sale(self, sale: Sale) -> bool:
        """Whether a sale meets what is asked of it as a whole."""
        if (self.tiers and sale.tier not in self.tiers) or (self.partners and sale.partner_id not in self.partners):
            return False
        # Half-open, so that two campaigns in a row neither overlap nor leave a day out.
        if (self.since is not None and sale.on < self.since) or (self.until is not None and sale.on >= self.until):
            return False
        # The registration is None unless it protected the deal when it was booked.
        filed = sale.registration
        if self.registered is not None and self.registered is not (filed is not None):
            return False
        # Whole days passed, and not dates apart: filed at noon, a day later is noon of the next day.
        return self.registered_days is None or (
            filed is not None and (sale.credit.at - filed.submitted_at).days >= self.registered_days
        )

    def matches(self, sale: Sale) -> bool:
        """Whether a sale meets it: as a whole, and in all of its lines."""
        # All lines: an uplift for one product must not raise another that happens to be in the deal.
        return self.of_sale(sale) and (not self.asks_lines or (bool(sale.lines) and all(map(self.of_line, sale.lines))))

    def __str__(self) -> str:
        named = [
            ("product", self.products),
            ("category", self.categories),
            ("revenue", self.revenue),
            ("motion", self.motions),
            ("partner tier", self.tiers),
            ("partner", self.partners),
        ]
        parts = [f"{name} {' or '.join(values)}" for name, values in named if values]
        if self.registered is not None:
            parts.append("deal registered" if self.registered else "deal not registered")
        if self.registered_days is not None:
            parts.append(f"registered {self.registered_days} days before the booking")
        if self.since is not None or self.until is not None:
            parts.append(f"sold {self.since or '..'}/{self.until or '..'}")
        return ", ".join(parts) or "every sale"
