"""
Attribution: who earned the credit for a won deal.

`attribute` asks a policy about one deal, `attribute_all` about every won deal of a dataset, `compare` asks several
about the same deals. Policies are frozen values; yours needs one method, see `AttributionPolicy`.

One level down: `wrappers` (once per party, cycles, blends, floors and caps), `tables` (shares of your own), `presets`
(published weights), `options` (the named branches), `conflicts` (who argues about what), `datadriven` (models fitted on
journeys), `rules` and `steps` (what a policy compiles to).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Attribution",
    "AttributionPolicy",
    "Award",
    "Case",
    "ModelComparison",
    "CompiledAttribution",
    "CreditLine",
    "DisputeFirst",
    "Except",
    "FirstTouch",
    "LastNonDirect",
    "LastTouch",
    "LeadOrigin",
    "Linear",
    "Lookback",
    "MilestoneBased",
    "Only",
    "OrElse",
    "PositionBased",
    "RegistrationFirst",
    "RoleWeighted",
    "StageOfInvolvement",
    "TimeDecay",
    "Weight",
    "attribute",
    "attribute_all",
    "compare",
]

if TYPE_CHECKING:
    from partnerops.attribution._case import Award as Award, Case as Case, Weight as Weight
    from partnerops.attribution._combined import OrElse as OrElse
    from partnerops.attribution._compare import ModelComparison as ModelComparison, compare as compare
    from partnerops.attribution._compiled import CompiledAttribution as CompiledAttribution
    from partnerops.attribution._filters import Except as Except, Lookback as Lookback, Only as Only
    from partnerops.attribution._first import DisputeFirst as DisputeFirst, RegistrationFirst as RegistrationFirst
    from partnerops.attribution._functions import attribute as attribute, attribute_all as attribute_all
    from partnerops.attribution._labels import RoleWeighted as RoleWeighted, StageOfInvolvement as StageOfInvolvement
    from partnerops.attribution._milestones import MilestoneBased as MilestoneBased
    from partnerops.attribution._positions import (
        Linear as Linear,
        PositionBased as PositionBased,
        TimeDecay as TimeDecay,
    )
    from partnerops.attribution._protocol import AttributionPolicy as AttributionPolicy
    from partnerops.attribution._results import Attribution as Attribution, CreditLine as CreditLine
    from partnerops.attribution._single import (
        FirstTouch as FirstTouch,
        LastNonDirect as LastNonDirect,
        LastTouch as LastTouch,
        LeadOrigin as LeadOrigin,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_case": ["Award", "Case", "Weight"],
        "_combined": ["OrElse"],
        "_compare": ["ModelComparison", "compare"],
        "_compiled": ["CompiledAttribution"],
        "_filters": ["Except", "Lookback", "Only"],
        "_first": ["DisputeFirst", "RegistrationFirst"],
        "_functions": ["attribute", "attribute_all"],
        "_labels": ["RoleWeighted", "StageOfInvolvement"],
        "_milestones": ["MilestoneBased"],
        "_positions": ["Linear", "PositionBased", "TimeDecay"],
        "_protocol": ["AttributionPolicy"],
        "_results": ["Attribution", "CreditLine"],
        "_single": ["FirstTouch", "LastNonDirect", "LastTouch", "LeadOrigin"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
