"""From a type of the library to its strategy: what `st.from_type` asks, and what registration means here."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cache
from importlib import import_module
from types import UnionType
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

import attrs
from hypothesis import reject, strategies as st

from partnerops import attribution, dataset, dated, entities, money, periods, ratio
from partnerops._attrs import FrozenMap
from partnerops.exceptions import PartnerOpsError
from partnerops.testing._simulate import simulate
from partnerops.testing._simulator.tables import PIPELINE
from partnerops.testing._strategies import cases, datasets, kernel, nouns, policies
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
    if kind in (beside := _beside(kind.__module__)):
        return beside[kind]()
    if kind in _nouns():
        return nouns.nouns(kind)
    return anyhow(kind) if attrs.has(kind) else None


def _beside(module: str) -> Mapping[Any, Callable[[], Strategy]]:
    """The strategies of a package of its own; each is imported when one of its types is first asked for."""
    package = module.split(".")[1]
    home = "partnerops.testing._strategies"
    return import_module(f"{home}.{package}").TABLE if package in PACKAGES else {}


PACKAGES: Final = ("adapters", "attribution", "commission", "forecast", "journey")
"""Packages whose strategies stand in a module of their own."""


def known() -> list[type[Any]]:
    """Every type that has a strategy of its own."""
    beside = [_beside(f"partnerops.{package}") for package in PACKAGES]
    return [*_table(), *_nouns(), *(kind for table in beside for kind in table)]


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
        attribution.AttributionPolicy: policies.policies,
        attribution.Case: cases.cases,
        attribution.Award: cases.awards,
        attribution.Attribution: attributions,
        attribution.PositionBased: policies.positions,
        attribution.TimeDecay: policies.decays,
        attribution.Lookback: lambda: policies.lookbacks(policies.policies()),
        attribution.RegistrationFirst: lambda: policies.policies().map(attribution.RegistrationFirst),
        attribution.CompiledAttribution: lambda: policies.policies().map(lambda policy: policy.compiled()),
    }
    return {**{thing: _plainly(made) for thing, made in plain.items()}, dated.Version: versions, dated.Dated: histories}


def _plainly(made: Callable[[], Strategy]) -> Callable[[Any], Strategy]:
    return lambda _held: made()


@st.composite
def attributions(draw: st.DrawFn) -> attribution.Attribution:
    """What the library's policies say of any case."""
    case, policy = draw(cases.cases()), draw(policies.policies())
    return attribution.attribute(case.opportunity, case.touches, policy=policy, registrations=case.registrations)


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
    borders = sorted(draw(st.sets(kernel.dates(), max_size=6)))
    kept = [
        dated.Version(draw(st.from_type(held)), start, end)
        for start, end in zip(borders, [*borders[1:], None], strict=False)
        if draw(st.booleans())
    ]
    return dated.Dated(kept)


# --- everything else --------------------------------------------------------------------------------------------------


@st.composite
def anyhow(draw: st.DrawFn, kind: type[Any]) -> Any:
    """An attrs value with fields of the right types; what its class refuses is rejected."""
    try:
        return kind(**{name: draw(strategy) for name, strategy in _fields(cast("Hashable", kind))})
    except PartnerOpsError:
        reject()


@cache
def _fields(kind: Any) -> tuple[tuple[str, Strategy], ...]:
    hints = get_type_hints(kind)
    return tuple(
        (one.alias or one.name, _usual(one, _later(hints[one.name]))) for one in attrs.fields(kind) if one.init
    )


def _later(hint: Any) -> Strategy:
    """Resolved when drawn: a policy may hold another policy."""
    return st.deferred(lambda: _of(hint))


def _usual(attribute: attrs.Attribute[Any], drawn: Strategy) -> Strategy:
    """The default more often than not: a class is most itself that way."""
    default = nouns.default_of(attribute)
    return drawn if default is attrs.NOTHING else st.just(default) | drawn


def _of(hint: Any) -> Strategy:
    """Values of a type, exact ones where Hypothesis would give floats' infinities or naive moments."""
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([_of(one) for one in get_args(hint)])
    if get_origin(hint) is tuple and len(get_args(hint)) == 2 and get_args(hint)[1] is Ellipsis:
        return st.lists(_of(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) is FrozenMap:
        return st.dictionaries(kernel.texts(), _of(get_args(hint)[0]), max_size=3).map(FrozenMap)
    if hint in nouns.BY_TYPE:
        return nouns.BY_TYPE[hint]("")
    return st.from_type(hint)
