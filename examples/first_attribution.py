"""A won quarter under six attribution policies, side by side: who earned the credit, to the cent, and why."""

import sys
from datetime import UTC, date, datetime

from partnerops import DIRECT, UNATTRIBUTED, Dataset, DealRegistration, Money, Opportunity, Partner, Touchpoint
from partnerops.attribution import (
    Attribution,
    AttributionPolicy,
    FirstTouch,
    LastTouch,
    Linear,
    PositionBased,
    RegistrationFirst,
    TimeDecay,
    attribute_all,
)

AS_OF = date(2026, 3, 31)
POLICIES: dict[str, AttributionPolicy] = {
    "first": FirstTouch(),
    "last": LastTouch(),
    "linear": Linear(),
    "40/20/40": PositionBased(),
    "decay 7 days": TimeDecay(half_life_days=7),
    "registered": RegistrationFirst(Linear()),
}


def on(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def won(id: str, amount: str, opened: datetime, closed: datetime) -> Opportunity:
    money = Money(amount, "BRL")
    return Opportunity(id=id, stage="won", status="won", amount=money, created_at=opened, closed_at=closed)


def touches(deal: str, *seen: tuple[str, str, datetime]) -> list[Touchpoint]:
    return [
        Touchpoint(id=f"{deal}.{number}", opportunity_id=deal, partner_id=party, kind=kind, at=at)
        for number, (party, kind, at) in enumerate(seen, start=1)
    ]


def programme() -> Dataset:
    return Dataset(
        partners=[
            Partner(id="acme", name="Acme", type="reseller"),
            Partner(id="birch", name="Birch", type="referral"),
            Partner(id="cedar", name="Cedar", type="integrator"),
        ],
        opportunities=[
            won("D-1", "18000.00", on(1, 8), on(2, 20)),
            won("D-2", "7500.50", on(1, 15), on(3, 2)),
            won("D-3", "999.99", on(2, 3), on(3, 17)),
            won("D-4", "2400.00", on(2, 11), on(3, 30)),
        ],
        touchpoints=[
            *touches("D-1", ("birch", "referral", on(1, 8)), (DIRECT, "call", on(1, 22)), ("acme", "demo", on(2, 12))),
            *touches("D-2", ("acme", "campaign", on(1, 15)), ("cedar", "workshop", on(2, 26))),
            *touches(
                "D-3",
                ("cedar", "event", on(2, 3)),
                ("birch", "referral", on(2, 10)),
                (DIRECT, "demo", on(3, 3)),
                ("birch", "meeting", on(3, 16)),
            ),
        ],
        registrations=[
            DealRegistration(
                id="R-1",
                opportunity_id="D-1",
                partner_id="acme",
                status="approved",
                submitted_at=on(1, 9),
                decided_at=on(1, 12),
                protected_until=on(4, 12),
            )
        ],
    )


def credit_of(party: str, attributions: tuple[Attribution, ...]) -> Money:
    if party == UNATTRIBUTED:
        return Money.total([one.unattributed for one in attributions], "BRL")
    earned = [credit.amount for one in attributions for credit in one.credits if credit.partner_id == party]
    return Money.total(earned, "BRL")


def main() -> None:
    if len(sys.argv) > 1:
        sys.exit("this example brings its own data and reads none")
    data = programme()
    data.check().raise_for_faults()
    results = {name: attribute_all(data, policy=policy, as_of=AS_OF) for name, policy in POLICIES.items()}
    booked = Money.total([deal.amount for deal in data.opportunities if deal.amount], "BRL")

    print(f"Won by {AS_OF}: {len(data.opportunities)} deals, {booked:,}. Who earned them?\n")
    print(f"{'party':<13}" + "".join(f"{name:>13}" for name in results))
    parties = [*(partner.id for partner in data.partners), DIRECT, UNATTRIBUTED]
    for party in parties:
        amounts = [credit_of(party, attributions) for attributions in results.values()]
        print(f"{party:<13}" + "".join(f"{amount.amount:>13,}" for amount in amounts))
    totals = [Money.total([credit_of(party, one) for party in parties]) for one in results.values()]
    print(f"{'-' * 13 * (1 + len(results))}")
    print(f"{'all':<13}" + "".join(f"{total.amount:>13,}" for total in totals))

    print("\nEvery column sums to the same cent. D-4 has no touch, so nobody earned it, in plain sight.\n")
    print("Why, for D-3 under 40/20/40 and D-1 under registration first:\n")
    for line in results["40/20/40"][2].lines:
        print(f"  {line.touch_id}  {line.partner_id:<7}{line.amount:>12,}  {line.because}")
    for credit in results["registered"][0].credits:
        print(f"  {credit.opportunity_id}    {credit.partner_id:<7}{credit.amount:>12,}  {credit.because}")


if __name__ == "__main__":
    main()
