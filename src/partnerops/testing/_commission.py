"""The law suite for rate schedules; see `check_rate_schedule`."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from fractions import Fraction
from typing import Final

from hypothesis import strategies as st

from partnerops.commission import RateSchedule
from partnerops.commission._amounts import check_schedule, compiled_or_none, exact_answer, name_of
from partnerops.testing._suite import Law, Refusal, Suite, ask, is_no_value

Pair = tuple[Fraction, Fraction]
"""Two attainments in currency units, the smaller first."""


def check_rate_schedule(
    schedule: RateSchedule,
    *,
    examples: int = 100,
    attainments: st.SearchStrategy[Fraction] | None = None,
    skip: Collection[str] = (),
) -> None:
    """
    Nothing when a schedule keeps the laws of `RateSchedule`; otherwise one error that names all it broke.

    | law | what has to hold |
    |---|---|
    | contract | F answers every attainment of at least 0: exact, finite, never below 0 |
    | zero | nothing attained is worth nothing |
    | rising | F never falls while the attainment rises |
    | determinism | the same attainment gives the same answer, from an equal schedule too |
    | compiled | where it has integers, they say what F says |
    | value | it hashes, and equals a copy of itself |

    A schedule that keeps them pays lines that telescope and takes back at most what was earned. Each law is tried on
    *examples* pairs of attainments, from a cent to a billion, whole amounts and odd cents, the same ones every time;
    `rising` also on both sides of every amount of two leading digits, where thresholds are. *attainments* brings your
    own, for instance around your thresholds. *skip* leaves out laws by name.

    Raises:
        PolicyBrokeLaws: Every law broken, each with a smallest example; it is an `AssertionError` too.
        InvalidValue: Not a schedule, or *examples* below 1.
        UnknownName: *skip* names no law.

    >>> from partnerops.commission import FlatRate
    >>> check_rate_schedule(FlatRate("0.10"), examples=20)
    """
    check_schedule("check_rate_schedule(schedule)", schedule)
    amounts = _attainments() if attainments is None else attainments
    # In order, so that `rising` asks about every pair and never about half of them.
    pairs = st.tuples(amounts, amounts).map(lambda pair: (min(pair), max(pair)))
    _suite(schedule, pairs).run(name_of(schedule), count=examples, skip=skip)


def _power(exponent: int) -> int:
    # Not 10**exponent, which is a float for type checkers: the exponent might be negative.
    return int("1" + "0" * exponent)


_CENT: Final = Fraction(1, 100)
_THRESHOLDS: Final = tuple(
    Fraction(digits * _power(exponent), 100) for exponent in range(10) for digits in range(10, 100)
)
"""Amounts of two leading digits, from ten cents to nearly a billion: where people put thresholds."""


def _attainments() -> st.SearchStrategy[Fraction]:
    """Cents, round amounts where thresholds are, and the neighbours of those."""
    # Round amounts and their neighbours: marginal and retroactive tiers differ by one cent, and nowhere else as much.
    digits, powers, steps = st.integers(1, 9), st.integers(0, 10), st.integers(-1, 1)
    near = st.tuples(digits, powers, steps).map(lambda parts: max(parts[0] * _power(parts[1]) + parts[2], 0))
    # Up to a billion, in cents: beyond what a partner attains in a period, and within what tables of 64 bits hold.
    return (near | st.integers(0, 10**11)).map(lambda minor: Fraction(minor, 100))


def _suite(schedule: RateSchedule, pairs: st.SearchStrategy[Pair]) -> Suite[Pair]:
    asked = _Asked(schedule)
    return Suite(
        laws={
            "contract": Law(_TEXTS["contract"], asked.contract, asked.start),
            "zero": Law(_TEXTS["zero"], once=asked.zero),
            "rising": Law(_TEXTS["rising"], asked.rising, asked.thresholds),
            "determinism": Law(_TEXTS["determinism"], asked.determinism),
            "compiled": Law(_TEXTS["compiled"], asked.compiled),
            "value": Law(_TEXTS["value"], once=lambda: is_no_value(schedule)),
        },
        examples=pairs,
        show=lambda pair: f"attainments of {_shown(pair[0])} and {_shown(pair[1])}",
    )


_TEXTS: Final = {
    "contract": "F answers every attainment of at least 0: exact, finite, never below 0",
    "zero": "nothing attained is worth nothing",
    "rising": "F never falls while the attainment rises",
    "determinism": "the same attainment gives the same answer, from an equal schedule too",
    "compiled": "the compiled integers say what F says",
    "value": "the schedule hashes, and equals a copy of itself",
}


class _Asked:
    """A schedule with the questions put to it; nonsense is told under `contract` alone."""

    def __init__(self, schedule: RateSchedule) -> None:
        self._schedule = schedule

    def contract(self, pair: Pair) -> str | None:
        for attained in pair:
            answer = _answer(self._schedule, attained)
            if isinstance(answer, Refusal):
                return f"{answer}, at {_shown(attained)}"
        return None

    def start(self) -> str | None:
        # Every period starts at nothing, and few of the pairs do.
        answer = _answer(self._schedule, Fraction(0))
        return f"{answer}, at 0" if isinstance(answer, Refusal) else None

    def zero(self) -> str | None:
        answer = _answer(self._schedule, Fraction(0))
        return None if isinstance(answer, Refusal) or not answer else f"{_told(answer)} at 0"

    def rising(self, pair: Pair) -> str | None:
        low, high = (_answer(self._schedule, attained) for attained in pair)
        if isinstance(low, Refusal) or isinstance(high, Refusal) or low <= high:
            return None
        return f"{_told(low)} at {_shown(pair[0])}, and {_told(high)} at {_shown(pair[1])}"

    def thresholds(self) -> str | None:
        # A fall at a threshold lies between two neighbouring cents, which pairs drawn apart nearly never are.
        # On both sides: a tier may begin at its threshold or beyond it.
        pairs = (pair for one in _THRESHOLDS for pair in ((one - _CENT, one), (one, one + _CENT)))
        return next((wrong for pair in pairs if (wrong := self.rising(pair))), None)

    def determinism(self, pair: Pair) -> str | None:
        for schedule in (self._schedule, deepcopy(self._schedule)):
            # The larger of the two: at 0 most schedules answer alike.
            first, second = _answer(self._schedule, pair[1]), _answer(schedule, pair[1])
            if isinstance(first, Refusal):
                return None
            if first != second:
                return f"{_told(first)}, then {_told(second)} at {_shown(pair[1])}"
        return None

    def compiled(self, pair: Pair) -> str | None:
        plan = ask(lambda: compiled_or_none(self._schedule))
        if plan is None or isinstance(plan, Refusal):
            return plan
        for attained in pair:
            answer = _answer(self._schedule, attained)
            if not isinstance(answer, Refusal) and plan.at(attained) != answer:
                return f"{_told(plan.at(attained))} from the integers, {_told(answer)} from F at {_shown(attained)}"
        return None


def _answer(schedule: RateSchedule, attained: Fraction) -> Fraction | Refusal:
    """F at an attainment, or what is wrong with the answer."""
    answer = ask(lambda: exact_answer(schedule, schedule.cumulative(attained)))
    # F below nothing would have a partner owe for what it sold.
    if isinstance(answer, Fraction) and answer < 0:
        return Refusal(f"must not answer below 0, got {_shown(answer)}")
    return answer


def _told(answer: Fraction | Refusal) -> str:
    return answer if isinstance(answer, Refusal) else _shown(answer)


def _shown(number: Fraction) -> str:
    """As people write it, where it ends."""
    cents = number * 100
    return (
        f"{cents.numerator // 100}.{cents.numerator % 100:02}" if cents.denominator == 1 and cents >= 0 else str(number)
    )
