"""How deals begin: leads, and who is asked to take them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    FrozenMap,
    Noun,
    in_order,
    is_a,
    is_aware,
    is_custom,
    is_id,
    is_partner_id,
    is_text,
    to_custom,
    to_instant,
    to_optional_instant,
)
from partnerops._closed import ClosedSet
from partnerops.entities._facts import SourceRef, known, not_later, refers
from partnerops.exceptions import InvalidValue
from partnerops.typing import AccountId, JsonScalar, LeadId, OpportunityId, PartnerId


class LeadStatus(ClosedSet):
    """What became of a lead."""

    OPEN = "open"
    """Nobody has decided."""
    ACCEPTED = "accepted"
    """Sales took it on; no opportunity yet."""
    CONVERTED = "converted"
    """Became an opportunity."""
    REJECTED = "rejected"
    """Refused, with a reason."""


@frozen(kw_only=True)
class Lead(Noun):
    """
    A prospect's first sign of interest: it becomes an opportunity, or is rejected with a reason.

    Raises:
        InvalidValue: Converted without an opportunity, rejected without a reason, both at once, or backwards in time.

    >>> from datetime import UTC
    >>> Lead(id="L-1", created_at=datetime(2026, 3, 1, tzinfo=UTC), origin="partner", partner_id="acme").status
    LeadStatus.OPEN
    """

    id: LeadId = field(validator=is_id)
    """Opaque, case-sensitive id."""
    created_at: datetime = field(converter=to_instant, validator=is_aware)
    """When the lead came in."""
    origin: str | None = field(default=None, validator=optional(is_text))
    """Open set: direct, partner, affiliate, community, ...; None is unknown."""
    channel: str | None = field(default=None, validator=optional(is_text))
    """Source within the origin: a campaign, an event, a search engine."""
    partner_id: str | None = field(default=None, validator=optional(is_id), metadata=refers("party"))
    """Party that brought it."""
    account_id: AccountId | None = field(default=None, validator=optional(is_id), metadata=refers("accounts"))
    """The customer company, once known."""
    owner_id: str | None = field(default=None, validator=optional(is_id))
    """Executive on the vendor's side."""
    accepted_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When sales took it on."""
    converted_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it became an opportunity."""
    opportunity_id: OpportunityId | None = field(
        default=None, validator=optional(is_id), metadata=refers("opportunities")
    )
    """The opportunity it became."""
    rejected_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was refused."""
    reject_reason: str | None = field(default=None, validator=optional(is_text))
    """Why it was refused: required with `rejected_at`."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the record was known; None means at once."""
    custom: FrozenMap[JsonScalar] = field(factory=FrozenMap, converter=to_custom, validator=is_custom)
    """Fields of the embedder's own."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def __attrs_post_init__(self) -> None:
        # Two chains: a refusal may follow an acceptance, or come without one.
        in_order(self, "created_at", "accepted_at", "converted_at")
        in_order(self, "created_at", "rejected_at")
        if (self.converted_at is None) != (self.opportunity_id is None):
            raise InvalidValue("Lead.opportunity_id", "given together with converted_at", self.opportunity_id)
        # A refusal without a reason teaches marketing nothing, and cannot be counted by reason.
        if (self.rejected_at is None) != (self.reject_reason is None):
            raise InvalidValue("Lead.reject_reason", "given together with rejected_at", self.reject_reason)
        # One lead, one end: what comes again is a new lead.
        if self.rejected_at is not None and self.converted_at is not None:
            raise InvalidValue("Lead.rejected_at", "None for a converted lead", self.rejected_at)

    @property
    def status(self) -> LeadStatus:
        """What became of it, as far as this record knows."""
        # The last decision wins: refused after an acceptance is refused.
        if self.rejected_at is not None:
            return LeadStatus.REJECTED
        if self.converted_at is not None:
            return LeadStatus.CONVERTED
        return LeadStatus.OPEN if self.accepted_at is None else LeadStatus.ACCEPTED

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The lead with later decisions undone, or None before it came in."""
        if not known(self.created_at, self.recorded_at, moment):
            return None
        changes: dict[str, object] = {}
        if self.accepted_at is not None and self.accepted_at > moment:
            changes["accepted_at"] = None
        if self.converted_at is not None and self.converted_at > moment:
            # The opportunity goes with the date: knowing it would be knowing the future.
            changes |= {"converted_at": None, "opportunity_id": None}
        if self.rejected_at is not None and self.rejected_at > moment:
            changes |= {"rejected_at": None, "reject_reason": None}
        return self.replace(**changes) if changes else self


@frozen(kw_only=True)
class LeadAssignment(Noun):
    """
    A lead or opportunity handed to a partner, who accepts or declines.

    Raises:
        InvalidValue: Both a lead and an opportunity, or neither; or answered before it was handed over.

    >>> from datetime import UTC
    >>> handed = LeadAssignment(id="H-1", lead_id="L-1", partner_id="acme", at=datetime(2026, 3, 1, tzinfo=UTC))
    >>> handed.accepted_at is None and handed.declined_at is None
    True
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """Who received it."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was handed over."""
    lead_id: LeadId | None = field(default=None, validator=optional(is_id), metadata=refers("leads"))
    """The lead, when a lead was handed over."""
    opportunity_id: OpportunityId | None = field(
        default=None, validator=optional(is_id), metadata=refers("opportunities")
    )
    """The opportunity, when one was handed over."""
    accepted_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the partner accepted."""
    declined_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the partner declined, or the vendor took it back."""
    reason: str | None = field(default=None, validator=optional(is_text))
    """Why it was declined or taken back."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the record was known; None means at once."""

    def __attrs_post_init__(self) -> None:
        in_order(self, "at", "accepted_at", "declined_at")
        # Either or: an acceptance must say of what.
        if (self.lead_id is None) == (self.opportunity_id is None):
            raise InvalidValue("LeadAssignment.lead_id", "given, or else opportunity_id: exactly one", self.lead_id)

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The assignment with later answers undone, or None before it was made."""
        if not known(self.at, self.recorded_at, moment):
            return None
        accepted, declined = not_later(self.accepted_at, moment), not_later(self.declined_at, moment)
        if (accepted, declined) == (self.accepted_at, self.declined_at):
            return self
        return self.replace(accepted_at=accepted, declined_at=declined, reason=self.reason if declined else None)
