"""Opportunities, their lines and their history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from partnerops import Money
from partnerops.entities import (
    UNKNOWN_STAGE,
    Motion,
    Opportunity,
    OpportunityLine,
    RevenueKind,
    StageChange,
)
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from tests.unit.nouns import BRL, DAY, NOON, TODAY, make

TICK = timedelta(microseconds=1)
USD = Money("10.00", "USD")
WON: dict[str, Any] = {"stage": "won", "status": "won", "amount": BRL, "closed_at": NOON + 9 * DAY}


def step(days: int, stage: str, status: str = "open", **given: Any) -> StageChange:
    """A change so many days after the deal was opened."""
    return StageChange(stage=stage, at=NOON + days * DAY, status=status, **given)


def at(days: int) -> datetime:
    """The instant so many days after the deal was opened."""
    return NOON + days * DAY


def seen(deal: Opportunity, days: int) -> Opportunity:
    """The deal as of so many days after it was opened."""
    view = deal.as_of(at(days), TODAY + days * DAY)
    assert view is not None
    return view


class TestLine:
    def test_is_new_and_one_off_unless_told(self) -> None:
        """Plain strings for the closed sets."""
        line = make(OpportunityLine)
        assert (line.motion, line.revenue, line.term_months) == (Motion.NEW, RevenueKind.ONE_OFF, None)
        assert make(OpportunityLine, motion="cross_sell").motion is Motion.CROSS_SELL

    @pytest.mark.parametrize("term", [None, 0, -12])
    def test_recurring_lines_have_a_term(self, term: int | None) -> None:
        """Of a month or more."""
        assert make(OpportunityLine, revenue="recurring", term_months=1).term_months == 1
        with pytest.raises(
            InvalidValue, match=r"OpportunityLine.term_months must be at least 1 for a recurring line \(got "
        ):
            make(OpportunityLine, revenue="recurring", term_months=term)

    def test_one_off_lines_have_none(self) -> None:
        """A term says that somebody meant a recurring line."""
        with pytest.raises(InvalidValue, match=r"OpportunityLine.term_months must be None for a one-off line"):
            make(OpportunityLine, term_months=12)

    def test_cost_is_in_the_line_s_currency(self) -> None:
        """A margin needs it."""
        assert make(OpportunityLine, cost=BRL).cost == BRL
        with pytest.raises(CurrencyMismatch, match="relate a line's amount to its cost in BRL and USD"):
            make(OpportunityLine, cost=USD)


class TestClose:
    def test_says_whether_it_is_open_or_won(self) -> None:
        """Lost is neither."""
        deals = make(Opportunity), make(Opportunity, **WON), make(Opportunity, status="lost", closed_at=NOON)
        assert [(deal.is_open, deal.is_won) for deal in deals] == [(True, False), (False, True), (False, False)]

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"closed_at": NOON}, "Opportunity.closed_at must be None while the status is open"),
            (WON | {"closed_at": None}, "Opportunity.closed_at must be an aware datetime once the status is won"),
            ({"status": "lost"}, "Opportunity.closed_at must be an aware datetime once the status is lost"),
            (WON | {"closed_at": NOON - TICK}, "Opportunity.closed_at must be at or after created_at (2026-03-10"),
            (WON | {"amount": None}, "Opportunity.amount must be a Money once the status is won (got None)"),
        ],
    )
    def test_refusals(self, given: dict[str, Any], said: str) -> None:
        """A close and its status come together."""
        with pytest.raises(InvalidValue) as caught:
            make(Opportunity, **given)
        assert str(caught.value).startswith(said)

    @pytest.mark.parametrize("amount", [Money("0", "BRL"), -BRL])
    def test_nothing_and_less_are_amounts(self, amount: Money) -> None:
        """A gift, and the correction of a booking."""
        assert make(Opportunity, **WON | {"amount": amount}).amount == amount


class TestLines:
    def test_sum_to_the_amount(self) -> None:
        """To the cent; the refusal shows both sums."""
        lines = [make(OpportunityLine, amount=Money(one, "BRL")) for one in ("12.00", "-2.00")]
        assert make(Opportunity, amount=BRL, lines=lines).lines == tuple(lines)
        with pytest.raises(InvalidValue) as caught:
            make(Opportunity, amount=BRL, lines=lines[:1])
        assert str(caught.value) == ("Opportunity.lines must be lines that sum to amount (10.00 BRL) (got '12.00 BRL')")

    @pytest.mark.parametrize("given", [{"lines": [make(OpportunityLine)]}, {"cost": BRL}])
    def test_need_an_amount(self, given: dict[str, Any]) -> None:
        """As does a cost."""
        with pytest.raises(InvalidValue, match="Opportunity.amount must be a Money when there are lines or a cost"):
            make(Opportunity, **given)

    @pytest.mark.parametrize(
        "given",
        [{"lines": [make(OpportunityLine, amount=USD)]}, {"cost": USD}, {"history": [step(0, "demo", amount=USD)]}],
    )
    def test_are_in_the_deal_s_currency(self, given: dict[str, Any]) -> None:
        """As are a cost and all that the history tells."""
        with pytest.raises(CurrencyMismatch, match="cannot put in one opportunity BRL and USD"):
            make(Opportunity, amount=BRL, **given)


class TestHistory:
    def test_is_in_order(self) -> None:
        """Changes of one instant keep their given order; a later one before an earlier one is named."""
        assert make(Opportunity, history=[step(0, "lead"), step(0, "demo")])
        with pytest.raises(InvalidValue, match=r"Opportunity.history\[2\].at must be at or after 2026-03-12"):
            make(Opportunity, history=[step(0, "lead"), step(2, "talk"), step(1, "demo")])

    @pytest.mark.parametrize("last", [step(0, "talk"), step(0, "demo", "won"), step(0, "demo", "lost")])
    def test_agrees_with_stage_and_status(self, last: StageChange) -> None:
        """The refusal shows both ends."""
        with pytest.raises(InvalidValue) as caught:
            make(Opportunity, history=[last])
        assert str(caught.value) == (
            f"Opportunity.history must be a history that ends in 'demo' (open) (got '{last.stage} ({last.status})')"
        )


class TestAsOf:
    def test_without_history_a_later_close_is_undone(self) -> None:
        """What stage and value it had then, nobody knows."""
        deal = make(
            Opportunity, **WON, lines=[make(OpportunityLine)], cost=BRL, documents=["contract"], origin="partner",
            expected_close=TODAY,
        )  # fmt: skip
        assert seen(deal, 9) is deal
        assert deal.as_of(at(9) - TICK, TODAY) == make(
            Opportunity, stage=UNKNOWN_STAGE, origin="partner", expected_close=TODAY
        )
        assert seen(make(Opportunity, amount=BRL), 0) == make(Opportunity, amount=BRL)

    def test_with_history_it_is_replayed(self) -> None:
        """Stage, status, amount and expected close of that moment."""
        small, big = Money("1.00", "BRL"), Money("7.00", "BRL")
        deal = make(
            Opportunity, **WON, expected_close=TODAY + 9 * DAY,
            history=[
                step(0, "lead", amount=small),
                step(2, "demo", expected_close=TODAY + 5 * DAY),
                step(4, "offer", amount=big, expected_close=TODAY + 8 * DAY),
                step(9, "won", "won", amount=BRL),
            ],
        )  # fmt: skip
        views = [seen(deal, days) for days in (0, 1, 2, 3, 4, 8, 9)]
        assert [view.stage for view in views] == ["lead", "lead", "demo", "demo", "offer", "offer", "won"]
        assert [view.amount for view in views] == [small, small, small, small, big, big, BRL]
        assert [view.expected_close and (view.expected_close - TODAY).days for view in views] == [
            None, None, 5, 5, 8, 8, 9,
        ]  # fmt: skip
        assert [len(view.history) for view in views] == [1, 1, 2, 2, 3, 3, 4]
        assert [view.is_open for view in views] == [True] * 6 + [False]
        assert views[-1] is deal

    def test_what_the_history_never_mentions_has_not_changed(self) -> None:
        """Amount and expected close of the record."""
        deal = make(
            Opportunity, stage="demo", amount=BRL, expected_close=TODAY, history=[step(0, "lead"), step(2, "demo")]
        )
        assert (seen(deal, 1).amount, seen(deal, 1).expected_close) == (BRL, TODAY)

    def test_before_its_first_change_it_was_in_no_stage_that_anybody_knows(self) -> None:
        """Opened, and nothing told yet."""
        told = [step(2, "demo", expected_close=TODAY), step(9, "won", "won", amount=BRL)]
        deal = make(Opportunity, **WON, history=told, expected_close=TODAY)
        assert seen(deal, 1) == make(Opportunity, stage=UNKNOWN_STAGE)

    def test_a_change_counts_once_it_was_recorded(self) -> None:
        """A backdated one does not change what was known."""
        deal = make(Opportunity, history=[step(0, "lead"), step(1, "demo", recorded_at=at(5))])
        assert [seen(deal, days).stage for days in (1, 4, 5)] == ["lead", "lead", "demo"]

    def test_a_reopened_deal_was_closed(self) -> None:
        """At the change that closed it; what it consisted of then, nobody knows."""
        deal = make(
            Opportunity, stage="demo", amount=BRL, lines=[make(OpportunityLine)], documents=["offer"],
            history=[step(0, "demo"), step(3, "lost", "lost"), step(4, "spam", "lost"), step(6, "demo")],
        )  # fmt: skip
        lost = seen(deal, 5)
        assert (lost.stage, lost.status, lost.closed_at, lost.amount) == ("spam", "lost", at(3), BRL)
        assert (lost.lines, lost.documents) == ((), ())

    def test_stages_after_the_close_leave_the_outcome(self) -> None:
        """The booking is the same all along, with its own date, lines, cost and documents."""
        deal = make(
            Opportunity, **WON | {"stage": "live"}, lines=[make(OpportunityLine)], cost=BRL, documents=["contract"],
            history=[step(0, "demo"), step(8, "won", "won", amount=BRL), step(12, "live", "won")],
        )  # fmt: skip
        assert seen(deal, 10) == deal.replace(stage="won", history=deal.history[:2])
        again = deal.replace(history=(*deal.history[:2], step(11, "paid", "won", amount=BRL), deal.history[2]))
        assert seen(again, 10) == deal.replace(stage="won", history=deal.history[:2])

    def test_an_outcome_that_changed_since_is_not_known(self) -> None:
        """Neither its lines nor its cost fit the amount of that moment."""
        small = Money("1.00", "BRL")
        deal = make(
            Opportunity, **WON | {"stage": "live"}, lines=[make(OpportunityLine)], cost=BRL,
            history=[step(9, "won", "won", amount=small), step(12, "live", "won", amount=BRL)],
        )  # fmt: skip
        view = seen(deal, 10)
        assert (view.amount, view.closed_at, view.lines, view.cost) == (small, at(9), (), None)

    def test_a_close_entered_early_counts_from_its_change(self) -> None:
        """Nothing later than the moment is left in the view."""
        deal = make(Opportunity, **WON, history=[step(0, "demo"), step(5, "won", "won")])
        assert seen(deal, 6) == deal.replace(closed_at=at(5))
        assert seen(deal, 4) == make(Opportunity, amount=BRL, history=deal.history[:1])

    def test_a_win_counts_once_its_amount_is_known(self) -> None:
        """A booking has one."""
        history = [step(0, "demo"), step(3, "won", "won"), step(9, "won", "won", amount=BRL)]
        deal = make(Opportunity, **WON, history=history)
        assert seen(deal, 5) == make(Opportunity, history=history[:1])
        reopened = make(Opportunity, history=[step(0, "demo"), step(3, "won", "won"), step(9, "demo")])
        assert seen(reopened, 5) == make(Opportunity, history=history[:1])

    def test_a_history_older_than_the_deal(self) -> None:
        """An import may know more than the record: it was not closed before it was opened."""
        deal = make(Opportunity, history=[step(-2, "lost", "lost"), step(9, "demo")])
        assert seen(deal, 1).closed_at == NOON
