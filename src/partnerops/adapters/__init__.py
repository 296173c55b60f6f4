"""
Rows of other systems into the nouns of this library, and a list of everything that was wrong with them.

`read_folder` reads the CSV files of an export, `import_rows` takes rows from anywhere. How columns become fields is
data: a mapping, read from a TOML file by `read_mapping`, or made by `salesforce_mapping`, `hubspot_mapping` and
`odoo_mapping` for the columns of those systems.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Check",
    "Condition",
    "FieldMapping",
    "HUBSPOT",
    "Import",
    "ImportIssue",
    "ImportMapping",
    "Join",
    "ODOO",
    "SALESFORCE",
    "Severity",
    "TableCount",
    "TableMapping",
    "hubspot_mapping",
    "import_rows",
    "odoo_mapping",
    "odoo_records",
    "parse_mapping",
    "read_folder",
    "read_mapping",
    "salesforce_mapping",
]

if TYPE_CHECKING:
    from partnerops.adapters._field import Condition as Condition, FieldMapping as FieldMapping
    from partnerops.adapters._folder import read_folder as read_folder
    from partnerops.adapters._hubspot import HUBSPOT as HUBSPOT, hubspot_mapping as hubspot_mapping
    from partnerops.adapters._import import import_rows as import_rows
    from partnerops.adapters._mapping import (
        Check as Check,
        ImportMapping as ImportMapping,
        Join as Join,
        TableMapping as TableMapping,
    )
    from partnerops.adapters._odoo import ODOO as ODOO, odoo_mapping as odoo_mapping, odoo_records as odoo_records
    from partnerops.adapters._reader import parse_mapping as parse_mapping, read_mapping as read_mapping
    from partnerops.adapters._results import (
        Import as Import,
        ImportIssue as ImportIssue,
        Severity as Severity,
        TableCount as TableCount,
    )
    from partnerops.adapters._salesforce import SALESFORCE as SALESFORCE, salesforce_mapping as salesforce_mapping
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_folder": ["read_folder"],
        "_hubspot": ["HUBSPOT", "hubspot_mapping"],
        "_odoo": ["ODOO", "odoo_mapping", "odoo_records"],
        "_salesforce": ["SALESFORCE", "salesforce_mapping"],
        "_import": ["import_rows"],
        "_field": ["Condition", "FieldMapping"],
        "_mapping": ["Check", "ImportMapping", "Join", "TableMapping"],
        "_reader": ["parse_mapping", "read_mapping"],
        "_results": ["Import", "ImportIssue", "Severity", "TableCount"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
