"""What a method would have forecast, period after period, knowing only what was known then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final, Protocol

from partnerops._arguments import check_a, check_all, check_date, check_int
from partnerops._zones import shifted
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PolicyBrokeContract
from partnerops.forecast._asking import calendar_of, check_function
from partnerops.forecast._correction import fit_correction
from partnerops.forecast._history import closed_deals, past
from partnerops.forecast._intervals import Finished, interval
from partnerops.forecast._lines import OPEN_BUCKETS, Bucket
from partnerops.forecast._probability import fitted
from partnerops.forecast._results import Forecast
from partnerops.forecast._rows import BacktestRow
from partnerops.forecast._score import Backtest
from partnerops.money import Money
from partnerops.periods import Calendar, Period
from partnerops.typing import ExactLike

MEAN_OF: Final = 3
"""Periods in the trailing mean."""
EQUAL: Final = Decimal("0.5")
"""Weight of the method beside the seasonal naive until two forecasts are finished: nobody had to learn it."""
NOT_ASKED: Final = frozenset({Bucket.NO_AMOUNT, Bucket.UNKNOWN_STATE})
"""Buckets of open deals that no outlook is asked about, so that none is scored."""


class Method(Protocol):
    """
    What is tested: fits on the data it is given and forecasts the period.

    You implement a function of the dataset as it was known at *as_of*. You may rely on: nothing later is in it. Law:
    the same data, moment and period give the same forecast.
    """

    def __call__(self, data: Dataset, /, *, as_of: datetime, period: Period) -> Forecast:
        """The forecast of *period* as seen from *as_of*."""
        ...


def rolling(first: date, *, step_days: int, horizon_days: int, until: date) -> tuple[Period, ...]:
    """
    Periods of *horizon_days*, one every *step_days* from *first* on, that are over by *until*; they overlap if longer.

    >>> [str(period) for period in rolling(date(2026, 1, 5), step_days=7, horizon_days=7, until=date(2026, 1, 20))]
    ['2026-W02', '2026-W03']
    """
    check_int("rolling(step_days=...)", step_days, 1)
    check_date("rolling(until=...)", until)
    found: list[Period] = []
    period = Period.days_from(first, check_int("rolling(horizon_days=...)", horizon_days, 1))
    # Over by then: the beginning of a period forecast as a whole would count as a miss.
    while period.last <= until:
        found.append(period)
        period = Period.days_from(shifted(period.start, timedelta(days=step_days)), horizon_days)
    return tuple(found)


def backtest(
    data: Dataset,
    method: Method,
    *,
    periods: Iterable[Period],
    as_of: datetime | date,
    name: str = "method",
    lead_days: int = 0,
    season: int | None = None,
    min_decided: int = 1,
    level: ExactLike = "0.80",
    history_start: date | None = None,
    calendar: Calendar | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """
    The forecasts that *method* would have made before each of *periods*, beside the naive ones and what came.

    Each forecast is made *lead_days* before the last instant before its period, by a method that is handed
    `data.as_of(then)` and nothing else: what was recorded later cannot leak in. Corrections and intervals use forecasts
    whose period was over by then, and what was known by then of what those periods brought; until two are, corrected is
    the plain mean of the forecast and the seasonal naive (`fit_correction(..., start="0.5")`). *as_of* is the moment at
    which the outcomes that are scored are read.

    Naive are the period before, the mean of the three before, and the same period one cycle ago, *season* periods back;
    without a *season* a year for months and quarters, 52 for weeks, and none for others. Periods that began before
    *history_start*, the first day whose closes were recorded, are no naive forecast. A period before which fewer than
    *min_decided* deals were decided is skipped and named. *progress* is called with (done, total).

    Raises:
        InvalidValue: No period, or one that is not over by *as_of*.
        PolicyBrokeContract: The method answered something else than a forecast of the period.
        CurrencyMismatch: Wins in another currency than the forecast's.
    """
    check_a("backtest(data)", data, Dataset)
    check_function("backtest(method)", method, "a function of the data, as_of= and period=")
    if progress is not None:
        check_function("backtest(progress=...)", progress, "a function of (done, total)")
    check_a("backtest(name=...)", name, str)
    calendar = calendar_of("backtest(calendar=...)", calendar)
    wanted = _checked(periods, calendar.date_of(calendar.instant(as_of)))
    # Outcomes are read once, at one moment: corrections booked between two rows must not be scored differently.
    final = data.as_of(as_of, calendar)
    check_int("backtest(lead_days=...)", lead_days, 0)
    check_int("backtest(min_decided=...)", min_decided, 0)
    rows: list[BacktestRow] = []
    skipped: list[Period] = []
    for done, period in enumerate(wanted, start=1):
        # The last instant before the period: a forecast made on its first day would have seen a part of it.
        then = shifted(period.start, timedelta(days=-1 - lead_days))
        # The method is handed what was known and no more, so that no fit of a user's own can peek either.
        seen = data.as_of(then, calendar)
        known = past(seen, then, calendar, history_start)
        if sum(1 for _ in closed_deals(known)) < min_decided:
            skipped.append(period)
        else:
            forecast = method(seen, as_of=calendar.instant(then), period=period)
            _check_answer(forecast, method, period)
            naives = _Naives(
                known.deals,
                period=period,
                then=then,
                season=season,
                start=history_start,
                calendar=calendar,
                currency=forecast.currency,
            )
            # With a lead, the period before this one may not be over yet when the forecast is made. What came is read
            # as it was known then: a win that was undone later was a win to whoever corrected by it.
            over = [row.finished.replace(actual=naives.came(row.period)) for row in rows if row.period.last <= then]
            rows.append(_row(forecast, final, over, naives, level=level, calendar=calendar))
        if progress is not None:
            progress(done, len(wanted))
    return Backtest(name=name, rows=tuple(rows), skipped=tuple(skipped), lead_days=lead_days)


def _checked(periods: Iterable[Period], today: date) -> list[Period]:
    # In order, for what a period brought is material for the ones after it.
    wanted = sorted(set(check_all("backtest(periods=...)", periods, Period)))
    if not wanted:
        raise InvalidValue("backtest(periods=...)", "at least one Period", ())
    for period in wanted:
        if period.last > today:
            raise InvalidValue("backtest(periods=...)", f"over by as_of ({today})", str(period))
    return wanted


def _check_answer(forecast: object, method: Method, period: Period) -> None:
    if not isinstance(forecast, Forecast) or forecast.period != period:
        name = getattr(method, "__name__", type(method).__qualname__)
        raise PolicyBrokeContract(name, f"answer with a Forecast of {period}", f"a {type(forecast).__name__}")


def _row(
    forecast: Forecast,
    final: Dataset,
    over: Sequence[Finished],
    naives: _Naives,
    *,
    level: ExactLike,
    calendar: Calendar,
) -> BacktestRow:
    period = forecast.period
    # By the close's own date and over all deals: what was created later is in the actual too, as new business (F27).
    won = {deal.id: deal for deal in final.opportunities if _won_in(deal, period, calendar)}
    amounts = [deal.amount for deal in won.values() if deal.amount is not None]
    chances = [(line.opportunity_id, line.probability.value) for line in forecast.lines]
    # A deal that the outlook gave no chance was a forecast too, and wrong if it was won: leaving it out would flatter.
    chances += [
        (line.opportunity_id, Decimal(0)) for line in forecast.outside if line.bucket in OPEN_BUCKETS - NOT_ASKED
    ]
    seasonal = naives.seasonal()
    return BacktestRow(
        forecast=forecast,
        actual=Money.total(amounts, forecast.currency),
        outcomes=tuple((chance, id in won) for id, chance in chances),
        base_rate=naives.base_rate(),
        last=naives.back(1),
        mean=naives.trailing_mean(),
        seasonal=seasonal,
        corrected=fit_correction(over, start=EQUAL).apply(forecast, naive=seasonal),
        interval=interval(forecast, level=level, past=over),
    )


def _won_in(deal: Opportunity, period: Period, calendar: Calendar) -> bool:
    return deal.is_won and deal.closed_at is not None and calendar.contains(period, deal.closed_at)


# --- naive forecasts --------------------------------------------------------------------------------------------------


class _Naives:
    """What the periods before a period brought, as far as that was known when the forecast was made."""

    def __init__(
        self,
        deals: Sequence[Opportunity],
        *,
        period: Period,
        then: date,
        season: int | None,
        start: date | None,
        calendar: Calendar,
        currency: str,
    ) -> None:
        self.deals = deals
        self.period = period
        self.then = then
        self.season = _season(period) if season is None else check_int("backtest(season=...)", season, 1)
        # Where nobody says, recording is taken to begin with the first deal.
        self.oldest = start or min((calendar.date_of(deal.created_at) for deal in deals), default=then)
        self.calendar = calendar
        self.currency = currency
        self.won: dict[date, int] = {}
        for deal in deals:
            if deal.is_won and deal.closed_at is not None and deal.amount is not None:
                if deal.amount.currency != currency:
                    raise CurrencyMismatch("forecast in one total", currency, deal.amount.currency)
                on = calendar.date_of(deal.closed_at)
                self.won[on] = self.won.get(on, 0) + deal.amount.minor

    def _brought(self, period: Period | None) -> Money | None:
        """What a period brought, if it was over and wholly recorded."""
        # A period that was recorded only in part would make the naive forecast look worse than it is.
        if period is None or period.last > self.then or period.start < self.oldest:
            return None
        return self.came(period)

    def came(self, period: Period) -> Money:
        """What was won in a period."""
        minor = sum(amount for on, amount in self.won.items() if on in period)
        return Money.from_minor(minor, self.currency)

    def _before(self, count: int) -> Period | None:
        period = self.period
        for _ in range(count):
            period = period.previous()
        return period

    def _newest(self) -> int:
        """How many periods back the newest one lies that was over."""
        period, count = self.period.previous(), 1
        while period.last > self.then:
            period, count = period.previous(), count + 1
        return count

    def back(self, count: int) -> Money | None:
        """What the newest finished period brought, or one further back."""
        return self._brought(self._before(self._newest() - 1 + count))

    def trailing_mean(self) -> Money | None:
        """The mean of the last three finished periods, rounded half-even."""
        found = [amount for count in range(1, MEAN_OF + 1) if (amount := self.back(count)) is not None]
        # Three or none: a mean of fewer is another benchmark, and would change in the middle of the table.
        if len(found) < MEAN_OF:
            return None
        return Money.total(found, self.currency).times(Fraction(1, MEAN_OF))

    def seasonal(self) -> Money | None:
        """What the same period of the last finished cycle brought."""
        if self.season is None:
            return None
        # The last cycle may itself not be over yet; then the one before it is the newest that anybody had.
        count = self.season
        while count < self._newest():
            count += self.season
        return self._brought(self._before(count))

    def base_rate(self) -> Decimal | None:
        """Share of the deals open at the beginning of each finished period that were won within it."""
        cases = wins = 0
        count = self._newest()
        while (period := self._before(count)) is not None and period.start >= self.oldest:
            begin, end = self.calendar.start_of(period.start), self.calendar.start_of(period.end)
            for deal in self.deals:
                closed = deal.closed_at
                if deal.created_at < begin and (closed is None or closed >= begin):
                    cases += 1
                    wins += deal.is_won and closed is not None and closed < end
            count += 1
        return fitted(wins / cases) if cases else None


def _season(period: Period) -> int | None:
    """Periods in a year, where that is a whole number."""
    months = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
    if period.start.day == period.end.day == 1 and 12 % months == 0:
        return 12 // months
    return 52 if period.days == 7 else None  # 364 days: the same weekday, a day or two off in date
