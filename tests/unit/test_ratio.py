"""Rates with their counts."""

from __future__ import annotations

import pickle
import typing
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import frozen

from partnerops.exceptions import CurrencyMismatch, InexactNumber, InvalidValue
from partnerops.money import Money
from partnerops.ratio import Ratio


@frozen
class Coins:
    """As much of an amount of money as a ratio needs."""

    minor: int
    currency: str

    def __add__(self, other: Coins) -> Coins:
        if other.currency != self.currency:
            raise CurrencyMismatch("add", self.currency, other.currency)
        return Coins(self.minor + other.minor, self.currency)


class TestValue:
    def test_is_exact(self) -> None:
        """Counts, text, decimals and fractions, with the value as a fraction."""
        assert Ratio(12, 19).value == Fraction(12, 19)
        assert Ratio("0.1", Decimal("0.30")).value == Fraction(1, 3)
        assert Ratio(Fraction(1, 3), "2/3").value == Fraction(1, 2)

    @pytest.mark.parametrize("numerator", [0, 5, -5, "0.1"])
    def test_no_denominator_no_value(self, numerator: Any) -> None:
        """Neither 0 nor an exception: None in every form, and the reason."""
        ratio = Ratio(numerator, 0)
        assert (ratio.value, ratio.decimal(), ratio.percent(), ratio.reason) == (None, None, "n/a", "denominator is 0")

    def test_refunds_leave_the_usual_range(self) -> None:
        """Below 0 and above 1 are values too, as is 0."""
        assert [Ratio(n, d).value for n, d in ((-1, 2), (3, 2), (1, -2), (0, 2))] == [
            Fraction(-1, 2),
            Fraction(3, 2),
            Fraction(-1, 2),
            0,
        ]
        assert Ratio(0, 2).reason == ""

    @pytest.mark.parametrize("bad", [0.5, float("nan")])
    def test_floats_are_refused(self, bad: float) -> None:
        """Either part, with the remedy."""
        with pytest.raises(InexactNumber, match="Ratio.numerator must be an exact number .*floats are not exact"):
            Ratio(bad, 1)  # type: ignore[arg-type]
        with pytest.raises(InexactNumber, match="Ratio.denominator"):
            Ratio(1, bad)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "bad",
        ["a", None, True, Decimal("NaN"), Decimal("inf"), "1/0", [], object(), "1e999999999", Decimal("1e999999999")],
    )
    def test_other_things_are_refused(self, bad: Any) -> None:
        """What is no finite number is named with its place."""
        with pytest.raises(InvalidValue, match="Ratio.denominator must be an exact number or a Money"):
            Ratio(1, bad)

    def test_is_a_value(self) -> None:
        """Equal by both parts, hashable, picklable, and whole numbers are whole however written."""
        assert Ratio("2", Fraction(4)) == Ratio(2, 4) != Ratio(1, 2)
        assert hash(Ratio("2.0", 4)) == hash(Ratio(2, 4))
        assert pickle.loads(pickle.dumps(Ratio("1/3", 4))) == Ratio("1/3", 4)
        assert Ratio(1, 2).replace(denominator=4) == Ratio(1, 4)

    def test_types_resolve_at_run_time(self) -> None:
        """Annotations name types that exist, as serialisers need."""
        assert set(typing.get_type_hints(Ratio)) == {"numerator", "denominator"}


class TestAmounts:
    def test_one_currency_divides(self) -> None:
        """The value is that of the minor units."""
        assert Ratio(Coins(500, "BRL"), Coins(2000, "BRL")).value == Fraction(1, 4)
        assert Ratio(Coins(500, "BRL"), Coins(0, "BRL")).reason == "denominator is 0"

    def test_money_is_an_amount(self) -> None:
        """The library's own money divides, adds up, and prints as Python."""
        ratio = Ratio(Money("5.00", "BRL"), Money("20.00", "BRL"))
        assert ratio.value == Fraction(1, 4)
        assert ratio + ratio == Ratio(Money("10.00", "BRL"), Money("40.00", "BRL"))
        assert eval(repr(ratio)) == ratio  # noqa: S307
        with pytest.raises(CurrencyMismatch):
            ratio + Ratio(Money("5.00", "USD"), Money("20.00", "USD"))

    def test_amounts_add_up(self) -> None:
        """From nothing, in one currency."""
        one = Ratio(Coins(1, "BRL"), Coins(2, "BRL"))
        assert Ratio.total([one, one]) == Ratio(Coins(2, "BRL"), Coins(4, "BRL"))

    def test_nothing_is_added_to_amounts_from_either_side(self) -> None:
        """A sum may start from 0 / 0, and may meet it later."""
        one = Ratio(Coins(1, "BRL"), Coins(2, "BRL"))
        assert one + Ratio(0, 0) == one == Ratio(0, 0) + one
        assert Ratio.total([one, Ratio(0, 0), one]) == Ratio(Coins(2, "BRL"), Coins(4, "BRL"))

    @pytest.mark.parametrize("half", [{"minor": 1}, {"currency": "BRL"}, {"minor": "1", "currency": "BRL"}])
    def test_half_an_amount_is_none(self, half: dict[str, Any]) -> None:
        """Minor units without a currency are no money, nor is a currency without them."""
        with pytest.raises(InvalidValue, match="Ratio.numerator must be an exact number or a Money"):
            Ratio(SimpleNamespace(**half), SimpleNamespace(**half))

    def test_currencies_do_not_mix(self) -> None:
        """Neither within a ratio nor in a sum, not even of zeros."""
        with pytest.raises(CurrencyMismatch, match="cannot divide BRL and USD"):
            Ratio(Coins(1, "BRL"), Coins(1, "USD"))
        zero = Ratio(Coins(0, "USD"), Coins(0, "USD"))
        with pytest.raises(CurrencyMismatch, match="cannot add USD and BRL"):
            zero + Ratio(Coins(1, "BRL"), Coins(1, "BRL"))

    def test_amounts_and_numbers_do_not_mix(self) -> None:
        """Money per deal is no ratio, and a ratio of money does not add to one of counts."""
        amount = Coins(1, "BRL")
        for parts in ((amount, 1), (1, amount)):
            with pytest.raises(InvalidValue, match="Ratio.denominator must be of the same kind as the numerator"):
                Ratio(*parts)
        with pytest.raises(InvalidValue, match="the ratio to add must be of the same kind as 1 / 2 = 50.0 %"):
            Ratio(1, 2) + Ratio(amount, amount)

    def test_counts_have_intervals_amounts_have_none(self) -> None:
        """An interval of money is refused."""
        with pytest.raises(InvalidValue, match="k of n whole things"):
            Ratio(Coins(1, "BRL"), Coins(2, "BRL")).wilson()


class TestAddition:
    def test_is_the_ratio_of_sums(self) -> None:
        """1 of 2 and 5 of 6 are 6 of 8, not the mean of a half and five sixths."""
        assert Ratio(1, 2) + Ratio(5, 6) == Ratio(6, 8)
        assert Ratio.total([Ratio(1, 2), Ratio(5, 6), Ratio(0, 0), Ratio(3, 0)]) == Ratio(9, 8)
        assert Ratio.total(iter(())) == Ratio(0, 0)

    def test_a_numerator_without_denominator_is_not_lost(self) -> None:
        """Only 0 / 0 is nothing."""
        assert Ratio(3, 0) + Ratio(1, 4) == Ratio(4, 4) == Ratio(1, 4) + Ratio(3, 0)
        assert Ratio(0, 5) + Ratio(1, 4) == Ratio(1, 9)

    @pytest.mark.parametrize("other", [1, Fraction(1, 2), None])
    def test_only_ratios_add(self, other: Any) -> None:
        """A bare number has no denominator to add."""
        with pytest.raises(TypeError):
            Ratio(1, 2) + other


class TestText:
    def test_decimals_round_half_even(self) -> None:
        """The number of places is kept, the ambient context does not matter."""
        assert [str(Ratio(n, 8).decimal(2)) for n in (1, 3, -1, 8, 0)] == ["0.12", "0.38", "-0.12", "1.00", "0.00"]
        assert str(Ratio(12, 19).decimal()) == "0.6316"
        with localcontext(Context(prec=2)):
            assert str(Ratio(123456, 1).decimal(3)) == "123456.000"

    @pytest.mark.parametrize(
        ("ratio", "places", "text"),
        [
            (Ratio(12, 19), 1, "63.2 %"),
            (Ratio(1, 200), 0, "0 %"),
            (Ratio(3, 200), 0, "2 %"),
            (Ratio(-1, 20), 1, "-5.0 %"),
            (Ratio(-1, 10**6), 1, "0.0 %"),
            (Ratio(3, 2), 2, "150.00 %"),
            (Ratio(0, 7), 9, "0.000000000 %"),
        ],
    )
    def test_percents(self, ratio: Ratio, places: int, text: str) -> None:
        """Plain digits, half-even, no minus before a zero."""
        assert ratio.percent(places) == text

    @pytest.mark.parametrize("bad", [-1, 1.0, "2", True, 101])
    def test_places_are_a_small_number(self, bad: Any) -> None:
        """Anything else is refused, also where there is no value."""
        for method in (Ratio(1, 3).decimal, Ratio(0, 0).decimal, Ratio(0, 0).percent):
            with pytest.raises(InvalidValue, match="places must be a whole number from 0 to 100"):
                method(bad)

    def test_str_and_repr(self) -> None:
        """For people and for Python."""
        assert str(Ratio("0.5", 3)) == "1/2 / 3 = 16.7 %"
        assert repr(Ratio(12, 19)) == "Ratio(12, 19)"
        assert repr(Ratio("0.5", 3)) == "Ratio('1/2', 3)"
        assert repr(Ratio(Coins(1, "BRL"), Coins(2, "BRL"))) == (
            "Ratio(Coins(minor=1, currency='BRL'), Coins(minor=2, currency='BRL'))"
        )


class TestWilson:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: intervals of 95 % to four decimals
    @pytest.mark.parametrize(
        ("k", "n", "low", "high"),
        [
            (81, 263, "0.2553", "0.3662"),
            (15, 148, "0.0624", "0.1605"),
            (0, 20, "0.0000", "0.1611"),
            (1, 29, "0.0061", "0.1718"),
        ],
    )
    def test_published_intervals(self, k: int, n: int, low: str, high: str) -> None:
        """What the literature gives for the same counts."""
        interval = Ratio(k, n).wilson("1.959964")
        assert interval is not None
        assert [round(end, 4) for end in interval] == [Decimal(low), Decimal(high)]

    def test_ends_are_exact(self) -> None:
        """None of n starts at 0, all of n ends at 1, with nine decimals."""
        assert Ratio(0, 10).wilson() == (Decimal(0), Decimal("0.277540169"))
        assert Ratio(10, 10).wilson() == (Decimal("0.722459831"), Decimal(1))
        low, _ = Ratio(0, 10).wilson() or (None, None)
        assert low is not None
        assert low.as_tuple().exponent == -9

    def test_nothing_counted_has_none(self) -> None:
        """0 of 0 says nothing."""
        assert Ratio(0, 0).wilson() is None

    def test_the_quantile_widens_it(self) -> None:
        """At z = 1 the interval of 1 of 2 is (2 + 1 -+ sqrt(3)) / 6."""
        assert Ratio(1, 2).wilson(1) == (Decimal("0.211324865"), Decimal("0.788675135"))

    @pytest.mark.parametrize(
        "ratio", [Ratio(3, 2), Ratio(-1, 2), Ratio(1, -2), Ratio("0.5", 2), Ratio(1, "2.5"), Ratio(1, 0)]
    )
    def test_only_counts_have_one(self, ratio: Ratio) -> None:
        """More than all, less than none and parts of things are refused."""
        with pytest.raises(InvalidValue, match="must be k of n whole things, 0 <= k <= n"):
            ratio.wilson()

    @pytest.mark.parametrize("z", [0, -1, "a", None, True, Decimal("NaN")])
    def test_the_quantile_is_above_0(self, z: Any) -> None:
        """Anything else is refused, also where nothing was counted."""
        with pytest.raises(InvalidValue, match="z must be an exact number above 0"):
            Ratio(0, 0).wilson(z)

    def test_the_quantile_is_no_float(self) -> None:
        """The remedy is named."""
        with pytest.raises(InexactNumber, match='write "1.96"'):
            Ratio(1, 2).wilson(1.96)  # type: ignore[arg-type]
