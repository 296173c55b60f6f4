"""Objective evidence: rules over facts of a deal that give, raise or cap its chance; never free opinion."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, cast

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import Value, above, is_a, is_text, place, to_decimal, to_strings, to_tuple, tuple_of
from partnerops._render import join_and, percent
from partnerops.entities import Opportunity
from partnerops.exceptions import InvalidValue
from partnerops.forecast._asking import describe, is_outlook
from partnerops.forecast._category import Category, to_optional_category
from partnerops.forecast._probability import Probability, is_probability
from partnerops.forecast._protocol import Outlook
from partnerops.forecast._schedule import not_due
from partnerops.periods import Period
from partnerops.typing import ExactLike, JsonScalar


class Fact(Protocol):
    """
    Something about a deal that anybody can check: a document on file, a stage, a recent move, a confirmed field.

    You implement `holds`: whether it is true of the deal as it was known at *as_of*; and `__str__`, its words in a
    reason. Laws: the same deal and moment give the same answer; no opinion, no clock.
    """

    def holds(self, opportunity: Opportunity, /, *, as_of: datetime) -> bool:
        """Whether the fact is true of *opportunity* at *as_of*."""
        ...


@frozen
class HasDocument(Value):
    """
    A document of this name is on file, such as `signed_contract`, `signed_po` or `proposal_sent`.

    >>> str(HasDocument("signed_contract"))
    'signed_contract on file'
    """

    name: str = field(validator=is_text)
    """Name in `Opportunity.documents`."""

    def holds(self, opportunity: Opportunity, /, *, as_of: datetime) -> bool:  # noqa: ARG002 - the view is of that moment
        """Whether the document is on file."""
        # Exact names: a draft of a contract is not the signed one.
        return self.name in opportunity.documents

    def __str__(self) -> str:
        return f"{self.name} on file"


@frozen
class InStage(Value):
    """
    The deal stands in one of these stages.

    >>> str(InStage(["verbal", "contract"]))
    'stage verbal or contract'
    """

    stages: tuple[str, ...] = field(converter=to_strings, validator=tuple_of(str))
    """Names of stages."""

    def holds(self, opportunity: Opportunity, /, *, as_of: datetime) -> bool:  # noqa: ARG002 - the view is of that moment
        """Whether its stage is one of them."""
        return opportunity.stage in self.stages

    def __str__(self) -> str:
        return f"stage {' or '.join(self.stages)}"


@frozen
class MovedWithin(Value):
    """
    Something was changed on the deal within the last days: a stage, an amount, an expected close, or its creation.

    >>> str(MovedWithin(30))
    'moved within 30 days'
    """

    days: int = field(validator=[is_a(int), above(0)])
    """Days of 24 hours."""

    def holds(self, opportunity: Opportunity, /, *, as_of: datetime) -> bool:
        """Whether the last change is recent enough."""
        # The record has no other dates of its own; activities are kept apart and may be somebody else's doing.
        last = opportunity.history[-1].at if opportunity.history else opportunity.created_at
        return as_of - last <= timedelta(days=self.days)

    def __str__(self) -> str:
        return f"moved within {self.days} days"


def _is_scalar(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    # Nothing else can stand in `Opportunity.custom`, so the rule would never hold and nobody would know why.
    if not isinstance(value, str | int | None):
        raise InvalidValue(place(instance, attribute), "a string, a whole number, a bool or None", value)


@frozen
class CustomIs(Value):
    """
    A field of the embedder's own has this value, such as `value_confirmed`.

    >>> str(CustomIs("value_confirmed", True))
    'value_confirmed is True'
    """

    name: str = field(validator=is_text)
    """Name in `Opportunity.custom`."""
    value: JsonScalar = field(default=True, validator=_is_scalar)
    """The value that it must have."""

    def holds(self, opportunity: Opportunity, /, *, as_of: datetime) -> bool:  # noqa: ARG002 - the view is of that moment
        """Whether the field has the value."""
        return self.name in opportunity.custom and opportunity.custom[self.name] == self.value

    def __str__(self) -> str:
        return f"{self.name} is {self.value}"


def _is_fact(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not callable(getattr(value, "holds", None)) or isinstance(value, type):
        raise InvalidValue(place(instance, attribute), 'a fact, such as HasDocument("signed_contract")', value)


@frozen
class Without(Value):
    """
    The opposite of a fact.

    >>> str(Without(HasDocument("signed_contract")))
    'without signed_contract on file'
    """

    fact: Fact = field(validator=_is_fact)
    """What must not be true."""

    def holds(self, opportunity: Opportunity, /, *, as_of: datetime) -> bool:
        """Whether the fact inside is not true."""
        return not self.fact.holds(opportunity, as_of=as_of)

    def __str__(self) -> str:
        return f"without {self.fact}"


def _to_chance(value: ExactLike | None) -> Decimal | None:
    return None if value is None else to_decimal(cast("Decimal", value))


def _to_facts(values: Fact | Iterable[Fact]) -> tuple[Fact, ...]:
    if callable(getattr(values, "holds", None)):
        return (cast("Fact", values),)
    return to_tuple(cast("Iterable[Fact]", values))


def _are_facts(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    facts = list(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else []
    if not facts or not all(callable(getattr(fact, "holds", None)) and not isinstance(fact, type) for fact in facts):
        raise InvalidValue(place(instance, attribute), 'facts, such as HasDocument("signed_contract")', facts)


@frozen
class EvidenceRule(Value):
    """
    What follows when all of some facts hold: a chance outright, a floor, a cap, or a category.

    Raises:
        InvalidValue: Nothing follows, a value is outside 0 to 1, the floor lies above the cap, or the category is that
            of a won deal.

    >>> print(EvidenceRule(HasDocument("signed_contract"), floor="0.90"))
    signed_contract on file: at least 90.0 %
    """

    facts: tuple[Fact, ...] = field(converter=_to_facts, validator=_are_facts)
    """All must hold; one alone needs no list."""
    chance: Decimal | None = field(default=None, kw_only=True, converter=_to_chance, validator=optional(is_probability))
    """The chance itself, as a fraction."""
    floor: Decimal | None = field(default=None, kw_only=True, converter=_to_chance, validator=optional(is_probability))
    """The chance is at least this."""
    cap: Decimal | None = field(default=None, kw_only=True, converter=_to_chance, validator=optional(is_probability))
    """The chance is at most this."""
    category: Category | None = field(
        default=None, kw_only=True, converter=to_optional_category, validator=optional(is_a(Category))
    )
    """The forecast category that the deal belongs to."""

    def __attrs_post_init__(self) -> None:
        if all(one is None for one in (self.chance, self.floor, self.cap, self.category)):
            raise InvalidValue("EvidenceRule", "one that gives a chance, a floor, a cap or a category", str(self))
        if self.category is Category.CLOSED:
            raise InvalidValue("EvidenceRule.category", "one of an open deal: only a won deal is closed", "closed")
        # One rule can contradict itself; two rules are compared when both hold (F13).
        if self.floor is not None and self.cap is not None and self.floor > self.cap:
            raise InvalidValue("EvidenceRule.floor", f"at most cap ({self.cap})", str(self.floor))

    def holds(self, opportunity: Opportunity, /, *, as_of: datetime) -> bool:
        """Whether all its facts hold."""
        return all(fact.holds(opportunity, as_of=as_of) for fact in self.facts)

    def __str__(self) -> str:
        words = [
            f"{word}{percent(value)}"
            for word, value in (("", self.chance), ("at least ", self.floor), ("at most ", self.cap))
            if value is not None
        ]
        return f"{join_and([str(fact) for fact in self.facts])}: {', '.join(words) or self.category}"


def to_rules(values: Iterable[EvidenceRule]) -> tuple[EvidenceRule, ...]:
    """A tuple of rules; anything else is left to the validator."""
    return to_tuple(values)


@frozen
class EvidenceBased(Value):
    """
    A chance by objective facts alone: the first rule that gives a chance and holds decides.

    The deal must be due in the period; if not, or where no rule holds, it has 0 and the reason. The reason names the
    rule used.

    >>> from partnerops.forecast import EvidenceBased
    >>> print(EvidenceBased([EvidenceRule(HasDocument("signed_po"), chance="0.95")]))
    evidence (signed_po on file: 95.0 %)
    """

    rules: tuple[EvidenceRule, ...] = field(converter=to_rules, validator=tuple_of(EvidenceRule))
    """The rules, first to last."""

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance of the first rule that holds."""
        answer = not_due(opportunity, as_of, period)
        if answer is not None:
            return answer
        for rule in self.rules:
            if rule.chance is not None and rule.holds(opportunity, as_of=as_of):
                return Probability(rule.chance, method="evidence", because=str(rule))
        return Probability(0, method="evidence", because="no evidence rule holds")

    def __str__(self) -> str:
        return f"evidence ({'; '.join(map(str, self.rules))})"


@frozen
class EvidenceBounds(Value):
    """
    The chance of the outlook inside, held between the highest floor and the lowest cap of the rules that hold.

    A floor lifts only a deal that is due in the period: a signed contract does not bring a date forward. Each rule that
    changed the chance is named in the reason.

    Raises:
        InvalidValue: From `probability`, where the rules that hold contradict each other, naming both.

    >>> from partnerops.forecast import EvidenceBounds, StageWeighted
    >>> rule = EvidenceRule(Without(MovedWithin(60)), cap="0.20")
    >>> print(EvidenceBounds(StageWeighted({"verbal": "0.8"}), [rule]))
    stage weights (verbal 80 %) within the evidence (without moved within 60 days: at most 20.0 %)
    """

    outlook: Outlook = field(validator=is_outlook)
    """The outlook inside."""
    rules: tuple[EvidenceRule, ...] = field(converter=to_rules, validator=tuple_of(EvidenceRule))
    """The rules, in any order."""

    def probability(self, opportunity: Opportunity, /, *, as_of: datetime, period: Period) -> Probability:
        """The chance inside, raised to the floor or lowered to the cap."""
        inner = self.outlook.probability(opportunity, as_of=as_of, period=period)
        holding = [rule for rule in self.rules if rule.holds(opportunity, as_of=as_of)]
        floors = [rule for rule in holding if rule.floor is not None]
        caps = [rule for rule in holding if rule.cap is not None]
        floor = max(floors, key=lambda rule: rule.floor or 0, default=None)
        cap = min(caps, key=lambda rule: rule.cap or 0, default=None)
        # Which rule should win is the author's to say; a silent order of precedence would be an opinion of ours.
        _refuse_contradiction(opportunity, floor, cap)
        if floor is not None and floor.floor is not None and inner.value < floor.floor:
            # A signature makes a win sure, not soon: only a deal that is due gains by it.
            due = not_due(opportunity, as_of, period)
            return inner if due is not None else inner.changed(floor.floor, str(floor))
        if cap is not None and cap.cap is not None and inner.value > cap.cap:
            return inner.changed(cap.cap, str(cap))
        return inner

    def __str__(self) -> str:
        return f"{describe(self.outlook)} within the evidence ({'; '.join(map(str, self.rules))})"


def _refuse_contradiction(opportunity: Opportunity, floor: EvidenceRule | None, cap: EvidenceRule | None) -> None:
    if floor is not None and cap is not None and (floor.floor or 0) > (cap.cap or 0):
        rule = f"free of contradiction for {opportunity.id}: a floor above a cap"
        raise InvalidValue("EvidenceBounds.rules", rule, f"{floor} | {cap}")
