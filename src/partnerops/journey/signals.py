"""Signals one by one: what can be observed of a partner at a moment, with the records that say so."""

from __future__ import annotations

from datetime import date, datetime

from partnerops.dataset import Dataset
from partnerops.entities import Partner
from partnerops.exceptions import UnknownName
from partnerops.journey._measures import measure as _measure
from partnerops.journey._settings import SignalRules
from partnerops.journey._signal import Measure, Signal
from partnerops.journey._track import Source, Track
from partnerops.journey._view import Moment, View
from partnerops.money import ExchangeRates
from partnerops.periods import UTC_CALENDAR, Calendar
from partnerops.typing import PartnerId

__all__ = ["Measure", "Signal", "SignalRules", "observe"]


def observe(
    data: Dataset,
    partner_id: PartnerId,
    signal: Signal | str,
    *,
    as_of: datetime | date,
    months: int | None = None,
    days: int | None = None,
    rules: SignalRules | None = None,
    currency: str | None = None,
    calendar: Calendar = UTC_CALENDAR,
    rates: ExchangeRates | None = None,
) -> Measure:
    """
    A signal of one partner over a window that ends at *as_of*, or over all time.

    *currency* is that of amounts, by default the currency of the partner's first credit.

    Raises:
        UnknownName: There is no such signal or partner; the message names near misses.
        InvalidValue: The signal cannot have that window.

    >>> acme = Partner(id="acme", name="Acme", type="reseller", signed_on=date(2026, 1, 10))
    >>> observe(Dataset(partners=[acme]), "acme", "days_since_signed", as_of=date(2026, 1, 31)).value
    21
    """
    from partnerops.journey._criteria import check_window  # noqa: PLC0415 - criteria are not needed to observe

    try:
        kind = Signal(signal)
    except ValueError:
        raise UnknownName("signal", signal, tuple(one.value for one in Signal)) from None
    check_window("observe", kind, months, days)
    source = Source(data, rules or SignalRules(), currency, calendar, rates)
    view = View(Track(data.get(Partner, partner_id), source), Moment(as_of, calendar))
    return _measure(view, kind, (months, days))
