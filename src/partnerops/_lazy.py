"""Lazy packages: a name is imported when it is first asked for (PEP 562), so that an import costs only what it uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

from partnerops.exceptions import near_misses


def lazy(
    package: str, homes: Mapping[str, str], elsewhere: Mapping[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """
    The `__getattr__` and `__dir__` of a package whose public names live in other modules.

    *homes* maps a public name to the module that defines it; a module that ends with the name itself is a sub-package.
    *elsewhere* maps names that people look for here to the package that has them: it only feeds the error message.
    """

    def getattribute(name: str) -> object:
        home = homes.get(name)
        if home is None:
            below = (elsewhere or {}).get(name)
            # The interpreter itself asks for dunder names, and wants no advice.
            hint = f"; it lives in {below}" if below else "" if name.startswith("__") else near_misses(name, homes)
            message = f"module {package!r} has no attribute {name!r}{hint}"
            raise AttributeError(message, name=name, obj=sys.modules[package])
        module = import_module(home)
        value: object = module if home == f"{package}.{name}" else getattr(module, name)
        setattr(sys.modules[package], name, value)  # asked once, then an ordinary attribute
        return value

    def directory() -> list[str]:
        return sorted(homes)

    return getattribute, directory
