"""Forecast categories: how sure a deal is, in the words that sales teams use."""

from __future__ import annotations

from partnerops._attrs import to_member
from partnerops._closed import ClosedSet


class Category(ClosedSet):
    """
    How sure an open deal is; every API takes the plain string too.

    An open deal in COMMIT is not closed, and only a won one is CLOSED.
    """

    # In the order of sureness: the table of a roll-up shows them so (F15).
    OMITTED = "omitted"
    """Left out of every roll-up: lost, or not to be counted."""
    PIPELINE = "pipeline"
    """Open, and no more than that."""
    BEST_CASE = "best_case"
    """If all goes well."""
    MOST_LIKELY = "most_likely"
    """More likely than not."""
    COMMIT = "commit"
    """Promised."""
    # Never a choice for an open deal: mixing commit with closed counts hopes as bookings (C8).
    CLOSED = "closed"
    """Won."""


def to_category(value: str) -> Category:
    """The member with this value; anything else is left to the validator."""
    return to_member(Category, value)


def to_optional_category(value: str | None) -> Category | None:
    """Like `to_category`, and None stays None."""
    return None if value is None else to_category(value)
