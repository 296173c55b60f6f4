"""
Two public data sets as datasets of this library, for the accuracy checks; neither is part of the project.

`crm_sales(folder)`: the fictitious B2B pipeline of 8,800 opportunities (sales agents as partners, managers as account
managers). `olist(folder)`: 8,000 marketing-qualified leads of a Brazilian marketplace and the 842 sellers it signed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from partnerops import Dataset, Money, Opportunity, Partner, StageChange
from partnerops.periods import Calendar

CRM_START = date(2017, 3, 1)
"""First day whose closes the crm-sales file holds, although its deals begin in October 2016."""
CRM_END = date(2017, 12, 31)
OLIST_START = date(2017, 12, 5)
"""First day whose wins the olist file holds, although its leads begin in June 2017."""
OLIST_END = date(2018, 11, 14)
BRAZIL = Calendar("America/Sao_Paulo")


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _at(day: str) -> datetime:
    """The end of a business day: the files hold dates, and what happened that day is known when it is over."""
    return datetime.combine(date.fromisoformat(day), time(12), UTC)


def crm_sales(folder: Path) -> tuple[Dataset, list[str]]:
    """The pipeline, and one line for each row that cannot be used."""
    prices = {row["product"].replace(" ", ""): row["sales_price"] for row in read_rows(folder / "products.csv")}
    partners = [
        Partner(id=row["sales_agent"], name=row["sales_agent"], type="agent", owner_id=row["manager"],
                region=row["regional_office"])
        for row in read_rows(folder / "sales_teams.csv")
    ]  # fmt: skip
    deals: list[Opportunity] = []
    unusable: list[str] = []
    for row in read_rows(folder / "sales_pipeline.csv"):
        if not row["engage_date"]:
            unusable.append(f"{row['opportunity_id']}: no engage date, so nobody knows since when it is open")
            continue
        deals.append(_deal(row, Money(prices[row["product"].replace(" ", "")], "USD")))
    return Dataset(partners=partners, opportunities=deals), unusable


def _deal(row: dict[str, str], price: Money) -> Opportunity:
    """A deal worth its list price while open: the file's value is only known at the close."""
    created = _at(row["engage_date"])
    history = [StageChange(stage="Engaging", at=created, amount=price)]
    closed, status = None, "open"
    if row["close_date"]:
        closed, status = _at(row["close_date"]), row["deal_stage"].lower()
        amount = Money(row["close_value"], "USD") if status == "won" else price
        history.append(StageChange(stage=row["deal_stage"], status=status, at=closed, amount=amount))
    return Opportunity(
        id=row["opportunity_id"], stage=history[-1].stage, status=status, created_at=created, closed_at=closed,
        amount=history[-1].amount, origin="partner", partner_id=row["sales_agent"], history=history,
        custom={"product": row["product"].replace(" ", "")},
    )  # fmt: skip


def olist(folder: Path) -> tuple[Dataset, list[str]]:
    """The leads as opportunities without amount worth speaking of, and one line for each row that cannot be used."""
    won = {row["mql_id"]: row["won_date"] for row in read_rows(folder / "closed_deals.csv")}
    deals: list[Opportunity] = []
    unusable: list[str] = []
    for row in read_rows(folder / "mql.csv"):
        created = BRAZIL.start_of(date.fromisoformat(row["first_contact_date"]))
        closed = won.get(row["mql_id"])
        at = None if closed is None else _local(closed)
        if at is not None and at < created:
            unusable.append(f"{row['mql_id']}: won on {closed}, before its first contact")
            continue
        deals.append(
            Opportunity(
                id=row["mql_id"],
                stage="signed" if at else "qualified",
                status="won" if at else "open",
                amount=Money.zero("BRL"),
                created_at=created,
                closed_at=at,
                origin=row["origin"].replace(" ", "_") or None,
                custom={"page": row["landing_page_id"]},
            )
        )
    return Dataset(opportunities=deals), unusable


def _local(text: str) -> datetime:
    """The file's clock times are Brazilian."""
    stamp = datetime.fromisoformat(text)
    midnight = BRAZIL.start_of(stamp.date())
    return midnight + timedelta(hours=stamp.hour, minutes=stamp.minute, seconds=stamp.second)
