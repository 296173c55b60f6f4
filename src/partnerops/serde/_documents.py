"""Values to text and back: JSON both ways, TOML in."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

import cattrs
from cattrs.errors import BaseValidationError, StructureHandlerNotFoundError

from partnerops._canonical import canonical
from partnerops.exceptions import InvalidDocument, InvalidValue, PartnerOpsError
from partnerops.serde._converter import default_converter
from partnerops.serde._faults import LIMIT, DocumentFault, article, refused, step
from partnerops.serde._migrations import SCHEMA_VERSION, migrated

if TYPE_CHECKING:
    from typing_extensions import TypeForm  # a protocol or a union is no `type`, and readers take both
else:
    TypeForm = type

T = TypeVar("T")

_VERSION: Final = "schema_version"
_LARGEST_TOML: Final = 10_000_000
_DOTTED: Final = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){200}""")
"""A key of more names than values may nest (`_canonical.DEPTH`): `tomllib` looks at every beginning of it, in turn."""


def to_dict(value: object) -> dict[str, Any]:
    """
    A value in its stored form as a plain dict, for a database, a web framework or a YAML writer.

    It is the form that digests are made of: decimals and instants are strings, no float anywhere.

    Raises:
        InvalidValue: A value without fields, such as a list; put lists into a `Dataset`.

    >>> from partnerops.attribution import Linear, Lookback
    >>> to_dict(Lookback(Linear(), days=90))
    {'policy': {'kind': 'linear'}, 'days': 90, 'kind': 'lookback'}
    """
    form = canonical(value)
    if not isinstance(form, dict):
        raise InvalidValue("to_dict(value)", "a value with fields: put a list into a Dataset or a mapping", value)
    return cast("dict[str, Any]", form)


def dumps(value: object) -> str:
    """
    A value as one line of JSON: keys sorted, no blanks, with its `schema_version`.

    Apart from that version the bytes are the canonical ones, so equal values give equal text on every platform.

    Raises:
        InvalidValue: As `to_dict`.

    >>> from partnerops.attribution import Linear
    >>> dumps(Linear())
    '{"kind":"linear","schema_version":1}'
    """
    # At the root alone: parts are never read by themselves under another version than the whole.
    form = to_dict(value) | {_VERSION: SCHEMA_VERSION}
    return json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_dict(document: Mapping[str, Any], kind: TypeForm[T], *, converter: cattrs.Converter | None = None) -> T:
    """
    The value of a plain mapping, as `to_dict` gives it or as a YAML or TOML reader does.

    *kind* is what is due: a class, or a protocol such as `AttributionPolicy` where any policy will do. Dates and
    instants may be Python objects already; floats are refused, since they are not exact.

    Raises:
        InvalidDocument: Every fault at once, each with its path.

    >>> from partnerops.attribution import AttributionPolicy
    >>> from_dict({"kind": "lookback", "days": 90, "policy": {"kind": "linear"}}, AttributionPolicy)
    Lookback(policy=Linear(), days=90)
    """
    if converter is not None and not isinstance(converter, cattrs.BaseConverter):
        raise InvalidValue("from_dict(converter)", "what make_converter gives", converter)
    if not isinstance(document, Mapping):
        _refuse(f"must be an object, got {_what(document)}; put a list into a Dataset", document)
    try:
        # Before anything is read: today's classes know nothing of yesterday's fields.
        body = migrated(dict(document))
        return (converter or default_converter()).structure(body, cast("type[T]", kind))
    except (BaseValidationError, StructureHandlerNotFoundError, PartnerOpsError) as wrong:
        raise refused(wrong) from None
    except RecursionError:
        _refuse("is nested too deep", None)


def loads(text: str | bytes, kind: TypeForm[T], *, converter: cattrs.Converter | None = None) -> T:
    """
    The value of a JSON document; numbers are read exactly, whatever their length.

    A document without `schema_version` is read as the current one; an older one is migrated first.

    Raises:
        InvalidDocument: Broken JSON, a key that occurs twice, and all that `from_dict` refuses.

    >>> from partnerops import Money
    >>> loads('{"amount": 10.50, "currency": "BRL"}', Money)
    Money('10.50', 'BRL')
    """
    body = _text(text)
    repeated: list[_Repeated] = []
    try:
        document = json.loads(
            body,
            parse_float=_decimal,
            parse_constant=_no_constant,
            object_pairs_hook=partial(_pairs, repeated),
        )
    except (ValueError, RecursionError) as wrong:
        _refuse("is nested too deep" if isinstance(wrong, RecursionError) else f"is no JSON: {wrong}", None)
    # Few documents have any, and the walk that says where costs as much as reading.
    if repeated:
        raise InvalidDocument(tuple(_repeats(document)))
    return from_dict(document, kind, converter=converter)


def loads_toml(text: str | bytes, kind: TypeForm[T], *, converter: cattrs.Converter | None = None) -> T:
    r"""
    The value of a TOML document, such as a policy kept in version control; decimals are read exactly.

    A TOML document is written by hand: one of more than 10 MB is refused, and so is a dotted key of 200 names, which
    Python's reader would take minutes over. Data belongs into JSON.

    Raises:
        InvalidDocument: Broken TOML, and all that `from_dict` refuses.

    >>> from partnerops.attribution import AttributionPolicy
    >>> loads_toml('kind = "position_based"\nfirst = 0.3\nlast = 0.5', AttributionPolicy)
    PositionBased(first=Fraction(3, 10), last=Fraction(1, 2), two_touches=NoMiddle.RENORMALISE)
    """
    body = _text(text)
    if len(body) > _LARGEST_TOML:
        _refuse(f"is TOML of {len(body):,} characters; keep data in JSON, which has no limit", None)
    if _DOTTED.search(body):
        _refuse("is nested too deep", None)
    try:
        document = tomllib.loads(body, parse_float=_decimal)
    except (ValueError, RecursionError) as wrong:
        _refuse("is nested too deep" if isinstance(wrong, RecursionError) else f"is no TOML: {wrong}", None)
    return from_dict(document, kind, converter=converter)


# --- reading JSON strictly --------------------------------------------------------------------------------------------


class _Repeated(dict[str, Any]):
    """An object of a document in which keys occur twice."""

    __slots__ = ("repeats",)

    repeats: list[str]


def _pairs(repeated: list[_Repeated], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # The reader has no path here: the object remembers, and a walk afterwards says where.
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = _Repeated(found)
    counts = Counter(name for name, _ in pairs)
    marked.repeats = sorted(name for name, count in counts.items() if count > 1)
    repeated.append(marked)
    return marked


def _repeats(document: object) -> list[DocumentFault]:
    """The keys that occur twice, each with its path; not more than anybody reads."""
    found: list[DocumentFault] = []
    # A stack of our own: a document may nest deeper than Python's calls.
    waiting: list[tuple[str, object]] = [("$", document)]
    while waiting and len(found) < LIMIT:
        path, value = waiting.pop()
        if isinstance(value, _Repeated):
            repeats = value.repeats[: LIMIT - len(found)]
            found += [DocumentFault(path + step(name), "occurs twice; keep one", None) for name in repeats]
        if isinstance(value, dict):
            waiting += [(path + step(name), one) for name, one in cast("dict[str, object]", value).items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", one) for index, one in enumerate(cast("list[object]", value))]
    return sorted(found)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent of more digits than a decimal can hold
        raise ValueError(f"the number {text[:40]} is out of range") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _text(text: str | bytes) -> str:
    """The characters of a document, without the byte order mark that editors on Windows put before them."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as wrong:
            _refuse(f"is no UTF-8, in which documents are kept: {wrong}", None)
    if not isinstance(text, str):
        _refuse(f"must be text or its bytes, got {_what(text)}", text)
    return text.removeprefix("\ufeff")


def _what(value: object) -> str:
    return "a list" if isinstance(value, list | tuple) else article(type(value).__name__)


def _refuse(problem: str, value: object) -> NoReturn:
    raise InvalidDocument((DocumentFault("$", problem, value),)) from None
