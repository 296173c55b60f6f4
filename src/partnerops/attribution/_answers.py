"""What a policy answered: checked, as whole numbers or as shares, and fitted back into the case it was asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Final, NoReturn, cast

from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import name_of
from partnerops.exceptions import PolicyBrokeContract

_INT: Final = frozenset({int})


def ask(policy: AttributionPolicy, case: Case, name: str | None = None) -> tuple[int, ...] | Award:
    """
    A policy's answer: whole weights in the same proportions, one per touch, or its award.

    Raises:
        PolicyBrokeContract: Floats, negative weights, a wrong number of them, or nothing of the kind.
    """
    answer = policy.weigh(case)
    if not isinstance(answer, Award):
        return _integers(answer, case, policy, name)
    if answer.touch_shares and len(answer.touch_shares) != len(case.touches):
        rule = f"give one touch share per touch ({len(case.touches)}), or none"
        _broke(name or name_of(policy), rule, f"{len(answer.touch_shares)}")
    return answer


def is_nobody(answer: tuple[int, ...] | Award) -> bool:
    """Whether an answer gives credit to nobody."""
    return not answer.total if isinstance(answer, Award) else not any(answer)


def as_shares(answer: tuple[int, ...] | Award, case: Case) -> tuple[list[Fraction], dict[str, Fraction]]:
    """An answer as shares of the deal: of each touch, and of each party that earns outright."""
    if isinstance(answer, Award):
        return list(answer.touch_shares) or [Fraction(0)] * len(case.touches), dict(answer.shares)
    # Nothing but zeros is nobody's deal: shares of 0, and no division by it.
    total = sum(answer) or 1
    return [Fraction(weight, total) for weight in answer], {}


def as_answer(touch_shares: Sequence[Fraction], shares: dict[str, Fraction], because: str) -> Sequence[Weight] | Award:
    """Shares of the deal as an answer: weights where touches alone earn all of it, or nobody earns anything."""
    # Plain weights keep the parties in the order of their first earning touch, as the same policy unwrapped would.
    # 0 and 1 are what weights can say; anything between needs an award, or normalising would give the rest away.
    given = sum(touch_shares, Fraction(0))
    if not any(shares.values()) and given in (0, 1):
        return touch_shares
    return Award(shares, because, touch_shares=touch_shares)


def because_of(answer: tuple[int, ...] | Award, *own: str) -> str:
    """The reason of an answer that a wrapper changed: that of the award inside, where it has one, then its own."""
    inside = [answer.because] if isinstance(answer, Award) and answer.because else []
    return "; ".join([*inside, *own])


def widened(answer: tuple[int, ...] | Award, kept: Sequence[bool]) -> tuple[int, ...] | Award:
    """The answer about the touches kept as an answer about all: 0 for those left out."""
    if isinstance(answer, Award):
        if not answer.touch_shares:
            return answer
        shares = iter(answer.touch_shares)
        return answer.replace(touch_shares=[next(shares) if keep else Fraction(0) for keep in kept])
    weights = iter(answer)
    return tuple(next(weights) if keep else 0 for keep in kept)


def _integers(answer: Sequence[Weight], case: Case, policy: AttributionPolicy, name: str | None) -> tuple[int, ...]:
    """The weights as integers in the same proportions; refuses what the protocol forbids."""
    # These iterate too, but not in the order of the touches, or over letters and bytes.
    if not isinstance(answer, tuple | list) and isinstance(answer, AbstractSet | Mapping | str | bytes):
        _broke(name or name_of(policy), "return a sequence of weights", f"a {type(answer).__name__}")
    try:
        weights = tuple(answer)
    except TypeError:
        _broke(name or name_of(policy), "return one weight per touch, or an Award", f"a {type(answer).__name__}")
    if len(weights) != len(case.touches):
        _broke(name or name_of(policy), f"return one weight per touch ({len(case.touches)})", f"{len(weights)}")
    # Built-in policies answer with integers: nothing to convert.
    plain = set(map(type, weights)) <= _INT
    whole = cast("tuple[int, ...]", weights) if plain else _scaled(weights, name or name_of(policy))
    if whole and min(whole) < 0:
        _broke(name or name_of(policy), "return weights that are not negative", repr(min(weights)))
    return whole


def _scaled(weights: Sequence[Weight], name: str) -> tuple[int, ...]:
    exact: list[Fraction] = []
    for weight in weights:
        if isinstance(weight, float):
            _broke(name, "return exact weights (int, Fraction or Decimal), not floats", repr(weight))
        if isinstance(weight, Decimal) and not weight.is_finite():
            _broke(name, "return finite weights", repr(weight))
        if not isinstance(weight, int | Fraction | Decimal):
            _broke(name, "return weights that are int, Fraction or Decimal", repr(weight))
        # A Decimal is taken digit by digit: 0.1 is a tenth here, as it is on the page it came from.
        exact.append(Fraction(weight))
    # One common unit keeps the proportions to the last digit, whatever the denominators.
    unit = lcm(*(weight.denominator for weight in exact))
    return tuple(int(weight * unit) for weight in exact)


def _broke(policy: str, rule: str, got: str) -> NoReturn:
    raise PolicyBrokeContract(policy, rule, got)
