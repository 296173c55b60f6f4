"""How deals move through the stages: a Markov chain with two ends, won and lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from math import ceil
from typing import Final

from attrs import field, frozen

from partnerops._arguments import check_a, check_int
from partnerops._attrs import Value, above, is_a, is_aware, is_text, to_tuple, tuple_of
from partnerops._render import Printable, percent, plural
from partnerops.dataset import Dataset
from partnerops.entities import UNKNOWN_STAGE, Opportunity, OpportunityStatus
from partnerops.forecast._history import DAY, Past, past, steps
from partnerops.forecast._keys import stage_of
from partnerops.forecast._probability import Probability, fitted, is_tally
from partnerops.periods import Calendar, Period

HORIZON: Final = 520
"""Steps after which nothing more is expected to happen: ten years of weeks."""
DAYS_OF_WEEK: Final = 7
_SETTLED: Final = 1e-12


@frozen(kw_only=True)
class Transition(Value):
    """
    How often deals went from one stage to another within a step.

    >>> Transition(stage="proposal", to="won", count=3).count
    3
    """

    stage: str = field(validator=is_text)
    """Open stage at the beginning of the step."""
    to: str = field(validator=is_text)
    """Stage at its end, or `won` or `lost`."""
    count: int = field(validator=is_tally)
    """How many deals and steps."""


def _to_transitions(values: Iterable[Transition]) -> tuple[Transition, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class MarkovChain(Value, Printable):
    """
    The chance of a win within a period by the stage alone: the k-th power of the matrix of moves within a step.

    A row of the matrix is what became of the deals of a stage within one step, as shares; a stage that no deal was ever
    in stays as it is. Between whole steps the chance runs straight. The chain forgets how long a deal has been in its
    stage: use it for conversion tables and what-if, and `InPeriodRate` as the headline.

    Source: J. G. Kemeny, J. L. Snell, Finite Markov Chains (1960), chapter 3.
    """

    transitions: tuple[Transition, ...] = field(converter=_to_transitions, validator=tuple_of(Transition), repr=False)
    """The counts, by stage and goal."""
    step_days: int = field(default=7, validator=[is_a(int), above(0)])
    """Days of a step."""
    as_of: datetime = field(validator=is_aware)
    """The moment of the fit."""
    _won: Mapping[str, Sequence[float]] = field(init=False, eq=False, repr=False)
    _cases: Mapping[str, int] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        cases: Counter[str] = Counter()
        for one in self.transitions:
            if one.count:  # a move that never happened has no share
                cases[one.stage] += one.count
        object.__setattr__(self, "_cases", cases)
        # Powers once for each fit: every deal of a stage reads the same ones.
        object.__setattr__(self, "_won", _powers(self.transitions, cases))

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance of a win in what is left of *period*, whatever the expected close says."""
        stage, today = stage_of(opportunity), as_of.date()
        first, last = max(0, (period.start - today).days - 1), max(1, (period.end - today).days - 1)
        value = fitted(self.won_within(stage, last) - self.won_within(stage, first))
        n = self._cases.get(stage, 0)
        said = plural(n, "week", "weeks") if self.step_days == DAYS_OF_WEEK else f"{n:,} x {self.step_days} days"
        because = f"{percent(value)} of deals in {stage} are won by then, as {said} of deals there show"
        return Probability(value, n=n, method="Markov chain", because=because)

    def won_within(self, stage: str, days: int) -> float:
        """The chance that a deal of this stage is won within so many days."""
        powers = self._won.get(check_a("MarkovChain.won_within(stage)", stage, str), (0.0,))
        whole, rest = divmod(check_int("MarkovChain.won_within(days)", days, 0), self.step_days)
        low, high = powers[min(whole, len(powers) - 1)], powers[min(whole + 1, len(powers) - 1)]
        return low + (high - low) * rest / self.step_days

    def ever(self, stage: str) -> float:
        """The chance that a deal of this stage is ever won."""
        return self._won.get(check_a("MarkovChain.ever(stage)", stage, str), (0.0,))[-1]

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each move: count, share of the stage's moves, and the stage's chance of being won in the end."""
        return [
            {
                "stage": one.stage,
                "to": one.to,
                "count": one.count,
                "share": fitted(one.count / max(1, self._cases.get(one.stage, 0))),
                "won in the end": fitted(self.ever(one.stage)),
            }
            for one in self.transitions
        ]

    def _rows(self) -> list[dict[str, object]]:
        return [
            row | {name: percent(row[name]) for name in ("share", "won in the end")}  # type: ignore[arg-type]  # decimals
            for row in self.to_dicts()
        ]

    def _headline(self) -> str:
        moves = sum(self._cases.values())
        return f"Markov chain of {moves:,} moves of {self.step_days} days as of {self.as_of:%Y-%m-%d}"


def _powers(transitions: Sequence[Transition], cases: Mapping[str, int]) -> dict[str, list[float]]:
    """For each stage, the chance of being won after 0, 1, 2, ... steps, until nothing changes any more."""
    rows: dict[str, list[tuple[str, float]]] = {stage: [] for stage in cases}
    for one in transitions:
        if one.count:
            rows[one.stage].append((one.to, one.count / cases[one.stage]))
    now = dict.fromkeys(rows, 0.0)
    won: dict[str, list[float]] = {stage: [0.0] for stage in rows}
    for _ in range(HORIZON):
        ahead = {**now, "won": 1.0, "lost": 0.0}
        # a stage that deals moved to, but whose own moves nobody saw, keeps them
        after = {stage: sum(share * ahead.get(to, 0.0) for to, share in row) for stage, row in rows.items()}
        for stage, chance in after.items():
            won[stage].append(chance)
        # Chances only rise from step to step, so the difference needs no absolute value.
        if all(after[stage] - now[stage] < _SETTLED for stage in rows):
            break
        now = after
    return won


def fit_markov_chain(
    data: Dataset,
    *,
    as_of: datetime | date,
    step_days: int = 7,
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> MarkovChain:
    """
    The moves of all deals between the open stages, week by week.

    Deals without a history have no known stages before their close and add nothing. *history_start* is the first day
    whose closes were recorded.

    >>> fit_markov_chain(Dataset(), as_of=date(2026, 3, 31)).transitions
    ()
    """
    check_int("fit_markov_chain(step_days=...)", step_days, 1, 366)
    known = past(data, as_of, calendar, history_start)
    step = step_days * DAY
    oldest = min((deal.created_at.timestamp() for deal in known.deals), default=known.seconds)
    begin = oldest if known.start is None else max(known.start, oldest)
    count = max(0, int((known.seconds - begin) // step))
    moves: Counter[tuple[str, str]] = Counter()
    for deal in known.deals:
        _add(deal, known, count, step, moves)
    return MarkovChain(
        transitions=[Transition(stage=stage, to=to, count=number) for (stage, to), number in sorted(moves.items())],
        step_days=step_days,
        as_of=known.now,
    )


def _add(deal: Opportunity, known: Past, count: int, step: float, moves: Counter[tuple[str, str]]) -> None:
    path = steps(deal)
    first = known.seconds - count * step
    place, last = 0, len(path) - 1
    before: str | None = None
    for j in range(max(0, ceil((path[0][0] - first) / step)), count + 1):
        edge = first + j * step
        while place < last and path[place + 1][0] <= edge:
            place += 1
        _, stage, status = path[place]
        label = stage if status is OpportunityStatus.OPEN else status.value
        # A move out of the unknown tells nothing about any stage.
        if before is not None and UNKNOWN_STAGE not in (before, label):
            moves[before, label] += 1
        if status is not OpportunityStatus.OPEN and place == last:
            break
        # A deal that is closed between two openings is no case: its next opening is a new beginning.
        before = label if status is OpportunityStatus.OPEN else None
