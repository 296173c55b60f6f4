"""Cohorts and the programme's pull: how far partners come, how active they are, what their peers bring."""

from __future__ import annotations

from partnerops.journey._activation import (
    Activation,
    Engagement,
    EngagementLine,
    activation,
    engagement,
    peer_revenue,
)
from partnerops.journey._cohorts import Cohort, CohortFunnel, MilestoneReach, cohort_funnel

__all__ = [
    "Activation",
    "Cohort",
    "CohortFunnel",
    "Engagement",
    "EngagementLine",
    "MilestoneReach",
    "activation",
    "cohort_funnel",
    "engagement",
    "peer_revenue",
]
