"""The notebooks run from the first cell to the last, and show what is stored."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
NOTEBOOKS = sorted((PROJECT / "examples" / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def runner():
    """The script that runs them."""
    spec = importlib.util.spec_from_file_location("run_notebooks", PROJECT / "scripts" / "run_notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_notebooks():
    """Or nothing below would be tested."""
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_they_show_what_is_stored(runner, path):
    """Run scripts/run_notebooks.py when an output changed for a good reason."""
    stored = path.read_text(encoding="utf-8")
    assert runner.text(runner.ran(json.loads(stored))) == stored


def test_a_cell_that_fails_is_not_passed_over(runner):
    """The error comes out."""
    broken = {"cells": [{"cell_type": "code", "source": ["1 / 0"]}]}
    with pytest.raises(ZeroDivisionError):
        runner.ran(broken)
