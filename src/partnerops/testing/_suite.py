"""What the law suites share: try each law on many examples, and tell all that is broken, each by a smallest example."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from typing import Final, Generic, TypeAlias, TypeVar

from attrs import field, frozen
from hypothesis import HealthCheck, Phase, errors, find, given, settings, strategies as st

from partnerops._arguments import check_int
from partnerops._attrs import Value
from partnerops.exceptions import PolicyBrokeContract, PolicyBrokeLaws, UnknownName

E = TypeVar("E")

A = TypeVar("A")


# A string of its own kind, so that it is told as it stands and still known from an answer that happens to be text.
class Refusal(str):
    """Words about an answer that is none."""

    __slots__ = ()


Problem: TypeAlias = Callable[[E], str | None]
"""What is wrong with an example; None when nothing is."""


@frozen
class BrokenLaw(Value):
    """
    One law that a policy broke.

    >>> print(BrokenLaw("determinism", "the same case gives the same answer", "1, then 2", "no touch"))
    determinism: the same case gives the same answer
       found: 1, then 2
       for:   no touch
    """

    name: str
    """Short name, as `skip` takes it."""
    law: str
    """What has to hold."""
    problem: str
    """What was found instead."""
    example: str = ""
    """A smallest example that shows it; empty where none is needed."""

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.law}", f"   found: {_indented(self.problem)}"]
        return "\n".join([*lines, f"   for:   {_indented(self.example)}"] if self.example else lines)


def _indented(text: str) -> str:
    return text.replace("\n", "\n          ")


@frozen
class Law(Value, Generic[E]):
    """Something that has to hold for every example, or once for the policy itself."""

    text: str
    """What has to hold."""
    problem: Problem[E] | None = None
    """Asked of every example."""
    once: Callable[[], str | None] | None = None
    """What is wrong with the policy, whatever the example."""


@frozen(kw_only=True)
class Suite(Value, Generic[E]):
    """The laws of one protocol."""

    laws: Mapping[str, Law[E]] = field(hash=False)
    """Short name -> law."""
    examples: st.SearchStrategy[E]
    """What they are tried on."""
    show: Callable[[E], str]
    """An example in words."""

    def run(self, policy: str, *, count: int, skip: Collection[str] = ()) -> None:
        """
        Nothing when all laws hold for *count* examples each.

        Raises:
            PolicyBrokeLaws: Naming every law broken.
            UnknownName: *skip* names no law.
        """
        check_int("examples", count, 1)
        for name in skip:
            if name not in self.laws:
                raise UnknownName("law", name, tuple(self.laws))
        # A law that is skipped is not asked at all: it may be the one that the policy would trip over.
        laws = {name: law for name, law in self.laws.items() if name not in skip}
        # One pass for all laws: drawing an example costs more than asking about it.
        found = survey(self.examples, {name: law.problem for name, law in laws.items() if law.problem}, count)
        broken = tuple(
            one for name, law in laws.items() if (one := self._judge(name, law, found.get(name, []))) is not None
        )
        if broken:
            raise PolicyBrokeLaws(policy, broken)

    def _judge(self, name: str, law: Law[E], seen: list[Found[E]]) -> BrokenLaw | None:
        # What is wrong once is wrong for every example, and needs none to be shown.
        problem = None if law.once is None else law.once()
        if problem is not None:
            return BrokenLaw(name, law.text, problem)
        if law.problem is None or not seen:
            return None
        example, problem = smallest(self.examples, law.problem, seen)
        return BrokenLaw(name, law.text, problem, self.show(example))


Found = tuple[E, str]
"""An example, and what is wrong with it."""

# The same examples every time: whoever mends a policy sees whether it helped.
_OPTIONS: Final = settings(
    database=None, deadline=None, derandomize=True, phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)  # fmt: skip


def survey(examples: st.SearchStrategy[E], laws: Mapping[str, Problem[E]], count: int) -> dict[str, list[Found[E]]]:
    """Law -> the examples that break it, of *count* that all laws share."""
    found: dict[str, list[Found[E]]] = {}

    @settings(_OPTIONS, max_examples=count)
    @given(examples)
    def look(example: E) -> None:
        for name, law in laws.items():
            problem = law(example)
            if problem is not None:
                found.setdefault(name, []).append((example, problem))

    look()
    return found


def smallest(examples: st.SearchStrategy[E], law: Problem[E], seen: list[Found[E]]) -> Found[E]:
    """A smallest example that breaks a law, and the problem; at worst the smallest of those seen already."""

    def is_broken(example: E) -> bool:
        problem = law(example)
        if problem is not None:
            seen.append((example, problem))
        return problem is not None

    try:
        # Ten times the survey's usual count: what was rare there has to be met again before it can be made small.
        find(examples, is_broken, settings=settings(_OPTIONS, max_examples=1000))
    except (errors.NoSuchExample, errors.Flaky):
        # A policy that remembers may be wrong once and right the next time: what was seen stays seen.
        return min(seen, key=lambda one: len(repr(one[0])))
    # Hypothesis ends with the smallest, asked once more: the last one seen is it.
    return seen[-1]


# --- what every suite asks --------------------------------------------------------------------------------------------


def ask(question: Callable[[], A]) -> A | Refusal:
    """What a policy answers, or what is wrong with it."""
    try:
        return question()
    except PolicyBrokeContract as error:
        return Refusal(f"must {error.rule}, got {error.got}")
    except Exception as error:  # noqa: BLE001 - whatever a user's policy raises is what the report is about
        return Refusal(f"raised {type(error).__name__}: {error}")


def is_no_value(policy: object) -> str | None:
    """Why a policy is no value: it does not hash, or does not equal a copy of itself."""
    advice = "make it a frozen attrs class, with tuples for lists"
    try:
        hash(policy)
    except TypeError as error:
        return f"{error}; {advice}"
    # Policies travel to worker processes and into digests: one that is only equal to itself would be another one
    # there.
    return None if deepcopy(policy) == policy else f"a copy that is not equal; {advice}"
