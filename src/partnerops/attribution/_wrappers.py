"""Policies around a policy: which touches it sees, and what goes before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import attrs
from attrs import field, frozen

from partnerops._attrs import Value, place
from partnerops._render import plural
from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._compiled import CompiledAttribution, compile_policy
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import check_policy, describe, reasons
from partnerops.entities import DealRegistration
from partnerops.exceptions import InexactNumber, InvalidValue


def is_policy(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """`check_policy` as an attrs validator."""
    check_policy(place(instance, attribute), value)


def _is_span(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if isinstance(value, float):
        raise InexactNumber(place(instance, attribute), "a whole number of days", value)
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
    >>> Lookback(Linear(), days=90).compiled().lookback_us == 90 * 86_400 * 10**6
    True
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy that weighs the touches left."""
    days: int = field(kw_only=True, validator=_is_span)
    """Length of the window in days of 24 hours."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The weights of the policy inside; 0 for touches before the window."""
        inner = self._inside(case)
        answer = self.policy.weigh(inner)
        if isinstance(answer, Award) or len(inner.touches) == len(case.touches):
            return answer
        return [0] * (len(case.touches) - len(inner.touches)) + list(answer)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Which touches fell outside, and the reasons of the policy inside for the others."""
        inner = self._inside(case)
        outside = len(case.touches) - len(inner.touches)
        return [f"outside the {self.days} days before the close"] * outside + list(reasons(self.policy, inner))

    def _inside(self, case: Case) -> Case:
        start = case.closed_at - timedelta(days=self.days)
        kept = tuple(touch for touch in case.touches if touch.at > start)
        return case if len(kept) == len(case.touches) else case.replace(touches=kept)

    def compiled(self) -> CompiledAttribution:
        """The policy inside as integers, with the shorter of the windows."""
        plan = compile_policy(self.policy)
        own = self.days * 86_400_000_000
        return plan.replace(lookback_us=own if plan.lookback_us is None else min(own, plan.lookback_us))

    def __str__(self) -> str:
        return f"{describe(self.policy)} within {plural(self.days, 'day', 'days')} of the close"


@frozen
class RegistrationFirst(Value):
    """
    A registration that protects the deal when it closes earns all of it; otherwise the policy inside decides.

    A registration protects from its approval until `protected_until`, that instant excluded. Where several do, the
    first to file wins; filings of the same instant rank by id. Rejected, withdrawn and run-out ones never count.

    Raises:
        InvalidValue: Something that is not a policy.

    Source: first-to-file is the common rule of partner programmes, as the guides of PRM vendors describe it.

    >>> from partnerops.attribution import Linear
    >>> RegistrationFirst(Linear()).compiled().registration_first
    True
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy for deals that no registration protects."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The award of the registration, or else the answer of the policy inside."""
        protecting = [one for one in case.registrations if one.protects(case.closed_at)]
        if not protecting:
            return self.policy.weigh(case)
        winner = min(protecting, key=lambda one: (one.submitted_at, one.id))
        return Award({winner.partner_id: 1}, because=self._because(winner, len(protecting)))

    @staticmethod
    def _because(winner: DealRegistration, protecting: int) -> str:
        filed = winner.submitted_at.date().isoformat()
        others = f", first to file of {protecting} that protected the deal" if protecting > 1 else ""
        return f"registration {winner.id}, filed {filed} (UTC), protected the deal when it closed{others}"

    def explain(self, case: Case, /) -> Sequence[str]:
        """The reasons of the policy inside: they matter where no registration protects the deal."""
        return reasons(self.policy, case)

    def compiled(self) -> CompiledAttribution:
        """The policy inside as integers, with registrations first."""
        return compile_policy(self.policy).replace(registration_first=True)

    def __str__(self) -> str:
        return f"registration first, else {describe(self.policy)}"
