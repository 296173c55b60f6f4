"""Outlooks that are given, not fitted: a table of stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from math import lcm
from typing import Any, Final, Self, cast

import attrs
from attrs import field, frozen

from partnerops._attrs import FrozenMap, Value, place, to_decimal, to_map, to_tuple
from partnerops._render import percent
from partnerops.entities import Opportunity
from partnerops.exceptions import InexactNumber, InvalidValue, UnknownName
from partnerops.forecast._compiled import CompiledOutlook
from partnerops.forecast._probability import Probability, rule_for
from partnerops.forecast._schedule import not_due
from partnerops.periods import Period

METHOD = "stage weight"
_FIVE: Final = ("0.10", "0.25", "0.50", "0.70", "0.90")


def _to_table(table: Mapping[str, int | str | Decimal]) -> FrozenMap[Decimal]:
    if not isinstance(table, Mapping):
        return cast("FrozenMap[Decimal]", table)
    return to_map({stage: to_decimal(weight) for stage, weight in table.items()})


def _is_table(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    where = place(instance, attribute)
    if not isinstance(value, FrozenMap) or not value:
        raise InvalidValue(
            where, 'a mapping of stages to probabilities, as in {"proposal": "0.35"}', cast("object", value)
        )
    for stage, weight in cast("FrozenMap[Decimal | float]", value).items():
        # A float is told apart from other slips, since its remedy is another one: write it as text.
        if isinstance(weight, float):
            raise InexactNumber(f"{where}[{stage!r}]", "an exact fraction from 0 to 1", weight)
        if not isinstance(weight, Decimal):
            raise InvalidValue(f"{where}[{stage!r}]", 'an exact fraction from 0 to 1, such as "0.35"', weight)
        # 35 for 35 % would make a forecast a hundred times too high, and still look like money (C2).
        if not 0 <= weight <= 1:
            raise InvalidValue(f"{where}[{stage!r}]", rule_for(weight), str(weight))


@frozen
class StageWeighted(Value):
    """
    The classic number of every CRM: a fixed chance for each stage, if the deal is due in the period.

    A deal whose expected close lies in the period, today or later, has the chance of its stage; any other has 0, with
    the reason. The table says how likely a deal is to be won at all, so the sum answers for the period only as well as
    the expected closes do; as a quarter's forecast it was the worst of the methods measured. No table is built in;
    `five` gives a common start.

    Raises:
        InvalidValue: An empty table, or a value outside 0 to 1: 35 is refused with the hint that 0.35 means 35 %.
        InexactNumber: A float value.
        UnknownName: From `probability`, for a stage that the table lacks, with near misses.

    Source: the probability field of Salesforce, HubSpot, Odoo and ERPNext stages.

    >>> StageWeighted({"proposal": "0.35", "verbal": "0.80"}).compiled().unit
    20
    """

    table: FrozenMap[Decimal] = field(converter=_to_table, validator=_is_table)
    """Stage -> chance, as a fraction: 0.35 means 35 %."""
    _answers: Mapping[str, Probability] = field(init=False, eq=False, repr=False)

    @classmethod
    def five(cls, stages: Iterable[str], /) -> Self:
        """
        10, 25, 50, 70 and 90 % over five stages, first to last: what many CRMs start with, and nobody has measured.

        Raises:
            InvalidValue: Not five different stages.

        >>> str(StageWeighted.five(["lead", "qualified", "proposal", "negotiation", "verbal"]))
        'stage weights (lead 10 %, negotiation 70 %, proposal 50 %, qualified 25 %, verbal 90 %)'
        """
        # Five different ones, or the steps of the preset would fall on stages they were not meant for.
        names = to_tuple(stages)
        if not isinstance(names, tuple) or len(set(names)) != len(_FIVE) or len(names) != len(_FIVE):
            raise InvalidValue("StageWeighted.five(stages)", "five different stages, first to last", names)
        return cls(dict(zip(names, _FIVE, strict=True)))

    def __attrs_post_init__(self) -> None:
        # Once per policy, not once per deal; `__setattr__` of a frozen class refuses even its own.
        answers = {
            stage: Probability(weight, method=METHOD, because=f"stage {stage}: {percent(weight)}")
            for stage, weight in self.table.items()
        }
        object.__setattr__(self, "_answers", answers)

    def rate(self, opportunity: Opportunity, /) -> Probability:
        """The chance of the deal's stage, whenever it is due."""
        answer = self._answers.get(opportunity.stage)
        if answer is None:
            what = f"probability in StageWeighted.table for the stage of {opportunity.id}:"
            raise UnknownName(what, opportunity.stage, tuple(self.table))
        return answer

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance of the deal's stage, or 0 when it is not due in the period."""
        # Asked first, so that a stage the table lacks is an error for a deal due elsewhere too.
        answer = self.rate(opportunity)
        return not_due(opportunity, as_of, period) or answer

    def compiled(self) -> CompiledOutlook:
        """The policy as integers."""
        ratios = {stage: weight.as_integer_ratio() for stage, weight in self.table.items()}
        # The smallest unit in which every weight is whole: nothing is rounded, so nothing can differ.
        unit = lcm(*(denominator for _, denominator in ratios.values()))
        return CompiledOutlook(
            unit=unit, stages=[(stage, part * unit // whole) for stage, (part, whole) in ratios.items()]
        )

    def __str__(self) -> str:
        weights = ", ".join(f"{stage} {percent(weight, 0)}" for stage, weight in self.table.items())
        return f"stage weights ({weights})"
