"""Laws of documents: what is written reads back equal, its schema agrees, and nothing else gets in by accident."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given, settings, strategies as st
from jsonschema import Draft202012Validator

from partnerops import Dataset, Money, Opportunity
from partnerops._canonical import canonical_bytes, digest
from partnerops.attribution import AttributionPolicy
from partnerops.commission import ClawbackSchedule, CommissionPlan, RateSchedule
from partnerops.commission.modifiers import Modifier
from partnerops.dataset import COLLECTIONS
from partnerops.exceptions import InvalidDocument, PartnerOpsError
from partnerops.forecast import NewBusinessPolicy, Outlook
from partnerops.forecast.wrappers import Fact
from partnerops.journey import StagePolicy
from partnerops.serde import dumps, from_dict, json_schema, loads, loads_toml, to_dict
from partnerops.serde._faults import step
from partnerops.serde._policies import built_in, fits
from partnerops.testing import datasets, nouns, policies

pytestmark = pytest.mark.laws

KINDS = (Dataset, Opportunity, Money, CommissionPlan, AttributionPolicy)
VALIDATORS = {kind: Draft202012Validator(json_schema(kind)) for kind in (Dataset, AttributionPolicy)}

any_noun = st.sampled_from(sorted(COLLECTIONS, key=lambda kind: kind.__name__)).flatmap(nouns)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)

replacements = json_values | st.sampled_from(
    [
        "10.50 BRL", "-3 JPY", "1/3", "1e3", ".5", "5.", "+1", 1, 0, -1, "direct", "won", "2026-02-28", "PT1H", {}, [],
        "2026-03-31T12:00Z", "2026-03-31 12:00:00+00:00", {"amount": 2, "currency": "USD"},
    ]
)  # fmt: skip


@given(any_noun)
def test_every_noun_reads_back_equal(noun):
    """Through text, and with the same digest."""
    again = loads(dumps(noun), type(noun))
    assert again == noun
    assert digest(again) == digest(noun)


@given(datasets())
def test_a_dataset_reads_back_equal_and_its_schema_agrees(data):
    """Whatever is in it."""
    text = dumps(data)
    assert loads(text, Dataset) == data
    assert dumps(loads(text, Dataset)) == text
    assert list(VALIDATORS[Dataset].iter_errors(json.loads(text))) == []


@given(policies())
def test_a_policy_reads_back_equal_and_its_schema_agrees(policy):
    """By the protocol alone."""
    text = dumps(policy)
    assert loads(text, AttributionPolicy) == policy
    assert list(VALIDATORS[AttributionPolicy].iter_errors(json.loads(text))) == []


PROTOCOLS = (AttributionPolicy, RateSchedule, ClawbackSchedule, Modifier, Outlook, Fact, NewBusinessPolicy, StagePolicy)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda kind: kind.__name__)
def test_whatever_fits_a_protocol_reads_back_by_it(protocol):
    """Policies of every family, wrapped and fitted ones too; the schema agrees, and names no result."""
    validator = Draft202012Validator(json_schema(protocol))
    every = [kind for kind in built_in() if fits(kind, protocol)]
    assert len(every) >= 1

    @given(st.one_of([st.from_type(kind) for kind in every]))
    def look(policy):
        text = dumps(policy)
        again = loads(text, protocol)
        assert again == policy
        assert repr(again) == repr(policy)  # a member equals its bare string, and only its repr tells them apart
        assert list(validator.iter_errors(json.loads(text))) == []

    look()


# Rows of a cut of the user's own: their key may be any hashable, which has no form to be read by.
WITHOUT_FORM = {"PlanRow", "PlanView"}


@pytest.mark.parametrize(
    "kind", [kind for kind in built_in() if kind.__name__ not in WITHOUT_FORM], ids=lambda kind: kind.__name__
)
def test_every_public_value_reads_back_equal(kind):
    """Policies, their parts, and results: a ledger, a forecast, a stage decision."""

    @given(st.from_type(kind))
    @settings(max_examples=3)
    def look(value):
        again = loads(dumps(value), kind)
        assert again == value
        assert repr(again) == repr(value)

    look()


@given(st.data(), datasets(max_records=2))
def test_what_is_read_the_schema_allows(data, dataset):
    """One value of a document replaced by another: an editor must not mark what the library takes."""
    document = json.loads(dumps(dataset))
    lists = [(name, index) for name, rows in document.items() if isinstance(rows, list) for index in range(len(rows))]
    if not lists:
        return
    name, index = data.draw(st.sampled_from(lists))
    field = data.draw(st.sampled_from(sorted(document[name][index])))
    document[name][index][field] = data.draw(replacements)
    try:
        from_dict(document, Dataset)
    except InvalidDocument:
        return
    assert list(VALIDATORS[Dataset].iter_errors(document)) == []


@given(any_noun)
def test_a_document_is_the_canonical_form_beside_its_version(noun):
    """So a digest can be recomputed from the file alone."""
    written = json.loads(dumps(noun))
    del written["schema_version"]
    assert json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == (
        canonical_bytes(noun)
    )


@given(json_values, st.sampled_from(KINDS))
def test_anything_else_is_refused_by_an_error_of_ours(value, kind):
    """Never by another exception, and never read as something it is not."""
    try:
        read = loads(json.dumps(value), kind)
    except PartnerOpsError:
        return
    assert from_dict(to_dict(read), kind) == read


@given(st.text(max_size=60) | st.binary(max_size=60), st.sampled_from(KINDS))
def test_any_text_is_refused_by_an_error_of_ours(text, kind):
    """JSON or not."""
    with pytest.raises(PartnerOpsError):
        loads(text, kind)


@given(st.text(max_size=60), st.sampled_from(KINDS))
def test_any_toml_is_read_or_refused_by_an_error_of_ours(text, kind):
    """An empty document is a dataset of nothing."""
    try:
        loads_toml(text, kind)
    except PartnerOpsError:
        return
    assert set(tomllib.loads(text)) <= {"schema_version"}


@given(st.data(), datasets())
def test_a_spoilt_document_is_refused_where_it_is_spoilt(data, dataset):
    """One value in it replaced by a list, which stands for nothing."""
    document = to_dict(dataset)
    lists = [(name, index) for name, rows in document.items() for index in range(len(rows))]
    if not lists:
        return
    name, index = data.draw(st.sampled_from(lists))
    field = data.draw(st.sampled_from(sorted(document[name][index])))
    document[name][index][field] = [["spoilt"]]
    with pytest.raises(InvalidDocument) as error:
        from_dict(document, Dataset)
    assert all(fault.path.startswith(f"$.{name}[{index}].{field}") for fault in error.value.faults)


@given(datasets(), st.text(min_size=1, max_size=12))
def test_an_unknown_key_is_refused(dataset, key):
    """A field that is not there cannot have been meant."""
    document = to_dict(dataset)
    if key in document or key == "schema_version":
        return
    with pytest.raises(InvalidDocument) as error:
        from_dict(document | {key: []}, Dataset)
    assert [fault.path for fault in error.value.faults] == [f"${step(key)}"]
