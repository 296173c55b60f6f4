"""Which records a KPI looks at: known at `as_of`, and closed, created or open in a period."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final, TypeAlias, TypeVar

from attrs import frozen

from partnerops._arguments import check_date, check_instant
from partnerops._attrs import Value
from partnerops._zones import shifted
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, OpportunityStatus, StageChange
from partnerops.entities._facts import Entity
from partnerops.exceptions import InvalidValue
from partnerops.money import Money
from partnerops.periods import Calendar, Period
from partnerops.typing import DIRECT

E = TypeVar("E", bound=Entity)

When: TypeAlias = tuple[Period, date | datetime, Calendar]
"""What every KPI is asked for: a period, the moment it is looked at from, and the calendar of both."""

_DAYS: Final = timedelta(days=3)


def check_calendar(calendar: Calendar) -> Calendar:
    """
    The calendar itself.

    Raises:
        InvalidValue: It is something else, such as the name of a zone.
    """
    if not isinstance(calendar, Calendar):
        raise InvalidValue("calendar", 'a Calendar, such as Calendar("America/Sao_Paulo")', calendar)
    return calendar


def moment(as_of: date | datetime, calendar: Calendar) -> datetime:
    """
    The instant at which a KPI is asked; of a date, its last.

    Raises:
        InvalidValue: *as_of* is no date or datetime, or *calendar* no calendar.
        NaiveDatetime: A datetime without a zone.
    """
    check_calendar(calendar)
    # A datetime is a date too, so it is asked first.
    if isinstance(as_of, datetime):
        return check_instant("as_of", as_of)
    return calendar.instant(check_date("as_of", as_of))


def today(as_of: date | datetime, calendar: Calendar) -> date:
    """The business date at which a KPI is asked."""
    return calendar.date_of(moment(as_of, calendar))


def known(data: Dataset, kind: type[E], as_of: date | datetime, calendar: Calendar) -> Sequence[E]:
    """
    The records of a kind as they stood at *as_of*; one that nothing changed since is passed on as it is.

    Raises:
        InvalidValue: *data* is not a dataset.
    """
    instant = moment(as_of, calendar)
    day = calendar.date_of(instant)

    def views() -> Sequence[E]:
        return tuple([view for record in data.all(kind) if (view := record.as_of(instant, day)) is not None])

    # Under the function's own name, so that no key of an embedder's can be the same.
    return records(data).derived(instant, (known, kind, day), views)


def records(data: Dataset) -> Dataset:
    """
    The dataset itself.

    Raises:
        InvalidValue: It is something else, such as a list of deals.
    """
    if not isinstance(data, Dataset):
        raise InvalidValue("data", "a Dataset, such as Dataset(opportunities=deals)", type(data).__name__)
    return data


def check_period(period: Period, name: str = "period") -> Period:
    """
    The period itself.

    Raises:
        InvalidValue: It is something else, such as the text of one.
    """
    if not isinstance(period, Period):
        raise InvalidValue(name, "a Period, such as Period.month(2026, 3)", period)
    return period


def within(period: Period, calendar: Calendar) -> Callable[[datetime], bool]:
    """
    Whether an instant's date lies in *period*: as `calendar.contains`, made once for many instants.

    Raises:
        InvalidValue: *period* is not a period, or *calendar* no calendar.
    """
    check_period(period)
    check_calendar(calendar)
    first, after = calendar.start_of(period.start), calendar.end_of(period.last)

    def contains(at: datetime) -> bool:
        # Reading a zone's clocks costs twenty comparisons, and only matters near a border.
        if at < first - _DAYS or at > after + _DAYS:
            return False
        return first + _DAYS < at < after - _DAYS or calendar.contains(period, at)

    return contains


def closed_in(
    data: Dataset,
    period: Period,
    as_of: date | datetime,
    calendar: Calendar,
    outcome: OpportunityStatus | None = None,
) -> Sequence[Opportunity]:
    """The deals that closed in *period*, by the date of the close, with one outcome or any."""
    inside = within(period, calendar)

    def closed() -> Sequence[Opportunity]:
        deals = known(data, Opportunity, as_of, calendar)
        return tuple(
            [
                deal
                for deal in deals
                if deal.closed_at is not None and outcome in (None, deal.status) and inside(deal.closed_at)
            ]
        )

    # Most KPIs start from the deals that one period closed, so they are looked for once.
    return records(data).derived(moment(as_of, calendar), (closed_in, period, calendar, outcome), closed)


def won_in(data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar) -> Sequence[Opportunity]:
    """The deals won in *period*, by the date of the close."""
    return closed_in(data, period, as_of, calendar, OpportunityStatus.WON)


def created_in(data: Dataset, period: Period, as_of: date | datetime, calendar: Calendar) -> list[Opportunity]:
    """The deals created in *period*, whatever became of them."""
    inside = within(period, calendar)
    return [deal for deal in known(data, Opportunity, as_of, calendar) if inside(deal.created_at)]


def amounts(data: Dataset, as_of: date | datetime, calendar: Calendar) -> Iterator[Money]:
    """The amounts of all deals on record, which say in what currency nothing is."""
    return (deal.amount for deal in known(data, Opportunity, as_of, calendar) if deal.amount is not None)


def is_partner(party: str | None) -> bool:
    """Whether a party is a partner: known, and not the vendor's own team."""
    return party is not None and party != DIRECT


def is_over(period: Period, as_of: date | datetime, calendar: Calendar) -> bool:
    """Whether every instant of *period* lies at or before *as_of*."""
    # By days: a period ends with an evening, wherever the calendar's zone puts it.
    return period.last <= last_past(as_of, calendar)


def last_past(as_of: date | datetime, calendar: Calendar) -> date:
    """The last day that is over at *as_of*: at noon that is yesterday, since the evening may still bring something."""
    instant = moment(as_of, calendar)
    day = calendar.date_of(instant)
    return day if instant >= calendar.instant(day) else eve(day)


def unfinished(period: Period, as_of: date | datetime, calendar: Calendar) -> str:
    """Why figures of *period* still move; empty once it is over."""
    return "" if is_over(period, as_of, calendar) else f"{period} is not over"


def eve(on: date) -> date:
    """The day before: a period starts with what stood on the evening before its first day."""
    return shifted(on, timedelta(days=-1))


def last_evening(period: Period, as_of: date | datetime, calendar: Calendar) -> date:
    """The evening that a period ends with: today's, while it runs; the one before it, where it is still to come."""
    check_period(period)
    return max(eve(period.start), min(period.last, today(as_of, calendar)))


# --- stage histories --------------------------------------------------------------------------------------------------


@frozen
class Visit(Value):
    """One stay of a deal in an open stage."""

    stage: str
    """The stage."""
    entered: datetime
    """When it was entered."""
    left: StageChange | None
    """The change that ended it; None while it lasts."""
    later: Sequence[StageChange]
    """Every change after the entry."""


def visits(deal: Opportunity) -> list[Visit]:
    """The stays of a deal in open stages, in order; a change of amount within a stage does not end one."""
    found: list[Visit] = []
    start: int | None = None
    for index, change in enumerate(deal.history):
        before = None if start is None else deal.history[start]
        # A change of amount alone keeps the deal where it is.
        if before is not None and (before.stage, before.status) == (change.stage, change.status):
            continue
        # Time as won or lost is no stay in a stage.
        if before is not None and start is not None and before.status == "open":
            found.append(Visit(before.stage, before.at, change, deal.history[start + 1 :]))
        start = index
    if start is not None and deal.history[start].status == "open":
        found.append(Visit(deal.history[start].stage, deal.history[start].at, None, deal.history[start + 1 :]))
    return found


def in_days(span: timedelta) -> Fraction:
    """A span of time in days, exactly."""
    # By way of whole microseconds: `total_seconds` is a float.
    return Fraction(span // timedelta(microseconds=1), 86_400_000_000)


def length(visit: Visit) -> Fraction:
    """Days that a finished visit took."""
    return in_days(visit.left.at - visit.entered) if visit.left else Fraction(0)
