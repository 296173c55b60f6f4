"""What an attribution says: credits that sum to the deal, and the touch lines behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm

from attrs import field, frozen

from partnerops._attrs import Value
from partnerops._render import Printable, percent, text_table
from partnerops.attribution._case import Award, Case
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import LEFT_OUT, describe, name_of, notes, reasons
from partnerops.entities import Credit
from partnerops.exceptions import InvalidValue
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
    weight: int | None
    """Its whole weight among those of the deal; None where shares were given instead of weights."""
    share: Fraction
    """Share of the deal, exact; 0 for a touch that earned nothing."""
    amount: Money
    """Part of the party's credit."""
    because: str
    """Why it weighs what it weighs; or, after "left out:", why it does not count."""

    @property
    def counts(self) -> bool:
        """Whether the model looked at the touch; False for what a wrapper left out."""
        return not self.because.startswith(LEFT_OUT)


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
        if isinstance(self.answer, Award):
            return (*self._outright(self.answer), *self._touch_lines(self.answer.touch_shares, None))
        total = sum(self.answer) or 1
        return tuple(self._touch_lines([Fraction(weight, total) for weight in self.answer], self.answer))

    def _outright(self, award: Award) -> Iterable[CreditLine]:
        parts = self._parts
        for credit in self.credits:
            share = award.shares.get(credit.partner_id)
            if share:
                yield CreditLine(
                    touch_id=None,
                    partner_id=credit.partner_id,
                    weight=None,
                    share=share,
                    amount=Money.from_minor(parts[credit.partner_id][None], self.unattributed.currency),
                    because=award.because,
                )

    def _touch_lines(self, shares: Sequence[Fraction], weights: Sequence[int] | None) -> Iterable[CreditLine]:
        told = reasons(self.policy, self.case) if shares else ()
        parts = self._parts
        for index, (share, reason) in enumerate(zip(shares, told, strict=True)):
            touch = self.case.touches[index]
            amount = parts[touch.partner_id][touch.id] if share else 0
            yield CreditLine(
                touch_id=touch.id,
                partner_id=touch.partner_id,
                weight=None if weights is None else weights[index],
                share=share,
                amount=Money.from_minor(amount, self.unattributed.currency),
                because=reason or describe(self.policy),
            )

    @property
    def _parts(self) -> dict[str, dict[str | None, int]]:
        """Party -> minor units of each touch that earned; under None of what it got outright."""
        # A party's touches divide what the party got after rounding, so lines always sum to their credit.
        shares: dict[str, dict[str | None, Fraction]] = {credit.partner_id: {} for credit in self.credits}
        if isinstance(self.answer, Award):
            for party, share in self.answer.shares.items():
                if share:
                    shares[party][None] = share
        given: Sequence[Fraction | int] = self.answer.touch_shares if isinstance(self.answer, Award) else self.answer
        for touch, part in zip(self.case.touches, given, strict=bool(given)):
            if part:
                shares[touch.partner_id][touch.id] = Fraction(part)
        return {
            credit.partner_id: dict(
                zip(shares[credit.partner_id], _split(credit.amount.minor, shares[credit.partner_id]), strict=True)
            )
            for credit in self.credits
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What the policy has to say about the deal as a whole: registrations passed over, decisions, milestones."""
        return tuple(notes(self.policy, self.case))

    @property
    def version(self) -> str:
        """Twelve digits that change with any parameter of the policy; its name where it has no stored form."""
        from partnerops._canonical import short_digest  # noqa: PLC0415 - only who asks needs it

        try:
            return short_digest(self.policy)
        except InvalidValue:  # a user's policy that is no attrs value
            return name_of(self.policy)

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
            # From the shares and not from the money: a small rest may round to no cent and is still a rest.
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

    def explain(self) -> str:
        """
        The whole story of the deal as text: model and version, every touch with its weight and reason.

        Credits come first, then lines by touch, then notes about the deal as a whole.
        """
        lines = self.lines
        rows = [
            [line.touch_id or "award", line.partner_id, line.weight, percent(line.share), line.amount] for line in lines
        ]
        # Reasons stand outside the table, which would cut the long ones.
        table = text_table(["touch", "party", "weight", "share", "amount"], rows, limit=len(rows)).split("\n")
        told = [
            f"{row}  {because}" for row, because in zip(table, ["because", *(o.because for o in lines)], strict=False)
        ]
        credits = [f"{credit.partner_id}: {credit.amount}, {credit.because}" for credit in self.credits]
        rest = [f"{UNATTRIBUTED}: {self.unattributed}"] if self.unattributed or not self.credits else []
        model = f"model {name_of(self.policy)}, version {self.version}"
        return "\n".join([self._headline(), model, *credits, *rest, *told, *self.notes])

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


def _split(minor: int, shares: Mapping[str | None, Fraction]) -> list[int]:
    unit = lcm(*(share.denominator for share in shares.values()))
    weights = [int(share * unit) for share in shares.values()]
    return apportion_minor(minor, weights, sum(weights))
