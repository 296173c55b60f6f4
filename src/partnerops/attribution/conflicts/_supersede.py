"""Credits that replace earlier ones: history is appended, and the difference is shown."""

from __future__ import annotations

from collections.abc import Iterable, Set as AbstractSet
from datetime import datetime
from fractions import Fraction
from itertools import count

from attrs import frozen

from partnerops._arguments import check_all, check_instant
from partnerops._attrs import Value
from partnerops._render import Printable, plural
from partnerops.attribution._amounts import in_words
from partnerops.attribution._engine import id_part
from partnerops.attribution._reasons import name_of
from partnerops.attribution._results import Attribution
from partnerops.entities import Credit
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import Money
from partnerops.typing import OpportunityId, PartyId


@frozen(kw_only=True)
class CreditChange(Value):
    """What a re-attribution changes for one party of one deal."""

    opportunity_id: OpportunityId
    """The deal."""
    party: PartyId
    """The party."""
    before: Money
    """Its credit so far; zero for a party that had none."""
    after: Money
    """Its credit now; zero for a party that has none any more."""
    because: str
    """Why: the reason of the new credit, and the policy that gave the old one."""

    @property
    def difference(self) -> Money:
        """What the party gains or, below zero, loses."""
        return self.after - self.before


@frozen(kw_only=True)
class Reattribution(Value, Printable):
    """
    The credits to append after a second look at deals, and what they change.

    Credits that stay as they were are not repeated. The differences of a deal sum to the change of what is attributed
    of it: to zero, unless its amount or its unattributed rest changed.
    """

    credits: tuple[Credit, ...]
    """New credits; each names the one that it supersedes, if there was one."""
    changes: tuple[CreditChange, ...]
    """One per new credit."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per change."""
        return [
            {
                "opportunity_id": one.opportunity_id,
                "party": one.party,
                "before": one.before,
                "after": one.after,
                "difference": one.difference,
                "because": one.because,
            }
            for one in self.changes
        ]

    def _headline(self) -> str:
        deals = len({one.opportunity_id for one in self.changes})
        moved = in_words(one.difference for one in self.changes if one.difference.minor > 0)
        changed = plural(len(self.changes), "credit changes", "credits change")
        return f"{changed} in {plural(deals, 'deal', 'deals')}, {moved} gained"


def in_force(credits: Iterable[Credit], /) -> tuple[Credit, ...]:
    """
    The credits that no other one supersedes, in their order: what holds now.

    A party that lost all its credit keeps a line of zero, so that the loss can be settled.

    >>> in_force([])
    ()
    """
    every = check_all("in_force(credits)", credits, Credit)
    # Superseded credits stay in the log; that nothing is deleted is what makes the correction provable.
    replaced = {credit.supersedes for credit in every}
    return tuple(credit for credit in every if credit.id not in replaced)


def supersede(
    credits: Iterable[Credit], attributions: Iterable[Attribution], /, *, recorded_at: datetime
) -> Reattribution:
    """
    The credits that replace earlier ones after deals were attributed again: another model, a decision, a late touch.

    A party whose amount, share and role are as before keeps its credit. Every other one gets a new credit, known from
    *recorded_at* on, whose `supersedes` names the one in force; its id is the old one's with a running number. A party
    that earns nothing any more gets a credit of zero. Deals that are not among the attributions keep their credits;
    influenced credits are left alone.

    Raises:
        InvalidValue: Two credits in force of one party and deal, two attributions of one deal, or *recorded_at* before
            a credit that it replaces.
        NaiveDatetime: A *recorded_at* without zone.
        CurrencyMismatch: A deal changed its currency.

    >>> from datetime import UTC
    >>> print(supersede([], [], recorded_at=datetime(2026, 4, 1, tzinfo=UTC)))
    0 credits change in 0 deals, nothing gained
    (none)
    """
    moment = check_instant("supersede(recorded_at=...)", recorded_at)
    log = check_all("supersede(credits)", credits, Credit)
    current = _current(log)
    taken = {credit.id for credit in log}
    done: set[OpportunityId] = set()
    new: list[Credit] = []
    changes: list[CreditChange] = []
    for one in check_all("supersede(attributions)", attributions, Attribution):
        # Of two answers about one deal neither is the later one, and both would be posted.
        if one.opportunity_id in done:
            raise InvalidValue("supersede(attributions)", "one attribution per deal", one.opportunity_id)
        done.add(one.opportunity_id)
        fresh = {credit.partner_id: credit for credit in one.credits}
        stale = current.get(one.opportunity_id, {})
        # Whoever still earns comes first, in the order of the attribution; whoever lost all follows.
        for party in dict.fromkeys([*fresh, *stale]):
            old, found = stale.get(party), fresh.get(party)
            # Nothing new is nothing to post: a second look that changes nothing must leave the ledger as it is.
            if old is not None and _same(old, found):
                continue
            credit = _replacement(one, party, old, found, moment)
            credit = credit.replace(id=_free_id(credit.id, old, taken))
            new.append(credit)
            taken.add(credit.id)
            before = Money.zero(credit.amount.currency) if old is None else old.amount
            told = f"{credit.because}; before by {old.policy or 'hand'}" if old is not None else credit.because
            changes.append(
                CreditChange(
                    opportunity_id=one.opportunity_id, party=party, before=before, after=credit.amount, because=told
                )
            )
    return Reattribution(credits=tuple(new), changes=tuple(changes))


def _current(credits: Iterable[Credit]) -> dict[OpportunityId, dict[PartyId, Credit]]:
    """Deal -> party -> its credit in force."""
    found: dict[OpportunityId, dict[PartyId, Credit]] = {}
    for credit in in_force(credits):
        if credit.role == "influenced":
            continue
        of_deal = found.setdefault(credit.opportunity_id, {})
        party = credit.partner_id
        if party in of_deal:
            rule = f"the only credit in force of {party} in {credit.opportunity_id}; let one supersede the other"
            raise InvalidValue(f"supersede(credits) {credit.id!r}", rule, of_deal[party].id)
        of_deal[party] = credit
    return found


def _same(old: Credit, new: Credit | None) -> bool:
    if new is None:  # nothing now, and nothing before
        return not old.amount and not old.share
    # Not the reason and not the policy: the same money for another reason moves none.
    return (old.amount, old.share, old.role) == (new.amount, new.share, new.role)


def _replacement(one: Attribution, party: str, old: Credit | None, found: Credit | None, moment: datetime) -> Credit:
    if old is not None and moment < (old.recorded_at or old.at):
        rule = f"at or after {old.recorded_at or old.at}, when credit {old.id} was known"
        raise InvalidValue("supersede(recorded_at=...)", rule, moment)
    base = found or Credit(
        id=f"{id_part(one.opportunity_id)}:{id_part(party)}",
        opportunity_id=one.opportunity_id,
        partner_id=party,
        amount=Money.zero(one.unattributed.currency),
        at=one.case.closed_at,
        share=Fraction(0),
        because="earns nothing any more",
        policy=name_of(one.policy),
    )
    if old is not None and old.amount.currency != base.amount.currency:
        raise CurrencyMismatch("replace", base.amount.currency, old.amount.currency)
    return base.replace(supersedes=None if old is None else old.id, recorded_at=moment)


def _free_id(base: str, old: Credit | None, taken: AbstractSet[str]) -> str:
    """`deal:party`, then `deal:party:2` and so on; after a foreign id the number 2, or the next that is free."""
    if old is None and base not in taken:
        return base
    # Parts of an id are escaped, so a third part can only be a number of ours.
    number = old.id.removeprefix(f"{base}:") if old is not None and old.id.startswith(f"{base}:") else ""
    first = int(number) + 1 if number.isdecimal() else 2
    # A party may come back after another one's credit replaced its own: the old id is superseded for good.
    return next(f"{base}:{n}" for n in count(first) if f"{base}:{n}" not in taken)
