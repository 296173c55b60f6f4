"""The main job: a folder of exports in, a summary and one page out, whatever is wrong with the rows."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from datetime import date
from pathlib import Path

import pytest

from partnerops import Money
from partnerops.journey import JourneyStage

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples"
DATA = Path(os.environ.get("PARTNEROPS_DATA", PROJECT.parent / "shared" / "data"))


@pytest.fixture(scope="module")
def example():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("channel_review", EXAMPLES / "channel_review.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["channel_review"] = module  # attrs looks the annotations up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules["channel_review"]


@pytest.fixture(scope="module")
def sample(example):
    """The review of the committed sample."""
    return example.review(EXAMPLES / "sample", EXAMPLES / "reviews" / "sample.toml")


@pytest.fixture
def folder(tmp_path):
    """A copy of the sample with a review and a mapping of its own, to be spoilt."""
    copy = tmp_path / "exports"
    shutil.copytree(EXAMPLES / "sample", copy)
    shutil.copy(EXAMPLES / "mappings" / "sample.toml", copy / "mapping.toml")
    text = (EXAMPLES / "reviews" / "sample.toml").read_text(encoding="utf-8")
    (copy / "review.toml").write_text(text.replace("../mappings/sample.toml", "mapping.toml"), encoding="utf-8")
    return copy


def run(example, folder, tmp_path, capsys):
    """Exit code, what it printed, what it complained about, and the page."""
    output = tmp_path / "page.html"
    code = example.main([str(folder), "--output", str(output)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err, output.read_text(encoding="utf-8") if output.exists() else ""


def edit(path, change):
    """A file with its text changed."""
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


class TestSample:
    """What it says of the sample programme adds up."""

    def test_every_won_cent_has_an_owner(self, sample):
        """Credits and what nobody earned sum to what was won."""
        assert Money.total(sample.credited.values()) == sample.won

    def test_commissions_split_into_what_became_of_them(self, sample):
        """Earned is held, due, paid, cancelled or recovered, partner by partner; and the sample shows each."""
        balances = sample.ledger.balances()
        for one in balances:
            assert one.earned == one.held + one.due + one.paid + one.cancelled + one.recovered
        for word in ("held", "due", "paid", "cancelled", "recoverable", "recovered"):
            assert any(getattr(one, word) for one in balances), word

    def test_partners_of_every_kind_are_there(self, sample):
        """At work, silent, and in each of the four stages."""
        assert {"active", "dormant"} <= {decision.activity for decision in sample.decisions}
        assert {decision.stage for decision in sample.decisions} == set(JourneyStage)

    def test_the_quarter_stands_beside_the_one_before(self, example, sample):
        """On the terminal the first figures, on the page all of them."""
        assert str(sample.scores.period) == "2025-Q2"
        shown = sample.scores["win_rate"].value.shown
        assert f"{shown} (" in example.screen(sample)
        assert sample.scores._repr_html_() in example.page(sample)

    def test_the_forecast_splits_by_route(self, example, sample):
        """Direct and via partners sum to the whole."""
        routes = example.routes(sample.forecast)
        assert set(routes) == {"direct", "via partners"}
        assert Money.total(routes.values()) == sample.forecast.expected
        assert sample.forecast.new_business
        assert sample.forecast.period.start == date(2025, 7, 1)

    def test_every_partner_is_placed(self, example, sample):
        """In exactly one stage."""
        assert sum(example.stages(sample).values()) == len(sample.imported.dataset.partners)

    def test_the_summary_fits_a_screen(self, example, sample):
        """Of ordinary size."""
        lines = example.screen(sample).splitlines()
        assert len(lines) <= 40
        assert f"{sample.won:,}" in example.screen(sample)

    def test_the_page_stands_alone(self, example, sample):
        """No address is fetched, and a phone can read it."""
        page = example.page(sample)
        addresses = re.findall(r"https?://[^\s\"'<]+", page)
        assert set(addresses) <= {"http://www.w3.org/2000/svg"}  # names the language of a picture
        assert not re.search(r"<(script|link|img|iframe)\b", page)
        assert 'name="viewport"' in page
        # a deal's credit, a statement, the forecast by origin, the stage mix, the teams' revenue
        assert page.count("<svg") == 6
        for title in ("Who earned the credit", "Commissions", "Next quarter", "Where partners stand"):
            assert title in page

    def test_the_same_exports_give_the_same_page(self, example, sample):
        """To the byte."""
        again = example.review(EXAMPLES / "sample", EXAMPLES / "reviews" / "sample.toml")
        assert example.page(again) == example.page(sample)


class TestBadInput:
    """The other rows survive, and everything that is wrong is named."""

    def test_a_broken_row_is_named_and_the_rest_is_used(self, example, folder, tmp_path, capsys):
        """With file, row, value and remedy."""
        edit(folder / "payments.csv", lambda text: text.replace("\n", "\nbroken,row\n", 1))
        code, out, _, page = run(example, folder, tmp_path, capsys)
        assert code == 0
        assert "1 row dropped" in out
        assert "payments.csv" in out
        assert "payments.csv row 1" in page

    def test_a_missing_column_is_named_once(self, example, folder, tmp_path, capsys):
        """With the columns that there are."""
        edit(folder / "touchpoints.csv", lambda text: text.replace("partner_id", "partnr_id", 1))
        code, out, _, page = run(example, folder, tmp_path, capsys)
        assert code == 0
        assert "touchpoints.csv" in out
        assert "partnr_id" in page
        # Without touches the plan owes less than was paid out, which is one more thing to say.
        assert "payouts.csv" in out

    def test_deals_in_another_currency_are_left_out_by_name(self, example, folder, tmp_path, capsys):
        """And the rest is reviewed."""
        lines = (folder / "opportunities.csv").read_text(encoding="utf-8").splitlines()
        cells = next(line for line in lines if ",open," in line).split(",")
        edit(
            folder / "opportunities.csv",
            lambda text: text.replace(",".join(cells[:6]), ",".join([*cells[:4], "USD", cells[5]])),
        )
        edit(
            folder / "stage_history.csv",
            lambda text: "\n".join(line for line in text.splitlines() if not line.startswith(cells[0] + ",")),
        )
        edit(
            folder / "opportunity_lines.csv",
            lambda text: "\n".join(line for line in text.splitlines() if not line.startswith(cells[0] + ",")),
        )
        code, out, _, page = run(example, folder, tmp_path, capsys)
        assert code == 0
        assert f"{cells[0]}: {cells[3]} USD is not BRL; left out" in out
        assert f"{cells[0]}: {cells[3]} USD is not BRL" in page

    @pytest.mark.parametrize("table", ["payments", "reversals", "payouts"])
    def test_money_in_another_currency_is_left_out_by_name(self, example, folder, tmp_path, capsys, table):
        """And the deals, the payouts and the rest are reviewed."""
        header, first, *_ = (folder / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        spoilt = dict(zip(header.split(","), first.split(","), strict=True))
        amount = spoilt["gross" if table == "payouts" else "amount"]
        edit(folder / f"{table}.csv", lambda text: text.replace(first, first.replace("BRL", "USD")))
        code, out, _, page = run(example, folder, tmp_path, capsys)
        assert code == 0
        line = f"{spoilt['id']}: {amount} USD is not BRL; left out"
        assert out.count(line) == page.count(line) == 1
        assert "129 deals" in out

    def test_an_adjustment_in_another_currency_is_left_out_by_name(self, example, folder, tmp_path, capsys):
        """Though no deal, payment or payout is."""
        table = """
[adjustments]
file = "adjustments.csv"
into = "adjustments"
[adjustments.fields]
id = "id"
partner_id = "partner_id"
amount = { column = "amount", currency = "USD" }
at = "at"
reason = "reason"
"""
        edit(folder / "mapping.toml", lambda text: text + table)
        rows = "id,partner_id,amount,at,reason\nAD-1,p013,100.00,2024-06-15T12:00:00-03:00,goodwill\n"
        (folder / "adjustments.csv").write_text(rows, encoding="utf-8")
        code, out, _, _ = run(example, folder, tmp_path, capsys)
        assert code == 0
        assert "AD-1: 100.00 USD is not BRL; left out" in out

    def test_nothing_in_another_currency_is_left_out_too(self, example, sample):
        """0.00 cannot be added to it any more than 1.00 can."""
        data = sample.imported.dataset
        deal = next(one for one in data.opportunities if one.is_won)
        free = deal.replace(amount=Money(0, "USD"), lines=(), history=(), cost=None, id="free")
        kept, lines = example.of_one_currency(data.replace(opportunities=[deal, free]), "BRL")
        assert kept.opportunities == (deal,)
        assert lines == ("free: 0.00 USD is not BRL; left out; convert it first, or review it apart",)

    def test_a_mapping_that_names_an_unknown_field(self, example, folder, tmp_path, capsys):
        """Is told with its path and near misses, and everything else is read."""
        edit(folder / "mapping.toml", lambda text: text.replace('region = "region"', 'regoin = "region"', 1))
        code, out, _, page = run(example, folder, tmp_path, capsys)
        assert code == 0
        assert "regoin" in out
        assert "$.partners.fields.regoin" in page
        assert "did you mean &#x27;region&#x27;" in page

    def test_an_unknown_policy_is_refused_with_its_path(self, example, folder, tmp_path, capsys):
        """As every document is."""
        edit(folder / "review.toml", lambda text: text.replace('"position_based"', '"position"'))
        code, _, err, _ = run(example, folder, tmp_path, capsys)
        assert code == 2
        assert "$.attribution.policy.policy.kind" in err

    def test_nothing_usable(self, example, folder, tmp_path, capsys):
        """Is said, with exit code 2 and without a page."""
        for path in folder.glob("*.csv"):
            path.unlink()
        code, out, err, page = run(example, folder, tmp_path, capsys)
        assert code == 2
        assert page == ""
        assert "no row could be used" in err
        assert "partners.csv" in out

    def test_a_folder_without_a_review(self, example, tmp_path, capsys):
        """Says what to do."""
        code, _, err, _ = run(example, tmp_path, tmp_path, capsys)
        assert code == 2
        assert "review.toml" in err
        assert "crm-sales" in err

    def test_a_folder_that_is_not_there(self, example, tmp_path, capsys):
        """Likewise."""
        code = example.main([str(tmp_path / "nowhere"), "--review", str(EXAMPLES / "reviews" / "sample.toml")])
        assert code == 2
        assert "nowhere" in capsys.readouterr().err


@pytest.mark.skipif(not (DATA / "crm-sales").is_dir(), reason="the public crm-sales data is not on this machine")
def test_a_sales_pipeline_to_the_end(example, tmp_path, capsys):
    """8,800 opportunities: every row that could not be used is named, none is lost."""
    code, out, _, page = run(example, DATA / "crm-sales", tmp_path, capsys)
    assert code == 0
    found = example.review(DATA / "crm-sales", EXAMPLES / "reviews" / "crm-sales.toml")
    assert len(found.imported.dataset.opportunities) == 8800
    assert found.won == Money("10005534", "USD")
    assert all(count.rows == count.used + count.skipped + count.dropped for count in found.imported.tables)
    assert "GTXPro" in out
    assert "10,005,534.00 USD" in page
