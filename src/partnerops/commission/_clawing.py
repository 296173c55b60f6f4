"""Taking commission back: from which line, how much, and from which account."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from partnerops._currency import EXPONENTS
from partnerops.commission._amounts import compiled_or_none
from partnerops.commission._bearing import TIER, Shares, bear, bucket_of, lower, others, settled, whole
from partnerops.commission._books import Books, Cause, Line
from partnerops.commission._buckets import Bucket
from partnerops.commission._clawback import RecoveryMode, TierEffect
from partnerops.commission._compiled import CompiledSchedule
from partnerops.commission._flow import release
from partnerops.commission._postings import Attained, LedgerAccount, PostingKind
from partnerops.commission._terms import Terms
from partnerops.entities import Reversal
from partnerops.money import Money, round_quotient


def reverse(books: Books, line: Line, part: Fraction, reversal: Reversal, on: date) -> None:
    """
    Take back what a reversal of a *part* of what a line was earned for calls for.

    The line bears up to its own target; what its period loses beyond that falls on the period's other lines, the latest
    first.
    """
    terms = line.terms
    # Entries by hand follow no plan, and a credit note is a reversal already: neither has anything to take back.
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
    # Other sales' reversals may have moved this line down before, and what they took counts.
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
    # A partner that sees its rate kept should read why, or it will ask when it goes.
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
        # Cumulative as for the line itself: several refunds round once together.
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
        return settled(line, total, others(line, total - min(total, line.left), TIER) if line.earned >= 0 else [])
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
    # A correction takes what is still held first, as a clawback does; the rest lowers what is due.
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
