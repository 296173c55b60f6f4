"""Policies made of two, and a policy with a name and a version of the house."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from attrs import field, frozen

from partnerops._attrs import Value, is_share, is_text, to_fraction
from partnerops.attribution._answers import as_answer, as_shares, ask, is_nobody
from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._compiled import CompiledAttribution, compile_policy
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import describe, is_policy, notes, reasons, short_percent


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
        # Who reads a statement asks first why the rule of the contract did not apply.
        told = f"{describe(self.policy)} gave it to nobody, so {describe(self.otherwise)} decided"
        return [told, *notes(self.policy, case), *notes(self.otherwise, case)]

    def compiled(self) -> CompiledAttribution:
        """The first policy as integers, with the other for deals that nobody earned."""
        return compile_policy(self.policy).or_else(compile_policy(self.otherwise))

    def __str__(self) -> str:
        return f"{describe(self.policy)}, or else {describe(self.otherwise)}"


@frozen
class Blended(Value):
    """
    A part of each deal by one policy, the rest by another.

    With part p a touch earns p x a + (1 - p) x b, where a and b are its shares under the two; outright shares
    blend alike. What one of them leaves to nobody stays unattributed; wrap it in `OrElse` to have it filled.

    Raises:
        InvalidValue: A part outside 0 to 1, or something that is not a policy.
        InexactNumber: A float part.

    Source: house models of the kind "70 % to whoever sourced, 30 % to everybody who touched".

    >>> from partnerops.attribution import FirstTouch, Linear
    >>> str(Blended(FirstTouch(), Linear(), part="0.7"))
    '70 % first touch and 30 % linear'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy that decides about the part."""
    other: AttributionPolicy = field(validator=is_policy)
    """The policy that decides about the rest."""
    part: Fraction = field(kw_only=True, converter=to_fraction, validator=is_share)
    """Part of the deal that the first policy decides about, a fraction."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The shares of both policies, each times its part."""
        # Shares and not weights: the weights of two policies have different totals and cannot be added.
        touch_shares = [Fraction(0)] * len(case.touches)
        outright: dict[str, Fraction] = {}
        because: list[str] = []
        for policy, part in ((self.policy, self.part), (self.other, 1 - self.part)):
            answer = ask(policy, case)
            shares, given = as_shares(answer, case)
            touch_shares = [sum_ + part * share for sum_, share in zip(touch_shares, shares, strict=True)]
            for party, share in given.items():
                outright[party] = outright.get(party, Fraction(0)) + part * share
            if isinstance(answer, Award) and answer.because and part:
                # Only an award brings a reason of its own; touches are told by `explain`.
                because.append(f"{short_percent(part)} by {describe(policy)}: {answer.because}")
        return as_answer(touch_shares, outright, "; ".join(because))

    def explain(self, case: Case, /) -> Sequence[str]:
        """The reasons of both policies, each with its part."""
        both = zip(reasons(self.policy, case), reasons(self.other, case), strict=True)
        one, two = short_percent(self.part), short_percent(1 - self.part)
        return [
            f"{one}: {first or describe(self.policy)}; {two}: {second or describe(self.other)}"
            for first, second in both
        ]

    def notes(self, case: Case, /) -> Sequence[str]:
        """The notes of both policies."""
        return [*notes(self.policy, case), *notes(self.other, case)]

    def __str__(self) -> str:
        return (
            f"{short_percent(self.part)} {describe(self.policy)} and "
            f"{short_percent(1 - self.part)} {describe(self.other)}"
        )


@frozen
class Versioned(Value):
    """
    A policy under the name and version that the house knows it by; it changes no credit.

    Both are in every credit's reason and in its `policy`, so a statement can be traced to the model of its time.

    Raises:
        InvalidValue: An empty name or version, or something that is not a policy.

    >>> from partnerops.attribution import Linear
    >>> str(Versioned(Linear(), model="channel credit", version="2026-1"))
    'channel credit 2026-1 (linear)'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy itself."""
    model: str = field(kw_only=True, validator=is_text)
    """The house's name of the model."""
    version: str = field(kw_only=True, validator=is_text)
    """The house's version of it."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The answer of the policy."""
        return self.policy.weigh(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """The reasons of the policy."""
        return reasons(self.policy, case)

    def notes(self, case: Case, /) -> Sequence[str]:
        """The notes of the policy."""
        return notes(self.policy, case)

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return compile_policy(self.policy)

    def __str__(self) -> str:
        return f"{self.model} {self.version} ({describe(self.policy)})"
