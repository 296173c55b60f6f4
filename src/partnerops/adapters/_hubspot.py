"""HubSpot: its objects, associations and histories as a mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from partnerops.adapters._field import Condition, FieldMapping
from partnerops.adapters._mapping import ImportMapping, TableMapping
from partnerops.adapters._reader import parse_mapping
from partnerops.exceptions import InvalidValue

HUBSPOT: Final = """
schema_version = 1
system = "hubspot"
zone = "UTC"

# --- parties: HubSpot knows companies; which of them are partners is for the portal to say

[partners]
file = "company"
skip = [
    { column = "is_deleted", in = ["true", "TRUE", "True", "1"], because = "deleted" },
    { column = "property_type", not_in = ["PARTNER", "RESELLER"], because = "not a partner company" },
]

[partners.fields]
id = "id"
name = { first = ["property_name", "property_domain"] }
type = { column = "property_type", values = { PARTNER = "partner", RESELLER = "reseller", "*" = "*" } }
recruited_on = "property_createdate"
owner_id = "property_hubspot_owner_id"
segment = "property_industry"
region = { first = ["property_state", "property_country"] }

[accounts]
file = "company"
skip = [{ column = "is_deleted", in = ["true", "TRUE", "True", "1"], because = "deleted" }]

[accounts.fields]
id = "id"
name = { first = ["property_name", "property_domain"] }
domain = "property_domain"
segment = "property_industry"
region = { first = ["property_state", "property_country"] }
origin = "property_hs_analytics_source"
created_at = "property_createdate"

# --- pipeline: stages have opaque ids, of each pipeline its own

[opportunities]
file = "deal"
joins = [
    { alias = "merged", file = "merged_deal", on = { deal_id = "merged_deal_id" }, reported = false },
    { alias = "stage", file = "deal_pipeline_stage", on = { deal_pipeline_stage_id = "stage_id" } },
    { alias = "pipeline", file = "deal_pipeline", on = { deal_pipeline_id = "pipeline_id" } },
    { alias = "company", file = "deal_company", on = { deal_id = "deal_id" }, reported = false },
]
skip = [
    { column = "merged.deal_id", blank = false, because = "merged into another deal" },
    { column = "is_deleted", in = ["true", "TRUE", "True", "1"], because = "deleted" },
]
checks = [{ column = "property_hs_deal_stage_probability", low = 0, high = 1, because = "a fraction" }]

[opportunities.fields]
id = "deal_id"
name = "property_dealname"
# A deal whose stage the export does not say is kept, in a stage that nobody knows.
stage = { first = ["stage.label", "deal_pipeline_stage_id"], default = "unknown", expected = true }
pipeline = { first = ["pipeline.label", "deal_pipeline_id"], default = "default" }
amount = { column = "property_amount", currency_column = "property_deal_currency_code" }
created_at = "property_createdate"
# The close date is the expected one until the deal is closed, and is overwritten then.
closed_at = { column = "property_closedate", when = { column = "field.status", in = ["won", "lost"] } }
expected_close = { column = "property_closedate", sentinels = ["2050-01-01 00:00:00", "9999-12-31 23:59:59"] }
origin = "property_hs_analytics_source"
account_id = "company.company_id"
owner_id = "owner_id"
custom = { type = "property_dealtype", forecast_category = "property_hs_manual_forecast_category" }

[opportunities.fields.status]
first = [
    { column = "stage.closed_won", values = { true = "won", TRUE = "won", True = "won", 1 = "won", "*" = "" } },
    { column = "stage.is_closed", values = { true = "lost", TRUE = "lost", True = "lost", 1 = "lost", "*" = "open" } },
]
default = "open"

# Deals that went up in another one: what is known of them counts for that one.
[merges]
into = "opportunities"
file = "merged_deal"
skip = [{ column = "merged_deal_id", blank = false, because = "merged: what is known of it counts for the other deal" }]
fields = { id = "merged_deal_id", stage = { constant = "merged" }, created_at = "_fivetran_synced" }

[history]
into = "stage_changes"
file = "deal_stage"
joins = [
    { alias = "merged", file = "merged_deal", on.deal_id = "merged_deal_id", follow = "deal_id", reported = false },
    { alias = "stage", file = "deal_pipeline_stage", on = { value = "stage_id" } },
]

[[history.checks]]
column = "_fivetran_end"
sentinels = ["2050-01-01 00:00:00", "9999-12-31 23:59:59"]
because = "the stage still holds"

[history.fields]
opportunity_id = { first = ["merged.deal_id", "deal_id"] }
stage = { first = ["stage.label", "value"] }
at = { first = ["date_entered", "_fivetran_start"] }

[history.fields.status]
first = [
    { column = "stage.closed_won", values = { true = "won", TRUE = "won", True = "won", 1 = "won", "*" = "" } },
    { column = "stage.is_closed", values = { true = "lost", TRUE = "lost", True = "lost", 1 = "lost", "*" = "open" } },
]
default = "open"

[property_history]
into = "stage_changes"
file = "deal_property_history"
joins = [
    { alias = "merged", file = "merged_deal", on.deal_id = "merged_deal_id", follow = "deal_id", reported = false },
    { alias = "stage", file = "deal_pipeline_stage", on = { value = "stage_id" }, reported = false },
]
skip = [{ column = "name", not_in = ["dealstage"], because = "the history of another property" }]

[property_history.fields]
opportunity_id = { first = ["merged.deal_id", "deal_id"] }
stage = { first = ["stage.label", "value"] }
at = "timestamp"

[property_history.fields.status]
first = [
    { column = "stage.closed_won", values = { true = "won", TRUE = "won", True = "won", 1 = "won", "*" = "" } },
    { column = "stage.is_closed", values = { true = "lost", TRUE = "lost", True = "lost", 1 = "lost", "*" = "open" } },
]
default = "open"

# --- who took part

[involvements]
file = "deal_company"
joins = [
    { alias = "merged", file = "merged_deal", on.deal_id = "merged_deal_id", follow = "deal_id", reported = false },
    { alias = "deal", file = "deal", on = { deal_id = "deal_id" } },
]
# Association types are of each portal; give the ids that are a partner's part, and with `values` which part.
skip = [{ column = "type_id", blank = false, because = "no association type is mapped to a partner's part" }]

[involvements.fields]
id = { template = "{deal_id}-{company_id}-{type_id}" }
opportunity_id = { first = ["merged.deal_id", "deal_id"] }
partner_id = "company_id"
role = "type_id"
# An association has no time: the partner is taken to have been there from the start.
at = { column = "deal.property_createdate", expected = true }

[engagements]
into = "touchpoints"
file = "engagement_deal"
joins = [
    { alias = "merged", file = "merged_deal", on.deal_id = "merged_deal_id", follow = "deal_id", reported = false },
    { alias = "engagement", file = "engagement", on = { engagement_id = "id" } },
]

[engagements.fields]
id = { template = "{engagement_id}-{deal_id}" }
partner_id = { constant = "direct" }
at = { first = ["engagement.property_hs_timestamp", "engagement.timestamp"] }
kind = { first = ["engagement_type", "engagement.type"] }
opportunity_id = { first = ["merged.deal_id", "deal_id"] }
"""
"""The mapping of HubSpot, table and column names as a sync tool has them: a mapping file to start from."""

_PROPERTIES: Final = {
    ("company", "id"): "hs_object_id",
    ("deal", "deal_id"): "hs_object_id",
    ("deal", "deal_pipeline_id"): "pipeline",
    ("deal", "deal_pipeline_stage_id"): "dealstage",
    ("deal", "owner_id"): "hubspot_owner_id",
}
"""Columns of a sync tool whose property has another name."""


def hubspot_mapping(
    *,
    currency: str | None = None,
    zone: str = "UTC",
    formats: Sequence[str] = ("iso",),
    stages: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    partner_types: Sequence[str] = ("PARTNER", "RESELLER"),
    files: str = "{}.csv",
    properties: bool = False,
) -> ImportMapping:
    """
    The mapping of a HubSpot export: tables that a sync tool wrote, or properties as the API names them.

    *stages* says which stages, by id or label, are won and lost, where the flags of `deal_pipeline_stage` do not.
    *roles* says which association types between deal and company, by id, are the part of a partner and which; without
    it no row of `deal_company` becomes an involvement. *partner_types* are the values of the company's `type` that
    make it a partner. *files* is the name of a table's file. *currency* is that of amounts without
    `deal_currency_code`, *zone* that of times without one, *formats* how dates are written, such as `%m/%d/%Y %H:%M`.
    With *properties*, columns of deals and companies have the names of the API (`property_amount` is `amount`).

    >>> mapping = hubspot_mapping(currency="BRL", roles={"17": "sourced"}, properties=True)
    >>> mapping.table("opportunities").fields["amount"].column
    'amount'
    """
    # Without the place for the table, all tables would be read from one file.
    if files.count("{}") != 1:
        raise InvalidValue("files", 'a name with {} for the table, such as "{}.csv"', files)
    mapping = parse_mapping(HUBSPOT).replace(currency=currency, zone=zone, formats=tuple(formats))
    # All three say how a deal stood; told apart, a deal could be won today and open in its own history.
    if stages:
        mapping = _with_status(mapping, "opportunities", "deal_pipeline_stage_id", stages)
        mapping = _with_status(mapping, "history", "value", stages)
        mapping = _with_status(mapping, "property_history", "value", stages)
    if roles:
        mapping = mapping.changed(involvements=_with_roles(mapping, roles))
    mapping = mapping.changed(partners=_with_types(mapping, tuple(partner_types)))
    return mapping.renamed(files=files.format, columns=_property if properties else None)


def _with_status(mapping: ImportMapping, name: str, id: str, stages: Mapping[str, str]) -> ImportMapping:
    """The table with its status told by the stages given or, of all others, by their flags."""
    table = mapping.table(name)
    flags = table.fields["status"]
    # By id and by label: ids are opaque and labels are edited, so people give whichever they have at hand.
    told = [FieldMapping(column=column, values={**stages, "*": ""}) for column in (id, "stage.label")]
    status = flags.replace(first=[*told, *flags.first])
    return mapping.changed(**{name: table.replace(fields={**table.fields, "status": status})})


def _with_roles(mapping: ImportMapping, roles: Mapping[str, str]) -> TableMapping:
    table = mapping.table("involvements")
    # Association types are numbered in each portal anew, so only those named here can be a partner's part.
    rule = Condition(column="type_id", not_in=tuple(roles), because="an association that is no partner's part")
    return table.replace(skip=[rule], fields={**table.fields, "role": FieldMapping(column="type_id", values=roles)})


def _with_types(mapping: ImportMapping, types: tuple[str, ...]) -> TableMapping:
    table = mapping.table("partners")
    deleted, _ = table.skip  # the other rule is the one about types, put anew below
    return table.replace(
        skip=[deleted, Condition(column="property_type", not_in=types, because="not a partner company")]
    )


def _property(file: str, column: str) -> str:
    # Tables of associations and histories are the sync tool's own, and have no properties.
    if file not in ("deal", "company"):
        return column
    return _PROPERTIES.get((file, column), column.removeprefix("property_"))
