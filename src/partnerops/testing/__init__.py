"""
Testing kit: a simulated programme with its truth, strategies for every type, and law suites for policies of your own.

`simulate` needs nothing beside the library. The rest needs Hypothesis: `pip install 'partnerops[testing]'`. With it
installed, `hypothesis.strategies.from_type` knows the library's types without further ado.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "BrokenLaw",
    "DealTruth",
    "PartnerTruth",
    "Programme",
    "Truth",
    "business_calendars",
    "calendars",
    "cases",
    "check_attribution_policy",
    "check_journey_policy",
    "check_outlook",
    "check_rate_schedule",
    "currencies",
    "datasets",
    "dates",
    "exchange_rates",
    "ids",
    "instants",
    "ledger_machine",
    "moneys",
    "nouns",
    "periods",
    "policies",
    "ratios",
    "shares",
    "simulate",
    "texts",
]

if TYPE_CHECKING:
    from partnerops.testing._attribution import check_attribution_policy as check_attribution_policy
    from partnerops.testing._commission import check_rate_schedule as check_rate_schedule
    from partnerops.testing._forecast import check_outlook as check_outlook
    from partnerops.testing._journey import check_journey_policy as check_journey_policy
    from partnerops.testing._ledgers import ledger_machine as ledger_machine
    from partnerops.testing._simulate import simulate as simulate
    from partnerops.testing._strategies.cases import cases as cases
    from partnerops.testing._strategies.datasets import datasets as datasets
    from partnerops.testing._strategies.families import policies as policies
    from partnerops.testing._strategies.kernel import (
        business_calendars as business_calendars,
        calendars as calendars,
        currencies as currencies,
        dates as dates,
        exchange_rates as exchange_rates,
        ids as ids,
        instants as instants,
        moneys as moneys,
        periods as periods,
        ratios as ratios,
        shares as shares,
        texts as texts,
    )
    from partnerops.testing._strategies.nouns import nouns as nouns
    from partnerops.testing._suite import BrokenLaw as BrokenLaw
    from partnerops.testing._truth import (
        DealTruth as DealTruth,
        PartnerTruth as PartnerTruth,
        Programme as Programme,
        Truth as Truth,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_attribution": ["check_attribution_policy"],
        "_commission": ["check_rate_schedule"],
        "_forecast": ["check_outlook"],
        "_journey": ["check_journey_policy"],
        "_ledgers": ["ledger_machine"],
        "_simulate": ["simulate"],
        "_strategies.cases": ["cases"],
        "_strategies.datasets": ["datasets"],
        "_strategies.kernel": [
            "business_calendars",
            "calendars",
            "currencies",
            "dates",
            "exchange_rates",
            "ids",
            "instants",
            "moneys",
            "periods",
            "ratios",
            "shares",
            "texts",
        ],
        "_strategies.nouns": ["nouns"],
        "_strategies.families": ["policies"],
        "_suite": ["BrokenLaw"],
        "_truth": ["DealTruth", "PartnerTruth", "Programme", "Truth"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
