"""How long partners stay in a stage, counting those that are still in it for what they tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from attrs import frozen

from partnerops._attrs import Value
from partnerops._render import Printable, percent
from partnerops.exceptions import UnknownName
from partnerops.journey._entities import Timeline
from partnerops.journey._given import timelines_of
from partnerops.journey._signal import Unit, shown
from partnerops.journey._stages import STAGES, JourneyStage
from partnerops.journey._transitions import ENDED, state


@frozen
class Spell(Value):
    """One stay of a partner in a stage."""

    partner_id: str
    """Who."""
    stage: JourneyStage
    """Where."""
    start: date
    """The evaluation that put it there."""
    end: date
    """The evaluation that took it away or, for a stay that goes on, the last one."""
    over: bool
    """Whether it is over; one that goes on is censored: it lasts at least so long."""

    @property
    def days(self) -> int:
        """Length so far."""
        return (self.end - self.start).days


@frozen(kw_only=True)
class StageDuration(Value):
    """How long partners stay in one stage."""

    stage: JourneyStage
    """Which."""
    over: int
    """Stays that are over."""
    going_on: int
    """Stays that go on: censored."""
    start_unknown: int
    """Stays that had begun before the first evaluation: left out, since nobody knows for how long."""
    survival: tuple[tuple[int, Fraction], ...]
    """Kaplan-Meier: days, and the share of stays that last longer; a step at each length at which one ended."""
    naive_mean: Fraction | None
    """Mean days of the stays that are over: too short while others go on, shown for comparison only."""

    @property
    def median(self) -> int | None:
        """Days after which half of the stays are over; None while more than half outlast all that was seen."""
        # The first step at or below one half; a curve that never gets there has no median, and none is made up.
        return next((days for days, share in self.survival if share <= Fraction(1, 2)), None)

    def lasting(self, days: int) -> Fraction:
        """The share of stays that last longer than *days*; beyond the longest stay seen, as many as outlasted it."""
        return next((share for length, share in reversed(self.survival) if length <= days), Fraction(1))


@frozen(kw_only=True)
class TimeInStage(Value, Printable):
    """How long partners stay in each stage."""

    stages: tuple[StageDuration, ...]
    """One for each of the four stages, in order."""
    spells: tuple[Spell, ...]
    """The stays behind the numbers."""

    def of(self, stage: str) -> StageDuration:
        """
        The durations of one stage.

        Raises:
            UnknownName: There is no such stage.
        """
        found = next((one for one in self.stages if one.stage == stage), None)
        if found is None:
            raise UnknownName("journey stage", stage, tuple(one.value for one in STAGES))
        return found

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per stage."""
        return [
            {
                "stage": one.stage.value,
                "median_days": one.median,
                "over": one.over,
                "going_on": one.going_on,
                "start_unknown": one.start_unknown,
                "naive_mean_days": one.naive_mean,
            }
            for one in self.stages
        ]

    def _beyond(self, one: StageDuration, days: int) -> str:
        # The curve ends with the longest stay: a programme of three months says nothing about a year.
        longest = max((spell.days for spell in self.spells if spell.stage is one.stage), default=0)
        share = one.lasting(days)
        return percent(share) if longest >= days or not share else "not seen yet"

    def _headline(self) -> str:
        return f"time in stage, {len(self.spells)} stays"

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "stage": one.stage.value,
                "median days": "not reached" if one.median is None else one.median,
                "over a year": self._beyond(one, 365),
                "over": one.over,
                "going on": one.going_on,
                "start unknown": one.start_unknown,
                "mean of those over": "" if one.naive_mean is None else shown(Unit.SCORE, one.naive_mean),
            }
            for one in self.stages
        ]


def time_in_stage(timelines: Iterable[Timeline]) -> TimeInStage:
    """
    How long partners stay in each stage, by the Kaplan-Meier estimator.

    The share of stays that last longer than t days is the product of (1 - e / n) over the lengths up to t at which
    stays ended: e ended after so many days, n had lasted at least so long. Leaving a stage upwards, downwards or by
    the end of the agreement all end a stay. A stay that had begun before the first evaluation of all is left out.

    Source: E. L. Kaplan and P. Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958).

    >>> time_in_stage([]).of("start").median is None
    True
    """
    found = [timeline for timeline in timelines_of(timelines) if timeline.decisions]
    # Before the first evaluation of all nobody looked, so a stay found then may be much older.
    first = min((timeline[0].on for timeline in found), default=date.min)
    whole: list[Spell] = []
    cut: list[Spell] = []
    for timeline in found:
        for spell in _spells(timeline):
            # Who was signed on the very first day of all began there; anybody met earlier may have been there before.
            began = spell.start > first or timeline[0].partner.signed_on == spell.start
            (whole if began else cut).append(spell)
    return TimeInStage(stages=tuple(_duration(stage, whole, cut) for stage in STAGES), spells=tuple(whole))


def _spells(timeline: Timeline) -> list[Spell]:
    found: list[Spell] = []
    begun = timeline[0]
    for one in timeline:
        ended = state(one) == ENDED
        if one.stage is not begun.stage or ended:
            if state(begun) != ENDED:
                found.append(Spell(one.partner_id, begun.stage, begun.on, one.on, over=True))
            begun = one
        if ended:
            return found
    # Still there at the last evaluation: it lasted at least so long.
    found.append(Spell(begun.partner_id, begun.stage, begun.on, timeline[-1].on, over=False))
    return found


def _duration(stage: JourneyStage, whole: Sequence[Spell], cut: Sequence[Spell]) -> StageDuration:
    own = [spell for spell in whole if spell.stage is stage]
    ended = [spell.days for spell in own if spell.over]
    return StageDuration(
        stage=stage,
        over=len(ended),
        going_on=len(own) - len(ended),
        start_unknown=sum(spell.stage is stage for spell in cut),
        survival=survival([(spell.days, spell.over) for spell in own]),
        # Whoever stays long is still there and not in this mean: that is why it is too short.
        naive_mean=Fraction(sum(ended), len(ended)) if ended else None,
    )


def survival(stays: Sequence[tuple[int, bool]]) -> tuple[tuple[int, Fraction], ...]:
    """The Kaplan-Meier curve of lengths, each over or going on, as exact steps."""
    share = Fraction(1)
    steps: list[tuple[int, Fraction]] = []
    for days in sorted({length for length, over in stays if over}):
        # Stays that go on count among those at risk for as long as they have lasted: that is what censoring saves.
        at_risk = sum(length >= days for length, _ in stays)
        share *= 1 - Fraction(sum(over and length == days for length, over in stays), at_risk)
        steps.append((days, share))
    return tuple(steps)
