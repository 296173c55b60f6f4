"""
Write the JSON Schemas of all documents into `schemas/`.

    python scripts/generate_schemas.py

A test holds the files against what this script would write.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from partnerops import Dataset
from partnerops.attribution import AttributionPolicy
from partnerops.commission import CommissionPlan
from partnerops.forecast import Outlook
from partnerops.journey import JourneyPolicy
from partnerops.serde import json_schema

FOLDER = Path(__file__).parents[1] / "schemas"

DOCUMENTS: dict[str, Any] = {
    "dataset": Dataset,
    "attribution-policy": AttributionPolicy,
    "commission-plan": CommissionPlan,
    "outlook": Outlook,
    "journey-policy": JourneyPolicy,
}


def texts() -> dict[str, str]:
    """File name -> content."""
    return {
        f"{name}.schema.json": json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"
        for name, kind in DOCUMENTS.items()
    }


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"schemas/{name}")


if __name__ == "__main__":
    main()
