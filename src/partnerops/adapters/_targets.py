"""What rows can become: the collections of a dataset and the parts of their nouns, read off the nouns themselves."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from partnerops._attrs import FrozenMap, Noun
from partnerops.dataset import COLLECTIONS
from partnerops.entities import OpportunityLine, SourceRef, StageChange, Withholding
from partnerops.entities._engagement import Commitment
from partnerops.money import Money
from partnerops.periods import Period


@frozen(kw_only=True)
class Part:
    """A noun that stands inside another one, read from a file of its own."""

    noun: type[Noun]
    """Kind of the part."""
    owner: str
    """Collection of the nouns that hold it."""
    field: str
    """Field that holds it there."""
    key: str
    """Name under which a row says which noun it belongs to."""


PARTS: Final[Mapping[str, Part]] = {
    "stage_changes": Part(noun=StageChange, owner="opportunities", field="history", key="opportunity_id"),
    "opportunity_lines": Part(noun=OpportunityLine, owner="opportunities", field="lines", key="opportunity_id"),
    "withholdings": Part(noun=Withholding, owner="payouts", field="withholdings", key="payout_id"),
    "commitments": Part(noun=Commitment, owner="joint_plans", field="commitments", key="joint_plan_id"),
}

_MEANINGFUL: Final = frozenset({
    "closed_at", "converted_at", "decided_at", "effective_to", "ended_at", "ended_on", "product", "protected_until",
    "recorded_at", "rejected_at", "settled_at", "suspended_on", "term_months", "valid_to",
})  # fmt: skip
"""Fields whose None says something (open, without end, at once), so that it cannot stand in for an unreadable text."""


@frozen(kw_only=True)
class TargetField:
    """A field of a noun, as a mapping may name it."""

    kind: str
    """How its text is read."""
    required: bool
    """Whether a noun needs it."""
    droppable: bool
    """Whether an unreadable text may leave it blank: its None just means unknown."""


@frozen(kw_only=True)
class Target:
    """What the rows of a table become."""

    noun: type[Any]
    """Kind of noun."""
    collection: str
    """Collection of the dataset, or the name of the part."""
    part: Part | None
    """For a noun inside another one: which, and where."""
    fields: Mapping[str, TargetField]
    """What a mapping may name; `custom.` and `shares.` stand for any name behind the point."""

    def field(self, name: str) -> TargetField | None:
        """The field of that name; None when there is none."""
        head, point, rest = name.partition(".")
        return self.fields.get(f"{head}." if point and rest and f"{head}." in self.fields else name)


TARGETS: Final = (*COLLECTIONS.values(), *PARTS)
"""Every name that `into` may have."""


@cache
def target(into: str) -> Target | None:
    """What rows of that name become; None when nothing is called so."""
    part = PARTS.get(into)
    nouns = {name: kind for kind, name in COLLECTIONS.items()}
    if part is None and into not in nouns:
        return None
    noun = part.noun if part else nouns[into]
    fields: dict[str, TargetField] = {}
    if part is not None:
        fields[part.key] = TargetField(kind="text", required=True, droppable=False)
    hints = get_type_hints(noun)
    for attribute in attrs.fields(cast("Any", noun)):
        fields |= _named(attribute, hints[attribute.name])
    return Target(noun=noun, collection=into, part=part, fields=fields)


def _named(attribute: attrs.Attribute[Any], hint: object) -> dict[str, TargetField]:
    """The names by which a mapping reaches a field: one, several inside it, or none."""
    kinds = {member for member in get_args(hint) if member is not types.NoneType} if _is_union(hint) else {hint}
    required = attribute.default is attrs.NOTHING
    # Only a None that says "unknown" may stand for a text that nobody could read.
    blank = attribute.default is None and attribute.name not in _MEANINGFUL

    def named(kind: str, *, optional: bool = blank) -> TargetField:
        return TargetField(kind=kind, required=required, droppable=optional)

    # The nouns are the one place that says what there is: a field added there can be mapped at once.
    name = attribute.name
    # A goal is money or a count; its cell and the mapping's currency tell which.
    if kinds == {Money, Decimal}:
        return {name: named("goal")}
    (kind,) = kinds
    if kind is Period:
        return {name: named("period"), f"{name}.start": named("date"), f"{name}.end": named("date")}
    if get_origin(kind) is FrozenMap:
        if get_args(kind)[0] is Fraction:
            return {name: named("shares"), f"{name}.": named("fraction")}
        return {f"{name}.": named("custom", optional=True)}
    if get_origin(kind) is tuple:
        return {name: named("texts")} if get_args(kind)[0] is str else {}
    # Where a row came from is for the import to say, not for a column.
    return {} if kind is SourceRef else {name: named(_SCALARS.get(kind, "text"))}


def _is_union(hint: object) -> bool:
    return get_origin(hint) in (types.UnionType, Union)


_SCALARS: Final[Mapping[object, str]] = {
    datetime: "instant",
    date: "date",
    Money: "money",
    bool: "flag",
    int: "whole",
    Decimal: "decimal",
    Fraction: "fraction",
}
"""Type -> how its text is read; anything else is text, closed sets too, whose nouns name near misses."""
