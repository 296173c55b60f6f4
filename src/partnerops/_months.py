"""Month arithmetic, and the only use of dateutil; the public home is `partnerops.periods`."""

from __future__ import annotations

from datetime import date

from partnerops._arguments import check_date, check_int
from partnerops.exceptions import InvalidValue


def add_months(anchor: date, months: int) -> date:
    """
    The date that many months after *anchor* (before it, if negative); where the month is too short, its last day.

    Count from the original anchor every time, for steps lose days: 31 January + 2 months is 31 March, but in two
    steps of one month it would be 28 March.

    >>> add_months(date(2024, 2, 29), 48)
    datetime.date(2028, 2, 29)

    Raises:
        InvalidValue: *anchor* is a datetime (see `add_months_at`), or the result is outside the years 1 to 9999.
    """
    from dateutil.relativedelta import relativedelta  # noqa: PLC0415 - `import partnerops` must not load it

    check_date("anchor", anchor)
    check_int("months", months)
    try:
        return anchor + relativedelta(months=months)
    except (ValueError, OverflowError):
        raise InvalidValue("months", f"a count that keeps {anchor} within the years 1 to 9999", months) from None


def months_between(start: date, end: date) -> int:
    """
    Completed months from *start* to *end*: the largest n with `add_months(start, n) <= end`.

    The last day of a short month completes a month that began on a day it lacks: 31 January to 28 February is one.

    >>> months_between(date(2026, 1, 31), date(2026, 2, 28)), months_between(date(2026, 1, 31), date(2026, 3, 30))
    (1, 1)

    Raises:
        InvalidValue: *end* lies before *start*.
    """
    check_date("start", start)
    check_date("end", end)
    if end < start:
        raise InvalidValue("end", f"on or after start ({start})", end)
    months = month_number(end) - month_number(start)
    # Counted from the anchor once more: month numbers alone do not know the day.
    return months if add_months(start, months) <= end else months - 1


def month_number(on: date) -> int:
    """Its month, counted on without end: months of any two dates are as far apart as their numbers."""
    return on.year * 12 + on.month - 1
