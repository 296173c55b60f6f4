"""What is taken back when revenue is: how much by age, at which rate, on which triggers, and how it is recovered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any, cast

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._arguments import check_int
from partnerops._attrs import (
    Value,
    is_a,
    is_share,
    place,
    to_decimal,
    to_fraction,
    to_member,
    to_tuple,
    tuple_of,
)
from partnerops._closed import ClosedSet
from partnerops._render import join_and, percent
from partnerops.commission._amounts import exact_answer, name_of
from partnerops.commission._protocol import ClawbackSchedule, Exact
from partnerops.commission._tiers import is_from_zero
from partnerops.entities import ReversalKind
from partnerops.exceptions import InvalidValue, PolicyBrokeContract
from partnerops.money import Money
from partnerops.periods import months_between


class TierEffect(ClosedSet):
    """What a reversal does to the tier that the period had reached."""

    RECOMPUTE = "recompute"
    """The period is worth what it would be without the reversed part; other sales may move down a tier."""
    BOOKED_RATE = "booked_rate"
    """The sale gives back what it earned, and nothing else changes: attainment stays as booked."""


class RecoveryMode(ClosedSet):
    """What becomes of commission that was paid and has to be taken back."""

    OFFSET = "offset"
    """It is kept back from later payouts."""
    WRITE_OFF = "write_off"
    """It is forgiven at once."""
    NONE = "none"
    """It stays recoverable until somebody settles it."""


def to_tier_effect(value: str) -> TierEffect:
    """The member with this value; anything else is left to the validator."""
    return to_member(TierEffect, value)


def to_recovery_mode(value: str) -> RecoveryMode:
    """The member with this value; anything else is left to the validator."""
    return to_member(RecoveryMode, value)


def months(low: int) -> Any:
    """A validator for a whole number of months of at least *low*."""

    def validate(instance: object, attribute: attrs.Attribute[Any], value: int) -> None:
        check_int(place(instance, attribute), value, low, 1200)

    return validate


def _to_ints(values: Iterable[int]) -> tuple[int, ...]:
    return to_tuple(values)


def _to_kinds(values: Iterable[ReversalKind | str]) -> tuple[ReversalKind, ...]:
    """Each kind once, in the order of the set; what is no kind is left to the validator."""
    found = tuple(to_member(ReversalKind, value) for value in to_tuple(values))
    # In one order, so that two plans that name the same triggers are equal and share a digest.
    known = [kind for kind in ReversalKind if kind in found]
    return tuple(known) if all(isinstance(kind, ReversalKind) for kind in found) else found


@frozen(kw_only=True)
class CompiledClawback(Value):
    """
    Shares by age as integers: after m completed months, `shares[i] / unit` of the first i with m < `until[i]`, then 0.

    >>> CompiledClawback(until=[12], shares=[1], unit=2).at(11), CompiledClawback(until=[12], shares=[1], unit=2).at(12)
    (Fraction(1, 2), Fraction(0, 1))
    """

    until: tuple[int, ...] = field(converter=_to_ints)
    """Months at which each share ends, rising; -1 means never."""
    shares: tuple[int, ...] = field(converter=_to_ints)
    """The shares, in 1/unit."""
    unit: int
    """Parts of 1 in which shares are whole."""

    def at(self, age: int) -> Fraction:
        """The share after so many completed months."""
        for end, share in zip(self.until, self.shares, strict=True):
            # Half-open: a step of three months is over on the day that completes them (case 10).
            if end < 0 or age < end:
                return Fraction(share, self.unit)
        return Fraction(0)


@frozen
class Full(Value):
    """
    All of it, whatever its age.

    >>> Full().clawable(date(2026, 1, 31), date(2026, 12, 31))
    Fraction(1, 1)
    """

    def clawable(self, earned_on: date, reversed_on: date, /) -> Fraction:  # noqa: ARG002 - the protocol's data
        """1."""
        return Fraction(1)

    def compiled(self) -> CompiledClawback:
        """The schedule as integers."""
        return CompiledClawback(until=[-1], shares=[1], unit=1)

    def __str__(self) -> str:
        return "in full"


@frozen
class Percent(Value):
    """
    The same share, whatever its age.

    >>> Percent("0.5").clawable(date(2026, 1, 31), date(2026, 12, 31))
    Fraction(1, 2)
    """

    share: Fraction = field(converter=to_fraction, validator=is_share)
    """Share taken back, a fraction."""

    def clawable(self, earned_on: date, reversed_on: date, /) -> Fraction:  # noqa: ARG002 - the protocol's data
        """The share."""
        return self.share

    def compiled(self) -> CompiledClawback:
        """The schedule as integers."""
        return CompiledClawback(until=[-1], shares=[self.share.numerator], unit=self.share.denominator)

    def __str__(self) -> str:
        return percent(self.share)


@frozen
class ProRata(Value):
    """
    The part of a term that has not run: (months - completed months) / months, and nothing after the term.

    Months are completed on the day of the month of the sale, counted from the sale each time.

    >>> ProRata(months=12).clawable(date(2026, 3, 4), date(2026, 5, 2))
    Fraction(11, 12)
    """

    months: int = field(validator=months(1))
    """Length of the term."""

    def clawable(self, earned_on: date, reversed_on: date, /) -> Fraction:
        """What is left of the term, as a share."""
        # Completed months from the sale each time and never chained (case 11); after the term nothing is left.
        return max(Fraction(0), 1 - Fraction(months_between(earned_on, reversed_on), self.months))

    def compiled(self) -> CompiledClawback:
        """The schedule as integers."""
        term = self.months
        return CompiledClawback(until=range(1, term + 1), shares=range(term, 0, -1), unit=term)

    def __str__(self) -> str:
        return f"pro rata over {self.months} months"


Step = tuple[int, Fraction]


def _to_steps(values: Iterable[tuple[int, Exact | str]]) -> tuple[Step, ...]:
    """Pairs of months and share; what is no pair is left to the validator."""
    found = to_tuple(values)
    if not isinstance(found, tuple):
        return found
    # Pair by pair, so that a broken one is blamed itself and not the first of the list.
    return tuple(_to_step(step) for step in found)


def _to_step(step: object) -> Step:
    pair = tuple(cast("Iterable[Any]", step)) if isinstance(step, tuple | list) else ()
    return (pair[0], to_fraction(pair[1])) if len(pair) == 2 else cast("Step", step)


def _are_steps(instance: object, attribute: attrs.Attribute[Any], value: tuple[Step, ...]) -> None:
    where = place(instance, attribute)
    if not isinstance(value, tuple) or not value:
        raise InvalidValue(where, 'a list of (until months, share), such as [(3, "1"), (6, "0.5")]', value)
    last = 0
    for index, step in enumerate(value):
        if not isinstance(step, tuple) or len(step) != 2:
            raise InvalidValue(f"{where}[{index}]", "a pair (until months, share)", step)
        check_int(f"{where}[{index}][0]", step[0], last + 1, 1200)
        if not isinstance(step[1], Fraction) or not 0 <= step[1] <= 1:
            raise InvalidValue(f"{where}[{index}][1]", "an exact fraction from 0 to 1", step[1])
        last = step[0]


@frozen
class Steps(Value):
    """
    A share by window of age: each share holds until its months are completed, and after the last nothing is taken.

    Raises:
        InvalidValue: No step, months that do not rise, or a share outside 0 to 1.

    >>> Steps([(3, "1"), (6, "0.5")]).clawable(date(2026, 1, 15), date(2026, 4, 15))
    Fraction(1, 2)
    """

    steps: tuple[Step, ...] = field(converter=_to_steps, validator=_are_steps)
    """(months, share): the share taken while fewer months are completed."""

    def clawable(self, earned_on: date, reversed_on: date, /) -> Fraction:
        """The share of the window that the reversal falls into."""
        return self.compiled().at(months_between(earned_on, reversed_on))

    def compiled(self) -> CompiledClawback:
        """The schedule as integers."""
        unit = lcm(*(share.denominator for _, share in self.steps))
        return CompiledClawback(
            until=[end for end, _ in self.steps], shares=[int(share * unit) for _, share in self.steps], unit=unit
        )

    def __str__(self) -> str:
        return join_and([f"{percent(share)} in the first {end} months" for end, share in self.steps])


def is_clawback_schedule(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse what has no `clawable`; a class in place of its instance is the usual slip."""
    if isinstance(value, type) or not callable(getattr(value, "clawable", None)):
        rule = "a clawback schedule: an object with clawable(earned_on, reversed_on), such as Full()"
        raise InvalidValue(place(instance, attribute), rule, value)


@frozen(kw_only=True)
class Recovery(Value):
    """
    How commission that was paid and taken back returns: kept back from later payouts, forgiven, or left open.

    At a payout the smallest of these is kept back: what is owed, `max_share` of what is due, `max_amount`. The rest
    waits for the next payout.

    >>> Recovery(max_share="0.25").mode
    RecoveryMode.OFFSET
    """

    mode: RecoveryMode = field(default=RecoveryMode.OFFSET, converter=to_recovery_mode, validator=is_a(RecoveryMode))
    """Offset, write-off or none."""
    max_share: Fraction = field(default=Fraction(1), converter=to_fraction, validator=is_share)
    """Largest share of what is due that one payout loses, a fraction."""
    max_amount: Money | None = field(default=None, validator=optional(is_a(Money)))
    """Largest amount that one payout loses; None is no limit."""

    def __attrs_post_init__(self) -> None:
        if self.max_amount is not None and self.max_amount.minor < 0:
            raise InvalidValue("Recovery.max_amount", "at least 0", str(self.max_amount))


@frozen(kw_only=True)
class Clawback(Value):
    r"""
    Which reversals take commission back, for how long, and how much.

    The target of a line is T = min(earned, round(earned x share)), with share the reversed part of the sale
    times what the schedule leaves clawable; what is posted is T less what was taken before, so several partial refunds
    never take more than was earned. What was not paid yet is cancelled, what was paid becomes recoverable.

    >>> Clawback(within_months=12).tier_effect
    TierEffect.RECOMPUTE
    """

    within_months: int | None = field(default=None, validator=optional(months(0)))
    """Months from the sale within which a reversal counts, the far end excluded; None is for ever."""
    schedule: ClawbackSchedule = field(default=Full(), validator=is_clawback_schedule)
    """Share by age."""
    tier_effect: TierEffect = field(default=TierEffect.RECOMPUTE, converter=to_tier_effect, validator=is_a(TierEffect))
    """Whether a period that falls below a threshold is worth less as a whole."""
    triggers: tuple[ReversalKind, ...] = field(
        default=tuple(ReversalKind), converter=_to_kinds, validator=tuple_of(ReversalKind)
    )
    """Kinds of reversal that count; others change nothing."""
    recovery: Recovery = field(default=Recovery(), validator=is_a(Recovery))
    """How paid commission returns."""
    grace: Decimal = field(default=Decimal(0), converter=to_decimal, validator=is_from_zero)
    """How far a period may fall below a threshold whose rate reaches back, once reached, before the lower rate holds
    for all of it; in currency units. With it, what a period is worth depends on the order of its events."""

    def share(self, kind: ReversalKind, earned_on: date, reversed_on: date) -> Fraction:
        """
        The share that a reversal takes back of its part of a sale; 0 for another kind or outside the window.

        A reversal dated before its sale counts as one of the same day.
        """
        if kind not in self.triggers:
            return Fraction(0)
        # A clock that ran ahead must not make a sale younger than new.
        reversed_on = max(earned_on, reversed_on)
        # Completed months and not days: six months from 31 August end on 28 February, whatever 180 days say.
        if self.within_months is not None and months_between(earned_on, reversed_on) >= self.within_months:
            return Fraction(0)
        return _checked(self.schedule, self.schedule.clawable(earned_on, reversed_on))


def _checked(schedule: object, answer: object) -> Fraction:
    share = exact_answer(schedule, answer)
    # Above 1 a refund would take more than was earned; the engine refuses instead of clamping in silence.
    if not 0 <= share <= 1:
        raise PolicyBrokeContract(name_of(schedule), "answer with a share from 0 to 1", str(share))
    return share
