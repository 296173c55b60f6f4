"""
Run the notebooks of `examples/notebooks` and write what their cells show.

    python scripts/run_notebooks.py            # renew the outputs
    python scripts/run_notebooks.py --check    # write nothing, fail if an output would change

A notebook is a file of cells; running them needs no Jupyter. As there, the last expression of a cell is its output.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "examples" / "notebooks"

Cell = dict[str, Any]


def ran(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with every cell run, from the first to the last, in one namespace."""
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    cells: list[Cell] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            shown = _run("".join(cell["source"]), f"cell {count}", names)
            result = {"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": shown}
            cells.append({**cell, "execution_count": count, "outputs": [result] if shown else []})
        else:
            cells.append(cell)
    return {**notebook, "cells": cells}


def _run(source: str, name: str, names: dict[str, Any]) -> dict[str, list[str]]:
    """What a cell shows: text, and HTML where the value has it."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), name, "exec"), names)  # noqa: S102 - running cells is the purpose
    if last is None:
        return {}
    value = eval(compile(ast.Expression(last.value), name, "eval"), names)  # noqa: S307 - as above
    if value is None:
        return {}
    if hasattr(value, "_repr_html_"):
        return {
            "text/html": value._repr_html_().splitlines(keepends=True),
            "text/plain": str(value).splitlines(keepends=True),
        }
    return {"text/plain": repr(value).splitlines(keepends=True)}


def text(notebook: dict[str, Any]) -> str:
    """The notebook as it is stored."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Run every notebook."""
    parser = argparse.ArgumentParser(description="Run the notebooks.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if an output would change")
    check = parser.parse_args().check
    stale = []
    for path in sorted(FOLDER.glob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        after = text(ran(json.loads(before)))
        if after != before:
            stale.append(path.name)
            if not check:
                path.write_text(after, encoding="utf-8")
    print(f"{'would change' if check else 'renewed'}: {', '.join(stale) or 'nothing'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
