"""How partners move between evaluations: transition matrix, flapping."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import pairwise
from typing import Final

from attrs import field, frozen

from partnerops._attrs import Value, to_tuple
from partnerops._render import Printable, plural
from partnerops.exceptions import UnknownName
from partnerops.journey._entities import StageDecision, Timeline
from partnerops.journey._given import timelines_of
from partnerops.journey._mermaid import state_diagram
from partnerops.journey._stages import STAGES, ActivityStatus
from partnerops.ratio import Ratio

NEW: Final = "new"
"""State before a partner's first evaluation."""
ENDED: Final = "ended"
"""State of a partner whose agreement has ended."""
FROM: Final = (NEW, *(stage.value for stage in STAGES))
TO: Final = (*(stage.value for stage in STAGES), ENDED)


def state(decision: StageDecision) -> str:
    """The stage, or `ended`."""
    return ENDED if decision.activity is ActivityStatus.ENDED else decision.stage.value


def _to_counts(values: Iterable[tuple[str, str, int]]) -> tuple[tuple[str, str, int], ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class TransitionMatrix(Value, Printable):
    """
    How often partners went from one state to another between two evaluations in a row.

    Rows are `new` and the stages, columns the stages and `ended`. The rates of a row sum to 1, or have no value where
    nobody was in it.
    """

    first: datetime | None
    """The first evaluation looked at; None without any."""
    last: datetime | None
    """The last one."""
    counts: tuple[tuple[str, str, int], ...] = field(converter=_to_counts)
    """From, to and how often; pairs that never happened are left out."""

    def count(self, begin: str, end: str) -> int:
        """
        How often partners went from one state to another.

        Raises:
            UnknownName: There is no such state to go from or to.
        """
        for what, name, known in (("state to go from", begin, FROM), ("state to go to", end, TO)):
            if name not in known:
                raise UnknownName(what, name, known)
        return next((count for one, other, count in self.counts if (one, other) == (begin, end)), 0)

    def rate(self, begin: str, end: str) -> Ratio:
        """The share of those in one state that went to another."""
        # Over the row, so that rates of a row sum to 1; nobody there is no rate rather than 0.
        return Ratio(self.count(begin, end), sum(count for one, _, count in self.counts if one == begin))

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per pair of states."""
        return [
            {"from": begin, "to": end, "count": self.count(begin, end), "rate": self.rate(begin, end).value}
            for begin in FROM
            for end in TO
        ]

    def to_mermaid(self) -> str:
        """The moves as a Mermaid state diagram, with the share of each row; states that nobody left stay out."""
        used = {name for begin, end, _ in self.counts for name in (begin, end)}
        states = [(stage.value, stage.value) for stage in STAGES if stage.value in used]
        # Mermaid draws the outside of a diagram as one and the same mark, at the start of an arrow and at its end.
        edge = {NEW: "[*]", ENDED: "[*]"}
        arrows = [
            (edge.get(begin, begin), edge.get(end, end), f"{self.rate(begin, end).percent(0)} ({count})")
            for begin, end, count in self.counts
        ]
        return state_diagram(states, arrows)

    def _headline(self) -> str:
        if self.first is None or self.last is None:
            return "no transitions: fewer than two evaluations"
        total = sum(count for *_, count in self.counts)
        return f"{plural(total, 'transition', 'transitions')} from {self.first.date()} to {self.last.date()}"

    def _rows(self) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for begin in FROM:
            cells: dict[str, object] = {end: self.rate(begin, end).percent() for end in TO}
            rows.append({"from": begin, **cells, "n": sum(self.count(begin, end) for end in TO)})
        return rows


def transitions(timelines: Iterable[Timeline]) -> TransitionMatrix:
    """
    The transition matrix of a programme, as `replay_all` returned its timelines.

    A partner whose timeline begins after the first evaluation of all came in as `new`; one that was there at the first
    is not counted as new. After `ended` nothing is counted.

    >>> transitions([]).rate("start", "traction").value is None
    True
    """
    found = [timeline for timeline in timelines_of(timelines) if timeline.decisions]
    moments = sorted({one.as_of for timeline in found for one in timeline})
    counts: dict[tuple[str, str], int] = {}
    for timeline in found:
        states = [state(one) for one in timeline]
        # Partners that were there from the first evaluation on are no newcomers; nobody saw them come.
        if timeline[0].as_of > moments[0]:
            states = [NEW, *states]
        for begin, end in pairwise(states):
            # Ended is the end: an agreement that begins again is another story.
            if begin == ENDED:
                break
            counts[begin, end] = counts.get((begin, end), 0) + 1
    order = {name: place for place, name in enumerate((*FROM, ENDED))}
    ranked = sorted(counts.items(), key=lambda item: (order[item[0][0]], order[item[0][1]]))
    return TransitionMatrix(
        first=moments[0] if len(moments) > 1 else None,
        last=moments[-1] if len(moments) > 1 else None,
        counts=[(begin, end, count) for (begin, end), count in ranked],
    )


# --- flapping


@frozen
class FlapLine(Value):
    """How restless one partner is."""

    partner_id: str
    """Who."""
    changes: int
    """Evaluations that moved it."""
    turns: int
    """Changes that went the other way than the change before."""
    evaluations: int
    """Evaluations that could have moved it: all but the first."""
    changed_on: tuple[date, ...]
    """When it moved."""


@frozen(kw_only=True)
class Flapping(Value, Printable):
    """How restless a programme is under its policy: partners that go up and down tell of thresholds, not of people."""

    rate: Ratio
    """Evaluations that moved a partner, of those that could have."""
    turns: int
    """Changes that went the other way than the partner's change before."""
    lines: tuple[FlapLine, ...]
    """Partners that moved, the most restless first."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per partner that moved."""
        return [
            {
                "partner_id": one.partner_id,
                "changes": one.changes,
                "turns": one.turns,
                "evaluations": one.evaluations,
                "changed_on": one.changed_on,
            }
            for one in self.lines
        ]

    def _headline(self) -> str:
        return f"changed at {self.rate} of evaluations, {plural(self.turns, 'turn', 'turns')}"

    def _rows(self) -> list[dict[str, object]]:
        return [
            {"partner": one.partner_id, "changes": one.changes, "turns": one.turns, "of": one.evaluations}
            for one in self.lines
        ]


def flapping(timelines: Iterable[Timeline]) -> Flapping:
    """
    How often partners changed stage, and how often they turned round.

    >>> flapping([]).rate.value is None
    True
    """
    lines: list[FlapLine] = []
    evaluations = 0
    for timeline in timelines_of(timelines):
        # The first evaluation places a partner and cannot move it.
        evaluations += max(len(timeline) - 1, 0)
        moved = timeline.changes
        if moved:
            ways = [one.previous_stage is not None and one.stage > one.previous_stage for one in moved]
            turns = sum(one != other for one, other in pairwise(ways))
            dates = tuple(one.on for one in moved)
            lines.append(FlapLine(moved[0].partner_id, len(moved), turns, len(timeline) - 1, dates))
    changes, turned = sum(one.changes for one in lines), sum(one.turns for one in lines)
    # A partner that turns round is restless; one that rises three times is only quick.
    ranked = sorted(lines, key=lambda one: (-one.turns, -one.changes, one.partner_id))
    return Flapping(rate=Ratio(changes, evaluations), turns=turned, lines=tuple(ranked))
