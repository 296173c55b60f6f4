"""Strategies for the metrics: whole programmes of one currency within six months, and every KPI ready to be asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from hypothesis import strategies as st

from partnerops import DIRECT, Calendar, Dataset, Money, Period
from partnerops.entities import (
    Account,
    Activity,
    Credit,
    DealRegistration,
    Lead,
    Opportunity,
    OpportunityLine,
    Partner,
    PartnerInvolvement,
    ProgramCost,
    Reversal,
    StageChange,
    SurveyResponse,
    Target,
    TierMembership,
    Touchpoint,
)
from partnerops.metrics import CATALOGUE, MetricValue

STAGES = ("qualified", "demo", "offer")
PARTNERS = ("acme", "birch", "cedar")
ORIGINS = ("direct", "partner", "affiliate", None)
CALENDARS = (Calendar(), Calendar("America/Sao_Paulo"))
PERIODS = (*(Period.month(2026, month) for month in range(1, 7)), Period.quarter(2026, 1), Period.week(2026, 10))

KINDS = ("refund", "churn", "downgrade", "cancellation")
DEALS = ("D-0", "D-1", "D-2")

instants = st.builds(
    lambda day, hour: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, hours=hour),
    st.integers(0, 180),
    st.sampled_from([0, 1, 2, 3, 12, 23]),
)
calendars = st.sampled_from(CALENDARS)
periods = st.sampled_from(PERIODS)
groups = st.sampled_from(
    ["route", "origin", "partner", "partner_type", "region", "segment", "tier", "owner", "pipeline", "channel"]
)


class Maker:
    """Draws one programme from a seed: a hundred times faster than choice by choice, at the price of shrinking."""

    def __init__(self, seed: int, most: int) -> None:
        self.random = Random(seed)
        self.most = most

    def one(self, *values: Any) -> Any:
        """One of these."""
        return self.random.choice(values)

    def at(self, count: int = 1) -> list[datetime]:
        """Instants in order, at hours around midnight, where a date hangs on the calendar."""
        days, hours = range(181), (0, 1, 2, 3, 12, 23)
        return sorted(
            datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=self.one(*days), hours=self.one(*hours))
            for _ in range(count)
        )

    def money(self, least: int = 0) -> Money:
        """Round, odd or nothing."""
        return Money.from_minor(max(least, self.one(0, 1, 99, 1200, 100_000, self.random.randrange(10**7))), "BRL")

    def party(self) -> str | None:
        """A partner, the vendor or nobody."""
        return self.one(*PARTNERS, DIRECT, None)

    def fact(self) -> dict[str, Any]:
        """When something happened, and when it was recorded."""
        return {"at": self.at()[0], "recorded_at": self.one(None, None, self.at()[0])}

    def many(self, letter: str, make: Callable[[str], Any]) -> list[Any]:
        """Some records."""
        return [make(f"{letter}-{n}") for n in range(self.random.randint(0, self.most))]

    def lines(self) -> list[OpportunityLine]:
        """Up to three lines, recurring or not."""
        kinds = [self.one("recurring", "one_off") for _ in range(self.random.randint(0, 3))]
        return [
            OpportunityLine(
                product=self.one("erp", "bank"), amount=self.money(), revenue=kind,
                term_months=self.one(1, 3, 12) if kind == "recurring" else None,
                motion=self.one("new", "expansion", "cross_sell", "renewal"),
            )
            for kind in kinds
        ]  # fmt: skip

    def deal(self, id: str) -> Opportunity:
        """Open, won or lost, with and without history and lines, some recorded late."""
        times = self.at(5)
        status = self.one("open", "won", "won", "lost")
        lines = self.lines() if status == "won" else []
        amount = Money.total(one.amount for one in lines) if lines else self.money()
        if status != "won":
            amount = self.one(amount, None)
        history: list[StageChange] = []
        if self.one(True, False):
            # An amount may change within a stage, and a deal may come back to an earlier one.
            walk = [self.one(*STAGES) for _ in range(self.random.randint(1, 3))]
            history = [StageChange(stage=stage, at=at) for stage, at in zip(walk, times, strict=False)]
            if status != "open":
                history.append(StageChange(stage=status, status=status, at=times[-1], amount=amount))
        return Opportunity(
            id=id, status=status, created_at=times[0], closed_at=None if status == "open" else times[-1],
            stage=history[-1].stage if history else "demo", amount=amount, lines=lines, history=history,
            origin=self.one(*ORIGINS), partner_id=self.party(), account_id=self.one("A-1", "A-2", "A-3", None),
            owner_id=self.one("ana", "rui", None), pipeline=self.one("default", "renewals"),
            recorded_at=self.one(None, None, self.at()[0]),
        )  # fmt: skip

    def partner(self, id: str) -> Partner:
        """Recruited, signed and perhaps gone."""
        recruited, signed, ended = (at.date() for at in self.at(3))
        return Partner(
            id=id, name=id, type=self.one("reseller", "referral"), region=self.one("south", None),
            segment=self.one("retail", None), recruited_on=self.one(recruited, None), signed_on=self.one(signed, None),
            ended_on=self.one(ended, None),
        )  # fmt: skip

    def lead(self, id: str) -> Lead:
        """Open, accepted, refused or converted into one of the deals."""
        created, accepted, decided = self.at(3)
        end: dict[str, Any] = self.one(
            {},
            {"rejected_at": decided, "reject_reason": "no budget"},
            {"rejected_at": decided, "reject_reason": "too small"},
            {"converted_at": decided, "opportunity_id": f"D-{id[2:]}"},
        )
        return Lead(
            id=id, created_at=created, accepted_at=self.one(accepted, None), origin=self.one(*ORIGINS),
            channel=self.one("event", "search", None), partner_id=self.party(), owner_id=self.one("ana", "rui", None),
            **end,
        )  # fmt: skip

    def registration(self, id: str) -> DealRegistration:
        """Waiting, approved or refused."""
        filed, decided = self.at(2)
        end: dict[str, Any] = self.one(
            {},
            {"status": "approved", "decided_at": decided, "protected_until": decided + timedelta(days=30)},
            {"status": "rejected", "decided_at": decided},
        )
        return DealRegistration(
            id=id, partner_id=self.one(*PARTNERS), submitted_at=filed, opportunity_id=self.one(*DEALS), **end
        )

    def touch(self, id: str) -> Touchpoint:
        """Of a deal or of a lead."""
        of: dict[str, Any] = self.one({"opportunity_id": self.one(*DEALS)}, {"lead_id": self.one("L-0", "L-1")})
        return Touchpoint(id=id, partner_id=self.one(*PARTNERS, DIRECT), kind="demo", **of, **self.fact())

    def cost(self, id: str) -> ProgramCost:
        """Of a channel, a partner or the programme."""
        return ProgramCost(
            id=id, amount=self.money(), incurred_on=self.at()[0].date(), origin=self.one(*ORIGINS),
            category=self.one("recruitment", "marketing"), partner_id=self.one(*PARTNERS, None),
        )  # fmt: skip

    def target(self, id: str) -> Target:
        """Of a partner, an executive, everybody or nobody."""
        return Target(
            id=id, owner_id=self.one(*PARTNERS, "programme", "ana", "nobody"), metric="won_revenue",
            period=self.one(*PERIODS), value=self.money(), recorded_at=self.one(None, self.at()[0]),
        )  # fmt: skip

    def tier(self, id: str) -> TierMembership:
        """From some day on."""
        return TierMembership(
            id=id, partner_id=self.one(*PARTNERS), tier=self.one("gold", "silver"), effective_from=self.at()[0].date()
        )

    def account(self, id: str) -> Account:
        """Of some origin, or of none on record."""
        return Account(id=id, name=id, origin=self.one(*ORIGINS), originated_by=self.party())

    def reversal(self, id: str) -> Reversal:
        """Of one of the deals."""
        kind, deal = self.one(*KINDS), self.one(*DEALS)
        return Reversal(id=id, kind=kind, amount=self.money(1), opportunity_id=deal, **self.fact())

    def credit(self, id: str) -> Credit:
        """Sourced or influenced."""
        party, role, deal = self.one(*PARTNERS, DIRECT), self.one("sourced", "influenced"), self.one(*DEALS)
        return Credit(id=id, partner_id=party, role=role, amount=self.money(), opportunity_id=deal, **self.fact())

    def involvement(self, id: str) -> PartnerInvolvement:
        """With and without a word on the vendor's help."""
        return PartnerInvolvement(
            id=id, partner_id=self.one(*PARTNERS), role=self.one("sourced", "influenced"),
            assistance=self.one("none", "full", None), opportunity_id=self.one(*DEALS), **self.fact(),
        )  # fmt: skip

    def activity(self, id: str) -> Activity:
        """A training."""
        return Activity(id=id, partner_id=self.one(*PARTNERS), kind="training", **self.fact())

    def survey(self, id: str) -> SurveyResponse:
        """An answer of a customer."""
        score, account = self.one(*range(11)), self.one("A-1", "A-2", "A-3")
        return SurveyResponse(id=id, kind="nps", score=score, account_id=account, **self.fact())

    def programme(self) -> Dataset:
        """A programme with some of everything."""
        return Dataset(
            partners=[self.partner(id) for id in PARTNERS],
            accounts=[self.account(id) for id in ("A-1", "A-2")],  # A-3 is on deals, but on no file
            opportunities=self.many("D", self.deal),
            leads=self.many("L", self.lead),
            reversals=self.many("X", self.reversal),
            credits=self.many("C", self.credit),
            involvements=self.many("I", self.involvement),
            touchpoints=self.many("T", self.touch),
            activities=self.many("V", self.activity),
            surveys=self.many("Y", self.survey),
            costs=self.many("G", self.cost),
            targets=self.many("Q", self.target),
            tiers=self.many("N", self.tier),
            registrations=self.many("R", self.registration),
        )


def channels(most: int = 6) -> st.SearchStrategy[Dataset]:
    """Programmes of up to so many records of a kind."""
    return st.builds(lambda seed, size: Maker(seed, size).programme(), st.integers(0, 2**32), st.integers(0, most))


def sellers() -> st.SearchStrategy[Dataset]:
    """Thirty deals and a few reversals: enough that most months begin with customers who pay."""

    def made(seed: int) -> Dataset:
        maker = Maker(seed, 0)
        return Dataset(
            opportunities=[maker.deal(f"D-{n}") for n in range(30)],
            reversals=[maker.reversal(f"X-{n}") for n in range(3)],
        )

    return st.builds(made, st.integers(0, 2**32))


STAGE_OPTIONS = {"stage": "demo", "order": STAGES}
OPTIONS: dict[str, dict[str, Any]] = {
    "origin_share": {"origin": "partner"},
    "motion_revenue": {"motion": "expansion"},
    "stage_conversion": STAGE_OPTIONS,
    "stage_conversion_in_period": STAGE_OPTIONS,
    "acquisition_payback": {"margin": "0.7"},
    "lifetime_value": {"margin": "0.7"},
    "discounted_lifetime_value": {"margin": "0.7", "discount": "0.01"},
    "finite_lifetime_value": {"margin": "0.7", "discount": "0.01", "periods": 12},
    "lifetime_value_to_cost": {"margin": "0.7"},
    "target_hit_rate": {"owner": "acme", "metric": "won_revenue"},
    "mean_attainment": {"owner": "acme", "metric": "won_revenue"},
}
"""Arguments that a KPI cannot do without."""

KPIS: dict[str, Callable[..., MetricValue]] = {
    id: partial(one.measure, **OPTIONS.get(id, {})) for id, one in CATALOGUE.items()
}
"""Every KPI of the catalogue, ready to be asked."""


def fits(id: str, period: Period) -> Period:
    """A period that the KPI takes: lifetime values want whole months."""
    return Period.quarter(2026, 1) if CATALOGUE[id].home == "lifetime" else period
