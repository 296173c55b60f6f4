"""Which plan holds for a sale: agreements, versions and exceptions, made ready to be asked many times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise

from partnerops.commission._buckets import Buckets
from partnerops.commission._context import Context
from partnerops.commission._parts import Attainment, Basis, Incentive, Revenue
from partnerops.commission._plan import CommissionPlan, PlanRef
from partnerops.commission._protocol import RateSchedule
from partnerops.commission._sales import Where
from partnerops.commission._schedules import FlatRate
from partnerops.commission._terms import Terms
from partnerops.commission.modifiers import BestOf, Cap, Floor, Modifier, Uplift
from partnerops.dated import Dated
from partnerops.entities import Agreement, PolicyException
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.money import Rounding
from partnerops.typing import PartnerId


class Scheme:
    """All that one version of a plan says, for sales in one currency of account."""

    __slots__ = (
        "incentives", "main", "notes", "overrides", "plain", "plan", "reasons", "rules", "splits_lines", "told_apart",
    )  # fmt: skip

    def __init__(
        self, plan: CommissionPlan, ref: PlanRef, currency: str, buckets: Buckets, notes: tuple[str, ...]
    ) -> None:
        def terms(
            schedule: RateSchedule,
            tag: str,
            attainment: Attainment = plan.attainment,
            modifiers: tuple[Modifier, ...] = (),
            rounding: Rounding | None = None,
        ) -> Terms:
            return Terms(
                plan, ref, currency, buckets, schedule=schedule, attainment=attainment, modifiers=modifiers,
                rounding=rounding, tag=tag,
            )  # fmt: skip

        self.plan = plan
        self.notes = notes
        # What the rules ask of a sale is the same for each: whether its lines have to be looked at, and why.
        self.told_apart = [condition for condition in _of_modifiers(plan.modifiers) if condition.asks_lines]
        self.reasons = [f"rate for {rule.where}" for rule in plan.rates]
        self.splits_lines = _splits_lines(plan, self.told_apart)
        self.main = terms(plan.schedule, "", modifiers=plan.modifiers)
        self.rules = [
            terms(rule.schedule, f"rate {index}", modifiers=plan.modifiers) for index, rule in enumerate(plan.rates)
        ]
        self.incentives: list[tuple[Incentive, Terms]] = [
            (one, terms(one.schedule, one.id, one.attainment, rounding=Rounding.FLOOR if one.points else None))
            for one in plan.incentives
        ]
        levels = plan.overrides.rates if plan.overrides is not None else ()
        self.overrides = [
            terms(FlatRate(rate), f"level {level}", Attainment.LINE) for level, rate in enumerate(levels, 1)
        ]
        special = plan.rates or plan.modifiers or plan.incentives or plan.splits or plan.overrides or plan.documents
        self.plain = (
            not special and not notes and plan.basis == Basis() and self.main.quota is None and not self.main.grace
        )


def _of_modifiers(modifiers: Iterable[Modifier]) -> list[Where]:
    """The conditions of the ready-made modifiers: lines that meet different ones are different sales to them."""
    found: list[Where] = []
    for one in modifiers:
        if isinstance(one, BestOf):
            found += [uplift.where for uplift in one.uplifts]
        elif isinstance(one, Uplift | Cap | Floor):
            found.append(one.where)
    return found


def _splits_lines(plan: CommissionPlan, told_apart: Sequence[Where]) -> bool:
    """Whether anything of the plan can tell the lines of a deal apart: a split costs a rounding per line."""
    basis = plan.basis
    conditions = [*(rule.where for rule in plan.rates), *(one.where for one in plan.incentives)]
    if basis.exclude is not None:
        conditions.append(basis.exclude)
    asked = bool(told_apart) or any(condition.asks_lines for condition in conditions)
    return asked or basis.of is Revenue.MARGIN or basis.recurring_months is not None


Versions = CommissionPlan | Dated[CommissionPlan]
"""A plan, or its versions by date."""


def check_versions(where: str, plan: Versions) -> list[CommissionPlan]:
    """The plans that are given as one plan or as dated versions of one; anything else is refused."""
    plans = [version.value for version in plan.versions] if isinstance(plan, Dated) else [plan]
    for one in plans:
        if not isinstance(one, CommissionPlan):
            raise InvalidValue(where, "a CommissionPlan, or Dated versions of one", one)
    return plans


class Schemes:
    """Which scheme holds for a sale: the partner's agreement or the programme's default, with exceptions first."""

    def __init__(
        self,
        default: Versions | None,
        plans: Iterable[Versions],
        agreements: Iterable[Agreement],
        context: Context,
    ) -> None:
        self.default = default
        self.context = context
        self.buckets = Buckets()
        self._plans = _by_id([*plans, *([default] if default is not None else [])])
        self._agreements = _by_partner(agreements)
        self._found: dict[object, Scheme] = {}
        self._currencies: dict[str, str] = {}

    @property
    def simple(self) -> bool:
        """Whether one plan holds for everybody and always."""
        return isinstance(self.default, CommissionPlan) and not self._agreements and not self.context.exceptions

    def find(self, partner_id: PartnerId, deal_id: str, on: date, currency: str) -> Scheme:
        """
        The scheme of a partner's sale, by the date that decides.

        Raises:
            InvalidValue: No plan is in force for the partner that day.
        """
        agreement = self._agreement(partner_id, on)
        plan = self._plan(partner_id, agreement, on)
        granted = self.context.granted(partner_id, deal_id, plan.id, on) if self.context.exceptions else ()
        # The first sale under a plan settles which currency its thresholds mean.
        money = plan.currency or self._currencies.setdefault(plan.id, currency)
        key = (id(plan), agreement.clause if agreement is not None else "", granted, money)
        # By identity: plans are values, and hashing one for every sale would cost more than settling it.
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._make(plan, agreement, granted, money)
        return found

    def default_on(self, on: date) -> CommissionPlan | None:
        """The programme's default plan on a date."""
        return self.default.get(on) if isinstance(self.default, Dated) else self.default

    def _agreement(self, partner_id: PartnerId, on: date) -> Agreement | None:
        for one in self._agreements.get(partner_id, ()):
            if one.is_effective(on) and self.context.knows(one):
                return one
        return None

    def _plan(self, partner_id: PartnerId, agreement: Agreement | None, on: date) -> CommissionPlan:
        versions = self.default
        if agreement is not None:
            versions = self._plans.get(agreement.plan_id)
            if versions is None:
                raise UnknownName(f"plan of agreement {agreement.id}", agreement.plan_id, tuple(self._plans))
        plan = versions.get(on) if isinstance(versions, Dated) else versions
        if plan is None:
            rule = f"in force for {partner_id} on {on}: give plan= as the programme's default, or an agreement"
            raise InvalidValue("a commission plan", rule, None)
        return plan

    def _make(
        self, plan: CommissionPlan, agreement: Agreement | None, granted: tuple[PolicyException, ...], currency: str
    ) -> Scheme:
        changed = plan
        # Widest first, so the narrowest exception has the last word.
        for one in granted:
            changed = _with_exception(changed, one)
        ref = changed.ref
        # The partner signed the agreement, so its clause is the one to quote.
        if agreement is not None and agreement.clause:
            ref = ref.replace(clause=agreement.clause)
        notes = tuple(
            f"exception {one.id}: {one.parameter} {one.old} became {one.new} ({one.reason}), approved by "
            f"{one.approved_by}, until {one.effective_to}"
            for one in granted
        )
        return Scheme(changed, ref, currency, self.buckets, notes)


def _with_exception(plan: CommissionPlan, granted: PolicyException) -> CommissionPlan:
    """The plan with one parameter changed: rate, hold_days or within_months."""
    if granted.parameter == "rate":
        # A rate that was granted holds for all of the sale: rules by product would take it back in part.
        return plan.replace(schedule=FlatRate(granted.new), rates=())
    if not granted.new.isdigit():
        raise InvalidValue(f"PolicyException {granted.id!r}.new", "a whole number", granted.new)
    if granted.parameter == "hold_days":
        return plan.replace(hold_days=int(granted.new))
    clawback = plan.clawback
    return plan if clawback is None else plan.replace(clawback=clawback.replace(within_months=int(granted.new)))


def _by_id(plans: Iterable[Versions]) -> dict[str, Versions]:
    """Plans by id; two of one id overlap unless they are dated versions of one history."""
    found: dict[str, Versions] = {}
    for one in plans:
        for id in dict.fromkeys(plan.id for plan in check_versions("settle(plans)", one)):
            # Which of two would hold is nobody's guess; dated versions say so by themselves.
            if found.setdefault(id, one) != one:
                rule = f"apart: two plans called {id!r}; give the versions of one plan as Dated"
                raise InvalidValue("settle(plans)", rule, id)
    return found


def _by_partner(agreements: Iterable[Agreement]) -> dict[PartnerId, list[Agreement]]:
    """
    Agreements by partner, in order.

    Raises:
        InvalidValue: Two agreements of one partner overlap.
    """
    found: dict[PartnerId, list[Agreement]] = {}
    for one in dict.fromkeys(agreements):
        if not isinstance(one, Agreement):
            raise InvalidValue("settle(agreements)", "a list of Agreements", one)
        found.setdefault(one.partner_id, []).append(one)
    for partner_id, several in found.items():
        several.sort(key=lambda one: (one.effective_from, one.id))
        for earlier, later in pairwise(several):
            # Half-open: the day one ends is the day the next may begin.
            if earlier.effective_to is None or earlier.effective_to > later.effective_from:
                rule = f"apart from {earlier.id} of {partner_id}: end that one by {later.effective_from}"
                raise InvalidValue(f"settle(agreements) {later.id!r}", rule, later)
    return found
