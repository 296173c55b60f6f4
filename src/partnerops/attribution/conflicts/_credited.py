"""Revenue credited by channel and by executive, with the criteria beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import frozen

from partnerops._arguments import check_all
from partnerops._attrs import Value
from partnerops._render import Printable, join_and, plural
from partnerops.attribution._amounts import by_currency, in_words
from partnerops.attribution._reasons import describe
from partnerops.attribution._results import Attribution
from partnerops.entities import Partner
from partnerops.money import Money
from partnerops.typing import DIRECT, UNATTRIBUTED

PARTNER = "partner"
"""Channel of a partner whose type is not known."""
NOBODY = "nobody"
"""Executive of a deal without an owner."""


@frozen(kw_only=True)
class CreditedRow(Value):
    """What one channel earned in the deals of one executive, in one currency."""

    channel: str
    """`direct`, the type of a partner, `partner` where its type is not known, or `unattributed`."""
    executive: str
    """Owner of the deals; `nobody` where they have none."""
    amount: Money
    """Credit, exclusive."""
    deals: int
    """Deals with such credit."""


@frozen(kw_only=True)
class CreditedReport(Value, Printable):
    """
    Revenue by channel and executive, in the order of currency, channel and executive.

    The rows of a currency sum to its revenue exactly, whichever way they are added.
    """

    rows: tuple[CreditedRow, ...]
    """One row per channel, executive and currency."""
    deals: int
    """How many deals were looked at."""
    policies: tuple[str, ...]
    """The criteria: the policies that gave the credit, in words."""

    @property
    def revenue(self) -> tuple[Money, ...]:
        """The revenue of all deals, one amount per currency."""
        return by_currency(row.amount for row in self.rows)

    def by_channel(self) -> dict[str, tuple[Money, ...]]:
        """Channel -> its credit in each currency."""
        return self._by(lambda row: row.channel)

    def by_executive(self) -> dict[str, tuple[Money, ...]]:
        """Executive -> the credit in their deals in each currency."""
        return self._by(lambda row: row.executive)

    def _by(self, key: Callable[[CreditedRow], str]) -> dict[str, tuple[Money, ...]]:
        names = sorted({key(row) for row in self.rows})
        return {name: by_currency(row.amount for row in self.rows if key(row) == name) for name in names}

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per channel, executive and currency."""
        return [
            {"channel": row.channel, "executive": row.executive, "amount": row.amount, "deals": row.deals}
            for row in self.rows
        ]

    def _headline(self) -> str:
        criteria = f" by {join_and(self.policies)}" if self.policies else ""
        return f"{plural(self.deals, 'deal', 'deals')}, {in_words(row.amount for row in self.rows)} credited{criteria}"


def credited(attributions: Iterable[Attribution], /, *, partners: Iterable[Partner] = ()) -> CreditedReport:
    """
    What each channel earned, and in whose deals: the two views of one revenue, which sum to it exactly.

    The channel of a partner is its type, told by *partners*; the executive is the owner of the deal.

    >>> print(credited([]))
    0 deals, nothing credited
    (none)
    """
    every = check_all("credited(attributions)", attributions, Attribution)
    types = {partner.id: partner.type for partner in check_all("credited(partners=...)", partners, Partner)}
    cells: dict[tuple[str, str, str], list[int]] = {}
    for one in every:
        # The executive of the deal, not of the partner: revenue is credited once per view, goals may count it twice.
        executive = one.case.opportunity.owner_id or NOBODY
        for channel, minor in _by_channel(one, types).items():
            cells.setdefault((one.unattributed.currency, channel, executive), []).append(minor)
    rows = [
        CreditedRow(
            channel=channel, executive=executive, amount=Money.from_minor(sum(parts), currency), deals=len(parts)
        )
        for (currency, channel, executive), parts in sorted(cells.items())
    ]
    policies = dict.fromkeys(describe(one.policy) for one in every)
    return CreditedReport(rows=tuple(rows), deals=len(every), policies=tuple(policies))


def _by_channel(one: Attribution, types: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for credit in one.credits:
        channel = DIRECT if credit.partner_id == DIRECT else types.get(credit.partner_id, PARTNER)
        found[channel] = found.get(channel, 0) + credit.amount.minor
    if one.unattributed or not one.credits:
        found[UNATTRIBUTED] = one.unattributed.minor
    return found
