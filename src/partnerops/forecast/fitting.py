"""
Outlooks fitted to history: pure functions of a dataset and a moment, giving frozen, serialisable values.

Nothing recorded after `as_of` is seen. `history_start`, wherever it is taken, is the first day whose closes were
recorded: give it, for a history that begins in the middle looks like one in which nothing was won at first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "ChannelPerformance",
    "ChannelVariables",
    "CalendarCycle",
    "RateMeasure",
    "NewBusinessCell",
    "RateCell",
    "RateFactor",
    "Strength",
    "TimingCurve",
    "Transition",
    "ValueCount",
    "fit_channel_performance",
    "fit_in_period",
    "fit_markov_chain",
    "fit_naive_bayes",
    "fit_new_business",
    "fit_shrunk_win_rate",
    "fit_stale_limits",
    "fit_time_to_close",
    "fit_win_rate",
]

if TYPE_CHECKING:
    from partnerops.forecast._dwell import fit_stale_limits as fit_stale_limits
    from partnerops.forecast._inperiod import CalendarCycle as CalendarCycle, RateFactor as RateFactor
    from partnerops.forecast._inperiod_fit import fit_in_period as fit_in_period
    from partnerops.forecast._markov import Transition as Transition, fit_markov_chain as fit_markov_chain
    from partnerops.forecast._naivebayes import ValueCount as ValueCount, fit_naive_bayes as fit_naive_bayes
    from partnerops.forecast._newbusiness import (
        NewBusinessCell as NewBusinessCell,
        fit_new_business as fit_new_business,
    )
    from partnerops.forecast._performance import (
        ChannelPerformance as ChannelPerformance,
        ChannelVariables as ChannelVariables,
        fit_channel_performance as fit_channel_performance,
    )
    from partnerops.forecast._timing import TimingCurve as TimingCurve, fit_time_to_close as fit_time_to_close
    from partnerops.forecast._winrate import RateCell as RateCell, RateMeasure as RateMeasure
    from partnerops.forecast._winrate_fit import (
        Strength as Strength,
        fit_shrunk_win_rate as fit_shrunk_win_rate,
        fit_win_rate as fit_win_rate,
    )
else:
    from partnerops._lazy import lazy

    # Loaded when asked for: a win rate needs no chain, no curve and no calendar phases.
    _HOMES = {
        "_dwell": ["fit_stale_limits"],
        "_inperiod": ["CalendarCycle", "RateFactor"],
        "_inperiod_fit": ["fit_in_period"],
        "_markov": ["Transition", "fit_markov_chain"],
        "_naivebayes": ["ValueCount", "fit_naive_bayes"],
        "_newbusiness": ["NewBusinessCell", "fit_new_business"],
        "_performance": ["ChannelPerformance", "ChannelVariables", "fit_channel_performance"],
        "_timing": ["TimingCurve", "fit_time_to_close"],
        "_winrate": ["RateMeasure", "RateCell"],
        "_winrate_fit": ["Strength", "fit_shrunk_win_rate", "fit_win_rate"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"partnerops.forecast.{home}" for home, names in _HOMES.items() for name in names}
    )
