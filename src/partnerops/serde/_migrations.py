"""From the documents of earlier versions to today's, by pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from partnerops.exceptions import InvalidValue

SCHEMA_VERSION: Final = 1
"""Version of the stored form; it grows when a document of the old form could not be read as it stands."""

Document: TypeAlias = dict[str, Any]
Migration: TypeAlias = Callable[[Document], Document]

MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""Version -> the function that turns a document of it into one of the next; there is only one version yet."""


def migrated(
    document: Document, *, current: int = SCHEMA_VERSION, migrations: Mapping[int, Migration] = MIGRATIONS
) -> Document:
    """
    The document in the current form, without its `schema_version`.

    Raises:
        InvalidValue: A version that is no whole number, or that this release does not know.
    """
    body = {name: value for name, value in document.items() if name != "schema_version"}
    # Without a version it is today's: hand-written policies seldom name one.
    version = document.get("schema_version", current)
    # True is 1 for Python. A newer document is refused whole: half of it might be read, and mean something else.
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= current:
        rule = f"a whole number from 1 to {current}; a newer document needs a newer partnerops"
        raise InvalidValue("document.schema_version", rule, version)
    # One version at a time: each step knows its neighbour alone, and old ones are never touched again.
    for step in range(version, current):
        body = migrations[step](body)
    return body
