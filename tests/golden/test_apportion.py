"""Splits worked out by hand or printed elsewhere, to the cent."""

from __future__ import annotations

from typing import Any

import pytest

from partnerops.money import Money, apportion

CASES = [
    # amount, weights, parts, why it is here
    ("100.00 BRL", [1, 1, 1], ["33.34", "33.33", "33.33"], "one cent left: the first of equals takes it"),
    ("-100.00 BRL", [1, 1, 1], ["-33.34", "-33.33", "-33.33"], "the same taken back"),
    ("0.05 BRL", ["0.30", "0.70"], ["0.02", "0.03"], "1.5 and 3.5 cents: a tie, to the earlier"),
    ("0.05 BRL", ["0.70", "0.30"], ["0.04", "0.01"], "the same tie the other way round"),
    ("1000.00 BRL", [40, 20, 40], ["400.00", "200.00", "400.00"], "position-based 40/20/40: nothing left"),
    ("0.01 BRL", [1, 1], ["0.01", "0.00"], "less than a cent each"),
    ("0.00 BRL", [3, 7], ["0.00", "0.00"], "nothing to split"),
    ("12.34 BRL", [5], ["12.34"], "one weight takes all"),
    ("100 JPY", [1, 1, 1], ["34", "33", "33"], "no decimals"),
    ("1.000 KWD", [1, 1, 1], ["0.334", "0.333", "0.333"], "three decimals"),
    ("10.00 BRL", [0, 1, 0, 2], ["0.00", "3.33", "0.00", "6.67"], "zeros keep their place and get nothing"),
    ("1.00 BRL", ["1/3", "1/6", "1/2"], ["0.33", "0.17", "0.50"], "thirds and sixths: .33 and .67 cents left"),
]


@pytest.mark.parametrize(("amount", "weights", "parts"), [case[:3] for case in CASES], ids=[case[3] for case in CASES])
def test_splits(amount: str, weights: list[Any], parts: list[str]) -> None:
    """Largest remainder, ties to the earlier weight."""
    number, code = amount.split()
    assert apportion(Money(number, code), weights) == tuple(Money(part, code) for part in parts)


SEATS = [
    # seats, votes, seats by party
    # quotas 47, 16, 15.9, 12, 6, 3.1: one left, for .9
    (100, [47000, 16000, 15900, 12000, 6000, 3100], [47, 16, 16, 12, 6, 3]),
    # 4.7, 1.6, 1.59, 1.2, 0.6, 0.31: three left, for .7 and twice .6
    (10, [47000, 16000, 15900, 12000, 6000, 3100], [5, 2, 1, 1, 1, 0]),
    # 9.87, 3.36, 3.339, 2.52, 1.26, 0.651: three left, for .87, .651 and .52
    (21, [47000, 16000, 15900, 12000, 6000, 3100], [10, 3, 3, 3, 1, 1]),
]


@pytest.mark.parametrize(("seats", "votes", "expected"), SEATS)
def test_seats_by_the_same_method(seats: int, votes: list[int], expected: list[int]) -> None:
    """Parliaments split seats by largest remainder with the Hare quota: a yen is a seat."""
    assert [part.minor for part in apportion(Money(seats, "JPY"), votes)] == expected


def test_a_larger_amount_may_give_a_part_less() -> None:
    """The Alabama paradox, a property of the method: stated in the docstring, pinned here."""
    assert [part.minor for part in apportion(Money(10, "JPY"), [6, 6, 2])] == [4, 4, 2]
    assert [part.minor for part in apportion(Money(11, "JPY"), [6, 6, 2])] == [5, 5, 1]
