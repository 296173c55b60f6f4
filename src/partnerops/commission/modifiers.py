"""
What changes a commission after the schedule: uplifts, caps, floors, and yours; and who else earns or is guaranteed it.

Modifiers apply in the order in which a plan declares them. The ready-made ones go uplift, cap, floor; rounding comes
last of all. Each is a cumulative function too, of the commission so far instead of the sales so far, so what they add
and withhold telescopes like the rest, and a clawback frees a cap again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

import attrs
from attrs import field, frozen

from partnerops._attrs import Value, is_a, is_share, place, to_decimal, to_member, to_tuple
from partnerops._closed import ClosedSet
from partnerops._render import percent
from partnerops.commission._amounts import as_fraction
from partnerops.commission._parts import (
    EarnedOn as EarnedOn,
    Guarantee as Guarantee,
    OverrideBase as OverrideBase,
    RatedOn as RatedOn,
    Revenue as Revenue,
    Split as Split,
    UplineOverride as UplineOverride,
)
from partnerops.commission._protocol import Exact
from partnerops.commission._sales import Sale as Sale, Where as Where
from partnerops.commission._tiers import is_from_zero
from partnerops.exceptions import InvalidValue
from partnerops.periods import Frequency

__all__ = [
    "BestOf",
    "Cap",
    "EarnedOn",
    "Floor",
    "Guarantee",
    "Modifier",
    "UplineOverride",
    "OverrideBase",
    "RatedOn",
    "Revenue",
    "Sale",
    "Split",
    "Uplift",
    "UpliftMode",
    "Where",
]


class Modifier(Protocol):
    """
    A change to commission, as a cumulative function of the commission so far.

    You implement `scope`, what adds up: `"sale"` for each sale by itself, any other hashable for a running total of
    the partner, None where it does not apply; and `modified`, what the total becomes, both in currency units.

    You may rely on: the total is a `Fraction`; a sale of the partner came or went since it was last asked.

    You may add `withholds = True`: then what it keeps back shows in the ledger, as a cap's does. And `whole_sale =
    True`: then parts of a deal that fall under different rates add up before it, as they do before a cap; without it
    each part is modified by itself.

    Laws: the answer is exact, does not fall while the total rises, depends on the arguments alone, and mirrors: a total
    and a sale below zero become minus what they would become above it.
    """

    def scope(self, sale: Sale, /) -> Hashable | None:
        """What adds up: `"sale"`, a key of a running total, or None for a sale that it leaves alone."""
        ...

    def modified(self, total: Fraction, sale: Sale, /) -> Exact:
        """What the commission so far becomes."""
        ...


class UpliftMode(ClosedSet):
    """What an uplift is a share of."""

    MULTIPLICATIVE = "multiplicative"
    """Of the commission: 20 % on 100 of commission is 20."""
    ADDITIVE = "additive"
    """Of the sale: 2 points more of rate, so 2 % on a sale of 1,000 is 20."""


def _to_mode(value: str) -> UpliftMode:
    return to_member(UpliftMode, value)


@frozen
class Uplift(Value):
    """
    More commission for some sales, by default for registered deals.

    Multiplicative: commission x (1 + rate). Additive: commission + rate x sale. Two uplifts in a row stack; of several
    in `BestOf` only the largest counts.

    Raises:
        InvalidValue: A rate outside 0 to 1.

    Source: deal-registration uplifts of partner programmes; the registration must protect the deal when it is booked.

    >>> str(Uplift("0.2"))
    'uplift of 20 % where deal registered'
    """

    rate: Decimal = field(converter=to_decimal, validator=is_share)
    """How much more, a fraction."""
    mode: UpliftMode = field(default=UpliftMode.MULTIPLICATIVE, converter=_to_mode, validator=is_a(UpliftMode))
    """A share of the commission, or of the sale."""
    where: Where = field(default=Where(registered=True), validator=is_a(Where), kw_only=True)
    """Which sales."""

    def scope(self, sale: Sale, /) -> Hashable | None:
        """Each sale by itself, where the condition holds."""
        return "sale" if self.where.matches(sale) else None

    def modified(self, total: Fraction, sale: Sale, /) -> Fraction:
        """The commission with the uplift."""
        rate = as_fraction(self.rate)
        if self.mode is UpliftMode.MULTIPLICATIVE:
            return total * (1 + rate)
        # The sale so far and not its last payment: the total is cumulative too, and both must mean the same.
        return total + rate * Fraction(sale.amount.amount)

    def __str__(self) -> str:
        of = "" if self.mode is UpliftMode.MULTIPLICATIVE else " of the sale"
        where = "" if self.where == Where() else f" where {self.where}"
        return f"uplift of {percent(as_fraction(self.rate)).replace('.0 %', ' %')}{of}{where}"


def _to_uplifts(values: Iterable[Uplift]) -> tuple[Uplift, ...]:
    return to_tuple(values)


def _are_uplifts(instance: object, attribute: attrs.Attribute[Any], value: tuple[Uplift, ...]) -> None:
    if not isinstance(value, tuple) or not value or not all(isinstance(one, Uplift) for one in value):
        raise InvalidValue(place(instance, attribute), "a list of at least one Uplift", value)


@frozen
class BestOf(Value):
    """
    The largest of several uplifts instead of all of them.

    >>> str(BestOf([Uplift("0.2"), Uplift("0.01", "additive")])).startswith("the best of uplift of 20 %")
    True
    """

    uplifts: tuple[Uplift, ...] = field(converter=_to_uplifts, validator=_are_uplifts)
    """The candidates."""

    def scope(self, sale: Sale, /) -> Hashable | None:
        """Each sale by itself, where one of the conditions holds."""
        return "sale" if any(one.where.matches(sale) for one in self.uplifts) else None

    def modified(self, total: Fraction, sale: Sale, /) -> Fraction:
        """The commission with the uplift that is worth most."""
        # The furthest from zero: a negative sale gives back the uplift that its positive one earned.
        return max((one.modified(total, sale) for one in self.uplifts if one.where.matches(sale)), key=abs)

    def __str__(self) -> str:
        return f"the best of {' or '.join(map(str, self.uplifts))}"


_PER = ("sale", "customer", "lifetime", *(member.value for member in Frequency))


def _is_per(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    # A closed list: a period that no calendar knows would be one endless cap.
    if value not in _PER:
        raise InvalidValue(place(instance, attribute), f"one of {', '.join(_PER)}", value)


@frozen
class Cap(Value):
    """
    At most so much commission per sale, period or customer.

    What is above it is withheld, in sight: `Ledger.withheld`. A clawback frees it again, and then the withheld part
    comes forward. Below zero it is the least, so that a credit note gives back what its sale earned and no more.

    Raises:
        InvalidValue: An amount below 0, or an unknown `per`.

    >>> str(Cap(5000, per="quarter"))
    'at most 5,000 a quarter'
    """

    amount: Decimal = field(converter=to_decimal, validator=is_from_zero)
    """The most, in currency units."""
    per: str = field(default="sale", validator=_is_per, kw_only=True)
    """`sale`, `customer`, `lifetime`, or a period of the plan's calendar such as `month`, by the date of the sale."""
    where: Where = field(default=Where(), validator=is_a(Where), kw_only=True)
    """Which sales."""

    @property
    def withholds(self) -> bool:
        """Whether what it keeps back shows in the ledger: yes."""
        return True

    @property
    def whole_sale(self) -> bool:
        """Whether all parts of a deal count as one sale: yes."""
        return True

    def scope(self, sale: Sale, /) -> Hashable | None:
        """What adds up: the sale, the customer's sales, or all sales; the engine tells periods apart."""
        if not self.where.matches(sale):
            return None
        if self.per == "customer":
            # Sales without a known customer are not one customer.
            return None if sale.customer is None else ("customer", sale.customer)
        return self.per

    def modified(self, total: Fraction, _sale: Sale, /) -> Fraction:
        """The commission so far, or the cap; of either sign."""
        # Without the mirror a credit note would take back more than the cap had let its sale earn.
        most = as_fraction(self.amount)
        return max(-most, min(total, most))

    def __str__(self) -> str:
        return f"at most {self.amount:,f} a {self.per.replace('_', ' ')}"


@frozen
class Floor(Value):
    """
    At least so much commission for a sale that earns anything; a credit note gives back the same.

    >>> str(Floor(25))
    'at least 25 a sale'
    """

    amount: Decimal = field(converter=to_decimal, validator=is_from_zero)
    """The least, in currency units."""
    where: Where = field(default=Where(), validator=is_a(Where), kw_only=True)
    """Which sales."""

    @property
    def whole_sale(self) -> bool:
        """Whether all parts of a deal count as one sale: yes."""
        return True

    def scope(self, sale: Sale, /) -> Hashable | None:
        """Each sale by itself."""
        return "sale" if self.where.matches(sale) else None

    def modified(self, total: Fraction, sale: Sale, /) -> Fraction:
        """The commission, or the floor; of either sign."""
        least = as_fraction(self.amount)
        # Zero earns no floor: there is nothing to bring up to it.
        if total > 0:
            return max(total, least)
        # Only a credit note mirrors it: a period's cap may leave an undone sale a trifle below zero.
        return min(total, -least) if total < 0 and sale.amount.minor < 0 else total

    def __str__(self) -> str:
        return f"at least {self.amount:,f} a sale"
