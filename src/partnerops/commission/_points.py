"""Points: what incentives pay beside money, in whole ones."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from fractions import Fraction

from attrs import frozen

from partnerops._attrs import Value
from partnerops.commission._amounts import compiled_or_none, describe, exact_at
from partnerops.commission._parts import Incentive
from partnerops.commission._postings import Attained
from partnerops.commission._protocol import RateSchedule
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

    __slots__ = ("attained", "gone", "per_sale", "total")

    def __init__(self, schedule: RateSchedule) -> None:
        compiled = compiled_or_none(schedule)
        self.per_sale = compiled is not None and compiled.per_sale
        # As with money, what is taken back of a sale that earns a fixed number leaves its attainment.
        self.attained: Attained = 0
        self.gone: Attained = 0
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
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = PointBucket(incentive.schedule)
        line = PointLine(incentive, bucket, base, unit, entry)
        bucket.attained += base
        self._count(line, entry)
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
        # Kept as a share: points are whole, so what several refunds leave has to be counted from the sale.
        line.left -= part
        if line.bucket.per_sale:
            line.bucket.gone += line.base * part
        else:
            line.bucket.attained -= line.base * part
        self._count(line, back)

    def _count(self, line: PointLine, entry: PointsEntry) -> None:
        bucket, schedule = line.bucket, line.incentive.schedule
        # Points of an attainment as a whole, like money: where sales add up, ten of 9.99 earn what one of 99.90 does.
        worth = exact_at(schedule, Fraction(bucket.attained) / line.unit)
        total = _floor(worth * (1 - Fraction(bucket.gone) / bucket.attained) if bucket.gone else worth)
        if points := total - bucket.total:
            because = entry.because or f"{describe(schedule)} points: {line.incentive.id}"
            self.entries.append(entry.replace(points=points, because=because))
        bucket.total = total


def _floor(exact: Fraction) -> int:
    """Whole points, towards zero, so that giving all back leaves none."""
    return int(exact)
