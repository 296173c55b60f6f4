"""What recurring lines and reversals mean over time: spans in which a customer pays so much a month."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from typing import Final, TypeAlias

from attrs import frozen

from partnerops._attrs import Value
from partnerops.dataset import Dataset
from partnerops.entities import Motion, Opportunity, OpportunityLine, RevenueKind, Reversal, ReversalKind
from partnerops.metrics._deals import known
from partnerops.money import Money, round_quotient
from partnerops.periods import Calendar, add_months, months_between

ENDING: Final = frozenset({ReversalKind.CANCELLATION, ReversalKind.CHURN, ReversalKind.FRAUD, ReversalKind.NON_PAYMENT})
"""Reversals that end the service of a deal; a refund or chargeback gives money back and ends nothing."""


@frozen
class Span(Value):
    """A customer pays `monthly` minor units a month from `start` until the day before `end`."""

    deal_id: str
    """The deal."""
    account_id: str | None
    """The customer; None is unknown."""
    start: date
    """First day."""
    end: date
    """First day without it."""
    monthly: int
    """Minor units a month."""
    currency: str
    """Currency of the deal."""

    def runs(self, on: date) -> bool:
        """Whether it is paid for on the evening of a date."""
        return self.start <= on < self.end


_Terms: TypeAlias = dict[tuple[str | None, str], list[tuple[date, date]]]
"""Customer and product -> the terms sold so far: their end as sold, and when they were stopped."""


def spans(data: Dataset, as_of: date | datetime, calendar: Calendar) -> list[Span]:
    """Every span that the won deals known at *as_of* sell, cut short and down by the reversals known then."""
    taken: dict[str, list[Reversal]] = {}
    for reversal in known(data, Reversal, as_of, calendar):
        taken.setdefault(reversal.opportunity_id, []).append(reversal)
    won = [
        deal
        for deal in known(data, Opportunity, as_of, calendar)
        if deal.is_won and any(line.revenue is RevenueKind.RECURRING for line in deal.lines)
    ]
    # In the order of closes, so that a renewal finds the terms that were sold before it.
    won.sort(key=lambda deal: (deal.closed_at or deal.created_at, deal.id))
    terms: _Terms = {}
    found: list[Span] = []
    for deal in won:
        cuts = sorted(taken.get(deal.id, ()), key=lambda one: (one.at, one.id))
        stopped = next((calendar.date_of(one.at) for one in cuts if one.kind in ENDING), date.max)
        closed = calendar.date_of(deal.closed_at or deal.created_at)
        lines = [line for line in deal.lines if line.revenue is RevenueKind.RECURRING]
        sold = [_sold(deal, line, closed, terms) for line in lines]
        for line, span in zip(lines, sold, strict=True):
            terms.setdefault((deal.account_id, line.product), []).append((span.end, stopped))
        found += _after(sold, cuts, calendar)
    return found


def _sold(deal: Opportunity, line: OpportunityLine, closed: date, terms: _Terms) -> Span:
    """A line as it was sold."""
    months = line.term_months or 1
    start = closed
    if line.motion is Motion.RENEWAL and deal.account_id is not None:
        # Renewals are signed before the term is over: counted from the signature, a month would be paid twice. A term
        # that had been stopped by then is over.
        earlier = terms.get((deal.account_id, line.product), ())
        start = max([closed, *(end for end, stopped in earlier if stopped > closed)])
    monthly = monthly_of(line)
    return Span(deal.id, deal.account_id, start, _later(start, months), monthly.minor, monthly.currency)


def _later(start: date, months: int) -> date:
    """`add_months`, spared its look-ups for the days that every month has."""
    if start.day > 28:
        return add_months(start, months)
    years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=years, month=month + 1)


def monthly_of(line: OpportunityLine) -> Money:
    """What a recurring line brings a month, half-even: the one rounding of MRR."""
    return Money.from_minor(round_quotient(line.amount.minor, line.term_months or 1), line.amount.currency)


def _after(sold: list[Span], reversals: Iterable[Reversal], calendar: Calendar) -> list[Span]:
    """The spans of a deal once its reversals have cut them."""
    for reversal in reversals:
        on = calendar.date_of(reversal.at)
        if reversal.kind in ENDING:
            # A span that never began stays as an empty one: it still says what currency nothing is in.
            sold = [span.replace(end=max(span.start, min(span.end, on))) for span in sold]
        # Reversals take effect one after the other: a downgrade after the end has nothing left to lower.
        elif reversal.kind is ReversalKind.DOWNGRADE:
            sold = _lowered(sold, reversal.amount, on)
    return sold


def _lowered(sold: list[Span], amount: Money, on: date) -> list[Span]:
    """The spans with *amount* taken off what is still to come from a date on, in proportion to their value."""
    to_come = [span.monthly * _left(span, on) if span.end > on else 0 for span in sold]
    whole = sum(to_come)
    if whole <= 0:
        return sold
    # What is taken off is money still to come; what was already paid for stays as it was.
    kept = max(Fraction(0), 1 - Fraction(amount.minor, whole))
    cut: list[Span] = []
    for span in sold:
        if span.end <= on:
            cut.append(span)
            continue
        # A span cannot begin before its own first day: a downgrade of a renewal to come lowers all of it.
        turn = max(span.start, on)
        cut += [span.replace(end=turn)] if span.start < turn else []
        cut.append(span.replace(start=turn, monthly=round(span.monthly * kept)))
    return cut


def _left(span: Span, on: date) -> int:
    """Months still to come, a begun one counted whole."""
    start = max(span.start, on)
    months = months_between(start, span.end)
    return months + (add_months(start, months) < span.end)
