"""The verb: what a period will bring, from the deals as they were known at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import attrgetter

from partnerops._zones import local_clock
from partnerops.dataset import Dataset
from partnerops.entities import UNKNOWN_STAGE, Opportunity, OpportunityStatus
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PolicyBrokeContract
from partnerops.forecast._asking import check_new_business, check_outlook, name_of
from partnerops.forecast._lines import Bucket, ForecastLine, NewBusinessLine, OutsideLine
from partnerops.forecast._probability import Probability
from partnerops.forecast._protocol import NewBusinessPolicy, Outlook
from partnerops.forecast._results import Forecast
from partnerops.forecast._rounding import spread
from partnerops.money import Currency, Money
from partnerops.periods import UTC_CALENDAR, Calendar, Period

_by_id = attrgetter("id")


def project(
    deals: Dataset | Iterable[Opportunity],
    *,
    outlook: Outlook,
    period: Period,
    as_of: datetime | date,
    new_business: NewBusinessPolicy | None = None,
    calendar: Calendar | None = None,
    currency: str | None = None,
) -> Forecast:
    """
    What a period will bring: closed + pipeline + new business, exactly and deal by deal.

    Closed is what was won within the period by *as_of*. Pipeline is the sum of amount x p over the open deals, with p
    the outlook's chance of a win within what is left of the period; the sum is rounded once, half-even, and
    apportioned over the lines by largest remainder. New business is what *new_business* expects of deals not created
    yet; none by default. A period that is over has no pipeline.

    A deal is seen as it was known at *as_of*; one that was not known yet is no part of the answer. Deals that do not
    count stand in `outside`, by bucket. Lines go by deal id, so the order of *deals* means nothing; the same deal twice
    counts once. A date means its last instant in *calendar*'s zone, by default UTC. *currency* is needed only where no
    deal tells it, or to have it checked.

    Raises:
        InvalidValue: Two different deals share an id, an argument of a wrong kind, or no currency to be found.
        CurrencyMismatch: Deals in two currencies.
        PolicyBrokeContract: The outlook did not answer with a `Probability`.

    >>> from partnerops.forecast import StageWeighted
    >>> outlook = StageWeighted({"proposal": "0.35"})
    >>> print(project([], outlook=outlook, period=Period.year(2026), as_of=date(2026, 3, 31), currency="BRL").expected)
    0.00 BRL
    """
    check_outlook("project(outlook=...)", outlook)
    if new_business is not None:
        check_new_business("project(new_business=...)", new_business)
    if not isinstance(period, Period):
        raise InvalidValue("project(period=...)", "a Period, such as Period.quarter(2026, 2)", period)
    calendar = calendar or UTC_CALENDAR
    moment = calendar.instant(as_of)
    now = local_clock(moment, calendar.zone)
    views = _views(deals, moment, now.date())
    code = _currency(views, currency)
    closed, opened, outside = _sorted_out(views, period, calendar, code)
    # Once the period is over its open deals cannot be won in it any more, whatever an outlook would say.
    left = moment < calendar.instant(period.last)
    lines, rest = _asked(opened, outlook, now, period) if left else ([], [(deal, None) for deal in opened])
    outside += [_aside(deal, answer, period, now.date()) for deal, answer in rest]
    brought = tuple(new_business.estimate(as_of=now, period=period)) if left and new_business is not None else ()
    return Forecast(
        period=period,
        as_of=moment,
        currency=code,
        outlook=outlook,
        closed_lines=tuple(closed),
        lines=_lines(lines, code),
        new_business_lines=_checked(brought, new_business, code),
        outside=tuple(sorted(outside, key=lambda line: line.opportunity.id)),
    )


def _views(deals: Dataset | Iterable[Opportunity], moment: datetime, today: date) -> list[Opportunity]:
    """The deals as they were known, by id, each once."""
    given = deals.opportunities if isinstance(deals, Dataset) else deals
    if isinstance(given, str | bytes | Opportunity) or not isinstance(given, Iterable):
        raise InvalidValue("project(deals)", "a Dataset or a list of Opportunity", given)
    views: list[Opportunity] = []
    for position, deal in enumerate(given):
        if not isinstance(deal, Opportunity):
            raise InvalidValue(f"project(deals)[{position}]", "an Opportunity", deal)
        view = deal.as_of(moment, today)
        if view is not None:
            views.append(view)
    # By id and not as given: the largest remainder goes by position, and the order of a query must not move a cent.
    views.sort(key=_by_id)
    if len({view.id for view in views}) < len(views):
        views = _without_repeats(views)
    return views


def _without_repeats(views: list[Opportunity]) -> list[Opportunity]:
    seen: dict[str, Opportunity] = {}
    for view in views:
        if seen.setdefault(view.id, view) != view:
            raise InvalidValue(f"project(deals) {view.id!r}", "given once, or twice the same", view)
    return list(seen.values())


def _currency(views: Sequence[Opportunity], asked: str | None) -> str:
    """The one currency of the deals; another one among them is refused."""
    code = None if asked is None else Currency.of(asked).code
    for view in views:
        if view.amount is not None and view.amount.currency != code:
            if code is not None:
                raise CurrencyMismatch("forecast in one total", code, view.amount.currency)
            code = view.amount.currency
    if code is None:
        raise InvalidValue("project(currency=...)", 'given where no deal has an amount, as in currency="BRL"', None)
    return code


def _sorted_out(
    views: Sequence[Opportunity], period: Period, calendar: Calendar, currency: str
) -> tuple[list[ForecastLine], list[Opportunity], list[OutsideLine]]:
    """What is won in the period, what the outlook is to be asked about, and what stands aside without asking."""
    start, end = calendar.start_of(period.start), calendar.start_of(period.end)
    closed: list[ForecastLine] = []
    opened: list[Opportunity] = []
    outside: list[OutsideLine] = []
    elsewhere = f", outside {period}"
    for view in views:
        if view.status is OpportunityStatus.OPEN:
            # A stage that nobody knows is nothing to ask an outlook about, amount or not.
            if view.amount is not None and view.stage != UNKNOWN_STAGE:
                opened.append(view)
            else:
                outside.append(_aside_unasked(view))
        elif view.status is OpportunityStatus.LOST:
            # closed is not won: a lost deal counted at its value is a live defect of more than one CRM
            outside.append(OutsideLine(opportunity=view, bucket=Bucket.LOST, because=_lost(view)))
        elif view.closed_at is not None and start <= view.closed_at < end:
            # by the day it closed, not the day it was expected to: revenue belongs where it came
            closed.append(_won(view, currency))
        else:
            because = f"won at {view.closed_at}{elsewhere}"
            outside.append(OutsideLine(opportunity=view, bucket=Bucket.WON_OUTSIDE_PERIOD, because=because))
    return closed, opened, outside


def _won(view: Opportunity, currency: str) -> ForecastLine:
    probability = Probability(1, method="won", because=f"won at {view.closed_at}")
    return ForecastLine(opportunity=view, probability=probability, expected=view.amount or Money.zero(currency))


def _lost(view: Opportunity) -> str:
    return f"lost at {view.closed_at}{f': {view.lost_reason}' if view.lost_reason else ''}"


def _aside_unasked(view: Opportunity) -> OutsideLine:
    if view.stage == UNKNOWN_STAGE:
        because = "it closed or changed later, and no history tells how it stood"
        return OutsideLine(opportunity=view, bucket=Bucket.UNKNOWN_STATE, because=because)
    return OutsideLine(opportunity=view, bucket=Bucket.NO_AMOUNT, because="nobody has put an amount on it")


_NO_CHANCE = ("the outlook gives it no chance", "the period is over")
_Answer = tuple[Opportunity, Probability]
_Rest = tuple[Opportunity, Probability | None]


def _asked(
    opened: Sequence[Opportunity], outlook: Outlook, now: datetime, period: Period
) -> tuple[list[_Answer], list[_Rest]]:
    """The deals with a chance, or due in the period without one; and the others with the outlook's answer."""
    lines: list[_Answer] = []
    rest: list[_Rest] = []
    ask = outlook.probability  # looked up once: it is called for every open deal
    for deal in opened:
        answer = ask(deal, as_of=now, period=period)
        if not isinstance(answer, Probability):
            raise PolicyBrokeContract(name_of(outlook), "answer with a Probability", f"a {type(answer).__name__}")
        if answer.value:
            lines.append((deal, answer))
        else:
            rest.append((deal, answer))
    return lines, rest


def _lines(answers: Sequence[_Answer], currency: str) -> tuple[ForecastLine, ...]:
    parts = spread([(deal.amount.minor if deal.amount else 0, chance.value) for deal, chance in answers])
    return tuple(
        ForecastLine(opportunity=deal, probability=chance, expected=Money.from_minor(part, currency))
        for (deal, chance), part in zip(answers, parts, strict=True)
    )


def _aside(deal: Opportunity, answer: Probability | None, period: Period, today: date) -> OutsideLine:
    """The bucket of an open deal that has no chance in the period; the reasons are shared, the deal tells its dates."""
    due = deal.expected_close
    if due is None:
        bucket, because = Bucket.UNSCHEDULED, "it has no expected close"
    elif due < today:
        bucket, because = Bucket.OVERDUE, "its expected close has passed"
    elif not period.start <= due < period.end:
        bucket, because = Bucket.OUTSIDE_PERIOD, "its expected close lies outside the period"
    else:
        bucket, because = Bucket.NO_CHANCE, (answer and answer.because) or _NO_CHANCE[answer is None]
    return OutsideLine(opportunity=deal, bucket=bucket, because=because)


def _checked(
    brought: Sequence[NewBusinessLine], policy: NewBusinessPolicy | None, currency: str
) -> tuple[NewBusinessLine, ...]:
    for line in brought:
        if not isinstance(line, NewBusinessLine):
            raise PolicyBrokeContract(name_of(policy), "answer with NewBusinessLines", f"a {type(line).__name__}")
        if line.amount.currency != currency:
            raise CurrencyMismatch("forecast in one total", currency, line.amount.currency)
    return tuple(brought)
