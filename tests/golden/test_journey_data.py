"""The journey on public data: a recruitment funnel with late cohorts, and agents whose naive classes flap."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

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
    """Naive classes change in 41 % of agent-months, confirmed ones in 15 %, default stages in under 10 %."""
    # Both windows of three months lie within the data from September on. The first instant of a month, since windows
    # count back from the day: three months before 30 November is 30 August, not the end of August.
    starts = [datetime(2017 + month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(8, 13)]
    classes = list(zip(*(naive(agents, at) for at in starts), strict=True))
    flips = sum(one != after for row in classes for one, after in pairwise(row))
    assert Ratio(flips, 30 * 4) == Ratio(49, 120)
    assert sum(confirmed(row) for row in classes) == 18

    policy = JourneyPolicy(first_wave_revenue=Money("50000", "USD"), mature_revenue=Money("400000", "USD"))
    timelines = replay_all(agents, policy=policy, dates=ENDS)
    assert flapping(timelines).rate == Ratio(23, 270)  # 8.5 %, every one of them a rise
    assert flapping(timelines).turns == 0
    same_months = flapping([type(one)(one[-5:]) for one in timelines])
    assert same_months.rate == Ratio(0, 120)
    assert Counter(one[-1].stage for one in timelines) == {JourneyStage.ACCELERATION: 30}


def naive(agents: Dataset, at: datetime) -> list[int]:
    """
    A class per agent by the last three months alone, growth its gate into the third: what not to do.

    No revenue is class 1; revenue of at least the median that moved less than 15 % is 4; growth of 15 % is 3; all else
    is 2. Each agent's class depends on that of the others, and on windows that overlap.
    """
    found = []
    revenue = [observe(agents, one.id, "won_revenue", as_of=at, months=3).value.minor for one in agents.partners]
    middle = median(revenue)
    for agent, minor in zip(agents.partners, revenue, strict=True):
        growth = observe(agents, agent.id, "growth", as_of=at, months=3).value
        if minor == 0:
            found.append(1)
        elif minor >= middle and growth is not None and abs(growth) < BAND:
            found.append(4)
        else:
            found.append(3 if growth is not None and growth >= BAND else 2)
    return found


BAND = Fraction(15, 100)


def confirmed(classes: Sequence[int]) -> int:
    """Changes left where the same new class has to show in two months in a row."""
    stands, changes = classes[0], 0
    for one, after in pairwise(classes):
        if after != stands and after == one:
            stands, changes = after, changes + 1
    return changes
