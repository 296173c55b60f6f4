"""Schedules without tiers: one rate, or one amount a sale."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from attrs import field, frozen

from partnerops._attrs import Value, is_share, to_decimal
from partnerops._render import percent
from partnerops.commission._amounts import as_fraction, commission
from partnerops.commission._compiled import CompiledSchedule, from_pieces
from partnerops.commission._tiers import is_from_zero
from partnerops.money import Money


@frozen
class FlatRate(Value):
    """
    One rate on everything.

    F(v) = rate x v. Attainment makes no difference but to rounding: lines sum to the rounded whole.

    Raises:
        InvalidValue: A rate outside 0 to 1.
        InexactNumber: A float.

    >>> FlatRate("0.10").commission(Money("99.99", "BRL"))
    Money('10.00', 'BRL')
    """

    rate: Decimal = field(converter=to_decimal, validator=is_share)
    """Commission rate, a fraction: 0.10 means 10 %."""

    def cumulative(self, attained: Fraction, /) -> Fraction:
        """F at an attainment, exactly."""
        return as_fraction(self.rate) * attained

    def commission(self, amount: Money, *, attained: Money | None = None) -> Money:
        """What *amount* earns after *attained*, by default nothing: F after less F before."""
        return commission(self, amount, attained)

    def compiled(self) -> CompiledSchedule:
        """The schedule as integers."""
        return from_pieces([(Fraction(0), Fraction(0), as_fraction(self.rate))])

    def __str__(self) -> str:
        # "10 %" as contracts write it, and "7.5 %" where the tenth says something.
        return percent(as_fraction(self.rate)).replace(".0 %", " %")


@frozen
class FixedAmount(Value):
    """
    The same amount for every sale, whatever its size: a bounty.

    Each sale is a step of its own: attainment makes no difference. A sale of zero earns nothing, one below zero earns
    minus the amount, and a sale that is half refunded keeps half.

    Raises:
        InvalidValue: An amount below 0.
        InexactNumber: A float.

    >>> FixedAmount("50").commission(Money("99.99", "BRL"), attained=Money("8000.00", "BRL"))
    Money('50.00', 'BRL')
    """

    amount: Decimal = field(converter=to_decimal, validator=is_from_zero)
    """What a sale earns, in currency units."""

    def cumulative(self, attained: Fraction, /) -> Fraction:
        """The amount, once there is a sale."""
        return as_fraction(self.amount) if attained > 0 else Fraction(0)

    def commission(self, amount: Money, *, attained: Money | None = None) -> Money:
        """The fixed amount; nothing for a sale of zero."""
        return commission(self, amount, attained)

    def compiled(self) -> CompiledSchedule:
        """The schedule as integers."""
        # A jump just above 0 and flat from there: a step per sale, as `per_sale` says.
        return from_pieces([(Fraction(0), as_fraction(self.amount), Fraction(0))]).replace(per_sale=True)

    def __str__(self) -> str:
        return f"{self.amount:,f} a sale"
