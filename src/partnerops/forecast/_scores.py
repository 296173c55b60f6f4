"""Measures of accuracy: of amounts against what came, of chances against what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import log
from typing import Final, TypeVar

from attrs import field, frozen

from partnerops._arguments import check_exact, check_int
from partnerops._attrs import Value
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.forecast._probability import quantised, rule_for
from partnerops.money import Money
from partnerops.ratio import Ratio
from partnerops.typing import ExactLike

T = TypeVar("T")
Amount = Money | ExactLike
"""What was forecast or came: money of one currency, or exact numbers."""
Outcome = tuple[ExactLike, bool]
"""A chance, and whether it came true."""
CLIP: Final = 1e-6
"""Chances are held so far from 0 and 1 in the log loss: a sure miss costs much, but not everything."""


def _exact(lists: Mapping[str, Iterable[Amount]]) -> tuple[list[list[Fraction]], str | None]:
    """Lists by name as exact numbers, in minor units where they are money; and the currency."""
    given = {name: _listed(name, values) for name, values in lists.items()}
    every = [value for values in given.values() for value in values]
    moneys = [value for value in every if isinstance(value, Money)]
    if 0 < len(moneys) < len(every):
        # 100 would be taken as 100 cents beside an amount of money
        raise InvalidValue(" and ".join(given), "all money, or all numbers", tuple(every[:3]))
    for money in moneys:
        if money.currency != moneys[0].currency:
            raise CurrencyMismatch("compare", moneys[0].currency, money.currency)
    numbers = [
        [
            Fraction(value.minor) if isinstance(value, Money) else check_exact(f"{name}[{index}]", value)
            for index, value in enumerate(values)
        ]
        for name, values in given.items()
    ]
    return numbers, moneys[0].currency if moneys else None


def _listed(name: str, values: Iterable[T]) -> list[T]:
    # A string is iterable too: "123" would be read as the three amounts 1, 2 and 3.
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InvalidValue(name, "a list", values)
    return list(values)


def _check_length(name: str, values: Sequence[Fraction], actual: Sequence[Fraction]) -> None:
    if len(values) != len(actual):
        raise InvalidValue(name, f"as long as actual ({len(actual)})", len(values))


def _pairs(actual: Iterable[Amount], forecast: Iterable[Amount]) -> tuple[list[tuple[Fraction, Fraction]], str | None]:
    """Pairs of exact numbers, in minor units where they are money, and the currency."""
    (came, said), currency = _exact({"actual": actual, "forecast": forecast})
    _check_length("forecast", said, came)
    return list(zip(came, said, strict=True)), currency


def _ratio(part: Fraction, whole: Fraction, currency: str | None) -> Ratio:
    if currency is None:
        return Ratio(part, whole)
    # Sums of whole minor units, so `int` cuts nothing off.
    return Ratio(Money.from_minor(int(part), currency), Money.from_minor(int(whole), currency))


def wape(actual: Iterable[Amount], forecast: Iterable[Amount]) -> Ratio:
    """
    Weighted absolute percentage error: the sum of |actual - forecast| over the sum of |actual|. The headline for money.

    Nothing came at all: no value. It can be right for the wrong reason, when too high and too low cancel within a
    period: read it beside `bias` and the Brier score.

    >>> wape([100, 300], [90, 330]).percent()
    '10.0 %'
    """
    pairs, currency = _pairs(actual, forecast)
    return _ratio(
        sum((abs(a - f) for a, f in pairs), Fraction(0)), sum((abs(a) for a, _ in pairs), Fraction(0)), currency
    )


def bias(actual: Iterable[Amount], forecast: Iterable[Amount]) -> Ratio:
    """
    The sum of (forecast - actual) over the sum of |actual|: above 0 the forecasts were too high.

    >>> bias([100, 300], [90, 330]).percent()
    '5.0 %'
    """
    pairs, currency = _pairs(actual, forecast)
    return _ratio(sum((f - a for a, f in pairs), Fraction(0)), sum((abs(a) for a, _ in pairs), Fraction(0)), currency)


def accuracy(actual: Iterable[Amount], forecast: Iterable[Amount]) -> Fraction | None:
    """
    1 - WAPE, not clipped: below 0 where the misses exceed what came; None where nothing came.

    >>> accuracy([100, 300], [90, 330])
    Fraction(9, 10)
    """
    value = wape(actual, forecast).value
    # Not clipped at 0: a forecast that missed by three times what came must not look merely useless.
    return None if value is None else 1 - value


def mape(actual: Iterable[Amount], forecast: Iterable[Amount]) -> tuple[Fraction | None, int]:
    """
    The mean of |actual - forecast| / |actual| over the periods in which something came, and how many were skipped.

    >>> mape([100, 0, 200], [90, 10, 220])
    (Fraction(1, 10), 1)
    """
    pairs, _ = _pairs(actual, forecast)
    # Skipped and counted, never taken as 0: a month without a sale is where many forecasts are worst.
    errors = [abs(a - f) / abs(a) for a, f in pairs if a]
    return (sum(errors, Fraction(0)) / len(errors) if errors else None), len(pairs) - len(errors)


def mase(
    actual: Iterable[Amount], forecast: Iterable[Amount], *, training: Iterable[Amount], season: int = 1
) -> Fraction | None:
    """
    The mean miss over the mean miss of the seasonal naive forecast within the *training* periods; below 1 is better.

    *season* is the number of periods in a cycle. A training without change, or not longer than a season: None.

    Source: R. J. Hyndman, A. B. Koehler, Another look at measures of forecast accuracy, IJF 22 (2006).

    >>> mase([110], [100], training=[80, 100, 120])
    Fraction(1, 2)
    """
    check_int("mase(season=...)", season, 1)
    (came, said, known), _ = _exact({"actual": actual, "forecast": forecast, "training": training})
    _check_length("forecast", said, came)
    # From the training periods alone: the scale must not know what it is to judge.
    moves = [abs(later - earlier) for earlier, later in zip(known, known[season:], strict=False)]
    # A flat training, or one no longer than a season, measures nothing: the sheet's rule is no value.
    if not came or not any(moves):
        return None
    # The mean of each over its own number of periods: the two spans need not be as long as one another.
    misses = [abs(a - f) for a, f in zip(came, said, strict=True)]
    return sum(misses, Fraction(0)) / len(misses) / (sum(moves, Fraction(0)) / len(moves))


def skill(error: ExactLike | None, naive_error: ExactLike | None) -> Fraction | None:
    """
    1 - error / the naive forecast's error on the same cases: 0 is no better, 1 is perfect, below 0 is worse.

    >>> skill("0.15", "0.20"), skill("0.15", 0)
    (Fraction(1, 4), None)
    """
    if error is None or naive_error is None or not check_exact("naive_error", naive_error):
        return None
    return 1 - check_exact("error", error) / check_exact("naive_error", naive_error)


# --- chances ----------------------------------------------------------------------------------------------------------


def _outcomes(outcomes: Iterable[Outcome]) -> list[tuple[Fraction, int]]:
    found: list[tuple[Fraction, int]] = []
    for index, pair in enumerate(_listed("outcomes", outcomes)):
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise InvalidValue(f"outcomes[{index}]", "a chance and whether it came true", pair)
        chance, came = pair
        exact = check_exact(f"outcomes[{index}][0]", chance)
        if not 0 <= exact <= 1:
            raise InvalidValue(f"outcomes[{index}][0]", rule_for(exact), str(chance))
        if came not in (True, False):
            raise InvalidValue(f"outcomes[{index}][1]", "True where it came true, else False", came)
        found.append((exact, int(came)))
    return found


def brier(outcomes: Iterable[Outcome]) -> Decimal | None:
    """
    Mean of (chance - came true)^2, to nine decimals: 0 is perfect, always saying the base rate b gives b (1 - b).

    >>> brier([("0.8", True), ("0.3", False)])
    Decimal('0.065')
    """
    pairs = _outcomes(outcomes)
    # The sum is exact, and is rounded once: so the parts of Murphy can add up to it.
    return quantised(sum(((p - y) ** 2 for p, y in pairs), Fraction(0)) / len(pairs)) if pairs else None


@frozen(kw_only=True)
class BrierParts(Value):
    """
    What a Brier score is made of: `uncertainty - resolution + reliability + within`, exactly.

    >>> BrierParts(uncertainty=Fraction(1, 4), resolution=Fraction(1, 9), reliability=Fraction(0)).score
    Fraction(5, 36)
    """

    uncertainty: Fraction
    """How hard the question is: b (1 - b) of the base rate b."""
    resolution: Fraction
    """How far the bins' rates differ from the base rate: more is better."""
    reliability: Fraction
    """How far the bins' chances differ from their rates: less is better."""
    within: Fraction = field(default=Fraction(0))
    """What the bins hide: chances of one bin that differ; 0 when every bin holds one chance."""

    @property
    def score(self) -> Fraction:
        """The Brier score."""
        return self.uncertainty - self.resolution + self.reliability + self.within


def brier_parts(outcomes: Iterable[Outcome], *, bins: int = 10) -> BrierParts | None:
    """
    The Brier score taken apart over bins of equal size; None of nothing.

    Source: A. H. Murphy, A new vector partition of the probability score, J. Appl. Meteorology 12 (1973).

    >>> brier_parts([("0.5", True), ("0.5", False), (1, True), (0, False)], bins=2).uncertainty
    Fraction(1, 4)
    """
    check_int("brier_parts(bins=...)", bins, 1)
    pairs = _outcomes(outcomes)
    if not pairs:
        return None
    n = len(pairs)
    base = Fraction(sum(y for _, y in pairs), n)
    groups = _binned(pairs, min(bins, n))
    means = [(len(group), *_means(group)) for group in groups]
    resolution = sum((size * (rate - base) ** 2 for size, _, rate in means), Fraction(0)) / n
    reliability = sum((size * (chance - rate) ** 2 for size, chance, rate in means), Fraction(0)) / n
    score = sum(((p - y) ** 2 for p, y in pairs), Fraction(0)) / n
    uncertainty = base * (1 - base)
    return BrierParts(
        uncertainty=uncertainty,
        resolution=resolution,
        reliability=reliability,
        within=score - (uncertainty - resolution + reliability),
    )


def _binned(pairs: Sequence[tuple[Fraction, int]], bins: int) -> list[list[tuple[Fraction, Fraction]]]:
    """
    Bins of as equal size as can be, by rising chance.

    An edge may fall among cases of one chance. Whoever sorted those by outcome would find misses in one bin and hits in
    the next, and call a perfect forecast badly calibrated; so each of them counts with the rate of all of them.
    """
    cases: dict[Fraction, list[int]] = {}
    for chance, came in pairs:
        cases.setdefault(chance, []).append(came)
    ordered = [
        (chance, Fraction(sum(came), len(came))) for chance, came in sorted(cases.items()) for _ in range(len(came))
    ]
    edges = [len(ordered) * index // bins for index in range(bins + 1)]
    return [ordered[start:end] for start, end in pairwise(edges) if end > start]


def _means(group: Sequence[tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction]:
    """Mean chance and rate of a bin; equal cases are added up at once, for sums of fractions are slow."""
    counts = Counter(group)
    chance = sum((chance * count for (chance, _), count in counts.items()), Fraction(0))
    rate = sum((rate * count for (_, rate), count in counts.items()), Fraction(0))
    return chance / len(group), rate / len(group)


def log_loss(outcomes: Iterable[Outcome]) -> Decimal | None:
    """
    Mean of -ln(chance given to what happened), chances held a millionth away from 0 and 1; None of nothing.

    It punishes cells that say 0 or 1 on little evidence, which the Brier score hardly sees.

    >>> log_loss([("0.5", True), ("0.5", False)])
    Decimal('0.693147181')
    """
    pairs = _outcomes(outcomes)
    if not pairs:
        return None
    total = 0.0
    for chance, came in pairs:
        held = min(max(float(chance), CLIP), 1 - CLIP)
        total -= log(held if came else 1 - held)
    return quantised(Fraction(total / len(pairs)))


def ece(outcomes: Iterable[Outcome], *, bins: int = 10) -> Decimal | None:
    """
    Expected calibration error: the mean gap between chance and rate over bins of equal size; None below one case a bin.

    Cases of one chance stand for each other, so it does not matter in which of two bins one of them falls.

    >>> ece([("0.2", False), ("0.2", False), ("0.8", True), ("0.8", True)], bins=2)
    Decimal('0.2')
    """
    check_int("ece(bins=...)", bins, 1)
    pairs = _outcomes(outcomes)
    # With fewer cases than bins each bin is a single yes or no, which no chance can match.
    if len(pairs) < bins:
        return None
    means = [(len(group), *_means(group)) for group in _binned(pairs, bins)]
    return quantised(sum((size * abs(chance - rate) for size, chance, rate in means), Fraction(0)) / len(pairs))


# --- intervals --------------------------------------------------------------------------------------------------------


def pinball(actual: Iterable[Amount], forecast: Iterable[Amount], *, quantile: ExactLike) -> Fraction | None:
    """
    Mean loss of a quantile forecast: `q (actual - forecast)` when too low, `(1 - q) (forecast - actual)` when too high.

    In minor units where the amounts are money; None of nothing.

    >>> pinball([100, 100], [90, 120], quantile="0.9")
    Fraction(11, 2)
    """
    q = check_exact("pinball(quantile=...)", quantile)
    if not 0 < q < 1:
        raise InvalidValue("pinball(quantile=...)", "between 0 and 1, such as 0.9", str(quantile))
    pairs, _ = _pairs(actual, forecast)
    # Both slopes in one: the larger is the one that applies.
    losses = [max(q * (a - f), (q - 1) * (a - f)) for a, f in pairs]
    return sum(losses, Fraction(0)) / len(losses) if losses else None


def coverage(actual: Iterable[Amount], low: Iterable[Amount], high: Iterable[Amount]) -> Ratio:
    """
    How many of the actual values lie within their intervals, ends included. Read it beside the mean width.

    >>> coverage([5, 20], [0, 0], [10, 10]).percent()
    '50.0 %'
    """
    (came, lows, highs), _ = _exact({"actual": actual, "low": low, "high": high})
    _check_length("low", lows, came)
    _check_length("high", highs, came)
    inside = sum(bottom <= value <= top for value, bottom, top in zip(came, lows, highs, strict=True))
    return Ratio(inside, len(came))
