"""Policies made of two: one for the deals that the other leaves to nobody."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from partnerops._attrs import Value
from partnerops.attribution._answers import ask, is_nobody
from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._compiled import CompiledAttribution, compile_policy
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import describe, is_policy, notes, reasons


@frozen
class OrElse(Value):
    """
    The first policy, and for deals that it leaves to nobody the other one.

    An answer that gives only a part of the deal to somebody stands as it is. Nobody under either: unattributed.

    Raises:
        InvalidValue: Something that is not a policy.

    Source: fallback chains such as "primary campaign source, else last touch" in CRM systems.

    >>> from partnerops.attribution import LeadOrigin, Linear
    >>> str(OrElse(LeadOrigin(), Linear()))
    'lead origin, or else linear'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy asked first."""
    otherwise: AttributionPolicy = field(validator=is_policy)
    """The policy for deals that the first one leaves to nobody."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The first answer that gives credit to somebody."""
        answer = ask(self.policy, case)
        return self.otherwise.weigh(case) if is_nobody(answer) else answer

    def _chosen(self, case: Case) -> AttributionPolicy:
        return self.otherwise if is_nobody(ask(self.policy, case)) else self.policy

    def explain(self, case: Case, /) -> Sequence[str]:
        """The reasons of the policy that decided."""
        return reasons(self._chosen(case), case)

    def notes(self, case: Case, /) -> Sequence[str]:
        """The notes of the policy that decided; where that is the other one, what the first one was."""
        if self._chosen(case) is self.policy:
            return notes(self.policy, case)
        told = f"{describe(self.policy)} gave it to nobody, so {describe(self.otherwise)} decided"
        return [told, *notes(self.policy, case), *notes(self.otherwise, case)]

    def compiled(self) -> CompiledAttribution:
        """The first policy as integers, with the other for deals that nobody earned."""
        return compile_policy(self.policy).or_else(compile_policy(self.otherwise))

    def __str__(self) -> str:
        return f"{describe(self.policy)}, or else {describe(self.otherwise)}"
