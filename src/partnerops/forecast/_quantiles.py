"""
Quantiles of a sum of independent deals, each worth its amount with its chance and else nothing.

Few deals are convolved on a grid; more go by the saddlepoint of Lugannani and Rice, or on the grid where it finds none;
many go by the expansion of Cornish and Fisher. Where a few large deals make the sum lumpy, those are enumerated and the
rest added by Edgeworth. All of it is arithmetic without draws: the same sum gives the same quantiles.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, repeat
from math import erf, exp, isnan, log, log1p, nan, pi, sqrt
from operator import mul, sub
from typing import Final, NamedTuple

FEW: Final = 100
"""Up to so many deals a grid is both exact enough and quick."""
MANY: Final = 2000
"""Beyond so many, four cumulants say all there is to say."""
BUCKETS: Final = 2000
"""Cells of the grid."""
LUMP: Final = 0.10
"""Share of the variance from which on one deal makes the sum lumpy."""
TRACE: Final = 0.001
"""Share of the variance from which on a deal can be told from the normal distribution at all."""
_STEPS: Final = 200
_CLOSE: Final = 1e-12
_FOUND: Final = 1e-6

Deal = tuple[float, float]
"""Amount, not 0, and chance, strictly between 0 and 1."""
Group = tuple[float | Sequence[float], Sequence[float]]
"""The chance that some deals share, or one for each of them; and their amounts."""


class Cumulants(NamedTuple):
    """Mean, variance, third and fourth cumulant of a sum; and the variance of the part that has most of it."""

    mean: float
    variance: float
    third: float
    fourth: float
    largest: float


def quantiles(
    groups: Sequence[Group],
    levels: Sequence[float],
    *,
    sure: float = 0.0,
    extra: tuple[float, float] = (0.0, 0.0),
) -> tuple[list[float], str]:
    """
    The quantiles of *sure* + the deals + a normal part of (mean, variance) *extra* at rising *levels*; and how found.

    Amounts are not 0, chances strictly between 0 and 1, no group is empty. No deal and no scatter gives the sure amount
    at every level.
    """
    mean, variance = extra
    base = sure + mean
    count = sum(len(amounts) for _, amounts in groups)
    if not count:
        return [base + sqrt(variance) * normal_quantile(level) for level in levels], "normal"
    if count <= FEW:
        return _moved(base, _by_grid(_deals(groups), variance, levels)), "grid"
    total = cumulants(groups)
    if total.largest > LUMP * total.variance:
        found = _by_lumps(groups, total, variance, levels)
        return _moved(base, _within(found, groups, variance)), "enumeration"
    if count <= MANY:
        deals = _deals(groups)
        found = _by_saddlepoint(deals, total, variance, levels)
        # Where hardly a deal is won, or hardly one lost, a quantile is one of few values and no tilt leads to it.
        if any(map(isnan, found)) or found != _within(found, groups, variance):
            return _moved(base, _by_grid(deals, variance, levels)), "grid"
        return _moved(base, found), "saddlepoint"
    return _moved(base, _within(_by_cornish_fisher(total, variance, levels), groups, variance)), "Cornish-Fisher"


def _deals(groups: Sequence[Group]) -> list[Deal]:
    found: list[Deal] = []
    for chance, amounts in groups:
        # not strict: what repeats one chance has no end
        found += zip(amounts, chance if isinstance(chance, Sequence) else repeat(chance), strict=False)
    return found


def _within(values: Sequence[float], groups: Sequence[Group], variance: float) -> list[float]:
    """The values in rising order and, without a normal part, within what the deals can bring; expansions leave both."""
    if variance:
        return sorted(values)
    low = sum(sum(amount for amount in amounts if amount < 0) for _, amounts in groups if min(amounts) < 0)
    high = sum(sum(amounts) for _, amounts in groups) - low
    return sorted(min(max(value, low), high) for value in values)


def _moved(base: float, values: Iterable[float]) -> list[float]:
    return [base + value for value in values]


def cumulants(groups: Sequence[Group]) -> Cumulants:
    """
    The first four cumulants of the sum; of independent sums they add up, so each group is taken in its quickest way.

    The fourth is left at 0 where no deal has a thousandth of the variance: it could not move a quantile.
    """
    parts = [
        _of_many(chance, amounts) if isinstance(chance, Sequence) else _of_one_chance(chance, amounts)
        for chance, amounts in groups
    ]
    mean, variance, third = (sum(part[place] for part in parts) for place in range(3))
    largest = max((part[3] for part in parts), default=0.0)
    fourth = sum(map(_fourth, _deals(groups))) if largest > TRACE * variance else 0.0
    return Cumulants(mean, variance, third, fourth, largest)


_Three = tuple[float, float, float, float]
"""Three cumulants, and the largest variance."""


def _of_one_chance(chance: float, amounts: Sequence[float]) -> _Three:
    """Such deals differ in nothing but the amount, so the sums of its powers are all that it takes."""
    squares = list(map(mul, amounts, amounts))
    own = chance * (1.0 - chance)
    third = own * (1.0 - 2.0 * chance) * sum(map(mul, squares, amounts))
    return chance * sum(amounts), own * sum(squares), third, own * max(squares)


def _of_many(chances: Sequence[float], amounts: Sequence[float]) -> _Three:
    """The same deal by deal; whole lists at a time, which the interpreter does fastest."""
    means = list(map(mul, amounts, chances))
    variances = list(map(mul, means, map(sub, amounts, means)))  # a p (a - a p) = a^2 p (1 - p)
    cubes = list(map(mul, variances, amounts))
    # variance x amount x (1 - 2 p), summed as a difference
    third = sum(cubes) - 2.0 * sum(map(mul, cubes, chances))
    return sum(means), sum(variances), third, max(variances, default=0.0)


def _fourth(deal: Deal) -> float:
    amount, chance = deal
    own = chance * (1.0 - chance)
    return own * (1.0 - 6.0 * own) * amount**4


# --- the normal distribution ------------------------------------------------------------------------------------------


def normal_cdf(z: float) -> float:
    """Share of a normal distribution below z."""
    return 0.5 * (1.0 + erf(z / sqrt(2.0)))


def normal_quantile(level: float) -> float:
    """The z below which that share of a normal distribution lies."""
    return _solve(normal_cdf, level, -40.0, 40.0)


def _density(z: float) -> float:
    return exp(-0.5 * z * z) / sqrt(2.0 * pi)


def _solve(cdf: Callable[[float], float], level: float, low: float, high: float) -> float:
    """The smallest value, up to rounding, at which a rising function reaches the level."""
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if cdf(middle) < level:
            low = middle
        else:
            high = middle
        if high - low <= _CLOSE * max(1.0, abs(high)):
            break
    return high


# --- few deals: a grid ------------------------------------------------------------------------------------------------


def _by_grid(deals: Sequence[Deal], variance: float, levels: Sequence[float]) -> list[float]:
    """Convolution on a grid; an amount is shared between its two neighbours, so that the mean stays exact."""
    low = sum(min(amount, 0.0) for amount, _ in deals)
    span = sum(abs(amount) for amount, _ in deals)
    unit = span / BUCKETS
    weights = [1.0]
    for amount, chance in deals:
        # a negative amount is a sure one that may be given back
        size, p = (amount, chance) if amount >= 0 else (-amount, 1.0 - chance)
        whole, rest = divmod(size / unit, 1.0)
        weights = _convolved(weights, int(whole), rest, p)
    if variance == 0:
        return [low + min(span, unit * _step_quantile(weights, level)) for level in levels]
    sigma = sqrt(variance)
    cells = [(low + unit * index, weight) for index, weight in enumerate(weights) if weight > 0]

    def cdf(value: float) -> float:
        return sum(weight * normal_cdf((value - cell) / sigma) for cell, weight in cells)

    return [_solve(cdf, level, low - 10 * sigma, low + span + 10 * sigma) for level in levels]


def _convolved(weights: Sequence[float], whole: int, rest: float, chance: float) -> list[float]:
    grown = [weight * (1.0 - chance) for weight in weights] + [0.0] * (whole + 1)
    lower, upper = chance * (1.0 - rest), chance * rest
    for index, weight in enumerate(weights, start=whole):
        grown[index] += weight * lower
        grown[index + 1] += weight * upper
    return grown


def _step_quantile(weights: Sequence[float], level: float) -> float:
    reached = list(accumulate(weights))
    return float(min(bisect_left(reached, level - _CLOSE), len(weights) - 1))


# --- lumps: the large deals one by one --------------------------------------------------------------------------------


def _by_lumps(groups: Sequence[Group], total: Cumulants, variance: float, levels: Sequence[float]) -> list[float]:
    """Every outcome of the large deals, the rest by Edgeworth; fewer than ten can have a tenth of the variance."""
    limit = LUMP * total.variance
    large: list[Deal] = []
    small: list[Deal] = []
    for amount, chance in _deals(groups):
        (large if amount * amount * chance * (1.0 - chance) > limit else small).append((amount, chance))
    rest = cumulants([([chance for _, chance in small], [amount for amount, _ in small])])
    atoms = [(0.0, 1.0)]
    for amount, chance in large:
        atoms = [(value, weight * (1.0 - chance)) for value, weight in atoms] + [
            (value + amount, weight * chance) for value, weight in atoms
        ]
    sigma = sqrt(rest.variance + variance)
    skew, excess = rest.third / sigma**3, rest.fourth / sigma**4

    def cdf(value: float) -> float:
        return sum(weight * _edgeworth((value - atom - rest.mean) / sigma, skew, excess) for atom, weight in atoms)

    reach = sum(abs(amount) for amount, _ in large) + 10 * sigma
    return [_solve(cdf, level, rest.mean - reach, rest.mean + reach) for level in levels]


def _edgeworth(z: float, skew: float, excess: float) -> float:
    """Share below z of a distribution with mean 0, variance 1, that skewness and that excess."""
    second, third = z * z - 1.0, z * (z * z - 3.0)
    fifth = z * (z * z * (z * z - 10.0) + 15.0)
    return normal_cdf(z) - _density(z) * (skew / 6.0 * second + excess / 24.0 * third + skew * skew / 72.0 * fifth)


# --- more deals: the saddlepoint --------------------------------------------------------------------------------------


def _by_saddlepoint(deals: Sequence[Deal], total: Cumulants, variance: float, levels: Sequence[float]) -> list[float]:
    """Lugannani and Rice: the value that the tilt of each level stands for; not a number where no tilt was found."""
    scale = sqrt(total.variance + variance)
    scaled = [(amount / scale, chance) for amount, chance in deals]
    extra, skew = variance / (scale * scale), total.third / scale**3
    found: list[float] = []
    for level in levels:
        tilt = _tilt(scaled, extra, skew, normal_quantile(level))
        found.append(scale * _tilted(scaled, extra, tilt)[1] if tilt is not None else nan)
    return found


def _tilt(deals: Sequence[Deal], extra: float, skew: float, near: float) -> float | None:
    """The tilt for a normal quantile, by the secant through those of two tilts, which lie almost on a line; or None."""
    one, other = near, near + (0.1 if near <= 0 else -0.1)
    at_one, at_other = (_normal_level(deals, extra, skew, tilt) - near for tilt in (one, other))
    for _ in range(20):
        if abs(at_other) < 1e-9 or at_one == at_other:
            break
        ahead = other - at_other * (other - one) / (at_other - at_one)
        one, at_one = other, at_other
        other, at_other = ahead, _normal_level(deals, extra, skew, ahead) - near
    return other if abs(at_other) < _FOUND else None


def _normal_level(deals: Sequence[Deal], extra: float, skew: float, tilt: float) -> float:
    """The standardised level that the sum reaches at a tilt: r + ln(u / r) / r, with r and u of Lugannani and Rice."""
    value, mean, spread = _tilted(deals, extra, tilt)
    root = sqrt(max(0.0, 2.0 * (tilt * mean - value)))
    r = root if tilt > 0 else -root
    u = tilt * sqrt(max(0.0, spread))
    # at the mean both vanish, and the quotient goes to a sixth of the skewness
    if abs(r) <= 1e-4:
        return r + skew / 6.0
    return r + log(u / r) / r if u / r > 0 else nan


def _tilted(deals: Sequence[Deal], extra: float, tilt: float) -> tuple[float, float, float]:
    """The cumulant generating function and its first two derivatives, with the normal part."""
    value, mean, spread = 0.5 * extra * tilt * tilt, extra * tilt, extra
    for amount, chance in deals:
        power = amount * tilt
        # written so that neither a large nor a small power overflows
        if power > 0:
            odds = chance + (1.0 - chance) * exp(-power)
            value += power + log(odds)
            likely = chance / odds
        else:
            growth = chance * (exp(power) - 1.0)
            value += log1p(growth)
            likely = chance * exp(power) / (1.0 + growth)
        mean += amount * likely
        spread += amount * amount * likely * (1.0 - likely)
    return value, mean, spread


# --- many deals: Cornish and Fisher -----------------------------------------------------------------------------------


def _by_cornish_fisher(total: Cumulants, variance: float, levels: Sequence[float]) -> list[float]:
    sigma = sqrt(total.variance + variance)
    skew, excess = total.third / sigma**3, total.fourth / sigma**4
    found: list[float] = []
    for level in levels:
        z = normal_quantile(level)
        moved = (
            z
            + (z * z - 1.0) * skew / 6.0
            + (z**3 - 3.0 * z) * excess / 24.0
            - (2.0 * z**3 - 5.0 * z) * skew * skew / 36.0
        )
        found.append(total.mean + sigma * moved)
    return found
