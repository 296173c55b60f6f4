"""
Outlooks fitted to history: pure functions of a dataset and a moment, giving frozen, serialisable values.

Nothing recorded after `as_of` is seen. `history_start`, wherever it is taken, is the first day whose closes were
recorded: give it, for a history that begins in the middle looks like one in which nothing was won at first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["Cycle", "Measure", "RateCell", "RateFactor", "fit_in_period", "fit_shrunk_win_rate", "fit_win_rate"]

if TYPE_CHECKING:
    from partnerops.forecast._inperiod import Cycle as Cycle, RateFactor as RateFactor
    from partnerops.forecast._inperiod_fit import fit_in_period as fit_in_period
    from partnerops.forecast._winrate import Measure as Measure, RateCell as RateCell
    from partnerops.forecast._winrate_fit import (
        fit_shrunk_win_rate as fit_shrunk_win_rate,
        fit_win_rate as fit_win_rate,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_inperiod": ["Cycle", "RateFactor"],
        "_inperiod_fit": ["fit_in_period"],
        "_winrate": ["Measure", "RateCell"],
        "_winrate_fit": ["fit_shrunk_win_rate", "fit_win_rate"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"partnerops.forecast.{home}" for home, names in _HOMES.items() for name in names}
    )
