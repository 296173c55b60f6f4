"""Exchange rates by date; the public home is `partnerops.money`."""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any, Final, cast

import attrs
from attrs import field, frozen

from partnerops._arguments import check_date, check_exact
from partnerops._attrs import Noun, above, is_a, is_date, is_str, place, to_tuple
from partnerops._currency import check_code, decimals
from partnerops._money import Money, check_money
from partnerops._rounding import Rounding, round_quotient
from partnerops.exceptions import CurrencyMismatch, InvalidValue, MissingRate, StaleRateWarning
from partnerops.typing import ExactLike


def _is_code(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    check_code(place(instance, attribute), value)


def _to_rate(value: ExactLike) -> Fraction:
    return check_exact("ExchangeRate.rate", value)


@frozen
class ExchangeRate(Noun):
    """
    What one unit of *base* was worth in *quote* on a date.

    >>> ptax = ExchangeRate("USD", "BRL", date(2026, 3, 31), "5.4321", source="PTAX")
    >>> print(ptax)
    1 USD = 5.4321 BRL on 2026-03-31 (PTAX)
    >>> ptax.convert(Money("100.00", "USD")), ptax.inverse().rate
    (Money('543.21', 'BRL'), Fraction(10000, 54321))
    """

    base: str = field(validator=_is_code)
    """Currency converted from."""
    quote: str = field(validator=_is_code)
    """Currency converted to."""
    on: date = field(validator=is_date)
    """The day the rate was fixed."""
    rate: Fraction = field(converter=_to_rate, validator=above(0))
    """Units of *quote* for one unit of *base*, exact and above 0."""
    source: str = field(default="", validator=is_str)
    """Who fixed it: a bank, a contract."""
    inverted: bool = field(default=False, kw_only=True, validator=is_a(bool))
    """Whether this is the exact inverse of a quoted rate: nobody quoted this direction."""

    def __attrs_post_init__(self) -> None:
        if self.base == self.quote and self.rate != 1:
            raise InvalidValue("ExchangeRate.rate", "1 from a currency to itself", str(self.rate))

    def inverse(self) -> ExchangeRate:
        """The rate of the other direction: 1 / rate, exactly."""
        # Turned back, an inverse is the quoted rate again and says so.
        return ExchangeRate(self.quote, self.base, self.on, 1 / self.rate, self.source, inverted=not self.inverted)

    def convert(self, money: Money, rounding: Rounding | str = Rounding.HALF_EVEN) -> Money:
        """
        The amount in the other currency, rounded once to its minor unit; going there and back may lose a unit.

        Raises:
            CurrencyMismatch: The amount is not in the base currency.
            InvalidValue: The other currency has no minor unit.
        """
        check_money("money", money)
        if money.currency != self.base:
            raise CurrencyMismatch("apply one rate to", self.base, money.currency)
        # Both scales go into one quotient of integers, and so there is one rounding, not one per step.
        numerator = money.minor * self.rate.numerator * 10 ** decimals("ExchangeRate.quote", self.quote)
        denominator = self.rate.denominator * 10 ** decimals("ExchangeRate.base", self.base)
        return Money.from_minor(round_quotient(numerator, denominator, rounding), self.quote)

    def __str__(self) -> str:
        origin = ", ".join(filter(None, ["inverse" if self.inverted else "", self.source]))
        return f"1 {self.base} = {_shown(self.rate)} {self.quote} on {self.on}{f' ({origin})' if origin else ''}"


def _shown(rate: Fraction) -> str:
    """As a decimal where that is exact and short, else as a fraction."""
    # A fraction ends as a decimal only if its denominator divides a power of ten.
    for digits in range(16):
        if 10**digits % rate.denominator == 0:
            text = f"{rate.numerator * 10**digits // rate.denominator:0{digits + 1}d}"
            return f"{text[:-digits]}.{text[-digits:]}" if digits else text
    return str(rate)


def _key(rate: ExchangeRate) -> tuple[str, str, date, Fraction, str, bool]:
    return rate.base, rate.quote, rate.on, rate.rate, rate.source, rate.inverted


def _to_rates(rates: Iterable[ExchangeRate]) -> tuple[ExchangeRate, ...]:
    """By pair and date, each record once; what is no list of rates is left to the validator."""
    found: Any = to_tuple(rates)
    if isinstance(found, tuple) and all(isinstance(rate, ExchangeRate) for rate in cast("tuple[object, ...]", found)):
        # A set first: the same record from two files is one fact, not a clash.
        found = tuple(sorted(set(cast("tuple[ExchangeRate, ...]", found)), key=_key))
    return cast("tuple[ExchangeRate, ...]", found)


def _are_rates(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    where = place(instance, attribute)
    if not isinstance(value, tuple):
        raise InvalidValue(where, "a list of ExchangeRates", value)
    for position, rate in enumerate(cast("tuple[object, ...]", value)):
        if not isinstance(rate, ExchangeRate):
            raise InvalidValue(f"{where}[{position}]", "an ExchangeRate", rate)


_NO_RATES: Final[tuple[ExchangeRate, ...]] = ()
_Index = dict[tuple[str, str], list[ExchangeRate]]


@frozen(repr=False)
class ExchangeRates(Noun):
    """
    A table of exchange rates by date: the only way from one currency to another.

    The rate of a day is the latest on or before it, quoted in that direction or the exact inverse of one quoted in the
    other; of the same day the direction asked for wins. Rates are never chained over a third currency: a cross rate is
    somebody's decision, so put it in the table. A currency is worth 1 of itself on any day.

    >>> rates = ExchangeRates([ExchangeRate("USD", "BRL", date(2026, 3, 31), "5.00", source="PTAX")])
    >>> rates.convert(Money("100.00", "USD"), "BRL", date(2026, 4, 2))
    Money('500.00', 'BRL')
    >>> print(rates.rate("BRL", "USD", date(2026, 4, 2)))
    1 BRL = 0.2 USD on 2026-03-31 (inverse, PTAX)
    """

    rates: tuple[ExchangeRate, ...] = field(default=_NO_RATES, converter=_to_rates, validator=_are_rates)
    """The rates, by pair and date."""
    stale_after_days: int = field(default=7, validator=is_a(int))
    """A rate older than so many days is used with a `StaleRateWarning`."""
    _index: _Index = field(
        factory=dict[tuple[str, str], list[ExchangeRate]],
        init=False,
        eq=False,
        repr=False,
        metadata={"partnerops.cache": True},
    )

    def __attrs_post_init__(self) -> None:
        if self.stale_after_days < 0:
            raise InvalidValue("ExchangeRates.stale_after_days", "at least 0", self.stale_after_days)
        for rate in self.rates:
            listed = self._index.setdefault((rate.base, rate.quote), [])
            # Sorted by pair and date, so two rates of one day stand side by side.
            if listed and listed[-1].on == rate.on and listed[-1].rate != rate.rate:
                rule = f"one rate per pair and date, and there are two: {listed[-1]}; {rate}"
                raise InvalidValue("ExchangeRates.rates", rule, rate)
            listed.append(rate)

    def rate(self, base: str, quote: str, on: date) -> ExchangeRate:
        """
        The latest rate on or before *on*, warning when it is stale.

        Raises:
            MissingRate: No such rate; the message says what the table holds.
            UnknownCurrency: Not a code of ISO 4217.
        """
        return self._find(base, quote, on)

    def convert(self, money: Money, to: str, on: date, rounding: Rounding | str = Rounding.HALF_EVEN) -> Money:
        """
        The amount in currency *to* at the rate of *on*, rounded once to its minor unit.

        Converting back may lose a minor unit: keep the amount you converted.

        Raises:
            MissingRate: As `rate`.
            UnknownCurrency: As `rate`.
            InvalidValue: *to* has no minor unit.
        """
        return self._find(check_money("money", money).currency, to, on).convert(money, rounding)

    def _find(self, base: str, quote: str, on: date) -> ExchangeRate:
        check_code("base", base)
        check_code("quote", quote)
        check_date("on", on)
        if base == quote:
            return ExchangeRate(base, quote, on, Fraction(1), "same currency")
        direct, other = self._latest(base, quote, on), self._latest(quote, base, on)
        # Later, not as late: of one day the quoted direction wins over an inverse that nobody quoted.
        if other is not None and (direct is None or other.on > direct.on):
            found = other.inverse()
        elif direct is not None:
            found = direct
        else:
            raise MissingRate(base, quote, on, self._known(base, quote))
        if (on - found.on).days > self.stale_after_days:
            self._warn(found, on)
        return found

    def _latest(self, base: str, quote: str, on: date) -> ExchangeRate | None:
        listed = self._index.get((base, quote), [])
        # To the right of its day: a rate fixed on the day itself counts.
        position = bisect_right(listed, on, key=_on)
        return listed[position - 1] if position else None

    def _warn(self, found: ExchangeRate, on: date) -> None:
        message = (
            f"the rate {found.base}->{found.quote} of {found.on} is {(on - found.on).days} days older than {on}; "
            f"add newer rates, or raise stale_after_days ({self.stale_after_days})"
        )
        # this method, _find, and rate or convert stand between the warning and the caller
        warnings.warn(message, StaleRateWarning, stacklevel=4)

    def _known(self, base: str, quote: str) -> str:
        """What the table holds for the pair, or at all."""
        pairs = [pair for pair in ((base, quote), (quote, base)) if pair in self._index]
        if pairs:
            first = min(self._index[pair][0].on for pair in pairs)
            return f"the first one is of {first}"
        if not self._index:
            return "the table is empty"
        near = [f"{one}->{other}" for one, other in self._index if {one, other} & {base, quote}]
        held = f"the table holds {', '.join(near[:12])}{', ...' if near[12:] else ''}" if near else "it knows neither"
        return f"{held}; rates are never chained, so put the cross rate in the table"

    def __len__(self) -> int:
        return len(self.rates)

    def __repr__(self) -> str:
        return f"ExchangeRates({list(self.rates)!r}, stale_after_days={self.stale_after_days})"

    def __str__(self) -> str:
        lines = (
            f"{base}->{quote}: {len(listed)} rate{'s' if len(listed) > 1 else ''}, {listed[0].on} to {listed[-1].on}"
            for (base, quote), listed in self._index.items()
        )
        return "\n".join(lines) or "no rates"


def _on(rate: ExchangeRate) -> date:
    return rate.on
