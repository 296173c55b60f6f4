"""Every KPI of the package, by id."""

from __future__ import annotations

from typing import Final

from partnerops._attrs import FrozenMap
from partnerops.exceptions import UnknownName
from partnerops.metrics import _definitions as first, _definitions_parties as second
from partnerops.metrics._definition import MetricDefinition

FAMILIES: Final[tuple[tuple[MetricDefinition, ...], ...]] = (
    first.REVENUE, first.BOOKINGS, first.CONVERSION, first.CYCLES, first.LEADS, first.RECURRING, second.CUSTOMERS,
    second.LIFETIME, second.PARTNERS, second.CHANNEL, second.TARGETS,
)  # fmt: skip
"""The definitions module by module, in the order in which pages show them."""

# One mapping for pages, goals, breakdowns and the scorecard: a KPI that is not in it has no meaning to share.
CATALOGUE: Final[FrozenMap[MetricDefinition]] = FrozenMap({one.id: one for family in FAMILIES for one in family})
"""Id -> definition of every KPI."""


def definition(id: str) -> MetricDefinition:
    """
    The definition of a KPI.

    Raises:
        UnknownName: There is none; the message names near misses.

    >>> definition("mrr").name
    'Monthly recurring revenue'
    """
    found = CATALOGUE.get(id)
    if found is None:
        raise UnknownName("metric", id, tuple(CATALOGUE))
    return found
