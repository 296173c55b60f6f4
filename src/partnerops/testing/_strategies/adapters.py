"""Strategies for mappings: few columns, but every part of a mapping in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

from partnerops.adapters import FieldMapping, ImportMapping, Join, TableMapping
from partnerops.testing._strategies import kernel

_FIELDS: Final = ("id", "name", "segment", "region")


def fields() -> st.SearchStrategy[FieldMapping]:
    """From a column or a constant, with words that stand for nothing."""
    column = st.builds(FieldMapping, column=kernel.texts(), sentinels=st.lists(kernel.texts(), max_size=2))
    return column | st.builds(FieldMapping, constant=kernel.texts())


def joins() -> st.SearchStrategy[Join]:
    """On one or two columns."""
    pairs = st.dictionaries(kernel.texts(), kernel.texts(), min_size=1, max_size=2)
    return st.builds(Join, alias=kernel.texts(), file=kernel.texts(), on=pairs)


@st.composite
def tables(draw: st.DrawFn) -> TableMapping:
    """Accounts out of one file."""
    # The id always: an account without one is refused.
    names = draw(st.sets(st.sampled_from(_FIELDS[1:])))
    return TableMapping(
        file=draw(kernel.texts()),
        into="accounts",
        fields={name: draw(fields()) for name in ("id", *sorted(names))},
        joins=draw(st.lists(joins(), max_size=1)),
    )


def mappings() -> st.SearchStrategy[ImportMapping]:
    """One or two tables."""
    named = st.dictionaries(kernel.texts(), tables(), min_size=1, max_size=2)
    return st.builds(ImportMapping, system=kernel.texts(), tables=named)


TABLE: Final[dict[Any, Callable[[], st.SearchStrategy[Any]]]] = {
    FieldMapping: fields,
    ImportMapping: mappings,
    Join: joins,
    TableMapping: tables,
}
"""Type -> its strategy."""
