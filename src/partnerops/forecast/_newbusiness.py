"""What deals that do not exist yet will bring: read from deals that were created and won within such a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from attrs import field, frozen
from attrs.validators import optional

from partnerops._arguments import check_int
from partnerops._attrs import FrozenMap, Value, is_a, is_aware, is_str, is_text, to_map, to_tuple, tuple_of
from partnerops._render import Printable
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.forecast._history import DAY, Past, past
from partnerops.forecast._inperiod import CalendarCycle, to_cycle
from partnerops.forecast._lines import NewBusinessLine
from partnerops.forecast._probability import is_tally
from partnerops.forecast._shrink import gamma_strength
from partnerops.money import Currency, Money
from partnerops.periods import Calendar, Period

YEAR: Final = 366
"""Days of history read by default: every season once, and growth does not lag far behind."""


@frozen(kw_only=True)
class NewBusinessCell(Value):
    """
    Deals of one origin and phase that were won at one age.

    >>> NewBusinessCell(phase="0", age_days=3, wins=2, minor=90000, squares=4100000000).wins
    2
    """

    origin: str | None = field(default=None, validator=optional(is_text))
    """Where they came from."""
    phase: str = field(validator=is_text)
    """Calendar phase of the win."""
    age_days: int = field(validator=is_tally)
    """Whole days from creation to win."""
    wins: int = field(validator=is_tally)
    """How many."""
    minor: int = field(validator=is_a(int))
    """Their amounts together, in minor units."""
    squares: int = field(validator=is_tally)
    """Sum of the squares of their amounts in minor units, for the scatter."""


def _to_cells(values: Iterable[NewBusinessCell]) -> tuple[NewBusinessCell, ...]:
    return to_tuple(values)


def _to_days(values: Mapping[str, int]) -> FrozenMap[int]:
    return to_map(values)


@frozen(kw_only=True)
class NewBusinessRate(Value, Printable):
    """
    New business as it came before: a fitted policy for `project(..., new_business=...)`.

    x days from now, only deals younger than x days can be new. So the day's new business is what deals younger than
    that brought on an average day of the past, times the factor of its calendar phase; a window adds up its days.
    That is the mean over all past windows of that length, whatever day they began on. The factors come from the deals
    young enough for the window and are drawn to 1, the more the fewer they are.

    The variance takes deals as independent, which is too narrow: calibrate intervals on past residuals.
    """

    cells: tuple[NewBusinessCell, ...] = field(
        default=(), converter=_to_cells, validator=tuple_of(NewBusinessCell), repr=False
    )
    """Past wins by origin, phase and age; counts and amounts, exact."""
    days: FrozenMap[int] = field(default=FrozenMap[int](), converter=_to_days, validator=is_a(FrozenMap))
    """Phase -> days of the past that were looked at."""
    cycle: CalendarCycle = field(default=CalendarCycle.NONE, converter=to_cycle, validator=is_a(CalendarCycle))
    """Which calendar phases have a factor."""
    fiscal_year_start: int = field(default=1, validator=is_a(int))
    """Month in which the fiscal year starts."""
    currency: str = field(default="", validator=is_str)
    """Code of ISO 4217; empty where no deal has an amount."""
    as_of: datetime = field(validator=is_aware)
    """The moment of the fit."""

    def estimate(self, *, as_of: datetime, period: Period) -> Sequence[NewBusinessLine]:
        """
        One line for each origin; one of 0 that says so where the past shows no win young enough.

        None where the period is over, or where no deal of the past tells a currency.
        """
        # Days after today alone: what exists by now is in the pipeline.
        window = self._window(as_of.date(), period)
        if not window or not self.currency:
            return ()
        reach = window[-1][0]
        young = [cell for cell in self.cells if cell.age_days < reach]
        if not young:
            # A line of 0 and not no line: nothing known and nothing expected look alike otherwise (F27).
            because = f"no deal of {sum(self.days.values()):,} days was created and won within {reach} days"
            return [NewBusinessLine(amount=Money.zero(self.currency), because=because)]
        factors = self._factors(young)
        weights = self._weights(window, factors)
        origins = sorted({cell.origin for cell in young}, key=lambda origin: origin or "")
        return [line for origin in origins if (line := self._line(origin, young, weights, reach)) is not None]

    def _window(self, today: date, period: Period) -> list[tuple[int, str]]:
        """Days ahead that lie in the period, each with its phase."""
        first = max(period.start, today + timedelta(days=1))
        days = [first + timedelta(days=index) for index in range(max(0, (period.end - first).days))]
        return [((on - today).days, self.cycle.phase(on.month, self.fiscal_year_start)) for on in days]

    def _factors(self, young: Sequence[NewBusinessCell]) -> dict[str, float]:
        wins: Counter[str] = Counter()
        for cell in young:
            wins[cell.phase] += cell.wins
        rate = wins.total() / sum(self.days.values())
        expected = {phase: rate * count for phase, count in self.days.items()}
        # A phase of few wins is no season: its factor is drawn to 1 unless the phases really differ.
        strength = gamma_strength([(wins[phase], value) for phase, value in expected.items()], 1.0)
        return {phase: (wins[phase] + strength) / (value + strength) for phase, value in expected.items()}

    def _weights(self, window: Sequence[tuple[int, str]], factors: Mapping[str, float]) -> list[float]:
        """For each age, the factors of the window's days on which a deal so old can be new, summed, per past day."""
        total = sum(self.days.values())
        weights = [0.0] * window[-1][0]
        for ahead, phase in window:
            weights[ahead - 1] += factors.get(phase, 1.0) / total
        for age in range(len(weights) - 2, -1, -1):  # a younger deal is new on every day on which an older one is
            weights[age] += weights[age + 1]
        return weights

    def _line(
        self, origin: str | None, young: Sequence[NewBusinessCell], weights: Sequence[float], reach: int
    ) -> NewBusinessLine | None:
        own = [cell for cell in young if cell.origin == origin]
        amount = Money.from_minor(round(sum(cell.minor * weights[cell.age_days] for cell in own)), self.currency)
        scale = 100 ** (Currency.of(self.currency).exponent or 0)
        # Wins come one by one, as in a compound Poisson process: the variance is the sum of squares.
        squares = round(sum(cell.squares * weights[cell.age_days] for cell in own))
        wins, days = sum(cell.wins for cell in own), sum(self.days.values())
        return NewBusinessLine(
            amount=amount,
            origin=origin,
            variance=Decimal(squares) / scale,
            n=wins,
            because=f"{wins:,} deals of {days:,} days were created and won within {reach} days",
        )

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each origin: wins and amount by how young the deals were."""
        rows: list[dict[str, object]] = []
        for origin in sorted({cell.origin for cell in self.cells}, key=lambda origin: origin or ""):
            own = [cell for cell in self.cells if cell.origin == origin]
            for reach in (7, 30, 91):
                young = [cell for cell in own if cell.age_days < reach]
                amount = Money.from_minor(sum(cell.minor for cell in young), self.currency)
                wins = sum(cell.wins for cell in young)
                rows.append({"origin": origin, "younger than days": reach, "won": wins, "amount": amount})
        return rows

    def _headline(self) -> str:
        return f"new business of {sum(self.days.values()):,} days as of {self.as_of:%Y-%m-%d}"


def fit_new_business(
    data: Dataset,
    *,
    as_of: datetime | date,
    cycle: CalendarCycle | str = CalendarCycle.MONTH_OF_QUARTER,
    window_days: int = YEAR,
    history_start: date | None = None,
    calendar: Calendar | None = None,
) -> NewBusinessRate:
    """
    New business from the wins of the last *window_days*, by origin, calendar phase and age at the win.

    *history_start* is the first day whose closes were recorded. Nothing won, nothing expected, and the line says so.

    Raises:
        CurrencyMismatch: Wins in two currencies.
        InvalidValue: A cycle or a window that cannot be.

    >>> fit_new_business(Dataset(), as_of=date(2026, 3, 31)).cells
    ()
    """
    check_int("fit_new_business(window_days=...)", window_days, 1)
    phases = to_cycle(cycle)
    if not isinstance(phases, CalendarCycle):
        raise InvalidValue("fit_new_business(cycle=...)", f"one of {', '.join(CalendarCycle)}", cycle)
    known = past(data, as_of, calendar, history_start)
    first = _first_day(known, window_days, history_start)
    fiscal = known.calendar.fiscal_year_start
    days = [first + timedelta(days=index) for index in range((known.today - first).days + 1)]
    wins = list(_wins(known, first))
    cells: dict[tuple[str | None, str, int], list[int]] = {}
    for deal, on, age, minor in wins:
        cell = cells.setdefault((deal.origin, phases.phase(on.month, fiscal), age), [0, 0, 0])
        cell[0] += 1
        cell[1] += minor
        cell[2] += minor * minor
    return NewBusinessRate(
        cells=[
            NewBusinessCell(origin=origin, phase=phase, age_days=age, wins=count, minor=minor, squares=squares)
            for (origin, phase, age), (count, minor, squares) in sorted(cells.items(), key=_by_cell)
        ],
        days=Counter(phases.phase(on.month, fiscal) for on in days),
        cycle=phases,
        fiscal_year_start=fiscal,
        currency=_currency(known.deals, [deal for deal, *_ in wins]),
        as_of=known.now,
    )


def _first_day(known: Past, window_days: int, history_start: date | None) -> date:
    oldest = min((known.calendar.date_of(deal.created_at) for deal in known.deals), default=known.today)
    return max(known.today - timedelta(days=window_days - 1), history_start or oldest)


def _wins(known: Past, first: date) -> Iterator[tuple[Opportunity, date, int, int]]:
    """Each deal won since *first* with its date, its age in whole days and its amount in minor units."""
    start = known.calendar.start_of(first).timestamp()
    for deal in known.deals:
        if deal.is_won and deal.closed_at is not None and deal.amount is not None:
            closed = deal.closed_at.timestamp()
            if closed >= start:
                # Whole days of 24 hours: a deal won within its first day is new on every day ahead.
                age = int((closed - deal.created_at.timestamp()) // DAY)
                yield deal, known.calendar.date_of(deal.closed_at), age, deal.amount.minor


def _currency(deals: Iterable[Opportunity], won: Iterable[Opportunity]) -> str:
    """The one currency of the wins; where nothing was won, that of any deal, so that the nothing can be said."""
    codes = sorted({deal.amount.currency for deal in won if deal.amount is not None})
    if len(codes) > 1:
        raise CurrencyMismatch("expect new business in one total of", codes[0], codes[1])
    every = codes or sorted({deal.amount.currency for deal in deals if deal.amount is not None})
    return every[0] if len(every) == 1 else ""


def _by_cell(item: tuple[tuple[str | None, str, int], list[int]]) -> tuple[str, str, int]:
    (origin, phase, age), _ = item
    return origin or "", phase, age
