"""Partners that came in together: how many reached a milestone, and by when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from attrs import frozen

from partnerops._arguments import check_int
from partnerops._attrs import Value
from partnerops._render import Printable, plural
from partnerops.dataset import Dataset
from partnerops.entities import DealRegistration
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.journey._engagement import onboarding_steps
from partnerops.journey._settings import SignalRules
from partnerops.journey._track import Source, Track
from partnerops.journey._view import Moment, View
from partnerops.metrics._readings import approved_at
from partnerops.periods import UTC_CALENDAR, Calendar, Frequency, Period
from partnerops.ratio import Ratio

MILESTONES: Final = ("signed", "onboarded", "registered", "accepted", "won")
"""What a partner may reach: signing, the last onboarding step, the first registration, its approval, the first win."""
STARTS: Final = ("recruited", "signed")
"""From where a cohort counts."""
DAYS: Final = (30, 60, 90, 180)


@frozen
class MilestoneReach(Value):
    """How many partners of a cohort reached a milestone, and how soon."""

    milestone: str
    """Which."""
    within: tuple[tuple[int, Ratio], ...]
    """Days, and the share of the cohort that reached it within them."""
    ever: Ratio
    """The share that reached it by the moment asked about, however late."""

    def of_reached(self, days: int) -> Ratio:
        """
        How soon those that reached it did: reached within *days*, of all that ever reached it.

        Raises:
            UnknownName: The cohort was not asked about so many days.
        """
        # Of those that came at all, so that speed is told apart from how many come: 65 % of signings within 30 days.
        return Ratio(self._within(days).numerator, self.ever.numerator)

    def by(self, days: int) -> Ratio:
        """The share of the cohort that reached it within *days*; raises as `of_reached`."""
        return self._within(days)

    def _within(self, days: int) -> Ratio:
        found = dict(self.within).get(days)
        if found is None:
            raise UnknownName("number of days asked about", days, tuple(str(one) for one, _ in self.within))
        return found


@frozen
class Cohort(Value):
    """Partners that started in one period."""

    period: Period | None
    """When they started; None for all mature cohorts together."""
    partners: int
    """How many they are."""
    mature: bool
    """Whether the longest of the days asked about has passed for every one of them."""
    reached: tuple[MilestoneReach, ...]
    """Each milestone asked about."""

    def at(self, milestone: str) -> MilestoneReach:
        """
        What the cohort reached of one milestone.

        Raises:
            UnknownName: It was not asked about.
        """
        found = next((one for one in self.reached if one.milestone == milestone), None)
        if found is None:
            raise UnknownName("milestone asked about", milestone, tuple(one.milestone for one in self.reached))
        return found


@frozen(kw_only=True)
class CohortFunnel(Value, Printable):
    """
    How far cohorts of partners came, and how fast.

    `total` adds up the mature cohorts only: a late cohort has had less time, and would always look worse than it is.
    """

    start: str
    """From where days count: recruited or signed."""
    as_of: datetime
    """The moment asked about."""
    cohorts: tuple[Cohort, ...]
    """The cohorts, oldest first."""
    total: Cohort
    """All mature cohorts together, or all there are where immature ones were let in."""

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per cohort and milestone."""
        return [
            {
                "cohort": "total" if cohort.period is None else str(cohort.period),
                "partners": cohort.partners,
                "mature": cohort.mature,
                "milestone": one.milestone,
                **{f"within_{days}_days": ratio.value for days, ratio in one.within},
                "ever": one.ever.value,
            }
            for cohort in (*self.cohorts, self.total)
            for one in cohort.reached
        ]

    def _headline(self) -> str:
        return f"{plural(len(self.cohorts), 'cohort', 'cohorts')} by {self.start} date, as of {self.as_of.date()}"

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "cohort": "total" if cohort.period is None else str(cohort.period),
                "partners": cohort.partners,
                "mature": "yes" if cohort.mature else "not yet",
                "milestone": one.milestone,
                **{f"{days} days": ratio.percent() for days, ratio in one.within},
                "ever": one.ever.percent(),
            }
            for cohort in (*self.cohorts, self.total)
            for one in cohort.reached
        ]


def cohort_funnel(
    data: Dataset,
    *,
    as_of: datetime | date,
    start: str = "signed",
    milestones: Sequence[str] = ("onboarded", "registered", "won"),
    days: Sequence[int] = DAYS,
    frequency: Frequency | str = Frequency.QUARTER,
    include_immature: bool = False,
    signals: SignalRules | None = None,
    calendar: Calendar = UTC_CALENDAR,
) -> CohortFunnel:
    """
    How many partners of each cohort reached each milestone within some days of their start.

    Days are half-open windows like all of this library: 30 days from 1 March are 1 to 30 March. A milestone before
    the start counts as reached on the first day. A cohort is mature once the longest of *days* has passed since its
    period ended.

    Raises:
        UnknownName: Another start or milestone.
        InvalidValue: No days, or days that do not rise.

    Source: activation cohorts of PRM vendors; the name for comparing cohorts of unequal age is lag bias.

    >>> cohort_funnel(Dataset(), as_of=date(2026, 3, 31)).total.partners
    0
    """
    check_asked(start, milestones, days)
    moment = Moment(as_of, calendar)
    source = Source(data, signals or SignalRules(), None, calendar)
    groups: dict[Period, list[dict[str, int | None]]] = {}
    for partner in data.partners:
        # Partners that never started are in no cohort: they would only dilute it.
        begun = partner.recruited_on if start == "recruited" else partner.signed_on
        if begun is None or begun > moment.today:
            continue
        track = Track(partner, source)
        reached = {name: days_until(View(track, moment), name, begun) for name in milestones}
        groups.setdefault(calendar.period(frequency, begun), []).append(reached)
    cohorts = [
        _cohort(period, members, milestones, days, mature=(moment.today - period.last).days >= max(days))
        for period, members in sorted(groups.items())
    ]
    # Totals leave young cohorts out by default: they have had less time, and pull every rate down.
    kept = [one for one in cohorts if one.mature or include_immature]
    everybody = [member for one in kept if one.period for member in groups[one.period]]
    return CohortFunnel(
        start=start,
        as_of=moment.instant,
        cohorts=tuple(cohorts),
        total=_cohort(None, everybody, milestones, days, mature=all(one.mature for one in kept)),
    )


def check_asked(start: str, milestones: Sequence[str], days: Sequence[int]) -> None:
    # Told by name, since a misspelt start would make every cohort empty without a word.
    if start not in STARTS:
        raise UnknownName("start of cohorts", start, STARTS)
    for name in milestones:
        if name not in MILESTONES:
            raise UnknownName("milestone", name, MILESTONES)
    for index, one in enumerate(days):
        check_int(f"days[{index}]", one, 1, 36_600)
    if not days or list(days) != sorted(set(days)):
        raise InvalidValue("days", "at least one number of days, rising", list(days))


def _cohort(
    period: Period | None,
    members: Sequence[dict[str, int | None]],
    milestones: Iterable[str],
    days: Sequence[int],
    *,
    mature: bool,
) -> Cohort:
    # All of the cohort below the line, also those whose days have not passed: that is why young cohorts look worse.
    count = len(members)
    reached = [
        MilestoneReach(
            name,
            tuple(
                (limit, Ratio(sum(taken is not None and taken < limit for taken in lengths), count)) for limit in days
            ),
            Ratio(sum(taken is not None for taken in lengths), count),
        )
        for name in milestones
        for lengths in [[member[name] for member in members]]
    ]
    return Cohort(period, count, mature, tuple(reached))


def days_until(view: View, milestone: str, begun: date) -> int | None:
    on = milestone_on(view, milestone)
    # Records of a deal registered before the contract was signed are common; they count from the first day.
    return None if on is None else max((on - begun).days, 0)


def milestone_on(view: View, milestone: str) -> date | None:
    """The day on which a partner reached a milestone, as known at the view's moment; None if it has not."""
    if milestone == "signed":
        return view.signed_on
    if milestone == "won":
        return view.date_of(view.wins[0].at) if view.wins else None
    if milestone == "onboarded":
        return _onboarded_on(view)
    filed: list[DealRegistration] = view.seen(DealRegistration)
    if milestone == "registered":
        return min((view.date_of(one.submitted_at) for one in filed), default=None)
    # Approved once is accepted: what became of the protection later takes nothing from the milestone.
    agreed = [at for one in filed if (at := approved_at(one)) is not None]
    return min(map(view.date_of, agreed), default=None)


def _onboarded_on(view: View) -> date | None:
    """The day of the last onboarding step, once all are done."""
    if view.signed_on is None:
        return None
    # Onboarded is a day, not a state: the day on which the last step was done.
    done, _, total = onboarding_steps(view, view.signed_on)
    return max(on for on, _ in done) if total and len(done) == total else None
