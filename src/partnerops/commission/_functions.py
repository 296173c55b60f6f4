"""The verb: every fact of a programme into a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from partnerops._arguments import check_date, check_instant
from partnerops._currency import decimals
from partnerops.commission._context import Context
from partnerops.commission._fold import Event, Fold, distinct, listed, visible
from partnerops.commission._outcome import ledger_of
from partnerops.commission._plan import CommissionPlan
from partnerops.commission._results import Ledger
from partnerops.commission._schemes import Schemes, Versions, check_versions
from partnerops.entities import Adjustment, Agreement, Credit, Payment, Payout, PeriodClose, Reversal
from partnerops.exceptions import InvalidValue
from partnerops.money import ExchangeRates
from partnerops.periods import Calendar

if TYPE_CHECKING:  # many programmes settle credits alone
    from partnerops.dataset import Dataset


def settle(
    credits: Iterable[Credit],
    *,
    plan: Versions | None = None,
    agreements: Iterable[Agreement] = (),
    plans: Sequence[Versions] = (),
    payments: Iterable[Payment] = (),
    reversals: Iterable[Reversal] = (),
    adjustments: Iterable[Adjustment] = (),
    payouts: Iterable[Payout] = (),
    closes: Iterable[PeriodClose] = (),
    data: Dataset | None = None,
    rates: ExchangeRates | None = None,
    currency: str | None = None,
    as_of: datetime | date,
) -> Ledger:
    """
    What every partner earned, what was taken back, what is due and what was paid, up to a moment.

    A pure function of the facts: their order in the lists means nothing, and the same fact twice counts once. Facts
    count in the order in which they became known (`recorded_at` or `at`), so a later correction never changes an
    earlier answer, and the ledger of an earlier moment is the beginning of a later one. Credits of `DIRECT` and
    influenced credits never settle. A date means its last instant in the plan's zone.

    Partners are paid under *plan*, or its version of the day where it is `Dated`; one with an agreement in force under
    the plan that it names, among *plans*. *data* tells what rules ask about: lines and costs of deals, registrations,
    programme tiers, targets, exceptions, disputes, who stands above whom. *rates* convert where currencies differ.

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
    calendar = _calendar_of(plan, plans)
    # A date is its last instant on the clocks of the plan: "up to March" has all of 31 March in it.
    moment = calendar.instant(_checked(as_of))
    _check_sources(data, rates, currency)
    given = distinct("credits", credits, Credit)
    taken_back = distinct("reversals", reversals, Reversal)
    received = distinct("payments", payments, Payment)
    sent = distinct("payouts", payouts, Payout)
    events: list[Event] = [
        *visible(distinct("closes", closes, PeriodClose).values(), 0, moment),
        *visible(given.values(), 1, moment),
        *visible(received.values(), 2, moment),
        *visible(taken_back.values(), 3, moment),
        *visible(distinct("adjustments", adjustments, Adjustment).values(), 4, moment),
        *visible(sent.values(), 5, moment),
        # A return is a fact of its own day: until then the payout stands.
        *_returns(sent.values(), moment),
    ]
    # Known, happened, rank, id: a total order, so the order of the lists cannot matter.
    events.sort()
    context = Context(data, calendar)
    agreed = [*listed("agreements", agreements, "Agreements"), *(data.agreements if data is not None else ())]
    fold = Fold(
        Schemes(plan, plans, agreed, context),
        context,
        rates,
        calendar=calendar,
        watched={one.opportunity_id for one in taken_back.values()} | {one.opportunity_id for one in received.values()},
    )
    fold.run(events, moment)
    default = plan if isinstance(plan, CommissionPlan) else None
    # Only for a ledger that has no posting to tell it.
    named = currency or (default.currency if default is not None else None)
    return ledger_of(fold, moment, named or _only_currency(given.values()))


def settle_all(
    data: Dataset,
    *,
    plan: Versions | None = None,
    plans: Sequence[Versions] = (),
    rates: ExchangeRates | None = None,
    currency: str | None = None,
    as_of: datetime | date,
) -> Ledger:
    """
    `settle` over a whole dataset: its credits, payments, reversals, adjustments, payouts and closes, its agreements.

    >>> from partnerops import Dataset
    >>> from partnerops.commission import FlatRate
    >>> settle_all(Dataset(), plan=CommissionPlan(id="p", schedule=FlatRate("0.10")), as_of=date(2026, 3, 31)).postings
    ()
    """
    return settle(
        data.credits,
        plan=plan,
        plans=plans,
        payments=data.payments,
        reversals=data.reversals,
        adjustments=data.adjustments,
        payouts=data.payouts,
        closes=data.closes,
        data=data,
        rates=rates,
        currency=currency,
        as_of=as_of,
    )


def _checked(as_of: datetime | date) -> datetime | date:
    return check_instant("as_of", as_of) if isinstance(as_of, datetime) else check_date("as_of", as_of)


def _check_sources(data: object, rates: object, currency: str | None) -> None:
    """Refuse a dataset, rates or a currency that are none: nothing else would say so before they were needed."""
    if data is not None:
        from partnerops.dataset import Dataset  # noqa: PLC0415 - who gives one has loaded it

        if not isinstance(data, Dataset):
            raise InvalidValue("settle(data=...)", "a Dataset", data)
    if rates is not None and not isinstance(rates, ExchangeRates):
        raise InvalidValue("settle(rates=...)", "ExchangeRates", rates)
    if currency is not None:
        decimals("settle(currency=...)", currency)


def _only_currency(credits: Iterable[Credit]) -> str | None:
    """The one currency of the credits, for a ledger that has no posting to tell it."""
    codes = {one.amount.currency for one in credits}
    return codes.pop() if len(codes) == 1 else None


def _calendar_of(plan: Versions | None, plans: Sequence[Versions]) -> Calendar:
    """The calendar of the programme's default plan, or else of the first plan."""
    for one in (plan, *listed("plans", plans, "CommissionPlans")):
        if one is not None:
            return check_versions("settle(plan=...)", one)[0].calendar
    raise InvalidValue("settle(plan=...)", "a CommissionPlan, or plans= with agreements that name them", None)


def _returns(payouts: Iterable[Payout], as_of: datetime) -> list[Event]:
    """Payouts that failed or came back by then, as events of their own."""
    events: list[Event] = []
    for payout in payouts:
        if payout.settled_at is not None:
            known = max(payout.settled_at, payout.recorded_at or payout.settled_at)
            if known <= as_of:
                events.append((known, payout.settled_at, 6, payout.id, payout))
    return events
