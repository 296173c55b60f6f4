"""The journey against the truth of a simulated programme: where the policy puts partners, and where they really are."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from partnerops import DIRECT, Calendar, Credit
from partnerops.journey import ActivityStatus, JourneyPolicy, JourneyStage, replay_all
from partnerops.testing import simulate

BRAZIL = Calendar("America/Sao_Paulo")
MONTH_ENDS = [date(2024 + month // 12, month % 12 + 1, 1) - timedelta(days=1) for month in range(1, 37)]


@pytest.mark.parametrize("seed", [7, 11])
def test_nine_partner_months_in_ten_are_placed_right(seed):
    """Within the true stage, or held away from it by hysteresis; prospects and ended partners left out."""
    programme = simulate(seed, 60, 36)
    won = [deal for deal in programme.dataset.opportunities if deal.is_won and deal.partner_id not in (None, DIRECT)]
    credits = [
        Credit(
            id=f"C-{deal.id}", opportunity_id=deal.id, partner_id=deal.partner_id, amount=deal.amount,
            at=deal.closed_at, recorded_at=deal.recorded_at,
        )
        for deal in won
    ]  # fmt: skip
    policy = JourneyPolicy(
        first_wave_revenue=programme.truth.first_wave_revenue, mature_revenue=programme.truth.mature_revenue
    )
    data = programme.dataset.replace(credits=credits)
    confusion, held, seen = Counter(), 0, 0
    for timeline in replay_all(data, policy=policy, dates=MONTH_ENDS, calendar=BRAZIL):
        truth = programme.truth.partners[timeline[0].partner_id].stages
        for one in timeline:
            if one.partner.signed_on is None or one.activity is ActivityStatus.ENDED:
                continue
            true = JourneyStage(truth[MONTH_ENDS.index(one.on)])
            confusion[true, one.stage] += 1
            held += true is not one.stage and one.held_by is not None and one.candidate is true
            seen += 1
    right = sum(count for (true, found), count in confusion.items() if true is found)
    assert seen > 1500
    assert (right + held) / seen >= 0.9, table(confusion)
    # Nobody is taken for more than one stage away from where it is.
    assert all(abs(true.rank - found.rank) <= 1 for true, found in confusion), table(confusion)


def table(confusion: Counter) -> str:
    """Rows: the true stage; columns: the stage found."""
    return "\n".join(f"{true}: {[confusion[true, found] for found in JourneyStage]}" for true in JourneyStage)
