"""The example that compares models runs as a reader runs it, and every row sums to the same revenue."""

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
    revenue = float(re.search(r", ([\d,.]+) BRL, under 19 models", done.stdout)[1].replace(",", ""))
    table = [line for line in done.stdout.split("\n\n")[1].splitlines() if not line.startswith("moved:")]
    parties = table[0].split()[1:-1]
    # Names of models have blanks, so cells are counted from the end.
    cells = [[float(cell.replace(",", "")) for cell in row.split()[-len(parties) - 1 :]] for row in table[1:]]
    assert len(cells) == 19
    assert all(abs(sum(row[:-1]) - revenue) <= len(parties) for row in cells)
    assert cells[0][-1] == 0
    assert any(row[-1] for row in cells)
    assert "deals contested" in done.stdout
