"""
Metrics: one definition of each measure, for every team.

Each KPI is a function of a dataset, a period and `as_of`, in the module of its subject:

- deals: `revenue`, `bookings`, `conversion`, `cycles`
- leads: `leads`, and with what followed `lifecycle`
- customers: `recurring`, `customers`, `lifetime`
- partners: `partners`, `channel`
- goals: `targets`, `cascades`
- across periods and records: `changes`, `timelines`

It gives a `MetricValue`: a `Ratio`, an amount or a number, with the records behind it, or None with the reason.
`breakdown` asks any of them by route, partner, type, tier, product or a function of yours; `scorecard` asks those
that a weekly meeting needs. `CATALOGUE` says what each one means, in English and Portuguese. Which date puts a record
into a period, and what is left out, stands there and in the docstrings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Breakdown",
    "CATALOGUE",
    "MetricDefinition",
    "MetricValue",
    "ScoreLine",
    "Scorecard",
    "TeamLine",
    "bookings",
    "breakdown",
    "cascades",
    "changes",
    "channel",
    "conversion",
    "customers",
    "cycles",
    "definition",
    "leads",
    "lifecycle",
    "lifetime",
    "partners",
    "recurring",
    "revenue",
    "scorecard",
    "targets",
    "timelines",
]

if TYPE_CHECKING:
    from partnerops.metrics import (
        bookings as bookings,
        cascades as cascades,
        changes as changes,
        channel as channel,
        conversion as conversion,
        customers as customers,
        cycles as cycles,
        leads as leads,
        lifecycle as lifecycle,
        lifetime as lifetime,
        partners as partners,
        recurring as recurring,
        revenue as revenue,
        targets as targets,
        timelines as timelines,
    )
    from partnerops.metrics._catalogue import CATALOGUE as CATALOGUE, definition as definition
    from partnerops.metrics._definition import MetricDefinition as MetricDefinition
    from partnerops.metrics._groups import breakdown as breakdown
    from partnerops.metrics._measure import Breakdown as Breakdown, MetricValue as MetricValue
    from partnerops.metrics._scorecard import (
        Scorecard as Scorecard,
        ScoreLine as ScoreLine,
        TeamLine as TeamLine,
        scorecard as scorecard,
    )
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_catalogue": ["CATALOGUE", "definition"],
        "_definition": ["MetricDefinition"],
        "_groups": ["breakdown"],
        "_measure": ["Breakdown", "MetricValue"],
        "_scorecard": ["ScoreLine", "Scorecard", "TeamLine", "scorecard"],
    }
    _SUBJECTS = (
        "bookings",
        "cascades",
        "changes",
        "channel",
        "conversion",
        "customers",
        "cycles",
        "leads",
        "lifecycle",
        "lifetime",
        "partners",
        "recurring",
        "revenue",
        "targets",
        "timelines",
    )
    __getattr__, __dir__ = lazy(
        __name__,
        {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
        | {name: f"{__name__}.{name}" for name in _SUBJECTS},
    )
