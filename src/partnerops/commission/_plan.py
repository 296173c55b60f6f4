"""The plan that a partner is paid under."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import Value, is_a, is_id, is_str, place, to_member
from partnerops._calendar import within
from partnerops._canonical import short_digest
from partnerops._currency import decimals
from partnerops.commission._amounts import check_schedule, describe, name_of
from partnerops.commission._clawback import Clawback
from partnerops.commission._compiled import CompiledSchedule
from partnerops.commission._protocol import RateSchedule
from partnerops.exceptions import NotCompilable
from partnerops.money import Rounding
from partnerops.periods import UTC_CALENDAR, Calendar


class Attainment(StrEnum):
    """Over what sales add up before the schedule sees them."""

    LINE = "line"
    """Each sale by itself."""
    MONTH = "month"
    """The calendar month of the sale."""
    QUARTER = "quarter"
    """The calendar quarter."""
    YEAR = "year"
    """The calendar year."""
    FISCAL_QUARTER = "fiscal_quarter"
    """The fiscal quarter of the plan's calendar."""
    FISCAL_YEAR = "fiscal_year"
    """The fiscal year of the plan's calendar."""
    LIFETIME = "lifetime"
    """All sales of the partner under the plan."""


def to_attainment(value: str) -> Attainment:
    """The member with this value; anything else is left to the validator."""
    return to_member(Attainment, value)


def to_rounding(value: str) -> Rounding:
    """The member with this value; anything else is left to the validator."""
    return to_member(Rounding, value)


def _is_schedule(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    check_schedule(place(instance, attribute), value)


def _is_code(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    decimals(place(instance, attribute), value)


@frozen(kw_only=True)
class PlanRef(Value):
    """
    Which version of which plan a posting follows.

    >>> print(PlanRef(id="gold-2026", version="2", digest="0a1b2c3d4e5f"))
    gold-2026 version 2 (0a1b2c3d4e5f)
    """

    id: str
    """Id of the plan."""
    version: str
    """Version of the plan."""
    digest: str
    """First 12 digits of the digest of everything the plan says: an edited plan shows."""
    clause: str = ""
    """Clause of the contract, if one is known."""

    def __str__(self) -> str:
        return f"{self.id} version {self.version} ({self.digest}){f', clause {self.clause}' if self.clause else ''}"


@frozen(kw_only=True)
class CompiledPlan(Value):
    """
    What tables need of a plan, as integers and names: hashable, serialisable.

    >>> from partnerops.commission import FlatRate
    >>> CommissionPlan(id="p", schedule=FlatRate("0.1")).compiled().attainment
    <Attainment.LINE: 'line'>
    """

    schedule: CompiledSchedule
    """The schedule."""
    attainment: Attainment
    """Over what sales add up."""
    zone: str
    """IANA zone in which instants become dates."""
    fiscal_year_start: int
    """First month of the fiscal year."""
    hold_days: int
    """Days from the sale to the release."""
    rounding: Rounding
    """How F is rounded, once."""


@frozen(kw_only=True)
class CommissionPlan(Value):
    """
    What a partner is paid: a schedule, the sales that add up, when it is due and what is taken back.

    A sale earns `round F(attained + amount) - round F(attained)`, attained being the partner's earlier sales of the
    same attainment period. It is held until `hold_days` after the date of the sale, and due from the start of that day.

    Raises:
        InvalidValue: A field that cannot be right; the message names it.

    >>> from partnerops.commission import FlatRate
    >>> plan = CommissionPlan(id="gold-2026", schedule=FlatRate("0.10"), hold_days=30)
    >>> print(plan)
    gold-2026 version 1: 10 %, each sale by itself, held 30 days
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id; agreements name it."""
    schedule: RateSchedule = field(validator=_is_schedule)
    """What an attainment is worth."""
    attainment: Attainment = field(default=Attainment.LINE, converter=to_attainment, validator=is_a(Attainment))
    """Over what sales add up."""
    hold_days: int = field(default=0, validator=within(0, 3660))
    """Days after the sale until it is due; 0 means at once."""
    clawback: Clawback | None = field(default=None, validator=optional(is_a(Clawback)))
    """What reversals take back; None means nothing."""
    calendar: Calendar = field(default=UTC_CALENDAR, validator=is_a(Calendar))
    """Zone in which instants become dates, and the fiscal year."""
    currency: str | None = field(default=None, validator=optional(_is_code))
    """Currency in which sales add up and thresholds are meant; None takes the one currency of the credits."""
    rounding: Rounding = field(default=Rounding.HALF_EVEN, converter=to_rounding, validator=is_a(Rounding))
    """How F is rounded to minor units, once."""
    version: str = field(default="1", validator=is_id)
    """Version of the plan."""
    clause: str = field(default="", validator=is_str)
    """Clause of the contract; statements quote it."""

    @property
    def ref(self) -> PlanRef:
        """Id, version and digest, as postings carry them."""
        return PlanRef(id=self.id, version=self.version, digest=_digest(self), clause=self.clause)

    def compiled(self) -> CompiledPlan:
        """
        The plan as integers.

        Raises:
            NotCompilable: Its schedule is a user's own without `compiled()`.
        """
        compiled = getattr(self.schedule, "compiled", None)
        schedule: object = compiled() if callable(compiled) else None
        if not isinstance(schedule, CompiledSchedule):
            raise NotCompilable(type(self.schedule).__name__, "partnerops.commission.settle")
        return CompiledPlan(
            schedule=schedule,
            attainment=self.attainment,
            zone=self.calendar.zone,
            fiscal_year_start=self.calendar.fiscal_year_start,
            hold_days=self.hold_days,
            rounding=self.rounding,
        )

    def __str__(self) -> str:
        over = {"line": "each sale by itself", "lifetime": "all sales of a partner"}.get(
            self.attainment, f"by {self.attainment.replace('_', ' ')}"
        )
        held = f", held {self.hold_days} days" if self.hold_days else ""
        return f"{self.id} version {self.version}: {describe(self.schedule)}, {over}{held}"


def _digest(plan: CommissionPlan) -> str:
    """The digest of the plan; a user's policy that has no canonical form counts as it prints itself."""
    form = {a.name: _formal(getattr(plan, a.name)) for a in attrs.fields(CommissionPlan)}
    return short_digest(form)


def _formal(value: object) -> object:
    if isinstance(value, Clawback):
        return {a.name: _formal(getattr(value, a.name)) for a in attrs.fields(Clawback)}
    if hasattr(value, "cumulative") or hasattr(value, "clawable"):
        return value if attrs.has(type(value)) or hasattr(value, "__canonical__") else name_of(value)
    return value
