"""Which touches count: small values that a wrapper shows to objects and tables alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeAlias

from attrs import field, frozen

from partnerops._attrs import Value, to_strings
from partnerops.attribution._case import Case
from partnerops.attribution.options import Which

__all__ = ["Cycle", "PerParty", "Runs", "Selection", "TouchStep", "Within"]


@frozen
class Within(Value):
    """Touches within a span before the close count: the close is inside, the far end outside."""

    span_us: int
    """Length in microseconds."""

    def kept(self, case: Case, /) -> Sequence[bool]:
        """Whether each touch is younger than the span."""
        # Half-open towards the past, so that windows of successive lengths never share a touch at an edge.
        # Ages are compared and not instants: a close early in the calendar has no instant a long window before it.
        span = timedelta(microseconds=self.span_us)
        return [case.closed_at - touch.at < span for touch in case.touches]


@frozen(kw_only=True)
class Selection(Value):
    """Touches of certain kinds and parties count, or all but these."""

    kinds: tuple[str, ...] = field(default=(), converter=to_strings)
    """Kinds named; empty names none."""
    parties: tuple[str, ...] = field(default=(), converter=to_strings)
    """Parties named; empty names none."""
    only: bool
    """Whether a touch must match all that is named, instead of none of it."""

    def kept(self, case: Case, /) -> Sequence[bool]:
        """Whether each touch passes."""
        # Of what is allowed a touch must match all lists, of what is left out one is enough: both read as one would say
        # it.
        if self.only:
            return [
                (not self.kinds or touch.kind in self.kinds) and (not self.parties or touch.partner_id in self.parties)
                for touch in case.touches
            ]
        return [touch.kind not in self.kinds and touch.partner_id not in self.parties for touch in case.touches]


@frozen
class PerParty(Value):
    """One touch of each party counts."""

    which: Which
    """Its first or its last one."""

    def kept(self, case: Case, /) -> Sequence[bool]:
        """Whether each touch is the one of its party."""
        return _one_of_each([touch.partner_id for touch in case.touches], self.which)


@frozen
class Runs(Value):
    """One touch of each run of touches by the same party counts."""

    which: Which
    """The first or the last one of a run."""

    def kept(self, case: Case, /) -> Sequence[bool]:
        """Whether each touch is the one of its run."""
        # No party has an empty id, so the first touch always opens a run.
        run, last = 0, ""
        runs: list[int] = []
        for touch in case.touches:
            run += touch.partner_id != last
            last = touch.partner_id
            runs.append(run)
        return _one_of_each(runs, self.which)


@frozen
class Cycle(Value):
    """Touches after the account's previous purchase count."""

    def kept(self, case: Case, /) -> Sequence[bool]:
        """Whether each touch is later than the previous close; all are where there was none."""
        start = case.previous_close
        # A touch at the previous close belongs to the purchase that it helped to close.
        return [start is None or touch.at > start for touch in case.touches]


TouchStep: TypeAlias = Within | Selection | PerParty | Runs | Cycle
"""Any of the steps."""


def _one_of_each(groups: Sequence[object], which: Which) -> list[bool]:
    """Whether each member is the first, or the last, of its group."""
    # A dict keeps the last index written for a group, so the end that counts is written last.
    ordered = list(enumerate(groups))
    if which is Which.FIRST:
        ordered.reverse()
    chosen = {group: index for index, group in ordered}
    return [chosen[group] == index for index, group in enumerate(groups)]
