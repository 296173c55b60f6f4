"""Criteria as data: a signal, a comparison, a threshold, a window; and how criteria combine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from operator import ge, gt, le, lt
from typing import Any, Final, TypeAlias, cast

import attrs
from attrs import field, frozen

from partnerops._arguments import check_int
from partnerops._attrs import Value, is_a, is_exact, is_str, place, to_fraction, to_tuple
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.journey._signal import SPECS, Signal, SignalValue, Span, Unit, shown, to_signal
from partnerops.journey._stages import (
    Comparison,
    OnUnknown,
    Outcome,
    to_comparison,
    to_on_unknown,
)
from partnerops.money import Money
from partnerops.typing import ExactLike

Key: TypeAlias = tuple[Signal, int | None, int | None]
"""A signal with its window: months, days."""


def _to_threshold(value: ExactLike | Money) -> SignalValue:
    """Money stays, whole numbers become int, the rest exact fractions."""
    # Amounts keep their currency; a bare number would be compared with minor units by mistake.
    if isinstance(value, Money):
        return value
    number = to_fraction(value)
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number


def _is_signal(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, Signal):
        raise UnknownName(f"signal for {place(instance, attribute)}", value, tuple(signal.value for signal in Signal))


def _fits(instance: Criterion, attribute: attrs.Attribute[Any], value: object) -> None:
    """An amount for a signal of money, an exact number for any other."""
    money = SPECS[instance.signal].unit is Unit.MONEY
    if money and not isinstance(value, Money):
        raise InvalidValue(place(instance, attribute), f"a Money, since {instance.signal} is an amount", value)
    if not money:
        if isinstance(value, Money):
            raise InvalidValue(place(instance, attribute), f"a number, since {instance.signal} is no amount", value)
        is_exact(instance, attribute, value)


def _is_length(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None:
        check_int(place(instance, attribute), cast("int", value), 1, 36_600)


def check_window(owner: str, signal: Signal, months: int | None, days: int | None) -> None:
    """Refuse a window that a signal cannot have."""
    span = SPECS[signal].span
    if months is not None and days is not None:
        raise InvalidValue(f"{owner}.days", "None when months are given", days)
    if span is Span.NONE and (months or days):
        raise InvalidValue(f"{owner}.months", f"None: {signal} has no window", months or days)
    # A growth or a quarter of no stated length means nothing.
    if span is Span.MONTHS and months is None:
        raise InvalidValue(f"{owner}.months", f"given: {signal} needs a window of months", None)
    # Quarters are counted back in whole ones: a rest of a month would be a quarter that is never full.
    if signal is Signal.WIN_QUARTERS and months and months % 3:
        raise InvalidValue(f"{owner}.months", "a multiple of 3 for quarters", months)


@frozen
class Criterion(Value):
    """
    One condition: a signal, held against a threshold.

    Raises:
        UnknownName: There is no such signal; the message names near misses.
        InvalidValue: A number for an amount or the other way round, or a window that the signal cannot have.
        InexactNumber: A float threshold.

    >>> wins = Criterion("wins", ">=", 2, months=12)
    >>> wins.id, wins.judge(1), wins.judge(2), wins.judge(None)
    ('wins_12m', Outcome.FAILED, Outcome.PASSED, Outcome.UNKNOWN)
    """

    signal: Signal = field(converter=to_signal, validator=_is_signal)
    """What is observed."""
    comparison: Comparison = field(converter=to_comparison, validator=is_a(Comparison))
    """How it is held against the threshold."""
    threshold: SignalValue = field(converter=_to_threshold, validator=_fits)
    """What it is held against: an amount, a count, or a fraction (0.10 means 10 %)."""
    months: int | None = field(default=None, kw_only=True, validator=_is_length)
    """Window in months up to the moment; None for all time, or where `days` is given."""
    days: int | None = field(default=None, kw_only=True, validator=_is_length)
    """Window in days up to the moment."""
    on_unknown: OnUnknown = field(
        default=OnUnknown.HOLD, kw_only=True, converter=to_on_unknown, validator=is_a(OnUnknown)
    )
    """What it says when the signal is unknown."""
    action: str = field(default="", kw_only=True, validator=is_str)
    """What to do when it fails; empty takes the action of the source framework."""
    key: Key = field(init=False, eq=False, repr=False)
    """Signal and window: what is measured once for all criteria that ask for the same."""

    def __attrs_post_init__(self) -> None:
        # Hashed for every criterion of every partner: worked out once, here.
        object.__setattr__(self, "key", (self.signal, self.months, self.days))
        check_window("Criterion", self.signal, self.months, self.days)

    @property
    def id(self) -> str:
        """Signal and window as one word: `won_revenue_12m`."""
        window = f"_{self.months}m" if self.months else f"_{self.days}d" if self.days else ""
        return f"{self.signal.value}{window}"

    @property
    def words(self) -> str:
        """What is observed, in words: `won revenue in 12 months`."""
        window = f" in {self.months} months" if self.months else f" in {self.days} days" if self.days else ""
        return f"{SPECS[self.signal].words}{window}"

    @property
    def needed(self) -> str:
        """What it takes, in words: `>= 400,000.00 BRL`."""
        unit = SPECS[self.signal].unit
        text = shown(unit, self.threshold)
        return text if unit is Unit.FLAG else f"{self.comparison.value} {text}"

    def judge(self, value: SignalValue | None, /) -> Outcome:
        """Whether the value meets the threshold; None is unknown, whatever `on_unknown` makes of it."""
        if value is None:
            return Outcome.UNKNOWN
        return Outcome.PASSED if _HOLDS[self.comparison](value, self.threshold) else Outcome.FAILED

    def gap(self, value: SignalValue | None, /) -> SignalValue | None:
        """
        By how much the value misses the threshold: 0 when it does not, None when it is unknown.

        Where more than the threshold is asked for, amounts and counts miss one unit more; of shares that are as large
        as the threshold no smallest gap exists, and it is 0.

        >>> Criterion("won_revenue", ">", Money("10.00", "BRL")).gap(Money("10.00", "BRL"))
        Money('0.01', 'BRL')
        """
        if value is None:
            return None
        # What is missing is positive whichever way the threshold points.
        rising = self.comparison in _RISING
        strict = self.comparison in _STRICT
        if isinstance(value, Money):
            goal = cast("Money", self.threshold)
            missing = goal.minor - value.minor if rising else value.minor - goal.minor
            return Money.from_minor(max(missing + strict, 0), value.currency)
        target = cast("Fraction", self.threshold)
        short: Fraction | int = target - value if rising else value - target
        # More than two wins is three: of what is counted the next value is known.
        if strict and SPECS[self.signal].unit is Unit.COUNT:
            short += 1
        return max(0, short)


# Of anything: value and threshold are of one kind by construction, which type checkers cannot see.
_HOLDS: Final[dict[Comparison, Callable[[Any, Any], bool]]] = {
    Comparison.AT_LEAST: ge, Comparison.ABOVE: gt, Comparison.AT_MOST: le, Comparison.BELOW: lt,
}  # fmt: skip
_RISING: Final = frozenset({Comparison.AT_LEAST, Comparison.ABOVE})
_STRICT: Final = frozenset({Comparison.ABOVE, Comparison.BELOW})


def _to_members(values: Iterable[CriterionTree]) -> tuple[CriterionTree, ...]:
    return to_tuple(values)


def is_rule(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a criterion or criteria combined."""
    if not isinstance(value, RULES):
        raise InvalidValue(place(instance, attribute), "a Criterion, AllOf, AnyOf, AtLeast or Not", value)


def _are_rules(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    members = cast("tuple[object, ...]", value)
    if not isinstance(members, tuple) or not members:
        raise InvalidValue(place(instance, attribute), "a list of at least one criterion", members)
    for index, member in enumerate(members):
        if not isinstance(member, RULES):
            rule = "a Criterion, AllOf, AnyOf, AtLeast or Not"
            raise InvalidValue(f"{place(instance, attribute)}[{index}]", rule, member)


@frozen
class AllOf(Value):
    """
    Every member has to pass: one that fails fails the whole, else one unknown leaves it unknown.

    >>> len(AllOf([Criterion("wins", ">=", 2), Criterion("win_months", ">=", 2)]).members)
    2
    """

    members: tuple[CriterionTree, ...] = field(converter=_to_members, validator=_are_rules)
    """What is combined."""
    name: str = field(default="", kw_only=True, validator=is_str)
    """What the whole means, in words."""


@frozen
class AnyOf(Value):
    """
    One member that passes is enough; without one, a member that is unknown leaves the whole unknown.

    >>> AnyOf([Criterion("wins", ">=", 1), Criterion("onboarding", ">=", 1)], name="enabled").name
    'enabled'
    """

    members: tuple[CriterionTree, ...] = field(converter=_to_members, validator=_are_rules)
    """What is combined."""
    name: str = field(default="", kw_only=True, validator=is_str)
    """What the whole means, in words."""


def _reachable(instance: AtLeast, attribute: attrs.Attribute[Any], value: object) -> None:
    # More than there are could never pass, and none would always.
    check_int(place(instance, attribute), cast("int", value), 1, len(instance.members))


@frozen
class AtLeast(Value):
    """
    So many members have to pass; it is unknown while those that are unknown could still decide it.

    >>> AtLeast(1, [Criterion("wins", ">=", 2), Criterion("csat", ">=", 4)]).count
    1

    Raises:
        InvalidValue: A count below 1 or above the number of members.
    """

    count: int = field()
    """How many have to pass."""
    members: tuple[CriterionTree, ...] = field(converter=_to_members, validator=_are_rules)
    """What is combined."""
    name: str = field(default="", kw_only=True, validator=is_str)
    """What the whole means, in words."""

    def __attrs_post_init__(self) -> None:
        _reachable(self, attrs.fields(AtLeast).count, self.count)


@frozen
class Not(Value):
    """
    Passes where the member fails, and fails where it passes; unknown stays unknown.

    >>> Not(Criterion("vendor_failures", ">=", 3, months=12)).member.id
    'vendor_failures_12m'
    """

    member: CriterionTree = field(validator=is_rule)
    """What must not hold."""


CriterionTree: TypeAlias = Criterion | AllOf | AnyOf | AtLeast | Not
"""A criterion, or criteria combined."""
RULES: Final = (Criterion, AllOf, AnyOf, AtLeast, Not)


def leaves(rule: CriterionTree | None, *, negated: bool = False) -> Iterator[tuple[Criterion, bool]]:
    """Every criterion of a rule, and whether it stands under an odd number of `Not`s."""
    if rule is None:
        return
    if isinstance(rule, Criterion):
        yield rule, negated
    elif isinstance(rule, Not):
        yield from leaves(rule.member, negated=not negated)
    else:
        for member in rule.members:
            yield from leaves(member, negated=negated)


def in_words(rule: CriterionTree) -> str:
    """
    A rule as a reader would say it.

    >>> in_words(AllOf([Criterion("wins", ">=", 2), Not(Criterion("csat", "<", "3.5"))]))
    'wins >= 2 and not customer satisfaction < 3.50'
    """
    if isinstance(rule, Criterion):
        return f"{rule.words} {rule.needed}".removesuffix(" yes")
    if isinstance(rule, Not):
        inner = in_words(rule.member)
        return f"not {inner if isinstance(rule.member, Criterion) else f'({inner})'}"
    parts = [in_words(one) for one in rule.members]
    if isinstance(rule, AllOf):
        return " and ".join(parts)
    many = "" if isinstance(rule, AnyOf) else f"at least {rule.count} of "
    return f"{many}({(' or ' if isinstance(rule, AnyOf) else ', ').join(parts)})"


def as_strict(one: Criterion, other: Criterion) -> bool:
    """Whether passing *one* implies passing *other*; both look at the same signal and window in one direction."""
    left, right = cast("int", one.threshold), cast("int", other.threshold)
    # Of equal thresholds the strict comparison is the harder one.
    if left == right:
        return one.comparison in _STRICT or other.comparison not in _STRICT
    return left > right if one.comparison in _RISING else left < right


def same_direction(one: Criterion, other: Criterion) -> bool:
    """Whether both want the same signal over the same window to be high, or both to be low."""
    return one.key == other.key and (one.comparison in _RISING) == (other.comparison in _RISING)
