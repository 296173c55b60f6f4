"""A forecast against a quota: attainment, gap and coverage."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from partnerops._arguments import check_a
from partnerops._attrs import Value
from partnerops._render import Printable
from partnerops.entities import Opportunity
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.forecast._asking import calendar_of
from partnerops.forecast._lines import OPEN_BUCKETS
from partnerops.forecast._results import Forecast
from partnerops.money import Money
from partnerops.periods import Calendar, Period
from partnerops.ratio import Ratio


@frozen(kw_only=True)
class QuotaView(Value, Printable):
    """
    A forecast against a quota.

    No quota, or one of 0, has no attainment. Where the forecast reaches the quota nothing is lacking: coverage has no
    value and `met` says why. Whether what is closed reaches it already is what `attainment` tells.
    """

    period: Period
    """The period."""
    quota: Money | None
    """What was to be reached; None where nothing was asked."""
    closed: Money
    """Won so far."""
    expected: Money
    """The forecast."""
    due: Money
    """Whole amount of the open deals due in the period."""

    @property
    def attainment(self) -> Ratio:
        """Closed over quota."""
        # A quota of 0 gives no value, as every zero denominator: 0 % and endless would both be wrong (C3).
        return _over(self.closed, self.quota)

    @property
    def projected_attainment(self) -> Ratio:
        """Forecast over quota."""
        return _over(self.expected, self.quota)

    @property
    def gap(self) -> Money | None:
        """Quota less forecast; negative where the forecast exceeds it."""
        return None if self.quota is None else self.quota - self.expected

    @property
    def met(self) -> bool:
        """Whether the forecast reaches the quota: the gap is 0 or less."""
        return self.quota is not None and self.expected >= self.quota

    @property
    def coverage(self) -> Ratio:
        """Whole open amount due over quota less closed; no value where the forecast or the closed reach the quota."""
        # F18 goes by the gap, quota less forecast: who is on course needs no more pipeline. And over quota less closed
        # of 0 or less the ratio would be endless or negative, which reads as no coverage at all.
        if self.quota is None or self.met or self.closed >= self.quota:
            return Ratio(0, 0)
        return Ratio(self.due, self.quota - self.closed)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row."""
        return [
            {
                "period": str(self.period),
                "quota": self.quota,
                "closed": self.closed,
                "attainment": self.attainment.percent(),
                "expected": self.expected,
                "projected": self.projected_attainment.percent(),
                "gap": self.gap,
                "coverage": None if self.coverage.value is None else self.coverage.decimal(2),
                "met": self.met,
            }
        ]

    def _headline(self) -> str:
        if self.quota is None:
            return f"{self.period}: no quota, {self.closed:,} closed, {self.expected:,} expected"
        projected = self.projected_attainment.percent()
        return f"{self.period}: {self.attainment.percent()} of {self.quota:,}, {projected} projected"


def _over(part: Money, quota: Money | None) -> Ratio:
    return Ratio(0, 0) if quota is None else Ratio(part, quota)


def against_quota(forecast: Forecast, quota: Money | None, *, calendar: Calendar | None = None) -> QuotaView:
    """
    Attainment, projected attainment, gap and coverage of a quota.

    Coverage is open due / (quota - closed). Where the gap (quota - forecast) is 0 or less the quota is `met` and there
    is no coverage. Due are the open deals whose expected close lies in the period and has not passed, whatever their
    chance. What has passed is told by *calendar*, by default the forecast's own. Without a quota every ratio is without
    a value.

    Raises:
        InvalidValue: Something that is no amount.
        CurrencyMismatch: A quota in another currency.

    Source: F18 and K10 of the forecast reference.
    """
    check_a("against_quota(forecast)", forecast, Forecast)
    if quota is not None and not isinstance(quota, Money):
        raise InvalidValue("against_quota(quota)", "a Money, or None", quota)
    if quota is not None and quota.currency != forecast.currency:
        raise CurrencyMismatch("compare", forecast.currency, quota.currency)
    opened = [line.opportunity for line in forecast.lines]
    # Coverage asks what there is, not what an outlook thinks of it: deals without a chance are in it too.
    opened += [line.opportunity for line in forecast.outside if line.bucket in OPEN_BUCKETS]
    # The forecast's moment is in UTC, where the last hours of a day elsewhere are tomorrow already.
    days = forecast.calendar if calendar is None else calendar_of("against_quota(calendar=...)", calendar)
    today = days.date_of(forecast.as_of)
    due = [deal.amount for deal in opened if _is_due(deal, forecast.period, today) and deal.amount is not None]
    return QuotaView(
        period=forecast.period,
        quota=quota,
        closed=forecast.closed,
        expected=forecast.expected,
        due=Money.total(due, forecast.currency),
    )


def _is_due(deal: Opportunity, period: Period, today: date) -> bool:
    due = deal.expected_close
    # Overdue pipeline covers nothing: its date is known to be wrong.
    return due is not None and due in period and due >= today
