"""Odoo: its models and fields as a mapping, and its records as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, cast

from partnerops.adapters._mapping import ImportMapping
from partnerops.adapters._reader import parse_mapping
from partnerops.exceptions import InvalidValue

ODOO: Final = """
schema_version = 1
system = "odoo"
zone = "UTC" # Odoo stores times in UTC and says no zone
blanks = ["false", "False"] # what it gives for a field without value

# --- parties: every company and person is a res.partner; partners of the programme have a grade

[partners]
file = "res.partner"
skip = [{ column = "grade_id/id", in = ["", "false", "False"], because = "no partner of the programme: no grade" }]

[partners.fields]
id = "id"
name = "name"
type = { first = ["activation"], default = "partner" }
recruited_on = "create_date"
signed_on = "date_partnership"
owner_id = "user_id/id"
parent_id = "parent_id/id"
region = { first = ["state_id", "country_id"] }
segment = "industry_id"

[tiers]
file = "res.partner"
skip = [
    { column = "grade_id/id", in = ["", "false", "False"], because = "no partner of the programme: no grade" },
    { column = "date_partnership", in = ["", "false", "False"], because = "nothing says since when it has its grade" },
]

# The grade of today; Odoo keeps no history of grades.
[tiers.fields]
id = { template = "{id}-{grade_id/id}" }
partner_id = "id"
tier = { first = ["grade_id", "grade_id/id"] }
effective_from = "date_partnership"

[accounts]
file = "res.partner"

[accounts.fields]
id = "id"
name = { first = ["name", "display_name"] }
domain = "website"
tax_id = "vat"
segment = "industry_id"
region = { first = ["state_id", "country_id"] }
parent_id = "parent_id/id"
created_at = "create_date"

# --- pipeline: leads and opportunities are rows of one model

[leads]
file = "crm.lead"
skip = [{ column = "type", not_in = ["lead"], because = "an opportunity" }]

[leads.fields]
id = "id"
created_at = "create_date"
origin = "source_id"
channel = "medium_id"
partner_id = "partner_assigned_id/id"
account_id = "partner_id/id"
owner_id = "user_id/id"
accepted_at = "date_open"

[opportunities]
file = "crm.lead"
joins = [{ alias = "stage", file = "crm.stage", on = { "stage_id/id" = "id" } }]
skip = [{ column = "type", not_in = ["opportunity"], because = "a lead" }]
checks = [{ column = "probability", low = 0, high = 100, because = "a percentage" }]

[opportunities.fields]
id = "id"
name = "name"
stage = { first = ["stage_id", "stage.name"], default = "unknown", expected = true }
pipeline = { first = ["team_id"], default = "default" }
amount = { column = "expected_revenue", currency_column = "company_currency", rounding = "half_even" }
created_at = "create_date"
closed_at = { column = "date_closed", when = { column = "field.status", in = ["won", "lost"] } }
expected_close = "date_deadline"
origin = "source_id"
partner_id = "partner_assigned_id/id"
account_id = "partner_id/id"
owner_id = "user_id/id"
lost_reason = { column = "lost_reason_id", when = { column = "field.status", in = ["lost"] } }
custom = { medium = "medium_id", campaign = "campaign_id", referred = "referred", recurring = "recurring_revenue" }

# Lost deals are archived with probability 0; any other deal is won once its stage is a won one.
[opportunities.fields.status]
default = "open"

[[opportunities.fields.status.first]]
template = "{active}/{probability}"
blanks = [] # false is a value here
values = { "false/0" = "lost", "false/0.0" = "lost", "False/0" = "lost", "False/0.0" = "lost", "*" = "" }

[[opportunities.fields.status.first]]
column = "stage.is_won"
values = { true = "won", True = "won", "1" = "won", "*" = "" }

# Changes of the stage, from the tracking of the chatter: a new value, of the record of a message.
[history]
into = "stage_changes"
file = "mail.tracking.value"
joins = [
    { alias = "message", file = "mail.message", on = { "mail_message_id/id" = "id" } },
    { alias = "stage", file = "crm.stage", on = { new_value_integer = "id" }, reported = false },
]
skip = [
    { column = "message.model", not_in = ["crm.lead"], because = "a record of another model" },
    { column = "field_id", not_in = ["stage_id", "Stage", "Stage (crm.lead)"], because = "another field" },
]

[history.fields]
opportunity_id = "message.res_id"
stage = { first = ["new_value_char", "stage.name"] }
at = { first = ["message.date", "create_date"] }
status = { column = "stage.is_won", values = { true = "won", True = "won", "1" = "won", "*" = "open" } }

# --- who took part: the partner that the lead is assigned to today, since Odoo keeps the last one only

[assigned]
into = "involvements"
file = "crm.lead"
skip = [
    { column = "type", not_in = ["opportunity"], because = "a lead" },
    { column = "partner_assigned_id/id", in = ["", "false", "False"], because = "assigned to no partner" },
]

[assigned.fields]
id = { template = "{id}-{partner_assigned_id/id}" }
opportunity_id = "id"
partner_id = "partner_assigned_id/id"
role = { constant = "assigned" }
primary = { constant = true }
at = { first = ["date_partner_assign", "create_date"] }
"""
"""The mapping of Odoo, model and field names as its exports have them: a mapping file to start from."""


def odoo_mapping(
    *,
    currency: str | None = None,
    zone: str = "UTC",
    formats: Sequence[str] = ("iso",),
    files: str = "{}.csv",
) -> ImportMapping:
    """
    The mapping of an Odoo export: CSV files in its import-compatible form, or records of its API by `odoo_records`.

    A relation `stage_id` has its id in the column `stage_id/id` and its name in `stage_id`. *files* is the name of a
    model's file. *currency* is that of amounts without `company_currency`, *zone* that of times without one (Odoo
    stores UTC, a spreadsheet may show local time), *formats* how dates are written. Look at `ODOO` for what becomes of
    which field, and use `only` to leave out models that you do not export.

    >>> odoo_mapping(currency="BRL").table("opportunities").file
    'crm.lead.csv'
    """
    # Without the place for the model, all tables would be read from one file.
    if files.count("{}") != 1:
        raise InvalidValue("files", 'a name with {} for the model, such as "{}.csv"', files)
    mapping = parse_mapping(ODOO).replace(currency=currency, zone=zone, formats=tuple(formats))
    return mapping.renamed(files=files.format)


def odoo_records(records: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """
    Records as `search_read` gives them, as rows: a relation `[7, "Won"]` becomes its id and its name.

    Odoo sends every number as a float; its shortest form is the number that the database holds, and that is taken.

    >>> list(odoo_records([{"id": 1, "stage_id": [4, "Won"], "expected_revenue": 99.9, "team_id": False}]))[0]
    {'id': 1, 'stage_id': 'Won', 'stage_id/id': 4, 'expected_revenue': Decimal('99.9'), 'team_id': False, ...}
    """
    for record in records:
        row: dict[str, Any] = {}
        for name, value in record.items():
            # A relation of one is a pair of id and name; lists of ids, of relations to many, have no name in them.
            pair = cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()
            if len(pair) == 2 and isinstance(pair[1], str):
                row[name], row[f"{name}/id"] = pair[1], pair[0]
            else:
                # `repr` gives the shortest decimal that reads back the same: the number as it was typed.
                row[name] = Decimal(repr(value)) if isinstance(value, float) else value
                if value is False:
                    row[f"{name}/id"] = False  # a relation that leads nowhere looks like any other empty field
        yield row
