"""What every test run shares: documentation as tests, and how hard Hypothesis tries."""

from __future__ import annotations

import os
from doctest import ELLIPSIS
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from sybil import Sybil
from sybil.document import PythonDocStringDocument
from sybil.integration.pytest import SybilItem
from sybil.parsers.doctest import DocTestParser
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

from partnerops.testing._hypothesis import register

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sybil.typing import Evaluator

register()  # as the entry point does where the library is installed
settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dev"), max_examples=100, derandomize=True, print_blob=True)
settings.register_profile("nightly", parent=settings.get_profile("dev"), max_examples=5000)
# The same examples for every mutant, or luck would decide which of them survive; the smallest one that fails does not
# matter. And mutmut runs the tests several times in one process, which is no mistake of theirs.
settings.register_profile(
    "mutation",
    parent=settings.get_profile("dev"),
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


class ConsoleBlockParser(PythonCodeBlockParser):
    """The same for blocks marked `pycon`, which a site colours as a console: prompts apart from what is printed."""

    @staticmethod
    def codeblock_parser_class(_: str, evaluator: Evaluator) -> CodeBlockParser:
        """Blocks of that language, whichever language is asked for."""
        return CodeBlockParser("pycon", evaluator)


# A pattern is matched against the end of a path, in any folder; which folders are read stands in pyproject.toml.
pages = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS), ConsoleBlockParser(doctest_optionflags=ELLIPSIS)],
    pattern="*.md",
    # A page's connections and tables end with the page, not with the process.
    teardown=dict.clear,
)
docstrings = Sybil(
    parsers=[DocTestParser(optionflags=ELLIPSIS)],
    path="src",
    pattern="*.py",
    document_types={".py": PythonDocStringDocument},
)
pytest_collect_file = (pages + docstrings).pytest()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the examples of one document in its order: later ones use names of earlier ones. Tests stay shuffled."""
    places = [index for index, item in enumerate(items) if isinstance(item, SybilItem)]
    examples: Sequence[SybilItem] = [item for item in items if isinstance(item, SybilItem)]
    in_order = sorted(examples, key=lambda item: (str(item.path), item.example.start))
    for index, item in zip(places, in_order, strict=True):
        items[index] = item
