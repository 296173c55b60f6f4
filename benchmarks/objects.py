"""Object verbs against a loop that builds the same result objects from precomputed numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from partnerops import DIRECT, Credit, Dataset, Money, Opportunity, Touchpoint
from partnerops.attribution import Attribution, Linear, attribute_all

START = datetime(2026, 1, 1, tzinfo=UTC)
CLOSE = datetime(2026, 3, 31, tzinfo=UTC)
PARTIES = ("acme", "birch", "cedar", DIRECT)


def dataset(deals: int, touches: int = 5) -> Dataset:
    """Won deals with touches spread over four parties, reproducibly and without randomness."""
    return Dataset(
        opportunities=[
            Opportunity(
                id=f"D-{n}", amount=Money.from_minor(10_000 + n * 37 % 90_001, "BRL"), stage="won", status="won",
                created_at=START, closed_at=CLOSE,
            )
            for n in range(deals)
        ],
        touchpoints=[
            Touchpoint(
                id=f"T-{n}-{k}", opportunity_id=f"D-{n}", partner_id=PARTIES[(n * 7 + k * k) % 4], kind="demo",
                at=START + timedelta(hours=(n * 13 + k * 29) % 2000),
            )
            for n in range(deals)
            for k in range(touches)
        ],
    )  # fmt: skip


def rebuild(results: tuple[Attribution, ...]) -> list[Attribution]:
    """The floor: the same objects again, every number and string in them already known."""
    return [
        Attribution(
            case=one.case,
            policy=one.policy,
            credits=tuple(
                Credit(
                    id=c.id, opportunity_id=c.opportunity_id, partner_id=c.partner_id,
                    amount=Money.from_minor(c.amount.minor, "BRL"), at=c.at, share=c.share, because=c.because,
                    policy=c.policy, touch_ids=c.touch_ids,
                )
                for c in one.credits
            ),
            unattributed=Money.from_minor(one.unattributed.minor, "BRL"),
            answer=one.answer,
        )
        for one in results
    ]  # fmt: skip


def rows(ratio: Callable[..., float], deals: int = 100_000) -> list[tuple[str, str, str]]:
    """The rows of this file."""
    data = dataset(deals)

    def ours() -> tuple[Attribution, ...]:
        # A new dataset each time: its indexes are part of the work.
        return attribute_all(data.replace(), policy=Linear(), as_of=CLOSE)

    results = ours()
    measured = ratio(ours, lambda: rebuild(results))
    smaller = data.replace(opportunities=data.opportunities[: deals // 10], touchpoints=data.touchpoints[: deals // 2])
    growth = ratio(ours, lambda: attribute_all(smaller.replace(), policy=Linear(), as_of=CLOSE), rounds=3)
    return [
        (
            f"objects: attribute {deals:,} deals of 5 touches (linear) / building the results",
            "<= 2.5",
            f"{measured:.2f}",
        ),
        (f"objects: {deals:,} deals / {deals // 10:,} deals", "about 10", f"{growth:.1f}"),
    ]
