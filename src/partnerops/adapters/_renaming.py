"""A table's mapping under other names of files and columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from partnerops.adapters._field import Condition, FieldMapping
from partnerops.adapters._mapping import Join, TableMapping
from partnerops.adapters._settings import PIECE

Rename = Callable[[str], str]
"""Old name of a column -> new name."""


def renamed(table: TableMapping, files: Rename, columns: Callable[[str, str], str]) -> TableMapping:
    """The table with new names; columns of a join are named by the join's file."""
    origins = {join.alias: join.file for join in table.joins}

    def column(name: str) -> str:
        alias, point, rest = name.partition(".")
        # A joined column has the name that its own file gives it; the alias is the mapping's, and stays.
        if point and alias in origins:
            return f"{alias}.{columns(origins[alias], rest)}"
        # `field.status` names what a field will be made of, and no column at all.
        return name if alias == "field" and point else columns(table.file, name)

    return table.replace(
        file=files(table.file),
        fields={name: _field(spec, column) for name, spec in table.fields.items()},
        joins=[_join(one, column, files, partial(columns, one.file)) for one in table.joins],
        skip=[_condition(one, column) for one in table.skip],
        checks=[one.replace(column=column(one.column)) for one in table.checks],
    )


def _field(spec: FieldMapping, column: Rename) -> FieldMapping:
    def maybe(name: str | None) -> str | None:
        return None if name is None else column(name)

    return spec.replace(
        column=maybe(spec.column),
        template=spec.template and PIECE.sub(lambda found: f"{{{column(found[1])}}}", spec.template),
        first=[_field(one, column) for one in spec.first],
        when=spec.when and _condition(spec.when, column),
        currency_column=maybe(spec.currency_column),
    )


def _condition(spec: Condition, column: Rename) -> Condition:
    return spec.replace(column=column(spec.column))


def _join(join: Join, column: Rename, files: Rename, theirs: Rename) -> Join:
    return join.replace(
        file=files(join.file),
        on={column(own): theirs(other) for own, other in join.on.items()},
        follow=join.follow and theirs(join.follow),
        where=join.where and _condition(join.where, theirs),
    )
