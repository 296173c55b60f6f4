"""The result of a backtest: a table of methods, the tested one beside the naive ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from attrs import field, frozen

from partnerops._attrs import Value, to_tuple
from partnerops._render import Printable, percent, plural
from partnerops.forecast._intervals import Finished
from partnerops.forecast._rows import BacktestRow
from partnerops.forecast._scores import bias, brier, coverage, ece, log_loss, skill, wape
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.ratio import Ratio


@frozen(kw_only=True)
class Score(Value):
    """
    How good one method was over some periods.

    >>> Score(method="last period", periods=0, wape=Ratio(0, 0), bias=Ratio(0, 0)).skill
    """

    method: str
    """Its name."""
    periods: int
    """Periods that it forecast."""
    wape: Ratio
    """Weighted absolute percentage error of the totals."""
    bias: Ratio
    """Sum of forecast - actual over the sum of actual: above 0 is too high."""
    mase: Fraction | None = None
    """Mean miss over that of the naive forecast of the period before, on the same periods."""
    skill: Fraction | None = None
    """1 - WAPE / WAPE of the seasonal naive (of the period before, where there is none), on the same periods."""
    brier: Decimal | None = None
    """Brier score of the chances; None for methods without chances."""
    log_loss: Decimal | None = None
    """Log loss of the chances."""
    ece: Decimal | None = None
    """Expected calibration error of the chances, ten bins."""


def _to_rows(values: Iterable[BacktestRow]) -> tuple[BacktestRow, ...]:
    return to_tuple(values)


Read = Callable[[BacktestRow], Money | None]


@frozen(kw_only=True)
class Backtest(Value, Printable):
    """
    How a method did, period by period, beside naive forecasts: what cannot beat them is not worth its trouble.

    `scores` compares totals over the periods that a method could forecast; `skill` is against the seasonal naive on the
    same periods. A few percent between two methods over a handful of periods is noise, and overlapping periods repeat
    one another.
    """

    name: str
    """Name of the method."""
    rows: tuple[BacktestRow, ...] = field(converter=_to_rows, repr=False)
    """One for each period."""
    skipped: tuple[Period, ...] = ()
    """Periods with too little history before them."""
    lead_days: int = 0
    """Days between the forecast and its period."""

    @property
    def finished(self) -> tuple[Finished, ...]:
        """The rows as material for `interval` and `fit_correction`."""
        return tuple(row.finished for row in self.rows)

    @property
    def outcomes(self) -> tuple[tuple[Decimal, bool], ...]:
        """All chances with what happened."""
        return tuple(pair for row in self.rows for pair in row.outcomes)

    @property
    def overlapping(self) -> bool:
        """Whether some periods overlap."""
        # Neighbours are enough: sorted by their start, a period that overlaps a later one overlaps the next one too.
        return any(one.period.overlaps(other.period) for one, other in pairwise(self.rows))

    @property
    def coverage(self) -> Ratio:
        """How many of the calibrated intervals held what came."""
        # Uncalibrated ones are known to be too narrow, and would hide how good the calibrated ones are.
        held = [row for row in self.rows if row.interval.calibrated]
        return coverage(
            [row.actual for row in held], [row.interval.low for row in held], [row.interval.high for row in held]
        )

    @property
    def width(self) -> Ratio:
        """Mean width of the calibrated intervals over the mean forecast."""
        held = [row for row in self.rows if row.interval.calibrated]
        # Beside coverage always: an interval from nothing to everything holds every outcome.
        total = sum(row.interval.high.minor - row.interval.low.minor for row in held)
        return Ratio(total, sum(row.forecast.expected.minor for row in held))

    @property
    def scores(self) -> tuple[Score, ...]:
        """The method, its corrected form, the naive ones, and the base rate."""
        naives: list[tuple[str, Read]] = [
            ("last period", lambda row: row.last),
            ("mean of three", lambda row: row.mean),
            ("seasonal naive", lambda row: row.seasonal),
        ]
        own = _score(self.name, self.rows, lambda row: row.forecast.expected)
        chances = self.outcomes
        # Chances only for the method itself: the naive totals say nothing about any single deal.
        own = own.replace(brier=brier(chances), log_loss=log_loss(chances), ece=ece(chances))
        blended = _score(f"{self.name}, corrected", self.rows, lambda row: row.corrected.expected)
        return (own, blended, *(_score(name, self.rows, read) for name, read in naives), self._base_rate())

    def _base_rate(self) -> Score:
        # The same outcomes with one chance for all: what a method must beat to tell deals apart (F28).
        pairs = [(row.base_rate, came) for row in self.rows if row.base_rate is not None for _, came in row.outcomes]
        count = sum(row.base_rate is not None for row in self.rows)
        return Score(
            method="base rate",
            periods=count,
            wape=Ratio(0, 0),
            bias=Ratio(0, 0),
            brier=brier(pairs),
            log_loss=log_loss(pairs),
            ece=ece(pairs),
        )

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each period: forecast, corrected, naive, actual, interval."""
        return [
            {
                "period": str(row.period),
                "expected": row.forecast.expected,
                "corrected": row.corrected.expected,
                "seasonal": row.seasonal,
                "last": row.last,
                "actual": row.actual,
                "low": row.interval.low,
                "high": row.interval.high,
                "calibrated": row.interval.calibrated,
                "open deals": len(row.outcomes),
            }
            for row in self.rows
        ]

    def _headline(self) -> str:
        span = f" from {self.rows[0].period} to {self.rows[-1].period}" if self.rows else ""
        words = [
            f"{self.name}: {plural(len(self.rows), 'period', 'periods')}{span}",
            f"{len(self.skipped)} skipped" if self.skipped else "",
            "overlapping" if self.overlapping else "",
            f"calibrated intervals held {self.coverage}, {self.width.percent(0)} wide" if self.coverage.value else "",
        ]
        return "; ".join(word for word in words if word)

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "method": score.method,
                "periods": score.periods,
                "WAPE": score.wape.percent(),
                "bias": score.bias.percent(),
                "MASE": _shown(score.mase),
                "skill": "" if score.skill is None else percent(score.skill),
                "Brier": score.brier,
                "log loss": score.log_loss,
                "ECE": score.ece,
            }
            for score in self.scores
        ]

    def _figure(self) -> str:
        from partnerops._svg import svg_bars  # noqa: PLC0415 - a terminal draws no figure

        items = [
            (f"{row.period} {word}", amount.amount)
            for row in self.rows
            for word, amount in (("expected", row.forecast.expected), ("actual", row.actual))
        ]
        return svg_bars(
            items, title=f"{self.name}: expected and actual", unit=self.rows[0].actual.currency if items else ""
        )


def _shown(value: Fraction | None) -> str:
    return "" if value is None else f"{float(value):.2f}"


def _score(name: str, rows: Sequence[BacktestRow], read: Read) -> Score:
    said = [(row, amount) for row in rows if (amount := read(row)) is not None]
    actual, forecast = [row.actual for row, _ in said], [amount for _, amount in said]
    found = Score(method=name, periods=len(said), wape=wape(actual, forecast), bias=bias(actual, forecast))
    return found.replace(mase=_against_last(said), skill=_skill(said))


def _against_last(said: Sequence[tuple[BacktestRow, Money]]) -> Fraction | None:
    """Misses over those of the naive forecast of the period before."""
    both = [(row.actual, amount, row.last) for row, amount in said if row.last is not None]
    naive = sum(abs(actual.minor - last.minor) for actual, _, last in both)
    return Fraction(sum(abs(actual.minor - amount.minor) for actual, amount, _ in both), naive) if naive else None


def _skill(said: Sequence[tuple[BacktestRow, Money]]) -> Fraction | None:
    seasonal = [(row.actual, amount, row.seasonal) for row, amount in said if row.seasonal is not None]
    last = [(row.actual, amount, row.last) for row, amount in said if row.last is not None]
    # On the same periods only: a method must not look good because its rival was tried on harder ones.
    both = seasonal or last
    actual = [one for one, _, _ in both]
    own = wape(actual, [amount for _, amount, _ in both]).value
    return skill(own, wape(actual, [naive for _, _, naive in both]).value)
