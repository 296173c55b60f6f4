"""The unified pipeline, movements and views of a forecast as their users meet them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from partnerops import Dataset, Money, Opportunity, OpportunityLine, Partner, Period, StageChange
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PolicyBrokeContract, UnknownName
from partnerops.forecast import (
    Category,
    EvidenceRule,
    NewBusinessLine,
    StageWeighted,
    interval,
    project,
)
from partnerops.forecast.pipeline import (
    PARTNER_STAGES,
    Hygiene,
    StageDefinition,
    Stages,
    bottlenecks,
    pushes,
    slippage,
    snapshot,
    unify,
    waterfall,
)
from partnerops.forecast.planning import (
    Categories,
    ForecastAdjustment,
    against_plan,
    against_quota,
    categorise,
    compare_forecasts,
    margins,
    resized,
    roll_up,
    scenarios,
    slipped,
    without,
)
from partnerops.forecast.scoring import Correction, Finished, backtest, brier, fit_correction, rolling, wape
from partnerops.forecast.wrappers import HasDocument

NOW = datetime(2026, 4, 15, tzinfo=UTC)
Q2 = Period.quarter(2026, 2)
TABLE = StageWeighted({"qualified_referral": "0.2", "negotiation_via_partner": "0.6"})


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def deal(id: str = "D-1", **changes: object) -> Opportunity:
    values = {
        "id": id, "amount": brl("1000.00"), "stage": "negotiation_via_partner", "origin": "partner",
        "partner_id": "acme", "created_at": datetime(2026, 3, 1, tzinfo=UTC), "expected_close": date(2026, 5, 30),
    }  # fmt: skip
    return Opportunity(**(values | changes))


def won(id: str, at: datetime = NOW, **changes: object) -> Opportunity:
    return deal(id, stage="sale_closed", status="won", closed_at=at, **changes)


def ask(*deals: Opportunity, **options: object):
    return project(deals, **({"outlook": TABLE, "period": Q2, "as_of": NOW} | options))


class TestStages:
    def test_the_partner_stages_keep_their_portuguese_words(self):
        assert [one.label("pt") for one in PARTNER_STAGES.definitions][:3] == [
            "Indicação qualificada", "Negociação via parceiro", "Venda concluída",
        ]  # fmt: skip
        assert [one.label("en") for one in PARTNER_STAGES.definitions][:3] == [
            "Qualified referral", "Negotiation via partner", "Sale closed",
        ]  # fmt: skip
        assert PARTNER_STAGES.get("sale_closed").label("fr") == "sale_closed"

    def test_advance_is_a_place_and_not_a_chance(self):
        four = Stages([*(StageDefinition(name) for name in "abc"), StageDefinition("w", kind="won")])
        assert [four.advance(name) for name in "abcw"] == [0, Fraction(1, 3), Fraction(2, 3), 1]
        single = Stages([StageDefinition("a"), StageDefinition("w", kind="won"), StageDefinition("l", kind="lost")])
        assert (single.advance("a"), single.advance("l")) == (0, None)

    def test_a_lost_deal_has_come_as_far_as_it_had(self):
        lost_at = datetime(2026, 4, 1, tzinfo=UTC)
        history = [
            StageChange(stage="negotiation_via_partner", at=datetime(2026, 3, 1, tzinfo=UTC)),
            StageChange(stage="sale_lost", status="lost", at=lost_at),
        ]
        lost = deal(stage="sale_lost", status="lost", closed_at=lost_at, history=history)
        assert PARTNER_STAGES.advance_of(lost) == Fraction(1, 2)
        assert PARTNER_STAGES.advance_of(lost.replace(history=())) is None
        assert PARTNER_STAGES.advance_of(won("W")) == 1

    def test_refusals(self):
        with pytest.raises(InvalidValue, match="free of repeats"):
            Stages([StageDefinition("a"), StageDefinition("a"), StageDefinition("w", kind="won")])
        with pytest.raises(InvalidValue, match="exactly one won"):
            Stages([StageDefinition("a")])
        with pytest.raises(UnknownName, match="did you mean 'sale_closed'"):
            PARTNER_STAGES.advance("sale_close")


class TestUnify:
    def test_direct_and_partner_deals_stand_in_one_table(self):
        direct = Stages([
            StageDefinition("demo", canonical="qualified_referral"), StageDefinition("signed", kind="won"),
        ])  # fmt: skip
        data = Dataset(
            opportunities=[
                deal("P-1", documents=["proposal_sent"]),
                deal("D-1", pipeline="direct", stage="demo", origin="direct", partner_id=None),
                won("P-2"),
            ],
            partners=[Partner(id="acme", name="Acme", type="reseller")],
        )
        table = unify(data, stages={"default": PARTNER_STAGES, "direct": direct}, as_of=NOW, language="pt")
        assert [(row.status_label, row.canonical, row.partner_profile, row.percent_advance) for row in table.rows] == [
            ("demo", "qualified_referral", None, 0),
            ("Negociação via parceiro", "negotiation_via_partner", "reseller", Fraction(1, 2)),
            ("Venda concluída", "sale_closed", "reseller", 1),
        ]
        assert table.open_pipeline == brl("2000.00")
        assert table.rows[1].warnings == ()
        assert table.rows[1].age_days == 45

    def test_open_and_weighted_pipeline_are_two_numbers(self):
        data = Dataset(opportunities=[deal("D-1"), deal("D-2", stage="qualified_referral"), won("D-3")])
        table = unify(data, stages=PARTNER_STAGES, as_of=NOW, rate=TABLE.rate)
        assert (table.open_pipeline, table.weighted_pipeline) == (brl("2000.00"), brl("800.00"))
        assert [row.probability.value for row in table.rows] == [Decimal("0.6"), Decimal("0.2"), 1]
        assert "weighted 800.00 BRL" in str(table)

    def test_a_zero_amount_is_a_value(self):
        (row,) = unify(
            Dataset(opportunities=[deal(amount=brl("0.00"))]), stages=PARTNER_STAGES, as_of=NOW, rate=TABLE.rate
        ).rows
        assert (row.weighted_amount, row.amount) == (brl("0.00"), brl("0.00"))
        assert Hygiene.NO_AMOUNT not in row.warnings

    def test_odoos_defect_the_sum_of_products_is_not_the_product_of_means(self):
        sure = StageWeighted({"qualified_referral": "0.99", "negotiation_via_partner": 0})
        data = Dataset(opportunities=[
            deal("D-1", stage="qualified_referral", amount=brl("100.00")), deal("D-2", amount=brl("200.00")),
        ])  # fmt: skip
        assert unify(data, stages=PARTNER_STAGES, as_of=NOW, rate=sure.rate).weighted_pipeline == brl("99.00")

    def test_every_warning(self):
        pushed = [
            StageChange(stage="negotiation_via_partner", at=datetime(2026, 3, day, tzinfo=UTC), expected_close=due)
            for day, due in enumerate(
                (date(2026, 3, 20), date(2026, 4, 2), date(2026, 4, 25), date(2026, 5, 1), date(2026, 6, 1)), start=1
            )
        ]
        data = Dataset(opportunities=[
            deal("D-1", expected_close=date(2026, 4, 1)), deal("D-2", expected_close=None, amount=None),
            deal("D-3", history=pushed, expected_close=date(2026, 6, 1)), deal("D-4", stage="odd"),
        ])  # fmt: skip
        table = unify(data, stages=PARTNER_STAGES, as_of=NOW, stale_limits={"negotiation_via_partner": 44})
        assert [tuple(map(str, row.warnings)) for row in table.rows] == [
            ("overdue", "no_evidence", "stale"), ("unscheduled", "no_amount", "no_evidence", "stale"),
            ("no_evidence", "stale", "pushed"), ("unknown_stage",),
        ]  # fmt: skip
        assert table.warnings[Hygiene.NO_EVIDENCE] == 3
        assert pushes(data.opportunities[2]) == 3
        assert repr(Hygiene.STALE) == "Hygiene.STALE"

    def test_recurring_and_one_off_parts(self):
        lines = [
            OpportunityLine(product="erp", amount=brl("900.00"), revenue="recurring", term_months=12),
            OpportunityLine(product="setup", amount=brl("100.00")),
        ]
        (row,) = unify(Dataset(opportunities=[deal(lines=lines)]), stages=PARTNER_STAGES, as_of=NOW).rows
        assert (row.one_off, row.recurring) == (brl("100.00"), brl("900.00"))

    def test_odd_input(self):
        empty = unify(Dataset(), stages=PARTNER_STAGES, as_of=NOW)
        assert (empty.rows, empty.currency) == ((), "")
        assert "0 deals" in str(empty)
        with pytest.raises(InvalidValue, match="Stages"):
            unify(Dataset(opportunities=[deal()]), stages={"default": "x"}, as_of=NOW)
        with pytest.raises(CurrencyMismatch):
            unify(
                Dataset(opportunities=[deal("D-1"), deal("D-2", amount=Money("1", "USD"))]),
                stages=PARTNER_STAGES,
                as_of=NOW,
            )
        (row,) = unify(Dataset(opportunities=[deal(pipeline="other")]), stages={}, as_of=NOW).rows
        assert (row.status_label, row.percent_advance, row.warnings) == (
            "negotiation_via_partner",
            None,
            (Hygiene.UNKNOWN_STAGE,),
        )


def told(id: str, *steps: tuple[int, str, str, date | None], **changes: object) -> Opportunity:
    """A deal told by (day of the year, stage, amount, expected close)."""
    history = [
        StageChange(
            stage=stage, at=datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day - 1),
            status=stage if stage in ("won", "lost") else "open", amount=brl(amount), expected_close=due,
        )
        for day, stage, amount, due in steps
    ]  # fmt: skip
    last = history[-1]
    closed = None if last.status == "open" else last.at
    due = next((one.expected_close for one in reversed(history) if one.expected_close), None)
    values = {
        "id": id, "stage": last.stage, "status": last.status, "closed_at": closed, "amount": last.amount,
        "created_at": history[0].at, "history": history, "expected_close": due,
    }  # fmt: skip
    return Opportunity(**(values | changes))


MAY, AUGUST = date(2026, 5, 30), date(2026, 8, 30)


class TestMovements:
    DATA = Dataset(opportunities=[
        told("grown", (1, "a", "100.00", MAY), (100, "a", "150.00", None)),
        told("shrunk", (1, "a", "100.00", MAY), (100, "a", "70.00", None)),
        told("pulled", (1, "a", "10.00", AUGUST), (100, "a", "10.00", MAY)),
        told("pushed", (1, "a", "20.00", MAY), (100, "a", "25.00", AUGUST)),
        told("won", (1, "a", "30.00", MAY), (100, "won", "33.00", None)),
        told("lost", (1, "a", "40.00", MAY), (100, "lost", "40.00", None)),
        told("back", (1, "a", "50.00", MAY), (2, "lost", "50.00", None), (100, "a", "50.00", None)),
        told("new", (100, "a", "60.00", MAY)),
        told("quick", (100, "a", "5.00", MAY), (101, "won", "6.00", None)),
    ])  # fmt: skip
    BEFORE, AFTER = date(2026, 3, 31), date(2026, 4, 30)

    def snapshots(self):
        return snapshot(self.DATA, self.BEFORE), snapshot(self.DATA, self.AFTER)

    def test_every_step_of_the_waterfall(self):
        result = waterfall(*self.snapshots(), period=Q2)
        assert (result.start, result.end) == (brl("290.00"), brl("340.00"))
        assert {step: str(money.amount) for step, money in result.steps.items()} == {
            "created": "66.00", "reopened": "50.00", "amount_up": "50.00", "amount_down": "-30.00",
            "pulled_in": "10.00", "pushed_out": "-20.00", "won": "-36.00", "lost": "-40.00", "removed": "0.00",
        }  # fmt: skip
        assert str(result).startswith("open pipeline due in 2026-Q2 from 290.00 BRL to 340.00 BRL")
        assert result._repr_html_().count("<svg") == 1

    def test_moves_and_slips_are_rows(self):
        result = waterfall(*self.snapshots(), period=Q2)
        assert {row["opportunity_id"]: row["step"] for row in result.to_dicts()}["lost"] == "lost"

    def test_without_a_period_dates_do_not_matter(self):
        result = waterfall(*self.snapshots())
        steps = result.steps
        assert (steps["pulled_in"], steps["pushed_out"]) == (brl("0.00"), brl("0.00"))
        assert steps["amount_up"] == brl("55.00")

    def test_a_record_that_is_gone_is_removed(self):
        before, after = self.snapshots()
        result = waterfall(before, without(after, "grown"))
        assert result.steps["removed"] == brl("-100.00")
        with pytest.raises(UnknownName, match="did you mean 'grown'"):
            without(after, "grow")

    def test_refusals(self):
        before, _ = self.snapshots()
        with pytest.raises(InvalidValue, match="in it twice"):
            waterfall([*before, before[0].replace(amount=brl("1.00"))], before)
        with pytest.raises(CurrencyMismatch):
            waterfall(before, [deal(amount=Money("1", "USD"))])
        with pytest.raises(InvalidValue, match="currency"):
            waterfall([], [])

    def test_slippage(self):
        result = slippage(self.DATA, Q2)
        assert result.slipped == ("grown", "pushed", "shrunk")
        assert (result.by_count.percent(), result.by_amount.percent()) == ("60.0 %", "75.9 %")
        assert result.aged_out == ()
        assert [row["pushes"] for row in result.to_dicts()] == [0, 1, 0]
        assert slippage(self.DATA, Q2, limit=1).aged_out == ("pushed",)
        nothing = slippage(Dataset(), Q2)
        assert (nothing.by_count.value, nothing.by_amount.value) == (None, None)
        assert "n/a" in str(nothing)


class TestBottlenecks:
    def flow(self, prefix: str, origin: str, count: int, through: int, days: int):
        end = ["won" if n < through else "lost" for n in range(count)]
        return [told(f"{prefix}{n}", (1, "a", "10.00", None), (1 + days, end[n], "10.00", None), origin=origin)
                for n in range(count)]  # fmt: skip

    def test_direct_against_indirect(self):
        waiting = [
            told("X", (1, "a", "500.00", None), origin="partner"),
            told("Y", (1, "a", "1.00", None), origin="direct"),
        ]
        deals = self.flow("D", "direct", 20, 15, 10) + self.flow("P", "partner", 30, 10, 30) + waiting
        result = bottlenecks(Dataset(opportunities=deals), as_of=date(2026, 4, 1))
        (stage,) = result.stages
        assert (stage.direct.conversion.percent(), stage.indirect.conversion.percent()) == ("75.0 %", "33.3 %")
        assert (stage.direct.median_days, stage.indirect.median_days, stage.dwell_ratio) == (10, 30, 3)
        assert stage.difference == Decimal("0.416666667")
        assert Decimal("0.1") < stage.low < stage.difference < stage.high < Decimal("0.7")
        assert (result.direct, result.indirect, result.slowest) == ("a", "a", "a")
        assert stage.indirect.waiting == brl("500.00")
        assert "41.7 %" in str(result)

    def test_a_changed_amount_does_not_end_a_visit(self):
        one = told("D", (1, "a", "1.00", None), (5, "a", "2.00", None), (11, "b", "2.00", None), origin="direct")
        result = bottlenecks(Dataset(opportunities=[one]), as_of=date(2026, 4, 1))
        assert [(stage.stage, stage.direct.median_days, stage.direct.visits) for stage in result.stages] == [
            ("a", 10, 1), ("b", None, 1),
        ]  # fmt: skip
        assert result.stages[0].indirect.conversion.value is None

    def test_too_few_visits_are_shown_and_not_compared(self):
        deals = self.flow("D", "direct", 19, 15, 10) + self.flow("P", "partner", 30, 10, 30)
        result = bottlenecks(Dataset(opportunities=deals), as_of=date(2026, 4, 1))
        assert (result.stages[0].sufficient, result.direct, result.slowest) == (False, None, None)
        assert "insufficient" in str(result)
        mixed = [told("D", (1, "a", "1.00", None)), deal(amount=Money("1", "USD"))]
        with pytest.raises(CurrencyMismatch):
            bottlenecks(Dataset(opportunities=mixed), as_of=NOW)


class TestCategories:
    RULES = Categories(
        {"negotiation_via_partner": "most_likely", "qualified_referral": "pipeline"},
        pinned={"D-5": "best_case"},
        rules=[EvidenceRule(HasDocument("signed_contract"), floor="0.9", category="commit")],
    )

    def test_pinned_before_evidence_before_stage(self):
        result = ask(
            won("D-0"), deal("D-1"), deal("D-2", stage="qualified_referral"),
            deal("D-3", documents=["signed_contract"]), deal("D-5", documents=["signed_contract"]),
            deal("D-6", expected_close=date(2026, 8, 1)), deal("D-7", stage="lost", status="lost", closed_at=NOW),
        )  # fmt: skip
        rolled = categorise(result, self.RULES)
        assert {name: rolled.counts[name] for name in Category} == {
            "omitted": 2, "pipeline": 1, "best_case": 1, "most_likely": 1, "commit": 1, "closed": 1,
        }  # fmt: skip
        assert rolled.open_pipeline == brl("4000.00")
        assert rolled.commit_forecast == brl("2000.00")
        assert rolled.best_case_forecast == brl("4000.00")
        assert str(scenarios(rolled)).startswith("2026-Q2: 2,000.00 BRL to 4,000.00 BRL, base 3,000.00 BRL")
        assert [row["category"] for row in rolled.to_dicts()][-1] == "closed"

    def test_what_the_record_pins_counts(self):
        for said in ("commit", "Commit", "Best Case", "BestCase", "best-case"):
            rolled = categorise(ask(deal(forecast_category=said)), self.RULES)
            assert rolled.counts["commit"] + rolled.counts["best_case"] == 1
        with pytest.raises(UnknownName, match=r"of an open deal \(D-1\) 'sure'"):
            categorise(ask(deal(forecast_category="sure")), self.RULES)
        with pytest.raises(UnknownName, match="of an open deal"):
            categorise(ask(deal(forecast_category="Closed")), self.RULES)

    def test_an_unknown_category_is_refused(self):
        with pytest.raises(InvalidValue, match="one of omitted"):
            Categories({"verbal": "certain"})
        with pytest.raises(InvalidValue, match="only a won deal is closed"):
            Categories({"verbal": "closed"})
        with pytest.raises(InvalidValue, match="only a won deal is closed"):
            EvidenceRule(HasDocument("x"), category="closed")
        with pytest.raises(InvalidValue, match="a mapping"):
            Categories("verbal")


PARENTS = {"acme": "south", "birch": "south", "south": "brazil"}


class TestRollUp:
    def test_adjustments_stand_on_top_and_the_raw_one_is_kept(self):
        result = ask(deal("D-1"), deal("D-2", partner_id="birch"), deal("D-3", partner_id=None))
        adjust = ForecastAdjustment(
            node="south", period=Q2, value=brl("900.00"), author="ana", at=NOW, note="acme is late"
        )
        older = adjust.replace(value=brl("1.00"), at=NOW - timedelta(days=1))
        future = adjust.replace(value=brl("2.00"), at=NOW + timedelta(days=1))
        other = adjust.replace(node="acme", category="commit")
        last_quarter = adjust.replace(node="acme", period=Period.quarter(2026, 1))
        said = [future, adjust, older, other, last_quarter]
        rolled = roll_up(result, by="partner_id", parents=PARENTS, adjustments=said)
        committed = roll_up(result, by="partner_id", parents=PARENTS, adjustments=said, category="commit")
        assert committed.node("acme").adjustment == other
        assert (rolled.raw, rolled.adjusted) == (brl("1800.00"), brl("1500.00"))
        south = rolled.node("south")
        assert (south.raw, south.adjusted, south.own) == (brl("1200.00"), brl("900.00"), brl("0.00"))
        assert rolled.node("brazil").adjusted == brl("900.00")
        assert rolled.node("unknown").raw == brl("600.00")
        assert rolled.node("acme").adjustment is None
        assert "1,500.00 BRL adjusted" in str(rolled)

    def test_circles_and_currencies_are_refused(self):
        with pytest.raises(InvalidValue, match="free of circles"):
            roll_up(ask(deal()), by="partner_id", parents={"acme": "b", "b": "acme"})
        dollars = ForecastAdjustment(node="acme", period=Q2, value=Money("1", "USD"), author="ana", at=NOW)
        with pytest.raises(CurrencyMismatch):
            roll_up(ask(deal()), by="partner_id", parents={}, adjustments=[dollars])
        with pytest.raises(UnknownName):
            roll_up(ask(deal()), by="partner_id", parents={}).node("acne")
        lost = dollars.replace(node="acne", value=brl("1"))
        with pytest.raises(UnknownName, match="acme"):
            roll_up(ask(deal()), by="partner_id", parents={}, adjustments=[lost])
        with pytest.raises(UnknownName, match="commit"):
            roll_up(ask(deal()), by="partner_id", parents={}, category="comit")


class TestPlanning:
    def test_quota_coverage_and_gap(self):
        result = ask(won("D-0"), deal("D-1"), deal("D-2", stage="qualified_referral", expected_close=date(2026, 9, 1)))
        view = against_quota(result, brl("2000.00"))
        assert (view.attainment.percent(), view.projected_attainment.percent()) == ("50.0 %", "80.0 %")
        assert (view.gap, view.due, view.coverage.decimal(2)) == (brl("400.00"), brl("1000.00"), Decimal("1.00"))
        met = against_quota(result, brl("1000.00"))
        assert (met.met, met.coverage.value) == (True, None)
        assert against_quota(result, brl("0.00")).attainment.value is None
        assert "80.0 % projected" in str(view)
        with pytest.raises(CurrencyMismatch):
            against_quota(result, Money("1", "USD"))

    def test_no_quota_has_no_attainment(self):
        view = against_quota(ask(won("D-0"), deal("D-1")), None)
        assert (view.quota, view.gap, view.met) == (None, None, False)
        assert [one.value for one in (view.attainment, view.projected_attainment, view.coverage)] == [None] * 3
        assert "no quota" in str(view)
        zero = against_quota(ask(won("D-0"), deal("D-1")), brl("0.00"))
        assert (zero.attainment.value, zero.met, zero.coverage.value) == (None, True, None)
        with pytest.raises(InvalidValue, match="a Money"):
            against_quota(ask(deal()), 2000)

    def test_a_plan_shows_what_either_side_lacks(self):
        view = against_plan(ask(deal(), deal("D-2", origin=None)), {"direct": brl("100.00"), "partner": brl("500.00")})
        assert [(row.key, row.plan, row.expected, row.attainment.percent()) for row in view.rows] == [
            ("direct", brl("100.00"), brl("0.00"), "0.0 %"), ("partner", brl("500.00"), brl("600.00"), "120.0 %"),
            (None, None, brl("600.00"), "n/a"),
        ]  # fmt: skip
        assert "600.00 BRL apart" in str(view)
        with pytest.raises(CurrencyMismatch):
            against_plan(ask(deal()), {"direct": Money("1", "USD")})

    def test_margin_after_expected_commission(self):
        result = ask(won("D-0", cost=brl("400.00")), deal("D-1", cost=brl("100.00")), deal("D-2"))
        view = margins(result, commission=lambda one: one.amount.times("0.10"))
        assert [(one.line.opportunity_id, one.cost, one.commission, one.margin) for one in view.lines] == [
            ("D-0", brl("400.00"), brl("100.00"), brl("500.00")),
            ("D-1", brl("60.00"), brl("60.00"), brl("480.00")),
            ("D-2", brl("0.00"), brl("60.00"), brl("540.00")),
        ]
        assert view.without_cost == ("D-2",)
        assert "1,520.00 BRL of 2,200.00 BRL left (69.1 %)" in str(view)
        with pytest.raises(PolicyBrokeContract, match="answer with Money"):
            margins(result, commission=lambda _: 5)
        with pytest.raises(CurrencyMismatch):
            margins(result, commission=lambda _: Money("1", "USD"))

    def test_what_if_and_comparison(self):
        deals = [deal("D-1"), deal("D-2", amount=brl("5000.00"))]
        before = ask(*deals)
        change = compare_forecasts(before, ask(*without(deals, "D-2")))
        assert [(line.opportunity_id, line.change, line.because) for line in change.lines] == [
            ("D-2", brl("-3000.00"), "it is not there any more")
        ]
        late = compare_forecasts(before, ask(*slipped(deals, days=60, where=lambda one: one.partner_id == "acme")))
        assert late.after == brl("0.00")
        assert late.lines[0].because == "its expected close lies outside the period"
        cheaper = ask(*resized(deals, "0.9"))
        assert compare_forecasts(before, cheaper).change == brl("-360.00")
        assert str(late).startswith("2026-Q2: from 3,600.00 BRL to 0.00 BRL")
        with pytest.raises(InvalidValue, match="a forecast of 2026-Q2"):
            compare_forecasts(before, ask(*deals, period=Period.quarter(2026, 3)))
        with pytest.raises(CurrencyMismatch):
            compare_forecasts(before, ask(deal(amount=Money("1", "USD"))))

    def test_new_business_is_one_line_of_a_comparison(self):
        class Guess:
            def estimate(self, *, as_of, period):
                return [NewBusinessLine(amount=brl("70.00"), because="as last year")]

        (line,) = compare_forecasts(ask(deal()), ask(deal(), new_business=Guess())).lines
        assert (line.opportunity_id, line.change, line.because) == ("new business", brl("70.00"), "as last year")


class TestIntervalsAndCorrections:
    def past(self, *misses: str) -> list[Finished]:
        return [
            Finished(period=Period.month(2025, month), closed=brl("0"), expected=brl("100.00"), actual=brl(actual))
            for month, actual in enumerate(misses, start=1)
        ]

    def test_uncalibrated_until_four_are_finished(self):
        result = ask(won("D-0"), deal("D-1"), deal("D-2"))
        three = interval(result, past=self.past("90", "110", "130"))
        assert (three.calibrated, three.n, three.method) == (False, 3, "grid")
        assert (three.low, three.median, three.high) == (brl("1000.00"), brl("2000.00"), brl("3000.00"))
        assert "uncalibrated" in str(three)
        four = interval(result, past=self.past("90", "110", "130", "160"))
        # the fourth smallest of four misses: 0.6 of the open 1,200
        assert (four.low, four.median, four.high) == (brl("1480.00"), brl("2200.00"), brl("2920.00"))
        assert four.because == "as far off as 80 % of 4 forecasts were"
        assert scenarios(result, past=self.past("90", "110", "130", "160")).pessimistic == four.low

    def test_refusals(self):
        result = ask(deal())
        with pytest.raises(InvalidValue, match="between 0 and 1"):
            interval(result, level=80)
        dollars = Finished(period=Q2, closed=Money("0", "USD"), expected=Money("1", "USD"), actual=Money("1", "USD"))
        with pytest.raises(CurrencyMismatch):
            interval(result, past=[dollars])
        with pytest.raises(CurrencyMismatch):
            dollars.replace(actual=brl("1"))
        with pytest.raises(CurrencyMismatch):
            Correction().apply(result, naive=Money("1", "USD"))

    def test_ratio_and_mixture_by_hand(self):
        past = [one.replace(naive=brl("80.00")) for one in self.past("80", "80")]
        correction = fit_correction(past)
        assert correction.ratio == Decimal("0.8")
        assert correction.weight == Decimal("0.5")  # after the ratio neither misses
        unscaled = fit_correction(past, ratio=False)
        assert (unscaled.ratio, unscaled.weight) == (1, Decimal("0.333333333"))  # (2 + 0) / (2 x 2 + 2) of 400
        corrected = correction.apply(ask(deal("D-1"), won("D-0")), naive=brl("1600.00"))
        assert corrected.expected == brl("1540.00")  # (1000 + 0.8 x 600 + 1600) / 2
        assert corrected.change == brl("-60.00")
        assert str(corrected).startswith("2026-Q2: 1,540.00 BRL corrected from 1,600.00 BRL")
        assert corrected.as_of == NOW

    def test_measures_refuse_what_they_cannot_compare(self):
        with pytest.raises(InvalidValue, match="as long as actual"):
            wape([1, 2], [1])
        with pytest.raises(CurrencyMismatch):
            wape([brl("1.00")], [Money("1", "USD")])
        with pytest.raises(InvalidValue, match=r"outcomes\[0\]\[0\] must be a fraction"):
            brier([(2, True)])

    def test_every_number_of_deals_has_its_method(self):
        for count, method in ((0, "normal"), (3, "grid"), (150, "saddlepoint"), (2500, "Cornish-Fisher")):
            span = interval(ask(*(deal(f"D-{n}") for n in range(count)), currency="BRL"))
            assert (span.method, span.calibrated) == (method, False)
        lump = [deal(f"D-{n}") for n in range(150)] + [deal("BIG", amount=brl("900000.00"))]
        assert interval(ask(*lump)).method == "enumeration"
        back = [deal("D-1", amount=brl("-100.00")), deal("D-2")]
        span = interval(ask(*back), level="0.98")
        assert (span.low, span.high) == (brl("-100.00"), brl("1000.00"))

    def test_backtest_refusals_and_defaults(self):
        def method(data, /, *, as_of, period):
            return project(data, outlook=TABLE, period=period, as_of=as_of, currency="BRL")

        data = Dataset(
            opportunities=[won("D-0", datetime(2026, 2, 3, tzinfo=UTC), created_at=datetime(2026, 2, 1, tzinfo=UTC))]
        )
        weeks = rolling(date(2026, 3, 2), step_days=7, horizon_days=14, until=date(2026, 3, 31))
        result = backtest(data, method, periods=weeks, as_of=date(2026, 4, 1), lead_days=7)
        assert (result.overlapping, result.lead_days, result.coverage.value) == (True, 7, None)
        assert result.rows[0].seasonal is None
        assert len(result.finished) == len(result.rows) == len(result.to_dicts())
        every = backtest(
            data, method, periods=[Period.month(2026, 2)], as_of=NOW, lead_days=40, season=1, min_decided=0
        )
        assert every.rows[0].last is None  # January began before anything was recorded
        assert "overlapping" in str(result)
        with pytest.raises(InvalidValue, match="at least one Period"):
            backtest(data, method, periods=[], as_of=NOW)
        with pytest.raises(InvalidValue, match="over by as_of"):
            backtest(data, method, periods=[Q2], as_of=NOW)

        def wrong(*_data, **_options):
            return "nothing"

        with pytest.raises(PolicyBrokeContract, match="wrong must answer with a Forecast of"):
            backtest(data, wrong, periods=weeks, as_of=date(2026, 4, 1))
