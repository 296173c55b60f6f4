"""Laws of money: nothing is lost, made or rounded twice."""

from __future__ import annotations

import copy
import decimal
import pickle
import warnings
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, strategies as st

from partnerops.exceptions import CurrencyMismatch, MissingRate
from partnerops.money import (
    Currency,
    ExchangeRate,
    ExchangeRates,
    Money,
    Rounding,
    apportion,
    apportion_minor,
    round_fraction,
)
from tests.laws.strategies import CODES, codes, exchange_rates, minors, money_lists, moneys, rates, weight_lists

ODD = [mode for mode in Rounding if mode not in {Rounding.FLOOR, Rounding.CEILING}]


# --- apportioning


@given(moneys, weight_lists)
def test_apportioning_conserves_the_amount(amount: Money, weights: list[Any]) -> None:
    """The parts sum to the amount, one for each weight, each in its currency."""
    parts = apportion(amount, weights)
    assert Money.total(parts, amount.currency) == amount
    assert len(parts) == len(weights)


@given(moneys, weight_lists)
def test_every_part_is_within_one_unit_of_its_quota(amount: Money, weights: list[Any]) -> None:
    """Strictly within, so an exact quota is met exactly; no part is on the other side of zero."""
    total = sum(map(Fraction, weights))
    for part, weight in zip(apportion(amount, weights), weights, strict=True):
        assert abs(part.minor - amount.minor * Fraction(weight) / total) < 1
        assert part.minor * amount.minor >= 0


@given(moneys, weight_lists)
def test_a_weight_of_zero_gets_nothing(amount: Money, weights: list[Any]) -> None:
    """Whatever is left over."""
    assert not any(part for part, weight in zip(apportion(amount, weights), weights, strict=True) if not weight)


@given(moneys, weight_lists)
def test_apportioning_is_odd(amount: Money, weights: list[Any]) -> None:
    """The split of -x is minus the split of x."""
    assert apportion(-amount, weights) == tuple(-part for part in apportion(amount, weights))


@given(moneys, weight_lists, st.fractions(Fraction(1, 50), 50, max_denominator=50))
def test_only_proportions_matter(amount: Money, weights: list[Any], factor: Fraction) -> None:
    """Weights in other units give the same split."""
    assert apportion(amount, [Fraction(weight) * factor for weight in weights]) == apportion(amount, weights)


@given(moneys, weight_lists)
def test_the_left_over_goes_to_the_largest_remainders(amount: Money, weights: list[Any]) -> None:
    """Whoever got a unit more has a larger remainder than whoever did not, or the same one and an earlier place."""
    total = sum(map(Fraction, weights))
    quotas = [abs(amount.minor) * Fraction(weight) / total for weight in weights]
    parts = [abs(part.minor) for part in apportion(amount, weights)]
    ranked = [
        (-(quota % 1), place, part > quota // 1) for place, (quota, part) in enumerate(zip(quotas, parts, strict=True))
    ]
    lucky = [more for _, _, more in sorted(ranked)]
    assert lucky == sorted(lucky, reverse=True)


@given(st.integers(-(10**6), 10**6), st.integers(1, 20))
def test_equal_weights_differ_by_a_unit_at_most_and_favour_the_earlier(minor: int, count: int) -> None:
    """With n equal weights the first ones get what is left over."""
    parts = [abs(part) for part in apportion_minor(minor, [7] * count, 7 * count)]
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


@given(moneys, weight_lists, st.randoms(use_true_random=False))
def test_order_matters_to_ties_alone(amount: Money, weights: list[Any], random: Any) -> None:
    """Shuffled, a weight gets the same amount, but for the unit by which equal remainders are told apart."""
    order = list(range(len(weights)))
    random.shuffle(order)
    before = apportion(amount, weights)
    after = apportion(amount, [weights[place] for place in order])
    total = sum(map(Fraction, weights))
    remainders = [abs(amount.minor) * Fraction(weight) / total % 1 for weight in weights]
    for place, part in zip(order, after, strict=True):
        if remainders.count(remainders[place]) == 1:
            assert part == before[place]
        assert abs(part.minor - before[place].minor) <= 1


@given(moneys, weight_lists)
def test_the_inner_form_agrees(amount: Money, weights: list[Any]) -> None:
    """`apportion_minor` on integer weights is what `apportion` does."""
    whole = [int(weight) for weight in weights]
    assume(any(whole))
    expected = [part.minor for part in apportion(amount, whole)]
    assert apportion_minor(amount.minor, whole, sum(whole)) == expected


# --- adding and comparing


@given(money_lists(3))
def test_amounts_of_a_currency_are_a_group(three: list[Money]) -> None:
    """Associative, commutative, with a zero and with opposites."""
    a, b, c = three
    zero = Money.zero(a.currency)
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + zero == a == +a
    assert a + -a == zero == a - a
    assert a - b == a + -b
    assert Money.zero(a.currency) - -a == a


@given(money_lists(2), st.integers(-50, 50), st.integers(-50, 50))
def test_whole_multiples_distribute(two: list[Money], m: int, n: int) -> None:
    """Multiplying is adding again and again."""
    a, b = two
    assert a * m + a * n == a * (m + n)
    assert (a + b) * m == m * a + m * b
    assert abs(a * n) == abs(a) * abs(n)


@given(money_lists(3))
def test_amounts_of_a_currency_are_totally_ordered(three: list[Money]) -> None:
    """Exactly one of <, ==, > holds; order is that of the numbers and adding keeps it."""
    a, b, c = three
    assert [a < b, a == b, a > b].count(True) == 1
    assert (a <= b) is not (a > b)
    assert (a >= b) is not (a < b)
    assert (a < b) is (a.amount < b.amount) is (a + c < b + c)
    assert sorted(three) == sorted(three, key=lambda money: money.minor)


@given(moneys, moneys)
def test_currencies_never_mix(a: Money, b: Money) -> None:
    """Neither in a sum nor in a comparison; they are just not equal."""
    assume(a.currency != b.currency)
    assert a != b
    for operation in (a.__add__, a.__sub__, a.__lt__, a.__le__, a.__gt__, a.__ge__):
        with pytest.raises(CurrencyMismatch):
            operation(b)
    with pytest.raises(CurrencyMismatch):
        Money.total([a, b])


@given(st.integers(0, 8).flatmap(money_lists))
def test_every_way_to_add_up_agrees(many: list[Money]) -> None:
    """`sum`, `sum` from a zero, and `Money.total`."""
    assume(many)
    zero = Money.zero(many[0].currency)
    assert sum(many) == sum(many, zero) == Money.total(many) == Money.total(iter(many), zero.currency)


@given(moneys)
def test_equal_amounts_hash_alike(money: Money) -> None:
    """However they were made."""
    again = Money(money.amount, money.currency)
    assert again == money
    assert hash(again) == hash(money)
    assert bool(money) is (money.minor != 0)


# --- rates and rounding


@given(moneys, rates, st.sampled_from(ODD))
def test_a_rate_is_odd(money: Money, rate: Fraction, rounding: Rounding) -> None:
    """Taking back at a rate cancels what was given at it."""
    assert (-money).times(rate, rounding) == money.times(-rate, rounding) == -money.times(rate, rounding)


@given(moneys, rates)
def test_floor_and_ceiling_mirror_each_other(money: Money, rate: Fraction) -> None:
    """The two roundings that are not odd are each other's opposite."""
    assert (-money).times(rate, "floor") == -money.times(rate, "ceiling")


@given(moneys, st.integers(-1000, 1000), st.sampled_from(Rounding))
def test_a_whole_rate_rounds_nothing(money: Money, rate: int, rounding: Rounding) -> None:
    """`times` of a whole number is `*`, and 1 changes nothing."""
    assert money.times(rate, rounding) == money * rate
    assert money.times(1, rounding) == money


@given(st.fractions() | rates, st.sampled_from(Rounding))
def test_rounding_stays_within_a_unit(value: Fraction, rounding: Rounding) -> None:
    """Whole numbers stay; to the nearest stays within a half; each direction keeps its side."""
    whole = round_fraction(value, rounding)
    assert abs(whole - value) <= (Fraction(1, 2) if rounding.startswith("half") else 1)
    assert abs(whole - value) < 1
    if value.denominator == 1:
        assert whole == value
    beyond = {
        "up": abs(whole) >= abs(value),
        "down": abs(whole) <= abs(value),
        "floor": whole <= value,
        "ceiling": whole >= value,
    }
    assert beyond.get(rounding, True)


NAMES = {
    "half_even": decimal.ROUND_HALF_EVEN,
    "half_up": decimal.ROUND_HALF_UP,
    "half_down": decimal.ROUND_HALF_DOWN,
    "up": decimal.ROUND_UP,
    "down": decimal.ROUND_DOWN,
    "ceiling": decimal.ROUND_CEILING,
    "floor": decimal.ROUND_FLOOR,
}


@given(st.integers(-(10**12), 10**12), st.integers(0, 6), st.sampled_from(Rounding))
def test_roundings_are_those_of_decimal(digits: int, places: int, rounding: Rounding) -> None:
    """The same names do the same as in the standard library."""
    value = Decimal(digits).scaleb(-places)
    assert round_fraction(value, rounding) == int(value.quantize(Decimal(1), rounding=NAMES[rounding]))


@given(money_lists(2), st.fractions(0, 3, max_denominator=1000))
def test_a_rate_keeps_the_order(two: list[Money], rate: Fraction) -> None:
    """Rounding once is monotone: a larger deal never earns less."""
    small, large = sorted(two)
    assert small.times(rate) <= large.times(rate)


# --- text


@given(minors, codes)
def test_text_comes_back(minor: int, code: str) -> None:
    """`repr`, `amount` and the text of both give the amount back."""
    money = Money.from_minor(minor, code)
    assert eval(repr(money)) == money  # noqa: S307
    assert Money(money.amount, code) == Money(str(money).split()[0], code) == money
    assert Money(Fraction(money.amount), code) == money
    assert f"{money:,}".replace(",", "") == str(money) == f"{money}"


@pytest.mark.parametrize("code", CODES)
def test_every_currency_prints_with_its_own_decimals(code: str) -> None:
    """One minor unit of every currency of the table, there and back."""
    places = Currency.of(code).exponent or 0
    text = f"0.{'1'.zfill(places)}" if places else "1"
    assert str(Money.from_minor(1, code)) == f"{text} {code}"
    assert Money(text, code).minor == 1
    assert str(Money(text, code).amount) == text


@given(moneys, rates, weight_lists)
def test_the_decimal_context_changes_nothing(money: Money, rate: Fraction, weights: list[Any]) -> None:
    """Precision, rounding and traps of the day are for other people's decimals."""

    def everything() -> tuple[object, ...]:
        again = Money(str(money.amount), money.currency)
        tables = ExchangeRate("USD", "BRL", date(2026, 3, 31), Decimal("5.43217654321"))
        converted = tables.convert(Money.from_minor(money.minor, "USD"))
        parts = apportion(money, weights)
        texts = str(money), f"{money:,.1f}", repr(money), str(money.amount), str(tables)
        return again, Money(money.amount, money.currency), money.times(rate), parts, converted, texts

    expected = everything()
    traps = [decimal.Inexact, decimal.Rounded, decimal.FloatOperation, decimal.Subnormal]
    with decimal.localcontext(decimal.Context(prec=3, rounding=decimal.ROUND_UP, Emax=9, Emin=-9, traps=traps)):
        assert everything() == expected


@given(moneys)
def test_copies_and_pickles_are_equal(money: Money) -> None:
    """Through every protocol; the small ones a process pool sends are the reason."""
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(money, protocol)) == money
    assert copy.copy(money) == copy.deepcopy([money])[0] == money


# --- exchange


def table(records: list[ExchangeRate]) -> ExchangeRates:
    """The first record of each pair and date, never stale."""
    first: dict[tuple[str, str, date], ExchangeRate] = {}
    for record in records:
        first.setdefault((record.base, record.quote, record.on), record)
    return ExchangeRates(first.values(), stale_after_days=10_000)


@given(st.lists(exchange_rates(), max_size=20), st.sampled_from("BUJK"), st.sampled_from("BUJK"), st.integers(-3, 20))
def test_the_latest_rate_of_the_day_is_found(records: list[ExchangeRate], a: str, b: str, day: int) -> None:
    """As a search through the whole list would find it; later records never change an earlier day."""
    known = {"B": "BRL", "U": "USD", "J": "JPY", "K": "KWD"}
    base, quote, on = known[a], known[b], date(2026, 3, 1) + timedelta(days=day)
    rates = table(records)
    both = [r for r in rates.rates if {r.base, r.quote} == {base, quote} and r.on <= on]
    if base != quote and not both:
        with pytest.raises(MissingRate):
            rates.rate(base, quote, on)
        return
    found = rates.rate(base, quote, on)
    assert (found.base, found.quote) == (base, quote)
    if base == quote:
        assert found.rate == 1
        return
    newest = max(r.on for r in both)
    assert found.on == newest
    direct = [r for r in both if r.on == newest and r.base == base]
    assert found in direct if direct else found.inverted
    earlier = ExchangeRates([r for r in rates.rates if r.on <= on], stale_after_days=10_000)
    assert earlier.rate(base, quote, on) == found


@given(st.lists(exchange_rates(), max_size=12), st.randoms(use_true_random=False))
def test_tables_are_equal_whatever_the_order(records: list[ExchangeRate], random: Any) -> None:
    """A table is a set of facts: order and repetition say nothing."""
    rates = table(records)
    shuffled = [*rates.rates, *rates.rates]
    random.shuffle(shuffled)
    again = ExchangeRates(shuffled, stale_after_days=10_000)
    assert again == rates == pickle.loads(pickle.dumps(rates))
    assert hash(again) == hash(rates)


@given(exchange_rates(), minors)
def test_converting_is_exact_to_half_a_unit(rate: ExchangeRate, minor: int) -> None:
    """Decimals of both currencies included; odd; and the inverse undoes the rate, not the rounding."""
    money = Money.from_minor(minor, rate.base)
    converted = rate.convert(money)
    scale = Fraction(10) ** ((Currency.of(rate.quote).exponent or 0) - (Currency.of(rate.base).exponent or 0))
    assert abs(converted.minor - minor * rate.rate * scale) <= Fraction(1, 2)
    assert rate.convert(-money) == -converted
    assert rate.inverse().inverse() == rate
    assert rate.inverse().rate * rate.rate == 1


@given(exchange_rates(), st.integers(0, 30), st.integers(0, 30))
def test_a_stale_rate_warns_and_is_used(rate: ExchangeRate, limit: int, age: int) -> None:
    """A warning if and only if the rate is older than the limit, and the same rate either way."""
    rates = ExchangeRates([rate], stale_after_days=limit)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert rates.rate(rate.base, rate.quote, rate.on + timedelta(days=age)) == rate
    assert bool(caught) is (age > limit)
