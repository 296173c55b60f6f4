"""
What mkdocstrings cannot see by itself: how attrs makes constructors, and that a doctest is code.

Griffe reads the source without running it. This extension gives every attrs class its `__init__`, shows documented
fields, enum members and facts of an error as one table each, fences doctests so that Markdown leaves them alone, and
links names of public classes wherever a docstring mentions them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import griffe

DOCTEST = re.compile(r"^(?=>>> ).*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"(?<!\[)`([A-Z][A-Za-z]+)`")
LABELS = {"classmethod", "property", "staticmethod"}
MAKERS = {"attrs.frozen", "attrs.define"}
ERRORS = "partnerops.exceptions"

Sections = list[griffe.DocstringSection]


class PartnerOpsExtension(griffe.Extension):
    """Runs once, when the whole package has been read."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Walk over everything that the package defines; what it only passes on is walked at its home."""
        _walk(pkg, dict(_homes(pkg)))


def _homes(module: griffe.Module) -> Iterator[tuple[str, str]]:
    """Public class -> where the reference explains it; the root comes first, so that its sub-packages win."""
    for name in module.exports or ():
        if str(name)[0].isupper():
            yield str(name), f"{module.path}.{name}"
    for member in module.members.values():
        if isinstance(member, griffe.Module) and not member.name.startswith("_"):
            yield from _homes(member)


def _walk(owner: griffe.Module | griffe.Class, homes: Mapping[str, str]) -> None:
    sections = _sections(owner)
    for member in list(owner.members.values()):
        if isinstance(member, griffe.Module | griffe.Class):
            _walk(member, homes)
        elif isinstance(member, griffe.Object):
            _link(_sections(member), member, homes)
    if isinstance(owner, griffe.Class):
        _tabulate(owner, sections)
    _link(sections, owner, homes)


def _sections(thing: griffe.Object) -> Sections:
    """The parsed docstring; griffe keeps it on the docstring, where mkdocstrings finds it as it is left here."""
    thing.labels &= LABELS  # the others say how, not what
    if thing.docstring is None:
        return []
    thing.docstring.parser = griffe.Parser.google
    thing.docstring.parser_options = {"returns_named_value": False}
    return thing.docstring.parsed


# --- text: doctests are code, names are links


def _link(sections: Sections, thing: griffe.Object, homes: Mapping[str, str]) -> None:
    def linked(text: str) -> str:
        return NAME.sub(lambda found: _linked(found, thing.name, homes), text)

    for section in sections:
        if isinstance(section, griffe.DocstringSectionText):
            section.value = _fenced(section.value, linked)
        elif isinstance(section.value, list):
            for row in section.value:
                row.description = linked(row.description)
                if isinstance(section, griffe.DocstringSectionRaises):
                    row.annotation = _error(row.annotation, thing)


def _linked(found: re.Match[str], own: str, homes: Mapping[str, str]) -> str:
    home = homes.get(found[1])
    return f"[{found[0]}][{home}]" if home is not None and found[1] != own else found[0]


def _fenced(text: str, linked: Any) -> str:
    parts: list[str] = []
    end = 0
    for found in DOCTEST.finditer(text):
        parts += [linked(text[end : found.start()]), f"```pycon\n{found[0]}\n```"]
        end = found.end()
    return "".join([*parts, linked(text[end:])])


def _error(annotation: Any, thing: griffe.Object) -> Any:
    """The class itself, also where a module only lets it pass and does not import it."""
    errors = thing.package.members.get("exceptions")
    if isinstance(errors, griffe.Module) and str(annotation) in errors.members:
        return griffe.ExprName(str(annotation), parent=errors)
    return annotation


# --- data: one table for a class, instead of a heading for each field


def _tabulate(owner: griffe.Class, sections: Sections) -> None:
    fields = {
        name: member
        for name, member in owner.members.items()
        if isinstance(member, griffe.Attribute) and "property" not in member.labels and not name.startswith("_")
    }
    maker = _maker(owner)
    if maker is not None:
        _construct(owner, maker)
    if not fields or owner.docstring is None:
        return
    if any(str(base).endswith("Enum") for base in owner.bases):
        sections.append(griffe.DocstringSectionText(_values(fields)))
    elif maker is not None and str(maker.get("init")) != "False":
        sections.append(griffe.DocstringSectionParameters([_field(one) for one in fields.values()], title="Fields:"))
    else:
        sections.append(griffe.DocstringSectionAttributes([_fact(one) for one in fields.values()], title="Fields:"))
    for name in fields:
        owner.del_member(name)


def _maker(owner: griffe.Class) -> dict[str, Any] | None:
    """The keywords of the attrs decorator; None for any other class."""
    for decorator in owner.decorators:
        if isinstance(decorator.value, griffe.Expr) and decorator.value.canonical_path in MAKERS:
            return _keywords(decorator.value)
    return None


def _keywords(value: object) -> dict[str, Any]:
    if not isinstance(value, griffe.ExprCall):
        return {}
    return {one.name: one.value for one in value.arguments if isinstance(one, griffe.ExprKeyword)}


def _construct(owner: griffe.Class, maker: Mapping[str, Any]) -> None:
    """`__init__` as attrs would write it, unless the class writes its own."""
    if str(maker.get("init")) == "False" or "__init__" in owner.members:
        return
    parameters = [griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)]
    for name, member in owner.members.items():
        if not isinstance(member, griffe.Attribute) or member.annotation is None or "property" in member.labels:
            continue
        told = _keywords(member.value)
        if str(told.get("init")) == "False":
            continue
        by_name = "True" in (str(maker.get("kw_only")), str(told.get("kw_only")))
        kind = griffe.ParameterKind.keyword_only if by_name else griffe.ParameterKind.positional_or_keyword
        parameters.append(griffe.Parameter(name, annotation=member.annotation, kind=kind, default=_default(member)))
    init = griffe.Function("__init__", parameters=griffe.Parameters(*parameters), parent=owner)
    owner.set_member("__init__", init)


def _default(member: griffe.Attribute) -> str | griffe.Expr | None:
    """What a field holds when nobody says otherwise; None if it must be given."""
    if not isinstance(member.value, griffe.ExprCall):
        return member.value
    told = _keywords(member.value)
    return f"{told['factory']}()" if "factory" in told else told.get("default")


def _field(member: griffe.Attribute) -> griffe.DocstringParameter:
    default = _default(member)
    return griffe.DocstringParameter(
        member.name,
        description=_told(member),
        annotation=member.annotation,
        value=None if default is None else str(default),
    )


def _fact(member: griffe.Attribute) -> griffe.DocstringAttribute:
    annotation = member.annotation
    init = member.parent.members.get("__init__") if member.parent else None
    if annotation is None and isinstance(init, griffe.Function) and member.name in init.parameters:
        annotation = init.parameters[member.name].annotation
    return griffe.DocstringAttribute(member.name, description=_told(member), annotation=annotation)


def _told(member: griffe.Attribute) -> str:
    return member.docstring.value if member.docstring else ""


def _values(members: Mapping[str, griffe.Attribute]) -> str:
    rows = [f"| `{name}` | `{member.value}` | {_told(member)} |" for name, member in members.items()]
    return "\n".join(["| Member | Value | Meaning |", "|---|---|---|", *rows])
