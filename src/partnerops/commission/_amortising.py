"""Commission as an asset: spread over a term in equal parts, impaired when it is taken back (ASC 340-40, CPC 47)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from attrs import field, frozen

from partnerops._arguments import check_date, check_int
from partnerops._attrs import Value, to_tuple
from partnerops._money import check_money
from partnerops._render import Printable
from partnerops.commission._postings import Posting, PostingKind
from partnerops.commission._results import Ledger
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import Money, round_quotient
from partnerops.periods import Period

Impairment = tuple[date, Money]
"""When, and how much of a commission was taken back."""


@frozen(kw_only=True)
class AmortisationMonth(Value):
    """What one month makes of capitalised commission: `opening + capitalised - impaired - amortised = closing`."""

    period: Period
    """The calendar month."""
    opening: Money
    """Carried at the start of it."""
    capitalised: Money
    """Commission that became an asset in it."""
    impaired: Money
    """Carried, and written off because the commission was taken back."""
    amortised: Money
    """The month's part, an expense."""
    closing: Money
    """Carried at the end of it."""


def _to_months(values: Iterable[AmortisationMonth]) -> tuple[AmortisationMonth, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Amortisation(Value, Printable):
    """Capitalised commission month by month; what was capitalised is amortised or impaired by the end, to the cent."""

    currency: str
    """Currency of every amount."""
    months: tuple[AmortisationMonth, ...] = field(converter=_to_months)
    """Month by month, without a gap."""

    def carried(self, on: date) -> Money:
        """What is carried at the end of the month of a date; nothing outside the schedule."""
        check_date("on", on)
        return next((one.closing for one in self.months if on in one.period), Money.zero(self.currency))

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per month."""
        return [
            {
                "month": str(one.period),
                "opening": one.opening,
                "capitalised": one.capitalised,
                "impaired": one.impaired,
                "amortised": one.amortised,
                "closing": one.closing,
            }
            for one in self.months
        ]

    def _headline(self) -> str:
        cost = Money.total([one.capitalised for one in self.months], self.currency)
        lost = Money.total([one.impaired for one in self.months], self.currency)
        span = f" over {self.months[0].period} to {self.months[-1].period}" if self.months else ""
        return f"{cost:,} capitalised{span}, {lost:,} impaired"

    def _figure(self) -> str:
        from partnerops._svg import svg_bars  # noqa: PLC0415 - a terminal draws no figure

        bars = [(str(one.period), one.closing.amount) for one in self.months]
        return svg_bars(bars, title="Commission carried", unit=self.currency)


def amortise(cost: Money, *, months: int, start: date, impairments: Iterable[Impairment] = ()) -> Amortisation:
    """
    A commission that was capitalised, spread in equal parts over a stated number of months.

    After k months, `round(cost x k / months)` is amortised, half to even, so the parts sum to the cost. The month of
    *start* is the first whole one. An impairment, such as a clawback, is written off before its month's part, up to
    what is carried; the rest spreads over the months that are left. What exceeds it was amortised before, and is income
    of its month rather than part of the asset. A term of at most a year may be expensed at once instead.

    Raises:
        InvalidValue: A term outside 1 to 1200 months, or an impairment below zero or before the month of *start*.
        CurrencyMismatch: An impairment in another currency.

    Source: ASC 340-40-35; IFRS 15.99; straight line, as most practice has it.

    >>> first, *_, last = amortise(Money("5000", "USD"), months=36, start=date(2026, 1, 15)).months
    >>> str(first.amortised), str(first.closing), str(last.period), str(last.closing)
    ('138.89 USD', '4861.11 USD', '2028-12', '0.00 USD')
    """
    check_money("cost", cost)
    check_int("months", months, 1, 1200)
    first = Period.month(check_date("start", start).year, start.month)
    lost = _by_month(cost, first, impairments)
    code, carried, found = cost.currency, cost.minor, list[AmortisationMonth]()
    # From the latest impairment on: what was to be spread, over how many months, and how much of it is amortised.
    base, term, done, period = cost.minor, months, 0, first
    # The commission of a credit note is an asset below zero, and mirrors one above it.
    sign = -1 if cost.minor < 0 else 1
    for index in range(months):
        opening = carried if index else 0
        impaired = sign * min(lost.get(period, 0), sign * carried)
        # Spread anew rather than in the old parts, or the last months would carry less than nothing.
        if impaired:
            base, term, done = carried - impaired, months - index, 0
        passed = index - (months - term) + 1
        part = round_quotient(base * passed, term) - done
        done, carried = done + part, carried - impaired - part
        amounts = (opening, 0 if index else cost.minor, impaired, part, carried)
        found.append(_month(period, amounts, code))
        period = period.next()
    return Amortisation(currency=code, months=found)


def _month(period: Period, minors: Iterable[int], code: str) -> AmortisationMonth:
    opening, capitalised, impaired, amortised, closing = (Money.from_minor(minor, code) for minor in minors)
    return AmortisationMonth(
        period=period, opening=opening, capitalised=capitalised, impaired=impaired, amortised=amortised, closing=closing
    )  # fmt: skip


def _by_month(cost: Money, first: Period, impairments: Iterable[Impairment]) -> dict[Period, int]:
    """Impairments in minor units, by calendar month."""
    found: dict[Period, int] = {}
    for index, (on, amount) in enumerate(impairments):
        where = f"impairments[{index}]"
        if check_money(where, amount).currency != cost.currency:
            raise CurrencyMismatch("impair a commission in", cost.currency, amount.currency)
        if amount.minor < 0 or check_date(where, on) < first.start:
            raise InvalidValue(where, f"at least 0, and not before {first.start}", (on, str(amount)))
        month = Period.month(on.year, on.month)
        found[month] = found.get(month, 0) + amount.minor
    return found


def capitalise(ledger: Ledger, *, months: int, currency: str) -> Amortisation:
    """
    Every commission of a ledger as an asset: capitalised when it was earned, impaired when it was taken back.

    The sum of `amortise` over the earnings in one currency, overrides and incentives among them. Entries by hand,
    guarantees and draws are costs of their period and stay out.

    Raises:
        InvalidValue: A term outside 1 to 1200 months.

    >>> from datetime import UTC, datetime
    >>> capitalise(Ledger(as_of=datetime(2026, 4, 1, tzinfo=UTC)), months=36, currency="BRL").months
    ()
    """
    check_int("months", months, 1, 1200)
    costs: dict[str, Posting] = {}
    lost: dict[str, list[Impairment]] = {}
    for one in ledger.postings:
        if one.line_id is None or one.amount.currency != currency or not one.earnings:
            continue
        if one.kind is PostingKind.EARNED:
            costs[one.line_id] = one
        elif one.kind in _TAKEN and one.line_id in costs:
            # Never before the asset: clocks of two systems may disagree about a sale and its refund.
            on = max(one.effective_on, costs[one.line_id].effective_on)
            lost.setdefault(one.line_id, []).append((on, one.amount))
    schedules = [
        amortise(one.earnings, months=months, start=one.effective_on, impairments=lost.get(id, ()))
        for id, one in costs.items()
    ]
    return _sum(schedules, currency)


_TAKEN = (PostingKind.CANCELLED, PostingKind.CLAWED_BACK, PostingKind.CORRECTED)


def _sum(schedules: Iterable[Amortisation], currency: str) -> Amortisation:
    """Schedules added up, every calendar month from the first to the last of them."""
    totals: dict[Period, list[int]] = {}
    for month in (month for one in schedules for month in one.months):
        row = totals.setdefault(month.period, [0, 0, 0, 0])
        moved = (month.capitalised, month.impaired, month.amortised, month.closing - month.opening)
        for index, amount in enumerate(moved):
            row[index] += amount.minor
    carried, found = 0, list[AmortisationMonth]()
    if totals:
        for period in Period(min(totals).start, max(totals).end).split("month"):
            capitalised, impaired, amortised, change = totals.get(period, [0, 0, 0, 0])
            found.append(_month(period, (carried, capitalised, impaired, amortised, carried + change), currency))
            carried += change
    return Amortisation(currency=currency, months=found)
