"""The named branches of the models: what happens where a formula alone does not say. Plain strings work everywhere."""

from __future__ import annotations

from partnerops._attrs import to_member
from partnerops._closed import ClosedSet

__all__ = ["Excess", "Label", "Milestone", "MissingMilestone", "NoMiddle", "Repeats", "Shortfall", "Which"]


class Milestone(ClosedSet):
    """
    A moment in a deal's life that one touch stands for: the last one at or before it.

    `first`, `last` and `closed` have a touch whenever there is one; the others may be missing.
    """

    FIRST = "first"
    """The first touch."""
    LEAD_CREATED = "lead_created"
    """The last touch at or before the deal's earliest lead came in."""
    DEAL_CREATED = "deal_created"
    """The last touch at or before the deal was opened."""
    CLOSED = "closed"
    """The last touch at or before the close: the same touch as `last`, in the words of a full-path model."""
    LAST = "last"
    """The last touch."""


class MissingMilestone(ClosedSet):
    """Where the share of a milestone goes that no touch stands for: no lead is known, or no touch came before it."""

    RENORMALISE = "renormalise"
    """To all others, in proportion: 30/30/30/10 without a lead becomes 3/7, 3/7, 1/7."""
    INFER = "infer"
    """To the touch of the next later milestone that has one: whoever closed a deal had passed its earlier stages."""
    TO_MIDDLE = "to_middle"
    """To the middle touches."""


class NoMiddle(ClosedSet):
    """Where the share of the middle goes when every touch is an anchor, as with two touches."""

    RENORMALISE = "renormalise"
    """To the anchors in proportion: 30/20/50 becomes 37.5/62.5."""
    SPLIT_MIDDLE = "split_middle"
    """To the anchors in equal parts: 30/20/50 becomes 40/60."""


class Repeats(ClosedSet):
    """What several touches with the same label earn: two sourcers, three touches in one stage."""

    SHARE = "share"
    """Together the label's share, each an equal part of it."""
    COUNT = "count"
    """The label's share each, before shares are normalised."""


class Label(ClosedSet):
    """What a touch is grouped by."""

    PARTY = "party"
    """Who made the contact."""
    ROLE = "role"
    """The part the party played."""
    KIND = "kind"
    """The kind of contact."""
    CHANNEL = "channel"
    """The medium."""
    TEAM = "team"
    """The team behind it."""
    CAMPAIGN = "campaign"
    """The campaign it belongs to."""
    STAGE = "stage"
    """The open stage that the deal was in at that moment."""


class Which(ClosedSet):
    """Which end of the journey comes first: the touch kept of several, or the touch counted as number one."""

    FIRST = "first"
    """The oldest."""
    LAST = "last"
    """The newest."""


class Excess(ClosedSet):
    """Where the share above a cap goes."""

    SPREAD = "spread"
    """To the parties below the cap, in proportion."""
    UNATTRIBUTED = "unattributed"
    """To nobody; it stays visible."""


class Shortfall(ClosedSet):
    """What happens to a share below a floor."""

    RAISE = "raise"
    """It is raised to the floor, at the cost of the others in proportion."""
    DROP = "drop"
    """It is dropped, and the others share it in proportion."""


# One named function per enumeration: type checkers read from it that a field takes the plain string too, which they
# cannot from a partial or a factory.


def to_missing_milestone(value: str) -> MissingMilestone:
    """The member with this value; anything else is left to the validator."""
    return to_member(MissingMilestone, value)


def to_no_middle(value: str) -> NoMiddle:
    """The member with this value; anything else is left to the validator."""
    return to_member(NoMiddle, value)


def to_repeats(value: str) -> Repeats:
    """The member with this value; anything else is left to the validator."""
    return to_member(Repeats, value)


def to_label(value: str) -> Label:
    """The member with this value; anything else is left to the validator."""
    return to_member(Label, value)


def to_which(value: str) -> Which:
    """The member with this value; anything else is left to the validator."""
    return to_member(Which, value)


def to_excess(value: str) -> Excess:
    """The member with this value; anything else is left to the validator."""
    return to_member(Excess, value)


def to_shortfall(value: str) -> Shortfall:
    """The member with this value; anything else is left to the validator."""
    return to_member(Shortfall, value)
