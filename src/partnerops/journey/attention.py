"""
Partners that need somebody: alerts for account managers, why a partner disengaged, whether calling helps.

Everything here is data: who sends a message, opens a task or makes a call is up to the embedder.
"""

from __future__ import annotations

from partnerops.journey._alerts import Alert, Urgency, alerts
from partnerops.journey._disengagement import (
    ActivityDrop,
    Disengagement,
    VendorFailure,
    disengagement,
)
from partnerops.journey._reactivation import Outreach, Reactivation, reactivation

__all__ = [
    "ActivityDrop",
    "Alert",
    "Disengagement",
    "Outreach",
    "Reactivation",
    "Urgency",
    "VendorFailure",
    "alerts",
    "disengagement",
    "reactivation",
]
