"""Projecting and fitting against bare passes that build the same lines, and intervals against drawing them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from math import floor

from partnerops import Dataset, Money, Opportunity, Period, StageChange
from partnerops.forecast import Forecast, ForecastLine, StageWeighted, interval, project
from partnerops.forecast._inperiod_fit import AGES, LAGS
from partnerops.forecast.fitting import fit_in_period, fit_shrunk_win_rate

START = datetime(2024, 1, 1, tzinfo=UTC)
AS_OF = date(2026, 3, 31)
QUARTER = Period.quarter(2026, 2)
STAGES = ("lead", "proposal", "verbal")
TABLE = StageWeighted({"lead": "0.10", "proposal": "0.35", "verbal": "0.80"})


def open_deals(count: int) -> list[Opportunity]:
    """Deals due in the quarter, reproducibly and without randomness."""
    return [
        Opportunity(
            id=f"D-{n:06d}", amount=Money.from_minor(10_000 + n * 7919 % 900_001, "BRL"), stage=STAGES[n * 7 % 3],
            created_at=START + timedelta(days=730 + n % 60), expected_close=date(2026, 4, 1) + timedelta(days=n % 91),
            origin=("direct", "partner", "affiliate")[n % 3], partner_id=f"P-{n % 50}",
        )
        for n in range(count)
    ]  # fmt: skip


def closed_deals(count: int) -> list[Opportunity]:
    """Deals that went through the stages within one to five months over two years; every third was won."""
    return [_closed(n) for n in range(count)]


def _closed(n: int) -> Opportunity:
    created = START + timedelta(hours=n * 11 % 15_000)
    length = 30 + n * 13 % 120
    status = "won" if n % 3 == 0 else "lost"
    moves = [
        StageChange(stage=stage, at=created + timedelta(days=length * step // 3)) for step, stage in enumerate(STAGES)
    ]
    closed = created + timedelta(days=length)
    return Opportunity(
        id=f"C-{n:06d}", amount=Money.from_minor(10_000 + n * 7919 % 900_001, "BRL"), stage=status, status=status,
        created_at=created, closed_at=closed, origin=("direct", "partner", "affiliate")[n % 3],
        partner_id=f"P-{n % 50}", history=[*moves, StageChange(stage=status, status=status, at=closed)],
    )  # fmt: skip


def rebuild(forecast: Forecast) -> list[ForecastLine]:
    """The floor of a projection: the same lines again, every number in them already known."""
    return [
        ForecastLine(
            opportunity=line.opportunity, probability=line.probability,
            expected=Money.from_minor(line.expected.minor, "BRL"),
        )
        for line in forecast.lines
    ]  # fmt: skip


Spell = tuple[int, int, int]
"""Day of creation, of the close, and days a stage lasted."""


def spells(deals: list[Opportunity]) -> list[Spell]:
    """The numbers from which a bare pass builds its rows."""
    found: list[Spell] = []
    for deal in deals:
        days = (deal.closed_at - deal.created_at).days if deal.closed_at else 0
        created = (deal.created_at - START).days
        found.append((created, created + days, max(1, days // 3)))
    return found


def bare_rows(found: list[Spell]) -> list[tuple[str, int, int, int]]:
    """The floor of the fit: one row for each deal, week and stage it was seen in, from numbers already known."""
    rows: list[tuple[str, int, int, int]] = []
    for created, closed, length in found:
        first = -(-created // 7)
        for week in range(first, -(-closed // 7)):
            age = bisect_right(AGES, week * 7 - created)
            for lag, back in enumerate(LAGS):
                if back > week - first:
                    break
                rows.append((STAGES[min(2, ((week - back) * 7 - created) // length)], lag, age, week))
    return rows


def bare_cells(deals: list[Opportunity]) -> dict[tuple[str, ...], list[int]]:
    """The floor of a nested win rate: the same cells counted in a plain loop, wins and cases, nothing checked."""
    cells: dict[tuple[str, ...], list[int]] = {(): [0, 0]}
    for deal in deals:
        cells[()][0] += deal.is_won
        cells[()][1] += 1
        for change in deal.history:
            if change.status == "open":
                key = (change.stage, deal.origin or "", deal.partner_id or "")
                for depth in (1, 2, 3):
                    count = cells.setdefault(key[:depth], [0, 0])
                    count[0] += deal.is_won
                    count[1] += 1
    return cells


def numbers(forecast: Forecast) -> tuple[list[float], list[float]]:
    """Amounts and chances of the lines."""
    lines = forecast.lines
    return [float(line.amount.minor) for line in lines], [float(line.probability.value) for line in lines]


def draws(amounts: list[float], chances: list[float], count: int = 1000) -> list[float]:
    """The usual way: draw every deal so many times, add up, sort."""
    import numpy as np

    won = np.random.default_rng(17).random((count, len(chances))) < np.asarray(chances)
    return [float(value) for value in np.quantile(won @ np.asarray(amounts), [0.1, 0.5, 0.9])]


def exact(amounts: list[float], chances: list[float]) -> list[float]:
    """The true quantiles: the characteristic functions multiplied on a fine grid and transformed back."""
    import numpy as np

    cells = 1 << 19
    unit = sum(amounts) / (cells / 2)
    steps = np.arange(cells // 2 + 1)
    product = np.ones(cells // 2 + 1, dtype=complex)
    for amount, chance in zip(amounts, chances, strict=True):
        whole = floor(amount / unit)
        rest = amount / unit - whole
        turn = np.exp(-2j * np.pi * steps / cells)
        product *= 1 - chance + chance * turn**whole * (1 - rest + rest * turn)
    reached = np.cumsum(np.fft.irfft(product, cells))
    return [unit * float(np.searchsorted(reached, level)) for level in (0.1, 0.5, 0.9)]


def _worst(found: list[float], true: list[float]) -> float:
    return max(abs(one / other - 1) for one, other in zip(found, true, strict=True))


def rows(ratio: Callable[..., float], deals: int = 100_000) -> list[tuple[str, str, str]]:
    """The rows of this file."""
    return [*_projecting(ratio, deals), *_fitting(ratio, deals), *_intervals(ratio)]


def _projecting(ratio: Callable[..., float], deals: int) -> list[tuple[str, str, str]]:
    data = Dataset(opportunities=open_deals(deals))
    tenth = Dataset(opportunities=data.opportunities[: deals // 10])

    def ours(given: Dataset = data) -> Forecast:
        return project(given, outlook=TABLE, period=QUARTER, as_of=AS_OF)

    result = ours()
    measured = ratio(ours, lambda: rebuild(result))
    growth = ratio(ours, lambda: ours(tenth), rounds=3)
    return [
        (f"forecast: project {deals:,} open deals / building the lines", "<= 3", f"{measured:.2f}"),
        (f"forecast: {deals:,} open deals / {deals // 10:,} deals", "about 10", f"{growth:.1f}"),
    ]


def _fitting(ratio: Callable[..., float], deals: int) -> list[tuple[str, str, str]]:
    closed = closed_deals(deals)
    data, tenth = Dataset(opportunities=closed), Dataset(opportunities=closed[: deals // 10])
    numbers = spells(closed)
    in_period = ratio(lambda: fit_in_period(data, as_of=AS_OF), lambda: bare_rows(numbers), rounds=3)
    growth = ratio(lambda: fit_in_period(data, as_of=AS_OF), lambda: fit_in_period(tenth, as_of=AS_OF), rounds=3)
    names = ("stage", "origin", "partner_id")
    shrunk = ratio(lambda: fit_shrunk_win_rate(data, as_of=AS_OF, by=names), lambda: bare_cells(closed), rounds=3)
    return [
        (f"forecast: in-period rate of {deals:,} closed deals / building its rows", "<= 3", f"{in_period:.2f}"),
        (f"forecast: in-period rate of {deals:,} / {deals // 10:,} closed deals", "at most 10", f"{growth:.1f}"),
        (f"forecast: nested win rate of {deals:,} closed deals / counting its cells", "<= 3", f"{shrunk:.2f}"),
    ]


def _intervals(ratio: Callable[..., float], deals: int = 10_000) -> list[tuple[str, str, str]]:
    found = project(open_deals(deals), outlook=TABLE, period=QUARTER, as_of=AS_OF)
    # Both start from the forecast. Ten in a row: a single one would pay for the memory that the draws have just swept.
    speed = 10 * ratio(lambda: draws(*numbers(found)), lambda: [interval(found) for _ in range(10)])
    span, true = interval(found), exact(*numbers(found))
    ours = _worst([float(span.low.minor), float(span.median.minor), float(span.high.minor)], true)
    drawn = _worst(draws(*numbers(found)), true)
    what = f"forecast interval, {deals:,} open deals"
    return [
        (f"{what}: 1,000 draws with numpy / ours", ">= 10", f"{speed:.1f}"),
        (f"{what}: worst error of the draws / of ours", "> 1", f"{drawn:.4%} / {ours:.4%}"),
    ]
