"""Reading opportunities strictly, against cattrs as it comes on a plain attrs class of the same fields."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import attrs
import cattrs

from partnerops import Money, Opportunity
from partnerops.serde import make_converter, to_dict

# No converter, no validator, no check: what cattrs coerces, it coerces.
PLAIN_TYPES = {"created_at": datetime, "closed_at": datetime | None, "expected_close": date | None}
Plain = attrs.make_class(
    "Plain",
    {
        one.name: attrs.field(type=PLAIN_TYPES.get(one.name, Any if one.name != "id" else str))
        for one in attrs.fields(Opportunity)
    },
    frozen=True,
)


def plain_converter() -> cattrs.Converter:
    """Cattrs with nothing but a way to read instants and dates."""
    converter = cattrs.Converter()
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    return converter


def rows(ratio: Callable[..., float], count: int = 20_000) -> list[tuple[str, str, str]]:
    """The row of this file."""
    documents = [
        to_dict(
            Opportunity(
                id=f"D-{n}", stage="proposal", amount=Money.from_minor(n, "BRL"), origin="partner", partner_id="acme",
                created_at=datetime(2026, 3, 1, tzinfo=UTC), expected_close=date(2026, 6, 30),
            )
        )
        for n in range(count)
    ]  # fmt: skip
    strict, plain = make_converter(), plain_converter()

    def ours() -> list[Opportunity]:
        return [strict.structure(document, Opportunity) for document in documents]

    def theirs() -> list[Any]:
        return [plain.structure(document, Plain) for document in documents]

    return [("documents: reading opportunities / plain cattrs, plain class", "<= 6", f"{ratio(ours, theirs):.2f}")]
