"""Laws of ratios: sums of sums, never means of means."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from partnerops.ratio import Ratio
from tests.laws.strategies import counts, quantiles, ratios

pytestmark = pytest.mark.laws


@given(ratios, ratios, ratios)
def test_adding_is_associative_and_commutative(a: Ratio, b: Ratio, c: Ratio) -> None:
    """Neither order nor grouping matters, and nothing is added by nothing."""
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Ratio(0, 0) == a == Ratio(0, 0) + a


@given(st.lists(st.tuples(st.sampled_from("abc"), ratios), max_size=12))
def test_grouping_first_changes_nothing(rows: list[tuple[str, Ratio]]) -> None:
    """The total over groups is the total over all rows."""
    groups = [Ratio.total(ratio for name, ratio in rows if name == group) for group in "abc"]
    total = Ratio.total(ratio for _, ratio in rows)
    assert Ratio.total(groups) == total
    assert total.numerator == sum(Fraction(str(ratio.numerator)) for _, ratio in rows)
    assert total.denominator == sum(Fraction(str(ratio.denominator)) for _, ratio in rows)


@given(ratios)
def test_there_is_a_value_or_a_reason(ratio: Ratio) -> None:
    """Exactly one of the two, and repr gives the ratio back."""
    assert (ratio.value is None) is (ratio.denominator == 0) is bool(ratio.reason)
    assert eval(repr(ratio)) == ratio  # noqa: S307


@given(ratios, st.integers(0, 12))
def test_decimals_are_the_nearest(ratio: Ratio, places: int) -> None:
    """Half a unit of the last place is the most that rounding takes, whatever the ambient context."""
    with localcontext(Context(prec=2)):
        rounded = ratio.decimal(places)
    if ratio.value is None:
        assert rounded is None
        return
    assert rounded is not None
    assert rounded.as_tuple().exponent == -places
    assert abs(Fraction(rounded) - ratio.value) * 2 * 10**places <= 1


@given(counts, quantiles)
def test_wilson_solves_its_equation(count: tuple[int, int], z: Fraction) -> None:
    """Each end p of the interval satisfies (p - k/n)^2 = z^2 p (1 - p) / n, and the rate lies between them."""
    k, n = count
    interval = Ratio(k, n).wilson(z)
    if n == 0:
        assert interval is None
        return
    assert interval is not None
    low, high = interval
    assert 0 <= low <= high <= 1
    assert low - Decimal("1e-9") <= Ratio(k, n).decimal(12) <= high + Decimal("1e-9")  # type: ignore[operator]
    for end, outward in ((low, -1), (high, 1)):
        # Beyond the end by one unit of the last place the rate is refused, inside by as much it is accepted.
        assert surplus(k, n, z, Fraction(end) + outward * Fraction(1, 10**9)) >= 0
        assert surplus(k, n, z, Fraction(end) - outward * Fraction(1, 10**9)) <= 0 or high - low <= Decimal("2e-9")


def surplus(k: int, n: int, z: Fraction, p: Fraction) -> Fraction:
    """Above 0 where the test of p against k of n refuses p."""
    return (p - Fraction(k, n)) ** 2 - z * z * p * (1 - p) / n


@given(counts, st.sampled_from(["1", "1.645", "1.96"]))
def test_wilson_mirrors(count: tuple[int, int], z: str) -> None:
    """The interval of the failures is the mirror of that of the successes."""
    k, n = count
    if n:
        low, high = Ratio(k, n).wilson(z) or (Decimal(0), Decimal(0))
        assert Ratio(n - k, n).wilson(z) == (1 - high, 1 - low)
