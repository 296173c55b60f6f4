"""Cells of a fit: which values of a deal and its partner tell it apart from others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Final, cast

import attrs

from partnerops._attrs import FrozenMap, place, to_tuple
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, Partner
from partnerops.exceptions import InvalidValue, UnknownName

Key = tuple[str, ...]
"""One value for each name; a missing value is an empty string."""
Tables = FrozenMap[FrozenMap[str]]
"""Name such as `partner.type` -> partner id -> value."""

PARTNER: Final = "partner."
CUSTOM: Final = "custom."
_OF_DEAL: Final = tuple(
    one.name
    for one in attrs.fields(Opportunity)
    if one.name in {"stage", "origin", "partner_id", "account_id", "owner_id", "pipeline"}
)
_OF_PARTNER: Final = ("type", "region", "segment", "owner_id", "parent_id", "tier")
_PLAIN: Final = frozenset(_OF_DEAL) - {"stage"}
NAMES: Final = (*_OF_DEAL, *(PARTNER + name for name in _OF_PARTNER), CUSTOM + "...")


def is_key(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Refuse anything but a tuple of strings; one alone would be read letter by letter."""
    values = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (None,)
    if not all(isinstance(one, str) for one in values):
        rule = 'a list or tuple of strings, such as ("partner",)'
        raise InvalidValue(place(instance, attribute), rule, cast("object", value))


def are_tables(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Refuse anything but a mapping of names to what is known of the partners."""
    tables = cast("FrozenMap[object]", value).values() if isinstance(value, FrozenMap) else (None,)
    if not all(isinstance(table, FrozenMap) for table in tables):
        rule = 'a FrozenMap of FrozenMaps: name such as "partner.type" -> partner -> value'
        raise InvalidValue(place(instance, attribute), rule, cast("object", value))


def stage_of(opportunity: Opportunity, stage: str | None = None) -> str:
    """A stage, told apart by pipeline where there are several: `services/proposal`."""
    name = opportunity.stage if stage is None else stage
    return name if opportunity.pipeline == "default" else f"{opportunity.pipeline}/{name}"


def check_names(where: str, names: Iterable[str]) -> Key:
    """
    The names, if each tells something about a deal.

    Raises:
        UnknownName: One does not, with near misses.
    """
    found = to_tuple(names)
    if not isinstance(found, tuple):
        raise InvalidValue(where, f"a list of names, such as {NAMES[:3]}", names)
    for name in found:
        if name not in NAMES and not (isinstance(name, str) and name.startswith(CUSTOM) and len(name) > len(CUSTOM)):
            raise UnknownName(f"key for {where}", name, NAMES)
    return found


def check_names_known_at_creation(where: str, names: Iterable[str]) -> Key:
    """
    `check_names`, but for the stage: a closed deal's stage is its outcome, which no open deal has.

    Raises:
        InvalidValue: `stage` is among them.
    """
    found = check_names(where, names)
    # A leak that nothing warns of: it makes a perfect fit and a useless forecast.
    if "stage" in found:
        raise InvalidValue(where, "free of stage: a closed deal's stage is its outcome", found)
    return found


def partner_tables(data: Dataset, names: Sequence[str], today: date) -> Tables:
    """What is known of each partner on a date, for those of *names* that ask for it."""
    tables: dict[str, FrozenMap[str]] = {}
    for name in names:
        # A tier changes over time, so it is the one of that day; the other attributes have no dates of their own.
        if name == PARTNER + "tier":
            tables[name] = FrozenMap({one.partner_id: one.tier for one in data.tiers if one.is_effective(today)})
        elif name.startswith(PARTNER):
            pairs = {one.id: getattr(one, name.removeprefix(PARTNER)) for one in data.all(Partner)}
            tables[name] = FrozenMap({id: value for id, value in pairs.items() if value is not None})
    return FrozenMap(tables)


class Reader:
    """What gives a deal's key for some names; a class and not a closure, so that what holds one pickles."""

    __slots__ = ("_parts",)

    def __init__(self, names: Sequence[str], tables: Mapping[str, Mapping[str, str]]) -> None:
        # Resolved once for each fit: a key is read for every deal.
        self._parts = tuple((attrgetter(name) if name in _PLAIN else None, name, tables.get(name)) for name in names)

    def __call__(self, deal: Opportunity) -> Key:
        if not self._parts:
            return ()
        # most names are plain attributes, read without a call of ours
        return tuple([(get(deal) or "") if get else _read(deal, name, table) for get, name, table in self._parts])


def _read(deal: Opportunity, name: str, table: Mapping[str, str] | None) -> str:
    if table is not None:
        return table.get(deal.partner_id or "", "")
    if name == "stage":
        return stage_of(deal)
    value = deal.custom.get(name.removeprefix(CUSTOM))
    return "" if value is None else str(value)


def say(names: Sequence[str], key: Key) -> str:
    """A cell in words: `origin partner, partner.type reseller`."""
    return ", ".join(f"{name} {value or 'unknown'}" for name, value in zip(names, key, strict=False)) or "all deals"
