"""Everything for a weekly channel meeting, on one screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from attrs import frozen

from partnerops._attrs import FrozenMap, Value
from partnerops._render import Printable, escape, html_table, text_table
from partnerops.dataset import Dataset
from partnerops.metrics._costs import Commission, check_commission
from partnerops.metrics._cut import NOBODY
from partnerops.metrics._deals import check_period, moment, records
from partnerops.metrics._measure import MetricValue
from partnerops.metrics._scoring import TEAM, Scorer
from partnerops.metrics.changes import compared
from partnerops.metrics.targets import Measures, TargetAttainment, Teams, attainments, check_teams
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period

_MOST: Final = 8
"""Teams and goals that a screen shows; `teams` and `targets` hold all."""


@frozen(kw_only=True)
class ScoreLine(Value):
    """One KPI of the scorecard."""

    metric: str
    """Id in the catalogue."""
    name: str
    """Name in English."""
    value: MetricValue
    """Over all records, in the period."""
    previous: MetricValue
    """Over all records, in the period before."""
    change: MetricValue
    """From the period before to this one, relative."""
    by_route: FrozenMap[MetricValue]
    """Route -> the KPI in the period; empty where a route says nothing, as for the channel's share."""


@frozen(kw_only=True)
class TeamLine(Value):
    """One team of the scorecard."""

    team: str
    """Name, or id of the executive; `(none)` for what belongs to nobody."""
    measures: FrozenMap[MetricValue]
    """Id of a KPI -> its value in the period."""
    change: MetricValue
    """Of won revenue, from the period before to this one, relative."""


@frozen(kw_only=True)
class Scorecard(Value, Printable):
    """
    The KPIs of a period by route and team, against the period before and the goals.

    Routes go by origin, how a deal came in; teams and goals by who sold it, so that a customer found by the vendor's
    marketing and sold to by a partner is of direct origin, and counts towards that partner's goal.

    A star marks a figure that will still move. `to_dicts()` gives one row per KPI.
    """

    period: Period
    """The period."""
    previous: Period
    """The calendar-equivalent period before it."""
    as_of: datetime
    """The moment it was measured at."""
    lines: tuple[ScoreLine, ...]
    """The KPIs, subject by subject."""
    teams: tuple[TeamLine, ...]
    """The teams, the largest won revenue first."""
    targets: tuple[TargetAttainment, ...]
    """The goals whose periods meet this one."""

    def __getitem__(self, metric: str) -> ScoreLine:
        from partnerops.exceptions import UnknownName  # noqa: PLC0415 - only an error needs it

        for line in self.lines:
            if line.metric == metric:
                return line
        raise UnknownName("metric of the scorecard", metric, tuple(line.metric for line in self.lines))

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per KPI: its value, the change, and the value of each route."""
        rows: list[dict[str, object]] = [
            {
                "metric": line.metric, "value": line.value.number, "n": line.value.n, "unit": line.value.unit,
                "previous": line.previous.number, "change": line.change.number, "immature": line.value.immature,
                "reason": line.value.reason,
            }
            for line in self.lines
        ]  # fmt: skip
        for row, line in zip(rows, self.lines, strict=True):
            row.update({route: measure.number for route, measure in line.by_route.items()})
        return rows

    def _headline(self) -> str:
        return f"scorecard of {self.period} against {self.previous}, as of {self.as_of:%Y-%m-%d %H:%M} UTC"

    def _rows(self) -> list[dict[str, object]]:
        # A route on which nothing happened would be a column of dashes.
        routes = sorted({name for line in self.lines for name, value in line.by_route.items() if value.number})
        rows: list[dict[str, object]] = [
            {"": line.name, "all": _text(line.value), "n": line.value.n, "change": _text(line.change)}
            for line in self.lines
        ]
        for row, line in zip(rows, self.lines, strict=True):
            row.update({_column(name): _text(line.by_route[name]) if name in line.by_route else "" for name in routes})
        return rows

    def _sections(self) -> Iterable[tuple[str, list[dict[str, object]], int]]:
        """Title, rows and how many more there are, of every table."""
        yield "", self._rows(), 0
        names = {line.metric: line.name for line in self.lines}
        teams: list[dict[str, object]] = [{"team": line.team, "change": _text(line.change)} for line in self.teams]
        for row, line in zip(teams, self.teams, strict=True):
            row.update({names[id]: _figure(line.measures[id]) for id in TEAM})
        yield "by team", teams[:_MOST], len(teams[_MOST:])
        yield "against goals", [goal.row() for goal in self.targets[:_MOST]], len(self.targets[_MOST:])

    def __str__(self) -> str:
        parts = [self._headline()]
        for title, rows, more in self._sections():
            if rows:
                table = text_table(list(rows[0]), [list(row.values()) for row in rows])
                parts += [f"\n{title}" if title else "", table, *([f"... and {more:,} more"] if more else [])]
        return "\n".join([part for part in parts if part] + ["* will still move"] * self._moves)

    def _repr_html_(self) -> str:
        tables = [
            f'<div class="po-scroll">'
            f"{html_table(list(rows[0]), [list(row.values()) for row in rows], caption=title)}</div>"
            + (f"<p>... and {more:,} more</p>" if more else "")
            for title, rows, more in self._sections()
            if rows
        ]
        foot = "<p>* will still move</p>" if self._moves else ""
        body = "".join(tables) + foot + self._figure()
        return f'<div class="po-result"><p><strong>{escape(self._headline())}</strong></p>{body}</div>'

    def _figure(self) -> str:
        from partnerops._svg import svg_bars  # noqa: PLC0415 - a terminal draws no figure

        won = [(line.team, line.measures["won_revenue"].value) for line in self.teams[:_MOST]]
        bars = [(name, amount.amount) for name, amount in won if isinstance(amount, Money) and amount]
        return svg_bars(bars, title="Won revenue by team") if bars else ""

    @property
    def _moves(self) -> bool:
        return any(line.value.immature for line in self.lines)


def _column(route: str) -> str:
    # Among the goals `direct` is who sold: a reader must not take the one for the other.
    return "no origin" if route == NOBODY else f"{route} origin"


def _text(value: MetricValue) -> str:
    return value.shown + "*" * (value.immature and value.known)


def _figure(value: MetricValue) -> str | int:
    # A column of small counts would pass for one of ids if they were texts.
    plain = isinstance(value.number, int) and value.number < 1000 and not value.immature
    return value.number if plain and isinstance(value.number, int) else _text(value)


def scorecard(
    dataset: Dataset,
    period: Period,
    *,
    as_of: date | datetime,
    calendar: Calendar = UTC_CALENDAR,
    teams: Teams | None = None,
    commission: Commission = None,
    measures: Measures | None = None,
) -> Scorecard:
    """
    The KPIs of a period for a channel meeting: whole, by route and by team, against the period before and the goals.

    The KPIs are those that the catalogue marks as `scored`, each as its own function would give it. Teams are the
    executives on deals and leads, or *teams*: name to ids of executives and partners. *commission* counts towards what
    customers cost: a function of the records and a period, or the amount of this period, which leaves the period before
    and the routes unknown. *measures* adds metrics that goals may name.

    Each collection is read once for the period's records, which are few; work is linear.

    Raises:
        CurrencyMismatch: Deals, lines, costs or goals in two currencies; convert them first.
        InvalidValue: *teams* or *measures* are no mappings, a team is one string, or *commission* has no currency.

    >>> print(scorecard(Dataset(), Period.month(2026, 3), as_of=date(2026, 4, 1))["deals_won"].value)
    deals_won: 0 (n = 0)
    """
    check_teams(teams)
    check_commission(commission)
    at, previous = moment(as_of, calendar), check_period(period).previous()
    scorer = Scorer(records(dataset), (previous, period), as_of, calendar)
    lines = [
        ScoreLine(
            metric=one.id,
            name=one.name,
            value=now,
            previous=then,
            change=compared(now, then),
            by_route=FrozenMap(by_route),
        )
        for one, now, then, by_route in scorer.lines(commission)
    ]
    # Goals run over their own periods, which may be longer than the one on the card.
    goals = attainments(dataset, period, as_of=as_of, calendar=calendar, teams=teams, measures=measures)
    return Scorecard(
        period=period,
        previous=previous,
        as_of=at,
        lines=tuple(lines),
        teams=tuple(_team_lines(scorer, teams)),
        # The goals of everybody come first: those of parts follow from them.
        targets=tuple(sorted(goals, key=lambda one: one.target.parent_id is not None)),
    )


def _team_lines(scorer: Scorer, teams: Teams | None) -> Sequence[TeamLine]:
    lines: list[TeamLine] = []
    for name, (now, then) in scorer.teams(teams).items():
        if name == NOBODY and not any(value.number for value in (*now.values(), *then.values())):
            continue
        change = compared(now["won_revenue"], then["won_revenue"])
        lines.append(TeamLine(team=name, measures=FrozenMap(now), change=change))
    # The largest first: on a screen the rest is only counted.
    return sorted(lines, key=lambda line: (-_minor(line.measures), line.team))


def _minor(measures: Mapping[str, MetricValue]) -> int:
    value: Any = measures["won_revenue"].value
    return 0 if value is None else int(value.minor)
