"""
Throw broken documents and exports at everything that reads files: only errors of partnerops may come out.

    python scripts/fuzz.py                          # every target, 60 seconds each
    python scripts/fuzz.py mapping --seconds 600    # one of them

Inputs are good ones that were mauled, and bytes from nowhere. Where atheris is installed it grows them by coverage, in
a process for each target; without it, or with --plain, Hypothesis makes them, from seeds that count up, so that a run
can be repeated with --seed. A fault is printed with the bytes that caused it, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import csv
import gc
import importlib.util
import io
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from partnerops import Dataset, Money, Opportunity
from partnerops.adapters import (
    HUBSPOT,
    ODOO,
    SALESFORCE,
    Import,
    ImportMapping,
    hubspot_mapping,
    import_rows,
    odoo_mapping,
    parse_mapping,
    read_folder,
    read_mapping,
    salesforce_mapping,
)
from partnerops.attribution import AttributionPolicy, Linear, Lookback
from partnerops.exceptions import PartnerOpsError
from partnerops.serde import dumps, loads, loads_toml

EXAMPLES = Path(__file__).parents[1] / "examples"
MAPPINGS = {
    "salesforce": salesforce_mapping(currency="BRL"),
    "salesforce_tables": salesforce_mapping(currency="BRL", snake_case=True, deleted=True),
    "hubspot": hubspot_mapping(currency="BRL", roles={"17": "sourced"}, stages={"s2": "won"}),
    "odoo": odoo_mapping(currency="BRL"),
    "sample": read_mapping(EXAMPLES / "mappings" / "sample.toml"),
}
DEAL = Opportunity(
    id="D-1",
    stage="won",
    status="won",
    amount=Money("10.00", "BRL"),
    created_at=datetime(2026, 3, 1, tzinfo=UTC),
    closed_at=datetime(2026, 3, 31, tzinfo=UTC),
)
TOKENS = (
    b"", b'"', b"[", b"]", b"{", b"}", b",", b";", b"\n", b"=", b"null", b"true", b"1e9", b"-1", b"NaN", b"0.1",
    b"\xff",
    b"\x00", b"\xef\xbb\xbf", b"id", b"kind", b"column", b"first", b"won", b"lost", b"2026-03-01",
    b"9999-12-31 23:59:59",
    b"0001-01-01", b"BRL", b"XXX", b"10.00", b"1.234,56", b"direct", b"a", b"2026-Q2", b"'''", b"1/0", b"\xc3\xa3",
)  # fmt: skip


def told(result: Import) -> Import:
    """The import, if every row of it became something or has an issue."""
    for table in result.tables:
        dropped = sum(1 for one in result.issues if one.table == table.table and one.severity == "dropped")
        skipped = sum(1 for one in result.issues if one.table == table.table and one.severity == "skipped")
        if (table.skipped, table.dropped) != (skipped, dropped) or table.rows != table.used + skipped + dropped:
            message = f"rows of {table} were lost: {skipped} skipped and {dropped} dropped have issues"
            raise AssertionError(message)
    return result


def rows_of(mapping: ImportMapping) -> Callable[[bytes], object]:
    """Every file of a mapping, read from the same text: its columns are all those that a mauled header names."""

    def target(data: bytes) -> object:
        text = data.decode("utf-8", "replace").replace("\x00", "")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        try:
            rows = list(reader)
        except csv.Error:
            return None  # what the csv module refuses is read_folder's to name, and the target `folder` does
        return told(import_rows(dict.fromkeys(mapping.files, rows), mapping))

    return target


def folder(data: bytes) -> object:
    """A folder whose files all hold these bytes."""
    mapping = MAPPINGS["sample"].only("partners", "opportunities", "stage_history", "targets")
    with TemporaryDirectory() as name:
        for file in mapping.files:
            (Path(name) / file).write_bytes(data)
        return told(read_folder(name, mapping))


def export(mapping: ImportMapping) -> bytes:
    """A header of every column that a mapping names, and two rows of what such columns may hold."""
    names = sorted({name for _, table in mapping.tables for name in columns(table)} - {""})
    plausible = ["a", "2026-03-01", "won", "10.00", "BRL", "true", "direct", "2026-03-31 10:00:00", "opportunity"]
    lines = [names, *([plausible[(n * k) % 9] for n in range(len(names))] for k in (1, 4))]
    buffer = io.StringIO()
    csv.writer(buffer).writerows(lines)
    return buffer.getvalue().encode()


def columns(spec: Any) -> Iterator[str]:
    """Columns that a mapping names, by walking through its values."""
    for name in getattr(spec, "__attrs_attrs__", ()):
        value = getattr(spec, name.name)
        if name.name == "column" and value:
            yield value.rpartition(".")[2]
        elif name.name == "on":
            yield from (column.rpartition(".")[2] for column in (*value, *value.values()))
        else:
            members = value.values() if name.name == "fields" else value if isinstance(value, tuple) else (value,)
            for member in members:
                yield from columns(member)


Target = tuple[Callable[[bytes], object], list[bytes]]
"""What is tried, and good inputs to start from."""
TARGETS: dict[str, Target] = {
    "loads": (
        lambda data: loads(data, Dataset),
        [dumps(Dataset(opportunities=[DEAL])).encode(), dumps(Dataset()).encode()],
    ),
    "loads_toml": (
        lambda data: loads_toml(data.decode("utf-8", "replace"), AttributionPolicy),
        [b'schema_version = 1\nkind = "linear"\n', b'kind = "lookback"\ndays = 90\n[policy]\nkind = "linear"\n',
         dumps(Lookback(Linear(), days=30)).encode()],
    ),
    "mapping": (
        lambda data: parse_mapping(data.decode("utf-8", "replace")),
        [text.encode() for text in (SALESFORCE, HUBSPOT, ODOO)]
        + [path.read_bytes() for path in sorted((EXAMPLES / "mappings").glob("*.toml"))],
    ),
    "folder": (folder, [path.read_bytes()[:2000] for path in sorted((EXAMPLES / "sample").glob("*.csv"))]),
    **{name: (rows_of(mapping), [export(mapping)]) for name, mapping in MAPPINGS.items()},
}  # fmt: skip


@st.composite
def inputs(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A good input with some of it cut, doubled or replaced, or bytes from nowhere."""
    data = draw(st.sampled_from(seeds) | st.binary(max_size=400))
    for _ in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 12)))
        put = draw(st.sampled_from(TOKENS) | st.binary(max_size=4) | st.just(data[start:stop] * 2))
        data = data[:start] + put + data[stop:]
    return data


def tried(target: Callable[[bytes], object], data: bytes, counts: Counter[str]) -> None:
    """Count what becomes of an input; anything but an answer or an error of partnerops is a fault."""
    try:
        target(data)
    except PartnerOpsError:
        counts["refused"] += 1
    else:
        counts["read"] += 1


def by_hypothesis(name: str, seconds: float, start: int) -> Counter[str]:
    """Batches of inputs until the time is up."""
    target, seeds = TARGETS[name]
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    batch = start
    while time.monotonic() < end:

        @seed(batch)
        @settings(
            max_examples=200, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(inputs(seeds))
        def attempt(data: bytes) -> None:
            tried(target, data, counts)

        attempt()
        batch += 1
    return counts


def by_atheris(name: str, seconds: float, start: int) -> bool:
    """Inputs grown by coverage, in a process of its own: atheris ends the one that it runs in."""
    with TemporaryDirectory() as corpus:
        for number, data in enumerate(TARGETS[name][1]):
            (Path(corpus) / str(number)).write_bytes(data)
        options = ["--seconds", str(seconds), "--seed", str(start), "--corpus", corpus]
        done = subprocess.run(  # noqa: S603 - this script, with arguments made above
            [sys.executable, __file__, name, *options], stderr=subprocess.PIPE, text=True, errors="replace", check=False
        )
    if done.returncode:
        # The exception is on stdout by now; the end of the log has the bytes.
        print(f"{name}: a fault\n{done.stderr[-1500:]}", flush=True)
    return done.returncode == 0


def grow(name: str, seconds: float, start: int, corpus: str) -> None:
    """Let atheris run one target in this process until the time is up."""
    import atheris  # noqa: PLC0415 - optional

    counts: Counter[str] = Counter()
    # Ours and the readers below us, found where they are: all 9,000 functions of the process would take a minute.
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and str(function.__module__).startswith(("partnerops", "tomllib")):
            atheris.instrument_func(function)
    end = time.monotonic() + seconds

    def attempt(data: bytes) -> None:
        if time.monotonic() > end:
            report(name, counts)
            os._exit(0)  # libFuzzer takes any other way out for a crash
        tried(TARGETS[name][0], data, counts)

    atheris.Setup([sys.argv[0], f"-seed={start + 1}", f"-artifact_prefix={corpus}/", "-timeout=60", corpus], attempt)
    atheris.Fuzz()


def report(name: str, counts: Counter[str]) -> None:
    """One line of what became of the inputs."""
    print(f"{name:18} {counts.total():8,} inputs: {counts['read']:,} read, {counts['refused']:,} refused", flush=True)


def main() -> int:
    """Try the targets named, or all of them."""
    parser = argparse.ArgumentParser(description="only errors of partnerops may come out")
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=float, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=0, help="where the inputs start")
    parser.add_argument("--plain", action="store_true", help="by Hypothesis, also where atheris is installed")
    parser.add_argument("--corpus", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    names = chosen.targets or list(TARGETS)
    if chosen.corpus:
        grow(names[0], chosen.seconds, chosen.seed, chosen.corpus)
    if chosen.plain or importlib.util.find_spec("atheris") is None:
        for name in names:
            report(name, by_hypothesis(name, chosen.seconds, chosen.seed))
        return 0
    print("inputs grown by atheris", flush=True)
    faulty = [name for name in names if not by_atheris(name, chosen.seconds, chosen.seed)]
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
