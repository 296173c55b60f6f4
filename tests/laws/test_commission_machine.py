"""A programme lived step by step: sales, payments, reversals, payouts, closes and plan changes, interleaved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from partnerops import Credit, Dated, Money, Payment, Period, Reversal
from partnerops.commission import (
    Basis,
    Clawback,
    CommissionPlan,
    FlatRate,
    GraduatedTiers,
    Ledger,
    LedgerAccount,
    PostingKind,
    ProRata,
    Recovery,
    Tier,
    VolumeTiers,
    settle,
)
from partnerops.commission.modifiers import Cap, Uplift, Where
from partnerops.commission.reports import accruals
from partnerops.entities import Adjustment, Payout, PeriodClose

pytestmark = pytest.mark.laws
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
PARTNERS = st.sampled_from(["acme", "birch"])
TIERS = [Tier(0, "0.08"), Tier(500, "0.10"), Tier(2000, "0.125", flat=15)]
TAKEN = (PostingKind.CANCELLED, PostingKind.CLAWED_BACK)

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


class Programme(RuleBasedStateMachine):
    """Facts pile up while the clock runs; after every step the ledger keeps all of its promises."""

    def __init__(self):
        super().__init__()
        self.now = START
        self.credits: list[Credit] = []
        self.payments: list[Payment] = []
        self.reversals: list[Reversal] = []
        self.adjustments: list[Adjustment] = []
        self.payouts: list[Payout] = []
        self.closes: list[PeriodClose] = []
        self.before: Ledger | None = None
        self.statements: dict[tuple[str, Period], object] = {}

    @initialize(plan=plans)
    def begin(self, plan):
        """A first version of the plan."""
        self.plan = Dated.since(date(2025, 1, 1), plan)

    def settle(self, **changes) -> Ledger:
        facts = {
            "payments": self.payments, "reversals": self.reversals, "adjustments": self.adjustments,
            "payouts": self.payouts, "closes": self.closes, **changes,
        }  # fmt: skip
        credits = facts.pop("credits", self.credits)
        return settle(credits, plan=self.plan, as_of=self.now, **facts)

    def at(self, days_ago: int) -> tuple[datetime, datetime | None]:
        """When something happened, and when it is known: now."""
        when = max(self.now - timedelta(days=days_ago), START)
        return when, (self.now if when < self.now else None)

    # --- what happens

    @rule(hours=st.integers(1, 24 * 25))
    def wait(self, hours):
        """Time passes."""
        self.now += timedelta(hours=hours)

    @rule(partner=PARTNERS, cents=st.integers(0, 150_000), ago=st.sampled_from([0, 0, 3, 40]))
    def sell(self, partner, cents, ago):
        """A won deal, perhaps recorded late."""
        when, known = self.at(ago)
        number = len(self.credits)
        self.credits.append(
            Credit(
                id=f"C{number}", opportunity_id=f"D{number}", partner_id=partner, amount=Money.from_minor(cents, "BRL"),
                at=when, recorded_at=known,
            )
        )  # fmt: skip
        self.now += timedelta(minutes=1)

    @precondition(lambda self: self.credits)
    @rule(data=st.data(), cents=st.integers(-80_000, 150_000))
    def re_attribute(self, data, cents):
        """A credit is superseded, by another amount and perhaps another partner."""
        superseded = {one.supersedes for one in self.credits}
        live = [one for one in self.credits if one.id not in superseded]
        old = data.draw(st.sampled_from(live))
        if any(one.opportunity_id == old.opportunity_id for one in self.reversals):
            return  # what was reversed may exceed the new amount, which is refused
        self.credits.append(
            old.replace(
                id=f"C{len(self.credits)}", partner_id=data.draw(PARTNERS), amount=Money.from_minor(abs(cents), "BRL"),
                supersedes=old.id, recorded_at=self.now,
            )
        )  # fmt: skip
        self.now += timedelta(minutes=1)

    @precondition(lambda self: self.credits)
    @rule(data=st.data(), percent=st.integers(1, 130))
    def pay_in(self, data, percent):
        """The customer pays a part."""
        deal = data.draw(st.sampled_from(self.credits))
        if minor := deal.amount.minor * percent // 100:
            self.payments.append(
                Payment(
                    id=f"P{len(self.payments)}", opportunity_id=deal.opportunity_id,
                    amount=Money.from_minor(minor, "BRL"), at=self.now,
                )
            )  # fmt: skip
            self.now += timedelta(minutes=1)

    @precondition(lambda self: self.credits)
    @rule(data=st.data(), percent=st.integers(1, 100), ago=st.sampled_from([0, 0, 5]))
    def take_back(self, data, percent, ago):
        """A refund, a cancellation, a chargeback; several may exceed the sale together."""
        superseded = {one.supersedes for one in self.credits}
        deal = data.draw(st.sampled_from([one for one in self.credits if one.id not in superseded]))
        when, known = self.at(ago)
        if minor := deal.amount.minor * percent // 100:
            self.reversals.append(
                Reversal(
                    id=f"X{len(self.reversals)}", opportunity_id=deal.opportunity_id,
                    kind=data.draw(st.sampled_from(["refund", "chargeback", "cancellation"])),
                    amount=Money.from_minor(minor, "BRL"), at=when, recorded_at=known,
                )
            )  # fmt: skip
            self.now += timedelta(minutes=1)

    @rule(partner=PARTNERS, cents=st.integers(-3_000, 3_000))
    def adjust(self, partner, cents):
        """An entry by hand."""
        self.adjustments.append(
            Adjustment(
                id=f"M{len(self.adjustments)}", partner_id=partner, amount=Money.from_minor(cents, "BRL"), at=self.now,
                reason="by hand",
            )
        )  # fmt: skip
        self.now += timedelta(minutes=1)

    @rule(partner=PARTNERS, percent=st.integers(1, 100))
    def pay_out(self, partner, percent):
        """A part of what is payable."""
        payable = self.settle().payable(partner, currency="BRL").amount
        if minor := payable.minor * percent // 100:
            gross = Money.from_minor(minor, "BRL")
            self.payouts.append(Payout(id=f"O{len(self.payouts)}", partner_id=partner, gross=gross, at=self.now))
            self.now += timedelta(minutes=1)

    @precondition(lambda self: any(one.status == "paid" for one in self.payouts))
    @rule()
    def bounce(self):
        """The latest payout comes back."""
        last = max(index for index, one in enumerate(self.payouts) if one.status == "paid")
        self.payouts[last] = self.payouts[last].replace(status="returned", settled_at=self.now)
        self.now += timedelta(minutes=1)

    @rule()
    def close(self):
        """The month before this one is frozen."""
        month = Period.month(self.now.year, self.now.month).previous()
        self.closes.append(PeriodClose(id=f"K{len(self.closes)}", period=month, at=self.now))
        self.now += timedelta(minutes=1)
        ledger = self.settle()
        for partner in ledger.partners:
            made = ledger.statement(partner, month, currency="BRL").lines
            self.statements.setdefault((partner, month), made)

    @rule(plan=plans)
    def change_plan(self, plan):
        """Another version from tomorrow on."""
        start = self.now.date() + timedelta(days=1)
        if self.plan.versions[-1].start < start:
            self.plan = self.plan.starting(start, plan.replace(version=str(len(self.plan) + 1)))

    # --- what always holds

    @invariant()
    def promises(self):
        """Everything that a ledger promises, at every step."""
        if not hasattr(self, "plan"):
            return
        ledger = self.settle()
        self.it_balances(ledger)
        self.lines_keep_their_bounds(ledger)
        self.the_past_stays(ledger)
        self.it_reconciles(ledger)

    def it_balances(self, ledger):
        """I1, I4, I11: legs sum to nothing in one currency, keys are unique, repeats and order mean nothing."""
        assert all(sum(money.minor for _, money in one.legs) == 0 and one.amount.minor > 0 for one in ledger.postings)
        assert len({one.key for one in ledger.postings}) == len(ledger.postings)
        assert {one.amount.currency for one in ledger.postings} <= {"BRL"}
        again = self.settle(credits=[*self.credits[::-1], *self.credits], reversals=[*self.reversals[::-1]] * 2)
        assert again == ledger

    def lines_keep_their_bounds(self, ledger):
        """I3: nothing taken back beyond what was earned; I9: recovery within its share of what was due."""
        earned, taken = {}, {}
        for one in ledger.postings:
            if one.kind is PostingKind.EARNED:
                earned[one.line_id] = one.earnings.minor
            elif one.kind in TAKEN:
                taken[one.line_id] = taken.get(one.line_id, 0) - one.earnings.minor
        assert all(0 <= minor <= earned[line] for line, minor in taken.items())

    def the_past_stays(self, ledger):
        """I10, I13: the ledger of before is the beginning of this one, and closed statements are as they were."""
        if self.before is not None:
            assert ledger.continues(self.before)
            assert ledger.digest_at(len(self.before.postings)) == self.before.digest
        self.before = ledger
        for (partner, month), lines in self.statements.items():
            assert ledger.statement(partner, month, currency="BRL").lines == lines

    def it_reconciles(self, ledger):
        """I8: payouts, what is owed and what is owed back add up to the expense; the accrual ties to the statements."""
        paid = sum(one.amount.minor for one in ledger.postings if one.credit is LedgerAccount.CASH)
        came_back = sum(one.amount.minor for one in ledger.postings if one.debit is LedgerAccount.CASH)
        assert sum(one.paid.minor for one in ledger.balances()) == paid - came_back
        for balance in ledger.balances():
            assert balance.net == balance.held + balance.due + balance.paid - balance.recoverable
            assert balance.recoverable.minor >= 0
            held = sum(one.amount.minor for one in ledger.holds if one.partner_id == balance.partner_id)
            assert held == balance.held.minor
        assert accruals(ledger, Period.month(self.now.year, self.now.month)).ties


TestProgramme = Programme.TestCase
TestProgramme.settings = settings(max_examples=25, stateful_step_count=25)
