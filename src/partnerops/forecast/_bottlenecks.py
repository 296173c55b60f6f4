"""Where deals get stuck: stage by stage, direct against indirect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import isqrt

from attrs import field, frozen

from partnerops._arguments import check_int
from partnerops._attrs import Value, to_tuple
from partnerops._render import Printable, percent
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity
from partnerops.exceptions import CurrencyMismatch
from partnerops.forecast._asking import check_function
from partnerops.forecast._dwell import Visit, visits
from partnerops.forecast._history import median, past
from partnerops.forecast._keys import stage_of
from partnerops.forecast._probability import quantised
from partnerops.money import Money
from partnerops.periods import Calendar
from partnerops.ratio import Ratio
from partnerops.typing import DIRECT

ENOUGH = 20
"""Visits of a stage from which on its numbers are compared."""


@frozen(kw_only=True)
class StageFlow(Value):
    """One stage of one channel: who left it forward, how long it took, what waits there."""

    stage: str
    """The stage."""
    conversion: Ratio
    """Visits that ended in a later stage or a win, over visits that ended."""
    median_days: int | None
    """Median length of the visits that ended; None where none did."""
    visits: int
    """Visits, ended or not."""
    waiting: Money | None
    """Whole amount of the open deals in it, those without one left out; None where no deal of all has an amount."""

    def at_risk(self) -> Fraction:
        """Share that does not get through times what waits there, in minor units; 0 where nothing is known."""
        value = self.conversion.value
        # Money that may not get through, not the worst rate: a bad stage where nothing waits costs nothing (F26).
        return Fraction(0) if value is None or self.waiting is None else (1 - value) * self.waiting.minor


@frozen(kw_only=True)
class StageComparison(Value):
    """One stage in both channels, and how sure the difference is."""

    direct: StageFlow
    """Deals of the vendor's own sales."""
    indirect: StageFlow
    """All other deals."""
    difference: Decimal | None
    """Conversion direct less indirect; None where either has no value."""
    low: Decimal | None
    """Lower end of its 95 % interval; None where either channel has fewer visits than needed."""
    high: Decimal | None
    """Upper end."""

    @property
    def stage(self) -> str:
        """The stage."""
        return self.direct.stage

    @property
    def sufficient(self) -> bool:
        """Whether both channels have enough visits to be compared."""
        return self.low is not None

    @property
    def dwell_ratio(self) -> Fraction | None:
        """Median days indirect over direct; None where either is missing or the direct one is 0."""
        direct, indirect = self.direct.median_days, self.indirect.median_days
        # A median of 0 days would make the ratio endless; same-day stages have nothing to compare.
        return Fraction(indirect, direct) if direct and indirect is not None else None


def _to_stages(values: Iterable[StageComparison]) -> tuple[StageComparison, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Bottlenecks(Value, Printable):
    """Direct against indirect, stage by stage; the bottleneck of each is where most money may not get through."""

    as_of: datetime
    """The moment of the look."""
    stages: tuple[StageComparison, ...] = field(converter=_to_stages, repr=False)
    """Every stage that a deal was in, by name."""

    @property
    def direct(self) -> str | None:
        """Stage in which most direct money may not get through; None where none is known to be at risk."""
        # Only where both channels have cases enough, so that the two answers come from the same stages.
        return _worst([stage.direct for stage in self.stages if stage.sufficient])

    @property
    def indirect(self) -> str | None:
        """The same for indirect money."""
        return _worst([stage.indirect for stage in self.stages if stage.sufficient])

    @property
    def slowest(self) -> str | None:
        """Stage in which indirect deals take longest against direct ones; None where none can be compared."""
        found = [(ratio, one.stage) for one in self.stages if one.sufficient and (ratio := one.dwell_ratio) is not None]
        return max(found)[1] if found else None

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each stage."""
        return [
            {
                "stage": one.stage,
                "direct": one.direct.conversion,
                "indirect": one.indirect.conversion,
                "difference": one.difference,
                "low": one.low,
                "high": one.high,
                "direct_days": one.direct.median_days,
                "indirect_days": one.indirect.median_days,
                "direct_waiting": one.direct.waiting,
                "indirect_waiting": one.indirect.waiting,
                "sufficient": one.sufficient,
            }
            for one in self.stages
        ]

    def _headline(self) -> str:
        return (
            f"bottlenecks as of {self.as_of:%Y-%m-%d}: direct {self.direct or 'unknown'}, "
            f"indirect {self.indirect or 'unknown'}, slowest {self.slowest or 'unknown'}"
        )

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "stage": one.stage,
                "direct": one.direct.conversion.percent(),
                "indirect": one.indirect.conversion.percent(),
                "difference": "insufficient" if one.low is None or one.high is None or one.difference is None else
                f"{percent(one.difference)} ({percent(one.low)} to {percent(one.high)})",
                "direct days": one.direct.median_days,
                "indirect days": one.indirect.median_days,
            }
            for one in self.stages
        ]  # fmt: skip


def _worst(flows: Sequence[StageFlow]) -> str | None:
    # Ties go by the stage's name, so that the answer does not depend on the order of the deals.
    found = [(flow.at_risk(), flow.stage) for flow in flows if flow.at_risk() > 0]
    return max(found)[1] if found else None


def bottlenecks(
    data: Dataset,
    *,
    as_of: datetime | date,
    is_direct: Callable[[Opportunity], bool] = lambda deal: deal.origin == DIRECT,
    min_visits: int = ENOUGH,
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> Bottlenecks:
    """
    Conversion and dwell of every open stage, direct against indirect.

    A visit ends forward (another open stage that comes after in the deal's own path, or a win) or with a loss; moves
    back count as forward moves of the stage they leave. The difference of the conversions has Newcombe's interval,
    made of the two Wilson intervals. A stage with fewer than *min_visits* ended visits in either channel is shown and
    not compared.

    Raises:
        CurrencyMismatch: Open deals in two currencies.

    Source: F26 of the forecast reference; R. G. Newcombe, Statistics in Medicine 17 (1998), method 10.
    """
    check_int("bottlenecks(min_visits=...)", min_visits, 1)
    check_function("bottlenecks(is_direct=...)", is_direct, "a function that tells whether a deal is direct")
    known = past(data, as_of, calendar, history_start)
    # Amounts of two currencies cannot be weighed against each other, so the bottleneck would be arbitrary.
    currency = _currency(known.deals)
    seen: dict[str, tuple[list[Visit], list[Visit]]] = {}
    for deal in known.deals:
        for visit in visits(deal, known.seconds):
            # All that is not direct is indirect (C7): a deal without an origin is nobody's direct sale.
            seen.setdefault(visit.stage, ([], []))[0 if is_direct(deal) else 1].append(visit)
    stages: list[StageComparison] = []
    for stage, (direct, indirect) in sorted(seen.items()):
        stages.append(_compared(_flow(stage, direct, currency), _flow(stage, indirect, currency), min_visits))
    return Bottlenecks(as_of=known.now, stages=stages)


def _currency(deals: Sequence[Opportunity]) -> str | None:
    codes = sorted({deal.amount.currency for deal in deals if deal.amount is not None})
    if len(codes) > 1:
        raise CurrencyMismatch("compare", codes[0], codes[1])
    return codes[0] if codes else None


def _flow(stage: str, found: Sequence[Visit], currency: str | None) -> StageFlow:
    ended = [visit for visit in found if visit.to is not None]
    # Still in it and nowhere else: an unfinished visit of a closed deal waits for nothing.
    waiting = [visit.deal.amount for visit in found if visit.to is None and stage_of(visit.deal) == stage]
    known = [amount for amount in waiting if amount is not None]
    return StageFlow(
        stage=stage,
        # Visits that still last are in neither number: counted as failures they would accuse every young stage.
        conversion=Ratio(sum(visit.to != "lost" for visit in ended), len(ended)),
        median_days=median([visit.days for visit in ended]),
        visits=len(found),
        waiting=None if currency is None else Money.total(known, currency),
    )


def _compared(direct: StageFlow, indirect: StageFlow, min_visits: int) -> StageComparison:
    one, other = direct.conversion.value, indirect.conversion.value
    difference = None if one is None or other is None else quantised(one - other)
    ends: tuple[Decimal | None, Decimal | None] = (None, None)
    # Of the ended visits, on which conversion rests; those that last may still go either way.
    if min(_ended(direct), _ended(indirect)) >= min_visits:
        ends = _newcombe(direct.conversion, indirect.conversion)
    return StageComparison(direct=direct, indirect=indirect, difference=difference, low=ends[0], high=ends[1])


def _ended(flow: StageFlow) -> int:
    return int(str(flow.conversion.denominator))


def _newcombe(one: Ratio, other: Ratio) -> tuple[Decimal | None, Decimal | None]:
    """The interval of a difference of two rates from the Wilson interval of each."""
    first, second = one.wilson(), other.wilson()
    p, q = one.value, other.value
    if first is None or second is None or p is None or q is None:
        return None, None
    (low1, high1), (low2, high2) = [tuple(map(Fraction, ends)) for ends in (first, second)]
    # The difference leans on the far end of each Wilson interval; subtracting the intervals themselves is too wide.
    down = _root((p - low1) ** 2 + (high2 - q) ** 2)
    up = _root((high1 - p) ** 2 + (q - low2) ** 2)
    return quantised(p - q - down), quantised(p - q + up)


def _root(square: Fraction) -> Fraction:
    """A square root cut off far below the nine decimals kept: integers, so the same on every platform."""
    scale = 10**15
    return Fraction(isqrt(int(square * scale * scale)), scale)
