"""The forecast as its users meet it: stage weights, buckets, parts, refusals that teach."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext

import pytest
from attrs import frozen

from partnerops import Calendar, Dataset, Money, Opportunity, Period, StageChange
from partnerops.exceptions import (
    CurrencyMismatch,
    InexactNumber,
    InvalidValue,
    NaiveDatetime,
    PolicyBrokeContract,
    UnknownName,
)
from partnerops.forecast import (
    Bucket,
    CompiledOutlook,
    NewBusinessLine,
    OutsideLine,
    Probability,
    StageWeighted,
    project,
)

AS_OF = datetime(2026, 4, 15, tzinfo=UTC)
Q2 = Period.quarter(2026, 2)
OUTLOOK = StageWeighted({"proposal": "0.35", "verbal": "0.80"})


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def deal(id: str = "D-1", **changes: object) -> Opportunity:
    values = {
        "id": id, "amount": brl("1000.00"), "stage": "proposal", "origin": "partner", "partner_id": "acme",
        "created_at": datetime(2026, 3, 1, tzinfo=UTC), "expected_close": date(2026, 5, 30),
    }  # fmt: skip
    return Opportunity(**(values | changes))


def won(id: str, at: datetime, **changes: object) -> Opportunity:
    return deal(id, stage="won", status="won", closed_at=at, **changes)


def ask(*deals: Opportunity, outlook: object = OUTLOOK, **options: object):
    return project(deals, **({"outlook": outlook, "period": Q2, "as_of": AS_OF} | options))


class TestStageWeighted:
    def test_a_deal_due_in_the_period_has_the_chance_of_its_stage(self):
        (line,) = ask(deal()).lines
        assert line.expected == brl("350.00")
        assert line.probability == Probability("0.35", method="stage weight", because="stage proposal: 35.0 %")

    @pytest.mark.parametrize(
        ("due", "bucket"),
        [
            (None, "unscheduled"),
            (date(2026, 4, 14), "overdue"),
            (date(2026, 3, 31), "overdue"),
            (date(2026, 4, 15), None),
            (date(2026, 6, 30), None),
            (date(2026, 7, 1), "outside_period"),
        ],
    )
    def test_the_expected_close_decides_whether_it_counts(self, due, bucket):
        result = ask(deal(expected_close=due))
        assert [line.bucket for line in result.outside] == ([bucket] if bucket else [])
        assert len(result.lines) == (bucket is None)

    def test_today_is_the_calendars_today(self):
        """At 01:00 UTC it is still the day before in São Paulo."""
        late = datetime(2026, 4, 16, 1, tzinfo=UTC)
        due = deal(expected_close=date(2026, 4, 15))
        assert [line.bucket for line in ask(due, as_of=late).outside] == ["overdue"]
        assert len(ask(due, as_of=late, calendar=Calendar("America/Sao_Paulo")).lines) == 1

    def test_an_unknown_stage_is_an_error_that_names_deal_and_near_misses(self):
        with pytest.raises(UnknownName, match=r"for the stage of D-9: 'verball'; did you mean 'verbal'\?"):
            ask(deal("D-9", stage="verball"))

    def test_a_weight_of_zero_leaves_a_due_deal_without_a_chance(self):
        (line,) = ask(deal(stage="new"), outlook=StageWeighted({"new": 0})).outside
        assert (line.bucket, line.because) == ("no_chance", "stage new: 0.0 %")

    def test_percentages_are_refused_with_the_fraction_that_was_meant(self):
        with pytest.raises(InvalidValue, match=r"\['proposal'\] must be .*for 35 % write 0\.35"):
            StageWeighted({"proposal": 35})
        with pytest.raises(InvalidValue, match=r"from 0 to 1 \(0\.35 means 35 %\) \(got '-0\.1'\)"):
            StageWeighted({"proposal": "-0.1"})
        with pytest.raises(InvalidValue, match=r"means 35 %\) \(got '350'\)"):
            StageWeighted({"proposal": 350})

    def test_other_weights_are_refused(self):
        with pytest.raises(InexactNumber, match="0.35"):
            StageWeighted({"proposal": 0.35})
        with pytest.raises(InvalidValue, match="exact fraction"):
            StageWeighted({"proposal": "a third"})
        for nothing in ({}, None, "proposal"):
            with pytest.raises(InvalidValue, match="mapping of stages"):
                StageWeighted(nothing)

    def test_the_common_start_asks_for_five_stages(self):
        assert [str(StageWeighted.five([*"abcde"]).table[name]) for name in "abcde"] == [
            "0.1",
            "0.25",
            "0.5",
            "0.7",
            "0.9",
        ]
        for bad in ([*"abcd"], [*"abcda"], "abcde", 5):
            with pytest.raises(InvalidValue, match="five different stages"):
                StageWeighted.five(bad)

    def test_it_is_a_value(self):
        again = pickle.loads(pickle.dumps(OUTLOOK))
        assert again == OUTLOOK == copy.deepcopy(OUTLOOK)
        assert hash(again) == hash(OUTLOOK)
        assert ask(deal(), outlook=again) == ask(deal())
        assert str(OUTLOOK) == "stage weights (proposal 35 %, verbal 80 %)"

    def test_it_compiles_to_integers(self):
        compiled = StageWeighted({"b": "0.125", "a": "0.3"}).compiled()
        assert compiled == CompiledOutlook(unit=40, stages=(("a", 12), ("b", 5)))
        assert compiled.due_in_period


class TestProbability:
    def test_it_scales_exactly_whatever_the_decimal_context(self):
        with localcontext(prec=2):
            scaled = Probability("0.123456789", because="given").scaled("0.5", because="stale")
        assert scaled.value == Decimal("0.061728394")  # half-even at nine decimals
        assert scaled.because == "given; x 0.5: stale"

    def test_it_never_exceeds_one(self):
        assert Probability("0.9").scaled(2, because="x").value == 1
        assert "at most 1" in Probability("0.9").scaled(2, because="x").because

    def test_it_prints_as_a_percentage(self):
        assert str(Probability("0.35", because="by the table")) == "35.0 % (by the table)"
        assert str(Probability(1)) == "100.0 %"

    @pytest.mark.parametrize("value", ["1.01", -1, "NaN", "1/3", None, True])
    def test_what_is_no_probability_is_refused(self, value):
        with pytest.raises(InvalidValue):
            Probability(value)

    def test_floats_and_negative_counts_are_refused(self):
        with pytest.raises(InexactNumber):
            Probability(0.5)
        with pytest.raises(InvalidValue, match="whole number of cases"):
            Probability("0.5", n=-1)
        with pytest.raises(InexactNumber):
            Probability("0.5").scaled(0.5, because="x")
        with pytest.raises(InvalidValue, match="at least 0"):
            Probability("0.5").scaled("-0.5", because="x")


class TestProject:
    def test_closed_is_what_was_won_in_the_period_by_then(self):
        deals = [
            won("D-1", datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)),
            won("D-2", datetime(2026, 4, 1, tzinfo=UTC)),
            won("D-3", AS_OF),
            won("D-4", datetime(2026, 4, 16, tzinfo=UTC)),
        ]
        result = ask(*deals)
        assert [line.opportunity_id for line in result.closed_lines] == ["D-2", "D-3"]
        assert result.expected == result.closed == brl("2000.00")
        assert [(line.opportunity_id, line.bucket) for line in result.outside] == [
            ("D-1", "won_outside_period"), ("D-4", "unknown_state"),
        ]  # fmt: skip

    def test_the_close_falls_on_the_calendars_date(self):
        midnight = won("D-1", datetime(2026, 4, 1, 1, tzinfo=UTC))
        assert ask(midnight).closed == brl("1000.00")
        assert ask(midnight, calendar=Calendar("America/Sao_Paulo")).closed == brl("0.00")

    def test_a_deal_that_closed_later_is_seen_through_its_history(self):
        later = datetime(2026, 5, 2, tzinfo=UTC)
        history = [
            StageChange(stage="proposal", at=datetime(2026, 3, 1, tzinfo=UTC), amount=brl("800.00"),
                        expected_close=date(2026, 6, 1)),
            StageChange(stage="won", status="won", at=later, amount=brl("1000.00")),
        ]  # fmt: skip
        (line,) = ask(won("D-1", later, history=history)).lines
        assert (line.amount, line.expected) == (brl("800.00"), brl("280.00"))

    def test_lost_deals_and_deals_without_amount_stand_outside(self):
        lost = deal("D-1", stage="lost", status="lost", closed_at=AS_OF, lost_reason="price")
        result = ask(lost, deal("D-2", amount=None), deal("D-3"))
        assert [(line.opportunity_id, line.bucket) for line in result.outside] == [
            ("D-1", "lost"),
            ("D-2", "no_amount"),
        ]
        assert result.outside[0].because.endswith("price")
        assert result.amount_outside("lost") == brl("1000.00")
        assert result.amount_outside(Bucket.NO_AMOUNT) == brl("0.00")
        with pytest.raises(UnknownName, match="did you mean 'overdue'"):
            result.amount_outside("overdu")

    def test_a_zero_amount_is_a_value(self):
        (line,) = ask(deal(amount=brl("0.00"))).lines
        assert line.expected == line.amount == brl("0.00")

    def test_rounding_happens_once_and_the_cents_go_to_the_largest_fractions(self):
        thirds = StageWeighted({"proposal": "0.333333333"})
        result = ask(*(deal(f"D-{n}", amount=brl("0.01")) for n in range(6)), outlook=thirds)
        assert result.pipeline == brl("0.02")
        assert [line.expected.minor for line in result.lines] == [1, 1, 0, 0, 0, 0]

    def test_an_outlook_that_ignores_the_dates_brings_overdue_deals_back(self):
        @frozen
        class Even:
            def probability(self, opportunity, /, *, as_of, period):
                return Probability("0.5")

        result = ask(deal("D-1", expected_close=None), deal("D-2", expected_close=date(2026, 1, 1)), outlook=Even())
        assert [line.opportunity_id for line in result.lines] == ["D-1", "D-2"]
        assert result.outside == ()

    def test_what_an_outlook_is_told(self):
        seen = []

        class Watcher:
            def probability(self, opportunity, /, *, as_of, period):
                seen.append((opportunity.id, as_of, str(as_of.tzinfo), period))
                return Probability(0, because="watching")

        ask(deal(), outlook=Watcher(), calendar=Calendar("America/Sao_Paulo"), as_of=date(2026, 4, 15))
        assert seen == [("D-1", datetime(2026, 4, 16, 2, 59, 59, 999999, tzinfo=UTC), "America/Sao_Paulo", Q2)]

    def test_a_dataset_is_as_good_as_its_deals(self):
        assert project(Dataset(opportunities=[deal()]), outlook=OUTLOOK, period=Q2, as_of=AS_OF) == ask(deal())

    def test_new_business_is_a_part_of_its_own(self):
        class Guess:
            def estimate(self, *, as_of, period):
                return [NewBusinessLine(amount=brl("70.00"), origin="partner", because="as last year")]

        result = ask(deal(), new_business=Guess())
        assert result.expected == brl("420.00")
        assert result.new_business == result.by("origin")["partner"].new_business == brl("70.00")
        assert result.by("stage")[None].expected == brl("70.00")
        assert [row["part"] for row in result.to_dicts()] == ["pipeline", "new_business"]


class TestRefusals:
    def test_two_currencies_never_mix(self):
        with pytest.raises(CurrencyMismatch, match="USD"):
            ask(deal("D-1"), deal("D-2", amount=Money("5.00", "USD")))
        with pytest.raises(CurrencyMismatch):
            ask(deal("D-1"), currency="USD")

    def test_a_currency_is_asked_for_only_where_nothing_tells_it(self):
        assert ask(currency="BRL").expected == brl("0.00")
        assert ask(deal()).currency == "BRL"
        with pytest.raises(InvalidValue, match=r"currency=\.\.\."):
            ask(deal(amount=None))
        with pytest.raises(InvalidValue, match="ISO 4217"):
            ask(currency="REAIS")

    def test_two_different_deals_of_one_id_are_refused(self):
        assert len(ask(deal(), deal()).lines) == 1
        with pytest.raises(InvalidValue, match="'D-1' must be given once"):
            ask(deal(), deal(amount=brl("1.00")))

    def test_arguments_of_another_kind(self):
        for outlook in (StageWeighted, None, "stage"):
            with pytest.raises(InvalidValue, match="an outlook"):
                ask(deal(), outlook=outlook)
        with pytest.raises(InvalidValue, match="a new-business policy"):
            ask(deal(), new_business=object())
        with pytest.raises(InvalidValue, match="a Period"):
            ask(deal(), period="2026-Q2")
        with pytest.raises(NaiveDatetime):
            ask(deal(), as_of=datetime(2026, 4, 15))
        with pytest.raises(InvalidValue, match="list of Opportunity"):
            project(deal(), outlook=OUTLOOK, period=Q2, as_of=AS_OF)
        with pytest.raises(InvalidValue, match=r"project\(deals\)\[1\] must be an Opportunity"):
            ask(deal(), "D-2")

    def test_a_policy_that_breaks_its_contract_is_named(self):
        class Half:
            def probability(self, opportunity, /, *, as_of, period):
                return Decimal("0.5")

            def estimate(self, *, as_of, period):
                return [brl("1.00")]

        with pytest.raises(PolicyBrokeContract, match="Half must answer with a Probability, got a Decimal"):
            ask(deal(), outlook=Half())
        with pytest.raises(PolicyBrokeContract, match="Half must answer with NewBusinessLines, got a Money"):
            ask(deal(), new_business=Half())

    def test_new_business_in_another_currency(self):
        class Abroad:
            def estimate(self, *, as_of, period):
                return [NewBusinessLine(amount=Money("1.00", "USD"))]

        with pytest.raises(CurrencyMismatch):
            ask(deal(), new_business=Abroad())
        with pytest.raises(InvalidValue, match="at least 0"):
            NewBusinessLine(amount=brl("1.00"), variance=-1)

    def test_dimensions(self):
        with pytest.raises(UnknownName, match="did you mean 'partner_id'"):
            ask(deal()).by("partner")
        with pytest.raises(InvalidValue, match="a function of one"):
            ask(deal()).by(3)


class TestShowing:
    def test_one_screen_of_text(self):
        result = ask(deal("D-1"), deal("D-2", origin="direct", stage="verbal"), deal("D-3", expected_close=None))
        headline = "2026-Q2: 1,150.00 BRL expected as of 2026-04-15 00:00 UTC = "
        assert str(result).splitlines() == [
            f"{headline}0.00 BRL closed + 1,150.00 BRL pipeline + 0.00 BRL new business",
            "origin     closed      pipeline  new business      expected  open deals",
            "direct   0.00 BRL    800.00 BRL      0.00 BRL    800.00 BRL           1",
            "partner  0.00 BRL    350.00 BRL      0.00 BRL    350.00 BRL           1",
            "total    0.00 BRL  1,150.00 BRL      0.00 BRL  1,150.00 BRL           2",
            "outside: unscheduled 1 (1,000.00 BRL)",
            "by stage weights (proposal 35 %, verbal 80 %)",
        ]
        assert result.open_pipeline == brl("2000.00")

    def test_html_is_escaped_and_holds_a_figure(self):
        html = ask(deal("<b>", origin="<i>"))._repr_html_()
        assert "&lt;b&gt;" in html
        assert "&lt;i&gt;" in html
        assert html.count("<svg") == 1
        assert "<b>" not in html
        assert "<i>" not in html

    def test_rows_carry_every_deal(self):
        rows = ask(deal("D-1"), deal("D-2", expected_close=None), won("D-3", AS_OF)).to_dicts()
        assert [(row["opportunity_id"], row["part"], str(row["expected"])) for row in rows] == [
            ("D-3", "closed", "1000.00 BRL"), ("D-1", "pipeline", "350.00 BRL"), ("D-2", "unscheduled", "0.00 BRL"),
        ]  # fmt: skip

    def test_buckets_have_a_readable_repr(self):
        line = OutsideLine(opportunity=deal(), bucket="lost", because="x")
        assert repr(line.bucket) == "Bucket.LOST"
        with pytest.raises(InvalidValue, match="did you mean 'overdue'"):
            OutsideLine(opportunity=deal(), bucket="overdu", because="x")
