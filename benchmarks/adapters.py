"""Files through a mapping against a loop over csv.DictReader that builds the same nouns by hand."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from partnerops import Account, Dataset, Money, Opportunity, Touchpoint
from partnerops.adapters import parse_mapping, read_folder
from partnerops.entities import SourceRef

MAPPING = """
system = "crm"
currency = "BRL"
zone = "UTC"

[accounts]
file = "accounts.csv"
fields = { id = "id", name = "name", segment = "segment", region = "region" }

[opportunities]
file = "opportunities.csv"

[opportunities.fields]
id = "id"
stage = "stage"
status = { column = "stage", values = { won = "won", lost = "lost", "*" = "open" } }
created_at = "created_at"
closed_at = "closed_at"
expected_close = "expected_close"
amount = "amount"
origin = "origin"
account_id = "account_id"
owner_id = "owner_id"
name = "name"

[touchpoints]
file = "touchpoints.csv"

[touchpoints.fields]
id = "id"
partner_id = { constant = "direct" }
at = "at"
kind = "kind"
opportunity_id = "opportunity_id"
channel = "channel"
"""
START = datetime(2026, 1, 1, 9)  # noqa: DTZ001 - files hold local times


def write(folder: Path, deals: int) -> None:
    """Three files of an export, reproducibly and without randomness."""

    def rows(name: str, header: str, members: Iterator[str]) -> None:
        (folder / name).write_text("\n".join([header, *members]) + "\n", encoding="utf-8")

    def at(n: int) -> datetime:
        return START + timedelta(minutes=n * 37 % 200_000)

    def opportunity(n: int) -> str:
        stage = ("won", "lost", "proposal")[n % 3]
        closed = "" if n % 3 == 2 else f"{at(n) + timedelta(days=30)}"
        return (
            f"D-{n},{stage},{at(n)},{closed},{at(n).date()},{n * 37 % 90_001}.{n % 90 + 10},partner,"
            f"A-{n % (deals // 5)},exec-{n % 20},deal {n},note {n},{n}"
        )

    rows("accounts.csv", "id,name,segment,region", (f"A-{n},Account {n},mid,Sul" for n in range(deals // 5)))
    header = "id,stage,created_at,closed_at,expected_close,amount,origin,account_id,owner_id,name,note,extra"
    rows("opportunities.csv", header, (opportunity(n) for n in range(deals)))
    touches = (f"T-{n},{at(n)},demo,D-{n % deals},email" for n in range(2 * deals))
    rows("touchpoints.csv", "id,at,kind,opportunity_id,channel", touches)


def by_hand(folder: Path) -> Dataset:
    """What a team would write for these files alone: no issue, no check, an exception at the first fault."""

    def read(name: str) -> Iterator[tuple[dict[str, str], SourceRef]]:
        with (folder / name).open(encoding="utf-8-sig", newline="") as handle:
            for row in csv.DictReader(handle):
                yield row, SourceRef(system="crm", table=name, id=row["id"])

    def instant(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    status = {"won": "won", "lost": "lost"}
    return Dataset(
        accounts=[
            Account(id=row["id"], name=row["name"], segment=row["segment"], region=row["region"], source=source)
            for row, source in read("accounts.csv")
        ],
        opportunities=[
            Opportunity(
                id=row["id"], stage=row["stage"], status=status.get(row["stage"], "open"),
                created_at=instant(row["created_at"]),
                closed_at=instant(row["closed_at"]) if row["closed_at"] else None,
                expected_close=date.fromisoformat(row["expected_close"]), amount=Money(row["amount"], "BRL"),
                origin=row["origin"], account_id=row["account_id"], owner_id=row["owner_id"], name=row["name"],
                source=source,
            )
            for row, source in read("opportunities.csv")
        ],
        touchpoints=[
            Touchpoint(
                id=row["id"], partner_id="direct", at=instant(row["at"]), kind=row["kind"],
                opportunity_id=row["opportunity_id"], channel=row["channel"], source=source,
            )
            for row, source in read("touchpoints.csv")
        ],
    )  # fmt: skip


def rows(ratio: Callable[..., float], deals: int = 20_000) -> list[tuple[str, str, str]]:
    """The rows of this file."""
    mapping = parse_mapping(MAPPING)
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, deals)
        result = read_folder(folder, mapping)
        assert result.issues == (), result  # noqa: S101 - what is measured is what is meant
        assert result.dataset == by_hand(folder)  # noqa: S101 - the same nouns
        measured = ratio(lambda: read_folder(folder, mapping), lambda: by_hand(folder))
    what = f"adapters: {result.rows:,} rows of 3 files / csv.DictReader and the same nouns"
    return [(what, "<= 3", f"{measured:.2f}")]
