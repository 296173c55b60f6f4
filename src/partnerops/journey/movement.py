"""
A programme over time: transitions, time in stage, flapping, and its mix at a moment.

`replay_all` gives the timelines, `classify_all` the decisions that these functions read.
"""

from __future__ import annotations

from partnerops.journey._durations import Spell, StageDuration, TimeInStage, time_in_stage
from partnerops.journey._mix import (
    ProgramStage,
    StageMix,
    StuckLine,
    StuckReasons,
    program_stage,
    stage_mix,
    stuck_reasons,
)
from partnerops.journey._transitions import (
    ENDED,
    NEW,
    FlapLine,
    Flapping,
    TransitionMatrix,
    flapping,
    transitions,
)

__all__ = [
    "ENDED",
    "NEW",
    "FlapLine",
    "Flapping",
    "ProgramStage",
    "Spell",
    "StageDuration",
    "StageMix",
    "StuckLine",
    "StuckReasons",
    "TimeInStage",
    "TransitionMatrix",
    "flapping",
    "program_stage",
    "stage_mix",
    "stuck_reasons",
    "time_in_stage",
    "transitions",
]
