"""From a credit to its lines: who shares it, under which schedule each part falls, and what comes on top."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from math import lcm

from attrs import evolve

from partnerops._render import join_and, plural
from partnerops.commission._books import Books, Gate, Line
from partnerops.commission._chunks import Chunk, Span, bases, chunks, counting
from partnerops.commission._context import Context
from partnerops.commission._deals import Claim, Grant
from partnerops.commission._earning import Event, earn, sale_of
from partnerops.commission._parts import Basis, Incentive, OverrideBase, RatedOn
from partnerops.commission._points import PointLine, Points, PointsEntry
from partnerops.commission._postings import Unearned
from partnerops.commission._schemes import Scheme, Schemes
from partnerops.commission._terms import Terms
from partnerops.entities import Credit, OpportunityLine
from partnerops.exceptions import CurrencyMismatch
from partnerops.money import ExchangeRate, ExchangeRates, Money, apportion_minor
from partnerops.periods import Calendar, add_months
from partnerops.typing import PartnerId


class Claiming:
    """The part of a settlement that turns credits and payments into lines."""

    def __init__(
        self, books: Books, schemes: Schemes, context: Context, rates: ExchangeRates | None, calendar: Calendar
    ) -> None:
        self.books = books
        self.points = Points()
        self.points_of: dict[str, list[PointLine]] = {}
        self.schemes = schemes
        self.context = context
        self.rates = rates
        self.calendar = calendar

    # --- who

    def claims(self, credit: Credit) -> list[Claim]:
        """The partner credited and those who share with it, each with its part of the credit."""
        scheme = self.scheme(credit, credit.partner_id, credit.at)
        shares, whole = self._shares(credit, scheme)
        if len(shares) == 1 and credit.partner_id in shares:
            return [Claim(credit, credit.partner_id, scheme, credit.amount.minor, Fraction(1))]
        unit = lcm(*(share.denominator for share in shares.values()))
        parts = apportion_minor(credit.amount.minor, [int(share * unit) for share in shares.values()], unit)
        found: list[Claim] = []
        for (partner_id, share), part in zip(shares.items(), parts, strict=True):
            own = self.scheme(credit, partner_id, credit.at)
            amount, pays = (credit.amount.minor, share) if whole else (part, Fraction(1))
            found.append(Claim(credit, partner_id, own, amount, pays))
        return found

    def _shares(self, credit: Credit, scheme: Scheme) -> tuple[dict[PartnerId, Fraction], bool]:
        """Who shares a credit, and whether each one's attainment moves by all of it."""
        own = credit.partner_id
        if scheme.plan.splits:
            claim = Claim(credit, own, scheme, credit.amount.minor, Fraction(1))
            on = scheme.main.date_of(credit.at)
            deal = self.context.known(own, credit, on)[0]
            event = self._event(
                claim, scheme.main, credit.amount.minor, on, lines=deal.lines if deal is not None else ()
            )
            sale = sale_of(event, self.context)
            for split in scheme.plan.splits:
                if split.where.matches(sale):
                    shares = {own: Fraction(0), **split.shares}
                    shares[own] += 1 - sum(shares.values(), Fraction(0))
                    return {partner_id: share for partner_id, share in shares.items() if share}, split.whole_attains
        return {own: Fraction(1)}, False

    def scheme(self, credit: Credit, partner_id: PartnerId, moment: datetime) -> Scheme:
        """The scheme of a partner's part in a credit, by the date that its plan says decides."""

        def at(when: datetime) -> Scheme:
            on = self.calendar.date_of(when)
            return self.schemes.find(partner_id, credit.opportunity_id, on, credit.amount.currency)

        found = at(credit.at)
        decides = found.plan.basis.rated_on
        if decides is RatedOn.PAYMENT:
            return at(moment)
        if decides is RatedOn.REGISTRATION:
            filed = self.context.registration(partner_id, credit, self.context.deal(credit))
            return found if filed is None else at(filed.submitted_at)
        return found

    # --- what

    def grant(self, claim: Claim, size: int, source_id: str, moment: datetime) -> Grant:
        """What a booking, or a payment of *size* minor units of the credit, earns a claim."""
        # Asked again for each payment, since the date that decides may be the payment's.
        scheme = claim.scheme
        if claim.waits:
            scheme = claim.scheme = self.scheme(claim.credit, claim.partner_id, moment)
        on = scheme.main.date_of(moment)
        grant = Grant(size)
        claim.grants.append(grant)
        whole = claim.credit.amount.minor or 1
        span = (claim.received, claim.received + size, whole)
        claim.received += size
        sharing = _sharing(claim)
        self.books.unearned.pop(claim.credit.id + sharing, None)
        if claim.waits and not _within(claim, scheme.plan.basis, on):
            limit = plural(scheme.plan.basis.recurring_months or 0, "month", "months")
            self._unearned(claim, f"{sharing}@{source_id}", on, f"{limit} from the first commission are over")
            return grant
        work = Work(claim, grant, source_id, on, span)
        work.rate = self._rate(claim.credit, scheme, on)
        parts = chunks(claim, scheme, on, self.context)
        for index, (chunk, base) in enumerate(zip(parts, bases(parts, claim.amount, span), strict=True)):
            part = f"#{index}" if len(parts) > 1 else ""
            self._chunk(work, chunk, part, _converted(base, work.rate))
        for incentive, terms in scheme.incentives:
            self._incentive(work, incentive, terms, parts)
        return grant

    def _chunk(self, work: Work, chunk: Chunk, part: str, base: int) -> None:
        claim, scheme = work.claim, work.scheme
        terms = chunk.terms
        if terms is None:
            if scheme.plan.basis.excluded_attain:
                main = scheme.main
                bucket = main.bucket(claim.partner_id, main.day(work.on), self.context)
                main.move(bucket, bucket.attained + base)
                bucket.worth = bucket.value(bucket.attained)
            self._unearned(claim, part + work.suffix, work.on, f"the plan leaves out {scheme.plan.basis.exclude}")
            return
        name = claim.credit.id + part + work.suffix
        event = self._event(claim, terms, base, work.on, id=name, part=part, work=work, chunk=chunk)
        line = earn(self.books, event, self.context)
        work.grant.lines.append(line)
        if line.earned:
            claim.first_on = claim.first_on or work.on
        self._overrides(work, line, part)

    def _event(
        self,
        claim: Claim,
        terms: Terms,
        base: int,
        on: date,
        *,
        id: str = "",
        part: str = "",
        work: Work | None = None,
        chunk: Chunk | None = None,
        lines: tuple[OpportunityLine, ...] = (),
    ) -> Event:
        notes = (*claim.scheme.notes, *((chunk.note,) if chunk is not None and chunk.note else ()))
        if claim.partly:
            notes = (*notes, f"{claim.pays} of what the whole sale is worth")
        return Event(
            claim=claim,
            terms=terms,
            id=id or claim.credit.id,
            source_id=claim.credit.id if work is None else work.source_id,
            base=base,
            on=on,
            lines=chunk.lines if chunk is not None else lines,
            rate=None if work is None else work.rate,
            notes=notes,
            gate=self._gate(claim),
            part=None if work is None else work.claim.part(terms, part),
            main=chunk is not None,
        )

    def wait(self, claim: Claim) -> None:
        """A sale that earns as its customer pays has earned nothing yet."""
        on = claim.scheme.main.date_of(claim.credit.at)
        self._unearned(claim, _sharing(claim), on, "waiting for the customer's first payment")

    def _unearned(self, claim: Claim, suffix: str, on: date, why: str) -> None:
        name = claim.credit.id + suffix
        self.books.unearned[name] = Unearned(
            line_id=name, partner_id=claim.partner_id, sale=claim.credit.amount, on=on, note=why
        )

    # --- on top

    def _incentive(self, work: Work, incentive: Incentive, terms: Terms, parts: list[Chunk]) -> None:
        """An incentive on the part of the sale that meets its condition."""
        claim = work.claim
        event = self._event(claim, terms, 0, work.on, id=f"{claim.credit.id}+{incentive.id}{work.suffix}", work=work)
        sale = sale_of(event, self.context)
        # The sale first: who does not qualify need not have its lines looked at.
        if not incentive.where.of_sale(sale):
            return
        # What the plan excludes earns no incentive either.
        lines = [piece for part in parts if part.terms is not None for piece in part.pieces]
        chosen = [piece for piece in lines if incentive.where.of_line(piece[0])]
        if not chosen:
            return
        share = counting(chosen)
        (base,) = bases([Chunk(terms, share, ())], claim.amount, work.span)
        base = _converted(base, work.rate)
        if incentive.points:
            self._points(work, incentive, terms, base)
        else:
            work.grant.lines.append(earn(self.books, _with_base(event, base), self.context))

    def _points(self, work: Work, incentive: Incentive, terms: Terms, base: int) -> None:
        period = terms.day(work.on).period
        # A sale that stands alone shares its bucket with nothing but its own payments.
        alone = (work.claim.credit.id,) if terms.single else ()
        entry = PointsEntry(
            incentive_id=incentive.id,
            partner_id=work.claim.partner_id,
            source_id=work.source_id,
            points=0,
            on=work.on,
            because="",
        )
        key = (incentive.id, work.claim.partner_id, period, *alone)
        line = self.points.earn(incentive, key, base, terms.unit, entry)
        work.grant.points.append(line)
        self.points_of.setdefault(work.claim.credit.id, []).append(line)

    def _overrides(self, work: Work, line: Line, part: str) -> None:
        """What the partners above earn with a line, level by level."""
        override = work.scheme.plan.overrides
        if override is None:
            return
        # As the partners stand now; lines keep whom they paid, so a later move up the tree changes nothing earned.
        above = self.context.above(work.claim.partner_id, len(override.rates))
        base, below = round(line.base * work.claim.pays), line
        for level, (partner_id, terms) in enumerate(zip(above, work.scheme.overrides, strict=False), 1):
            if override.reduce_base:
                # A bounty may exceed its sale; what is above it is no sale of less than nothing.
                base = max(base - below.earned, 0) if base >= 0 else min(base - below.earned, 0)
            shared = override.of is OverrideBase.COMMISSION
            claim = Claim(work.claim.credit, partner_id, work.scheme, base, Fraction(1))
            name = f"{line.id}^{level}"
            event = self._event(
                claim, terms, below.earned if shared else base, work.on, id=name, part=f"{part}^{level}", work=work
            )
            child = earn(self.books, event, self.context)
            # A share of commission follows that commission; a share of the sale follows the sale.
            if shared:
                below.children = [*(below.children or ()), child]
            else:
                work.grant.lines.append(child)
            below = child

    # --- when, and in which currency

    def _gate(self, claim: Claim) -> Gate | None:
        """What may keep a sale's commission from becoming due, beside time."""
        credit, wanted = claim.credit, claim.scheme.plan.documents
        if not wanted and not self.context.is_disputed(credit):
            return None

        def gate(_: Line, now: datetime) -> tuple[str, datetime | None]:
            # As known at the release, not at the last fact before it: an earlier ledger must say the same.
            deal = self.context.deal(credit, now)
            missing = [name for name in wanted if deal is None or name not in deal.documents]
            if missing:
                return f"waiting for {join_and(missing)}", self.context.later(credit, now)
            dispute = self.context.disputed(credit, claim.partner_id, now)
            return ("", None) if dispute is None else (f"in dispute {dispute.id}", dispute.decided_at)

        return gate

    def _rate(self, credit: Credit, scheme: Scheme, on: date) -> ExchangeRate | None:
        """The rate of the earning date into the plan's currency; None where it is the credit's own."""
        wanted, own = scheme.main.rules.currency, credit.amount.currency
        if wanted == own:
            return None
        if self.rates is None:
            raise CurrencyMismatch(f"settle credit {credit.id} under plan {scheme.plan.id} in", wanted, own)
        return self.rates.rate(own, wanted, on)


class Work:
    """One grant while it is being made: whose, under what, on which date, and how far the sale has come."""

    __slots__ = ("claim", "grant", "on", "rate", "scheme", "source_id", "span", "suffix")

    def __init__(self, claim: Claim, grant: Grant, source_id: str, on: date, span: Span) -> None:
        self.claim = claim
        self.grant = grant
        self.scheme = claim.scheme
        self.source_id = source_id
        self.on = on
        self.span = span
        self.rate: ExchangeRate | None = None
        self.suffix = _sharing(claim) + ("" if source_id == claim.credit.id else f"@{source_id}")


def _sharing(claim: Claim) -> str:
    """What the lines of a partner that shares another's credit are called after it."""
    return "" if claim.partner_id == claim.credit.partner_id else f"/{claim.partner_id}"


def _within(claim: Claim, basis: Basis, on: date) -> bool:
    """Whether a payment is within the months from the first commission of its deal, the far end excluded."""
    if basis.recurring_months is None or claim.first_on is None:
        return True
    # From the first commission each time, case 23: chained months would drift at month ends.
    return on < add_months(claim.first_on, basis.recurring_months)


def _converted(base: int, rate: ExchangeRate | None) -> int:
    """An amount of the credit's currency in the plan's."""
    return base if rate is None else rate.convert(Money.from_minor(base, rate.base)).minor


def _with_base(event: Event, base: int) -> Event:
    return evolve(event, base=base)
