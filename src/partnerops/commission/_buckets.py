"""Sales that add up, and what a business date means under a plan."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from partnerops.commission._compiled import Rounded
from partnerops.commission._postings import Attained, Rules
from partnerops.money import round_quotient
from partnerops.periods import Period
from partnerops.typing import PartnerId

if TYPE_CHECKING:
    from partnerops.commission._books import Line


class Bucket:
    """The sales that add up: what they attained, what that is worth, and their lines in order."""

    __slots__ = ("attained", "exact", "gone", "lines", "own", "rules", "top", "total", "value", "worth")

    def __init__(self, value: Rounded, rules: Rules) -> None:
        self.value = value
        self.rules = rules
        # The rules without grace, and the highest cliff that the sales have reached and not lost: -1 is none.
        self.own = rules
        self.top = -1
        self.attained: Attained = 0
        # Of a sale that earns a fixed amount: what was taken back of it. Its attainment stays, or it would earn twice.
        self.gone: Attained = 0
        self.worth = 0
        # With modifiers: the sum of what they let through, in minor units, exactly and as rounded so far.
        self.exact = Fraction(0)
        self.total = 0
        self.lines: list[Line] = []

    def kept(self, attained: Attained) -> int:
        """What a fixed amount for an attainment is worth less the part that was taken back, in minor units."""
        worth = self.value(attained)
        if not attained:
            return worth
        back = Fraction(worth * self.gone) / attained
        return worth - round_quotient(back.numerator, back.denominator, self.rules.rounding)


class Day:
    """What a business date means under a plan; many sales share few dates, and finding out is slow."""

    __slots__ = ("buckets", "due_at", "due_on", "on", "period")

    def __init__(self, on: date, period: Period | None, due_on: date, due_at: datetime) -> None:
        self.on = on
        self.period = period
        self.due_on = due_on
        self.due_at = due_at
        self.buckets: dict[PartnerId, Bucket] = {}


class Buckets:
    """The sales that add up, by what they add up under."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[Hashable, list[tuple[Rules, dict[PartnerId, Bucket]]]] = {}

    def of(self, key: Hashable, rules: Rules) -> dict[PartnerId, Bucket]:
        """Partners' sales under some rules and whatever else *key* names."""
        several = self._found.setdefault(key, [])
        # By equality and not by hash: a user's schedule need not have one, and a period sees few rules.
        for known, buckets in several:
            if known is rules or known == rules:
                return buckets
        several.append((rules, {}))
        return several[-1][1]
