"""What follows a win: instalments, money taken back, the customer's answers, and a renewal."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from partnerops.entities import Opportunity, Payment, Reversal, SurveyResponse
from partnerops.money import Money
from partnerops.testing._simulator.clock import day_of, days_after, moment, month_of, months_later
from partnerops.testing._simulator.deal import Sale
from partnerops.testing._simulator.source import Source
from partnerops.testing._simulator.tables import CURRENCY, REVERSALS, SOFTWARE
from partnerops.testing._simulator.world import World


class _TakenBack(NamedTuple):
    """Revenue that a customer takes back."""

    kind: str
    on: date
    minor: int


def collect(world: World, sale: Sale) -> None:
    """Everything that follows a win."""
    if not sale.life.won or sale.deal.amount is None:
        return
    source = world.source("cash", sale.deal.id)
    total = sale.deal.amount.minor
    term = max((line.term_months or 0 for line in sale.deal.lines), default=0)
    # Twelve in a hundred: enough reversals of every kind for a clawback to be tried in a year, few enough to be
    # believed.
    back = _taken_back(sale, source, total, term) if source.chance(120) else None
    # What runs for a term is paid at once, in three or six instalments, or in as many as it has months.
    parts = source.pick((1, 2, 3)) if not term else source.pick((1, 3, 6, term))
    each, odd = divmod(total, parts)
    # The odd centavos go first, so that the instalments sum to the deal exactly.
    _pay(world, sale.deal, source, [each + odd, *[each] * (parts - 1)], back)
    if back is not None:
        reversal = Reversal(
            id=f"{sale.deal.id}-X1",
            opportunity_id=sale.deal.id,
            kind=back.kind,
            amount=Money.from_minor(back.minor, CURRENCY),
            at=moment(back.on, source),
            reason=_REASONS[back.kind],
        )
        world.add("reversals", reversal)
    _ask(world, sale, source, unhappy=back is not None)
    # Whoever got its money back is not asked to go on; whoever cut its users is.
    if term and (back is None or back.kind == "downgrade"):
        _renew(sale, source, term)


_REASONS = {
    "refund": "returned within the trial",
    "churn": "left before the term ended",
    "cancellation": "order cancelled",
    "downgrade": "fewer users",
    "non_payment": "instalments not paid",
    "chargeback": "disputed with the bank",
    "fraud": "the customer does not exist",
}


def _taken_back(sale: Sale, source: Source, total: int, term: int) -> _TakenBack:
    """What is taken back and when: the unexpired months of a churn, all of an early refund."""
    kind = source.weighted(REVERSALS)
    closed = day_of(sale.life.closes_at)
    if kind in ("churn", "downgrade") and term > 1:
        # Not in the first month and not at the end: a term that was not begun is cancelled, one that is over just
        # ends.
        months = source.between(1, term - 1)
        # By whole months, as pro-rata clawbacks count.
        unexpired = total * (term - months) // term
        share = 1000 if kind == "churn" else source.pick((250, 400, 500))
        return _TakenBack(kind, months_later(closed, months), max(1, unexpired * share // 1000))
    if kind in ("refund", "cancellation", "fraud", "churn", "downgrade"):
        share = source.pick((1000, 1000, 500, 300))
        # Without a term there is nothing to leave early: the customer gets money back.
        kind = "refund" if kind in ("churn", "downgrade") else kind
        # Within six weeks: some before the thirty days for which plans usually hold, some after, so that commissions
        # are both cancelled and recovered.
        return _TakenBack(kind, days_after(closed, source.between(3, 40)), max(1, total * share // 1000))
    return _TakenBack(
        # Money that never came, or was fetched back by a bank, shows a month or more after the first instalment.
        kind,
        days_after(closed, source.between(45, 150)),
        max(1, total * source.pick((300, 500)) // 1000),
    )


def _pay(world: World, deal: Opportunity, source: Source, instalments: list[int], back: _TakenBack | None) -> None:
    """One payment a month, some of them late; they stop when the customer leaves."""
    first = day_of(deal.history[-1].at)
    for number, minor in enumerate(instalments, 1):
        due = months_later(first, number)
        # Some pay late: plans on payments then earn in another month than plans on bookings.
        delay = source.between(1, 20) if source.chance(150) else 0
        paid_on = days_after(due, delay)
        # Nothing is paid after the customer left; a smaller contract goes on being paid.
        if minor < 1 or (back is not None and back.on <= paid_on and back.kind != "downgrade"):
            continue
        at = moment(paid_on, source)
        # Banks report some payments days later: what a month had earned must not change when they do.
        recorded = moment(days_after(paid_on, 2), source) if source.chance(60) else None
        world.add(
            "payments",
            Payment(
                id=f"{deal.id}-P{number:02}",
                opportunity_id=deal.id,
                amount=Money.from_minor(minor, CURRENCY),
                at=at,
                recorded_at=recorded,
            ),
        )


def _ask(world: World, sale: Sale, source: Source, *, unhappy: bool) -> None:
    """An NPS survey after a while, and one on the service; not everybody answers."""
    closed = day_of(sale.life.closes_at)
    served_by = sale.actor.id if sale.actor.number else None
    # A 6 is a detractor too: content customers are not all promoters, and the score lies between its ends.
    scores = {"nps": (0, 6) if unhappy else (6, 10), "csat": (1, 3) if unhappy else (3, 5)}
    # Response rates of a third and a quarter: small partners stay below the five answers that signals ask for.
    for kind, per_mille in (("nps", 350), ("csat", 250)):
        if source.chance(per_mille):
            world.add(
                "surveys",
                SurveyResponse(
                    id=f"{sale.deal.id}-{kind}",
                    kind=kind,
                    score=source.between(*scores[kind]),
                    at=moment(days_after(closed, source.between(30, 80)), source, 8, 21),
                    account_id=sale.deal.account_id,
                    partner_id=served_by,
                ),
            )


def _renew(sale: Sale, source: Source, term: int) -> None:
    """Note when to ask the customer to go on, six weeks before the end of the term."""
    if sale.deal.account_id is None or not source.chance(800):
        return
    ends = months_later(day_of(sale.life.closes_at), term)
    # Before the end by nearly as long as a sale takes: a renewal closes about when the term ends.
    asks = days_after(ends, -45)
    codes = [product.code for product in SOFTWARE]
    product = codes.index(sale.deal.lines[0].product)
    sale.actor.renewals.setdefault(month_of(asks), []).append((sale.deal.account_id, asks, product))
