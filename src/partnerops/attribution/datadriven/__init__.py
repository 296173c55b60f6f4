"""
Models fitted on journeys, converting or not: what a party's presence changed, instead of where it stood.

A fitted model is a frozen value and a policy like any other. Fitting uses floats in a stated order and quantises the
result to 9 decimals; from then on everything is exact. Where no valid share exists the model says `None` and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["Journey", "MarkovRemoval", "Shapley", "Worth", "journeys_of"]

if TYPE_CHECKING:
    from partnerops.attribution.datadriven._journeys import Journey as Journey, journeys_of as journeys_of
    from partnerops.attribution.datadriven._markov import MarkovRemoval as MarkovRemoval
    from partnerops.attribution.datadriven._shapley import Shapley as Shapley, Worth as Worth
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_journeys": ["Journey", "journeys_of"],
        "_markov": ["MarkovRemoval"],
        "_shapley": ["Shapley", "Worth"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
