"""Every error: what it says, what it carries, and that two with the same facts are the same."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from partnerops import exceptions
from partnerops.exceptions import (
    CurrencyMismatch,
    InexactNumber,
    InvalidDataset,
    InvalidDocument,
    InvalidImport,
    InvalidMapping,
    InvalidTable,
    InvalidValue,
    MissingExtra,
    MissingRate,
    NaiveDatetime,
    NotCompilable,
    NoVersion,
    PartnerOpsError,
    PartnerOpsWarning,
    PolicyBrokeContract,
    PolicyBrokeLaws,
    StaleRateWarning,
    UnknownCurrency,
    UnknownName,
    near_misses,
)

SAID = [
    (InvalidValue("Partner.id", "a string", 7), "Partner.id must be a string (got 7)"),
    (
        InexactNumber("rate", "exact", 0.1),
        'rate must be exact (got 0.1); floats are not exact: write "0.1" or Decimal("0.1")',
    ),
    (
        NaiveDatetime("at", "aware", None),
        "at must be aware (got None); add a zone, as in datetime(2026, 3, 31, 12, tzinfo=UTC)",
    ),
    (UnknownCurrency("currency", "a code of ISO 4217", "BRX"), "currency must be a code of ISO 4217 (got 'BRX')"),
    (
        CurrencyMismatch("add", "BRL", "USD"),
        "cannot add BRL and USD; convert one of them with ExchangeRates.convert first",
    ),
    (MissingRate("BRL", "USD", "2026-03-10"), "no rate BRL->USD on or before 2026-03-10"),
    (
        MissingRate("BRL", "USD", "2026-03-10", "the first is of 2026-04-01"),
        "no rate BRL->USD on or before 2026-03-10; the first is of 2026-04-01",
    ),
    (NoVersion("2026-03-10"), "no version in force on 2026-03-10"),
    (NoVersion("2026-03-10", "known from 2027"), "no version in force on 2026-03-10; known from 2027"),
    (UnknownName("Partner", "acmee", ("acme", "birch")), "no Partner 'acmee'; did you mean 'acme'?"),
    (UnknownName("Partner", "zzz", ("birch", "acme")), "no Partner 'zzz'; known: acme, birch"),
    (UnknownName("Partner", "zzz"), "no Partner 'zzz'"),
    (UnknownName("Partner", "zzz", tuple(f"p{i}" for i in range(13))), "no Partner 'zzz'"),
    (InvalidDataset(("a: wrong",)), "the dataset has 1 fault:\n  a: wrong"),
    (InvalidDataset(("a: wrong", "b: wrong")), "the dataset has 2 faults:\n  a: wrong\n  b: wrong"),
    (InvalidMapping(("$.a: wrong",)), "the mapping has 1 fault:\n  $.a: wrong"),
    (
        InvalidImport(("a.csv row 2: wrong", "b.csv row 3: wrong")),
        "the import has 2 issues:\n  a.csv row 2: wrong\n  b.csv row 3: wrong",
    ),
    (InvalidDocument(("$.a: wrong",)), "the document has 1 fault:\n  $.a: wrong"),
    (InvalidTable(("touches has no column 'at'", "deals is empty")), "touches has no column 'at'; deals is empty"),
    (PolicyBrokeContract("Mine()", "weigh each touch", "-1"), "Mine() must weigh each touch, got -1"),
    (PolicyBrokeLaws("Mine()", ("a",)), "Mine() broke 1 law:\n1. a"),
    (PolicyBrokeLaws("Mine()", ("a", "b")), "Mine() broke 2 laws:\n1. a\n2. b"),
    (
        NotCompilable("Mine()", "attribute"),
        (
            "Mine() has no compiled(), so tables cannot evaluate it; "
            "use attribute on objects, or give the policy a compiled() that returns integers"
        ),
    ),
    (
        PolicyBrokeLaws("Mine()", ("conservation: credits sum to 1, not 2", "order: 3")),
        "Mine() broke 2 laws:\n1. conservation: credits sum to 1, not 2\n2. order: 3",
    ),
    (
        MissingExtra("narwhals", "frames"),
        "narwhals is not installed; install it with: pip install 'partnerops[frames]'",
    ),
]
errors = pytest.mark.parametrize(("error", "message"), SAID, ids=lambda one: type(one).__name__)


def test_every_error_is_tested_here() -> None:
    """Apart from the root."""
    kinds = {kind for name in exceptions.__all__ if issubclass(kind := getattr(exceptions, name), PartnerOpsError)}
    assert {type(error) for error, _ in SAID} == kinds - {PartnerOpsError}


@errors
def test_says_what_and_what_to_do(error: PartnerOpsError, message: str) -> None:
    """Which value, where, and the remedy; errors start lower-case unless they start with a name."""
    assert str(error) == message


@errors
def test_carries_its_facts(error: PartnerOpsError, message: str) -> None:
    """Each argument is an attribute of the same name."""
    names = list(inspect.signature(type(error)).parameters)
    assert tuple(getattr(error, name) for name in names) == error.args, message


@errors
def test_is_equal_by_its_facts(error: PartnerOpsError, message: str) -> None:
    """Also after pickling, and in sets; not to an error of another class or to its text."""
    again = pickle.loads(pickle.dumps(error))
    assert again == error
    assert len({again, error}) == 1
    assert str(again) == message
    assert error != type("Other", (type(error),), {})(*error.args)
    assert error != message
    assert error != type(error)(*["other"] * len(inspect.signature(type(error)).parameters))


def test_facts_need_not_be_hashable() -> None:
    """A list may be the wrong value."""
    assert hash(InvalidValue("a", "b", [1])) == hash(InvalidValue("a", "b", [1]))


def test_long_values_are_cut() -> None:
    """A message stays a line."""
    assert str(InvalidValue("a", "b", "x" * 500)) == f"a must be b (got '{'x' * 116}...)"
    assert str(InvalidValue("a", "b", "x" * 118)) == f"a must be b (got '{'x' * 118}')"


def test_many_faults_are_cut() -> None:
    """A message stays a screen; the faults are all there."""
    error = InvalidDataset(tuple(f"f{index}" for index in range(53)))
    assert str(error).splitlines()[0] == "the dataset has 53 faults:"
    assert str(error).splitlines()[-2:] == ["  f49", "  ... and 3 more"]
    assert len(error.faults) == 53
    assert "more" not in str(InvalidDataset(tuple("f" * 50)))


class TestNearMisses:
    def test_names_the_closest_first(self) -> None:
        """At most three."""
        assert near_misses("acmee", ["birch", "acme"]) == "; did you mean 'acme'?"
        assert near_misses("acmes", ["acne", "acme", "birch"]) == "; did you mean 'acme' or 'acne'?"
        assert near_misses("aaaa", ["aaab", "aaac", "aaad", "aaae"]).count("or") == 2

    def test_a_beginning_is_close(self) -> None:
        """Three letters or more of a long name."""
        assert near_misses("att", ["attribution_of_everything"]) == "; did you mean 'attribution_of_everything'?"
        assert near_misses("at", ["attribution_of_everything"]) == ""

    def test_says_nothing_of_strangers(self) -> None:
        """Nor when there is nothing to choose from, nor of what is no text."""
        assert near_misses("zzz", ["acme"]) == near_misses("acme", []) == near_misses(None, ["acme"]) == ""

    def test_does_not_depend_on_order_or_repeats(self) -> None:
        """The same names say the same."""
        assert near_misses("acm", ["acme", "acmo", "acme"]) == near_misses("acm", ["acmo", "acme"])


def drawn() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The tree in the docstring: class -> (class above it, builtins it also derives)."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    above: list[str] = []
    (block,) = re.findall(r"```text\n(.*?)```", exceptions.__doc__ or "", re.DOTALL)
    for line in block.splitlines():
        if not line:
            continue
        name = re.search(r"[A-Za-z]+", line)
        assert name is not None
        depth = name.start() // 4
        builtins = re.search(r"\(([A-Za-z, ]+)\)", line)
        above[depth:] = [name[0]]
        parent = above[depth - 1] if depth else ""
        found[name[0]] = parent, tuple(builtins[1].split(", ")) if builtins else ()
    return found


def test_the_drawn_tree_is_the_real_one() -> None:
    """Every class, under the class it derives, with the builtins beside it."""
    real = {}
    for name in exceptions.__all__:
        bases = [base.__name__ for base in getattr(exceptions, name).__bases__]
        if bases[0].startswith("_"):  # what several share is drawn as if each had it itself
            bases = [base.__name__ for base in getattr(exceptions, name).__bases__[0].__bases__]
        own = [base for base in bases if base in exceptions.__all__]
        real[name] = own[0] if own else "", tuple(base for base in bases if base not in (*own, "Exception"))
    assert drawn() == real


def test_one_root_and_a_builtin_for_each_leaf() -> None:
    """Somebody who catches ValueError, LookupError or TypeError catches ours too."""
    for name in exceptions.__all__:
        kind = getattr(exceptions, name)
        if name.endswith("Warning"):
            assert issubclass(kind, PartnerOpsWarning)
        else:
            assert issubclass(kind, PartnerOpsError)
            if kind is not PartnerOpsError:
                assert issubclass(kind, ValueError | LookupError | TypeError | ImportError | AssertionError)


def test_warnings_say_when_and_how() -> None:
    """In their docstrings, since a warning's reader looks there."""
    for one in PartnerOpsWarning.__subclasses__():
        assert "When it occurs:" in (one.__doc__ or "")
        assert "How to fix it:" in (one.__doc__ or "")
    assert issubclass(StaleRateWarning, UserWarning)
