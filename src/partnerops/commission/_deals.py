"""Deals as a settlement sees them: whose credit, what of it earned when, and how much was taken back."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from partnerops.commission._books import Line
from partnerops.commission._buckets import Bucket
from partnerops.commission._parts import EarnedOn
from partnerops.commission._points import PointLine
from partnerops.commission._schemes import Scheme
from partnerops.commission._terms import Terms
from partnerops.commission._totals import Passage, Total
from partnerops.entities import Credit, Payment, Reversal
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import Money, round_quotient
from partnerops.typing import PartnerId


class Grant:
    """One event that earned: the booking, or a payment; its size in minor units of the credit, and its lines."""

    __slots__ = ("back", "lines", "points", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.back = 0
        self.lines: list[Line] = []
        self.points: list[PointLine] = []


class Part:
    """What the payments of one sale share under one schedule: what they attained, and their way through modifiers."""

    __slots__ = ("bucket", "passage")

    def __init__(self) -> None:
        self.bucket: Bucket | None = None
        self.passage: Passage | None = None


class Claim:
    """A partner's right to commission from a credit, and what came of it so far."""

    __slots__ = (
        "amount", "back", "credit", "dropped", "first_on", "grants", "partly", "partner_id", "parts", "pays",
        "received", "scheme", "waits", "whole",
    )  # fmt: skip

    def __init__(self, credit: Credit, partner_id: PartnerId, scheme: Scheme, amount: int, pays: Fraction) -> None:
        self.credit = credit
        self.partner_id = partner_id
        self.scheme = scheme
        # What of the credit is the partner's, in minor units, and the share of what that is worth that it is paid.
        self.amount = amount
        self.pays = pays
        # Asked several times a sale, and comparing fractions is slow.
        self.partly = pays != 1
        self.grants: list[Grant] = []
        self.parts: list[tuple[Terms, str, Part]] | None = None
        self.waits = scheme.plan.basis.on is EarnedOn.PAYMENT
        # Totals that all parts and payments of the sale share, by position of the modifier.
        self.whole: dict[int, Total] = {}
        self.first_on: date | None = None
        # In minor units of the credit: taken back, no longer expected, and received, each in all.
        self.back = self.dropped = self.received = 0

    def part(self, terms: Terms, name: str) -> Part | None:
        """What the payments of this sale share under a schedule; None where the booking earns, once."""
        if not self.waits:
            return None
        # Without it a sale paid in halves would be two small sales: under no tier, and under a cap twice.
        self.parts = [] if self.parts is None else self.parts
        for known, one, part in self.parts:
            if one == name and known.pays_like(terms):
                return part
        part = Part()
        self.parts.append((terms, name, part))
        return part


class Deal:
    """The credits of one opportunity, its payments and reversals so far, in the order in which they were known."""

    __slots__ = ("amount", "claims", "credits", "payments", "reversals")

    def __init__(self) -> None:
        self.credits: dict[str, Credit] = {}
        self.claims: list[Claim] = []
        self.payments: list[Payment] = []
        self.reversals: list[Reversal] = []
        # What the deal was worth, in minor units, if its opportunity is known to say so.
        self.amount: int | None = None

    def add(self, credit: Credit) -> None:
        """A credit of the deal, settled or not; one that supersedes another takes its place."""
        if credit.supersedes is not None:
            self.credits.pop(credit.supersedes, None)
            self.claims = [claim for claim in self.claims if claim.credit.id != credit.supersedes]
        self.credits[credit.id] = credit

    def share(self, credit: Credit) -> Fraction:
        """The credit's share of the deal; by amounts where the shares given exceed the whole."""
        if sum((one.share for one in self.credits.values()), Fraction(0)) <= 1:
            return credit.share
        return Fraction(credit.amount.minor, self._sold() or 1)

    def worth(self) -> int | None:
        """The deal's amount in minor units: as told, or the sum of credits that make it whole; else None."""
        if self.amount is not None:
            return self.amount
        whole = sum((one.share for one in self.credits.values()), Fraction(0)) >= 1
        # Credits that make up all of a deal tell its amount to the cent; less than all of it only bounds it.
        return self._sum() if whole else None

    def _sum(self) -> int:
        return sum(one.amount.minor for one in self.credits.values())

    def _sold(self) -> int:
        """What was sold before credit notes took some of it back."""
        return sum(max(one.amount.minor, 0) for one in self.credits.values())

    def part(self, credit: Credit, of: int) -> int:
        """What an amount of the deal comes to in a credit, in minor units: never more than the credit."""
        amount = credit.amount.minor
        # A credit note is a reversal already; taking it back would pay it out.
        if amount <= 0:
            return 0
        whole = self.worth()
        # So what is left of the deal is not all of the sale.
        if whole is not None and self.amount is None:
            whole = self._sold()
        if whole is not None and of >= whole:
            return amount
        exact = self.share(credit) * of
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
        beyond = exact >= max(credit.amount.minor, 0) + 1 if whole is None else reversal.amount.minor > whole
        if beyond:
            worth = "" if whole is None else f", {Money.from_minor(whole, credit.amount.currency)}"
            rule = (
                f"at most the amount of deal {credit.opportunity_id}{worth}; "
                "correct the reversal, or add the credit that is missing"
            )
            raise InvalidValue(f"settle(reversals) {reversal.id!r}.amount", rule, str(reversal.amount))
