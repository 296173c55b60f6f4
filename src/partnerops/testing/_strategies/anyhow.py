"""Values of classes that nobody wrote a strategy for: fields of the right types, and another try where they clash."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import NoneType, UnionType
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

import attrs
from hypothesis import reject, strategies as st

from partnerops._attrs import FrozenMap
from partnerops.exceptions import PartnerOpsError
from partnerops.money import Money
from partnerops.testing._strategies import kernel, nouns

Strategy = st.SearchStrategy[Any]

TRIES: Final = 10
"""How often fields are drawn anew before an example is given up."""


@st.composite
def anyhow(draw: st.DrawFn, kind: type[Any]) -> Any:
    """An attrs value with fields of the right types that its class accepts."""
    fields = _fields(cast("Hashable", kind))
    for _ in range(TRIES):
        values = {name: draw(strategy) for name, strategy in fields}
        try:
            return kind(**values)
        except PartnerOpsError:
            continue  # the fields do not go together: draw others
    # Given up as an example, not as an error: another draw may fit.
    return reject()


@cache
def implementations(protocol: Hashable) -> Strategy:
    """Values of the library's classes that have a protocol's methods, of the package that defines it."""
    members: dict[str, Any] = vars(protocol)
    # What a protocol declares itself; special methods are Python's.
    methods = {name for name, member in members.items() if callable(member) and not name.startswith("_")}
    package = import_module(".".join(str(members["__module__"]).split(".")[:2]))
    names = [f"{package.__name__}.{one.name}" for one in iter_modules(package.__path__)]
    found = {
        value: None
        for module in map(import_module, names)
        for value in vars(module).values()
        if attrs.has(value) and methods and all(callable(getattr(value, name, None)) for name in methods)
    }
    return st.one_of([st.deferred(_resolved(kind)) for kind in found])


def _resolved(kind: type[Any]) -> Callable[[], Strategy]:
    return lambda: st.from_type(kind)


@cache
def _fields(kind: Any) -> tuple[tuple[str, Strategy], ...]:
    hints = get_type_hints(kind)
    return tuple(
        (one.alias or one.name, _usual(one, _later(hints[one.name]))) for one in attrs.fields(kind) if one.init
    )


def _later(hint: Any) -> Strategy:
    """Resolved when drawn: a policy may hold another policy."""
    return st.deferred(lambda: of(hint))


def _usual(attribute: attrs.Attribute[Any], drawn: Strategy) -> Strategy:
    """The default as often as not: a class is most itself that way."""
    default = nouns.default_of(attribute)
    return drawn if default is attrs.NOTHING else st.just(default) | drawn


def of(hint: Any) -> Strategy:
    """Values of a type that a setting is likely to accept: some of a list, small numbers above zero, shares."""
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([st.none() if one is NoneType else of(one) for one in get_args(hint)])
    if get_origin(hint) is tuple:
        members = get_args(hint)
        if len(members) == 2 and members[1] is Ellipsis:
            return st.lists(of(members[0]), min_size=1, max_size=3).map(tuple)
        return st.tuples(*map(of, members))
    if get_origin(hint) is FrozenMap:
        return st.dictionaries(kernel.texts(), of(get_args(hint)[0]), min_size=1, max_size=3).map(FrozenMap)
    if hint in (Any, object):
        return kernel.texts()
    made = _LIKELY.get(hint)
    return st.from_type(hint) if made is None else made()


_LIKELY: Final[dict[Any, Callable[[], Strategy]]] = {
    str: kernel.texts,
    # Days, months and counts all accept these; a bound of 0 or a million seldom is one.
    int: lambda: st.integers(1, 36),
    Decimal: lambda: st.integers(0, 100).map(lambda parts: Decimal(parts) / 100),
    Fraction: kernel.shares,
    # One currency: amounts of one class have to agree, and drawn apart they never would.
    Money: lambda: kernel.moneys("BRL", low=1),
    date: kernel.dates,
    datetime: kernel.instants,
}
