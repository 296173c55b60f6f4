"""A KPI by group: any measure, asked of each part of a dataset and of the whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from partnerops._attrs import FrozenMap
from partnerops.dataset import Dataset
from partnerops.exceptions import InvalidValue
from partnerops.metrics._cut import By, split
from partnerops.metrics._deals import moment, records
from partnerops.metrics._measure import Breakdown, MetricValue, currency, in_currency
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period


def breakdown(
    metric: Callable[..., MetricValue],
    data: Dataset,
    period: Period | None = None,
    /,
    *,
    by: By,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    subject: str | None = None,
    **options: Any,
) -> Breakdown:
    """
    A KPI by group: any function of this package, or one of yours, asked of each part of the dataset and of the whole.

    *by* is a name (`route`, `origin`, `partner`, `partner_type`, `region`, `segment`, `tier`, `owner`, `pipeline`,
    `channel`, `product`) or a function of the opportunity. Records without the key are the group `(none)`, never lost.
    *options* are the KPI's own arguments.

    *subject* says what must stay together: `deal`, `customer`, `partner` or `lead`; by default what the catalogue says
    the KPI counts, and `deal` for a function of yours. A customer belongs to its origin at acquisition, or else to
    that of its first won deal, whoever sold later ones.

    By `product` a deal is cut into its lines: amounts add up over products, counts of deals do not.

    Raises:
        UnknownName: A name that is not one of these.
        InvalidValue: *metric* is no function, or *commission* an amount, which would count in every group.

    >>> from partnerops.metrics.revenue import won_revenue
    >>> breakdown(won_revenue, Dataset(), Period.month(2026, 3), by="route", as_of=date(2026, 4, 1)).total.known
    False
    """
    # A KPI's id is what the catalogue and goals take; here it is its function.
    if not callable(metric):
        raise InvalidValue("metric", "a function, such as won_revenue of partnerops.metrics", metric)
    if isinstance(options.get("commission"), Money):
        rule = "a function of the records and the period: an amount would count in every group"
        raise InvalidValue("commission", rule, str(options["commission"]))
    arguments = () if period is None else (period,)
    # The view first: a deal that a lead becomes tomorrow must not choose the lead's group today.
    seen = records(data).as_of(moment(as_of, calendar), calendar)
    parts = split(seen, by, as_of=as_of, subject=subject or _subject(metric), calendar=calendar)
    groups = {name: metric(part, *arguments, as_of=as_of, calendar=calendar, **options) for name, part in parts.items()}
    # Measured, not added up: counts overlap by product, and a ratio of sums is no sum of ratios.
    whole = metric(seen, *arguments, as_of=as_of, calendar=calendar, **options)
    # A group without any amount is 0 in the currency of the whole, which it could not know alone.
    told = {name: in_currency(group, currency(whole)) for name, group in groups.items()}
    return Breakdown(metric=whole.metric, by=_name(by), groups=FrozenMap(told), total=whole)


def _name(by: By) -> str:
    return by if isinstance(by, str) else getattr(by, "__name__", "group")


def _subject(metric: Callable[..., MetricValue]) -> str:
    from partnerops.metrics._catalogue import CATALOGUE  # noqa: PLC0415 - it names every KPI module

    # A partial or a function of the caller's has no entry; deals are what most of them count.
    found = CATALOGUE.get(getattr(metric, "__name__", ""))
    return found.subject if found else "deal"
