"""Conflicts as the people in them see them: who claims what, which rule settled it, what was counted how often."""

from __future__ import annotations

import re
from datetime import date

import pytest

from partnerops import DIRECT, UNATTRIBUTED, Credit, Dataset, Money, OpportunityLine, Partner
from partnerops.attribution import (
    Award,
    DisputeFirst,
    FirstTouch,
    LastTouch,
    LeadOrigin,
    Linear,
    RegistrationFirst,
    attribute,
    attribute_all,
)
from partnerops.attribution.conflicts import (
    QuotaRule,
    credited,
    find_conflicts,
    in_force,
    influenced,
    quota_credits,
    sourced_and_influenced,
    supersede,
    unregistered,
)
from partnerops.attribution.tables import FixedSplit
from partnerops.attribution.wrappers import Bounded, Withhold
from partnerops.exceptions import CurrencyMismatch, InvalidValue, NaiveDatetime

from .deal import amounts, asked, at, deal, dispute, lead, registration, touch

THREE = [touch("T1", "acme", at(2)), touch("T2", "birch", at(9)), touch("T3", DIRECT, at(20))]
PARTNERS = [
    Partner(id="acme", name="Acme", type="reseller", owner_id="mia"),
    Partner(id="birch", name="Birch", type="referral"),
]


class TestRegistrationFirst:
    """The rule in full: what runs out, overlaps, or covers a part."""

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"status": "rejected", "protected_until": None, "reject_reason": "duplicate"}, "was rejected: duplicate"),
            ({"status": "rejected", "protected_until": None}, "was rejected"),
            ({"status": "submitted", "decided_at": None, "protected_until": None}, "was not approved"),
            (
                {"status": "withdrawn", "decided_at": None, "protected_until": None, "ended_at": at(5)},
                "was withdrawn before a decision",
            ),
            ({"status": "withdrawn", "ended_at": at(20)}, "was withdrawn"),
            ({"protected_until": at(31)}, "ran out on 2026-03-31 (UTC), before the close"),
            ({"status": "expired", "protected_until": at(15)}, "ran out on 2026-03-15 (UTC), before the close"),
            ({"submitted_at": at(2), "decided_at": at(2)}, None),
        ],
    )
    def test_each_registration_that_did_not_win_is_explained(self, changes, told):
        """In the notes; the winner in its credit."""
        filed = [registration("R-1", "dogwood", **changes)]
        result = asked(RegistrationFirst(Linear()), THREE, registrations=filed)
        assert result.notes == ((f"registration R-1 of dogwood {told}",) if told else ())

    def test_an_approval_after_the_close_is_explained(self):
        """It is known only to those who ask later."""
        filed = [registration("R-1", "dogwood", decided_at=at(2, month=4))]
        result = asked(RegistrationFirst(Linear()), THREE, registrations=filed, as_of=at(10, month=4))
        assert result.notes == ("registration R-1 of dogwood was approved on 2026-04-02 (UTC), after the close",)

    def test_the_later_of_two_that_overlap_is_told_so(self):
        """First to file wins, whoever was approved first."""
        filed = [registration("R-1", "acme", decided_at=at(8)), registration("R-2", "birch", submitted_at=at(4))]
        result = asked(RegistrationFirst(Linear()), THREE, registrations=filed)
        assert result.credits[0].because == (
            "registration R-1, filed 2026-03-03 (UTC), protected the deal when it closed, first to file of 2 that "
            "protected the deal"
        )
        assert result.notes == ("registration R-2 of birch protected the deal as well, but was filed later",)

    def test_a_registration_of_a_product_earns_that_products_lines(self):
        """400 of 1,000 are the product's; the policy inside shares out the rest."""
        lines = [
            OpportunityLine(product="erp", amount=Money("400.00", "BRL")),
            OpportunityLine(product="crm", amount=Money("600.00", "BRL")),
        ]
        filed = [registration("R-1", "acme", product="erp"), registration("R-2", "birch", product="bi")]
        result = asked(RegistrationFirst(Linear()), THREE, registrations=filed, lines=lines)
        assert {c.partner_id: str(c.amount.amount) for c in result.credits} == {
            "acme": "600.00", "birch": "200.00", DIRECT: "200.00",
        }  # fmt: skip
        assert "protected the deal (erp, 40 % of it) when it closed" in result.credits[0].because
        assert "registration R-2 of birch is for bi, which the deal does not have" in result.notes
        assert [line.touch_id for line in result.lines] == [None, "T1", "T2", "T3"]

    def test_the_first_to_file_is_first_among_those_for_the_same_product(self):
        """An earlier registration of something else was no rival, a later one of the product was."""
        lines = [
            OpportunityLine(product="erp", amount=Money("400.00", "BRL")),
            OpportunityLine(product="crm", amount=Money("600.00", "BRL")),
        ]
        filed = [
            registration("R-0", "cedar", product="bi", submitted_at=at(2)),
            registration("R-1", "acme", product="erp"),
            registration("R-2", "birch", product="crm"),
        ]
        alone = asked(RegistrationFirst(Linear()), registrations=filed, lines=lines)
        assert "first to file" not in alone.credits[0].because
        rivals = [*filed, registration("R-3", "dogwood", product="erp"), registration("R-4", "elder")]
        because = asked(RegistrationFirst(Linear()), registrations=rivals, lines=lines).credits[0].because
        assert because == (
            "registration R-1, filed 2026-03-03 (UTC), protected the deal (erp, 40 % of it) when it closed, first to "
            "file of 3 that protected it; registration R-2, filed 2026-03-03 (UTC), protected the deal (crm, 60 % of "
            "it) when it closed, first to file of 2 that protected it"
        )

    def test_two_products_may_go_to_two_partners(self):
        """A registration of everything takes what earlier ones left."""
        lines = [
            OpportunityLine(product="erp", amount=Money("400.00", "BRL")),
            OpportunityLine(product="crm", amount=Money("600.00", "BRL")),
        ]
        filed = [registration("R-1", "acme", product="erp"), registration("R-2", "birch")]
        assert amounts(RegistrationFirst(Linear()), registrations=filed, lines=lines) == {
            "acme": "400.00", "birch": "600.00",
        }  # fmt: skip
        inside = RegistrationFirst(FixedSplit({"acme": "0.5"}, because="contract"))
        assert amounts(inside, registrations=filed[:1], lines=lines) == {"acme": "700.00"}

    def test_without_lines_a_product_cannot_be_told_and_the_deal_is_earned_whole(self):
        """As on lines that cancel each other, where shares mean nothing."""
        filed = [registration("R-1", "acme", product="erp")]
        assert amounts(RegistrationFirst(Linear()), registrations=filed) == {"acme": "1000.00"}
        cancel = [
            OpportunityLine(product="erp", amount=Money("-400.00", "BRL")),
            OpportunityLine(product="crm", amount=Money("1400.00", "BRL")),
        ]
        assert amounts(RegistrationFirst(Linear()), registrations=filed, lines=cancel) == {"acme": "1000.00"}
        other = [registration("R-2", "birch", product="bi")]
        assert amounts(RegistrationFirst(Linear()), THREE[:1], registrations=other, lines=cancel) == {"acme": "1000.00"}


def lines(**amounts: str) -> list[OpportunityLine]:
    return [OpportunityLine(product=name, amount=Money(amount, "BRL")) for name, amount in amounts.items()]


class TestRivals:
    """Which other registrations a winner was first among, and which lines it earned."""

    @pytest.mark.parametrize(
        ("bought", "first", "second", "rivals"),
        [
            ({}, {}, {}, 2),
            ({}, {}, {"protected_until": at(20)}, 1),
            ({}, {"product": "erp"}, {"product": "crm"}, 2),  # without lines nobody knows what was bought
            ({"erp": "1000.00"}, {}, {"product": "erp"}, 2),
            ({"erp": "1000.00"}, {}, {"product": "crm"}, 1),
            ({"erp": "1000.00"}, {"product": "erp"}, {}, 2),
            ({"erp": "400.00", "crm": "600.00"}, {"product": "erp"}, {"product": "crm"}, 1),
        ],
    )
    def test_first_to_file_of_so_many(self, bought, first, second, rivals):
        """Those that protected the deal and would have earned some of the same."""
        filed = [registration("R-1", "acme", **first), registration("R-2", "birch", **second)]
        result = asked(RegistrationFirst(Linear()), lines=lines(**bought), registrations=filed)
        told = result.credits[0].because
        assert (f"first to file of {rivals} that protected" in told) is (rivals > 1)
        assert ("first to file" in told) is (rivals > 1)

    @pytest.mark.parametrize(
        ("bought", "products", "winner"),
        [
            ({"erp": "400.00", "crm": "-400.00"}, ["bi", "crm", "erp"], "R-2"),
            ({"erp": "400.00", "crm": "-400.00"}, ["bi", None, "erp"], "R-2"),
            ({"erp": "400.00", "crm": "-400.00"}, [None, "crm", "erp"], "R-1"),
            ({"erp": "1400.00", "crm": "-400.00"}, ["bi", "erp", "crm"], "R-2"),
            ({"erp": "1400.00", "crm": "-400.00"}, ["bi", "erp", "bi"], "R-2"),
        ],
    )
    def test_lines_without_shares_go_whole_to_the_first_that_is_for_one_of_them(self, bought, products, winner):
        """Where they cancel each other, or one is more than the deal."""
        filed = [registration(f"R-{n}", f"p{n}", product=product) for n, product in enumerate(products, 1)]
        amount = "0.00" if bought["erp"] == "400.00" else "1000.00"
        result = asked(RegistrationFirst(Linear()), (), amount, lines=lines(**bought), registrations=filed)
        (credit,) = result.credits
        assert credit.because.startswith(f"registration {winner}, filed")
        assert credit.share == 1

    @pytest.mark.parametrize("bought", [{}, {"erp": "1000.00"}])
    @pytest.mark.parametrize("product", [None, "erp"])
    def test_one_filed_later_is_told_so(self, bought, product):
        """Whether or not it is for a product, and the lines are known."""
        filed = [registration("R-1", "acme"), registration("R-2", "birch", product=product)]
        result = asked(RegistrationFirst(LeadOrigin()), lines=lines(**bought), registrations=filed)
        assert result.notes == ("registration R-2 of birch protected the deal as well, but was filed later",)

    def test_the_policy_inside_has_its_say_where_it_decides(self):
        """And none where a registration does."""
        inner = ("nobody is known to have brought it: the deal's own record; no lead is known",)
        assert asked(RegistrationFirst(LeadOrigin())).notes == inner
        assert asked(RegistrationFirst(LeadOrigin()), registrations=[registration("R-1", "acme")]).notes == ()


class TestDisputeFirst:
    """A committee's decision overrides by rule and stays visible."""

    def test_the_decision_gives_the_deal_and_the_rest_stays_open(self):
        """70 % to one party, the rest to nobody; the notes keep what was overridden."""
        result = asked(DisputeFirst(Linear()), THREE, disputes=[dispute("W-1", reason="acme led the project")])
        assert [(c.partner_id, str(c.amount.amount)) for c in result.credits] == [("acme", "700.00")]
        assert result.credits[0].because == (
            "dispute W-1, decided by committee on 2026-03-20 (UTC): acme led the project"
        )
        assert str(result.unattributed) == "300.00 BRL"
        assert result.notes == ("without the decision, linear would give acme 33.3 %, birch 33.3 % and direct 33.3 %",)
        assert result.case.disputes[0].parties == ("acme", "birch")

    def test_a_decision_without_a_reason_ends_with_its_date(self):
        """And of the others only those are named that would have earned."""
        result = asked(DisputeFirst(LastTouch()), THREE, disputes=[dispute("W-1")])
        assert result.credits[0].because == "dispute W-1, decided by committee on 2026-03-20 (UTC)"
        assert result.notes == ("without the decision, last touch would give direct 100 %",)

    def test_an_open_dispute_changes_nothing_yet(self):
        """And is told."""
        waiting = dispute("W-1", status="in_review", decided_at=None, decided_by=None, shares={})
        result = asked(DisputeFirst(Linear()), THREE, disputes=[waiting])
        assert len(result.credits) == 3
        assert result.notes == ("dispute W-1 between acme and birch is in_review; nothing is decided yet",)
        assert result.lines[0].because == "one of 3 touches that share equally"

    def test_the_latest_decision_stands(self):
        """The earlier one is told as overruled."""
        both = [dispute("W-2", decided_at=at(25), shares={"birch": 1}), dispute("W-1")]
        result = asked(DisputeFirst(Linear()), disputes=both)
        assert [c.partner_id for c in result.credits] == ["birch"]
        assert result.notes == (
            "dispute W-1 was decided on 2026-03-20 (UTC) and later overruled",
            "without the decision, linear would give it to nobody",
        )

    def test_a_decision_after_the_close_counts_for_those_who_ask_later(self):
        """Earlier answers never change."""
        late = dispute("W-1", at=at(1, month=4), decided_at=at(5, month=4))
        policy = DisputeFirst(RegistrationFirst(Linear()))
        assert len(amounts(policy, THREE, disputes=[late])) == 3
        assert amounts(policy, THREE, disputes=[late], as_of=at(6, month=4)) == {"acme": "700.00"}
        pending = asked(policy, THREE, disputes=[late], as_of=at(2, month=4))
        assert "W-1 between acme and birch is submitted" in pending.notes[0]


class TestConflicts:
    """Who claims a deal, and what settled it."""

    def test_every_way_of_being_contested_is_found(self):
        """One deal with everything."""
        result = asked(
            RegistrationFirst(Linear()),
            THREE,
            registrations=[registration("R-1", "birch"), registration("R-2", "cedar")],
            leads=[lead("L-1", at(1), partner_id="acme")],
            disputes=[dispute("W-1"), dispute("W-2", status="submitted", decided_at=None, decided_by=None, shares={})],
        )
        report = find_conflicts([result])
        (conflict,) = report.conflicts
        assert conflict.kinds == (
            "direct_and_partner", "registered_but_direct", "several_registrations", "origin_and_registration",
            "disputed", "decided",
        )  # fmt: skip
        assert [(claim.party, claim.touches, claim.registration_ids, claim.brought) for claim in conflict.claims] == [
            ("acme", 1, (), True), ("birch", 1, ("R-1",), False), (DIRECT, 1, (), False), ("cedar", 0, ("R-2",), False),
        ]  # fmt: skip
        assert conflict.claims[0].first_at == conflict.claims[0].last_at == at(2)
        assert conflict.claims[3].first_at is None
        assert conflict.settled_by.startswith("registration R-1")
        assert (str(conflict.direct), str(conflict.partners)) == ("0.00 BRL", "1000.00 BRL")

    @pytest.mark.parametrize(
        ("facts", "kinds"),
        [
            # the vendor's team, and a partner
            ({"touches": THREE}, ["direct_and_partner"]),
            ({"touches": THREE[2:]}, []),
            ({"touches": THREE[:2]}, []),
            # a registration, and the vendor in the deal by a touch or by the lead
            ({"touches": THREE[:2], "registrations": [registration("R-1", "acme")]}, []),
            ({"touches": THREE[2:], "registrations": [registration("R-1", "acme")]}, ["registered_but_direct"]),
            (
                {"registrations": [registration("R-1", "acme")], "leads": [lead("L-1", at(1), origin="direct")]},
                ["registered_but_direct", "origin_and_registration"],
            ),
            ({"leads": [lead("L-1", at(1), origin="direct")]}, []),
            # of two partners; of one twice; one that ran out before the close
            (
                {"registrations": [registration("R-1", "acme"), registration("R-2", "birch")]},
                ["several_registrations"],
            ),
            ({"registrations": [registration("R-1", "acme"), registration("R-2", "acme")]}, []),
            (
                {"registrations": [registration("R-1", "acme"), registration("R-2", "birch", protected_until=at(20))]},
                [],
            ),
            # who brought the lead, and who registered
            (
                {"registrations": [registration("R-1", "acme")], "leads": [lead("L-1", at(1), partner_id="birch")]},
                ["origin_and_registration"],
            ),
            ({"registrations": [registration("R-1", "acme")], "leads": [lead("L-1", at(1), partner_id="acme")]}, []),
            ({"leads": [lead("L-1", at(1), partner_id="birch")]}, []),
            # disputes
            ({"disputes": [dispute("W-1")]}, ["decided"]),
            (
                {"disputes": [dispute("W-1", status="in_review", decided_at=None, decided_by=None, shares={})]},
                ["disputed"],
            ),
        ],
    )
    def test_each_way_alone(self, facts, kinds):
        """And what comes close to it."""
        facts = dict(facts)
        result = asked(Linear(), facts.pop("touches", ()), **facts)
        report = find_conflicts([result])
        assert [kind.value for one in report.conflicts for kind in one.kinds] == kinds
        assert {one.value for kind in kinds for found in report.of_kind(kind) for one in found.kinds} >= set(kinds)
        others = {"direct_and_partner", "several_registrations", "disputed", "decided"} - set(kinds)
        assert not any(report.of_kind(kind) for kind in others)

    def test_whoever_claims_is_listed(self):
        """By a touch, in the order of the first; by a record, by name: registration, dispute, credit, lead."""
        result = asked(
            FixedSplit({"zinnia": "0.5", "acme": "0.5"}, because="agreed"),
            [touch("T1", "cedar", at(2)), touch("T2", "cedar", at(4)), touch("T3", DIRECT, at(5))],
            registrations=[registration("R-1", "oak")],
            disputes=[dispute("W-1", parties=["birch", "elm"], shares={"elm": 1})],
            leads=[lead("L-1", at(1), partner_id="larch")],
        )
        (conflict,) = find_conflicts([result]).conflicts
        assert [one.party for one in conflict.claims] == [
            "cedar", DIRECT, "acme", "birch", "elm", "larch", "oak", "zinnia",
        ]  # fmt: skip
        assert (conflict.claims[0].touches, conflict.claims[0].first_at, conflict.claims[0].last_at) == (
            2,
            at(2),
            at(4),
        )

    def test_direct_against_partners_shows_what_each_side_got(self):
        """By the model, where no award settled it."""
        report = find_conflicts([asked(Linear(), THREE), asked(Linear(), THREE[:1])])
        (conflict,) = report.conflicts
        assert (str(conflict.direct), str(conflict.partners)) == ("333.33 BRL", "666.67 BRL")
        assert conflict.settled_by == "linear"
        assert report.of_kind("direct_and_partner") == (conflict,)
        assert report.amounts == (Money("1000.00", "BRL"),)
        assert "1 of 2 deals contested, 1,000.00 BRL: direct_and_partner 1" in str(report)
        assert "direct_and_partner" in report._repr_html_()

    def test_deals_of_one_side_are_not_contested(self):
        """Partners among themselves share by the model; the vendor alone has nobody to argue with."""
        assert find_conflicts([asked(Linear(), THREE[:2]), asked(Linear(), THREE[2:]), asked(Linear())]).conflicts == ()

    @pytest.mark.parametrize("policy", [Bounded(FirstTouch(), cap="0.6"), Withhold(Linear(), parties=[DIRECT])])
    def test_a_wrapper_that_leaves_a_rest_does_not_hide_the_model(self, policy):
        """It answers with an award, but to touches."""
        (conflict,) = find_conflicts([asked(policy, THREE)]).conflicts
        assert conflict.settled_by == str(policy)


class TestRevenue:
    """Sourced revenue adds up, influenced revenue does not."""

    def test_who_took_part_without_earning_influenced_the_whole_deal(self):
        """A touch, a registration that protected it, or the lead."""
        leads = [lead("L-1", at(1), partner_id="dogwood")]
        result = asked(FirstTouch(), THREE, registrations=[registration("R-1", "cedar")], leads=leads)
        credits = influenced([result])
        assert [(c.partner_id, c.role, str(c.amount), c.id) for c in credits] == [
            ("birch", "influenced", "1000.00 BRL", "D-17:birch:influenced"),
            (DIRECT, "influenced", "1000.00 BRL", "D-17:direct:influenced"),
            ("cedar", "influenced", "1000.00 BRL", "D-17:cedar:influenced"),
            ("dogwood", "influenced", "1000.00 BRL", "D-17:dogwood:influenced"),
        ]
        assert credits[0].touch_ids == ("T2",)
        assert credits[0].because == "touched the deal first on 2026-03-09 (UTC); no credit under the model"
        assert credits[2].because.startswith("registration R-1 protected the deal")

    def test_sourced_sums_to_the_revenue_and_influenced_has_no_total(self):
        """Also what nobody earned, and currencies apart."""
        yen = asked(FirstTouch(), THREE).replace(
            credits=(), unattributed=Money("700", "JPY"), answer=Award({"acme": 0}, because="x")
        )
        report = sourced_and_influenced([asked(FirstTouch(), THREE), asked(LastTouch(), THREE), yen])
        rows = {(row.party, row.sourced.currency): row for row in report.rows}
        assert str(rows["acme", "BRL"].sourced) == "1000.00 BRL"
        assert rows["acme", "BRL"].influenced_deals == 1
        assert (rows["birch", "BRL"].sourced_deals, str(rows["birch", "BRL"].influenced)) == (0, "2000.00 BRL")
        assert str(rows[UNATTRIBUTED, "JPY"].sourced) == "700 JPY"
        assert report.revenue == (Money("2000.00", "BRL"), Money("700", "JPY"))
        assert "3 deals, 2,000.00 BRL and 700 JPY sourced; influenced amounts overlap" in str(report)


class TestCredited:
    """By channel and by executive."""

    def test_both_views_sum_to_the_revenue(self):
        """Partner types are channels; deals have owners."""
        results = [
            asked(Linear(), THREE),
            asked(Linear(), [touch("T9", "cedar", at(3))]),
            asked(Linear()),
        ]
        owners = zip(results, ["rui", "ana", None], strict=True)
        owned = [one.replace(case=one.case.replace(opportunity=deal(owner_id=who))) for one, who in owners]
        report = credited(owned, partners=PARTNERS)
        assert {name: str(total[0].amount) for name, total in report.by_channel().items()} == {
            DIRECT: "333.33", "partner": "1000.00", "referral": "333.33", "reseller": "333.34", UNATTRIBUTED: "1000.00",
        }  # fmt: skip
        assert {name: str(total[0].amount) for name, total in report.by_executive().items()} == {
            "ana": "1000.00", "nobody": "1000.00", "rui": "1000.00",
        }  # fmt: skip
        assert report.revenue == (Money("3000.00", "BRL"),)
        assert "3 deals, 3,000.00 BRL credited by linear" in str(report)
        assert len(report.to_dicts()) == 5


class TestQuota:
    """Whose goal a deal counts towards."""

    def owned(self):
        result = asked(Linear(), THREE)
        return result.replace(case=result.case.replace(opportunity=deal(owner_id="rui")))

    def test_by_default_a_partners_deal_counts_for_both_goals(self):
        """The executive loses nothing by letting a partner in; commission is another matter."""
        report = quota_credits([self.owned()], rule=QuotaRule(), partners=PARTNERS)
        assert {key: str(total[0].amount) for key, total in report.by_holder().items()} == {
            ("mia", "channel"): "333.34", ("nobody", "channel"): "333.33", ("rui", "executive"): "1000.00",
        }  # fmt: skip
        assert "3 goals credited with 1,666.67 BRL on revenue of 1,000.00 BRL" in str(report)
        assert report.to_dicts()[0]["because"] == "100 % of what acme earned counts for the deal's executive"

    def test_parts_that_sum_to_one_count_a_deal_once_to_the_cent(self):
        """The account manager gets what the executive does not."""
        report = quota_credits([self.owned()], rule=QuotaRule(executive="1/3", channel="2/3"), partners=PARTNERS)
        assert sum(one.amount.minor for one in report.credits) == 100_000

    def test_what_nobody_earned_counts_for_the_executive(self):
        """And a part of zero has no line."""
        report = quota_credits([asked(Linear())], rule=QuotaRule(executive=0, channel=1))
        assert [(one.holder_id, one.party, str(one.amount)) for one in report.credits] == [
            ("nobody", UNATTRIBUTED, "1000.00 BRL"),
        ]  # fmt: skip
        none = quota_credits([self.owned()], rule=QuotaRule(executive=0, channel=0))
        assert [one.party for one in none.credits] == [DIRECT]


class TestUnregistered:
    """No parallel market of leads."""

    def test_open_and_won_deals_without_a_standing_registration_are_listed(self):
        """With the partners in them, and what became of what was filed."""
        opened = {"stage": "new", "status": "open", "closed_at": None}
        data = Dataset(
            opportunities=[
                deal(id="touched"),
                deal(id="covered"),
                deal(id="waiting", **opened),
                deal(id="direct"),
                deal(id="lost", status="lost", stage="lost"),
                deal(id="later", created_at=at(2, month=4), closed_at=at(9, month=4)),
                deal(id="run-out", partner_id="acme"),
                deal(id="led", amount=None, **opened),
            ],
            touchpoints=[
                touch("T1", "birch", at(12), opportunity_id="touched"),
                touch("T2", "acme", at(12), opportunity_id="touched"),
                touch("T3", "acme", at(12), opportunity_id="covered"),
                touch("T4", "acme", at(12), opportunity_id="waiting"),
                touch("T5", DIRECT, at(12), opportunity_id="direct"),
                touch("T6", "acme", at(12), opportunity_id="lost"),
            ],
            registrations=[
                registration("R-1", "acme", opportunity_id="covered", protected_until=at(2, month=4)),
                registration(
                    "R-2", "acme", opportunity_id="waiting", status="submitted", decided_at=None, protected_until=None
                ),
                registration("R-3", "acme", opportunity_id="run-out", protected_until=at(15)),
                registration("R-4", "birch", opportunity_id="run-out", status="rejected", protected_until=None),
            ],
            leads=[lead("L-1", at(11), opportunity_id="led", partner_id="cedar")],
        )
        report = unregistered(data, as_of=date(2026, 4, 5))
        assert [(one.opportunity_id, one.status, one.partners) for one in report.deals] == [
            ("touched", "won", ("acme", "birch")), ("run-out", "won", ("acme",)), ("led", "open", ("cedar",)),
        ]  # fmt: skip
        assert report.deals[0].because == "nobody filed a registration"
        assert report.deals[1].because == ("registration R-3 of acme is run out; registration R-4 of birch is rejected")
        assert "3 of 5 deals with partners not registered, 2,000.00 BRL" in str(report)
        assert report.to_dicts()[2]["amount"] is None


class TestParts:
    """Order, and parts that do not sum to one."""

    def test_quotas_that_do_not_sum_to_one_are_rounded_apart(self):
        """Two thirds of 0.05 are 0.03, for either side; where they sum to one the manager gets the rest."""
        result = asked(Linear(), THREE[:1], "0.05")
        for channel, managers in (("2/3", "0.03"), ("1/3", "0.02")):
            report = quota_credits([result], rule=QuotaRule(executive="2/3", channel=channel), partners=PARTNERS)
            assert [str(one.amount.amount) for one in report.credits] == ["0.03", managers]

    def test_what_nobody_earned_is_there_once(self):
        """A deal of nothing counts for its executive with nothing; where partners earned all, nobody has a row."""
        for amount, touches, parties in (("0.00", (), [UNATTRIBUTED]), ("9.00", THREE[:1], ["acme"])):
            report = quota_credits([asked(Linear(), touches, amount)], rule=QuotaRule(channel=0))
            assert [one.party for one in report.credits] == parties
        rest = quota_credits([asked(Bounded(Linear(), cap="0.6"), THREE[:1], "10.00")], rule=QuotaRule(channel=0))
        assert [(one.party, str(one.amount)) for one in rest.credits] == [
            ("acme", "6.00 BRL"), (UNATTRIBUTED, "4.00 BRL"),
        ]  # fmt: skip

    def test_influence_is_told_by_the_first_registration_that_protected(self):
        """Parties without a touch by name; one whose registration ran out took no part by it."""
        result = asked(
            FirstTouch(), THREE[:1],
            registrations=[
                registration("R-2", "oak", submitted_at=at(4), decided_at=at(5)),
                registration("R-1", "oak"),
                registration("R-3", "elm"),
                registration("R-4", "fir", protected_until=at(20)),
            ],
        )  # fmt: skip
        assert [(one.partner_id, one.because) for one in influenced([result])] == [
            ("elm", "registration R-3 protected the deal; no credit under the model"),
            ("oak", "registration R-1 protected the deal; no credit under the model"),
        ]

    def test_influenced_credits_stop_nothing(self):
        """Wherever they stand among the others."""
        log = [credit.replace(id=f"{credit.id}:i", role="influenced") for credit in asked(Linear(), THREE).credits]
        again = supersede(
            [*log, *asked(FirstTouch(), THREE).credits], [asked(LastTouch(), THREE)], recorded_at=at(9, month=4)
        )
        assert {one.partner_id: (str(one.amount), one.supersedes) for one in again.credits} == {
            DIRECT: ("1000.00 BRL", None), "acme": ("0.00 BRL", "D-17:acme"),
        }  # fmt: skip

    def test_a_share_without_a_cent_is_replaced_once(self):
        """A thousandth of a cent is a share; nothing of it is none, and stays none."""
        old = asked(FixedSplit({"acme": "0.999", "birch": "0.001"}, because="agreed"), THREE[:2], "0.01")
        assert [str(one.amount) for one in old.credits] == ["0.01 BRL", "0.00 BRL"]
        new = asked(FirstTouch(), THREE[:2], "0.01")
        first = supersede(old.credits, [new], recorded_at=at(9, month=4))
        assert [(one.partner_id, one.share, one.supersedes) for one in first.credits] == [
            ("acme", 1, "D-17:acme"), ("birch", 0, "D-17:birch"),
        ]  # fmt: skip
        assert supersede([*old.credits, *first.credits], [new], recorded_at=at(10, month=4)).credits == ()

    def test_a_credit_is_replaced_after_it_was_known(self):
        """It happened on the 31st and was recorded in May."""
        late = [one.replace(recorded_at=at(5, month=5)) for one in asked(FirstTouch(), THREE).credits]
        with pytest.raises(InvalidValue, match="at or after 2026-05-05"):
            supersede(late, [asked(LastTouch(), THREE)], recorded_at=at(4, month=5))
        assert len(supersede(late, [asked(LastTouch(), THREE)], recorded_at=at(5, month=5)).credits) == 2

    def test_reports_count_what_is_known(self):
        """A deal created later, a touch recorded later and a lead recorded later are not there yet."""
        data = Dataset(
            opportunities=[
                deal(id="D-1"),
                deal(id="D-2"),
                deal(id="D-3", created_at=at(1, month=5), closed_at=at(2, month=5)),
            ],
            touchpoints=[
                touch("T1", "acme", at(2), opportunity_id="D-1", recorded_at=at(10, month=4)),
                touch("T2", "acme", at(3, month=5), opportunity_id="D-3"),
            ],
            leads=[lead("L-1", at(2), opportunity_id="D-2", partner_id="birch", recorded_at=at(10, month=4))],
        )
        found = {on: unregistered(data, as_of=on) for on in (at(9, month=4), at(10, month=4), at(9, month=5))}
        assert [[one.opportunity_id for one in report.deals] for report in found.values()] == [
            [], ["D-1", "D-2"], ["D-1", "D-2", "D-3"],
        ]  # fmt: skip

    def test_revenue_has_nobodys_row_where_it_is_nobodys(self):
        """By currency and party; a deal without a credit is nobody's, even one of nothing."""
        every = [
            asked(Linear(), THREE[:1], "9.00"),
            asked(Bounded(Linear(), cap="0.5"), THREE[1:2], "4.00"),
            attribute(deal(Money("7", "JPY")), [], policy=Linear()),
            attribute(deal(Money("0", "USD")), [], policy=Linear()),
        ]
        rows = [(row.party, str(row.sourced), row.sourced_deals) for row in sourced_and_influenced(every).rows]
        assert rows == [
            ("acme", "9.00 BRL", 1), ("birch", "2.00 BRL", 1), (UNATTRIBUTED, "2.00 BRL", 1),
            (UNATTRIBUTED, "7 JPY", 1), (UNATTRIBUTED, "0.00 USD", 1),
        ]  # fmt: skip

    def test_a_story_names_awards_and_what_is_left(self):
        """Nobody's line only where something is left, or nobody earned."""
        half = asked(FixedSplit({"acme": "0.5"}, because="agreed"), THREE[:1]).explain().split("\n")
        assert "unattributed: 500.00 BRL" in half
        assert any(line.startswith("award") for line in half)
        all_of_it = asked(Linear(), THREE[:1]).explain()
        assert "unattributed" not in all_of_it
        assert "award" not in all_of_it
        assert any(line.startswith("T1") for line in all_of_it.split("\n"))
        assert "unattributed: 0.00 BRL" in asked(Linear(), (), "0.00").explain().split("\n")

    def test_a_party_that_keeps_its_credit_does_not_stop_the_others(self):
        """The first one has what it had; the second and the third change places."""
        path = [touch("T1", "acme", at(2)), touch("T2", "birch", at(9)), touch("T3", "cedar", at(20))]
        old = asked(FixedSplit({"acme": "0.5", "birch": "0.3", "cedar": "0.2"}, because="agreed"), path)
        new = asked(FixedSplit({"acme": "0.5", "birch": "0.2", "cedar": "0.3"}, because="agreed"), path)
        again = supersede(old.credits, [new], recorded_at=at(9, month=4))
        assert {one.partner_id: str(one.amount) for one in again.credits} == {
            "birch": "200.00 BRL", "cedar": "300.00 BRL",
        }  # fmt: skip
        assert str(again).startswith("2 credits change in 1 deal, 100.00 BRL gained")


class TestSupersede:
    """Corrections are appended."""

    def test_a_second_look_replaces_credits_and_shows_the_difference(self):
        """Under another model: one credit stays, two change, one appears, one goes to zero."""
        before = asked(FirstTouch(), THREE)
        after = asked(LastTouch(), THREE)
        result = supersede(before.credits, [after], recorded_at=at(5, month=4))
        assert [(c.id, c.supersedes, str(c.amount), c.share) for c in result.credits] == [
            ("D-17:direct", None, "1000.00 BRL", 1), ("D-17:acme:2", "D-17:acme", "0.00 BRL", 0),
        ]  # fmt: skip
        assert [str(change.difference) for change in result.changes] == ["1000.00 BRL", "-1000.00 BRL"]
        assert result.changes[1].because == "earns nothing any more; before by FirstTouch()"
        assert all(c.recorded_at == at(5, month=4) for c in result.credits)
        assert "2 credits change in 1 deal, 1,000.00 BRL gained" in str(result)

    def test_numbers_run_on_and_what_is_the_same_stays(self):
        """A third look back to the first answer."""
        first, last = asked(FirstTouch(), THREE), asked(LastTouch(), THREE)
        one = supersede(first.credits, [last], recorded_at=at(5, month=4))
        log = (*first.credits, *one.credits)
        two = supersede(log, [first], recorded_at=at(6, month=4))
        assert [(c.id, c.supersedes) for c in two.credits] == [
            ("D-17:acme:3", "D-17:acme:2"), ("D-17:direct:2", "D-17:direct"),
        ]  # fmt: skip
        assert supersede((*log, *two.credits), [first], recorded_at=at(7, month=4)).credits == ()
        assert {c.partner_id: str(c.amount) for c in in_force((*log, *two.credits))} == {
            "acme": "1000.00 BRL", DIRECT: "0.00 BRL",
        }  # fmt: skip

    def test_a_party_that_comes_back_gets_an_id_of_its_own(self):
        """Its first credit was replaced by another party's, and stays replaced."""
        first = asked(FirstTouch(), THREE)
        (acme,) = first.credits
        birch = acme.replace(id="manual-1", partner_id="birch", supersedes=acme.id, recorded_at=at(2, month=4))
        result = supersede([acme, birch], [first], recorded_at=at(3, month=4))
        assert [(c.id, c.supersedes) for c in result.credits] == [
            ("D-17:acme:2", None), ("D-17:birch:2", "manual-1"),
        ]  # fmt: skip
        assert {c.partner_id: str(c.amount) for c in in_force([acme, birch, *result.credits])} == {
            "acme": "1000.00 BRL", "birch": "0.00 BRL",
        }  # fmt: skip

    def test_numbers_run_on_where_only_the_credits_in_force_are_given(self):
        """A store may keep the log elsewhere."""
        first, last = asked(FirstTouch(), THREE), asked(LastTouch(), THREE)
        third = first.credits[0].replace(id="D-17:acme:3", supersedes="D-17:acme:2")
        result = supersede([third], [last], recorded_at=at(5, month=4))
        assert [c.id for c in result.credits] == ["D-17:direct", "D-17:acme:4"]
        numbered = third.replace(id="7", supersedes=None)
        assert supersede([numbered], [last], recorded_at=at(5, month=4)).credits[1].id == "D-17:acme:2"

    def test_two_answers_about_one_deal_are_refused(self):
        """Neither is the later one."""
        answers = [asked(FirstTouch(), THREE), asked(LastTouch(), THREE)]
        with pytest.raises(InvalidValue, match=r"one attribution per deal.*D-17"):
            supersede([], answers, recorded_at=at(5, month=4))

    def test_a_deal_that_changed_its_currency_is_refused(self):
        """At once, and not when somebody asks for the difference."""
        real, dollars = (
            asked(FirstTouch(), THREE),
            attribute(deal(amount=Money("1000.00", "USD")), THREE, policy=FirstTouch()),
        )
        with pytest.raises(CurrencyMismatch, match="cannot replace USD and BRL"):
            supersede(real.credits, [dollars], recorded_at=at(5, month=4))

    def test_credits_of_other_deals_and_influenced_ones_are_left_alone(self):
        """And credits from elsewhere keep their own ids as predecessors."""
        foreign = Credit(
            id="legacy-7", opportunity_id="D-17", partner_id="acme", amount=Money("1.00", "BRL"), at=at(31)
        )
        first = asked(FirstTouch(), THREE)
        other = Credit(id="C-8", opportunity_id="D-18", partner_id="acme", amount=Money("1.00", "BRL"), at=at(31))
        result = supersede([foreign, other, *influenced([first])], [first], recorded_at=at(31))
        assert [(c.id, c.supersedes) for c in result.credits] == [("D-17:acme:2", "legacy-7")]
        assert result.changes[0].because.endswith("before by hand")

    def test_a_decision_that_came_late_supersedes(self):
        """The committee's way into commission."""
        late = dispute("W-1", at=at(1, month=4), decided_at=at(5, month=4))
        policy = DisputeFirst(Linear())
        before = asked(policy, THREE, disputes=[late])
        after = asked(policy, THREE, disputes=[late], as_of=at(6, month=4))
        result = supersede(before.credits, [after], recorded_at=at(6, month=4))
        assert {change.party: str(change.difference.amount) for change in result.changes} == {
            "acme": "366.66", "birch": "-333.33", DIRECT: "-333.33",
        }  # fmt: skip

    def test_what_cannot_be_is_refused(self):
        """Two credits in force of one party, a correction before what it corrects, a naive instant."""
        (credit,) = asked(FirstTouch(), THREE).credits
        with pytest.raises(InvalidValue, match="only credit in force of acme in D-17"):
            supersede([credit, credit.replace(id="other")], [], recorded_at=at(31))
        with pytest.raises(InvalidValue, match=r"at or after 2026-03-31 .* when credit D-17:acme was known"):
            supersede([credit], [asked(LastTouch(), THREE)], recorded_at=at(30))
        with pytest.raises(NaiveDatetime, match="recorded_at"):
            supersede([credit], [], recorded_at=at(30).replace(tzinfo=None))


@pytest.mark.parametrize(
    ("verb", "place"),
    [
        (lambda: find_conflicts(["D-17"]), "find_conflicts(attributions)[0]"),
        (lambda: credited(None), "credited(attributions)"),
        (lambda: credited([], partners=["acme"]), "credited(partners=...)[0]"),
        (lambda: influenced([deal()]), "influenced(attributions)[0]"),
        (lambda: sourced_and_influenced([1]), "sourced_and_influenced(attributions)[0]"),
        (lambda: quota_credits([1], rule=QuotaRule()), "quota_credits(attributions)[0]"),
        (lambda: quota_credits([], rule=None), "quota_credits(rule=...)"),
        (lambda: in_force([deal()]), "in_force(credits)[0]"),
        (lambda: supersede([deal()], [], recorded_at=at(31)), "supersede(credits)[0]"),
        (lambda: supersede([], [deal()], recorded_at=at(31)), "supersede(attributions)[0]"),
        (lambda: unregistered([], as_of=at(31)), "unregistered(data)"),
        (lambda: unregistered(Dataset(), as_of="today"), "unregistered(as_of=...)"),
    ],
)
def test_what_a_report_cannot_read_is_refused(verb, place):
    """With the argument and the place in it."""
    with pytest.raises(InvalidValue, match=re.escape(f"{place} must be ")):
        verb()


def test_the_reports_of_a_dataset_agree():
    """One revenue, however it is cut."""
    data = Dataset(
        opportunities=[deal(id=f"D-{n}", amount=Money(f"{n}00.01", "BRL")) for n in range(1, 6)],
        touchpoints=[
            touch(f"T{n}-{k}", party, at(n + k), opportunity_id=f"D-{n}")
            for n in range(1, 6)
            for k, party in enumerate(["acme", "birch", DIRECT][: n % 4])
        ],
    )
    for policy in (Linear(), LeadOrigin(), Bounded(Linear(), cap="0.5")):
        results = attribute_all(data, policy=policy, as_of=date(2026, 4, 1))
        total = (Money("1500.05", "BRL"),)
        assert credited(results).revenue == sourced_and_influenced(results).revenue == total
        assert quota_credits(results, rule=QuotaRule(channel=0)).revenue == total
