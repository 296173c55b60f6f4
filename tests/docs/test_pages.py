"""The documentation is whole: every page reachable, every public name explained, nothing fetched from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import partnerops

from ..architecture.source import public_modules

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
CONFIG = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8")
REFERENCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((DOCS / "reference").glob("*.md")))

HOMES = sorted(f"{name}.{member}" for name, module in public_modules().items() for member in module.__all__)


def navigation() -> list[str]:
    """The pages that mkdocs.yml names, in its order."""
    part = CONFIG.partition("\nnav:\n")[2]
    block = part[: re.search(r"^\S", part, re.MULTILINE).start()]
    return re.findall(r"(\S+\.md)$", block, re.MULTILINE)


def test_every_page_is_in_the_navigation_once():
    """And the navigation names no page that is not there."""
    assert sorted(navigation()) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_empty(page):
    """A heading and something under it, of its own or from a file that it includes."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for name in re.findall(r'^--8<-- "(.+)"$', text, re.MULTILINE):
        text = text.replace(f'--8<-- "{name}"', (PROJECT / name).read_text(encoding="utf-8"))
    assert re.search(r"^# \S", text, re.MULTILINE)
    assert len(text.split()) > 20 or "\n::: " in text


@pytest.mark.parametrize("name", HOMES)
def test_every_public_name_is_in_the_reference(name):
    """Rendered at its home; what the root passes on is linked from the root's page."""
    module, _, member = name.rpartition(".")
    if module == "partnerops":
        assert f"[`{member}`]" in (DOCS / "reference" / "index.md").read_text(encoding="utf-8")
    else:
        assert re.search(rf"^::: {re.escape(name)}$", REFERENCE, re.MULTILINE)


def test_the_reference_names_only_what_is_public():
    """No private name, no name that moved."""
    rendered = re.findall(r"^::: (\S+)$", REFERENCE, re.MULTILINE)
    known = {*HOMES, *public_modules(), "partnerops"}
    assert [name for name in rendered if name not in known] == []
    assert len(set(rendered)) == len(rendered)


def test_the_readme_and_the_home_page_show_the_same_code():
    """Twelve lines that are written twice must not drift apart."""
    home, readme = ((PROJECT / name).read_text(encoding="utf-8") for name in ("docs/index.md", "README.md"))
    first_block = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
    code = first_block.search(home)[1]
    assert code == first_block.search(readme)[1]
    assert "attribute(deal, touches, policy=Linear())" in code


FETCHED = re.compile(
    r"""<(?:script|img|iframe|link|source|video|audio)\b[^>]*(?:src|href)\s*=\s*["']?(?:https?:)?//"""
    r"""|^[ \t]*`{3,}\s*mermaid"""  # the theme would fetch what draws it
    r"""|!\[[^\]]*\]\(\s*(?:https?:)?//"""
    r"""|@import|url\(\s*["']?(?:https?:)?//""",
    re.MULTILINE,
)


@pytest.mark.parametrize("path", [path for path in sorted(DOCS.rglob("*")) if path.suffix in {".md", ".css", ".js"}])
def test_no_page_fetches_anything_from_elsewhere(path):
    """Links may leave the site; pictures, styles and scripts may not."""
    assert FETCHED.search(path.read_text(encoding="utf-8")) is None


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://x.org/a.js">',
        "![badge](//x.org/a.svg)",
        "@import 'a.css'",
        "src: url(http://x.org/f)",
        "```mermaid",
    ],
)
def test_what_would_be_fetched_is_seen(text):
    """The pattern above finds what it is there to find."""
    assert FETCHED.search(text)


def test_the_configuration_fetches_nothing():
    """No font, no script, no address at all beside those of comments."""
    assert re.search(r"^  font: false\b", CONFIG, re.MULTILINE)
    code = "\n".join(line.partition(" #")[0] for line in CONFIG.splitlines())
    assert "//" not in code
    assert not re.search(r"^extra_javascript:", code, re.MULTILINE)


def test_formulas_need_no_script():
    """Dollar signs would wait for a typesetter that is not there, in pages and docstrings alike."""
    source = Path(partnerops.__file__).parent
    texts = {path: path.read_text(encoding="utf-8") for path in [*DOCS.rglob("*.md"), *source.rglob("*.py")]}
    latex = re.compile(r"\$\$|\$[^$\n`'\"]*[\\^_{][^$\n]*\$")
    assert [path.name for path, text in texts.items() if latex.search(text)] == []
