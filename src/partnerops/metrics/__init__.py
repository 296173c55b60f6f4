"""
Metrics: one definition of each measure, for every team.

Each KPI is a function of a dataset, a period and `as_of`, in the module of its subject: `revenue`, `conversion`,
`cycles`. It gives a `MetricValue`: a `Ratio`, an amount or a number, with the records behind it, or None with the
reason. `breakdown` asks any of them by route, partner, type, tier, product or a function of yours. What a metric's
name does not say (which date counts, what is left out) its docstring does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Breakdown",
    "MetricValue",
    "breakdown",
    "conversion",
    "cycles",
    "revenue",
]

if TYPE_CHECKING:
    from partnerops.metrics import conversion as conversion, cycles as cycles, revenue as revenue
    from partnerops.metrics._groups import breakdown as breakdown
    from partnerops.metrics._measure import Breakdown as Breakdown, MetricValue as MetricValue
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_groups": ["breakdown"],
        "_measure": ["Breakdown", "MetricValue"],
        "conversion": ["conversion"],
        "cycles": ["cycles"],
        "revenue": ["revenue"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
