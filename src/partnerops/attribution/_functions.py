"""The verbs: attribute one deal, or every won deal of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, NoReturn

from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import check_policy, describe, name_of
from partnerops.attribution._results import Attribution
from partnerops.entities import Credit, DealRegistration, Opportunity, Touchpoint
from partnerops.entities._facts import known
from partnerops.exceptions import InvalidValue, PolicyBrokeContract
from partnerops.money import Money, apportion_minor

if TYPE_CHECKING:  # the single verb needs neither, and its import is to stay light
    from partnerops.dataset import Dataset
    from partnerops.periods import Calendar


def attribute(
    opportunity: Opportunity,
    touches: Iterable[Touchpoint],
    *,
    policy: AttributionPolicy,
    registrations: Iterable[DealRegistration] = (),
    as_of: datetime | None = None,
) -> Attribution:
    """
    Who earned a won deal, to the cent.

    The policy weighs the touches; the weights of a party add up, and the amount is apportioned over the parties by
    largest remainder. A tie for the last cent goes to the party whose first earning touch is earlier. A negative amount
    mirrors its positive one. What no touch and no award earned is `unattributed`.

    Only facts known at *as_of* count, by default the close; touches after the close never count. The same touch twice
    counts once.

    Raises:
        InvalidValue: The deal is not won at *as_of*, has no amount, or a touch or registration is of another deal; or
            two different touches share an id.
        PolicyBrokeContract: The policy answered with floats, negative weights or a wrong number of them.

    >>> from datetime import UTC
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
    close = _close(opportunity, as_of)
    moment = close if as_of is None else as_of
    eligible = _eligible(opportunity, touches, close, moment)
    filed = _registrations(opportunity, registrations, moment)
    return _decide(Case(opportunity, eligible, filed), policy, name_of(policy), describe(policy))


def attribute_all(
    data: Dataset, *, policy: AttributionPolicy, as_of: datetime | date, calendar: Calendar | None = None
) -> tuple[Attribution, ...]:
    """
    Who earned each deal that was won by *as_of*, in the dataset's order.

    A date means its last instant in *calendar*'s zone, by default UTC. A registration counts for the deal it names or,
    where it names none, for the deals of its account.

    Raises:
        InvalidValue: As `attribute`.
        PolicyBrokeContract: As `attribute`.

    >>> from partnerops import Dataset
    >>> from partnerops.attribution import Linear
    >>> attribute_all(Dataset(), policy=Linear(), as_of=date(2026, 3, 31))
    ()
    """
    check_policy("attribute_all(policy=...)", policy)
    from partnerops.periods import UTC_CALENDAR  # noqa: PLC0415 - see above

    calendar = calendar or UTC_CALENDAR
    moment = calendar.instant(as_of)
    today = calendar.date_of(moment)
    name, words = name_of(policy), describe(policy)
    results: list[Attribution] = []
    for deal in data.opportunities:
        view = deal.as_of(moment, today)
        if view is None or not view.is_won or view.closed_at is None:
            continue
        touches = data.related(Touchpoint, opportunity_id=deal.id)
        eligible = _eligible(view, touches, view.closed_at, moment)
        filed = _registrations(view, _filed_for(data, deal), moment)
        results.append(_decide(Case(view, eligible, filed), policy, name, words))
    return tuple(results)


def _filed_for(data: Dataset, deal: Opportunity) -> Sequence[DealRegistration]:
    if not data.registrations:
        return ()
    by_deal = data.related(DealRegistration, opportunity_id=deal.id)
    if deal.account_id is None:
        return by_deal
    of_account = data.related(DealRegistration, account_id=deal.account_id)
    return (*by_deal, *(one for one in of_account if one.opportunity_id is None))


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


def _eligible(
    opportunity: Opportunity, touches: Iterable[Touchpoint], close: datetime, moment: datetime
) -> tuple[Touchpoint, ...]:
    """The touches of the deal that happened by the close and were known by the moment, sorted by time then id."""
    kept: list[Touchpoint] = []
    for touch in touches:
        if touch.opportunity_id != opportunity.id:
            rule = f"a touch of {opportunity.id}"
            raise InvalidValue(f"attribute(touches) {touch.id!r}", rule, touch.opportunity_id)
        if touch.at <= close and known(touch.at, touch.recorded_at, moment):
            kept.append(touch)
    kept.sort(key=_by_time)
    if len({touch.id for touch in kept}) < len(kept):
        kept = _without_repeats(kept)
    return tuple(kept)


def _by_time(touch: Touchpoint) -> tuple[datetime, str]:
    return touch.at, touch.id


def _without_repeats(touches: list[Touchpoint]) -> list[Touchpoint]:
    seen: dict[str, Touchpoint] = {}
    for touch in touches:
        if seen.setdefault(touch.id, touch) != touch:
            raise InvalidValue(f"attribute(touches) {touch.id!r}", "given once, or twice the same", touch)
    return list(seen.values())


def _registrations(
    opportunity: Opportunity, registrations: Iterable[DealRegistration], moment: datetime
) -> tuple[DealRegistration, ...]:
    """The registrations of the deal as known at the moment, by filing time then id."""
    views: list[DealRegistration] = []
    for one in registrations:
        if one.opportunity_id != opportunity.id and (
            one.opportunity_id is not None or one.account_id != opportunity.account_id
        ):
            rule = f"a registration of {opportunity.id}"
            raise InvalidValue(f"attribute(registrations) {one.id!r}", rule, one.opportunity_id)
        view = one.as_of(moment, moment.date())
        if view is not None:
            views.append(view)
    return tuple(sorted(dict.fromkeys(views), key=lambda one: (one.submitted_at, one.id)))


def _decide(case: Case, policy: AttributionPolicy, name: str, words: str) -> Attribution:
    answer = policy.weigh(case)
    if isinstance(answer, Award):
        return _awarded(case, policy, name, answer)
    weights = _integers(answer, case, name)
    total = sum(weights)
    minor, currency = _amount(case.opportunity)
    if not total:
        return Attribution(case=case, policy=policy, unattributed=Money.from_minor(minor, currency), answer=weights)
    parties: dict[str, int] = {}
    earned: dict[str, list[str]] = {}
    for touch, weight in zip(case.touches, weights, strict=True):
        if weight:
            party = touch.partner_id
            parties[party] = parties.get(party, 0) + weight
            earned.setdefault(party, []).append(touch.id)
    amounts = apportion_minor(minor, list(parties.values()), total)
    deal, close, count = case.opportunity.id, case.closed_at, len(weights)
    credits = tuple(
        Credit(
            id=_credit_id(deal, party),
            opportunity_id=deal,
            partner_id=party,
            amount=Money.from_minor(amount, currency),
            at=close,
            share=Fraction(weight, total),
            because=_because(weight, total, earned[party], count, words),
            policy=name,
            touch_ids=tuple(earned[party]),
        )
        for (party, weight), amount in zip(parties.items(), amounts, strict=True)
    )
    return Attribution(
        case=case,
        policy=policy,
        credits=credits,
        unattributed=Money.from_minor(0, currency),
        answer=weights,
    )


def _awarded(case: Case, policy: AttributionPolicy, name: str, award: Award) -> Attribution:
    """Credits for shares given outright; parties in the order of their first touch, those without one after by id."""
    minor, currency = _amount(case.opportunity)
    order = {party: index for index, party in enumerate(dict.fromkeys(touch.partner_id for touch in case.touches))}
    shares = {party: share for party, share in award.shares.items() if share}
    parties = sorted(shares, key=lambda party: (order.get(party, len(order)), party))
    rest = 1 - sum(shares.values(), Fraction(0))
    unit = lcm(rest.denominator, *(share.denominator for share in shares.values()))
    *amounts, unattributed = apportion_minor(
        minor, [*(int(shares[party] * unit) for party in parties), int(rest * unit)], unit
    )
    deal = case.opportunity.id
    credits = tuple(
        Credit(
            id=_credit_id(deal, party),
            opportunity_id=deal,
            partner_id=party,
            amount=Money.from_minor(amount, currency),
            at=case.closed_at,
            share=shares[party],
            because=award.because,
            policy=name,
        )
        for party, amount in zip(parties, amounts, strict=True)
    )
    return Attribution(
        case=case, policy=policy, credits=credits, unattributed=Money.from_minor(unattributed, currency), answer=award
    )


def _amount(opportunity: Opportunity) -> tuple[int, str]:
    if opportunity.amount is None:
        raise InvalidValue("attribute(opportunity)", f"a deal with an amount; {opportunity.id} has none", None)
    return opportunity.amount.minor, opportunity.amount.currency


def _integers(answer: Sequence[Weight], case: Case, name: str) -> tuple[int, ...]:
    """The weights as integers in the same proportions; refuses what the protocol forbids."""
    try:
        weights = tuple(answer)
    except TypeError:
        _broke(name, "return one weight per touch, or an Award", f"a {type(answer).__name__}")
    if len(weights) != len(case.touches):
        _broke(name, f"return one weight per touch ({len(case.touches)})", f"{len(weights)}")
    # Built-in policies answer with integers: nothing to convert.
    whole = weights if all(type(weight) is int for weight in weights) else _scaled(weights, name)
    if whole and min(whole) < 0:
        _broke(name, "return weights that are not negative", repr(min(weights)))
    return whole  # type: ignore[return-value]


def _scaled(weights: Sequence[Weight], name: str) -> tuple[int, ...]:
    exact: list[Fraction] = []
    for weight in weights:
        if isinstance(weight, float):
            _broke(name, "return exact weights (int, Fraction or Decimal), not floats", repr(weight))
        if isinstance(weight, Decimal) and not weight.is_finite():
            _broke(name, "return finite weights", repr(weight))
        if not isinstance(weight, int | Fraction | Decimal):
            _broke(name, "return weights that are int, Fraction or Decimal", repr(weight))
        exact.append(Fraction(weight))
    unit = lcm(*(weight.denominator for weight in exact))
    return tuple(int(weight * unit) for weight in exact)


def _broke(policy: str, rule: str, got: str) -> NoReturn:
    raise PolicyBrokeContract(policy, rule, got)


def _credit_id(deal: str, party: str) -> str:
    """`deal:party`; a colon or percent sign within either is escaped, so that no two pairs share an id."""
    if ":" in deal or "%" in deal:
        deal = deal.replace("%", "%25").replace(":", "%3A")
    if ":" in party or "%" in party:
        party = party.replace("%", "%25").replace(":", "%3A")
    return f"{deal}:{party}"


def _because(weight: int, total: int, earned: Sequence[str], count: int, words: str) -> str:
    # Tenths of a percent in integers: a float would show other digits on other platforms.
    tenths = (2000 * weight + total) // (2 * total)
    touches = "1 touch" if count == 1 else f"{count} touches"
    return f"{tenths // 10}.{tenths % 10} % by {words}: {len(earned)} of {touches} ({', '.join(earned)})"
