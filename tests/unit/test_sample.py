"""The sample exports and the mapping that reads them belong together."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

from partnerops import Dataset
from partnerops.adapters import read_folder, read_mapping

EXAMPLES = Path(__file__).parents[2] / "examples"


def maker() -> ModuleType:
    """The script that made the sample."""
    spec = importlib.util.spec_from_file_location("make_sample", EXAMPLES / "sample" / "make_sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def programme() -> Dataset:
    """What the sample was made from."""
    dataset: Dataset = maker().sample()
    return dataset


@pytest.fixture(scope="module")
def imported() -> Dataset:
    """What the sample is read into."""
    return read_folder(EXAMPLES / "sample", read_mapping(EXAMPLES / "mappings" / "sample.toml"), strict=True).dataset


@pytest.mark.parametrize("name", [a.name for a in attrs.fields(Dataset) if a.init])
def test_the_sample_is_read_as_it_was_written(name: str, programme: Dataset, imported: Dataset) -> None:
    """Every noun of the simulated programme comes back, apart from where it came from."""
    assert [bare(noun) for noun in getattr(imported, name)] == [bare(noun) for noun in getattr(programme, name)]


def bare(noun: Any) -> Any:
    """A noun without its source."""
    return noun.replace(source=None) if hasattr(noun, "source") else noun
