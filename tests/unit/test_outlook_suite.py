"""The law suite for outlooks: it lets sound ones pass and names all that a broken one breaks."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from partnerops.exceptions import InvalidValue, PolicyBrokeLaws, UnknownName
from partnerops.forecast import Outlook, Probability, StageWeighted
from partnerops.forecast.fitting import fit_in_period, fit_win_rate
from partnerops.testing import check_outlook, simulate
from partnerops.testing._strategies.forecast import open_deals

STAGES = StageWeighted({"qualified": "0.1", "proposal": "0.4", "negotiation": "0.8"})


@frozen
class Percentages:
    """Writes 35 and means 0.35."""

    def probability(self, opportunity, /, *, as_of, period):
        """Too much."""
        return Probability(35, because="as the CRM says")


@frozen
class Numbers:
    """Answers with a bare number."""

    def probability(self, opportunity, /, *, as_of, period):
        """No `Probability`."""
        return 0.5


@frozen
class Overdue:
    """Knows no deal without an expected close."""

    def probability(self, opportunity, /, *, as_of, period):
        """Fails for the unscheduled."""
        return Probability("0.5" if opportunity.expected_close < period.end else "0.1", because="due")


class Learns:
    """Grows more hopeful each time it is asked."""

    def __init__(self):
        self.asked = 0

    def probability(self, opportunity, /, *, as_of, period):
        """Never the same twice."""
        self.asked = min(self.asked + 1, 10**6)
        return Probability(f"0.{self.asked:09}", because="hope")


@frozen
class Impatient:
    """Takes a long period for a bad sign."""

    def probability(self, opportunity, /, *, as_of, period):
        """Less for more days."""
        return Probability("0.5" if period.days < 40 else "0.2", because="length")


@frozen
class Mute:
    """Gives no reason."""

    def probability(self, opportunity, /, *, as_of, period):
        """A bare half."""
        return Probability("0.5")


@frozen
class Lists:
    """A value that is none."""

    weights: Any = [1]  # noqa: RUF008 - the mistake to be found

    def probability(self, opportunity, /, *, as_of, period):
        """Half."""
        return Probability("0.5", because="a coin")


@frozen
class Discounted:
    """A sound wrapper of a user's own."""

    inner: Outlook

    def probability(self, opportunity, /, *, as_of, period):
        """Nine tenths."""
        return self.inner.probability(opportunity, as_of=as_of, period=period).scaled("0.9", because="first year")


@pytest.mark.parametrize("outlook", [STAGES, Discounted(STAGES)], ids=lambda one: type(one).__name__)
def test_sound_outlooks_pass(outlook):
    """The library's own, and a wrapper."""
    check_outlook(outlook, examples=50)


def test_fitted_outlooks_pass():
    """Fitted to a simulated programme, whose stages the suite's deals have."""
    data = simulate(3, 15, 18)
    for fit in (fit_win_rate, fit_in_period):
        check_outlook(fit(data.dataset, as_of=data.as_of), examples=40)


@pytest.mark.parametrize(
    ("outlook", "laws", "message"),
    [
        (Percentages(), {"contract"}, "raised InvalidValue: Probability.value must be a fraction from 0 to 1"),
        (Numbers(), {"contract"}, "must answer with a Probability, got a float"),
        (Overdue(), {"contract"}, "raised TypeError(.|\\n)*unscheduled"),
        (Learns(), {"determinism", "value"}, r"found: 0\.\d{9}, then 0\.\d{9}"),
        (Impatient(), {"longer"}, r"0\.5, and 0\.2 for 2026-04"),
        (Mute(), {"reasons"}, "no reason for 0.5"),
        (Lists(), {"value"}, "unhashable"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_broken_outlook_is_caught(outlook, laws, message):
    """Every law that it broke is named, and no other."""
    with pytest.raises(PolicyBrokeLaws, match=message) as caught:
        check_outlook(outlook)
    assert {one.name for one in caught.value.broken} == laws


def test_the_report_shows_a_smallest_deal():
    """With what was asked about it."""
    with pytest.raises(PolicyBrokeLaws) as caught:
        check_outlook(Numbers())
    assert str(caught.value) == (
        "Numbers() broke 1 law:\n"
        "1. contract: a `Probability` for every open deal\n"
        "   found: must answer with a Probability, got a float\n"
        "   for:   a deal of 0.00 BRL in 'qualified', due 2026-04-01,\n"
        "          asked on 2026-04-15 about 2026-Q2"
    )


def test_deals_may_be_the_users_own():
    """An outlook that knows one stage only is asked about that stage."""
    narrow = StageWeighted({"demo": "0.3"})
    with pytest.raises(PolicyBrokeLaws, match="no probability in StageWeighted.table"):
        check_outlook(narrow, examples=10)
    check_outlook(narrow, deals=open_deals().map(lambda deal: deal.replace(stage="demo")), examples=30)


def test_laws_may_be_skipped_and_nonsense_is_refused():
    """By name; what is no outlook is told before anything is drawn."""
    check_outlook(Mute(), skip=["reasons"], examples=20)
    with pytest.raises(UnknownName, match="law"):
        check_outlook(STAGES, skip=["because"])
    with pytest.raises(InvalidValue, match="an outlook"):
        check_outlook(StageWeighted)
