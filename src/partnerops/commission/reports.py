"""
Reports over ledgers: month-end accrual, capitalised commission, what another plan would change, a partner's return.

Each is a pure function of ledgers or of facts, and each reconciles to the cent.
"""

from __future__ import annotations

from partnerops.commission._accruals import Accrual as Accrual, AccrualReport as AccrualReport, accruals as accruals
from partnerops.commission._amortising import (
    Amortisation as Amortisation,
    AmortisationMonth as AmortisationMonth,
    amortise as amortise,
    capitalise as capitalise,
)
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
    "Amortisation",
    "AmortisationMonth",
    "LineChange",
    "LedgerDiff",
    "EarningsMonth",
    "EarningsProjection",
    "accruals",
    "amortise",
    "capitalise",
    "compare_ledgers",
    "project_earnings",
    "what_if",
]
