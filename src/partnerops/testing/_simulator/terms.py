"""What the vendor sets and spends: agreements, tiers, targets, exceptions and costs."""

from __future__ import annotations

from datetime import date

from partnerops.entities import Agreement, PolicyException, ProgramCost, Target, TierMembership
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.testing._simulator.clock import days_after, local, month_of, month_start, months_later
from partnerops.testing._simulator.partner import Actor
from partnerops.testing._simulator.tables import CURRENCY, TIERS
from partnerops.testing._simulator.world import World


def tier_of(actor: Actor, month: int) -> str:
    """The best tier that the revenue of twelve months pays for."""
    revenue = actor.revenue(month)
    return next(name for name, floor in TIERS if revenue >= floor)


def agree(world: World, actor: Actor, month: int) -> None:
    """A year's agreement when the partner signs, and another each year after; gold partners get a better plan."""
    years, rest = divmod(month - month_of(actor.signed_on), 12)
    start = months_later(actor.signed_on, 12 * years)
    if rest or not actor.is_signed(start):
        return
    # By finished months: the month at hand is not over, and a plan may not hang on what it will bring.
    gold = years > 0 and tier_of(actor, month - 1) == "gold"
    world.add(
        "agreements",
        Agreement(
            id=f"{actor.id}-B{years + 1}",
            partner_id=actor.id,
            plan_id=f"{'channel' if actor.kind.registers else 'referral'}-{'gold' if gold else 'standard'}",
            effective_from=start,
            effective_to=months_later(actor.signed_on, 12 * years + 12),
            clause=f"4.{years + 1}",
            signed_on=start,
            documents=("contrato",),
        ),
    )


def rank(world: World, actor: Actor, month: int) -> None:
    """The tier, looked at when a quarter starts; a change ends the old membership that day."""
    today = month_start(month)
    if not actor.is_signed(today):
        return
    tier = tier_of(actor, month - 1)
    ranks = world.facts["tiers"]
    if actor.tier_at is not None:
        last = ranks[actor.tier_at]
        if not isinstance(last, TierMembership) or last.tier == tier:
            return
        # Days are half-open: the old tier ends on the day on which the new one begins, and neither gap nor overlap is
        # left.
        ranks[actor.tier_at] = last.replace(effective_to=today)
    actor.tier_at = len(ranks)
    world.add(
        "tiers",
        TierMembership(
            id=f"{actor.id}-N{month:02}",
            partner_id=actor.id,
            tier=tier,
            effective_from=today,
            reason="revenue of the last twelve months",
        ),
    )


def aim(world: World, month: int) -> dict[str, str]:
    """
    The quarter's targets: one for each signed partner and one for the vendor's team, which sum to the programme's.

    Gives partner -> id of its target.
    """
    today = month_start(month)
    period = Period(today, month_start(month + 3))
    signed = [actor for actor in (world.house, *world.actors) if actor.is_signed(today)]
    label = f"{today.year}-Q{today.month // 3 + 1}"
    # A tenth more than the mean quarter of the last year, in steps of 1,100 reais: goals are round, and move once a
    # quarter.
    goals = {actor.id: max(_LEAST, actor.revenue(month - 1) // 4 // 100_000 * 110_000) for actor in signed}
    whole = f"Q-{label}"
    # The whole is the sum of its parts, as cascades of goals are checked for.
    world.add("targets", _target(whole, "programme", sum(goals.values()), period, None))
    world.add("targets", *(_target(f"{whole}-{owner}", owner, goals[owner], period, whole) for owner in goals))
    return {owner: f"{whole}-{owner}" for owner in goals}


_LEAST = 1_000_000
"""Nobody is asked for less in a quarter, in centavos."""


def _target(id: str, owner_id: str, minor: int, period: Period, parent_id: str | None) -> Target:
    return Target(
        id=id,
        owner_id=owner_id,
        metric="won_revenue",
        period=period,
        value=Money.from_minor(minor, CURRENCY),
        parent_id=parent_id,
        # On the first morning of the quarter: no goal is known before.
        recorded_at=local(period.start, 9),
    )


def spend(world: World, month: int) -> None:
    """What the programme and the vendor's own marketing cost in a month."""
    source = world.source("costs", month)
    first = month_start(month)
    size = len(world.actors)
    for category, origin, base, each in (
        # What it costs to be there, and what each partner adds; by origin, so that a customer's cost can be told by
        # route.
        ("staff", "partner", 1_200_000, 30_000),
        ("tooling", "partner", 180_000, 2_500),
        ("marketing", "direct", 400_000, 20_000),
        ("sales", "direct", 900_000, 25_000),
    ):
        # A little above plan more often than below.
        minor = (base + each * size) * source.between(90, 115) // 100
        _cost(world, category, minor, days_after(first, source.below(28)), origin)
    for actor in world.actors:
        if month_of(actor.recruited_on) == month:
            _cost(
                world,
                "recruitment",
                source.between(80_000, 400_000),
                actor.recruited_on,
                "partner",
                partner_id=actor.id,
            )
        # Market funds go to those that sell.
        elif actor.stage in ("acceleration", "maturity") and source.chance(120):
            day = days_after(first, source.below(28))
            _cost(world, "mdf", source.between(50_000, 300_000), day, "partner", partner_id=actor.id)


def _cost(world: World, category: str, minor: int, on: date, origin: str, *, partner_id: str | None = None) -> None:
    world.add(
        "costs",
        ProgramCost(
            id=f"G{month_of(on):02}-{partner_id or category}",
            amount=Money.from_minor(minor, CURRENCY),
            incurred_on=on,
            category=category,
            partner_id=partner_id,
            origin=origin,
        ),
    )


def except_(world: World, actor: Actor, month: int) -> None:
    """Now and then a partner gets a better rate for a quarter."""
    source = world.source("exception", actor.id, month)
    # About one seller in five in a year: the share of exceptions that a compliance report is there to watch.
    if actor.stage not in ("acceleration", "maturity") or not source.chance(20):
        return
    start = days_after(month_start(month), source.below(28))
    world.add(
        "exceptions",
        PolicyException(
            id=f"{actor.id}-E{month:02}",
            scope=actor.id,
            parameter="rate",
            old="0.10",
            new="0.12",
            reason="launch campaign",
            requested_by=actor.owner_id,
            # Never whoever asked for it.
            approved_by="comite-de-canais",
            effective_from=start,
            effective_to=months_later(start, 3),
        ),
    )
