"""Rounding and apportioning."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from partnerops.exceptions import (
    InexactNumber,
    InvalidValue,
    UnknownName,
)
from partnerops.money import (
    Money,
    Rounding,
    apportion,
    apportion_minor,
    round_fraction,
    round_quotient,
)


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

    @pytest.mark.parametrize(
        ("rounding", "expected"),
        [
            ("half_even", [-2, -1, -1, -1, 0, 0, 0, 1, 1, 1, 2]),
            ("half_up", [-2, -1, -1, -1, 0, 0, 0, 1, 1, 1, 2]),
            ("half_down", [-2, -1, -1, -1, 0, 0, 0, 1, 1, 1, 2]),
            ("up", [-2, -2, -1, -1, -1, 0, 1, 1, 1, 2, 2]),
            ("down", [-1, -1, -1, 0, 0, 0, 0, 0, 1, 1, 1]),
            ("floor", [-2, -2, -1, -1, -1, 0, 0, 0, 1, 1, 1]),
            ("ceiling", [-1, -1, -1, 0, 0, 0, 1, 1, 1, 2, 2]),
        ],
    )
    def test_thirds(self, rounding: str, expected: list[int]) -> None:
        """From -5/3 to 5/3: an odd denominator has no half, and two thirds are the least that lies beyond it."""
        assert [round_quotient(n, 3, rounding) for n in range(-5, 6)] == expected
        assert [round_fraction(Fraction(n, 3), rounding) for n in range(-5, 6)] == expected

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
