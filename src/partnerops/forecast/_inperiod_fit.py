"""Reading in-period rates from a dataset: weekly rows of open deals, and a chain of factors drawn to 1."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from math import ceil
from typing import Final

from partnerops._arguments import check_int
from partnerops._attrs import to_decimal
from partnerops._months import add_months
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, OpportunityStatus
from partnerops.exceptions import InvalidValue
from partnerops.forecast._history import DAY, Past, Step, past, steps
from partnerops.forecast._inperiod import CalendarCycle, InPeriodRate, RateFactor, to_cycle
from partnerops.forecast._keys import Key, Reader, check_names, partner_tables
from partnerops.forecast._probability import fitted
from partnerops.forecast._shrink import gamma_strength
from partnerops.periods import Calendar

AGES: Final = (
    7, 14, 21, 28, 42, 56, 70, 84, 98, 112, 126, 140, 168, 196, 224, 252, 280, 308, 336, 364, 455, 546, 637, 728,
)  # fmt: skip
"""Days at which age bins begin: weeks at first, then fortnights, months and quarters, as wide as the age is precise."""
LAGS: Final = (0, 1, 2, 4, 8, 13)
"""Steps ahead at which bins of elapsed time begin."""
EVENTS: Final = 1.0
"""Least strength of the pull on a factor, in expected events."""

Row = tuple[str, int, int, str, Key]
"""Stage seen, bin of the time elapsed since, age bin, phase, names."""


def fit_in_period(
    data: Dataset,
    *,
    as_of: datetime | date,
    by: Iterable[str] = (),
    cycle: CalendarCycle | str = CalendarCycle.MONTH_OF_QUARTER,
    step_days: int = 7,
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> InPeriodRate:
    """
    The rates of `InPeriodRate` from history: every deal, open or closed, counts for every step that it was open.

    At the beginning of each step before *as_of* the open deals are the cases; what happens to them within the step are
    the events. Deals created and closed within one step are no cases: they are new business. *by* names what has a
    factor of its own, such as `origin` or `partner.type`. *history_start* is the first day whose closes were recorded.

    Raises:
        UnknownName: A name in *by* that tells nothing about a deal.
        InvalidValue: A cycle or a step that cannot be.

    >>> fit_in_period(Dataset(), as_of=date(2026, 3, 31)).won
    Decimal('0')
    """
    check_int("fit_in_period(step_days=...)", step_days, 1, 366)
    phases = to_cycle(cycle)
    if not isinstance(phases, CalendarCycle):
        raise InvalidValue("fit_in_period(cycle=...)", f"one of {', '.join(CalendarCycle)}", cycle)
    known = past(data, as_of, calendar, history_start)
    names = check_names("fit_in_period(by=...)", by)
    tables = partner_tables(data, names, known.today)
    rows = _Rows(known, step_days * DAY, _Phases(phases, known), Reader(names, tables))
    won, lost = _chain(rows, rows.won, names), _chain(rows, rows.lost, names)
    cells = sorted(set(won.factors) | set(lost.factors))
    return InPeriodRate(
        won=fitted(won.base),
        lost=fitted(lost.base),
        factors=[
            RateFactor(
                level=level,
                key=key,
                won=_exact(won.factors.get((level, key), 1.0)),
                lost=_exact(lost.factors.get((level, key), 1.0)),
                n=rows.deals[key] if level == "stage_age" else 0,
            )
            for level, key in cells
        ],
        step_days=step_days,
        ages=AGES,
        lags=LAGS,
        cycle=phases,
        fiscal_year_start=known.calendar.fiscal_year_start,
        by=names,
        tables=tables,
        n=rows.n,
        as_of=known.now,
    )


def _exact(factor: float) -> Decimal:
    return to_decimal(str(round(factor, 9)))


# --- phases -----------------------------------------------------------------------------------------------------------


class _Phases:
    """Which phase an instant falls in, by the borders of the calendar's months in seconds."""

    def __init__(self, cycle: CalendarCycle, known: Past) -> None:
        oldest = min((deal.created_at for deal in known.deals), default=known.now)
        first = known.calendar.date_of(oldest).replace(day=1)
        count = (known.today.year - first.year) * 12 + known.today.month - first.month + 2
        months = [add_months(first, index) for index in range(count)]
        self.borders = [known.calendar.start_of(month).timestamp() for month in months]
        self.names = [cycle.phase(month.month, known.calendar.fiscal_year_start) for month in months]

    def at(self, seconds: float) -> str:
        return self.names[bisect_right(self.borders, seconds) - 1]

    def shares(self, start: float, end: float) -> list[tuple[str, float]]:
        """Phase -> share of the step that falls in it."""
        shares: dict[str, float] = {}
        length, place = end - start, bisect_right(self.borders, start) - 1
        while start < end:
            stop = min(end, self.borders[place + 1])
            shares[self.names[place]] = shares.get(self.names[place], 0.0) + (stop - start) / length
            start, place = stop, place + 1
        return list(shares.items())


# --- rows -------------------------------------------------------------------------------------------------------------


class _Rows:
    """
    How many deals stood in each cell at the beginning of a step, and how many were won or lost within it.

    A deal that is still open counts once for every bin of elapsed time: with the stage it has, and with the stages it
    had so many steps before.
    """

    def __init__(self, known: Past, step: float, phases: _Phases, read: Reader) -> None:
        oldest = min((deal.created_at.timestamp() for deal in known.deals), default=known.seconds)
        begin = oldest if known.start is None else max(known.start, oldest)
        self.count = max(0, int((known.seconds - begin) // step))
        self.first = known.seconds - self.count * step
        self.step = step
        self.phases = phases
        self.deals: Counter[Key] = Counter()
        """Distinct deals by stage and age bin."""
        self.n = 0
        self.won: Counter[Row] = Counter()
        self.lost: Counter[Row] = Counter()
        at_step: Counter[tuple[str, int, int, Key, int]] = Counter()
        for deal in known.deals:
            self._add(deal, read(deal), at_step)
        shares = [phases.shares(self.first + j * step, self.first + (j + 1) * step) for j in range(self.count)]
        self.cases: dict[Row, float] = {}
        for (stage, lag, age, names, j), cases in at_step.items():
            for phase, share in shares[j]:
                row = (stage, lag, age, phase, names)
                self.cases[row] = self.cases.get(row, 0.0) + cases * share

    def _add(self, deal: Opportunity, names: Key, at_step: Counter[tuple[str, int, int, Key, int]]) -> None:
        path = steps(deal)
        created = path[0][0]
        start = max(0, ceil((created - self.first) / self.step))
        stages = self._stages(path, start)
        if not stages:
            return
        self.n += 1
        ages = [
            bisect_right(AGES, (self.first + j * self.step - created) // DAY) for j in range(start, start + len(stages))
        ]
        for index, (stage, age) in enumerate(zip(stages, ages, strict=True)):
            if stage is None:
                continue
            if not index or (stages[index - 1], ages[index - 1]) != (stage, age):
                self.deals[stage, str(age)] += 1
            for lag, back in enumerate(LAGS):
                if back > index:
                    break
                seen = stages[index - back]
                if seen is not None:
                    at_step[seen, lag, age, names, start + index] += 1
        self._close(path, start, stages, ages, names)

    def _stages(self, path: Sequence[Step], start: int) -> list[str | None]:
        """The stage at the beginning of each step from *start* on; None while closed, and no longer than it matters."""
        stages: list[str | None] = []
        place, last = 0, len(path) - 1
        for j in range(start, self.count):
            edge = self.first + j * self.step
            while place < last and path[place + 1][0] <= edge:
                place += 1
            if path[place][2] is OpportunityStatus.OPEN:
                stages.append(path[place][1])
            elif place == last:
                break
            else:
                stages.append(None)
        return stages

    def _close(
        self, path: Sequence[Step], start: int, stages: Sequence[str | None], ages: Sequence[int], names: Key
    ) -> None:
        """Wins and losses, each in the step in which it happened, if the deal was open at its beginning."""
        for at, _, status in path:
            if status is OpportunityStatus.OPEN:
                continue
            index = ceil((at - self.first) / self.step) - 1 - start
            if not 0 <= index < len(stages) or stages[index] is None:
                continue
            events = self.won if status is OpportunityStatus.WON else self.lost
            phase = self.phases.at(at)
            for lag, back in enumerate(LAGS):
                if back > index:
                    break
                seen = stages[index - back]
                if seen is not None:
                    events[seen, lag, ages[index], phase, names] += 1


# --- the chain of factors ---------------------------------------------------------------------------------------------


class _Chain:
    """A base rate and its factors; each level explains what the levels before it leave over."""

    def __init__(self, base: float) -> None:
        self.base = base
        self.factors: dict[tuple[str, Key], float] = {}


_Cell = Callable[[Row], Key]


def _levels(names: Key) -> Iterator[tuple[str, _Cell, bool]]:
    """Name, cell of a row, and whether only rows without elapsed time count: those are distinct deals and steps."""
    yield "elapsed", lambda row: (str(row[1]),), False
    yield "age", lambda row: (str(row[2]),), False
    yield "stage_elapsed", lambda row: (row[0], str(row[1])), False
    yield "stage_age", lambda row: (row[0], str(row[2])), False
    for place, name in enumerate(names):
        yield name, partial(_name, place), True
    yield "phase", lambda row: (row[3],), True
    yield "stage_age_phase", lambda row: (row[0], str(row[2]), row[3]), True


def _name(place: int, row: Row) -> Key:
    return (row[4][place],)


def _chain(rows: _Rows, events: Counter[Row], names: Key) -> _Chain:
    cases = rows.cases
    total = sum(n for row, n in cases.items() if row[1] == 0)
    chain = _Chain(sum(count for row, count in events.items() if row[1] == 0) / total if total else 0.0)
    expected = {row: n * chain.base for row, n in cases.items()}
    for level, cell, distinct in _levels(names):
        seen: dict[Key, list[float]] = {}
        for row, value in expected.items():
            if row[1] == 0 or not distinct:
                pair = seen.setdefault(cell(row), [0.0, 0.0])
                pair[0] += events[row]
                pair[1] += value
        strength = gamma_strength([(own, value) for own, value in seen.values()], EVENTS)
        factors = {key: (own + strength) / (value + strength) for key, (own, value) in seen.items()}
        chain.factors |= {(level, key): factor for key, factor in factors.items()}
        for row in expected:
            expected[row] *= factors.get(cell(row), 1.0)
    return chain
