"""What a policy comes down to: the gates between the stages, with everything else that the engine reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import FrozenMap, Value, is_a, is_str, to_map, to_tuple, tuple_of
from partnerops._canonical import short_digest
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from partnerops.journey._criteria import (
    AllOf,
    Criterion,
    CriterionTree,
    as_strict,
    in_words,
    is_rule,
    leaves,
    same_direction,
)
from partnerops.journey._mermaid import state_diagram
from partnerops.journey._settings import Dormancy, Hysteresis, SignalRules
from partnerops.journey._stages import STAGES, JourneyStage, OnUnknown, to_stage
from partnerops.money import Money


def _to_watch(values: Iterable[Criterion]) -> tuple[Criterion, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Gate(Value):
    """
    What it takes to enter a stage, and to stay in it.

    To enter, `enter` and `stay` both have to pass; to stay, `stay` must not fail. So entering is never easier than
    staying, and a signal that is unknown never costs a partner its stage.

    Raises:
        InvalidValue: Staying is stricter than entering on the same signal and window; missing data would demote; or a
            gate into the first stage, which has none.

    >>> gate = Gate(stage="acceleration", enter=Criterion("wins", ">=", 2), stay=Criterion("wins", ">=", 1, months=12))
    >>> gate.stage
    JourneyStage.ACCELERATION
    """

    stage: JourneyStage = field(converter=to_stage, validator=is_a(JourneyStage))
    """The stage behind the gate."""
    enter: CriterionTree = field(validator=is_rule)
    """What has to pass to enter."""
    stay: CriterionTree | None = field(default=None, validator=optional(is_rule))
    """What must not fail to stay; None is nothing."""
    watch: tuple[Criterion, ...] = field(default=(), converter=_to_watch, validator=tuple_of(Criterion))
    """What to look at while in the stage: it decides nothing and says where to invest."""

    def __attrs_post_init__(self) -> None:
        if self.stage is JourneyStage.START:
            raise InvalidValue("Gate.stage", "a stage after start, which every partner begins in", self.stage)
        for leaf, _ in leaves(self.stay):
            if leaf.on_unknown is OnUnknown.FAIL:
                rule = "hold, pass or refuse: missing data must not demote"
                raise InvalidValue(f"Gate.stay[{leaf.id}].on_unknown", rule, leaf.on_unknown.value)
        self._check_order()

    def _check_order(self) -> None:
        """Refuse a threshold to stay that is stricter than every one to enter on the same signal."""
        # Other windows and directions are other conditions; only like is held against like.
        entry = [(leaf, negated) for leaf, negated in leaves(self.enter)]
        for leaf, negated in leaves(self.stay):
            same = [one for one, other in entry if other == negated and same_direction(one, leaf)]
            # Under a Not the roles change: the looser threshold is the stricter demand.
            fine = any(as_strict(leaf, one) if negated else as_strict(one, leaf) for one in same)
            if same and not fine:
                rule = f"at most as strict as to enter ({same[0].needed}); lower it, or raise the one to enter"
                raise InvalidValue(f"Gate.stay[{leaf.id}]", rule, leaf.needed)


def _to_gates(values: Iterable[Gate]) -> tuple[Gate, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class StageRules(Value):
    """
    All that the engine reads of a policy, for one kind of partner.

    Raises:
        InvalidValue: Not exactly one gate into each stage after the first.
        CurrencyMismatch: Thresholds in two currencies.
    """

    gates: tuple[Gate, ...] = field(converter=_to_gates, validator=tuple_of(Gate))
    """The gates into traction, acceleration and maturity."""
    hysteresis: Hysteresis = field(factory=Hysteresis, validator=is_a(Hysteresis))
    """How slowly a partner moves."""
    dormancy: Dormancy = field(factory=Dormancy, validator=is_a(Dormancy))
    """When silence counts."""
    signals: SignalRules = field(factory=SignalRules, validator=is_a(SignalRules))
    """What the signals mean."""
    version: str = field(default="", validator=is_str)
    """Version of the policy, as decisions show it."""
    currency: str | None = field(init=False, eq=False, repr=False)
    """Currency of the thresholds; None when none is an amount."""

    def __attrs_post_init__(self) -> None:
        # The engine walks the ladder rung by rung, so none may be missing or out of its place.
        if tuple(gate.stage for gate in self.gates) != STAGES[1:]:
            given = [gate.stage.value for gate in self.gates]
            raise InvalidValue("StageRules.gates", "one gate each into traction, acceleration and maturity", given)
        object.__setattr__(self, "currency", self._one_currency())

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that differ when anything here differs."""
        # Worked out when first asked for: a policy may make its rules anew for every partner.
        return short_digest(self)

    def _one_currency(self) -> str | None:
        amounts = [self.signals.growth_floor] if self.signals.growth_floor else []
        for gate in self.gates:
            for rule in (gate.enter, gate.stay, *gate.watch):
                amounts += [one.threshold for one, _ in leaves(rule) if isinstance(one.threshold, Money)]
        # Thresholds are compared with one sum of revenue, and a sum has one currency.
        for amount in amounts:
            if amount.currency != amounts[0].currency:
                raise CurrencyMismatch("set thresholds of one policy in", amounts[0].currency, amount.currency)
        return amounts[0].currency if amounts else None

    def to_mermaid(self) -> str:
        """The journey as a Mermaid state diagram: what it takes to enter each stage, and to stay."""
        arrows = [("[*]", STAGES[0].value, "")]
        for before, gate in zip(STAGES, self.gates, strict=False):
            arrows.append((before.value, gate.stage.value, in_words(gate.enter)))
            if gate.stay is not None:
                words = in_words(gate.stay)
                # One condition that fails is enough, so the "no longer" goes for all of them together.
                lost = f"({words})" if isinstance(gate.stay, AllOf) and len(gate.stay.members) > 1 else words
                arrows.append((gate.stage.value, before.value, f"no longer {lost}"))
        return state_diagram([(stage.value, f"{stage.value} ({stage.original})") for stage in STAGES], arrows)

    def gate(self, stage: JourneyStage) -> Gate:
        """The gate into *stage*, which is not the first."""
        return self.gates[stage.rank - 2]


_NO_TYPES: Final[FrozenMap[StageRules]] = FrozenMap()


def to_rules(rules: Mapping[str, StageRules]) -> FrozenMap[StageRules]:
    """A mapping of partner types to rules that hashes."""
    return to_map(rules)


@frozen(kw_only=True)
class CompiledJourney(Value):
    """
    A built-in policy as plain data: hashable, serialisable, the same for objects and tables.

    Thresholds are whole minor units, counts and exact fractions; windows are whole months or days.
    """

    default: StageRules = field(validator=is_a(StageRules))
    """Rules of every type without its own."""
    by_type: FrozenMap[StageRules] = field(default=_NO_TYPES, converter=to_rules)
    """Partner type -> its own rules."""

    def rules(self, partner_type: str) -> StageRules:
        """The rules of a partner type."""
        return self.by_type.get(partner_type, self.default)
