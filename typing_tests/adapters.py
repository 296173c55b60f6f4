"""What type checkers see of imports: rows in, nouns and issues out."""

from typing import assert_type

from partnerops import Dataset, Opportunity
from partnerops.adapters import (
    FieldMapping,
    Import,
    ImportIssue,
    ImportMapping,
    Severity,
    TableCount,
    TableMapping,
    hubspot_mapping,
    import_rows,
    odoo_mapping,
    odoo_records,
    parse_mapping,
    read_folder,
    read_mapping,
    salesforce_mapping,
)

# Mappings come from text, from files, from systems, or are written out.
assert_type(parse_mapping(""), ImportMapping)
assert_type(read_mapping("mapping.toml"), ImportMapping)
assert_type(salesforce_mapping(stages={"Assinado": "won"}), ImportMapping)
assert_type(hubspot_mapping(roles={"17": "sourced"}), ImportMapping)
written = ImportMapping(
    system="crm",
    tables={"accounts": TableMapping(file="a.csv", into="accounts", fields={"id": FieldMapping(column="code")})},
)
assert_type(written.table("accounts").fields["id"], FieldMapping)
assert_type(odoo_mapping().only("accounts").changed(accounts=written.table("accounts")), ImportMapping)
assert_type(written.renamed(files=str.lower), ImportMapping)

# Rows are mappings of text, from anywhere.
result = import_rows({"a.csv": [{"code": "A-1"}]}, written)
assert_type(result, Import)
assert_type(
    import_rows({"crm.lead.csv": odoo_records([{"id": 1, "name": False}])}, odoo_mapping(), strict=True), Import
)
assert_type(read_folder("export", written), Import)

# What comes out.
assert_type(result.dataset, Dataset)
assert_type(result.dataset.get(Opportunity, "D-1"), Opportunity)
assert_type(result.issues, tuple[ImportIssue, ...])
assert_type(result.issues[0].severity, Severity)
assert_type(result.tables, tuple[TableCount, ...])

# And what is refused.
import_rows([{"code": "A-1"}], written)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
salesforce_mapping("BRL")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
