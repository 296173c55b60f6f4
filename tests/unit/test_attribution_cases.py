"""From a programme's records to the case of one deal: what counts for which deal, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from partnerops import Dataset, Money
from partnerops.attribution import (
    DisputeFirst,
    FirstTouch,
    LastTouch,
    Linear,
    Lookback,
    attribute,
    attribute_all,
    compare,
)
from partnerops.attribution._amounts import in_words
from partnerops.attribution._cases import cases_of
from partnerops.attribution.wrappers import Bounded
from partnerops.exceptions import InvalidValue, PolicyBrokeContract

from .deal import asked, at, deal, dispute, lead, registration, touch

LATER = datetime(2026, 4, 30, tzinfo=UTC)


def cases(**collections: object):
    """The cases of a programme at the end of April, by deal."""
    return {case.opportunity.id: case for case in cases_of(Dataset(**collections), LATER, LATER.date())}


class TestOneAccountManyDeals:
    """Two deals of one account, and records that name the account beside what they are of."""

    deals = (deal(id="D-1", account_id="A-1"), deal(id="D-2", account_id="A-1"))

    def test_a_touch_of_a_lead_stays_with_the_deal_of_that_lead(self):
        """The account it names beside does not make it a touch of all the account's deals."""
        found = cases(
            opportunities=self.deals,
            leads=[lead("L-1", at(2), opportunity_id="D-1")],
            touchpoints=[touch("T1", "acme", at(3), opportunity_id=None, lead_id="L-1", account_id="A-1")],
        )
        assert {id: [one.id for one in case.touches] for id, case in found.items()} == {"D-1": ["T1"], "D-2": []}

    def test_a_touch_that_names_a_deal_is_of_no_other_deal(self):
        """Though the lead that it names beside became another one."""
        found = cases(
            opportunities=self.deals,
            leads=[lead("L-1", at(2), opportunity_id="D-1")],
            touchpoints=[touch("T1", "acme", at(3), opportunity_id="D-2", lead_id="L-1", account_id="A-1")],
        )
        assert {id: [one.id for one in case.touches] for id, case in found.items()} == {"D-1": [], "D-2": ["T1"]}

    def test_a_registration_that_names_a_deal_is_of_no_other_deal(self):
        """One that names the account alone is of both."""
        found = cases(
            opportunities=self.deals,
            registrations=[
                registration("R-1", "acme", opportunity_id="D-1", account_id="A-1"),
                registration("R-2", "birch", opportunity_id=None, account_id="A-1"),
            ],
        )
        assert {id: [one.id for one in case.registrations] for id, case in found.items()} == {
            "D-1": ["R-1", "R-2"],
            "D-2": ["R-2"],
        }

    def test_the_purchase_before_is_the_latest_earlier_one(self):
        """In whatever order the deals are given; of two at one instant neither is before the other."""
        deals = [
            deal(id=f"D-{day}{n}", account_id="A-1", created_at=at(1), closed_at=at(day))
            for day, n in ((20, "a"), (5, "a"), (28, "a"), (20, "b"), (12, "a"))
        ]
        found = cases(opportunities=[*deals, deal(id="D-other", account_id="A-2", closed_at=at(27))])
        assert {id: case.previous_close for id, case in found.items()} == {
            "D-5a": None, "D-12a": at(5), "D-20a": at(12), "D-20b": at(12), "D-28a": at(20), "D-other": None,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("names", "refused"),
        [
            ({"opportunity_id": "D-18", "account_id": "A-1"}, "D-18"),
            ({"opportunity_id": None, "lead_id": "L-9", "account_id": "A-1"}, "L-9"),
            ({"opportunity_id": None, "account_id": "A-9"}, "A-9"),
        ],
    )
    def test_a_touch_of_something_else_is_refused_by_its_closest_name(self, names, refused):
        """The account it shares with the deal does not make it the deal's."""
        with pytest.raises(InvalidValue, match=rf"must be a touch of D-17 \(got '{refused}'\)"):
            attribute(deal(account_id="A-1"), [touch("T1", "acme", at(3), **names)], policy=Linear())


class TestWonByThen:
    """Which deals a batch is about."""

    def test_lost_deals_and_deals_that_nobody_knew_yet_are_passed_over(self):
        """A lost deal has a close as well; one created later has no view at all."""
        data = Dataset(
            opportunities=[
                deal(),
                deal(id="D-lost", status="lost", stage="lost"),
                deal(id="D-later", created_at=at(2, month=5), closed_at=at(9, month=5)),
            ]
        )
        assert [one.opportunity_id for one in attribute_all(data, policy=Linear(), as_of=LATER)] == ["D-17"]


class TestOrder:
    """Facts come by time, whatever the order of rows in an export."""

    def test_disputes_come_by_filing_time_then_id(self):
        """The first one filed comes first."""
        found = cases(
            opportunities=[deal()],
            disputes=[dispute("P-2", at=at(14)), dispute("P-3", at=at(12)), dispute("P-1", at=at(14))],
        )
        assert [one.id for one in found["D-17"].disputes] == ["P-3", "P-1", "P-2"]

    def test_leads_come_by_creation_then_id(self):
        """The lead that brought the deal comes first."""
        found = cases(opportunities=[deal()], leads=[lead("L-3", at(5)), lead("L-2", at(4)), lead("L-1", at(5))])
        assert [one.id for one in found["D-17"].leads] == ["L-2", "L-1", "L-3"]

    def test_totals_come_by_currency(self):
        """In alphabetical order, and nothing has a word of its own."""
        assert in_words([Money("2", "JPY"), Money("1000.00", "BRL"), Money("3", "JPY")]) == "1,000.00 BRL and 5 JPY"
        assert in_words([]) == "nothing"


class TestTwoClocks:
    """What happened by the close, as far as it was known at the moment."""

    @pytest.mark.parametrize(
        ("when", "recorded", "counts"),
        [
            (at(31), None, True),  # on the instant of the close
            (at(31, 1), None, False),
            (at(3), LATER, True),  # recorded on the instant of the look
            (at(3), LATER.replace(hour=1), False),
            (at(31, 1), LATER, False),  # known, but after the close
        ],
    )
    def test_a_touch_counts_by_both(self, when, recorded, counts):
        """Both borders are inside."""
        result = asked(Linear(), [touch("T1", "acme", when, recorded_at=recorded)], as_of=LATER)
        assert [credit.partner_id for credit in result.credits] == (["acme"] if counts else [])

    def test_the_same_touch_twice_is_one(self):
        """Exports overlap."""
        twice = [touch("T1", "acme", at(3)), touch("T2", "birch", at(4)), touch("T1", "acme", at(3))]
        assert [str(credit.amount) for credit in asked(Linear(), twice).credits] == ["500.00 BRL", "500.00 BRL"]


class Answers:
    """A user's policy that answers as it was told."""

    def __init__(self, answer):
        self.answer = answer

    def weigh(self, case, /):
        return self.answer


@pytest.mark.parametrize("wrap", [lambda own: own, lambda own: Lookback(own, days=90), Bounded])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({1, 2}, "a set"),
        (5, "a int"),
        ([1], "got 1"),
        ([1, 0.5], "got 0.5"),
        ([3, -1], "got -1"),
    ],
)
def test_the_policy_that_broke_its_contract_is_named(wrap, answer, told):
    """Not the wrapper around it, whatever it did; of several weights the worst is shown."""
    with pytest.raises(PolicyBrokeContract, match=told) as caught:
        asked(wrap(Answers(answer)), [touch("T1", "acme", at(2)), touch("T2", "birch", at(3))])
    assert "Answers" in str(caught.value)


class TestSideBySide:
    """What the comparison of models shows, and what it leaves out."""

    data = Dataset(
        opportunities=[deal("0.01", id="D-1"), deal("9.00", id="D-2"), deal(Money("7", "JPY"), id="D-3")],
        touchpoints=[
            touch("T1", "zinnia", at(2), opportunity_id="D-2"),
            touch("T2", "birch", at(2), opportunity_id="D-1"),
            touch("T3", "acme", at(3), opportunity_id="D-1"),
            touch("T4", "acme", at(3), opportunity_id="D-3"),
        ],
    )
    seen = compare(data, policies={"first": FirstTouch(), "last": LastTouch()}, as_of=LATER)

    def test_parties_come_by_currency_and_then_the_largest_first(self):
        """Only parties of the same amount come by name."""
        assert [(row["party"], str(row["first"])) for row in self.seen.by_party()] == [
            ("zinnia", "9.00 BRL"), ("birch", "0.01 BRL"), ("acme", "0.00 BRL"), ("acme", "7 JPY"),
        ]  # fmt: skip
        alike = compare(
            Dataset(
                opportunities=[deal("2.00")],
                touchpoints=[touch("T1", "zinnia", at(2)), touch("T2", "acme", at(3))],
            ),
            policies={"linear": Linear()},
            as_of=LATER,
        )
        assert [row["party"] for row in alike.by_party()] == ["acme", "zinnia"]

    def test_one_cent_that_moves_is_seen(self):
        """From the first to the last touch of the smallest deal there is."""
        assert self.seen.moved("last") == (Money("0.01", "BRL"), Money("0", "JPY"))
        assert str(self.seen).splitlines()[:3] == [
            "3 deals, 9.01 BRL and 7 JPY, under 2 models",
            "last instead of first moves 0.01 BRL and 0 JPY",
            "",
        ]

    def test_nobody_has_a_row_where_something_is_left_or_nobody_earned(self):
        """And none where the parties have it all."""
        assert {row["party"] for row in self.seen.by_deal()} == {"zinnia", "birch", "acme"}
        rest = compare(
            Dataset(
                opportunities=[deal("10.00", id="D-1"), deal("0.00", id="D-2")],
                touchpoints=[touch("T1", "acme", at(2), opportunity_id="D-1")],
            ),
            policies={"capped": Bounded(Linear(), cap="0.6")},
            as_of=LATER,
        )
        assert [(row["opportunity_id"], row["party"], str(row["capped"])) for row in rest.by_deal()] == [
            ("D-1", "acme", "6.00 BRL"), ("D-1", "unattributed", "4.00 BRL"), ("D-2", "unattributed", "0.00 BRL"),
        ]  # fmt: skip

    def test_a_figure_shows_one_currency(self):
        """Bars of two currencies on one axis would say nothing."""
        _, reais, yen = self.seen._repr_html_().split("<svg")
        assert "first, zinnia: 9 BRL" in reais
        assert "first, acme: 7 JPY" in yen
        assert "zinnia" not in yen


def test_decided_disputes_reach_a_deal_of_a_dataset():
    """As they do a deal by itself."""
    data = Dataset(opportunities=[deal()], touchpoints=[touch("T1", "cedar", at(2))], disputes=[dispute("P-1")])
    (only,) = attribute_all(data, policy=DisputeFirst(Linear()), as_of=LATER)
    assert [(one.partner_id, str(one.amount)) for one in only.credits] == [("acme", "700.00 BRL")]
    assert str(only.unattributed) == "300.00 BRL"
