"""Facts, one by one, into the books: the order in which they became known, and what each one does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar, cast

from partnerops.commission._amounts import step
from partnerops.commission._books import Books, Bucket, Cause, Line, Standing, Terms
from partnerops.commission._clawback import Recovery, RecoveryMode
from partnerops.commission._clawing import correct, reverse
from partnerops.commission._deals import Deal
from partnerops.commission._plan import CommissionPlan
from partnerops.commission._postings import Attained, LedgerAccount, PostingKind, Working
from partnerops.entities import Adjustment, Credit, Payment, Payout, PayoutStatus, PeriodClose, Reversal
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import Money
from partnerops.typing import DIRECT, UNATTRIBUTED

Fact: TypeAlias = Adjustment | Credit | Payment | Payout | PeriodClose | Reversal
F = TypeVar("F", Adjustment, Credit, Payment, Payout, PeriodClose, Reversal)
Event = tuple[datetime, datetime, int, str, Any]
"""When it was known, when it happened, rank among facts of one instant, id, the fact."""


def distinct(name: str, facts: Iterable[F], kind: type[F]) -> dict[str, F]:
    """
    Facts by id, each once.

    Raises:
        InvalidValue: Another kind of fact, or two that share an id and differ.
    """
    found: dict[str, F] = {}
    for fact in facts:
        if not isinstance(fact, kind):
            raise InvalidValue(f"settle({name})", f"a list of {kind.__name__}s", fact)
        known = found.setdefault(fact.id, fact)
        if known is not fact and known != fact:
            raise InvalidValue(f"settle({name}) {fact.id!r}", "given once, or twice the same", fact)
    return found


def visible(facts: Iterable[Fact], rank: int, as_of: datetime) -> list[Event]:
    """The facts that count at *as_of*, as events."""
    events: list[Event] = []
    for fact in facts:
        at, recorded = fact.at, fact.recorded_at
        # What was recorded ahead of time counts once it has happened.
        known = at if recorded is None or recorded < at else recorded
        if known <= as_of:
            events.append((known, at, rank, fact.id, fact))
    return events


class Fold:
    """The books and what the facts so far have to do with one another."""

    def __init__(self, plan: CommissionPlan, watched: set[str]) -> None:
        self.books = Books()
        self.plan = plan
        self.watched = watched
        self.deals: dict[str, Deal] = {}
        self.superseded: set[str] = set()
        self.terms: Terms | None = None
        self.recoveries: dict[str, Recovery] = {}
        self.payments_of: dict[str, list[tuple[Line, int]]] = {}

    def run(self, events: list[Event], as_of: datetime) -> None:
        """Fold every event, and what falls due between them."""
        handlers: Mapping[int, Callable[[Any], None]] = {
            0: self.close, 1: self.credit, 2: self.payment, 3: self.reversal, 4: self.adjust, 5: self.pay,
            6: self.give_back,
        }  # fmt: skip
        books = self.books
        for known, _, rank, _, fact in events:
            books.release_until(known)
            if books.closed or rank == 0:
                books.today = self.date_of(known)
            handlers[rank](fact)
        books.release_until(as_of)

    # --- facts about deals

    def credit(self, credit: Credit) -> None:
        """A sale: it earns, unless it is direct, influenced or already superseded."""
        deal = None
        if credit.opportunity_id in self.watched and credit.role != "influenced":
            deal = self.deal(credit.opportunity_id)
            deal.add(credit)
        if credit.supersedes is not None:
            self.supersede(credit, credit.supersedes)
        if credit.partner_id in (DIRECT, UNATTRIBUTED) or credit.role == "influenced" or credit.id in self.superseded:
            return
        line = self.earn(credit)
        if deal is not None:
            deal.lines.append((credit, line))
            taken = 0
            for reversal in deal.reversals:
                taken += reversal.amount.minor
                self._take_back(deal, credit, line, reversal, taken)

    def earn(self, credit: Credit) -> Line:
        """A new line, and what it earns."""
        books, terms, id = self.books, self.terms_for(credit), credit.id
        day = terms.day(terms.date_of(credit.at))
        base = credit.amount.minor
        bucket = None
        before: Attained = 0
        if terms.single:
            after: Attained = base
            earned = terms.value(base)
        else:
            bucket = day.buckets.get(credit.partner_id)
            if bucket is None:
                bucket = day.buckets[credit.partner_id] = Bucket()
            before = bucket.attained
            after = before + base
            worth = terms.value(after)
            earned = worth - bucket.worth
            bucket.attained, bucket.worth = after, worth
        if earned and (earned > 0) != (base > 0):
            step(terms.plan.schedule, terms.value, before, after)  # it knows how to say so
        line = Line(id, id, books.standing(credit.partner_id, credit.amount.currency), day.on, earned)
        line.terms, line.day, line.base, line.bucket = terms, day, base, bucket
        books.lines[id] = line
        if bucket is not None:
            bucket.lines.append(line)
        books.accrue(line, terms, Working(before, after, day.period, terms.rules))
        return line

    def terms_for(self, credit: Credit) -> Terms:
        """The terms in force for a credit; a second currency is refused."""
        currency = credit.amount.currency
        if self.terms is None:
            self.terms = Terms(self.plan, self.plan.currency or currency)
        if self.terms.rules.currency != currency:
            raise CurrencyMismatch(
                f"settle credit {credit.id} under plan {self.plan.id} in", self.terms.rules.currency, currency
            )
        return self.terms

    def supersede(self, credit: Credit, earlier: str) -> None:
        """Take out what an earlier credit earned, or will keep it from earning."""
        self.superseded.add(earlier)
        line = self.books.lines.get(earlier)
        if line is not None and line.terms is not None:
            correct(self.books, line, Cause(credit.id, self.date_of(credit.at), f"superseded by {credit.id}"))

    def date_of(self, moment: datetime) -> date:
        """The business date of a moment."""
        return self.plan.calendar.date_of(moment)

    def deal(self, opportunity_id: str) -> Deal:
        """The deal of that id, known or new."""
        found = self.deals.get(opportunity_id)
        if found is None:
            found = self.deals[opportunity_id] = Deal()
        return found

    def payment(self, payment: Payment) -> None:
        """Money from a customer; a plan on bookings does not wait for it."""

    def reversal(self, reversal: Reversal) -> None:
        """Revenue taken back: from every line of the deal, and from those that are still to come."""
        deal = self.deal(reversal.opportunity_id)
        deal.reversals.append(reversal)
        taken = sum(one.amount.minor for one in deal.reversals)
        for credit, line in deal.lines:
            if credit.id in deal.credits:
                self._take_back(deal, credit, line, reversal, taken)

    def _take_back(self, deal: Deal, credit: Credit, line: Line, reversal: Reversal, taken: int) -> None:
        deal.check(reversal, credit)
        part = max(deal.part(credit, taken) - line.back, 0)
        line.back += part
        reverse(self.books, line, part, reversal, self.date_of(reversal.at))

    # --- facts about money

    def adjust(self, adjustment: Adjustment) -> None:
        """An entry made by hand: due at once, in either direction."""
        standing = self.books.standing(adjustment.partner_id, adjustment.amount.currency)
        on = self.date_of(adjustment.at)
        line = Line(adjustment.id, adjustment.id, standing, on, adjustment.amount.minor)
        self.books.owe(line, line.earned)
        approved = f", approved by {adjustment.approved_by}" if adjustment.approved_by else ""
        self.books.post(
            PostingKind.ADJUSTED,
            standing,
            line.earned,
            debit=LedgerAccount.EXPENSE,
            credit=LedgerAccount.DUE,
            cause=Cause(adjustment.id, on, f"{adjustment.reason}{approved}"),
            line_id=adjustment.credit_id,
        )

    def close(self, close: PeriodClose) -> None:
        """Statements of a period are frozen: what is known later posts to the open one."""
        self.books.close(close.period)

    def pay(self, payout: Payout) -> None:
        """A transfer: first what the partner owes is kept back, then the gross amount leaves the account."""
        books, standing = self.books, self.books.standing(payout.partner_id, payout.gross.currency)
        cause = Cause(payout.id, self.date_of(payout.at))
        kept = self.offset(standing)
        self._check_payable(payout, standing, kept)
        standing.owed -= kept
        self._settle_lines(standing, kept)
        self.payments_of[payout.id] = self._settle_lines(standing, payout.gross.minor)
        owed = cause.because("kept back against what the partner owed")
        books.post(
            PostingKind.RECOVERED, standing, kept, debit=LedgerAccount.DUE, credit=LedgerAccount.CLAWBACK, cause=owed
        )
        sent = cause.because(f"payout {payout.id}{f', document {payout.document}' if payout.document else ''}")
        books.post(
            PostingKind.PAID, standing, payout.net.minor, debit=LedgerAccount.DUE, credit=LedgerAccount.CASH, cause=sent
        )
        for index, item in enumerate(payout.withholdings):
            books.post(
                PostingKind.WITHHELD,
                standing,
                item.amount.minor,
                debit=LedgerAccount.DUE,
                credit=LedgerAccount.WITHHELD,
                cause=cause.because(f"{item.kind} withheld from payout {payout.id}"),
                part=str(index),
            )

    def _check_payable(self, payout: Payout, standing: Standing, kept: int) -> None:
        """
        Refuse a payout above what is payable: what is due, less what has to be kept back.

        Raises:
            InvalidValue: It is; the message says how much was payable.
        """
        payable = Money.from_minor(max(standing.due - kept, 0), standing.currency)
        if payout.gross > payable:
            less = f" after {Money.from_minor(kept, standing.currency)} kept back" if kept else ""
            rule = f"at most what was payable to {payout.partner_id} by then, {payable}{less}"
            raise InvalidValue(f"settle(payouts) {payout.id!r}.gross", rule, str(payout.gross))

    def offset(self, standing: Standing) -> int:
        """What the next payout has to keep back, in minor units."""
        recovery = self.recoveries.get(standing.partner_id) or self._recovery()
        if recovery.mode is not RecoveryMode.OFFSET or standing.due <= 0:
            return 0
        limits = [standing.owed, int(standing.due * recovery.max_share)]
        if recovery.max_amount is not None and recovery.max_amount.currency == standing.currency:
            limits.append(recovery.max_amount.minor)
        return max(0, min(limits))

    def _recovery(self) -> Recovery:
        return self.plan.clawback.recovery if self.plan.clawback is not None else Recovery()

    def _settle_lines(self, standing: Standing, minor: int) -> list[tuple[Line, int]]:
        """Count an amount as paid on the oldest lines that are due; which, and how much on each."""
        paid: list[tuple[Line, int]] = []
        standing.due -= minor
        while minor > 0 and standing.queue:
            line = standing.queue[0]
            part = min(minor, line.due)
            if part > 0:
                line.due -= part
                line.paid += part
                minor -= part
                paid.append((line, part))
            if line.due <= 0:
                standing.queue.popleft()
        return paid

    def give_back(self, payout: Payout) -> None:
        """A payout that failed or came back: its gross amount is due again."""
        standing = self.books.standing(payout.partner_id, payout.gross.currency)
        on = self.date_of(cast("datetime", payout.settled_at))
        for line, part in self.payments_of.pop(payout.id, []):
            line.paid -= part
            self.books.owe(line, part)
        state = "could not be sent" if payout.status is PayoutStatus.FAILED else "came back"
        legs = [
            (LedgerAccount.CASH, payout.net.minor),
            *((LedgerAccount.WITHHELD, w.amount.minor) for w in payout.withholdings),
        ]
        for index, (account, minor) in enumerate(legs):
            self.books.post(
                PostingKind.RETURNED,
                standing,
                minor,
                debit=account,
                credit=LedgerAccount.DUE,
                cause=Cause(payout.id, on, f"payout {payout.id} {state}"),
                part=str(index),
            )
