"""Payments, reversals, payouts, adjustments, costs, goals, credits."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from partnerops import DIRECT, Money
from partnerops.entities import Adjustment, Credit, Payment, Payout, ProgramCost, Reversal, Target, Withholding
from partnerops.exceptions import CurrencyMismatch, InvalidValue
from tests.unit.nouns import BRL, DAY, NOON, TODAY, make

TICK = timedelta(microseconds=1)
FAILED = {"status": "failed", "settled_at": NOON + DAY}


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Payment, "amount"), (Reversal, "amount"), (Payout, "gross"), (Withholding, "amount")],
)
@pytest.mark.parametrize("amount", ["0", "-0.01"])
def test_money_that_moves_is_above_zero(kind: type[Any], name: str, amount: str) -> None:
    """Its direction is the noun's; the refusal shows the amount."""
    with pytest.raises(
        InvalidValue, match=rf"{kind.__name__}.{name} must be a positive amount \(got '-?0.0[01] BRL'\)"
    ):
        make(kind, **{name: Money(amount, "BRL")})


@pytest.mark.parametrize("kind", [Adjustment, Credit, ProgramCost])
def test_entries_go_in_both_directions(kind: type[Any]) -> None:
    """A negative one corrects an earlier one."""
    assert make(kind, amount=-BRL).amount == -BRL


class TestPayout:
    def test_net_is_gross_less_withholdings(self) -> None:
        """Down to nothing."""
        taxes = [make(Withholding, amount=Money("1.50", "BRL")), make(Withholding, amount=Money("8.50", "BRL"))]
        assert make(Payout).net == BRL
        assert make(Payout, withholdings=taxes[:1]).net == Money("8.50", "BRL")
        assert make(Payout, withholdings=taxes).net == Money("0", "BRL")

    def test_withholdings_fit_the_gross(self) -> None:
        """In amount and in currency."""
        with pytest.raises(InvalidValue, match=r"Payout.withholdings must be at most the gross amount \(10.00 BRL\)"):
            make(Payout, withholdings=[make(Withholding, amount=Money("10.01", "BRL"))])
        with pytest.raises(CurrencyMismatch, match="cannot withhold from a payout BRL and USD"):
            make(Payout, withholdings=[make(Withholding, amount=Money("1.00", "USD"))])

    @pytest.mark.parametrize("given", [{"status": "failed"}, {"status": "returned"}, {"settled_at": NOON}])
    def test_failures_have_their_instant(self, given: dict[str, Any]) -> None:
        """And only failures."""
        with pytest.raises(InvalidValue, match=r"Payout.settled_at must be given for a failed or returned payout only"):
            make(Payout, **given)

    def test_fails_after_it_was_sent(self) -> None:
        """The same instant is fine."""
        assert make(Payout, status="returned", settled_at=NOON)
        with pytest.raises(InvalidValue, match=r"Payout.settled_at must be at or after at \(2026-03-10"):
            make(Payout, **FAILED | {"settled_at": NOON - TICK})

    def test_a_later_failure_is_undone(self) -> None:
        """It looked paid until then."""
        one = make(Payout, **FAILED)
        assert one.as_of(NOON + DAY, TODAY) is one
        assert one.as_of(NOON + DAY - TICK, TODAY) == make(Payout)


class TestTarget:
    @pytest.mark.parametrize(
        ("given", "kept"), [(BRL, BRL), (12, Decimal(12)), ("0.10", Decimal("0.1")), (Decimal("1E+2"), Decimal(100))]
    )
    def test_is_money_or_a_number(self, given: Any, kept: Any) -> None:
        """In the metric's unit."""
        assert make(Target, value=given).value == kept

    def test_is_known_once_set(self) -> None:
        """Without a date, always."""
        assert make(Target).as_of(NOON - 9999 * DAY, TODAY)
        assert make(Target, recorded_at=NOON).as_of(NOON - TICK, TODAY) is None
        assert make(Target, recorded_at=NOON).as_of(NOON, TODAY)


class TestCredit:
    def test_party_may_be_direct(self) -> None:
        """So that direct + indirect = total."""
        assert make(Credit, partner_id=DIRECT).partner_id == "direct"

    def test_is_all_of_the_deal_and_sourced_unless_told(self) -> None:
        """The share is kept exactly."""
        assert (make(Credit).share, make(Credit).role) == (1, "sourced")
        assert make(Credit, share="1/3").share == Fraction(1, 3)
        with pytest.raises(InvalidValue, match=r"Credit.share must be a fraction from 0 to 1"):
            make(Credit, share="4/3")
