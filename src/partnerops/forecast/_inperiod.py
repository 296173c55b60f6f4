"""The chance of a win within a period, by stage, age and calendar phase: a fitted outlook."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from attrs import field, frozen

from partnerops._attrs import FrozenMap, Value, is_a, to_member, to_tuple
from partnerops._closed import ClosedSet
from partnerops._render import Printable, percent, plural
from partnerops.entities import Opportunity
from partnerops.forecast._keys import Key, Reader, Tables, stage_of
from partnerops.forecast._probability import Probability, fitted
from partnerops.periods import Period


class CalendarCycle(ClosedSet):
    """Which calendar phases have a rate of their own; every API takes the plain string too."""

    NONE = "none"
    """No phases."""
    MONTH_OF_QUARTER = "month_of_quarter"
    """First, second and last month of the fiscal quarter: the push before a quarter ends."""
    MONTH_OF_YEAR = "month_of_year"
    """Twelve months: seasons; needs more than a year of history to mean anything."""

    def phase(self, month: int, fiscal_year_start: int) -> str:
        """The phase of a calendar month, 1 to 12."""
        return str((month - fiscal_year_start) % _LENGTHS[self])


_LENGTHS: Final = {CalendarCycle.NONE: 1, CalendarCycle.MONTH_OF_QUARTER: 3, CalendarCycle.MONTH_OF_YEAR: 12}
"""Months after which the phases begin again."""


def to_cycle(value: str) -> CalendarCycle:
    """The member with this value; anything else is left to the validator."""
    return to_member(CalendarCycle, value)


@frozen(kw_only=True)
class RateFactor(Value):
    """
    How much more or less often deals of one cell close than their parents' rate says: 1 is as often.

    >>> RateFactor(level="phase", key=("2",), won=Decimal("1.6"), lost=Decimal(1), n=120).won
    Decimal('1.6')
    """

    level: str
    """What tells the cells of this level apart: elapsed, age, stage_elapsed, stage_age, phase, ..., or a name."""
    key: tuple[str, ...]
    """The cell's values: stages as they are, elapsed steps and ages by the number of their bin."""
    won: Decimal
    """Factor on the rate of wins."""
    lost: Decimal
    """Factor on the rate of losses."""
    n: int = 0
    """Distinct deals behind it, where they are counted (level stage_age)."""


def _to_factors(values: Iterable[RateFactor]) -> tuple[RateFactor, ...]:
    return to_tuple(values)


def _to_ints(values: Iterable[int]) -> tuple[int, ...]:
    return to_tuple(values)


_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "elapsed": ("lag",), "age": ("age",), "stage_elapsed": ("stage", "lag"), "stage_age": ("stage", "age"),
    "phase": ("phase",), "stage_age_phase": ("stage", "age", "phase"),
}  # fmt: skip
"""What the key of a level consists of."""
Rates = tuple[float, float]
"""Of wins and of losses, per step."""
_ONE: Final[Rates] = (1.0, 1.0)


@frozen
class _Chunk:
    """One step ahead: how far away, over which phases, and whether a win in it counts."""

    lags: tuple[tuple[str, float], ...]
    ahead: int
    phases: tuple[tuple[str, float], ...]
    counts: bool


class _Asked(NamedTuple):
    """A moment and a period that were asked about: the steps between them, and what was found by kind of deal."""

    chunks: Sequence[_Chunk]
    answers: dict[tuple[str, int, Key], Probability]
    rates: dict[tuple[str, int, Key, int], Rates]
    """By stage, age bin, names and number of the step: many ages share a bin."""


@frozen(kw_only=True)
class InPeriodRate(Value, Printable):
    """
    The chance that a deal of this stage and age is won within this period: the outlook to start with.

    Time runs in steps (a week). Of the deals that are still open at the beginning of a step, a share w is won in it and
    a share l lost; the chance adds up `still open * w` over the steps that lie in the period, with `still open` falling
    by the factor `1 - w - l` in each. A rate is a base rate times factors: of the time elapsed since the stage was
    seen, of the age by then, of both with the stage, of the calendar phase, of names given to the fit. Each factor was
    drawn to 1, the more the fewer events its cell had, so a cell without history changes nothing.

    Factors of elapsed time are known for some steps ahead and run evenly, in ratio, between two of those.

    The rate looks ahead from the stage that a deal is in today, so that moves through later stages are within it. The
    expected close plays no part: overdue and unscheduled deals have a chance too.

    Source: the discrete cause-specific hazards of J. D. Kalbfleisch, R. L. Prentice, The
    Statistical Analysis of Failure Time Data (2002), chapter 8, with factors by empirical Bayes.
    """

    won: Decimal
    """Base rate of wins per step."""
    lost: Decimal
    """Base rate of losses per step."""
    factors: tuple[RateFactor, ...] = field(default=(), converter=_to_factors, repr=False)
    """The factors, by level and cell."""
    step_days: int = 7
    """Days of a step."""
    ages: tuple[int, ...] = field(default=(), converter=_to_ints, repr=False)
    """Days at which a new age bin begins."""
    lags: tuple[int, ...] = field(default=(0,), converter=_to_ints, repr=False)
    """Steps ahead at which a new bin of elapsed time begins."""
    cycle: CalendarCycle = field(default=CalendarCycle.NONE, converter=to_cycle, validator=is_a(CalendarCycle))
    """Which calendar phases have a factor."""
    fiscal_year_start: int = 1
    """Month in which the fiscal year starts."""
    by: tuple[str, ...] = ()
    """Names with factors of their own, such as `origin`."""
    tables: Tables = field(default=FrozenMap[FrozenMap[str]](), repr=False)
    """What was known of the partners: name -> partner id -> value."""
    n: int = 0
    """Distinct deals seen by the fit."""
    as_of: datetime
    """The moment of the fit."""
    _found: Mapping[tuple[str, Key], Rates] = field(init=False, eq=False, repr=False)
    _seen: Mapping[Key, int] = field(init=False, eq=False, repr=False)
    _read: Reader = field(init=False, eq=False, repr=False)
    # A cache of what the fields already say: not compared, not printed, not copied by replace().
    _memo: dict[tuple[datetime, Period], _Asked] = field(
        factory=dict[tuple[datetime, Period], _Asked],
        init=False,
        eq=False,
        repr=False,
        metadata={"partnerops.cache": True},
    )

    def __attrs_post_init__(self) -> None:
        found = {(one.level, one.key): (float(one.won), float(one.lost)) for one in self.factors}
        object.__setattr__(self, "_found", found)
        object.__setattr__(self, "_seen", {one.key: one.n for one in self.factors if one.level == "stage_age"})
        object.__setattr__(self, "_read", Reader(self.by, self.tables))

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance of a win in what is left of *period*, whatever the expected close says."""
        asked = self._memo.get((as_of, period))
        if asked is None:
            if len(self._memo) > 7:  # a long backtest asks about many moments, one after the other
                self._memo.clear()
            asked = self._memo.setdefault((as_of, period), _Asked(self._chunks(as_of, period), {}, {}))
        deal = (stage_of(opportunity), (as_of - opportunity.created_at).days, self._read(opportunity))
        answer = asked.answers.get(deal)
        if answer is None:
            answer = asked.answers[deal] = self._answer(*deal, asked)
        return answer

    def _answer(self, stage: str, age: int, names: Key, asked: _Asked) -> Probability:
        chance, still_open = 0.0, 1.0
        for number, chunk in enumerate(asked.chunks):
            cell = (stage, bisect_right(self.ages, age + chunk.ahead), names, number)
            rates = asked.rates.get(cell)
            if rates is None:
                rates = asked.rates[cell] = self._rates(stage, str(cell[1]), names, chunk)
            won, lost = min(1.0, rates[0]), rates[1]
            if chunk.counts:
                chance += still_open * won
            still_open *= 1.0 - won - min(1.0 - won, lost)
        n = self._seen.get((stage, str(bisect_right(self.ages, age))), 0)
        value = fitted(chance)
        because = f"{percent(value)} of deals in {stage} at {age} days are won by then, as {n} like it show"
        return Probability(value, n=n, method="in-period rate", because=because)

    def _rates(self, stage: str, age: str, names: Key, chunk: _Chunk) -> Rates:
        """Rates of wins and losses over a step ahead."""
        found = self._found
        won, lost = float(self.won), float(self.lost)
        cells: list[tuple[str, Key]] = [
            ("age", (age,)),
            ("stage_age", (stage, age)),
            *((name, (value,)) for name, value in zip(self.by, names, strict=True)),
        ]
        for cell in cells:
            more, fewer = found.get(cell, _ONE)
            won, lost = won * more, lost * fewer
        for lag, weight in chunk.lags:
            for cell in (("elapsed", (lag,)), ("stage_elapsed", (stage, lag))):
                more, fewer = found.get(cell, _ONE)
                won, lost = won * more**weight, lost * fewer**weight
        phased = [(self._phased(stage, age, phase), share) for phase, share in chunk.phases]
        return won * sum(rate[0] * share for rate, share in phased), lost * sum(
            rate[1] * share for rate, share in phased
        )

    def _phased(self, stage: str, age: str, phase: str) -> Rates:
        of_all = self._found.get(("phase", (phase,)), _ONE)
        own = self._found.get(("stage_age_phase", (stage, age, phase)), _ONE)
        return of_all[0] * own[0], of_all[1] * own[1]

    def _chunks(self, as_of: datetime, period: Period) -> list[_Chunk]:
        """The steps from now to the end of the period, cut where it starts; the rest of today goes with the first."""
        today = as_of.date()
        midnight = datetime.combine(today, datetime.min.time())
        rest = 1.0 - (as_of.replace(tzinfo=None) - midnight) / timedelta(days=1)
        chunks: list[_Chunk] = []
        ahead = 0
        day = today + timedelta(days=1)
        days = [(today, rest)] if today < period.end else []
        while day < period.end or days:
            stop = min(period.end, today + timedelta(days=ahead + self.step_days + 1))
            days += [(day + timedelta(days=index), 1.0) for index in range((stop - day).days)]
            for counts in (False, True):
                part = [(on, share) for on, share in days if (on >= period.start) is counts]
                if part:
                    chunks.append(_Chunk(self._lag(ahead), ahead, self._shares(part), counts))
            ahead, day, days = ahead + self.step_days, max(day, stop), []
        return chunks

    def _lag(self, ahead: int) -> tuple[tuple[str, float], ...]:
        """The bins of elapsed time around a step, with weights: between two of them factors run evenly in ratio."""
        steps = ahead // self.step_days
        place = bisect_right(self.lags, steps) - 1
        if place + 1 == len(self.lags) or steps == self.lags[place]:
            return ((str(place), 1.0),)
        before, after = self.lags[place : place + 2]
        near = (after - steps) / (after - before)
        return ((str(place), near), (str(place + 1), 1.0 - near))

    def _shares(self, days: Iterable[tuple[date, float]]) -> tuple[tuple[str, float], ...]:
        """Phase -> share of a step that falls in it."""
        shares: dict[str, float] = {}
        for on, share in days:
            phase = self.cycle.phase(on.month, self.fiscal_year_start)
            shares[phase] = shares.get(phase, 0.0) + share / self.step_days
        return tuple(shares.items())

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each factor."""
        return [
            {"level": one.level, "cell": " ".join(one.key), "won": one.won, "lost": one.lost, "deals": one.n}
            for one in self.factors
        ]

    def _rows(self) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for one in sorted(self.factors, key=_in_order):
            won, lost = (f"{float(factor):.2f}" for factor in (one.won, one.lost))
            rows.append({"level": one.level, "cell": self._say(one), "won": won, "lost": lost, "deals": one.n or None})
        return rows

    def _say(self, one: RateFactor) -> str:
        """A cell in words: bins by the day and the step at which they begin."""
        if one.level in self.by:
            return one.key[0] or "unknown"
        parts = dict(zip(_PARTS.get(one.level, ()), one.key, strict=False))
        words = [parts["stage"]] if "stage" in parts else []
        if "age" in parts:
            words.append(f"from {(0, *self.ages)[int(parts['age'])]} days")
        if "lag" in parts:
            words.append(f"{plural(self.lags[int(parts['lag'])], 'step', 'steps')} ahead")
        if "phase" in parts:
            words.append(f"{self.cycle.value.replace('_', ' ')} {int(parts['phase']) + 1}")
        return ", ".join(words)

    def _headline(self) -> str:
        extra = f", {', '.join(self.by)}" if self.by else ""
        phases = "" if self.cycle is CalendarCycle.NONE else f", {self.cycle.value.replace('_', ' ')}"
        return (
            f"in-period rate by stage, age{phases}{extra}: {percent(self.won)} won and {percent(self.lost)} lost "
            f"in {self.step_days} days, from {self.n:,} deals as of {self.as_of:%Y-%m-%d}"
        )


def _in_order(one: RateFactor) -> tuple[str, list[tuple[int, str]]]:
    """By level and cell, bins by their numbers: `10` comes after `2`."""
    return one.level, [(int(part) if part.isdecimal() else 0, part) for part in one.key]
