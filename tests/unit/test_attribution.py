"""Attribution as its users meet it: models, wrappers, explanations, and refusals that teach."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from attrs import frozen

from partnerops import DIRECT, Dataset, DealRegistration, Money, Opportunity, Touchpoint
from partnerops.attribution import (
    Award,
    CompiledAttribution,
    FirstTouch,
    LastTouch,
    Linear,
    Lookback,
    PositionBased,
    RegistrationFirst,
    TimeDecay,
    attribute,
    attribute_all,
)
from partnerops.attribution._compiled import compile_policy
from partnerops.attribution.rules import Even
from partnerops.attribution.wrappers import PerCycle
from partnerops.exceptions import InexactNumber, InvalidValue, NaiveDatetime, NotCompilable, PolicyBrokeContract


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def deal(amount: str = "1000.00", **changes: object) -> Opportunity:
    values = {
        "id": "D-17", "amount": Money(amount, "BRL"), "stage": "won", "status": "won",
        "created_at": at(1), "closed_at": at(31),
    }  # fmt: skip
    return Opportunity(**(values | changes))


def touch(id: str, party: str, when: datetime, **changes: object) -> Touchpoint:
    return Touchpoint(
        **({"id": id, "opportunity_id": "D-17", "partner_id": party, "at": when, "kind": "demo"} | changes)
    )


def registration(id: str, party: str, **changes: object) -> DealRegistration:
    values = {
        "id": id, "opportunity_id": "D-17", "partner_id": party, "submitted_at": at(3), "decided_at": at(4),
        "status": "approved", "protected_until": datetime(2026, 6, 1, tzinfo=UTC),
    }  # fmt: skip
    return DealRegistration(**(values | changes))


def amounts(touches, policy, amount: str = "1000.00", **options: object) -> dict[str, str]:
    result = attribute(deal(amount), touches, policy=policy, **options)
    return {credit.partner_id: str(credit.amount.amount) for credit in result.credits}


THREE = [touch("T1", "acme", at(2)), touch("T2", "birch", at(9)), touch("T3", "cedar", at(20))]


class TestModels:
    """Each model by hand, with 0, 1, 2 and more touches."""

    @pytest.mark.parametrize(
        "policy", [FirstTouch(), LastTouch(), Linear(), PositionBased(), TimeDecay(), Lookback(Linear(), days=90)]
    )
    def test_one_touch_takes_all_and_none_leaves_the_deal_unattributed(self, policy):
        """The two edges are the same for every model."""
        assert amounts(THREE[:1], policy) == {"acme": "1000.00"}
        empty = attribute(deal(), [], policy=policy)
        assert empty.credits == ()
        assert empty.unattributed == Money("1000.00", "BRL")

    def test_first_and_last(self):
        """The ends of the journey."""
        assert amounts(THREE, FirstTouch()) == {"acme": "1000.00"}
        assert amounts(THREE, LastTouch()) == {"cedar": "1000.00"}

    def test_touches_of_one_instant_rank_by_id(self):
        """The tie-break is stated and does not depend on the order given."""
        same = [touch("T2", "birch", at(2)), touch("T1", "acme", at(2))]
        assert amounts(same, FirstTouch()) == {"acme": "1000.00"}
        assert amounts(same, LastTouch()) == {"birch": "1000.00"}

    def test_linear_gives_the_odd_cent_to_the_earlier_party(self):
        """Thirds of ten reais."""
        assert amounts(THREE, Linear(), "10.00") == {"acme": "3.34", "birch": "3.33", "cedar": "3.33"}

    def test_position_based_shares(self):
        """40/20/40, and any other ends."""
        assert amounts(THREE, PositionBased()) == {"acme": "400.00", "birch": "200.00", "cedar": "400.00"}
        assert amounts(THREE, PositionBased("0.3", "0.5")) == {"acme": "300.00", "birch": "200.00", "cedar": "500.00"}

    def test_two_touches_follow_the_named_rule(self):
        """30/20/50 without a middle is 37.5/62.5 or 40/60."""
        two = THREE[:2]
        assert amounts(two, PositionBased("0.3", "0.5")) == {"acme": "375.00", "birch": "625.00"}
        split = PositionBased("0.3", "0.5", two_touches="split_middle")
        assert amounts(two, split) == {"acme": "400.00", "birch": "600.00"}

    def test_a_middle_without_weight_earns_no_credit(self):
        """Marketo's U has nothing in the middle: no line of zero is invented for it."""
        assert amounts(THREE, PositionBased("0.5", "0.5")) == {"acme": "500.00", "cedar": "500.00"}

    def test_time_decay_halves_with_each_half_life(self):
        """Weights 1, 1/2 and 1/4 of the newest."""
        week = [touch("T1", "acme", at(1)), touch("T2", "birch", at(8)), touch("T3", "cedar", at(15))]
        assert amounts(week, TimeDecay(half_life_days=7), "700.00") == {
            "acme": "100.00", "birch": "200.00", "cedar": "400.00",
        }  # fmt: skip

    def test_time_decay_counts_whole_hours(self):
        """59 minutes make no difference, an hour does."""
        near = [touch("T1", "acme", at(2)), touch("T2", "birch", at(2) + timedelta(minutes=59))]
        assert amounts(near, TimeDecay(half_life_days=Fraction(1, 24)), "3.00") == {"acme": "1.50", "birch": "1.50"}
        far = [touch("T1", "acme", at(2)), touch("T2", "birch", at(2, 1))]
        assert amounts(far, TimeDecay(half_life_days=Fraction(1, 24)), "3.00") == {"acme": "1.00", "birch": "2.00"}

    def test_a_party_with_several_touches_earns_their_sum_once(self):
        """Parties share the cent, not touches: one cent over five touches of two parties."""
        five = [touch(f"T{n}", "acme" if n < 2 else "birch", at(2 + n)) for n in range(5)]
        assert amounts(five, PositionBased(), "0.01") == {"acme": "0.00", "birch": "0.01"}

    def test_yen_and_dinar_have_their_own_minor_units(self):
        """Nothing assumes two decimals."""
        for amount, parts in (
            (Money("100", "JPY"), ["34", "33", "33"]),
            (Money("0.100", "KWD"), ["0.034", "0.033", "0.033"]),
        ):
            result = attribute(deal().replace(amount=amount), THREE, policy=Linear())
            assert [str(credit.amount.amount) for credit in result.credits] == parts


class TestWrappers:
    """What a wrapper lets through."""

    def test_the_lookback_window_is_open_at_its_far_end_and_closed_at_the_close(self):
        """A touch exactly `days` old is outside, one microsecond younger inside, one at the close inside."""
        edge = at(31) - timedelta(days=10)
        touches = [
            touch("T1", "acme", edge),
            touch("T2", "birch", edge + timedelta(microseconds=1)),
            touch("T3", "cedar", at(31)),
        ]
        assert amounts(touches, Lookback(Linear(), days=10)) == {"birch": "500.00", "cedar": "500.00"}

    def test_positions_are_those_of_the_touches_left(self):
        """The first touch inside the window is the first touch."""
        assert amounts(THREE, Lookback(FirstTouch(), days=25)) == {"birch": "1000.00"}

    def test_nested_lookbacks_keep_the_shorter_window(self):
        """On objects and in the compiled value."""
        nested = Lookback(Lookback(Linear(), days=5), days=90)
        assert amounts(THREE, nested) == {}
        assert nested.compiled() == Lookback(Linear(), days=5).compiled()

    def test_a_registration_that_protects_the_deal_takes_all(self):
        """Touch or no touch."""
        policy = RegistrationFirst(Linear())
        assert amounts(THREE, policy, registrations=[registration("R-1", "dogwood")]) == {"dogwood": "1000.00"}
        assert amounts([], policy, registrations=[registration("R-1", "dogwood")]) == {"dogwood": "1000.00"}

    def test_the_first_to_file_wins_among_overlapping_registrations(self):
        """The reason says how many there were."""
        filed = [registration("R-1", "acme"), registration("R-2", "birch", submitted_at=at(2))]
        result = attribute(deal(), THREE, policy=RegistrationFirst(Linear()), registrations=filed)
        assert [c.partner_id for c in result.credits] == ["birch"]
        assert "first to file of 2" in result.credits[0].because

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": "rejected", "protected_until": None},
            {"status": "submitted", "decided_at": None, "protected_until": None},
            {"protected_until": at(31)},
            {"status": "withdrawn", "ended_at": at(20)},
            {"decided_at": at(31) + timedelta(seconds=1)},
            {"recorded_at": at(31) + timedelta(seconds=1)},
        ],
    )
    def test_a_registration_that_does_not_protect_at_the_close_does_not_count(self, changes):
        """Rejected, undecided, run out to the instant, withdrawn, decided or recorded too late."""
        filed = [registration("R-1", "dogwood", **changes)]
        assert "dogwood" not in amounts(THREE, RegistrationFirst(Linear()), registrations=filed)

    @pytest.mark.parametrize(
        "changes",
        [
            {"protected_until": at(31) + timedelta(microseconds=1)},
            {"status": "converted", "ended_at": at(31)},
            {"status": "withdrawn", "ended_at": at(31) + timedelta(days=1)},
            {"status": "expired"},
        ],
    )
    def test_a_registration_that_still_protects_at_the_close_counts(self, changes):
        """What became of it later does not matter."""
        filed = [registration("R-1", "dogwood", **changes)]
        assert amounts(THREE, RegistrationFirst(Linear()), registrations=filed) == {"dogwood": "1000.00"}

    def test_wrappers_and_users_policies_nest(self):
        """A user's policy inside a built-in wrapper, which passes an award on."""

        class House:
            def weigh(self, _case, /):
                return Award({"acme": "0.25"}, because="house account")

        result = attribute(deal(), THREE, policy=Lookback(House(), days=3))
        assert [str(c.amount) for c in result.credits] == ["250.00 BRL"]
        assert str(result.unattributed) == "750.00 BRL"

    def test_a_window_may_reach_beyond_the_first_year(self):
        """Ages are compared, so there is no instant to overflow."""
        early = deal(created_at=datetime(1, 1, 2, tzinfo=UTC), closed_at=datetime(1, 1, 3, tzinfo=UTC))
        seen = [touch("T1", "acme", datetime(1, 1, 2, tzinfo=UTC))]
        result = attribute(early, seen, policy=Lookback(Linear(), days=36_600))
        assert [credit.partner_id for credit in result.credits] == ["acme"]

    def test_the_previous_close_is_told_in_utc(self):
        """Whatever zone it was given in."""
        evening = datetime(2026, 3, 5, 22, tzinfo=timezone(timedelta(hours=-3)))
        seen = [touch("T1", "acme", at(2)), touch("T2", "birch", at(9))]
        result = attribute(deal(), seen, policy=PerCycle(Linear()), previous_close=evening)
        assert "by the previous purchase of 2026-03-06 (UTC)" in result.credits[0].because
        assert result.case.previous_close.utcoffset() == timedelta(0)


class TestExplanations:
    """Every line says why, in words that a partner could read."""

    def test_a_credit_says_share_model_and_touches(self):
        """The one-line reason."""
        credit = attribute(deal(), THREE, policy=Linear()).credits[0]
        assert credit.because.startswith("33.3 % by linear: 1 of 3 touches (T1)")
        assert (credit.id, credit.policy, credit.touch_ids) == ("D-17:acme", "Linear()", ("T1",))

    def test_lines_name_excluded_touches_and_positions(self):
        """What fell outside the window is there with its reason and no money."""
        lines = attribute(deal(), THREE, policy=Lookback(PositionBased(), days=25)).lines
        assert [(line.touch_id, str(line.amount), line.because) for line in lines] == [
            ("T1", "0.00 BRL", "left out: outside the 25 days before the close"),
            ("T2", "500.00 BRL", "first of two touches"),
            ("T3", "500.00 BRL", "last of two touches"),
        ]

    @pytest.mark.parametrize(
        ("policy", "told"),
        [
            (FirstTouch(), ["first touch", "not the first touch", "not the first touch"]),
            (LastTouch(), ["not the last touch", "not the last touch", "last touch"]),
            (Linear(), ["one of 3 touches that share equally"] * 3),
            (
                PositionBased(),
                ["first touch, 40.0 %", "only middle touch, 20.0 %", "last touch, 40.0 %"],
            ),
            (
                TimeDecay(half_life_days=7),
                [f"{hours} hours before the newest touch, half-life 168 hours" for hours in (432, 264, 0)],
            ),
            (RegistrationFirst(Linear()), ["one of 3 touches that share equally"] * 3),
        ],
    )
    def test_every_model_explains_each_touch(self, policy, told):
        """One reason per touch."""
        assert [line.because for line in attribute(deal(), THREE, policy=policy).lines] == told

    def test_an_awards_lines_are_its_credits(self):
        """No touch earned them."""
        filed = [registration("R-1", "dogwood")]
        (line,) = attribute(deal(), THREE, policy=RegistrationFirst(Linear()), registrations=filed).lines
        assert (line.touch_id, line.partner_id) == (None, "dogwood")
        assert line.because.startswith("registration R-1, filed 2026-03-03")

    def test_a_users_policy_without_words_is_named_by_its_class(self):
        """Never by a memory address."""

        class Even:
            def weigh(self, case, /):
                return [1] * len(case.touches)

        result = attribute(deal(), THREE, policy=Even())
        assert result.credits[0].policy.endswith("Even")
        assert "0x" not in result.credits[0].because + result.lines[0].because

    def test_a_result_prints_on_a_screen_and_as_html(self):
        """Text for the terminal, an escaped table for the notebook."""
        result = attribute(deal(id="<D>"), [touch("T1", "a&b", at(2), opportunity_id="<D>")], policy=Linear())
        assert "a&b" in str(result)
        assert "<D>: 1000.00 BRL by linear" in str(result)
        page = result._repr_html_()
        assert "a&amp;b" in page
        assert "<D>" not in page
        assert result.to_dicts()[0]["share"] == 1
        assert "unattributed" in str(attribute(deal(), [], policy=Linear()))

    def test_results_are_values(self):
        """Equal, hashable, copied and pickled."""
        result = attribute(deal(), THREE, policy=Linear())
        assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)
        assert hash(result) == hash(attribute(deal(), THREE, policy=Linear()))
        assert result.amount == deal().amount
        assert result.opportunity_id == "D-17"

    def test_credit_ids_never_collide(self):
        """Ids are opaque: a colon in one of them is escaped."""
        one = attribute(deal(id="a:b"), [touch("T", "c", at(2), opportunity_id="a:b")], policy=Linear())
        two = attribute(deal(id="a"), [touch("T", "b:c", at(2), opportunity_id="a")], policy=Linear())
        assert one.credits[0].id != two.credits[0].id


class TestRefusals:
    """Bad input names the value, the place and the remedy."""

    @pytest.mark.parametrize("status", ["open", "lost"])
    def test_only_won_deals_earn(self, status):
        """Journeys that did not convert get no money, ever."""
        other = deal(status=status, stage=status, closed_at=None if status == "open" else at(31))
        with pytest.raises(InvalidValue, match=f"D-17 is {status}"):
            attribute(other, THREE, policy=Linear())

    def test_a_deal_that_closes_after_as_of_is_not_won_yet(self):
        """The message shows both moments."""
        with pytest.raises(InvalidValue, match="at or after the close of D-17"):
            attribute(deal(), THREE, policy=Linear(), as_of=at(30))

    @pytest.mark.parametrize("moment", [datetime(2026, 4, 1), date(2026, 4, 1), "2026-04-01"])
    def test_as_of_is_an_aware_datetime(self, moment):
        """Naive datetimes, dates and strings are refused alike."""
        with pytest.raises(InvalidValue, match="as_of"):
            attribute(deal(), THREE, policy=Linear(), as_of=moment)

    def test_touches_and_registrations_of_another_deal_are_refused(self):
        """The message names the record and both deals."""
        with pytest.raises(InvalidValue, match=r"'T9' must be a touch of D-17 \(got 'D-18'\)"):
            attribute(deal(), [touch("T9", "acme", at(2), opportunity_id="D-18")], policy=Linear())
        with pytest.raises(InvalidValue, match="'R-9' must be a registration of D-17"):
            attribute(deal(), [], policy=Linear(), registrations=[registration("R-9", "a", opportunity_id="D-18")])

    def test_a_registration_by_account_counts_for_the_accounts_deals(self):
        """Where it names no deal."""
        filed = [registration("R-1", "acme", opportunity_id=None, account_id="A-1")]
        result = attribute(deal(account_id="A-1"), [], policy=RegistrationFirst(Linear()), registrations=filed)
        assert result.credits[0].partner_id == "acme"
        with pytest.raises(InvalidValue, match="registration of D-17"):
            attribute(deal(account_id="A-2"), [], policy=Linear(), registrations=filed)

    def test_two_different_touches_with_one_id_are_refused(self):
        """One of them would vanish."""
        with pytest.raises(InvalidValue, match="'T1' must be given once"):
            attribute(deal(), [THREE[0], THREE[0].replace(partner_id="birch")], policy=Linear())

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"opportunity": {"id": "D-17"}}, r"attribute\(opportunity\) must be a value of type Opportunity"),
            ({"touches": None}, r"attribute\(touches\) must be a list of Touchpoint values"),
            ({"touches": THREE[0]}, r"attribute\(touches\) must be a list of Touchpoint values"),
            ({"touches": [*THREE, "T4"]}, r"attribute\(touches\)\[3\] must be a value of type Touchpoint .*'T4'"),
            ({"registrations": ["R1"]}, r"attribute\(registrations=...\)\[0\] must be a value of type DealReg"),
            ({"leads": 7}, r"attribute\(leads=...\) must be a list of Lead values"),
            ({"disputes": [None]}, r"attribute\(disputes=...\)\[0\] must be a value of type Dispute"),
        ],
    )
    def test_records_of_another_kind_are_refused(self, given, message):
        """Argument, place in it, and what was given instead."""
        arguments = {"opportunity": deal(), "touches": THREE} | given
        with pytest.raises(InvalidValue, match=message):
            attribute(arguments.pop("opportunity"), arguments.pop("touches"), policy=Linear(), **arguments)

    def test_a_batch_is_a_dataset_at_a_moment(self):
        """Not a list of deals, and neither a text nor a naive instant."""
        with pytest.raises(InvalidValue, match=r"attribute_all\(data\) must be a value of type Dataset"):
            attribute_all([deal()], policy=Linear(), as_of=date(2026, 4, 1))
        with pytest.raises(InvalidValue, match=r"attribute_all\(as_of=...\) must be a date, or an aware datetime"):
            attribute_all(Dataset(), policy=Linear(), as_of="2026-04-01")
        with pytest.raises(NaiveDatetime, match=r"attribute_all\(as_of=...\)"):
            attribute_all(Dataset(), policy=Linear(), as_of=datetime(2026, 4, 1))

    @pytest.mark.parametrize("policy", [Linear, "linear", None, lambda _case: []])
    def test_what_cannot_weigh_is_no_policy(self, policy):
        """A class in place of its instance is the usual slip."""
        with pytest.raises(InvalidValue, match=r"such as Linear\(\)"):
            attribute(deal(), THREE, policy=policy)
        with pytest.raises(InvalidValue, match=r"Lookback\.policy"):
            Lookback(policy, days=3)

    @pytest.mark.parametrize(
        ("answer", "rule"),
        [
            ([0.5, 0.5, 0.0], "not floats"),
            ([1, 1], r"one weight per touch \(3\), got 2"),
            ([1, -1, 1], "not negative"),
            ([Fraction(1), Fraction(-1, 2), Fraction(1)], "not negative"),
            ([Decimal("NaN"), Decimal(1), Decimal(1)], "finite"),
            (["1", "1", "1"], "int, Fraction or Decimal"),
            (None, "or an Award"),
            ({"T1": 1, "T2": 1, "T3": 1}, "a sequence of weights, got a dict"),
            ({1, 2, 3}, "a sequence of weights, got a set"),
            ("111", "a sequence of weights, got a str"),
            (b"111", "a sequence of weights, got a bytes"),
        ],
    )
    def test_a_policy_that_breaks_its_contract_is_named(self, answer, rule):
        """The message says what it must do and what it did."""

        @frozen
        class Odd:
            def weigh(self, _case, /):
                return answer

        with pytest.raises(PolicyBrokeContract, match=rule) as raised:
            attribute(deal(), THREE, policy=Odd())
        assert "Odd()" in str(raised.value)

    def test_explanations_of_a_wrong_length_are_refused(self):
        """When somebody asks for the lines."""

        @frozen
        class Mute:
            def weigh(self, case, /):
                return [1] * len(case.touches)

            def explain(self, _case, /):
                return ["why"]

        with pytest.raises(PolicyBrokeContract, match="one reason per touch"):
            _ = attribute(deal(), THREE, policy=Mute()).lines

    def test_decimal_and_boolean_weights_are_exact(self):
        """Anything exact is welcome."""

        class Mixed:
            def weigh(self, _case, /):
                return [Decimal("0.5"), True, Fraction(1, 2)]

        assert amounts(THREE, Mixed()) == {"acme": "250.00", "birch": "500.00", "cedar": "250.00"}

    @pytest.mark.parametrize(
        ("build", "error", "message"),
        [
            (lambda: PositionBased(Decimal("NaN")), InvalidValue, r"PositionBased\.first must be an exact number"),
            (lambda: TimeDecay(Decimal("NaN")), InvalidValue, r"TimeDecay\.half_life_days must be an exact number"),
            (lambda: PositionBased(0.4), InexactNumber, r'PositionBased\.first .*write "0\.4"'),
            (lambda: PositionBased("0.7", "0.4"), InvalidValue, r"PositionBased\.last must be at most 3/10"),
            (lambda: PositionBased(0, 0), InvalidValue, "above 0 when first is 0"),
            (lambda: PositionBased("40", "40"), InvalidValue, r"0\.10 means 10 %"),
            (lambda: PositionBased(two_touches="split"), InvalidValue, "did you mean 'split_middle'"),
            (lambda: TimeDecay(half_life_days=0), InvalidValue, "above 0"),
            (lambda: TimeDecay(half_life_days=7.5), InexactNumber, "7.5"),
            (lambda: TimeDecay(half_life_days="1/7"), InvalidValue, "whole number of hours"),
            (lambda: TimeDecay(half_life_days=367), InvalidValue, "366"),
            (lambda: Lookback(Linear(), days=0), InvalidValue, "from 1 to 36600"),
            (lambda: Lookback(Linear(), days="90"), InvalidValue, "whole number of days"),
            (lambda: Lookback(Linear(), days=90.0), InexactNumber, "whole number of days"),
            (lambda: Award({}, because="x"), InvalidValue, "at least one party"),
            (lambda: Award({"a": "0.6", "b": "0.6"}, because="x"), InvalidValue, "sum to at most 1"),
            (lambda: Award({"a": 0.5}, because="x"), InexactNumber, "Award.shares"),
            (lambda: Award({"a": 1}, because=""), InvalidValue, "Award.because"),
        ],
    )
    def test_parameters_out_of_range_are_refused(self, build, error, message):
        """Class and field, rule and value."""
        with pytest.raises(error, match=message):
            build()

    @pytest.mark.parametrize("told", [None, "one text", [None], 7])
    @pytest.mark.parametrize("method", ["explain", "notes"])
    def test_reasons_that_are_no_texts_are_refused(self, method, told):
        """By the name of the policy, and not from somewhere inside."""

        class Odd:
            def weigh(self, case):
                return [1] * len(case.touches)

        setattr(Odd, method, lambda self, case: told)  # noqa: ARG005 - the protocol's shape
        result = attribute(deal(), [touch("T1", "acme", at(2))], policy=Odd())
        with pytest.raises(PolicyBrokeContract, match=rf"Odd must return a list of texts from {method}\(\)"):
            result.explain()


class TestBatch:
    """Every won deal of a dataset."""

    def test_only_deals_won_by_then_count(self):
        """Open, lost and later deals are passed over; a date is its last instant."""
        data = Dataset(
            opportunities=[
                deal(), deal(id="D-18", status="open", stage="new", closed_at=None),
                deal(id="D-19", closed_at=datetime(2026, 4, 1, tzinfo=UTC)),
            ],
            touchpoints=THREE,
        )  # fmt: skip
        (only,) = attribute_all(data, policy=Linear(), as_of=date(2026, 3, 31))
        assert only.opportunity_id == "D-17"
        assert only == attribute(
            deal(), THREE, policy=Linear(), as_of=datetime(2026, 4, 1, tzinfo=UTC) - timedelta.resolution
        )
        assert [one.opportunity_id for one in attribute_all(data, policy=Linear(), as_of=date(2026, 4, 1))] == [
            "D-17",
            "D-19",
        ]

    def test_registrations_by_account_are_found(self):
        """A registration that names only the account counts for its deals."""
        data = Dataset(
            opportunities=[deal(account_id="A-1")],
            registrations=[registration("R-1", "acme", opportunity_id=None, account_id="A-1")],
        )
        (only,) = attribute_all(data, policy=RegistrationFirst(Linear()), as_of=date(2026, 4, 30))
        assert only.credits[0].partner_id == "acme"

    def test_touches_by_account_alone_count_for_all_deals_of_the_account(self):
        """One that names a deal counts for that deal only, whatever account it names beside."""
        deals = [deal(id="D-1", account_id="A-1"), deal(id="D-2", account_id="A-1"), deal(id="D-3", account_id="A-2")]
        touches = [
            touch("T1", "acme", at(2), opportunity_id=None, account_id="A-1"),
            touch("T2", "birch", at(3), opportunity_id="D-2", account_id="A-1"),
        ]
        results = attribute_all(Dataset(opportunities=deals, touchpoints=touches), policy=Linear(), as_of=at(31))
        assert [[credit.partner_id for credit in one.credits] for one in results] == [["acme"], ["acme", "birch"], []]

    def test_direct_is_a_party(self):
        """The vendor's own team earns like anybody."""
        data = Dataset(opportunities=[deal()], touchpoints=[touch("T1", DIRECT, at(2))])
        (only,) = attribute_all(data, policy=Linear(), as_of=at(31))
        assert only.credits[0].partner_id == DIRECT


class TestCompiled:
    """The integers that tables read."""

    def test_users_policies_have_none_and_are_told_what_to_do(self):
        """Inside a built-in wrapper too."""

        class Even:
            def weigh(self, case, /):
                return [1] * len(case.touches)

        for policy in (Even(), Lookback(Even(), days=3), RegistrationFirst(Even())):
            with pytest.raises(NotCompilable, match=r"Even has no compiled\(\)"):
                compile_policy(policy)

    def test_a_compiled_that_is_something_else_is_refused(self):
        """Only integers in the stated form."""

        class Odd:
            def compiled(self):
                return (1, 2)

        with pytest.raises(NotCompilable, match="Odd"):
            compile_policy(Odd())

    def test_compiled_values_hash_and_compare(self):
        """They can key a cache and go into a file."""
        assert PositionBased("0.4", "0.4").compiled() == PositionBased().compiled()
        assert len({Linear().compiled(), CompiledAttribution(rule=Even())}) == 1

    def test_policies_print_themselves(self):
        """A repr that is Python, and words."""
        policy = Lookback(RegistrationFirst(PositionBased("0.3", "0.3")), days=1)
        assert str(policy) == "registration first, else position-based 30/40/30 within 1 day of the close"
        assert str(TimeDecay()) == "time decay with a half-life of 168 hours"
        assert [str(p) for p in (FirstTouch(), LastTouch(), Linear())] == ["first touch", "last touch", "linear"]
        assert eval(repr(Lookback(Linear(), days=90))) == Lookback(Linear(), days=90)  # noqa: S307
