"""Placing partners against a pass that builds the same decisions from signals that are already known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from partnerops import Activity, Certification, Credit, Dataset, DealRegistration, Money, Partner, Touchpoint
from partnerops.journey import ActivityStatus, JourneyPolicy, Pulse, StageDecision, classify_all, replay_all
from partnerops.journey._criteria import Key, leaves
from partnerops.journey._decide import decide
from partnerops.journey._functions import asking
from partnerops.journey._pulse import pulse
from partnerops.journey._signal import SignalValue
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


Parts = tuple[SignalValue | None, tuple[str, ...], str]
"""A signal's value, the ids behind it, a note: what a `Measure` is made of."""


@dataclass
class Known:
    """What the floor starts from: one partner with every number and string that its decision holds."""

    partner: Partner
    rules: StageRules
    signals: dict[Key, Parts]
    pulse: tuple[ActivityStatus, date | None, datetime | None, str | None]
    heard: str
    expected_by: date | None


def known_signals(data: Dataset) -> list[Known]:
    """For each partner the value of every signal that its rules may ask for."""
    found: list[Known] = []
    moment, sources = Moment(AS_OF, UTC_CALENDAR), {}
    for partner in data.partners:
        rules = POLICY.rules(partner)
        source = sources.setdefault(id(rules), Source(data, rules.signals, rules.currency))
        view = View(Track(partner, source), moment)
        ask, heard = asking(view), pulse(view, rules.dormancy)
        keys = {one.key for gate in rules.gates for rule in (gate.enter, gate.stay, *gate.watch)
                for one, _ in leaves(rule)}  # fmt: skip
        parts = {key: (one.value, one.evidence, one.note) for key in keys for one in [ask(key)]}
        plain = (heard.status, heard.since, heard.last_at, heard.last_id)
        found.append(Known(partner, rules, parts, plain, heard.because, heard.expected_by))
    return found


class Rebuilt(dict[Key, Measure]):
    """Measures made of their parts when first asked for."""

    def __init__(self, parts: dict[Key, Parts]) -> None:
        self.parts = parts

    def __missing__(self, key: Key) -> Measure:
        value, evidence, note = self.parts[key]
        if isinstance(value, Money):
            value = Money.from_minor(value.minor, value.currency)
        found = self[key] = Measure(value, evidence, note=note)
        return found


def rebuild(known: list[Known]) -> list[StageDecision]:
    """The floor: the rules judged on known signals, and the same objects put together."""
    moment = Moment(AS_OF, UTC_CALENDAR)
    found: list[StageDecision] = []
    for one in known:
        heard = Pulse(*one.pulse, because=one.heard, expected_by=one.expected_by)
        found.append(decide(one.rules, one.partner, moment, ask=Rebuilt(one.signals).__getitem__, pulse=heard))
    return found


def rows(ratio: Callable[..., float], partners: int = 10_000) -> list[tuple[str, str, str]]:
    """The rows of this file."""
    data = dataset(partners)
    known = known_signals(data)

    def ours(data: Dataset = data) -> tuple[StageDecision, ...]:
        data._indexes.clear()  # noqa: SLF001 - looking records up by partner is part of the work
        return classify_all(data, policy=POLICY, as_of=AS_OF)

    if list(ours()) != rebuild(known):
        message = "the floor builds other decisions"
        raise RuntimeError(message)
    measured = ratio(ours, lambda: rebuild(known))
    few = dataset(partners // 10)
    growth = ratio(ours, lambda: ours(few), rounds=3)
    replays = [(events, _replay_ratio(ratio, dataset(partners // 50, events))) for events in (100, 1_000)]
    return [
        (f"journey: classify {partners:,} partners of 100 events / decisions from known signals", "<= 3",
         f"{measured:.2f}"),
        (f"journey: {partners:,} partners / {partners // 10:,} partners", "about 10", f"{growth:.1f}"),
        *((f"journey: replay of 36 months / 36 classifications, {events:,} events a partner", "<= 0.5",
           f"{replayed:.2f}") for events, replayed in replays),
    ]  # fmt: skip


def _replay_ratio(ratio: Callable[..., float], data: Dataset) -> float:
    """Both from nothing: a classification looks its records up as it would on its own."""

    def one_by_one() -> None:
        last: tuple[StageDecision, ...] = ()
        for month in MONTHS:
            data._indexes.clear()  # noqa: SLF001 - as above
            last = classify_all(data, policy=POLICY, as_of=month, previous=last)

    def replayed() -> None:
        data._indexes.clear()  # noqa: SLF001 - as above
        replay_all(data, policy=POLICY, dates=MONTHS)

    return ratio(replayed, one_by_one, rounds=3)
