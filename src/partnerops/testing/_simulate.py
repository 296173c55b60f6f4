"""The simulator's one verb; see `simulate`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast

from partnerops._arguments import check_int
from partnerops._attrs import FrozenMap
from partnerops.dataset import Dataset
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.testing._simulator.around import surround
from partnerops.testing._simulator.cash import collect
from partnerops.testing._simulator.clock import day_of, days_after, last_instant, month_of, month_start
from partnerops.testing._simulator.deal import Sale, begin, negotiate
from partnerops.testing._simulator.engagement import act, answer, certify, onboard, plan
from partnerops.testing._simulator.partner import Actor, as_noun, contacts, develop, grow, house, pace, recruit, relate
from partnerops.testing._simulator.tables import CURRENCY, FIRST_WAVE, LEADS, MATURE, SEASON
from partnerops.testing._simulator.terms import agree, aim, except_, rank, spend
from partnerops.testing._simulator.world import World
from partnerops.testing._truth import PartnerTruth, Programme, Truth

MAX_MONTHS: Final = 600
"""Fifty years; more is a slip of the keyboard."""


def simulate(seed: int, partners: int, months: int) -> Programme:
    """
    A Brazilian reseller programme drawn from a seed, with the truth behind its records.

    It starts in January 2024 and keeps the time of Brasilia (UTC-3); the dataset is what was known at the last instant
    of the last month, and its `check()` finds nothing. Deals are won, lost and paid in BRL; partners are resellers,
    consultancies, integrators, affiliates, influencers and distributors; the vendor's own team (`DIRECT`) sells beside
    them. Credits, payouts and closes are left out: they are what the library computes.

    The same arguments give the same bytes on every platform. A longer programme starts as the shorter one: what was
    known at the end of month n does not depend on *months*. Work is linear in partners x months. With no partners,
    only the vendor sells.

    Raises:
        InvalidValue: Partners below 0, months below 1 or above 600, or something that is no whole number.

    >>> programme = simulate(seed=7, partners=3, months=2)
    >>> len(programme.dataset.partners), programme.dataset.check().ok
    (3, True)
    """
    check_int("seed", seed)
    check_int("partners", partners, 0)
    check_int("months", months, 1, MAX_MONTHS)
    actors = [recruit(seed, number) for number in range(1, partners + 1)]
    relate(seed, actors)
    # The house stands apart from the partners: it is `DIRECT`, which no collection of partners holds.
    world = World(seed, house(), actors)
    world.add("contacts", *(contact for actor in actors for contact in contacts(actor)))
    for month in range(months):
        _month(world, month)
    # At the end: when a partner left is known only now, and `as_of` blanks it for earlier moments.
    world.add("partners", *map(as_noun, actors))
    return _programme(world, months)


def _month(world: World, month: int) -> None:
    """Everything that begins in one month, though it may end much later."""
    # Before anything of the month happens: what follows depends on who is at work.
    for actor in world.actors:
        develop(actor, month, world.source("engagement", actor.id, month))
    quarter = month % 3 == 0
    # Goals before plans: a plan names the goal that it is to reach.
    targets = aim(world, month) if quarter else {}
    for actor in world.actors:
        if month_of(actor.signed_on) == month:
            onboard(world, actor)
        agree(world, actor, month)
        if quarter:
            rank(world, actor, month)
            plan(world, actor, month, (targets[actor.id],) if actor.id in targets else ())
        _sell(world, actor, month, pace(actor, month, SEASON[month % 12]))
        act(world, actor, month)
        certify(world, actor, month)
        except_(world, actor, month)
        if month % 6 == 5:
            answer(world, actor, month)
    # The vendor grows with its channel, at an eighth of the pace: neither route becomes a rounding error of the
    # other.
    direct = LEADS["acceleration"] * (len(world.actors) + 8) // 8
    _sell(world, world.house, month, direct * SEASON[month % 12] // 1000)
    spend(world, month)
    last_day = days_after(month_start(month + 1), -1)
    for actor in world.actors:
        grow(actor, month, world.source("growth", actor.id, month))
        world.stages[actor.id].append(actor.stage)
        world.engaged[actor.id].append(actor.engaged and actor.is_signed(last_day))


def _sell(world: World, actor: Actor, month: int, leads: int) -> None:
    sales: list[Sale | None] = [
        # Drawn apart from what the leads become, so that one lead more shifts no other's fate.
        begin(world, actor, month)
        for _ in range(world.source("leads", actor.id, month).count(leads))
    ]
    for account_id, asks_on, product in actor.renewals.pop(month, []):
        # A partner that left renews nothing: its customers go, and churn shows it.
        if actor.is_signed(asks_on):
            sales.append(negotiate(world, actor, account_id, asks_on, product=product))
    for sale in sales:
        if sale is not None:
            surround(world, sale)
            collect(world, sale)


def _programme(world: World, months: int) -> Programme:
    """What was known by the end: everything later is cut off, as `Dataset.as_of` does."""
    period = Period(month_start(0), month_start(months))
    as_of = last_instant(period.end)
    # The dataset's own rule of what was known, applied to each record: what the simulator shows is what `as_of`
    # would.
    known = {name: _known(records, as_of) for name, records in world.facts.items()}
    return Programme(
        seed=world.seed,
        period=period,
        as_of=as_of,
        dataset=Dataset(**cast("dict[str, Any]", known)),
        truth=Truth(
            partners=FrozenMap(
                {
                    id: PartnerTruth(partner_id=id, stages=tuple(stages), engaged=tuple(world.engaged[id]))
                    for id, stages in world.stages.items()
                }
            ),
            deals=FrozenMap(
                {
                    truth.opportunity_id: truth
                    for truth, deal in zip(world.truths, world.facts["opportunities"], strict=True)
                    # Of the deals in the dataset alone: nobody can be scored on a deal that was not opened yet.
                    if deal.as_of(as_of, day_of(as_of)) is not None
                }
            ),
            first_wave_revenue=Money.from_minor(FIRST_WAVE, CURRENCY),
            mature_revenue=Money.from_minor(MATURE, CURRENCY),
        ),
    )


def _known(records: list[Any], moment: datetime) -> list[Any]:
    today = day_of(moment)
    return [view for record in records if (view := record.as_of(moment, today)) is not None]
