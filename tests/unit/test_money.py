"""Money, currencies, rounding and exchange rates."""

from __future__ import annotations

import pickle
import typing
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from fractions import Fraction
from typing import Any

import attrs
import pytest

from partnerops import _iso4217, money
from partnerops.exceptions import (
    CurrencyMismatch,
    InexactNumber,
    InvalidValue,
    MissingRate,
    PartnerOpsError,
    StaleRateWarning,
    UnknownCurrency,
    UnknownName,
)
from partnerops.money import (
    Currency,
    ExchangeRate,
    ExchangeRates,
    Money,
    Rounding,
    apportion,
    apportion_minor,
    round_fraction,
    round_quotient,
)
from partnerops.ratio import Ratio

DAY = date(2026, 3, 31)


class Index:
    """An exact integer that is no int, as numpy's are."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class TestCurrency:
    def test_says_what_the_standard_says(self) -> None:
        """Code, number, decimals, name and whether it is in use."""
        assert Currency.of("BRL") == Currency(code="BRL", number="986", exponent=2, name="Brazilian Real")
        assert str(Currency.of("BRL")) == "BRL"
        assert Currency.of("BRL").is_active

    def test_looks_up_once(self) -> None:
        """The same value every time."""
        assert Currency.of("EUR") is Currency.of("EUR")

    @pytest.mark.parametrize(
        ("code", "exponent"),
        [("JPY", 0), ("CLP", 0), ("XOF", 0), ("USD", 2), ("MGA", 2), ("KWD", 3), ("TND", 3), ("CLF", 4), ("UYW", 4)],
    )
    def test_decimals(self, code: str, exponent: int) -> None:
        """From none to four."""
        assert Currency.of(code).exponent == exponent

    @pytest.mark.parametrize("code", ["XAU", "XAG", "XPT", "XPD", "XDR", "XSU", "XUA", "XBA", "XTS", "XXX", "XFO"])
    def test_codes_without_a_minor_unit(self, code: str) -> None:
        """Metals, funds and test codes can be looked up; amounts in them are refused, saying why."""
        assert Currency.of(code).exponent is None
        message = rf"^Money.currency must be a currency with a minor unit, and ISO 4217 gives {code} \(.+\) none"
        for make in (lambda: Money(1, code), lambda: Money.from_minor(1, code), lambda: Money.zero(code)):
            with pytest.raises(InvalidValue, match=message):
                make()

    @pytest.mark.parametrize(
        ("code", "withdrawn"),
        [
            ("HRK", "2023-01"),
            ("BGN", "2026-01"),
            ("ANG", "2025-03"),
            ("SLL", "2023-12"),
            ("ZWL", "2024-09"),
            ("CUC", "2021-06"),
            ("VEF", "2018-08"),
            ("BYR", "2017-01"),
            ("BRR", "1994-07"),
            ("DDM", "1990-09"),
            ("VNC", "1990"),
            ("ARY", "1990"),
            ("ZWD", "2008-08"),
        ],
    )
    def test_withdrawn_codes_stay_readable(self, code: str, withdrawn: str) -> None:
        """With the month, or the year where the standard knows no month; of several, the last."""
        assert Currency.of(code).withdrawn == withdrawn
        assert not Currency.of(code).is_active
        assert Money(1, code)

    def test_currencies_that_the_euro_and_the_real_replaced(self) -> None:
        """All of them, with the decimals they had."""
        euro = "ATS BEF CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MTL NLG PTE SIT SKK BGN".split()
        real = "BRB BRC BRN BRE BRR".split()
        assert not any(Currency.of(code).is_active for code in euro + real)
        assert [code for code in euro if Currency.of(code).exponent == 0] == "BEF ESP GRD ITL LUF PTE".split()
        assert {Currency.of(code).exponent for code in real} == {2}

    @pytest.mark.parametrize("code", ["XCG", "ZWG", "VED", "VES", "SLE", "EUR", "BRL", "STN", "MRU", "BYN"])
    def test_successors_are_active(self, code: str) -> None:
        """What replaced the withdrawn ones."""
        assert Currency.of(code).is_active

    def test_the_table(self) -> None:
        """Sorted, without a duplicate, complete as of its date; only one of an active number is active."""
        known = Currency.all()
        codes = [currency.code for currency in known]
        assert codes == sorted(set(codes))
        assert all(len(code) == 3 and code.isascii() and code.isupper() for code in codes)
        assert (len([c for c in known if c.is_active]), len(known)) == (178, 307)
        assert _iso4217.PUBLISHED == "2026-01-01"
        numbers = [c.number for c in known if c.is_active]
        assert len(set(numbers)) == len(numbers)
        assert all(number is None or (len(number) == 3 and number.isdigit()) for number in numbers)
        assert {c.code for c in known if c.number is None} == {"XFO", "XFU", "XRE"}
        assert {c.exponent for c in known} == {None, 0, 2, 3, 4}
        assert all(c.name == " ".join(c.name.split()) for c in known)

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("brl", "code must be a code of ISO 4217 in capitals, without blanks: 'BRL' (got 'brl')"),
            (" BRL", "code must be a code of ISO 4217 in capitals, without blanks: 'BRL' (got ' BRL')"),
            ("", "code must be a code of ISO 4217, such as 'BRL' (got '')"),
            ("€", "code must be a code of ISO 4217, such as 'BRL' (got '€')"),
            (986, "code must be a code of ISO 4217, such as 'BRL' (got 986)"),
            (None, "code must be a code of ISO 4217, such as 'BRL' (got None)"),
            (["BRL"], "code must be a code of ISO 4217, such as 'BRL' (got ['BRL'])"),
        ],
    )
    def test_refuses_what_is_no_code(self, code: Any, message: str) -> None:
        """With the remedy, as one error that is a lookup error and a value error."""
        with pytest.raises(UnknownCurrency) as caught:
            Currency.of(code)
        assert str(caught.value) == message
        assert isinstance(caught.value, LookupError)
        assert isinstance(caught.value, ValueError)

    def test_names_near_misses_in_use(self) -> None:
        """Withdrawn codes are no help to somebody who mistyped an active one."""
        with pytest.raises(UnknownCurrency, match="did you mean .*'BRL'") as caught:
            Currency.of("BLR")
        assert "BRR" not in str(caught.value)

    def test_a_currency_is_not_its_code(self) -> None:
        """Amounts take the code, and say so."""
        with pytest.raises(UnknownCurrency, match="Money.currency must be a code: write 'BRL'"):
            Money(1, Currency.of("BRL"))  # type: ignore[arg-type]

    def test_fields_are_checked(self) -> None:
        """A currency of one's own is a mere description, but a sound one."""
        with pytest.raises(InvalidValue, match="Currency.code"):
            Currency(code="", number=None, exponent=2, name="x")
        with pytest.raises(InvalidValue, match="Currency.exponent"):
            Currency(code="ABC", number=None, exponent="2", name="x")  # type: ignore[arg-type]


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
            "",
            ".",
            "-",
            "+.",
            "1,234.50",
            "1.234,50",
            "1_000",
            " 1",
            "1 ",
            "1\n",
            "1e3",
            "1E+3",
            "NaN",
            "Infinity",
            "R$ 1",
        ]
        + ["١٢", "1/2", "--1", "0x10", "9" * 1001],  # digits of other scripts are digits for int(), and too many
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

        class Mixed(str, Enum):
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
            False + self.a  # noqa: B018

    def test_multiples(self) -> None:
        """By whole numbers, from either side."""
        assert self.b * 3 == 3 * self.b == Money("2.25", "BRL")
        assert self.b * -1 == -self.b

    @pytest.mark.parametrize("factor", [Decimal("0.1"), Fraction(1, 10), True])
    def test_a_rate_is_no_factor(self, factor: Any) -> None:
        """It would round in silence: `times` rounds by name."""
        for operation in (lambda: self.a * factor, lambda: factor * self.a):
            with pytest.raises(InvalidValue, match=r"factor of a Money must be a whole number; .*money.times\(rate\)"):
                operation()

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
        assert pickle.loads(data) == Money("10.50", "BRL")  # noqa: S301


class TestRounding:
    @pytest.mark.parametrize(
        ("rounding", "expected"),
        [
            ("half_even", [-2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2]),
            ("half_up", [-3, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3]),
            ("half_down", [-2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 2]),
            ("up", [-3, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3]),
            ("down", [-2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 2]),
            ("floor", [-3, -2, -2, -1, -1, 0, 0, 1, 1, 2, 2]),
            ("ceiling", [-2, -2, -1, -1, 0, 0, 1, 1, 2, 2, 3]),
        ],
    )
    def test_halves(self, rounding: str, expected: list[int]) -> None:
        """From -2.5 to 2.5 in steps of a half."""
        halves = [Fraction(n, 2) for n in range(-5, 6)]
        assert [round_fraction(half, rounding) for half in halves] == expected
        assert [round_quotient(n, 2, Rounding(rounding)) for n in range(-5, 6)] == expected

    @pytest.mark.parametrize(
        ("rounding", "expected"),
        [("half_even", [1, 2]), ("half_up", [1, 2]), ("half_down", [1, 2]), ("up", [2, 2]), ("down", [1, 1])],
    )
    def test_either_side_of_a_half(self, rounding: str, expected: list[int]) -> None:
        """1.499 and 1.501."""
        assert [round_fraction(value, rounding) for value in ("1.499", Decimal("1.501"))] == expected

    def test_is_exact_far_out(self) -> None:
        """Where a float has long lost the unit."""
        assert round_quotient(10**40 + 1, 2) == 10**40 // 2
        assert round_fraction(f"{10**40}.5") == 10**40

    def test_prints(self) -> None:
        """A member is its text, and its repr is Python."""
        assert repr(Rounding.HALF_EVEN) == "Rounding.HALF_EVEN"
        assert Rounding.HALF_EVEN == "half_even"

    def test_refuses(self) -> None:
        """What is inexact, unknown or upside down."""
        with pytest.raises(InexactNumber, match="^value must be"):
            round_fraction(0.5)  # type: ignore[arg-type]
        with pytest.raises(UnknownName, match="no rounding 'bankers'"):
            round_fraction("0.5", "bankers")
        with pytest.raises(UnknownName, match="no rounding None"):
            round_quotient(1, 2, None)  # type: ignore[arg-type]
        for denominator in (0, -2):
            with pytest.raises(InvalidValue, match="denominator must be above 0"):
                round_quotient(1, denominator)


class TestApportion:
    ten = Money("10.00", "BRL")

    def test_takes_any_exact_weights(self) -> None:
        """And any iterable of them."""
        parts = (Money("5.00", "BRL"), Money("2.50", "BRL"), Money("2.50", "BRL"))
        assert apportion(self.ten, ["0.5", Decimal("0.25"), Fraction(1, 4)]) == parts
        assert apportion(self.ten, iter([2, 1, 1])) == parts

    @pytest.mark.parametrize("weights", [[], [0], [0, "0.00"]])
    def test_somebody_must_get_it(self, weights: Any) -> None:
        """Even nothing cannot be split among nobody."""
        for amount in (self.ten, Money.zero("BRL")):
            with pytest.raises(InvalidValue, match="weights must be at least one number above 0: nobody would get"):
                apportion(amount, weights)

    def test_names_the_bad_weight(self) -> None:
        """By its place."""
        with pytest.raises(InvalidValue, match=r"weights\[1\] must be at least 0; to take back, apportion a negative"):
            apportion(self.ten, [1, -1])
        with pytest.raises(InexactNumber, match=r"weights\[2\] must be an exact number"):
            apportion(self.ten, [1, 1, 0.5])  # type: ignore[list-item]
        with pytest.raises(InvalidValue, match=r"weights\[0\] must be an exact number"):
            apportion(self.ten, ["acme"])

    @pytest.mark.parametrize("weights", ["123", b"123", {"acme": 1}, 5, None])
    def test_weights_are_a_list(self, weights: Any) -> None:
        """A text or a mapping of parties is not a list of numbers."""
        with pytest.raises(InvalidValue, match="^weights must be a list of exact numbers"):
            apportion(self.ten, weights)

    @pytest.mark.parametrize("amount", ["10.00", 10, None])
    def test_amount_is_money(self, amount: Any) -> None:
        """Not a number."""
        with pytest.raises(InvalidValue, match="^amount must be a Money"):
            apportion(amount, [1])

    def test_the_inner_form(self) -> None:
        """Nothing left, one left, more left, and the same taken back."""
        assert apportion_minor(100, [1, 1], 2) == [50, 50]
        assert apportion_minor(100, [1, 1, 1], 3) == [34, 33, 33]
        assert apportion_minor(101, [1, 1, 1], 3) == [34, 34, 33]
        assert apportion_minor(-101, [1, 1, 1], 3) == [-34, -34, -33]
        assert apportion_minor(7, (0, 3), 3) == [0, 7]


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
                "no rate USD->BRL on or before 2026-03-01; the first one is of 2026-03-02",
            ),
            (
                "BRL",
                "USD",
                date(2026, 3, 1),
                "no rate BRL->USD on or before 2026-03-01; the first one is of 2026-03-02",
            ),
            (
                "EUR",
                "BRL",
                DAY,
                "no rate EUR->BRL on or before 2026-03-31; the table holds USD->BRL; "
                "rates are never chained, so put the cross rate in the table",
            ),
            (
                "EUR",
                "JPY",
                DAY,
                "no rate EUR->JPY on or before 2026-03-31; it knows neither; "
                "rates are never chained, so put the cross rate in the table",
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
        names = {"datetime": __import__("datetime"), "Fraction": Fraction, **vars(money)}
        assert eval(repr(table), names) == table  # noqa: S307

    def test_is_a_value(self) -> None:
        """Frozen, hashable, a key, and picklable."""
        again = ExchangeRates(tuple(reversed(self.table.rates)))
        assert {self.table: 1}[again] == 1
        assert pickle.loads(pickle.dumps(again)).rate("USD", "BRL", DAY) == self.table.rate("USD", "BRL", DAY)  # noqa: S301
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
