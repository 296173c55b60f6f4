"""One field of a noun: where its text comes from, and how the text is read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import FrozenMap, Value, is_a, is_str, is_text, to_strings, to_tuple, tuple_of
from partnerops._rounding import Rounding
from partnerops._zones import is_zone
from partnerops.adapters._settings import is_currency, is_formats, is_separator, is_text_map, is_texts, one_of, to_texts
from partnerops.exceptions import InvalidValue


@frozen(kw_only=True)
class Condition(Value):
    """
    What a cell has to say; every part that is given must hold.

    >>> Condition(column="is_deleted", one_of=["true", "TRUE"]).column
    'is_deleted'
    """

    column: str = field(validator=is_text)
    """Column looked at, of the row or of a join; `field.status` is what the field `status` will be made of."""
    one_of: tuple[str, ...] = field(default=(), converter=to_strings, validator=is_texts)
    """Texts of which it must be one; `in` in a file."""
    not_in: tuple[str, ...] = field(default=(), converter=to_strings, validator=is_texts)
    """Texts of which it must be none."""
    blank: bool | None = field(default=None, validator=optional(is_a(bool)))
    """Whether it must be blank, or must not; None does not ask."""
    because: str = field(default="", validator=is_str)
    """Why, in words: issues quote it."""

    def __attrs_post_init__(self) -> None:
        # It would hold for every row, and as a rule to skip leave out all of them.
        if not self.one_of and not self.not_in and self.blank is None:
            raise InvalidValue("Condition", "given at least one of in, not_in and blank", self.column)


def _to_first(values: Iterable[FieldMapping]) -> tuple[FieldMapping, ...]:
    return to_tuple(values)


def _is_first(instance: object, attribute: attrs.Attribute[Any], value: tuple[FieldMapping, ...]) -> None:
    tuple_of(FieldMapping)(instance, attribute, value)


@frozen(kw_only=True)
class FieldMapping(Value):
    """
    Where one field of a noun comes from, and how its text is read.

    The text comes from exactly one of `column`, `constant`, `template` and `first`. It is stripped, then `blanks`,
    `sentinels` and `when` may make it blank, `values` translates it, `default` stands in for a blank one, and last it
    is read as the type of its field.

    >>> FieldMapping(column="deal_stage", values={"Won": "won", "Lost": "lost", "*": "open"}).values["Won"]
    'won'
    """

    column: str | None = field(default=None, validator=optional(is_text))
    """Column, of the row or, as in `products.price`, of a join."""
    constant: str | None = field(default=None, validator=optional(is_str))
    """The same text for every row."""
    template: str | None = field(default=None, validator=optional(is_text))
    """Text composed of columns, as in `touch-{deal_id}`; blank when one of them is blank."""
    first: tuple[FieldMapping, ...] = field(default=(), converter=_to_first, validator=_is_first)
    """Sources tried in turn; the first text that is not blank counts."""
    values: FrozenMap[str] = field(factory=FrozenMap, converter=to_texts, validator=is_text_map)
    """Text in the file -> text of the field; `*` catches the others, `"*" = "*"` leaves them as they are."""
    when: Condition | None = field(default=None, validator=optional(is_a(Condition)))
    """Blank unless this holds."""
    blanks: tuple[str, ...] | None = field(default=None, validator=optional(is_texts))
    """Texts that mean nothing was entered; None takes the mapping's."""
    sentinels: tuple[str, ...] = field(default=(), converter=to_strings, validator=is_texts)
    """Texts that stand for no value, such as `2050-01-01`; blank too, and reported."""
    default: str | None = field(default=None, validator=optional(is_str))
    """Text taken for a blank one."""
    expected: bool = field(default=False, validator=is_a(bool))
    """Whether a blank is worth reporting; the row is kept."""
    unreadable: str | None = field(default=None, validator=optional(one_of("drop", "blank")))
    """What a text that cannot be read does: drop the row, or leave the field blank; None goes by the field."""
    formats: tuple[str, ...] = field(default=(), converter=to_strings, validator=is_formats)
    """How dates are written, tried in turn: `iso`, `epoch_s`, `epoch_ms`, or like `%d/%m/%Y %H:%M`."""
    zone: str | None = field(default=None, validator=optional(is_zone))
    """IANA zone of local times and dates; None takes the mapping's."""
    day: str = field(default="start", validator=one_of("start", "end"))
    """Which instant of a bare date is meant: its first, or its last microsecond."""
    add_days: int = field(default=0, validator=is_a(int))
    """Days added to a date: 1 turns a last day into the first day after."""
    currency: str | None = field(default=None, validator=optional(is_currency))
    """Currency of an amount, where no column says it; None takes the mapping's."""
    currency_column: str | None = field(default=None, validator=optional(is_text))
    """Column with the currency of an amount."""
    decimal: str | None = field(default=None, validator=optional(is_separator))
    """Decimal separator; None takes the mapping's."""
    thousands: str | None = field(default=None, validator=optional(is_separator))
    """Thousands separator; None takes the mapping's."""
    symbols: tuple[str, ...] = field(default=(), converter=to_strings, validator=tuple_of(str))
    """Signs around a number that are taken off, such as `R$`."""
    percent: bool = field(default=False, validator=is_a(bool))
    """Whether a share is written in percent: 15 is then 0.15."""
    rounding: str | None = field(default=None, validator=optional(one_of(*Rounding)))
    """How an amount with more decimals than its currency is rounded; None refuses it."""
    separator: str = field(default=";", validator=is_text)
    """What stands between the members of a list."""
    type: str = field(default="text", validator=one_of("text", "whole", "flag"))
    """How a `custom` value is kept."""
    id: str = field(default="plain", validator=one_of("plain", "salesforce"))
    """How an id is made equal: `salesforce` completes 15 characters to 18 and mends the case."""

    def __attrs_post_init__(self) -> None:
        given = [name for name in ("column", "constant", "template", "first") if getattr(self, name) not in (None, ())]
        # With two sources nobody could say which one counts; for a fallback there is `first`.
        if len(given) != 1:
            raise InvalidValue(
                "FieldMapping", "given exactly one of column, constant, template and first", ", ".join(given)
            )
        # What it inherits from the mapping is checked there, where both are known.
        if self.decimal is not None and self.decimal == self.thousands:
            raise InvalidValue("FieldMapping.thousands", "another character than decimal", self.thousands)
