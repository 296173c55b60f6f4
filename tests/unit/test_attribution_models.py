"""The wider models by hand: milestones, origins, roles, stages, tables; and what is missing, named."""

from __future__ import annotations

from fractions import Fraction

import pytest

from partnerops import DIRECT, StageChange
from partnerops.attribution import (
    Except,
    LastNonDirect,
    LeadOrigin,
    Linear,
    MilestoneBased,
    Only,
    OrElse,
    PositionBased,
    RoleWeighted,
    StageOfInvolvement,
    presets,
)
from partnerops.attribution.options import Milestone, MissingMilestone
from partnerops.attribution.tables import FixedSplit, LabelWeighted, ShareTable
from partnerops.attribution.wrappers import CollapseRepeats, OncePerParty, PerCycle
from partnerops.exceptions import InexactNumber, InvalidValue, NotCompilable

from .deal import amounts, asked, at, lead, touch

# Lead on the 5th, deal opened on the 10th, closed on the 31st.
JOURNEY = [
    touch("T1", "acme", at(2)),
    touch("T2", "birch", at(5)),
    touch("T3", "cedar", at(8)),
    touch("T4", "dogwood", at(20)),
    touch("T5", DIRECT, at(30)),
]
LEADS = [lead("L1", at(5))]
PARTS = [
    touch("T1", "acme", at(2), role="sourcer"),
    touch("T2", "birch", at(5), role="sourcer"),
    touch("T3", "cedar", at(8), role="closer"),
    touch("T4", "dogwood", at(20)),
]


class TestMilestones:
    """Anchors apart from weights."""

    def test_w_shaped_gives_each_milestone_its_share_and_the_rest_to_the_others(self):
        """First, lead creation (a touch of that instant counts), deal creation; two touches share ten per cent."""
        assert amounts(presets.HUBSPOT_W_SHAPED, JOURNEY, leads=LEADS) == {
            "acme": "300.00", "birch": "300.00", "cedar": "300.00", "dogwood": "50.00", DIRECT: "50.00",
        }  # fmt: skip

    def test_full_path_adds_the_close(self):
        """22.5 four times, and the one other touch has ten."""
        assert amounts(presets.HUBSPOT_FULL_PATH, JOURNEY, leads=LEADS) == {
            "acme": "225.00", "birch": "225.00", "cedar": "225.00", "dogwood": "100.00", DIRECT: "225.00",
        }  # fmt: skip

    def test_marketos_u_has_nothing_between(self):
        """Half the first touch, half the creation of the lead."""
        assert amounts(presets.MARKETO_U_SHAPED, JOURNEY, leads=LEADS) == {"acme": "500.00", "birch": "500.00"}

    def test_the_anchor_makes_the_difference_between_two_u_shapes(self):
        """The same weights: Google's second anchor is the last touch, HubSpot's the creation of the lead."""
        assert amounts(presets.GOOGLE_ADS_POSITION_BASED, JOURNEY, leads=LEADS)[DIRECT] == "400.00"
        assert amounts(presets.HUBSPOT_U_SHAPED, JOURNEY, leads=LEADS)["birch"] == "400.00"

    def test_dreamdatas_w_halves_the_conversions(self):
        """30 first, 30 last, 15 lead, 15 deal, 10 the other."""
        assert amounts(presets.DREAMDATA_W_SHAPED, JOURNEY, leads=LEADS) == {
            "acme": "300.00", "birch": "150.00", "cedar": "150.00", "dogwood": "100.00", DIRECT: "300.00",
        }  # fmt: skip

    def test_a_touch_with_two_roles_adds_their_shares(self):
        """First touch and creation of the lead in one."""
        assert amounts(presets.HUBSPOT_W_SHAPED, JOURNEY[:1] + JOURNEY[2:], leads=LEADS) == {
            "acme": "600.00", "cedar": "300.00", "dogwood": "50.00", DIRECT: "50.00",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("missing", "parts", "went"),
        [
            ("renormalise", [9, 1, 9, 1, 1], "all others in proportion"),
            ("infer", [9, 1, 18, 1, 1], "the touch of the next milestone"),
            ("to_middle", [9, 4, 9, 4, 4], "the other touches"),
        ],
    )
    def test_a_missing_lead_follows_the_named_rule(self, missing, parts, went):
        """In proportion, to the next milestone, or to the middle; and a note says so."""
        result = asked(presets.HUBSPOT_W_SHAPED.replace(missing=missing), JOURNEY)
        assert [credit.share for credit in result.credits] == [Fraction(part, sum(parts)) for part in parts]
        assert result.notes == (f"no touch by the creation of the lead: its 30.0 % went to {went}",)

    def test_a_milestone_before_every_touch_is_missing_too(self):
        """The lead came in before anybody touched it; inferring climbs to the deal, then to the last touch."""
        late = [touch("T1", "acme", at(12)), touch("T2", "birch", at(20))]
        only = MilestoneBased({"lead_created": 1})
        assert amounts(only, late, leads=LEADS) == {}
        assert amounts(only.replace(missing="infer"), late, leads=LEADS) == {"birch": "1000.00"}
        assert amounts(only.replace(missing="to_middle"), late, leads=LEADS) == {"acme": "500.00", "birch": "500.00"}
        early = [touch("T0", "cedar", at(7)), *late]
        assert amounts(only.replace(missing="infer"), early, leads=LEADS) == {"cedar": "1000.00"}

    def test_no_middle_follows_the_named_rule(self):
        """Three anchors on two touches: in proportion 2:1, or the rest in thirds."""
        two = [touch("T1", "acme", at(2)), touch("T2", "birch", at(8))]
        w = MilestoneBased({"first": "0.2", "lead_created": "0.2", "deal_created": "0.5"})
        assert amounts(w, two, "900.00", leads=LEADS) == {"acme": "400.00", "birch": "500.00"}
        assert amounts(w.replace(no_middle="split_middle"), two, "900.00", leads=LEADS) == {
            "acme": "420.00", "birch": "480.00",
        }  # fmt: skip

    def test_the_earliest_lead_counts(self):
        """Whichever order they are given in; ids break ties."""
        leads = [lead("L2", at(9)), lead("L1", at(3))]
        assert amounts(MilestoneBased({"lead_created": 1}), JOURNEY, leads=leads) == {"acme": "1000.00"}
        assert asked(Linear(), leads=leads).case.lead_created_at == at(3)

    def test_every_touch_is_told_what_it_stood_for(self):
        """Several milestones are all named, the others told their share."""
        lines = asked(presets.HUBSPOT_FULL_PATH, JOURNEY[:1] + JOURNEY[2:], leads=LEADS).lines
        assert [line.because for line in lines] == [
            "first touch, 22.5 % and last touch by the creation of the lead, 22.5 %",
            "last touch by the opening of the deal, 22.5 %",
            "only other touch, 10.0 %",
            "last touch by the close, 22.5 %",
        ]
        assert asked(presets.MARKETO_U_SHAPED, JOURNEY, leads=LEADS).lines[4].because == "stood for no milestone"

    def test_milestones_print_in_the_order_of_a_deals_life(self):
        """Whatever order they were given in."""
        policy = MilestoneBased({"closed": "0.5", "first": "0.5"})
        assert str(policy) == "milestones 50 % first, 50 % closed"
        assert policy == MilestoneBased({"first": "1/2", "closed": "1/2"})


class TestLastNonDirect:
    """The vendor's own touches are passed over."""

    def test_the_last_partner_takes_all(self):
        """Also when the vendor closed."""
        assert amounts(LastNonDirect(), JOURNEY) == {"dogwood": "1000.00"}
        assert [line.because for line in asked(LastNonDirect(), JOURNEY).lines][2:] == [
            "not the last touch", "last touch that was not direct", "left out: direct",
        ]  # fmt: skip

    def test_where_all_were_direct_the_last_of_them_takes_all(self):
        """A deal without partners is a direct deal, not an unattributed one."""
        direct = [touch("T1", DIRECT, at(2)), touch("T2", DIRECT, at(3))]
        result = asked(LastNonDirect(), direct)
        assert result.credits[0].touch_ids == ("T2",)
        assert [line.because for line in result.lines] == ["not the last touch", "last touch; all were direct"]
        assert amounts(LastNonDirect()) == {}


class TestLeadOrigin:
    """Who brought the lead, whoever touched the deal."""

    @pytest.mark.parametrize(
        ("leads", "changes", "party"),
        [
            ([lead("L1", at(5), partner_id="eucla", origin="partner")], {}, "eucla"),
            ([lead("L1", at(5), partner_id="eucla")], {}, "eucla"),
            ([lead("L1", at(5), origin="direct")], {"origin": "partner", "partner_id": "acme"}, DIRECT),
            ([lead("L2", at(6), partner_id="acme"), lead("L1", at(5), origin="direct")], {}, DIRECT),
            ([], {"origin": "direct", "partner_id": "acme"}, DIRECT),
            ([], {"origin": "partner", "partner_id": "acme"}, "acme"),
            ([], {"partner_id": "acme"}, None),
            ([], {"origin": "community"}, None),
            ([lead("L1", at(5))], {"origin": "direct"}, None),
        ],
    )
    def test_the_earliest_lead_decides_and_else_the_deal_itself(self, leads, changes, party):
        """A partner on a deal of unknown origin did not bring it as far as anybody knows."""
        result = asked(LeadOrigin(), JOURNEY, leads=leads, **changes)
        assert [credit.partner_id for credit in result.credits] == ([party] if party else [])
        assert bool(result.unattributed) is (party is None)
        assert any("brought" in note for note in result.notes)
        assert ("lead L1" if leads else "own record") in result.notes[0]

    def test_touches_may_decide_where_nobody_knows(self):
        """A fallback by wrapping."""
        policy = OrElse(LeadOrigin(), Linear())
        result = asked(policy, JOURNEY)
        assert len(result.credits) == 5
        assert result.notes[0] == "lead origin gave it to nobody, so linear decided"
        assert result.lines[0].because == "one of 5 touches that share equally"
        known = asked(policy, JOURNEY, origin="direct")
        assert known.notes == ("brought by direct: the deal's own record; no lead is known",)
        assert [(line.touch_id, line.share) for line in known.lines] == [(None, 1)]


class TestLabels:
    """Tables of shares by role, stage and kind."""

    def test_a_roles_touches_share_it_or_count_each(self):
        """Two sourcers split 40, one closer has 20; roles nobody played give way."""
        assert amounts(presets.PARTNER_ROLES, PARTS, "600.00") == {
            "acme": "200.00", "birch": "200.00", "cedar": "200.00",
        }  # fmt: skip
        each = presets.PARTNER_ROLES.replace(repeats="count")
        assert amounts(each, PARTS) == {"acme": "400.00", "birch": "400.00", "cedar": "200.00"}

    def test_other_and_missing_roles_have_shares_of_their_own(self):
        """Nothing is dropped silently."""
        policy = RoleWeighted({"sourcer": "0.5"}, other="0.3", missing="0.2")
        assert amounts(policy, PARTS) == {
            "acme": "250.00",
            "birch": "250.00",
            "cedar": "300.00",
            "dogwood": "200.00",
        }
        assert [line.because for line in asked(policy, PARTS).lines] == [
            "role sourcer, 50 % shared by 2 touches",
            "role sourcer, 50 % shared by 2 touches",
            "role closer, 30 %",
            "no role, 20 %",
        ]

    def test_nobody_in_a_listed_role_leaves_the_deal_unattributed(self):
        """And no touch at all."""
        assert amounts(presets.PARTNER_ROLES, PARTS[3:]) == {}
        assert amounts(presets.PARTNER_ROLES) == {}

    def test_the_stage_of_involvement_is_the_one_the_deal_was_in(self):
        """A change counts from its instant on; a touch at the close belongs to the stage that it ended."""
        history = [
            StageChange(stage="discovery", at=at(5)),
            StageChange(stage="proposal", at=at(20)),
            StageChange(stage="won", status="won", at=at(31)),
        ]
        policy = StageOfInvolvement({"discovery": "0.5", "proposal": "0.3"}, missing="0.2")
        touches = [*PARTS, touch("T5", DIRECT, at(31))]
        result = asked(policy, touches, history=history)
        assert [line.because for line in result.lines] == [
            "before the first stage, 20 %",
            "stage discovery, 50 % shared by 2 touches",
            "stage discovery, 50 % shared by 2 touches",
            "stage proposal, 30 % shared by 2 touches",
            "stage proposal, 30 % shared by 2 touches",
        ]
        assert {c.partner_id: str(c.amount.amount) for c in result.credits} == {
            "acme": "200.00", "birch": "250.00", "cedar": "250.00", "dogwood": "150.00", DIRECT: "150.00",
        }  # fmt: skip

    def test_any_label_can_have_a_table(self):
        """Kinds of touch."""
        touches = [touch("T1", "acme", at(2), kind="referral"), touch("T2", "birch", at(3), kind="demo")]
        policy = LabelWeighted("kind", {"referral": "0.9", "demo": "0.1"})
        assert amounts(policy, touches) == {"acme": "900.00", "birch": "100.00"}
        assert asked(policy, touches).lines[0].because == "kind referral, 90 %"


class TestTables:
    """Shares by place, and by party."""

    def test_places_are_counted_from_either_end(self):
        """Fewer touches than places: the places taken are normalised; more: the others earn nothing."""
        table = ShareTable(["0.5", "0.3", "0.2"])
        assert amounts(table, JOURNEY) == {"acme": "500.00", "birch": "300.00", "cedar": "200.00"}
        assert amounts(table.replace(count_from="last"), JOURNEY) == {
            "cedar": "200.00",
            "dogwood": "300.00",
            DIRECT: "500.00",
        }
        assert amounts(table, JOURNEY[:2]) == {"acme": "625.00", "birch": "375.00"}
        assert [line.because for line in asked(table, JOURNEY).lines][2:4] == [
            "place 3 counted from the first, 20 %", "beyond the 3 places that earn, counted from the first",
        ]  # fmt: skip

    def test_hubspots_simple_decay_halves_from_the_latest_touch(self):
        """32, 16, 8, ... of 63."""
        touches = [touch(f"T{day}", f"p{day}", at(day)) for day in range(1, 9)]
        got = amounts(presets.HUBSPOT_SIMPLE_DECAY_2016, touches, "63.00")
        assert got == {f"p{day}": f"{2 ** (day - 3)}.00" for day in range(3, 9)}

    def test_a_fixed_split_ignores_touches_and_leaves_the_rest_visible(self):
        """An agreed split below 100 %."""
        result = asked(FixedSplit({"acme": "0.7", "birch": "0.2"}, because="contract"), JOURNEY)
        assert [(c.partner_id, str(c.amount.amount), c.because) for c in result.credits] == [
            ("acme", "700.00", "contract"), ("birch", "200.00", "contract"),
        ]  # fmt: skip
        assert str(result.unattributed) == "100.00 BRL"
        with pytest.raises(NotCompilable):
            Only(FixedSplit({"acme": 1}, because="contract"), kinds=["demo"]).compiled()


class TestFilters:
    """Which touches the policy inside sees."""

    def test_only_and_except_name_what_they_left_out(self):
        """In the lines and in the reason of every credit."""
        result = asked(Except(Linear(), parties=[DIRECT, "cedar"]), JOURNEY)
        assert result.lines[4].because == "left out: party direct and cedar"
        assert result.credits[0].because.endswith("; left out T3, T5 (party direct and cedar)")
        only = asked(Only(Linear(), kinds=["referral"], parties=["acme"]), JOURNEY)
        assert only.credits == ()
        assert only.lines[0].because == "left out: not kind referral and party acme"

    def test_long_lists_of_excluded_touches_are_cut(self):
        """Three ids and a count."""
        result = asked(Only(Linear(), parties=["acme"]), JOURNEY)
        assert result.credits[0].because.endswith("(T1); left out T2, T3, T4 and 1 more (not party acme)")

    def test_once_per_party_and_runs(self):
        """acme, acme, birch, acme: once each, or two runs of acme."""
        touches = [touch(f"T{n}", party, at(n)) for n, party in enumerate(["acme", "acme", "birch", "acme"], 1)]
        assert amounts(OncePerParty(Linear()), touches) == {"acme": "500.00", "birch": "500.00"}
        kept = {
            keep: [line.touch_id for line in asked(wrapper(Linear(), keep=keep), touches).lines if line.counts]
            for wrapper in (OncePerParty,)
            for keep in ("first", "last")
        }
        assert kept == {"first": ["T1", "T3"], "last": ["T3", "T4"]}
        runs = asked(CollapseRepeats(PositionBased()), touches)
        assert [line.touch_id for line in runs.lines if line.counts] == ["T1", "T3", "T4"]
        assert runs.lines[1].because == "left out: not the first touch of its party's run"
        assert [
            line.touch_id for line in asked(CollapseRepeats(Linear(), keep="last"), touches).lines if line.counts
        ] == ["T2", "T3", "T4"]

    def test_cycles_end_with_the_purchase_that_a_touch_led_to(self):
        """A touch at the previous close belongs to the previous cycle."""
        touches = [touch("T1", "acme", at(2)), touch("T2", "birch", at(5)), touch("T3", "cedar", at(6))]
        assert amounts(PerCycle(Linear()), touches, previous_close=at(5)) == {"cedar": "1000.00"}
        assert asked(PerCycle(Linear()), touches, previous_close=at(5)).lines[1].because == (
            "left out: by the previous purchase of 2026-03-05 (UTC)"
        )
        assert len(amounts(PerCycle(Linear()), touches)) == 3

    @pytest.mark.parametrize("moment", [at(31), at(5).replace(tzinfo=None), "2026-03-05"])
    def test_the_previous_close_lies_before_the_close(self, moment):
        """And is an aware datetime."""
        with pytest.raises(InvalidValue, match="previous_close"):
            asked(Linear(), previous_close=moment)


class TestRecordsOfTheDeal:
    """What belongs to a deal without naming it."""

    def test_touches_may_name_a_lead_or_the_account_instead(self):
        """The lead that became the deal; the account where neither is named."""
        touches = [
            touch("T1", "acme", at(2), opportunity_id=None, lead_id="L1"),
            touch("T2", "birch", at(3), opportunity_id=None, account_id="A-1"),
        ]
        assert amounts(Linear(), touches, leads=LEADS, account_id="A-1") == {"acme": "500.00", "birch": "500.00"}
        for one, rest in ((touches[0], {}), (touches[1], {"account_id": "A-2"})):
            with pytest.raises(InvalidValue, match=r"must be a touch of D-17"):
                asked(Linear(), [one], **rest)

    def test_leads_and_disputes_of_another_deal_are_refused(self):
        """The message names the record and the deal."""
        from .deal import dispute

        with pytest.raises(InvalidValue, match=r"'L9' must be a lead that became D-17"):
            asked(Linear(), leads=[lead("L9", at(2), opportunity_id="D-18")])
        with pytest.raises(InvalidValue, match=r"'W9' must be a dispute over D-17"):
            asked(Linear(), disputes=[dispute("W9", opportunity_id="D-18")])


class TestRefusals:
    """Tables that cannot be right."""

    @pytest.mark.parametrize(
        ("build", "error", "message"),
        [
            (lambda: MilestoneBased({"lead_create": 1}), InvalidValue, "did you mean 'lead_created'"),
            (lambda: MilestoneBased({}), InvalidValue, "at least one milestone"),
            (lambda: MilestoneBased({"first": 0}), InvalidValue, "above 0"),
            (lambda: MilestoneBased({"first": "0.6", "last": "0.6"}), InvalidValue, "at most 1"),
            (lambda: MilestoneBased({"first": 0.5}), InexactNumber, "MilestoneBased.shares"),
            (
                lambda: MilestoneBased({"first": 1}, missing="skip"),
                InvalidValue,
                "one of renormalise, infer, to_middle",
            ),
            (
                lambda: RoleWeighted({"sourcer": "0.4"}),
                InvalidValue,
                r"sum to 1 together with `other` and `missing` \(got '2/5'",
            ),
            (lambda: StageOfInvolvement({"a": "0.4"}, other="0.4"), InvalidValue, r"StageOfInvolvement\.shares"),
            (lambda: LabelWeighted("role", {"a": "0.5"}, missing=0.5), InexactNumber, "missing"),
            (lambda: LabelWeighted("colour", {"a": 1}), InvalidValue, "one of party, role, kind"),
            (lambda: ShareTable([]), InvalidValue, "sum to 1"),
            (lambda: ShareTable(["0.5", "0.4"]), InvalidValue, "sum to 1"),
            (lambda: ShareTable([0.5, 0.5]), InexactNumber, r"shares\[0\]"),
            (lambda: ShareTable("1"), InvalidValue, "list of fractions"),
            (lambda: ShareTable([2, -1]), InvalidValue, r"shares\[0\]"),
            (lambda: FixedSplit({}, because="x"), InvalidValue, "at least one party"),
            (lambda: Only(Linear()), InvalidValue, "given, or else parties"),
            (lambda: Except(Linear(), kinds="demo"), InvalidValue, "list or tuple"),
        ],
    )
    def test_parameters_out_of_range_are_refused(self, build, error, message):
        """Class and field, rule and value."""
        with pytest.raises(error, match=message):
            build()

    def test_presets_are_values_that_print(self):
        """Each has words and a repr that is Python."""
        policies = [getattr(presets, name) for name in presets.__all__]
        assert all(str(one) for one in policies)
        assert presets.MARKETO_W_SHAPED != presets.HUBSPOT_W_SHAPED
        assert PositionBased() == presets.GOOGLE_ADS_POSITION_BASED
        assert str(presets.PARTNER_ROLES) == "roles closer 20 %, implementer 20 %, influencer 20 %, sourcer 40 %"
        assert str(RoleWeighted({"sourcer": "0.5"}, other="0.3", missing="0.2")) == (
            "roles sourcer 50 %, others 30 %, no role 20 %"
        )
        assert str(StageOfInvolvement({}, other=1)) == "stage of involvement others 100 %"
        assert [str(one) for one in Milestone] == ["first", "lead_created", "deal_created", "closed", "last"]
        assert MissingMilestone("infer") in MissingMilestone
