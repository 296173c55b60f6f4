"""The models that share a deal by the order and the age of its touches."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any, Final

import attrs
from attrs import field, frozen

from partnerops._attrs import Value, is_a, is_exact, is_share, place, to_fraction
from partnerops._render import percent, plural
from partnerops.attribution._case import Case
from partnerops.attribution._compiled import CompiledAttribution
from partnerops.attribution.options import NoMiddle, to_no_middle
from partnerops.attribution.rules import HOUR, ByAge, ByPosition, Even
from partnerops.exceptions import InvalidValue

_EVEN: Final = Even()


@frozen
class Linear(Value):
    """
    The same credit for every touch: a party with two of four touches earns half.

    A touch weighs 1/n. Repeated touches of a party all count. No touch: unattributed.

    Source: Google Ads API AttributionModelEnum, `LINEAR`; HubSpot and Dreamdata use the same formula.

    >>> Linear().compiled().rule
    Even()
    """

    def weigh(self, case: Case, /) -> Sequence[int]:
        """1 for every touch."""
        return _EVEN.weights(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """How many touches share."""
        count = len(case.touches)
        return ["only touch"] if count == 1 else [f"one of {count} touches that share equally"] * count

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=_EVEN)

    def __str__(self) -> str:
        return "linear"


def _leaves_room(instance: PositionBased, attribute: attrs.Attribute[Any], value: Fraction) -> None:
    # The middle would weigh below 0, and its touches would owe money.
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

    >>> PositionBased("0.3", "0.5").compiled().rule
    ByPosition(first=3, middle=2, last=5, pair=(3, 5))
    """

    first: Fraction = field(default=Fraction(2, 5), converter=to_fraction, validator=is_share)
    """Share of the first touch, a fraction: 0.4 means 40 %."""
    last: Fraction = field(default=Fraction(2, 5), converter=to_fraction, validator=[is_share, _leaves_room])
    """Share of the last touch, a fraction."""
    two_touches: NoMiddle = field(default=NoMiddle.RENORMALISE, converter=to_no_middle, validator=is_a(NoMiddle))
    """What happens to the middle's share when there are only two touches."""
    _rule: ByPosition = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # Once per policy, not once per deal; `__setattr__` of a frozen class refuses even its own.
        object.__setattr__(self, "_rule", self._compile())

    @property
    def middle(self) -> Fraction:
        """Share of all middle touches together."""
        return 1 - self.first - self.last

    def weigh(self, case: Case, /) -> Sequence[int]:
        """Integer weights in the proportions of the shares."""
        return self._rule.weights(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Which position a touch had."""
        count = len(case.touches)
        if count <= 2:
            return [("only touch",), ("first of two touches", "last of two touches")][count - 1] if count else []
        share = percent(self.middle)
        between = (
            f"one of {count - 2} middle touches that share {share}" if count > 3 else f"only middle touch, {share}"
        )
        return [f"first touch, {percent(self.first)}", *[between] * (count - 2), f"last touch, {percent(self.last)}"]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=self._rule)

    def _compile(self) -> ByPosition:
        unit = lcm(self.first.denominator, self.last.denominator)
        first, last = int(self.first * unit), int(self.last * unit)
        middle = unit - first - last
        # Doubled where the middle is split in two, so that the halves stay whole.
        renormalise = self.two_touches is NoMiddle.RENORMALISE
        return ByPosition(
            first, middle, last, pair=(first, last) if renormalise else (2 * first + middle, 2 * last + middle)
        )

    def __str__(self) -> str:
        shares = (
            f"{percent(share, 1).removesuffix(' %').removesuffix('.0')}"
            for share in (self.first, self.middle, self.last)
        )
        return f"position-based {'/'.join(shares)}"


def _whole_hours(instance: object, attribute: attrs.Attribute[Any], value: Decimal | Fraction) -> None:
    is_exact(instance, attribute, value)
    # Ages are whole hours and the table has a row for each; a year's half-life keeps it below 180,000 rows.
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

    >>> TimeDecay(half_life_days=7).compiled().rule
    ByAge(half_life_hours=168)
    """

    half_life_days: Fraction = field(default=Fraction(7), converter=to_fraction, validator=_whole_hours)
    """Days of 24 hours in which a weight halves; fractions down to an hour."""
    _rule: ByAge = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_rule", ByAge(int(self.half_life_days * 24)))

    def weigh(self, case: Case, /) -> Sequence[int]:
        """Integer weights that halve with every half-life of age."""
        return self._rule.weights(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """How much older than the newest a touch was."""
        newest = case.touches[-1].at if case.touches else None
        return [
            f"{plural((newest - touch.at) // HOUR, 'hour', 'hours')} before the newest touch, "
            f"half-life {plural(int(self.half_life_days * 24), 'hour', 'hours')}"
            for touch in case.touches
            if newest is not None
        ]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=self._rule)

    def __str__(self) -> str:
        return f"time decay with a half-life of {plural(int(self.half_life_days * 24), 'hour', 'hours')}"
