"""Wrappers that work on shares: blends, bounds, withheld credit, versions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from partnerops import DIRECT, Money, OpportunityLine
from partnerops.attribution import (
    FirstTouch,
    LastTouch,
    LeadOrigin,
    Linear,
    Lookback,
    PositionBased,
    RegistrationFirst,
    attribute,
)
from partnerops.attribution.tables import FixedSplit, ShareTable
from partnerops.attribution.wrappers import (
    Blended,
    Bounded,
    Versioned,
    Withhold,
)
from partnerops.exceptions import InexactNumber, InvalidValue, NotCompilable, PolicyBrokeContract

from .deal import amounts, asked, at, deal, registration, touch

THREE = [touch("T1", "acme", at(2)), touch("T2", "birch", at(9)), touch("T3", DIRECT, at(20))]
SHARES = ShareTable(["0.7", "0.2", "0.1"])


class TestBounded:
    """No party below a floor or above a cap."""

    def test_a_cap_spreads_over_the_others_in_proportion(self):
        """70/20/10 capped at 40: the other 60 go 2:1, which the cap stops again at nothing."""
        assert amounts(Bounded(SHARES, cap="0.4"), THREE) == {"acme": "400.00", "birch": "400.00", DIRECT: "200.00"}

    def test_a_floor_is_paid_by_the_others_in_proportion(self):
        """70/20/10 with a floor of 20: the others share 80 in 7:2, which puts the second one on the floor too."""
        assert amounts(Bounded(SHARES, floor="0.2"), THREE) == {"acme": "600.00", "birch": "200.00", DIRECT: "200.00"}

    def test_a_cap_for_all_that_is_too_low_leaves_a_rest(self):
        """One party at 60 %."""
        result = asked(Bounded(Linear(), cap="0.6"), THREE[:1])
        assert str(result.unattributed) == "400.00 BRL"
        assert result.credits[0].touch_ids == ("T1",)
        assert [(line.touch_id, line.weight, str(line.amount)) for line in result.lines] == [("T1", None, "600.00 BRL")]
        assert result.notes == ("each share from 0 % to 60 %: acme 100 % became 60 %",)
        assert "unattributed" in result._repr_html_().split("<svg")[1]
        assert result.to_dicts()[-1]["because"] == "left over by the award"

    def test_a_floor_for_all_that_is_too_high_makes_all_equal(self):
        """Three parties cannot have half each."""
        assert amounts(Bounded(SHARES, floor="0.5"), THREE, "9.00") == {"acme": "3.00", "birch": "3.00", DIRECT: "3.00"}

    def test_dropping_keeps_the_largest_even_below_the_floor(self):
        """Nobody is left out entirely."""
        assert amounts(Bounded(SHARES, floor="0.2", below="drop"), THREE, "9.00") == {"acme": "7.00", "birch": "2.00"}
        even = amounts(Bounded(Linear(), floor="0.9", below="drop"), THREE, "9.00")
        assert even == {"acme": "3.00", "birch": "3.00", DIRECT: "3.00"}

    def test_awards_are_bounded_unless_they_stand_outside(self):
        """A wrapper means what it says."""
        filed = [registration("R-1", "cedar")]
        inside = asked(Bounded(RegistrationFirst(Linear()), cap="0.5"), THREE, registrations=filed)
        assert [(c.partner_id, str(c.amount.amount)) for c in inside.credits] == [("cedar", "500.00")]
        outside = RegistrationFirst(Bounded(Linear(), cap="0.5"))
        assert amounts(outside, THREE, registrations=filed) == {"cedar": "1000.00"}

    def test_only_a_share_that_moved_is_noted(self):
        """70/20/10 with a floor of 20: acme pays for the third, birch stays where it was."""
        assert asked(Bounded(SHARES, floor="0.2"), THREE).notes == (
            "each share from 20 % to 100 %: acme 70 % became 60 %",
            "each share from 20 % to 100 %: direct 10 % became 20 %",
        )
        assert asked(Bounded(SHARES, floor="0.1", cap="0.7"), THREE).notes == ()

    def test_nobody_stays_nobody(self):
        """No touch."""
        assert amounts(Bounded(Linear(), floor="0.2", cap="0.5")) == {}
        assert str(Bounded(Linear(), floor="0.2", below="drop")) == "linear, shares below 20 % dropped, at most 100 %"

    @pytest.mark.parametrize(
        ("wrap", "told"),
        [
            (lambda inner: Bounded(inner, cap="0.5"), "each share from 0 % to 50 %"),
            (lambda inner: Withhold(inner, parties=[DIRECT]), "party direct withheld"),
        ],
    )
    def test_the_reason_of_an_award_inside_stays(self, wrap, told):
        """Who reads the credit wants to know which registration earned it, and what was cut."""
        result = asked(wrap(RegistrationFirst(Linear())), THREE, registrations=[registration("R-1", "cedar")])
        assert result.credits[0].because.startswith("registration R-1, filed")
        assert result.credits[0].because.endswith(f"when it closed; {told}")

    def test_a_registration_of_a_product_leaves_the_reason_for_the_rest(self):
        """The lead's party did not earn by the registration."""
        lines = [
            OpportunityLine(product=name, amount=Money(amount, "BRL"))
            for name, amount in (("crm", "600.00"), ("erp", "400.00"))
        ]
        result = attribute(
            deal(lines=lines, origin="partner", partner_id="zinnia"),
            THREE,
            policy=RegistrationFirst(LeadOrigin()),
            registrations=[registration("R-1", "acme", product="crm")],
        )
        assert {c.partner_id: str(c.amount.amount) for c in result.credits} == {"acme": "600.00", "zinnia": "400.00"}
        assert result.credits[1].because.endswith("; brought by zinnia: the deal's own record; no lead is known")


class TestBlend:
    """Two policies, a part each."""

    def test_parts_add_up(self):
        """70 to the first, 30 over all."""
        policy = Blended(FirstTouch(), Linear(), part="0.7")
        result = asked(policy, THREE)
        assert {c.partner_id: str(c.amount.amount) for c in result.credits} == {
            "acme": "800.00", "birch": "100.00", DIRECT: "100.00",
        }  # fmt: skip
        assert result.lines[1].because == "70 %: not the first touch; 30 %: one of 3 touches that share equally"
        assert result.lines[1].weight == 1

    def test_what_one_leaves_to_nobody_stays_there(self):
        """Half of the deal has no touch in the window."""
        policy = Blended(Lookback(Linear(), days=1), FixedSplit({"acme": 1}, because="contract"), part="0.5")
        result = asked(policy, THREE)
        assert str(result.unattributed) == "500.00 BRL"
        assert result.credits[0].because == "50 % by fixed split acme 100 %: contract"

    def test_touches_and_parties_may_earn_at_once(self):
        """Half by the first touch, half outright: the lines show both, and sum to the credit."""
        policy = Blended(FirstTouch(), FixedSplit({"acme": "0.5", "zeta": "0.5"}, because="contract"), part="0.5")
        result = asked(policy, THREE, "0.05")
        assert [(c.partner_id, str(c.amount.amount)) for c in result.credits] == [("acme", "0.04"), ("zeta", "0.01")]
        assert result.credits[0].because.startswith("50.0 % by 50 % first touch and 50 % fixed split")
        assert result.credits[0].because.endswith("(T1); 50 % by fixed split acme 50 %, zeta 50 %: contract")
        assert [(line.touch_id, line.partner_id, str(line.amount.amount)) for line in result.lines] == [
            (None, "acme", "0.01"), (None, "zeta", "0.01"), ("T1", "acme", "0.03"),
            ("T2", "birch", "0.00"), ("T3", DIRECT, "0.00"),
        ]  # fmt: skip

    def test_a_lookback_realigns_the_shares_of_touches(self):
        """What the policy inside says about two touches is fitted back into three."""
        policy = Lookback(Bounded(LastTouch(), cap="0.5"), days=25)
        result = asked(policy, THREE)
        assert [line.share for line in result.lines] == [0, 0, result.lines[2].share]
        assert str(result.credits[0].amount) == "500.00 BRL"


class TestWithhold:
    """Credit that is weighed and not given."""

    def test_the_others_keep_what_they_had(self):
        """A third stays with nobody; Except would share it out."""
        result = asked(Withhold(Linear(), parties=[DIRECT]), THREE, "9.00")
        assert {c.partner_id: str(c.amount.amount) for c in result.credits} == {"acme": "3.00", "birch": "3.00"}
        assert str(result.unattributed) == "3.00 BRL"
        assert result.lines[2].because == "withheld from party direct: one of 3 touches that share equally"
        assert result.lines[2].counts

    def test_awards_to_the_party_are_withheld_too(self):
        """All of it: nobody earns the deal."""
        split = FixedSplit({DIRECT: 1}, because="contract")
        assert asked(Withhold(split, parties=[DIRECT]), THREE).credits == ()


class TestVersioned:
    """The house's name and version."""

    def test_name_and_version_are_in_every_credit(self):
        """In the reason and in the policy's own print."""
        policy = Versioned(PositionBased(), model="channel", version="2026-1")
        credit = asked(policy, THREE).credits[0]
        assert credit.because.startswith("40.0 % by channel 2026-1 (position-based 40/20/40)")
        assert "version='2026-1'" in credit.policy
        assert policy.compiled() == PositionBased().compiled()

    def test_any_change_of_a_policy_changes_its_digest(self):
        """A version without a name, twelve digits; for a class of the user's own its name."""
        one, other = asked(Lookback(Linear(), days=30), THREE), asked(Lookback(Linear(), days=31), THREE)
        assert len(one.version) == 12
        assert one.version != other.version

        class Even:
            def weigh(self, case, /):
                return [1] * len(case.touches)

        assert asked(Even(), THREE).version.endswith("Even")


class TestContracts:
    """Policies that break theirs inside a wrapper are named, not the wrapper."""

    @pytest.mark.parametrize(
        "wrap",
        [
            lambda inner: Lookback(inner, days=25),
            lambda inner: Blended(inner, Linear(), part="0.5"),
            lambda inner: Bounded(inner, cap="0.5"),
            lambda inner: Withhold(inner, parties=[DIRECT]),
        ],
    )
    @pytest.mark.parametrize("answer", [[1], [0.5, 0.5, 0.5], [-1, 1, 1]])
    def test_the_inner_policy_is_named(self, wrap, answer):
        """Too few weights, floats, negative ones."""

        class Broken:
            def __repr__(self):
                return "Broken()"

            def weigh(self, _case, /):
                return answer

        with pytest.raises(PolicyBrokeContract, match=r"Broken\(\) must"):
            asked(wrap(Broken()), THREE)

    def test_touch_shares_of_a_wrong_number_are_refused(self):
        """One per touch, or none."""
        from partnerops.attribution import Award

        class Odd:
            def weigh(self, _case, /):
                return Award({}, "", touch_shares=["0.5"])

        with pytest.raises(PolicyBrokeContract, match=r"one touch share per touch \(3\), or none, got 1"):
            asked(Odd(), THREE)

    def test_shares_of_parties_and_touches_sum_to_at_most_one(self):
        """Together; and shares of parties need a reason."""
        from partnerops.attribution import Award

        with pytest.raises(InvalidValue, match=r"Award\.touch_shares must be shares that sum .* \(got '6/5'"):
            Award({"acme": "0.7"}, "agreed", touch_shares=["0.5"])
        with pytest.raises(InvalidValue, match=r"Award\.because"):
            Award({"acme": "0.7"}, " ", touch_shares=["0.1"])
        assert Award({}, "", touch_shares=["0.5", 0]).total == Fraction(1, 2)

    def test_shares_do_not_compile(self):
        """Tables are told so."""
        for policy in (Blended(Linear(), Linear(), part=1), Bounded(Linear()), Withhold(Linear(), kinds=["demo"])):
            with pytest.raises(NotCompilable, match=type(policy).__name__):
                Lookback(policy, days=3).compiled()

    @pytest.mark.parametrize(
        ("build", "error", "message"),
        [
            (lambda: Blended(Linear(), Linear(), part="1.5"), InvalidValue, r"Blended\.part"),
            (lambda: Blended(Linear(), Linear(), part=0.5), InexactNumber, r"Blended\.part"),
            (lambda: Bounded(Linear(), floor="0.5", cap="0.4"), InvalidValue, r"at least the floor \(1/2\)"),
            (lambda: Bounded(Linear(), cap=0), InvalidValue, "above 0"),
            (lambda: Bounded(Linear(), below="lift"), InvalidValue, "one of raise, drop"),
            (lambda: Withhold(Linear()), InvalidValue, "given, or else parties"),
            (lambda: Versioned(Linear(), model="", version="1"), InvalidValue, r"Versioned\.model"),
            (lambda: Versioned(Linear, model="x", version="1"), InvalidValue, r"Versioned\.policy"),
        ],
    )
    def test_parameters_out_of_range_are_refused(self, build, error, message):
        """Class and field, rule and value."""
        with pytest.raises(error, match=message):
            build()

    def test_the_whole_story_is_one_text(self):
        """Model and version, credits, every touch, notes."""
        text = asked(Lookback(Linear(), days=25), THREE).explain()
        for part in ("D-17: 1000.00 BRL by linear within 25 days", "model Lookback(", "T1", "left out: outside"):
            assert part in text
        assert "unattributed: 1000.00 BRL" in asked(Linear()).explain()
        assert deal().id in text
