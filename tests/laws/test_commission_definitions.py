"""Laws of commission that its definitions imply: paid in parts, mirrored, undone, granted grace, spread over months."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from partnerops import Credit, Money, Payment, Period, Reversal
from partnerops.commission import Basis, Clawback, CommissionPlan, FlatRate, MixedTiers, PostingKind, Tier, settle
from partnerops.commission.modifiers import BestOf, Cap, Floor, Uplift, Where
from partnerops.commission.reports import amortise, capitalise

from .sales import (
    PARTNERS,
    START,
    boundaries,
    cents,
    histories,
    minors,
    plans,
    rates,
    rich_histories,
    rich_plans,
    sales,
    schedules,
    volume,
)

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


@st.composite
def mixes(draw: st.DrawFn) -> MixedTiers:
    """Tiers of which some reach back; rising rates, so that F does not fall."""
    above = [0, *sorted(draw(st.sets(cents.filter(bool), max_size=3)))]
    rising = sorted(draw(st.lists(rates, min_size=len(above), max_size=len(above))))
    back = [False, *draw(st.lists(st.booleans(), min_size=len(above) - 1, max_size=len(above) - 1))]
    tiers = [Tier(a, r, retroactive=b) for a, r, b in zip(above, rising, back, strict=True)]
    return MixedTiers(tiers, boundary=draw(boundaries))


mixed = mixes()


def sold(index: int, minor: int, at: datetime) -> Credit:
    """A sale of a deal of its own."""
    amount = Money.from_minor(minor, "BRL")
    return Credit(id=f"C{index}", opportunity_id=f"D{index}", partner_id="acme", amount=amount, at=at)


def refund(credit: Credit, at: datetime) -> Reversal:
    """All of a credit taken back."""
    return Reversal(
        id=f"X{credit.id}", opportunity_id=credit.opportunity_id, kind="refund", amount=credit.amount, at=at
    )  # fmt: skip


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
        credit = sold(0, minor, START)
        ends = [0, *sorted(minor * cut // 100 for cut in cuts), minor]
        paid = [
            Payment(id=f"P{n}", opportunity_id="D0", amount=Money.from_minor(high - low, "BRL"), at=START)
            for n, (low, high) in enumerate(pairwise(ends))
            if high > low
        ]
        booked = CommissionPlan(id="p", schedule=schedule, modifiers=chain, attainment=attainment)
        waiting = booked.replace(basis=Basis(on="payment"))
        once = settle([credit], plan=booked, as_of=LATE)
        parts = settle([credit], plan=waiting, payments=paid, as_of=LATE)
        assert earned(parts) == earned(once)

    @few
    @given(
        st.integers(1, 2_000_000),
        st.lists(st.integers(1, 100), max_size=4),
        st.builds(
            CommissionPlan, id=st.just("p"), schedule=schedules, modifiers=modifiers, clawback=st.just(Clawback()),
            attainment=st.sampled_from(["line", "lifetime"]), currency=st.just("BRL"),
        ),
        st.lists(st.tuples(st.integers(0, 90), st.integers(1, 100)), max_size=3),
    )  # fmt: skip
    def test_refunds_between_payments_end_where_the_booking_ends(self, minor, cuts, booked, refunds):
        """Once all is paid, it makes no difference when what of it was refunded; a bounty is kept in proportion."""
        credit = sold(0, minor, START)
        ends = [0, *sorted(minor * cut // 100 for cut in cuts), minor]
        paid = [
            Payment(
                id=f"P{n}", opportunity_id="D0", amount=Money.from_minor(high - low, "BRL"),
                at=START + timedelta(days=20 * n),
            )
            for n, (low, high) in enumerate(pairwise(ends))
            if high > low
        ]  # fmt: skip
        undone: list[Reversal] = []
        for days, percent in sorted(refunds):
            at = START + timedelta(days=days, hours=1)
            received = sum(one.amount.minor for one in paid if one.at < at) - sum(one.amount.minor for one in undone)
            # Not more than was paid by then and is not refunded yet.
            if part := received * percent // 100:
                amount = credit.replace(amount=Money.from_minor(part, "BRL"))
                undone.append(refund(amount, at).replace(id=f"X{len(undone)}"))
        once = settle([credit], plan=booked, reversals=undone, as_of=LATE)
        parts = settle(
            [credit], plan=booked.replace(basis=Basis(on="payment")), payments=paid, reversals=undone, as_of=LATE
        )  # fmt: skip
        assert parts.balance("acme").net == once.balance("acme").net


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


class TestGrace:
    """A cliff with a grace band."""

    @few
    @given(volume | mixed, st.lists(st.tuples(minors, st.booleans()), min_size=1, max_size=6), cents, modifiers)
    def test_lines_still_sum_and_nothing_falls_out_of_bounds(self, schedule, steps, grace, chain):
        """Whatever the grace: slices explain their lines, and with everything undone nothing is left."""
        credits, undone = [], []
        for index, (minor, back) in enumerate(steps):
            at = START + timedelta(hours=2 * index)
            credit = sold(index, minor, at)
            credits.append(credit)
            if back and minor:
                undone.append(refund(credit, at + timedelta(hours=1)))
        easy = CommissionPlan(
            id="p", schedule=schedule, attainment="lifetime", clawback=Clawback(grace=grace), currency="BRL"
        )  # fmt: skip
        ledger = settle(credits, plan=easy, reversals=undone, as_of=LATE)
        for line in ledger.statement("acme", Period.parse("2026-01-01/2030-01-01"), currency="BRL").lines:
            assert not line.slices or Money.total([part.amount for part in line.slices]) == line.amount
        taken = settle(credits, plan=easy, reversals=[refund(one, LATE) for one in credits if one.amount], as_of=LATE)
        assert taken.balance("acme").net.minor == 0
        through = settle(credits, plan=easy.replace(modifiers=chain), reversals=undone, as_of=LATE)
        assert through.balance("acme").net.minor >= 0

    @few
    @given(volume | mixed, st.lists(minors, min_size=1, max_size=5), st.integers(0, 100), cents)
    def test_a_refund_never_costs_more_with_it(self, schedule, amounts, percent, grace):
        """And without any reversal it changes nothing."""
        credits = [sold(n, minor, START) for n, minor in enumerate(amounts)]
        strict, easy = (
            CommissionPlan(
                id="p", schedule=schedule, attainment="lifetime", clawback=Clawback(grace=band), currency="BRL"
            )
            for band in (0, grace)
        )
        whole = [settle(credits, plan=one, as_of=LATE).balance("acme").earned for one in (strict, easy)]
        assert whole[0] == whole[1]
        minor = credits[0].amount.minor * percent // 100
        undone = [refund(credits[0].replace(amount=Money.from_minor(minor, "BRL")), LATE)] if minor else []
        hard, mild = (
            settle(credits, plan=one, reversals=undone, as_of=LATE).balance("acme").clawed_back
            for one in (strict, easy)
        )
        assert mild <= hard


class TestUndone:
    """Rule 10: a reversal negates what is stored."""

    @few
    @given(histories(), plans(), st.data())
    def test_reversing_a_posting_takes_exactly_it_back(self, history, plan, data):
        """And reversing the reversal restores the balance."""
        credits = history.pop("credits")
        ledger = settle(credits, plan=plan, as_of=LATE, **history)
        earnings = [one for one in ledger.postings if one.earnings]
        if not earnings:
            return
        one = data.draw(st.sampled_from(earnings))
        by_hand = history.pop("adjustments")
        undo = ledger.reverse(one.key, at=LATE, reason="booked twice")
        once = settle(credits, plan=plan, as_of=LATE, adjustments=[*by_hand, undo], **history)
        assert once.continues(ledger)
        assert once.balance(one.partner_id).net == ledger.balance(one.partner_id).net - one.earnings
        again = once.reverse(once.postings[-1].key, at=LATE + timedelta(hours=1), reason="it was not")
        both = settle(
            credits, plan=plan, as_of=LATE + timedelta(days=1), adjustments=[*by_hand, undo, again], **history
        )  # fmt: skip
        assert both.balance(one.partner_id).net == ledger.balance(one.partner_id).net


class TestAssets:
    """Capitalised commission is amortised or impaired, to the cent."""

    @given(
        st.integers(-(10**7), 10**7),
        st.integers(1, 60),
        st.dates(date(2026, 1, 1), date(2027, 12, 31)),
        st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 10**7)), max_size=4),
    )
    def test_nothing_is_left_and_nothing_is_lost(self, minor, months, start, raw):
        """Each month ends where its parts lead, and what is carried stays between nothing and the cost."""
        hits = [(start + timedelta(days=days), Money.from_minor(amount, "BRL")) for days, amount in raw]
        cost = Money.from_minor(minor, "BRL")
        schedule = amortise(cost, months=months, start=start, impairments=hits)
        assert len(schedule.months) == months
        assert schedule.months[-1].closing.minor == 0
        for one in schedule.months:
            assert one.opening + one.capitalised - one.impaired - one.amortised == one.closing
            assert min(minor, 0) <= one.closing.minor <= max(minor, 0)
        if not hits:
            parts = [one.amortised.minor for one in schedule.months]
            assert max(parts) - min(parts) <= 1

    @few
    @given(histories(), plans(), st.integers(1, 24))
    def test_a_ledger_capitalises_what_it_earned(self, history, plan, months):
        """The sum of all sales goes in, and comes out again."""
        ledger = settle(history.pop("credits"), plan=plan, as_of=LATE, **history)
        schedule = capitalise(ledger, months=months, currency="BRL")
        earned = sum(one.earnings.minor for one in ledger.postings if one.kind is PostingKind.EARNED)
        assert sum(one.capitalised.minor for one in schedule.months) == earned
        assert sum(one.impaired.minor + one.amortised.minor for one in schedule.months) == earned
        for before, after in pairwise(schedule.months):
            assert before.closing == after.opening


per = st.sampled_from(["sale", "month", "quarter", "lifetime", "customer"])
chains = st.tuples(
    st.lists(uplifts | st.lists(uplifts, min_size=1, max_size=2).map(BestOf), max_size=2),
    st.lists(st.builds(Cap, st.integers(0, 400), per=per), max_size=2),
    st.lists(st.integers(0, 300).map(Floor), max_size=1),
).map(lambda found: [one for stage in found for one in stage])
"""Ready-made modifiers in their order, caps of every kind among them."""


def sold_by_deal(history) -> dict[str, int]:
    """What every deal was sold for, in minor units."""
    found: dict[str, int] = {}
    for one in history["credits"]:
        if one.role != "influenced":
            found[one.opportunity_id] = found.get(one.opportunity_id, 0) + one.amount.minor
    return {deal: minor for deal, minor in found.items() if minor}


def all_of(deal: str, minor: int) -> Reversal:
    """All of a deal taken back in the end."""
    return Reversal(id=f"Z{deal}", opportunity_id=deal, kind="refund", amount=Money.from_minor(minor, "BRL"), at=LATE)


class TestEverythingBack:
    """I5 under all that a plan may say."""

    @few
    @given(rich_plans(), chains, rich_histories(), st.sampled_from(["recompute", "booked_rate"]), st.data())
    def test_every_deal_undone_leaves_nothing(self, plan, chain, history, effect, data):
        """No balance, nothing withheld, no points: in parts and at once, under caps, floors, splits and payments."""
        plan = plan.replace(clawback=Clawback(tier_effect=effect), guarantee=None, modifiers=chain)
        facts = {name: found for name, found in history.items() if name in ("payments", "data")}
        undone = []
        for deal, minor in sold_by_deal(history).items():
            part = data.draw(st.integers(0, minor))
            undone += (
                [all_of(deal, minor), all_of(deal, part).replace(id=f"Y{deal}")] if part else [all_of(deal, minor)]
            )
        ledger = settle(history["credits"], plan=plan, reversals=undone, as_of=LATE, **facts)
        assert all(balance.net.minor == 0 for balance in ledger.balances())
        assert ledger.withheld == ()
        assert all(ledger.points_of(partner) == 0 for partner in PARTNERS)
        earned, taken = {}, {}
        for one in ledger.postings:
            if one.kind is PostingKind.EARNED:
                earned[one.line_id] = one.earnings.minor
            elif one.kind in (PostingKind.CANCELLED, PostingKind.CLAWED_BACK):
                taken[one.line_id] = taken.get(one.line_id, 0) - one.earnings.minor
        assert all(0 <= minor <= earned[line] for line, minor in taken.items())

    @few
    @given(rich_plans(), rates.map(FlatRate), chains, rich_histories(), st.data())
    def test_a_deal_undone_leaves_what_the_others_are_worth(self, plan, schedule, chain, history, data):
        """Under one rate, to the cent, and what is withheld too: as if it had never been sold."""
        # Under tiers a loss falls on the latest sales, which a cap of each sale may tell from the earliest; and a
        # share of a commission follows its line, which rounds as it did when it was earned.
        plan = plan.replace(
            schedule=schedule, clawback=Clawback(), guarantee=None, modifiers=chain, overrides=None
        )  # fmt: skip
        sold = sold_by_deal(history)
        gone = [deal for deal in sold if data.draw(st.booleans())]
        facts = {name: found for name, found in history.items() if name in ("payments", "data")}
        undone = [all_of(deal, sold[deal]) for deal in gone]
        after = settle(history["credits"], plan=plan, reversals=undone, as_of=LATE, **facts)
        never = settle(
            [one for one in history["credits"] if one.opportunity_id not in gone], plan=plan, as_of=LATE,
            payments=[one for one in facts["payments"] if one.opportunity_id not in gone], data=facts["data"],
        )  # fmt: skip
        for partner in PARTNERS:
            assert after.balance(partner, currency="BRL").net == never.balance(partner, currency="BRL").net
        assert after.withheld == never.withheld
