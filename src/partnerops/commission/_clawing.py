"""Taking commission back: from which line, how much, and from which account."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import chain
from math import ceil, floor
from typing import Final, cast

from partnerops._currency import EXPONENTS
from partnerops.commission._amounts import compiled_or_none, step
from partnerops.commission._books import Books, Cause, Line
from partnerops.commission._buckets import Bucket
from partnerops.commission._clawback import RecoveryMode, TierEffect
from partnerops.commission._compiled import CompiledSchedule
from partnerops.commission._flow import Moves, booked, leave, release
from partnerops.commission._postings import Attained, LedgerAccount, PostingKind
from partnerops.commission._terms import Terms
from partnerops.commission._totals import Flow
from partnerops.entities import Reversal
from partnerops.money import Money, round_quotient


def whole(number: Attained) -> Attained:
    """An int where that is exact: the quick way through the schedule."""
    return number.numerator if number.denominator == 1 else number


def bucket_of(line: Line, terms: Terms) -> Bucket:
    """The sales that a line adds up with; itself alone where each stands alone."""
    if line.bucket is None:
        line.bucket = Bucket(terms.value, terms.rules)
        line.bucket.attained, line.bucket.worth = line.base, terms.value(line.base)
        line.bucket.lines.append(line)
    return line.bucket


def lower(line: Line, terms: Terms, by: Attained) -> int:
    """Take so much of a line's sale from its period; what the period is then worth less, in minor units."""
    bucket = bucket_of(line, terms)
    if terms.per_sale:
        # Its attainment stays, so that a later payment of the sale does not begin a sale anew.
        bucket.gone = whole(bucket.gone + by)
        change = bucket.worth - bucket.kept(bucket.attained)
        bucket.worth -= change
        return change
    after = whole(bucket.attained - by)
    change = -step(bucket.rules.schedule, bucket.value, bucket.attained, after)
    bucket.worth -= change
    terms.move(bucket, after)
    return change


def lower_exactly(line: Line, flow: Flow, by: Attained, remaining: Attained) -> tuple[Moves, set[Line]]:
    """
    The same through modifiers: the fall of the schedule goes to the line first, then to the latest others.

    *remaining* is what was left of the sale before. What each line then stands for more or less, and which of them the
    schedule moved.
    """
    terms, bucket = cast("Terms", line.terms), cast("Bucket", line.bucket)
    part, moves, fallen = Fraction(by) / remaining, Moves(), set[Line]()
    before = terms.exact(bucket, bucket.attained)
    if terms.per_sale:
        bucket.gone = whole(bucket.gone + by)
    else:
        terms.move(bucket, whole(bucket.attained - by))
    fall = before - terms.exact(bucket, bucket.attained)
    flow.passage.amount -= by * flow.share
    # What the period loses is counted whole: a line that is paid a half of its sale gives back a half of what it bears.
    own = flow.own / flow.share * part
    # What went back at the rate booked is out of the totals already.
    leave(line, (own - flow.freed / flow.share * part) * flow.share, part, moves)
    rest = fall - own
    for other in reversed(bucket.lines):
        if rest <= 0:
            break
        if other is not line and other.flow is not None and other.flow.own > 0:
            piece = min(rest, other.flow.own / other.flow.share)
            rest -= piece
            leave(other, piece * other.flow.share, Fraction(0), moves)
            fallen.add(other)
    for other in bucket.lines if rest < 0 else ():
        if other is not line and other.flow is not None:
            # Rates that fall as sales add up: the earliest sale moves to where this one was.
            room = terms.exact(bucket, other.base - other.gone) - other.flow.own / other.flow.share
            piece = min(-rest, max(room, Fraction(0)))
            rest += piece
            leave(other, -piece * other.flow.share, Fraction(0), moves)
    if rest:
        # A sale by itself has no others: what its rate loses beyond the part that goes is its own loss.
        leave(line, min(rest * flow.share, max(flow.own, Fraction(0))), Fraction(0), moves)
    return moves, fallen


def reverse(books: Books, line: Line, part: Fraction, reversal: Reversal, on: date) -> None:
    """
    Take back what a reversal of a *part* of what a line was earned for calls for.

    The line bears up to its own target; what its period loses beyond that falls on the period's other lines, the latest
    first.
    """
    terms = line.terms
    if terms is None or terms.plan.clawback is None or part <= 0 or line.base <= 0:
        return
    clawback = terms.plan.clawback
    gone = line.base * part * clawback.share(reversal.kind, line.on, on)
    if not gone:
        return
    remaining = line.base - line.gone
    # The target is cumulative, so that several reversals round once together.
    line.gone = whole(line.gone + gone)
    exact = line.earned * Fraction(line.gone) / line.base
    target = min(line.earned, round_quotient(exact.numerator, exact.denominator, terms.plan.rounding))
    own = max(target - line.taken, 0)
    cause = Cause(reversal.id, on, f"{reversal.kind.replace('_', ' ')} {reversal.id} of {reversal.amount:,}")
    if clawback.tier_effect is TierEffect.BOOKED_RATE and not terms.per_sale:
        if line.flow is not None:
            line.flow.passage.amount -= gone * line.flow.share
            release(line, Fraction(gone) / remaining)
        take(books, line, own, cause.because("at the rate booked"))
        return
    bucket = bucket_of(line, terms)
    before, top = bucket.attained, bucket.top
    shares = bear(line, terms, gone, remaining, own)
    if fallen := cliff(bucket, before, top):
        cause = cause.because(fallen)
    for other, minor, why in shares:
        take(books, other, minor, cause.because(why) if why else cause)


def cliff(bucket: Bucket, before: Attained, top: int) -> str:
    """
    What to say where the attainment fell below a threshold whose rate reached back; empty where it did not.

    *top* is the highest such threshold that held before, by grace or by itself.
    """
    plan = compiled_or_none(bucket.own.schedule)
    if plan is None or not plan.retroactive:
        return ""
    unit = 10 ** EXPONENTS[bucket.own.currency]
    high, low = (plan.tier(max(Fraction(attained) / unit, Fraction(0))) for attained in (before, bucket.attained))
    if low < bucket.top:
        return f"the period stays within the grace below {_threshold(bucket, plan, bucket.top)}, so its rate is kept"
    fallen = [index for index in plan.retroactive if low < index <= max(high, top)]
    if not fallen:
        return ""
    return f"the period falls to {_threshold(bucket, plan, fallen[0])} or below, so a lower rate holds for all of it"


def _threshold(bucket: Bucket, plan: CompiledSchedule, index: int) -> str:
    """A threshold as an amount."""
    currency = bucket.own.currency
    start = Fraction(plan.starts[index] * 10 ** EXPONENTS[currency], plan.scale)
    return f"{Money.from_minor(round_quotient(start.numerator, start.denominator), currency):,}"


_TIER: Final = "moved this sale down a tier"
_CAP: Final = "shares a cap with this sale"
_SALE: Final = "this payment earned it for the whole sale"
_CENT: Final = "evens out the rounding of its period"

Shares = list[tuple[Line, int, str]]
"""Which lines bear a loss, how much of it, and why where it is not their own sale that went."""


def bear(line: Line, terms: Terms, by: Attained, remaining: Attained, own: int) -> Shares:
    """
    Take so much of a line's sale from its period, and share out what the period then loses, in minor units.

    The line bears up to *own*, then other lines what is not theirs any more, and then the line the rest: the period as
    a whole gives back its fall, to the cent.
    """
    flow = line.flow
    if flow is None:
        total = lower(line, terms, by)
        found = others(line, total - min(own, total), _SALE if terms.per_sale else _TIER)
    else:
        moves, fallen = lower_exactly(line, flow, by, remaining)
        total = booked(moves, bucket_of(line, terms))
        found = beyond(line, total - min(own, total), moves, fallen)
    return settled(line, total, found)


def settled(line: Line, total: int, found: Shares) -> Shares:
    """A loss with the shares that others bear of it, made whole by the line and then by whoever has a cent left."""
    rest = total - sum(minor for _, minor, _ in found)
    # A negative line gives back a negative amount, which no bound of zero may stop.
    mine = min(rest, line.left) if line.earned >= 0 else rest
    shares = [(line, mine, ""), *found]
    rest -= mine
    if line.flow is None or rest <= 0:
        return shares
    bearing = {other for other, _, _ in found}
    for other in reachable(line):
        part = min(rest, other.left) if other not in bearing else 0
        if part > 0:
            shares.append((other, part, _CENT))
            rest -= part
    # What nobody has left stays counted, so that the period's next reversal asks for it again.
    if line.bucket is not None:
        line.bucket.total += rest
    return shares


def reachable(line: Line) -> Iterator[Line]:
    """The lines near a line, then those near them, and so on: a cap may link two lines by way of a third."""
    seen, waiting = {line}, deque([line])
    while waiting:
        for other in near(waiting.popleft()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
                yield other


def near(line: Line) -> Iterator[Line]:
    """The other lines of a line's period, then those that share a total of a modifier with it; the latest first."""
    seen = {line}
    lines = [line.bucket.lines if line.bucket else []]
    if line.flow is not None:
        lines += [[stake.line for stake in total.stakes] for total, _ in line.flow.way]
    for other in chain.from_iterable(map(reversed, lines)):
        if other not in seen:
            seen.add(other)
            yield other


def others(line: Line, rest: int, why: str) -> Shares:
    """What *rest* comes to on the other lines of a line's period, the latest first, never more than is left."""
    found: Shares = []
    # Lines are rounded on the running total, so any two of them may differ by one; no tier has to move for that.
    why = _CENT if rest == 1 and why == _TIER else why
    for other in reversed(line.bucket.lines) if line.bucket else ():
        part = min(rest, other.left)
        if part > 0 and other is not line:
            found.append((other, part, why))
            rest -= part
    return found


def beyond(line: Line, rest: int, moves: Moves, fallen: set[Line]) -> Shares:
    """
    What *rest* comes to on the lines that now have more than they stand for.

    Where a cap let one line keep what another was refused, the reversal of the second takes it from the first.
    """
    found: dict[Line, tuple[int, str]] = {}
    # First who has a whole cent too many, or one line would lose by rounding what another keeps without a reason.
    for most in (floor, ceil) if rest > 0 else ():
        # Those that moved come first: one may share nothing with this line but a line between them.
        for other in chain(moves, near(line)):
            if rest <= 0:
                break
            if other is line or other in found or other.flow is None or other.terms is None:
                continue
            extra = other.left - other.flow.out * other.terms.unit
            part = min(rest, other.left, most(extra))
            if part > 0:
                tier = _SALE if other.terms.per_sale else _TIER
                found[other] = (part, tier if other in fallen else _CAP if extra >= 1 else _CENT)
                rest -= part
    return [(other, part, why) for other, (part, why) in found.items()]


def take(books: Books, line: Line, minor: int, cause: Cause) -> None:
    """
    Take an amount of the plan's currency back from a line: what was not paid is cancelled, what was paid is owed.

    What partners above earned as a share of its commission goes with it.
    """
    if minor <= 0:
        return
    before = line.money(line.left)
    line.taken += minor
    if line.watched is not None:
        books.touched.add(line.watched)
    rest = before - line.money(line.left)
    # What was reversed by hand is back already; taking it again would take it twice.
    by_hand = min(rest, line.undone)
    line.undone -= by_hand
    rest -= by_hand
    for account, part in _unpaid(line, rest):
        rest -= part
        books.post(
            PostingKind.CANCELLED,
            line.standing,
            part,
            debit=account,
            credit=LedgerAccount.EXPENSE,
            cause=cause.because("not paid yet, so cancelled"),
            line_id=line.id,
            policy=line.ref,
            part=f":{account}",
        )
    if rest:
        _claw(books, line, rest, cause)
    for child in line.children or ():
        target = round_quotient(child.earned * line.taken, line.earned)
        take(books, child, min(target, child.earned) - child.taken, cause.because(f"follows {line.id}"))


def _unpaid(line: Line, minor: int) -> list[tuple[LedgerAccount, int]]:
    """Take up to an amount from what a line has not been paid; how much of it from which account."""
    # What is still held goes first: it is the furthest from the partner's hands.
    held = min(minor, max(line.held, 0))
    due = min(minor - held, max(line.due, 0))
    line.held -= held
    line.due -= due
    line.standing.due -= due
    return [(account, part) for account, part in ((LedgerAccount.HELD, held), (LedgerAccount.DUE, due)) if part]


def _claw(books: Books, line: Line, minor: int, cause: Cause) -> None:
    """What was paid becomes a debt of the partner, or is forgiven at once where the plan says so."""
    books.post(
        PostingKind.CLAWED_BACK,
        line.standing,
        minor,
        debit=LedgerAccount.CLAWBACK,
        credit=LedgerAccount.EXPENSE,
        cause=cause.because("already paid, so recoverable"),
        line_id=line.id,
        policy=line.ref,
    )
    clawback = line.terms.plan.clawback if line.terms else None
    if clawback is None or clawback.recovery.mode is not RecoveryMode.WRITE_OFF:
        line.standing.owed += minor
        return
    books.post(
        PostingKind.WRITTEN_OFF,
        line.standing,
        minor,
        debit=LedgerAccount.EXPENSE,
        credit=LedgerAccount.CLAWBACK,
        cause=cause.because("the plan does not recover what was paid"),
        line_id=line.id,
        policy=line.ref,
    )


def correct(books: Books, line: Line, cause: Cause) -> None:
    """Take out all that a superseded credit still earns: from what is unpaid, and the rest from what is due next."""
    terms = line.terms
    if terms is None or not line.base:
        return
    for other, part, why in _corrected(line, terms):
        _drop(books, other, part, cause.because(f"which {why}") if why else cause)


def _corrected(line: Line, terms: Terms) -> Shares:
    """What a line and its period lose with its sale, and who bears it."""
    at_booked = terms.plan.clawback is not None and terms.plan.clawback.tier_effect is TierEffect.BOOKED_RATE
    if terms.per_sale and line.flow is None:
        return [(line, line.left, "")]
    if at_booked and line.flow is None:
        # Reversals left the attainment as it was booked, so the whole sale is still in it.
        total = lower(line, terms, line.base) - line.taken
        return settled(line, total, others(line, total - min(total, line.left), _TIER) if line.earned >= 0 else [])
    remaining = line.base if at_booked else whole(line.base - line.gone)
    return bear(line, terms, remaining, remaining, line.left) if remaining else []


def _drop(books: Books, line: Line, minor: int, cause: Cause) -> None:
    before = line.money(line.left)
    line.earned -= minor
    if line.watched is not None:
        books.touched.add(line.watched)
    minor = before - line.money(line.left)
    by_hand = min(max(minor, 0), line.undone)
    line.undone -= by_hand
    minor -= by_hand
    held = min(minor, line.held) if minor > 0 else 0
    line.held -= held
    books.owe(line, held - minor)
    for account, part in ((LedgerAccount.HELD, held), (LedgerAccount.DUE, minor - held)):
        books.post(
            PostingKind.CORRECTED,
            line.standing,
            part,
            debit=account,
            credit=LedgerAccount.EXPENSE,
            cause=cause,
            line_id=line.id,
            policy=line.ref,
            part=f":{account}",
        )
