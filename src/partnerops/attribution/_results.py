"""What an attribution says: credits that sum to the deal, and the touch lines behind them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from attrs import field, frozen

from partnerops._attrs import Value
from partnerops._render import Printable, percent
from partnerops.attribution._case import Award, Case
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import describe, reasons
from partnerops.entities import Credit
from partnerops.money import Money, apportion_minor
from partnerops.typing import UNATTRIBUTED, OpportunityId, PartyId


@frozen(kw_only=True)
class CreditLine(Value):
    """
    One touch's part in its party's credit; or, without touch, a share given outright.

    The lines of a party sum to its credit exactly.
    """

    touch_id: str | None
    """The touch; None for an award."""
    partner_id: PartyId
    """Whose touch it was."""
    share: Fraction
    """Share of the deal, exact; 0 for a touch that earned nothing."""
    amount: Money
    """Part of the party's credit."""
    because: str
    """Why it weighs what it weighs."""


@frozen(kw_only=True)
class Attribution(Value, Printable):
    """
    Who earned a won deal.

    The credits' amounts and `unattributed` sum to the deal's amount exactly. Credits stand in the order of their
    party's first touch that earned something, and carry the party's exact share even where it rounds to no money.
    """

    case: Case = field(repr=False)
    """The deal with the touches and registrations that were looked at."""
    policy: AttributionPolicy
    """The policy asked."""
    credits: tuple[Credit, ...] = ()
    """One credit per party that earned a share."""
    unattributed: Money
    """What nobody earned."""
    answer: tuple[int, ...] | Award = field(default=(), repr=False)
    """What the policy said: a whole weight for each touch of the case, or the award."""

    @property
    def opportunity_id(self) -> OpportunityId:
        """The deal."""
        return self.case.opportunity.id

    @property
    def amount(self) -> Money:
        """The deal's amount: all credits and the unattributed rest."""
        return Money.total([credit.amount for credit in self.credits], self.unattributed.currency) + self.unattributed

    @property
    def lines(self) -> tuple[CreditLine, ...]:
        """
        Every touch of the deal with what it earned and why, those that earned nothing too; or the award's shares.

        A party's amount is apportioned over its touches by largest remainder, ties to the earlier touch.
        """
        answer = self.answer
        if isinstance(answer, Award):
            return tuple(
                CreditLine(
                    touch_id=None, partner_id=one.partner_id, share=one.share, amount=one.amount, because=one.because
                )
                for one in self.credits
            )
        total = sum(answer) or 1
        parts = self._parts(answer)
        return tuple(
            CreditLine(
                touch_id=touch.id,
                partner_id=touch.partner_id,
                share=Fraction(weight, total),
                amount=Money.from_minor(parts.get(touch.id, 0), self.unattributed.currency),
                because=reason or describe(self.policy),
            )
            for touch, weight, reason in zip(self.case.touches, answer, reasons(self.policy, self.case), strict=True)
        )

    def _parts(self, weights: Sequence[int]) -> dict[str, int]:
        """Minor units of each touch that earned: every party's credit, apportioned over its own touches."""
        parts: dict[str, int] = {}
        for credit in self.credits:
            mine = {
                touch.id: weight
                for touch, weight in zip(self.case.touches, weights, strict=True)
                if touch.partner_id == credit.partner_id
            }
            amounts = apportion_minor(credit.amount.minor, list(mine.values()), sum(mine.values()))
            parts |= zip(mine, amounts, strict=True)
        return parts

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per credit, and one for what nobody earned if that is not zero."""
        rows: list[dict[str, object]] = [
            {
                "opportunity_id": credit.opportunity_id,
                "partner_id": credit.partner_id,
                "amount": credit.amount,
                "share": credit.share,
                "because": credit.because,
            }
            for credit in self.credits
        ]
        if self.unattributed or not self.credits:
            rest = 1 - sum((credit.share for credit in self.credits), Fraction(0))
            rows.append(
                {
                    "opportunity_id": self.opportunity_id,
                    "partner_id": UNATTRIBUTED,
                    "amount": self.unattributed,
                    "share": rest,
                    "because": "no touch earned it" if not self.credits else "left over by the award",
                }
            )
        return rows

    def _headline(self) -> str:
        return f"{self.opportunity_id}: {self.amount} by {describe(self.policy)}"

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "party": row["partner_id"],
                "amount": row["amount"],
                "share": percent(Fraction(str(row["share"]))),
                "because": row["because"],
            }
            for row in self.to_dicts()
        ]

    def _figure(self) -> str:
        from partnerops._svg import svg_bars  # noqa: PLC0415 - a terminal draws no figure

        bars = [(credit.partner_id, credit.amount.amount) for credit in self.credits]
        if self.unattributed:
            bars.append((UNATTRIBUTED, self.unattributed.amount))
        return svg_bars(bars, title=f"Credit for {self.opportunity_id}", unit=self.unattributed.currency)
