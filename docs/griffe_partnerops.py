"""
What mkdocstrings cannot see by itself: how attrs makes constructors, and that a doctest is code.

Griffe reads the source without running it. This extension gives every attrs class its `__init__`, shows documented
fields, enum members and facts of an error as one table each, and fences doctests so that Markdown leaves them alone.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

DOCTEST = re.compile(r"^(?=>>> ).*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
MAKERS = {"attrs.frozen", "attrs.define"}


class PartnerOpsExtension(griffe.Extension):
    """Runs once, when the whole package has been read."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Walk over everything that the package defines; what it only passes on is walked at its home."""
        _walk(pkg)


def _walk(owner: griffe.Module | griffe.Class) -> None:
    sections = _sections(owner)
    for member in list(owner.members.values()):
        if member.is_alias:
            continue
        if isinstance(member, griffe.Module | griffe.Class):
            _walk(member)
        else:
            _sections(member)
    if isinstance(owner, griffe.Class):
        _tabulate(owner, sections)


def _sections(thing: griffe.Object) -> list[griffe.DocstringSection]:
    """The parsed docstring, its doctests fenced; kept on the docstring, where mkdocstrings finds it."""
    if thing.docstring is None:
        return []
    thing.docstring.parser = griffe.Parser.google
    thing.docstring.parser_options = {"warnings": True, "returns_named_value": False}
    for section in thing.docstring.parsed:
        if isinstance(section, griffe.DocstringSectionText):
            section.value = DOCTEST.sub(lambda found: f"```pycon\n{found[0]}\n```", section.value)
    return thing.docstring.parsed


def _tabulate(owner: griffe.Class, sections: list[griffe.DocstringSection]) -> None:
    """Documented data of a class as one table in its docstring, instead of a heading each."""
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
    elif maker is not None:
        sections.append(griffe.DocstringSectionParameters([_field(one) for one in fields.values()], title="Fields:"))
    else:
        sections.append(griffe.DocstringSectionAttributes([_fact(one) for one in fields.values()]))
    for name in fields:
        owner.del_member(name)


def _maker(owner: griffe.Class) -> dict[str, str] | None:
    """The keywords of the attrs decorator; None for any other class."""
    for decorator in owner.decorators:
        if isinstance(decorator.value, griffe.Expr) and decorator.value.canonical_path in MAKERS:
            return _keywords(decorator.value)
    return None


def _keywords(value: object) -> dict[str, Any]:
    if not isinstance(value, griffe.ExprCall):
        return {}
    return {one.name: one.value for one in value.arguments if isinstance(one, griffe.ExprKeyword)}


def _construct(owner: griffe.Class, maker: dict[str, Any]) -> None:
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
        default = _default(member)
        parameters.append(griffe.Parameter(name, annotation=member.annotation, kind=kind, default=default))
    init = griffe.Function("__init__", parameters=griffe.Parameters(*parameters), parent=owner)
    owner.set_member("__init__", init)


def _default(member: griffe.Attribute) -> str | griffe.Expr | None:
    """What a field holds when nobody says otherwise; None if it must be given."""
    if not isinstance(member.value, griffe.ExprCall):
        return member.value
    told = _keywords(member.value)
    if "factory" in told:
        return f"{told['factory']}()"
    return told.get("default")


def _field(member: griffe.Attribute) -> griffe.DocstringParameter:
    return griffe.DocstringParameter(
        member.name, description=_told(member), annotation=member.annotation, value=_text(_default(member))
    )


def _fact(member: griffe.Attribute) -> griffe.DocstringAttribute:
    return griffe.DocstringAttribute(member.name, description=_told(member), annotation=member.annotation)


def _text(value: str | griffe.Expr | None) -> str | None:
    return None if value is None else str(value)


def _told(member: griffe.Attribute) -> str:
    return member.docstring.value if member.docstring else ""


def _values(members: dict[str, griffe.Attribute]) -> str:
    rows = [f"| `{name}` | `{member.value}` | {_told(member)} |" for name, member in members.items()]
    return "\n".join(["| Member | Value | Meaning |", "|---|---|---|", *rows])
