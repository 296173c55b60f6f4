"""The scorecard over a large programme, against reading its records once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from partnerops import DIRECT, Account, Dataset, Lead, Money, Opportunity, OpportunityLine, Partner, Period, Touchpoint
from partnerops.metrics import Scorecard, scorecard

START = datetime(2024, 1, 1, tzinfo=UTC)
PARTIES = ("acme", "birch", "cedar", DIRECT)
AS_OF = date(2025, 12, 31)
MONTH = Period.month(2025, 11)
TOUCHES = 10


def dataset(deals: int) -> Dataset:
    """Two years of deals, one in three won, one in six open, each with a lead and ten touches; without randomness."""

    def deal(n: int) -> Opportunity:
        created = START + timedelta(hours=n * 7919 % 15_000)
        status = "open" if n % 6 == 5 else "won" if n % 3 == 0 else "lost"
        amount = Money.from_minor(120_000 + n * 37 % 90_001, "BRL")
        return Opportunity(
            id=f"D-{n}", stage=status, status=status, amount=amount, created_at=created,
            closed_at=None if status == "open" else created + timedelta(days=n % 90), account_id=f"A-{n // 2}",
            origin="direct" if n % 4 == 3 else "partner", partner_id=PARTIES[n % 4], owner_id=f"exec-{n % 12}",
            lines=[OpportunityLine(product="erp", amount=amount, revenue="recurring", term_months=12)],
        )  # fmt: skip

    opportunities = [deal(n) for n in range(deals)]
    return Dataset(
        partners=[Partner(id=id, name=id, type="reseller", signed_on=date(2024, 1, 1)) for id in PARTIES[:3]],
        accounts=[Account(id=f"A-{n}", name=f"A-{n}") for n in range(deals // 2 + 1)],
        opportunities=opportunities,
        leads=[
            Lead(
                id=f"L-{n}", created_at=one.created_at, converted_at=one.created_at, opportunity_id=one.id,
                origin=one.origin,
            )
            for n, one in enumerate(opportunities)
        ],
        touchpoints=[
            Touchpoint(
                id=f"T-{n}-{k}", opportunity_id=one.id, partner_id=PARTIES[(n + k) % 4], kind="demo",
                at=one.created_at + timedelta(hours=k),
            )
            for n, one in enumerate(opportunities)
            for k in range(TOUCHES)
        ],
    )  # fmt: skip


def ours(data: Dataset) -> Scorecard:
    """A new dataset each time: its indexes are part of the work."""
    return scorecard(data.replace(), MONTH, as_of=AS_OF)


def rows(ratio: Callable[..., float], deals: int = 100_000) -> list[tuple[str, str, str]]:
    """The rows of this file."""
    data, smaller = dataset(deals), dataset(deals // 10)
    # The floor: what was known at the moment, record by record, which any honest KPI has to find out.
    measured = ratio(lambda: ours(data), lambda: data.as_of(AS_OF), rounds=3)
    growth = ratio(lambda: ours(data), lambda: ours(smaller), rounds=3)
    size = f"{deals:,} deals, {deals * TOUCHES:,} touches"
    return [
        (f"metrics: scorecard of {size} / the view of the dataset at the moment", "<= 10", f"{measured:.2f}"),
        (f"metrics: scorecard of {size} / of a tenth", "about 10", f"{growth:.1f}"),
    ]
