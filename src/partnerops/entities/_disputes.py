"""What was argued about, and how it was decided."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Self

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    FrozenMap,
    Noun,
    in_order,
    is_a,
    is_aware,
    is_id,
    is_shares,
    is_str,
    is_text,
    to_instant,
    to_member,
    to_optional_instant,
    to_shares,
    to_strings,
    tuple_of,
)
from partnerops._closed import ClosedSet
from partnerops.entities._facts import known, refers
from partnerops.exceptions import InvalidValue
from partnerops.typing import OpportunityId, PartyId


class DisputeStatus(ClosedSet):
    """Where a dispute stands."""

    SUBMITTED = "submitted"
    """Filed."""
    IN_REVIEW = "in_review"
    """Being looked at."""
    PENDING_INFO = "pending_info"
    """Waiting for a party's answer."""
    RESOLVED = "resolved"
    """The committee decided."""
    CLOSED = "closed"
    """Ended without a decision."""


def to_dispute_status(value: str) -> DisputeStatus:
    """The member with this value; anything else is left to the validator."""
    return to_member(DisputeStatus, value)


@frozen(kw_only=True)
class Dispute(Noun):
    """
    A quarrel over who earned a deal, and the committee's decision once there is one.

    Raises:
        InvalidValue: Resolved without shares, decider and date, or shares that sum to more than 1.

    >>> from datetime import UTC
    >>> d = Dispute(
    ...     id="W-1",
    ...     opportunity_id="D-1",
    ...     at=datetime(2026, 4, 2, tzinfo=UTC),
    ...     parties=["acme", "birch"],
    ...     claim="both filed",
    ... )
    >>> d.status
    DisputeStatus.SUBMITTED
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    opportunity_id: OpportunityId = field(validator=is_id, metadata=refers("opportunities"))
    """The deal."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was filed."""
    parties: tuple[PartyId, ...] = field(converter=to_strings, validator=tuple_of(str), metadata=refers("party"))
    """Who argues: partners or `DIRECT`."""
    claim: str = field(validator=is_text)
    """What is argued."""
    status: DisputeStatus = field(
        default=DisputeStatus.SUBMITTED, converter=to_dispute_status, validator=is_a(DisputeStatus)
    )
    """Where it stands."""
    decided_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was decided or closed."""
    decided_by: str | None = field(default=None, validator=optional(is_id))
    """Who decided: the committee."""
    # May sum to less than 1: what the committee gives to nobody stays unattributed, and visible.
    shares: FrozenMap[Fraction] = field(
        factory=FrozenMap, converter=to_shares, validator=is_shares, metadata=refers("party")
    )
    """The decision: each party's share of the deal, as a fraction."""
    reason: str = field(default="", validator=is_str)
    """Why it was decided so."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the dispute was known; None means at once."""

    def __attrs_post_init__(self) -> None:
        in_order(self, "at", "decided_at")
        # A decision without its author, date or content could not be explained to the party that lost.
        resolved = self.status is DisputeStatus.RESOLVED
        if resolved and (self.decided_at is None or self.decided_by is None or not self.shares):
            raise InvalidValue(
                "Dispute.shares", "given with decided_at and decided_by once resolved", dict(self.shares)
            )
        if not resolved and self.shares:
            raise InvalidValue("Dispute.shares", f"empty while the status is {self.status}", dict(self.shares))

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The dispute with a later decision undone, or None before it was filed."""
        if not known(self.at, self.recorded_at, moment):
            return None
        if self.decided_at is not None and self.decided_at > moment:
            # Whether it was in review by then nobody recorded, so the record says what is sure.
            return self.replace(status="submitted", decided_at=None, decided_by=None, shares={}, reason="")
        return self
