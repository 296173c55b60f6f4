"""Whole datasets in which everything fits together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

import attrs
from hypothesis import strategies as st

from partnerops.dataset import COLLECTIONS, Dataset
from partnerops.entities import (
    Account,
    Credit,
    Opportunity,
    Partner,
    Payment,
    Reversal,
    Target,
)
from partnerops.entities._facts import REFERENCE
from partnerops.exceptions import UnknownName
from partnerops.money import Money
from partnerops.testing._strategies import kernel
from partnerops.testing._strategies.nouns import Pool, drawn

Records = list[Any]
Have = dict[str, Records]
Mend = Callable[[st.DrawFn, Any, Have], Any]
"""What a record becomes beside those there are; None when there is no room for it."""

_FIRST: Final = (Partner, Account, Target, Opportunity, Credit)
"""What others refer to comes first; deals before the leads that became them."""
_ORDER: Final = (*_FIRST, *(kind for kind in COLLECTIONS if kind not in _FIRST))


@st.composite
def datasets(draw: st.DrawFn, *, max_records: int = 3, kinds: Iterable[type[Any]] | None = None) -> Dataset:
    """
    Datasets that `check()` finds nothing in, up to so many records of each kind; *kinds* leaves the others out.

    Records refer to those drawn before them; money of a deal is in its currency, payments and reversals stay within
    its amount and come after it was opened. Records that would clash all the same are left out. Moments are otherwise
    in no order, as in life.
    A kind whose records need one that was left out comes out empty.

    Raises:
        UnknownName: A kind that no dataset holds.
    """
    have: Have = defaultdict(list)
    wanted = set(COLLECTIONS if kinds is None else kinds)
    for kind in wanted - set(COLLECTIONS):
        raise UnknownName("collection for", kind.__name__, tuple(one.__name__ for one in COLLECTIONS))
    for kind in (one for one in _ORDER if one in wanted):
        collection = COLLECTIONS[kind]
        count = draw(st.integers(0, max_records))
        for number in range(count):
            record = _record(draw, kind, f"{collection[0].upper()}{number}", have)
            if record is not None:
                have[collection].append(record)
    return _fitting(have)


def _record(draw: st.DrawFn, kind: type[Any], id: str, have: Have) -> Any:
    """A record that refers to records there are; None where it would have nobody to refer to."""
    pool = Pool({name: [one.id for one in records] for name, records in have.items()})
    if not _has_all_it_needs(kind, pool):
        return None
    record = draw(drawn(kind, pool, {"id": id}))
    mend = _MENDS.get(kind)
    return record if mend is None else mend(draw, record, have)


def _has_all_it_needs(kind: type[Any], pool: Pool) -> bool:
    """Whether each reference that must be given can be; the kinds that take one of several can name an account."""
    needed = [
        one.metadata[REFERENCE]
        for one in attrs.fields(kind)
        if REFERENCE in one.metadata and one.default is attrs.NOTHING
    ]
    some = _ONE_OF.get(kind.__name__, ())
    return not any(pool.of(target).is_empty for target in needed) and (
        not some or not all(pool.of(target).is_empty for target in some)
    )


_ONE_OF: Final = {
    "DealRegistration": ("opportunities", "accounts"),
    "LeadAssignment": ("opportunities", "leads"),
    "SurveyResponse": ("accounts", "partners"),
    "Touchpoint": ("opportunities", "accounts", "leads"),
}
"""Kinds that need one of several references."""


# --- money of a deal --------------------------------------------------------------------------------------------------


def _credit(draw: st.DrawFn, credit: Credit, have: Have) -> Credit:
    amount = _deal(have, credit.opportunity_id).amount
    # Money of one deal is in one currency, or `check()` would name it.
    return credit if amount is None else credit.replace(amount=draw(kernel.moneys(amount.currency)))


def _cash(collection: str) -> Mend:
    def mend(draw: st.DrawFn, record: Any, have: Have) -> Any:
        deal = _deal(have, record.opportunity_id)
        at = deal.created_at + draw(kernel.lengths())
        if deal.amount is None:
            return record.replace(at=at)
        # Payments, and reversals apart, may not exceed the deal together; each has what those before it left.
        spent = sum(one.amount.minor for one in have[collection] if one.opportunity_id == deal.id)
        left = deal.amount.minor - spent
        # No room: a payment of nothing is none.
        if left < 1:
            return None
        return record.replace(at=at, amount=Money.from_minor(draw(st.integers(1, left)), deal.amount.currency))

    return mend


def _deal(have: Have, id: str) -> Opportunity:
    return cast("Opportunity", next(deal for deal in have["opportunities"] if deal.id == id))


_MENDS: Final[dict[type[Any], Mend]] = {
    Credit: _credit,
    Payment: _cash("payments"),
    Reversal: _cash("reversals"),
}


# --- what does not fit ------------------------------------------------------------------------------------------------

_PLACE: Final = re.compile(r"\$\.(\w+)\[(\d+)\]")


def _fitting(have: Have) -> Dataset:
    """The dataset without the records that `check()` names: windows that overlap, the second leader of a deal."""
    # Again after each cut: what pointed to a record that is gone dangles now. Each round removes something, so it
    # ends.
    while True:
        data = Dataset(**cast("dict[str, Any]", dict(have)))
        # By the dataset's own check, so that the kit and the library never disagree about what fits.
        named = {found.groups() for fault in data.check().faults if (found := _PLACE.match(fault.path))}
        if not named:
            return data
        have = {
            name: [record for index, record in enumerate(records) if (name, str(index)) not in named]
            for name, records in have.items()
        }
