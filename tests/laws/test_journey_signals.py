"""Laws of single signals: what they see, in which order, and that two ways to one number agree."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, strategies as st

from partnerops.entities import SurveyKind
from partnerops.journey._signal import SPECS, Span
from partnerops.journey.signals import Measure, Signal, observe
from partnerops.metrics.customers import customer_satisfaction, net_promoter_score
from partnerops.periods import Period

from .journeys import DATES, PARTNERS, histories

pytestmark = pytest.mark.laws
moments = st.sampled_from(DATES)
windows = st.sampled_from([3, 6, 12])


def measured(data, signal: Signal, on, months: int) -> list[Measure]:
    """The signal of both partners, over a window where it has one."""
    window = {} if SPECS[signal].span is Span.NONE else {"months": months}
    return [observe(data, id, signal, as_of=on, currency="BRL", **window) for id in PARTNERS]


@given(histories(), moments, windows)
def test_a_signal_sees_only_what_was_known(data, on, months):
    """The dataset as it was known at the moment says the same as the whole one."""
    known = data.as_of(on)
    for signal in Signal:
        assert measured(data, signal, on, months) == measured(known, signal, on, months)


@given(histories(), moments, windows)
def test_the_order_of_records_means_nothing(data, on, months):
    """Of every collection the other way round: the same value, and the same records behind it."""
    turned = data.replace(**{one.name: getattr(data, one.name)[::-1] for one in attrs.fields(type(data)) if one.init})
    for signal in Signal:
        for one, other in zip(measured(data, signal, on, months), measured(turned, signal, on, months), strict=True):
            assert (one.value, sorted(one.evidence), one.note) == (other.value, sorted(other.evidence), other.note)


@given(histories(), moments, windows)
def test_counts_are_of_one_mind(data, on, months):
    """A month with a win takes a win, no more deals are won than credits were given; and all are unknown together."""
    wins, in_months, quarters = (
        measured(data, signal, on, months) for signal in (Signal.WINS, Signal.WIN_MONTHS, Signal.WIN_QUARTERS)
    )
    for won, by_month, by_quarter in zip(wins, in_months, quarters, strict=True):
        if not (won.is_known and by_month.is_known and by_quarter.is_known):
            assert won == by_month == by_quarter == Measure(None, won.evidence, note=won.note)
            continue
        assert by_month.value <= won.value <= len(won.evidence)
        assert bool(won.value) == bool(by_month.value) == bool(by_quarter.value)


@given(histories())
def test_satisfaction_is_what_the_kpis_say(data):
    """A partner whose customers are all there are has the programme's own score."""
    answers = [one.replace(account_id=f"A-{n % 7}", partner_id="acme") for n, one in enumerate(data.surveys)]
    seen, year = data.replace(surveys=answers, credits=()), Period.year(2025)
    scores = {SurveyKind.NPS: net_promoter_score, SurveyKind.CSAT: customer_satisfaction}
    for kind, score in scores.items():
        mine = observe(seen, "acme", kind.value, as_of=year.last, months=12)
        programme = score(seen, year, as_of=year.last)
        if mine.value is not None:
            scale = 100 if kind is SurveyKind.NPS else 1
            assert (mine.value * scale, sorted(mine.evidence)) == (programme.number, sorted(programme.ids))
