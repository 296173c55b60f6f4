"""Hypothesis strategies: imported when one is first asked for, never by the simulator."""

from __future__ import annotations

from importlib.util import find_spec

from partnerops.exceptions import MissingExtra

if find_spec("hypothesis") is None:  # pragma: no cover - the tests have it
    raise MissingExtra("hypothesis", "testing")
