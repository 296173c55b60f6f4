"""The same deals under several models, side by side: who gains, who loses, and how much money moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import field, frozen

from partnerops._attrs import Value
from partnerops._render import Printable, html_table, plural, text_table
from partnerops.attribution._amounts import by_currency, in_words
from partnerops.attribution._functions import attribute_cases
from partnerops.attribution._protocol import AttributionPolicy
from partnerops.attribution._reasons import check_policy
from partnerops.attribution._results import Attribution
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.money import Money
from partnerops.typing import UNATTRIBUTED, OpportunityId, PartyId

if TYPE_CHECKING:  # a comparison in hand needs neither
    from partnerops.dataset import Dataset
    from partnerops.periods import Calendar

SHOWN = 12
"""Deals that the text shows before it counts the rest."""


@frozen(kw_only=True)
class ModelComparison(Value, Printable):
    """
    Deals attributed under several models; the first one is the yardstick.

    Under every model the amounts of a deal sum to it exactly, what nobody earned included.
    """

    models: tuple[str, ...]
    """Names of the models, in the order given."""
    attributions: tuple[tuple[Attribution, ...], ...] = field(repr=False)
    """For each model, the attribution of each deal."""

    @property
    def deals(self) -> tuple[OpportunityId, ...]:
        """The deals, in the dataset's order."""
        return tuple(one.opportunity_id for one in self.attributions[0])

    def of(self, model: str, /) -> tuple[Attribution, ...]:
        """
        The attributions under one model.

        Raises:
            UnknownName: No model of that name.
        """
        if model not in self.models:
            raise UnknownName("model", model, self.models)
        return self.attributions[self.models.index(model)]

    def by_deal(self) -> list[dict[str, object]]:
        """One row per deal and party: its amount under each model."""
        rows: list[dict[str, object]] = []
        for versions in zip(*self.attributions, strict=True):
            cells = [_parties(one) for one in versions]
            zero = Money.zero(versions[0].unattributed.currency)
            for party in dict.fromkeys(party for cell in cells for party in cell):
                amounts = dict(zip(self.models, (cell.get(party, zero) for cell in cells), strict=True))
                rows.append({"opportunity_id": versions[0].opportunity_id, "party": party, **amounts})
        return rows

    def by_party(self) -> list[dict[str, object]]:
        """One row per party and currency: its total under each model, the largest under the first model first."""
        totals: dict[tuple[str, PartyId], list[int]] = {}
        # Two currencies of one party are two rows: their sum would mean nothing.
        for index, results in enumerate(self.attributions):
            for one in results:
                for party, amount in _parties(one).items():
                    totals.setdefault((amount.currency, party), [0] * len(self.models))[index] += amount.minor
        ordered = sorted(totals.items(), key=lambda item: (item[0][0], -item[1][0], item[0][1]))
        return [
            {
                "party": party,
                **{model: Money.from_minor(minor, currency) for model, minor in zip(self.models, minors, strict=True)},
            }
            for (currency, party), minors in ordered
        ]

    def total(self) -> tuple[Money, ...]:
        """The amount of all deals, one per currency: the same under every model."""
        return by_currency(one.amount for one in self.attributions[0])

    def moved(self, model: str, /, against: str | None = None) -> tuple[Money, ...]:
        """
        The money that changes hands when *model* replaces another one, by default the first: one amount per currency.

        Deal by deal it is half of the sum of all parties' differences, what nobody earned taken as a party; a party
        that gains in one deal and loses in another has moved in both.

        Raises:
            UnknownName: No model of that name.
        """
        pairs = zip(self.of(against or self.models[0]), self.of(model), strict=True)
        return by_currency(_moved(before, after) for before, after in pairs)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row per deal and party, as `by_deal`."""
        return self.by_deal()

    def _headline(self) -> str:
        deals = plural(len(self.deals), "deal", "deals")
        return f"{deals}, {in_words(self.total())}, under {plural(len(self.models), 'model', 'models')}"

    def _moves(self) -> list[str]:
        return [f"{model} instead of {self.models[0]} moves {in_words(self.moved(model))}" for model in self.models[1:]]

    def _tables(self) -> list[tuple[str, list[str], list[list[object]]]]:
        """Title, headers and rows of the table by party and of the table by deal."""
        tables = (("by party", ["party"], self.by_party()), ("by deal", ["opportunity_id", "party"], self.by_deal()))
        return [
            (title, [*keys, *self.models], [[row[name] for name in (*keys, *self.models)] for row in rows])
            for title, keys, rows in tables
        ]

    def __str__(self) -> str:
        (_, party_headers, by_party), (_, deal_headers, by_deal) = self._tables()
        parts = [self._headline(), *self._moves(), "", text_table(party_headers, by_party)]
        return "\n".join([*parts, "", text_table(deal_headers, by_deal, limit=SHOWN)])

    def _repr_html_(self) -> str:
        from partnerops._render import escape  # noqa: PLC0415 - as the figure

        tables = "".join(
            f'<div class="po-scroll">{html_table(headers, rows, caption=title)}</div>'
            for title, headers, rows in self._tables()
        )
        moves = "".join(f"<li>{escape(move)}</li>" for move in self._moves())
        head = f"<p><strong>{escape(self._headline())}</strong></p><ul>{moves}</ul>"
        return f'<div class="po-result">{head}{tables}{self._figure()}</div>'

    def _figure(self) -> str:
        from partnerops._svg import svg_stacked  # noqa: PLC0415 - a terminal draws no figure

        currencies = [money.currency for money in self.total()]
        rows = self.by_party()
        figures: list[str] = []
        for currency in currencies:
            groups = [(model, self._bars(rows, model, currency)) for model in self.models]
            figures.append(svg_stacked(groups, title=f"Credit by model, {currency}", unit=currency))
        return "".join(figures)

    def _bars(self, rows: list[dict[str, object]], model: str, currency: str) -> list[tuple[str, int]]:
        cells = [(str(row["party"]), row[model]) for row in rows]
        return [
            (party, int(amount.amount)) for party, amount in cells
            if isinstance(amount, Money) and amount.currency == currency
        ]  # fmt: skip


def compare(
    data: Dataset,
    /,
    *,
    policies: Mapping[str, AttributionPolicy],
    as_of: datetime | date,
    calendar: Calendar | None = None,
) -> ModelComparison:
    """
    Every deal won by *as_of* under several models, side by side per deal, per party and in total.

    *policies* names the models; the first one is the yardstick for the money that moves. The deals are the same for
    all, as in `attribute_all`.

    Raises:
        InvalidValue: No policy, something that is not one, or a name that is empty or that another column has
            (`opportunity_id`, `party`).
        PolicyBrokeContract: As `attribute`.

    >>> from partnerops import Dataset
    >>> from partnerops.attribution import FirstTouch, Linear
    >>> print(compare(Dataset(), policies={"linear": Linear(), "first": FirstTouch()}, as_of=date(2026, 3, 31)))
    0 deals, nothing, under 2 models
    first instead of linear moves nothing
    <BLANKLINE>
    party  linear  first
    (none)
    <BLANKLINE>
    opportunity_id  party  linear  first
    (none)
    """
    if not isinstance(policies, Mapping) or not policies:
        raise InvalidValue("compare(policies=...)", "a mapping of at least one name to a policy", policies)
    for name, policy in policies.items():
        # Rows are dicts with a column per model: a model called "party" would overwrite the parties.
        if not isinstance(name, str) or name in ("", "opportunity_id", "party"):
            rule = 'a mapping from names of models, other than "opportunity_id" and "party"'
            raise InvalidValue("compare(policies=...)", rule, name)
        check_policy(f"compare(policies=...)[{name!r}]", policy)
    # One set of cases for all models, so that they differ in nothing but the model.
    attributions = attribute_cases("compare", data, policies.values(), as_of, calendar)
    return ModelComparison(models=tuple(policies), attributions=attributions)


def _parties(one: Attribution) -> dict[PartyId, Money]:
    """Party -> amount, what nobody earned included where there is such a rest."""
    found = {credit.partner_id: credit.amount for credit in one.credits}
    if one.unattributed or not one.credits:
        # Nobody has a row too, or models that leave a rest would seem to lose money.
        found[UNATTRIBUTED] = one.unattributed
    return found


def _moved(before: Attribution, after: Attribution) -> Money:
    one, other = _parties(before), _parties(after)
    zero = Money.zero(before.unattributed.currency)
    changes = [(other.get(party, zero) - one.get(party, zero)).minor for party in one | other]
    # The differences of a deal sum to zero, so what some gain the others lose.
    return Money.from_minor(sum(change for change in changes if change > 0), zero.currency)
