"""Commission through a plan's modifiers, as differences of cumulative functions."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from typing import Final, cast

from partnerops.commission._amounts import describe, exact_answer
from partnerops.commission._books import Books, Flow, Group, Line
from partnerops.commission._postings import ModifierStep
from partnerops.commission._sales import Sale
from partnerops.commission._terms import Terms
from partnerops.money import Money, round_quotient
from partnerops.periods import Frequency

_PERIODS: Final = {member.value: member for member in Frequency}


def push(books: Books, line: Line, terms: Terms, change: Fraction) -> tuple[Fraction, list[ModifierStep]]:
    """
    Send a change of commission, in currency units, through the modifiers.

    What comes out at the other end, and which modifiers changed it.
    """
    flow, steps = cast("Flow", line.flow), list[ModifierStep]()
    # The schedule's part is kept apart: a reversal has to give back a share of it, not of what caps left.
    flow.own += change
    passage, sale = flow.passage, _seen(flow, terms)
    for index, modifier in enumerate(terms.modifiers):
        scope = modifier.scope(sale)
        if scope is None:
            continue
        # What one modifier lets through is what the next one sees: the order that the plan declares.
        before = change
        if scope == "sale":
            passage.totals[index] += change
            out = exact_answer(modifier, modifier.modified(passage.totals[index], sale))
            change, passage.outs[index] = out - passage.outs[index], out
        else:
            group = _group(books, terms, index, scope, sale)
            if group not in flow.sent:
                group.lines.append(line)
            group.total += change
            flow.sent[group] = flow.sent.get(group, Fraction(0)) + change
            out = exact_answer(modifier, modifier.modified(group.total, sale))
            change, group.out = out - group.out, out
        if change != before:
            steps.append(ModifierStep(describe(modifier), _money(before, terms), _money(change, terms)))
    return change, steps


def _seen(flow: Flow, terms: Terms) -> Sale:
    """The sale as the modifiers see it now: payments made it larger, reversals smaller."""
    amount = _money(flow.passage.amount / terms.unit, terms)
    return flow.sale if flow.sale.amount == amount else flow.sale.replace(amount=amount)


def whole_minor(exact: Fraction, terms: Terms) -> int:
    """An exact amount in currency units as minor units, rounded as the plan says."""
    number = exact * terms.unit
    return round_quotient(number.numerator, number.denominator, terms.rules.rounding)


def _money(exact: Fraction, terms: Terms) -> Money:
    return Money.from_minor(whole_minor(exact, terms), terms.rules.currency)


def _group(books: Books, terms: Terms, index: int, scope: Hashable, sale: Sale) -> Group:
    """The running total of a scope; one that names a period runs over that period alone."""
    # By the date of the sale and not of the refund: what January's cap withheld is January's to give.
    frequency = _PERIODS.get(scope) if isinstance(scope, str) else None
    period = None if frequency is None else terms.plan.calendar.period(frequency, sale.on)
    key = (terms.plan.id, index, sale.partner_id, scope, period)
    found = books.groups.get(key)
    if found is None:
        modifier = terms.modifiers[index]
        name = f"{describe(modifier)}{f', {period}' if period is not None else ''}"
        found = books.groups[key] = Group(sale.partner_id, name, terms.rules.currency)
        found.withholds = bool(getattr(modifier, "withholds", False))
    return found
