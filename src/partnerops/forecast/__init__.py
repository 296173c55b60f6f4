"""
Forecast: what the pipeline, direct and via partners, will bring in a period.

`project` asks an outlook about every open deal and adds what is closed already. Outlooks are frozen values; yours needs
one method, see `Outlook`. `fitting` reads them from history, `wrappers` adjusts them, `scoring` tests them on the
past; `pipeline` is the table of all deals and how they move, `planning` what a forecast is used for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Bucket",
    # What a newcomer meets in the first hour; everything else stands one level down, in the five sub-modules.
    "Category",
    "CompiledOutlook",
    "EvidenceBased",
    "EvidenceBounds",
    "EvidenceRule",
    "Forecast",
    "ForecastLine",
    "InPeriodRate",
    "Interval",
    "MarkovChain",
    "Mixture",
    "NaiveBayes",
    "NewBusinessLine",
    "NewBusinessPolicy",
    "NewBusinessRate",
    "Outlook",
    "OutsideLine",
    "Probability",
    "StageWeighted",
    "Stale",
    "TimeToClose",
    "WinRate",
    "interval",
    "project",
]

if TYPE_CHECKING:
    from partnerops.forecast._category import Category as Category
    from partnerops.forecast._compiled import CompiledOutlook as CompiledOutlook
    from partnerops.forecast._evidence import (
        EvidenceBased as EvidenceBased,
        EvidenceBounds as EvidenceBounds,
        EvidenceRule as EvidenceRule,
    )
    from partnerops.forecast._functions import project as project
    from partnerops.forecast._inperiod import InPeriodRate as InPeriodRate
    from partnerops.forecast._intervals import Interval as Interval, interval as interval
    from partnerops.forecast._lines import (
        Bucket as Bucket,
        ForecastLine as ForecastLine,
        NewBusinessLine as NewBusinessLine,
        OutsideLine as OutsideLine,
    )
    from partnerops.forecast._markov import MarkovChain as MarkovChain
    from partnerops.forecast._naivebayes import NaiveBayes as NaiveBayes
    from partnerops.forecast._newbusiness import NewBusinessRate as NewBusinessRate
    from partnerops.forecast._policies import StageWeighted as StageWeighted
    from partnerops.forecast._probability import Probability as Probability
    from partnerops.forecast._protocol import NewBusinessPolicy as NewBusinessPolicy, Outlook as Outlook
    from partnerops.forecast._results import Forecast as Forecast
    from partnerops.forecast._timing import TimeToClose as TimeToClose
    from partnerops.forecast._winrate import WinRate as WinRate
    from partnerops.forecast._wrappers import Mixture as Mixture, Stale as Stale
else:
    from partnerops._lazy import lazy

    # Loaded when asked for: whoever weighs stages needs neither the fits nor the intervals.
    _HOMES = {
        "_category": ["Category"],
        "_compiled": ["CompiledOutlook"],
        "_evidence": ["EvidenceBased", "EvidenceBounds", "EvidenceRule"],
        "_functions": ["project"],
        "_inperiod": ["InPeriodRate"],
        "_intervals": ["Interval", "interval"],
        "_lines": ["Bucket", "ForecastLine", "NewBusinessLine", "OutsideLine"],
        "_markov": ["MarkovChain"],
        "_naivebayes": ["NaiveBayes"],
        "_newbusiness": ["NewBusinessRate"],
        "_policies": ["StageWeighted"],
        "_probability": ["Probability"],
        "_protocol": ["NewBusinessPolicy", "Outlook"],
        "_results": ["Forecast"],
        "_timing": ["TimeToClose"],
        "_winrate": ["WinRate"],
        "_wrappers": ["Mixture", "Stale"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
