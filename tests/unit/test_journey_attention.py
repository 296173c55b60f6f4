"""Partners that need somebody: alerts, why they disengaged, whether calling helps."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from partnerops import Calendar, DealRegistration, Ratio
from partnerops.entities import Payout
from partnerops.exceptions import InvalidValue, UnknownName
from partnerops.journey import ActivityStatus, classify, classify_all, replay
from partnerops.journey.attention import (
    Alert,
    Outreach,
    Urgency,
    VendorFailure,
    alerts,
    disengagement,
    reactivation,
)

from .journeys import HALF, POLICY, act, at, brl, data, partner, steady, win


class TestAlerts:
    """Who has to call whom."""

    def test_silence(self):
        """The most urgent first, with owner, reason and a key that stays the same however often one looks."""
        seen = data(
            partners=[partner(owner_id="ana"), partner(id="b"), partner(id="c"),
                      partner(id="d", ended_on=date(2025, 2, 1))],
            activities=[act("V1", at(2025, 6, 1)), act("V2", at(2025, 4, 20), partner_id="b"),
                        act("V3", at(2025, 8, 1), partner_id="c")],
        )  # fmt: skip
        found = alerts(classify_all(seen, policy=POLICY, as_of=date(2025, 8, 1)))
        assert [(one.partner_id, one.owner_id, one.about, one.urgency) for one in found] == [
            ("b", None, "dormant", Urgency.WARNING),
            ("acme", "ana", "cooling", Urgency.NOTICE),
        ]  # fmt: skip
        assert found[1].key == "acme:cooling:2025-07-31"
        later = alerts(classify_all(seen, policy=POLICY, as_of=date(2025, 8, 20)), sent=[one.key for one in found])
        assert [one.key for one in later] == []
        dormant = alerts(classify_all(seen, policy=POLICY, as_of=date(2025, 9, 1)), sent=[one.key for one in found])
        assert [one.key for one in dormant] == ["acme:dormant:2025-08-30"]
        lost = alerts(classify_all(seen, policy=POLICY, as_of=date(2026, 9, 1)))
        assert {one.urgency for one in lost} == {Urgency.CRITICAL}
        assert str(found[0]).startswith("warning: b dormant since 2025-07-19 (nobody owns it): silent for 103 days")

    def test_a_stage_at_risk(self):
        """Since the first evaluation that said so, with the criterion."""
        months = [date(2025 + month // 12, month % 12 + 1, 28) for month in range(1, 17)]
        timeline = replay(data(credits=steady(2)), "acme", policy=POLICY, dates=months)
        at_risk = [one for one in alerts(timeline) if one.about == "at_risk"]
        assert [one.key for one in at_risk] == ["acme:at_risk:2026-03-28"]
        assert len({one.key for one in alerts(timeline)}) == len(alerts(timeline))
        assert "acceleration at risk: won revenue in 12 months > 0.00 BRL: 0.00 BRL" in at_risk[0].reason

    def test_what_has_ended_is_over(self):
        """Neither an alert nor anything to do, though its criteria fail one after the other."""
        months = [date(2025 + month // 12, month % 12 + 1, 28) for month in range(1, 17)]
        gone = data(partners=[partner(ended_on=date(2025, 12, 1))], credits=steady(2))
        timeline = replay(gone, "acme", policy=POLICY, dates=months)
        assert timeline[-1].at_risk
        assert {one.about for one in alerts(timeline)} == {"cooling", "dormant"}
        assert timeline[-1].next_actions == ()
        assert timeline[0].next_actions

    def test_dates_are_business_dates(self):
        """The end of 28 March in Sao Paulo is 29 March in UTC, and still the 28th."""
        brazil = Calendar("America/Sao_Paulo")
        months = [date(2025 + month // 12, month % 12 + 1, 28) for month in range(1, 16)]
        timeline = replay(data(credits=steady(2)), "acme", policy=POLICY, dates=months, calendar=brazil)
        (alert,) = [one for one in alerts(timeline[-2:]) if one.about == "at_risk"][:1]
        assert alert.since == date(2026, 3, 28)
        assert timeline[-1].on == date(2026, 4, 28)

    def test_keys_of_two_partners_never_meet(self):
        """A colon within an id is escaped."""
        one = Alert(partner_id="a:b", owner_id=None, about="lost", since=date(2026, 1, 1), urgency=Urgency.CRITICAL,
                    reason="x")  # fmt: skip
        assert one.key == "a%3Ab:lost:2026-01-01"
        assert repr(Urgency.NOTICE) == "Urgency.NOTICE"


class TestDisengagement:
    """Why a partner that did well fell silent."""

    def facts(self):
        refused = DealRegistration(
            id="R1", partner_id="acme", account_id="A", submitted_at=at(2025, 8, 1), status="rejected",
            decided_at=at(2025, 8, 20), reject_reason="direct account",
        )  # fmt: skip
        failed = Payout(
            id="O1", partner_id="acme", gross=brl("10"), at=at(2025, 7, 1), status="returned", settled_at=at(2025, 7, 5)
        )
        logins = [act(f"V{n}", at(2025, 1 + n % 8, 5 + n % 20), "login") for n in range(16)]
        return data(credits=steady(6), activities=logins, registrations=[refused], payouts=[failed])

    def test_a_report_by_hand(self):
        """Last activity and drop by kind, criteria lost, the vendor's own failures in order."""
        late = VendorFailure(id="S1", partner_id="acme", kind="late_payout", at=at(2025, 9, 1), note="12 days late")
        other = late.replace(id="S2", partner_id="birch")
        old = late.replace(id="S3", at=at(2024, 1, 1))
        future = late.replace(id="S4", at=at(2027, 1, 1))
        report = disengagement(
            self.facts(), "acme", policy=POLICY, as_of=date(2026, 8, 15), failures=[late, other, old, future]
        )
        assert report.pulse.status is ActivityStatus.DORMANT
        drops = {one.kind: one for one in report.drops}
        assert set(drops) == {"all", "activity", "registration", "win"}
        assert drops["win"].last_on == date(2025, 7, 5)
        assert (drops["win"].recent, drops["win"].usual, drops["win"].drop) == (0, HALF, 1)
        assert [one.kind for one in report.failures] == ["rejected_registration", "late_payout"]
        assert report.failures[0].note == "direct account"
        assert {one.id for one in report.lost} == {"win_quarters_12m", "won_revenue_12m"}

    def test_drop_against_the_partners_own_past(self):
        """Recent against the average of the four windows before."""
        report = disengagement(self.facts(), "acme", policy=POLICY, as_of=date(2025, 9, 1), days=30)
        logins = next(one for one in report.drops if one.kind == "activity")
        assert (logins.recent, logins.usual, logins.drop) == (2, Fraction(8, 4), 0)
        later = disengagement(self.facts(), "acme", policy=POLICY, as_of=date(2025, 10, 1), days=30)
        assert next(one for one in later.drops if one.kind == "activity").drop == 1
        assert "0 lately, 2 usual, last on 2025-08-20" in str(later)
        assert [one.kind for one in later.failures] == ["failed_payout", "rejected_registration"]

    def test_it_shows(self):
        """Every finding is a row."""
        report = disengagement(self.facts(), "acme", policy=POLICY, as_of=date(2026, 7, 30))
        assert {row["finding"] for row in report.to_dicts()} == {"activity", "criterion lost", "vendor failure"}
        assert str(report).startswith("Acme (acme): dormant, silent for")
        assert "<table" in report._repr_html_()
        nothing = disengagement(data(), "acme", policy=POLICY, as_of=date(2026, 7, 30))
        assert (nothing.lost, nothing.failures) == ((), ())
        assert [(one.kind, one.last_on, one.drop) for one in nothing.drops] == [("all", None, None)]

    def test_refusals(self):
        """What is no failure, no partner, no window."""
        with pytest.raises(InvalidValue, match=r"failures\[0\] must be a VendorFailure"):
            disengagement(data(), "acme", policy=POLICY, as_of=date(2026, 1, 1), failures=["late"])
        with pytest.raises(UnknownName):
            disengagement(data(), "acne", policy=POLICY, as_of=date(2026, 1, 1))
        with pytest.raises(InvalidValue, match="days"):
            disengagement(data(), "acme", policy=POLICY, as_of=date(2026, 1, 1), days=0)


class TestReactivation:
    """Whether calling helps."""

    def test_by_hand(self):
        """Silent partners heard of again in time; once per silence, and never before their days have passed."""
        seen = data(
            partners=[partner(), partner(id="b"), partner(id="c"), partner(id="d")],
            activities=[act("V1", at(2025, 3, 1)), act("V2", at(2025, 7, 10)),
                        act("V3", at(2025, 3, 1), partner_id="b"), act("V4", at(2025, 6, 25), partner_id="c")],
        )  # fmt: skip
        calls = [
            Outreach(id="K1", partner_id="acme", at=at(2025, 7, 1)),
            Outreach(id="K2", partner_id="acme", at=at(2025, 7, 5), kind="email"),  # the same silence
            Outreach(id="K3", partner_id="b", at=at(2025, 7, 1), kind="email"),
            Outreach(id="K4", partner_id="c", at=at(2025, 7, 1)),  # not silent
            Outreach(id="K5", partner_id="d", at=at(2025, 8, 10)),  # its days have not passed
            Outreach(id="K6", partner_id="d", at=at(2025, 9, 10)),  # later than asked
        ]
        found = reactivation(seen, calls, as_of=date(2025, 8, 31))
        assert (found.returned, found.waiting, found.not_silent) == (Ratio(1, 2), 1, 1)
        assert found.by_kind == (("call", Ratio(1, 1)), ("email", Ratio(0, 1)))
        assert "reactivated within 30 days: 1 / 2 = 50.0 %; 1 waiting, 1 not silent" in str(found)
        assert found.to_dicts()[-1] == {"kind": "all", "contacted": 2, "returned": 1, "rate": Fraction(1, 2)}
        narrow = reactivation(seen, calls[:1], as_of=date(2025, 8, 31), within_days=8)
        assert narrow.returned == Ratio(0, 1)
        with pytest.raises(UnknownName):
            reactivation(seen, [calls[0].replace(partner_id="nobody")], as_of=date(2025, 8, 31))

    def test_a_second_silence_is_another_one(self):
        """The same partner counts again after it was heard of."""
        seen = data(activities=[act("V1", at(2025, 3, 1)), act("V2", at(2025, 7, 10)), act("V3", at(2025, 12, 10))])
        calls = [
            Outreach(id=f"K{n}", partner_id="acme", at=when) for n, when in enumerate([at(2025, 7, 1), at(2025, 12, 1)])
        ]
        assert reactivation(seen, calls, as_of=date(2026, 3, 1)).returned == Ratio(2, 2)


def test_alerts_read_what_classify_says():
    """One decision is enough."""
    quiet = classify(data(credits=[win("C1", at(2025, 2, 1))]), "acme", policy=POLICY, as_of=date(2025, 8, 1))
    assert [one.about for one in alerts([quiet])] == ["dormant"]
