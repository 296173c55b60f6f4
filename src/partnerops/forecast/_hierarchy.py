"""Hierarchies: a forecast added up from its leaves, with adjustments on top and the raw numbers kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from attrs import field, frozen
from attrs.validators import optional

from partnerops._arguments import check_a, check_all
from partnerops._attrs import Value, is_a, is_aware, is_id, is_str, is_text, to_instant, to_tuple
from partnerops._render import Printable
from partnerops.entities import Opportunity
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PolicyBrokeContract, UnknownName
from partnerops.forecast._asking import check_function
from partnerops.forecast._category import Category, to_optional_category
from partnerops.forecast._results import Forecast
from partnerops.money import Money
from partnerops.periods import Period


@frozen(kw_only=True)
class ForecastAdjustment(Value):
    """
    Somebody's own number for a node, on top of what the deals say; the raw one is always kept.

    >>> from datetime import UTC
    >>> ForecastAdjustment(
    ...     node="south",
    ...     period=Period.quarter(2026, 2),
    ...     value=Money("90.00", "BRL"),
    ...     author="ana",
    ...     at=datetime(2026, 4, 2, tzinfo=UTC),
    ... ).category
    """

    node: str = field(validator=is_id)
    """Where in the hierarchy."""
    period: Period = field(validator=is_a(Period))
    """The period it is about; it says nothing of any other."""
    # A new total and not a difference: it stays what the author meant when the deals below move.
    value: Money = field(validator=is_a(Money))
    """What the node will bring, in the author's judgement."""
    author: str = field(validator=is_text)
    """Who says so."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When."""
    note: str = field(default="", validator=is_str)
    """Why."""
    # Commit and expected are judged apart, so a word on one leaves the other alone (F17).
    category: Category | None = field(default=None, converter=to_optional_category, validator=optional(is_a(Category)))
    """The roll-up it adjusts; None is the expected total."""


@frozen(kw_only=True)
class Node(Value):
    """One node of a roll-up."""

    id: str
    """Its id; None of the deals' keys is empty."""
    parent: str | None
    """The node above it; None at the top."""
    own: Money
    """What its own deals bring."""
    raw: Money
    """Own and all below it."""
    adjusted: Money
    """The adjustment in force, or own and the adjusted nodes below it."""
    adjustment: ForecastAdjustment | None = None
    """The adjustment in force."""


def _to_nodes(values: Iterable[Node]) -> tuple[Node, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class RollUp(Value, Printable):
    """A hierarchy added up from its leaves, raw and adjusted side by side; measure the accuracy of each apart."""

    nodes: tuple[Node, ...] = field(converter=_to_nodes, repr=False)
    """Every node, by id."""
    raw: Money
    """Sum of all leaves: the tops together."""
    adjusted: Money
    """Sum of the adjusted tops."""

    def node(self, id: str, /) -> Node:
        """
        The node of that id.

        Raises:
            UnknownName: There is none; the message names near misses.
        """
        for one in self.nodes:
            if one.id == id:
                return one
        raise UnknownName("node", id, tuple(one.id for one in self.nodes))

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each node."""
        return [
            {
                "node": one.id,
                "parent": one.parent,
                "own": one.own,
                "raw": one.raw,
                "adjusted": one.adjusted,
                "by": None if one.adjustment is None else one.adjustment.author,
            }
            for one in self.nodes
        ]

    def _headline(self) -> str:
        return f"{self.raw:,} rolled up, {self.adjusted:,} adjusted"


def roll_up(
    forecast: Forecast,
    *,
    by: str | Callable[[Opportunity], Any],
    parents: Mapping[str, str],
    adjustments: Iterable[ForecastAdjustment] = (),
    measure: Callable[[Forecast], Money] = lambda part: part.expected,
    category: Category | str | None = None,
) -> RollUp:
    """
    A forecast added up along a hierarchy, such as partner, manager, region.

    *by* is the dimension of the leaves (`Forecast.by`), *parents* says for each node which one is above it; a node that
    is not in it is a top. Deals without a value stand under `unknown`. A node may have deals of its own and nodes
    below. Of several adjustments of a node, *category* and the forecast's period, the latest made by its `as_of`
    counts. Keep raw and adjusted totals apart and score each with `scoring.wape`: it shows whether adjusting helps.

    Raises:
        InvalidValue: The hierarchy runs in a circle.
        UnknownName: An adjustment in force names a node that neither the deals nor *parents* know.
        CurrencyMismatch: An adjustment in another currency.
        PolicyBrokeContract: *measure* did not answer with money.

    Source: F16 and F17 of the forecast reference.
    """
    check_a("roll_up(forecast)", forecast, Forecast)
    _check_hierarchy(parents)
    # Before the forecast is cut: a wrong adjustment should not cost a walk over all deals.
    said = check_all("roll_up(adjustments=...)", adjustments, ForecastAdjustment)
    own = _own(forecast, by, measure)
    # Nodes without deals too: a region that sold nothing is part of the picture.
    ids = sorted({*own, *parents, *parents.values()})
    below: dict[str, list[str]] = {id: [] for id in ids}
    for id in ids:
        if id in parents:
            below[parents[id]].append(id)
    order = _from_the_leaves(ids, parents)
    found = _in_force(said, forecast, category)
    for node in found:
        if node not in below:
            # A misspelt node would be passed over, and somebody's judgement silently lost.
            raise UnknownName("node of an adjustment", node, tuple(ids))
    zero = Money.zero(forecast.currency)
    nodes: dict[str, Node] = {}
    # From the leaves up, so that an adjusted child is part of what its parent adds up.
    for id in order:
        mine = own.get(id, zero)
        children = [nodes[child] for child in below[id]]
        adjustment = found.get(id)
        nodes[id] = Node(
            id=id,
            parent=parents.get(id),
            own=mine,
            raw=mine + Money.total([child.raw for child in children], forecast.currency),
            adjusted=adjustment.value
            if adjustment is not None
            else mine + Money.total([child.adjusted for child in children], forecast.currency),
            adjustment=adjustment,
        )
    # The tops alone: every node already holds what is below it (F16).
    tops = [nodes[id] for id in ids if id not in parents]
    return RollUp(
        nodes=[nodes[id] for id in ids],
        raw=Money.total([top.raw for top in tops], forecast.currency),
        adjusted=Money.total([top.adjusted for top in tops], forecast.currency),
    )


def _check_hierarchy(parents: object) -> None:
    """Refuse what is no mapping of ids to ids."""
    if not isinstance(parents, Mapping):
        raise InvalidValue(
            "roll_up(parents=...)", 'a mapping of nodes to the ones above, as in {"acme": "south"}', parents
        )
    for node, above in cast("Mapping[object, object]", parents).items():
        if not isinstance(node, str) or not isinstance(above, str):
            raise InvalidValue(f"roll_up(parents=...)[{node!r}]", "the id of the node above; leave a top out", above)


def _own(
    forecast: Forecast, by: str | Callable[[Opportunity], Any], measure: Callable[[Forecast], Money]
) -> dict[str, Money]:
    """What the deals of each leaf bring."""
    check_function("roll_up(measure=...)", measure, "a function of a forecast that gives Money")
    own: dict[str, Money] = {}
    for key, part in forecast.by(by).items():
        # Named and kept: without it the tops would not sum to the forecast.
        leaf, amount = "unknown" if key is None else str(key), measure(part)
        if not isinstance(amount, Money):
            name = getattr(measure, "__name__", type(measure).__qualname__)
            raise PolicyBrokeContract(name, "answer with Money", f"a {type(amount).__name__}")
        own[leaf] = amount + own[leaf] if leaf in own else amount
    return own


def _from_the_leaves(ids: Iterable[str], parents: Mapping[str, str]) -> list[str]:
    """The nodes, each after all nodes below it."""
    depths: dict[str, int] = {}
    for id in ids:
        path = [id]
        while path[-1] in parents and path[-1] not in depths:
            above = parents[path[-1]]
            # A circle has no top to add up to, and would be walked for ever.
            if above in path:
                raise InvalidValue("roll_up(parents=...)", "free of circles", " > ".join([*path, above]))
            path.append(above)
        depth = depths.setdefault(path[-1], 0)
        for step, node in enumerate(reversed(path)):
            depths[node] = depth + step
    return sorted(depths, key=lambda node: (-depths[node], node))


def _in_force(
    adjustments: Iterable[ForecastAdjustment], forecast: Forecast, category: Category | str | None
) -> dict[str, ForecastAdjustment]:
    found: dict[str, ForecastAdjustment] = {}
    wanted = to_optional_category(category)
    if wanted is not None and not isinstance(wanted, Category):
        raise UnknownName("forecast category", wanted, tuple(one.value for one in Category))
    # Sorted by author too: of two made at the same instant the answer must not depend on the order of the list.
    for one in sorted(adjustments, key=lambda one: (one.at, one.author)):
        if one.value.currency != forecast.currency:
            raise CurrencyMismatch("adjust", forecast.currency, one.value.currency)
        # last quarter's word on a node is no word on this one's
        if one.at <= forecast.as_of and one.period == forecast.period and one.category is wanted:
            found[one.node] = one
    return found
