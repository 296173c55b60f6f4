"""The one form of every value: exact, stable, and refused where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from attrs import field, frozen

from partnerops import Credit, Money, Opportunity, Period
from partnerops._canonical import canonical, canonical_bytes, digest, short_digest, snake_case
from partnerops.attribution import Linear, Lookback, PositionBased
from partnerops.entities import PartnerStatus
from partnerops.exceptions import InexactNumber, InvalidValue, NaiveDatetime


class TestForms:
    """The table of the module, row by row."""

    @pytest.mark.parametrize(
        ("value", "form"),
        [
            (None, None),
            (True, True),
            ("ação", "ação"),
            (12, 12),
            (Decimal("0.10"), "0.1"),
            (Decimal("1E+3"), "1000"),
            (Decimal("-0.00"), "0"),
            (Decimal("1E-12"), "0.000000000001"),
            (Fraction(1, 3), "1/3"),
            (Fraction(4, 2), "2"),
            (datetime(2026, 3, 31, tzinfo=UTC), "2026-03-31T00:00:00Z"),
            (datetime(2026, 3, 31, 9, tzinfo=timezone(timedelta(hours=-3))), "2026-03-31T12:00:00Z"),
            (datetime(2026, 3, 31, microsecond=5, tzinfo=UTC), "2026-03-31T00:00:00.000005Z"),
            (date(2026, 3, 31), "2026-03-31"),
            (timedelta(hours=1), "PT3600S"),
            (timedelta(milliseconds=-500), "PT-0.5S"),
            (timedelta(microseconds=1), "PT0.000001S"),
            (PartnerStatus.SIGNED, "signed"),
            ((1, [2, "x"]), [1, [2, "x"]]),
            (frozenset({"b", "a"}), ["a", "b"]),
            ({"b": 1, "a": Decimal("2.0")}, {"a": "2", "b": 1}),
            (Money("10.50", "BRL"), {"amount": "10.50", "currency": "BRL"}),
            (Period.month(2026, 3), {"start": "2026-03-01", "end": "2026-04-01"}),
        ],
    )
    def test_each_kind_of_value_has_its_form(self, value, form):
        """Scalars, containers, money and periods."""
        assert canonical(value) == form
        assert json.loads(canonical_bytes(value)) == form

    def test_policies_carry_their_kind_and_nouns_do_not(self):
        """A field may hold any policy, so the value must say which one it is."""
        assert canonical(Lookback(Linear(), days=90)) == {
            "kind": "lookback",
            "policy": {"kind": "linear"},
            "days": 90,
        }
        assert canonical(PositionBased()) == {
            "kind": "position_based", "first": "2/5", "last": "2/5", "two_touches": "renormalise",
        }  # fmt: skip
        credit = Credit(
            id="C", opportunity_id="D", partner_id="acme", amount=Money("1", "BRL"), at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        assert "kind" not in canonical(credit)

    def test_users_own_values_are_tagged_too(self):
        """Aliases are the names of the outside; caches are left out."""

        @frozen
        class GoldRule:
            _rate: Decimal
            cache: dict = field(factory=dict, init=False, eq=False)

        assert canonical(GoldRule(Decimal("0.10"))) == {"kind": "gold_rule", "rate": "0.1"}

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("GraduatedTiers", "graduated_tiers"),
            ("WShaped", "w_shaped"),
            ("HTTPTiers", "http_tiers"),
            ("Q1Bonus", "q1_bonus"),
            ("linear", "linear"),
        ],
    )
    def test_kinds_are_class_names_in_snake_case(self, name, kind):
        """A run of capitals is one word."""
        assert snake_case(name) == kind

    def test_bytes_are_json_without_blanks_in_utf_8(self):
        """Keys sorted, nothing escaped that need not be."""
        assert canonical_bytes({"ç": [1, None], "a": True}) == '{"a":true,"ç":[1,null]}'.encode()

    def test_digests_tell_values_apart(self):
        """64 hexadecimal digits, and their first 12."""
        assert len(digest(Linear())) == 64
        assert digest(Linear()).startswith(short_digest(Linear()))
        assert len({digest(Lookback(Linear(), days=days)) for days in range(1, 50)}) == 49

    def test_digests_are_the_same_in_every_process(self):
        """Whatever seed Python hashes strings with."""
        code = "from partnerops._canonical import digest; print(digest(frozenset('partnerops')))"
        runs = {
            subprocess.run(  # noqa: S603
                [sys.executable, "-c", code],
                env=os.environ | {"PYTHONHASHSEED": seed},  # the rest says where the library is
                capture_output=True,
                text=True,
                check=True,
            ).stdout.strip()
            for seed in ("1", "2", "3")
        }
        assert runs == {digest(frozenset("partnerops"))}


class TestRefusals:
    """Each with the path of the value."""

    @pytest.mark.parametrize(
        ("value", "error", "message"),
        [
            ({"a": [1, 0.5]}, InexactNumber, r"\$\.a\[1\] must be an exact number"),
            ({"at": datetime(2026, 1, 1)}, NaiveDatetime, r"\$\.at must be an aware datetime"),
            ({1: 2}, InvalidValue, "string keys"),
            ([Decimal("NaN")], InvalidValue, r"\$\[0\] must be a finite number"),
            ((object(),), InvalidValue, "object is neither"),
            (Linear, InvalidValue, "type is neither"),
        ],
    )
    def test_values_without_a_form(self, value, error, message):
        """Floats, naive instants, foreign keys and classes."""
        with pytest.raises(error, match=message):
            canonical(value)

    def test_plain_classes_are_named_with_the_remedy(self):
        """A dataclass may give itself a form."""

        @dataclass
        class Mine:
            rate: int

        with pytest.raises(InvalidValue, match="Mine is neither"):
            canonical({"policy": Mine(3)})

        class Theirs(Mine):
            def __canonical__(self):
                return {"rate": self.rate}

        assert canonical(Theirs(3)) == {"rate": 3}

    def test_a_field_called_kind_would_hide_the_class(self):
        """So it has to be renamed."""

        @frozen
        class Odd:
            kind: str

        with pytest.raises(InvalidValue, match=r"\$\.kind must be named otherwise: .*Odd"):
            canonical(Odd("x"))

    def test_depth_is_bounded(self):
        """Not Python's own limit, which would be a crash."""
        value: object = 1
        for _ in range(100_000):
            value = [value]
        with pytest.raises(InvalidValue, match="nested at most 200 deep"):
            canonical(value)


def test_an_opportunity_round_trips_through_json():
    """Every field is there, also those at their default."""
    deal = Opportunity(id="D-1", stage="new", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    form = json.loads(canonical_bytes(deal))
    assert form["id"] == "D-1"
    assert form["amount"] is None
    assert form["lines"] == []
    assert form["custom"] == {}


@pytest.mark.parametrize("value", ["\ud800", ["a\udfff"], {"\ud800": 1}, frozenset({"\ud83d"})])
def test_half_a_character_has_no_bytes(value):
    """Python keeps lone surrogates in strings; UTF-8 cannot write them, and no digest can be made of them."""
    with pytest.raises(InvalidValue, match="lone surrogates"):
        canonical_bytes(value)


def test_a_number_that_python_will_not_write_out():
    """It has no bytes, and says so with its place."""
    with pytest.raises(InvalidValue, match=r"\$\.a must be a whole number of at most 1,000 digits \(got a value of"):
        canonical_bytes({"a": 16**5000})


def test_characters_outside_the_basic_plane_are_whole():
    """Unlike the halves that they are made of elsewhere."""
    assert canonical_bytes("\U0001f600") == '"\U0001f600"'.encode()
