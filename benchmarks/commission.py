"""Settling credits against a loop that builds the same ledger from precomputed numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from partnerops import Credit, Dataset, DealRegistration, Money, Opportunity, OpportunityLine
from partnerops.commission import CommissionPlan, FlatRate, GraduatedTiers, Ledger, Posting, RateRule, Tier, settle
from partnerops.commission._postings import Working
from partnerops.commission.modifiers import Cap, Split, Uplift, Where

START = datetime(2025, 1, 1, tzinfo=UTC)
AS_OF = datetime(2026, 6, 30, tzinfo=UTC)
PARTNERS = 200
PLAN = CommissionPlan(
    id="gold-2026",
    schedule=GraduatedTiers(
        [Tier(above=0, rate="0.08"), Tier(above=50_000, rate="0.10"), Tier(above=250_000, rate="0.125")]
    ),
    attainment="quarter",
    hold_days=30,
)


def credits(count: int) -> list[Credit]:
    """Sales of many partners over a year, reproducibly and without randomness."""
    return [
        Credit(
            id=f"C-{n}", opportunity_id=f"D-{n}", partner_id=f"P-{n * 7919 % PARTNERS}",
            amount=Money.from_minor(10_000 + n * 7907 % 5_000_011, "BRL"),
            at=START + timedelta(minutes=n * 15_485_863 % (365 * 1440)),
        )
        for n in range(count)
    ]  # fmt: skip


MODIFIED = PLAN.replace(
    rates=[RateRule(Where(products=["erp"]), FlatRate("0.12"))],
    modifiers=[Uplift("0.2"), Cap(50_000, per="quarter")],
    splits=[Split({"P-1": "0.25"}, where=Where(partners=["P-2", "P-3"]))],
)
"""What programmes add most: a rate by product, an uplift for registered deals, a cap a period, a split."""


def around(sales: list[Credit]) -> Dataset:
    """Their deals, every second one of two products, and a registration for every third."""
    deals, filed = [], []
    for n, one in enumerate(sales):
        third = one.amount.minor // 3
        parts = [("erp", third), ("box", one.amount.minor - third)] if n % 2 else [("erp", one.amount.minor)]
        lines = [OpportunityLine(product=code, amount=Money.from_minor(minor, "BRL")) for code, minor in parts]
        deals.append(
            Opportunity(
                id=one.opportunity_id, stage="won", status="won", amount=one.amount, lines=lines, closed_at=one.at,
                created_at=START - timedelta(days=90),
            )
        )  # fmt: skip
        if not n % 3:
            filed.append(
                DealRegistration(
                    id=f"R-{n}", partner_id=one.partner_id, opportunity_id=one.opportunity_id, status="approved",
                    submitted_at=START - timedelta(days=60), decided_at=START - timedelta(days=60),
                    protected_until=START + timedelta(days=500),
                )
            )  # fmt: skip
    return Dataset(opportunities=deals, registrations=filed)


def rebuild(ledger: Ledger) -> Ledger:
    """The floor: the same objects again, every number and string in them already known."""
    postings = []
    for one in ledger.postings:
        w = one.working
        postings.append(
            Posting(
                key=one.key, kind=one.kind, partner_id=one.partner_id, source_id=one.source_id, line_id=one.line_id,
                debit=one.debit, credit=one.credit, amount=Money.from_minor(one.amount.minor, "BRL"),
                effective_on=one.effective_on, posted_on=one.posted_on, policy=one.policy,
                working=None if w is None else Working(w.before, w.after, w.period, w.rules), note=one.note,
            )
        )  # fmt: skip
    return Ledger(as_of=ledger.as_of, postings=postings, currency=ledger.currency)


def rows(ratio: Callable[..., float], count: int = 100_000, *, full: bool = False) -> list[tuple[str, str, str]]:
    """The rows of this file."""
    sales = credits(count)

    def ours() -> Ledger:
        return settle(sales, plan=PLAN, as_of=AS_OF)

    ledger = ours()
    measured = ratio(ours, lambda: rebuild(ledger))
    smaller = sales[: count // 10]
    growth = ratio(ours, lambda: settle(smaller, plan=PLAN, as_of=AS_OF), rounds=3)
    found = [
        (f"objects: settle {count:,} credits (graduated, held) / building the ledger", "<= 3", f"{measured:.2f}"),
        (f"objects: settle {count:,} credits / {count // 10:,} credits", "about 10", f"{growth:.1f}"),
    ]
    found += modified(ratio, sales[: count // 5])
    if full:
        del ledger
        larger = credits(count * 10)
        times = ratio(lambda: settle(larger, plan=PLAN, as_of=AS_OF), ours, rounds=1)
        found.append((f"objects: settle {count * 10:,} credits / {count:,} credits", "about 10", f"{times:.1f}"))
    return found


def modified(ratio: Callable[..., float], sales: list[Credit]) -> list[tuple[str, str, str]]:
    """Plans that say more than a schedule: every second sale then has two lines, so 1.5 lines are settled for one."""
    data, fewer = around(sales), sales[: len(sales) // 10]

    def ours() -> Ledger:
        return settle(sales, plan=MODIFIED, data=data, as_of=AS_OF)

    what = f"objects: settle {len(sales):,} credits (product rate, uplift, cap, split)"
    times = ratio(ours, lambda: settle(sales, plan=PLAN, as_of=AS_OF), rounds=3)
    growth = ratio(ours, lambda: settle(fewer, plan=MODIFIED, data=data, as_of=AS_OF), rounds=3)
    return [
        (f"{what} / the schedule alone", "watched", f"{times:.1f}"),
        (f"{what} / {len(fewer):,} credits", "about 10", f"{growth:.1f}"),
    ]
