"""Sizes that keep the code readable, and words that must not be in the repository."""

from __future__ import annotations

import ast
import io
import re
import shutil
import statistics
import subprocess
import tokenize

import pytest

from .source import PROJECT, modules, tree

FILES = list(modules().values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_have_one_subject(path):
    """At most 350 lines; the generated currency table is data."""
    if path.name != "_iso4217.py":
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


def function_lengths() -> list[int]:
    """Lines of each function's body, its docstring left out."""
    found = []
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                found.append(body[-1].end_lineno - body[0].lineno + 1)
    return found


def test_functions_are_short():
    """Median at most 10 lines, nine in ten at most 30."""
    lengths = sorted(function_lengths())
    assert statistics.median(lengths) <= 10
    assert lengths[len(lengths) * 9 // 10] <= 30


def test_comments_say_why_here_and_there():
    """Between 2 and 15 comment lines per 100 lines of code, over the whole package."""
    comments = code = 0
    for path in FILES:
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
            comments += token.type == tokenize.COMMENT
            code += token.type == tokenize.NEWLINE
    assert 2 <= 100 * comments / code <= 15


def test_the_repository_names_no_index_host_and_no_machines_path():
    """Joined here, so that this file does not name them either."""
    git = shutil.which("git")
    if git is None or not (PROJECT / ".git").exists():
        pytest.skip("not a git checkout")
    words = ["pypi" + r"\.org", "python" + r"hosted\.org", "npm" + r"js\.", "/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/"]
    listed = subprocess.run([git, "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True)  # noqa: S603
    files = [PROJECT / name for name in listed.stdout.splitlines() if (PROJECT / name).is_file()]
    found = {path.name for path in files if re.search("|".join(words), path.read_text("utf-8", "replace"))}
    assert found == set()
    assert "uv.lock" not in listed.stdout.split("\n")
