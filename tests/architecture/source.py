"""The source tree as the architecture tests see it."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType

import partnerops

ROOT = Path(partnerops.__file__).parent
PROJECT = Path(__file__).parents[2]


def modules() -> dict[str, Path]:
    """Dotted name -> file, for every module of the package."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def is_type_checking(node: ast.AST) -> bool:
    """Whether a node is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(path: Path) -> set[str]:
    """Modules that a file imports at run time, inside functions too; what only type checkers see is left out."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if is_type_checking(node):
            for other in node.orelse:
                visit(other)
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which arrow they are"
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree(path))
    return found


def public_modules() -> dict[str, ModuleType]:
    """Every module without an underscore in its name that lists public names."""
    named = {name: importlib.import_module(name) for name in modules() if "._" not in name}
    return {name: module for name, module in named.items() if hasattr(module, "__all__")}


def public_objects() -> dict[str, object]:
    """`module.name` -> object, for every public name outside the root."""
    return {
        f"{name}.{member}": getattr(module, member)
        for name, module in public_modules().items()
        if name != "partnerops"
        for member in module.__all__
    }
