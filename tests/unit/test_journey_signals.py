"""Every signal by hand: what counts, what does not yet, and when nobody can tell."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from partnerops import (
    Account,
    Agreement,
    Calendar,
    Certification,
    DealRegistration,
    ExchangeRates,
    Lead,
    Money,
    OpportunityLine,
    Partner,
    Reversal,
    StageChange,
    Target,
)
from partnerops.entities import Commitment, JointPlan, PartnerInvolvement, Payout, SurveyResponse
from partnerops.exceptions import CurrencyMismatch, InvalidValue, UnknownName
from partnerops.journey import classify
from partnerops.journey.signals import Signal, SignalRules, observe
from partnerops.metrics.customers import customer_satisfaction, net_promoter_score
from partnerops.money import ExchangeRate
from partnerops.periods import Period

from .journeys import HALF, POLICY, act, at, brl, data, deal, partner, win

ON = date(2026, 1, 31)


def value(dataset, signal, **options):
    return observe(dataset, "acme", signal, **({"as_of": ON} | options)).value


class TestRelation:
    """Signing, onboarding, certificates."""

    def test_signing(self):
        """A prospect has no days yet; later dates are not seen."""
        assert (value(data(), "signed"), value(data(), "days_since_signed")) == (1, 386)
        prospect = data(partners=[partner(signed_on=None)])
        assert (value(prospect, "signed"), value(prospect, "days_since_signed")) == (0, None)
        assert value(data(), "signed", as_of=date(2025, 1, 9)) == 0
        assert value(data(), "signed", as_of=date(2025, 1, 10)) == 1

    @pytest.mark.parametrize(
        ("spans", "begun"),
        [
            ([((2025, 3, 1), None)], date(2025, 1, 10)),  # the partner's own date is the first
            ([((2023, 3, 1), (2024, 3, 1)), ((2024, 6, 1), None)], date(2025, 1, 10)),
            ([((2020, 1, 1), (2021, 1, 1)), ((2024, 6, 1), None)], date(2024, 6, 1)),  # three years of gap: anew
            ([((2024, 6, 1), None), ((2020, 1, 1), (2021, 1, 1))], date(2024, 6, 1)),
            ([((2026, 6, 1), None)], date(2025, 1, 10)),  # not in force yet
        ],
    )
    def test_a_long_gap_between_agreements_starts_anew(self, spans, begun):
        """A short one does not."""
        agreements = [
            Agreement(
                id=f"B{n}", partner_id="acme", plan_id="p", effective_from=date(*start),
                effective_to=date(*end) if end else None,
            )
            for n, (start, end) in enumerate(spans)
        ]  # fmt: skip
        assert value(data(agreements=agreements), "days_since_signed") == (ON - begun).days

    def test_onboarding_is_unknown_until_something_is_done_or_due(self):
        """What is not due yet is neither done nor failed."""
        rules = SignalRules(onboarding_steps=["kick_off", "training"])
        one = data(activities=[act("V1", at(2025, 1, 20), "training")])
        both = data(activities=[act("V1", at(2025, 1, 20), "training"), act("V2", at(2025, 3, 1), "kick_off")])
        in_time, too_late = date(2025, 4, 10), date(2025, 4, 11)  # due 90 days after signing
        assert value(data(), "onboarding", rules=rules, as_of=in_time) is None
        assert value(one, "onboarding", rules=rules, as_of=in_time) is None
        assert value(one, "onboarding", rules=rules, as_of=too_late) == HALF
        assert value(data(), "onboarding", rules=rules, as_of=too_late) == 0
        assert value(both, "onboarding", rules=rules, as_of=in_time) == 1
        assert observe(both, "acme", "onboarding", rules=rules, as_of=ON).evidence == ("V2", "V1")
        assert value(data(), "onboarding", rules=SignalRules(onboarding_steps=[])) is None
        assert value(data(partners=[partner(signed_on=None)]), "onboarding") is None

    def test_promises_of_the_partner_are_onboarding_steps(self):
        """Those due within it; the vendor's own are not held against the partner."""
        promises = [
            Commitment(side="partner", text="name a contact", due_on=date(2025, 2, 1), done_on=date(2025, 1, 30)),
            Commitment(side="partner", text="first list", due_on=date(2025, 3, 1)),
            Commitment(side="partner", text="later", due_on=date(2025, 9, 1)),
            Commitment(side="vendor", text="training", due_on=date(2025, 2, 1)),
        ]
        plan = JointPlan(
            id="J1", partner_id="acme", period=Period.year(2025), commitments=promises, signed_on=date(2025, 1, 12)
        )
        trained = data(joint_plans=[plan], activities=[act("V1", at(2025, 1, 20))])
        assert value(trained, "onboarding", as_of=date(2025, 2, 28)) is None
        assert value(trained, "onboarding", as_of=date(2025, 3, 2)) == Fraction(2, 3)

    def test_certificates_count_people_and_codes(self):
        """Valid ones only, each person and code once; or each person once."""
        held = [
            Certification(id="F1", partner_id="acme", code="a", valid_from=date(2025, 1, 1), contact_id="k1"),
            Certification(id="F2", partner_id="acme", code="a", valid_from=date(2025, 6, 1), contact_id="k1"),
            Certification(id="F3", partner_id="acme", code="b", valid_from=date(2025, 6, 1), contact_id="k1"),
            Certification(
                id="F4", partner_id="acme", code="a", valid_from=date(2025, 1, 1), valid_to=ON, contact_id="k2"
            ),
        ]
        assert value(data(certifications=held), "certifications") == 2
        assert value(data(certifications=held), "certifications", as_of=date(2026, 1, 30)) == 3
        assert value(data(certifications=held), "certifications", rules=SignalRules(one_per_person=True)) == 1


class TestActivity:
    """Days of doing something, silence, the vendor's side."""

    def test_days_are_counted_not_clicks(self):
        """Distinct days of the calendar, within the window."""
        logins = [act("V1", at(2026, 1, 31, 1), "login"), act("V2", at(2026, 1, 31, 12), "login"),
                  act("V3", at(2026, 1, 2), "login"), act("V4", at(2026, 1, 1), "login"),
                  act("V5", at(2026, 1, 30), "training")]  # fmt: skip
        seen = data(activities=logins)
        assert value(seen, "login_days", days=30) == 2
        assert value(seen, "login_days") == 3
        assert value(seen, "training_days", months=3) == 1
        assert value(seen, "engaged_days", days=30) == 3
        brazil = Calendar("America/Sao_Paulo")  # 31 January 01:00 UTC is still the 30th there
        assert value(seen, "engaged_days", days=2, calendar=brazil) == 2

    def test_silence(self):
        """Days since anything at all; a late record breaks it only once it is known."""
        assert value(data(), "days_since_activity") is None
        late = act("V1", at(2026, 1, 21), recorded_at=at(2026, 1, 25))
        seen = data(activities=[act("V0", at(2026, 1, 1)), late])
        assert value(seen, "days_since_activity") == 10
        assert value(seen, "days_since_activity", as_of=date(2026, 1, 24)) == 23

    def test_the_vendors_own_failures(self):
        """Refused registrations and payouts that did not arrive, once they are known."""
        refused = DealRegistration(
            id="R1", partner_id="acme", account_id="A", submitted_at=at(2026, 1, 1), status="rejected",
            decided_at=at(2026, 1, 5),
        )  # fmt: skip
        failed = Payout(
            id="O1", partner_id="acme", gross=brl("10"), at=at(2025, 6, 1), status="failed", settled_at=at(2025, 6, 4)
        )
        paid = Payout(id="O2", partner_id="acme", gross=brl("10"), at=at(2025, 6, 1))
        seen = data(registrations=[refused], payouts=[failed, paid])
        assert value(seen, "vendor_failures") == 2
        assert value(seen, "vendor_failures", months=3) == 1
        assert value(seen, "vendor_failures", as_of=date(2025, 6, 3)) == 0


class TestDeals:
    """Registrations, referrals, pipeline."""

    def test_registrations_are_counted_by_deal(self):
        """Submitted ones when submitted, accepted ones when accepted; the same deal once."""

        def filed(id: str, status: str, **changes: object) -> DealRegistration:
            values = {"id": id, "partner_id": "acme", "opportunity_id": "D-1", "submitted_at": at(2025, 12, 1),
                      "status": status}  # fmt: skip
            if status != "submitted":
                values |= {"decided_at": at(2026, 1, 20)}
            if status == "approved":
                values |= {"protected_until": at(2026, 6, 1)}
            return DealRegistration(**(values | changes))

        one = data(registrations=[filed("R1", "approved"), filed("R2", "submitted"), filed("R3", "rejected")])
        assert (value(one, "registrations"), value(one, "accepted_registrations")) == (1, 1)
        assert value(one, "accepted_registrations", as_of=date(2026, 1, 19)) == 0
        assert value(one, "registrations", days=30) == 0
        assert value(one, "accepted_registrations", days=30) == 1
        # A partner that gave up a deal that was once its own has registered it all the same.
        given_up = filed("R4", "withdrawn", protected_until=at(2026, 6, 1), ended_at=at(2026, 1, 25))
        assert value(data(registrations=[given_up]), "accepted_registrations") == 1
        never = filed("R5", "withdrawn", decided_at=None, ended_at=at(2026, 1, 25))
        assert value(data(registrations=[never]), "accepted_registrations") == 0
        apart = data(registrations=[
            filed("R1", "approved", opportunity_id=None, account_id="A", product="x"),
            filed("R2", "approved", opportunity_id=None, account_id="A", product="y"),
        ])  # fmt: skip
        assert value(apart, "accepted_registrations") == 2

    def test_a_lead_and_its_deal_are_one_referral(self):
        """Counted when the first of the two qualified."""
        lead = Lead(
            id="L1", partner_id="acme", created_at=at(2025, 3, 1), accepted_at=at(2025, 3, 5),
            converted_at=at(2025, 3, 6), opportunity_id="D-1",
        )  # fmt: skip
        steps = [StageChange(stage="new", at=at(2025, 3, 6)), StageChange(stage="qualified", at=at(2025, 4, 1))]
        opened = {"stage": "qualified", "status": "open", "closed_at": None}
        its = deal("1", at(2025, 3, 6), history=steps, **opened)
        bare = deal("2", at(2025, 5, 1), **opened)
        raw = deal("3", at(2025, 5, 1), **(opened | {"stage": "new"}))
        declined = Lead(id="L2", partner_id="acme", created_at=at(2025, 3, 1))
        seen = data(leads=[lead, declined], opportunities=[its, bare, raw])
        measure = observe(seen, "acme", "qualified_referrals", as_of=ON)
        assert (measure.value, measure.evidence) == (2, ("L1", "D-2"))
        assert value(data(opportunities=[its]), "qualified_referrals", as_of=date(2025, 3, 31)) == 0
        assert value(data(opportunities=[its]), "qualified_referrals", as_of=date(2025, 4, 1)) == 1
        assert value(seen, "qualified_referrals", as_of=date(2025, 3, 4)) == 0

    def test_pipeline(self):
        """Open deals as they stood; one without an amount is said to have none."""
        opened = deal("1", at(2025, 12, 1), stage="demo", status="open", closed_at=None)
        blank = opened.replace(id="D-2", amount=None)
        later = deal("3", at(2025, 12, 1)).replace(closed_at=at(2026, 3, 1))
        seen = data(opportunities=[opened, blank, later])
        assert value(seen, "open_deals") == 3
        measure = observe(seen, "acme", "pipeline", as_of=ON)
        assert (measure.value, measure.note) == (brl("9000"), "2 without amount")
        mixed = data(opportunities=[opened, opened.replace(id="D-4", amount=Money("10", "USD"))])
        with pytest.raises(CurrencyMismatch):
            value(mixed, "pipeline")


class TestRevenue:
    """Wins, revenue and what follows from them."""

    WON = (
        win("C1", at(2025, 2, 1), "1000"), win("C2", at(2025, 8, 1), "2000"), win("C3", at(2025, 8, 31), "3000"),
        win("C4", at(2026, 1, 31), "4000"),
    )  # fmt: skip

    def test_wins_in_windows(self):
        """A window ends at the moment and leaves its start out: 12 months to 31 January begin after 31 January."""
        seen = data(credits=self.WON)
        assert [value(seen, "wins", months=months) for months in (None, 12, 6, 5, 1)] == [4, 4, 3, 1, 1]
        assert value(seen, "win_months") == 3
        assert value(seen, "win_quarters", months=12) == 3
        assert value(seen, "win_quarters", months=3) == 1
        assert value(seen, "won_revenue", months=6) == brl("9000")
        assert value(seen, "won_revenue", as_of=date(2025, 8, 1)) == brl("3000")
        assert observe(seen, "acme", "wins", as_of=ON, months=6).evidence == ("C2", "C3", "C4")

    def test_two_credits_on_one_deal_are_one_win(self):
        """Such as a sourced and an influenced one, or those of a distributor and its reseller."""
        both = data(
            credits=[win("C1", at(2025, 3, 1)), win("C2", at(2025, 4, 1), opportunity_id="D-C1", role="influenced")]
        )
        rules = SignalRules(credit_roles=["sourced", "influenced"])
        measure = observe(both, "acme", "wins", as_of=ON, rules=rules)
        assert (measure.value, measure.evidence) == (1, ("C1", "C2"))
        assert value(both, "won_revenue", rules=rules) == brl("18000")

    def test_influenced_credit_is_no_win_unless_said_so(self):
        """It overlaps, so adding it up would count money twice."""
        seen = data(credits=[win("C1", at(2025, 2, 1)), win("C2", at(2025, 3, 1), role="influenced")])
        assert value(seen, "wins") == 1
        assert value(seen, "wins", rules=SignalRules(credit_roles=["sourced", "influenced"])) == 2

    def test_a_refund_lowers_revenue_when_it_happens(self):
        """By the credit's share of it; a deal taken back whole is a win no more."""
        half = win("C1", at(2025, 3, 1), "1000", share="1/2")
        part = Reversal(id="X1", opportunity_id="D-C1", kind="refund", amount=brl("400"), at=at(2025, 9, 1))
        rest = Reversal(id="X2", opportunity_id="D-C1", kind="churn", amount=brl("1600"), at=at(2025, 10, 1))
        seen = data(credits=[half], reversals=[part, rest])
        assert value(seen, "won_revenue", as_of=date(2025, 8, 31)) == brl("1000")
        assert value(seen, "won_revenue", as_of=date(2025, 9, 1)) == brl("800")
        assert value(seen, "won_revenue", months=6, as_of=date(2025, 9, 30)) == brl("-200")
        assert [value(seen, "wins", as_of=on) for on in (date(2025, 9, 1), date(2025, 10, 1))] == [1, 0]
        assert value(seen, "won_revenue") == brl("0")

    def test_a_credit_that_replaces_another_does_so_once_known(self):
        """Also when the other party's credit is the one replaced."""
        first = win("C1", at(2025, 3, 1), "1000")
        again = win("C2", at(2025, 3, 1), "700", supersedes="C1", recorded_at=at(2025, 6, 1))
        other = win("C3", at(2025, 3, 1), "300", supersedes="C1", recorded_at=at(2025, 6, 1), partner_id="birch")
        seen = data(partners=[partner(), partner(id="birch")], credits=[first, again, other])
        assert value(seen, "won_revenue", as_of=date(2025, 5, 31)) == brl("1000")
        assert value(seen, "won_revenue") == brl("700")
        assert observe(seen, "birch", "won_revenue", as_of=ON).value == brl("300")

    def test_a_negative_credit_corrects_and_wins_nothing(self):
        """It lowers revenue on its own date."""
        seen = data(credits=[win("C1", at(2025, 3, 1), "1000"), win("C2", at(2025, 4, 1), "-100")])
        assert (value(seen, "wins"), value(seen, "won_revenue")) == (1, brl("900"))

    def test_growth_needs_a_base(self):
        """Unknown over nothing or over too little; capped where a tiny base would make it absurd."""
        seen = data(credits=self.WON)
        assert value(seen, "growth", months=6) == 8  # 9,000 over 1,000, less 1
        assert value(seen, "growth", months=1) is None
        assert value(seen, "growth", months=6, rules=SignalRules(growth_cap=5)) == 5
        floor = SignalRules(growth_floor=brl("1000.01"))
        assert observe(seen, "acme", "growth", as_of=ON, months=6, rules=floor).note.endswith("1000.00 BRL")
        assert value(data(), "growth", months=6) is None

    def test_variation_of_monthly_revenue(self):
        """Even revenue varies by 0; all of it in one month of n by the root of n - 1; none of it not at all."""
        even = data(credits=[win(f"C{m}", at(2025, m, 15), "100") for m in range(2, 14) if m < 13]
                    + [win("C13", at(2026, 1, 15), "100")])  # fmt: skip
        assert value(even, "revenue_variation", months=12) == 0
        once = data(credits=[win("C1", at(2025, 6, 15), "100")])
        assert value(once, "revenue_variation", months=10) == 3
        assert value(once, "revenue_variation", months=12) == Fraction("3.316624790")
        assert value(data(), "revenue_variation", months=12) is None

    def test_months_since_the_first_win(self):
        """Completed months; 0 with a note while there is none."""
        assert observe(data(), "acme", "months_since_first_win", as_of=ON).note == "no win yet"
        seen = data(credits=[win("C1", at(2025, 1, 31))])
        assert value(seen, "months_since_first_win", as_of=date(2025, 2, 27)) == 0
        assert value(seen, "months_since_first_win", as_of=date(2025, 2, 28)) == 1
        assert value(seen, "months_since_first_win") == 12

    def test_active_customers(self):
        """A running term, or a purchase in the last year; without accounts nobody can tell."""
        line = OpportunityLine(product="erp", amount=brl("9000"), revenue="recurring", term_months=36)
        running = deal("C1", at(2024, 1, 5), lines=[line])
        over = deal("C2", at(2024, 1, 5))
        fresh = deal("C3", at(2025, 6, 1))
        wins = [win("C1", at(2024, 1, 5)), win("C2", at(2024, 1, 5)), win("C3", at(2025, 6, 1))]
        seen = data(opportunities=[running, over, fresh], credits=wins)
        assert observe(seen, "acme", "active_customers", as_of=ON).evidence == ("C1", "C3")
        assert value(data(credits=wins), "active_customers") is None
        assert observe(seen.replace(opportunities=[running]), "acme", "active_customers", as_of=ON).note
        assert value(data(), "active_customers") == 0

    def test_a_customer_that_left_is_not_active(self):
        """From the day its service ended, however recent the purchase; money given back ends nothing."""
        line = OpportunityLine(product="erp", amount=brl("9000"), revenue="recurring", term_months=12)

        def after(kind: str, **changes: object) -> int:
            gone = Reversal(id="X1", opportunity_id="D-C1", kind=kind, amount=brl("1000"), at=at(2025, 10, 1))
            sold = data(
                opportunities=[deal("C1", at(2025, 6, 1), **changes)], credits=[win("C1", at(2025, 6, 1))],
                reversals=[gone],
            )  # fmt: skip
            assert value(sold, "active_customers", as_of=date(2025, 9, 30)) == 1
            return value(sold, "active_customers", as_of=date(2025, 10, 1))

        assert [after(kind, lines=[line]) for kind in ("churn", "cancellation", "refund")] == [0, 0, 1]
        assert [after(kind) for kind in ("churn", "cancellation", "refund")] == [0, 0, 1]

    def test_a_term_that_is_over_keeps_nobody(self):
        """A recurring line is no one-off purchase: its customer is active while it is paid for."""
        line = OpportunityLine(product="erp", amount=brl("9000"), revenue="recurring", term_months=3)
        short = data(opportunities=[deal("C1", at(2025, 6, 1), lines=[line])], credits=[win("C1", at(2025, 6, 1))])
        ends = [date(2025, 8, 31), date(2025, 9, 1)]
        assert [value(short, "active_customers", as_of=on) for on in ends] == [1, 0]
        lines = [line, line.replace(revenue="one_off", term_months=None)]
        both = short.replace(opportunities=[deal("C1", at(2025, 6, 1), lines=lines, amount=brl("18000"))])
        assert value(both, "active_customers") == 1

    def test_target_attainment(self):
        """Pro-rated over the running targets; goals of other metrics are left out."""

        def target(id: str, metric: str, value: object, **changes: object) -> Target:
            values = {"id": id, "owner_id": "acme", "metric": metric, "period": Period.quarter(2026, 1), "value": value}
            return Target(**(values | changes))

        revenue = target("Q1", "won_revenue", brl("18000"))  # 90 days, 31 gone: 6,200
        seen = data(credits=[win("C1", at(2026, 1, 2), "3100")], targets=[revenue])
        assert value(seen, "target_attainment") == HALF
        count = data(credits=[win("C1", at(2026, 1, 2))], targets=[target("Q2", "wins", 90)])
        assert value(count, "target_attainment") == Fraction(1, 31)
        assert value(data(targets=[target("Q3", "logins", 5)]), "target_attainment") is None
        for names, goal in ((("credited_revenue", "partner_sourced_revenue"), brl("18000")), (("deals_won",), 90)):
            known = [seen.replace(targets=[target("Q4", name, goal)]) for name in names]
            assert {value(one, "target_attainment") for one in known} == {HALF if goal != 90 else Fraction(1, 31)}
        # Two goals of one unit are one larger goal; revenue and wins have no sum, so each counts as much.
        twice = seen.replace(targets=[revenue, revenue.replace(id="Q5", value=brl("36000"))])
        assert value(twice, "target_attainment") == Fraction(2 * 3100, 3 * 6200)
        mixed = seen.replace(targets=[revenue, target("Q2", "wins", 90)])
        assert value(mixed, "target_attainment") == (HALF + Fraction(1, 31)) / 2
        nothing = seen.replace(targets=[target("Q6", "wins", 0)])
        assert value(nothing, "target_attainment") is None
        later = data(targets=[revenue.replace(recorded_at=at(2026, 2, 1))])
        assert value(later, "target_attainment") is None
        assert value(seen, "target_attainment", as_of=date(2026, 4, 1)) is None


class TestJudgement:
    """Plans, satisfaction, independence."""

    def test_joint_plan(self):
        """Signed, in force, with promises of both sides; kept promises count once due."""
        promises = [
            Commitment(side="partner", text="x", due_on=date(2025, 6, 1), done_on=date(2025, 5, 1)),
            Commitment(side="vendor", text="y", due_on=date(2025, 12, 1)),
        ]
        plan = JointPlan(
            id="J1", partner_id="acme", period=Period.year(2025), commitments=promises, signed_on=date(2025, 2, 1)
        )
        seen = data(joint_plans=[plan])
        assert [value(seen, "joint_plan", as_of=on) for on in (date(2025, 1, 31), date(2025, 2, 1), ON)] == [0, 1, 0]
        assert (
            value(data(joint_plans=[plan.replace(commitments=promises[:1])]), "joint_plan", as_of=date(2025, 3, 1)) == 0
        )
        assert value(data(joint_plans=[plan.replace(signed_on=None)]), "joint_plan", as_of=date(2025, 3, 1)) == 0
        assert value(seen, "commitments_kept", as_of=date(2025, 5, 31)) is None
        assert value(seen, "commitments_kept") == HALF
        assert value(seen, "commitments_kept", months=6) == 0

    @pytest.mark.parametrize(("kind", "scores", "expected"), [
        ("csat", [5, 4, 4, 3, 5], Fraction(21, 5)),
        ("nps", [10, 9, 8, 6, 0], 0),
        ("nps", [10, 10, 9, 7, 6], Fraction(2, 5)),
        ("csat", [5, 5, 5, 5], None),
    ])  # fmt: skip
    def test_satisfaction_needs_answers(self, kind, scores, expected):
        """Of customers, not of the partner itself; too few leave it unknown."""
        answers = [
            SurveyResponse(id=f"Y{n}", kind=kind, score=score, account_id=f"A-C{n}", at=at(2025, 12, n + 1))
            for n, score in enumerate(scores)
        ]
        noise = [
            SurveyResponse(id="Z1", kind=kind, score=1, partner_id="acme", at=at(2025, 12, 1)),
            SurveyResponse(id="Z2", kind=kind, score=1, account_id="A-other", at=at(2025, 12, 1)),
            SurveyResponse(id="Z3", kind=kind, score=1, account_id="A-C1", partner_id="birch", at=at(2025, 12, 9)),
            SurveyResponse(id="Z4", kind=kind, score=1, account_id="A-C1", at=at(2025, 11, 30)),
        ]
        seen = data(
            accounts=[Account(id=f"A-C{n}", name="Padaria") for n in range(5)],
            credits=[win(f"C{n}", at(2025, 2, 1)) for n in range(5)],
            opportunities=[deal(f"C{n}", at(2025, 2, 1)) for n in range(5)],
            surveys=[*answers, *noise],
        )
        assert value(seen, kind) == expected
        assert value(seen, kind, months=1) is None
        named = data(surveys=[one.replace(partner_id="acme") for one in answers])
        assert value(named, kind) == expected
        often = data(surveys=[one.replace(partner_id="acme", account_id="A-C0") for one in answers])
        assert observe(often, "acme", kind, as_of=ON).note == "1 customers answered, 5 are needed"

    def test_satisfaction_is_what_the_kpis_say(self):
        """Each customer's latest answer, in both: one number for every team."""
        answers = [
            SurveyResponse(
                id=f"Y{n}", kind=kind, score=score, account_id=f"A-{n % 6}", partner_id="acme", at=at(2025, 3, n + 1)
            )
            for kind, scores in (("nps", (0, 9, 9, 6, 10, 8, 10, 7)), ("csat", (1, 5, 4, 3, 4, 5, 5, 2)))
            for n, score in enumerate(scores, 10 * (kind == "csat"))
        ]
        seen = data(surveys=answers)
        asked = (seen, Period.year(2025))
        points = net_promoter_score(*asked, as_of=ON).number
        assert value(seen, "nps", months=13) == points / 100 == Fraction(3, 6) - Fraction(1, 6)
        assert value(seen, "csat", months=13) == customer_satisfaction(*asked, as_of=ON).number

    def test_self_sufficiency_leaves_out_what_nobody_noted(self):
        """Help of another partner does not count, nor a note made later."""

        def helped(id: str, help: str | None, **changes: object) -> PartnerInvolvement:
            values = {"id": f"I-{id}", "opportunity_id": f"D-{id}", "partner_id": "acme", "role": "sourced",
                      "at": at(2025, 2, 1), "assistance": help}  # fmt: skip
            return PartnerInvolvement(**(values | changes))

        won = [win(f"C{n}", at(2025, 2, n + 1)) for n in range(4)]
        parts = [helped("C0", "none"), helped("C1", "light"), helped("C2", None), helped("C3", "none", partner_id="b"),
                 helped("C2", "none", recorded_at=at(2026, 2, 1)).replace(id="I-9")]  # fmt: skip
        seen = data(credits=won, involvements=parts)
        measure = observe(seen, "acme", "self_sufficiency", as_of=ON)
        assert (measure.value, measure.evidence) == (HALF, ("I-C0", "I-C1"))
        assert value(seen, "self_sufficiency", as_of=date(2026, 2, 1)) == Fraction(2, 3)
        assert value(seen, "self_sufficiency", rules=SignalRules(unaided=["none", "light"])) == 1
        assert value(data(credits=won), "self_sufficiency") is None


class TestMoneyAndFamily:
    """Currencies never mix by themselves; partners below count where they are asked to."""

    def test_two_currencies_need_rates(self):
        """Each win is converted at the rate of its own day."""
        seen = data(credits=[win("C1", at(2025, 2, 1), "100"),
                             win("C2", at(2025, 3, 1)).replace(amount=Money("10", "USD"))])  # fmt: skip
        with pytest.raises(CurrencyMismatch, match="the amounts of acme without rates= in BRL and USD"):
            value(seen, "won_revenue")
        rates = ExchangeRates([ExchangeRate("USD", "BRL", date(2025, 3, 1), "5"),
                               ExchangeRate("USD", "BRL", date(2025, 6, 1), "6")])  # fmt: skip
        assert value(seen, "won_revenue", rates=rates) == brl("150")

    def test_nothing_says_the_currency(self):
        """Then an amount is unknown, and a currency given makes it nothing."""
        assert value(data(), "won_revenue") is None
        assert value(data(), "won_revenue", currency="BRL") == brl("0")

    def test_a_distributor_with_its_resellers(self):
        """Facts of the partners below count with `family`, of any depth."""
        tree = [partner(), partner(id="b", parent_id="acme"), partner(id="c", parent_id="b"), partner(id="d")]
        won = [win(f"C{n}", at(2025, 2, 1), partner_id=id) for n, id in enumerate(["acme", "b", "c", "d"])]
        seen = data(partners=tree, credits=won)
        assert value(seen, "wins") == 1
        assert value(seen, "wins", rules=SignalRules(family=True)) == 3
        assert observe(seen, "b", "wins", as_of=ON, rules=SignalRules(family=True)).value == 2

    @pytest.mark.parametrize("family", [True, False])
    def test_a_circle_of_parents_is_refused(self, family):
        """With the path to mend."""
        loop = [partner(parent_id="b"), partner(id="b", parent_id="acme")]
        with pytest.raises(InvalidValue, match=r"free of circles \(acme -> b -> acme\)"):
            value(data(partners=loop), "wins", rules=SignalRules(family=family))

    def test_a_parent_that_is_not_there_ends_the_way_up(self):
        """`Dataset.check()` reports it; a stage does not depend on it."""
        assert value(data(partners=[partner(parent_id="gone")]), "signed") == 1


class TestAsking:
    """What can be asked, and what is refused."""

    def test_every_signal_answers_on_an_empty_history(self):
        """A bare partner has a value or a reason for each."""
        for signal in Signal:
            window = {"months": 12} if signal in (Signal.WIN_QUARTERS, Signal.GROWTH, Signal.REVENUE_VARIATION) else {}
            measure = observe(data(), "acme", signal, as_of=ON, **window)
            assert measure.is_known or measure.note, signal
            assert measure.evidence == ()

    @pytest.mark.parametrize(("signal", "window", "rule"), [
        ("signed", {"months": 3}, "signed has no window"),
        ("growth", {}, "growth needs a window"),
        ("wins", {"months": 3, "days": 3}, "None when months are given"),
        ("win_quarters", {"months": 4}, "a multiple of 3"),
    ])  # fmt: skip
    def test_windows_that_cannot_be(self, signal, window, rule):
        """Named with the signal."""
        with pytest.raises(InvalidValue, match=rule):
            observe(data(), "acme", signal, as_of=ON, **window)

    def test_unknown_names(self):
        """With near misses."""
        with pytest.raises(UnknownName, match="did you mean 'won_revenue'"):
            observe(data(), "acme", "won_revenu", as_of=ON)
        with pytest.raises(UnknownName, match="did you mean 'acme'"):
            observe(data(), "acmee", "wins", as_of=ON)

    def test_two_records_of_one_partner_below(self):
        """An id that repeats is read once."""
        twice = [
            partner(),
            Partner(id="b", name="b", type="reseller", parent_id="acme"),
            partner(id="b", parent_id="b"),
        ]
        won = [win("C1", at(2025, 2, 1), partner_id="b")]
        assert value(data(partners=twice, credits=won), "wins", rules=SignalRules(family=True)) == 1


class TestUnattributed:
    """Deals that were won while nobody has a credit yet: a step that was not run is no failure of the partner's."""

    WON = ("wins", "win_months", "months_since_first_win", "won_revenue", "active_customers", "self_sufficiency")

    def test_won_deals_without_any_credit_leave_wins_unknown(self):
        """Not 0: the deals say that something was won, and no credit says whose it is."""
        unread = data(opportunities=[deal("1", at(2025, 3, 1)), deal("2", at(2025, 4, 1))])
        for signal in self.WON:
            found = observe(unread, "acme", signal, as_of=ON)
            assert (found.value, found.evidence) == (None, ("D-1", "D-2"))
            assert found.note == "2 won deals and no credit in the dataset: attribute first"
        windowed = [observe(unread, "acme", name, as_of=ON, months=6) for name in ("win_quarters", "growth")]
        assert [one.value for one in windowed] == [None, None]
        assert "attribute first" in windowed[0].note

    def test_a_goal_is_not_missed_for_want_of_credits(self):
        """Without a goal that is still the reason."""
        goal = Target(id="T", owner_id="acme", metric="wins", period=Period.year(2026), value=2)
        unread = data(opportunities=[deal("1", at(2025, 3, 1))])
        found = observe(unread.replace(targets=[goal]), "acme", "target_attainment", as_of=ON)
        assert (found.value, "attribute first" in found.note) == (None, True)
        without = observe(unread, "acme", "target_attainment", as_of=ON)
        assert without.note == "no running target for revenue or wins"

    def test_one_credit_of_anybody_says_that_deals_were_attributed(self):
        """Then a partner without a credit has no win; what is credited later is not seen before."""
        unread = data(opportunities=[deal("1", at(2025, 3, 1))])
        other = win("2", at(2025, 5, 1), partner_id="direct", recorded_at=at(2025, 6, 1))
        assert value(unread.replace(credits=[other]), "wins") == 0
        assert value(unread.replace(credits=[other]), "wins", as_of=date(2025, 5, 20)) is None
        assert value(unread.replace(credits=[other]), "wins", as_of=date(2025, 6, 1)) == 0

    def test_nothing_won_is_zero(self):
        """A partner with open deals, or of another's deals, has no win, attributed or not."""
        assert value(data(), "wins") == 0
        assert value(data(opportunities=[deal("1", at(2025, 3, 1), partner_id="direct")]), "wins") == 0
        assert value(data(opportunities=[deal("1", at(2026, 3, 1))]), "wins") == 0

    def test_a_missing_attribution_never_demotes(self):
        """Last month's stage stays while this month's credits are not there."""
        deals = [deal(str(month), at(2025, month, 5)) for month in (2, 3, 4)]
        whole = data(opportunities=deals, credits=[win(str(month), at(2025, month, 5)) for month in (2, 3, 4)])
        last = classify(whole, "acme", policy=POLICY, as_of=date(2025, 4, 30))
        assert last.stage == "acceleration"
        for month in range(5, 13):
            last = classify(
                data(opportunities=deals), "acme", policy=POLICY, as_of=date(2025, month, 28), previous=last
            )
            assert (last.stage, last.at_risk) == ("acceleration", ())
