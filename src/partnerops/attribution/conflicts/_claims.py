"""Deals that more than one side claims: the vendor and a partner, two registrations, a lead and a registration."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from partnerops._arguments import check_all
from partnerops._attrs import Value
from partnerops._closed import ClosedSet
from partnerops._render import Printable, plural
from partnerops.attribution._amounts import by_currency, in_words
from partnerops.attribution._case import Award, Case
from partnerops.attribution._reasons import describe
from partnerops.attribution._results import Attribution
from partnerops.attribution._single import origin_of
from partnerops.money import Money
from partnerops.typing import DIRECT, OpportunityId, PartyId


class ConflictKind(ClosedSet):
    """Why a deal is contested."""

    DIRECT_AND_PARTNER = "direct_and_partner"
    """The vendor's own team and a partner both touched it."""
    REGISTERED_BUT_DIRECT = "registered_but_direct"
    """A registration protected it for a partner, and the vendor's own team touched it or brought it."""
    SEVERAL_REGISTRATIONS = "several_registrations"
    """Registrations of several partners protected it at the close."""
    ORIGIN_AND_REGISTRATION = "origin_and_registration"
    """One party brought the lead, another one's registration protected the deal."""
    DISPUTED = "disputed"
    """A dispute is open."""
    DECIDED = "decided"
    """A dispute was decided."""


@frozen(kw_only=True)
class Claim(Value):
    """What speaks for one party in a contested deal, and what it got."""

    party: PartyId
    """The party."""
    touches: int
    """How many touches it made by the close."""
    first_at: datetime | None
    """Its first touch."""
    last_at: datetime | None
    """Its last touch."""
    registration_ids: tuple[str, ...]
    """Its registrations, whatever became of them."""
    brought: bool
    """Whether it brought the lead, as far as is known."""
    credit: Money
    """What the policy gave it."""


@frozen(kw_only=True)
class Conflict(Value):
    """One contested deal, with every claim and how it was settled."""

    opportunity_id: OpportunityId
    """The deal."""
    kinds: tuple[ConflictKind, ...]
    """Why it is contested."""
    amount: Money
    """Its amount."""
    direct: Money
    """What the vendor's own team got."""
    partners: Money
    """What all partners got together."""
    unattributed: Money
    """What nobody got."""
    claims: tuple[Claim, ...]
    """What speaks for each party, in the order of their first touch, those without touch after."""
    settled_by: str
    """The rule that decided: the reason of an award, or the model."""


@frozen(kw_only=True)
class ConflictReport(Value, Printable):
    """
    The contested deals of a set of attributions, in their order.

    Every amount is shown once per deal; a deal may be contested in several ways.
    """

    conflicts: tuple[Conflict, ...]
    """The contested deals."""
    deals: int
    """How many deals were looked at."""

    @property
    def amounts(self) -> tuple[Money, ...]:
        """The amount contested in each currency, each deal counted once."""
        return by_currency(one.amount for one in self.conflicts)

    def of_kind(self, kind: str) -> tuple[Conflict, ...]:
        """The deals contested in one way."""
        return tuple(one for one in self.conflicts if kind in one.kinds)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per contested deal."""
        return [
            {
                "opportunity_id": one.opportunity_id,
                "kinds": ", ".join(one.kinds),
                "amount": one.amount,
                "direct": one.direct,
                "partners": one.partners,
                "unattributed": one.unattributed,
                "parties": ", ".join(claim.party for claim in one.claims),
                "settled_by": one.settled_by,
            }
            for one in self.conflicts
        ]

    def _headline(self) -> str:
        contested = f"{len(self.conflicts)} of {plural(self.deals, 'deal', 'deals')} contested"
        kinds = [f"{kind.value} {count}" for kind in ConflictKind if (count := len(self.of_kind(kind)))]
        told = f": {', '.join(kinds)}" if kinds else ""
        return f"{contested}, {in_words(one.amount for one in self.conflicts)}{told}"


def find_conflicts(attributions: Iterable[Attribution], /) -> ConflictReport:
    """
    Which deals more than one side claims, what speaks for each, and which rule settled it.

    A party claims by a touch, by a registration that protected the deal at its close, or by having brought the lead.
    No deal: an empty report.

    >>> print(find_conflicts([]))
    0 of 0 deals contested, nothing
    (none)
    """
    every = check_all("find_conflicts(attributions)", attributions, Attribution)
    # Settled deals count as well: the report is of who claimed, and says beside it which rule decided.
    found = [(one, _kinds(one.case)) for one in every]
    conflicts = tuple(_conflict(one, kinds) for one, kinds in found if kinds)
    return ConflictReport(conflicts=conflicts, deals=len(found))


def _kinds(case: Case) -> tuple[ConflictKind, ...]:
    touching = {touch.partner_id for touch in case.touches}
    # Parties and not registrations: two filings of one partner are no conflict.
    protecting = {one.partner_id for one in case.registrations if one.protects(case.closed_at)}
    brought = origin_of(case)[0]
    of_vendor = DIRECT in touching or brought == DIRECT
    statuses = {one.status.value for one in case.disputes}
    holds = {
        ConflictKind.DIRECT_AND_PARTNER: DIRECT in touching and len(touching) > 1,
        ConflictKind.REGISTERED_BUT_DIRECT: bool(protecting) and of_vendor,
        ConflictKind.SEVERAL_REGISTRATIONS: len(protecting) > 1,
        ConflictKind.ORIGIN_AND_REGISTRATION: bool(protecting) and brought is not None and brought not in protecting,
        ConflictKind.DISPUTED: bool(statuses & {"submitted", "in_review", "pending_info"}),
        ConflictKind.DECIDED: "resolved" in statuses,
    }
    return tuple(kind for kind, true in holds.items() if true)


def _conflict(one: Attribution, kinds: tuple[ConflictKind, ...]) -> Conflict:
    credits = {credit.partner_id: credit.amount for credit in one.credits}
    currency = one.unattributed.currency
    # An award to touches alone came from a wrapper around the model: then the model decided.
    award = one.answer if isinstance(one.answer, Award) and any(one.answer.shares.values()) else None
    return Conflict(
        opportunity_id=one.opportunity_id,
        kinds=kinds,
        amount=one.amount,
        direct=credits.get(DIRECT, Money.zero(currency)),
        partners=Money.total((amount for party, amount in credits.items() if party != DIRECT), currency),
        unattributed=one.unattributed,
        claims=tuple(_claim(party, one.case, credits, currency) for party in _claimants(one)),
        settled_by=award.because if award else describe(one.policy),
    )


def _claimants(one: Attribution) -> list[str]:
    case = one.case
    # A claim refused is a claim still: who filed too late, or lost a dispute, is in the report with nothing.
    by_record = {registration.partner_id for registration in case.registrations}
    by_record |= {party for dispute in case.disputes for party in dispute.parties}
    by_record |= {credit.partner_id for credit in one.credits}
    brought = origin_of(case)[0]
    if brought is not None:
        by_record.add(brought)
    return list(dict.fromkeys([*(touch.partner_id for touch in case.touches), *sorted(by_record)]))


def _claim(party: str, case: Case, credits: dict[str, Money], currency: str) -> Claim:
    instants = [touch.at for touch in case.touches if touch.partner_id == party]
    return Claim(
        party=party,
        touches=len(instants),
        first_at=instants[0] if instants else None,
        last_at=instants[-1] if instants else None,
        registration_ids=tuple(one.id for one in case.registrations if one.partner_id == party),
        brought=origin_of(case)[0] == party,
        credit=credits.get(party, Money.zero(currency)),
    )
