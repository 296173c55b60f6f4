"""What partners do beside selling: onboarding, activities, certificates, plans and answers to surveys."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from partnerops.entities import Activity, Certification, Commitment, JointPlan, SurveyResponse
from partnerops.periods import Period
from partnerops.testing._simulator.clock import days_after, moment, month_start
from partnerops.testing._simulator.partner import Actor
from partnerops.testing._simulator.source import Source
from partnerops.testing._simulator.tables import CERTIFICATES
from partnerops.testing._simulator.world import World

_RATES = {
    "start": (("login", 2500), ("content_view", 2000), ("training", 700), ("meeting", 400)),
    "traction": (("login", 3500), ("content_view", 1200), ("training", 500), ("meeting", 600), ("event", 100)),
    "acceleration": (("login", 5000), ("content_view", 900), ("training", 400), ("meeting", 800), ("event", 250),
                     ("support_ticket", 700)),
    "maturity": (("login", 6000), ("content_view", 500), ("training", 250), ("meeting", 500), ("event", 300),
                 ("support_ticket", 400)),
}  # fmt: skip
"""How often partners of each stage do something in a month, per mille."""


def act(world: World, actor: Actor, month: int) -> None:
    """The partner's activities of a month."""
    source = world.source("activities", actor.id, month)
    # Silence is silence in everything: this is what dormancy has to find.
    if not actor.engaged:
        return
    first = month_start(month)
    count = 0
    for kind, rate in _RATES[actor.stage]:
        for _ in range(source.count(rate)):
            day = days_after(first, source.below(28))
            if not actor.is_signed(day):
                continue
            count += 1
            world.add(
                "activities",
                Activity(
                    id=f"{actor.id}-V{month:02}-{count:02}",
                    partner_id=actor.id,
                    # People learn in the evening as well: days end at local midnight, which is the next day in UTC.
                    at=moment(day, source, 7, 23),
                    kind=kind,
                    contact_id=f"{actor.id}-k1",
                    units=Decimal(source.between(1, 8)) if kind == "training" else Decimal(1),
                ),
            )


def onboard(world: World, actor: Actor) -> None:
    """The plan of the first weeks; a partner that never starts keeps the first promise only."""
    source = world.source("onboarding", actor.id)
    start, done = actor.signed_on, actor.onboarded_on
    # Duties of both sides, or it is no joint plan; the vendor's comes early, since the others wait for it.
    steps = (("partner", "first login", 7), ("vendor", "kick-off meeting", 14),
             ("partner", "sales training", 45), ("partner", "first campaign planned", 75))  # fmt: skip
    # A partner that never starts has no end to its onboarding; the plan's last day stands in for it.
    span = 75 if done is None else (done - start).days
    promises = [
        Commitment(
            side=side,
            text=text,
            due_on=days_after(start, days),
            done_on=None if done is None and index > 1 else days_after(start, max(1, span * (index + 1) // len(steps))),
        )
        for index, (side, text, days) in enumerate(steps)
    ]
    world.add(
        "joint_plans",
        JointPlan(
            id=f"{actor.id}-J00",
            partner_id=actor.id,
            period=Period(start, days_after(start, 90)),
            commitments=promises,
            signed_on=start,
        ),
    )
    if done is not None:
        world.add(
            "activities",
            Activity(id=f"{actor.id}-V-onboarded", partner_id=actor.id, at=moment(done, source), kind="onboarding"),
        )


def certify(world: World, actor: Actor, month: int) -> None:
    """Certificates of those who take part in deals; each runs for a year."""
    if not actor.kind.registers or not actor.engaged or actor.stage == "start":
        return
    source = world.source("certificates", actor.id, month)
    # With a year's validity, nearly every partner at work holds one at any moment.
    if not source.chance(240):
        return
    code, track = source.pick(CERTIFICATES)
    day = days_after(month_start(month), source.below(28))
    world.add(
        "certifications",
        Certification(
            id=f"{actor.id}-F{month:02}",
            partner_id=actor.id,
            code=code,
            valid_from=day,
            # A year to the day; 29 February has none in the next.
            valid_to=date(day.year + 1, day.month, min(day.day, 28)),
            track=track,
            contact_id=f"{actor.id}-k2" if track == "technical" else f"{actor.id}-k1",
        ),
    )


def plan(world: World, actor: Actor, month: int, target_ids: tuple[str, ...]) -> None:
    """A joint plan for the quarter with promises of both sides, for partners that sell."""
    source = world.source("plan", actor.id, month)
    if actor.stage not in ("acceleration", "maturity") or not actor.engaged or not source.chance(600):
        return
    start, end = month_start(month), month_start(month + 3)
    promises = [
        Commitment(side=side, text=text, due_on=due, done_on=_kept(source, due))
        for side, text, due in (
            ("partner", "two sales campaigns", days_after(end, -20)),
            ("vendor", "one sales training", days_after(start, 40)),
            ("partner", "pipeline review", days_after(start, 50)),
        )
    ]
    world.add(
        "joint_plans",
        JointPlan(
            id=f"{actor.id}-J{month + 1:02}",
            partner_id=actor.id,
            period=Period(start, end),
            target_ids=target_ids,
            commitments=promises,
            signed_on=days_after(start, source.between(0, 15)),
        ),
    )


def _kept(source: Source, due: date) -> date | None:
    # Three promises in four are kept, some of them late: kept is kept, and due dates matter only to what is open.
    return days_after(due, source.between(-12, 10)) if source.chance(750) else None


def answer(world: World, actor: Actor, month: int) -> None:
    """Twice a year the partners themselves are asked."""
    source = world.source("partner-survey", actor.id, month)
    day = days_after(month_start(month), source.below(20))
    # The silent answer seldom and badly: whoever reads only answers thinks all is well.
    if not actor.is_signed(day) or not source.chance(400 if actor.engaged else 100):
        return
    scores = (6, 10) if actor.engaged else (0, 7)
    world.add(
        "surveys",
        SurveyResponse(
            id=f"{actor.id}-Y{month:02}",
            kind="nps",
            score=source.between(*scores),
            at=moment(day, source),
            partner_id=actor.id,
        ),
    )
