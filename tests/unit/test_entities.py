"""What holds for every noun: each field refuses what it cannot be, naming itself; each noun is a value with a past."""

from __future__ import annotations

import copy
import pickle
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import attrs
import pytest

from partnerops import entities
from partnerops._attrs import FrozenMap
from partnerops.dataset import COLLECTIONS
from partnerops.exceptions import InexactNumber, InvalidValue, NaiveDatetime, UnknownName
from partnerops.money import Money
from partnerops.periods import Period
from tests.unit.nouns import DAY, NOON, PARTS, SMALLEST, TODAY, make

KINDS = [*SMALLEST, *PARTS]
kinds = pytest.mark.parametrize("kind", KINDS)
nouns = pytest.mark.parametrize("kind", list(SMALLEST))


def fields(*types: type) -> list[Any]:
    """Every (kind, field) whose annotation allows one of *types*."""
    found = []
    for kind in KINDS:
        hints = get_type_hints(kind)
        for field in attrs.fields(kind):
            hint = hints[field.name]
            allowed = get_args(hint) if isinstance(hint, UnionType) else (hint,)
            if any((get_origin(one) or one) in types for one in allowed):
                found.append(pytest.param(kind, field.name, id=f"{kind.__name__}.{field.name}"))
    assert found, types
    return found


def refused(kind: type[Any], name: str, value: object, error: type[InvalidValue] = InvalidValue) -> InvalidValue:
    """The refusal of a value for one field; it names the field and the value."""
    with pytest.raises(InvalidValue) as caught:
        make(kind, **{name: value})
    assert type(caught.value) is error
    assert caught.value.place.startswith(f"{kind.__name__}.{name}")
    assert f"{caught.value.place} must be " in str(caught.value)
    return caught.value


def enumerations() -> list[type[StrEnum]]:
    """The closed sets."""
    return [one for one in vars_of(entities) if isinstance(one, type) and issubclass(one, StrEnum)]


def vars_of(module: Any) -> list[Any]:
    """Everything public, of a package that loads lazily."""
    return [getattr(module, name) for name in module.__all__]


class TestFields:
    @pytest.mark.parametrize(("kind", "name"), fields(datetime))
    @pytest.mark.parametrize("bad", [TODAY, "2026-03-10T12:00:00Z", 0])
    def test_instants_are_datetimes(self, kind: type[Any], name: str, bad: object) -> None:
        """No date, no text, no seconds since 1970."""
        assert "an aware datetime" in str(refused(kind, name, bad))

    @pytest.mark.parametrize(("kind", "name"), fields(datetime))
    def test_instants_have_a_zone(self, kind: type[Any], name: str) -> None:
        """The refusal says how to give one."""
        wrong = refused(kind, name, NOON.replace(tzinfo=None), NaiveDatetime)
        assert str(wrong).endswith(
            "(got datetime.datetime(2026, 3, 10, 12, 0)); add a zone, as in datetime(2026, 3, 31, 12, tzinfo=UTC)"
        )

    @pytest.mark.parametrize(("kind", "name"), fields(date))
    @pytest.mark.parametrize("bad", [NOON, "2026-03-10", 20260310])
    def test_business_dates_are_dates(self, kind: type[Any], name: str, bad: object) -> None:
        """A datetime is not one, though Python says so."""
        assert "a date without a time" in str(refused(kind, name, bad))

    @pytest.mark.parametrize(("kind", "name"), fields(str))
    @pytest.mark.parametrize("bad", [7, b"x", ["x"]])
    def test_texts_are_strings(self, kind: type[Any], name: str, bad: object) -> None:
        """Also ids: they are opaque, and a number is not one."""
        assert repr(bad) in str(refused(kind, name, bad))

    @pytest.mark.parametrize(("kind", "name"), fields(str))
    @pytest.mark.parametrize("bad", ["", " acme", "acme\n"])
    def test_texts_say_something(self, kind: type[Any], name: str, bad: str) -> None:
        """Unless they are remarks, which may be empty and may have any blanks."""
        if name in ("because", "clause", "new", "old", "policy") or (
            name == "reason" and attrs.fields_dict(kind)["reason"].default == ""
        ):
            assert getattr(make(kind, **{name: bad}), name) == bad
        else:
            assert "a non-empty string without blanks around it" in str(refused(kind, name, bad))

    @pytest.mark.parametrize(("kind", "name"), fields(Money))
    @pytest.mark.parametrize("bad", [10.5, "ten", None, True])
    def test_money_is_money(self, kind: type[Any], name: str, bad: object) -> None:
        """A float least of all; None only where an amount may be unknown."""
        if bad is None and attrs.fields_dict(kind)[name].default is None:
            assert getattr(make(kind, **{name: None}), name) is None
        else:
            wrong = str(refused(kind, name, bad, InexactNumber if bad == 10.5 else InvalidValue))
            assert f"(got {bad!r})" in wrong
            if kind is not entities.Target:
                assert 'must be a Money such as Money("10.50", "BRL")' in wrong

    @pytest.mark.parametrize(("kind", "name"), fields(*enumerations()))
    def test_closed_sets_take_their_plain_strings_only(self, kind: type[Any], name: str) -> None:
        """Anything else lists what there is; a slip of the pen is named."""
        member = getattr(make(kind), name)
        known = [one.value for one in type(member)]
        assert type(getattr(make(kind, **{name: member.value}), name)) is type(member)
        wrong = str(refused(kind, name, f"{member}x"))
        assert f"must be one of {', '.join(known)}; did you mean {str(member)!r}" in wrong
        assert "did you mean" not in str(refused(kind, name, "zzzzzz"))
        assert f"(got {7!r})" in str(refused(kind, name, 7))

    @pytest.mark.parametrize(("kind", "name"), fields(tuple))
    @pytest.mark.parametrize("bad", ["acme", b"acme", 7, [7], [""]])
    def test_lists_are_lists(self, kind: type[Any], name: str, bad: object) -> None:
        """One string is no list of letters; a wrong member is named with its position."""
        wrong = refused(kind, name, bad)
        assert wrong.place == f"{kind.__name__}.{name}" + ("[0]" if isinstance(bad, list) else "")

    @pytest.mark.parametrize(("kind", "name"), fields(FrozenMap))
    @pytest.mark.parametrize("bad", [[("a", 1)], "a", {1: "a"}, {"a": 0.5}])
    def test_mappings_are_exact_and_keyed_by_strings(self, kind: type[Any], name: str, bad: object) -> None:
        """A wrong member is named with its key."""
        error = InexactNumber if name == "shares" and bad == {"a": 0.5} else InvalidValue
        wrong = refused(kind, name, bad, error)
        assert wrong.place.endswith("['a']") == (bad == {"a": 0.5})

    @pytest.mark.parametrize(("kind", "name"), fields(Fraction, Decimal))
    def test_numbers_are_exact(self, kind: type[Any], name: str) -> None:
        """A float is refused with the remedy, other things as they are."""
        assert str(refused(kind, name, 0.1, InexactNumber)).endswith(
            '(got 0.1); floats are not exact: write "0.1" or Decimal("0.1")'
        )
        for bad in ("a tenth", True, [1]):
            assert repr(bad) in str(refused(kind, name, bad))

    @pytest.mark.parametrize(("kind", "name"), fields(Period, entities.SourceRef))
    def test_parts_are_of_their_kind(self, kind: type[Any], name: str) -> None:
        """No mapping or text stands in for one."""
        assert "must be a " in str(refused(kind, name, {"start": TODAY, "end": TODAY}))

    @pytest.mark.parametrize(("kind", "name"), fields(bool, int))
    def test_flags_and_counts(self, kind: type[Any], name: str) -> None:
        """Python takes True for 1 and 1 for True; people do not."""
        hint = get_type_hints(kind)[name]
        assert "(got " in str(refused(kind, name, 1 if hint is bool else True))


class TestValues:
    @kinds
    def test_are_values(self, kind: type[Any]) -> None:
        """Equal, hashable, immutable, and the same after a copy and a pickle."""
        noun = make(kind)
        assert noun == make(kind)
        assert hash(noun) == hash(make(kind))
        assert copy.deepcopy(noun) == pickle.loads(pickle.dumps(noun)) == noun
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(noun, attrs.fields(kind)[0].name, "other")

    @kinds
    def test_repr_is_python(self, kind: type[Any]) -> None:
        """What a noun prints makes it again, given the names it uses."""
        import datetime as dt

        names = {one: getattr(entities, one) for one in entities.__all__} | {
            "datetime": dt, "Money": Money, "Period": Period, "FrozenMap": FrozenMap,
            "Fraction": Fraction, "Decimal": Decimal,
        }  # fmt: skip
        names |= {one.__name__: one for one in enumerations()}
        text = repr(make(kind))
        for one in enumerations():
            for member in one:
                text = text.replace(repr(member), f"{one.__name__}({member.value!r})")
        assert eval(text, names) == make(kind)  # noqa: S307 - its own repr

    @kinds
    def test_replace_knows_its_fields(self, kind: type[Any]) -> None:
        """A slip of the pen is named; nothing is changed quietly."""
        name = attrs.fields(kind)[0].name
        assert make(kind).replace(**{name: "Z"} if name != "side" else {name: "partner"}) != make(kind)
        with pytest.raises(UnknownName, match=f"no field of {kind.__name__} '{name}x'; did you mean"):
            make(kind).replace(**{f"{name}x": "Z"})

    def test_every_noun_is_tested_here(self) -> None:
        """The nouns of a dataset, the parts of nouns, and nothing else public."""
        assert list(SMALLEST) == list(COLLECTIONS)
        records = [one for one in vars_of(entities) if isinstance(one, type) and attrs.has(one)]
        assert {*records} == {*KINDS}

    @pytest.mark.parametrize(("kind", "name"), fields(datetime))
    def test_instants_are_kept_in_utc(self, kind: type[Any], name: str) -> None:
        """Two datetimes of one zone compare by their clocks, which is wrong when the clocks go back."""
        needs = {
            "Opportunity.closed_at": {"status": "lost"},
            "Lead.converted_at": {"opportunity_id": "D"},
            "Lead.rejected_at": {"reject_reason": "spam"},
            "Payout.settled_at": {"status": "failed"},
            "DealRegistration.decided_at": {"status": "rejected"},
            "DealRegistration.protected_until": {"status": "approved", "decided_at": NOON},
            "DealRegistration.ended_at": {"status": "withdrawn"},
        }
        local = (NOON + DAY).astimezone(timezone(timedelta(hours=-3)))
        kept = getattr(make(kind, **{name: local}, **needs.get(f"{kind.__name__}.{name}", {})), name)
        assert kept == local
        assert kept.utcoffset() == timedelta()


class TestAsOf:
    @pytest.mark.parametrize(
        "kind", [kind for kind in SMALLEST if {"at", "created_at", "submitted_at"} & {*attrs.fields_dict(kind)}]
    )
    def test_facts_count_once_they_happened_and_were_recorded(self, kind: type[Any]) -> None:
        """At the instant itself, not the microsecond before."""
        name = next(one for one in ("at", "created_at", "submitted_at") if one in attrs.fields_dict(kind))
        fact = make(kind, **{name: NOON})
        tick = timedelta(microseconds=1)
        assert fact.as_of(NOON, TODAY) is fact
        assert fact.as_of(NOON - tick, TODAY) is None
        if "recorded_at" in attrs.fields_dict(kind):
            late = make(kind, **{name: NOON}, recorded_at=NOON + DAY)
            assert late.as_of(NOON + DAY - tick, TODAY) is None
            assert late.as_of(NOON + DAY, TODAY + DAY) is late
            early = make(kind, **{name: NOON}, recorded_at=NOON - DAY)
            assert early.as_of(NOON - tick, TODAY) is None

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            (entities.Certification, "valid_from"),
            (entities.ProgramCost, "incurred_on"),
            (entities.Agreement, "effective_from"),
            (entities.PolicyException, "effective_from"),
            (entities.TierMembership, "effective_from"),
        ],
    )
    def test_dated_nouns_count_from_their_first_day(self, kind: type[Any], name: str) -> None:
        """The day itself included."""
        noun = make(kind, **{name: TODAY})
        assert noun.as_of(NOON, TODAY) is noun
        assert noun.as_of(NOON, TODAY - DAY) is None
