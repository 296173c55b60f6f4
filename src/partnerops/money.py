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

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from partnerops._apportion import apportion as apportion, apportion_minor as apportion_minor
    from partnerops._currency import Currency as Currency
    from partnerops._exchange import ExchangeRate as ExchangeRate, ExchangeRates as ExchangeRates
    from partnerops._money import Money as Money
    from partnerops._rounding import (
        Rounding as Rounding,
        round_fraction as round_fraction,
        round_quotient as round_quotient,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "partnerops._apportion": ["apportion", "apportion_minor"],
        "partnerops._currency": ["Currency"],
        "partnerops._exchange": ["ExchangeRate", "ExchangeRates"],
        "partnerops._money": ["Money"],
        "partnerops._rounding": ["Rounding", "round_fraction", "round_quotient"],
    }
    __getattr__, __dir__ = lazy(__name__, {name: home for home, names in _HOMES.items() for name in names})
