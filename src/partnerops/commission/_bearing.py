"""What a period loses when revenue is taken back, and which of its lines bears how much of that."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from math import ceil, floor
from typing import Final, cast

from partnerops.commission._amounts import step
from partnerops.commission._books import Line
from partnerops.commission._buckets import Bucket
from partnerops.commission._flow import Moves, booked, leave
from partnerops.commission._postings import Attained
from partnerops.commission._terms import Terms
from partnerops.commission._totals import Flow


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
        bucket.worth = bucket.value(bucket.attained)
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


TIER: Final = "moved this sale down a tier"
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
        found = others(line, total - min(own, total), _SALE if terms.per_sale else TIER)
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
    why = _CENT if rest == 1 and why == TIER else why
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
                tier = _SALE if other.terms.per_sale else TIER
                found[other] = (part, tier if other in fallen else _CAP if extra >= 1 else _CENT)
                rest -= part
    return [(other, part, why) for other, (part, why) in found.items()]
