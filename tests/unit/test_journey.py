"""The journey as its users meet it: stages, what is missing, what holds, and refusals that teach."""

from __future__ import annotations

import copy
import pickle
from datetime import date
from operator import ge, gt, le, lt

import pytest

from partnerops import Certification, Dataset, DealRegistration, Money, Partner, Reversal
from partnerops.entities import Commitment, JointPlan, PartnerInvolvement, PolicyException
from partnerops.exceptions import (
    CurrencyMismatch,
    InvalidValue,
    NotCompilable,
    PolicyBrokeContract,
    UnknownName,
)
from partnerops.journey import (
    ActivityStatus,
    ByType,
    CompiledJourney,
    HeldBy,
    Hysteresis,
    JourneyPolicy,
    JourneyStage,
    Outcome,
    StageApproval,
    classify,
    classify_all,
    replay,
    replay_all,
)
from partnerops.journey._policies import compile_policy
from partnerops.journey._results import progress
from partnerops.journey.criteria import Criterion, Gate, Not, StageRules
from partnerops.periods import Period

from .journeys import POLICY, act, at, brl, data, partner, steady, win

START, TRACTION, ACCELERATION, MATURITY = JourneyStage
MONTHS = [date(2025 + month // 12, month % 12 + 1, 28) for month in range(1, 36)]


def mature(**changes: object) -> Dataset:
    """Eighteen months of 40,000, sold alone, certified: mature since a year after the first win."""
    won = steady()
    alone = [
        PartnerInvolvement(
            id=f"I-{one.id}", opportunity_id=one.opportunity_id, partner_id="acme", role="sourced", at=one.at,
            assistance="none",
        )
        for one in won
    ]  # fmt: skip
    held = Certification(id="F1", partner_id="acme", code="sales", valid_from=date(2025, 3, 1))
    return data(**({"credits": won, "involvements": alone, "certifications": [held]} | changes))


class TestStages:
    """Each stage by what opens it."""

    @pytest.mark.parametrize("facts", [
        {"activities": [act("V1", at(2025, 2, 1))]},
        {"registrations": [DealRegistration(
            id="R1", partner_id="acme", account_id="A", submitted_at=at(2025, 2, 1), status="approved",
            decided_at=at(2025, 2, 2), protected_until=at(2025, 6, 1))]},
        {"credits": [win("C1", at(2025, 2, 1))]},
    ])  # fmt: skip
    def test_one_way_of_being_able_to_sell_opens_traction(self, facts):
        """Onboarding, an accepted registration, or a win; signed it has to be."""
        assert classify(data(**facts), "acme", policy=POLICY, as_of=at(2025, 3, 1)).stage is TRACTION
        prospect = data(partners=[partner(signed_on=None)], **facts)
        assert classify(prospect, "acme", policy=POLICY, as_of=at(2025, 3, 1)).stage is START

    @pytest.mark.parametrize(("won", "stage"), [
        ([win("C1", at(2025, 2, 1)), win("C2", at(2025, 2, 20))], TRACTION),  # two wins in one month
        ([win("C1", at(2025, 2, 1)), win("C2", at(2025, 3, 1))], ACCELERATION),
        ([win("C1", at(2025, 2, 1), "49999.99")], TRACTION),
        ([win("C1", at(2025, 2, 1), "50000.00")], ACCELERATION),
    ])  # fmt: skip
    def test_the_first_wave_of_revenue_opens_acceleration(self, won, stage):
        """Two wins in two months, or the amount at once."""
        assert classify(data(credits=won), "acme", policy=POLICY, as_of=at(2025, 4, 1)).stage is stage

    def test_growth_is_no_gate(self):
        """A partner whose revenue shrinks to a tenth stays in acceleration: little to invest, nothing to demote."""
        won = [win("C1", at(2025, 2, 1), "90000"), win("C2", at(2025, 9, 1), "9000")]
        shrunk = classify(data(credits=won), "acme", policy=POLICY, as_of=at(2025, 12, 31))
        assert (shrunk.stage, shrunk.invest) == (ACCELERATION, "low")
        grown = [win("C1", at(2025, 2, 1), "50000"), win("C2", at(2025, 9, 1), "90000")]
        assert classify(data(credits=grown), "acme", policy=POLICY, as_of=at(2025, 7, 31)).invest == "unknown"
        assert classify(data(credits=grown), "acme", policy=POLICY, as_of=at(2025, 10, 1)).invest == "high"

    def test_maturity_takes_all_of_its_conditions(self):
        """Time, steadiness, amount, independence, certificates; content customers where they answered."""
        on = at(2026, 2, 6)
        assert classify(mature(), "acme", policy=POLICY, as_of=on).stage is MATURITY
        assert classify(mature(), "acme", policy=POLICY, as_of=at(2026, 2, 4)).stage is ACCELERATION
        for missing, blocker in (("involvements", "self_sufficiency_12m"), ("certifications", "certifications")):
            short = classify(mature(**{missing: []}), "acme", policy=POLICY, as_of=on)
            assert short.stage is ACCELERATION
            assert [one.id for one in short.blockers] == [blocker]

    def test_types_without_certificates_are_not_asked_for_them(self):
        """An affiliate matures without; its decision does not mention them."""
        affiliate = mature(partners=[partner(type="affiliate")], certifications=[])
        decision = classify(affiliate, "acme", policy=POLICY, as_of=at(2026, 2, 6))
        assert decision.stage is MATURITY
        start = classify(data(partners=[partner(type="affiliate")]), "acme", policy=POLICY, as_of=at(2025, 2, 1))
        assert "accepted_registrations" not in [one.id for one in start.criteria]

    def test_stages_compare_by_order(self):
        """Not by their letters, also against plain strings."""
        assert sorted(["maturity", *JourneyStage][1:], key=lambda stage: stage.rank) == list(JourneyStage)
        assert START < "traction" <= TRACTION < ACCELERATION > "traction" >= TRACTION
        assert max(JourneyStage) is MATURITY
        assert eval(repr(MATURITY), {"JourneyStage": JourneyStage}) is MATURITY  # noqa: S307 - a repr is Python
        assert [stage.original for stage in JourneyStage][1] == "Ganho de relevância"
        for compare in (lt, le, gt, ge):
            with pytest.raises(InvalidValue, match=r"one of start, traction, .* \(got 'steep'\)"):
                compare(START, "steep")

    def test_rungs_of_other_ladders(self):
        """For imports from tools with more rungs."""
        assert [JourneyStage.named(one) for one in ("Recruit", "ENABLEMENT", "scale", "Retain")] == list(JourneyStage)
        with pytest.raises(UnknownName, match="did you mean 'onboarding'"):
            JourneyStage.named("onbording")


class TestDecision:
    """What it says."""

    def test_blockers_carry_their_gap(self):
        """In the unit of the signal, in words too."""
        decision = classify(data(credits=steady(2)), "acme", policy=POLICY, as_of=at(2025, 4, 1))
        gaps = {one.id: one.gap for one in decision.blockers}
        assert gaps["won_revenue_12m"] == brl("320000")
        assert gaps["win_quarters_12m"] == 2
        assert gaps["self_sufficiency_12m"] is None
        revenue = next(one for one in decision.blockers if one.id == "won_revenue_12m")
        assert revenue.because == ("won revenue in 12 months >= 400,000.00 BRL: 80,000.00 BRL, 320,000.00 BRL missing")
        assert revenue.evidence == ("C00", "C01")

    def test_next_actions_close_blockers(self):
        """Each is the framework's for stage and signal, named once, with its source."""
        decision = classify(data(credits=[win("C1", at(2025, 2, 1))]), "acme", policy=POLICY, as_of=at(2025, 3, 1))
        actions = {one.id: one for one in decision.next_actions}
        assert actions["first_negotiations"].closes == ("wins", "win_months")
        assert actions["earnings_plan"].closes == ("won_revenue_12m",)
        assert actions["sales_training"].source.startswith("Ganho de relevância")
        quiet = classify(data(credits=[win("C1", at(2025, 2, 1))]), "acme", policy=POLICY, as_of=at(2025, 8, 1))
        assert quiet.next_actions[-1].closes == ("dormant",)

    def test_a_decision_shows_on_a_screen_and_in_a_notebook(self):
        """What is missing comes first; markup in names is text."""
        odd = data(partners=[partner(name="<b>Acme & Co</b>")], credits=[win("C1", at(2025, 2, 1))])
        decision = classify(odd, "acme", policy=POLICY, as_of=at(2025, 3, 1))
        lines = str(decision).splitlines()
        assert lines[0] == "<b>Acme & Co</b> (acme): traction since 2025-03-01, onboarding"
        assert lines[2].startswith("enter acceleration  wins ")
        assert "next: support the first negotiations (wins, win_months)" in lines
        html = decision._repr_html_()
        assert "<b>Acme" not in html
        assert "&lt;b&gt;Acme &amp; Co" in html
        assert "<svg" in html
        assert "on the way to acceleration" in html
        passed = [one for one in decision.criteria if one.outcome is Outcome.PASSED]
        assert [progress(one) for one in passed][:1] == [100]
        assert "<svg" not in classify(mature(), "acme", policy=POLICY, as_of=at(2026, 2, 6))._repr_html_()

    def test_a_mature_partner_has_no_next_stage(self):
        """And no blockers."""
        top = classify(mature(), "acme", policy=POLICY, as_of=at(2026, 2, 6))
        assert (top.next_stage, top.blockers) == (None, ())
        assert top.because.startswith("in maturity with months since first win >= 12: 12")

    def test_it_is_a_value(self):
        """Equal, hashed, copied and pickled like one; digests tell inputs and policies apart."""
        one = classify(mature(), "acme", policy=POLICY, as_of=at(2026, 2, 6))
        assert one == pickle.loads(pickle.dumps(one)) == copy.deepcopy(one)
        other = classify(mature(), "acme", policy=POLICY.replace(growing="0.2"), as_of=at(2026, 2, 6))
        assert (one.policy_digest, one.input_digest) != (other.policy_digest, other.input_digest)
        assert one.input_digest == other.input_digest
        more = classify(mature(credits=[*steady(), win("X", at(2026, 2, 1))]), "acme", policy=POLICY,
                        as_of=at(2026, 2, 6))  # fmt: skip
        assert one.input_digest != more.input_digest
        assert one.policy_version == "1"

    def test_coverage_counts_what_could_be_told(self):
        """Known of all criteria asked."""
        decision = classify(data(), "acme", policy=POLICY, as_of=at(2025, 2, 1))
        assert (decision.coverage.numerator, decision.coverage.denominator) == (4, 5)

    def test_rows(self):
        """One per criterion, flat."""
        rows = classify(data(), "acme", policy=POLICY, as_of=at(2025, 2, 1)).to_dicts()
        assert rows[0]["criterion"] == "signed"
        assert {row["stage"] for row in rows} == {"start"}
        assert rows[1]["outcome"] == "unknown"


class TestMoving:
    """Hysteresis on a whole history."""

    def test_a_year_without_revenue(self):
        """Confirmed twice, then the grace period, then one step down, with the criterion that it lost."""
        timeline = replay(data(credits=steady(2)), "acme", policy=POLICY, dates=MONTHS)
        held = [(one.as_of.date(), one.held_by) for one in timeline if one.held_by]
        assert held == [
            (date(2026, 3, 28), HeldBy.CONFIRMATION),
            (date(2026, 4, 28), HeldBy.GRACE),
            (date(2026, 5, 28), HeldBy.GRACE),
        ]
        (fall,) = [one for one in timeline.changes if one.stage < one.previous_stage]
        assert (fall.as_of.date(), fall.stage) == (date(2026, 6, 28), TRACTION)
        assert [one.id for one in fall.fell_by] == ["won_revenue_12m"]
        assert fall.because.startswith("fell from acceleration to traction: won revenue in 12 months > 0.00 BRL: 0.00")
        at_risk = timeline[[one.as_of.date() for one in timeline].index(date(2026, 4, 28))]
        assert [one.id for one in at_risk.at_risk] == ["won_revenue_12m"]
        assert at_risk.next_actions[0].closes == ("won_revenue_12m",)
        drawn = at_risk._figure()
        assert "to stay in acceleration, and what is missing" in drawn
        # One bar: what keeps it from rising is another question.
        assert drawn.count("<title>won revenue</title>") == 1
        assert "0.01 BRL" in drawn
        assert "self-sufficiency" not in drawn
        assert at_risk.because.startswith("held in acceleration by the grace period until 2026-06-28")

    def test_entering_is_harder_than_staying(self):
        """At 300,000 to 400,000 a mature partner stays and another does not enter."""
        less = [one.replace(amount=brl("30000")) for one in steady(24)]
        history = mature(credits=[*steady(13), *less[13:]])
        before = classify(history, "acme", policy=POLICY, as_of=at(2026, 3, 6))
        assert before.stage is MATURITY
        later = at(2027, 1, 10)
        assert classify(history, "acme", policy=POLICY, as_of=later, previous=before).stage is MATURITY
        assert classify(history, "acme", policy=POLICY, as_of=later).stage is ACCELERATION

    def test_unknown_does_not_demote(self):
        """A mature partner whose help nobody notes any more stays, and does not enter anew."""
        history = mature(involvements=mature().involvements[:10])
        top = classify(mature(), "acme", policy=POLICY, as_of=at(2026, 2, 6))
        free = POLICY.replace(hysteresis=Hysteresis(demote_after=1, min_stay_months=0, grace_months=0))
        blind = classify(history.replace(involvements=[]), "acme", policy=free, as_of=at(2026, 7, 28), previous=top)
        assert blind.stage is MATURITY
        assert [one.outcome for one in blind.criteria if one.id == "self_sufficiency_12m"] == [Outcome.UNKNOWN]
        assert blind.at_risk == ()

    def test_refunds_are_felt_in_the_month_they_happen(self):
        """Revenue taken back whole undoes the first wave at the next evaluation."""
        back = [
            Reversal(id=f"X-{one.id}", opportunity_id=one.opportunity_id, kind="refund", amount=one.amount,
                     at=at(2025, 6, 15))
            for one in steady(2)
        ]  # fmt: skip
        free = POLICY.replace(hysteresis=Hysteresis(demote_after=1, min_stay_months=0, grace_months=0))
        timeline = replay(data(credits=steady(2), reversals=back), "acme", policy=free, dates=MONTHS[:6])
        assert [one.stage for one in timeline] == [
            TRACTION,
            ACCELERATION,
            ACCELERATION,
            ACCELERATION,
            TRACTION,
            TRACTION,
        ]

    def test_an_exception_holds_a_stage_until_it_expires(self):
        """Known from its approval on; afterwards the ordinary rules go on from there."""
        kept = PolicyException(
            id="E1", scope="acme", parameter="journey_stage", old="traction", new="maturity", reason="merger",
            requested_by="ana", approved_by="rui", effective_from=date(2025, 4, 1), effective_to=date(2025, 7, 1),
        )  # fmt: skip
        timeline = replay(data(exceptions=[kept]), "acme", policy=POLICY, dates=MONTHS[:9])
        assert [one.stage for one in timeline][:3] == [START, START, MATURITY]
        assert timeline[2].held_by is HeldBy.MANUAL
        assert timeline[2].held_because == "exception E1 until 2025-07-01, approved by rui: merger"
        assert timeline[2].since == timeline[4].since
        assert timeline[5].held_by in (HeldBy.CONFIRMATION, HeldBy.GRACE)
        wrong = data(exceptions=[kept.replace(new="gold")])
        with pytest.raises(InvalidValue, match=r"PolicyException.new of E1 must be one of start, traction"):
            classify(wrong, "acme", policy=POLICY, as_of=at(2025, 5, 1))
        other = data(exceptions=[kept.replace(parameter="rate")])
        assert classify(other, "acme", policy=POLICY, as_of=at(2025, 5, 1)).stage is START

    def test_a_promotion_may_wait_for_approval(self):
        """The decision shows who is due; an approval given before it came into the stage is none."""
        asking = POLICY.replace(hysteresis=Hysteresis(approval="manual"))
        yes = StageApproval(partner_id="acme", stage="acceleration", at=at(2025, 5, 1), approved_by="rui")
        old = yes.replace(at=at(2025, 1, 1), stage="maturity")
        elsewhere = yes.replace(partner_id="birch")
        options = {"policy": asking, "dates": MONTHS[:6], "approvals": [yes, old, elsewhere]}
        timeline = replay(data(credits=steady(8)), "acme", **options)
        assert [one.stage for one in timeline][2:5] == [TRACTION, ACCELERATION, ACCELERATION]
        assert timeline[2].held_by is HeldBy.APPROVAL
        assert timeline[2].candidate is ACCELERATION
        with pytest.raises(InvalidValue, match=r"approvals\[0\] must be a StageApproval"):
            classify(data(), "acme", policy=asking, as_of=at(2025, 5, 1), approvals=["rui"])

    def test_a_whole_programme_along_dates(self):
        """A timeline begins where the partner is first known."""
        late = partner(id="late", recruited_on=date(2025, 5, 1), signed_on=date(2025, 6, 1))
        nobody = partner(id="nobody", signed_on=None)
        found = replay_all(data(partners=[partner(), late, nobody]), policy=POLICY, dates=MONTHS[:6])
        assert [len(one) for one in found] == [6, 3, 6]
        assert "start to start in 3 evaluations" in str(found[1])
        assert found[0].to_dicts()[0]["activity"] == "onboarding"
        assert found[0][1:3] == (found[0][1], found[0][2])
        assert "<table" in found[0]._repr_html_()


class TestPulse:
    """Silence, by fixed counts and by the partner's own rhythm."""

    def statuses(self, policy=POLICY, signed=date(2025, 1, 10), **facts: object):
        seen = data(partners=[partner(signed_on=signed)], **facts)
        return lambda *days: [classify(seen, "acme", policy=policy, as_of=on).activity.value for on in days]

    def test_fixed_counts(self):
        """The day on which a count is reached already has the new status."""
        ask = self.statuses(activities=[act("V1", at(2025, 6, 1))])
        assert ask(date(2025, 4, 9), date(2025, 6, 1), date(2025, 7, 30), date(2025, 7, 31)) == [
            "onboarding", "active", "active", "cooling",
        ]  # fmt: skip
        assert ask(date(2025, 8, 29), date(2025, 8, 30), date(2026, 5, 31), date(2026, 6, 1)) == [
            "cooling", "dormant", "dormant", "lost",
        ]  # fmt: skip

    def test_without_any_event_silence_counts_from_signing(self):
        """After the onboarding window, in which nobody is dormant."""
        assert self.statuses()(date(2025, 4, 9), date(2025, 4, 10)) == ["onboarding", "dormant"]
        assert self.statuses(signed=None)(date(2030, 1, 1)) == ["onboarding"]

    def test_since_says_when_the_status_began(self):
        """A date that does not depend on when one looks."""
        seen = data(activities=[act("V1", at(2025, 6, 1))])
        for on in (date(2025, 8, 30), date(2025, 12, 1)):
            pulse = classify(seen, "acme", policy=POLICY, as_of=on).pulse
            assert (pulse.status, pulse.since, pulse.last_id) == (ActivityStatus.DORMANT, date(2025, 8, 30), "V1")
        assert "silent for 183 days since 2025-06-01; dormant from 90 on" in pulse.because

    def test_a_sign_of_life_is_expected_by_a_date(self):
        """The last day before it would be cooling; in the first weeks not before they are over."""

        def asked(on: date, **facts: object) -> date | None:
            return classify(data(**facts), "acme", policy=POLICY, as_of=on).pulse.expected_by

        heard = {"activities": [act("V1", at(2025, 6, 1))]}
        for on in (date(2025, 6, 1), date(2025, 7, 30), date(2025, 12, 1)):
            assert asked(on, **heard) == date(2025, 7, 30)
        assert asked(date(2025, 2, 1)) == date(2025, 4, 9)
        assert asked(date(2025, 2, 1), activities=[act("V1", at(2025, 2, 28))]) == date(2025, 4, 9)
        assert asked(date(2025, 4, 1), activities=[act("V1", at(2025, 3, 1))]) == date(2025, 4, 29)
        assert asked(date(2025, 9, 1), partners=[partner(ended_on=date(2025, 9, 1))]) is None
        assert asked(date(2025, 9, 1), partners=[partner(signed_on=None)]) is None

    def test_an_ended_agreement(self):
        """Ends every other status, from its day on."""
        seen = data(partners=[partner(ended_on=date(2025, 9, 1))], activities=[act("V1", at(2025, 8, 31))])
        ended = classify(seen, "acme", policy=POLICY, as_of=date(2025, 9, 1))
        assert (ended.activity, ended.pulse.since) == (ActivityStatus.ENDED, date(2025, 9, 1))
        assert classify(seen, "acme", policy=POLICY, as_of=date(2025, 8, 31)).activity is ActivityStatus.ACTIVE

    def test_own_rhythm(self):
        """Three median gaps: a weekly partner cools after three weeks, one of every 61 days after half a year."""
        own = POLICY.replace(dormancy=POLICY.dormancy.replace(baseline="own"))
        weekly = [act(f"V{n}", at(2025, 6, 1 + 7 * n)) for n in range(4)]
        ask = self.statuses(own, activities=weekly)
        assert ask(date(2025, 7, 12), date(2025, 7, 13), date(2025, 7, 24)) == ["active", "cooling", "dormant"]
        slow = [act(f"V{n}", at(2025, month, 1)) for n, month in enumerate((2, 4, 6, 8))]
        assert self.statuses(own, activities=slow)(date(2026, 1, 30), date(2026, 1, 31)) == ["active", "cooling"]
        few = self.statuses(own, activities=weekly[:3])
        assert few(date(2025, 8, 13), date(2025, 8, 14)) == ["active", "cooling"]
        pulse = classify(data(activities=weekly), "acme", policy=own, as_of=date(2025, 7, 13)).pulse
        assert "at its own rhythm of one event in 7 days" in pulse.because

    def test_which_events_break_a_silence(self):
        """Only those that the policy names."""
        wins = POLICY.replace(dormancy=POLICY.dormancy.replace(events=["win"]))
        facts = {"activities": [act("V1", at(2025, 12, 1))], "credits": [win("C1", at(2025, 6, 1))]}
        assert self.statuses(wins, **facts)(date(2025, 12, 2)) == ["dormant"]
        assert self.statuses(**facts)(date(2025, 12, 2)) == ["active"]


class TestPolicies:
    """Parameters, types, users' own."""

    def test_it_compiles_to_plain_data(self):
        """Hashable, equal for equal policies, with rules of their own only where types differ."""
        plan = POLICY.compiled()
        assert plan == JourneyPolicy(first_wave_revenue=brl("50000"), mature_revenue=brl("400000")).compiled()
        assert hash(plan) == hash(POLICY.replace().compiled())
        assert plan.rules("reseller") is plan.default
        assert plan.rules("affiliate") is plan.rules("influencer")
        assert plan.default.currency == "BRL"
        assert str(POLICY) == "the four stages (first wave 50000.00 BRL, mature 400000.00 BRL)"
        assert plan.default.signals.growth_floor == brl("5000")

    @pytest.mark.parametrize(("change", "rule"), [
        ({"mature_revenue": brl("49999.99")}, "at least first_wave_revenue"),
        ({"first_wave_months": 3}, "at most first_wave_wins"),
        ({"keep_quarters": 4}, r"Gate.stay\[win_quarters_12m\] must be at most as strict as to enter \(>= 3\)"),
        ({"keep_self_sufficiency": "0.6"}, r"Gate.stay\[self_sufficiency_12m\] must be at most as strict"),
        ({"keep_revenue": "1.1"}, "a fraction from 0 to 1"),
        ({"mature_revenue": brl("0")}, "a positive amount"),
        ({"revenue_months": 0}, "a whole number from 1"),
        ({"version": 2}, "a string"),
        ({"hysteresis": None}, "a Hysteresis"),
    ])  # fmt: skip
    def test_thresholds_that_contradict_are_refused(self, change, rule):
        """At construction, with place and remedy."""
        with pytest.raises(InvalidValue, match=rule):
            POLICY.replace(**change)

    def test_two_currencies_in_one_policy(self):
        """Are refused."""
        with pytest.raises(CurrencyMismatch, match="BRL and USD"):
            POLICY.replace(mature_revenue=Money("400000", "USD"))
        gates = POLICY.compiled().default.gates
        gate = gates[0].replace(watch=[Criterion("won_revenue", ">=", Money("1", "USD"))])
        with pytest.raises(CurrencyMismatch, match="set thresholds of one policy in"):
            StageRules(gates=[gate, *gates[1:]])

    def test_criteria_that_a_policy_may_drop(self):
        """None or 0 asks for nothing."""
        loose = POLICY.replace(self_sufficiency=None, certifications=0, csat_floor=None, nps_floor=None)
        decision = classify(data(credits=steady()), "acme", policy=loose, as_of=at(2026, 2, 6))
        assert decision.stage is MATURITY
        assert {one.id for one in decision.criteria} == {
            "months_since_first_win", "win_quarters_12m", "won_revenue_12m",
        }  # fmt: skip
        firm = POLICY.replace(keep_self_sufficiency=None).compiled().default.gate(MATURITY)
        assert "self_sufficiency" not in repr(firm.stay)

    def test_a_policy_per_type(self):
        """Around any policy; it compiles when they do."""
        eager = POLICY.replace(first_wave_wins=1, first_wave_months=1)
        policy = ByType(POLICY, {"affiliate": eager})
        once = {"credits": [win("C1", at(2025, 2, 1))]}
        for type, stage in (("reseller", TRACTION), ("affiliate", ACCELERATION)):
            seen = data(partners=[partner(type=type)], **once)
            assert classify(seen, "acme", policy=policy, as_of=at(2025, 3, 1)).stage is stage
        assert policy.compiled().rules("affiliate") == eager.compiled().rules("affiliate")
        with pytest.raises(InvalidValue, match=r"ByType.types\['affiliate'\] must be a policy"):
            ByType(POLICY, {"affiliate": JourneyPolicy})
        with pytest.raises(InvalidValue, match="a mapping of partner types"):
            ByType(POLICY, [POLICY])

    def test_a_policy_of_ones_own(self):
        """One method; tables are told that they cannot have it."""

        class BySegment:
            def rules(self, seen: Partner, /) -> StageRules:
                return (POLICY if seen.segment == "large" else POLICY.replace(first_wave_wins=9)).rules(seen)

        won = [win("C1", at(2025, 2, 1)), win("C2", at(2025, 3, 1))]
        tiers = data(partners=[partner(segment="large"), partner(id="b")], credits=won)
        first, second = classify_all(tiers, policy=BySegment(), as_of=at(2025, 4, 1))
        assert (first.stage, second.stage) == (ACCELERATION, START)
        with pytest.raises(NotCompilable, match=r"partnerops\.journey\.classify_all"):
            compile_policy(BySegment())
        with pytest.raises(NotCompilable):
            ByType(POLICY, {"x": BySegment()}).compiled()
        timeline = replay(tiers, "b", policy=BySegment(), dates=MONTHS[:3])
        assert len(timeline) == 3

    def test_what_is_no_policy(self):
        """Named, with the usual slip."""
        with pytest.raises(InvalidValue, match=r"an object with rules\(partner\)"):
            classify(data(), "acme", policy=JourneyPolicy, as_of=at(2025, 2, 1))

        class Loose:
            def rules(self, _partner, /):
                return {"traction": 1}

        with pytest.raises(PolicyBrokeContract, match="Loose must answer rules"):
            classify(data(), "acme", policy=Loose(), as_of=at(2025, 2, 1))

    def test_an_action_of_the_policys_own(self):
        """Replaces the framework's."""
        gates = list(POLICY.compiled().default.gates)
        gates[0] = Gate(stage="traction", enter=Criterion("login_days", ">=", 3, days=30,
                                                          action="send the first newsletter"))  # fmt: skip
        rules = StageRules(gates=gates)

        class Own:
            def rules(self, _partner, /):
                return rules

        (action,) = classify(data(), "acme", policy=Own(), as_of=at(2025, 2, 1)).next_actions
        assert (action.id, action.text) == ("login_days_30d", "send the first newsletter")

    def test_something_that_must_not_hold(self):
        """A Not in a gate: its criterion blocks while it holds, has no gap and says so."""
        gates = list(POLICY.compiled().default.gates)
        gates[0] = Gate(stage="traction", enter=Not(Criterion("vendor_failures", ">=", 1)))

        class Own:
            def rules(self, _partner, /):
                return StageRules(gates=gates)

        refused = DealRegistration(
            id="R1", partner_id="acme", account_id="A", submitted_at=at(2025, 1, 15), status="rejected",
            decided_at=at(2025, 1, 20),
        )  # fmt: skip
        stuck = classify(data(registrations=[refused]), "acme", policy=Own(), as_of=at(2025, 2, 1))
        assert stuck.stage is START
        assert stuck.blockers[0].because == "not: failures of the vendor >= 1: 1"
        assert stuck.blockers[0].gap is None
        assert "not failures of the vendor" in str(stuck)
        assert stuck.next_actions[0].id == "own_failures"
        assert ">too much<" in stuck._figure()
        assert classify(data(), "acme", policy=Own(), as_of=at(2025, 2, 1)).stage is TRACTION


class TestRefusals:
    """Bad input, with what to do about it."""

    def test_a_previous_decision_has_to_be_this_partners_and_earlier(self):
        """From the future, of the same moment, of another partner, or no decision at all."""
        two = data(partners=[partner(), partner(id="birch")])
        own = classify(two, "acme", policy=POLICY, as_of=at(2025, 5, 1))
        for on in (at(2025, 4, 1), at(2025, 5, 1)):
            with pytest.raises(InvalidValue, match=r"previous must be earlier than as_of .* pass the decision before"):
                classify(two, "acme", policy=POLICY, as_of=on, previous=own)
        with pytest.raises(InvalidValue, match="previous must be a decision about 'birch'"):
            classify(two, "birch", policy=POLICY, as_of=at(2025, 6, 1), previous=own)
        with pytest.raises(InvalidValue, match="a StageDecision, as classify returned it"):
            classify(two, "acme", policy=POLICY, as_of=at(2025, 6, 1), previous="traction")
        with pytest.raises(InvalidValue, match="at most one decision a partner"):
            classify_all(two, policy=POLICY, as_of=at(2025, 6, 1), previous=[own, own])
        both = classify_all(two, policy=POLICY, as_of=at(2025, 6, 1), previous=[own])
        assert [one.previous_stage for one in both] == [START, None]

    def test_dates_have_to_rise(self):
        """Of the same day, two make no row."""
        with pytest.raises(InvalidValue, match=r"dates\[1\] must be later"):
            replay(data(), "acme", policy=POLICY, dates=[date(2025, 5, 1), date(2025, 5, 1)])

    def test_an_unknown_partner(self):
        """With near misses."""
        with pytest.raises(UnknownName, match="did you mean 'acme'"):
            classify(data(), "acm", policy=POLICY, as_of=at(2025, 5, 1))


def test_a_plan_in_force_and_growth_are_only_watched():
    """Nothing that is watched decides: the stage is the same without them."""
    plan = JointPlan(
        id="J1", partner_id="acme", period=Period.year(2025), signed_on=date(2025, 2, 1),
        commitments=[Commitment(side=side, text="x", due_on=date(2025, 12, 1)) for side in ("vendor", "partner")],
    )  # fmt: skip
    seen = classify(data(credits=steady(2), joint_plans=[plan]), "acme", policy=POLICY, as_of=at(2025, 4, 1))
    watched = {one.id: one.outcome.value for one in seen.criteria if one.use == "watch"}
    assert watched == {"growth_6m": "unknown", "joint_plan": "passed", "target_attainment": "unknown"}
    assert (seen.trend, seen.invest) == ("unknown", "unknown")
    bare = CompiledJourney(default=POLICY.compiled().default)
    assert bare.rules("anything") is POLICY.compiled().default


@pytest.mark.parametrize(("later", "trend", "invest"), [
    ("11500", "growing", "high"), ("11499", "flat", "low"), ("8501", "flat", "low"), ("8500", "declining", "low"),
])  # fmt: skip
def test_trend_says_in_whom_to_invest(later, trend, invest):
    """Growing from 15 % on, declining from minus 15 % on; both ends belong to it."""
    won = [win("C1", at(2025, 2, 1), "5000"), win("C2", at(2025, 3, 1), "5000"), win("C3", at(2025, 9, 1), later)]
    seen = classify(data(credits=won), "acme", policy=POLICY, as_of=date(2025, 10, 31))
    assert (seen.trend, seen.invest) == (trend, invest)
