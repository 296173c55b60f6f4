"""
What Hypothesis calls when it is imported (entry point `hypothesis`): it tells that the library's types are known here.

Nothing else of the library is imported until a test asks for a strategy of one of its types, so that `import
hypothesis` stays light for everybody who merely has partnerops installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

PACKAGE: Final = "partnerops"


def register() -> None:
    """Make `st.from_type` know the library's types; calling it again changes nothing."""
    types: Any = import_module("hypothesis.strategies._internal.types")
    resolvers = getattr(types, "_global_extra_lookup", None)
    if isinstance(resolvers, dict):
        # Hypothesis' own door for libraries that may not be imported yet. It is not public: where it has gone, the
        # public one serves, which needs the classes themselves.
        resolvers[PACKAGE] = find
    else:
        register_each()


def find(thing: object) -> Any:
    """The strategy of a type of the library; None for all others."""
    if str(getattr(thing, "__module__", "")).partition(".")[0] != PACKAGE:
        return None
    return import_module("partnerops.testing._strategies.resolve").resolve(thing)


def register_each() -> None:
    """Register every type by the public door, at the price of importing the library."""
    strategies: Any = import_module("hypothesis.strategies")
    for kind in import_module("partnerops.testing._strategies.resolve").known():
        strategies.register_type_strategy(kind, find)
