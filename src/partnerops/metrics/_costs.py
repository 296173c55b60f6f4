"""What was spent in a period, with the commission that the caller hands in."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import TypeAlias

from partnerops.dataset import Dataset
from partnerops.entities import ProgramCost
from partnerops.exceptions import InvalidValue
from partnerops.metrics._deals import known, moment
from partnerops.metrics._measure import total
from partnerops.money import Money
from partnerops.periods import Calendar, Period

Commission: TypeAlias = Money | Callable[[Dataset, Period], Money | None] | None
"""
Commission of a period: an amount, or a function of the records and the period; None leaves it out.

Metrics stand below commission, so the caller hands it in. The function is asked of the records known at `as_of`, whole
or of one group. A breakdown needs the function: an amount would count in every group.
"""


def check_commission(commission: Commission) -> Commission:
    """
    The commission itself.

    Raises:
        InvalidValue: It is something else, such as a number without a currency.
    """
    if commission is not None and not isinstance(commission, Money) and not callable(commission):
        raise InvalidValue("commission", "a Money, or a function of the records and a period", commission)
    return commission


def spent(
    data: Dataset,
    period: Period,
    as_of: date | datetime,
    calendar: Calendar,
    *,
    categories: Collection[str] | None = None,
    commission: Commission = None,
) -> Money | None:
    """
    Costs of some categories, or of all, incurred in the period, and its commission; None where there is neither.

    Raises:
        InvalidValue: One string instead of a collection of categories, or a commission without a currency.
        CurrencyMismatch: Two currencies.
    """
    # A text is a collection too, of letters: every cost would silently be left out.
    if isinstance(categories, str):
        raise InvalidValue("categories", f"a collection, such as {[categories]}", categories)
    # As the caller of `as_of` would: the function must not pay for what nobody knew yet.
    seen = data.as_of(moment(as_of, calendar), calendar) if callable(commission) else data
    check_commission(commission)
    paid = commission(seen, period) if callable(commission) else commission
    # Costs carry a business date, so no calendar is needed to place them.
    costs = [
        cost.amount
        for cost in known(data, ProgramCost, as_of, calendar)
        if cost.incurred_on in period and (categories is None or cost.category in categories)
    ]
    return total([*costs, *([] if paid is None else [paid])])
