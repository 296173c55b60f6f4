"""The month-end accrual: what was owed, what a period cost, what was paid, reconciled to the statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import field, frozen

from partnerops._attrs import Value, to_tuple
from partnerops._render import Printable
from partnerops.commission._postings import LedgerAccount, Posting
from partnerops.commission._results import Ledger
from partnerops.money import Money
from partnerops.periods import Period
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class Accrual(Value):
    """
    One partner's account over a period of the books, in one currency.

    `opening + expense + advanced - paid = closing`, what the vendor owes being held and due less what the partner owes.
    """

    partner_id: PartnerId
    """Who."""
    opening: Money
    """What the vendor owed before the period."""
    earned: Money
    """Commission posted in the period."""
    taken_back: Money
    """Commission taken back in the period, below zero."""
    advanced: Money
    """Draws given less draws paid back."""
    exchanged: Money
    """Exchanged for, or out of, another currency."""
    paid: Money
    """Paid out in the period, withholdings included, less what came back."""
    closing: Money
    """What the vendor owes after it."""
    stated: Money
    """Total of the partner's statement of the period."""

    @property
    def expense(self) -> Money:
        """What the period cost: earned and taken back."""
        return self.earned + self.taken_back

    @property
    def difference(self) -> Money:
        """Expense less the statement: zero, or something is wrong."""
        return self.expense - self.stated

    @property
    def ties(self) -> bool:
        """Whether the account moves as its parts say, and the statement says the same."""
        moved = self.opening + self.expense + self.advanced + self.exchanged - self.paid
        return not self.difference and moved == self.closing


def _to_accruals(values: Iterable[Accrual]) -> tuple[Accrual, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class AccrualReport(Value, Printable):
    """The accrual of a period: every partner's account, and whether expense and statements agree."""

    period: Period
    """Days of the books."""
    rows: tuple[Accrual, ...] = field(converter=_to_accruals)
    """One per partner and currency."""

    @property
    def ties(self) -> bool:
        """Whether every account moves as its parts say."""
        return all(row.ties for row in self.rows)

    def expense(self, currency: str) -> Money:
        """What the period cost in a currency."""
        return Money.total([row.expense for row in self.rows if row.opening.currency == currency], currency)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per partner and currency."""
        return [
            {
                "partner_id": row.partner_id,
                "opening": row.opening,
                "earned": row.earned,
                "taken_back": row.taken_back,
                "advanced": row.advanced,
                "exchanged": row.exchanged,
                "paid": row.paid,
                "closing": row.closing,
                "difference": row.difference,
            }
            for row in self.rows
        ]

    def _headline(self) -> str:
        codes = sorted({row.opening.currency for row in self.rows})
        costs = ", ".join(f"{self.expense(code):,}" for code in codes) or "nothing"
        state = "expense and statements agree" if self.ties else "EXPENSE AND STATEMENTS DIFFER"
        return f"accrual of {self.period}: {costs}; {state}"


def accruals(ledger: Ledger, period: Period) -> AccrualReport:
    """
    The accrual of a period: what was owed, what it cost, what was paid, what is owed, reconciled to the statements.

    >>> from datetime import UTC, datetime
    >>> report = accruals(Ledger(as_of=datetime(2026, 4, 1, tzinfo=UTC)), Period.month(2026, 3))
    >>> report.ties, report.rows
    (True, ())
    """
    # Grouped once: asking every posting for every partner would take their product.
    groups: dict[tuple[PartnerId, str], list[Posting]] = {}
    for posting in ledger.postings:
        groups.setdefault((posting.partner_id, posting.amount.currency), []).append(posting)
    return AccrualReport(
        period=period,
        rows=[_accrual(ledger, period, partner, code, found) for (partner, code), found in sorted(groups.items())],
    )


_LIABILITY = (LedgerAccount.HELD, LedgerAccount.DUE, LedgerAccount.CLAWBACK)


def _accrual(ledger: Ledger, period: Period, partner_id: PartnerId, code: str, found: Sequence[Posting]) -> Accrual:
    # By the date of the books: what was known late belongs to the month that it was posted in.
    inside = [one for one in found if one.posted_on in period]

    def moved(postings: Iterable[Posting], *accounts: LedgerAccount) -> int:
        """What a set of accounts grew by on its left side."""
        return sum(
            one.amount.minor * ((one.debit in accounts) - (one.credit in accounts)) for one in postings
        )  # fmt: skip

    def money(minor: int) -> Money:
        return Money.from_minor(minor, code)

    # From the postings themselves and not from the statement, or the two could not disagree.
    cost = [one.earnings.minor for one in inside]
    return Accrual(
        partner_id=partner_id,
        opening=money(-moved([one for one in found if one.posted_on < period.start], *_LIABILITY)),
        earned=money(sum(minor for minor in cost if minor > 0)),
        taken_back=money(sum(minor for minor in cost if minor < 0)),
        advanced=money(moved(inside, LedgerAccount.DRAW)),
        exchanged=money(moved(inside, LedgerAccount.EXCHANGE, LedgerAccount.ROUNDING)),
        paid=money(-moved(inside, LedgerAccount.CASH, LedgerAccount.WITHHELD)),
        closing=money(-moved([one for one in found if one.posted_on < period.end], *_LIABILITY)),
        stated=ledger.statement(partner_id, period, currency=code).total,
    )
