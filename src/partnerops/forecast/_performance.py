"""How channels and partners have performed: conversion, negotiation time, targets met; inputs of outlooks and rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    FrozenMap,
    Value,
    is_a,
    is_aware,
    is_exact,
    is_str,
    is_text,
    to_decimal,
    to_tuple,
    tuple_of,
)
from partnerops._render import Printable, percent
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, Target
from partnerops.forecast._asking import describe, is_outlook
from partnerops.forecast._history import Past, closed_deals, cycle_days, median, past
from partnerops.forecast._keys import Reader, Tables, are_tables, check_names_known_at_creation, partner_tables
from partnerops.forecast._probability import Probability, fitted, is_probability, is_tally, quantised
from partnerops.forecast._protocol import Outlook
from partnerops.forecast._shrink import beta_strength
from partnerops.forecast._winrate_fit import FLOOR
from partnerops.money import Money
from partnerops.periods import Calendar, Period

# Far below that of win rates: targets are counted by the quarter, and ten years of them make forty.
TARGET_FLOOR: Final = 4
"""Least strength of the pull on targets met: a year of quarters makes a partner as heavy as all others."""
WON_REVENUE: Final = "won_revenue"
"""Metric of the targets that are judged: amount won within the period."""


@frozen(kw_only=True)
class ChannelVariables(Value):
    """
    What the past says of one channel or partner.

    >>> ChannelVariables(key="acme", conversion=Decimal("0.4"), wins=8, n=20).n
    20
    """

    key: str = field(validator=is_str)
    """The channel or partner; empty is unknown."""
    conversion: Decimal = field(converter=to_decimal, validator=is_probability)
    """Chance that one of its deals is won, drawn to that of all."""
    wins: int = field(validator=is_tally)
    """Deals won."""
    n: int = field(validator=is_tally)
    """Deals decided."""
    cycle_days: int | None = field(default=None, validator=optional(is_a(int)))
    """Median days from creation to win, its own; None where it won nothing."""
    typical_days: Decimal | None = field(default=None, validator=optional(is_exact))
    """The same drawn to the median of all, by 30 wins; None where nobody won anything."""
    met: int = field(default=0, validator=is_tally)
    """Finished target periods in which it reached its target."""
    targets: int = field(default=0, validator=is_tally)
    """Finished target periods."""
    attainment: Decimal | None = field(default=None, validator=optional(is_probability))
    """Chance that it meets a target, drawn to that of all; None where nobody had one."""


def _to_rows(values: Iterable[ChannelVariables]) -> tuple[ChannelVariables, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class ChannelPerformance(Value, Printable):
    """
    Performance variables by channel or partner, each drawn to that of all and with its number of cases.

    They feed `ChannelAdjusted`, evidence rules and reports; a key that is not there performs like all.
    """

    by: str = field(validator=is_text)
    """What is told apart: `origin`, `partner_id`, `partner.type`, ..."""
    overall: ChannelVariables = field(validator=is_a(ChannelVariables))
    """All deals together."""
    rows: tuple[ChannelVariables, ...] = field(converter=_to_rows, validator=tuple_of(ChannelVariables), repr=False)
    """One for each value, sorted by it."""
    tables: Tables = field(default=FrozenMap[FrozenMap[str]](), validator=are_tables, repr=False)
    """What was known of the partners."""
    as_of: datetime = field(validator=is_aware)
    """The moment of the fit."""
    _found: Mapping[str, ChannelVariables] = field(init=False, eq=False, repr=False)
    _read: Reader = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_found", {row.key: row for row in self.rows})
        object.__setattr__(self, "_read", Reader((self.by,), self.tables))

    def of(self, opportunity: Opportunity, /) -> ChannelVariables:
        """The variables of the deal's channel or partner; those of all where it has no past."""
        return self._found.get(self._read(opportunity)[0], self.overall)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each channel or partner, and one for all."""
        return [
            {
                self.by: row.key or "unknown",
                "conversion": row.conversion,
                "won": row.wins,
                "of": row.n,
                "median days": row.cycle_days,
                "typical days": row.typical_days,
                "targets met": row.met,
                "of targets": row.targets,
                "attainment": row.attainment,
            }
            for row in [*self.rows, self.overall.replace(key="all")]
        ]

    def _rows(self) -> list[dict[str, object]]:
        return [
            row | {"conversion": percent(one.conversion), "attainment": _percent(one.attainment)}
            for row, one in zip(self.to_dicts(), [*self.rows, self.overall], strict=True)
        ]

    def _headline(self) -> str:
        return f"performance by {self.by} as of {self.as_of:%Y-%m-%d}: {percent(self.overall.conversion)} converted"


def _percent(value: Decimal | None) -> str | None:
    return None if value is None else percent(value)


@frozen
class ChannelAdjusted(Value):
    """
    The chance of the outlook inside, moved by how well the deal's channel or partner converts.

    On the scale of odds: `odds * (odds of its conversion / odds of all)`, to nine decimals. Nothing changes for a
    channel that converts like all, and a chance of 0 or 1 stays. Not for an outlook that already tells them apart.
    """

    outlook: Outlook = field(validator=is_outlook)
    """The outlook inside."""
    performance: ChannelPerformance = field(validator=is_a(ChannelPerformance))
    """What the past says."""

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance inside at the odds of the channel."""
        inner = self.outlook.probability(opportunity, as_of=as_of, period=period)
        # Odds are multiplied and not chances, whose product can exceed 1.
        own, every = self.performance.of(opportunity), self.performance.overall
        # At 0 and 1 the odds are 0 or endless, and what is certain needs no adjusting.
        if own.conversion == every.conversion or not 0 < inner.value < 1:
            return inner
        odds = _odds(inner.value) * _odds(own.conversion) / _odds(every.conversion)
        because = f"{own.key or 'unknown'} converts {percent(own.conversion)}, all {percent(every.conversion)}"
        return inner.changed(quantised(odds / (1 + odds)), because)

    def __str__(self) -> str:
        return f"{describe(self.outlook)}, adjusted by {self.performance.by}"


def _odds(chance: Decimal) -> Fraction:
    return Fraction(chance) / (1 - Fraction(chance))


def fit_channel_performance(
    data: Dataset,
    *,
    as_of: datetime | date,
    by: str = "partner_id",
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> ChannelPerformance:
    """
    The performance variables of every channel or partner from history.

    Conversion is won / decided. Negotiation time is the days from creation to win. Targets are those on `won_revenue`
    whose period is over and whose owner is the key (a partner's id for `by="partner_id"`): met if the deals won within
    the period reach them. Each is drawn to that of all by empirical Bayes, so that one lucky deal makes no star.

    Raises:
        UnknownName: *by* tells nothing about a deal.
        InvalidValue: *by* is `stage`, which is no channel.

    >>> fit_channel_performance(Dataset(), as_of=date(2026, 3, 31)).rows
    ()
    """
    known = past(data, as_of, calendar, history_start)
    (name,) = check_names_known_at_creation("fit_channel_performance(by=...)", (by,))
    tables = partner_tables(data, (name,), known.today)
    read = Reader((name,), tables)
    groups: dict[str, list[Opportunity]] = {}
    for deal in closed_deals(known):
        groups.setdefault(read(deal)[0], []).append(deal)
    counts = {key: (sum(deal.is_won for deal in deals), len(deals)) for key, deals in groups.items()}
    met = _met(data.targets, groups, known)
    keys = sorted({*counts, *met})
    rates = _drawn([counts.get(key, (0, 0)) for key in keys], FLOOR)
    attained: list[float | None] = [None] * (len(keys) + 1)
    if met:
        attained = list(_drawn([met.get(key, (0, 0)) for key in keys], TARGET_FLOOR))
    everything = [deal for deals in groups.values() for deal in deals]
    every = _total(met.values())
    overall = _variables("", everything, conversion=rates[0], met=every, attained=attained[0], known=known, of_all=None)
    return ChannelPerformance(
        by=name,
        overall=overall,
        rows=[
            _variables(
                key,
                groups.get(key, []),
                conversion=rate,
                met=met.get(key, (0, 0)),
                attained=share,
                known=known,
                of_all=overall.cycle_days,
            )
            for key, rate, share in zip(keys, rates[1:], attained[1:], strict=True)
        ],
        tables=tables,
        as_of=known.now,
    )


def _total(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    found = list(pairs)
    return sum(part for part, _ in found), sum(whole for _, whole in found)


def _drawn(counts: Sequence[tuple[int, int]], floor: int) -> list[float]:
    """The rate of all, then each one's rate drawn to it."""
    wins, n = _total(counts)
    # All or none won would draw everybody to 0 or 1, from which no odds can be taken.
    rate = wins / n if 0 < wins < n else (wins + 0.5) / (n + 1)
    strength = beta_strength([(own, cases, rate) for own, cases in counts], floor)
    return [rate, *((own + strength * rate) / (cases + strength) for own, cases in counts)]


def _variables(
    key: str,
    deals: Sequence[Opportunity],
    *,
    conversion: float,
    met: tuple[int, int],
    attained: float | None,
    known: Past,
    of_all: int | None,
) -> ChannelVariables:
    cycles = [days for deal in deals if deal.is_won and (days := cycle_days(deal, known.calendar)) is not None]
    middle = median(cycles)
    base = of_all if of_all is not None else middle
    typical = None
    if base is not None:
        # Weighed by its wins: a median of one deal is an anecdote (F19).
        own = Fraction(middle if middle is not None else 0) * len(cycles)
        typical = quantised((own + FLOOR * base) / (len(cycles) + FLOOR))
    return ChannelVariables(
        key=key,
        conversion=fitted(conversion),
        wins=sum(deal.is_won for deal in deals),
        n=len(deals),
        cycle_days=middle,
        typical_days=typical,
        met=met[0],
        targets=met[1],
        attainment=None if attained is None else fitted(attained),
    )


def _met(
    targets: Sequence[Target], groups: Mapping[str, Sequence[Opportunity]], known: Past
) -> dict[str, tuple[int, int]]:
    """Owner -> targets met and targets whose period is over."""
    found: dict[str, tuple[int, int]] = {}
    for target in targets:
        # A goal that was set after the fact was never one.
        late = target.recorded_at is not None and target.recorded_at > known.now
        goal = target.value
        if target.metric != WON_REVENUE or not isinstance(goal, Money) or late or target.period.last > known.today:
            continue
        won = sum(_won_minor(deal, target.period, goal.currency, known) for deal in groups.get(target.owner_id, ()))
        reached, over = found.get(target.owner_id, (0, 0))
        found[target.owner_id] = (reached + (won >= goal.minor), over + 1)
    return found


def _won_minor(deal: Opportunity, period: Period, currency: str, known: Past) -> int:
    """What the deal brought in the period, in minor units of that currency."""
    if not deal.is_won or deal.closed_at is None or not known.calendar.contains(period, deal.closed_at):
        return 0
    # Another currency does not count towards the target; converting would need a rate that nobody gave (C1).
    return deal.amount.minor if deal.amount is not None and deal.amount.currency == currency else 0
