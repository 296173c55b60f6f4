"""Strategies for outlooks, pipelines and the forecasts of one by the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from attrs import frozen
from hypothesis import strategies as st

from partnerops.dataset import Dataset
from partnerops.entities import Opportunity
from partnerops.forecast import (
    Forecast,
    ForecastLine,
    NewBusinessLine,
    NewBusinessPolicy,
    Outlook,
    OutsideLine,
    Probability,
    StageWeighted,
    project,
)
from partnerops.forecast.scoring import Method
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.testing._strategies import kernel

PERIOD: Final = Period.quarter(2026, 2)
# Two weeks into the quarter: some of it is history, most is to come.
AS_OF: Final = datetime(2026, 4, 15, 12, tzinfo=UTC)
STAGES: Final = ("qualified", "proposal", "negotiation")
_OPENED: Final = datetime(2026, 1, 1, tzinfo=UTC)


def chances() -> st.SearchStrategy[Decimal]:
    """Probabilities of four decimals, 0 and 1 included."""
    # The ends by name: certain and impossible are where logarithms and intervals break.
    return st.sampled_from([Decimal(0), Decimal(1)]) | st.integers(0, 10_000).map(lambda n: Decimal(n) / 10_000)


def probabilities() -> st.SearchStrategy[Probability]:
    """Answers of an outlook, with and without cases behind them."""
    return st.builds(Probability, chances(), n=st.integers(0, 500), because=kernel.texts())


@st.composite
def stage_weights(draw: st.DrawFn) -> StageWeighted:
    """A chance for each stage of `open_deals`."""
    return StageWeighted({stage: draw(chances()) for stage in STAGES})


@frozen
class Steady:
    """New business that comes whatever happens."""

    lines: tuple[NewBusinessLine, ...]
    """What it answers."""

    def estimate(self, *, as_of: datetime, period: Period) -> Sequence[NewBusinessLine]:  # noqa: ARG002 - the protocol's
        """The lines, always."""
        return self.lines


def new_business() -> st.SearchStrategy[Steady]:
    """None, one or two lines in reais."""
    line = st.builds(NewBusinessLine, amount=kernel.moneys("BRL", low=0), because=kernel.texts())
    return st.lists(line, max_size=2).map(lambda lines: Steady(tuple(lines)))


@st.composite
def open_deals(draw: st.DrawFn, id: str = "D-1") -> Opportunity:
    """Open deals: overdue, due today, at the edges of the quarter, later, unscheduled."""
    # Chosen first, since edges would drown among the dates of three years.
    due = draw(st.sampled_from(["edge", "none", "any"]))
    edges = [PERIOD.start, AS_OF.date(), PERIOD.last, PERIOD.end, date(2026, 9, 1)]
    return Opportunity(
        id=id,
        stage=draw(st.sampled_from(STAGES)),
        created_at=_OPENED + timedelta(days=draw(st.integers(0, 100))),
        amount=Money.from_minor(draw(st.integers(0, 10**7)), "BRL"),
        expected_close=None if due == "none" else draw(st.sampled_from(edges) if due == "edge" else kernel.dates()),
        origin=draw(st.sampled_from([None, "direct", "partner"])),
        partner_id=draw(st.sampled_from([None, "acme", "direct"])),
    )


@st.composite
def pipelines(draw: st.DrawFn) -> list[Opportunity]:
    """Up to six deals, one of them won within the quarter."""
    deals = [draw(open_deals(f"D-{number}")) for number in range(draw(st.integers(0, 5)))]
    if draw(st.booleans()):
        # One is enough: what was closed is added once, however many there are.
        won = draw(open_deals("D-won"))
        at = datetime(2026, 4, 2, tzinfo=UTC) + draw(
            kernel.lengths().filter(lambda length: length < timedelta(days=10))
        )
        deals.append(won.replace(stage="won", status="won", created_at=_OPENED, closed_at=at))
    return deals


@st.composite
def forecasts(draw: st.DrawFn) -> Forecast:
    """Any pipeline under any stage weights, with and without new business."""
    extra = draw(st.none() | new_business())
    return project(
        draw(pipelines()), outlook=draw(stage_weights()), period=PERIOD, as_of=AS_OF, new_business=extra, currency="BRL"
    )


@st.composite
def _lines(draw: st.DrawFn) -> ForecastLine:
    return draw(st.sampled_from(draw(forecasts().filter(lambda forecast: bool(forecast.lines))).lines))


@st.composite
def _outside(draw: st.DrawFn) -> OutsideLine:
    return draw(st.sampled_from(draw(forecasts().filter(lambda forecast: bool(forecast.outside))).outside))


@frozen
class ByStage:
    """A method for backtests: stage weights, whatever the history says."""

    outlook: StageWeighted

    def __call__(self, data: Dataset, /, *, as_of: datetime, period: Period) -> Forecast:
        """The forecast of *period* by the weights."""
        return project(data.opportunities, outlook=self.outlook, period=period, as_of=as_of, currency="BRL")


TABLE: Final[dict[Any, Callable[[], st.SearchStrategy[Any]]]] = {
    Forecast: forecasts,
    ForecastLine: _lines,
    Method: lambda: st.builds(ByStage, stage_weights()),
    NewBusinessPolicy: new_business,
    Outlook: stage_weights,
    OutsideLine: _outside,
    Probability: probabilities,
    StageWeighted: stage_weights,
}
"""Type -> its strategy."""
FAMILY: Final = stage_weights
"""What `policies("forecast")` gives."""
