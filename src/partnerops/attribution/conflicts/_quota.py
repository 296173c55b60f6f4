"""Quota credit, apart from commission credit: whose goal a deal counts towards, whoever earns the commission."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from attrs import field, frozen

from partnerops._arguments import check_a, check_all
from partnerops._attrs import Value, is_share, to_fraction
from partnerops._closed import ClosedSet
from partnerops._render import Printable, plural
from partnerops.attribution._amounts import by_currency, in_words
from partnerops.attribution._reasons import short_percent
from partnerops.attribution._results import Attribution
from partnerops.entities import Partner
from partnerops.money import Money
from partnerops.typing import DIRECT, UNATTRIBUTED, OpportunityId, PartyId

NOBODY = "nobody"
"""Holder of quota credit where the deal has no owner, or the partner no account manager."""


class QuotaTeam(ClosedSet):
    """Whose goal it is."""

    EXECUTIVE = "executive"
    """The vendor's executive who owns the deal."""
    CHANNEL = "channel"
    """The account manager of the partner."""


@frozen(kw_only=True)
class QuotaRule(Value):
    """
    How much of what partners earned counts towards the goals of the deal's executive, and of the partner's manager.

    What the vendor's own team earned, and what nobody earned, counts for the executive in full. Both parts at 1, the
    default, count a partner's deal twice, so that no executive gains by keeping a partner out; parts that sum to 1
    count it once.

    Raises:
        InvalidValue: A part outside 0 to 1.
        InexactNumber: A float part.

    Source: split and overlay quota credit of sales compensation plans.

    >>> QuotaRule(executive="0.5", channel="0.5").channel
    Fraction(1, 2)
    """

    executive: Fraction = field(default=Fraction(1), converter=to_fraction, validator=is_share)
    """Part for the executive who owns the deal, a fraction."""
    channel: Fraction = field(default=Fraction(1), converter=to_fraction, validator=is_share)
    """Part for the partner's account manager, a fraction."""


@frozen(kw_only=True)
class QuotaCredit(Value):
    """What counts towards one holder's goal from one party's credit in one deal; never a commission."""

    holder_id: str
    """The executive or account manager; `nobody` where there is none."""
    team: QuotaTeam
    """In which of the two capacities."""
    opportunity_id: OpportunityId
    """The deal."""
    party: PartyId
    """Whose commission credit it follows; `unattributed` for what nobody earned."""
    amount: Money
    """What counts, rounded half-even to minor units once."""
    share: Fraction
    """Part of the party's credit that counts."""
    because: str
    """The rule in words."""


@frozen(kw_only=True)
class QuotaReport(Value, Printable):
    """Quota credits in the order of the deals, and their totals by holder."""

    credits: tuple[QuotaCredit, ...]
    """One per holder and party of a deal."""
    rule: QuotaRule
    """The rule applied."""
    revenue: tuple[Money, ...]
    """What the deals brought, one amount per currency; quota credit may exceed it by design."""

    def by_holder(self) -> dict[tuple[str, QuotaTeam], tuple[Money, ...]]:
        """Holder and team -> what counts towards the goal, one amount per currency."""
        amounts: dict[tuple[str, QuotaTeam], list[Money]] = {}
        for one in self.credits:
            amounts.setdefault((one.holder_id, one.team), []).append(one.amount)
        return {key: by_currency(amounts[key]) for key in sorted(amounts)}

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per holder, party and deal."""
        return [
            {
                "opportunity_id": one.opportunity_id,
                "holder": one.holder_id,
                "team": one.team.value,
                "party": one.party,
                "amount": one.amount,
                "because": one.because,
            }
            for one in self.credits
        ]

    def _rows(self) -> list[dict[str, object]]:
        return [
            {"holder": holder, "team": team.value, "quota credit": amount}
            for (holder, team), amounts in self.by_holder().items()
            for amount in amounts
        ]

    def _headline(self) -> str:
        total = in_words(one.amount for one in self.credits)
        parts = f"executive {short_percent(self.rule.executive)}, channel {short_percent(self.rule.channel)}"
        holders = plural(len(self.by_holder()), "goal", "goals")
        return f"{holders} credited with {total} on revenue of {in_words(self.revenue)} ({parts} of partners' credit)"


def quota_credits(
    attributions: Iterable[Attribution], /, *, rule: QuotaRule, partners: Iterable[Partner] = ()
) -> QuotaReport:
    """
    Whose goals a set of deals counts towards: the executives' and the account managers', apart from any commission.

    The executive is the owner of the deal, the account manager is the partner's `owner_id`, told by *partners*. Where
    the two parts sum to 1, the account manager gets what the executive does not, to the cent.

    >>> print(quota_credits([], rule=QuotaRule()))
    0 goals credited with nothing on revenue of nothing (executive 100 %, channel 100 % of partners' credit)
    (none)
    """
    check_a("quota_credits(rule=...)", rule, QuotaRule)
    every = check_all("quota_credits(attributions)", attributions, Attribution)
    managers = {partner.id: partner.owner_id for partner in check_all("quota_credits(partners=...)", partners, Partner)}
    credits = [credit for one in every for credit in _of_deal(one, rule, managers)]
    return QuotaReport(credits=tuple(credits), rule=rule, revenue=by_currency(one.amount for one in every))


def _of_deal(one: Attribution, rule: QuotaRule, managers: dict[str, str | None]) -> Iterator[QuotaCredit]:
    earned = [(credit.partner_id, credit.amount) for credit in one.credits]
    if one.unattributed or not earned:
        earned.append((UNATTRIBUTED, one.unattributed))
    for party, amount in earned:
        # What no partner earned is the executive's whole, or an unattributed deal would count for nobody's goal.
        own = party in (DIRECT, UNATTRIBUTED)
        executive = Fraction(1) if own else rule.executive
        # Of the credit after rounding, so quota follows the money that was paid out and not a share of it.
        counted = amount.times(executive)
        if executive:
            yield QuotaCredit(
                holder_id=one.case.opportunity.owner_id or NOBODY,
                team=QuotaTeam.EXECUTIVE,
                opportunity_id=one.opportunity_id,
                party=party,
                amount=counted,
                share=executive,
                because=f"{short_percent(executive)} of what {party} earned counts for the deal's executive",
            )
        if not own and rule.channel:
            yield QuotaCredit(
                holder_id=managers.get(party) or NOBODY,
                team=QuotaTeam.CHANNEL,
                opportunity_id=one.opportunity_id,
                party=party,
                # The remainder rather than a second rounding, so that parts that sum to 1 lose no cent.
                amount=amount - counted if rule.executive + rule.channel == 1 else amount.times(rule.channel),
                share=rule.channel,
                because=f"{short_percent(rule.channel)} of what {party} earned counts for its account manager",
            )
