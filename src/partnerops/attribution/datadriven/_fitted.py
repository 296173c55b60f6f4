"""What fitted models share: how values of labels weigh the touches of a deal, and how they are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from partnerops._attrs import FrozenMap, to_shares
from partnerops._render import plural
from partnerops.attribution._case import Case
from partnerops.attribution._reasons import short_percent
from partnerops.attribution.options import Label
from partnerops.attribution.rules import labels_of
from partnerops.typing import ExactLike

UNIT: Final = 10**9
"""Fitted values are whole multiples of 1/UNIT."""


def to_values(values: Mapping[str, ExactLike] | None) -> FrozenMap[Fraction] | None:
    """A mapping of labels to exact numbers; None stays None."""
    return None if values is None else to_shares(values)


def quantised(value: float) -> Fraction:
    """The nearest multiple of 1/UNIT that is not below 0: rounding may leave a zero a little short of it."""
    return Fraction(max(0, round(value * UNIT)), UNIT)


def weights_of(values: Mapping[str, Fraction] | None, label: Label, case: Case) -> Sequence[Fraction]:
    """Each touch's equal part of its label's value; 0 where the label was never seen, or nothing could be fitted."""
    labels = labels_of(label, case)
    counts = Counter(labels)
    known = values or {}
    # Divided over its touches, so that a party does not gain by touching more often than the fit foresaw.
    return [known.get(name, Fraction(0)) / counts[name] if name is not None else Fraction(0) for name in labels]


def reasons_of(values: Mapping[str, Fraction] | None, label: Label, case: Case, what: str, why_not: str) -> list[str]:
    """The value behind each touch's weight."""
    labels = labels_of(label, case)
    counts = Counter(labels)

    def reason(name: str | None) -> str:
        if values is None:
            return f"nothing could be fitted: {why_not}"
        if name is None or name not in values:
            return f"{name or f'no {label.value}'} was in none of the journeys fitted on"
        shared = f" shared by {plural(counts[name], 'touch', 'touches')}" if counts[name] > 1 else ""
        return f"{what} of {name} {short_percent(values[name])}{shared}"

    return [reason(name) for name in labels]


def shares_of(values: Mapping[str, Fraction] | None) -> FrozenMap[Fraction] | None:
    """The values as shares that sum to 1."""
    if values is None:
        return None
    # Quantised values miss 1 by a billionth; exact shares are made from them once more.
    total = sum(values.values(), Fraction(0))
    return FrozenMap({name: value / total for name, value in values.items()})
