"""The law suite for outlooks; see `check_outlook`."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from datetime import datetime
from typing import NamedTuple

from hypothesis import strategies as st

from partnerops.entities import Opportunity
from partnerops.forecast import Outlook, Probability
from partnerops.forecast._asking import check_outlook as check_is_outlook, name_of
from partnerops.periods import Period
from partnerops.testing._strategies import forecast
from partnerops.testing._suite import Law, Refusal, Suite, ask, is_no_value


class Question(NamedTuple):
    """What an outlook is asked."""

    deal: Opportunity
    """An open deal."""
    as_of: datetime
    """The moment."""
    period: Period
    """A period of which a part lies after it."""
    longer: Period
    """One that ends later."""


def check_outlook(
    outlook: Outlook,
    *,
    examples: int = 100,
    deals: st.SearchStrategy[Opportunity] | None = None,
    skip: Collection[str] = (),
) -> None:
    """
    Nothing when an outlook keeps the laws of `Outlook`; otherwise one error that names all it broke.

    | law | what has to hold |
    |---|---|
    | contract | it answers every open deal with a `Probability` |
    | determinism | the same question gives the same answer, from an equal outlook too |
    | longer | a longer period, ending later, never gives less |
    | reasons | every answer says why |
    | value | it hashes, and equals a copy of itself |

    Each is tried on *examples* open deals in the stages `qualified`, `proposal` and `negotiation`: overdue, due today,
    at the edges of the period, due later, unscheduled; with amounts of zero and above. The same ones every time.
    *deals* brings your own, with the stages and origins that your outlook knows. *skip* leaves out laws by name.

    Raises:
        PolicyBrokeLaws: Every law broken, each with a smallest example; it is an `AssertionError` too.
        InvalidValue: Not an outlook, or *examples* below 1.
        UnknownName: *skip* names no law.

    >>> from partnerops.forecast import StageWeighted
    >>> check_outlook(StageWeighted({"qualified": "0.1", "proposal": "0.4", "negotiation": "0.8"}), examples=20)
    """
    check_is_outlook("check_outlook(outlook)", outlook)
    questions = _questions(forecast.open_deals() if deals is None else deals)
    _suite(outlook, questions).run(name_of(outlook), count=examples, skip=skip)


@st.composite
def _questions(draw: st.DrawFn, deals: st.SearchStrategy[Opportunity]) -> Question:
    deal = draw(deals)
    # The quarter under way, the month under way and one ahead: each has a part after the moment.
    period = draw(st.sampled_from([forecast.PERIOD, Period.month(2026, 4), Period.month(2026, 5)]))
    # The same start and a later end: everything that can happen in the one can happen in the other.
    longer = Period(period.start, period.shift(months=draw(st.integers(1, 6))).end)
    return Question(deal, forecast.AS_OF, period, longer)


def _suite(outlook: Outlook, questions: st.SearchStrategy[Question]) -> Suite[Question]:
    """The laws, each asking what is wrong with one answer."""

    def answer(question: Question, period: Period | None = None, of: Outlook = outlook) -> Probability | Refusal:
        # Declared as anything: a user's outlook may answer with a number, and that is what `contract` is about.
        found: object = ask(
            lambda: of.probability(question.deal, as_of=question.as_of, period=period or question.period)
        )
        if isinstance(found, Probability | Refusal):
            return found
        return Refusal(f"must answer with a Probability, got a {type(found).__name__}")

    def contract(question: Question) -> str | None:
        found = answer(question)
        return found if isinstance(found, Refusal) else None

    def determinism(question: Question) -> str | None:
        first, second = answer(question), answer(question)
        if isinstance(first, Refusal):
            return None
        if first != second:
            return f"{_told(first)}, then {_told(second)}"
        other = answer(question, of=deepcopy(outlook))
        return f"{_told(first)}, and {_told(other)} from a copy of the outlook" if other != first else None

    def longer(question: Question) -> str | None:
        short, long = answer(question), answer(question, question.longer)
        if isinstance(short, Refusal) or isinstance(long, Refusal) or long.value >= short.value:
            return None
        return f"{_told(short)}, and {_told(long)} for {question.longer}"

    def reasons(question: Question) -> str | None:
        found = answer(question)
        return None if isinstance(found, Refusal) or found.because.strip() else f"no reason for {_told(found)}"

    return Suite(
        laws={
            "contract": Law("a `Probability` for every open deal", contract),
            "determinism": Law("the same question gives the same answer, from an equal outlook too", determinism),
            "longer": Law("a longer period, ending later, never gives less", longer),
            "reasons": Law("every answer says why", reasons),
            "value": Law("the outlook hashes, and equals a copy of itself", once=lambda: is_no_value(outlook)),
        },
        examples=questions,
        show=_describe,
    )


def _told(answer: Probability | Refusal) -> str:
    return answer if isinstance(answer, Refusal) else f"{answer.value:f}"


def _describe(question: Question) -> str:
    deal = question.deal
    due = f"due {deal.expected_close}" if deal.expected_close else "unscheduled"
    origin = f", origin {deal.origin}" if deal.origin else ""
    asked = f"asked on {question.as_of:%Y-%m-%d} about {question.period}"
    return f"a deal of {deal.amount} in {deal.stage!r}, {due}{origin},\n{asked}"
