"""Strategies for what the nouns are made of: ids, moments, money, shares."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Final

from hypothesis import strategies as st

from partnerops._attrs import RESERVED_IDS, FrozenMap
from partnerops.money import Currency, ExchangeRate, ExchangeRates, Money
from partnerops.periods import BusinessCalendar, Calendar, Frequency, Period, Window
from partnerops.ratio import Ratio
from partnerops.typing import JsonScalar

ZONES: Final = (
    "UTC",
    "America/Sao_Paulo",  # skipped midnight when summer time began, repeated 23:00 when it ended
    "America/St_Johns",  # changed at 00:01 until 2011: one date comes, goes and comes again
    "America/Havana",  # repeats 00:00
    "Europe/Berlin",
    "Asia/Kathmandu",  # +05:45
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",  # had no 2011-12-30
    "Africa/Casablanca",
    "Asia/Tehran",
)
"""Zones with something odd about them."""

# Case, separators of paths and templates, a number, accents, a blank: whatever parses ids or folds them stumbles.
_AWKWARD_IDS: Final = ("D-1", "d-1", "D:1", "d%1", "1", "café", "a b", "ação/2", "x" * 40)
# Ties of halves and thirds, signs, and amounts whose products with a rate leave 32 bits, and with a share 64.
_MINORS: Final = (0, 1, -1, 2, 5, 99, -7, 100, 9_999, 2**40 + 1, -(2**41))
_FIRST: Final = datetime(2024, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
# Three years that hold a leap day, so that windows of twelve months have a past and a future.
_SPAN_DAYS: Final = 3 * 366


@cache
def texts() -> st.SearchStrategy[str]:
    """Names: no blanks around them, and nothing that UTF-8 cannot hold."""
    # Half of a surrogate pair is a string for Python alone: no file and no database takes it.
    signs = st.characters(exclude_categories=["Cs"])
    return st.text(signs, min_size=1, max_size=12).map(str.strip).filter(bool)


@cache
def ids() -> st.SearchStrategy[str]:
    """
    Ids of anything: opaque, case-sensitive, and not one that the library keeps for itself.

    Some look like numbers, paths or templates, so that code that parses ids is found out.
    """
    return (st.sampled_from(_AWKWARD_IDS) | texts()).filter(lambda one: one not in RESERVED_IDS)


# --- moments ----------------------------------------------------------------------------------------------------------


@cache
def dates() -> st.SearchStrategy[date]:
    """Business dates of 2024 to 2026, often the last day of a month or a leap day."""
    plain = st.integers(0, _SPAN_DAYS).map(lambda days: (_FIRST + timedelta(days=days)).date())
    # One day before a first: the days on which adding months goes wrong.
    month_ends = plain.map(lambda day: day.replace(day=1) - timedelta(days=1))
    return plain | month_ends | st.sampled_from([date(2024, 2, 29), date(2025, 2, 28), date(2026, 1, 31)])


@cache
def instants() -> st.SearchStrategy[datetime]:
    """
    Moments of 2024 to 2026 in UTC.

    Most fall on whole hours or on midnight, so that ties and edges of days happen; some miss by a microsecond.
    """
    hours = st.integers(0, _SPAN_DAYS * 24).map(lambda count: _FIRST + timedelta(hours=count))
    days = st.integers(0, _SPAN_DAYS).map(lambda count: _FIRST + timedelta(days=count))
    return hours | days | days.map(lambda at: at + _TICK) | days.map(lambda at: at - _TICK)


@cache
def lengths(low: int = 0) -> st.SearchStrategy[timedelta]:
    """Spans of time of *low* microseconds and more: none at all, ticks, hours, days."""
    ticks = st.sampled_from([0, 1, 3_600_000_000, 86_400_000_000]) | st.integers(0, 400).map(
        lambda d: d * 86_400_000_000
    )
    # Not below *low*: what has to last at least a microsecond is empty otherwise.
    return ticks.map(lambda count: timedelta(microseconds=max(low, count)))


@st.composite
def periods(draw: st.DrawFn, *, starts: st.SearchStrategy[date] | None = None) -> Period:
    """Spans of any length, whole months, and those that a calendar names; *starts* says about when."""
    start = draw(dates() if starts is None else starts)
    shape = draw(st.sampled_from(["any", "months", *Frequency]))
    if shape == "any":
        return Period.days_from(start, draw(st.integers(1, 800)))
    if shape == "months":
        first = Period.month(start.year, start.month)
        return Period(first.start, first.shift(months=draw(st.integers(0, 30))).end)
    return draw(calendars()).period(Frequency(shape), start)


@cache
def calendars() -> st.SearchStrategy[Calendar]:
    """Any odd zone, fiscal year and first day of the week."""
    return st.builds(
        Calendar, st.sampled_from(ZONES), fiscal_year_start=st.integers(1, 12), week_start=st.integers(0, 6)
    )


@st.composite
def business_calendars(draw: st.DrawFn, *, holidays: st.SearchStrategy[date] | None = None) -> BusinessCalendar:
    """Any open hours, from one minute to the whole day, and some holidays; *holidays* says about when."""
    # Minutes of the day, up to 24:00 itself: a day that never closes is a calendar too.
    opens, closes = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=2, unique=True)))
    return BusinessCalendar(
        draw(st.sampled_from(ZONES)),
        opens=f"{opens // 60:02d}:{opens % 60:02d}",
        closes=f"{closes // 60:02d}:{closes % 60:02d}",
        workdays=draw(st.sets(st.integers(0, 6), min_size=1)),
        holidays=draw(st.sets(dates() if holidays is None else holidays, max_size=20)),
    )


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Spans of instants, down to a microsecond."""
    after = draw(instants())
    return Window(after, after + draw(lengths(1)))


# --- numbers ----------------------------------------------------------------------------------------------------------


@cache
def currencies() -> st.SearchStrategy[str]:
    """Codes that amounts can be in, with 0, 2, 3 and 4 decimals, active and withdrawn."""
    # Codes without decimals of their own, such as gold, are no currencies of amounts.
    known = [one.code for one in Currency.all() if one.exponent is not None]
    return st.sampled_from(["BRL", "USD", "JPY", "KWD", "CLF"]) | st.sampled_from(known)


@cache
def moneys(currency: str | None = None, *, low: int | None = None, high: int | None = None) -> st.SearchStrategy[Money]:
    """
    Amounts, small ones where ties and zeros are and large ones where 64 bits end.

    *low* and *high* bound the minor units, both included.
    """
    usual = [minor for minor in _MINORS if (low is None or minor >= low) and (high is None or minor <= high)]
    least, most = -(10**7) if low is None else low, 10**7 if high is None else high
    minors = st.integers(min(least, most), max(least, most))
    codes = currencies() if currency is None else st.just(currency)
    # Plain numbers first: examples shrink towards them.
    return st.builds(Money.from_minor, minors | st.sampled_from(usual) if usual else minors, codes)


@cache
def shares() -> st.SearchStrategy[Fraction]:
    """Fractions from 0 to 1, both included."""
    # Small denominators: sums of a few shares then meet 1 exactly now and then, which is where rules change.
    return st.fractions(0, 1, max_denominator=20)


@st.composite
def share_maps(draw: st.DrawFn, parties: st.SearchStrategy[str]) -> FrozenMap[Fraction]:
    """Shares of one to three parties that sum to at most 1."""
    names = draw(st.lists(parties, min_size=1, max_size=3, unique=True))
    raw = [draw(shares()) for _ in names]
    # Divided only where they are too much: sums below 1 leave something that nobody earns.
    total = max(Fraction(1), sum(raw, Fraction(0)))
    return FrozenMap({name: share / total for name, share in zip(names, raw, strict=True)})


@cache
def decimals() -> st.SearchStrategy[Decimal]:
    """Exact numbers of a few decimals."""
    return st.decimals(-1000, 1000, places=2, allow_nan=False, allow_infinity=False)


@cache
def ratios() -> st.SearchStrategy[Ratio]:
    """Counts and exact numbers over one another, also over zero."""
    exact = st.integers(-1000, 1000) | st.fractions(-1000, 1000, max_denominator=97)
    # Zero is asked for by name: among two thousand whole numbers it would hardly come.
    return st.builds(Ratio, exact, exact | st.just(0))


@cache
def customs() -> st.SearchStrategy[FrozenMap[JsonScalar]]:
    """Fields of an embedder's own."""
    values = st.none() | st.booleans() | st.integers(-5, 5) | texts()
    return st.dictionaries(texts(), values, max_size=2).map(FrozenMap)


@st.composite
def exchange_rates(draw: st.DrawFn) -> ExchangeRate:
    """Rates among a few currencies of different decimals, within two weeks, so that pairs and dates meet."""
    base, quote = draw(st.permutations(["BRL", "USD", "JPY", "KWD"]))[:2]
    rate = draw(st.fractions(Fraction(1, 1000), 1000, max_denominator=1000))
    return ExchangeRate(base, quote, date(2026, 3, 1) + timedelta(days=draw(st.integers(0, 13))), rate)


@cache
def rate_tables() -> st.SearchStrategy[ExchangeRates]:
    """Tables with at most one rate for a pair and date."""
    rates = st.lists(exchange_rates(), max_size=8, unique_by=lambda rate: (rate.base, rate.quote, rate.on))
    return st.builds(ExchangeRates, rates)
