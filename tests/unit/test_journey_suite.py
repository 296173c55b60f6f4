"""The law suite for journey policies: it lets sound ones pass and names all that a broken one breaks."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from partnerops import Money
from partnerops.exceptions import InvalidValue, PolicyBrokeLaws, UnknownName
from partnerops.journey import ByType, CriterionResult, Hysteresis, JourneyPolicy, _functions, _hysteresis
from partnerops.journey._measures import MEASURES
from partnerops.journey.criteria import AllOf, Criterion, StageRules
from partnerops.journey.signals import Measure, Signal
from partnerops.testing._journey import _is_monotone, check_journey_policy

from .journeys import POLICY, brl

EASY = JourneyPolicy(
    first_wave_revenue=brl("2000"), mature_revenue=brl("6000"), mature_after_months=3, certifications=0,
    self_sufficiency=None, csat_floor=None, nps_floor=None,
    hysteresis=Hysteresis(demote_after=1, min_stay_months=1, grace_months=0), revenue_months=4,
)  # fmt: skip


@frozen
class Words:
    """Answers with a stage instead of rules."""

    def rules(self, _partner, /):
        """No `StageRules`."""
        return "traction"


@frozen
class ResellersOnly:
    """Knows one type."""

    def rules(self, partner, /):
        """Fails for the others."""
        return {"reseller": POLICY}[partner.type].rules(partner)


class Tired:
    """Asks for more each time."""

    def __init__(self):
        self.asked = 0

    def rules(self, partner, /):
        """Never the same twice."""
        self.asked += 1
        return EASY.rules(partner).replace(version=str(self.asked))


@frozen
class Lists:
    """A value that is none."""

    inner: Any = [EASY]  # noqa: RUF008 - the mistake to be found

    def rules(self, partner, /):
        """The inner policy's."""
        return self.inner[0].rules(partner)


@frozen
class Given:
    """The same rules for everybody."""

    given: StageRules

    def rules(self, _partner, /):
        """Those given."""
        return self.given


@frozen
class Fresh:
    """Asks for a win in the last month to enter acceleration, and for nothing to stay."""

    def rules(self, partner, /):
        """The easy policy's, with another gate."""
        rules = EASY.rules(partner)
        first, second, third = rules.gates
        few = Criterion("wins", ">=", 1, months=1)
        return rules.replace(gates=[first, second.replace(enter=AllOf([second.enter, few]), stay=None), third])


@pytest.mark.parametrize(
    "policy",
    [POLICY, EASY, ByType(POLICY, {"affiliate": EASY}), Fresh()],
    ids=["default", "easy", "by type", "own"],
)
def test_sound_policies_pass(policy):
    """The library's own, wrapped ones, and one of a user's own."""
    check_journey_policy(policy, examples=20)


@pytest.mark.parametrize(
    ("policy", "laws", "message"),
    [
        (Words(), {"contract"}, "must answer with StageRules, got a str"),
        (ResellersOnly(), {"contract"}, "raised KeyError: 'affiliate'"),
        (Tired(), {"determinism", "value"}, "two answers to one question"),
        (Lists(), {"value"}, "unhashable"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_broken_policy_is_caught(policy, laws, message):
    """Every law that it broke is named, and no other."""
    with pytest.raises(PolicyBrokeLaws, match=message) as caught:
        check_journey_policy(policy, examples=8)
    assert {one.name for one in caught.value.broken} == laws


def test_types_may_be_the_users_own():
    """A policy that knows one type is asked about that type."""
    check_journey_policy(ResellersOnly(), types=["reseller"], examples=10)


def test_the_report_shows_a_smallest_partner():
    """In words."""
    with pytest.raises(PolicyBrokeLaws) as caught:
        check_journey_policy(Words(), examples=10)
    assert "for:   a reseller, signed on 2024-06-01, wins: none; 0 other facts" in str(caught.value)


def test_the_engines_own_laws_are_watched(monkeypatch):
    """If the engine let a partner fall too far or too early, the suite would say so."""
    eager = EASY.replace(hysteresis=Hysteresis(demote_after=1, min_stay_months=4, grace_months=0))
    monkeypatch.setattr(_hysteresis, "_holds_down", lambda *_: None)
    monkeypatch.setattr(_hysteresis, "_lower", lambda _rules, _stage, candidate: candidate)
    with pytest.raises(PolicyBrokeLaws, match="before the minimum stay|more than one stage") as caught:
        check_journey_policy(eager, examples=60)
    assert {one.name for one in caught.value.broken} == {"falls"}


def first_in_the_list(view, _):
    """A signal that depends on the order of facts."""
    return Measure(3 if [one.id for one in view.track.data.credits[:1]] == ["C0"] else 0)


def recorded_at_any_time(view, _):
    """A signal that sees what is not known yet."""
    return Measure(len(view.track.data.credits))


def fewer_with_every_win(view, _):
    """A signal that punishes success."""
    return Measure(9 - len(view.wins))


@pytest.mark.parametrize(
    ("signal", "law", "message"),
    [
        (first_in_the_list, "order", "with the facts the other way round"),
        (recorded_at_any_time, "future", "with a win that was recorded later"),
        (fewer_with_every_win, "monotony", "after one win more"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_signals_that_break_a_law_are_caught(monkeypatch, signal, law, message):
    """The suite watches what stands behind the rules as well."""
    gates = EASY.compiled().default.gates
    wins = Criterion("wins", ">=", 2) if signal is not fewer_with_every_win else Criterion("wins", ">=", 8)
    only = [gates[0].replace(enter=wins, watch=[]), *(one.replace(enter=wins, stay=None) for one in gates[1:])]
    monkeypatch.setitem(MEASURES, Signal.WINS, signal)
    with pytest.raises(PolicyBrokeLaws, match=message) as caught:
        check_journey_policy(Given(EASY.compiled().default.replace(gates=only)), examples=8)
    assert law in {one.name for one in caught.value.broken}


def test_silence_and_reasons_are_watched(monkeypatch):
    """Stages that hang on silence, and stages that nobody explains."""
    plain = _functions.decide
    deaf = {"candidate": "start", "stage": "start", "criteria": (), "held_by": None}

    def silent(rules, *args, **options):
        decision = plain(rules, *args, **options)
        return decision.replace(**deaf) if rules.dormancy.cooling_after == 1 else decision

    monkeypatch.setattr(_functions, "decide", silent)
    with pytest.raises(PolicyBrokeLaws, match="with other counts of silent days") as caught:
        check_journey_policy(EASY, examples=8)
    assert {one.name for one in caught.value.broken} == {"silence"}
    monkeypatch.setattr(_functions, "decide", lambda *args, **options: plain(*args, **options).replace(criteria=()))
    with pytest.raises(PolicyBrokeLaws, match="nothing keeps it in start") as caught:
        check_journey_policy(EASY, examples=5, skip=["falls"])
    assert {one.name for one in caught.value.broken} == {"reasons"}
    monkeypatch.undo()
    monkeypatch.setattr(CriterionResult, "because", " ")
    with pytest.raises(PolicyBrokeLaws, match="no reason for"):
        check_journey_policy(EASY, examples=5)


def test_policies_with_ratios_are_not_asked_for_monotony():
    """A share may fall with a win more."""
    assert _is_monotone(EASY.compiled().default)
    assert not _is_monotone(POLICY.compiled().default)
    rules = EASY.compiled().default
    capped = rules.gates[0].replace(enter=Criterion("open_deals", "<=", 5))
    assert not _is_monotone(StageRules(gates=[capped, *rules.gates[1:]]))


def test_laws_may_be_skipped_and_nonsense_is_refused():
    """By name; what is no policy is told before anything is drawn."""
    check_journey_policy(Lists(), skip=["value"], examples=10)
    with pytest.raises(UnknownName, match="law"):
        check_journey_policy(POLICY, skip=["speed"])
    with pytest.raises(InvalidValue, match="a policy"):
        check_journey_policy(JourneyPolicy)
    with pytest.raises(InvalidValue):
        check_journey_policy(POLICY.replace(mature_revenue=Money("500000", "BRL")), examples=0)
