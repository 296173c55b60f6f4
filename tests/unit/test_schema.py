"""JSON Schema: what it says of fields, and that it agrees with what reading does."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Literal

import pytest
from attrs import field, frozen
from jsonschema import Draft202012Validator

from partnerops import Calendar, Dataset, Dated, Money, Opportunity, Partner, Payment
from partnerops._attrs import is_share, to_fraction
from partnerops.attribution import AttributionPolicy, Linear, Lookback, PositionBased, TimeDecay
from partnerops.exceptions import InvalidDocument, InvalidValue
from partnerops.serde import dumps, from_dict, json_schema, make_converter, to_dict

from ..architecture.source import PROJECT


@frozen
class Promise:
    """A policy of a user's own, written where no source can be read."""

    share: Fraction = field(default=Fraction(1, 2), converter=to_fraction, validator=is_share)
    mode: Literal["a", "b"] = "a"
    pair: tuple[int, str] = (1, "x")
    more: dict[str, int] = field(factory=dict)

    def weigh(self, case, /):
        """Equal weights."""
        return [1] * len(case.touches)


def errors(kind, document, **options):
    """What the schema says against a document."""
    return [error.json_path for error in Draft202012Validator(json_schema(kind, **options)).iter_errors(document)]


def generator():
    """The script that writes the committed files."""
    spec = importlib.util.spec_from_file_location("generate_schemas", PROJECT / "scripts" / "generate_schemas.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_files_are_what_would_be_generated():
    """Run scripts/generate_schemas.py after a change of fields."""
    written = {path.name: path.read_text(encoding="utf-8") for path in (PROJECT / "schemas").glob("*.json")}
    assert written == generator().texts()


def test_schemas_are_valid_themselves():
    """Against the dialect that they name."""
    for kind in generator().DOCUMENTS.values():
        Draft202012Validator.check_schema(json_schema(kind))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Lookback(PositionBased("0.3", "0.5"), days=3), AttributionPolicy),
        (Dated.since(datetime(2026, 1, 1, tzinfo=UTC).date(), Money("1.00", "BRL")), Dated[Money]),
        (Calendar("America/Sao_Paulo"), Calendar),
        (Dataset(partners=[Partner(id="acme", name="Acme", type="reseller")]), Dataset),
    ],
)
def test_what_is_written_is_valid(value, kind):
    """With the version at its root."""
    assert errors(kind, json.loads(dumps(value))) == []


class TestRefused:
    """What a schema can say, it says where reading says it."""

    @pytest.mark.parametrize(
        ("kind", "document", "path"),
        [
            (PositionBased, {"first": 7}, "$.first"),
            (PositionBased, {"two_touches": "x"}, "$.two_touches"),
            (Lookback, {"policy": {"kind": "linea"}, "days": 3}, "$.policy"),
            (Lookback, {"policy": {}, "days": 3}, "$.policy"),
            (Lookback, {"policy": {"kind": "linear"}}, "$"),
            (Calendar, {"fiscal_year_start": 13}, "$.fiscal_year_start"),
            (Partner, {"id": " a", "name": "A", "type": "b"}, "$.id"),
            (Partner, {"id": "a", "name": "A", "type": "b", "colour": 1}, "$"),
            (Opportunity, {"id": "D", "stage": "s", "created_at": 3}, "$.created_at"),
            (Opportunity, {"id": "D", "stage": "s", "created_at": "2026-01-01T00:00:00Z", "lines": "x"}, "$.lines"),
        ],
    )
    def test_both_refuse(self, kind, document, path):
        """The schema before the file is loaded, the reader when it is."""
        assert errors(kind, document) == [path]
        with pytest.raises(InvalidDocument):
            from_dict(document, kind)

    def test_a_type_without_a_form(self):
        """Such as a function's."""
        with pytest.raises(InvalidValue, match=r"json_schema\(kind\)"):
            json_schema(memoryview)


class TestWords:
    """What people read."""

    def test_fields_and_classes_are_described_by_their_docstrings(self):
        """One text, shown by editors too."""
        definitions = json_schema(Payment)["$defs"]
        assert definitions["Payment"]["description"] == "Money that a customer paid for a deal."
        assert definitions["Payment"]["properties"]["at"]["description"] == "When it arrived."
        assert definitions["Payment"]["properties"]["amount"]["$comment"] == "above zero"

    def test_a_protocol_is_a_choice_of_kinds(self):
        """The library's and the caller's."""
        choice = json_schema(AttributionPolicy, policies=[Promise])["$defs"]["AttributionPolicy"]["oneOf"]
        kinds = [one["properties"]["kind"]["const"] for one in choice]
        assert "promise" in kinds
        assert "lookback" in kinds
        assert errors(AttributionPolicy, to_dict(Promise()), policies=[Promise]) == []
        assert from_dict(to_dict(Promise()), AttributionPolicy, converter=make_converter(policies=[Promise])) == (
            Promise()
        )

    def test_types_of_users_classes(self):
        """Literals, pairs and mappings."""
        properties = json_schema(Promise)["$defs"]["Promise"]["properties"]
        assert properties["mode"] == {"enum": ["a", "b"], "default": "a"}
        assert properties["pair"]["prefixItems"] == [{"type": "integer"}, {"type": "string"}]
        assert properties["more"] == {"type": "object", "additionalProperties": {"type": "integer"}}
        assert properties["share"]["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 1}

    def test_defaults_are_in_stored_form(self):
        """As `dumps` would write them."""
        properties = json_schema(TimeDecay)["$defs"]["TimeDecay"]["properties"]
        assert properties["half_life_days"]["default"] == "7"
        assert "default" not in json_schema(Linear)["$defs"]["Linear"]["properties"]["kind"]
