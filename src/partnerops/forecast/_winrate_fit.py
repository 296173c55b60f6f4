"""Reading win rates from a dataset: who counts, for which cells, and how far small cells are drawn to their parents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple

from partnerops._arguments import check_exact, check_int
from partnerops._attrs import to_decimal
from partnerops._closed import ClosedSet
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.forecast._history import DAY, Past, past, stages_reached
from partnerops.forecast._keys import Key, Reader, check_names, partner_tables
from partnerops.forecast._probability import fitted, quantised
from partnerops.forecast._shrink import beta_strength, moments_strength
from partnerops.forecast._winrate import RateCell, RateMeasure, WinRate, to_measure
from partnerops.periods import Calendar
from partnerops.typing import ExactLike


class Strength(ClosedSet):
    """How the strength of a pull is read from the cells; every API takes the plain string too."""

    LIKELIHOOD = "likelihood"
    """The strength under which the cells as they are would be likeliest."""
    MOMENTS = "moments"
    """From the scatter of the cells alone: quick, and cruder."""


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
            # A cell whose amounts sum to nothing has no rate by amount; the root stays, for everybody falls back on it.
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
    strength: Strength | ExactLike = Strength.LIKELIHOOD,
    floor: int = FLOOR,
    prior: tuple[ExactLike, ExactLike] = ("0.5", "0.5"),
    within_days: int | None = None,
    stale_days: int | None = None,
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> WinRate:
    """
    Win rates with every cell drawn to its parent, the more the fewer cases it has: empirical Bayes, nested.

    A cell with w wins in n cases has the rate `(w + M * parent's rate) / (n + M)`. The strength M of a level is read
    from how much its cells differ, at least *floor*: by `likelihood`, that of the Beta-binomial, or by `moments`, which
    is quicker; or *strength* is a number of cases, for every level. One name in *by* is plain shrinkage, more are
    nested: origin, then profile, then partner. An unseen cell has its parent's rate.

    Where all or none were won, where there is but one cell, or nothing is known, no parent can teach anything: every
    cell has the rate of *prior* (wins and losses a, b; by default those of Jeffreys), `(w + a) / (n + a + b)`, and
    `WinRate.prior` says so. So no rate is ever 0 or 1.

    Deals count as in `fit_win_rate`.

    Raises:
        UnknownName: A name in *by* that tells nothing about a deal.
        InvalidValue: A strength, a floor, a prior or a number of days that cannot be.

    Source: D. Robinson, Introduction to Empirical Bayes (2017), chapter 3, for one level.

    >>> fit_shrunk_win_rate(Dataset(), as_of=date(2026, 3, 31), by=("origin",)).prior
    (Decimal('0.5'), Decimal('0.5'))
    """
    check_int("fit_shrunk_win_rate(floor=...)", floor, 0)
    pull = _pull(strength, floor)
    ours = _prior(prior)
    known = past(data, as_of, calendar, history_start)
    names = check_names("fit_shrunk_win_rate(by=...)", by)
    tables = partner_tables(data, names, known.today)
    counts = _counted(_cases(known, within_days, stale_days), names, Reader(names, tables), RateMeasure.COUNT)
    # Asked first: with all or none won, a parent at 0 or 1 would draw every cell to certainty (F8).
    learnt = _can_teach(counts)
    if learnt:
        rates: dict[Key, float] = {(): counts[()].wins / counts[()].cases}
        strengths = [_drawn(depth, counts, rates, pull) for depth in range(1, len(names) + 1)]
    else:
        a, b = map(float, ours)
        rates = {key: (one.wins + a) / (one.cases + a + b) for key, one in sorted(counts.items(), key=_coarse_first)}
        strengths = [a + b] * len(names)
    return WinRate(
        by=names,
        cells=[_cell(key, counts[key], fitted(rate)) for key, rate in rates.items()],
        tables=tables,
        strengths=[to_decimal(str(round(one, 3))) for one in strengths],
        prior=None if learnt else ours,
        within_days=within_days,
        as_of=known.now,
    )


Cells = Sequence[tuple[float, float, float]]


def _pull(strength: Strength | ExactLike, floor: int) -> Callable[[Cells], float]:
    """What gives the strength of a level from its cells."""
    if isinstance(strength, str) and strength in set(Strength):
        ways = {Strength.LIKELIHOOD: beta_strength, Strength.MOMENTS: moments_strength}
        return partial(ways[Strength(strength)], floor=floor)
    rule = "likelihood, moments, or a number of cases above 0"
    # A name that is none is read as a number and refused with both choices.
    number = check_exact("fit_shrunk_win_rate(strength=...)", strength, rule)
    if number <= 0:
        raise InvalidValue("fit_shrunk_win_rate(strength=...)", rule, strength)
    return lambda _: float(number)


def _prior(prior: tuple[ExactLike, ExactLike]) -> tuple[Decimal, Decimal]:
    where, rule = "fit_shrunk_win_rate(prior=...)", "two numbers above 0: wins and losses"
    if not isinstance(prior, tuple) or len(prior) != 2:
        raise InvalidValue(where, rule, prior)
    won, lost = (check_exact(where, one, rule) for one in prior)
    if min(won, lost) <= 0:
        raise InvalidValue(where, rule, prior)
    return quantised(won), quantised(lost)


def _can_teach(counts: Mapping[Key, _Count]) -> bool:
    """Whether some were won and some not, and at least two cells of one level show how much cells differ."""
    levels = Counter(len(key) for key, one in counts.items() if key and one.cases)
    return 0 < counts[()].wins < counts[()].cases and max(levels.values(), default=0) > 1


def _drawn(depth: int, counts: Mapping[Key, _Count], rates: dict[Key, float], pull: Callable[[Cells], float]) -> float:
    """Adds the rates of one level to *rates*; gives the strength of the pull."""
    # Sorted, so that the same deals in another order give the same bytes.
    level = sorted(key for key in counts if len(key) == depth)
    cells = [(counts[key].wins, counts[key].cases, rates[key[:-1]]) for key in level]
    strength = pull(cells)
    for key, (wins, cases, parent) in zip(level, cells, strict=True):
        rates[key] = (wins + strength * parent) / (cases + strength)
    return strength


# --- who counts -------------------------------------------------------------------------------------------------------


def _cases(known: Past, within_days: int | None, stale_days: int | None) -> Iterator[tuple[Opportunity, bool]]:
    """Each deal that counts, and whether it was won."""
    for name, days in (("within_days", within_days), ("stale_days", stale_days)):
        if days is not None:
            check_int(f"{name}=...", days, 1)
    # Two questions that must not be mixed: of those decided, and of those old enough to tell.
    if within_days is not None:
        return _matured(known, within_days * DAY)
    return _decided(known, None if stale_days is None else stale_days * DAY)


def _decided(known: Past, stale: float | None) -> Iterator[tuple[Opportunity, bool]]:
    for deal in known.deals:
        if deal.closed_at is not None:
            if known.start is None or deal.closed_at.timestamp() >= known.start:
                yield deal, deal.is_won
        # Deals that are never closed would drop out of the rate, and out of the losses they are.
        elif stale is not None and known.seconds - deal.created_at.timestamp() > stale:
            yield deal, False


def _matured(known: Past, window: float) -> Iterator[tuple[Opportunity, bool]]:
    for deal in known.deals:
        created = deal.created_at.timestamp()
        # Younger deals may still be won in time: counted now they would all be failures.
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
    found = to_measure(value)
    if not isinstance(found, RateMeasure):
        raise InvalidValue("fit_win_rate(measure=...)", "count or amount", value)
    return found
