"""A programme lived step by step, to try commission plans on; see `ledger_machine`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final, cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from partnerops.commission import CommissionPlan, Ledger, LedgerAccount, PostingKind, StatementLine, settle
from partnerops.commission.reports import accruals
from partnerops.dated import Dated
from partnerops.entities import Adjustment, Credit, Payment, Payout, PeriodClose, Reversal
from partnerops.exceptions import InvalidValue
from partnerops.money import Money
from partnerops.periods import Period

START: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
_TAKEN: Final = (PostingKind.CANCELLED, PostingKind.CLAWED_BACK)


def ledger_machine(
    plans: CommissionPlan | st.SearchStrategy[CommissionPlan],
    *,
    currency: str = "BRL",
    partners: Sequence[str] = ("acme", "birch"),
) -> type[RuleBasedStateMachine]:
    """
    A state machine of Hypothesis that lives through a programme under a plan, and checks its ledger at every step.

    Sales, late records, re-attributions, payments, refunds and chargebacks, entries by hand, payouts, payouts that come
    back and closes of a month happen in any order while the clock runs; given a strategy, plans change too. After
    each step:

    | promise | what has to hold |
    |---|---|
    | balance | every posting moves one positive amount between two accounts, under a key of its own |
    | repeats | facts given twice, or in another order, give the same ledger |
    | bounds | no line gives back more than it earned |
    | prefix | the ledger of before is the beginning of this one |
    | closed | the statement of a closed month stays as it was |
    | ties | what is held, due, paid and owed back adds up, and so does the accrual report |

    Its `TestCase` is a test for unittest and pytest; `settings` go to that. Amounts are in *currency*, which must be
    the plan's. A promise that is broken fails with the promise in words and the steps that led there.

    Raises:
        InvalidValue: Neither a plan nor a strategy, or no partner.

    >>> from partnerops.commission import CommissionPlan, FlatRate
    >>> machine = ledger_machine(CommissionPlan(id="flat", schedule=FlatRate("0.10")))
    >>> TestFlat = machine.TestCase
    """
    # One plan is a choice among one: the machine itself knows only strategies.
    if isinstance(plans, CommissionPlan):
        plans = st.just(plans)
    if not isinstance(cast("object", plans), st.SearchStrategy):
        raise InvalidValue("ledger_machine(plans)", "a CommissionPlan or a strategy of some", plans)
    if isinstance(partners, str) or not partners:
        raise InvalidValue("ledger_machine(partners)", "a list of at least one partner id", partners)
    settled = {"plans": plans, "currency": currency, "partners": tuple(partners)}
    return type("LedgerMachine", (LedgerMachine,), {**settled, "__module__": __name__})


class LedgerMachine(RuleBasedStateMachine):
    """Facts pile up while the clock runs; after every step the ledger keeps all of its promises."""

    plans: ClassVar[st.SearchStrategy[CommissionPlan]]
    currency: ClassVar[str]
    partners: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.plan: Dated[CommissionPlan] = Dated(())
        self.facts: dict[str, list[Any]] = {
            name: [] for name in ("credits", "payments", "reversals", "adjustments", "payouts", "closes")
        }
        self.before: Ledger | None = None
        self.statements: dict[tuple[str, Period], Sequence[StatementLine]] = {}

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """A first version of the plan."""
        self.plan = Dated.since(date(2025, 1, 1), data.draw(self.plans))

    def settled(self, **changes: Sequence[Any]) -> Ledger:
        """The ledger of all facts so far."""
        facts: dict[str, Any] = {**self.facts, **changes}
        return settle(facts.pop("credits"), plan=self.plan, as_of=self.now, currency=self.currency, **facts)

    def _happens(self, collection: str, noun: Callable[..., object], /, **fields: Any) -> None:
        known = self.facts[collection]
        known.append(noun(id=f"{collection}-{len(known)}", **fields))
        # No two facts at one moment: their order would be that of their ids.
        self.now += timedelta(minutes=1)

    def _when(self, days_ago: int) -> dict[str, datetime | None]:
        """When something happened, and when it is known: now."""
        # Nothing happens before the programme began.
        at = max(self.now - timedelta(days=days_ago), START)
        return {"at": at, "recorded_at": self.now if at < self.now else None}

    def _money(self, minor: int) -> Money:
        return Money.from_minor(minor, self.currency)

    def _live(self) -> list[Credit]:
        """Credits that no other supersedes."""
        # Only the latest word on a deal can be taken back or replaced.
        superseded = {one.supersedes for one in self.facts["credits"]}
        return [one for one in self.facts["credits"] if one.id not in superseded]

    # --- what happens

    # Up to 25 days: a month end is passed by one or two waits, and a hold of thirty days never by one.
    @rule(hours=st.integers(1, 24 * 25))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self.now += timedelta(hours=hours)

    # Half of the sales are known at once, the others days late or after the end of their month. Small amounts, so
    # that thresholds of a few hundred are crossed within a few steps.
    @rule(data=st.data(), minor=st.integers(0, 150_000), ago=st.sampled_from([0, 0, 3, 40]))
    def sell(self, data: st.DataObject, minor: int, ago: int) -> None:
        """A won deal, perhaps recorded late."""
        deal, partner = f"D{len(self.facts['credits'])}", data.draw(st.sampled_from(self.partners))
        amount = self._money(minor)
        self._happens("credits", Credit, opportunity_id=deal, partner_id=partner, amount=amount, **self._when(ago))

    @precondition(lambda self: self.facts["credits"])
    @rule(data=st.data(), minor=st.integers(0, 150_000))
    def re_attribute(self, data: st.DataObject, minor: int) -> None:
        """A credit is superseded, by another amount and perhaps another partner."""
        old = data.draw(st.sampled_from(self._live()))
        if any(one.opportunity_id == old.opportunity_id for one in self.facts["reversals"]):
            return  # what was reversed may exceed the new amount, which is refused
        self._happens(
            "credits", Credit, opportunity_id=old.opportunity_id, partner_id=data.draw(st.sampled_from(self.partners)),
            amount=self._money(minor), at=old.at, supersedes=old.id, recorded_at=self.now,
        )  # fmt: skip

    @precondition(lambda self: self.facts["credits"])
    @rule(data=st.data(), percent=st.integers(1, 130))
    def pay_in(self, data: st.DataObject, percent: int) -> None:
        """The customer pays a part, or too much."""
        deal = data.draw(st.sampled_from(self.facts["credits"]))
        # A payment of nothing is no payment, and is refused.
        if minor := deal.amount.minor * percent // 100:
            amount = self._money(minor)
            self._happens("payments", Payment, opportunity_id=deal.opportunity_id, amount=amount, at=self.now)

    @precondition(lambda self: self.facts["credits"])
    @rule(
        data=st.data(), percent=st.integers(1, 100), ago=st.sampled_from([0, 0, 5]),
        kind=st.sampled_from(["refund", "chargeback", "cancellation"]),
    )  # fmt: skip
    def take_back(self, data: st.DataObject, percent: int, ago: int, kind: str) -> None:
        """A refund, a cancellation, a chargeback; several may exceed the sale together."""
        deal = data.draw(st.sampled_from(self._live()))
        if minor := deal.amount.minor * percent // 100:
            fields = {"opportunity_id": deal.opportunity_id, "amount": self._money(minor), "kind": kind}
            self._happens("reversals", Reversal, **fields, **self._when(ago))

    @rule(data=st.data(), minor=st.integers(-3_000, 3_000))
    def adjust(self, data: st.DataObject, minor: int) -> None:
        """An entry by hand."""
        partner = data.draw(st.sampled_from(self.partners))
        fields = {"partner_id": partner, "amount": self._money(minor), "reason": "by hand"}
        self._happens("adjustments", Adjustment, at=self.now, **fields)

    @rule(data=st.data(), percent=st.integers(1, 100))
    def pay_out(self, data: st.DataObject, percent: int) -> None:
        """A part of what is payable."""
        partner = data.draw(st.sampled_from(self.partners))
        payable = self.settled().payable(partner, currency=self.currency).amount
        if minor := payable.minor * percent // 100:
            self._happens("payouts", Payout, partner_id=partner, gross=self._money(minor), at=self.now)

    @precondition(lambda self: any(one.status == "paid" for one in self.facts["payouts"]))
    @rule()
    def bounce(self) -> None:
        """The latest payout comes back."""
        payouts = self.facts["payouts"]
        last = max(index for index, one in enumerate(payouts) if one.status == "paid")
        payouts[last] = payouts[last].replace(status="returned", settled_at=self.now)
        self.now += timedelta(minutes=1)

    @rule()
    def close(self) -> None:
        """The month before this one is frozen."""
        month = Period.month(self.now.year, self.now.month).previous()
        self._happens("closes", PeriodClose, period=month, at=self.now)
        ledger = self.settled()
        for partner in ledger.partners:
            made = ledger.statement(partner, month, currency=self.currency).lines
            self.statements.setdefault((partner, month), made)

    @rule(data=st.data())
    def change_plan(self, data: st.DataObject) -> None:
        """Another version from tomorrow on."""
        start = self.now.date() + timedelta(days=1)
        if self.plan.versions[-1].start < start:
            version = data.draw(self.plans).replace(version=str(len(self.plan) + 1))
            self.plan = self.plan.starting(start, version)

    # --- what always holds

    @invariant()
    def promises(self) -> None:
        """Everything that a ledger promises, at every step."""
        if not self.plan.versions:
            return  # Hypothesis asks before the first step too
        ledger = self.settled()
        self.it_balances(ledger)
        self.lines_keep_their_bounds(ledger)
        self.the_past_stays(ledger)
        self.it_ties(ledger)

    def it_balances(self, ledger: Ledger) -> None:
        """Legs sum to nothing in one currency, keys are unique, repeats and order mean nothing."""
        for one in ledger.postings:
            # Legs are signed: what leaves one account enters the other.
            moved = sum(money.minor for _, money in one.legs)
            _must(moved == 0 and one.amount.minor > 0, f"a posting balances: {one}")
            _must(one.amount.currency == self.currency, f"a posting is in {self.currency}: {one}")
        _must(len({one.key for one in ledger.postings}) == len(ledger.postings), "no key stands twice")
        credits, reversals = self.facts["credits"], self.facts["reversals"]
        # Retries and reordered queues are daily life of whoever feeds a ledger.
        again = self.settled(credits=[*credits[::-1], *credits], reversals=reversals[::-1] * 2)
        _must(again == ledger, "facts given twice, or in another order, give the same ledger")

    def lines_keep_their_bounds(self, ledger: Ledger) -> None:
        """Nothing is taken back beyond what was earned."""
        earned: dict[str | None, int] = {}
        taken: dict[str | None, int] = {}
        for one in ledger.postings:
            if one.kind is PostingKind.EARNED:
                earned[one.line_id] = one.earnings.minor
            # Recovered is not in this sum: it pays back what was clawed back, and takes nothing more.
            elif one.kind in _TAKEN:
                taken[one.line_id] = taken.get(one.line_id, 0) - one.earnings.minor
        for line, minor in taken.items():
            _must(0 <= minor <= earned[line], f"line {line!r} gives back at most {earned[line]}, not {minor}")

    def the_past_stays(self, ledger: Ledger) -> None:
        """The ledger of before is the beginning of this one, and closed statements are as they were."""
        if self.before is not None:
            stays = ledger.continues(self.before) and ledger.digest_at(len(self.before.postings)) == self.before.digest
            _must(stays, "the ledger of before is the beginning of this one")
        self.before = ledger
        for (partner, month), lines in self.statements.items():
            now = ledger.statement(partner, month, currency=self.currency).lines
            _must(now == lines, f"the statement of {partner!r} for {month} stays as it was closed")

    def it_ties(self, ledger: Ledger) -> None:
        """Payouts, what is owed and what is owed back add up to the expense; the accrual ties to the statements."""
        paid = sum(one.amount.minor for one in ledger.postings if one.credit is LedgerAccount.CASH)
        # Payouts that failed or were returned debit cash again.
        came_back = sum(one.amount.minor for one in ledger.postings if one.debit is LedgerAccount.CASH)
        balances = ledger.balances()
        _must(sum(one.paid.minor for one in balances) == paid - came_back, "balances show what was paid")
        for one in balances:
            _must(one.net == one.held + one.due + one.paid - one.recoverable, f"parts sum to the net: {one}")
            _must(one.recoverable.minor >= 0, f"what is owed back is not below zero: {one}")
            held = sum(hold.amount.minor for hold in ledger.holds if hold.partner_id == one.partner_id)
            _must(held == one.held.minor, f"holds sum to what is held: {one}")
        _must(accruals(ledger, Period.month(self.now.year, self.now.month)).ties, "the accrual ties to the statements")


def _must(holds: bool, promise: str) -> None:
    # No `assert`: promises are kept under `python -O` too.
    if not holds:
        raise AssertionError(f"broken promise: {promise}")
