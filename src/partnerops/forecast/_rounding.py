"""One rounding for the whole: the total is rounded once, the lines share it exactly."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import lcm

from partnerops.money import round_quotient


def spread(items: Sequence[tuple[int, Decimal]]) -> list[int]:
    """
    Whole minor units for each (amount, probability): together the sum of products, rounded half-even once.

    Each line first gets its product without the fraction; the units that the total still lacks go one each to the lines
    with the largest fractions of that sign, ties to the earlier line. So a line is within one unit of its product, a
    probability of 1 gives the amount, and the parts of -x are minus the parts of x.

    >>> spread([(1, Decimal("0.5")), (1, Decimal("0.5")), (101, Decimal("0.5"))])
    [1, 1, 50]
    """
    # Over the distinct chances: a forecast of many deals has few, and each costs a fraction.
    ratios = {value: value.as_integer_ratio() for value in {value for _, value in items}}
    unit = lcm(*(whole for _, whole in ratios.values()))
    weights = {value: part * unit // whole for value, (part, whole) in ratios.items()}
    products = [amount * weights[value] for amount, value in items]
    # Cut towards zero on both sides, or the parts of -x would not be minus the parts of x.
    parts = [product // unit if product >= 0 else -(-product // unit) for product in products]
    left = round_quotient(sum(products), unit) - sum(parts)
    if left:
        sign = 1 if left > 0 else -1
        rests = [sign * (product - part * unit) for product, part in zip(products, parts, strict=True)]
        # A reversed sort keeps equal remainders in their order, so ties go to the earlier line.
        for position in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[: abs(left)]:
            parts[position] += sign
    return parts
