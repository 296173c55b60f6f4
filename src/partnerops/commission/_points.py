"""Points: what incentives pay beside money, in whole ones."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from fractions import Fraction

from attrs import frozen

from partnerops._attrs import Value
from partnerops.commission._amounts import describe, exact_at
from partnerops.commission._parts import Incentive
from partnerops.commission._postings import Attained
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class PointsEntry(Value):
    """Points that a partner earned, or gave back."""

    incentive_id: str
    """The incentive."""
    partner_id: PartnerId
    """Who."""
    source_id: str
    """The fact that caused it: a credit, a payment or a reversal."""
    points: int
    """How many; negative when given back."""
    on: date
    """Business date."""
    because: str
    """Why, in words that a partner could read."""


class PointBucket:
    """The sales that add up under an incentive, and the points that they came to."""

    __slots__ = ("attained", "total")

    def __init__(self) -> None:
        self.attained: Attained = 0
        self.total = 0


class PointLine:
    """One sale's part in an incentive that pays points."""

    __slots__ = ("base", "bucket", "entry", "incentive", "left", "unit")

    def __init__(self, incentive: Incentive, bucket: PointBucket, base: int, unit: int, entry: PointsEntry) -> None:
        self.incentive = incentive
        self.bucket = bucket
        self.base = base
        self.unit = unit
        self.entry = entry
        # Share of the sale that was not taken back.
        self.left = Fraction(1)


class Points:
    """The points of a settlement while they are being counted."""

    def __init__(self) -> None:
        self.entries: list[PointsEntry] = []
        self._buckets: dict[tuple[Hashable, ...], PointBucket] = {}

    def earn(
        self, incentive: Incentive, key: tuple[Hashable, ...], base: int, unit: int, entry: PointsEntry
    ) -> PointLine:
        """Count a sale of *base* minor units, *unit* of them to the currency unit."""
        line = PointLine(incentive, self._buckets.setdefault(key, PointBucket()), base, unit, entry)
        self._move(line, base, entry)
        return line

    def take_back(self, line: PointLine, part: Fraction, source_id: str, on: date) -> None:
        """Give back what a part of a sale had earned."""
        entry = line.entry
        because = f"{source_id} took back {part} of the sale"
        back = PointsEntry(
            incentive_id=entry.incentive_id,
            partner_id=entry.partner_id,
            source_id=source_id,
            points=0,
            on=on,
            because=because,
        )
        line.left -= part
        self._move(line, -line.base * part, back)

    def _move(self, line: PointLine, change: Attained, entry: PointsEntry) -> None:
        bucket, schedule = line.bucket, line.incentive.schedule
        # Points of an attainment as a whole, like money: where sales add up, ten of 9.99 earn what one of 99.90 does.
        bucket.attained += change
        total = _floor(exact_at(schedule, Fraction(bucket.attained) / line.unit))
        if points := total - bucket.total:
            because = entry.because or f"{describe(schedule)} points: {line.incentive.id}"
            self.entries.append(entry.replace(points=points, because=because))
        bucket.total = total


def _floor(exact: Fraction) -> int:
    """Whole points, towards zero, so that giving all back leaves none."""
    return int(exact)
