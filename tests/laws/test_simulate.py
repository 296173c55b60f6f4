"""What holds for every simulated programme, whatever the seed and the size."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from partnerops import DIRECT, Calendar, Lead, Opportunity, Partner, Payment, Period, Touchpoint
from partnerops.testing import simulate

pytestmark = pytest.mark.laws
BRASILIA = Calendar("America/Sao_Paulo")
STAGES = ["start", "traction", "acceleration", "maturity"]
ORDER = ["qualified", "proposal", "negotiation"]

seeds = st.integers(-(2**70), 2**70)
sizes = st.integers(0, 12)
lengths = st.integers(1, 20)


@given(seeds, sizes, lengths)
@settings(max_examples=25)
def test_its_records_fit_together(seed, partners, months):
    """No dangling reference, overlap or excess; as many partners and months as asked for."""
    programme = simulate(seed, partners, months)
    programme.dataset.check().raise_for_faults()
    assert len(programme.dataset.partners) == partners
    last = Period.month(2024, 1).shift(months=months - 1)
    assert programme.period == Period(Period.month(2024, 1).start, last.end)
    assert BRASILIA.date_of(programme.as_of) == programme.period.end - timedelta(days=1)
    assert programme == simulate(seed, partners, months)


@given(seeds, st.integers(0, 8), lengths, st.integers(1, 6))
@settings(max_examples=25)
def test_a_longer_programme_starts_as_the_shorter_one(seed, partners, months, more):
    """What was known at a moment does not depend on what comes later: records, courses and deals."""
    shorter, longer = simulate(seed, partners, months), simulate(seed, partners, months + more)
    assert longer.dataset.as_of(shorter.as_of, calendar=BRASILIA) == shorter.dataset
    for id, course in shorter.truth.partners.items():
        assert longer.truth.partners[id].stages[:months] == course.stages
        assert longer.truth.partners[id].engaged[:months] == course.engaged
    assert {id: longer.truth.deals[id] for id in shorter.truth.deals} == dict(shorter.truth.deals)


@given(seeds, sizes, lengths)
@settings(max_examples=25)
def test_the_truth_is_about_these_records(seed, partners, months):
    """Each partner and deal has one; what is closed went as it says, and what is open is decided later."""
    programme = simulate(seed, partners, months)
    data, truth = programme.dataset, programme.truth
    assert set(truth.partners) == {partner.id for partner in data.partners}
    assert set(truth.deals) == {deal.id for deal in data.opportunities}
    for deal in data.opportunities:
        hidden = truth.deals[deal.id]
        if deal.is_open:
            assert hidden.closes_at > programme.as_of
            assert hidden.win_probability_in(deal.stage) >= hidden.win_probability
        else:
            assert (hidden.outcome, hidden.closes_at) == (deal.status, deal.closed_at)
        assert hidden.win_probability == hidden.win_probability_in(ORDER[0])
        assert all(0 < chance < 1 for chance in hidden.advances.values())


@given(seeds, sizes, lengths)
@settings(max_examples=25)
def test_stages_move_one_at_a_time(seed, partners, months):
    """Everybody starts at the start; silence is no stage, and nobody works before signing."""
    programme = simulate(seed, partners, months)
    for id, course in programme.truth.partners.items():
        assert len(course.stages) == len(course.engaged) == months
        ranks = [0, *map(STAGES.index, course.stages)]
        assert all(abs(after - before) <= 1 for before, after in pairwise(ranks))
        if programme.dataset.get(Partner, id).signed_on is None:
            assert not any(course.engaged)


@given(seeds, sizes, lengths)
@settings(max_examples=25)
def test_stage_histories_pass_the_pipeline_in_order(seed, partners, months):
    """Never a stage skipped, and the last change is the record itself."""
    for deal in simulate(seed, partners, months).dataset.opportunities:
        passed = [change.stage for change in deal.history if change.status == "open"]
        assert passed == ORDER[: len(passed)]
        assert passed == ORDER or not deal.is_won
        assert deal.history[-1].amount == deal.amount
        assert deal.history[0].at == deal.created_at


@given(seeds, st.integers(1, 12), lengths)
@settings(max_examples=25)
def test_partners_act_only_under_an_agreement(seed, partners, months):
    """Their leads, deals, activities and agreements begin when they have signed."""
    data = simulate(seed, partners, months).dataset
    signed = {partner.id: partner.signed_on for partner in data.partners} | {DIRECT: None}
    for record in (*data.leads, *data.opportunities):
        at = record.created_at
        assert record.partner_id == DIRECT or signed[record.partner_id] <= BRASILIA.date_of(at)
    for record in data.activities:
        assert signed[record.partner_id] <= BRASILIA.date_of(record.at)
    for one in data.agreements:
        assert one.effective_from >= signed[one.partner_id]


@given(seeds, st.integers(1, 12), lengths)
@settings(max_examples=25)
def test_targets_of_a_quarter_sum_to_the_programmes(seed, partners, months):
    """Goals cascade without a rest."""
    data = simulate(seed, partners, months).dataset
    for whole in (target for target in data.targets if target.parent_id is None):
        parts = [target.value for target in data.targets if target.parent_id == whole.id]
        assert sum(parts) == whole.value


def test_every_noun_that_the_programme_holds_is_found_by_id():
    """Ids are unique across a larger programme, also of records that come from different places."""
    data = simulate(11, 60, 24).dataset
    assert data.check().ok
    assert Fraction(len(data.related(Touchpoint, partner_id=DIRECT)), len(data.touchpoints)) > Fraction(1, 10)
    assert data.get(Lead, data.leads[0].id) is data.leads[0]
    assert {payment.opportunity_id for payment in data.all(Payment)} <= {deal.id for deal in data.all(Opportunity)}
