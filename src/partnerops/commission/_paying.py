"""Money that moves: payouts, what they keep back, what comes back, and entries made by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import cast

from partnerops.commission._audit import REVERSE
from partnerops.commission._books import Books, Cause, Line, Standing
from partnerops.commission._clawback import Recovery, RecoveryMode
from partnerops.commission._plan import CommissionPlan
from partnerops.commission._postings import LedgerAccount, PostingKind
from partnerops.entities import Adjustment, Payout, PayoutStatus
from partnerops.exceptions import InvalidValue
from partnerops.money import ExchangeRates, Money

DUE, CASH, CLAWBACK, EXCHANGE = (
    LedgerAccount.DUE, LedgerAccount.CASH, LedgerAccount.CLAWBACK, LedgerAccount.EXCHANGE,
)  # fmt: skip


class Paying:
    """The part of a settlement that pays."""

    def __init__(self, books: Books, rates: ExchangeRates | None, date_of: Callable[[datetime], date]) -> None:
        self.books = books
        self.rates = rates
        self.date_of = date_of
        self._sent: dict[str, list[tuple[Line, int]]] = {}
        self._exchanged: dict[str, tuple[Standing, int]] = {}
        # Earnings that were reversed by hand, by the key of the posting that did so: that one may be reversed in turn.
        self._undone: dict[str, Line] = {}

    def adjust(self, adjustment: Adjustment) -> None:
        """An entry made by hand: due at once, in either direction."""
        standing = self.books.standing(adjustment.partner_id, adjustment.amount.currency)
        on = self.date_of(adjustment.at)
        # Without terms: no plan decided it, so no reversal of a sale may take it back.
        line = Line(adjustment.id, adjustment.id, standing, on, adjustment.amount.minor)
        self.books.owe(line, line.earned)
        approved = f", approved by {adjustment.approved_by}" if adjustment.approved_by else ""
        self.books.post(
            PostingKind.ADJUSTED,
            standing,
            line.earned,
            debit=LedgerAccount.EXPENSE,
            credit=DUE,
            cause=Cause(adjustment.id, on, f"{adjustment.reason}{approved}"),
            line_id=adjustment.credit_id,
        )
        self._link(adjustment)

    def _link(self, adjustment: Adjustment) -> None:
        """
        Tell an earning that it was reversed by hand, so that no refund of its sale takes it back once more.

        `Ledger.reverse` names the posting in the id of the entry; an entry of any other id corrects what it likes.
        """
        key = adjustment.id.removeprefix(REVERSE)
        if key == adjustment.id:
            return
        line = self._undone.get(key) or self._earned(key)
        if line is not None:
            # Below zero where the reversal is itself reversed; more than the line has left it can not count.
            line.undone = max(line.undone - adjustment.amount.minor, 0)
            self._undone[f"{PostingKind.ADJUSTED}:{adjustment.id}:{adjustment.credit_id or ''}"] = line

    def _earned(self, key: str) -> Line | None:
        """The line whose earning has this key."""
        kind, _, rest = key.partition(":")
        if kind != PostingKind.EARNED:
            return None
        # Ids may hold colons, so the place where the fact's ends and the line's begins has to be tried.
        cuts = [index for index, letter in enumerate(rest) if letter == ":"]
        found = (self.books.lines.get(rest[cut + 1 :]) for cut in cuts if rest[:cut])
        return next((one for one in found if one is not None and f"{one.source_id}:{one.id}" == rest), None)

    # --- out

    def pay(self, payout: Payout) -> None:
        """A transfer: first what the partner owes is kept back, then the gross amount leaves the account."""
        standing = self.books.standing(payout.partner_id, payout.gross.currency)
        cause = Cause(payout.id, self.date_of(payout.at))
        source, gross = self._source(payout, standing, cause.on)
        kept = offset(source)
        _check_payable(payout, source, gross, kept)
        source.owed -= kept
        # Kept back counts as paid on the oldest lines: the partner had that money once.
        settle_lines(source, kept)
        self._sent[payout.id] = settle_lines(source, gross)
        owed = cause.because("kept back against what the partner owed")
        self.books.post(PostingKind.RECOVERED, source, kept, debit=DUE, credit=CLAWBACK, cause=owed)
        if source is not standing:
            self._exchange(payout, source, standing, gross, cause)
        self._send(payout, standing, cause)

    def _send(self, payout: Payout, standing: Standing, cause: Cause) -> None:
        due = DUE if payout.id not in self._exchanged else EXCHANGE
        sent = cause.because(f"payout {payout.id}{f', document {payout.document}' if payout.document else ''}")
        self.books.post(PostingKind.PAID, standing, payout.net.minor, debit=due, credit=CASH, cause=sent)
        for index, item in enumerate(payout.withholdings):
            self.books.post(
                PostingKind.WITHHELD,
                standing,
                item.amount.minor,
                debit=due,
                credit=LedgerAccount.WITHHELD,
                cause=cause.because(f"{item.kind} withheld from payout {payout.id}"),
                part=str(index),
            )

    def _source(self, payout: Payout, standing: Standing, on: date) -> tuple[Standing, int]:
        """The account that a payout draws on, and how much: its own currency's, or the one that has something due."""
        # Money of the payout's own currency always comes first.
        if standing.due > 0 or self.rates is None:
            return standing, payout.gross.minor
        others = [
            one
            for (partner_id, _), one in sorted(self.books.standings.items())
            if partner_id == payout.partner_id and one.due > 0
        ]
        if len(others) != 1:
            return standing, payout.gross.minor
        (source,) = others
        needed = self.rates.convert(payout.gross, source.currency, on).minor
        # A unit more or less is what converting there and back leaves: it settles the whole account.
        payable = source.due - offset(source)
        return source, payable if abs(payable - needed) <= 1 else needed

    def _exchange(self, payout: Payout, source: Standing, standing: Standing, gross: int, cause: Cause) -> None:
        """One currency for another; what is left of a minor unit goes to rounding."""
        rate = cast("ExchangeRates", self.rates).rate(standing.currency, source.currency, cause.on)
        needed = rate.convert(payout.gross).minor
        self._exchanged[payout.id] = (source, gross)
        why = cause.because(f"payout {payout.id} in {standing.currency} at {rate}")
        self.books.post(PostingKind.EXCHANGED, source, needed, debit=DUE, credit=EXCHANGE, cause=why)
        self.books.post(
            PostingKind.EXCHANGED,
            source,
            gross - needed,
            debit=DUE,
            credit=LedgerAccount.ROUNDING,
            cause=why,
            part="rounding",
        )

    # --- back

    def give_back(self, payout: Payout) -> None:
        """A payout that failed or came back: what it settled is due again."""
        standing = self.books.standing(payout.partner_id, payout.gross.currency)
        for line, part in self._sent.pop(payout.id, []):
            self.books.owe(line, part)
        state = "could not be sent" if payout.status is PayoutStatus.FAILED else "came back"
        cause = Cause(payout.id, self.date_of(cast("datetime", payout.settled_at)), f"payout {payout.id} {state}")
        exchanged = self._exchanged.pop(payout.id, None)
        due = DUE if exchanged is None else EXCHANGE
        legs = [(CASH, payout.net.minor)]
        legs += [(LedgerAccount.WITHHELD, item.amount.minor) for item in payout.withholdings]
        for index, (account, minor) in enumerate(legs):
            self.books.post(
                PostingKind.RETURNED, standing, minor, debit=account, credit=due, cause=cause, part=str(index)
            )
        if exchanged is not None:
            source, minor = exchanged
            self.books.post(PostingKind.RETURNED, source, minor, debit=EXCHANGE, credit=DUE, cause=cause, part="back")


def recovery_of(standing: Standing) -> Recovery:
    """How what a partner owes is recovered: as the plan of its latest line says."""
    plan: CommissionPlan | None = standing.plan
    return plan.clawback.recovery if plan is not None and plan.clawback is not None else Recovery()


def offset(standing: Standing) -> int:
    """What the next payout has to keep back, in minor units."""
    recovery = recovery_of(standing)
    if recovery.mode is not RecoveryMode.OFFSET or standing.due <= 0:
        return 0
    # A share is cut off, not rounded: never a cent more than the plan lets a payout lose.
    limits = [standing.owed, standing.due, int(standing.due * recovery.max_share)]
    if recovery.max_amount is not None and recovery.max_amount.currency == standing.currency:
        limits.append(recovery.max_amount.minor)
    return max(0, min(limits))


def _check_payable(payout: Payout, source: Standing, gross: int, kept: int) -> None:
    """
    Refuse a payout above what is payable: what is due, less what has to be kept back.

    Raises:
        InvalidValue: It is; the message says how much was payable.
    """
    payable = max(source.due - kept, 0)
    if gross > payable:
        less = f" after {Money.from_minor(kept, source.currency)} kept back" if kept else ""
        most = Money.from_minor(payable, source.currency)
        rule = f"at most what was payable to {payout.partner_id} by then, {most}{less}"
        raise InvalidValue(f"settle(payouts) {payout.id!r}.gross", rule, str(payout.gross))


def settle_lines(standing: Standing, minor: int) -> list[tuple[Line, int]]:
    """Count an amount as paid on the oldest lines that are due; which, and how much on each."""
    paid: list[tuple[Line, int]] = []
    standing.due -= minor
    # First in, first out, so that a clawback of an old sale finds it paid and one of a new sale finds it open.
    while minor > 0 and standing.queue:
        line = standing.queue[0]
        part = min(minor, line.due)
        if part > 0:
            line.due -= part
            minor -= part
            paid.append((line, part))
        if line.due <= 0:
            standing.queue.popleft()
    return paid
