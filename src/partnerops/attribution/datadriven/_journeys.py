"""What data-driven models are fitted on: journeys, each with how often it ended in a sale and how often it did not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final, cast

import attrs
from attrs import field, frozen

from partnerops._arguments import check_a, check_all, check_moment
from partnerops._attrs import Value, place, to_strings, tuple_of
from partnerops.attribution._cases import case_of, touches_of, touches_of_accounts
from partnerops.attribution.options import Label
from partnerops.attribution.rules import labels_of
from partnerops.dataset import Dataset
from partnerops.entities import Lead
from partnerops.exceptions import InvalidValue
from partnerops.periods import UTC_CALENDAR, Calendar

_TEXT: Final = frozenset({str})


def _to_path(values: Iterable[str]) -> tuple[str, ...]:
    # Lists and tuples come by the ten thousand; asking an abstract class about each would cost more than the copy.
    return tuple(values) if isinstance(values, list | tuple) else to_strings(values)


def _is_path(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    # Models are fitted on many thousand journeys: the usual case is settled in one pass of C.
    if isinstance(value, tuple) and set(map(type, cast("tuple[object, ...]", value))) <= _TEXT and "" not in value:
        return
    tuple_of(str)(instance, attribute, value)


def _is_count(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if type(value) is not int or value < 0:
        raise InvalidValue(place(instance, attribute), "a whole number of at least 0", value)


@frozen
class Journey(Value):
    """
    A sequence of parties, or of other labels, and how often it ended either way.

    An empty path is a sale, or a loss, that nobody touched: it belongs to the base rate.

    Raises:
        InvalidValue: An empty label, or a count that is not a whole number of at least 0.

    >>> Journey("acme > birch > acme".split(" > "), converted=1, lost=3).parties
    ('acme', 'birch')
    """

    path: tuple[str, ...] = field(converter=_to_path, validator=_is_path)
    """Labels, oldest first; repeats count."""
    converted: int = field(default=0, kw_only=True, validator=_is_count)
    """How often it ended in a sale."""
    lost: int = field(default=0, kw_only=True, validator=_is_count)
    """How often it ended without one."""

    @property
    def parties(self) -> tuple[str, ...]:
        """Each label once, in the order of its first appearance."""
        return tuple(dict.fromkeys(self.path))


def journeys_of(
    data: Dataset, /, *, as_of: datetime | date, label: str = "party", calendar: Calendar = UTC_CALENDAR
) -> tuple[Journey, ...]:
    """
    The journeys of all deals that closed by *as_of*, won and lost; open deals have not decided yet and are left out.

    A journey holds the labels of the deal's touches up to its close, as `attribute_all` would see them; touches without
    such a label are passed over. Equal paths are counted together, in the order of their first deal.

    Raises:
        InvalidValue: Not a label.

    >>> journeys_of(Dataset(), as_of=date(2026, 3, 31))
    ()
    """
    if label not in [member.value for member in Label]:
        raise InvalidValue("journeys_of(label=...)", f"one of {', '.join(Label)}", label)
    moment = check_moment("journeys_of(as_of=...)", as_of, calendar)
    today = calendar.date_of(moment)
    counts: dict[tuple[str, ...], list[int]] = {}
    of_accounts = touches_of_accounts(check_a("journeys_of(data)", data, Dataset))
    for deal in data.opportunities:
        view = deal.as_of(moment, today)
        # An open deal is neither a sale nor a loss, and would count as one or the other.
        if view is None or view.closed_at is None:
            continue
        leads = data.related(Lead, opportunity_id=deal.id)
        case = case_of(view, touches_of(data, view, leads, of_accounts), moment, close=view.closed_at, leads=leads)
        path = tuple(name for name in labels_of(Label(label), case) if name is not None)
        # Equal paths together: a model then costs what its different paths cost, however many deals there are.
        counts.setdefault(path, [0, 0])[0 if view.is_won else 1] += 1
    return tuple(Journey(path, converted=won, lost=lost) for path, (won, lost) in counts.items())


def check_journeys(where: str, journeys: Iterable[Journey]) -> tuple[Journey, ...]:
    """The journeys that happened at least once; refuses anything else."""
    return tuple(one for one in check_all(f"{where}(journeys)", journeys, Journey) if one.converted or one.lost)
