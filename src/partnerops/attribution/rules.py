"""
What a model comes down to: a small value of integers that gives each touch a whole weight.

Objects ask a rule for `weights(case)`; tables read its integers. Both see only the touches that count, oldest first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Context, Decimal
from functools import lru_cache
from math import lcm
from typing import Final, TypeAlias

from attrs import field, frozen

from partnerops._attrs import Value, to_strings, to_tuple
from partnerops.attribution._case import Case
from partnerops.attribution.options import Label, Milestone, MissingMilestone, NoMiddle, Repeats
from partnerops.entities import Touchpoint

__all__ = ["ByAge", "ByLabel", "ByMilestone", "ByPlace", "ByPosition", "Even", "Rule"]

# A power of two, so that whole half-lives give exact weights.
DECAY_SCALE: Final = 1 << 20
"""Weight of the newest touch under time decay: fine enough for a millionth, small enough for 64-bit tables."""

HOUR: Final = timedelta(hours=1)


def _to_weights(values: Iterable[int]) -> tuple[int, ...]:
    return to_tuple(values)


def _to_milestones(values: Iterable[Milestone]) -> tuple[Milestone, ...]:
    return to_tuple(values)


@frozen
class Even(Value):
    """Every touch weighs 1."""

    def weights(self, case: Case, /) -> Sequence[int]:
        """1 for every touch."""
        return (1,) * len(case.touches)


@frozen
class ByPlace(Value):
    """The touches of the first places weigh as a list says, all others nothing."""

    places: tuple[int, ...] = field(converter=_to_weights)
    """Weight of the touch in place 1, 2, ..."""
    from_last: bool = False
    """Whether place 1 is the newest touch instead of the oldest."""

    def weights(self, case: Case, /) -> Sequence[int]:
        """The weight of each touch's place."""
        count = len(case.touches)
        # Reversing the weights instead of the touches keeps the order that the engine expects.
        weights = (*self.places[:count], *(0,) * (count - len(self.places)))
        return weights[::-1] if self.from_last else weights


@frozen
class ByPosition(Value):
    """The first and the last touch weigh a fixed part each; the touches between them share another."""

    first: int
    """Part of the first touch."""
    middle: int
    """Part of all touches between first and last together."""
    last: int
    """Part of the last touch."""
    pair: tuple[int, int]
    """Weights of the first and the last touch when there are only two."""

    def weights(self, case: Case, /) -> Sequence[int]:
        """Whole weights: the ends are scaled by the number of touches between them."""
        count = len(case.touches)
        if count <= 2:
            return ((), (1,), self.pair)[count]
        between = count - 2
        return (self.first * between, *(self.middle,) * between, self.last * between)


@frozen
class ByAge(Value):
    """A touch weighs half as much for every half-life that it is older than the newest touch that counts."""

    half_life_hours: int
    """Hours in which a weight halves."""

    def weights(self, case: Case, /) -> Sequence[int]:
        """Whole weights on a scale of 2^20, by age in whole hours."""
        if not case.touches:
            return ()
        # From the newest touch and not from the close, so the newest never fades to 0 in a deal that closed late.
        table = decay_weights(self.half_life_hours)
        newest, oldest_kept = case.touches[-1].at, len(table) - 1
        return [table[min((newest - touch.at) // HOUR, oldest_kept)] for touch in case.touches]


@frozen(kw_only=True)
class ByMilestone(Value):
    """Each milestone's touch weighs a fixed part; all other touches share another."""

    milestones: tuple[Milestone, ...] = field(converter=_to_milestones)
    """The milestones, in the order of a deal's life."""
    parts: tuple[int, ...] = field(converter=_to_weights)
    """The part of each."""
    middle: int = 0
    """Part of all other touches together."""
    missing: MissingMilestone = MissingMilestone.RENORMALISE
    """Where the part of a milestone without touch goes."""
    no_middle: NoMiddle = NoMiddle.RENORMALISE
    """Where the part of the middle goes when there is none."""

    def places(self, case: Case, /) -> tuple[int | None, ...]:
        """Index of each milestone's touch; None where there is none and none is inferred."""
        instants = [touch.at for touch in case.touches]
        return tuple(self._place(one, case, instants) for one in self.milestones) if instants else ()

    def _place(self, milestone: Milestone, case: Case, instants: Sequence[datetime]) -> int | None:
        last = len(instants) - 1
        if milestone is Milestone.FIRST:
            return 0
        lead = _last_by(instants, case.lead_created_at)
        deal = _last_by(instants, case.opportunity.created_at)
        infer = self.missing is MissingMilestone.INFER
        # The order of a deal's life: a milestone that nobody touched is taken to lie at the next one.
        if milestone is Milestone.LEAD_CREATED:
            return _first_known(lead, deal, last) if infer else lead
        if milestone is Milestone.DEAL_CREATED:
            return _first_known(deal, last) if infer else deal
        return last

    def weights(self, case: Case, /) -> Sequence[int]:
        """Whole weights: the anchors are scaled by the number of touches in the middle."""
        count = len(case.touches)
        held: dict[int, int] = {}
        hits: Counter[int] = Counter()
        rest = self.middle
        for place, part in zip(self.places(case), self.parts, strict=bool(count)):
            if place is not None:
                held[place] = held.get(place, 0) + part
                hits[place] += 1
            elif self.missing is MissingMilestone.TO_MIDDLE:
                rest += part
        between = count - len(held)
        if between:
            # Scaling the anchors instead of dividing the middle keeps integers; without a middle share none is needed.
            scale = between if rest else 1
            return [held[index] * scale if index in held else rest for index in range(count)]
        if self.no_middle is NoMiddle.SPLIT_MIDDLE:
            return [held[index] * hits.total() + rest * hits[index] for index in range(count)]
        return [held[index] for index in range(count)]


def _last_by(instants: Sequence[datetime], moment: datetime | None) -> int | None:
    """Index of the last instant at or before *moment*."""
    # Right of equals: a touch at the very instant of the milestone stands for it.
    after = 0 if moment is None else bisect_right(instants, moment)
    return after - 1 if after else None


def _first_known(*places: int | None) -> int | None:
    return next((place for place in places if place is not None), None)


@frozen(kw_only=True)
class ByLabel(Value):
    """Each label has a fixed part: a role, a kind of touch, a stage of the deal."""

    label: Label
    """What touches are grouped by."""
    labels: tuple[str, ...] = field(converter=to_strings)
    """The labels that have a part of their own."""
    parts: tuple[int, ...] = field(converter=_to_weights)
    """The part of each."""
    other: int = 0
    """Part of the touches with any other label."""
    missing: int = 0
    """Part of the touches without a label."""
    repeats: Repeats = Repeats.SHARE
    """Whether the touches of a label share its part or weigh it each."""

    def weights(self, case: Case, /) -> Sequence[int]:
        """Whole weights: parts are scaled so that every equal part of one is whole."""
        groups = [self.group(label) for label in labels_of(self.label, case)]
        part_of = (*self.parts, self.other, self.missing)
        if self.repeats is Repeats.COUNT:
            return [part_of[group] for group in groups]
        counts = Counter(groups)
        # A common multiple of the group sizes makes every equal part whole; groups without a part need none.
        unit = lcm(*(count for group, count in counts.items() if part_of[group]))
        return [part_of[group] * unit // counts[group] for group in groups]

    def group(self, label: str | None) -> int:
        """Index of a label's part; one beyond the labels for any other, two beyond for none."""
        if label is None:
            return len(self.labels) + 1
        # A label without a part of its own is not an unknown label: the one may have a share, the other another.
        return self.labels.index(label) if label in self.labels else len(self.labels)


Rule: TypeAlias = Even | ByPlace | ByPosition | ByAge | ByMilestone | ByLabel
"""Any of the rules."""


def labels_of(label: Label, case: Case) -> list[str | None]:
    """The label of each touch of a case; None where it has none."""
    if label is Label.PARTY:
        return [touch.partner_id for touch in case.touches]
    if label is Label.STAGE:
        return stages_of(case)
    return [getattr(touch, label.value) for touch in case.touches]


def stages_of(case: Case) -> list[str | None]:
    """
    The open stage of the deal at each touch; None before its first one, and without a history.

    A change counts from its instant on. Won and lost are outcomes and no stages: a touch at the close belongs to the
    stage that the close ended.
    """
    # The last open stage lasts until the close, so a touch on the closing day still says where the deal stood.
    changes = [change for change in case.opportunity.history if change.status == "open"]
    instants = [change.at for change in changes]

    def stage(touch: Touchpoint) -> str | None:
        index = _last_by(instants, touch.at)
        return None if index is None else changes[index].stage

    return [stage(touch) for touch in case.touches]


@lru_cache(maxsize=64)
def decay_weights(half_life_hours: int) -> tuple[int, ...]:
    """
    Integer weights by age in whole hours: `2^20 x 2^(-age / half-life)`, rounded half-even, never below 1.

    The last entry is 1 and holds for every older touch, so no touch that counts vanishes. The table is computed in
    decimal arithmetic of 40 digits, the same on every platform; engines join it instead of computing powers.
    """
    context = Context(prec=40)
    scale, two = Decimal(DECAY_SCALE), Decimal(2)
    ages = range(20 * half_life_hours + 1)
    # One exact power per hour of a single half-life; a further half-life divides by two, which is exact as well.
    ends = [
        context.power(two, context.divide(Decimal(-hour), Decimal(half_life_hours))) for hour in ages[:half_life_hours]
    ]
    weights: list[int] = []
    for age in ages:
        halvings, hour = divmod(age, half_life_hours)
        weight = context.divide(context.multiply(scale, ends[hour]), Decimal(1 << halvings))
        weights.append(max(1, int(context.to_integral_value(weight))))
    return tuple(weights)
