"""Running totals that modifiers look at, and what of them is whose."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from partnerops.commission._amounts import describe
from partnerops.commission._postings import Attained
from partnerops.commission._sales import Sale
from partnerops.commission.modifiers import Modifier
from partnerops.periods import Period
from partnerops.typing import PartnerId

if TYPE_CHECKING:
    from partnerops.commission._books import Line


NONE: Final = Fraction(0)
"""Made once: every sale begins several sums."""


class Stake:
    """What one line sent into a running total, and what of it came out for that line."""

    __slots__ = ("line", "out", "sent")

    def __init__(self, line: Line) -> None:
        self.line = line
        self.sent = self.out = NONE


class Total:
    """What adds up before a modifier: what came in, what it lets through, and whose that is."""

    __slots__ = ("currency", "freed", "modifier", "out", "partner_id", "period", "stakes", "total")

    def __init__(self, modifier: Modifier, partner_id: PartnerId, currency: str, period: Period | None = None) -> None:
        self.modifier = modifier
        self.partner_id = partner_id
        self.currency = currency
        self.period = period
        # In the order of the sales; their sums are `total` and `out`, so that with every sale undone both are zero.
        self.stakes: list[Stake] = []
        self.total = self.out = NONE
        # What reversals at the rate booked left unused: no line had it yet.
        self.freed = NONE

    @property
    def name(self) -> str:
        """The modifier in words, with the period that it runs over."""
        return f"{describe(self.modifier)}{f', {self.period}' if self.period is not None else ''}"


class Passage:
    """What the payments of a sale share on their way through its plan's modifiers, or a cap would count for each."""

    __slots__ = ("amount", "totals")

    def __init__(self) -> None:
        # What counts of the sale so far, in minor units of the plan's currency.
        self.amount: Attained = 0
        # By position of the modifier.
        self.totals: dict[int, Total] = {}


class Flow:
    """A line's way through its plan's modifiers."""

    __slots__ = ("freed", "out", "own", "passage", "sale", "share", "way", "whole")

    def __init__(self, sale: Sale, share: Fraction, passage: Passage, whole: dict[int, Total]) -> None:
        self.sale = sale
        self.share = share
        self.passage = passage
        # Totals of the sale as a whole, which its parts under different rates share too; by position of the modifier.
        self.whole = whole
        # What the schedule gave the line before any modifier, and what of that went back at the rate booked.
        self.own = self.freed = NONE
        # What came out behind the last modifier: what the line stands for, before rounding.
        self.out = NONE
        # Where it passed. Asked once: what a sale went through on its way in, it goes through on its way out.
        self.way: list[tuple[Total, Stake]] = []
