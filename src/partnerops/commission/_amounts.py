"""The commission of one amount, and what it is made of, for any schedule."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import cast

from partnerops._currency import EXPONENTS
from partnerops._money import check_money
from partnerops.commission._compiled import CompiledSchedule, Rounded, rounded
from partnerops.commission._protocol import RateSchedule
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PolicyBrokeContract
from partnerops.money import Money, Rounding, round_quotient


def check_schedule(where: str, value: object) -> None:
    """Refuse what has no cumulative function; a class in place of its instance is the usual slip."""
    if isinstance(value, type) or not callable(getattr(value, "cumulative", None)):
        raise InvalidValue(where, 'a schedule: an object with cumulative(attained), such as FlatRate("0.10")', value)


def name_of(policy: object) -> str:
    """The policy as its class prints itself; the class's name where that would show a memory address."""
    return type(policy).__qualname__ if type(policy).__repr__ is object.__repr__ else repr(policy)


def describe(policy: object) -> str:
    """The policy in words where it has them, else as `name_of` says."""
    return name_of(policy) if type(policy).__str__ is object.__str__ else str(policy)


def compiled_or_none(schedule: object) -> CompiledSchedule | None:
    """The integers of a schedule; None for a user's own that has none."""
    compiled = getattr(schedule, "compiled", None)
    result: object = compiled() if callable(compiled) else None
    if result is not None and not isinstance(result, CompiledSchedule):
        raise PolicyBrokeContract(name_of(schedule), "return a CompiledSchedule from compiled()", type(result).__name__)
    return result


def exact_at(schedule: RateSchedule, attained: Fraction) -> Fraction:
    """
    F at an attainment in currency units, exactly; negative ones mirrored.

    Raises:
        PolicyBrokeContract: F answers with a float, something else, or below 0.
    """
    # Mirrored here, so that a user's schedule need not know of credit notes (case 14).
    if attained < 0:
        return -exact_at(schedule, -attained)
    if not attained:
        return Fraction(0)
    value = exact_answer(schedule, schedule.cumulative(attained))
    if value < 0:
        raise PolicyBrokeContract(name_of(schedule), "never answer below 0", f"{value} at {attained}")
    return value


def exact_answer(policy: object, answer: object) -> Fraction:
    """
    What a user's policy answered, as a fraction.

    Raises:
        PolicyBrokeContract: It is no exact finite number.
    """
    # Nearly all answers are one, and a copy of it would be slower than the question.
    if type(answer) is Fraction:
        return answer
    if isinstance(answer, Decimal) and answer.is_finite():
        return Fraction(answer)
    if isinstance(answer, int | Fraction) and not isinstance(answer, bool):
        return Fraction(answer)
    raise PolicyBrokeContract(name_of(policy), "answer with a finite int, Fraction or Decimal", repr(answer))


def minor_function(schedule: RateSchedule, exponent: int, rounding: Rounding) -> Rounded:
    """F from minor units to minor units, rounded once: from the compiled integers, or else by asking."""
    plan = compiled_or_none(schedule)
    if plan is not None:
        return rounded(plan, exponent, rounding)
    unit = 10**exponent

    # F before a sale is F after the one before it: a small memory halves the questions.
    @lru_cache(maxsize=1024)
    def asked(attained: int | Fraction) -> int:
        value = exact_at(schedule, Fraction(attained) / unit) * unit
        return round_quotient(value.numerator, value.denominator, rounding)

    return asked


def commission(
    schedule: RateSchedule, amount: Money, attained: Money | None, rounding: Rounding | str = Rounding.HALF_EVEN
) -> Money:
    """What one amount earns after an attainment: `round F(attained + amount) - round F(attained)`."""
    check_money("amount", amount)
    if attained is not None and check_money("attained", attained).currency != amount.currency:
        raise CurrencyMismatch("add an amount to an attainment in", attained.currency, amount.currency)
    value = minor_function(schedule, EXPONENTS[amount.currency], Rounding(rounding))
    plan = compiled_or_none(schedule)
    # A fixed amount counts sales, so what was sold before makes no difference to it.
    before = 0 if attained is None or (plan is not None and plan.per_sale) else attained.minor
    return Money.from_minor(step(schedule, value, before, before + amount.minor), amount.currency)


def step(schedule: object, value: Rounded, before: int | Fraction, after: int | Fraction) -> int:
    """
    How far F goes between two attainments, in minor units.

    Raises:
        PolicyBrokeContract: F falls while the attainment rises.
    """
    change = value(after) - value(before)
    if change and (change > 0) != (after > before):
        low, high = sorted((before, after))
        rule = f"never fall as attainment rises (between {low} and {high} minor units)"
        raise PolicyBrokeContract(name_of(schedule), rule, f"{value(low)} and then {value(high)}")
    return change


@lru_cache(maxsize=1024)
def as_fraction(number: Decimal | int) -> Fraction:
    """A decimal exactly."""
    return Fraction(cast("Decimal", number))
