"""Revenue that a party sourced, which adds up, and revenue that it influenced, which does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from attrs import frozen

from partnerops._arguments import check_all
from partnerops._attrs import Value
from partnerops._render import Printable, plural
from partnerops.attribution._amounts import by_currency, in_words
from partnerops.attribution._engine import id_part
from partnerops.attribution._results import Attribution
from partnerops.attribution._single import origin_of
from partnerops.entities import Credit
from partnerops.money import Money
from partnerops.typing import UNATTRIBUTED, PartyId


def influenced(attributions: Iterable[Attribution], /) -> tuple[Credit, ...]:
    """
    One credit of the role `influenced` for each party that took part in a deal and earned nothing of it.

    Taking part means a touch by the close, a registration that protected the deal, or having brought the lead. The
    amount is the whole deal, since influence has no share: these credits overlap, are never added to one another or to
    sourced credit, and never settle. Parties stand in the order of their first touch, those without one after by id.

    >>> influenced([])
    ()
    """
    every = check_all("influenced(attributions)", attributions, Attribution)
    return tuple(credit for one in every for credit in _influenced(one))


def _influenced(one: Attribution) -> list[Credit]:
    case = one.case
    how: dict[str, str] = {}
    for touch in case.touches:
        how.setdefault(touch.partner_id, f"touched the deal first on {touch.at.date().isoformat()} (UTC)")
    # Reversed, so that of a partner's several registrations the first to file is named.
    protecting = {reg.partner_id: reg.id for reg in reversed(case.registrations) if reg.protects(case.closed_at)}
    others = {party: f"registration {id} protected the deal" for party, id in protecting.items()}
    brought, source = origin_of(case)
    if brought is not None:
        others[brought] = source
    for party in sorted(others):
        how.setdefault(party, others[party])
    earned = {credit.partner_id for credit in one.credits}
    deal = id_part(one.opportunity_id)
    return [
        Credit(
            id=f"{deal}:{id_part(party)}:influenced",
            opportunity_id=one.opportunity_id,
            partner_id=party,
            amount=one.amount,
            at=case.closed_at,
            # Influence has no measure that could be added up; the whole deal says so plainer than any part of it.
            share=Fraction(1),
            role="influenced",
            because=f"{why}; no credit under the model",
            touch_ids=tuple(touch.id for touch in case.touches if touch.partner_id == party),
        )
        for party, why in how.items()
        # Either or: a deal that is sourced and influenced by one party would be counted twice in its report.
        if party not in earned
    ]


@frozen(kw_only=True)
class PartyRevenue(Value):
    """What one party sourced and influenced in one currency; the two are never added."""

    party: PartyId
    """The party; `unattributed` for what nobody earned."""
    sourced: Money
    """Credit earned: exclusive, so that all parties sum to the revenue."""
    sourced_deals: int
    """Deals that it earned a part of."""
    influenced: Money
    """Whole amounts of the deals that it took part in without earning: overlapping."""
    influenced_deals: int
    """How many such deals."""


@frozen(kw_only=True)
class RevenueReport(Value, Printable):
    """
    Sourced and influenced revenue by party, in the order of currency and party.

    The sourced amounts of a currency sum to its revenue exactly. The influenced ones overlap, so there is no total of
    them.
    """

    rows: tuple[PartyRevenue, ...]
    """One row per party and currency."""
    deals: int
    """How many deals were looked at."""

    @property
    def revenue(self) -> tuple[Money, ...]:
        """The revenue of all deals, one amount per currency: the sum of what was sourced."""
        return by_currency(row.sourced for row in self.rows)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per party and currency."""
        return [
            {
                "party": row.party,
                "sourced": row.sourced,
                "sourced_deals": row.sourced_deals,
                "influenced": row.influenced,
                "influenced_deals": row.influenced_deals,
            }
            for row in self.rows
        ]

    def _headline(self) -> str:
        total = in_words(row.sourced for row in self.rows)
        return f"{plural(self.deals, 'deal', 'deals')}, {total} sourced; influenced amounts overlap and have no total"


def sourced_and_influenced(attributions: Iterable[Attribution], /) -> RevenueReport:
    """
    What each party sourced (exclusive, sums to the revenue) and influenced (overlapping, has no sum).

    Which of the two a party gets depends on the policy asked: under `Linear` everybody who touched a deal sourced a
    part of it; under `LeadOrigin` one party sourced it and the others influenced it.

    >>> print(sourced_and_influenced([]))
    0 deals, nothing sourced; influenced amounts overlap and have no total
    (none)
    """
    every = check_all("sourced_and_influenced(attributions)", attributions, Attribution)
    sourced: dict[tuple[str, str], list[Money]] = {}
    for one in every:
        for party, amount in _earned(one):
            sourced.setdefault((amount.currency, party), []).append(amount)
    overlapping: dict[tuple[str, str], list[Money]] = {}
    for credit in influenced(every):
        overlapping.setdefault((credit.amount.currency, credit.partner_id), []).append(credit.amount)
    rows = [
        _row(party, currency, sourced.get((currency, party), ()), overlapping.get((currency, party), ()))
        for currency, party in sorted(sourced.keys() | overlapping.keys())
    ]
    return RevenueReport(rows=tuple(rows), deals=len(every))


def _earned(one: Attribution) -> Iterable[tuple[str, Money]]:
    for credit in one.credits:
        yield credit.partner_id, credit.amount
    if one.unattributed or not one.credits:
        yield UNATTRIBUTED, one.unattributed


def _row(party: str, currency: str, sourced: Sequence[Money], overlapping: Sequence[Money]) -> PartyRevenue:
    return PartyRevenue(
        party=party,
        sourced=Money.total(sourced, currency),
        sourced_deals=len(sourced),
        influenced=Money.total(overlapping, currency),
        influenced_deals=len(overlapping),
    )
