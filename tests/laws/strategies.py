"""Strategies that the laws of the kernel share: those of the testing kit, and wider ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from partnerops import testing
from partnerops.dated import Dated, Version
from partnerops.money import Currency, Money
from partnerops.periods import BusinessCalendar, Period

# --- dates, periods, calendars

dates = st.dates(date(1990, 1, 1), date(2035, 12, 31))
month_ends = dates.map(lambda day: day.replace(day=1) - timedelta(days=1))
awkward_dates = dates | month_ends | st.sampled_from([date(2024, 2, 29), date(2023, 2, 28), date(2026, 1, 31)])
instants = st.datetimes(datetime(1990, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))
calendars, exchange_rates = testing.calendars, testing.exchange_rates


def periods() -> st.SearchStrategy[Period]:
    """Spans of any length, and those that a calendar names."""
    return testing.periods(starts=awkward_dates)


def business_calendars() -> st.SearchStrategy[BusinessCalendar]:
    """Any open hours, and holidays about when Samoa skipped a day."""
    return testing.business_calendars(holidays=st.dates(date(2010, 1, 1), date(2012, 12, 31)))


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

ratios = testing.ratios()
counts = st.integers(0, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
quantiles = st.fractions(Fraction(1, 100), 6, max_denominator=1000)

# --- money

CODES = tuple(known.code for known in Currency.all() if known.exponent is not None)
"""Every code that amounts can be in, with 0, 2, 3 and 4 decimals, active and withdrawn."""

minors = st.integers(-100, 100) | st.integers(-(10**30), 10**30) | st.sampled_from([0, 1, -1, 10**18, -(2**63)])
"""Small ones, where ties and zeros are; huge ones, where floats and 64 bits end."""
codes = testing.currencies()
moneys = st.builds(Money.from_minor, minors, codes)
weights = st.integers(0, 6) | st.integers(0, 10**20) | st.fractions(0, 5, max_denominator=97) | st.just(0)
weight_lists = st.lists(weights, min_size=1, max_size=12).filter(any)
rates = st.fractions(-3, 3, max_denominator=10**6) | st.fractions(-3, 3, max_denominator=4)


@st.composite
def money_lists(draw: st.DrawFn, size: int) -> list[Money]:
    """So many amounts of one currency."""
    code = draw(codes)
    return [Money.from_minor(draw(minors), code) for _ in range(size)]
