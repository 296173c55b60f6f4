"""
Dates, periods and calendars.

- `Period` is a half-open span of dates, [start, end).
- `Calendar` turns instants into dates in a time zone, and dates into periods, fiscal years included.
- `BusinessCalendar` counts open days and open hours.
- `add_months` counts months from an anchor, never in steps.

Instants are aware datetimes and come back in UTC; an instant becomes a date only through a calendar.
"""

from __future__ import annotations

from partnerops._business import BusinessCalendar
from partnerops._calendar import UTC_CALENDAR, Calendar, Window, add_months_at
from partnerops._months import add_months, months_between
from partnerops._period import Frequency, Period

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
