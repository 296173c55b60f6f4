"""The mappings of Salesforce, HubSpot and Odoo, over rows as these systems write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest

from partnerops import DIRECT, Account, Dataset, Money, Opportunity, Partner, Touchpoint
from partnerops.adapters import (
    HUBSPOT,
    ODOO,
    SALESFORCE,
    Import,
    ImportMapping,
    hubspot_mapping,
    import_rows,
    odoo_mapping,
    odoo_records,
    parse_mapping,
    salesforce_mapping,
)
from partnerops.entities import Lead, PartnerInvolvement, TierMembership
from partnerops.exceptions import InvalidValue, UnknownName


def read(mapping: ImportMapping, **tables: Iterable[dict[str, Any]]) -> Import:
    """The import of tables by file name, where a point stands for an underscore."""
    return import_rows({name.replace("__", "."): rows for name, rows in tables.items()}, mapping)


def told(result: Import) -> list[tuple[str, int | None, str, str | None, str]]:
    """What the issues of rows say."""
    return [(one.table, one.row, one.code, one.value, str(one.severity)) for one in result.issues if one.row]


@pytest.mark.parametrize(
    ("text", "make"),
    [
        (SALESFORCE, salesforce_mapping),
        (HUBSPOT, hubspot_mapping),
        (ODOO, odoo_mapping),
    ],
    ids=["salesforce", "hubspot", "odoo"],
)
def test_the_texts_are_mapping_files_to_start_from(text: str, make: Any) -> None:
    """What the functions give without arguments."""
    assert parse_mapping(text) == make(files="{}")


@pytest.mark.parametrize("make", [salesforce_mapping, hubspot_mapping, odoo_mapping])
def test_a_name_of_files_has_a_place_for_the_table(make: Any) -> None:
    with pytest.raises(InvalidValue, match="files must be a name with {} for the"):
        make(files="all.csv")


@pytest.mark.parametrize("make", [salesforce_mapping, hubspot_mapping, odoo_mapping])
def test_settings_reach_the_mapping(make: Any) -> None:
    mapping = make(currency="BRL", zone="America/Sao_Paulo", formats=["%d/%m/%Y"])
    assert (mapping.currency, mapping.zone, mapping.formats) == ("BRL", "America/Sao_Paulo", ("%d/%m/%Y",))


@pytest.mark.parametrize("make", [salesforce_mapping, hubspot_mapping, odoo_mapping])
def test_every_field_is_one_of_its_noun(make: Any) -> None:
    """And every noun can be made: no name of the mapping itself is wrong."""
    mapping = make()
    result = import_rows(dict.fromkeys(mapping.files, ()), mapping)
    assert result.issues == ()


PARTNER, CUSTOMER = "0011G00000jWVWoQAO", "0011G00000tLWKnQAO"
DEAL, LOST, OPEN = "006q000000HddohAAB", "006q000000HK8jdAAD", "006q000000HdOhuAAF"


class TestSalesforce:
    """Objects of its API."""

    def opportunity(self, id: str, **more: str) -> dict[str, str]:
        return {
            "Id": id, "Name": "n", "StageName": "Proposal", "IsClosed": "false", "IsWon": "false", "Amount": "1200.50",
            "CurrencyIsoCode": "BRL", "CreatedDate": "2026-03-01T10:00:00.000+0000", "CloseDate": "2026-03-31",
            "AccountId": CUSTOMER[:15], "PartnerAccountId": PARTNER,
            "OwnerId": "0051G000005Mun4QAC", "LeadSource": "Partner",
            "Probability": "50", "IsDeleted": "false", "Type": "New", "ForecastCategory": "", "CampaignId": "", **more,
        }  # fmt: skip

    def account(self, id: str, **more: str) -> dict[str, str]:
        return {
            "Id": id, "Name": f"N {id}", "Type": "", "IsPartner": "false", "IsDeleted": "false", "MasterRecordId": "",
            "CreatedDate": "2026-01-01T00:00:00.000Z", "OwnerId": "", "ParentId": "", "Industry": "retail",
            "BillingState": "", "BillingCountry": "BR", "Website": "", "AccountSource": "", **more,
        }  # fmt: skip

    def result(self, *deals: dict[str, str], **tables: list[dict[str, str]]) -> Import:
        mapping = salesforce_mapping(currency="BRL", files="{}")
        accounts = [self.account(PARTNER, IsPartner="TRUE"), self.account(CUSTOMER)]
        names = [name for name, table in mapping.tables if table.file in {"Account", "Opportunity", *tables}]
        return read(mapping.only(*names), Account=accounts, Opportunity=list(deals), **tables)

    def test_ids_of_15_and_18_characters_meet(self) -> None:
        data = self.result(self.opportunity(DEAL[:15])).dataset
        assert data.get(Opportunity, DEAL).account_id == CUSTOMER
        assert data.check().ok

    def test_an_account_may_be_partner_customer_or_both(self) -> None:
        data = self.result().dataset
        assert data.get(Partner, PARTNER).type == "partner"
        assert [one.id for one in data.partners] == [PARTNER]
        assert [one.id for one in data.accounts] == [PARTNER, CUSTOMER]
        assert data.get(Account, CUSTOMER).region == "BR"

    def test_open_won_and_lost(self) -> None:
        result = self.result(
            self.opportunity(OPEN), self.opportunity(DEAL, StageName="Assinado", IsClosed="true", IsWon="true"),
            self.opportunity(
                LOST, StageName="Perdido", IsClosed="TRUE", IsWon="FALSE", CloseDate="2026-03-05 00:00:00"
            ),
        )  # fmt: skip
        data = result.dataset
        assert [str(deal.status) for deal in data.opportunities] == ["open", "won", "lost"]
        assert data.get(Opportunity, OPEN).expected_close == date(2026, 3, 31)
        assert data.get(Opportunity, OPEN).closed_at is None
        assert data.get(Opportunity, DEAL).closed_at == datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC)
        assert data.get(Opportunity, LOST).closed_at == datetime(2026, 3, 5, 23, 59, 59, 999_999, tzinfo=UTC)
        assert data.get(Opportunity, DEAL).amount == Money("1200.50", "BRL")
        assert result.ok

    def test_without_flags_the_stage_tells(self) -> None:
        rows = [
            {**self.opportunity(id, StageName=stage), "IsClosed": "", "IsWon": ""}
            for id, stage in ((DEAL, "Closed Won"), (LOST, "Perdido"), (OPEN, "Proposal"))
        ]
        mapping = salesforce_mapping(files="{}", stages={"Perdido": "lost"}).only("opportunities")
        result = read(mapping, Opportunity=rows)
        assert [str(deal.status) for deal in result.dataset.opportunities] == ["won", "lost", "open"]
        assert ("opportunities", 3, "blank", None, "kept") in told(result)

    def test_sentinels_deleted_rows_and_impossible_percentages_are_reported(self) -> None:
        result = self.result(
            self.opportunity(OPEN, CloseDate="9999-12-31"), self.opportunity(DEAL, IsDeleted="TRUE", Probability="1000")
        )
        assert [one for one in told(result) if one[0] == "opportunities"] == [
            ("opportunities", 1, "sentinel", "9999-12-31", "kept"), ("opportunities", 2, "skipped", DEAL, "skipped"),
            ("opportunities", 2, "out_of_range", "1000", "kept"),
        ]  # fmt: skip
        assert result.dataset.opportunities[0].expected_close is None

    def test_deleted_rows_are_read_where_they_are_asked_for(self) -> None:
        mapping = salesforce_mapping(files="{}", deleted=True).only("opportunities")
        assert read(mapping, Opportunity=[self.opportunity(OPEN, IsDeleted="true")]).used == 1

    def change(self, at: str, stage: str, **more: str) -> dict[str, str]:
        return {
            "OpportunityId": DEAL, "StageName": stage, "CreatedDate": f"2026-03-{at}T10:00:00Z", "Amount": "1200.50",
            "CurrencyIsoCode": "BRL", "CloseDate": "2026-03-31", "CreatedById": "0051G000005Mun4QAC", "IsDeleted": "",
            **more,
        }  # fmt: skip

    def test_the_history_keeps_what_changes(self) -> None:
        history = [
            self.change("04", "Closed Won"), self.change("01", "Proposal"), self.change("02", "Proposal"),
            self.change("03", "Proposal", Amount="1300"), self.change("03", "Proposal", Amount="1200.50"),
        ]  # fmt: skip
        deal = self.opportunity(DEAL, StageName="Closed Won", IsClosed="true", IsWon="true")
        result = self.result(deal, OpportunityHistory=history, OpportunityStage=[])
        changes = result.dataset.get(Opportunity, DEAL).history
        assert [(one.stage, one.at.day, str(one.status)) for one in changes] == [
            ("Proposal", 1, "open"), ("Proposal", 3, "open"), ("Proposal", 3, "open"), ("Closed Won", 4, "won"),
        ]  # fmt: skip
        assert ("history", 3, "unchanged", "Proposal", "skipped") in told(result)

    def test_stages_of_the_org_tell_their_outcome(self) -> None:
        stages = [
            {"MasterLabel": "Assinado", "IsClosed": "true", "IsWon": "true"},
            {"MasterLabel": "Proposal", "IsClosed": "false", "IsWon": "false"},
        ]
        deal = self.opportunity(DEAL, StageName="Assinado", IsClosed="true", IsWon="true")
        history = [self.change("01", "Proposal"), self.change("02", "Assinado")]
        result = self.result(deal, OpportunityHistory=history, OpportunityStage=stages)
        assert [str(one.status) for one in result.dataset.get(Opportunity, DEAL).history] == ["open", "won"]

    def test_partners_of_a_deal_with_their_roles(self) -> None:
        partners = [
            {"Id": "i1", "OpportunityId": DEAL, "AccountToId": PARTNER, "Role": "Implementation", "IsPrimary": "true",
             "CreatedDate": "2026-03-02T10:00:00Z"},
            {"Id": "i2", "OpportunityId": DEAL, "AccountToId": PARTNER, "Role": "", "IsPrimary": "",
             "CreatedDate": "2026-03-03T10:00:00Z"},
        ]  # fmt: skip
        result = self.result(self.opportunity(DEAL), OpportunityPartner=partners)
        found = result.dataset.get(PartnerInvolvement, "i1")
        assert (found.partner_id, found.role, found.primary) == (PARTNER, "Implementation", True)
        assert (result.dataset.involvements[1].role, result.dataset.involvements[1].primary) == ("partner", False)

    def test_lines_and_levels(self) -> None:
        lines = [
            {"Id": "l", "OpportunityId": DEAL, "ProductCode": "", "Product2Id": "p", "Name": "n",
             "TotalPrice": "1200.50", "CurrencyIsoCode": "BRL", "IsDeleted": ""}
        ]  # fmt: skip
        members = [
            {"Id": "m1", "PartnerId": PARTNER, "LevelId": "g", "CreatedDate": "2026-01-02T10:00:00Z"},
            {"Id": "m2", "PartnerId": PARTNER, "LevelId": "", "CreatedDate": "2026-01-02T10:00:00Z"},
        ]
        levels = [{"Id": "g", "Name": "Gold"}]
        result = self.result(
            self.opportunity(DEAL), OpportunityLineItem=lines, ChannelProgramMember=members, ChannelProgramLevel=levels
        )
        assert [line.product for line in result.dataset.get(Opportunity, DEAL).lines] == ["p"]
        assert result.dataset.get(TierMembership, "m1").tier == "Gold"

    def test_tasks_are_touches_of_who_did_them(self) -> None:
        users = [{"Id": "u1", "AccountId": PARTNER}, {"Id": "u2", "AccountId": ""}]
        task = {"WhatId": DEAL, "AccountId": CUSTOMER, "IsDeleted": "", "CompletedDateTime": "", "CreatedDate": "",
                "ActivityDate": "2026-03-04", "TaskSubtype": "Call", "Type": ""}  # fmt: skip
        tasks = [{"Id": "t1", "OwnerId": "u1", **task}, {"Id": "t2", "OwnerId": "u2", **task, "WhatId": "x"}]
        event = {"Id": "e1", "OwnerId": "u2", "WhatId": DEAL, "AccountId": "", "IsDeleted": "", "Type": "",
                 "EventSubtype": "Event", "ActivityDateTime": "2026-03-04T10:00:00Z", "StartDateTime": "",
                 "ActivityDate": ""}  # fmt: skip
        result = self.result(self.opportunity(DEAL), Task=tasks, Event=[event], User=users)
        touches = result.dataset.all(Touchpoint)
        assert [(one.partner_id, one.opportunity_id, one.kind) for one in touches] == [
            (PARTNER, DEAL, "Call"), (DIRECT, None, "Call"), (DIRECT, DEAL, "Event"),
        ]  # fmt: skip

    def test_leads_become_deals_or_just_accounts(self) -> None:
        lead = {"Name": "n", "CreatedDate": "2026-02-01T10:00:00Z", "LeadSource": "Web", "PartnerAccountId": "",
                "ConvertedAccountId": CUSTOMER, "OwnerId": "", "IsDeleted": ""}  # fmt: skip
        leads = [
            {**lead, "Id": "a", "ConvertedDate": "2026-02-03", "ConvertedOpportunityId": DEAL},
            {**lead, "Id": "b", "ConvertedDate": "2026-02-03", "ConvertedOpportunityId": ""},
            {**lead, "Id": "c", "ConvertedDate": "", "ConvertedOpportunityId": ""},
        ]
        member = {"FirstRespondedDate": "2026-02-02", "CreatedDate": "", "CampaignId": "k"}
        members = [{"Id": "r", "LeadId": "a", **member}, {"Id": "s", "LeadId": "", **member}]
        result = self.result(self.opportunity(DEAL), Lead=leads, CampaignMember=members)
        assert [str(result.dataset.get(Lead, id).status) for id in "abc"] == ["converted", "accepted", "open"]
        assert [touch.campaign for touch in result.dataset.touchpoints] == ["k"]

    def test_dates_in_the_order_of_a_locale(self) -> None:
        mapping = salesforce_mapping(files="{}", formats=["%m/%d/%Y", "iso"]).only("opportunities")
        result = read(mapping, Opportunity=[self.opportunity(OPEN, CloseDate="3/31/2026", CreatedDate="3/1/2026")])
        deal = result.dataset.get(Opportunity, OPEN)
        assert (deal.expected_close, deal.created_at) == (date(2026, 3, 31), datetime(2026, 3, 1, tzinfo=UTC))

    def test_names_of_a_sync_tool(self) -> None:
        mapping = salesforce_mapping(snake_case=True)
        table = mapping.table("lines")
        assert table.file == "opportunity_line_item.csv"
        assert [one.column for one in table.fields["product"].first] == ["product_code", "product_2_id", "name"]
        history = mapping.table("history")
        assert (history.fields["at"].column, history.fields["opportunity_id"].column) == ("_fivetran_start", "id")
        tasks = mapping.table("tasks")
        assert [dict(join.on) for join in tasks.joins] == [{"what_id": "id"}, {"owner_id": "id"}]
        assert (
            mapping.table("opportunities").fields["closed_at"].when
            == salesforce_mapping().table("opportunities").fields["closed_at"].when
        )


class TestHubSpot:
    """Tables of a sync tool."""

    STAGES = (
        {"stage_id": "s1", "label": "Proposal", "is_closed": "FALSE", "closed_won": "FALSE", "pipeline_id": "p1"},
        {"stage_id": "s2", "label": "Won", "is_closed": "TRUE", "closed_won": "TRUE", "pipeline_id": "p1"},
        {"stage_id": "s3", "label": "Lost", "is_closed": "TRUE", "closed_won": "FALSE", "pipeline_id": "p1"},
        {"stage_id": "s4", "label": "Won", "is_closed": "FALSE", "closed_won": "FALSE", "pipeline_id": "p2"},
    )
    PIPELINES = ({"pipeline_id": "p1", "label": "Sales"}, {"pipeline_id": "p2", "label": "Service"})

    def deal(self, id: str, stage: str = "s1", **more: str) -> dict[str, str]:
        return {
            "deal_id": id, "is_deleted": "false", "deal_pipeline_id": "p1", "deal_pipeline_stage_id": stage,
            "owner_id": "o", "property_dealname": "n", "property_amount": "1200.50",
            "property_deal_currency_code": "BRL",
            "property_createdate": "2026-03-01 6:49:18", "property_closedate": "2026-03-31 12:00:00", **more,
        }  # fmt: skip

    def result(self, *deals: dict[str, str], mapping: ImportMapping | None = None, **tables: Any) -> Import:
        mapping = mapping or hubspot_mapping(currency="USD", files="{}")
        given = {
            "deal_pipeline_stage": self.STAGES,
            "deal_pipeline": self.PIPELINES,
            "merged_deal": [],
            "deal_company": [],
        }
        files = {"deal", *given, *tables}
        names = [name for name, table in mapping.tables if table.file in files]
        return read(mapping.only(*names), deal=list(deals), **{**given, **tables})

    def test_stages_and_pipelines_have_names(self) -> None:
        result = self.result(
            self.deal("1"), self.deal("2", "s2"), self.deal("3", "s3"), self.deal("4", "s4", deal_pipeline_id="p2")
        )
        assert [(one.stage, str(one.status), one.pipeline) for one in result.dataset.opportunities] == [
            ("Proposal", "open", "Sales"), ("Won", "won", "Sales"), ("Lost", "lost", "Sales"),
            ("Won", "open", "Service"),
        ]  # fmt: skip
        first, second, *_ = result.dataset.opportunities
        assert (first.closed_at, first.expected_close) == (None, date(2026, 3, 31))
        assert second.closed_at == datetime(2026, 3, 31, 12, tzinfo=UTC)
        assert first.created_at == datetime(2026, 3, 1, 6, 49, 18, tzinfo=UTC)

    def test_outcomes_may_be_given_by_id_or_label(self) -> None:
        mapping = hubspot_mapping(files="{}", stages={"s4": "won", "Proposal": "lost"})
        result = self.result(self.deal("1"), self.deal("4", "s4"), self.deal("3", "s3"), mapping=mapping)
        assert [str(one.status) for one in result.dataset.opportunities] == ["lost", "won", "lost"]

    def test_a_stage_that_is_not_told_is_unknown_and_reported(self) -> None:
        result = self.result(self.deal("1", "", deal_pipeline_id=""))
        assert result.dataset.get(Opportunity, "1").stage == "unknown"
        assert [one for one in told(result) if one[0] == "opportunities"] == [
            ("opportunities", 1, "blank", None, "kept")
        ]

    def test_merged_deals_count_for_their_survivor(self) -> None:
        """Also where the survivor was merged again."""
        merges = [{"deal_id": "2", "merged_deal_id": "1", "_fivetran_synced": ""},
                  {"deal_id": "3", "merged_deal_id": "2", "_fivetran_synced": ""}]  # fmt: skip
        stages = [
            {"deal_id": "1", "value": "s1", "date_entered": "2026-03-01 10:00:00", "_fivetran_start": "",
             "_fivetran_end": ""},
            {"deal_id": "3", "value": "s1", "date_entered": "2026-03-02 10:00:00", "_fivetran_start": "",
             "_fivetran_end": "2050-01-01 00:00:00"},
        ]  # fmt: skip
        result = self.result(self.deal("1"), self.deal("3"), merged_deal=merges, deal_stage=stages)
        (deal,) = result.dataset.opportunities
        assert (deal.id, [change.at.day for change in deal.history]) == ("3", [1])
        assert {("opportunities", 1, "skipped", "1", "skipped"), ("merges", 1, "skipped", "1", "skipped"),
                ("history", 2, "unchanged", "Proposal", "skipped"),
                ("history", 2, "sentinel", "2050-01-01 00:00:00", "kept")} <= set(told(result))  # fmt: skip

    def test_the_history_of_a_property_will_do(self) -> None:
        rows = [
            {"deal_id": "1", "name": "dealstage", "value": "s1", "timestamp": "2026-03-01 10:00:00.123"},
            {"deal_id": "1", "name": "amount", "value": "5", "timestamp": "2026-03-01 10:00:00.123"},
        ]
        result = self.result(self.deal("1"), deal_property_history=rows)
        assert [change.stage for change in result.dataset.get(Opportunity, "1").history] == ["Proposal"]
        assert ("property_history", 2, "skipped", None, "skipped") in told(result)

    def company(self, id: str, type: str) -> dict[str, str]:
        return {
            "id": id, "is_deleted": "false", "property_name": f"N {id}", "property_type": type,
            "property_domain": "n.example",
            "property_createdate": "2026-01-01 10:00:00", "property_industry": "retail", "property_state": "SP",
        }  # fmt: skip

    def test_partners_come_from_types_and_associations(self) -> None:
        mapping = hubspot_mapping(files="{}", roles={"17": "sourced"}, partner_types=["Canal"])
        companies = [self.company("c1", "Canal"), self.company("c2", "PROSPECT")]
        links = [
            {"deal_id": "1", "company_id": "c2", "type_id": "5"},
            {"deal_id": "1", "company_id": "c1", "type_id": "17"},
        ]
        result = self.result(self.deal("1"), mapping=mapping, company=companies, deal_company=links)
        data = result.dataset
        assert [one.id for one in data.partners] == ["c1"]
        assert data.get(Opportunity, "1").account_id == "c2"
        (part,) = data.involvements
        assert (part.partner_id, part.role, part.at.day) == ("c1", "sourced", 1)
        assert data.check().ok

    def test_without_roles_no_association_is_a_part(self) -> None:
        result = self.result(self.deal("1"), deal_company=[{"deal_id": "1", "company_id": "c2", "type_id": "5"}])
        assert result.dataset.involvements == ()
        assert ("involvements", 1, "skipped", "1-c2-5", "skipped") in told(result)

    def test_engagements_are_touches(self) -> None:
        links = [{"deal_id": "1", "engagement_id": "e", "engagement_type": "CALL"}]
        engagements = [{"id": "e", "type": "CALL", "timestamp": "2026-03-02 10:00:00", "property_hs_timestamp": ""}]
        result = self.result(self.deal("1"), engagement_deal=links, engagement=engagements)
        assert [(one.id, one.kind, one.opportunity_id) for one in result.dataset.touchpoints] == [("e-1", "CALL", "1")]

    def test_names_of_the_api(self) -> None:
        mapping = hubspot_mapping(files="{}", properties=True)
        fields = mapping.table("opportunities").fields
        assert [fields[name].column for name in ("id", "name", "amount", "owner_id")] == [
            "hs_object_id", "dealname", "amount", "hubspot_owner_id",
        ]  # fmt: skip
        assert dict(mapping.table("opportunities").joins[1].on) == {"dealstage": "stage_id"}
        assert dict(mapping.table("involvements").joins[1].on) == {"deal_id": "hs_object_id"}
        assert mapping.table("involvements").fields["at"].column == "deal.createdate"
        assert mapping.table("accounts").fields["domain"].column == "domain"

    def test_dates_in_the_order_of_a_locale(self) -> None:
        mapping = hubspot_mapping(files="{}", formats=["%m/%d/%Y %H:%M"], zone="America/Sao_Paulo")
        deal = self.deal("1", property_createdate="3/1/2026 6:49", property_closedate="3/31/2026 9:00")
        found = self.result(deal, mapping=mapping).dataset.get(Opportunity, "1")
        assert (found.created_at, found.expected_close) == (datetime(2026, 3, 1, 9, 49, tzinfo=UTC), date(2026, 3, 31))


class TestOdoo:
    """Records of its API, and columns of its exports."""

    LEAD: ClassVar = {
        "name": "n", "type": "opportunity", "active": True, "probability": 50.0, "stage_id": [1, "Proposta"],
        "team_id": [1, "Vendas"], "expected_revenue": 1200.5, "company_currency": [6, "BRL"], "partner_id": [7, "Sol"],
        "partner_assigned_id": [9, "Acme"], "create_date": "2026-03-01 10:00:00", "date_closed": False,
        "date_deadline": "2026-03-31", "user_id": [2, "Rui"], "source_id": False, "medium_id": False,
        "campaign_id": False,
        "lost_reason_id": False, "date_partner_assign": "2026-03-02", "referred": False, "recurring_revenue": 0.0,
        "date_open": False,
    }  # fmt: skip
    STAGES = ({"id": 1, "name": "Proposta", "is_won": False}, {"id": 2, "name": "Ganho", "is_won": True})
    PARTNERS = (
        {"id": 7, "name": "Sol", "grade_id": False, "date_partnership": False, "create_date": "2026-01-01 10:00:00",
         "user_id": False, "parent_id": False, "state_id": [1, "SP"], "country_id": False, "industry_id": False,
         "activation": False, "website": False, "vat": "00.000.000/0001-91"},
        {"id": 9, "name": "Acme", "grade_id": [3, "Gold"], "date_partnership": "2026-01-15",
         "create_date": "2026-01-02 10:00:00", "user_id": [2, "Rui"], "parent_id": False, "state_id": False,
         "country_id": [2, "BR"], "industry_id": False, "activation": [1, "Ativo"], "website": False, "vat": False},
    )  # fmt: skip

    def result(self, *leads: dict[str, Any], **tables: Any) -> Import:
        mapping = odoo_mapping(files="{}")
        rows = [{"id": number, **self.LEAD, **lead} for number, lead in enumerate(leads, 1)]
        given = {"crm__lead": rows, "crm__stage": self.STAGES, "res__partner": self.PARTNERS, **tables}
        files = {name.replace("__", ".") for name in given}
        names = [name for name, table in mapping.tables if table.file in files]
        return read(mapping.only(*names), **{name: list(odoo_records(rows)) for name, rows in given.items()})

    def test_deals(self) -> None:
        result = self.result({})
        deal = result.dataset.get(Opportunity, "1")
        assert (deal.stage, deal.pipeline, deal.account_id, deal.partner_id, deal.owner_id) == (
            "Proposta",
            "Vendas",
            "7",
            "9",
            "2",
        )
        assert (deal.amount, deal.expected_close, deal.origin) == (Money("1200.50", "BRL"), date(2026, 3, 31), None)
        assert result.ok
        assert result.dataset.check().ok

    def test_won_lost_and_archived(self) -> None:
        closed = {"date_closed": "2026-03-20 10:00:00"}
        result = self.result(
            {"stage_id": [2, "Ganho"], "probability": 100.0, **closed},
            {"active": False, "probability": 0.0, "lost_reason_id": [1, "Preço"], **closed}, {"active": False},
        )  # fmt: skip
        deals = result.dataset.opportunities
        assert [str(deal.status) for deal in deals] == ["won", "lost", "open"]
        assert [deal.lost_reason for deal in deals] == [None, "Preço", None]
        assert deals[0].closed_at == datetime(2026, 3, 20, 10, tzinfo=UTC)

    def test_leads_and_opportunities_are_told_apart(self) -> None:
        data = self.result({"type": "lead"}, {}).dataset
        assert ([one.id for one in data.leads], [one.id for one in data.opportunities]) == (["1"], ["2"])
        assert [one.opportunity_id for one in data.involvements] == ["2"]

    def test_partners_have_a_grade(self) -> None:
        data = self.result({}).dataset
        (partner,) = data.partners
        assert (partner.id, partner.signed_on, partner.region, partner.type) == ("9", date(2026, 1, 15), "BR", "Ativo")
        assert [(one.tier, one.effective_from) for one in data.tiers] == [("Gold", date(2026, 1, 15))]
        assert [one.tax_id for one in data.accounts] == ["00.000.000/0001-91", None]

    def test_assignments_are_parts(self) -> None:
        data = self.result({}, {"partner_assigned_id": False}).dataset
        assert [(one.id, one.role, one.at) for one in data.involvements] == [
            ("1-9", "assigned", datetime(2026, 3, 2, tzinfo=UTC))
        ]

    def test_changes_come_from_the_chatter(self) -> None:
        messages = [{"id": 1, "model": "crm.lead", "res_id": 1, "date": "2026-03-05 10:00:00"},
                    {"id": 2, "model": "res.partner", "res_id": 1, "date": "2026-03-05 10:00:00"}]  # fmt: skip
        value = {
            "field_id": [8, "Stage (crm.lead)"],
            "new_value_integer": 1,
            "new_value_char": "Proposta",
            "create_date": "",
        }
        values = [{"id": 1, **value, "mail_message_id": [1, "m"]}, {"id": 2, **value, "mail_message_id": [2, "m"]},
                  {"id": 3, **value, "mail_message_id": [1, "m"], "field_id": [9, "Salesperson"]}]  # fmt: skip
        result = self.result({}, mail__tracking__value=values, mail__message=messages)
        assert [(one.stage, one.at.day) for one in result.dataset.get(Opportunity, "1").history] == [("Proposta", 5)]
        assert [one.row for one in result.skipped if one.table == "history"] == [2, 3]

    def test_exports_have_the_same_columns(self) -> None:
        row = {"id": "__export__.crm_lead_1", "name": "n", "type": "opportunity", "active": "True",
               "probability": "50.0",
               "stage_id": "Proposta", "stage_id/id": "s1", "create_date": "2026-03-01 10:00:00",
               "expected_revenue": "1200.5",
               "company_currency": "BRL"}  # fmt: skip
        mapping = odoo_mapping(files="{}").only("opportunities")
        result = read(mapping, crm__lead=[row], crm__stage=[{"id": "s1", "name": "Proposta", "is_won": "False"}])
        assert result.dataset.get(Opportunity, "__export__.crm_lead_1").amount == Money("1200.50", "BRL")

    def test_records_of_other_shapes_pass(self) -> None:
        assert list(odoo_records([{"tag_ids": [1, 2], "pair": (3, "x"), "n": 1}])) == [
            {"tag_ids": [1, 2], "pair": "x", "pair/id": 3, "n": 1}
        ]


class TestEditing:
    """Mappings made from mappings."""

    def test_a_table_that_is_not_there(self) -> None:
        with pytest.raises(UnknownName, match="no table of the mapping 'oportunities'; did you mean 'opportunities'"):
            odoo_mapping().only("oportunities")

    def test_only_keeps_the_order(self) -> None:
        assert [name for name, _ in odoo_mapping().only("history", "accounts").tables] == ["accounts", "history"]

    def test_renaming_reaches_every_name(self) -> None:
        text = """
        system = "crm"
        [a]
        into = "accounts"
        file = "a"
        joins = [{ alias = "j", file = "b", on = { k = "k" }, follow = "n", where = { column = "w", blank = false } }]
        skip = [{ column = "s", blank = true }, { column = "j.s", blank = true }, { column = "field.id", blank = true }]
        checks = [{ column = "c", low = 0 }]
        [a.fields]
        id = { template = "{i}-{j.i}" }
        name = { first = ["x", { constant = "y" }], when = { column = "z", blank = false } }
        custom = { m = { column = "m", currency_column = "q" } }
        """
        new = parse_mapping(text).renamed(files=str.upper, columns=lambda file, column: f"{file}_{column}").table("a")
        (join,) = new.joins
        assert (new.file, join.file, dict(join.on), join.follow) == ("A", "B", {"a_k": "b_k"}, "b_n")
        assert join.where is not None
        assert join.where.column == "b_w"
        assert [one.column for one in new.skip] == ["a_s", "j.b_s", "field.id"]
        assert new.checks[0].column == "a_c"
        assert new.fields["id"].template == "{a_i}-{j.b_i}"
        assert [one.column for one in new.fields["name"].first] == ["a_x", None]
        assert new.fields["name"].when is not None
        assert new.fields["name"].when.column == "a_z"
        assert new.fields["custom.m"].currency_column == "a_q"
        assert parse_mapping(text).renamed() == parse_mapping(text)

    def test_joins_may_ask_for_some_rows_only(self) -> None:
        text = """
        system = "crm"
        [accounts]
        file = "a"
        joins = [{ alias = "j", file = "b", on = { id = "k" }, where = { column = "main", in = ["yes"] } }]
        fields = { id = "id", name = "j.name" }
        """
        rows = [{"k": "1", "name": "no", "main": ""}, {"k": "1", "name": "yes", "main": "yes"}]
        result = import_rows({"a": [{"id": "1"}], "b": rows}, parse_mapping(text))
        assert result.dataset.get(Account, "1").name == "yes"
        assert result.issues == ()

    def test_a_field_may_ask_another_one(self) -> None:
        text = """
        system = "crm"
        [accounts]
        file = "a"
        [accounts.fields]
        id = "id"
        name = "id"
        segment = { column = "s", values = { a = "x", "*" = "*" }, default = "d" }
        region = { first = [{ column = "r", when = { column = "field.segment", in = ["x", "d"] } }] }
        domain = { column = "r", when = { column = "field.region", blank = false } }
        """
        rows = [{"id": "1", "s": "a", "r": "q"}, {"id": "2", "s": "", "r": "q"}, {"id": "3", "s": "b", "r": "q"}]
        result = import_rows({"a": rows}, parse_mapping(text))
        assert [account.region for account in result.dataset.accounts] == ["q", "q", None]
        # `region` asks a field itself, so that it cannot be asked: the name is then that of a column.
        assert [(one.code, one.value) for one in result.issues] == [("missing_column", "field.region")]
        assert isinstance(result.dataset, Dataset)
