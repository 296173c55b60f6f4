"""
Reports over ledgers: the month-end accrual, what another plan or later facts would change, a partner's return.

Each is a pure function of ledgers or of facts, and each reconciles to the cent.
"""

from __future__ import annotations

from partnerops.commission._accruals import Accrual as Accrual, AccrualReport as AccrualReport, accruals as accruals
from partnerops.commission._comparing import (
    LedgerDiff as LedgerDiff,
    LineChange as LineChange,
    compare_ledgers as compare_ledgers,
    what_if as what_if,
)
from partnerops.commission._returns import (
    EarningsMonth as EarningsMonth,
    EarningsProjection as EarningsProjection,
    project_earnings as project_earnings,
)

__all__ = [
    "Accrual",
    "AccrualReport",
    "LineChange",
    "LedgerDiff",
    "EarningsMonth",
    "EarningsProjection",
    "accruals",
    "compare_ledgers",
    "project_earnings",
    "what_if",
]
