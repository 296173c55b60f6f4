"""Deals as a settlement sees them: whose credit, and how much of each was taken back."""

from __future__ import annotations

from fractions import Fraction

from partnerops.commission._books import Line
from partnerops.entities import Credit, Reversal
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import round_quotient


class Deal:
    """The credits of one opportunity and its reversals so far, in the order in which they were known."""

    __slots__ = ("amount", "credits", "lines", "reversals")

    def __init__(self) -> None:
        self.credits: dict[str, Credit] = {}
        self.lines: list[tuple[Credit, Line]] = []
        self.reversals: list[Reversal] = []
        self.amount: int | None = None
        """What the deal was worth, in minor units, if an opportunity says so."""

    def add(self, credit: Credit) -> None:
        """A credit of the deal, settled or not; one that supersedes another takes its place."""
        if credit.supersedes is not None:
            self.credits.pop(credit.supersedes, None)
        self.credits[credit.id] = credit

    def share(self, credit: Credit) -> Fraction:
        """The credit's share of the deal; by amounts where the shares given exceed the whole."""
        if sum((one.share for one in self.credits.values()), Fraction(0)) <= 1:
            return credit.share
        return Fraction(credit.amount.minor, self._sum() or 1)

    def worth(self) -> int | None:
        """The deal's amount in minor units: as told, or the sum of credits that make it whole; else None."""
        if self.amount is not None:
            return self.amount
        whole = sum((one.share for one in self.credits.values()), Fraction(0)) >= 1
        return self._sum() if whole else None

    def _sum(self) -> int:
        return sum(one.amount.minor for one in self.credits.values())

    def part(self, credit: Credit, taken: int) -> int:
        """What of the credit goes once so much of the deal was taken back in all, in minor units."""
        whole, amount = self.worth(), credit.amount.minor
        if amount <= 0:
            return 0
        if whole is not None and taken >= whole:
            return amount
        exact = self.share(credit) * taken
        return min(amount, round_quotient(exact.numerator, exact.denominator))

    def check(self, reversal: Reversal, credit: Credit) -> None:
        """
        Refuse a reversal in another currency, or of more than the deal was worth.

        Several reversals may exceed it together, as a refund and a chargeback of one sale do: they take it once.
        """
        if reversal.amount.currency != credit.amount.currency:
            action = f"reverse deal {credit.opportunity_id} ({reversal.id}) in"
            raise CurrencyMismatch(action, credit.amount.currency, reversal.amount.currency)
        whole = self.worth()
        exact = self.share(credit) * reversal.amount.minor
        if (whole is not None and reversal.amount.minor > whole) or (
            whole is None and exact >= credit.amount.minor + 1
        ):
            known = (
                f"deal {credit.opportunity_id}"
                if whole is None
                else f"deal {credit.opportunity_id} ({whole} minor units)"
            )
            rule = f"at most the amount of {known}; correct the reversal, or add the credit that is missing"
            raise InvalidValue(f"settle(reversals) {reversal.id!r}.amount", rule, str(reversal.amount))
