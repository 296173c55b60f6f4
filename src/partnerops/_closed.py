"""Closed sets of strings: statuses, named branches, triggers."""

from __future__ import annotations

from enum import StrEnum


class ClosedSet(StrEnum):
    """An enumeration whose members print as the Python that makes them, so that the values they stand in do too."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"
