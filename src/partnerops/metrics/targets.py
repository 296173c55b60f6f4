"""
Goals against what happened: attainment, pace and history.

A target names its metric by the id of the catalogue (or of a function given in *measures*), and its owner by id: a
partner, `DIRECT`, an executive, a team (given as *teams*: name to members), or `programme` for everybody. A metric or
an owner that nobody knows leaves the attainment unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from inspect import signature
from typing import Any, Final, TypeAlias

from attrs import frozen

from partnerops._attrs import Value
from partnerops._render import Printable
from partnerops.dataset import Dataset
from partnerops.entities import Target
from partnerops.exceptions import InvalidValue
from partnerops.metrics._catalogue import CATALOGUE
from partnerops.metrics._cut import split
from partnerops.metrics._deals import check_period, is_over, known, moment, today
from partnerops.metrics._measure import MetricValue, in_currency, left_out, mean, noted, number, rate
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period
from partnerops.ratio import Ratio
from partnerops.typing import DIRECT

__all__ = ["TargetAttainment", "attainments", "mean_attainment", "target_hit_rate"]

PROGRAMME: Final = "programme"
"""Owner of the goals of everybody together."""

Teams: TypeAlias = Mapping[str, Collection[str]]
"""Name of a team -> ids of its executives and partners."""

Measures: TypeAlias = Mapping[str, Callable[..., MetricValue]]
"""Id of a metric -> the function that measures it."""


@frozen(kw_only=True)
class TargetAttainment(Value, Printable):
    """How far a goal is reached."""

    target: Target
    """The goal."""
    actual: MetricValue
    """What the metric says of its owner and period."""
    attained: Ratio
    """Actual over goal; n/a where either is unknown or the goal is 0."""
    pace: Ratio
    """
    Actual over what would be due by now if an amount or count grew evenly over the days of the period.

    For a rate or a mean, which does not grow with time, the same as `attained`.
    """
    met: bool | None
    """Whether the goal is reached, counting less as better where the metric says so; None where unknown."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row."""
        return [
            {
                "target": self.target.id, "owner": self.target.owner_id, "metric": self.target.metric,
                "period": str(self.target.period), "goal": self.target.value, "actual": self.actual.number,
                "attained": self.attained.value, "pace": self.pace.value, "met": self.met,
                "note": self.actual.reason,
            }
        ]  # fmt: skip

    def _headline(self) -> str:
        return f"{self.target.owner_id}: {self.target.metric} of {self.target.period}"

    def _rows(self) -> list[dict[str, object]]:
        return [self.row()]

    def row(self) -> dict[str, object]:
        """The row that tables of goals show."""
        owner, value = self.target.owner_id, self.target.value
        return {
            # Not `direct` alone: beside columns by origin it would pass for a route.
            "owner": f"{owner} (own team)" if owner == DIRECT else owner, "metric": self.target.metric,
            "period": str(self.target.period), "goal": _goal_text(value, isinstance(self.actual.value, Ratio)),
            "actual": self.actual.shown, "attained": self.attained.percent(0), "pace": self.pace.percent(0),
        }  # fmt: skip


def attainments(
    data: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    teams: Teams | None = None,
    measures: Measures | None = None,
) -> tuple[TargetAttainment, ...]:
    """
    Every goal whose period meets *period*, against what happened in the goal's own period; by owner, metric and start.

    *measures* adds KPI functions by id, and replaces those that need more arguments than the period, such as a margin:
    `{"lifetime_value": partial(lifetime_value, margin="0.7")}`. Nothing at all of what adds up, such as revenue, is 0
    in the goal's unit; of a rate it is unknown.

    Raises:
        CurrencyMismatch: Goal and deals in two currencies.
        InvalidValue: A goal in another unit than its metric, such as a plain number for revenue.
    """
    check_period(period)
    every, measured = check_teams(teams), _check_measures(measures)
    goals = [one for one in known(data, Target, as_of, calendar) if one.period.overlaps(period)]
    if not goals:
        return ()
    owners = _Owners(data, (as_of, calendar), every, measured)
    goals.sort(key=lambda one: (one.owner_id, one.metric, one.period, one.id))
    return tuple(_attain(goal, owners) for goal in goals)


def target_hit_rate(
    data: Dataset,
    period: Period,
    *,
    owner: str,
    metric: str,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    teams: Teams | None = None,
    measures: Measures | None = None,
) -> MetricValue:
    """
    Of one owner's goals for one metric whose periods lie in *period* and are over, the share that was met (K17).

    Goals whose actual is unknown are left out of both sides, counted in the reason.
    """
    owners = _Owners(data, (as_of, calendar), check_teams(teams), _check_measures(measures))
    found = _history(owners, period, owner, metric)
    known_ones = [one for one in found if one.met is not None]
    measured = rate(
        "target_hit_rate", sum(bool(one.met) for one in known_ones), len(known_ones),
        ids=[one.target.id for one in known_ones],
    )  # fmt: skip
    return _of_known(measured, found)


def mean_attainment(
    data: Dataset,
    period: Period,
    *,
    owner: str,
    metric: str,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    teams: Teams | None = None,
    measures: Measures | None = None,
) -> MetricValue:
    """
    The mean of actual over goal, of one owner's goals for one metric whose periods lie in *period* and are over (K17).

    Each period counts the same, however large its goal: 1 is just reached.
    """
    owners = _Owners(data, (as_of, calendar), check_teams(teams), _check_measures(measures))
    found = _history(owners, period, owner, metric)
    values = {one.target.id: one.attained.value for one in found if one.attained.value is not None}
    # A mean of ratios on purpose: it asks how well goals were met, not how much was sold.
    middle = mean([value for value in values.values() if value is not None])
    return _of_known(number("mean_attainment", middle, n=len(values), ids=values), found)


# --- shared -----------------------------------------------------------------------------------------------------------


def check_teams(teams: Teams | None) -> Teams:
    """
    The teams, none where there are none.

    Raises:
        InvalidValue: No mapping, or a team's members as one string.
    """
    rule = "a mapping of names to ids, such as {'north': ['exec-01', 'p001']}"
    if teams is None:
        return {}
    if not isinstance(teams, Mapping):
        raise InvalidValue("teams", rule, teams)
    for name, members in teams.items():
        # One id is a collection too, of letters: the team would silently have nobody.
        if isinstance(members, str) or not isinstance(members, Iterable):
            raise InvalidValue(f"teams[{name!r}]", f"a collection, such as {[members]}", members)
    return teams


def _check_measures(measures: Measures | None) -> Measures:
    if measures is not None and not isinstance(measures, Mapping):
        raise InvalidValue("measures", "a mapping of ids to functions", measures)
    return measures or {}


class _Owners:
    """The records of each owner; the dataset is cut once per key and subject, however many goals there are."""

    __slots__ = ("as_of", "calendar", "cuts", "data", "keys", "measures", "teams")

    def __init__(self, data: Dataset, when: tuple[date | datetime, Calendar], teams: Teams, measures: Measures) -> None:
        self.as_of, self.calendar = when
        # Who an executive is, and what belongs to whom, must not be told by deals that nobody knew yet.
        self.data, self.teams, self.measures = data.as_of(moment(*when), self.calendar), teams, measures
        data = self.data
        self.cuts: dict[tuple[str, str], dict[str, Dataset]] = {}
        self.keys = dict.fromkeys([DIRECT, *(partner.id for partner in data.partners)], "partner")
        executives = {one.owner_id for one in data.opportunities} | {one.owner_id for one in data.leads}
        # A partner keeps its meaning even where an executive happens to have the same id.
        for id in executives - {None}:
            self.keys.setdefault(str(id), "owner")

    def part(self, owner: str, subject: str) -> Dataset | None:
        """The records of an owner; None where nobody knows it."""
        # A team named by the caller comes first, also where a partner has the same name.
        if owner in self.teams:
            parts = [self._part(member, subject) for member in sorted(set(self.teams[owner]))]
            return _joined(self.data, [part for part in parts if part is not None])
        if owner == PROGRAMME and owner not in self.keys:
            return self.data
        return self._part(owner, subject)

    def measure(self, metric: str) -> Callable[..., MetricValue] | None:
        """The function of a metric; None where nobody knows it, or where it needs what a goal cannot say."""
        if metric in self.measures or metric not in CATALOGUE:
            return self.measures.get(metric)
        found = CATALOGUE[metric].measure
        needs = [one.name for one in signature(found).parameters.values() if one.default is one.empty]
        return found if needs == ["data", "period", "as_of"] else None

    def _part(self, owner: str, subject: str) -> Dataset | None:
        by = self.keys.get(owner)
        if by is None:
            return None
        if (by, subject) not in self.cuts:
            self.cuts[by, subject] = split(self.data, by, as_of=self.as_of, subject=subject, calendar=self.calendar)
        return self.cuts[by, subject].get(owner, Dataset())


def _joined(data: Dataset, parts: Sequence[Dataset]) -> Dataset:
    """Several parts as one; a record that is in two, as of a partner and of an executive, counts once."""
    fields = ("opportunities", "accounts", "leads", "partners", "costs", "touchpoints", "registrations", "involvements",
              "credits", "payments", "reversals", "surveys", "activities", "certifications", "tiers")  # fmt: skip
    return data.replace(
        **{name: {one.id: one for part in parts for one in getattr(part, name)}.values() for name in fields}
    )


def _attain(goal: Target, owners: _Owners) -> TargetAttainment:
    known_as = CATALOGUE.get(goal.metric)
    grows = known_as is not None and known_as.additive
    actual = _actual(goal, owners, known_as.subject if known_as else "deal")
    now = today(owners.as_of, owners.calendar)
    # Only what grows day by day can be behind or ahead; a rate is what it is from the first day on.
    elapsed = goal.period.elapsed(now) if grows and known_as and not _is_stock(known_as.window) else Fraction(1)
    return TargetAttainment(
        target=goal,
        actual=actual,
        attained=_over(actual, goal.value),
        pace=_over(actual, goal.value, elapsed),
        met=_met(actual, goal, known_as.better if known_as else "higher"),
    )


def _actual(goal: Target, owners: _Owners, subject: str) -> MetricValue:
    """What the metric says of the owner's records, or why it says nothing."""
    measure = owners.measure(goal.metric)
    part = owners.part(goal.owner_id, subject)
    if measure is None:
        reason = f"nobody knows metric {goal.metric!r}: give it in measures="
    elif part is None:
        reason = f"nobody knows owner {goal.owner_id!r}: name its members in teams="
    else:
        actual = measure(part, goal.period, as_of=owners.as_of, calendar=owners.calendar)
        # The goal names the currency that nothing at all could not name.
        return in_currency(actual, goal.value.currency if isinstance(goal.value, Money) else None)
    return MetricValue(metric=goal.metric, value=None, n=0, reason=reason)


def _is_stock(window: str) -> bool:
    """Whether a metric is a level, such as MRR, which does not start from 0 in each period."""
    return window == "first and last evening"


def _over(actual: MetricValue, goal: Money | Decimal, elapsed: Fraction = Fraction(1)) -> Ratio:
    value = actual.number
    # Unknown over a goal is unknown, and prints as n/a.
    if value is None:
        return Ratio(0, 0)
    if isinstance(goal, Money) and isinstance(value, Money):
        due = goal if elapsed == 1 else Money.from_minor(round(goal.minor * elapsed), goal.currency)
        return Ratio(value, due)
    if isinstance(goal, Money) or isinstance(value, Money):
        raise InvalidValue("Target.value", f"in the unit of {actual.metric}", str(goal))
    return Ratio(value, Fraction(goal) * elapsed)


def _met(actual: MetricValue, goal: Target, better: str) -> bool | None:
    value: Any = actual.number
    if value is None:
        return None
    aim: Any = goal.value if isinstance(goal.value, Money) else Fraction(goal.value)
    # Just reached is reached, from either side.
    return bool(value >= aim if better == "higher" else value <= aim)


def _history(owners: _Owners, period: Period, owner: str, metric: str) -> list[TargetAttainment]:
    """An owner's goals for a metric within a period that are over, in order."""
    goals = [
        one
        for one in known(owners.data, Target, owners.as_of, owners.calendar)
        if (one.owner_id, one.metric) == (owner, metric)
        and period.contains_period(one.period)
        and is_over(one.period, owners.as_of, owners.calendar)
    ]
    return [_attain(goal, owners) for goal in sorted(goals, key=lambda one: (one.period, one.id))]


def _of_known(measure: MetricValue, found: Sequence[TargetAttainment]) -> MetricValue:
    unknown = len(found) - measure.n
    if not unknown:
        return measure

    return noted(measure, left_out(unknown, "unknown"))


def _goal_text(goal: Money | Decimal, is_rate: bool) -> str:
    if isinstance(goal, Money):
        return f"{goal:,}"
    return Ratio(goal, 1).percent() if is_rate else f"{goal:,}"
