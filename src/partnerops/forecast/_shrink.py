"""
Empirical Bayes: how far a small cell is drawn to its parent, read from how much the cells differ.

Rates of counts use the Beta-binomial, rates over exposure the gamma-Poisson. Both strengths maximise the marginal
likelihood over one grid, 0.1 to a million in quarter powers of ten, so that the answer is the same on every platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, lgamma, log, log1p, sqrt
from typing import Final

GRID: Final = tuple(10 ** (quarter / 4) for quarter in range(-4, 25))
"""Strengths tried: from almost no pull to no difference between cells."""
_TIE: Final = 1e-9


def beta_strength(cells: Sequence[tuple[float, float, float]], floor: float) -> float:
    """
    Strength M of the pull for cells of (wins, n, parent's rate), at least *floor*.

    M maximises the sum of `ln B(m M + w, (1 - m) M + n - w) - ln B(m M, (1 - m) M)` with B the beta function and m the
    parent's rate. A cell then has the rate `(w + m M) / (n + M)`: M is how many cases of its own make it as heavy as
    its parent.
    """
    # A parent at 0 or 1 has no beta distribution, and cells without cases say nothing about how cells differ.
    informed = [(wins, n, rate) for wins, n, rate in cells if n and 0 < rate < 1]
    if len(informed) < 2:
        return max(floor, GRID[-1])  # one cell cannot show how much cells differ
    return max(floor, _best([sum(_beta(wins, n, rate, m) for wins, n, rate in informed) for m in GRID]))


def moments_strength(cells: Sequence[tuple[float, float, float]], floor: float) -> float:
    """
    Strength M by the method of moments: quicker than `beta_strength`, and cruder.

    With S the sum of n (own rate - parent's rate)^2 over k cells, the correlation within a cell is
    `r = (S - v (k - 1)) / (v (N - sum of n^2 / N - (k - 1)))` with v the mean of m (1 - m) over cases, held within a
    millionth and 0.999; M is `(1 - r) / r`.
    """
    informed = [(wins, n, rate) for wins, n, rate in cells if n and 0 < rate < 1]
    total = sum(n for _, n, _ in informed)
    spare = total - sum(n * n for _, n, _ in informed) / total - (len(informed) - 1) if total else 0.0
    if len(informed) < 2 or spare <= 0:
        return max(floor, GRID[-1])
    variance = sum(n * rate * (1 - rate) for _, n, rate in informed) / total
    scatter = sum(n * (wins / n - rate) ** 2 for wins, n, rate in informed)
    r = (scatter - variance * (len(informed) - 1)) / (variance * spare)
    # Clipped as in the reference: cells more alike than chance would give a negative strength (F8).
    r = min(max(r, 1e-6), 0.999)
    return max(floor, (1 - r) / r)


def beta_quantile(level: float, a: float, b: float) -> float:
    """The rate below which that share of a beta distribution lies: the ends of what a drawn rate may be."""
    low, high = 0.0, 1.0
    # Halved forty times: below what nine decimals show.
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _beta_share(middle, a, b) < level else (low, middle)
    return high


def _beta_share(x: float, a: float, b: float) -> float:
    """Share of a beta distribution below x, strictly between 0 and 1: the continued fraction of DLMF 8.17.22."""
    # The fraction converges fast only below the mean; above it the distribution is looked at from the other side.
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _beta_share(1.0 - x, b, a)
    fraction = 1.0
    # From its tail to its head, so that no partial quotient can vanish; what it needs grows with the root of the cases.
    for m in range(10 + int(2 * sqrt(a + b)), 0, -1):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        fraction = 1.0 + even / (1.0 + odd / fraction)
    head = -(a + b) * x / (a + 1.0)
    return exp(a * log(x) + b * log1p(-x) - _log_beta(a, b)) / a / (1.0 + head / fraction)


def _beta(wins: float, n: float, rate: float, strength: float) -> float:
    a, b = rate * strength, (1 - rate) * strength
    return _log_beta(a + wins, b + n - wins) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def gamma_strength(cells: Iterable[tuple[float, float]], floor: float) -> float:
    """
    Strength k of the pull for cells of (events, expected events), at least *floor*.

    k maximises the marginal likelihood of the events when each cell's factor is drawn from a gamma distribution with
    mean 1 and shape k. A cell then has the factor `(events + k) / (expected + k)`: k is how many expected events make a
    cell half believed.
    """
    informed = [(events, expected) for events, expected in cells if expected > 0]
    if len(informed) < 2:
        return max(floor, GRID[-1])
    return max(floor, _best([sum(_gamma(o, e, k) for o, e in informed) for k in GRID]))


def _gamma(events: float, expected: float, shape: float) -> float:
    own = events * log(expected / (shape + expected)) if events else 0.0
    return lgamma(shape + events) - lgamma(shape) + shape * log(shape / (shape + expected)) + own


def _best(likelihoods: Sequence[float]) -> float:
    """The smallest strength that nothing beats by more than rounding noise."""
    top = max(likelihoods)
    return next(
        strength for strength, value in zip(GRID, likelihoods, strict=True) if value >= top - _TIE * max(1.0, abs(top))
    )
