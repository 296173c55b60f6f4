"""Criteria, gates and settings: what can be built, what is refused, how it reads."""

from __future__ import annotations

from fractions import Fraction

import pytest

from partnerops import Money, Partner
from partnerops.exceptions import InexactNumber, InvalidValue, UnknownName
from partnerops.journey import ActivityStatus, Dormancy, HeldBy, Hysteresis, Outcome
from partnerops.journey._decide import Judge
from partnerops.journey._signal import SPECS, Unit, shown
from partnerops.journey._stages import Use
from partnerops.journey.criteria import AllOf, AnyOf, AtLeast, Comparison, Criterion, Gate, Not, OnUnknown, StageRules
from partnerops.journey.signals import Measure, Signal, SignalRules

from .journeys import POLICY, brl

WINS = Criterion("wins", ">=", 2)


class TestCriterion:
    """One condition."""

    def test_it_reads_as_words(self):
        """Signal, window, threshold in its unit."""
        revenue = Criterion("won_revenue", ">=", brl("400000"), months=12)
        assert (revenue.id, revenue.words, revenue.needed) == (
            "won_revenue_12m", "won revenue in 12 months", ">= 400,000.00 BRL",
        )  # fmt: skip
        assert Criterion("login_days", ">", 3, days=30).words == "login days in 30 days"
        assert Criterion("growth", ">=", "0.15", months=6).needed == ">= 15.0 %"
        assert Criterion("joint_plan", ">=", 1).needed == "yes"
        assert Criterion("csat", ">=", "4.25").needed == ">= 4.25"

    def test_thresholds_are_exact_and_of_the_signals_kind(self):
        """Whole numbers become int, others fractions; floats and wrong kinds are refused."""
        assert type(Criterion("wins", ">=", Fraction(4, 2)).threshold) is int
        assert Criterion("csat", ">=", "7/2").threshold == Fraction(7, 2)
        with pytest.raises(InexactNumber, match='write "0.15"'):
            Criterion("growth", ">=", 0.15, months=6)
        with pytest.raises(InvalidValue, match="a Money, since won_revenue is an amount"):
            Criterion("won_revenue", ">=", 400_000)
        with pytest.raises(InvalidValue, match="a number, since wins is no amount"):
            Criterion("wins", ">=", brl("2"))
        with pytest.raises(InvalidValue, match="Criterion.threshold must be"):
            Criterion("wins", ">=", "two")

    def test_unknown_names(self):
        """Near misses for signals, the members for comparisons."""
        with pytest.raises(UnknownName, match="did you mean 'won_revenue'"):
            Criterion("won_revenu", ">=", brl("1"))
        with pytest.raises(InvalidValue, match="Criterion.comparison must be one of >=, >, <=, <"):
            Criterion("wins", "=>", 1)
        with pytest.raises(InvalidValue, match="Criterion.on_unknown must be one of hold, pass, fail, refuse"):
            Criterion("wins", ">=", 1, on_unknown="ignore")
        with pytest.raises(InvalidValue, match="Criterion.months must be a whole number from 1"):
            Criterion("wins", ">=", 1, months=0)

    def test_values_as_readers_see_them(self):
        """In the unit of the signal."""
        assert shown(Unit.SHARE, Fraction(1, 8)) == "12.5 %"
        assert shown(Unit.SCORE, Fraction(-1, 3)) == "-0.33"
        assert shown(Unit.COUNT, 12_000) == "12,000"
        assert (shown(Unit.FLAG, 0), shown(Unit.FLAG, 1), shown(Unit.COUNT, None)) == ("no", "yes", "unknown")
        assert set(SPECS) == set(Signal)

    def test_members_print_as_python(self):
        """So that a repr can be pasted."""
        for member in (Comparison.AT_LEAST, Outcome.FAILED, Use.STAY, HeldBy.GRACE, ActivityStatus.LOST, Signal.NPS):
            assert repr(member) == f"{type(member).__name__}.{member.name}"
        assert eval(repr(WINS.replace(on_unknown="pass")), {  # noqa: S307 - a repr is Python
            "Criterion": Criterion, "Comparison": Comparison, "OnUnknown": OnUnknown, "Signal": Signal,
        }) == WINS.replace(on_unknown="pass")  # fmt: skip


class TestCombining:
    """AllOf, AnyOf, AtLeast, Not."""

    @pytest.mark.parametrize("kind", [AllOf, AnyOf])
    def test_they_take_criteria(self, kind):
        """At least one, each a rule."""
        assert kind([WINS, kind([WINS])]).members[1].members == (WINS,)
        with pytest.raises(InvalidValue, match="a list of at least one criterion"):
            kind([])
        with pytest.raises(InvalidValue, match=rf"{kind.__name__}.members\[1\] must be a Criterion, AllOf"):
            kind([WINS, "wins"])
        with pytest.raises(InvalidValue, match="a list of at least one criterion"):
            kind("wins")

    def test_at_least_needs_a_count_that_can_be_reached(self):
        """From 1 to the number of members."""
        assert AtLeast(2, [WINS, WINS]).count == 2
        for count in (0, 3, True):
            with pytest.raises(InvalidValue, match="AtLeast.count must be a whole number from 1 to 2"):
                AtLeast(count, [WINS, WINS])

    def test_not_takes_one(self):
        """Any rule."""
        with pytest.raises(InvalidValue, match="Not.member must be a Criterion"):
            Not("wins")

    def test_on_unknown_refuse(self):
        """Says of which partner what is unknown, and why."""
        rule = Criterion("csat", ">=", 4, on_unknown="refuse")
        judge = Judge(Partner(id="acme", name="A", type="x"), lambda _: Measure(None, note="2 answers, 5 are needed"))
        with pytest.raises(InvalidValue, match=r"signal csat must be known for acme \(2 answers, 5 are needed\)"):
            judge.results(Gate(stage="traction", enter=rule), Use.ENTER)
        with pytest.raises(InvalidValue, match="signal csat must be known"):
            judge.enters(Gate(stage="traction", enter=rule))

    @pytest.mark.parametrize(("on_unknown", "enters"), [("hold", False), ("pass", True), ("fail", False)])
    def test_on_unknown(self, on_unknown, enters):
        """What is unknown promotes nobody unless it may pass."""
        rule = Criterion("csat", ">=", 4, on_unknown=on_unknown)
        judge = Judge(Partner(id="acme", name="A", type="x"), lambda _: Measure(None))
        assert judge.enters(Gate(stage="traction", enter=rule)) is enters

    def test_groups_have_names(self):
        """So that a reader knows that one of several is enough."""
        rule = AllOf([AnyOf([WINS, WINS], name="able to sell"), AtLeast(2, [WINS] * 3), AnyOf([WINS, WINS])])
        judge = Judge(Partner(id="acme", name="A", type="x"), lambda _: Measure(0))
        groups = [one.group for one in judge.results(Gate(stage="traction", enter=rule), Use.ENTER)]
        assert groups == ["able to sell"] * 2 + ["any 2"] * 3 + ["alternatives"] * 2


class TestGates:
    """What it takes to enter and to stay."""

    def test_missing_data_may_not_demote(self):
        """A criterion to stay that fails when unknown is refused."""
        with pytest.raises(
            InvalidValue, match=r"Gate.stay\[csat\].on_unknown must be hold, pass or refuse: missing data"
        ):
            Gate(stage="maturity", enter=WINS, stay=Criterion("csat", ">=", 4, on_unknown="fail"))

    def test_the_first_stage_has_no_gate(self):
        """Everybody begins in it."""
        with pytest.raises(InvalidValue, match="a stage after start"):
            Gate(stage="start", enter=WINS)

    def test_other_windows_and_directions_are_other_conditions(self):
        """Only the same signal over the same window can contradict."""
        stay = AllOf([Criterion("wins", ">=", 9, months=12), Criterion("wins", "<=", 99)])
        assert Gate(stage="maturity", enter=WINS, stay=stay).stay == stay

    def test_rules_need_every_gate_in_order(self):
        """One each."""
        gates = POLICY.compiled().default.gates
        for wrong in (gates[:2], gates[::-1], (*gates, gates[0])):
            with pytest.raises(InvalidValue, match="one gate each into traction, acceleration and maturity"):
                StageRules(gates=wrong)
        assert StageRules(gates=gates).digest != POLICY.compiled().default.digest
        bare = StageRules(gates=[Gate(stage=one.stage, enter=WINS) for one in gates])
        assert bare.currency is None


class TestSettings:
    """What beside the criteria may be set."""

    @pytest.mark.parametrize(("build", "rule"), [
        (lambda: Dormancy(cooling_after=90), "in the order cooling < dormant < lost"),
        (lambda: Dormancy(events=["wins"]), "some of activity, assignment"),
        (lambda: Dormancy(events=[]), "some of activity"),
        (lambda: Dormancy(baseline="peers"), "one of fixed, own"),
        (lambda: Dormancy(least_events=2), "a whole number from 3"),
        (lambda: Hysteresis(promote_after=0), "a whole number from 1"),
        (lambda: Hysteresis(promote_on=["15-01"]), "days of every year"),
        (lambda: Hysteresis(demote_on=["02-29"]), "days of every year"),
        (lambda: Hysteresis(demote_on="01-15"), "a list or tuple"),
        (lambda: Hysteresis(floor="bronze"), "one of start, traction"),
        (lambda: Hysteresis(demotion_step="two_down"), "one of one_down, recompute"),
        (lambda: Hysteresis(approval=True), "one of auto, manual"),
        (lambda: SignalRules(minimum_answers=0), "a whole number from 1"),
        (lambda: SignalRules(credit_roles="sourced"), "a list or tuple"),
        (lambda: SignalRules(growth_floor=5), "a Money"),
        (lambda: SignalRules(family=1), "a bool"),
    ])  # fmt: skip
    def test_what_cannot_be_is_refused(self, build, rule):
        """With place and remedy."""
        with pytest.raises(InvalidValue, match=rule):
            build()

    def test_every_day_of_a_common_year_may_be_a_review_date(self):
        """And no other text."""
        assert Hysteresis(promote_on=["01-31", "02-28", "04-30", "12-31"]).promote_on[1] == "02-28"
        for day in ("04-31", "00-10", "13-01", "1-1"):
            with pytest.raises(InvalidValue):
                Hysteresis(promote_on=[day])

    def test_repr_is_python(self):
        """Settings can be pasted back."""
        assert "approval=Approving.AUTO" in repr(Hysteresis())
        assert "baseline=Baseline.FIXED" in repr(Dormancy())
        assert repr(Hysteresis(floor="traction")).endswith("floor=JourneyStage.TRACTION, approval=Approving.AUTO)")

    def test_an_amount_in_another_currency_is_refused_when_it_is_compared(self):
        """Money never mixes."""
        with pytest.raises(ValueError, match="USD"):
            Criterion("won_revenue", ">=", brl("1")).judge(Money("1", "USD"))
