"""What surrounds a deal: touches, registrations, parts of other partners, and a quarrel now and then."""

from __future__ import annotations

from datetime import datetime

from partnerops.entities import DealRegistration, Dispute, PartnerInvolvement, Touchpoint
from partnerops.testing._simulator.clock import day_of, days_after, local, moment
from partnerops.testing._simulator.deal import Sale
from partnerops.testing._simulator.partner import Actor
from partnerops.testing._simulator.source import Source
from partnerops.testing._simulator.tables import CHANNELS, REGISTRATION_REJECTIONS
from partnerops.testing._simulator.world import World
from partnerops.typing import DIRECT


def surround(world: World, sale: Sale) -> None:
    """Everything that happens beside the deal itself."""
    source = world.source("around", sale.deal.id)
    # About one deal in six has a second partner in it, if one has time: enough for overlaps, splits and quarrels.
    helper = world.another(source, sale.actor, day_of(sale.deal.created_at)) if source.chance(180) else None
    _touch(world, sale, source, helper)
    if sale.actor.number:
        _take_part(world, sale, source, helper)
    # A renewal is no new opportunity to protect.
    if sale.actor.kind.registers and not sale.renewal:
        _register(world, sale, source)
    # Nobody quarrels about a deal that was lost.
    if helper is not None and sale.life.won and source.chance(150):
        _quarrel(world, sale, source, helper)


# --- touches ----------------------------------------------------------------------------------------------------------


def _touch(world: World, sale: Sale, source: Source, helper: Actor | None) -> None:
    deal, actor = sale.deal, sale.actor
    count = 0

    def add(party: str, at: datetime, kind: str, team: str, **more: str | datetime | None) -> None:
        nonlocal count
        count += 1
        # No touch of a deal can be on record before the deal is.
        known = {"recorded_at": deal.created_at} if at < deal.created_at else {}
        touch = Touchpoint(
            id=f"{deal.id}-T{count}", partner_id=party, at=at, kind=kind, team=team, opportunity_id=deal.id
        )
        world.add("touchpoints", touch.replace(account_id=deal.account_id, **{**known, **more}))

    # The vendor made the first step where it sells itself and where it handed its lead to a partner.
    ours = not actor.number or sale.routed
    if sale.renewal:
        add(actor.id, sale.lead_at, "call", "sales" if ours else "partner")
    elif ours:
        add(DIRECT, sale.lead_at, "campaign", "marketing", channel=source.weighted(CHANNELS), role="sourcer")
    else:
        add(actor.id, sale.lead_at, actor.kind.touch, "partner", role="sourcer", campaign=_campaign(actor, source))
    # The vendor's campaigns reach partners' customers as well: influence beside a sourced deal.
    if source.chance(300) and not ours:
        day = days_after(day_of(deal.created_at), source.between(0, 12))
        add(DIRECT, moment(day, source, 7, 22), "campaign", "marketing", channel=source.weighted(CHANNELS))
    # Whoever only refers leaves the selling to the vendor.
    sells = actor.id if actor.kind.registers else DIRECT
    for stage, entered in sale.life.entries:
        for _ in range(source.between(0, 2)):
            day = days_after(day_of(entered), source.between(0, 4))
            party = DIRECT if source.chance(200) else sells
            # Not before the stage that it belongs to began.
            at = max(entered, moment(day, source))
            # A partner's touch may reach the vendor's systems days later.
            late = {"recorded_at": moment(days_after(day, 3), source)} if party != DIRECT and source.chance(80) else {}
            kind = source.pick(_KINDS[stage])
            add(party, at, kind, "sales" if party == DIRECT else "partner", channel=_CHANNELS[kind], **late)
    if helper is not None:
        day = days_after(day_of(sale.life.entries[-1][1]), source.between(0, 3))
        add(helper.id, moment(day, source), "technical_support", "partner", role="influencer")
    # Touches after the close exist too, and no policy may count them.
    if sale.life.won and source.chance(120):
        after = days_after(day_of(sale.life.closes_at), source.between(2, 20))
        add(sells, moment(after, source), "kickoff", "customer_success", role="implementer")


_KINDS = {
    "qualified": ("call", "meeting"),
    "proposal": ("demo", "meeting"),
    "negotiation": ("meeting", "proposal_review"),
}
_CHANNELS = {"call": "phone", "meeting": "in_person", "demo": "video", "proposal_review": "email"}


def _campaign(actor: Actor, source: Source) -> str | None:
    return None if actor.kind.registers else f"campanha-{source.between(1, 6):02}"


# --- parts ------------------------------------------------------------------------------------------------------------

_HELP = {
    # Percent. Only the last two stages pass the half without help that maturity takes by default.
    "start": (("none", 10), ("light", 30), ("full", 60)),
    "traction": (("none", 25), ("light", 35), ("full", 40)),
    "acceleration": (("none", 64), ("light", 26), ("full", 10)),
    "maturity": (("none", 80), ("light", 16), ("full", 4)),
}
"""How much the vendor helps partners of each stage."""


def _take_part(world: World, sale: Sale, source: Source, helper: Actor | None) -> None:
    deal, actor = sale.deal, sale.actor
    world.add(
        "involvements",
        PartnerInvolvement(
            id=f"{deal.id}-I1",
            opportunity_id=deal.id,
            partner_id=actor.id,
            # A lead that was handed over was not sourced by the partner, and must not be counted so.
            role="resold" if sale.routed else "sourced",
            at=deal.created_at,
            stage="qualified",
            primary=True,
            assistance=source.weighted(_HELP[actor.stage]),
        ),
    )
    if helper is not None:
        stage, entered = sale.life.entries[-1]
        world.add(
            "involvements",
            PartnerInvolvement(
                id=f"{deal.id}-I2",
                opportunity_id=deal.id,
                partner_id=helper.id,
                role="influenced",
                at=entered,
                stage=stage,
                assistance="none",
            ),
        )


# --- registrations ----------------------------------------------------------------------------------------------------


def _register(world: World, sale: Sale, source: Source) -> None:
    """The partner's registration, and sometimes another partner's of the same deal."""
    if sale.routed or not source.chance(_REGISTERS[sale.actor.stage]):
        return
    # After the deal was opened: a partner registers what it has found, and some are quicker than others.
    filed = moment(days_after(day_of(sale.deal.created_at), source.between(1, 6)), source)
    first = _answered(sale, source, _filed(sale, sale.actor, filed, 1))
    if first is None:
        return
    world.add("registrations", first)
    # Most second filings are refused; one in four is left open, so that first-to-file has something to decide.
    rival = world.another(source, sale.actor, day_of(filed)) if source.chance(120) else None
    if rival is not None:
        at = moment(days_after(day_of(filed), source.between(1, 20)), source)
        second = _filed(sale, rival, at, 2)
        if source.chance(750):
            answer = moment(days_after(day_of(at), source.between(1, 6)), source)
            reason = "already registered by another partner"
            second = second.replace(status="rejected", decided_at=answer, reject_reason=reason)
        world.add("registrations", second)


# Whoever has learnt why it pays registers most; later a partner knows which deals need it.
_REGISTERS = {"start": 400, "traction": 850, "acceleration": 750, "maturity": 700}
"""How often partners of each stage register a deal."""


def _filed(sale: Sale, actor: Actor, at: datetime, number: int) -> DealRegistration:
    # Of the deal's first stage: nobody knows more when a registration is filed.
    first_guess = sale.deal.history[0].amount
    return DealRegistration(
        id=f"{sale.deal.id}-R{number}",
        partner_id=actor.id,
        submitted_at=at,
        opportunity_id=sale.deal.id,
        account_id=sale.deal.account_id,
        stage="qualified",
        amount=first_guess,
    )


def _answered(sale: Sale, source: Source, filed: DealRegistration) -> DealRegistration | None:
    """The registration with the vendor's answer and its end; None if the deal was over before it was filed."""
    if filed.submitted_at >= sale.life.closes_at:
        return None
    day = day_of(filed.submitted_at)
    answer = moment(days_after(day, source.between(1, 6)), source)
    fate = source.weighted((("approved", 840), ("rejected", 110), ("withdrawn", 30), ("submitted", 20)))
    if fate == "submitted":
        return filed
    if fate == "withdrawn":
        return filed.replace(status="withdrawn", ended_at=answer)
    if fate == "rejected":
        reason = source.pick(REGISTRATION_REJECTIONS)
        return filed.replace(status="rejected", decided_at=answer, reject_reason=reason)
    # Sixty and ninety days are what programmes publish, ninety the commoner.
    until = local(days_after(day_of(answer), source.pick((60, 90, 90))), 0)
    # As it ends; seen from a day before that, a record shows itself still approved.
    approved = filed.replace(status="expired", decided_at=answer, protected_until=until)
    # Protection counts for a win within it; a later win is won without.
    if sale.life.won and answer <= sale.life.closes_at < until:
        return approved.replace(status="converted", ended_at=sale.life.closes_at)
    return approved


# --- quarrels ---------------------------------------------------------------------------------------------------------


def _quarrel(world: World, sale: Sale, source: Source, helper: Actor) -> None:
    at = moment(days_after(day_of(sale.life.closes_at), source.between(2, 15)), source)
    # Fifths: both get something, and the two shares sum to the deal exactly.
    mine = source.pick((1, 2, 3, 4))
    world.add(
        "disputes",
        Dispute(
            id=f"{sale.deal.id}-W",
            opportunity_id=sale.deal.id,
            at=at,
            parties=(sale.actor.id, helper.id),
            claim="both say that the customer is theirs",
            status="resolved",
            decided_at=moment(days_after(day_of(at), source.between(10, 40)), source),
            decided_by="comite-de-canais",
            shares={sale.actor.id: f"{mine}/5", helper.id: f"{5 - mine}/5"},
            reason="by the work that each has shown",
        ),
    )
