"""The plan that a partner is paid under."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import Value, is_a, is_id, is_str, place, to_member, to_strings, to_tuple, tuple_of
from partnerops._calendar import within
from partnerops._canonical import short_digest
from partnerops._currency import decimals
from partnerops.commission._amounts import compiled_or_none, describe, name_of
from partnerops.commission._clawback import Clawback
from partnerops.commission._compiled import CompiledSchedule
from partnerops.commission._parts import (
    Attainment,
    Basis,
    Guarantee,
    Incentive,
    RateRule,
    Split,
    UplineOverride,
    is_schedule,
    to_attainment,
)
from partnerops.commission._protocol import RateSchedule
from partnerops.commission._schedules import FlatRate
from partnerops.commission.modifiers import BestOf, Cap, Floor, Modifier, Uplift
from partnerops.exceptions import InvalidValue, NotCompilable
from partnerops.money import Money, Rounding
from partnerops.periods import UTC_CALENDAR, Calendar


def to_rounding(value: str) -> Rounding:
    """The member with this value; anything else is left to the validator."""
    return to_member(Rounding, value)


_STAGES: Final[dict[type[Any], int]] = {Uplift: 0, BestOf: 0, Cap: 1, Floor: 2}
"""The ready-made modifiers go in this order; a user's own may stand anywhere."""


def _are_modifiers(instance: object, attribute: attrs.Attribute[Any], value: tuple[Modifier, ...]) -> None:
    """Refuse what cannot modify, and ready-made modifiers that do not go uplift, cap, floor."""
    where = place(instance, attribute)
    if not isinstance(value, tuple):
        raise InvalidValue(where, "a list of modifiers", value)
    stage = 0
    for index, one in enumerate(value):
        if isinstance(one, type) or not callable(getattr(one, "modified", None)) or not hasattr(one, "scope"):
            rule = "a modifier: an object with scope(sale) and modified(total, sale), such as Cap(5000)"
            raise InvalidValue(f"{where}[{index}]", rule, one)
        # A user's modifier takes the place it is given.
        own = _STAGES.get(type(one), stage)
        # Case 20: an uplift after a cap would pay past it, a cap after a floor would take the floor away.
        if own < stage:
            raise InvalidValue(f"{where}[{index}]", "before caps and floors: uplift, then cap, then floor", str(one))
        stage = own


def _to_modifiers(values: Iterable[Modifier]) -> tuple[Modifier, ...]:
    return to_tuple(values)


def _to_rates(values: Iterable[RateRule]) -> tuple[RateRule, ...]:
    return to_tuple(values)


def _to_incentives(values: Iterable[Incentive]) -> tuple[Incentive, ...]:
    return to_tuple(values)


def _to_splits(values: Iterable[Split]) -> tuple[Split, ...]:
    return to_tuple(values)


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
    What tables need of a plan that is a schedule and no more, as integers and names: hashable, serialisable.

    It says what sales earn and when that is due. What reversals take back is the plan's `clawback`, whose schedule
    compiles by itself.

    >>> from partnerops.commission import FlatRate
    >>> CommissionPlan(id="p", schedule=FlatRate("0.1")).compiled().attainment
    Attainment.LINE
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
    schedule: RateSchedule = field(validator=is_schedule)
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
    basis: Basis = field(default=Basis(), validator=is_a(Basis))
    """What counts of a sale, and when."""
    rates: tuple[RateRule, ...] = field(default=(), converter=_to_rates, validator=tuple_of(RateRule))
    """Other schedules for some sales, the first match decides."""
    modifiers: tuple[Modifier, ...] = field(default=(), converter=_to_modifiers, validator=_are_modifiers)
    """Uplifts, caps and floors, in their order; rounding comes last."""
    incentives: tuple[Incentive, ...] = field(default=(), converter=_to_incentives, validator=tuple_of(Incentive))
    """What is earned on top."""
    splits: tuple[Split, ...] = field(default=(), converter=_to_splits, validator=tuple_of(Split))
    """Who shares a sale, the first match decides."""
    overrides: UplineOverride | None = field(default=None, validator=optional(is_a(UplineOverride)))
    """What the partners above the seller earn."""
    guarantee: Guarantee | None = field(default=None, validator=optional(is_a(Guarantee)))
    """The least that a partner earns a period."""
    documents: tuple[str, ...] = field(default=(), converter=to_strings, validator=tuple_of(str))
    """Documents that must be on file with the deal; until then its commission is held."""
    minimum_payout: Money | None = field(default=None, validator=optional(is_a(Money)))
    """Less than this is not paid but carried over; None is any amount."""
    version: str = field(default="1", validator=is_id)
    """Version of the plan."""
    clause: str = field(default="", validator=is_str)
    """Clause of the contract; statements quote it."""

    def __attrs_post_init__(self) -> None:
        ids = [one.id for one in self.incentives]
        # Lines are named after incentives, and the same name twice would be the same key twice.
        if len(set(ids)) < len(ids):
            raise InvalidValue("CommissionPlan.incentives", "a list in which each id stands once", ids)
        if self.minimum_payout is not None and self.minimum_payout.minor < 0:
            raise InvalidValue("CommissionPlan.minimum_payout", "at least 0", str(self.minimum_payout))
        # Before the first sale there is no credit that could tell the currency.
        if self.guarantee is not None and self.guarantee.partners and self.currency is None:
            raise InvalidValue("CommissionPlan.currency", "given where the guarantee names partners", None)

    @property
    def ref(self) -> PlanRef:
        """Id, version and digest, as postings carry them."""
        # Made of what the plan says: two plans of one id and version that differ still show as two.
        return PlanRef(id=self.id, version=self.version, digest=_digest(self), clause=self.clause)

    def compiled(self) -> CompiledPlan:
        """
        The plan as integers.

        Raises:
            NotCompilable: Its schedule is a user's own without `compiled()` or waits for each partner's quota, or the
                plan says more than a schedule does: rates by condition, modifiers, splits and the like look at facts
                that a table of sales does not have.
        """
        schedule = compiled_or_none(self.schedule)
        if schedule is None:
            raise NotCompilable(type(self.schedule).__name__, _INSTEAD)
        # Leaving a cap out in silence would pay too much; better to say that tables cannot have it.
        for name in _BEYOND:
            if getattr(self, name) != getattr(_BARE, name):
                raise NotCompilable(f"plan {self.id} with {name}", _INSTEAD)
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


_INSTEAD: Final = "partnerops.commission.settle"
_BEYOND: Final = ("basis", "rates", "modifiers", "incentives", "splits", "overrides", "guarantee", "documents")
"""What a plan may say beside its schedule that decides what sales earn, or when."""
_BARE: Final = CommissionPlan(id="bare", schedule=FlatRate(0))
"""A plan that says none of it."""


def _digest(plan: CommissionPlan) -> str:
    """The digest of all that the plan says; a user's policy without a canonical form counts as it prints itself."""
    return short_digest({a.name: _formal(getattr(plan, a.name)) for a in attrs.fields(CommissionPlan)})


def _formal(value: object) -> object:
    if isinstance(value, tuple):
        return [_formal(member) for member in cast("tuple[object, ...]", value)]
    # These hold policies of users, which may have no canonical form, so they are opened up field by field.
    if isinstance(value, Clawback | RateRule | Incentive):
        return {a.name: _formal(getattr(value, a.name)) for a in attrs.fields(type(value))}
    if any(hasattr(value, name) for name in ("cumulative", "clawable", "modified")):
        return value if attrs.has(type(value)) or hasattr(value, "__canonical__") else name_of(value)
    return value
