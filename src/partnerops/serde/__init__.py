"""
Values to JSON and back, policies from TOML.

`dumps` writes, `loads` and `loads_toml` read what a type says is due; `to_dict` and `from_dict` are the same for plain
mappings. All of them refuse rather than guess, and report every fault at once, each with its path. Policies of your own
are passed to `make_converter`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "DocumentFault",
    "SCHEMA_VERSION",
    "dumps",
    "from_dict",
    "json_schema",
    "loads",
    "loads_toml",
    "make_converter",
    "to_dict",
]

if TYPE_CHECKING:
    from partnerops.serde._converter import make_converter as make_converter
    from partnerops.serde._documents import (
        dumps as dumps,
        from_dict as from_dict,
        loads as loads,
        loads_toml as loads_toml,
        to_dict as to_dict,
    )
    from partnerops.serde._faults import DocumentFault as DocumentFault
    from partnerops.serde._migrations import SCHEMA_VERSION as SCHEMA_VERSION
    from partnerops.serde._schema import json_schema as json_schema
else:
    from partnerops._lazy import lazy

    _HOMES = {
        "_converter": ["make_converter"],
        "_documents": ["dumps", "from_dict", "loads", "loads_toml", "to_dict"],
        "_faults": ["DocumentFault"],
        "_migrations": ["SCHEMA_VERSION"],
        "_schema": ["json_schema"],
    }
    __getattr__, __dir__ = lazy(
        __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
    )
