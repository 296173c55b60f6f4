"""Parts of a sale: which lines of the deal count, how much, and under which schedule each falls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Final

from attrs import frozen

from partnerops.commission._amounts import as_fraction
from partnerops.commission._context import Context
from partnerops.commission._deals import Claim
from partnerops.commission._earning import Event, sale_of
from partnerops.commission._parts import Basis, EarnedOn, Revenue
from partnerops.commission._sales import Sale
from partnerops.commission._schemes import Scheme
from partnerops.commission._terms import Terms
from partnerops.entities import Opportunity, OpportunityLine, RevenueKind
from partnerops.exceptions import InvalidValue
from partnerops.money import Money, round_quotient

Piece = tuple[OpportunityLine | None, Fraction]
"""A line of a deal, or None for all of it, and what counts of it as a share of the deal's amount."""


@frozen
class Chunk:
    """What of a sale falls under one schedule; without terms it earns nothing."""

    terms: Terms | None
    share: Fraction
    lines: tuple[OpportunityLine, ...]
    pieces: tuple[Piece, ...] = ()
    note: str = ""


def counting(pieces: Sequence[Piece]) -> Fraction:
    """What pieces are together, as a share of the deal's amount."""
    return pieces[0][1] if len(pieces) == 1 else sum((share for _, share in pieces), Fraction(0))


Span = tuple[int, int, int]
"""Minor units of a credit: received before, received after, and all of it."""


def bases(parts: Sequence[Chunk], amount: int, span: Span) -> list[int]:
    """
    What each part is of an amount, between two shares of it that were received, in minor units.

    Rounded on running totals in both directions, so that parts sum to the whole and payments to the sale.
    """
    low, high, whole = span
    # Most sales are one part that is booked at once.
    if not low and high == whole and len(parts) == 1 and parts[0].share == 1:
        return [amount]

    def reached(share: Fraction, received: int) -> int:
        over = share.denominator * whole
        part = amount * share.numerator * received
        return round_quotient(part, over) if over > 0 else round_quotient(-part, -over)

    ends = list(accumulate((part.share for part in parts), initial=Fraction(0)))
    return [
        (reached(end, high) - reached(start, high)) - (reached(end, low) - reached(start, low))
        for start, end in pairwise(ends)
    ]


def chunks(claim: Claim, scheme: Scheme, on: date, context: Context) -> list[Chunk]:
    """A sale's parts by schedule, those that earn nothing too; a sale without lines is one part."""
    deal, plan = context.known(claim.partner_id, claim.credit, on)[0], scheme.plan
    sale = None
    if plan.rates or plan.basis.exclude is not None:
        event = Event(
            claim=claim, terms=scheme.main, id=claim.credit.id, source_id=claim.credit.id, base=claim.amount, on=on
        )  # fmt: skip
        sale = sale_of(event, context)
    lines = deal.lines if deal is not None and scheme.splits_lines else ()
    if not lines:
        return [_chunk(scheme, _place(sale, None, scheme), ((None, _counts(claim, deal, None, plan.basis)),))]
    groups: dict[tuple[int, tuple[bool, ...]], list[Piece]] = {}
    for line in lines:
        piece = (line, _counts(claim, deal, line, plan.basis))
        key = (_place(sale, line, scheme), tuple(condition.of_line(line) for condition in scheme.told_apart))
        groups.setdefault(key, []).append(piece)
    return [
        _chunk(scheme, place, tuple(pieces)) for (place, _), pieces in sorted(groups.items(), reverse=True, key=_key)
    ]


def _key(group: tuple[tuple[int, tuple[bool, ...]], list[Piece]]) -> tuple[int, tuple[bool, ...]]:
    return group[0]


def _place(sale: Sale | None, line: OpportunityLine | None, scheme: Scheme) -> int:
    """Which schedule a line falls under: the position of a rule, -1 for the plan's own, -2 for none."""
    # Without a rule that could match there was nothing to look at.
    if sale is None:
        return -1
    exclude = scheme.plan.basis.exclude
    if exclude is not None and exclude.of_sale(sale) and exclude.of_line(line):
        return -2
    # The first match decides, so that a plan reads from the special to the general, like a contract.
    for index, rule in enumerate(scheme.plan.rates):
        if rule.where.of_sale(sale) and rule.where.of_line(line):
            return index
    return -1


def _chunk(scheme: Scheme, place: int, pieces: tuple[Piece, ...]) -> Chunk:
    lines = tuple(line for line, _ in pieces if line is not None)
    note = scheme.reasons[place] if place >= 0 else ""
    terms = None if place == -2 else scheme.main if place == -1 else scheme.rules[place]
    return Chunk(terms, counting(pieces), lines, pieces, note)


_ALL: Final = Fraction(1)


def _counts(claim: Claim, deal: Opportunity | None, line: OpportunityLine | None, basis: Basis) -> Fraction:
    """What counts of a line, or of the whole deal, as a share of the deal's amount."""
    limit = basis.recurring_months
    if line is None and basis.of is Revenue.GROSS:
        return _ALL
    amount = line.amount.minor if line is not None else deal.amount.minor if deal is not None and deal.amount else 1
    whole = deal.amount.minor if deal is not None and deal.amount else 1
    if basis.of is Revenue.GROSS and limit is None:
        return Fraction(amount, whole)
    value = Fraction(amount)
    if basis.of is Revenue.MARGIN:
        value -= _cost(claim, deal, line).minor
    elif basis.of is Revenue.NET:
        value *= 1 - as_fraction(basis.deduct)
    term = line.term_months if line is not None else None
    booked = basis.on is EarnedOn.BOOKING and line is not None and line.revenue is RevenueKind.RECURRING
    # A booking of three years earns for the months that the plan pays, all at once and in proportion.
    if limit is not None and term is not None and booked:
        value *= Fraction(min(limit, term), term)
    return value / whole


def _cost(claim: Claim, deal: Opportunity | None, line: OpportunityLine | None) -> Money:
    """The vendor's cost of a line or a deal; a plan that pays on margin needs it."""
    cost = line.cost if line is not None else deal.cost if deal is not None else None
    if cost is None:
        where = f"the cost of deal {claim.credit.opportunity_id}" + (f", product {line.product}" if line else "")
        raise InvalidValue(where, f"known: plan {claim.scheme.plan.id} pays on margin", None)
    return cost
