"""The strict converter: cattrs with a hook for everything that it would otherwise coerce, guess or let through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, StrEnum
from functools import lru_cache, partial
from itertools import repeat
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeAlias, Union, cast, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import (
    ClassValidationError,
    ForbiddenExtraKeysError,
)
from cattrs.gen import make_dict_structure_fn

from partnerops._attrs import FrozenMap
from partnerops._canonical import canonical, snake_case
from partnerops.exceptions import InvalidValue, PartnerOpsError, near_misses
from partnerops.ratio import Amount, Ratio
from partnerops.serde._faults import LIMIT, REFUSALS, Located, article, noted, number
from partnerops.serde._policies import choices, is_protocol, is_tagged, known_classes
from partnerops.serde._scalars import (
    SCALARS,
    read_fraction,
    read_member,
    read_money,
    read_none,
    read_str,
    refuse_inexact,
)

Hook: TypeAlias = Callable[[Any, Any], Any]
Make: TypeAlias = Callable[[Any], Any]

_LISTS: Final[tuple[tuple[tuple[Any, ...], Make], ...]] = (
    ((tuple, Sequence, Iterable), tuple),
    ((list,), list),
    ((frozenset,), frozenset),
    ((set,), set),
)
_MAPS: Final[tuple[tuple[tuple[Any, ...], Make], ...]] = (((FrozenMap,), FrozenMap), ((dict, Mapping), dict))


def make_converter(*, policies: Iterable[type[Any]] = ()) -> cattrs.Converter:
    """
    A cattrs converter that never guesses: wrong types, unknown keys and floats are refused.

    *policies* are classes of your own that documents may name by `kind`, the snake-case class name; the library's are
    known already. The converter is yours: add hooks to it, give it to `loads`, `loads_toml` and `from_dict`. Called
    directly its `structure` raises cattrs' own error groups; those three functions turn them into `InvalidDocument`.

    Raises:
        InvalidValue: A policy that is no attrs class, or whose kind is taken.

    >>> from attrs import frozen
    >>> from partnerops.attribution import AttributionPolicy
    >>> from partnerops.serde import dumps, loads
    >>> @frozen
    ... class DemosOnly:
    ...     def weigh(self, case, /):
    ...         return [int(touch.kind == "demo") for touch in case.touches]
    >>> loads(dumps(DemosOnly()), AttributionPolicy, converter=make_converter(policies=[DemosOnly]))
    DemosOnly()
    """
    # A converter of our own: hooks on the global one would reach into the caller's program.
    converter = cattrs.Converter(forbid_extra_keys=True, use_alias=True)
    classes = known_classes(policies)
    _register_containers(converter)
    converter.register_structure_hook_factory(attrs.has, partial(_attrs_hook, converter))
    converter.register_structure_hook_factory(_is_union, partial(_union_hook, converter))
    converter.register_structure_hook_factory(_is_literal, _literal_hook)
    converter.register_structure_hook_factory(is_protocol, partial(_protocol_hook, converter, classes))
    # By class, not by predicate: cattrs' own lenient hooks for str, int and bool would win over predicates.
    for scalar, read in SCALARS.items():
        converter.register_structure_hook(scalar, read)
    # Both: a StrEnum is a str before it is an Enum, and would come back as the bare string.
    converter.register_structure_hook(StrEnum, read_member)
    converter.register_structure_hook(Enum, read_member)
    # cattrs would make a float of True, bytes of a number, and take anything where nothing is due.
    for kind in (float, bytes):
        converter.register_structure_hook(kind, refuse_inexact)
    converter.register_structure_hook_func(lambda kind: kind is None or kind is NoneType, read_none)
    converter.register_structure_hook(Ratio, lambda value, _: _read_ratio(value))
    # One stored form for the whole library: the one that digests are made of.
    converter.register_unstructure_hook_func(lambda _: True, canonical)
    return converter


@lru_cache(maxsize=1)
def default_converter() -> cattrs.Converter:
    """The converter for documents without policies of the caller's own; nobody may add to it."""
    return make_converter()


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType)


# --- containers -------------------------------------------------------------------------------------------------------


def _register_containers(converter: cattrs.Converter) -> None:
    for origins, make in _LISTS:
        converter.register_structure_hook_factory(partial(_made_of, origins), partial(_list_hook, converter, make))
    for origins, make in _MAPS:
        converter.register_structure_hook_factory(partial(_made_of, origins), partial(_map_hook, converter, make))


def _made_of(origins: tuple[Any, ...], kind: Any) -> bool:
    return (get_origin(kind) or kind) in origins


def _list_hook(converter: cattrs.Converter, make: Make, kind: Any) -> Hook:
    members = get_args(kind) or (Any,)
    fixed = get_origin(kind) is tuple and members[-1] is not Ellipsis
    hooks = [converter.get_structure_hook(member) for member in members if member is not Ellipsis]
    members = members[: len(hooks)]

    def structure(value: Any, _: Any) -> Any:
        # A string is a sequence of letters for Python, and a slip for everybody else.
        if not isinstance(value, list | tuple | set | frozenset):
            raise InvalidValue("", "a list", value)
        if not value and not fixed:
            return make(())  # most lists of most records
        given = list(cast("Iterable[Any]", value))
        if fixed and len(given) != len(hooks):
            raise InvalidValue("", f"a list of {len(hooks)}", given)
        # One hook for each place, or the first one for all.
        places = zip(hooks, members, strict=True) if fixed else repeat((hooks[0], members[0]), len(given))
        used = ((one, hook, member) for one, (hook, member) in zip(given, places, strict=True))
        return make(_each(enumerate(used)))

    return structure


def _map_hook(converter: cattrs.Converter, make: Make, kind: Any) -> Hook:
    # The last argument says what values are: `Mapping[str, V]`, `FrozenMap[V]`.
    member = (get_args(kind) or (Any,))[-1]
    hook = converter.get_structure_hook(member)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise InvalidValue("", "an object", value)
        # Keys are read as strictly as values: YAML gives numbers and booleans as keys.
        named = {read_str(name): one for name, one in cast("Mapping[str, Any]", value).items()}
        read = _each(((name, (one, hook, member)) for name, one in named.items()))
        return make(dict(zip(named, read, strict=True)))

    return structure


def _each(members: Iterable[tuple[Any, tuple[Any, Hook, Any]]]) -> list[Any]:
    """Every member read, or one group of all that could not be."""
    read: list[Any] = []
    wrong: list[tuple[str, BaseException]] = []
    count = 0
    for index, (value, hook, member) in members:
        try:
            read.append(hook(value, member))
        except REFUSALS as fault:
            wrong.append((f"[{index!r}]", fault))
            # A file of another kind has a fault in every row: ten thousand say no more, and fill the memory.
            if (count := count + number(fault)) >= LIMIT:
                wrong.append((f"[{index!r}]", PartnerOpsError("was the last one read: mend these faults first")))
                break
    if wrong:
        raise Located(tuple(wrong))
    return read


# --- classes ----------------------------------------------------------------------------------------------------------


def _attrs_hook(converter: cattrs.Converter, kind: Any) -> Hook:
    origin = get_origin(kind) or kind
    tagged = is_tagged(origin)
    own = snake_case(origin.__name__)
    construct = cast("Hook", make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True))

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            if isinstance(value, origin):  # what a program put into a Python document
                return value
            raise InvalidValue("", f"an object with the fields of {origin.__name__}", value)
        named = cast("Mapping[str, Any]", value)
        # Where the class is known the tag may be left out, but one that contradicts it is a slip.
        if tagged and "kind" in named:
            if named["kind"] != own:
                raise InvalidValue(f"{origin.__name__}.kind", f"{own!r} here", named["kind"])
            named = {name: one for name, one in named.items() if name != "kind"}
        try:
            return construct(named, kind)
        except ClassValidationError as wrong:
            raise _completed(wrong, origin, named, converter) from None

    return structure


def _completed(
    wrong: ClassValidationError, origin: type[Any], named: Mapping[str, Any], converter: cattrs.Converter
) -> Exception:
    """What cattrs found, and what it did not come to: a constructor stops at the first field that is refused."""
    reading = [fault for fault in wrong.exceptions if noted(fault) or isinstance(fault, ForbiddenExtraKeysError)]
    # cattrs notes a private field by its own name, `_days`; a document calls it `days`.
    aliases = {f".{one.name}": f".{one.alias}" for one in attrs.fields(origin)}
    faulty = {aliases.get(noted(fault)) for fault in reading}
    refused = _validated(origin, {name: one for name, one in named.items() if f".{name}" not in faulty}, converter)
    if not refused and not reading:
        # What fields say of one another.
        return Located(tuple(("", _placed(fault, origin)) for fault in wrong.exceptions))
    return Located((*((aliases.get(noted(fault), ""), fault) for fault in reading), *refused))


def _placed(fault: BaseException, origin: type[Any]) -> BaseException:
    """A fault that a reader finds: a part made on the way, such as a policy's gate, has no place in the document."""
    head, dot, _ = fault.place.partition(".") if isinstance(fault, InvalidValue) else ("", "", "")
    return PartnerOpsError(str(fault)) if dot and head.isidentifier() and head != origin.__name__ else fault


def _validated(
    origin: type[Any], named: Mapping[str, Any], converter: cattrs.Converter
) -> list[tuple[str, BaseException]]:
    """
    What each field's own validator says.

    Fields are set on a bare instance in their order, so that a validator may look at those before it.
    """
    bare = object.__new__(origin)
    found: list[tuple[str, BaseException]] = []
    for one in attrs.fields(origin):
        name = one.alias or one.name
        if not one.init or name not in named:
            continue
        try:
            value = _converted(converter.structure(named[name], one.type or Any), one, bare)
            object.__setattr__(bare, one.name, value)
            if one.validator is not None:
                cast("Callable[..., None]", one.validator)(bare, one, value)
        except AttributeError:
            continue  # a validator that looks at another field, which is itself at fault
        except Exception as refused:  # noqa: BLE001 - the converters and validators of a user's class raise what they like
            found.append((f".{name}", refused))
    return found


def _converted(value: Any, attribute: attrs.Attribute[Any], instance: object) -> Any:
    convert = cast("Any", attribute).converter
    if convert is None:
        return value
    # attrs' own class asks for the instance and the field too, whether or not its function takes them.
    whole = issubclass(type(convert), attrs.Converter)
    return convert(value, instance, attribute) if whole else convert(value)


def _read_ratio(value: object) -> Ratio:
    named = cast("Mapping[str, object]", value)
    if not isinstance(value, Mapping) or named.keys() != {"numerator", "denominator"}:
        raise InvalidValue("", "an object of exactly numerator and denominator", named)
    parts = {
        name: read_money(cast("object", part)) if isinstance(part, Mapping) else read_fraction(part)
        for name, part in named.items()
    }
    return Ratio(**cast("dict[str, int | Amount]", parts))


# --- choices ----------------------------------------------------------------------------------------------------------


def _union_hook(converter: cattrs.Converter, kind: Any) -> Hook:
    members = [member for member in get_args(kind) if member is not NoneType]
    optional = len(members) < len(get_args(kind))
    classes = {snake_case(member.__name__): member for member in members if is_tagged(member)}
    hooks = [(member, converter.get_structure_hook(member)) for member in members]
    if optional and len(hooks) == 1:
        return _optional_hook(*hooks[0])

    def structure(value: Any, _: Any) -> Any:
        if value is None and optional:
            return None
        # Trying one class after another would report the faults of the wrong one.
        if len(classes) == len(members):
            chosen = _by_kind(value, classes, " | ".join(member.__name__ for member in members))
            return converter.structure(value, chosen)
        # Its own type first: a Fraction would take a whole number too, and be stored as a string from then on.
        for member, hook in sorted(hooks, key=lambda pair: pair[0] is not type(value)):
            try:
                return hook(value, member)
            except REFUSALS:
                continue
        names = [getattr(member, "__name__", str(member)) for member in members]
        raise InvalidValue("", f"a value of one of {', '.join(names)}", value)

    return structure


def _optional_hook(member: Any, hook: Hook) -> Hook:
    """By far the commonest union, and asked of every second field."""

    def structure(value: Any, _: Any) -> Any:
        return None if value is None else hook(value, member)

    return structure


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _literal_hook(kind: Any) -> Hook:
    # By type as well: 1, True and 1.0 are equal for Python.
    allowed: set[tuple[type[Any], Any]] = {(type(value), value) for value in get_args(kind)}

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, str | int | bool | None) or (type(value), value) not in allowed:
            raise InvalidValue("", f"one of {', '.join(repr(one) for one in get_args(kind))}", value)
        return value

    return structure


def _protocol_hook(converter: cattrs.Converter, classes: Iterable[type[Any]], protocol: type[Any]) -> Hook:
    fitting = choices(classes, protocol)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping) and type(value) in fitting.values():
            return value
        return converter.structure(value, _by_kind(value, fitting, protocol.__name__))

    return structure


def _by_kind(value: Any, kinds: Mapping[str, type[Any]], what: str) -> type[Any]:
    if not isinstance(value, Mapping):
        raise InvalidValue("", f"an object with the kind of {article(what)}", value)
    named = cast("Mapping[str, Any]", value)
    if "kind" not in named:
        raise InvalidValue(f"{what}.kind", f"given: one of {', '.join(sorted(kinds))}", None)
    kind = named["kind"]
    if not isinstance(kind, str) or kind not in kinds:
        hint = (not isinstance(kind, int) and near_misses(kind, kinds)) or f"; known: {', '.join(sorted(kinds))}"
        rule = f"the kind of {article(what)}; a class of your own goes into make_converter(policies=[...]){hint}"
        raise InvalidValue(f"{what}.kind", rule, kind)
    return kinds[kind]
