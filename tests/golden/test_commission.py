"""Worked examples that others publish, recomputed to the cent; the source stands with each."""

from __future__ import annotations

from typing import Any

import pytest

from partnerops.commission import FlatRate, GraduatedTiers, Interpolated, MixedTiers, OnQuota, Tier, VolumeTiers
from partnerops.money import Money


def usd(amount: str) -> Money:
    return Money(amount, "USD")


TABLES: list[tuple[str, Any, list[tuple[str, str]]]] = [
    (
        "referello.com, tiered commission calculator: 10 % to 10,000, 20 % above",
        GraduatedTiers([Tier(0, "0.10"), Tier(10000, "0.20")]),
        [("10000.00", "1000.00"), ("15000.00", "2000.00")],
    ),
    (
        "jiskha.com/questions/744082: 2 % to 10,000, 5 % to 20,000, 8 % above",
        GraduatedTiers([Tier(0, "0.02"), Tier(10000, "0.05"), Tier(20000, "0.08")]),
        [("15000.00", "450.00"), ("20000.00", "700.00"), ("30000.00", "1500.00")],
    ),
    (
        "excelforum.com/861932: 5 % to a quota of 100,000, 6 % to 125,000, 7 % above; 5,000 + 1,500 + 1,750 at 150,000",
        GraduatedTiers([Tier(0, "0.05"), Tier(100000, "0.06"), Tier(125000, "0.07")]),
        [("100000.00", "5000.00"), ("125000.00", "6500.00"), ("150000.00", "8250.00")],
    ),
    (
        "comish.online: 6, 8, 10 and 12 % from 0, 100, 125 and 150 % of a quota of 375,000; 6.625 % blended at 500,000",
        OnQuota(
            GraduatedTiers([Tier(0, "0.06"), Tier(1, "0.08"), Tier("1.25", "0.10"), Tier("1.5", "0.12")]), quota=375000
        ),
        [("375000.00", "22500.00"), ("468750.00", "30000.00"), ("500000.00", "33125.00")],
    ),
    (
        "zuplo.com, pricing models, graduated: 0.10 to 1,000, 0.05 to 10,000, 0.01 above; falling rates are no trouble",
        GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.05"), Tier(10000, "0.01")]),
        [("1000.00", "100.00"), ("10000.00", "550.00"), ("15000.00", "600.00")],
    ),
    (
        "useautumn.com, graduated pricing: 0.01 to 1,000, 0.008 to 10,000, 0.005 above",
        GraduatedTiers([Tier(0, "0.01"), Tier(1000, "0.008"), Tier(10000, "0.005")]),
        [("15000.00", "107.00")],
    ),
    (
        "getlago.com, graduated: 1 to 100 units, 0.50 to 200, 0.10 above",
        GraduatedTiers([Tier(0, 1), Tier(100, "0.5"), Tier(200, "0.1")]),
        [("100.00", "100.00"), ("200.00", "150.00"), ("300.00", "160.00")],
    ),
    (
        "Lago's own tests of volume: 100.5 units are in the tier above 100, not in a gap between 100 and 101",
        VolumeTiers([Tier(0, "0.50"), Tier(100, 1)], boundary="lower"),
        [("100.00", "50.00"), ("100.50", "100.50")],
    ),
    (
        "Oracle, support document 2582565.1: 1.75 % to 1,500,000, then 2.50 % on all; on the threshold the upper tier",
        VolumeTiers([Tier(0, "0.0175"), Tier(1500000, "0.0250")], boundary="upper"),
        [("1499999.99", "26250.00"), ("1500000.00", "37500.00")],
    ),
    (
        "the same with the threshold in the lower tier, as the customer in that document wanted",
        VolumeTiers([Tier(0, "0.0175"), Tier(1500000, "0.0250")], boundary="lower"),
        [("1500000.00", "26250.00"), ("1500000.01", "37500.00")],
    ),
    (
        "help.mytime.com, amount above earned: 25 % to 500, 30 % to 3,000, 40 %; its bounds of 499.99 lose 2 cents",
        GraduatedTiers([Tier(0, "0.25"), Tier(500, "0.30"), Tier(3000, "0.40")]),
        [("400.00", "100.00"), ("100.00", "25.00"), ("1500.00", "425.00"), ("5000.00", "1675.00")],
    ),
    (
        "docs.meevo.com, tiered sliding: 10 % of the first 100, 15 % of the next, 20 % of the next, then 25 %",
        GraduatedTiers([Tier(0, "0.10"), Tier(100, "0.15"), Tier(200, "0.20"), Tier(300, "0.25")]),
        [("325.00", "51.25")],
    ),
    (
        "docs.meevo.com, tiered straight: 125 falls into the column of 15 %",
        VolumeTiers([Tier(0, "0.10"), Tier(100, "0.15"), Tier(200, "0.20")], boundary="lower"),
        [("125.00", "18.75")],
    ),
    (
        "Spiff, tier payout: 4 % to 150,000, 8 % to 250,000, 12 %, all at the highest rate reached",
        VolumeTiers([Tier(0, "0.04"), Tier(150000, "0.08"), Tier(250000, "0.12")], boundary="lower"),
        [("150000.00", "6000.00"), ("220000.00", "17600.00")],
    ),
    (
        "a period of 450,000 at 5 %, 10 % above; a cancellation takes 460,000 to 410,000 and so 3,000 back",
        GraduatedTiers([Tier(0, "0.05"), Tier(450000, "0.10")]),
        [("460000.00", "23500.00"), ("410000.00", "20500.00")],
    ),
    (
        "the mix that QuotaPath describes, with amounts of ours: retroactive at half of a quota, marginal at all of it",
        OnQuota(
            MixedTiers([Tier(0, "0.05"), Tier("0.5", "0.08", retroactive=True), Tier(1, "0.12")], boundary="upper"),
            quota=100000,
        ),
        [("49999.00", "2499.95"), ("50000.00", "4000.00"), ("100000.00", "8000.00"), ("150000.00", "14000.00")],
    ),
    (
        "Oracle's proportional rate tables, with amounts of ours: interpolated between attainments",
        Interpolated([(50000, 1000), (100000, 4000)]),
        [("25000.00", "500.00"), ("75000.00", "2500.00"), ("100000.00", "4000.00"), ("120000.00", "4000.00")],
    ),
    ("dub, which cut off: 20 % of 3 cents is a cent, not nothing", FlatRate("0.20"), [("0.03", "0.01")]),
    ("dub, which used floats: 2.9 % of 5.18 is 15 cents, not 14", FlatRate("0.029"), [("5.18", "0.15")]),
]
ROWS = [(f"{name}: {amount}", schedule, amount, want) for name, schedule, rows in TABLES for amount, want in rows]


@pytest.mark.parametrize(("schedule", "amount", "want"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_published_tables(schedule, amount, want):
    """F at an attainment."""
    assert schedule.commission(usd(amount)) == usd(want)


@pytest.mark.parametrize(
    ("before", "amount", "want"),
    [("0.00", "500.00", "205.00"), ("500.00", "550.00", "306.00"), ("1050.00", "4000.00", "80.00")],
)
def test_events_of_one_period(before, amount, want):
    """getlago.com, graduated percentage: 1 % and 200 once to 1,000, 2 % and 300 once to 10,000, 3 % and 400 above."""
    tiers = GraduatedTiers(
        [Tier(0, "0.01", flat=200), Tier(1000, "0.02", flat=300), Tier(10000, "0.03", flat=400)]
    )  # fmt: skip
    assert tiers.commission(usd(amount), attained=usd(before)) == usd(want)


def test_the_next_deal_of_a_period():
    """Spiff's mamount on Trailhead: 4 % to 150,000, 6 % to 250,000, 8 %; 145,000 closed and 20,000 more give 1,100."""
    tiers = GraduatedTiers([Tier(0, "0.04"), Tier(150000, "0.06"), Tier(250000, "0.08")])
    assert tiers.commission(usd("20000.00"), attained=usd("145000.00")) == usd("1100.00")


def test_stripe_graduated_units():
    """Prices of Stripe's kind, a hundredth of them since rates above 1 are no commission: 5.00 to five, 4.00, 3.00."""
    tiers = GraduatedTiers([Tier(0, "0.05"), Tier(5, "0.04"), Tier(10, "0.03")])
    wanted = {1: "5.00", 5: "25.00", 6: "29.00", 10: "45.00", 12: "51.00"}
    assert {units: tiers.commission(usd(f"{units}.00")) * 100 for units in wanted} == {
        units: usd(amount) for units, amount in wanted.items()
    }


@pytest.mark.parametrize("rates", [("0.0010", "0.0008"), ("0.05", "0.04")], ids=["Lago", "Stripe"])
def test_falling_volume_prices_are_no_commission(rates):
    """Vendors' volume prices fall; as a commission a larger sale would earn less, so such rates are refused."""
    with pytest.raises(ValueError, match="at least the rate below it"):
        VolumeTiers([Tier(0, rates[0]), Tier(10000, rates[1])], boundary="lower")
