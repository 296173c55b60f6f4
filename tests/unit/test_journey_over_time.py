"""A programme over time: transitions, stays, flapping, the mix, cohorts, activation, engagement."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from partnerops import Certification, Dataset, DealRegistration, Money, Partner, Ratio
from partnerops.entities import Commitment, JointPlan
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.journey import JourneyStage, Timeline, classify_all, replay, replay_all
from partnerops.journey.cohorts import activation, cohort_funnel, engagement, peer_revenue
from partnerops.journey.movement import (
    flapping,
    program_stage,
    stage_mix,
    stuck_reasons,
    time_in_stage,
    transitions,
)
from partnerops.journey.signals import SignalRules
from partnerops.periods import Period

from .journeys import HALF, POLICY, act, at, brl, data, partner, win

FREE = POLICY.replace(
    hysteresis=POLICY.hysteresis.replace(demote_after=1, min_stay_months=0, grace_months=0), revenue_months=2
)
MONTHS = [date(2025, month, 28) for month in range(1, 13)]
PROGRAMME = data(
    partners=[
        partner(),
        partner(id="birch", signed_on=date(2025, 3, 1), type="affiliate"),
        partner(id="cedar", ended_on=date(2025, 6, 1)),
    ],
    credits=[
        win("C1", at(2025, 2, 5)), win("C2", at(2025, 3, 5)), win("C3", at(2025, 8, 5)),
        win("B1", at(2025, 4, 5), "60000", partner_id="birch"),
    ],
)  # fmt: skip
TIMELINES = replay_all(PROGRAMME, policy=FREE, dates=MONTHS)
START, TRACTION, ACCELERATION, MATURITY = JourneyStage


class TestTransitions:
    """From state to state."""

    def test_counts_by_hand(self):
        """New partners enter from `new`, those that leave end in `ended`, after which nothing is counted."""
        up_and_down = [*[ACCELERATION] * 2, *[TRACTION] * 3] * 2
        assert TIMELINES[0].stages == (START, TRACTION, *up_and_down)
        matrix = transitions(TIMELINES)
        assert matrix.count("new", "start") == 1
        assert matrix.count("start", "ended") == 1
        assert matrix.count("traction", "acceleration") == 2
        assert matrix.count("acceleration", "traction") == 3
        assert matrix.rate("new", "start") == Ratio(1, 1)
        assert matrix.rate("maturity", "start").value is None
        for begin in ("new", "start", "traction", "acceleration"):
            assert (
                sum(matrix.rate(begin, end).value for end in ("start", "traction", "acceleration", "maturity", "ended"))
                == 1
            )

    def test_it_shows(self):
        """As a table, and as a diagram that Mermaid reads."""
        matrix = transitions(TIMELINES)
        assert str(matrix).splitlines()[0] == "26 transitions from 2025-01-28 to 2025-12-28"
        diagram = matrix.to_mermaid().splitlines()
        assert diagram[0] == "stateDiagram-v2"
        assert "    [*] --> start: 100 % (1)" in diagram
        assert "    start --> [*]: 14 % (1)" in diagram
        assert not any("maturity" in line for line in diagram)
        assert matrix.to_dicts()[0] == {"from": "new", "to": "start", "count": 1, "rate": 1}
        assert "<table" in matrix._repr_html_()

    def test_nothing_to_count(self):
        """One evaluation makes no transition."""
        empty = transitions([Timeline(), Timeline(TIMELINES[0][:1])])
        assert (empty.counts, str(empty).splitlines()[0]) == ((), "no transitions: fewer than two evaluations")
        with pytest.raises(UnknownName, match="no state to go from 'ended'"):
            empty.count("ended", "start")

    def test_flapping(self):
        """Changes of all evaluations that could have changed; turns are changes of direction."""
        found = flapping(TIMELINES)
        restless = found.lines[0]
        assert (restless.partner_id, restless.changes, restless.turns) == ("acme", 5, 3)
        assert restless.changed_on[0] == date(2025, 2, 28)
        assert found.rate == Ratio(7, 11 + 9 + 11)
        assert "changed at 7 / 31" in str(found)
        assert found.to_dicts()[0]["evaluations"] == 11
        assert flapping([Timeline()]).rate.value is None


class TestTimeInStage:
    """Stays, with those that go on."""

    def test_stays_by_hand(self):
        """What had begun before the first evaluation is left out, what goes on is censored."""
        found = time_in_stage(TIMELINES)
        acceleration = found.of("acceleration")
        assert sorted(one.days for one in found.spells if one.stage is ACCELERATION) == [61, 61, 61]
        assert (acceleration.over, acceleration.going_on, acceleration.start_unknown) == (3, 0, 0)
        assert acceleration.survival == ((61, Fraction(0)),)
        assert (acceleration.median, acceleration.lasting(60), acceleration.lasting(61)) == (61, 1, 0)
        assert found.of("start").start_unknown == 2
        traction = found.of("traction")
        assert (traction.over, traction.going_on) == (2, 2)
        assert traction.naive_mean == Fraction(28 + 92, 2)
        assert traction.survival == ((28, Fraction(3, 4)), (92, Fraction(3, 8)))
        with pytest.raises(UnknownName, match="did you mean 'traction'"):
            found.of("tracton")

    def test_it_shows(self):
        """Medians that were not reached say so."""
        text = str(time_in_stage(TIMELINES))
        assert "not reached" in text
        assert time_in_stage([]).to_dicts()[0]["median_days"] is None

    @pytest.mark.parametrize(("months", "shown"), [(3, "not seen yet"), (14, "100.0 %")])
    def test_nothing_is_said_of_a_year_that_nobody_has_seen(self, months, shown):
        """A stay of some weeks that goes on is not yet `100 %` over a year."""
        first = Partner(id="p", name="P", type="reseller", signed_on=date(2026, 1, 28))
        dates = [date(2026 + month // 12, month % 12 + 1, 28) for month in range(months)]
        seen = time_in_stage(replay_all(Dataset(partners=[first]), policy=POLICY, dates=dates))
        assert (seen.of("start").over, seen.of("start").going_on) == (0, 1)
        assert next(row for row in seen._rows() if row["stage"] == "start")["over a year"] == shown

    def test_who_is_signed_on_the_first_day_begins_there(self):
        """Its stay is whole; somebody signed before is not."""
        fresh = replay_all(
            data(partners=[partner(), partner(id="b", signed_on=MONTHS[0])]), policy=FREE, dates=MONTHS[:3]
        )
        start = time_in_stage(fresh).of("start")
        assert (start.going_on, start.start_unknown) == (1, 1)

    def test_an_ended_partner_that_comes_first(self):
        """Ended from the start on, it has no stay at all."""
        gone = data(partners=[partner(signed_on=date(2024, 1, 1), ended_on=date(2024, 6, 1))])
        assert time_in_stage(replay_all(gone, policy=FREE, dates=MONTHS[:3])).spells == ()


class TestMix:
    """A programme at a moment."""

    DECISIONS = classify_all(PROGRAMME, policy=POLICY, as_of=date(2025, 5, 28))

    def test_stage_mix(self):
        """Counts by stage, activity and type, that sum to all."""
        mix = stage_mix(self.DECISIONS)
        assert (mix.total, mix.count("acceleration"), mix.count("start", "dormant")) == (3, 2, 1)
        assert mix.share("acceleration") == Ratio(2, 3)
        assert mix.by_type == (("affiliate", ACCELERATION, 1), ("reseller", START, 1), ("reseller", ACCELERATION, 1))
        assert sum(row["partners"] for row in mix.to_dicts()) == 3
        assert "stage mix of 3 partners" in str(mix)
        assert "<svg" in mix._repr_html_()

    def test_program_stage(self):
        """Most partners, or most of what is given; ties go to the earlier stage, ended partners count nothing."""
        assert program_stage(self.DECISIONS).stage is ACCELERATION
        two = [self.DECISIONS[0], self.DECISIONS[2]]
        tied = program_stage(two)
        assert (tied.stage, tied.because) == (
            START,
            "50.0 % of partners in start, as many as in acceleration, and it comes first",
        )
        weighed = program_stage(two, weights={"acme": brl("10"), "cedar": brl("-5")}, weighed_by="revenue")
        assert (weighed.stage, dict(weighed.shares)[ACCELERATION]) == (ACCELERATION, Ratio(1000, 1000))
        assert "100.0 % of revenue in acceleration" in str(weighed)
        assert program_stage(two, weights={"acme": 1, "cedar": HALF}).stage is ACCELERATION
        ended = classify_all(PROGRAMME, policy=POLICY, as_of=date(2025, 7, 1))[2:]
        assert program_stage(ended).stage is None
        assert str(program_stage([])).startswith("no partners to count")
        assert program_stage(two).to_dicts()[0]["share"] == HALF
        with pytest.raises(InvalidValue, match=r"weights\['acme'\] must be a Money or an exact number"):
            program_stage(two, weights={"acme": 0.5})
        with pytest.raises(InvalidValue, match="all amounts of one currency"):
            program_stage(two, weights={"acme": brl("1"), "cedar": Money("1", "USD")})

    def test_stuck_reasons(self):
        """What keeps whom, the most frequent first."""
        lines = stuck_reasons(self.DECISIONS).lines
        first = lines[0]
        assert (first.group, first.stage, first.failed, first.partners) == ("affiliate", ACCELERATION, 1, 1)
        start = [one.criterion for one in lines if one.stage is START]
        assert start == ["accepted_registrations", "onboarding", "qualified_referrals", "wins"]
        ended = classify_all(PROGRAMME, policy=POLICY, as_of=date(2025, 7, 1))[2:]
        assert [one.activity for one in ended] == ["ended"]
        assert stuck_reasons(ended).lines == ()
        unknown = [one for one in lines if one.unknown]
        assert {one.criterion for one in unknown} == {"self_sufficiency_12m"}
        assert "100.0 %" in str(stuck_reasons(self.DECISIONS, by="region"))
        assert stuck_reasons(self.DECISIONS, by="segment").lines[0].group == "(none)"
        with pytest.raises(UnknownName, match="no grouping of partners 'tier'"):
            stuck_reasons(self.DECISIONS, by="tier")


class TestCohorts:
    """Partners that came in together."""

    FACTS = data(
        partners=[
            partner(id="a", signed_on=date(2025, 1, 10), recruited_on=date(2025, 1, 1)),
            partner(id="b", signed_on=date(2025, 2, 20), recruited_on=date(2025, 1, 1)),
            partner(id="c", signed_on=date(2025, 11, 1)),
            partner(id="d", signed_on=None),
        ],
        activities=[act("V1", at(2025, 2, 8), partner_id="a")],
        registrations=[
            DealRegistration(id="R1", partner_id="a", account_id="X", submitted_at=at(2025, 3, 1)),
            DealRegistration(id="R2", partner_id="b", account_id="Y", submitted_at=at(2025, 2, 1), status="approved",
                             decided_at=at(2025, 3, 1), protected_until=at(2025, 9, 1)),
        ],
        credits=[win("C1", at(2025, 4, 9), partner_id="a"), win("C2", at(2025, 11, 2), partner_id="c")],
    )  # fmt: skip

    def test_a_funnel_by_hand(self):
        """Days count from signing; immature cohorts stay out of the total and say so."""
        funnel = cohort_funnel(
            self.FACTS, as_of=date(2025, 12, 31), milestones=["onboarded", "registered", "accepted", "won"]
        )
        first, last = funnel.cohorts
        assert (str(first.period), first.partners, first.mature) == ("2025-Q1", 2, True)
        assert (str(last.period), last.partners, last.mature) == ("2025-Q4", 1, False)
        assert first.at("onboarded").by(30) == Ratio(1, 2)
        assert first.at("registered").by(30) == Ratio(1, 2)  # filed before signing: reached on the first day
        assert first.at("registered").by(60) == Ratio(2, 2)
        assert first.at("accepted").by(30) == Ratio(1, 2)
        assert (first.at("won").by(60), first.at("won").by(90)) == (Ratio(0, 2), Ratio(1, 2))
        assert first.at("won").of_reached(60) == Ratio(0, 1)
        assert last.at("won").ever == Ratio(1, 1)
        assert (funnel.total.partners, funnel.total.at("won").ever, funnel.total.mature) == (2, Ratio(1, 2), True)
        every = cohort_funnel(self.FACTS, as_of=date(2025, 12, 31), include_immature=True)
        assert (every.total.partners, every.total.mature) == (3, False)

    def test_recruiting(self):
        """From the first contact to signing."""
        funnel = cohort_funnel(
            self.FACTS,
            as_of=date(2025, 12, 31),
            start="recruited",
            milestones=["signed"],
            days=[7, 30, 60],
            frequency="month",
        )
        reach = funnel.total.at("signed")
        assert [ratio for _, ratio in reach.within] == [Ratio(0, 2), Ratio(1, 2), Ratio(2, 2)]
        assert "not yet" not in str(funnel)
        assert "0 cohorts" in str(cohort_funnel(data(partners=[]), as_of=date(2025, 12, 31)))
        assert funnel.to_dicts()[-1]["cohort"] == "total"

    def test_onboarding_by_promises_alone(self):
        """Onboarded on the day the last of them was kept."""
        plan = JointPlan(
            id="J1", partner_id="acme", period=Period.year(2025), signed_on=date(2025, 1, 12),
            commitments=[Commitment(side="partner", text="x", due_on=date(2025, 2, 1), done_on=date(2025, 2, 1))],
        )  # fmt: skip
        funnel = cohort_funnel(
            data(joint_plans=[plan]), as_of=date(2025, 12, 31), milestones=["onboarded"],
            signals=SignalRules(onboarding_steps=[]),
        )  # fmt: skip
        reach = funnel.total.at("onboarded")
        assert (reach.by(30), reach.ever) == (Ratio(1, 1), Ratio(1, 1))
        prospect = data(partners=[partner(signed_on=None, recruited_on=date(2025, 1, 1))])
        asked = cohort_funnel(prospect, as_of=date(2025, 12, 31), start="recruited", milestones=["onboarded"])
        assert asked.total.at("onboarded").ever == Ratio(0, 1)

    def test_what_cannot_be_asked(self):
        """Named, with what can."""
        for options, rule in (
            ({"start": "met"}, "no start of cohorts 'met'; known: recruited, signed"),
            ({"milestones": ["wonn"]}, "did you mean 'won'"),
        ):
            with pytest.raises(UnknownName, match=rule):
                cohort_funnel(self.FACTS, as_of=date(2025, 12, 31), **options)
        for days in ([], [90, 30], [0]):
            with pytest.raises(InvalidValue, match="days"):
                cohort_funnel(self.FACTS, as_of=date(2025, 12, 31), days=days)
        funnel = cohort_funnel(self.FACTS, as_of=date(2025, 12, 31))
        with pytest.raises(UnknownName, match="no milestone asked about 'accepted'"):
            funnel.total.at("accepted")
        with pytest.raises(UnknownName, match="no number of days asked about 45"):
            funnel.total.at("won").by(45)

    def test_activation(self):
        """In time, of those whose time has passed."""
        found = activation(self.FACTS, as_of=date(2025, 12, 31))
        assert (found.rate, found.waiting) == (Ratio(1, 2), 1)
        assert found.by_type == (("reseller", Ratio(1, 2)),)
        assert activation(self.FACTS, as_of=date(2025, 12, 31), within_days=89).rate == Ratio(0, 2)
        assert " %" in str(found).splitlines()[-1]
        spring = activation(self.FACTS, as_of=date(2026, 12, 31), period=Period.quarter(2025, 4))
        assert (spring.rate, spring.waiting) == (Ratio(1, 1), 0)
        assert "won within 90 days of signing: 1 / 2" in str(found)
        assert found.to_dicts()[-1]["type"] == "all"

    def test_engagement(self):
        """Recent events weigh more; who has ended is not asked."""
        facts = data(
            partners=[partner(), partner(id="b"), partner(id="c", ended_on=date(2025, 6, 1))],
            activities=[act("V1", at(2025, 12, 31)), act("V2", at(2025, 12, 22)), act("V3", at(2025, 12, 21))],
            certifications=[Certification(id="F1", partner_id="b", code="x", valid_from=date(2025, 12, 30))],
        )
        found = engagement(facts, as_of=date(2025, 12, 31), days=10)
        assert found.active == Ratio(2, 2)
        assert [(one.partner_id, one.events, one.score) for one in found.lines] == [
            ("acme", 2, 1 + Fraction(1, 10)), ("b", 1, Fraction(9, 10)),
        ]  # fmt: skip
        heavy = engagement(facts, as_of=date(2025, 12, 31), days=10, weights={"certification": 5, "activity": 0})
        assert [(one.partner_id, one.events) for one in heavy.lines] == [("b", 1), ("acme", 0)]
        assert heavy.active == Ratio(1, 2)
        assert "active in the last 10 days" in str(found)
        assert found.to_dicts()[0]["partner_id"] == "acme"
        with pytest.raises(UnknownName, match="did you mean 'activity'"):
            engagement(facts, as_of=date(2025, 12, 31), weights={"activty": 1})
        with pytest.raises(InvalidValue, match=r"weights\['win'\]"):
            engagement(facts, as_of=date(2025, 12, 31), weights={"win": -1})

    def test_a_threshold_from_peers(self):
        """The nearest rank, of partners with revenue."""
        won = [win(f"C{n}", at(2025, 6, 1), f"{n}000", partner_id=f"p{n}") for n in range(1, 5)]
        facts = data(
            partners=[partner(id=f"p{n}", type="reseller" if n < 4 else "affiliate") for n in range(6)], credits=won
        )
        ask = {"as_of": date(2025, 12, 31), "currency": "BRL"}
        assert peer_revenue(facts, **ask) == brl("3000")
        assert peer_revenue(facts, percentile=100, **ask) == brl("4000")
        assert peer_revenue(facts, percentile=1, partner_type="affiliate", **ask) == brl("4000")
        assert peer_revenue(facts, months=1, **ask) == brl("0")
        with pytest.raises(InvalidValue, match="percentile"):
            peer_revenue(facts, percentile=0, **ask)


def test_the_journey_as_a_diagram():
    """What it takes to enter and to stay, in words that Mermaid shows as they are."""
    diagram = POLICY.to_mermaid()
    assert diagram.splitlines()[:4] == [
        "stateDiagram-v2",
        "    direction LR",
        '    state "start (O início)" as start',
        '    state "traction (Ganho de relevância)" as traction',
    ]
    assert (
        "start --> traction: agreement signed and (onboarding done #62;= 100.0 % or accepted registrations" in diagram
    )
    assert "acceleration --> traction: no longer won revenue in 12 months #62; 0.00 BRL" in diagram
    # Any one of several conditions that is lost takes a partner down.
    assert "maturity --> acceleration: no longer (quarters with a win in 12 months #62;= 2 and won" in diagram
    assert "traction --> start" not in diagram


def test_a_timeline_reads_like_a_tuple():
    """Length, items, slices."""
    timeline = replay(PROGRAMME, "acme", policy=FREE, dates=MONTHS)
    assert (len(timeline), timeline[-1].on, len(timeline[2:4])) == (12, date(2025, 12, 28), 2)
    assert str(Timeline()).startswith("an empty timeline")
