"""An import costs what it names: checked by the modules it loads, never by a stopwatch."""

from __future__ import annotations

import subprocess
import sys

import pytest

import partnerops

HEAVY = {"cattrs", "narwhals", "dateutil", "polars", "duckdb", "numpy", "asyncio", "unittest", "hypothesis", "difflib"}
SUB_PACKAGES = {"attribution", "commission", "forecast", "journey", "metrics", "frames", "serde", "adapters", "testing"}


def loaded(statement: str) -> set[str]:
    """Modules in a new interpreter after a statement that were not there before it."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    return set(done.stdout.split())


def test_the_root_loads_nothing_heavy_and_no_sub_package():
    """`import partnerops` is a table of names."""
    found = loaded("import partnerops")
    assert found & HEAVY == set()
    assert {f"partnerops.{name}" for name in SUB_PACKAGES} & found == set()
    assert "attrs" not in found


def test_attribution_loads_no_other_package():
    """Nor the calendars, the dataset or the parties, which one deal does not need."""
    found = loaded("from partnerops.attribution import attribute")
    assert found & HEAVY == set()
    assert {f"partnerops.{name}" for name in SUB_PACKAGES - {"attribution"}} & found == set()
    assert {"partnerops.dataset", "partnerops.periods", "partnerops.entities._parties", "zoneinfo"} & found == set()


@pytest.mark.parametrize("name", partnerops.__all__)
def test_every_root_name_resolves_alone(name):
    """In a fresh interpreter, whatever was imported before."""
    if name == "frames":
        assert "narwhals" not in loaded("from partnerops import frames")
    assert loaded(f"from partnerops import {name}")
