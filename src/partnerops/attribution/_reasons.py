"""What can be asked of any policy: whether it is one, its name, its words, its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from partnerops.attribution._case import Case
from partnerops.exceptions import InvalidValue, PolicyBrokeContract


def check_policy(where: str, value: object) -> None:
    """Refuse what cannot weigh; a class in place of its instance is the usual slip."""
    if isinstance(value, type) or not callable(getattr(value, "weigh", None)):
        raise InvalidValue(where, "a policy: an object with weigh(case), such as Linear()", value)


def name_of(policy: object) -> str:
    """The policy as its class prints itself; the class's name where that would show a memory address."""
    return type(policy).__qualname__ if type(policy).__repr__ is object.__repr__ else repr(policy)


def describe(policy: object) -> str:
    """The policy in words where it has them, else as `name_of` says."""
    return name_of(policy) if type(policy).__str__ is object.__str__ else str(policy)


def reasons(policy: object, case: Case) -> Sequence[str]:
    """
    One reason per touch of *case*; empty strings where the policy does not explain itself.

    Raises:
        PolicyBrokeContract: It explains another number of touches.
    """
    explain = getattr(policy, "explain", None)
    if not callable(explain):
        return [""] * len(case.touches)
    told: list[str] = list(cast("Sequence[str]", explain(case)))
    if len(told) != len(case.touches):
        raise PolicyBrokeContract(
            name_of(policy), f"give one reason per touch ({len(case.touches)}) in explain()", f"{len(told)}"
        )
    return told
