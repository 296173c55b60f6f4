"""Commission through a plan's modifiers, as differences of cumulative functions."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from typing import Final, cast

from partnerops.commission._amounts import exact_answer, name_of
from partnerops.commission._books import Books, Line
from partnerops.commission._buckets import Bucket
from partnerops.commission._postings import ModifierStep
from partnerops.commission._sales import Sale
from partnerops.commission._terms import Terms
from partnerops.commission._totals import Flow, Stake, Total
from partnerops.commission.modifiers import Modifier
from partnerops.exceptions import PolicyBrokeContract
from partnerops.money import Money, round_quotient
from partnerops.periods import Frequency, Period

_PERIODS: Final = {member.value: member for member in Frequency}

Moves = dict[Line, Fraction]
"""By how much what a line stands for changed, in currency units."""


def enter(books: Books, line: Line, terms: Terms, rise: Fraction) -> list[ModifierStep]:
    """
    Send what a schedule gives a new line, in currency units, through the modifiers.

    Which of them changed it; what comes out at the other end is the line's `flow.out`.
    """
    flow, steps, change = cast("Flow", line.flow), list[ModifierStep](), rise
    sale = _seen(flow, terms)
    # The schedule's part is kept apart: a reversal has to give back a share of it, not of what caps left.
    flow.own = rise
    for index, modifier in enumerate(terms.modifiers):
        scope = modifier.scope(sale)
        if scope is None:
            continue
        total, stake = _total(books, flow, terms, index, scope), Stake(line)
        total.stakes.append(stake)
        flow.way.append((total, stake))
        # What one modifier lets through is what the next one sees: the order that the plan declares.
        before, change = change, _pour(total, stake, change, sale)
        if total.freed:
            change = _from_freed(total, stake, change)
        stake.out = change
        if change != before:
            steps.append(ModifierStep(terms.names[index], _money(before, terms), _money(change, terms)))
    flow.out = change
    return steps


def leave(line: Line, by: Fraction, part: Fraction, moves: Moves) -> None:
    """
    Take *by*, in currency units, from what the schedule gives a line: *part* of what is left of its sale, or of none.

    What other lines gain or lose where they share a total with it, such as a cap that it frees, is theirs.
    """
    flow = cast("Flow", line.flow)
    flow.own -= by
    _carry(line, 0, -by, part, moves)


def _carry(line: Line, start: int, change: Fraction, part: Fraction, moves: Moves) -> None:
    """Send a change on through a line's way, from a position on."""
    flow, terms = cast("Flow", line.flow), cast("Terms", line.terms)
    sale = _seen(flow, terms)
    for total, stake in flow.way[start:]:
        back = change * stake.sent < 0 or (not stake.sent and bool(part))
        # What is taken back goes with the share of what had come through; what is added is the line's own.
        gone = -change / stake.sent if stake.sent else part
        had = stake.out
        rise = _pour(total, stake, change, sale)
        if back and len(total.stakes) > 1:
            rise -= _spread(total, stake, rise + had * gone, moves)
        stake.out += rise
        change = rise
    flow.out += change
    moves[line] = moves.get(line, Fraction(0)) + change


def _pour(total: Total, stake: Stake, change: Fraction, sale: Sale) -> Fraction:
    """Add a line's change to a total; how far that moves what comes out of it."""
    # Adding to nothing is the first of two additions for most sales, and an addition of fractions is slow.
    total.total = total.total + change if total.total else change
    stake.sent = stake.sent + change if stake.sent else change
    out = exact_answer(total.modifier, total.modifier.modified(total.total, sale))
    rise, total.out = out - total.out if total.out else out, out
    return rise


def _from_freed(total: Total, stake: Stake, rise: Fraction) -> Fraction:
    """What of a rise is a new line's own where reversals at the rate booked left room: at most what the line sent."""
    alone = rise - total.freed
    change = alone + max(min(total.freed, stake.sent - alone), Fraction(0))
    # The rest is what the cap withheld from others: it waits for a sale that is large enough.
    total.freed = rise - change
    total.out -= total.freed
    return change


def _spread(total: Total, stake: Stake, rest: Fraction, moves: Moves) -> Fraction:
    """
    Give the other lines of a total what one line's leaving means for them; how much of *rest* they took.

    What a cap withheld comes forward for the earliest sale that it was withheld from, as if the one that leaves had
    never been; what is lost falls on the latest.
    """
    left = rest
    for other in total.stakes if rest > 0 else reversed(total.stakes):
        if not left:
            break
        # A line stands between nothing and what it sent in; beyond that a change is not its own.
        room = (max(other.sent, Fraction(0)) if rest > 0 else min(other.sent, Fraction(0))) - other.out
        if other is stake or not room or (room > 0) != (rest > 0):
            continue
        part = min(room, left, key=abs)
        other.out += part
        left -= part
        way = cast("Flow", other.line.flow).way
        position = next(index for index, (passed, _) in enumerate(way) if passed is total)
        _carry(other.line, position + 1, part, Fraction(0), moves)
    return rest - left


def release(line: Line, part: Fraction) -> None:
    """
    Take a part of a line out of every total that it is in, at what it came to there, and change no other line.

    What a cap has let through is net of what was taken back; the room that this leaves is for later sales.
    """
    flow, terms = cast("Flow", line.flow), cast("Terms", line.terms)
    sale = _seen(flow, terms)
    flow.freed += (flow.own - flow.freed) * part
    flow.out -= flow.out * part
    for total, stake in flow.way:
        total.total -= stake.sent * part
        total.out -= stake.out * part
        stake.sent -= stake.sent * part
        stake.out -= stake.out * part
        total.freed = exact_answer(total.modifier, total.modifier.modified(total.total, sale)) - total.out


def booked(moves: Moves, own: Bucket) -> int:
    """
    Count changes in the buckets of their lines, rounded on their running totals; what these lose together.

    In minor units. What comes forward in other buckets is never more than what *own* and the others lose.
    """
    changed: dict[Bucket, Terms] = {}
    for line, change in moves.items():
        bucket = cast("Bucket", line.bucket)
        bucket.exact += change
        changed[bucket] = cast("Terms", line.terms)
    falls = {bucket: bucket.total - whole_minor(bucket.exact, terms) for bucket, terms in changed.items()}
    lost = sum(fall for bucket, fall in falls.items() if fall > 0 or bucket is own)
    for bucket, fall in falls.items():
        # A cent that cannot be posted now stays on its bucket, and goes with the next change there.
        counted = fall if fall > 0 or bucket is own else max(fall, -max(lost, 0))
        lost += counted if counted < 0 and bucket is not own else 0
        bucket.total -= counted
    return lost


def _seen(flow: Flow, terms: Terms) -> Sale:
    """The sale as the modifiers see it now: payments made it larger, reversals smaller."""
    if flow.passage.amount == flow.sale.amount.minor:
        return flow.sale
    amount = _money(Fraction(flow.passage.amount) / terms.unit, terms)
    return flow.sale if flow.sale.amount == amount else flow.sale.replace(amount=amount)


def whole_minor(exact: Fraction, terms: Terms) -> int:
    """An exact amount in currency units as minor units, rounded as the plan says."""
    return round_quotient(exact.numerator * terms.unit, exact.denominator, terms.rules.rounding)


def _money(exact: Fraction, terms: Terms) -> Money:
    return Money.from_minor(whole_minor(exact, terms), terms.rules.currency)


def _total(books: Books, flow: Flow, terms: Terms, index: int, scope: Hashable) -> Total:
    """The running total of a scope: of the sale, or of a partner."""
    if scope != "sale":
        return _shared(books, flow.sale, terms, index, scope)
    modifier = terms.modifiers[index]
    # A deal of two products under two rates is one sale, and has one cap.
    totals = flow.whole if getattr(modifier, "whole_sale", False) else flow.passage.totals
    found = totals.get(index)
    # A later payment may fall under another version of the plan, whose cap is another.
    if found is None or found.modifier != modifier:
        found = totals[index] = _made(books, modifier, flow.sale, terms)
    return found


def _shared(books: Books, sale: Sale, terms: Terms, index: int, scope: Hashable) -> Total:
    """The running total of a partner; one whose scope names a period runs over that period alone."""
    modifier = terms.modifiers[index]
    # By the date of the sale and not of the refund: what January's cap withheld is January's to give.
    frequency = _PERIODS.get(scope) if isinstance(scope, str) else None
    period = None if frequency is None else terms.period(frequency, sale.on)
    key = (terms.plan.id, index, sale.partner_id, scope, period)
    try:
        found = books.totals.get(key)
    except TypeError:
        # A user's list instead of a tuple; a bare TypeError would name neither the modifier nor the way out.
        rule = 'answer scope(sale) with "sale", None or a hashable key, such as a tuple instead of a list'
        raise PolicyBrokeContract(name_of(modifier), rule, repr(scope)) from None
    if found is None:
        found = books.totals[key] = _made(books, modifier, sale, terms, period)
    return found


def _made(books: Books, modifier: Modifier, sale: Sale, terms: Terms, period: Period | None = None) -> Total:
    total = Total(modifier, sale.partner_id, terms.rules.currency, period)
    if getattr(modifier, "withholds", False):
        books.withholding.append(total)
    return total
