"""What a plan may say beside its schedule: what counts of a sale, other rates, incentives, who shares, guarantees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    FrozenMap,
    Value,
    is_a,
    is_id,
    is_share,
    is_shares,
    place,
    to_decimal,
    to_fraction,
    to_member,
    to_shares,
    to_strings,
    to_tuple,
    tuple_of,
)
from partnerops._closed import ClosedSet
from partnerops._render import percent
from partnerops.commission._amounts import as_fraction, check_schedule, describe
from partnerops.commission._clawback import months
from partnerops.commission._protocol import RateSchedule
from partnerops.commission._sales import Where
from partnerops.commission._tiers import is_from_zero
from partnerops.exceptions import InvalidValue
from partnerops.periods import Frequency
from partnerops.typing import PartnerId


class Attainment(ClosedSet):
    """Over what sales add up before the schedule sees them."""

    LINE = "line"
    """Each sale by itself."""
    MONTH = "month"
    """The calendar month of the sale."""
    QUARTER = "quarter"
    """The calendar quarter."""
    YEAR = "year"
    """The calendar year."""
    # Named apart from the calendar ones: a plan that mixes up the two pays the wrong tier for a quarter.
    FISCAL_QUARTER = "fiscal_quarter"
    """The fiscal quarter of the plan's calendar."""
    FISCAL_YEAR = "fiscal_year"
    """The fiscal year of the plan's calendar."""
    LIFETIME = "lifetime"
    """All sales of the partner under the plan."""


def to_attainment(value: str) -> Attainment:
    """The member with this value; anything else is left to the validator."""
    return to_member(Attainment, value)


def is_schedule(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """`check_schedule` as an attrs validator."""
    check_schedule(place(instance, attribute), value)


class EarnedOn(ClosedSet):
    """Which event earns commission."""

    BOOKING = "booking"
    """The credit of a won deal."""
    PAYMENT = "payment"
    """Each payment of the customer, for its part of the credit."""


class Revenue(ClosedSet):
    """What of a sale counts."""

    GROSS = "gross"
    """All of it."""
    NET = "net"
    """What is left after the plan's deduction, such as sales tax."""
    MARGIN = "margin"
    """Revenue less the vendor's cost, from the lines of the deal or else the deal."""


class RatedOn(ClosedSet):
    """The date that decides about the plan's version, the partner's tier and exceptions."""

    BOOKING = "booking"
    """When the deal was won."""
    PAYMENT = "payment"
    """When the customer paid."""
    REGISTRATION = "registration"
    """When the partner registered the deal; the booking where it did not."""


def _to_earned_on(value: str) -> EarnedOn:
    return to_member(EarnedOn, value)


def _to_revenue(value: str) -> Revenue:
    return to_member(Revenue, value)


def _to_rated_on(value: str) -> RatedOn:
    return to_member(RatedOn, value)


@frozen(kw_only=True)
class Basis(Value):
    """
    What counts of a sale, and when.

    >>> print(Basis(on="payment", of="margin", recurring_months=12))
    margin, as customers pay, 12 months from the first commission of a deal
    """

    on: EarnedOn = field(default=EarnedOn.BOOKING, converter=_to_earned_on, validator=is_a(EarnedOn))
    """Whether bookings or payments earn."""
    of: Revenue = field(default=Revenue.GROSS, converter=_to_revenue, validator=is_a(Revenue))
    """Gross, net or margin."""
    deduct: Decimal = field(default=Decimal(0), converter=to_decimal, validator=is_share)
    """Under `net`: the share that does not count, a fraction."""
    exclude: Where | None = field(default=None, validator=optional(is_a(Where)))
    """Sales and lines that earn nothing."""
    excluded_attain: bool = field(default=False, validator=is_a(bool))
    """Whether excluded sales still count towards attainment."""
    recurring_months: int | None = field(default=None, validator=optional(months(1)))
    """Months from the first commission of a deal within which it earns, the far end excluded; None is for ever."""
    rated_on: RatedOn = field(default=RatedOn.BOOKING, converter=_to_rated_on, validator=is_a(RatedOn))
    """The date that decides about version, tier and exceptions."""

    def __attrs_post_init__(self) -> None:
        # A deduction that is silently not made is worse than none.
        if self.deduct and self.of is not Revenue.NET:
            raise InvalidValue(
                "Basis.deduct", f"0 where the basis is {self.of}; it belongs to of='net'", str(self.deduct)
            )

    def __str__(self) -> str:
        parts = [self.of.value + (f" of {percent(as_fraction(self.deduct))} deducted" if self.deduct else "")]
        if self.on is EarnedOn.PAYMENT:
            parts.append("as customers pay")
        if self.exclude is not None:
            parts.append(f"without {self.exclude}")
        if self.recurring_months is not None:
            parts.append(f"{self.recurring_months} months from the first commission of a deal")
        return ", ".join(parts)


@frozen
class RateRule(Value):
    """
    Another schedule for some sales; a plan's first rule that matches decides, and its own schedule where none does.

    The sales under a rule add up by themselves, so that every schedule sees one attainment and totals do not depend on
    order. Lines of one deal may fall under different rules.

    >>> from partnerops.commission import FlatRate
    >>> print(RateRule(Where(products=["erp"]), FlatRate("0.12")))
    12 % where product erp
    """

    where: Where = field(validator=is_a(Where))
    """Which sales."""
    schedule: RateSchedule = field(validator=is_schedule)
    """What they are worth."""

    def __str__(self) -> str:
        return f"{describe(self.schedule)} where {self.where}"


@frozen(kw_only=True)
class Incentive(Value):
    """
    Something on top of the commission: a SPIF, a milestone bonus, a volume or early-registration incentive, points.

    It is a schedule over the sales that match: a fixed amount a sale is a SPIF, flat amounts of tiers are milestones,
    volume tiers a volume rebate. Each sale counts once, and a milestone is paid once a period, because a schedule says
    what an attainment is worth as a whole; what falls below again is given back.

    >>> from partnerops.commission import FixedAmount
    >>> print(Incentive(id="spif-q1", schedule=FixedAmount(200), where=Where(products=["erp"])))
    spif-q1: 200 a sale where product erp
    """

    id: str = field(validator=is_id)
    """Opaque id; lines of it are named after it."""
    schedule: RateSchedule = field(validator=is_schedule)
    """What the matching sales are worth."""
    # An empty condition holds for every sale: most incentives are for all.
    where: Where = field(default=Where(), validator=is_a(Where))
    """Which sales."""
    attainment: Attainment = field(default=Attainment.LINE, converter=to_attainment, validator=is_a(Attainment))
    """Over what they add up."""
    points: bool = field(default=False, validator=is_a(bool))
    """Whether it earns points instead of money: whole ones, rounded down."""

    def __str__(self) -> str:
        return f"{self.id}: {describe(self.schedule)}{' points' if self.points else ''} where {self.where}"


def _to_shares(values: Mapping[str, int | str | Decimal | Fraction]) -> FrozenMap[Fraction]:
    return to_shares(values)


@frozen
class Split(Value):
    """
    Other partners' shares of a sale; the credited partner keeps the rest.

    The sale is split before any schedule sees it, by largest remainder, and reversals follow the same shares. With
    `whole_attains` each partner's attainment moves by the whole sale, and each is paid its share of what that is worth.

    Raises:
        InvalidValue: Shares that sum to more than 1.

    >>> Split({"birch": "0.3"}).shares["birch"]
    Fraction(3, 10)
    """

    # At most 1 together: the credited partner keeps the rest, so a split can not pay out more than the sale.
    shares: FrozenMap[Fraction] = field(converter=_to_shares, validator=is_shares)
    """Partner -> share of the sale, exact fractions."""
    whole_attains: bool = field(default=False, validator=is_a(bool), kw_only=True)
    """Whether the whole sale counts towards every sharing partner's attainment."""
    where: Where = field(default=Where(), validator=is_a(Where), kw_only=True)
    """Which sales, as seen by the credited partner."""


class OverrideBase(ClosedSet):
    """What an override is a share of."""

    SALE = "sale"
    """Of what counts of the sale."""
    COMMISSION = "commission"
    """Of the commission of the level below."""


def _to_override_base(value: str) -> OverrideBase:
    return to_member(OverrideBase, value)


def _to_override_rates(values: Iterable[Decimal | int | str]) -> tuple[Decimal, ...]:
    found = to_tuple(values)
    # What is no list is passed on, since a converter can not name its field and the validator can.
    return tuple(map(to_decimal, found)) if isinstance(found, tuple) else found


def _are_override_rates(instance: object, attribute: attrs.Attribute[Any], value: tuple[Decimal, ...]) -> None:
    where = place(instance, attribute)
    if not isinstance(value, tuple) or not value:
        raise InvalidValue(where, "a list of at least one rate", value)
    for index, rate in enumerate(value):
        # Above 1 somebody wrote 10 and meant 10 %.
        if not isinstance(rate, Decimal) or not 0 <= rate <= 1:
            raise InvalidValue(f"{where}[{index}]", "an exact fraction from 0 to 1 (0.10 means 10 %)", rate)


@frozen
class UplineOverride(Value):
    """
    What the partners above the seller earn, level by level: `Partner.parent_id` says who is above whom.

    The first rate is for the parent, the next for its parent, and so on. With `reduce_base` each level's base is the
    sale less what the levels below earned of it (100, 90, 81 at 10 %), else each sees the whole sale.

    Source: hierarchical commissions of metasfresh.

    >>> UplineOverride(["0.03", "0.01"]).rates
    (Decimal('0.03'), Decimal('0.01'))
    """

    rates: tuple[Decimal, ...] = field(converter=_to_override_rates, validator=_are_override_rates)
    """Rate of each level, nearest first."""
    of: OverrideBase = field(
        default=OverrideBase.SALE, converter=_to_override_base, validator=is_a(OverrideBase), kw_only=True
    )
    """A share of the sale, or of the commission of the level below."""
    reduce_base: bool = field(default=False, validator=is_a(bool), kw_only=True)
    """Whether what lower levels earned leaves the base."""

    def __attrs_post_init__(self) -> None:
        # A commission has no base that lower levels could lower; ignoring the flag would hide the mistake.
        if self.reduce_base and self.of is OverrideBase.COMMISSION:
            raise InvalidValue("UplineOverride.reduce_base", "False where the base is the commission", self.reduce_base)


def _to_frequency(value: str) -> Frequency:
    return to_member(Frequency, value)


@frozen(kw_only=True)
class Guarantee(Value):
    """
    At least so much commission a period: a minimum, or a draw that later commission pays back.

    When a period ends, what a partner earned in it is made up to the amount. A recoverable draw is an advance: periods
    that earn more than the amount pay it back out of the excess, within `recover_share` and `recover_amount`. What is
    still open when `forgive_every` ends is forgiven.

    Source: minimum guarantee and draw in Siebel and Oracle Incentive Compensation.

    >>> Guarantee(amount=2000, recoverable=True).every
    Frequency.MONTH
    """

    # In units and not as money: the same plan guarantees it in whichever currency it adds up.
    amount: Decimal = field(converter=to_decimal, validator=is_from_zero)
    """The least a period, in currency units."""
    every: Frequency = field(default=Frequency.MONTH, converter=_to_frequency, validator=is_a(Frequency))
    """The period, on the plan's calendar."""
    recoverable: bool = field(default=False, validator=is_a(bool))
    """Whether it is a draw that is paid back."""
    forgive_every: Frequency | None = field(
        default=None, converter=attrs.converters.optional(_to_frequency), validator=optional(is_a(Frequency))
    )
    """When an open draw is forgiven, at the end of each such period; None is never."""
    recover_share: Fraction = field(default=Fraction(1), converter=to_fraction, validator=is_share)
    """Largest share of what a period earns above the amount that pays a draw back, a fraction."""
    recover_amount: Decimal | None = field(
        default=None, converter=attrs.converters.optional(to_decimal), validator=optional(is_from_zero)
    )
    """The most that one period pays back, in currency units; None is no limit."""
    partners: tuple[PartnerId, ...] = field(default=(), converter=to_strings, validator=tuple_of(str))
    """For whom also before their first sale; others are guaranteed from the period of their first sale on."""

    def __attrs_post_init__(self) -> None:
        # A minimum that is never paid back has nothing to limit: a limit there is a plan that was misread.
        limited = self.recover_share != 1 or self.recover_amount is not None
        if limited and not self.recoverable:
            raise InvalidValue("Guarantee.recoverable", "True where recovery is limited", self.recoverable)
