"""Where one partner stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from partnerops._attrs import Value
from partnerops._render import Printable
from partnerops.commission._postings import LedgerAccount, Posting, PostingKind
from partnerops.money import Money
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class Balance(Value, Printable):
    """
    Where a partner stands in one currency.

    What the vendor spent on the partner:
    `earned - clawed_back = held + due + paid + exchanged - recoverable - advanced`.
    """

    partner_id: PartnerId
    """Who."""
    earned: Money
    """Commission of all sales, corrections and entries by hand, before clawback."""
    held: Money
    """Earned and not yet due."""
    due: Money
    """To be paid."""
    paid: Money
    """Paid out, withholdings included."""
    cancelled: Money
    """Taken back before it was paid."""
    recoverable: Money
    """Taken back after it was paid, and still owed by the partner."""
    recovered: Money
    """Taken back after it was paid, and kept back from later payouts."""
    advanced: Money
    """Draws that later commission has yet to pay back."""
    exchanged: Money
    """Paid out in another currency; below zero in the currency that was paid."""

    @property
    def clawed_back(self) -> Money:
        """All that was taken back and not forgiven: cancelled, recoverable and recovered."""
        return self.cancelled + self.recoverable + self.recovered

    @property
    def net(self) -> Money:
        """What the partner keeps: earned less clawed back."""
        return self.earned - self.clawed_back

    @staticmethod
    def of(partner_id: PartnerId, currency: str, postings: Iterable[Posting]) -> Balance:
        """The balance that a partner's postings in one currency come to."""
        accounts = dict.fromkeys(LedgerAccount, 0)
        cancelled = clawed = recovered = 0
        for posting in postings:
            minor = posting.amount.minor
            # Summed from postings each time: a stored balance could differ from them.
            accounts[posting.debit] += minor
            accounts[posting.credit] -= minor
            # By kind where an account does not tell: cancelling goes straight from due to expense.
            if posting.kind is PostingKind.CANCELLED:
                cancelled += minor
            elif posting.kind is PostingKind.RECOVERED:
                recovered += minor
        # What was written off has left the clawback account, and so is no longer taken back.
        clawed = cancelled + accounts[LedgerAccount.CLAWBACK] + recovered

        def money(minor: int) -> Money:
            return Money.from_minor(minor, currency)

        return Balance(
            partner_id=partner_id,
            earned=money(accounts[LedgerAccount.EXPENSE] + clawed),
            held=money(-accounts[LedgerAccount.HELD]),
            due=money(-accounts[LedgerAccount.DUE]),
            # Tax withheld was paid for the partner: to the programme both have left the account.
            paid=money(-accounts[LedgerAccount.CASH] - accounts[LedgerAccount.WITHHELD]),
            cancelled=money(cancelled),
            recoverable=money(accounts[LedgerAccount.CLAWBACK]),
            recovered=money(recovered),
            advanced=money(accounts[LedgerAccount.DRAW]),
            exchanged=money(-accounts[LedgerAccount.EXCHANGE] - accounts[LedgerAccount.ROUNDING]),
        )

    def to_dicts(self) -> list[dict[str, object]]:
        """One row: the partner and every amount."""
        return [
            {
                "partner_id": self.partner_id,
                "earned": self.earned,
                "clawed_back": self.clawed_back,
                "held": self.held,
                "due": self.due,
                "paid": self.paid,
                "cancelled": self.cancelled,
                "recoverable": self.recoverable,
                "recovered": self.recovered,
                "advanced": self.advanced,
                "exchanged": self.exchanged,
            }
        ]

    def _rows(self) -> list[dict[str, object]]:
        return shown([self])

    def _headline(self) -> str:
        return f"{self.partner_id}: earned {self.earned:,}, due {self.due:,}, held {self.held:,}"

    def _figure(self) -> str:
        return waterfall(self, f"Commission of {self.partner_id}")


def shown(balances: Sequence[Balance]) -> list[dict[str, object]]:
    """Balances for people: draws and exchanges only where somebody has one."""
    rows = [row for balance in balances for row in balance.to_dicts()]
    for name in ("advanced", "exchanged"):
        if not any(row[name] for row in rows):
            rows = [{key: value for key, value in row.items() if key != name} for row in rows]
    return rows


def waterfall(balance: Balance, title: str) -> str:
    """From what was earned to what is still to be paid."""
    from partnerops._svg import svg_waterfall  # noqa: PLC0415 - a terminal draws no figure

    steps = [
        ("earned", balance.earned.amount),
        ("cancelled", (-balance.cancelled).amount),
        ("recovered", (-balance.recovered).amount),
        ("paid", (-balance.paid).amount),
    ]
    return svg_waterfall([step for step in steps if step[1]], title=title, unit=balance.earned.currency)
