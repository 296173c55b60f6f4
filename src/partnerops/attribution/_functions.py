"""The verbs: attribute one deal, or every won deal of a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from partnerops._arguments import check_a, check_all, check_moment
from partnerops._attrs import to_instant
from partnerops.attribution._cases import case_of, cases_of
from partnerops.attribution._engine import decide
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import check_policy, describe, name_of
from partnerops.attribution._results import Attribution
from partnerops.entities import DealRegistration, Dispute, Lead, Opportunity, Touchpoint
from partnerops.exceptions import InvalidValue

if TYPE_CHECKING:  # the single verb needs neither, and its import is to stay light
    from partnerops.dataset import Dataset
    from partnerops.periods import Calendar


def attribute(
    opportunity: Opportunity,
    touches: Iterable[Touchpoint],
    *,
    policy: AttributionPolicy,
    registrations: Iterable[DealRegistration] = (),
    leads: Iterable[Lead] = (),
    disputes: Iterable[Dispute] = (),
    previous_close: datetime | None = None,
    as_of: datetime | None = None,
) -> Attribution:
    """
    Who earned a won deal, to the cent.

    The policy weighs the touches; the weights of a party add up, and the amount is apportioned over the parties by
    largest remainder. A tie for the last cent goes to the party whose first earning touch is earlier. A negative amount
    mirrors its positive one. What no touch and no award earned is `unattributed`.

    Only facts known at *as_of* count, by default the close; touches after the close never count. The same touch twice
    counts once. A touch may name the deal, or else a lead that became it, or else its account. *previous_close* is when
    the account last bought before; only `PerCycle` asks for it.

    Raises:
        InvalidValue: The deal is not won at *as_of*, has no amount, or a record is of another kind or deal; or two
            different touches share an id.
        PolicyBrokeContract: The policy answered with floats, negative weights or a wrong number of them.

    >>> from datetime import UTC
    >>> from partnerops import Money
    >>> from partnerops.attribution import Linear
    >>> deal = Opportunity(
    ...     id="D-1",
    ...     stage="won",
    ...     status="won",
    ...     amount=Money("10.00", "BRL"),
    ...     created_at=datetime(2026, 3, 1, tzinfo=UTC),
    ...     closed_at=datetime(2026, 3, 31, tzinfo=UTC),
    ... )
    >>> attribute(deal, [], policy=Linear()).unattributed
    Money('10.00', 'BRL')
    """
    check_policy("attribute(policy=...)", policy)
    close = _close(check_a("attribute(opportunity)", opportunity, Opportunity), as_of)
    case = case_of(
        opportunity,
        check_all("attribute(touches)", touches, Touchpoint),
        # Asked without a date, a deal is judged by what was known when it was won.
        close if as_of is None else to_instant(as_of),
        close=close,
        registrations=check_all("attribute(registrations=...)", registrations, DealRegistration),
        leads=check_all("attribute(leads=...)", leads, Lead),
        disputes=check_all("attribute(disputes=...)", disputes, Dispute),
        previous_close=_before(previous_close, close),
    )
    return decide(case, policy, name_of(policy), describe(policy))


def attribute_all(
    data: Dataset, *, policy: AttributionPolicy, as_of: datetime | date, calendar: Calendar | None = None
) -> tuple[Attribution, ...]:
    """
    Who earned each deal that was won by *as_of*, in the dataset's order.

    A date means its last instant in *calendar*'s zone, by default UTC. A registration counts for the deal it names or,
    where it names none, for the deals of its account; so does a touch that names neither a deal nor a lead. A touch
    that names only a lead counts for the deal that the lead became.

    Raises:
        InvalidValue: As `attribute`.
        PolicyBrokeContract: As `attribute`.

    >>> from partnerops import Dataset
    >>> from partnerops.attribution import Linear
    >>> attribute_all(Dataset(), policy=Linear(), as_of=date(2026, 3, 31))
    ()
    """
    check_policy("attribute_all(policy=...)", policy)
    (results,) = attribute_cases("attribute_all", data, [policy], as_of, calendar)
    return results


def attribute_cases(
    verb: str,
    data: Dataset,
    policies: Iterable[AttributionPolicy],
    as_of: datetime | date,
    calendar: Calendar | None,
) -> tuple[tuple[Attribution, ...], ...]:
    """The attributions of all won deals under each policy, in the name of a verb; the cases are made once."""
    from partnerops.dataset import Dataset  # noqa: PLC0415 - see above
    from partnerops.periods import UTC_CALENDAR  # noqa: PLC0415 - see above

    calendar = calendar or UTC_CALENDAR
    moment = check_moment(f"{verb}(as_of=...)", as_of, calendar)
    cases = tuple(cases_of(check_a(f"{verb}(data)", data, Dataset), moment, calendar.date_of(moment)))
    # A policy's repr may be long, and is the same for a hundred thousand deals.
    named = [(policy, name_of(policy), describe(policy)) for policy in policies]
    return tuple(tuple(decide(case, policy, name, words) for case in cases) for policy, name, words in named)


def _close(opportunity: Opportunity, as_of: datetime | None) -> datetime:
    """When the deal was won; refuses a deal that was not, or not yet."""
    if as_of is not None and (not isinstance(as_of, datetime) or as_of.utcoffset() is None):
        raise InvalidValue("attribute(as_of=...)", "an aware datetime, as in datetime(2026, 3, 31, tzinfo=UTC)", as_of)
    close = opportunity.closed_at
    if not opportunity.is_won or close is None:
        rule = f"a won deal; {opportunity.id} is {opportunity.status}"
        raise InvalidValue("attribute(opportunity)", rule, opportunity.status.value)
    if as_of is not None and close > as_of:
        raise InvalidValue("attribute(as_of=...)", f"at or after the close of {opportunity.id} ({close})", as_of)
    return close


def _before(previous: datetime | None, close: datetime) -> datetime | None:
    """The account's previous close; refuses one that is not before this close."""
    if previous is None:
        return None
    if not isinstance(previous, datetime) or previous.utcoffset() is None or previous >= close:
        raise InvalidValue("attribute(previous_close=...)", f"an aware datetime before the close ({close})", previous)
    # In UTC like every other instant of a case: reasons print its date, and say that it is of UTC.
    return to_instant(previous)
