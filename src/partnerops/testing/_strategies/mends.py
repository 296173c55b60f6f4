"""What the fields of a noun demand of one another, made true after each was drawn by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st

from partnerops.entities import (
    Account,
    Agreement,
    Certification,
    DealRegistration,
    Dispute,
    DisputeStatus,
    Lead,
    LeadAssignment,
    Opportunity,
    OpportunityLine,
    OpportunityStatus,
    Partner,
    PartnerInvolvement,
    Payment,
    Payout,
    PayoutStatus,
    PolicyException,
    RegistrationStatus,
    RevenueKind,
    Reversal,
    StageChange,
    SurveyKind,
    SurveyResponse,
    TierMembership,
    Touchpoint,
    Withholding,
)
from partnerops.money import Money
from partnerops.testing._strategies import kernel
from partnerops.testing._strategies.nouns import Fields, Pool, drawn

Mend = Callable[[st.DrawFn, Fields, Pool], None]


def _sorted(*names: str) -> Mend:
    """A mend that puts moments in order."""

    def mend(_draw: st.DrawFn, values: Fields, _pool: Pool) -> None:
        # What was left out stays out; the moments that there are change places until they rise.
        given = [name for name in names if values[name] is not None]
        values.update(zip(given, sorted(values[name] for name in given), strict=True))

    return mend


def _named(draw: st.DrawFn, values: Fields, pool: Pool, **targets: str) -> None:
    """At least one of some references."""
    if all(values[name] is None for name in targets):
        name = draw(st.sampled_from([name for name, target in targets.items() if not pool.of(target).is_empty]))
        values[name] = draw(pool.of(targets[name]))


def _account(_draw: st.DrawFn, values: Fields, _pool: Pool) -> None:
    if values["parent_id"] == values["id"]:
        values["parent_id"] = None


def _lead(draw: st.DrawFn, values: Fields, pool: Pool) -> None:
    fates = ["open", "rejected"] if pool.of("opportunities").is_empty else ["open", "rejected", "converted"]
    fate = draw(st.sampled_from(fates))
    converted, rejected = fate == "converted", fate == "rejected"
    values["opportunity_id"] = draw(pool.of("opportunities")) if converted else None
    values["converted_at"] = draw(kernel.instants()) if converted else None
    values["rejected_at"] = values["rejected_at"] or draw(kernel.instants()) if rejected else None
    values["reject_reason"] = values["reject_reason"] or draw(kernel.texts()) if rejected else None
    last = "rejected_at" if rejected else "converted_at"
    _sorted("created_at", "accepted_at", last)(draw, values, pool)


def _assignment(draw: st.DrawFn, values: Fields, pool: Pool) -> None:
    _named(draw, values, pool, lead_id="leads", opportunity_id="opportunities")
    # One or the other, never both.
    if values["lead_id"] is not None:
        values["opportunity_id"] = None
    _sorted("at", "accepted_at", "declined_at")(draw, values, pool)


def _touch(draw: st.DrawFn, values: Fields, pool: Pool) -> None:
    _named(draw, values, pool, opportunity_id="opportunities", lead_id="leads", account_id="accounts")


def _line(draw: st.DrawFn, values: Fields, _pool: Pool) -> None:
    recurring = values["revenue"] is RevenueKind.RECURRING
    values["term_months"] = draw(st.integers(1, 36)) if recurring else None
    if values["cost"] is not None:
        values["cost"] = Money.from_minor(values["cost"].minor, values["amount"].currency)


def _opportunity(draw: st.DrawFn, values: Fields, pool: Pool) -> None:
    """One currency; closed or not as the status says; a history that ends where the deal stands; lines that sum up."""
    status = values["status"]
    if status is OpportunityStatus.WON and values["amount"] is None:
        values["amount"] = draw(kernel.moneys())
    values["closed_at"] = None
    if status is not OpportunityStatus.OPEN:
        # From the creation on, and at once as well: a deal may be recorded when it is won.
        values["closed_at"] = values["created_at"] + draw(kernel.lengths())
    amount = values["amount"]
    currency = "BRL" if amount is None else amount.currency
    values["history"] = _history(draw, values, currency)
    values["lines"] = () if amount is None else _lines(draw, amount, pool)
    cost = values["cost"]
    values["cost"] = None if amount is None or cost is None else Money.from_minor(cost.minor, currency)


def _history(draw: st.DrawFn, values: Fields, currency: str) -> tuple[StageChange, ...]:
    times = sorted(draw(st.lists(kernel.instants(), max_size=3)))
    money = st.none() | kernel.moneys(currency)
    changes = [draw(drawn(StageChange, Pool(), {"at": at, "amount": money})) for at in times]
    if changes:
        # The last change is where the deal stands, or the record contradicts itself.
        changes[-1] = changes[-1].replace(stage=values["stage"], status=values["status"])
    return tuple(changes)


def _lines(draw: st.DrawFn, amount: Money, pool: Pool) -> tuple[OpportunityLine, ...]:
    parts = draw(st.lists(st.integers(-1000, 1000), max_size=2))
    if not parts and draw(st.booleans()):
        return ()
    # The last line takes what is left, below zero too: discounts are lines.
    minors = [*parts, amount.minor - sum(parts)]
    return tuple(
        draw(drawn(OpportunityLine, pool, {"amount": Money.from_minor(minor, amount.currency)})) for minor in minors
    )


def _registration(draw: st.DrawFn, values: Fields, pool: Pool) -> None:
    """Decisions and ends as the status demands, one after the other."""
    _named(draw, values, pool, opportunity_id="opportunities", account_id="accounts")
    status = values["status"]
    decided = status not in (RegistrationStatus.SUBMITTED, RegistrationStatus.WITHDRAWN) or (
        status is RegistrationStatus.WITHDRAWN and draw(st.booleans())
    )
    ends = status in (RegistrationStatus.CONVERTED, RegistrationStatus.WITHDRAWN)
    at = values["submitted_at"]
    values["decided_at"] = at = at + draw(kernel.lengths()) if decided else at
    values["protected_until"] = at + draw(kernel.lengths(1)) if decided else None
    values["ended_at"] = at + draw(kernel.lengths()) if ends else None
    rejected = status is RegistrationStatus.REJECTED
    values["reject_reason"] = values["reject_reason"] or draw(kernel.texts()) if rejected else None
    if not decided:
        values["decided_at"] = None
    if rejected:
        values["protected_until"] = None


def _span(start: str, end: str) -> Mend:
    """A mend that ends a window of days after it starts."""

    def mend(draw: st.DrawFn, values: Fields, _pool: Pool) -> None:
        if values[end] is not None:
            values[end] = values[start] + timedelta(days=draw(st.integers(1, 400)))

    return mend


def _exception(draw: st.DrawFn, values: Fields, pool: Pool) -> None:
    _span("effective_from", "effective_to")(draw, values, pool)
    if values["approved_by"] == values["requested_by"]:
        # Nobody approves what they asked for.
        values["approved_by"] += "-2"


def _survey(draw: st.DrawFn, values: Fields, pool: Pool) -> None:
    # Each question has its own scale.
    low, high = (0, 10) if values["kind"] is SurveyKind.NPS else (1, 5)
    values["score"] = draw(st.integers(low, high))
    _named(draw, values, pool, account_id="accounts", partner_id="partners")


def _positive(draw: st.DrawFn, values: Fields, _pool: Pool) -> None:
    values["amount"] = draw(kernel.moneys(low=1))


def _payout(draw: st.DrawFn, values: Fields, _pool: Pool) -> None:
    gross = values["gross"] = draw(kernel.moneys(low=1))
    left, kept = gross.minor, list[Withholding]()
    for kind in draw(st.lists(st.sampled_from(["ISS", "IRRF", "INSS"]), max_size=3, unique=True)):
        if left > 0:
            # Never more than what is left: the net of a payout is not below zero.
            minor = draw(st.integers(1, left))
            kept.append(Withholding(kind=kind, amount=Money.from_minor(minor, gross.currency)))
            left -= minor
    values["withholdings"] = tuple(kept)
    settled = values["status"] is not PayoutStatus.PAID
    values["settled_at"] = values["at"] + draw(kernel.lengths()) if settled else None


def _dispute(draw: st.DrawFn, values: Fields, _pool: Pool) -> None:
    resolved = values["status"] is DisputeStatus.RESOLVED
    decided = resolved or values["status"] is DisputeStatus.CLOSED
    values["decided_at"] = values["at"] + draw(kernel.lengths()) if decided else None
    values["decided_by"] = draw(kernel.ids()) if decided else None
    values["shares"] = draw(kernel.share_maps(st.sampled_from(values["parties"]))) if resolved else {}


MENDS: Final[dict[type[Any], Mend]] = {
    Account: _account,
    Agreement: _span("effective_from", "effective_to"),
    Certification: _span("valid_from", "valid_to"),
    DealRegistration: _registration,
    Dispute: _dispute,
    Lead: _lead,
    LeadAssignment: _assignment,
    Opportunity: _opportunity,
    OpportunityLine: _line,
    Partner: _sorted("recruited_on", "signed_on", "suspended_on", "ended_on"),
    PartnerInvolvement: _sorted("at", "ended_at"),
    Payment: _positive,
    Payout: _payout,
    PolicyException: _exception,
    Reversal: _positive,
    SurveyResponse: _survey,
    TierMembership: _span("effective_from", "effective_to"),
    Touchpoint: _touch,
    Withholding: _positive,
}
"""Kind -> its mend; the other kinds are valid as drawn."""
