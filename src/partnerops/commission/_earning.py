"""What a sale earns: the line, its place in the period, and the modifiers on its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, cast

from attrs import frozen

from partnerops.commission._amounts import step
from partnerops.commission._books import Books, Gate, Line
from partnerops.commission._buckets import Bucket, Day
from partnerops.commission._context import Context
from partnerops.commission._deals import Claim, Part
from partnerops.commission._flow import enter, whole_minor
from partnerops.commission._postings import Attained, ModifierStep, Special, Unearned, Working
from partnerops.commission._sales import Sale
from partnerops.commission._schemes import Scheme
from partnerops.commission._terms import Terms
from partnerops.commission._totals import Flow, Passage
from partnerops.entities import Credit, OpportunityLine
from partnerops.money import ExchangeRate, Money, round_quotient


def earn_plainly(books: Books, credit: Credit, scheme: Scheme) -> Line:
    """The one line of a credit under a plan that is a schedule and no more: the quick way."""
    terms, id = scheme.main, credit.id
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
            bucket = day.buckets[credit.partner_id] = Bucket(terms.value, terms.rules)
        before = bucket.attained
        after = before + base
        worth = terms.value(after)
        earned = worth - bucket.worth
        bucket.attained, bucket.worth = after, worth
    # A user's schedule that falls would pay less than nothing; asking costs a sign, and step() a second question.
    if earned and (earned > 0) != (base > 0):
        step(terms.rules.schedule, terms.value, before, after)  # it knows how to say so
    line = Line(id, id, books.standing(credit.partner_id, credit.amount.currency), day.on, earned)
    line.terms, line.day, line.base, line.bucket = terms, day, base, bucket
    books.lines[id] = line
    if bucket is not None:
        bucket.lines.append(line)
    working = Working(before, after, day.period, terms.rules)
    if not earned:
        _leave_unearned(books, line, credit.amount, working)
    books.accrue(line, terms, working)
    return line


@frozen(kw_only=True)
class Event:
    """One part of a sale that earns: which terms, how much counts, when, and why."""

    claim: Claim
    terms: Terms
    id: str
    source_id: str
    base: int
    """What counts, in minor units of the plan's currency."""
    on: date
    lines: tuple[OpportunityLine, ...] = ()
    rate: ExchangeRate | None = None
    notes: tuple[str, ...] = ()
    gate: Gate | None = None
    part: Part | None = None
    """What this payment shares with the others of its sale."""
    main: bool = False
    """Whether it is the sale itself, and not something on top of it."""


def sale_of(event: Event, context: Context) -> Sale:
    """The sale as conditions and modifiers see it."""
    claim, terms = event.claim, event.terms
    deal, tier, registration = context.known(claim.partner_id, claim.credit, event.on)
    amount = event.base if not claim.partly else round_quotient(*(event.base * claim.pays).as_integer_ratio())
    return Sale(
        partner_id=claim.partner_id,
        credit=claim.credit,
        amount=Money.from_minor(amount, terms.rules.currency),
        on=event.on,
        period=terms.day(event.on).period,
        opportunity=deal,
        lines=event.lines,
        tier=tier,
        registration=registration,
    )


def earn(books: Books, event: Event, context: Context) -> Line:
    """A new line, what it earns, and its posting."""
    claim, terms = event.claim, event.terms
    day = terms.day(event.on)
    bucket = _bucket(event, day, context)
    before = bucket.attained
    after = before + event.base
    # Paid in the currency of the sale, whatever the currency in which sales add up.
    line = Line(event.id, event.source_id, books.standing(claim.partner_id, claim.credit.amount.currency), event.on, 0)
    line.terms, line.day, line.base, line.bucket, line.rate = terms, day, event.base, bucket, event.rate
    line.gate = event.gate
    steps: Sequence[ModifierStep] = ()
    # Before the modifiers look: to them the sale has already been made.
    bucket.attained = after
    # Where a sale may be paid in part, all sales of its period go the exact way: what it loses them is counted whole.
    if terms.modifiers or terms.shared:
        line.flow = _flow(event, context)
        steps = _through_modifiers(books, line, terms, bucket, before)
        # A version of the plan without modifiers may go on from here, and starts from what the schedule has given.
        bucket.worth = bucket.value(after)
    else:
        line.earned = step(bucket.rules.schedule, bucket.value, before, after)
        if bucket.gone:
            # A bounty is the sale's: what refunds left of it, and not what one more payment adds to it.
            line.earned = bucket.kept(after) - bucket.worth
        bucket.worth += line.earned
    rules = bucket.rules
    terms.move(bucket, after)
    bucket.lines.append(line)
    books.lines[line.id] = line
    books.made.setdefault(claim.credit.id, []).append(line)
    special, paying = None, terms.single and bool(before)
    notes = (*event.notes, _KEPT) if bucket.gone else event.notes
    if steps or notes or event.rate is not None or claim.partly or paying:
        special = Special(share=claim.pays, steps=tuple(steps), rate=event.rate, notes=notes, payments=paying)
    working = Working(before, after, day.period, rules, special)
    # An incentive that a sale does not reach is no news; that a sale earns nothing at all has to be explained.
    if event.main and not line.earned:
        _leave_unearned(books, line, claim.credit.amount, working)
    books.accrue(line, terms, working)
    return line


_KEPT: Final = "for the part of the sale that was not taken back"


def _leave_unearned(books: Books, line: Line, sale: Money, working: Working) -> None:
    """Keep the explanation of a sale that earned nothing."""
    books.unearned[line.id] = Unearned(
        line_id=line.id, partner_id=line.standing.partner_id, sale=sale, on=line.on, working=working
    )


def _bucket(event: Event, day: Day, context: Context) -> Bucket:
    """The sales that an event adds up with; where each stands alone, the earlier payments of the same one."""
    part, terms = event.part, event.terms
    # Where a period adds sales up, payments are among them already.
    if part is None or not terms.single:
        return terms.bucket(event.claim.partner_id, day, context)
    if part.bucket is None:
        part.bucket = terms.bucket(event.claim.partner_id, day, context)
    return part.bucket


def _flow(event: Event, context: Context) -> Flow:
    """The way through the modifiers, with the earlier payments of the same sale."""
    passage = event.part.passage if event.part is not None else None
    if passage is None:
        passage = Passage()
        if event.part is not None:
            event.part.passage = passage
    pays = event.claim.pays
    passage.amount += event.base * pays if event.claim.partly else event.base
    return Flow(sale_of(event, context), pays, passage, event.claim.whole)


def _through_modifiers(
    books: Books, line: Line, terms: Terms, bucket: Bucket, before: Attained
) -> Sequence[ModifierStep]:
    """Set what a line earned after its modifiers; which of them changed it."""
    flow = cast("Flow", line.flow)
    rise = terms.rise(bucket, before)
    steps = enter(books, line, terms, rise if flow.share == 1 else rise * flow.share)
    # Rounded on the running total, as without modifiers: a cent that one line lacks is on the next.
    bucket.exact += flow.out
    total = whole_minor(bucket.exact, terms)
    line.earned, bucket.total = total - bucket.total, total
    return steps
