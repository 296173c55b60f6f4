"""What happened around a deal: touches by the parties, and registrations of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    Noun,
    in_order,
    is_a,
    is_aware,
    is_id,
    is_partner_id,
    is_text,
    place,
    to_instant,
    to_member,
    to_optional_instant,
)
from partnerops._closed import ClosedSet
from partnerops.entities._facts import SourceRef, is_money, known, refers
from partnerops.exceptions import InvalidValue
from partnerops.money import Money
from partnerops.typing import DIRECT, UNATTRIBUTED, AccountId, LeadId, OpportunityId, PartnerId, PartyId


class RegistrationStatus(ClosedSet):
    """Where a deal registration stands."""

    SUBMITTED = "submitted"
    """Waiting for a decision."""
    APPROVED = "approved"
    """Accepted: the deal is protected until `protected_until`."""
    REJECTED = "rejected"
    """Refused."""
    EXPIRED = "expired"
    """Approved, and the protection ran out."""
    CONVERTED = "converted"
    """Approved, and the deal was won."""
    WITHDRAWN = "withdrawn"
    """Taken back by the partner."""


_FACTS: dict[RegistrationStatus, tuple[tuple[str, ...], tuple[str, ...]]] = {
    RegistrationStatus.SUBMITTED: ((), ()),
    RegistrationStatus.APPROVED: (("decided_at", "protected_until"), ()),
    RegistrationStatus.REJECTED: (("decided_at",), ("reject_reason",)),
    RegistrationStatus.EXPIRED: (("decided_at", "protected_until"), ()),
    RegistrationStatus.CONVERTED: (("decided_at", "protected_until"), ("ended_at",)),
    # A partner may withdraw before or after the decision, so a withdrawal requires nothing.
    RegistrationStatus.WITHDRAWN: ((), ("decided_at", "protected_until", "ended_at")),
}
"""Facts that a status must have, and may have: others contradict it, and `as_of` could not undo them."""


def to_registration_status(value: str) -> RegistrationStatus:
    """The member with this value; anything else is left to the validator."""
    return to_member(RegistrationStatus, value)


def _is_party(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    # It names what nobody earned, and would be added to that wherever parties are listed.
    if value == UNATTRIBUTED:
        rule = f"a partner's id, or {DIRECT!r} for the vendor's own team"
        raise InvalidValue(place(instance, attribute), rule, value)


@frozen(kw_only=True)
class Touchpoint(Noun):
    """
    One contact with a prospect or customer, by a partner or by the vendor's own team (`DIRECT`).

    Raises:
        InvalidValue: None of opportunity, lead and account is named, or the party is `UNATTRIBUTED`.

    >>> from datetime import UTC
    >>> Touchpoint(
    ...     id="T-1", opportunity_id="D-1", partner_id="acme", kind="demo", at=datetime(2026, 3, 2, tzinfo=UTC)
    ... ).kind
    'demo'
    """

    # A tie must break the same way everywhere, also where rows come in another order.
    id: str = field(validator=is_id)
    """Opaque, case-sensitive id; breaks ties between touches of one instant."""
    partner_id: PartyId = field(validator=[is_id, _is_party], metadata=refers("party"))
    """Party that made the contact: a partner or `DIRECT`."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it happened."""
    kind: str = field(validator=is_text)
    """Open set: referral, demo, call, meeting, event, campaign, click, ..."""
    opportunity_id: OpportunityId | None = field(
        default=None, validator=optional(is_id), metadata=refers("opportunities")
    )
    """The deal it belongs to."""
    lead_id: LeadId | None = field(default=None, validator=optional(is_id), metadata=refers("leads"))
    """The lead it belongs to."""
    account_id: AccountId | None = field(default=None, validator=optional(is_id), metadata=refers("accounts"))
    """The customer company."""
    role: str | None = field(default=None, validator=optional(is_text))
    """Part the party played: sourcer, influencer, implementer, closer, ...; open set."""
    team: str | None = field(default=None, validator=optional(is_text))
    """Team behind it: marketing, sales, partner, customer success."""
    channel: str | None = field(default=None, validator=optional(is_text))
    """Medium: email, phone, event, paid search, ..."""
    campaign: str | None = field(default=None, validator=optional(is_text))
    """Campaign it belongs to."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the contact was known; None means at once."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def __attrs_post_init__(self) -> None:
        # A contact that belongs to nothing can earn nothing, and would be lost silently.
        if self.opportunity_id is None and self.lead_id is None and self.account_id is None:
            raise InvalidValue("Touchpoint.opportunity_id", "given, or else lead_id or account_id", None)

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The touch, or None before it was known."""
        return self if known(self.at, self.recorded_at, moment) else None


@frozen(kw_only=True)
class DealRegistration(Noun):
    """
    A partner's claim to a deal, and the vendor's answer.

    Raises:
        InvalidValue: A status without its facts, such as approved without `protected_until`, or with those of another;
            decided before it was submitted; neither opportunity nor account named.

    >>> from datetime import UTC
    >>> DealRegistration(
    ...     id="R-1", opportunity_id="D-1", partner_id="acme", submitted_at=datetime(2026, 3, 3, tzinfo=UTC)
    ... ).status
    RegistrationStatus.SUBMITTED
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id; breaks ties between registrations of one instant."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """Who registered the deal."""
    submitted_at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was filed."""
    status: RegistrationStatus = field(
        default=RegistrationStatus.SUBMITTED, converter=to_registration_status, validator=is_a(RegistrationStatus)
    )
    """Where it stands."""
    opportunity_id: OpportunityId | None = field(
        default=None, validator=optional(is_id), metadata=refers("opportunities")
    )
    """The deal, once there is one."""
    account_id: AccountId | None = field(default=None, validator=optional(is_id), metadata=refers("accounts"))
    """The customer."""
    product: str | None = field(default=None, validator=optional(is_text))
    """Product it is limited to; None means all."""
    decided_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was approved or rejected."""
    protected_until: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """First instant without protection."""
    ended_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was converted or withdrawn."""
    reject_reason: str | None = field(default=None, validator=optional(is_text))
    """Why it was refused."""
    stage: str | None = field(default=None, validator=optional(is_text))
    """Stage of the deal when it was filed."""
    amount: Money | None = field(default=None, validator=optional(is_money))
    """Value that the partner expected."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the registration was known; None means at once."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def __attrs_post_init__(self) -> None:
        in_order(self, "submitted_at", "decided_at", "ended_at")
        # Partners register before the vendor has a deal on file: the account is enough.
        if self.opportunity_id is None and self.account_id is None:
            raise InvalidValue("DealRegistration.opportunity_id", "given, or else account_id", None)
        self._check_decision()

    def _check_decision(self) -> None:
        required, allowed = _FACTS[self.status]
        for name in ("decided_at", "protected_until", "ended_at", "reject_reason"):
            value = getattr(self, name)
            if value is None and name in required:
                raise InvalidValue(f"DealRegistration.{name}", f"an aware datetime once {self.status}", None)
            if value is not None and name not in required + allowed:
                raise InvalidValue(f"DealRegistration.{name}", f"None while {self.status}", value)
        if self.status is RegistrationStatus.WITHDRAWN and (self.decided_at is None) != (self.protected_until is None):
            raise InvalidValue(
                "DealRegistration.protected_until", "given together with decided_at", self.protected_until
            )
        # A window that is over when it begins protects nobody: an import mixed up two dates.
        if self.decided_at is not None and self.protected_until is not None and self.protected_until <= self.decided_at:
            raise InvalidValue(
                "DealRegistration.protected_until", f"after decided_at ({self.decided_at})", self.protected_until
            )

    def protects(self, moment: datetime, /) -> bool:
        """
        Whether the deal was the partner's at *moment*: approved by then, and neither run out nor taken back.

        The window is half-open, `[decided_at, protected_until)`; a conversion does not end it, since the deal it
        protects is the one that was won.
        """
        if self.decided_at is None or self.protected_until is None:
            return False
        # A withdrawal without a date counts from the first: the partner gave the deal up.
        if self.status is RegistrationStatus.WITHDRAWN and (self.ended_at is None or self.ended_at <= moment):
            return False
        return self.decided_at <= moment < self.protected_until

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The registration with later decisions undone, or None before it was filed."""
        if not known(self.submitted_at, self.recorded_at, moment):
            return None
        if self.decided_at is not None and self.decided_at > moment:
            # All that followed the decision goes with it, or the status would betray the future.
            return self.replace(
                status="submitted", decided_at=None, protected_until=None, ended_at=None, reject_reason=None
            )
        # Nobody records an expiry: it is the passing of a date, so that date alone decides.
        if self.status is RegistrationStatus.EXPIRED and self.protected_until and moment < self.protected_until:
            return self.replace(status="approved")
        if self.ended_at is not None and self.ended_at > moment:
            return self.replace(status="submitted" if self.decided_at is None else "approved", ended_at=None)
        return self
