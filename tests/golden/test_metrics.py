"""The KPIs of a public pipeline against the figures that were counted in its files by other means."""

from __future__ import annotations

import os
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from partnerops import Dataset, Money, Period, Ratio
from partnerops.adapters import read_folder, read_mapping
from partnerops.metrics import breakdown, scorecard
from partnerops.metrics.conversion import cohort_win_rate, win_rate
from partnerops.metrics.cycles import sales_cycle, sales_cycle_durations
from partnerops.metrics.revenue import deals_won, won_revenue

PROJECT = Path(__file__).parents[2]
# The export ends on the last day of 2017; its first deals were opened in October 2016.
EVER = Period.parse("2016-01-01/2018-01-01")
AS_OF = date(2017, 12, 31)


@pytest.fixture(scope="module")
def crm_sales() -> Dataset:
    place = Path(os.environ.get("PARTNEROPS_DATA") or PROJECT.parent / "shared" / "data") / "crm-sales"
    if not place.is_dir():
        pytest.skip(f"no public data at {place}: set PARTNEROPS_DATA to run this test")
    return read_folder(place, read_mapping(PROJECT / "examples" / "mappings" / "crm-sales.toml")).dataset


def test_revenue_and_rates_are_those_of_the_files(crm_sales: Dataset) -> None:
    assert won_revenue(crm_sales, EVER, as_of=AS_OF).value == Money("10005534", "USD")
    assert win_rate(crm_sales, EVER, as_of=AS_OF).value == Ratio(4238, 6711)
    cohort = cohort_win_rate(crm_sales, EVER, as_of=AS_OF)
    assert cohort.value == Ratio(4238, 8800)
    assert cohort.value.percent() == "48.2 %"
    assert cohort.immature  # 2,089 deals are still open


def test_cycles_are_those_of_the_files(crm_sales: Dataset) -> None:
    durations = sales_cycle_durations(crm_sales, EVER, as_of=AS_OF)
    assert durations.n == 4238
    assert round(durations.mean, 2) == Fraction("51.78")
    assert durations.median == 57
    assert sales_cycle(crm_sales, EVER, as_of=AS_OF).value == 57


def test_agents_and_products_add_up(crm_sales: Dataset) -> None:
    by_agent = breakdown(won_revenue, crm_sales, EVER, by="partner", as_of=AS_OF)
    assert Money.total(one.value for one in by_agent.groups.values() if one.value) == Money("10005534", "USD")
    counts = breakdown(deals_won, crm_sales, EVER, by="region", as_of=AS_OF)
    assert sum(one.value for one in counts.groups.values()) == 4238


def test_the_scorecard_of_a_month_fits_a_screen(crm_sales: Dataset) -> None:
    card = scorecard(crm_sales, Period.month(2017, 12), as_of=AS_OF)
    assert card["win_rate"].value == win_rate(crm_sales, Period.month(2017, 12), as_of=AS_OF)
    lines = str(card).splitlines()
    assert len(lines) <= 48
    assert max(map(len, lines)) <= 120
