"""The models with a table of shares by what a touch is: its role, or the stage that the deal was in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from partnerops._attrs import FrozenMap, Value, is_a, is_share, is_shares, to_fraction, to_shares
from partnerops._render import plural
from partnerops.attribution._case import Case
from partnerops.attribution._compiled import CompiledAttribution
from partnerops.attribution._reasons import short_percent
from partnerops.attribution.options import Label, Repeats, to_repeats
from partnerops.attribution.rules import ByLabel, labels_of
from partnerops.exceptions import InvalidValue

if TYPE_CHECKING:
    from partnerops.attribution.tables import LabelWeighted

    # Three policies and no base class: what they share is in the functions here, what they mean stands in each.
    ByLabelPolicy: TypeAlias = "RoleWeighted | StageOfInvolvement | LabelWeighted"


def label_rule(policy: ByLabelPolicy, label: Label) -> ByLabel:
    """The shares of a policy by label, as integers; refuses shares that do not sum to 1."""
    # Exactly 1, not at most: a table that sums to less would quietly mean something else after normalising.
    given = (*policy.shares.values(), policy.other, policy.missing)
    if (total := sum(given, Fraction(0))) != 1:
        where = f"{type(policy).__name__}.shares"
        raise InvalidValue(where, "shares that sum to 1 together with `other` and `missing`", str(total))
    unit = lcm(*(share.denominator for share in given))
    *parts, other, missing = (int(share * unit) for share in given)
    return ByLabel(
        label=label, labels=tuple(policy.shares), parts=parts, other=other, missing=missing, repeats=policy.repeats
    )


def explain_labels(rule: ByLabel, case: Case, no_label: str) -> Sequence[str]:
    """The label of each touch, its share, and how many touches share it."""
    labels = labels_of(rule.label, case)
    counts = Counter(rule.group(label) for label in labels)
    parts = (*rule.parts, rule.other, rule.missing)
    unit = sum(parts)

    def reason(label: str | None) -> str:
        group = rule.group(label)
        share = short_percent(Fraction(parts[group], unit))
        name = no_label if label is None else f"{rule.label.value} {label}"
        if rule.repeats is Repeats.COUNT or counts[group] == 1:
            return f"{name}, {share}"
        return f"{name}, {share} shared by {plural(counts[group], 'touch', 'touches')}"

    return [reason(label) for label in labels]


@frozen
class RoleWeighted(Value):
    """
    A fixed share for each role that parties play: sourcer, influencer, implementer, closer, ...

    A role with share `s` and `n` touches gives each of them `s / n`; with `repeats="count"` each weighs $s$ instead.
    Roles without a touch give way: what is left is shared in proportion. No touch in a role that has a share:
    unattributed. One touch in such a role: all of it. A party that plays two roles adds them up.

    Raises:
        InvalidValue: Shares that do not sum to 1 together with `other` and `missing`, or one outside 0 to 1.
        InexactNumber: A float share.

    Source: role splits of partner programmes; impact.com distinguishes introducer, influencer and closer.

    >>> roles = RoleWeighted({"sourcer": "0.4", "influencer": "0.2", "implementer": "0.2", "closer": "0.2"})
    >>> roles.compiled().rule.parts
    (1, 1, 1, 2)
    """

    shares: FrozenMap[Fraction] = field(converter=to_shares, validator=is_shares)
    """Role -> share, a fraction."""
    other: Fraction = field(default=Fraction(0), converter=to_fraction, validator=is_share, kw_only=True)
    """Share of the touches in any other role."""
    missing: Fraction = field(default=Fraction(0), converter=to_fraction, validator=is_share, kw_only=True)
    """Share of the touches without a role."""
    repeats: Repeats = field(default=Repeats.SHARE, converter=to_repeats, validator=is_a(Repeats), kw_only=True)
    """What several touches in one role earn."""
    _rule: ByLabel = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_rule", label_rule(self, Label.ROLE))

    def weigh(self, case: Case, /) -> Sequence[int]:
        """Integer weights in the proportions of the shares."""
        return self._rule.weights(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """The role of each touch and its share."""
        return explain_labels(self._rule, case, "no role")

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=self._rule)

    def __str__(self) -> str:
        return f"roles {label_text(self, 'no role')}"


@frozen
class StageOfInvolvement(Value):
    """
    A fixed share for each stage of the deal, earned by those who were involved while the deal was in it.

    The stage of a touch is the open stage that `Opportunity.history` shows at its instant; a change counts from its
    instant on, and a touch at the close belongs to the stage that the close ended. Touches before the first stage, or
    all touches of a deal without history, have `missing`. A stage with share `s` and `n` touches gives each of them
    `s / n`; with `repeats="count"` each weighs $s$ instead. Stages without a touch give way to the others in
    proportion. No touch in a stage that has a share: unattributed.

    In tables the stage stands in the column `stage` of the touches, null before the first one.

    Raises:
        InvalidValue: Shares that do not sum to 1 together with `other` and `missing`, or one outside 0 to 1.
        InexactNumber: A float share.

    Source: partner programmes that credit by stage of involvement (etapa de envolvimento).

    >>> str(StageOfInvolvement({"discovery": "0.5", "proposal": "0.3"}, missing="0.2"))
    'stage of involvement discovery 50 %, proposal 30 %, before the first stage 20 %'
    """

    shares: FrozenMap[Fraction] = field(converter=to_shares, validator=is_shares)
    """Stage -> share, a fraction."""
    other: Fraction = field(default=Fraction(0), converter=to_fraction, validator=is_share, kw_only=True)
    """Share of the touches in any other stage."""
    missing: Fraction = field(default=Fraction(0), converter=to_fraction, validator=is_share, kw_only=True)
    """Share of the touches before the first stage."""
    repeats: Repeats = field(default=Repeats.SHARE, converter=to_repeats, validator=is_a(Repeats), kw_only=True)
    """What several touches in one stage earn."""
    _rule: ByLabel = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_rule", label_rule(self, Label.STAGE))

    def weigh(self, case: Case, /) -> Sequence[int]:
        """Integer weights in the proportions of the shares."""
        return self._rule.weights(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """The stage of each touch and its share."""
        return explain_labels(self._rule, case, "before the first stage")

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=self._rule)

    def __str__(self) -> str:
        return f"stage of involvement {label_text(self, 'before the first stage')}"


def label_text(policy: ByLabelPolicy, no_label: str) -> str:
    """The shares of a policy by label in words, with what touches of any other label, and of none, share."""
    rest = [("others", policy.other), (no_label, policy.missing)]
    told = [table_text(policy.shares)] if policy.shares else []
    return ", ".join([*told, *(f"{name} {short_percent(share)}" for name, share in rest if share)])


def table_text(shares: Mapping[str, Fraction]) -> str:
    """Shares by label in words."""
    return ", ".join(f"{label} {short_percent(share)}" for label, share in shares.items())
