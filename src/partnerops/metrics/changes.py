"""
A KPI now against before: the change from one period to the next, and before and after something was introduced.

A difference between two periods has many causes. `before_after` sets one group against a comparison group and says how
far the two moved apart: an association, which no figure here turns into a cause.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from fractions import Fraction
from functools import partial
from typing import Any

from attrs import frozen

from partnerops._attrs import FrozenMap, Value
from partnerops._render import Printable
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity
from partnerops.exceptions import InvalidValue
from partnerops.metrics._groups import breakdown
from partnerops.metrics._measure import Breakdown, MetricValue
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Frequency, Period
from partnerops.ratio import Ratio

__all__ = ["BeforeAfter", "before_after", "change", "series"]


def change(
    metric: Callable[..., MetricValue],
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    against: Period | None = None,
    **options: Any,
) -> MetricValue:
    """
    (this period - the one before) / |the one before|, of any KPI (K21).

    The one before is the calendar-equivalent period: the month before a month, the quarter before a quarter; give
    *against* for another, such as `period.year_before()`. Unknown where either is, or where the one before is 0. Both
    are seen as of the same moment.

    >>> from partnerops.metrics.revenue import deals_won
    >>> change(deals_won, Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).reason
    'denominator is 0'
    """
    # The calendar's own step, not so many days: February is set against January, not 28 days.
    before = period.previous() if against is None else against
    now, then = (metric(data, one, as_of=as_of, calendar=calendar, **options) for one in (period, before))
    return compared(now, then)


def series(
    metric: Callable[..., MetricValue],
    data: Dataset,
    period: Period,
    frequency: Frequency | str,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    **options: Any,
) -> Breakdown:
    """
    A KPI of every month, quarter, ... within a period, by label, and of the whole period (D10).

    Pieces at the ends may be partial. Customers and medians do not add up over time: the total is measured.

    Raises:
        UnknownName: No such frequency.

    >>> from partnerops.metrics.revenue import deals_won
    >>> list(series(deals_won, Dataset(), Period.quarter(2026, 1), "month", as_of=date(2026, 4, 1)))
    ['2026-01', '2026-02', '2026-03']
    """
    ask = partial(metric, data, as_of=as_of, calendar=calendar, **options)
    groups = {piece.label: ask(piece) for piece in calendar.split(period, frequency)}
    whole = ask(period)
    return Breakdown(metric=whole.metric, by=str(frequency), groups=FrozenMap(groups), total=whole)


def compared(now: MetricValue, then: MetricValue) -> MetricValue:
    """The relative change between two values of one KPI."""
    metric = f"change of {now.metric}"
    immature = now.immature or then.immature
    if now.number is None or then.number is None:
        reason = "; ".join(dict.fromkeys(one.reason for one in (now, then) if not one.known))
        return MetricValue(metric=metric, value=None, n=now.n, immature=immature, reason=reason)
    # Relative to the size of the one before: from -50 to -25 is half of 50 better, not worse.
    ratio = _relative(now.number, then.number)
    reason = "; ".join(filter(None, [ratio.reason, now.reason if now.immature else ""]))
    return MetricValue(metric=metric, value=ratio, n=now.n, immature=immature, reason=reason, ids=now.ids)


def _relative(now: Money | Fraction | int, then: Money | Fraction | int) -> Ratio:
    if isinstance(now, Money) and isinstance(then, Money):
        return Ratio(now - then, abs(then))
    # A metric of the caller's that changes its unit: a quotient would be nonsense.
    if isinstance(now, Money) or isinstance(then, Money):
        raise InvalidValue("the period before", "measured in the same unit as this one", str(then))
    return Ratio(Fraction(now) - then, abs(Fraction(then)))


@frozen(kw_only=True)
class BeforeAfter(Value, Printable):
    """
    How one group and a comparison group moved between two periods: an association, never proof of a cause.

    `difference` is (treated after - before) - (comparison after - before), in the unit of the KPI, for rates as a
    fraction; None where one of the four is unknown.
    """

    metric: str
    """Id in the catalogue."""
    treated_before: MetricValue
    """The group that something was done with, before."""
    treated_after: MetricValue
    """The same group, after."""
    comparison_before: MetricValue
    """The group that it was not done with, before."""
    comparison_after: MetricValue
    """The same comparison group, after."""
    difference: Money | Fraction | int | None
    """How much more the treated group gained than the comparison group."""
    label: str = "association only: groups that differ in other ways also move apart"
    """What this is, and is not."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per group and period."""
        return [
            {"group": group, "when": when} | measure.to_dicts()[0]
            for group, when, measure in (
                ("treated", "before", self.treated_before), ("treated", "after", self.treated_after),
                ("comparison", "before", self.comparison_before), ("comparison", "after", self.comparison_after),
            )
        ]  # fmt: skip

    def _headline(self) -> str:
        shown = MetricValue(metric=self.metric, value=self.difference, n=0).shown
        if isinstance(self.treated_after.value, Ratio) and self.difference is not None:
            shown = f"{Ratio(self.difference, 1).percent()} points"
        return f"{self.metric}, treated against comparison: {shown} ({self.label})"

    def _rows(self) -> list[dict[str, object]]:
        pairs = (
            ("treated", self.treated_before, self.treated_after),
            ("comparison", self.comparison_before, self.comparison_after),
        )
        return [
            {"group": name, "before": before.shown, "n before": before.n, "after": after.shown, "n after": after.n}
            for name, before, after in pairs
        ]


def before_after(
    metric: Callable[..., MetricValue],
    data: Dataset,
    before: Period,
    after: Period,
    *,
    treated: Callable[[Opportunity], bool | None],
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    **options: Any,
) -> BeforeAfter:
    """
    A KPI before and after, of the deals that *treated* says True of, beside those it says False of (D11).

    Deals that it says None of are in neither group. Choose the comparison before looking at the result.

    Raises:
        InvalidValue: The second period does not follow the first.
    """
    # Days in both periods would be set against themselves.
    if after.start < before.end:
        raise InvalidValue("after", f"a period that starts on or after {before.end}", str(after))
    # Cut once per period: the groups must not depend on which of them is asked first.
    found: dict[tuple[bool, Period], MetricValue] = {}
    for period in (before, after):
        cut = breakdown(metric, data, period, by=treated, as_of=as_of, calendar=calendar, subject="deal", **options)
        # A group without any deal is measured too: its amounts are unknown, since it compares with nothing.
        nothing = metric(Dataset(), period, as_of=as_of, calendar=calendar, **options)
        for group in (True, False):
            found[group, period] = cut.groups.get(str(group), nothing)
    difference = _minus(_gain(found, True, before, after), _gain(found, False, before, after))
    return BeforeAfter(
        metric=found[True, after].metric, treated_before=found[True, before], treated_after=found[True, after],
        comparison_before=found[False, before], comparison_after=found[False, after], difference=difference,
    )  # fmt: skip


def _gain(found: dict[tuple[bool, Period], MetricValue], group: bool, before: Period, after: Period) -> Any:
    return _minus(found[group, after].number, found[group, before].number)


def _minus(left: Any, right: Any) -> Any:
    # One unknown of the four leaves the difference unknown: it must not count as 0.
    return None if left is None or right is None else left - right
