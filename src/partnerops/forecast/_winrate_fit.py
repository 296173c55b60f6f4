"""Reading win rates from a dataset: who counts, for which cells, and how far small cells are drawn to their parents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from partnerops._arguments import check_int
from partnerops._attrs import to_decimal
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.forecast._history import DAY, Past, past, stages_reached
from partnerops.forecast._keys import Key, Reader, check_names, partner_tables
from partnerops.forecast._probability import fitted
from partnerops.forecast._shrink import beta_strength
from partnerops.forecast._winrate import RateCell, RateMeasure, WinRate
from partnerops.periods import Calendar

FLOOR: Final = 30
"""Least strength of the pull: on little history the likelihood alone now and then pulls too weakly."""


class _Count(NamedTuple):
    """Wins and cases of one cell, and both weighed by what is measured: deals or amounts."""

    wins: int
    cases: int
    won: int
    weight: int


def fit_win_rate(
    data: Dataset,
    *,
    as_of: datetime | date,
    by: Iterable[str] = ("stage",),
    measure: RateMeasure | str = RateMeasure.COUNT,
    within_days: int | None = None,
    stale_days: int | None = None,
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> WinRate:
    """
    How often deals were won, cell by cell, as the counts say: won / decided.

    *by* names what makes the cells, coarse to fine. With `stage` among the names, a deal counts in every open stage
    that it ever reached, so the rate of a stage is the share of the deals that got there and were won.

    Decided are the deals closed by *as_of*; where stale deals stay open for ever that is too rosy, so *stale_days*
    counts an open deal older than that as not won. With *within_days* the question is another one: won within so many
    days of the creation, among all deals created long enough ago to tell. *history_start* is the first day whose closes
    were recorded: deals closed before (for *within_days*, created before) are left out.

    A cell without cases has the rate of its parent. No case at all: 1/2, the middle of Jeffreys' prior, with n = 0.

    Raises:
        UnknownName: A name in *by* that tells nothing about a deal.
        InvalidValue: A measure or a number of days that cannot be.
        CurrencyMismatch: Rates by amount over two currencies.

    >>> fit_win_rate(Dataset(), as_of=date(2026, 3, 31)).cells[0].value
    Decimal('0.5')
    """
    known = past(data, as_of, calendar, history_start)
    names = check_names("fit_win_rate(by=...)", by)
    kind = _measure(measure)
    tables = partner_tables(data, names, known.today)
    cases = _cases(known, within_days, stale_days)
    counts = _counted(cases, names, Reader(names, tables), kind)
    return WinRate(
        by=names,
        cells=[
            _cell(key, count, _raw(count, kind))
            for key, count in sorted(counts.items(), key=_coarse_first)
            if count.weight > 0 or not key
        ],
        tables=tables,
        measure=kind,
        within_days=within_days,
        as_of=known.now,
    )


def fit_shrunk_win_rate(
    data: Dataset,
    *,
    as_of: datetime | date,
    by: Iterable[str] = ("stage", "origin", "partner.type", "partner_id"),
    floor: int = FLOOR,
    within_days: int | None = None,
    stale_days: int | None = None,
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> WinRate:
    """
    Win rates with every cell drawn to its parent, the more the fewer cases it has: empirical Bayes, nested.

    A cell with w wins in n cases has the rate `(w + M * parent's rate) / (n + M)`; the strength M of its level is read
    from how much the cells of that level differ (marginal likelihood of the Beta-binomial), at least *floor*. One name
    in *by* is plain shrinkage, more are nested: origin, then profile, then partner. An unseen cell has its parent's
    rate. Where all or none were won, or nothing is known, no parent can teach anything: every cell has the rate of
    Jeffreys' prior, `(w + 1/2) / (n + 1)`, and the strengths are 1. So no rate is ever 0 or 1.

    Deals count as in `fit_win_rate`.

    Raises:
        UnknownName: A name in *by* that tells nothing about a deal.
        InvalidValue: A floor or a number of days that cannot be.

    Source: D. Robinson, Introduction to Empirical Bayes (2017), chapter 3, for one level.

    >>> fit_shrunk_win_rate(Dataset(), as_of=date(2026, 3, 31), by=("origin",)).strengths
    (Decimal('1'),)
    """
    check_int("fit_shrunk_win_rate(floor=...)", floor, 0)
    known = past(data, as_of, calendar, history_start)
    names = check_names("fit_shrunk_win_rate(by=...)", by)
    tables = partner_tables(data, names, known.today)
    counts = _counted(_cases(known, within_days, stale_days), names, Reader(names, tables), RateMeasure.COUNT)
    root = counts[()]
    if 0 < root.wins < root.cases:
        rates: dict[Key, float] = {(): root.wins / root.cases}
        strengths = [_drawn(depth, counts, rates, floor) for depth in range(1, len(names) + 1)]
    else:  # nothing to learn a parent from: every cell for itself
        rates = {key: (one.wins + 0.5) / (one.cases + 1) for key, one in sorted(counts.items(), key=_coarse_first)}
        strengths = [1.0] * len(names)
    return WinRate(
        by=names,
        cells=[_cell(key, counts[key], fitted(rate)) for key, rate in rates.items()],
        tables=tables,
        strengths=[to_decimal(str(round(strength, 3))) for strength in strengths],
        within_days=within_days,
        as_of=known.now,
    )


def _drawn(depth: int, counts: Mapping[Key, _Count], rates: dict[Key, float], floor: int) -> float:
    """Adds the rates of one level to *rates*; gives the strength of the pull."""
    level = sorted(key for key in counts if len(key) == depth)
    cells = [(counts[key].wins, counts[key].cases, rates[key[:-1]]) for key in level]
    strength = beta_strength(cells, floor)
    for key, (wins, cases, parent) in zip(level, cells, strict=True):
        rates[key] = (wins + strength * parent) / (cases + strength)
    return strength


# --- who counts -------------------------------------------------------------------------------------------------------


def _cases(known: Past, within_days: int | None, stale_days: int | None) -> Iterator[tuple[Opportunity, bool]]:
    """Each deal that counts, and whether it was won."""
    for name, days in (("within_days", within_days), ("stale_days", stale_days)):
        if days is not None:
            check_int(f"{name}=...", days, 1)
    if within_days is not None:
        return _matured(known, within_days * DAY)
    return _decided(known, None if stale_days is None else stale_days * DAY)


def _decided(known: Past, stale: float | None) -> Iterator[tuple[Opportunity, bool]]:
    for deal in known.deals:
        if deal.closed_at is not None:
            if known.start is None or deal.closed_at.timestamp() >= known.start:
                yield deal, deal.is_won
        elif stale is not None and known.seconds - deal.created_at.timestamp() > stale:
            yield deal, False


def _matured(known: Past, window: float) -> Iterator[tuple[Opportunity, bool]]:
    for deal in known.deals:
        created = deal.created_at.timestamp()
        if created + window <= known.seconds and (known.start is None or created >= known.start):
            closed = deal.closed_at
            yield deal, deal.is_won and closed is not None and closed.timestamp() <= created + window


# --- cells ------------------------------------------------------------------------------------------------------------


def _counted(
    cases: Iterable[tuple[Opportunity, bool]], names: Key, read: Reader, measure: RateMeasure
) -> dict[Key, _Count]:
    """Wins and cases of every cell of every level; the root is always there."""
    place = names.index("stage") if "stage" in names else len(names)
    # What lies before the stage counts a deal once; the cells below count it once for every stage it reached.
    heads: dict[Key, list[int]] = {}
    leaves: dict[Key, list[int]] = {}
    currency = ""
    for deal, won in cases:
        weight = 1
        if measure is RateMeasure.AMOUNT:
            if deal.amount is None:
                continue
            currency = currency or deal.amount.currency
            if deal.amount.currency != currency:
                raise CurrencyMismatch("rate by amount", currency, deal.amount.currency)
            weight = deal.amount.minor
        key = read(deal)
        head, tail = key[:place], key[place + 1 :]
        _add(heads, head, won=won, weight=weight)
        if place < len(key):
            for stage in stages_reached(deal):
                _add(leaves, (*head, stage, *tail), won=won, weight=weight)
    found = {depth: _summed(heads, depth) for depth in range(place + 1)}
    found |= {depth: _summed(leaves, depth) for depth in range(place + 1, len(names) + 1)}
    return {(): _Count(0, 0, 0, 0)} | {key: count for level in found.values() for key, count in level.items()}


def _add(counts: dict[Key, list[int]], key: Key, *, won: bool, weight: int) -> None:
    count = counts.get(key)
    if count is None:
        count = counts[key] = [0, 0, 0, 0]
    count[1] += 1
    count[3] += weight
    if won:
        count[0] += 1
        count[2] += weight


def _summed(counts: Mapping[Key, Sequence[int]], depth: int) -> dict[Key, _Count]:
    """The cells of one level from the finest ones."""
    sums: dict[Key, list[int]] = {}
    for key, count in counts.items():
        own = sums.setdefault(key[:depth], [0, 0, 0, 0])
        for place, value in enumerate(count):
            own[place] += value
    return {key: _Count(*own) for key, own in sums.items()}


def _raw(count: _Count, measure: RateMeasure) -> Decimal:
    won, weight = (count.wins, count.cases) if measure is RateMeasure.COUNT else (count.won, count.weight)
    return fitted(won / weight) if weight > 0 else Decimal("0.5")


def _cell(key: Key, count: _Count, value: Decimal) -> RateCell:
    return RateCell(key=key, value=value, wins=count.wins, n=count.cases)


def _coarse_first(item: tuple[Key, _Count]) -> tuple[int, Key]:
    return len(item[0]), item[0]


def _measure(value: RateMeasure | str) -> RateMeasure:
    try:
        return RateMeasure(value)
    except ValueError:
        raise InvalidValue("fit_win_rate(measure=...)", "count or amount", value) from None
