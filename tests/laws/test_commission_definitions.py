"""Laws of commission that its definitions imply: paid in parts, mirrored, undone, granted grace, spread over months."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies as st

from partnerops import Credit, Money, Payment
from partnerops.commission import Basis, CommissionPlan, settle
from partnerops.commission.modifiers import BestOf, Cap, Floor, Uplift, Where

from .sales import START, cents, plans, rates, sales, schedules

pytestmark = pytest.mark.laws
LATE = START + timedelta(days=900)
few = settings(max_examples=40)

EVERY = Where()
uplifts = st.builds(Uplift, rates, st.sampled_from(["multiplicative", "additive"]), where=st.just(EVERY))
modifiers = st.tuples(
    st.lists(uplifts | st.lists(uplifts, min_size=1, max_size=2).map(BestOf), max_size=2),
    st.lists(cents.map(Cap), max_size=1),
    st.lists(cents.map(Floor), max_size=1),
).map(lambda found: [one for stage in found for one in stage])
"""Ready-made modifiers in their order, each sale by itself."""


def earned(ledger) -> dict[str, int]:
    """What every partner earned, in minor units."""
    return {one.partner_id: one.earned.minor for one in ledger.balances() if one.earned}


class TestPaidInParts:
    """A sale that is paid in parts is one sale."""

    @few
    @given(
        st.integers(1, 2_000_000),
        st.lists(st.integers(0, 100), max_size=4),
        schedules,
        modifiers,
        st.sampled_from(["line", "lifetime"]),
    )
    def test_payments_sum_to_the_booking(self, minor, cuts, schedule, chain, attainment):
        """To the cent, under tiers, caps and floors of a sale: no payment is a sale of its own."""
        credit = Credit(
            id="C", opportunity_id="D", partner_id="acme", amount=Money.from_minor(minor, "BRL"), at=START
        )  # fmt: skip
        ends = [0, *sorted(minor * cut // 100 for cut in cuts), minor]
        paid = [
            Payment(id=f"P{n}", opportunity_id="D", amount=Money.from_minor(high - low, "BRL"), at=START)
            for n, (low, high) in enumerate(zip(ends, ends[1:], strict=False))
            if high > low
        ]
        booked = CommissionPlan(id="p", schedule=schedule, modifiers=chain, attainment=attainment)
        waiting = booked.replace(basis=Basis(on="payment"))
        once = settle([credit], plan=booked, as_of=LATE)
        parts = settle([credit], plan=waiting, payments=paid, as_of=LATE)
        assert earned(parts) == earned(once)


class TestMirror:
    """What -x earns is minus what x earns, modifiers included."""

    @few
    @given(
        sales(max_size=4),
        plans(schedule=schedules, clawback=st.none()),
        modifiers,
        st.sampled_from(["sale", "quarter"]),
    )
    def test_negative_sales_mirror_positive_ones(self, credits, plan, chain, per):
        """A credit note takes back what the sale earned, not more: not past its cap, and with its floor."""
        chain = [one.replace(per=per) if isinstance(one, Cap) else one for one in chain]
        plan = plan.replace(modifiers=chain)
        plus = settle(credits, plan=plan, as_of=LATE)
        minus = settle([one.replace(amount=-one.amount) for one in credits], plan=plan, as_of=LATE)
        assert [-one.earnings for one in minus.postings] == [one.earnings for one in plus.postings]
