"""A programme lived step by step: sales, payments, reversals, payouts, closes and plan changes, interleaved."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import run_state_machine_as_test

from partnerops import Credit, Dated, Money
from partnerops.commission import (
    Basis,
    Clawback,
    CommissionPlan,
    FlatRate,
    GraduatedTiers,
    ProRata,
    Recovery,
    Tier,
    VolumeTiers,
)
from partnerops.commission.modifiers import Cap, Uplift, Where
from partnerops.exceptions import InvalidValue
from partnerops.testing import ledger_machine

pytestmark = pytest.mark.laws
TIERS = [Tier(0, "0.08"), Tier(500, "0.10"), Tier(2000, "0.125", flat=15)]

schedules = st.sampled_from([FlatRate("0.0333"), GraduatedTiers(TIERS), VolumeTiers(TIERS, boundary="upper")])
clawbacks = st.sampled_from(
    [
        Clawback(),
        Clawback(within_months=2, schedule=ProRata(months=3)),
        Clawback(tier_effect="booked_rate", recovery=Recovery(max_share="0.5")),
        Clawback(recovery=Recovery(mode="write_off")),
        Clawback(recovery=Recovery(mode="none")),
        None,
    ]
)
modifiers = st.sampled_from([(), (), (Uplift("0.1", where=Where()), Cap(90, per="month"))])
plans = st.builds(
    CommissionPlan,
    id=st.just("plan"),
    schedule=schedules,
    attainment=st.sampled_from(["line", "month", "quarter", "lifetime"]),
    hold_days=st.sampled_from([0, 10, 40]),
    clawback=clawbacks,
    modifiers=modifiers,
    basis=st.sampled_from([Basis(), Basis(), Basis(on="payment")]),
    currency=st.just("BRL"),
)


TestProgramme = ledger_machine(plans).TestCase
TestProgramme.settings = settings(max_examples=25, stateful_step_count=25)


class Moody:
    """A schedule that pays more the second time it is asked, as one that reads a clock or a database would."""

    def __init__(self):
        self.asked = 0

    def cumulative(self, attained, /):
        """A share that grows with every question."""
        self.asked += 1
        return attained * self.asked / 1000


def test_a_plan_that_breaks_a_promise_is_told_in_words():
    """One step by hand: a plan that remembers would only make Hypothesis complain that it is flaky."""
    machine = ledger_machine(CommissionPlan(id="moody", schedule=Moody()), partners=["acme"])()
    machine.plan = Dated.since(date(2025, 1, 1), CommissionPlan(id="moody", schedule=Moody()))
    machine.facts["credits"].append(
        Credit(id="C", opportunity_id="D", partner_id="acme", amount=Money("1000.00", "BRL"), at=machine.now)
    )
    with pytest.raises(AssertionError, match="broken promise: facts given twice, or in another order, give the same"):
        machine.promises()


def test_a_plan_of_ones_own_is_lived_through():
    """The way a user's test does it, without a class."""
    plan = CommissionPlan(id="flat", schedule=FlatRate("0.10"), clawback=Clawback())
    run_state_machine_as_test(ledger_machine(plan), settings=settings(max_examples=3, stateful_step_count=10))


@pytest.mark.parametrize(
    ("plan", "more"), [(3, {}), (FlatRate("0.1"), {}), (plans, {"partners": []}), (plans, {"partners": "acme"})]
)
def test_what_is_no_plan_is_refused(plan, more):
    """Before anything runs."""
    with pytest.raises(InvalidValue, match="ledger_machine"):
        ledger_machine(plan, **more)
