"""What partners do and are asked: parts in deals, activities, certificates, surveys, joint plans."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Self

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    FrozenMap,
    Noun,
    in_order,
    is_a,
    is_aware,
    is_custom,
    is_date,
    is_exact,
    is_id,
    is_partner_id,
    is_share,
    is_text,
    to_custom,
    to_decimal,
    to_fraction,
    to_instant,
    to_member,
    to_optional_instant,
    to_strings,
    to_tuple,
    tuple_of,
)
from partnerops._closed import ClosedSet
from partnerops.entities._facts import SourceRef, known, refers
from partnerops.entities._parties import Side, to_side
from partnerops.exceptions import InvalidValue
from partnerops.periods import Period
from partnerops.typing import AccountId, ExactLike, JsonScalar, OpportunityId, PartnerId


class SurveyKind(ClosedSet):
    """The question asked, which fixes the scale."""

    NPS = "nps"
    """How likely to recommend, 0 to 10."""
    CSAT = "csat"
    """How satisfied, 1 to 5."""


def to_survey_kind(value: str) -> SurveyKind:
    """The member with this value; anything else is left to the validator."""
    return to_member(SurveyKind, value)


def _to_optional_share(value: ExactLike | None) -> Fraction | None:
    # None stays apart from 0: no share agreed is not a share of nothing.
    return None if value is None else to_fraction(value)


@frozen(kw_only=True)
class PartnerInvolvement(Noun):
    """
    A partner's part in a deal, as agreed rather than as touched.

    Raises:
        InvalidValue: An end before the start, or a share outside 0 to 1.

    >>> from datetime import UTC
    >>> PartnerInvolvement(
    ...     id="I-1", opportunity_id="D-1", partner_id="acme", role="sourced", at=datetime(2026, 3, 1, tzinfo=UTC)
    ... ).role
    'sourced'
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    opportunity_id: OpportunityId = field(validator=is_id, metadata=refers("opportunities"))
    """The deal."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """The partner."""
    # Several roles of one partner in one deal are several records, each with its own dates.
    role: str = field(validator=is_text)
    """Open set: sourced, influenced, resold, implemented, referred, ..."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When the partner came in."""
    ended_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the partner left the deal."""
    stage: str | None = field(default=None, validator=optional(is_text))
    """Stage of the deal when the partner came in."""
    primary: bool = field(default=False, validator=is_a(bool))
    """Whether it is the deal's leading partner."""
    # An agreement between people; what is credited is for the attribution policy to say.
    share: Fraction | None = field(default=None, converter=_to_optional_share, validator=optional(is_share))
    """Agreed share of the deal, as a fraction."""
    # Unknown is not "none": a deal with nothing on record says nothing of self-sufficiency.
    assistance: str | None = field(default=None, validator=optional(is_text))
    """How much the vendor helped: none, light, full; feeds self-sufficiency."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the part was known; None means at once."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def __attrs_post_init__(self) -> None:
        in_order(self, "at", "ended_at")

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The part with a later end undone, or None before the partner came in."""
        if not known(self.at, self.recorded_at, moment):
            return None
        return self if self.ended_at is None or self.ended_at <= moment else self.replace(ended_at=None)


@frozen(kw_only=True)
class Activity(Noun):
    """
    Something a partner did that shows engagement.

    >>> from datetime import UTC
    >>> Activity(id="V-1", partner_id="acme", kind="training", at=datetime(2026, 3, 1, tzinfo=UTC)).kind
    'training'
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """Who."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When."""
    kind: str = field(validator=is_text)
    """Open set: login, training, content_view, event, campaign, meeting, support_ticket, ..."""
    contact_id: str | None = field(default=None, validator=optional(is_id))
    """Which of the partner's people; an id, no personal data."""
    # Decimal, since half an hour of training is common and floats are refused everywhere.
    units: Decimal = field(default=Decimal(1), converter=to_decimal, validator=is_exact)
    """How much of it, in the kind's own unit: hours of training, views."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When it was known; None means at once."""
    custom: FrozenMap[JsonScalar] = field(factory=FrozenMap, converter=to_custom, validator=is_custom)
    """Fields of the embedder's own."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The activity, or None before it was known."""
        return self if known(self.at, self.recorded_at, moment) else None


@frozen(kw_only=True)
class Certification(Noun):
    """
    A certificate that a partner, or one of its people, holds.

    Raises:
        InvalidValue: A first day without validity that is not after the first day of validity.

    >>> c = Certification(
    ...     id="F-1", partner_id="acme", code="sales-101", valid_from=date(2026, 1, 1), valid_to=date(2027, 1, 1)
    ... )
    >>> c.is_valid(date(2026, 12, 31)), c.is_valid(date(2027, 1, 1))
    (True, False)
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """Who holds it."""
    code: str = field(validator=is_text)
    """Which certificate."""
    valid_from: date = field(validator=is_date)
    """First day of validity."""
    # Half-open like every window, so a certificate renewed on its last day has no gap.
    valid_to: date | None = field(default=None, validator=optional(is_date))
    """First day without validity; None never expires."""
    track: str | None = field(default=None, validator=optional(is_text))
    """Learning track: sales, technical, ..."""
    contact_id: str | None = field(default=None, validator=optional(is_id))
    """Which of the partner's people; an id, no personal data."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def __attrs_post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise InvalidValue("Certification.valid_to", f"after valid_from ({self.valid_from})", self.valid_to)

    def is_valid(self, on: date, /) -> bool:
        """Whether it is valid on a business date; the window is half-open."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The certificate, or None before its first day."""
        return self if self.valid_from <= today else None


@frozen(kw_only=True)
class SurveyResponse(Noun):
    """
    One answer to a satisfaction survey, by a customer or a partner.

    Raises:
        InvalidValue: A score off the scale of its kind, or neither account nor partner named.

    >>> from datetime import UTC
    >>> SurveyResponse(id="Y-1", kind="nps", score=9, account_id="A-1", at=datetime(2026, 3, 1, tzinfo=UTC)).score
    9
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    kind: SurveyKind = field(converter=to_survey_kind, validator=is_a(SurveyKind))
    """Which question."""
    score: int = field(validator=is_a(int))
    """The answer: 0 to 10 for NPS, 1 to 5 for CSAT."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was given."""
    account_id: AccountId | None = field(default=None, validator=optional(is_id), metadata=refers("accounts"))
    """The customer that answered."""
    partner_id: PartnerId | None = field(default=None, validator=optional(is_partner_id), metadata=refers("partners"))
    """The partner that answered or, beside an account, that served it."""
    recorded_at: datetime | None = field(default=None, converter=to_optional_instant, validator=optional(is_aware))
    """When the answer was known; None means at once."""
    source: SourceRef | None = field(default=None, validator=optional(is_a(SourceRef)))
    """Where the record came from."""

    def __attrs_post_init__(self) -> None:
        # The scale follows from the question: a CSAT of 9 is somebody else's scale, not a good mark.
        low, high = (0, 10) if self.kind is SurveyKind.NPS else (1, 5)
        if not low <= self.score <= high:
            raise InvalidValue("SurveyResponse.score", f"from {low} to {high} for {self.kind}", self.score)
        # An answer of nobody cannot be the latest one of anybody.
        if self.account_id is None and self.partner_id is None:
            raise InvalidValue("SurveyResponse.account_id", "given, or else partner_id", None)

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The answer, or None before it was known."""
        return self if known(self.at, self.recorded_at, moment) else None


@frozen(kw_only=True)
class Commitment(Noun):
    """
    What one side promised in a joint plan.

    >>> Commitment(side="vendor", text="two sales trainings", due_on=date(2026, 6, 30)).side
    Side.VENDOR
    """

    side: Side = field(converter=to_side, validator=is_a(Side))
    """Who promised."""
    text: str = field(validator=is_text)
    """What."""
    due_on: date = field(validator=is_date)
    """Last day to do it."""
    done_on: date | None = field(default=None, validator=optional(is_date))
    """When it was done."""


def _to_commitments(values: Iterable[Commitment]) -> tuple[Commitment, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class JointPlan(Noun):
    """
    A business plan with goals and promises of both sides.

    >>> JointPlan(id="J-1", partner_id="acme", period=Period.year(2026)).commitments
    ()
    """

    id: str = field(validator=is_id)
    """Opaque, case-sensitive id."""
    partner_id: PartnerId = field(validator=is_partner_id, metadata=refers("partners"))
    """With whom."""
    period: Period = field(validator=is_a(Period))
    """Span of the plan, half-open."""
    target_ids: tuple[str, ...] = field(default=(), converter=to_strings, validator=tuple_of(str),
                                        metadata=refers("targets"))  # fmt: skip
    """Targets agreed."""
    commitments: tuple[Commitment, ...] = field(default=(), converter=_to_commitments, validator=tuple_of(Commitment))
    """Promises of both sides."""
    signed_on: date | None = field(default=None, validator=optional(is_date))
    """When it was agreed; None is a draft."""

    def as_of(self, moment: datetime, today: date, /) -> Self | None:  # noqa: ARG002 - one signature for all nouns
        """The plan with promises kept later shown open, or None before it was agreed or, for a draft, began."""
        # A draft counts from the start of its period: earlier than that nobody relies on it.
        if (self.signed_on or self.period.start) > today:
            return None
        seen = tuple(
            promise.replace(done_on=None) if promise.done_on and promise.done_on > today else promise
            for promise in self.commitments
        )
        return self if seen == self.commitments else self.replace(commitments=seen)
