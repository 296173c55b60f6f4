"""The simulated programme never changes unnoticed: the same seed gives the same bytes on every platform."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from partnerops._canonical import digest
from partnerops.testing import simulate

from ..architecture.source import PROJECT

SAMPLE = PROJECT / "examples" / "sample"


@pytest.mark.parametrize(
    ("seed", "partners", "months", "expected"),
    [
        (7, 20, 12, "edc4faf568ef3962ab4847f8660bedb559080cc6d7852f99d938aef076989263"),
        (0, 0, 1, "060d21473c7674ae771939ebcd587d92e7836cfbb2aa9dc9e77e1771ea0326d9"),
        (-(10**30), 3, 27, "92378245a68c773753e5d827923016740d4e5e658f5ff2e7800a0a945fcdfe99"),
    ],
)
def test_a_seed_gives_the_same_bytes(seed, partners, months, expected):
    """Records and truth alike; a change here changes every benchmark and sample, and is named in the changelog."""
    assert digest(simulate(seed, partners, months)) == expected


def test_the_sample_exports_are_what_the_simulator_makes(tmp_path: Path):
    """File by file, byte by byte, and small enough to keep in the repository."""
    spec = importlib.util.spec_from_file_location("make_sample", SAMPLE / "make_sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = {path.name: path.read_bytes() for path in module.write_csv(module.sample().dataset, tmp_path)}
    kept = {path.name: path.read_bytes() for path in SAMPLE.glob("*.csv")}
    assert made == kept
    assert sum(map(len, kept.values())) < 1_500_000
