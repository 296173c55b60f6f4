"""Strategies that the laws share; append only."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from partnerops.dated import Dated, Version
from partnerops.money import Currency, ExchangeRate, Money
from partnerops.periods import BusinessCalendar, Calendar, Period
from partnerops.ratio import Ratio

# --- dates, periods, calendars

ZONES = (
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

dates = st.dates(date(1990, 1, 1), date(2035, 12, 31))
month_ends = dates.map(lambda day: day.replace(day=1) - timedelta(days=1))
awkward_dates = dates | month_ends | st.sampled_from([date(2024, 2, 29), date(2023, 2, 28), date(2026, 1, 31)])
instants = st.datetimes(datetime(1990, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(ZONES)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """Spans of any length, and those that a calendar names."""
    start = draw(awkward_dates)
    shape = draw(st.sampled_from(["any", "day", "week", "month", "quarter", "year", "months", "fiscal_year"]))
    if shape == "any":
        return Period.days_from(start, draw(st.integers(1, 800)))
    if shape == "months":
        first = Period.month(start.year, start.month)
        return Period(first.start, first.shift(months=draw(st.integers(0, 30))).end)
    return draw(calendars()).period(shape, start)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Any zone, fiscal year and week."""
    return Calendar(draw(zones), fiscal_year_start=draw(st.integers(1, 12)), week_start=draw(st.integers(0, 6)))


@st.composite
def business_calendars(draw: st.DrawFn) -> BusinessCalendar:
    """Any open hours, from one minute to the whole day, and some holidays."""
    opens, closes = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=2, unique=True)))
    return BusinessCalendar(
        draw(zones),
        opens=f"{opens // 60:02d}:{opens % 60:02d}",
        closes=f"{closes // 60:02d}:{closes % 60:02d}",
        workdays=draw(st.sets(st.integers(0, 6), min_size=1)),
        holidays=draw(st.sets(st.dates(date(2010, 1, 1), date(2012, 12, 31)), max_size=20)),
    )


busy_instants = st.datetimes(datetime(2010, 12, 1), datetime(2012, 1, 31), timezones=st.just(UTC))
"""Close together, over changes of the clock and the day that Samoa skipped."""


@st.composite
def pauses(draw: st.DrawFn) -> list[tuple[datetime, datetime]]:
    """Overlapping, touching and empty ones, in any order."""
    lengths = st.timedeltas(timedelta(), timedelta(days=20))
    return [(begin, begin + length) for begin, length in draw(st.lists(st.tuples(busy_instants, lengths), max_size=5))]


local_times = st.times() | st.sampled_from([time(0), time(0, 30), time(2, 30), time(23, 59, 59, 999999)])

# --- versions


@st.composite
def histories(draw: st.DrawFn) -> Dated[int]:
    """Versions with gaps or none, the last one open or closed."""
    borders = sorted(draw(st.sets(st.dates(date(2025, 1, 1), date(2026, 12, 31)), max_size=8)))
    versions = [
        Version(index, start, end)
        for index, (start, end) in enumerate(zip(borders, [*borders[1:], None], strict=False))
        if draw(st.booleans())
    ]
    return Dated(draw(st.permutations(versions)))


# --- ratios

exact = st.integers(-1000, 1000) | st.fractions(-1000, 1000, max_denominator=97)
ratios = st.builds(Ratio, exact, exact | st.just(0))
counts = st.integers(0, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
quantiles = st.fractions(Fraction(1, 100), 6, max_denominator=1000)

# --- money

CODES = tuple(known.code for known in Currency.all() if known.exponent is not None)
"""Every code that amounts can be in, with 0, 2, 3 and 4 decimals, active and withdrawn."""

minors = st.integers(-100, 100) | st.integers(-(10**30), 10**30) | st.sampled_from([0, 1, -1, 10**18, -(2**63)])
"""Small ones, where ties and zeros are; huge ones, where floats and 64 bits end."""
codes = st.sampled_from(["BRL", "USD", "JPY", "KWD", "CLF"]) | st.sampled_from(CODES)
moneys = st.builds(Money.from_minor, minors, codes)
weights = st.integers(0, 6) | st.integers(0, 10**20) | st.fractions(0, 5, max_denominator=97) | st.just(0)
weight_lists = st.lists(weights, min_size=1, max_size=12).filter(any)
rates = st.fractions(-3, 3, max_denominator=10**6) | st.fractions(-3, 3, max_denominator=4)


@st.composite
def money_lists(draw: st.DrawFn, size: int) -> list[Money]:
    """So many amounts of one currency."""
    code = draw(codes)
    return [Money.from_minor(draw(minors), code) for _ in range(size)]


@st.composite
def exchange_rates(draw: st.DrawFn) -> ExchangeRate:
    """Rates among a few currencies of different decimals, within two weeks, so that pairs and dates meet."""
    base, quote = draw(st.permutations(["BRL", "USD", "JPY", "KWD"]))[:2]
    rate = draw(st.fractions(Fraction(1, 1000), 1000, max_denominator=1000))
    return ExchangeRate(base, quote, date(2026, 3, 1) + timedelta(days=draw(st.integers(0, 13))), rate)
