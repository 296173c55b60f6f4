"""Stages of a pipeline in order: how far a deal has come, which is not how likely it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from attrs import field, frozen
from attrs.validators import optional

from partnerops._arguments import check_a
from partnerops._attrs import FrozenMap, Noun, Value, is_a, is_text, to_map, to_member, to_tuple, tuple_of
from partnerops._closed import ClosedSet
from partnerops.entities import Opportunity, OpportunityStatus
from partnerops.exceptions import InvalidValue, UnknownName


class StageKind(ClosedSet):
    """What a stage means for the deal; every API takes the plain string too."""

    OPEN = "open"
    """Still to be decided."""
    WON = "won"
    """Closed with a sale."""
    LOST = "lost"
    """Closed without a sale."""


def to_stage_kind(value: str) -> StageKind:
    """The member with this value; anything else is left to the validator."""
    return to_member(StageKind, value)


def _to_labels(labels: Mapping[str, str]) -> FrozenMap[str]:
    return to_map(labels)


@frozen
class StageDefinition(Noun):
    """
    One stage of a pipeline, with its words by language and its canonical stage.

    >>> StageDefinition("negotiation", labels={"pt": "Negociação"}).label("pt")
    'Negociação'
    """

    name: str = field(validator=is_text)
    """As the pipeline calls it."""
    kind: StageKind = field(default=StageKind.OPEN, kw_only=True, converter=to_stage_kind, validator=is_a(StageKind))
    """Open, won or lost."""
    labels: FrozenMap[str] = field(
        factory=FrozenMap[str], kw_only=True, converter=_to_labels, validator=is_a(FrozenMap)
    )
    """Language -> words to show."""
    canonical: str | None = field(default=None, kw_only=True, validator=optional(is_text))
    """The stage of a common pipeline that it stands for, so that direct and partner pipelines add up."""

    def label(self, language: str) -> str:
        """The words in that language; the name where there are none."""
        return self.labels.get(check_a("StageDefinition.label(language)", language, str), self.name)


def _to_definitions(values: Iterable[StageDefinition]) -> tuple[StageDefinition, ...]:
    return to_tuple(values)


@frozen
class Stages(Value):
    """
    The stages of one pipeline, first to last.

    `advance` is a deal's place on the way: the first open stage is 0, the won one is 1, those between share the way
    evenly. It says nothing about the chance: a deal can be far on and hopeless.

    Raises:
        InvalidValue: No open stage, not exactly one won stage, or a name that repeats.

    >>> PARTNER_STAGES.advance("negotiation_via_partner")
    Fraction(1, 2)
    """

    definitions: tuple[StageDefinition, ...] = field(converter=_to_definitions, validator=tuple_of(StageDefinition))
    """The stages, in order; the won one follows the open ones, lost ones stand anywhere."""

    def __attrs_post_init__(self) -> None:
        names = [one.name for one in self.definitions]
        kinds = [one.kind for one in self.definitions]
        # A name found twice would have two places on the way, and the first would win unseen.
        if len(set(names)) < len(names):
            raise InvalidValue("Stages.definitions", "free of repeats", names)
        # One won stage is the end of the way, by which every advance is measured (F2).
        if kinds.count(StageKind.WON) != 1 or StageKind.OPEN not in kinds:
            raise InvalidValue("Stages.definitions", "at least one open stage and exactly one won one", names)

    def get(self, name: str) -> StageDefinition:
        """
        The stage of that name.

        Raises:
            UnknownName: There is none; the message names near misses.
        """
        for one in self.definitions:
            if one.name == name:
                return one
        raise UnknownName("stage", name, tuple(one.name for one in self.definitions))

    def advance(self, name: str) -> Fraction | None:
        """How far along the way a stage is, from 0 to 1; None for a lost one."""
        kind = self.get(name).kind
        if kind is StageKind.LOST:
            return None
        if kind is StageKind.WON:
            return Fraction(1)
        # The first open stage is 0: being there is no progress yet, and a single stage is 0 until it is won.
        opened = [one.name for one in self.definitions if one.kind is StageKind.OPEN]
        return Fraction(opened.index(name), len(opened))

    def advance_of(self, opportunity: Opportunity, /) -> Fraction | None:
        """
        How far a deal has come; for a lost one how far it had come, None where no history tells.

        Raises:
            UnknownName: Its stage is not one of these.
        """
        check_a("Stages.advance_of(opportunity)", opportunity, Opportunity)
        # By the status and not by the stage: a won deal keeps whatever stage its CRM left it in.
        if opportunity.is_won:
            return Fraction(1)
        if opportunity.is_open:
            return self.advance(opportunity.stage)
        # A lost deal's own stage is its outcome; how far it had come is the last open one.
        for change in reversed(opportunity.history):
            if change.status is OpportunityStatus.OPEN:
                return self.advance(change.stage)
        return None


PARTNER_STAGES: Final = Stages(
    [
        StageDefinition("qualified_referral", labels={"en": "Qualified referral", "pt": "Indicação qualificada"}),
        StageDefinition(
            "negotiation_via_partner", labels={"en": "Negotiation via partner", "pt": "Negociação via parceiro"}
        ),
        StageDefinition("sale_closed", kind="won", labels={"en": "Sale closed", "pt": "Venda concluída"}),
        StageDefinition("sale_lost", kind="lost", labels={"en": "Sale lost", "pt": "Venda perdida"}),
    ]
)
"""The canonical stages of a deal that a partner brings."""
