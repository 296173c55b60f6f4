"""
Attribution: who earned the credit for a won deal.

`attribute` asks a policy about one deal, `attribute_all` about every won deal of a dataset. Policies are frozen values;
yours needs one method, see `AttributionPolicy`.
"""

from __future__ import annotations

from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._compiled import CompiledAttribution, Shape
from partnerops.attribution._functions import attribute, attribute_all
from partnerops.attribution._policies import FirstTouch, LastTouch, Linear, PositionBased, TimeDecay, TwoTouches
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._results import Attribution, CreditLine
from partnerops.attribution._wrappers import Lookback, RegistrationFirst

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
