"""
Forecast: what the pipeline, direct and via partners, will bring in a period.

`project` asks an outlook about every open deal and adds what is closed already. Outlooks are frozen values; yours needs
one method, see `Outlook`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Bucket",
    "CompiledOutlook",
    "Forecast",
    "ForecastLine",
    "NewBusinessLine",
    "NewBusinessPolicy",
    "Outlook",
    "OutsideLine",
    "Probability",
    "StageWeighted",
    "project",
]

if TYPE_CHECKING:
    from partnerops.forecast._compiled import CompiledOutlook as CompiledOutlook
    from partnerops.forecast._functions import project as project
    from partnerops.forecast._lines import (
        Bucket as Bucket,
        ForecastLine as ForecastLine,
        NewBusinessLine as NewBusinessLine,
        OutsideLine as OutsideLine,
    )
    from partnerops.forecast._policies import StageWeighted as StageWeighted
    from partnerops.forecast._probability import Probability as Probability
    from partnerops.forecast._protocol import NewBusinessPolicy as NewBusinessPolicy, Outlook as Outlook
    from partnerops.forecast._results import Forecast as Forecast
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_compiled": ["CompiledOutlook"],
        "_functions": ["project"],
        "_lines": ["Bucket", "ForecastLine", "NewBusinessLine", "OutsideLine"],
        "_policies": ["StageWeighted"],
        "_probability": ["Probability"],
        "_protocol": ["NewBusinessPolicy", "Outlook"],
        "_results": ["Forecast"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
