"""The journey on public data: a recruitment funnel with late cohorts, and agents whose naive classes flap."""

from __future__ import annotations

import csv
import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from partnerops import Credit, Dataset, Money, Partner, Ratio
from partnerops.journey import JourneyPolicy, JourneyStage, replay_all
from partnerops.journey.cohorts import cohort_funnel
from partnerops.journey.movement import flapping
from partnerops.journey.signals import observe

PROJECT = Path(__file__).parents[2]


def rows(folder: str, name: str) -> list[dict[str, str]]:
    place = Path(os.environ.get("PARTNEROPS_DATA") or PROJECT.parent / "shared" / "data") / folder / name
    if not place.is_file():
        pytest.skip(f"no public data at {place}: set PARTNEROPS_DATA to run this test")
    with place.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def sellers() -> Dataset:
    """Signed sellers of a marketplace as partners; nobody knows when one first sold: it counts at the end."""
    met = {row["mql_id"]: date.fromisoformat(row["first_contact_date"]) for row in rows("olist-funnel", "mql.csv")}
    sold = {row["seller_id"] for row in rows("olist-funnel", "sellers.csv")}
    partners = []
    for row in rows("olist-funnel", "closed_deals.csv"):
        signed = datetime.fromisoformat(row["won_date"]).date()
        # One seller was signed before its first contact; it counts as signed on the day of it.
        recruited = min(met[row["mql_id"]], signed)
        partners.append(
            Partner(id=row["seller_id"], name=row["seller_id"], type="seller", recruited_on=recruited, signed_on=signed)
        )
    end = datetime(2018, 12, 31, tzinfo=UTC)
    credits = [
        Credit(id=f"C-{one.id}", opportunity_id=one.id, partner_id=one.id, amount=Money("1", "BRL"), at=end)
        for one in partners
        if one.id in sold
    ]
    return Dataset(partners=partners, credits=credits)


def test_time_to_sign(sellers):
    """65.0 % of signings within 30 days of the first contact, 82.1 % within 90."""
    funnel = cohort_funnel(
        sellers, as_of=date(2018, 12, 31), start="recruited", milestones=["signed"], include_immature=True
    )
    reach = funnel.total.at("signed")
    assert reach.ever == Ratio(842, 842)
    assert [reach.of_reached(days).percent() for days in (30, 60, 90, 180)] == ["65.0 %", "76.5 %", "82.1 %", "91.9 %"]


def test_activation_with_late_cohorts(sellers):
    """45.1 % ever sold; later cohorts look worse, since they have had less time, and are flagged for it."""
    everybody = cohort_funnel(sellers, as_of=date(2018, 12, 31), milestones=["won"], include_immature=True)
    assert everybody.total.at("won").ever == Ratio(380, 842)
    assert everybody.total.at("won").ever.percent() == "45.1 %"
    found = [(str(one.period), one.partners, one.at("won").ever.percent(), one.mature) for one in everybody.cohorts]
    assert found == [
        ("2017-Q4", 3, "33.3 %", True),
        ("2018-Q1", 333, "52.9 %", True),
        ("2018-Q2", 386, "49.5 %", True),
        ("2018-Q3", 93, "12.9 %", False),
        ("2018-Q4", 27, "0.0 %", False),
    ]
    mature = cohort_funnel(sellers, as_of=date(2018, 12, 31), milestones=["won"])
    assert mature.total.at("won").ever.percent() == "51.0 %"


@pytest.fixture(scope="module")
def agents() -> Dataset:
    """Sales agents as partners, their won deals as credits."""
    won = [row for row in rows("crm-sales", "sales_pipeline.csv") if row["deal_stage"] == "Won"]
    names = {row["sales_agent"] for row in won}
    return Dataset(
        partners=[Partner(id=name, name=name, type="agent", signed_on=date(2016, 10, 20)) for name in sorted(names)],
        credits=[
            Credit(
                id=row["opportunity_id"], opportunity_id=row["opportunity_id"], partner_id=row["sales_agent"],
                amount=Money(row["close_value"], "USD"),
                at=datetime.fromisoformat(row["close_date"]).replace(hour=12, tzinfo=UTC),
            )
            for row in won
        ],
    )  # fmt: skip


ENDS = [date(2017, month % 12 + 1, 1).replace(year=2017 + month // 12) - timedelta(days=1) for month in range(3, 13)]


def test_the_default_policy_does_not_flap(agents):
    """A class by growth of 15 % over three months changes in over two of five agent-months, a stage in one of ten."""
    late = ENDS[-5:]  # both windows of three months lie within the data from here on
    flips = 0
    for agent in agents.partners:
        classes = [band(observe(agents, agent.id, "growth", as_of=on, months=3).value) for on in late]
        flips += sum(one != after for one, after in pairwise(classes))
    naive = Ratio(flips, len(agents.partners) * (len(late) - 1))
    assert naive.denominator == 120
    assert naive.value >= Fraction(2, 5)

    policy = JourneyPolicy(first_wave_revenue=Money("50000", "USD"), mature_revenue=Money("400000", "USD"))
    timelines = replay_all(agents, policy=policy, dates=ENDS)
    assert flapping(timelines).rate.value <= Fraction(1, 10)
    assert flapping(timelines).turns == 0
    same_months = flapping([type(one)(one[-5:]) for one in timelines])
    assert same_months.rate == Ratio(0, 120)
    assert Counter(one[-1].stage for one in timelines) == {JourneyStage.ACCELERATION: 30}


def band(growth: Fraction | None) -> str:
    if growth is None:
        return "unknown"
    return "growing" if growth >= Fraction(15, 100) else "declining" if growth <= Fraction(-15, 100) else "flat"
