"""Laws of attribution: money is conserved, order never matters, minus mirrors plus, scale changes nothing."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given, strategies as st

from partnerops import Dataset, Partner, Touchpoint, attribution
from partnerops._attrs import FrozenMap
from partnerops.attribution import (
    Attribution,
    Award,
    Except,
    Linear,
    Lookback,
    MilestoneBased,
    Only,
    OrElse,
    PositionBased,
    RegistrationFirst,
    attribute,
    attribute_all,
    options,
    rules,
    steps,
    tables,
    wrappers,
)
from partnerops.attribution._compiled import Outright
from partnerops.attribution.conflicts import (
    QuotaRule,
    credited,
    in_force,
    quota_credits,
    sourced_and_influenced,
    supersede,
)
from partnerops.attribution.options import NoMiddle
from partnerops.attribution.rules import decay_weights
from partnerops.attribution.wrappers import Blended, Bounded, OncePerParty, PerCycle, Versioned, Withhold

from .cases import (
    CLOSE,
    OPENED,
    PARTIES,
    Facts,
    Weighted,
    deals,
    facts,
    leaves,
    milestones,
    object_policies,
    policies,
    touches_of,
    user_policies,
)

pytestmark = pytest.mark.laws
MODULES = (attribution, options, rules, steps, tables, wrappers)
NAMES = {name: getattr(module, name) for module in MODULES for name in module.__all__} | {
    "Fraction": Fraction, "FrozenMap": FrozenMap, "Outright": Outright,
}  # fmt: skip
any_policy = st.one_of(policies, object_policies, user_policies)


def shares(result: Attribution) -> dict[str, Fraction]:
    return {credit.partner_id: credit.share for credit in result.credits}


class TestConservation:
    """Nothing is invented and nothing disappears."""

    @given(facts(), any_policy)
    def test_credits_and_the_unattributed_rest_sum_to_the_deal(self, one, policy):
        """The parts are the whole, in minor units and in shares."""
        result = one.ask(policy)
        assert sum(c.amount.minor for c in result.credits) + result.unattributed.minor == one.deal.amount.minor
        given_away = sum(shares(result).values(), Fraction(0))
        assert abs(result.unattributed.minor - (1 - given_away) * one.deal.amount.minor) < 1
        assert given_away <= 1

    @given(facts(), st.one_of(policies, user_policies))
    def test_weights_give_all_or_nothing(self, one, policy):
        """Only an award of less than the whole deal leaves a rest."""
        result = one.ask(policy)
        assert sum(shares(result).values(), Fraction(0)) == (1 if result.credits else 0)
        if result.credits:
            assert result.unattributed.minor == 0

    @given(facts(), any_policy)
    def test_lines_sum_to_their_partys_credit(self, one, policy):
        """Touch lines subdivide a party's amount and share exactly, and every line says why."""
        result = one.ask(policy)
        for credit in result.credits:
            mine = [line for line in result.lines if line.partner_id == credit.partner_id]
            assert sum(line.amount.minor for line in mine) == credit.amount.minor
            assert sum((line.share for line in mine), Fraction(0)) == credit.share
        assert all(line.because for line in result.lines)
        assert all(credit.because and credit.at == one.deal.closed_at for credit in result.credits)

    @given(facts(), any_policy)
    def test_each_credit_is_within_a_minor_unit_of_its_share(self, one, policy):
        """Rounding moves nobody by a whole unit."""
        for credit in one.ask(policy).credits:
            assert abs(credit.amount.minor - credit.share * one.deal.amount.minor) < 1

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

    @given(facts(), st.fractions(0, 1, max_denominator=9), st.fractions(0, 1, max_denominator=9))
    def test_an_award_may_give_to_touches_and_to_parties_at_once(self, one, to_touches, to_acme):
        """Both kinds of share add up per party, the lines subdivide them, and the rest is visible."""

        class Half:
            def weigh(self, case, /):
                count = len(case.touches) or 1
                each = [to_touches * (1 - to_acme) / count] * len(case.touches)
                return Award({"acme": to_acme}, because="agreed", touch_shares=each)

        result = one.ask(Half())
        assert sum(c.amount.minor for c in result.credits) + result.unattributed.minor == one.deal.amount.minor
        for credit in result.credits:
            mine = [line for line in result.lines if line.partner_id == credit.partner_id]
            assert sum((line.share for line in mine), Fraction(0)) == credit.share
            assert sum(line.amount.minor for line in mine) == credit.amount.minor


class TestOrder:
    """Events are a set: their order in a list means nothing."""

    @given(facts(), any_policy, st.randoms(use_true_random=False))
    def test_shuffled_facts_give_the_same_answer(self, one, policy, random):
        """Touches, registrations and leads may come in any order."""
        before = one.ask(policy)
        for records in (one.touches, one.filed, one.leads):
            random.shuffle(records)
        assert one.ask(policy) == before

    @given(facts(), any_policy)
    def test_the_same_record_twice_counts_once(self, one, policy):
        """A record that was loaded twice changes nothing."""
        twice = one.ask(policy, touches=one.touches * 2, filed=one.filed * 2, leads=one.leads * 2)
        assert twice == one.ask(policy)


class TestSignAndScale:
    """Money enters only through proportions."""

    @given(facts(), any_policy)
    def test_minus_mirrors_plus(self, one, policy):
        """The credits of -x are minus the credits of x."""
        plus = one.ask(policy)
        minus = one.ask(policy, deal=one.deal.replace(amount=-one.deal.amount))
        assert [-c.amount for c in plus.credits] == [c.amount for c in minus.credits]
        assert shares(plus) == shares(minus)

    @given(facts(), st.lists(st.fractions(0, 9, max_denominator=12), min_size=1, max_size=4), st.fractions("1/97", 97))
    def test_weights_times_a_constant_change_nothing(self, one, cycle, factor):
        """Only the proportions of weights matter."""
        plain = one.ask(Weighted(tuple(cycle)))
        scaled = one.ask(Weighted(tuple(weight * factor for weight in cycle)))
        assert [(c.partner_id, c.amount, c.share) for c in plain.credits] == [
            (c.partner_id, c.amount, c.share) for c in scaled.credits
        ]

    @given(facts(), any_policy, st.integers(2, 1000))
    def test_a_multiple_of_the_amount_keeps_the_shares(self, one, policy, factor):
        """Shares do not depend on the amount."""
        more = one.ask(policy, deal=one.deal.replace(amount=one.deal.amount * factor))
        assert shares(one.ask(policy)) == shares(more)


class TestTime:
    """What is not yet known is not seen."""

    @given(facts(), any_policy, st.integers(1, 400))
    def test_touches_after_the_close_never_count(self, one, policy, late):
        """Adding later touches changes nothing."""
        later = [t.replace(id=f"late-{t.id}", at=CLOSE + timedelta(seconds=late)) for t in one.touches]
        assert one.ask(policy, touches=[*one.touches, *later]) == one.ask(policy)

    @given(facts(), any_policy)
    def test_facts_recorded_after_as_of_are_not_seen(self, one, policy):
        """A record of something that happened in time and was recorded too late is as good as absent."""
        late = CLOSE + timedelta(microseconds=1)
        touches = [t.replace(id=f"slow-{t.id}", recorded_at=late) for t in one.touches]
        filed = [r.replace(id=f"slow-{r.id}", recorded_at=late) for r in one.filed]
        leads = [lead.replace(id=f"0-{lead.id}", recorded_at=late) for lead in one.leads]
        more = one.ask(policy, touches=one.touches + touches, filed=one.filed + filed, leads=one.leads + leads)
        assert more == one.ask(policy)

    @given(facts(), policies, st.integers(1, 400))
    def test_a_lookback_equals_leaving_out_the_old_touches(self, one, policy, days):
        """The wrapper is the same as a case that never had them; the edge itself is outside."""
        recent = [touch for touch in one.touches if touch.at > CLOSE - timedelta(days=days)]
        wrapped, plain = one.ask(Lookback(policy, days=days)), one.ask(policy, touches=recent)
        assert [(c.id, c.amount, c.share) for c in wrapped.credits] == [
            (c.id, c.amount, c.share) for c in plain.credits
        ]

    @given(facts(), leaves, st.integers(1, 400))
    def test_no_touch_outside_the_window_earns(self, one, policy, days):
        """Nor does a line of it carry money."""
        for line in one.ask(Lookback(policy, days=days)).lines:
            touch = next((t for t in one.touches if t.id == line.touch_id), None)
            if touch is not None and touch.at <= CLOSE - timedelta(days=days):
                assert (line.share, line.amount.minor, line.counts) == (0, 0, False)


class TestExclusion:
    """Who is left out earns nothing, and the others share as if it had never been there."""

    @given(facts(), leaves, st.lists(st.sampled_from(PARTIES), min_size=1, unique=True))
    def test_leaving_a_party_out_renormalises(self, one, policy, parties):
        """The wrapper is the same as a case without its touches."""
        others = [touch for touch in one.touches if touch.partner_id not in parties]
        wrapped, plain = one.ask(Except(policy, parties=parties)), one.ask(policy, touches=others)
        assert [(c.id, c.amount, c.share) for c in wrapped.credits] == [
            (c.id, c.amount, c.share) for c in plain.credits
        ]

    @given(facts(), st.lists(st.sampled_from(["demo", "call", "referral"]), min_size=1, unique=True))
    def test_only_and_except_are_opposites(self, one, kinds):
        """Every touch counts in exactly one of the two."""
        lines = [one.ask(wrapper(Linear(), kinds=kinds)).lines for wrapper in (Only, Except)]
        assert all(kept.counts != left.counts for kept, left in zip(*lines, strict=True))

    @given(facts())
    def test_once_per_party_gives_each_party_the_same_under_linear(self, one):
        """Whatever the number of its touches."""
        given_shares = shares(one.ask(OncePerParty(Linear()))).values()
        assert len(set(given_shares)) <= 1

    @given(facts(), policies)
    def test_cycles_are_cut_after_the_previous_purchase(self, one, policy):
        """The same as a case without the earlier touches; without an earlier purchase nothing changes."""
        recent = [touch for touch in one.touches if one.previous is None or touch.at > one.previous]
        cut, plain = one.ask(PerCycle(policy)), one.ask(policy, touches=recent)
        assert [(c.id, c.amount) for c in cut.credits] == [(c.id, c.amount) for c in plain.credits]


class TestMonotony:
    """More effort never costs credit."""

    @given(facts(), st.sampled_from(PARTIES), st.timedeltas(timedelta(0), timedelta(days=400)))
    def test_a_party_that_gains_a_touch_never_loses_share_under_linear(self, one, party, age):
        """Whenever the touch was; the others never gain."""
        more = Touchpoint(id="more", opportunity_id=one.deal.id, partner_id=party, at=CLOSE - age, kind="demo")
        before, after = shares(one.ask(Linear())), shares(one.ask(Linear(), touches=[*one.touches, more]))
        assert after[party] >= before.get(party, 0)
        assert all(after[other] <= share for other, share in before.items() if other != party)


class TestMilestones:
    """Anchors apart from weights."""

    @given(facts(), st.integers(1, 9), st.integers(1, 9), st.integers(0, 9), st.sampled_from(NoMiddle))
    def test_first_and_last_as_milestones_are_position_based(self, one, first, last, rest, no_middle):
        """The general model contains the special one."""
        total = first + last + rest
        ends = Fraction(first, total), Fraction(last, total)
        special = PositionBased(*ends, two_touches=no_middle)
        for name in ("last", "closed"):
            general = MilestoneBased({"first": ends[0], name: ends[1]}, no_middle=no_middle)
            assert shares(one.ask(general)) == shares(one.ask(special))

    @given(facts())
    def test_the_touch_of_a_milestone_is_the_last_one_by_then(self, one):
        """A plain reading of the definition, for the lead and for the deal."""
        for name, moment in (
            ("lead_created", min((lead.created_at for lead in one.leads if lead.created_at <= CLOSE), default=None)),
            ("deal_created", one.deal.created_at),
        ):
            by_then = [(t.at, t.id, t.partner_id) for t in one.touches if moment and t.at <= min(moment, CLOSE)]
            want = {max(by_then)[2]: 1} if by_then else {}
            assert shares(one.ask(MilestoneBased({name: 1}))) == want

    @given(facts(), milestones())
    def test_with_every_milestone_reached_the_anchors_get_their_shares(self, one, policy):
        """At least, and exactly the rest for the others when there are any."""
        if not one.leads or any(note.startswith("no touch") for note in one.ask(policy).notes):
            return
        result = one.ask(policy)
        others = [line for line in result.lines if line.because.startswith(("one of", "only other", "stood for"))]
        if others:
            assert sum((line.share for line in others), Fraction(0)) == policy.middle
        elif result.credits:
            assert sum((line.share for line in result.lines), Fraction(0)) == 1


class TestOrElse:
    """The other policy speaks only when the first gives nothing."""

    @given(facts(), policies, policies)
    def test_the_first_policy_decides_where_it_gives_credit(self, one, first, second):
        """And the second everywhere else."""
        alone = one.ask(first)
        chosen = alone if alone.credits else one.ask(second)
        both = one.ask(OrElse(first, second))
        assert [(c.id, c.amount, c.share) for c in both.credits] == [(c.id, c.amount, c.share) for c in chosen.credits]


class TestBounds:
    """Floors and caps on parties' shares."""

    @given(facts(), policies, st.sampled_from(["0", "0.1", "1/3"]), st.sampled_from(["1/3", "0.5", "1"]))
    def test_every_share_keeps_the_bounds_and_nothing_is_lost_that_need_not_be(self, one, policy, floor, cap):
        """Unless even the bounds for all together miss the whole."""
        before, after = shares(one.ask(policy)), shares(one.ask(Bounded(policy, floor=floor, cap=cap)))
        assert before.keys() == after.keys()
        assert all(share <= Fraction(cap) for share in after.values())
        count = len(after)
        if count * Fraction(floor) <= 1:
            assert all(share >= Fraction(floor) for share in after.values())
        assert sum(after.values(), Fraction(0)) == min(Fraction(1), count * Fraction(cap)) * bool(count)

    @given(facts(), policies, st.sampled_from(["0", "0.1", "1/3"]), st.sampled_from(["1/3", "0.5", "1"]))
    def test_who_had_more_never_ends_with_less(self, one, policy, floor, cap):
        """And who had the same ends with the same."""
        before, after = shares(one.ask(policy)), shares(one.ask(Bounded(policy, floor=floor, cap=cap)))
        for party, other in product(before, repeat=2):
            if before[party] >= before[other]:
                assert after[party] >= after[other]

    @given(facts(), policies)
    def test_bounds_that_do_not_bind_change_nothing(self, one, policy):
        """From nothing to everything."""
        assert shares(one.ask(Bounded(policy))) == shares(one.ask(policy))

    @given(facts(), policies, st.sampled_from(["0.2", "1/3", "0.5"]))
    def test_what_a_cap_cuts_off_may_go_to_nobody(self, one, policy, cap):
        """The others keep what they had."""
        before = shares(one.ask(policy))
        capped = one.ask(Bounded(policy, cap=cap, excess="unattributed"))
        assert shares(capped) == {party: min(share, Fraction(cap)) for party, share in before.items()}

    @given(facts(), policies, st.sampled_from(["0.2", "1/3", "0.5", "0.9"]))
    def test_small_shares_may_be_dropped_but_never_all(self, one, policy, floor):
        """Whoever is left keeps the proportions."""
        before, after = shares(one.ask(policy)), shares(one.ask(Bounded(policy, floor=floor, below="drop")))
        assert bool(before) == bool(after)
        assert sum(after.values(), Fraction(0)) == bool(after)
        assert all(before[party] >= Fraction(floor) or before[party] == max(before.values()) for party in after)


class TestBlends:
    """Two policies at once."""

    @given(facts(), policies, policies, st.sampled_from(["0", "0.3", "1/2", "1"]))
    def test_shares_blend_party_by_party(self, one, first, second, part):
        """What one leaves to nobody stays there."""
        blended = shares(one.ask(Blended(first, second, part=part)))
        a, b, part = shares(one.ask(first)), shares(one.ask(second)), Fraction(part)
        want = {party: part * a.get(party, 0) + (1 - part) * b.get(party, 0) for party in a | b}
        assert blended == {party: share for party, share in want.items() if share}

    @given(facts(), policies, st.sampled_from(PARTIES))
    def test_withholding_leaves_the_others_what_they_had(self, one, policy, party):
        """And the share withheld goes to nobody."""
        before = shares(one.ask(policy))
        assert shares(one.ask(Withhold(policy, parties=[party]))) == {p: s for p, s in before.items() if p != party}

    @given(facts(), any_policy)
    def test_a_version_changes_no_credit(self, one, policy):
        """Only what is said about it."""
        named = one.ask(Versioned(policy, model="house", version="7"))
        assert [(c.id, c.amount, c.share) for c in named.credits] == [
            (c.id, c.amount, c.share) for c in one.ask(policy).credits
        ]


class TestRegistrations:
    """Registrations decide only where the policy says so."""

    @given(facts(), policies)
    def test_without_registrations_the_wrapper_is_the_policy_inside(self, one, policy):
        """Nothing protects the deal, so the policy inside decides."""
        alone, wrapped = one.ask(policy, filed=[]), one.ask(RegistrationFirst(policy), filed=[])
        assert [(c.partner_id, c.amount) for c in alone.credits] == [(c.partner_id, c.amount) for c in wrapped.credits]

    @given(facts())
    def test_the_first_to_file_of_those_that_protect_takes_all(self, one):
        """The winner agrees with a plain reading of the rule."""
        valid = [
            filed
            for filed in one.filed
            if filed.protected_until is not None
            and filed.decided_at <= CLOSE < filed.protected_until
            and not (filed.status == "withdrawn" and filed.ended_at <= CLOSE)
        ]
        result = one.ask(RegistrationFirst(Linear()))
        if valid:
            winner = min(valid, key=lambda filed: (filed.submitted_at, filed.id))
            assert shares(result) == {winner.partner_id: 1}
            assert winner.id in result.credits[0].because
        else:
            assert shares(result) == shares(one.ask(Linear()))

    @given(facts())
    def test_every_registration_is_named(self, one):
        """The winner in the reason, all others in the notes."""
        result = one.ask(RegistrationFirst(Linear()))
        told = " ".join([*result.notes, *(credit.because for credit in result.credits)])
        assert all(filed.id in told for filed in one.filed if filed.submitted_at <= CLOSE)


class TestCorrections:
    """A second look appends credits; what is then in force is what the second look says."""

    @given(facts(), any_policy, any_policy, any_policy)
    def test_the_credits_in_force_are_those_of_the_last_look(self, one, first, second, third):
        """However often; and the differences sum to what the attributed amount changed."""
        log = one.ask(first).credits
        before = sum(credit.amount.minor for credit in log)
        for day, policy in enumerate((second, third), 1):
            result = one.ask(policy)
            correction = supersede(log, [result], recorded_at=CLOSE + timedelta(days=day))
            log = (*log, *correction.credits)
            after = sum(credit.amount.minor for credit in result.credits)
            assert sum(change.difference.minor for change in correction.changes) == after - before
            assert {c.partner_id: (c.amount, c.share) for c in in_force(log) if c.share} == {
                c.partner_id: (c.amount, c.share) for c in result.credits
            }
            before = after
        assert len({credit.id for credit in log}) == len(log)

    @given(st.lists(facts(), max_size=4), any_policy, st.fractions(0, 1, max_denominator=9))
    def test_every_report_counts_revenue_once(self, drawn, policy, part):
        """Sourced, by channel and executive, and quota credit whose parts sum to 1."""
        results = [one.ask(policy) for one in drawn]
        total = sum(one.deal.amount.minor for one in drawn)
        for revenue in (credited(results).revenue, sourced_and_influenced(results).revenue):
            assert sum(money.minor for money in revenue) == total
        quota = quota_credits(results, rule=QuotaRule(executive=part, channel=1 - part))
        assert sum(credit.amount.minor for credit in quota.credits) == total
        assert all(one.deal.id in {c.opportunity_id for c in quota.credits} for one in drawn)


class TestBatch:
    """The batch verb is the single verb, deal by deal."""

    @given(st.lists(facts(), max_size=4), policies)
    def test_attribute_all_equals_attribute(self, drawn, policy):
        """A dataset gives what its deals give one by one."""
        parts = []
        for index, one in enumerate(drawn):
            deal = one.deal.replace(id=f"D-{index}", account_id=f"A-{index}")
            parts.append(
                Facts(
                    deal,
                    [t.replace(id=f"{index}-{t.id}", opportunity_id=deal.id) for t in one.touches],
                    [r.replace(id=f"{index}-{r.id}", opportunity_id=deal.id) for r in one.filed],
                    [lead.replace(id=f"{index}-{lead.id}", opportunity_id=deal.id) for lead in one.leads],
                    one.previous,
                )
            )
        earlier = [
            p.deal.replace(id=f"E-{p.deal.id}", closed_at=p.previous, created_at=OPENED, history=())
            for p in parts
            if p.previous is not None
        ]
        data = Dataset(
            partners=[Partner(id=party, name=party, type="reseller") for party in PARTIES[:4]],
            opportunities=[*(p.deal for p in parts), *earlier],
            touchpoints=[t for p in parts for t in p.touches],
            registrations=[r for p in parts for r in p.filed],
            leads=[lead for p in parts for lead in p.leads],
        )
        found = attribute_all(data, policy=policy, as_of=CLOSE)
        assert found[: len(parts)] == tuple(p.ask(policy) for p in parts)
        assert len(found) == len(parts) + len(earlier)


class TestDecayTable:
    """The integers behind time decay."""

    @given(st.integers(1, 24 * 14))
    def test_weights_never_rise_with_age_and_halve_with_the_half_life(self, hours):
        """Monotone, from 2^20 down to 1, within half a unit of the formula's halving."""
        table = decay_weights(hours)
        assert table[0] == 1 << 20
        assert table[-1] == 1
        assert all(newer >= older for newer, older in pairwise(table))
        assert all(abs(2 * table[age + hours] - table[age]) <= 2 for age in range(0, 10 * hours, 7))


class TestPrinting:
    """A policy in a log is the policy."""

    @given(st.one_of(policies, object_policies))
    def test_a_repr_is_the_python_that_makes_the_policy(self, policy):
        """Named branches and exact shares included."""
        assert eval(repr(policy), NAMES) == policy  # noqa: S307 - our own words

    @given(policies)
    def test_so_is_that_of_its_integers(self, policy):
        """Rules, steps, claims and what decides otherwise."""
        plan = policy.compiled()
        assert eval(repr(plan), NAMES) == plan  # noqa: S307 - our own words
