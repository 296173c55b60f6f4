"""What the programme costs, and the goals set for it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Self

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    Noun,
    is_a,
    is_aware,
    is_date,
    is_exact,
    is_id,
    is_partner_id,
    is_text,
    to_decimal,
    to_optional_instant,
)
from partnerops.entities._facts import SourceRef, is_money, refers
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class ProgramCost(Noun):
    """
    Money spent on the programme or on acquiring customers.

    >>> ProgramCost(
    ...     id="G-1", amount=Money("900.00", "BRL"), incurred_on=date(2026, 3, 1), category="recruitment"
    ... ).amount
    Money('900.00', 'BRL')
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    amount: Money = field(validator=is_money)
    """How much; a negative amount corrects an earlier cost."""
    # A date, not an instant: costs are booked by day, in the books of one place.
    incurred_on: date = field(validator=is_date)
    """Business date it belongs to."""
    category: str = field(validator=is_text)
    """Open set: recruitment, onboarding, mdf, enablement, staff, tooling, marketing, sales, ..."""
    # Costs of the programme itself name nobody, and are in no partner's return.
    partner_id: PartnerId | None = field(default=None, validator=optional(is_partner_id), metadata=refers("partners"))
    """The partner it was spent on, if one."""
    origin: str | None = field(default=None, validator=optional(is_text))
    """The channel it was spent on, if one: direct, partner, ..."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The cost, or None before its date."""
        return self if self.incurred_on <= today else None


def _to_goal(value: Money | Decimal | int | str) -> Money | Decimal:
    # A goal is in the unit of its metric; which one that is, only the catalogue knows.
    return value if isinstance(value, Money) else to_decimal(value)


def _is_goal(instance: object, attribute: object, value: Money | Decimal) -> None:
    if not isinstance(value, Money):
        is_exact(instance, attribute, value)  # type: ignore[arg-type]


@frozen(kw_only=True)
class Target(Noun):
    """
    A goal for one owner, metric and period; goals may cascade to children that sum to it.

    >>> Target(
    ...     id="Q-1", owner_id="acme", metric="won_revenue", period=Period.quarter(2026, 2), value=Money("50000", "BRL")
    ... ).value
    Money('50000.00', 'BRL')
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    owner_id: str = field(validator=is_id)
    """Partner, team, executive or programme that has to reach it."""
    metric: str = field(validator=is_text)
    """Id of the metric."""
    period: Period = field(validator=is_a(Period))
    """Span, half-open."""
    value: Money | Decimal = field(converter=_to_goal, validator=_is_goal)
    """The goal, in the metric's unit."""
    parent_id: str | None = field(default=None, validator=optional(is_id), metadata=refers("targets"))
    """The goal that it is part of."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was set; None means before its period."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The goal, or None before it was set."""
        # A goal set late must not judge the weeks before it was known.
        return None if self.recorded_at is not None and self.recorded_at > moment else self
