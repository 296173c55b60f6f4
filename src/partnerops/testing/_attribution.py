"""The law suite for attribution policies; see `check_attribution_policy`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import deepcopy
from fractions import Fraction
from typing import Final

from attrs import frozen
from hypothesis import strategies as st

from partnerops.attribution import (
    Attribution,
    AttributionPolicy,
    Award,
    Case,
    CompiledAttribution,
    LeadOrigin,
    OrElse,
    RegistrationFirst,
    Weight,
)
from partnerops.attribution._compiled import Outright, compile_policy
from partnerops.attribution._reasons import check_policy, name_of
from partnerops.exceptions import NotCompilable
from partnerops.money import Money
from partnerops.testing._strategies.cases import ask as ask_about, cases
from partnerops.testing._suite import Law, Refusal, Suite, ask, is_no_value

Shares = dict[str, Fraction]


def check_attribution_policy(
    policy: AttributionPolicy,
    *,
    examples: int = 100,
    cases: st.SearchStrategy[Case] | None = None,
    skip: Collection[str] = (),
) -> None:
    """
    Nothing when a policy keeps the laws of `AttributionPolicy`; otherwise one error that names all it broke.

    | law | what has to hold |
    |---|---|
    | contract | it answers every case: exact, non-negative weights, one per touch, or an award |
    | conservation | credits and what nobody earned sum to the deal, and lines to their credit |
    | determinism | the same case gives the same answer, from an equal policy too |
    | order | the order in which facts arrive means nothing |
    | ids | ids of touches and registrations are opaque: new ones in the same order change nothing |
    | scale | shares do not depend on the amount |
    | sign | the credits of -x are minus the credits of x |
    | reasons | every line says why |
    | compiled | where it has integers for tables, they give what it gives |
    | value | it hashes, and equals a copy of itself |

    Each is tried on *examples* won deals: touches of several parties, none, one, two, at the same instant, at the edge
    of a window; registrations in every state; amounts of zero and below. The same ones every time. *cases* brings your
    own, for instance with the roles that your policy knows. *skip* leaves out laws by name, where a policy means to
    break one: a policy that treats large deals otherwise skips `scale`.

    Raises:
        PolicyBrokeLaws: Every law broken, each with a smallest example; it is an `AssertionError` too.
        InvalidValue: Not a policy, or *examples* below 1.
        UnknownName: *skip* names no law.

    >>> from partnerops.attribution import Linear
    >>> check_attribution_policy(Linear(), examples=20)
    """
    # A class in place of its instance would break every law in the same way, and hide the slip.
    check_policy("check_attribution_policy(policy)", policy)
    _suite(policy, cases).run(name_of(policy), count=examples, skip=skip)


def _suite(policy: AttributionPolicy, examples: st.SearchStrategy[Case] | None) -> Suite[Case]:
    """The laws, each asking what is wrong with one case."""
    asked = _Asked(policy)
    return Suite(
        laws={
            "contract": Law(_TEXTS["contract"], asked.contract),
            "conservation": Law(_TEXTS["conservation"], asked.conservation),
            "determinism": Law(_TEXTS["determinism"], asked.determinism),
            "order": Law(_TEXTS["order"], asked.order),
            "ids": Law(_TEXTS["ids"], asked.ids),
            "scale": Law(_TEXTS["scale"], asked.scale),
            "sign": Law(_TEXTS["sign"], asked.sign),
            "reasons": Law(_TEXTS["reasons"], asked.reasons),
            "compiled": Law(_TEXTS["compiled"], asked.compiled),
            "value": Law(_TEXTS["value"], once=lambda: is_no_value(policy)),
        },
        examples=cases() if examples is None else examples,
        show=describe,
    )


_TEXTS: Final = {
    "contract": "exact, non-negative weights, one per touch, or an award, for every case",
    "conservation": "credits and what nobody earned sum to the deal, and lines to their credit",
    "determinism": "the same case gives the same answer, from an equal policy too",
    "order": "the order in which facts arrive means nothing",
    "ids": "ids of touches and registrations are opaque: new ones in the same order change nothing",
    "scale": "shares do not depend on the amount",
    "sign": "the credits of -x are minus the credits of x",
    "reasons": "every line says why",
    "compiled": "where the policy has integers for tables, they give what it gives",
    "value": "the policy hashes, and equals a copy of itself",
}


class _Bare:
    """A policy without its words: what it gives is judged apart from what it says."""

    def __init__(self, policy: AttributionPolicy) -> None:
        self._policy = policy

    def weigh(self, case: Case, /) -> Sequence[Weight] | Award:
        return self._policy.weigh(case)


class _Asked:
    """A policy with the questions put to it; what it answers nonsense to is told under `contract` alone."""

    def __init__(self, policy: AttributionPolicy) -> None:
        self._policy = policy

    def contract(self, case: Case) -> str | None:
        answer = self._answer(case)
        return answer if isinstance(answer, Refusal) else None

    def conservation(self, case: Case) -> str | None:
        answer = self._answer(case)
        if isinstance(answer, Refusal):
            return None
        # In minor units: a sum of amounts would fail first on a second currency, and that is another fault.
        parts = sum(credit.amount.minor for credit in answer.credits) + answer.unattributed.minor
        whole = _amount(case).minor
        if parts != whole:
            return f"parts of {parts} minor units, for a deal of {whole}"
        lines = answer.lines
        for credit in answer.credits:
            told = sum(line.amount.minor for line in lines if line.partner_id == credit.partner_id)
            if told != credit.amount.minor:
                return f"lines of {credit.partner_id!r} sum to {told}, its credit is {credit.amount.minor}"
        return None

    def determinism(self, case: Case) -> str | None:
        first, second = self._answer(case), self._answer(case)
        if isinstance(first, Refusal):
            return None
        if _differ(first, second):
            return f"{_told(first)}, then {_told(second)}"
        # Twice the same object may hide a memory that a copy does not share, and a copy one that the object has.
        other = _answer(_Bare(deepcopy(self._policy)), case)
        return f"{_told(first)}, and {_told(other)} from a copy of the policy" if _differ(first, other) else None

    def order(self, case: Case) -> str | None:
        # Turned round: of all orders the one that moves most, and sorting by time and id has to undo it.
        turned = case.replace(touches=case.touches[::-1], registrations=case.registrations[::-1])
        return self._same(case, turned, "the other way round")

    def ids(self, case: Case) -> str | None:
        # A longer prefix for each keeps their order and changes length, spelling and hash.
        renamed = case.replace(
            touches=tuple(touch.replace(id=f"zz-{touch.id}") for touch in case.touches),
            registrations=tuple(one.replace(id=f"zz-{one.id}") for one in case.registrations),
        )
        return self._same(case, renamed, "with other ids")

    def scale(self, case: Case) -> str | None:
        # A thousand: cents become tens of reais, and hardly any threshold leaves both amounts on one side.
        return self._same(case, _with_amount(case, _amount(case) * 1000), "for a thousand times the amount")

    def sign(self, case: Case) -> str | None:
        plus, minus = self._answer(case), self._answer(_with_amount(case, -_amount(case)))
        if isinstance(plus, Refusal) or isinstance(minus, Refusal):
            return None
        # Amounts, not shares: the odd extension is about where the odd cent goes.
        if [-credit.amount for credit in plus.credits] != [credit.amount for credit in minus.credits]:
            return f"{_paid(plus)}, and {_paid(minus)} for minus the amount"
        return None

    def reasons(self, case: Case) -> str | None:
        # Told under `contract` already.
        if isinstance(self._answer(case), Refusal):
            return None
        lines = ask(lambda: ask_about(case, self._policy).lines)
        if isinstance(lines, Refusal):
            return lines
        silent = [line.touch_id or line.partner_id for line in lines if not line.because.strip()]
        return f"no reason for {', '.join(silent)}" if silent else None

    def compiled(self, case: Case) -> str | None:
        answer = self._answer(case)
        plan = ask(lambda: compile_policy(self._policy)) if hasattr(self._policy, "compiled") else None
        if plan is None or isinstance(answer, Refusal):
            return None
        if isinstance(plan, Refusal):
            # What wraps a policy without integers has none either, and says so.
            return None if NotCompilable.__name__ in plan else plan
        other = _answer(as_policy(plan), case)
        return f"{_told(answer)}, and {_told(other)} by its integers" if _differ(answer, other) else None

    def _answer(self, case: Case) -> Attribution | Refusal:
        return _answer(_Bare(self._policy), case)

    def _same(self, case: Case, other: Case, how: str) -> str | None:
        first, second = self._answer(case), self._answer(other)
        if isinstance(first, Refusal) or not _differ(first, second):
            return None
        return f"{_told(first)}, and {_told(second)} {how}"


@frozen
class _Integers:
    """The steps and the rule of a compiled policy."""

    plan: CompiledAttribution

    def weigh(self, case: Case, /) -> Sequence[int]:
        # Places, not touches: each step has to be asked as the tables ask it, of what the steps before have left.
        left = list(range(len(case.touches)))
        for step in self.plan.steps:
            kept = step.kept(case.with_touches(case.touches[place] for place in left))
            left = [place for place, keep in zip(left, kept, strict=True) if keep]
        weights = self.plan.rule.weights(case.with_touches(case.touches[place] for place in left))
        found = dict(zip(left, weights, strict=True))
        return [found.get(place, 0) for place in range(len(case.touches))]


def as_policy(plan: CompiledAttribution) -> AttributionPolicy:
    """What a policy's integers say, as a policy: how tables decide, one deal at a time."""
    policy: AttributionPolicy = _Integers(plan)
    # The first claim is asked first, so it is wrapped last.
    for claim in reversed(plan.outright):
        policy = RegistrationFirst(policy) if claim is Outright.REGISTRATION else OrElse(LeadOrigin(), policy)
    return policy if plan.otherwise is None else OrElse(policy, as_policy(plan.otherwise))


def _answer(policy: AttributionPolicy, case: Case) -> Attribution | Refusal:
    """What the engine makes of the policy's answer, or what is wrong with it."""
    return ask(lambda: ask_about(case, policy))


def _differ(one: Attribution | Refusal, other: Attribution | Refusal) -> bool:
    return isinstance(one, Refusal) or isinstance(other, Refusal) or _shares(one) != _shares(other)


def _shares(answer: Attribution) -> Shares:
    return {credit.partner_id: credit.share for credit in answer.credits}


def _told(answer: Attribution | Refusal) -> str:
    if isinstance(answer, Refusal):
        return answer
    return ", ".join(f"{party} {share}" for party, share in _shares(answer).items()) or "nobody"


def _paid(answer: Attribution) -> str:
    return ", ".join(f"{credit.partner_id} {credit.amount}" for credit in answer.credits) or "nobody"


def _amount(case: Case) -> Money:
    return case.opportunity.amount or Money.zero("BRL")


def _with_amount(case: Case, amount: Money) -> Case:
    return case.replace(opportunity=case.opportunity.replace(amount=amount))


def describe(case: Case) -> str:
    """A case in a few lines."""
    count = len(case.touches)
    lines = [
        f"a deal of {_amount(case)}, won {case.closed_at:%Y-%m-%d %H:%M}, {count} touch{'' if count == 1 else 'es'}"
    ]
    lines += [f"{one.id}: {one.partner_id} {one.kind} {one.at:%Y-%m-%d %H:%M:%S}" for one in case.touches]
    lines += [f"{one.id}: registration of {one.partner_id}, {one.status}" for one in case.registrations]
    return "\n".join(lines)
