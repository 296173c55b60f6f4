"""What can be asked of any policy: whether it is one, its name, its words, its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Final, cast

import attrs

from partnerops._attrs import place
from partnerops._render import percent
from partnerops.attribution._case import Case
from partnerops.exceptions import InvalidValue, PolicyBrokeContract

LEFT_OUT: Final = "left out: "
"""How the reason of a touch begins that a wrapper kept from the policy inside."""


def check_policy(where: str, value: object) -> None:
    """Refuse what cannot weigh; a class in place of its instance is the usual slip."""
    # Looked for by its method alone: a policy needs no base class, and a registry would be one more thing to learn.
    if isinstance(value, type) or not callable(getattr(value, "weigh", None)):
        raise InvalidValue(where, "a policy: an object with weigh(case), such as Linear()", value)


def is_policy(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """`check_policy` as an attrs validator."""
    check_policy(place(instance, attribute), value)


def name_of(policy: object) -> str:
    """The policy as its class prints itself; the class's name where that would show a memory address."""
    # An address would make the credits of two runs differ, and the same run's documents with them.
    return type(policy).__qualname__ if type(policy).__repr__ is object.__repr__ else repr(policy)


def describe(policy: object) -> str:
    """The policy in words where it has them, else as `name_of` says."""
    return name_of(policy) if type(policy).__str__ is object.__str__ else str(policy)


def reasons(policy: object, case: Case) -> Sequence[str]:
    """
    One reason per touch of *case*; empty strings where the policy does not explain itself.

    Raises:
        PolicyBrokeContract: It explains another number of touches, or not with a list of texts.
    """
    explain = getattr(policy, "explain", None)
    # Explaining is optional: a policy of five lines is as welcome as ours.
    if not callable(explain):
        return [""] * len(case.touches)
    told = _texts(policy, "explain", explain(case))
    if len(told) != len(case.touches):
        raise PolicyBrokeContract(
            name_of(policy), f"give one reason per touch ({len(case.touches)}) in explain()", f"{len(told)}"
        )
    return told


def notes(policy: object, case: Case) -> Sequence[str]:
    """
    What a policy has to say about the case as a whole: registrations passed over, disputes still open.

    Nothing where it has no `notes(case)`.

    Raises:
        PolicyBrokeContract: They are not a list of texts.
    """
    tell = getattr(policy, "notes", None)
    return _texts(policy, "notes", tell(case)) if callable(tell) else ()


def _texts(policy: object, method: str, told: object) -> tuple[str, ...]:
    """What a policy's own method told, if it is a list of texts."""
    # A single text iterates as well, letter by letter, and would pass for as many reasons.
    if isinstance(told, Iterable) and not isinstance(told, str):
        found = tuple(cast("Iterable[object]", told))
        if all(isinstance(one, str) for one in found):
            return cast("tuple[str, ...]", found)
    raise PolicyBrokeContract(name_of(policy), f"return a list of texts from {method}()", f"{told!r}")


def short_percent(share: Fraction) -> str:
    """A share as a percentage, without a decimal that says nothing."""
    return percent(share).replace(".0 %", " %")
