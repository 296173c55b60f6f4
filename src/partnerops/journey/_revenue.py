"""
Signals of wins, revenue, customers and targets.

These are measures that `metrics` owns once it stands; they are kept here, and nowhere else in the package, so that
they can move.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from math import isqrt

from partnerops.entities import Opportunity, PartnerInvolvement, SurveyKind, SurveyResponse, Target
from partnerops.journey._signal import Measure, Signal
from partnerops.journey._track import Entry
from partnerops.journey._view import View
from partnerops.money import Money
from partnerops.periods import months_between

Window = tuple[int | None, int | None]
"""Months, days; both None is all time."""


def _ids(records: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(record.id for record in records)


def wins(view: View, window: Window) -> Measure:
    """Credited wins of which something is left."""
    found = view.wins_after(view.moment.after(*window))
    return Measure(len(found), _ids(found))


def win_months(view: View, window: Window) -> Measure:
    """Distinct calendar months with a win."""
    found = view.wins_after(view.moment.after(*window))
    return Measure(len({win.month for win in found}), _ids(found))


def win_quarters(view: View, window: Window) -> Measure:
    """Quarters with a win, counted back from the moment: (-3 months, now], (-6, -3], ..."""
    months = window[0] or 3
    found = view.wins_after(view.moment.after(months))
    starts = [view.moment.after(back) for back in range(3, months + 1, 3)]
    # The first start that lies before the win says how many quarters back it is.
    quarters = {next(place for place, start in enumerate(starts) if start and win.at > start) for win in found}
    return Measure(len(quarters), _ids(found))


def months_since_first_win(view: View, _: Window) -> Measure:
    """Completed months since the first win."""
    if not view.wins:
        return Measure(0, note="no win yet")
    first = view.wins[0]
    begun, today = view.date_of(first.at), view.today
    # Where the day of the month has come, months are complete without a look at how long the month is.
    if today.day >= begun.day:
        return Measure((today.year - begun.year) * 12 + today.month - begun.month, (first.id,))
    return Measure(months_between(begun, today), (first.id,))


def won_revenue(view: View, window: Window) -> Measure:
    """Credited revenue less what was taken back, each in the window in which it happened."""
    found = view.revenue(view.moment.after(*window))
    amount = view.money(sum(entry.minor for entry in found))
    return Measure(amount, _ids(found), note="" if amount is not None else "no credit says in which currency")


def growth(view: View, window: Window) -> Measure:
    """Later / earlier - 1 of two windows of one length, the later one ending at the moment."""
    months = window[0] or 1
    middle, start = view.moment.after(months), view.moment.after(2 * months)
    earlier, later = view.revenue(start, middle), view.revenue(middle)
    base = sum(entry.minor for entry in earlier)
    floor = view.signals.growth_floor
    evidence = _ids([*earlier, *later])
    if base <= 0 or (floor is not None and base < floor.minor):
        shown = view.money(base)
        return Measure(None, evidence, note=f"the {months} months before brought {shown or 'nothing'}")
    grown = Fraction(sum(entry.minor for entry in later), base) - 1
    return Measure(min(grown, view.signals.growth_cap), evidence)


def revenue_variation(view: View, window: Window) -> Measure:
    """Standard deviation over mean of the months counted back from the moment, to 9 decimals."""
    months = window[0] or 1
    starts = [view.moment.after(back) for back in range(1, months + 1)]
    found = view.revenue(starts[-1])
    sums = [0] * months
    for entry in found:
        sums[next(place for place, start in enumerate(starts) if start and entry.at > start)] += entry.minor
    total = sum(sums)
    if total <= 0:
        return Measure(None, _ids(found), note="no revenue to vary")
    # sigma / mu = sqrt(n * sum of squares - total^2) / total; the root is cut off far below the 9 decimals kept.
    scale = 10**12
    root = isqrt((months * sum(one * one for one in sums) - total * total) * scale * scale)
    return Measure(Fraction(round(Fraction(root, total * scale) * 10**9), 10**9), _ids(found))


def active_customers(view: View, _: Window) -> Measure:
    """An account is active while a recurring line runs, or within `customer_months` of a purchase."""
    since = view.moment.after(view.signals.customer_months)
    active: dict[str, str] = {}
    blind = 0
    for win in view.wins:
        deals = view.track.data.related(Opportunity, id=win.opportunity_id)
        account = deals[0].account_id if deals else None
        if account is None:
            blind += 1
        elif (since is not None and win.at > since) or _runs(deals[0], win, view):
            active.setdefault(account, win.id)
    # A customer that cannot be named cannot be counted twice either, so it is not counted at all, and said.
    note = f"{blind} wins without a known account" if blind else ""
    return Measure(None if blind and not active else len(active), tuple(active.values()), note=note)


def _runs(deal: Opportunity, win: Entry, view: View) -> bool:
    terms = [line.term_months for line in deal.lines if line.term_months is not None]
    return bool(terms) and months_between(view.date_of(win.at), view.today) < max(terms)


def target_attainment(view: View, _: Window) -> Measure:
    """Sum of what was reached over the sum of goal x elapsed / days, over the targets whose period holds the day."""
    owned = view.track.data.related(Target, owner_id=view.track.partner.id)
    reached = goal = Fraction(0)
    used: list[str] = []
    for target in sorted(owned, key=lambda one: one.id):
        if view.today not in target.period or target.as_of(view.moment.instant, view.today) is None:
            continue
        after = view.moment.calendar.start_of(target.period.start) - timedelta(microseconds=1)
        elapsed = Fraction((view.today - target.period.start).days + 1, target.period.days)
        if target.metric == Signal.WON_REVENUE and isinstance(target.value, Money):
            reached += sum(entry.minor for entry in view.revenue(after))
            goal += view.track.converted(target.value, view.moment.instant) * elapsed
        elif target.metric == Signal.WINS and not isinstance(target.value, Money):
            reached += len(view.wins_after(after))
            goal += Fraction(target.value) * elapsed
        else:
            continue
        used.append(target.id)
    if goal <= 0:
        return Measure(None, tuple(used), note="no running target for won_revenue or wins")
    return Measure(reached / goal, tuple(used))


# --- satisfaction and independence


def _answers(view: View, window: Window, kind: SurveyKind) -> list[SurveyResponse]:
    """Answers of the partner's customers: those that name it beside an account, or an account it won."""
    data, after = view.track.data, view.moment.after(*window)
    found: dict[str, SurveyResponse] = {one.id: one for one in view.seen(SurveyResponse) if one.account_id is not None}
    deals = (deal for win in view.wins for deal in data.related(Opportunity, id=win.opportunity_id))
    for account in {deal.account_id for deal in deals if deal.account_id is not None}:
        for one in data.related(SurveyResponse, account_id=account):
            if one.partner_id in (None, *view.track.ids) and one.as_of(view.moment.instant, view.today) is not None:
                found[one.id] = one
    # Named by the account it won or by the answer itself; the partner's own satisfaction is another question.
    kept = [one for one in found.values() if one.kind is kind and (after is None or one.at > after)]
    return sorted(kept, key=lambda one: (one.at, one.id))


def csat(view: View, window: Window) -> Measure:
    """Mean score of the partner's customers."""
    found = _answers(view, window, SurveyKind.CSAT) if view.track.data.surveys else []
    return _scored(view, found, [one.score for one in found])


def nps(view: View, window: Window) -> Measure:
    """Share of promoters (9, 10) less share of detractors (0 to 6)."""
    found = _answers(view, window, SurveyKind.NPS) if view.track.data.surveys else []
    return _scored(view, found, [(one.score >= 9) - (one.score <= 6) for one in found])


def _scored(view: View, found: Sequence[SurveyResponse], scores: Sequence[int]) -> Measure:
    """The mean of the scores; unknown with too few of them."""
    least, evidence = view.signals.minimum_answers, tuple(one.id for one in found)
    if len(found) < least:
        return Measure(None, evidence, note=f"{len(found)} answers, {least} are needed")
    return Measure(Fraction(sum(scores), len(scores)), evidence)


def self_sufficiency(view: View, window: Window) -> Measure:
    """Deals won alone, of those of which the help is known; the others are left out, not counted as helped."""
    data, unaided = view.track.data, view.signals.unaided
    alone = told = 0
    evidence: list[str] = []
    deals = dict.fromkeys(win.opportunity_id for win in view.wins_after(view.moment.after(*window)))
    for deal in deals if data.involvements else ():
        parts = [
            one
            for one in data.related(PartnerInvolvement, opportunity_id=deal)
            if one.partner_id in view.track.ids
            and one.assistance is not None
            and one.as_of(view.moment.instant, view.today) is not None
        ]
        if parts:
            told += 1
            alone += all(one.assistance in unaided for one in parts)
            evidence += sorted(one.id for one in parts)
    if not told:
        return Measure(None, note=f"nobody noted how much help the {len(deals)} won deals took")
    return Measure(Fraction(alone, told), tuple(evidence))
