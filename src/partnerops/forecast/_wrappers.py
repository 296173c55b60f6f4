"""Outlooks around an outlook: staleness, mixtures, corrections, overrides, other expected closes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import attrs
from attrs import field, frozen

from partnerops._arguments import check_int
from partnerops._attrs import (
    FrozenMap,
    Value,
    is_a,
    is_aware,
    is_date,
    is_exact,
    is_id,
    is_text,
    place,
    to_decimal,
    to_instant,
    to_map,
    to_tuple,
    tuple_of,
)
from partnerops._render import percent, plural
from partnerops.entities import Opportunity
from partnerops.exceptions import InvalidValue
from partnerops.forecast._asking import describe, is_outlook
from partnerops.forecast._keys import stage_of
from partnerops.forecast._probability import Probability, fitted, is_probability, quantised
from partnerops.forecast._protocol import Outlook
from partnerops.forecast._schedule import not_due
from partnerops.forecast._timing import TimeToClose
from partnerops.periods import Period


def _is_factor(instance: object, attribute: attrs.Attribute[Any], value: Decimal) -> None:
    is_exact(instance, attribute, value)
    if value < 0:
        raise InvalidValue(place(instance, attribute), "at least 0", str(value))


def _are_limits(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    rule = 'a mapping of stages to days, as in {"verbal": 45}'
    if not isinstance(value, FrozenMap):
        raise InvalidValue(place(instance, attribute), rule, value)
    for stage, days in cast("FrozenMap[int]", value).items():
        check_int(f"{place(instance, attribute)}[{stage!r}]", days, 0)


def _to_limits(limits: Mapping[str, int]) -> FrozenMap[int]:
    return to_map(limits)


@frozen
class Stale(Value):
    """
    A lower chance for a deal that has sat in its stage for longer than deals do that close.

    Days in a stage count from the last change of stage, or from the creation. Beyond the stage's limit the chance is
    multiplied by `factor`. A stage without a limit never goes stale. `fitting.fit_stale_limits` reads limits from
    history; an outlook that knows ages, such as `InPeriodRate`, already has this within it.

    >>> from partnerops.forecast import StageWeighted
    >>> print(Stale(StageWeighted({"verbal": "0.8"}), limits={"verbal": 45}, factor="0.5"))
    stage weights (verbal 80 %), x 0.5 when stale
    """

    outlook: Outlook = field(validator=is_outlook)
    """The outlook inside."""
    limits: FrozenMap[int] = field(converter=_to_limits, validator=_are_limits)
    """Stage -> days after which a deal in it is stale."""
    factor: Decimal = field(default=Decimal("0.5"), converter=to_decimal, validator=_is_factor)
    """What the chance of a stale deal is multiplied by."""

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance inside, lower if the deal is stale."""
        inner = self.outlook.probability(opportunity, as_of=as_of, period=period)
        limit = self.limits.get(stage_of(opportunity))
        # A stage without a limit was never measured, so nothing can be called stale in it.
        if limit is None or not inner.value:
            return inner
        days = days_in_stage(opportunity, as_of)
        if days <= limit:
            return inner
        return inner.scaled(self.factor, because=f"{plural(days, 'day', 'days')} in its stage, stale after {limit}")

    def __str__(self) -> str:
        return f"{describe(self.outlook)}, x {self.factor} when stale"


def days_in_stage(opportunity: Opportunity, as_of: datetime) -> int:
    """Whole days since the deal entered the stage that it is in."""
    since = opportunity.created_at
    # An amount or a date that changed is no move: only stage or status begin the count anew.
    for before, change in zip((None, *opportunity.history), opportunity.history, strict=False):
        if before is None or before.stage != change.stage or before.status != change.status:
            since = change.at
    return (as_of - since).days


@frozen
class Mixture(Value):
    """
    The mixture of two outlooks: `weight` of the first, the rest of the second.

    >>> from partnerops.forecast import StageWeighted
    >>> table = StageWeighted({"verbal": "0.8"})
    >>> Mixture(table, StageWeighted({"verbal": "0.6"}), weight="0.25").weight
    Decimal('0.25')
    """

    first: Outlook = field(validator=is_outlook)
    """One outlook."""
    second: Outlook = field(validator=is_outlook)
    """The other."""
    weight: Decimal = field(default=Decimal("0.5"), kw_only=True, converter=to_decimal, validator=is_probability)
    """Weight of the first, as a fraction."""

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The weighted mean of both chances, to nine decimals."""
        one = self.first.probability(opportunity, as_of=as_of, period=period)
        other = self.second.probability(opportunity, as_of=as_of, period=period)
        weight = Fraction(self.weight)
        value = weight * Fraction(one.value) + (1 - weight) * Fraction(other.value)
        because = f"{percent(weight, 0)} of {percent(one.value)} ({one.because}), the rest of {percent(other.value)}"
        # Both reasons in full: a mixture explains nothing of its own (F31).
        because = f"{because} ({other.because})"
        return Probability(quantised(value), n=min(one.n, other.n), method="mixture", because=because)

    def __str__(self) -> str:
        return f"{percent(self.weight, 0)} {describe(self.first)}, the rest {describe(self.second)}"


@frozen
class RatioCorrected(Value):
    """
    Every chance of the outlook inside times one factor: what past forecasts came to, over what they said.

    A chance never exceeds 1. The factor comes from finished periods only, see `scoring.fit_correction`.

    >>> from partnerops.forecast import StageWeighted
    >>> print(RatioCorrected(StageWeighted({"verbal": "0.8"}), factor="0.9"))
    stage weights (verbal 80 %), x 0.9
    """

    outlook: Outlook = field(validator=is_outlook)
    """The outlook inside."""
    factor: Decimal = field(converter=to_decimal, validator=_is_factor)
    """Actual over forecast."""

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance inside times the factor."""
        inner = self.outlook.probability(opportunity, as_of=as_of, period=period)
        return inner.scaled(self.factor, because="past forecasts against what came")

    def __str__(self) -> str:
        return f"{describe(self.outlook)}, x {self.factor}"


@frozen(kw_only=True)
class ProbabilityOverride(Value):
    """
    Somebody's own chance for one deal, signed and with an end.

    >>> from datetime import UTC
    >>> at = datetime(2026, 3, 1, tzinfo=UTC)
    >>> ProbabilityOverride(
    ...     opportunity_id="D-1", value="0.9", author="ana", at=at, expires_on=date(2026, 4, 1), reason="PO"
    ... ).value
    Decimal('0.9')
    """

    opportunity_id: str = field(validator=is_id)
    """The deal."""
    value: Decimal = field(converter=to_decimal, validator=is_probability)
    """The chance, as a fraction."""
    author: str = field(validator=is_text)
    """Who says so."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was said; it counts from then on."""
    expires_on: date = field(validator=is_date)
    """First day on which it no longer counts."""
    reason: str = field(validator=is_text)
    """Why."""


def _to_overrides(values: Iterable[ProbabilityOverride]) -> tuple[ProbabilityOverride, ...]:
    return to_tuple(values)


@frozen
class Overridden(Value):
    """
    The outlook inside, but for the deals whose chance somebody has set by hand.

    The latest override of the deal made by *as_of* counts until it expires; then the outlook speaks again, so nothing
    sticks for ever. A deal that is not due in the period keeps the answer of the outlook inside.

    >>> from partnerops.forecast import StageWeighted
    >>> print(Overridden(StageWeighted({"verbal": "0.8"}), []))
    stage weights (verbal 80 %), with 0 overrides
    """

    outlook: Outlook = field(validator=is_outlook)
    """The outlook inside."""
    overrides: tuple[ProbabilityOverride, ...] = field(converter=_to_overrides, validator=tuple_of(ProbabilityOverride))
    """The overrides, in any order."""

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The override in force, or the chance inside."""
        today = as_of.date()
        found = [
            one
            for one in self.overrides
            if one.opportunity_id == opportunity.id and one.at <= as_of and today < one.expires_on
        ]
        # A hand-set chance is about winning, not about this period: a deal due elsewhere keeps its answer.
        # An opinion about winning is none about the date, so it says nothing of a deal due elsewhere.
        if not found or not_due(opportunity, as_of, period) is not None:
            return self.outlook.probability(opportunity, as_of=as_of, period=period)
        # the latest word counts, as everywhere in the library
        # and of two of one instant not the one that happens to stand first
        last = max(found, key=lambda one: (one.at, one.author, one.value))
        because = f"set by {last.author} on {last.at:%Y-%m-%d} until {last.expires_on}: {last.reason}"
        return Probability(last.value, method="override", because=because)

    def __str__(self) -> str:
        return f"{describe(self.outlook)}, with {plural(len(self.overrides), 'override', 'overrides')}"


@frozen
class TypicalClose(Value):
    """
    The outlook inside, with an expected close read from the usual cycle for deals that have none or whose has passed.

    The close is the creation plus the median days to a win of deals like it, and tomorrow at the earliest. With
    `always`, stated dates are replaced too. Where no deal like it was ever won, the deal stays as it is.
    """

    outlook: Outlook = field(validator=is_outlook)
    """The outlook inside."""
    timing: TimeToClose = field(validator=is_a(TimeToClose))
    """When deals close."""
    always: bool = field(default=False, kw_only=True, validator=is_a(bool))
    """Whether stated dates in the future are replaced too."""

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance inside for the deal with its typical close."""
        due = typical_close(opportunity, self.timing, as_of, always=self.always)
        if due == opportunity.expected_close:
            return self.outlook.probability(opportunity, as_of=as_of, period=period)
        moved = opportunity.replace(expected_close=due)
        inner = self.outlook.probability(moved, as_of=as_of, period=period)
        return inner.changed(inner.value, f"expected to close on {due}, as deals like it do")

    def __str__(self) -> str:
        return f"{describe(self.outlook)}, by the typical close"


def typical_close(
    opportunity: Opportunity, timing: TimeToClose, as_of: datetime, *, always: bool = False
) -> date | None:
    """The stated expected close while it may still come true, else creation plus median cycle, from tomorrow on."""
    stated, today = opportunity.expected_close, as_of.date()
    if stated is not None and stated >= today and not always:
        return stated
    days = timing.median_days(opportunity)
    if days is None:
        return stated
    created = opportunity.created_at.astimezone(as_of.tzinfo).date()
    # Tomorrow at the earliest: an old deal is expected any day, not in the past.
    return max(created + timedelta(days=days), today + timedelta(days=1))


@frozen
class Spread(Value):
    """
    A chance to be won at all, spread over time: what turns a lifetime chance into one for the period.

    The outlook inside is asked as if the deal were due in the period, whatever its date; that chance is multiplied by
    the share of the wins still to come that fall within the period, by age. Better than a point in time whenever
    expected closes are missing or wishful.
    """

    outlook: Outlook = field(validator=is_outlook)
    """The outlook inside; it answers with the chance that a deal due in the period is won."""
    timing: TimeToClose = field(validator=is_a(TimeToClose))
    """When deals close."""

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The lifetime chance times the share of its wins that fall within what is left of *period*."""
        today, age = as_of.date(), (as_of - opportunity.created_at).days
        # As if due in the period, so that an outlook by dates answers with its lifetime chance and not with 0.
        due = opportunity.replace(expected_close=max(today, period.start))
        inner = self.outlook.probability(due, as_of=as_of, period=period)
        start, end = max(0, (period.start - today).days - 1), max(1, (period.end - today).days - 1)
        within, n = self.timing.won_between(opportunity, age, age + start, age + end)
        # Conditional on being open at this age: a share of all wins would count those that are past.
        ever = self.timing.ever(opportunity, age)
        share = fitted(within / ever) if ever else Decimal(0)
        because = f"{percent(share)} of wins of deals open at {age} days fall in the period"
        return inner.scaled(share, because=because if n else "no deal ever stayed open that long")

    def __str__(self) -> str:
        return f"{describe(self.outlook)}, spread by time to close"
