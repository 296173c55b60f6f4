"""Seeded chance out of whole numbers: the same draws on every platform and under every version of Python."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate
from typing import Final, TypeVar

T = TypeVar("T")

_MASK: Final = (1 << 64) - 1
# The golden ratio's fraction in 64 bits, odd: steps of it reach every state before one comes again.
_GOLDEN: Final = 0x9E3779B97F4A7C15


class Source:
    """
    A stream of draws named by labels: SplitMix64 (Steele, Lea and Flood 2014), started from a digest of the labels.

    Streams of different labels are independent, so that what happens to one deal never shifts the draws of another.
    Chances are per mille, since a float could round otherwise elsewhere.
    """

    __slots__ = ("_state",)

    def __init__(self, *labels: int | str) -> None:
        # Parted by a sign that no label holds: streams (1, 23) and (12, 3) must not be one.
        name = "\x1f".join(map(str, labels)).encode()
        # Not Python's `hash`: that of a string differs from one process to the next.
        self._state = int.from_bytes(sha256(name).digest()[:8], "big")

    def _next(self) -> int:
        self._state = (self._state + _GOLDEN) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def below(self, bound: int) -> int:
        """A whole number from 0 to *bound* - 1."""
        # Multiplied and cut off rather than divided: the low bits count as little as they should, and no draw is
        # thrown away.
        return self._next() * bound >> 64

    def between(self, low: int, high: int) -> int:
        """A whole number from *low* to *high*, both included."""
        return low + self.below(high - low + 1)

    def chance(self, per_mille: int) -> bool:
        """True so many times in a thousand."""
        return self.below(1000) < per_mille

    def count(self, per_mille: int) -> int:
        """A whole number whose mean is *per_mille* / 1000, as near to it as whole numbers are."""
        # Whole where it can be, so that means of small numbers have no long tails: 2.7 is two or three, never nine.
        whole, rest = divmod(per_mille, 1000)
        return whole + self.chance(rest)

    def pick(self, options: Sequence[T]) -> T:
        """One of *options*, each as likely."""
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[tuple[T, int]]) -> T:
        """One of *options*, as likely as its weight says."""
        drawn = self.below(sum(weight for _, weight in options))
        bounds = accumulate(weight for _, weight in options)
        return next(option for (option, _), bound in zip(options, bounds, strict=True) if drawn < bound)
