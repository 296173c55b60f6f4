"""Touches and registrations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from partnerops import DIRECT, UNATTRIBUTED
from partnerops.entities import DealRegistration, Touchpoint
from partnerops.exceptions import InvalidValue
from tests.unit.nouns import DAY, NOON, TODAY, make

TICK = timedelta(microseconds=1)
APPROVED = {"status": "approved", "decided_at": NOON + DAY, "protected_until": NOON + 90 * DAY}


def registered(**changes: Any) -> DealRegistration:
    """An approved registration, changed."""
    return make(DealRegistration, **APPROVED | changes)


class TestTouchpoint:
    def test_touches_something(self) -> None:
        """A deal, a lead or an account."""
        for one in ("opportunity_id", "lead_id", "account_id"):
            assert make(Touchpoint, **{"opportunity_id": None, one: "x"})
        with pytest.raises(InvalidValue, match=r"Touchpoint.opportunity_id must be given, or else lead_id or account"):
            make(Touchpoint, opportunity_id=None)

    def test_the_vendor_touches_too(self) -> None:
        """`DIRECT` is a party."""
        assert make(Touchpoint, partner_id=DIRECT).partner_id == "direct"

    def test_nobody_touches_nothing(self) -> None:
        """`UNATTRIBUTED` names what no party earned, and is none itself."""
        with pytest.raises(InvalidValue, match=r"Touchpoint.partner_id must be a partner's id, or 'direct'"):
            make(Touchpoint, partner_id=UNATTRIBUTED)


class TestRegistration:
    def test_is_of_a_deal_or_an_account(self) -> None:
        """At least one of them."""
        assert make(DealRegistration, opportunity_id=None, account_id="A")
        with pytest.raises(InvalidValue, match=r"DealRegistration.opportunity_id must be given, or else account_id"):
            make(DealRegistration, opportunity_id=None)

    @pytest.mark.parametrize("status", ["approved", "rejected", "expired", "converted"])
    def test_decisions_have_an_instant(self, status: str) -> None:
        """The refusal names the status."""
        with pytest.raises(
            InvalidValue, match=f"DealRegistration.decided_at must be an aware datetime once {status} \\(got None"
        ):
            make(DealRegistration, status=status)

    @pytest.mark.parametrize("status", ["approved", "expired", "converted"])
    def test_protection_has_an_end(self, status: str) -> None:
        """No deal is protected for ever."""
        with pytest.raises(InvalidValue, match=f"DealRegistration.protected_until must be an aware .* once {status}"):
            make(DealRegistration, status=status, decided_at=NOON)

    def test_protection_ends_after_the_decision(self) -> None:
        """Not with it."""
        for until in (NOON + DAY, NOON):
            with pytest.raises(
                InvalidValue, match=r"DealRegistration.protected_until must be after decided_at \(2026-03-11 12:00"
            ):
                registered(protected_until=until)

    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ({"status": "submitted", "protected_until": None}, "decided_at"),
            ({"status": "submitted", "decided_at": None}, "protected_until"),
            ({"status": "rejected"}, "protected_until"),
            ({"reject_reason": "too late"}, "reject_reason"),
            ({"ended_at": NOON + 2 * DAY}, "ended_at"),
            ({"status": "expired", "ended_at": NOON + 2 * DAY}, "ended_at"),
        ],
    )
    def test_the_facts_of_another_status_contradict_it(self, given: dict[str, Any], name: str) -> None:
        """The refusal names fact and status."""
        with pytest.raises(InvalidValue) as caught:
            registered(**given)
        status = given.get("status", "approved")
        assert str(caught.value).startswith(f"DealRegistration.{name} must be None while {status} (got ")

    @pytest.mark.parametrize("missing", ["decided_at", "protected_until"])
    def test_what_was_withdrawn_was_approved_or_not(self, missing: str) -> None:
        """Half an approval is none."""
        with pytest.raises(InvalidValue, match=r"DealRegistration.protected_until must be given together with decided"):
            registered(status="withdrawn", **{missing: None})

    def test_runs_forwards(self) -> None:
        """Filed, decided, ended."""
        with pytest.raises(InvalidValue, match=r"DealRegistration.decided_at must be at or after submitted_at"):
            registered(decided_at=NOON - TICK)
        with pytest.raises(InvalidValue, match=r"DealRegistration.ended_at must be at or after decided_at"):
            registered(status="converted", ended_at=NOON)


class TestProtection:
    @pytest.mark.parametrize("status", ["approved", "expired", "converted"])
    def test_is_half_open(self, status: str) -> None:
        """From the decision itself, up to but not at its end."""
        one = registered(status=status, ended_at=NOON + 2 * DAY if status == "converted" else None)
        moments = [NOON + DAY - TICK, NOON + DAY, NOON + 90 * DAY - TICK, NOON + 90 * DAY]
        assert [one.protects(moment) for moment in moments] == [False, True, True, False]

    def test_ends_with_a_withdrawal(self) -> None:
        """At its instant, or at once when nobody knows it."""
        one = registered(status="withdrawn", ended_at=NOON + 5 * DAY)
        assert [one.protects(NOON + 5 * DAY + step) for step in (-TICK, timedelta())] == [True, False]
        assert not registered(status="withdrawn").protects(NOON + 2 * DAY)

    def test_needs_an_approval(self) -> None:
        """Neither filing nor refusal protects."""
        assert not make(DealRegistration).protects(NOON + 2 * DAY)
        rejected = make(DealRegistration, status="rejected", decided_at=NOON + DAY, reject_reason="too late")
        assert not rejected.protects(NOON + 2 * DAY)


class TestAsOf:
    def test_a_later_approval_is_undone(self) -> None:
        """With the window it gave."""
        assert registered().as_of(NOON + DAY, TODAY) == registered()
        assert registered().as_of(NOON + DAY - TICK, TODAY) == make(DealRegistration)

    def test_a_later_refusal_is_undone(self) -> None:
        """With its reason."""
        one = make(DealRegistration, status="rejected", decided_at=NOON + DAY, reject_reason="too late")
        assert one.as_of(NOON + DAY, TODAY) is one
        assert one.as_of(NOON, TODAY) == make(DealRegistration)

    def test_an_expired_one_was_approved(self) -> None:
        """Until its window ended."""
        one = registered(status="expired")
        assert one.as_of(NOON + 90 * DAY, TODAY) is one
        assert one.as_of(NOON + 90 * DAY - TICK, TODAY) == registered()

    @pytest.mark.parametrize("status", ["converted", "withdrawn"])
    def test_a_later_end_is_undone(self, status: str) -> None:
        """It was approved until then."""
        one = registered(status=status, ended_at=NOON + 5 * DAY)
        assert one.as_of(NOON + 5 * DAY, TODAY) is one
        assert one.as_of(NOON + 5 * DAY - TICK, TODAY) == registered()

    def test_one_withdrawn_before_any_decision_was_submitted(self) -> None:
        """There is nothing else to go back to."""
        one = make(DealRegistration, status="withdrawn", ended_at=NOON + DAY)
        assert one.as_of(NOON, TODAY) == make(DealRegistration)
