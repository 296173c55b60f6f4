"""The journey as type checkers see it: what a user's policy needs, and what is refused before it runs."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import assert_type

from attrs import frozen

from partnerops import Dataset, Money, Partner, Ratio
from partnerops.journey import (
    ActivityStatus,
    ByType,
    CriterionResult,
    Hysteresis,
    JourneyPolicy,
    JourneyStage,
    NextAction,
    StageDecision,
    StagePolicy,
    Timeline,
    classify,
    classify_all,
    replay,
    replay_all,
)
from partnerops.journey.criteria import AllOf, AnyOf, AtLeast, Criterion, Gate, Not, StageRules
from partnerops.journey.signals import Measure, observe

POLICY = JourneyPolicy(first_wave_revenue=Money("50000", "BRL"), mature_revenue=Money("400000", "BRL"))


@frozen
class ByRegion:
    """A policy without base class, under another name for its argument."""

    south: JourneyPolicy

    def rules(self, company: Partner, /) -> StageRules:
        return self.south.rules(company)


@frozen
class NoRules:
    """A policy that answers something else."""

    def rules(self, partner: Partner, /) -> list[Gate]:
        return []


policies: list[StagePolicy] = [POLICY, ByRegion(POLICY), ByType(POLICY, {"affiliate": ByRegion(POLICY)})]
wrong: StagePolicy = NoRules()  # type: ignore[assignment]
a_class: StagePolicy = JourneyPolicy  # type: ignore[assignment]
JourneyPolicy(first_wave_revenue=Money("1", "BRL"))  # type: ignore[call-arg]
JourneyPolicy(
    first_wave_revenue=Money("1", "BRL"), mature_revenue=Money("1", "BRL"), keep_revenue="0.8",
    self_sufficiency=None, hysteresis=Hysteresis(floor="traction", demote_on=["01-15"]),
)  # fmt: skip
Criterion("wins", ">=", 0.5)  # type: ignore[arg-type]
rule = AllOf([Criterion("wins", ">=", 2), AnyOf([Not(Criterion("csat", "<", "3.5"))])])
Gate(stage="maturity", enter=AtLeast(1, [rule]), stay=Criterion("won_revenue", ">", Money("0", "BRL"), months=12))


def use(data: Dataset, partner: Partner) -> None:
    """What the verbs return."""
    decision = classify(data, partner.id, policy=ByRegion(POLICY), as_of=date(2026, 3, 31))
    assert_type(decision, StageDecision)
    assert_type(decision.stage, JourneyStage)
    assert_type(decision.activity, ActivityStatus)
    assert_type(decision.next_stage, JourneyStage | None)
    assert_type(decision.blockers, tuple[CriterionResult, ...])
    assert_type(decision.blockers[0].gap, Money | Fraction | int | None)
    assert_type(decision.next_actions, tuple[NextAction, ...])
    assert_type(decision.coverage, Ratio)
    assert_type(classify_all(data, policy=POLICY, as_of=date(2026, 3, 31)), tuple[StageDecision, ...])
    timeline = replay(data, partner.id, policy=POLICY, dates=[date(2026, 3, 31)])
    assert_type(timeline, Timeline)
    assert_type(timeline[0], StageDecision)
    assert_type(timeline[:1], tuple[StageDecision, ...])
    assert_type(replay_all(data, policy=POLICY, dates=[]), tuple[Timeline, ...])
    assert_type(observe(data, partner.id, "wins", as_of=date(2026, 3, 31)), Measure)
    assert_type(POLICY.replace(growing="0.2"), JourneyPolicy)
