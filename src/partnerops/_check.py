"""The rules behind `Dataset.check()`: each takes the dataset and yields the faults it finds."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import attrs

from partnerops.dataset import COLLECTIONS, Fault
from partnerops.entities import Credit, Opportunity, Payment, Reversal
from partnerops.entities._facts import REFERENCE
from partnerops.exceptions import near_misses
from partnerops.money import Money
from partnerops.typing import DIRECT

if TYPE_CHECKING:
    from partnerops.dataset import Dataset


def faults(data: Dataset) -> list[Fault]:
    """Every fault of every rule, in the order of their paths."""
    return sorted((fault for rule in RULES for fault in rule(data)), key=_place)


def _place(fault: Fault) -> tuple[list[tuple[int, str]], str]:
    """Where a fault stands among others: position 10 comes after position 9."""
    parts = re.split(r"(\d+)", fault.path)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], fault.code


def _duplicate_ids(data: Dataset) -> Iterator[Fault]:
    for name in COLLECTIONS.values():
        records = getattr(data, name)
        # Every copy is named, not only the second: nobody knows which one is right.
        counts = Counter(record.id for record in records)
        if len(counts) == len(records):
            continue
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
    # The vendor's own team is a party without a record.
    ids["party"] = ids["partners"] | {DIRECT}
    hints: dict[tuple[str, str], str] = {}
    for kind, name in COLLECTIONS.items():
        pointers = [(a.name, a.metadata[REFERENCE]) for a in attrs.fields(kind) if REFERENCE in a.metadata]
        for field, target in pointers:
            known = ids[target]
            for index, value in enumerate(map(attrgetter(field), getattr(data, name))):
                # Nearly every pointer is blank or leads somewhere; only the others are worth their place and a hint.
                if value is None or (value.__class__ is str and value in known):
                    continue
                for where, id in _named(field, value):
                    if id not in known:
                        hint = _hint(hints, target, id, known)
                        yield _dangles(f"$.{name}[{index}].{where}", id, target, hint)


def _named(field: str, value: Any) -> Iterator[tuple[str, str]]:
    """The ids that a field holds, each with its place: none, one, a tuple of them, or the keys of a mapping."""
    if isinstance(value, tuple):
        for position, one in enumerate(cast("tuple[str, ...]", value)):
            yield f"{field}[{position}]", one
    elif isinstance(value, Mapping):
        for key in cast("Mapping[str, object]", value):
            yield f"{field}[{key!r}]", key
    elif value is not None:
        yield field, value


def _hint(hints: dict[tuple[str, str], str], target: str, id: str, known: set[str]) -> str:
    """The near misses of an id, looked for once, and not at all where that would take longer than everything else."""
    if (target, id) not in hints:
        hints[target, id] = near_misses(id, known) if len(known) <= 1000 and len(hints) < 100 else ""
    return hints[target, id]


def _dangles(path: str, id: str, target: str, hint: str) -> Fault:
    what = "partner" if target == "party" else COLLECTION_NOUNS[target]
    remedy = "add the record or mend the id"
    if target == "party":
        remedy += f" (the vendor's own team is {DIRECT!r})"
    return Fault(path=path, code="dangling", problem=f"no {what} {id!r}{hint}", remedy=remedy)


def _cycles(data: Dataset) -> Iterator[Fault]:
    for name in ("partners", "accounts", "targets"):
        parents: dict[str, str | None] = {record.id: record.parent_id for record in getattr(data, name)}
        for index, record in enumerate(getattr(data, name)):
            trail = {record.id: None}  # a dict keeps the order, and is searched at once
            above = parents[record.id]
            while above is not None and above not in trail:
                trail[above] = None
                above = parents.get(above)
            if above == record.id:
                yield Fault(
                    path=f"$.{name}[{index}].parent_id",
                    code="cycle",
                    problem=f"the parents run in a circle: {' -> '.join([*trail, record.id])}",
                    remedy="clear one of these parents",
                )


class Span(NamedTuple):
    """A window that must not overlap others of its group."""

    start: Any
    end: Any  # None is open
    id: str
    path: str
    label: str
    owner: str  # one partner cannot be in its own way
    scope: tuple[str | None, ...] = ()  # what it covers within its group; None is everything

    def meets(self, other: Span, *, within_owner: bool) -> bool:
        """Whether two windows that overlap in time are about the same thing."""
        return (within_owner or self.owner != other.owner) and all(
            mine is None or theirs is None or mine == theirs
            for mine, theirs in zip(self.scope, other.scope, strict=True)
        )


def _overlapping(groups: dict[Any, list[Span]], remedy: str, *, within_owner: bool) -> Iterator[Fault]:
    for spans in groups.values():
        # By start and id, so that the order in which the records were given does not matter.
        spans.sort(key=lambda span: (span.start, span.id))
        running: list[Span] = []
        for span in spans:
            # Only windows that still run can be met: the sweep stays linear in what overlaps.
            running = [one for one in running if one.end is None or one.end > span.start]
            other = next((one for one in running if span.meets(one, within_owner=within_owner)), None)
            if other is not None:
                problem = f"{span.label} overlaps {other.label}"
                yield Fault(path=span.path, code="overlap", problem=problem, remedy=remedy)
            running.append(span)


def _overlaps(data: Dataset) -> Iterator[Fault]:
    groups: dict[Any, list[Span]] = defaultdict(list)
    for index, tier in enumerate(data.tiers):
        path, label = f"$.tiers[{index}].effective_from", f"membership {tier.id!r} ({tier.tier})"
        groups["tier", tier.partner_id].append(
            Span(tier.effective_from, tier.effective_to, tier.id, path, label, tier.partner_id)
        )
    for index, one in enumerate(data.agreements):
        path, label = f"$.agreements[{index}].effective_from", f"agreement {one.id!r}"
        groups["agreement", one.partner_id, one.plan_id].append(
            Span(one.effective_from, one.effective_to, one.id, path, label, one.partner_id)
        )
    for index, part in enumerate(data.involvements):
        if part.primary:
            path, label = f"$.involvements[{index}].primary", f"primary part {part.id!r} of {part.partner_id!r}"
            groups["primary", part.opportunity_id].append(
                Span(part.at, part.ended_at, part.id, path, label, part.partner_id)
            )
    yield from _overlapping(groups, "end one before the other begins", within_owner=True)
    remedy = "decide which partner is protected, and expire or withdraw the other"
    yield from _overlapping(_protections(data), remedy, within_owner=False)


def _protections(data: Dataset) -> dict[Any, list[Span]]:
    """Windows in which a registration protects one deal or all of an account, for one product or all."""
    groups: dict[Any, list[Span]] = defaultdict(list)
    accounts = {deal.id: deal.account_id for deal in reversed(data.opportunities)}
    for index, one in enumerate(data.registrations):
        # Claims that nobody answered protect nothing, and so overlap nothing.
        if one.decided_at is None or one.protected_until is None:
            continue
        end = one.protected_until
        if one.status == "withdrawn":
            end = min(end, one.ended_at or one.decided_at)
        account = one.account_id or accounts.get(one.opportunity_id or "")
        path, label = f"$.registrations[{index}].protected_until", f"registration {one.id!r} of {one.partner_id!r}"
        groups[("account", account) if account else ("deal", one.opportunity_id)].append(
            Span(one.decided_at, end, one.id, path, label, one.partner_id, (one.opportunity_id, one.product))
        )
    return groups


def _money(data: Dataset) -> Iterator[Fault]:
    deals = _deals(data)
    moved: dict[str, Sequence[Credit | Payment | Reversal]] = {
        "credits": data.credits, "payments": data.payments, "reversals": data.reversals,
    }  # fmt: skip
    for name, records in moved.items():
        totals: dict[str, int] = defaultdict(int)
        # In the order of time: the record that goes beyond is the same however the records were given.
        for index, record in sorted(enumerate(records), key=lambda pair: (pair[1].at, pair[1].id)):
            deal = deals.get(record.opportunity_id)
            if deal is None or deal.amount is None:
                continue
            path = f"$.{name}[{index}].amount"
            if record.amount.currency != deal.amount.currency:
                yield _other_currency(path, record.amount, deal)
                continue
            before = totals[deal.id]
            totals[deal.id] += record.amount.minor
            # Credits of several roles overlap by design, so only money in and money back are bounded by the deal.
            if name != "credits" and before <= max(deal.amount.minor, 0) < totals[deal.id]:
                yield _excess(path, name, deal)


def _deals(data: Dataset) -> dict[str, Opportunity]:
    """Deals by id; of several with one id the first, as `Dataset.get` has it."""
    return {deal.id: deal for deal in reversed(data.opportunities)}


def _other_currency(path: str, amount: Money, deal: Opportunity) -> Fault:
    return Fault(
        path=path,
        code="currency",
        problem=f"{amount} for deal {deal.id!r}, which is in {deal.amount and deal.amount.currency}",
        remedy="convert it by a dated rate, or mend the currency",
    )


def _excess(path: str, name: str, deal: Opportunity) -> Fault:
    return Fault(
        path=path,
        code="excess",
        problem=f"the {name} of deal {deal.id!r} sum to more than its amount ({deal.amount})",
        remedy="look for a record that came twice",
    )


def _order(data: Dataset) -> Iterator[Fault]:
    deals = _deals(data)
    for name in ("payments", "reversals"):
        for index, record in enumerate(getattr(data, name)):
            deal = deals.get(record.opportunity_id)
            # Before the deal was opened, not closed: deposits come before the signature.
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
