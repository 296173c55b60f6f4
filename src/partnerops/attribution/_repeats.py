"""Policies around a policy that say which of several touches count: of a party, of a run, of a repeat buyer."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from partnerops._attrs import Value, is_a
from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._compiled import CompiledAttribution, compile_policy
from partnerops.attribution._kept import explain_kept, notes_kept, weigh_kept
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import describe, is_policy
from partnerops.attribution.options import Which, to_which
from partnerops.attribution.steps import Cycle, PerParty, Runs


@frozen
class OncePerParty(Value):
    """
    One touch of each party counts, its first or its last; the policy inside sees no others.

    Under `Linear` every party that took part then earns the same. No touch: unattributed. An award of the policy inside
    passes unchanged.

    Raises:
        InvalidValue: Something that is not a policy.

    Source: impact.com counts "participation" of unique partners beside "participating clicks".

    >>> from partnerops.attribution import Linear
    >>> str(OncePerParty(Linear(), keep="last"))
    'linear, the last touch of each party'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy that weighs the touches left."""
    keep: Which = field(default=Which.FIRST, kw_only=True, converter=to_which, validator=is_a(Which))
    """Which touch of a party counts."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The weights of the policy inside; 0 for a party's other touches."""
        return weigh_kept(self.policy, PerParty(self.keep), case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Which touches were left out, and the reasons of the policy inside for the others."""
        return explain_kept(self.policy, PerParty(self.keep), case, f"not the {self.keep} touch of its party")

    def notes(self, case: Case, /) -> Sequence[str]:
        """The notes of the policy inside."""
        return notes_kept(self.policy, PerParty(self.keep), case)

    def compiled(self) -> CompiledAttribution:
        """The policy inside as integers, behind the choice of one touch per party."""
        return compile_policy(self.policy).with_step(PerParty(self.keep))

    def __str__(self) -> str:
        return f"{describe(self.policy)}, the {self.keep} touch of each party"


@frozen
class CollapseRepeats(Value):
    """
    Touches of one party that follow one another count once, by the first or the last of them.

    A party that comes back after another one counts again. No touch: unattributed. An award of the policy inside passes
    unchanged.

    Raises:
        InvalidValue: Something that is not a policy.

    Source: the path transform `exposure_path` of snowplow's dbt attribution.

    >>> from partnerops.attribution import Linear
    >>> str(CollapseRepeats(Linear()))
    'linear, the first touch of each run'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy that weighs the touches left."""
    keep: Which = field(default=Which.FIRST, kw_only=True, converter=to_which, validator=is_a(Which))
    """Which touch of a run counts."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The weights of the policy inside; 0 for the other touches of a run."""
        return weigh_kept(self.policy, Runs(self.keep), case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Which touches were left out, and the reasons of the policy inside for the others."""
        return explain_kept(self.policy, Runs(self.keep), case, f"not the {self.keep} touch of its party's run")

    def notes(self, case: Case, /) -> Sequence[str]:
        """The notes of the policy inside."""
        return notes_kept(self.policy, Runs(self.keep), case)

    def compiled(self) -> CompiledAttribution:
        """The policy inside as integers, behind the choice of one touch per run."""
        return compile_policy(self.policy).with_step(Runs(self.keep))

    def __str__(self) -> str:
        return f"{describe(self.policy)}, the {self.keep} touch of each run"


@frozen
class PerCycle(Value):
    """
    Only touches after the account's previous purchase count: each purchase has a journey of its own.

    The cycle is `(previous close, close]`: a touch at the previous close belongs to the cycle that it ended. An account
    that bought for the first time has one cycle. Of deals closed at one instant none is before the other. Without this
    wrapper a touch of the account counts for every later purchase. None left: unattributed. An award of the policy
    inside passes unchanged.

    In tables the previous close stands in the column `previous_close` of the deals, null for a first purchase.

    Raises:
        InvalidValue: Something that is not a policy.

    Source: DP6's journeys cut at each conversion; the repeat-order cycles of ra_attribution.

    >>> from partnerops.attribution import Linear
    >>> str(PerCycle(Linear()))
    'linear since the previous purchase'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy that weighs the touches left."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The weights of the policy inside; 0 for touches of earlier cycles."""
        return weigh_kept(self.policy, Cycle(), case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Which touches were left out, and the reasons of the policy inside for the others."""
        start = case.previous_close
        # Without an earlier purchase nothing is left out, and no reason is asked for.
        why_not = f"by the previous purchase of {start.date().isoformat()} (UTC)" if start else ""
        return explain_kept(self.policy, Cycle(), case, why_not)

    def notes(self, case: Case, /) -> Sequence[str]:
        """The notes of the policy inside."""
        return notes_kept(self.policy, Cycle(), case)

    def compiled(self) -> CompiledAttribution:
        """The policy inside as integers, behind the cut."""
        return compile_policy(self.policy).with_step(Cycle())

    def __str__(self) -> str:
        return f"{describe(self.policy)} since the previous purchase"
