"""The catalogue, the functions and the pages say the same: every KPI is defined, every definition is a KPI."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from partnerops import metrics
from partnerops.metrics import CATALOGUE
from partnerops.metrics._catalogue import FAMILIES

SCRIPT = Path(__file__).parents[2] / "scripts" / "generate_metrics_pages.py"
HOMES = {name: module for name in metrics.__all__ if isinstance(module := getattr(metrics, name), ModuleType)}


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_metrics_pages", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def kpis(module: ModuleType) -> set[str]:
    """The functions of records and a period that give one measure."""
    functions = {name: getattr(module, name) for name in module.__all__ if inspect.isfunction(getattr(module, name))}
    return {
        name
        for name, function in functions.items()
        if list(inspect.signature(function).parameters)[:2] == ["data", "period"]
        and inspect.signature(function).return_annotation == "MetricValue"
    }


@pytest.mark.parametrize("home", sorted(HOMES))
def test_every_kpi_is_defined_and_every_definition_is_a_kpi(home: str) -> None:
    assert {one.id for one in CATALOGUE.values() if one.home == home} == kpis(HOMES[home])


def test_definitions_use_the_closed_words() -> None:
    """Units, cadences and subjects that other code reads."""
    units = {"money", "rate", "count", "days", "months", "points", "number"}
    for one in CATALOGUE.values():
        assert one.unit in units
        assert one.cadence in {"week", "month", "quarter"}
        assert one.subject in {"deal", "customer", "partner", "lead"}
        assert one.better in {"higher", "lower"}
        assert one.measure.__name__ == one.id
    assert len({one.name for one in CATALOGUE.values()}) == len({one.name_pt for one in CATALOGUE.values()})
    assert len({one.name for one in CATALOGUE.values()}) == len(CATALOGUE)


def test_the_pages_are_what_the_script_writes(pages: ModuleType) -> None:
    """Run scripts/generate_metrics_pages.py after a change."""
    assert pages.REFERENCE.read_text(encoding="utf-8") == pages.reference()
    for family in FAMILIES:
        text = (pages.EXPLANATION / f"{family[0].home}.md").read_text(encoding="utf-8")
        assert text == pages.explanation(family, text)


def test_every_definition_is_in_a_table(pages: ModuleType) -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in pages.EXPLANATION.glob("*.md"))
    assert set(re.findall(r"^\| \[`(\w+)`\]", text, re.MULTILINE)) == set(CATALOGUE)
