"""Commission through a plan's modifiers, as differences of cumulative functions."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from typing import Final

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
    flow, steps = line.flow, list[ModifierStep]()
    if flow is None:
        return change, steps
    flow.own += change
    for index, modifier in enumerate(terms.modifiers):
        scope = modifier.scope(flow.sale)
        if scope is None:
            continue
        before = change
        if scope == "sale":
            flow.totals[index] += change
            out = exact_answer(modifier, modifier.modified(flow.totals[index], flow.sale))
            change, flow.outs[index] = out - flow.outs[index], out
        else:
            group = _group(books, terms, index, scope, flow.sale)
            group.total += change
            out = exact_answer(modifier, modifier.modified(group.total, flow.sale))
            change, group.out = out - group.out, out
        if change != before:
            steps.append(ModifierStep(describe(modifier), _money(before, terms), _money(change, terms)))
    return change, steps


def shrink(flow: Flow, amount: Fraction, terms: Terms) -> None:
    """Let the modifiers see a sale of another amount."""
    flow.sale = flow.sale.replace(amount=_money(amount / terms.unit, terms))


def whole_minor(exact: Fraction, terms: Terms) -> int:
    """An exact amount in currency units as minor units, rounded as the plan says."""
    number = exact * terms.unit
    return round_quotient(number.numerator, number.denominator, terms.rules.rounding)


def _money(exact: Fraction, terms: Terms) -> Money:
    return Money.from_minor(whole_minor(exact, terms), terms.rules.currency)


def _group(books: Books, terms: Terms, index: int, scope: Hashable, sale: Sale) -> Group:
    """The running total of a scope; one that names a period runs over that period alone."""
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
