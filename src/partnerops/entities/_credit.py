"""What one party earned of one won deal."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Self

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    Noun,
    is_aware,
    is_id,
    is_share,
    is_str,
    is_text,
    to_fraction,
    to_instant,
    to_optional_instant,
    to_strings,
    tuple_of,
)
from partnerops.entities._facts import is_money, known, refers
from partnerops.money import Money
from partnerops.typing import OpportunityId, PartyId


@frozen(kw_only=True)
class Credit(Noun):
    """
    What one party earned of one won deal: the noun between attribution and commission.

    `amount` is money of the deal, not commission. The credits of one attribution sum to the deal exactly.

    >>> from datetime import UTC
    >>> Credit(
    ...     id="C-1",
    ...     opportunity_id="D-1",
    ...     partner_id="acme",
    ...     amount=Money("8000.00", "BRL"),
    ...     at=datetime(2026, 3, 4, tzinfo=UTC),
    ... ).share
    Fraction(1, 1)
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id; `attribute` makes it from deal and party."""
    opportunity_id: OpportunityId = field(validator=is_id, metadata=refers("opportunities"))
    """The deal."""
    partner_id: PartyId = field(validator=is_id, metadata=refers("party"))
    """Who earned it: a partner or `DIRECT`."""
    amount: Money = field(validator=is_money)
    """Part of the deal's amount."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was earned: the close of the deal."""
    # Kept beside the amount: money back is shared by the exact share, not by the rounded amount.
    share: Fraction = field(default=Fraction(1), converter=to_fraction, validator=is_share)
    """Share of the deal, a fraction; the amount is rounded, the share is not."""
    role: str = field(default="sourced", validator=is_text)
    """Sourced credit is exclusive; influenced credit overlaps and is never added up."""
    because: str = field(default="", validator=is_str)
    """Why, in words that a partner could read."""
    # As text: a credit outlives the policy object, and may come from another system.
    policy: str = field(default="", validator=is_str)
    """The policy that gave it, as it prints itself."""
    touch_ids: tuple[str, ...] = field(default=(), converter=to_strings, validator=tuple_of(str),
                                       metadata=refers("touchpoints"))  # fmt: skip
    """Touches that earned it, oldest first."""
    # A re-attributed deal gets new credits; the old ones stay on file, since they were paid on.
    supersedes: str | None = field(default=None, validator=optional(is_id), metadata=refers("credits"))
    """Id of the earlier credit that this one replaces."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was known; None means at once."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The credit, or None before it was known."""
        return self if known(self.at, self.recorded_at, moment) else None
