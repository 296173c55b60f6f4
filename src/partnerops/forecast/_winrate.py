"""Win rates read from history: raw, or with small cells drawn to their parents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._arguments import check_a
from partnerops._attrs import (
    FrozenMap,
    Value,
    is_a,
    is_aware,
    place,
    to_decimal,
    to_member,
    to_strings,
    to_tuple,
    tuple_of,
)
from partnerops._closed import ClosedSet
from partnerops._render import Printable, percent, plural
from partnerops.entities import Opportunity
from partnerops.exceptions import InvalidValue
from partnerops.forecast._keys import Key, Reader, Tables, are_tables, is_key, say
from partnerops.forecast._probability import Probability, fitted, is_probability, is_tally
from partnerops.forecast._schedule import not_due
from partnerops.forecast._shrink import beta_quantile
from partnerops.periods import Period
from partnerops.ratio import Ratio


class RateMeasure(ClosedSet):
    """What a win rate counts; every API takes the plain string too."""

    COUNT = "count"
    """Deals won of deals decided."""
    AMOUNT = "amount"
    """Amount won of amount decided: large deals weigh more."""


def to_measure(value: str) -> RateMeasure:
    """The member with this value; anything else is left to the validator."""
    return to_member(RateMeasure, value)


@frozen(kw_only=True)
class RateCell(Value):
    """
    The rate of one group of past deals.

    >>> RateCell(key=("partner",), value=Decimal("0.4"), wins=2, n=5).n
    5
    """

    key: tuple[str, ...] = field(converter=to_strings, validator=is_key)
    """Values of the names in `WinRate.by`, from the first on; `()` is all deals."""
    value: Decimal = field(converter=to_decimal, validator=is_probability)
    """The rate, to nine decimals."""
    wins: int = field(validator=is_tally)
    """Deals won."""
    n: int = field(validator=is_tally)
    """Deals decided; with `within_days`, deals old enough to tell."""


def _to_cells(values: Iterable[RateCell]) -> tuple[RateCell, ...]:
    return to_tuple(values)


def _to_strengths(values: Iterable[Decimal]) -> tuple[Decimal, ...]:
    return to_tuple(values)


def _are_above_0(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    tuple_of(Decimal)(instance, attribute, value)
    for index, one in enumerate(cast("tuple[Decimal, ...]", value)):
        # A pull of no case at all, or of fewer, leaves a rate without an interval.
        if not one.is_finite() or one <= 0:
            raise InvalidValue(f"{place(instance, attribute)}[{index}]", "a number of cases above 0", one)


def _is_prior(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    _are_above_0(instance, attribute, value)
    if len(value) != len(("wins", "losses")):
        raise InvalidValue(place(instance, attribute), "two numbers above 0: wins and losses", value)


@frozen(kw_only=True)
class WinRate(Value, Printable):
    """
    How often deals like this one were won: a fitted table, see `partnerops.forecast.fitting`.

    A deal has the rate of the most detailed cell that it falls in; where no past deal fell in it, that of the parent.
    `rate` is the chance that it is ever won. As an outlook it answers with that rate if the deal is due in the period,
    and with 0 otherwise: like stage weights, it is only as good for a period as the expected closes are.
    """

    by: tuple[str, ...] = field(converter=to_strings, validator=is_key)
    """Names that make the cells, coarse to fine; the parent of a cell leaves out the last."""
    cells: tuple[RateCell, ...] = field(converter=_to_cells, validator=tuple_of(RateCell), repr=False)
    """The rates, by key; the first is that of all deals."""
    tables: Tables = field(default=FrozenMap[FrozenMap[str]](), validator=are_tables, repr=False)
    """What was known of the partners: name -> partner id -> value."""
    measure: RateMeasure = field(default=RateMeasure.COUNT, converter=to_measure, validator=is_a(RateMeasure))
    """Counts or amounts."""
    strengths: tuple[Decimal, ...] = field(default=(), converter=_to_strengths, validator=_are_above_0)
    """For each level, how many cases of its own make a cell as heavy as its parent; empty when nothing is drawn."""
    prior: tuple[Decimal, Decimal] | None = field(default=None, validator=optional(_is_prior))
    """
    Wins and losses that were added to every cell; None where each cell was drawn to its parent, or to nothing.

    A flag as much as a number: where it is set, there was nothing to learn a parent from.
    """
    within_days: int | None = field(default=None, validator=optional(is_tally))
    """Whether a win counts only within so many days of the creation; None is ever."""
    as_of: datetime = field(validator=is_aware)
    """The moment of the fit."""
    _read: Reader = field(init=False, eq=False, repr=False)
    _answers: Mapping[Key, Probability] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_read", Reader(self.by, self.tables))
        object.__setattr__(self, "_answers", {cell.key: self._answer(cell) for cell in self.cells})

    def _answer(self, cell: RateCell) -> Probability:
        because = f"{say(self.by, cell.key)}: {cell.wins:,} of {plural(cell.n, 'deal', 'deals')} won"
        if self.prior is not None:
            because = f"{because}, with {sum(self.prior)} more by prior: {percent(cell.value)}"
        elif self.strengths:
            because = f"{because}, drawn to its parent: {percent(cell.value)}"
        return Probability(cell.value, n=cell.n, method="win rate", because=because)

    def interval(self, cell: RateCell, /) -> tuple[Decimal, Decimal] | None:
        """
        Where the rate of one of `cells` may well lie, at 95 %; None for a rate by amount, or of no case at all.

        For a rate as the counts say it is Wilson's interval. For one drawn to its parent it is what the counts leave of
        the parent: the middle 95 % of Beta(w + M p, n - w + M (1 - p)), with w wins in n cases, M the level's strength
        and p the parent's rate; with a `prior` of wins and losses a, b those are w + a and n - w + b.
        """
        check_a("WinRate.interval(cell)", cell, RateCell)
        if self.measure is RateMeasure.AMOUNT:
            return None  # n counts deals, and a few large ones may be most of the amount
        # The interval follows how the rate was made: Wilson's around a drawn rate need not even contain it (C10).
        drawn = self._prior_of(cell)
        if drawn is None:
            return Ratio(cell.wins, cell.n).wilson()
        a, b = cell.wins + drawn[0], cell.n - cell.wins + drawn[1]
        return fitted(beta_quantile(0.025, a, b)), fitted(beta_quantile(0.975, a, b))

    def _prior_of(self, cell: RateCell) -> tuple[float, float] | None:
        """Wins and losses that were added to the cell's own; None where none were."""
        if self.prior is not None:
            return float(self.prior[0]), float(self.prior[1])
        parent = self._answers.get(cell.key[:-1])
        # All deals together have no parent: their rate is what was counted.
        if not 0 < len(cell.key) <= len(self.strengths) or parent is None:
            return None
        strength, rate = float(self.strengths[len(cell.key) - 1]), float(parent.value)
        return strength * rate, strength * (1.0 - rate)

    def rate(self, opportunity: Opportunity, /) -> Probability:
        """The chance that *opportunity* is ever won (with `within_days`, in that time from its creation)."""
        key = self._read(opportunity)
        # A parent's rate is the best guess for a cell that nobody has seen; a fit always has the root.
        # From fine to coarse, one name at a time (F9).
        while (answer := self._answers.get(key)) is None:
            if not key:
                raise InvalidValue("WinRate.cells", "cells, the first that of all deals, with key ()", self.cells)
            key = key[:-1]
        return answer

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The rate, if the deal is due in the period; else 0."""
        return not_due(opportunity, as_of, period) or self.rate(opportunity)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each cell."""
        return [
            {**{name: _at(cell.key, index) for index, name in enumerate(self.by)}, **self._numbers(cell)}
            for cell in self.cells
        ]

    def _headline(self) -> str:
        root = self.cells[0]
        window = f" within {self.within_days} days" if self.within_days else ""
        return (
            f"win rate by {self.measure}{window} as of {self.as_of:%Y-%m-%d}: {percent(root.value)} of {root.n:,} deals"
        )

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "cell": say(self.by, cell.key),
                "rate": percent(cell.value),
                "95 %": self._span(cell),
                "won": cell.wins,
                "of": cell.n,
            }
            for cell in sorted(self.cells, key=lambda cell: (len(cell.key), -cell.n, cell.key))
        ]

    def _numbers(self, cell: RateCell) -> dict[str, object]:
        low, high = self.interval(cell) or (None, None)
        return {"rate": cell.value, "low": low, "high": high, "won": cell.wins, "of": cell.n}

    def _span(self, cell: RateCell) -> str | None:
        ends = self.interval(cell)
        return None if ends is None else f"{percent(ends[0])} to {percent(ends[1])}"


def _at(key: Key, index: int) -> str | None:
    return key[index] if index < len(key) else None
