"""The main job from end to end, against reading the same files with pandas and building the nouns in a bare loop."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from partnerops import Account, Money, Opportunity, OpportunityLine, Partner, Touchpoint
from partnerops.entities import SourceRef

PROJECT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("PARTNEROPS_DATA", PROJECT.parent / "shared" / "data")) / "crm-sales"
LAST_DAY = "2017-12-31"
STATUS = {"Won": "won", "Lost": "lost"}


def bare(folder: Path) -> list[Any]:
    """The floor: `pandas.read_csv`, then each noun that the import makes from its row, nothing checked or told."""
    import pandas as pd

    read = {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in folder.glob("*.csv")}
    prices = dict(zip(read["products"]["product"], read["products"]["sales_price"], strict=True))
    series = dict(zip(read["products"]["product"], read["products"]["series"], strict=True))
    managers = dict(zip(read["sales_teams"]["sales_agent"], read["sales_teams"]["manager"], strict=True))
    made: list[Any] = [
        Partner(
            id=row.sales_agent,
            name=row.sales_agent,
            type="sales_agent",
            owner_id=row.manager,
            region=row.regional_office,
            signed_on=date(2016, 10, 20),
            source=_source("sales_teams.csv", row.sales_agent),
        )
        for row in read["sales_teams"].itertuples()
    ]
    made += [
        Account(
            id=row.account,
            name=row.account,
            segment=row.sector,
            region=row.office_location,
            parent_id=row.subsidiary_of or None,
            custom={"employees": int(row.employees), "revenue_in_millions": row.revenue},
            source=_source("accounts.csv", row.account),
        )
        for row in read["accounts"].itertuples()
    ]
    for row in read["sales_pipeline"].itertuples():
        status = STATUS.get(row.deal_stage, "open")
        worth = row.close_value if row.close_value not in {"", "0"} else prices.get(row.product)
        amount = Money(worth, "USD") if worth else None
        line = OpportunityLine(product=row.product, amount=amount, category=series.get(row.product)) if amount else None
        made.append(
            Opportunity(
                id=row.opportunity_id,
                stage=row.deal_stage,
                status=status,
                amount=amount,
                created_at=_start(row.engage_date or LAST_DAY),
                closed_at=_end(row.close_date) if row.close_date else None,
                partner_id=row.sales_agent,
                owner_id=managers.get(row.sales_agent),
                origin="partner",
                account_id=row.account or None,
                lines=[line] if line else [],
                custom={"product": row.product},
                source=_source("sales_pipeline.csv", row.opportunity_id),
            )
        )
        if row.engage_date:
            id = f"engage-{row.opportunity_id}"
            made.append(
                Touchpoint(
                    id=id,
                    partner_id=row.sales_agent,
                    opportunity_id=row.opportunity_id,
                    account_id=row.account or None,
                    kind="engagement",
                    at=_start(row.engage_date),
                    source=_source("sales_pipeline.csv", id),
                )
            )
    return made


def _source(table: str, id: str) -> SourceRef:
    return SourceRef(system="crm-sales", table=table, id=id)


def _start(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def _end(day: str) -> datetime:
    return datetime.fromisoformat(day + "T23:59:59.999999").replace(tzinfo=UTC)


def rows(ratio: Callable[..., float]) -> list[tuple[str, str, str]]:
    """The row of this file, where the public data is."""
    if not FOLDER.is_dir():
        return []
    spec = importlib.util.spec_from_file_location("channel_review", PROJECT / "examples" / "channel_review.py")
    example: Any = importlib.util.module_from_spec(spec)
    sys.modules["channel_review"] = example  # attrs looks the annotations up there
    spec.loader.exec_module(example)
    source = PROJECT / "examples" / "reviews" / "crm-sales.toml"

    def ours() -> str:
        found = example.review(FOLDER, source)
        return example.screen(found) + example.page(found)

    def read() -> Any:
        return example.read_folder(FOLDER, example.read_mapping(source.parent / "../mappings/crm-sales.toml"))

    def floor() -> list[Any]:
        return bare(FOLDER)

    data = read().dataset
    same = {*data.partners, *data.accounts, *data.opportunities, *data.touchpoints}
    if set(floor()) != same:
        raise AssertionError("the bare loop and the import make different nouns")
    whole, reading = ratio(ours, floor, rounds=3), ratio(read, floor, rounds=3)
    return [
        (
            "main job: crm-sales, rows to page / pandas.read_csv and the same nouns in a bare loop",
            "<= 3",
            f"{whole:.2f}",
        ),
        ("main job: reading with its report alone / the same", "part of it", f"{reading:.2f}"),
    ]
