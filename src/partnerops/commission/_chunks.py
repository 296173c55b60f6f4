"""Parts of a sale: which lines of the deal count, how much, and under which schedule each falls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import accumulate, pairwise

from attrs import frozen

from partnerops.commission._amounts import as_fraction
from partnerops.commission._context import Context
from partnerops.commission._deals import Claim
from partnerops.commission._earning import Event, sale_of
from partnerops.commission._parts import Basis, EarnedOn, Revenue
from partnerops.commission._sales import Sale, Where
from partnerops.commission._terms import Scheme, Terms
from partnerops.commission.modifiers import BestOf, Cap, Floor, Uplift
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
    return sum((share for _, share in pieces), Fraction(0))


def bases(parts: Sequence[Chunk], amount: int, span: tuple[Fraction, Fraction]) -> list[int]:
    """
    What each part is of an amount, between two shares of it that were received, in minor units.

    Rounded on running totals in both directions, so that parts sum to the whole and payments to the sale.
    """

    def reached(share: Fraction, received: Fraction) -> int:
        return round_quotient(*(amount * share * received).as_integer_ratio())

    ends = list(accumulate((part.share for part in parts), initial=Fraction(0)))
    low, high = span
    return [
        (reached(end, high) - reached(start, high)) - (reached(end, low) - reached(start, low))
        for start, end in pairwise(ends)
    ]


def chunks(claim: Claim, scheme: Scheme, on: date, context: Context) -> list[Chunk]:
    """A sale's parts by schedule, those that earn nothing too; a sale without lines is one part."""
    deal, plan = context.deal(claim.credit), scheme.plan
    sale = sale_of(
        Event(
            claim=claim, terms=scheme.main, id=claim.credit.id, source_id=claim.credit.id, base=claim.amount, on=on,
        ),
        context,
    )  # fmt: skip
    told_apart = [condition for condition in _of_modifiers(scheme.main) if condition.asks_lines]
    conditions = [*told_apart, *(rule.where for rule in plan.rates), *(one.where for one in plan.incentives)]
    if plan.basis.exclude is not None:
        conditions.append(plan.basis.exclude)
    # Lines are looked at only where a rule can tell them apart: a split costs a rounding per line.
    split = deal is not None and bool(deal.lines) and _asks_lines(plan.basis, conditions)
    groups: dict[tuple[int, tuple[bool, ...]], list[Piece]] = {}
    for line in deal.lines if deal is not None and split else (None,):
        piece = (line, _counts(claim, deal, line, plan.basis))
        key = (_place(sale, line, scheme), tuple(condition.of_line(line) for condition in told_apart))
        groups.setdefault(key, []).append(piece)
    return [
        _chunk(scheme, place, tuple(pieces)) for (place, _), pieces in sorted(groups.items(), reverse=True, key=_key)
    ]


def _key(group: tuple[tuple[int, tuple[bool, ...]], list[Piece]]) -> tuple[int, tuple[bool, ...]]:
    return group[0]


def _of_modifiers(terms: Terms) -> list[Where]:
    """The conditions of the ready-made modifiers: lines that meet different ones are different sales to them."""
    found: list[Where] = []
    for one in terms.modifiers:
        if isinstance(one, BestOf):
            found += [uplift.where for uplift in one.uplifts]
        elif isinstance(one, Uplift | Cap | Floor):
            found.append(one.where)
    return found


def _asks_lines(basis: Basis, conditions: Sequence[Where]) -> bool:
    """Whether anything of the plan can tell the lines of a deal apart."""
    return basis.of is Revenue.MARGIN or basis.recurring_months is not None or any(c.asks_lines for c in conditions)


def _place(sale: Sale, line: OpportunityLine | None, scheme: Scheme) -> int:
    """Which schedule a line falls under: the position of a rule, -1 for the plan's own, -2 for none."""
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
    note = f"rate for {scheme.plan.rates[place].where}" if place >= 0 else ""
    terms = None if place == -2 else scheme.main if place == -1 else scheme.rules[place]
    return Chunk(terms, counting(pieces), lines, pieces, note)


def _counts(claim: Claim, deal: Opportunity | None, line: OpportunityLine | None, basis: Basis) -> Fraction:
    """What counts of a line, or of the whole deal, as a share of the deal's amount."""
    amount = line.amount.minor if line is not None else deal.amount.minor if deal is not None and deal.amount else 1
    whole = deal.amount.minor if deal is not None and deal.amount else 1
    value = Fraction(amount)
    if basis.of is Revenue.MARGIN:
        value -= _cost(claim, deal, line).minor
    elif basis.of is Revenue.NET:
        value *= 1 - as_fraction(basis.deduct)
    limit, term = basis.recurring_months, line.term_months if line is not None else None
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
