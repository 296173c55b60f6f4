"""What is being sold: opportunities, their lines and the history of their stages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import pairwise, takewhile
from typing import Self, cast

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
from partnerops._closed import ClosedSet
from partnerops.entities._facts import SourceRef, is_money, known, refers
from partnerops.entities._lines import OpportunityLine
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import Money
from partnerops.typing import AccountId, JsonScalar, OpportunityId

UNKNOWN_STAGE = "unknown"
"""Stage of a deal at a moment that its record cannot tell, since it closed later and kept no history."""


class OpportunityStatus(ClosedSet):
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


@frozen(kw_only=True)
class StageChange(Noun):
    """
    One step in a deal's life: from `at` on the deal was in `stage`, with these values.

    >>> from datetime import UTC
    >>> StageChange(stage="proposal", at=datetime(2026, 3, 4, tzinfo=UTC)).status
    OpportunityStatus.OPEN
    """

    stage: str = field(validator=is_text)
    """Stage entered."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was entered."""
    status: OpportunityStatus = field(
        default=OpportunityStatus.OPEN, converter=to_opportunity_status, validator=is_a(OpportunityStatus)
    )
    """Open, won or lost after the change; open again after a reopening."""
    amount: Money | None = field(default=None, validator=optional(is_money))
    """Amount after the change; None when the change does not say."""
    expected_close: date | None = field(default=None, validator=optional(is_date))
    """Expected close after the change; None when the change does not say."""
    actor_id: str | None = field(default=None, validator=optional(is_id))
    """Who made the change."""
    # Imports write histories after the fact; forecasts must not know them before.
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
    amount: Money | None = field(default=None, validator=optional(is_money))
    """Value; None is unknown, zero is a value. Negative amounts are corrections of a booking."""
    status: OpportunityStatus = field(
        default=OpportunityStatus.OPEN, converter=to_opportunity_status, validator=is_a(OpportunityStatus)
    )
    """Open, won or lost."""
    closed_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was won or lost."""
    expected_close: date | None = field(default=None, validator=optional(is_date))
    """Business date on which it is expected to close."""
    # A fact of its own, not derived from the partner: a partner may serve what came in directly.
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
    cost: Money | None = field(default=None, validator=optional(is_money))
    """Vendor's cost of the deal, for margin."""
    lost_reason: str | None = field(default=None, validator=optional(is_text))
    """Why it was lost."""
    forecast_category: str | None = field(default=None, validator=optional(is_text))
    """Category pinned by hand, such as `commit`; None follows the stage."""
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
        if self.lines or self.history or self.cost is not None:
            self._check_money()

    def _check_close(self) -> None:
        if self.status is OpportunityStatus.OPEN:
            # A reopened deal has lost its close; what it was is in the history.
            if self.closed_at is not None:
                raise InvalidValue("Opportunity.closed_at", "None while the status is open", self.closed_at)
            return
        if self.closed_at is None:
            raise InvalidValue("Opportunity.closed_at", f"an aware datetime once the status is {self.status}", None)
        # It would make the sales cycle negative, and hide among the fast ones.
        if self.closed_at < self.created_at:
            raise InvalidValue("Opportunity.closed_at", f"at or after created_at ({self.created_at})", self.closed_at)
        # A booking without an amount could be neither credited nor paid; 0 is an amount.
        if self.amount is None and self.status is OpportunityStatus.WON:
            raise InvalidValue("Opportunity.amount", "a Money once the status is won", None)

    def _check_history(self) -> None:
        # Ties are allowed: two changes saved at once keep the order in which they came.
        for index, (before, after) in enumerate(pairwise(self.history), 1):
            if after.at < before.at:
                raise InvalidValue(f"Opportunity.history[{index}].at", f"at or after {before.at}", after.at)
        last = self.history[-1]
        # Two answers to one question: the record must not contradict its own history.
        if (last.stage, last.status) != (self.stage, self.status):
            raise InvalidValue(
                "Opportunity.history",
                f"a history that ends in {self.stage!r} ({self.status})",
                f"{last.stage} ({last.status})",
            )

    def _check_money(self) -> None:
        parts = [line.amount for line in self.lines] + ([] if self.cost is None else [self.cost])
        if self.amount is None and parts:
            raise InvalidValue("Opportunity.amount", "a Money when there are lines or a cost", None)
        # Amounts of the past too: a deal that changed its currency cannot be replayed.
        told = [change.amount for change in self.history if change.amount is not None]
        money = [*([] if self.amount is None else [self.amount]), *parts, *told]
        for one in money[1:]:
            if one.currency != money[0].currency:
                raise CurrencyMismatch("put in one opportunity", money[0].currency, one.currency)
        if self.amount is not None and self.lines:
            total = Money.from_minor(sum(line.amount.minor for line in self.lines), self.amount.currency)
            # To the cent: credit and commission are split along the lines, and must sum to the deal.
            if total != self.amount:
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
        never mentions is taken not to have changed. A close counts from its change, or from `closed_at` where that
        came first; a win counts once its amount is known. Without a history, a deal that closed later was open then
        in a stage nobody knows: `UNKNOWN_STAGE`, without amount, lines or reason.
        """
        if not known(self.created_at, self.recorded_at, moment):
            return None
        # Only a history can tell the stage of an earlier day; the current one would leak what came later.
        if self.history:
            return self._replayed(moment)
        if self.closed_at is None or self.closed_at <= moment:
            return self
        return self.replace(**_REOPENED, stage=UNKNOWN_STAGE, amount=None)

    def _replayed(self, moment: datetime) -> Self:
        seen = [change for change in self.history if known(change.at, change.recorded_at, moment)]
        while seen and seen[-1].status is OpportunityStatus.WON and self._told("amount", seen) is None:
            seen.pop()  # a booking has an amount
        if len(seen) == len(self.history) and (self.closed_at is None or self.closed_at <= moment):
            return self
        changes: dict[str, object] = {"stage": seen[-1].stage if seen else UNKNOWN_STAGE, "history": seen}
        if len(seen) < len(self.history):
            changes |= {name: self._told(name, seen) for name in ("amount", "expected_close")}
        if not seen or seen[-1].status is OpportunityStatus.OPEN:
            return self.replace(**_REOPENED | changes)
        if not self._is_settled(seen):
            changes |= _UNSURE
        return self.replace(**changes, status=seen[-1].status, closed_at=self._closed_by(seen, moment))

    def _told(self, name: str, seen: list[StageChange]) -> object:
        """The last value that *seen* tells; the record's own where its history never tells any."""
        if all(getattr(change, name) is None for change in self.history):
            return cast("object", getattr(self, name))
        return next((value for change in reversed(seen) if (value := getattr(change, name)) is not None), None)

    def _closed_by(self, seen: list[StageChange], moment: datetime) -> datetime:
        """When the close that *seen* ends with took place."""
        start = _start_of_last_run(seen)
        # The record's own date is that of its last close; a moment before it knows the change only.
        if self.closed_at is not None and self.closed_at <= moment and start is _start_of_last_run(self.history):
            return self.closed_at
        return max(start.at, self.created_at)

    def _is_settled(self, seen: list[StageChange]) -> bool:
        """Whether the outcome that *seen* ends with is still the record's own, to the amount."""
        later = [change for change in self.history if change not in seen]
        return (
            seen[-1].status is self.status
            and self._told("amount", seen) == self.amount
            and all(change.status is self.status and change.amount in (None, self.amount) for change in later)
        )


def _start_of_last_run(history: Sequence[StageChange]) -> StageChange:
    """The change that brought the status which the last change has."""
    return list(takewhile(lambda change: change.status is history[-1].status, reversed(history)))[-1]


_UNSURE: dict[str, object] = {
    "lost_reason": None, "lines": (), "cost": None, "documents": (), "forecast_category": None,
}  # fmt: skip
"""Values without a date of their own: only those of the last close are sure."""
_REOPENED = _UNSURE | {"status": OpportunityStatus.OPEN, "closed_at": None}
"""What a deal that closed later had not yet."""
