"""What one partner is told about one period."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from attrs import field, frozen

from partnerops._attrs import Noun, Value, to_tuple
from partnerops._render import Printable, plural
from partnerops.commission._balance import Balance
from partnerops.commission._explain import TierSlice, slices
from partnerops.commission._plan import PlanRef
from partnerops.commission._postings import Attained, ModifierStep, Posting, PostingKind
from partnerops.money import Money, round_quotient
from partnerops.periods import Period
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class StatementLine(Noun):
    """One amount earned or given back, with its reasons."""

    source_id: str
    """The fact that caused it: a credit, a reversal, an adjustment."""
    line_id: str | None
    """The earning it concerns."""
    kind: PostingKind
    """What it records."""
    amount: Money
    """Positive when earned, negative when given back."""
    because: str
    """Why, in words that a partner could read."""
    slices: tuple[TierSlice, ...]
    """What a sale's commission is made of, tier by tier; empty for other lines."""
    modifiers: tuple[ModifierStep, ...]
    """Modifiers that changed it, in their order."""
    attained_before: Money | None
    """Attainment before the sale; None for other lines."""
    attained_after: Money | None
    """Attainment after it."""
    effective_on: date
    """Business date on which it took effect."""
    posted_on: date
    """Business date of the books."""
    policy: PlanRef | None
    """The plan's version and clause."""

    @staticmethod
    def of(posting: Posting) -> StatementLine:
        """The line of a posting that changes what a partner earns."""
        # Slices are computed when somebody reads them: most lines are never read.
        working = posting.working
        return StatementLine(
            source_id=posting.source_id,
            line_id=posting.line_id,
            kind=posting.kind,
            # Signed from the vendor's expense: a statement reads earned as plus, whichever accounts moved.
            amount=posting.earnings,
            because=posting.because,
            slices=slices(working) if working else (),
            modifiers=working.special.steps if working and working.special else (),
            attained_before=_money(working.before, working.rules.currency) if working else None,
            attained_after=_money(working.after, working.rules.currency) if working else None,
            effective_on=posting.effective_on,
            posted_on=posting.posted_on,
            policy=posting.policy,
        )


def _money(attained: Attained, currency: str) -> Money:
    return Money.from_minor(round_quotient(*attained.as_integer_ratio()), currency)


def _to_lines(values: Iterable[StatementLine]) -> tuple[StatementLine, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Statement(Value, Printable):
    """
    What a partner earned and gave back in a period, and where that left it.

    `total` is the sum of the lines. A statement of a closed period never changes: what is known later is posted to the
    open one.
    """

    partner_id: PartnerId
    """Who."""
    period: Period
    """Days of the books."""
    currency: str
    """Currency of every amount."""
    lines: tuple[StatementLine, ...] = field(converter=_to_lines)
    """Earnings and clawbacks, in the order of the ledger."""
    opening: Balance
    """Where the partner stood before the period."""
    closing: Balance
    """Where it stood at the end of it."""

    # A sum of the lines and no field of its own: a total that is stored can differ from what it totals.
    @property
    def total(self) -> Money:
        """Earned less given back."""
        return Money.total([line.amount for line in self.lines], self.currency)

    @property
    def paid(self) -> Money:
        """Paid out in the period, withholdings included."""
        # From the balances, so that a returned payout lowers the month in which it came back.
        return self.closing.paid - self.opening.paid

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per line."""
        return [
            {
                "effective_on": line.effective_on,
                "source_id": line.source_id,
                "line_id": line.line_id,
                "kind": line.kind.value,
                "amount": line.amount,
                "attained_before": line.attained_before,
                "attained_after": line.attained_after,
                "policy": str(line.policy or ""),
                "because": line.because,
            }
            for line in self.lines
        ]

    def _headline(self) -> str:
        count = plural(len(self.lines), "line", "lines")
        return (
            f"statement of {self.partner_id} for {self.period}: {self.total:,} in {count}, "
            f"paid {self.paid:,}, due {self.closing.due:,}, held {self.closing.held:,}"
        )

    def _rows(self) -> list[dict[str, object]]:
        return [
            {"on": line.effective_on, "source": line.source_id, "amount": line.amount, "because": line.because}
            for line in self.lines
        ]

    def _figure(self) -> str:
        from partnerops._svg import svg_waterfall  # noqa: PLC0415 - a terminal draws no figure

        steps = [(line.source_id, line.amount.amount) for line in self.lines]
        return svg_waterfall(steps, title=f"Statement of {self.partner_id}, {self.period}", unit=self.currency)
