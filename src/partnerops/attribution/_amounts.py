"""Sums of money where several currencies may meet: one sum for each."""

from __future__ import annotations

from collections.abc import Iterable

from partnerops.money import Money


def by_currency(moneys: Iterable[Money]) -> tuple[Money, ...]:
    """The total in each currency, by its code; nothing for no money at all."""
    sums: dict[str, int] = {}
    for money in moneys:
        sums[money.currency] = sums.get(money.currency, 0) + money.minor
    return tuple(Money.from_minor(sums[currency], currency) for currency in sorted(sums))


def in_words(moneys: Iterable[Money]) -> str:
    """The total in each currency, for a headline."""
    return " and ".join(f"{total:,}" for total in by_currency(moneys)) or "nothing"
