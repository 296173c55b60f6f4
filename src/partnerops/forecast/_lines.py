"""The lines of a forecast: what counts, what stands outside and why, and what is still to be created."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
from attrs import field, frozen
from attrs.validators import optional

from partnerops._attrs import Value, is_a, is_exact, is_str, is_text, place, to_decimal, to_member
from partnerops._closed import ClosedSet
from partnerops.entities import Opportunity
from partnerops.exceptions import InvalidValue
from partnerops.forecast._probability import Probability, is_tally
from partnerops.money import Money
from partnerops.typing import OpportunityId


class Bucket(ClosedSet):
    """Why a deal stands outside a period's forecast; every API takes the plain string too."""

    OVERDUE = "overdue"
    """Open, and its expected close has passed: nobody moved the date."""
    UNSCHEDULED = "unscheduled"
    """Open, without an expected close."""
    OUTSIDE_PERIOD = "outside_period"
    """Open, and expected to close in another period."""
    NO_CHANCE = "no_chance"
    """Open and due in the period, and the outlook gives it no chance."""
    NO_AMOUNT = "no_amount"
    """Open, and nobody knows its amount."""
    # Without a history today's stage would leak what came later into an earlier forecast (C5).
    UNKNOWN_STATE = "unknown_state"
    """Closed or changed after `as_of` without a history: how it stood then cannot be told."""
    # Revenue belongs to the day it closed, not to the day it was expected: two published dashboards err here (C6).
    WON_OUTSIDE_PERIOD = "won_outside_period"
    """Won, in another period."""
    LOST = "lost"
    """Lost by `as_of`."""


# By what it leaves out: a bucket added later is an open one unless it says otherwise.
OPEN_BUCKETS = frozenset(Bucket) - {Bucket.WON_OUTSIDE_PERIOD, Bucket.LOST}
"""Buckets of deals that are still to be decided."""


def to_bucket(value: str) -> Bucket:
    """The member with this value; anything else is left to the validator."""
    return to_member(Bucket, value)


@frozen(kw_only=True)
class ForecastLine(Value):
    """One deal that counts: won within the period, or open with a chance to be."""

    opportunity: Opportunity
    """The deal as it stood at `as_of`."""
    probability: Probability
    """Its chance; 1 for a deal already won."""
    expected: Money
    """Its part of the total: amount x probability, rounded so that the lines sum to the total exactly."""

    @property
    def opportunity_id(self) -> OpportunityId:
        """The deal's id."""
        return self.opportunity.id

    @property
    def amount(self) -> Money:
        """The deal's whole amount."""
        # a deal without amount never becomes a line
        return self.opportunity.amount if self.opportunity.amount is not None else self.expected

    @property
    def because(self) -> str:
        """Why it counts as it does."""
        return self.probability.because


@frozen(kw_only=True)
class OutsideLine(Value):
    """One deal that does not count, and why: no deal vanishes."""

    opportunity: Opportunity
    """The deal as it stood at `as_of`."""
    bucket: Bucket = field(converter=to_bucket, validator=is_a(Bucket))
    """Where it stands instead."""
    because: str
    """Why, in words."""

    @property
    def opportunity_id(self) -> OpportunityId:
        """The deal's id."""
        return self.opportunity.id


def _is_variance(instance: object, attribute: attrs.Attribute[Any], value: Decimal) -> None:
    is_exact(instance, attribute, value)
    if value < 0:
        raise InvalidValue(place(instance, attribute), "at least 0", str(value))


@frozen(kw_only=True)
class NewBusinessLine(Value):
    """
    What deals that are not created yet will bring.

    >>> NewBusinessLine(amount=Money("900.00", "BRL"), origin="partner", n=6, because="mean of 6 quarters").origin
    'partner'
    """

    amount: Money = field(validator=is_a(Money))
    """How much is expected."""
    origin: str | None = field(default=None, validator=optional(is_text))
    """Where those deals will come from; None where it is not told apart."""
    # 0 where nobody knows: it narrows an uncalibrated interval, and a calibrated one does not read it.
    variance: Decimal = field(default=Decimal(0), converter=to_decimal, validator=_is_variance)
    """How much it scatters: the variance, in squared units of the currency; 0 where it is not known."""
    n: int = field(default=0, validator=is_tally)
    """How many past windows stand behind it; 0 for a judgement."""
    because: str = field(default="", validator=is_str)
    """Why."""
