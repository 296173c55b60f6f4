"""The verb: every fact of a programme into a ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from partnerops.commission._fold import Event, Fold, distinct, visible
from partnerops.commission._plan import CommissionPlan
from partnerops.commission._results import Ledger
from partnerops.entities import Adjustment, Credit, Payment, Payout, PeriodClose, Reversal
from partnerops.exceptions import InvalidValue


def settle(
    credits: Iterable[Credit],
    *,
    plan: CommissionPlan,
    payments: Iterable[Payment] = (),
    reversals: Iterable[Reversal] = (),
    adjustments: Iterable[Adjustment] = (),
    payouts: Iterable[Payout] = (),
    closes: Iterable[PeriodClose] = (),
    currency: str | None = None,
    as_of: datetime | date,
) -> Ledger:
    """
    What every partner earned, what was taken back, what is due and what was paid, up to a moment.

    A pure function of the facts: their order in the lists means nothing, and the same fact twice counts once. Facts
    count in the order in which they became known (`recorded_at` or `at`), so a later correction never changes an
    earlier answer, and the ledger of an earlier moment is the beginning of a later one. Credits of `DIRECT` and
    influenced credits never settle. A date means its last instant in the plan's zone.

    Raises:
        InvalidValue: Two different facts share an id, a reversal is larger than its sale, or a payout is larger than
            what was payable. Nothing is partly settled.
        CurrencyMismatch: Credits of two currencies under a plan of one.
        PolicyBrokeContract: A user's schedule answers what its protocol forbids.

    >>> from datetime import UTC
    >>> from partnerops import Money
    >>> from partnerops.commission import FlatRate
    >>> sale = Credit(
    ...     id="C-1",
    ...     opportunity_id="D-1",
    ...     partner_id="acme",
    ...     amount=Money("99.99", "BRL"),
    ...     at=datetime(2026, 3, 4, tzinfo=UTC),
    ... )
    >>> plan = CommissionPlan(id="p", schedule=FlatRate("0.10"))
    >>> settle([sale], plan=plan, as_of=date(2026, 3, 31)).balance("acme").due
    Money('10.00', 'BRL')
    """
    if not isinstance(plan, CommissionPlan):
        raise InvalidValue("settle(plan=...)", "a CommissionPlan", plan)
    moment = plan.calendar.instant(as_of)
    taken_back = distinct("reversals", reversals, Reversal)
    received = distinct("payments", payments, Payment)
    sent = distinct("payouts", payouts, Payout)
    events: list[Event] = [
        *visible(distinct("closes", closes, PeriodClose).values(), 0, moment),
        *visible(distinct("credits", credits, Credit).values(), 1, moment),
        *visible(received.values(), 2, moment),
        *visible(taken_back.values(), 3, moment),
        *visible(distinct("adjustments", adjustments, Adjustment).values(), 4, moment),
        *visible(sent.values(), 5, moment),
        *_returns(sent.values(), moment),
    ]
    events.sort()
    watched = {one.opportunity_id for one in taken_back.values()} | {one.opportunity_id for one in received.values()}
    fold = Fold(plan, watched)
    fold.run(events, moment)
    return Ledger(
        as_of=moment,
        postings=tuple(fold.books.postings),
        parked=[one for deal in fold.deals.values() if not deal.credits for one in deal.reversals],
        currency=currency or plan.currency,
    )


def _returns(payouts: Iterable[Payout], as_of: datetime) -> list[Event]:
    """Payouts that failed or came back by then, as events of their own."""
    events: list[Event] = []
    for payout in payouts:
        if payout.settled_at is not None:
            known = max(payout.settled_at, payout.recorded_at or payout.settled_at)
            if known <= as_of:
                events.append((known, payout.settled_at, 6, payout.id, payout))
    return events
