"""The books while they are being written: accounts, lines, and the one way to post."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from datetime import date, datetime
from heapq import heappop, heappush
from typing import NamedTuple

from partnerops.commission._buckets import Bucket, Day
from partnerops.commission._plan import CommissionPlan, PlanRef
from partnerops.commission._postings import Attained, LedgerAccount, Posting, PostingKind, Unearned, Working
from partnerops.commission._terms import Terms
from partnerops.commission._totals import Flow, Total
from partnerops.money import ExchangeRate, Money
from partnerops.periods import Period
from partnerops.typing import PartnerId


class Cause(NamedTuple):
    """Why something is posted: the fact, its business date, and words."""

    source_id: str
    on: date
    note: str = ""

    def because(self, more: str) -> Cause:
        """The same cause, with more words."""
        return self._replace(note=f"{self.note}: {more}" if self.note else more)


class Standing:
    """A partner's account in one currency: its lines to pay in order, and what it owes."""

    __slots__ = ("currency", "due", "owed", "partner_id", "plan", "queue")

    def __init__(self, partner_id: PartnerId, currency: str) -> None:
        self.partner_id = partner_id
        self.currency = currency
        self.due = 0
        self.owed = 0
        # The plan of the latest line: how debts are recovered, and from what amount on a payout is made.
        self.plan: CommissionPlan | None = None
        self.queue: deque[Line] = deque()


class Line:
    """One earning: what it came to, where it stands, what was taken back."""

    __slots__ = (
        "amount", "base", "bucket", "children", "day", "due", "earned", "flow", "gate", "gone", "held", "id", "on",
        "rate", "reason", "source_id", "standing", "taken", "terms", "undone", "watched",
    )  # fmt: skip

    def __init__(self, id: str, source_id: str, standing: Standing, on: date, earned: int) -> None:
        self.id = id
        self.source_id = source_id
        self.standing = standing
        self.on = on
        self.earned = earned
        self.terms: Terms | None = None
        self.day: Day | None = None
        self.bucket: Bucket | None = None
        self.flow: Flow | None = None
        self.rate: ExchangeRate | None = None
        self.gate: Gate | None = None
        self.children: list[Line] | None = None
        self.watched: Watched | None = None
        self.reason = ""
        # What was posted as earned; its release is mostly the same amount, and the same object will do.
        self.amount: Money | None = None
        self.gone: Attained = 0
        self.base = self.taken = self.held = self.due = 0
        # Reversed by hand and not yet taken back by any reversal, in the currency that the line is paid in.
        self.undone = 0

    @property
    def ref(self) -> PlanRef | None:
        """The plan's version; None for an entry made by hand."""
        return self.terms.ref if self.terms is not None else None

    @property
    def left(self) -> int:
        """What of it was not taken back, in the plan's currency."""
        return self.earned - self.taken

    def money(self, minor: int) -> int:
        """An amount of the plan's currency in the currency that the line is paid in, at the line's own rate."""
        if self.rate is None:
            return minor
        return self.rate.inverse().convert(Money.from_minor(minor, self.rate.quote)).minor


Watched = tuple[str, PartnerId, Period]
"""A period of a plan that is guaranteed to a partner."""


Gate = Callable[[Line, datetime], "tuple[str, datetime | None]"]
"""Why a line may not be released at a moment, and when to ask again; no reason lets it go."""


class Books:
    """Everything a settlement knows so far; it is thrown away once the ledger stands."""

    def __init__(self) -> None:
        self.postings: list[Posting] = []
        self.standings: dict[tuple[PartnerId, str], Standing] = {}
        self.lines: dict[str, Line] = {}
        self.made: dict[str, list[Line]] = {}
        # What modifiers add up over several sales, by what they add up under; and every total of a cap, to be shown.
        self.totals: dict[tuple[object, ...], Total] = {}
        self.withholding: list[Total] = []
        self.touched: set[Watched] = set()
        # Sales that earned nothing, by the line that they would have been.
        self.unearned: dict[str, Unearned] = {}
        self._posted: dict[str, int] = {}
        self.closed: list[Period] = []
        self.today: date = date.min
        self._waiting: dict[datetime, list[Line | Callable[[], None]]] = {}
        self._moments: list[datetime] = []

    def standing(self, partner_id: PartnerId, currency: str) -> Standing:
        """The account of a partner in a currency."""
        key = (partner_id, currency)
        found = self.standings.get(key)
        if found is None:
            found = self.standings[key] = Standing(partner_id, currency)
        return found

    # --- posting

    def post(
        self,
        kind: PostingKind,
        standing: Standing,
        minor: int,
        *,
        debit: LedgerAccount,
        credit: LedgerAccount,
        cause: Cause,
        line_id: str | None = None,
        policy: PlanRef | None = None,
        working: Working | None = None,
        part: str = "",
    ) -> None:
        """
        Append a transfer; a negative amount goes the other way, and nothing is not posted.

        *part* tells postings of one kind, cause and line apart.
        """
        if minor < 0:
            debit, credit, minor = credit, debit, -minor
        elif not minor:
            return
        source_id, on, note = cause
        key = f"{kind}:{source_id}:{line_id or ''}{part}"
        # One reversal may reach a line twice: by itself, and by moving its period; each time is a posting of its own.
        times = self._posted[key] = self._posted.get(key, 0) + 1
        self.postings.append(
            Posting(
                key=key if times == 1 else f"{key}:{times}",
                kind=kind,
                partner_id=standing.partner_id,
                source_id=source_id,
                line_id=line_id,
                debit=debit,
                credit=credit,
                amount=Money.from_minor(minor, standing.currency),
                effective_on=on,
                posted_on=self.open_day(on) if self.closed else on,
                policy=policy,
                working=working,
                note=note,
            )
        )

    def open_day(self, on: date) -> date:
        """*on* while its period is open; else today or the first open day, whichever is later."""
        if not self._closed_until(on):
            return on
        day = max(on, self.today)
        while (end := self._closed_until(day)) is not None:
            day = end
        return day

    def _closed_until(self, day: date) -> date | None:
        index = bisect_left(self.closed, day, key=lambda period: period.end)
        # Closed periods are kept apart and in order; one that ends on the day no longer holds it.
        for period in self.closed[index : index + 2]:
            if day in period:
                return period.end
        return None

    def close(self, period: Period) -> None:
        """Close a period for postings from now on."""
        # Merged where they touch, so that one look-up finds the first open day.
        spans = sorted([*self.closed, period])
        merged: list[Period] = []
        for span in spans:
            if merged and span.start <= merged[-1].end:
                merged[-1] = Period(merged[-1].start, max(merged[-1].end, span.end))
            else:
                merged.append(span)
        self.closed = merged

    # --- what becomes due

    def await_release(self, line: Line, moment: datetime) -> None:
        """Hold a line until a moment."""
        waiting = self._waiting.get(moment)
        if waiting is None:
            waiting = self._waiting[moment] = []
            heappush(self._moments, moment)
        waiting.append(line)

    def call_at(self, moment: datetime, job: Callable[[], None]) -> None:
        """Do something at a moment, among the releases of that moment in the order of asking."""
        waiting = self._waiting.get(moment)
        if waiting is None:
            waiting = self._waiting[moment] = []
            heappush(self._moments, moment)
        waiting.append(job)

    def release_until(self, moment: datetime) -> None:
        """Make due what was held until then, and do what was to be done by then."""
        while self._moments and self._moments[0] <= moment:
            now = self._moments[0]
            jobs = self._waiting[now]
            position = 0
            while position < len(jobs):  # a job may add one for the same moment
                job = jobs[position]
                position += 1
                if isinstance(job, Line):
                    self.release(job, now)
                else:
                    job()
            del self._waiting[heappop(self._moments)]

    def release(self, line: Line, now: datetime) -> None:
        """Make a line due, unless its gate is shut."""
        terms, day, minor = line.terms, line.day, line.held
        if terms is None or day is None or not minor:
            return
        if line.gate is not None:
            line.reason, again = line.gate(line, now)
            if line.reason:
                if again is not None and again > now:
                    self.await_release(line, again)
                return
        line.held = 0
        self.owe(line, minor)
        due_on = day.due_on if line.gate is None else max(day.due_on, terms.date_of(now))
        size, amount = abs(minor), line.amount
        if amount is None or amount.minor != size:
            amount = Money.from_minor(size, line.standing.currency)
        # Not through post(): every sale is released once, and a call with ten arguments is most of the time.
        self.postings.append(
            Posting(
                key=f"released:{line.source_id}:{line.id}",
                kind=PostingKind.RELEASED,
                partner_id=line.standing.partner_id,
                source_id=line.source_id,
                line_id=line.id,
                debit=LedgerAccount.HELD if minor > 0 else LedgerAccount.DUE,
                credit=LedgerAccount.DUE if minor > 0 else LedgerAccount.HELD,
                amount=amount,
                effective_on=due_on,
                posted_on=self.open_day(due_on) if self.closed else due_on,
                policy=terms.ref,
            )
        )

    def accrue(self, line: Line, terms: Terms, working: Working) -> None:
        """Post what a new line earned: held until its day, or due at once."""
        minor, account = line.money(line.earned), LedgerAccount.DUE
        line.standing.plan = terms.plan
        if line.day is not None and (terms.held or line.gate is not None):
            line.held, account = minor, LedgerAccount.HELD
            self.await_release(line, line.day.due_at)
        else:
            self.owe(line, minor)
        if not minor:
            return
        line.amount = Money.from_minor(abs(minor), line.standing.currency)
        self.postings.append(
            Posting(
                key=f"earned:{line.source_id}:{line.id}",
                kind=PostingKind.EARNED,
                partner_id=line.standing.partner_id,
                source_id=line.source_id,
                line_id=line.id,
                debit=LedgerAccount.EXPENSE if minor > 0 else account,
                credit=account if minor > 0 else LedgerAccount.EXPENSE,
                amount=line.amount,
                effective_on=line.on,
                posted_on=self.open_day(line.on) if self.closed else line.on,
                policy=terms.ref,
                working=working,
            )
        )

    def owe(self, line: Line, minor: int) -> None:
        """Add to what is due for a line."""
        line.due += minor
        standing = line.standing
        standing.due += minor
        # Only what is owed to the partner queues to be paid; what it owes lowers the sum.
        if minor > 0:
            standing.queue.append(line)
