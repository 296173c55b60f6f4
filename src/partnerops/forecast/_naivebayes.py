"""The chance that Odoo's lead scoring would give: naive Bayes over a deal's fields, as a reference to compare with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from attrs import field, frozen

from partnerops._arguments import check_int
from partnerops._attrs import FrozenMap, Value, is_aware, is_str, is_text, to_strings, to_tuple, tuple_of
from partnerops._render import Printable, percent
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity
from partnerops.exceptions import InvalidValue
from partnerops.forecast._history import closed_deals, past, stages_reached
from partnerops.forecast._keys import Key, Reader, Tables, are_tables, check_names, is_key, partner_tables
from partnerops.forecast._probability import Probability, fitted, is_tally
from partnerops.forecast._schedule import not_due
from partnerops.periods import Calendar, Period

OFFSET: Final = 0.1
"""Added to every count, so that one outcome missing so far is not impossible for ever."""
LEAST: Final = 0.0001
"""Chances are held so far from 0 and 1, which would read as closed."""
_METHOD: Final = "naive Bayes"


@frozen(kw_only=True)
class ValueCount(Value):
    """
    How the deals with one value of one field ended.

    >>> ValueCount(name="origin", value="partner", won=3, lost=5).lost
    5
    """

    name: str = field(validator=is_text)
    """The field."""
    value: str = field(validator=is_str)
    """Its value; for the stage, a stage that the deals reached."""
    won: int = field(validator=is_tally)
    """Deals won."""
    lost: int = field(validator=is_tally)
    """Deals lost."""


def _to_counts(values: Iterable[ValueCount]) -> tuple[ValueCount, ...]:
    return to_tuple(values)


Factor = tuple[float, float]
"""How likely a value is among the won deals and among the lost ones."""


@frozen(kw_only=True)
class NaiveBayes(Value, Printable):
    """
    The chance that a deal is ever won by its fields, each taken as if it knew nothing of the others.

    With W won and L lost deals and, for each field, w and l of them with the deal's value, each 0.1 more:
    `W * prod(w / sum of w) : L * prod(l / sum of l)` are the odds. Fields without a value, values never seen and values
    with fewer than `min_outcomes` deals are passed over; the chance is held within 0.0001 and 0.9999. Without a won
    deal or without a lost one nothing can be computed: chance 0, n = 0.

    Fields that tell the same twice count twice, so its chances run to the ends. It is here to be compared with;
    `fit_shrunk_win_rate` asks the same of the data without that fault. As an outlook it answers with that chance if the
    deal is due in the period, and with 0 otherwise.

    Source: predictive lead scoring of Odoo CRM, with its offset of 0.1 and its bounds.
    """

    by: tuple[str, ...] = field(converter=to_strings, validator=is_key)
    """The fields."""
    won: int = field(validator=is_tally)
    """Deals won."""
    lost: int = field(validator=is_tally)
    """Deals lost."""
    counts: tuple[ValueCount, ...] = field(default=(), converter=_to_counts, validator=tuple_of(ValueCount), repr=False)
    """Outcomes by field and value."""
    min_outcomes: int = field(default=0, validator=is_tally)
    """Deals that a value must have to count; Odoo asks 50 of its tags."""
    tables: Tables = field(default=FrozenMap[FrozenMap[str]](), validator=are_tables, repr=False)
    """What was known of the partners: name -> partner id -> value."""
    as_of: datetime = field(validator=is_aware)
    """The moment of the fit."""
    _factors: Mapping[tuple[str, str], Factor] = field(init=False, eq=False, repr=False)
    _read: Reader = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for index, one in enumerate(self.counts):
            if one.name not in self.by:
                raise InvalidValue(f"NaiveBayes.counts[{index}].name", f"one of {', '.join(self.by)}", one.name)
        object.__setattr__(self, "_factors", self._fitted_factors())
        object.__setattr__(self, "_read", Reader(self.by, self.tables))

    def _fitted_factors(self) -> dict[tuple[str, str], Factor]:
        totals: dict[str, list[float]] = {}
        for one in self.counts:
            total = totals.setdefault(one.name, [0.0, 0.0])
            total[0] += one.won + OFFSET
            total[1] += one.lost + OFFSET
        # A deal reaches several stages, so those do not sum to the deals: the share is that of the deals themselves.
        totals["stage"] = [self.won + OFFSET, self.lost + OFFSET]
        return {
            (one.name, one.value): ((one.won + OFFSET) / totals[one.name][0], (one.lost + OFFSET) / totals[one.name][1])
            for one in self.counts
            # Rare values are passed over and not smoothed: that is Odoo's rule, and this is here to compare with it.
            if one.won + one.lost >= self.min_outcomes
        }

    def rate(self, opportunity: Opportunity, /) -> Probability:
        """The chance that *opportunity* is ever won."""
        # As in Odoo: with one outcome missing the odds are 0 or endless, and read as closed (F14).
        if not self.won or not self.lost:
            return Probability(0, method=_METHOD, because="nothing to compare: no deal won, or none lost")
        for_win, against = float(self.won), float(self.lost)
        words: list[str] = []
        # Multiplied as they come, which is the assumption that gives the method its name.
        for name, value in zip(self.by, self._read(opportunity), strict=True):
            factor = self._factors.get((name, value))
            # A value never seen says nothing; taken as impossible it would decide alone.
            if value and factor is not None:
                for_win, against = for_win * factor[0], against * factor[1]
                words.append(f"{name} {value}")
        chance = fitted(min(max(for_win / (for_win + against), LEAST), 1 - LEAST))
        because = f"{self.won:,} won and {self.lost:,} lost, by {', '.join(words) or 'nothing else'}: {percent(chance)}"
        return Probability(chance, n=self.won + self.lost, method=_METHOD, because=because)

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """That chance, if the deal is due in the period; else 0."""
        return not_due(opportunity, as_of, period) or self.rate(opportunity)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each field and value."""
        return [{"field": one.name, "value": one.value, "won": one.won, "lost": one.lost} for one in self.counts]

    def _headline(self) -> str:
        return f"naive Bayes by {', '.join(self.by)}: {self.won:,} won, {self.lost:,} lost as of {self.as_of:%Y-%m-%d}"


def fit_naive_bayes(
    data: Dataset,
    *,
    as_of: datetime | date,
    by: Iterable[str] = ("stage", "origin", "partner.type", "partner_id"),
    min_outcomes: int = 0,
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> NaiveBayes:
    """
    The counts of `NaiveBayes` from the deals closed by *as_of*; a deal counts in every stage that it reached.

    *history_start* is the first day whose closes were recorded: deals closed before are left out.

    Raises:
        UnknownName: A name in *by* that tells nothing about a deal.
        InvalidValue: A negative *min_outcomes*.

    >>> fit_naive_bayes(Dataset(), as_of=date(2026, 3, 31)).counts
    ()
    """
    check_int("fit_naive_bayes(min_outcomes=...)", min_outcomes, 0)
    known = past(data, as_of, calendar, history_start)
    names = check_names("fit_naive_bayes(by=...)", by)
    tables = partner_tables(data, names, known.today)
    read = Reader(names, tables)
    counts: dict[tuple[str, str], list[int]] = {}
    outcomes = [0, 0]
    for deal in closed_deals(known):
        outcomes[not deal.is_won] += 1
        for pair in _values(deal, names, read(deal)):
            counts.setdefault(pair, [0, 0])[not deal.is_won] += 1
    return NaiveBayes(
        by=names,
        won=outcomes[0],
        lost=outcomes[1],
        counts=[
            ValueCount(name=name, value=value, won=won, lost=lost)
            for (name, value), (won, lost) in sorted(counts.items())
        ],
        min_outcomes=min_outcomes,
        tables=tables,
        as_of=known.now,
    )


def _values(deal: Opportunity, names: Key, key: Key) -> Iterable[tuple[str, str]]:
    """Each field with its value, missing ones left out; every stage reached, for its last one is the outcome."""
    for name, value in zip(names, key, strict=True):
        if name == "stage":
            yield from ((name, stage) for stage in stages_reached(deal))
        elif value:
            yield name, value
