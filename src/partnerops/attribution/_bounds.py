"""Policies around a policy that work on parties' shares: floors and caps, shares withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import attrs
from attrs import field, frozen

from partnerops._attrs import Value, is_a, is_share, place, to_fraction, to_strings
from partnerops.attribution._answers import as_answer, as_shares, ask, because_of
from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._filters import are_named, names_of
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import describe, is_policy, notes, reasons, short_percent
from partnerops.attribution.options import Excess, Shortfall, to_excess, to_shortfall
from partnerops.attribution.steps import Selection
from partnerops.exceptions import InvalidValue


def _not_below_floor(instance: Bounded, attribute: attrs.Attribute[Any], value: Fraction) -> None:
    # A cap of 0 would leave every deal to nobody, which no clause of a contract means.
    if value < instance.floor or not value:
        raise InvalidValue(place(instance, attribute), f"above 0 and at least the floor ({instance.floor})", str(value))


@frozen
class Bounded(Value):
    """
    No party that earns anything earns less than a floor or more than a cap.

    With its share s of the policy inside, a party gets min(cap, max(floor, f x s)), where the common factor f makes
    the shares sum to 1: what a bound takes or needs is spread over the others in proportion. Where even
    caps for all do not reach 1, the rest is unattributed; where floors for all exceed 1, all get the same. With
    `below="drop"` a share below the floor is dropped first, though never the largest. With
    `excess="unattributed"` what lies above the cap goes to nobody. An award is bounded like any answer; put
    `RegistrationFirst` outside to keep a registration whole. A party's touches keep their proportions. One party: the
    cap, and the rest unattributed. No touch: unattributed.

    Raises:
        InvalidValue: A bound outside 0 to 1, a cap below the floor or of 0, or something that is not a policy.
        InexactNumber: A float bound.

    Source: minimum and maximum credit clauses of partner programmes; capped influence in CRM systems.

    >>> from partnerops.attribution import Linear
    >>> str(Bounded(Linear(), floor="0.1", cap="0.6"))
    'linear, each share from 10 % to 60 %'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy whose shares are bounded."""
    floor: Fraction = field(default=Fraction(0), kw_only=True, converter=to_fraction, validator=is_share)
    """Least share of a party that earns anything, a fraction."""
    cap: Fraction = field(
        default=Fraction(1), kw_only=True, converter=to_fraction, validator=[is_share, _not_below_floor]
    )
    """Greatest share of a party, a fraction."""
    below: Shortfall = field(default=Shortfall.RAISE, kw_only=True, converter=to_shortfall, validator=is_a(Shortfall))
    """What happens to a share below the floor."""
    excess: Excess = field(default=Excess.SPREAD, kw_only=True, converter=to_excess, validator=is_a(Excess))
    """Where the share above the cap goes."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """Shares of the deal after the bounds."""
        answer = ask(self.policy, case)
        touch_shares, outright = as_shares(answer, case)
        before = _by_party(case, touch_shares, outright)
        after = self._bounded(before)
        # Within a party nothing changes: its touches keep their proportions, so that lines stay explainable.
        scaled = [
            share * after[touch.partner_id] / before[touch.partner_id] if share else share
            for touch, share in zip(case.touches, touch_shares, strict=True)
        ]
        shares = {party: share * after[party] / before[party] for party, share in outright.items() if share}
        return as_answer(scaled, shares, because_of(answer, self._because()))

    def _bounded(self, shares: Mapping[str, Fraction]) -> dict[str, Fraction]:
        if not shares:
            return {}
        given = sum(shares.values(), Fraction(0))
        kept = dict(shares)
        if self.below is Shortfall.DROP:
            # The largest share always stays: a deal that many worked on is not left to nobody.
            least = min(self.floor, max(shares.values()))
            kept = {party: share if share >= least else Fraction(0) for party, share in shares.items()}
        # What is cut off for nobody is cut after the floors are paid, and never handed round.
        cap = self.cap if self.excess is Excess.SPREAD else Fraction(1)
        after = fitted(kept, self.floor, cap, given)
        return {party: min(share, self.cap) for party, share in after.items()}

    def explain(self, case: Case, /) -> Sequence[str]:
        """The reasons of the policy inside."""
        return reasons(self.policy, case)

    def notes(self, case: Case, /) -> Sequence[str]:
        """Whose share a bound moved, from where to where; and the notes of the policy inside."""
        before = _by_party(case, *as_shares(ask(self.policy, case), case))
        after = self._bounded(before)
        moved = [
            f"{self._because()}: {party} {short_percent(share)} became {short_percent(after[party])}"
            for party, share in before.items()
            if after[party] != share
        ]
        return [*moved, *notes(self.policy, case)]

    def _because(self) -> str:
        if self.below is Shortfall.DROP:
            return f"shares below {short_percent(self.floor)} dropped, at most {short_percent(self.cap)}"
        return f"each share from {short_percent(self.floor)} to {short_percent(self.cap)}"

    def __str__(self) -> str:
        return f"{describe(self.policy)}, {self._because()}"


def _by_party(case: Case, touch_shares: Sequence[Fraction], outright: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The share of each party that earns anything."""
    found = {party: share for party, share in outright.items() if share}
    for touch, share in zip(case.touches, touch_shares, strict=True):
        if share:
            found[touch.partner_id] = found.get(touch.partner_id, Fraction(0)) + share
    return found


def fitted(shares: Mapping[str, Fraction], floor: Fraction, cap: Fraction, total: Fraction) -> dict[str, Fraction]:
    """
    Shares times a common factor, held between the bounds, so that they sum to *total* as nearly as the bounds allow.

    A share of 0 stays 0. The sum of the held shares never falls as the factor grows and is linear between the factors
    at which a share meets a bound; so the factor is found exactly, from one of these to the next.
    """
    positive = [share for share in shares.values() if share]
    count = len(positive)
    # Floors that cannot all be paid: equal shares, since any other choice would prefer somebody without a rule.
    if not count or count * floor >= total:
        return {party: total / count if share else share for party, share in shares.items()}
    if count * cap <= total:
        return {party: cap if share else share for party, share in shares.items()}

    def held(factor: Fraction, share: Fraction) -> Fraction:
        return min(cap, max(floor, factor * share))

    # Only at these factors does a share meet a bound; between two of them the sum is a straight line.
    edges = {bound / share for share in positive for bound in (floor, cap)}
    low = max(edge for edge in edges if sum(held(edge, share) for share in positive) <= total)
    # From this edge on only the shares between their bounds grow, and they must make up what is missing. At least one
    # does: at the next edge the sum is above the total, since at the last one all shares are at the cap.
    missing = total - sum(held(low, share) for share in positive)
    growing = sum((share for share in positive if floor <= low * share < cap), Fraction(0))
    factor = low + missing / growing
    return {party: held(factor, share) if share else share for party, share in shares.items()}


@frozen
class Withhold(Value):
    """
    Touches of certain kinds and parties weigh in, but what they earn goes to nobody.

    Unlike `Except`, which hands their share to the others, it leaves the others with what they would have had: the
    share withheld is unattributed and visible. A touch that matches either list is withheld. An award of the policy
    inside to such a party is withheld too; kinds do not concern awards.

    Raises:
        InvalidValue: Neither kinds nor parties, or something that is not a policy.

    Source: deleted touchpoints in Marketo Measure leave credit below 100 %; here that is a choice with a name.

    >>> from partnerops.attribution import Linear
    >>> str(Withhold(Linear(), parties=["direct"]))
    'linear, party direct withheld'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy that weighs all touches."""
    kinds: tuple[str, ...] = field(default=(), kw_only=True, converter=to_strings, validator=are_named)
    """Kinds of touch whose credit is withheld."""
    parties: tuple[str, ...] = field(default=(), kw_only=True, converter=to_strings, validator=are_named)
    """Parties whose credit is withheld."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The shares of the policy inside without those withheld."""
        answer = ask(self.policy, case)
        touch_shares, outright = as_shares(answer, case)
        kept = self._step.kept(case)
        # Weighed with everybody first, withheld after: the others keep what they would have had.
        left = [share if keep else Fraction(0) for share, keep in zip(touch_shares, kept, strict=True)]
        shares = {party: share for party, share in outright.items() if party not in self.parties}
        return as_answer(left, shares, because_of(answer, f"{names_of(self.kinds, self.parties)} withheld"))

    @property
    def _step(self) -> Selection:
        return Selection(kinds=self.kinds, parties=self.parties, only=False)

    def explain(self, case: Case, /) -> Sequence[str]:
        """The reasons of the policy inside, and which touches had theirs withheld."""
        told = zip(reasons(self.policy, case), self._step.kept(case), strict=True)
        return [
            reason if keep else f"withheld from {names_of(self.kinds, self.parties)}: {reason}" for reason, keep in told
        ]

    def notes(self, case: Case, /) -> Sequence[str]:
        """The notes of the policy inside."""
        return notes(self.policy, case)

    def __str__(self) -> str:
        return f"{describe(self.policy)}, {names_of(self.kinds, self.parties)} withheld"
