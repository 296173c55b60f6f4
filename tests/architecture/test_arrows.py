"""Arrows go one way: a module imports only what stands on a lower floor."""

from __future__ import annotations

import pytest

from .source import imports, modules

FLOORS = [
    {"exceptions", "typing", "_version"},
    {"_lazy", "_attrs", "_arguments", "_canonical", "_closed", "_exact", "_render", "_svg", "_iso4217", "_zones"},
    {"_apportion", "_business", "_calendar", "_currency", "_exchange", "_money", "_months", "_period", "_rounding"},
    {"money", "periods", "ratio"},
    {"dated"},
    {"entities"},
    {"dataset", "_check"},
    {"metrics"},
    {"attribution", "commission", "forecast", "journey"},
    {"program"},
    {"governance"},
    {"serde", "adapters", "frames", "testing"},
]
HEIGHT = {part: height for height, floor in enumerate(FLOORS) for part in floor}
POLICIES = {"attribution", "commission", "forecast", "journey"}
ALONE = {"dateutil": {"_period", "_months", "_calendar", "_business"}, "cattrs": {"serde"}, "narwhals": {"frames"}}


def part(module: str) -> str:
    """The floor's member that a module belongs to; the root is above all."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize(("module", "path"), modules().items(), ids=lambda value: str(value)[-40:])
class TestArrows:
    """Module by module."""

    def test_it_stands_on_a_floor(self, module, path):
        """A new module is placed, not forgotten."""
        assert path.exists()
        assert part(module) in HEIGHT or module == "partnerops"

    def test_it_imports_only_what_stands_lower(self, module, path):
        """Imports inside functions count as well."""
        own = part(module)
        if not own:
            return
        used = {part(name) for name in imports(path) if name.startswith("partnerops.")} - {own}
        assert {name for name in used if name in HEIGHT and HEIGHT[name] > HEIGHT[own]} == set()

    def test_policy_packages_never_meet(self, module, path):
        """They share kernel nouns, not code."""
        own = part(module)
        if own in POLICIES:
            assert {part(name) for name in imports(path)} & (POLICIES - {own}) == set()

    def test_each_heavy_dependency_has_one_user(self, module, path):
        """dateutil, cattrs and narwhals stay behind one door each."""
        for dependency, users in ALONE.items():
            if part(module) not in users:
                assert not any(name.split(".")[0] == dependency for name in imports(path)), dependency
