"""KPIs, breakdowns and the scorecard: what calls give."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import assert_type

from partnerops import Dataset, Money, Opportunity, Period, Ratio
from partnerops.metrics import Breakdown, MetricDefinition, MetricValue, Scorecard, breakdown, definition, scorecard
from partnerops.metrics.changes import BeforeAfter, before_after, change
from partnerops.metrics.conversion import Funnel
from partnerops.metrics.customers import acquisition_cost
from partnerops.metrics.lifecycle import lifecycle_funnel
from partnerops.metrics.revenue import won_revenue
from partnerops.metrics.targets import TargetAttainment, attainments

data, march, today = Dataset(), Period.month(2026, 3), date(2026, 4, 1)


def size(deal: Opportunity) -> str:
    return "large" if deal.amount is not None and deal.amount > Money("1000", "BRL") else "small"


found = won_revenue(data, march, as_of=today)
assert_type(found, MetricValue)
assert_type(found.value, Ratio | Money | Fraction | int | None)
assert_type(found.number, Money | Fraction | int | None)
assert_type(breakdown(won_revenue, data, march, by=size, as_of=today), Breakdown)
assert_type(breakdown(won_revenue, data, march, by="route", as_of=today)["direct"], MetricValue)
assert_type(change(won_revenue, data, march, as_of=today), MetricValue)
assert_type(
    before_after(won_revenue, data, march, march.next(), treated=lambda deal: deal.is_won, as_of=today), BeforeAfter
)
assert_type(definition("mrr"), MetricDefinition)
assert_type(scorecard(data, march, as_of=today, commission=Money("10", "BRL")), Scorecard)
assert_type(attainments(data, march, as_of=today), tuple[TargetAttainment, ...])


def commission(part: Dataset, period: Period) -> Money | None:
    return Money("10", "BRL") if period.days > 7 and len(part) else None


assert_type(acquisition_cost(data, march, as_of=today, commission=commission), MetricValue)

won_revenue(data, march)  # type: ignore[call-arg] # no KPI knows a clock
won_revenue(data, "2026-03", as_of=today)  # type: ignore[arg-type] # a period, not its label
acquisition_cost(data, march, as_of=today, commission=10)  # type: ignore[arg-type] # money, not a number
assert_type(lifecycle_funnel(data, march, as_of=today, visitors=100), Funnel)
assert_type(lifecycle_funnel(data, march, as_of=today).bottleneck, str | None)
