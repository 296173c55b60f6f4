"""Reasons: what a commission is made of, tier by tier, and the words for it."""

from __future__ import annotations

from fractions import Fraction

from attrs import field, frozen

from partnerops._attrs import Value
from partnerops._currency import EXPONENTS
from partnerops._render import join_and, percent
from partnerops.commission._amounts import compiled_or_none, describe, minor_function
from partnerops.commission._compiled import CompiledSchedule
from partnerops.commission._postings import Posting, PostingKind, Special, Working
from partnerops.money import Money, round_quotient


@frozen(kw_only=True)
class TierSlice(Value):
    """
    The part of a commission that one tier gives.

    Slices of a line sum to what the schedule gives it, exactly.
    """

    lower: Money
    """Attainment at which the part begins."""
    upper: Money
    """Attainment at which it ends; the same as `lower` for an amount earned once."""
    rate: Fraction | None
    """Its rate; for a retroactive part the difference to the rate before; None for an amount earned once."""
    amount: Money
    """What it gives."""
    retroactive: bool = field(default=False)
    """Whether it raises what was attained before."""

    def __str__(self) -> str:
        if self.rate is None:
            return f"{self.amount:,} {f'for reaching {self.lower:,}' if self.lower else 'for the first sale'}"
        rate = percent(self.rate).replace(".0 %", " %")
        span = f"{(self.upper - self.lower):,}"
        return f"{rate} {'more ' if self.retroactive else ''}on {span}"


Part = tuple[Fraction, Fraction, Fraction | None, Fraction, bool]


def slices(working: Working) -> tuple[TierSlice, ...]:
    """The tier slices of a sale, in the order in which its attainment passes through them."""
    rules = working.rules
    plan = compiled_or_none(rules.schedule)
    unit = 10 ** EXPONENTS[rules.currency]
    before, after = Fraction(working.before) / unit, Fraction(working.after) / unit
    # Nothing sold passes through no tier; a slice of nothing would only ask to be explained.
    if before == after:
        return ()
    sign = 1 if after > before else -1
    low, high = sorted((before, after))
    value = minor_function(rules.schedule, EXPONENTS[rules.currency], rules.rounding)
    if plan is None:
        total = Fraction(value(working.after) - value(working.before)) / unit
        # Without integers there are no tiers to tell; the sum is still exact, as one slice.
        parts: list[Part] = [(before, after, None, total * sign, False)]
        start = Fraction(0)
    else:
        # Negative attainments mirror positive ones, so a span over zero is walked from zero in both directions.
        parts = [(-b, -a, r, v, t) for a, b, r, v, t in _walk(plan, max(-high, Fraction(0)), -low)] if low < 0 else []
        parts = parts[::-1] + (_walk(plan, max(low, Fraction(0)), high) if high > 0 else [])
        start = plan.at(low)
    return _rounded(parts, start, sign, working)


def _walk(plan: CompiledSchedule, low: Fraction, high: Fraction) -> list[Part]:
    """(from, to, rate, amount, retroactive) of what lies between two attainments of at least 0, exactly."""
    starts = [Fraction(start, plan.scale) for start in plan.starts]
    slopes = [Fraction(slope, plan.unit) for slope in plan.slopes]
    bases = [Fraction(base, plan.scale * plan.unit) for base in plan.bases]
    first, last = plan.tier(low), plan.tier(high)
    parts: list[Part] = []
    for index in range(max(first, 0), last + 1):
        if index > first:
            below = bases[index - 1] + slopes[index - 1] * (starts[index] - starts[index - 1]) if index else Fraction(0)
            jump = bases[index] - below
            if index in plan.retroactive:
                # Only the difference is new: below the threshold the lower rate has been paid already.
                rise = slopes[index] - slopes[index - 1]
                parts.append((Fraction(0), starts[index], rise, rise * starts[index], True))
                jump -= rise * starts[index]
            parts.append((starts[index], starts[index], None, jump, False))
        start = max(low, starts[index])
        end = high if index == last else min(high, starts[index + 1])
        parts.append((start, end, slopes[index], slopes[index] * (end - start), False))
    return [part for part in parts if part[3] or (part[1] > part[0] and not plan.per_sale)]


def _rounded(parts: list[Part], start: Fraction, sign: int, working: Working) -> tuple[TierSlice, ...]:
    """The parts as money, rounded on the running total, so that they sum to the rounded whole."""
    rules = working.rules
    unit = 10 ** EXPONENTS[rules.currency]

    def minor(exact: Fraction) -> int:
        number = exact * unit
        return round_quotient(number.numerator, number.denominator, rules.rounding)

    def money(exact: Fraction) -> Money:
        return Money.from_minor(minor(exact), rules.currency)

    # Rounding each part alone would make parts that do not sum to the line.
    found: list[TierSlice] = []
    reached = start
    for low, high, rate, amount, retroactive in parts:
        change = minor(reached + amount) - minor(reached)
        reached += amount
        found.append(
            TierSlice(
                lower=money(low), upper=money(high), rate=rate, retroactive=retroactive,
                amount=Money.from_minor(sign * change, rules.currency),
            )
        )  # fmt: skip
    return tuple(found)


def because(posting: Posting) -> str:
    """Why a posting has its amount, in words."""
    if posting.working is None:
        return posting.note or _PLAIN.get(posting.kind, posting.kind.value)
    return explained(posting.working)


def explained(working: Working) -> str:
    """How the amount of a sale came about, in words."""
    return _with_special(_schedule_words(working), working.special)


def _schedule_words(working: Working) -> str:
    rules = working.rules
    size = round_quotient(*(working.after - working.before).as_integer_ratio())
    plan = compiled_or_none(rules.schedule)
    if plan is not None and plan.per_sale and size:
        return f"{describe(rules.schedule)}: one of {Money.from_minor(size, rules.currency):,}"
    parts = [str(part) for part in slices(working)]
    if not parts:
        return f"a sale of nothing under {describe(rules.schedule)}"
    words = join_and(parts)
    if working.period is None and working.before == 0:
        return f"{words}: a sale of {Money.from_minor(size, rules.currency):,}"
    paid = working.special is not None and working.special.payments
    over = "payments of this sale" if paid else str(working.period or "all sales so far")
    return f"{words}: attainment from {_shown(working, 'before')} to {_shown(working, 'after')} in {over}"


def _with_special(words: str, special: Special | None) -> str:
    """The words, with the modifiers that changed the amount, the rate of exchange and what else applied."""
    if special is None:
        return words
    # In the order in which they apply: rules that chose the rate, then modifiers, then the exchange.
    more = [*special.notes, *map(str, special.steps)]
    if special.rate is not None:
        more.append(str(special.rate))
    return "; ".join([words, *more])


def _shown(working: Working, name: str) -> str:
    minor = round_quotient(*getattr(working, name).as_integer_ratio())
    return f"{Money.from_minor(minor, working.rules.currency):,}"


_PLAIN = {
    PostingKind.RELEASED: "the holding period ended",
}
