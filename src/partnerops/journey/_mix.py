"""A programme at a moment: how its partners spread over the stages, where it stands as a whole, what holds it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import cast

from attrs import field, frozen

from partnerops._attrs import Value
from partnerops._render import Printable, percent, plural
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.journey._entities import StageDecision
from partnerops.journey._given import decisions_of
from partnerops.journey._stages import STAGES, ActivityStatus, JourneyStage, Outcome
from partnerops.money import Money
from partnerops.ratio import Ratio

STATUSES = tuple(ActivityStatus)


@frozen(kw_only=True)
class StageMix(Value, Printable):
    """How many partners stand in each stage, by activity."""

    counts: tuple[tuple[JourneyStage, ActivityStatus, int], ...]
    """Every stage and status with its number of partners."""
    by_type: tuple[tuple[str, JourneyStage, int], ...]
    """The same by partner type; pairs without partners are left out."""

    @property
    def total(self) -> int:
        """Partners in all, those that ended too."""
        return sum(count for *_, count in self.counts)

    def count(self, stage: str, status: str | None = None) -> int:
        """Partners in a stage, of one activity status or all."""
        return sum(n for one, other, n in self.counts if one == stage and status in (None, other))

    def share(self, stage: str) -> Ratio:
        """The stage's share of all partners."""
        return Ratio(self.count(stage), self.total)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per stage and status."""
        return [{"stage": stage.value, "activity": status.value, "partners": n} for stage, status, n in self.counts]

    def _headline(self) -> str:
        return f"stage mix of {plural(self.total, 'partner', 'partners')}"

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "stage": stage.value,
                "partners": self.count(stage),
                "share": self.share(stage).percent(),
                **{status.value: self.count(stage, status) for status in STATUSES},
            }
            for stage in STAGES
        ]

    def _figure(self) -> str:
        from partnerops._svg import svg_stacked  # noqa: PLC0415 - a terminal draws no figure

        groups = [(stage.value, [(one.value, self.count(stage, one)) for one in STATUSES]) for stage in STAGES]
        return svg_stacked(groups, title="Partners by stage and activity")


def stage_mix(decisions: Iterable[StageDecision]) -> StageMix:
    """
    How partners spread over stages and activity.

    >>> stage_mix([]).share("start").value is None
    True
    """
    every = decisions_of("decisions", decisions)
    types = sorted({one.partner.type for one in every})
    by_type = [(type, stage, sum(one.partner.type == type and one.stage is stage for one in every))
               for type in types for stage in STAGES]  # fmt: skip
    return StageMix(
        counts=tuple(
            (stage, status, sum(one.stage is stage and one.activity is status for one in every))
            for stage in STAGES
            for status in STATUSES
        ),
        by_type=tuple(row for row in by_type if row[2]),
    )


# --- the programme as a whole


@frozen(kw_only=True)
class ProgramStage(Value, Printable):
    """Where a programme stands as a whole: in the stage that holds most of what counts."""

    stage: JourneyStage | None
    """The stage; None where nothing counts."""
    shares: tuple[tuple[JourneyStage, Ratio], ...]
    """Each stage's share."""
    weighed_by: str
    """What was counted: partners, or a name given by the caller."""

    @property
    def because(self) -> str:
        """Why, in one sentence."""
        if self.stage is None:
            return f"no {self.weighed_by} to count"
        own = dict(self.shares)[self.stage]
        tied = [stage.value for stage, share in self.shares if share == own and stage is not self.stage]
        others = f"as many as in {' and '.join(tied)}, and it comes first" if tied else "more than in any other"
        return f"{own.percent()} of {self.weighed_by} in {self.stage}, {others}"

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per stage."""
        return [{"stage": stage.value, "share": share.value, "of": self.weighed_by} for stage, share in self.shares]

    def _headline(self) -> str:
        return f"the programme is in {self.stage}: {self.because}" if self.stage else self.because

    def _rows(self) -> list[dict[str, object]]:
        return [{"stage": stage.value, "share": share.percent()} for stage, share in self.shares]


def program_stage(
    decisions: Iterable[StageDecision],
    *,
    weights: Mapping[str, int | Fraction | Money] | None = None,
    weighed_by: str = "partners",
) -> ProgramStage:
    """
    The stage that holds most partners or, with *weights* (revenue by partner id, say), most of those.

    Partners that ended count nothing, one without a weight weighs 0, and a negative weight counts as 0. Of two stages
    that hold the same, the earlier one is named: a programme is not further than what it can show.

    Raises:
        InvalidValue: Weights of two kinds, or floats.

    Source: "Jornada do Parceiro" speaks of the stage of life of the channel, and of each partner's own.

    >>> program_stage([]).stage is None
    True
    """
    if weights is not None and not isinstance(weights, Mapping):
        raise InvalidValue("weights", "a mapping of partner ids to weights", weights)
    # Fractions hold partners, centavos and weights of any kind, and ties stay ties.
    sums = dict.fromkeys(STAGES, Fraction(0))
    for one in decisions_of("decisions", decisions):
        if one.activity is not ActivityStatus.ENDED:
            sums[one.stage] += Fraction(1) if weights is None else _weight(weights, one.partner_id)
    # Currencies have no common sum; a number beside an amount is a mistake of the same kind.
    if weights is not None and len({getattr(one, "currency", "") for one in weights.values()}) > 1:
        raise InvalidValue("weights", "all numbers, or all amounts of one currency", dict(weights))
    total = sum(sums.values(), Fraction(0))
    return ProgramStage(
        # Of equals, max takes the smaller rank: a programme is not further than what it can show.
        stage=max(STAGES, key=lambda stage: (sums[stage], -stage.rank)) if total else None,
        shares=tuple((stage, Ratio(part, total)) for stage, part in sums.items()),
        weighed_by=weighed_by,
    )


def _weight(weights: Mapping[str, int | Fraction | Money], partner_id: str) -> Fraction:
    # A partner that is not named brought nothing, as revenue by partner leaves out those without any.
    weight = weights.get(partner_id, 0)
    if isinstance(weight, Money):
        return Fraction(max(weight.minor, 0))
    if isinstance(weight, float) or not isinstance(weight, int | Fraction):
        raise InvalidValue(f"weights[{partner_id!r}]", "a Money or an exact number", cast("object", weight))
    return Fraction(max(weight, 0))


# --- what holds partners up


@frozen
class StuckLine(Value):
    """One criterion that keeps partners of one kind from their next stage."""

    group: str
    """Partner type, region or segment."""
    stage: JourneyStage
    """The stage they are in."""
    criterion: str
    """What they miss."""
    failed: int
    """Partners that are known to miss it."""
    unknown: int
    """Partners of whom nobody can tell."""
    partners: int
    """Partners of this kind in the stage."""


@frozen
class StuckReasons(Value, Printable):
    """What keeps partners from their next stage, by kind of partner: the most frequent reason first."""

    lines: tuple[StuckLine, ...] = field()
    """One per kind, stage and criterion."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per kind, stage and criterion."""
        return [
            {
                "group": one.group,
                "stage": one.stage.value,
                "criterion": one.criterion,
                "failed": one.failed,
                "unknown": one.unknown,
                "partners": one.partners,
            }
            for one in self.lines
        ]

    def _headline(self) -> str:
        return "what keeps partners from their next stage"

    def _rows(self) -> list[dict[str, object]]:
        return [
            {**row, "of them": percent(Fraction(line.failed + line.unknown, line.partners))}
            for row, line in zip(self.to_dicts(), self.lines, strict=True)
        ]


def stuck_reasons(decisions: Iterable[StageDecision], *, by: str = "type") -> StuckReasons:
    """
    What keeps partners from their next stage, by partner type, or by `region` or `segment`.

    Partners that ended are left out: they have no next stage.

    Source: "Jornada do Parceiro", stage 2: which challenges does each profile of partner have?

    Raises:
        UnknownName: Another grouping.

    >>> stuck_reasons([]).lines
    ()
    """
    if by not in ("type", "region", "segment"):
        raise UnknownName("grouping of partners", by, ("type", "region", "segment"))
    here: dict[tuple[str, JourneyStage], int] = {}
    tallies: dict[tuple[str, JourneyStage, str], list[int]] = {}
    for one in decisions_of("decisions", decisions):
        if one.activity is ActivityStatus.ENDED:
            continue
        place = (str(getattr(one.partner, by) or "(none)"), one.stage)
        here[place] = here.get(place, 0) + 1
        # One criterion may stand in two alternatives; a partner misses it once.
        for blocker in {result.id: result for result in one.blockers}.values():
            tally = tallies.setdefault((*place, blocker.id), [0, 0])
            tally[blocker.outcome is Outcome.UNKNOWN] += 1
    lines = [
        StuckLine(group, stage, criterion, failed, unknown, here[group, stage])
        for (group, stage, criterion), (failed, unknown) in tallies.items()
    ]
    # Missed and unknown both keep a partner back, so they rank together; the name breaks ties.
    ranked = sorted(lines, key=lambda x: (x.group, x.stage.rank, -x.failed - x.unknown, x.criterion))
    return StuckReasons(tuple(ranked))
