"""How the pipeline moves: the waterfall between two snapshots, deals that slip, stages where they get stuck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from attrs import field, frozen

from partnerops._arguments import check_a, check_all, check_int
from partnerops._attrs import FrozenMap, Value, to_map, to_member, to_tuple
from partnerops._render import Printable
from partnerops._zones import shifted
from partnerops.dataset import Dataset
from partnerops.entities import UNKNOWN_STAGE, Opportunity, OpportunityStatus, StageChange
from partnerops.exceptions import CurrencyMismatch, InvalidValue, UnknownName
from partnerops.forecast._asking import calendar_of
from partnerops.money import Money
from partnerops.periods import UTC_CALENDAR, Calendar, Frequency, Period
from partnerops.ratio import Ratio

STEPS: Final[tuple[str, ...]] = (
    "created", "reopened", "amount_up", "amount_down", "pulled_in", "pushed_out", "won", "lost", "removed",
)  # fmt: skip
"""The moves between two snapshots, in the order in which they are told."""


def snapshot(data: Dataset, as_of: datetime | date, *, calendar: Calendar | None = None) -> tuple[Opportunity, ...]:
    """
    The deals as they were known at a moment, by id: what a waterfall compares and a what-if changes.

    >>> snapshot(Dataset(), date(2026, 3, 31))
    ()
    """
    check_a("snapshot(data)", data, Dataset)
    calendar = calendar_of("snapshot(calendar=...)", calendar)
    moment = calendar.instant(as_of)
    today = calendar.date_of(moment)
    views = {deal.id: view for deal in data.opportunities if (view := deal.as_of(moment, today)) is not None}
    return tuple(views[id] for id in sorted(views))


@frozen(kw_only=True)
class Move(Value):
    """One deal's part in a step of the waterfall; negative where it leaves the pipeline."""

    opportunity_id: str
    """The deal."""
    step: str
    """Which move."""
    amount: Money
    """What it adds."""


def _to_moves(values: Iterable[Move]) -> tuple[Move, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Waterfall(Value, Printable):
    """
    What turned the open pipeline of one snapshot into that of another: `start` + all moves = `end`, exactly.

    A deal stands in one step, and in `amount_up` or `amount_down` besides if it stayed and its amount changed.
    """

    start: Money
    """Open pipeline of the first snapshot."""
    end: Money
    """Open pipeline of the second."""
    moves: tuple[Move, ...] = field(converter=_to_moves, repr=False)
    """Every move, by deal."""
    period: Period | None = None
    """The period that the deals are due in; None counts every open deal."""

    @property
    def steps(self) -> Mapping[str, Money]:
        """The sum of each step, in the order of the identity."""
        sums: dict[str, int] = dict.fromkeys(STEPS, 0)
        for move in self.moves:
            sums[move.step] += move.amount.minor
        return {step: Money.from_minor(minor, self.start.currency) for step, minor in sums.items()}

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each move."""
        return [{"opportunity_id": one.opportunity_id, "step": one.step, "amount": one.amount} for one in self.moves]

    def _headline(self) -> str:
        due = f" due in {self.period}" if self.period else ""
        return f"open pipeline{due} from {self.start:,} to {self.end:,}"

    def _rows(self) -> list[dict[str, object]]:
        counts = {step: sum(move.step == step for move in self.moves) for step in STEPS}
        return [
            {"step": "start", "deals": None, "amount": self.start},
            *({"step": step, "deals": counts[step], "amount": amount} for step, amount in self.steps.items()),
            {"step": "end", "deals": None, "amount": self.end},
        ]

    def _figure(self) -> str:
        from partnerops._svg import svg_waterfall  # noqa: PLC0415 - a terminal draws no figure

        steps = [("start", self.start.amount), *((step, money.amount) for step, money in self.steps.items() if money)]
        return svg_waterfall(steps, title="Open pipeline", unit=self.start.currency)


def waterfall(
    before: Iterable[Opportunity],
    after: Iterable[Opportunity],
    *,
    period: Period | None = None,
    currency: str | None = None,
) -> Waterfall:
    """
    The moves between two snapshots of the same programme (`snapshot`).

    Open pipeline is the whole amount of the open deals; with *period*, of those due in it. A deal that was created and
    decided in between is told as created and as won or lost. Pulled in and pushed out are moves of the expected close
    over the border of *period*, told at the amount the deal then has. A deal whose amount nobody knows counts as 0.

    Raises:
        InvalidValue: Two deals of one id in a snapshot, or no currency to be found.
        CurrencyMismatch: Amounts in two currencies.
    """
    if period is not None:
        check_a("waterfall(period=...)", period, Period)
    first, second = _by_id(before, "before"), _by_id(after, "after")
    code = _currency([*first.values(), *second.values()], currency)
    moves = [
        Move(opportunity_id=id, step=step, amount=Money.from_minor(minor, code))
        for id in sorted({*first, *second})
        for step, minor in _moves(first.get(id), second.get(id), period)
    ]
    start, end = (sum(_open_minor(deal, period) for deal in deals.values()) for deals in (first, second))
    return Waterfall(start=Money.from_minor(start, code), end=Money.from_minor(end, code), moves=moves, period=period)


def _by_id(deals: Iterable[Opportunity], name: str) -> dict[str, Opportunity]:
    found: dict[str, Opportunity] = {}
    for deal in check_all(f"waterfall({name})", deals, Opportunity):
        if found.setdefault(deal.id, deal) != deal:
            raise InvalidValue(f"waterfall({name})", f"a snapshot; {deal.id} is in it twice", deal.id)
    return found


def _currency(deals: Iterable[Opportunity], asked: str | None) -> str:
    code = asked
    for deal in deals:
        if deal.amount is not None and deal.amount.currency != code:
            if code is not None:
                raise CurrencyMismatch("compare", code, deal.amount.currency)
            code = deal.amount.currency
    if code is None:
        raise InvalidValue("currency", 'given where no deal has an amount, as in currency="BRL"', None)
    return code


def _minor(deal: Opportunity) -> int:
    return 0 if deal.amount is None else deal.amount.minor


def _counts(deal: Opportunity, period: Period | None) -> bool:
    return deal.is_open and _is_in(deal, period)


def _is_in(deal: Opportunity, period: Period | None) -> bool:
    """Whether a deal is due in the period; with none, every deal is."""
    return period is None or (deal.expected_close is not None and deal.expected_close in period)


def _open_minor(deal: Opportunity, period: Period | None) -> int:
    return _minor(deal) if _counts(deal, period) else 0


def _moves(before: Opportunity | None, after: Opportunity | None, period: Period | None) -> list[tuple[str, int]]:
    """The steps of one deal and what each adds; they sum to the difference of its two open amounts."""
    was = before is not None and _counts(before, period)
    now = after is not None and _counts(after, period)
    start = _minor(before) if before is not None and was else 0
    end = _minor(after) if after is not None and now else 0
    # Only a deal that stayed has a change of amount: one that left takes its old one, one that came its new (F23).
    if was and now:
        change = end - start
        return [("amount_up" if change > 0 else "amount_down", change)] if change else []
    if was:
        return [(_way_out(after), -start)]
    if now:
        return [(_way_in(before), end)]
    # Created and decided between two snapshots: told on both sides, or a busy quarter would look idle.
    if before is None and after is not None and not after.is_open and _is_in(after, period):
        return [("created", _minor(after)), (after.status.value, -_minor(after))]
    return []


def _way_out(after: Opportunity | None) -> str:
    if after is None:
        return "removed"
    return "pushed_out" if after.is_open else after.status.value


def _way_in(before: Opportunity | None) -> str:
    if before is None:
        return "created"
    return "pulled_in" if before.is_open else "reopened"


# --- slipping ---------------------------------------------------------------------------------------------------------


def pushes(opportunity: Opportunity, /, *, frequency: Frequency | str = Frequency.MONTH) -> int:
    """
    How often the expected close was moved to a later month, as far as the history tells.

    Raises:
        UnknownName: No frequency of that name.
    """
    check_a("pushes(opportunity)", opportunity, Opportunity)
    kind = to_member(Frequency, frequency)
    if not isinstance(kind, Frequency):
        raise UnknownName("frequency", frequency, tuple(Frequency))
    return _pushed(opportunity.history, kind)


def _pushed(history: Iterable[StageChange], kind: Frequency) -> int:
    count = 0
    last: date | None = None
    for change in history:
        due = change.expected_close
        if due is not None:
            # within one month a date is worked with; only a later month puts the deal off
            count += last is not None and UTC_CALENDAR.period(kind, due) > UTC_CALENDAR.period(kind, last)
            last = due
    return count


def _to_counts(values: Mapping[str, int]) -> FrozenMap[int]:
    return to_map(values)


@frozen(kw_only=True)
class Slippage(Value, Printable):
    """Deals that were due in a period when it began, and were still open when it was over."""

    period: Period
    """The period."""
    by_count: Ratio
    """Slipped deals over deals due; no value when none was due."""
    by_amount: Ratio
    """The same by their amounts when the period began; deals without one add nothing."""
    slipped: tuple[str, ...]
    """The deals that slipped, by id."""
    pushed: FrozenMap[int] = field(converter=_to_counts, repr=False)
    """Deal that slipped -> how often its expected close was moved to a later month by then."""
    limit: int = 3
    """Pushes from which on a deal has aged out."""

    @property
    def aged_out(self) -> tuple[str, ...]:
        """Deals that slipped and have been pushed so often that nobody should believe their date."""
        return tuple(id for id in self.slipped if self.pushed.get(id, 0) >= self.limit)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each deal that slipped."""
        aged = set(self.aged_out)
        return [{"opportunity_id": id, "pushes": self.pushed.get(id, 0), "aged_out": id in aged} for id in self.slipped]

    def _headline(self) -> str:
        due = f"{self.by_count.numerator} of {self.by_count.denominator} deals due slipped"
        return f"{self.period}: {due} ({self.by_count.percent()}), {self.by_amount.percent()} by amount"


def slippage(
    data: Dataset,
    period: Period,
    *,
    as_of: datetime | date | None = None,
    calendar: Calendar | None = None,
    limit: int = 3,
    currency: str | None = None,
) -> Slippage:
    """
    The share of the deals due in a period that were still open after it.

    What was due is read as it was known at the last instant before the period; what was open after it, as it is known
    at *as_of*, so that a close of the period that was booked late is no slip once it is known. By default *as_of* is
    the period's last instant. A period that is not over by then is refused: all its open deals would have slipped.
    Deals whose state then nobody knows are left out.

    Raises:
        InvalidValue: A period that is not over by *as_of*.

    Source: F24 of the forecast reference.
    """
    check_a("slippage(period)", period, Period)
    check_int("slippage(limit=...)", limit, 1)
    calendar = calendar_of("slippage(calendar=...)", calendar)
    end = calendar.instant(period.last)
    moment = end if as_of is None else calendar.instant(as_of)
    if moment < end:
        raise InvalidValue("slippage(period)", f"over by as_of ({moment})", str(period))
    before = snapshot(data, shifted(period.start, timedelta(days=-1)), calendar=calendar)
    after = {deal.id: deal for deal in snapshot(data, moment, calendar=calendar)}
    # due as it was known then: a date that was moved in the meantime is what slipping is
    due = [deal for deal in before if _counts(deal, period) and deal.stage != UNKNOWN_STAGE]
    slipped = [deal for deal in due if deal.id in after and _was_open(after[deal.id], end)]
    return Slippage(
        period=period,
        by_count=Ratio(len(slipped), len(due)),
        # At the amounts the deals had when the period began, or a discount given later would look like less slipping.
        by_amount=_share(slipped, due, currency),
        slipped=tuple(deal.id for deal in slipped),
        pushed={deal.id: _pushed(_until(after[deal.id], end), Frequency.MONTH) for deal in slipped},
        limit=limit,
    )


def _until(deal: Opportunity, end: datetime) -> list[StageChange]:
    """What happened to the deal by an instant, whenever it became known."""
    return [change for change in deal.history if change.at <= end]


def _was_open(deal: Opportunity, end: datetime) -> bool:
    # The close of the record may come before the change that logged it, and then it is the one that counts.
    if deal.closed_at is not None and deal.closed_at <= end:
        return False
    told = _until(deal, end)
    # A deal that was lost in the period and reopened after it did not slip, so the record's status alone is no answer.
    return not told or told[-1].status is OpportunityStatus.OPEN


def _share(part: Sequence[Opportunity], whole: Sequence[Opportunity], currency: str | None) -> Ratio:
    if not any(deal.amount is not None for deal in whole) and currency is None:
        return Ratio(0, 0)
    code = _currency(whole, currency)
    return Ratio(Money.from_minor(sum(map(_minor, part)), code), Money.from_minor(sum(map(_minor, whole)), code))
