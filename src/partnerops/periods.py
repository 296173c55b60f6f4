"""
Dates, periods and calendars.

- `Period` is a half-open span of dates, [start, end).
- `Calendar` turns instants into dates in a time zone, and dates into periods, fiscal years included.
- `BusinessCalendar` counts open days and open hours.
- `add_months` counts months from an anchor, never in steps.

Instants are aware datetimes and come back in UTC; an instant becomes a date only through a calendar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "UTC_CALENDAR",
    "BusinessCalendar",
    "Calendar",
    "Frequency",
    "Period",
    "Window",
    "add_months",
    "add_months_at",
    "months_between",
]

if TYPE_CHECKING:
    from partnerops._business import BusinessCalendar as BusinessCalendar
    from partnerops._calendar import (
        UTC_CALENDAR as UTC_CALENDAR,
        Calendar as Calendar,
        Window as Window,
        add_months_at as add_months_at,
    )
    from partnerops._months import add_months as add_months, months_between as months_between
    from partnerops._period import Frequency as Frequency, Period as Period
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "partnerops._business": ["BusinessCalendar"],
        "partnerops._calendar": ["UTC_CALENDAR", "Calendar", "Window", "add_months_at"],
        "partnerops._months": ["add_months", "months_between"],
        "partnerops._period": ["Frequency", "Period"],
    }
    __getattr__, __dir__ = lazy(__name__, {name: home for home, names in _HOMES.items() for name in names})
