"""Salesforce: its objects and fields as a mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from partnerops.adapters._mapping import ImportMapping, TableMapping
from partnerops.adapters._reader import parse_mapping
from partnerops.exceptions import InvalidValue

SALESFORCE: Final = """
schema_version = 1
system = "salesforce"
zone = "UTC"

# --- parties: an account may be a partner, a customer, or both

[partners]
file = "Account"
skip = [
    { column = "MasterRecordId", blank = false, because = "merged into another account" },
    { column = "IsDeleted", in = ["true", "TRUE", "True", "1"], because = "deleted" },
    { column = "IsPartner", not_in = ["true", "TRUE", "True", "1"], because = "not a partner account" },
]

[partners.fields]
id = { column = "Id", id = "salesforce" }
name = "Name"
type = { column = "Type", default = "partner" }
recruited_on = "CreatedDate"
owner_id = { column = "OwnerId", id = "salesforce" }
parent_id = { column = "ParentId", id = "salesforce" }
segment = "Industry"
region = { first = ["BillingState", "BillingCountry"] }

[tiers]
file = "ChannelProgramMember"
joins = [{ alias = "level", file = "ChannelProgramLevel", on = { LevelId = "Id" } }]
skip = [{ column = "LevelId", blank = true, because = "in the programme without a level" }]

[tiers.fields]
id = { column = "Id", id = "salesforce" }
partner_id = { column = "PartnerId", id = "salesforce" }
tier = { first = ["level.Name", "LevelId"] }
effective_from = "CreatedDate"

[accounts]
file = "Account"
skip = [
    { column = "MasterRecordId", blank = false, because = "merged into another account" },
    { column = "IsDeleted", in = ["true", "TRUE", "True", "1"], because = "deleted" },
]

[accounts.fields]
id = { column = "Id", id = "salesforce" }
name = "Name"
domain = "Website"
segment = "Industry"
region = { first = ["BillingState", "BillingCountry"] }
parent_id = { column = "ParentId", id = "salesforce" }
origin = "AccountSource"
created_at = "CreatedDate"

# --- pipeline

[leads]
file = "Lead"
skip = [{ column = "IsDeleted", in = ["true", "TRUE", "True", "1"], because = "deleted" }]

[leads.fields]
id = { column = "Id", id = "salesforce" }
created_at = "CreatedDate"
origin = "LeadSource"
partner_id = { column = "PartnerAccountId", id = "salesforce" }
account_id = { column = "ConvertedAccountId", id = "salesforce" }
owner_id = { column = "OwnerId", id = "salesforce" }
# A lead may be converted into an account without a deal: then sales took it on, and that is all.
accepted_at = { column = "ConvertedDate", day = "end" }
converted_at = { column = "ConvertedDate", day = "end", when = { column = "ConvertedOpportunityId", blank = false } }
opportunity_id = { column = "ConvertedOpportunityId", id = "salesforce" }

[opportunities]
file = "Opportunity"
skip = [{ column = "IsDeleted", in = ["true", "TRUE", "True", "1"], because = "deleted" }]
checks = [{ column = "Probability", low = 0, high = 100, because = "a percentage" }]

[opportunities.fields]
id = { column = "Id", id = "salesforce" }
name = "Name"
stage = "StageName"
amount = { column = "Amount", currency_column = "CurrencyIsoCode" }
created_at = "CreatedDate"
origin = "LeadSource"
partner_id = { column = "PartnerAccountId", id = "salesforce" }
account_id = { column = "AccountId", id = "salesforce" }
owner_id = { column = "OwnerId", id = "salesforce" }
custom = { type = "Type", forecast_category = "ForecastCategory", campaign_id = "CampaignId" }

[opportunities.fields.status]
first = [
    { column = "IsWon", values = { true = "won", TRUE = "won", True = "won", "1" = "won", "*" = "" } },
    { column = "IsClosed", values = { true = "lost", TRUE = "lost", True = "lost", "1" = "lost", "*" = "open" } },
    { column = "StageName", values = { "Closed Won" = "won", "Closed Lost" = "lost", "*" = "" } },
]
default = "open"
expected = true

# CloseDate is a date, whatever a warehouse makes of it, and means the expected close until the deal is closed.
[opportunities.fields.closed_at]
column = "CloseDate"
formats = ["%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00.000Z", "iso"]
day = "end"
blanks = ["9999-12-31", "9999-12-31 00:00:00", "2050-01-01", "2050-01-01 00:00:00"]
when = { column = "field.status", in = ["won", "lost"] }

[opportunities.fields.expected_close]
column = "CloseDate"
formats = ["%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00.000Z", "iso"]
sentinels = ["9999-12-31", "9999-12-31 00:00:00", "2050-01-01", "2050-01-01 00:00:00"]

# A row for any edit: those that change neither stage, amount nor date are left out.
[history]
into = "stage_changes"
file = "OpportunityHistory"
joins = [{ alias = "stage", file = "OpportunityStage", on = { StageName = "MasterLabel" } }]
skip = [{ column = "IsDeleted", in = ["true", "TRUE", "True", "1"], because = "deleted" }]

[history.fields]
opportunity_id = { column = "OpportunityId", id = "salesforce" }
stage = "StageName"
at = "CreatedDate"
amount = { column = "Amount", currency_column = "CurrencyIsoCode" }
actor_id = { column = "CreatedById", id = "salesforce" }

[history.fields.status]
first = [
    { column = "stage.IsWon", values = { true = "won", TRUE = "won", True = "won", "1" = "won", "*" = "" } },
    { column = "stage.IsClosed", values = { true = "lost", TRUE = "lost", True = "lost", "1" = "lost", "*" = "open" } },
    { column = "StageName", values = { "Closed Won" = "won", "Closed Lost" = "lost", "*" = "" } },
]
default = "open"

[history.fields.expected_close]
column = "CloseDate"
formats = ["%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00.000Z", "iso"]
blanks = ["9999-12-31", "9999-12-31 00:00:00", "2050-01-01", "2050-01-01 00:00:00"]

[lines]
into = "opportunity_lines"
file = "OpportunityLineItem"
skip = [{ column = "IsDeleted", in = ["true", "TRUE", "True", "1"], because = "deleted" }]

[lines.fields]
opportunity_id = { column = "OpportunityId", id = "salesforce" }
product = { first = ["ProductCode", "Product2Id", "Name"] }
amount = { column = "TotalPrice", currency_column = "CurrencyIsoCode" }

# --- who took part

[involvements]
file = "OpportunityPartner"

[involvements.fields]
id = { column = "Id", id = "salesforce" }
opportunity_id = { column = "OpportunityId", id = "salesforce" }
partner_id = { column = "AccountToId", id = "salesforce" }
role = { column = "Role", default = "partner" }
# Salesforce clears the mark of the old primary partner when there is a new one: this is today's, not history.
primary = { column = "IsPrimary", default = "false" }
at = "CreatedDate"

[tasks]
into = "touchpoints"
file = "Task"
joins = [
    { alias = "deal", file = "Opportunity", on = { WhatId = "Id" }, reported = false },
    { alias = "owner", file = "User", on = { OwnerId = "Id" }, reported = false },
]
skip = [{ column = "IsDeleted", in = ["true", "TRUE", "True", "1"], because = "deleted" }]

[tasks.fields]
id = { column = "Id", id = "salesforce" }
# Only users of partners have an account of their own.
partner_id = { first = ["owner.AccountId", { constant = "direct" }], id = "salesforce" }
at = { first = ["CompletedDateTime", "ActivityDate", "CreatedDate"] }
kind = { first = ["TaskSubtype", "Type"], default = "task" }
opportunity_id = { column = "deal.Id", id = "salesforce" }
account_id = { column = "AccountId", id = "salesforce" }

[events]
into = "touchpoints"
file = "Event"
joins = [
    { alias = "deal", file = "Opportunity", on = { WhatId = "Id" }, reported = false },
    { alias = "owner", file = "User", on = { OwnerId = "Id" }, reported = false },
]
skip = [{ column = "IsDeleted", in = ["true", "TRUE", "True", "1"], because = "deleted" }]

[events.fields]
id = { column = "Id", id = "salesforce" }
partner_id = { first = ["owner.AccountId", { constant = "direct" }], id = "salesforce" }
at = { first = ["ActivityDateTime", "StartDateTime", "ActivityDate"] }
kind = { first = ["Type", "EventSubtype"], default = "event" }
opportunity_id = { column = "deal.Id", id = "salesforce" }
account_id = { column = "AccountId", id = "salesforce" }

[responses]
into = "touchpoints"
file = "CampaignMember"
skip = [{ column = "LeadId", blank = true, because = "the response of a contact names no deal" }]

[responses.fields]
id = { column = "Id", id = "salesforce" }
partner_id = { constant = "direct" }
at = { first = ["FirstRespondedDate", "CreatedDate"] }
kind = { constant = "campaign" }
lead_id = { column = "LeadId", id = "salesforce" }
campaign = "CampaignId"
"""
"""The mapping of Salesforce, object and field names as its API has them: a mapping file to start from."""

_VERSIONS: Final = """
system = "salesforce"
zone = "UTC"

# The opportunity itself, a row for each of its versions.
[history]
into = "stage_changes"
file = "OpportunityHistory"
skip = [{ column = "IsDeleted", in = ["true", "TRUE", "True", "1"], because = "deleted" }]
checks = [{ column = "_fivetran_end", sentinels = ["9999-12-31 23:59:59"], because = "the version still holds" }]

[history.fields]
opportunity_id = { column = "Id", id = "salesforce" }
stage = "StageName"
at = "_fivetran_start"
amount = { column = "Amount", currency_column = "CurrencyIsoCode" }
"""
"""The history of a sync tool; status and close are read as from Salesforce's own, see `_versions`."""


def salesforce_mapping(
    *,
    currency: str | None = None,
    zone: str = "UTC",
    formats: Sequence[str] = ("iso",),
    stages: Mapping[str, str] | None = None,
    files: str = "{}.csv",
    snake_case: bool = False,
    deleted: bool = False,
) -> ImportMapping:
    """
    The mapping of a Salesforce export: Data Loader, the API, or tables that a sync tool wrote.

    Names are those of the API; with *snake_case* they are those of a sync tool (`AccountId` is `account_id`), and the
    history is read from versions of the opportunity (`_fivetran_start`) instead of the object OpportunityHistory.
    *files* is the name of an object's file. *currency* is that of amounts without CurrencyIsoCode, *zone* that of
    times without one, *formats* how dates are written, *stages* says which stage names are won and lost where the
    object OpportunityStage is not exported ("Closed Won" and "Closed Lost" are known). With *deleted*, rows in the
    recycle bin are read like all others. Use `only` to leave out objects that you do not export, and look at
    `SALESFORCE` for what becomes of which field.

    >>> mapping = salesforce_mapping(currency="BRL", files="sf_{}.csv", snake_case=True)
    >>> table = mapping.table("opportunities")
    >>> table.file, table.fields["account_id"].column
    ('sf_opportunity.csv', 'account_id')
    """
    # Without the place for the object, all tables would be read from one file.
    if files.count("{}") != 1:
        raise InvalidValue("files", 'a name with {} for the object, such as "{}.csv"', files)
    mapping = parse_mapping(SALESFORCE).replace(currency=currency, zone=zone, formats=tuple(formats))
    # Before the renaming: the versions are written in API names too, and are renamed with all others.
    if snake_case:
        mapping = mapping.changed(history=_versions(mapping.table("history")))
    for name in ("opportunities", "history"):
        mapping = mapping.changed(**{name: _adapted(mapping.table(name), stages or {}, tuple(formats))})
    if deleted:
        mapping = mapping.replace(tables=[(name, _with_deleted(table)) for name, table in mapping.tables])
    return mapping.renamed(
        files=lambda file: files.format(_snake(file) if snake_case else file),
        columns=(lambda _, column: _snake(column)) if snake_case else None,
    )


def _versions(history: TableMapping) -> TableMapping:
    """The history of versions: a version says itself whether it is closed and won, without a table of stages."""
    table = parse_mapping(_VERSIONS).table("history")
    status = history.fields["status"]
    own = [one.replace(column=(one.column or "").removeprefix("stage.")) for one in status.first]
    shared = {"status": status.replace(first=own), "expected_close": history.fields["expected_close"]}
    return table.replace(fields={**table.fields, **shared})


def _adapted(table: TableMapping, stages: Mapping[str, str], formats: tuple[str, ...]) -> TableMapping:
    """The table with more names of stages, and with dates that may be written in these formats too."""
    fields = dict(table.fields)
    # Flags first: an administrator may call a won stage anything, and only then do names decide.
    *flags, named = fields["status"].first
    named = named.replace(values={**named.values, **stages})
    fields["status"] = fields["status"].replace(first=[*flags, named])
    for name, spec in fields.items():
        # Its own formats stay in front: a warehouse's midnight must not become a time of day.
        if spec.column == "CloseDate":
            fields[name] = spec.replace(formats=tuple(dict.fromkeys((*spec.formats, *formats))))
    return table.replace(fields=fields)


def _with_deleted(table: TableMapping) -> TableMapping:
    # Merged accounts stay out all the same: what they had belongs to the one they went up in.
    return table.replace(skip=[rule for rule in table.skip if rule.column != "IsDeleted"])


def _snake(name: str) -> str:
    """`AccountId` as `account_id`, `Product2Id` as `product_2_id`, `Region__c` as `region_c`."""
    if name.startswith("_"):  # columns of the sync tool itself
        return name
    # Before a capital after a small letter or digit, and before a number: as the common sync tools name columns.
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])", "_", name)
    return re.sub(r"_+", "_", spaced).lower()
