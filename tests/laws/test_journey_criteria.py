"""Laws of criteria: three-valued logic never claims what the unknown could undo, and blockers are what is missing."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, strategies as st

from partnerops import Money, Partner
from partnerops.exceptions import InvalidValue
from partnerops.journey import Outcome
from partnerops.journey._criteria import as_strict, leaves, same_direction
from partnerops.journey._decide import Judge
from partnerops.journey._stages import Use
from partnerops.journey.criteria import AllOf, AnyOf, AtLeast, Criterion, Gate, Not
from partnerops.journey.signals import Measure

pytestmark = pytest.mark.laws
SIGNALS = ("wins", "registrations", "csat", "open_deals")
ACME = Partner(id="acme", name="Acme", type="reseller")

comparisons = st.sampled_from([">=", ">", "<=", "<"])
thresholds = st.integers(0, 3)
criteria = st.builds(Criterion, st.sampled_from(SIGNALS), comparisons, thresholds)
values = st.dictionaries(st.sampled_from(SIGNALS), st.integers(-1, 4) | st.none())


def combined(inner):
    members = st.lists(inner, min_size=1, max_size=3)
    some = members.flatmap(lambda rules: st.integers(1, len(rules)).map(lambda count: AtLeast(count, rules)))
    return members.map(AllOf) | members.map(AnyOf) | some | inner.map(Not)


rules = st.recursive(criteria, combined, max_leaves=6)


def results(rule, known):
    """The outcome of a rule and its criteria, with these values; a signal that is not there is unknown."""
    judge = Judge(ACME, lambda key: Measure(known.get(key[0].value)))
    gate = Gate(stage="traction", enter=rule)
    outcome = judge._judged(gate, Use.ENTER)[0]
    return outcome, judge.results(gate, Use.ENTER)


def plain(rule, known) -> bool:
    """The rule in Python's own logic, every value known."""
    if isinstance(rule, Criterion):
        return rule.judge(known[rule.signal.value]) is Outcome.PASSED
    if isinstance(rule, Not):
        return not plain(rule.member, known)
    passed = sum(plain(one, known) for one in rule.members)
    return passed >= (1 if isinstance(rule, AnyOf) else getattr(rule, "count", len(rule.members)))


@given(rules, st.fixed_dictionaries({name: st.integers(-1, 4) for name in SIGNALS}))
def test_with_everything_known_it_is_ordinary_logic(rule, known):
    """Passed or failed, never unknown."""
    outcome, _ = results(rule, known)
    assert outcome is (Outcome.PASSED if plain(rule, known) else Outcome.FAILED)


@given(rules, values)
def test_what_is_claimed_holds_whatever_the_unknown_turns_out_to_be(rule, known):
    """Every completion of the unknown values agrees with passed and with failed."""
    outcome, _ = results(rule, known)
    if outcome is Outcome.UNKNOWN:
        return
    blank = [name for name in SIGNALS if known.get(name) is None]
    for filled in product((-1, 0, 2, 4), repeat=len(blank)):
        complete = {**known, **dict(zip(blank, filled, strict=True))}
        assert plain(rule, complete) == (outcome is Outcome.PASSED)


@given(rules, values)
def test_blockers_are_what_keeps_it_from_passing(rule, known):
    """None when it passes, else at least one, and none of them passes."""
    outcome, found = results(rule, known)
    assert any(one.blocking for one in found) == (outcome is not Outcome.PASSED)
    assert all(one.outcome is not Outcome.PASSED for one in found if one.blocking)
    assert [one.criterion for one in found] == [leaf for leaf, _ in leaves(rule)]
    assert [one.negated for one in found] == [negated for _, negated in leaves(rule)]


@given(rules, values)
def test_the_short_way_to_an_answer_is_the_same(rule, known):
    """Whether a rule passes does not depend on how much of it is looked at."""
    judge = Judge(ACME, lambda key: Measure(known.get(key[0].value)))
    assert judge._passes(rule) == (results(rule, known)[0] is Outcome.PASSED)


@given(rules, values)
def test_a_pass_on_unknown_only_ever_helps(rule, known):
    """Letting what is unknown pass never turns a pass into anything else, under a Not as well."""

    def lenient(one):
        if isinstance(one, Criterion):
            return one.replace(on_unknown="pass")
        if isinstance(one, Not):
            return Not(lenient(one.member))
        return one.replace(members=[lenient(member) for member in one.members])

    before, _ = results(rule, known)
    after, _ = results(lenient(rule), known)
    assert after is not Outcome.UNKNOWN
    if before is not Outcome.UNKNOWN:
        assert after is before


@given(criteria, criteria, st.integers(-1, 5))
def test_strictness_is_implication(one, other, value):
    """Whoever passes the stricter one passes the looser one."""
    if same_direction(one, other) and as_strict(one, other) and one.judge(value) is Outcome.PASSED:
        assert other.judge(value) is Outcome.PASSED


@given(comparisons, thresholds, thresholds)
def test_entry_is_at_least_as_strict_as_stay_or_the_gate_is_refused(comparison, enter, stay):
    """Every gate that can be built keeps the law; the same under Nots."""
    entry, staying = Criterion("wins", comparison, enter), Criterion("wins", comparison, stay)
    for wrap in (lambda rule: rule, lambda rule: AllOf([rule]), lambda rule: AnyOf([rule, rule])):
        if not as_strict(entry, staying):
            with pytest.raises(InvalidValue, match="at most as strict as to enter"):
                Gate(stage="maturity", enter=wrap(entry), stay=wrap(staying))
            continue
        gate = Gate(stage="maturity", enter=wrap(entry), stay=wrap(staying))
        for value in range(-1, 5):
            judge = Judge(ACME, lambda _, value=value: Measure(value))
            assert not (judge._judged(gate, Use.ENTER)[0] is Outcome.PASSED and judge.leaves(gate))
    if as_strict(staying, entry):
        Gate(stage="maturity", enter=Not(entry), stay=Not(staying))
    else:
        with pytest.raises(InvalidValue, match="at most as strict as to enter"):
            Gate(stage="maturity", enter=Not(entry), stay=Not(staying))


@given(st.builds(Criterion, st.just("wins"), comparisons, thresholds), st.integers(-2, 6))
def test_closing_the_gap_passes(criterion, value):
    """Moving the value by the gap meets the threshold, by one less misses it."""
    gap = criterion.gap(value)
    assert (gap == 0) == (criterion.judge(value) is Outcome.PASSED)
    way = 1 if criterion.comparison in (">=", ">") else -1
    assert criterion.judge(value + way * gap) is Outcome.PASSED
    if gap:
        assert criterion.judge(value + way * (gap - 1)) is Outcome.FAILED


@given(comparisons, st.integers(0, 10**6), st.integers(0, 10**6))
def test_closing_a_gap_of_money_passes(comparison, threshold, minor):
    """To the minor unit."""
    criterion = Criterion("won_revenue", comparison, Money.from_minor(threshold, "BRL"))
    value = Money.from_minor(minor, "BRL")
    gap = criterion.gap(value)
    closed = value + gap if comparison in (">=", ">") else value - gap
    assert criterion.judge(closed) is Outcome.PASSED
    assert criterion.gap(None) is None


@given(st.fractions(0, 1), st.fractions(0, 1))
def test_a_gap_of_shares_is_exact(threshold, value):
    """No float on the way."""
    gap = Criterion("self_sufficiency", ">=", threshold).gap(value)
    assert gap == max(threshold - value, Fraction(0))
