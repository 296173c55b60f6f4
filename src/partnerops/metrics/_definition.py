"""What a KPI is: its names, formula, unit, window, cadence and zero rule, in one value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any, cast

from attrs import field, frozen

from partnerops._attrs import Value, is_a, is_text
from partnerops.metrics._measure import MetricValue
from partnerops.periods import UTC_CALENDAR, Calendar, Period

RATIO = "denominator 0: unknown"
MONEY = "nothing to divide: unknown"
SUM = "0 where other records say the currency, else unknown"
COUNT = "nothing counted is 0"
MEDIAN = "nothing to measure: unknown"


@frozen(kw_only=True)
class MetricDefinition(Value):
    """
    One entry of the catalogue: what everybody means by a KPI.

    >>> from partnerops.metrics import definition
    >>> one = definition("win_rate")
    >>> one.name_pt, str(one.latest(date(2026, 4, 8)))
    ('Taxa de ganho', '2026-W14')
    """

    id: str = field(validator=is_text)
    """Name of the function, and what a `Target` names."""
    home: str = field(validator=is_text)
    """Module of `partnerops.metrics` that has it."""
    name: str = field(validator=is_text)
    """Name in English."""
    name_pt: str = field(validator=is_text)
    """Name in Portuguese."""
    formula: str = field(validator=is_text)
    """What is divided by what, or added up."""
    unit: str = field(validator=is_text)
    """`money`, `rate`, `count`, `days`, `months`, `points` or `number`."""
    window: str = field(validator=is_text)
    """Which date puts a record into the period."""
    cadence: str = field(validator=is_text)
    """How often to look at it: `week`, `month` or `quarter`."""
    zero: str = field(validator=is_text)
    """What it says of nothing."""
    subject: str = field(default="deal", validator=is_text)
    """What it counts: `deal`, `customer`, `partner` or `lead`; a breakdown keeps the deals of one together."""
    additive: bool = field(default=False, validator=is_a(bool))
    """Whether groups add up to the whole, so that nothing at all is 0 once the unit is known."""
    better: str = field(default="higher", validator=is_text)
    """Whether `higher` or `lower` is better."""
    scored: bool = field(default=False, validator=is_a(bool))
    """Whether the scorecard shows it."""

    @property
    def measure(self) -> Callable[..., MetricValue]:
        """The function."""
        # Found when asked for, so that the catalogue can be read without loading every KPI.
        module = import_module(f"partnerops.metrics.{self.home}")
        return cast("Callable[..., MetricValue]", getattr(module, self.id))

    def latest(self, on: date, calendar: Calendar = UTC_CALENDAR) -> Period:
        """The last period of its cadence that is over on a date: the one to measure."""
        return calendar.period(self.cadence, on).previous()


def family(home: str, *entries: dict[str, Any]) -> tuple[MetricDefinition, ...]:
    """The definitions of one module."""
    return tuple(MetricDefinition(home=home, **entry) for entry in entries)
