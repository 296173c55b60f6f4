"""Plans made ready to be asked many times, and which of them holds for a sale."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from partnerops._currency import EXPONENTS
from partnerops.commission._amounts import compiled_or_none, exact_at, minor_function
from partnerops.commission._buckets import Bucket, Buckets, Day
from partnerops.commission._context import Context
from partnerops.commission._grace import Eased, highest_kept
from partnerops.commission._parts import Attainment, Basis, Incentive
from partnerops.commission._plan import CommissionPlan, PlanRef
from partnerops.commission._postings import Attained, Rules
from partnerops.commission._protocol import RateSchedule
from partnerops.commission._quota import OnQuota
from partnerops.commission._schedules import FlatRate
from partnerops.commission.modifiers import Modifier
from partnerops.dated import Dated
from partnerops.entities import Agreement, PolicyException
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.money import Rounding
from partnerops.periods import Frequency
from partnerops.typing import PartnerId


class Terms:
    """One schedule of one version of a plan."""

    __slots__ = (
        "_buckets", "_days", "attainment", "frequency", "grace", "held", "modifiers", "per_sale", "plan", "quota",
        "ref", "rules", "shared", "single", "tag", "unit", "utc", "value",
    )  # fmt: skip

    def __init__(
        self,
        plan: CommissionPlan,
        ref: PlanRef,
        currency: str,
        buckets: Buckets,
        *,
        schedule: RateSchedule,
        attainment: Attainment,
        modifiers: tuple[Modifier, ...] = (),
        rounding: Rounding | None = None,
        tag: str = "",
    ) -> None:
        self.plan = plan
        self.ref = ref
        self.attainment = attainment
        self.modifiers = modifiers
        self.tag = tag
        self.rules = Rules(schedule, currency, rounding or plan.rounding)
        self.unit = 10 ** EXPONENTS[currency]
        self.quota = schedule if isinstance(schedule, OnQuota) and schedule.quota is None else None
        self.value = minor_function(schedule, EXPONENTS[currency], self.rules.rounding)
        compiled = compiled_or_none(schedule)
        self.per_sale = compiled is not None and compiled.per_sale
        self.single = self.per_sale or attainment is Attainment.LINE
        alone = attainment in (Attainment.LINE, Attainment.LIFETIME)
        self.frequency = None if alone else Frequency(attainment.value)
        self.held = plan.hold_days > 0
        self.shared = any(split.whole_attains for split in plan.splits)
        self.grace = plan.clawback.grace if plan.clawback is not None else Decimal(0)
        self.utc = plan.calendar.zone == "UTC"
        self._days: dict[date, Day] = {}
        self._buckets = buckets

    def date_of(self, moment: datetime) -> date:
        """The business date of a moment; facts keep their moments in UTC."""
        return moment.date() if self.utc else self.plan.calendar.date_of(moment)

    def day(self, on: date) -> Day:
        """What a date means: its attainment period, the sales of that period, and when a sale of it is due."""
        found = self._days.get(on)
        if found is None:
            calendar = self.plan.calendar
            period = None if self.frequency is None else calendar.period(self.frequency, on)
            due_on = on + timedelta(days=self.plan.hold_days)
            found = self._days[on] = Day(on, period, due_on, calendar.start_of(due_on))
            # Versions of a plan that did not touch the schedule go on adding up what earlier ones began.
            found.buckets = self._buckets.of((self.plan.id, self.tag, self.attainment, period), self.rules)
        return found

    def pays_like(self, other: Terms) -> bool:
        """Whether another version of the plan pays a sale alike: one that only holds longer begins nothing anew."""
        return self is other or (
            (self.plan.id, self.tag, self.attainment, self.rules)
            == (other.plan.id, other.tag, other.attainment, other.rules)
            and self.modifiers == other.modifiers
        )

    def bucket(self, partner_id: PartnerId, day: Day, context: Context) -> Bucket:
        """The sales that a sale of that partner and day adds up with; a new one where each stands alone."""
        if self.single and self.quota is None:
            return Bucket(self.value, self.rules)
        found = day.buckets.get(partner_id)
        if found is None:
            value, rules = self.value, self.rules
            if self.quota is not None:
                quota = context.quota(self.quota, partner_id, day.period, on=day.on, currency=rules.currency)
                rules = rules.replace(schedule=self.quota.at_quota(quota))
                value = minor_function(rules.schedule, EXPONENTS[rules.currency], rules.rounding)
            found = Bucket(value, rules)
            if not self.single:
                day.buckets[partner_id] = found
        return found

    def move(self, bucket: Bucket, attained: Attained) -> None:
        """Let the sales of a bucket have attained so much, and its cliffs lie where that leaves them."""
        bucket.attained = attained
        plan = compiled_or_none(bucket.own.schedule) if self.grace else None
        if plan is None or not plan.retroactive:
            return
        top = highest_kept(plan, bucket.top, self.grace, Fraction(attained) / self.unit)
        if top == bucket.top:
            return
        # F is the same under both at this attainment, so nothing is earned or lost by the change itself.
        bucket.top = top
        schedule = bucket.own.schedule if top < 0 else Eased(bucket.own.schedule, top, self.grace)
        bucket.rules = bucket.own.replace(schedule=schedule)
        bucket.value = minor_function(schedule, EXPONENTS[bucket.rules.currency], bucket.rules.rounding)

    def exact(self, bucket: Bucket, attained: Attained) -> Fraction:
        """F of an attainment in minor units, exactly, in currency units."""
        worth = exact_at(bucket.rules.schedule, Fraction(attained) / self.unit)
        return worth if not bucket.gone or not attained else worth * (1 - Fraction(bucket.gone) / attained)


class Scheme:
    """All that one version of a plan says, for sales in one currency of account."""

    __slots__ = ("incentives", "main", "notes", "overrides", "plain", "plan", "rules")

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
        for one in granted:
            changed = _with_exception(changed, one)
        ref = changed.ref
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
            if earlier.effective_to is None or earlier.effective_to > later.effective_from:
                rule = f"apart from {earlier.id} of {partner_id}: end that one by {later.effective_from}"
                raise InvalidValue(f"settle(agreements) {later.id!r}", rule, later)
    return found
