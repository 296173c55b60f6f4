"""Definitions of the trade, each by an example in which a usual mistake gives another number."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from partnerops import Calendar, Dataset, Money, Opportunity, Period, Ratio, StageChange
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PartnerOpsError, PolicyBrokeContract, UnknownName
from partnerops.forecast import (
    Bucket,
    Category,
    MarkovChain,
    NaiveBayes,
    Probability,
    StageWeighted,
    Stale,
    TimeToClose,
    WinRate,
    interval,
    project,
)
from partnerops.forecast.fitting import RateCell, Transition, ValueCount, fit_in_period, fit_win_rate
from partnerops.forecast.pipeline import StageDefinition, Stages, slippage, snapshot, unify, waterfall
from partnerops.forecast.planning import (
    Categories,
    against_plan,
    against_quota,
    categorise,
    compare_forecasts,
    margins,
    roll_up,
    scenarios,
    without,
)
from partnerops.forecast.scoring import (
    Correction,
    Finished,
    accuracy,
    backtest,
    bias,
    brier,
    brier_parts,
    ece,
    fit_correction,
    log_loss,
    mape,
    mase,
    pinball,
    skill,
    wape,
)
from partnerops.forecast.wrappers import ChannelAdjusted, InStage, MovedWithin, Overridden, ProbabilityOverride, Without

NOW = datetime(2026, 4, 15, tzinfo=UTC)
Q2 = Period.quarter(2026, 2)
STAGES = Stages(
    [
        StageDefinition("lead"),
        StageDefinition("proposal"),
        StageDefinition("won", kind="won"),
        StageDefinition("lost", kind="lost"),
    ]
)
TABLE = StageWeighted({"lead": "0.2", "proposal": "0.5"})


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def at(month: int, day: int = 1) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def deal(id: str = "D-1", **changes: object) -> Opportunity:
    values = {
        "id": id, "amount": brl("100.00"), "stage": "proposal", "origin": "direct", "created_at": at(1),
        "expected_close": date(2026, 5, 30),
    }  # fmt: skip
    return Opportunity(**(values | changes))


def told(id: str, *changes: tuple[str, datetime], **more: object) -> Opportunity:
    """A deal by its changes of stage; `won` and `lost` close it."""
    history = [
        StageChange(stage=stage, at=when, status=stage if stage in {"won", "lost"} else "open")
        for stage, when in changes
    ]
    last = history[-1]
    closed = last.at if last.status != "open" else None
    return deal(id, stage=last.stage, status=last.status, closed_at=closed, history=history, **more)


def ask(*deals: Opportunity, **options: object):
    return project(deals, **({"outlook": TABLE, "period": Q2, "as_of": NOW} | options))


class TestPipeline:
    def test_the_sum_of_products_is_not_the_product_of_sum_and_mean(self):
        """100 at 99 % and 200 at 0 % are 99, where total times mean chance would say 148.50."""
        rates = {"D-1": "0.99", "D-2": "0"}
        table = unify(
            Dataset(opportunities=[deal("D-1"), deal("D-2", amount=brl("200.00"))]), stages=STAGES, as_of=NOW,
            rate=lambda one: Probability(rates[one.id]),
        )  # fmt: skip
        assert (table.weighted_pipeline, table.open_pipeline) == (brl("99.00"), brl("300.00"))

    def test_a_lost_deal_is_worth_nothing_and_a_won_one_leaves_the_open_pipeline(self):
        table = unify(
            Dataset(opportunities=[told("L", ("proposal", at(2)), ("lost", at(3))), told("W", ("won", at(3)))]),
            stages=STAGES, as_of=NOW, rate=TABLE.rate,
        )  # fmt: skip
        lost, won = table.rows
        assert (lost.probability.value, lost.weighted_amount, lost.percent_advance) == (0, brl("0.00"), Fraction(1, 2))
        assert (won.probability.value, won.weighted_amount, won.percent_advance) == (1, brl("100.00"), 1)
        assert (table.open_pipeline, table.weighted_pipeline) == (brl("0.00"), brl("0.00"))

    def test_a_reopened_deal_has_the_chance_of_its_stage_again(self):
        """It does not stick at 100 or 0 %."""
        again = told("D-1", ("proposal", at(2)), ("won", at(3)), ("lead", at(4)))
        assert [(line.opportunity_id, line.probability.value) for line in ask(again).lines] == [("D-1", Decimal("0.2"))]
        march = ask(again, as_of=at(3, 15), period=Period.quarter(2026, 1))
        assert (march.closed, march.pipeline) == (brl("100.00"), brl("0.00"))

    def test_advance_counts_open_stages_before_the_won_one(self):
        """A pipeline of a single stage is at 0 until it is won, and says nothing of the chance."""
        single = Stages([StageDefinition("open"), StageDefinition("won", kind="won")])
        assert (single.advance("open"), single.advance("won")) == (0, 1)
        assert single.advance_of(told("L", ("open", at(2)), ("lost", at(3)))) == 0

    def test_a_row_has_every_column_of_the_unified_pipeline(self):
        table = unify(
            Dataset(opportunities=[deal(documents=["proposal_sent"])]), stages=STAGES, as_of=NOW, rate=TABLE.rate
        )
        (row,) = table.rows
        (cells,) = table.to_dicts()
        for name in (
            "opportunity_id", "origin", "partner_id", "partner_profile", "stage", "status_label", "expected_close",
            "amount", "one_off", "recurring", "percent_advance", "weighted_amount", "evidence", "age_days",
            "days_in_stage",
        ):  # fmt: skip
            assert cells[name] == getattr(row, name)
        assert cells["probability"] == row.probability.value

    def test_what_contradicts_itself_is_an_error_with_place_and_remedy(self):
        for wrong in (
            {"status": "won", "stage": "won"},
            {"history": [StageChange(stage="lead", at=at(2))]},
            {"closed_at": at(3)},
        ):
            with pytest.raises(PartnerOpsError, match=r"Opportunity\.\w+ must be"):
                deal(**wrong)
        with pytest.raises(UnknownName, match=r"D-1: 'proposla'; did you mean 'proposal'"):
            ask(deal(stage="proposla"))


class TestMovements:
    def test_each_step_of_the_identity(self):
        """open_start + created + reopened + up - down + in - out - won - lost - removed, told with their signs."""
        before = [
            deal("down"), deal("gone"), deal("lost"), deal("out"), deal("up"), deal("won"),
            deal("in", expected_close=date(2026, 8, 1)), deal("again", stage="lost", status="lost", closed_at=at(2)),
        ]  # fmt: skip
        after = [
            deal("down", amount=brl("60.00")), deal("up", amount=brl("150.00")), deal("new"), deal("in"), deal("again"),
            deal("out", expected_close=date(2026, 8, 1)), deal("lost", stage="lost", status="lost", closed_at=at(4)),
            deal("won", stage="won", status="won", closed_at=at(4), amount=brl("120.00")),
        ]  # fmt: skip
        moves = waterfall(before, after, period=Q2)
        assert {step: amount.minor // 100 for step, amount in moves.steps.items()} == {
            "created": 100, "reopened": 100, "amount_up": 50, "amount_down": -40, "pulled_in": 100, "pushed_out": -100,
            "won": -100, "lost": -100, "removed": -100,
        }  # fmt: skip
        assert (moves.start, moves.end) == (brl("600.00"), brl("510.00"))
        assert sum((move.amount for move in moves.moves), moves.start) == moves.end

    def test_nothing_due_has_no_slip_rate(self):
        found = slippage(Dataset(opportunities=[deal(expected_close=None)]), Period.quarter(2026, 1))
        assert (found.by_count.value, found.by_amount.value, found.aged_out) == (None, None, ())

    def test_a_deal_pushed_three_times_is_aged_out(self):
        months = [StageChange(stage="proposal", at=at(1, day), expected_close=date(2026, due, 20))
                  for day, due in ((2, 1), (3, 1), (10, 2), (20, 3), (30, 4))]  # fmt: skip
        pushed = deal("D-1", history=months, expected_close=date(2026, 4, 20))
        early = months[:1]
        slipped = slippage(Dataset(opportunities=[pushed, deal("D-2", history=early)]), Period.month(2026, 1))
        assert slipped.slipped == ()  # neither was due when January began: nobody knew of them
        found = slippage(Dataset(opportunities=[pushed]), Period.month(2026, 4))
        assert (found.slipped, found.pushed["D-1"], found.aged_out) == (("D-1",), 3, ("D-1",))
        assert slippage(Dataset(opportunities=[pushed]), Period.month(2026, 4), limit=4).aged_out == ()

    def test_a_snapshot_knows_nothing_of_later(self):
        later = told("D-1", ("lead", at(1)), ("proposal", at(3)))
        assert [one.stage for one in snapshot(Dataset(opportunities=[later]), at(2))] == ["lead"]


class TestPlanning:
    def test_coverage_is_open_due_over_what_the_quota_lacks(self):
        """Overdue, undated and later deals cover nothing; a deal due today does."""
        won = deal("W", stage="won", status="won", closed_at=at(4, 2))
        view = against_quota(
            ask(
                won, deal("D-1"), deal("D-2", expected_close=NOW.date()), deal("D-3", expected_close=date(2026, 4, 14)),
                deal("D-4", expected_close=None), deal("D-5", expected_close=date(2026, 7, 1)),
            ),
            brl("200.00"),
        )  # fmt: skip
        assert view.coverage == Ratio(brl("200.00"), brl("100.00"))
        assert (view.attainment.value, view.gap, view.met) == (Fraction(1, 2), brl("0.00"), False)

    def test_parts_of_a_plan_sum_to_the_whole(self):
        view = against_plan(
            ask(deal("D-1"), deal("D-2", origin=None)), {"direct": brl("70.00"), "partner": brl("9.00")}
        )
        assert [(row.key, row.difference) for row in view.rows] == [
            ("direct", brl("-20.00")), ("partner", brl("-9.00")), (None, brl("50.00")),
        ]  # fmt: skip
        assert view.difference == brl("21.00") == sum((row.difference for row in view.rows), brl("0.00"))
        with pytest.raises(UnknownName):
            against_plan(ask(deal()), {}, by="channel")

    def test_a_forecast_is_cut_by_any_function_of_the_deal(self):
        parts = ask(deal("D-1"), deal("D-2", amount=brl("900.00"))).by(lambda one: one.amount.minor > 50_000)
        assert {key: part.expected for key, part in parts.items()} == {False: brl("50.00"), True: brl("450.00")}

    def test_a_manager_may_have_deals_of_its_own(self):
        rolled = roll_up(
            ask(deal("D-1", partner_id="acme"), deal("D-2", partner_id="south")), by="partner_id",
            parents={"acme": "south"},
        )  # fmt: skip
        south = rolled.node("south")
        assert (south.own, south.raw, rolled.raw) == (brl("50.00"), brl("100.00"), brl("100.00"))

    def test_only_a_won_deal_is_closed(self):
        sure = Categories({"proposal": "commit"}, pinned={"W": "commit", "L": "commit"})
        won = deal("W", stage="won", status="won", closed_at=at(4, 2))
        lost = deal("L", stage="lost", status="lost", closed_at=at(4, 2))
        assert [sure.of(one, as_of=NOW) for one in (won, lost, deal())] == [
            Category.CLOSED, Category.OMITTED, Category.COMMIT,
        ]  # fmt: skip
        with pytest.raises(InvalidValue, match="only a won deal is closed"):
            Categories({"verbal": "closed"})

    def test_an_override_never_sticks(self):
        """It has an author, a day on which it ends, and gives way to the table."""
        said = ProbabilityOverride(
            opportunity_id="D-1", value="0.9", author="ana", at=at(4), expires_on=date(2026, 5, 1), reason="PO"
        )
        for when, value in ((at(3, 31), "0.5"), (at(4, 1), "0.9"), (at(4, 30), "0.9"), (at(5, 1), "0.5")):
            (line,) = ask(deal(), outlook=Overridden(TABLE, [said]), as_of=when).lines
            assert line.probability.value == Decimal(value)


class TestBuckets:
    def test_boundaries(self):
        """The first day of the period is in it, the first day after it is not; today is not overdue."""
        due = {"today": NOW.date(), "yesterday": date(2026, 4, 14), "last": Q2.last, "after": Q2.end, "none": None}
        result = ask(*(deal(id, expected_close=day) for id, day in due.items()), deal("bare", amount=None))
        assert {line.opportunity_id for line in result.lines} == {"today", "last"}
        assert {line.opportunity_id: line.bucket for line in result.outside} == {
            "yesterday": Bucket.OVERDUE, "after": Bucket.OUTSIDE_PERIOD, "none": Bucket.UNSCHEDULED,
            "bare": Bucket.NO_AMOUNT,
        }  # fmt: skip

    def test_a_win_at_the_very_moment_counts(self):
        won = deal("W", stage="won", status="won", closed_at=NOW)
        assert ask(won).closed == brl("100.00")
        edge = datetime(2026, 7, 1, tzinfo=UTC)
        late = deal("W", stage="won", status="won", closed_at=edge)
        (line,) = ask(late, as_of=edge).outside
        assert line.bucket is Bucket.WON_OUTSIDE_PERIOD

    def test_percentages_are_no_fractions(self):
        with pytest.raises(InvalidValue, match=r"for 35 % write 0.35"):
            StageWeighted({"proposal": 35})
        with pytest.raises(InvalidValue, match=r"for 90 % write 0.9"):
            brier([(90, True)])


class TestMeasures:
    ACTUAL = (100, 200, 0, 100)
    FORECAST = (150, 150, 50, 100)

    def test_totals(self):
        assert wape(self.ACTUAL, self.FORECAST).value == Fraction(150, 400)
        assert bias(self.ACTUAL, self.FORECAST).value == Fraction(50, 400)
        assert mape(self.ACTUAL, self.FORECAST) == ((Fraction(1, 2) + Fraction(1, 4)) / 3, 1)
        assert accuracy([100], [350]) == Fraction(-3, 2)  # not clipped at 0
        assert mase([120], [100], training=[50, 60, 50, 60, 70], season=2) == 3  # 20 over the mean of 0, 0 and 20
        assert mase([120], [100], training=[7, 7, 7]) is None
        assert skill("0.3", "0.2") == Fraction(-1, 2)

    def test_chances(self):
        pairs = [("0.9", True), ("0.6", False), ("0.2", False), (0, True)]
        assert brier(pairs) == Decimal("0.3525")
        assert float(log_loss([(0, True)])) == pytest.approx(13.815510558)  # held a millionth away
        assert ece(pairs, bins=4) == Decimal("0.475")
        assert ece(pairs, bins=5) is None
        with pytest.raises(InvalidValue, match=r"outcomes\[0\]\[1\] must be True"):
            brier([("0.5", "won")])

    def test_the_width_of_a_calibrated_interval(self):
        """m = 5 at 80 %: the ceil(0.8 x 6) = 5th smallest miss; m = 9: the 8th."""
        result = ask(deal("D-1", amount=brl("2000.00")))
        for misses, half in (([1, 2, 3, 4, 50], 50), ([1, 2, 3, 4, 5, 6, 7, 8, 90], 8)):
            past = [
                Finished(
                    period=Period.month(2025, month), closed=brl("0"), expected=brl("100"), actual=brl(str(100 + miss))
                )
                for month, miss in enumerate(misses, start=1)
            ]
            span = interval(result, past=past)
            assert (span.high - span.median).minor == 1000 * half

    def test_a_backtest_names_width_and_coverage(self):
        """Wins of 100 in every month, forecast by half of that: every month misses by as much."""
        deals = [
            deal(f"D-{month}", created_at=at(month, 1), stage="won", status="won", closed_at=at(month, 20),
                 history=[StageChange(stage="proposal", at=at(month), expected_close=date(2026, month, 25)),
                          StageChange(stage="won", status="won", at=at(month, 20))])
            for month in range(2, 9)
        ]  # fmt: skip

        def half(_data, /, *, as_of, period):
            later = [deal("next", expected_close=period.start)]
            return project(later, outlook=TABLE, period=period, as_of=as_of)

        months = [Period.month(2026, month) for month in range(3, 9)]
        result = backtest(Dataset(opportunities=deals), half, periods=months, as_of=date(2026, 8, 31))
        assert [row.interval.calibrated for row in result.rows] == [False] * 4 + [True] * 2
        assert (result.coverage, result.width.value) == (Ratio(2, 2), 2)
        assert "calibrated intervals held 2 / 2" in str(result)

    def test_a_correction_knows_of_past_periods_what_was_known_then(self):
        """A win of February that was undone in August was a win to whoever corrected in March."""
        wins = [told(f"D-{month}", ("proposal", at(1)), ("won", at(month, 10))) for month in range(1, 7)]
        undone = told("D-9", ("proposal", at(1)), ("won", at(2, 10)), ("lost", at(8)), amount=brl("900.00"))
        data = Dataset(opportunities=[*wins, undone])
        months = [Period.month(2026, month) for month in range(2, 7)]
        later = backtest(data, halves, periods=months, as_of=date(2026, 8, 31))
        then = backtest(data.as_of(date(2026, 6, 30)), halves, periods=months, as_of=date(2026, 6, 30))
        assert [row.actual for row in later.rows][:2] == [brl("100.00"), brl("100.00")]
        assert then.rows[0].actual == brl("1000.00")
        assert [(row.corrected, row.interval) for row in later.rows] == [
            (row.corrected, row.interval) for row in then.rows
        ]

    def test_wins_in_another_currency_are_refused_in_naive_forecasts(self):
        """Dollars of January are no part of a mean in reais."""
        abroad = told("D-1", ("proposal", at(1)), ("won", at(1, 10)), amount=Money("100.00", "USD"))
        home = told("D-3", ("proposal", at(1)), ("won", at(4, 10)))

        def reais(data, /, *, as_of, period):
            ours = [one for one in data.opportunities if one.id == "D-3"]
            return project(ours, outlook=TABLE, period=period, as_of=as_of, currency="BRL")

        with pytest.raises(CurrencyMismatch, match="BRL and USD"):
            backtest(Dataset(opportunities=[abroad, home]), reais, periods=[Period.month(2026, 4)], as_of=at(5))

    def test_a_correction_is_of_one_currency(self):
        """Dollars missed say nothing about reais."""
        past = [
            Finished(period=Q2, closed=Money(0, code), expected=Money(1, code), actual=Money(2, code))
            for code in ("BRL", "USD")
        ]
        with pytest.raises(CurrencyMismatch, match="BRL and USD"):
            fit_correction(past)


class TestEdges:
    """What a deal, a day or a cell at the border means."""

    def test_due_today_is_told_by_the_calendar(self):
        """The last hours of 30 April in Sao Paulo are 1 May in UTC."""
        calendar = Calendar(zone="America/Sao_Paulo")
        due = deal(expected_close=date(2026, 4, 30))
        result = project([due], outlook=TABLE, period=Q2, as_of=date(2026, 4, 30), calendar=calendar)
        assert against_quota(result, brl("1000"), calendar=calendar).due == brl("100.00")

    def test_a_deal_decided_between_two_snapshots_is_told_where_it_is_due(self):
        """One that was due in another period is no move of this one."""
        quick = told("D-1", ("proposal", at(4)), ("won", at(4, 10)), expected_close=date(2026, 9, 1))
        assert waterfall([], [quick], period=Q2).moves == ()
        assert [move.step for move in waterfall([], [quick]).moves] == ["created", "won"]

    @pytest.mark.parametrize("count", [101, 150, 1000, 2001])
    @pytest.mark.parametrize("chance", ["0.000001", "0.01", "0.999999"])
    @pytest.mark.parametrize("level", ["0.80", "0.98"])
    def test_a_span_of_rare_wins_is_in_order_and_within_what_can_come(self, count, chance, level):
        """Where hardly a deal is won, or hardly one lost, a median of no win at all is an answer and no error."""
        deals = [deal(f"D-{number}") for number in range(count)]
        result = project(deals, outlook=StageWeighted({"proposal": chance}), period=Q2, as_of=NOW)
        span = interval(result, level=level)
        assert brl("0") <= span.low <= span.median <= span.high <= result.open_pipeline
        if count == 150 and chance == "0.01":
            # the binomial distribution: 22 % have no win, 56 % at most one, 93 % at most three
            wins = {"0.80": (0, 100, 300), "0.98": (0, 100, 500)}[level]
            ends = (span.low, span.median, span.high)
            assert all(abs(end.minor - 100 * win) <= 1000 for end, win in zip(ends, wins, strict=True))

    def test_a_training_shorter_than_a_season_has_no_scale(self):
        """No value, and no error about lengths."""
        assert mase([1], [2], training=[1, 2], season=3) is None

    def test_the_reason_of_a_chain_names_its_step(self):
        """Four steps of thirty days are not four weeks."""
        moves = [Transition(stage="proposal", to="won", count=1), Transition(stage="proposal", to="proposal", count=3)]
        monthly, weekly = (MarkovChain(transitions=moves, step_days=days, as_of=NOW) for days in (30, 7))
        assert "4 x 30 days of deals" in monthly.probability(deal(), as_of=NOW, period=Q2).because
        assert "4 weeks of deals" in weekly.probability(deal(), as_of=NOW, period=Q2).because

    def test_a_move_that_never_happened_has_no_share(self):
        """A count of 0 divides nothing."""
        chain = MarkovChain(transitions=[Transition(stage="proposal", to="won", count=0)], as_of=NOW)
        assert chain.probability(deal(), as_of=NOW, period=Q2).value == 0
        assert chain.to_dicts()[0]["share"] == 0

    def test_a_measure_answers_with_money(self):
        """As any function of the user's own."""
        with pytest.raises(PolicyBrokeContract, match="answer with Money"):
            roll_up(ask(deal()), by="origin", parents={}, measure=lambda _: 3)


def halves(data, /, *, as_of, period):
    """Half of every deal due."""
    return project(data, outlook=StageWeighted({"proposal": "0.5"}), period=period, as_of=as_of, currency="BRL")


MARCH = Period.month(2026, 3)
DATA = Dataset(opportunities=[deal()])


@pytest.mark.parametrize(
    "slip",
    [
        lambda: interval("forecast"),
        lambda: interval(ask(deal()), past=[1]),
        lambda: against_quota("forecast", None),
        lambda: against_plan(ask(deal()), {"direct": "100"}),
        lambda: against_plan(ask(deal()), [("direct", brl("1"))]),
        lambda: categorise(ask(deal()), {"proposal": "commit"}),
        lambda: categorise("forecast", Categories({})),
        lambda: roll_up(ask(deal()), by="origin", parents=None),
        lambda: roll_up(ask(deal()), by="origin", parents={}, adjustments=["less"]),
        lambda: margins(ask(deal()), commission="0.10"),
        lambda: compare_forecasts(ask(deal()), brl("3")),
        lambda: scenarios("forecast"),
        lambda: without(["D-1"], "D-1"),
        lambda: waterfall(DATA, DATA),
        lambda: waterfall([], ["D-1"]),
        lambda: snapshot("deals", NOW),
        lambda: slippage(DATA, "2026-Q1"),
        lambda: unify(DATA, stages="default", as_of=NOW),
        lambda: unify(DATA, stages=STAGES, as_of=NOW, rate=TABLE),
        lambda: unify(DATA, stages=STAGES, as_of=NOW, rate=lambda _: 0.5),
        lambda: backtest("data", ask, periods=[MARCH], as_of=NOW),
        lambda: backtest(DATA, "method", periods=[MARCH], as_of=NOW),
        lambda: backtest(DATA, ask, periods="2026-03", as_of=NOW),
        lambda: fit_correction([brl("1")]),
        lambda: brier(["0.5"]),
        lambda: brier_parts([("0.5", True)], bins=0),
        lambda: pinball([1], [1], quantile=90),
        lambda: Stale(TABLE, limits={"proposal": -1}),
        lambda: Stale(TABLE, limits="proposal"),
        lambda: MovedWithin(-3),
        lambda: InStage("verbal"),
        lambda: Without("signed"),
        lambda: ChannelAdjusted(TABLE, "performance"),
        lambda: ValueCount(name="origin", value="direct", won=-1, lost=2),
        lambda: NaiveBayes(by=("origin",), won=-1, lost=2, as_of=NOW),
        lambda: NaiveBayes(by=("origin",), won=1, lost=2, min_outcomes=-1, as_of=NOW),
        lambda: RateCell(key=(), value=Decimal("0.5"), wins=-1, n=2),
        lambda: WinRate(by=("origin",), cells=[], as_of=NOW).rate(deal()),
        lambda: TimeToClose(curves=[], as_of=NOW).ever(deal(), 3),
        lambda: Transition(stage="proposal", to="won", count=-1),
        lambda: MarkovChain(transitions=[], step_days=0, as_of=NOW),
        lambda: roll_up(ask(deal()), by="origin", parents={"acme": None}),
        lambda: roll_up(ask(deal()), by="origin", parents={}, measure="expected"),
        lambda: waterfall([deal()], [deal()], period="2026-Q2"),
        lambda: slippage(DATA, MARCH, limit="three"),
        lambda: backtest(DATA, ask, periods=[MARCH], as_of=NOW, min_decided="one"),
        lambda: fit_win_rate(DATA, as_of=NOW, calendar="UTC"),
        lambda: Correction().apply("forecast"),
        lambda: Correction(weight="0.5").apply(ask(deal()), naive=5),
        lambda: wape([brl("100")], [100]),
    ],
)
def test_a_slip_is_named_and_never_a_riddle(slip):
    """Place, rule and value, whatever was passed."""
    with pytest.raises(InvalidValue, match=r"must be .* \(got .*\)"):
        slip()


def test_deals_that_went_the_same_way_all_count():
    """Twice the deals are twice the cases behind every cell, though each course is looked at once."""

    def fit_of(copies):
        return fit_in_period(
            Dataset(
                opportunities=[
                    told(f"D-{n}-{copy}", ("lead", at(1, 1 + n % 20)), ("won", at(3, 1 + n % 25)))
                    for n in range(30)
                    for copy in range(copies)
                ]
            ),
            as_of=NOW,
        )

    once, twice = fit_of(1), fit_of(2)
    assert (once.n, twice.n) == (30, 60)
    assert twice.won == once.won > 0
    seen = {one.key: one.n for one in once.factors if one.level == "stage_age"}
    assert {one.key: one.n for one in twice.factors if one.level == "stage_age"} == {
        key: 2 * n for key, n in seen.items()
    }


def test_rates_pool_and_are_not_averaged():
    """1 of 2 and 8 of 10 are 9 of 12, not 65 %."""
    deals = [told(f"A{n}", ("won" if n < 1 else "lost", at(3)), origin="a") for n in range(2)]
    deals += [told(f"B{n}", ("won" if n < 8 else "lost", at(3)), origin="b") for n in range(10)]
    fitted = fit_win_rate(Dataset(opportunities=deals), as_of=NOW, by=("origin",))
    assert [cell.value for cell in fitted.cells] == [Decimal("0.75"), Decimal("0.5"), Decimal("0.8")]
