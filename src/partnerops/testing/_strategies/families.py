"""One door to the policies of every package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from hypothesis import strategies as st

from partnerops.exceptions import UnknownName

PACKAGES: Final = ("adapters", "attribution", "commission", "forecast", "journey")
"""Packages whose strategies stand in a module of their own."""
FAMILIES: Final = ("attribution", "commission", "forecast", "journey")
"""Those of them that have policies."""


def policies(family: str = "attribution") -> st.SearchStrategy[Any]:
    """
    Policies of one family that the library brings, with any legal settings, some wrapped in others.

    Families are `attribution`, `commission` (rate schedules), `forecast` (outlooks) and `journey` (stage policies).

    Raises:
        UnknownName: Not a family.

    >>> anything = policies("attribution")
    """
    if family not in FAMILIES:
        raise UnknownName("family of policies", family, FAMILIES)
    made: st.SearchStrategy[Any] = _module(family).FAMILY()
    return made


def beside(module: str) -> Mapping[Any, Callable[[], st.SearchStrategy[Any]]]:
    """The strategies of a package of its own; each is imported when one of its types is first asked for."""
    # By the module's name and not by import: the tables of a package load the package.
    package = module.split(".")[1]
    return _module(package).TABLE if package in PACKAGES else {}


def _module(package: str) -> Any:
    return import_module(f"partnerops.testing._strategies.{package}")
