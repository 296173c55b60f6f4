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
        (7, 20, 12, "25c82e5c10fd740cf605690345d335015cc197f2379e8af01a7288bcd381ffa7"),
        (0, 0, 1, "060d21473c7674ae771939ebcd587d92e7836cfbb2aa9dc9e77e1771ea0326d9"),
        (-(10**30), 3, 27, "1e63d14876371db79ddfc5b52a3c7c4dfd7eef7db34508e394ac6981beb2dfbd"),
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
    made = {path.name: path.read_bytes() for path in module.write_csv(module.sample(), tmp_path)}
    kept = {path.name: path.read_bytes() for path in SAMPLE.glob("*.csv")}
    assert made == kept
    assert sum(map(len, kept.values())) < 1_500_000
