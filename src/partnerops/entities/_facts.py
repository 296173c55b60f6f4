"""What the nouns share: how a field refers to another record, and when a fact counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, Protocol, Self

import attrs
from attrs import field, frozen

from partnerops._attrs import Noun, is_text, place
from partnerops.exceptions import InexactNumber, InvalidValue
from partnerops.money import Money

REFERENCE: Final = "partnerops.reference"


def refers(kind: str) -> Mapping[str, str]:
    """Field metadata that says which collection of a `Dataset` an id points into; `party` also allows `DIRECT`."""
    return {REFERENCE: kind}


def known(at: datetime, recorded_at: datetime | None, moment: datetime) -> bool:
    """Whether a fact counts at *moment*: it has happened by then, and it had been recorded by then."""
    # Both clocks: a fact of March that came to light in May must not change a report of April.
    return at <= moment and (recorded_at is None or recorded_at <= moment)


def not_later(value: datetime | None, moment: datetime) -> datetime | None:
    """*value* unless it lies after *moment*: what a record did not say yet."""
    return value if value is not None and value <= moment else None


def is_money(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but an amount with its currency; a float is told what else it is not."""
    # A float gets its own error, since the remedy is another one: quote the number.
    if not isinstance(value, Money):
        kind = InexactNumber if isinstance(value, float) else InvalidValue
        raise kind(place(instance, attribute), 'a Money such as Money("10.50", "BRL")', value)


def is_positive_money(instance: object, attribute: attrs.Attribute[Any], value: Money) -> None:
    """Refuse anything but an amount above zero."""
    is_money(instance, attribute, value)
    # The sign lives in the noun: a negative payment would be a reversal in disguise.
    if value.minor <= 0:
        raise InvalidValue(place(instance, attribute), "a positive amount", str(value))


class Entity(Protocol):
    """What every noun of a dataset offers."""

    @property
    def id(self) -> str:
        """Opaque, case-sensitive id."""
        ...

    def as_of(self, moment: datetime, today: date, /) -> Self | None:
        """The record as it was known at *moment* (business date *today*), or None when it did not exist yet."""
        ...


@frozen(kw_only=True)
class SourceRef(Noun):
    """
    Where a record came from: one row of one table of one system.

    >>> SourceRef(system="salesforce", table="Opportunity", id="006A0000003TK8rIAG").table
    'Opportunity'
    """

    system: str = field(validator=is_text)
    """Name of the system, such as `salesforce`."""
    table: str = field(validator=is_text)
    """Object or table within it."""
    id: str = field(validator=is_text)
    """The row's own id there."""
