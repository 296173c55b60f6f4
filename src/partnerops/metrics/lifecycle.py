"""
From visitor to promoter: one cohort of leads through every stage, marketing's, sales' and customer success's alike.

Each team reports its own part of the way. Here the leads of one period are followed to the end, so that a loss is seen
where it happens, also after the sale.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from attrs import frozen

from partnerops._arguments import check_int
from partnerops._attrs import Value
from partnerops.dataset import Dataset
from partnerops.entities import Lead, Opportunity, SurveyKind, SurveyResponse
from partnerops.metrics._deals import known, today, unfinished, within
from partnerops.metrics._measure import flagged, lacking, rate
from partnerops.metrics._standing import by_customer
from partnerops.metrics._subscriptions import spans
from partnerops.metrics.conversion import Funnel, FunnelStep
from partnerops.metrics.leads import is_accepted
from partnerops.periods import UTC_CALENDAR, Calendar, Period

__all__ = ["lifecycle_funnel"]


def lifecycle_funnel(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    visitors: int | None = None,
) -> Funnel:
    """
    The leads of a period through every stage by *as_of*, and the share that each stage passes on.

    `visitor` (where the caller counts them) to `lead`, `lead` to `accepted`, `accepted` to `opportunity`, `opportunity`
    to `customer`, `customer` to `retained`, `retained` to `promoter`. A customer is retained while a recurring line
    runs; those that never bought one are in neither side of that step. A promoter's latest answer is 9 or 10; those
    that never answered are in neither side. By route or partner, ask it of each part of the dataset.

    Raises:
        CurrencyMismatch: Recurring lines in two currencies.
        InvalidValue: Fewer visitors than 0.

    >>> print(lifecycle_funnel(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).bottleneck)
    None
    """
    inside = within(period, calendar)
    leads = [lead for lead in known(data, Lead, as_of, calendar) if inside(lead.created_at)]
    ends = _Ends.of(data, as_of, calendar)
    steps = _steps(leads, ends)
    if visitors is not None:
        # One visitor may leave two leads: as a share above 1 it would be odd, not wrong.
        came = [lead.id for lead in leads]
        steps = [("visitor", check_int("visitors", visitors, 0), came, visitors, ""), *steps]
    note = unfinished(period, as_of, calendar)
    return Funnel(
        steps=tuple(
            FunnelStep(
                stage=stage,
                conversion=flagged(rate("lifecycle_funnel", len(passed), whole, ids=passed), note or waiting),
                visits=count,
            )
            for stage, count, passed, whole, waiting in steps
        )
    )


@frozen
class _Ends(Value):
    """What became of deals and customers by a moment."""

    deals: dict[str, Opportunity]
    """Deal -> as it stands."""
    subscribers: frozenset[str]
    """Customers that ever bought a recurring line."""
    retained: frozenset[str]
    """Those of them for whom one runs."""
    answers: dict[str, int]
    """Customer -> its latest NPS answer."""

    @classmethod
    def of(cls, data: Dataset, as_of: date | datetime, calendar: Calendar) -> _Ends:
        every = spans(data, as_of, calendar)
        given = [one for one in known(data, SurveyResponse, as_of, calendar) if one.kind is SurveyKind.NPS]
        # Oldest first, so that the latest answer of a customer is the one that stays.
        given.sort(key=lambda one: (one.at, one.id))
        return cls(
            deals={deal.id: deal for deal in known(data, Opportunity, as_of, calendar)},
            subscribers=frozenset(span.account_id for span in every if span.account_id is not None),
            retained=frozenset(by_customer(every, today(as_of, calendar))),
            answers={one.account_id: one.score for one in given if one.account_id is not None},
        )

    def customers(self, leads: Sequence[Lead]) -> dict[str, str | None]:
        """Lead -> its customer, for those whose deal was won."""
        deals = {lead.id: self.deals.get(lead.opportunity_id or "") for lead in leads}
        return {id: deal.account_id for id, deal in deals.items() if deal is not None and deal.is_won}


_Step = tuple[str, int, Sequence[str], int, str]
"""Stage, leads that reached it, leads that went on, leads that are told of, and why the share still moves."""


def _steps(leads: Sequence[Lead], ends: _Ends) -> list[_Step]:
    accepted = [lead for lead in leads if is_accepted(lead)]
    became = [lead for lead in accepted if lead.opportunity_id is not None]
    won = ends.customers(became)
    # Whoever bought once, or never answered, says nothing of staying or recommending: not counted as lost.
    subscribed = [id for id, account in won.items() if account in ends.subscribers]
    stayed = [id for id in subscribed if won[id] in ends.retained]
    asked = [id for id in stayed if won[id] in ends.answers]
    promoters = [id for id in asked if ends.answers[won[id] or ""] >= 9]
    undecided = [lead for lead in leads if lead.status == "open"]
    on_the_way = [lead for lead in accepted if lead.status == "accepted"]
    still_open = [lead for lead in became if _is_open(ends.deals.get(lead.opportunity_id or ""))]
    return [
        ("lead", len(leads), _ids(accepted), len(leads), _waits(undecided)),
        ("accepted", len(accepted), _ids(became), len(accepted), _waits(on_the_way)),
        ("opportunity", len(became), list(won), len(became), _waits(still_open)),
        ("customer", len(won), stayed, len(subscribed), ""),
        ("retained", len(stayed), promoters, len(asked), ""),
    ]


def _is_open(deal: Opportunity | None) -> bool:
    # A deal that nobody filed has no end either.
    return deal is None or deal.is_open


def _ids(leads: Collection[Lead]) -> list[str]:
    return [lead.id for lead in leads]


def _waits(leads: Collection[Lead]) -> str:
    return lacking(len(leads), "leads not decided yet")
