"""Currencies of ISO 4217; the public home is `partnerops.money`."""

from __future__ import annotations

from functools import cache
from typing import Final

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import Noun, is_a, is_text
from partnerops._iso4217 import TABLE
from partnerops.exceptions import InvalidValue, UnknownCurrency, near_misses

# Read at import, since every amount needs it; the rest of the table waits until somebody asks for a `Currency`.
EXPONENTS: Final[dict[str, int]] = {line[:3]: int(line[8]) for line in TABLE.splitlines() if line[8] != "-"}
"""Decimals of every code that has a minor unit."""


@frozen(kw_only=True)
class Currency(Noun):
    """
    One code of ISO 4217: what it is called, how many decimals it has, whether it is still in use.

    The table holds every active and every withdrawn code, so that old deals stay readable. Metals, funds and test codes
    (XAU, XDR, XTS, XXX) have no minor unit: they can be looked up, amounts in them are refused.

    >>> real = Currency.of("BRL")
    >>> real.name, real.exponent, real.is_active
    ('Brazilian Real', 2, True)
    >>> Currency.of("HRK").withdrawn, Currency.of("KWD").exponent, Currency.of("XAU").exponent
    ('2023-01', 3, None)

    Source: ISO 4217, lists one and three of 2026-01-01.
    """

    code: str = field(validator=is_text)
    """Three capitals, as in `BRL`."""
    number: str | None = field(validator=optional(is_text))
    """Three digits, as in `986`; a withdrawn currency may share them with its successor. A few codes have none."""
    exponent: int | None = field(validator=optional(is_a(int)))
    """Decimals of an amount: the minor unit is 10^-exponent of the currency. None where there is no minor unit."""
    name: str = field(validator=is_text)
    """What the standard calls it, in English."""
    withdrawn: str | None = field(default=None, validator=optional(is_text))
    """Month of withdrawal, as in `2023-01` (a year where the standard knows no month); None while active."""

    @staticmethod
    def of(code: str) -> Currency:
        """
        The currency of that code, active or withdrawn.

        Raises:
            UnknownCurrency: Not a code of ISO 4217; the message names near misses.
        """
        return _currencies()[check_code("code", code)]

    @staticmethod
    def all() -> tuple[Currency, ...]:
        """Every currency of the standard, active and withdrawn, by code."""
        return tuple(_currencies().values())

    @property
    def is_active(self) -> bool:
        """Whether the code is in use; withdrawn ones are for reading old records."""
        return self.withdrawn is None

    def __str__(self) -> str:
        return self.code


@cache
def _currencies() -> dict[str, Currency]:
    """The table by code."""
    rows = (line.split(" ", 4) for line in TABLE.splitlines())
    return {
        code: Currency(
            code=code,
            number=None if number == "---" else number,
            exponent=EXPONENTS.get(code),
            name=name,
            withdrawn=None if withdrawn == "-" else withdrawn,
        )
        for code, number, _, withdrawn, name in rows
    }


def unknown_currency(place: str, code: object) -> UnknownCurrency:
    """The refusal of a code that the table lacks, with what may have been meant."""
    rule = "a code of ISO 4217, such as 'BRL'"
    if isinstance(code, Currency):
        rule = f"a code: write {code.code!r}"
    elif isinstance(code, str):
        # Guessed for the message only: to take ' brl' for BRL would hide what is wrong with the file.
        meant = code.strip().upper()
        if meant in _currencies():
            rule = f"a code of ISO 4217 in capitals, without blanks: {meant!r}"
        else:
            rule += near_misses(meant, [known.code for known in Currency.all() if known.is_active])
    return UnknownCurrency(place, rule, code)


def check_code(place: str, code: object) -> str:
    """*code*, if the table has it."""
    if not isinstance(code, str) or code not in _currencies():
        raise unknown_currency(place, code)
    return code


def decimals(place: str, code: str) -> int:
    """How many decimals amounts of *code* have; codes without a minor unit are refused."""
    try:
        # One look-up in the usual case; which error it is, is asked only where there is one.
        return EXPONENTS[code]
    except (KeyError, TypeError):  # an unhashable code is a wrong one
        name = Currency.of(check_code(place, code)).name
    rule = f"a currency with a minor unit, and ISO 4217 gives {code} ({name}) none, so amounts of it cannot be exact"
    raise InvalidValue(place, rule, code)
