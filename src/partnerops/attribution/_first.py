"""Policies around a policy that go before it: a registration that protects the deal, a dispute that was decided."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from attrs import field, frozen

from partnerops._attrs import Value
from partnerops._render import join_and
from partnerops.attribution._answers import as_answer, as_shares, ask, because_of
from partnerops.attribution._case import Award, Case, Weight
from partnerops.attribution._compiled import CompiledAttribution, Outright, compile_policy
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import describe, is_policy, notes, reasons, short_percent
from partnerops.entities import DealRegistration, Dispute


@frozen
class RegistrationFirst(Value):
    """
    A registration that protects the deal when it closes earns all of it; otherwise the policy inside decides.

    A registration protects from its approval until `protected_until`, that instant excluded. Where several do, the
    first to file wins; filings of the same instant rank by id. Rejected ones, and those withdrawn or run out by the
    close, never count, and `notes` says so. A registration limited to a product earns the deal's lines of that
    product, by their amounts, and the policy inside shares out the rest; on a deal whose lines are not known it earns
    all.

    Raises:
        InvalidValue: Something that is not a policy.

    Source: first-to-file is the common rule of partner programmes, as PRM vendors' guides put it.

    >>> from partnerops.attribution import Linear
    >>> RegistrationFirst(Linear()).compiled().outright
    (Outright.REGISTRATION,)
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy for deals that no registration protects."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The award of the registration, or else the answer of the policy inside."""
        # Most deals have none, and asking for winners would cost each of them a list.
        if not case.registrations:
            return self.policy.weigh(case)
        winners = winning(case)
        if not winners:
            return self.policy.weigh(case)
        shares: dict[str, Fraction] = {}
        for one, share in winners:
            shares[one.partner_id] = shares.get(one.partner_id, Fraction(0)) + share
        because = "; ".join(self._because(one, share, case) for one, share in winners)
        rest = 1 - sum(shares.values())
        if not rest:
            return Award(shares, because)
        answer = ask(self.policy, case)
        touch_shares, outright = as_shares(answer, case)
        # The policy inside may award too; what it gives is a share of what the registrations left.
        for party, share in outright.items():
            shares[party] = shares.get(party, Fraction(0)) + share * rest
        # First come the registrations, which took their part before the policy inside was asked about the rest.
        because = "; ".join([because, *([inside] if (inside := because_of(answer)) else [])])
        return as_answer([share * rest for share in touch_shares], shares, because)

    @staticmethod
    def _because(winner: DealRegistration, share: Fraction, case: Case) -> str:
        filed = winner.submitted_at.date().isoformat()
        later = len(_beaten(winner, case))
        others = f", first to file of {later + 1} that protected {'the deal' if share == 1 else 'it'}" if later else ""
        part = "" if share == 1 else f" ({winner.product}, {short_percent(share)} of it)"
        return f"registration {winner.id}, filed {filed} (UTC), protected the deal{part} when it closed{others}"

    def explain(self, case: Case, /) -> Sequence[str]:
        """The reasons of the policy inside: they matter where no registration protects the deal."""
        return reasons(self.policy, case)

    def notes(self, case: Case, /) -> Sequence[str]:
        """Why each registration that did not win was passed over; and the notes of the policy inside."""
        won = {one.id for one, _ in winning(case)}
        passed = [f"registration {one.id} of {one.partner_id} {_fate(one, case)}" for one in case.registrations]
        told = [note for one, note in zip(case.registrations, passed, strict=True) if one.id not in won]
        return [*told, *([] if won else notes(self.policy, case))]

    def compiled(self) -> CompiledAttribution:
        """The policy inside as integers, with registrations first."""
        return compile_policy(self.policy).with_outright(Outright.REGISTRATION)

    def __str__(self) -> str:
        return f"registration first, else {describe(self.policy)}"


def winning(case: Case) -> list[tuple[DealRegistration, Fraction]]:
    """The registrations that earn the deal outright, each with its share, in the order of filing."""
    protecting = [one for one in case.registrations if one.protects(case.closed_at)]
    if not protecting:
        return []
    lines = case.opportunity.lines
    if not lines or all(one.product is None for one in protecting):
        return [(protecting[0], Fraction(1))]
    # Each line goes to the first registration that covers it, so an early claim to one product takes only that.
    # All of them, in the order of filing: reasons are told in that order, whichever line came first.
    earned = {one.id: 0 for one in protecting}
    # In the order of filing, so `next` is the first to file of those that cover the line.
    for line in lines:
        owner = next((one for one in protecting if one.product in (None, line.product)), None)
        if owner is not None:
            earned[owner.id] += line.amount.minor
    return _by_amount(protecting, earned, sum(line.amount.minor for line in lines), case)


def _beaten(winner: DealRegistration, case: Case) -> list[DealRegistration]:
    """The registrations that would have earned some of what the winner did, had it not been filed before them."""
    products = {line.product for line in case.opportunity.lines}
    after = case.registrations[case.registrations.index(winner) + 1 :]
    # Without lines nobody knows which products a deal has, and whoever filed first took it whole.
    return [
        one
        for one in after
        if one.protects(case.closed_at)
        and (not products or one.product is None or (one.product in products and winner.product in (None, one.product)))
    ]


def _by_amount(
    protecting: Sequence[DealRegistration], earned: dict[str, int], total: int, case: Case
) -> list[tuple[DealRegistration, Fraction]]:
    if total and all(0 <= Fraction(minor, total) <= 1 for minor in earned.values()):
        shares = [(one, Fraction(earned[one.id], total)) for one in protecting]
        return [(one, share) for one, share in shares if share]
    # Lines that cancel each other have no shares: the first whose product the deal has at all takes it.
    products = {line.product for line in case.opportunity.lines}
    return [(one, Fraction(1)) for one in protecting if one.product is None or one.product in products][:1]


def _fate(one: DealRegistration, case: Case) -> str:
    """What became of a registration that did not earn the deal."""
    close = case.closed_at
    if one.protects(close):
        missing = one.product is not None and one.product not in {line.product for line in case.opportunity.lines}
        if missing and case.opportunity.lines:
            return f"is for {one.product}, which the deal does not have"
        return "protected the deal as well, but was filed later"
    if one.status == "rejected":
        return f"was rejected{f': {one.reject_reason}' if one.reject_reason else ''}"
    if one.decided_at is None:
        return "was not approved" if one.status == "submitted" else "was withdrawn before a decision"
    # Asked in the order of a registration's life: the first stage that it failed is the one worth telling.
    if one.decided_at > close:
        return f"was approved on {_day(one.decided_at)}, after the close"
    if one.status == "withdrawn":
        return "was withdrawn"
    return f"ran out on {_day(one.protected_until)}, before the close"


def _day(moment: object) -> str:
    return f"{str(moment)[:10]} (UTC)"


@frozen
class DisputeFirst(Value):
    """
    A dispute that was decided gives the deal as decided; otherwise the policy inside decides.

    The decision counts once it was known at the moment asked about, by default the close: ask with a later `as_of`.
    Where several disputes were decided, the latest decision stands; decisions of one instant rank by id, the last one
    standing. Shares below 1 leave the rest unattributed. `notes` keeps visible what was overridden: what the policy
    inside would have said, earlier decisions, and disputes that are still open and change nothing yet.

    Raises:
        InvalidValue: Something that is not a policy.

    Source: the dispute committees of partner programmes; the decision is a rule like any other and leaves a trail.

    >>> from partnerops.attribution import Linear
    >>> str(DisputeFirst(Linear()))
    'committee decision first, else linear'
    """

    policy: AttributionPolicy = field(validator=is_policy)
    """The policy for deals without a decision."""

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        """The award of the decision, or else the answer of the policy inside."""
        decided = _decided(case)
        if not decided:
            return self.policy.weigh(case)
        last = decided[-1]
        reason = f": {last.reason}" if last.reason else ""
        return Award(last.shares, f"dispute {last.id}, decided by {last.decided_by} on {_day(last.decided_at)}{reason}")

    def explain(self, case: Case, /) -> Sequence[str]:
        """The reasons of the policy inside: they matter where nothing was decided."""
        return reasons(self.policy, case)

    def notes(self, case: Case, /) -> Sequence[str]:
        """What the decision overrides, and what is still open."""
        decided = _decided(case)
        told = [
            f"dispute {one.id} between {join_and(one.parties)} is {one.status.value}; nothing is decided yet"
            for one in case.disputes
            if one.status in ("submitted", "in_review", "pending_info")
        ]
        told += [f"dispute {one.id} was decided on {_day(one.decided_at)} and later overruled" for one in decided[:-1]]
        if decided:
            told.append(f"without the decision, {describe(self.policy)} would give {self._otherwise(case)}")
        return [*told, *notes(self.policy, case)]

    def _otherwise(self, case: Case) -> str:
        touch_shares, shares = as_shares(ask(self.policy, case), case)
        for touch, share in zip(case.touches, touch_shares, strict=True):
            shares[touch.partner_id] = shares.get(touch.partner_id, Fraction(0)) + share
        told = [f"{party} {short_percent(share)}" for party, share in shares.items() if share]
        return join_and(told) if told else "it to nobody"

    def __str__(self) -> str:
        return f"committee decision first, else {describe(self.policy)}"


def _decided(case: Case) -> list[Dispute]:
    """The disputes with a decision, the latest last."""
    found = [one for one in case.disputes if one.status == "resolved"]
    # As text, since the field may be None by its type; instants are in UTC and sort as texts as they do in time.
    return sorted(found, key=lambda one: (str(one.decided_at), one.id))
