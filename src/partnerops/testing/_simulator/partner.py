"""Partners as the simulator knows them: hidden traits, what they have sold, and the stage they are truly in."""

from __future__ import annotations

from datetime import date
from typing import Final

from attrs import Factory, define

from partnerops.entities import Partner, PartnerContact
from partnerops.testing._simulator.clock import START, days_after, month_start
from partnerops.testing._simulator.source import Source
from partnerops.testing._simulator.tables import (
    DIRECT_KIND,
    FIRST_WAVE,
    KINDS,
    LEADS,
    MADE_UP,
    MATURE,
    RESELLER,
    SEGMENTS,
    STATES,
    TRADES,
    Kind,
)
from partnerops.typing import DIRECT


@define
class Actor:
    """A partner, or the vendor's own team, while the programme runs."""

    number: int
    """1, 2, 3, ... and 0 for the vendor's own team."""
    id: str
    name: str
    kind: Kind
    state: str
    region: str
    segment: str
    owner_id: str
    skill: int
    """Chances of its deals beside the usual ones, per mille."""
    recruited_on: date
    signed_on: date
    onboarded_on: date | None
    """None for a partner that signs and never starts."""
    parent_id: str | None = None
    recruited_by: str | None = None
    suspended_on: date | None = None
    """Nothing happens from then on; the agreement ends two months later."""
    stage: str = "start"
    engaged: bool = True
    idle_months: int = 0
    tier_at: int | None = None
    """Where its running tier membership stands among all of them."""
    deals: int = 0
    """Deals so far, open or not: numbers the next one."""
    leads: int = 0
    sales: dict[int, int] = Factory(dict[int, int])
    """Month -> centavos won in it, those months too that are yet to come."""
    customers: list[tuple[str, date]] = Factory(list[tuple[str, date]])
    """Accounts won, with the day."""
    renewals: dict[int, list[tuple[str, date, int]]] = Factory(dict[int, list[tuple[str, date, int]]])
    """Month -> accounts whose contract runs out soon, with its last day and its product's number."""

    def is_signed(self, on: date) -> bool:
        """Whether an agreement runs that day."""
        return self.signed_on <= on and (self.suspended_on is None or on < self.suspended_on)

    def revenue(self, month: int) -> int:
        """Centavos won in the twelve months that end with *month*."""
        return sum(self.sales.get(month - back, 0) for back in range(12))


def house() -> Actor:
    """The vendor's own team."""
    return Actor(
        number=0,
        id=DIRECT,
        name="",
        kind=DIRECT_KIND,
        state="SP",
        region="Sudeste",
        segment="",
        owner_id="exec-00",
        skill=1000,
        recruited_on=START,
        signed_on=START,
        onboarded_on=START,
        stage="acceleration",
    )


def recruit(seed: int, number: int) -> Actor:
    """The partner of that number; half of them come in its first weeks."""
    source = Source(seed, "partner", number)
    # The first is always a reseller that starts: even a programme of one partner has something to attribute.
    kind = source.weighted([(kind, kind.weight) for kind in KINDS]) if number > 1 else RESELLER
    state, region = source.weighted(STATES)
    # Most at the start, so that a year already holds partners with a year behind them; the rest trickle in and make
    # young cohorts, which reports have to flag.
    first_day = source.below(45) if source.chance(550) else source.between(45, 400)
    recruited_on = days_after(START, first_day)
    # More than half sign within 30 days of the first contact, as recruitment funnels of real programmes do.
    signed_on = days_after(recruited_on, source.between(5, 50))
    # Within the 90 days that policies allow by default: who starts at all is not late.
    onboarding = source.between(15, 75)
    return Actor(
        number=number,
        id=f"p{number:03}",
        name=f"{source.pick(MADE_UP)} {source.pick(TRADES)} {number:03}",
        kind=kind,
        state=state,
        region=region,
        segment=source.weighted(SEGMENTS),
        owner_id=f"exec-{source.between(1, 8):02}",
        # Enough to tell partners apart over a hundred deals, too little to be seen in ten: win rates need shrinking.
        skill=source.between(850, 1150),
        recruited_on=recruited_on,
        signed_on=signed_on,
        onboarded_on=None if source.chance(130) and number > 1 else days_after(signed_on, onboarding),
    )


def relate(seed: int, actors: list[Actor]) -> None:
    """Put resellers under a distributor, and name who recruited whom."""
    distributors = [actor for actor in actors if actor.kind.name == "distributor"]
    for actor in actors:
        source = Source(seed, "relations", actor.number)
        # Only those before it: parents that ran in a circle would be refused by every reader.
        above = [one for one in distributors if one.number < actor.number]
        if actor.kind is RESELLER and above and source.chance(300):
            actor.parent_id = source.pick(above).id
        if source.chance(100):
            # Associations and earlier partners recruit too, as the framework asks of its last stage.
            actor.recruited_by = "associacao-exemplo"
        elif actor.number > 2 and source.chance(120):
            actor.recruited_by = actors[source.below(actor.number - 1)].id


def as_noun(actor: Actor) -> Partner:
    """The partner as a record; who leaves is suspended two months before."""
    return Partner(
        id=actor.id,
        name=actor.name,
        type=actor.kind.name,
        recruited_on=actor.recruited_on,
        signed_on=actor.signed_on,
        suspended_on=actor.suspended_on,
        ended_on=None if actor.suspended_on is None else days_after(actor.suspended_on, 60),
        owner_id=actor.owner_id,
        parent_id=actor.parent_id,
        recruited_by=actor.recruited_by,
        region=actor.region,
        segment=actor.segment,
        custom={"state": actor.state},
    )


def contacts(actor: Actor) -> list[PartnerContact]:
    """The partner's people; an affiliate has one."""
    # Who sells deals itself needs somebody for each of these; the gap in coverage is a check that users make.
    roles = ("sales", "technical", "finance") if actor.kind.registers else ("sales",)
    return [
        PartnerContact(id=f"{actor.id}-k{index}", partner_id=actor.id, side="partner", role=role)
        for index, role in enumerate(roles, 1)
    ]


# --- how a partner develops -------------------------------------------------------------------------------------------

# Habits hold: falling silent is six times as likely before the first sale as in maturity. Over a year that is two
# partners in three of the first stage, and one in six of the last.
_DISENGAGES: Final = {"start": 90, "traction": 50, "acceleration": 30, "maturity": 15}
"""How likely a partner falls silent in a month, per mille."""


def develop(actor: Actor, month: int, source: Source) -> None:
    """Whether the partner is engaged this month, decided before anything happens in it."""
    start = month_start(month)
    # Before signing there is nothing to lose, and after the suspension nothing to come back to.
    if not actor.is_signed(start):
        return
    if actor.engaged:
        actor.engaged = not source.chance(_DISENGAGES[actor.stage])
        actor.idle_months = 0
        return
    actor.idle_months += 1
    # A silence of five or six months on average: long enough for every status from cooling to lost.
    actor.engaged = source.chance(180)
    # Nobody ends an agreement over one quiet quarter.
    if not actor.engaged and actor.idle_months >= 6 and source.chance(200):
        actor.suspended_on = days_after(start, source.below(28))


def grow(actor: Actor, month: int, source: Source) -> None:
    """The true stage at the end of a month, from what has happened by then."""
    end = month_start(month + 1)
    ready = source.chance(600)  # drawn every month, so that one stage's draw never shifts another's
    if actor.stage == "start":
        if actor.onboarded_on is not None and actor.onboarded_on < end:
            actor.stage = "traction"
    elif actor.stage == "traction":
        if _first_wave(actor, month):
            actor.stage = "acceleration"
    elif actor.stage == "acceleration":
        if ready and _mature(actor, month):
            actor.stage = "maturity"
    # The only way down. Revenue that dips is no other partner yet, and hysteresis is judged by whether it knows that.
    elif _quarters_won(actor, month) < 2:
        actor.stage = "acceleration"


def _first_wave(actor: Actor, month: int) -> bool:
    # `sales` holds months to come as well: a deal is drawn to its end when it opens.
    return sum(sold <= month for sold in actor.sales) >= 2 or actor.revenue(month) >= FIRST_WAVE


def _quarters_won(actor: Actor, month: int) -> int:
    """In how many of the last four quarters of a year something was sold."""
    # Counted back from this month, as signals do, not by the quarters of the calendar.
    return len({back // 3 for back in range(12) if month - back in actor.sales})


def _mature(actor: Actor, month: int) -> bool:
    return (
        month - min(actor.sales, default=month) >= 12
        and _quarters_won(actor, month) >= 3
        and actor.revenue(month) >= MATURE
    )


def pace(actor: Actor, month: int, season: int) -> int:
    """Leads that the partner brings this month, per mille."""
    if not actor.engaged or not actor.is_signed(month_start(month)):
        return 0
    # Whole per mille at each step: a float could round otherwise on another platform.
    return LEADS[actor.stage] * actor.kind.pace // 1000 * season // 1000
