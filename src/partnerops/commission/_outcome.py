"""From the books to the ledger: what a partner can be paid, what is held and why, what caps keep back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from partnerops._currency import EXPONENTS
from partnerops.commission._books import Books, Line
from partnerops.commission._fold import Fold
from partnerops.commission._holdings import Hold, Payable, Withheld
from partnerops.commission._paying import offset
from partnerops.commission._results import Ledger
from partnerops.money import Money, round_quotient


def ledger_of(fold: Fold, as_of: datetime, currency: str | None) -> Ledger:
    """The ledger that the books come to."""
    return Ledger(
        as_of=as_of,
        postings=tuple(fold.books.postings),
        # A refund before its sale waits in sight (case 7): dropping it would pay for what was returned.
        parked=[one for deal in fold.deals.values() if not deal.credits for one in deal.reversals],
        payables=_payables(fold.books),
        holds=_holds(fold.books.lines.values(), as_of),
        withheld=_withheld(fold.books),
        points=fold.claiming.points.entries,
        unearned=tuple(fold.books.unearned.values()),
        currency=currency,
    )


def _payables(books: Books) -> list[Payable]:
    """What could be paid to each partner now, and why not more."""
    found: list[Payable] = []
    for (partner_id, currency), standing in sorted(books.standings.items()):
        kept = offset(standing)
        # A negative balance pays nothing and is carried: partners are not asked for money here.
        net = max(standing.due - kept, 0)
        least = standing.plan.minimum_payout if standing.plan is not None else None
        # Inclusive, case 24: exactly the minimum is paid.
        short = least is not None and least.currency == currency and net < least.minor
        reasons = [
            f"{Money.from_minor(kept, currency):,} kept back against what the partner owes" if kept else "",
            f"below the minimum payout of {least:,}, carried over" if short and net else "",
            "the partner owes more than is due" if standing.due < 0 else "",
        ]
        found.append(
            Payable(
                partner_id=partner_id,
                due=Money.from_minor(standing.due, currency),
                kept_back=Money.from_minor(kept, currency),
                amount=Money.from_minor(0 if short else net, currency),
                because="; ".join(filter(None, reasons)) or ("all that is due" if net else "nothing is due"),
            )
        )
    return found


def _holds(lines: Iterable[Line], as_of: datetime) -> list[Hold]:
    """Commission that is not due yet, by line."""
    found: list[Hold] = []
    for line in lines:
        if line.held and line.day is not None:
            # A gate is asked only when time is up, so until then time is the reason.
            waits = line.day.due_at > as_of
            found.append(
                Hold(
                    line_id=line.id,
                    partner_id=line.standing.partner_id,
                    amount=Money.from_minor(line.held, line.standing.currency),
                    until=line.day.due_on if waits else None,
                    because="the holding period" if waits else line.reason,
                )
            )
    return found


def _withheld(books: Books) -> list[Withheld]:
    """What caps keep back: of running totals, and of single sales."""
    sums: dict[tuple[str, str, str], Fraction] = {}
    for total in books.withholding:
        # What every cap lets through is most often all of it, and then its name need not be made.
        if kept := total.total - total.out:
            key = (total.partner_id, total.name, total.currency)
            sums[key] = sums.get(key, Fraction(0)) + kept
    return [
        Withheld(partner_id=partner_id, cap=name, amount=amount)
        for (partner_id, name, currency), exact in sorted(sums.items())
        if (amount := _money(exact, currency))
    ]


def _money(exact: Fraction, currency: str) -> Money:
    number = exact * 10 ** EXPONENTS[currency]
    return Money.from_minor(round_quotient(number.numerator, number.denominator), currency)
