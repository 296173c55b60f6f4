"""Schedules that are not tiers of rates: amounts at points, and thresholds measured by a quota."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, Protocol, cast

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import Value, is_share, is_text, place, to_decimal, to_tuple
from partnerops._render import join_and, percent
from partnerops.commission._amounts import as_fraction, commission, describe
from partnerops.commission._compiled import CompiledSchedule, from_pieces
from partnerops.commission._tiers import is_from_zero
from partnerops.exceptions import InvalidValue
from partnerops.money import Money

Point = tuple[Decimal, Decimal]


def _to_points(values: Iterable[tuple[Decimal | int | str, Decimal | int | str]]) -> tuple[Point, ...]:
    """Pairs of attainment and amount; what is no pair is left to the validator."""
    found = to_tuple(values)
    if not isinstance(found, tuple):
        return found
    # Pair by pair, so that a broken one is blamed itself and not the first of the list.
    return tuple(_to_point(one) for one in found)


def _to_point(one: object) -> Point:
    pair = tuple(cast("Iterable[Any]", one)) if isinstance(one, tuple | list) else ()
    # Exact from the start: straight lines between decimals have rational rates, which `Fraction` keeps.
    return (to_decimal(pair[0]), to_decimal(pair[1])) if len(pair) == 2 else cast("Point", one)


def _are_points(instance: object, attribute: attrs.Attribute[Any], value: tuple[Point, ...]) -> None:
    where = place(instance, attribute)
    if not isinstance(value, tuple) or not value:
        raise InvalidValue(where, "a list of (attainment, commission), such as [(10000, 500), (20000, 2000)]", value)
    last: Point = (Decimal(0), Decimal(0))
    for index, point in enumerate(value):
        pair = isinstance(point, tuple) and len(point) == 2
        if not pair or not all(isinstance(part, Decimal) and part.is_finite() for part in point):
            raise InvalidValue(f"{where}[{index}]", "a pair of exact numbers (attainment, commission)", point)
        at, amount = point
        # Commission that falls while sales rise would make a sale cost its partner money.
        if at <= last[0]:
            raise InvalidValue(f"{where}[{index}][0]", f"above the attainment before it ({last[0]})", str(at))
        if amount < last[1]:
            raise InvalidValue(f"{where}[{index}][1]", f"at least the commission before it ({last[1]})", str(amount))
        last = (at, amount)


@frozen
class Interpolated(Value):
    """
    Commission given at some attainments, on straight lines between them.

    F is 0 at 0, as given at each point, linear between points, and grows at the rate `beyond` after the last.

    Raises:
        InvalidValue: Points that do not rise.

    Source: "proportional" rate tables of Oracle Incentive Compensation.

    >>> Interpolated([(10000, 500), (20000, 2000)]).commission(Money("15000.00", "BRL"))
    Money('1250.00', 'BRL')
    """

    points: tuple[Point, ...] = field(converter=_to_points, validator=_are_points)
    """(attainment, commission on it as a whole), rising, in currency units."""
    beyond: Decimal = field(default=Decimal(0), converter=to_decimal, validator=is_share, kw_only=True)
    """Rate after the last point, a fraction."""

    def cumulative(self, attained: Fraction, /) -> Fraction:
        """F at an attainment, exactly."""
        return self.compiled().at(attained)

    def commission(self, amount: Money, *, attained: Money | None = None) -> Money:
        """What *amount* earns after *attained* in the same period, by default nothing: F after less F before."""
        return commission(self, amount, attained)

    def compiled(self) -> CompiledSchedule:
        """The schedule as integers."""
        return self.scaled(Fraction(1))

    def scaled(self, unit: Fraction) -> CompiledSchedule:
        """The integers with attainments meant in multiples of *unit*, such as a quota."""
        # Amounts stay amounts: a quota stretches the attainments alone.
        knots = [(Fraction(0), Fraction(0)), *((as_fraction(at) * unit, as_fraction(sum_)) for at, sum_ in self.points)]
        found = [(at, worth, (after - worth) / (end - at)) for (at, worth), (end, after) in pairwise(knots)]
        return from_pieces([*found, (*knots[-1], as_fraction(self.beyond))])

    def __str__(self) -> str:
        points = join_and([f"{amount:,f} at {at:,f}" for at, amount in self.points])
        return f"{points}, interpolated, then {percent(as_fraction(self.beyond)).replace('.0 %', ' %')}"


class Scalable(Protocol):
    """A schedule whose thresholds can be meant in multiples of a quota."""

    def cumulative(self, attained: Fraction, /) -> Fraction:
        """F at an attainment."""
        ...

    def scaled(self, unit: Fraction, /) -> CompiledSchedule:
        """The integers with thresholds in multiples of *unit*."""
        ...


def _is_scalable(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if isinstance(value, type) or not callable(getattr(value, "scaled", None)):
        rule = "a schedule with thresholds: GraduatedTiers, VolumeTiers, MixedTiers or Interpolated"
        raise InvalidValue(place(instance, attribute), rule, value)


@frozen
class AtQuota(Value):
    """
    A schedule with its thresholds made absolute by one quota: what `OnQuota` comes to for a partner and period.

    >>> from partnerops.commission import FlatRate, GraduatedTiers, Tier
    >>> AtQuota(GraduatedTiers([Tier(0, "0.1"), Tier(1, "0.2")]), Decimal(500)).cumulative(Fraction(600))
    Fraction(70, 1)
    """

    schedule: Scalable = field(validator=_is_scalable)
    """Thresholds in multiples of the quota."""
    quota: Decimal = field(converter=to_decimal, validator=is_from_zero)
    """The quota, in currency units."""

    def __attrs_post_init__(self) -> None:
        # All thresholds would lie at 0, and any sale at all would be above every one.
        if not self.quota:
            raise InvalidValue("AtQuota.quota", "above 0", str(self.quota))

    def cumulative(self, attained: Fraction, /) -> Fraction:
        """F at an attainment, exactly."""
        return self.compiled().at(attained)

    def compiled(self) -> CompiledSchedule:
        """The schedule as integers."""
        return self.schedule.scaled(as_fraction(self.quota))

    def __str__(self) -> str:
        return f"{describe(self.schedule)} of a quota of {self.quota:,f}"


@frozen
class OnQuota(Value):
    """
    Accelerators and decelerators: thresholds are shares of the partner's quota instead of amounts.

    `Tier(above=1, ...)` starts at the full quota, `Tier(above="0.5", ...)` at half of it. The quota is given here, or
    is the `Target` of the partner whose metric is `metric` and whose period is the attainment period.

    Raises:
        InvalidValue: A schedule without thresholds, or a quota that is not above 0.

    >>> from partnerops.commission import GraduatedTiers, Tier
    >>> schedule = OnQuota(GraduatedTiers([Tier(0, "0.08"), Tier(1, "0.12")]), quota=50000)
    >>> schedule.commission(Money("60000.00", "BRL"))
    Money('5200.00', 'BRL')
    """

    schedule: Scalable = field(validator=_is_scalable)
    """The schedule, its thresholds as shares of the quota: 1 is all of it."""
    quota: Decimal | None = field(
        default=None, converter=attrs.converters.optional(to_decimal), validator=optional(is_from_zero), kw_only=True
    )
    """The quota, in currency units; None takes each partner's own target."""
    metric: str = field(default="won_revenue", validator=is_text, kw_only=True)
    """Metric of the targets that are quotas."""

    def __attrs_post_init__(self) -> None:
        if self.quota is not None and not self.quota:
            raise InvalidValue("OnQuota.quota", "above 0", str(self.quota))

    def at_quota(self, quota: Decimal | None = None) -> AtQuota:
        """
        The schedule for one quota, by default its own.

        Raises:
            InvalidValue: There is none.
        """
        # A quota of the partner's own beats the plan's: targets are negotiated one by one.
        found = self.quota if quota is None else quota
        if found is None:
            rule = f"given, or set as a Target with metric {self.metric!r} for the partner and the attainment period"
            raise InvalidValue("OnQuota.quota", rule, None)
        return AtQuota(self.schedule, found)

    def cumulative(self, attained: Fraction, /) -> Fraction:
        """F at an attainment, exactly."""
        return self.at_quota().cumulative(attained)

    def commission(self, amount: Money, *, attained: Money | None = None) -> Money:
        """What *amount* earns after *attained* in the same period, by default nothing: F after less F before."""
        return commission(self.at_quota(), amount, attained)

    def compiled(self) -> CompiledSchedule | None:
        """The schedule as integers; None while each partner has its own quota."""
        return None if self.quota is None else self.at_quota().compiled()

    def __str__(self) -> str:
        return f"{describe(self.schedule)} of {'the quota' if self.quota is None else f'a quota of {self.quota:,f}'}"
