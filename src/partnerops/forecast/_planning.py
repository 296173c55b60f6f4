"""A forecast against what was promised and what it costs: quota and coverage, plan, margin after commission."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import Any

from attrs import field, frozen

from partnerops._arguments import check_a
from partnerops._attrs import Value, to_tuple
from partnerops._render import Printable
from partnerops.entities import Opportunity
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PolicyBrokeContract
from partnerops.forecast._asking import calendar_of, check_function
from partnerops.forecast._lines import OPEN_BUCKETS, ForecastLine
from partnerops.forecast._results import Forecast
from partnerops.forecast._rounding import spread
from partnerops.money import Money
from partnerops.periods import Calendar, Period
from partnerops.ratio import Ratio


@frozen(kw_only=True)
class QuotaView(Value, Printable):
    """
    A forecast against a quota.

    No quota, or one of 0, has no attainment. Where the forecast reaches the quota nothing is lacking: coverage has no
    value and `met` says why. Whether what is closed reaches it already is what `attainment` tells.
    """

    period: Period
    """The period."""
    quota: Money | None
    """What was to be reached; None where nothing was asked."""
    closed: Money
    """Won so far."""
    expected: Money
    """The forecast."""
    due: Money
    """Whole amount of the open deals due in the period."""

    @property
    def attainment(self) -> Ratio:
        """Closed over quota."""
        return _over(self.closed, self.quota)

    @property
    def projected_attainment(self) -> Ratio:
        """Forecast over quota."""
        return _over(self.expected, self.quota)

    @property
    def gap(self) -> Money | None:
        """Quota less forecast; negative where the forecast exceeds it."""
        return None if self.quota is None else self.quota - self.expected

    @property
    def met(self) -> bool:
        """Whether the forecast reaches the quota: the gap is 0 or less."""
        return self.quota is not None and self.expected >= self.quota

    @property
    def coverage(self) -> Ratio:
        """Whole open amount due over quota less closed; no value where the forecast or the closed reach the quota."""
        # F18 goes by the gap, quota less forecast: who is on course needs no more pipeline. And over quota less closed
        # of 0 or less the ratio would be endless or negative, which reads as no coverage at all.
        if self.quota is None or self.met or self.closed >= self.quota:
            return Ratio(0, 0)
        return Ratio(self.due, self.quota - self.closed)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row."""
        return [
            {
                "period": str(self.period),
                "quota": self.quota,
                "closed": self.closed,
                "attainment": self.attainment.percent(),
                "expected": self.expected,
                "projected": self.projected_attainment.percent(),
                "gap": self.gap,
                "coverage": None if self.coverage.value is None else self.coverage.decimal(2),
                "met": self.met,
            }
        ]

    def _headline(self) -> str:
        if self.quota is None:
            return f"{self.period}: no quota, {self.closed:,} closed, {self.expected:,} expected"
        projected = self.projected_attainment.percent()
        return f"{self.period}: {self.attainment.percent()} of {self.quota:,}, {projected} projected"


def _over(part: Money, quota: Money | None) -> Ratio:
    return Ratio(0, 0) if quota is None else Ratio(part, quota)


def against_quota(forecast: Forecast, quota: Money | None, *, calendar: Calendar | None = None) -> QuotaView:
    """
    Attainment, projected attainment, gap and coverage of a quota.

    Coverage is open due / (quota - closed). Where the gap (quota - forecast) is 0 or less the quota is `met` and there
    is no coverage. Due are the open deals whose expected close lies in the period and has not passed, whatever their
    chance. What has passed is told by *calendar*, by default the forecast's own. Without a quota every ratio is without
    a value.

    Raises:
        InvalidValue: Something that is no amount.
        CurrencyMismatch: A quota in another currency.

    Source: F18 and K10 of the forecast reference.
    """
    check_a("against_quota(forecast)", forecast, Forecast)
    if quota is not None and not isinstance(quota, Money):
        raise InvalidValue("against_quota(quota)", "a Money, or None", quota)
    if quota is not None and quota.currency != forecast.currency:
        raise CurrencyMismatch("compare", forecast.currency, quota.currency)
    opened = [line.opportunity for line in forecast.lines]
    opened += [line.opportunity for line in forecast.outside if line.bucket in OPEN_BUCKETS]
    # The forecast's moment is in UTC, where the last hours of a day elsewhere are tomorrow already.
    days = forecast.calendar if calendar is None else calendar_of("against_quota(calendar=...)", calendar)
    today = days.date_of(forecast.as_of)
    due = [deal.amount for deal in opened if _is_due(deal, forecast.period, today) and deal.amount is not None]
    return QuotaView(
        period=forecast.period,
        quota=quota,
        closed=forecast.closed,
        expected=forecast.expected,
        due=Money.total(due, forecast.currency),
    )


def _is_due(deal: Opportunity, period: Period, today: date) -> bool:
    due = deal.expected_close
    return due is not None and due in period and due >= today


# --- plan -------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class PlanRow(Value):
    """One part of a plan beside its forecast."""

    key: Hashable
    """The part; None is deals without a value."""
    plan: Money | None
    """What was planned; None where nothing was."""
    expected: Money
    """What is forecast."""

    @property
    def difference(self) -> Money:
        """Forecast less plan; nothing planned counts as 0."""
        return self.expected if self.plan is None else self.expected - self.plan

    @property
    def attainment(self) -> Ratio:
        """Forecast over plan; no value where nothing was planned."""
        return Ratio(0, 0) if self.plan is None else Ratio(self.expected, self.plan)


def _to_plan_rows(values: Iterable[PlanRow]) -> tuple[PlanRow, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class PlanView(Value, Printable):
    """A forecast against a plan, part by part; parts of either that the other lacks are shown too."""

    period: Period
    """The period."""
    dimension: str
    """What the parts are."""
    rows: tuple[PlanRow, ...] = field(converter=_to_plan_rows, repr=False)
    """The parts, planned ones first."""
    plan: Money
    """The whole plan."""
    expected: Money
    """The whole forecast."""

    @property
    def difference(self) -> Money:
        """Forecast less plan: the sum of the parts' differences, exactly."""
        return self.expected - self.plan

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each part."""
        return [
            {
                self.dimension: row.key,
                "plan": row.plan,
                "expected": row.expected,
                "difference": row.difference,
                "attainment": row.attainment.percent(),
            }
            for row in self.rows
        ]

    def _headline(self) -> str:
        return f"{self.period}: {self.expected:,} expected, {self.plan:,} planned, {self.difference:,} apart"


def against_plan(
    forecast: Forecast, plan: Mapping[Any, Money], *, by: str | Callable[[Opportunity], Any] = "origin"
) -> PlanView:
    """
    A forecast against a plan along one of its dimensions (`Forecast.by`), such as origin or partner.

    Raises:
        CurrencyMismatch: A planned amount in another currency.
    """
    check_a("against_plan(forecast)", forecast, Forecast)
    if not isinstance(plan, Mapping):
        raise InvalidValue("against_plan(plan)", 'a mapping of parts to Money, as in {"direct": Money(...)}', plan)
    for key, amount in plan.items():
        check_a(f"against_plan(plan)[{key!r}]", amount, Money)
        if amount.currency != forecast.currency:
            raise CurrencyMismatch("compare", forecast.currency, amount.currency)
    parts = {key: part.expected for key, part in forecast.by(by).items()}
    zero = Money.zero(forecast.currency)
    keys = [*plan, *(key for key in parts if key not in plan)]
    return PlanView(
        period=forecast.period,
        dimension=by if isinstance(by, str) else getattr(by, "__name__", "part"),
        rows=[PlanRow(key=key, plan=plan.get(key), expected=parts.get(key, zero)) for key in keys],
        plan=Money.total(plan.values(), forecast.currency),
        expected=forecast.expected,
    )


# --- margin -----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class MarginLine(Value):
    """One deal of a forecast with what it costs, all at its chance."""

    line: ForecastLine = field(repr=False)
    """The forecast line."""
    cost: Money
    """Expected cost of the deal itself."""
    commission: Money
    """Expected commission."""

    @property
    def margin(self) -> Money:
        """Expected revenue less cost and commission."""
        return self.line.expected - self.cost - self.commission


def _to_margin_lines(values: Iterable[MarginLine]) -> tuple[MarginLine, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class MarginView(Value, Printable):
    """What is left of a forecast after costs and commission; `expected - cost - commission = margin`, line by line."""

    period: Period
    """The period."""
    currency: str
    """Code of ISO 4217."""
    lines: tuple[MarginLine, ...] = field(converter=_to_margin_lines, repr=False)
    """Won and open deals."""
    without_cost: tuple[str, ...] = ()
    """Deals whose cost nobody knows; they count as costing nothing."""

    @property
    def expected(self) -> Money:
        """Expected revenue of the deals."""
        return Money.total([one.line.expected for one in self.lines], self.currency)

    @property
    def cost(self) -> Money:
        """Expected cost."""
        return Money.total([one.cost for one in self.lines], self.currency)

    @property
    def commission(self) -> Money:
        """Expected commission."""
        return Money.total([one.commission for one in self.lines], self.currency)

    @property
    def margin(self) -> Money:
        """What is left."""
        return self.expected - self.cost - self.commission

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each deal."""
        return [
            {
                "opportunity_id": one.line.opportunity_id,
                "expected": one.line.expected,
                "cost": one.cost,
                "commission": one.commission,
                "margin": one.margin,
            }
            for one in self.lines
        ]

    def _headline(self) -> str:
        unknown = f"; cost unknown for {len(self.without_cost):,} deals" if self.without_cost else ""
        rate = Ratio(self.margin, self.expected).percent()
        return f"{self.period}: {self.margin:,} of {self.expected:,} left ({rate}) after commission{unknown}"


def margins(forecast: Forecast, *, commission: Callable[[Opportunity], Money]) -> MarginView:
    """
    The margin of every deal after expected commission.

    *commission* gives what a deal would pay if it were won, as a plain function, so that any plan can be asked. Cost is
    the deal's own `cost`. Both are multiplied by the deal's chance; each total is rounded once and shared by the lines.

    Raises:
        PolicyBrokeContract: The function did not answer with money.
        CurrencyMismatch: A commission in another currency.
    """
    check_a("margins(forecast)", forecast, Forecast)
    check_function("margins(commission=...)", commission, "a function that gives the Money a deal would pay")
    lines = (*forecast.closed_lines, *forecast.lines)
    paid = [_paid(commission, line, forecast.currency) for line in lines]
    chances = [line.probability.value for line in lines]
    costs = [0 if line.opportunity.cost is None else line.opportunity.cost.minor for line in lines]
    cost_parts = spread(list(zip(costs, chances, strict=True)))
    paid_parts = spread(list(zip(paid, chances, strict=True)))
    code = forecast.currency
    return MarginView(
        period=forecast.period,
        currency=code,
        lines=[
            MarginLine(line=line, cost=Money.from_minor(cost, code), commission=Money.from_minor(part, code))
            for line, cost, part in zip(lines, cost_parts, paid_parts, strict=True)
        ],
        without_cost=tuple(line.opportunity_id for line in lines if line.opportunity.cost is None),
    )


def _paid(commission: Callable[[Opportunity], Money], line: ForecastLine, currency: str) -> int:
    answer = commission(line.opportunity)
    if not isinstance(answer, Money):
        name = getattr(commission, "__name__", type(commission).__qualname__)
        raise PolicyBrokeContract(name, "answer with Money", f"a {type(answer).__name__}")
    if answer.currency != currency:
        raise CurrencyMismatch("take from the margin", currency, answer.currency)
    return answer.minor
