"""The names of the signals, and what each of them is: its unit, its window, its words."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple, TypeAlias

from attrs import field, frozen

from partnerops._attrs import Value, to_member
from partnerops._closed import ClosedSet
from partnerops._render import percent
from partnerops.money import Money

SignalValue: TypeAlias = Money | Fraction | int
"""A count, an exact ratio or an amount."""


class Signal(ClosedSet):
    """What can be observed of a partner at a moment; every one is exact, dated and carries the ids it rests on."""

    SIGNED = "signed"
    """1 once an agreement has been signed, else 0."""
    DAYS_SINCE_SIGNED = "days_since_signed"
    """Days since the first agreement began; after a long gap, since the one after the gap."""
    ONBOARDING = "onboarding"
    """Onboarding steps done, as a share of those done or due; unknown while none is either."""
    CERTIFICATIONS = "certifications"
    """Certificates valid on the day: distinct people and codes."""
    TRAINING_DAYS = "training_days"
    """Distinct days with a training."""
    LOGIN_DAYS = "login_days"
    """Distinct days with a login."""
    ENGAGED_DAYS = "engaged_days"
    """Distinct days with an activity of any kind."""
    REGISTRATIONS = "registrations"
    """Deals registered, each once."""
    ACCEPTED_REGISTRATIONS = "accepted_registrations"
    """Deals whose registration was approved, each once, whatever became of it later."""
    QUALIFIED_REFERRALS = "qualified_referrals"
    """Leads taken on by sales, and deals that reached a qualified stage, each once."""
    MONTHS_SINCE_FIRST_WIN = "months_since_first_win"
    """Completed months since the first win; 0 while there is none."""
    WINS = "wins"
    """Won deals with a credit of which something is left; two credits on one deal are one win.

    Unknown, as all that is measured by credits, where the partner has won deals and nobody has any credit yet.
    """
    WIN_MONTHS = "win_months"
    """Distinct calendar months with a win."""
    WIN_QUARTERS = "win_quarters"
    """Quarters with a win, counted back from the moment in steps of three months."""
    WON_REVENUE = "won_revenue"
    """Credited revenue less what was taken back, each in the window in which it happened."""
    GROWTH = "growth"
    """Revenue of the window over that of the window before it, less 1; unknown over a base that is too small."""
    REVENUE_VARIATION = "revenue_variation"
    """Standard deviation of monthly revenue over its mean; unknown when the mean is not above 0."""
    ACTIVE_CUSTOMERS = "active_customers"
    """Accounts won through the partner that pay for a running term, or bought of late and did not cancel."""
    TARGET_ATTAINMENT = "target_attainment"
    """What was reached of the running targets for revenue or wins, pro-rated to the day; unknown when there is none."""
    JOINT_PLAN = "joint_plan"
    """1 while a signed plan with promises of both sides is in force, else 0."""
    COMMITMENTS_KEPT = "commitments_kept"
    """Promises of joint plans kept, as a share of those that were due; unknown when none was."""
    CSAT = "csat"
    """Mean score, 1 to 5, of the latest answer of each of the partner's customers; unknown with too few."""
    NPS = "nps"
    """Share of promoters less share of detractors among the partner's customers, -1 to 1; unknown as CSAT."""
    SELF_SUFFICIENCY = "self_sufficiency"
    """Won deals without the vendor's help, as a share of those of which the help is known; unknown when none is."""
    OPEN_DEALS = "open_deals"
    """Open deals of the partner."""
    PIPELINE = "pipeline"
    """Amount of the partner's open deals; one without amount adds nothing."""
    DAYS_SINCE_ACTIVITY = "days_since_activity"
    """Days since anything was heard of the partner; unknown when nothing was."""
    VENDOR_FAILURES = "vendor_failures"
    """The vendor's own failures towards the partner on record: registrations refused, payouts that did not arrive."""


def to_signal(value: str) -> Signal:
    """The member with this value; anything else is left to the validator."""
    return to_member(Signal, value)


class Unit(ClosedSet):
    """What a signal's value is."""

    MONEY = "money"
    COUNT = "count"
    SHARE = "share"
    SCORE = "score"
    FLAG = "flag"


class Span(ClosedSet):
    """Whether a signal looks at a window of time."""

    NONE = "none"
    """It is what it is at the moment."""
    MAY = "may"
    """Over all time, or over a window where one is given."""
    MONTHS = "months"
    """Over a window of months, which has to be given."""


class Spec(NamedTuple):
    """What a signal is."""

    words: str
    unit: Unit
    span: Span


SPECS: Final = {
    Signal.SIGNED: Spec("agreement signed", Unit.FLAG, Span.NONE),
    Signal.DAYS_SINCE_SIGNED: Spec("days since signed", Unit.COUNT, Span.NONE),
    Signal.ONBOARDING: Spec("onboarding done", Unit.SHARE, Span.NONE),
    Signal.CERTIFICATIONS: Spec("valid certificates", Unit.COUNT, Span.NONE),
    Signal.TRAINING_DAYS: Spec("training days", Unit.COUNT, Span.MAY),
    Signal.LOGIN_DAYS: Spec("login days", Unit.COUNT, Span.MAY),
    Signal.ENGAGED_DAYS: Spec("engaged days", Unit.COUNT, Span.MAY),
    Signal.REGISTRATIONS: Spec("registered deals", Unit.COUNT, Span.MAY),
    Signal.ACCEPTED_REGISTRATIONS: Spec("accepted registrations", Unit.COUNT, Span.MAY),
    Signal.QUALIFIED_REFERRALS: Spec("qualified referrals", Unit.COUNT, Span.MAY),
    Signal.MONTHS_SINCE_FIRST_WIN: Spec("months since first win", Unit.COUNT, Span.NONE),
    Signal.WINS: Spec("wins", Unit.COUNT, Span.MAY),
    Signal.WIN_MONTHS: Spec("months with a win", Unit.COUNT, Span.MAY),
    Signal.WIN_QUARTERS: Spec("quarters with a win", Unit.COUNT, Span.MONTHS),
    Signal.WON_REVENUE: Spec("won revenue", Unit.MONEY, Span.MAY),
    Signal.GROWTH: Spec("revenue growth", Unit.SHARE, Span.MONTHS),
    Signal.REVENUE_VARIATION: Spec("variation of monthly revenue", Unit.SHARE, Span.MONTHS),
    Signal.ACTIVE_CUSTOMERS: Spec("active customers", Unit.COUNT, Span.NONE),
    Signal.TARGET_ATTAINMENT: Spec("target attainment", Unit.SHARE, Span.NONE),
    Signal.JOINT_PLAN: Spec("joint plan in force", Unit.FLAG, Span.NONE),
    Signal.COMMITMENTS_KEPT: Spec("commitments kept", Unit.SHARE, Span.MAY),
    Signal.CSAT: Spec("customer satisfaction", Unit.SCORE, Span.MAY),
    Signal.NPS: Spec("net promoter score", Unit.SHARE, Span.MAY),
    Signal.SELF_SUFFICIENCY: Spec("self-sufficiency", Unit.SHARE, Span.MAY),
    Signal.OPEN_DEALS: Spec("open deals", Unit.COUNT, Span.NONE),
    Signal.PIPELINE: Spec("open pipeline", Unit.MONEY, Span.NONE),
    Signal.DAYS_SINCE_ACTIVITY: Spec("days since last activity", Unit.COUNT, Span.NONE),
    Signal.VENDOR_FAILURES: Spec("failures of the vendor", Unit.COUNT, Span.MAY),
}


@frozen
class Measure(Value):
    """
    What a signal was at a moment, and the records that say so.

    >>> Measure(2, ("C-1", "C-2")).is_known, Measure(None, note="2 answers, 5 are needed").is_known
    (True, False)
    """

    value: SignalValue | None = None
    """The value; None is unknown, and zero is a value."""
    evidence: tuple[str, ...] = ()
    """Ids of the records it rests on, oldest first."""
    note: str = field(default="", kw_only=True)
    """Why it is unknown, or what the value alone does not say."""

    @property
    def is_known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None


def shown(unit: Unit, value: SignalValue | None) -> str:
    """A value as a reader sees it: 400,000.00 BRL, 12.5 %, yes."""
    if value is None:
        return "unknown"
    if isinstance(value, Money):
        return f"{value:,}"
    if unit is Unit.SHARE:
        return percent(Fraction(value))
    # Flags are counts of 0 and 1 for the rules, and words for people.
    if unit is Unit.FLAG:
        return "yes" if value else "no"
    # Scores and means end after two decimals for a reader; the value itself stays exact.
    if isinstance(value, Fraction) and value.denominator != 1:
        hundredths = round(value * 100)
        return f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"
    return f"{int(value):,}"
