"""Public exports, where they are at hand: the counts that their descriptions give, and every row accounted for."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from partnerops import Lead, Money, Opportunity
from partnerops.adapters import Import, hubspot_mapping, read_folder, read_mapping, salesforce_mapping

PROJECT = Path(__file__).parents[2]
MAPPINGS = PROJECT / "examples" / "mappings"


def folder(name: str) -> Path:
    """A folder of public data; the test is skipped where it is not there."""
    place = Path(os.environ.get("PARTNEROPS_DATA") or PROJECT.parent / "shared" / "data") / name
    if not place.is_dir():
        pytest.skip(f"no public data at {place}: set PARTNEROPS_DATA to run this test")
    return place


def counts(result: Import) -> Counter[tuple[str, str, str]]:
    """Issues by table, code and fate."""
    return Counter((issue.table, issue.code, str(issue.severity)) for issue in result.issues)


def tables(result: Import) -> dict[str, tuple[int, int, int, int]]:
    """Rows in, used, skipped and dropped, by table."""
    return {one.table: (one.rows, one.used, one.skipped, one.dropped) for one in result.tables}


@pytest.fixture(scope="module")
def crm_sales() -> Import:
    return read_folder(folder("crm-sales"), read_mapping(MAPPINGS / "crm-sales.toml"))


@pytest.fixture(scope="module")
def olist_funnel() -> Import:
    return read_folder(folder("olist-funnel"), read_mapping(MAPPINGS / "olist-funnel.toml"))


class TestCrmSales:
    """A pipeline of 8,800 deals, its agents as partners."""

    def test_every_row_is_used_or_named(self, crm_sales: Import) -> None:
        assert tables(crm_sales) == {
            "partners": (35, 35, 0, 0),
            "accounts": (85, 85, 0, 0),
            "opportunities": (8800, 8800, 0, 0),
            "lines": (8800, 8049, 0, 751),
            "engagements": (8800, 8300, 500, 0),
        }

    def test_every_quirk_is_named(self, crm_sales: Import) -> None:
        """A product that is not in the list, blank accounts, deals without start, open and lost ones without price."""
        assert counts(crm_sales) == {
            ("opportunities", "unknown", "kept"): 1480,
            ("opportunities", "blank", "kept"): 1425 + 500 + 751,
            ("lines", "missing", "dropped"): 751,
            ("engagements", "skipped", "skipped"): 500,
        }
        assert {issue.value for issue in crm_sales.kept if issue.code == "unknown"} == {"GTXPro"}

    def test_deals_are_what_the_file_says(self, crm_sales: Import) -> None:
        deals = crm_sales.dataset.opportunities
        assert Counter(str(deal.status) for deal in deals) == {"won": 4238, "lost": 2473, "open": 2089}
        assert sum(deal.amount.minor for deal in deals if deal.is_won and deal.amount) == 1_000_553_400
        first = crm_sales.dataset.get(Opportunity, "1C1I7A6R")
        assert first.amount == Money("1054.00", "USD")
        assert first.created_at == datetime(2016, 10, 20, tzinfo=UTC)
        assert first.closed_at == datetime(2017, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)
        assert min(deal.closed_at for deal in deals if deal.closed_at) == first.closed_at


class TestOlistFunnel:
    """A marketplace that recruits sellers."""

    def test_every_row_is_used_or_named(self, olist_funnel: Import) -> None:
        assert tables(olist_funnel) == {
            "leads": (8000, 7999, 0, 1),
            "signed": (842, 841, 0, 1),
            "sellers": (3095, 2715, 380, 0),
        }

    def test_every_quirk_is_named(self, olist_funnel: Import) -> None:
        """The deal that was won before its first contact among them."""
        assert counts(olist_funnel) == {
            ("leads", "blank", "kept"): 60,
            ("leads", "invalid", "dropped"): 1,
            ("signed", "blank", "kept"): 10,
            ("signed", "invalid", "dropped"): 1,
            ("sellers", "skipped", "skipped"): 380,
        }

    def test_local_times_are_read_on_local_clocks(self, olist_funnel: Import) -> None:
        lead = olist_funnel.dataset.get(Lead, "5420aad7fec3549a85876ba1c529bd84")
        assert lead.accepted_at == datetime(2018, 2, 26, 22, 58, 54, tzinfo=UTC)


class TestHubSpotExport:
    """Tables of a sync tool, obfuscated."""

    @staticmethod
    def result() -> Import:
        return read_folder(folder("hubspot-export"), hubspot_mapping(currency="USD", files="{}_data.csv"))

    def test_every_row_is_used_or_named(self) -> None:
        assert tables(self.result()) == {
            "partners": (24, 0, 24, 0),
            "accounts": (24, 24, 0, 0),
            "opportunities": (44, 44, 0, 0),
            "merges": (14, 0, 14, 0),
            "history": (14, 0, 0, 14),
            "property_history": (100, 0, 100, 0),
            "involvements": (2, 0, 2, 0),
            "engagements": (1, 0, 0, 1),
        }

    def test_every_quirk_is_named(self) -> None:
        """Deals without stage, sentinels, histories of deals that are not there, merges, columns that are missing."""
        found = counts(self.result())
        assert found.pop(("", "missing_column", "kept")) == 11
        assert found == {
            ("partners", "skipped", "skipped"): 24,
            ("opportunities", "blank", "kept"): 44,
            ("merges", "skipped", "skipped"): 14,
            ("history", "unknown", "kept"): 14,
            ("history", "sentinel", "kept"): 14,
            ("history", "orphan", "dropped"): 14,
            ("property_history", "skipped", "skipped"): 100,
            ("involvements", "skipped", "skipped"): 2,
            ("engagements", "unknown", "kept"): 1,
            ("engagements", "missing", "dropped"): 1,
        }

    def test_hours_of_one_digit_are_read(self) -> None:
        """Every time in the export is, `6:49:18` too."""
        result = self.result()
        assert not [issue for issue in result.issues if issue.code == "not_a_date"]
        created = result.dataset.get(Opportunity, "1077598754").created_at
        assert created == datetime(2019, 10, 8, 10, 1, 15, tzinfo=UTC)


class TestSalesforceExport:
    """Tables of a sync tool, obfuscated; nearly all of it is in the recycle bin."""

    @staticmethod
    def result(*, deleted: bool = False) -> Import:
        mapping = salesforce_mapping(currency="USD", files="sf_{}_data.csv", snake_case=True, deleted=deleted)
        return read_folder(folder("salesforce-export"), mapping)

    def test_every_row_is_used_or_named(self) -> None:
        assert {name: row for name, row in tables(self.result()).items() if row[0]} == {
            "partners": (10, 0, 10, 0),
            "accounts": (10, 1, 9, 0),
            "leads": (1, 1, 0, 0),
            "opportunities": (10, 0, 10, 0),
            "history": (10, 0, 10, 0),
            "lines": (10, 0, 0, 10),
            "tasks": (10, 9, 0, 1),
            "events": (10, 10, 0, 0),
        }

    def test_every_quirk_is_named(self) -> None:
        """Deleted and merged rows, a probability of 1000, sentinels, ids with blanks in them, missing files."""
        result = self.result()
        found = counts(result)
        assert found["opportunities", "out_of_range", "kept"] == 1
        assert found["history", "sentinel", "kept"] == 8
        assert found["lines", "malformed_id", "kept"] == 2
        assert found["", "missing_file", "kept"] == 4
        reasons = Counter(issue.problem for issue in result.skipped if issue.table == "accounts")
        assert reasons == {"merged into another account": 1, "deleted": 8}

    def test_the_recycle_bin_can_be_read(self) -> None:
        """Won deals without amount, and one that closed before it was created, are named."""
        result = self.result(deleted=True)
        deals = result.dataset.opportunities
        assert Counter(str(deal.status) for deal in deals) == {"won": 1, "lost": 4, "open": 1}
        assert Counter(issue.field for issue in result.dropped if issue.table == "opportunities") == {
            "amount": 3,
            "closed_at": 1,
        }
        assert max(deal.amount for deal in deals if deal.amount) == Money("24120000.00", "USD")
