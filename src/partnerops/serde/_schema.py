"""JSON Schema of entities and policies, read off their fields: what editors and other languages check with."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs

from partnerops._attrs import FrozenMap, is_id, is_partner_id, is_share, is_text
from partnerops._canonical import canonical, snake_case
from partnerops.entities._facts import is_positive_money
from partnerops.exceptions import InvalidValue
from partnerops.money import Money
from partnerops.ratio import Amount
from partnerops.serde._migrations import SCHEMA_VERSION
from partnerops.serde._policies import choices, is_protocol, is_tagged, known_classes

Schema: TypeAlias = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_DECIMAL_TEXT: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_EXACT_TEXT: Final = r"^[+-]?([0-9]+(/[0-9]+|\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_WORD: Final[Schema] = {"minLength": 1, "pattern": r"^\S([\s\S]*\S)?$"}

_SCALARS: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    # Numbers too, since JSON and TOML are read without a float; text is what `dumps` writes.
    Decimal: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _DECIMAL_TEXT}]},
    Fraction: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _EXACT_TEXT}]},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    timedelta: {"type": "string", "pattern": r"^P[-T0-9DHMS.]+$"},
    NoneType: {"type": "null"},
    Any: {},
}
_VERSION: Final[Schema] = {
    "const": SCHEMA_VERSION,
    "description": "Version of the stored form; stands at the root of a document only.",
}
_MONEY: Final[Schema] = {
    "description": "An exact amount of one currency.",
    "anyOf": [
        {
            "type": "object",
            "properties": {
                "amount": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[+-]?[0-9]*(\.[0-9]*)?$"}]},
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "Code of ISO 4217."},
            },
            "required": ["amount", "currency"],
            "additionalProperties": False,
        },
        {"type": "string", "pattern": r"^\S+ [A-Z]{3}$", "examples": ["10.50 BRL"]},
    ],
}


def json_schema(kind: Any, *, policies: Iterable[type[Any]] = ()) -> Schema:
    """
    The JSON Schema (draft 2020-12) of the documents that `loads` reads as *kind*: a class or a protocol.

    It describes what the type of each field and its own validator say; what fields say of one another (a close after
    the creation, lines that sum to the amount) only reading checks. Decimals may be numbers or strings, since TOML and
    JSON are read exactly; `dumps` writes strings.

    Raises:
        InvalidValue: A type that has no stored form, or a policy that `make_converter` would refuse.

    >>> from partnerops.attribution import Lookback
    >>> json_schema(Lookback)["$defs"]["Lookback"]["properties"]["days"]["type"]
    'integer'
    """
    book = _Book(known_classes(policies))
    root = book.of(kind)
    return {
        "$schema": DIALECT,
        "$id": f"urn:partnerops:{SCHEMA_VERSION}:{_title(kind)}",
        **root,
        "$defs": book.sorted(),
    }


def _title(kind: Any) -> str:
    return str(getattr(kind, "__name__", kind))


class _Book:
    """The definitions met on the way, each under its name."""

    __slots__ = ("_classes", "_defs")

    def __init__(self, classes: Iterable[type[Any]]) -> None:
        self._classes = classes
        self._defs: dict[str, Schema] = {}

    def sorted(self) -> Schema:
        return dict(sorted(self._defs.items()))

    def of(self, kind: Any) -> Schema:
        """The schema of a type; classes and protocols are referred to by name."""
        if kind in _SCALARS:
            return dict(_SCALARS[kind])
        origin, arguments = get_origin(kind) or kind, get_args(kind)
        if origin in (Union, UnionType):
            return {"anyOf": [self.of(member) for member in arguments]}
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in (tuple, list, Sequence, Iterable, set, frozenset):
            return self._list(origin, arguments)
        if origin in (FrozenMap, dict, Mapping):
            return {"type": "object", "additionalProperties": self.of((arguments or (Any,))[-1])}
        return self._named(origin, arguments)

    def _list(self, origin: Any, arguments: tuple[Any, ...]) -> Schema:
        if origin is tuple and arguments and arguments[-1] is not Ellipsis:
            places = [self.of(member) for member in arguments]
            return {"type": "array", "prefixItems": places, "minItems": len(places), "maxItems": len(places)}
        return {"type": "array", "items": self.of((arguments or (Any,))[0])}

    def _named(self, origin: Any, arguments: tuple[Any, ...]) -> Schema:
        make = self._maker(origin, arguments)
        name = "_".join([_title(origin), *(_title(argument) for argument in arguments)])
        if name not in self._defs:
            # Named before it is made: a policy may hold a policy.
            self._defs[name] = {}
            self._defs[name] = make()
        return {"$ref": f"#/$defs/{name}"}

    def _maker(self, origin: Any, arguments: tuple[Any, ...]) -> Callable[[], Schema]:
        if origin in (Money, Amount):
            return lambda: dict(_MONEY)
        if isinstance(origin, type) and issubclass(origin, Enum):
            return lambda: {"description": _summary(origin), "enum": [canonical(member) for member in origin]}
        known = cast("type[Any]", origin)
        if is_protocol(known):
            return lambda: self._choice(known)
        if attrs.has(known):
            return lambda: self._object(known, arguments)
        raise InvalidValue("json_schema(kind)", "a type with a stored form", known)

    def _choice(self, protocol: type[Any]) -> Schema:
        fitting = sorted(choices(self._classes, protocol).items())
        return {
            "description": _summary(protocol),
            # Exactly one: the kinds exclude one another, so an editor reports the faults of the class that was meant.
            "oneOf": [
                {**self.of(kind), "required": ["kind"], "properties": {"kind": {"const": name}}}
                for name, kind in fitting
            ],
        }

    def _object(self, origin: type[Any], arguments: tuple[Any, ...]) -> Schema:
        hints, told = get_type_hints(origin), field_docs(origin)
        # What is worked out from the rest is not stored, so no document may give it.
        fields = [one for one in attrs.fields(origin) if one.init and one.eq]
        properties: Schema = {}
        for one in fields:
            schema = self._field(one, _substituted(hints[one.name], arguments))
            properties[one.alias or one.name] = schema | ({"description": told[one.name]} if one.name in told else {})
        properties["schema_version"] = _VERSION
        if is_tagged(origin):
            properties["kind"] = {"const": snake_case(origin.__name__)}
        return {
            "description": _summary(origin),
            "type": "object",
            "properties": properties,
            "required": [one.alias or one.name for one in fields if one.default is attrs.NOTHING],
            "additionalProperties": False,
        }

    def _field(self, one: attrs.Attribute[Any], hint: Any) -> Schema:
        schema = _constrained(self.of(hint), one.validator)
        if one.default is attrs.NOTHING or isinstance(one.default, cast("Any", attrs.Factory)):
            return schema
        return schema | {"default": canonical(one.default)}


def _substituted(hint: Any, arguments: tuple[Any, ...]) -> Any:
    """A generic class's hint with its type variables filled in; without arguments they stand for anything."""
    if isinstance(hint, TypeVar):
        return arguments[0] if arguments else Any
    parameters = getattr(hint, "__parameters__", ())
    return hint[arguments or (Any,) * len(parameters)] if parameters else hint


def _constrained(schema: Schema, validator: Any) -> Schema:
    """What a field's own validator adds: a range, a length, a pattern."""
    for rule in _rules(validator):
        if rule in (is_text, is_id, is_partner_id):
            schema = _each_string(schema, _WORD)
        elif rule is is_share:
            schema = _each_number(schema, {"minimum": 0, "maximum": 1})
        elif rule is is_positive_money:
            schema = {**schema, "$comment": "above zero"}
        elif callable(rule):
            schema = _each_number(schema, _bounds(rule))
    return schema


def _rules(validator: Any) -> list[Any]:
    """The validators behind `optional(...)` and `and_(...)`."""
    if validator is None:
        return []
    inner = getattr(validator, "validator", None) or getattr(validator, "_validators", None)
    if inner is None:
        return [validator]
    several = cast("tuple[Any, ...]", inner if isinstance(inner, tuple | list) else (inner,))
    return [rule for one in several for rule in _rules(one)]


def _bounds(rule: Any) -> Schema:
    """The limits that `above(...)` and `within(...)` close over."""
    if not inspect.isfunction(rule):
        return {}
    closed = inspect.getclosurevars(rule).nonlocals
    limits = {"bound": "exclusiveMinimum", "low": "minimum", "high": "maximum"}
    # Read off the validator itself, so that schema and constructor cannot say different things.
    return {limits[name]: value for name, value in closed.items() if name in limits and type(value) is int}


def _each_string(schema: Schema, more: Schema) -> Schema:
    return _each(schema, more, ("string",))


def _each_number(schema: Schema, more: Schema) -> Schema:
    return _each(schema, more, ("number", "integer")) if more else schema


def _each(schema: Schema, more: Schema, types: tuple[str, ...]) -> Schema:
    if "anyOf" in schema:
        return {**schema, "anyOf": [_each(one, more, types) for one in schema["anyOf"]]}
    return schema | more if schema.get("type") in types else schema


# --- words ------------------------------------------------------------------------------------------------------------


def _summary(kind: type[Any]) -> str:
    """The first paragraph of a class's docstring, as one line."""
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def field_docs(kind: type[Any]) -> dict[str, str]:
    """Field -> the docstring under it, of a class and those it inherits from; empty where there is no source."""
    told: dict[str, str] = {}
    for base in reversed(kind.__mro__[:-1]):
        told |= _documented(base.__module__).get(base.__qualname__, {})
    return told


@lru_cache(maxsize=64)
def _documented(module: str) -> dict[str, dict[str, str]]:
    """Class -> field -> docstring, for the classes of a module."""
    try:
        source = inspect.getsource(sys.modules[module])
    except (OSError, TypeError, KeyError):
        return {}  # a notebook's or a prompt's own class
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    return {node.name: dict(_pairs(node.body)) for node in classes}


def _pairs(body: Sequence[ast.stmt]) -> Iterable[tuple[str, str]]:
    for one, after in pairwise(body):
        if (
            isinstance(one, ast.AnnAssign)
            and isinstance(one.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            yield one.target.id, " ".join(after.value.value.split())
