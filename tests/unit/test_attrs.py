"""The house helpers: converters that leave what they cannot read, mappings that hash, copies that know their fields."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from attrs import field, frozen

from partnerops._arguments import check_date, check_exact, check_instant, check_int
from partnerops._attrs import (
    FrozenMap,
    Value,
    above,
    in_order,
    is_a,
    is_custom,
    is_exact,
    is_id,
    is_readable,
    is_share,
    normal,
    to_decimal,
    to_fraction,
    to_instant,
    to_map,
    to_member,
    to_optional_instant,
    to_shares,
    to_strings,
    to_tuple,
    tuple_of,
)
from partnerops._lazy import lazy
from partnerops.entities import Side
from partnerops.exceptions import InexactNumber, InvalidValue, NaiveDatetime, UnknownName
from tests.unit.nouns import NOON, TODAY


class TestFrozenMap:
    def test_is_a_mapping_in_the_order_of_its_keys(self) -> None:
        """However it was given; also from pairs and from nothing."""
        one = FrozenMap({"b": 2, "a": 1})
        assert (list(one), list(one.items()), len(one), one["b"], one.get("z")) == (
            ["a", "b"], [("a", 1), ("b", 2)], 2, 2, None,
        )  # fmt: skip
        assert FrozenMap([("a", 1), ("b", 2)]) == one == {"a": 1, "b": 2}
        assert len(FrozenMap()) == 0
        with pytest.raises(KeyError):
            one["z"]

    def test_is_a_value(self) -> None:
        """Equal, hashable, printable, and the same after a copy and a pickle."""
        one = FrozenMap({"b": 2, "a": 1})
        assert hash(one) == hash(FrozenMap({"a": 1, "b": 2})) != hash(FrozenMap())
        assert one != FrozenMap({"a": 1})
        assert repr(one) == "FrozenMap({'a': 1, 'b': 2})"
        assert eval(repr(one)) == pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one  # noqa: S307 - its own repr

    def test_keeps_its_own_copy(self) -> None:
        """Changing what it was made of changes nothing, and it cannot be changed itself."""
        given = {"a": 1}
        one = FrozenMap(given)
        given["a"] = 2
        assert one["a"] == 1
        with pytest.raises(TypeError):
            one["a"] = 2  # type: ignore[index]


class TestConverters:
    @pytest.mark.parametrize("hopeless", ["text", b"text", 7, None])
    def test_tuples_of_what_is_no_list(self, hopeless: Any) -> None:
        """Left to the validator, untouched."""
        assert to_tuple(hopeless) is hopeless
        assert to_strings(hopeless) is hopeless

    def test_tuples_of_anything_iterable(self) -> None:
        """Generators too."""
        assert to_tuple(iter([1, 2])) == to_tuple([1, 2]) == (1, 2)

    def test_mappings(self) -> None:
        """One that hashes is kept; keys that are no strings are left to the validator."""
        one = FrozenMap({"a": 1})
        assert to_map(one) is one
        assert to_map({"a": 1}) == one
        for hopeless in ([("a", 1)], {1: "a"}, None):
            assert to_map(hopeless) is hopeless  # type: ignore[arg-type]
            assert to_shares(hopeless) == hopeless  # type: ignore[arg-type]

    def test_members_of_closed_sets(self) -> None:
        """By value; strangers and other things are left."""
        assert to_member(Side, "vendor") is to_member(Side, Side.VENDOR) is Side.VENDOR
        for hopeless in ("VENDOR", "", 7, None, ["vendor"]):
            assert to_member(Side, hopeless) is hopeless  # type: ignore[arg-type]

    def test_instants(self) -> None:
        """In UTC, the same moment; naive ones and other things are left."""
        local = NOON.astimezone(timezone(timedelta(hours=-3)))
        assert to_instant(local) == NOON
        assert to_instant(local).tzinfo is UTC
        assert to_instant(NOON) is NOON
        naive = datetime(2026, 3, 10)
        for hopeless in (naive, TODAY, "2026-03-10", 7):
            assert to_instant(hopeless) is hopeless  # type: ignore[arg-type]
        assert to_optional_instant(None) is None
        assert to_optional_instant(local) == NOON

    @pytest.mark.parametrize(
        ("given", "number"),
        [
            ("0.1", Fraction(1, 10)),
            ("+1/3", Fraction(1, 3)),
            ("-.5", Fraction(-1, 2)),
            ("1e3", 1000),
            ("1.", 1),
            (Decimal("0.10"), Fraction(1, 10)),
            (7, 7),
            (Fraction(2, 4), Fraction(1, 2)),
        ],
    )
    def test_fractions(self, given: Any, number: Fraction) -> None:
        """From everything exact."""
        assert to_fraction(given) == number
        assert isinstance(to_fraction(given), Fraction)

    @pytest.mark.parametrize(
        "hopeless",
        [
            "", " 1", "1 ", "1_000", "1,5", "one", "1/0", "1/3e2", "nan", "inf", "1e9999", "9" * 1001, "\u0661",
            0.1, True, None, Decimal("NaN"), Decimal("-Infinity"), Decimal("1e1001"),
        ],
    )  # fmt: skip
    def test_what_is_no_exact_number_is_left(self, hopeless: Any) -> None:
        """Blanks, separators, other digits, endless ones, floats."""
        assert to_fraction(hopeless) is hopeless
        assert to_decimal(hopeless) is hopeless

    def test_decimals_lose_their_trailing_zeros_only(self) -> None:
        """Whatever the ambient precision; thirds are no decimals."""
        assert str(to_decimal("0.10")) == "0.1"
        assert [str(to_decimal(one)) for one in ("100", "1E+2", "0.000", "-0", 0, "1.50e1")] == [
            "100", "100", "0", "0", "0", "15",
        ]  # fmt: skip
        with localcontext(Context(prec=3)):
            assert str(to_decimal("1234567.8900")) == "1234567.89"
            assert str(normal(Decimal("-1234567.8900"))) == "-1234567.89"
        assert repr(to_decimal(Fraction(-13, 40))) == repr(to_decimal("-0.325"))  # type: ignore[arg-type]
        for hopeless in ("1/3", Fraction(1, 3), Fraction(1, 2**1001), Fraction(10**5000)):
            assert to_decimal(hopeless) is hopeless  # type: ignore[arg-type]

    def test_readable_numbers_have_a_length(self) -> None:
        """Ten characters may stand for a billion digits."""
        assert is_readable("9" * 1000)
        assert not is_readable("1e999999999")
        assert is_readable(Decimal("1e1000"))
        assert not is_readable(Decimal("1e-1001"))
        assert not is_readable(True)


@frozen(kw_only=True)
class Box(Value):
    """Something with one field of each awkward sort."""

    id: str = field(default="a", validator=is_id)
    count: int = field(default=1, validator=[is_a(int), above(0)])
    rate: Fraction = field(default=Fraction(1), validator=is_share)
    number: Any = field(default=0, validator=is_exact)
    notes: FrozenMap[Any] = field(factory=FrozenMap, converter=to_map, validator=is_custom)
    _hidden: int = field(default=0, alias="shown", validator=is_a(int))
    made: int = field(init=False, default=0)
    words: Any = field(default=(), validator=tuple_of(str))
    whole: Any = field(default=(), validator=tuple_of(int))
    first: Any = None
    second: Any = None
    third: Any = None

    def __attrs_post_init__(self) -> None:
        in_order(self, "first", "second", "third")


class TestReplace:
    def test_checks_again(self) -> None:
        """A changed copy obeys the same rules."""
        assert Box().replace(id="b").id == "b"
        with pytest.raises(InvalidValue, match=r"Box.count must be above 0 \(got 0\)"):
            Box().replace(count=0)

    def test_names_near_misses(self) -> None:
        """Of fields that can be given only: by the name under which they are given."""
        assert Box().replace(shown=3) == Box(shown=3)
        with pytest.raises(UnknownName, match="no field of Box 'coutn'; did you mean 'count'"):
            Box().replace(coutn=1)
        for name in ("made", "_hidden"):
            with pytest.raises(UnknownName, match=f"no field of Box '{name}'"):
                Box().replace(**{name: 1})


class TestValidators:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"id": "a "}, "Box.id must be a non-empty string without blanks around it (got 'a ')"),
            ({"count": True}, "Box.count must be an int (got True)"),
            ({"shown": "x"}, "Box.shown must be an int (got 'x')"),
            ({"rate": Fraction(3, 2)}, "Box.rate must be a fraction from 0 to 1 (0.10 means 10 %) (got '3/2')"),
            ({"rate": 0.5}, "Box.rate must be an exact number (got 0.5); floats are not exact: write"),
            ({"number": "1"}, "Box.number must be an exact number such as \"0.10\" (got '1')"),
            ({"number": True}, 'Box.number must be an exact number such as "0.10" (got True)'),
            ({"notes": {"k": [1]}}, "Box.notes['k'] must be a string, integer, boolean or None (got [1])"),
            ({"notes": {"k": 0.5}}, "Box.notes['k'] must be a string, integer, boolean or None (got 0.5)"),
            ({"notes": 7}, "Box.notes must be a mapping with string keys (got 7)"),
            ({"words": ("a", "")}, "Box.words[1] must be a non-empty string (got '')"),
            ({"whole": (1, "2")}, "Box.whole[1] must be an int (got '2')"),
            ({"first": 2, "third": 1}, "Box.third must be at or after first (2) (got 1)"),
        ],
    )
    def test_say_which_field_and_what_it_must_be(self, given: dict[str, Any], said: str) -> None:
        """By the name under which it is given."""
        with pytest.raises(InvalidValue) as caught:
            Box(**given)
        assert str(caught.value).startswith(said)

    @pytest.mark.parametrize("rate", [0, 1, Fraction(1, 2), Decimal("0.5")])
    def test_shares_include_their_ends(self, rate: Any) -> None:
        """Nothing and everything."""
        assert Box(rate=rate).rate == rate


class TestArguments:
    def test_dates_and_instants(self) -> None:
        """The same words as for fields, with the name of the argument."""
        assert check_date("on", TODAY) is TODAY
        assert check_instant("at", NOON.astimezone(timezone(timedelta(hours=2)))).tzinfo is UTC
        with pytest.raises(InvalidValue, match="on must be a date without a time"):
            check_date("on", NOON)
        with pytest.raises(InvalidValue, match="at must be an aware datetime"):
            check_instant("at", TODAY)  # type: ignore[arg-type]
        with pytest.raises(NaiveDatetime, match="at must be an aware datetime .* add a zone"):
            check_instant("at", NOON.replace(tzinfo=None))

    @pytest.mark.parametrize(
        ("value", "bounds", "said"),
        [
            (True, (), "n must be a whole number (got True)"),
            (1.0, (), "n must be a whole number (got 1.0)"),
            (0, (1,), "n must be a whole number, at least 1 (got 0)"),
            (13, (1, 12), "n must be a whole number from 1 to 12 (got 13)"),
        ],
    )
    def test_whole_numbers(self, value: Any, bounds: tuple[int, ...], said: str) -> None:
        """With their bounds."""
        with pytest.raises(InvalidValue) as caught:
            check_int("n", value, *bounds)
        assert str(caught.value) == said
        assert [check_int("n", n, 1, 12) for n in (1, 12)] == [1, 12]

    def test_exact_numbers(self) -> None:
        """As fractions; the rule can be said in other words."""
        assert check_exact("rate", "0.1") == Fraction(1, 10)
        with pytest.raises(InexactNumber, match="rate must be an exact number such as"):
            check_exact("rate", 0.1)  # type: ignore[arg-type]
        with pytest.raises(InvalidValue, match=r"rate must be half \(got 'x'\)"):
            check_exact("rate", "x", "half")


class TestLazy:
    def test_finds_names_where_they_live(self) -> None:
        """A name of a module, and a sub-package."""
        import partnerops

        getattribute, directory = lazy(
            "partnerops", {"near_misses": "partnerops.exceptions", "money": "partnerops.money"}
        )
        assert directory() == ["money", "near_misses"]
        try:
            assert getattribute("near_misses") is partnerops.exceptions.near_misses
            assert getattribute("money") is partnerops.money
        finally:
            del partnerops.near_misses  # type: ignore[attr-defined]

    def test_names_near_misses_or_the_right_place(self) -> None:
        """The interpreter itself, which asks for dunder names, gets no advice."""
        getattribute, _ = lazy("partnerops", {"Money": "partnerops.money"}, {"settle": "partnerops.commission"})
        for name, hint in [
            ("Mony", "; did you mean 'Money'?"),
            ("settle", "; it lives in partnerops.commission"),
            ("__Money__", ""),
        ]:
            with pytest.raises(AttributeError) as caught:
                getattribute(name)
            assert str(caught.value) == f"module 'partnerops' has no attribute {name!r}{hint}"
            assert caught.value.name == name
