"""Laws of attribution: money is conserved, order never matters, minus mirrors plus, scale changes nothing."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from partnerops import Dataset, Partner
from partnerops.attribution import (
    Attribution,
    Award,
    Linear,
    Lookback,
    RegistrationFirst,
    attribute,
    attribute_all,
)
from partnerops.attribution._compiled import decay_weights

from .cases import CLOSE, PARTIES, Weighted, deals, policies, registrations_of, touches_of, user_policies

pytestmark = pytest.mark.laws
any_policy = st.one_of(policies, user_policies)


@st.composite
def cases(draw):
    """A deal, its touches and registrations."""
    deal = draw(deals())
    return deal, draw(touches_of(deal.id)), draw(registrations_of(deal.id))


def shares(result: Attribution) -> dict[str, Fraction]:
    return {credit.partner_id: credit.share for credit in result.credits}


class TestConservation:
    """Nothing is invented and nothing disappears."""

    @given(cases(), any_policy)
    def test_credits_and_the_unattributed_rest_sum_to_the_deal(self, case, policy):
        """The parts are the whole, in minor units and in shares."""
        deal, touches, filed = case
        result = attribute(deal, touches, policy=policy, registrations=filed)
        assert sum(c.amount.minor for c in result.credits) + result.unattributed.minor == deal.amount.minor
        assert sum(shares(result).values(), Fraction(0)) == (1 if result.credits else 0)
        if result.credits:
            assert result.unattributed.minor == 0

    @given(cases(), any_policy)
    def test_lines_sum_to_their_partys_credit(self, case, policy):
        """Touch lines subdivide a party's amount and share exactly, and every line says why."""
        deal, touches, filed = case
        result = attribute(deal, touches, policy=policy, registrations=filed)
        for credit in result.credits:
            mine = [line for line in result.lines if line.partner_id == credit.partner_id]
            assert sum(line.amount.minor for line in mine) == credit.amount.minor
            assert sum((line.share for line in mine), Fraction(0)) == credit.share
        assert all(line.because for line in result.lines)
        assert all(credit.because and credit.at == deal.closed_at for credit in result.credits)

    @given(cases(), any_policy)
    def test_each_credit_is_within_a_minor_unit_of_its_share(self, case, policy):
        """Rounding moves nobody by a whole unit."""
        deal, touches, filed = case
        for credit in attribute(deal, touches, policy=policy, registrations=filed).credits:
            assert abs(credit.amount.minor - credit.share * deal.amount.minor) < 1

    @given(deals(), st.lists(st.fractions(0, 1, max_denominator=30), min_size=1, max_size=4), st.data())
    def test_an_award_leaves_the_rest_unattributed(self, deal, raw, data):
        """Shares below 1 are paid out exactly, and what is left is visible."""
        total = sum(raw, Fraction(0))
        given_shares = {p: s / total if total > 1 else s for p, s in zip(PARTIES, raw, strict=False)}
        touches = data.draw(touches_of(deal.id))

        class Committee:
            def weigh(self, _case, /):
                return Award(given_shares, because="decided")

        result = attribute(deal, touches, policy=Committee())
        assert shares(result) == {party: share for party, share in given_shares.items() if share}
        assert sum(c.amount.minor for c in result.credits) + result.unattributed.minor == deal.amount.minor
        rest = 1 - sum(given_shares.values(), Fraction(0))
        assert abs(result.unattributed.minor - rest * deal.amount.minor) < 1


class TestOrder:
    """Events are a set: their order in a list means nothing."""

    @given(cases(), any_policy, st.randoms(use_true_random=False))
    def test_shuffled_facts_give_the_same_answer(self, case, policy, random):
        """Touches and registrations may come in any order."""
        deal, touches, filed = case
        before = attribute(deal, touches, policy=policy, registrations=filed)
        random.shuffle(touches)
        random.shuffle(filed)
        assert attribute(deal, touches, policy=policy, registrations=filed) == before

    @given(cases(), any_policy)
    def test_the_same_touch_twice_counts_once(self, case, policy):
        """A record that was loaded twice changes nothing."""
        deal, touches, filed = case
        once = attribute(deal, touches, policy=policy, registrations=filed)
        assert attribute(deal, touches * 2, policy=policy, registrations=filed * 2) == once


class TestSignAndScale:
    """Money enters only through proportions."""

    @given(cases(), any_policy)
    def test_minus_mirrors_plus(self, case, policy):
        """The credits of -x are minus the credits of x."""
        deal, touches, filed = case
        plus = attribute(deal, touches, policy=policy, registrations=filed)
        minus = attribute(deal.replace(amount=-deal.amount), touches, policy=policy, registrations=filed)
        assert [-c.amount for c in plus.credits] == [c.amount for c in minus.credits]
        assert shares(plus) == shares(minus)

    @given(cases(), st.lists(st.fractions(0, 9, max_denominator=12), min_size=1, max_size=4), st.fractions("1/97", 97))
    def test_weights_times_a_constant_change_nothing(self, case, cycle, factor):
        """Only the proportions of weights matter."""
        deal, touches, _ = case
        plain = attribute(deal, touches, policy=Weighted(tuple(cycle)))
        scaled = attribute(deal, touches, policy=Weighted(tuple(weight * factor for weight in cycle)))
        assert [(c.partner_id, c.amount, c.share) for c in plain.credits] == [
            (c.partner_id, c.amount, c.share) for c in scaled.credits
        ]

    @given(cases(), any_policy, st.integers(2, 1000))
    def test_a_multiple_of_the_amount_keeps_the_shares(self, case, policy, factor):
        """Shares do not depend on the amount."""
        deal, touches, filed = case
        one = attribute(deal, touches, policy=policy, registrations=filed)
        more = attribute(deal.replace(amount=deal.amount * factor), touches, policy=policy, registrations=filed)
        assert shares(one) == shares(more)


class TestTime:
    """What is not yet known is not seen."""

    @given(cases(), any_policy, st.integers(1, 400))
    def test_touches_after_the_close_never_count(self, case, policy, late):
        """Adding later touches changes nothing."""
        deal, touches, filed = case
        before = attribute(deal, touches, policy=policy, registrations=filed)
        later = [t.replace(id=f"late-{t.id}", at=CLOSE + timedelta(seconds=late)) for t in touches]
        assert attribute(deal, [*touches, *later], policy=policy, registrations=filed) == before

    @given(cases(), any_policy)
    def test_facts_recorded_after_as_of_are_not_seen(self, case, policy):
        """A touch that happened in time and was recorded too late is as good as absent."""
        deal, touches, filed = case
        before = attribute(deal, touches, policy=policy, registrations=filed)
        unknown = [t.replace(id=f"slow-{t.id}", recorded_at=CLOSE + timedelta(microseconds=1)) for t in touches]
        assert attribute(deal, [*touches, *unknown], policy=policy, registrations=filed) == before

    @given(cases(), policies, st.integers(1, 400))
    def test_a_lookback_equals_leaving_out_the_old_touches(self, case, policy, days):
        """The wrapper is the same as a case that never had them; the edge itself is outside."""
        deal, touches, filed = case
        recent = [touch for touch in touches if touch.at > CLOSE - timedelta(days=days)]
        wrapped = attribute(deal, touches, policy=Lookback(policy, days=days), registrations=filed)
        plain = attribute(deal, recent, policy=policy, registrations=filed)
        assert [(c.id, c.amount, c.share) for c in wrapped.credits] == [
            (c.id, c.amount, c.share) for c in plain.credits
        ]


class TestRegistrations:
    """Registrations decide only where the policy says so."""

    @given(cases(), policies)
    def test_without_registrations_the_wrapper_is_the_policy_inside(self, case, policy):
        """Nothing protects the deal, so the policy inside decides."""
        deal, touches, _ = case
        alone = attribute(deal, touches, policy=policy)
        wrapped = attribute(deal, touches, policy=RegistrationFirst(policy))
        assert [(c.partner_id, c.amount) for c in alone.credits] == [(c.partner_id, c.amount) for c in wrapped.credits]

    @given(cases())
    def test_the_first_to_file_of_those_that_protect_takes_all(self, case):
        """The winner agrees with a plain reading of the rule."""
        deal, touches, filed = case
        valid = [
            one
            for one in filed
            if one.status in ("approved", "expired", "converted") and one.decided_at <= CLOSE < one.protected_until
        ]
        result = attribute(deal, touches, policy=RegistrationFirst(Linear()), registrations=filed)
        if valid:
            winner = min(valid, key=lambda one: (one.submitted_at, one.id))
            assert shares(result) == {winner.partner_id: 1}
            assert winner.id in result.credits[0].because
        else:
            assert shares(result) == shares(attribute(deal, touches, policy=Linear()))


class TestBatch:
    """The batch verb is the single verb, deal by deal."""

    @given(st.lists(st.tuples(deals(), st.data()), max_size=4), policies)
    def test_attribute_all_equals_attribute(self, drawn, policy):
        """A dataset gives what its deals give one by one."""
        won, touches, filed = [], [], []
        for index, (deal, data) in enumerate(drawn):
            one = deal.replace(id=f"D-{index}")
            won.append(one)
            touches += [t.replace(id=f"{index}-{t.id}") for t in data.draw(touches_of(one.id))]
            filed += [r.replace(id=f"{index}-{r.id}") for r in data.draw(registrations_of(one.id))]
        partners = [Partner(id=party, name=party, type="reseller") for party in PARTIES[:4]]
        data_set = Dataset(partners=partners, opportunities=won, touchpoints=touches, registrations=filed)
        singles = tuple(
            attribute(
                deal,
                [t for t in touches if t.opportunity_id == deal.id],
                policy=policy,
                registrations=[r for r in filed if r.opportunity_id == deal.id],
                as_of=CLOSE,
            )
            for deal in won
        )
        assert attribute_all(data_set, policy=policy, as_of=CLOSE) == singles


class TestDecayTable:
    """The integers behind time decay."""

    @given(st.integers(1, 24 * 40))
    def test_weights_never_rise_with_age_and_halve_with_the_half_life(self, hours):
        """Monotone, from 2^20 down to 1, within half a unit of the formula's halving."""
        table = decay_weights(hours)
        assert table[0] == 1 << 20
        assert table[-1] == 1
        assert all(newer >= older for newer, older in pairwise(table))
        assert all(abs(2 * table[age + hours] - table[age]) <= 2 for age in range(0, 10 * hours, 7))
