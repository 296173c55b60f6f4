"""The model whose anchors are milestones of the deal: U, W and full path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any, Final

import attrs
from attrs import field, frozen

from partnerops._attrs import FrozenMap, Value, is_a, is_shares, place, to_shares
from partnerops._render import percent
from partnerops.attribution._case import Case
from partnerops.attribution._compiled import CompiledAttribution
from partnerops.attribution._reasons import short_percent
from partnerops.attribution.options import (
    Milestone,
    MissingMilestone,
    NoMiddle,
    to_missing_milestone,
    to_no_middle,
)
from partnerops.attribution.rules import ByMilestone
from partnerops.exceptions import InvalidValue, near_misses

_WORDS: Final[Mapping[Milestone, str]] = {
    Milestone.FIRST: "first touch",
    Milestone.LEAD_CREATED: "last touch by the creation of the lead",
    Milestone.DEAL_CREATED: "last touch by the opening of the deal",
    Milestone.CLOSED: "last touch by the close",
    Milestone.LAST: "last touch",
}
_WENT: Final[Mapping[MissingMilestone, str]] = {
    MissingMilestone.RENORMALISE: "went to all others in proportion",
    MissingMilestone.INFER: "went to the touch of the next milestone",
    MissingMilestone.TO_MIDDLE: "went to the other touches",
}


def _are_milestones(instance: object, attribute: attrs.Attribute[Any], value: FrozenMap[Fraction]) -> None:
    is_shares(instance, attribute, value)
    where = place(instance, attribute)
    known = [member.value for member in Milestone]
    for name, share in value.items():
        if name not in known:
            raise InvalidValue(where, f"of {', '.join(known)}{near_misses(name, known)}", name)
        # A share of 0 would still take its touch out of the middle, which nobody expects of a zero.
        if not share:
            raise InvalidValue(f"{where}[{name!r}]", "above 0; leave a milestone without share out", str(share))
    if not value:
        raise InvalidValue(where, "a mapping of at least one milestone to its share", dict(value))


@frozen
class MilestoneBased(Value):
    """
    Fixed shares for the touches that stand for milestones of the deal; all other touches share the rest equally.

    The touch of a milestone is the last one at or before it; that of `first` is the first one. The touch of a
    milestone weighs its share; each of m middle touches weighs (1 - sum of shares) / m. A touch that
    stands for several milestones adds up their shares. A milestone without touch follows `missing`, a rest without
    middle touches follows `no_middle`. One touch takes all. No touch: unattributed, as when only milestones without
    touch have a share.

    The moments are `Lead.created_at` of the deal's earliest lead, `Opportunity.created_at` and the close; in tables the
    columns `lead_created_at`, `created_at` and `closed_at` of the deals. Touches of the same instant rank by id.

    Raises:
        InvalidValue: A name that is no milestone, a share that is not above 0, shares above 1 in total, or none.
        InexactNumber: A float share.

    Source: HubSpot, "understand attribution reporting": the last interaction before lead creation, deal creation and
    closed-won; the weights of HubSpot, Marketo Measure and Dreamdata are in `partnerops.attribution.presets`.

    >>> w = MilestoneBased({"first": "0.3", "lead_created": "0.3", "deal_created": "0.3"})
    >>> w.middle, str(w)
    (Fraction(1, 10), 'milestones 30 % first, 30 % lead created, 30 % deal created, 10 % others')
    """

    shares: FrozenMap[Fraction] = field(converter=to_shares, validator=_are_milestones)
    """Milestone -> share of its touch, a fraction: 0.4 means 40 %."""
    missing: MissingMilestone = field(
        default=MissingMilestone.RENORMALISE,
        converter=to_missing_milestone,
        validator=is_a(MissingMilestone),
        kw_only=True,
    )
    """Where the share of a milestone without touch goes."""
    no_middle: NoMiddle = field(
        default=NoMiddle.RENORMALISE, converter=to_no_middle, validator=is_a(NoMiddle), kw_only=True
    )
    """Where the rest goes when every touch stands for a milestone."""
    _rule: ByMilestone = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # The middle is 1 minus these shares, so their common unit makes it whole as well.
        unit = lcm(*(share.denominator for share in self.shares.values()))
        # In the order of a deal's life, which is that of the enumeration.
        parts = {one: int(self.shares[one] * unit) for one in Milestone if one in self.shares}
        rule = ByMilestone(
            milestones=tuple(parts),
            parts=tuple(parts.values()),
            middle=int(self.middle * unit),
            missing=self.missing,
            no_middle=self.no_middle,
        )
        object.__setattr__(self, "_rule", rule)

    @property
    def middle(self) -> Fraction:
        """Share of all touches together that stand for no milestone."""
        return 1 - sum(self.shares.values(), Fraction(0))

    def weigh(self, case: Case, /) -> Sequence[int]:
        """Integer weights in the proportions of the shares."""
        return self._rule.weights(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Which milestones a touch stood for."""
        held: dict[int, list[str]] = {}
        for one, index in zip(self._rule.milestones, self._rule.places(case), strict=bool(case.touches)):
            if index is not None:
                held.setdefault(index, []).append(f"{_WORDS[one]}, {percent(self.shares[one])}")
        between, share = len(case.touches) - len(held), percent(self.middle)
        among = f"one of {between} other touches that share {share}" if between > 1 else f"only other touch, {share}"
        rest = among if self.middle else "stood for no milestone"
        return [" and ".join(held[index]) if index in held else rest for index in range(len(case.touches))]

    def notes(self, case: Case, /) -> Sequence[str]:
        """The milestones that no touch stood for, and where their share went."""
        # Inferring hides that nobody was there, so the question is put without it.
        strict = self._rule.replace(missing=MissingMilestone.RENORMALISE)
        return [
            f"no {_WORDS[one].removeprefix('last ')}: its {percent(self.shares[one])} {_WENT[self.missing]}"
            for one, index in zip(strict.milestones, strict.places(case), strict=bool(case.touches))
            if index is None
        ]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=self._rule)

    def __str__(self) -> str:
        parts = [f"{short_percent(self.shares[one])} {one.replace('_', ' ')}" for one in self._rule.milestones]
        rest = [f"{short_percent(self.middle)} others"] if self.middle else []
        return f"milestones {', '.join(parts + rest)}"
