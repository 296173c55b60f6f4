"""
How good forecasts were: backtests without leakage, measures of accuracy, and what past misses teach.

Every measure says when it has no value. Read amounts (WAPE, bias) and chances (Brier score) together, and both beside
the naive forecasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Backtest",
    "BacktestRow",
    "BrierParts",
    "CorrectedForecast",
    "Correction",
    "Finished",
    "Method",
    "Score",
    "accuracy",
    "backtest",
    "bias",
    "brier",
    "brier_parts",
    "coverage",
    "ece",
    "fit_correction",
    "log_loss",
    "mape",
    "mase",
    "pinball",
    "rolling",
    "skill",
    "wape",
]

if TYPE_CHECKING:
    from partnerops.forecast._backtest import Method as Method, backtest as backtest, rolling as rolling
    from partnerops.forecast._correction import (
        CorrectedForecast as CorrectedForecast,
        Correction as Correction,
        fit_correction as fit_correction,
    )
    from partnerops.forecast._intervals import Finished as Finished
    from partnerops.forecast._rows import BacktestRow as BacktestRow
    from partnerops.forecast._score import Backtest as Backtest, Score as Score
    from partnerops.forecast._scores import (
        BrierParts as BrierParts,
        accuracy as accuracy,
        bias as bias,
        brier as brier,
        brier_parts as brier_parts,
        coverage as coverage,
        ece as ece,
        log_loss as log_loss,
        mape as mape,
        mase as mase,
        pinball as pinball,
        skill as skill,
        wape as wape,
    )
else:
    from partnerops._lazy import lazy

    # The measures are plain functions of numbers, of use without a backtest and loaded without one.
    _HOMES = {
        "_backtest": ["Method", "backtest", "rolling"],
        "_correction": ["CorrectedForecast", "Correction", "fit_correction"],
        "_intervals": ["Finished"],
        "_rows": ["BacktestRow"],
        "_score": ["Backtest", "Score"],
        "_scores": [
            "BrierParts",
            "accuracy",
            "bias",
            "brier",
            "brier_parts",
            "coverage",
            "ece",
            "log_loss",
            "mape",
            "mase",
            "pinball",
            "skill",
            "wape",
        ],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"partnerops.forecast.{home}" for home, names in _HOMES.items() for name in names}
    )
