"""One period of a backtest: what was forecast, and what came."""

from __future__ import annotations

from decimal import Decimal

from attrs import field, frozen

from partnerops._attrs import Value
from partnerops.forecast._correction import CorrectedForecast
from partnerops.forecast._intervals import Finished, Interval
from partnerops.forecast._results import Forecast
from partnerops.money import Money
from partnerops.periods import Period


@frozen(kw_only=True)
class BacktestRow(Value):
    """One period: what was forecast, what the naive forecasts would have said, and what came."""

    # The forecast as submitted and never made anew: accuracy is of what was said then (K20).
    forecast: Forecast = field(repr=False)
    """The forecast, made from what was known then."""
    actual: Money
    """What was won in the period."""
    outcomes: tuple[tuple[Decimal, bool], ...] = field(repr=False)
    """For each deal that was open then: its chance, and whether it was won in the period."""
    base_rate: Decimal | None
    """Share of open deals won in the periods before; None where none was over."""
    last: Money | None
    """Naive: what the period before brought."""
    mean: Money | None
    """Naive: the mean of the last three periods."""
    seasonal: Money | None
    """Naive: what the same period of the last cycle brought."""
    corrected: CorrectedForecast = field(repr=False)
    """The forecast corrected by the finished ones before it."""
    interval: Interval
    """Its interval, calibrated on the finished ones before it where they were enough."""

    @property
    def period(self) -> Period:
        """The period."""
        return self.forecast.period

    @property
    def finished(self) -> Finished:
        """The row as material for calibration."""
        return Finished(
            period=self.period,
            closed=self.forecast.closed,
            expected=self.forecast.expected,
            actual=self.actual,
            # The seasonal naive and not the better of several: chosen afterwards, it would know the outcome.
            naive=self.seasonal,
        )
