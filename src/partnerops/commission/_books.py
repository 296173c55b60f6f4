"""The books while they are being written: accounts, lines, and the one way to post."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

from partnerops._currency import EXPONENTS
from partnerops.commission._amounts import compiled_or_none, minor_function
from partnerops.commission._plan import Attainment, CommissionPlan, PlanRef
from partnerops.commission._postings import Attained, LedgerAccount, Posting, PostingKind, Rules, Working
from partnerops.money import Money
from partnerops.periods import Frequency, Period
from partnerops.typing import PartnerId


class Cause(NamedTuple):
    """Why something is posted: the fact, its business date, and words."""

    source_id: str
    on: date
    note: str = ""

    def because(self, more: str) -> Cause:
        """The same cause, with more words."""
        return self._replace(note=f"{self.note}: {more}" if self.note else more)


class Day:
    """What a business date means under a plan; many sales share few dates, and finding out is slow."""

    __slots__ = ("buckets", "due_at", "due_on", "on", "period")

    def __init__(self, on: date, period: Period | None, due_on: date, due_at: datetime) -> None:
        self.on = on
        self.period = period
        self.due_on = due_on
        self.due_at = due_at
        self.buckets: dict[PartnerId, Bucket] = {}


class Terms:
    """One version of a plan, ready to be asked many times."""

    __slots__ = ("_buckets", "_days", "frequency", "held", "per_sale", "plan", "ref", "rules", "single", "utc", "value")

    def __init__(self, plan: CommissionPlan, currency: str) -> None:
        self.plan = plan
        self.ref: PlanRef = plan.ref
        self.rules = Rules(plan.schedule, currency, plan.rounding)
        self.value: Callable[[Attained], int] = minor_function(plan.schedule, EXPONENTS[currency], plan.rounding)
        compiled = compiled_or_none(plan.schedule)
        self.per_sale = compiled is not None and compiled.per_sale
        self.single = self.per_sale or plan.attainment is Attainment.LINE
        alone = plan.attainment in (Attainment.LINE, Attainment.LIFETIME)
        self.frequency = None if alone else Frequency(plan.attainment.value)
        self.held = plan.hold_days > 0
        self.utc = plan.calendar.zone == "UTC"
        self._days: dict[date, Day] = {}
        self._buckets: dict[Period | None, dict[PartnerId, Bucket]] = {}

    def date_of(self, moment: datetime) -> date:
        """The business date of a moment; facts keep their moments in UTC."""
        return moment.date() if self.utc else self.plan.calendar.date_of(moment)

    def day(self, on: date) -> Day:
        """What a date means: its attainment period, the sales of that period, and when a sale of it is due."""
        found = self._days.get(on)
        if found is None:
            calendar = self.plan.calendar
            period = None if self.frequency is None else calendar.period(self.frequency, on)
            due_on = on + timedelta(days=self.plan.hold_days)
            found = self._days[on] = Day(on, period, due_on, calendar.start_of(due_on))
            found.buckets = self._buckets.setdefault(period, found.buckets)
        return found


class Bucket:
    """The sales that add up: what they attained, what that is worth, and their lines in order."""

    __slots__ = ("attained", "lines", "worth")

    def __init__(self) -> None:
        self.attained: Attained = 0
        self.worth = 0
        self.lines: list[Line] = []


class Standing:
    """A partner's account in one currency: its lines to pay in order, and what it owes."""

    __slots__ = ("currency", "due", "owed", "partner_id", "queue")

    def __init__(self, partner_id: PartnerId, currency: str) -> None:
        self.partner_id = partner_id
        self.currency = currency
        self.due = 0
        self.owed = 0
        self.queue: deque[Line] = deque()


class Line:
    """One earning: what it came to, where it stands, what was taken back."""

    __slots__ = (
        "back", "base", "bucket", "day", "due", "earned", "gone", "held", "id", "on", "paid", "source_id", "standing",
        "taken", "terms",
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
        self.gone: Attained = 0
        self.base = self.back = self.taken = self.held = self.due = self.paid = 0

    @property
    def ref(self) -> PlanRef | None:
        """The plan's version; None for an entry made by hand."""
        return self.terms.ref if self.terms is not None else None

    @property
    def left(self) -> int:
        """What of it was not taken back."""
        return self.earned - self.taken


class Books:
    """Everything a settlement knows so far; it is thrown away once the ledger stands."""

    def __init__(self) -> None:
        self.postings: list[Posting] = []
        self.standings: dict[tuple[PartnerId, str], Standing] = {}
        self.lines: dict[str, Line] = {}
        self.closed: list[Period] = []
        self.today: date = date.min
        self._waiting: dict[datetime, list[Line]] = {}
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
        self.postings.append(
            Posting(
                key=f"{kind}:{source_id}:{line_id or ''}{part}",
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

    def release_until(self, moment: datetime) -> None:
        """Make due what was held until then."""
        while self._moments and self._moments[0] <= moment:
            for line in self._waiting.pop(heappop(self._moments)):
                self.release(line)

    def release(self, line: Line) -> None:
        """Make a line due."""
        terms, day, minor = line.terms, line.day, line.held
        if terms is None or day is None or not minor:
            return
        line.held = 0
        self.owe(line, minor)
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
                amount=Money.from_minor(abs(minor), line.standing.currency),
                effective_on=day.due_on,
                posted_on=self.open_day(day.due_on) if self.closed else day.due_on,
                policy=terms.ref,
            )
        )

    def accrue(self, line: Line, terms: Terms, working: Working) -> None:
        """Post what a new line earned: held until its day, or due at once."""
        minor, account = line.earned, LedgerAccount.DUE
        if terms.held and line.day is not None:
            line.held, account = minor, LedgerAccount.HELD
            self.await_release(line, line.day.due_at)
        else:
            self.owe(line, minor)
        if not minor:
            return
        self.postings.append(
            Posting(
                key=f"earned:{line.source_id}:{line.id}",
                kind=PostingKind.EARNED,
                partner_id=line.standing.partner_id,
                source_id=line.source_id,
                line_id=line.id,
                debit=LedgerAccount.EXPENSE if minor > 0 else account,
                credit=account if minor > 0 else LedgerAccount.EXPENSE,
                amount=Money.from_minor(abs(minor), line.standing.currency),
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
        if minor > 0:
            standing.queue.append(line)
