"""Placing partners against a pass that builds the same decisions from signals that are already known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from partnerops import Activity, Certification, Credit, Dataset, DealRegistration, Money, Partner, Touchpoint
from partnerops.journey import JourneyPolicy, Pulse, StageDecision, classify_all, replay_all
from partnerops.journey._criteria import Key, leaves
from partnerops.journey._decide import decide
from partnerops.journey._functions import asking
from partnerops.journey._pulse import pulse
from partnerops.journey._track import Source, Track
from partnerops.journey._view import Moment, View
from partnerops.journey.criteria import StageRules
from partnerops.journey.signals import Measure
from partnerops.periods import UTC_CALENDAR

START = datetime(2024, 1, 1, tzinfo=UTC)
AS_OF = date(2026, 12, 31)
MONTHS = [date(2024 + month // 12, month % 12 + 1, 28) for month in range(36)]
POLICY = JourneyPolicy(first_wave_revenue=Money("50000", "BRL"), mature_revenue=Money("400000", "BRL"))


def dataset(partners: int, events: int = 100) -> Dataset:
    """Partners with activities, touches, registrations, certificates and wins, reproducibly, without randomness."""
    wins, touches, filed, held = events // 8, events // 8, events // 16, 2
    acts = events - wins - touches - filed - held

    def at(partner: int, n: int, k: int) -> datetime:
        return START + timedelta(hours=(partner * 131 + n * k * 97) % 26_000)

    names = [f"P-{p}" for p in range(partners)]
    return Dataset(
        partners=[
            Partner(id=id, name=id, type="reseller", signed_on=(START + timedelta(days=p * 7 % 700)).date())
            for p, id in enumerate(names)
        ],
        activities=[
            Activity(id=f"V-{p}-{n}", partner_id=id, kind=("login", "training", "meeting")[n % 3], at=at(p, n, 3))
            for p, id in enumerate(names)
            for n in range(acts)
        ],
        touchpoints=[
            Touchpoint(id=f"T-{p}-{n}", partner_id=id, kind="demo", opportunity_id=f"D-{p}-{n}", at=at(p, n, 5))
            for p, id in enumerate(names)
            for n in range(touches)
        ],
        registrations=[
            DealRegistration(id=f"R-{p}-{n}", partner_id=id, opportunity_id=f"D-{p}-{n}", submitted_at=at(p, n, 7))
            for p, id in enumerate(names)
            for n in range(filed)
        ],
        certifications=[
            Certification(id=f"F-{p}-{n}", partner_id=id, code=f"c{n}", valid_from=at(p, n, 11).date())
            for p, id in enumerate(names)
            for n in range(held)
        ],
        credits=[
            Credit(
                id=f"C-{p}-{n}", opportunity_id=f"D-{p}-{n}", partner_id=id, at=at(p, n, 13),
                amount=Money.from_minor(100_000 + (p * 37 + n * 911) % 9_000_000, "BRL"),
            )
            for p, id in enumerate(names)
            for n in range(wins)
        ],
    )  # fmt: skip


def known_signals(data: Dataset) -> list[tuple[Partner, StageRules, dict[Key, Measure], Pulse]]:
    """What the floor starts from: for each partner the value of every signal that its rules ask for."""
    found: list[tuple[Partner, StageRules, dict[Key, Measure], Pulse]] = []
    moment = Moment(AS_OF, UTC_CALENDAR)
    for partner in data.partners:
        rules = POLICY.rules(partner)
        view = View(Track(partner, Source(data, rules.signals, rules.currency, UTC_CALENDAR, None)), moment)
        ask = asking(view)
        keys = {one.key for gate in rules.gates for rule in (gate.enter, gate.stay, *gate.watch)
                for one, _ in leaves(rule)}  # fmt: skip
        found.append((partner, rules, {key: ask(key) for key in keys}, pulse(view, rules.dormancy)))
    return found


def rebuild(known: list[tuple[Partner, StageRules, dict[Key, Measure], Pulse]]) -> list[StageDecision]:
    """The floor: the rules judged on known signals, and the same decisions put together."""
    moment = Moment(AS_OF, UTC_CALENDAR)
    return [
        decide(rules, partner, moment, ask=signals.__getitem__, pulse=heard) for partner, rules, signals, heard in known
    ]


def rows(ratio: Callable[..., float], partners: int = 10_000) -> list[tuple[str, str, str]]:
    """The rows of this file."""
    data = dataset(partners)
    known = known_signals(data)

    def ours() -> tuple[StageDecision, ...]:
        data._indexes.clear()  # noqa: SLF001 - looking records up by partner is part of the work
        return classify_all(data, policy=POLICY, as_of=AS_OF)

    if list(ours()) != rebuild(known):
        message = "the floor builds other decisions"
        raise RuntimeError(message)
    measured = ratio(ours, lambda: rebuild(known))
    few = dataset(partners // 10)
    growth = ratio(ours, lambda: classify_all(few, policy=POLICY, as_of=AS_OF), rounds=3)
    some = dataset(partners // 50)

    def one_by_one() -> None:
        last: tuple[StageDecision, ...] = ()
        for month in MONTHS:
            last = classify_all(some, policy=POLICY, as_of=month, previous=last)

    replayed = ratio(lambda: replay_all(some, policy=POLICY, dates=MONTHS), one_by_one, rounds=3)
    return [
        (f"journey: classify {partners:,} partners of 100 events / decisions from known signals", "<= 3",
         f"{measured:.2f}"),
        (f"journey: {partners:,} partners / {partners // 10:,} partners", "about 10", f"{growth:.1f}"),
        ("journey: replay of 36 months / 36 classifications", "<= 0.5", f"{replayed:.2f}"),
    ]  # fmt: skip
