"""From a policy's answer to credits: money apportioned over parties, each credit with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from partnerops.attribution._answers import ask
from partnerops.attribution._case import Award, Case
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import LEFT_OUT, reasons
from partnerops.attribution._results import Attribution
from partnerops.entities import Credit, Opportunity
from partnerops.exceptions import InvalidValue
from partnerops.money import Money, apportion_minor

SHOWN = 3
"""Ids of touches that a reason lists before it counts the rest."""


def decide(case: Case, policy: AttributionPolicy, name: str, words: str) -> Attribution:
    """The attribution of one case; *name* and *words* are those of the policy, made once for many cases."""
    answer = ask(policy, case, name)
    if isinstance(answer, Award):
        return _awarded(case, policy, name, words, answer)
    minor, currency = _amount(case.opportunity)
    total = sum(answer)
    if not total:
        return Attribution(case=case, policy=policy, unattributed=Money.from_minor(minor, currency), answer=answer)
    # The dict keeps the order of each party's first earning touch: the order in which ties for a cent are settled.
    parties: dict[str, int] = {}
    earned: dict[str, list[str]] = {}
    for touch, weight in zip(case.touches, answer, strict=True):
        if weight:
            party = touch.partner_id
            if party in parties:
                parties[party] += weight
                earned[party].append(touch.id)
            else:
                parties[party] = weight
                earned[party] = [touch.id]
    weights = list(parties.values())
    # Money is rounded once per party; touches only divide what their party got.
    amounts = apportion_minor(minor, weights, total)
    ties = _ties(abs(minor), weights, total)
    deal, close, count = case.opportunity.id, case.closed_at, len(answer)
    deal_id = id_part(deal)
    # Asking for reasons costs more than weighing: only a touch that earned nothing can have been left out.
    excluded = _excluded(policy, case) if 0 in answer else ""
    credits = tuple(
        Credit(
            id=f"{deal_id}:{id_part(party)}",
            opportunity_id=deal,
            partner_id=party,
            amount=Money.from_minor(amount, currency),
            at=close,
            share=Fraction(weight, total),
            because=_because(weight, total, earned[party], count, words) + tie + excluded,
            policy=name,
            touch_ids=tuple(earned[party]),
        )
        for (party, weight), amount, tie in zip(parties.items(), amounts, ties, strict=True)
    )
    return Attribution(
        case=case,
        policy=policy,
        credits=credits,
        unattributed=Money.from_minor(0, currency),
        answer=answer,
    )


def _awarded(case: Case, policy: AttributionPolicy, name: str, words: str, award: Award) -> Attribution:
    """Credits for shares of the deal; parties in the order of their first touch that earned, else of their first."""
    minor, currency = _amount(case.opportunity)
    earned: dict[str, list[str]] = {}
    by_touch: dict[str, Fraction] = {}
    order: dict[str, int] = {}
    for index, (touch, share) in enumerate(zip(case.touches, award.touch_shares, strict=bool(award.touch_shares))):
        if share:
            party = touch.partner_id
            order.setdefault(party, index)
            by_touch[party] = by_touch.get(party, Fraction(0)) + share
            earned.setdefault(party, []).append(touch.id)
    for index, touch in enumerate(case.touches):
        order.setdefault(touch.partner_id, index)
    shares = by_touch | {
        party: share + by_touch.get(party, Fraction(0)) for party, share in award.shares.items() if share
    }
    # Those without a touch come last, by id.
    parties = sorted(shares, key=lambda party: (order.get(party, len(order) + len(case.touches)), party))
    # What is left takes part in the rounding like a party that comes last, so nobody's cent depends on it.
    rest = 1 - sum(shares.values(), Fraction(0))
    unit = lcm(rest.denominator, *(share.denominator for share in shares.values()))
    *amounts, unattributed = apportion_minor(
        minor, [*(int(shares[party] * unit) for party in parties), int(rest * unit)], unit
    )
    deal, count = case.opportunity.id, len(case.touches)
    deal_id = id_part(deal)
    excluded = _excluded(policy, case) if by_touch else ""

    def because(party: str) -> str:
        # Who has no touch that earned is here by the award's own share.
        if party not in by_touch:
            return award.because
        share = by_touch[party]
        touched = _because(share.numerator, share.denominator, earned[party], count, words) + excluded
        return f"{touched}; {award.because}".removesuffix("; ")

    credits = tuple(
        Credit(
            id=f"{deal_id}:{id_part(party)}",
            opportunity_id=deal,
            partner_id=party,
            amount=Money.from_minor(amount, currency),
            at=case.closed_at,
            share=shares[party],
            because=because(party),
            policy=name,
            touch_ids=tuple(earned.get(party, ())),
        )
        for party, amount in zip(parties, amounts, strict=True)
    )
    return Attribution(
        case=case, policy=policy, credits=credits, unattributed=Money.from_minor(unattributed, currency), answer=award
    )


def _amount(opportunity: Opportunity) -> tuple[int, str]:
    if opportunity.amount is None:
        raise InvalidValue("attribute(opportunity)", f"a deal with an amount; {opportunity.id} has none", None)
    return opportunity.amount.minor, opportunity.amount.currency


def id_part(part: str) -> str:
    """A part of an id whose parts stand between colons: its own colons and percent signs escaped, so none collide."""
    return part.replace("%", "%25").replace(":", "%3A") if ":" in part or "%" in part else part


def _because(weight: int, total: int, earned: Sequence[str], count: int, words: str) -> str:
    # Tenths of a percent in integers: a float would show other digits on other platforms.
    tenths = (2000 * weight + total) // (2 * total)
    # How many were looked at, beside how many earned: a party that sees fewer than it made will ask.
    touches = "1 touch" if count == 1 else f"{count} touches"
    return f"{tenths // 10}.{tenths % 10} % by {words}: {len(earned)} of {touches} ({', '.join(earned)})"


def _ties(minor: int, weights: Sequence[int], total: int) -> Sequence[str]:
    """For each party what the tie-break did to it: nothing, unless equal remainders met for the last minor units."""
    nothing = ("",) * len(weights)
    rests = [minor * weight % total for weight in weights]
    left = sum(rests) // total
    # The common case, decided without sorting: no unit is left over, or all remainders differ.
    if not left or len(set(rests)) == len(rests):
        return nothing
    # The smallest remainder that still won a unit; who has exactly that and got none lost by order alone.
    least = sorted(rests, reverse=True)[left - 1]
    winners = left - sum(rest > least for rest in rests)
    if rests.count(least) == winners:
        return nothing
    told: list[str] = []
    for rest in rests:
        tie = rest == least
        told.append((_TIE_WON if winners else _TIE_LOST) if tie else "")
        winners -= tie and winners > 0
    return told


_TIE_WON = "; a tie in rounding went to it, the earlier to touch"
_TIE_LOST = "; a tie in rounding went to a party that touched earlier"


def _excluded(policy: AttributionPolicy, case: Case) -> str:
    """Which touches a wrapper left out, and why; those that the model itself gives nothing are not excluded."""
    groups: dict[str, list[str]] = {}
    for touch, reason in zip(case.touches, reasons(policy, case), strict=True):
        if reason.startswith(LEFT_OUT):
            groups.setdefault(reason.removeprefix(LEFT_OUT), []).append(touch.id)
    told = [f"{_listed(ids)} ({why})" for why, ids in groups.items()]
    return f"; left out {', '.join(told)}" if told else ""


def _listed(ids: Sequence[str]) -> str:
    rest = len(ids) - SHOWN
    return f"{', '.join(ids[:SHOWN])} and {rest} more" if rest > 0 else ", ".join(ids)
