"""Proof that a ledger was not changed, and every reason of one earning."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, cast

from attrs import field, frozen

from partnerops._attrs import Value, to_tuple
from partnerops._canonical import canonical_bytes
from partnerops._render import Printable
from partnerops.commission._postings import Posting, PostingKind, Unearned
from partnerops.commission._statement import StatementLine
from partnerops.entities import Adjustment
from partnerops.exceptions import InvalidValue
from partnerops.money import Money
from partnerops.typing import PartnerId

EMPTY = "0" * 64
"""The digest of no postings."""
REVERSE: Final = "reverse:"
"""What the id of an entry begins with that reverses a posting by hand; the posting's key follows."""


def chain(postings: Iterable[Posting], start: str = EMPTY) -> str:
    """
    The digest of a row of postings: each one's digest covers the one before it.

    So one number tells whether any posting, or their order, is another than it was.
    """
    from hashlib import sha256  # noqa: PLC0415 - only an audit needs it

    digest = start
    for posting in postings:
        digest = sha256(digest.encode() + canonical_bytes(_form(posting))).hexdigest()
    return digest


def _form(posting: Posting) -> list[object]:
    """What a posting says, without the plan itself, which its digest stands for."""
    working = posting.working
    return [
        posting.key,
        posting.kind,
        posting.partner_id,
        posting.source_id,
        posting.line_id,
        posting.debit,
        posting.credit,
        posting.amount,
        posting.effective_on,
        posting.posted_on,
        posting.policy,
        posting.note,
        None if working is None else [str(working.before), str(working.after), working.period, working.special],
    ]


def reversing(posting: Posting, *, at: datetime, reason: str, approved_by: str | None) -> Adjustment:
    """
    The entry by hand that undoes a posting.

    Raises:
        InvalidValue: It moves no earnings.
    """
    if not posting.earnings:
        rule = "a posting that earned or took back; what only moves earnings goes with its own fact, like a payout"
        raise InvalidValue("reverse(key)", rule, posting.key)
    # Only a plain line is called after its credit; parts and payments of one have names of their own.
    plain = posting.key == f"{PostingKind.EARNED}:{posting.line_id}:{posting.line_id}"
    # An entry by hand names the credit that it corrects, and so does what undoes it.
    own = posting.line_id if plain or posting.kind is PostingKind.ADJUSTED else None
    return Adjustment(
        id=f"{REVERSE}{posting.key}",
        partner_id=posting.partner_id,
        amount=-posting.earnings,
        at=at,
        reason=f"{reason} (reverses {posting.key})",
        approved_by=approved_by,
        credit_id=own,
    )


def _to_postings(values: Iterable[Posting]) -> tuple[Posting, ...]:
    return to_tuple(values)


@frozen(kw_only=True)
class Explanation(Value, Printable):
    """Everything that happened to one earning, in order: what it came from, what changed it, where it went."""

    line_id: str
    """The earning."""
    postings: tuple[Posting, ...] = field(converter=_to_postings)
    """Its postings."""
    unearned: Unearned | None = field(default=None)
    """Why it earned nothing, where that is so."""

    @property
    def lines(self) -> tuple[StatementLine, ...]:
        """What was earned and given back, with tier slices and modifiers."""
        return tuple(StatementLine.of(one) for one in self.postings if one.earnings)

    @property
    def net(self) -> Money:
        """What is left of it."""
        return Money.total([line.amount for line in self.lines], self._subject.currency)

    @property
    def partner_id(self) -> PartnerId:
        """Whose."""
        return self.postings[0].partner_id if self.postings else cast("Unearned", self.unearned).partner_id

    @property
    def _subject(self) -> Money:
        return self.postings[0].amount if self.postings else cast("Unearned", self.unearned).sale

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per posting, and one before it for each tier slice and modifier that made it."""
        rows: list[dict[str, object]] = []
        if self.unearned is not None:
            nothing = self.unearned
            rows.append(
                {"on": nothing.on, "source": nothing.line_id, "what": "unearned",
                 "amount": Money.zero(nothing.sale.currency), "because": nothing.because}
            )  # fmt: skip
        for one in self.postings:
            line = StatementLine.of(one)
            rows += [
                _row(one, "tier", part.amount, f"{part}, from {part.lower:,} to {part.upper:,}") for part in line.slices
            ]
            rows += [_row(one, "modifier", step.after - step.before, str(step)) for step in line.modifiers]
            why = f"{one.because} [{one.policy}]" if one.policy else one.because
            rows.append(_row(one, one.kind.value, one.earnings or one.amount, why))
        return rows

    def _headline(self) -> str:
        left = f"{self.net:,} is left" if self.postings else "earned nothing"
        return f"{self.line_id} of {self.partner_id}: {left}"

    def _figure(self) -> str:
        from partnerops._svg import svg_waterfall  # noqa: PLC0415 - a terminal draws no figure

        steps = [
            (f"{line.source_id} {line.kind.value}", line.amount.amount) for line in self.lines if line.amount.minor
        ]
        return svg_waterfall(steps, title=f"Commission {self.line_id}", unit=self.net.currency)


def _row(posting: Posting, what: str, amount: Money, because: str) -> dict[str, object]:
    return {
        "on": posting.effective_on,
        "source": posting.source_id,
        "what": what,
        "amount": amount,
        "because": because,
    }
