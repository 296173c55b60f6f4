"""Policies that the library brings, plain and wrapped."""

from __future__ import annotations

from fractions import Fraction
from importlib import import_module
from typing import Any, Final

from hypothesis import strategies as st

from partnerops.attribution import (
    FirstTouch,
    LastTouch,
    Linear,
    Lookback,
    PositionBased,
    RegistrationFirst,
    TimeDecay,
)
from partnerops.attribution.options import NoMiddle
from partnerops.exceptions import UnknownName
from partnerops.testing._strategies import kernel


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
    if family == "attribution":
        return _attribution()
    made: st.SearchStrategy[Any] = import_module(f"partnerops.testing._strategies.{family}").FAMILY()
    return made


@st.composite
def positions(draw: st.DrawFn) -> PositionBased:
    """Position-based policies with any legal ends."""
    first = draw(kernel.shares())
    last = draw(kernel.shares().filter(lambda share: 0 < first + share <= 1))
    return PositionBased(first, last, two_touches=draw(st.sampled_from(list(NoMiddle))))


@st.composite
def decays(draw: st.DrawFn) -> TimeDecay:
    """Half-lives of an hour to a month."""
    return TimeDecay(half_life_days=draw(st.sampled_from(_HALF_LIVES)))


_HALF_LIVES: Final[tuple[int | Fraction, ...]] = (1, 7, 30, Fraction(1, 24), Fraction(5, 2))


@st.composite
def lookbacks(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Lookback:
    """Windows whose edges the cases like to touch."""
    return Lookback(draw(inner), days=draw(st.sampled_from([1, 30, 365])))


def _attribution() -> st.SearchStrategy[Any]:
    plain = st.sampled_from([FirstTouch(), LastTouch(), Linear(), PositionBased()]) | positions() | decays()
    return st.recursive(plain, lambda inner: inner.map(RegistrationFirst) | lookbacks(inner), max_leaves=3)


FAMILIES: Final = ("attribution", "commission", "forecast", "journey")
"""Families of policies, by package: attribution policies, rate schedules, outlooks, stage policies."""
