"""One deal from its lead to its close."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple

from partnerops._attrs import FrozenMap
from partnerops.entities import Account, Lead, LeadAssignment, Opportunity, OpportunityLine, StageChange
from partnerops.money import Money
from partnerops.testing._simulator.clock import day_of, days_after, local, moment, month_of, month_start
from partnerops.testing._simulator.partner import Actor
from partnerops.testing._simulator.source import Source
from partnerops.testing._simulator.tables import (
    ADVANCE,
    BUSINESSES,
    CHANNELS,
    CURRENCY,
    DAYS,
    EXTRAS,
    LEAD_REJECTIONS,
    LOST_REASONS,
    MADE_UP,
    MATURITY_BONUS,
    PIPELINE,
    RENEWAL,
    SEGMENTS,
    SOFTWARE,
    STATES,
    Product,
)
from partnerops.testing._simulator.world import World
from partnerops.testing._truth import DealTruth


class Life(NamedTuple):
    """How a deal goes, from its hidden chances to its close."""

    advances: dict[str, int]
    """Open stage -> chance to leave it forwards, per mille."""
    entries: list[tuple[str, datetime]]
    """Open stages reached, each with the moment."""
    closes_at: datetime
    won: bool


class Sale(NamedTuple):
    """A deal with what its surroundings need to know about it."""

    deal: Opportunity
    actor: Actor
    lead_at: datetime
    """First sign of interest."""
    life: Life
    renewal: bool
    routed: bool
    """Whether the vendor's own marketing found the customer and handed it to the partner."""


def begin(world: World, actor: Actor, month: int) -> Sale | None:
    """A lead; and the deal that it becomes, if it becomes one."""
    actor.leads += 1
    id = f"L{actor.number:03}-{actor.leads:03}"
    source = world.source("lead", id)
    # Every month has 28 days; and who signs in the middle of one brings nothing before.
    day = max(days_after(month_start(month), source.below(28)), actor.signed_on)
    at = moment(day, source, 8, 21)
    # Only partners that proved themselves are given the vendor's own leads. The customer is of direct origin and the
    # seller a partner: what attribution and quotas quarrel about.
    routed = actor.kind.registers and actor.stage in ("acceleration", "maturity") and source.chance(150)
    account_id, motion = _customer(world, actor, source, at, routed=routed)
    lead = Lead(
        id=id,
        created_at=at,
        origin="direct" if routed else actor.kind.origin,
        channel=source.weighted(CHANNELS) if routed or actor.number == 0 else actor.kind.touch,
        partner_id="direct" if routed else actor.id,
        account_id=account_id,
        owner_id=actor.owner_id,
    )
    if routed:
        world.add("assignments", _hand_over(lead, actor, source))
    # Some stay open for good: a lead that nobody answered is neither accepted nor refused.
    fate = source.weighted((("converted", 680), ("rejected", 260), ("open", 60)))
    if fate == "open":
        world.add("leads", lead)
        return None
    # One to five days, and six to fourteen below: a lead is accepted before it becomes a deal, whatever is drawn.
    accepted_at = moment(days_after(day, source.between(1, 5)), source)
    if fate == "rejected":
        reason = source.pick(LEAD_REJECTIONS)
        world.add("leads", lead.replace(rejected_at=accepted_at, reject_reason=reason))
        return None
    opens_on = days_after(day, source.between(6, 14))
    sale = negotiate(world, actor, account_id, opens_on, lead_at=at, motion=motion, routed=routed)
    converted = {"accepted_at": accepted_at, "converted_at": sale.deal.created_at, "opportunity_id": sale.deal.id}
    world.add("leads", lead.replace(**converted))
    return sale


def _customer(world: World, actor: Actor, source: Source, at: datetime, *, routed: bool) -> tuple[str, str]:
    """Somebody who has bought before, or a new company; with the motion."""
    if actor.customers and source.chance(280):
        account_id, since = source.pick(actor.customers)
        # Deals are drawn to their end at once, so some of these customers buy for the first time later than this
        # lead.
        if since < day_of(at):
            return account_id, source.pick(("expansion", "cross_sell"))
    number = len(world.facts["accounts"]) + 1
    # Partners sell where they are, mostly; the rest makes rules by region bite.
    (state, region) = (actor.state, actor.region) if source.chance(700) else source.weighted(STATES)
    account = Account(
        id=f"A{actor.number:03}-{actor.leads:03}",
        # Numbered, so that no two companies share a name: duplicates are for adapters' tests, not for this programme.
        name=f"{source.pick(BUSINESSES)} {source.pick(MADE_UP)} {number:04}",
        domain=f"cliente-{number:04}.example",
        tax_id=invented_cnpj(number),
        segment=source.weighted(SEGMENTS),
        region=region,
        origin="direct" if routed else actor.kind.origin,
        originated_by="direct" if routed else actor.id,
        created_at=at,
        custom={"state": state},
    )
    world.add("accounts", account)
    return account.id, "new"


def invented_cnpj(number: int) -> str:
    """A register number of the right shape whose check digits are wrong on purpose, so that it is nobody's."""
    digits = [int(one) for one in f"{number:08}0001"]
    for _ in range(2):
        # Weights 2 to 9 from the right, modulo 11, as the register defines its two check digits.
        weights = [(len(digits) - 1 - index) % 8 + 2 for index in range(len(digits))]
        rest = sum(map(int.__mul__, digits, weights)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    # One more than the right digits: every validator refuses it, and none of these numbers is anybody's.
    wrong = (digits[-2] * 10 + digits[-1] + 1) % 100
    text = f"{number:08}"
    return f"{text[:2]}.{text[2:5]}.{text[5:]}/0001-{wrong:02}"


def _hand_over(lead: Lead, actor: Actor, source: Source) -> LeadAssignment:
    at = moment(days_after(day_of(lead.created_at), 1), source, 9, 11)
    # In the afternoon, since leads are handed over in the morning: an answer of the same day comes after.
    answer = local(days_after(day_of(at), source.between(0, 2)), source.between(12, 18))
    return LeadAssignment(id=f"H{lead.id[1:]}", lead_id=lead.id, partner_id=actor.id, at=at, accepted_at=answer)


# --- the deal itself --------------------------------------------------------------------------------------------------


def negotiate(
    world: World,
    actor: Actor,
    account_id: str,
    opens_on: date,
    *,
    lead_at: datetime | None = None,
    motion: str = "renewal",
    routed: bool = False,
    product: int | None = None,
) -> Sale:
    """A deal and its whole life, drawn at once; what lies after the programme's end is cut off later."""
    actor.deals += 1
    id = f"D{actor.number:03}-{actor.deals:03}"
    # By the deal's own id: what one deal draws shifts no other, however many come or go beside it.
    source = world.source("deal", id)
    renewal = product is not None
    life = live(source, actor, moment(opens_on, source), renewal=renewal)
    sold, listed = _lines(source, actor, motion, product)
    deal = _record(id, actor, source, life, sold=sold, listed=listed).replace(
        origin="direct" if routed else actor.kind.origin, account_id=account_id
    )
    world.add("opportunities", deal)
    world.truths.append(
        DealTruth(
            opportunity_id=id,
            advances=FrozenMap({stage: Fraction(chance, 1000) for stage, chance in life.advances.items()}),
            outcome=deal.status.value,
            closes_at=life.closes_at,
        )
    )
    if life.won and deal.amount is not None:
        month = month_of(day_of(life.closes_at))
        actor.sales[month] = actor.sales.get(month, 0) + deal.amount.minor
        actor.customers.append((account_id, day_of(life.closes_at)))
    return Sale(deal, actor, lead_at or deal.created_at, life, renewal, routed)


def live(source: Source, actor: Actor, opened_at: datetime, *, renewal: bool) -> Life:
    """Stage by stage: a fixed chance to go on, and some days in each."""
    base = RENEWAL if renewal else ADVANCE
    # A renewal hangs on the product, not on who asks.
    bonus = 1000 if renewal else actor.skill * MATURITY_BONUS[actor.stage] // 1000
    # Held within 5 and 98 %: a chance of 0 or 1 leaves nothing to forecast, and a logarithmic score without bound.
    advances = {stage: max(50, min(980, base[stage] * bonus // 1000)) for stage in PIPELINE}
    entries = [(PIPELINE[0], opened_at)]
    day = day_of(opened_at)
    for stage, following in zip(PIPELINE, (*PIPELINE[1:], "won"), strict=True):
        low, high = DAYS[stage]
        # At least one day in each stage, so that changes of stage never share their moment.
        entered, day = day, days_after(day, 1 + source.between(low, high) * actor.kind.cycle // 1000)
        if not source.chance(advances[stage]):
            return Life(advances, entries, moment(day, source), won=False)
        if following != "won":
            entries.append((following, moment(day, source)))
        else:
            day = _by_quarters_end(source, day, days_after(entered, 1))
    return Life(advances, entries, moment(day, source, 10, 20), won=True)


def _by_quarters_end(source: Source, day: date, earliest: date) -> date:
    """Many wins of a quarter's last month, and some of the next one's first days, are signed in its last week."""
    month = month_of(day)
    # Pulled forward or held back to the quarter's end: a bump that a constant rate by day misses, and a calendar
    # phase sees.
    if month % 3 == 2 and source.chance(450):
        return max(earliest, days_after(month_start(month + 1), -source.between(1, 7)))
    if month % 3 == 0 and day.day <= 12 and source.chance(500):
        return max(earliest, days_after(month_start(month), -source.between(1, 5)))
    return day


Lines = tuple[OpportunityLine, ...]


def _lines(source: Source, actor: Actor, motion: str, product: int | None) -> tuple[Lines, Lines]:
    """The lines as sold, and as first listed, before the discount."""
    main = SOFTWARE[source.below(len(SOFTWARE)) if product is None else product]
    chosen = [main]
    # A renewal renews what runs; hardware and projects are sold with something new.
    if product is None and source.chance(450):
        chosen.append(source.pick(EXTRAS))
    discount = source.pick((0, 0, 50, 100, 150))
    listed = tuple(_line(source, actor, one, motion) for one in chosen)
    # Discounts are whole centavos: amounts need no rounding rule of their own.
    sold = tuple(line.replace(amount=_part(line.amount, 1000 - discount)) for line in listed)
    return sold, listed


def _line(source: Source, actor: Actor, product: Product, motion: str) -> OpportunityLine:
    # Small kinds of partner sell a third of the usual number, and a third of one is no deal.
    units = max(1, source.between(*product.units) * actor.kind.size // 1000)
    term = source.pick(product.terms) if product.terms else None
    # The whole term is the booking; what a month brings follows from it and the term.
    minor = product.price * units * (term or 1)
    return OpportunityLine(
        product=product.code,
        amount=Money.from_minor(minor, CURRENCY),
        revenue="one_off" if term is None else "recurring",
        term_months=term,
        motion=motion,
        category=product.category,
        cost=Money.from_minor(minor * product.cost // 1000, CURRENCY),
    )


def _part(money: Money, per_mille: int) -> Money:
    return Money.from_minor(money.minor * per_mille // 1000, money.currency)


def _record(id: str, actor: Actor, source: Source, life: Life, *, sold: Lines, listed: Lines) -> Opportunity:
    """The opportunity as it stands after its whole life."""
    amount, price = (Money.total([line.amount for line in some]) for some in (sold, listed))
    # A round hundred, up to 30 % off: first amounts are guesses, and forecasts have to live with them.
    guess = Money.from_minor(price.minor * source.between(70, 130) // 100 // 10_000 * 10_000 + 10_000, CURRENCY)
    amounts = {"qualified": guess, "proposal": price, "negotiation": amount}
    history = [
        StageChange(stage=stage, at=at, amount=amounts[stage], expected_close=_expected(source, at, stage, actor))
        for stage, at in life.entries
    ]
    outcome = "won" if life.won else "lost"
    # A lost deal keeps the amount of the stage it died in; a won one is worth what its lines say.
    last = amount if life.won else history[-1].amount
    closed_on = day_of(life.closes_at)
    history.append(StageChange(stage=outcome, status=outcome, at=life.closes_at, amount=last, expected_close=closed_on))
    return Opportunity(
        id=id,
        stage=outcome,
        status=outcome,
        created_at=life.entries[0][1],
        closed_at=life.closes_at,
        amount=last,
        expected_close=closed_on,
        partner_id=actor.id,
        # Partners have one account manager; the vendor's own deals belong to four sellers who are nobody's manager.
        owner_id=actor.owner_id if actor.number else f"exec-{source.between(9, 12):02}",
        name=f"{sold[0].product} {id}",
        # Lines are the booking: of a deal that was not won there is none.
        lines=sold if life.won else (),
        history=tuple(history),
        cost=Money.total([line.cost for line in sold if line.cost is not None]) if life.won else None,
        lost_reason=None if life.won else source.pick(LOST_REASONS[life.entries[-1][0]]),
        documents=("contrato-assinado", "nota-fiscal") if life.won else (),
    )


def _expected(source: Source, at: datetime, stage: str, actor: Actor) -> date:
    """What the seller hopes: too early more often than too late."""
    left = PIPELINE[PIPELINE.index(stage) :]
    # Fewest and most of each stage halved is its mean; hopes run from three fifths of that to a fifth above.
    usual = sum(sum(DAYS[one]) for one in left) // 2 * actor.kind.cycle // 1000
    return days_after(day_of(at), 3 + usual * source.between(60, 120) // 100)
