"""Who earns which weight of a deal, over tables: reads a policy's compiled integers and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import narwhals as nw

from partnerops.attribution._compiled import CompiledAttribution, Outright
from partnerops.attribution.options import Which
from partnerops.attribution.rules import ByAge, Even
from partnerops.attribution.steps import Cycle, PerParty, Runs, Selection, TouchStep, Within
from partnerops.frames._contract import APPROVED, STATUSES, without_facts
from partnerops.frames._narwhals import NEVER, Frame, microseconds, running_count
from partnerops.frames._weights import DEAL, LIMIT, PLACE, WEIGHT, weighed

PARTY: Final = "partner_id"


def parties(touches: Frame, deals: Frame, registrations: Frame | None, plan: CompiledAttribution) -> Frame:
    """Deal and party -> summed weight, and the place of the party's first touch that earned; no row for nobody."""
    # One claim after another, each on the deals that no earlier one decided: the order of the wrappers, kept.
    found: list[Frame] = []
    open_deals = deals
    for claim in plan.outright:
        winners = _winners(claim, open_deals, registrations)
        if winners is not None:
            found.append(winners)
            open_deals = _without(open_deals, winners)
    found.append(_by_touch(touches, open_deals, plan))
    earned = found[0] if len(found) == 1 else nw.concat(found)
    if plan.otherwise is None:
        return earned
    # What the first policy gave to somebody is out of the other's sight.
    left = _without(open_deals, found[-1])
    return nw.concat([earned, parties(touches, left, registrations, plan.otherwise)])


def _without(deals: Frame, decided: Frame) -> Frame:
    return deals.join(decided.select(DEAL), on=DEAL, how="anti")


def _winners(claim: Outright, deals: Frame, registrations: Frame | None) -> Frame | None:
    """Deal -> the party that earns it outright, with weight 1; None where no record could say so."""
    if claim is Outright.REGISTRATION:
        return None if registrations is None else _registered(registrations, deals)
    known = deals.filter(~nw.col("origin").is_null())
    return known.select(DEAL, nw.col("origin").alias(PARTY), *_outright(nw.lit(1)))


def _outright(weight: nw.Expr) -> Sequence[nw.Expr]:
    return weight.cast(nw.Int64).alias(WEIGHT), nw.lit(1).cast(nw.Int64).alias(PLACE)


def _registered(registrations: Frame, deals: Frame) -> Frame:
    """Deal -> the partner whose registration protects it at its close, the first to file where several do."""
    known_end = "ended_at" in registrations.collect_schema()
    filed = registrations.select(
        DEAL,
        nw.col("registration_id"),
        nw.col("status"),
        nw.col(PARTY),
        one=nw.lit(1),
        lacking=without_facts(registrations),
        submitted=microseconds(registrations, "submitted_at"),
        decided=microseconds(registrations, "decided_at"),
        protected=microseconds(registrations, "protected_until"),
        ended=microseconds(registrations, "ended_at") if known_end else nw.lit(NEVER),
    ).join(deals.select(DEAL, "close"), on=DEAL, how="inner")
    # A status is of today: what was taken back after the close still protected the deal when it closed.
    taken_back = (nw.col("status") == "withdrawn") & (nw.col("ended") > nw.col("close"))
    protecting = (
        (nw.col("status").is_in(APPROVED) | taken_back)
        & (nw.col("decided") > NEVER)
        & (nw.col("decided") <= nw.col("close"))
        & (nw.col("close") < nw.col("protected"))
    )
    # Eager tables with such a registration were refused. Where nobody looked, it takes its deal and weighs too much, so
    # that the amount comes out null: whether it protects cannot be known, and a guess would pay somebody.
    senseless = ~nw.col("status").is_in(STATUSES) | nw.col("lacking")
    claims = filed.filter(protecting | senseless).with_columns(
        turn_of=nw.when(senseless).then(nw.lit(0)).otherwise(nw.lit(1)).cast(nw.Int64)
    )
    first = claims.with_columns(turn=running_count([DEAL], ["turn_of", "submitted", "registration_id"]))
    weight = nw.when(nw.col("turn_of") == 0).then(nw.lit(LIMIT)).otherwise(nw.lit(1))
    return first.filter(nw.col("turn") == 1).select(DEAL, PARTY, *_outright(weight))


def _by_touch(touches: Frame, deals: Frame, plan: CompiledAttribution) -> Frame:
    # Touches of deals that are not in the table drop out here, those after a close one step further.
    seen = touches.join(deals, on=DEAL, how="inner").filter(nw.col("at_us") <= nw.col("close"))
    for step in plan.steps:
        # In this order, outermost first: a window before once-per-party is not the same as after it.
        seen = _kept(seen, step)
    placed = seen.with_columns(running_count([DEAL], ["at_us", "touch_id"]).alias(PLACE))
    weights = weighed(placed, plan.rule)
    # Under these two every touch weighs something, and a filter would cost a pass for nothing.
    earning = weights if isinstance(plan.rule, Even | ByAge) else weights.filter(nw.col(WEIGHT) > 0)
    # Cast after aggregating: pandas groups by plain sums only.
    summed = earning.group_by(DEAL, PARTY).agg(nw.col(WEIGHT).sum(), nw.col(PLACE).min())
    return summed.with_columns(nw.col(WEIGHT).cast(nw.Int64))


def _kept(seen: Frame, step: TouchStep) -> Frame:
    """The touches that a step lets through."""
    if isinstance(step, Within):
        return seen.filter(nw.col("close") - nw.col("at_us") < step.span_us)
    if isinstance(step, Cycle):
        return seen.filter(nw.col("at_us") > nw.col("previous"))
    if isinstance(step, Selection):
        return _selected(seen, step)
    return _one_of_each(seen, step)


def _selected(seen: Frame, step: Selection) -> Frame:
    for column, names in (("kind", step.kinds), (PARTY, step.parties)):
        if names:
            matches = nw.col(column).is_in(list(names))
            seen = seen.filter(matches if step.only else ~matches)
    return seen


def _one_of_each(seen: Frame, step: PerParty | Runs) -> Frame:
    order = ["at_us", "touch_id"]
    groups = [DEAL, PARTY]
    if isinstance(step, Runs):
        # Within a party, place in the deal minus place in the party changes exactly where another party came between.
        seen = seen.with_columns(
            run=running_count([DEAL], order) - running_count([DEAL, PARTY], order),
        )
        groups.append("run")
    counted = seen.with_columns(turn=running_count(groups, order), turns=nw.col("one").sum().over(*groups))
    last = step.which is Which.LAST
    return counted.filter(nw.col("turn") == nw.col("turns")) if last else counted.filter(nw.col("turn") == 1)
