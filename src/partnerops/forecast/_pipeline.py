"""One table of all deals, direct and via partners: where each stands, what it is worth and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Final

from attrs import field, frozen

from partnerops._attrs import Value, to_tuple
from partnerops._render import Printable, percent, plural
from partnerops._zones import local_clock
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, Partner, RevenueKind
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.forecast._keys import stage_of
from partnerops.forecast._movement import pushes
from partnerops.forecast._probability import Probability
from partnerops.forecast._rounding import spread
from partnerops.forecast._stages import StageDefinition, StageKind, Stages
from partnerops.forecast._wrappers import days_in_stage
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar

LATE: Final = Fraction(1, 2)
"""Advance from which on a deal should have a document on file."""
PUSHED: Final = 3
"""Moves of the expected close to a later month from which on nobody should believe it."""


class Hygiene(StrEnum):
    """Something about an open deal that makes its numbers doubtful; a warning, never a reason to drop it."""

    OVERDUE = "overdue"
    """Its expected close has passed."""
    UNSCHEDULED = "unscheduled"
    """It has no expected close."""
    NO_AMOUNT = "no_amount"
    """Nobody has put an amount on it."""
    NO_EVIDENCE = "no_evidence"
    """It is half way or further, without any document on file."""
    STALE = "stale"
    """It has sat in its stage for longer than deals do that close."""
    PUSHED = "pushed"
    """Its expected close has been moved to a later month three times or more."""
    UNKNOWN_STAGE = "unknown_stage"
    """Its stage is not one of the pipeline's."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


@frozen(kw_only=True)
class PipelineRow(Value):
    """One deal in the unified pipeline."""

    opportunity: Opportunity = field(repr=False)
    """The deal as it stood; its status and stage follow from its history."""
    label: str
    """Its stage in words."""
    canonical: str
    """Its stage in the common pipeline; the stage itself where none is given."""
    partner_profile: str | None
    """Type of its partner."""
    advance: Fraction | None
    """How far it has come, from 0 to 1, which is not its chance; None where it cannot be told."""
    one_off: Money | None
    """Its one-off part; all of it where there are no lines."""
    recurring: Money | None
    """Its recurring part, over the whole terms."""
    probability: Probability | None
    """Its chance, where a rate was given; 1 for a won deal, 0 for a lost one."""
    weighted: Money | None
    """Amount x chance, rounded so that the open deals' sum is exact."""
    age_days: int
    """Whole days since its creation, to its close where it is closed."""
    days_in_stage: int
    """Whole days in its stage; to its close where it is closed."""
    warnings: tuple[Hygiene, ...]
    """What makes it doubtful; empty for a closed deal."""

    @property
    def opportunity_id(self) -> str:
        """The deal's id."""
        return self.opportunity.id

    @property
    def amount(self) -> Money | None:
        """The deal's amount."""
        return self.opportunity.amount


def _to_rows(values: Iterable[PipelineRow]) -> tuple[PipelineRow, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Pipeline(Value, Printable):
    """
    All deals in one table, by id; direct and indirect add up because they are in it together.

    `open_pipeline` is the whole amount of the open deals, `weighted_pipeline` the same by chance: two names for two
    numbers, and neither is the forecast of a period.
    """

    as_of: datetime
    """The moment it is seen from, in UTC."""
    currency: str
    """Code of ISO 4217; empty where no deal has an amount."""
    rows: tuple[PipelineRow, ...] = field(converter=_to_rows, repr=False)
    """One for each deal."""

    @property
    def open_rows(self) -> tuple[PipelineRow, ...]:
        """The deals still to be decided."""
        return tuple(row for row in self.rows if row.opportunity.is_open)

    @property
    def open_pipeline(self) -> Money:
        """Whole amount of the open deals; those without one add nothing."""
        return Money.total([row.amount for row in self.open_rows if row.amount is not None], self.currency)

    @property
    def weighted_pipeline(self) -> Money:
        """Amount x chance of the open deals, rounded once."""
        return Money.total([row.weighted for row in self.open_rows if row.weighted is not None], self.currency)

    @property
    def warnings(self) -> Mapping[Hygiene, int]:
        """How many open deals have each warning."""
        return Counter(warning for row in self.rows for warning in row.warnings)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each deal, with every column of the unified pipeline."""
        return [
            {
                "opportunity_id": row.opportunity_id,
                "origin": row.opportunity.origin,
                "partner_id": row.opportunity.partner_id,
                "partner_profile": row.partner_profile,
                "stage": row.opportunity.stage,
                "canonical": row.canonical,
                "status": row.opportunity.status.value,
                "label": row.label,
                "expected_close": row.opportunity.expected_close,
                "amount": row.amount,
                "one_off": row.one_off,
                "recurring": row.recurring,
                "percent_advance": row.advance,
                "probability": None if row.probability is None else row.probability.value,
                "weighted": row.weighted,
                "evidence": row.opportunity.documents,
                "age_days": row.age_days,
                "days_in_stage": row.days_in_stage,
                "warnings": tuple(warning.value for warning in row.warnings),
            }
            for row in self.rows
        ]

    def _headline(self) -> str:
        if not self.currency:
            return f"pipeline of {plural(len(self.rows), 'deal', 'deals')} as of {self.as_of:%Y-%m-%d}"
        words = ", ".join(f"{warning.value} {count:,}" for warning, count in sorted(self.warnings.items()))
        return (
            f"pipeline of {plural(len(self.open_rows), 'open deal', 'open deals')} as of {self.as_of:%Y-%m-%d}: "
            f"{self.open_pipeline:,}, weighted {self.weighted_pipeline:,}; warnings: {words or 'none'}"
        )

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "deal": row.opportunity_id,
                "origin": row.opportunity.origin or "unknown",
                "partner": row.opportunity.partner_id,
                "status": row.label,
                "expected close": row.opportunity.expected_close,
                "amount": row.amount,
                "advance": "" if row.advance is None else percent(row.advance, 0),
                "chance": "" if row.probability is None else percent(row.probability.value),
                "warnings": " ".join(row.warnings),
            }
            for row in self.open_rows
        ]


Rate = Callable[[Opportunity], Probability]
"""The chance that a deal is ever won, such as `WinRate.rate` or `StageWeighted.rate`."""


def unify(
    data: Dataset,
    *,
    stages: Stages | Mapping[str, Stages],
    as_of: datetime | date,
    rate: Rate | None = None,
    stale_limits: Mapping[str, int] | None = None,
    language: str = "en",
    calendar: Calendar | None = None,
) -> Pipeline:
    """
    All deals known at *as_of* in one table, direct and via partners.

    *stages* says how the pipelines run: one for all, or one for each pipeline by name. A deal in a stage that is not
    among them keeps its row, with a warning. *rate* gives each open deal's chance to be won at all, such as the `rate`
    of a win rate or of stage weights; *stale_limits* the days after which a stage is stale, see
    `fitting.fit_stale_limits`.

    Raises:
        InvalidValue: Something that is no `Stages`.
        CurrencyMismatch: Amounts in two currencies.

    Source: F1, F2, F3 and F25 of the forecast reference.
    """
    calendar = calendar or UTC_CALENDAR
    moment = calendar.instant(as_of)
    now = local_clock(moment, calendar.zone)
    views = {deal.id: view for deal in data.opportunities if (view := deal.as_of(moment, now.date())) is not None}
    deals = [views[id] for id in sorted(views)]
    codes = sorted({deal.amount.currency for deal in deals if deal.amount is not None})
    if len(codes) > 1:
        raise CurrencyMismatch("put in one pipeline", codes[0], codes[1])
    profiles = {partner.id: partner.type for partner in data.all(Partner)}
    chances = {deal.id: _chance(deal, rate) for deal in deals}
    weighted = _weighted(deals, chances)
    rows = [
        _row(
            deal,
            _stages_of(stages, deal),
            now,
            profile=profiles.get(deal.partner_id or ""),
            probability=chances[deal.id],
            weighted=weighted.get(deal.id),
            limit=(stale_limits or {}).get(stage_of(deal)),
            language=language,
        )
        for deal in deals
    ]
    return Pipeline(as_of=moment, currency=codes[0] if codes else "", rows=rows)


def _stages_of(stages: Stages | Mapping[str, Stages], deal: Opportunity) -> Stages | None:
    found = stages if isinstance(stages, Stages) else stages.get(deal.pipeline)
    if found is not None and not isinstance(found, Stages):
        raise InvalidValue("unify(stages=...)", "Stages, or a mapping of pipelines to Stages", found)
    return found


def _chance(deal: Opportunity, rate: Rate | None) -> Probability | None:
    if rate is None:
        return None
    if not deal.is_open:
        return Probability(int(deal.is_won), method=deal.status.value, because=f"it is {deal.status.value}")
    return rate(deal)


def _weighted(deals: Iterable[Opportunity], chances: Mapping[str, Probability | None]) -> dict[str, Money]:
    """Amount x chance of each deal that has both; the open ones' total is rounded once."""
    found: dict[str, Money] = {}
    both = [(deal, deal.amount, chance) for deal in deals if deal.amount and (chance := chances[deal.id]) is not None]
    opened = [item for item in both if item[0].is_open]
    parts = spread([(amount.minor, chance.value) for _, amount, chance in opened])
    for (deal, amount, _), part in zip(opened, parts, strict=True):
        found[deal.id] = Money.from_minor(part, amount.currency)
    for deal, amount, _ in both:
        if not deal.is_open:
            found[deal.id] = amount if deal.is_won else Money.zero(amount.currency)
    return found


def _row(
    deal: Opportunity,
    stages: Stages | None,
    now: datetime,
    *,
    profile: str | None,
    probability: Probability | None,
    weighted: Money | None,
    limit: int | None,
    language: str,
) -> PipelineRow:
    definition = _definition(stages, deal)
    advance = stages.advance_of(deal) if stages is not None and (definition is not None or not deal.is_open) else None
    one_off, recurring = _split(deal)
    end = deal.closed_at or now
    days = days_in_stage(deal, end)
    return PipelineRow(
        opportunity=deal,
        label=deal.stage if definition is None else definition.label(language),
        canonical=(definition.canonical if definition is not None else None) or deal.stage,
        partner_profile=profile,
        advance=advance,
        one_off=one_off,
        recurring=recurring,
        probability=probability,
        weighted=weighted,
        age_days=(end - deal.created_at).days,
        days_in_stage=days,
        warnings=_warnings(deal, now, advance, unknown=definition is None, stale=limit is not None and days > limit),
    )


def _definition(stages: Stages | None, deal: Opportunity) -> StageDefinition | None:
    """The deal's stage; for a closed deal whose stage is not listed, that of its outcome."""
    if stages is None:
        return None
    for one in stages.definitions:
        if one.name == deal.stage:
            return one
    kind = StageKind(deal.status.value)
    closing = [one for one in stages.definitions if one.kind is kind]
    return closing[0] if closing and not deal.is_open else None


def _split(deal: Opportunity) -> tuple[Money | None, Money | None]:
    """One-off and recurring parts; without lines all is one-off."""
    if deal.amount is None:
        return None, None
    again = [line.amount for line in deal.lines if line.revenue is RevenueKind.RECURRING]
    recurring = Money.total(again, deal.amount.currency)
    return deal.amount - recurring, recurring


def _warnings(
    deal: Opportunity, now: datetime, advance: Fraction | None, *, unknown: bool, stale: bool
) -> tuple[Hygiene, ...]:
    if not deal.is_open:
        return ()
    due = deal.expected_close
    found = {
        Hygiene.OVERDUE: due is not None and due < now.date(),
        Hygiene.UNSCHEDULED: due is None,
        Hygiene.NO_AMOUNT: deal.amount is None,
        Hygiene.NO_EVIDENCE: advance is not None and advance >= LATE and not deal.documents,
        Hygiene.STALE: stale,
        Hygiene.PUSHED: pushes(deal) >= PUSHED,
        Hygiene.UNKNOWN_STAGE: unknown,
    }
    return tuple(warning for warning, true in found.items() if true)
