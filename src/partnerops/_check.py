"""The rules behind `Dataset.check()`: each takes the dataset and yields the faults it finds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from partnerops.dataset import COLLECTIONS, Fault
from partnerops.entities import Opportunity
from partnerops.entities._facts import REFERENCE
from partnerops.exceptions import near_misses
from partnerops.typing import DIRECT

if TYPE_CHECKING:
    from partnerops.dataset import Dataset


def faults(data: Dataset) -> Iterator[Fault]:
    """Every fault of every rule."""
    for rule in RULES:
        yield from rule(data)


def _duplicate_ids(data: Dataset) -> Iterator[Fault]:
    for name in COLLECTIONS.values():
        records = getattr(data, name)
        counts = Counter(record.id for record in records)
        for index, record in enumerate(records):
            if counts[record.id] > 1:
                yield Fault(
                    path=f"$.{name}[{index}].id",
                    code="duplicate_id",
                    problem=f"id {record.id!r} occurs {counts[record.id]} times",
                    remedy="keep one record, or give each its own id",
                )


def _dangling(data: Dataset) -> Iterator[Fault]:
    ids = {name: {record.id for record in getattr(data, name)} for name in COLLECTIONS.values()}
    ids["party"] = ids["partners"] | {DIRECT}
    for kind, name in COLLECTIONS.items():
        pointers = [(a.name, a.metadata[REFERENCE]) for a in attrs.fields(kind) if REFERENCE in a.metadata]
        for index, record in enumerate(getattr(data, name)):
            for field, target in pointers:
                for where, id in _named(field, getattr(record, field)):
                    if id not in ids[target]:
                        yield _dangles(f"$.{name}[{index}].{where}", id, target, ids[target])


def _named(field: str, value: Any) -> Iterator[tuple[str, str]]:
    """The ids that a field holds, each with its place: none, one, or a tuple of them."""
    if isinstance(value, tuple):
        for position, one in enumerate(cast("tuple[str, ...]", value)):
            yield f"{field}[{position}]", one
    elif value is not None:
        yield field, value


def _dangles(path: str, id: str, target: str, known: set[str]) -> Fault:
    what = "partner" if target == "party" else COLLECTION_NOUNS[target]
    remedy = "add the record or mend the id"
    if target == "party":
        remedy += f" (the vendor's own team is {DIRECT!r})"
    return Fault(path=path, code="dangling", problem=f"no {what} {id!r}{near_misses(id, known)}", remedy=remedy)


def _cycles(data: Dataset) -> Iterator[Fault]:
    for name in ("partners", "accounts", "targets"):
        parents: dict[str, str | None] = {record.id: record.parent_id for record in getattr(data, name)}
        for index, record in enumerate(getattr(data, name)):
            trail: list[str] = [record.id]
            above = parents[record.id]
            while above is not None and above not in trail:
                trail.append(above)
                above = parents.get(above)
            if above == record.id:
                yield Fault(
                    path=f"$.{name}[{index}].parent_id",
                    code="cycle",
                    problem=f"the parents run in a circle: {' -> '.join([*trail, record.id])}",
                    remedy="clear one of these parents",
                )


Span = tuple[Any, Any, str, str]
"""Start, end (None is open), path and what to call the record."""


def _overlapping(groups: dict[Any, list[Span]], remedy: str) -> Iterator[Fault]:
    for spans in groups.values():
        spans.sort(key=lambda span: (span[0], span[2]))
        # Against the span that reaches farthest so far, not just the one before: a long one may cover several.
        reach = spans[0]
        for span in spans[1:]:
            if reach[1] is None or span[0] < reach[1]:
                yield Fault(path=span[2], code="overlap", problem=f"{span[3]} overlaps {reach[3]}", remedy=remedy)
            if reach[1] is not None and (span[1] is None or span[1] > reach[1]):
                reach = span


def _overlaps(data: Dataset) -> Iterator[Fault]:
    tiers: dict[Any, list[Span]] = defaultdict(list)
    for index, tier in enumerate(data.tiers):
        span = (tier.effective_from, tier.effective_to, f"$.tiers[{index}].effective_from", f"tier {tier.tier!r}")
        tiers[tier.partner_id].append(span)
    yield from _overlapping(tiers, "end one before the other begins")
    agreements: dict[Any, list[Span]] = defaultdict(list)
    for index, agreement in enumerate(data.agreements):
        path, label = f"$.agreements[{index}].effective_from", f"agreement {agreement.id!r}"
        agreements[agreement.partner_id, agreement.plan_id].append(
            (agreement.effective_from, agreement.effective_to, path, label)
        )
    yield from _overlapping(agreements, "end one before the other begins")
    yield from _overlapping(_protections(data), "decide which partner is protected, and expire or withdraw the other")


def _protections(data: Dataset) -> dict[Any, list[Span]]:
    """Windows in which a registration protects a deal, by what it protects."""
    groups: dict[Any, list[Span]] = defaultdict(list)
    for index, one in enumerate(data.registrations):
        if one.decided_at is None or one.protected_until is None or one.status == "rejected":
            continue
        end = one.protected_until
        if one.status == "withdrawn":
            end = min(end, one.ended_at or one.decided_at)
        path, label = f"$.registrations[{index}].protected_until", f"registration {one.id!r} of {one.partner_id!r}"
        key = ("deal", one.opportunity_id) if one.opportunity_id else ("account", one.account_id, one.product)
        groups[key].append((one.decided_at, end, path, label))
    return groups


def _money(data: Dataset) -> Iterator[Fault]:
    deals = {deal.id: deal for deal in data.opportunities}
    for name in ("credits", "payments", "reversals"):
        totals: dict[str, int] = defaultdict(int)
        for index, record in enumerate(getattr(data, name)):
            deal = deals.get(record.opportunity_id)
            if deal is None or deal.amount is None:
                continue
            path = f"$.{name}[{index}].amount"
            if record.amount.currency != deal.amount.currency:
                yield Fault(
                    path=path,
                    code="currency",
                    problem=f"{record.amount} for deal {deal.id!r}, which is in {deal.amount.currency}",
                    remedy="convert it by a dated rate, or mend the currency",
                )
                continue
            totals[deal.id] += record.amount.minor
            # Credits of several roles overlap by design, so only money in and money back are bounded by the deal.
            if name != "credits" and totals[deal.id] > max(deal.amount.minor, 0):
                yield _excess(path, name, deal)


def _excess(path: str, name: str, deal: Opportunity) -> Fault:
    return Fault(
        path=path,
        code="excess",
        problem=f"the {name} of deal {deal.id!r} sum to more than its amount ({deal.amount})",
        remedy="look for a record that came twice",
    )


def _order(data: Dataset) -> Iterator[Fault]:
    deals = {deal.id: deal for deal in data.opportunities}
    for name in ("payments", "reversals"):
        for index, record in enumerate(getattr(data, name)):
            deal = deals.get(record.opportunity_id)
            if deal is not None and record.at < deal.created_at:
                yield _too_early(f"$.{name}[{index}].at", record.at, deal)


def _too_early(path: str, at: datetime | date, deal: Opportunity) -> Fault:
    return Fault(
        path=path,
        code="order",
        problem=f"{at} is before deal {deal.id!r} was opened ({deal.created_at})",
        remedy="mend one of the two dates",
    )


COLLECTION_NOUNS: Final = {name: kind.__name__.lower() for kind, name in COLLECTIONS.items()}
RULES: Final[tuple[Callable[[Dataset], Iterable[Fault]], ...]] = (
    _duplicate_ids,
    _dangling,
    _cycles,
    _overlaps,
    _money,
    _order,
)
