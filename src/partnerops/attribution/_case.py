"""What a policy is asked about, and the outright answer it may give."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias, cast

from attrs import field, frozen

from partnerops._attrs import FrozenMap, Value, is_shares, is_text, to_shares
from partnerops.entities import DealRegistration, Opportunity, Touchpoint
from partnerops.exceptions import InvalidValue

Weight: TypeAlias = int | Fraction | Decimal
"""An exact, non-negative weight; only proportions matter."""


@frozen
class Case(Value):
    """
    One won deal with everything a policy may look at.

    `attribute` builds it. Touches are sorted by time, then id; none is later than the close, and none was recorded
    after the moment asked about.
    """

    opportunity: Opportunity
    """The won deal."""
    touches: tuple[Touchpoint, ...] = ()
    """Its touches, oldest first; `()` when there is none."""
    registrations: tuple[DealRegistration, ...] = ()
    """All its registrations, rejected ones too, by filing time then id; they are never touches."""

    @property
    def closed_at(self) -> datetime:
        """When the deal was won."""
        return cast("datetime", self.opportunity.closed_at)  # a won opportunity has one


@frozen
class Award(Value):
    """
    Credit given outright, touch or no touch: a registration, a named account, a committee's decision.

    Shares that sum to less than 1 leave the rest unattributed.

    Raises:
        InvalidValue: No party, a share outside 0 to 1, or shares that sum to more than 1.
        InexactNumber: A float share.

    >>> Award({"acme": "0.7", "birch": "0.3"}, because="committee of 3 March").shares["acme"]
    Fraction(7, 10)
    """

    shares: FrozenMap[Fraction] = field(converter=to_shares, validator=is_shares)
    """Party -> share of the deal, exact fractions."""
    because: str = field(validator=is_text)
    """Why, in words that a partner could read."""

    def __attrs_post_init__(self) -> None:
        if not self.shares:
            raise InvalidValue("Award.shares", "a mapping of at least one party to its share", dict(self.shares))
