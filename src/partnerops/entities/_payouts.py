"""Money to partners: payouts, entries made by hand, frozen periods."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Self

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    Noun,
    is_a,
    is_aware,
    is_id,
    is_partner_id,
    is_text,
    to_instant,
    to_member,
    to_optional_instant,
    to_tuple,
    tuple_of,
)
from partnerops._closed import ClosedSet
from partnerops.entities._facts import is_money, is_positive_money, known, refers
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.typing import PartnerId


class PayoutStatus(ClosedSet):
    """What became of a transfer to a partner."""

    PAID = "paid"
    """It arrived."""
    FAILED = "failed"
    """It could not be sent."""
    RETURNED = "returned"
    """It was sent and came back."""


def to_payout_status(value: str) -> PayoutStatus:
    """The member with this value; anything else is left to the validator."""
    return to_member(PayoutStatus, value)


@frozen(kw_only=True)
class Adjustment(Noun):
    """
    A commission entry made by hand, in either direction, with its reason.

    >>> from datetime import UTC
    >>> Adjustment(
    ...     id="M-1",
    ...     partner_id="acme",
    ...     amount=Money("-5.00", "BRL"),
    ...     at=datetime(2026, 5, 2, tzinfo=UTC),
    ...     reason="typo",
    ... ).reason
    'typo'
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """Whose account."""
    amount: Money = field(validator=is_money)
    """Added when positive, taken when negative."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it takes effect."""
    reason: str = field(validator=is_text)
    """Why; required."""
    # Not required: imported entries often lack it, and refusing them would lose money on file.
    approved_by: str | None = field(default=None, validator=optional(is_id))
    """Who approved it."""
    credit_id: str | None = field(default=None, validator=optional(is_id), metadata=refers("credits"))
    """The credit it corrects, if one."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was known; None means at once."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The adjustment, or None before it was known."""
        return self if known(self.at, self.recorded_at, moment) else None


@frozen(kw_only=True)
class Withholding(Noun):
    """
    Tax or another deduction kept back from a payout; the caller computes it.

    >>> Withholding(kind="ISS", amount=Money("5.00", "BRL")).kind
    'ISS'
    """

    kind: str = field(validator=is_text)
    """Which deduction."""
    amount: Money = field(validator=is_positive_money)
    """How much; above zero."""


def _to_withholdings(values: Iterable[Withholding]) -> tuple[Withholding, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Payout(Noun):
    """
    A transfer of commission to a partner.

    Raises:
        InvalidValue: Withholdings above the gross amount.
        CurrencyMismatch: A withholding in another currency.

    >>> from datetime import UTC
    >>> paid = Payout(
    ...     id="O-1",
    ...     partner_id="acme",
    ...     gross=Money("100.00", "BRL"),
    ...     at=datetime(2026, 5, 15, tzinfo=UTC),
    ...     withholdings=[Withholding(kind="ISS", amount=Money("5.00", "BRL"))],
    ... )
    >>> str(paid.net)
    '95.00 BRL'
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """Who was paid."""
    # Before withholdings: what was owed is settled in full, whoever received which part of it.
    gross: Money = field(validator=is_positive_money)
    """Commission settled by it, before withholdings; above zero."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was sent."""
    status: PayoutStatus = field(default=PayoutStatus.PAID, converter=to_payout_status, validator=is_a(PayoutStatus))
    """Whether it arrived."""
    withholdings: tuple[Withholding, ...] = field(
        default=(), converter=_to_withholdings, validator=tuple_of(Withholding)
    )
    """Deductions given by the caller."""
    document: str | None = field(default=None, validator=optional(is_text))
    """Invoice of the partner (in Brazil, the nota fiscal)."""
    settled_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When a failure or return was known; required for those."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the payout was known; None means at once."""

    def __attrs_post_init__(self) -> None:
        for item in self.withholdings:
            if item.amount.currency != self.gross.currency:
                raise CurrencyMismatch("withhold from a payout", self.gross.currency, item.amount.currency)
        # A transfer below zero would be a payment by the partner, which is another record.
        if sum(item.amount.minor for item in self.withholdings) > self.gross.minor:
            raise InvalidValue("Payout.withholdings", f"at most the gross amount ({self.gross})", self.withholdings)
        # A failure needs its own date: until then the money counted as paid.
        if (self.status is PayoutStatus.PAID) != (self.settled_at is None):
            raise InvalidValue("Payout.settled_at", "given for a failed or returned payout only", self.settled_at)
        if self.settled_at is not None and self.settled_at < self.at:
            raise InvalidValue("Payout.settled_at", f"at or after at ({self.at})", self.settled_at)

    @property
    def net(self) -> Money:
        """What was transferred: gross less withholdings."""
        return Money.from_minor(
            self.gross.minor - sum(item.amount.minor for item in self.withholdings), self.gross.currency
        )

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The payout with a later failure undone, or None before it was known."""
        if not known(self.at, self.recorded_at, moment):
            return None
        if self.settled_at is not None and self.settled_at > moment:
            # On that day everybody took it for paid, and statements of that day said so.
            return self.replace(status="paid", settled_at=None)
        return self


@frozen(kw_only=True)
class PeriodClose(Noun):
    """
    The moment at which the statements of a period were frozen.

    >>> from datetime import UTC
    >>> str(PeriodClose(id="K-1", period=Period.month(2026, 3), at=datetime(2026, 4, 5, tzinfo=UTC)).period.start)
    '2026-03-01'
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    period: Period = field(validator=is_a(Period))
    """What was closed."""
    # An instant, not a date: it divides the facts of its own day too.
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When; facts known later post to the open period."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was known; None means at once."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The close, or None before it was known."""
        return self if known(self.at, self.recorded_at, moment) else None
