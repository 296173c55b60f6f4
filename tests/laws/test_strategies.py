"""What the testing kit draws: valid by itself, consistent together, and as awkward as promised."""

from __future__ import annotations

from collections import Counter
from datetime import UTC

import attrs
import pytest
from hypothesis import Phase, find, given, settings, strategies as st

from partnerops import DIRECT, Account, Dataset, Opportunity, Partner, Payment, entities
from partnerops._canonical import canonical_bytes
from partnerops.dataset import COLLECTIONS
from partnerops.testing import cases, datasets, ids, instants, moneys, nouns, policies, shares, simulate, texts
from partnerops.testing._attribution import _suite
from partnerops.testing._strategies.cases import ask

from ..architecture.source import public_objects

pytestmark = pytest.mark.laws
NOUNS = [kind for name in entities.__all__ if attrs.has(kind := getattr(entities, name))]
PUBLIC = {
    name: value
    for name, value in public_objects().items()
    if isinstance(value, type) and (attrs.has(value) or getattr(value, "_is_protocol", False))
}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_type_resolves(name):
    """`st.from_type` needs no help, and gives what it was asked for."""
    kind = PUBLIC[name]

    @given(st.from_type(kind))
    @settings(max_examples=5)
    def look(value):
        if not getattr(kind, "_is_protocol", False):
            assert isinstance(value, kind)

    look()


@pytest.mark.parametrize("kind", NOUNS, ids=lambda kind: kind.__name__)
def test_nouns_have_one_form_and_hash(kind):
    """Valid, exact (a float would be refused), and fit for sets."""

    @given(nouns(kind))
    @settings(max_examples=25)
    def look(noun):
        assert canonical_bytes(noun)
        assert hash(noun) == hash(noun.replace())
        assert noun.replace() == noun

    look()


def occurs(strategy, what):
    """Whether something turns up among a few hundred draws; how small it gets does not matter here."""
    return find(strategy, what, settings=settings(max_examples=500, phases=[Phase.generate]))


class TestDatasets:
    """Everything fits together."""

    @given(datasets())
    @settings(max_examples=30)
    def test_check_finds_nothing(self, data):
        """By construction."""
        data.check().raise_for_faults()

    @given(datasets(max_records=5, kinds=[Partner, Opportunity, Account, Payment]))
    @settings(max_examples=30)
    def test_kinds_leave_the_others_out(self, data):
        """Smaller, and still consistent."""
        assert len(data) == len(data.partners) + len(data.opportunities) + len(data.accounts) + len(data.payments)
        data.check().raise_for_faults()

    def test_every_kind_occurs(self):
        """No collection stays empty for long."""
        seen = Counter()

        @given(datasets())
        @settings(max_examples=60, derandomize=True, database=None)
        def look(data):
            seen.update(kind for kind in COLLECTIONS if data.all(kind))

        look()
        assert set(seen) == set(COLLECTIONS)

    def test_references_are_used(self):
        """Deals of partners and of the vendor, partners under partners."""
        small = datasets(kinds=[Partner, Opportunity])
        assert occurs(small, lambda data: any(deal.partner_id == DIRECT for deal in data.opportunities))
        assert occurs(small, lambda data: any(deal.partner_id not in (None, DIRECT) for deal in data.opportunities))
        assert occurs(small, lambda data: any(partner.parent_id for partner in data.partners))


class TestCases:
    """What attribution policies are tried on."""

    @given(cases(), policies())
    def test_the_engine_sees_the_case_as_drawn(self, case, policy):
        """Nothing is dropped and nothing is resorted."""
        assert ask(case, policy).case == case

    @given(policies(), cases())
    @settings(max_examples=150)
    def test_the_librarys_policies_keep_every_law_of_the_suite(self, policy, case):
        """Any of them, wrapped in any other, on any case."""
        laws = _suite(policy, None).laws
        broken = {name: problem for name, law in laws.items() if law.problem and (problem := law.problem(case))}
        assert broken == {}
        assert laws["value"].once() is None

    @pytest.mark.parametrize(
        "what",
        [
            lambda case: not case.touches,
            lambda case: len({touch.at for touch in case.touches}) < len(case.touches),
            lambda case: any(touch.at == case.closed_at for touch in case.touches),
            lambda case: sum(one.protects(case.closed_at) for one in case.registrations) > 1,
            lambda case: case.opportunity.amount.minor < 0,
            lambda case: any(touch.partner_id == DIRECT for touch in case.touches),
        ],
        ids=["no touch", "tie", "at the close", "two protect", "negative", "direct"],
    )
    def test_awkward_cases_occur(self, what):
        """Each of the edges that policies stumble over."""
        assert occurs(cases(), what)


class TestValues:
    """Small things."""

    @given(ids() | texts())
    def test_ids_and_texts_are_legal_names(self, text):
        """Encodable, and without blanks around them."""
        assert text == text.strip() != ""
        assert text.encode()

    @given(instants())
    def test_instants_are_in_utc(self, at):
        """Never naive."""
        assert at.tzinfo is UTC

    @given(moneys("BRL", low=3, high=7))
    def test_bounds_hold(self, money):
        """Both included."""
        assert money.currency == "BRL"
        assert 3 <= money.minor <= 7

    @given(shares())
    def test_shares_are_fractions_of_one(self, share):
        """Exact."""
        assert 0 <= share <= 1


@given(st.integers(), st.integers(0, 3), st.integers(1, 4))
@settings(max_examples=10)
def test_a_simulated_programme_is_a_dataset_like_any_other(seed, partners, months):
    """What the strategies promise, the simulator keeps too."""
    data = simulate(seed, partners, months).dataset
    assert isinstance(data, Dataset)
    assert len(data.partners) == partners
