"""Laws of commission: lines telescope, order means nothing, the past does not change, nobody gives back too much."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from partnerops import Money, Reversal
from partnerops.commission import (
    Clawback,
    CommissionPlan,
    FixedAmount,
    FlatRate,
    LedgerAccount,
    PostingKind,
    Recovery,
    StatementLine,
    settle,
)
from partnerops.commission._amounts import exact_at
from partnerops.commission._compiled import rounded
from partnerops.commission.modifiers import Split
from partnerops.commission.reports import accruals
from partnerops.entities import Payout
from partnerops.money import Rounding, round_quotient
from partnerops.periods import Period

from .sales import (
    START,
    any_schedule,
    graduated,
    histories,
    minors,
    moments,
    plans,
    rich_histories,
    rich_plans,
    sales,
    schedules,
    volume,
)

pytestmark = pytest.mark.laws
LATE = START + timedelta(days=900)
# Rich plans take longest to draw; the state machine walks the same ground.
few = settings(max_examples=20)


def facts(history, **changes):
    """A history as arguments of `settle`."""
    given_facts = {**history, **changes}
    return given_facts.pop("credits"), given_facts


def settled(history, plan, as_of=LATE, **changes):
    credits, rest = facts(history, **changes)
    return settle(credits, plan=plan, as_of=as_of, **rest)


class TestSchedules:
    """One sale is F after less F before."""

    @given(any_schedule, st.lists(minors, max_size=8))
    def test_sales_telescope(self, schedule, amounts):
        """Lines sum to the rounded whole, whatever they are; a bounty counts sales instead."""
        value = getattr(schedule, "commission", None)
        if value is None or isinstance(schedule, FixedAmount):
            return
        attained = total = 0
        for minor in amounts:
            total += value(Money.from_minor(minor, "BRL"), attained=Money.from_minor(attained, "BRL")).minor
            attained += minor
        assert total == value(Money.from_minor(attained, "BRL")).minor

    @given(any_schedule, minors, minors)
    def test_f_starts_at_zero_and_never_falls(self, schedule, one, other):
        """So no sale ever earns less than nothing."""
        low, high = sorted((one, other))
        assert exact_at(schedule, Fraction(0)) == 0
        assert exact_at(schedule, Fraction(low, 100)) <= exact_at(schedule, Fraction(high, 100))

    @given(schedules, st.integers(-(10**9), 10**9), st.sampled_from(list(Rounding)), st.sampled_from([0, 2, 3]))
    def test_the_integers_say_what_the_fractions_say(self, schedule, attained, rounding, exponent):
        """The quick evaluator and the exact one agree to the minor unit, in any currency and rounding."""
        exact = exact_at(schedule, Fraction(attained, 10**exponent)) * 10**exponent
        wanted = round_quotient(exact.numerator, exact.denominator, rounding)
        assert rounded(schedule.compiled(), exponent, rounding)(attained) == wanted
        assert rounded(schedule.compiled(), exponent, rounding)(Fraction(attained)) == wanted

    @given(schedules, st.fractions(-(10**6), 10**6, max_denominator=12), st.sampled_from(list(Rounding)))
    def test_parts_of_a_cent_attain_too(self, schedule, attained, rounding):
        """A share of a sale taken back need not be whole: F is exact there, and rounded once."""
        exact = exact_at(schedule, attained / 100) * 100
        wanted = round_quotient(exact.numerator, exact.denominator, rounding)
        assert rounded(schedule.compiled(), 2, rounding)(attained) == wanted

    @given(schedules, minors, minors)
    def test_minus_mirrors_plus(self, schedule, amount, attained):
        """A negative total is worth minus the positive one."""
        plus = schedule.commission(Money.from_minor(amount, "BRL"), attained=Money.from_minor(attained, "BRL"))
        minus = schedule.commission(Money.from_minor(-amount, "BRL"), attained=Money.from_minor(-attained, "BRL"))
        assert minus == -plus

    @given(schedules, minors, minors)
    def test_giving_back_undoes(self, schedule, amount, attained):
        """Selling and taking it back in full is worth nothing."""
        before = Money.from_minor(attained, "BRL")
        after = Money.from_minor(attained + amount, "BRL")
        money = Money.from_minor(amount, "BRL")
        if not isinstance(schedule, FixedAmount):
            assert schedule.commission(money, attained=before) == -schedule.commission(-money, attained=after)

    @given(volume, minors)
    def test_volume_is_one_rate_on_all(self, schedule, attained):
        """Commission over attainment is one of the rates, flat amounts apart."""
        money = Money.from_minor(attained, "BRL")
        exact = [Fraction(attained) * Fraction(tier.rate) + Fraction(tier.flat) * 100 for tier in schedule.tiers]
        candidates = {round_quotient(*one.as_integer_ratio()) for one in exact}
        assert not attained or schedule.commission(money).minor in candidates


class TestOrderAndTime:
    """A settlement is a function of the facts, and the ledger of an earlier moment is the beginning of a later one."""

    @given(histories(), plans(), st.randoms(use_true_random=False))
    def test_order_and_repeats_mean_nothing(self, history, plan, random):
        """Facts are a set."""
        ledger = settled(history, plan)
        shuffled = {name: [*found, *found] for name, found in history.items()}
        for found in shuffled.values():
            random.shuffle(found)
        assert settled(shuffled, plan) == ledger

    @given(histories(), plans(), moments, moments)
    def test_an_earlier_ledger_is_a_prefix(self, history, plan, one, other):
        """Nothing that became known later changes an earlier answer."""
        early, late = sorted((one, other))
        before, after = settled(history, plan, early), settled(history, plan, late)
        assert after.postings[: len(before.postings)] == before.postings

    @given(histories(), plans(), moments)
    def test_nothing_after_as_of_is_seen(self, history, plan, as_of):
        """Facts that were not known by then might as well not be there."""
        seen = {
            name: [one for one in found if max(one.at, one.recorded_at or one.at) <= as_of]
            for name, found in history.items()
        }
        assert settled(seen, plan, as_of) == settled(history, plan, as_of)

    @given(histories(), plans(), moments)
    def test_closed_statements_never_change(self, history, plan, as_of):
        """What is known after a close is posted to an open period."""
        for close in history["closes"]:
            if close.at <= as_of:
                then, now = settled(history, plan, close.at), settled(history, plan, as_of)
                for partner in now.partners:
                    frozen = then.statement(partner, close.period, currency="BRL").lines
                    assert now.statement(partner, close.period, currency="BRL").lines == frozen


class TestMoney:
    """Both sides of every posting, and every balance, sum up."""

    @given(histories(), plans())
    def test_postings_balance_and_keys_are_unique(self, history, plan):
        """Each posting moves a positive amount; no key twice."""
        ledger = settled(history, plan)
        assert len({one.key for one in ledger.postings}) == len(ledger.postings)
        for posting in ledger.postings:
            (_, debit), (_, credit) = posting.legs
            assert (debit + credit).minor == 0
            assert posting.amount.minor > 0
            assert posting.debit is not posting.credit
            assert posting.because

    @given(histories(), plans(), moments)
    def test_balances_reconcile(self, history, plan, as_of):
        """What a partner keeps is what it was paid, is owed and still owes; and it is the vendor's expense."""
        ledger = settled(history, plan, as_of)
        for balance in ledger.balances():
            assert balance.net == balance.held + balance.due + balance.paid - balance.recoverable
            mine = [one for one in ledger.postings if one.partner_id == balance.partner_id]
            assert Money.total([one.earnings for one in mine], "BRL") == balance.net

    @given(histories(), plans())
    def test_no_line_gives_back_more_than_it_earned(self, history, plan):
        """Whatever the reversals, tiers and rounding."""
        earned: dict[str, int] = {}
        taken: dict[str, int] = {}
        for one in settled(history, plan).postings:
            if one.kind is PostingKind.EARNED:
                earned[one.line_id] = one.earnings.minor
            elif one.kind in (PostingKind.CANCELLED, PostingKind.CLAWED_BACK):
                taken[one.line_id] = taken.get(one.line_id, 0) - one.earnings.minor
        assert all(0 <= minor <= earned[line] for line, minor in taken.items())

    @given(sales(), plans(clawback=st.none()))
    def test_totals_are_the_schedules(self, credits, plan):
        """Per partner and attainment period, lines sum to F of the period, however many and in whatever order."""
        ledger = settle(credits, plan=plan, as_of=LATE)
        groups: dict[object, list[int]] = {}
        for one in credits:
            if one.partner_id != "direct" and one.role != "influenced":
                single = plan.attainment == "line" or isinstance(plan.schedule, FixedAmount)
                whole = (
                    None if plan.attainment in ("line", "lifetime") else plan.calendar.period(plan.attainment, one.at)
                )
                key = one.id if single else (one.partner_id, whole)
                groups.setdefault(key, []).append(one.amount.minor)
        wanted = 0
        for minors_of in groups.values():
            exact = exact_at(plan.schedule, Fraction(sum(minors_of), 100)) * 100
            wanted += round_quotient(exact.numerator, exact.denominator)
        assert sum(balance.earned.minor for balance in ledger.balances()) == wanted

    @given(histories(), plans(), st.lists(st.tuples(moments, st.integers(1, 100)), max_size=4))
    def test_payouts_move_what_was_payable(self, history, plan, tries):
        """Paying parts of what is due keeps every identity, and the same reversals never take more than before."""
        payouts = []
        for index, (at, percent) in enumerate(sorted(tries)):
            ledger = settled(history, plan, at, payouts=payouts)
            for balance in ledger.balances():
                room = (balance.due.minor - min(balance.recoverable.minor, max(balance.due.minor, 0))) * percent // 100
                if room > 0:
                    gross = Money.from_minor(room, "BRL")
                    payouts.append(
                        Payout(id=f"O{index}-{balance.partner_id}", partner_id=balance.partner_id, gross=gross, at=at)
                    )
        ledger, unpaid = settled(history, plan, payouts=payouts), settled(history, plan)
        for balance in ledger.balances():
            before = unpaid.balance(balance.partner_id)
            assert (balance.earned, balance.clawed_back) == (before.earned, before.clawed_back)
            assert balance.net == balance.held + balance.due + balance.paid - balance.recoverable
            assert balance.recoverable.minor >= 0
        paid = [one for one in ledger.postings if one.credit is LedgerAccount.CASH]
        assert sum(one.amount.minor for one in paid) == sum(one.gross.minor for one in payouts)

    @given(histories(), plans())
    def test_statements_add_up_to_the_ledger(self, history, plan):
        """The months of the books hold every line once, and each opens where the last one closed."""
        ledger = settled(history, plan)
        if not ledger.postings:
            return
        days = [one.posted_on for one in ledger.postings]
        months = Period(min(days).replace(day=1), max(days).replace(day=1) + timedelta(days=40)).split("month")
        for partner in ledger.partners:
            made = [ledger.statement(partner, month) for month in months]
            assert sum(one.total.minor for one in made) == ledger.balance(partner).net.minor
            for one, following in pairwise(made):
                assert one.closing == following.opening
            for line in (line for one in made for line in one.lines):
                assert line.because
                if line.slices:
                    assert Money.total([part.amount for part in line.slices]) == line.amount


class TestInvariants:
    """What is left of the thirteen: splitting, undoing, and one deal made of two."""

    @given(
        sales(minor=st.integers(-50_000, 200_000)),
        st.lists(st.fractions(0, 1, max_denominator=9), min_size=1, max_size=3),
    )
    def test_a_split_loses_nothing_and_mirrors(self, credits, raw):
        """I2: parts sum to the whole, to the minor unit, and the split of -x is minus the split of x."""
        total = sum(raw, Fraction(0)) or 1
        shares = {f"sharer{n}": share / max(total, 1) for n, share in enumerate(raw)}
        shared = CommissionPlan(id="p", schedule=FlatRate(1), splits=[Split(shares)], currency="BRL")
        plus = settle(credits, plan=shared, as_of=LATE)
        minus = settle([one.replace(amount=-one.amount) for one in credits], plan=shared, as_of=LATE)
        counted = [one for one in credits if one.partner_id != "direct" and one.role != "influenced"]
        assert sum(one.earned.minor for one in plus.balances()) == sum(one.amount.minor for one in counted)
        assert [(one.line_id, -one.earnings) for one in minus.postings] == [
            (one.line_id, one.earnings) for one in plus.postings
        ]

    @given(sales(), plans(schedule=schedules, clawback=st.just(Clawback())))
    def test_taking_everything_back_leaves_nothing(self, credits, plan):
        """I5: every deal reversed in full, every balance is zero again."""
        worth: dict[str, int] = {}
        for one in credits:
            if one.role != "influenced":
                worth[one.opportunity_id] = worth.get(one.opportunity_id, 0) + one.amount.minor
        undone = [
            Reversal(id=f"X{deal}", opportunity_id=deal, kind="refund", amount=Money.from_minor(minor, "BRL"), at=LATE)
            for deal, minor in worth.items()
            if minor
        ]
        ledger = settle(credits, plan=plan, reversals=undone, as_of=LATE)
        assert all(balance.net.minor == 0 for balance in ledger.balances())

    @given(sales(), plans(schedule=graduated, clawback=st.none()), st.integers(0, 100))
    def test_one_deal_made_of_two_earns_the_same(self, credits, plan, percent):
        """I12: cutting a sale in two at the same moment changes no total, where sales add up."""
        if plan.attainment == "line" or not credits:
            return
        first = credits[0]
        part = first.amount.minor * percent // 100
        halves = [
            first.replace(id="C0a", amount=Money.from_minor(part, "BRL")),
            first.replace(id="C0b", amount=Money.from_minor(first.amount.minor - part, "BRL")),
        ]
        whole = settle(credits, plan=plan, as_of=LATE)
        cut = settle([*halves, *credits[1:]], plan=plan, as_of=LATE)
        assert {one.partner_id: one.earned for one in cut.balances()} == {
            one.partner_id: one.earned for one in whole.balances()
        }

    @given(histories(), plans(clawback=st.just(Clawback(recovery=Recovery(max_share="1/3")))), moments)
    def test_a_payout_never_loses_more_than_its_share(self, history, plan, at):
        """I8, I9: payable is never negative, and what is kept back stays within the cap."""
        for one in settled(history, plan, at).payables:
            assert one.amount.minor >= 0
            assert 0 <= one.kept_back.minor <= max(one.due.minor, 0) / 3
            assert one.amount.minor + one.kept_back.minor <= max(one.due.minor, 0)


class TestRichPlans:
    """The same promises under plans that say more than a schedule."""

    @few
    @given(rich_histories(), rich_plans(), st.randoms(use_true_random=False))
    def test_order_and_repeats_mean_nothing(self, history, plan, random):
        """Facts are a set."""
        ledger = settled(history, plan)
        shuffled = {name: [*found, *found] if name != "data" else found for name, found in history.items()}
        for name, found in shuffled.items():
            if name != "data":
                random.shuffle(found)
        assert settled(shuffled, plan) == ledger

    @few
    @given(rich_histories(), rich_plans(), moments, moments)
    def test_an_earlier_ledger_is_a_prefix(self, history, plan, one, other):
        """Whatever became known later, documents, disputes and decisions among it."""
        early, late = sorted((one, other))
        before, after = settled(history, plan, early), settled(history, plan, late)
        assert after.continues(before)
        assert after.points[: len(before.points)] == before.points

    @few
    @given(rich_histories(), rich_plans(), moments)
    def test_everything_reconciles(self, history, plan, as_of):
        """Balances, statements, holds and keys."""
        ledger = settled(history, plan, as_of)
        assert len({one.key for one in ledger.postings}) == len(ledger.postings)
        for one in ledger.balances():
            assert one.net == one.held + one.due + one.paid + one.exchanged - one.recoverable - one.advanced
            held = sum(hold.amount.minor for hold in ledger.holds if hold.partner_id == one.partner_id)
            assert held == one.held.minor
            assert one.advanced.minor >= 0
        assert all(accruals(ledger, month).ties for month in Period.parse("2026-01-01/2027-04-01").split("month"))
        assert all(posting.because for posting in ledger.postings)

    @few
    @given(rich_histories(), rich_plans())
    def test_no_line_gives_back_more_than_it_earned(self, history, plan):
        """Through modifiers, splits and overrides too."""
        earned: dict[str, int] = {}
        taken: dict[str, int] = {}
        for one in settled(history, plan).postings:
            if one.kind is PostingKind.EARNED:
                earned[one.line_id] = one.earnings.minor
            elif one.kind in (PostingKind.CANCELLED, PostingKind.CLAWED_BACK):
                taken[one.line_id] = taken.get(one.line_id, 0) - one.earnings.minor
        assert all(0 <= minor <= earned[line] for line, minor in taken.items())

    @few
    @given(rich_histories(), rich_plans())
    def test_slices_and_modifiers_lead_to_the_amount(self, history, plan):
        """Slices sum to what the schedule gives; where nothing else decided, that is the line."""
        for posting in settled(history, plan).postings:
            line = StatementLine.of(posting)
            if line.slices and posting.working.special is None:
                assert Money.total([part.amount for part in line.slices]) == line.amount
