"""Partners, contacts and accounts."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from partnerops import DIRECT
from partnerops.entities import Account, Partner, PartnerContact, PartnerStatus
from partnerops.exceptions import InvalidValue
from tests.unit.nouns import DAY, NOON, TODAY, make

DATES = {
    "recruited_on": date(2025, 1, 1),
    "signed_on": date(2025, 3, 1),
    "suspended_on": date(2025, 6, 1),
    "ended_on": date(2025, 9, 1),
}
PAST = make(Partner, **DATES)


class TestPartner:
    @pytest.mark.parametrize(
        ("on", "status"),
        [
            (date(2024, 12, 31), "prospect"),
            (date(2025, 2, 28), "prospect"),
            (date(2025, 3, 1), "signed"),
            (date(2025, 5, 31), "signed"),
            (date(2025, 6, 1), "suspended"),
            (date(2025, 8, 31), "suspended"),
            (date(2025, 9, 1), "ended"),
            (date(2026, 9, 1), "ended"),
        ],
    )
    def test_status_follows_from_the_dates(self, on: date, status: str) -> None:
        """The day of a change already has the new status."""
        assert PAST.status(on) is PartnerStatus(status)

    def test_without_dates_it_is_a_prospect(self) -> None:
        """And one that left without ever signing has ended."""
        assert make(Partner).status(date.max) is PartnerStatus.PROSPECT
        assert make(Partner, ended_on=TODAY).status(TODAY) is PartnerStatus.ENDED

    @pytest.mark.parametrize(("earlier", "later"), list(pairwise(DATES)))
    def test_dates_run_forwards(self, earlier: str, later: str) -> None:
        """The same day is fine; the refusal names both dates."""
        assert make(Partner, **{earlier: TODAY, later: TODAY}).status(TODAY)
        with pytest.raises(InvalidValue) as caught:
            make(Partner, **{earlier: TODAY, later: TODAY - DAY})
        assert str(caught.value) == (
            f"Partner.{later} must be at or after {earlier} (2026-03-10) (got datetime.date(2026, 3, 9))"
        )

    def test_dates_that_are_not_known_are_passed_over(self) -> None:
        """A gap does not hide that the rest runs backwards."""
        with pytest.raises(InvalidValue, match="Partner.ended_on must be at or after recruited_on"):
            make(Partner, recruited_on=TODAY, ended_on=TODAY - DAY)

    @pytest.mark.parametrize("id", ["direct", "unattributed"])
    def test_some_ids_are_reserved(self, id: str) -> None:
        """Those of the parties that the library names itself."""
        with pytest.raises(InvalidValue, match=r"Partner.id must be an id that the library does not reserve"):
            make(Partner, id=id)

    def test_ids_are_case_sensitive_and_opaque(self) -> None:
        """Nothing is cleaned up."""
        assert make(Partner, id="Direct").id == "Direct"
        assert make(Partner, id="a:b/c%d é").id == "a:b/c%d é"

    @pytest.mark.parametrize("name", DATES)
    def test_as_of_blanks_what_came_later(self, name: str) -> None:
        """Up to the day itself; the partner is always known."""
        seen = PAST.as_of(NOON, DATES[name])
        assert {one for one in DATES if getattr(seen, one) is not None} == {
            one for one in DATES if DATES[one] <= DATES[name]
        }
        assert seen.replace(**DATES) == PAST
        assert PAST.as_of(NOON, DATES["ended_on"]) is PAST

    def test_custom_fields_are_carried(self) -> None:
        """JSON scalars, hashable, in the order of their keys."""
        partner = make(Partner, custom={"z": 1, "a": None, "m": "x", "b": True})
        assert list(partner.custom) == ["a", "b", "m", "z"]
        assert hash(partner)


class TestContact:
    def test_carries_no_time(self) -> None:
        """So it is always known."""
        contact = make(PartnerContact)
        assert contact.as_of(NOON, date.min) is contact


class TestAccount:
    def test_originator_may_be_direct(self) -> None:
        """The vendor's own team is a party like any other."""
        assert make(Account, originated_by=DIRECT).originated_by == "direct"

    def test_is_not_its_own_parent(self) -> None:
        """Longer circles are the dataset's to find."""
        with pytest.raises(InvalidValue, match=r"Account.parent_id must be another account \(got 'X'\)"):
            make(Account, parent_id="X")

    def test_is_known_from_its_creation(self) -> None:
        """And for ever when nobody knows when that was."""
        assert make(Account).as_of(NOON - timedelta(days=10_000), date.min)
        assert make(Account, created_at=NOON).as_of(NOON - timedelta(microseconds=1), TODAY) is None
