"""How far a forecast may be off: quantiles of its deals, and widths calibrated on what past forecasts missed by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

from attrs import field, frozen
from attrs.validators import optional

from partnerops._arguments import check_a, check_all, check_exact
from partnerops._attrs import Value, is_a
from partnerops._render import Printable, percent, plural
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.forecast._lines import ForecastLine
from partnerops.forecast._probability import Probability, quantised
from partnerops.forecast._quantiles import Group, quantiles
from partnerops.forecast._results import Forecast
from partnerops.money import Currency, Money, round_fraction
from partnerops.periods import Period
from partnerops.typing import ExactLike

SHARED: Final = 8
"""Deals to a chance from which on it is worth while to group them: a table of stages has a handful of chances."""
ENOUGH: Final = 4
"""Finished forecasts from which on an interval is calibrated at any level; high levels need more."""


def needed(level: Fraction) -> int:
    """
    Finished forecasts from which on an interval of that level can be calibrated: level / (1 - level), at least four.

    >>> needed(Fraction(8, 10)), needed(Fraction(95, 100))
    (4, 19)
    """
    # With fewer, the rank ceil(level * (m + 1)) lies beyond the largest of the m misses: nothing seen was as rare.
    return max(ENOUGH, ceil(level / (1 - level)))


@frozen(kw_only=True)
class Finished(Value):
    """
    A forecast of the past beside what came: the material of calibration and correction.

    >>> one = Finished(
    ...     period=Period.month(2026, 1),
    ...     closed=Money("0", "BRL"),
    ...     expected=Money("100", "BRL"),
    ...     actual=Money("90", "BRL"),
    ... )
    >>> one.miss
    Fraction(1, 10)
    """

    period: Period = field(validator=is_a(Period))
    """The period that was forecast; it is over."""
    closed: Money = field(validator=is_a(Money))
    """What was closed already when the forecast was made."""
    expected: Money = field(validator=is_a(Money))
    """What was expected, as submitted: never recomputed."""
    actual: Money = field(validator=is_a(Money))
    """What was won in the period."""
    naive: Money | None = field(default=None, validator=optional(is_a(Money)))
    """What the seasonal naive forecast said; None where there was none."""

    def __attrs_post_init__(self) -> None:
        for other in (self.closed, self.actual, self.naive):
            if other is not None and other.currency != self.expected.currency:
                raise CurrencyMismatch("compare", self.expected.currency, other.currency)

    @property
    def miss(self) -> Fraction | None:
        """How far it was off, as a share of what was still open: |actual - expected| / (expected - closed)."""
        # Over what was open: what is closed cannot be missed, and would make late forecasts look precise.
        open_then = self.expected.minor - self.closed.minor
        return Fraction(abs(self.actual.minor - self.expected.minor), open_then) if open_then > 0 else None


@frozen(kw_only=True)
class Interval(Value, Printable):
    """
    The span within which the period's revenue will lie, in so many cases of a hundred.

    Until enough forecasts are finished (`needed`: 4 at 80 %, 19 at 95 %) it is not calibrated, says so, and is too
    narrow: it takes deals as independent, while in life they fail together.
    """

    low: Money
    """Lower end: what is closed already at the least."""
    median: Money
    """The middle: as likely to be exceeded as not."""
    high: Money
    """Upper end."""
    level: Decimal
    """Share of cases within, as a fraction: 0.8 means from the 10th to the 90th percentile."""
    calibrated: bool
    """Whether past forecasts set its width."""
    n: int = 0
    """Finished forecasts behind it."""
    method: str
    """How it was found."""

    @property
    def needed(self) -> int:
        """Finished forecasts that calibrating this level takes."""
        return needed(Fraction(self.level))

    @property
    def because(self) -> str:
        """What it rests on."""
        if self.calibrated:
            return f"as far off as {percent(self.level, 0)} of {plural(self.n, 'forecast', 'forecasts')} were"
        return f"independent deals ({self.method}), too narrow: {self.n} of {self.needed} past forecasts"

    def to_dicts(self) -> list[dict[str, object]]:
        """One row."""
        ends = {"low": self.low, "median": self.median, "high": self.high}
        return [{**ends, "level": self.level, "calibrated": self.calibrated, "n": self.n, "because": self.because}]

    def _headline(self) -> str:
        word = "" if self.calibrated else " (uncalibrated)"
        return f"{percent(self.level, 0)} between {self.low:,} and {self.high:,}{word}"


def interval(forecast: Forecast, *, level: ExactLike = "0.80", past: Iterable[Finished] = ()) -> Interval:
    """
    The span of a forecast: quantiles of its deals, or wide enough for what past forecasts missed by.

    Uncalibrated, the ends are quantiles of closed + the open deals, each won or not by its chance, + new business with
    its variance. The way depends on the number of deals (a grid up to 100, the saddlepoint up to 2,000, or the grid
    where hardly a deal is won or lost, Cornish-Fisher beyond; a few large deals are enumerated) and needs neither draws
    nor numpy.

    With enough finished forecasts in *past* the ends are `expected -+ h * (expected - closed)`, h being the
    `ceil(level * (m + 1))`-th smallest of the m past misses: split conformal prediction. Enough is `level / (1 -
    level)`, at least four: 4 at 80 %, 9 at 90 %, 19 at 95 %. The lower end is never below what is closed already,
    unless amounts are negative. Too few for the level, but four or more: uncalibrated, and no narrower than the worst
    past miss. A forecast with nothing open has three equal values.

    Raises:
        InvalidValue: A level that is not between 0 and 1.
        CurrencyMismatch: Past forecasts in another currency.

    Source: F20 of the forecast reference; R. Lugannani, S. Rice, Adv. Appl. Prob. 12 (1980); E. A. Cornish, R. A.
    Fisher, Rev. Int. Stat. Inst. 5 (1938).
    """
    check_a("interval(forecast)", forecast, Forecast)
    share = check_exact("interval(level=...)", level)
    shown = quantised(share)
    # Told to nine decimals: what they round to 0 or 1 is no level, and no number of forecasts would calibrate it.
    if not 0 < shown < 1:
        raise InvalidValue("interval(level=...)", "between 0 and 1, such as 0.8", str(level))
    finished = check_all("interval(past=...)", past, Finished)
    for one in finished:
        if one.expected.currency != forecast.currency:
            raise CurrencyMismatch("calibrate", forecast.currency, one.expected.currency)
    misses = sorted(miss for one in finished if (miss := one.miss) is not None)
    if len(misses) >= needed(share):
        return _calibrated(forecast, shown, misses[ceil(share * (len(misses) + 1)) - 1], len(misses))
    span = _uncalibrated(forecast, share, shown, len(misses))
    if len(misses) < ENOUGH:
        return span
    # A lower level is calibrated already, and may be wider than independent deals are at this one: 95 % must hold 80 %.
    worst = _calibrated(forecast, shown, misses[-1], len(misses))
    return span.replace(
        low=min(span.low, worst.low), high=max(span.high, worst.high), method=f"{span.method}, the worst past miss"
    )


def _calibrated(forecast: Forecast, level: Decimal, half: Fraction, n: int) -> Interval:
    expected, closed = forecast.expected.minor, forecast.closed.minor
    # The same share of what is open now: the span closes as the period does.
    width = round_fraction(half * max(0, expected - closed))
    low = max(expected - width, min(closed, expected))
    return Interval(
        low=Money.from_minor(low, forecast.currency),
        median=forecast.expected,
        high=Money.from_minor(expected + width, forecast.currency),
        level=level,
        calibrated=True,
        n=n,
        method="past misses",
    )


def _uncalibrated(forecast: Forecast, share: Fraction, level: Decimal, n: int) -> Interval:
    parts = _parts(forecast)
    extra = (float(forecast.new_business.minor), _variance(forecast))
    tail = float((1 - share) / 2)
    found, method = quantiles(parts.groups, (tail, 0.5, 1 - tail), sure=parts.sure, extra=extra)
    # The normal part of new business, and the expansions, reach below what can happen at all.
    low, median, high = (max(round(parts.floor), round(value)) for value in found)
    return Interval(
        low=Money.from_minor(low, forecast.currency),
        median=Money.from_minor(median, forecast.currency),
        high=Money.from_minor(high, forecast.currency),
        level=level,
        calibrated=False,
        n=n,
        method=method,
    )


class _Parts(NamedTuple):
    """What may or may not come, in minor units."""

    groups: list[Group]
    """The deals that may or may not be won: chances between 0 and 1, and amounts of which none is 0."""
    sure: float
    """What is closed, and the deals with chance 1."""
    floor: float
    """The least that can come: what is closed, and every open deal with a negative amount."""


def _parts(forecast: Forecast) -> _Parts:
    sure = floor = float(forecast.closed.minor)
    groups: list[Group] = []
    for chances, amounts in _grouped(forecast.lines):
        least = min(amounts)
        if least < 0:
            floor += sum(amount for amount in amounts if amount < 0)
        # A variance of 0 would divide by nothing in the expansions, so what is certain is added outside of them.
        if isinstance(chances, Sequence) and (least <= 0 or 1.0 in chances):
            deals = list(zip(amounts, chances, strict=True))
            sure += sum(amount for amount, chance in deals if chance == 1.0)
            unsure = [(amount, chance) for amount, chance in deals if amount and chance < 1.0]
            groups.append(([chance for _, chance in unsure], [amount for amount, _ in unsure]))
        elif chances == 1.0:
            sure += sum(amounts)
        else:
            groups.append((chances, amounts if least > 0 else [*filter(None, amounts)]))
    return _Parts([group for group in groups if group[1]], sure, floor)


def _grouped(lines: Sequence[ForecastLine]) -> list[Group]:
    """The open deals by chance, in minor units; in one group, each with its own, where hardly two share one."""
    # Told apart as objects: outlooks share their answers, and a Decimal is slow to hash and to convert.
    found: dict[int, list[int]] = {}
    answers: dict[int, Probability] = {}
    for line in lines:
        answer, amount = line.probability, line.opportunity.amount
        if amount is not None:  # a deal without one never becomes a line
            try:
                found[id(answer)].append(amount.minor)
            except KeyError:
                if len(found) * SHARED > len(lines):
                    return [_each(lines)]
                found[id(answer)], answers[id(answer)] = [amount.minor], answer
    return [(float(answers[key].value), [*map(float, minors)]) for key, minors in found.items()]


def _each(lines: Sequence[ForecastLine]) -> Group:
    return [float(line.probability.value) for line in lines], [float(line.amount.minor) for line in lines]


def _variance(forecast: Forecast) -> float:
    """Of new business, in squared minor units."""
    scale: int = 100 ** (Currency.of(forecast.currency).exponent or 0)
    return sum(float(line.variance) for line in forecast.new_business_lines) * scale
