"""
Make the sample exports: python examples/sample/make_sample.py [folder]

A simulated programme as the CSV files that a team would export, one row for each record. Money is decimal text beside a
currency, instants are ISO 8601 with their offset, dates are ISO; a list within a cell is joined by `|`. A deal's lines,
its stage history and a plan's promises have files of their own. Columns that no row fills are left out.

The payouts are those that the plan of the sample's review would have made, month by month.
"""

import csv
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import attrs

from partnerops import Calendar, Dataset, Money, Period
from partnerops.attribution import AttributionPolicy, attribute_all
from partnerops.commission import CommissionPlan, settle
from partnerops.entities import Commitment, OpportunityLine, Payout, StageChange
from partnerops.serde import make_converter
from partnerops.testing import simulate

BRASILIA = timezone(timedelta(hours=-3))
REVIEW = Path(__file__).parents[1] / "reviews" / "sample.toml"
PAY_DAY = 15
NAMES = {OpportunityLine: "opportunity_lines", StageChange: "stage_history", Commitment: "commitments"}
"""Files for what is held within another record."""
OWNERS = {"lines": "opportunity_id", "history": "opportunity_id", "commitments": "plan_id"}

Row = dict[str, str]


def sample() -> Dataset:
    """The programme behind the committed files, and what was paid to its partners."""
    data = simulate(seed=2026, partners=24, months=18).dataset
    return data.replace(payouts=payouts(data))


def payouts(data: Dataset) -> list[Payout]:
    """On the 15th of each month, whatever could be paid by then."""
    terms = tomllib.loads(REVIEW.read_text(encoding="utf-8"), parse_float=Decimal)
    converter = make_converter()
    policy = converter.structure(terms["attribution"], AttributionPolicy)
    plan = converter.structure(terms["commission"], CommissionPlan)
    calendar = converter.structure(terms["calendar"], Calendar)
    paid: list[Payout] = []
    month = calendar.period("month", min(deal.created_at for deal in data.opportunities))
    while month.end <= terms["as_of"]:
        at = datetime(month.start.year, month.start.month, PAY_DAY, 12, tzinfo=BRASILIA)
        found = attribute_all(data, policy=policy, as_of=at, calendar=calendar)
        credits = [credit for one in found for credit in one.credits]
        ledger = settle(credits, plan=plan, reversals=data.reversals, payouts=paid, currency="BRL", as_of=at)
        for one in ledger.payables:
            if one.amount:
                number = f"{month}-{one.partner_id}"
                paid.append(
                    Payout(id=number, partner_id=one.partner_id, gross=one.amount, at=at, document=f"NF-{number}")
                )
        month = month.next()
    return paid


def tables(data: Dataset) -> dict[str, list[Row]]:
    """File name without ending -> rows."""
    found: dict[str, list[Row]] = {}
    for collection in (one.name for one in attrs.fields(Dataset) if one.init):
        for record in getattr(data, collection):
            found.setdefault(collection, []).append(dict(cells(record)))
            for inner, owner in OWNERS.items():
                for number, part in enumerate(getattr(record, inner, ()), 1):
                    row = {owner: record.id, "number": str(number), **dict(cells(part))}
                    found.setdefault(NAMES[type(part)], []).append(row)
    return found


def cells(record: Any) -> Iterator[tuple[str, str]]:
    """The columns of one record."""
    for field in attrs.fields(type(record)):
        value = getattr(record, field.name)
        if isinstance(value, Money):
            yield field.name, str(value.amount)
            yield "currency", value.currency
        elif isinstance(value, Period):
            yield f"{field.name}_start", value.start.isoformat()
            yield f"{field.name}_end", value.end.isoformat()
        elif field.name == "custom":
            yield from ((name, text(member)) for name, member in value.items())
        elif field.name not in OWNERS:
            yield field.name, text(value)


def text(value: object) -> str:
    """One value as a cell."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case datetime():
            return value.astimezone(BRASILIA).isoformat()
        case date():
            return value.isoformat()
        case Mapping():
            return "|".join(f"{name}={text(member)}" for name, member in value.items())
        case tuple():
            return "|".join(map(text, value))
        case _:
            return str(value)


def write_csv(data: Dataset, folder: Path) -> list[Path]:
    """Write one file for each kind of record; gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in tables(data).items():
        path = folder / f"{name}.csv"
        columns = [column for column in order(rows) if any(row.get(column) for row in rows)]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        written.append(path)
    return written


def order(rows: Iterable[Row]) -> list[str]:
    """Every column, in the order of its first row."""
    return list(dict.fromkeys(column for row in rows for column in row))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for path in write_csv(sample(), target):
        print(path)
