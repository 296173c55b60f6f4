"""The reference paths of the ChannelAttribution package, where they are at hand: credit as its version 2.2.5 gives it.

Only sums per channel stand here. First, last and linear touch are exact there as here. Its Markov model simulates;
the expected numbers of the closed form are those that do-attribution 0.0.2 gives, to two decimals.
"""

from __future__ import annotations

import csv
import gzip
import os
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from partnerops import Money, Opportunity, Touchpoint
from partnerops.attribution import FirstTouch, LastTouch, Linear, attribute
from partnerops.attribution.datadriven import Journey, MarkovRemoval, Shapley

PROJECT = Path(__file__).parents[2]
OPENED = datetime(2026, 1, 1, tzinfo=UTC)

CHANNELS = ["eta", "iota", "alpha", "beta", "theta", "lambda", "kappa", "zeta", "epsilon", "gamma", "delta", "mi"]
FIRST = [3164, 4606, 6308, 2831, 1606, 902, 74, 27, 99, 165, 1, 2]
LAST = [4167, 3355, 8447, 989, 653, 1207, 230, 107, 531, 92, 5, 2]
LINEAR = [
    "3539.9511571006", "3857.0962210178", "7574.7185937512", "2083.5001445891", "1022.8013939042", "1035.2575722855",
    "137.9640779223", "136.5515404664", "272.1704377205", "121.0416390203", "1.7250000000", "2.2222222222",
]  # fmt: skip
LINEAR_VALUE = [
    "13783.4970509201", "15988.9889950236", "24524.7095688335", "8954.2667166078", "4295.7436194872", "4430.3161694284",
    "599.7477862553", "539.5287630528", "1106.2700652665", "569.4173578911", "4.4040500000", "6.0814444444",
]  # fmt: skip
MARKOV = {"alpha": "5344.95", "delta": "4.61", "mi": "1.72"}


@pytest.fixture(scope="module")
def rows() -> list[tuple[tuple[str, ...], int, Fraction, int]]:
    """Path, conversions, value and losses; the tests are skipped where the file is not there."""
    place = Path(os.environ.get("PARTNEROPS_DATA") or PROJECT.parent / "shared" / "data") / "channel-paths"
    if not place.is_dir():
        pytest.skip(f"no public data at {place}: set PARTNEROPS_DATA to run this test")
    with gzip.open(place / "data.csv.gz", "rt", encoding="utf-8") as file:
        return [
            (
                tuple(row["path"].split(" > ")),
                int(row["total_conversions"]),
                Fraction(row["total_conversion_value"]),
                int(row["total_null"]),
            )
            for row in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def journeys(rows) -> list[Journey]:
    return [Journey(path, converted=conversions, lost=lost) for path, conversions, _, lost in rows]


def credit(rows, policy, what: int) -> dict[str, Fraction]:
    """Credit per channel: each path that converted is a deal whose shares are paid in conversions, or in value."""
    total: dict[str, Fraction] = {}
    for row in rows:
        if not row[1]:
            continue
        touches = [
            Touchpoint(
                id=f"T{place:04}", opportunity_id="D", partner_id=channel, at=OPENED + timedelta(hours=place), kind="ad"
            )
            for place, channel in enumerate(row[0])
        ]
        deal = Opportunity(
            id="D", stage="won", status="won", amount=Money.from_minor(row[1], "BRL"), created_at=OPENED,
            closed_at=OPENED + timedelta(hours=len(touches)),
        )  # fmt: skip
        for one in attribute(deal, touches, policy=policy).credits:
            total[one.partner_id] = total.get(one.partner_id, Fraction(0)) + one.share * row[what]
    return total


def test_first_and_last_touch_are_exactly_the_same(rows):
    """Whole conversions."""
    assert credit(rows, FirstTouch(), 1) == dict(zip(CHANNELS, FIRST, strict=True))
    assert credit(rows, LastTouch(), 1) == dict(zip(CHANNELS, LAST, strict=True))


@pytest.mark.parametrize(("what", "want"), [(1, LINEAR), (2, LINEAR_VALUE)])
def test_linear_is_the_same_to_all_printed_decimals(rows, what, want):
    """Conversions and value; they sum to the total exactly here, to about 1e-8 there."""
    found = credit(rows, Linear(), what)
    for channel, number in zip(CHANNELS, want, strict=True):
        assert abs(found[channel] - Fraction(number)) < Fraction(1, 10**7)
    assert sum(found.values()) == sum(row[what] for row in rows if row[1])


def test_markov_removal_is_the_closed_form(journeys):
    """Of 19,785 sales; rare channels keep the credit that a simulation rounds to nothing."""
    shares = MarkovRemoval.fit(journeys).shares
    total = sum(one.converted for one in journeys)
    assert total == 19_785
    assert shares.keys() == set(CHANNELS)
    for channel, number in MARKOV.items():
        assert round(shares[channel] * total, 2) == Fraction(number)


def test_higher_orders_keep_every_channel(journeys):
    """Order 2 and 3 give other shares, none of them negative, none of them lost."""
    for order in (2, 3):
        shares = MarkovRemoval.fit(journeys, order=order).shares
        assert min(shares.values()) > 0
        assert sum(shares.values()) == 1


def test_shapley_by_rate_says_why_it_gives_no_share(journeys):
    """Zeta is on journeys that sell less often than those without it."""
    assert Shapley.fit(journeys, worth="rate").reason.startswith("zeta lowers the rate of sales")
    assert sum(Shapley.fit(journeys).shares.values()) == 1
