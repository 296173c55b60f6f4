"""Shapley values of parties in journeys: a party's average contribution over all orders of joining."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import factorial, fsum
from typing import Any, Final

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import FrozenMap, Value, is_a, is_shares, is_str, place, to_member
from partnerops._closed import ClosedSet
from partnerops.attribution._case import Case
from partnerops.attribution.datadriven._fitted import UNIT, quantised, reasons_of, shares_of, to_values, weights_of
from partnerops.attribution.datadriven._journeys import Journey, check_journeys
from partnerops.attribution.options import Label, to_label
from partnerops.exceptions import InvalidValue

MOST: Final = 16
"""Parties up to which all coalitions are gone through: 65,536 of them."""


class Worth(ClosedSet):
    """What a coalition of parties is worth."""

    CONVERSIONS = "conversions"
    """The sales of the journeys that these parties made alone; never falls when one joins, so no value is negative."""
    RATE = "rate"
    """The rate of sales among the journeys that these parties made alone; 0 where there was none. May fall."""


def to_worth(value: str) -> Worth:
    """The member with this value; anything else is left to the validator."""
    return to_member(Worth, value)


def _are_values(instance: object, attribute: attrs.Attribute[Any], value: FrozenMap[Fraction]) -> None:
    for name, share in value.items():
        is_shares(instance, attribute, FrozenMap({name: share}))  # each from 0 to 1; rounding may miss the sum
    if not any(value.values()):
        raise InvalidValue(place(instance, attribute), "None where no value is above 0", dict(value))


@frozen
class Shapley(Value):
    """
    Credit by Shapley value: what a party adds to a coalition, averaged over all orders in which parties may join.

    With v(S) the worth of the journeys whose parties all lie in S, the value of party i of n is the sum over all S
    without i of s! (n - s - 1)! / n! x (v(S and i) - v(S)), s being the size of S. As a policy, a party's value is
    divided over its touches of a deal; parties that were in no journey weigh 0.

    With `worth="conversions"`, the default, the value is that of sharing each sale equally among the parties of its
    journey, however many parties there are: exact, and never negative. With `worth="rate"` journeys that were lost
    count too; all 2^n coalitions are gone through, for at most 16 parties, and a party that lowers the rate may get a
    negative value: then there is no valid share, `values` is None and `reason` says whose. Values are shares of the
    total, quantised to 9 decimals.

    No journey, no sale, or sales that nobody touched: None and the reason, and every deal stays unattributed.

    Source: L. S. Shapley, "A value for n-person games" (1953); K. Zhao, S. H. Mahboobi, S. R. Bagheri, "Shapley value
    methods for attribution modeling" (2018).

    >>> Shapley.fit([Journey(["acme", "birch"], converted=2), Journey(["acme"], converted=1)]).values
    FrozenMap({'acme': Fraction(666666667, 1000000000), 'birch': Fraction(333333333, 1000000000)})
    """

    values: FrozenMap[Fraction] | None = field(converter=to_values, validator=optional(_are_values))
    """Label -> share of the total value, a fraction in whole billionths; None where there is no valid share."""
    worth: Worth = field(default=Worth.CONVERSIONS, kw_only=True, converter=to_worth, validator=is_a(Worth))
    """What a coalition is worth."""
    label: Label = field(default=Label.PARTY, kw_only=True, converter=to_label, validator=is_a(Label))
    """What the journeys were made of, and touches are grouped by."""
    journeys: int = field(default=0, kw_only=True, validator=is_a(int))
    """How many journeys it was fitted on."""
    reason: str = field(default="", kw_only=True, validator=is_str)
    """Why there is no valid share; empty where there is."""

    @classmethod
    def fit(cls, journeys: Iterable[Journey], /, *, worth: str = Worth.CONVERSIONS, label: str = "party") -> Shapley:
        """
        The model of a set of journeys.

        Raises:
            InvalidValue: Something that is no journey, no worth or no label; or more than 16 parties with
                `worth="rate"`.
        """
        found = check_journeys("Shapley.fit", journeys)
        count = sum(one.converted + one.lost for one in found)
        values, reason = _by_conversions(found) if worth == Worth.CONVERSIONS else _by_rate(found)
        return cls(values, worth=worth, label=to_label(label), journeys=count, reason=reason)

    @property
    def shares(self) -> FrozenMap[Fraction] | None:
        """The values once more normalised, so that they sum to 1 exactly; None where there is no valid share."""
        return shares_of(self.values)

    def weigh(self, case: Case, /) -> Sequence[Fraction]:
        """Each touch's equal part of its party's value."""
        return weights_of(self.values, self.label, case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """The value behind each weight."""
        return reasons_of(self.values, self.label, case, "Shapley value", self.reason)

    def __str__(self) -> str:
        return f"Shapley value of {self.worth.value} on {self.journeys:,} journeys"


Fitted = tuple[Mapping[str, Fraction] | None, str]
"""The values, or None and why there are none."""


def _by_conversions(journeys: Sequence[Journey]) -> Fitted:
    # Worth is a sum over journeys, and each journey's own game gives its parties equal values: no coalition is visited.
    # Counted by the number of parties first, so that fractions are made once per party and not once per journey.
    sales: dict[str, dict[int, int]] = {}
    for one in journeys:
        parties = set(one.path)
        count = len(parties)
        for name in parties:
            by_count = sales.setdefault(name, {})
            by_count[count] = by_count.get(count, 0) + one.converted
    values = {name: sum(Fraction(sold, count) for count, sold in found.items()) for name, found in sales.items()}
    total = sum(values.values(), Fraction(0))
    if not total:
        return None, _nothing(journeys)
    # Fractions all the way: each journey's share is a whole count over a small number.
    exact = {name: value / total for name, value in sorted(values.items())}
    return {name: Fraction(round(value * UNIT), UNIT) for name, value in exact.items()}, ""


def _nothing(journeys: Sequence[Journey]) -> str:
    if not journeys:
        return "there are no journeys"
    return "no journey with a touch ended in a sale"


def _by_rate(journeys: Sequence[Journey]) -> Fitted:
    names = sorted({name for one in journeys for name in one.path})
    if len(names) > MOST:
        rule = f'of at most {MOST} parties with worth="rate": {len(names)} of them form 2^{len(names)} coalitions'
        raise InvalidValue("Shapley.fit(journeys)", rule, names)
    if not any(one.converted for one in journeys if one.path):
        return None, _nothing(journeys)
    values = _values(_rates(journeys, {name: index for index, name in enumerate(names)}), len(names))
    worst = min(range(len(names)), key=values.__getitem__)
    # A millionth of a millionth below 0 is rounding; more is a party that harms, and no share can say that.
    if values[worst] < -1e-12:
        return None, f"{names[worst]} lowers the rate of sales on balance, so there is no valid share"
    total = fsum(values)  # the worth of all parties together: above 0, since some journey sold
    return {name: quantised(value / total) for name, value in zip(names, values, strict=True)}, ""


def _rates(journeys: Iterable[Journey], places: Mapping[str, int]) -> list[float]:
    """The worth of each coalition, by its bits: sales over journeys of all journeys within it."""
    size = 1 << len(places)
    sales, total = [0] * size, [0] * size
    for one in journeys:
        if not one.path:  # what nobody touched is nobody's worth
            continue
        coalition = sum(1 << places[name] for name in one.parties)
        sales[coalition] += one.converted
        total[coalition] += one.converted + one.lost
    for counts in (sales, total):
        _sum_over_subsets(counts, len(places))
    return [sold / seen if seen else 0.0 for sold, seen in zip(sales, total, strict=True)]


def _sum_over_subsets(counts: list[int], parties: int) -> None:
    """Each entry becomes the sum over all subsets of its bits: one pass per party."""
    for party in range(parties):
        bit = 1 << party
        for start in range(0, len(counts), 2 * bit):
            low, high = counts[start : start + bit], counts[start + bit : start + 2 * bit]
            counts[start + bit : start + 2 * bit] = map(int.__add__, low, high)


def _values(worth: Sequence[float], parties: int) -> list[float]:
    """
    The Shapley value of each party.

    A coalition of s parties counts +w(s - 1) for its members and -w(s) for all others, with w(s) = s! (n-s-1)! / n!;
    so one sum over all coalitions and one over those of each party are enough.
    """
    join = [factorial(s) * factorial(parties - s - 1) / factorial(parties) for s in range(parties)] + [0.0]
    sizes = [coalition.bit_count() for coalition in range(len(worth))]
    against = fsum(join[size] * value for size, value in zip(sizes, worth, strict=True))
    gain = [(join[size - 1] if size else 0.0) + join[size] for size in range(parties + 1)]
    weighted = [gain[size] * value for size, value in zip(sizes, worth, strict=True)]
    values: list[float] = []
    for party in range(parties):
        bit = 1 << party
        members = (fsum(weighted[start + bit : start + 2 * bit]) for start in range(0, len(weighted), 2 * bit))
        values.append(fsum(members) - against)
    return values
