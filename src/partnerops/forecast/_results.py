"""What a forecast says: three parts that sum exactly, deal by deal, along any dimension."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar, overload

import attrs
from attrs import field, frozen

from partnerops._attrs import Value
from partnerops._render import Printable, escape, percent, plural
from partnerops.entities import Opportunity
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.forecast._asking import describe
from partnerops.forecast._lines import Bucket, ForecastLine, NewBusinessLine, OutsideLine
from partnerops.forecast._protocol import Outlook
from partnerops.money import Money
from partnerops.periods import Period

K = TypeVar("K")


@frozen(kw_only=True)
class Forecast(Value, Printable):
    """
    What a period will bring: `expected` is `closed` + `pipeline` + `new_business`, exactly.

    `lines` holds the open deals that count, `closed_lines` the won ones, `outside` every other deal by bucket. Lines go
    by deal id. `by` cuts it along a dimension into forecasts of the same kind, whose parts sum to this one exactly.
    """

    period: Period
    """The span asked about, half-open."""
    as_of: datetime
    """The moment from which it is seen, in UTC."""
    currency: str
    """Code of ISO 4217; every amount is in it."""
    outlook: Outlook = field(repr=False)
    """The outlook asked."""
    closed_lines: tuple[ForecastLine, ...] = field(default=(), repr=False)
    """Deals won within the period by `as_of`."""
    lines: tuple[ForecastLine, ...] = field(default=(), repr=False)
    """Open deals that count, each with its chance and its part of the total."""
    new_business_lines: tuple[NewBusinessLine, ...] = field(default=(), repr=False)
    """What deals that are not created yet will bring."""
    outside: tuple[OutsideLine, ...] = field(default=(), repr=False)
    """Deals that do not count, each with its bucket and the reason."""

    # --- the parts

    @property
    def closed(self) -> Money:
        """Won within the period by `as_of`."""
        return Money.total([line.expected for line in self.closed_lines], self.currency)

    @property
    def pipeline(self) -> Money:
        """Expected of the open deals: the sum of amount x probability, rounded once."""
        return Money.total([line.expected for line in self.lines], self.currency)

    @property
    def new_business(self) -> Money:
        """Expected of deals that are not created yet."""
        return Money.total([line.amount for line in self.new_business_lines], self.currency)

    @property
    def expected(self) -> Money:
        """The forecast: closed + pipeline + new business."""
        return self.closed + self.pipeline + self.new_business

    @property
    def open_pipeline(self) -> Money:
        """Whole amount of the open deals that count, unweighted."""
        return Money.total([line.amount for line in self.lines], self.currency)

    def amount_outside(self, bucket: Bucket | str) -> Money:
        """
        Whole amount of the deals in a bucket; deals without a known amount add nothing.

        Raises:
            UnknownName: No bucket of that name.
        """
        if bucket not in frozenset(Bucket):
            raise UnknownName("bucket", bucket, tuple(known.value for known in Bucket))
        amounts = [line.opportunity.amount for line in self.outside if line.bucket == bucket]
        return Money.total([amount for amount in amounts if amount is not None], self.currency)

    # --- cutting it

    @overload
    def by(self, dimension: str) -> dict[Any, Forecast]: ...
    @overload
    def by(self, dimension: Callable[[Opportunity], K]) -> dict[K | None, Forecast]: ...
    def by(self, dimension: str | Callable[[Opportunity], Any]) -> dict[Any, Forecast]:
        """
        The forecast in parts, one for each value of a dimension: an attribute of the deal, or a function of it.

        The parts sum to the whole exactly, since they share its lines. New business has an origin and nothing else:
        along any other dimension it stands under None, as do deals without a value.

        Raises:
            UnknownName: The deal has no such attribute; the message names near misses.
        """
        read = _reader(dimension)
        parts: dict[Any, dict[str, list[Any]]] = {}
        for name in ("closed_lines", "lines", "outside"):
            groups: dict[Any, list[Any]] = defaultdict(list)
            for line in getattr(self, name):
                groups[read(line.opportunity)].append(line)
            for key, lines in groups.items():
                parts.setdefault(key, {})[name] = lines
        for line in self.new_business_lines:
            key = line.origin if dimension == "origin" else None
            parts.setdefault(key, {}).setdefault("new_business_lines", []).append(line)
        return {key: attrs.evolve(self, **{**_EMPTY, **_tuples(part)}) for key, part in parts.items()}

    # --- showing it

    def to_dicts(self) -> list[dict[str, object]]:
        """One row for each deal, closed first, then open, new business, and what stands outside."""
        won = [_row(line, "closed") for line in self.closed_lines]
        opened = [_row(line, "pipeline") for line in self.lines]
        brought = [
            _cells(None, "new_business", line.amount, line.because) | {"origin": line.origin}
            for line in self.new_business_lines
        ]
        zero = Money.zero(self.currency)
        outside = [_cells(line.opportunity, line.bucket.value, zero, line.because) for line in self.outside]
        return [*won, *opened, *brought, *outside]

    def _headline(self) -> str:
        return (
            f"{self.period}: {self.expected:,} expected as of {self.as_of:%Y-%m-%d %H:%M} UTC = "
            f"{self.closed:,} closed + {self.pipeline:,} pipeline + {self.new_business:,} new business"
        )

    def _rows(self) -> list[dict[str, object]]:
        """One row for each origin, and the total."""
        parts = [(str(origin or "unknown"), part) for origin, part in self.by("origin").items()]
        return [
            {
                "origin": origin,
                "closed": part.closed,
                "pipeline": part.pipeline,
                "new business": part.new_business,
                "expected": part.expected,
                "open deals": len(part.lines),
            }
            for origin, part in [*sorted(parts, key=lambda pair: pair[0]), ("total", self)]
        ]

    def _footer(self) -> str:
        counts = Counter(line.bucket for line in self.outside)
        words = [
            f"{bucket.value} {counts[bucket]:,} ({self.amount_outside(bucket):,})"
            for bucket in Bucket
            if counts[bucket]
        ]
        return f"outside: {', '.join(words) or 'no deal'}\nby {describe(self.outlook)}"

    def __str__(self) -> str:
        return f"{Printable.__str__(self)}\n{self._footer()}"

    def _repr_html_(self) -> str:
        from partnerops._render import html_table  # noqa: PLC0415 - a terminal shows no HTML

        largest = sorted(self.lines, key=lambda line: -abs(line.expected.minor))[:20]
        table = html_table(
            ["deal", "stage", "expected close", "amount", "chance", "expected", "because"],
            [
                [
                    line.opportunity_id,
                    line.opportunity.stage,
                    line.opportunity.expected_close,
                    line.amount,
                    percent(line.probability.value),
                    line.expected,
                    line.because,
                ]
                for line in largest
            ],
            caption=f"{plural(len(largest), 'deal', 'deals')} with most at stake, of {len(self.lines):,}",
        )
        notes = "".join(f"<p>{escape(words)}</p>" for words in self._footer().split("\n"))
        return f'{Printable._repr_html_(self)}<div class="po-scroll">{table}</div>{notes}'

    def _figure(self) -> str:
        from partnerops._svg import svg_stacked  # noqa: PLC0415 - a terminal draws no figure

        rows = [
            (str(origin or "unknown"), [(name, getattr(part, field_name).amount) for name, field_name in _PARTS])
            for origin, part in self.by("origin").items()
        ]
        title = f"Expected in {self.period} by origin"
        return svg_stacked(sorted(rows, key=lambda row: row[0]), title=title, unit=self.currency)


_EMPTY: Mapping[str, Any] = dict.fromkeys(("closed_lines", "lines", "new_business_lines", "outside"), ())
_PARTS = (("closed", "closed"), ("pipeline", "pipeline"), ("new business", "new_business"))


def _tuples(part: Mapping[str, Iterable[Any]]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(lines) for name, lines in part.items()}


def _reader(dimension: object) -> Callable[[Opportunity], Any]:
    if callable(dimension):
        return dimension
    if not isinstance(dimension, str):
        raise InvalidValue("Forecast.by(dimension)", "an attribute of Opportunity or a function of one", dimension)
    names = tuple(one.name for one in attrs.fields(Opportunity))
    if dimension not in names:
        raise UnknownName("attribute of Opportunity", dimension, names)
    return lambda deal: getattr(deal, dimension)


def _cells(deal: Opportunity | None, part: str, expected: Money, because: str) -> dict[str, object]:
    return {
        "opportunity_id": deal and deal.id,
        "part": part,
        "origin": deal and deal.origin,
        "partner_id": deal and deal.partner_id,
        "stage": deal and deal.stage,
        "expected_close": deal and deal.expected_close,
        "amount": deal and deal.amount,
        "probability": None,
        "expected": expected,
        "because": because,
    }


def _row(line: ForecastLine, part: str) -> dict[str, object]:
    cells = _cells(line.opportunity, part, line.expected, line.because)
    return cells | {"probability": line.probability.value}
