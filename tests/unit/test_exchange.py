"""Exchange rates by date."""

from __future__ import annotations

import datetime as dt
import pickle
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from partnerops.exceptions import (
    CurrencyMismatch,
    InexactNumber,
    InvalidValue,
    MissingRate,
    StaleRateWarning,
    UnknownCurrency,
)
from partnerops.money import (
    Currency,
    ExchangeRate,
    ExchangeRates,
    Money,
)

DAY = date(2026, 3, 31)


def dollar(day: int, rate: str = "5.00", **more: Any) -> ExchangeRate:
    return ExchangeRate("USD", "BRL", date(2026, 3, day), rate, **more)


class TestExchangeRate:
    def test_prints(self) -> None:
        """As a decimal where that is short, else as a fraction; the inverse says what it is."""
        rate = dollar(31, "5.4321", source="PTAX")
        assert str(rate) == "1 USD = 5.4321 BRL on 2026-03-31 (PTAX)"
        assert str(rate.inverse()) == "1 BRL = 10000/54321 USD on 2026-03-31 (inverse, PTAX)"
        assert str(dollar(31)) == "1 USD = 5 BRL on 2026-03-31"
        assert str(dollar(31).inverse()) == "1 BRL = 0.2 USD on 2026-03-31 (inverse)"
        assert str(dollar(31, "0.05")) == "1 USD = 0.05 BRL on 2026-03-31"

    @pytest.mark.parametrize(
        ("amount", "base", "rate", "quote", "expected"),
        [
            ("100.00", "USD", "5.4321", "BRL", "543.21"),
            ("0.01", "USD", "150.5", "JPY", "2"),
            ("1000", "JPY", "0.0066", "USD", "6.60"),
            ("1000", "JPY", "0.002055", "KWD", "2.055"),
            ("1.005", "KWD", "3.25", "USD", "3.27"),
            ("-1.005", "KWD", "3.25", "USD", "-3.27"),
            ("0.00", "USD", "5", "BRL", "0.00"),
        ],
    )
    def test_converts_across_decimals(self, amount: str, base: str, rate: str, quote: str, expected: str) -> None:
        """Rounded once, to the minor unit of the other currency."""
        assert ExchangeRate(base, quote, DAY, rate).convert(Money(amount, base)) == Money(expected, quote)

    def test_rounds_by_name(self) -> None:
        """Half to even, unless said otherwise."""
        rate = ExchangeRate("USD", "BRL", DAY, "0.5")
        assert rate.convert(Money("0.05", "USD")) == Money("0.02", "BRL")
        assert rate.convert(Money("0.05", "USD"), "half_up") == Money("0.03", "BRL")

    def test_converts_only_its_base(self) -> None:
        """And only money."""
        with pytest.raises(CurrencyMismatch, match="cannot apply one rate to USD and EUR"):
            dollar(31).convert(Money(1, "EUR"))
        with pytest.raises(InvalidValue, match="money must be a Money"):
            dollar(31).convert(100)  # type: ignore[arg-type]

    def test_a_price_of_gold_is_a_rate_but_no_amount(self) -> None:
        """It can be recorded; there is no amount of gold to get."""
        gold = ExchangeRate("USD", "XAU", DAY, "0.0004")
        with pytest.raises(InvalidValue, match="ExchangeRate.quote must be a currency with a minor unit"):
            gold.convert(Money(1, "USD"))

    @pytest.mark.parametrize("rate", [0, "-1", "0.0"])
    def test_a_rate_is_above_zero(self, rate: Any) -> None:
        """Nothing is worth nothing."""
        with pytest.raises(InvalidValue, match=r"ExchangeRate.rate must be above 0"):
            ExchangeRate("USD", "BRL", DAY, rate)

    def test_fields_are_checked(self) -> None:
        """Each with its name."""
        with pytest.raises(InexactNumber, match="ExchangeRate.rate"):
            ExchangeRate("USD", "BRL", DAY, 5.43)  # type: ignore[arg-type]
        with pytest.raises(InvalidValue, match="ExchangeRate.rate must be an exact number"):
            ExchangeRate("USD", "BRL", DAY, "5,43")
        with pytest.raises(UnknownCurrency, match="ExchangeRate.base must be .* in capitals"):
            ExchangeRate("usd", "BRL", DAY, 5)
        with pytest.raises(UnknownCurrency, match="ExchangeRate.quote"):
            ExchangeRate("USD", None, DAY, 5)  # type: ignore[arg-type]
        with pytest.raises(InvalidValue, match="ExchangeRate.on must be a date without a time"):
            ExchangeRate("USD", "BRL", datetime(2026, 3, 31, tzinfo=UTC), 5)
        with pytest.raises(InvalidValue, match="ExchangeRate.source"):
            ExchangeRate("USD", "BRL", DAY, 5, None)  # type: ignore[arg-type]
        with pytest.raises(InvalidValue, match="ExchangeRate.inverted"):
            ExchangeRate("USD", "BRL", DAY, 5, inverted=1)  # type: ignore[arg-type]

    def test_a_currency_is_worth_itself(self) -> None:
        """Any other rate is a mistake."""
        assert ExchangeRate("BRL", "BRL", DAY, 1).rate == 1
        with pytest.raises(InvalidValue, match=r"ExchangeRate.rate must be 1 from a currency to itself \(got '2'\)"):
            ExchangeRate("BRL", "BRL", DAY, 2)


FIRST = "no rate {} on or before 2026-03-01; the first one is of 2026-03-02"
CHAINED = "rates are never chained, so put the cross rate in the table"


class TestExchangeRates:
    table = ExchangeRates([dollar(31, "5.40", source="PTAX"), dollar(2), dollar(9, "5.20")])

    def test_finds_the_latest_on_or_before(self) -> None:
        """On its day, and until the next."""
        assert self.table.rate("USD", "BRL", date(2026, 3, 8)).rate == 5
        assert self.table.rate("USD", "BRL", date(2026, 3, 9)).rate == Fraction(26, 5)
        assert self.table.rate("USD", "BRL", date(2026, 4, 3)).source == "PTAX"

    def test_converts(self) -> None:
        """At the rate of the day, in either direction."""
        assert self.table.convert(Money("100.00", "USD"), "BRL", DAY) == Money("540.00", "BRL")
        assert self.table.convert(Money("540.00", "BRL"), "USD", DAY) == Money("100.00", "USD")
        assert self.table.convert(Money("0.05", "BRL"), "USD", date(2026, 3, 2), "up") == Money("0.01", "USD")

    def test_there_and_back_may_lose_a_unit(self) -> None:
        """Which is why nobody promises it."""
        cent = Money("0.01", "BRL")
        assert self.table.convert(self.table.convert(cent, "USD", DAY), "BRL", DAY) == Money.zero("BRL")

    def test_the_inverse_says_so(self) -> None:
        """And only the inverse."""
        assert self.table.rate("BRL", "USD", DAY) == dollar(31, "5.40", source="PTAX").inverse()
        assert self.table.rate("BRL", "USD", DAY).inverted
        assert not self.table.rate("USD", "BRL", DAY).inverted

    def test_both_directions_quoted(self) -> None:
        """The newer wins; of one day, the direction asked for."""
        back = ExchangeRate("BRL", "USD", date(2026, 3, 9), "0.19")
        both = ExchangeRates([dollar(9, "5.20"), back, dollar(12, "5.30")])
        assert both.rate("BRL", "USD", date(2026, 3, 9)) == back
        assert both.rate("USD", "BRL", date(2026, 3, 9)) == dollar(9, "5.20")
        assert both.rate("BRL", "USD", date(2026, 3, 12)) == dollar(12, "5.30").inverse()
        assert both.rate("USD", "BRL", date(2026, 3, 12)) == dollar(12, "5.30")

    def test_the_same_currency(self) -> None:
        """Is worth 1 of itself on any day, without a rate, and without a warning."""
        money = Money("5.00", "EUR")
        assert ExchangeRates().rate("EUR", "EUR", DAY) == ExchangeRate("EUR", "EUR", DAY, 1, "same currency")
        assert ExchangeRates().convert(money, "EUR", DAY) == money

    @pytest.mark.parametrize(
        ("base", "quote", "on", "message"),
        [
            (
                "USD",
                "BRL",
                date(2026, 3, 1),
                FIRST.format("USD->BRL"),
            ),
            (
                "BRL",
                "USD",
                date(2026, 3, 1),
                FIRST.format("BRL->USD"),
            ),
            (
                "EUR",
                "BRL",
                DAY,
                "no rate EUR->BRL on or before 2026-03-31; the table holds USD->BRL; " + CHAINED,
            ),
            (
                "EUR",
                "JPY",
                DAY,
                "no rate EUR->JPY on or before 2026-03-31; it knows neither; " + CHAINED,
            ),
        ],
    )
    def test_a_missing_rate_names_what_there_is(self, base: str, quote: str, on: date, message: str) -> None:
        """Never a cross rate over a third currency."""
        with pytest.raises(MissingRate) as caught:
            self.table.rate(base, quote, on)
        assert str(caught.value) == message
        assert isinstance(caught.value, LookupError)

    def test_a_missing_rate_in_no_table_and_in_a_large_one(self) -> None:
        """The message stays short."""
        with pytest.raises(MissingRate, match="; the table is empty$"):
            ExchangeRates().rate("USD", "BRL", DAY)
        others = [currency.code for currency in Currency.all() if currency.code > "U"][:20]
        many = ExchangeRates([ExchangeRate("BRL", code, DAY, 1) for code in others])
        with pytest.raises(
            MissingRate, match=r"table holds BRL->[A-Z]{3}(, BRL->[A-Z]{3}){11}, \.\.\.; rates are never"
        ):
            many.rate("BRL", "EUR", DAY)

    @pytest.mark.parametrize(
        "ask",
        [
            lambda table, on: table.rate("USD", "BRL", on),
            lambda table, on: table.convert(Money(1, "BRL"), "USD", on),
        ],
    )
    def test_a_stale_rate_warns_where_it_was_asked_for(self, ask: Callable[[ExchangeRates, date], object]) -> None:
        """From the eighth day on, pointing at the caller's line."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ask(self.table, date(2026, 4, 7))
        with pytest.warns(StaleRateWarning, match=r"of 2026-03-31 is 8 days older than 2026-04-08; .* \(7\)") as caught:
            ask(self.table, date(2026, 4, 8))
        assert caught[0].filename == __file__

    def test_staleness_is_the_tables_choice(self) -> None:
        """Sparse rates may be the agreement."""
        assert self.table.replace(stale_after_days=365).rate("USD", "BRL", date(2026, 12, 1)).on == DAY
        with pytest.warns(StaleRateWarning):
            ExchangeRates([dollar(2)], stale_after_days=0).rate("USD", "BRL", date(2026, 3, 3))

    def test_one_rate_per_pair_and_date(self) -> None:
        """The same fact twice is one fact, two facts are a mistake."""
        assert len(ExchangeRates([dollar(2), dollar(2)])) == 1
        assert len(ExchangeRates([dollar(2, source="a"), dollar(2, source="b")])) == 2
        with pytest.raises(InvalidValue, match="one rate per pair and date, and there are two: 1 USD = 5 BRL"):
            ExchangeRates([dollar(2), dollar(2, "5.01")])

    def test_prints(self) -> None:
        """A line per pair, and a repr that Python reads."""
        table = ExchangeRates([*self.table.rates, ExchangeRate("EUR", "BRL", DAY, "6")])
        assert str(table) == "EUR->BRL: 1 rate, 2026-03-31 to 2026-03-31\nUSD->BRL: 3 rates, 2026-03-02 to 2026-03-31"
        assert str(ExchangeRates()) == "no rates"
        names = {"datetime": dt, "Fraction": Fraction, "ExchangeRate": ExchangeRate}
        assert eval(repr(table), names | {"ExchangeRates": ExchangeRates}) == table  # noqa: S307

    def test_is_a_value(self) -> None:
        """Frozen, hashable, a key, and picklable."""
        again = ExchangeRates(tuple(reversed(self.table.rates)))
        assert {self.table: 1}[again] == 1
        assert pickle.loads(pickle.dumps(again)).rate("USD", "BRL", DAY) == self.table.rate("USD", "BRL", DAY)
        assert again != again.replace(stale_after_days=8)
        with pytest.raises(AttributeError):
            again.stale_after_days = 8  # type: ignore[misc]

    def test_arguments_are_checked(self) -> None:
        """Each with its name."""
        with pytest.raises(InvalidValue, match=r"ExchangeRates.rates must be a list of ExchangeRates"):
            ExchangeRates(dollar(2))  # type: ignore[arg-type]
        with pytest.raises(InvalidValue, match=r"ExchangeRates.rates\[1\] must be an ExchangeRate"):
            ExchangeRates([dollar(2), "USD"])  # type: ignore[list-item]
        with pytest.raises(InvalidValue, match="ExchangeRates.stale_after_days must be at least 0"):
            ExchangeRates([], stale_after_days=-1)
        with pytest.raises(InvalidValue, match="ExchangeRates.stale_after_days"):
            ExchangeRates([], stale_after_days=None)  # type: ignore[arg-type]
        with pytest.raises(UnknownCurrency, match="base must be a code of ISO 4217 in capitals"):
            self.table.rate("usd", "BRL", DAY)
        with pytest.raises(UnknownCurrency, match="quote must be"):
            self.table.rate("USD", ["BRL"], DAY)  # type: ignore[arg-type]
        with pytest.raises(InvalidValue, match="on must be a date without a time"):
            self.table.rate("USD", "BRL", datetime(2026, 3, 31, tzinfo=UTC))
        with pytest.raises(InvalidValue, match="money must be a Money"):
            self.table.convert(100, "BRL", DAY)  # type: ignore[arg-type]
