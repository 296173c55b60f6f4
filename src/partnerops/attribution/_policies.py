"""The models: which touches of a deal earn its credit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import Any

import attrs
from attrs import field, frozen

from partnerops._attrs import Value, is_a, is_exact, is_share, place, to_fraction, to_member
from partnerops._render import percent, plural
from partnerops.attribution._case import Case
from partnerops.attribution._compiled import CompiledAttribution, Shape, shape_weights
from partnerops.exceptions import InvalidValue

_FIRST = CompiledAttribution(shape=Shape.POSITION, weights=(1, 0, 0, 1, 0))
_LAST = CompiledAttribution(shape=Shape.POSITION, weights=(0, 0, 1, 0, 1))
_EVEN = CompiledAttribution(shape=Shape.EVEN)


@frozen
class FirstTouch(Value):
    """
    All credit to the party of the first touch.

    Weights are 1, 0, 0, ...; touches of the same instant rank by id. No touch: unattributed. One touch: all of it.

    Source: the single-touch model of Google Ads, HubSpot, Dreamdata and others.

    >>> FirstTouch().compiled().weights
    (1, 0, 0, 1, 0)
    """

    def weigh(self, case: Case, /) -> Sequence[int]:
        """1 for the first touch, 0 for the others."""
        return shape_weights(self.compiled(), case.touches)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Whether a touch was the first."""
        return ["first touch" if index == 0 else "not the first touch" for index in range(len(case.touches))]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return _FIRST

    def __str__(self) -> str:
        return "first touch"


@frozen
class LastTouch(Value):
    """
    All credit to the party of the last touch before the close; a touch at the instant of the close counts.

    Weights are ..., 0, 0, 1; touches of the same instant rank by id. No touch: unattributed. One touch: all of it.

    Source: the single-touch model of Google Ads, HubSpot, Dreamdata and others.

    >>> LastTouch().compiled().weights
    (0, 0, 1, 0, 1)
    """

    def weigh(self, case: Case, /) -> Sequence[int]:
        """1 for the last touch, 0 for the others."""
        return shape_weights(self.compiled(), case.touches)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Whether a touch was the last."""
        last = len(case.touches) - 1
        return ["last touch" if index == last else "not the last touch" for index in range(last + 1)]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return _LAST

    def __str__(self) -> str:
        return "last touch"


@frozen
class Linear(Value):
    """
    The same credit for every touch: a party with two of four touches earns half.

    A touch weighs 1/n. Repeated touches of a party all count. No touch: unattributed.

    Source: Google Ads API AttributionModelEnum, `LINEAR`; HubSpot and Dreamdata use the same formula.

    >>> Linear().compiled().shape
    <Shape.EVEN: 'even'>
    """

    def weigh(self, case: Case, /) -> Sequence[int]:
        """1 for every touch."""
        return shape_weights(self.compiled(), case.touches)

    def explain(self, case: Case, /) -> Sequence[str]:
        """How many touches share."""
        return [f"one of {plural(len(case.touches), 'touch', 'touches')} that share equally"] * len(case.touches)

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return _EVEN

    def __str__(self) -> str:
        return "linear"


class TwoTouches(StrEnum):
    """What a position-based model does when there are only two touches, so that nobody is in the middle."""

    RENORMALISE = "renormalise"
    """First and last keep their proportion: 30/20/50 becomes 37.5/62.5."""
    SPLIT_MIDDLE = "split_middle"
    """Each takes half of the middle: 30/20/50 becomes 40/60."""


def to_two_touches(value: str) -> TwoTouches:
    """The member with this value; anything else is left to the validator."""
    return to_member(TwoTouches, value)


def _leaves_room(instance: PositionBased, attribute: attrs.Attribute[Any], value: Fraction) -> None:
    if instance.first + value > 1:
        raise InvalidValue(
            place(instance, attribute), f"at most {1 - instance.first}, so that first + last <= 1", str(value)
        )
    if instance.first + value == 0:
        raise InvalidValue(place(instance, attribute), "above 0 when first is 0", str(value))


@frozen
class PositionBased(Value):
    """
    Fixed shares for the first and the last touch; the touches between them share the rest equally.

    With n touches, each one in the middle weighs `(1 - first - last) / (n - 2)`. The default is 40/20/40. One touch
    takes all. Two touches follow `two_touches`; for equal ends both rules give 50/50. A party with several
    touches earns the sum of their shares. No touch: unattributed.

    Raises:
        InvalidValue: A share outside 0 to 1, or first + last above 1 or equal to 0.
        InexactNumber: A float share.

    Source: Google Ads API AttributionModelEnum (40/20/40, anchor the last touch); DP6 `MAM.py`; Matomo.

    >>> PositionBased("0.3", "0.5").compiled().weights
    (3, 2, 5, 3, 5)
    """

    first: Fraction = field(default=Fraction(2, 5), converter=to_fraction, validator=is_share)
    """Share of the first touch, a fraction: 0.4 means 40 %."""
    last: Fraction = field(default=Fraction(2, 5), converter=to_fraction, validator=[is_share, _leaves_room])
    """Share of the last touch, a fraction."""
    two_touches: TwoTouches = field(
        default=TwoTouches.RENORMALISE, converter=to_two_touches, validator=is_a(TwoTouches)
    )
    """What happens without a middle."""
    _plan: CompiledAttribution = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # Once per policy, not once per deal; `__setattr__` of a frozen class refuses even its own.
        object.__setattr__(self, "_plan", self._compile())

    @property
    def middle(self) -> Fraction:
        """Share of all middle touches together."""
        return 1 - self.first - self.last

    def weigh(self, case: Case, /) -> Sequence[int]:
        """Integer weights in the proportions of the shares."""
        return shape_weights(self.compiled(), case.touches)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Which position a touch had."""
        count = len(case.touches)
        if count <= 2:
            return [("only touch",), ("first of two touches", "last of two touches")][count - 1] if count else []
        between = f"one of {plural(count - 2, 'middle touch', 'middle touches')} that share {percent(self.middle)}"
        return [f"first touch, {percent(self.first)}", *[between] * (count - 2), f"last touch, {percent(self.last)}"]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return self._plan

    def _compile(self) -> CompiledAttribution:
        unit = lcm(self.first.denominator, self.last.denominator)
        first, last = int(self.first * unit), int(self.last * unit)
        middle = unit - first - last
        # Doubled where the middle is split in two, so that the halves stay whole.
        pair = (first, last) if self.two_touches is TwoTouches.RENORMALISE else (2 * first + middle, 2 * last + middle)
        return CompiledAttribution(shape=Shape.POSITION, weights=(first, middle, last, *pair))

    def __str__(self) -> str:
        shares = (
            f"{percent(share, 1).removesuffix(' %').removesuffix('.0')}"
            for share in (self.first, self.middle, self.last)
        )
        return f"position-based {'/'.join(shares)}"


def _whole_hours(instance: object, attribute: attrs.Attribute[Any], value: Decimal | Fraction) -> None:
    is_exact(instance, attribute, value)
    if not 0 < value <= 366 or (value * 24) % 1:
        raise InvalidValue(place(instance, attribute), "above 0, at most 366, and a whole number of hours", str(value))


@frozen
class TimeDecay(Value):
    """
    More credit the closer a touch is to the newest one.

    A touch weighs `2^(-age / half-life)`, its age being the whole hours before the newest touch that counts, the
    half-life in hours too. Weights are integers on a scale of 2^20, at least 1: the newest touch never weighs 0, and no
    touch vanishes. One touch takes all. No touch: unattributed.

    Raises:
        InvalidValue: A half-life that is not above 0, is above 366 days, or is not a whole number of hours.
        InexactNumber: A float half-life.

    Source: Google Ads API AttributionModelEnum, `TIME_DECAY`, half-life one week; DP6 uses 0.5 per 168 h.

    >>> TimeDecay(half_life_days=7).compiled().half_life_hours
    168
    """

    half_life_days: Fraction = field(default=Fraction(7), converter=to_fraction, validator=_whole_hours)
    """Days of 24 hours in which a weight halves; fractions down to an hour."""
    _plan: CompiledAttribution = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        plan = CompiledAttribution(shape=Shape.AGE, half_life_hours=int(self.half_life_days * 24))
        object.__setattr__(self, "_plan", plan)

    def weigh(self, case: Case, /) -> Sequence[int]:
        """Integer weights that halve with every half-life of age."""
        return shape_weights(self.compiled(), case.touches)

    def explain(self, case: Case, /) -> Sequence[str]:
        """How much older than the newest a touch was."""
        newest = case.touches[-1].at if case.touches else None
        return [
            f"{plural(int((newest - touch.at).total_seconds() // 3600), 'hour', 'hours')} before the newest touch, "
            f"half-life {plural(int(self.half_life_days * 24), 'hour', 'hours')}"
            for touch in case.touches
            if newest is not None
        ]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return self._plan

    def __str__(self) -> str:
        return f"time decay with a half-life of {plural(int(self.half_life_days * 24), 'hour', 'hours')}"
