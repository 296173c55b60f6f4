"""Periods made up to a minimum: guarantees, and draws that later commission pays back."""

from __future__ import annotations

from datetime import date

from partnerops.commission._amounts import as_fraction
from partnerops.commission._books import Books, Cause, Line, Watched
from partnerops.commission._parts import Guarantee
from partnerops.commission._postings import LedgerAccount, PostingKind
from partnerops.commission._schemes import Scheme
from partnerops.money import round_quotient
from partnerops.periods import Period
from partnerops.typing import PartnerId


class Promise:
    """A plan's guarantee to one partner, period by period."""

    __slots__ = ("count", "guarantee", "least", "open", "partner_id", "scheme", "spared", "topped")

    def __init__(self, partner_id: PartnerId, scheme: Scheme, guarantee: Guarantee) -> None:
        self.partner_id = partner_id
        self.scheme = scheme
        self.guarantee = guarantee
        exact = as_fraction(guarantee.amount) * scheme.main.unit
        self.least = round_quotient(exact.numerator, exact.denominator)
        # Drawn and not paid back so far; what each ended period was made up by; postings made.
        self.open = self.count = 0
        self.topped: dict[Period, int] = {}
        # What of a period's draw turned out too much after it had been paid back.
        self.spared: dict[Period, int] = {}

    def recoverable(self, over: int) -> int:
        """What of an excess over the guarantee pays a draw back: the smallest of what is open and both limits."""
        guarantee = self.guarantee
        # Cut off like the limits of a payout: the plan names the most that a month may lose.
        limits = [self.open, int(over * guarantee.recover_share)]
        if guarantee.recover_amount is not None:
            limits.append(int(as_fraction(guarantee.recover_amount) * self.scheme.main.unit))
        return min(limits)


class Guarantees:
    """The part of a settlement that makes periods up to a minimum when they end."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._promises: dict[tuple[str, PartnerId], Promise] = {}
        self._lines: dict[Watched, list[Line]] = {}

    def watch(self, line: Line, scheme: Scheme) -> None:
        """A new line counts towards its period, and starts the promise to its partner."""
        guarantee = scheme.plan.guarantee
        if guarantee is None:
            return
        partner_id = line.standing.partner_id
        period = scheme.plan.calendar.period(guarantee.every, line.on)
        line.watched = (scheme.plan.id, partner_id, period)
        self._lines.setdefault(line.watched, []).append(line)
        self.books.touched.add(line.watched)
        self.promise(partner_id, scheme, guarantee, period)

    def promise(self, partner_id: PartnerId, scheme: Scheme, guarantee: Guarantee, period: Period) -> None:
        """Make a promise from a period on, unless there is one."""
        key = (scheme.plan.id, partner_id)
        if key not in self._promises:
            self._promises[key] = Promise(partner_id, scheme, guarantee)
            self._await(self._promises[key], period)

    def after(self) -> None:
        """Correct what an ended period was made up by, after a fact that came later."""
        # Sorted, since a set has no order to rely on and the ledger must.
        for plan_id, partner_id, period in sorted(self.books.touched):
            promise = self._promises[plan_id, partner_id]
            if period in promise.topped:
                self._top_up(promise, period, self.books.today, f"{period} recounted")
        self.books.touched.clear()

    def _await(self, promise: Promise, period: Period) -> None:
        def end() -> None:
            self._end(promise, period)
            self._await(promise, period.next())

        self.books.call_at(promise.scheme.plan.calendar.start_of(period.end), end)

    def _end(self, promise: Promise, period: Period) -> None:
        """Make a period up, or let it pay a draw back; then forgive what is to be forgiven."""
        # Topped up before it pays back: a period below the minimum has no excess to pay from.
        promise.topped[period] = 0
        self._top_up(promise, period, period.end, f"{period} ended")
        over = self._net(promise, period) - promise.least
        if over > 0 and promise.open > 0:
            part = promise.recoverable(over)
            promise.open -= part
            self._post(PostingKind.REPAID, promise, part, period.end, f"draw paid back out of {period}")
        every = promise.guarantee.forgive_every
        calendar = promise.scheme.plan.calendar
        if every is not None and promise.open and calendar.period(every, period.last).end == period.end:
            self._post(PostingKind.FORGIVEN, promise, promise.open, period.end, f"draws up to {period} forgiven")
            promise.open = 0

    def _net(self, promise: Promise, period: Period) -> int:
        lines = self._lines.get((promise.scheme.plan.id, promise.partner_id, period), [])
        return sum(line.left for line in lines)

    def _top_up(self, promise: Promise, period: Period, on: date, why: str) -> None:
        """Make a period up to the minimum, by what is missing now less what it was made up by before."""
        missing = max(promise.least - self._net(promise, period), 0)
        change, promise.topped[period] = missing - promise.topped[period], missing
        note = f"{why}: made up to {promise.guarantee.amount:,f}"
        if promise.guarantee.recoverable:
            # A draw that was paid back already cannot be taken back once more, nor is it given once more.
            change -= promise.spared.pop(period, 0)
            if change < -promise.open:
                promise.spared[period] = -promise.open - change
                change = -promise.open
            promise.open += change
            self._post(PostingKind.DRAWN, promise, change, on, note)
        else:
            self._post(PostingKind.GUARANTEED, promise, change, on, note)

    def _post(self, kind: PostingKind, promise: Promise, minor: int, on: date, note: str) -> None:
        debit, credit = _ACCOUNTS[kind]
        standing = self.books.standing(promise.partner_id, promise.scheme.main.rules.currency)
        plan, promise.count = promise.scheme.plan, promise.count + 1
        if debit is LedgerAccount.DUE or credit is LedgerAccount.DUE:
            owed = minor if credit is LedgerAccount.DUE else -minor
            self.books.owe(Line(f"{kind}:{promise.count}", plan.id, standing, on, owed), owed)
        self.books.post(
            kind,
            standing,
            minor,
            debit=debit,
            credit=credit,
            cause=Cause(plan.id, on, note),
            policy=promise.scheme.main.ref,
            part=f"{promise.partner_id}:{promise.count}",
        )


_ACCOUNTS = {
    PostingKind.GUARANTEED: (LedgerAccount.EXPENSE, LedgerAccount.DUE),
    PostingKind.DRAWN: (LedgerAccount.DRAW, LedgerAccount.DUE),
    PostingKind.REPAID: (LedgerAccount.DUE, LedgerAccount.DRAW),
    PostingKind.FORGIVEN: (LedgerAccount.EXPENSE, LedgerAccount.DRAW),
}
