"""What the reference shows of a class is what runs: griffe reads the source, Python runs it, both must agree."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path

import attrs
import pytest

from ..architecture.source import ROOT, public_objects

griffe = pytest.importorskip("griffe", reason="the documentation's tools are not installed: make setup")

EXTENSION = Path(__file__).parents[2] / "docs" / "griffe_partnerops.py"
CLASSES = {name: value for name, value in public_objects().items() if isinstance(value, type) and attrs.has(value)}


@pytest.fixture(scope="module")
def package():
    """The package as mkdocstrings sees it."""
    spec = importlib.util.spec_from_file_location("griffe_partnerops", EXTENSION)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    extensions = griffe.load_extensions(module.PartnerOpsExtension())
    return griffe.load("partnerops", search_paths=[str(ROOT.parent)], extensions=extensions, resolve_aliases=True)


def shown(package, name):
    """The class of that name."""
    return package[name.removeprefix("partnerops.")]


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_constructors_are_those_that_run(package, name):
    """The same parameters in the same order, by position or by name, required or not."""
    found = [one for one in shown(package, name).members["__init__"].parameters if one.name != "self"]
    running = inspect.signature(CLASSES[name]).parameters.values()
    assert [(one.name, one.kind.name, one.default is None) for one in found] == [
        (one.name, one.kind.name.lower(), one.default is inspect.Parameter.empty) for one in running
    ]


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_field_stands_in_one_table_with_its_words(package, name):
    """All public fields, each with a description."""
    tables = [section for section in shown(package, name).docstring.parsed if section.title == "Fields:"]
    fields = [one.name for one in attrs.fields(CLASSES[name]) if not one.name.startswith("_")]
    rows = [row for table in tables for row in table.value]
    assert [row.name for row in rows] == fields
    assert all(row.description for row in rows)


def test_doctests_are_fenced(package):
    """A prompt outside of a code block would render as a quotation."""
    docstrings = {name: shown(package, name).docstring for name in public_objects()}
    texts = [
        (name, section.value)
        for name, docstring in docstrings.items()
        for section in (docstring.parsed if docstring else [])
        if isinstance(section.value, str)
    ]
    assert any("```pycon\n>>> " in text for _, text in texts)
    assert [name for name, text in texts if ">>>" in "".join(text.split("```")[::2])] == []
