"""Strategies for commission: schedules of every kind, sales, reversals and closes, with ties and late records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from attrs import frozen
from hypothesis import strategies as st

from partnerops import (
    DIRECT,
    Credit,
    Dataset,
    DealRegistration,
    Money,
    Opportunity,
    OpportunityLine,
    Partner,
    Payment,
    Reversal,
)
from partnerops.commission import (
    Basis,
    Clawback,
    CommissionPlan,
    FixedAmount,
    FlatRate,
    Full,
    GraduatedTiers,
    Incentive,
    Percent,
    ProRata,
    RateRule,
    Steps,
    Tier,
    VolumeTiers,
)
from partnerops.commission.modifiers import Cap, Floor, Guarantee, Split, Uplift, UplineOverride, Where
from partnerops.entities import Adjustment, Dispute, PeriodClose
from partnerops.periods import Period

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
PARTNERS = ("acme", "birch", "cedar")

cents = st.integers(0, 3_000_000).map(lambda minor: Decimal(minor).scaleb(-2))
rates = st.integers(0, 400).map(lambda mille: Decimal(mille).scaleb(-3))
minors = st.sampled_from([0, 1, 2, 99, 10_000, 100_000, 333_333]) | st.integers(0, 2_000_000)
moments = st.integers(0, 400 * 24).map(lambda hours: START + timedelta(hours=hours))
boundaries = st.sampled_from(["lower", "upper"])


@st.composite
def tiers(draw: st.DrawFn, *, rising: bool = False, flats: bool = True) -> list[Tier]:
    """Tiers from 0, some of them close together, some with flat amounts."""
    above = [Decimal(0), *sorted(draw(st.sets(cents.filter(bool), max_size=3)))]
    rate = draw(st.lists(rates, min_size=len(above), max_size=len(above)))
    flat = draw(st.lists(cents | st.just(Decimal(0)), min_size=len(above), max_size=len(above)))
    order = sorted if rising else list
    flat = order(flat) if flats else [Decimal(0)] * len(above)
    return [Tier(above=a, rate=r, flat=f) for a, r, f in zip(above, order(rate), flat, strict=True)]


graduated = st.builds(GraduatedTiers, tiers(), boundary=boundaries)
volume = st.builds(VolumeTiers, tiers(rising=True), boundary=boundaries)
schedules = st.one_of(graduated, volume, rates.map(FlatRate), cents.map(FixedAmount))


@frozen
class Thousands:
    """A user's schedule: a fixed amount for every full thousand."""

    each: Fraction

    def cumulative(self, attained, /):
        """A staircase."""
        return attained // 1000 * self.each


any_schedule = st.one_of(schedules, st.fractions(0, 50, max_denominator=7).map(Thousands))
clawback_schedules = st.one_of(
    st.just(Full()),
    st.fractions(0, 1, max_denominator=9).map(Percent),
    st.integers(1, 18).map(lambda months: ProRata(months=months)),
    st.just(Steps([(1, 1), (3, "1/2"), (6, "1/4")])),
)


@st.composite
def plans(draw: st.DrawFn, schedule=any_schedule, clawback=None) -> CommissionPlan:
    """Plans with every attainment and hold, most of them with clawback."""
    taking = st.builds(
        Clawback,
        within_months=st.none() | st.integers(0, 15),
        schedule=clawback_schedules,
        tier_effect=st.sampled_from(["recompute", "booked_rate"]),
    )
    return CommissionPlan(
        id="plan",
        schedule=draw(schedule),
        attainment=draw(st.sampled_from(["line", "month", "quarter", "year", "fiscal_year", "lifetime"])),
        hold_days=draw(st.sampled_from([0, 0, 1, 30, 90])),
        clawback=draw(taking | st.none() if clawback is None else clawback),
        currency="BRL",
    )


@st.composite
def recorded(draw: st.DrawFn, at: datetime) -> datetime | None:
    """When a fact was known: at once, or up to months later."""
    late = draw(st.none() | st.sampled_from([1, 24, 24 * 40, 24 * 100]))
    return None if late is None else at + timedelta(hours=late)


@st.composite
def sales(draw: st.DrawFn, max_size: int = 7, minor=minors) -> list[Credit]:
    """Credits of a few deals and parties, direct and influenced ones among them."""
    found = []
    for index in range(draw(st.integers(0, max_size))):
        at = draw(moments)
        found.append(
            Credit(
                id=f"C{index}",
                opportunity_id=f"D{draw(st.integers(0, 4))}",
                partner_id=draw(st.sampled_from([*PARTNERS, *PARTNERS, DIRECT])),
                amount=Money.from_minor(draw(minor), "BRL"),
                at=at,
                role=draw(st.sampled_from(["sourced", "sourced", "sourced", "influenced"])),
                recorded_at=draw(recorded(at)),
            )
        )
    return found


@st.composite
def reversals_of(draw: st.DrawFn, credits: list[Credit], max_size: int = 4) -> list[Reversal]:
    """Reversals of those deals and of deals that nobody knows; none larger than its sale."""
    found = []
    for index in range(draw(st.integers(0, max_size))):
        deal = f"D{draw(st.integers(0, 5))}"
        worth = max((one.amount.minor for one in credits if one.opportunity_id == deal), default=0)
        least = min((one.amount.minor for one in credits if one.opportunity_id == deal), default=500)
        if least < 1:
            continue
        at = draw(moments)
        found.append(
            Reversal(
                id=f"X{index}",
                opportunity_id=deal,
                kind=draw(st.sampled_from(["refund", "chargeback", "churn", "downgrade"])),
                amount=Money.from_minor(draw(st.integers(1, least) | st.just(min(least, worth or least))), "BRL"),
                at=at,
                recorded_at=draw(recorded(at)),
            )
        )
    return found


@st.composite
def histories(draw: st.DrawFn) -> dict[str, list]:
    """Every kind of fact but payouts, which must fit what is due."""
    credits = draw(sales())
    closes = [
        PeriodClose(id=f"K{month}", period=Period.month(2026, month), at=START + timedelta(days=31 * month + 5))
        for month in draw(st.sets(st.integers(1, 6), max_size=3))
    ]
    by_hand = [
        Adjustment(
            id=f"M{index}",
            partner_id=draw(st.sampled_from(PARTNERS)),
            amount=Money.from_minor(draw(st.integers(-5_000, 5_000)), "BRL"),
            at=draw(moments),
            reason="by hand",
        )
        for index in range(draw(st.integers(0, 2)))
    ]
    return {
        "credits": credits,
        "reversals": draw(reversals_of(credits)),
        "adjustments": by_hand,
        "closes": closes,
    }


# --- plans that say more than a schedule

EVERY = Where()
PEOPLE = [
    Partner(id="acme", name="Acme", type="reseller", parent_id="birch"),
    Partner(id="birch", name="Birch", type="distributor", parent_id="cedar"),
    Partner(id="cedar", name="Cedar", type="distributor"),
]
"""Who stands above whom."""


@st.composite
def rich_plans(draw: st.DrawFn) -> CommissionPlan:
    """Plans with everything beside the schedule, some of it at a time."""
    spif = Incentive(id="spif", schedule=FixedAmount(5), where=Where(partners=["acme"]))
    goal = Incentive(id="goal", schedule=GraduatedTiers([Tier(0, 0), Tier(50, 0, flat=9)]), attainment="quarter")
    club = Incentive(id="club", schedule=FlatRate("0.01"), attainment="lifetime", points=True)
    capped = [Uplift("0.1", where=EVERY), Uplift("0.01", "additive"), Cap(40, per="quarter"), Floor(1)]
    return draw(plans()).replace(
        basis=draw(st.sampled_from([Basis(), Basis(on="payment"), Basis(of="net", deduct="0.1")])),
        rates=draw(st.sampled_from([(), (RateRule(Where(products=["erp"]), FlatRate("0.2")),)])),
        modifiers=draw(st.sampled_from([(), capped[:2], capped, [Cap(3), Floor(2)]])),
        incentives=draw(st.lists(st.sampled_from([spif, goal, club]), unique_by=lambda one: one.id, max_size=3)),
        splits=draw(st.sampled_from([(), (Split({"cedar": "1/3"}),), (Split({"birch": "0.5"}, whole_attains=True),)])),
        overrides=draw(
            st.none()
            | st.sampled_from(
                [UplineOverride(["0.03", "0.01"]), UplineOverride(["0.1", "0.1"], reduce_base=True),
                 UplineOverride(["0.5", "0.5"], of="commission")]
            )
        ),
        guarantee=draw(
            st.none()
            | st.builds(
                Guarantee, amount=st.just(20), recoverable=st.booleans(), forgive_every=st.none() | st.just("quarter")
            )
        ),
        minimum_payout=draw(st.none() | st.just(Money.from_minor(500, "BRL"))),
    )  # fmt: skip


@st.composite
def rich_histories(draw: st.DrawFn) -> dict[str, object]:
    """Histories with payments, deals of several lines, registrations and a dispute."""
    found: dict[str, object] = dict(draw(histories()))
    credits = found["credits"]
    deals = []
    for id in sorted({one.opportunity_id for one in credits}):
        minor = sum(one.amount.minor for one in credits if one.opportunity_id == id and one.role != "influenced")
        cut = minor * draw(st.integers(0, 100)) // 100
        lines = [
            OpportunityLine(product="erp", amount=Money.from_minor(cut, "BRL")),
            OpportunityLine(product="box", amount=Money.from_minor(minor - cut, "BRL")),
        ]
        deals.append(
            Opportunity(
                id=id, stage="won", status="won", amount=Money.from_minor(minor, "BRL"), created_at=START,
                closed_at=START, lines=lines, account_id="A", recorded_at=draw(recorded(START)),
            )
        )  # fmt: skip
    filed = [
        DealRegistration(
            id="R", partner_id="acme", account_id="A", submitted_at=START, decided_at=START, status="approved",
            protected_until=draw(moments) + timedelta(hours=1),
        )
    ]  # fmt: skip
    dispute = Dispute(
        id="W", opportunity_id="D0", at=draw(moments), parties=list(PARTNERS), claim="both", status="closed",
        decided_at=START + timedelta(days=420),
    )  # fmt: skip
    found["payments"] = [
        Payment(
            id=f"P{index}", opportunity_id=f"D{draw(st.integers(0, 4))}", at=draw(moments),
            amount=Money.from_minor(draw(st.integers(1, 500_000)), "BRL"),
        )
        for index in range(draw(st.integers(0, 4)))
    ]  # fmt: skip
    found["data"] = Dataset(opportunities=deals, registrations=filed, disputes=[dispute], partners=PEOPLE)
    return found
