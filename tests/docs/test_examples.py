"""The examples run as a reader runs them, and what they print adds up."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import partnerops

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "examples" / "first_attribution.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The example in a process of its own, with the package that is under test."""
    environment = {**os.environ, "PYTHONPATH": str(Path(partnerops.__file__).parents[1]), "PYTHONWARNINGS": "error"}
    return subprocess.run(  # noqa: S603 - our own script, with this interpreter
        [sys.executable, str(EXAMPLE), *arguments], capture_output=True, text=True, check=False, env=environment
    )


def amounts(line: str) -> list[Decimal]:
    """The figures of a table row, without its label."""
    return [Decimal(word.replace(",", "")) for word in line.split()[1:]]


def test_first_attribution_adds_up():
    """Every column sums to what was booked, and a line of reasons to its deal."""
    done = run()
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    booked = Decimal(lines[0].split(", ")[1].split()[0].replace(",", ""))
    rule = next(index for index, line in enumerate(lines) if line.startswith("---"))
    columns = list(zip(*(amounts(line) for line in lines[3:rule]), strict=True))
    assert len(columns) == 6
    assert [sum(column) for column in columns] == amounts(lines[rule + 1]) == [booked] * 6
    reasons = [line.split() for line in lines if line.startswith("  D-3.")]
    assert len(reasons) == 4
    assert sum(Decimal(words[2]) for words in reasons) == Decimal("999.99")


def test_first_attribution_fits_one_screen():
    """What a terminal of ordinary size shows at once."""
    lines = run().stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 120


def test_first_attribution_reads_no_data():
    """It says so instead of ignoring what it is given."""
    done = run("exports")
    assert done.returncode == 1
    assert "reads none" in done.stderr
