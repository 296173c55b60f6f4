"""What a settlement says: the ledger, and where each partner stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from attrs import field, frozen

from partnerops._arguments import check_int
from partnerops._attrs import Value, to_tuple
from partnerops._render import Printable, plural
from partnerops.commission._audit import Explanation, chain, reversing
from partnerops.commission._balance import Balance, shown, waterfall
from partnerops.commission._holdings import Hold, Payable, Withheld
from partnerops.commission._points import PointsEntry
from partnerops.commission._postings import Posting, Unearned
from partnerops.commission._statement import Statement, StatementLine
from partnerops.entities import Adjustment, Reversal
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.typing import PartnerId


def _to_postings(values: Iterable[Posting]) -> tuple[Posting, ...]:
    return to_tuple(values)


def _to_reversals(values: Iterable[Reversal]) -> tuple[Reversal, ...]:
    return to_tuple(values)


_Index = dict[tuple[PartnerId, str], list[Posting]]


def _to_payables(values: Iterable[Payable]) -> tuple[Payable, ...]:
    return to_tuple(values)


def _to_holds(values: Iterable[Hold]) -> tuple[Hold, ...]:
    return to_tuple(values)


def _to_withheld(values: Iterable[Withheld]) -> tuple[Withheld, ...]:
    return to_tuple(values)


def _to_unearned(values: Iterable[Unearned]) -> tuple[Unearned, ...]:
    return to_tuple(values)


def _to_points(values: Iterable[PointsEntry]) -> tuple[PointsEntry, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Ledger(Value, Printable):
    """
    Every movement of commission up to a moment, in the order in which it became known.

    The ledger of an earlier moment is the beginning of this one. Balances and statements are sums over its postings,
    and nothing else.
    """

    as_of: datetime
    """The moment up to which facts count."""
    postings: tuple[Posting, ...] = field(default=(), converter=_to_postings, repr=False)
    """The postings, oldest first."""
    parked: tuple[Reversal, ...] = field(default=(), converter=_to_reversals)
    """Reversals whose sale is not known yet: they wait, and count once it is."""
    payables: tuple[Payable, ...] = field(default=(), converter=_to_payables, repr=False)
    """What could be paid to each partner now."""
    holds: tuple[Hold, ...] = field(default=(), converter=_to_holds, repr=False)
    """What is earned and not due yet, and what it waits for."""
    withheld: tuple[Withheld, ...] = field(default=(), converter=_to_withheld, repr=False)
    """What caps keep back."""
    points: tuple[PointsEntry, ...] = field(default=(), converter=_to_points, repr=False)
    """Points that incentives paid, in order."""
    unearned: tuple[Unearned, ...] = field(default=(), converter=_to_unearned, repr=False)
    """Sales that earned nothing, and why."""
    currency: str | None = None
    """Currency of a ledger without postings."""
    # A cache of what the postings already say: not compared, not printed, not copied by replace().
    _index: _Index = field(factory=_Index, init=False, eq=False, repr=False, metadata={"partnerops.cache": True})

    @property
    def partners(self) -> tuple[PartnerId, ...]:
        """Partners with at least one posting, by id."""
        return tuple(sorted({partner for partner, _ in self._by_partner()}))

    def balance(self, partner_id: PartnerId, *, currency: str | None = None) -> Balance:
        """
        Where a partner stands; a partner without postings stands at zero.

        Raises:
            InvalidValue: The partner has postings in several currencies, or nothing tells the currency, and none is
                named.
        """
        index = self._by_partner()
        code = currency or self._currency_of(partner_id)
        return Balance.of(partner_id, code, index.get((partner_id, code), ()))

    def balances(self) -> tuple[Balance, ...]:
        """Where every partner stands, in each of its currencies, by partner then currency."""
        return tuple(Balance.of(partner, code, found) for (partner, code), found in sorted(self._by_partner().items()))

    def statement(self, partner_id: PartnerId, period: Period, *, currency: str | None = None) -> Statement:
        """
        What a partner earned and gave back in a period of the books, line by line.

        Raises:
            InvalidValue: As `balance`.
        """
        if not isinstance(period, Period):
            raise InvalidValue("statement(period)", "a Period such as Period.month(2026, 3)", period)
        code = currency or self._currency_of(partner_id)
        found = self._by_partner().get((partner_id, code), [])
        # By the date of the books: a closed month must read the same whatever becomes known of it later.
        lines = [StatementLine.of(one) for one in found if one.posted_on in period and one.earnings]
        return Statement(
            partner_id=partner_id,
            period=period,
            currency=code,
            lines=lines,
            opening=Balance.of(partner_id, code, [one for one in found if one.posted_on < period.start]),
            closing=Balance.of(partner_id, code, [one for one in found if one.posted_on < period.end]),
        )

    def payable(self, partner_id: PartnerId, *, currency: str | None = None) -> Payable:
        """
        What could be paid to a partner now, after what it owes is kept back, and why not more.

        Raises:
            InvalidValue: As `balance`.
        """
        code = currency or self._currency_of(partner_id)
        for one in self.payables:
            if one.partner_id == partner_id and one.due.currency == code:
                return one
        # "Nothing was settled" and never an empty answer: users report that as a fault.
        zero = Money.zero(code)
        return Payable(partner_id=partner_id, due=zero, kept_back=zero, amount=zero, because="nothing was settled")

    def points_of(self, partner_id: PartnerId) -> int:
        """Points that a partner has."""
        return sum(one.points for one in self.points if one.partner_id == partner_id)

    # --- proof and reasons

    @property
    def digest(self) -> str:
        """SHA-256 over all postings, each one covering the one before: another posting or order, another digest."""
        return chain(self.postings)

    def digest_at(self, count: int) -> str:
        """The digest of the first *count* postings: what `digest` was when the ledger had so many."""
        return chain(self.postings[: check_int("count", count, 0, len(self.postings))])

    def continues(self, earlier: Ledger) -> bool:
        """Whether an earlier ledger is the beginning of this one: nothing in it was changed since."""
        return self.postings[: len(earlier.postings)] == earlier.postings

    def explain(self, line_id: str) -> Explanation:
        """
        Everything that happened to one earning: tiers, modifiers, holds, clawbacks, in order; or why there is nothing.

        Raises:
            UnknownName: The ledger has no such earning; the message names near misses.
        """
        # Entries by hand name their line too, so corrections show beside what they correct.
        found = [one for one in self.postings if one.line_id == line_id]
        nothing = next((one for one in self.unearned if one.line_id == line_id), None)
        if not found and nothing is None:
            known = [one.line_id for one in self.postings if one.line_id is not None]
            known += [one.line_id for one in self.unearned]
            raise UnknownName("earning", line_id, tuple(dict.fromkeys(known)))
        return Explanation(line_id=line_id, postings=found, unearned=nothing)

    def reverse(self, key: str, *, at: datetime, reason: str, approved_by: str | None = None) -> Adjustment:
        """
        The entry by hand that undoes what one posting earned or took back: exactly minus the stored amount.

        It is a fact like any other: give it to `settle` among the adjustments. Its id is made of the key, so that the
        same reversal twice counts once, and reversing it in turn restores what was. It leaves attainment alone; where a
        sale itself was wrong, supersede its credit instead. A later refund of the sale takes back only what the entry
        left of the earning; a clawback that was reversed by hand is not asked for again.

        Raises:
            UnknownName: The ledger has no posting of that key; the message names near misses.
            InvalidValue: The posting moves no earnings, such as a release or a payout.
        """
        found = next((one for one in self.postings if one.key == key), None)
        if found is None:
            raise UnknownName("posting", key, tuple(one.key for one in self.postings))
        return reversing(found, at=at, reason=reason, approved_by=approved_by)

    def _by_partner(self) -> _Index:
        # Once per ledger: statements of a thousand partners must not read all postings a thousand times.
        if not self._index:
            for posting in self.postings:
                self._index.setdefault((posting.partner_id, posting.amount.currency), []).append(posting)
        return self._index

    def _currency_of(self, partner_id: PartnerId) -> str:
        index = self._by_partner()
        own = sorted(code for partner, code in index if partner == partner_id)
        told = {code for _, code in index} or {one.sale.currency for one in self.unearned}
        # A partner without postings stands at zero in the ledger's only currency, if there is only one.
        every = own or sorted(told) or ([self.currency] if self.currency else [])
        if len(every) == 1:
            return every[0]
        if not every:
            raise InvalidValue("currency", "named, since nothing was settled: settle(..., currency='BRL')", None)
        raise InvalidValue("currency", f"named for {partner_id}, as there are {', '.join(every)}", None)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per posting, in order."""
        return [
            {
                "key": one.key,
                "kind": one.kind.value,
                "partner_id": one.partner_id,
                "source_id": one.source_id,
                "line_id": one.line_id,
                "debit": one.debit.value,
                "credit": one.credit.value,
                "amount": one.amount,
                "effective_on": one.effective_on,
                "posted_on": one.posted_on,
                "policy": str(one.policy or ""),
                "because": one.because,
            }
            for one in self.postings
        ]

    def _headline(self) -> str:
        parked = f", {plural(len(self.parked), 'reversal', 'reversals')} waiting for a sale" if self.parked else ""
        count = plural(len(self.postings), "posting", "postings")
        who = plural(len(self.partners), "partner", "partners")
        return f"ledger as of {self.as_of.isoformat()}: {count}, {who}{parked}"

    def _rows(self) -> list[dict[str, object]]:
        return shown(self.balances())

    def _figure(self) -> str:
        codes = sorted({code for _, code in self._by_partner()})
        figures: list[Any] = [
            waterfall(
                Balance.of("all partners", code, [one for one in self.postings if one.amount.currency == code]),
                f"Commission of all partners, {code}",
            )
            for code in codes
        ]
        return "".join(figures)
