"""Reports over ledgers: accruals that tie, differences with their causes, a partner's return; proof and reasons."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from attrs import evolve

from partnerops import Credit, Dataset, ExchangeRates, Money, Period, Reversal
from partnerops.commission import (
    Clawback,
    CommissionPlan,
    FlatRate,
    GraduatedTiers,
    OnQuota,
    PostingKind,
    Tier,
    VolumeTiers,
    settle,
)
from partnerops.commission.modifiers import Cap, Guarantee, Uplift, Where
from partnerops.commission.reports import accruals, compare_ledgers, project_earnings, what_if
from partnerops.entities import Adjustment, Payout, Withholding
from partnerops.exceptions import CurrencyMismatch, InvalidValue, UnknownName
from partnerops.money import ExchangeRate
from partnerops.periods import Calendar


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def sale(id: str, amount: str, when: datetime, partner: str = "acme", **more) -> Credit:
    return Credit(id=id, opportunity_id=f"D-{id}", partner_id=partner, amount=brl(amount), at=when, **more)


def refund(id: str, deal: str, amount: str, when: datetime) -> Reversal:
    return Reversal(id=id, opportunity_id=deal, kind="refund", amount=brl(amount), at=when)


def plan(rate: str = "0.10", **more) -> CommissionPlan:
    return CommissionPlan(id="p", schedule=more.pop("schedule", FlatRate(rate)), clawback=Clawback(), **more)


class TestAccruals:
    """What was owed, what it cost, what was paid, what is owed."""

    def test_a_month(self):
        """Every column, and both partners tie to their statements."""
        ledger = settle(
            [sale("C1", "1000.00", at(2, 1)), sale("C2", "500.00", at(3, 1)), sale("C3", "200.00", at(3, 2), "birch")],
            plan=plan(), reversals=[refund("X", "D-C1", "500.00", at(3, 9))], as_of=at(4, 1),
            payouts=[
                Payout(id="O", partner_id="acme", gross=brl("80.00"), at=at(3, 5),
                       withholdings=[Withholding(kind="ISS", amount=brl("4.00"))])
            ],
        )  # fmt: skip
        report = accruals(ledger, Period.month(2026, 3))
        acme = report.rows[0]
        assert [str(one.amount) for one in (acme.opening, acme.earned, acme.taken_back, acme.paid, acme.closing)] == [
            "100.00", "50.00", "-50.00", "80.00", "20.00",
        ]  # fmt: skip
        assert (report.ties, report.expense("BRL")) == (True, brl("20.00"))
        assert str(report).startswith("accrual of 2026-03: 20.00 BRL; expense and statements agree")
        assert report.to_dicts()[1]["partner_id"] == "birch"

    def test_draws_and_exchange_tie_too(self):
        """Advances and payouts in another currency are movements of their own."""
        drawn = settle(
            [sale("C", "100.00", at(1, 5))], plan=plan(guarantee=Guarantee(amount=50, recoverable=True)), as_of=at(3, 1)
        )
        assert [str(accruals(drawn, Period.month(2026, m)).rows[0].advanced.amount) for m in (1, 2)] == [
            "0.00",
            "40.00",
        ]
        dollars = Credit(id="U", opportunity_id="D-U", partner_id="acme", amount=Money("100.00", "USD"), at=at(1, 5))
        rates = ExchangeRates([ExchangeRate("USD", "BRL", date(2026, 1, 1), 5)], 90)
        paid = settle(
            [dollars], plan=plan(), rates=rates, as_of=at(3, 1),
            payouts=[Payout(id="O", partner_id="acme", gross=brl("50.00"), at=at(2, 1))],
        )  # fmt: skip
        for ledger in (drawn, paid):
            for month in (1, 2, 3):
                assert accruals(ledger, Period.month(2026, month)).ties

    def test_a_row_that_does_not_tie_says_so(self):
        """As it would after somebody edited a posting."""
        report = accruals(settle([sale("C", "1000.00", at(3, 1))], plan=plan(), as_of=at(4, 1)), Period.month(2026, 3))
        wrong = evolve(report, rows=[evolve(report.rows[0], stated=brl("99.00"))])
        assert not wrong.ties
        assert "EXPENSE AND STATEMENTS DIFFER" in str(wrong)


class TestCompare:
    """Before, after, cause."""

    def causes(self, before, after):
        return {one.line_id: (str(one.difference.amount), one.cause) for one in compare_ledgers(before, after).changes}

    def test_every_kind_of_cause(self):
        """Another plan, another fact, a fact that is new or gone, other sales of the period."""
        tiers = GraduatedTiers([Tier(0, "0.10"), Tier(1000, "0.20")])
        one, two = sale("C1", "1000.00", at(3, 1)), sale("C2", "500.00", at(3, 2))
        monthly = plan(schedule=tiers, attainment="month")
        base = settle([one, two], plan=monthly, as_of=at(4, 1))
        first = sale("C0", "500.00", at(3, 1))
        more = self.causes(base, settle([one, two, first], plan=monthly, as_of=at(4, 1)))
        assert more["C0"] == ("50.00", "new: 10 % on 500.00 BRL: attainment from 0.00 BRL to 500.00 BRL in 2026-03")
        assert more["C1"][0] == "50.00"
        assert more["C1"][1].startswith("other sales of its period: 10 % on 500.00 BRL and 20 % on 500.00 BRL")
        assert self.causes(base, settle([one], plan=monthly, as_of=at(4, 1)))["C2"][1].startswith("gone: 20 %")
        back = settle([one, two], plan=monthly, reversals=[refund("X", "D-C2", "500.00", at(3, 9))], as_of=at(4, 1))
        assert self.causes(base, back)["C2"] == ("-100.00", "refund X of 500.00 BRL: not paid yet, so cancelled")
        assert self.causes(back, base)["C2"][1].startswith("no longer: refund X")
        assert compare_ledgers(base, base).changes == ()
        by_hand = Adjustment(id="M", partner_id="acme", amount=brl("1.00"), at=at(3, 3), reason="typo", credit_id="C1")
        assert self.causes(base, settle([one, two], plan=monthly, adjustments=[by_hand], as_of=at(4, 1))) == {
            "M": ("1.00", "new: typo")
        }

    def test_what_if(self):
        """The same facts under another plan; payouts stay out of it."""
        data = Dataset(
            credits=[sale("C1", "1000.00", at(3, 1)), sale("C2", "10.00", at(3, 1), "birch")],
            payouts=[Payout(id="O", partner_id="acme", gross=brl("100.00"), at=at(3, 2))],
        )
        found = what_if(data, plan=plan(), instead=plan("0.05", version="2"), as_of=at(4, 1))
        assert [str(one.difference.amount) for one in found.changes] == ["-50.00", "-0.50"]
        assert (found.total("acme", "BRL"), found.total("nobody", "BRL")) == (brl("-50.00"), brl("0.00"))
        assert str(found).startswith("2 changes, -50.50 BRL in all")
        assert "p version 1" in str(found.to_dicts()[0]["cause"])


class TestProjection:
    """What a scenario returns."""

    def test_roi_and_payback(self):
        """Month by month, by when commission becomes due."""
        sales = [sale(f"C{m}", "1000.00", at(m, 5)) for m in (1, 2, 3)]
        result = project_earnings(sales, plan=plan(hold_days=30), invested=brl("150.00"))
        assert [(str(one.period), str(one.due.amount), str(one.cumulative.amount)) for one in result.months] == [
            ("2026-01", "0.00", "-150.00"), ("2026-02", "100.00", "-50.00"), ("2026-03", "100.00", "50.00"),
            ("2026-04", "100.00", "150.00"),
        ]  # fmt: skip
        assert (str(result.payback), result.roi.percent(0), result.earned) == ("2026-03", "100 %", brl("300.00"))
        assert "pays back in 2026-03" in str(result)
        assert "<svg" in result._repr_html_()

    def test_none(self):
        """It may never pay back, and without an investment there is no rate."""
        never = project_earnings([sale("C", "10.00", at(1, 5))], plan=plan(), invested=brl("500.00"))
        assert (never.payback, "does not pay back" in str(never)) == (None, True)
        assert project_earnings([sale("C", "10.00", at(1, 5))], plan=plan(), invested=brl("0.00")).roi.value is None

    def test_a_credit_note_lowers_the_month_it_is_in(self):
        """100 in January and 20 back in February; what is covered to the cent is covered."""
        scenario = [sale("C2", "-200.00", at(2, 5)), sale("C1", "1000.00", at(1, 5))]
        result = project_earnings(scenario, plan=plan(), invested=brl("100.00"))
        assert [tuple(map(str, row.values())) for row in result.to_dicts()] == [
            ("2026-01", "1000.00 BRL", "100.00 BRL", "100.00 BRL", "0.00 BRL"),
            ("2026-02", "-200.00 BRL", "-20.00 BRL", "-20.00 BRL", "-20.00 BRL"),
        ]
        assert (str(result.payback), result.earned, str(result.roi)) == (
            "2026-01", brl("80.00"), "-20.00 BRL / 100.00 BRL = -20.0 %",
        )  # fmt: skip

    def test_months_go_on_until_the_last_of_it_is_due(self):
        """Earned in January, due sixty days later."""
        result = project_earnings([sale("C", "1000.00", at(1, 5))], plan=plan(hold_days=60), invested=brl("100.01"))
        assert [(str(one.period), str(one.earned), str(one.due)) for one in result.months] == [
            ("2026-01", "100.00 BRL", "0.00 BRL"),
            ("2026-02", "0.00 BRL", "0.00 BRL"),
            ("2026-03", "0.00 BRL", "100.00 BRL"),
        ]
        assert result.payback is None

    def test_refused(self):
        """No sale, two partners, another currency."""
        for found in ([], [sale("C1", "1.00", at(1, 5)), sale("C2", "1.00", at(1, 5), "birch")]):
            with pytest.raises(InvalidValue, match="at least one credit, all of one partner"):
                project_earnings(found, plan=plan(), invested=brl("1.00"))
        with pytest.raises(CurrencyMismatch, match="set earnings against an investment"):
            project_earnings([sale("C", "1.00", at(1, 5))], plan=plan(), invested=Money("1.00", "USD"))


class TestProof:
    """A tampered ledger shows."""

    LEDGER = settle([sale("C1", "1000.00", at(3, 1)), sale("C2", "500.00", at(3, 2))], plan=plan(), as_of=at(4, 1))

    @pytest.mark.parametrize(
        "change",
        [
            {"amount": brl("100.01")}, {"partner_id": "birch"}, {"posted_on": date(2026, 4, 1)}, {"note": "sorry"},
            {"policy": plan("0.11").ref}, {"kind": PostingKind.ADJUSTED},
        ],
    )  # fmt: skip
    def test_any_change_changes_the_digest(self, change):
        """And of everything after it, never of what was before."""
        first, second = self.LEDGER.postings
        edited = self.LEDGER.replace(postings=[evolve(first, **change), second])
        assert edited.digest != self.LEDGER.digest
        assert edited.digest_at(0) == self.LEDGER.digest_at(0) == "0" * 64
        assert not edited.continues(self.LEDGER)
        assert self.LEDGER.replace(postings=[second, first]).digest != self.LEDGER.digest

    def test_a_longer_ledger_continues_a_shorter(self):
        """Its digest was the shorter one's."""
        before = settle([sale("C1", "1000.00", at(3, 1))], plan=plan(), as_of=at(3, 1))
        assert self.LEDGER.continues(before)
        assert self.LEDGER.digest_at(1) == before.digest
        with pytest.raises(InvalidValue, match="count"):
            self.LEDGER.digest_at(3)

    def test_an_edited_plan_has_another_digest(self):
        """Whatever was edited; a user's schedule counts as it prints itself."""

        class Mine:
            def __init__(self, rate):
                self.rate = rate

            def __repr__(self):
                return f"Mine({self.rate})"

            def cumulative(self, attained, /):
                return attained * self.rate

        digests = [
            one.ref.digest
            for one in (
                plan(),
                plan("0.11"),
                plan(hold_days=1),
                plan(modifiers=[Cap(5)]),
                plan(schedule=Mine(1)),
                plan(schedule=Mine(2)),
            )
        ]
        assert len(set(digests)) == len(digests)


class TestExplain:
    """Everything that happened to one earning."""

    def test_in_order(self):
        """Slices, modifiers, the plan, and what came after."""
        tiers = VolumeTiers([Tier(0, "0.10"), Tier(1000, "0.20")], boundary="lower")
        lifted = plan(
            schedule=tiers, attainment="month", modifiers=[Uplift("0.5", where=Where()), Cap(400)], hold_days=5
        )
        ledger = settle(
            [sale("C1", "800.00", at(3, 1)), sale("C2", "700.00", at(3, 2))], plan=lifted, as_of=at(4, 1),
            reversals=[refund("X", "D-C2", "350.00", at(3, 20))],
        )  # fmt: skip
        found = ledger.explain("C2")
        assert [row["what"] for row in found.to_dicts()] == [
            "tier", "tier", "tier", "modifier", "earned", "released", "cancelled",
        ]  # fmt: skip
        assert found.net == sum((line.amount for line in found.lines), start=brl("0.00"))
        assert str(found).startswith(f"C2 of acme: {found.net} is left")
        assert "<svg" in found._repr_html_()
        with pytest.raises(UnknownName, match="no earning 'C22'; did you mean 'C2'"):
            ledger.explain("C22")

    def test_a_users_schedule_is_one_slice(self):
        """Without integers there are no tiers to show."""

        class Odd:
            def cumulative(self, attained, /):
                return attained / 7

        (line,) = (
            settle([sale("C", "10.00", at(3, 1))], plan=plan(schedule=Odd()), as_of=at(4, 1))
            .statement("acme", Period.month(2026, 3))
            .lines
        )
        assert [(one.rate, one.amount) for one in line.slices] == [(None, brl("1.43"))]

    def test_words_of_schedules(self):
        """As a plan prints them."""
        quota = OnQuota(GraduatedTiers([Tier(0, "0.08"), Tier(1, "0.12", flat=5)]), quota=50000)
        assert str(plan(schedule=quota, attainment="fiscal_year")) == (
            "p version 1: 8 % and 12 % above 1 and 5 once of a quota of 50,000, by fiscal year"
        )
        assert str(quota.at_quota()) == "8 % and 12 % above 1 and 5 once of a quota of 50,000"
        assert str(OnQuota(quota.schedule)).endswith("of the quota")
        assert OnQuota(quota.schedule).compiled() is None
        assert quota.compiled() == quota.at_quota().compiled()


def test_a_night_in_another_zone_is_one_month():
    """22 h of 31 January in São Paulo is February in UTC: sale and commission stand in January."""
    there = plan(calendar=Calendar(zone="America/Sao_Paulo"))
    sold = sale("C", "1000.00", datetime(2026, 2, 1, 1, tzinfo=UTC))
    (month,) = project_earnings([sold], plan=there, invested=brl("10.00")).months
    assert (month.period, month.sales, month.earned) == (Period.month(2026, 1), brl("1000.00"), brl("100.00"))
