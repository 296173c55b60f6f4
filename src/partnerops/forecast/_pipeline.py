"""One table of all deals, direct and via partners: where each stands, what it is worth and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction

from attrs import field, frozen

from partnerops._attrs import Value, to_tuple
from partnerops._closed import ClosedSet
from partnerops._render import Printable, percent, plural
from partnerops.entities import Opportunity
from partnerops.forecast._probability import Probability
from partnerops.money import Money


class Hygiene(ClosedSet):
    """Something about an open deal that makes its numbers doubtful; a warning, never a reason to drop it."""

    # Warnings and not filters: dropped deals are how pipelines come to look tidy (F25).
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


@frozen(kw_only=True)
class PipelineRow(Value):
    """One deal in the unified pipeline."""

    opportunity: Opportunity = field(repr=False)
    """The deal as it stood; its status and stage follow from its history."""
    status_label: str
    """Its stage in words."""
    canonical: str
    """Its stage in the common pipeline; the stage itself where none is given."""
    partner_profile: str | None
    """Type of its partner."""
    # Kept apart from the chance: CRMs that show one for the other make every late deal look won (F2).
    percent_advance: Fraction | None
    """How far it has come, from 0 to 1, which is not its chance; None where it cannot be told."""
    # Apart, for a recurring line counts over its whole term: the two together are no first year's revenue (K3).
    one_off: Money | None
    """Its one-off part; all of it where there are no lines."""
    recurring: Money | None
    """Its recurring part, over the whole terms."""
    # The chance to be won at all; of a period it says nothing, so the table has no such total.
    probability: Probability | None
    """Its chance, where a rate was given; 1 for a won deal, 0 for a lost one."""
    weighted_amount: Money | None
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
    def origin(self) -> str | None:
        """Where it came from: direct, partner, affiliate, ..."""
        return self.opportunity.origin

    @property
    def partner_id(self) -> str | None:
        """Its partner."""
        return self.opportunity.partner_id

    @property
    def stage(self) -> str:
        """Its stage as the pipeline names it."""
        return self.opportunity.stage

    @property
    def expected_close(self) -> date | None:
        """When it is expected to close."""
        return self.opportunity.expected_close

    @property
    def amount(self) -> Money | None:
        """The deal's amount."""
        return self.opportunity.amount

    @property
    def evidence(self) -> tuple[str, ...]:
        """Documents on file."""
        return self.opportunity.documents


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
        # A deal without an amount still counts as a row; as 0 it would make the average deal smaller (C9).
        return Money.total([row.amount for row in self.open_rows if row.amount is not None], self.currency)

    @property
    def weighted_pipeline(self) -> Money:
        """Amount x chance of the open deals, rounded once."""
        return Money.total(
            # Won deals have left the pipeline and lost ones bring nothing, whatever their weighted amount says (C8).
            [row.weighted_amount for row in self.open_rows if row.weighted_amount is not None],
            self.currency,
        )

    @property
    def warnings(self) -> Mapping[Hygiene, int]:
        """How many open deals have each warning."""
        # Of all rows, since closed deals have none: a check of the state here would say the same twice.
        return Counter(warning for row in self.rows for warning in row.warnings)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each deal, with every column of the unified pipeline."""
        return [
            {
                "opportunity_id": row.opportunity_id,
                "origin": row.origin,
                "partner_id": row.partner_id,
                "partner_profile": row.partner_profile,
                "stage": row.stage,
                "canonical": row.canonical,
                "status": row.opportunity.status.value,
                "status_label": row.status_label,
                "expected_close": row.expected_close,
                "amount": row.amount,
                "one_off": row.one_off,
                "recurring": row.recurring,
                "percent_advance": row.percent_advance,
                "probability": None if row.probability is None else row.probability.value,
                "weighted_amount": row.weighted_amount,
                "evidence": row.evidence,
                "age_days": row.age_days,
                "days_in_stage": row.days_in_stage,
                "warnings": tuple(warning.value for warning in row.warnings),
            }
            for row in self.rows
        ]

    def _headline(self) -> str:
        # No deal has an amount, so there is no currency to write a zero in.
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
                "origin": row.origin or "unknown",
                "partner": row.partner_id,
                "status": row.status_label,
                "expected close": row.expected_close,
                "amount": row.amount,
                "advance": "" if row.percent_advance is None else percent(row.percent_advance, 0),
                "chance": "" if row.probability is None else percent(row.probability.value),
                "warnings": " ".join(row.warnings),
            }
            for row in self.open_rows
        ]
