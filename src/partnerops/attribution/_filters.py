"""Policies around a policy that leave out touches: the policy inside sees only those that are left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs
from attrs import field, frozen

from partnerops._attrs import Value, place, to_strings, tuple_of
from partnerops._render import join_and, plural
from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._compiled import CompiledAttribution, compile_policy
from partnerops.attribution._kept import explain_kept, notes_kept, weigh_kept
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import describe, is_policy
from partnerops.attribution.steps import Selection, Within
from partnerops.exceptions import InexactNumber, InvalidValue

# Windows are lengths of time and not dates: 24 hours each, whatever a zone does to its clocks.
DAY_US: Final = 86_400_000_000


def _is_span(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if isinstance(value, float):
        raise InexactNumber(place(instance, attribute), "a whole number of days", value)
    # A century is the bound: far beyond any deal, and dates minus it stay within the calendar.
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 36_600:
        raise InvalidValue(place(instance, attribute), "a whole number of days from 1 to 36600", value)


@frozen
class Lookback(Value):
    """
    Only the touches of the last days before the close count; the policy inside sees no others.

    The window is half-open, `(close - days, close]`: a touch at the close counts, one exactly *days* old does not. Days
    are 24 hours. A touch left out weighs 0, and the policy's positions, ages and shares are those of the touches left.
    None left: unattributed. An award of the policy inside passes unchanged.

    Raises:
        InvalidValue: Days that are not a whole number from 1 to 36600, or something that is not a policy.

    Source: lookback windows of Google Ads, snowplow's dbt attribution (30 days) and ra_attribution (30 days).

    >>> from partnerops.attribution import Linear
    >>> Lookback(Linear(), days=90).compiled().steps
    (Within(span_us=7776000000000),)
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy that weighs the touches left."""
    days: int = field(kw_only=True, validator=_is_span)
    """Length of the window in days of 24 hours."""

    @property
    def _step(self) -> Within:
        return Within(self.days * DAY_US)

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The weights of the policy inside; 0 for touches before the window."""
        return weigh_kept(self.policy, self._step, case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Which touches fell outside, and the reasons of the policy inside for the others."""
        why_not = f"outside the {plural(self.days, 'day', 'days')} before the close"
        return explain_kept(self.policy, self._step, case, why_not)

    def notes(self, case: Case, /) -> Sequence[str]:
        """The notes of the policy inside."""
        return notes_kept(self.policy, self._step, case)

    def compiled(self) -> CompiledAttribution:
        """The policy inside as integers, behind the window; of two windows the shorter one stays."""
        return compile_policy(self.policy).with_step(self._step)

    def __str__(self) -> str:
        return f"{describe(self.policy)} within {plural(self.days, 'day', 'days')} of the close"


def are_named(instance: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but names, and nothing named at all."""
    tuple_of(str)(instance, attribute, value)
    # A misspelt argument must not pass as a wrapper that quietly does nothing.
    if not instance.kinds and not instance.parties:
        where = f"{type(instance).__name__}.kinds"
        raise InvalidValue(where, "given, or else parties: with neither the wrapper does nothing", ())


def names_of(kinds: Sequence[str], parties: Sequence[str]) -> str:
    """What a policy names, in words."""
    named = [f"{what} {join_and(names)}" for what, names in (("kind", kinds), ("party", parties)) if names]
    return " and ".join(named)


@frozen
class Only(Value):
    """
    Only touches of certain kinds and parties count; the policy inside sees no others.

    Where both are given, a touch must match both. What the touches left out would have earned is shared by the others,
    since the policy inside never sees them; `partnerops.attribution.wrappers.Withhold` leaves it unattributed instead.
    None left: unattributed. An award of the policy inside passes unchanged.

    Raises:
        InvalidValue: Neither kinds nor parties, or something that is not a policy.

    Source: include lists of snowplow's dbt attribution; touch rules of Tasman's dbt package.

    >>> from partnerops.attribution import Linear
    >>> str(Only(Linear(), kinds=["demo", "referral"]))
    'linear, only kind demo and referral'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy that weighs the touches left."""
    kinds: tuple[str, ...] = field(default=(), kw_only=True, converter=to_strings, validator=are_named)
    """Kinds of touch that count; empty means all."""
    parties: tuple[str, ...] = field(default=(), kw_only=True, converter=to_strings, validator=are_named)
    """Parties whose touches count; empty means all."""

    @property
    def _step(self) -> Selection:
        return Selection(kinds=self.kinds, parties=self.parties, only=True)

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The weights of the policy inside; 0 for touches of other kinds and parties."""
        return weigh_kept(self.policy, self._step, case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Which touches were left out, and the reasons of the policy inside for the others."""
        return explain_kept(self.policy, self._step, case, f"not {names_of(self.kinds, self.parties)}")

    def notes(self, case: Case, /) -> Sequence[str]:
        """The notes of the policy inside."""
        return notes_kept(self.policy, self._step, case)

    def compiled(self) -> CompiledAttribution:
        """The policy inside as integers, behind the selection."""
        return compile_policy(self.policy).with_step(self._step)

    def __str__(self) -> str:
        return f"{describe(self.policy)}, only {names_of(self.kinds, self.parties)}"


@frozen
class Except(Value):
    """
    Touches of certain kinds and parties do not count; the policy inside does not see them.

    A touch that matches either list is left out. What it would have earned is shared by the others, since the policy
    inside never sees it; `partnerops.attribution.wrappers.Withhold` leaves it unattributed instead. None left:
    unattributed. An award of the policy inside passes unchanged.

    Raises:
        InvalidValue: Neither kinds nor parties, or something that is not a policy.

    Source: PostHog, exclusions "applied before weights are computed, so the excluded share renormalizes"; suppression
    in Marketo Measure.

    >>> from partnerops.attribution import Linear
    >>> str(Except(Linear(), parties=["direct"]))
    'linear, without party direct'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy that weighs the touches left."""
    kinds: tuple[str, ...] = field(default=(), kw_only=True, converter=to_strings, validator=are_named)
    """Kinds of touch that do not count."""
    parties: tuple[str, ...] = field(default=(), kw_only=True, converter=to_strings, validator=are_named)
    """Parties whose touches do not count."""

    @property
    def _step(self) -> Selection:
        return Selection(kinds=self.kinds, parties=self.parties, only=False)

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The weights of the policy inside; 0 for touches of these kinds and parties."""
        return weigh_kept(self.policy, self._step, case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Which touches were left out, and the reasons of the policy inside for the others."""
        return explain_kept(self.policy, self._step, case, names_of(self.kinds, self.parties))

    def notes(self, case: Case, /) -> Sequence[str]:
        """The notes of the policy inside."""
        return notes_kept(self.policy, self._step, case)

    def compiled(self) -> CompiledAttribution:
        """The policy inside as integers, behind the selection."""
        return compile_policy(self.policy).with_step(self._step)

    def __str__(self) -> str:
        return f"{describe(self.policy)}, without {names_of(self.kinds, self.parties)}"
