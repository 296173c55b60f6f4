"""Categories: what is committed and what is hoped for, each alone and added up from the surest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import field, frozen

from partnerops._arguments import check_a
from partnerops._attrs import FrozenMap, Value, to_map, tuple_of
from partnerops._canonical import snake_case
from partnerops._render import Printable
from partnerops.entities import Opportunity
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.forecast._category import Category, to_category
from partnerops.forecast._evidence import EvidenceRule, to_rules
from partnerops.forecast._results import Forecast
from partnerops.money import Money
from partnerops.periods import Period

OPEN: Final = (Category.PIPELINE, Category.BEST_CASE, Category.MOST_LIKELY, Category.COMMIT)
"""Categories of open deals, least sure first."""
# Without CLOSED: only a won deal is closed.
_ALLOWED: Final = ", ".join([Category.OMITTED, *OPEN])


def _to_categories(categories: Mapping[str, Category | str]) -> FrozenMap[Category]:
    if not isinstance(categories, Mapping):
        return categories
    return to_map({name: to_category(value) for name, value in categories.items()})


def _are_categories(instance: object, attribute: object, value: FrozenMap[Category]) -> None:  # noqa: ARG001 - attrs' form
    if not isinstance(value, FrozenMap):
        raise InvalidValue("Categories", 'a mapping of names to categories, as in {"verbal": "commit"}', value)
    for name, category in value.items():
        if not isinstance(category, Category) or category is Category.CLOSED:
            # A commitment that was booked as closed would be counted again when it is won.
            raise InvalidValue(f"Categories[{name!r}]", f"one of {_ALLOWED}; only a won deal is closed", category)


@frozen
class Categories(Value):
    """
    Which category a deal belongs to: pinned by hand, else by the first evidence rule that holds, else by its stage.

    Pinned is what stands here, else the deal's own `forecast_category`; nothing else set by hand sticks unseen. A stage
    without a category is PIPELINE; a won deal is CLOSED and a lost one OMITTED, whatever is said.

    >>> Categories({"verbal": "commit"}).by_stage["verbal"]
    Category.COMMIT
    """

    by_stage: FrozenMap[Category] = field(converter=_to_categories, validator=_are_categories)
    """Stage -> category."""
    pinned: FrozenMap[Category] = field(
        factory=FrozenMap[Category], kw_only=True, converter=_to_categories, validator=_are_categories
    )
    """Deal -> category set by hand."""
    rules: tuple[EvidenceRule, ...] = field(
        default=(), kw_only=True, converter=to_rules, validator=tuple_of(EvidenceRule)
    )
    """Evidence rules, first to last; those without a category are passed over."""

    def of(self, opportunity: Opportunity, /, *, as_of: datetime) -> Category:
        """
        The category of a deal.

        Raises:
            UnknownName: The deal's own `forecast_category` is none.
        """
        check_a("Categories.of(opportunity)", opportunity, Opportunity)
        if not opportunity.is_open:
            return Category.CLOSED if opportunity.is_won else Category.OMITTED
        # A pin set here before the record's own: it is the later and the more explicit word.
        pinned = self.pinned.get(opportunity.id) or _own(opportunity)
        if pinned is not None:
            return pinned
        for rule in self.rules:
            # Rules before the stage: a signed contract says more than the column a deal stands in.
            if rule.category is not None and rule.holds(opportunity, as_of=as_of):
                return rule.category
        return self.by_stage.get(opportunity.stage, Category.PIPELINE)


def _own(opportunity: Opportunity) -> Category | None:
    """The category that the record itself pins, `Best Case` and `BestCase` being `best_case`."""
    said = opportunity.forecast_category
    if said is None:
        return None
    # Exports write `BestCase` or `Best Case`: both mean the same category.
    found = to_category(snake_case(said.replace(" ", "_").replace("-", "_")).replace("__", "_"))
    if not isinstance(found, Category) or found is Category.CLOSED:
        raise UnknownName(f"forecast category of an open deal ({opportunity.id})", said, tuple(_ALLOWED.split(", ")))
    return found


@frozen(kw_only=True)
class CategoryRollup(Value, Printable):
    """
    A period's deals by category, whole amounts, each category alone and added up from the surest.

    Exclusive amounts name one category; the cumulative ones hold `commit_forecast <= most_likely_forecast <=
    best_case_forecast` as long as no amount is negative.
    """

    period: Period
    """The period."""
    only: FrozenMap[Money] = field(repr=False)
    """Category -> whole amount of its deals."""
    counts: FrozenMap[int] = field(repr=False)
    """Category -> how many deals."""

    @property
    def closed(self) -> Money:
        """Won within the period."""
        return self.only[Category.CLOSED]

    @property
    def open_pipeline(self) -> Money:
        """Every open deal that is due, omitted ones left out."""
        return self._sum(*OPEN)

    @property
    def commit_forecast(self) -> Money:
        """Commit + closed."""
        # Cumulative from the surest, so commit <= most likely <= best case holds by construction (F15).
        return self._sum(Category.COMMIT, Category.CLOSED)

    @property
    def most_likely_forecast(self) -> Money:
        """Most likely + commit + closed."""
        return self.commit_forecast + self.only[Category.MOST_LIKELY]

    @property
    def best_case_forecast(self) -> Money:
        """Best case + most likely + commit + closed."""
        return self.most_likely_forecast + self.only[Category.BEST_CASE]

    def _sum(self, *categories: Category) -> Money:
        return Money.total(self.only[category] for category in categories)

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each category, least sure first."""
        return [
            {"category": category.value, "deals": self.counts[category], "amount": self.only[category]}
            for category in Category
        ]

    def _headline(self) -> str:
        return (
            f"{self.period}: commit {self.commit_forecast:,}, most likely {self.most_likely_forecast:,}, "
            f"best case {self.best_case_forecast:,}"
        )


def categorise(forecast: Forecast, categories: Categories) -> CategoryRollup:
    """
    The deals of a forecast by category: won within the period, or open and due in it, at their whole amounts.

    Open deals due elsewhere, and lost ones, are OMITTED.

    Source: F15 of the forecast reference; the forecast categories of Salesforce.
    """
    check_a("categorise(forecast)", forecast, Forecast)
    check_a("categorise(categories)", categories, Categories)
    # Every category from the start, so that one without deals shows a zero and no gap.
    sums: dict[str, int] = dict.fromkeys(Category, 0)
    counts: dict[str, int] = dict.fromkeys(Category, 0)
    for line in forecast.closed_lines:
        sums[Category.CLOSED] += line.amount.minor
        counts[Category.CLOSED] += 1
    opened = [line.opportunity for line in forecast.lines]
    for deal in [*opened, *(line.opportunity for line in forecast.outside)]:
        # Whole amounts, not weighted ones: a category says how sure, and would be counted twice if the chance did too.
        # Also a deal whose date has passed within the period: nobody has given it up, and its category still stands.
        due = deal.is_open and deal.expected_close is not None and deal.expected_close in forecast.period
        category = categories.of(deal, as_of=forecast.as_of) if due else Category.OMITTED
        sums[category] += deal.amount.minor if deal.amount is not None else 0
        counts[category] += 1
    return CategoryRollup(
        period=forecast.period,
        only=FrozenMap({category: Money.from_minor(minor, forecast.currency) for category, minor in sums.items()}),
        counts=FrozenMap(counts),
    )
