"""
Signals of wins, revenue, customers and targets.

How answers, help and recurring lines are read is metrics' business; here it is asked of one partner at one moment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from math import isqrt
from typing import Final

from partnerops._render import plural
from partnerops.dataset import Dataset
from partnerops.entities import (
    Opportunity,
    PartnerInvolvement,
    RevenueKind,
    Reversal,
    SurveyKind,
    SurveyResponse,
    Target,
)
from partnerops.journey._signal import Measure
from partnerops.journey._track import Entry
from partnerops.journey._view import View
from partnerops.metrics._readings import latest_answers, sides, won_alone
from partnerops.metrics._subscriptions import ENDING, Span, spans
from partnerops.money import Money
from partnerops.periods import months_between

Window = tuple[int | None, int | None]
"""Months, days; both None is all time."""


def _ids(records: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(record.id for record in records)


def unattributed(view: View) -> Measure:
    """Unknown: deals were won, and no credit says whose they are."""
    # Zero would be a guess: it would take back stages for want of a step that nobody has run yet.
    deals = view.unattributed
    won = plural(len(deals), "won deal", "won deals")
    return Measure(None, deals, note=f"{won} and no credit in the dataset: attribute first")


def wins(view: View, window: Window) -> Measure:
    """Won deals with a credit of which something is left: two credits on one deal are one win."""
    found = view.wins_after(view.moment.after(*window))
    return Measure(_deals(found), _ids(found))


def _deals(wins: Sequence[Entry]) -> int:
    return len({win.opportunity_id for win in wins})


def win_months(view: View, window: Window) -> Measure:
    """Distinct calendar months with a win."""
    found = view.wins_after(view.moment.after(*window))
    return Measure(len({win.month for win in found}), _ids(found))


def win_quarters(view: View, window: Window) -> Measure:
    """Quarters with a win, counted back from the moment: (-3 months, now], (-6, -3], ..."""
    months = window[0] or 3
    found = view.wins_after(view.moment.after(months))
    starts = view.moment.quarters(months)
    # How many quarters had begun before a win says in which one it lies; windows exclude their first instant.
    quarters = {bisect_left(starts, win.at) for win in found}
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
    # Both windows: whoever doubts a growth doubts its base as often as its end.
    evidence = _ids([*earlier, *later])
    # From a base of next to nothing every growth looks like a wonder.
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
    """An account is active while a recurring line runs, or within `customer_months` of a one-off purchase."""
    data, blind = view.track.data, 0
    since = view.moment.after(view.signals.customer_months)
    bought: list[tuple[Entry, Opportunity, str]] = []
    for win in view.wins:
        deals = view.known(data.related(Opportunity, id=win.opportunity_id))
        if deals and deals[0].account_id is not None:
            bought.append((win, deals[0], deals[0].account_id))
        else:
            blind += 1
    running = _running(view, {account for *_, account in bought})
    active: dict[str, str] = {}
    for win, deal, account in bought:
        recent = since is not None and win.at > since
        if deal.id in running or (recent and _is_kept_purchase(deal, view)):
            active.setdefault(account, win.id)
    # A customer that cannot be named cannot be counted twice either, so it is not counted at all, and said.
    note = f"{blind} wins without a known account" if blind else ""
    return Measure(None if blind and not active else len(active), tuple(active.values()), note=note)


def _running(view: View, accounts: set[str]) -> set[str]:
    """Deals of which a recurring line is paid for today."""
    data = view.track.data
    # Deals of other partners too: a renewal begins where the term before it ended, whoever sold that.
    deals = [deal for account in sorted(accounts) for deal in data.related(Opportunity, account_id=account)]
    cuts = [one for deal in deals for one in data.related(Reversal, opportunity_id=deal.id)]
    sold: list[Span] = spans(Dataset(opportunities=deals, reversals=cuts), view.moment.instant, view.moment.calendar)
    return {span.deal_id for span in sold if span.runs(view.today) and span.monthly > 0}


def _is_kept_purchase(deal: Opportunity, view: View) -> bool:
    """Whether a deal has something one-off in it and was not cancelled; one without lines is one-off as a whole."""
    one_off = not deal.lines or any(line.revenue is RevenueKind.ONE_OFF for line in deal.lines)
    cuts = view.known(view.track.data.related(Reversal, opportunity_id=deal.id))
    return one_off and not any(one.kind in ENDING for one in cuts)


_OF_REVENUE: Final = frozenset({"won_revenue", "credited_revenue", "partner_sourced_revenue"})
_OF_WINS: Final = frozenset({"wins", "deals_won"})
_NO_TARGET: Final = "no running target for revenue or wins"


def target_attainment(view: View, _: Window) -> Measure:
    """
    What was reached over what is due by today, goal x share of the period's days gone, of the targets that run.

    Targets of one unit are added up before they are divided; revenue and wins cannot be, so of both it is the mean.
    """
    owned = view.track.data.related(Target, owner_id=view.track.partner.id)
    if not owned:
        return Measure(None, note=_NO_TARGET)
    sums: dict[bool, tuple[Fraction, Fraction]] = {}
    used: list[str] = []
    for target in sorted(owned, key=lambda one: one.id):
        # A target of a period to come, or gone by, says nothing about today.
        if view.today not in target.period or target.as_of(view.moment.instant, view.today) is None:
            continue
        # Windows exclude their first instant, a period includes it: one microsecond lies between the two.
        after = view.moment.calendar.start_of(target.period.start) - timedelta(microseconds=1)
        if target.metric in _OF_REVENUE and isinstance(target.value, Money):
            reached = sum(entry.minor for entry in view.revenue(after))
            goal = Fraction(view.track.converted(target.value, view.moment.instant))
        elif target.metric in _OF_WINS and not isinstance(target.value, Money):
            reached, goal = _deals(view.wins_after(after)), Fraction(target.value)
        else:
            continue
        in_money = isinstance(target.value, Money)
        so_far, due = sums.get(in_money, (Fraction(0), Fraction(0)))
        sums[in_money] = so_far + reached, due + goal * target.period.elapsed(view.today)
        used.append(target.id)
    rates = [reached / due for reached, due in sums.values() if due > 0]
    if not rates:
        return Measure(None, tuple(used), note=_NO_TARGET)
    if view.unattributed:
        return unattributed(view)
    return Measure(sum(rates, Fraction(0)) / len(rates), tuple(used))


# --- satisfaction and independence


def _answers(view: View, window: Window, kind: SurveyKind) -> list[SurveyResponse]:
    """
    The latest answer of each of the partner's customers, oldest first.

    A customer is an account that the answer names beside the partner, or one that the partner won.
    """
    data, after = view.track.data, view.moment.after(*window)
    found: dict[str, SurveyResponse] = {one.id: one for one in view.seen(SurveyResponse)}
    deals = view.known(deal for win in view.wins for deal in data.related(Opportunity, id=win.opportunity_id))
    for account in {deal.account_id for deal in deals if deal.account_id is not None}:
        answers = view.known(data.related(SurveyResponse, account_id=account))
        # The account may buy from several partners: an answer about another one says nothing of this.
        found |= {one.id: one for one in answers if one.partner_id in (None, *view.track.ids)}
    # An answer without an account is the partner's own satisfaction, which is another question.
    kept = latest_answers(one for one in found.values() if one.kind is kind and (after is None or one.at > after))
    return sorted(kept, key=lambda one: (one.at, one.id))


def csat(view: View, window: Window) -> Measure:
    """Mean score of the partner's customers."""
    found = _answers(view, window, SurveyKind.CSAT) if view.track.data.surveys else []
    return _scored(view, found, sum(one.score for one in found))


def nps(view: View, window: Window) -> Measure:
    """Share of promoters less share of detractors."""
    found = _answers(view, window, SurveyKind.NPS) if view.track.data.surveys else []
    up, down = sides(found)
    return _scored(view, found, up - down)


def _scored(view: View, found: Sequence[SurveyResponse], total: int) -> Measure:
    """A total per answer; unknown with too few of them."""
    least, evidence = view.signals.minimum_answers, tuple(one.id for one in found)
    if len(found) < least:
        return Measure(None, evidence, note=f"{len(found)} customers answered, {least} are needed")
    return Measure(Fraction(total, len(found)), evidence)


def self_sufficiency(view: View, window: Window) -> Measure:
    """Deals won alone, of those of which the help is known; the others are left out, not counted as helped."""
    data, parts = view.track.data, list[PartnerInvolvement]()
    deals = dict.fromkeys(win.opportunity_id for win in view.wins_after(view.moment.after(*window)))
    for deal in deals if data.involvements else ():
        noted = view.known(data.related(PartnerInvolvement, opportunity_id=deal))
        own = [one for one in noted if one.partner_id in view.track.ids and one.assistance is not None]
        parts += sorted(own, key=lambda one: one.id)
    told = won_alone(parts, view.signals.unaided)
    if not told:
        return Measure(None, note=f"nobody noted how much help the {len(deals)} won deals took")
    return Measure(Fraction(sum(told.values()), len(told)), tuple(one.id for one in parts))
