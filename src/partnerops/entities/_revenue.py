"""Money that was earned, paid, taken back or spent, and the goals set for it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
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
    is_share,
    is_str,
    is_text,
    place,
    to_decimal,
    to_enum,
    to_fraction,
    to_instant,
    to_optional_instant,
    to_tuple,
    tuple_of,
)
from partnerops.entities._facts import SourceRef, known, refers
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.typing import OpportunityId, PartnerId, PartyId


class ReversalKind(StrEnum):
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


class PayoutStatus(StrEnum):
    """What became of a transfer to a partner."""

    PAID = "paid"
    """It arrived."""
    FAILED = "failed"
    """It could not be sent."""
    RETURNED = "returned"
    """It was sent and came back."""


@frozen(kw_only=True)
class Credit(Noun):
    """
    What one party earned of one won deal: the noun between attribution and commission.

    `amount` is money of the deal, not commission. The credits of one attribution sum to the deal exactly.

    >>> from datetime import UTC
    >>> Credit(id="C-1", opportunity_id="D-1", partner_id="acme", amount=Money("8000.00", "BRL"), at=datetime(2026, 3, 4, tzinfo=UTC)).share
    Fraction(1, 1)
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id; `attribute` makes it from deal and party."""
    opportunity_id: OpportunityId = field(validator=is_id, metadata=refers("opportunities"))
    """The deal."""
    partner_id: PartyId = field(validator=is_id, metadata=refers("party"))
    """Who earned it: a partner or `DIRECT`."""
    amount: Money = field(validator=is_a(Money))
    """Part of the deal's amount."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was earned: the close of the deal."""
    share: Fraction = field(default=Fraction(1), converter=to_fraction, validator=is_share)
    """Share of the deal, a fraction; the amount is rounded, the share is not."""
    role: str = field(default="sourced", validator=is_text)
    """Sourced credit is exclusive; influenced credit overlaps and is never added up."""
    because: str = field(default="", validator=is_str)
    """Why, in words that a partner could read."""
    policy: str = field(default="", validator=is_str)
    """The policy that gave it, as it prints itself."""
    touch_ids: tuple[str, ...] = field(default=(), converter=to_tuple, validator=tuple_of(str))
    """Touches that earned it, oldest first."""
    supersedes: str | None = field(default=None, validator=optional(is_id))
    """Id of the earlier credit that this one replaces."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was known; None means at once."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The credit, or None before it was known."""
        return self if known(self.at, self.recorded_at, moment) else None


def _is_positive_money(instance: object, attribute: object, value: Money) -> None:
    is_a(Money)(instance, attribute, value)  # type: ignore[arg-type]
    if value.minor <= 0:
        raise InvalidValue(place(instance, attribute), "a positive amount", str(value))  # type: ignore[arg-type]


@frozen(kw_only=True)
class Payment(Noun):
    """
    Money that a customer paid for a deal.

    >>> from datetime import UTC
    >>> str(Payment(id="P-1", opportunity_id="D-1", amount=Money("10.00", "BRL"), at=datetime(2026, 4, 1, tzinfo=UTC)).amount)
    '10.00 BRL'
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    opportunity_id: OpportunityId = field(validator=is_id, metadata=refers("opportunities"))
    """The deal."""
    amount: Money = field(validator=_is_positive_money)
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

    >>> from datetime import UTC
    >>> Reversal(id="X-1", opportunity_id="D-1", kind="refund", amount=Money("5.00", "BRL"), at=datetime(2026, 5, 2, tzinfo=UTC)).kind
    <ReversalKind.REFUND: 'refund'>
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    opportunity_id: OpportunityId = field(validator=is_id, metadata=refers("opportunities"))
    """The deal."""
    kind: ReversalKind = field(converter=to_enum(ReversalKind), validator=is_a(ReversalKind))
    """Why."""
    amount: Money = field(validator=_is_positive_money)
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


@frozen(kw_only=True)
class Adjustment(Noun):
    """
    A commission entry made by hand, in either direction, with its reason.

    >>> from datetime import UTC
    >>> Adjustment(id="M-1", partner_id="acme", amount=Money("-5.00", "BRL"), at=datetime(2026, 5, 2, tzinfo=UTC), reason="typo").reason
    'typo'
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """Whose account."""
    amount: Money = field(validator=is_a(Money))
    """Added when positive, taken when negative."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it takes effect."""
    reason: str = field(validator=is_text)
    """Why; required."""
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
    amount: Money = field(validator=_is_positive_money)
    """How much; above zero."""


@frozen(kw_only=True)
class Payout(Noun):
    """
    A transfer of commission to a partner.

    Raises:
        InvalidValue: Withholdings above the gross amount.
        CurrencyMismatch: A withholding in another currency.

    >>> from datetime import UTC
    >>> paid = Payout(id="O-1", partner_id="acme", gross=Money("100.00", "BRL"), at=datetime(2026, 5, 15, tzinfo=UTC),
    ...     withholdings=[Withholding(kind="ISS", amount=Money("5.00", "BRL"))])
    >>> str(paid.net)
    '95.00 BRL'
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """Who was paid."""
    gross: Money = field(validator=_is_positive_money)
    """Commission settled by it, before withholdings; above zero."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was sent."""
    status: PayoutStatus = field(
        default=PayoutStatus.PAID, converter=to_enum(PayoutStatus), validator=is_a(PayoutStatus)
    )
    """Whether it arrived."""
    withholdings: tuple[Withholding, ...] = field(default=(), converter=to_tuple, validator=tuple_of(Withholding))
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
        if sum(item.amount.minor for item in self.withholdings) > self.gross.minor:
            raise InvalidValue("Payout.withholdings", f"at most the gross amount ({self.gross})", self.withholdings)
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
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When; facts known later post to the open period."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was known; None means at once."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The close, or None before it was known."""
        return self if known(self.at, self.recorded_at, moment) else None


@frozen(kw_only=True)
class ProgramCost(Noun):
    """
    Money spent on the programme or on acquiring customers.

    >>> ProgramCost(id="G-1", amount=Money("900.00", "BRL"), incurred_on=date(2026, 3, 1), category="recruitment").partner_id
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    amount: Money = field(validator=is_a(Money))
    """How much; a negative amount corrects an earlier cost."""
    incurred_on: date = field(validator=is_date)
    """Business date it belongs to."""
    category: str = field(validator=is_text)
    """Open set: recruitment, onboarding, mdf, enablement, staff, tooling, marketing, sales, ..."""
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
    return value if isinstance(value, Money) else to_decimal(value)


def _is_goal(instance: object, attribute: object, value: Money | Decimal) -> None:
    if not isinstance(value, Money):
        is_exact(instance, attribute, value)  # type: ignore[arg-type]


@frozen(kw_only=True)
class Target(Noun):
    """
    A goal for one owner, metric and period; goals may cascade to children that sum to it.

    >>> Target(id="Q-1", owner_id="acme", metric="won_revenue", period=Period.quarter(2026, 2), value=Money("50000", "BRL")).parent_id
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
        return None if self.recorded_at is not None and self.recorded_at > moment else self


__all__ = [
    "Adjustment", "Credit", "Payment", "Payout", "PayoutStatus", "PeriodClose", "ProgramCost", "Reversal",
    "ReversalKind", "Target", "Withholding",
]  # fmt: skip
