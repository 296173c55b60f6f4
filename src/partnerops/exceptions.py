"""
Every error and warning that partnerops raises, in one tree.

```text
PartnerOpsError
├── InvalidValue (ValueError)             a field or argument that cannot be right
│   ├── InexactNumber (TypeError)         a float where an exact number is due
│   ├── NaiveDatetime                     an instant without a time zone
│   └── UnknownCurrency (LookupError)     not a code of ISO 4217
├── CurrencyMismatch (ValueError)         two currencies in one sum or comparison
├── MissingRate (LookupError)             no exchange rate for that pair and date
├── NoVersion (LookupError)               nothing was in force at that date
├── UnknownName (LookupError)             an id, field or attribute that does not exist
├── InvalidDataset (ValueError)           faults found across records, all at once
├── InvalidMapping (ValueError)           faults of a mapping file, all at once
├── InvalidImport (ValueError)            rows that an import could not use, all at once
├── InvalidTable (ValueError)             a table that breaks its column contract
├── InvalidDocument (ValueError)          a JSON or TOML document that cannot be read, with every fault
├── PolicyBrokeContract (TypeError)       a policy answered what its protocol forbids
├── PolicyBrokeLaws (AssertionError)      a policy failed the law suite of `partnerops.testing`
├── NotCompilable (TypeError)             a policy that tables cannot evaluate
└── MissingExtra (ImportError)            an optional dependency is not installed

PartnerOpsWarning (UserWarning)
└── StaleRateWarning                      an exchange rate much older than the date asked for
```

Messages are lower-case, say what, which and what to do. The facts are attributes; two errors with the same facts are
equal and survive pickling. The wording is not part of the compatibility promise, classes and attributes are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CurrencyMismatch",
    "InexactNumber",
    "InvalidDataset",
    "InvalidImport",
    "InvalidMapping",
    "InvalidDocument",
    "InvalidTable",
    "InvalidValue",
    "MissingExtra",
    "MissingRate",
    "NaiveDatetime",
    "NoVersion",
    "NotCompilable",
    "PartnerOpsError",
    "PartnerOpsWarning",
    "PolicyBrokeContract",
    "PolicyBrokeLaws",
    "StaleRateWarning",
    "UnknownCurrency",
    "UnknownName",
]


def near_misses(name: object, known: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` when *name* is close to one of *known*, else an empty string."""
    from difflib import get_close_matches  # noqa: PLC0415 - only an error needs it

    names = sorted(set(known))
    # Somebody who types the beginning of a long name is closer than the letters say.
    close = (
        get_close_matches(str(name), names, n=3, cutoff=0.6)
        or [one for one in names if len(str(name)) >= 3 and one.startswith(str(name))][:3]
    )
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""


class PartnerOpsError(Exception):
    """Anything that partnerops refuses: catch this one to catch them all."""

    # Exception.__init__ keeps the positional facts in `args`, which is what makes leaves pickle and compare.
    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.args == self.args if isinstance(other, PartnerOpsError) else False

    def __hash__(self) -> int:
        return hash((type(self), repr(self.args)))


class InvalidValue(PartnerOpsError, ValueError):
    """
    A field or argument that cannot be right.

    The message reads `<place> must be <rule> (got <value>)`.
    """

    def __init__(self, place: str, rule: str, value: object) -> None:
        super().__init__(place, rule, value)
        self.place = place
        """Where: `Partner.id`, or the name of an argument."""
        self.rule = rule
        """What the value has to be; follows "must be" in the message."""
        self.value = value
        """What was given."""

    def __str__(self) -> str:
        try:
            shown = repr(self.value)
        except ValueError:  # Python writes out no whole number of more than 4,300 digits
            shown = f"a value of type {type(self.value).__name__} too long to show"
        if len(shown) > 120:
            shown = shown[:117] + "..."
        return f"{self.place} must be {self.rule} (got {shown}){self._hint()}"

    def _hint(self) -> str:
        """What follows the message: a remedy that depends on the class."""
        return ""


class InexactNumber(InvalidValue, TypeError):
    """A float where money, a rate or a share is due: floats lose cents, so write the number as a string."""

    def _hint(self) -> str:
        return f'; floats are not exact: write "{self.value}" or Decimal("{self.value}")'


class NaiveDatetime(InvalidValue):
    """An instant without a time zone: nobody can say which moment it is."""

    def _hint(self) -> str:
        return "; add a zone, as in datetime(2026, 3, 31, 12, tzinfo=UTC)"


class UnknownCurrency(InvalidValue, LookupError):
    """A code that ISO 4217 does not list, neither active nor withdrawn."""


class CurrencyMismatch(PartnerOpsError, ValueError):
    """Two currencies met in one sum, comparison or calculation; they never mix unless converted by a dated rate."""

    def __init__(self, action: str, left: str, right: str) -> None:
        super().__init__(action, left, right)
        self.action = action
        """What was tried, as a verb: `add`, `compare`."""
        self.left = left
        """Currency code on the left, or expected."""
        self.right = right
        """Currency code on the right, or found."""

    def __str__(self) -> str:
        return (
            f"cannot {self.action} {self.left} and {self.right}; convert one of them with ExchangeRates.convert first"
        )


class MissingRate(PartnerOpsError, LookupError):
    """No exchange rate is known for a pair of currencies on or before a date."""

    def __init__(self, base: str, quote: str, on: object, known: str = "") -> None:
        super().__init__(base, quote, on, known)
        self.base = base
        """Currency converted from."""
        self.quote = quote
        """Currency converted to."""
        self.on = on
        """The date asked for."""
        self.known = known
        """What the table does hold for this pair."""

    def __str__(self) -> str:
        return f"no rate {self.base}->{self.quote} on or before {self.on}{'; ' if self.known else ''}{self.known}"


class NoVersion(PartnerOpsError, LookupError):
    """Nothing was in force at the date asked for."""

    def __init__(self, on: object, known: str = "") -> None:
        super().__init__(on, known)
        self.on = on
        """The date asked for."""
        self.known = known
        """The span that the versions do cover."""

    def __str__(self) -> str:
        return f"no version in force on {self.on}{'; ' if self.known else ''}{self.known}"


class UnknownName(PartnerOpsError, LookupError):
    """An id, field or attribute that does not exist; the message names near misses."""

    def __init__(self, what: str, name: object, known: tuple[str, ...] = ()) -> None:
        super().__init__(what, name, known)
        self.what = what
        """Kind of thing looked for, such as `Partner` or `field of Opportunity`."""
        self.name = name
        """The name that was not found."""
        self.known = known
        """Names that do exist."""

    def __str__(self) -> str:
        hint = near_misses(self.name, self.known)
        # A short list is worth showing whole: it is the set of allowed values.
        if not hint and 0 < len(self.known) <= 12:
            hint = f"; known: {', '.join(sorted(self.known))}"
        return f"no {self.what} {self.name!r}{hint}"


def _listed(what: str, noun: str, members: tuple[object, ...]) -> str:
    """A headline with a count, then the members, cut where nobody would read on."""
    shown = [f"  {member}" for member in members[:50]]
    if len(members) > len(shown):
        shown.append(f"  ... and {len(members) - len(shown)} more")
    return "\n".join([f"{what} {len(members)} {noun}{'s' if len(members) != 1 else ''}:", *shown])


class _Faulty(PartnerOpsError, ValueError):
    """Faults found together; each subclass says of what."""

    _of = ""

    def __init__(self, faults: tuple[object, ...]) -> None:
        super().__init__(faults)
        self.faults = faults
        """All of them, in the order of their paths."""

    def __str__(self) -> str:
        return _listed(f"the {self._of} has", "fault", self.faults)


class InvalidDataset(_Faulty):
    """Faults found across the records of a dataset: `faults` holds all, each with its path, code and remedy."""

    _of = "dataset"


class InvalidMapping(_Faulty):
    """A mapping file that cannot be read as one: `faults` holds all of them, each with its path."""

    _of = "mapping"


class InvalidImport(PartnerOpsError, ValueError):
    """Rows that a strict import could not take as they are: `issues` holds all of them, each with file and row."""

    def __init__(self, issues: tuple[object, ...]) -> None:
        super().__init__(issues)
        self.issues = issues
        """Every issue of the import."""

    def __str__(self) -> str:
        return _listed("the import has", "issue", self.issues)


class InvalidTable(PartnerOpsError, ValueError):
    """A table that breaks its column contract: a missing column, a null, a wrong type, a duplicate key."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(faults)
        self.faults = faults
        """One line each, naming table, column and remedy."""

    def __str__(self) -> str:
        return "; ".join(self.faults)


class InvalidDocument(_Faulty):
    """A JSON or TOML document, or a mapping in its form, that cannot be read: `faults` holds all, each with a path."""

    _of = "document"


class PolicyBrokeContract(PartnerOpsError, TypeError):
    """A policy answered something its protocol forbids."""

    def __init__(self, policy: str, rule: str, got: str) -> None:
        super().__init__(policy, rule, got)
        self.policy = policy
        """The policy, as its class prints itself."""
        self.rule = rule
        """The law it broke; follows "must"."""
        self.got = got
        """What it answered."""

    def __str__(self) -> str:
        return f"{self.policy} must {self.rule}, got {self.got}"


class PolicyBrokeLaws(PartnerOpsError, AssertionError):
    """A policy failed a law suite of `partnerops.testing`: every law that it broke, each with a smallest example."""

    def __init__(self, policy: str, broken: tuple[object, ...]) -> None:
        super().__init__(policy, broken)
        self.policy = policy
        """The policy, as its class prints itself."""
        self.broken = broken
        """One record for each law, in the order of the suite: its name, the problem, the example."""

    def __str__(self) -> str:
        found = [f"{number}. {law}" for number, law in enumerate(self.broken, 1)]
        return "\n".join([f"{self.policy} broke {len(found)} law{'s' if len(found) != 1 else ''}:", *found])


class NotCompilable(PartnerOpsError, TypeError):
    """A policy without a `compiled()` method: it runs on objects, tables cannot evaluate it."""

    def __init__(self, policy: str, instead: str) -> None:
        super().__init__(policy, instead)
        self.policy = policy
        """The policy, as its class prints itself."""
        self.instead = instead
        """The verb that can run it."""

    def __str__(self) -> str:
        return (
            f"{self.policy} has no compiled(), so tables cannot evaluate it; "
            f"use {self.instead} on objects, or give the policy a compiled() that returns integers"
        )


class MissingExtra(PartnerOpsError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(module, extra)
        self.module = module
        """The module that could not be imported."""
        self.extra = extra
        """The extra of partnerops that brings it."""

    def __str__(self) -> str:
        return f"{self.module} is not installed; install it with: pip install 'partnerops[{self.extra}]'"


class PartnerOpsWarning(UserWarning):
    """Root of the warnings: legitimate but suspicious use."""


class StaleRateWarning(PartnerOpsWarning):
    """
    An exchange rate much older than the date asked for.

    When it occurs: the newest rate on or before the date is more than the table's `stale_after_days` older than it.
    How to fix it: add the missing rates to the table, or raise `stale_after_days` where sparse rates are the agreement.
    """
