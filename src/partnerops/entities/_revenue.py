"""Money of a deal: what the customer paid, and what was taken back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    Noun,
    is_a,
    is_aware,
    is_id,
    is_str,
    to_instant,
    to_member,
    to_optional_instant,
)
from partnerops._closed import ClosedSet
from partnerops.entities._facts import SourceRef, is_positive_money, known, refers
from partnerops.money import Money
from partnerops.typing import OpportunityId


class ReversalKind(ClosedSet):
    """Why revenue was taken back."""

    REFUND = "refund"
    """The customer got money back."""
    CHARGEBACK = "chargeback"
    """The customer's bank took it back."""
    CANCELLATION = "cancellation"
    """The order was cancelled."""
    CHURN = "churn"
    """The customer left before the term ended."""
    DOWNGRADE = "downgrade"
    """The customer went on with less."""
    NON_PAYMENT = "non_payment"
    """The customer never paid."""
    FRAUD = "fraud"
    """The sale was not genuine."""


def to_reversal_kind(value: str) -> ReversalKind:
    """The member with this value; anything else is left to the validator."""
    return to_member(ReversalKind, value)


@frozen(kw_only=True)
class Payment(Noun):
    """
    Money that a customer paid for a deal.

    Raises:
        InvalidValue: An amount that is not above zero; money given back is a `Reversal`.

    >>> from datetime import UTC
    >>> str(
    ...     Payment(
    ...         id="P-1", opportunity_id="D-1", amount=Money("10.00", "BRL"), at=datetime(2026, 4, 1, tzinfo=UTC)
    ...     ).amount
    ... )
    '10.00 BRL'
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    opportunity_id: OpportunityId = field(validator=is_id, metadata=refers("opportunities"))
    """The deal."""
    # Positive on both sides, so that a sign typed wrong is refused instead of counted backwards.
    amount: Money = field(validator=is_positive_money)
    """Money received; above zero, money given back is a `Reversal`."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it arrived."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was known; None means at once."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The payment, or None before it was known."""
        return self if known(self.at, self.recorded_at, moment) else None


@frozen(kw_only=True)
class Reversal(Noun):
    """
    Revenue of a deal taken back, in full or in part.

    Raises:
        InvalidValue: An amount that is not above zero, or an unknown kind.

    >>> from datetime import UTC
    >>> Reversal(
    ...     id="X-1",
    ...     opportunity_id="D-1",
    ...     kind="refund",
    ...     amount=Money("5.00", "BRL"),
    ...     at=datetime(2026, 5, 2, tzinfo=UTC),
    ... ).kind
    ReversalKind.REFUND
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    opportunity_id: OpportunityId = field(validator=is_id, metadata=refers("opportunities"))
    """The deal."""
    # Kept apart from the amount: what it means for service and commission hangs on why, not on how much.
    kind: ReversalKind = field(converter=to_reversal_kind, validator=is_a(ReversalKind))
    """Why."""
    amount: Money = field(validator=is_positive_money)
    """How much of the deal; above zero."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it took effect."""
    reason: str = field(default="", validator=is_str)
    """Why, in words."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was known; None means at once."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The reversal, or None before it was known."""
        return self if known(self.at, self.recorded_at, moment) else None
