"""
Shared aliases and constants.

Ids are opaque, case-sensitive, non-empty strings; they are never parsed. The aliases say which id a field holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias

__all__ = [
    "DIRECT",
    "UNATTRIBUTED",
    "AccountId",
    "Custom",
    "ExactLike",
    "JsonScalar",
    "LeadId",
    "OpportunityId",
    "PartnerId",
    "PartyId",
]

AccountId: TypeAlias = str
"""Id of an `Account`."""
LeadId: TypeAlias = str
"""Id of a `Lead`."""
OpportunityId: TypeAlias = str
"""Id of an `Opportunity`."""
PartnerId: TypeAlias = str
"""Id of a `Partner`."""
PartyId: TypeAlias = str
"""Id of a `Partner`, or `DIRECT`."""

ExactLike: TypeAlias = int | str | Decimal | Fraction
"""What an exact number is made from: never a float."""
JsonScalar: TypeAlias = str | int | bool | None
"""A value that an embedder may hang on an entity."""
Custom: TypeAlias = Mapping[str, JsonScalar]
"""Fields of the embedder's own; the library carries them and never reads them."""

DIRECT: Final = "direct"
"""The vendor's own sales team: a party like any partner, so that direct + indirect = total."""
UNATTRIBUTED: Final = "unattributed"
"""In tables, the party that holds what nobody earned."""
