"""Codes of ISO 4217."""

from __future__ import annotations

from typing import Any

import pytest

from partnerops import _iso4217
from partnerops.exceptions import (
    InvalidValue,
    UnknownCurrency,
)
from partnerops.money import (
    Currency,
    Money,
)


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
        euro = [
            *("ATS", "BEF", "BGN", "CYP", "DEM", "EEK", "ESP", "FIM", "FRF", "GRD", "HRK"),
            *("IEP", "ITL", "LTL", "LUF", "LVL", "MTL", "NLG", "PTE", "SIT", "SKK"),
        ]
        real = ["BRB", "BRC", "BRN", "BRE", "BRR"]
        assert not any(Currency.of(code).is_active for code in euro + real)
        assert [code for code in euro if Currency.of(code).exponent == 0] == ["BEF", "ESP", "GRD", "ITL", "LUF", "PTE"]
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
