"""Which classes a document may name by `kind`: the library's own policies, and those that the caller passes in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any, Final

import attrs

from partnerops._attrs import Noun
from partnerops._canonical import snake_case
from partnerops.exceptions import InvalidValue

PACKAGES: Final = ("attribution", "commission", "forecast", "journey")
"""The packages whose policies a document may hold."""


def is_protocol(kind: Any) -> bool:
    """Whether a type is a protocol: what a field says that may hold any policy."""
    return isinstance(kind, type) and bool(getattr(kind, "_is_protocol", False))


def members(protocol: type[Any]) -> dict[str, Any]:
    """What an implementation of a protocol must have: names of methods and properties, with what stands there."""
    return {name: one for base in reversed(protocol.__mro__) if is_protocol(base) for name, one in _own(base)}


def _own(protocol: type[Any]) -> Iterator[tuple[str, Any]]:
    for name, member in vars(protocol).items():
        # `__call__` is the one special method that a protocol of ours asks for.
        if (not name.startswith("_") or name == "__call__") and (callable(member) or isinstance(member, property)):
            yield name, member


def fits(kind: type[Any], protocol: type[Any]) -> bool:
    """Whether a class has all that a protocol asks for; where that is a method, a field of its name will not do."""
    return all(_has(kind, name, asked) for name, asked in members(protocol).items())


def _has(kind: type[Any], name: str, asked: object) -> bool:
    # Looked up by hand: `getattr` of a class would find the `__call__` that makes it callable itself.
    found = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
    return found is not None and (isinstance(asked, property) or callable(found) or isinstance(found, classmethod))


def is_tagged(kind: Any) -> bool:
    """Whether values of a class carry their `kind` when stored: all attrs classes but the kernel's nouns."""
    return isinstance(kind, type) and attrs.has(kind) and not issubclass(kind, Noun) and not is_protocol(kind)


@lru_cache(maxsize=1)
def built_in() -> tuple[type[Any], ...]:
    """Every public policy of the library; imports the policy packages."""
    found: dict[type[Any], None] = {}
    for package in PACKAGES:
        # What a package lists as public is what a document may name: no registry to keep in step.
        if find_spec(f"partnerops.{package}") is None:
            continue
        for module in _public_modules(f"partnerops.{package}"):
            for name in module.__all__:
                kind = getattr(module, name)
                if is_tagged(kind):
                    found[kind] = None
    return tuple(found)


def _public_modules(name: str) -> Iterator[Any]:
    package = import_module(name)
    yield package
    for info in iter_modules(package.__path__):
        if not info.name.startswith("_"):
            yield import_module(f"{name}.{info.name}")


def known_classes(policies: Iterable[type[Any]]) -> tuple[type[Any], ...]:
    """
    The classes of the library and of the caller.

    Raises:
        InvalidValue: Something that is no attrs class, or one whose kind is taken.
    """
    classes = dict.fromkeys(built_in())
    for index, kind in enumerate(policies):
        place = f"make_converter(policies)[{index}]"
        if not is_tagged(kind):
            raise InvalidValue(place, "an attrs class, such as one made by @frozen", kind)
        name = snake_case(kind.__name__)
        # One kind, two classes: which of them a document means nobody could tell.
        taken = next((one for one in classes if one is not kind and snake_case(one.__name__) == name), None)
        if taken is not None:
            rule = f"named otherwise: the kind {name!r} is taken by {taken.__module__}.{taken.__qualname__}"
            raise InvalidValue(place, rule, kind)
        classes[kind] = None
    return tuple(classes)


def choices(classes: Iterable[type[Any]], protocol: type[Any]) -> dict[str, type[Any]]:
    """Kind -> class, of those that have what a protocol asks for; another package may use the same name."""
    return {snake_case(kind.__name__): kind for kind in classes if fits(kind, protocol)}
