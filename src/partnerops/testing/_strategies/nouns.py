"""Any noun: its fields drawn by type, then mended where they depend on one another."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
from hypothesis import reject, strategies as st

from partnerops._attrs import FrozenMap
from partnerops.entities._facts import REFERENCE
from partnerops.exceptions import CurrencyMismatch, InvalidValue, UnknownName
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.testing._strategies import kernel
from partnerops.typing import DIRECT, JsonScalar

N = TypeVar("N")

Fields = dict[str, Any]


class Pool:
    """The ids that references may name: any id at all, or those of the records that there are."""

    def __init__(self, ids: Mapping[str, Sequence[str]] | None = None) -> None:
        self._ids = ids
        self._made: dict[str, st.SearchStrategy[str]] = {}

    def of(self, target: str) -> st.SearchStrategy[str]:
        """Ids of one collection; an empty strategy where there is no record to name."""
        if target not in self._made:
            self._made[target] = self._of(target)
        return self._made[target]

    def _of(self, target: str) -> st.SearchStrategy[str]:
        if self._ids is None:
            return kernel.ids() | st.just(DIRECT) if target == "party" else kernel.ids()
        if target == "party":
            return st.sampled_from([DIRECT, *self._ids.get("partners", ())])
        known = self._ids.get(target, ())
        return st.sampled_from(known) if known else st.nothing()


ANY: Pool = Pool()


def nouns(kind: type[N], **given: Any) -> st.SearchStrategy[N]:
    """
    Records of one kind, valid by themselves; fields may be given, as values or as strategies.

    What is left open is drawn to fit what the record demands; where that cannot work out, the example is rejected.

    Raises:
        UnknownName: A name that is not a field of *kind*.

    >>> from partnerops import Partner
    >>> signed = nouns(Partner, id="acme", type=st.sampled_from(["reseller", "affiliate"]))
    """
    known = [one.name for one in attrs.fields(cast("Any", kind)) if one.init]
    for name in given:
        if name not in known:
            raise UnknownName(f"field of {kind.__name__}", name, tuple(known))
    return drawn(kind, ANY, given)


@st.composite
def drawn(draw: st.DrawFn, kind: type[N], pool: Pool, given: Mapping[str, Any]) -> N:
    """A record whose references name what *pool* has."""
    from partnerops.testing._strategies.mends import MENDS  # noqa: PLC0415 - mends draw nouns themselves

    values = _drawn_fields(draw, _slots(cast("Hashable", kind)), pool, given)
    # Kept aside: a mend may move a field that the caller asked for, and then the caller's word counts.
    fixed = {name: values[name] for name in given}
    mend = MENDS.get(kind)
    if mend is not None:
        mend(draw, values, pool)
    # Nothing was given, so whatever does not fit is this module's own fault and must be seen.
    if not given:
        return kind(**values)
    try:
        return kind(**(values | fixed))
    except (InvalidValue, CurrencyMismatch):
        return reject()


Strategy = Callable[[Pool], st.SearchStrategy[Any]]


class Slot(NamedTuple):
    """One field of a noun."""

    name: str
    strategy: Strategy
    default: Any
    """What it is when left out; `NOTHING` when it must not be."""


def _drawn_fields(draw: st.DrawFn, slots: Sequence[Slot], pool: Pool, given: Mapping[str, Any]) -> Fields:
    # One number says which fields are left out: far fewer draws than a choice for each, and 0 is the plainest record.
    chosen = draw(st.integers(0, (1 << len(slots)) - 1))
    values: Fields = {}
    for position, (name, strategy, default) in enumerate(slots):
        if name in given:
            values[name] = draw(given[name]) if isinstance(given[name], st.SearchStrategy) else given[name]
        elif default is not attrs.NOTHING and not chosen >> position & 1:
            values[name] = default
        else:
            drawn_from = strategy(pool)
            # An optional reference to a collection without records stays empty.
            values[name] = default if drawn_from.is_empty else draw(drawn_from)
    return values


@cache
def _slots(kind: Any) -> tuple[Slot, ...]:
    hints = get_type_hints(kind)
    return tuple(
        Slot(one.name, _field(one, hints[one.name]), default_of(one)) for one in attrs.fields(kind) if one.init
    )


def default_of(attribute: attrs.Attribute[Any]) -> Any:
    """The default itself, where attrs has one that needs no instance."""
    default: Any = attribute.default
    if not isinstance(default, cast("type[Any]", attrs.Factory)):
        return default
    return attrs.NOTHING if default.takes_self else default.factory()


def _field(attribute: attrs.Attribute[Any], hint: Any) -> Strategy:
    target = attribute.metadata.get(REFERENCE)
    if target is None:
        plain = of_type(hint, attribute.name)
        return lambda _pool: plain
    if get_origin(hint) is tuple:
        return lambda pool: _some(pool.of(target))
    return lambda pool: pool.of(target)


def _some(members: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    if members.is_empty:
        return members
    return st.lists(members, min_size=1, max_size=2, unique=True).map(tuple)


def of_type(hint: Any, name: str = "") -> st.SearchStrategy[Any]:
    """Values of a field's type; *name* tells ids from other strings."""
    if get_origin(hint) in (Union, UnionType):
        # None is the default of what may be None, and comes by leaving the field out.
        return st.one_of([of_type(one, name) for one in get_args(hint) if one is not NoneType])
    if get_origin(hint) is tuple:
        return st.lists(of_type(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) is FrozenMap:
        return kernel.customs() if get_args(hint)[0] == JsonScalar else kernel.share_maps(kernel.ids())
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    if hint in BY_TYPE:
        return BY_TYPE[hint](name)
    return drawn(cast("type[Any]", hint), ANY, {})


def _strings(name: str) -> st.SearchStrategy[str]:
    # By their names, since ids are strings for the type checker and may not be any string for the library.
    return kernel.ids() if name == "id" or name.endswith(("_id", "_by")) or name == "scope" else kernel.texts()


BY_TYPE: dict[Any, Callable[[str], st.SearchStrategy[Any]]] = {
    str: _strings,
    bool: lambda _: st.booleans(),
    int: lambda _: st.integers(-100, 100),
    date: lambda _: kernel.dates(),
    datetime: lambda _: kernel.instants(),
    Decimal: lambda _: kernel.decimals(),
    Fraction: lambda _: kernel.shares(),
    Money: lambda _: kernel.moneys(),
    Period: lambda _: kernel.periods(),
}
