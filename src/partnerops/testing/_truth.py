"""What a simulated programme really is, beside what its records say."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from math import prod
from typing import Final

from attrs import field, frozen

from partnerops._attrs import FrozenMap, Value
from partnerops.dataset import Dataset
from partnerops.exceptions import UnknownName
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.typing import OpportunityId, PartnerId

# Spelt out again: a truth stands by itself, whoever made it.
_ORDER: Final = ("qualified", "proposal", "negotiation")


@frozen(kw_only=True)
class PartnerTruth(Value):
    """One partner's hidden course, a value for each month of the programme."""

    partner_id: PartnerId
    """Who."""
    stages: tuple[str, ...]
    """True stage at the end of each month: start, traction, acceleration or maturity."""
    engaged: tuple[bool, ...]
    """Whether the partner was at work in each month; silence is no stage of its own."""


@frozen(kw_only=True)
class DealTruth(Value):
    """
    One deal's hidden process: at each stage it goes on with a fixed chance, independent of all else, or is lost.

    The outcome is drawn when the deal is opened, also of deals that were still open at the programme's end.
    """

    opportunity_id: OpportunityId
    """The deal."""
    advances: FrozenMap[Fraction]
    """Open stage -> chance to leave it forwards; the last one leads to a win."""
    outcome: str
    """What becomes of it: won or lost."""
    closes_at: datetime
    """When it is decided, which may be after the programme's end."""

    @property
    def win_probability(self) -> Fraction:
        """The chance to be won when it was opened."""
        # Exact, and right since the steps are independent: the chance against which calibration is measured.
        return prod(self.advances.values(), start=Fraction(1))

    def win_probability_in(self, stage: str) -> Fraction:
        """
        The chance to be won of a deal that has reached *stage* and is still open.

        Raises:
            UnknownName: Not a stage of an open deal.
        """
        if stage not in _ORDER:
            raise UnknownName("open stage", stage, _ORDER)
        # What was passed is certain by now; only what lies ahead still counts.
        return prod((self.advances[one] for one in _ORDER[_ORDER.index(stage) :]), start=Fraction(1))


@frozen(kw_only=True)
class Truth(Value):
    """What nobody in the programme knows."""

    partners: FrozenMap[PartnerTruth] = field(repr=False)
    """Id of a partner -> its course."""
    deals: FrozenMap[DealTruth] = field(repr=False)
    """Id of a deal -> its process."""
    first_wave_revenue: Money
    """Revenue of twelve months that ends the second stage by itself; so do wins in two months."""
    mature_revenue: Money
    """Revenue of twelve months without which nobody is mature."""


@frozen(kw_only=True)
class Programme(Value):
    """
    A simulated programme: the records that a team would have, and the truth behind them.

    `as_of` is the last instant of the period; the dataset holds what was known then.
    """

    seed: int
    """What it was drawn from."""
    period: Period
    """The months simulated."""
    as_of: datetime
    """The moment of the records."""
    dataset: Dataset = field(repr=False)
    """What the programme's systems hold."""
    truth: Truth = field(repr=False)
    """What they do not."""

    def __str__(self) -> str:
        return f"programme {self.period} from seed {self.seed}: {self.dataset}"
