"""The public surface: small, each name in one place, what type checkers see is what runs."""

from __future__ import annotations

import ast
import importlib
from collections import Counter

import pytest

import partnerops

from .source import is_type_checking, modules, public_modules, public_objects, tree

PUBLIC = {name: path for name, path in modules().items() if "._" not in name}
LAZY = [name for name, path in PUBLIC.items() if "__getattr__" in path.read_text(encoding="utf-8")]


def test_the_root_stays_small():
    """At most 40 names."""
    assert len(partnerops.__all__) <= 40


@pytest.mark.parametrize("name", sorted(set(public_modules()) - {"partnerops", "partnerops.entities"}))
def test_packages_stay_small(name):
    """At most 30 names; `entities` is the catalogue of all nouns."""
    assert len(public_modules()[name].__all__) <= 30


@pytest.mark.parametrize("name", public_modules())
def test_lists_are_sorted_and_show_in_dir(name):
    """`__all__` without repeats, every name real; `dir()` of a lazy module shows the public names only."""
    module = public_modules()[name]
    listed = list(module.__all__)
    assert len(set(listed)) == len(listed)
    assert all(hasattr(module, one) for one in listed)
    if name in LAZY:
        assert sorted(listed) == dir(module)


def test_each_public_name_has_one_home():
    """Apart from the root, which only passes on, no two modules list the same name."""
    homes = Counter(name.rpartition(".")[2] for name in public_objects())
    homes.subtract({"attribute": 1})  # the verb has one form for objects and one for tables
    assert {name for name, count in homes.items() if count > 1} == set()


def test_the_root_passes_on_the_same_objects():
    """Never a copy."""
    objects = public_objects()
    for name in partnerops.__all__:
        homes = [home for home in objects if home.rpartition(".")[2] == name]
        if homes:
            assert all(getattr(partnerops, name) is objects[home] for home in homes)
        else:
            assert f"partnerops.{name}" in modules()


@pytest.mark.parametrize("name", LAZY)
def test_type_checkers_see_what_runs(name):
    """The explicit re-exports and the lazy table name the same things."""
    (block,) = [node for node in ast.walk(tree(modules()[name])) if is_type_checking(node)]
    shown = {alias.asname: f"{node.module}.{alias.name}" for node in block.body for alias in node.names}
    module = importlib.import_module(name)
    assert set(shown) == set(module.__all__)
    for public, home in shown.items():
        module_name, _, member = home.rpartition(".")
        expected = getattr(importlib.import_module(module_name), member, None)
        assert getattr(module, public) is expected


def test_everything_public_is_documented():
    """Classes and functions have a docstring of their own."""
    undocumented = {
        name
        for name, value in public_objects().items()
        if (isinstance(value, type) or callable(value)) and not (getattr(value, "__doc__", "") or "").strip()
    }
    assert undocumented == set()


def test_rare_nouns_say_where_they_live():
    """And a slip of the keyboard gets near misses."""
    with pytest.raises(AttributeError, match=r"'SurveyResponse'; it lives in partnerops\.entities"):
        _ = partnerops.SurveyResponse
    with pytest.raises(AttributeError, match="did you mean 'Opportunity'"):
        _ = partnerops.Oportunity
    with pytest.raises(ImportError):
        from partnerops import Nonsense  # noqa: F401
