"""Which function measures which signal."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Final

from partnerops.journey import _engagement as engagement, _revenue as revenue
from partnerops.journey._revenue import Window
from partnerops.journey._signal import Measure, Signal
from partnerops.journey._view import View
from partnerops.metrics._readings import approved_at

MEASURES: Final[dict[Signal, Callable[[View, Window], Measure]]] = {
    Signal.SIGNED: engagement.signed,
    Signal.DAYS_SINCE_SIGNED: engagement.days_since_signed,
    Signal.ONBOARDING: engagement.onboarding,
    Signal.CERTIFICATIONS: engagement.certifications,
    Signal.TRAINING_DAYS: engagement.days_with("training"),
    Signal.LOGIN_DAYS: engagement.days_with("login"),
    Signal.ENGAGED_DAYS: engagement.days_with(None),
    Signal.REGISTRATIONS: engagement.registered(attrgetter("submitted_at")),
    Signal.ACCEPTED_REGISTRATIONS: engagement.registered(approved_at),
    Signal.QUALIFIED_REFERRALS: engagement.qualified_referrals,
    Signal.MONTHS_SINCE_FIRST_WIN: revenue.months_since_first_win,
    Signal.WINS: revenue.wins,
    Signal.WIN_MONTHS: revenue.win_months,
    Signal.WIN_QUARTERS: revenue.win_quarters,
    Signal.WON_REVENUE: revenue.won_revenue,
    Signal.GROWTH: revenue.growth,
    Signal.REVENUE_VARIATION: revenue.revenue_variation,
    Signal.ACTIVE_CUSTOMERS: revenue.active_customers,
    Signal.TARGET_ATTAINMENT: revenue.target_attainment,
    Signal.JOINT_PLAN: engagement.joint_plan,
    Signal.COMMITMENTS_KEPT: engagement.commitments_kept,
    Signal.CSAT: revenue.csat,
    Signal.NPS: revenue.nps,
    Signal.SELF_SUFFICIENCY: revenue.self_sufficiency,
    Signal.OPEN_DEALS: engagement.open_deals,
    Signal.PIPELINE: engagement.pipeline,
    Signal.DAYS_SINCE_ACTIVITY: engagement.days_since_activity,
    Signal.VENDOR_FAILURES: engagement.vendor_failures,
}


# Not the attainment of goals: where no goal runs that is why it is unknown, so it asks about credits itself.
_OF_CREDITS: Final = frozenset(
    {
        Signal.MONTHS_SINCE_FIRST_WIN,
        Signal.WINS,
        Signal.WIN_MONTHS,
        Signal.WIN_QUARTERS,
        Signal.WON_REVENUE,
        Signal.GROWTH,
        Signal.REVENUE_VARIATION,
        Signal.ACTIVE_CUSTOMERS,
        Signal.SELF_SUFFICIENCY,
    }
)
"""Signals that read credits and nothing else to say what a partner won."""


def measure(view: View, signal: Signal, window: Window = (None, None)) -> Measure:
    """The value of a signal, with its evidence."""
    # Unknown rather than 0, which would demote: won deals without any credit were not attributed yet.
    if signal in _OF_CREDITS and view.unattributed:
        return revenue.unattributed(view)
    return MEASURES[signal](view, window)
