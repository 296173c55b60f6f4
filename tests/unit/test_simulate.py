"""The simulated programme looks like a programme: shapes, shares and what a classifier could read from it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import pytest

from partnerops import Calendar
from partnerops.attribution import FirstTouch, attribute_all
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.journey import JourneyPolicy, replay_all
from partnerops.testing import simulate
from partnerops.testing._simulator.clock import month_start
from partnerops.testing._simulator.partner import grow, recruit
from partnerops.testing._simulator.source import Source

BRASILIA = Calendar("America/Sao_Paulo")


@pytest.fixture(scope="module")
def programme():
    """Large enough for rates to show."""
    return simulate(2, 120, 30)


@pytest.fixture(scope="module")
def data(programme):
    """Its records."""
    return programme.dataset


class TestArguments:
    """What is asked for."""

    @pytest.mark.parametrize("bad", [{"seed": 1.0}, {"partners": -1}, {"months": 0}, {"months": 601}, {"seed": True}])
    def test_nonsense_is_refused(self, bad):
        """By name, with the bounds."""
        with pytest.raises(InvalidValue, match=next(iter(bad))):
            simulate(**{"seed": 1, "partners": 1, "months": 1, **bad})

    def test_without_partners_only_the_vendor_sells(self):
        """A programme before its first partner."""
        data = simulate(1, 0, 6).dataset
        assert {deal.partner_id for deal in data.opportunities} == {"direct"}
        assert not data.activities
        assert not data.registrations

    def test_seeds_differ(self):
        """Another seed is another programme."""
        assert simulate(1, 4, 4).dataset != simulate(2, 4, 4).dataset

    def test_it_needs_no_hypothesis(self):
        """Nor anything heavy: examples and benchmarks use it."""
        # Only what it adds: whatever measures the tests has loaded modules of its own before.
        job = "from partnerops.testing import simulate; simulate(1, 2, 2)"
        code = f"import sys; before = set(sys.modules); {job}; print(*(set(sys.modules) - before))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
        assert {"hypothesis", "random", "cattrs", "narwhals"} & set(done.stdout.split()) == set()

    def test_it_prints_on_one_line(self):
        """What it is, from which seed, and how much."""
        text = str(simulate(3, 2, 3))
        assert text.startswith("programme 2024-Q1 from seed 3: dataset of 2 partners")

    def test_unknown_stages_are_refused(self):
        """A closed deal is not likely any more."""
        (truth, *_) = simulate(1, 0, 2).truth.deals.values()
        with pytest.raises(UnknownName, match="open stage"):
            truth.win_probability_in("won")


class TestSource:
    """Chance out of whole numbers."""

    def test_first_draws_are_fixed(self):
        """The stream of a name never changes."""
        source = Source("a", 1)
        assert [source.below(1000) for _ in range(5)] == [985, 430, 806, 581, 275]

    def test_labels_do_not_run_together(self):
        """`("a1",)` is not `("a", 1)`."""
        assert Source("a1").below(2**40) != Source("a", 1).below(2**40)

    def test_draws_are_spread_evenly(self):
        """Six thousand throws of a die: each face within a tenth of a thousand."""
        source = Source("die")
        faces = Counter(source.between(1, 6) for _ in range(6000))
        assert set(faces) == set(range(1, 7))
        assert all(900 <= count <= 1100 for count in faces.values())

    def test_counts_have_their_mean(self):
        """2.3 a month is two or three."""
        source = Source("count")
        counts = [source.count(2300) for _ in range(3000)]
        assert set(counts) == {2, 3}
        assert 6700 <= sum(counts) <= 7100

    def test_weights_count(self):
        """Three to one; a weight of nothing never comes."""
        source = Source("weights")
        found = Counter(source.weighted((("a", 3), ("b", 1), ("c", 0))) for _ in range(4000))
        assert 2800 <= found["a"] <= 3200
        assert found["c"] == 0


class TestDeals:
    """Sales."""

    def test_deals_are_won_as_often_as_their_true_chances_say(self, programme):
        """Within five standard deviations, over all deals, decided or not."""
        truths = programme.truth.deals.values()
        won = sum(truth.outcome == "won" for truth in truths)
        mean = sum(truth.win_probability for truth in truths)
        variance = sum(truth.win_probability * (1 - truth.win_probability) for truth in truths)
        assert (won - mean) ** 2 < 25 * variance

    @pytest.mark.parametrize("stage", ["proposal", "negotiation"])
    def test_chances_rise_with_the_stage(self, programme, stage):
        """Of deals that reached a stage, as many are won as its conditional chance says."""
        reached = [
            programme.truth.deals[deal.id]
            for deal in programme.dataset.opportunities
            if any(change.stage == stage for change in deal.history) and not deal.is_open
        ]
        won = sum(truth.outcome == "won" for truth in reached)
        mean = sum(truth.win_probability_in(stage) for truth in reached)
        assert abs(won - mean) < Fraction(1, 10) * len(reached)

    def test_wins_crowd_at_the_quarters_end(self, data):
        """The last week of a quarter has at least half again as many as its share of the days."""
        wins = [BRASILIA.date_of(deal.closed_at) for deal in data.opportunities if deal.is_won]
        late = sum(BRASILIA.period("quarter", day).end - day <= timedelta(days=7) for day in wins)
        assert Fraction(late, len(wins)) > Fraction(7, 91) * Fraction(3, 2)

    def test_money_is_in_reais_and_follows_the_deal(self, data):
        """Payments and reversals belong to won deals, after the close."""
        deals = {deal.id: deal for deal in data.opportunities}
        for record in (*data.payments, *data.reversals):
            assert record.amount.currency == "BRL"
            assert deals[record.opportunity_id].is_won
            assert record.at > deals[record.opportunity_id].closed_at

    def test_no_customer_exists(self, data):
        """Check digits of the register numbers are wrong on purpose; domains are reserved for examples."""
        for account in data.accounts:
            digits = [int(sign) for sign in account.tax_id if sign.isdigit()]
            assert len(digits) == 14
            assert digits[12:] != check_digits(digits[:12])
            assert account.domain.endswith(".example")

    def test_some_of_everything_happens(self, data):
        """Every status, motion and kind that the nouns know, so that tests and demos meet them."""
        assert {lead.status for lead in data.leads} == {"open", "accepted", "converted", "rejected"}
        assert {one.status for one in data.registrations} == {
            "submitted", "approved", "rejected", "expired", "converted", "withdrawn",
        }  # fmt: skip
        lines = [line for deal in data.opportunities for line in deal.lines]
        assert {line.motion for line in lines} == {"new", "expansion", "cross_sell", "renewal"}
        assert {line.revenue for line in lines} == {"recurring", "one_off"}
        assert {"refund", "churn", "cancellation", "downgrade", "non_payment"} <= {one.kind for one in data.reversals}
        assert {partner.status(date(2026, 7, 1)) for partner in data.partners} >= {"signed", "ended"}
        assert {deal.origin for deal in data.opportunities} == {"partner", "direct", "affiliate", "influencer"}
        assert {activity.kind for activity in data.activities} >= {"login", "training", "meeting", "onboarding"}
        assert {tier.tier for tier in data.tiers} == {"registered", "silver", "gold"}
        assert data.disputes
        assert data.exceptions
        assert data.certifications
        assert data.assignments

    def test_some_deals_are_claimed_twice(self, data):
        """Another partner files the same deal and is refused, or waits."""
        filed = Counter(one.opportunity_id for one in data.registrations)
        assert 0 < sum(count == 2 for count in filed.values()) < len(filed) // 5


def check_digits(digits):
    """The two digits that a real register number ends with."""
    digits = list(digits)
    for weights in ([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]):
        rest = sum(map(int.__mul__, digits, weights)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return digits[12:]


class TestPartners:
    """Their courses."""

    def test_all_stages_are_reached_in_time(self, programme):
        """Nobody is mature in the first year; in the third some are, and some never started."""
        first, last = ([one.stages[month] for one in programme.truth.partners.values()] for month in (11, 29))
        assert "maturity" not in first
        assert set(first) >= {"start", "traction"}
        assert set(last) == {"start", "traction", "acceleration", "maturity"}

    def test_who_stops_selling_is_no_longer_mature(self):
        """Wins in fewer than two of the last four quarters, and a stage is lost."""
        partner = recruit(1, 1)
        partner.stage, partner.sales = "maturity", {0: 100, 1: 100, 8: 100, 14: 100}
        grow(partner, 17, Source("any"))
        assert partner.stage == "maturity"
        grow(partner, 20, Source("any"))
        assert partner.stage == "acceleration"

    def test_silent_partners_leave_no_activity(self, programme):
        """Not a login in a month without engagement."""
        for activity in programme.dataset.activities:
            day = BRASILIA.date_of(activity.at)
            month = (day.year - 2024) * 12 + day.month - 1
            if activity.kind != "onboarding":
                assert programme.truth.partners[activity.partner_id].engaged[month]

    def test_the_default_journey_policy_finds_most_stages(self, programme):
        """Nineteen in twenty partner-months are read right from credits and records, and two in three of each stage."""
        truth, data = programme.truth, programme.dataset
        policy = JourneyPolicy(first_wave_revenue=truth.first_wave_revenue, mature_revenue=truth.mature_revenue)
        earned = attribute_all(data, policy=FirstTouch(), as_of=programme.as_of)
        credited = data.replace(credits=[credit for one in earned for credit in one.credits])
        months = [month_start(month + 1) - timedelta(days=1) for month in range(30)]
        found = Counter(
            (truth.partners[decision.partner_id].stages[months.index(BRASILIA.date_of(decision.as_of))], decision.stage)
            for timeline in replay_all(credited, policy=policy, dates=months, calendar=BRASILIA)
            for decision in timeline.decisions
        )
        right = {stage: found[stage, stage] for stage in ("start", "traction", "acceleration", "maturity")}
        assert sum(right.values()) * 20 > found.total() * 19
        assert all(right[true] * 3 > 2 * sum(n for (one, _), n in found.items() if one == true) for true in right)
