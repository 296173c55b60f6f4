"""All nouns together: look-ups, the check of the whole, the view at a moment."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from partnerops import DIRECT, Dataset, Money
from partnerops.dataset import COLLECTIONS, DatasetReport, Fault
from partnerops.entities import (
    Account,
    Agreement,
    Credit,
    DealRegistration,
    Dispute,
    JointPlan,
    Lead,
    Opportunity,
    Partner,
    PartnerInvolvement,
    Payment,
    Reversal,
    Target,
    TierMembership,
    Touchpoint,
)
from partnerops.exceptions import InvalidDataset, InvalidValue, NaiveDatetime, UnknownName
from partnerops.periods import Calendar
from tests.unit.nouns import BRL, DAY, NOON, SMALLEST, TODAY, make

ACME, BIRCH = make(Partner, id="acme"), make(Partner, id="birch")
DEAL = make(Opportunity, id="D", amount=BRL)
WHOLE: dict[str, Any] = {name: [make(kind)] for kind, name in COLLECTIONS.items()} | {
    "partners": [ACME],
    "accounts": [make(Account, id="A")],
    "leads": [make(Lead, id="L")],
    "opportunities": [DEAL],
}
"""One record of each kind, and every reference answered."""


def faults(**given: Any) -> list[tuple[str, str]]:
    """Path and code of every fault of a dataset."""
    return [(fault.path, fault.code) for fault in Dataset(**given).check().faults]


def fault(**given: Any) -> Fault:
    """The only fault of a dataset."""
    (only,) = Dataset(**given).check().faults
    return only


class TestDerived:
    def test_is_made_once_a_moment(self) -> None:
        """Each key for itself; another moment starts anew, also when the first one is asked again."""
        made: list[str] = []

        def make_one(name: str) -> str:
            made.append(name)
            return name.upper()

        data = Dataset()
        for moment, name in ((NOON, "a"), (NOON, "b"), (NOON, "a"), (NOON - DAY, "a"), (NOON, "a")):
            assert data.derived(moment, name, lambda name=name: make_one(name)) == name.upper()
        assert made == ["a", "b", "a", "a"]

    def test_belongs_to_one_dataset(self) -> None:
        """A changed copy has its own records, and so its own answers; nothing of it is compared or printed."""
        data = Dataset(partners=[ACME])
        assert data.derived(NOON, "ids", lambda: [one.id for one in data.partners]) == ["acme"]
        other = data.replace(partners=[BIRCH])
        assert other.derived(NOON, "ids", lambda: [one.id for one in other.partners]) == ["birch"]
        assert data == Dataset(partners=[ACME])
        assert repr(data) == repr(Dataset(partners=[ACME]))
        assert pickle.loads(pickle.dumps(data)) == data


class TestBuilding:
    def test_takes_any_iterable(self) -> None:
        """And keeps its order."""
        data = Dataset(partners=iter([BIRCH, ACME]), accounts={make(Account)})
        assert data.partners == (BIRCH, ACME)
        assert len(data.accounts) == 1

    def test_never_judges(self) -> None:
        """Dangling, doubled, overlapping: all is taken."""
        assert len(Dataset(partners=[ACME, ACME], touchpoints=[make(Touchpoint, partner_id="nobody")])) == 3

    @pytest.mark.parametrize(("kind", "name"), COLLECTIONS.items(), ids=list(COLLECTIONS.values()))
    @pytest.mark.parametrize("bad", ["text", 7, ["text"], [Fault(path="$", code="a", problem="b", remedy="c")]])
    def test_members_are_of_their_kind(self, kind: type[Any], name: str, bad: Any) -> None:
        """The wrong one is named with its position."""
        with pytest.raises(InvalidValue) as caught:
            Dataset(**{name: [make(kind), *bad] if isinstance(bad, list) else bad})
        assert caught.value.place == f"Dataset.{name}" + ("[1]" if isinstance(bad, list) else "")
        assert kind.__name__ in str(caught.value)

    def test_is_a_value(self) -> None:
        """Whatever was looked up in it: an index is no part of it."""
        data, same = Dataset(**WHOLE), Dataset(**WHOLE)
        data.get(Partner, "acme")
        assert data == same
        assert hash(data) == hash(same)
        assert repr(data) == repr(same)
        assert pickle.loads(pickle.dumps(data)) == data
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            data.partners = ()  # type: ignore[misc]

    def test_a_changed_copy_has_its_own_index(self) -> None:
        """What the first one looked up is not found in the second."""
        data = Dataset(partners=[ACME])
        assert data.get(Partner, "acme") is ACME
        other = data.replace(partners=[BIRCH])
        assert other.get(Partner, "birch") is BIRCH
        with pytest.raises(UnknownName):
            other.get(Partner, "acme")

    def test_counts_and_says_what_it_holds(self) -> None:
        """Only kinds that are there."""
        assert (len(Dataset()), str(Dataset())) == (0, "empty dataset")
        assert str(Dataset(partners=[ACME, BIRCH], credits=[make(Credit)])) == "dataset of 2 partners, 1 credits"
        assert len(Dataset(**WHOLE)) == len(COLLECTIONS) == len(SMALLEST)


class TestLookUps:
    def test_get_finds_by_id(self) -> None:
        """Of the kind asked for."""
        data = Dataset(**WHOLE)
        assert data.get(Partner, "acme") is ACME
        for kind, name in COLLECTIONS.items():
            (record,) = getattr(data, name)
            assert data.get(kind, record.id) is record

    def test_get_takes_the_first_of_several(self) -> None:
        """`check()` reports that there are more."""
        twin = make(Partner, id="acme", name="Other")
        assert Dataset(partners=[twin, ACME]).get(Partner, "acme") is twin

    def test_get_names_near_misses(self) -> None:
        """Or what there is, when it is little."""
        data = Dataset(partners=[ACME, BIRCH])
        with pytest.raises(UnknownName) as caught:
            data.get(Partner, "acmee")
        assert str(caught.value) == "no Partner 'acmee'; did you mean 'acme'?"
        with pytest.raises(UnknownName, match="no Partner 'zzz'; known: acme, birch"):
            data.get(Partner, "zzz")
        with pytest.raises(LookupError, match="no Account 'acme'"):
            data.get(Account, "acme")

    def test_related_keeps_the_order(self) -> None:
        """Nothing is found for a stranger."""
        touches = [
            make(Touchpoint, id=id, partner_id=party) for id, party in [("2", "acme"), ("9", "b"), ("1", "acme")]
        ]
        data = Dataset(touchpoints=touches)
        assert [one.id for one in data.related(Touchpoint, partner_id="acme")] == ["2", "1"]
        assert data.related(Touchpoint, partner_id="nobody") == ()
        assert len(data.related(Touchpoint, opportunity_id="D")) == 3

    def test_related_looks_into_lists(self) -> None:
        """A record that names an id twice is found once."""
        quarrels = [
            make(Dispute, id=id, parties=parties) for id, parties in [("1", ["acme", "birch", "acme"]), ("2", [])]
        ]
        data = Dataset(disputes=quarrels)
        assert data.related(Dispute, parties="acme") == data.related(Dispute, parties="birch") == (quarrels[0],)

    @pytest.mark.parametrize("asked", [{}, {"partner_id": "acme", "lead_id": "L"}])
    def test_related_is_asked_with_one_field(self, asked: dict[str, str]) -> None:
        """Neither none nor two."""
        with pytest.raises(InvalidValue, match=r"related\(\) must be asked with exactly one field"):
            Dataset().related(Touchpoint, **asked)

    def test_related_knows_the_fields(self) -> None:
        """A slip of the pen finds nothing otherwise, which is worse."""
        with pytest.raises(UnknownName, match="no field of Touchpoint 'partner'; did you mean 'partner_id'"):
            Dataset().related(Touchpoint, partner="acme")

    def test_all_gives_a_collection(self) -> None:
        """By its kind."""
        assert Dataset(partners=[BIRCH, ACME]).all(Partner) == (BIRCH, ACME)
        with pytest.raises(UnknownName, match="no collection for 'Fault'"):
            Dataset().all(Fault)  # type: ignore[type-var]


class TestReport:
    def test_nothing_wrong(self) -> None:
        """One record of each kind, every reference answered."""
        report = Dataset(**WHOLE).check()
        assert report == DatasetReport()
        assert report.ok
        assert str(report) == "the dataset has no faults"
        report.raise_for_faults()
        assert Dataset().check().ok

    def test_several_faults_in_one_report(self) -> None:
        """In the order of their paths, each with its remedy."""
        data = Dataset(
            partners=[ACME, ACME, make(Partner, id="c", parent_id="c")],
            touchpoints=[make(Touchpoint, partner_id="acmee")],
            opportunities=[DEAL],
            payments=[make(Payment, amount=Money("10.00", "USD"), at=NOON - DAY)],
        )
        report = data.check()
        assert not report.ok
        assert [(one.path, one.code) for one in report.faults] == [
            ("$.partners[0].id", "duplicate_id"),
            ("$.partners[1].id", "duplicate_id"),
            ("$.partners[2].parent_id", "cycle"),
            ("$.payments[0].amount", "currency"),
            ("$.payments[0].at", "order"),
            ("$.touchpoints[0].partner_id", "dangling"),
        ]
        assert all(one.problem and one.remedy for one in report.faults)
        with pytest.raises(InvalidDataset) as caught:
            report.raise_for_faults()
        assert caught.value.faults == report.faults
        assert str(caught.value) == str(report)
        assert str(report).splitlines()[:2] == [
            "the dataset has 6 faults:",
            "  $.partners[0].id: id 'acme' occurs 2 times; keep one record, or give each its own id",
        ]

    def test_faults_go_by_position(self) -> None:
        """Ten comes after nine."""
        report = Dataset(partners=[ACME] * 11).check()
        assert [one.path for one in report.faults] == [f"$.partners[{n}].id" for n in range(11)]


class TestDangling:
    def test_names_place_value_near_miss_and_remedy(self) -> None:
        """As a person would want it."""
        wrong = fault(partners=[ACME], opportunities=[DEAL], touchpoints=[make(Touchpoint, partner_id="acmee")])
        assert str(wrong) == (
            "$.touchpoints[0].partner_id: no partner 'acmee'; did you mean 'acme'?; "
            "add the record or mend the id (the vendor's own team is 'direct')"
        )

    def test_direct_is_a_party(self) -> None:
        """But no partner: a registration needs one."""
        deals = {"opportunities": [DEAL]}
        assert faults(**deals, touchpoints=[make(Touchpoint, partner_id=DIRECT)]) == []
        assert faults(**deals, registrations=[make(DealRegistration)]) == [
            ("$.registrations[0].partner_id", "dangling")
        ]

    @pytest.mark.parametrize("name", list(COLLECTIONS.values()))
    def test_every_reference_is_followed(self, name: str) -> None:
        """Alone in a dataset, a record's references all dangle."""
        (record,) = WHOLE[name]
        kind = type(record)
        pointing = {
            one.name
            for one in attrs.fields(kind)
            if "partnerops.reference" in one.metadata and getattr(record, one.name) not in (None, (), {}, record.id)
        }
        found = fault_fields(**{name: [record]})
        assert found == pointing

    def test_lists_of_ids_are_followed(self) -> None:
        """With the position of the wrong one."""
        plan = make(JointPlan, target_ids=["Q-1", "Q-2"])
        assert faults(partners=[ACME], joint_plans=[plan], targets=[make(Target, id="Q-1")]) == [
            ("$.joint_plans[0].target_ids[1]", "dangling")
        ]
        credit = make(Credit, touch_ids=["T-1"], supersedes="C-0")
        assert faults(partners=[ACME], opportunities=[DEAL], credits=[credit]) == [
            ("$.credits[0].supersedes", "dangling"),
            ("$.credits[0].touch_ids[0]", "dangling"),
        ]
        quarrel = make(Dispute, parties=["acme", DIRECT, "nobody"])
        assert faults(partners=[ACME], opportunities=[DEAL], disputes=[quarrel]) == [
            ("$.disputes[0].parties[2]", "dangling")
        ]

    def test_shares_of_a_decision_are_followed(self) -> None:
        """By party."""
        decided = make(
            Dispute, parties=["acme"], status="resolved", decided_at=NOON, decided_by="committee",
            shares={"acme": "0.5", "acmee": "0.25", DIRECT: "0.25"},
        )  # fmt: skip
        wrong = fault(partners=[ACME], opportunities=[DEAL], disputes=[decided])
        assert (wrong.path, wrong.problem) == (
            "$.disputes[0].shares['acmee']", "no partner 'acmee'; did you mean 'acme'?",
        )  # fmt: skip

    def test_near_misses_are_looked_for_while_that_is_cheap(self) -> None:
        """Many ids, or many strangers among them, are named without a guess."""
        touches = [make(Touchpoint, id=f"{n}", partner_id=f"acme{n % 150}") for n in range(300)]
        found = Dataset(partners=[ACME], opportunities=[DEAL], touchpoints=touches).check().faults
        hinted = {one.path for one in found if one.problem.endswith("did you mean 'acme'?")}
        assert (len(found), len(hinted)) == (300, 200)
        many = [make(Partner, id=f"acme{n}") for n in range(1001)]
        (wrong,) = Dataset(partners=many, opportunities=[DEAL], touchpoints=[make(Touchpoint)]).check().faults
        assert wrong.problem == "no partner 'acme'"


def fault_fields(**given: Any) -> set[str]:
    """The fields that dangle."""
    return {one.path.split(".")[2].split("[")[0] for one in Dataset(**given).check().faults if one.code == "dangling"}


class TestCycles:
    def test_each_partner_in_a_circle_is_named(self) -> None:
        """With the way round; one that only leads into it is not at fault."""
        chain = [make(Partner, id=id, parent_id=up) for id, up in [("a", "b"), ("b", "c"), ("c", "b"), ("d", None)]]
        report = Dataset(partners=chain).check()
        assert [(one.path, one.code) for one in report.faults] == [
            ("$.partners[1].parent_id", "cycle"),
            ("$.partners[2].parent_id", "cycle"),
        ]
        assert report.faults[0].problem == "the parents run in a circle: b -> c -> b"
        assert report.faults[0].remedy == "clear one of these parents"

    def test_accounts_and_targets_have_parents_too(self) -> None:
        """A goal that is part of itself is no goal."""
        pair = [("a", "b"), ("b", "a")]
        assert len(faults(accounts=[make(Account, id=id, parent_id=up) for id, up in pair])) == 2
        assert len(faults(targets=[make(Target, id=id, parent_id=up) for id, up in pair])) == 2

    def test_a_long_chain_is_no_circle(self) -> None:
        """However long."""
        chain = [make(Partner, id=f"p{n}", parent_id=f"p{n + 1}" if n < 300 else None) for n in range(301)]
        assert faults(partners=chain) == []


class TestOverlaps:
    def test_tiers(self) -> None:
        """One at a time; the end of one may be the beginning of the next."""
        gold, silver = ("gold", TODAY, TODAY + 10 * DAY), ("silver", TODAY + 10 * DAY, None)
        assert faults(partners=[ACME], tiers=tiers(gold, silver)) == []
        wrong = fault(partners=[ACME], tiers=tiers(silver, ("gold", TODAY, TODAY + 11 * DAY)))
        assert (wrong.path, wrong.code) == ("$.tiers[0].effective_from", "overlap")
        assert (wrong.problem, wrong.remedy) == (
            "membership 'silver' (silver) overlaps membership 'gold' (gold)", "end one before the other begins",
        )  # fmt: skip

    def test_a_long_span_overlaps_all_it_covers(self) -> None:
        """Not just the next; an open one covers all that follow."""
        spans = [("a", TODAY, TODAY + 30 * DAY), ("b", TODAY + DAY, TODAY + 2 * DAY), ("c", TODAY + 5 * DAY, None)]
        assert [path for path, _ in faults(partners=[ACME], tiers=tiers(*spans))] == [
            "$.tiers[1].effective_from",
            "$.tiers[2].effective_from",
        ]
        spans = [("a", TODAY, None), ("b", TODAY + DAY, TODAY + 2 * DAY), ("c", TODAY + 5 * DAY, None)]
        assert len(faults(partners=[ACME], tiers=tiers(*spans))) == 2

    def test_other_partners_do_not_overlap(self) -> None:
        """Each has its own tiers."""
        two = [make(TierMembership, id=p, partner_id=p) for p in ("acme", "birch")]
        assert faults(partners=[ACME, BIRCH], tiers=two) == []

    def test_agreements_of_one_plan(self) -> None:
        """Two plans at once are legitimate: one for resale, one for referral."""
        same = [make(Agreement, id="1"), make(Agreement, id="2", effective_from=TODAY + DAY)]
        wrong = fault(partners=[ACME], agreements=same)
        assert (wrong.path, wrong.problem) == (
            "$.agreements[1].effective_from", "agreement '2' overlaps agreement '1'",
        )  # fmt: skip
        other = make(Agreement, id="2", plan_id="referral")
        assert faults(partners=[ACME], agreements=[same[0], other]) == []

    def test_primary_partners_of_a_deal(self) -> None:
        """One leads at a time; the others may take part as they like."""
        first = make(PartnerInvolvement, id="1", primary=True, ended_at=NOON + 5 * DAY)
        given = {"partners": [ACME, BIRCH], "opportunities": [DEAL, make(Opportunity, id="E")]}
        for changes, count in [
            ({"primary": True}, 1),
            ({"primary": False}, 0),
            ({"primary": True, "at": NOON + 5 * DAY}, 0),
            ({"primary": True, "opportunity_id": "E"}, 0),
        ]:
            second = make(PartnerInvolvement, id="2", partner_id="birch", **changes)
            assert len(faults(**given, involvements=[first, second])) == count
        wrong = fault(**given, involvements=[first, first.replace(id="2", partner_id="birch")])
        assert (wrong.path, wrong.problem) == (
            "$.involvements[1].primary", "primary part '2' of 'birch' overlaps primary part '1' of 'acme'",
        )  # fmt: skip

    def test_protections(self) -> None:
        """Two partners protected on one deal at once."""
        wrong = fault(**registrations(protected("1", "acme"), protected("2", "birch")))
        assert (wrong.path, wrong.code) == ("$.registrations[1].protected_until", "overlap")
        assert wrong.problem == "registration '2' of 'birch' overlaps registration '1' of 'acme'"
        assert wrong.remedy == "decide which partner is protected, and expire or withdraw the other"

    @pytest.mark.parametrize(
        "other",
        [
            {"status": "submitted", "decided_at": None, "protected_until": None},
            {"status": "rejected", "protected_until": None},
            {"decided_at": NOON + 90 * DAY, "protected_until": NOON + 99 * DAY},
            {"opportunity_id": "E"},
            {"opportunity_id": None, "account_id": "A"},
            {"partner_id": "acme"},
        ],
    )
    def test_no_protection_no_overlap(self, other: dict[str, Any]) -> None:
        """Not approved, one after the other, of something else, or of the same partner, who files again."""
        second = protected("2", **{"partner_id": "birch"} | other)
        assert faults(**registrations(protected("1"), second)) == []

    def test_a_withdrawal_ends_protection(self) -> None:
        """From its instant on."""
        left = protected("1", "acme", status="withdrawn", ended_at=NOON + 5 * DAY)
        assert faults(**registrations(left, protected("2", "birch", decided_at=NOON + 5 * DAY))) == []
        assert len(faults(**registrations(left, protected("2", "birch", decided_at=NOON + 4 * DAY)))) == 1

    def test_protections_of_an_account(self) -> None:
        """By product; one without a product covers them all."""
        given = {"opportunity_id": None, "account_id": "A", "product": "erp"}
        one = protected("1", "acme", **given)
        for product, count in [("erp", 1), ("crm", 0), (None, 1)]:
            two = protected("2", "birch", **given | {"product": product})
            assert len(faults(**registrations(one, two))) == count

    def test_an_account_covers_its_deals(self) -> None:
        """Two deals of one account are two things; the account is both."""
        deals = [make(Opportunity, id=id, account_id="A") for id in ("D", "E")]
        one, two = protected("1", "acme"), protected("2", "birch", opportunity_id="E")
        whole = protected("3", "cedar", opportunity_id=None, account_id="A")
        given = registrations(one, two) | {"opportunities": deals, "partners": [ACME, BIRCH, make(Partner, id="cedar")]}
        assert faults(**given) == []
        given["registrations"] = [one, two, whole]
        assert faults(**given) == [("$.registrations[2].protected_until", "overlap")]

    def test_of_several_running_windows_the_first_that_clashes_is_named(self) -> None:
        """Not one of another product."""
        spans = [protected(str(n), f"p{n}", product=product) for n, product in enumerate(["crm", "erp", "erp"])]
        given = registrations(*spans) | {"partners": [make(Partner, id=f"p{n}") for n in range(3)]}
        assert fault(**given).problem == "registration '2' of 'p2' overlaps registration '1' of 'p1'"


def tiers(*spans: tuple[str, date, date | None]) -> list[TierMembership]:
    """Memberships of one partner."""
    return [make(TierMembership, id=t, tier=t, effective_from=start, effective_to=end) for t, start, end in spans]


def protected(id: str, partner_id: str = "acme", **changes: Any) -> DealRegistration:
    """An approved registration of deal D."""
    given = {"status": "approved", "decided_at": NOON + DAY, "protected_until": NOON + 90 * DAY}
    return make(DealRegistration, id=id, partner_id=partner_id, **given | changes)


def registrations(*records: DealRegistration) -> dict[str, Any]:
    """Them, and what they refer to."""
    return {
        "registrations": records,
        "partners": [ACME, BIRCH],
        "opportunities": [DEAL, make(Opportunity, id="E")],
        "accounts": [make(Account, id="A")],
    }


class TestMoney:
    @pytest.mark.parametrize(("name", "kind"), [("payments", Payment), ("reversals", Reversal), ("credits", Credit)])
    def test_is_in_the_deal_s_currency(self, name: str, kind: type[Any]) -> None:
        """The fault shows amount and deal."""
        given = {name: [make(kind, amount=Money("1.00", "USD"))]}
        wrong = fault(partners=[ACME], opportunities=[DEAL], **given)
        assert (wrong.path, wrong.code) == (f"$.{name}[0].amount", "currency")
        assert wrong.problem == "1.00 USD for deal 'D', which is in BRL"
        assert wrong.remedy == "convert it by a dated rate, or mend the currency"

    @pytest.mark.parametrize(("name", "kind"), [("payments", Payment), ("reversals", Reversal)])
    def test_is_no_more_than_the_deal(self, name: str, kind: type[Any]) -> None:
        """To the cent; the record that goes beyond is named, in the order of time and id."""
        halves = [make(kind, id="1", amount=Money("5.00", "BRL")), make(kind, id="2", amount=Money("5.00", "BRL"))]
        assert faults(opportunities=[DEAL], **{name: halves}) == []
        cent = make(kind, id="3", amount=Money("0.01", "BRL"))
        later = make(kind, id="4", amount=BRL)
        wrong = fault(opportunities=[DEAL], **{name: [later, *halves, cent]})
        assert (wrong.path, wrong.code) == (f"$.{name}[3].amount", "excess")
        assert wrong.problem == f"the {name} of deal 'D' sum to more than its amount (10.00 BRL)"
        assert wrong.remedy == "look for a record that came twice"

    def test_credits_overlap_by_design(self) -> None:
        """Several roles, several views."""
        credits = [make(Credit, id=id, role=id) for id in ("sourced", "influenced")]
        assert faults(partners=[ACME], opportunities=[DEAL], credits=credits) == []

    def test_a_deal_without_amount_bounds_nothing(self) -> None:
        """Nor does one that is not there."""
        assert faults(opportunities=[make(Opportunity, id="D")], payments=[make(Payment)]) == []
        assert faults(payments=[make(Payment)]) == [("$.payments[0].opportunity_id", "dangling")]


class TestOrder:
    @pytest.mark.parametrize(("name", "kind"), [("payments", Payment), ("reversals", Reversal)])
    def test_money_moves_after_the_deal_was_opened(self, name: str, kind: type[Any]) -> None:
        """Or one of the two dates is wrong."""
        tick = timedelta(microseconds=1)
        assert faults(opportunities=[DEAL], **{name: [make(kind, at=NOON)]}) == []
        wrong = fault(opportunities=[DEAL], **{name: [make(kind, at=NOON - tick)]})
        assert (wrong.path, wrong.code, wrong.remedy) == (f"$.{name}[0].at", "order", "mend one of the two dates")
        assert wrong.problem == (
            "2026-03-10 11:59:59.999999+00:00 is before deal 'D' was opened (2026-03-10 12:00:00+00:00)"
        )


class TestAsOf:
    def test_takes_every_collection(self) -> None:
        """Later records are left out of each; the others are the same."""
        data = Dataset(**WHOLE)
        assert data.as_of(datetime(2030, 1, 1, tzinfo=UTC)) == data
        before = data.as_of(date(1999, 12, 31))
        assert {name for name in COLLECTIONS.values() if getattr(before, name)} == {
            "partners",
            "contacts",
            "accounts",
            "targets",
        }

    def test_a_date_is_its_last_instant(self) -> None:
        """In the zone of the calendar."""
        lead = make(Lead, created_at=datetime(2026, 3, 11, 2, 30, tzinfo=UTC))
        data = Dataset(leads=[lead])
        assert data.as_of(date(2026, 3, 10)).leads == ()
        assert data.as_of(date(2026, 3, 10), Calendar("America/Sao_Paulo")).leads == (lead,)

    def test_an_instant_becomes_a_date_in_the_calendar(self) -> None:
        """For the nouns that know dates only."""
        night = datetime(2026, 3, 11, 2, 30, tzinfo=UTC)
        data = Dataset(partners=[make(Partner, id="acme", signed_on=date(2026, 3, 11))])
        assert data.as_of(night) == data
        assert data.as_of(night, Calendar("America/Sao_Paulo")).partners == (ACME,)

    def test_instants_need_a_zone(self) -> None:
        """Nobody can say which moment it is otherwise."""
        with pytest.raises(NaiveDatetime):
            Dataset().as_of(datetime(2026, 3, 10))
