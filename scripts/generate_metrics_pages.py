"""
Write the metrics' pages: the reference with every public name, and the catalogue's tables.

    python scripts/generate_metrics_pages.py

A test holds the files against what this script would write. In the pages of explanations, one a family, only the table
between the marks is written.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from partnerops import metrics
from partnerops.metrics import MetricDefinition
from partnerops.metrics._catalogue import FAMILIES

DOCS = Path(__file__).parents[1] / "docs"
REFERENCE = DOCS / "reference" / "metrics.md"
EXPLANATION = DOCS / "explanation" / "metrics"

ORDER = (
    "revenue", "bookings", "conversion", "cycles", "leads", "lifecycle", "recurring", "customers", "lifetime",
    "partners", "channel", "targets", "cascades", "changes", "timelines",
)  # fmt: skip
NO_MEMBERS = "    options:\n      members: false\n      show_root_heading: false\n      show_root_toc_entry: false\n"


def reference() -> str:
    """The reference page: the package's own names, then module by module."""
    own = [name for name in metrics.__all__ if name not in ORDER]
    parts = [f"# Metrics\n\n::: partnerops.metrics\n{NO_MEMBERS}"]
    parts += [f"::: partnerops.metrics.{name}\n" for name in own]
    for home in ORDER:
        module = import_module(f"partnerops.metrics.{home}")
        parts.append(f"## metrics.{home}\n\n::: partnerops.metrics.{home}\n{NO_MEMBERS}")
        parts += [f"::: partnerops.metrics.{home}.{name}\n" for name in module.__all__]
    return "\n".join(parts)


def table(family: tuple[MetricDefinition, ...]) -> str:
    """One family's definitions."""
    rows = [
        f"| [`{one.id}`][partnerops.metrics.{one.home}.{one.id}] | {one.name} | {one.name_pt} | {one.formula} | "
        f"{one.unit} | {one.window} | {one.cadence} | {one.zero} |"
        for one in family
    ]
    head = "| id | name | em português | formula | unit | counted by | look at it every | of nothing |"
    return "\n".join([head, "|---" * 8 + "|", *rows])


def explanation(family: tuple[MetricDefinition, ...], text: str) -> str:
    """A family's page with the table between its marks written anew."""
    start, end = f"<!-- {family[0].home} -->", f"<!-- /{family[0].home} -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n\n{table(family)}\n\n{end}{after}"


def main() -> None:
    """Write the reference and every family's table."""
    REFERENCE.write_text(reference(), encoding="utf-8")
    print(REFERENCE.relative_to(DOCS))
    for family in FAMILIES:
        page = EXPLANATION / f"{family[0].home}.md"
        page.write_text(explanation(family, page.read_text(encoding="utf-8")), encoding="utf-8")
        print(page.relative_to(DOCS))


if __name__ == "__main__":
    main()
