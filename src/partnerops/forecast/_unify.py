"""Putting all deals in one table: direct and via partners, each in the words of its own pipeline and a common one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Final

from partnerops._arguments import check_a, check_int
from partnerops._zones import local_clock
from partnerops.dataset import Dataset
from partnerops.entities import Opportunity, Partner, RevenueKind
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.forecast._asking import calendar_of, check_function
from partnerops.forecast._keys import stage_of
from partnerops.forecast._movement import pushes
from partnerops.forecast._pipeline import Hygiene, Pipeline, PipelineRow
from partnerops.forecast._probability import Probability
from partnerops.forecast._rounding import spread
from partnerops.forecast._stages import StageDefinition, StageKind, Stages
from partnerops.forecast._wrappers import days_in_stage
from partnerops.money import Money
from partnerops.periods import Calendar

LATE: Final = Fraction(1, 2)
"""Advance from which on a deal should have a document on file."""
PUSHED: Final = 3
"""Moves of the expected close to a later month from which on nobody should believe it."""

_STAGES: Final = "Stages, or a mapping of pipelines to Stages"
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
    check_a("unify(data)", data, Dataset)
    if not isinstance(stages, Stages | Mapping):
        raise InvalidValue("unify(stages=...)", _STAGES, stages)
    if rate is not None:
        check_function("unify(rate=...)", rate, "a function of the deal, such as the rate of a WinRate")
    limits = _checked_limits(stale_limits)
    check_a("unify(language=...)", language, str)
    calendar = calendar_of("unify(calendar=...)", calendar)
    moment = calendar.instant(as_of)
    now = local_clock(moment, calendar.zone)
    views = {deal.id: view for deal in data.opportunities if (view := deal.as_of(moment, now.date())) is not None}
    deals = [views[id] for id in sorted(views)]
    # One table has one total, and amounts of two currencies have none (C1).
    codes = sorted({deal.amount.currency for deal in deals if deal.amount is not None})
    if len(codes) > 1:
        raise CurrencyMismatch("put in one pipeline", codes[0], codes[1])
    # The latest record of a partner: its type carries no dates of its own.
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
            limit=limits.get(stage_of(deal)),
            language=language,
        )
        for deal in deals
    ]
    return Pipeline(as_of=moment, currency=codes[0] if codes else "", rows=rows)


def _checked_limits(limits: Mapping[str, int] | None) -> Mapping[str, int]:
    where = "unify(stale_limits=...)"
    if limits is None:
        return {}
    if not isinstance(limits, Mapping):
        raise InvalidValue(where, 'a mapping of stages to days, as in {"verbal": 45}', limits)
    for stage, days in limits.items():
        check_int(f"{where}[{stage!r}]", days, 0)
    return limits


def _stages_of(stages: Stages | Mapping[str, Stages], deal: Opportunity) -> Stages | None:
    found = stages if isinstance(stages, Stages) else stages.get(deal.pipeline)
    if found is not None and not isinstance(found, Stages):
        raise InvalidValue("unify(stages=...)", _STAGES, found)
    return found


def _chance(deal: Opportunity, rate: Rate | None) -> Probability | None:
    if rate is None:
        return None
    if not deal.is_open:
        # What has happened needs no rate, and a rate asked about it could say something else (C8).
        return Probability(int(deal.is_won), method=deal.status.value, because=f"it is {deal.status.value}")
    return check_a(f"unify(rate=...) of {deal.id}", rate(deal), Probability)


def _weighted(deals: Iterable[Opportunity], chances: Mapping[str, Probability | None]) -> dict[str, Money]:
    """Amount x chance of each deal that has both; the open ones' total is rounded once."""
    found: dict[str, Money] = {}
    both = [
        (deal, deal.amount, chance)
        for deal in deals
        if deal.amount is not None and (chance := chances[deal.id]) is not None
    ]
    # Won and lost deals are exact already; only the open ones share the one rounding.
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
    # The clock of a closed deal stops at its close, or old wins would look stale.
    end = deal.closed_at or now
    days = days_in_stage(deal, end)
    return PipelineRow(
        opportunity=deal,
        status_label=deal.stage if definition is None else definition.label(language),
        canonical=(definition.canonical if definition is not None else None) or deal.stage,
        partner_profile=profile,
        percent_advance=advance,
        one_off=one_off,
        recurring=recurring,
        probability=probability,
        weighted_amount=weighted,
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
    # Over the whole terms, and never added to the one-off part as if a year of it were a sale.
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
        # Early deals have no documents yet; from half way on their absence means something (F25).
        Hygiene.NO_EVIDENCE: advance is not None and advance >= LATE and not deal.documents,
        Hygiene.STALE: stale,
        Hygiene.PUSHED: pushes(deal) >= PUSHED,
        Hygiene.UNKNOWN_STAGE: unknown,
    }
    return tuple(warning for warning, true in found.items() if true)
