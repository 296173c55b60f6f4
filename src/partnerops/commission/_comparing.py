"""What another plan or later facts change, earning by earning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import field, frozen

from partnerops._attrs import Value, to_strings, to_tuple
from partnerops._render import Printable, plural
from partnerops.commission._functions import settle_all
from partnerops.commission._plan import PlanRef
from partnerops.commission._postings import Posting, PostingKind
from partnerops.commission._results import Ledger
from partnerops.commission._schemes import Versions, check_versions
from partnerops.entities import Adjustment
from partnerops.money import ExchangeRates, Money
from partnerops.typing import PartnerId

if TYPE_CHECKING:  # only its caller has one
    from partnerops.dataset import Dataset


@frozen(kw_only=True)
class LineChange(Value):
    """One earning that another settlement gives another amount."""

    partner_id: PartnerId
    """Whose."""
    line_id: str
    """The earning, or the fact where there is none."""
    before: Money
    """What was left of it."""
    after: Money
    """What is left of it."""
    cause: str
    """Why, in words."""
    by_hand: tuple[str, ...] = field(default=(), converter=to_strings)
    """Entries by hand that correct this earning: they stand as they were, so somebody should look whether they fit."""

    @property
    def difference(self) -> Money:
        """After less before."""
        return self.after - self.before


def _to_changes(values: Iterable[LineChange]) -> tuple[LineChange, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class LedgerDiff(Value, Printable):
    """What changes from one ledger to another, earning by earning; earnings of the same amount are left out."""

    changes: tuple[LineChange, ...] = field(converter=_to_changes)
    """By partner, then earning."""

    def total(self, partner_id: PartnerId, currency: str) -> Money:
        """What a partner gains or loses."""
        return Money.total(
            [
                one.difference
                for one in self.changes
                if one.partner_id == partner_id and one.before.currency == currency
            ],
            currency,
        )

    def adjustments(self, *, at: datetime, reason: str, approved_by: str | None = None) -> tuple[Adjustment, ...]:
        """
        The differences as entries by hand: how a recalculation reaches the open period without touching closed ones.

        Ids are made of *reason*, partner and earning, so posting the same recalculation twice counts once.
        """
        return tuple(
            Adjustment(
                id=f"{reason}:{one.partner_id}:{one.line_id}:{one.before.currency}",
                partner_id=one.partner_id,
                amount=one.difference,
                at=at,
                reason=f"{reason}: {one.cause}",
                approved_by=approved_by,
            )
            for one in self.changes
        )

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per change."""
        return [
            {
                "partner_id": one.partner_id,
                "line_id": one.line_id,
                "before": one.before,
                "after": one.after,
                "difference": one.difference,
                "cause": one.cause + (f"; corrected by hand in {', '.join(one.by_hand)}" if one.by_hand else ""),
            }
            for one in self.changes
        ]

    def _headline(self) -> str:
        codes = sorted({one.before.currency for one in self.changes})
        sums = ", ".join(
            f"{Money.total([one.difference for one in self.changes if one.before.currency == code]):,}"
            for code in codes
        )
        return f"{plural(len(self.changes), 'change', 'changes')}{f', {sums} in all' if sums else ''}"


_Key = tuple[PartnerId, str, str]


def compare_ledgers(before: Ledger, after: Ledger) -> LedgerDiff:
    """
    What changed from one ledger to another, and why: the difference of a recalculation.

    >>> from datetime import UTC
    >>> empty = Ledger(as_of=datetime(2026, 4, 1, tzinfo=UTC))
    >>> compare_ledgers(empty, empty).changes
    ()
    """
    old, new, hands = _by_line(before), _by_line(after), _by_hand(before, after)
    changes: list[LineChange] = []
    for key in sorted(old.keys() | new.keys()):
        partner_id, line_id, code = key
        earlier, later = old.get(key, []), new.get(key, [])
        was = Money.total([one.earnings for one in earlier], code)
        becomes = Money.total([one.earnings for one in later], code)
        if was != becomes:
            changes.append(
                LineChange(
                    partner_id=partner_id,
                    line_id=line_id,
                    before=was,
                    after=becomes,
                    cause=_cause(earlier, later),
                    by_hand=hands.get((partner_id, line_id), ()),
                )
            )
    return LedgerDiff(changes=changes)


def _by_line(ledger: Ledger) -> dict[_Key, list[Posting]]:
    """Postings that changed what was earned, by earning."""
    found: dict[_Key, list[Posting]] = {}
    for one in ledger.postings:
        if one.earnings:
            # An entry by hand names the earning that it corrects, yet is one of its own.
            own = one.source_id if one.kind is PostingKind.ADJUSTED or one.line_id is None else one.line_id
            found.setdefault((one.partner_id, own, one.amount.currency), []).append(one)
    return found


def _by_hand(*ledgers: Ledger) -> dict[tuple[PartnerId, str | None], list[str]]:
    """Entries by hand, by the earning that they correct."""
    found: dict[tuple[PartnerId, str | None], list[str]] = {}
    for one in dict.fromkeys(
        (one.partner_id, one.line_id, one.source_id)
        for ledger in ledgers
        for one in ledger.postings
        if one.kind is PostingKind.ADJUSTED
    ):
        found.setdefault(one[:2], []).append(one[2])
    return found


def _cause(earlier: Sequence[Posting], later: Sequence[Posting]) -> str:
    """Why an earning changed: it is new, it is gone, another plan, other facts, or other sales of its period."""
    if not earlier:
        return f"new: {later[0].because}"
    if not later:
        return f"gone: {earlier[0].because}"
    was, becomes = earlier[0].policy, later[0].policy
    if was != becomes:
        return f"{_named(was)} became {_named(becomes)}: {later[0].because}"
    known = {one.key for one in earlier}
    fresh = [one for one in later if one.key not in known]
    if fresh:
        return "; ".join(one.because for one in fresh)
    lost = [one for one in earlier if one.key not in {new.key for new in later}]
    if lost:
        return f"no longer: {'; '.join(one.because for one in lost)}"
    return f"other sales of its period: {later[0].because}"


def _named(ref: PlanRef | None) -> str:
    return "no plan" if ref is None else str(ref)


def what_if(
    data: Dataset,
    *,
    plan: Versions,
    instead: Versions,
    plans: Sequence[Versions] = (),
    rates: ExchangeRates | None = None,
    as_of: datetime | date,
) -> LedgerDiff:
    """
    The same facts under another plan: what each partner would gain or lose, earning by earning.

    Agreements that name *plan* are read as naming *instead*; those that name another plan, among *plans*, stay as they
    are. Payouts stay out of it, since they were made under the plan in force.

    >>> from partnerops import Dataset
    >>> from partnerops.commission import CommissionPlan, FlatRate
    >>> now, then = (CommissionPlan(id="p", version=v, schedule=FlatRate(r)) for v, r in (("1", "0.1"), ("2", "0.2")))
    >>> what_if(Dataset(), plan=now, instead=then, as_of=date(2026, 3, 31)).changes
    ()
    """
    # A payout could exceed what the other plan makes payable, and would be refused.
    facts = data.replace(payouts=())
    now, then = (
        settle_all(one, plan=default, plans=others, rates=rates, as_of=as_of)
        for one, default, others in (
            (facts, plan, plans),
            # A version of *plan* beside it would be a second plan of its name.
            (_moved(facts, plan, instead), instead, [one for one in plans if one != plan]),
        )
    )
    return compare_ledgers(now, then)


def _moved(facts: Dataset, plan: Versions, instead: Versions) -> Dataset:
    """The same facts, agreements that name the plan now naming the one that stands in for it."""
    names = {one.id for one in check_versions("what_if(plan)", plan)}
    new = check_versions("what_if(instead)", instead)[-1].id
    agreements = [one.replace(plan_id=new) if one.plan_id in names else one for one in facts.agreements]
    return facts.replace(agreements=agreements)
