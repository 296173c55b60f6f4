"""What was agreed, or granted as an exception."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    Noun,
    is_a,
    is_aware,
    is_date,
    is_id,
    is_partner_id,
    is_str,
    is_text,
    to_optional_instant,
    to_strings,
    tuple_of,
)
from partnerops.entities._facts import SourceRef, refers
from partnerops.exceptions import InvalidValue
from partnerops.typing import PartnerId


def _span(instance: Agreement | PolicyException | TierMembership) -> None:
    """Refuse an effective window that is empty or runs backwards."""
    # An empty window would be an agreement that never held: a typing error, not a fact.
    end = instance.effective_to
    if end is not None and end <= instance.effective_from:
        owner = type(instance).__name__
        raise InvalidValue(f"{owner}.effective_to", f"after effective_from ({instance.effective_from})", end)


def _covers(start: date, end: date | None, on: date) -> bool:
    # Half-open, so that versions which follow one another share no day and leave none out.
    return start <= on and (end is None or on < end)


@frozen(kw_only=True)
class Agreement(Noun):
    """
    Which commission plan holds for a partner, and when: a version of the contract.

    The window is half-open, `[effective_from, effective_to)`; None means until further notice.

    Raises:
        InvalidValue: A window that ends on or before its first day.

    >>> a = Agreement(id="B-1", partner_id="acme", plan_id="gold-2026", effective_from=date(2026, 1, 1), clause="4.2")
    >>> a.is_effective(date(2026, 1, 1))
    True
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """With whom."""
    # No reference is checked: plans are policies, kept outside the dataset.
    plan_id: str = field(validator=is_id)
    """Id of the plan agreed."""
    effective_from: date = field(validator=is_date)
    """First day in force."""
    effective_to: date | None = field(default=None, validator=optional(is_date))
    """First day no longer in force."""
    clause: str = field(default="", validator=is_str)
    """Clause of the contract; statements quote it."""
    signed_on: date | None = field(default=None, validator=optional(is_date))
    """When it was signed."""
    documents: tuple[str, ...] = field(default=(), converter=to_strings, validator=tuple_of(str))
    """Papers on file."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def __attrs_post_init__(self) -> None:
        _span(self)

    def is_effective(self, on: date, /) -> bool:
        """Whether it is in force on a business date."""
        return _covers(self.effective_from, self.effective_to, on)

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The agreement, or None before it was signed or, unsigned, in force."""
        # What was signed ahead is known from then on, though it is not in force yet.
        return self if (self.signed_on or self.effective_from) <= today else None


@frozen(kw_only=True)
class PolicyException(Noun):
    """
    A departure from a policy, for one partner or deal, approved by somebody other than the requester, with an expiry.

    Raises:
        InvalidValue: Requester and approver are the same, or the window is empty.

    >>> e = PolicyException(
    ...     id="E-1",
    ...     scope="acme",
    ...     parameter="rate",
    ...     old="0.10",
    ...     new="0.12",
    ...     reason="launch",
    ...     requested_by="ana",
    ...     approved_by="rui",
    ...     effective_from=date(2026, 1, 1),
    ...     effective_to=date(2026, 4, 1),
    ... )
    >>> e.is_effective(date(2026, 4, 1))
    False
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    scope: str = field(validator=is_id)
    """Id of the partner, deal or policy that it is for."""
    parameter: str = field(validator=is_text)
    """What it changes, such as `rate` or `protected_until`."""
    # Text on both sides: an exception may be to a rate, a date or a list, and is read by people.
    old: str = field(validator=is_str)
    """Value under the policy, as text."""
    new: str = field(validator=is_str)
    """Value granted, as text."""
    reason: str = field(validator=is_text)
    """Why; required."""
    requested_by: str = field(validator=is_id)
    """Who asked."""
    approved_by: str = field(validator=is_id)
    """Who approved: somebody else."""
    effective_from: date = field(validator=is_date)
    """First day in force."""
    # No default: an exception without an end is a new policy that nobody decided.
    effective_to: date = field(validator=is_date)
    """First day no longer in force: an exception always expires."""
    approved_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was approved; None means by its first day."""

    def __attrs_post_init__(self) -> None:
        _span(self)
        # Nobody approves their own exception: the oldest rule of internal control.
        if self.approved_by == self.requested_by:
            raise InvalidValue("PolicyException.approved_by", "somebody other than the requester", self.approved_by)

    def is_effective(self, on: date, /) -> bool:
        """Whether it is in force on a business date."""
        return _covers(self.effective_from, self.effective_to, on)

    def as_of(self, moment: datetime, today: date, /) -> Self | None:
        """The exception, or None before it was approved."""
        # Without a date of approval, the first day in force is the latest it can have been given.
        if self.approved_at is not None:
            return self if self.approved_at <= moment else None
        return self if self.effective_from <= today else None


@frozen(kw_only=True)
class TierMembership(Noun):
    """
    A partner's tier in the programme over a span of days, `[effective_from, effective_to)`.

    Raises:
        InvalidValue: A span that ends on or before its first day.

    >>> TierMembership(id="N-1", partner_id="acme", tier="gold", effective_from=date(2026, 1, 1)).is_effective(
    ...     date(2026, 5, 1)
    ... )
    True
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """Who."""
    tier: str = field(validator=is_text)
    """Name of the tier: open set."""
    effective_from: date = field(validator=is_date)
    """First day in the tier."""
    effective_to: date | None = field(default=None, validator=optional(is_date))
    """First day no longer in it."""
    reason: str = field(default="", validator=is_str)
    """Why it was given."""

    def __attrs_post_init__(self) -> None:
        _span(self)

    def is_effective(self, on: date, /) -> bool:
        """Whether it is in force on a business date."""
        return _covers(self.effective_from, self.effective_to, on)

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The membership with a later end undone, or None before it began."""
        if self.effective_from > today:
            return None
        # An end that lies ahead was not decided yet, as far as that day could know.
        return self.replace(effective_to=None) if self.effective_to and self.effective_to > today else self
