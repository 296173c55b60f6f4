"""Splitting money without losing a cent; the public home is `partnerops.money`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import lcm
from typing import Any

from partnerops._arguments import check_exact
from partnerops._money import Money, check_money
from partnerops.exceptions import InvalidValue
from partnerops.typing import ExactLike


def apportion(amount: Money, weights: Iterable[ExactLike]) -> tuple[Money, ...]:
    """
    The amount split in proportion to *weights*, by largest remainder: the parts sum to it exactly.

    A part of weight w first gets `floor(amount * w / total weight)` minor units; what is left over goes, one unit each,
    to the parts with the largest remainders, ties to the earlier weight. So every part is within one minor unit of its
    exact quota, a weight of 0 gets nothing, and only the proportions of the weights matter. The split of -a is minus
    the split of a. One weight takes all. As in every apportionment by remainders, a larger amount may give some part a
    unit less.

    >>> apportion(Money("100.00", "BRL"), [1, 1, 1])
    (Money('33.34', 'BRL'), Money('33.33', 'BRL'), Money('33.33', 'BRL'))
    >>> [str(part.amount) for part in apportion(Money("-0.05", "BRL"), ["0.70", "0.30", 0])]
    ['-0.04', '-0.01', '0.00']

    Raises:
        InexactNumber: A float among the weights.
        InvalidValue: A weight below 0, or none above 0.

    Source: the method of Hamilton and Hare; M. L. Balinski, H. P. Young, Fair Representation (1982), chapter 3.
    """
    check_money("amount", amount)
    found: Any = weights
    if isinstance(found, str | bytes | Mapping) or not isinstance(found, Iterable):
        raise InvalidValue("weights", "a list of exact numbers", weights)
    exact = [check_exact(f"weights[{position}]", weight) for position, weight in enumerate(weights)]
    for position, weight in enumerate(exact):
        if weight < 0:
            raise InvalidValue(
                f"weights[{position}]", "at least 0; to take back, apportion a negative amount", str(weight)
            )
    unit = lcm(*(weight.denominator for weight in exact))
    whole = [int(weight * unit) for weight in exact]
    if not any(whole):
        raise InvalidValue(
            "weights", "at least one number above 0: nobody would get the amount", [str(weight) for weight in exact]
        )
    return tuple(Money.from_minor(minor, amount.currency) for minor in apportion_minor(amount.minor, whole, sum(whole)))


def apportion_minor(minor: int, weights: Sequence[int], total: int) -> list[int]:
    """
    What `apportion` does, on bare integers and without a check: for inner loops.

    *weights* must be integers of at least 0 and *total* their sum, above 0; with another total the parts no longer sum
    to the amount.

    >>> apportion_minor(10000, [40, 20, 40], 100), apportion_minor(-5, [1, 1], 2)
    ([4000, 2000, 4000], [-3, -2])
    """
    if minor < 0:  # the odd extension: floor division would favour other parts
        return [-part for part in apportion_minor(-minor, weights, total)]
    parts = [minor * weight // total for weight in weights]
    left = minor - sum(parts)
    if left:
        rests = [minor * weight % total for weight in weights]
        if left == 1:
            parts[rests.index(max(rests))] += 1
        else:
            # A reversed sort keeps equal remainders in their order, so ties go to the earlier part.
            for position in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:left]:
                parts[position] += 1
    return parts
