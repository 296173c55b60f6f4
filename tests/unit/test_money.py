"""Amounts of money."""

from __future__ import annotations

import pickle
import typing
from decimal import Decimal
from enum import Enum, StrEnum
from fractions import Fraction
from typing import Any

import attrs
import pytest

from partnerops import money
from partnerops.exceptions import (
    CurrencyMismatch,
    InexactNumber,
    InvalidValue,
    PartnerOpsError,
    UnknownCurrency,
    UnknownName,
)
from partnerops.money import (
    Currency,
    Money,
    Rounding,
    apportion,
)
from partnerops.ratio import Ratio


class Index:
    """An exact integer that is no int, as numpy's are."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class TestMaking:
    @pytest.mark.parametrize(
        ("amount", "code", "minor"),
        [
            ("10.50", "BRL", 1050),
            ("10.5", "BRL", 1050),
            ("10.500", "BRL", 1050),
            ("10.", "BRL", 1000),
            (".5", "BRL", 50),
            ("+10.50", "BRL", 1050),
            ("-0.05", "BRL", -5),
            ("-0", "BRL", 0),
            ("007.00", "BRL", 700),
            ("500", "JPY", 500),
            ("500.00", "JPY", 500),
            ("1.234", "KWD", 1234),
            ("9" * 30 + ".99", "BRL", int("9" * 32)),
            (10, "BRL", 1000),
            (-10, "JPY", -10),
            (Decimal("10.50"), "BRL", 1050),
            (Decimal("10.5000"), "BRL", 1050),
            (Decimal("1E+3"), "BRL", 100_000),
            (Decimal("-0.00"), "BRL", 0),
            (Fraction(21, 2), "BRL", 1050),
            (Fraction(-1, 100), "BRL", -1),
            (Index(7), "BRL", 700),
        ],
    )
    def test_takes_exact_amounts(self, amount: Any, code: str, minor: int) -> None:
        """Text, integers, decimals and fractions, scaled by the decimals of the currency."""
        made = Money(amount, code)
        assert made.minor == minor
        assert type(made.minor) is int
        assert made == Money.from_minor(minor, code)

    @pytest.mark.parametrize(
        "text",
        [
            *("", ".", "-", "+.", "--1", "1,234.50", "1.234,50", "1_000", " 1", "1 ", "1\n", "R$ 1"),
            *("1e3", "1E+3", "NaN", "Infinity", "1/2", "0x10"),
            *("\u0661\u0662", "9" * 1001),  # digits of another script, which int() reads, and too many of them
        ],
    )
    def test_refuses_text_that_is_not_plain(self, text: str) -> None:
        """What a separator, a blank or an exponent meant is not guessed."""
        with pytest.raises(InvalidValue, match="^Money.amount must be an exact number such as") as caught:
            Money(text, "BRL")
        assert "thousands separators" in str(caught.value)

    @pytest.mark.parametrize(
        ("amount", "code"),
        [
            ("10.505", "BRL"),
            ("0.001", "USD"),
            ("1.5", "JPY"),
            (Decimal("0.001"), "BRL"),
            (Decimal("1E-30"), "BRL"),
            (Fraction(1, 3), "BRL"),
        ],
    )
    def test_refuses_more_decimals_than_the_currency_has(self, amount: Any, code: str) -> None:
        """Rounding in silence is how cents get lost."""
        places = Currency.of(code).exponent
        with pytest.raises(InvalidValue, match=rf"in whole minor units \({code} has {places} decimals\): round it"):
            Money(amount, code)

    @pytest.mark.parametrize("amount", [0.1, 10.0, float("nan"), float("inf")])
    def test_refuses_floats(self, amount: float) -> None:
        """With the remedy, in either way of making one."""
        with pytest.raises(InexactNumber, match=r"Money.amount must be an exact number .*floats are not exact"):
            Money(amount, "BRL")  # type: ignore[arg-type]
        with pytest.raises(InexactNumber, match=r"Money.minor must be a whole number of minor units"):
            Money.from_minor(amount, "BRL")  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "amount", [True, None, b"1", [], 1j, Decimal("NaN"), Decimal("-Infinity"), Decimal("sNaN")]
    )
    def test_refuses_what_is_no_number(self, amount: Any) -> None:
        """A truth value is an integer for Python alone."""
        with pytest.raises(InvalidValue, match="^Money.amount must be"):
            Money(amount, "BRL")

    @pytest.mark.parametrize("amount", [Decimal("1E+999999999"), Decimal("1E-999999999"), Decimal("-9E+1001")])
    def test_refuses_endless_decimals_at_once(self, amount: Decimal) -> None:
        """A few characters must not fill the memory."""
        with pytest.raises(InvalidValue, match="at most 1000 digits"):
            Money(amount, "BRL")

    @pytest.mark.parametrize("minor", ["1050", Decimal(1050), Fraction(1050), None, True])
    def test_minor_units_are_integers(self, minor: Any) -> None:
        """Not text, and not a truth value."""
        with pytest.raises(InvalidValue, match=r"Money.minor must be a whole number of minor units; for \"10.50\" use"):
            Money.from_minor(minor, "BRL")

    def test_minor_units_of_other_integer_types(self) -> None:
        """What calls itself an index is exact."""
        assert Money.from_minor(Index(1050), "BRL") == Money("10.50", "BRL")  # type: ignore[arg-type]
        assert type(Money.from_minor(Index(1050), "BRL").minor) is int  # type: ignore[arg-type]

    @pytest.mark.parametrize("code", ["brl", "BLR", "", None, 5, ["BRL"]])
    def test_refuses_unknown_currencies(self, code: Any) -> None:
        """In every way of making one."""
        for make in (lambda: Money(1, code), lambda: Money.from_minor(1, code), lambda: Money.zero(code)):
            with pytest.raises(UnknownCurrency, match="^Money.currency must be a code"):
                make()

    def test_codes_that_are_more_than_text(self) -> None:
        """An application's enumeration of currencies works, and only its text is kept."""

        class Plain(StrEnum):
            BRL = "BRL"

        class Mixed(str, Enum):  # noqa: UP042 - its str() is not its text
            BRL = "BRL"

        for code in (Plain.BRL, Mixed.BRL):
            for made in (Money("10.50", code), Money.from_minor(1050, code)):
                assert type(made.currency) is str
                assert repr(made) == "Money('10.50', 'BRL')"


class TestReading:
    def test_prints(self) -> None:
        """As people, Python and a reader of numbers want it."""
        price = Money("-1234.50", "BRL")
        assert (str(price), repr(price)) == ("-1234.50 BRL", "Money('-1234.50', 'BRL')")
        assert (str(Money(0, "JPY")), str(Money.from_minor(-5, "KWD"))) == ("0 JPY", "-0.005 KWD")

    def test_amount_keeps_the_decimals_of_the_currency(self) -> None:
        """1000.00 is not 1000, for who prints it."""
        assert str(Money("1000", "BRL").amount) == "1000.00"
        assert str(Money("1000", "JPY").amount) == "1000"
        assert str(Money.zero("KWD").amount) == "0.000"
        assert str(Money("-0.01", "BRL").amount) == "-0.01"

    @pytest.mark.parametrize(
        ("amount", "code", "spec", "text"),
        [
            ("1234567.5", "BRL", "", "1234567.50 BRL"),
            ("1234567.5", "BRL", ",", "1,234,567.50 BRL"),
            ("-1234567.5", "BRL", ",.2f", "-1,234,567.50 BRL"),
            ("1234567.5", "BRL", ",.0f", "1,234,568 BRL"),
            ("0.5", "BRL", ".0f", "0 BRL"),
            ("-0.5", "BRL", ".0f", "0 BRL"),
            ("1.5", "BRL", ".0f", "2 BRL"),
            ("1.5", "BRL", ".4f", "1.5000 BRL"),
            ("15", "JPY", ".2f", "15.00 JPY"),
            ("1.5", "BRL", "10", "  1.50 BRL"),
            ("1.5", "BRL", "<10", "1.50 BRL  "),
            ("1.5", "BRL", "*^12,", "**1.50 BRL**"),
            ("1.5", "BRL", "3", "1.50 BRL"),
            ("1.5", "BRL", ">", "1.50 BRL"),
        ],
    )
    def test_formats(self, amount: str, code: str, spec: str, text: str) -> None:
        """Thousands, decimals for show, width."""
        assert format(Money(amount, code), spec) == text

    @pytest.mark.parametrize("spec", ["d", ".2", "_", "e", "BRL", ",,", ".2f,", "=10", "1000"])
    def test_refuses_other_formats(self, spec: str) -> None:
        """A value error, as from any format."""
        with pytest.raises(InvalidValue, match="^the format of a Money must be like ','") as caught:
            format(Money(1, "BRL"), spec)
        assert isinstance(caught.value, ValueError)


class TestArithmetic:
    a = Money("10.50", "BRL")
    b = Money("0.75", "BRL")

    def test_sums(self) -> None:
        """Of one currency."""
        assert self.a + self.b == Money("11.25", "BRL")
        assert self.a - self.b == Money("9.75", "BRL")
        assert (-self.b, +self.b, abs(-self.b)) == (Money("-0.75", "BRL"), self.b, self.b)
        assert bool(self.a)
        assert not Money.zero("BRL")

    @pytest.mark.parametrize("other", [1, 0, "1.00", Decimal(1), None])
    def test_sums_with_anything_else_are_type_errors(self, other: Any) -> None:
        """Money and a number do not add up; only `sum` may start at 0."""
        for operation in (lambda: self.a + other, lambda: self.a - other, lambda: other - self.a):
            with pytest.raises(TypeError):
                operation()
        if other != 0 or other is None:
            with pytest.raises(TypeError):
                other + self.a

    def test_sum_may_start_at_zero(self) -> None:
        """The number 0 alone, and not a truth value."""
        assert sum([self.a, self.b]) == 0 + self.a + self.b == Money("11.25", "BRL")
        assert sum([]) == 0
        with pytest.raises(TypeError):
            False + self.a

    def test_multiples(self) -> None:
        """By whole numbers, from either side."""
        assert self.b * 3 == 3 * self.b == Money("2.25", "BRL")
        assert self.b * -1 == -self.b

    @pytest.mark.parametrize("factor", [Decimal("0.1"), Fraction(1, 10), True])
    def test_a_rate_is_no_factor(self, factor: Any) -> None:
        """It would round in silence: `times` rounds by name."""
        for operation in (lambda: self.a * factor, lambda: factor * self.a):
            with pytest.raises(InvalidValue, match=r"factor of a Money must be a whole number; .*times") as caught:
                operation()
            # A decimal is as exact as can be: only floats are told that they are not.
            assert not isinstance(caught.value, InexactNumber)

    def test_a_float_is_no_factor(self) -> None:
        """And no rate."""
        for operation in (lambda: self.a * 0.1, lambda: 0.1 * self.a, lambda: self.a.times(0.1)):  # type: ignore[operator,arg-type]
            with pytest.raises(InexactNumber, match="floats are not exact"):
                operation()

    @pytest.mark.parametrize("factor", ["2", None, Money(1, "BRL")])
    def test_nothing_else_is_a_factor(self, factor: Any) -> None:
        """A type error; a list or a table may know what to do, and gets its turn."""
        with pytest.raises(TypeError):
            self.a * factor

    def test_there_is_no_division(self) -> None:
        """Two amounts make a ratio, one amount is apportioned."""
        for operation in (lambda: self.a / self.b, lambda: self.a / 2, lambda: self.a // 2, lambda: self.a % self.b):  # type: ignore[operator]
            with pytest.raises(TypeError):
                operation()
        assert Ratio(self.a, self.b).value == 14

    def test_times_a_rate(self) -> None:
        """Rounded once, half to even unless said otherwise."""
        assert self.a.times("0.10") == Money("1.05", "BRL")
        assert Money("0.25", "BRL").times("0.1") == Money("0.02", "BRL")
        assert Money("0.25", "BRL").times(Decimal("0.1"), Rounding.HALF_UP) == Money("0.03", "BRL")
        assert Money("0.25", "BRL").times(Fraction(1, 10), "up") == Money("0.03", "BRL")
        assert Money("1.00", "BRL").times("1/3") == Money("0.33", "BRL")
        assert self.a.times(0) == Money.zero("BRL")

    @pytest.mark.parametrize("rate", ["ten", "", "1_0", " 1", "NaN", Decimal("NaN"), True, None, "1/0", "1e999999999"])
    def test_times_needs_an_exact_rate(self, rate: Any) -> None:
        """And one that can be read in a lifetime."""
        with pytest.raises(InvalidValue, match="^rate must be an exact number"):
            self.a.times(rate)
        with pytest.raises(InvalidValue, match="^rate must be an exact number"):
            self.a.times(Decimal("1E+999999999"))

    def test_times_needs_a_rounding_that_exists(self) -> None:
        """The message names near misses."""
        with pytest.raises(UnknownName, match="no rounding 'half_evn'; did you mean 'half_even'"):
            self.a.times("0.1", "half_evn")

    def test_total(self) -> None:
        """Of some, of none with a currency, of an iterator."""
        assert Money.total([self.a, self.b]) == Money("11.25", "BRL")
        assert Money.total(iter([self.a]), "BRL") == self.a
        assert Money.total([], "BRL") == Money.zero("BRL")

    def test_total_of_nothing_has_no_currency(self) -> None:
        """Nobody can say which; nor is anything but money added up."""
        with pytest.raises(InvalidValue, match="moneys must be at least one Money, or say the currency of nothing"):
            Money.total([])
        with pytest.raises(InvalidValue, match=r"moneys\[1\] must be a Money \(got 5\)"):
            Money.total([self.a, 5])  # type: ignore[list-item]
        with pytest.raises(UnknownCurrency):
            Money.total([], "brl")

    def test_total_refuses_two_currencies(self) -> None:
        """Among the amounts, or against the one asked for."""
        with pytest.raises(CurrencyMismatch, match="cannot add BRL and USD"):
            Money.total([self.a, Money(1, "USD")])
        with pytest.raises(CurrencyMismatch, match="cannot add USD and BRL"):
            Money.total([self.a], "USD")


class TestComparing:
    def test_orders_one_currency(self) -> None:
        """All four, at and off equality."""
        one, two = Money(1, "BRL"), Money(2, "BRL")
        assert (one < two, one <= two, one > two, one >= two) == (True, True, False, False)
        assert (one < one, one <= one, one > one, one >= one) == (False, True, False, True)  # noqa: PLR0124
        assert max(one, two) == two

    def test_equal_only_in_amount_and_currency(self) -> None:
        """Never to a number or a text, and a key of a dict all the same."""
        one = Money(1, "BRL")
        assert one != Money(1, "USD")
        assert one != 1
        assert one != "1.00 BRL"
        assert Money.zero("BRL") != 0
        assert {one: "a"}[Money("1.00", "BRL")] == "a"

    def test_currencies_do_not_compare(self) -> None:
        """The message says which, and how to go on."""
        with pytest.raises(CurrencyMismatch, match="cannot compare BRL and USD; convert one of them") as caught:
            assert Money(1, "BRL") < Money(2, "USD")
        assert (caught.value.left, caught.value.right) == ("BRL", "USD")
        with pytest.raises(CurrencyMismatch, match="cannot subtract BRL and USD"):
            Money(1, "BRL") - Money(1, "USD")

    @pytest.mark.parametrize("name", ["__lt__", "__le__", "__gt__", "__ge__"])
    def test_nothing_else_compares(self, name: str) -> None:
        """A number has no currency."""
        assert getattr(Money(1, "BRL"), name)(1) is NotImplemented
        with pytest.raises(TypeError):
            assert Money(1, "BRL") < 2  # type: ignore[operator]


class TestImmutable:
    @pytest.mark.parametrize("name", ["minor", "currency", "amount", "note"])
    def test_nothing_changes(self, name: str) -> None:
        """Neither fields nor anything new, and nothing can be taken away."""
        price = Money(1, "BRL")
        with pytest.raises(AttributeError):
            setattr(price, name, 5)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            del price.minor
        assert price == Money(1, "BRL")

    def test_pickles_small(self) -> None:
        """A call and its two arguments; what comes back was checked."""
        data = pickle.dumps(Money("10.50", "BRL"))
        assert len(data) < 80
        assert pickle.loads(data) == Money("10.50", "BRL")


class TestModule:
    def test_one_public_home(self) -> None:
        """Everything public is listed, sorted, documented, and its annotations resolve."""
        assert money.__all__ == sorted(money.__all__)
        for name in money.__all__:
            member = getattr(money, name)
            assert member.__doc__
            assert typing.get_type_hints(member) is not None

    def test_every_refusal_is_ours(self) -> None:
        """One class to catch them all."""
        for make in (lambda: Money("x", "BRL"), lambda: Money(1, "x"), lambda: apportion(Money(1, "BRL"), [])):
            with pytest.raises(PartnerOpsError):
                make()
