"""Goals made of goals: whether the parts of each sum to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from attrs import frozen

from partnerops._attrs import Value
from partnerops._render import Printable, plural
from partnerops.dataset import Dataset
from partnerops.entities import Target
from partnerops.exceptions import InvalidValue
from partnerops.metrics._deals import known
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar

__all__ = ["Cascade", "CascadeLine", "cascade"]


@frozen(kw_only=True)
class CascadeLine(Value):
    """One goal in a cascade."""

    target: Target
    """The goal."""
    depth: int
    """0 for the top."""
    gap: Money | Decimal | None
    """The goal less the sum of its parts; None where it has none."""


@frozen(kw_only=True)
class Cascade(Value, Printable):
    """A goal and the goals it is made of, down to the last."""

    lines: tuple[CascadeLine, ...]
    """Each goal before its parts."""

    @property
    def ok(self) -> bool:
        """Whether the parts of every goal sum to it."""
        return not any(line.gap is not None and bool(line.gap) for line in self.lines)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per goal."""
        return [
            {
                "target": line.target.id, "owner": line.target.owner_id, "depth": line.depth,
                "goal": line.target.value, "gap": line.gap,
            }
            for line in self.lines
        ]  # fmt: skip

    def _headline(self) -> str:
        verdict = "parts sum to the whole" if self.ok else "parts do not sum to the whole"
        return f"cascade of {plural(len(self.lines), 'goal', 'goals')}: {verdict}"

    def _rows(self) -> list[dict[str, object]]:
        return [row | {"owner": "  " * line.depth + line.target.owner_id}
                for row, line in zip(self.to_dicts(), self.lines, strict=True)]  # fmt: skip


def cascade(data: Dataset, target_id: str, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR) -> Cascade:
    """
    A goal with the goals below it, and for each the gap between it and the sum of its parts.

    Parts of another metric or of a period outside the whole's are refused, since they cannot sum to it.

    Raises:
        UnknownName: No such target.
        InvalidValue: A part of another metric or period, or goals that are part of one another in a circle.
        CurrencyMismatch: Parts in another currency.
    """
    # Asked first: a cascade of nothing would look like one that adds up.
    top = data.get(Target, target_id)
    below: dict[str | None, list[Target]] = {}
    for one in sorted(known(data, Target, as_of, calendar), key=lambda goal: (goal.owner_id, goal.id)):
        below.setdefault(one.parent_id, []).append(one)
    return Cascade(lines=tuple(_lines(top, below, ())))


def _lines(goal: Target, below: Mapping[str | None, Sequence[Target]], above: tuple[str, ...]) -> Iterable[CascadeLine]:
    # A circle has no top, and would be walked for ever.
    if goal.id in above:
        raise InvalidValue("Target.parent_id", "a goal that is no part of this one", goal.id)
    # Depth first, each goal before its parts, so that a table of them reads like a tree.
    parts = below.get(goal.id, ())
    for part in parts:
        # Deals and money do not add up, nor do months of another year.
        if part.metric != goal.metric or not goal.period.contains_period(part.period):
            raise InvalidValue(f"the parts of {goal.id}", f"{goal.metric} within {goal.period}", part.id)
    gap: Money | Decimal | None = None
    if parts and isinstance(goal.value, Money):
        gap = goal.value - Money.total((_money(part) for part in parts), goal.value.currency)
    elif parts:
        gap = sum((-_plain(part) for part in parts), _plain(goal))
    yield CascadeLine(target=goal, depth=len(above), gap=gap)
    for part in parts:
        yield from _lines(part, below, (*above, goal.id))


def _money(goal: Target) -> Money:
    if not isinstance(goal.value, Money):
        raise InvalidValue(f"Target {goal.id}", "money, as the goal it is part of", goal.value)
    return goal.value


def _plain(goal: Target) -> Decimal:
    if isinstance(goal.value, Money):
        raise InvalidValue(f"Target {goal.id}", "a number, as the goal it is part of", str(goal.value))
    return goal.value
