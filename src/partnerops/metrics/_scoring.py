"""The scorecard's work: each collection read once, then every KPI asked of the few records that matter to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Final, TypeAlias

from partnerops.dataset import Dataset
from partnerops.entities import Lead, Opportunity, ProgramCost, SurveyResponse, Touchpoint
from partnerops.metrics._catalogue import FAMILIES
from partnerops.metrics._costs import Commission
from partnerops.metrics._cut import Cut, split
from partnerops.metrics._deals import known, moment
from partnerops.metrics._definition import MetricDefinition
from partnerops.metrics._measure import MetricValue, in_currency
from partnerops.metrics._standing import Standing, lost, remaining, revenue, standing_of
from partnerops.metrics._subscriptions import Span, spans
from partnerops.metrics.conversion import win_rate
from partnerops.metrics.leads import leads_received
from partnerops.metrics.revenue import deals_won, won_revenue
from partnerops.money import Money
from partnerops.periods import Calendar, Period

_WITH_COMMISSION: Final = "acquisition_cost"
"""The one scored KPI that commission is part of."""

_Paid: TypeAlias = Mapping[tuple[str | None, Period], Money | None]
"""Route, or None for everybody, and period -> commission, where it is known."""

WHOLE_ONLY: Final = frozenset({"channel_share", "top_partner_share", "active_partners"})
"""KPIs that compare the routes or look at partners alone: asked by route they say nothing."""

_STANDING: Final[Mapping[str, Callable[[Standing], MetricValue]]] = {
    "mrr": partial(revenue, metric="mrr", months=1),
    "customer_churn": lost,
    "net_revenue_retention": remaining,
}
"""KPIs of recurring revenue, which share the spans they are made from."""

TEAM: Final[Mapping[str, Callable[..., MetricValue]]] = {
    "won_revenue": won_revenue,
    "deals_won": deals_won,
    "win_rate": win_rate,
    "leads_received": leads_received,
}
"""What a team is looked at for."""


class Scorer:
    """The records of two periods that follow one another, whole and by route."""

    __slots__ = ("as_of", "calendar", "currency", "data", "periods", "routes", "spans", "standings", "whole")

    def __init__(
        self, data: Dataset, periods: tuple[Period, Period], as_of: date | datetime, calendar: Calendar
    ) -> None:
        self.whole = data
        self.periods = periods
        self.as_of = as_of
        self.calendar = calendar
        since = calendar.start_of(periods[0].start)
        deals = list(known(data, Opportunity, as_of, calendar))
        codes = {deal.amount.currency for deal in deals if deal.amount is not None}
        # What the few records of the two periods may be too few to say.
        self.currency = codes.pop() if len(codes) == 1 else None
        recent = _recent(data, deals, since, as_of, calendar)
        when: dict[str, Any] = {"as_of": as_of, "calendar": calendar}
        # Who a customer belongs to, is new, or pays how much, hangs on deals of any age.
        won = Dataset(
            partners=data.partners,
            accounts=data.accounts,
            opportunities=[deal for deal in deals if deal.is_won],
            reversals=data.reversals,
        )
        # Cut by all wins there ever were, then dealt out only what is recent: the cut is what costs.
        homes = Cut(won, "route", subject="customer", **when)
        customers = recent.replace(opportunities=_first(won.opportunities, since), partners=())
        self.data = {"deal": recent, "lead": recent, "partner": recent, "customer": customers}
        self.routes = {
            "deal": split(recent, "route", **when),
            "lead": split(recent, "route", subject="lead", **when),
            "customer": homes.parts(customers.replace(leads=(), touchpoints=(), registrations=())),
        }
        self.spans: dict[str | None, list[Span]] = {None: spans(won, as_of, calendar)}
        for span in self.spans[None]:
            self.spans.setdefault(homes.deals[span.deal_id][0], []).append(span)
        for name in self.spans.keys() - {None}:
            # A route may have customers of old, and nothing new.
            self.routes["customer"].setdefault(str(name), Dataset())
        self.standings: dict[tuple[str | None, Period], Standing] = {}

    @property
    def _sold_in(self) -> str | None:
        """The currency of all recurring lines ever sold, which a route that sold none cannot say."""
        return self._standing(None, self.periods[1]).currency

    def _standing(self, route: str | None, period: Period) -> Standing:
        """The standing of a route, or of everybody; several KPIs read it."""
        # Three KPIs ask for the same two evenings, whole and by route.
        if (route, period) not in self.standings:
            own = self.spans.get(route, [])
            self.standings[route, period] = standing_of(own, period, self.as_of, self.calendar)
        return self.standings[route, period]

    def lines(
        self, commission: Commission
    ) -> Iterator[tuple[MetricDefinition, MetricValue, MetricValue, dict[str, MetricValue]]]:
        """Every scored KPI: now, before, and now by route."""
        before, period = self.periods
        paid = self._commissions(commission)
        for one in (one for family in FAMILIES for one in family if one.scored):
            ask = partial(self._ask, one, paid=paid)
            routes = () if one.id in WHOLE_ONLY else self.routes[one.subject]
            yield one, ask(None, period), ask(None, before), {name: ask(name, period) for name in routes}

    def _ask(self, one: MetricDefinition, route: str | None, period: Period, paid: _Paid) -> MetricValue:
        if one.id in _STANDING:
            return in_currency(_STANDING[one.id](self._standing(route, period)), self._sold_in if route else None)
        if one.id == _WITH_COMMISSION and (route, period) not in paid:
            # The amount of one period says nothing of another, nor what part of it a route took.
            return MetricValue(metric=one.id, value=None, n=0, reason="commission is given as one amount of the period")
        options = {"commission": paid[route, period]} if one.id == _WITH_COMMISSION else {}
        part = self.data[one.subject] if route is None else self.routes[one.subject][route]
        measured = one.measure(part, period, as_of=self.as_of, calendar=self.calendar, **options)
        return in_currency(measured, self.currency)

    def _commissions(self, commission: Commission) -> _Paid:
        """The commission of everybody in both periods, and of each route in the latter."""
        before, period = self.periods
        # Nothing divides an amount among routes: only records could.
        if isinstance(commission, Money):
            return {(None, period): commission}
        asked: list[tuple[str | None, Period]] = [(None, period), (None, before)]
        asked += [(name, period) for name in self.routes["customer"]]
        if commission is None:
            return dict.fromkeys(asked)
        # What was paid may hang on records that no KPI here looks at: the function sees all of them.
        seen = self.whole.as_of(moment(self.as_of, self.calendar), self.calendar)
        parts = split(seen, "route", as_of=self.as_of, subject="customer", calendar=self.calendar)
        return {(name, span): commission(parts.get(name, Dataset()) if name else seen, span) for name, span in asked}

    def teams(
        self, teams: Mapping[str, Iterable[str]] | None
    ) -> dict[str, tuple[dict[str, MetricValue], dict[str, MetricValue]]]:
        """Team -> its KPIs now and before."""
        key = _team_of(teams) if teams is not None else None
        parts = split(self.data["deal"], "owner", as_of=self.as_of, calendar=self.calendar, key=key)
        before, period = self.periods
        return {name: (self._team(part, period), self._team(part, before)) for name, part in parts.items()}

    def _team(self, part: Dataset, period: Period) -> dict[str, MetricValue]:
        when: dict[str, Any] = {"as_of": self.as_of, "calendar": self.calendar}
        return {name: in_currency(measure(part, period, **when), self.currency) for name, measure in TEAM.items()}


def _first(won: Sequence[Opportunity], since: datetime) -> list[Opportunity]:
    """The first won deal of each customer that won one since a moment, and the deals of it that name no customer."""
    # A later deal of an old customer must not look like the first of a new one.
    first: dict[str, Opportunity] = {}
    for deal in won:
        id = deal.account_id
        if id is not None and (id not in first or _closed(deal) < _closed(first[id])):
            first[id] = deal
    nameless = [deal for deal in won if deal.account_id is None]
    return [deal for deal in (*first.values(), *nameless) if _closed(deal) >= since]


def _closed(deal: Opportunity) -> datetime:
    return deal.closed_at or deal.created_at


def _team_of(teams: Mapping[str, Iterable[str]]) -> Callable[[Any], str | None]:
    """The team of a record: that of its executive or else of its partner."""
    homes = {member: name for name, members in teams.items() for member in members}

    def team(record: Any) -> str | None:
        executive = homes.get(getattr(record, "owner_id", None) or "")
        return executive if executive is not None else homes.get(getattr(record, "partner_id", None) or "")

    return team


def _recent(
    data: Dataset, deals: Sequence[Opportunity], since: datetime, as_of: date | datetime, calendar: Calendar
) -> Dataset:
    """What began or ended since a moment; everything else matters to no KPI of deals, leads or partners."""

    def late(*times: datetime | None) -> bool:
        # Without a generator: it is asked of every deal and lead.
        for at in times:  # noqa: SIM110 - any() would make one
            if at is not None and at >= since:
                return True
        return False

    own = [deal for deal in deals if late(deal.created_at, deal.closed_at)]
    ids = {deal.id for deal in own if late(deal.closed_at)}
    leads = [
        lead
        for lead in known(data, Lead, as_of, calendar)
        if lead.opportunity_id in ids or late(lead.created_at, lead.accepted_at, lead.converted_at, lead.rejected_at)
    ]
    # Touches of a lead belong to the deal that it became, and only through it.
    came = {lead.id for lead in leads if lead.opportunity_id in ids}
    first = calendar.date_of(since)
    return Dataset(
        partners=data.partners,
        opportunities=own,
        leads=leads,
        # Touches are by far the most: only those of deals that closed are looked at.
        touchpoints=[
            touch
            for touch in data.all(Touchpoint)
            if touch.opportunity_id in ids or (touch.opportunity_id is None and touch.lead_id in came)
        ],
        registrations=[one for one in data.registrations if late(one.decided_at)],
        surveys=[one for one in data.all(SurveyResponse) if late(one.at)],
        costs=[one for one in data.all(ProgramCost) if one.incurred_on >= first],
    )
