"""Signals of the relation: signing, onboarding, certificates, activity, deals on the way, plans, the vendor's side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from partnerops.entities import (
    Certification,
    Commitment,
    DealRegistration,
    JointPlan,
    Lead,
    Opportunity,
    OpportunityStatus,
    Payout,
    PayoutStatus,
    RegistrationStatus,
    Side,
)
from partnerops.journey._revenue import Window
from partnerops.journey._settings import EVENTS
from partnerops.journey._signal import Measure
from partnerops.journey._view import View
from partnerops.money import Money

# --- relation


def signed(view: View, _: Window) -> Measure:
    """1 once an agreement has been signed."""
    on = view.signed_on
    return Measure(0) if on is None else Measure(1, note=f"on {on}")


def days_since_signed(view: View, _: Window) -> Measure:
    """Days since the relation began."""
    on = view.signed_on
    return Measure(None, note="not signed") if on is None else Measure((view.today - on).days)


class Steps(NamedTuple):
    """How far onboarding has come."""

    done: list[tuple[date, str]]
    """Day and record of each step done."""
    overdue: int
    """Steps whose time has passed."""
    total: int
    """Steps in all."""


def onboarding_steps(view: View, begun: date) -> Steps:
    """Kinds of activity that have to happen once, and the partner's own promises due within onboarding."""
    # Promises due later belong to the plan of the first year, not to onboarding.
    due_on = begun + timedelta(days=view.signals.onboarding_days)
    firsts = [view.track.activities(kind).known(view.moment.instant)[:1] for kind in view.signals.onboarding_steps]
    promises = [(id, one) for id, one in _promises(view) if one.side is Side.PARTNER and one.due_on <= due_on]
    done = [(view.date_of(at), id) for first in firsts for at, id in first]
    done += [(one.done_on, id) for id, one in promises if one.done_on is not None]
    # A promise has its own day, a kind of activity only the end of the window: each is overdue by its own measure.
    overdue = sum(one.done_on is None and one.due_on < view.today for _, one in promises)
    # The last day of the window still counts: who does it that evening is in time.
    if view.today > due_on:
        overdue += sum(not first for first in firsts)
    return Steps(done, overdue, len(firsts) + len(promises))


def onboarding(view: View, _: Window) -> Measure:
    """Steps done, of those done or due: what is not due yet is not held against anybody, and is not done either."""
    if view.signed_on is None:
        return Measure(None, note="not signed")
    done, overdue, total = onboarding_steps(view, view.signed_on)
    evidence = tuple(id for _, id in done)
    if len(done) == total:
        return Measure(Fraction(1) if total else None, evidence, note="" if total else "no onboarding step is defined")
    if not overdue:
        return Measure(None, evidence, note=f"{len(done)} of {total} steps done, the rest is not due yet")
    return Measure(Fraction(len(done), len(done) + overdue), evidence)


def certifications(view: View, _: Window) -> Measure:
    """Certificates valid on the day: distinct people and codes, or people alone."""
    valid: list[Certification] = [one for one in view.seen(Certification) if one.is_valid(view.today)]
    alone = view.signals.one_per_person
    # A certificate without a person is the company's own, and counts as one holder.
    held = {(one.contact_id or one.partner_id, "" if alone else one.code) for one in valid}
    return Measure(len(held), tuple(one.id for one in valid))


def days_with(kind: str | None) -> Callable[[View, Window], Measure]:
    """Distinct days with an activity of a kind; None is any kind."""

    def days(view: View, window: Window) -> Measure:
        found = view.track.activities(kind).known(view.moment.instant, view.moment.after(*window))
        return Measure(len({view.date_of(at) for at, _ in found}), tuple(id for _, id in found))

    return days


# --- deals on the way


def registered(when: Callable[[DealRegistration], datetime | None]) -> Callable[[View, Window], Measure]:
    """Registered deals, each once, from the time that *when* names on: filed or approved; None leaves one out."""

    def count(view: View, window: Window) -> Measure:
        after = view.moment.after(*window)
        found: dict[object, str] = {}
        records: list[DealRegistration] = view.seen(DealRegistration)
        for one in sorted(records, key=lambda record: (record.submitted_at, record.id)):
            at = when(one)
            if at is not None and (after is None or at > after):
                # Two registrations of one deal are one deal; without a deal, account and product stand for it.
                found.setdefault(one.opportunity_id or (one.account_id, one.product), one.id)
        return Measure(len(found), tuple(found.values()))

    return count


def qualified_referrals(view: View, window: Window) -> Measure:
    """A lead that sales took on and the deal it became are one referral."""
    after = view.moment.after(*window)
    found: dict[str, tuple[datetime, str]] = {}
    leads: list[Lead] = view.seen(Lead)
    for lead in leads:
        at = lead.accepted_at or lead.converted_at
        if at is not None:
            found[lead.opportunity_id or f"lead\n{lead.id}"] = (at, lead.id)
    deals: list[Opportunity] = view.seen(Opportunity)
    for deal in deals:
        at = _qualified_at(deal, view.signals.qualified_stages)
        if at is not None:
            found[deal.id] = min((at, deal.id), found.get(deal.id, (at, deal.id)))
    kept = sorted(one for one in found.values() if after is None or one[0] > after)
    return Measure(len(kept), tuple(id for _, id in kept))


def _qualified_at(deal: Opportunity, stages: Collection[str]) -> datetime | None:
    """When a deal first reached a qualified stage, as far as its record tells."""
    # Without a history the stage of today is all that is known; it is dated from the start rather than from now.
    if not deal.history:
        return deal.created_at if deal.stage in stages else None
    return next((change.at for change in deal.history if change.stage in stages), None)


def _open(view: View) -> list[Opportunity]:
    return [deal for deal in view.seen(Opportunity) if deal.status is OpportunityStatus.OPEN]


def open_deals(view: View, _: Window) -> Measure:
    """Open deals of the partner."""
    found = _open(view)
    return Measure(len(found), tuple(deal.id for deal in found))


def pipeline(view: View, _: Window) -> Measure:
    """Amount of the open deals."""
    found = _open(view)
    amounts = [deal.amount for deal in found if deal.amount is not None]
    # A partner before its first win has no currency yet: its own deals say which it will be.
    currency = view.track.currency or (amounts[0].currency if amounts else None)
    if currency is None:
        return Measure(None, tuple(deal.id for deal in found), note="nothing says in which currency")
    total = sum(view.track.converted(amount, view.moment.instant, currency) for amount in amounts)
    blank = len(found) - len(amounts)
    note = f"{blank} without amount" if blank else ""
    return Measure(Money.from_minor(total, currency), tuple(deal.id for deal in found), note=note)


# --- plans


def _plans(view: View) -> list[JointPlan]:
    """Plans agreed by the moment; a draft is none."""
    return [plan for plan in view.seen(JointPlan) if plan.signed_on is not None]


def _promises(view: View) -> Iterator[tuple[str, Commitment]]:
    return ((plan.id, one) for plan in _plans(view) for one in plan.commitments)


def joint_plan(view: View, _: Window) -> Measure:
    """1 while a signed plan with promises of both sides is in force."""
    found = [
        plan.id
        for plan in _plans(view)
        # Promises of one side alone are a target letter, not a joint plan.
        if view.today in plan.period and {one.side for one in plan.commitments} == set(Side)
    ]
    return Measure(int(bool(found)), tuple(found))


def commitments_kept(view: View, window: Window) -> Measure:
    """Promises of both sides kept, of those that were due."""
    after = view.moment.after(*window)
    start: date | None = None if after is None else view.date_of(after)
    # What is promised for later is neither kept nor broken.
    due = [
        (id, one) for id, one in _promises(view) if one.due_on <= view.today and (start is None or one.due_on > start)
    ]
    if not due:
        return Measure(None, note="no promise was due")
    kept = sum(one.done_on is not None for _, one in due)
    return Measure(Fraction(kept, len(due)), tuple(dict.fromkeys(id for id, _ in due)))


# --- silence, and the vendor's side


def days_since_activity(view: View, _: Window) -> Measure:
    """Days since anything was heard of the partner."""
    last = view.last_event(EVENTS)
    if last is None:
        return Measure(None, note="never heard of")
    return Measure((view.today - view.date_of(last[0])).days, (last[1],))


def vendor_failures(view: View, window: Window) -> Measure:
    """Registrations refused and payouts that did not arrive."""
    after = view.moment.after(*window)
    refused: list[DealRegistration] = view.seen(DealRegistration)
    payouts: list[Payout] = view.seen(Payout)
    found = [
        (one.decided_at or one.submitted_at, one.id) for one in refused if one.status is RegistrationStatus.REJECTED
    ]
    found += [(one.settled_at or one.at, one.id) for one in payouts if one.status is not PayoutStatus.PAID]
    kept = sorted(one for one in found if after is None or one[0] > after)
    return Measure(len(kept), tuple(id for _, id in kept))
