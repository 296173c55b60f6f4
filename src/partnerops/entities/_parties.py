"""Who takes part: partners and their contacts, customer accounts."""

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
    is_date,
    is_id,
    is_partner_id,
    is_text,
    to_custom,
    to_member,
    to_optional_instant,
)
from partnerops._closed import ClosedSet
from partnerops.entities._facts import SourceRef, refers
from partnerops.exceptions import InvalidValue
from partnerops.typing import AccountId, JsonScalar, PartnerId


class PartnerStatus(ClosedSet):
    """Where the relation with a partner stands; not its journey stage, activity or tier."""

    PROSPECT = "prospect"
    """Known, not signed yet."""
    SIGNED = "signed"
    """Has a running agreement."""
    SUSPENDED = "suspended"
    """Signed, and paused since `suspended_on`."""
    ENDED = "ended"
    """Left, or was dismissed, on `ended_on`."""


class Side(ClosedSet):
    """Which of the two companies somebody or something belongs to."""

    VENDOR = "vendor"
    """The company that runs the programme."""
    PARTNER = "partner"
    """The partner company."""


def to_side(value: str) -> Side:
    """The member with this value; anything else is left to the validator."""
    return to_member(Side, value)


def _not_after(day: date | None, today: date) -> date | None:
    # A date that lies ahead was a plan on that day, and a plan has no status.
    return day if day is not None and day <= today else None


@frozen(kw_only=True)
class Partner(Noun):
    """
    A company or person that brings, influences, sells or serves deals.

    Dates run recruited <= signed <= suspended <= ended; the status follows from them, so it is never stored twice.

    Raises:
        InvalidValue: The dates run backwards, or the id is one the library reserves (`direct`, `unattributed`).

    >>> acme = Partner(id="acme", name="Acme", type="reseller", signed_on=date(2026, 1, 10))
    >>> acme.status(date(2026, 1, 9)), acme.status(date(2026, 1, 10))
    (PartnerStatus.PROSPECT, PartnerStatus.SIGNED)
    """

    id: PartnerId = field(validator=is_partner_id)
    """Opaque, case-sensitive id."""
    name: str = field(validator=is_text)
    """Name to show."""
    type: str = field(validator=is_text)
    """Open set: reseller, referral, affiliate, influencer, integrator, distributor, technology, ..."""
    recruited_on: date | None = field(default=None, validator=optional(is_date))
    """First contact as a prospect."""
    signed_on: date | None = field(default=None, validator=optional(is_date))
    """First day of the first agreement."""
    suspended_on: date | None = field(default=None, validator=optional(is_date))
    """First day of a suspension that still runs."""
    ended_on: date | None = field(default=None, validator=optional(is_date))
    """First day without an agreement."""
    owner_id: str | None = field(default=None, validator=optional(is_id))
    """Account manager on the vendor's side."""
    parent_id: PartnerId | None = field(default=None, validator=optional(is_id), metadata=refers("partners"))
    """Partner above it: a distributor of a reseller."""
    recruited_by: str | None = field(default=None, validator=optional(is_id))
    """Partner, association or person that brought it in."""
    region: str | None = field(default=None, validator=optional(is_text))
    """Sales region."""
    segment: str | None = field(default=None, validator=optional(is_text))
    """Market segment."""
    custom: FrozenMap[JsonScalar] = field(factory=FrozenMap, converter=to_custom, validator=is_custom)
    """Fields of the embedder's own."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def __attrs_post_init__(self) -> None:
        in_order(self, "recruited_on", "signed_on", "suspended_on", "ended_on")

    def status(self, on: date, /) -> PartnerStatus:
        """The status on a business date; the day of a change already has the new status."""
        # From the last step back: the latest one reached is the status.
        if _not_after(self.ended_on, on):
            return PartnerStatus.ENDED
        if _not_after(self.suspended_on, on):
            return PartnerStatus.SUSPENDED
        return PartnerStatus.SIGNED if _not_after(self.signed_on, on) else PartnerStatus.PROSPECT

    def as_of(self, moment: datetime, today: date, /) -> Self:  # noqa: ARG002 - one signature for all nouns
        """The partner with later dates blanked; a partner itself is always known, at first as a prospect."""
        # The partner itself is never taken out: records of the time before refer to it.
        names = ("recruited_on", "signed_on", "suspended_on", "ended_on")
        later = {name: None for name in names if (day := getattr(self, name)) is not None and day > today}
        return self.replace(**later) if later else self


@frozen(kw_only=True)
class PartnerContact(Noun):
    """
    Who answers for what between vendor and partner; a role, without personal data.

    >>> PartnerContact(id="k1", partner_id="acme", side="partner", role="technical").side
    Side.PARTNER
    """

    id: str = field(validator=is_id)
    """Id of the person, as other systems know it."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """The partner they work for or look after."""
    side: Side = field(converter=to_side, validator=is_a(Side))
    """Employer."""
    role: str = field(validator=is_text)
    """Open set: sales, technical, finance, executive, marketing, ..."""

    def as_of(self, moment: datetime, today: date, /) -> Self:  # noqa: ARG002 - one signature for all nouns
        """The contact itself: it carries no time."""
        return self


@frozen(kw_only=True)
class Account(Noun):
    """
    A customer company, or one that may become a customer.

    >>> Account(id="A-1", name="Padaria Sol", originated_by="acme").originated_by
    'acme'
    """

    id: AccountId = field(validator=is_id)
    """Opaque, case-sensitive id."""
    name: str = field(validator=is_text)
    """Name to show."""
    domain: str | None = field(default=None, validator=optional(is_text))
    """Internet domain; finds duplicates and self-referrals."""
    tax_id: str | None = field(default=None, validator=optional(is_text))
    """Company register number, such as a CNPJ."""
    segment: str | None = field(default=None, validator=optional(is_text))
    """Market segment."""
    region: str | None = field(default=None, validator=optional(is_text))
    """Sales region."""
    parent_id: AccountId | None = field(default=None, validator=optional(is_id), metadata=refers("accounts"))
    """Company above it."""
    # For ever: if a later deal could change it, no cohort by origin would stay the same.
    origin: str | None = field(default=None, validator=optional(is_text))
    """Origin at acquisition, never overwritten; open set: direct, partner, affiliate, community, ..."""
    originated_by: str | None = field(default=None, validator=optional(is_id), metadata=refers("party"))
    """Party that brought the customer: a partner or `DIRECT`."""
    created_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """First seen."""
    custom: FrozenMap[JsonScalar] = field(factory=FrozenMap, converter=to_custom, validator=is_custom)
    """Fields of the embedder's own."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def __attrs_post_init__(self) -> None:
        # Longer circles need the other accounts, and are found by Dataset.check().
        if self.parent_id == self.id:
            raise InvalidValue("Account.parent_id", "another account", self.parent_id)

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The account, or None before it was created."""
        return None if self.created_at is not None and self.created_at > moment else self
