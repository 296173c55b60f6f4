"""What if: changes to the deals, and the two forecasts side by side; and the scenarios that an interval names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Final

from attrs import field, frozen

from partnerops._arguments import check_a, check_all, check_int
from partnerops._attrs import Value, to_tuple
from partnerops._render import Printable
from partnerops._zones import shifted
from partnerops.entities import Opportunity
from partnerops.exceptions import CurrencyMismatch, InvalidValue, UnknownName
from partnerops.forecast._asking import check_function
from partnerops.forecast._intervals import Finished, interval
from partnerops.forecast._results import Forecast
from partnerops.forecast._rollup import CategoryRollup
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.typing import ExactLike

Where = Callable[[Opportunity], bool]
_WHERE: Final = "a function that tells whether a deal is meant"


def without(deals: Iterable[Opportunity], *ids: str) -> tuple[Opportunity, ...]:
    """
    The deals without some of them: what if we lose the biggest?

    Raises:
        UnknownName: A deal that is not among them; the message names near misses.
    """
    found = check_all("without(deals)", deals, Opportunity)
    known = tuple(deal.id for deal in found)
    for id in ids:
        # A deal that is not there was not left out, and the what-if would show no change without a reason.
        if id not in known:
            raise UnknownName("deal", id, known)
    return tuple(deal for deal in found if deal.id not in ids)


def slipped(deals: Iterable[Opportunity], *, days: int, where: Where = lambda _: True) -> tuple[Opportunity, ...]:
    """
    The deals with the expected close of open ones moved by days: what if this partner is a month late?

    Deals without an expected close stay as they are. Use it on a `snapshot`.
    """
    check_int("slipped(days=...)", days)
    check_function("slipped(where=...)", where, _WHERE)
    return tuple(
        deal.replace(expected_close=shifted(deal.expected_close, timedelta(days=days)))
        if deal.is_open and deal.expected_close is not None and where(deal)
        else deal
        for deal in check_all("slipped(deals)", deals, Opportunity)
    )


def resized(
    deals: Iterable[Opportunity], factor: ExactLike, *, where: Where = lambda _: True
) -> tuple[Opportunity, ...]:
    """
    The deals with the amount of open ones times an exact factor: what if everybody asks for a tenth off?

    Each amount is rounded half-even; lines are dropped where they no longer sum to it. Use it on a `snapshot`.
    """
    check_function("resized(where=...)", where, _WHERE)
    return tuple(
        # Lines scaled one by one would not sum to the rounded amount.
        deal.replace(amount=deal.amount.times(factor), lines=())
        if deal.is_open and deal.amount is not None and where(deal)
        else deal
        for deal in check_all("resized(deals)", deals, Opportunity)
    )


@frozen(kw_only=True)
class ChangeLine(Value):
    """One deal in two forecasts."""

    opportunity_id: str
    """The deal; `new business` for what is not created yet."""
    before: Money
    """Its part of the first forecast; 0 where it did not count."""
    after: Money
    """Its part of the second."""
    because: str
    """What is said of it in the second; in the first where it is gone."""

    @property
    def change(self) -> Money:
        """Second less first."""
        return self.after - self.before


def _to_lines(values: Iterable[ChangeLine]) -> tuple[ChangeLine, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class ForecastChange(Value, Printable):
    """Two forecasts of one period side by side; the deals' changes sum to the difference exactly."""

    period: Period
    """The period."""
    before: Money
    """The first forecast."""
    after: Money
    """The second."""
    lines: tuple[ChangeLine, ...] = field(converter=_to_lines, repr=False)
    """Every deal whose part changed, by id."""

    @property
    def change(self) -> Money:
        """Second less first."""
        return self.after - self.before

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each deal whose part changed."""
        return [
            {
                "opportunity_id": one.opportunity_id,
                "before": one.before,
                "after": one.after,
                "change": one.change,
                "because": one.because,
            }
            for one in self.lines
        ]

    def _headline(self) -> str:
        return f"{self.period}: from {self.before:,} to {self.after:,} ({self.change:,})"


def compare_forecasts(before: Forecast, after: Forecast) -> ForecastChange:
    """
    What changed from one forecast of a period to another: other deals, another outlook, another moment.

    Raises:
        InvalidValue: They are of two periods.
        CurrencyMismatch: They are in two currencies.
    """
    check_a("compare_forecasts(before)", before, Forecast)
    check_a("compare_forecasts(after)", after, Forecast)
    if before.period != after.period:
        # A difference between two periods is no change, but two questions.
        raise InvalidValue("compare_forecasts(after)", f"a forecast of {before.period}", str(after.period))
    if before.currency != after.currency:
        raise CurrencyMismatch("compare", before.currency, after.currency)
    first, second = _parts(before), _parts(after)
    zero = Money.zero(before.currency)
    lines: list[ChangeLine] = []
    for id in sorted({*first, *second}):
        was, said_then = first.get(id, (zero, "it is not there any more"))
        # A deal may be in one of them alone: created, removed, or left out of a what-if.
        now, says = second.get(id, (zero, "it is not there any more" if id in first else said_then))
        if was != now:
            lines.append(ChangeLine(opportunity_id=id, before=was, after=now, because=says))
    return ForecastChange(period=before.period, before=before.expected, after=after.expected, lines=lines)


def _parts(forecast: Forecast) -> dict[str, tuple[Money, str]]:
    """Deal -> its part and the reason; deals outside have none."""
    zero = Money.zero(forecast.currency)
    # Deals outside have a part of 0 with a reason, so that one that moved there says why.
    parts = {line.opportunity_id: (zero, line.because) for line in forecast.outside}
    for line in (*forecast.closed_lines, *forecast.lines):
        parts[line.opportunity_id] = (line.expected, line.because)
    if forecast.new_business_lines:
        because = "; ".join(line.because for line in forecast.new_business_lines)
        # As one line: its lines have no ids by which two forecasts could be matched.
        parts["new business"] = (forecast.new_business, because)
    return parts


@frozen(kw_only=True)
class Scenarios(Value, Printable):
    """Three numbers for one period; `pessimistic <= base <= optimistic`."""

    period: Period
    """The period."""
    pessimistic: Money
    """If little goes well."""
    base: Money
    """As likely to be exceeded as not."""
    optimistic: Money
    """If much goes well."""
    because: str
    """Where they come from."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each scenario."""
        names: Mapping[str, Money] = {
            "pessimistic": self.pessimistic,
            "base": self.base,
            "optimistic": self.optimistic,
        }
        return [{"scenario": name, "amount": amount} for name, amount in names.items()]

    def _headline(self) -> str:
        return f"{self.period}: {self.pessimistic:,} to {self.optimistic:,}, base {self.base:,}; {self.because}"


def scenarios(
    forecast: Forecast | CategoryRollup, *, level: ExactLike = "0.80", past: Iterable[Finished] = ()
) -> Scenarios:
    """Three numbers: the ends and the middle of a forecast's interval, or a roll-up's commit, most likely, best."""
    if isinstance(forecast, CategoryRollup):
        # Negative amounts can turn the order of the roll-ups around; the names must stay true.
        three = sorted([forecast.commit_forecast, forecast.most_likely_forecast, forecast.best_case_forecast])
        # Roll-ups of whole amounts, not quantiles: they are named, so that nobody reads odds into them (F21).
        because = "commit, most likely and best case"
    else:
        span = interval(forecast, level=level, past=past)
        three, because = [span.low, span.median, span.high], span.because
    return Scenarios(period=forecast.period, pessimistic=three[0], base=three[1], optimistic=three[2], because=because)
