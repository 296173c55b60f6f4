"""A forecast corrected by its own past: a ratio for what it usually misses, and a mixture with the seasonal naive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from attrs import field, frozen

from partnerops._arguments import check_a, check_all, check_exact
from partnerops._attrs import Value, is_exact, to_decimal
from partnerops._render import Printable, percent, plural
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.forecast._intervals import Finished
from partnerops.forecast._probability import is_probability, is_tally, quantised, rule_for
from partnerops.forecast._results import Forecast
from partnerops.money import Money, apportion_minor, round_fraction
from partnerops.periods import Period
from partnerops.typing import ExactLike

FEW: Final = 2
"""Finished forecasts from which on a ratio or a weight says something: one miss is an accident."""
PRIOR: Final = 4
"""How many finished forecasts it takes to believe their errors as much as equal weights."""


@frozen(kw_only=True)
class Correction(Value):
    """
    How a total is corrected: times a ratio, then mixed with the seasonal naive forecast.

    >>> print(Correction(ratio="0.9", weight="0.5", n=6))
    x 0.9, then 50.0 % of it and the rest seasonal naive, from 6 finished forecasts
    """

    ratio: Decimal = field(default=Decimal(1), converter=to_decimal, validator=is_exact)
    """What came over what was expected; 1 is none."""
    # 1 by default and not a half: a correction that nobody has learnt changes nothing (F30).
    weight: Decimal = field(default=Decimal(1), converter=to_decimal, validator=is_probability)
    """Weight of the corrected forecast; the rest is the seasonal naive's."""
    n: int = field(default=0, validator=is_tally)
    """Finished forecasts behind it."""

    def apply(self, forecast: Forecast, *, naive: Money | None = None) -> CorrectedForecast:
        """
        The forecast with its open part corrected; what is closed already stays, and is never undercut.

        *naive* is the seasonal naive forecast of the whole period; without one there is no mixture.

        Raises:
            CurrencyMismatch: A naive forecast in another currency.
        """
        check_a("Correction.apply(forecast)", forecast, Forecast)
        if naive is not None and check_a("Correction.apply(naive=...)", naive, Money).currency != forecast.currency:
            raise CurrencyMismatch("blend", forecast.currency, naive.currency)
        # What is closed is a fact and is never scaled: only the open part can have been misjudged.
        closed = forecast.closed.minor
        total = closed + Fraction(self.ratio) * (forecast.expected.minor - closed)
        if naive is not None:
            weight = Fraction(self.weight)
            total = weight * total + (1 - weight) * naive.minor
        # A mixture with a low naive forecast could undercut what is in the books already.
        minor = max(closed, round_fraction(total))
        return CorrectedForecast(
            forecast=forecast, naive=naive, correction=self, expected=Money.from_minor(minor, forecast.currency)
        )

    def __str__(self) -> str:
        mixed = "" if self.weight == 1 else f", then {percent(self.weight)} of it and the rest seasonal naive"
        what = f"x {self.ratio}{mixed}" if mixed or self.ratio != 1 else "no correction"
        short = "" if self.n >= FEW else f", {FEW} are needed"
        return f"{what}, from {plural(self.n, 'finished forecast', 'finished forecasts')}{short}"


@frozen(kw_only=True)
class CorrectedForecast(Value, Printable):
    """
    A forecast beside its corrected total; the raw one is kept.

    `by` shares the correction over the open parts in proportion, so the parts sum to the total exactly.
    """

    forecast: Forecast = field(repr=False)
    """The forecast as it was."""
    naive: Money | None
    """The seasonal naive forecast it was mixed with; None for none."""
    correction: Correction
    """How."""
    expected: Money
    """The corrected total."""

    @property
    def period(self) -> Period:
        """The period."""
        return self.forecast.period

    @property
    def as_of(self) -> datetime:
        """The moment from which it is seen."""
        return self.forecast.as_of

    @property
    def change(self) -> Money:
        """Corrected less raw total."""
        return self.expected - self.forecast.expected

    def by(self, dimension: str) -> dict[object, Money]:
        """The corrected total in parts along a dimension of `Forecast.by`; where there is no deal, all under None."""
        parts = self.forecast.by(dimension)
        if not parts:
            return {None: self.expected}
        # Parts with a negative open amount would take from the others what they are given.
        opened = [max(0, part.expected.minor - part.closed.minor) for part in parts.values()]
        total = sum(opened)
        # Nothing open anywhere and still a change, from the naive forecast: all parts share it evenly.
        weights, whole = (opened, total) if total else ([1] * len(opened), len(opened))
        changes = apportion_minor(self.change.minor, weights, whole)
        return {
            key: Money.from_minor(part.expected.minor + change, self.expected.currency)
            for (key, part), change in zip(parts.items(), changes, strict=True)
        }

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each origin: raw, corrected."""
        raw = {origin: part.expected for origin, part in self.forecast.by("origin").items()}
        return [
            {"origin": origin, "raw": raw.get(origin), "corrected": amount}
            for origin, amount in self.by("origin").items()
        ]

    def _headline(self) -> str:
        return f"{self.period}: {self.expected:,} corrected from {self.forecast.expected:,} ({self.correction})"


def fit_correction(past: Iterable[Finished], *, ratio: bool = True, start: ExactLike = 1) -> Correction:
    """
    The correction that finished forecasts suggest; fewer than two suggest none.

    The ratio is what came over what was expected, both beyond what was closed then, from two finished forecasts on.
    The weight of the forecast is learnt from two of them with a naive forecast on. It is drawn to a half, for a plain
    mean of two forecasts is hard to beat, and moves towards the one that was right: `(c + squares of the naive's
    misses) / (2 c + squares of both)`, with c worth four finished forecasts. Until then it is *start*: 1 leaves the
    forecast alone, "0.5" takes the plain mean before anything is known.

    Raises:
        CurrencyMismatch: Finished forecasts in two currencies.
        InvalidValue: A *start* outside 0 to 1.

    Source: F30 of the forecast reference; J. M. Bates, C. W. J. Granger, The combination of forecasts, OR 20 (1969).

    >>> print(fit_correction([]))
    no correction, from 0 finished forecasts, 2 are needed
    """
    finished = check_all("fit_correction(past)", past, Finished)
    check_a("fit_correction(ratio=...)", ratio, bool)
    for one in finished:
        if one.expected.currency != finished[0].expected.currency:
            raise CurrencyMismatch("correct", finished[0].expected.currency, one.expected.currency)
    first = check_exact("fit_correction(start=...)", start)
    if not 0 <= first <= 1:
        raise InvalidValue("fit_correction(start=...)", rule_for(first), str(start))
    factor = _ratio(finished) if ratio and len(finished) >= FEW else Fraction(1)
    weight = _weight(finished, factor) if sum(one.naive is not None for one in finished) >= FEW else first
    return Correction(ratio=quantised(factor), weight=quantised(weight), n=len(finished))


def _ratio(past: Sequence[Finished]) -> Fraction:
    came = sum(one.actual.minor - one.closed.minor for one in past)
    said = sum(one.expected.minor - one.closed.minor for one in past)
    # Reversals can make what came negative; a negative factor would turn every later forecast around.
    return Fraction(max(0, came), said) if said > 0 else Fraction(1)


def _weight(past: Sequence[Finished], ratio: Fraction) -> Fraction:
    """The weight of the forecast, from the squared misses of those periods that had a naive forecast too."""
    ours = naives = Fraction(0)
    count = 0
    for one in past:
        if one.naive is not None:
            # judged after the ratio, as it will be used; the naive forecast needs none
            expected = one.closed.minor + ratio * (one.expected.minor - one.closed.minor)
            ours += (one.actual.minor - expected) ** 2
            naives += (one.actual.minor - one.naive.minor) ** 2
            count += 1
    # Neither ever missed: there is nothing to prefer, and nothing to divide by.
    if not ours + naives:
        return Fraction(1, 2)
    # In proportion to their mean square miss, so that the prior weighs the same in cents and in millions.
    believed = (ours + naives) * PRIOR / (2 * count)
    return (believed + naives) / (2 * believed + ours + naives)
