"""Models with a table of the user's own: shares by place, by any label of a touch, or by party."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import attrs
from attrs import field, frozen

from partnerops._attrs import (
    FrozenMap,
    Value,
    is_a,
    is_share,
    is_shares,
    is_text,
    place,
    to_fraction,
    to_shares,
)
from partnerops._render import plural
from partnerops.attribution._case import Award, Case, are_fractions, to_fractions
from partnerops.attribution._compiled import CompiledAttribution
from partnerops.attribution._labels import explain_labels, label_rule, label_text, table_text
from partnerops.attribution._reasons import short_percent
from partnerops.attribution.options import Label, Repeats, Which, to_label, to_repeats, to_which
from partnerops.attribution.rules import ByLabel, ByPlace
from partnerops.exceptions import InvalidValue

__all__ = ["FixedSplit", "LabelWeighted", "ShareTable"]


def _is_table(instance: object, attribute: attrs.Attribute[Any], value: tuple[Fraction, ...]) -> None:
    are_fractions(instance, attribute, value)
    # Normalising a list that does not sum to 1 would hide a slip of the pen.
    if (total := sum(value, Fraction(0))) != 1:
        raise InvalidValue(place(instance, attribute), "shares that sum to 1", str(total))


@frozen
class ShareTable(Value):
    """
    A fixed share for each place in the journey: the first touch, the second, ...; or counted from the last touch.

    Touches beyond the table earn nothing. With fewer touches than the table has places, the shares of the places taken
    are normalised: each is divided by their sum. One touch takes all. No touch: unattributed, as when the places taken
    have no share. Touches of the same instant rank by id.

    Raises:
        InvalidValue: No share, a share outside 0 to 1, or shares that do not sum to 1.
        InexactNumber: A float share.

    Source: HubSpot's simple decay of 2016 (50, 25, 12.5, ... over the six latest touches) is such a table; so is any
    list agreed in a contract.

    >>> ShareTable(["0.5", "0.3", "0.2"], count_from="last").compiled().rule
    ByPlace(places=(5, 3, 2), from_last=True)
    """

    shares: tuple[Fraction, ...] = field(converter=to_fractions, validator=_is_table)
    """Share of place 1, 2, ..., fractions."""
    count_from: Which = field(default=Which.FIRST, converter=to_which, validator=is_a(Which), kw_only=True)
    """Whether place 1 is the first or the last touch."""
    _rule: ByPlace = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        unit = lcm(*(share.denominator for share in self.shares))
        rule = ByPlace([int(share * unit) for share in self.shares], from_last=self.count_from is Which.LAST)
        object.__setattr__(self, "_rule", rule)

    def weigh(self, case: Case, /) -> Sequence[int]:
        """Integer weights in the proportions of the shares."""
        return self._rule.weights(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """The place of each touch and its share."""
        count, end = len(case.touches), self.count_from.value

        def reason(index: int) -> str:
            if index >= len(self.shares):
                return f"beyond the {plural(len(self.shares), 'place', 'places')} that earn, counted from the {end}"
            return f"place {index + 1} counted from the {end}, {short_percent(self.shares[index])}"

        return [reason(index if self.count_from is Which.FIRST else count - 1 - index) for index in range(count)]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=self._rule)

    def __str__(self) -> str:
        return f"table {', '.join(map(short_percent, self.shares))} from the {self.count_from.value} touch"


@frozen
class LabelWeighted(Value):
    """
    A fixed share for each label of a touch: its kind, channel, team, campaign, ...

    A label with share `s` and `n` touches gives each of them `s / n`; with `repeats="count"` each weighs $s$ instead.
    Labels without a touch give way to the others in proportion. No touch with a label that has a share: unattributed.
    Roles and stages have models of their own, `RoleWeighted` and `StageOfInvolvement`, which weigh the same way.

    In tables the label stands in the column of the touches that has its name.

    Raises:
        InvalidValue: Shares that do not sum to 1 together with `other` and `missing`, or one outside 0 to 1.
        InexactNumber: A float share.

    Source: custom models by touchpoint type, as in Tasman's dbt package and Marketo Measure.

    >>> str(LabelWeighted("kind", {"demo": "0.6", "referral": "0.4"}))
    'by kind demo 60 %, referral 40 %'
    """

    label: Label = field(converter=to_label, validator=is_a(Label))
    """What touches are grouped by."""
    shares: FrozenMap[Fraction] = field(converter=to_shares, validator=is_shares)
    """Label -> share, a fraction."""
    other: Fraction = field(default=Fraction(0), converter=to_fraction, validator=is_share, kw_only=True)
    """Share of the touches with any other label."""
    missing: Fraction = field(default=Fraction(0), converter=to_fraction, validator=is_share, kw_only=True)
    """Share of the touches without a label."""
    repeats: Repeats = field(default=Repeats.SHARE, converter=to_repeats, validator=is_a(Repeats), kw_only=True)
    """What several touches with one label earn."""
    _rule: ByLabel = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_rule", label_rule(self, self.label))

    def weigh(self, case: Case, /) -> Sequence[int]:
        """Integer weights in the proportions of the shares."""
        return self._rule.weights(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """The label of each touch and its share."""
        return explain_labels(self._rule, case, f"no {self.label.value}")

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=self._rule)

    def __str__(self) -> str:
        return f"by {self.label.value} {label_text(self, f'no {self.label.value}')}"


@frozen
class FixedSplit(Value):
    """
    The same shares for the same parties in every deal, whoever touched it: a split agreed beforehand.

    Shares below 1 in total leave the rest unattributed. Touches play no part.

    Raises:
        InvalidValue: No party, a share outside 0 to 1, shares above 1 in total, or no reason.
        InexactNumber: A float share.

    Source: co-selling agreements; split credit of CRM systems (Salesforce opportunity splits).

    >>> str(FixedSplit({"acme": "0.7", "direct": "0.3"}, because="framework contract, clause 7"))
    'fixed split acme 70 %, direct 30 %'
    """

    shares: FrozenMap[Fraction] = field(converter=to_shares, validator=is_shares)
    """Party -> share of every deal."""
    because: str = field(validator=is_text, kw_only=True)
    """Where it was agreed."""

    def __attrs_post_init__(self) -> None:
        # Shares below 1 leave a rest on purpose; no share at all is a table that somebody forgot to fill.
        if not any(self.shares.values()):
            raise InvalidValue("FixedSplit.shares", "a mapping of at least one party to its share", dict(self.shares))

    def weigh(self, case: Case, /) -> Award:  # noqa: ARG002 - every deal alike
        """The award of the shares."""
        return Award(self.shares, self.because)

    def explain(self, case: Case, /) -> Sequence[str]:
        """That touches earn nothing here."""
        return ["shares were agreed beforehand, touches earn nothing"] * len(case.touches)

    def __str__(self) -> str:
        return f"fixed split {table_text(self.shares)}"
