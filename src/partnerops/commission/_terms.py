"""Schedules made ready to be asked many times: what a date means, what adds up, what it is worth."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from partnerops._currency import EXPONENTS
from partnerops.commission._amounts import compiled_or_none, describe, exact_at, minor_function
from partnerops.commission._buckets import Bucket, Buckets, Day
from partnerops.commission._compiled import exactly
from partnerops.commission._context import Context
from partnerops.commission._grace import Eased, highest_kept
from partnerops.commission._parts import Attainment
from partnerops.commission._plan import CommissionPlan, PlanRef
from partnerops.commission._postings import Attained, Rules
from partnerops.commission._protocol import RateSchedule
from partnerops.commission._quota import OnQuota
from partnerops.commission.modifiers import Modifier
from partnerops.money import Rounding
from partnerops.periods import Frequency, Period
from partnerops.typing import PartnerId


class Terms:
    """One schedule of one version of a plan."""

    __slots__ = (
        "_buckets", "_days", "_periods", "attainment", "exactly", "frequency", "grace", "held", "modifiers", "names",
        "per_sale", "plan", "quota", "ref", "rules", "shared", "single", "tag", "unit", "utc", "value",
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
        # A bounty counts sales, so it stands alone whatever the plan says of attainment.
        self.per_sale = compiled is not None and compiled.per_sale
        self.single = self.per_sale or attainment is Attainment.LINE
        # Neither has a period: one never adds up, the other never starts anew.
        alone = attainment in (Attainment.LINE, Attainment.LIFETIME)
        self.frequency = None if alone else Frequency(attainment.value)
        self.held = plan.hold_days > 0
        self.shared = any(split.whole_attains for split in plan.splits)
        self.grace = plan.clawback.grace if plan.clawback is not None else Decimal(0)
        self.utc = plan.calendar.zone == "UTC"
        # In words, once: every sale that one of them changes names it.
        self.names = [describe(one) for one in modifiers]
        # Where F is integers its exact value is one fraction; a user's schedule and one that a grace eases are asked.
        self.exactly = None if compiled is None else exactly(compiled, EXPONENTS[currency])
        self._days: dict[date, Day] = {}
        self._periods: dict[tuple[Frequency, date], Period] = {}
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

    def period(self, frequency: Frequency, on: date) -> Period:
        """The period of a date on the plan's calendar, found once."""
        found = self._periods.get((frequency, on))
        if found is None:
            found = self._periods[frequency, on] = self.plan.calendar.period(frequency, on)
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

    def rise(self, bucket: Bucket, before: Attained) -> Fraction:
        """What a bucket's attainment is worth more than an earlier one, exactly, in currency units."""
        after = self.exact(bucket, bucket.attained)
        return after - self.exact(bucket, before) if before else after

    def exact(self, bucket: Bucket, attained: Attained) -> Fraction:
        """F of an attainment in minor units, exactly, in currency units."""
        if self.exactly is not None and bucket.rules is self.rules and isinstance(attained, int):
            worth = self.exactly(attained)
        else:
            worth = exact_at(bucket.rules.schedule, Fraction(attained) / self.unit)
        return worth if not bucket.gone or not attained else worth * (1 - Fraction(bucket.gone) / attained)
