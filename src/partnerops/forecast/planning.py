"""
What a forecast is used for: roll-ups and categories, quota and plan, margin, scenarios and what-if.

Everything here takes a `Forecast` and gives another view of it; parts sum to their wholes exactly. What-if changes a
`pipeline.snapshot` and projects it again; `compare_forecasts` sets the two side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Categories",
    "CategoryRollup",
    "ChangeLine",
    "ForecastAdjustment",
    "ForecastChange",
    "MarginLine",
    "MarginView",
    "Node",
    "PlanRow",
    "PlanView",
    "QuotaView",
    "RollUp",
    "Scenarios",
    "against_plan",
    "against_quota",
    "categorise",
    "compare_forecasts",
    "margins",
    "resized",
    "roll_up",
    "scenarios",
    "slipped",
    "without",
]

if TYPE_CHECKING:
    from partnerops.forecast._hierarchy import (
        ForecastAdjustment as ForecastAdjustment,
        Node as Node,
        RollUp as RollUp,
        roll_up as roll_up,
    )
    from partnerops.forecast._planning import (
        MarginLine as MarginLine,
        MarginView as MarginView,
        PlanRow as PlanRow,
        PlanView as PlanView,
        against_plan as against_plan,
        margins as margins,
    )
    from partnerops.forecast._quota import QuotaView as QuotaView, against_quota as against_quota
    from partnerops.forecast._rollup import (
        Categories as Categories,
        CategoryRollup as CategoryRollup,
        categorise as categorise,
    )
    from partnerops.forecast._scenarios import (
        ChangeLine as ChangeLine,
        ForecastChange as ForecastChange,
        Scenarios as Scenarios,
        compare_forecasts as compare_forecasts,
        resized as resized,
        scenarios as scenarios,
        slipped as slipped,
        without as without,
    )
else:
    from partnerops._lazy import lazy

    # Loaded when asked for: a quota needs neither categories nor scenarios.
    _HOMES = {
        "_hierarchy": ["ForecastAdjustment", "Node", "RollUp", "roll_up"],
        "_planning": [
            "MarginLine",
            "MarginView",
            "PlanRow",
            "PlanView",
            "against_plan",
            "margins",
        ],
        "_quota": ["QuotaView", "against_quota"],
        "_rollup": ["Categories", "CategoryRollup", "categorise"],
        "_scenarios": [
            "ChangeLine",
            "ForecastChange",
            "Scenarios",
            "compare_forecasts",
            "resized",
            "scenarios",
            "slipped",
            "without",
        ],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"partnerops.forecast.{home}" for home, names in _HOMES.items() for name in names}
    )
