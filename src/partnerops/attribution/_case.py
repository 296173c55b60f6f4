"""What a policy is asked about, and the outright answer it may give."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias, cast

import attrs
from attrs import field, frozen

from partnerops._attrs import FrozenMap, Value, is_shares, is_str, place, to_fraction, to_shares, to_tuple
from partnerops.entities import DealRegistration, Dispute, Lead, Opportunity, Touchpoint
from partnerops.exceptions import InexactNumber, InvalidValue
from partnerops.typing import ExactLike

Weight: TypeAlias = int | Fraction | Decimal
"""An exact, non-negative weight; only proportions matter."""


@frozen
class Case(Value):
    """
    One won deal with everything a policy may look at.

    `attribute` builds it. Touches are sorted by time, then id; none is later than the close, and none was recorded
    after the moment asked about. The other records stand as they were known at that moment.
    """

    opportunity: Opportunity
    """The won deal."""
    touches: tuple[Touchpoint, ...] = ()
    """Its touches, oldest first; `()` when there is none."""
    registrations: tuple[DealRegistration, ...] = ()
    """All its registrations, rejected ones too, by filing time then id; they are never touches."""
    leads: tuple[Lead, ...] = ()
    """The leads that became the deal, by creation then id."""
    disputes: tuple[Dispute, ...] = ()
    """The disputes over it, open ones too, by filing time then id."""
    previous_close: datetime | None = None
    """When the same account last bought before this deal; None when it never did."""

    @property
    def closed_at(self) -> datetime:
        """When the deal was won."""
        return cast("datetime", self.opportunity.closed_at)  # a won opportunity has one

    @property
    def lead_created_at(self) -> datetime | None:
        """When the deal's earliest lead came in; None when no lead is known."""
        # The earliest lead is the one that a milestone means: later ones found a deal that was already known.
        return self.leads[0].created_at if self.leads else None

    def with_touches(self, touches: Iterable[Touchpoint]) -> Case:
        """The same case with other touches: what a wrapper shows to the policy inside."""
        return Case(
            self.opportunity, tuple(touches), self.registrations, self.leads, self.disputes, self.previous_close
        )


def to_fractions(values: Iterable[ExactLike]) -> tuple[Fraction, ...]:
    """A tuple of exact numbers; anything else is left to the validator."""
    found = to_tuple(values)
    return tuple(to_fraction(value) for value in found) if isinstance(found, tuple) else found


def are_fractions(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a tuple of exact fractions from 0 to 1."""
    where = place(instance, attribute)
    if not isinstance(value, tuple):
        raise InvalidValue(where, "a list of fractions, one per touch", value)
    for index, share in enumerate(cast("tuple[object, ...]", value)):
        if isinstance(share, float):
            raise InexactNumber(f"{where}[{index}]", "an exact fraction from 0 to 1", share)
        if not isinstance(share, Fraction) or not 0 <= share <= 1:
            raise InvalidValue(f"{where}[{index}]", "a fraction from 0 to 1 (0.10 means 10 %)", str(share))


@frozen
class Award(Value):
    """
    Shares of the deal instead of proportions: outright to parties, touch or no touch; to touches; or both.

    A registration, a named account or a committee gives shares to parties. A policy whose rule may leave credit to
    nobody, such as a cap, gives `touch_shares`. Whatever is missing to 1 stays unattributed.

    Raises:
        InvalidValue: Neither shares nor touch shares, a share outside 0 to 1, shares that sum to more than 1, or
            shares without a reason.
        InexactNumber: A float share.

    >>> Award({"acme": "0.7", "birch": "0.3"}, because="committee of 3 March").shares["acme"]
    Fraction(7, 10)
    """

    shares: FrozenMap[Fraction] = field(converter=to_shares, validator=is_shares)
    """Party -> share of the deal that it gets outright, exact fractions."""
    because: str = field(validator=is_str)
    """Why, in words that a partner could read; may be empty only where touches alone earn."""
    touch_shares: tuple[Fraction, ...] = field(
        default=(), kw_only=True, converter=to_fractions, validator=are_fractions
    )
    """Share of the deal that each touch of the case earns, in their order; `()` where no touch earns anything."""

    def __attrs_post_init__(self) -> None:
        if not self.shares and not self.touch_shares:
            raise InvalidValue("Award.shares", "a mapping of at least one party to its share", dict(self.shares))
        if self.shares and (not self.because or self.because.isspace()):
            raise InvalidValue("Award.because", "a reason that a partner could read", self.because)
        # Below 1 is a choice with a name, the unattributed rest; above 1 a dollar would be paid twice.
        if (total := self.total) > 1:
            raise InvalidValue("Award.touch_shares", "shares that sum with `shares` to at most 1", str(total))

    @property
    def total(self) -> Fraction:
        """What it gives away: 1, or less where a rest stays unattributed."""
        return sum(self.shares.values(), Fraction(0)) + sum(self.touch_shares, Fraction(0))
