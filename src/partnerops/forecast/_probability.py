"""The chance that a deal is won in a period, with what it rests on."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import attrs
from attrs import field, frozen

from partnerops._arguments import check_exact, check_int
from partnerops._attrs import Value, is_exact, is_str, place, to_decimal
from partnerops._render import percent
from partnerops.exceptions import InvalidValue
from partnerops.typing import ExactLike

PLACES: Final = 9
"""Decimals to which a probability that is computed is rounded: fine enough for a cent of a billion."""
_SCALE: Final = 10**PLACES


def is_probability(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Refuse anything but an exact decimal from 0 to 1; above 1, a percentage is the usual slip."""
    is_exact(instance, attribute, value)
    if not 0 <= value <= 1:
        raise InvalidValue(place(instance, attribute), rule_for(value), str(value))


def rule_for(value: Decimal | Fraction | int) -> str:
    """The rule for a probability, with the fraction that a percentage was meant to be."""
    # Up to 100 it was surely meant as a percentage; beyond that there is nothing to guess.
    remedy = f"; for {value} % write {to_text(Fraction(value) / 100)}" if 1 < value <= 100 else ""
    return f"a fraction from 0 to 1 (0.35 means 35 %{remedy})"


def to_text(number: Fraction) -> str:
    """*number* as a plain decimal."""
    return f"{quantised(number):f}"


def quantised(number: Fraction) -> Decimal:
    """*number* rounded half-even to nine decimals, trailing zeros dropped, whatever the ambient decimal context."""
    # Built from digits: arithmetic on decimals would round to the ambient context of whoever embeds this.
    units = round(number * _SCALE)
    return to_decimal(Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -PLACES)))


def fitted(number: float) -> Decimal:
    """A probability computed from data, quantised to nine decimals and held within 0 and 1."""
    # Sums of floats end a hair above 1 or below 0, and a chance must not.
    units = min(max(round(number * _SCALE), 0), _SCALE)
    return to_decimal(Decimal((0, tuple(map(int, str(units))), -PLACES)))


def is_tally(instance: object, attribute: attrs.Attribute[Any], value: int) -> None:
    """Refuse anything but a whole number from 0 on: something was counted."""
    check_int(place(instance, attribute), value, 0)


def _is_count(instance: object, attribute: attrs.Attribute[Any], value: int) -> None:
    # Written out and not by `check_int`: every answer of every outlook passes here.
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidValue(place(instance, attribute), "a whole number of cases, 0 for a judgement", value)


def _to_chance(value: ExactLike) -> Decimal:
    # One third of an outlook of one's own is stored as every computed chance is, and read back as it was.
    return quantised(value) if isinstance(value, Fraction) else to_decimal(value)


@frozen
class Probability(Value):
    """
    The chance, from 0 to 1, that a deal is won within the period asked about.

    Raises:
        InvalidValue: A value outside 0 to 1; 35 is refused with the hint that 0.35 means 35 %.
        InexactNumber: A float.

    >>> Probability("0.40", n=120, method="win rate", because="12 of 30 like it").scaled("0.9", because="first year")
    Probability(value=Decimal('0.36'), n=120, method='win rate', because='12 of 30 like it; x 0.9: first year')
    """

    value: Decimal = field(converter=_to_chance, validator=is_probability)
    """The chance, as a fraction: 0.35 means 35 %; of a `Fraction` nine decimals are kept."""
    n: int = field(default=0, validator=_is_count)
    """How many past cases stand behind it; 0 for a judgement."""
    method: str = field(default="", validator=is_str)
    """How it was found, in a word or two."""
    because: str = field(default="", validator=is_str)
    """Why, in words that a partner could read."""

    def scaled(self, factor: ExactLike, *, because: str) -> Probability:
        """
        The chance times a factor, rounded half-even to nine decimals, at most 1, with the reason added.

        Raises:
            InexactNumber: A float factor.
            InvalidValue: A factor below 0.
        """
        exact = check_exact("Probability.scaled(factor)", factor)
        if exact < 0:
            raise InvalidValue("Probability.scaled(factor)", "at least 0", str(factor))
        product = Fraction(self.value) * exact
        # Said in the reason: a factor that had no room to work is worth knowing.
        capped = ", at most 1" if product > 1 else ""
        return self.changed(quantised(min(product, Fraction(1))), f"x {factor}{capped}: {because}")

    def changed(self, value: ExactLike, because: str) -> Probability:
        """Another value on the same evidence, with the reason added: what a wrapper answers."""
        return Probability(
            value,
            n=self.n,
            method=self.method,
            because=f"{self.because}; {because}" if self.because else because,
        )

    def __str__(self) -> str:
        return percent(self.value) + (f" ({self.because})" if self.because else "")
