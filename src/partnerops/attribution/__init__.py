"""
Attribution: who earned the credit for a won deal.

`attribute` asks a policy about one deal, `attribute_all` about every won deal of a dataset. Policies are frozen values;
yours needs one method, see `AttributionPolicy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Attribution",
    "AttributionPolicy",
    "Award",
    "Case",
    "CompiledAttribution",
    "CreditLine",
    "FirstTouch",
    "LastTouch",
    "Linear",
    "Lookback",
    "PositionBased",
    "RegistrationFirst",
    "Shape",
    "TimeDecay",
    "TwoTouches",
    "Weight",
    "attribute",
    "attribute_all",
]

if TYPE_CHECKING:
    from partnerops.attribution._case import Award as Award, Case as Case, Weight as Weight
    from partnerops.attribution._compiled import CompiledAttribution as CompiledAttribution, Shape as Shape
    from partnerops.attribution._functions import attribute as attribute, attribute_all as attribute_all
    from partnerops.attribution._policies import (
        FirstTouch as FirstTouch,
        LastTouch as LastTouch,
        Linear as Linear,
        PositionBased as PositionBased,
        TimeDecay as TimeDecay,
        TwoTouches as TwoTouches,
    )
    from partnerops.attribution._protocol import AttributionPolicy as AttributionPolicy
    from partnerops.attribution._results import Attribution as Attribution, CreditLine as CreditLine
    from partnerops.attribution._wrappers import Lookback as Lookback, RegistrationFirst as RegistrationFirst
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_case": ["Award", "Case", "Weight"],
        "_compiled": ["CompiledAttribution", "Shape"],
        "_functions": ["attribute", "attribute_all"],
        "_policies": ["FirstTouch", "LastTouch", "Linear", "PositionBased", "TimeDecay", "TwoTouches"],
        "_protocol": ["AttributionPolicy"],
        "_results": ["Attribution", "CreditLine"],
        "_wrappers": ["Lookback", "RegistrationFirst"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
