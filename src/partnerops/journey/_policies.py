"""The policies: the four stages of the source framework with every number a parameter, and one policy per type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, cast

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import (
    FrozenMap,
    Value,
    is_a,
    is_exact,
    is_share,
    is_str,
    place,
    to_fraction,
    to_map,
    to_strings,
    tuple_of,
)
from partnerops.entities import Partner
from partnerops.entities._facts import is_positive_money
from partnerops.exceptions import CurrencyMismatch, InvalidValue, NotCompilable
from partnerops.journey._criteria import AllOf, AnyOf, Criterion, CriterionTree
from partnerops.journey._protocol import StagePolicy
from partnerops.journey._rules import CompiledJourney, Gate, StageRules
from partnerops.journey._settings import Dormancy, Hysteresis, SignalRules, whole
from partnerops.journey._signal import Signal
from partnerops.journey._stages import JourneyStage, OnUnknown
from partnerops.money import Money
from partnerops.typing import ExactLike


def _optional(validator: Callable[[Any, Any, Any], None]) -> Callable[[Any, Any, Any], None]:
    """Attrs' `optional`, in a form that type checkers accept beside a default that is not None."""
    return optional(validator)


def _to_optional_fraction(value: ExactLike | None) -> Fraction | None:
    return None if value is None else to_fraction(value)


@frozen(kw_only=True)
class JourneyPolicy(Value):
    """
    The four stages of the framework "Jornada do Parceiro", with published practice for the numbers it leaves open.

    | stage | to enter | to stay |
    |---|---|---|
    | start | every partner | |
    | traction | signed, and onboarded, or with an accepted registration, a qualified referral or a win | |
    | acceleration | first wave: `first_wave_wins` in `first_wave_months`, or `first_wave_revenue` | revenue |
    | maturity | `mature_revenue`, steady, on its own, certified, customers content | less of each |

    The gate out of traction is the first wave of revenue, not growth: growth only says where to invest. The two
    amounts have no default, since no amount fits every programme; all other numbers are defaults, not facts. Wins and
    revenue are credits, so attribute first and put the credits into the dataset.

    Raises:
        InvalidValue: Thresholds that contradict one another, such as more to stay than to enter.
        CurrencyMismatch: The amounts are in two currencies.

    Source: "Jornada do Parceiro" for stages and order; PRM vendors' and programmes' guides for the numbers.

    >>> policy = JourneyPolicy(first_wave_revenue=Money("50000", "BRL"), mature_revenue=Money("400000", "BRL"))
    >>> [gate.stage.value for gate in policy.compiled().default.gates]
    ['traction', 'acceleration', 'maturity']
    """

    first_wave_revenue: Money = field(validator=is_positive_money)
    """Revenue in the window that completes the first wave at once."""
    mature_revenue: Money = field(validator=is_positive_money)
    """Revenue in the window that maturity takes."""
    revenue_months: int = field(default=12, validator=whole(1, 1200))
    """The window of both, and of self-sufficiency and satisfaction, in months."""
    first_wave_wins: int = field(default=2, validator=whole(1))
    """Wins that complete the first wave."""
    first_wave_months: int = field(default=2, validator=whole(1))
    """Distinct months in which they lie."""
    mature_after_months: int = field(default=12, validator=whole(0, 1200))
    """Months since the first win that maturity takes."""
    mature_quarters: int = field(default=3, validator=whole(0, 4))
    """Quarters with a win, of the last four, that maturity takes."""
    keep_quarters: int = field(default=2, validator=whole(0, 4))
    """The same to stay in maturity."""
    keep_revenue: Fraction = field(default=Fraction(3, 4), converter=to_fraction, validator=is_share)
    """Share of `mature_revenue` that keeps a partner in maturity."""
    self_sufficiency: Fraction | None = field(
        default=Fraction(1, 2), converter=_to_optional_fraction, validator=_optional(is_share)
    )
    """Share of wins without the vendor's help that maturity takes; None asks for none."""
    keep_self_sufficiency: Fraction | None = field(
        default=Fraction(2, 5), converter=_to_optional_fraction, validator=_optional(is_share)
    )
    """The same to stay in maturity."""
    certifications: int = field(default=1, validator=whole(0))
    """Valid certificates that maturity takes; 0 asks for none."""
    csat_floor: Fraction | None = field(
        default=Fraction(7, 2), converter=_to_optional_fraction, validator=_optional(is_exact)
    )
    """Mean satisfaction below which a partner does not enter maturity; None does not ask. Unknown passes."""
    nps_floor: Fraction | None = field(
        default=Fraction(0), converter=_to_optional_fraction, validator=_optional(is_exact)
    )
    """The same for the net promoter score, from -1 to 1."""
    growing: Fraction = field(default=Fraction(3, 20), converter=to_fraction, validator=is_exact)
    """Growth over six months from which it pays to invest more: watched, never a gate."""
    without_certifications: tuple[str, ...] = field(
        default=("affiliate", "influencer", "referral"), converter=to_strings, validator=tuple_of(str)
    )
    """Partner types that hold no certificates: they are not asked for."""
    without_registrations: tuple[str, ...] = field(
        default=("affiliate", "influencer"), converter=to_strings, validator=tuple_of(str)
    )
    """Partner types that register no deals: they are not asked for."""
    hysteresis: Hysteresis = field(factory=Hysteresis, validator=is_a(Hysteresis))
    """How slowly a partner moves."""
    dormancy: Dormancy = field(factory=Dormancy, validator=is_a(Dormancy))
    """When silence counts."""
    signals: SignalRules = field(factory=SignalRules, validator=is_a(SignalRules))
    """What the signals mean; without a `growth_floor` of its own it is a tenth of `first_wave_revenue`."""
    version: str = field(default="1", validator=is_str)
    """Version of the policy, as decisions show it."""
    _plan: CompiledJourney = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.first_wave_revenue.currency != self.mature_revenue.currency:
            raise CurrencyMismatch(
                "set thresholds of one policy in", self.first_wave_revenue.currency, self.mature_revenue.currency
            )
        # A maturity below the first wave would skip acceleration.
        if self.mature_revenue < self.first_wave_revenue:
            rule = f"at least first_wave_revenue ({self.first_wave_revenue})"
            raise InvalidValue("JourneyPolicy.mature_revenue", rule, str(self.mature_revenue))
        if self.first_wave_months > self.first_wave_wins:
            rule = f"at most first_wave_wins ({self.first_wave_wins}): a win lies in one month"
            raise InvalidValue("JourneyPolicy.first_wave_months", rule, self.first_wave_months)
        # Once per policy: a policy is asked for its rules for every partner and date.
        object.__setattr__(self, "_plan", self._compile())

    def rules(self, partner: Partner, /) -> StageRules:
        """The rules of the partner's type."""
        return self._plan.rules(partner.type)

    def compiled(self) -> CompiledJourney:
        """The policy as plain data."""
        return self._plan

    def to_mermaid(self) -> str:
        """The journey as a Mermaid state diagram, with the rules of most partner types."""
        return self._plan.default.to_mermaid()

    def _compile(self) -> CompiledJourney:
        types = {*self.without_certifications, *self.without_registrations}
        # Types that are asked for the same share their rules, so that tables see four sets at most.
        own: dict[tuple[bool, bool], StageRules] = {}

        def rules(*, certified: bool, registered: bool) -> StageRules:
            key = (certified, registered)
            if key not in own:
                own[key] = self._rules(certified=certified, registered=registered)
            return own[key]

        by_type = {
            name: rules(
                certified=name not in self.without_certifications, registered=name not in self.without_registrations
            )
            for name in types
        }
        return CompiledJourney(default=rules(certified=True, registered=True), by_type=by_type)

    def _rules(self, *, certified: bool, registered: bool) -> StageRules:
        # Growth over a few hundred reais is noise; a tenth of the first wave is the least that can be called a base.
        floor = self.signals.growth_floor or self.first_wave_revenue.times("0.1")
        return StageRules(
            gates=(self._traction(registered=registered), self._acceleration(), self._maturity(certified=certified)),
            hysteresis=self.hysteresis,
            dormancy=self.dormancy,
            signals=self.signals.replace(growth_floor=floor),
            version=self.version,
        )

    def _traction(self, *, registered: bool) -> Gate:
        registrations = [Criterion(Signal.ACCEPTED_REGISTRATIONS, ">=", 1)] if registered else []
        enabled: list[CriterionTree] = [
            Criterion(Signal.ONBOARDING, ">=", 1),
            *registrations,
            Criterion(Signal.QUALIFIED_REFERRALS, ">=", 1),
            Criterion(Signal.WINS, ">=", 1),
        ]
        return Gate(
            stage=JourneyStage.TRACTION,
            enter=AllOf([Criterion(Signal.SIGNED, ">=", 1), AnyOf(enabled, name="able to sell")]),
            # The framework asks for sales training here and makes nobody wait for it: watched, never a gate.
            watch=[Criterion(Signal.TRAINING_DAYS, ">=", 1, days=90), *registrations],
        )

    def _acceleration(self) -> Gate:
        wins: list[CriterionTree] = [
            Criterion(Signal.WINS, ">=", self.first_wave_wins),
            Criterion(Signal.WIN_MONTHS, ">=", self.first_wave_months),
        ]
        wave: list[CriterionTree] = [AllOf(wins), self._revenue(">=", self.first_wave_revenue)]
        return Gate(
            stage=JourneyStage.ACCELERATION,
            enter=AnyOf(wave, name="first wave of revenue"),
            # Any revenue at all keeps it: shrinking is a reason to invest less, not to start over.
            stay=self._revenue(">", Money.zero(self.mature_revenue.currency)),
            watch=[
                Criterion(Signal.GROWTH, ">=", self.growing, months=6),
                Criterion(Signal.JOINT_PLAN, ">=", 1),
                Criterion(Signal.TARGET_ATTAINMENT, ">=", 1),
            ],
        )

    def _maturity(self, *, certified: bool) -> Gate:
        months = self.revenue_months
        enter: list[CriterionTree] = [
            # A year with wins in three quarters of it: one great deal is no maturity.
            Criterion(Signal.MONTHS_SINCE_FIRST_WIN, ">=", self.mature_after_months),
            Criterion(Signal.WIN_QUARTERS, ">=", self.mature_quarters, months=12),
            self._revenue(">=", self.mature_revenue),
        ]
        stay: list[CriterionTree] = [
            Criterion(Signal.WIN_QUARTERS, ">=", self.keep_quarters, months=12),
            self._revenue(">=", self.mature_revenue.times(self.keep_revenue)),
        ]
        if self.self_sufficiency is not None:
            enter.append(Criterion(Signal.SELF_SUFFICIENCY, ">=", self.self_sufficiency, months=months))
        # Without a condition to enter there is none to stay, or staying would be the harder of the two.
        if self.keep_self_sufficiency is not None and self.self_sufficiency is not None:
            stay.append(Criterion(Signal.SELF_SUFFICIENCY, ">=", self.keep_self_sufficiency, months=months))
        # To enter alone: a certificate that lapses is no reason to take a stage away.
        if certified and self.certifications:
            enter.append(Criterion(Signal.CERTIFICATIONS, ">=", self.certifications))
        # Small partners never get five answers: what nobody asked must not keep them out, so unknown passes.
        for signal, bound in ((Signal.CSAT, self.csat_floor), (Signal.NPS, self.nps_floor)):
            if bound is not None:
                enter.append(Criterion(signal, ">=", bound, months=months, on_unknown=OnUnknown.PASS))
        return Gate(stage=JourneyStage.MATURITY, enter=AllOf(enter), stay=AllOf(stay))

    def _revenue(self, comparison: str, amount: Money) -> Criterion:
        return Criterion(Signal.WON_REVENUE, comparison, amount, months=self.revenue_months)

    def __str__(self) -> str:
        return f"the four stages (first wave {self.first_wave_revenue}, mature {self.mature_revenue})"


def check_policy(where: str, value: object) -> None:
    """Refuse what gives no rules; a class in place of its instance is the usual slip."""
    if isinstance(value, type) or not callable(getattr(value, "rules", None)):
        raise InvalidValue(where, "a policy: an object with rules(partner), such as JourneyPolicy(...)", value)


def _is_policy(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    check_policy(place(instance, attribute), value)


def _are_policies(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, FrozenMap):
        raise InvalidValue(place(instance, attribute), "a mapping of partner types to policies", value)
    for name, policy in cast("FrozenMap[object]", value).items():
        check_policy(f"{place(instance, attribute)}[{name!r}]", policy)


def _to_policies(values: Mapping[str, StagePolicy]) -> FrozenMap[StagePolicy]:
    return to_map(values)


@frozen
class ByType(Value):
    """
    A policy of its own for some partner types, another for all the rest.

    Raises:
        InvalidValue: Something that is not a policy.

    >>> base = JourneyPolicy(first_wave_revenue=Money("50000", "BRL"), mature_revenue=Money("400000", "BRL"))
    >>> policy = ByType(base, {"affiliate": base.replace(first_wave_wins=5)})
    >>> sorted(policy.compiled().by_type)
    ['affiliate', 'influencer', 'referral']
    """

    policy: StagePolicy = field(validator=_is_policy)
    """The policy of all other types."""
    types: FrozenMap[StagePolicy] = field(converter=_to_policies, validator=_are_policies)
    """Partner type -> its policy."""

    def rules(self, partner: Partner, /) -> StageRules:
        """The rules of the policy of the partner's type."""
        return self.types.get(partner.type, self.policy).rules(partner)

    def compiled(self) -> CompiledJourney:
        """The policies as plain data."""
        # Types of the policy inside stay, unless this one names them too.
        base = compile_policy(self.policy)
        # A policy for a type may itself know types; it is asked for the rules of its own one.
        own = {name: compile_policy(policy).rules(name) for name, policy in self.types.items()}
        return base.replace(by_type={**base.by_type, **own})


def compile_policy(policy: object) -> CompiledJourney:
    """
    A policy as plain data.

    Raises:
        NotCompilable: It has none, since it is a user's own or wraps one.
    """
    compiled = getattr(policy, "compiled", None)
    result = compiled() if callable(compiled) else None
    if not isinstance(result, CompiledJourney):
        raise NotCompilable(type(policy).__name__, "partnerops.journey.classify_all")
    return result
