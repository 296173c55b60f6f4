"""What the journey's verbs refuse: no dataset, one value in place of a list, results of another kind."""

from __future__ import annotations

from datetime import date

import pytest

from partnerops.exceptions import InvalidValue, PolicyBrokeContract, UnknownName
from partnerops.journey import JourneyStage, classify, classify_all, replay, replay_all
from partnerops.journey.attention import alerts, disengagement, reactivation
from partnerops.journey.cohorts import activation, cohort_funnel, engagement, peer_revenue
from partnerops.journey.movement import (
    flapping,
    program_stage,
    stage_mix,
    stuck_reasons,
    time_in_stage,
    transitions,
)
from partnerops.journey.signals import observe

from .journeys import POLICY, data

ON = date(2025, 5, 1)
DECISION = classify(data(), "acme", policy=POLICY, as_of=ON)
TIMELINE = replay(data(), "acme", policy=POLICY, dates=[ON])


@pytest.mark.parametrize("ask", [
    lambda no: classify(no, "acme", policy=POLICY, as_of=ON),
    lambda no: classify_all(no, policy=POLICY, as_of=ON),
    lambda no: replay(no, "acme", policy=POLICY, dates=[ON]),
    lambda no: replay_all(no, policy=POLICY, dates=[ON]),
    lambda no: observe(no, "acme", "wins", as_of=ON),
    lambda no: cohort_funnel(no, as_of=ON),
    lambda no: activation(no, as_of=ON),
    lambda no: engagement(no, as_of=ON),
    lambda no: peer_revenue(no, as_of=ON, currency="BRL"),
    lambda no: disengagement(no, "acme", policy=POLICY, as_of=ON),
    lambda no: reactivation(no, [], as_of=ON),
])  # fmt: skip
def test_facts_come_in_a_dataset(ask):
    """A list of records is the usual slip."""
    with pytest.raises(InvalidValue, match=r"data must be a Dataset \(got \[\]\)"):
        ask([])


@pytest.mark.parametrize("ask", [alerts, stage_mix, program_stage, stuck_reasons])
def test_decisions_are_decisions(ask):
    """One alone, or something else among them; a timeline is a row of decisions."""
    assert ask(TIMELINE) == ask([DECISION])
    with pytest.raises(InvalidValue, match="a list of StageDecision, as classify_all returns them"):
        ask(DECISION)
    with pytest.raises(InvalidValue, match=r"decisions\[1\] must be a StageDecision; pass what classify_all returned"):
        ask([DECISION, "traction"])


@pytest.mark.parametrize("ask", [transitions, time_in_stage, flapping])
def test_timelines_are_timelines(ask):
    """One alone is a row of decisions, and no row of timelines."""
    with pytest.raises(InvalidValue, match=r"timelines\[0\] must be a Timeline; pass what replay_all returned"):
        ask(TIMELINE)
    with pytest.raises(InvalidValue, match=r"timelines must be a list of Timeline, .* \(got 'acme'\)"):
        ask("acme")


def test_lists_are_lists():
    """One decision as all that went before, one date as a row of dates."""
    with pytest.raises(InvalidValue, match="previous must be a list of StageDecision"):
        classify_all(data(), policy=POLICY, as_of=date(2025, 6, 1), previous=DECISION)
    with pytest.raises(InvalidValue, match="dates must be a list of dates"):
        replay(data(), "acme", policy=POLICY, dates=ON)


def test_previous_decisions_of_absent_partners_are_passed_over():
    """A part of a programme may be placed with all of last month's decisions at hand."""
    other = data(partners=[data().partners[0].replace(id="birch")])
    (found,) = classify_all(other, policy=POLICY, as_of=date(2025, 6, 1), previous=[DECISION])
    assert (found.partner_id, found.previous_stage) == ("birch", None)


def test_a_policy_that_answers_nonsense_is_named_by_every_verb():
    """The report of a disengaged partner reads rules too."""

    class Words:
        def rules(self, _partner, /):
            return "traction"

    with pytest.raises(PolicyBrokeContract, match=r"Words must answer rules\(partner\) with StageRules"):
        disengagement(data(), "acme", policy=Words(), as_of=ON)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"calendar": "UTC"}, "calendar must be a Calendar"),
        ({"as_of": "2025-06-01"}, "as_of must be a date"),
        ({"rates": 5}, "rates must be ExchangeRates"),
        ({"approvals": 5}, "approvals must be a list of StageApproval"),
    ],
)
def test_what_a_decision_is_told_by_is_named(options, words):
    """The argument is named, not what it lacks inside."""
    with pytest.raises(InvalidValue, match=words):
        classify(data(), "acme", **({"policy": POLICY, "as_of": ON} | options))


def test_other_collections_are_named_too():
    """A number for a list, a list for a mapping, a key alone for several."""
    with pytest.raises(InvalidValue, match="failures must be a list of VendorFailure"):
        disengagement(data(), "acme", policy=POLICY, as_of=ON, failures=5)
    with pytest.raises(InvalidValue, match="weights must be a mapping"):
        program_stage([DECISION], weights=["acme"])
    with pytest.raises(InvalidValue, match="sent must be a collection of alert keys"):
        alerts([DECISION], sent="acme")
    with pytest.raises(InvalidValue, match="the stage to compare with"):
        assert DECISION.stage < ["start"]
    with pytest.raises(UnknownName, match="journey stage or rung 5"):
        JourneyStage.named(5)
