"""What can be asked of what users bring: whether it is a policy, a function or a calendar, and its words."""

from __future__ import annotations

from typing import Any

import attrs

from partnerops._attrs import place
from partnerops.exceptions import InvalidValue
from partnerops.periods import UTC_CALENDAR, Calendar


def check_outlook(where: str, value: object) -> None:
    """Refuse what gives no probability; a class in place of its instance is the usual slip."""
    # Structural, as the Protocol says: a user's own class needs no base class of ours.
    if isinstance(value, type) or not callable(getattr(value, "probability", None)):
        raise InvalidValue(where, "an outlook: an object with probability(opportunity, as_of=, period=)", value)


def is_outlook(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """`check_outlook` as an attrs validator."""
    check_outlook(place(instance, attribute), value)


def check_new_business(where: str, value: object) -> None:
    """Refuse what gives no estimate."""
    if isinstance(value, type) or not callable(getattr(value, "estimate", None)):
        raise InvalidValue(where, "a new-business policy: an object with estimate(as_of=, period=)", value)


def check_function(where: str, value: object, rule: str) -> None:
    """Refuse what cannot be called, before a loop over deals calls it."""
    if not callable(value):
        raise InvalidValue(where, rule, value)


def calendar_of(where: str, calendar: Calendar | None) -> Calendar:
    """The calendar, or UTC's where none is given; a zone's name in its place is the usual slip."""
    if calendar is not None and not isinstance(calendar, Calendar):
        raise InvalidValue(where, 'a Calendar, such as Calendar("America/Sao_Paulo"), or None for UTC', calendar)
    return calendar or UTC_CALENDAR


def name_of(policy: object) -> str:
    """The policy as its class prints itself; the class's name where that would show a memory address."""
    # An address differs from run to run, and the same forecast must print the same bytes.
    return type(policy).__qualname__ if type(policy).__repr__ is object.__repr__ else repr(policy)


def describe(policy: object) -> str:
    """The policy in words, the first line of them, where it has any; else as `name_of` says."""
    # One line of a table would push everything else off the screen.
    return name_of(policy) if type(policy).__str__ is object.__str__ else str(policy).partition("\n")[0]
