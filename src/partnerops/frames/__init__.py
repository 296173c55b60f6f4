"""
The same policies over whole tables, on the engine the tables are already in.

Tables go in, a table of the same type comes out, and every cent equals what the object verbs give. Polars,
DuckDB, pandas and PyArrow are tested (PyArrow tables are computed by Polars or DuckDB, whichever is installed); other
engines that narwhals knows run where they can. Install with `pip install 'partnerops[frames]'`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["attribute", "check"]

if TYPE_CHECKING:
    from partnerops.frames._attribute import attribute as attribute
    from partnerops.frames._contract import check as check
else:
    from partnerops._lazy import lazy

    __getattr__, __dir__ = lazy(__name__, {"attribute": f"{__name__}._attribute", "check": f"{__name__}._contract"})
