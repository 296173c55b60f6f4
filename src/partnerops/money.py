"""
Money, exactly.

- `Money` is a whole number of minor units of one currency; `Currency` is what ISO 4217 says of its code.
- `apportion` splits an amount so that the parts sum to it.
- `Rounding` and `round_fraction` name the one place where a calculation rounds.
- `ExchangeRates` is a dated table of rates: the only way from one currency to another.

Nothing here depends on the ambient decimal context, and nothing takes a float. What only inner loops need works on bare
integers: `apportion_minor`, `round_quotient`.
"""

from __future__ import annotations

from partnerops._apportion import apportion, apportion_minor
from partnerops._currency import Currency
from partnerops._exchange import ExchangeRate, ExchangeRates
from partnerops._money import Money
from partnerops._rounding import Rounding, round_fraction, round_quotient

__all__ = [
    "Currency",
    "ExchangeRate",
    "ExchangeRates",
    "Money",
    "Rounding",
    "apportion",
    "apportion_minor",
    "round_fraction",
    "round_quotient",
]
