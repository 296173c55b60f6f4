"""Laws of fitted models, and oracles that compute the same by the definition, exactly and slowly."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, strategies as st

from partnerops.attribution.datadriven import Journey, MarkovRemoval, Shapley

from .cases import facts

pytestmark = pytest.mark.laws

NAMES = ("acme", "birch", "cedar", "direct")
paths = st.lists(st.sampled_from(NAMES), max_size=6)
counts = st.integers(0, 4) | st.sampled_from([10**6])
journeys = st.lists(st.builds(Journey, paths, converted=counts, lost=counts), max_size=7)


# --- oracles ----------------------------------------------------------------------------------------------------------


def conversion(found: list[Journey], order: int, banned: str | None) -> Fraction:
    """Probability of a sale from the start of the fitted chain, by exact elimination of its linear system."""
    counted: dict[tuple, dict] = {}
    for one in found:
        state = ()
        for label in one.path:
            to = (*state, label)[-order:]
            row = counted.setdefault(state, {})
            row[to] = row.get(to, 0) + one.converted + one.lost
            state = to
        row = counted.setdefault(state, {})
        row["sale"] = row.get("sale", 0) + one.converted
        row["loss"] = row.get("loss", 0) + one.lost
    states = [state for state in counted if (not state or state[-1] != banned) and sum(counted[state].values())]
    if () not in states:
        return Fraction(0)
    system = []
    for state in states:
        total = sum(counted[state].values())
        row = [Fraction(int(state == to)) - Fraction(counted[state].get(to, 0), total) for to in states]
        system.append([*row, Fraction(counted[state].get("sale", 0), total)])
    return solved(system)[states.index(())]


def solved(system: list[list[Fraction]]) -> list[Fraction]:
    """Gauss and Jordan on exact fractions."""
    size = len(system)
    for pivot in range(size):
        best = next(row for row in range(pivot, size) if system[row][pivot])
        system[pivot], system[best] = system[best], system[pivot]
        system[pivot] = [value / system[pivot][pivot] for value in system[pivot]]
        for row in range(size):
            if row != pivot and system[row][pivot]:
                factor = system[row][pivot]
                system[row] = [a - factor * b for a, b in zip(system[row], system[pivot], strict=True)]
    return [row[-1] for row in system]


def shapley(found: list[Journey], worth) -> dict[str, Fraction]:
    """The average contribution over all orders of joining, one order after another."""
    names = sorted({name for one in found for name in one.path})
    orders = list(permutations(names))
    values = dict.fromkeys(names, Fraction(0))
    for order in orders:
        for place, name in enumerate(order):
            gain = worth(found, set(order[: place + 1])) - worth(found, set(order[:place]))
            values[name] += gain / len(orders)
    return values


def conversions(found: list[Journey], coalition: set[str]) -> Fraction:
    return Fraction(sum(one.converted for one in found if one.path and set(one.path) <= coalition))


def rate(found: list[Journey], coalition: set[str]) -> Fraction:
    inside = [one for one in found if one.path and set(one.path) <= coalition]
    total = sum(one.converted + one.lost for one in inside)
    return Fraction(sum(one.converted for one in inside), total) if total else Fraction(0)


# --- laws -------------------------------------------------------------------------------------------------------------


class TestMarkov:
    """Removal effects."""

    @given(journeys, st.integers(1, 3))
    def test_effects_are_those_of_the_definition(self, found, order):
        """To the last of the 9 decimals that are kept."""
        fitted = MarkovRemoval.fit(found, order=order)
        happened = [one for one in found if one.converted + one.lost]
        total = conversion(happened, order, None) if happened else 0
        names = {name for one in happened for name in one.path}
        want = {name: 1 - conversion(happened, order, name) / total for name in names} if total else {}
        if not any(round(effect, 9) for effect in want.values()):
            assert fitted.effects is None
            assert fitted.reason
            return
        assert fitted.effects.keys() == want.keys()
        assert all(abs(fitted.effects[name] - want[name]) < Fraction(2, 10**9) for name in names)

    @given(journeys, st.integers(1, 3))
    def test_shares_are_never_negative_and_sum_to_one(self, found, order):
        """Or there are none, and a reason."""
        fitted = MarkovRemoval.fit(found, order=order)
        if fitted.shares is None:
            assert fitted.reason
        else:
            assert all(0 <= share <= 1 for share in fitted.shares.values())
            assert sum(fitted.shares.values()) == 1

    @given(journeys, st.randoms(use_true_random=False), st.integers(1, 3))
    def test_order_and_bundling_of_journeys_mean_nothing(self, found, random, order):
        """A journey that happened three times is three journeys, give or take the last decimal."""
        one = MarkovRemoval.fit(found, order=order)
        singles = [
            single
            for each in found
            for single in (
                [Journey(each.path, converted=1)] * min(each.converted, 4)
                + [Journey(each.path, lost=1)] * min(each.lost, 4)
            )
        ]
        if all(each.converted < 5 and each.lost < 5 for each in found):
            random.shuffle(singles)
            other = MarkovRemoval.fit(singles, order=order)
            assert (one.effects is None) == (other.effects is None)
            if one.effects is not None:
                assert all(abs(one.effects[name] - other.effects[name]) <= Fraction(2, 10**9) for name in one.effects)

    @given(journeys)
    def test_a_party_in_every_journey_that_sold_has_the_full_effect(self, found):
        """Without it there is no sale left."""
        with_acme = [one.replace(path=("acme", *one.path)) for one in found]
        fitted = MarkovRemoval.fit(with_acme)
        if any(one.converted for one in found):
            assert fitted.effects["acme"] == 1


class TestShapley:
    """Average contributions."""

    @given(journeys)
    def test_values_of_sales_are_those_of_the_definition(self, found):
        """And sum to all sales with a touch."""
        fitted = Shapley.fit(found)
        exact = shapley(found, conversions)
        total = sum(exact.values())
        assert total == sum(one.converted for one in found if one.path)
        if not total:
            assert fitted.values is None
            return
        for name, value in fitted.values.items():
            assert abs(value - exact[name] / total) <= Fraction(1, 2 * 10**9)

    @given(journeys)
    def test_values_of_the_rate_are_those_of_the_definition(self, found):
        """Negative ones are told, never given."""
        fitted = Shapley.fit(found, worth="rate")
        exact = shapley([one for one in found if one.converted + one.lost], rate)
        total = sum(exact.values(), Fraction(0))
        if fitted.values is None:
            assert fitted.reason
            assert total <= 0 or min(exact.values()) < 0 or not any(one.converted and one.path for one in found)
        else:
            assert min(exact.values()) > Fraction(-1, 10**9)
            assert all(abs(fitted.values[name] - exact[name] / total) < Fraction(3, 10**9) for name in exact)

    @given(journeys)
    def test_a_party_that_changes_nothing_gets_nothing(self, found):
        """The null player: it was only in journeys that were lost."""
        more = [*found, Journey(["zeta", "acme"], lost=3)]
        fitted = Shapley.fit(more)
        assert fitted.values is None or fitted.values["zeta"] == 0


@given(facts(), journeys, st.sampled_from(["markov", "conversions", "rate"]))
def test_fitted_models_are_policies_like_any_other(one, found, kind):
    """Conserved, explained, and in proportion to the values of the parties that touched the deal."""
    fitted = MarkovRemoval.fit(found) if kind == "markov" else Shapley.fit(found, worth=kind)
    values = (fitted.effects if kind == "markov" else fitted.values) or {}
    result = one.ask(fitted)
    assert sum(c.amount.minor for c in result.credits) + result.unattributed.minor == one.deal.amount.minor
    touching = {touch.partner_id for touch in result.case.touches}
    known = {party: values[party] for party in touching if values.get(party)}
    total = sum(known.values())
    assert {c.partner_id: c.share for c in result.credits} == {party: value / total for party, value in known.items()}
    assert all(line.because for line in result.lines)
