"""Reading in-period rates from a dataset: weekly rows of open deals, and a chain of factors drawn to 1."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import pairwise
from math import ceil
from typing import Final, NamedTuple

from partnerops._arguments import check_int
from partnerops._attrs import to_decimal
from partnerops._months import add_months
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, OpportunityStatus
from partnerops.exceptions import InvalidValue
from partnerops.forecast._history import DAY, Past, Step, past, steps
from partnerops.forecast._inperiod import CalendarCycle, InPeriodRate, RateFactor, to_cycle
from partnerops.forecast._keys import Key, Reader, check_names_known_at_creation, partner_tables
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
SWEEPS: Final = 2
"""
How often the levels are fitted in turn.

In one pass a level is blind to those after it, and forecasts come out low where a rate rises with time. More than two
fit the past closer and, on the simulated programme, the future no better.
"""

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
        InvalidValue: A cycle or a step that cannot be, or `stage` in *by*: it has its factors anyway.

    >>> fit_in_period(Dataset(), as_of=date(2026, 3, 31)).won
    Decimal('0')
    """
    check_int("fit_in_period(step_days=...)", step_days, 1, 366)
    phases = to_cycle(cycle)
    if not isinstance(phases, CalendarCycle):
        raise InvalidValue("fit_in_period(cycle=...)", f"one of {', '.join(CalendarCycle)}", cycle)
    known = past(data, as_of, calendar, history_start)
    names = check_names_known_at_creation("fit_in_period(by=...)", by)
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

Run = tuple[str | None, int]
"""A stage, None while closed, and at how many beginnings of steps in a row it stood."""
Close = tuple[int, OpportunityStatus, str]
"""Which step of the deal saw it won or lost, and the phase of that moment."""


class _Course(NamedTuple):
    """
    How a deal went, as far as rates see it: deals of one course count the same, so each course is looked at once.

    A long history has millions of cases, but far fewer courses.
    """

    names: Key
    start: int
    """The first step at whose beginning the deal was there."""
    age: int
    """Whole steps that it was old by then."""
    odd: int
    """Which part of a step it was older than that: parts end where an age bin begins."""
    runs: tuple[Run, ...]
    closes: tuple[Close, ...]


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
        # Steps are laid back from now, so that the newest is whole; the odd days are at the beginning.
        self.first = known.seconds - self.count * step
        self.step = step
        self.phases = phases
        self.odds = sorted({age * DAY % step for age in (0, *AGES)})
        self.deals: Counter[Key] = Counter()
        """Distinct deals by stage and age bin."""
        self.n = 0
        self.won: Counter[Row] = Counter()
        self.lost: Counter[Row] = Counter()
        counts: Counter[tuple[str, int, int, int, Key]] = Counter()
        for course, number in self._courses(known.deals, read).items():
            self._count(course, number, counts)
        self.cases = self._spread(counts)

    def _courses(self, deals: Iterable[Opportunity], read: Reader) -> dict[_Course, int]:
        """How many deals went each way, in the order of the first of them."""
        courses: dict[_Course, int] = {}
        for deal in deals:
            course = self._course(steps(deal), read(deal))
            if course is not None:
                courses[course] = courses.get(course, 0) + 1
        return courses

    def _course(self, path: Sequence[Step], names: Key) -> _Course | None:
        """The course of a deal; None where no step began while it was open: it was never a case."""
        created = path[0][0]
        start = max(0, ceil((created - self.first) / self.step))
        runs = self._runs(path, start)
        if not runs:
            return None
        age, rest = divmod(self.first + start * self.step - created, self.step)
        return _Course(names, start, int(age), bisect_right(self.odds, rest), runs, self._closes(path, start, runs))

    def _runs(self, path: Sequence[Step], start: int) -> tuple[Run, ...]:
        """The stages at the beginnings of the steps from *start* on; closed at the end no longer matters."""
        runs: list[Run] = []
        # A stage is seen from the first beginning that is not before it.
        edges = [min(self.count, ceil((at - self.first) / self.step)) for at, *_ in path[1:]]
        begin = start
        for (_, stage, status), end in zip(path, [*edges, self.count], strict=True):
            if end > begin:
                runs.append((stage if status is OpportunityStatus.OPEN else None, end - begin))
                begin = end
        while runs and runs[-1][0] is None:
            runs.pop()
        return tuple(runs)

    def _closes(self, path: Sequence[Step], start: int, runs: Sequence[Run]) -> tuple[Close, ...]:
        """Wins and losses, each in the step in which it happened, if that step began while the deal was there."""
        length = sum(steps for _, steps in runs)
        closes: list[Close] = []
        for at, _, status in path:
            if status is not OpportunityStatus.OPEN:
                # An event on an edge belongs to the step that ends there, as the deal was open when that step began.
                index = ceil((at - self.first) / self.step) - 1 - start
                if 0 <= index < length:
                    closes.append((index, status, self.phases.at(at)))
        return tuple(closes)

    def _count(self, course: _Course, number: int, counts: Counter[tuple[str, int, int, int, Key]]) -> None:
        """Adds the cases of *number* deals of one course, by stage, lag, age, step and names, and their events."""
        self.n += number
        stages = [stage for stage, length in course.runs for _ in range(length)]
        ages = [self._age(course.age + index, course.odd) for index in range(len(stages))]
        for cell in {(stage, str(age)) for stage, age in zip(stages, ages, strict=True) if stage is not None}:
            self.deals[cell] += number
        for lag, back in enumerate(LAGS):
            now = zip(stages, stages[back:], ages[back:], strict=False)
            for step, (seen, stage, age) in enumerate(now, start=course.start + back):
                if seen is not None and stage is not None:
                    counts[seen, lag, age, step, course.names] += number
        for index, status, phase in course.closes:
            if stages[index] is None:
                continue  # closed already when the step began: it was no case of this step
            events = self.won if status is OpportunityStatus.WON else self.lost
            for lag, back in enumerate(LAGS):
                if back <= index and (seen := stages[index - back]) is not None:
                    events[seen, lag, ages[index], phase, course.names] += number

    def _age(self, age: int, odd: int) -> int:
        """The age bin of a deal that is so many whole steps and *odd* parts of another old."""
        return bisect_right(AGES, (age * self.step + self.odds[odd - 1]) / DAY)

    def _spread(self, counts: Mapping[tuple[str, int, int, int, Key], int]) -> dict[Row, float]:
        """Cases by row: those of a step are shared between the phases that it touches."""
        edges = [self.first + j * self.step for j in range(self.count + 1)]
        shares = [self.phases.shares(start, end) for start, end in pairwise(edges)]
        cases: dict[Row, float] = {}
        for (stage, lag, age, step, names), number in counts.items():
            for phase, share in shares[step]:
                row = (stage, lag, age, phase, names)
                cases[row] = cases.get(row, 0.0) + number * share
        return cases


# --- the chain of factors ---------------------------------------------------------------------------------------------


class _Chain(NamedTuple):
    """A base rate and its factors, by level and cell."""

    base: float
    factors: Mapping[tuple[str, Key], float]


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


class _Level:
    """One kind of factor: the cell of every row, whether the row counts, and the factors found so far."""

    def __init__(self, name: str, cells: Sequence[Key], counts: Sequence[bool]) -> None:
        self.name = name
        self.cells = cells
        self.counts = counts
        self.factors = dict.fromkeys(cells, 1.0)

    def refit(self, events: Sequence[int], expected: Sequence[float]) -> list[float]:
        """Fits the factors to what the other levels expect; gives what is expected with them."""
        seen = {key: [0.0, 0.0] for key in self.factors}
        for key, own, value, counts in zip(self.cells, events, expected, self.counts, strict=True):
            if counts:
                pair = seen[key]
                pair[0] += own
                pair[1] += value
        # What the level itself has put in is taken out again: it is fitted anew.
        cells = {key: (own, value / self.factors[key]) for key, (own, value) in seen.items()}
        strength = gamma_strength(cells.values(), EVENTS)
        found = {key: (own + strength) / (value + strength) for key, (own, value) in cells.items()}
        moves = {key: factor / self.factors[key] for key, factor in found.items()}
        self.factors = found
        return [value * moves[key] for key, value in zip(self.cells, expected, strict=True)]


def _chain(rows: _Rows, events: Counter[Row], names: Key) -> _Chain:
    cases = rows.cases
    once = [row[1] == 0 for row in cases]
    total = sum(n for n, counts in zip(cases.values(), once, strict=True) if counts)
    came = [events[row] for row in cases]
    base = sum(own for own, counts in zip(came, once, strict=True) if counts) / total if total else 0.0
    levels = [
        _Level(name, [cell(row) for row in cases], once if distinct else [True] * len(cases))
        for name, cell, distinct in _levels(names)
    ]
    expected = [n * base for n in cases.values()]
    for _ in range(SWEEPS):
        for level in levels:
            expected = level.refit(came, expected)
    return _Chain(base, {(level.name, key): factor for level in levels for key, factor in level.factors.items()})
