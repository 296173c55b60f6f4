"""How the touches that count weigh, rule by rule, in the integers that objects use too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import narwhals as nw

from partnerops.attribution._compiled import CompiledAttribution
from partnerops.attribution.options import Label, Milestone, MissingMilestone, NoMiddle, Repeats
from partnerops.attribution.rules import (
    ByAge,
    ByLabel,
    ByMilestone,
    ByPlace,
    ByPosition,
    Rule,
    decay_weights,
)
from partnerops.exceptions import InvalidTable
from partnerops.frames._narwhals import Frame, floor_divide, table_like

HOUR_US: Final = 3_600_000_000
LIMIT: Final = 1 << 31
"""Total weights of a deal stay below this, so that a remainder times a weight fits 64 bits."""
DEAL: Final = "opportunity_id"
WEIGHT: Final = "weight"
PLACE: Final = "place"


def check_size(plan: CompiledAttribution) -> None:
    """
    Nothing where the parts of all rules of a plan are small enough for 64-bit tables.

    Raises:
        InvalidTable: The shares need larger whole numbers.
    """
    rule = plan.rule
    parts: Sequence[int] = ()
    if isinstance(rule, ByLabel):
        parts = (*rule.parts, rule.other, rule.missing)
    elif isinstance(rule, ByMilestone):
        parts = (*rule.parts, rule.middle)
    elif isinstance(rule, ByPosition):
        parts = (rule.first, rule.middle, rule.last, *rule.pair)
    elif isinstance(rule, ByPlace):
        parts = rule.places
    if sum(parts) >= LIMIT:
        raise InvalidTable(("the shares of the policy are too fine for tables; round them to at most six decimals",))
    if plan.otherwise is not None:
        check_size(plan.otherwise)


def weighed(placed: Frame, rule: Rule) -> Frame:
    """The touches with their weight; *placed* has their place in the deal from 1 on."""
    if isinstance(rule, ByAge):
        return _by_age(placed, rule.half_life_hours)
    if isinstance(rule, ByLabel):
        return _by_label(placed, rule)
    if isinstance(rule, ByMilestone):
        return _by_milestone(_counted(placed), rule)
    if isinstance(rule, ByPosition):
        return _with(_counted(placed), _by_position(rule))
    if isinstance(rule, ByPlace):
        frame = _counted(placed) if rule.from_last else placed
        return _with(frame, _by_place(rule))
    return _with(placed, nw.lit(1))


def _with(frame: Frame, weight: nw.Expr) -> Frame:
    return frame.with_columns(weight.cast(nw.Int64).alias(WEIGHT))


def _counted(placed: Frame) -> Frame:
    return placed.with_columns(count=nw.len().over(DEAL).cast(nw.Int64))


def _choose(condition: nw.Expr, yes: Any, no: Any) -> nw.Expr:
    return nw.when(condition).then(yes).otherwise(no)


def _by_place(rule: ByPlace) -> nw.Expr:
    # Counted from the end by arithmetic: engines share no descending order within a partition.
    place = nw.col("count") - nw.col(PLACE) + 1 if rule.from_last else nw.col(PLACE)
    weight: nw.Expr = nw.lit(0)
    for index, part in enumerate(rule.places):
        weight = _choose(place == index + 1, nw.lit(part), weight)
    return weight


def _by_position(rule: ByPosition) -> nw.Expr:
    place, count = nw.col(PLACE), nw.col("count")
    first_of_two, last_of_two = rule.pair
    inner = _choose(place == count, rule.last * (count - 2), nw.lit(rule.middle))
    long = _choose(place == 1, rule.first * (count - 2), inner)
    pair = _choose(place == 1, nw.lit(first_of_two), nw.lit(last_of_two))
    return _choose(count == 1, nw.lit(1), _choose(count == 2, pair, long))


def _by_age(seen: Frame, half_life_hours: int) -> Frame:
    """Weights by age in whole hours from the newest touch that counts, joined from the table that objects use too."""
    table = decay_weights(half_life_hours)
    # Of the touches that count, as objects do it; the close may lie long after the last of them.
    newest = seen.with_columns(newest=nw.col("at_us").max().over(DEAL))
    age = floor_divide(seen, nw.col("newest") - nw.col("at_us"), nw.lit(HOUR_US))
    aged = newest.with_columns(hours=nw.min_horizontal(age, nw.lit(len(table) - 1)).cast(nw.Int64))
    return aged.join(table_like(seen, {"hours": range(len(table)), WEIGHT: table}), on="hours", how="inner")


# --- milestones -------------------------------------------------------------------------------------------------------


def _by_milestone(counted: Frame, rule: ByMilestone) -> Frame:
    places = {f"anchor_{index}": one for index, one in enumerate(rule.milestones)}
    by_lead, by_deal = _needed(rule)
    reached = counted.with_columns(
        by_lead=_last_by("lead_us") if by_lead else nw.lit(0),
        by_deal=_last_by("deal_us") if by_deal else nw.lit(0),
    )
    infer = rule.missing is MissingMilestone.INFER
    anchored = reached.with_columns(**{name: _place(one, infer=infer).cast(nw.Int64) for name, one in places.items()})
    parts = list(zip(places, rule.parts, strict=True))
    summed = anchored.with_columns(
        held=_sum([_choose(nw.col(name) == nw.col(PLACE), nw.lit(part), nw.lit(0)) for name, part in parts]),
        hits=_sum([_choose(nw.col(name) == nw.col(PLACE), nw.lit(1), nw.lit(0)) for name, _ in parts]),
        found=_sum([_choose(nw.col(name) > 0, nw.lit(1), nw.lit(0)) for name, _ in parts]),
        rest=nw.lit(rule.middle) + _sum([_freed(name, part, rule) for name, part in parts]),
    )
    spread = summed.with_columns(between=_choose(nw.col("hits") == 0, nw.lit(1), nw.lit(0)).sum().over(DEAL))
    return _with(spread, _anchored_weight(rule))


def _needed(rule: ByMilestone) -> tuple[bool, bool]:
    """Whether the creation of the lead, and that of the deal, play a part."""
    by_lead = Milestone.LEAD_CREATED in rule.milestones
    inferred = by_lead and rule.missing is MissingMilestone.INFER
    return by_lead, Milestone.DEAL_CREATED in rule.milestones or inferred


def _last_by(moment: str) -> nw.Expr:
    """Place of the last touch at or before a moment; 0 where there is none, or no moment."""
    return _choose(nw.col("at_us") <= nw.col(moment), nw.lit(1), nw.lit(0)).sum().over(DEAL)


def _place(milestone: Milestone, *, infer: bool) -> nw.Expr:
    if milestone is Milestone.FIRST:
        return nw.lit(1)
    lead, deal, last = nw.col("by_lead"), nw.col("by_deal"), nw.col("count")
    # A place of 0 means that no touch came by then; inferring looks at the next milestone of a deal's life.
    later = _choose(deal > 0, deal, last)
    if milestone is Milestone.LEAD_CREATED:
        return _choose(lead > 0, lead, later) if infer else lead
    if milestone is Milestone.DEAL_CREATED:
        return later if infer else deal
    return last


def _sum(terms: Sequence[nw.Expr]) -> nw.Expr:
    result = nw.lit(0)
    for term in terms:
        result = result + term
    return result.cast(nw.Int64)


def _freed(name: str, part: int, rule: ByMilestone) -> nw.Expr:
    """The part of a milestone without touch, where it goes to the middle."""
    if rule.missing is not MissingMilestone.TO_MIDDLE:
        return nw.lit(0)
    return _choose(nw.col(name) == 0, nw.lit(part), nw.lit(0))


def _anchored_weight(rule: ByMilestone) -> nw.Expr:
    held, rest, between = nw.col("held"), nw.col("rest"), nw.col("between")
    # As in the rule for objects: anchors are scaled instead of dividing the middle, so weights stay whole.
    scale = _choose(rest > 0, between, nw.lit(1))
    with_middle = _choose(nw.col("hits") > 0, held * scale, rest)
    split = held * nw.col("found") + rest * nw.col("hits")
    alone = split if rule.no_middle is NoMiddle.SPLIT_MIDDLE else held
    return _choose(between > 0, with_middle, alone)


# --- labels -----------------------------------------------------------------------------------------------------------


def label_column(label: Label) -> str:
    """Name of the internal column that holds a label; prefixed, since kind and party are columns of their own."""
    return f"label_{label.value}"


def _by_label(seen: Frame, rule: ByLabel) -> Frame:
    parts = (*rule.parts, rule.other, rule.missing)
    group: nw.Expr = nw.lit(len(rule.labels))
    named = nw.col(label_column(rule.label))
    for index, label in enumerate(rule.labels):
        group = _choose(named == label, nw.lit(index), group)
    # Last, since a null compares with nothing and would fall through to any other label.
    group = _choose(named.is_null(), nw.lit(len(rule.labels) + 1), group)
    grouped = seen.with_columns(group=group.cast(nw.Int64))
    if rule.repeats is Repeats.COUNT:
        return _with(grouped, _part_of(dict(enumerate(parts))))
    earning = [index for index, part in enumerate(parts) if part]
    sizes = grouped.with_columns(**{f"size_{index}": _size(index).over(DEAL).cast(nw.Int64) for index in earning})
    # A weight at the limit is enough to refuse the deal, and a million of them still fit 64 bits.
    weights = {index: nw.min_horizontal(parts[index] * _product(index, earning), nw.lit(LIMIT)) for index in earning}
    return _with(sizes, _part_of(weights))


def _size(group: int) -> nw.Expr:
    return _choose(nw.col("group") == group, nw.lit(1), nw.lit(0)).sum()


def _product(group: int, groups: Sequence[int]) -> nw.Expr:
    """The sizes of all other groups multiplied, which makes every equal part whole; held at the limit, never beyond."""
    result = nw.lit(1).cast(nw.Int64)
    for other in groups:
        if other != group:
            size = nw.max_horizontal(nw.col(f"size_{other}"), nw.lit(1))
            result = nw.min_horizontal(result * nw.min_horizontal(size, nw.lit(LIMIT)), nw.lit(LIMIT))
    return result


def _part_of(parts: dict[int, Any]) -> nw.Expr:
    weight: nw.Expr = nw.lit(0)
    for index, part in parts.items():
        weight = _choose(nw.col("group") == index, part if isinstance(part, nw.Expr) else nw.lit(part), weight)
    return weight
