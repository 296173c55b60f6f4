"""From a type of the library to its strategy: what `st.from_type` asks, and what registration means here."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cache
from typing import Any, cast, get_args, get_origin

import attrs
from hypothesis import strategies as st

from partnerops import dataset, dated, entities, money, periods, ratio
from partnerops._attrs import FrozenMap
from partnerops.testing._simulate import simulate
from partnerops.testing._simulator.tables import PIPELINE
from partnerops.testing._strategies import datasets, kernel, nouns
from partnerops.testing._strategies.anyhow import anyhow, implementations
from partnerops.testing._strategies.families import PACKAGES, beside
from partnerops.testing._truth import DealTruth, Programme, Truth

Strategy = st.SearchStrategy[Any]


def resolve(thing: Any) -> Strategy | None:
    """The strategy of a type of the library; None for what Hypothesis can read by itself."""
    origin = get_origin(thing)
    if origin in (dated.Dated, dated.Version):
        return _table()[origin](get_args(thing)[0])
    if not isinstance(thing, type):
        return None
    made = _table().get(thing)
    if made is not None:
        return made(int)
    kind = cast("type[Any]", thing)
    # A package's own strategies before the general ones, which know types but no rules.
    if kind in (table := beside(kind.__module__)):
        return table[kind]()
    if kind in _nouns():
        return nouns.nouns(kind)
    if getattr(kind, "_is_protocol", False):
        return implementations(cast("Hashable", kind))
    return anyhow(kind) if attrs.has(kind) else None


def known() -> list[type[Any]]:
    """Every type that has a strategy of its own."""
    tables = [beside(f"partnerops.{package}") for package in PACKAGES]
    return [*_table(), *_nouns(), *(kind for table in tables for kind in table)]


@cache
def _nouns() -> frozenset[type[Any]]:
    found = [getattr(entities, name) for name in entities.__all__]
    return frozenset(kind for kind in found if attrs.has(kind))


@cache
def _table() -> Mapping[Any, Callable[[Any], Strategy]]:
    """Types with a strategy of their own; each is made from what a generic one holds."""
    plain: dict[Any, Callable[[], Strategy]] = {
        money.Money: kernel.moneys,
        money.Currency: lambda: kernel.currencies().map(money.Currency.of),
        money.ExchangeRate: kernel.exchange_rates,
        money.ExchangeRates: kernel.rate_tables,
        periods.Period: kernel.periods,
        periods.Calendar: kernel.calendars,
        periods.BusinessCalendar: kernel.business_calendars,
        periods.Window: kernel.windows,
        ratio.Amount: kernel.moneys,
        ratio.Ratio: kernel.ratios,
        entities.Entity: lambda: st.one_of([nouns.nouns(kind) for kind in dataset.COLLECTIONS]),
        dataset.Dataset: datasets.datasets,
        Programme: lambda: st.builds(simulate, st.integers(), st.integers(0, 4), st.integers(1, 6)),
        DealTruth: _deal_truths,
        Truth: lambda: _table()[Programme](int).map(lambda programme: programme.truth),
    }
    return {**{thing: _plainly(made) for thing, made in plain.items()}, dated.Version: versions, dated.Dated: histories}


def _plainly(made: Callable[[], Strategy]) -> Callable[[Any], Strategy]:
    return lambda _held: made()


@st.composite
def _deal_truths(draw: st.DrawFn) -> DealTruth:
    return DealTruth(
        opportunity_id=draw(kernel.ids()),
        advances=FrozenMap({stage: draw(kernel.shares()) for stage in PIPELINE}),
        outcome=draw(st.sampled_from(["won", "lost"])),
        closes_at=draw(kernel.instants()),
    )


# --- versions of anything ---------------------------------------------------------------------------------------------


@st.composite
def versions(draw: st.DrawFn, held: Any) -> dated.Version[Any]:
    """One value with its days."""
    span = draw(kernel.periods())
    return dated.Version(draw(st.from_type(held)), span.start, span.end if draw(st.booleans()) else None)


@st.composite
def histories(draw: st.DrawFn, held: Any) -> dated.Dated[Any]:
    """Versions with gaps or none, the last one open or closed."""
    # Cut from one row of days, so that versions cannot overlap; some are left out, which makes the gaps.
    borders = sorted(draw(st.sets(kernel.dates(), max_size=6)))
    kept = [
        dated.Version(draw(st.from_type(held)), start, end)
        for start, end in zip(borders, [*borders[1:], None], strict=False)
        if draw(st.booleans())
    ]
    return dated.Dated(kept)
