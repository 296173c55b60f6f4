"""What grows while the simulator runs: records by collection, and the truth behind them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from attrs import Factory, define

from partnerops.entities._facts import Entity
from partnerops.testing._simulator.partner import Actor
from partnerops.testing._simulator.source import Source
from partnerops.testing._truth import DealTruth


@define
class World:
    """The programme so far."""

    seed: int
    house: Actor
    actors: list[Actor]
    # Lists that only grow: a longer programme has to begin as the shorter one does.
    facts: dict[str, list[Entity]] = Factory(lambda: defaultdict[str, list[Any]](list))
    """Collection of a dataset -> its records."""
    truths: list[DealTruth] = Factory(list[DealTruth])
    stages: dict[str, list[str]] = Factory(lambda: defaultdict[str, list[str]](list))
    """Partner -> true stage at the end of each month."""
    engaged: dict[str, list[bool]] = Factory(lambda: defaultdict[str, list[bool]](list))
    """Partner -> whether it was engaged in each month."""

    def add(self, collection: str, *records: Entity) -> None:
        """Put records into a collection."""
        self.facts[collection].extend(records)

    def source(self, *labels: int | str) -> Source:
        """The draws of one subject."""
        return Source(self.seed, *labels)

    def another(self, source: Source, actor: Actor, on: date) -> Actor | None:
        """Some other partner that takes part in deals; None where the one that comes to mind does not work just now."""
        if not self.actors:
            return None
        # Somebody first, then whether it can: a draw among those that can would shift with everything that happened
        # elsewhere.
        other = source.pick(self.actors)
        takes_part = other.kind.registers and other.engaged and other.is_signed(on)
        return other if takes_part and other is not actor else None
