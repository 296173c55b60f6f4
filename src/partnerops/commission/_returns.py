"""What a partner would earn from a scenario of sales, and its return on investment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import field, frozen

from partnerops._attrs import Value, to_tuple
from partnerops._render import Printable
from partnerops.commission._functions import settle
from partnerops.commission._postings import LedgerAccount
from partnerops.commission._results import Ledger
from partnerops.commission._schemes import Versions, check_versions
from partnerops.entities import Credit
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.money import ExchangeRates, Money
from partnerops.periods import Calendar, Period
from partnerops.ratio import Ratio
from partnerops.typing import PartnerId

if TYPE_CHECKING:  # only its caller has one
    from partnerops.dataset import Dataset


@frozen(kw_only=True)
class EarningsMonth(Value):
    """What a partner earns and can be paid in one month."""

    period: Period
    """The month."""
    sales: Money
    """Credits of the month."""
    earned: Money
    """Commission of them."""
    due: Money
    """Commission that becomes due in the month."""
    cumulative: Money
    """Due since the start, less what was invested."""


def _to_months(values: Iterable[EarningsMonth]) -> tuple[EarningsMonth, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class EarningsProjection(Value, Printable):
    """What a partner would earn from a scenario of sales, and what that returns on what it invests."""

    partner_id: PartnerId
    """Who."""
    months: tuple[EarningsMonth, ...] = field(converter=_to_months)
    """Month by month, from the first sale to the last commission that becomes due."""
    invested: Money
    """What the partner spends."""

    @property
    def earned(self) -> Money:
        """Commission of all sales."""
        return Money.total([one.earned for one in self.months], self.invested.currency)

    @property
    def roi(self) -> Ratio:
        """(earned - invested) / invested; without a value where nothing is invested."""
        return Ratio(self.earned - self.invested, self.invested)

    @property
    def payback(self) -> Period | None:
        """The first month in which what became due covers what was invested; None if none does."""
        return next((one.period for one in self.months if one.cumulative.minor >= 0), None)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per month."""
        return [
            {
                "month": str(one.period),
                "sales": one.sales,
                "earned": one.earned,
                "due": one.due,
                "cumulative": one.cumulative,
            }
            for one in self.months
        ]

    def _headline(self) -> str:
        back = f", pays back in {self.payback}" if self.payback else ", does not pay back"
        return f"{self.partner_id} would earn {self.earned:,} on {self.invested:,} invested: {self.roi}{back}"

    def _figure(self) -> str:
        from partnerops._svg import svg_bars  # noqa: PLC0415 - a terminal draws no figure

        bars = [(str(one.period), one.cumulative.amount) for one in self.months]
        return svg_bars(bars, title=f"Return of {self.partner_id}", unit=self.invested.currency)


def project_earnings(
    credits: Iterable[Credit],
    *,
    plan: Versions,
    invested: Money,
    data: Dataset | None = None,
    rates: ExchangeRates | None = None,
) -> EarningsProjection:
    """
    What one partner would earn from a scenario of sales under a plan, month by month, and its return on investment.

    The scenario is whatever credits the caller imagines: a pipeline times its odds, last year's sales plus a tenth, a
    growth path. Returns are in the currency of *invested*.

    Raises:
        InvalidValue: No credit, or credits of several partners; or as `settle`.
        CurrencyMismatch: The sales are in another currency than the investment.

    >>> from datetime import UTC, datetime
    >>> from partnerops.commission import CommissionPlan, FlatRate
    >>> sales = [
    ...     Credit(
    ...         id=f"C{m}",
    ...         opportunity_id=f"D{m}",
    ...         partner_id="acme",
    ...         amount=Money("1000", "BRL"),
    ...         at=datetime(2026, m, 5, tzinfo=UTC),
    ...     )
    ...     for m in (1, 2, 3)
    ... ]
    >>> plan = CommissionPlan(id="p", schedule=FlatRate("0.10"), hold_days=30)
    >>> result = project_earnings(sales, plan=plan, invested=Money("150", "BRL"))
    >>> str(result.payback), result.roi.value
    ('2026-03', Fraction(1, 1))
    """
    found = list(credits)
    partners = sorted({one.partner_id for one in found})
    # The investment is one partner's, and so has to be what it returns.
    if len(partners) != 1:
        raise InvalidValue("project_earnings(credits)", "at least one credit, all of one partner", partners)
    for one in found:
        if one.amount.currency != invested.currency:
            raise CurrencyMismatch("set earnings against an investment in", invested.currency, one.amount.currency)
    last = max(one.at for one in found)
    # Ten years on, whatever is held has been released.
    ledger = settle(found, plan=plan, data=data, rates=rates, as_of=last + timedelta(days=3700))
    # Sales fall into months on the same clocks as their commission, or a night's would stand in two.
    calendar = check_versions("project_earnings(plan)", plan)[0].calendar
    sales = [(calendar.date_of(one.at), one.amount) for one in found]
    days = [one.effective_on for one in ledger.postings] + [on for on, _ in sales]
    span = Period(min(days).replace(day=1), Calendar().period("month", max(days)).end)
    return EarningsProjection(
        partner_id=partners[0], months=_months(sales, ledger, span, invested), invested=invested
    )  # fmt: skip


def _months(sales: Sequence[tuple[date, Money]], ledger: Ledger, span: Period, invested: Money) -> list[EarningsMonth]:
    code, reached = invested.currency, -invested
    months: list[EarningsMonth] = []
    for month in span.split("month"):
        inside = [one for one in ledger.postings if one.effective_on in month]
        due = [one.amount for one in inside if one.credit is LedgerAccount.DUE]
        due += [-one.amount for one in inside if one.debit is LedgerAccount.DUE]
        reached += Money.total(due, code)
        months.append(
            EarningsMonth(
                period=month,
                sales=Money.total([amount for on, amount in sales if on in month], code),
                earned=Money.total([one.earnings for one in inside], code),
                due=Money.total(due, code),
                cumulative=reached,
            )
        )
    return months
