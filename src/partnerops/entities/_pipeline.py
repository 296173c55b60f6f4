"""What is being sold: opportunities, their lines and the history of their stages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    FrozenMap,
    Noun,
    is_a,
    is_aware,
    is_custom,
    is_date,
    is_id,
    is_text,
    to_custom,
    to_instant,
    to_member,
    to_optional_instant,
    to_strings,
    to_tuple,
    tuple_of,
)
from partnerops.entities._facts import SourceRef, known, refers
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import Money
from partnerops.typing import AccountId, JsonScalar, OpportunityId

UNKNOWN_STAGE = "unknown"
"""Stage of a deal at a moment that its record cannot tell, since it closed later and kept no history."""


class OpportunityStatus(StrEnum):
    """Whether a deal is still open; closed is not the same as won."""

    OPEN = "open"
    """Still to be decided."""
    WON = "won"
    """Closed with a sale: this is the booking."""
    LOST = "lost"
    """Closed without a sale."""


def to_opportunity_status(value: str) -> OpportunityStatus:
    """The member with this value; anything else is left to the validator."""
    return to_member(OpportunityStatus, value)


class RevenueKind(StrEnum):
    """How a line brings revenue."""

    ONE_OFF = "one_off"
    """Once."""
    RECURRING = "recurring"
    """Every month of its term."""


def to_revenue_kind(value: str) -> RevenueKind:
    """The member with this value; anything else is left to the validator."""
    return to_member(RevenueKind, value)


class Motion(StrEnum):
    """What a line does to the customer's business with the vendor."""

    NEW = "new"
    """First purchase."""
    EXPANSION = "expansion"
    """More of what the customer has."""
    CROSS_SELL = "cross_sell"
    """Another product."""
    RENEWAL = "renewal"
    """The same for a further term."""


def to_motion(value: str) -> Motion:
    """The member with this value; anything else is left to the validator."""
    return to_member(Motion, value)


@frozen(kw_only=True)
class OpportunityLine(Noun):
    """
    One product within a deal.

    `amount` is the line's whole value: for a recurring line, over all `term_months`; a month of it is amount / term.

    Raises:
        InvalidValue: A recurring line without a term of at least one month, or a one-off line with a term.
        CurrencyMismatch: A cost in another currency than the amount.

    >>> OpportunityLine(product="erp", amount=Money("1200.00", "BRL"), revenue="recurring", term_months=12).motion
    <Motion.NEW: 'new'>
    """

    product: str = field(validator=is_text)
    """Product code."""
    amount: Money = field(validator=is_a(Money))
    """Value of the line, over the whole term."""
    revenue: RevenueKind = field(default=RevenueKind.ONE_OFF, converter=to_revenue_kind, validator=is_a(RevenueKind))
    """One-off or recurring."""
    term_months: int | None = field(default=None, validator=optional(is_a(int)))
    """Months that a recurring line runs; None for a one-off line."""
    motion: Motion = field(default=Motion.NEW, converter=to_motion, validator=is_a(Motion))
    """New, expansion, cross-sell or renewal."""
    category: str | None = field(default=None, validator=optional(is_text))
    """Product family; plans may rate by it."""
    cost: Money | None = field(default=None, validator=optional(is_a(Money)))
    """Vendor's cost of the line, for margin."""

    def __attrs_post_init__(self) -> None:
        if self.revenue is RevenueKind.RECURRING and (self.term_months is None or self.term_months < 1):
            raise InvalidValue("OpportunityLine.term_months", "at least 1 for a recurring line", self.term_months)
        if self.revenue is RevenueKind.ONE_OFF and self.term_months is not None:
            raise InvalidValue("OpportunityLine.term_months", "None for a one-off line", self.term_months)
        if self.cost is not None and self.cost.currency != self.amount.currency:
            raise CurrencyMismatch("relate a line's amount to its cost in", self.amount.currency, self.cost.currency)


@frozen(kw_only=True)
class StageChange(Noun):
    """
    One step in a deal's life: from `at` on the deal was in `stage`, with these values.

    >>> from datetime import UTC
    >>> StageChange(stage="proposal", at=datetime(2026, 3, 4, tzinfo=UTC)).status
    <OpportunityStatus.OPEN: 'open'>
    """

    stage: str = field(validator=is_text)
    """Stage entered."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was entered."""
    status: OpportunityStatus = field(
        default=OpportunityStatus.OPEN, converter=to_opportunity_status, validator=is_a(OpportunityStatus)
    )
    """Open, won or lost after the change; open again after a reopening."""
    amount: Money | None = field(default=None, validator=optional(is_a(Money)))
    """Amount after the change; None when the change does not say."""
    expected_close: date | None = field(default=None, validator=optional(is_date))
    """Expected close after the change; None when the change does not say."""
    actor_id: str | None = field(default=None, validator=optional(is_id))
    """Who made the change."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the change was known; None means at once."""


def _to_lines(values: Iterable[OpportunityLine]) -> tuple[OpportunityLine, ...]:
    return to_tuple(values)


def _to_changes(values: Iterable[StageChange]) -> tuple[StageChange, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Opportunity(Noun):
    """
    A deal, open or closed; a won one is the booking.

    `history` may be left out. When present it is sorted by time, and its last change must agree with `stage` and
    `status`. `lines` may be left out. When present they sum to `amount` exactly.

    Raises:
        InvalidValue: Won without amount or close, open with a close, closed before it was created, a history that
            disagrees with the stage, or lines that do not sum to the amount.
        CurrencyMismatch: Lines, cost or history in another currency than the amount.

    >>> from datetime import UTC
    >>> deal = Opportunity(
    ...     id="D-1",
    ...     stage="won",
    ...     status="won",
    ...     amount=Money("10.00", "BRL"),
    ...     created_at=datetime(2026, 3, 1, tzinfo=UTC),
    ...     closed_at=datetime(2026, 3, 31, tzinfo=UTC),
    ... )
    >>> deal.is_won
    True
    """

    id: OpportunityId = field(validator=is_id)
    """Opaque, case-sensitive id."""
    stage: str = field(validator=is_text)
    """Current pipeline stage: open set, as the pipeline names it."""
    created_at: datetime = field(converter=to_instant, validator=is_aware)
    """When the deal was opened."""
    amount: Money | None = field(default=None, validator=optional(is_a(Money)))
    """Value; None is unknown, zero is a value. Negative amounts are corrections of a booking."""
    status: OpportunityStatus = field(
        default=OpportunityStatus.OPEN, converter=to_opportunity_status, validator=is_a(OpportunityStatus)
    )
    """Open, won or lost."""
    closed_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was won or lost."""
    expected_close: date | None = field(default=None, validator=optional(is_date))
    """Business date on which it is expected to close."""
    origin: str | None = field(default=None, validator=optional(is_text))
    """Where it came from: direct, partner, affiliate, community, ...; None is unknown."""
    partner_id: str | None = field(default=None, validator=optional(is_id), metadata=refers("party"))
    """Partner on the deal, if one is."""
    account_id: AccountId | None = field(default=None, validator=optional(is_id), metadata=refers("accounts"))
    """The customer."""
    owner_id: str | None = field(default=None, validator=optional(is_id))
    """Executive on the vendor's side."""
    name: str | None = field(default=None, validator=optional(is_text))
    """Name to show."""
    pipeline: str = field(default="default", validator=is_text)
    """Pipeline that its stages belong to."""
    lines: tuple[OpportunityLine, ...] = field(default=(), converter=_to_lines, validator=tuple_of(OpportunityLine))
    """Products, when known."""
    history: tuple[StageChange, ...] = field(default=(), converter=_to_changes, validator=tuple_of(StageChange))
    """Stage changes, oldest first, when known."""
    cost: Money | None = field(default=None, validator=optional(is_a(Money)))
    """Vendor's cost of the deal, for margin."""
    lost_reason: str | None = field(default=None, validator=optional(is_text))
    """Why it was lost."""
    documents: tuple[str, ...] = field(default=(), converter=to_strings, validator=tuple_of(str))
    """Evidence on file: names of signed documents."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the record was known; None means at once."""
    custom: FrozenMap[JsonScalar] = field(factory=FrozenMap, converter=to_custom, validator=is_custom)
    """Fields of the embedder's own."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def __attrs_post_init__(self) -> None:
        self._check_close()
        if self.history:
            self._check_history()
        if self.lines or self.cost is not None:
            self._check_money()

    def _check_close(self) -> None:
        if self.status is OpportunityStatus.OPEN:
            if self.closed_at is not None:
                raise InvalidValue("Opportunity.closed_at", "None while the status is open", self.closed_at)
            return
        if self.closed_at is None:
            raise InvalidValue("Opportunity.closed_at", f"an aware datetime once the status is {self.status}", None)
        if self.closed_at < self.created_at:
            raise InvalidValue("Opportunity.closed_at", f"at or after created_at ({self.created_at})", self.closed_at)
        if self.amount is None and self.status is OpportunityStatus.WON:
            raise InvalidValue("Opportunity.amount", "a Money once the status is won", None)

    def _check_history(self) -> None:
        for index, (before, after) in enumerate(zip(self.history, self.history[1:], strict=False)):
            if after.at < before.at:
                raise InvalidValue(f"Opportunity.history[{index + 1}].at", f"at or after {before.at}", after.at)
        last = self.history[-1]
        if (last.stage, last.status) != (self.stage, self.status):
            raise InvalidValue(
                "Opportunity.history",
                f"a history that ends in {self.stage!r} ({self.status})",
                f"{last.stage} ({last.status})",
            )

    def _check_money(self) -> None:
        if self.amount is None:
            raise InvalidValue("Opportunity.amount", "a Money when there are lines or a cost", None)
        parts = [line.amount for line in self.lines] + ([] if self.cost is None else [self.cost])
        for part in parts:
            if part.currency != self.amount.currency:
                raise CurrencyMismatch("put in one opportunity", self.amount.currency, part.currency)
        if self.lines and sum(line.amount.minor for line in self.lines) != self.amount.minor:
            total = Money.from_minor(sum(line.amount.minor for line in self.lines), self.amount.currency)
            raise InvalidValue("Opportunity.lines", f"lines that sum to amount ({self.amount})", str(total))

    @property
    def is_open(self) -> bool:
        """Whether it is still to be decided."""
        return self.status is OpportunityStatus.OPEN

    @property
    def is_won(self) -> bool:
        """Whether it closed with a sale."""
        return self.status is OpportunityStatus.WON

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """
        The deal as it stood at *moment*, or None before it was opened.

        With a history the stage, status, amount and expected close of that moment are read from it; what the history
        never mentions is taken not to have changed. Without a history, a deal that closed later was open then in a
        stage nobody knows: `UNKNOWN_STAGE`, without amount, lines or reason.
        """
        if not known(self.created_at, self.recorded_at, moment):
            return None
        if self.history:
            return self._replayed(moment)
        if self.closed_at is None or self.closed_at <= moment:
            return self
        return self.replace(**_REOPENED, stage=UNKNOWN_STAGE, amount=None)

    def _replayed(self, moment: datetime) -> Self:
        seen = tuple(change for change in self.history if known(change.at, change.recorded_at, moment))
        if len(seen) == len(self.history):
            return self
        if not seen:
            return self.replace(**_REOPENED, stage=UNKNOWN_STAGE, amount=None, history=())
        last = seen[-1]
        changes: dict[str, object] = {"stage": last.stage, "status": last.status, "history": seen}
        for name in ("amount", "expected_close"):
            # What a history never mentions is taken not to have changed.
            if any(getattr(change, name) is not None for change in self.history):
                told = [value for change in seen if (value := getattr(change, name)) is not None]
                changes[name] = told[-1] if told else None
        if last.status is OpportunityStatus.OPEN:
            return self.replace(**{**_REOPENED, **changes})
        # Closed by then and changed since (reopened, or closed again): closed at that change.
        amount = changes.get("amount", self.amount)
        return self.replace(**changes, closed_at=last.at, lines=self.lines if amount == self.amount else ())


_REOPENED: dict[str, object] = {
    "status": OpportunityStatus.OPEN, "closed_at": None, "lost_reason": None, "lines": (), "cost": None,
    "documents": (),
}  # fmt: skip
"""What a deal that closed later had not yet: the outcome, and values that are only sure at the close."""
