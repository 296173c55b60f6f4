"""Laws of the pipeline and of the views of a forecast: identities, nothing vanishes, roll-ups sum."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from partnerops import Dataset, Money, Partner
from partnerops._canonical import canonical_bytes
from partnerops.forecast import Category, project
from partnerops.forecast.pipeline import (
    StageDefinition,
    Stages,
    bottlenecks,
    slippage,
    snapshot,
    unify,
    waterfall,
)
from partnerops.forecast.planning import (
    Categories,
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

from .pipelines import AS_OF, QUARTER, STAGES, Always, any_outlook, minors, pipelines

pytestmark = pytest.mark.laws

PIPELINE = Stages([*(StageDefinition(name) for name in STAGES), StageDefinition("won", kind="won")])
LATER = datetime(2026, 6, 20, tzinfo=UTC)
categories = st.dictionaries(
    st.sampled_from(STAGES), st.sampled_from([one for one in Category if one != "closed"]), max_size=3
).map(Categories)


def brl(minor: int) -> Money:
    return Money.from_minor(minor, "BRL")


def forecast(found, outlook):
    return project(found, outlook=outlook, period=QUARTER, as_of=AS_OF, currency="BRL")


hierarchies = st.sampled_from([{}, {"acme": "south"}, {"acme": "south", "south": "all", "birch": "all"}])
plans = st.dictionaries(st.sampled_from(["direct", "partner", "reseller"]), minors.map(brl))


class TestPipeline:
    """One table of all deals."""

    @settings(max_examples=15)
    @given(pipelines(8), any_outlook)
    def test_every_known_deal_has_a_row_and_sums_are_exact(self, found, outlook):
        """Weighted is the rounded sum of amount x chance; warnings are of open deals only."""
        data = Dataset(opportunities=found, partners=[Partner(id="acme", name="Acme", type="reseller")])
        table = unify(
            data, stages=PIPELINE, as_of=AS_OF, stale_limits=dict.fromkeys(STAGES, 30),
            rate=lambda deal: outlook.probability(deal, as_of=AS_OF, period=QUARTER) if deal.stage in STAGES
            else Always(Decimal(0)).probability(deal, as_of=AS_OF, period=QUARTER),
        )  # fmt: skip
        seen = [deal.id for deal in found if deal.as_of(AS_OF, AS_OF.date()) is not None]
        assert [row.opportunity_id for row in table.rows] == sorted(seen)
        assert all(row.opportunity.is_open or not row.warnings for row in table.rows)
        assert all(row.percent_advance is None or 0 <= row.percent_advance <= 1 for row in table.rows)
        assert all(row.one_off + row.recurring == row.amount for row in table.rows if row.amount is not None)
        assert len(table.to_dicts()) == len(table.rows)
        if table.currency:
            exact = sum(row.amount.minor * Decimal(row.probability.value) for row in table.open_rows if row.amount)
            assert abs(table.weighted_pipeline.minor - exact) <= Decimal("0.5")
            assert str(table)

    @settings(max_examples=15)
    @given(pipelines(8))
    def test_nothing_later_is_seen(self, found):
        """Neither by the table nor by the bottlenecks."""
        data = Dataset(opportunities=found)
        for view in (
            lambda data: unify(data, stages=PIPELINE, as_of=AS_OF).to_dicts(),
            lambda data: bottlenecks(data, as_of=AS_OF, min_visits=1).to_dicts(),
        ):
            assert canonical_bytes(view(data)) == canonical_bytes(view(data.as_of(AS_OF)))


class TestMovements:
    """From one snapshot to another."""

    @settings(max_examples=15)
    @given(pipelines(8), st.none() | st.just(QUARTER), st.data())
    def test_the_waterfall_is_an_identity(self, found, period, data):
        """To the minor unit, whatever happened, also when records disappear."""
        programme = Dataset(opportunities=found)
        before, after = snapshot(programme, AS_OF), snapshot(programme, LATER)
        kept = data.draw(st.sets(st.sampled_from([deal.id for deal in after]))) if after else set()
        after = tuple(deal for deal in after if deal.id not in kept)
        result = waterfall(before, after, period=period, currency="BRL")
        assert result.start.minor + sum(move.amount.minor for move in result.moves) == result.end.minor
        assert sum(money.minor for money in result.steps.values()) == result.end.minor - result.start.minor
        # one residence a deal; a deal created and decided in between has both
        moved = Counter(move.opportunity_id for move in result.moves)
        assert all(
            count == 1 or {m.step for m in result.moves if m.opportunity_id == id} <= {"created", "won", "lost"}
            for id, count in moved.items()
        )
        due = [d for d in before if d.is_open and (period is None or (d.expected_close and d.expected_close in period))]
        assert result.start.minor == sum(deal.amount.minor for deal in due if deal.amount)

    @settings(max_examples=15)
    @given(pipelines(8))
    def test_no_change_is_no_move(self, found):
        """A snapshot against itself."""
        same = snapshot(Dataset(opportunities=found), AS_OF)
        assert waterfall(same, same, currency="BRL").moves == ()

    @settings(max_examples=15)
    @given(pipelines(8))
    def test_slipped_deals_were_due_and_are_still_open(self, found):
        """A part of the deals due."""
        result = slippage(Dataset(opportunities=found), QUARTER, currency="BRL")
        assert len(result.slipped) == result.by_count.numerator <= result.by_count.denominator
        assert set(result.aged_out) <= set(result.slipped) == set(result.pushed)

    @settings(max_examples=15)
    @given(pipelines(8))
    def test_bottlenecks_count_each_visit_once(self, found):
        """Direct and indirect apart; a stage that nobody left has no conversion."""
        result = bottlenecks(Dataset(opportunities=found), as_of=AS_OF, min_visits=1)
        for stage in result.stages:
            for flow in (stage.direct, stage.indirect):
                assert flow.conversion.denominator <= flow.visits
            if stage.low is not None:
                assert -1 <= stage.low <= stage.difference <= stage.high <= 1


class TestViews:
    """What is made of a forecast."""

    @settings(max_examples=15)
    @given(pipelines(8), any_outlook, categories)
    def test_categories_hold_every_deal_once_and_nest(self, found, outlook, rules):
        """Commit within most likely within best case."""
        positive = [deal for deal in found if not deal.history and (deal.amount is None or deal.amount.minor >= 0)]
        result = forecast(positive, outlook)
        rolled = categorise(result, rules)
        assert sum(rolled.counts.values()) == len(result.closed_lines) + len(result.lines) + len(result.outside)
        assert rolled.commit_forecast <= rolled.most_likely_forecast <= rolled.best_case_forecast
        assert rolled.closed == result.closed
        three = scenarios(rolled)
        assert three.pessimistic <= three.base <= three.optimistic

    @settings(max_examples=15)
    @given(
        pipelines(8),
        any_outlook,
        st.sampled_from([{}, {"acme": "south"}, {"acme": "south", "south": "all", "birch": "all"}]),
    )
    def test_a_roll_up_sums_its_leaves(self, found, outlook, parents):
        """Each node is its own and what is below it, and the tops are the whole."""
        result = forecast(found, outlook)
        rolled = roll_up(result, by="partner_id", parents=parents)
        assert rolled.raw == rolled.adjusted == result.expected
        for node in rolled.nodes:
            below = [one.raw.minor for one in rolled.nodes if one.parent == node.id]
            assert node.raw.minor == node.own.minor + sum(below)

    @settings(max_examples=15)
    @given(
        pipelines(8), any_outlook, st.dictionaries(st.sampled_from(["direct", "partner", "reseller"]), minors.map(brl))
    )
    def test_plan_and_quota_add_up(self, found, outlook, plan):
        """Differences of the parts are the difference of the whole."""
        result = forecast(found, outlook)
        view = against_plan(result, plan)
        assert sum(row.difference.minor for row in view.rows) == view.difference.minor
        assert view.expected == result.expected
        quota = against_quota(result, brl(5000))
        assert quota.gap + quota.expected == brl(5000)
        assert quota.met is (quota.gap <= brl(0))
        assert (quota.coverage.value is None) is (quota.met or quota.closed >= quota.quota)

    @settings(max_examples=15)
    @given(pipelines(8), any_outlook, st.integers(0, 30))
    def test_margins_are_exact_line_by_line(self, found, outlook, percent):
        """Expected less cost less commission, and a commission of nothing changes nothing."""
        result = forecast(found, outlook)
        view = margins(result, commission=lambda deal: deal.amount.times(f"{percent}/100"))
        assert view.margin.minor == sum(one.margin.minor for one in view.lines)
        assert view.expected == result.closed + result.pipeline
        exact = sum(one.line.amount.minor * one.line.probability.value * percent for one in view.lines) / 100
        assert abs(view.commission.minor - exact) <= Decimal("0.5") + len(view.lines) / Decimal(2)
        assert margins(result, commission=lambda deal: deal.amount * 0).commission == brl(0)

    @settings(max_examples=15)
    @given(pipelines(8), any_outlook, any_outlook)
    def test_a_comparison_tells_the_whole_difference(self, found, one, other):
        """Deal by deal; with itself there is none."""
        first, second = forecast(found, one), forecast(found, other)
        change = compare_forecasts(first, second)
        assert sum(line.change.minor for line in change.lines) == change.change.minor
        assert compare_forecasts(first, first).lines == ()

    @settings(max_examples=15)
    @given(pipelines(8), st.integers(-60, 60))
    def test_what_if_changes_only_what_it_says(self, found, days):
        """Slipping back undoes slipping; doubling doubles; losing one loses one."""
        now = snapshot(Dataset(opportunities=found), AS_OF)
        assert slipped(slipped(now, days=days), days=-days) == now
        assert slipped(now, days=days, where=lambda _: False) == now
        doubled = [deal.amount.minor for deal in resized(now, 2) if deal.is_open and deal.amount]
        assert doubled == [deal.amount.minor * 2 for deal in now if deal.is_open and deal.amount]
        if now:
            assert without(now, now[0].id) == now[1:]
        moved = slipped(now, days=days)
        assert all(
            after.expected_close == before.expected_close + timedelta(days=days)
            for before, after in zip(now, moved, strict=True)
            if before.is_open and before.expected_close
        )
