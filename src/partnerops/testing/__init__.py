"""
Testing kit: a simulated programme with its truth.

`simulate` draws a whole partner programme from a seed, for tests, benchmarks and examples. It needs nothing beside the
library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "DealTruth",
    "PartnerTruth",
    "Programme",
    "Truth",
    "simulate",
]

if TYPE_CHECKING:
    from partnerops.testing._simulate import simulate as simulate
    from partnerops.testing._truth import (
        DealTruth as DealTruth,
        PartnerTruth as PartnerTruth,
        Programme as Programme,
        Truth as Truth,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_simulate": ["simulate"],
        "_truth": ["DealTruth", "PartnerTruth", "Programme", "Truth"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
