"""Taking commission back: from which line, how much, and from which account."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import cast

from partnerops._currency import EXPONENTS
from partnerops.commission._amounts import compiled_or_none, step
from partnerops.commission._books import Books, Cause, Flow, Line
from partnerops.commission._clawback import RecoveryMode, TierEffect
from partnerops.commission._compiled import CompiledSchedule
from partnerops.commission._flow import push, whole_minor
from partnerops.commission._postings import Attained, LedgerAccount, PostingKind
from partnerops.commission._terms import Bucket, Terms
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


def lower(books: Books, line: Line, terms: Terms, by: Attained, remaining: Attained) -> int:
    """
    Take so much of a line's sale from its period; what the period is then worth less, in minor units.

    *remaining* is what was left of the sale before.
    """
    bucket, flow = bucket_of(line, terms), line.flow
    if flow is not None:
        return _lower_exactly(books, line, flow, by, remaining)
    after = whole(bucket.attained - by)
    change = -step(bucket.rules.schedule, bucket.value, bucket.attained, after)
    bucket.worth -= change
    terms.move(bucket, after)
    return change


def _lower_exactly(books: Books, line: Line, flow: Flow, by: Attained, remaining: Attained) -> int:
    """The same through modifiers: the fall of the schedule goes to the line first, then to the latest others."""
    terms, bucket = cast("Terms", line.terms), cast("Bucket", line.bucket)
    # What the period loses is counted whole: a line that is paid a half of its sale gives back a half of what it bears.
    own = fall = flow.own / flow.share * Fraction(by) / remaining
    if not terms.per_sale:
        after = whole(bucket.attained - by)
        fall = terms.exact(bucket, bucket.attained) - terms.exact(bucket, after)
        terms.move(bucket, after)
    flow.passage.amount -= by * flow.share
    own = min(own, fall)
    change, _ = push(books, line, terms, -own * flow.share)
    rest = fall - own
    for other in reversed(bucket.lines):
        if other is not line and other.flow is not None and rest > 0 and other.flow.own > 0:
            part = min(rest, other.flow.own / other.flow.share)
            rest -= part
            change += push(books, other, terms, -part * other.flow.share)[0]
    if rest > 0:
        # A sale by itself has no others: what its rate loses beyond the part that goes is its own loss.
        change += push(books, line, terms, -min(rest * flow.share, max(flow.own, Fraction(0))))[0]
    bucket.exact += change
    before, bucket.total = bucket.total, whole_minor(bucket.exact, terms)
    return before - bucket.total


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
    if clawback.tier_effect is TierEffect.BOOKED_RATE or (terms.per_sale and line.flow is None):
        free(line, own, terms)
        take(books, line, own, cause.because("at the rate booked"))
        return
    bucket = bucket_of(line, terms)
    before, top = bucket.attained, bucket.top
    was = line.flow.own if line.flow is not None else Fraction(0)
    total = lower(books, line, terms, gone, remaining)
    if line.flow is not None and was > 0:
        # The rate of the sale itself fell, and that is no matter of the sales that share a cap with it.
        excess = max((was - line.flow.own) / was - Fraction(gone) / remaining, Fraction(0))
        own = min(own + int(line.left * excess), line.left)
    if fallen := cliff(bucket, before, top):
        cause = cause.because(fallen)
    moved = others(line, total - min(own, total))
    # What the other lines cannot bear stays with this one: the period as a whole gives back its fall, to the cent.
    rest = total - sum(minor for _, minor, _ in moved)
    take(books, line, min(rest, line.left), cause)
    for other, minor, why in moved:
        take(books, other, minor, cause.because(why))


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


def free(line: Line, minor: int, terms: Terms) -> None:
    """Give back to running caps what a line used of them: what a cap has let through is net of what was taken back."""
    if line.flow is None or line.left <= 0:
        return
    for group, sent in line.flow.sent.items():
        used = min(Fraction(minor, terms.unit), group.out)
        # What was withheld from others waits for their next sale, so no line changes now; what was withheld from this
        # one goes with it.
        back = max(used, sent * Fraction(minor, line.left))
        group.total -= back
        group.out -= used
        line.flow.sent[group] = sent - back


def others(line: Line, rest: int) -> list[tuple[Line, int, str]]:
    """
    What *rest* comes to on the other lines of a line's period, the latest first, never more than is left; and why.

    Then on the lines that share a cap with it: where a cap let one line keep what another was refused, the reversal of
    the second takes it from the first.
    """
    found: list[tuple[Line, int, str]] = []
    sharing = [group.lines for group in line.flow.sent] if line.flow else []
    for lines, why in ((line.bucket.lines if line.bucket else [], _TIER), *((lines, _CAP) for lines in sharing)):
        for other in reversed(lines):
            if rest <= 0:
                return found
            part = min(rest, other.left)
            if part > 0 and other is not line and all(other is not one for one, _, _ in found):
                found.append((other, part, why))
                rest -= part
    return found


_TIER, _CAP = "moved this sale down a tier", "shares a cap with this sale"


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
    if terms.per_sale and line.flow is None:
        total = line.left
    elif terms.plan.clawback is not None and terms.plan.clawback.tier_effect is TierEffect.BOOKED_RATE:
        # Reversals left the attainment as it was booked, so the whole sale is still in it.
        total = lower(books, line, terms, line.base, line.base) - line.taken
    else:
        remaining = whole(line.base - line.gone)
        total = lower(books, line, terms, remaining, remaining) if remaining else 0
    # A negative line gives back a negative amount, which no bound of zero may stop.
    own = min(total, line.left) if line.earned >= 0 else total
    _drop(books, line, own, cause)
    for other, part, why in others(line, total - own):
        _drop(books, other, part, cause.because(f"which {why}"))


def _drop(books: Books, line: Line, minor: int, cause: Cause) -> None:
    before = line.money(line.left)
    line.earned -= minor
    if line.watched is not None:
        books.touched.add(line.watched)
    minor = before - line.money(line.left)
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
