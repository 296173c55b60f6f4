"""What a KPI answers: a value or the reason why there is none, with the records behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias, cast

from attrs import field, frozen

from partnerops._attrs import FrozenMap, Value
from partnerops._render import Printable, plural
from partnerops.exceptions import UnknownName
from partnerops.money import Money
from partnerops.ratio import Ratio

Number: TypeAlias = int | Fraction | Decimal
Interval: TypeAlias = tuple[Decimal, Decimal]

EMPTY: Final = "no amount, so no currency either"
"""Why a sum of nothing is unknown."""

NOTHING: Final = (EMPTY, "no recurring line")
"""Reasons that only want a currency to be 0."""

FEW = 30
"""Below so many records a rate is shown with its interval."""


@frozen(kw_only=True)
class MetricValue(Value, Printable):
    """
    One KPI of one group of records: unknown is None with a reason, never 0.

    >>> print(MetricValue(metric="win_rate", value=Ratio(12, 19), n=19))
    win_rate: 12 / 19 = 63.2 % (n = 19)
    """

    metric: str
    """Id in the catalogue."""
    value: Ratio | Money | Fraction | int | None
    """The figure; a rate is a `Ratio`, whose own value is None where its denominator is 0."""
    n: int
    """Records behind it."""
    unit: str = ""
    """Unit of a plain number or of money over time: `days`, `a day`, ...; empty for rates, money and counts."""
    interval: Interval | None = None
    """What the records are compatible with, about 95 %: Wilson's for a rate of few counts, in points for the NPS."""
    immature: bool = False
    """Whether the period, or the time that its records need, is not over: the figure will still move."""
    reason: str = ""
    """Why there is no value, or what to know about it."""
    ids: tuple[str, ...] = field(default=(), repr=False)
    """Ids of the records counted."""

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.number is not None

    @property
    def number(self) -> Money | Fraction | int | None:
        """The value alone: a rate as a fraction, everything else as it is; None where it is unknown."""
        # A ratio of nothing is a value without a number.
        return self.value.value if isinstance(self.value, Ratio) else self.value

    @property
    def shown(self) -> str:
        """The value as a table shows it."""
        # The same word everywhere, so that a reader learns once what it means.
        if self.value is None:
            return "n/a"
        if isinstance(self.value, Ratio):
            return self.value.percent()
        if isinstance(self.value, Money):
            return f"{self.value:,}{' ' if self.unit else ''}{self.unit}"
        return f"{_plain(self.value)}{' ' if self.unit else ''}{self.unit}"

    def to_dicts(self) -> list[dict[str, object]]:
        """One row."""
        return [
            {
                "metric": self.metric,
                "value": self.number,
                "unit": self.unit,
                "n": self.n,
                "immature": self.immature,
                "reason": self.reason,
            }
        ]

    def _headline(self) -> str:
        notes = [f"n = {self.n:,}"]
        if self.interval is not None:
            percent = isinstance(self.value, Ratio)
            ends = (f"{end * 100:.1f} %" if percent else f"{end:.1f}" for end in self.interval)
            notes.append("95 % from {} to {}".format(*ends))
        notes += ["immature"] * self.immature + [self.reason] * bool(self.reason)
        shown = str(self.value) if isinstance(self.value, Ratio) else self.shown
        return f"{self.metric}: {shown} ({'; '.join(notes)})"

    def __str__(self) -> str:
        return self._headline()

    def _rows(self) -> list[dict[str, object]]:
        return [{"metric": self.metric, "value": self.shown, "n": self.n, "note": self.reason}]


def _plain(number: Number) -> str:
    """A number with at most two decimals, none where it is whole."""
    hundredths = round(Fraction(number) * 100)
    whole, rest = divmod(abs(hundredths), 100)
    # By hand: rounding -0.004 must not print "-0".
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{whole:,}{f'.{rest:02d}' if rest else ''}"


@frozen(kw_only=True)
class Breakdown(Value, Printable):
    """
    One KPI by group, and over all groups.

    Read it as a mapping: `by_route["indirect"].value`. The total is measured over all records, not added up from the
    groups, so it is a ratio of sums.
    """

    metric: str
    """Id in the catalogue."""
    by: str
    """What it is grouped by."""
    groups: FrozenMap[MetricValue]
    """Group -> its measure."""
    total: MetricValue
    """Over all records."""

    def __getitem__(self, group: str) -> MetricValue:
        found = self.groups.get(group)
        if found is None:
            raise UnknownName(f"group of {self.metric} by {self.by}", group, tuple(self.groups))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)

    def items(self) -> Iterable[tuple[str, MetricValue]]:
        """Groups with their measures, by name."""
        return self.groups.items()

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per group, and one of the total."""
        rows = [(name, measure) for name, measure in self.groups.items()]
        return [{self.by: name} | measure.to_dicts()[0] for name, measure in [*rows, ("(all)", self.total)]]

    def _headline(self) -> str:
        return f"{self.metric} by {self.by}: {plural(len(self.groups), 'group', 'groups')}"

    def _rows(self) -> list[dict[str, object]]:
        rows = [*self.groups.items(), ("(all)", self.total)]
        return [
            {self.by: name, self.metric: measure.shown, "n": measure.n, "note": measure.reason}
            for name, measure in rows
        ]

    def _figure(self) -> str:
        from partnerops._svg import svg_bars  # noqa: PLC0415 - a terminal draws no figure

        bars = [(name, _bar(measure.number)) for name, measure in self.groups.items() if measure.known]
        return svg_bars(bars, title=f"{self.metric} by {self.by}") if bars else ""


def _bar(number: Money | Fraction | int | None) -> Number:
    return number.amount if isinstance(number, Money) else cast("Number", number)


# --- making one -------------------------------------------------------------------------------------------------------


def rate(metric: str, part: int, whole: int, *, ids: Iterable[str] = ()) -> MetricValue:
    """A rate of counts, with an interval where there are few."""
    ratio = Ratio(part, whole)
    # A rate of many needs no interval on a screen; a rate of three is misread without one.
    few = 0 < whole < FEW and 0 <= part <= whole
    return MetricValue(
        metric=metric,
        value=ratio,
        n=whole,
        interval=ratio.wilson() if few else None,
        reason=ratio.reason,
        ids=tuple(ids),
    )


def share(metric: str, part: Money | None, whole: Money | None, *, n: int, ids: Iterable[str] = ()) -> MetricValue:
    """A rate of money; of nothing it is unknown."""
    # Without an amount there is no currency either, and Ratio wants both sides in one.
    ratio = Ratio(0, 0) if part is None or whole is None else Ratio(part, whole)
    value = ratio.value
    # Refunds and corrections may push a part below zero or above the whole: true, and worth a word.
    odd = "" if value is None or 0 <= value <= 1 else "outside 0 to 1, since amounts were taken back"
    return MetricValue(metric=metric, value=ratio, n=n, reason=ratio.reason or odd, ids=tuple(ids))


def money(metric: str, amount: Money | None, *, n: int, ids: Iterable[str] = (), reason: str = "") -> MetricValue:
    """An amount; None where nothing says in which currency nothing was earned."""
    why = reason or ("" if amount is not None else EMPTY)
    return MetricValue(metric=metric, value=amount, n=n, reason=why, ids=tuple(ids))


def currency(measure: MetricValue) -> str | None:
    """The currency of an amount; None of every other measure."""
    return measure.value.currency if isinstance(measure.value, Money) else None


def in_currency(measure: MetricValue, code: str | None) -> MetricValue:
    """A sum that only lacked a currency as 0 in that one; every other measure as it is."""
    # Only the first reason says why there is no value; later ones were added to it.
    why, *rest = measure.reason.split("; ")
    if code is None or measure.value is not None or why not in NOTHING:
        return measure
    return measure.replace(value=Money.zero(code), reason="; ".join(rest))


def number(
    metric: str, value: Number | None, *, n: int, unit: str = "", reason: str = "", ids: Iterable[str] = ()
) -> MetricValue:
    """A plain number with its unit."""
    # A count stays a count: 57 days, not Fraction(57, 1).
    exact = value if value is None or isinstance(value, int) else Fraction(value)
    if isinstance(exact, Fraction) and exact.denominator == 1:
        exact = exact.numerator
    why = reason or ("" if exact is not None else "nothing to measure")
    return MetricValue(metric=metric, value=exact, n=n, unit=unit, reason=why, ids=tuple(ids))


def noted(measure: MetricValue, note: str) -> MetricValue:
    """The measure with a further word to its reason."""
    return measure.replace(reason="; ".join([*([measure.reason] if measure.reason else []), note])) if note else measure


def flagged(measure: MetricValue, note: str) -> MetricValue:
    """The measure marked as immature, with why; as it is when there is nothing to say."""
    return noted(measure, note).replace(immature=True) if note else measure


def quantile(values: Sequence[Number], at: Fraction) -> Fraction | None:
    """
    The quantile of sorted numbers by linear interpolation between order statistics; None of nothing.

    Source: type 7 of Hyndman and Fan, Sample quantiles in statistical packages (1996); pandas and numpy use it.
    """
    if not values:
        return None
    # Exact fractions: the median of two even amounts is not a float away from what a person computes.
    place = (len(values) - 1) * at
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return Fraction(values[low]) + (place - low) * (Fraction(values[high]) - Fraction(values[low]))


def mean(values: Sequence[Number]) -> Fraction | None:
    """The arithmetic mean; None of nothing."""
    # Exact, however many: a float mean of cents would depend on their order.
    return sum((Fraction(value) for value in values), Fraction(0)) / len(values) if values else None


def total(amounts: Iterable[Money]) -> Money | None:
    """The sum; None of nothing, since nothing says its currency."""
    found = list(amounts)
    return Money.total(found) if found else None


def total_in(amounts: Iterable[Money], others: Iterable[Money]) -> Money | None:
    """The sum; of nothing 0 in the one currency that the others are in, None where they name none or several."""
    found = list(amounts)
    # Other amounts are only looked at where there are none: a currency is all that they are wanted for.
    codes: set[str] = set() if found else {amount.currency for amount in others}
    return Money.zero(codes.pop()) if len(codes) == 1 else total(found)


def rounded(value: Fraction, currency: str) -> Money:
    """Minor units as money, half-even: the one rounding of a mean or a quotient of amounts."""
    return Money.from_minor(round(value), currency)


def lacking(count: int, what: str) -> str:
    """A word on records that are not there yet; empty where there are none."""
    return f"{count:,} {what}" if count else ""


def left_out(count: int, what: str) -> str:
    """A word on records that could not be counted; empty where there were none."""
    return f"left out {what}: {count:,}" if count else ""
