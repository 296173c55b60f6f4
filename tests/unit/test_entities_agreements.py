"""Agreements, exceptions, disputes, tiers."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from partnerops.entities import Agreement, Dispute, DisputeStatus, PolicyException, TierMembership
from partnerops.exceptions import InvalidValue
from tests.unit.nouns import DAY, NOON, TODAY, make

TICK = timedelta(microseconds=1)
DECISION = {
    "status": "resolved",
    "decided_at": NOON + DAY,
    "decided_by": "committee",
    "shares": {"acme": "0.6", "birch": Fraction(4, 10)},
    "reason": "acme held the demo",
}
spans = pytest.mark.parametrize("kind", [Agreement, PolicyException, TierMembership])


class TestSpans:
    @spans
    def test_are_half_open(self, kind: type[Any]) -> None:
        """In force on the first day, not on the last date named."""
        one = make(kind, effective_to=TODAY + 2 * DAY)
        assert [one.is_effective(TODAY + n * DAY) for n in (-1, 0, 1, 2)] == [False, True, True, False]

    @spans
    @pytest.mark.parametrize("days", [0, -1])
    def test_are_not_empty(self, kind: type[Any], days: int) -> None:
        """The refusal names the first day."""
        with pytest.raises(InvalidValue) as caught:
            make(kind, effective_to=TODAY + days * DAY)
        assert str(caught.value).startswith(
            f"{kind.__name__}.effective_to must be after effective_from (2026-03-10) (got datetime.date(2026, 3, "
        )

    @pytest.mark.parametrize("kind", [Agreement, TierMembership])
    def test_may_run_on(self, kind: type[Any]) -> None:
        """None is until further notice."""
        assert make(kind).is_effective(TODAY + 9999 * DAY)


class TestAgreement:
    def test_counts_once_signed(self) -> None:
        """Before it is in force; unsigned, once it is."""
        signed = make(Agreement, signed_on=TODAY - DAY)
        assert signed.as_of(NOON, TODAY - DAY) is signed
        assert signed.as_of(NOON, TODAY - 2 * DAY) is None
        late = make(Agreement, signed_on=TODAY + DAY)
        assert late.as_of(NOON, TODAY) is None


class TestPolicyException:
    def test_nobody_approves_their_own(self) -> None:
        """Two people, always."""
        with pytest.raises(InvalidValue) as caught:
            make(PolicyException, approved_by="ana")
        assert str(caught.value) == (
            "PolicyException.approved_by must be somebody other than the requester (got 'ana')"
        )

    def test_counts_once_approved(self) -> None:
        """To the instant, when it is known."""
        one = make(PolicyException, approved_at=NOON)
        assert one.as_of(NOON, TODAY) is one
        assert one.as_of(NOON - TICK, TODAY) is None


class TestDispute:
    def test_a_decision_is_whole(self) -> None:
        """Shares, who and when: none may be missing."""
        assert dict(make(Dispute, **DECISION).shares) == {"acme": Fraction(3, 5), "birch": Fraction(2, 5)}
        for missing in ("decided_at", "decided_by", "shares"):
            given = {name: value for name, value in DECISION.items() if name != missing}
            with pytest.raises(InvalidValue, match=r"Dispute.shares must be given with decided_at and decided_by"):
                make(Dispute, **given)

    @pytest.mark.parametrize("status", [one for one in DisputeStatus if one is not DisputeStatus.RESOLVED])
    def test_shares_wait_for_the_decision(self, status: str) -> None:
        """The refusal names the status."""
        with pytest.raises(InvalidValue, match=f"Dispute.shares must be empty while the status is {status}"):
            make(Dispute, status=status, shares={"acme": 1})

    @pytest.mark.parametrize(
        ("shares", "said"),
        [
            ({"acme": "0.6", "birch": "0.5"}, "Dispute.shares must be shares that sum to at most 1 (got '11/10')"),
            ({"acme": "1.5"}, "Dispute.shares['acme'] must be a fraction from 0 to 1 (0.10 means 10 %) (got '3/2')"),
            ({"acme": "half"}, "Dispute.shares['acme'] must be a fraction from 0 to 1 (0.10 means 10 %) (got 'half')"),
            ({"": 1}, "Dispute.shares must be a mapping of party ids to fractions"),
        ],
    )
    def test_shares_are_fractions_of_the_deal(self, shares: dict[str, Any], said: str) -> None:
        """Each, and in sum; what is left over is nobody's."""
        with pytest.raises(InvalidValue) as caught:
            make(Dispute, **DECISION | {"shares": shares})
        assert str(caught.value).startswith(said)
        assert make(Dispute, **DECISION | {"shares": {"acme": "0.6"}}).shares["acme"] == Fraction(3, 5)

    def test_is_decided_after_it_was_filed(self) -> None:
        """The refusal names both."""
        with pytest.raises(InvalidValue, match=r"Dispute.decided_at must be at or after at \(2026-03-10"):
            make(Dispute, **DECISION | {"decided_at": NOON - TICK})

    def test_a_later_decision_is_undone(self) -> None:
        """All of it."""
        one = make(Dispute, **DECISION)
        assert one.as_of(NOON + DAY, TODAY) is one
        assert one.as_of(NOON + DAY - TICK, TODAY) == make(Dispute)


class TestTier:
    def test_a_later_end_is_undone(self) -> None:
        """On its last date it is known."""
        one = make(TierMembership, effective_to=TODAY + DAY)
        assert one.as_of(NOON, TODAY + DAY) is one
        assert one.as_of(NOON, TODAY) == make(TierMembership)
        assert make(TierMembership).as_of(NOON, TODAY) == make(TierMembership)
