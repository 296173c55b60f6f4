"""Facts, one by one, into the books: the order in which they became known, and what each one does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any, TypeAlias, TypeVar

from partnerops.commission._books import Books, Cause
from partnerops.commission._claiming import Claiming
from partnerops.commission._clawing import correct, reverse
from partnerops.commission._context import Context
from partnerops.commission._deals import Claim, Deal, Grant
from partnerops.commission._earning import earn_plainly
from partnerops.commission._guarantees import Guarantees
from partnerops.commission._paying import Paying
from partnerops.commission._schemes import Scheme, Schemes
from partnerops.entities import (
    Adjustment,
    Credit,
    Payment,
    Payout,
    PeriodClose,
    Reversal,
    ReversalKind,
)
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import ExchangeRates
from partnerops.periods import Calendar
from partnerops.typing import DIRECT, UNATTRIBUTED

Fact: TypeAlias = Adjustment | Credit | Payment | Payout | PeriodClose | Reversal
T = TypeVar("T")
F = TypeVar("F", Adjustment, Credit, Payment, Payout, PeriodClose, Reversal)
Event = tuple[datetime, datetime, int, str, Any]
"""When it was known, when it happened, rank among facts of one instant, id, the fact."""

UNPAID = frozenset(
    {ReversalKind.CANCELLATION, ReversalKind.CHURN, ReversalKind.DOWNGRADE, ReversalKind.NON_PAYMENT}
)  # fmt: skip
"""Reversals of what the customer has yet to pay, before they touch what was paid."""


def listed(name: str, values: Iterable[T], what: str) -> Iterable[T]:
    """
    *values*, if they are several.

    Raises:
        InvalidValue: One alone, or nothing at all: a list of one is as easily written.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidValue(f"settle({name})", f"a list of {what}", values)
    return values


def distinct(name: str, facts: Iterable[F], kind: type[F]) -> dict[str, F]:
    """
    Facts by id, each once.

    Raises:
        InvalidValue: Another kind of fact, or two that share an id and differ.
    """
    found: dict[str, F] = {}
    for fact in listed(name, facts, f"{kind.__name__}s"):
        if not isinstance(fact, kind):
            # Attributions are what `attribute_all` returns, and the usual slip; by what they have, not by their class:
            # this package knows no other.
            hint = ": [credit for one in attributions for credit in one.credits]" if hasattr(fact, "credits") else ""
            raise InvalidValue(f"settle({name})", f"a list of {kind.__name__}s{hint}", fact)
        known = found.setdefault(fact.id, fact)
        # The same fact twice is a resent file; the same id with other contents is a mistake without a winner.
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

    def __init__(
        self,
        schemes: Schemes,
        context: Context,
        rates: ExchangeRates | None,
        *,
        calendar: Calendar,
        watched: set[str],
    ) -> None:
        self.books = Books()
        self.schemes = schemes
        self.context = context
        self.calendar = calendar
        self.watched = watched
        self.claiming = Claiming(self.books, schemes, context, rates, calendar)
        self.guarantees = Guarantees(self.books)
        self.paying = Paying(self.books, rates, self.date_of)
        self.deals: dict[str, Deal] = {}
        self.superseded: set[str] = set()
        self._one: Scheme | None = None

    def run(self, events: list[Event], as_of: datetime) -> None:
        """Fold every event, and what falls due between them."""
        handlers: Mapping[int, Callable[[Any], None]] = {
            0: self.close, 1: self.credit, 2: self.payment, 3: self.reversal, 4: self.paying.adjust,
            5: self.paying.pay, 6: self.paying.give_back,
        }  # fmt: skip
        books, utc = self.books, self.calendar.zone == "UTC"
        if events:
            # Partners named in a guarantee are owed it from the first fact on, sale or no sale.
            self._promise(events[0][1])
        for known, _, rank, _, fact in events:
            # What fell due before this fact is due first, or a refund would find it held that was long payable.
            books.release_until(known)
            books.today = known.date() if utc else self.calendar.date_of(known)
            self.context.moment, self.context.today = known, books.today
            handlers[rank](fact)
            if books.touched:
                self.guarantees.after()
        self.context.moment, self.context.today = as_of, self.date_of(as_of)
        books.release_until(as_of)

    def _promise(self, start: datetime) -> None:
        """Guarantees to partners that the default plan names, from the first fact on."""
        on = self.date_of(start)
        plan = self.schemes.default_on(on)
        if plan is not None and plan.guarantee is not None and plan.currency is not None:
            for partner_id in plan.guarantee.partners:
                scheme = self.schemes.find(partner_id, "", on, plan.currency)
                period = plan.calendar.period(plan.guarantee.every, on)
                self.guarantees.promise(partner_id, scheme, plan.guarantee, period)

    def date_of(self, moment: datetime) -> date:
        """The business date of a moment."""
        return self.calendar.date_of(moment)

    def deal(self, opportunity_id: str) -> Deal:
        """The deal of that id, known or new."""
        found = self.deals.get(opportunity_id)
        if found is None:
            found = self.deals[opportunity_id] = Deal()
        found.amount = self.context.worth(opportunity_id)
        return found

    def close(self, close: PeriodClose) -> None:
        """Statements of a period are frozen: what is known later posts to the open one."""
        self.books.close(close.period)

    # --- credits

    def credit(self, credit: Credit) -> None:
        """A sale: it earns, unless it is direct, influenced or already superseded."""
        influenced = credit.role == "influenced"
        deal = None
        if credit.opportunity_id in self.watched and not influenced:
            deal = self.deal(credit.opportunity_id)
            deal.add(credit)
        if credit.supersedes is not None:
            self._supersede(credit, credit.supersedes)
        if credit.partner_id in (DIRECT, UNATTRIBUTED) or influenced or credit.id in self.superseded:
            return
        scheme = self._scheme(credit)
        if scheme.plain and scheme.main.rules.currency == credit.amount.currency and not self._is_special(credit):
            line = earn_plainly(self.books, credit, scheme)
            self.guarantees.watch(line, scheme)
            if deal is not None:
                claim = Claim(credit, credit.partner_id, scheme, line.base, Fraction(1))
                claim.grants.append(Grant(line.base))
                claim.grants[0].lines.append(line)
                self._join(deal, [claim])
            return
        claims = self.claiming.claims(credit)
        for claim in claims:
            if claim.waits:
                self.claiming.wait(claim)
            else:
                self._granted(self.claiming.grant(claim, credit.amount.minor, credit.id, credit.at), claim)
        if deal is not None:
            self._join(deal, claims)

    def _scheme(self, credit: Credit) -> Scheme:
        if self._one is not None:
            return self._one
        scheme = self.claiming.scheme(credit, credit.partner_id, credit.at)
        if self.schemes.simple and scheme.plain:
            self._one = scheme
        return scheme

    def _is_special(self, credit: Credit) -> bool:
        return self.context.is_disputed(credit)

    def _granted(self, grant: Grant, claim: Claim) -> None:
        for line in grant.lines:
            self.guarantees.watch(line, claim.scheme)

    def _join(self, deal: Deal, claims: list[Claim]) -> None:
        """New claims of a deal: what came before them counts for them too."""
        deal.claims += claims
        for claim in claims:
            taken = 0
            for payment in deal.payments:
                self._receive(deal, claim, payment)
            for reversal in deal.reversals:
                taken += reversal.amount.minor
                self._take_back(deal, claim, reversal, taken)

    def _supersede(self, credit: Credit, earlier: str) -> None:
        """Take out what an earlier credit earned, or will keep it from earning."""
        self.superseded.add(earlier)
        self.books.unearned.pop(earlier, None)
        cause = Cause(credit.id, self.date_of(credit.at), f"superseded by {credit.id}")
        own = self.books.lines.get(earlier)
        for line in self.books.made.pop(earlier, [own] if own is not None else []):
            correct(self.books, line, cause)
        for points in self.claiming.points_of.pop(earlier, []):
            self.claiming.points.take_back(points, points.left, credit.id, cause.on)

    # --- payments and reversals of deals

    def payment(self, payment: Payment) -> None:
        """Money from a customer: it earns where the plan waits for it."""
        deal = self.deal(payment.opportunity_id)
        deal.payments.append(payment)
        for claim in deal.claims:
            self._receive(deal, claim, payment)

    def _receive(self, deal: Deal, claim: Claim, payment: Payment) -> None:
        """What a payment, with those before it, makes of a claim that waits."""
        if not claim.waits:
            return
        if payment.amount.currency != claim.credit.amount.currency:
            action = f"pay deal {payment.opportunity_id} ({payment.id}) in"
            raise CurrencyMismatch(action, claim.credit.amount.currency, payment.amount.currency)
        whole = claim.credit.amount.minor
        place = deal.payments.index(payment)
        # Cumulative: parts of payments are rounded on their running total, so they sum to the credit.
        received = deal.part(claim.credit, sum(one.amount.minor for one in deal.payments[: place + 1]))
        new = min(received, whole - claim.dropped) - claim.received
        if new > 0:
            self._granted(self.claiming.grant(claim, new, payment.id, payment.at), claim)

    def reversal(self, reversal: Reversal) -> None:
        """Revenue taken back: from every claim on the deal, and from those that are still to come."""
        deal = self.deal(reversal.opportunity_id)
        deal.reversals.append(reversal)
        taken = sum(one.amount.minor for one in deal.reversals)
        for claim in deal.claims:
            self._take_back(deal, claim, reversal, taken)

    def _take_back(self, deal: Deal, claim: Claim, reversal: Reversal, taken: int) -> None:
        """One more reversal of a claim's deal, *taken* being all of them so far."""
        deal.check(reversal, claim.credit)
        new = max(deal.part(claim.credit, taken) - claim.back, 0)
        claim.back += new
        # Nobody earned on money that never came, so there is nothing to take back for it.
        if claim.waits and reversal.kind in UNPAID:
            unpaid = min(new, max(claim.credit.amount.minor - claim.received - claim.dropped, 0))
            claim.dropped += unpaid
            new -= unpaid
        # On the clocks of the partner's own plan: its months are counted between two dates of one calendar.
        on = claim.scheme.main.date_of(reversal.at)
        # The latest payment goes first: it is the one most likely not to be paid out yet.
        for grant in reversed(claim.grants):
            part = min(new, grant.size - grant.back)
            if part > 0:
                grant.back += part
                new -= part
                self._reverse(grant, claim, Fraction(part, grant.size), reversal, on)
        claim.dropped += new if claim.waits else 0

    def _reverse(self, grant: Grant, claim: Claim, part: Fraction, reversal: Reversal, on: date) -> None:
        for line in grant.lines:
            reverse(self.books, line, part, reversal, on)
        clawback = claim.scheme.plan.clawback
        for points in grant.points if clawback is not None else ():
            share = part * clawback.share(reversal.kind, points.entry.on, on) if clawback is not None else Fraction(0)
            if share:
                self.claiming.points.take_back(points, share, reversal.id, on)
