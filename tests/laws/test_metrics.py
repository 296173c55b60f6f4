"""Laws of the metrics: groups add up, the past stays as it was, order does not matter, unknown is never 0."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from partnerops import Calendar, Dataset, Money, Opportunity, Period, Ratio
from partnerops.dataset import COLLECTIONS
from partnerops.metrics import CATALOGUE, MetricValue, breakdown, scorecard
from partnerops.metrics.bookings import one_off_booked, total_contract_value
from partnerops.metrics.cascades import cascade
from partnerops.metrics.channel import partner_concentration, peer_percentiles
from partnerops.metrics.conversion import win_rate
from partnerops.metrics.customers import new_customers
from partnerops.metrics.leads import leads_received
from partnerops.metrics.lifecycle import lifecycle_funnel
from partnerops.metrics.partners import active_partners
from partnerops.metrics.recurring import (
    active_customers,
    customer_churn,
    customer_retention,
    expansion_rate,
    gross_revenue_churn,
    mrr,
    net_revenue_retention,
)
from partnerops.metrics.revenue import channel_share, deals_won, net_revenue, reversed_revenue, won_revenue
from partnerops.metrics.targets import attainments
from tests.laws import channels as c

pytestmark = pytest.mark.laws

ADDITIVE = sorted(id for id, one in CATALOGUE.items() if one.additive)
# The part of these is itself a whole, or a ratio of two ratios: they do not come from adding up their groups.
NOT_SUMS = {
    "lifetime_value_to_cost", "top_partner_share", "partner_return", "influenced_return", "target_hit_rate",
}  # fmt: skip
RATES = sorted(id for id, one in CATALOGUE.items() if one.unit == "rate" and id not in NOT_SUMS)
FEW = settings(max_examples=25)
# Of the programmes drawn hardly any has a deal that was won within a month and known by a moment of the same half-year.
ALL_DAYS = Period.parse("2020-01-01/2030-01-01")
AFTER_ALL = datetime(2030, 1, 1, tzinfo=UTC)


def whole(values: Iterable[MetricValue]) -> Any:
    """The sum of what groups add up to; groups of nothing have no amount."""
    found = [value.value for value in values if value.value is not None]
    return Money.total(found) if found and isinstance(found[0], Money) else sum(found)


@FEW
@given(c.channels(), c.periods, c.groups, c.instants, c.calendars)
def test_grouping_then_summing_is_not_grouping(
    programme: Dataset, period: Period, by: str, as_of: datetime, calendar: Calendar
) -> None:
    """Of everything that adds up, over any key; influenced revenue too, since a deal is in one group."""
    for id in ADDITIVE:
        cut = breakdown(
            c.KPIS[id], programme, period, by=by, as_of=as_of, calendar=calendar, subject=CATALOGUE[id].subject
        )
        total = cut.total.value
        assert whole(cut.groups.values()) == (0 if total is None else total), id
        assert sum(value.n for value in cut.groups.values()) == cut.total.n, id
        if isinstance(total, Money):
            # A group of nothing is 0 in the currency of the others; only what it sold may be unknown.
            unknown = [value for value in cut.groups.values() if value.value is None]
            assert all(value.reason.startswith("no deal has lines") for value in unknown), id


@FEW
@given(c.channels(), c.periods, c.groups, c.instants)
def test_a_rate_of_the_whole_is_the_ratio_of_the_sums(
    programme: Dataset, period: Period, by: str, as_of: datetime
) -> None:
    """Never a mean of the groups' rates."""
    for id in RATES:
        cut = breakdown(c.KPIS[id], programme, period, by=by, as_of=as_of, subject=CATALOGUE[id].subject)
        parts = [value.value for value in cut.groups.values()]
        assert Ratio.total(part for part in parts if isinstance(part, Ratio)).value == cut.total.number, id


@given(c.channels(), c.periods, c.instants, c.calendars)
def test_nothing_later_is_seen(programme: Dataset, period: Period, as_of: datetime, calendar: Calendar) -> None:
    """A KPI says of all records what it says of those known at the moment."""
    seen = programme.as_of(as_of, calendar)
    for id, kpi in c.KPIS.items():
        every, then = (kpi(data, c.fits(id, period), as_of=as_of, calendar=calendar) for data in (programme, seen))
        assert every == then, id


@FEW
@given(c.channels(), c.periods, st.lists(c.instants, min_size=2, max_size=3), c.calendars)
def test_an_answer_does_not_hang_on_what_was_asked_before(
    programme: Dataset, period: Period, moments: list[datetime], calendar: Calendar
) -> None:
    """From whichever moments, in whichever order: a dataset that was read before says what a new one says."""
    asked = [(moment, of) for moment in (*moments, moments[0]) for of in (period, period.previous(), period)]
    for id, kpi in c.KPIS.items():
        for moment, of in asked:
            told = kpi(programme, c.fits(id, of), as_of=moment, calendar=calendar)
            assert told == kpi(programme.replace(), c.fits(id, of), as_of=moment, calendar=calendar), id


@given(c.channels(), c.periods, c.groups, c.instants, c.calendars)
def test_nothing_later_chooses_a_group(
    programme: Dataset, period: Period, by: str, as_of: datetime, calendar: Calendar
) -> None:
    """Nor what a goal is measured by: what a lead becomes tomorrow is no group of today."""
    seen = programme.as_of(as_of, calendar)
    for kpi in (leads_received, won_revenue, new_customers, active_partners):
        cut, then = (breakdown(kpi, data, period, by=by, as_of=as_of, calendar=calendar) for data in (programme, seen))
        assert cut == then
    goals, known = (attainments(data, period, as_of=as_of, calendar=calendar) for data in (programme, seen))
    assert goals == known


@given(c.channels(), c.periods, c.instants, c.calendars)
def test_what_still_moves_says_so(programme: Dataset, period: Period, as_of: datetime, calendar: Calendar) -> None:
    """A figure of a period that is not over is immature, known or not, and gives a reason."""
    for id, kpi in c.KPIS.items():
        asked = c.fits(id, period)
        # A history of goals looks only at those that are over.
        if calendar.instant(asked.last) > as_of and CATALOGUE[id].home != "targets":
            found = kpi(programme, asked, as_of=as_of, calendar=calendar)
            assert found.immature, id
            assert found.reason, id


@given(c.channels(), c.periods, c.instants, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(programme: Dataset, period: Period, as_of: datetime, random: Any) -> None:
    """Apart from the order of the ids behind the figure."""

    def shuffled(records: Iterable[Any]) -> list[Any]:
        found = list(records)
        random.shuffle(found)
        return found

    mixed = Dataset(**{name: shuffled(getattr(programme, name)) for name in COLLECTIONS.values()})
    for id, kpi in c.KPIS.items():
        one, other = (kpi(data, c.fits(id, period), as_of=as_of) for data in (programme, mixed))
        assert bare(one) == bare(other), id


@pytest.mark.parametrize("id", sorted(CATALOGUE))
def test_of_nothing_only_a_count_is_0(id: str) -> None:
    """Everything else is unknown, and says why."""
    nothing = c.KPIS[id](Dataset(), c.fits(id, Period.month(2026, 3)), as_of=date(2026, 7, 1))
    if CATALOGUE[id].unit == "count":
        assert nothing.value == 0
    else:
        assert not nothing.known
        assert nothing.number is None
        assert nothing.reason
    assert nothing.n == 0


@given(c.channels(), c.periods, c.instants)
def test_values_are_exact(programme: Dataset, period: Period, as_of: datetime) -> None:
    """No float gets in, whatever the KPI; every figure prints."""
    for id, kpi in c.KPIS.items():
        found = kpi(programme, c.fits(id, period), as_of=as_of)
        assert found.metric == id
        assert isinstance(found.value, Ratio | Money | int | Fraction | None)
        assert str(found).startswith(f"{id}: ")


@given(c.channels(), c.periods | st.just(ALL_DAYS), c.instants | st.just(AFTER_ALL))
def test_direct_and_indirect_are_the_whole(programme: Dataset, period: Period, as_of: datetime) -> None:
    """And the channel's share is the indirect part of it."""
    routes = breakdown(won_revenue, programme, period, by="route", as_of=as_of)
    names = ("direct", "indirect", "(none)")
    assert set(routes) <= set(names)
    parts = {name: routes[name].value for name in routes}
    total = routes.total.value
    assert whole(routes.groups.values()) == (0 if total is None else total)
    share = channel_share(programme, period, as_of=as_of).number
    if share is not None and isinstance(total, Money):
        indirect = parts.get("indirect")
        assert share == Fraction(0 if indirect is None else indirect.minor, total.minor)


@given(c.channels(), c.periods, c.instants)
def test_products_add_up_to_the_deals(programme: Dataset, period: Period, as_of: datetime) -> None:
    """Amounts are cut into lines without losing a cent; a rate of amounts is still one of sums."""
    refunds = partial(reversed_revenue, kinds=["refund", "downgrade"])
    for kpi in (won_revenue, one_off_booked, refunds):
        cut = breakdown(kpi, programme, period, by="product", as_of=as_of)
        assert whole(cut.groups.values()) == (0 if cut.total.value is None else cut.total.value)


@given(c.channels(), c.instants)
def test_net_revenue_telescopes(programme: Dataset, as_of: datetime) -> None:
    """What was won less what was taken back adds up over months to that of the quarter."""
    quarter = Period.quarter(2026, 1)
    months = [net_revenue(programme, month, as_of=as_of).value for month in quarter.split("month")]
    together = net_revenue(programme, quarter, as_of=as_of).value
    assert months == [None] * 3 if together is None else Money.total(months) == together


@given(c.channels(), c.periods, c.instants)
def test_a_function_groups_like_a_name(programme: Dataset, period: Period, as_of: datetime) -> None:
    """Deals alone are asked, so both cut the same way."""

    def origin(deal: Opportunity) -> str | None:
        return deal.origin

    ours = breakdown(deals_won, programme, period, by=origin, as_of=as_of)
    named = breakdown(deals_won, programme, period, by="origin", as_of=as_of)
    assert {name: one.value for name, one in ours.items() if one.n} == {
        name: one.value for name, one in named.items() if one.n
    }
    assert ours.by == "origin"


@given(c.channels(), c.periods, c.instants)
def test_contract_value_is_revenue_where_all_deals_have_lines(
    programme: Dataset, period: Period, as_of: datetime
) -> None:
    lined = programme.replace(opportunities=[deal for deal in programme.opportunities if deal.lines])
    assert total_contract_value(lined, period, as_of=as_of).value == won_revenue(lined, period, as_of=as_of).value


# --- recurring revenue ------------------------------------------------------------------------------------------------


@FEW
@given(c.sellers())
def test_customers_leave_or_stay(programme: Dataset) -> None:
    """Churn and retention are the two parts of one whole; of revenue too, with what was added."""
    # Of every month: most have no customer yet, and then there is nothing to say.
    for period in c.PERIODS:
        churn, kept, gross, added, net = (
            kpi(programme, period, as_of=date(2026, 12, 31)).number
            for kpi in (customer_churn, customer_retention, gross_revenue_churn, expansion_rate, net_revenue_retention)
        )
        assert (churn is None) == (kept is None) == (net is None), period
        if churn is not None:
            assert churn + kept == 1
            assert net == 1 - gross + added


@given(c.channels(), st.integers(1, 5))
def test_a_period_starts_where_the_one_before_ends(programme: Dataset, month: int) -> None:
    """Customers at the end of a month are those that the next month's churn is measured against."""
    as_of = date(2027, 12, 31)
    first, second = Period.month(2026, month), Period.month(2026, month + 1)
    assert active_customers(programme, first, as_of=as_of).ids == customer_churn(programme, second, as_of=as_of).ids


@given(c.channels(), c.periods)
def test_reversals_never_add_recurring_revenue(programme: Dataset, period: Period) -> None:
    """They end lines or lower them; nothing else, of deals whose renewals do not move."""
    as_of = date(2027, 12, 31)
    plain = programme.replace(
        opportunities=[
            deal.replace(lines=[line.replace(motion="new") for line in deal.lines]) for deal in programme.opportunities
        ]
    )
    taken, untouched = (mrr(data, period, as_of=as_of).value for data in (plain, plain.replace(reversals=())))
    assert (taken is None) == (untouched is None)
    assert taken is None or taken <= untouched


# --- partners and goals -----------------------------------------------------------------------------------------------


@given(c.channels(), c.periods | st.just(ALL_DAYS), c.instants | st.just(AFTER_ALL))
def test_concentration_lies_between_equal_shares_and_one(programme: Dataset, period: Period, as_of: datetime) -> None:
    found = partner_concentration(programme, period, as_of=as_of)
    if found.value is not None:
        assert Fraction(1, found.n) <= found.value <= 1


@given(c.channels(), c.periods, c.instants, st.integers(1, 3))
def test_percentiles_average_to_the_middle(programme: Dataset, period: Period, as_of: datetime, fewest: int) -> None:
    """Ties or not, the mean percentile of a group is one half; peers who earn more never stand lower."""
    lines = peer_percentiles(won_revenue, programme, period, as_of=as_of, fewest=fewest).lines
    for group in {line.peers for line in lines}:
        ranked = [line for line in lines if line.peers == group and line.percentile.value is not None]
        if ranked:
            assert sum(line.percentile.value for line in ranked) / len(ranked) == Fraction(1, 2)
            values = [line.value.value for line in ranked]
            assert values == sorted(values, reverse=True)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=5), st.integers(-5, 5))
def test_a_cascade_shows_every_missing_cent(parts: list[int], off: int) -> None:
    goal = {"metric": "won_revenue", "period": Period.year(2026)}
    targets = [c.Target(id="top", owner_id="programme", value=Money.from_minor(sum(parts) + off, "BRL"), **goal)]
    targets += [
        c.Target(id=f"Q-{n}", owner_id=f"p{n}", value=Money.from_minor(minor, "BRL"), parent_id="top", **goal)
        for n, minor in enumerate(parts)
    ]
    found = cascade(Dataset(targets=targets), "top", as_of=date(2026, 6, 1))
    assert found.ok == (off == 0)
    assert found.lines[0].gap == Money.from_minor(off, "BRL")


# --- the way of a lead ------------------------------------------------------------------------------------------------


@given(c.channels(), c.periods, c.instants, c.calendars)
def test_no_stage_gains_leads(programme: Dataset, period: Period, as_of: datetime, calendar: Calendar) -> None:
    """From lead to customer each stage holds part of the one before, and hands on what the next one holds."""
    steps = lifecycle_funnel(programme, period, as_of=as_of, calendar=calendar).steps
    counts = [step.visits for step in steps]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == leads_received(programme, period, as_of=as_of, calendar=calendar).value
    for step, after in pairwise(steps):
        assert isinstance(step.conversion.value, Ratio)
        assert step.conversion.value.numerator == after.visits
    assert lifecycle_funnel(programme.as_of(as_of, calendar), period, as_of=as_of, calendar=calendar).steps == steps


# --- the scorecard ----------------------------------------------------------------------------------------------------


@FEW
@given(c.channels(), c.periods, c.instants, c.calendars)
def test_the_scorecard_says_what_the_kpis_say(
    programme: Dataset, period: Period, as_of: datetime, calendar: Calendar
) -> None:
    """It reads each collection once and few records per KPI, and must not be noticed to."""
    card = scorecard(programme, period, as_of=as_of, calendar=calendar, commission=tenth)
    for line in card.lines:
        kpi: Any = CATALOGUE[line.metric].measure
        if line.metric == "acquisition_cost":
            kpi = partial(kpi, commission=tenth)
        assert bare(line.value) == bare(kpi(programme, period, as_of=as_of, calendar=calendar))
        assert bare(line.previous) == bare(kpi(programme, period.previous(), as_of=as_of, calendar=calendar))
        subject = CATALOGUE[line.metric].subject
        routes = breakdown(kpi, programme, period, by="route", as_of=as_of, calendar=calendar, subject=subject)
        for name, value in line.by_route.items():
            if value.n:
                assert bare(value) == bare(routes[name])
    teams = breakdown(win_rate, programme, period, by="owner", as_of=as_of, calendar=calendar)
    for team in card.teams:
        if team.measures["win_rate"].n:
            assert bare(team.measures["win_rate"]) == bare(teams[team.team])


def tenth(data: Dataset, _: Period) -> Money | None:
    """A commission that hangs on records which no scored KPI reads: a tenth of all credits."""
    minor = sum(abs(credit.amount.minor) for credit in data.credits) // 10
    return Money.from_minor(minor, "BRL") if minor else None


def bare(value: MetricValue) -> MetricValue:
    """A measure without the order of its ids."""
    return value.replace(ids=tuple(sorted(value.ids)))
