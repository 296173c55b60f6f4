"""The example that compares models runs as a reader runs it, and every column sums to the same revenue."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import partnerops

EXAMPLE = Path(__file__).parents[2] / "examples" / "compare_models.py"


def test_every_model_shares_out_the_same_revenue():
    """To the unit that is printed, give or take the rounding of each line."""
    environment = {**os.environ, "PYTHONPATH": str(Path(partnerops.__file__).parents[1]), "PYTHONWARNINGS": "error"}
    done = subprocess.run(  # noqa: S603 - our own script, with this interpreter
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    revenue = float(re.search(r", ([\d,.]+) BRL, under 13 models", done.stdout)[1].replace(",", ""))
    table = done.stdout.split("\n\n")[1].splitlines()[1:]
    columns = list(zip(*([float(cell.replace(",", "")) for cell in row.split()[1:]] for row in table), strict=True))
    assert len(columns) == 13
    assert all(abs(sum(column) - revenue) <= len(table) for column in columns)
    assert done.stdout.count("instead of linear moves") == 12
    assert "deals contested" in done.stdout
