"""The contract between a policy and the engine."""

from __future__ import annotations

from typing import Protocol

from partnerops.entities import Partner
from partnerops.journey._rules import StageRules


class StagePolicy(Protocol):
    """
    Says by which rules a partner is placed.

    You implement `rules`: the gates between the stages, as data, for one partner; with hysteresis, dormancy and the
    meaning of the signals. The engine measures the signals, holds them against the gates and moves the partner.

    You may rely on: the partner is the record as it was known at the moment asked about.

    You may add `compiled() -> CompiledJourney`, which lets tables evaluate the policy.

    Laws: the same partner gives the same rules, and rules depend on the partner alone. Whatever the rules are, silence
    never changes a stage by itself, unknown never demotes, and entering is never easier than staying.

    >>> from attrs import frozen
    >>> from partnerops.journey import JourneyPolicy
    >>> @frozen
    ... class ByRegion:
    ...     south: JourneyPolicy
    ...     rest: JourneyPolicy
    ...
    ...     def rules(self, partner, /):
    ...         return (self.south if partner.region == "south" else self.rest).rules(partner)
    """

    def rules(self, partner: Partner, /) -> StageRules:
        """The rules for *partner*."""
        ...
