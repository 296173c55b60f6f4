"""
How often deals go on: win rates and stage conversion, each variant under its own name.

`win_rate` looks at deals that closed in the period, `cohort_win_rate` at deals created in it: where stale deals stay
open the first is far above the second, and says nothing about an open pipeline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction

from attrs import frozen

from partnerops._attrs import Value
from partnerops._render import Printable, plural
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, OpportunityStatus, StageChange
from partnerops.exceptions import InvalidValue
from partnerops.metrics._deals import (
    Visit,
    closed_in,
    created_in,
    in_days,
    known,
    length,
    moment,
    unfinished,
    visits,
    within,
)
from partnerops.metrics._measure import MetricValue, flagged, left_out, noted, quantile, rate, share, total
from partnerops.periods import UTC_CALENDAR, Calendar, Period
from partnerops.ratio import Ratio

__all__ = [
    "Funnel",
    "FunnelStep",
    "cohort_win_rate",
    "funnel",
    "stage_conversion",
    "stage_conversion_in_period",
    "win_rate",
    "win_rate_by_amount",
]


def win_rate(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Deals won over deals closed in the period, by close date and count (K5).

    >>> win_rate(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1)).reason
    'denominator is 0'
    """
    deals = closed_in(data, period, as_of, calendar)
    note = unfinished(period, as_of, calendar)
    won = sum(deal.is_won for deal in deals)
    measured = rate("win_rate", won, len(deals), ids=[deal.id for deal in deals])
    return flagged(measured, note)


def win_rate_by_amount(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    The amount won over the amount closed in the period, by close date (K5b); lost deals at their last known amount.

    Lost deals without an amount are left out of both sides, and counted in the reason.

    Raises:
        CurrencyMismatch: Deals in two currencies.
    """
    closed = closed_in(data, period, as_of, calendar)
    deals = [deal for deal in closed if deal.amount is not None]
    whole = total(deal.amount for deal in deals if deal.amount is not None)
    won = [deal.amount for deal in deals if deal.is_won and deal.amount is not None]
    part = None if whole is None else type(whole).total(won, whole.currency)
    measured = share("win_rate_by_amount", part, whole, n=len(deals), ids=[deal.id for deal in deals])
    # A deal lost before anybody knew its value says nothing about amounts, and must not vanish unsaid.
    missing = len(closed) - len(deals)
    measured = noted(measured, left_out(missing, "lost without an amount"))
    return flagged(measured, unfinished(period, as_of, calendar))


def cohort_win_rate(
    data: Dataset, period: Period, *, as_of: date | datetime, calendar: Calendar = UTC_CALENDAR
) -> MetricValue:
    """
    Deals won by *as_of* over all deals created in the period, open ones too, by creation date (K5c).

    While deals of the cohort are open the rate can only grow, and is flagged immature.
    """
    deals = created_in(data, period, as_of, calendar)
    # Open deals stay in the denominator: leaving them out is what flatters a win rate.
    still_open = sum(deal.is_open for deal in deals)
    note = unfinished(period, as_of, calendar) or (f"{still_open} of {len(deals)} still open" if still_open else "")
    won = sum(deal.is_won for deal in deals)
    measured = rate("cohort_win_rate", won, len(deals), ids=[deal.id for deal in deals])
    return flagged(measured, note)


def stage_conversion(
    data: Dataset,
    period: Period,
    *,
    stage: str,
    order: Sequence[str],
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
) -> MetricValue:
    """
    Of the deals that entered a stage in the period, the share that reached a later one or was won (K4, by cohort).

    *order* names the open stages from first to last; a stage that was skipped counts as reached, and only the first
    entry of a deal counts. Entries younger than the 95 % quantile of the time that finished visits took make the
    measure immature. Only deals with a stage history can be counted.

    Raises:
        InvalidValue: *stage* is not in *order*.
    """
    rank = _ranks(order, stage)
    inside = within(period, calendar)
    stays = [(deal.id, visits(deal)) for deal in known(data, Opportunity, as_of, calendar) if deal.history]
    entered: list[tuple[str, Visit]] = []
    for id, stay in stays:
        first = next((visit for visit in stay if visit.stage == stage), None)
        if first is not None and inside(first.entered):
            entered.append((id, first))
    # Only what followed the entry counts: a deal that came back from a later stage has not gone on from here.
    reached = sum(_went_on(visit.later, rank, rank[stage]) for _, visit in entered)
    measured = rate("stage_conversion", reached, len(entered), ids=[id for id, _ in entered])
    lengths = [length(one) for _, stay in stays for one in stay if one.stage == stage and one.left is not None]
    # Entries younger than nearly every finished visit have not had their chance yet.
    patience = quantile(sorted(lengths), Fraction(95, 100))
    instant = moment(as_of, calendar)
    young = sum(
        patience is not None and visit.left is None and in_days(instant - visit.entered) < patience
        for _, visit in entered
    )
    recent = f"{young} of {len(entered)} entries are recent" if young else ""
    return flagged(measured, unfinished(period, as_of, calendar) or recent)


def stage_conversion_in_period(
    data: Dataset,
    period: Period,
    *,
    stage: str,
    order: Sequence[str],
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
) -> MetricValue:
    """
    Of the moves out of a stage in the period, the share that went forward or were won (K4b, by exit date).

    Moves back to an earlier stage are neither forward nor lost, and are left out.

    Raises:
        InvalidValue: *stage* is not in *order*.
    """
    rank = _ranks(order, stage)
    inside = within(period, calendar)
    forward = lost = 0
    ids: list[str] = []
    for deal in known(data, Opportunity, as_of, calendar):
        for visit in visits(deal):
            after = visit.left
            if visit.stage != stage or after is None or not inside(after.at):
                continue
            # A step back is neither progress nor loss: counting it as either would punish honest record keeping.
            # Won is forward, from whatever stage: many deals skip the last ones.
            gone = after.status is OpportunityStatus.LOST
            ahead = _is_ahead(after, rank, rank[stage])
            forward, lost = forward + ahead, lost + gone
            ids += [deal.id] * (ahead or gone)
    measured = rate("stage_conversion_in_period", forward, forward + lost, ids=ids)
    return flagged(measured, unfinished(period, as_of, calendar))


def funnel(
    data: Dataset,
    period: Period,
    *,
    order: Sequence[str],
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
) -> Funnel:
    """
    The conversion of every stage of a pipeline, for the deals that entered it in the period (K4c).

    Churn, what follows the sale, is `recurring.customer_churn`.

    >>> print(funnel(Dataset(), Period.month(2026, 3), order=["demo", "offer"], as_of=date(2026, 4, 1)).bottleneck)
    None
    """
    inside = within(period, calendar)
    # Deals that come back are worth seeing, but not in the rate, which counts each deal once.
    entries: Counter[str] = Counter()
    for deal in known(data, Opportunity, as_of, calendar):
        entries.update(visit.stage for visit in visits(deal) if inside(visit.entered))
    steps = [
        FunnelStep(
            stage=stage,
            conversion=stage_conversion(data, period, stage=stage, order=order, as_of=as_of, calendar=calendar),
            visits=entries[stage],
        )
        for stage in order
    ]
    return Funnel(steps=tuple(steps))


@frozen(kw_only=True)
class FunnelStep(Value):
    """One stage of a funnel."""

    stage: str
    """The stage."""
    conversion: MetricValue
    """Deals that went on, of those that entered it for the first time in the period."""
    visits: int
    """All entries in the period, those of deals that came back too."""


@frozen(kw_only=True)
class Funnel(Value, Printable):
    """How a pipeline narrows, stage by stage."""

    steps: tuple[FunnelStep, ...]
    """The stages in their order."""

    @property
    def bottleneck(self) -> str | None:
        """The stage that loses the largest share, the earlier one of two; None where nothing was measured."""
        rates = [
            (step.conversion.value.value, place)
            for place, step in enumerate(self.steps)
            if isinstance(step.conversion.value, Ratio) and step.conversion.value.value is not None
        ]
        return self.steps[min(rates)[1]].stage if rates else None

    def bottleneck_against(self, benchmark: Funnel) -> str | None:
        """
        The stage whose share falls most below that of another funnel, such as the one of the period before.

        The earlier one of two; None where no stage is below, or known in both.
        """
        other = {step.stage: step.conversion.number for step in benchmark.steps}
        behind: list[tuple[Fraction, int]] = []
        for place, step in enumerate(self.steps):
            own, theirs = step.conversion.number, other.get(step.stage)
            if isinstance(own, Fraction) and isinstance(theirs, Fraction) and own < theirs:
                behind.append((own - theirs, place))
        return self.steps[min(behind)[1]].stage if behind else None

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per stage."""
        return [{"stage": step.stage, "visits": step.visits} | step.conversion.to_dicts()[0] for step in self.steps]

    def _headline(self) -> str:
        return f"funnel of {plural(len(self.steps), 'stage', 'stages')}, bottleneck: {self.bottleneck or 'n/a'}"

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "stage": step.stage, "entered": step.conversion.n, "went on": step.conversion.shown,
                "visits": step.visits, "note": step.conversion.reason,
            }
            for step in self.steps
        ]  # fmt: skip


# --- shared -----------------------------------------------------------------------------------------------------------


def _ranks(order: Sequence[str], stage: str) -> Mapping[str, int]:
    # A text holds every one of its letters: "a" in "abc" must not pass for a stage.
    if isinstance(order, str) or stage not in order:
        raise InvalidValue("stage", f"one of the stages in order: {', '.join(order)}", stage)
    return {name: place for place, name in enumerate(order)}


def _is_ahead(change: StageChange, rank: Mapping[str, int], place: int) -> bool:
    # A stage outside the order ranks before all: reaching it is no progress along it.
    if change.status is OpportunityStatus.OPEN:
        return rank.get(change.stage, -1) > place
    return change.status is OpportunityStatus.WON


def _went_on(history: Sequence[StageChange], rank: Mapping[str, int], place: int) -> bool:
    return any(_is_ahead(change, rank, place) for change in history)
