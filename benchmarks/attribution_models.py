"""
Data-driven attribution beside the packages that do the same: ChannelAttribution for Markov, do-attribution for Shapley.

They live in an environment of their own, whose interpreter is named by PARTNEROPS_PEERS; each times itself on the same
journeys, in turns with ours. Without it Markov runs beside a closed form in numpy, and Shapley alone is left out.

    python -m venv peers
    peers/bin/pip install pandas matplotlib ChannelAttribution do-attribution    # the second is one the third forgets
    PARTNEROPS_PEERS=peers/bin/python python benchmarks/attribution_models.py
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from run import seconds

from partnerops.attribution.datadriven import Journey, MarkovRemoval, Shapley

ROUNDS = 7
PATHS = Path(os.environ.get("PARTNEROPS_DATA") or Path(__file__).parents[2] / "shared" / "data") / "channel-paths"

MARKOV_PEER = """
import json, sys, time
import pandas as pd, ChannelAttribution
table = pd.read_csv(sys.argv[1])
for seed, _ in enumerate(sys.stdin):
    start = time.perf_counter()
    found = ChannelAttribution.markov_model(
        table, "path", "converted", var_null="lost", seed=seed + 1, verbose=False, flg_pro=False
    )
    took = time.perf_counter() - start
    credit = dict(zip(found["channel_name"], map(float, found["total_conversions"])))
    print("RESULT" + json.dumps([took, credit]), flush=True)
"""
SHAPLEY_PEER = """
import json, sys, time
import pandas as pd, do_attribution
table = pd.read_csv(sys.argv[1])
for _ in sys.stdin:
    start = time.perf_counter()
    do_attribution.ShapleyAttribution(separator=" > ").fit(table["path"], table["converted"])
    print("RESULT" + json.dumps([time.perf_counter() - start, {}]), flush=True)
"""


class Peer:
    """Another package in another interpreter, asked again and again; it tells its own seconds and its answer."""

    def __init__(self, python: str, code: str, table: Path) -> None:
        # A file and not a pipe: nobody reads while the peer runs, and a full pipe would stop it.
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the peer
        self._process = subprocess.Popen(
            [python, "-c", code, str(table)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True,
        )  # fmt: skip

    def run(self) -> tuple[float, dict[str, float]]:
        """Seconds and credit of one more run."""
        print(file=self._process.stdin, flush=True)
        for line in self._process.stdout or ():  # packages print banners of their own
            if line.startswith("RESULT"):
                took, credit = json.loads(line.removeprefix("RESULT"))
                return took, credit
        self._said.seek(0)
        said = self._said.read().strip().splitlines()
        raise SystemExit(f"the peer ended without a result; it said: {said[-1] if said else 'nothing'}")

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        self._said.close()


def paths() -> list[tuple[str, int, int]]:
    """Path, sales and losses: the public 10,000 paths where they are at hand, else as many made by arithmetic."""
    if PATHS.is_dir():
        with gzip.open(PATHS / "data.csv.gz", "rt", encoding="utf-8") as file:
            return [(r["path"], int(r["total_conversions"]), int(r["total_null"])) for r in csv.DictReader(file)]
    return made(10_000, 12)


def made(count: int, parties: int) -> list[tuple[str, int, int]]:
    """Journeys of one to eight touches, by integer arithmetic alone; one of them meets every party."""
    found = [(" > ".join(f"p{n:02}" for n in range(parties)), 3, 1)]
    for n in range(1, count):
        touches = [f"p{(n * 7_919 + k * k * 104_729) % parties:02}" for k in range(1 + n * 31 % 8)]
        found.append((" > ".join(touches), n % 3, 1 + n % 2))
    return found


def journeys(rows: list[tuple[str, int, int]]) -> list[Journey]:
    """From text to what the models are fitted on."""
    return [Journey(path.split(" > "), converted=sales, lost=lost) for path, sales, lost in rows]


def written(rows: list[tuple[str, int, int]], folder: str) -> Path:
    """The journeys as the peers read them."""
    place = Path(folder) / "paths.csv"
    with place.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "converted", "lost"), *rows])
    return place


def against(job: Callable[[], Any], peer: Peer) -> float:
    """Median of ours / theirs over interleaved rounds, after one warm-up of each."""
    job()
    peer.run()
    return statistics.median(seconds(job) / peer.run()[0] for _ in range(ROUNDS))


def by_numpy(rows: list[tuple[str, int, int]]) -> dict[str, float]:
    """Removal effects in closed form, one dense system per channel."""
    import numpy as np

    names = sorted({name for path, _, _ in rows for name in path.split(" > ")})
    place = {name: index + 1 for index, name in enumerate(names)}
    size = len(names) + 1
    steps, sales, visits = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    for path, sold, lost in rows:
        here = 0
        visits[0] += sold + lost
        for name in path.split(" > "):
            steps[here, place[name]] += sold + lost
            here = place[name]
            visits[here] += sold + lost
        sales[here] += sold
    chain, reward = steps / visits[:, None], sales / visits
    whole = np.linalg.solve(np.eye(size) - chain, reward)[0]
    effects = {}
    for name, index in place.items():
        kept = [one for one in range(size) if one != index]
        without = np.linalg.solve(np.eye(size - 1) - chain[np.ix_(kept, kept)], reward[kept])[0]
        effects[name] = 1 - without / whole
    return effects


def rows(ratio: Callable[..., float]) -> list[tuple[str, str, str]]:
    """The rows of this file."""
    table = paths()
    what = f"Markov of order 1, {len(table):,} paths"
    exact, fitted = by_numpy(table), MarkovRemoval.fit(journeys(table)).effects or {}
    apart = max(abs(float(effect) - exact[name]) for name, effect in fitted.items())
    beside = ratio(lambda: MarkovRemoval.fit(journeys(table)), lambda: by_numpy(table))
    found = [
        (f"{what}: largest difference to a closed form in numpy", "< 1e-9", f"{apart:.0e}"),
        (f"{what}, from text / numpy", "", f"{beside:.2f}"),
    ]
    if python := os.environ.get("PARTNEROPS_PEERS"):
        found += markov(python, table, what) + shapley(python)
    return found


def markov(python: str, table: list[tuple[str, int, int]], what: str) -> list[tuple[str, str, str]]:
    """Beside ChannelAttribution, which simulates."""
    ready = journeys(table)
    total = sum(sales for _, sales, _ in table)
    exact = {name: float(share) * total for name, share in (MarkovRemoval.fit(ready).shares or {}).items()}
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(python, MARKOV_PEER, written(table, folder))
        credit = peer.run()[1]
        lost = [name for name, value in exact.items() if value > 0 and not credit.get(name)]
        worst = max(abs(credit[name] / value - 1) for name, value in exact.items())
        from_text = against(lambda: MarkovRemoval.fit(journeys(table)), peer)
        alone = against(lambda: MarkovRemoval.fit(ready), peer)
        peer.close()
    return [
        (f"{what}, from text / ChannelAttribution", "<= 1", f"{from_text:.2f}"),
        (f"{what}, fit alone / ChannelAttribution", "<= 1", f"{alone:.2f}"),
        (f"{what}: channels that the simulation gives nothing", "0 here", f"{len(lost)} there"),
        (f"{what}: largest error of the simulation", "0 here", f"{worst:.0%} there"),
    ]


def shapley(python: str) -> list[tuple[str, str, str]]:
    """Beside do-attribution, which goes through the coalitions too."""
    # Each journey ended once: the peer takes nothing else.
    game = [(path, int(sales > 0), int(not sales)) for path, sales, _ in made(20_000, 14)]
    ready = journeys(game)
    found: list[tuple[str, str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(python, SHAPLEY_PEER, written(game, folder))
        for worth in ("conversions", "rate"):
            measured = against(lambda worth=worth: Shapley.fit(ready, worth=worth), peer)
            what = f"Shapley of 14 parties, 20,000 journeys, by {worth} / do-attribution"
            found.append((what, "<= 1", f"{measured:.2f}"))
        peer.close()
    return found


if __name__ == "__main__":
    from run import ratio as beside

    for row in rows(beside):
        print(*row, sep=" | ")
