"""From a policy's answer to credits: who, in which order, how much, and the words for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from partnerops import Dataset, Money
from partnerops.attribution import (
    Award,
    Except,
    FirstTouch,
    LastTouch,
    Linear,
    Lookback,
    Only,
    OrElse,
    PositionBased,
    RegistrationFirst,
    TimeDecay,
    attribute_all,
)
from partnerops.attribution._compiled import compile_policy
from partnerops.attribution._engine import id_part
from partnerops.attribution.rules import ByPosition, Even
from partnerops.attribution.steps import Selection, Within
from partnerops.attribution.tables import ShareTable
from partnerops.attribution.wrappers import Bounded, CollapseRepeats
from partnerops.exceptions import InvalidValue
from partnerops.periods import Calendar

from .deal import amounts, asked, at, deal, registration, touch

DAY = 24 * 60 * 60 * 1_000_000  # in microseconds
WON = "a tie in rounding went to it, the earlier to touch"
LOST = "a tie in rounding went to a party that touched earlier"


class Answers:
    """A policy of one's own that answers as it was told."""

    def __init__(self, answer):
        self.answer = answer

    def weigh(self, case, /):
        return self.answer

    def __str__(self) -> str:
        return "own"


def touches(*parties: str):
    """One touch a day from the second on, T1 the first."""
    return [touch(f"T{n}", party, at(n + 1)) for n, party in enumerate(parties, 1)]


class TestParties:
    """A party earns once, the sum of its touches."""

    def test_touches_of_one_party_add_up(self):
        """Two of three touches are two thirds, and the credit names both."""
        result = asked(Linear(), touches("acme", "birch", "acme"), "9.00")
        assert [(one.partner_id, str(one.amount.amount), one.share, one.touch_ids) for one in result.credits] == [
            ("acme", "6.00", Fraction(2, 3), ("T1", "T3")),
            ("birch", "3.00", Fraction(1, 3), ("T2",)),
        ]
        assert result.credits[0].because == "66.7 % by linear: 2 of 3 touches (T1, T3)"

    @pytest.mark.parametrize(
        ("part", "escaped"),
        [("acme", "acme"), ("a:b", "a%3Ab"), ("50%", "50%25"), ("a%3Ab", "a%253Ab"), ("50%:b", "50%25%3Ab")],
    )
    def test_ids_of_credits_escape_what_stands_between_their_parts(self, part, escaped):
        """So that no two pairs of deal and party give one id."""
        assert id_part(part) == escaped
        assert asked(Linear(), touches(part)).credits[0].id == f"D-17:{escaped}"


class TestAwards:
    """Shares of the deal: parties go by their first touch that earned, else by their first touch, else by id."""

    def test_the_order_decides_about_the_last_cent(self):
        """A third of a cent each: it goes to who touched first, not to the first by name or in the award."""
        award = Award({"zinnia": "1/3", "acme": "1/3", "birch": "1/3"}, "by hand")
        result = asked(Answers(award), touches("birch", "zinnia"), "0.01")
        assert [(one.partner_id, str(one.amount.amount)) for one in result.credits] == [
            ("birch", "0.01"), ("zinnia", "0.00"), ("acme", "0.00"),
        ]  # fmt: skip

    def test_those_without_a_touch_come_last_by_id(self):
        """Whatever the order of the award."""
        award = Award({"dahlia": "1/4", "cedar": "1/4", "birch": "1/4", "acme": "1/4"}, "by hand")
        result = asked(Answers(award), touches("birch"))
        assert [one.partner_id for one in result.credits] == ["birch", "acme", "cedar", "dahlia"]

    def test_a_touch_that_earned_nothing_gives_no_place(self):
        """Acme touched first, but earned with its second touch only."""
        award = Award({}, "by hand", touch_shares=[0, "1/2", "1/2"])
        result = asked(Answers(award), touches("acme", "birch", "acme"), "0.01")
        assert [(one.partner_id, str(one.amount.amount), one.touch_ids) for one in result.credits] == [
            ("birch", "0.01", ("T2",)), ("acme", "0.00", ("T3",)),
        ]  # fmt: skip

    def test_a_share_of_nothing_is_no_credit(self):
        """Nor is it a reason to be listed."""
        result = asked(Answers(Award({"acme": 1, "cedar": 0}, "by decision")), touches("cedar"))
        assert [(one.partner_id, one.because) for one in result.credits] == [("acme", "by decision")]

    def test_who_earned_by_touches_is_told_which(self):
        """And what was left out before; who earned outright is told the award alone."""
        late = [touch("T0", "cedar", at(1)), touch("T1", "acme", at(25)), touch("T2", "birch", at(26))]
        result = asked(Lookback(Bounded(Linear(), cap="0.4"), days=10), late)
        assert result.credits[1].because == (
            "40.0 % by linear, each share from 0 % to 40 % within 10 days of the close: 1 of 3 touches (T2); "
            "left out T0 (outside the 10 days before the close); each share from 0 % to 40 %"
        )
        both = asked(Answers(Award({"acme": "1/2"}, "by hand", touch_shares=["1/4", "1/4"])), touches("acme", "birch"))
        assert [(one.share, one.because) for one in both.credits] == [
            (Fraction(3, 4), "25.0 % by own: 1 of 2 touches (T1); by hand"),
            (Fraction(1, 4), "25.0 % by own: 1 of 2 touches (T2); by hand"),
        ]


class TestTies:
    """Where equal remainders met for the last cents, who won and who lost are told; nobody else is."""

    @pytest.mark.parametrize(
        ("weights", "amount", "parts", "told"),
        [
            ([1, 1, 1], "0.10", ["0.04", "0.03", "0.03"], [WON, LOST, LOST]),
            ([1, 1, 1], "-0.10", ["-0.04", "-0.03", "-0.03"], [WON, LOST, LOST]),
            ([1, 1, 1, 1, 1], "0.07", ["0.02", "0.02", "0.01", "0.01", "0.01"], [WON, WON, LOST, LOST, LOST]),
            # remainders 1, 3, 3 of 7: one cent is left, and the first does not contend for it
            ([3, 2, 2], "0.05", ["0.02", "0.02", "0.01"], ["", WON, LOST]),
            # remainders 5, 1, 1 of 7: the largest alone wins
            ([3, 2, 2], "0.04", ["0.02", "0.01", "0.01"], ["", "", ""]),
            # remainders 6, 4, 4 of 7: two cents are left, the largest wins one of them without a tie
            ([3, 2, 2], "0.02", ["0.01", "0.01", "0.00"], ["", WON, LOST]),
            # nothing is left over
            ([3, 2, 2], "0.07", ["0.03", "0.02", "0.02"], ["", "", ""]),
            # remainders 2, 2, 1 of 5: one left for two
            ([2, 2, 1], "0.01", ["0.01", "0.00", "0.00"], [WON, LOST, ""]),
            # as many left as tie for it
            ([1, 1, 2], "0.02", ["0.01", "0.00", "0.01"], [WON, LOST, ""]),
        ],
    )
    def test_each_party_is_told_its_own(self, weights, amount, parts, told):
        """By hand: floors first, then the largest remainders, the earlier first."""
        result = asked(Answers(weights), touches("acme", "birch", "cedar", "dahlia", "elder")[: len(weights)], amount)
        assert [str(one.amount.amount) for one in result.credits] == parts
        for one, text in zip(result.credits, told, strict=True):
            assert one.because.endswith(f"; {text}") if text else "tie" not in one.because


class TestWords:
    """Percentages and counts in a credit's reason."""

    def test_one_touch_is_one_touch(self):
        """In the singular."""
        assert asked(Linear(), touches("acme")).credits[0].because == "100.0 % by linear: 1 of 1 touch (T1)"

    def test_tenths_of_a_percent_round_half_up(self):
        """6.25 % and 93.75 %."""
        result = asked(PositionBased("1/16", "15/16"), touches("acme", "birch"))
        assert [one.because.split(" by ")[0] for one in result.credits] == ["6.3 %", "93.8 %"]

    @pytest.mark.parametrize(
        ("count", "told"),
        [(1, "T1"), (3, "T1, T2, T3"), (4, "T1, T2, T3 and 1 more"), (5, "T1, T2, T3 and 2 more")],
    )
    def test_three_touches_left_out_are_named(self, count, told):
        """And the rest counted."""
        many = [*touches(*["acme"] * count), touch("T9", "birch", at(30))]
        (credit,) = asked(Except(Linear(), parties=["acme"]), many).credits
        assert f"left out {told} (" in credit.because

    @pytest.mark.parametrize(
        ("policy", "count", "told"),
        [
            (Linear(), 1, ["only touch"]),
            (Linear(), 2, ["one of 2 touches that share equally"] * 2),
            (PositionBased(), 1, ["only touch"]),
            (PositionBased(), 2, ["first of two touches", "last of two touches"]),
            (PositionBased(), 3, ["first touch, 40.0 %", "only middle touch, 20.0 %", "last touch, 40.0 %"]),
            (
                PositionBased(),
                4,
                ["first touch, 40.0 %", *["one of 2 middle touches that share 20.0 %"] * 2, "last touch, 40.0 %"],
            ),
        ],
    )
    def test_places_are_told(self, policy, count, told):
        """Alone, in a pair, with one and with two between."""
        assert [line.because for line in asked(policy, touches(*["acme"] * count)).lines] == told


class TestBounds:
    """The edges of what a policy may be given, and of time."""

    def test_a_half_life_is_a_year_at_most(self):
        """366 days, a leap year."""
        assert TimeDecay(366).compiled().rule.half_life_hours == 366 * 24
        with pytest.raises(InvalidValue, match="at most 366"):
            TimeDecay("8785/24")

    @pytest.mark.parametrize("days", [0, 36_601, True, 1.5, "7"])
    def test_a_window_is_a_hundred_years_at_most(self, days):
        """In whole days."""
        assert Lookback(Linear(), days=36_600).days == 36_600
        with pytest.raises(InvalidValue, match=r"Lookback\.days"):
            Lookback(Linear(), days=days)

    def test_a_cap_may_be_the_floor(self):
        """Then every party has the same; below it is refused."""
        assert amounts(Bounded(ShareTable(["0.7", "0.3"]), floor="0.5", cap="0.5"), touches("acme", "birch")) == {
            "acme": "500.00", "birch": "500.00",
        }  # fmt: skip
        with pytest.raises(InvalidValue, match=r"Bounded\.cap"):
            Bounded(Linear(), floor="0.5", cap="0.4")

    def test_what_is_above_the_cap_may_go_to_nobody(self):
        """70/20/10 capped at 40, and the 30 above it handed to no one."""
        capped = Bounded(ShareTable(["0.7", "0.2", "0.1"]), cap="0.4", excess="unattributed")
        result = asked(capped, touches("acme", "birch", "cedar"))
        assert [str(one.amount.amount) for one in result.credits] == ["400.00", "200.00", "100.00"]
        assert str(result.unattributed) == "300.00 BRL"

    def test_a_deal_may_be_asked_about_at_the_instant_of_its_close(self):
        """And not a microsecond before."""
        assert len(asked(Linear(), touches("acme"), as_of=at(31)).credits) == 1
        with pytest.raises(InvalidValue, match="at or after the close"):
            asked(Linear(), touches("acme"), as_of=datetime(2026, 3, 30, 23, 59, 59, 999999, tzinfo=UTC))

    def test_a_date_ends_in_the_zone_of_the_calendar(self):
        """Won at 01:00 UTC of 1 April, which in Sao Paulo is still 31 March."""
        data = Dataset(opportunities=[deal(closed_at=datetime(2026, 4, 1, 1, tzinfo=UTC))])
        found = {
            zone: attribute_all(data, policy=Linear(), as_of=date(2026, 3, 31), calendar=Calendar(zone))
            for zone in ("UTC", "America/Sao_Paulo")
        }
        assert [len(results) for results in found.values()] == [0, 1]

    def test_a_class_is_no_policy_for_a_batch(self):
        """Even where there is no deal to find out by."""
        with pytest.raises(InvalidValue, match=r"attribute_all\(policy=\.\.\.\)"):
            attribute_all(Dataset(), policy=Linear, as_of=at(31))


class TestAges:
    """A weight halves with every half-life, in whole hours, and never reaches 0."""

    @pytest.mark.parametrize(
        ("hours", "ages", "weights"),
        [
            # one hour: 2^20, 2^19, ... down to 1 after twenty of them, and 1 for every older touch
            (1, [40, 21, 20, 19, 18, 1, 0], [1, 1, 1, 2, 4, 2**19, 2**20]),
            # three hours: cube roots of a half on the way
            (3, [600, 60, 59, 6, 4, 3, 2, 1, 0], [1, 1, 1, 2**18, 416_128, 2**19, 660_561, 832_255, 2**20]),
        ],
    )
    def test_by_hand(self, hours, ages, weights):
        """From the oldest touch to the newest; minutes do not count."""
        newest = datetime(2026, 3, 30, 12, tzinfo=UTC)
        many = [touch(f"T{n}", "acme", newest - timedelta(hours=age, minutes=59)) for n, age in enumerate(ages[:-1])]
        result = asked(TimeDecay(Fraction(hours, 24)), [*many, touch("T99", "birch", newest)])
        assert [line.weight for line in result.lines] == weights


class TestSelections:
    """Only what matches every list, or all but what matches any."""

    mixed = (
        touch("T1", "acme", at(2), kind="demo"),
        touch("T2", "acme", at(3), kind="call"),
        touch("T3", "birch", at(4), kind="demo"),
        touch("T4", "birch", at(5), kind="call"),
    )

    @pytest.mark.parametrize(
        ("policy", "kept"),
        [
            (Only(Linear(), kinds=["demo"]), ["T1", "T3"]),
            (Only(Linear(), parties=["acme"]), ["T1", "T2"]),
            (Only(Linear(), kinds=["demo"], parties=["acme"]), ["T1"]),
            (Only(Linear(), kinds=["demo", "call"], parties=["birch"]), ["T3", "T4"]),
            (Except(Linear(), kinds=["demo"]), ["T2", "T4"]),
            (Except(Linear(), parties=["acme"]), ["T3", "T4"]),
            (Except(Linear(), kinds=["demo"], parties=["acme"]), ["T4"]),
        ],
        ids=str,
    )
    def test_which_touches_earn(self, policy, kept):
        """Two parties, two kinds."""
        result = asked(policy, self.mixed)
        assert sorted(id for one in result.credits for id in one.touch_ids) == kept

    def test_runs_are_of_one_party(self):
        """The first or the last of each run; a party that comes back opens another."""
        path = touches("acme", "acme", "birch", "acme", "acme", "acme")
        for which, kept in (("first", ["T1", "T3", "T4"]), ("last", ["T2", "T3", "T6"])):
            result = asked(CollapseRepeats(Linear(), keep=which), path)
            assert sorted(id for one in result.credits for id in one.touch_ids) == kept

    def test_places_count_from_either_end(self):
        """And say from which."""
        path = touches("acme", "birch", "cedar")
        told = {
            end: [line.because for line in asked(ShareTable(["0.7", "0.3"], count_from=end), path).lines]
            for end in ("first", "last")
        }
        beyond = "beyond the 2 places that earn, counted from the"
        assert told["first"] == [
            "place 1 counted from the first, 70 %", "place 2 counted from the first, 30 %", f"{beyond} first",
        ]  # fmt: skip
        assert told["last"] == [
            f"{beyond} last", "place 2 counted from the last, 30 %", "place 1 counted from the last, 70 %",
        ]  # fmt: skip


class TestIntegers:
    """What policies and wrappers compile to."""

    def test_ends_with_different_denominators(self):
        """A half and a third leave a sixth; a pair shares 3:2, or 7:5 with half of the middle each."""
        assert PositionBased("1/2", "1/3").compiled().rule == ByPosition(3, 1, 2, pair=(3, 2))
        split = PositionBased("1/2", "1/3", two_touches="split_middle")
        assert split.compiled().rule == ByPosition(3, 1, 2, pair=(7, 5))

    def test_steps_stand_from_the_outside_in(self):
        """Of two windows in a row the shorter one stays; a filter between them keeps both."""
        only, week, month = Selection(kinds=["demo"], parties=[], only=False), Within(7 * DAY), Within(30 * DAY)
        assert compile_policy(Except(Lookback(Linear(), days=30), kinds=["demo"])).steps == (only, month)
        assert compile_policy(Lookback(Except(Linear(), kinds=["demo"]), days=30)).steps == (month, only)
        for policy in (Lookback(Lookback(Linear(), days=30), days=7), Lookback(Lookback(Linear(), days=7), days=30)):
            assert compile_policy(policy).steps == (week,)
        inner = Lookback(Except(Linear(), kinds=["demo"]), days=30)
        assert compile_policy(Lookback(inner, days=7)).steps == (week, only)

    def test_a_filter_holds_for_every_link_of_a_chain(self):
        """Of three policies too; and the last to be asked stands last."""
        chain = OrElse(OrElse(FirstTouch(), LastTouch()), Linear())
        found = compile_policy(Lookback(chain, days=7))
        links = [found, found.otherwise, found.otherwise.otherwise]
        assert [link.steps for link in links] == [(Within(7 * DAY),)] * 3
        assert links[2].rule == Even()
        assert links[2].otherwise is None

    def test_the_same_claim_is_made_once(self):
        """By the outer wrapper."""
        twice = compile_policy(RegistrationFirst(RegistrationFirst(Linear())))
        assert twice == compile_policy(RegistrationFirst(Linear()))
        assert len(twice.outright) == 1


def test_reasons_of_registrations_and_touches_stand_side_by_side():
    """A registration that protects the deal takes it all, and touches are not asked."""
    result = asked(RegistrationFirst(Linear()), touches("birch"), registrations=[registration("R-1", "acme")])
    assert [(one.partner_id, one.amount) for one in result.credits] == [("acme", Money("1000.00", "BRL"))]
