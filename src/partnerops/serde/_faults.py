"""From what went wrong while reading to one error with every fault and its path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import attrs
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
    StructureHandlerNotFoundError,
)

from partnerops.exceptions import InvalidDocument, InvalidValue, PartnerOpsError, near_misses

LIMIT: Final = 1000
"""Faults of one list, object or document after which reading stops: a file of another kind may have one in each row."""
REFUSALS: Final = (PartnerOpsError, BaseValidationError, ValueError, TypeError)
"""What a hook raises for a value that it cannot read; the last two by classes and hooks of a user's own."""
_PLAIN: Final = re.compile(r"[A-Za-z_]\w{0,79}", re.ASCII)


class DocumentFault(NamedTuple):
    """
    One thing that is wrong in a document.

    >>> print(DocumentFault("$.tiers[2].rate", "is missing; add it", None))
    $.tiers[2].rate: is missing; add it
    """

    path: str
    """Where: `$` is the document, `$.tiers[2].rate` a place within it."""
    problem: str
    """What is wrong and what is due."""
    value: object
    """What was found; None where nothing was."""

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class Located(PartnerOpsError):
    """Faults found inside one object, each with its path relative to it; never leaves this package."""

    def __init__(self, faults: tuple[tuple[str, BaseException], ...]) -> None:
        super().__init__(faults)
        self.faults = faults
        self.count = sum(number(fault) for _, fault in faults)


def number(wrong: BaseException) -> int:
    """How many faults stand behind an exception."""
    if isinstance(wrong, Located):
        return wrong.count
    if isinstance(wrong, BaseValidationError):
        return sum(number(inner) for inner in wrong.exceptions)
    return len(wrong.extra_fields) if isinstance(wrong, ForbiddenExtraKeysError) else 1


def step(name: object) -> str:
    """
    The part of a path that a key adds; one that is no plain word is quoted, so that a dot in it divides nothing.

    >>> step("rate"), step("a.b")
    ('.rate', "['a.b']")
    """
    text = str(name)
    # Cut, since a path is read by people and a key may be a megabyte long.
    return f".{text}" if _PLAIN.fullmatch(text) else f"[{text if len(text) <= 80 else text[:77] + '...'!r}]"


def refused(wrong: BaseException) -> InvalidDocument:
    """The one error for everything that went wrong below the document's root."""
    return InvalidDocument(tuple(faults(wrong, "$")))


def faults(wrong: BaseException, path: str) -> Iterator[DocumentFault]:
    """Every fault behind an exception, with its path from the root."""
    if isinstance(wrong, BaseValidationError):
        for inner in wrong.exceptions:
            yield from faults(inner, path + noted(inner))
    elif isinstance(wrong, Located):
        for step, fault in wrong.faults:
            yield from faults(fault, path + step)
    elif isinstance(wrong, ForbiddenExtraKeysError):
        yield from _extra(wrong, path)
    elif isinstance(wrong, InvalidValue):
        yield _invalid(wrong, path)
    elif type(wrong) is KeyError and noted(wrong):
        # Only with cattrs' note: a KeyError of a user's own class is another fault.
        yield DocumentFault(path, "is missing; add it", None)
    elif isinstance(wrong, StructureHandlerNotFoundError):
        yield DocumentFault(path, f"cannot be read as {wrong.type_!r}; it has no stored form", None)
    elif isinstance(wrong, PartnerOpsError):
        yield DocumentFault(path, str(wrong), None)
    else:  # of a class or a hook of a user's own: the text of some errors is a bare name, or nothing
        plain = isinstance(wrong, ValueError | TypeError) and str(wrong)
        yield DocumentFault(path, plain or f"{type(wrong).__name__}: {wrong}".removesuffix(": "), None)


def noted(inner: BaseException) -> str:
    """The part of the path that cattrs noted on an exception; empty for one without a note."""
    for note in getattr(inner, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return f".{note.name}"
        if isinstance(note, IterableValidationNote):
            return f"[{note.index!r}]"
    return ""


def article(name: str) -> str:
    """A name with a or an before it: an AttributionPolicy, a list."""
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"


def _extra(wrong: ForbiddenExtraKeysError, path: str) -> Iterator[DocumentFault]:
    known = [a.alias or a.name for a in attrs.fields(wrong.cl) if a.init]
    extra = sorted(wrong.extra_fields, key=str)
    for name in extra[:LIMIT]:
        hint = near_misses(name, known) or (f"; known: {', '.join(known)}" if known else ", which has none")
        yield DocumentFault(path + step(name), f"is not a field of {wrong.cl.__name__}{hint}", None)
    if len(extra) > LIMIT:
        yield DocumentFault(path, f"has {len(extra) - LIMIT:,} more keys that {wrong.cl.__name__} has not", None)


def _invalid(wrong: InvalidValue, path: str) -> DocumentFault:
    """The path goes on to the field that the error's own place names: `Tier.rate` is `.rate` of this object."""
    head, dot, rest = wrong.place.partition(".")
    step = f".{rest}" if dot and head.isidentifier() else ""
    if path.endswith(step):
        step = ""
    text = str(type(wrong)("", wrong.rule, wrong.value)).strip()
    return DocumentFault(path + step, text, wrong.value)
