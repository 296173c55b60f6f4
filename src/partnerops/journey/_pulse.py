"""How alive the relation with a partner is: days of silence, held against fixed counts or its own rhythm."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil
from statistics import median

from partnerops._render import plural
from partnerops.entities import PartnerStatus
from partnerops.journey._results import Pulse
from partnerops.journey._settings import Baseline, Dormancy
from partnerops.journey._stages import ActivityStatus
from partnerops.journey._view import View


def pulse(view: View, rules: Dormancy) -> Pulse:
    """The activity status of a partner at a moment."""
    partner, today = view.track.partner, view.today
    # An ended agreement outranks whatever else is heard: activity after the end is no activity in the programme.
    if partner.status(today) is PartnerStatus.ENDED:
        return Pulse(ActivityStatus.ENDED, partner.ended_on, because=f"the agreement ended on {partner.ended_on}")
    last = view.last_event(rules.events)
    at, id = last or (None, None)
    recruited = partner.recruited_on
    begun = view.signed_on or (recruited if recruited and recruited <= today else None)
    heard = begun if at is None else view.date_of(at)
    if heard is None:
        return Pulse(ActivityStatus.ONBOARDING, because="neither signed nor heard of yet")
    cooling, dormant, words = _counts(view, rules)
    # The day on which a count is reached already has the new status, so the day before it is the last in time.
    expected = heard + timedelta(days=cooling - 1)
    # In its first weeks a partner has nothing to be measured against, so silence means nothing yet.
    if begun is not None and (today - begun).days < view.signals.onboarding_days:
        why = f"within {view.signals.onboarding_days} days of {begun}"
        expected = max(expected, begun + timedelta(days=view.signals.onboarding_days - 1))
        return Pulse(ActivityStatus.ONBOARDING, begun, at, id, because=why, expected_by=expected)
    silent = (today - heard).days
    if silent < cooling:
        since = _active_since(heard, begun, view)
        return Pulse(ActivityStatus.ACTIVE, since, at, id, because=f"heard of on {heard}", expected_by=expected)
    # The longest silence first: lost partners are dormant and cooling as well.
    steps = (
        (max(rules.lost_after, dormant + 1), ActivityStatus.LOST),
        (dormant, ActivityStatus.DORMANT),
        (cooling, ActivityStatus.COOLING),
    )
    days, status = next(step for step in steps if silent >= step[0])
    why = f"silent for {plural(silent, 'day', 'days')} since {heard}; {status} from {days} on{words}"
    return Pulse(status, heard + timedelta(days=days), at, id, because=why, expected_by=expected)


def _active_since(heard: date, begun: date | None, view: View) -> date:
    """From the last event on or, where onboarding ended later, from its end."""
    ready = None if begun is None else begun + timedelta(days=view.signals.onboarding_days)
    return heard if ready is None else max(heard, ready)


def _counts(view: View, rules: Dormancy) -> tuple[int, int, str]:
    """Days until cooling and dormant, and words for the rhythm they follow."""
    if rules.baseline is Baseline.OWN:
        middle = own_gap(view, rules)
        if middle is not None:
            cooling = ceil(rules.gaps * middle)
            # The second count stretches with the first: a slow partner must not be dormant the day after it is cooling.
            dormant = max(ceil(rules.gaps * middle * rules.dormant_after / rules.cooling_after), cooling + 1)
            return cooling, dormant, f", at its own rhythm of one event in {float_free(middle)} days"
    return rules.cooling_after, rules.dormant_after, ""


def own_gap(view: View, rules: Dormancy) -> Fraction | None:
    """The median number of days between a partner's days with an event; None with too few of them."""
    known = view.track.events(rules.events).known(view.moment.instant)
    # Days, not events: ten clicks of one morning are one sign of life.
    days = sorted({view.date_of(at) for at, _ in known})
    # Two or three days make no rhythm: one long holiday between them would be taken for the usual gap.
    if len(days) < rules.least_events:
        return None
    return median(Fraction((after - before).days) for before, after in pairwise(days))


def float_free(number: Fraction) -> str:
    """A half or a whole as text: the median of whole numbers is nothing else."""
    return str(number.numerator) if number.denominator == 1 else f"{number.numerator // 2}.5"
