"""One entry of the ledger: an amount that goes from one account to another, and why."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TypeAlias

from attrs import field, frozen

from partnerops._attrs import Noun, Value
from partnerops._closed import ClosedSet
from partnerops.commission._plan import PlanRef
from partnerops.commission._protocol import RateSchedule
from partnerops.money import ExchangeRate, Money, Rounding
from partnerops.periods import Period
from partnerops.typing import PartnerId

Attained: TypeAlias = int | Fraction
"""Minor units attained; a fraction of one where a schedule took part of a sale back."""


class LedgerAccount(ClosedSet):
    """Where commission stands; each partner has its own set, in each currency."""

    EXPENSE = "expense"
    """Cost of commission to the vendor."""
    HELD = "held"
    """Earned by the partner and not yet due."""
    DUE = "due"
    """To be paid at the next payout."""
    CLAWBACK = "clawback"
    """Paid, taken back and not yet recovered: what the partner owes."""
    CASH = "cash"
    """Paid out."""
    WITHHELD = "withheld"
    """Kept back from payouts for tax or other deductions."""
    DRAW = "draw"
    """Advanced to the partner and not yet paid back."""
    EXCHANGE = "exchange"
    """Open position between two currencies."""
    ROUNDING = "rounding"
    """What rounding between two currencies leaves."""


class PostingKind(ClosedSet):
    """What a posting records."""

    EARNED = "earned"
    """A sale earned commission; negative sales earn negative commission."""
    ADJUSTED = "adjusted"
    """An entry made by hand."""
    CORRECTED = "corrected"
    """A credit was superseded: what it had earned goes."""
    RELEASED = "released"
    """The holding period ended."""
    CANCELLED = "cancelled"
    """Clawback of what was not paid yet."""
    CLAWED_BACK = "clawed_back"
    """Clawback of what was paid: the partner owes it."""
    RECOVERED = "recovered"
    """Kept back from a payout against what the partner owed."""
    WRITTEN_OFF = "written_off"
    """Owed by the partner and forgiven."""
    PAID = "paid"
    """Sent to the partner."""
    WITHHELD = "withheld"
    """Deducted from a payout."""
    RETURNED = "returned"
    """A payout that failed or came back: due again."""
    GUARANTEED = "guaranteed"
    """A period made up to the guaranteed minimum."""
    DRAWN = "drawn"
    """An advance up to the draw: later commission pays it back."""
    REPAID = "repaid"
    """A draw paid back out of later commission."""
    FORGIVEN = "forgiven"
    """A draw that need not be paid back."""
    EXCHANGED = "exchanged"
    """One currency given for another at the rate of the day."""


@frozen
class Rules(Value):
    """What turned an attainment into money, shared by all postings of a plan."""

    schedule: RateSchedule
    """The schedule."""
    currency: str
    """Currency in which sales add up."""
    rounding: Rounding
    """How F was rounded."""


@frozen
class ModifierStep(Value):
    """What one modifier made of a commission."""

    name: str
    """The modifier in words."""
    before: Money
    """What the sale had earned so far."""
    after: Money
    """What it left of it, or made of it."""

    def __str__(self) -> str:
        return f"{self.name}: {self.before:,} became {self.after:,}"


@frozen(kw_only=True)
class Special(Value):
    """What made a sale's commission other than the schedule alone."""

    share: Fraction = field(default=Fraction(1))
    """Share of what the schedule gives."""
    steps: tuple[ModifierStep, ...] = field(default=())
    """Modifiers that changed it, in their order."""
    rate: ExchangeRate | None = field(default=None)
    """Rate at which the sale counted in the plan's currency, and is paid in its own."""
    notes: tuple[str, ...] = field(default=())
    """Exceptions and other rules that applied."""
    payments: bool = field(default=False)
    """Whether the attainment is that of this sale alone, which is paid in parts."""


@frozen
class Working(Value):
    """How far a sale moved the attainment; kept in minor units, since every sale has one."""

    # Integers and not money: a ledger has one of these per sale, and money would be built to be read by few.
    before: Attained
    """Attainment before the sale, in minor units."""
    after: Attained
    """Attainment after it."""
    period: Period | None
    """Span over which sales add up; None where each stands alone, or all add up."""
    rules: Rules
    """What it was worth."""
    special: Special | None = None
    """What else decided, where something did."""


@frozen(kw_only=True)
class Unearned(Value):
    """A sale that earned nothing, and why; it has no posting, since there is no amount to post."""

    line_id: str
    """The earning that it would have been: the credit, or a part or payment of it."""
    partner_id: PartnerId
    """Who asks."""
    sale: Money
    """What counted of the sale, in the currency in which it would be paid."""
    on: date
    """Business date of the sale or the payment."""
    working: Working | None = field(default=None, repr=False)
    """What the schedule made of it, where one was asked."""
    note: str = ""
    """Why, in words, where no schedule was asked."""

    @property
    def because(self) -> str:
        """Why, in words that a partner could read."""
        from partnerops.commission._explain import explained  # noqa: PLC0415 - words are needed only when read

        return self.note if self.working is None else explained(self.working)


@frozen(kw_only=True)
class Posting(Noun):
    """
    An amount that goes from one account of a partner to another: balanced, since both sides are the same amount.

    Postings are never changed. A correction is a further posting.
    """

    key: str
    """What makes it unique: what happened, to which line, because of which fact. The same key is the same posting."""
    kind: PostingKind
    """What it records."""
    partner_id: PartnerId
    """Whose accounts."""
    source_id: str
    """The fact that caused it: a credit, payment, reversal, adjustment or payout."""
    line_id: str | None = None
    """The earning it concerns; None for payouts as a whole."""
    # One amount with two accounts can not be out of balance; two amounts could.
    debit: LedgerAccount
    """LedgerAccount that the amount is added to on the left."""
    credit: LedgerAccount
    """LedgerAccount that the amount is added to on the right."""
    amount: Money
    """How much; above zero."""
    effective_on: date
    """Business date on which it takes effect."""
    posted_on: date
    """Business date of the books: later than `effective_on` where that period was closed."""
    policy: PlanRef | None = None
    """The plan's version; None where no plan decided."""
    working: Working | None = field(default=None, repr=False)
    """How the amount of a sale came about."""
    note: str = ""
    """Why, in words, where the working does not say."""

    @property
    def legs(self) -> tuple[tuple[LedgerAccount, Money], tuple[LedgerAccount, Money]]:
        """Both sides with their signs, debit positive: they sum to zero."""
        return (self.debit, self.amount), (self.credit, -self.amount)

    @property
    def earnings(self) -> Money:
        """What it adds to the vendor's expense: negative for what is taken back, zero for mere movements."""
        # By the account and not by the kind: what moves the vendor's expense is earnings, entries by hand too.
        if self.debit is LedgerAccount.EXPENSE:
            return self.amount
        return -self.amount if self.credit is LedgerAccount.EXPENSE else Money.from_minor(0, self.amount.currency)

    @property
    def because(self) -> str:
        """Why, in words that a partner could read."""
        from partnerops.commission._explain import because  # noqa: PLC0415 - words are needed only when read

        return because(self)
