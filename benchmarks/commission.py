"""Settling credits against a loop that builds the same ledger from precomputed numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from partnerops import Credit, Money
from partnerops.commission import CommissionPlan, GraduatedTiers, Ledger, Posting, Tier, settle
from partnerops.commission._postings import Working

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
    if full:
        del ledger
        larger = credits(count * 10)
        times = ratio(lambda: settle(larger, plan=PLAN, as_of=AS_OF), ours, rounds=1)
        found.append((f"objects: settle {count * 10:,} credits / {count:,} credits", "about 10", f"{times:.1f}"))
    return found
