"""A forecast against a plan, and what is left of it: margin after commission."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from attrs import field, frozen

from partnerops._arguments import check_a
from partnerops._attrs import Value, to_tuple
from partnerops._render import Printable
from partnerops.entities import Opportunity
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PolicyBrokeContract
from partnerops.forecast._asking import check_function
from partnerops.forecast._lines import ForecastLine
from partnerops.forecast._results import Forecast
from partnerops.forecast._rounding import spread
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.ratio import Ratio

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
    # Parts that nobody planned come last and are shown: hidden, the rows would not sum to the forecast.
    keys = [*plan, *(key for key in parts if key not in plan)]
    return PlanView(
        period=forecast.period,
        dimension=by if isinstance(by, str) else getattr(by, "__name__", "part"),
        # None and not 0 where nothing was planned, so that its attainment has no value.
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
        # Of the sums: a mean of the deals' rates would let a small deal weigh as much as a large one (C3).
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
    # New business has no deal, so nobody can tell its cost or commission: it has no margin line.
    lines = (*forecast.closed_lines, *forecast.lines)
    paid = [_paid(commission, line, forecast.currency) for line in lines]
    chances = [line.probability.value for line in lines]
    # An unknown cost is taken as 0 and named in `without_cost`: the margin then is an upper bound.
    costs = [0 if line.opportunity.cost is None else line.opportunity.cost.minor for line in lines]
    # Cost and commission fall due only with the win, so they carry the same chance as the revenue.
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
