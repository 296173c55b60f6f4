"""The contracts between policies and the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from partnerops.entities import Opportunity
from partnerops.forecast._lines import NewBusinessLine
from partnerops.forecast._probability import Probability
from partnerops.periods import Period


class Outlook(Protocol):
    """
    Says how likely an open deal is to be won within what is left of a period.

    You implement `probability`: the chance that the deal is won after *as_of* and within *period*. Not the chance that
    it is ever won: a deal that will close later has a small one, or none. The engine multiplies by the amount, rounds
    the total once and apportions it.

    You may rely on: the deal is open, stands as it was known at *as_of*, has an amount and a stage; *as_of* carries the
    calendar's time zone, so `as_of.date()` is today's business date; at least a part of *period* lies after it. The
    deal may be overdue, unscheduled or expected in another period: answer for that too. Where you answer 0, the engine
    files the deal under the bucket that fits.

    You may add `compiled() -> CompiledOutlook`, which lets tables evaluate the policy.

    Laws: the same deal, moment and period give the same answer; the value lies within 0 and 1; a longer period, ending
    later, never gives less.

    >>> from attrs import frozen
    >>> @frozen
    ... class EvenChance:
    ...     def probability(self, opportunity, /, *, as_of, period):
    ...         return Probability("0.5", because="a coin")
    """

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance that *opportunity* is won after *as_of* and within *period*."""
        ...


class NewBusinessPolicy(Protocol):
    """
    Says what deals that do not exist yet will bring within what is left of a period.

    You implement `estimate`: one line for each origin, or one for all. You may rely on: as for `Outlook`.

    Laws: the same moment and period give the same answer; a period that is over brings nothing.

    >>> from partnerops import Money
    >>> class AsAlways:
    ...     def estimate(self, *, as_of, period):
    ...         return [NewBusinessLine(amount=Money("900.00", "BRL"), because="every quarter so far")]
    """

    def estimate(self, *, as_of: datetime, period: Period) -> Sequence[NewBusinessLine]:
        """What deals created after *as_of* will bring within *period*."""
        ...
