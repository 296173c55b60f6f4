"""Schedules with tiers: rates that change as attainment grows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import attrs
from attrs import field, frozen

from partnerops._attrs import Value, is_a, is_exact, is_share, place, to_decimal, to_member, to_tuple, tuple_of
from partnerops._closed import ClosedSet
from partnerops._render import join_and, percent
from partnerops.commission._amounts import as_fraction, commission
from partnerops.commission._compiled import CompiledSchedule, from_pieces
from partnerops.exceptions import InvalidValue
from partnerops.money import Money


class Boundary(ClosedSet):
    """Which tier an attainment exactly on a threshold belongs to; a threshold has no other choice."""

    LOWER = "lower"
    """The tier below: `above` is meant literally. Stripe, Lago and Kill Bill (`up_to`) do so."""
    UPPER = "upper"
    """The tier above: reaching the threshold is enough. Oracle does so."""


def to_boundary(value: str) -> Boundary:
    """The member with this value; anything else is left to the validator."""
    return to_member(Boundary, value)


def is_from_zero(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Refuse anything but an exact number of at least 0."""
    is_exact(instance, attribute, value)
    if value < 0:
        raise InvalidValue(place(instance, attribute), "at least 0", str(value))


@frozen
class Tier(Value):
    """
    One threshold with the rate above it; the next threshold ends it, and the last tier is open.

    There is no upper bound to write, so there is no gap to fall into.

    Raises:
        InvalidValue: A negative threshold or flat amount, or a rate outside 0 to 1.
        InexactNumber: A float.

    >>> Tier(above="10000", rate="0.15").rate
    Decimal('0.15')
    """

    above: Decimal = field(converter=to_decimal, validator=is_from_zero)
    """Attainment at which it starts, in currency units; the first tier starts at 0."""
    rate: Decimal = field(converter=to_decimal, validator=is_share)
    """Commission rate, a fraction: 0.10 means 10 %."""
    flat: Decimal = field(default=Decimal(0), converter=to_decimal, validator=is_from_zero, kw_only=True)
    """Amount earned once when the tier is reached, in currency units."""
    retroactive: bool = field(default=False, validator=is_a(bool), kw_only=True)
    """In `MixedTiers`: whether its rate also reaches back over all that was attained below it."""


def to_tiers(values: Iterable[Tier]) -> tuple[Tier, ...]:
    """A tuple of tiers; what is no list is left to the validator."""
    return to_tuple(values)


def are_tiers(instance: object, attribute: attrs.Attribute[Any], value: tuple[Tier, ...]) -> None:
    """Refuse anything but tiers with rising thresholds, the first at 0."""
    where = place(instance, attribute)
    tuple_of(Tier)(instance, attribute, value)
    if not value:
        raise InvalidValue(where, "at least one tier", value)
    # Sales below a first threshold would be in no tier: the gap in which other engines pay nothing without a word.
    if value[0].above != 0:
        rule = "0 for the first tier; where nothing is earned at first, start with Tier(above=0, rate=0)"
        raise InvalidValue(f"{where}[0].above", rule, str(value[0].above))
    for index, (lower, upper) in enumerate(pairwise(value)):
        # Equal thresholds would leave a tier of no width, whose rate nobody is ever paid.
        if upper.above <= lower.above:
            rule = f"above the threshold before it ({lower.above}); tiers go by rising threshold, each once"
            raise InvalidValue(f"{where}[{index + 1}].above", rule, str(upper.above))


def are_marginal(instance: object, attribute: attrs.Attribute[Any], value: tuple[Tier, ...]) -> None:
    """Refuse tiers that say how far they reach back where the schedule decides that."""
    for index, tier in enumerate(value):
        if tier.retroactive:
            rule = f"False in {type(instance).__name__}; a schedule that mixes both is MixedTiers"
            raise InvalidValue(f"{place(instance, attribute)}[{index}].retroactive", rule, value=True)


Piece = tuple[Fraction, Fraction, Fraction]


def pieces(
    tiers: Sequence[Tier], retroactive: Sequence[bool], *, running_flats: bool, unit: Fraction = Fraction(1)
) -> list[Piece]:
    """
    (start, F just above it, rate) of each tier, thresholds meant in multiples of *unit*.

    At a retroactive threshold F restarts as rate x start; else it goes on from where it was. Flat amounts add up where
    *running_flats*, otherwise a tier's flat amount stands in for those below it.
    """
    found: list[Piece] = []
    flats = Fraction(0)
    for tier, back in zip(tiers, retroactive, strict=True):
        start, rate, flat = as_fraction(tier.above) * unit, as_fraction(tier.rate), as_fraction(tier.flat)
        # What was earned once stays earned, also where the rate reaches back.
        below = rate * start + flats if back else _reached(found, start)
        found.append((start, below + flat, rate))
        flats += flat if running_flats else 0
    return found


def _reached(found: list[Piece], start: Fraction) -> Fraction:
    """F at the end of the last piece."""
    if not found:
        return Fraction(0)
    since, base, rate = found[-1]
    return base + rate * (start - since)


def never_falls(instance: object, name: str, found: list[Piece]) -> None:
    """Refuse thresholds at which F drops: a sale over one would earn less than nothing."""
    for index in range(1, len(found)):
        below, base = _reached(found[:index], found[index][0]), found[index][1]
        if base < below:
            where = f"{type(instance).__name__}.{name}[{index}]"
            rule = f"worth at least {below} at its threshold, as the tiers below it are; here a larger sale earns less"
            raise InvalidValue(where, rule, str(base))


def words(tiers: Sequence[Tier], retroactive: Sequence[bool]) -> str:
    """The tiers as a phrase."""
    parts = [
        f"{percent(as_fraction(tier.rate)).replace('.0 %', ' %')}"
        + (f" above {tier.above:,f}" if tier.above else "")
        + (" on all" if back and tier.above else "")
        + (f" and {tier.flat:,f} once" if tier.flat else "")
        for tier, back in zip(tiers, retroactive, strict=True)
    ]
    return join_and(parts)


@frozen
class GraduatedTiers(Value):
    r"""
    Each tier's rate on the part of the attainment inside it: marginal rates, as in an income tax.

    F(v) is the sum over tiers of rate x max(0, min(v, end) - start), plus each reached tier's `flat`. F is continuous
    but for the flat amounts, so the boundary decides only about those. Zero earns zero; negative totals mirror positive
    ones. One tier is a flat rate.

    Raises:
        InvalidValue: No tier, a first threshold other than 0, or thresholds that do not rise.

    Source: `graduated` in Stripe and Lago, `EXCEEDING_QTY` in metasfresh, `step` in Oracle Incentive Compensation.

    >>> graduated = GraduatedTiers([Tier(above=0, rate="0.10"), Tier(above=10000, rate="0.15")])
    >>> graduated.commission(Money("6000.00", "BRL"), attained=Money("8000.00", "BRL"))
    Money('800.00', 'BRL')
    """

    tiers: tuple[Tier, ...] = field(converter=to_tiers, validator=[are_tiers, are_marginal])
    """The tiers, by rising threshold."""
    boundary: Boundary = field(default=Boundary.LOWER, converter=to_boundary, validator=is_a(Boundary), kw_only=True)
    """Whether a flat amount is earned above its threshold (`lower`) or on it (`upper`)."""
    _plan: CompiledSchedule = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # Once per schedule, not once per sale; `__setattr__` of a frozen class refuses even its own.
        object.__setattr__(self, "_plan", self.scaled(Fraction(1)))

    def cumulative(self, attained: Fraction, /) -> Fraction:
        """F at an attainment, exactly."""
        return self._plan.at(attained)

    def commission(self, amount: Money, *, attained: Money | None = None) -> Money:
        """What *amount* earns after *attained* in the same period, by default nothing: F after less F before."""
        return commission(self, amount, attained)

    def compiled(self) -> CompiledSchedule:
        """The schedule as integers."""
        return self._plan

    def scaled(self, unit: Fraction) -> CompiledSchedule:
        """The integers with thresholds meant in multiples of *unit*, such as a quota."""
        found = pieces(self.tiers, [False] * len(self.tiers), running_flats=True, unit=unit)
        return from_pieces(found, inclusive=self.boundary is Boundary.UPPER)

    def __str__(self) -> str:
        return words(self.tiers, [False] * len(self.tiers))


@frozen
class VolumeTiers(Value):
    r"""
    The rate of the tier reached on the whole attainment: retroactive rates.

    F(v) = v x rate(v) + flat(v), with the rate and the flat amount of the tier that v is in. Crossing a
    threshold raises everything attained before it, and a refund that falls below takes that back: a cliff, of which
    settlements warn. Zero earns zero; negative totals mirror positive ones.

    The boundary is a required choice, since here a sale exactly on a threshold is worth a different amount.

    Raises:
        InvalidValue: Tiers as `GraduatedTiers` refuses them, or a threshold at which F would fall: with a falling rate
            a larger sale would earn less, and taking it back would give more than was earned.

    Source: `volume` in Stripe and Lago, `ALL_QTIES` in metasfresh, sections in OCA, non-split in Oracle.

    >>> volume = VolumeTiers([Tier(above=0, rate="0.10"), Tier(above=10000, rate="0.15")], boundary="lower")
    >>> volume.commission(Money("2000.00", "BRL"), attained=Money("10000.00", "BRL"))
    Money('800.00', 'BRL')
    """

    tiers: tuple[Tier, ...] = field(converter=to_tiers, validator=[are_tiers, are_marginal])
    """The tiers, by rising threshold; their rates never fall."""
    boundary: Boundary = field(converter=to_boundary, validator=is_a(Boundary), kw_only=True)
    """Tier of an attainment exactly on a threshold: the `lower` or the `upper` one."""
    _plan: CompiledSchedule = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for index, (lower, upper) in enumerate(pairwise(self.tiers)):
            # Just above such a threshold a larger sale would earn less than a smaller one.
            if upper.rate < lower.rate:
                rule = f"at least the rate below it ({lower.rate}); for falling rates use GraduatedTiers"
                raise InvalidValue(f"VolumeTiers.tiers[{index + 1}].rate", rule, str(upper.rate))
        object.__setattr__(self, "_plan", self.scaled(Fraction(1)))

    def cumulative(self, attained: Fraction, /) -> Fraction:
        """F at an attainment, exactly."""
        return self._plan.at(attained)

    def commission(self, amount: Money, *, attained: Money | None = None) -> Money:
        """What *amount* earns after *attained* in the same period, by default nothing: F after less F before."""
        return commission(self, amount, attained)

    def compiled(self) -> CompiledSchedule:
        """The schedule as integers."""
        return self._plan

    def scaled(self, unit: Fraction) -> CompiledSchedule:
        """The integers with thresholds meant in multiples of *unit*, such as a quota."""
        # The flat amount of the tier reached stands in for those below it, as in billing (Lago, Stripe).
        found = pieces(self.tiers, [True] * len(self.tiers), running_flats=False, unit=unit)
        never_falls(self, "tiers", found)
        return from_pieces(found, inclusive=self.boundary is Boundary.UPPER, retroactive=range(1, len(self.tiers)))

    def __str__(self) -> str:
        return words(self.tiers, [True] * len(self.tiers))


@frozen
class MixedTiers(Value):
    r"""
    Each tier says whether its rate reaches back: retroactive at one threshold, marginal at another.

    A tier with `retroactive=True` restarts F as rate x attainment; other tiers add their rate on what lies above them.
    Flat amounts are each earned once. Zero earns zero; negative totals mirror positive ones.

    Raises:
        InvalidValue: Tiers as `GraduatedTiers` refuses them, or a threshold at which F would fall.

    Source: plans that pay back to the first sale at half of the quota and only above it at all of it (QuotaPath).

    >>> mixed = MixedTiers([Tier(0, "0.05"), Tier(500, "0.08", retroactive=True), Tier(1000, "0.10")], boundary="upper")
    >>> mixed.commission(Money("1200.00", "BRL"))
    Money('100.00', 'BRL')
    """

    tiers: tuple[Tier, ...] = field(converter=to_tiers, validator=are_tiers)
    """The tiers, by rising threshold."""
    boundary: Boundary = field(converter=to_boundary, validator=is_a(Boundary), kw_only=True)
    """Tier of an attainment exactly on a threshold: the `lower` or the `upper` one."""
    _plan: CompiledSchedule = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_plan", self.scaled(Fraction(1)))

    def cumulative(self, attained: Fraction, /) -> Fraction:
        """F at an attainment, exactly."""
        return self._plan.at(attained)

    def commission(self, amount: Money, *, attained: Money | None = None) -> Money:
        """What *amount* earns after *attained* in the same period, by default nothing: F after less F before."""
        return commission(self, amount, attained)

    def compiled(self) -> CompiledSchedule:
        """The schedule as integers."""
        return self._plan

    def scaled(self, unit: Fraction) -> CompiledSchedule:
        """The integers with thresholds meant in multiples of *unit*, such as a quota."""
        back = [tier.retroactive for tier in self.tiers]
        found = pieces(self.tiers, back, running_flats=True, unit=unit)
        never_falls(self, "tiers", found)
        # The first tier has nothing below it to reach back over.
        reaching = [index for index, reaches in enumerate(back) if reaches and index]
        return from_pieces(found, inclusive=self.boundary is Boundary.UPPER, retroactive=reaching)

    def __str__(self) -> str:
        return words(self.tiers, [tier.retroactive for tier in self.tiers])
