"""
Every speed as a ratio against something run beside it, in the same process and the same minute.

    python benchmarks/run.py            # small sizes, about two minutes
    python benchmarks/run.py --full     # 10 and 30 million touches and a million credits, over fifteen minutes and 6 GB

Absolute times depend on the machine and are not printed as results. Each ratio is the median of interleaved rounds.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

ROUNDS = 5
FILES = (
    "objects", "commission", "journey", "metrics", "adapters", "documents", "attribution_models", "forecast", "review",
    "tables",
)  # fmt: skip
LARGE = ("commission", "tables")
"""Files that have more rows with --full."""


def seconds(job: Callable[[], object]) -> float:
    """Wall time of one run; as in timeit, the garbage collector rests meanwhile."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        job()
        return time.perf_counter() - start
    finally:
        gc.enable()


def ratio(job: Callable[[], object], beside: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median of time(job) / time(beside) over interleaved rounds, after one warm-up of each."""
    job()
    beside()
    return statistics.median(seconds(job) / seconds(beside) for _ in range(rounds))


def fresh_import(statement: str) -> float:
    """Time of an import in a new interpreter, without the interpreter's own start."""
    code = f"import time; s = time.perf_counter(); {statement}; print(time.perf_counter() - s)"
    # Bytecode is cached, as it is wherever a package is installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)


def import_ratio() -> float:
    """`from partnerops.attribution import attribute` against `import attrs`."""
    ours, theirs = "from partnerops.attribution import attribute", "import attrs"
    for statement in (ours, theirs):
        fresh_import(statement)
    return statistics.median(fresh_import(ours) / fresh_import(theirs) for _ in range(4 * ROUNDS + 1))


def main() -> None:
    """Run every row and print a table for RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="10 and 30 million touches and a million credits as well")
    full = parser.parse_args().full
    print(f"Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}")
    print("| what | target | measured |\n|---|---|---|", flush=True)
    show([("`from partnerops.attribution import attribute` / `import attrs`", "<= 2", f"{import_ratio():.2f}")])
    for name in FILES:
        sizes = {"full": full} if name in LARGE else {}
        show(import_module(name).rows(ratio, **sizes))


def show(rows: list[tuple[str, str, str]]) -> None:
    """Rows of the table, as soon as they are there."""
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
