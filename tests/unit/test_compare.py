"""The same deals under several models, side by side."""

from __future__ import annotations

import pickle
from datetime import date

import pytest

from partnerops import DIRECT, Dataset, Money
from partnerops.attribution import FirstTouch, LastTouch, LeadOrigin, Linear, compare
from partnerops.exceptions import InvalidValue, UnknownName

from .deal import at, deal, touch

DATA = Dataset(
    opportunities=[
        deal("900.00", id="D-1"),
        deal("100.00", id="D-2"),
        deal(Money("500", "JPY"), id="D-3"),
        deal(id="D-4", status="open", stage="new", closed_at=None),
    ],
    touchpoints=[
        touch("T1", "acme", at(2), opportunity_id="D-1"),
        touch("T2", "birch", at(9), opportunity_id="D-1"),
        touch("T3", DIRECT, at(20), opportunity_id="D-1"),
        touch("T4", "birch", at(9), opportunity_id="D-2"),
        touch("T5", "acme", at(10), opportunity_id="D-2"),
        touch("T6", "acme", at(10), opportunity_id="D-3"),
        touch("T7", "acme", at(10), opportunity_id="D-4"),
    ],
)
MODELS = {"linear": Linear(), "first": FirstTouch(), "last": LastTouch(), "origin": LeadOrigin()}
SEEN = compare(DATA, policies=MODELS, as_of=date(2026, 4, 1))


def test_each_deal_is_there_under_each_model():
    """Open deals are not; a party without credit under a model has zero there."""
    assert SEEN.deals == ("D-1", "D-2", "D-3")
    rows = {(row["opportunity_id"], row["party"]): row for row in SEEN.by_deal()}
    assert [str(rows["D-1", DIRECT][model]) for model in MODELS] == [
        "300.00 BRL", "0.00 BRL", "900.00 BRL", "0.00 BRL",
    ]  # fmt: skip
    assert str(rows["D-3", "unattributed"]["origin"]) == "500 JPY"
    assert SEEN.to_dicts() == SEEN.by_deal()


def test_parties_are_totalled_per_currency():
    """Sorted by what they have under the first model."""
    assert [(row["party"], *(str(row[model]) for model in ("linear", "first", "last"))) for row in SEEN.by_party()] == [
        ("acme", "350.00 BRL", "900.00 BRL", "100.00 BRL"),
        ("birch", "350.00 BRL", "100.00 BRL", "0.00 BRL"),
        (DIRECT, "300.00 BRL", "0.00 BRL", "900.00 BRL"),
        ("unattributed", "0.00 BRL", "0.00 BRL", "0.00 BRL"),
        ("acme", "500 JPY", "500 JPY", "500 JPY"),
        ("unattributed", "0 JPY", "0 JPY", "0 JPY"),
    ]
    for model in MODELS:
        columns = [row[model] for row in SEEN.by_party()]
        assert sum(m.minor for m in columns if m.currency == "BRL") == 100_000
    assert SEEN.total() == (Money("1000.00", "BRL"), Money("500", "JPY"))


def test_the_money_that_moves_is_counted_deal_by_deal():
    """600 to acme in one deal, 50 to birch in the other, though birch loses in sum."""
    assert SEEN.moved("first") == (Money("650.00", "BRL"), Money("0", "JPY"))
    assert SEEN.moved("last", "first") == (Money("1000.00", "BRL"), Money("0", "JPY"))
    assert SEEN.moved("origin") == (Money("1000.00", "BRL"), Money("500", "JPY"))
    assert SEEN.moved("linear") == (Money("0.00", "BRL"), Money("0", "JPY"))


def test_attributions_stay_at_hand():
    """Each model's own results, and a name that is not there."""
    assert [one.policy for one in SEEN.of("first")] == [FirstTouch()] * 3
    with pytest.raises(UnknownName, match="no model 'fist'; did you mean 'first'"):
        SEEN.of("fist")


def test_it_prints_on_a_screen_and_as_html():
    """Both tables, what moves, and a figure for each currency; everything escaped."""
    text = str(SEEN)
    assert text.startswith("3 deals, 1,000.00 BRL and 500 JPY, under 4 models\n")
    assert "first instead of linear moves 650.00 BRL and 0 JPY" in text
    page = compare(DATA, policies={"<b>": Linear()}, as_of=date(2026, 4, 1))._repr_html_()
    assert "<b>" not in page
    assert page.count("<svg") == 2
    assert "by deal" in page
    assert pickle.loads(pickle.dumps(SEEN)) == SEEN


def test_what_cannot_be_compared_is_refused():
    """No model, or a class instead of a policy."""
    with pytest.raises(InvalidValue, match="at least one name"):
        compare(DATA, policies={}, as_of=date(2026, 4, 1))
    with pytest.raises(InvalidValue, match=r"compare\(policies=...\)\['linear'\]"):
        compare(DATA, policies={"linear": Linear}, as_of=date(2026, 4, 1))
    with pytest.raises(InvalidValue, match="at least one name"):
        compare(DATA, policies=[Linear()], as_of=date(2026, 4, 1))


@pytest.mark.parametrize("name", ["party", "opportunity_id", "", 1])
def test_a_model_needs_a_name_of_its_own(name):
    """It heads a column, and would overwrite the one that has the name already."""
    with pytest.raises(InvalidValue, match='names of models, other than "opportunity_id" and "party"'):
        compare(DATA, policies={"linear": Linear(), name: FirstTouch()}, as_of=date(2026, 4, 1))
